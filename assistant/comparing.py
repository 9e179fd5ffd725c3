"""Several places or periods: each one's own statement, the difference said only between like figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from assistant.choosing import ENOUGH, POOL, Desk, best_of, found_matches, holds_kind, kind_factor, plainness
from assistant.deciding import says_no
from assistant.evidence import Match, Unit, Weigher, ranked
from assistant.grounding import NOT_SAID, Draft
from assistant.provinces import is_since, name_of_side
from assistant.question import Asked
from assistant.reckoning import share_of, sum_of_list
from assistant.schema import AnswerFigure, Notice
from assistant.series import POINTS, Member, difference, in_words, outside_brackets, vietnamese
from assistant.telling import (
    answer_figure,
    as_sentences,
    cite,
    finish,
    nature_of,
    only_target,
    picked_figure,
    refuse,
    row_in_words,
    scope_in_words,
    shown_text,
)
from vectorstore import periods, places
from vectorstore.periods import Period
from vectorstore.places import absorbed
from vectorstore.quantities import Quantity, quantities
from vectorstore.vietnamese import fold

_ALIKE = 0.7
"""How near to the best another place's stretch must come for a question without a place to have several answers."""
_WIDE = 100
"""How many passages are looked at where each document may have its own answer."""
_ALIKE_ALONE = 0.55
"""How near the best stretch of a further document must then come to be one of them."""
_MORE = re.compile(r"\b(?:nhieu|it|cao|thap|lon|nho|hon|chenh|kem|tang|giam)\b")


def asks_for_more(asked: Asked) -> bool:
    """Whether a question asks which is more; "Cao Bằng" asks for nothing."""
    folded = asked.folded
    for place in asked.places:
        folded = folded.replace(fold(place), " ")
    return bool(_MORE.search(folded))


def compare(desk: Desk) -> Draft:
    """Each place's own statement, and the difference of their periods said."""
    lines: list[str] = []
    figures: list[AnswerFigure] = []
    used: list[Match] = []
    computations: list[str] = []
    missing: list[str] = []
    for place in desk.asked.places:
        part = replace(desk.asked, places=(place,), periods=_own_periods(desk.asked, place))
        own = Desk(part, desk.searcher, desk.weigher, desk.filters, desk.proof)
        text = f"{desk.asked.text} {place}"
        found = ranked(
            desk.searcher.search(text, POOL, replace(desk.filters, places=(place,))), Weigher(part, desk.searcher)
        )
        counting = replace(own, asked=replace(part, kind="count"))
        factors = (kind_factor(m.unit, counting.asked) * plainness(counting, m.unit) for m in found)
        matches = [replace(m, score=m.score * factor) for m, factor in zip(found, factors, strict=True)]
        matches.sort(key=lambda m: -m.score)
        best = matches[0] if matches else None
        if best is None or best.coverage < ENOUGH or best.scope == "other" or only_target(best.unit, desk.asked):
            missing.append(place)
            continue
        used.append(best)
        summed = sum_of_list(own, best) if best.unit.quantities else None
        if summed is None and desk.asked.kind in ("percent", "sum"):
            summed = share_of(own, best)
        if summed is not None and summed.computation:
            lines.append(f"- **{place}**: {summed.answer}")
            computations.append(summed.computation)
            figures.extend(summed.figures)
            continue
        line, figure = _line(own, place, best, replace(desk.asked, kind="text"))
        lines.append(line)
        figures.extend(figure)
    if not used:
        return refuse(desk, NOT_SAID)
    if desk.asked.yesno:
        denied = [line for line, match in zip(lines, used, strict=True) if says_no(desk, match.unit.text, None)]
        lines.insert(0, "Không." if missing or denied else "Có.")
    if (total := _total(desk, figures)) is not None or (total := _difference(desk, figures)) is not None:
        lines.append(total[0])
        computations.append(total[1])
    draft = finish(desk, lines, figures, used, "; ".join(computations) or None)
    notices = list(draft.notices)
    if missing:
        notices.append(Notice("scope", f"Tài liệu trong thư viện không có nội dung này của {', '.join(missing)}."))
    spoken = {m.unit.hit.chunk.period for m in used}
    natures = {nature_of(m.unit) for m in used}
    if len(spoken) > 1:
        notices.append(Notice("scope", "Kỳ báo cáo của các nơi khác nhau nên số liệu không so sánh trực tiếp được."))
    if len(natures) > 1:
        notices.append(Notice("scope", "Có nơi là kết quả thực hiện, có nơi là mục tiêu hoặc kế hoạch."))
    return replace(draft, notices=tuple(notices))


