"""What a figure counts, in the words of its document: the indicator, the field or kind of it, and whose it is.

The words around figures stand in `data/counting.tsv`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from vectorstore import periods
from vectorstore.quantities import Quantity, unit_of
from vectorstore.records import fold_space
from vectorstore.vietnamese import read_table, sentence_spans

_LONGEST_LABEL, _LONGEST_NOUN = 150, 140
_STRONG = re.compile(r"[;()\[\]…]|:(?!\s*$)|\.\s|(?<=[.;:])\s[-–+]\s|\s[-–+]\s(?=[A-ZÀ-ỸĐ][^\W\d_]*\s(?:thêm|thành|từ)\b)")
_COMMA = re.compile(r"(?<![\d ])\s?,\s|\s?,\s(?!\d)")
_BESIDE = re.compile(r"\([^()]*\)")
_ANNOUNCES = re.compile(r"[\s,;:]*\b(?:cụ thể|(?:bao )?gồm|trong đó|như sau)(?:\s+như sau)?[\s:,]*$", re.IGNORECASE)
_MARK = re.compile(r"^\s*(?:[-–+*•·]|[a-zđ]\)|\d{1,2}[.)](?=\s)|\d+(?:\.\d+)+\.?(?=\s))\s*")
_PER = re.compile(
    r"\s*/\s*(?:(?:1|100|1\.?000|10\.?000|100\.?000)\s*)?(?:vạn dân|dân|năm|tháng|quý|tuần|ngày|giờ|người|lượt|hồ sơ|cơ sở|đơn vị)(?![^\W_])"
)
_UPWARD = re.compile(r"^\s*(?:trở (?:lên|xuống|đi))\b")
_WEAK = re.compile(r"(?<!đối)\s(?:và|với|trong đó)\s", re.IGNORECASE)
_WITHIN = re.compile(r"\btrong đó\b", re.IGNORECASE)
_PREPOSITION = re.compile(
    r"\s(?:trên|tại|còn|xuống|lên|cho|đạt|chiếm|là|từ|đến|giảm|tăng|gồm|ở|đối với)\s|\s?[=x]\s", re.IGNORECASE
)
_REACHES = re.compile(r"\s(?:đạt|chiếm|là|bằng|tăng|giảm)\s(?!.*\s(?:đạt|chiếm|là|bằng|tăng|giảm)\s)", re.IGNORECASE)
_TOTAL = re.compile(r"\btổng số(?:\s+\S+){2,25}\s*$", re.IGNORECASE)
_MEASURE = re.compile(r"^(?:tỷ lệ|tỉ lệ|mức|chỉ số|kết quả|tổng số|số)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a figure counts: `label` and `noun` are its own words before and behind it."""

    indicator: str
    breakdown: str | None
    label: str
    noun: str
    unit: str | None
    body: str | None = None


def read(text: str, found: Sequence[Quantity], wholes: Sequence[int | None]) -> list[Counted]:
    """What each figure of a passage counts; `wholes` as in `parts.wholes`."""
    field = _field(text, found)
    spans = sentence_spans(text)
    out: list[Counted] = []
    for i in range(len(found)):
        own = _own(text, found, spans, i)
        own = _inherited(text, found, spans, i, own, out, wholes[i])
        out.append(_as_part(own, out, wholes[i], found, i) if wholes[i] is not None else _whole(own, field))
    return [_as_part(c, out, w, found, i) if (w := wholes[i]) is not None and w > i else c for i, c in enumerate(out)]


