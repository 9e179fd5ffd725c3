"""What Markdown adds to a text: front matter, tables in pipes, paragraphs on several lines, lines that only decorate.

The text stays as it is in the file, so that a quote is found there; only its reading knows the marks. Emphasis, links
and escapes within a line are passed over by `vectorstore.records`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from email.utils import parsedate_to_datetime
from itertools import pairwise

from vectorstore import periods
from vectorstore.records import Span, fold_space, plain

_LINK = re.compile(r"\]\((?:https?://|/|#|\./|\.\./|mailto:|www\.)")
_HEADING = re.compile(r"[ ]{0,3}#{1,6}[ \t]+\S")
_TABLE_LINE = re.compile(r"[ \t]*\|")
_LONE = re.compile(r"[ \t]*\|[ \t]*")
_DELIMITER = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_DELIMITERS = re.compile(r"^[ \t]*:?-{2,}:?[ \t]*\|[ \t:|-]*$", re.MULTILINE)
_PIPE = re.compile(r"(?<!\\)\|")
_DECORATION = re.compile(r"[-=*_ \t]{3,}|[*_]+[ \t]*[*_]*")
_IMAGES = re.compile(r"(?:!\[[^\]\n]*\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)\s*)+")
_BREAK = re.compile(r"(?: {2,}|\\|<br ?/?>)$")
_EMPHASISED = re.compile(r"(\*\*|__|\*|_)(?!\s).*(?<!\s)\1")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The lines between "---" and "---" at the top: where title and date stand, and where the text begins."""

    title: Span | None
    date: Span | None
    end: int


@dataclass(frozen=True, slots=True)
class Part:
    """A paragraph, heading or list item; or a table row, when `cells` is not empty. `table` tells tables apart."""

    span: Span
    cells: tuple[Span, ...] = ()
    table: int = 0


_FRONT = re.compile(r"\s*---[ \t]*\n((?:[^\n]*\n){0,60}?)(?:---|\.\.\.)[ \t]*(?:\n|$)")
_FIELD = re.compile(r"^(?P<key>[A-Za-z_]+)[ \t]*:[ \t]*(?P<value>[^\n]*)$", re.MULTILINE)
_VALUE = re.compile(r"""["']?\s*(?:\[[^\]\n]{1,40}\]\s*)?(?P<bare>[^\n]*?)\s*["']?\s*""")


def front_matter(text: str) -> FrontMatter | None:
    """The front matter of a text that has it."""
    match = _FRONT.match(text)
    if match is None or not _FIELD.search(match[1]):
        return None
    found: dict[str, Span] = {}
    for field in _FIELD.finditer(text, *match.span(1)):
        value = _VALUE.fullmatch(text, *field.span("value"))
        if value and value["bare"]:
            found.setdefault(field["key"].lower(), value.span("bare"))
    return FrontMatter(found.get("title"), found.get("date"), match.end())


def day(value: str) -> str | None:
    """The day of a front matter's date: "Mon, 04 Nov 2024 02:00:00 +0700", "2024-11-04T02:00", "04/11/2024"."""
    if (printed := periods.dates(value)) and printed[0].day:
        return printed[0].day.isoformat()
    try:
        if match := re.match(r"\d{4}-\d{2}-\d{2}(?!\d)", value):
            return date.fromisoformat(match[0]).isoformat()
        return parsedate_to_datetime(value).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def is_markdown(text: str) -> bool:
    """Whether a text is written in Markdown: front matter, a table in pipes, links, or several headings with #."""
    if front_matter(text):
        return True
    headings = bars = 0
    for match in re.finditer(r"^[ ]{0,3}(?:#{1,6}[ \t]+\S|\|)", text, re.MULTILINE):
        bars += match[0].endswith("|")
        headings += not match[0].endswith("|")
        if bars >= 2 or (headings == 2 and not _has_rows(text)):
            return True
    return bool(_LINK.search(text) or _DELIMITERS.search(text))


def _has_rows(text: str) -> bool:
    """Whether rows with tabs between their cells stand in a text: a sheet or a page, whose headings have # too."""
    return any("\t" in above.lstrip() and "\t" in below for above, below in pairwise(text.split("\n")))


def parts(text: str, start: int, begins: Callable[[str, str], bool]) -> list[Part]:
    """The paragraphs, headings, items and table rows of a Markdown text from `start` on, in order.

    `begins` says of a line and the one after it whether the second begins a paragraph of its own.
    """
    if start == 0 and (front := front_matter(text)):
        start = front.end
    lines = _lines(text, start)
    stacks = _next_lone(text, lines)
    wrapped = _is_wrapped(text, lines)
    out: list[Part] = []
    open_at: int | None = None  # the part that the next line may go on with
    table = 0
    at = 0
    while at < len(lines):
        a, b = lines[at]
        line = text[a:b]
        rows, after = _table_at(text, lines, stacks, at)
        if after > at:
            table += 1
            for row in rows:
                filled = [cell for cell in row if cell[0] < cell[1]]
                if filled:
                    out.append(Part((filled[0][0], filled[-1][1]), tuple(row), table))
            open_at, at = None, after
            continue
        at += 1
        if not line.strip() or _DECORATION.fullmatch(line.strip()) or _IMAGES.fullmatch(line.strip()):
            open_at = None
            continue
        heading = bool(_HEADING.match(line))
        if open_at is not None and wrapped and not heading and not _stands_alone(text, lines[at - 2], line, begins):
            out[open_at] = Part((out[open_at].span[0], b))
        else:
            out.append(Part((a, b)))
            open_at = len(out) - 1
        if heading:
            open_at = None
    return out


