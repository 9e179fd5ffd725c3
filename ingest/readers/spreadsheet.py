"""Spreadsheets: Excel (.xlsx) as it shows its cells in Vietnamese, and CSV whatever parts its columns.

Each sheet is a heading with its name. What stands alone in its row above or below a table is a line; the rows of the
table are lines with tabs.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby, zip_longest
from typing import Any

import openpyxl
from openpyxl.utils import column_index_from_string

from ingest.readers import archive, encodings, text
from ingest.readers.forms import Decoded, Unreadable, carried, kept

MAX_FILLED = 1_000_000
MAX_CELLS = 3_000_000
"""Cells walked through, empty ones too: a sheet can name cells by the billion in a few bytes."""

_ZIP = b"PK\x03\x04"
_DELIMITERS = ";\t,|"
_SAMPLE_ROWS = 60
_MAX_COLUMNS = 16_384  # Excel's own limit
_MAX_PADDED = 200  # rows are filled up to the width of their table, if it is no wider
_UNNAMED = re.compile(r"(?:Sheet|Trang[_ ]?tính|Trang)\s*\d+", re.IGNORECASE)
# The head and the foot of a report: cells beside each other that are no cells of a record.
_LAYOUT = re.compile(r"CỘNG H[OÒ][AÀ] XÃ HỘI|Độc lập\s*[-–]\s*Tự do|ĐẢNG CỘNG SẢN|^\s*Nơi nhận\b", re.MULTILINE)
_RECIPIENTS = re.compile(r"Nơi nhận\b")
_DATED = re.compile(r"ngày[\s\d.…]*tháng[\s\d.…]*năm")

Row = list[str]


def decode(content: bytes, name: str) -> Decoded:
    """The text of a spreadsheet's bytes.

    Raises:
        Unreadable: broken, or larger than a person would read.
    """
    if name.lower().endswith(".csv") and not content.startswith(_ZIP):
        return _csv(content, name)
    return _workbook(content, name)


# Excel


def _workbook(content: bytes, name: str) -> Decoded:
    archive.parts(content, name).close()
    remarks: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells of what it leaves out: colours, validation, drawings
        try:
            sheets = list(_sheets(content, name, remarks))
        except Unreadable:
            raise
        except Exception as error:  # openpyxl raises anything on a file that was damaged
            raise archive.broken(name) from error
    out: list[str] = []
    for title, rows in sheets:
        if not rows:
            continue
        if len(sheets) > 1 or not _UNNAMED.fullmatch(title):
            out.append(f"# {title}")
        out.append(_text(rows))
    said, names = encodings.mended("\n\n".join(out) + "\n")
    return Decoded(kept(said), remarks=(*remarks, *encodings.remarks(names)))


def _sheets(content: bytes, name: str, remarks: list[str]) -> Iterator[tuple[str, list[Row]]]:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        walked = filled = 0
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                remarks.append(f"Đã bỏ qua trang tính ẩn «{sheet.title}».")
                continue
            sheet.reset_dimensions()  # what a sheet says of its size may be wrong
            rows: list[Row] = []
            looks = _Looks(sheet)
            for at, cells in enumerate(sheet.iter_rows(), 1):
                walked += len(cells) + 1
                filled += sum(cell.value is not None for cell in cells)
                if walked > MAX_CELLS or filled > MAX_FILLED:
                    raise Unreadable(
                        f"«{name}» có hơn {MAX_FILLED // 1_000_000} triệu ô; hãy tách thành nhiều tệp nhỏ hơn."
                    )
                if at in looks.hidden_rows:
                    continue
                row = [_fold(shown(cell.value, cell.number_format)) if cell.value is not None else "" for cell in cells]
                looks.carry(row, at)
                row = [cell for column, cell in enumerate(row, 1) if column not in looks.hidden_columns]
                while row and not row[-1]:
                    row.pop()
                if row or (rows and rows[-1]):
                    rows.append(row)
            if looks.hidden_rows or looks.hidden_columns:
                remarks.append(f"Đã bỏ qua hàng hoặc cột ẩn của trang tính «{sheet.title}».")
            yield _fold(str(sheet.title)), rows
    finally:
        book.close()


_TAG = re.compile(rb"<(?:\w+:)?(row|col|mergeCell)\b([^<>]{0,1000})>")
_ATTRIBUTE = re.compile(rb"""\b(r|ref|min|max|hidden)\s*=\s*["']([^"']{0,100})["']""")
_MERGED = re.compile(rb"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})")
_MAX_MERGED = 200_000


class _Looks:
    """What a sheet does not show, and which of its cells are merged over rows; of a sheet that is read row by row,
    openpyxl tells neither."""

    def __init__(self, sheet: Any) -> None:
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()
        self._merged: dict[int, list[tuple[int, int]]] = {}  # first row → columns and last rows
        self._open: dict[int, tuple[int, str]] = {}  # column → last row, and what the cell says
        self._in_table = False
        with sheet.parent._archive.open(sheet._worksheet_path) as part:
            tail = b""
            while read := part.read(1 << 20):
                *whole, tail = (tail + read).rsplit(b"<", 1) if b"<" in tail + read else (tail + read,)
                for match in _TAG.finditer(whole[0] if whole else b""):
                    self._see(match[1], dict(_ATTRIBUTE.findall(match[2])))
                tail = b"<" + tail if whole else tail[-2_000:]

    def _see(self, tag: bytes, said: dict[bytes, bytes]) -> None:
        hidden = said.get(b"hidden") in (b"1", b"true")
        if tag == b"row" and hidden and said.get(b"r", b"").isdigit():
            self.hidden_rows.add(int(said[b"r"][:7]))
        elif tag == b"col" and hidden and said.get(b"min", b"").isdigit() and said.get(b"max", b"").isdigit():
            self.hidden_columns.update(range(int(said[b"min"][:7]), min(int(said[b"max"][:7]), _MAX_COLUMNS) + 1))
        elif tag == b"mergeCell" and (match := _MERGED.fullmatch(said.get(b"ref", b""))):
            column, first, last = column_index_from_string(match[1].decode()), int(match[2]), int(match[4])
            if last > first and len(self._merged) < _MAX_MERGED:
                self._merged.setdefault(first, []).append((column, last))

    def carry(self, row: Row, at: int) -> None:
        """Say in a row what cells say that are merged over it, but for those of a table's heads."""
        if not any(row):
            self._in_table = False
            return
        indent = _indent(row)
        for column, (last, said) in list(self._open.items()):
            if at > last:
                del self._open[column]
                continue
            row.extend([""] * (column - len(row)))
            row[column - 1] = row[column - 1] or said
        for column, last in self._merged.get(at, ()):
            if self._in_table and column <= len(row) and (said := carried(row[column - 1], column - 1 - indent)):
                self._open[column] = last, said
        self._in_table = self._in_table or (sum(map(bool, row)) > 1 and not _is_layout(row))


