"""What readers are shown when a language model writes the answers, whatever the model is like.

Each case is asked through each of the scripted models of `speakers`, by the real client over a real connection. What
counts is that no false figure is shown, how much of what a good model says survives, and what the program itself costs.
The assistant is handed in.
"""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from assistant.schema import Answer, Question
from evals import metrics
from evals.cases import Case
from evals.lies import false_figures, told_as
from evals.metrics import percentile
from evals.scripted import Scripted, ScriptedModel
from evals.speakers import MODELS, Broken, Speaker

PACE = 0.01
"""Seconds between two pieces of a reply when the answer is streamed: some 4,000 characters a second."""


class Streams(Protocol):
    def ask(self, question: Question) -> Answer: ...
    def stream(self, question: Question) -> Iterator[Answer]: ...


Make = Callable[[str, str, float], Streams]
"""An assistant with a language model: its address, its name, the seconds that it is waited for."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A figure that was shown and is false (or, `unbacked`, stands in no source of its sentence)."""

    model: str
    case: str
    figure: str
    sentence: str
    unbacked: bool
    true: str = ""
    """The sentence as it would be true, where the model said one like it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of one case with one model."""

    right: bool
    refused: bool
    fallback: bool
    written: bool
    failed: bool
    wrong: tuple[Wrong, ...]
    overhead: float
    first: float | None
    """Seconds to the first sentence shown when streaming; None where the model wrote none."""
    whole: float


@dataclass(frozen=True, slots=True)
class Row:
    """What readers were shown with one model."""

    model: str
    asked: tuple[Asked, ...]

    @property
    def wrong(self) -> list[Wrong]:
        return [wrong for one in self.asked for wrong in one.wrong]

    def count(self, what: Callable[[Asked], bool]) -> int:
        return sum(map(what, self.asked))

    def overhead_ms(self, percent: float) -> float:
        return 1000 * (percentile([one.overhead for one in self.asked], percent) or 0.0)

    @property
    def first_ms(self) -> float | None:
        """The mean over the answers that the model wrote."""
        times = [one.first for one in self.asked if one.first is not None]
        return 1000 * sum(times) / len(times) if times else None

    @property
    def whole_ms(self) -> float | None:
        """The mean time of the same answers, whole."""
        times = [one.whole for one in self.asked if one.first is not None]
        return 1000 * sum(times) / len(times) if times else None


def measure(
    cases: Sequence[Case],
    make: Make,
    models: Mapping[str, type[Speaker]] = MODELS,
    on_step: Callable[[int, int], None] | None = None,
) -> list[Row]:
    """A row for each model, then one over all."""
    rows: list[Row] = []
    for name, speaker in models.items():
        asked: list[Asked] = []
        with _serving(name, speaker) as served:
            served.ask(cases[0], 0, make)  # the client's libraries are loaded with the first question
            for turn, case in enumerate(cases):
                asked.append(served.ask(case, turn, make))
                if on_step:
                    on_step(len(rows) * len(cases) + len(asked), len(models) * len(cases))
        rows.append(Row(name, tuple(asked)))
    return [*rows, Row("", tuple(one for row in rows for one in row.asked))]


@contextmanager
def _serving(name: str, speaker: type[Speaker]) -> Iterator[_Served]:
    with ExitStack() as opened:
        served = _Served(name, speaker)
        opened.enter_context(served.model.serving())
        yield served


