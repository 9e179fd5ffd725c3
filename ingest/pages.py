"""What the pages of a text have left between its lines: page numbers and running heads.

A number that stands alone may also be a table's cell. It is a page's where it is written as one ("Trang 3/10"), where
it parts a sentence, where a form feed is beside it, or where such numbers count up a page's length apart. A running
head is a line that stands beside page numbers again and again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from vectorstore.records import Span, fold_space

_WRITTEN = re.compile(
    r"[-–—]\s*(\d{1,4})\s*[-–—]|(?:trang|page)\s*:?\s*\|?\s*(\d{1,4})(?:\s*(?:/|of|trên)\s*\d{1,4})?"
    r"|(\d{1,4})\s*\|\s*(?:trang|page)",
    re.IGNORECASE,
)
_BARE = re.compile(r"(\d{1,3})(?:\s*/\s*\d{1,3})?")
_NAMED = re.compile(r"\b(?:trang|page)\s*#|#\s*\|?\s*(?:trang|page)\b", re.IGNORECASE)
_END = re.compile(r"[.;:!?…][\"”’)\]*]*$")
_PAGE = range(800, 12_000)
"""Characters between the numbers of two pages; a number in a table's first column follows sooner."""
_LONGEST = 120
_DEEPEST = 3
"""Most lines of a running head."""


def furniture(text: str, lines: Sequence[Span], broken: bool) -> set[int]:
    """Which of the lines are no part of the text. `broken`: the text is broken into lines, as PDF gives it, and has
    its numbers alone on lines from pages."""
    filled = [i for i, (a, b) in enumerate(lines) if b - a > 0 and not text[a:b].isspace()]
    words = [text[slice(*lines[i])].strip() for i in filled]
    numbers = _page_numbers(text, [lines[i] for i in filled], words, broken)
    gone = numbers | _running(words, numbers)
    return {filled[i] for i in gone}


def _page_numbers(text: str, lines: Sequence[Span], words: Sequence[str], broken: bool) -> set[int]:
    found: set[int] = set()
    maybe: list[tuple[int, int]] = []
    named = Counter(key for line in words if len(line) <= _LONGEST and _NAMED.search(key := _shape(line)))
    for i, line in enumerate(words):
        if len(line) > _LONGEST:
            continue
        if match := _WRITTEN.fullmatch(line):
            found.add(i)
            maybe.append((i, int(next(filter(None, match.groups())))))
        elif match := _BARE.fullmatch(line):
            maybe.append((i, int(match[1])))
        elif named[_shape(line)] > 1:
            found.add(i)
    alone = {i for i, _ in maybe}
    for i, _ in maybe:
        if i - 1 in alone or i + 1 in alone:
            continue  # a column of figures
        if "\f" in text[slice(*lines[i])] or _parts_a_sentence(words, i) or (broken and words[i].isdigit()):
            found.add(i)
    return found | _counted(maybe, lines)


def _counted(maybe: Sequence[tuple[int, int]], lines: Sequence[Span]) -> set[int]:
    """Numbers that count up by one, each a page's length after the one before, three of them or more."""
    before: dict[int, int] = {}
    length: dict[int, int] = {}
    latest: dict[int, int] = {}
    for i, number in maybe:
        previous = latest.get(number - 1)
        if previous is not None and lines[i][0] - lines[previous][0] in _PAGE:
            before[i] = previous
        length[i] = length[before[i]] + 1 if i in before else 1
        latest[number] = i
    out: set[int] = set()
    for i, _ in maybe:
        if length[i] >= 3:
            out |= {i, before[i], before[before[i]]}
    return out


def _running(words: Sequence[str], numbers: set[int]) -> set[int]:
    """Lines that stand beside page numbers, or part sentences, again and again."""
    places: dict[str, list[int]] = {}
    for i, line in enumerate(words):
        if i not in numbers and len(line) <= _LONGEST and line[:1].isupper() and not ends(line) and "\t" not in line:
            places.setdefault(line, []).append(i)
    places = {line: at for line, at in places.items() if len(at) > 1}
    parting = {line: sum(_parts_a_sentence(words, i) for i in at) for line, at in places.items() if len(at) > 2}
    gone = {i for line, count in parting.items() if 2 * count >= len(places[line]) for i in places[line]}
    least = max(2, len(numbers) // 4)
    for _ in range(_DEEPEST):
        edges = {j for i in numbers | gone for j in (i - 1, i + 1)} - gone
        beside = {line: here for line, at in places.items() if len(here := edges.intersection(at)) >= least}
        if not beside:
            break
        gone |= {i for here in beside.values() for i in here}
    return gone


def _parts_a_sentence(words: Sequence[str], i: int) -> bool:
    """Whether the line before does not end and the one after goes on with a small letter."""
    if not 0 < i < len(words) - 1:
        return False
    before, after = words[i - 1], words[i + 1]
    goes_on = after[:1].islower() and not re.match(r"[a-zđ]\d?[.)]", after)
    return goes_on and "\t" not in before + after and not ends(before)


def ends(line: str) -> bool:
    """Whether a sentence or clause ends with the line."""
    return _END.search(line[-20:]) is not None


def _shape(line: str) -> str:
    return re.sub(r"\d+", "#", fold_space(line))
