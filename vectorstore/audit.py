"""When the sources disagree with themselves: totals that their parts don't add up to, lists that are longer or shorter
than announced, dates that can't be.

A finding that is wrong costs trust: each rule asks for a form that leaves no other reading, and stays silent otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache

from vectorstore.periods import dates
from vectorstore.quantities import Quantity, Reference, canonical, quantities, references
from vectorstore.records import Chunk, Finding, Footnote
from vectorstore.vietnamese import fold, sentences

_SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_TO_SUPERSCRIPT = str.maketrans("0123456789", _SUPERSCRIPT)


def of_document(chunks: Sequence[Chunk], issued_on: str | None = None) -> list[Finding]:
    """What disagrees within a document, in reading order; each thing is said once.

    `issued_on` is the document's own date in the contract's form.
    """
    found: dict[str, Finding] = {}
    for chunk in chunks:
        for finding in of_chunk(chunk, lambda: chunks, issued_on):
            found.setdefault(finding.message, finding)
    return list(found.values())


def of_chunk(chunk: Chunk, document: Callable[[], Sequence[Chunk]], issued_on: str | None = None) -> list[Finding]:
    """What disagrees within a passage, with its footnotes, and with the list that it introduces or belongs to.

    `document` gives the chunks of its document; it is called only where the rest of the document has to be looked at.
    `issued_on` is the document's own date in the contract's form.
    """
    if chunk.kind in ("head", "signature"):
        return []
    out = list(_announced(chunk))
    out += _parts_in_sentence(chunk, chunk.text, ())
    for note in chunk.footnotes:
        out += _parts_in_sentence(chunk, note.body.reading.text, (note,))
    out += _done_and_left(chunk)
    out += _enumerated(chunk)
    out += _impossible_dates(chunk)
    out += _after_issue(chunk, issued_on)
    if _dated(chunk):
        out += _two_dates(chunk, document())
    if chunk.lead is not None or chunk.text.rstrip().endswith(":"):
        chunks = document()
        leader = chunks[chunk.lead] if chunk.lead is not None and chunk.lead < len(chunks) else chunk
        items = [c for c in chunks if c.lead == leader.ordinal]
        out += _list_total(leader, items)
    return out


def _announced(chunk: Chunk) -> Iterator[Finding]:
    """ "04 Tờ trình²" against the documents of that type which footnote 2 lists."""
    raw = "".join(chunk.body.pieces)
    for note in chunk.footnotes:
        yield from _counted_in_note(chunk, raw, note)
        marker = note.marker.translate(_TO_SUPERSCRIPT)
        match = re.search(rf"(\d{{1,3}})\s+([^\W\d_]+(?:\s[^\W\d_]+){{0,2}}){marker}(?![{_SUPERSCRIPT}])", raw)
        if not match:
            continue
        announced, noun = int(match[1]), fold(match[2])
        text = note.body.reading.text
        listed = [r for r in references(text) if r.type and fold(r.type) == noun and _begins_item(text, r)]
        if len(listed) >= 2 and len(listed) != announced:
            numbers = ": " + ", ".join(r.number for r in listed) if len(listed) <= 12 else ""
            yield Finding(
                "source_conflict",
                f"Thân văn bản ghi {match[1]} {match[2]}, nhưng chú thích {note.marker} liệt kê "
                f"{len(listed)}{numbers}.",
                ((chunk, (note,)),),
            )


def _counted_in_note(chunk: Chunk, raw: str, note: Footnote) -> Iterator[Finding]:
    """ "16 đơn vị²⁹" against the figures of footnote 29, where all of them count the same thing."""
    marker = note.marker.translate(_TO_SUPERSCRIPT)
    at = re.search(rf"{marker}(?![{_SUPERSCRIPT}])", raw)
    if at is None:
        return
    before = quantities(raw[max(0, at.start() - 60) : at.start()])
    parts = quantities(note.body.reading.text)
    if not before or len(parts) < 2 or before[-1].value is None or before[-1].unit is None:
        return
    whole = before[-1]
    gap = len(fold(whole.noun)) - len(fold(whole.unit or ""))
    if gap > 2 or any(q.unit != whole.unit or q.value is None or q.bound for q in parts):
        return
    total = sum((q.value or Decimal(0) for q in parts), Decimal(0))
    if total != whole.value:
        added = " + ".join(canonical(q.value or Decimal(0)) for q in parts)
        yield Finding(
            "source_conflict",
            f"Thân văn bản ghi {whole.text} {whole.unit}, nhưng chú thích {note.marker} kể ra {canonical(total)} "
            f"({added}).",
            ((chunk, (note,)),),
        )


def _two_dates(chunk: Chunk, document: Sequence[Chunk]) -> Iterator[Finding]:
    """One document number with two dates in one document, told in reading order."""
    own = {reference.number for reference in _dated(chunk)}
    said: dict[str, tuple[Chunk, Reference]] = {}
    for other in document:
        for reference in _dated(other):
            if reference.number not in own:
                continue
            where, first = said.setdefault(reference.number, (other, reference))
            one, two = _day(first), _day(reference)
            if one is None or two is None or one == two or one.year != two.year:  # numbers begin anew each year
                continue
            name = f"{reference.type or 'văn bản'} số {reference.number}"
            places = dict.fromkeys((where, other))
            yield Finding(
                "source_conflict",
                f"Nguồn ghi hai ngày cho {name}: {first.date} và {reference.date}.",
                tuple((place, place.footnotes) for place in places),
            )


def _day(reference: Reference) -> date | None:
    found = dates(reference.date)
    return found[0].day if found else None


def _dated(chunk: Chunk) -> list[Reference]:
    texts = [chunk.text, *(n.body.reading.text for n in chunk.footnotes)]
    return [reference for text in texts for reference in _dated_in(text)]


@lru_cache(maxsize=8192)
def _dated_in(text: str) -> tuple[Reference, ...]:
    """Kept, because each passage of a document is compared with all the others."""
    return tuple(reference for reference in references(text) if reference.date)


def _after_issue(chunk: Chunk, issued_on: str | None) -> Iterator[Finding]:
    """A document said to have been issued after the day of the report that names it."""
    if not issued_on or len(issued_on) != 10:
        return
    for start, end in sentences(chunk.text):
        sentence = chunk.text[start:end]
        if not re.search(r"\b(?:đã ban hành|ban hành)\b", sentence) or not references(sentence):
            continue
        for mention in dates(sentence):
            if mention.day is not None and mention.day.isoformat() > issued_on:
                printed = sentence[mention.start : mention.end].strip()
                own = "/".join(str(int(part)) for part in reversed(issued_on.split("-")))
                yield Finding(
                    "source_error",
                    f"Nguồn ghi một văn bản ban hành «{printed}», sau ngày của chính báo cáo ({own}).",
                    ((chunk, ()),),
                )


def _begins_item(text: str, reference: Reference) -> bool:
    before = text[: reference.start].rstrip()
    return not before or before.endswith(("-", "+", ";", ".", ":"))


def _parts_in_sentence(chunk: Chunk, text: str, notes: tuple[Footnote, ...]) -> Iterator[Finding]:
    """A total followed by "gồm", "cụ thể", "trong đó" or a parenthesis, and parts that add up to another."""
    found = list(quantities(text))
    for i, whole in enumerate(found):
        if whole.value is None or whole.percent or whole.bound:
            continue
        rest = [q for q in found[i + 1 :] if q.start > whole.end]
        if len(rest) < 2:
            continue
        opening = text[whole.end : rest[0].start]
        bracket = opening.count("(") == 1 and ")" not in opening
        told = re.search(r"\b(?:cụ thể|gồm|bao gồm|trong đó)\b", opening, re.I) is not None
        if not (bracket or told) or len(opening) > 160 or ". " in opening:
            continue
        stop = _closing(text, whole.end + opening.find("(") + 1) if bracket else _sentence_end(text, whole.end)
        parts = [q for q in rest if q.end <= stop]
        larger = next(
            (q for q in parts if q.value is not None and q.value > whole.value and q.unit == whole.unit), None
        )
        if larger is not None and whole.unit and "trong đó" in opening.lower() and not larger.percent:
            yield Finding(
                "source_conflict",
                f"Nguồn ghi {whole.text}{_said_noun(whole)}, nhưng trong đó lại có phần {larger.text}, lớn hơn tổng: "
                f"{', '.join(q.text for q in parts)}.",
                ((chunk, notes),),
            )
            continue
        if any(q.value is None or q.percent or q.bound for q in parts) or not _like(parts, told, bracket):
            continue
        if not told and len(parts) < 3:
            continue
        values = [q.value for q in parts if q.value is not None]
        total = sum(values, Decimal(0))
        if len(parts) < 2 or total == whole.value or not Decimal("0.5") <= total / (whole.value or 1) <= 2:
            continue
        if len(parts) == 2 and total < whole.value:
            continue  # two parts of more: "trong đó" need not tell all
        if "trong đó" in opening.lower() and total < whole.value and not bracket:
            continue
        added = " + ".join(canonical(v) for v in values)
        yield Finding(
            "source_error",
            f"Nguồn ghi tổng {whole.text}{_said_noun(whole)}, nhưng các phần cộng lại là {canonical(total)} ({added}).",
            ((chunk, notes),),
        )


def _like(parts: Sequence[Quantity], told: bool, bracket: bool) -> bool:
    """Whether figures can be parts of one whole: one unit throughout, or a list of kinds of people in a parenthesis."""
    units = {q.unit for q in parts}
    return len(units) <= 1 or (told and bracket)


def _said_noun(quantity: Quantity) -> str:
    return f" {quantity.unit}" if quantity.unit and quantity.unit != "%" else ""


def _closing(text: str, start: int) -> int:
    depth = 1
    for i in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return i
    return len(text)


def _sentence_end(text: str, at: int) -> int:
    for start, end in sentences(text):
        if start <= at < end:
            return end
    return len(text)


_RECEIVED = re.compile(r"tiếp nhận|nhận được|tổng số", re.I)
_DONE = re.compile(
    r"(?:đã\s+)?(?:xử lý|giải quyết)(?:\s+xong)?(?:\s+(?:cho|đúng hạn|trước hạn|sớm hạn|đúng và trước hạn))*", re.I
)
_LEFT = re.compile(r"còn lại|đang (?:xử lý|giải quyết|trong)|chưa (?:giải quyết|xử lý)", re.I)


def _done_and_left(chunk: Chunk) -> Iterator[Finding]:
    """Dossiers received, dealt with and left in one passage: the last two add up to the first."""
    found = [
        q for q in quantities(chunk.text) if q.value is not None and not q.percent and q.unit in ("hồ sơ", "trường hợp")
    ]
    received = next(
        (q for q in found if _RECEIVED.search(_last(q.label, 6)) and not _DONE.search(_last(q.label, 4))), None
    )
    if received is None:
        return
    after = [q for q in found if q.start > received.start]
    done = next((q for q in after if _DONE.search(q.label) and not _LEFT.search(q.label)), None)
    left = next((q for q in after if done and q.start > done.start and _LEFT.search(f"{q.label} {q.noun}")), None)
    if done is None or left is None or done.value is None or left.value is None or received.value is None:
        return
    between = [q for q in after if done.start < q.start < left.start and q.unit == done.unit]
    if between:
        return
    total = done.value + left.value
    if total > received.value:
        yield Finding(
            "source_conflict",
            f"Nguồn ghi tiếp nhận {received.text} {received.unit}, nhưng đã xử lý {done.text} và còn lại {left.text}, "
            f"cộng lại là {canonical(total)} ({canonical(done.value)} + {canonical(left.value)}).",
            ((chunk, ()),),
        )


def _last(text: str, words: int) -> str:
    return " ".join(text.split()[-words:])


def _list_total(leader: Chunk, items: Sequence[Chunk]) -> Iterator[Finding]:
    """The total that introduces a list against the first like figure of each of its items."""
    totals = [q for q in quantities(leader.text) if q.value is not None and not q.percent and q.unit]
    if len(items) < 3 or not totals:
        return
    whole = totals[-1]
    firsts = []
    for item in items:
        like = next((q for q in quantities(item.text) if q.unit == whole.unit and q.value is not None), None)
        if like is None:
            return
        firsts.append(like)
    tails = {" ".join(fold(q.label).split()[-2:]) for q in firsts}
    if len(tails) != 1 or whole.value is None:
        return
    total = sum((q.value or Decimal(0) for q in firsts), Decimal(0))
    if total != whole.value and Decimal("0.5") <= total / (whole.value or 1) <= 2:
        added = " + ".join(canonical(q.value or Decimal(0)) for q in firsts)
        yield Finding(
            "source_conflict",
            f"Nguồn ghi tổng {whole.text} {whole.unit}, nhưng các mục bên dưới cộng lại là {canonical(total)} "
            f"({added}).",
            ((leader, ()), *((item, ()) for item in items[:8])),
        )


_ENUMERATION = re.compile(r"(?:bao gồm|gồm|là)\s*:\s*", re.I)


def _enumerated(chunk: Chunk) -> Iterator[Finding]:
    """ "21 tỉnh, thành phố …, bao gồm: A, B, C" against the number of names listed."""
    text = chunk.text
    for match in _ENUMERATION.finditer(text):
        before = [q for q in quantities(text[: match.start()]) if q.value is not None and not q.percent]
        if not before or match.start() - before[-1].end > 120 or ". " in text[before[-1].end : match.start()]:
            continue
        announced = before[-1]
        end = _sentence_end(text, match.end())
        names = [n.strip(" .;") for n in re.split(r",| và ", text[match.end() : end])]
        if len(names) < 5 or any(
            not n or not n[0].isupper() or len(n.split()) > 5 or re.search(r"\d", n) for n in names
        ):
            continue
        repeated = sorted({n for n in names if names.count(n) > 1})
        if announced.value is not None and len(names) != announced.value:
            twice = f" (lặp: {', '.join(repeated)})" if repeated else ""
            yield Finding(
                "source_conflict",
                f"Nguồn ghi {announced.text}{_said_noun(announced)}, nhưng danh sách kèm theo có {len(names)} "
                f"tên{twice}.",
                ((chunk, ()),),
            )


def _impossible_dates(chunk: Chunk) -> Iterator[Finding]:
    """A date that no calendar has, or of a year that has not come."""
    for text, notes in ((chunk.text, ()), *((n.body.reading.text, (n,)) for n in chunk.footnotes)):
        for mention in dates(text):
            if mention.day is None:
                printed = text[mention.start : mention.end].strip()
                yield Finding("source_error", f"Nguồn ghi ngày không thể có: «{printed}».", ((chunk, notes),))
