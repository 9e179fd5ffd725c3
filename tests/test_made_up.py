"""`evals/sets/health`, `inspection` and `hospital`: reports, plans, newsletters, a survey and decisions of the health
sector that we made up, for provinces, figures and an order of sections that nothing in the program was written for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pytest
from fakes import real_parts

from evals import metrics
from evals.cases import SETS, Case, read_cases

if TYPE_CHECKING:
    from assistant.schema import Answer
    from ui.assemble import Parts

REFUSED = 0.06
"""Most of the answerable questions that may be refused."""


@dataclass(frozen=True)
class Made:
    """A set and what is expected of it: the least share that is answered rightly, raised when we get better; the kinds
    of which more than half may be missed; and what disagrees in it on purpose, by the figures that a finding names."""

    name: str
    enough: float
    weak: tuple[str, ...]
    planted: tuple[tuple[str, str], ...]


MADE = (
    Made(
        "health",
        0.84,
        ("ambiguous",),
        (("1.961", "1.951"), ("46", "49"), ("14/7/2023", "17/7/2023"), ("41.260", "41.340")),
    ),
    Made(
        "inspection",
        0.75,
        ("ambiguous", "sum"),
        (
            ("2.384", "2.374"),
            ("07 văn bản", "6"),
            ("38 hồ sơ", "41"),
            ("38.500", "38.600"),
            ("23", "22"),
            ("1.480", "1.460"),
            ("84,0", "80,4"),
        ),
    ),
    Made("hospital", 0.74, ("ambiguous", "conflict", "yesno"), (("24/4/2023", "14/4/2023"),)),
)


@dataclass(frozen=True)
class Asked:
    """A set, its library and what is answered."""

    made: Made
    parts: Parts

    @cached_property
    def cases(self) -> list[Case]:
        return read_cases([SETS / f"{self.made.name}.jsonl"])

    @cached_property
    def answers(self) -> dict[str, Answer]:
        return {case.id: self.parts.assistant.ask(case.asked()) for case in self.cases}


@pytest.fixture(scope="module", params=MADE, ids=[made.name for made in MADE])
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    documents = sorted((SETS / request.param.name).iterdir())
    with real_parts(tmp_path_factory.mktemp(request.param.name), *documents) as parts:
        yield Asked(request.param, parts)


def test_same_kinds_of_questions_are_answered_of_other_reports(asked: Asked) -> None:
    cases, answers = asked.cases, asked.answers
    wrong = [case for case in cases if metrics.accuracy(case, answers[case.id]).value != 1]
    assert len(wrong) <= (1 - asked.made.enough) * len(cases), [case.id for case in wrong]
    kinds, missed = Counter(case.type for case in cases), Counter(case.type for case in wrong)
    assert {kind for kind in kinds if 2 * missed[kind] > kinds[kind]} <= set(asked.made.weak)


def test_no_figure_is_without_its_source(asked: Asked) -> None:
    answers = asked.answers
    assert not [key for key, answer in answers.items() if metrics.figures_supported(answer).value == 0]
    assert not [key for key, answer in answers.items() if metrics.figures_marked(answer).value == 0]


def test_few_that_the_documents_answer_are_refused(asked: Asked) -> None:
    answerable = [case for case in asked.cases if case.type != "unanswerable"]
    refused = [case.id for case in answerable if asked.answers[case.id].status == "not_found"]
    assert len(refused) <= REFUSED * len(answerable), refused


def test_contradictions_that_were_planted_are_found(asked: Asked) -> None:
    found = [finding.message for finding in asked.parts.library.findings()]
    for figures in asked.made.planted:
        assert any(all(figure in message for figure in figures) for message in found), figures


def test_little_else_is_called_a_contradiction(asked: Asked) -> None:
    found = [finding.message for finding in asked.parts.library.findings()]
    other = [m for m in found if not any(all(figure in m for figure in figures) for figures in asked.made.planted)]
    assert not other
