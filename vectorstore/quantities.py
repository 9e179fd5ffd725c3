"""What is written as a figure: numbers with their unit, bound and neighbours, and references to documents.

The same reading serves the library, the question and the check of an answer's figures, so that "1.852" is 1852
and "97,7" is 97.7 everywhere. Rules of the number forms: a comma or point before exactly three digits is a thousands
mark unless what stands behind is a percentage or a unit that is measured in parts ("điểm"), or the lead is zero.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache

from vectorstore.periods import dates
from vectorstore.vietnamese import abbreviations, fold, has_diacritics, read_table

NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_THOUSANDS_POINT = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_THOUSANDS_COMMA = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_PARTS = re.compile(r"\s*(?:%|‰|điểm|diem|phần trăm|phan tram)")


def parse_number(text: str, after: str = "") -> Decimal | None:
    """The value of a number as printed: "1.852" → 1852, "97,7" → 97.7, "03" → 3, "61.800.000" → 61800000.

    `after` is what follows it: "25,125%" keeps its three decimals. None when it is no single number ("16/6", "2.4.3").
    """
    parts = bool(_PARTS.match(after))
    single = len(re.findall(r"[.,]", text)) == 1
    if not (parts and single) and not text.startswith("0"):
        if _THOUSANDS_POINT.fullmatch(text):
            return Decimal(text.replace(".", "").replace(",", "."))
        if _THOUSANDS_COMMA.fullmatch(text):
            return Decimal(text.replace(",", ""))
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None


def canonical(value: Decimal) -> str:
    """One spelling of a value for comparing: no exponent, no trailing zeros."""
    plain = format(value, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in ("-0", "") else plain


def figures(text: str) -> set[str]:
    """Every number written in `text`, in canonical spelling (numbers within dates and document numbers too)."""
    out = set()
    for match in NUMBER.finditer(text):
        value = parse_number(match[0], text[match.end() : match.end() + 12])
        if value is not None:
            out.add(canonical(value))
        else:
            out.update(canonical(Decimal(part)) for part in re.findall(r"\d+", match[0]))
    return out


@dataclass(frozen=True, slots=True)
class Reference:
    """A document named in a text: "Quyết định số 554/QĐ-UBND ngày 8/3/2022 về phê duyệt …"."""

    type: str
    number: str
    date: str
    about: str
    start: int
    end: int


def document_types() -> tuple[str, ...]:
    """Names of document types, longest first."""
    return tuple(sorted((row[0] for row in read_table("document_types.tsv")), key=len, reverse=True))


_TYPES = "|".join(re.escape(t).replace(r"\ ", r"\s+") for t in document_types())
_NUMBER_OF_DOCUMENT = r"(?<!\d)\d+[a-zđ]?(?:/\d{4})?\s?[/-]\s?[A-ZĐa-z]{1,6}(?:\s?[-–/&]\s?[A-ZĐƯa-z0-9&]{1,12}){0,4}"
_MAY_BE_NUMBER = re.compile(r"\d[a-zđ]?\s?[/-]\s?[a-zđ]", re.IGNORECASE)  # most texts have none, and are read at once
_REFERENCE = re.compile(
    rf"(?:(?P<type>{_TYPES})\s*)?(?:(?:số|Số|SỐ)\s{{0,3}}:?\s{{0,3}})?(?P<number>{_NUMBER_OF_DOCUMENT})"
    r"(?P<date>\s{0,3},?\s{0,3}(?:ngày\s+)?(?:\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{1,2}\s+tháng\s+\d{1,2}\s+năm\s+\d{4}))?",
    re.IGNORECASE,
)
_SHORT_REFERENCE = re.compile(rf"(?P<type>{_TYPES})\s+(?:số\s+)?(?P<number>\d{{1,5}})(?![\d./,-])", re.IGNORECASE)
_CODED = re.compile(r"[A-ZĐ]{2}|[A-ZĐ]-|-[A-ZĐ]")


def references(text: str) -> list[Reference]:
    """The documents named in `text`. `about` runs to the next reference or the end of the clause."""
    return list(_references_of(text)) if _MAY_BE_NUMBER.search(text) else []


@lru_cache(maxsize=8192)
def _references_of(text: str) -> tuple[Reference, ...]:
    """Kept, because figures, audit and answers look at the same stretches."""
    matches = [m for m in _REFERENCE.finditer(text) if _CODED.search(m["number"]) and not _is_fraction(m["number"])]
    out = []
    for i, m in enumerate(matches):
        stop = matches[i + 1].start() if i + 1 < len(matches) else len(text)
        tail = re.match(r"[^;.\n]*", text[m.end() : stop])
        about = (tail[0] if tail else "").strip(" ,:–-")
        number = re.sub(r"\s*([/–-])\s*", r"\1", m["number"])
        out.append(
            Reference(
                (m["type"] or "").strip(),
                number,
                re.sub(r"^\s*,?\s*(?:ngày\s+)?", "", m["date"] or ""),
                about,
                m.start(),
                m.end(),
            )
        )
    return tuple(out)


def _is_fraction(number: str) -> bool:
    return re.fullmatch(r"\d+\s?/\s?\d+", number) is not None


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure in a text. `value` is None when `text` is no single number ("10/10"); `label` is what stands before it
    in its clause, `noun` what follows it (its unit and what is counted)."""

    text: str
    value: Decimal | None
    unit: str | None
    bound: str | None
    label: str
    noun: str
    start: int
    end: int

    @property
    def percent(self) -> bool:
        return self.unit == "%"


