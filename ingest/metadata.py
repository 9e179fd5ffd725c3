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

from ingest import bodies, markdown, signature, structure
from vectorstore import periods, places
from vectorstore.quantities import document_types
from vectorstore.records import Excerpt, Span, excerpt, fold_space, plain
from vectorstore.vietnamese import fold, read_table

DIGEST = re.compile(r"\s*BẢN TÓM LƯỢC\b[^\n]*")
"""The first line of a digest, which says what it is a digest of."""

_HEAD_LINES = 60
_SYMBOL = r"[A-ZĐƯ][\wđ]*(?:\s?[-–/.&]\s?[A-ZĐƯ][\wđ]*)*"
_NUMBER = re.compile(
    rf"(?:^[*_|\s]{{0,9}}(?:Luật\s+số|(?:Nghị quyết|Pháp lệnh|Lệnh)\s+số(?=\s?:))|Số)\s{{0,9}}:?[*_]{{0,4}}\s?"
    rf"(?P<number>[\d.…_#\s]{{0,60}}[a-zđ]?(?:\s?[-–]\s?[A-ZĐ][A-Za-zĐđ]{{0,5}})?\s?/\s?(?:\d{{4}}\s?/\s?)?{_SYMBOL})",
    re.MULTILINE,
)
_UPPER = "A-ZĐÀ-Ỹ"
_PLACE = rf"(?P<place>[{_UPPER}][^\W\d_]*(?:[ .–-]+[{_UPPER}][^\W\d_]*){{0,5}})"
# A day or a month that was left blank, or that a scan did not give, says nothing.
_PLACE_DATE = re.compile(
    rf"{_PLACE}\s{{0,9}},?\s{{0,9}}(?:ngày\s{{0,40}}(?P<day>\S{{0,3}}?)[\s.…_]{{0,40}}(?<![^\W_])tháng|(?<=, )tháng)"
    r"\s{0,40}(?P<month>\S{0,3}?)[\s.…_]{0,40}năm\s{0,9}(?P<year>\d{4})"
    rf"|{_PLACE.replace('place', 'here')}\s{{0,9}},\s{{0,9}}(?:ngày\s{{0,9}})?"
    r"(?P<date>\d{1,2}\s?[/.-]\s?\d{1,2}\s?[/.-]\s?\d{4})(?!\d)"
)
_PLAIN_DATE = re.compile(r"(?<!\d)(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)")
_AUTHORITY = re.compile(
    r"(?:CHỦ TỊCH|GIÁM ĐỐC|BỘ TRƯỞNG|THỦ TƯỚNG|TỔNG CỤC TRƯỞNG|TRƯỞNG BAN|(?:ỦY|UỶ) BAN NHÂN DÂN|HỘI ĐỒNG NHÂN DÂN|"
    r"CHÍNH PHỦ|QUỐC HỘI)\b"
)
_OPENS_BODY = re.compile(r"(?:Căn cứ|Thực hiện|Theo|Xét|Trên cơ sở|Ngày)\b")
_PREAMBLE = re.compile(r"(?:Căn cứ|Theo đề nghị|Xét|KHÓA|KHOÁ|KỲ HỌP)\b")
_LOCAL = re.compile(r"\b(?:xã|phường|thị trấn|huyện|quận|thị xã|đặc khu)\s+(?P<name>[^\W\d_]+(?:\s[^\W\d_]+){0,3})")
_LONGEST_TITLE = 300
_LONGEST_DATELINE = 160
_LONGEST_HEAD_LINE = 1_000  # where a number and a date are looked for; a file may be one line of millions
_FEW_WORDS = 6
_AFTER_TITLE = re.compile(r"(?:Thực hiện|Căn cứ|Kính gửi|Theo|Xét|Trên cơ sở|Phần|PHẦN|[IVX]+\.|[1-9]\.|-)(?!\w)")
_ADDRESSED = re.compile(r"Kính gửi\b", re.IGNORECASE)
_SUBJECT = re.compile(r"(?:V/v|Về việc)\b", re.IGNORECASE)
_MOTTO = re.compile(
    r"CỘNG HÒA XÃ HỘI|CỘNG HOÀ XÃ HỘI|Độc lập\s*[-–]\s*Tự do|ĐẢNG CỘNG SẢN VIỆT NAM|^CHỦ NGHĨA VIỆT NAM", re.IGNORECASE
)
_ANNEX = re.compile(r"(?:PHỤ LỤC|BIỂU MẪU|BIỂU SỐ|DANH MỤC|DANH SÁCH)\b")
_ATTACHED = re.compile(r"\((?:Ban hành k|K)èm theo\b")
_SENTENCE_OF_CONTENTS = re.compile(r"[^.;\n]*(?:\n(?!\n)[^.;\n]*)*như sau\s*:")
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
    lines = [
        line
        for cell in structure.printed_lines(text, start, 4 * _HEAD_LINES)[:_HEAD_LINES]
        for line in _broken(text, cell)
    ]
    kind, type_line, rest = _type(text, lines)
    number = _number(text, lines, type_line)
    dateline, issued_on, dated = _place_and_date(text, lines)
    spans: list[Span] = [span for span in (number[1] if number else None, dated) if span]
    printed = number[0] if number else None
    letter = type_line is None and printed is not None
    if type_line is not None:
        title_spans = ([rest] if rest else []) + _title_after(text, lines, type_line, bool(rest))
        spans += [lines[type_line], *title_spans]
    elif printed is not None:
        kind = _type_of_number(printed)
        title_spans = _subject(text, lines)
        spans += title_spans
    else:
        title_spans = [lines[0] if lines else (start, start)]
        if front and front.title:
            title_spans = [front.title]
        elif lines and len(text[slice(*lines[0])].strip()) > _LONGEST_TITLE:
            title_spans = []  # a body without a head
        elif lines and _ANNEX.match(_said(text, lines[0]).strip("*_# ")):
            title_spans += _title_after(text, lines, 0)
        spans += title_spans
        if title_spans and _BULLETIN.match(_said(text, title_spans[0])):
            kind = "Bản tin"
    title = fold_space(" ".join(_said(text, span) for span in title_spans)).strip("*#_ ") or None
    if issued_on is None and front and front.date and (issued_on := markdown.day(text[slice(*front.date)])):
        spans.append(front.date)
    if issued_on is None and type_line is None and not letter:
        issued_on, printed_date = _plain_date(text, lines)
        spans += [printed_date] if printed_date else []
    body_start = max((b for _, b in spans), default=start)
    if front and type_line is None:
        body_start = max(body_start, front.end)
        if lines and title and markdown.is_title(text, lines[0], title):
            body_start = max(body_start, lines[0][1])
    opening = [_said(text, line) for line in lines if line[0] >= body_start][:3]
    official = type_line is not None or letter or any(_MOTTO.search(_said(text, line)) for line in lines[:14])
    above = bodies.above(_head_lines(text, lines, type_line)) if official else []
    place = _place(dateline, above, title if type_line is not None else None, text[body_start : body_start + 2000])
    issuer = bodies.issuer(text, above, printed, place)
    if issuer is None and kind == "Bản tin" and (editor := _EDITOR.search(text)):
        issuer = re.sub(r"^Văn phòng (?=Bộ|Sở)", "", fold_space(editor["body"]))
    if bodies.is_central(issuer) or bodies.under_central(above):
        place = None  # where it was signed is not what it speaks of
    period = periods.of_title(title or "")
    if title and printed is None and type_line is None:
        attached = next((line for line in opening if _ATTACHED.match(line)), None)
        if attached is not None:
            place = place or _place_of_news(attached, [])
        elif kind is None:
            place = place or _place_of_news(title, opening)
        if kind is None or kind == "Bản tin":
            period = period or next(
                (said for line in opening if (said := periods.of_title(line[:_LONGEST_TITLE]))), None
            )
    elif period is None and kind in _OF_A_PERIOD:
        period = _period_of_opening(text, body_start, opening)
    foot = signature.find(text, body_start)
    return Metadata(
        printed,
        kind,
        title,
        issuer,
        place,
        issued_on,
        period,
        foot.signer,
        foot.signer_title,
        fold_space(digest[0].partition("tóm lược từ:")[2]) if digest else None,
        excerpt(text, sorted(spans)),
        excerpt(text, [foot.span]) if foot.span else Excerpt((), ()),
        body_start,
    )