def shown(value: Any, form: str) -> str:
    """A cell as Excel shows it where Vietnamese is set: "1.234,5", "85,5%", "3/2/2022"."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime | date):
        return _date(value, form)
    if isinstance(value, time):
        return f"{value.hour}:{value.minute:02}"
    if isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60}:{minutes % 60:02}"
    if isinstance(value, int | float):
        return _formatted(Decimal(str(value)), form) if Decimal(str(value)).is_finite() else ""
    return str(value)


def _date(value: date, form: str) -> str:
    bare = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", form.lower())
    parts = []
    if "d" in bare:
        parts.append(str(value.day))
    if re.search(r"m", re.sub(r"h+\W*m+|m+\W*s+", "", bare)) or "d" in bare:
        parts.append(str(value.month))
    said = "/".join([*parts, str(value.year)])
    if isinstance(value, datetime) and "h" in bare and (value.hour or value.minute):
        said = f"{said} {value.hour}:{value.minute:02}"
    return said


_IGNORED = re.compile(r"\[[^\]]*\]|_.|\*.")
_LITERAL = re.compile(r'"([^"]*)"|\\(.)')
_DIGITS = re.compile(r"[#0?][#0?,]*(?:\.[#0?]+)?,*")


def _formatted(value: Decimal, form: str) -> str:
    """A number in an Excel number format; in a form that is not known (fractions, powers) as it is."""
    sections = _sections(form)
    if value < 0 and len(sections) > 1:
        section, value = sections[1], -value
    elif value == 0 and len(sections) > 2:
        section = sections[2]
    else:
        section = sections[0]
    section = _IGNORED.sub("", section)
    literals: list[str] = []

    def keep(match: re.Match[str]) -> str:
        literals.append(match[1] if match[1] is not None else match[2])
        return chr(0xE000 + len(literals) - 1)

    section = _LITERAL.sub(keep, section)
    places = list(_DIGITS.finditer(section))
    rest = _DIGITS.sub("", section)
    if "general" in section.lower() or section.strip() in ("", "@") or len(literals) > 99:
        said = _plain(value)
    elif not places and not re.search(r"[A-Za-z/]", rest):
        said = section  # nothing but words: "-" for zero
    elif len(places) != 1 or re.search(r"[eE]|/", rest):
        said = _plain(value)
    else:
        place = places[0]
        said = section[: place.start()] + _digits(value, place[0], rest.count("%")) + section[place.end() :]
    for i, literal in enumerate(literals):
        said = said.replace(chr(0xE000 + i), literal)
    return said.strip()


def _sections(form: str) -> list[str]:
    """The parts of a number format, for positive, negative, zero; ";" in quotes parts nothing."""
    return [part for part in re.findall(r'(?:"[^"]*"|\\.|[^;"])+|(?<=;)(?=;|$)', form[:500])] or ["General"]


def _digits(value: Decimal, place: str, percents: int) -> str:
    whole, _, decimals = place.partition(".")
    value = value.scaleb(2 * percents)
    for _ in range(len(place) - len(place.rstrip(","))):  # each comma at the end is a division by a thousand
        value = value.scaleb(-3)
    decimals = decimals.rstrip(",")
    grouped = "," in whole.rstrip(",") if not decimals else "," in whole
    rounded = value
    if abs(value) < Decimal(10) ** 20:
        rounded = value.quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP)
    digits, _, fraction = f"{abs(rounded):f}".partition(".")
    least = len(decimals.rstrip("#?"))
    while len(fraction) > least and fraction.endswith("0"):
        fraction = fraction[:-1]
    if digits == "0" and not fraction and "0" not in whole:
        return ""  # "#" and "?" show no zero
    digits = digits.zfill(whole.count("0"))
    if grouped:
        digits = f"{int(digits):,}".replace(",", ".").rjust(len(digits), "0")
    sign = "-" if rounded < 0 else ""
    return f"{sign}{digits},{fraction}" if fraction else f"{sign}{digits}"


def _plain(value: Decimal) -> str:
    """A number without a format: ten digits that count, as Excel has room for, whole numbers in full."""
    if value == value.to_integral_value() and abs(value) < Decimal(10) ** 20:
        return f"{value.to_integral_value():f}"
    said = f"{value:.10g}"
    if "e" in said.lower():
        return said.replace(".", ",")
    return (said.rstrip("0").rstrip(".") if "." in said else said).replace(".", ",")


# CSV


def _csv(content: bytes, name: str) -> Decoded:
    decoded = text.decode(content, name)
    said = decoded.text
    delimiter = None
    if match := re.match(r"sep=(.)\n", said):  # Excel's own hint
        delimiter, said = match[1], said[match.end() :]
    try:
        rows = [[_fold(cell) for cell in row] for row in _records(said, delimiter or _delimiter(said))]
    except csv.Error as error:
        raise Unreadable(
            f"«{name}» không đúng dạng bảng CSV; hãy mở bằng Excel, lưu lại thành .xlsx rồi nạp lại."
        ) from error
    for row in rows:
        while row and not row[-1]:
            row.pop()
    return Decoded(_text(rows) + "\n", remarks=decoded.remarks)


def _records(said: str, delimiter: str) -> Iterator[Row]:
    return csv.reader(io.StringIO(said, newline=""), delimiter=delimiter)


def _delimiter(said: str) -> str:
    """What parts the columns: the sign that gives most rows the same number of them."""
    best, most = ",", 0
    for delimiter in _DELIMITERS:
        widths: list[int] = []
        with suppress(csv.Error):
            for row in _records(said[:200_000], delimiter):
                if len(row) > 1:
                    widths.append(len(row))
                if len(widths) >= _SAMPLE_ROWS:
                    break
        score = max((widths.count(width) for width in set(widths)), default=0)
        if score > most:
            best, most = delimiter, score
    return best


# Rows to text


def _text(rows: Iterable[Row]) -> str:
    """The rows of a sheet: blocks that an empty row parts, each with its title lines, its table and its remarks."""
    blocks: list[list[Row]] = [[]]
    for row in rows:
        if any(row):
            blocks[-1].append(row)
        elif blocks[-1]:
            blocks.append([])
    return "\n\n".join("\n".join(_block(block)) for block in blocks if block)


def _block(rows: list[Row]) -> Iterator[str]:
    """The lines of a block. Of a head or a foot that stands in columns, the left one is read first."""
    foot = next((i for i, row in enumerate(rows) if any(map(_RECIPIENTS.match, row))), len(rows))
    layout = [i >= foot or _is_layout(row) for i, row in enumerate(rows)]
    tabular = [i for i, row in enumerate(rows) if sum(map(bool, row)) > 1 and not layout[i]]
    first, last = (tabular[0], tabular[-1]) if tabular else (len(rows), len(rows))
    while last + 1 < len(rows) and not any(char.isalpha() for cell in rows[last + 1] for char in cell):
        last += 1  # a row that was not filled in beyond its number
    width = max((len(row) for row in rows[first : last + 1]), default=0)
    indent = min((_indent(row) for row in rows[first : last + 1]), default=0)
    for (in_table, is_layout), group in groupby(range(len(rows)), lambda i: (first <= i <= last, layout[i])):
        held = [rows[i] for i in group]
        if in_table and not is_layout:
            yield from ("\t".join([*row, *[""] * (min(width, _MAX_PADDED) - len(row))][indent:]) for row in held)
        else:
            columns = zip_longest(*held, fillvalue="") if is_layout else held
            yield from (cell for column in columns for cell in column if cell)


def _is_layout(row: Row) -> bool:
    said = "\n".join(row)
    return bool(_LAYOUT.search(said)) or (sum(map(bool, row)) <= 2 and bool(_DATED.search(said)) and "Số" in said)


def _indent(row: Row) -> int:
    return next((i for i, cell in enumerate(row) if cell), len(row))


def _fold(cell: str) -> str:
    return " ".join(cell.split())
