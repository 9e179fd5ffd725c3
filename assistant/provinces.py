"""Which province is meant where the merger of July 2025 gave one name two meanings, or took a name away.

A document speaks of the provinces as they were when it was issued. An old province's figures are never given for the
larger one it now belongs to, nor the other way round, without saying so. The dates stand in the notices, not in the
answer, whose figures all come from the sources.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.grounding import NOT_SAID_IN_ENGLISH, Draft
from assistant.question import Asked
from assistant.schema import Citation, Notice
from vectorstore import periods, places
from vectorstore.places import MERGED_ON, absorbed, successor, with_kind
from vectorstore.records import Document, Filters

Attempt = Callable[[Asked, Filters], Draft]
"""A way of answering within filters."""

_SINCE = "từ 01/7/2025"
_BEFORE = "trước 01/7/2025"


def is_since(issued_on: str | None) -> bool:
    """Whether a document of this date speaks of the provinces as they are since the merger; its year alone may not
    tell."""
    day = MERGED_ON.isoformat()
    return issued_on is not None and (
        issued_on[:4] > day[:4] or (len(issued_on) > 4 and issued_on >= day[: len(issued_on)])
    )


def _is_since(document: Document) -> bool:
    """Whether a document speaks of the provinces since the merger: by its date, else by its period."""
    if document.issued_on:
        return is_since(document.issued_on)
    period = periods.parse(document.period)
    return period is not None and period.first is not None and period.first >= MERGED_ON


@dataclass(frozen=True, slots=True)
class Holdings:
    """The documents of a place that the library holds, by the side of the merger on which they were issued."""

    before: tuple[str, ...]
    since: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.before or self.since)


def holdings(place: str, documents: Sequence[Document]) -> Holdings:
    """The documents that are about a place, whole or in an article."""
    about = [d for d in documents if any(places.same(p, place) for p in (d.place, *(s.place for s in d.sections)))]
    return Holdings(
        tuple(d.document_id for d in about if not _is_since(d)),
        tuple(d.document_id for d in about if _is_since(d)),
    )


def changed(asked: Asked) -> str | None:
    """The one province asked for, where the merger changed it."""
    place = asked.places[0] if len(asked.places) == 1 else None
    return place if place and (successor(place) or absorbed(place)) else None


def unclear(asked: Asked, documents: Sequence[Document]) -> bool:
    """Whether it has to be said which province an answer is about."""
    place = changed(asked)
    if place is None:
        return False
    held = holdings(place, documents)
    return bool(asked.era) or not held or bool(absorbed(place) and held.before and held.since)


def _wanted(asked: Asked) -> str:
    """The side of the merger that the question speaks of, by its words or its periods; "" where both are possible."""
    if asked.era:
        return asked.era
    if asked.periods and all(p.last is not None and p.last < MERGED_ON for p in asked.periods):
        return "before"
    if asked.periods and all(p.first is not None and p.first >= MERGED_ON for p in asked.periods):
        return "after"
    return ""


def answer(asked: Asked, documents: Sequence[Document], filters: Filters, attempt: Attempt) -> Draft:
    """The draft of an answer, with the province that is meant said where it could be taken for another."""
    place = changed(asked)
    if place is None:
        return attempt(asked, filters)
    if filters.document_ids:
        documents = [d for d in documents if d.document_id in filters.document_ids]
    wanted = _wanted(asked)
    since = tuple(d.document_id for d in documents if _is_since(d))
    before = tuple(d.document_id for d in documents if not _is_since(d))
    held = holdings(place, documents)
    within = {"after": since, "before": before}.get(asked.era)
    if not wanted and absorbed(place) and held.before and held.since:
        return _each_side(asked, place, filters, attempt, since, before)
    draft = _within(asked, filters, attempt, within)
    if draft.status == "answered":
        return _noted(draft, _which(place, held, asked, draft.citations))
    if wanted != "before" and not (held and wanted != "after"):
        for other, note in _now(place):
            if (larger := _within(replace(asked, places=(other,)), filters, attempt, since)).status == "answered":
                return _noted(larger, note)
    return _with_near(draft, asked, place, documents, filters, attempt)


def _within(asked: Asked, filters: Filters, attempt: Attempt, ids: tuple[str, ...] | None) -> Draft:
    """An attempt over some documents; over all where `ids` is None."""
    if ids == ():
        missing = f"Thư viện không có tài liệu nào của {asked.places[0]}"
        said = f"{missing} {'sau' if asked.era == 'after' else 'trước'} khi sáp nhập."
        return Draft("not_found", NOT_SAID_IN_ENGLISH if asked.english else said)
    return attempt(asked, filters if ids is None else replace(filters, document_ids=ids))


def _now(place: str) -> list[tuple[str, str]]:
    """Under which other names a place may be spoken of since the merger, and what then has to be said."""
    if now := successor(place):
        said = with_kind(now, since_merger=True)
        return [(now, f"{_capital(with_kind(place))} nay thuộc {said} ({_SINCE}); nội dung này là của {said}.")]
    said = with_kind(place, since_merger=True)
    return [
        (part, f"{part} nay thuộc {said} ({_SINCE}); nội dung này chỉ là của khu vực {part}.")
        for part in absorbed(place)
    ]


def _which(place: str, held: Holdings, asked: Asked, citations: Sequence[Citation]) -> str:
    """What has to be said of the province in an answer from these citations; "" where no confusion is possible."""
    if not absorbed(place) or not (asked.era or (held.before and held.since)):
        return ""
    own = [c for c in citations if places.same(c.place, place)]
    if own and all(is_since(c.issued_on) for c in own):
        return f"{place} ở đây là {with_kind(place, since_merger=True)} {_SINCE}, gồm cả {_listed(place)}."
    if own and not any(is_since(c.issued_on) for c in own):
        return f"{place} ở đây là {with_kind(place)} {_BEFORE}, chưa gồm {_listed(place)}."
    return ""


def _each_side(
    asked: Asked, place: str, filters: Filters, attempt: Attempt, since: tuple[str, ...], before: tuple[str, ...]
) -> Draft:
    """The answers of the province before and since the merger, named apart; the one where the other has none."""
    drafts = {
        name_of_side(place, side): _within(asked, filters, attempt, ids)
        for side, ids in ((True, since), (False, before))
    }
    told = {name: draft for name, draft in drafts.items() if draft.status == "answered"}
    if not told:
        return next((d for d in drafts.values() if d.citations), next(iter(drafts.values())))
    note = (
        f"{place} là tên của {with_kind(place)} {_BEFORE} và của {with_kind(place, since_merger=True)} {_SINCE} "
        f"(gồm cả {_listed(place)})"
    )
    if len(told) == 1:
        (name, draft), *_ = told.items()
        return _noted(draft, f"{note}; nội dung này là của {name}.")
    return _noted(_joined(told, asked), f"{note}, nên trả lời riêng từng tỉnh.")


def name_of_side(place: str, since: bool) -> str:
    """A province's name with the side of the merger that is meant."""
    return f"{place} (sau sáp nhập, gồm cả {_listed(place)})" if since else f"{place} (trước sáp nhập)"


