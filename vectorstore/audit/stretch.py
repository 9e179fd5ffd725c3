"""What the rules look at, and how they say where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from vectorstore.periods import DateMention, dates
from vectorstore.quantities import Quantity, Reference, canonical, quantities, references
from vectorstore.records import Chunk, Finding, Footnote
from vectorstore.vietnamese import sentences

CAPITAL = f"[A-Z{''.join(c for c in map(chr, range(0xC0, 0x1EFA)) if c.isupper())}]"
"""A capital letter, in a pattern."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A passage as it is reasoned over, or one of the footnotes that it calls."""

    chunk: Chunk
    text: str
    notes: tuple[Footnote, ...] = ()

    @property
    def figures(self) -> list[Quantity]:
        return quantities(self.text)

    @property
    def references(self) -> list[Reference]:
        return references(self.text)

    @property
    def dates(self) -> list[DateMention]:
        return dates(self.text)

    def sentence(self, at: int) -> tuple[int, int]:
        """Start and end of the sentence in which a position stands."""
        for start, end in sentences(self.text):
            if start <= at < end:
                return start, end
        return 0, len(self.text)

    def conflict(self, message: str) -> Finding:
        return Finding("source_conflict", f"{message}.", ((self.chunk, self.notes),))

    def error(self, message: str) -> Finding:
        return Finding("source_error", f"{message}.", ((self.chunk, self.notes),))


def stretches(chunks: Iterable[Chunk]) -> Iterator[Stretch]:
    """The passages in reading order, each with the footnotes that were not called before; heads and signatures say
    nothing of the kind."""
    told: set[int] = set()
    for chunk in chunks:
        if chunk.kind in ("head", "signature"):
            continue
        yield Stretch(chunk, chunk.text)
        for note in chunk.footnotes:
            if note.body and note.body.start not in told:
                told.add(note.body.start)
                yield Stretch(chunk, note.body.reading.text, (note,))


def added(values: Iterable[Decimal]) -> str:
    """ "15 + 2" """
    return " + ".join(number(value) for value in values)


def number(value: Decimal) -> str:
    """A reckoned value as it is printed: "1.081", "4,7"."""
    whole, point, decimals = canonical(value).partition(".")
    return f"{int(whole):,}".replace(",", ".") + ("," + decimals if point else "")


def figure(quantity: Quantity) -> str:
    """A figure as printed, with its unit."""
    if quantity.percent:
        return f"{quantity.text}%"
    return f"{quantity.text} {quantity.unit}" if quantity.unit else quantity.text


def counted(quantity: Quantity) -> str:
    """What a figure counts: its unit, or the word behind it."""
    return quantity.unit or next(iter(quantity.noun.lower().split()), "").strip(".,;:")


def clipped(text: str, words: int = 14) -> str:
    """The beginning of a text, to quote it in a message."""
    said = text.split()
    return " ".join(said[:words]) + (" …" if len(said) > words else "")


_HEADING_NUMBER = re.compile(r"^(?:[IVXLC]+|\d{1,2}(?:\.\d{1,2})*|[a-zđ])(?=[.)\s])")


def at(chunk: Chunk, notes: tuple[Footnote, ...] = ()) -> str:
    """Where a passage or its footnote stands, as one says it; "" where the document has no parts."""
    where = [f"chú thích {note.marker}" for note in notes] + ([place(chunk)] if chunk.section else [])
    return f" ở {', '.join(where)}" if where else ""


def place(chunk: Chunk) -> str:
    """Where a passage stands: "mục II.6.5", or the heading itself where it has no number."""
    if chunk.kind == "row" and chunk.heads and re.fullmatch(r"\d{1,3}(?:\.\d{1,3})*\.?", chunk.heads[0][1].strip()):
        return f"dòng {chunk.heads[0][1].strip(' .')} của bảng"
    numbers = [m[0] for heading in chunk.section if (m := _HEADING_NUMBER.match(heading))]
    if not chunk.section:
        return "phần mở đầu"
    if _HEADING_NUMBER.match(chunk.section[-1]):
        last = numbers[-1]
        outer = [n for n in numbers[:-1] if n.isupper()]
        return f"mục {'.'.join([*outer[-1:], last])}"
    return f"mục «{clipped(chunk.section[-1], 8)}»"