def row_cell(counted: Counted, head: str, subject: str) -> Counted:
    """What a cell's figure counts: its own words, else its column's head; the row's subject is the breakdown."""
    kinds = bool(subject) and subject != counted.indicator
    words = re.sub(rf"^{re.escape(counted.unit or '')}(?![^\W_])", "", counted.indicator, flags=re.IGNORECASE)
    if len(words.split()) >= 2:
        return replace(counted, breakdown=counted.breakdown or (subject if kinds else None))
    name = _tidy(re.sub(r"\([^()]*\)", " ", head.split(" – ")[-1]))
    if name.lower() in _words("head") or not name or re.search(r"\b(?:19|20)\d{2}\b", name):
        return replace(counted, indicator=_short(subject or counted.indicator or name, _LONGEST_NOUN))
    return replace(counted, indicator=_short(name, _LONGEST_NOUN), breakdown=subject or None)


def _own(text: str, found: Sequence[Quantity], spans: Sequence[tuple[int, int]], i: int) -> Counted:
    """A figure by its own words alone."""
    q = found[i]
    start, end = next(((a, b) for a, b in spans if a <= q.start < b), (0, len(text)))
    left = start
    if i and found[i - 1].start >= start:
        left = _parting(text, found[i - 1].end, q)
    right = end
    if i + 1 < len(found) and found[i + 1].start < end:
        right = _parting(text, q.end, found[i + 1])
    noun, unit = _noun(text[q.end : right], q)
    bare = noun.lower() in ("", (q.unit or "").lower())
    measured = (q.percent or q.unit in _GRADES) and bare
    alone = left == start or text[left - 1 : left] in ";:([)…" or text[left - 2 : left] == ". "
    label = _label(text[left : q.start], measured and alone, len(noun.split()))
    if measured and left > start and (clause := _measure(text[start : q.start])):
        label = clause  # "Tỷ lệ … tại Thanh tra Sở và 02 chi cục đạt 90%"
    body, label = _subject(label)
    label = "" if label.lower() in ("kết quả", "kết quả là") else label
    unit = unit or unit_in(label)
    named = noun or (unit if unit not in (None, "%") else "") or ""
    if label and measured:
        named = ""  # "Chỉ số … đạt 81 điểm"
    if label and named.lower() == (unit or "").lower() and re.search(rf"\b{re.escape(named)}\b", label, re.IGNORECASE):
        named = ""  # "Số TTHC đề nghị bãi bỏ: 0 TTHC"
    return Counted(_joined(label, named), None, label, noun, unit, body)


_GRADES = frozenset({"điểm", "bậc", "lần"})
"""Units in which something is measured that stands before: the clause, not what follows, tells what it is."""


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
    before = _BESIDE.sub(lambda m: " " * len(m[0]), before)
    edges = [m.end() for m in _STRONG.finditer(before)]
    near = before[edges[-1] :] if edges else before
    if not near.strip() and edges and before[edges[-1] - 1] == "(":
        near, whole = before[: edges[-1] - 1], True  # "Tập huấn về an toàn thông tin (02 người)"
        near = near[max((m.end() for m in _STRONG.finditer(near)), default=0) :]
    if re.search(r"(?:,|\bvà)\s*$", near):
        return ""
    whole = whole or near.rstrip().endswith(":")
    label = _tidy(near) if whole else _clause(near, behind)
    if whole and len(label.split()) < 2 and edges:
        label = _tidy(before)
    return _short_tail(label, _LONGEST_LABEL)