def _lines(text: str, start: int) -> list[Span]:
    out = []
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        out.append((start, end))
        start = end + 1
    return out


def _is_wrapped(text: str, lines: list[Span]) -> bool:
    """Whether long paragraphs are broken into lines. Links and tables may be of any length."""
    lengths = sorted(b - a for a, b in lines if b - a > 1 and not _TABLE_LINE.match(text, a) and "](" not in text[a:b])
    return bool(lengths) and lengths[int(len(lengths) * 0.95)] <= 130


def _stands_alone(text: str, before: Span, line: str, begins: Callable[[str, str], bool]) -> bool:
    previous = text[slice(*before)]
    if _BREAK.search(previous) or begins(plain(previous), plain(line)):
        return True
    return bool(_EMPHASISED.fullmatch(previous.strip()) and _EMPHASISED.match(line.strip()))


# Tables


def _table_at(text: str, lines: list[Span], stacks: list[int], at: int) -> tuple[list[list[Span]], int]:
    """The rows of the table that begins at line `at`, and the line after it; `at` itself where none begins."""
    line = text[slice(*lines[at])]
    if _LONE.fullmatch(line):
        return _stacked(text, lines, stacks, at)
    following = text[slice(*lines[at + 1])] if at + 1 < len(lines) else ""
    outer = bool(_TABLE_LINE.match(line)) and len(_PIPE.findall(line)) >= 2
    if not outer and not ("|" in line and "|" in following and _DELIMITER.fullmatch(following)):
        return [], at
    rows = []
    while at < len(lines):
        a, b = lines[at]
        line = text[a:b]
        if not _PIPE.search(line) or (outer and not _TABLE_LINE.match(line)) or _LONE.fullmatch(line):
            break
        if not _DELIMITER.fullmatch(line):
            rows.append(_cells(text, a, b))
        at += 1
    return rows, at


def _cells(text: str, a: int, b: int) -> list[Span]:
    """The cells of a row "| a | b |", the bars at its ends aside."""
    bars = [m.start() for m in _PIPE.finditer(text, a, b)]
    first = bars.pop(0) + 1 if not text[a : bars[0]].strip() else a
    last = bars.pop() if bars and not text[bars[-1] + 1 : b].strip() else b
    edges = [first, *(edge for bar in bars for edge in (bar, bar + 1)), last]
    return [_trimmed(text, edges[i], edges[i + 1]) for i in range(0, len(edges), 2)]


def _trimmed(text: str, a: int, b: int) -> Span:
    while a < b and text[a].isspace():
        a += 1
    while b > a and text[b - 1].isspace():
        b -= 1
    return a, b


def _next_lone(text: str, lines: list[Span]) -> list[int]:
    """For each line, the next line at or after it that is a lone "|", if no empty line stands between; else -1."""
    out = [-1] * len(lines)
    following = -1
    for i in range(len(lines) - 1, -1, -1):
        line = text[slice(*lines[i])]
        following = i if _LONE.fullmatch(line) else following if line.strip() else -1
        out[i] = following
    return out


def _stacked(text: str, lines: list[Span], stacks: list[int], at: int) -> tuple[list[list[Span]], int]:
    """The rows of a table with each cell on lines of its own between lone "|" lines. Two bars end a row and begin the
    next one; more of them are empty cells."""
    rows: list[list[Span]] = []
    row: list[Span] = []
    width = 0
    while at < len(lines) and _LONE.fullmatch(text[slice(*lines[at])]):
        first = at
        while at < len(lines) and _LONE.fullmatch(text[slice(*lines[at])]):
            at += 1
        bars = at - first
        close = stacks[at] if at < len(lines) else -1
        here = lines[first][1]
        if bars == 2 and len(row) == 1 and width > 1 and close >= 0:
            row.append((here, here))  # no row is a number alone
        elif row and (bars >= 2 or close < 0):
            empty = max(bars - 2, 0)
            if 3 <= len(row) < width and close >= 0:  # a record with empty cells at its end
                row += [(here, here)] * min(empty, width - len(row))
                empty = 0
            rows.append(row)
            width = max(width, len(row))
            row = [(lines[at - 1][0],) * 2] * empty if close >= 0 else []
        elif not row and bars >= 2:
            row = [(lines[at - 1][0],) * 2] * (bars - 1)
        if close < 0:
            break
        row.append(_trimmed(text, lines[at][0], lines[close - 1][1]))
        at = close
    if row:
        rows.append(row)
    return rows, at


def is_title(text: str, span: Span, title: str) -> bool:
    """Whether a line only says the title again."""
    return fold_space(plain(text[slice(*span)])).strip("# ") == title
