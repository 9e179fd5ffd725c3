"""What is written as a date or a period, in the contract's forms (YYYY, YYYY-Q1, YYYY-H1, YYYY-MM, A/B, /B).

Read from the genre's ways of saying it: "năm 2022", "6 tháng đầu năm 2022", "quý I/2022", "tháng 11/2020",
"từ ngày 15/12/2021 đến ngày 12/12/2022", "tính đến ngày 13/12/2022", "giai đoạn 2021-2030".
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from vectorstore.vietnamese import fold, has_diacritics

_YEARS = range(1945, 2101)
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4, "01": 1, "02": 2, "03": 3, "04": 4}

_COUNTED = ("hai", "ba", "bon", "nam", "bay", "tam", "chin", "muoi", "muoi mot")  # six months are a half year
_COUNTS = dict(zip(_COUNTED, (2, 3, 4, 5, 7, 8, 9, 10, 11), strict=True))
_MAY_BE_PERIOD = re.compile(  # all that is below
    r"\d|\bquy\s+[iv]|\b(?:nua|sau\s+thang)\s+(?:dau|cuoi)"
    rf"|\b(?:{'|'.join(_COUNTED)})\s+thang\s+dau\s+nam|\bdau\s+nam\s+(?:toi|den)\b"
)
_DATE = re.compile(
    r"(?<![\w/])(?:(?:ngay\s+)?(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4})"
    r"|ngay\s+(\d{1,2})\s+thang\s+(\d{1,2})\s+nam\s+(\d{4}))(?![\w/])"
)
_D = r"(?:ngay\s+)?(?:\d{1,2}\s*[/.-]\s*\d{1,2}\s*[/.-]\s*\d{4}|\d{1,2}\s+thang\s+\d{1,2}\s+nam\s+\d{4})"
_RANGE = re.compile(rf"(?:tu\s+)?({_D})\s*(?:den(?:\s+het)?|-|–)\s*({_D})")
# the year said once, behind the last day: "từ ngày 01/01 đến ngày 30/6/2022", "từ 15 - 21/5/2023"
_SHORT_RANGE = re.compile(
    rf"\b(?:tu\s+(?:ngay\s+)?|ngay\s+)(\d{{1,2}})(?:\s*/\s*(\d{{1,2}}))?\s*(?:den(?:\s+het)?|-|–)\s*({_D})"
)
_MONTH_RANGE = re.compile(
    r"\btu\s+(?:dau\s+)?thang\s+(\d{1,2})(?:\s*(?:/|nam)\s*(\d{4}))?\s*(?:den(?:\s+(?:het|cuoi))?|-|–)\s*"
    r"(?:thang\s+)?(\d{1,2})\s*(?:/|nam)\s*(?:nam\s+)?(\d{4})(?![\w/])"
)
_SINCE_JANUARY = re.compile(
    r"\b(?:tu\s+)?dau\s+nam\s+(?:(\d{4})\s+)?(?:toi|den)\s+(?:(giua|het|cuoi)\s+)?thang\s+(\d{1,2})"
    r"(?:\s*(?:/|-|nam)\s*(?:nam\s+)?(\d{4})(?![\w/])|(?![\w/]|[.,]\d))"
)
_TO = r"(?:(?:tinh\s+)?den\s+(?:het\s+|cuoi\s+)?|\btai\s+)"
_UNTIL = re.compile(rf"{_TO}(?:thoi\s+diem\s+)?(?:\d{{1,2}}\s*(?:h|gio)\s*(?:\d{{1,2}})?(?:\s*phut)?,?\s*)?({_D})")
_UNTIL_MONTH = re.compile(
    rf"(?:tinh\s+{_TO}|den\s+(?:het|cuoi)\s+|\bhet\s+)thang\s+(\d{{1,2}})"
    r"(?:\s*(?:/|-|nam)\s*(?:nam\s+)?(\d{4})(?![\w/])|(?![\w/]|[.,]\d|\s*[-–]\s*\d))"
)
_UNTIL_QUARTER = re.compile(
    r"(?:(?:tinh\s+)?den\s+het|\bhet)\s+quy\s+(iv|iii|ii|i|0?[1-4])\b(?:\s*(?:/|-|nam|,)?\s*(?:nam\s+)?(\d{4}))?"
)
_UNTIL_YEAR = re.compile(r"(?:tinh\s+den\s+(?:het\s+|cuoi\s+)?|den\s+(?:het|cuoi)\s+)nam\s+(\d{4})(?!\d)")
_HALF = re.compile(r"(?<![\d.,])(?:(?:\b0?6|\bsau)\s+thang|\bnua)\s+(dau|cuoi)(?:\s+nam)?(?:\s+(\d{4}))?")
_MONTHS = re.compile(
    r"(\d{1,2})\s+thang(?:\s+dau)?(?:\s+nam)?\s+(\d{4})|(\d{1,2})\s+thang\s+dau\s+nam(?:\s+(\d{4}))?"
    rf"|\b({'|'.join(reversed(_COUNTED))})\s+thang\s+dau\s+nam(?:\s+(\d{{4}}))?"
)
# "6T/2023", "9T đầu năm 2024": as it is typed
_SHORT_MONTHS = re.compile(r"(?<![\w.,])(\d{1,2})\s?t(?:\s*(?:/|-|dau(?:\s+nam)?|nam))?\s*/?\s*(\d{4})(?![\w/])")
_QUARTER = re.compile(
    r"\bquy\s+(iv|iii|ii|i|0?[1-4])\b(?:\s*(?:/|-|nam|,)?\s*(?:nam\s+)?(\d{4}))?|\bq([1-4])\s*[/.-]\s*(\d{4})\b"
)
_MONTH = re.compile(r"\bthang\s+(\d{1,2})\s*(?:/|-|nam)\s*(?:nam\s+)?(\d{4})(?![\w/])")
# "ngày … tháng 4 năm 2021": a date whose day was left blank or misread is no month
_BLANK_DAY = re.compile(r"\bngay[\s.…_]+(?:[^\s,;]{1,3}[\s.…_]+)?$")
# a month without its year: only where what was done in it is told
_BARE_MONTH = re.compile(
    r"\b(?:trong|tuan\s+(?:thu\s+)?\w+,?)\s+thang\s+(\d{1,2})(?![\w/]|[.,]\d|\s*(?:/|-|nam\b)|\s+(?:\d|ngay\b|thang\b))"
)
_SPAN = re.compile(
    r"(?:(?:giai\s+doan|nhiem\s+ky|thoi\s+ky|cac\s+nam|nam\s+hoc|tu\s+nam|nam)\s*)?(?<![\d/.,-])(\d{4})\s*(?:-|–|den(?:\s+nam)?)\s*(\d{4})(?![\d/])"
)
_YEAR = re.compile(r"\bnam\s+(\d{4})(?!\d|\s*[-–]\s*\d)|(?<![\d./,\-–:])\b(20\d{2}|19\d{2})\b(?!\s*[-–/]|[.,:]\d|\d)")


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time: its first and last day (None: open), the contract's form, and where it is written."""

    first: date | None
    last: date | None
    form: str
    start: int = 0
    end: int = 0

    @property
    def years(self) -> frozenset[int]:
        """The years it touches; an open beginning touches the last day's year alone."""
        if self.last is None:
            return frozenset({self.first.year} if self.first else ())
        return frozenset(range((self.first or self.last).year, self.last.year + 1))

    def covers(self, other: Period) -> bool:
        """Whether `other` lies within this period."""
        return (
            self.first is not None
            and self.last is not None
            and other.last is not None
            and self.first <= (other.first or other.last)
            and other.last <= self.last
        )

    @property
    def days(self) -> int:
        """How many days long it is; 1 where an end is open, so that it counts as short."""
        return (self.last - self.first).days + 1 if self.first and self.last else 1


