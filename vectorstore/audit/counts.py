"""Announced counts against what is listed: in a footnote, by name, by number, as items below."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from vectorstore.audit.lists import lists, tables
from vectorstore.audit.stretch import CAPITAL, Stretch, added, counted, figure, number
from vectorstore.quantities import Quantity, Reference, quantities, references
from vectorstore.records import Chunk, Finding, Footnote
from vectorstore.vietnamese import fold


def in_footnotes(chunks: Sequence[Chunk], told: Sequence[Stretch] = ()) -> Iterator[Finding]:
    """ "04 Tờ trình²" against the documents of that type which footnote 2 lists; "12 đơn vị⁷" against the figures of
    footnote 7."""
    for chunk in chunks:
        if chunk.kind in ("head", "signature") or not chunk.footnotes:
            continue
        for note in chunk.footnotes:
            before = _before_call(chunk, note)
            if before:
                yield from _listed(chunk, before, note)
                yield from _counted(chunk, before, note)


def _before_call(chunk: Chunk, note: Footnote) -> str:
    """What stands before the first call of a footnote, without mark-up."""
    for (start, _), marker in chunk.body.markers():
        if marker == note.marker:
            reading = chunk.body.reading
            return reading.text[max(0, reading.at(start) - 160) : reading.at(start)].rstrip()
    return ""


def _listed(chunk: Chunk, before: str, note: Footnote) -> Iterator[Finding]:
    text = note.body.reading.text
    any_kind = re.search(r"(\d{1,3})\s+(văn bản)\b[^.;:()\d]{0,60}$", before, re.I)
    match = any_kind or re.search(r"(\d{1,3})\s+([^\W\d_]+(?:\s[^\W\d_]+){0,2})$", before)
    if not match:
        return
    announced, noun = int(match[1]), fold(match[2])
    if any_kind:
        listed = _one_in_each_item(text)
    else:
        listed = [r for r in references(text) if r.type and fold(r.type) == noun and _begins_item(text, r)]
    if len(listed) >= 2 and len(listed) != announced:
        numbers = ": " + ", ".join(r.number for r in listed) if len(listed) <= 12 else ""
        yield Finding(
            "source_conflict",
            f"Thân văn bản ghi {match[1]} {match[2]}, nhưng chú thích {note.marker} liệt kê {len(listed)}{numbers}.",
            ((chunk, (note,)),),
        )


def _one_in_each_item(text: str) -> list[Reference]:
    """The documents of a list parted by ";" that names just one in each of its items, whatever their kinds; else
    none."""
    items = [references(item) for item in re.split(r";\s", text)]
    return [found[0] for found in items] if all(len(found) == 1 for found in items) else []


def _begins_item(text: str, reference: Reference) -> bool:
    before = text[: reference.start].rstrip()
    return not before or before.endswith(("-", "+", ";", ".", ":"))


_RATIO = re.compile(r"(\d+)\s?/\s?(\d+)")
_NOT_ALL = re.compile(r"\btrong (?:đó|số)\b|\b(?:chưa|vắng|trừ|không|như|ngoài)\b|…|\.\.\.", re.I)


def _counted(chunk: Chunk, before: str, note: Footnote) -> Iterator[Finding]:
    """The figure that calls a footnote against the sum of those in it, where all of them count the same thing."""
    text = note.body.reading.text
    parts = quantities(text)
    if len(parts) < 2 or any(q.percent or q.bound for q in parts) or not (called := quantities(before)):
        return
    whole = called[-1]
    ratio = _RATIO.fullmatch(whole.text)
    wholes = [Decimal(n) for n in ratio.groups()] if ratio else [whole.value] if whole.value is not None else []
    if whole.unit is None or whole.percent or whole.bound or not wholes:
        return
    between = before[whole.end :]
    near = len(between.strip()) - len(whole.unit) <= 2
    if not near and (re.search(r"[.;]\s", between) or _NOT_ALL.search(re.sub(r"\([^()]*\)", "", text))):
        return
    for values in _summed(text, whole, parts):
        total = sum(values, Decimal(0))
        if total in wholes:
            return
        if near or all(Decimal("0.7") <= total / (w or 1) <= Decimal("1.4") for w in wholes):
            yield Finding(
                "source_conflict",
                f"Thân văn bản ghi {figure(whole)}, nhưng chú thích {note.marker} kể ra {number(total)} "
                f"({added(values)}).",
                ((chunk, (note,)),),
            )
            return


def _summed(text: str, whole: Quantity, parts: Sequence[Quantity]) -> Iterator[list[Decimal]]:
    """What a footnote's figures can be added to: those of the unit, those behind names, or one side of all ratios."""
    ratios = [m for q in parts if (m := _RATIO.fullmatch(q.text))]
    if len(ratios) == len(parts) >= 4 and all(re.search(r"\d", m) for m in re.split(r"[,;]", text)):
        sides = [[Decimal(m[side]) for m in ratios] for side in (1, 2)]
        if whole.value not in [sum(side, Decimal(0)) for side in sides]:
            yield sides[0]
        return
    if any(q.value is None for q in parts):
        return
    named = len(parts) >= 3 and all(re.search(r":\s*$", text[: q.start]) for q in parts)
    if all(q.unit == whole.unit for q in parts) or (named and all(q.unit in (None, whole.unit) for q in parts)):
        yield [q.value or Decimal(0) for q in parts]


