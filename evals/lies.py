"""Figures made false, as a language model gets them wrong: mixed up with another one of the same passage, or with a
wrong digit. And what of a shown sentence is false, by the sentence that it was made of.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from evals import metrics
from evals.gold import OPERATION, rounds_to
from vectorstore.periods import dates
from vectorstore.quantities import NUMBER, canonical, figures, parse_number, quantities, references, unit_of
from vectorstore.vietnamese import fold

# --- making figures false ---


@dataclass(frozen=True, slots=True)
class Slot:
    """A figure of a sentence, where it stands there, and what it is."""

    start: int
    end: int
    text: str
    kind: str


def slots(sentence: str) -> list[Slot]:
    """The figures of a sentence, markers aside, left to right: dates and document numbers in one, then numbers."""
    found: list[Slot] = []
    taken = [match.span() for match in _MARKER.finditer(sentence)]

    def take(start: int, end: int, kind: str) -> None:
        if all(end <= a or b <= start for a, b in taken):
            taken.append((start, end))
            found.append(Slot(start, end, sentence[start:end], kind))

    for day in dates(sentence):
        take(day.start, day.end, "date")
    for one in references(sentence):
        if (at := sentence.find(one.number, one.start, one.end)) >= 0:
            take(at, at + len(one.number), "number")
    for match in NUMBER.finditer(sentence):
        take(*match.span(), "figure")
    return sorted(found, key=lambda slot: slot.start)


def falsified(sentence: str, passage: str, seed: str, *, near: bool = True, only: int | None = None) -> str:
    """A sentence whose figures are false (`only`: one of them); `near`: best another of its kind and unit out of the
    passage that the sentence cites."""
    text, shift = sentence, 0
    for at, slot in enumerate(slots(sentence)):
        if only is None or at == only:
            other = _other(sentence, slot, passage, digest(f"{seed} {at}"), near)
            text = text[: slot.start + shift] + other + text[slot.end + shift :]
            shift += len(other) - len(slot.text)
    return text


def digest(seed: str) -> int:
    """A number that looks like chance and is the same each time."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:6])


def _other(sentence: str, slot: Slot, passage: str, chance: int, near: bool) -> str:
    found = list(dict.fromkeys(_likes(sentence, slot, passage))) if near else []
    return found[chance % len(found)] if found else _perturbed(slot.text, chance)


def _likes(sentence: str, slot: Slot, passage: str) -> Iterator[str]:
    """Others of a figure's kind that stand in a passage."""
    if slot.kind == "date":
        mine = {day.day for day in dates(slot.text)}
        yield from (passage[d.start : d.end] for d in dates(passage) if d.day is not None and d.day not in mine)
    elif slot.kind == "number":
        yield from (r.number for r in references(passage) if r.number != slot.text)
    else:
        value = parse_number(slot.text, sentence[slot.end : slot.end + 12])
        there = [q for q in quantities(passage) if q.value is not None]
        unit = next((q.unit for q in there if q.value == value), _unit(sentence[slot.end :]))
        if value is not None and not _is_year(value):
            alike = [q for q in there if q.unit == unit and q.value != value]
            head = passage.find(_BODY)  # numbers of headings stand before it: only where there is nothing better
            yield from [q.text for q in alike if q.start > head] or [q.text for q in alike]


_BODY = "\nNội dung: "


def _unit(after: str) -> str | None:
    after = after.lstrip("}* ")
    return "%" if after.startswith("%") else unit_of(after)


def _is_year(value: Decimal) -> bool:
    return 1990 <= value <= 2035


def _perturbed(text: str, chance: int) -> str:
    """A figure of the same size with one digit changed; a year becomes the year before."""
    if text.isdigit() and _is_year(Decimal(text)):
        return str(int(text) - 1)
    number = NUMBER.search(text)
    start, end = number.span() if number else (0, len(text))
    places = [i for i in range(start, end) if text[i].isdigit() and (i > start or end == start + 1)]
    at = places[chance % len(places)] if places else start
    digit = (int(text[at]) + 1 + chance % 9) % 10
    if at == start and not digit:
        digit = (int(text[at]) + 1) % 10 or 2
    return f"{text[:at]}{digit}{text[at + 1 :]}"


# --- recognizing them ---


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence as a model said it, and as it would be true."""

    said: str
    true: str


_MARKER = re.compile(r"\[\d{1,3}\]")


def told_as(shown: str, told: Sequence[Told]) -> Told | None:
    """The sentence that was said of which a sentence that is shown was made, as far as it can be told."""
    words = _words(shown)
    mine = [value.number for value in _values(shown, _evaluated)]
    same = [t for t in told if words in (_words(t.said), _words(t.true))]
    exact = [t for t in same if any(_agree(mine, _values(t.said, form)) for form in _FORMS)]
    return next(iter(exact or same), None)


def false_figures(shown: str, told: Sequence[Told], question: str) -> list[str]:
    """The figures of a sentence that is shown which the model made false (or the program computed wrongly)."""
    mine = [value.number for value in _values(shown, _evaluated)]
    match = told_as(shown, told)
    if match is not None:
        for form in _FORMS:
            if len(true := _values(match.true, form)) == len(mine):
                return [canonical(m) for m, v in zip(mine, true, strict=True) if not v.is_said_by(m)]
    # Not figure by figure the sentence that was said: what is true nowhere in it is false.
    known = [v for t in ([match] if match else told) for form in _FORMS for v in _values(t.true, form)]
    asked = figures(question)
    stray = (m for m in mine if not any(v.is_said_by(m) for v in known))
    return [f for m in stray if told and (f := canonical(m)) not in asked]


@dataclass(frozen=True, slots=True)
class _Value:
    """The value of a figure; one that was computed may be printed rounded."""

    number: Decimal
    computed: bool = False

    def is_said_by(self, other: Decimal) -> bool:
        return rounds_to(self.number, other) if self.computed else self.number == other


def _words(sentence: str) -> str:
    bare = re.sub(r"\d+", " ", OPERATION.sub(" ", _MARKER.sub(" ", sentence)))
    return " ".join(re.findall(r"[^\W_]+", fold(bare)))


def _printed(text: str) -> list[_Value]:
    values: list[_Value] = []
    for match in NUMBER.finditer(text):
        value = parse_number(match[0], text[match.end() : match.end() + 12])
        parts = [value] if value is not None else [Decimal(part) for part in re.findall(r"\d+", match[0])]
        values += map(_Value, parts)
    return values


def _evaluated(expression: str) -> list[_Value]:
    value = metrics.calculate(expression)
    return _printed(expression) if value is None else [_Value(value, True)]


_FORMS = (_evaluated, _printed)
"""An operation stands in a sentence as its result, or as it was written."""


def _values(sentence: str, form: Callable[[str], list[_Value]]) -> list[_Value]:
    """The values of a sentence's figures, left to right."""
    values: list[_Value] = []
    for i, part in enumerate(OPERATION.split(_MARKER.sub(" ", sentence))):
        values += form(part) if i % 2 else _printed(part)
    return values


def _agree(mine: Sequence[Decimal], other: Sequence[_Value]) -> bool:
    return len(mine) == len(other) and all(o.is_said_by(m) for m, o in zip(mine, other, strict=True))