_OF_A_PERIOD = ("Báo cáo", "Kế hoạch", "Chương trình", "Phương án")


def _period_of_opening(text: str, body_start: int, opening: list[str]) -> str | None:
    """The period of a report whose title names none: in brackets below it, or where it begins to tell ("… báo cáo kết
    quả quý I năm 2022 như sau:")."""
    if opening and opening[0].startswith("(") and (said := periods.of_title(opening[0])):
        return said
    begins = _SENTENCE_OF_CONTENTS.search(text, body_start, body_start + 3000)
    if begins is None:
        return None
    told = fold_space(begins[0])
    verb = max((m.end() for m in re.finditer(r"\b(?:báo cáo|kế hoạch|tổng hợp)\b", told, re.IGNORECASE)), default=0)
    return periods.of_title(told[verb:]) if verb else None


def _broken(text: str, cell: Span) -> list[Span]:
    """The lines of a table's cell that breaks them with a tag, and the columns of a line that sets them apart with a
    wide gap (not the gap of a blank: "Số:      /BC-SYT")."""
    out, start = [], cell[0]
    for match in re.finditer(rf"<br\s*/?>|(?<=[^\s:])[^\S\n]{{4,}}(?=[{_UPPER}*])", text[slice(*cell)]):
        out.append((start, cell[0] + match.start()))
        start = cell[0] + match.end()
    return [(a, b) for a, b in (*out, (start, cell[1])) if text[a:b].strip()] if out else [cell]


