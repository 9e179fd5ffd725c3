"""`assistant/chain.py`: the finder as LangChain's retriever, the assistant as its runnable, and no tracing."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import answered, real_parts, report
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda

from assistant.answering import Assistant
from assistant.chain import PassageRetriever, answer_chain, question_of
from assistant.generative import Writer
from assistant.schema import Question, QuestionRefused, Turn, as_json
from evals.scripted import ScriptedModel
from vectorstore.records import Filters, excerpt

if TYPE_CHECKING:
    from ui.assemble import Parts

ROOT = Path(__file__).resolve().parents[1]
QUESTION = "Năm 2022 lĩnh vực Dược phẩm của Sở Y tế Kon Tum có bao nhiêu trường hợp trễ hạn?"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Iterator[Parts]:
    """A real library with the first sample."""
    with real_parts(tmp_path_factory.mktemp("library"), *samples.glob("000_*.txt")) as made:
        yield made


def lasting(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what differs from call to call."""
    return {name: value for name, value in answer.items() if name not in ("answer_id", "timings_ms")}


# The retriever


def test_retriever_gives_passages_with_where_they_stand(parts: Parts) -> None:
    retriever = PassageRetriever(finder=parts.finder, k=5)
    assert isinstance(retriever, BaseRetriever)
    found = retriever.invoke(QUESTION)
    assert len(found) == 5
    assert all(isinstance(document, Document) for document in found)
    for document in found:
        at = document.metadata
        text = parts.library.text(at["document_id"])
        assert text is not None
        assert document.page_content == excerpt(text, map(tuple, at["spans"])).quote
        assert at["document_number"] == "/BC-SYT"
        assert {"source", "section", "start", "end", "score", "footnotes", "heads", "cited_as", "period"} <= at.keys()
        json.dumps(at)
    scores = [document.metadata["score"] for document in found]
    assert scores == sorted(scores, reverse=True)


def test_retriever_gives_the_footnotes_that_a_passage_calls(parts: Parts) -> None:
    found = PassageRetriever(finder=parts.finder).invoke("Sở Y tế đã ra 23 Kế hoạch, 04 Tờ trình")
    notes = [note for document in found for note in document.metadata["footnotes"]]
    assert notes
    assert all(note.keys() == {"marker", "text", "start", "end"} for note in notes)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_retriever_reads_either_form(parts: Parts, form: Any) -> None:
    retriever = PassageRetriever(finder=parts.finder, k=3)
    found = retriever.invoke(unicodedata.normalize(form, QUESTION))
    assert [document.id for document in found] == [document.id for document in retriever.invoke(QUESTION)]


def test_retriever_filters(parts: Parts) -> None:
    elsewhere = PassageRetriever(finder=parts.finder, filters=Filters(document_ids=("khong_co",)))
    assert elsewhere.invoke(QUESTION) == []


def test_retriever_stands_in_others_chains(parts: Parts) -> None:
    joined = PassageRetriever(finder=parts.finder, k=2) | RunnableLambda(len)
    assert joined.invoke(QUESTION) == 2
    assert asyncio.run(joined.ainvoke(QUESTION)) == 2


# The chain


def test_chain_answers_however_it_is_called(parts: Parts) -> None:
    chain = answer_chain(parts.assistant)
    assert isinstance(chain, Runnable)
    expected = lasting(as_json(parts.assistant.ask(Question(QUESTION))))
    assert expected["status"] == "answered" and expected["citations"]

    async def astream() -> list[dict[str, Any]]:
        return [answer async for answer in chain.astream(QUESTION)]

    answers = [
        chain.invoke(QUESTION),
        chain.invoke({"question": unicodedata.normalize("NFD", QUESTION), "mode": "auto"}),
        *chain.batch([QUESTION, {"question": QUESTION}]),
        list(chain.stream(QUESTION))[-1],
        asyncio.run(chain.ainvoke(QUESTION)),
        asyncio.run(chain.abatch([QUESTION]))[0],
        asyncio.run(astream())[-1],
    ]
    for answer in answers:
        assert lasting(answer) == expected
        assert len(answer["answer_id"]) == 26
        json.dumps(answer)


