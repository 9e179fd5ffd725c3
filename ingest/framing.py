"""What stands above a passage and speaks for it: a table's caption for its rows, the paragraph that leads in a list of
run-in headings for its items; and the period that a passage's figures take from there, from its column or its article.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from vectorstore import governing, natures, periods
from vectorstore.records import Chunk, Document, opens_heading
from vectorstore.vietnamese import sentence_spans


@dataclass(frozen=True, slots=True)
class Frame:
    """What a passage stands below: the text of a caption or of a lead-in, the period that it names, and the lead-in."""

    text: str = ""
    period: str | None = None
    lead: Chunk | None = None


_NONE = Frame()
_CAPTION = re.compile(r"(?:bảng|biểu|phụ biểu|danh mục|kết quả|tình hình|số liệu|thống kê)\b", re.IGNORECASE)
_UNIT_LINE = re.compile(r"\(?\s*(?:đơn vị tính|đvt|đơn vị)\s*:", re.IGNORECASE)
_LONGEST_CAPTION = 300  # characters


def frames(document: Document) -> Iterator[tuple[Chunk, Frame]]:
    """The passages of a document in reading order, each with what it stands below."""
    caption = _NONE
    leads: dict[tuple[str, ...], Chunk] = {}
    for chunk in document.chunks:
        if chunk.kind == "row":
            yield chunk, caption
            continue
        caption = _caption(document, chunk, caption)
        heading = opens_heading(chunk)
        lead = leads.get(chunk.section[:-1]) if heading else None
        if not heading:
            leads.pop(chunk.section, None)
            if chunk.text.rstrip().endswith(":"):
                leads[chunk.section] = chunk
        yield chunk, Frame(lead.text, _of_lead(document, lead), lead) if lead else _NONE


def _caption(document: Document, chunk: Chunk, before: Frame) -> Frame:
    """The frame of the rows that stand directly below a passage."""
    text = chunk.text
    if _UNIT_LINE.match(text) and len(text) < _LONGEST_CAPTION:
        return Frame(f"{before.text} {text}".strip(), before.period)
    captions = _CAPTION.match(text) and len(text) < _LONGEST_CAPTION
    if not captions and not text.rstrip().endswith(":"):
        return _NONE
    named = {p.form for p in periods.headed(text, year_of(document))} if captions else set()
    return Frame(text, named.pop() if len(named) == 1 else _of_lead(document, chunk))


def _of_lead(document: Document, lead: Chunk) -> str | None:
    """The period that a lead-in gives what it introduces."""
    said = governing.period_at(lead.text, len(lead.text) - 1, year_of(document))
    return said.form if said else lead.period if lead.period != document.period else None


def period_of(document: Document, chunk: Chunk, frame: Frame) -> str | None:
    """The period of what a chunk tells, apart from what its own sentences say of single figures."""
    if frame.period is not None:
        return frame.period
    if chunk.period in (None, document.period):
        if _to_come_below(document.type, chunk.section):
            return None  # "thời gian tới" is not the period that is reported
        return _of_article(document, chunk) or chunk.period
    lead = document.chunks[chunk.lead] if chunk.lead is not None else None
    if lead is not None:
        return lead.period  # what introduces the list speaks for it
    within = [s for s in document.sections if s.start <= chunk.body.start < s.end and s.period]
    return within[-1].period if within else document.period


def of_column(document: Document, head: str, base: str | None, year: int | None) -> str | None:
    """The period of a column's cells: the one that its head names ("Kế hoạch năm 2024", "Kết quả 9 tháng"); that of
    the document where it holds results among what is to come."""
    said = _MONTHS_ALONE.sub(r"\1 tháng đầu năm", _WHOLE_YEAR.sub(f"năm {year}", head) if year else head)
    named = {p.form for p in periods.headed(said, year)} if head else set()
    if named:
        return named.pop() if len(named) == 1 else base
    return document.period if to_come(base, document.issued_on) and is_of_results(head) else base


_WHOLE_YEAR = re.compile(r"\bcả năm\b(?!\s+\d)", re.IGNORECASE)
_MONTHS_ALONE = re.compile(r"\b(\d{1,2}) tháng\b(?!\s+(?:đầu|cuối|năm|qua|tới|\d))", re.IGNORECASE)


@lru_cache(maxsize=512)
def is_of_results(head: str) -> bool:
    """Whether the head of a column says, even in a plan, that its cells are results."""
    return natures.of("Kế hoạch", (head,), "") == "result"


def to_come(period: str | None, issued_on: str | None) -> bool:
    """Whether a period begins only after its document was issued."""
    parsed = periods.parse(period)
    return bool(parsed and parsed.first and issued_on and parsed.first.isoformat()[: len(issued_on)] > issued_on)


def is_past(period: str | None, issued_on: str | None) -> bool:
    """Whether a period was over when its document was issued."""
    parsed = periods.parse(period)
    return bool(parsed and parsed.last and issued_on and parsed.last.isoformat()[: len(issued_on)] < issued_on)


def year_of(document: Document, form: str | None = None) -> int | None:
    """The year that a text means which names none: that of its period, of the document's, of its date."""
    issued = int(document.issued_on[:4]) if document.issued_on else None
    return _year(form) or _year(document.period) or issued


@lru_cache(maxsize=512)
def _to_come_below(document_type: str | None, section: tuple[str, ...]) -> bool:
    """Whether a chapter of a report tells what is to come."""
    of = natures.of
    if document_type in ("Quyết định", "Nghị quyết"):
        return False  # what it decides is of the time that it names
    return of(document_type, (), "") == "result" and of(document_type, section, "") == "target"


def _of_article(document: Document, chunk: Chunk) -> str | None:
    """The year that an article of a newsletter is about, where its first sentence names one."""
    if document.type != "Bản tin" or not chunk.section:
        return None
    first = next(c for c in document.chunks if c.section[:1] == chunk.section[:1] and c.kind != "head")
    opening = next((first.text[a:b] for a, b in sentence_spans(first.text)), "")
    said = governing.period_at(opening, len(opening) - 1, _year(document.period)) if opening else None
    return said.form if said and re.fullmatch(r"\d{4}", said.form) else None


@lru_cache(maxsize=512)
def _year(form: str | None) -> int | None:
    period = periods.parse(form)
    return next(iter(period.years)) if period and len(period.years) == 1 else None