_FIGURE = re.compile(r"\d+(?:[.,]\d+)*(?:\s?/\s?\d+(?:[.,]\d+)*)?")
# "40 - 50 công chức", "80-90%": one figure, and no single number
_RANGE = re.compile(r"(?<![\d.,/-])\d{1,6}(?:,\d+)?\s?[-–]\s?\d{1,6}(?:,\d+)?(?![\d.,/-]*\d)(?P<percent>(?=\s?%))?")
_MAY_BE_RANGE = re.compile(r"\d\s?[-–]\s?\d")
_CLAUSE_EDGE = re.compile(r"[,;:()\[\]“”\"]|\s-\s|\.\s")
# What numbers a thing instead of counting it: ranks, parts of a text, documents, dates.
_NOT_BEFORE = re.compile(
    r"(?:\b(?:"
    r"hang|muc|muc do|muc tieu|diem|khoan|dieu|chuong|phan|phu luc|dot|lan thu|lan|khoa|hinh thuc|cap do|cap|thu|"
    r"nhom|dai hoi|ban chi dao|de an|nghi dinh|thong tu|nghi quyet|quyet dinh|ke hoach|cong van|van ban|chi thi|"
    r"bao cao|to trinh|thong bao|ket luan|luat|quy dinh|chuong trinh|so|f|covid|cov|h|iso|tcvn|vong|qd|nd|nq|tt|"
    r"kh|bc|ct|cv|ttr|nam|thang|quy|ngay|giai doan|nhiem ky|tang|(?<!truc )tuyen|tru so|phong|gio|luc"
    r")[\s:.–-]*)$"
)
# "năm 2022", "tháng 6", whatever follows; but "mỗi tháng 20 lượt"
_TIME_NAMED = re.compile(r"(?<!\bmoi )(?<!\bhang )(?<!\bmot )\b(?:nam|thang)\s+$")
_MANY = re.compile(r"\s+(nghìn|ngàn|vạn|triệu|tỷ|tỉ)\s+", re.IGNORECASE)
_MONEY = re.compile(r"[đĐ](?![^\W_])")
_YEARISH = re.compile(r"(?:19|20)\d{2}")
_BOUNDS = (
    (
        re.compile(
            r"(?:(?:tối thiểu|ít nhất)(?: (?:ở mức|là|đạt|phải đạt|bằng))?"
            r"|không dưới|không (?:thấp|ít) hơn|đạt từ|từ)\s*$",
            re.I,
        ),
        "at_least",
    ),
    (re.compile(r"(?:tối đa|không quá|nhiều nhất|không vượt(?: quá)?|không (?:nhiều |cao )?hơn)\s*$", re.I), "at_most"),
    (re.compile(r"(?:trên|hơn|vượt|nhiều hơn|cao hơn)\s*$", re.I), "more_than"),
    (re.compile(r"(?:dưới|ít hơn|thấp hơn)\s*$", re.I), "less_than"),
    (re.compile(r"(?:khoảng|gần|xấp xỉ|ước)\s*$", re.I), "about"),
)
_UPWARD = re.compile(r"^\s*%?[^;:.()\d]{0,60}?\btrở lên")
_MOVES = re.compile(r"\s*%?[^,;:.()\d]{0,60}\b(?:xuống|còn|lên|thành|sang|đến(?! dưới))\b")


def quantities(text: str) -> list[Quantity]:
    """The figures stated in `text`, left to right. Numbers of documents, dates, years, headings, ranks of a list
    ("mức độ 3, 4", "hạng IV", "Nghị định 68") are no figures."""
    return list(_quantities_of(text))


