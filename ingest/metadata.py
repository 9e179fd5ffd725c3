"""The head and the foot of a report: number, type, title, issuer, place, date, period, signer, as printed.

The forms are those of Nghị định 30/2020/NĐ-CP (phụ lục I): the issuing body at the top, "Số: …/…-…", "<place>, ngày …
tháng … năm …", the type in capitals, the title below it, "Nơi nhận" and the signer at the end. A newsletter or a news
item has a title and a date alone, in front matter if it is Markdown; a notice's body has neither. What is left blank
stays blank.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile

from ingest import markdown, structure
from vectorstore import periods, places
from vectorstore.quantities import document_types
from vectorstore.records import Excerpt, Span, excerpt, fold_space, plain
from vectorstore.vietnamese import fold, read_table

DIGEST = re.compile(r"\s*BẢN TÓM LƯỢC\b[^\n]*")
"""The first line of a digest, which says what it is a digest of."""

_HEAD_LINES = 60
_NUMBER = re.compile(
    r"Số\s*+:?\s*+(?P<number>[\d.…_ ]*+/\s?(?:\d{4}\s?/\s?)?[A-ZĐ][A-ZĐa-zđ]*(?:\s?[-–/]\s?[A-ZĐƯ][A-ZĐƯa-zđ]*)*)"
)
_PLACE_DATE = re.compile(
    r"(?P<place>(?<![^\W\d_])[A-ZĐÀ-Ỹ][^\W\d_]*(?:[ .-]+[A-ZĐÀ-Ỹ][^\W\d_]*){0,5})\s*,\s*ngày\s*"
    r"(?P<day>\d{0,2})[\s.…_]*tháng\s*(?P<month>\d{0,2})[\s.…_]*năm\s*(?P<year>\d{4})"
)
_PLAIN_DATE = re.compile(r"(?<!\d)(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)")
_AUTHORITY = re.compile(
    r"(?:CHỦ TỊCH|GIÁM ĐỐC|BỘ TRƯỞNG|THỦ TƯỚNG|TỔNG CỤC TRƯỞNG|(?:ỦY|UỶ) BAN NHÂN DÂN|HỘI ĐỒNG NHÂN DÂN|"
    r"CHÍNH PHỦ|QUỐC HỘI)\b"
)
_PREAMBLE = re.compile(r"(?:Căn cứ|Theo đề nghị|Xét)\b")
_LOCAL = re.compile(r"\b(?:xã|phường|thị trấn|huyện|quận|thị xã|đặc khu)\s+(?P<name>[^\W\d_]+(?:\s[^\W\d_]+){0,3})")
_LONGEST_TITLE = 300
_LONGEST_DATELINE = 160
_LONGEST_HEAD_LINE = 1_000  # where a number and a date are looked for; a file may be one line of millions
_AFTER_TITLE = re.compile(r"(?:Thực hiện|Căn cứ|Kính gửi|Theo|Xét|Trên cơ sở|Phần|PHẦN|[IVX]+\.|[1-9]\.|-)(?!\w)")
_MOTTO = re.compile(r"CỘNG HÒA XÃ HỘI|CỘNG HOÀ XÃ HỘI|Độc lập\s*[-–]\s*Tự do", re.IGNORECASE)
_BODY_LINE = re.compile(
    r"(?:ỦY BAN NHÂN DÂN|UỶ BAN NHÂN DÂN|UBND|SỞ|BỘ|BAN|CỤC|CHI CỤC|VĂN PHÒNG|TRUNG TÂM|BỆNH VIỆN|HỘI ĐỒNG|TỈNH|"
    r"THÀNH PHỐ|CHÍNH PHỦ|THỦ TƯỚNG CHÍNH PHỦ|TỔNG CỤC|VỤ|TRƯỜNG|PHÒNG)\b"
)
_TWO_BODIES = re.compile(
    r"(?<=\w) (?=(?:SỞ|CHI CỤC|TRUNG TÂM|BỆNH VIỆN) )"  # in one cell of a head in a table
)
_ROLE = re.compile(
    r"(?:(?P<for>KT|TM|TL|TUQ|Q)\s*\.\s*)?"
    r"(?P<role>(?:PHÓ\s+)?(?:TỔNG\s+)?(?:GIÁM ĐỐC|CHỦ TỊCH|BỘ TRƯỞNG|THỨ TRƯỞNG|CỤC TRƯỞNG|VỤ TRƯỞNG|"
    r"CHÁNH VĂN PHÒNG|TRƯỞNG BAN|TRƯỞNG PHÒNG|VIỆN TRƯỞNG|HIỆU TRƯỞNG|CHI CỤC TRƯỞNG|CHỦ NHIỆM|THỦ TƯỚNG))\b"
)
_NAME = re.compile(r"(?:[A-ZĐÀ-Ỹ][^\W\d_]*)(?: [A-ZĐÀ-Ỹ][^\W\d_]*){1,5}")
_BULLETIN = re.compile(r"(?:bản tin|thông tin|tin tức|điểm tin)\b", re.IGNORECASE)
_EDITOR = re.compile(r"(?:Phòng|Văn phòng|Ban biên tập|Ban)\b[^\n]{0,60}[–-]\s*(?P<body>[^\n]{3,60})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What head and foot say; None where they say nothing. `foot` is the recipients and the signature, `body_start`
    where the head ends."""

    number: str | None
    type: str | None
    title: str | None
    issuer: str | None
    place: str | None
    issued_on: str | None
    period: str | None
    signer: str | None
    signer_title: str | None
    digest_of: str | None
    head: Excerpt
    foot: Excerpt
    body_start: int


