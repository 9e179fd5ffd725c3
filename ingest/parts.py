"""Which figures of a passage are parts of another: behind "trong đó", "gồm", "cụ thể", in a parenthesis, out of a total."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from vectorstore.quantities import Quantity, kin
from vectorstore.vietnamese import sentence_spans

_CUE = re.compile(r"\b(?:trong đó|(?:bao )?gồm|cụ thể|chia ra|phân ra)\b|\(", re.IGNORECASE)
_OUT_OF = re.compile(r"[^,;:.()]{0,60}\btrên\s+(?:tổng\s+(?:số\s+)?)?$", re.IGNORECASE)
# in a parenthesis: what the figure before it is compared with, not what it consists of
_COMPARES = re.compile(
    r"\b(?:tăng|giảm|so với|so|cùng kỳ|kế hoạch|chỉ tiêu|đạt|bằng|chiếm|tỷ lệ|tương đương|quý|năm \d{4}|mức độ)\b|=",
    re.IGNORECASE,
)
_REACH = 160
"""How many characters a whole may stand before the words that announce its parts."""


def wholes(text: str, found: Sequence[Quantity]) -> list[int | None]:
    """For each figure of a passage the index of the one that it is a part of."""
    out: list[int | None] = [None] * len(found)
    if len(found) < 2:
        return out
    depths = _depths(text)
    spans = sentence_spans(text)
    for cue in _CUE.finditer(text):
        whole = _whole(text, found, out, depths, spans, cue)
        if whole is not None:
            for i in _parts(text, found, depths, spans, cue, whole):
                out[i] = whole
    for i, (one, other) in enumerate(zip(found, found[1:], strict=False)):
        if not one.percent and kin(one.unit, other.unit) and _OUT_OF.fullmatch(text[one.end : other.start]):
            out[i] = i + 1
    return out


def _depths(text: str) -> list[int]:
    """How many parentheses are open at each character."""
    out, depth = [], 0
    for piece in re.findall(r"[^()]+|[()]", text):
        depth = depth + 1 if piece == "(" else max(0, depth - 1) if piece == ")" else depth
        out += [depth] * len(piece)
    return out


def _whole(
    text: str,
    found: Sequence[Quantity],
    out: Sequence[int | None],
    depths: Sequence[int],
    spans: Sequence[tuple[int, int]],
    cue: re.Match[str],
) -> int | None:
    """The figure whose parts a cue announces: the last before it, or that of the sentence before where it begins one."""
    here = next((i for i, (a, b) in enumerate(spans) if a <= cue.start() < b), 0)
    start = spans[here][0]
    depth = depths[cue.start()] - (cue[0] == "(")
    if cue[0] != "(" and here and not re.search(r"\w", text[start : cue.start()]):
        earlier = [i for i, q in enumerate(found) if spans[here - 1][0] <= q.start < start and out[i] is None]
        outer = [i for i in earlier if depths[found[i].start] == depth]
        return outer[0] if outer else None
    near = [i for i, q in enumerate(found) if start <= q.start and q.end <= cue.start() and depths[q.start] == depth]
    if not near:
        return None
    between = text[found[near[-1]].end : cue.start()]
    if len(between) > _REACH or (cue[0] == "(" and re.search(r"[;:]", between)):
        return None
    return near[-1]


def _parts(
    text: str,
    found: Sequence[Quantity],
    depths: Sequence[int],
    spans: Sequence[tuple[int, int]],
    cue: re.Match[str],
    whole: int,
) -> list[int]:
    """The figures behind a cue that count the same as the whole, until the list ends."""
    bracket = cue[0] == "("
    listed = re.match(r"\s*(?:là\s*|như sau\s*)?:", text[cue.end() :]) is not None
    depth = depths[cue.start()]
    end = next((b for a, b in spans if a <= cue.start() < b), len(text))
    end = next((i for i in range(cue.end(), end) if depths[i] < depth), end)
    total, out = Decimal(0), []
    last = cue.end()
    for i, q in enumerate(found):
        if q.start < cue.end() or q.start >= end or depths[q.start] != depth:
            continue
        between = text[last : q.start]
        if q.percent != found[whole].percent:
            continue  # a share beside a part
        if (bracket and not _CUE.search(between) and _COMPARES.search(between)) or "=" in text[q.end : q.end + 25]:
            break
        value = q.value or Decimal(0)
        of = found[whole].value
        if not kin(q.unit, found[whole].unit) or (bracket and of is not None and value > of):
            break
        if ";" in between and not listed and of is not None and total + value > of:
            break
        out.append(i)
        total += value
        last = q.end
    summing = _summing(found, depths, cue.end(), end, depth, whole)
    return summing if len(summing) > len(out) else out


def _summing(
    found: Sequence[Quantity], depths: Sequence[int], start: int, end: int, depth: int, whole: int
) -> list[int]:
    """All the figures of a list that count other things ("12 vụ (04 tổ chức, 08 cá nhân)") but add up to the whole."""
    inside = [i for i, q in enumerate(found) if start <= q.start < end and depths[q.start] == depth]
    values = [found[i].value for i in inside if not found[i].percent]
    total = sum((value for value in values if value is not None), Decimal(0))
    return inside if len(inside) == len(values) > 1 and total == found[whole].value else []
