"""The numbers that a document states (số liệu): what each counts, for which place and period, as result or target.

What is written as a number, a unit or a bound is read by `vectorstore/quantities.py`, a period by `periods.py` and
`governing.py`, a result or target by `natures.py`, for questions and answers too; what is read for itself
by `passages.py`, what stands above it by `framing.py`, what is counted by `counted.py`, of what whole by `parts.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from ingest import bodies, counted, framing, parts, passages
from ingest.counted import Counted
from ingest.framing import Frame
from ingest.passages import INTRODUCES, Passage
from ingest.wording import tidy
from vectorstore import governing, natures, periods, places
from vectorstore.quantities import Quantity, kin, parse_number, quantities
from vectorstore.records import Chunk, Document, Excerpt, Figure, fold_space, opens_heading
from vectorstore.vietnamese import sentence_spans

_SHORT = 400
"""Up to so many characters an item or a paragraph is shown whole with a figure; else its sentence."""


def find(document: Document) -> tuple[Figure, ...]:
    """The ledger of a document, in reading order."""
    ledger: list[Figure] = []
    at: dict[int, int] = {}  # a number's offset → its place in the ledger; a footnote that several call is read once
    lasts: dict[int, int] = {}  # a chunk → its last figure, the whole of the items below
    for chunk, frame in framing.frames(document):
        if chunk.kind in ("head", "signature"):
            continue
        for passage in passages.of_chunk(document, chunk, frame):
            own = _of_passage(document, passage)
            above = _above(document, passage, frame, ledger, lasts)
            new = [figure for figure in own if figure.start not in at]
            at |= {figure.start: len(ledger) + i for i, figure in enumerate(new)}
            for figure in new:
                whole = at[own[figure.part_of].start] if figure.part_of is not None else None
                ledger.append(replace(figure, ordinal=len(ledger), part_of=whole))
            own = [ledger[at[figure.start]] for figure in own]
            if above is not None:
                _put_below(ledger, own, ledger[above], passage)
            if own and passage.note is None and (last := _last_whole(own)) is not None:
                lasts[chunk.ordinal] = last
    return tuple(ledger)


def _of_passage(document: Document, passage: Passage) -> list[Figure]:
    """The figures of a passage; `part_of` counts within it."""
    text = passage.text
    found = quantities(text)
    if passage.head and not found and (bare := _bare(text)):
        found = [bare]
    if not found:
        return []
    wholes = parts.wholes(text, found)
    read = counted.read(text, found, wholes, passage.field)
    figures = [_figure(document, passage, q, c, w) for q, c, w in zip(found, read, wholes, strict=True)]
    return [_of_the_wholes_period(figure, figures, passage) for figure in figures]


def _of_the_wholes_period(figure: Figure, figures: Sequence[Figure], passage: Passage) -> Figure:
    """A part is of its whole's period, where it has none of its own."""
    if figure.part_of is None or figure.period != passage.period:
        return figure
    return replace(figure, period=figures[figure.part_of].period)


def _bare(text: str) -> Quantity | None:
    """The number that a cell holds alone."""
    value = parse_number(text) if re.fullmatch(r"\d+(?:[.,]\d+)*", text) else None
    return Quantity(text, value, None, None, "", "", 0, len(text)) if value is not None else None


def _figure(document: Document, passage: Passage, q: Quantity, what: Counted, whole: int | None) -> Figure:
    chunk, text = passage.chunk, passage.text
    what = counted.row_cell(what, passage.head, passage.subject) if passage.head else what
    spot = passage.reading.part(passage.shift + q.start, passage.shift + q.end)
    period, by_now = _period(document, passage, q)
    nature = _nature(document, passage, q, period, by_now)
    if nature == "target" and (plan := governing.planned_at(text, q.start, passage.year)) is not None:
        period = plan.form
    place = _place(what, passage) or chunk.place
    return Figure(
        document.document_id,
        0,
        chunk.ordinal,
        q.text,
        q.value,
        spot.start,
        spot.end,
        _stated(passage, q),
        _led(document, passage, what) or what.indicator or _shown(passage, q),
        what.unit or passage.unit,
        q.bound,
        nature,
        what.breakdown,
        place,
        _body(document, chunk, what.body, place),
        period,
        _ratio(q),
        whole,
        passage.note,
    )


def _period(document: Document, passage: Passage, q: Quantity) -> tuple[str | None, bool]:
    """The period of a figure, and whether it is said to be so by the day of writing."""
    text, own = passage.text, passage.period
    said = governing.period_at(text, q.start, passage.year)
    if (earlier := governing.year_before_at(text, q.start)) is not None:
        year, where = earlier
        of = governing.period_at(text, where, passage.year) if where else None
        return periods.year_before(of.form if of else own, year or None) or (said.form if said else own), False
    if passage.year and governing.whole_year_at(text, q.start):
        return str(passage.year), False
    if said is not None:
        return said.form, False
    told_of = governing.told_of(text, q.start)
    if told_of is None:
        return own, False
    if told_of == "this year":
        return periods.since_january(document.period or own or document.issued_on), True
    return (document.period or own) if told_of == "now" else None, True


