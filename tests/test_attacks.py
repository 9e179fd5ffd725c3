"""Attacks with a model that obeys them: whatever a document, a question or an earlier turn orders, nothing is shown
that no source bears out. The attacks stand in `data/attacks.jsonl`, written by the project's authors."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import real_parts
from test_generative import assert_supported

from assistant import prompts
from assistant.answering import Assistant
from assistant.generative import Writer
from assistant.schema import Answer, Question, Turn, as_json
from evals.scripted import ScriptedModel
from vectorstore.quantities import figures
from vectorstore.records import Filters
from vectorstore.vietnamese import fold

if TYPE_CHECKING:
    from ui.assemble import Parts

ATTACKS: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "data" / "attacks.jsonl").read_text("utf-8").splitlines()
]
KEY = "sk-bi-mat-0123456789"
TRUE = "bao_cao_that"
REPORT = """SỞ Y TẾ TỈNH KON TUM
Số: 901/BC-SYT
Kon Tum, ngày 20 tháng 12 năm 2022

BÁO CÁO
Kết quả giải quyết hồ sơ năm 2022 của Sở Y tế tỉnh Kon Tum

I. KẾT QUẢ
1. Lĩnh vực Dược phẩm
Năm 2022 Sở Y tế Kon Tum nhận 254 hồ sơ lĩnh vực Dược phẩm, trễ hạn 03 hồ sơ.
2. Lĩnh vực Mỹ phẩm
Năm 2022 Sở Y tế Kon Tum nhận 17 hồ sơ lĩnh vực Mỹ phẩm.
"""
"""What truly answers the questions of the attacks: 254."""


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """A real library with the true report and the document of each attack."""
    folder = tmp_path_factory.mktemp("attacks")
    documents = {f"{TRUE}.txt": REPORT} | {one["name"]: one["document"] for one in ATTACKS if one["document"]}
    for name, text in documents.items():
        (folder / name).write_text(text, encoding="utf-8")
    with real_parts(folder / "library", *(folder / name for name in documents)) as made:
        yield made


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    """A model that says what the test sets as `reply`."""
    made = ScriptedModel(lambda request: "")
    with made.serving():
        yield made


@pytest.fixture(scope="module")
def writer(model: ScriptedModel) -> Writer:
    return Writer(model.url, "kich-ban", KEY, 20.0, 300)


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy") or name.startswith("OPENAI_")]:
        monkeypatch.delenv(name)


def document_id(attack: dict[str, Any]) -> str | None:
    return Path(attack["name"]).stem if attack["document"] else None


def question(attack: dict[str, Any], mode: Any = "auto") -> Question:
    """The question over the true report and the attacking document alone."""
    ids = tuple(filter(None, (TRUE, document_id(attack))))
    history = tuple(Turn(turn["role"], turn["content"].replace("{khoa}", KEY)) for turn in attack["history"])
    return Question(attack["question"], history, Filters(document_ids=ids), mode)


def obedient(attack: dict[str, Any], request: dict[str, Any]) -> str:
    """What a model that obeys says, with the markers of the passages that it was shown."""
    prompt = request["messages"][-1]["content"]
    shown = re.findall(r'<doan so="(\d+)">\n(.*?)\n</doan>', prompt, re.S)
    true = [number for number, body in shown if "901/BC-SYT" in body]
    other = [number for number, body in shown if "901/BC-SYT" not in body]
    reply = str(attack["model"]).replace("{quy_tac}", prompts.RULES.splitlines()[0].rstrip("."))
    reply = reply.replace("{khoa}", KEY).replace("{bao_cao}", (true or ["1"])[0])
    return reply.replace("{doan}", (other or ["1"])[0])


def shown(answer: Answer) -> str:
    """All that an answer tells by itself; what it quotes is what a document says."""
    told = as_json(answer)
    return json.dumps([told[name] for name in ("answer", "figures", "computation", "suggestions")], ensure_ascii=False)


def runs(text: str, length: int = 8) -> set[str]:
    words = re.findall(r"\w+", fold(text))
    return {" ".join(words[at : at + length]) for at in range(len(words) - length + 1)}


def assert_harmless(answer: Answer, attack: dict[str, Any]) -> None:
    said = shown(answer)
    for forbidden in attack["forbidden"]:
        assert forbidden.lower() not in said.lower(), said
        assert not forbidden.isdigit() or forbidden not in figures(answer.answer), said
    assert KEY not in json.dumps(as_json(answer) | {"question": ""}, ensure_ascii=False)
    assert not runs(said) & runs(prompts.RULES.replace(prompts.REFUSAL, "")), said
    assert_supported(answer)


@pytest.mark.parametrize("attack", ATTACKS, ids=[one["id"] for one in ATTACKS])
def test_obedient_model_shows_nothing_that_was_ordered(
    attack: dict[str, Any], parts: Parts, model: ScriptedModel, writer: Writer
) -> None:
    model.reply = lambda request: obedient(attack, request)
    answer = Assistant(parts.finder, writer).ask(question(attack))
    assert_harmless(answer, attack)


@pytest.mark.parametrize("attack", ATTACKS, ids=[one["id"] for one in ATTACKS])
def test_extracts_answer_with_what_is_true(attack: dict[str, Any], parts: Parts) -> None:
    answer = Assistant(parts.finder).ask(question(attack, "extractive"))
    assert_harmless(answer, attack)
    if attack["question"].startswith("Năm 2022") and attack["where"] not in ("question", "history"):
        assert "254" in figures(answer.answer)


WRITTEN = [one for one in ATTACKS if one["document"]]


@pytest.mark.parametrize("attack", WRITTEN, ids=[one["id"] for one in WRITTEN])
def test_orders_of_a_document_are_flagged_and_not_shown_to_the_model(attack: dict[str, Any], parts: Parts) -> None:
    found = [f for f in parts.library.findings(document_id(attack)) if f.kind == "instruction_in_document"]
    assert found
    text = parts.library.text(document_id(attack) or "") or ""
    for finding in found:
        assert "trợ lý không làm theo" in finding.message
        assert finding.exactly.pieces == tuple(text[a:b] for a, b in finding.spans)
    if attack["where"] in ("body", "footnote", "cell", "title") and attack["attack"] in text:
        at = text.index(attack["attack"])
        inside = [
            f
            for f in found
            if not f.spans or (f.spans[0][0] <= at + 1 and f.spans[-1][1] >= at + len(attack["attack"]) - 1)
        ]
        assert inside, [f.exactly.quote for f in found]


@pytest.mark.parametrize("attack", WRITTEN, ids=[one["id"] for one in WRITTEN])
def test_answer_that_cites_a_passage_with_orders_says_so(
    attack: dict[str, Any], parts: Parts, model: ScriptedModel, writer: Writer
) -> None:
    own = re.search(r"Năm 2022 .+? nhận (\d+) hồ sơ", attack["document"])
    whose = re.search(r"Năm 2022 (.+?) nhận", attack["document"])
    assert own and whose
    said = Question(
        f"Năm 2022 {whose[1]} nhận bao nhiêu hồ sơ lĩnh vực Dược phẩm?",
        filters=Filters(document_ids=(document_id(attack) or "",)),
    )
    model.reply = lambda request: (
        f"Năm 2022 {whose[1]} nhận {own[1]} hồ sơ lĩnh vực Dược phẩm [{passage_with(request, own[1])}]."
    )
    answer = Assistant(parts.finder, writer).ask(said)
    assert own[1] in figures(answer.answer)
    assert attack["attack"].rstrip(".") not in model.requests[-1]["messages"][-1]["content"]
    if attack["where"] != "cell":  # its orders may stand in another row than the one cited
        (notice,) = [notice for notice in answer.notices if notice.kind == "instruction_in_document"]
        assert notice.citations


def passage_with(request: dict[str, Any], figure: str) -> str:
    prompt = request["messages"][-1]["content"]
    for number, body in re.findall(r'<doan so="(\d+)">\n(.*?)\n</doan>', prompt, re.S):
        if f"nhận {figure} hồ sơ" in body:
            return str(number)
    return "1"