class _Served:
    """A scripted model behind its server, asked about one case at a time."""

    def __init__(self, name: str, kind: type[Speaker]) -> None:
        self._name = name
        self._kind = kind
        self._between = 0.0
        self._speaker: Speaker | None = None
        self._assistant: Streams | None = None
        self.model = ScriptedModel(self._reply, name)

    def _reply(self, request: dict[str, Any]) -> Scripted | str:
        said = self._speaker.reply(request) if self._speaker else ""
        return replace(said if isinstance(said, Scripted) else Scripted(said), between=self._between)

    def ask(self, case: Case, turn: int, make: Make) -> Asked:
        """Ask for extracts, which warms up as the benchmark of answering does, then at once, and once more streamed."""
        self._between, self._speaker = 0.0, self._kind(case, turn)
        assistant = self._assistant_for(make)
        extracts = _answer(case, lambda: [assistant.ask(replace(case.asked(), mode="extractive"))])[-1][1]
        begun = time.perf_counter()
        answer = _answer(case, lambda: [assistant.ask(case.asked())])[-1][1]
        ended = time.perf_counter()
        overhead = ended - begun - self.model.busy(begun, ended, self._kind.patience)
        wrong = dict.fromkeys(self._wrong(case, answer, extracts))
        self._between, self._speaker = PACE, self._kind(case, turn)
        assistant = self._assistant_for(make)
        begun = time.perf_counter()
        growing = _answer(case, lambda: assistant.stream(case.asked()))
        for _, grown in growing:
            wrong |= dict.fromkeys(self._wrong(case, grown, extracts))
        return Asked(
            metrics.accuracy(case, answer).value == 1,
            answer.status == "not_found",
            any(notice.kind == "fallback" for notice in answer.notices),
            answer.answered_by == self._name,
            answer.status == "error" or growing[-1][1].status == "error",
            tuple(wrong),
            overhead,
            next((at - begun for at, grown in growing if self._has_written(grown)), None),
            growing[-1][0] - begun,
        )

    def _assistant_for(self, make: Make) -> Streams:
        """One for all cases, so that it may learn; but a server that breaks is met as if for the first time."""
        if self._assistant is None or issubclass(self._kind, Broken):
            self._assistant = make(self.model.url, self._name, self._kind.patience)
        return self._assistant

    def _has_written(self, answer: Answer) -> bool:
        return answer.answered_by == self._name and answer.status == "answered" and bool(answer.answer.strip())

    def _wrong(self, case: Case, answer: Answer, extracts: Answer) -> Iterator[Wrong]:
        """The false figures of an answer that the model wrote; of the extracts that follow what it wrote before it
        failed, those without a source."""
        if not self._has_written(answer):
            return
        told = self._speaker.told if self._speaker else []
        for sentence, _, stray in metrics.figures_by_sentence(answer):
            extracted = _said(sentence) in _said(extracts.answer)
            false = [] if extracted else false_figures(sentence, told, case.question)
            match = told_as(sentence, told)
            for figure in dict.fromkeys([*false, *sorted(stray)]):
                yield Wrong(self._name, case.id, figure, sentence.strip(), figure in stray, match.true if match else "")


def _said(text: str) -> str:
    """A text for comparing: its words and figures, without markers."""
    return " ".join(re.findall(r"\w+", re.sub(r"\[\d+\]", "", text)))


def _answer(case: Case, asking: Callable[[], Iterable[Answer]]) -> list[tuple[float, Answer]]:
    """The answers and when they came; a crash is one too."""
    came: list[tuple[float, Answer]] = []
    try:
        for answer in asking():
            came.append((time.perf_counter(), answer))
    except Exception as error:  # whatever it is, it is this case's result
        came.append((time.perf_counter(), Answer(case.question, "error", f"{type(error).__name__}: {error}")))
    return came


# --- what is printed ---

HEADS = [
    *("Mô hình", "Số câu", "Hiện đúng", "Hiện sai", "Số sai", "Từ chối", "Trích đoạn thay", "Mô hình viết", "Lỗi"),
    *("Riêng chương trình p50 (ms)", "p95 (ms)", "Câu đầu (ms)", "Trọn câu trả lời (ms)"),
]
_OVERALL = "mọi mô hình"


def table_of(rows: Sequence[Row]) -> list[list[str]]:
    """The rows as they are shown, head first."""
    return [HEADS, *map(_shown, rows)]


def _shown(row: Row) -> list[str]:
    cases = len(row.asked)
    right = row.count(lambda one: one.right)
    return [
        row.model or _OVERALL,
        str(cases),
        f"{right} ({100 * right / cases:.0f}%)" if cases else "—",
        str(row.count(lambda one: bool(one.wrong))),
        str(len(row.wrong)),
        str(row.count(lambda one: one.refused)),
        str(row.count(lambda one: one.fallback)),
        str(row.count(lambda one: one.written)),
        str(row.count(lambda one: one.failed)),
        f"{row.overhead_ms(50):.0f}",
        f"{row.overhead_ms(95):.0f}",
        *("—" if time is None else f"{time:.0f}" for time in (row.first_ms, row.whole_ms)),
    ]


def wrongs(rows: Sequence[Row]) -> list[str]:
    """A line for each false figure that was shown."""
    return [
        f"{w.model} {w.case}: {w.figure} {'không có nguồn' if w.unbacked else 'sai'} trong «{w.sentence}»"
        + (f" (đúng: «{w.true}»)" if w.true else "")
        for row in rows
        if row.model
        for w in row.wrong
    ]


def write(rows: Sequence[Row], path: Path) -> None:
    """The table as CSV (`.csv`), or in Markdown with the false figures below."""
    head, *lines = table_of(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".csv":
        with path.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([head, *lines])
        return
    marked = [head, ["---"] * len(head), *lines]
    text = "".join(f"| {' | '.join(line)} |\n" for line in marked)
    listed = "".join(f"- {line}\n" for line in wrongs(rows))
    path.write_text(text + (f"\nSố sai đã hiện:\n\n{listed}" if listed else ""), encoding="utf-8")
