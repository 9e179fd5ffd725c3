"""`evals/cases.py`: what a row of a set may hold, and how a wrong row is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.schema import Turn
from evals.cases import Case, CasesRefused, own_sets, read_cases
from evals.run import find_doubts
from vectorstore.records import Document, Filters
from vectorstore.vietnamese import normalize

ROW: dict[str, Any] = {
    "id": "a1",
    "question": "Có bao nhiêu hồ sơ?",
    "type": "lookup",
    "answer": "9 hồ sơ.",
    "numbers": ["9"],
    "doc": ["000"],
    "evidence": ["trễ hạn 9 hồ sơ"],
}


def write(path: Path, *rows: object) -> Path:
    lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def problems(path: Path) -> tuple[str, ...]:
    with pytest.raises(CasesRefused) as refused:
        read_cases([path])
    return refused.value.problems


def test_row_is_read(tmp_path: Path) -> None:
    (case,) = read_cases([write(tmp_path / "set.jsonl", ROW, "")])
    assert (case.id, case.numbers, case.doc, case.answerable) == ("a1", ("9",), ("000",), True)
    assert [proof.span for proof in case.proofs] == ["trễ hạn 9 hồ sơ"]


def test_a_string_stands_for_a_list_of_one() -> None:
    case = Case.model_validate(ROW | {"doc": "000", "evidence": "một", "must_include": "hồ sơ"})
    assert (case.doc, case.evidence, case.must_include) == (("000",), ("một",), ("hồ sơ",))


def test_evidence_of_other_documents_keeps_their_names() -> None:
    case = Case.model_validate(ROW | {"evidence_more": [{"doc": "001", "span": "hai"}]})
    assert [(proof.doc, proof.span) for proof in case.proofs] == [("", "trễ hạn 9 hồ sơ"), ("001", "hai")]


def test_question_is_asked_with_its_history_and_filters() -> None:
    more = {"history": ["Ở đâu?", {"role": "assistant", "content": "Ở Kon Tum."}], "filters": {"years": [2022]}}
    asked = Case.model_validate(ROW | more).asked()
    assert asked.history == (Turn("user", "Ở đâu?"), Turn("assistant", "Ở Kon Tum."))
    assert asked.filters == Filters(years=(2022,))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"question": ""}, "question: đang trống"),
        ({"type": "guess"}, "type: 'guess' phải là một trong"),
        ({"numbers": [1.852]}, "numbers.0: số có phần lẻ phải viết trong ngoặc kép"),
        ({"numbers": ["không"]}, "numbers.0: 'không' không có chữ số nào"),
        ({"numbers": [], "must_include": []}, "cần ít nhất một mục trong numbers hoặc must_include"),
        ({"answer": ""}, "thiếu đáp án"),
        ({"type": "unanswerable"}, "câu không trả lời được thì không có numbers"),
        ({"must_includes": ["x"]}, "must_includes: không có trường này"),
        ({"history": [{"role": "system", "content": "x"}]}, "history"),
        ({"filters": {"year": [2022]}}, "filters.year: không có trường này"),
    ],
)
def test_wrong_row_is_named_with_its_line_and_field(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    (problem,) = problems(write(tmp_path / "set.jsonl", ROW | {"id": "a0"}, ROW | change))
    assert problem.startswith("set.jsonl, dòng 2: ")
    assert said in problem


def test_every_wrong_row_is_named(tmp_path: Path) -> None:
    without_question = {key: value for key, value in ROW.items() if key != "question"}
    found = problems(write(tmp_path / "set.jsonl", "{", without_question, ROW, ROW, "[]"))
    assert [problem.partition(": ")[0] for problem in found] == [
        "set.jsonl, dòng 1",
        "set.jsonl, dòng 2",
        "set.jsonl, dòng 4",
        "set.jsonl, dòng 5",
    ]
    assert "question: thiếu trường này" in found[1]
    assert "id 'a1' đã có ở set.jsonl, dòng 3" in found[2]


def test_empty_set_and_other_formats_are_refused(tmp_path: Path) -> None:
    assert "không có câu hỏi nào" in problems(write(tmp_path / "set.jsonl", ""))[0]
    assert "phải là tệp .jsonl" in problems(write(tmp_path / "set.txt", ROW))[0]


def test_own_sets_are_sound_and_their_evidence_stands_in_the_samples(samples: Path) -> None:
    cases = read_cases(own_sets())
    texts = {path.stem: normalize(path.read_text(encoding="utf-8")) for path in samples.glob("*.txt")}
    documents = [Document(stem, f"{stem}.txt", "", text) for stem, text in texts.items()]
    assert len(cases) >= 60
    assert find_doubts(cases, documents, texts.get) == []


def test_shared_examples_are_read(shared: Path) -> None:
    assert len(read_cases([shared / "questions" / "examples.jsonl"])) == 44
    assert len(read_cases([shared / "questions" / "examples_documents.jsonl"])) == 24
