"""`cchc bench answering`: the time of warm answers, by kind of question."""

import time

import pytest

from assistant.schema import Answer, Question
from evals.bench_answering import Times, timed
from evals.cases import Case


class _Slow:
    """Answers after as many seconds of its own clock as a question has words, the first time ten times as long."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked: list[str] = []

    def ask(self, question: Question) -> Answer:
        self.now += len(question.text.split()) * (1 if question.text in self.asked else 10)
        self.asked.append(question.text)
        return Answer(question.text, "not_found", "Không có.")


def case(name: str, kind: str, question: str) -> Case:
    return Case.model_validate({"id": name, "question": question, "type": kind, "answer": "x", "must_include": ["x"]})


def test_first_answer_warms_up_and_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assistant = _Slow()
    monkeypatch.setattr(time, "perf_counter", lambda: assistant.now)
    steps: list[tuple[int, int]] = []
    cases = [case("a", "lookup", "mấy hồ sơ"), case("b", "sum", "cộng lại mấy hồ sơ")]
    every, lookup, added = timed(assistant, cases, rounds=2, on_step=lambda done, of: steps.append((done, of)))
    assert every.seconds == (3.0, 5.0) and lookup == Times("lookup", (3.0,)) and added == Times("sum", (5.0,))
    assert len(assistant.asked) == 6 and steps[-1] == (6, 6)


def test_percentiles_are_in_milliseconds() -> None:
    times = Times("lookup", tuple(i / 1000 for i in range(1, 101)))
    assert times.at(50) == pytest.approx(50) and times.at(95) == pytest.approx(95)