def _day(year: str | int, month: str | int, day: str | int) -> date | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if found.year in _YEARS else None


def _parse_day(text: str) -> date | None:
    d, m, y = re.findall(r"\d+", text)[:3]
    return _day(y, m, d)


def year(number: int) -> Period:
    """The calendar year."""
    return Period(date(number, 1, 1), date(number, 12, 31), str(number))


def _months(number: int, first: int, last: int, form: str, start: int, end: int) -> Period | None:
    if not (1 <= first <= last <= 12 and number in _YEARS):
        return None
    return Period(date(number, first, 1), date(number, last, calendar.monthrange(number, last)[1]), form, start, end)


def _month(number: str | int, month: str | int) -> Period | None:
    return _months(int(number), int(month), int(month), f"{int(number):04}-{int(month):02}", 0, 0)


def find(text: str, default_year: int | None = None) -> list[Period]:
    """The periods written in `text`, left to right, longest reading first where two overlap.

    `default_year` completes "quý I" or "6 tháng đầu năm" where the year is not said. Exact dates count as periods of
    one day only inside "từ … đến …" and "tính đến …"; see `dates` for the others.
    """
    folded = fold(text)
    if not _MAY_BE_PERIOD.search(folded):
        return []
    out: list[Period] = []
    taken = bytearray(len(folded))

    def add(period: Period | None, start: int, end: int) -> None:
        if period is not None and not any(taken[start:end]):
            taken[start:end] = b"\1" * (end - start)
            out.append(Period(period.first, period.last, period.form, start, end))

    for m in _RANGE.finditer(folded):
        first, last = _parse_day(m[1]), _parse_day(m[2])
        if first and last and first <= last:
            add(Period(first, last, f"{first}/{last}"), *m.span())
    for m in _SHORT_RANGE.finditer(folded):
        last = _parse_day(m[3])
        first = _day(last.year, m[2] or last.month, m[1]) if last else None
        if first and last and first > last:  # "từ 15/12 đến 14/3/2023" began the year before
            first = _day(last.year - 1, m[2] or last.month, m[1]) if m[2] else None
        if first and last:
            add(Period(first, last, f"{first}/{last}"), *m.span())
    for m in _MONTH_RANGE.finditer(folded):
        begins, ends = _month(m[2] or m[4], m[1]), _month(m[4], m[3])
        if begins and ends and begins.first and ends.last and begins.first < ends.last:
            add(Period(begins.first, ends.last, f"{begins.first}/{ends.last}"), *m.span())
    for m in _SINCE_JANUARY.finditer(folded):
        number = m[4] or m[1] or default_year
        if number and (ends := _month(number, m[3])) is not None and ends.last:
            last = ends.last.replace(day=15) if m[2] == "giua" else ends.last
            add(Period(date(last.year, 1, 1), last, f"{last.year}-01-01/{last}"), *m.span())
    for m in _UNTIL.finditer(folded):
        if last := _parse_day(m[1]):
            add(Period(None, last, f"/{last}"), *m.span())
    for m in _UNTIL_MONTH.finditer(folded):
        if (m[2] or default_year) and (ends := _month(m[2] or default_year or 0, m[1])) is not None:
            add(Period(None, ends.last, f"/{ends.last}"), *m.span())
    for m in _UNTIL_QUARTER.finditer(folded):
        if (m[2] or default_year) and (ends := _month(m[2] or default_year or 0, 3 * _ROMAN[m[1]])) is not None:
            add(Period(None, ends.last, f"/{ends.last}"), *m.span())
    for m in _UNTIL_YEAR.finditer(folded):
        if int(m[1]) in _YEARS:
            add(Period(None, date(int(m[1]), 12, 31), f"/{m[1]}-12-31"), *m.span())
    for m in _DATE.finditer(folded):  # a date is not a year
        taken[m.start() : m.end()] = b"\1" * (m.end() - m.start())
    for m in _HALF.finditer(folded):
        number = int(m[2]) if m[2] else default_year
        after = has_diacritics(text) and text[m.start() : m.start() + 4].lower() == "sau "  # "sau" is after, "sáu" six
        if number and not after:
            half = 1 if m[1] == "dau" else 2
            add(_months(number, 6 * half - 5, 6 * half, f"{number}-H{half}", 0, 0), *m.span())
    for m in _QUARTER.finditer(folded):
        number = int(m[2] or m[4] or default_year or 0)
        if number:
            quarter = _ROMAN[m[1] or m[3]]
            add(_months(number, 3 * quarter - 2, 3 * quarter, f"{number}-Q{quarter}", 0, 0), *m.span())
    for m in _MONTHS.finditer(folded):
        number = int(m[2] or m[4] or m[6] or default_year or 0)
        count = _COUNTS[m[5]] if m[5] else int(m[1] or m[3])
        if number and 1 <= count < 12:
            last_day = date(number, count, calendar.monthrange(number, count)[1]) if number in _YEARS else None
            if last_day:
                form = f"{number}-H1" if count == 6 else f"{number}-01-01/{last_day}"
                add(_months(number, 1, count, form, 0, 0), *m.span())
    for m in _SHORT_MONTHS.finditer(folded):
        count, number = int(m[1]), int(m[2])
        if 1 <= count < 12 and number in _YEARS:
            last_day = date(number, count, calendar.monthrange(number, count)[1])
            form = f"{number}-H1" if count == 6 else f"{number}-01-01/{last_day}"
            add(_months(number, 1, count, form, 0, 0), *m.span())
    for m in _MONTH.finditer(folded):
        if _BLANK_DAY.search(folded, max(0, m.start() - 14), m.start()):
            taken[m.start() : m.end()] = b"\1" * (m.end() - m.start())
        add(_month(m[2], m[1]), *m.span())
    if default_year:
        for m in _BARE_MONTH.finditer(folded):
            add(_month(default_year, m[1]), *m.span())
    for m in _SPAN.finditer(folded):
        a, b = int(m[1]), int(m[2])
        if a in _YEARS and b in _YEARS and a < b:
            add(Period(date(a, 1, 1), date(b, 12, 31), f"{a}/{b}"), *m.span())
    for m in _YEAR.finditer(folded):
        number = int(m[1] or m[2])
        if number in _YEARS:
            add(year(number), *m.span())
    return sorted(out, key=lambda p: p.start)


