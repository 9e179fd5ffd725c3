"""`evals/run.py`: a whole run over stand-ins, its report and its gate."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeAssistant, FakeFinder, FakeLibrary, answered, report

from assistant.schema import Answer, Question
from evals.cases import Case
from evals.metrics import Score
from evals.run import METRICS, GateRefused, Mean, Report, Result, mean, read_gate, run, write_report

DOCUMENT = report()
LATE = "hủy 20 trường hợp"


def case(id: str, **given: Any) -> Case:
    row: dict[str, Any] = {
        "id": id,
        "question": f"Câu {id}: trễ hạn bao nhiêu?",
        "type": "lookup",
        "style": "formal",
        "answer": "3 hồ sơ.",
        "numbers": ["3"],
        "doc": "000",
        "evidence": "trễ hạn",
    }
    return Case.model_validate(row | given)


CASES = [
    case("right"),
    case("wrong", numbers=["8"], style="typo"),
    case("crash", evidence=LATE),
    case("none", type="unanswerable", answer="", numbers=[], evidence=[]),
]


def reply(question: Question) -> Answer:
    if "crash" in question.text:
        raise KeyError("mất chỉ mục")
    if "none" in question.text:
        return Answer(question.text, "not_found", "Tài liệu không nêu.")
    return answered(question.text, DOCUMENT)


def measured(cases: list[Case] = CASES) -> Report:
    library = FakeLibrary([DOCUMENT])
    return run(cases, FakeAssistant(reply), FakeFinder(library), library)


def test_every_case_is_measured_in_order_with_every_metric() -> None:
    seen: list[tuple[int, int, str]] = []
    library = FakeLibrary([DOCUMENT])

    def tell(done: int, total: int, result: Result) -> None:
        seen.append((done, total, result.case.id))

    found = run(CASES, FakeAssistant(reply), FakeFinder(library), library, tell)
    assert seen == [(1, 4, "right"), (2, 4, "wrong"), (3, 4, "crash"), (4, 4, "none")]
    assert all(result.scores.keys() == METRICS.keys() for result in found.results)
    assert [result.right for result in found.results] == [True, False, False, True]


def test_crash_is_a_failed_case_and_not_left_out() -> None:
    crashed = measured().results[2]
    assert crashed.answer is None
    assert crashed.scores["accuracy"] == Score(0.0, "lỗi: KeyError: 'mất chỉ mục'", 0, 1)
    assert crashed.scores["citation_recall"].value == 0
    assert crashed.scores["answerable_answered"].value == 0
    assert crashed.scores["recall@10"].value == 1  # finding did not crash
    assert crashed.scores["unanswerable_refused"].value is None
    assert measured().means["accuracy"] == Mean(0.5, 4, 2, 4)


def test_crash_of_the_searcher_fails_finding_alone() -> None:
    library = FakeLibrary([DOCUMENT])
    searcher = FakeFinder(library)
    searcher.error = OSError("đĩa hỏng")
    (result,) = run([case("right")], FakeAssistant(reply), searcher, library).results
    assert result.right
    assert result.scores["recall@10"] == Score(0.0, "lỗi: OSError: đĩa hỏng", 0, 1)


def test_means_count_the_cases_that_have_a_number() -> None:
    means = measured().means
    assert means["recall@10"].cases == 3
    assert means["unanswerable_refused"] == Mean(1.0, 1, 1, 1)
    assert means["answerable_answered"] == Mean(2 / 3, 3, 2, 3)
    assert means["quotes_verbatim"] == Mean(1.0, 2, 2, 2)
    assert mean([Score(None, "không có")]) == Mean(None, 0)


def test_followup_is_searched_with_the_question_before_it() -> None:
    library = FakeLibrary([DOCUMENT])
    searcher = FakeFinder(library)
    history = ["Kon Tum có bao nhiêu hồ sơ?", {"role": "assistant", "content": "Có 9 hồ sơ."}]
    run([case("right", type="followup", history=history)], FakeAssistant(reply), searcher, library)
    assert searcher.asked[0][0] == "Kon Tum có bao nhiêu hồ sơ? Câu right: trễ hạn bao nhiêu?"


def test_report_as_text_shows_counts_groups_and_failures_with_reasons() -> None:
    text = measured().to_text()
    assert "4 câu hỏi trên 1 tài liệu" in text
    assert "0,500  (2/4 câu)" in text
    assert "typo             0,000  (0/1 câu)" in text
    assert "Câu sai (2)" in text
    assert "wrong [lookup]" in text
    assert "vì: thiếu số 8" in text
    assert "vì: lỗi: KeyError" in text


def test_report_as_json_is_whole_and_the_same_twice() -> None:
    def steady() -> Any:
        found = measured().to_json()
        del found["latency_ms"]
        return [{k: v for k, v in r.items() if k != "seconds"} for r in found.pop("results")], found

    assert steady() == steady()
    results, found = steady()
    assert found["means"]["accuracy"] == {"value": 0.5, "cases": 4, "right": 2, "of": 4}
    assert results[1]["scores"]["accuracy"]["why"] == "thiếu số 8"
    assert results[2]["crash"] == "KeyError: 'mất chỉ mục'"
    json.dumps(found, allow_nan=False)


def test_evidence_that_the_library_does_not_have_is_a_doubt() -> None:
    assert measured([case("right", evidence=["trễ hạn", "câu không có"])]).doubts == ("right: câu không có",)


def test_latency_leaves_no_number_when_all_crashed() -> None:
    found = measured([case("crash")])
    assert found.latency_ms(50) is None
    assert found.to_json()["latency_ms"] == {"p50": None, "p95": None, "cases": 0}
    assert measured().latency_ms(95) is not None


def test_report_is_written(tmp_path: Path) -> None:
    write_report(measured(), tmp_path / "run")
    lines = (tmp_path / "run" / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    answers = [json.loads(line) for line in lines]
    assert [(line["id"], line["status"]) for line in answers] == [
        ("right", "answered"),
        ("wrong", "answered"),
        ("crash", "error"),
        ("none", "not_found"),
    ]
    assert (tmp_path / "run" / "report.txt").read_text(encoding="utf-8").startswith("4 câu hỏi")
    assert json.loads((tmp_path / "run" / "report.json").read_text(encoding="utf-8"))["cases"] == 4


# --- the gate ---


def gate(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def test_gate_names_what_is_below(tmp_path: Path) -> None:
    minimum = read_gate(gate(tmp_path / "g.json", '{"accuracy": 0.6, "recall@10": 1}'))
    assert measured().below(minimum) == ["accuracy: 0,500 < 0,600 (4 câu)"]


def test_metric_without_cases_is_below_any_gate() -> None:
    (line,) = measured([case("right")]).below({"unanswerable_refused": 0.0})
    assert line.startswith("unanswerable_refused: không đo được")


def test_almost_all_is_not_printed_as_all() -> None:
    found = measured([case("right")])
    nearly = replace(found.results[0], scores=dict(found.results[0].scores) | {"accuracy": Score(0.9999)})
    assert replace(found, results=(nearly,)).below({"accuracy": 1.0}) == ["accuracy: 0,999 < 1,000 (1 câu)"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "không phải JSON"),
        ("[]", "phải là một đối tượng JSON"),
        ('{"acuracy": 0.6}', "không có chỉ số 'acuracy'"),
        ('{"accuracy": 60}', "phải là số từ 0 đến 1"),
        ('{"accuracy": true}', "phải là số từ 0 đến 1"),
    ],
)
def test_gate_that_cannot_be_used_is_refused(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(GateRefused, match=said):
        read_gate(gate(tmp_path / "g.json", content))


def test_own_gate_is_sound() -> None:
    assert read_gate(Path(__file__).parents[1] / "evals" / "sets" / "gate.json")
