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
_NEAR = 40
"""How many characters before a figure tell of a bound that is set."""
_ALWAYS = 9999
_TO_YEAR = re.compile(r"(?<!tính )\bđến (?:hết |cuối |trước )?năm (20\d\d)\b")
_ASIDE = re.compile(r"\([^()]*\)")
_CLAUSE = re.compile(r"[;…]|\.\s|\s[-–+]\s")


def of(
    document_type: str | None, section: Sequence[str], text: str, at: int | None = None, year: int | None = None
) -> Nature:
    """Whether what stands at `at` of a text is a result or a target; without `at`, what the text as a whole states.

    `section` is the headings above it from the outermost (of a row's cell, its column's head the last); `year` is the
    year in which the document was issued, from which on "đến năm 2025" is to come.
    """
    at = len(text) if at is None else min(at, len(text))
    start, end = next(((a, b) for a, b in sentence_spans(text) if a <= at <= b), (0, len(text)))
    sentence = _lower(text[start:end])
    around = _around(document_type, tuple(section))
    said = _said_around(sentence, at - start) or _said_before(sentence, at - start, around == "target", year)
    return said or _said_behind(sentence[at - start : at - start + _BEHIND]) or around


@lru_cache(maxsize=2048)
def _lower(text: str) -> str:
    lower = unicodedata.normalize("NFC", text).lower()
    return lower if len(lower) == len(text) else text.lower()  # offsets hold


@lru_cache(maxsize=1024)
def _around(document_type: str | None, section: tuple[str, ...]) -> Nature:
    """What the headings, or else the document, tell of what stands below them."""
    headings = (unicodedata.normalize("NFC", heading).lower().strip(" -*#") for heading in reversed(section))
    said = next((found for heading in headings if (found := _first(heading, "heading"))), None)
    return said or _first((document_type or "").lower(), "type") or "result"


def _said_before(sentence: str, at: int, planned: bool, year: int | None) -> Nature | None:
    """What the last cue says, in the figure's clause or else in its sentence."""
    for pattern, nature in _cues("near"):
        if pattern.search(sentence, max(0, at - _NEAR), at):
            return nature
    edges, said = _running(sentence, planned)
    clause = max((edge for edge in edges if edge <= at), default=0)
    closed = [match.span() for match in _ASIDE.finditer(sentence, 0, at)] if "(" in sentence else ()
    told = [
        (start, nature)
        for start, nature, year_said in said
        if start < at and year_said > (year or 0) and not any(a <= start < b for a, b in closed)
    ]
    return next((nature for start, nature in reversed(told) if start >= clause), None) or (
        told[-1][1] if told else None
    )


@lru_cache(maxsize=2048)
def _running(sentence: str, planned: bool) -> tuple[tuple[int, ...], tuple[tuple[int, Nature, int], ...]]:
    """Where the clauses of a sentence begin, and its cues in order, each with the year from before which it is one."""
    cues = [cue for cue in _cues("text") if not planned or cue[1] == "target"]
    cues += _cues("attained") if planned else ()
    said = [(m.start(), nature, _ALWAYS) for pattern, nature in cues for m in pattern.finditer(sentence)]
    said += [(m.start(), "target", int(m[1])) for m in _TO_YEAR.finditer(sentence)]
    return tuple(m.end() for m in _CLAUSE.finditer(sentence)), tuple(sorted(said))


def _said_around(sentence: str, at: int) -> Nature | None:
    """What the words on both sides of a figure say; "◊" stands for it."""
    number = _DIGITS.match(sentence, at)
    if number is None:
        return None
    return _first(f"{sentence[max(0, at - _NEAR) : at]}◊{sentence[number.end() : number.end() + _BEHIND]}", "around")


_DIGITS = re.compile(r"\d[\d.,/]*")


def _said_behind(behind: str) -> Nature | None:
    return _first(re.sub(r"^[\d.,]+", "", behind), "behind") if "trở lên" in behind else None


def _first(text: str, where: str) -> Nature | None:
    return next((nature for pattern, nature in _cues(where) if pattern.search(text)), None)


@cache
def _cues(where: str) -> tuple[tuple[re.Pattern[str], Nature], ...]:
    rows = read_table("natures.tsv")
    return tuple(
        (re.compile(pattern), "target" if nature == "target" else "result")
        for nature, place, pattern, *_ in rows
        if place == where
    )