def _own_periods(asked: Asked, place: str) -> tuple[Period, ...]:
    """The period that the question names with a place, where it names one with each ("A năm 2023 với B quý I/2024")."""
    if len(asked.periods) != len(asked.places):
        return asked.periods
    at = {mention.place: mention.start for mention in reversed(places.find(asked.text, question=True))}
    if set(asked.places) - at.keys():
        return asked.periods
    ordered = sorted(asked.places, key=lambda name: at[name])
    return (sorted(asked.periods, key=lambda period: period.start)[ordered.index(place)],)


def _line(desk: Desk, name: str, best: Match, asked: Asked) -> tuple[str, list[AnswerFigure]]:
    """One line of a list of places or periods: its name, scope, and what stands there."""
    unit = best.unit
    if unit.kind == "row":
        marker = cite(desk, unit)
        said, picked = row_in_words(desk, unit, 260)
        text = f"{said} [{marker}]."
    else:
        shown = shown_text(desk, best, 280)
        marker = cite(desk, unit, shown)
        picked = picked_figure(shown, desk.weigher, asked)
        text = as_sentences(shown, picked, marker)
    line = f"- **{name}** ({scope_in_words(unit)}): {text}"
    return line, [answer_figure(unit, picked, marker)] if picked else []


def _total(desk: Desk, figures: Sequence[AnswerFigure]) -> tuple[str, str] | None:
    """The sum over the places, where a sum is asked for and each has a like figure."""
    first: dict[str, AnswerFigure] = {}
    for figure in figures:
        if figure.place and figure.value is not None:
            first.setdefault(figure.place, figure)
    if desk.asked.kind != "sum" or len(first) != len(desk.asked.places) or len({f.unit for f in first.values()}) > 1:
        return None
    if any(f.unit == "%" for f in first.values()):
        return None
    values = [f.value for f in first.values() if f.value is not None]
    computation = f"{' + '.join(vietnamese(v) for v in values)} = {vietnamese(sum(values, Decimal(0)))}"
    markers = "".join(f"[{m}]" for m in dict.fromkeys(m for f in first.values() for m in f.citations))
    unit = next(iter(first.values())).unit or ""
    return (
        f"Cộng lại: **{vietnamese(sum(values, Decimal(0)))} {unit}**".rstrip() + f" ({computation}) {markers}.",
        computation,
    )


def _difference(desk: Desk, figures: Sequence[AnswerFigure]) -> tuple[str, str] | None:
    """Which of two places' like figures is larger, and by how much, where that is asked."""
    first: dict[str, AnswerFigure] = {}
    for figure in figures:
        if figure.place and figure.value is not None and (figure.computed or figure.place not in first):
            first.setdefault(figure.place, figure)
    if len(first) != 2 or not asks_for_more(desk.asked):
        return None
    one, other = first.values()
    if one.value is None or other.value is None or one.unit != other.unit or one.nature != other.nature:
        return None
    high, low = (one, other) if one.value >= other.value else (other, one)
    gap = (high.value or Decimal(0)) - (low.value or Decimal(0))
    markers = "".join(f"[{m}]" for m in dict.fromkeys((*high.citations, *low.citations)))
    computation = f"{vietnamese(high.value or gap)} - {vietnamese(low.value or Decimal(0))} = {vietnamese(gap)}"
    if not gap:
        return f"Hai nơi bằng nhau {markers}.", computation
    said = in_words(gap, POINTS if high.unit == "%" else high.unit)
    return f"**{high.place}** cao hơn **{low.place}** {said} ({computation}) {markers}.", computation


def change_between(desk: Desk) -> Draft | None:
    """One indicator in two periods: both figures of one stretch with their difference, or each period's own stretch."""
    asked = desk.asked
    wanted = asked.periods[:2]
    matches = found_matches(desk)
    best = best_of(matches, replace(asked, kind="value")) or _of_both(matches, wanted)
    if best is None:
        return None
    text = best.unit.text
    told = []
    for period in wanted:
        spot = next((p for p in periods.find(text) if p.form == period.form), None)
        after = [q for q in quantities(text) if spot is not None and q.start >= spot.end and q.value is not None]
        if after and spot is not None and not any(spot.end < p.start < after[0].start for p in periods.find(text)):
            told.append(after[0])
    if len(told) == 1:
        told = _with_own_period(best.unit, told[0], wanted)
    if len(told) == 2 and told[0].unit == told[1].unit:
        names = [_named_period(p) for p in wanted]
        one, other = (Member(name, q, best.unit) for name, q in zip(names, told, strict=True))
        return difference(desk, one, other, best)
    lines: list[str] = []
    found: list[AnswerFigure] = []
    used: list[Match] = []
    members: list[Member] = []
    for period in wanted:
        part = replace(asked, periods=(period,), kind="value")
        own = Desk(part, desk.searcher, Weigher(part, desk.searcher), desk.filters, desk.proof)
        own_matches = found_matches(own)
        match = best_of(own_matches, part)
        if match is None or match.scope in ("other", "partial") or any(m.unit.text == match.unit.text for m in used):
            return None
        used.append(match)
        name = _named_period(period)
        line, figure = _line(own, name, match, part)
        picked = picked_figure(match.unit.text, own.weigher, part)
        if picked is not None and picked.value is not None:
            members.append(Member(name, picked, match.unit))
        lines.append(line)
        found.extend(figure)
    if len(members) == 2 and members[0].quantity.unit == members[1].quantity.unit:
        return difference(desk, members[0], members[1], used[0])
    return finish(desk, lines, found, used)


