"""What is told otherwise elsewhere: two stretches of one document that answer alike and give another figure, and what
was found to disagree, when its document was read, in a stretch that fits the question as well as the one told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations

from assistant.choosing import Desk
from assistant.evidence import Match
from assistant.grounding import Draft
from assistant.question import Asked
from assistant.schema import Notice
from assistant.telling import (
    answer_figure,
    as_sentences,
    cite,
    contradictions,
    disagreeing,
    nature_of,
    picked_figure,
    row_in_words,
)
from vectorstore.audit.stretch import place
from vectorstore.quantities import Quantity, references
from vectorstore.records import Finding
from vectorstore.vietnamese import abbreviations, fold

_LOOKED_AT = 6
_AS_GOOD = 0.85
"""Least coverage of the question by each of two stretches for them to speak of one thing."""
_NEAR = 0.08
"""How much less of the question the second may cover."""
_SHOWN = 200
_ASKS_PERIOD = re.compile(r"\b(?:giai doan|nam|ky|thoi ky) nao\b")
_ASKS_NAME = re.compile(r"\bky hieu\b|\bso hieu\b")


def with_disputes(desk: Desk, draft: Draft, best: Match, matches: Sequence[Match]) -> Draft:
    """A draft with what its documents tell otherwise elsewhere."""
    if draft.status != "answered":
        return draft
    told = {notice.message for notice in draft.notices}
    others = [m for m in matches[:_LOOKED_AT] if m is not best and m.coverage >= _AS_GOOD * best.coverage]
    near = [m for m in others if any(_asks_for(desk.asked, finding) for finding in disagreeing(desk, m))]
    more = tuple(notice for notice in contradictions(desk, near) if notice.message not in told)
    if more:
        draft = replace(draft, notices=(*draft.notices, *more), citations=tuple(desk.proof.citations))
    if any(notice.kind == "source_conflict" for notice in draft.notices) or draft.computation:
        return draft
    other = next(_told_otherwise(desk, best, matches), None)
    return _with_other(desk, draft, best, *other) if other is not None else draft


def _asks_for(asked: Asked, finding: Finding) -> bool:
    """Whether a question asks for the kind of thing that disagrees."""
    if _ASKS_PERIOD.search(asked.folded):
        return "giai đoạn" in finding.message
    if asked.kind in ("docnumber", "date") or _ASKS_NAME.search(asked.folded):
        named = {number for reference in references(finding.message) for number in (reference.number.split("/")[0],)}
        return bool(named) and any(number.split("/")[0] in named for number in asked.numbers)
    return False


def _told_otherwise(desk: Desk, best: Match, matches: Sequence[Match]) -> Iterator[tuple[Quantity, Match, Quantity]]:
    """The figure of the best stretch, and another stretch of the document with another figure for the same question."""
    if desk.asked.kind not in ("count", "value", "percent") or best.coverage < _AS_GOOD or best.unit.note is not None:
        return
    own = picked_figure(best.unit.text, desk.weigher, desk.asked)
    chunk = best.unit.hit.chunk
    for match in matches[:_LOOKED_AT] if own is not None and own.value is not None else ():
        there = match.unit.hit.chunk
        if (there.document_id, there.place, there.period) != (chunk.document_id, chunk.place, chunk.period):
            continue
        if there.ordinal == chunk.ordinal or there.lead == chunk.ordinal or match.unit.kind in ("head", "signature"):
            continue
        if there.lead is not None and there.lead == chunk.lead:
            continue  # items of one list tell of several things
        if match.coverage < max(_AS_GOOD, best.coverage - _NEAR) or nature_of(match.unit) != nature_of(best.unit):
            continue
        other = picked_figure(match.unit.text, desk.weigher, desk.asked)
        if own is not None and other is not None and _differ(own, other) and not _parts(best, own, match, other):
            yield own, match, other


def _differ(one: Quantity, other: Quantity) -> bool:
    """Whether two figures of one unit and bound are not the same."""
    if one.value is None or other.value is None or one.value == other.value:
        return False
    return (one.percent, one.bound, _counted(one)) == (other.percent, other.bound, _counted(other))


def _counted(quantity: Quantity) -> str:
    unit = fold(quantity.unit or "")
    return fold(abbreviations().get(unit, unit))


def _parts(best: Match, one: Quantity, match: Match, other: Quantity) -> bool:
    """Whether one figure is a part of the other: with others of its stretch it makes that one."""
    for stretch, part, whole in ((best, one, other), (match, other, one)):
        like = [q.value for q in stretch.unit.quantities if q.value and _counted(q) == _counted(part)]
        for size in range(2, min(len(like), 5) + 1):
            if any(sum(few, Decimal(0)) == whole.value for few in combinations(like, size) if part.value in few):
                return True
    return False


def _with_other(desk: Desk, draft: Draft, best: Match, own: Quantity, match: Match, other: Quantity) -> Draft:
    """A draft with the other stretch and its figure told behind it, and the notice that names both."""
    unit = match.unit
    if unit.kind == "row":
        marker = cite(desk, unit)
        shown, _ = row_in_words(desk, unit, _SHOWN)
        line = f"{shown} [{marker}]."
    else:
        marker = cite(desk, unit, unit.text)
        line = as_sentences(unit.text if len(unit.text) <= _SHOWN else _around(unit.text, other), other, marker)
    here, there = place(best.unit.hit.chunk), place(unit.hit.chunk)
    figures = " và ".join(f"{_printed(q)} ở {where}" for q, where in ((own, here), (other, there)))
    notice = Notice("source_conflict", f"Nguồn ghi hai số khác nhau: {figures}.", (1, marker))
    return replace(
        draft,
        answer=f"{draft.answer}\nChỗ khác của tài liệu ghi: {line}",
        figures=(*draft.figures, answer_figure(unit, other, marker)),
        citations=tuple(desk.proof.citations),
        notices=(*draft.notices, notice),
    )


def _printed(quantity: Quantity) -> str:
    return f"{quantity.text}{'%' if quantity.percent else f' {quantity.unit}' if quantity.unit else ''}"


def _around(text: str, quantity: Quantity) -> str:
    """The part of a long stretch, cut at words, in which a figure stands."""
    start = max(0, quantity.start - _SHOWN // 2)
    end = min(len(text), quantity.end + _SHOWN // 2)
    start = text.rfind(" ", 0, start) + 1 if start else 0
    end = text.find(" ", end) if text.find(" ", end) > 0 else len(text)
    return text[start:end].strip(" ,;:")