@lru_cache(maxsize=8192)
def _quantities_of(text: str) -> tuple[Quantity, ...]:
    """Kept, because the same stretches come up again for every question."""
    covered = bytearray(len(text))
    for start, end in (
        *((r.start, r.end) for r in references(text)),
        *((d.start, d.end) for d in dates(text)),
        *(m.span("number") for m in _SHORT_REFERENCE.finditer(text)),
        *_counting_nothing(text),
    ):
        covered[start:end] = b"\1" * (end - start)
    folded = fold(text)
    spots = []
    for m in _RANGE.finditer(text) if _MAY_BE_RANGE.search(text) else ():
        if _YEARISH.match(m[0]):
            continue
        counted = m["percent"] is not None or _counts_unit(text[m.end() : m.end() + 40])
        if counted and not any(covered[m.start() : m.end()]) and not _counts_nothing(text, folded, m):
            spots.append(m)
            covered[m.start() : m.end()] = b"\1" * (m.end() - m.start())
    for m in _FIGURE.finditer(text):
        if any(covered[m.start() : m.end()]) or _counts_nothing(text, folded, m):
            continue
        spots.append(m)
    spots.sort(key=lambda spot: spot.start())
    return tuple(_quantity(text, spots, i) for i in range(len(spots)))


def _counting_nothing(text: str) -> Iterator[tuple[int, int]]:
    """The stretches of `no_figures.tsv`."""
    if _MAY_COUNT_NOTHING.search(text):
        lower = unicodedata.normalize("NFC", text).lower()
        if len(lower) == len(text):  # what is kept is NFC; elsewhere offsets would not hold
            for pattern in _no_figures():
                yield from (match.span() for match in pattern.finditer(lower))


_MAY_COUNT_NOTHING = re.compile(r"\d")


@cache
def _no_figures() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern, *_ in read_table("no_figures.tsv"))


def _counts_nothing(text: str, folded: str, m: re.Match[str]) -> bool:
    before, after = folded[max(0, m.start() - 24) : m.start()], text[m.end() : m.end() + 1]
    following = text[m.end() : m.end() + 40]
    if before and (before[-1].isalpha() or (before[-1] in "-/_" and before[-2:-1].isalnum())):
        return True
    if (after.isalpha() and not _MONEY.match(text, m.end())) or (
        after in "-/:" and text[m.end() + 1 : m.end() + 2].isalnum()
    ):
        return True
    if not before.strip() and after and after in ".)":
        return True  # the number of a list item
    number = m[0]
    if re.search(r"\.\d{4,}$", number):
        return True  # the code of a procedure ("1.014027"): neither thousands nor a fraction is printed so
    if _TIME_NAMED.search(before) and len(number) in ((4,) if before.rstrip().endswith("nam") else (1, 2)):
        return True
    if number.isdigit() and _YEARISH.fullmatch(number) and not _counts_unit(following) and after != "%":
        return True
    if _YEARISH.fullmatch(number) and re.search(r"\b(?:19|20)\d{2}\s*[-–]\s*$", before):
        return True  # the end of "2022 - 2024"
    if before.endswith(":") and before[-2:-1].isdigit():
        return True  # "ISO 9001:2015"
    risen = re.search(r"\btăng[\s:]*$", text[max(0, m.start() - 12) : m.start()], re.IGNORECASE)  # not "tầng"
    body = re.search(r"(?<!cơ )\bsở[\s:.–-]*$", text[max(0, m.start() - 12) : m.start()], re.IGNORECASE)  # not "số"
    share = following.lstrip().startswith("%")  # "mục tiêu 50%"
    if _NOT_BEFORE.search(before) and not (risen or body or share) and not _counts_unit(following):
        # "tổng số 16 đơn vị", "số 14 điểm cầu" count; "đợt 1", "thứ 14", "năm 2022" don't
        return not re.search(r"\b(?:tong so|so luong)[\s:]*$", before)
    ranks = re.search(r"(?:muc do|hang|cap|muc)\s+\w{1,3}\s*(?:,|va|-)\s*$", before)
    return bool(ranks) and not _counts_unit(following)


def _counts_unit(after: str) -> bool:
    """Whether a thing that is counted follows a number: "cấp 92 chữ ký số" counts, "cấp 2", "đợt 1 năm 2022" don't."""
    unit = unit_of(after.strip())
    return unit is not None and unit not in _naming_units()


def _quantity(text: str, spots: list[re.Match[str]], i: int) -> Quantity:
    m = spots[i]
    floor = spots[i - 1].end() if i else 0
    ceiling = spots[i + 1].start() if i + 1 < len(spots) else len(text)
    left = text[floor : m.start()]
    right = text[m.end() : ceiling]
    label = _before(left)
    unit_match = re.match(r"\s*(%|‰)", right)
    edge = _CLAUSE_EDGE.search(right, unit_match.end() if unit_match else 0)
    noun = right[unit_match.end() if unit_match else 0 : edge.start() if edge else len(right)].strip()
    lead = text[max(0, m.start() - 40) : m.start()]
    bound = next((name for pattern, name in _BOUNDS if pattern.search(lead)), None)
    if bound == "more_than" and i and re.fullmatch(r"[^,;:.()]{1,60}\btrên\s*", left):
        bound = None  # "50 thủ tục trên 196 thủ tục": out of, not more than
    if bound in (None, "at_least") and _UPWARD.match(right):
        bound = "at_least"
    elif bound == "at_least" and re.search(r"từ\s*$", lead, re.I) and _MOVES.match(right):
        bound = None  # "từ 25 ngày xuống còn 23 ngày" is no bound
    unit = "%" if unit_match else unit_of(right.lstrip())  # "tin, bài" has a clause's edge in it
    if unit is None and (many := _MANY.match(right)):
        unit = " ".join(filter(None, (many[1].lower(), unit_of(right[many.end() :]))))
    value = None if re.search(r"[/–-]", m[0]) else parse_number(m[0], right)
    return Quantity(m[0], value, unit, bound, label, noun, m.start(), m.end())