def _named_period(period: Period) -> str:
    """A period as the name of a line: "Quý I/2022"."""
    said = periods.say(period.form)
    return said[:1].upper() + said[1:]


def _of_both(matches: Sequence[Match], wanted: Sequence[Period]) -> Match | None:
    """A stretch with figures that names both periods: it need not say again what they are of."""
    for match in matches[:8]:
        stated = {p.form for p in periods.find(match.unit.text)}
        if match.coverage >= 0.6 * ENOUGH and match.unit.quantities and all(p.form in stated for p in wanted):
            return match
    return None


def _with_own_period(unit: Unit, told: Quantity, wanted: Sequence[Period]) -> list[Quantity]:
    """The figure of a stretch's own period, which it need not say ("83,2 điểm, cao hơn năm 2021 (80,9 điểm)"), and the
    one `told` of the period that it names."""
    spoken = periods.parse(unit.hit.chunk.period) or periods.parse(unit.hit.document.period)
    named = periods.find(unit.text)
    missing = [p for p in wanted if not any(p.form == other.form for other in named)]
    before = [q for q in outside_brackets(unit) if q.end <= told.start and q.unit == told.unit]
    if spoken is None or not before or [p.form for p in missing] != [spoken.form]:
        return []
    return [before[-1], told] if missing[0].form == wanted[0].form else [told, before[-1]]


def each_place(desk: Desk, matches: list[Match]) -> Draft | None:
    """Every place's own answer where the question names none and several have one; None where just one has."""
    asked = desk.asked
    if asked.kind not in ("count", "value", "percent", "docnumber", "date", "sum", "compare", "who", "text", "what"):
        return None
    best = matches[0] if matches else None
    if best is None or best.coverage < ENOUGH:
        return None
    groups = _groups(matches, asked, best)
    if len(groups) < 2 or (asked.english and best.coverage < 0.7):
        return None
    for key, match in _groups(found_matches(desk, most=_WIDE), asked, best, _ALIKE_ALONE).items():
        if key not in groups or match.score > groups[key].score:
            groups[key] = match
    ordered = sorted(groups.values(), key=lambda m: m.unit.hit.document.issued_on or "", reverse=True)
    sides = {(m.unit.hit.chunk.place, is_since(m.unit.hit.document.issued_on)) for m in ordered[:8]}
    lines: list[str] = []
    figures: list[AnswerFigure] = []
    computations: list[str] = []
    for match in ordered[:8]:
        unit = match.unit
        place, since = unit.hit.chunk.place, is_since(unit.hit.document.issued_on)
        if place and absorbed(place) and (place, not since) in sides:
            place = name_of_side(place, since)
        name = place or unit.hit.document.issuer or unit.hit.document.title or "Tài liệu"
        summed = sum_of_list(desk, match) if unit.quantities else None
        if summed is not None and summed.computation:
            lines.append(f"- **{name}**: {summed.answer}")
            computations.append(summed.computation)
            figures.extend(summed.figures)
            continue
        line, figure = _line(desk, name, match, asked)
        lines.append(line)
        figures.extend(figure)
    draft = finish(desk, lines, figures, ordered[:8], "; ".join(computations) or None)
    more = f" và {len(ordered) - 8} tài liệu khác" if len(ordered) > 8 else ""
    scope = Notice("scope", f"Câu hỏi không nêu nơi hoặc kỳ nên trả lời riêng theo từng tài liệu{more}.")
    return replace(draft, notices=(scope, *draft.notices))


def _groups(
    matches: Sequence[Match], asked: Asked, best: Match, share: float = _ALIKE
) -> dict[tuple[str, str | None], Match]:
    """The best stretch of each document and place that comes near the best of all."""
    groups: dict[tuple[str, str | None], Match] = {}
    for match in matches:
        unit = match.unit
        key = (unit.hit.chunk.document_id, unit.hit.chunk.place)
        if key in groups or match.score < share * best.score or match.coverage < ENOUGH or not holds_kind(match, asked):
            continue
        if not (asked.periods and match.scope == "other"):
            groups[key] = match
    return groups
