"""Whether a stated figure is a result or a target: by the words of its sentence, its headings, its document.

The patterns stand in `data/natures.tsv`. The same reading serves the ledger of figures and the answers, so that a
target is never given as a result.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Literal

from vectorstore.vietnamese import read_table, sentence_spans

Nature = Literal["result", "target"]

_BEHIND = 90
"""How many characters behind a figure may tell what it is."""
_TO_YEAR = re.compile(r"(?<!tính )\bđến (?:hết |cuối |trước )?năm (20\d\d)\b")
_CLAUSE = re.compile(r"[;…]|\.\s|\s[-–+]\s")


def of(
    document_type: str | None, section: Sequence[str], text: str, at: int | None = None, year: int | None = None
) -> Nature:
    """Whether what stands at `at` of a text is a result or a target; without `at`, what the text as a whole states.

    `section` is the headings above it from the outermost (of a row's cell, its column's head the last); `year` is the
    year in which the document was issued, from which on "đến năm 2025" is to come.
    """
    lower = unicodedata.normalize("NFC", text).lower()
    at = len(lower) if at is None else min(at, len(lower))
    around = _around(document_type, tuple(section))
    before, behind = lower[_sentence_start(text, at) : at], lower[at : at + _BEHIND]
    return _said_before(before, around == "target", year) or _said_behind(behind) or around


@lru_cache(maxsize=1024)
def _around(document_type: str | None, section: tuple[str, ...]) -> Nature:
    """What the headings, or else the document, tell of what stands below them."""
    headings = (unicodedata.normalize("NFC", heading).lower().strip(" -*#") for heading in reversed(section))
    said = next((found for heading in headings if (found := _first(heading, "heading"))), None)
    return said or _first((document_type or "").lower(), "type") or "result"


def _sentence_start(text: str, at: int) -> int:
    return next((start for start, end in sentence_spans(text) if start <= at <= end), 0)


def _said_before(before: str, planned: bool, year: int | None) -> Nature | None:
    """What the last cue says, in the figure's clause or else in its sentence."""
    edge = max((match.end() for match in _CLAUSE.finditer(before)), default=0)
    return _last(before[edge:], planned, year) or (_last(before, planned, year) if edge else None)


def _last(before: str, planned: bool, year: int | None) -> Nature | None:
    best, said = -1, None
    for match in _running(planned).finditer(before):
        best, said = match.start(), _NATURES[match.lastgroup or ""]
    for match in _TO_YEAR.finditer(before):
        if match.start() > best and int(match[1]) > (year or 0):
            best, said = match.start(), "target"
    return said


def _said_behind(behind: str) -> Nature | None:
    return _first(re.sub(r"^[\d.,]+", "", behind), "behind")


def _first(text: str, where: str) -> Nature | None:
    return next((nature for nature, pattern in _cues(where) if pattern.search(text)), None)


_NATURES: dict[str, Nature] = {"result": "result", "target": "target"}


@cache
def _running(planned: bool) -> re.Pattern[str]:
    """All the cues that may stand before a figure in one."""
    targets = [pattern.pattern for nature, pattern in _cues("text") if nature == "target"]
    results = [p.pattern for nature, p in _cues("attained" if planned else "text") if nature == "result"]
    return re.compile(f"(?P<target>{'|'.join(targets)})|(?P<result>{'|'.join(results)})")


@cache
def _cues(where: str) -> tuple[tuple[Nature, re.Pattern[str]], ...]:
    rows = read_table("natures.tsv")
    return tuple(
        ("target" if nature == "target" else "result", re.compile(pattern))
        for nature, place, pattern, *_ in rows
        if place == where
    )
