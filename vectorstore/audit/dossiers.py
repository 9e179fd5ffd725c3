"""Dossiers, tasks and petitions: those received, dealt with in time and late, cancelled, and left."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from vectorstore.audit.stretch import Stretch, added, figure, number
from vectorstore.quantities import Quantity
from vectorstore.records import Finding

_DOSSIERS = frozenset({"hồ sơ", "trường hợp", "đơn", "vụ", "vụ việc", "nhiệm vụ", "ý kiến"})
_STATES = (
    ("carried", re.compile(r"kỳ trước|chuyển (?:sang|qua|kỳ)|tồn (?:đọng|kỳ)|từ trước", re.I)),
    ("channel", re.compile(r"trực tuyến|trực tiếp|bưu chính|qua mạng|mức độ", re.I)),
    (
        "cancelled",
        re.compile(r"\b(?:hủy|huỷ|rút|trả lại|từ chối|không đủ điều kiện|không giải quyết|tạm dừng)\b", re.I),
    ),
    ("pending", re.compile(r"\b(?:đang|chưa (?:giải quyết|xử lý|đến hạn|hoàn thành)|còn lại|còn)\b", re.I)),
    ("late", re.compile(r"(?:trễ|quá|chậm|muộn) (?:hạn|hẹn)|\btrễ\b", re.I)),
    ("in time", re.compile(r"(?:đúng|sớm|trước) (?:và (?:đúng|sớm|trước) )?(?:hạn|hẹn)|(?:đúng|trước|sớm),? ", re.I)),
)
_DONE = re.compile(r"(?:giải quyết|xử lý|hoàn thành)(?: xong)?", re.I)
_DEALT = re.compile(r"giải quyết|xử lý|hoàn thành|hạn\b|hẹn\b", re.I)
_RECEIVED = re.compile(r"tiếp nhận|nhận được|tổng số|\bnhận\b|phải giải quyết|được giao|\bgiao\b", re.I)
_BOTH = re.compile(r"tiếp nhận(?:,| và| để)* (?:thụ lý,? )?(?:đã )?(?:giải quyết|xử lý)|tiếp nhận, giải quyết", re.I)


def dealt_with(stretch: Stretch) -> Iterator[Finding]:
    """Dossiers received, dealt with and left in one passage; those dealt with, in time and late."""
    found = stretch.figures
    if sum(q.unit in _DOSSIERS for q in found) < 2 or _DEALT.search(stretch.text) is None:
        return
    told = [(q, _state(stretch.text, q, before)) for q, before in _followed(found)]
    told = [
        (q, state) for q, state in told if q.value is not None and not q.bound and (q.unit in _DOSSIERS or not q.unit)
    ]
    for i, (received, state) in enumerate(told):
        if received.unit not in _DOSSIERS or not (state == "received" or _is_divided(stretch, told[i : i + 3])):
            continue
        end = next((j for j in range(i + 1, len(told)) if told[j][1] == "received"), len(told))
        group = [(q, s) for q, s in told[i + 1 : end] if q.unit in (received.unit, None)]
        yield from _left(stretch, received, group)
        yield from _in_time(stretch, group)


def _followed(found: Sequence[Quantity]) -> Iterator[tuple[Quantity, int]]:
    before = 0
    for q in found:
        yield q, before
        before = q.end


def _state(text: str, q: Quantity, before: int) -> str:
    """What became of the dossiers that a figure counts, by the words of its own clause."""
    gap = text[before : q.start]
    *others, gap = re.split(r"[.;()]\s", gap)
    if before and not others and (edge := re.search(r"[,;:]", gap)) and edge.end() < len(gap.rstrip()):
        gap = gap[edge.end() :]
    near = re.split(r"[,;.()]", q.noun)[0]
    if _BOTH.search(gap):
        return ""  # "tiếp nhận và giải quyết xong 375 hồ sơ"
    for said in (gap, near):
        for state, pattern in _STATES:
            if pattern.search(said):
                return state
        done, received = (max((m.end() for m in p.finditer(said)), default=0) for p in (_DONE, _RECEIVED))
        if done or (received and said is gap):
            return "done" if done > received else "received"
    return ""


def _is_divided(stretch: Stretch, told: Sequence[tuple[Quantity, str]]) -> bool:
    """Whether a figure is followed by what is done of it and what "còn" is not, in one sentence."""
    if [state for _, state in told][:1] != [""] or [s in ("done", "in time") for _, s in told[1:2]] != [True]:
        return False
    if len(told) < 3 or told[2][1] != "pending":
        return False
    between = stretch.text[told[0][0].end : told[2][0].start]
    return re.search(r"[.]\s", between) is None and re.search(r"\bcòn(?: lại)?\s*$", between, re.I) is not None


def _left(stretch: Stretch, received: Quantity, group: Sequence[tuple[Quantity, str]]) -> Iterator[Finding]:
    """Those dealt with, cancelled and left are those received."""
    states = {state for _, state in group}
    done = next((q for q, state in group if state == "done"), None)
    first = "done" if done is not None else "in time"
    dealt = done or next((q for q, state in group if state == first), None)
    if dealt is None or received.value is None:
        return
    if "carried" in states and not _before_brackets(stretch.text, received, group):
        return
    rest = ("pending", "cancelled") if done is not None else ("in time", "late", "pending", "cancelled")
    parts = [(dealt, first)] + [(q, s) for q, s in group if s in rest and q.start > dealt.start]
    pending = next((q for q, state in parts if state == "pending"), None)
    if pending is None and not (done is None and len(parts) >= 3):
        return
    total = sum((q.value or Decimal(0) for q, _ in parts), Decimal(0))
    given = [q for q, _ in group if q.end <= dealt.start and q.unit == received.unit]
    if given and sum((q.value or Decimal(0) for q in given), received.value) == total:
        return  # given to several, told together of what became of it
    left = pending is not None and re.search(r"\bcòn(?: lại)?\b", stretch.text[dealt.end : pending.start]) is not None
    short = pending is not None and ("cancelled" in states or (left and len(parts) == 2))
    if total > received.value or (short and total < received.value):
        others = ", ".join(q.text for q, _ in parts[1:])
        yield stretch.conflict(
            f"Nguồn ghi tiếp nhận {figure(received)}, nhưng đã xử lý {dealt.text} và còn lại {others}, cộng lại là "
            f"{number(total)} ({added(q.value or Decimal(0) for q, _ in parts)})"
        )


def _before_brackets(text: str, received: Quantity, group: Sequence[tuple[Quantity, str]]) -> bool:
    """Whether what was carried over is told as a part of what was received: "247 (trực tuyến: …, kỳ trước: 13)"."""
    carried = next(q for q, s in group if s == "carried")
    between = text[received.end : carried.start]
    return between.count("(") == between.count(")") + 1


def _in_time(stretch: Stretch, group: Sequence[tuple[Quantity, str]]) -> Iterator[Finding]:
    """Those dealt with are in time or late."""
    at = next((i for i, (_, s) in enumerate(group) if s == "done"), None)
    if at is None:
        return
    done = group[at][0]
    parts = []
    for q, s in group[at + 1 :]:
        if s not in ("in time", "late"):
            break
        parts.append((q, s))
    total = sum((q.value or Decimal(0) for q, _ in parts), Decimal(0))
    kinds = {s for _, s in parts}
    if done.value is None or not parts or total == done.value:
        return
    opening = stretch.text[done.end : parts[0][0].start]
    if total > done.value and (re.search(r"\btrong (?:đó|số)\b", opening, re.I) or "(" in opening):
        return  # said of the sentence
    if total > done.value or kinds == {"in time", "late"}:
        yield stretch.conflict(
            f"Nguồn ghi đã giải quyết {figure(done)}, nhưng số đúng hạn và trễ hạn cộng lại là {number(total)} "
            f"({added(q.value or Decimal(0) for q, _ in parts)})"
        )