# What a period is named for where it is not the time of what is counted: what it is compared with, the year of a law,
# since when, what is planned, how long something is in force.
_ELSEWHERE = (
    r"\b(?:so với|so cùng kỳ|cùng kỳ|cùng thời điểm|cùng thời gian|bằng cùng kỳ)\b[^.;,]{0,40}"
    r"|\b(?:tầm nhìn|định hướng)\b[^.;,]{0,20}"
    r"|(?<!Pháp )(?<!PHÁP )(?<!pháp )\b(?:Luật|Hiến pháp|Pháp lệnh|LUẬT|HIẾN PHÁP|PHÁP LỆNH)\b[^.;,]{0,60}"
)
_LOOKS_ELSEWHERE = re.compile(rf"(?:{_ELSEWHERE})$")
_NOT_COUNTED = re.compile(
    rf"(?:{_ELSEWHERE}|\b[Tt]ừ\s*|(?i:\b(?:dự kiến|kế hoạch|hạn|trước|sẽ|hiệu lực|áp dụng)\b)[^.;]{{0,60}})$"
)
# What is to come, behind what the text is about: "… năm 2022 và phương hướng, nhiệm vụ năm 2023"
_TO_COME = re.compile(r"\b(?:phương hướng|nhiệm vụ|kế hoạch|giải pháp|dự kiến|mục tiêu)\b[^.;]{0,80}$", re.IGNORECASE)