def _nature(
    document: Document, passage: Passage, q: Quantity, period: str | None, by_now: bool
) -> Literal["result", "target"]:
    """Result or target. What a plan says of a time that was over is a result, unless its own words aim at it."""
    if not by_now and framing.to_come(period, document.issued_on):
        return "target"
    issued = int(document.issued_on[:4]) if document.issued_on else None
    if period != document.period and framing.is_past(period, document.issued_on):
        return natures.of(None, (), passage.text, q.start, issued)
    plans = document.type in ("Quyết định", "Nghị quyết") and _PLANNING.search(document.title or "")
    section = (*passage.chunk.section, *((passage.head,) if passage.head else ()))
    return natures.of("Kế hoạch" if plans else document.type, section, passage.text, q.start, issued)


_PLANNING = re.compile(
    r"\b(?:giao|ban hành|phê duyệt|thông qua)\b[^,;.]{0,40}\b(?:kế hoạch|chương trình|đề án|chỉ tiêu|mục tiêu)\b",
    re.IGNORECASE,
)
"""The title of a decision by which a plan is made."""


_LINE = re.compile(r"\W*([^:\d]{3,60}):\s*\d")
_LEADING = re.compile(r"(?:\d{1,2}(?:\.\d{1,2})*[.)]?\s+|[a-zđ]\)\s*)?([^:()\d]{3,60}?)\s*(?:\([^()]*\)\s*)?:?\s*")


def _led(document: Document, passage: Passage, what: Counted) -> str | None:
    """A sum or a share of a short line, with the subject that its lead-in or its heading names: "Chi phí – Trước khi
    cắt giảm"."""
    chunk = passage.chunk
    line = _LINE.match(passage.text) if chunk.kind == "item" and not passage.note else None
    if line is None or opens_heading(chunk) or not (what.unit == "%" or "đồng" in (what.unit or "")):
        return None
    above = document.chunks[chunk.lead].text if chunk.lead is not None else "".join(chunk.section[-1:])
    subject = _LEADING.fullmatch(above)
    if subject is None or above.isupper() or not what.indicator.startswith(tidy(line[1])):
        return None
    return f"{tidy(subject[1])} – {what.indicator}"


def _ratio(q: Quantity) -> tuple[Decimal, Decimal] | None:
    """The part and the whole of "10/10"."""
    if q.value is not None or "/" not in q.text:
        return None
    part, _, whole = (parse_number(number.strip()) for number in q.text.partition("/"))
    return (part, whole) if part is not None and whole is not None else None


def _stated(passage: Passage, q: Quantity) -> Excerpt:
    """The row, the short item or the sentence that states a figure."""
    reading = passage.reading
    if passage.head or len(reading.text) <= _SHORT:
        return reading.source
    at = passage.shift + q.start
    start, end = next(((a, b) for a, b in sentence_spans(reading.text) if a <= at < b), (0, len(reading.text)))
    return reading.part(start, end)


def _shown(passage: Passage, q: Quantity) -> str:
    """The words around a figure that has none of its own."""
    around = fold_space(passage.text[max(0, q.start - 60) : q.start]).strip(" .,;:()-")
    return around.partition(" ")[2] if q.start > 60 else around or passage.subject or (q.unit or "")


_KIND_OF_PLACE = re.compile(r"(?:(?:tại|ở|riêng|của)\s+)?(?:(?:tỉnh|thành phố|tp\.?)\s+)?", re.IGNORECASE)


def _place(what: Counted, passage: Passage) -> str | None:
    """The province that a figure's own words, or its row, begin with."""
    named = map(_province, (passage.subject, what.breakdown or "", what.label))
    return next((place for place in named if place), None)


@lru_cache(maxsize=1024)
def _province(words: str) -> str | None:
    mention = next(iter(places.find(words)), None)
    if mention is None or len(words[mention.end :].split()) > 4:
        return None
    return mention.place if _KIND_OF_PLACE.fullmatch(words[: mention.start]) else None


def _body(document: Document, chunk: Chunk, named: str | None, place: str | None) -> str | None:
    """Whose figure it is: the body that its sentence has for its subject, or its article's, else the issuer."""
    issuer = document.issuer
    own = issuer if place is None or places.same(place, document.place) else None
    if own is None and (leading := _leading(chunk)):
        own = leading
    if (
        named
        and not bodies.is_kind(named)
        and not _NO_BODY.match(named)
        and not (own or "").lower().startswith(named.lower())
    ):
        whole = _OF_THE_PROVINCE.fullmatch(named) and place and not places.find(named)
        return f"{named[:1].upper()}{named[1:]} {place}" if whole else named[:1].upper() + named[1:]
    return own if own or place else issuer