def _joined(drafts: dict[str, Draft], asked: Asked) -> Draft:
    """Several drafts as one, each under its name, their markers counted on."""
    lines: list[str] = []
    whole = Draft("answered", "")
    for name, draft in drafts.items():
        shifted = _shifted(draft, len(whole.citations))
        lines.append(f"- **{name}**: {shifted.answer}")
        whole = replace(
            whole,
            computation="; ".join(filter(None, (whole.computation, shifted.computation))) or None,
            figures=whole.figures + shifted.figures,
            citations=whole.citations + shifted.citations,
            notices=whole.notices + tuple(n for n in shifted.notices if n not in whole.notices),
        )
    if asked.yesno and all(draft.answer.startswith(("Có", "Không")) for draft in drafts.values()):
        lines.insert(0, "Không." if any(d.answer.startswith("Không") for d in drafts.values()) else "Có.")
    return replace(whole, answer="\n".join(lines))


def _shifted(draft: Draft, by: int) -> Draft:
    """A draft whose markers begin behind `by` others."""

    def moved(markers: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(marker + by for marker in markers)

    text = draft.answer
    for citation in sorted(draft.citations, key=lambda c: -c.marker):
        text = text.replace(f"[{citation.marker}]", f"[{citation.marker + by}]")
    return replace(
        draft,
        answer=text,
        figures=tuple(replace(f, citations=moved(f.citations)) for f in draft.figures),
        citations=tuple(replace(c, marker=c.marker + by) for c in draft.citations),
        notices=tuple(replace(n, citations=moved(n.citations)) for n in draft.notices),
    )


def _with_near(
    draft: Draft, asked: Asked, place: str, documents: Sequence[Document], filters: Filters, attempt: Attempt
) -> Draft:
    """A refusal with the nearest thing named: what a related province's documents hold, never as this one's own."""
    if draft.citations or asked.english:
        return draft
    now = successor(place)
    related = [(part, f"{part}, nay thuộc {with_kind(place, since_merger=True)}") for part in absorbed(place)]
    if asked.era and absorbed(place):
        related.insert(0, (place, name_of_side(place, since=asked.era == "before")))
    if now:
        related.append((now, name_of_side(now, since=True)))
    for other, said in related:
        held = holdings(other, documents)
        ids = held.since if other == now or (other == place and asked.era == "before") else held.before
        if not ids:
            continue
        near = attempt(replace(asked, places=(other,), era=""), replace(filters, document_ids=ids))
        if near.citations:
            cited = replace(near.citations[0], marker=1)
            text = f"{draft.answer} Đọc thêm: {cited.cited_as} ({said}) [1]."
            return replace(draft, answer=text, citations=(cited,))
    return draft


def _noted(draft: Draft, note: str) -> Draft:
    return replace(draft, notices=(Notice("scope", note), *draft.notices)) if note else draft


def _listed(place: str) -> str:
    return " và ".join(absorbed(place))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
