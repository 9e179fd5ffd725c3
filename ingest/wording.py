"""The words that stand around a figure in its sentence: before it what is done or measured, behind it what is counted,
and the body whose doing it is.

They run to the next comma, semicolon or parenthesis, or to where the words of the next figure begin. Words that only
join, or that belong to the number ("đạt từ", "khoảng"), stand in `data/counting.tsv`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from vectorstore import periods
from vectorstore.quantities import Quantity, unit_of
from vectorstore.records import Span
from vectorstore.vietnamese import read_table

LONGEST = 150
"""Longest label or noun, in characters."""
_REACH = 400
"""How many characters before a figure may be its own words."""
GRADES = frozenset({"điểm", "điểm phần trăm", "bậc", "lần"})
"""Units in which something is measured that stands before: the clause, not what follows, tells what it is."""

# where a clause surely ends; a dash only where it begins an item
_STRONG = re.compile(
    r"[;()\[\]…]|:(?!\s*$)|\.\s|(?<=[.;:])\s[-–+]\s|\s[-–+]\s(?=[A-ZÀ-ỸĐ][^\W\d_]*\s(?:thêm|thành|từ)\b)"
)
_COMMA = re.compile(r"(?<![\d ])(?<![Kk]hám)\s?,\s|\s?,\s(?!\d)")  # not that of "mức độ 3, 4"
_WEAK = re.compile(r"(?<!đối)\s(?:và|với|cùng|cùng với|trong đó)\s", re.IGNORECASE)
_WITHIN = re.compile(r"\btrong đó\b", re.IGNORECASE)
_PREPOSITION = re.compile(
    r"\s(?:trên|tại|còn|xuống|lên|cho|đạt|chiếm|là|từ|đến|giảm|tăng|gồm|ở|đối với)\s|\s?[=x]\s", re.IGNORECASE
)
_REACHES = re.compile(r"\s(?:đạt|chiếm|là|bằng|tăng|giảm)\s(?!.*\s(?:đạt|chiếm|là|bằng|tăng|giảm)\s)", re.IGNORECASE)
_BESIDE = re.compile(r"\([^()]*\)")
_ANNOUNCES = re.compile(r"[\s,;:]*\b(?:cụ thể|(?:bao )?gồm|trong đó|như sau)(?:\s+như sau)?[\s:,]*$", re.IGNORECASE)
MARK = re.compile(r"^\s*(?:[-–+*•·]|[a-zđ]\)|\d{1,2}[.)](?=\s)|\d+(?:\.\d+)+\.?(?=\s))\s*")
"""What marks an item: a dash, "a)", "1.", "1.2."."""
_PER = re.compile(
    r"\s*/\s*(?:(?:1|100|1\.?000|10\.?000|100\.?000)\s*)?"
    r"(?:vạn dân|dân|năm|tháng|quý|tuần|ngày|giờ|người|lượt|hồ sơ|cơ sở|đơn vị|buổi|lớp|cuộc|đợt|hộ|trạm|xã)(?![^\W_])"
)
_OUT_OF = re.compile(r"\s*/\s*\d")
_UPWARD = re.compile(r"^(?:trở (?:lên|xuống|đi))\b")
_UPWARDS = re.compile(r"(?:^|\s)(?:trở lên|trở xuống)$")
_TOTAL = re.compile(r"\btổng số(?:\s+\S+){2,25}\s*$", re.IGNORECASE)
_MEASURE = re.compile(r"^(?:tỷ lệ|tỉ lệ|mức|chỉ số|kết quả|tổng số|số)\b", re.IGNORECASE)
HANGING = re.compile(r"\s+(?:và|với|cùng|là|trong đó|có|đạt|của|cho|tại|trên|ở|do|thì)$")


@dataclass(frozen=True, slots=True)
class Words:
    """A figure's own words: `label` before it, `noun` behind it, its unit with what it is counted for, the body that
    is the subject; `measured` where what stands behind tells nothing of what is measured."""

    label: str
    noun: str
    unit: str | None
    body: str | None
    measured: bool


def around(text: str, found: Sequence[Quantity], i: int, sentence: Span) -> Words:
    """The words around the i-th figure of a text."""
    q = found[i]
    start, end = sentence
    left = _parting(text, found[i - 1].end, q) if i and found[i - 1].start >= start else start
    more = i + 1 < len(found) and found[i + 1].start < end
    noun, unit = _noun(text[q.end : _parting(text, q.end, found[i + 1]) if more else end], q)
    measured = (q.percent or q.unit in GRADES) and noun.lower() in ("", (q.unit or "").lower())
    alone = left == start or text[left - 1 : left] in ";:([)…" or text[left - 2 : left] == ". "
    label = _label(text[left : q.start], measured and alone, len(noun.split()))
    beside = i and "," in text[found[i - 1].end : left]
    if measured and left > start and not beside and (clause := _measure(text[start : q.start])):
        label = clause  # "Tỷ lệ … tại Văn phòng và 03 chi cục đạt 85%"
    body, label = _subject(label, bool(noun and _HAVING.search(text, left, q.start)))
    label = "" if label.lower() in ("kết quả", "kết quả là") else label
    return Words(label, noun, unit, body, measured)


def _parting(text: str, start: int, second: Quantity) -> int:
    """Where between two figures of a sentence the words of the first end and those of the second begin."""
    end = second.start
    between = text[start:end]
    edges = [m.end() for m in _STRONG.finditer(between)]
    if not edges:
        edges = sorted([m.end() for m in _COMMA.finditer(between)] + [m.start() for m in _WITHIN.finditer(between)])
    if not edges:
        edges = [m.start() + 1 for m in _WEAK.finditer(between)]
    if edges and not between[edges[-1] :].strip() and between[edges[-1] - 1] == "(":
        beside = [edge for edge in (*edges[:-1], *(m.end() for m in _COMMA.finditer(between))) if edge < edges[-1]]
        edges = [max(beside)] if beside else edges  # "Sở A (84,4), Sở B (83,9)"
    if edges:
        return start + edges[-1]
    if upward := re.search(r"\btrở (?:lên|xuống)\b", between):
        return start + upward.end()
    preposition = (_REACHES.search(between) if second.percent else None) or _PREPOSITION.search(between)
    return start + preposition.start() + 1 if preposition else end


def _label(before: str, whole: bool, behind: int) -> str:
    """The words before a figure that are its own: its clause back to a comma, or all of it where they lead over a
    colon, or where nothing else says what is measured. `behind` is how many words stand behind it."""
    before = before[-_REACH:]
    before = _BESIDE.sub(lambda m: " " * len(m[0]), before) if ")" in before else before
    edges = [m.end() for m in _STRONG.finditer(before)]
    near = before[edges[-1] :] if edges else before
    if not (tidy(near) if whole else near.strip()) and edges and before[edges[-1] - 1] == "(":
        near, whole = before[: edges[-1] - 1], True  # "Lớp bồi dưỡng kỹ năng (05 người)"
        near = near[max((m.end() for m in _STRONG.finditer(near)), default=0) :]
    if near.count("“") > near.count("”"):
        near = near[near.rindex("“") + 1 :]  # within what is quoted
    if re.search(r"(?:,|\bvà)\s*$", near):
        return ""
    whole = whole or near.rstrip().endswith(":")
    label = tidy(near) if whole else _clause(near, behind)
    if whole and len(label.split()) < 2 and edges:
        label = tidy(before)
    return short(label, LONGEST) if _begins(label) else last_words(label, LONGEST)


def _clause(near: str, behind: int) -> str:
    """Back to the comma behind which a verb or a measure begins; failing that, to the next."""
    pieces = _COMMA.split(near)
    if not tidy(pieces[-1]) and behind >= 4:
        return ""  # "Hiện nay, có 12 đơn vị …"
    if (total := _TOTAL.search(near)) is not None:
        return tidy(total[0])
    enough = ""
    for i in range(len(pieces) - 1, -1, -1):
        tail = tidy(", ".join(pieces[i:]))
        words = len(tail.split())
        if words > 40:
            return enough or last_words(tail, LONGEST // 2)
        if (words >= 3 and _begins(tail)) or (words == 2 and tells(tail)):
            while i and pieces[i - 1].lower().endswith(_closings()):  # "tiếp nhận, giải quyết và trả …"
                i -= 1
            return tidy(", ".join(pieces[i:]))
        enough = enough if len(enough.split()) >= 3 else tail
    return enough


@lru_cache(maxsize=4096)
def _begins(label: str) -> bool:
    lower = label.lower()
    return bool(_MEASURE.match(lower) or _body().match(label)) or lower.startswith(_openings())


@cache
def _openings() -> tuple[str, ...]:
    return tuple(f"{word} " for word in (*listed("verb"), *listed("state")))


@cache
def _closings() -> tuple[str, ...]:
    return tuple(f" {word}" for word in listed("verb") if " " in word)


def _measure(before: str) -> str:
    """The clause before a figure, where it names a measure."""
    near = before[max((m.end() for m in _STRONG.finditer(before)), default=0) :]
    label = tidy(near)
    return short(label, LONGEST) if _MEASURE.match(label) else ""


def _noun(behind: str, q: Quantity) -> tuple[str, str | None]:
    """The words behind a figure, and its unit with what it is counted for ("giường bệnh/10.000 dân")."""
    unit = q.unit
    behind = behind[: 2 * LONGEST].lstrip()
    behind = behind[1:].lstrip() if q.percent else behind
    counted_by = _PER.match(behind, len(unit)) if unit and behind.lower().startswith(unit.lower()) else None
    if counted_by:
        unit = f"{unit}/{counted_by[0].partition('/')[2].strip()}"
        behind = f"{unit}{behind[counted_by.end() :]}"
    behind = _UPWARD.sub("", behind).lstrip() if "trở" in behind else behind
    if behind[:1] in _ENDS:
        return "", unit
    edge = _STRONG.search(behind)
    stop = edge.start() if edge else len(behind)
    if "/" in behind and (other := _OUT_OF.search(behind, len(unit or ""), stop)):
        stop = other.start()
    noun = behind[:stop].rstrip(_ENDS)
    noun = _ANNOUNCES.sub("", noun) if noun.endswith(_ANNOUNCING) else noun
    noun = _UPWARDS.sub("", noun) if "trở" in noun else noun
    if not q.percent:
        comma = next((m for m in _COMMA.finditer(noun) if unit_of(noun[m.end() :]) in (None, "số")), None)
        noun = noun[: comma.start()] if comma and comma.start() >= len(q.unit or "") else noun
    noun = "" if q.percent and re.match(r"so(?: với| cùng|$)", noun, re.IGNORECASE) else noun
    return short(HANGING.sub("", noun.strip(_ENDS)), LONGEST), unit


_ENDS = " .,:;-–+“”\"'"
_ANNOUNCING = ("gồm", "thể", "đó", "sau")


def _subject(label: str, having: bool) -> tuple[str | None, str]:
    """The body with which a label begins as its subject, and the rest; `having`: of which it says only what it has."""
    match = _body().match(f"{label} có" if having else label)
    if match is None or label.lower().startswith(listed_as_tuple("no body")):
        return None, label
    return match[1].strip(), tidy(label[match.end() :])


def tells(words: str) -> bool:
    """Whether words begin with a body and tell what it does, and are no name."""
    return _body().match(words) is not None


_HAVING = re.compile(r"\bcó\s+$", re.IGNORECASE)


_NO_NAME = "với|về|cho|trên|theo|để|số|trong|tại|tự|hoặc|mình|này|do|từ|đến|như|mà|khi|nay"
"""Words that no body has in its name."""
_WHOLES = "toàn ngành|toàn tỉnh|ngành|tỉnh|huyện|quận|thị xã|thị trấn|xã|phường|thành phố|đơn vị"
"""Of what figures are told as of a body."""


@cache
def _body() -> re.Pattern[str]:
    kinds = "|".join(sorted((re.escape(kind) for kind, *_ in read_table("body_kinds.tsv")), key=len, reverse=True))
    name = rf"(?:(?!\s(?:{_NO_NAME})\s)[^,;:()]){{0,70}}?"
    return re.compile(
        rf"((?:{kinds}|{_WHOLES})(?!\w){name})\s+(?-i:(?=(?:{'|'.join(_longest_first('verb'))})(?!\w)))", re.IGNORECASE
    )


_EDGES = " ,;:.-–+*•\"'(="


@lru_cache(maxsize=4096)
def tidy(text: str) -> str:
    """Words without the marks, the times and the joining words at their ends."""
    text = " ".join(MARK.sub("", text, 1).split()).strip(_EDGES)
    while (shorter := _without_beginning(text)) != text:
        text = shorter
    while (shorter := _without_end(text)) != text:
        text = shorter
    return text.strip("“”") if text.count("“") != text.count("”") else text


def _without_beginning(text: str) -> str:
    if text.lower().startswith(listed_as_tuple("joins")) and not _TELLING.match(text):
        text = _joins().sub("", text, 1)
    return _without_period(text).strip(_EDGES)


def _without_end(text: str) -> str:
    head, tail = text[:-_TAIL], text[-_TAIL:]
    if tail.endswith(_ANNOUNCING):
        tail = _ANNOUNCES.sub("", tail)
    elif tail[-1:].isdigit() or tail[-1:] in "IV":
        tail = _LAST_PERIOD.sub("", tail)
    elif tail.lower().endswith(listed_as_tuple("before")):
        tail = _ends().sub("", tail)
    return (head + tail).strip(_EDGES)


_TELLING = re.compile(r"có (?:mặt|thêm|hiệu lực|việc làm)\b", re.IGNORECASE)
_TAIL = 60
"""In so many characters at the end of a label the words stand that belong to the number."""


@cache
def _joins() -> re.Pattern[str]:
    return re.compile(rf"^(?:{'|'.join(_longest_first('joins'))})(?![^\W_])", re.IGNORECASE)


@cache
def _ends() -> re.Pattern[str]:
    return re.compile(rf"(?:^|\s)(?:{'|'.join(_longest_first('before'))})$", re.IGNORECASE)


_LAST_PERIOD = re.compile(
    r"[\s,]*\b(?:từ (?:ngày )?[\d/.-]*\d/\d[\d/.-]*(?: (?:đến|đến hết))?(?: ngày)? [\d/.-]+"
    r"|(?:tính )?đến (?:ngày )?[\d/.-]+"
    r"|trong (?:năm|quý|tháng) [\dIV/]+)$|[:,]\s*(?:trong\s+)?năm \d{4}$|\s+năm \d{4}$",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"(?:kết quả\s+)?(?:trong|vào|tính|tính đến|đến|đến hết|hết|từ|kể từ|cả|riêng|của|tháng)?\s*", re.IGNORECASE
)
_SPAN_OF_TIME = re.compile(
    r"(?:kết quả\s+)?(?:trong\s+)?\d{1,2}\s+(?:tháng|quý|năm)(?:\s+(?:đầu|cuối)(?:\s+năm)?)?(?=\s|$|,)", re.IGNORECASE
)


_MAY_BE_PERIOD = re.compile(r"\d|[Qq]uý")


def _without_period(text: str) -> str:
    if not _MAY_BE_PERIOD.search(text, 0, 45):
        return text
    if (match := _SPAN_OF_TIME.match(text)) is not None:
        return text[match.end() :]
    for period in periods.find(text[:80], 2000)[:1]:
        if _OPENING.fullmatch(text[: period.start]):
            return text[period.end :]
    return text


def short(text: str, longest: int) -> str:
    """At most so many characters, cut behind a clause or a word."""
    if len(text) <= longest:
        return text
    cut = text.rfind(", ", longest // 3, longest)
    return text[: cut if cut > 0 else text.rfind(" ", 0, longest)]


def last_words(text: str, longest: int) -> str:
    """At most so many characters at the end, from the beginning of a word."""
    if len(text) <= longest:
        return text
    return text[text.find(" ", len(text) - longest) + 1 :]


@cache
def listed(part: str) -> frozenset[str]:
    """The words of `counting.tsv` that play a part."""
    table = resources.files("ingest").joinpath("data", "counting.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line.strip() and not line.startswith("#"))
    return frozenset(words for kind, words in rows if kind == part)


@cache
def listed_as_tuple(part: str) -> tuple[str, ...]:
    """The same, as `str.startswith` takes them."""
    return tuple(listed(part))


@cache
def _longest_first(part: str) -> tuple[str, ...]:
    return tuple(sorted(listed(part), key=len, reverse=True))
