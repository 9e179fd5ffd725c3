"""Excel and CSV as a person sees them: numbers in their formats, tables with tabs, titles as lines."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.readers import Unreadable, decode, spreadsheet
from ingest.readers.spreadsheet import shown
from ingest.reading import read_document


def book(*rows: list[Any], title: str = "Sheet1", change: Callable[[Any], object] | None = None) -> bytes:
    """A workbook with these rows on its first sheet."""
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    if change:
        change(made)
    held = io.BytesIO()
    made.save(held)
    made.close()
    return held.getvalue()


def text_of(content: bytes, name: str = "a.xlsx") -> str:
    return decode(content, name).text


def patched(content: bytes, member: str, change: Callable[[str], str]) -> bytes:
    """The workbook with a member of its archive changed."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            inside = old.read(info)
            new.writestr(info.filename, change(inside.decode()) if info.filename == member else inside)
    return held.getvalue()


# Cells


@pytest.mark.parametrize(
    ("value", "form", "said"),
    [
        (12, "General", "12"),
        (1234.5, "General", "1234,5"),
        (0.1 + 0.2, "General", "0,3"),
        (20221231001, "General", "20221231001"),
        (-3, "General", "-3"),
        (1e-9, "General", "1e-9"),
        (1234567, "#,##0", "1.234.567"),
        (1234567.891, "#,##0.00", "1.234.567,89"),
        (-1234.5, "#,##0.0", "-1.234,5"),
        (0.855, "0%", "86%"),
        (0.855, "0.0%", "85,5%"),
        (1, "0%", "100%"),
        (5, "00", "05"),
        (2.5, "0", "3"),
        (0.5, "0.0#", "0,5"),
        (1.005, "0.00", "1,01"),
        (1234567, "#,##0,", "1.235"),
        (15, '0 "hồ sơ"', "15 hồ sơ"),
        (1500000, "#,##0\\ [$₫-42A]", "1.500.000"),
        (0, '_(* #,##0_);_(* (#,##0);_(* "-"??_);_(@_)', "-"),
        (-1234, "_(* #,##0_);_(* (#,##0)", "(1.234)"),
        (-5, "#,##0;[Red]-#,##0", "-5"),
        (0.5, "# ?/?", "0,5"),
        (12345, "0.00E+00", "12345"),
        (7, "@", "7"),
        (7, "", "7"),
        (7, '"không";;', "không"),
        (1e300, "#,##0", "1" + ".000" * 100),
        (float("inf"), "0", ""),
        (True, "General", "TRUE"),
        ("0012", "General", "0012"),
        (datetime(2022, 2, 3), "mm-dd-yy", "3/2/2022"),
        (datetime(2022, 12, 13, 8, 5), "dd/mm/yyyy h:mm", "13/12/2022 8:05"),
        (datetime(2022, 12, 13), "mm/yyyy", "12/2022"),
        (datetime(2022, 12, 13), "yyyy", "2022"),
        (date(2022, 1, 2), "d mmm", "2/1/2022"),
        (time(8, 5), "h:mm", "8:05"),
        (timedelta(hours=30, minutes=5), "[h]:mm", "30:05"),
    ],
)
def test_cells_are_shown_as_in_vietnamese(value: Any, form: str, said: str) -> None:
    assert shown(value, form) == said


@given(st.one_of(st.floats(), st.integers()), st.text(alphabet='#0?.,%;"\\ -_*[]@EGeneral/dmy', max_size=30))
def test_any_number_in_any_format_is_shown(value: float, form: str) -> None:
    assert isinstance(shown(value, form), str)


# Sheets


def test_sheet_is_a_heading_with_its_rows() -> None:
    content = book(["TT", "Đơn vị", "Số hồ sơ"], [1, "Sở Y tế", 12], [2, None, 9.5], title="Biểu 1")
    assert text_of(content) == "# Biểu 1\n\nTT\tĐơn vị\tSố hồ sơ\n1\tSở Y tế\t12\n2\t\t9,5\n"


