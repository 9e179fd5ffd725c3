"""How long an answer takes in a warm process, retrieval included: each question asked once to warm up, then timed.

The assistant is handed in; nothing here is about whether an answer is right.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.schema import Question
from evals.cases import Case
from evals.metrics import percentile
from evals.run import Asks

LONGEST = 0.050
"""Seconds within which 95 of 100 answers are to be given on two cores."""
_ALL = "mọi loại"


@dataclass(frozen=True, slots=True)
class Times:
    """The seconds that the answers to the questions of a kind took."""

    kind: str
    seconds: tuple[float, ...]

    def at(self, percent: float) -> float:
        """The percentile in milliseconds."""
        return 1000 * (percentile(self.seconds, percent) or 0.0)


def timed(
    assistant: Asks, cases: Sequence[Case], rounds: int = 3, on_step: Callable[[int, int], None] | None = None
) -> list[Times]:
    """The times over all questions, then those of each kind; of each question the median of some rounds."""
    steps = (rounds + 1) * len(cases)
    taken: list[list[float]] = [[] for _ in cases]
    for step, (round_, i, question) in enumerate(_asked(cases, rounds), 1):
        begun = time.perf_counter()
        assistant.ask(question)
        if round_:  # the first one warms up
            taken[i].append(time.perf_counter() - begun)
        if on_step:
            on_step(step, steps)
    medians = [sorted(times)[len(times) // 2] for times in taken]
    kinds = sorted({case.type for case in cases})
    by_kind = (Times(kind, tuple(s for s, c in zip(medians, cases, strict=True) if c.type == kind)) for kind in kinds)
    return [Times(_ALL, tuple(medians)), *by_kind]


def _asked(cases: Sequence[Case], rounds: int) -> Iterator[tuple[int, int, Question]]:
    for round_ in range(rounds + 1):
        for i, case in enumerate(cases):
            yield round_, i, case.asked()