def counted(text: str, default_year: int | None = None) -> list[Period]:
    """The periods that a text names for what it tells: not what it is compared with, planned for, or in force from."""
    return [p for p in find(text, default_year) if not _NOT_COUNTED.search(text[: p.start])]


def headed(heading: str, default_year: int | None = None) -> list[Period]:
    """The periods that a heading or a title names for what stands below it, plans among them."""
    return [p for p in find(heading, default_year) if not _LOOKS_ELSEWHERE.search(heading[: p.start])]


def of_title(title: str, default_year: int | None = None) -> str | None:
    """The period that a title is about: the first where others are to come; the narrower where one lies within the
    other ("Chương trình giai đoạn 2021-2030 năm 2022"); else from the first to the last."""
    kept: list[Period] = []
    for period in headed(title, default_year):
        if not kept or not _TO_COME.search(title[kept[-1].end : period.start]):
            kept.append(period)
    whole = [p for p in kept if not re.fullmatch(r"(?:\d{4}-\d{2}-\d{2})?/\d{4}-\d{2}-\d{2}", p.form)]
    kept = whole or kept
    if len(kept) == 2 and not re.search(r"\bvà\b", title[kept[0].end : kept[1].start], re.IGNORECASE):
        narrow, wide = sorted(kept, key=lambda p: p.days)
        if wide.covers(narrow):
            return narrow.form
    years = sorted(year for period in kept for year in period.years)
    return (f"{years[0]}/{years[-1]}" if years[0] != years[-1] and len(kept) > 1 else kept[0].form) if kept else None


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date as written; `day` is None when it can't be ("31/11/2022", "12/01/2105" beyond what is plausible)."""

    day: date | None
    start: int
    end: int


def dates(text: str) -> list[DateMention]:
    """The exact dates written in `text`."""
    return list(_dates_of(text))


@lru_cache(maxsize=8192)
def _dates_of(text: str) -> tuple[DateMention, ...]:
    folded = fold(text)
    out = []
    for m in _DATE.finditer(folded):
        d, mth, y = (m[1], m[2], m[3]) if m[1] else (m[4], m[5], m[6])
        out.append(DateMention(_day(y, mth, d), m.start(), m.end()))
    return tuple(out)


def parse(form: str | None) -> Period | None:
    """The period of a contract form ("2022", "2022-Q1", "2021-12-15/2022-12-12", "/2022-06-10"); None when it is none,
    or no calendar has it."""
    try:
        period = _parsed(form or "")
    except ValueError:
        return None
    backward = period is not None and period.first and period.last and period.first > period.last
    return None if backward else period