def test_name_that_nobody_gave_is_no_heading() -> None:
    assert text_of(book(["TT", "Tên"], [1, "Một"])) == "TT\tTên\n1\tMột\n"
    many = book(["TT", "Tên"], [1, "Một"], change=lambda made: made.create_sheet("Sheet2").append(["a", "b"]))
    assert text_of(many) == "# Sheet1\n\nTT\tTên\n1\tMột\n\n# Sheet2\n\na\tb\n"


def test_title_and_head_of_a_report_are_lines() -> None:
    content = book(
        ["UBND TỈNH X", None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
        ["SỞ Y TẾ", None, None, "Độc lập - Tự do - Hạnh phúc"],
        ["Số: 5/BC-SYT", None, None, "Hà Tĩnh, ngày 3 tháng 2 năm 2023"],
        [None, "BÁO CÁO"],
        [None, "Kết quả giải quyết hồ sơ năm 2022"],
        [],
        [None, "TT", "Lĩnh vực", "Số hồ sơ"],
        [None, 1, "Y tế", 12],
        [None, "Cộng", None, 12],
        [None, "Ghi chú: số liệu đến ngày 31/12"],
        ["Nơi nhận:", None, None, "GIÁM ĐỐC"],
        ["- Lưu: VT.", None, None, "Nguyễn Văn An"],
    )
    text = text_of(content)
    foot = "Nơi nhận:\n- Lưu: VT.\nGIÁM ĐỐC\nNguyễn Văn An\n"
    assert text.endswith(f"TT\tLĩnh vực\tSố hồ sơ\n1\tY tế\t12\nCộng\t\t12\nGhi chú: số liệu đến ngày 31/12\n{foot}")
    found = read_document("a", "a.xlsx", decode(content, "a.xlsx"), "0" * 64)
    assert (found.number, found.type, found.issued_on) == ("5/BC-SYT", "Báo cáo", "2023-02-03")
    assert (found.issuer, found.signer) == ("Sở Y tế tỉnh Hà Tĩnh", "Nguyễn Văn An")
    assert found.title == "Kết quả giải quyết hồ sơ năm 2022"
    assert next(c.heads for c in found.chunks if c.kind == "row") == (
        ("TT", "1"),
        ("Lĩnh vực", "Y tế"),
        ("Số hồ sơ", "12"),
    )


def test_merged_cells_leave_the_others_empty() -> None:
    content = book(
        ["TT", "Hồ sơ", None],
        [None, "Sớm", "Trễ"],
        [1, 2, 3],
        change=lambda made: (made.active.merge_cells("A1:A2"), made.active.merge_cells("B1:C1")),
    )
    assert text_of(content) == "TT\tHồ sơ\t\n\tSớm\tTrễ\n1\t2\t3\n"


def test_formula_gives_the_value_that_was_kept() -> None:
    content = book(["TT", "Số"], [1, "=1+2"])
    assert text_of(content) == "TT\tSố\n1\t\n"
    member = "xl/worksheets/sheet1.xml"
    kept = patched(content, member, lambda xml: xml.replace("<v></v>", "<v>3</v>").replace("<v />", "<v>3</v>"))
    assert text_of(kept) == "TT\tSố\n1\t3\n"


def test_hidden_sheet_is_left_out_and_said() -> None:
    def hide(made: Any) -> None:
        made.create_sheet("Nháp").append(["mật", "x"])
        made["Nháp"].sheet_state = "hidden"

    decoded = decode(book(["TT", "Tên"], change=hide), "a.xlsx")
    assert "mật" not in decoded.text
    assert decoded.remarks == ("Đã bỏ qua trang tính ẩn «Nháp».",)


def test_line_breaks_and_tabs_in_a_cell_are_blanks() -> None:
    assert text_of(book(["TT", "Tên\n dài\thơn"], [1, "b"])) == "TT\tTên dài hơn\n1\tb\n"


# Refusals


def refused(content: bytes, name: str = "a.xlsx") -> str:
    with pytest.raises(Unreadable) as error:
        decode(content, name)
    assert name in str(error.value)
    assert "\n" not in str(error.value)
    return str(error.value)


GOOD = book(["TT", "Đơn vị", "Số"], [1, "Sở Y tế", 12], [2, "Sở Nội vụ", 0.5])


@pytest.mark.parametrize("size", [1, 4, 100, len(GOOD) // 2, len(GOOD) - 30])
def test_truncated_file_is_refused(size: int) -> None:
    assert "bị hỏng" in refused(GOOD[:size])


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_damaged_file_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(GOOD)
    for at, byte in changes:
        damaged[at] = byte
    try:
        assert decode(bytes(damaged), "a.xlsx").text
    except Unreadable as error:
        assert "a.xlsx" in str(error)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.text(alphabet='<>/"=crvt sAB129&;', max_size=120))
def test_random_mark_up_is_read_or_refused(inside: str) -> None:
    member = "xl/worksheets/sheet1.xml"
    content = patched(GOOD, member, lambda xml: xml.replace("</sheetData>", f"{inside}</sheetData>"))
    try:
        assert decode(content, "a.xlsx").text
    except Unreadable as error:
        assert "a.xlsx" in str(error)


def test_declarations_are_refused() -> None:
    def declare(xml: str) -> str:
        return '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + xml.partition("?>")[2]

    assert "DTD" in refused(patched(GOOD, "xl/workbook.xml", declare))


def test_sheet_of_endless_cells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MAX_CELLS", 2_000_000)
    far = "".join(f'<row r="{i}"><c r="XFD{i}"><v>1</v></c></row>' for i in range(10, 1_000))
    content = patched(GOOD, "xl/worksheets/sheet1.xml", lambda xml: xml.replace("</sheetData>", f"{far}</sheetData>"))
    assert "triệu ô" in refused(content)


def test_locked_and_old_files_are_refused_with_what_to_do() -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    assert ".xlsx" in refused(ole)
    assert "mật khẩu" in refused(ole + "EncryptedPackage".encode("utf-16-le"))


# CSV


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_columns_are_parted_whatever_parts_them(delimiter: str, encoding: str) -> None:
    held = io.StringIO()
    rows = [["TT", "Tên, đơn vị", "Tỷ lệ"], ["1", "Sở Y tế; Chi cục", "98,5"], ["2", "Sở\nNội vụ", ""]]
    csv.writer(held, delimiter=delimiter).writerows(rows)
    said = text_of(held.getvalue().encode(encoding), "a.csv")
    assert said == "TT\tTên, đơn vị\tTỷ lệ\n1\tSở Y tế; Chi cục\t98,5\n2\tSở Nội vụ\t\n"


def test_title_above_the_columns_is_a_line() -> None:
    said = text_of("Kết quả, năm 2022\n\nTT;Tên\n1;Sở Y tế\n2;Sở Nội vụ\n".encode(), "a.csv")
    assert said.endswith("TT\tTên\n1\tSở Y tế\n2\tSở Nội vụ\n")


def test_hint_of_excel_is_taken() -> None:
    assert text_of(b"sep=;\nTT;T,n\n1;a,b\n", "a.csv") == "TT\tT,n\n1\ta,b\n"


def test_cell_larger_than_any_is_refused() -> None:
    assert "CSV" in refused(b'a,"' + b"x" * 200_000 + b'",c\n', "a.csv")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(said: str) -> None:
    try:
        assert decode(said.encode("utf-8", "replace"), "a.csv").text
    except Unreadable as error:
        assert "a.csv" in str(error)


def test_workbook_under_the_name_of_csv_is_read() -> None:
    assert text_of(GOOD, "a.csv") == text_of(GOOD)


# What a sheet hides and merges


def test_words_merged_over_rows_stand_in_each_and_figures_once() -> None:
    content = book(
        ["TT", "Đơn vị", "Việc", "Vốn"],
        [1, "Sở Y tế", "Tiếp nhận", 500],
        [None, None, "Trả", None],
        [2, "Sở Nội vụ", "Tiếp nhận", 7],
        change=lambda made: [made.active.merge_cells(cells) for cells in ("A2:A3", "B2:B3", "D2:D3")],
    )
    assert text_of(content) == (
        "TT\tĐơn vị\tViệc\tVốn\n1\tSở Y tế\tTiếp nhận\t500\n1\tSở Y tế\tTrả\t\n2\tSở Nội vụ\tTiếp nhận\t7\n"
    )


def test_heads_merged_over_rows_stand_once_below_a_title() -> None:
    content = book(
        ["BIỂU TỔNG HỢP"],
        [],
        ["TT", "Đơn vị", "Hồ sơ", None],
        [None, None, "Sớm", "Trễ"],
        [1, "Sở Y tế", 5, 0],
        change=lambda made: [made.active.merge_cells(cells) for cells in ("A1:D1", "A3:A4", "B3:B4", "C3:D3")],
    )
    assert text_of(content) == "BIỂU TỔNG HỢP\n\nTT\tĐơn vị\tHồ sơ\t\n\t\tSớm\tTrễ\n1\tSở Y tế\t5\t0\n"


def test_hidden_rows_and_columns_are_left_out_and_said() -> None:
    def hide(made: Any) -> None:
        made.active.row_dimensions[3].hidden = True
        made.active.column_dimensions["B"].hidden = True

    rows: list[list[Any]] = [["TT", "Mật", "Tên"], [1, "a", "Một"], [2, "b", "Hai"], [3, "c", "Ba"]]
    decoded = decode(book(*rows, change=hide), "a.xlsx")
    assert decoded.text == "TT\tTên\n1\tMột\n3\tBa\n"
    assert decoded.remarks == ("Đã bỏ qua hàng hoặc cột ẩn của trang tính «Sheet1».",)


def test_rows_of_every_sheet_are_rows_of_a_table() -> None:
    def more(made: Any) -> None:
        made.create_sheet("Biểu 2")
        for row in (["TT", "Đơn vị", "Trễ hạn"], [1, "Sở Y tế", 3], [2, "Sở Nội vụ", 0]):
            made["Biểu 2"].append(row)

    content = book(
        ["TT", "Đơn vị", "Hồ sơ"],
        [1, "Sở Y tế", 12],
        [2, "Sở Nội vụ", 5],
        title="Biểu 1",
        change=more,
    )
    found = read_document("a", "a.xlsx", decode(content, "a.xlsx"), "0" * 64)
    rows = [chunk for chunk in found.chunks if chunk.kind == "row"]
    assert [dict(row.heads).get("Hồ sơ") or dict(row.heads).get("Trễ hạn") for row in rows] == ["12", "5", "3", "0"]
    assert rows[2].section == ("Biểu 2",)


def test_old_font_letters_of_a_sheet_are_converted_and_said() -> None:
    decoded = decode(book(["TT", "Tªn ®¬n vÞ"], [1, "Së Y tÕ tiÕp nhËn hå s¬"], [2, "Së Néi vô"]), "a.xlsx")
    assert decoded.text == "TT\tTên đơn vị\n1\tSở Y tế tiếp nhận hồ sơ\n2\tSở Nội vụ\n"
    assert "TCVN3" in decoded.remarks[0]


def test_one_wide_row_does_not_widen_a_hundred_thousand() -> None:
    rows = [";".join(["Sở"] * 10_000), *["a;b"] * 20_000]
    assert len(text_of("\n".join(rows).encode(), "a.csv")) < 6_000_000


@pytest.mark.parametrize("far", ['r="1048576"><c r="A1048576"', 'r="9"><c r="XFD9"'])
def test_stray_cell_at_the_end_of_a_sheet_takes_bounded_time(far: str) -> None:
    inside = f"<row {far}><v>1</v></c></row></sheetData>"
    size = '<dimension ref="A1:XFD1048576"'
    content = patched(
        GOOD,
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace("</sheetData>", inside).replace('<dimension ref="A1:C3"', size),
    )
    assert "Sở Y tế" in text_of(content)


def test_csv_with_nul_is_read_or_refused_as_what_it_is() -> None:
    assert text_of("TT;Tên\n".encode() * 100 + b"1;S\0o\n", "a.csv").endswith("1\tSo\n")
    assert "nhị phân" in refused(b"TT;T\0\0\0en\n1;\0\0a\n", "a.csv")