def _head_lines(text: str, lines: list[Span], type_line: int | None) -> list[str]:
    """What is printed above the number or the type, without motto, date and rules."""
    out: list[str] = []
    for a, b in lines[: 14 if type_line is None else min(14, type_line)]:
        line = _said(text, (a, b)).strip("*-–_| ")
        if _NUMBER.search(line) or _ADDRESSED.match(line) or _SUBJECT.match(line):
            break
        if line and not _MOTTO.search(line) and not _PLACE_DATE.search(line):
            out.append(line)
    return out


def _place(dateline: str | None, above: list[str], title: str | None, opening: str) -> str | None:
    """The province that a document speaks of: of its date line, its issuer's name, its title, or, where these name
    but a commune or a district, the one province that its first paragraphs name as such; else the date line's place."""
    for said in (dateline, *reversed(above)):
        if found := places.find(said or ""):
            return found[0].name or found[0].place
    if title and dateline is None and (found := places.find(title)):
        return found[0].name or found[0].place
    if dateline or any(bodies.is_local_unit(body) for body in above):
        named = {
            m.name or m.place
            for m in places.find(opening)
            if re.search(r"(?:tỉnh|thành phố|TP\.?)\s*$", opening[: m.start], re.IGNORECASE)
        }
        if len(named) == 1:
            return named.pop()
    return dateline


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


def _number(text: str, lines: list[Span], type_line: int | None) -> tuple[str, Span] | None:
    """The number: above the type, or among the first lines."""
    first = lines[:type_line] if type_line is not None else []
    for a, b in (*first, *lines[:25]):
        if match := _NUMBER.search(text, a, min(b, a + _LONGEST_HEAD_LINE)):
            return re.sub(r"\s+", "", match["number"]), (match.start(), match.end())
    return None


def _type_of_number(number: str) -> str:
    """The type of a document that does not print it: the one of its number's symbol, else a letter."""
    symbol = number.rsplit("/", 1)[-1]
    first = re.split(r"[-–.]", symbol)[0] if re.search(r"[-–]", symbol) else ""
    return next((name for name, short, *_ in _types() if short and short == first), "Công văn")


def _types() -> list[tuple[str, str]]:
    return [(row[0], row[1] if len(row) > 1 else "") for row in read_table("document_types.tsv")]


def _subject(text: str, lines: list[Span]) -> list[Span]:
    """The lines of a letter's subject: from "V/v" until what follows in the head."""
    out: list[Span] = []
    for a, b in lines[:20]:
        line = _said(text, (a, b)).strip("*_ ")
        if not out and _SUBJECT.match(line):
            out.append((a, b))
        elif out:
            ends = _MOTTO.search(line) or _PLACE_DATE.search(line) or _ADDRESSED.match(line) or _NUMBER.search(line)
            if (
                ends
                or line.isupper()
                or text.count("\n", out[-1][1], a) > _usual_gap(text, lines)
                or line.startswith("-")
            ):
                break
            out.append((a, b))
    return out