def test_chain_with_a_model_gives_its_answer(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    model = ScriptedModel(lambda request: "Sở Y tế tỉnh Kon Tum có báo cáo này [1].")
    with model.serving():
        chain = answer_chain(Assistant(parts.finder, Writer(model.url, "kich-ban", timeout=20)))
        answer = chain.invoke(QUESTION)
        assert chain.invoke({"question": QUESTION, "mode": "extractive"})["answered_by"] == "extractive"
    assert (answer["answered_by"], answer["answer"]) == ("kich-ban", "Sở Y tế tỉnh Kon Tum có báo cáo này [1].")
    assert len(model.requests) == 1


class Growing:
    """An assistant whose answer grows."""

    def stream(self, question: Question) -> Iterator[Any]:
        yield answered(f"{question.text} 1", report())
        yield answered(f"{question.text} 2", report())


def test_streamed_answer_grows_and_the_last_is_the_whole() -> None:
    growing: Any = Growing()
    chain = answer_chain(growing)

    async def astream() -> list[str]:
        return [answer["question"] async for answer in chain.astream("Hỏi")]

    assert [answer["question"] for answer in chain.stream("Hỏi")] == ["Hỏi 1", "Hỏi 2"]
    assert asyncio.run(astream()) == ["Hỏi 1", "Hỏi 2"]
    assert chain.invoke("Hỏi")["question"] == "Hỏi 2"
    assert asyncio.run(chain.ainvoke("Hỏi"))["question"] == "Hỏi 2"


def test_question_is_read_as_the_contract_has_it() -> None:
    asked = question_of(
        {
            "id": 7,  # as a line of an evaluation set: ignored
            "question": QUESTION,
            "history": ["Câu trước?", {"role": "assistant", "content": "Trả lời."}],
            "filters": {"places": ["tỉnh Kon Tum"], "years": [2022], "document_types": ["Báo cáo"]},
            "mode": "generative",
        }
    )
    assert asked == Question(
        QUESTION,
        (Turn("user", "Câu trước?"), Turn("assistant", "Trả lời.")),
        Filters(("Kon Tum",), (2022,), ("Báo cáo",)),
        "generative",
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("  ", "đang trống"),
        ({}, "question"),
        ({"question": 3}, "question"),
        ({"question": "a", "history": "b"}, "history"),
        ({"question": "a", "history": [{"role": "system", "content": "b"}]}, "history"),
        ({"question": "a", "mode": "nhanh"}, "mode"),
        ({"question": "a", "filters": {"place": ["Kon Tum"]}}, "filters"),
        ({"question": "a", "filters": {"years": ["2022"]}}, "filters.years"),
        ({"question": "a", "filters": {"places": "Kon Tum"}}, "filters.places"),
    ],
)
def test_question_that_can_not_be_taken_is_refused(parts: Parts, given: Any, said: str) -> None:
    with pytest.raises(QuestionRefused, match=said):
        answer_chain(parts.assistant).invoke(given)


# Tracing


def test_nothing_is_traced_whatever_the_environment_says() -> None:
    code = """
import os
from assistant.chain import answer_chain
from fakes import answered, report
from langsmith.utils import tracing_is_enabled

class One:
    def stream(self, question):
        yield answered(question.text, report())

assert not [name for name in os.environ if "API_KEY" in name or "ENDPOINT" in name]
assert answer_chain(One()).invoke("Hỏi")["question"] == "Hỏi"
assert not tracing_is_enabled()
"""
    names = ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING")
    wanted = dict.fromkeys(names, "true") | {
        "LANGSMITH_API_KEY": "ls-bi-mat",
        "LANGCHAIN_API_KEY": "ls-bi-mat",
        "LANGSMITH_ENDPOINT": "http://127.0.0.1:9",
        "LANGCHAIN_HANDLER": "langchain",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}",
    }
    kept = {name: value for name, value in os.environ.items() if "API_KEY" not in name and "ENDPOINT" not in name}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=kept | wanted, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
