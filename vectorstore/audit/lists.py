"""Totals of lists and tables: what introduces a list against its items, a row of totals against the other rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import permutations

from vectorstore.audit.stretch import Stretch, added, number
from vectorstore.audit.sums import OPEN, PARTS_TOLD, facets_said
from vectorstore.quantities import parse_number, quantities
from vectorstore.records import Chunk, Finding, opens_heading
from vectorstore.vietnamese import fold

_TOLD = re.compile(
    r"\b(?:cụ thể|gồm|bao gồm|gồm có|chia|phân|theo từng|sau đây|sau|trong (?:đó|số))\b|^\W*(?:[^\W\d_]+\s?){1,4}:$",
    re.I,
)


def totals(chunks: Sequence[Chunk], told: Sequence[Stretch]) -> Iterator[Finding]:
    """The total that introduces a list against the first like figure of each of its items."""
    for leader, items in lists(chunks):
        if len(items) >= 2:
            yield from _list_total(leader, items)


def lists(chunks: Sequence[Chunk]) -> Iterator[tuple[Chunk, list[Chunk]]]:
    """Each passage that introduces a list, with the passages of the list's items."""
    of: dict[int, list[Chunk]] = {}
    for chunk in chunks:
        if chunk.lead is not None:
            of.setdefault(chunk.lead, []).append(chunk)
    before: dict[tuple[str, ...], int] = {}  # the passage right above headings that items open
    for chunk in chunks:
        if opens_heading(chunk):
            leader = before.get(chunk.section[:-1])
            if leader is not None:
                of.setdefault(leader, []).append(chunk)
        elif chunk.text.endswith(":"):
            before[chunk.section] = chunk.ordinal
    by_ordinal = {chunk.ordinal: chunk for chunk in chunks}
    for ordinal, items in of.items():
        if ordinal in by_ordinal:
            yield by_ordinal[ordinal], items


def _is_name(text: str) -> bool:
    """Whether what stands before a figure is but a name: "- Lĩnh vực Dược: "."""
    name = re.sub(r"^[a-zđ]\)\s+|^\d{1,2}[.)]\s+", "", text.strip(" -+*•.:"))
    return 0 < len(text.split()) <= 13 and re.search(r"\d|[.;()]", name) is None


def _list_total(leader: Chunk, items: Sequence[Chunk]) -> Iterator[Finding]:
    totals = [q for q in quantities(leader.text) if q.value is not None and not q.percent and q.unit]
    if not totals or totals[-1].bound:
        return
    whole = totals[-1]
    rest = leader.text[whole.end :].strip()
    if OPEN.search(rest) or not (_TOLD.search(rest) if rest.endswith(":") else "tổng" in leader.text.lower()):
        return
    firsts = []
    for item in items:
        like = next((q for q in quantities(item.text) if q.unit == whole.unit and q.value is not None), None)
        if like is None or like.bound:
            return
        firsts.append(like)
    tails = {" ".join(fold(q.label).split()[-2:]) for q in firsts}
    named = all(_is_name(item.text[: q.start]) for item, q in zip(items, firsts, strict=True))
    if (len(tails) != 1 and not named) or whole.value is None or (len(items) == 2 and not named):
        return
    values = [q.value or Decimal(0) for q in firsts]
    total = sum(values, Decimal(0))
    within = PARTS_TOLD.search(leader.text[whole.end :]) is not None
    if total == whole.value or not Decimal("0.5") <= total / (whole.value or 1) <= 2:
        return
    if within and (total < whole.value or len(facets_said(" ".join(item.text.split()[:12]) for item in items)) > 1):
        return
    yield Finding(
        "source_conflict",
        f"Nguồn ghi tổng {whole.text} {whole.unit}, nhưng các mục bên dưới cộng lại là {number(total)} "
        f"({added(values)}).",
        ((leader, ()), *((item, ()) for item in items[:8])),
    )


_TOTAL = re.compile(r"^(?:tong(?: cong| so)?|cong|toan (?:tinh|huyen|nganh|thanh pho))\W*$")
_NOT_ADDED = re.compile(r"%|ty le|binh quan|trung binh|nam|stt|\btt\b|ma |diem|xep|hang|ghi chu|ngay|thoi", re.I)


def table_totals(chunks: Sequence[Chunk], told: Sequence[Stretch]) -> Iterator[Finding]:
    """A row of totals against the rows above or below it, column by column."""
    table: list[Chunk] = []
    for chunk in [*chunks, None]:
        if chunk is not None and chunk.kind == "row" and (not table or chunk.section == table[0].section):
            table.append(chunk)
            continue
        if len(table) >= 3:
            yield from _table_total(table)
        table = [chunk] if chunk is not None and chunk.kind == "row" else []


