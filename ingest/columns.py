"""Tables that a plain text sets with bars or spaces: shown with a tab between the cells, as tables are read.

Pages copied from a reader or set by hand have no tabs: "1 | Dược | 902" or columns kept apart by two spaces and more.
What is shown has the length of the text, so that every span is one of the text as printed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vectorstore.records import Span

_BAR = re.compile(r"(?<=\s)\|(?=\s|$)")
_GAP = re.compile(r"(?<=\S) {2,}(?=\S)")
_FIRST_ROW = re.compile(r"^[ \t]*1[.)]? [^\n]*(?: \d[\d.,]*%?){2}[ \t]*$", re.MULTILINE)
_LEAST_CELLS = 3
_LEAST_ROWS = 3
"""So many rows of as many cells are no chance; with bars between the cells, two are enough."""


def with_tabs(text: str) -> str:
    """A text of the same length in which the cells of such tables are parted by tabs."""
    if "|" not in text and "  " not in text and not _FIRST_ROW.search(text):
        return text
    shown = list(text)
    lines = _lines(text)
    at = 0
    while at < len(lines):
        end = _barred(text, lines, at, shown) or _aligned(text, lines, at, shown) or _counted(text, lines, at, shown)
        at = end or at + 1
    return "".join(shown)


def _lines(text: str) -> list[Span]:
    out, start = [], 0
    for line in text.split("\n"):
        out.append((start, start + len(line)))
        start += len(line) + 1
    return out


def _barred(text: str, lines: Sequence[Span], at: int, shown: list[str]) -> int:
    """Marks the rows with inner bars that begin at a line; the line after them, 0 where none do."""
    end = at
    count = len(_BAR.findall(text, *lines[at]))
    while end < len(lines) and count >= _LEAST_CELLS - 1 and len(_BAR.findall(text, *lines[end])) == count:
        end += 1
    if end - at < 2 or text[lines[at][0] : lines[at][1]].lstrip().startswith("|"):
        return 0
    for a, b in lines[at:end]:
        for bar in _BAR.finditer(text, a, b):
            shown[bar.start()] = "\t"
    return end


@dataclass(frozen=True, slots=True)
class _Row:
    """A line and its cells, each as columns of characters from the line's beginning."""

    line: Span
    cells: tuple[Span, ...]


def _aligned(text: str, lines: Sequence[Span], at: int, shown: list[str]) -> int:
    """Marks the rows with columns of spaces that begin at a line; the line after them, 0 where none do."""
    first = _row(text, lines[at])
    width = len(first.cells)
    if width < _LEAST_CELLS or "\t" in text[slice(*first.line)]:
        return 0
    rows = [first]
    columns = list(first.cells)
    last = at
    for i, line in enumerate(lines[at + 1 :], at + 1):
        row = _row(text, line)
        if not row.cells and i - last < 2:
            continue  # the text is double-spaced
        if not row.cells or "\t" in text[slice(*line)] or len(row.cells) > width:
            break
        if len(row.cells) == width:
            columns = [(min(a, c), max(b, d)) for (a, b), (c, d) in zip(columns, row.cells, strict=True)]
        elif not _is_total(text, row, width) and _places(row, columns) is None:
            break
        rows.append(row)
        last = i
    if sum(len(row.cells) == width for row in rows) < _LEAST_ROWS:
        return 0
    for row in rows:
        whole = len(row.cells) == width or _is_total(text, row, width)
        places = range(len(row.cells)) if whole else _places(row, columns)
        if places is None:
            continue
        before, edge = 0, 0
        for place, (_, b) in zip(places, row.cells, strict=True):
            for i in range(place - before):
                shown[row.line[0] + edge + i] = "\t"
            before, edge = place, b
    return last + 1


_TOTAL = re.compile(r"\s*(?:Tổng(?: cộng| số)?|Cộng)\b", re.IGNORECASE)


def _is_total(text: str, row: _Row, width: int) -> bool:
    """Whether a row of totals leaves out its number."""
    return len(row.cells) == width - 1 and bool(_TOTAL.match(text, row.line[0]))


def _row(text: str, line: Span) -> _Row:
    content = text[slice(*line)].rstrip()
    cells, start = [], len(content) - len(content.lstrip(" "))
    for gap in _GAP.finditer(content):
        cells.append((start, gap.start()))
        start = gap.end()
    return _Row(line, (*cells, (start, len(content))) if content.strip() else ())


def _places(row: _Row, columns: Sequence[Span]) -> list[int] | None:
    """The columns that the cells of a row stand below, where some are empty; None where they stand below none."""
    out: list[int] = []
    for a, b in row.cells:
        below = [i for i, (c, d) in enumerate(columns) if a < d and c < b and i not in out]
        if len(below) != 1 or (out and below[0] < out[-1]):
            return None
        out.append(below[0])
    indented = row.cells[0][0] >= (out[0] if out else 0)
    return out if indented else None


_CELL = re.compile(r"\d+(?:[.,]\d+)*%?|[-–]")
_LEAST_FIGURES = 3


def _counted(text: str, lines: Sequence[Span], at: int, shown: list[str]) -> int:
    """Marks the rows that a page leaves with one space between the cells: numbered from 1 on, each a name and as many
    figures; the row of totals behind them, and the line of heads before, where it has as many capitals as columns."""
    rows = _numbered_rows(text, lines, at)
    if len(rows) < _LEAST_ROWS:
        return 0
    width = min(len(_figures(text, line)) for line in rows)
    end = lines.index(rows[-1]) + 1
    following = next((line for line in lines[end:] if text[slice(*line)].strip()), None)
    total = following is not None and _TOTAL.match(text, following[0])
    if following is not None and total and len(_figures(text, following)) == width:
        rows.append(following)
        end = lines.index(following) + 1
    for line in rows:
        figures = _figures(text, line)[-width:]
        number = re.match(r"\s*\d{1,3}[.)]?(?= )", text[slice(*line)])
        for place in ([line[0] + number.end()] if number else []) + [figure - 1 for figure in figures]:
            shown[place] = "\t"
    before = next((line for line in reversed(lines[:at]) if text[slice(*line)].strip()), None)
    heads = _capitals(text, before) if before is not None else []
    if len(heads) == width + 2:
        for place in heads[1:]:
            shown[place - 1] = "\t"
    return end


def _numbered_rows(text: str, lines: Sequence[Span], at: int) -> list[Span]:
    """The lines from one on that are numbered 1, 2, 3 …, each with a name and figures at its end; empty ones aside."""
    rows: list[Span] = []
    for line in lines[at:]:
        words = text[slice(*line)].split()
        if not words:
            continue
        named = len(words) > 1 and words[1][:1].isalpha()
        if words[0].rstrip(".)") != str(len(rows) + 1) or not named or len(_figures(text, line)) < _LEAST_FIGURES:
            break
        rows.append(line)
    return rows


def _figures(text: str, line: Span) -> list[int]:
    """Where the figures begin with which a line ends."""
    out: list[int] = []
    for word in reversed(list(re.finditer(r"\S+", text[slice(*line)]))):
        if not _CELL.fullmatch(word[0]):
            break
        out.insert(0, line[0] + word.start())
    return out


def _capitals(text: str, line: Span) -> list[int]:
    """Where the words of a line begin that have a capital, but behind a comma."""
    words = re.finditer(r"(?:(?<=^)|(?<=[^,\s] ))\S+", text[slice(*line)])
    return [line[0] + word.start() for word in words if word[0][:1].isupper()]
