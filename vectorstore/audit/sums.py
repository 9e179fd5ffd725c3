"""Totals and their parts within a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from itertools import accumulate, pairwise

from vectorstore.audit.stretch import Stretch, added, counted, figure, number
from vectorstore.quantities import Quantity
from vectorstore.records import Finding
from vectorstore.vietnamese import read_table

_WHOLE_TOLD = re.compile(r"\b(?:cụ thể|gồm|bao gồm|gồm có|chia ra|phân ra|phân theo)\b", re.I)
PARTS_TOLD = re.compile(r"\btrong (?:đó|số đó|số này)\b", re.I)
# Words with which a list is not whole, or its figures are no parts of the total.
OPEN = re.compile(
    r"\b(?:như(?! sau)|chủ yếu|điển hình|tiêu biểu|nhất là|đặc biệt|so với|cùng kỳ|năm trước|tăng|giảm|bình quân|"
    r"trung bình|mỗi|lũy kế|kế hoạch giao|vượt|ngoài ra|bên cạnh đó)\b|…|\.\.\.|\bv\.v",
    re.I,
)
_WORTH = re.compile(r"\b(?:với (?:tổng )?số tiền|trị giá|tổng (?:trị giá|số tiền))\s*$", re.I)
"""What a part comes to in money is no part: "05 hồ sơ thu thiếu phí với số tiền 3.500.000 đồng"."""
_RANGE = re.compile(r"\s*(?:-|–|đến|tới|[x×*/:])\s*")  # "0,5 - 01 ngày", "ảnh (2 x 3)"
_BARE = re.compile(r"\s*(?:,|và)\s*")  # "phường 1, 2, 3 và 4"


def in_sentence(stretch: Stretch) -> Iterator[Finding]:
    """A total followed by "gồm", "trong đó", a colon or a parenthesis, and parts that add up to another, or are
    larger."""
    text, found = stretch.text, stretch.figures
    for i, whole in enumerate(found[:-1]):
        if whole.value is None or whole.percent or whole.bound or whole.value < 3 or not _is_count(text, whole):
            continue
        first = found[i + 1]
        opening = text[whole.end : first.start]
        if len(opening) > 160 or ". " in opening or ";" in opening.split("(")[0] or _RANGE.fullmatch(opening):
            continue
        if i and _RANGE.fullmatch(text[found[i - 1].end : whole.start]):
            continue
        bracket = opening.count("(") == opening.count(")") + 1
        told = _WHOLE_TOLD.search(opening) is not None
        within = PARTS_TOLD.search(opening) is not None
        total = _is_total(stretch, whole)
        colon = re.match(r"[^:,;.(]{0,60}:", opening) is not None and not bracket and total
        colon = colon or (re.fullmatch(r"[^:,;.(]{0,40}:\s*", opening) is not None and _like(first, whole))
        if not (bracket or told or within or colon):
            continue
        start = whole.end + opening.rfind("(") + 1 if bracket else whole.end
        stop = _closing(text, start) if bracket else _end_of_list(stretch, first)
        inside = [q for q in found[i + 1 :] if q.end <= stop and not _WORTH.search(text[: q.start])]
        parts = _of_one_depth(text, inside, start)
        region = text[start:stop]
        if not parts:
            continue
        larger = next((q for q in parts[:3] if _like(q, whole) and q.value is not None and q.value > whole.value), None)
        if within and larger is not None and not OPEN.search(text[whole.end : larger.start]):
            yield stretch.conflict(
                f"Nguồn ghi {figure(whole)}, nhưng trong đó lại có phần {larger.text}, lớn hơn tổng: "
                f"{', '.join(q.text for q in parts if _like(q, whole))}"
            )
            continue
        if OPEN.search(region) or PARTS_TOLD.search(region[first.start - start :]):
            continue
        if _adds_up(text, whole, parts, told or colon or (total and within and _joined(text, parts)), within, bracket):
            continue
        values = [q.value or Decimal(0) for q in parts]
        yield stretch.error(
            f"Nguồn ghi tổng {figure(whole)}, nhưng các phần cộng lại là {number(sum(values, Decimal(0)))} "
            f"({added(values)})"
        )


def _is_total(stretch: Stretch, whole: Quantity) -> bool:
    """Whether what is told of a figure are all its parts: of money, or of what is called a total."""
    start, _ = stretch.sentence(whole.start)
    return (whole.unit or "").endswith("đồng") or "tổng" in stretch.text[start : whole.start].lower()


def _joined(text: str, parts: Sequence[Quantity]) -> bool:
    """Whether a list ends in "và": three parts or more, all told."""
    return len(parts) >= 3 and re.search(r"\bvà\b[^,;]*$", text[parts[-2].end : parts[-1].start]) is not None


_MEASURES = frozenset({"năm", "tháng", "giờ", "phút", "lần"})


def _is_count(text: str, quantity: Quantity) -> bool:
    """Whether a figure counts things: no rate ("272 người/km²"), no average, no length of time in years and months."""
    unit = quantity.unit or ""
    if unit in _MEASURES or re.search(r"trung bình|bình quân|mật độ", quantity.label, re.I):
        return False
    return re.match(rf"\s*{re.escape(unit)}\s*/", text[quantity.end :], re.I) is None


def _like(part: Quantity, whole: Quantity) -> bool:
    if part.bound or part.unit != whole.unit:
        return False
    return part.unit is not None or (_two_words(part) is not None and _two_words(part) == _two_words(whole))


def _two_words(quantity: Quantity) -> str | None:
    """What a figure without a unit counts."""
    words = re.split(r"[^\w\s]", quantity.noun.lower())[0].split()
    return " ".join(words[:2]) if len(words) >= 2 else None


def _adds_up(text: str, whole: Quantity, parts: Sequence[Quantity], told: bool, within: bool, bracket: bool) -> bool:
    """Whether parts make up their whole, or need not."""
    if len(parts) < 2 or any(q.value is None or q.percent or q.bound for q in parts) or not whole.value:
        return True
    gaps = [text[a.end : b.start] for a, b in pairwise(parts)]
    if any(_RANGE.fullmatch(gap) or _BARE.fullmatch(gap) for gap in gaps) or not all(_is_count(text, q) for q in parts):
        return True
    few = whole.unit is None and (bracket or len(parts) < 3) and any(counted(q) for q in parts)
    if few and not (told and _is_whole_told(text, whole, parts)):
        return True
    units = {q.unit for q in parts}
    alike = _count_alike(text, whole, parts)
    if not alike and not _of_kinds(whole, parts):
        return True
    total = sum((q.value or Decimal(0) for q in parts), Decimal(0))
    if total == whole.value or not Decimal("0.5") <= total / whole.value <= 2:
        return True
    if whole.value in accumulate((q.value or Decimal(0) for q in parts), initial=Decimal(0)):
        return True  # parted twice, by kind and then by what became of them
    if len(facets_said(f"{q.label} {q.noun}" for q in parts)) > 1:
        return True  # by channel and by term: the same dossiers twice
    listed = re.split(r"[(:]|\bgồm\b|\bđó\b", text[whole.end : parts[-1].end], maxsplit=1)[-1]
    if total < whole.value and not _each_has_one(listed):
        return True
    if total > whole.value:
        return not (told or bracket or alike or None not in units)
    joined = re.search(r"\bvà\b[^,;]*$", text[parts[-2].end : parts[-1].start]) is not None
    if len(parts) == 2:
        return not (alike and (told or bracket) and not within and (joined or bracket))
    return within and not told and not (len(parts) >= 4 and joined)


def _of_kinds(whole: Quantity, parts: Sequence[Quantity]) -> bool:
    """Whether the parts are kinds of what their whole counts: 12 văn bản are 3 kế hoạch and 9 quyết định."""
    units = {q.unit for q in parts}
    return len(parts) >= 3 and any(whole.unit in kinds and units - {None} <= kinds for kinds in _kinds())


@cache
def _kinds() -> tuple[frozenset[str], ...]:
    return tuple(frozenset(row[1].split(";")) for row in read_table("kinds.tsv"))


def _count_alike(text: str, whole: Quantity, parts: Sequence[Quantity]) -> bool:
    """Whether parts count what their whole counts, by unit; bare numbers count it where its unit, or nothing, stands
    with one of them."""
    things = {counted(q) for q in parts}
    if things == {counted(whole)}:
        return True
    bare = all(q.unit == whole.unit or not counted(q) for q in parts)
    if whole.unit is None:
        return bare and things == {""} and re.match(r"\W*(?:trong|gồm|bao gồm|cụ thể)\b", whole.noun, re.I) is not None
    labelled = all(":" in text[q.start - 3 : q.start] for q in parts)
    return bare and (whole.unit in things or labelled)


def _is_whole_told(text: str, whole: Quantity, parts: Sequence[Quantity]) -> bool:
    """Whether two parts joined by "và" stand right behind "gồm": "14 trạm, gồm 10 trạm ở xã và 3 trạm ở phường"."""
    opening, last = text[whole.end : parts[0].start], text[parts[-2].end : parts[-1].start]
    return re.search(r"\bgồm\s*$", opening) is not None and re.search(r"\bvà\s*$", last) is not None


def _each_has_one(listed: str) -> bool:
    """Whether each member of a list has its figure: not "gồm Chủ tịch, 6 Phó Chủ tịch và 3 ủy viên"."""
    return all(re.search(r"\d", member) for member in re.split(r"[,;]|\bvà\b(?=\s*\d)", listed))


def facets_said(labels: Iterable[str]) -> set[str]:
    """By what parts are told apart, as far as their words say."""
    found = set()
    for label in labels:
        said = label.lower()
        found |= {facet for facet, words in _words_of_facets() if any(re.search(rf"\b{w}\b", said) for w in words)}
    return found


@cache
def _words_of_facets() -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((row[0], tuple(row[1].split(";"))) for row in read_table("facets.tsv"))


def _of_one_depth(text: str, found: Sequence[Quantity], start: int) -> list[Quantity]:
    """Those of the figures that stand in no further parenthesis."""
    out = []
    for q in found:
        before = text[start : q.start]
        if before.count("(") <= before.count(")"):
            out.append(q)
    return out


def _closing(text: str, start: int) -> int:
    depth = 1
    for i in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return i
    return len(text)


def _end_of_list(stretch: Stretch, first: Quantity) -> int:
    """Where a list ends that is told in a sentence: at its end, or at the first ";" where commas part it."""
    _, end = stretch.sentence(first.start)
    rest = stretch.text[first.end : end]
    comma, semicolon = rest.find(","), rest.find(";")
    closed = _unopened(rest)
    end = first.end + closed if closed is not None else end
    return first.end + semicolon if 0 <= comma < semicolon and first.end + semicolon < end else end


def _unopened(text: str) -> int | None:
    """Where a parenthesis closes that was opened before the text."""
    depth = 0
    for i, char in enumerate(text):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth < 0:
            return i
    return None