def find(text: str) -> Metadata:
    """Read the head and the foot of a document's text."""
    digest = DIGEST.match(text)
    front = markdown.front_matter(text)
    start = digest.end() if digest else front.end if front else 0
    lines = structure.printed_lines(text, start, 4 * _HEAD_LINES)[:_HEAD_LINES]
    number = _number(text, lines)
    place, issued_on, dated = _place_and_date(text, lines)
    kind, type_line = _type(text, lines)
    spans: list[Span] = [span for span in (number[1] if number else None, dated) if span]
    if type_line is not None:
        title_spans = _title_after(text, lines, type_line)
        spans += [lines[type_line], *title_spans]
    else:
        title_spans = [lines[0] if lines else (start, start)]
        if front and front.title:
            title_spans = [front.title]
        elif lines and len(text[slice(*lines[0])].strip()) > _LONGEST_TITLE:
            title_spans = []  # a body without a head
        spans += title_spans
        if number is None and title_spans and _BULLETIN.match(_said(text, title_spans[0])):
            kind = "Bản tin"
    title = fold_space(" ".join(_said(text, span) for span in title_spans)).strip("*#_ ") or None
    if issued_on is None and front and front.date and (issued_on := markdown.day(text[slice(*front.date)])):
        spans.append(front.date)
    if issued_on is None and type_line is None:
        issued_on, printed_date = _plain_date(text, lines)
        spans += [printed_date] if printed_date else []
    printed = number[0] if number else None
    issuer = _issuer(text, lines, printed, place, kind)
    if _is_central(issuer):
        place = None  # where it was signed is not what it speaks of
    if place is None and title:
        named = places.find(title)
        place = named[0].place if named and type_line is not None else None
    period = periods.of_title(title or "")
    body_start = max((b for _, b in spans), default=start)
    if front and type_line is None:
        body_start = max(body_start, front.end)
        if lines and title and markdown.is_title(text, lines[0], title):
            body_start = max(body_start, lines[0][1])
    if title and number is None and type_line is None and kind is None:
        opening = [_said(text, line) for line in lines if line[0] >= body_start][:3]
        place = place or _place_of_news(title, opening)
        period = period or next((said for line in opening if (said := periods.of_title(line[:_LONGEST_TITLE]))), None)
    foot_start, signer, signer_title = _foot(text, body_start)
    return Metadata(
        printed,
        kind,
        title,
        issuer,
        _province(place),
        issued_on,
        period,
        signer,
        signer_title,
        fold_space(digest[0].partition("tóm lược từ:")[2]) if digest else None,
        excerpt(text, sorted(spans)),
        excerpt(text, [(foot_start, _foot_end(text, foot_start))]) if foot_start is not None else Excerpt((), ()),
        body_start,
    )


def _said(text: str, span: Span) -> str:
    """A line without its mark-up."""
    return fold_space(plain(text[slice(*span)]))


def _place_of_news(title: str, opening: list[str]) -> str | None:
    """The place that a news item is about: the one its title names, else the one of its first paragraph. A commune or
    district counts where the opening says that it is one."""
    local = [name for line in opening for name in _communes(line)]
    if here := next((name for name in local if name in title), None):
        return here
    for said in (title, *opening[:1]):
        named = {mention.place for mention in places.find(said)}
        if named:
            return named.pop() if len(named) == 1 else None
    first = set(_communes(opening[0])) if opening else set()
    return first.pop() if len(first) == 1 else None