def _place_and_date(text: str, lines: list[Span]) -> tuple[str | None, str | None, Span | None]:
    for a, b in lines[:25]:
        if len(_said(text, (a, b))) > _LONGEST_DATELINE or _OPENS_BODY.match(_said(text, (a, b)).strip("*_ ")):
            continue
        number = _NUMBER.search(text, a, b)  # in one line with the date, where a head of two columns was read across
        if match := _PLACE_DATE.search(text, number.end() if number else a, b):
            day, month, year = match["day"], match["month"], match["year"]
            if match["date"]:
                day, month, year = re.findall(r"\d+", match["date"])
            place = fold_space(match["place"] or match["here"])
            if "," in match[0] or places.find(place):
                return place, _as_known(year, month or "", day or ""), match.span()
    return None, None, None


def _as_known(year: str, month: str, day: str) -> str:
    """A date as far as it is given: YYYY, YYYY-MM or YYYY-MM-DD."""
    if not (month.isdecimal() and 1 <= int(month) <= 12):
        return year
    known = f"{year}-{int(month):02}"
    whole = f"{known}-{int(day):02}" if day.isdecimal() else known
    return whole if periods.parse(whole) else known


def _plain_date(text: str, lines: list[Span]) -> tuple[str | None, Span | None]:
    """The date of a line that says little else: "25/11/2020 | 15:38", "Ngày đăng: 03/5/2024"."""
    for a, b in lines[:6]:
        if b - a > _LONGEST_DATELINE or _ATTACHED.match(_said(text, (a, b))):
            break  # the text has begun
        if (match := _PLAIN_DATE.search(text, a, b)) and (day := periods.dates(match[0])) and day[0].day:
            beside = re.findall(r"[^\W\d_]+", text[a : match.start()] + " " + text[match.end() : b])
            if len(beside) <= _FEW_WORDS:
                return day[0].day.isoformat(), match.span()
    return None, None


def _type(text: str, lines: list[Span]) -> tuple[str | None, int | None, Span | None]:
    """The type and its line; where the title begins in the same line, its stretch."""
    names = {fold(name): name for name in document_types()}
    upper = [(i, _said(text, span).strip("* _#")) for i, span in enumerate(lines[:30])]
    upper = [(i, line) for i, line in upper if line.isupper()]
    for i, line in upper:
        if (bare := re.sub(r"\s+lien tich$", "", fold(line))) in names or fold(line) in names:
            return names.get(fold(line)) or names[bare], i, None
    for i, line in upper:
        for name in document_types():
            begins = re.match(rf"{re.escape(name.upper())}\s+(?=\w)", line)
            if begins and name not in _NOT_IN_ONE_LINE and len(line.split()) > len(name.split()) + 1:
                at = text.find(line[begins.end() :].split()[0], lines[i][0] + len(name), lines[i][1])
                return name, i, (at, lines[i][1]) if at >= 0 else None
    return None, None, None


# A newsletter's title is the whole line; "QUY ĐỊNH CHUNG", "DỰ ÁN LUẬT" and "VĂN BẢN …" begin other things.
_NOT_IN_ONE_LINE = ("Bản tin", "Văn bản", "Quy định", "Luật", "Dự án", "Công văn")


def _title_after(text: str, lines: list[Span], type_line: int, begun: bool = False) -> list[Span]:
    """The lines of the title below the type: the first, and those that follow it without a wider gap or a new start."""
    out: list[Span] = []
    usual = _usual_gap(text, lines)
    for i in range(type_line + 1, min(type_line + 6, len(lines))):
        a, b = lines[i]
        line = _said(text, (a, b)).strip("* _")
        if out or begun:
            gap = text.count("\n", lines[i - 1][1], a)
            if gap > usual or _AFTER_TITLE.match(line) or _ATTACHED.match(line) or line.endswith((":", ".", ";")):
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