_ENUMERATION = re.compile(
    r"\b(?:bao gồm|gồm có|gồm|là)\s*:\s*"
    rf"|\b(?:bao gồm|gồm có|gồm|là)\s+(?=(?-i:{CAPITAL})|(?:xã|huyện|tỉnh|phường) (?-i:{CAPITAL}))"
    rf"|(?<=[^\W\d_]):\s*(?=(?-i:{CAPITAL}))|(?<=[^\W\d_])\s\((?=(?-i:{CAPITAL}))",
    re.I,
)
_PLACES = frozenset({"tỉnh", "huyện", "xã", "đơn vị", "bệnh viện", "trung tâm", "cơ sở", "trạm y tế"})
_PLACES_TOO = ("phường", "thị xã", "thị trấn", "thành phố", "sở", "phòng", "khoa", "chi cục")
"""What is listed by name: units, and what is none."""


def _is_listed(quantity: Quantity) -> bool:
    if quantity.value is None or quantity.bound:
        return False
    return quantity.unit in _PLACES or re.match(rf"(?:{'|'.join(_PLACES_TOO)})\b", quantity.noun, re.I) is not None


_NAME = re.compile(
    rf"(?:(?:xã|phường|thị trấn|huyện|thị xã|thành phố|tỉnh|quận)\s+)?{CAPITAL}[\w'’.]*(?:[\s–-]+[\w'’.]+){{0,6}}"
)
_AND_SO_ON = re.compile(r"…|\.\.\.|\bv\.\s?v|\bvà một số\b|\bvà các\b", re.I)