def _communes(line: str) -> list[str]:
    """The communes and districts that a line names as such, without the word for what they are."""
    named = (takewhile(lambda word: word[0].isupper(), match["name"].split()) for match in _LOCAL.finditer(line))
    return [name for words in named if (name := " ".join(words))]


def _number(text: str, lines: list[Span]) -> tuple[str, Span] | None:
    for a, b in lines[:25]:
        if match := _NUMBER.search(text, a, min(b, a + _LONGEST_HEAD_LINE)):
            return re.sub(r"\s+", "", match["number"]), match.span()
    return None


def _place_and_date(text: str, lines: list[Span]) -> tuple[str | None, str | None, Span | None]:
    for a, end in lines[:25]:
        b = min(end, a + _LONGEST_HEAD_LINE)
        number = _NUMBER.search(text, a, b)  # in one line with the date, where a head of two columns was read across
        if match := _PLACE_DATE.search(text, number.end() if number else a, b):
            year, month, day = match["year"], match["month"], match["day"]
            said = year
            if month:
                said += f"-{int(month):02}"
                if day:
                    said += f"-{int(day):02}"
            return fold_space(match["place"]), said, match.span()
    return None, None, None


def _plain_date(text: str, lines: list[Span]) -> tuple[str | None, Span | None]:
    for a, b in lines[:6]:
        if b - a > _LONGEST_DATELINE:
            break  # the text has begun
        if (match := _PLAIN_DATE.search(text, a, b)) and (day := periods.dates(match[0])) and day[0].day:
            return day[0].day.isoformat(), match.span()
    return None, None


def _type(text: str, lines: list[Span]) -> tuple[str | None, int | None]:
    names = {fold(name): name for name in document_types()}
    for i, (a, b) in enumerate(lines[:30]):
        line = _said(text, (a, b)).strip("* _#")
        if line.isupper() and fold(line) in names:
            return names[fold(line)], i
    return None, None


def _title_after(text: str, lines: list[Span], type_line: int) -> list[Span]:
    """The lines of the title below the type: the first, and those that follow it without a wider gap or a new start."""
    out: list[Span] = []
    usual = _usual_gap(text, lines)
    for i in range(type_line + 1, min(type_line + 6, len(lines))):
        a, b = lines[i]
        line = _said(text, (a, b)).strip("* _")
        if out:
            gap = text.count("\n", lines[i - 1][1], a)
            if gap > usual or _AFTER_TITLE.match(line) or line.endswith((":", ".", ";")):
                break
            following = _said(text, lines[i + 1]) if i + 1 < len(lines) else ""
            if line.isupper() and _AUTHORITY.match(line) and _PREAMBLE.match(following):
                break
        out.append((a, b))
        if len(line) > 140:
            break
    return out


