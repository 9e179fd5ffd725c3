"""Days that no calendar has, that lie behind the document's own, or that one document number has two of."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

from vectorstore import periods
from vectorstore.audit.stretch import Stretch, at
from vectorstore.quantities import Reference
from vectorstore.records import Chunk, Finding

_PARTS = re.compile(r"\d+")
_BAD_YEAR = re.compile(r"\b[Nn]ăm\s+(2[1-9]\d{2})(?=\s*(?:[.,;:)]|$|(?:của|và|về|theo|trên địa bàn)\b))")
_BAD_MONTH = re.compile(r"\b(?:[Tt]háng\s+(?:1[3-9]|[2-9]\d|0{1,2})|[Qq]uý\s+(?:V|VI|0?[5-9]))\s*(?:/|năm)\s*20\d{2}\b")
_STAGES = ("iai đoạn", "hiệm kỳ", "hời kỳ")
_BACKWARD = re.compile(r"(?:giai đoạn|nhiệm kỳ|thời kỳ)\s+(20\d{2})\s*(?:-|–|đến(?: năm)?)\s*(20\d{2})(?!\d)", re.I)
_FROM_TO = re.compile(
    r"từ (?:ngày )?(\d{1,2}[/.]\d{1,2}[/.]\d{4}) (?:đến|-|–) (?:hết )?(?:ngày )?(\d{1,2}[/.]\d{1,2}[/.]\d{4})", re.I
)


def impossible(stretch: Stretch) -> Iterator[Finding]:
    """A date that no calendar has, a year that has not come, a stretch of time that ends before it begins."""
    text = stretch.text
    for mention in stretch.dates:
        printed = text[mention.start : mention.end].strip()
        if mention.day is None and not _of_history(printed) and len(set(re.findall(r"[/.-]", printed))) <= 1:
            yield stretch.error(f"Nguồn ghi ngày không thể có: «{printed}»")
    taken = [(mention.start, mention.end) for mention in stretch.dates]
    for match in _BAD_YEAR.finditer(text):
        if not any(a <= match.start() < b for a, b in taken):
            yield stretch.error(f"Nguồn ghi năm không thể có: «{match[0].strip()}»")
    for match in _BAD_MONTH.finditer(text) if "20" in text else ():
        if not any(a <= match.start() < b for a, b in taken):
            yield stretch.error(f"Nguồn ghi tháng hoặc quý không thể có: «{match[0]}»")
    for match in _BACKWARD.finditer(text) if any(word in text for word in _STAGES) else ():
        if int(match[1]) > int(match[2]):
            yield stretch.error(f"Nguồn ghi khoảng thời gian kết thúc trước khi bắt đầu: «{match[0]}»")
    for match in _FROM_TO.finditer(text) if len(taken) > 1 else ():
        first, last = (_day(part) for part in match.groups())
        if first and last and first > last:
            yield stretch.error(f"Nguồn ghi khoảng thời gian kết thúc trước khi bắt đầu: «{match[0]}»")


def _of_history(printed: str) -> bool:
    """Whether a date is one of a year before those that reports are about ("03/02/1930")."""
    day, month, year = (int(n) for n in _PARTS.findall(printed)[:3])
    return 1000 <= year < 1945 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(max(year, 1), month)[1]


def _day(text: str) -> date | None:
    """The day that a date as printed means, if a calendar has it."""
    numbers = [int(n) for n in _PARTS.findall(text)]
    try:
        return date(numbers[2], numbers[1], numbers[0])
    except (IndexError, ValueError):
        return None


_NOT_YET = re.compile(r"\b(?:dự thảo|dự kiến|sẽ|phấn đấu|kế hoạch đến|trước ngày|chậm nhất|hạn|ước)\b", re.I)
_ISSUED = re.compile(r"\b(?:đã ban hành|ban hành|đã trình|đã ký|đã phê duyệt)\b", re.I)
_COUNTED_TO = re.compile(r"\btính đến (?:hết )?(?:ngày )?$", re.I)


def after_issue(stretch: Stretch, issued_on: str | None) -> Iterator[Finding]:
    """A document said to have been issued, or things said to have been counted, after the day of the report itself."""
    last = _last_day(issued_on)
    if last is None or issued_on is None:
        return
    own = "/".join(part.lstrip("0") for part in reversed(issued_on.split("-")))
    text = stretch.text
    named = [(r, _day(r.date)) for r in stretch.references if r.date]
    for reference, day in named:
        if day is not None and day > last and _is_near(day, last) and "VBHN" not in reference.number:
            printed = text[reference.start : reference.end].strip()
            yield stretch.error(f"Nguồn ghi «{printed}», sau ngày của chính văn bản ({own})")
    taken = [(r.start, r.end) for r, _ in named]
    for mention in stretch.dates:
        if mention.day is None or mention.day <= last or not _is_near(mention.day, last):
            continue
        if any(a <= mention.start < b for a, b in taken):
            continue
        start, end = stretch.sentence(mention.start)
        sentence = text[start:end]
        printed = text[mention.start : mention.end].strip()
        if _NOT_YET.search(sentence):
            continue
        behind = text[mention.end : min(end, mention.end + 80)]
        issued = _ISSUED.search(behind) or re.search(r"\b(?:ban hành|ký)\s*$", text[start : mention.start], re.I)
        if issued and any(start <= r.start < end for r in stretch.references):
            yield stretch.error(f"Nguồn ghi một văn bản ban hành «{printed}», sau ngày của chính báo cáo ({own})")
        elif _COUNTED_TO.search(text[start : mention.start]) and re.search(r"\bđã\b", sentence):
            yield stretch.error(f"Nguồn ghi số liệu tính đến «{printed}», sau ngày của chính báo cáo ({own})")


@lru_cache
def _last_day(issued_on: str | None) -> date | None:
    """The last day on which a document can have been issued, as far as its date is known."""
    period = periods.parse(issued_on)
    return period.last if period else None


def _is_near(day: date, issued: date) -> bool:
    """A date that is further away is misread or impossible, and said to be so."""
    return day.year - issued.year <= 10


def two_for_one_number(chunks: Sequence[Chunk], told: Sequence[Stretch]) -> Iterator[Finding]:
    """One document number with two dates in one document, told in reading order."""
    said: dict[str, tuple[Stretch, Reference]] = {}
    done = set()
    for stretch in told:
        for reference in _dated(stretch):
            day = _day(reference.date)
            if day is None:
                continue
            where, first = said.setdefault(reference.number, (stretch, reference))
            former = _day(first.date)
            if former is None or former == day or reference.number in done or not _of_one(reference, former, day):
                continue
            if first.type and reference.type and first.type.lower() != reference.type.lower():
                continue
            done.add(reference.number)
            evidence = dict.fromkeys(((where.chunk, where.notes), (stretch.chunk, stretch.notes)))
            name = f"{reference.type or first.type or 'văn bản'} số {reference.number}"
            yield Finding(
                "source_conflict",
                f"Nguồn ghi hai ngày cho {name}: {first.date}{at(where.chunk, where.notes)} và {reference.date}"
                f"{at(stretch.chunk, stretch.notes)}.",
                tuple(evidence),
            )


def _of_one(reference: Reference, one: date, other: date) -> bool:
    """Whether two dates are of one document: numbers begin anew each year, but not on the same day, and some have their
    year in them."""
    said = re.search(r"/((?:19|20)\d{2})/", reference.number) is not None
    return said or one.year == other.year or (one.day, one.month) == (other.day, other.month)


_ISSUES = re.compile(r"\b(?:ban hành|xây dựng|ký|phê duyệt|có)\b", re.I)


def _dated(stretch: Stretch) -> Iterator[Reference]:
    """The documents named with their day, behind their number or before: "Ngày 9/2/2022 Sở ban hành Kế hoạch số 3"."""
    text = stretch.text
    before = 0
    for reference in stretch.references:
        if reference.date:
            yield reference
        else:
            start, _ = stretch.sentence(reference.start)
            start = max(start, before)
            found = [d for d in stretch.dates if start <= d.start and d.end <= reference.start]
            if len(found) == 1 and _ISSUES.search(text[found[0].end : reference.start]):
                printed = text[found[0].start : found[0].end].strip()
                if reference.start - found[0].end < 120:
                    yield replace(reference, date=re.sub(r"^ngày\s+", "", printed, flags=re.I))
        before = reference.end