_NO_BODY = re.compile(r"(?:toàn|ngành|tỉnh|huyện|xã|phường|thành phố|đơn vị)\b", re.IGNORECASE)
_OF_THE_PROVINCE = re.compile(r"(?:sở|ngành)\s+\S+(?:\s\S+){0,4}|ubnd tỉnh|ủy ban nhân dân tỉnh", re.IGNORECASE)


_HEADED = re.compile(r"(?:[\dIVX]+\.\s*)?([^:]{3,60}):")


def _leading(chunk: Chunk) -> str | None:
    """The body with which the heading of an article begins: "29. Sở Y tế Bình An: …"."""
    match = _HEADED.match(chunk.section[0]) if chunk.section else None
    if match is None:
        return None
    return fold_space(match[1]) if bodies.begins_one(match[1]) else None


def _above(
    document: Document, passage: Passage, frame: Frame, ledger: Sequence[Figure], lasts: dict[int, int]
) -> int | None:
    """The figure whose parts a passage tells from outside: of the paragraph that leads its list, or that calls it."""
    chunk = passage.chunk
    if passage.note is not None:
        return _explained(passage, ledger)
    lead = chunk.lead if chunk.lead is not None else frame.lead.ordinal if frame.lead else None
    if lead is None or lead not in lasts:
        return None
    text = document.chunks[lead].text
    return lasts[lead] if text.rstrip().endswith(":") and INTRODUCES.search(text) else None


_THE_REST = re.compile(r"\W*(?:phần |số )?còn lại\b", re.IGNORECASE)


def _explained(passage: Passage, ledger: Sequence[Figure]) -> int | None:
    """The figure that a footnote is called for; where it tells of the rest, the whole of that figure."""
    chunk, text = passage.chunk, passage.chunk.text
    called = passages.called_at(chunk, passage.note or "")
    reading = chunk.body.reading
    own = [f for f in ledger if f.chunk == chunk.ordinal and f.footnote is None and not chunk.heads]
    near = [f for f in own if called is not None and 0 <= called - reading.at(f.end) <= 80]
    between = text[reading.at(near[-1].end) : called] if near and called is not None else ";"
    if not near or re.search(r"[;:]|\.\s", between):
        return None
    rest = near[-1].part_of if _THE_REST.match(passage.text) else None
    return near[-1].ordinal if rest is None else rest


def _put_below(ledger: list[Figure], own: Sequence[Figure], whole: Figure, passage: Passage) -> None:
    """The first figure of an item, or the figures of a footnote, as parts of the whole that announces them."""
    free = [f for f in own if f.part_of is None and f.ordinal != whole.ordinal]
    if passage.note is None:
        _put_item_below(ledger, own, free[:1], whole, passage.field)
        return
    first = next((b for _, b in sentence_spans(passage.text)), 0)
    free = [f for f in free if passage.reading.at(f.start) < first]
    if len(free) < 2 or any(f.unit not in (None, whole.unit) for f in free):
        return
    called = passages.called_at(passage.chunk, passage.note)
    beside = called is not None and passages.beside(passage.chunk.text, called, passage.year)
    for figure in free:
        if (figure.unit == "%") != (whole.unit == "%") or not kin(figure.unit, whole.unit):
            continue
        kinds = dict.fromkeys(k for k in (whole.breakdown, figure.breakdown or figure.indicator) if k)
        ledger[figure.ordinal] = replace(
            figure,
            part_of=whole.ordinal,
            unit=figure.unit or whole.unit,
            indicator=whole.indicator,
            breakdown=" – ".join(kinds) or None,
            nature=whole.nature,
            period=figure.period if beside or figure.period != passage.period else whole.period,
        )


def _put_item_below(
    ledger: list[Figure], own: Sequence[Figure], first: Sequence[Figure], whole: Figure, field: str | None
) -> None:
    """The first figure of an item as a part of the whole that its lead-in tells; below a field's name, it and its own
    parts count what the whole counts."""
    for figure in first:
        if (figure.unit == "%") != (whole.unit == "%") or not kin(figure.unit, whole.unit):
            continue
        ledger[figure.ordinal] = replace(figure, part_of=whole.ordinal, unit=figure.unit or whole.unit)
        for other in own if field and figure.indicator.startswith(field) else ():
            if other.indicator == figure.indicator:
                ledger[other.ordinal] = replace(ledger[other.ordinal], indicator=whole.indicator)


def _last_whole(own: Sequence[Figure]) -> int | None:
    return next((f.ordinal for f in reversed(own) if f.part_of is None and f.unit != "%"), None)