def _usual_gap(text: str, lines: list[Span]) -> int:
    """Line ends between two lines of one paragraph. Long lines are paragraphs of their own: then no line follows."""
    if max((b - a for a, b in lines), default=0) > 160:
        return 1
    gaps = sorted(text.count("\n", lines[i][1], lines[i + 1][0]) for i in range(len(lines) - 1))
    return gaps[len(gaps) // 2] if gaps else 1


def _issuer(text: str, lines: list[Span], number: str | None, place: str | None, kind: str | None) -> str | None:
    """The body that issues: the last named above the motto, else the one that the number's symbol stands for."""
    above: list[str] = []
    for a, b in lines[:12]:
        line = _said(text, (a, b)).strip("*-_| ")
        if _MOTTO.search(line) or _NUMBER.search(line):
            break
        if line.isupper() and _BODY_LINE.match(line):
            above += _TWO_BODIES.split(line)
    province = _province(place) or next((m.place for line in above for m in places.find(line)), None)
    if above:
        name = _title_case(above[-1])
        return name if _has_place(name) or _is_central(name) or not province else f"{name} {_with_kind(province)}"
    if number:
        symbol = re.split(r"[-–]", number)[-1].split("/")[-1].strip()
        for abbreviation, name, reach in (row[:3] for row in read_table("bodies.tsv")):
            if symbol == abbreviation:
                return f"{name} {_with_kind(province)}" if reach == "local" and province else name
    if kind == "Bản tin" and (editor := _EDITOR.search(text)):
        body = fold_space(editor["body"])
        return re.sub(r"^Văn phòng (?=Bộ|Sở)", "", body)
    return None


def _title_case(upper: str) -> str:
    """ "SỞ Y TẾ TỈNH HÀ TĨNH" → "Sở Y tế tỉnh Hà Tĩnh": bodies by their known spelling, places capitalised."""
    known = {row[1].upper(): row[1] for row in read_table("bodies.tsv")}
    for name, spelled in known.items():
        if upper.startswith(name):
            rest = upper[len(name) :].strip()
            return f"{spelled} {_place_case(rest)}".strip()
    cased = upper.capitalize() if not places.find(upper) else _place_case(upper)
    return re.sub(r"^(?:ubnd|hđnd|.)", lambda first: first[0].upper(), cased)


def _place_case(upper: str) -> str:
    found = places.find(upper)
    if not found:
        return upper.lower()
    lead = upper[: found[0].start].lower()
    return f"{lead}{found[0].place}"


def _is_central(issuer: str | None) -> bool:
    """Whether a body belongs to no province."""
    central = {row[1].casefold() for row in read_table("bodies.tsv") if row[2] == "central"}
    return issuer is not None and (issuer.startswith("Bộ ") or issuer.casefold() in central)


def _has_place(name: str) -> bool:
    return bool(places.find(name))


def _with_kind(place: str) -> str:
    province = places.provinces().get(place)
    return f"{province.kind} {place}" if province else place


def _province(place: str | None) -> str | None:
    if place is None:
        return None
    found = places.find(place)
    return found[0].place if found else place


def _foot(text: str, after: int) -> tuple[int | None, str | None, str | None]:
    """Where the recipients or the signature begin, who signed, and as what."""
    recipients = None
    for match in re.finditer(r"^(?:[^\S\n]|[*_|#])*Nơi nhận\b", text[after:], re.MULTILINE | re.IGNORECASE):
        recipients = text.rfind("\n", 0, after + match.end()) + 1
        break
    window = recipients if recipients is not None else max(after, len(text) - 600)
    roles = [m for m in _ROLE.finditer(text, window, min(len(text), window + 2500))]
    if not roles:
        return recipients, None, None
    begin = recipients if recipients is not None else text.rfind("\n", 0, roles[0].start()) + 1
    signed_as = _said_role(roles)
    tail = text[roles[-1].end() : roles[-1].end() + 400]
    rest_of_line, *below = tail.split("\n")
    for line in (rest_of_line, *below):
        name = fold_space(re.sub(r"<[^>]*>", "", line)).strip("*_| ")
        if not name or name.startswith(("(", "-")):
            continue
        if line is rest_of_line and _BODY_LINE.match(name):
            continue  # "GIÁM ĐỐC SỞ Y TẾ", the name below
        if _NAME.fullmatch(name) and not name.isupper():
            return begin, name, signed_as
        if (
            name.isupper()
            and _NAME.fullmatch(name.title())
            and 2 <= len(name.split()) <= 5
            and not _BODY_LINE.match(name)
        ):
            return begin, name.title(), signed_as
        if _BODY_LINE.match(name) or len(name.split()) > 6:
            break
    return begin, None, signed_as


def _said_role(roles: list[re.Match[str]]) -> str:
    last = roles[-1]["role"].capitalize()
    first = roles[0]
    if first["for"] == "KT" and len(roles) > 1:
        return f"{last} (ký thay {first['role'].capitalize()})"
    return last


# What may follow a signature: an appendix, what the decision puts into force (its own head, its type, "Kèm theo …", its
# first part), or the footnotes at the end.
_TYPE_LINE = "|".join(re.escape(kind.upper()) for kind in document_types())
_AFTER_FOOT = re.compile(
    r"^(?:[^\S\n]|[*_|#])*(?:PHỤ LỤC\b|Phụ lục\b|CỘNG HÒA XÃ HỘI|CỘNG HOÀ XÃ HỘI|\((?:Ban hành kèm|Kèm) theo\b"
    rf"|(?:{_TYPE_LINE}|DANH MỤC|DANH SÁCH|BIỂU MẪU)[^\S\n]*[*_|]*$"
    r"|(?:I|Chương I)\.?\s+[A-ZĐÀ-Ỹ]{2}|[⁰¹²³⁴⁵⁶⁷⁸⁹]|\[\^)",
    re.MULTILINE,
)


def _foot_end(text: str, start: int) -> int:
    """The end of the signature: the document's end, or what follows it."""
    follows = _AFTER_FOOT.search(text, start)
    return follows.start() if follows else len(text)