def _clause(near: str, behind: int) -> str:
    """Back to the comma behind which a verb or a measure begins; failing that, to the next."""
    pieces = _COMMA.split(near)
    if not _tidy(pieces[-1]) and behind >= 4:
        return ""  # "Hiện nay, có 12 đơn vị …"
    if (total := _TOTAL.search(near)) is not None:
        return _tidy(total[0])
    enough = ""
    for i in range(len(pieces) - 1, -1, -1):
        tail = _tidy(", ".join(pieces[i:]))
        words = len(tail.split())
        if words > 30:
            return enough or _short_tail(tail, _LONGEST_LABEL // 2)
        if words >= 3 and _begins(tail):
            while i and pieces[i - 1].lower().endswith(_closings()):  # "tiếp nhận, giải quyết và trả …"
                i -= 1
            return _tidy(", ".join(pieces[i:]))
        enough = enough if len(enough.split()) >= 3 else tail
    return enough


def _begins(label: str) -> bool:
    lower = label.lower()
    return bool(_MEASURE.match(lower) or _body().match(label)) or lower.startswith(_openings())


@cache
def _openings() -> tuple[str, ...]:
    return tuple(f"{word} " for word in (*_words("verb"), *_words("state")))


@cache
def _closings() -> tuple[str, ...]:
    return tuple(f" {word}" for word in _words("verb") if " " in word)


def _measure(before: str) -> str:
    """The clause before a figure, where it names a measure."""
    near = before[max((m.end() for m in _STRONG.finditer(before)), default=0) :]
    label = _tidy(near)
    return _short_tail(label, _LONGEST_LABEL) if _MEASURE.match(label) else ""


def _noun(behind: str, q: Quantity) -> tuple[str, str | None]:
    """The words behind a figure, and its unit with what it is counted for ("giường bệnh/10.000 dân")."""
    unit = q.unit
    behind = re.sub(r"^\s*[%‰]", "", behind) if q.percent else behind
    behind = _UPWARD.sub("", behind)
    if unit and unit != "%":
        match = re.match(rf"\s*{re.escape(unit)}", behind, re.IGNORECASE)
        if match and (per := _PER.match(behind, match.end())):
            unit = f"{unit}{fold_space(per[0]).replace(' /', '/').replace('/ ', '/')}"
            behind = f"{unit}{behind[per.end() :]}"
    edge = _STRONG.search(behind)
    edge = re.compile(r"\s*/\s*\d").search(behind, len(unit or ""), edge.start() if edge else len(behind)) or edge
    noun = fold_space(_ANNOUNCES.sub("", behind[: edge.start()] if edge else behind)).strip(" .,:;-–+“”\"'")
    noun = re.sub(r"(?:^|\s)(?:trở lên|trở xuống)$", "", _UPWARD.sub("", noun)).strip()
    comma = next((m for m in _COMMA.finditer(noun) if not unit_of(noun[m.end() :])), None)
    if comma and not q.percent and comma.start() >= len(q.unit or ""):
        noun = noun[: comma.start()].strip()
    noun = re.sub(r"\s+(?:và|với|là|trong đó|có|đạt)$", "", noun)
    return _short(noun, _LONGEST_NOUN), unit


def _inherited(
    text: str,
    found: Sequence[Quantity],
    spans: Sequence[tuple[int, int]],
    i: int,
    own: Counted,
    out: Sequence[Counted],
    whole: int | None,
) -> Counted:
    """A figure whose own words say too little, with those of the figure before that it goes on from."""
    if not i or whole is not None and (own.label or own.noun):
        return own
    same = any(a <= found[i - 1].start and found[i].start < b for a, b in spans)
    unit_only = not own.noun or own.noun.lower() == (own.unit or "").lower() or own.noun.lower().startswith(("so ", "so với"))
    depends = (found[i].percent or found[i].unit in _GRADES or not own.noun) and (
        own.label.lower() in _words("depends") or own.label.lower().startswith(("tăng ", "giảm ", "chiếm "))
    )
    between = text[found[i - 1].end : found[i].start]
    listed = same and not own.label and bool(own.noun) and not found[i].percent and whole is None
    if listed and not out[-1].unit == "%" and not re.search(r"[();]|\bvới\b", between) and out[-1].label:
        label = out[-1].label  # "ban hành 23 kế hoạch, 04 tờ trình"
        return replace(own, label=label, indicator=_joined(label, own.noun), body=out[-1].body)
    if unit_only and (depends or (not own.label and (found[i].percent or found[i].unit in _GRADES or not own.noun))):
        earlier = out[-1]
        if not depends:
            like = [c for c, q in zip(out, found, strict=False) if q.unit == found[i].unit]
            earlier = like[-1] if like and not same else earlier
        told = earlier.breakdown if same and earlier.breakdown else earlier.indicator
        if not told:
            return own
        return replace(own, indicator=f"{told} – {own.label}" if depends and own.label else told)
    return own


def _whole(own: Counted, field: str | None) -> Counted:
    kind = _kind(own)
    return replace(own, breakdown=" – ".join(dict.fromkeys(k for k in (field, kind) if k)) or None)


def _as_part(
    own: Counted, out: Sequence[Counted], whole: int | None, found: Sequence[Quantity], i: int
) -> Counted:
    """A part: what the whole counts, of the kind that its own words name; a state is counted for itself."""
    if whole is None or whole >= len(out):
        return own
    of = out[whole]
    plain = own.noun.lower() in ("", (found[i].unit or "").lower())
    words = own.label if plain and own.label else _joined(own.label, own.noun)
    if not words:
        return replace(own, indicator=of.indicator, breakdown=of.breakdown, unit=own.unit or of.unit)
    behind = re.sub(rf"^{re.escape(found[i].unit or '')}\s*", "", own.noun, flags=re.IGNORECASE)
    if (own.label or behind).lower().startswith(_states()):
        return replace(own, breakdown=of.breakdown, unit=own.unit or of.unit)
    breakdown = " – ".join(dict.fromkeys(k for k in (of.breakdown, words) if k))
    return replace(own, indicator=of.indicator, breakdown=breakdown, unit=own.unit or of.unit)


@cache
def _states() -> tuple[str, ...]:
    return tuple(_words("state"))


def _field(text: str, found: Sequence[Quantity]) -> str | None:
    """The field that an item is about: "+ Lĩnh vực Dược: tiếp nhận …"."""
    if not found:
        return None
    head, colon, _ = _MARK.sub("", text[: found[0].start]).partition(":")
    name = fold_space(head)
    named = name.lower().startswith(tuple(_words("kind")))
    return name if colon and named and len(name) <= 100 else None


_KIND = re.compile(
    r"(?<!các )(?<!mọi )(?<!những )\blĩnh vực\s+(?!của\b|này\b|vi phạm\b)"
    r"(?:(?!(?:được|tại|của|trong|là|do|có|theo|để|đã|với|trên|phục vụ|ngành nghề)\b)[^\s,;:.()]+\s*){1,7}|\bcấp (?:tỉnh|huyện|xã|trung ương)\b",
    re.IGNORECASE,
)


def _kind(own: Counted) -> str | None:
    match = _KIND.search(own.noun) or _KIND.search(own.label)
    return fold_space(match[0]) if match else None


def _subject(label: str) -> tuple[str | None, str]:
    """The body with which a label begins as its subject, and the rest."""
    match = _body().match(label)
    if match is None:
        return None, label
    return match[1].strip(), _tidy(label[match.end() :])


@cache
def _body() -> re.Pattern[str]:
    kinds = "|".join(sorted((re.escape(kind) for kind, *_ in read_table("body_kinds.tsv")), key=len, reverse=True))
    verbs = "|".join(sorted(_words("verb"), key=len, reverse=True))
    kinds = f"{kinds}|toàn ngành|toàn tỉnh|ngành|tỉnh|huyện|xã|phường|thành phố|đơn vị"
    return re.compile(rf"((?:{kinds})(?!\w)(?:(?!\s(?:với|về|cho|trên|theo|để|số|trong|tại)\s)[^,;:()]){{0,70}}?)\s+(?=(?:{verbs})(?!\w))", re.IGNORECASE)


def _joined(label: str, noun: str) -> str:
    return " ".join(part for part in (label, noun) if part)


_EDGES = " ,;:.-–+*•\"'("


def _tidy(text: str) -> str:
    """Words without the marks, the times and the joining words at their ends."""
    text = fold_space(_MARK.sub("", text)).strip(_EDGES)
    joins, ends = _joins(), _ends()
    while True:
        shorter = _without_period(joins.sub("", text, 1)).strip(_EDGES)
        if len(shorter) == len(text):
            break
        text = shorter
    while True:
        head, tail = text[:-_TAIL], text[-_TAIL:]
        shorter = (head + ends.sub("", _LAST_PERIOD.sub("", _ANNOUNCES.sub("", tail)))).strip(_EDGES)
        if len(shorter) == len(text):
            return text.strip("“”") if text.count("“") != text.count("”") else text
        text = shorter


_TAIL = 60
"""In so many characters at the end of a label the words stand that belong to the number."""


@cache
def _joins() -> re.Pattern[str]:
    return re.compile(rf"^(?:{'|'.join(_longest_first('joins'))})(?![^\W_])", re.IGNORECASE)


@cache
def _ends() -> re.Pattern[str]:
    return re.compile(rf"(?:^|\s)(?:{'|'.join(_longest_first('before'))})$", re.IGNORECASE)


_LAST_PERIOD = re.compile(
    r"[\s,]*\b(?:từ ngày [\d/.-]+(?: (?:đến|đến hết))?(?: ngày)? [\d/.-]+|(?:tính )?đến (?:ngày )?[\d/.-]+|trong (?:năm|quý|tháng) [\dIV/]+)$|[:,]\s*(?:trong\s+)?năm \d{4}$",
    re.IGNORECASE,
)
_OPENING = re.compile(r"(?:trong|vào|tính|tính đến|đến|từ|kể từ|cả|riêng|của|tháng)?\s*", re.IGNORECASE)
_SPAN_OF_TIME = re.compile(r"(?:trong\s+)?\d{1,2}\s+(?:tháng|quý|năm)(?:\s+(?:đầu|cuối)(?:\s+năm)?)?(?=\s|$|,)", re.IGNORECASE)


def _without_period(text: str) -> str:
    if (match := _SPAN_OF_TIME.match(text)) is not None:
        return text[match.end() :]
    if not re.search(r"\d|quý", text[:40], re.IGNORECASE):
        return text
    for period in periods.find(text[:80], 2000)[:1]:
        if _OPENING.fullmatch(text[: period.start]):
            return text[period.end :]
    return text


def _short(text: str, longest: int) -> str:
    """At most so many characters, cut behind a clause or a word."""
    if len(text) <= longest:
        return text
    cut = text.rfind(", ", longest // 3, longest)
    return text[: cut if cut > 0 else text.rfind(" ", 0, longest)]


def _short_tail(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return text[text.find(" ", len(text) - longest) + 1 :]


@cache
def _words(part: str) -> frozenset[str]:
    table = resources.files("ingest").joinpath("data", "counting.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line.strip() and not line.startswith("#"))
    return frozenset(words for kind, words in rows if kind == part)


@cache
def _longest_first(part: str) -> tuple[str, ...]:
    return tuple(sorted(_words(part), key=len, reverse=True))


def is_serial(head: str) -> bool:
    """Whether a column holds the numbers of the rows."""
    return fold_space(head).strip(" .:*_").lower() in _words("serial")


def unit_of_head(head: str) -> str | None:
    """The unit that a column's head gives its figures: "Tỷ lệ (%)", "Số hồ sơ", "Kinh phí (triệu đồng)"."""
    if "%" in head or re.search(r"\btỷ lệ\b", head, re.IGNORECASE):
        return "%"
    inside = re.search(r"\(\s*(?:đvt|đơn vị tính|đơn vị)?\s*:?\s*([^()]+)\)", head, re.IGNORECASE)
    said = unit_of(inside[1].strip()) if inside else None
    return said or unit_in(head)


def unit_in(label: str) -> str | None:
    """The unit of a figure that has none behind it, where what is counted is named so: "Tổng số đơn …: 16"."""
    match = re.match(r"(?:.*\b)?(?:tổng )?số (?:lượng )?(?=\w)", label, re.IGNORECASE)
    return unit_of(label[match.end() :]) if match else None
