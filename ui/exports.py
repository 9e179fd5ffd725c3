"""Tables as files that people open in a spreadsheet: CSV and XLSX; openpyxl's door for writing.

What comes from documents must never run as a formula: in CSV it gets an apostrophe before it, in XLSX it is a text.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

Cell = str | int | Decimal | None

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LONGEST = 32_767
"""Characters that Excel takes in a cell."""
_WIDEST = 60
"""Characters of a column's width, so that a quote does not push all else off the screen."""


def csv_bytes(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with the mark by which Excel knows it, commas between cells, a point in decimals."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([_csv_cell(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig", "replace")


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA) else cell
    return format(cell, "f" if isinstance(cell, Decimal) else "d")


def xlsx_bytes(title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    """A sheet whose heads stay in sight and can be filtered by; numbers are numbers."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{len(rows) + 1}"
    for at, head in enumerate(heads):
        longest = max((len(str(row[at])) for row in rows if row[at] is not None), default=0)
        sheet.column_dimensions[get_column_letter(at + 1)].width = min(max(longest, len(head)) + 2, _WIDEST)

    def cell(value: Cell) -> Any:
        if not isinstance(value, str):
            return value
        made = WriteOnlyCell(sheet, _UNPRINTABLE.sub("", value)[:_LONGEST])
        made.data_type = "s"  # a text, though it begin like a formula
        return made

    top = [cell(head) for head in heads]
    for one in top:
        one.font = Font(bold=True)
    sheet.append(top)
    for row in rows:
        sheet.append([cell(value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
