"""Which figures of a passage are parts of another: behind "trong đó", "gồm", "cụ thể", in a parenthesis, out of a
total, in a list behind a colon that adds up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from vectorstore.quantities import Quantity, kin
from vectorstore.records import Span
from vectorstore.vietnamese import sentence_spans

_CUE = re.compile(r"\b(?:trong đó|(?:bao )?gồm|cụ thể|chia ra|phân ra|(?:chia|phân) theo|riêng)\b|[(:]", re.IGNORECASE)
_LISTED = re.compile(r"\s*(?:là\s*|như sau\s*)?:")
_OUT_OF = re.compile(r"[^,;:.()]{0,60}\btrên\s+(?:tổng\s+(?:số\s+)?)?$", re.IGNORECASE)
# in a parenthesis: what the figure before it is compared with, not what it consists of
_COMPARES = re.compile(
    r"\b(?:tăng|giảm|so với|so|cùng kỳ|kế hoạch|chỉ tiêu|đạt|bằng|chiếm|tỷ lệ|tương đương|quý|năm \d{4}|mức độ)\b|=",
    re.IGNORECASE,
)
# what a parenthesis is compared with, and no part of: "đạt 95%, vượt chỉ tiêu giao (90%)"
_AGAINST = re.compile(r"\b(?:so với|cùng kỳ|(?:vượt|đạt|hơn|bằng)\s+(?:mục tiêu|chỉ tiêu|kế hoạch))\b", re.IGNORECASE)
_GOES_ELSEWHERE = re.compile(r";.*\b(?:dự kiến|phấn đấu|sẽ|đồng thời|ngoài ra)\b", re.IGNORECASE)
_SAME_TIME = re.compile(r"\s*(?:so với\s+)?(?:cùng kỳ|cùng thời điểm)\b", re.IGNORECASE)
_REACH = 160
"""How many characters a whole may stand before the words that announce its parts."""


@dataclass(frozen=True, slots=True)
class _Passage:
    """A text, its figures, how many parentheses are open at each character, and its sentences."""

    text: str
    found: Sequence[Quantity]
    depths: Sequence[int]
    sentences: Sequence[Span]

    def sentence(self, at: int) -> int:
        return next((i for i, (a, b) in enumerate(self.sentences) if a <= at < b), 0)


def wholes(text: str, found: Sequence[Quantity]) -> list[int | None]:
    """For each figure of a passage the index of the one that it is a part of."""
    out: list[int | None] = [None] * len(found)
    if len(found) < 2:
        return out
    passage = _Passage(text, found, _depths(text), sentence_spans(text))
    for cue in _CUE.finditer(text):
        whole = _whole(passage, out, cue)
        if whole is None or (cue[0] == "(" and _AGAINST.search(text, found[whole].end, cue.start())):
            continue
        parts = _summing(passage, cue, whole) if cue[0] == ":" else _parts(passage, cue, whole)
        if cue[0] != ":" or all(out[i] is None and kin(found[i].unit, found[whole].unit) for i in parts):
            for i in parts:
                out[i] = whole
    for i, (one, other) in enumerate(pairwise(found)):
        if not one.percent and kin(one.unit, other.unit) and _OUT_OF.fullmatch(text[one.end : other.start]):
            out[i] = i + 1
    return out


def _depths(text: str) -> list[int]:
    out: list[int] = []
    depth = 0
    for piece in re.findall(r"[^()]+|[()]", text):
        depth = depth + 1 if piece == "(" else max(0, depth - 1) if piece == ")" else depth
        out += [depth] * len(piece)
    return out


def _whole(passage: _Passage, out: Sequence[int | None], cue: re.Match[str]) -> int | None:
    """The figure whose parts a cue announces: the last before it, or where it begins a sentence, the first whole of the
    sentence before."""
    text, found, depths = passage.text, passage.found, passage.depths
    here = passage.sentence(cue.start())
    start = passage.sentences[here][0]
    depth = depths[cue.start()] - (cue[0] == "(")
    if cue[0] not in "(:" and here and not re.search(r"\w", text[start : cue.start()]):
        before = passage.sentences[here - 1][0]
        earlier = (i for i, q in enumerate(found) if before <= q.start < start and out[i] is None)
        return next((i for i in earlier if depths[found[i].start] == depth), None)
    near = [i for i, q in enumerate(found) if start <= q.start and q.end <= cue.start() and depths[q.start] == depth]
    if not near:
        return None
    between = text[found[near[-1]].end : cue.start()]
    if len(between) > _REACH or (cue[0] == "(" and re.search(r"[;:]", between)):
        return None
    return near[-1]


def _inside(passage: _Passage, cue: re.Match[str]) -> list[int]:
    """The figures that a cue reaches: to the end of its parenthesis or of its sentence."""
    depth = passage.depths[cue.start()]
    end = passage.sentences[passage.sentence(cue.start())][1]
    end = next((i for i in range(cue.end(), end) if passage.depths[i] < depth), end)
    return [i for i, q in enumerate(passage.found) if cue.end() <= q.start < end and passage.depths[q.start] == depth]


def _parts(passage: _Passage, cue: re.Match[str], whole: int) -> list[int]:
    """The figures behind a cue that count the same as the whole, until the list ends."""
    text, of = passage.text, passage.found[whole]
    bracket = cue[0] == "("
    single = bracket or cue[0].lower() == "riêng"
    listed = _LISTED.match(text, cue.end()) is not None
    total, out = Decimal(0), []
    last = cue.end()
    for i in _inside(passage, cue):
        q = passage.found[i]
        between = text[last : q.start]
        if q.percent != of.percent:
            last = q.end
            continue  # a share beside a part
        compares = _SAME_TIME.match(between) or (not _CUE.search(between) and _COMPARES.search(between))
        if (bracket and compares) or "=" in text[q.end : q.end + 25]:
            break
        value = q.value or Decimal(0)
        if not kin(q.unit, of.unit) or (single and of.value is not None and value > of.value):
            break
        if _GOES_ELSEWHERE.search(between):
            break
        if ";" in between and not listed and of.value is not None and total + value > of.value:
            break
        out.append(i)
        total += value
        last = q.end
    summing = _summing(passage, cue, whole)
    return summing if len(summing) > len(out) else out


def _summing(passage: _Passage, cue: re.Match[str], whole: int) -> list[int]:
    """The first figures of a list, whatever they count ("9 vụ (02 tổ chức, 07 cá nhân)"), that add up to the whole."""
    inside: list[int] = []
    total = Decimal(0)
    for i in _inside(passage, cue):
        q = passage.found[i]
        if q.value is None or q.percent:
            return []
        inside.append(i)
        total += q.value
        if total == passage.found[whole].value and len(inside) > 1:
            return inside
    return []