def _table_total(table: Sequence[Chunk]) -> Iterator[Finding]:
    totals = [row for row in table if is_total(row)]
    if len(totals) != 1 or totals[0] not in (table[0], table[-1]):
        return
    (total,) = totals
    rows = [row for row in table if row is not total]
    if not _numbered(rows):
        return
    for head, cell in total.heads:
        if not head or _NOT_ADDED.search(fold(head)) or (whole := _cell(cell)) is None:
            continue
        cells = [dict(row.heads).get(head, "") for row in rows]
        if [h for h, _ in total.heads].count(head) > 1 or any(_cell(c) is None for c in cells):
            continue
        values = [_cell(c) or Decimal(0) for c in cells]
        summed = sum(values, Decimal(0))
        if summed != whole and Decimal("0.5") <= (summed or 1) / (whole or 1) <= 2:
            said = added(values) if len(values) <= 12 else f"{len(values)} dòng"
            yield Finding(
                "source_conflict",
                f"Dòng tổng của bảng ghi {cell.strip()} ở cột «{head}», nhưng các dòng cộng lại là "
                f"{number(summed)} ({said}).",
                ((total, ()), *((row, ()) for row in rows[:8])),
            )


def is_total(row: Chunk) -> bool:
    return any(_TOTAL.match(fold(cell).strip(" :*")) for _, cell in row.heads if len(cell) < 30)


def _numbered(rows: Sequence[Chunk]) -> bool:
    """Whether a table's rows are numbered from 1 on, so that none is a subtotal and none is missing."""
    first = [row.heads[0][1].strip(" .") if row.heads else "" for row in rows]
    return first == [str(n + 1) for n in range(len(rows))]


def _cell(text: str) -> Decimal | None:
    """The number that a cell is; "-" and an empty cell are none of what is counted."""
    bare = text.strip(" *")
    if bare in ("", "-", "–"):
        return Decimal(0)
    return parse_number(bare) if re.fullmatch(r"\d+(?:[.,]\d+)*", bare) else None


def table_shares(chunks: Sequence[Chunk], told: Sequence[Stretch]) -> Iterator[Finding]:
    """A column of shares that two other columns make in most rows, and in one they don't."""
    for table in ([row for row in rows if not is_total(row)] for rows in tables(chunks)):
        if not table:
            continue
        heads = [head for head, _ in table[0].heads]
        columns = {head: [number_in(row, head) for row in table] for head in heads if heads.count(head) == 1}
        for share in (head for head in columns if _SHARE.search(head)):
            before = [head for head in list(columns)[: list(columns).index(share)] if not _SHARE.search(head)][-5:]
            for part, whole in permutations(before, 2):
                yield from _wrong_shares(table, share, columns[part], columns[whole], columns[share])


_SHARE = re.compile(r"%|\b(?:tỷ|tỉ) lệ\b", re.I)

_Column = Sequence[Decimal | None]


def _wrong_shares(
    table: Sequence[Chunk], head: str, parts: _Column, wholes: _Column, shares: _Column
) -> Iterator[Finding]:
    known = 0
    wrong = []
    for row, part, whole, share in zip(table, parts, wholes, shares, strict=True):
        if part is None or not whole or share is None:
            continue
        known += 1
        if not _makes(part, whole, share):
            real = number((part / whole * 100).quantize(Decimal("0.01")))
            wrong.append((row, f"{number(part)} / {number(whole)} × 100 = {real}"))
    if known >= 4 and len(wrong) <= known // 4:
        for row, reckoned in wrong:
            printed = dict(row.heads)[head].strip()
            yield Finding("source_error", f"Bảng ghi {printed} ở cột «{head}», nhưng {reckoned}.", ((row, ()),))


def tables(chunks: Sequence[Chunk]) -> list[list[Chunk]]:
    """The rows that follow each other."""
    out: list[list[Chunk]] = []
    last = None
    for chunk in chunks:
        if chunk.kind == "row":
            if last != "row":
                out.append([])
            out[-1].append(chunk)
        last = chunk.kind
    return out


def number_in(row: Chunk, head: str) -> Decimal | None:
    cell = dict(row.heads).get(head, "").strip(" *")
    match = re.fullmatch(r"(\d+(?:[.,]\d+)*)\s*%?", cell)
    return parse_number(match[1], cell[match.end(1) :] or "%" * ("%" in head)) if match else None


def _makes(part: Decimal, whole: Decimal, share: Decimal) -> bool:
    exponent = share.as_tuple().exponent
    return abs(part / whole * 100 - share) < Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
