"""Shares and changes that are printed beside the figures which they are reckoned from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from vectorstore.audit.stretch import Stretch, at, counted, figure, number
from vectorstore.quantities import Quantity, parse_number
from vectorstore.records import Chunk, Finding

_RATIO = re.compile(r"(\d+(?:[.,]\d+)*)\s?/\s?(\d+(?:[.,]\d+)*)")
_SHARE_TOLD = re.compile(
    r"(?:[^,;:(]*(?:\((?:đạt |chiếm )?|,\s*đạt|,\s*(?:với )?(?:tỷ|tỉ) lệ)"
    r"|[^,;:(]*,\s*(?:chiếm|tương đương|tương ứng|bằng)"
    r"|\s*(?:[^\s,;:(]+\s+){0,6}(?:đạt (?:tỷ|tỉ) lệ|chiếm|tương đương|tương ứng))(?:\s*(?:tỷ|tỉ) lệ)?(?: là)?\s*",
    re.I,
)
_SHARE_TOLD_LATE = re.compile(r"[^,;:(]{0,120}\b(?:đạt|chiếm) (?:tỷ|tỉ) lệ\s*", re.I)
_OUT_OF = re.compile(r"\btrên(?: tổng(?: số)?)?\s*$|\b(?:trong|so với) tổng(?: số)?\s*$", re.I)
_OF_WHICH = re.compile(r"\btrong (?:đó|số đó)\b", re.I)
# What a share may be reckoned from instead.
_OF_ELSE = re.compile(
    r"^\s*[%)]*\s*(?:trên\b|so (?:với|sánh)|kế hoạch|KH\b|chỉ tiêu|dự toán|cùng kỳ|mục tiêu|tổng (?:số )?(?!hồ sơ)|"
    r"của\b|số\b)",
    re.I,
)


def shares(stretch: Stretch) -> Iterator[Finding]:
    """ "98/120 hồ sơ (85%)", "48 trên 150 thủ tục, đạt 32%", "640 hồ sơ, trong đó 320 hồ sơ …, chiếm 50%"."""
    found = stretch.figures
    for i, share in enumerate(found):
        if not share.percent or share.bound or share.value is None:
            continue
        pair = _reckoned_from(stretch, found, i)
        if pair is None or pair[1] == 0:
            continue
        part, whole, said = pair
        if whole < 5 and "/" in said:
            continue  # "1/3 dân số (32,8%)" is a round word for the share
        real = part / whole * 100
        if part <= whole and abs(real - share.value) >= _last_place(share.text):
            yield stretch.error(
                f"Nguồn ghi {said} là {share.text}%, nhưng {number(part)} / {number(whole)} × 100 = "
                f"{_rounded(real, share.text)}"
            )


def _reckoned_from(stretch: Stretch, found: Sequence[Quantity], i: int) -> tuple[Decimal, Decimal, str] | None:
    """Part and whole of a share, and how they are printed, where its form tells."""
    text, share = stretch.text, found[i]
    behind = text[share.end : share.end + 30]
    if i + 1 < len(found) and re.fullmatch(r"\s*%?\s*\(\s*", text[share.end : found[i + 1].start]):
        after = found[i + 1]
        if (ratio := _ratio(after)) and re.match(r"[^(),;]{0,40}\)", text[after.end :]):
            return (*ratio, after.text)
    if not i or _OF_ELSE.match(behind):
        return None
    near = found[i - 1]
    gap = re.sub(r"\([^()]*\)", "", text[near.end : share.start])
    told = _SHARE_TOLD.fullmatch(gap) is not None
    if len(gap) > 130 or re.search(r"[.;]\s", gap) or not (told or _SHARE_TOLD_LATE.fullmatch(gap)):
        return None
    if ratio := _ratio(near):
        return (*ratio, near.text) if told else None
    if i < 2 or near.value is None or near.bound or near.percent:
        return None
    far = found[i - 2]
    between = text[far.end : near.start]
    if far.value is None or far.bound or counted(far) != counted(near) or counted(far) == "tuổi":
        return None
    if re.search(r"[.;]\s", between):
        return None
    if _OUT_OF.search(between):
        return far.value, near.value, f"{far.text} trên {near.text} {_named(near)}"
    if told and far.unit and _OF_WHICH.search(between) and re.search(r"\b(?:chiếm|tỷ lệ|tỉ lệ)\b|\(\s*$", gap, re.I):
        return near.value, far.value, f"{near.text} trong {far.text} {_named(far)}"
    return None


def _named(quantity: Quantity) -> str:
    """The unit of a figure, or the words behind it."""
    return quantity.unit or " ".join(quantity.noun.split()[:2])


def _ratio(quantity: Quantity) -> tuple[Decimal, Decimal] | None:
    match = _RATIO.fullmatch(quantity.text)
    if match is None or quantity.value is not None:
        return None
    part, whole = parse_number(match[1]), parse_number(match[2])
    return (part, whole) if part is not None and whole is not None else None


def _last_place(text: str) -> Decimal:
    """One unit of the last decimal printed: a share may be rounded or cut off."""
    decimals = len(re.split(r"[.,]", text)[1]) if re.search(r"[.,]", text) else 0
    return Decimal(1).scaleb(-decimals)


def _rounded(value: Decimal, like: str) -> str:
    return number(value.quantize(min(_last_place(like), Decimal("0.1"))))


_TO = re.compile(r"\b(?:xuống còn|xuống|còn|lên đến|lên tới|lên|thành)\s*$", re.I)
_BY = re.compile(r"\b(?:giảm|tăng|cắt giảm|rút ngắn|tiết kiệm)(?: được| thêm| đi)?\s*$", re.I)
_YEAR_BETWEEN = re.compile(r"^\s*%?\s*[,;]?\s*(?:và\s*)?(?:đến\s*)?năm \d{4}\s*(?:đạt|là|lên|tăng lên)?\s*$", re.I)
# "đạt 85,5 điểm, tăng 3,2 điểm so với năm 2021 (80,5 điểm)"
_SINCE = re.compile(
    r"\s*%?\s*(?:[^\W\d_]+\s){0,2}so với (?:cùng kỳ )?(?:năm \d{4}|năm trước|cùng kỳ)\s*\((?:đạt |là )?\s*", re.I
)
_COMPARED = re.compile(r"^\s*%?\s*(?:\w+\s){0,3}so (?:với|sánh)", re.I)


def changes(stretch: Stretch) -> Iterator[Finding]:
    """ "từ 120 trạm còn 95 trạm, giảm 25 trạm", "giảm 2 ngày (từ 5 ngày xuống 3 ngày)"."""
    text, found = stretch.text, stretch.figures
    for a, b, c in zip(found, found[1:], found[2:], strict=False):
        first, second = text[a.end : b.start], text[b.end : c.start]
        if max(len(first), len(second)) > 80 or re.search(r"[.;]\s", first + second):
            continue
        if (_TO.search(first) or _YEAR_BETWEEN.match(first)) and _BY.search(second):
            if _YEAR_BETWEEN.match(first) and (not a.percent or _COMPARED.match(text[c.end :])):
                continue
            if c.percent and not a.percent and not _FROM_TO.search(text[: a.start]):
                continue  # "3 ha …, còn 1 ha được giảm 50%"
            yield from _changed(stretch, a, b, c)
        elif _BY.search(first) and _SINCE.fullmatch(second):
            yield from _changed(stretch, c, a, b)
        elif _BY.search(text[: a.start]) and _FROM.match(first) and _TO.search(second):
            yield from _changed(stretch, b, c, a)


_FROM = re.compile(r"\s*(?:[^\s\d,;(]+\s*){0,4}[,(]?\s*từ\s*$", re.I)


def _changed(stretch: Stretch, before: Quantity, after: Quantity, by: Quantity) -> Iterator[Finding]:
    if before.value is None or after.value is None or by.value is None or by.bound or after.bound:
        return
    if not _same_unit(before, after) or before.value == after.value:
        return
    change = abs(before.value - after.value)
    relative = change / before.value * 100 if before.value else Decimal(0)
    if by.unit == "lần":
        return
    if by.percent and (abs(relative - by.value) < _last_place(by.text) or (before.percent and change == by.value)):
        return
    if not by.percent and (not _same_unit(after, by) or change == by.value):
        return
    if by.percent and not before.percent:
        reckoned = f"{number(change)} / {number(before.value)} × 100 = {_rounded(relative, by.text)}"
    else:
        larger, smaller = max(before.value, after.value), min(before.value, after.value)
        reckoned = f"{number(larger)} - {number(smaller)} = {number(change)}"
    yield stretch.error(
        f"Nguồn ghi từ {_shown(before)} thành {_shown(after)} là thay đổi {_shown(by)}, nhưng {reckoned}"
    )


def _same_unit(one: Quantity, other: Quantity) -> bool:
    return counted(one) == counted(other) != "" and one.unit != "lần"


_RANKS = re.compile(
    r"\b(tăng|giảm|lên|tụt|xuống) (\d{1,2}) bậc[^.;\d]{0,30}\btừ (?:vị trí |hạng |thứ |xếp )+(\d{1,2})"
    r"[^.;\d]{0,20}(?:lên|xuống|thành) (?:vị trí |hạng |thứ )+(\d{1,2})(?![\d/])",
    re.I,
)


def ranks(stretch: Stretch) -> Iterator[Finding]:
    """ "tăng 5 bậc, từ hạng 9 lên hạng 4"."""
    for match in _RANKS.finditer(stretch.text) if "bậc" in stretch.text else ():
        by, before, after = (int(n) for n in match.groups()[1:])
        if abs(before - after) != by:
            yield stretch.error(
                f"Nguồn ghi từ hạng {before} thành hạng {after} là {match[1].lower()} {by} bậc, nhưng chênh lệch là "
                f"{abs(before - after)}"
            )


def _shown(quantity: Quantity) -> str:
    return figure(quantity) if quantity.unit else f"{quantity.text} {counted(quantity)}"


_FROM_TO = re.compile(r"\btừ\s*$", re.I)
_REDUCED = re.compile(r"\b(?:giảm|rút ngắn|cắt giảm)(?: được)?\s*$", re.I)


def saved(chunks: Sequence[Chunk], told: Sequence[Stretch]) -> Iterator[Finding]:
    """ "từ 08 ngày làm việc còn 05 ngày làm việc", and some lines below "Giảm được 02 ngày làm việc": the lines of one
    proposal."""
    said: list[tuple[Stretch, Quantity, Quantity]] = []
    group: tuple[str, ...] = ()
    for stretch in told:
        if stretch.notes:
            continue
        outer = stretch.chunk.section[:-1]
        if outer != group or not stretch.chunk.section or _begins_anew(stretch.chunk, said):
            said, group = [], outer
        found, text = stretch.figures, stretch.text
        for a, b in pairwise(found):
            if _FROM_TO.search(text[: a.start]) and _TO.search(text[a.end : b.start]) and a.unit == b.unit and a.unit:
                said.append((stretch, a, b))
        if len(said) and said[-1][0] is not stretch and found and _REDUCED.search(text[: found[0].start]):
            by = found[0]
            where, before, after = said[-1]
            pairs = {(x.value, y.value) for _, x, y in said if x.unit == by.unit}
            if len(pairs) == 1 and by.unit == before.unit and None not in (before.value, after.value, by.value):
                change = (before.value or Decimal(0)) - (after.value or Decimal(0))
                if change > 0 and change != by.value and len(text[: found[0].start].split()) <= 4:
                    yield Finding(
                        "source_conflict",
                        f"Nguồn ghi giảm từ {figure(before)} còn {figure(after)}, tức {number(change)} {by.unit} "
                        f"({number(before.value or Decimal(0))} - {number(after.value or Decimal(0))}), nhưng "
                        f"bên dưới ghi giảm {figure(by)}{at(stretch.chunk)}.",
                        ((where.chunk, ()), (stretch.chunk, ())),
                    )
            said = []


def _begins_anew(chunk: Chunk, said: Sequence[tuple[Stretch, Quantity, Quantity]]) -> bool:
    return bool(said) and chunk.ordinal - said[-1][0].chunk.ordinal > 8


_COSTS = (
    ("before", re.compile(r"\btrước (?:khi )?(?:đơn giản|cắt giảm|sửa đổi|thực hiện)", re.I)),
    ("after", re.compile(r"\bsau (?:khi )?(?:đơn giản|cắt giảm|sửa đổi|thực hiện)", re.I)),
    ("share", re.compile(r"\b(?:tỷ|tỉ) lệ (?:cắt giảm|tiết kiệm)", re.I)),
    ("saved", re.compile(r"\btiết kiệm", re.I)),
)


def costs(chunks: Sequence[Chunk], told: Sequence[Stretch]) -> Iterator[Finding]:
    """What a procedure costs before and after it is made simpler, what that saves, and the share, line by line."""
    said: dict[str, tuple[Stretch, Quantity]] = {}
    for stretch in told:
        if not any(word in stretch.text for word in ("hi phí", "iết kiệm", "ắt giảm")):
            continue
        found = stretch.figures
        name = next((name for name, pattern in _COSTS if pattern.search(stretch.text)), None)
        if stretch.notes or name is None or not found or not _is_cost(name, found[-1]):
            continue
        if name == "before" or (said and stretch.chunk.section != said["before"][0].chunk.section):
            said = {}
        if name == "before" or "before" in said:
            said.setdefault(name, (stretch, found[-1]))
        if len(said) >= 3 and name in ("saved", "share"):
            yield from _cost(said, name)


def _is_cost(name: str, quantity: Quantity) -> bool:
    wanted = quantity.percent if name == "share" else (quantity.unit or "").endswith("đồng")
    return wanted and quantity.value is not None and not quantity.bound


def _cost(said: dict[str, tuple[Stretch, Quantity]], name: str) -> Iterator[Finding]:
    values = {key: q.value or Decimal(0) for key, (_, q) in said.items()}
    _, told = said[name]
    units = {q.unit for key, (_, q) in said.items() if key != "share"}
    if "after" not in values or len(units) > 1 or not values["before"] > values["after"]:
        return
    change = values["before"] - values["after"]
    if name == "saved" and change != values["saved"]:
        reckoned = f"{number(values['before'])} - {number(values['after'])} = {number(change)} {told.unit}"
    elif name == "share" and abs(change / values["before"] * 100 - values["share"]) >= _last_place(told.text):
        share = _rounded(change / values["before"] * 100, told.text)
        reckoned = f"{number(change)} / {number(values['before'])} × 100 = {share}%"
    else:
        return
    yield Finding(
        "source_error",
        f"Nguồn ghi tiết kiệm {figure(told)}, nhưng {reckoned}.",
        tuple((stretch.chunk, ()) for stretch, _ in said.values()),
    )
