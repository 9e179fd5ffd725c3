"""`evals/scripted.py`: a server that speaks OpenAI's protocol, as its clients see it."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from evals.scripted import Scripted, ScriptedModel

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    said = {"dài": Scripted("một hai ba bốn", size=4), "bận": Scripted(status=429, retry_after=7)}
    with ScriptedModel(lambda request: said[request["messages"][0]["content"]], "mô-hình").serving() as serving:
        yield serving


def post(model: ScriptedModel, words: str, **more: Any) -> bytes:
    body = {"model": "m", "messages": [{"role": "user", "content": words}]} | more
    request = urllib.request.Request(f"{model.url}/chat/completions", json.dumps(body).encode())
    with OPENER.open(request, timeout=10) as reply:
        content = reply.read()
    assert isinstance(content, bytes)
    return content


def test_models_are_listed(model: ScriptedModel) -> None:
    with OPENER.open(f"{model.url}/models", timeout=10) as reply:
        listed = json.load(reply)
    assert listed["object"] == "list" and [known["id"] for known in listed["data"]] == ["mô-hình"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        OPENER.open(f"{model.url}/nothing", timeout=10)
    assert refused.value.code == 404
    refused.value.close()


def test_whole_reply_says_what_it_cost(model: ScriptedModel) -> None:
    reply = json.loads(post(model, "dài"))
    assert reply["choices"][0]["message"]["content"] == "một hai ba bốn"
    assert reply["usage"] == {"prompt_tokens": 1, "completion_tokens": 4, "total_tokens": 5}


def test_stream_comes_in_pieces_of_the_size_asked_for(model: ScriptedModel) -> None:
    events = post(model, "dài", stream=True).decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    pieces = [json.loads(event.removeprefix("data: "))["choices"][0] for event in events[:-2]]
    assert [piece["delta"]["content"] for piece in pieces] == ["một ", "hai ", "ba b", "ốn"]
    assert [piece["finish_reason"] for piece in pieces] == [None, None, None, "stop"]


def test_error_says_when_to_come_back(model: ScriptedModel) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(model, "bận")
    assert (refused.value.code, refused.value.headers["Retry-After"]) == (429, "7")
    refused.value.close()


def test_time_with_the_model_is_counted_within_the_bounds_and_the_patience() -> None:
    model = ScriptedModel(lambda request: Scripted("x", before=0.2))
    with model.serving():
        begun = time.perf_counter()
        post(model, "x")
        ended = time.perf_counter()
        assert 0.2 <= model.busy(begun, ended) <= ended - begun
        assert model.busy(begun, ended, patience=0.05) == pytest.approx(0.05)
        assert model.busy(ended, ended + 1) < 0.1 and model.busy(begun - 1, begun) == 0
