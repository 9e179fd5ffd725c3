"""The stretches of a passage that are read for themselves, each with what its figures take where they are given none:
its text, or the cells of its row; its footnotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest import counted, framing
from ingest.framing import Frame
from ingest.wording import tidy
from vectorstore import governing, periods
from vectorstore.periods import Period
from vectorstore.quantities import quantities
from vectorstore.records import Chunk, Document, Excerpt, Reading


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch that is read for itself: a paragraph, a footnote, a cell of a row. `shift` is where it begins in the
    reading; `period` and `year` are what its figures take where they are given none."""

    chunk: Chunk
    reading: Reading
    text: str
    shift: int
    period: str | None
    year: int | None
    note: str | None = None
    head: str = ""
    subject: str = ""
    unit: str | None = None
    field: str | None = None


INTRODUCES = re.compile(
    r"\b(?:trong đó|gồm|cụ thể|như sau|theo (?:từng )?(?:lĩnh vực|đơn vị|địa bàn)|phân chia|chia theo)\b", re.IGNORECASE
)
"""With such words a paragraph announces that what stands below are parts of its figure."""


def of_chunk(document: Document, chunk: Chunk, frame: Frame) -> Iterator[Passage]:
    """The passages of a chunk: its text, or the cells of its row; then its footnotes."""
    own = framing.period_of(document, chunk, frame)
    year = framing.year_of(document, own)
    reading = chunk.body.reading
    field = _field(chunk) if frame.lead and INTRODUCES.search(frame.text) else None
    cells = list(_cells(document, chunk, frame, own, year)) if chunk.heads else []
    yield from cells or [Passage(chunk, reading, reading.text, 0, own, year, field=field)]
    for note in chunk.footnotes:
        if not quantities(note.body.reading.text):
            continue
        called = called_at(chunk, note.marker)
        said = None
        if called is not None:
            said = beside(reading.text, called, year) or governing.period_at(reading.text, called, year)
        yield Passage(
            chunk, note.body.reading, note.body.reading.text, 0, said.form if said else own, year, note.marker
        )


def beside(text: str, called: int, year: int | None) -> Period | None:
    """The period beside which a footnote is called ("chỉ tiêu được giao năm 2021²⁸")."""
    return next((p for p in periods.find(text[: called + 1], year) if p.end > called), None)


def _field(chunk: Chunk) -> str | None:
    """The field that an item of a list is told of by the run-in heading with which it begins."""
    name = tidy(chunk.section[-1])
    return None if re.search(r"\d", name) or ":" in name else name


def called_at(chunk: Chunk, marker: str) -> int | None:
    """Where in a chunk's reading a footnote is called."""
    reading = chunk.body.reading
    return next((max(0, reading.at(a) - 1) for (a, _), m in chunk.body.markers() if m == marker), None)


_NUMBERING = re.compile(r"(?:\d{1,2}\.)*\d{1,2}\.?|[IVX]+\.?")
_NAMES = re.compile(r"[^\W\d_]{2}")


def _cells(document: Document, chunk: Chunk, frame: Frame, period: str | None, year: int | None) -> Iterator[Passage]:
    """The cells of a row where they stand in its reading; the number of the row and its subject are told apart."""
    reading = chunk.body.reading
    position = 0
    subject = next(
        (_plain(cell) for head, cell in chunk.heads if _NAMES.search(cell) and not counted.is_serial(head)), ""
    )
    units = [_plain(cell) for head, cell in chunk.heads if re.search(r"\b(?:đơn vị tính|đvt)\b", head, re.IGNORECASE)]
    captioned = counted.unit_of_caption(frame.text)
    for i, (head, cell) in enumerate(chunk.heads):
        text = _plain(cell)
        start = reading.text.find(text, position) if text else -1
        if start < 0:
            continue
        position = start + len(text)
        if counted.is_serial(head) or (i == 0 and _NUMBERING.fullmatch(text)):
            continue
        said = framing.of_column(document, head, period, year)
        unit = units[0] if units else counted.unit_of_head(head) or (captioned if counted.names_state(head) else None)
        yield Passage(chunk, reading, text, start, said, year, None, head, subject, unit)


def _plain(cell: str) -> str:
    """A cell as it stands in its row's reading."""
    return Excerpt(((0, len(cell)),), (cell,)).reading.text if cell.strip() else ""