def names(stretch: Stretch) -> Iterator[Finding]:
    """ "8 tỉnh, thành phố …, bao gồm: A, B, C" against the number of names listed."""
    text, found = stretch.text, stretch.figures
    if not any(map(_is_listed, found)):
        return
    for match in _ENUMERATION.finditer(text):
        announced = next((q for q in reversed(found) if q.end <= match.start()), None)
        if announced is None or announced.value is None or not _is_listed(announced):
            continue
        between = text[announced.end : match.start()]
        colon = ":" in match[0]
        told = match[0].split()[0].lower()
        longest = 120 if colon else len(counted(announced)) + 2 if told == "là" else 60
        if len(between) > longest or re.search(r"[.;]\s", between):
            continue
        _, end = stretch.sentence(match.end())
        if "(" in match[0]:
            end = text.find(")", match.end(), end)
            if end < 0 or len(between) > len(counted(announced)) + 2:
                continue
        said = re.sub(r"\([^()]*\)", "", text[match.end() : end])
        if _AND_SO_ON.search(said) or ("," in said and ";" in said):
            continue
        if re.search(rf"\b{CAPITAL}", between):
            continue  # names before the list are others: "2 tỉnh A và B thành tỉnh C, gồm …"
        parted = _complete([n.strip(" .;:") for n in re.split(r"[,;]", said)])
        names = [n.strip(" .;:") for part in parted for n in re.split(r"\s+và\s+", part)]
        if len(parted) < 2 or not all(_NAME.fullmatch(n) for n in names) or any(re.search(r"\d", n) for n in names):
            continue
        repeated = sorted({n for n in names if names.count(n) > 1})
        if not colon and len(names) * 2 < announced.value:
            continue  # an example or two
        if not len(parted) <= announced.value <= len(names):
            twice = f" (lặp: {', '.join(repeated)})" if repeated else ""
            yield stretch.conflict(
                f"Nguồn ghi {announced.text} {counted(announced)}, nhưng danh sách kèm theo có {len(names)} tên{twice}"
            )


def _complete(parted: list[str]) -> list[str]:
    """The list as far as "và" ends it, where something else follows: "A, B và C, thu về 3 phiếu"."""
    for i, part in enumerate(parted[:-1]):
        closed = re.split(r"\s+và\s+", part)
        if len(closed) == 2 and all(_NAME.fullmatch(n) for n in closed) and not _NAME.fullmatch(parted[i + 1]):
            return parted[: i + 1]
    return parted


_COUNTED = (
    r"nhóm|nội dung|nhiệm vụ|giải pháp|mục tiêu|chỉ tiêu|tiêu chí|phần|bước|lĩnh vực|thủ tục|văn bản|kế hoạch|"
    r"quyết định|vấn đề|kiến nghị|đề xuất|yêu cầu|nguyên tắc|việc|hoạt động|tồn tại|hạn chế|nguyên nhân|tờ trình|"
    r"nghị quyết|thông tư|dự án|đề án|mô hình|sáng kiến|chương trình|đối tượng|trường hợp|hình thức|điểm|điều kiện"
)
_ANNOUNCED = re.compile(
    rf"(?<![\d.,/])(\d{{1,2}})\s+((?:{_COUNTED})(?:\s[^\W\d_]+){{0,8}}?)\s*"
    r"(?:,?\s*(?:sau đây|sau|như sau|cụ thể là|cụ thể như sau|cụ thể|bao gồm|gồm có|gồm|là|đó là))?\s*:\s*$",
    re.I,
)
_OF_PARTS = re.compile(r"(?:trong đó|như|chủ yếu|điển hình|tiêu biểu|một số|theo|tại|thuộc|với)\b", re.I)


def numbered(stretch: Stretch) -> Iterator[Finding]:
    """ "gồm 05 nhóm: (1) …; (2) …" against the numbers of the list."""
    text = stretch.text
    for match in re.finditer(r":\s*(?=(\(?)(1|i|a)(\)|\.\)))", text):
        announced = _ANNOUNCED.search(text[: match.start() + 1])
        if announced is None:
            continue
        count = _run(text[match.end() :], match[2])
        if count >= 2 and count != int(announced[1]):
            yield stretch.conflict(
                f"Nguồn ghi {announced[1]} {announced[2].strip()}, nhưng danh sách kèm theo có {count} mục"
            )


_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_LETTERS = "abcdđeghiklmnopqrstuvxy"


def _run(text: str, kind: str) -> int:
    """How far a list counts on that begins a text: "(1) … (2) … (3)" → 3."""
    at, count = 0, 0
    while True:
        if kind == "1":
            label = str(count + 1)
        else:
            series: Sequence[str] = _ROMAN if kind == "i" else _LETTERS
            label = series[count] if count < len(series) else ""
        found = re.search(rf"(?<![\w(]){re.escape(label)}\)|\({re.escape(label)}\)", text[at:]) if label else None
        if found is None:
            return count
        at += found.end()
        count += 1


