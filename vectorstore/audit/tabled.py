"""What a text says against the total of the table that it tells of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from vectorstore.audit.lists import is_total, number_in, tables
from vectorstore.audit.stretch import Stretch, figure, place
from vectorstore.quantities import Quantity
from vectorstore.records import Chunk, Finding
from vectorstore.vietnamese import fold, syllables

_LEAST_AGREEING = 2
"""So many figures of a passage that are those of the table's total row make it certain that both tell one thing."""
_REFERS = re.compile(r"\b(?:phụ lục|phụ biểu|bảng|biểu)(?:\s+(?:số\s+)?\d{1,2})?(?:\s+kèm theo)?\b", re.I)
_IN_ALL = re.compile(r"\btổng (?:số|cộng)\b|\btất cả\b", re.I)
_ALL = re.compile(r"^(?:tong|tong so|tong cong|cong)$")


def totals(chunks: Sequence[Chunk], told: Sequence[Stretch]) -> Iterator[Finding]:
    """A passage most of whose figures are those of a table's total row, and one is not: "giải quyết 7.117 hồ sơ, trong
    đó 38 quá hạn" above a table whose total says 41; or "tổng số 2.384 hồ sơ (chi tiết tại Phụ lục)" above 2.374."""
    for rows in tables(chunks):
        sums = [row for row in rows if is_total(row)]
        if len(sums) != 1 or len(rows) < 3:
            continue
        (row,) = sums
        columns = [(head, value) for head, _ in row.heads if head and (value := number_in(row, head)) is not None]
        for stretch in told:
            if stretch.chunk.kind == "row" or not stretch.figures:
                continue
            where = place(stretch.chunk)
            for q, head in (*_among_agreeing(stretch, columns), *_in_all(stretch, columns, rows)):
                yield Finding(
                    "source_conflict",
                    f"{where[:1].upper()}{where[1:]} ghi {figure(q)}, nhưng dòng tổng của bảng ghi "
                    f"{dict(row.heads)[head].strip()} ở cột «{head}».",
                    ((stretch.chunk, stretch.notes), (row, ())),
                )


_Column = tuple[str, Decimal]


def _among_agreeing(stretch: Stretch, columns: Sequence[_Column]) -> Iterator[tuple[Quantity, str]]:
    """The one figure that is not its column's, among others of the same sentences that are."""
    figures = [q for q in stretch.figures if q.value is not None and not q.bound and q.value > 1]
    held = {value for _, value in columns}
    agreeing = {q.value for q in figures if q.value in held and (q.value or 0) >= 10}
    if len(agreeing) < _LEAST_AGREEING:
        return
    apart = [
        (q, head)
        for q in figures
        if q.value not in held
        for head, value in columns
        if value not in agreeing and _is_headed(stretch, q, head)
    ]
    if len(apart) == 1:
        yield from apart


def _is_headed(stretch: Stretch, quantity: Quantity, head: str) -> bool:
    """Whether the words of a column's head stand in the part of the sentence in which a figure stands."""
    text = stretch.text
    start = max(text.rfind(mark, 0, quantity.start) for mark in (",", ";", ".", ":", "(")) + 1
    end = min((at for mark in (",", ";", ". ", ")") if (at := text.find(mark, quantity.end)) >= 0), default=len(text))
    words = {fold(word) for word, _, _ in syllables(f"{text[start : quantity.start]} {text[quantity.end : end]}")}
    wanted = {fold(word) for word, _, _ in syllables(head.split(" – ")[-1])}
    return bool(wanted) and wanted <= words and quantity.percent == ("%" in head)


def _in_all(stretch: Stretch, columns: Sequence[_Column], rows: Sequence[Chunk]) -> Iterator[tuple[Quantity, str]]:
    """The figure that a passage calls the total, with the table named right behind it, against the column of totals."""
    every = [(head, value) for head, value in columns if _ALL.match(fold(head.split(" – ")[-1]).strip())]
    if len(every) != 1:
        return
    head, value = every[0]
    for q in stretch.figures:
        behind = stretch.text[q.end : q.end + 80].split(";")[0]
        refers = re.match(r"[^.()]{0,30}\([^()]*\)", behind)
        if q.value is None or q.percent or not _IN_ALL.search(q.label) or refers is None:
            continue
        if (
            _REFERS.search(refers[0])
            and q.value != value
            and Decimal("0.8") <= q.value / (value or 1) <= Decimal("1.25")
        ):
            yield q, head
