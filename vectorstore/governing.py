"""Which of the periods that a text names governs a place in it: whose time a figure's is.

What is written as a period is read by `periods.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from vectorstore.periods import Period, find
from vectorstore.vietnamese import sentence_spans

# Where a period stands by itself, and not in the name of something ("kế hoạch năm 2022")
_BY_ITSELF = re.compile(
    r"(?:^|[,;:.(–…]\s*|\s-\s|\b(?:trong|tính|vào|đến|tới|hết|cuối|riêng|của|kể|cả|và|còn|tháng|thì|hoặc|kỳ)\s+)(?:\S+\s+)?$",
    re.IGNORECASE,
)
_DAYS = re.compile(r"(?:\d{4}-\d{2}-\d{2})?/\d{4}-\d{2}-\d{2}")
_STATES = re.compile(
    r"\s*(?:là|gồm|đạt|có|với|được|:|\(|=|ước)?[\s:(]*"
    r"(?:(?:là|đạt|có|đã|chỉ|gần|hơn|trên|dưới|khoảng|từ|tối thiểu|ít nhất|tỷ lệ)\s+){0,3}$",
    re.IGNORECASE,
)
_LISTS = re.compile(r"[\s,]*(?:bao )?gồm\b|[\s,]*cụ thể\b", re.IGNORECASE)
_EQUALS = re.compile(r"[\s:(]*(?:là|chỉ|có|đạt|ở mức|\()?\s*(?:\S+\s+)?$")
_COMPARED = re.compile(r"\b(?:so với|so|cùng kỳ|cùng thời điểm|cùng thời gian|bằng)\b[^.;,()]{0,40}$", re.IGNORECASE)
_UNTIL_NOW = re.compile(
    r"\b(?:từ đầu năm (?:đến|tới) (?:nay|thời điểm hiện tại)"
    r"|hiện nay|hiện tại|hiện có|đến nay|tới nay|đến thời điểm hiện tại|từ đầu năm|trước đây)\b",
    re.IGNORECASE,
)
_CUT_OFF = re.compile(r"\b(?:tính|đến|tại thời điểm)\b", re.IGNORECASE)
_AHEAD = 80
"""How many characters before a period tell what it is there for."""
_GOES_ON = re.compile(r"\W*(?:trong đó|cụ thể|kết quả)\b", re.IGNORECASE)
_THINGS = re.compile(r"\s*%?(?:\s[^\W\d_]+){1,3}\s+")
_FRAMES = re.compile(r"\W*(?:[^\W\d_]+\s+){1,5}")  # the few words before a parenthesis that opens a sentence
_DIFFERS = re.compile(r"\bhơn\s+(?:so với\s+)?(?:cùng kỳ\s*)?$", re.IGNORECASE)
_OPENED = re.compile(r"\([^()]*$")


def period_at(text: str, at: int, default_year: int | None = None) -> Period | None:
    """The period of what stands at `at` of a text, as far as the text itself gives it one; None where it takes its
    passage's.

    In its sentence that is the last one named by itself before it ("Năm 2021 đạt 80,9 điểm"), unless its own clause
    names one behind it ("bãi bỏ 11 thủ tục vào tháng 8/2019", "88,4% (tính đến ngày …)"); what it is compared with
    governs only what is said of that ("so với năm 2021 là 12"). A sentence that names none goes on with the one
    period by which those before it began.
    """
    spans = sentence_spans(text)
    here = next((i for i, (start, end) in enumerate(spans) if start <= at < end), None)
    if here is None:
        return None
    start, end = spans[here]
    named = _named_in(text[start:end], default_year)
    said = _before(text[start:end], at - start, named)
    own = _behind(text[start:end], at - start, named, None if said else default_year)
    if not (own or said) and here and _GOES_ON.match(text, start):
        return period_at(text[:start], spans[here - 1][1] - 1, default_year)
    if own or said or here == 0 or _UNTIL_NOW.search(text[start:at]):
        return own or said
    return _carried([text[a:b] for a, b in spans[:here]], default_year)


def told_of(text: str, at: int) -> Literal["now", "this year", "before"] | None:
    """Whether what stands at `at` of a text is said to be so on the day on which it is written ("hiện nay đã đạt 75%"),
    to have been done since the year began ("từ đầu năm đến nay"), or to have been so at no time that is named ("trước
    đây")."""
    start = next((a for a, b in sentence_spans(text) if a <= at < b), 0)
    said = [match[0].lower() for match in _UNTIL_NOW.finditer(text[start:at].rpartition(";")[2])]
    if not said:
        return None
    return "before" if said[-1] == "trước đây" else "this year" if said[-1].startswith("từ đầu năm ") else "now"


_SAME_TIME = re.compile(
    r"(?P<more>\bhơn\s+)?(?P<against>\bso(?: với)?\s+)?\b(?:cùng kỳ|cùng thời điểm|cùng thời gian)\b"
    r"(?:\s+(?:của\s+)?năm\s+(?:trước(?: đó)?|ngoái|qua)"
    r"|\s+(?:năm\s+)?(?P<year>(?:19|20)\d\d))?(?P<between>[^.;,()\d]{0,60}\(?[^.;,()\d]{0,20})$",
    re.IGNORECASE,
)
_CHANGED = re.compile(r"\b(?:tăng|giảm|vượt|hơn|bằng|kém|thêm|bớt)\b", re.IGNORECASE)


def year_before_at(text: str, at: int) -> tuple[int, int] | None:
    """Whether what stands at `at` of a text is of the same time of an earlier year ("…, cùng kỳ 77,5%", "(cùng kỳ năm
    2023: 96 người)"): that year, 0 where it is the year before, and where that is said; None where it is of no such
    time."""
    start = next((a for a, b in sentence_spans(text) if a <= at < b), 0)
    match = _SAME_TIME.search(text, max(start, at - 140), at)
    if match is None or _CHANGED.search(match["between"]):
        return None
    if match["more"] and "(" not in match["between"]:
        return None  # "cao hơn cùng kỳ là 1,2%" tells of the difference
    if match["against"] and not _EQUALS.fullmatch(match["between"]):
        return None  # "so với cùng kỳ đạt 110%" tells of this year
    return int(match["year"] or 0), match.start()


def whole_year_at(text: str, at: int) -> bool:
    """Whether what stands at `at` of a text is of the whole of a year that is not named ("mục tiêu cả năm 40%")."""
    return _WHOLE_YEAR.search(text, max(0, at - 60), at) is not None


_WHOLE_YEAR = re.compile(r"\bcả năm(?!\s+\d{4})\b[^.;,()\d]{0,40}$", re.IGNORECASE)
_PLANNED = re.compile(r"[\s,]*(?:trong đó|gồm|với|có|là|dự kiến)\b[^;.\d]{0,90}$", re.IGNORECASE)


def planned_at(text: str, at: int, default_year: int | None = None) -> Period | None:
    """The time of the plan of which a target at `at` of a text is a part: "Kế hoạch số 12/KH-SYT về đào tạo năm 2022,
    trong đó dự kiến cử 60 người"."""
    start = next((a for a, b in sentence_spans(text) if a <= at < b), 0)
    ahead = text[start:at]
    last = next(reversed([p for p in find(ahead, default_year)]), None)
    named = last is not None and re.search(r"\bkế hoạch\b[^;.]{0,200}$", ahead[: last.start], re.IGNORECASE)
    return last if last is not None and named and _PLANNED.match(ahead, last.end) else None


@lru_cache(maxsize=4096)
def _named_in(sentence: str, default_year: int | None) -> tuple[Period, ...]:
    """The periods of a sentence that can be those of its figures: no law's, none of a document that is named."""
    return tuple(p for p in find(sentence, default_year) if not _OF_SOMETHING.search(sentence[: p.start]))


_OF_SOMETHING = re.compile(
    r"(?:\b(?:tầm nhìn|định hướng)\b[^.;,]{0,20}"
    r"|(?<!Pháp )(?<!pháp )\b(?:Luật|Hiến pháp|Pháp lệnh|Thông tư|Nghị định|Nghị quyết)\b[^.;,]{0,60}"
    r"|(?:/|số \d+)[A-ZĐ&-]{2,}[^.;,:]{0,200}|\b(?i:từ|kể từ)\s+)$"
)


def _before(sentence: str, at: int, named: Sequence[Period]) -> Period | None:
    beside: Period | None = None
    for period in reversed([p for p in named if p.end <= at]):
        between, ahead = sentence[period.end : at], sentence[max(0, period.start - _AHEAD) : period.start]
        opened = _OPENED.search(sentence[: period.start]) if ")" in between else None
        if opened and not _FRAMES.fullmatch(sentence[: opened.start()]):
            continue  # of the parenthesis that it stands in
        if opened or (_DIFFERS.search(ahead) and "(" not in between):
            if opened:
                return period  # "Trong kỳ (từ ngày … đến ngày …), Sở nhận …"
            continue
        if _COMPARED.search(ahead):
            if _EQUALS.fullmatch(between):
                return period
            continue
        if _BY_ITSELF.search(ahead) or _DAYS.fullmatch(period.form):
            return period
        if beside is None and _heads(sentence[: period.start], between):
            beside = period
        if beside is None and (_STATES.fullmatch(between) or _LISTS.match(between)):
            beside = period
            if re.match(r"\s*đạt\b", between):
                return period
    return beside


def _heads(ahead: str, behind: str) -> bool:
    """Whether a period stands in the few words that head a list: "Hai việc năm 2022 chưa xong: …"."""
    return len(ahead.split()) <= _HEADING and _LISTED_BELOW.match(re.sub(r"\s*\([^()]*\)", "", behind)) is not None


_HEADING = 6  # words
_LISTED_BELOW = re.compile(r"[^.;:()\d]{0,60}:\s")


def _behind(sentence: str, at: int, named: Sequence[Period], default_year: int | None) -> Period | None:
    number = re.match(r"[\d.,/\s]*\d", sentence[at:])
    after = at + (number.end() if number else 0)
    period = next((p for p in named if p.start >= after), None)
    if period is None:
        return None
    between = re.sub(r"\s*\([^()]*\)", "", sentence[after : period.start])
    if default_year and period.form.isdigit() and int(period.form) < default_year and _is_thing(between):
        return period  # "45 viên chức năm 2021"
    if _RANKED.search(between):
        return period  # "xếp thứ 5/20 sở trong bảng xếp hạng năm 2022"
    if re.search(r"\d|[;.:]", between) or _COMPARED.search(between):
        return None
    cut_off = _CUT_OFF.search(between[-20:] + sentence[period.start : period.start + 8])
    if "(" in between:
        return period if cut_off and re.fullmatch(r"[^()]{0,80}\(\s*(?:số liệu\s+)?(?:tính\s+)?", between) else None
    if "," in between or ")" in between:
        alone = not _MORE_TOLD.match(sentence, period.end)  # else it is of what follows it
        return period if cut_off and period.form.startswith("/") and alone else None
    return period if re.search(r"\b(?:trong|vào|tính)\s+$", between) or period.form.startswith("/") else None


def _is_thing(between: str) -> bool:
    return _THINGS.fullmatch(between) is not None and not _COMPARED.search(between)


_MORE_TOLD = re.compile(r"\s+[^\W\d_][^;.(]*\d")
_RANKED = re.compile(r"\btrong (?:bảng xếp hạng|chỉ số)\b[^;.,:()\d]*$", re.IGNORECASE)


def _carried(before: Sequence[str], default_year: int | None) -> Period | None:
    """The one period by which earlier sentences began, where none began with another."""
    if any(_UNTIL_NOW.search(sentence) for sentence in before[1:]):
        return None
    opened = [[p for p in _named_in(s, default_year) if _opens(s, p)] for s in before]
    forms = {p.form for found in opened for p in found}
    near = opened[-1] or opened[0]  # the sentence before, or the one that frames the paragraph
    return near[-1] if near and len(forms) == 1 else None


def _opens(sentence: str, period: Period) -> bool:
    ahead = sentence[: period.start]
    return len(ahead.split()) <= 15 and bool(_BY_ITSELF.search(ahead)) and not _COMPARED.search(ahead)