def _parsed(form: str) -> Period | None:
    if m := re.fullmatch(r"(\d{4})", form):
        return year(int(m[1]))
    if m := re.fullmatch(r"(\d{4})-Q([1-4])", form):
        return _months(int(m[1]), 3 * int(m[2]) - 2, 3 * int(m[2]), form, 0, 0)
    if m := re.fullmatch(r"(\d{4})-H([12])", form):
        return _months(int(m[1]), 6 * int(m[2]) - 5, 6 * int(m[2]), form, 0, 0)
    if m := re.fullmatch(r"(\d{4})-(\d{2})", form):
        return _months(int(m[1]), int(m[2]), int(m[2]), form, 0, 0)
    if m := re.fullmatch(r"(\d{4})/(\d{4})", form):
        return Period(date(int(m[1]), 1, 1), date(int(m[2]), 12, 31), form)
    if m := re.fullmatch(r"(\d{4}-\d{2}-\d{2})?/(\d{4}-\d{2}-\d{2})", form):
        return Period(date.fromisoformat(m[1]) if m[1] else None, date.fromisoformat(m[2]), form)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", form):
        return Period(date.fromisoformat(form), date.fromisoformat(form), form)
    return None


def year_before(form: str | None, of: int | None = None) -> str | None:
    """The same time of the year before ("cùng kỳ"), or of the year `of`: "2024-H1" → "2023-H1"."""
    period = parse(form)
    if period is None or form is None or period.last is None:
        return None
    back = period.last.year - of if of else 1
    earlier = re.sub(r"(?<![\d-])\d{4}", lambda year: f"{int(year[0]) - back:04}", form)
    earlier = earlier if parse(earlier) else earlier.replace("-02-29", "-02-28")
    return earlier if parse(earlier) else None


def since_january(form: str | None) -> str | None:
    """From the beginning of its last year to the end of a period ("từ đầu năm đến nay"): "2024-08" →
    "2024-01-01/2024-08-31"."""
    period = parse(form)
    if period is None or period.last is None:
        return None
    january = date(period.last.year, 1, 1)
    return form if period.first == january else f"{january}/{period.last}"


def say(form: str | None) -> str:
    """A contract form in Vietnamese: "2022-H1" → "6 tháng đầu năm 2022"."""
    period = parse(form)
    if period is None or form is None:
        return ""
    if m := re.fullmatch(r"(\d{4})-Q([1-4])", form):
        return f"quý {['I', 'II', 'III', 'IV'][int(m[2]) - 1]}/{m[1]}"
    if m := re.fullmatch(r"(\d{4})-H([12])", form):
        return f"6 tháng {'đầu' if m[2] == '1' else 'cuối'} năm {m[1]}"
    if m := re.fullmatch(r"(\d{4})-(\d{2})", form):
        return f"tháng {int(m[2])}/{m[1]}"
    if re.fullmatch(r"\d{4}", form):
        return f"năm {form}"
    if m := re.fullmatch(r"(\d{4})/(\d{4})", form):
        return f"giai đoạn {m[1]}–{m[2]}"
    first, last = period.first, period.last
    assert last is not None
    ends_month = last.day == calendar.monthrange(last.year, last.month)[1]
    if first is None:
        if ends_month:  # the source may name the month or the year alone
            return f"đến hết năm {last.year}" if last.month == 12 else f"đến hết tháng {last.month}/{last.year}"
        return f"đến {say_date(last)}"
    if ends_month and first.day == 1:
        if first.month == 1 and first.year == last.year:
            return f"{last.month} tháng đầu năm {last.year}"
        return f"từ tháng {first.month}/{first.year} đến tháng {last.month}/{last.year}"
    return f"{say_date(first)}–{say_date(last)}"


def say_in_english(form: str | None) -> str:
    """A contract form in English: "2022-H1" → "the first half of 2022"."""
    period = parse(form)
    if period is None or form is None or period.last is None:
        return ""
    if m := re.fullmatch(r"(\d{4})-Q([1-4])", form):
        return f"Q{m[2]} {m[1]}"
    if m := re.fullmatch(r"(\d{4})-H([12])", form):
        return f"the {'first' if m[2] == '1' else 'second'} half of {m[1]}"
    if m := re.fullmatch(r"(\d{4})-(\d{2})", form):
        return f"{int(m[2])}/{m[1]}"
    if m := re.fullmatch(r"(\d{4})(?:/(\d{4}))?", form):
        return f"{m[1]}–{m[2]}" if m[2] else form
    return f"{say_date(period.first)}–{say_date(period.last)}" if period.first else f"until {say_date(period.last)}"


def say_date(day: date) -> str:
    """A day as it is written in Vietnamese: "16/6/2022"."""
    return f"{day.day}/{day.month}/{day.year}"
