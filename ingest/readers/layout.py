"""Words with their places on pages become plain text in reading order.

For readers that know where each word stands (PDF, recognised scans): ruled tables become rows with tabs, columns are
told apart, lines are joined to paragraphs by their indents and right edges, running heads, feet and page numbers are
dropped, footnotes go to the end. Lengths are points; y grows downwards.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ingest.readers.trust import is_syllable
from vectorstore.vietnamese import normalize

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"


@dataclass(frozen=True, slots=True)
class Word:
    """A run of characters without a blank. `base` is the height on which its letters stand, `size` that of its font."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    base: float
    size: float

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight printed line: level from (start, at) to (end, at), or upright from (at, start) to (at, end)."""

    upright: bool
    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Page:
    """What is printed on a page."""

    number: int
    width: float
    height: float
    words: tuple[Word, ...]
    rules: tuple[Rule, ...] = ()


@dataclass(slots=True)
class _Line:
    """Words side by side, or a table's row. `column` is 0 where the page has one; `margins` are the edges of the lines
    that it stands among, `first` is how long its first word is."""

    text: str
    left: float
    right: float
    base: float
    size: float
    first: float = 0.0
    margins: tuple[float, float] = (0.0, 0.0)
    row: bool = False
    column: int = 0


def compose(pages: Sequence[Page]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text of all pages, and (offset, page number) where each page's text begins. Footnotes stand at the end, each
    page's with the number of its page."""
    laid = [(page, _lines(page)) for page in pages]
    _drop_running(laid)
    sizes = [line.size for _, lines in laid for line in lines if not line.row for _ in range(len(line.text) // 20)]
    usual = median(sizes) if sizes else 0.0
    parts: list[str] = []
    starts: list[tuple[int, int]] = []
    notes: list[tuple[int, list[_Line], bool]] = []
    length = 0
    follows = False
    before: _Line | None = None

    def put(text: str) -> None:
        nonlocal length
        parts.append(text)
        length += len(text)

    for page, lines in laid:
        foot, goes_on = _foot_notes(page, lines, usual, notes[-1][1] if follows else [])
        if follows := foot > 0:
            notes.append((page.number, lines[-foot:], goes_on))
            lines = lines[:-foot]
        pitch = _pitch(lines)
        for i, line in enumerate(lines):
            put("" if before is None else _between(before, line, pitch, turned=i == 0))
            if i == 0:
                starts.append((length, page.number))
            put(line.text)
            before = line
        if not lines:
            starts.append((length, page.number))
    noted: _Line | None = None
    for number, lines, goes_on in notes:  # all that stands below a number is one note
        for i, line in enumerate(lines):
            begins = line.text[0] in SUPERSCRIPTS
            rest = "" if noted is not None and _cut(noted.text, line.text) else " "
            put(("\n\n" if length and i == 0 else "\n" if i else "") if begins or (i == 0 and not goes_on) else rest)
            if i == 0:
                starts.append((length, number))
            put(line.text)
            noted = line
    return "".join(parts), tuple(starts)


# Paragraphs

_STARTS = re.compile(
    r"[-–+•*]\s|\d{1,3}(?:\.\d{1,3})*[.)]\s|[a-zđ]\)\s|[IVX]+\.\s|(?:Điều|Chương|Phần|Mục|Phụ lục)\s+[\dIVX]+|Nơi nhận"
    rf"|[{SUPERSCRIPTS}]"
)
_STOPS = re.compile(r"[.;:!?…][\"”’)\]]*$")


def _between(one: _Line, other: _Line, pitch: float, turned: bool) -> str:
    """What parts two lines: a blank within a paragraph, one line end, or two where the gap is wide. `turned`: a page
    was turned between them."""
    if one.row or other.row:
        return "\n"
    step = other.base - one.base
    same_column = one.column == other.column and one.margins == other.margins
    if turned:
        if one.column or other.column:
            return "\n\n"
        goes_on = other.text[:1].islower() and not _STARTS.match(other.text) and not _STOPS.search(one.text)
        return " " if goes_on or (not _STOPS.search(one.text) and _is_rest(one, other)) else "\n\n"
    if same_column and 0 < step < 2 * max(one.size, 1.0) and _cut(one.text, other.text):
        return ""
    wide = step > 1.3 * pitch if pitch else step > 2.2 * max(one.size, 1.0)
    if not same_column or step <= 0 or (pitch and step > 1.7 * pitch):
        return "\n\n" if not same_column or wide else "\n"
    if _is_rest(one, other):
        return " "
    return "\n\n" if wide else "\n"


def _cut(one: str, other: str) -> bool:
    """Whether a line end cuts a word at its own hyphen or stroke ("12/QĐ-", "UBND"); Vietnamese adds none."""
    return bool(re.search(r"\w[-–/]$", one)) and other[:1].isalnum()


def _is_rest(one: _Line, other: _Line) -> bool:
    """Whether a line goes on with the paragraph of the line before it: its first word found no room there."""
    em = max(one.size, 1.0)
    if other.text[0] in SUPERSCRIPTS or not 0.82 < other.size / em < 1.22:
        return False
    if one.right + 0.25 * em + other.first < one.margins[1] - 0.4 * em:
        return False
    if other.left > one.left + 0.8 * em:
        return False
    if abs(one.left + one.right - other.left - other.right) < em and abs(one.left - other.left) > 0.4 * em:
        return False  # both are centred
    stopped = bool(_STOPS.search(one.text))
    if _STARTS.match(other.text) and (stopped or other.left > one.margins[0] + 0.8 * em):
        return False
    indented = min(one.left, other.left) > one.margins[0] + 0.8 * em and abs(one.left - other.left) < 0.8 * em
    return not (indented and stopped)


def _pitch(lines: Sequence[_Line]) -> float:
    """The usual step from a line to the next one."""
    steps = [
        b.base - a.base
        for a, b in pairwise(lines)
        if not a.row and not b.row and a.column == b.column and 0 < b.base - a.base < 4 * max(a.size, 1.0)
    ]
    return sorted(steps)[len(steps) * 2 // 5] if len(steps) >= 3 else 0.0


# What is not part of the text: running heads and feet, page numbers; what stands apart from it: footnotes

_NUMBER = re.compile(r"\W*(?:trang\s*)?\d{1,4}(?:\s*/\s*\d{1,4})?\W*", re.IGNORECASE)


def _drop_running(laid: Sequence[tuple[Page, list[_Line]]]) -> None:
    """Take out page numbers, and lines that stand at the same height of the edge of many pages, their digits aside."""

    def edges(page: Page, lines: Sequence[_Line]) -> list[_Line]:
        near = [line for line in lines[:3] if line.base < 0.11 * page.height]
        return near + [line for line in lines[-3:] if line.base > 0.89 * page.height and line not in near]

    def key(line: _Line) -> tuple[str, int]:
        return re.sub(r"\d+", "#", line.text), round(line.base / 6)

    seen = Counter(key(line) for page, lines in laid for line in {id(x): x for x in edges(page, lines)}.values())
    least = max(3, len(laid) // 3)
    for page, lines in laid:
        gone = {id(line) for line in edges(page, lines) if seen[key(line)] >= least and not line.row}
        for line in (lines[:1], lines[-1:]):
            if line and not line[0].row and _NUMBER.fullmatch(line[0].text) and len(lines) > 1:
                gone.add(id(line[0]))
        lines[:] = [line for line in lines if id(line) not in gone]


_CALL = re.compile(rf"[{SUPERSCRIPTS}]+")
_GLUED = re.compile(r"(?<![^\W_])(?P<word>[^\W\d_]+)(?P<number>\d{1,3})(?=[.,;:)]*(?:\s|$))")
_NUMBERED = re.compile(r"(?P<number>\d{1,3})(?:\s+|(?=[^\W\d]))")
_RAISED = str.maketrans("0123456789", SUPERSCRIPTS)


def _foot_notes(page: Page, lines: Sequence[_Line], usual: float, before: Sequence[_Line]) -> tuple[int, bool]:
    """How many lines at a page's foot are footnotes, and whether they go on from those of the page `before`: lines in
    small print, from the first that begins with a number that is called in the text above, or from the first of all
    where it is the rest of a note. Calls and numbers become superscripts, in place."""
    top = len(lines)
    while top and not lines[top - 1].row and lines[top - 1].size <= 0.95 * usual:
        top -= 1
    small = lines[top:]
    if not small:
        return 0, False
    _raise_numbers(lines[:top], small)
    first = next((i for i, line in enumerate(small) if line.text[0] in SUPERSCRIPTS), None)
    if top and before and first != 0 and _goes_on(page, lines[top - 1], small[0], before[-1]):
        return len(small), True
    return (0, False) if first is None else (len(small) - first, False)


def _goes_on(page: Page, above: _Line, line: _Line, last: _Line) -> bool:
    """Whether a line at a page's foot is the rest of a footnote, whose last line so far is `last`: in the same type,
    and it has a rule above it or a sentence to end."""
    ruled = any(not rule.upright and above.base < rule.at < line.base for rule in page.rules) and not above.row
    return 0.94 < line.size / max(last.size, 1.0) < 1.06 and (ruled or not _STOPS.search(last.text))


def _raise_numbers(lines: Sequence[_Line], small: Sequence[_Line]) -> None:
    """Make superscripts of the numbers that footnotes in plain figures begin with and of those glued to the words that
    call them, where both are there."""
    called = {_plain(number) for line in lines for number in _CALL.findall(line.text)}
    glued = {match["number"] for line in lines for match in _calls(line)}
    begun = {match["number"] for line in small if (match := _NUMBERED.match(line.text))}
    for line in small:
        match = _NUMBERED.match(line.text)
        if match and match["number"] in called | glued:
            line.text = f"{match['number'].translate(_RAISED)} {line.text[match.end() :]}"
    for line in lines:
        for match in reversed(list(_calls(line))):
            if match["number"] in begun - called:
                at, end = match.span("number")
                line.text = f"{line.text[:at]}{match['number'].translate(_RAISED)}{line.text[end:]}"


def _calls(line: _Line) -> list[re.Match[str]]:
    """Numbers that are glued to a syllable."""
    return [] if line.row else [match for match in _GLUED.finditer(line.text) if is_syllable(match["word"])]


def _plain(number: str) -> str:
    return "".join(str(SUPERSCRIPTS.index(digit)) for digit in number)


# Lines


def _lines(page: Page) -> list[_Line]:
    """The lines of a page in reading order."""
    grids = [grid for grid in _grids(page.rules) if grid.ruled]
    inside: list[list[Word]] = [[] for _ in grids]
    outside: list[Word] = []
    for word in page.words:
        at = next((i for i, grid in enumerate(grids) if grid.holds(*word.middle)), None)
        (outside if at is None else inside[at]).append(word)
    out: list[_Line] = []
    for grid, words in sorted(zip(grids, inside, strict=True), key=lambda pair: pair[0].ys[0]):
        above = [word for word in outside if word.middle[1] < grid.ys[0]]
        outside = [word for word in outside if word.middle[1] >= grid.ys[0]]
        out.extend(_flow(above, page))
        out.extend(_Line(row, grid.xs[0], grid.xs[-1], grid.ys[0], 0.0, row=True) for row in _table_rows(grid, words))
    out.extend(_flow(outside, page))
    return out


def _visual(words: Iterable[Word]) -> list[list[Word]]:
    """Words by the height on which they stand, each group from left to right."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (w.base, w.left)):
        if rows and abs(word.base - rows[-1][0].base) <= 0.35 * max(word.size, rows[-1][0].size):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [sorted(row, key=lambda w: w.left) for row in rows]


def _segments(row: Sequence[Word]) -> list[list[Word]]:
    """A row in the pieces between its wide gaps."""
    out = [[row[0]]]
    for word in row[1:]:
        if word.left - out[-1][-1].right > 1.5 * max(word.size, 4.0):
            out.append([])
        out[-1].append(word)
    return out


def _far_apart(row: Sequence[Sequence[Word]]) -> bool:
    """Whether two pieces on one height, with nothing of their kind above or below, are two things."""
    return len(row) == 2 and row[1][0].left - row[0][-1].right > 4 * row[0][0].size


def _line(words: Sequence[Word], column: int = 0) -> _Line:
    text = normalize(" ".join(word.text for word in words)).strip()
    size = max(words, key=lambda w: len(w.text)).size
    return _Line(
        text,
        words[0].left,
        max(word.right for word in words),
        median(word.base for word in words),
        size,
        words[0].right - words[0].left,
        column=column,
    )


def _flow(words: Sequence[Word], page: Page) -> list[_Line]:
    """Lines outside of tables: side by side where a gutter parts them, one below the other elsewhere."""
    if printed := _printed_columns(words, page.width):
        top, end, gutter = printed
        out = _flow([word for word in words if word.base < top], page)
        for column in (1, 2):
            held = [w for w in words if top <= w.base <= end and (w.middle[0] < gutter) == (column == 1)]
            lines = [_line(row, column) for row in _visual(held)]
            edges = _margins(lines)
            for said in lines:
                said.margins = edges
            out += [said for said in lines if said.text]
        return out + _flow([word for word in words if word.base > end], page)
    rows = [_segments(row) for row in _visual(words)]
    whole = [s for row in rows if len(row) == 1 for s in row]
    margins = _margins([_line(s) for s in whole]) if whole else (0.0, page.width)
    out = []
    at = 0
    while at < len(rows):
        if (last := _figures_end(rows, at)) > at:
            for row in rows[at:last]:
                cells = "\t".join(_line(segment).text for segment in row)
                out.append(_Line(cells, row[0][0].left, row[-1][-1].right, row[0][0].base, 0.0, row=True))
            at = last
            continue
        end, gutter = _band(rows, at, page.width)
        if end <= at + 1 and not _far_apart(rows[at]):
            out.append(_line([word for segment in rows[at] for word in segment]))
            out[-1].margins = margins
            at += 1
            continue
        if end <= at + 1:
            end, gutter = at + 1, (rows[at][0][-1].right + rows[at][1][0].left) / 2
        for column in (1, 2):
            side = [
                _line(kept, column)
                for row in rows[at:end]
                if (kept := [w for segment in row for w in segment if (w.middle[0] < gutter) == (column == 1)])
            ]
            edges = _margins(side) if side else margins
            for line in side:
                line.margins = edges
            out.extend(side)
        at = end
    return [line for line in out if line.text]


_FIGURE = re.compile(r"[-+]?\d[\d.,/]*\s*%?|[-–]")


def _figures_end(rows: Sequence[Sequence[Sequence[Word]]], at: int) -> int:
    """Where a table without rules that begins at a row ends; the row itself where none does. Only what is plain is
    taken for one: as many pieces in each row, with clear gaps all the way down, and a column of nothing but figures."""
    extents = [(segment[0].left, segment[-1].right) for segment in rows[at]]
    end = at
    while end < len(rows) and len(rows[end]) == len(rows[at]) > 1:
        wider = [
            (min(left, segment[0].left), max(right, segment[-1].right))
            for (left, right), segment in zip(extents, rows[end], strict=True)
        ]
        if any(b[0] - a[1] < 0.5 * rows[end][0][0].size for a, b in pairwise(wider)):
            break
        extents = wider
        end += 1
    texts = [[" ".join(word.text for word in segment) for segment in row] for row in rows[at + 1 : end]]
    figures = any(all(_FIGURE.fullmatch(text) for text in column) for column in list(zip(*texts, strict=True))[1:])
    return end if len(texts) >= 2 and figures else at


_MIN_LINES = 8  # of a column; heads and signatures side by side have fewer


def _printed_columns(words: Sequence[Word], width: float) -> tuple[float, float, float] | None:
    """From where to where text is printed in two columns, and their gutter: a strip down the middle that no word
    enters, with many full lines on both sides, however narrow it is and whether or not lines stand on one height."""
    if len(words) < 8 * _MIN_LINES:
        return None
    em = median(word.size for word in words)
    best: tuple[int, float, float, float] | None = None
    for x in range(round(0.35 * width), round(0.65 * width), 3):
        across = sorted({w.base for w in words if w.left < x + 0.3 * em and w.right > x - 0.3 * em})
        for after, until in pairwise([min(w.base for w in words) - em, *across, max(w.base for w in words) + em]):
            if until - after < _MIN_LINES * em:
                continue
            held = [w for w in words if after + 0.3 * em < w.base < until - 0.3 * em]
            if len(held) > (best[0] if best else 8 * _MIN_LINES) and all(
                _is_prose([w for w in held if (w.middle[0] < x) == left]) for left in (True, False)
            ):
                bases = [w.base for w in held]
                best = len(held), min(bases), max(bases), float(x)
    return best[1:] if best else None


def _is_prose(words: Sequence[Word]) -> bool:
    """Whether words are lines of running text: many, most of them as wide as the widest, of several words."""
    rows = _visual(words)
    if len(rows) < _MIN_LINES:
        return False
    left, right = _margins([_line(row) for row in rows])
    full = sum(row[-1].right > right - 0.15 * (right - left) and len(row) >= 3 for row in rows)
    return full > 0.6 * len(rows)


def _margins(lines: Sequence[_Line]) -> tuple[float, float]:
    """Where lines begin and end, a few that stick out aside."""
    lefts = sorted(line.left for line in lines)
    rights = sorted(line.right for line in lines)
    return lefts[len(lefts) // 20], rights[-1 - len(rights) // 20]


def _band(rows: Sequence[Sequence[Sequence[Word]]], at: int, width: float) -> tuple[int, float]:
    """Where the two columns that begin at row `at` end, and the middle of the gutter; `at` itself when none begin."""
    if len(rows[at]) != 2:
        return at, 0.0
    low, high = rows[at][0][-1].right, rows[at][1][0].left
    if not 0.15 * width < (low + high) / 2 < 0.85 * width:
        return at, 0.0
    last = at
    recipients = False
    end = at
    while end < len(rows):
        row = rows[end]
        words = [word for segment in row for word in segment]
        if (
            end > at
            and words[0].top - max(w.bottom for s in rows[end - 1] for w in s) > 0.12 * width
            and not recipients
        ):
            break
        narrowed = low, high
        for word in words:  # the gutter is where no word stands
            if word.middle[0] < (low + high) / 2:
                narrowed = max(narrowed[0], word.right), narrowed[1]
            else:
                narrowed = narrowed[0], min(narrowed[1], word.left)
        if narrowed[1] - narrowed[0] < 0.7 * max(words[0].size, 4.0):
            break
        if len(row) == 1 and not recipients and _is_centred(words, width):
            break
        low, high = narrowed
        recipients = recipients or words[0].text.startswith("Nơi")
        if words[0].middle[0] < low + 1 and words[-1].middle[0] > high - 1:
            last = end
        elif recipients or (end - last <= 3 and words[0].left > (low + high) / 2):
            last = max(last, end) if recipients or end == last + 1 else last
        elif end - last > 8:
            break
        end += 1
    return last + 1, (low + high) / 2


def _is_centred(words: Sequence[Word], width: float) -> bool:
    return abs((words[0].left + words[-1].right) / 2 - width / 2) < 0.07 * width


# Tables


@dataclass(frozen=True, slots=True)
class _Grid:
    """A table's rules: where its columns and rows part, and which of these lines are really drawn."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    rules: tuple[Rule, ...]

    @property
    def ruled(self) -> bool:
        """Whether it is a table, not a frame or an underlined line."""
        return len(self.xs) >= 3 and len(self.ys) >= 2

    def holds(self, x: float, y: float) -> bool:
        return self.xs[0] <= x <= self.xs[-1] and self.ys[0] <= y <= self.ys[-1]

    def parted(self, upright: bool, at: float, along: float) -> bool:
        """Whether a rule is drawn at `at`, over the place `along` it."""
        return any(
            r.upright == upright and abs(r.at - at) < 4 and r.start - 3 <= along <= r.end + 3 for r in self.rules
        )


def cells(rules: Sequence[Rule]) -> list[tuple[float, float, float, float]]:
    """The boxes (left, top, right, bottom) of all cells of ruled tables, merged ones in their parts."""
    return [
        (left, top, right, bottom)
        for grid in _grids(rules)
        if grid.ruled
        for top, bottom in pairwise(grid.ys)
        for left, right in pairwise(grid.xs)
    ]


_MAX_RULES = 4_000


def _grids(rules: Sequence[Rule]) -> list[_Grid]:
    """Rules that touch each other, as tables."""
    merged = _merge(rules)
    if len(merged) > _MAX_RULES:
        return []
    home = list(range(len(merged)))

    def find(i: int) -> int:
        while home[i] != i:
            home[i] = home[home[i]]
            i = home[i]
        return i

    level = sorted((i for i, r in enumerate(merged) if not r.upright), key=lambda i: merged[i].at)
    heights = [merged[i].at for i in level]
    for i, upright in enumerate(merged):
        if not upright.upright:
            continue
        for j in level[bisect_right(heights, upright.start - 4) : bisect_right(heights, upright.end + 4)]:
            if merged[j].start - 4 <= upright.at <= merged[j].end + 4:
                home[find(i)] = find(j)
    groups: dict[int, list[Rule]] = {}
    for i, rule in enumerate(merged):
        groups.setdefault(find(i), []).append(rule)
    return [
        _Grid(_places(r.at for r in group if r.upright), _places(r.at for r in group if not r.upright), tuple(group))
        for group in groups.values()
        if len(group) >= 4
    ]


def _merge(rules: Sequence[Rule]) -> list[Rule]:
    """Pieces of one printed line joined."""
    out: list[Rule] = []
    for upright in (False, True):
        rows: list[list[Rule]] = []
        for rule in sorted((r for r in rules if r.upright == upright), key=lambda r: r.at):
            if rows and rule.at - rows[-1][-1].at < 2:
                rows[-1].append(rule)
            else:
                rows.append([rule])
        for row in rows:
            at = median(r.at for r in row)
            row.sort(key=lambda r: r.start)
            start, end = row[0].start, row[0].end
            for rule in row[1:]:
                if rule.start > end + 4:
                    out.append(Rule(upright, at, start, end))
                    start, end = rule.start, rule.end
                end = max(end, rule.end)
            out.append(Rule(upright, at, start, end))
    return [r for r in out if r.end - r.start > 6]


def _places(values: Iterable[float]) -> tuple[float, ...]:
    """Values with those that nearly agree taken as one."""
    out: list[list[float]] = []
    for value in sorted(values):
        if out and value - out[-1][-1] < 4:
            out[-1].append(value)
        else:
            out.append([value])
    return tuple(sum(group) / len(group) for group in out)


def _cell(lines: Iterable[Sequence[Word]]) -> str:
    """The lines of a cell as one."""
    text = ""
    for line in lines:
        said = " ".join(word.text for word in line)
        text += said if not text or _cut(text, said) else f" {said}"
    return text


def _table_rows(grid: _Grid, words: Iterable[Word]) -> list[str]:
    """The rows of a table as lines with tabs; a merged cell stands in its first row and column, the rest is empty."""
    height, width = len(grid.ys) - 1, len(grid.xs) - 1
    cells: dict[tuple[int, int], list[Word]] = {}
    for word in words:
        x, y = word.middle
        row = min(max(bisect_right(grid.ys, y) - 1, 0), height - 1)
        column = min(max(bisect_right(grid.xs, x) - 1, 0), width - 1)
        while column and not grid.parted(True, grid.xs[column], y):
            column -= 1
        middle = (grid.xs[column] + grid.xs[column + 1]) / 2
        while row and not grid.parted(False, grid.ys[row], middle):
            row -= 1
        cells.setdefault((row, column), []).append(word)
    used = sorted({column for _, column in cells})
    out = []
    for row in range(height):
        texts = [normalize(_cell(_visual(cells.get((row, column), ())))).strip() for column in used]
        if any(texts):
            line = "\t".join(text.replace("\t", " ") for text in texts)
            out.append(line if len(used) > 1 else texts[0])
    return out