def _before(left: str) -> str:
    """What is counted, as far as it stands before the figure: back to the clause's edge, or over one colon."""
    head, colon, tail = left.rpartition(":")
    near = left
    if colon and not tail.strip():
        near = _CLAUSE_EDGE.split(head)[-1]
    else:
        pieces = _CLAUSE_EDGE.split(left)
        near = pieces[-1] if len(pieces[-1].split()) > 0 else (pieces[-2] if len(pieces) > 1 else "")
    return re.sub(r"\s+", " ", near).strip(" -+")


def unit_of(noun: str) -> str | None:
    """The unit with which a text begins."""
    pattern, units = _units()
    folded = fold(noun[:40])
    match = pattern.match(folded)
    if match is None:
        return "đồng" if _MONEY.match(noun) else None
    name = units[match[0]]
    printed = noun[: match.end()].lower()
    if " " in name or printed == name.lower() or not has_diacritics(noun[:40]):
        return name
    return printed if printed in _one_syllable() else None  # "giai đoạn" is no "giải"


@cache
def _one_syllable() -> frozenset[str]:
    return frozenset(unit for unit, *_ in read_table("units.tsv") if " " not in unit)


@cache
def _naming_units() -> frozenset[str]:
    """Units that also stand behind a number that names: "cấp 2 huyện", "đợt 1 năm", "Điều 5 Nghị định"."""
    return frozenset(unit for unit, *more in read_table("units.tsv") if more)


@cache
def _units() -> tuple[re.Pattern[str], dict[str, str]]:
    """What finds a unit at the beginning of a folded text, and each folded unit as it is spelled."""
    names = [unit for unit, *_ in read_table("units.tsv")]
    pattern = re.compile(rf"(?:{'|'.join(re.escape(fold(name)) for name in names)})(?![^\W_])")
    return pattern, {fold(name): name for name in reversed(names)}


def kin(one: str | None, other: str | None) -> bool:
    """Whether two units can be those of a whole and its part: the same, or of one row of `alike.tsv`."""
    if one is None or other is None or one == other:
        return True
    return any(fold(one) in row and fold(other) in row for row in _alike())


@cache
def _alike() -> tuple[frozenset[str], ...]:
    return tuple(frozenset(map(fold, row)) for row in read_table("alike.tsv"))


_NEVER_BARE = frozenset({"dong", "ngay"})
"""Money and time are never printed without their unit."""


def counts_alike(quantity: Quantity, noun: str) -> bool:
    """Whether a figure counts what is asked for ("hồ sơ"), as far as its unit tells: no share for a number, no opinions
    for dossiers; a figure or a question without a unit may count anything."""
    if quantity.percent:
        return False
    wanted = fold(noun)
    if wanted and not (quantity.unit or quantity.label or quantity.noun):
        return False  # "(2)" at the end of a page counts nothing
    rows = _rows_of(wanted)
    if wanted and not quantity.unit and any(row & _NEVER_BARE for row in rows):
        return False
    if not wanted or not quantity.unit:
        return True
    unit = fold(abbreviations().get(fold(quantity.unit), quantity.unit))
    if unit in wanted or wanted in fold(f"{quantity.label} {quantity.noun}"):
        return True
    return not rows or unit not in _known_units() or any(unit in row for row in rows)


@lru_cache(maxsize=256)
def _rows_of(wanted: str) -> tuple[frozenset[str], ...]:
    """The rows of things under several names in which a noun stands."""
    return tuple(row for row in _alike() if _named(wanted, row))


@cache
def _known_units() -> frozenset[str]:
    return frozenset().union(*_alike())


def same_thing(unit: str, noun: str) -> bool:
    """Whether a unit is another name of what is asked for ("trường hợp" for "hồ sơ")."""
    return any("=" in row and fold(unit) in row for row in _rows_of(fold(noun)))


def _named(noun: str, row: frozenset[str]) -> bool:
    return any(noun.startswith(name) and not noun[len(name) : len(name) + 1].isalnum() for name in row if name != "=")
