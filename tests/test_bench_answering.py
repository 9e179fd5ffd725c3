"""`cchc bench answering`: the time of warm answers, by kind of question."""

import pytest

from assistant.schema import Answer, Question
from evals import bench_answering
from evals.bench_answering import Times, timed
from evals.cases import Case


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class _Slow:
    """Answers after as many seconds as its question has words, once ten times as long."""

    def __init__(self, clock: _Clock) -> None:
        self.clock = clock
        self.asked: list[str] = []

    def ask(self, question: Question) -> Answer:
        first = question.text not in self.asked
        self.asked.append(question.text)
        self.clock.now += len(question.text.split()) * (10 if first else 1)
        return None  # type: ignore[return-value]  # nobody looks at it


def case(name: str, kind: str, question: str) -> Case:
    return Case.model_validate({"id": name, "question": question, "type": kind, "answer": "x", "must_include": ["x"]})


def test_first_answer_warms_up_and_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock()
    monkeypatch.setattr(bench_answering.time, "perf_counter", clock)
    assistant = _Slow(clock)
    steps: list[tuple[int, int]] = []
    cases = [case("a", "lookup", "mấy hồ sơ"), case("b", "sum", "cộng lại mấy hồ sơ")]
    every, lookup, added = timed(assistant, cases, rounds=2, on_step=lambda done, of: steps.append((done, of)))
    assert every.seconds == (3, 5) and lookup == Times("lookup", (3,)) and added == Times("sum", (5,))
    assert len(assistant.asked) == 6 and steps[-1] == (6, 6)


def test_percentiles_are_in_milliseconds() -> None:
    times = Times("lookup", tuple(i / 1000 for i in range(1, 101)))
    assert times.at(50) == pytest.approx(50) and times.at(95) == pytest.approx(95)