_MARKED = re.compile(r"\s*(?:([-+*•–])|\(?(\d{1,2}|[a-zđ])[.)/])\s")


def below(chunks: Sequence[Chunk], told: Sequence[Stretch]) -> Iterator[Finding]:
    """ "gồm 05 nhóm nhiệm vụ sau:" against the items that follow."""
    by_ordinal = {chunk.ordinal: chunk for chunk in chunks}
    for leader, children in lists(chunks):
        announced = _ANNOUNCED.search(leader.text)
        if announced is None or _OF_PARTS.search(announced[2]) or leader.kind == "head":
            continue
        items = [(chunk, m) for chunk in children if (m := _MARKED.match(chunk.text))]
        if len(items) < 2 or len(items) != len(children) or not _one_list([m for _, m in items]):
            continue
        after = by_ordinal.get(children[-1].ordinal + 1)
        if len(items) < int(announced[1]) and not _is_over(after, leader):
            continue
        if len(items) == int(announced[1]):
            continue
        yield Finding(
            "source_conflict",
            f"Nguồn ghi {announced[1]} {announced[2].strip()}, nhưng bên dưới liệt kê {len(items)} mục.",
            ((leader, ()), *((chunk, ()) for chunk, _ in items[:8])),
        )


def _one_list(marks: Sequence[re.Match[str]]) -> bool:
    """Whether items are marked in one way, and numbers count on from the first."""
    dashes = {m[1] for m in marks}
    if None not in dashes:
        return len(dashes) == 1
    labels = [m[2] for m in marks]
    return labels in ([str(n + 1) for n in range(len(marks))], [f"{n + 1:02}" for n in range(len(marks))]) or (
        labels == list(_LETTERS[: len(marks)])
    )


def _is_over(after: Chunk | None, leader: Chunk) -> bool:
    """Whether a list can't go on in the next passage: there is none, or it stands under another heading."""
    return after is None or after.kind == "signature" or after.section != leader.section


_ANNEX = re.compile(r"\((?:[^()\d]{0,30}\s)?(?:[Pp]hụ lục|PHỤ LỤC|[Dd]anh mục)")
_IN_ANNEX = re.compile(
    rf"(?<![\d.,/])(\d{{1,3}})\s+((?:{_COUNTED})(?:\s[^\W\d_]+){{0,2}})(?:[^.;()\d]|20\d\d){{0,160}}"
    r"\((?:[^()\d]{0,30}\s)?(?:phụ lục|danh mục)\b[^()]{0,80}(?:kèm|đính)[^()]{0,30}\)",
    re.I,
)


def in_annex(chunks: Sequence[Chunk], told: Sequence[Stretch]) -> Iterator[Finding]:
    """ "05 thủ tục hành chính … (Phụ lục kèm theo)" against the rows of the table that follows."""
    announced = [(chunk, m) for chunk in chunks if _ANNEX.search(chunk.text) for m in _IN_ANNEX.finditer(chunk.text)]
    found = tables(chunks)
    if len(announced) != 1 or not found:
        return
    (chunk, match), rows = announced[0], found[0]
    numbers = [row.heads[0][1].strip(" .") for row in rows if row.heads and row.heads[0][1].strip(" .").isdigit()]
    counts_on = all(n == "1" or (i and int(n) == int(numbers[i - 1]) + 1) for i, n in enumerate(numbers))
    if rows[0].ordinal < chunk.ordinal or len(numbers) < 2 or not counts_on or len(numbers) == int(match[1]):
        return
    yield Finding(
        "source_conflict",
        f"Nguồn ghi {match[1]} {match[2].strip()}, nhưng bảng kèm theo có {len(numbers)} dòng.",
        ((chunk, ()), *((row, ()) for row in rows[:8])),
    )
