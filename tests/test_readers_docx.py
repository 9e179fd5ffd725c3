"""Word files as Word prints them: lists counted, tables in place, footnotes called; broken and hostile ones refused."""

import io
import re
import shutil
import time
import unicodedata
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import docx as word
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workbench import faults

from ingest.readers import Unreadable, decode, read
from ingest.readers import docx as reader
from ingest.readers.numbering import written
from ingest.reading import read_document
from vectorstore.records import Document

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
KINDS = ("numbering", "styles", "footnotes", "endnotes", "settings")
NEEDS_LIBREOFFICE = pytest.mark.skipif(
    shutil.which("soffice") is None and shutil.which("libreoffice") is None, reason="system package: libreoffice"
)


def made(body: str, *, namespace: str = W, prolog: str = "", **parts: str) -> bytes:
    """A Word file of this body; `parts` are what stands within the roots of its other parts."""

    def root(name: str, inside: str) -> str:
        return f'{prolog}<w:{name} xmlns:w="{namespace}" xmlns:r="{OFFICE}">{inside}</w:{name}>'

    links = "".join(
        f'<Relationship Id="r{kind}" Type="{OFFICE}/{kind}" Target="{kind}.xml"/>' for kind in KINDS if kind in parts
    )
    main = f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>'
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("_rels/.rels", f'<Relationships xmlns="{PACKAGE}">{main}</Relationships>')
        package.writestr("word/_rels/document.xml.rels", f'<Relationships xmlns="{PACKAGE}">{links}</Relationships>')
        package.writestr("word/document.xml", root("document", f"<w:body>{body}</w:body>"))
        for kind, inside in parts.items():
            package.writestr(f"word/{kind}.xml", root(kind, inside))
    return held.getvalue()


def p(inside: str, properties: str = "") -> str:
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{inside}</w:p>"


def r(text: str, properties: str = "") -> str:
    looks = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{looks}<w:t xml:space="preserve">{text}</w:t></w:r>'


def field(code: str, result: str) -> str:
    def change(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    return f"{change('begin')}<w:r><w:instrText>{code}</w:instrText></w:r>{change('separate')}{result}{change('end')}"


def tc(inside: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inside}</w:tc>"


def tbl(*rows: str) -> str:
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


def cells(*texts: str) -> str:
    return "".join(tc(p(r(text))) for text in texts)


def text_of(body: str, **parts: str) -> str:
    return decode(made(body, **parts), "a.docx").text


def lines_of(body: str, **parts: str) -> list[str]:
    return [line for line in text_of(body, **parts).split("\n") if line]


def level(index: int, form: str, pattern: str, more: str = "") -> str:
    said = f'<w:start w:val="1"/><w:numFmt w:val="{form}"/>{more}<w:lvlText w:val="{pattern}"/>'
    return f'<w:lvl w:ilvl="{index}">{said}</w:lvl>'


def listed(text: str, number: int = 1, at: int = 0) -> str:
    return p(r(text), f'<w:numPr><w:ilvl w:val="{at}"/><w:numId w:val="{number}"/></w:numPr>')


def numbering(*levels: str, more: str = "") -> str:
    return (
        f'<w:abstractNum w:abstractNumId="7">{"".join(levels)}</w:abstractNum>'
        f'<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>{more}'
    )


def document(content: bytes) -> Document:
    return read_document("a", "a.docx", decode(content, "a.docx"), "0" * 64)


# Paragraphs


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_paragraphs_stand_on_lines_of_their_own(form: Literal["NFC", "NFD"]) -> None:
    body = p(r(unicodedata.normalize(form, "Sở Y tế"))) + p("") + p(r("nhận ") + r("12 hồ sơ."))
    assert text_of(body) == "Sở Y tế\n\nnhận 12 hồ sơ.\n"


def test_centred_paragraphs_stay_together_as_a_title_does() -> None:
    centred = '<w:jc w:val="center"/>'
    body = p(r("BÁO CÁO"), centred) + p(r("Kết quả năm 2022"), centred) + p(r("Thực hiện Kế hoạch."))
    assert text_of(body) == "BÁO CÁO\nKết quả năm 2022\n\nThực hiện Kế hoạch.\n"


def test_soft_line_breaks_are_kept_and_tabs_are_blanks() -> None:
    assert text_of(p(r("Một") + "<w:r><w:br/></w:r>" + r("hai") + "<w:r><w:tab/></w:r>" + r("ba"))) == "Một\nhai ba\n"


def test_strict_form_is_read_too() -> None:
    content = made(p(r("Sở Y tế")), namespace="http://purl.oclc.org/ooxml/wordprocessingml/main")
    assert decode(content, "a.docx").text == "Sở Y tế\n"


def test_capitals_raised_figures_and_hidden_text_are_as_printed() -> None:
    body = p(
        r("báo cáo", "<w:caps/>") + r(" 5 m") + r("2", '<w:vertAlign w:val="superscript"/>') + r("mật", "<w:vanish/>")
    )
    assert text_of(body) == "BÁO CÁO 5 m²\n"


def test_looks_come_from_styles_and_their_bases() -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="Base"><w:pPr><w:jc w:val="center"/></w:pPr>'
        "<w:rPr><w:caps/></w:rPr></w:style>"
        '<w:style w:type="paragraph" w:styleId="Own"><w:basedOn w:val="Base"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Loop"><w:basedOn w:val="Loop"/></w:style>'
    )
    own = '<w:pStyle w:val="Own"/>'
    assert text_of(p(r("một"), own) + p(r("hai"), own) + p(r("ba"), '<w:pStyle w:val="Loop"/>'), styles=styles) == (
        "MỘT\nHAI\n\nba\n"
    )


def test_tracked_deletions_are_dropped_and_insertions_kept() -> None:
    body = p(
        r("Có ")
        + f"<w:del>{r('9')}<w:r><w:delText>8</w:delText></w:r></w:del><w:ins>{r('12')}</w:ins>"
        + f"<w:moveFrom>{r(' cũ')}</w:moveFrom><w:moveTo>{r(' mới')}</w:moveTo>"
    )
    assert text_of(body) == "Có 12 mới\n"


def test_paragraph_whose_end_was_deleted_goes_on_with_the_next() -> None:
    body = p(r("Sở "), "<w:rPr><w:del/></w:rPr>") + p(r("Y tế")) + p(r("cuối "), "<w:rPr><w:del/></w:rPr>")
    assert text_of(body) == "Sở Y tế\n\ncuối\n"


def test_fields_show_their_results_and_contents_are_dropped() -> None:
    contents = (
        p(field("TOC \\o", r("I. MỤC ĐÍCH") + field("PAGEREF x", r("3"))))
        + "<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj></w:sdtPr>"
        + f"<w:sdtContent>{p(r('MỤC LỤC'))}</w:sdtContent></w:sdt>"
    )
    body = contents + p(
        r("Trang ") + field("PAGE", r("7")) + f'<w:fldSimple w:instr="DATE">{r(" ngày 3")}</w:fldSimple>'
    )
    assert text_of(body) == "Trang 7 ngày 3\n"


def test_field_that_is_never_finished_hides_nothing_after_its_paragraph() -> None:
    assert text_of(p('<w:r><w:fldChar w:fldCharType="begin"/></w:r>' + r("mã")) + p(r("Sau đó."))) == "Sau đó.\n"


def test_links_content_controls_and_smart_tags_are_read_through() -> None:
    inside = f'<w:hyperlink r:id="x">{r("Sở ")}</w:hyperlink><w:smartTag>{r("Y tế")}</w:smartTag>'
    body = f"<w:sdt><w:sdtContent>{p(inside)}</w:sdtContent></w:sdt>"
    assert text_of(body) == "Sở Y tế\n"


def test_text_boxes_follow_their_paragraph_once() -> None:
    box = f"<w:txbxContent>{p(r('Trong khung'))}</w:txbxContent>"
    drawn = (
        '<w:r><mc:AlternateContent xmlns:mc="urn:mc"><mc:Choice><w:drawing><x xmlns="urn:x">'
        f"{box}</x></w:drawing></mc:Choice><mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    assert text_of(p(r("Trước") + drawn + r(" sau"))) == "Trước sau\n\nTrong khung\n"


def test_symbols_and_hyphens_are_characters() -> None:
    body = p(
        r("≥".replace("≥", ""))
        + '<w:r><w:sym w:font="Symbol" w:char="F0B3"/><w:t> 5 UBND</w:t><w:noBreakHyphen/></w:r>'
    )
    assert text_of(body) == "≥ 5 UBND-\n"


# Lists


def test_list_numbers_are_counted_as_word_prints_them() -> None:
    parts = numbering(
        level(0, "upperRoman", "%1."), level(1, "decimal", "%2.", "<w:isLgl/>"), level(2, "lowerLetter", "%3)")
    )
    body = "".join(listed(t, at=at) for t, at in [("A", 0), ("B", 1), ("C", 2), ("D", 2), ("E", 1), ("F", 0), ("G", 1)])
    assert lines_of(body, numbering=parts) == ["I. A", "1. B", "a) C", "b) D", "2. E", "II. F", "1. G"]


def test_inner_numbers_name_the_outer_ones() -> None:
    parts = numbering(level(0, "upperRoman", "%1."), level(1, "decimal", "%1.%2.", "<w:isLgl/>"))
    body = listed("A") + listed("B") + listed("C", at=1) + listed("D", at=1)
    assert lines_of(body, numbering=parts) == ["I. A", "II. B", "2.1. C", "2.2. D"]


def test_bullets_are_signs() -> None:
    parts = numbering(level(0, "bullet", "-"), level(1, "bullet", "\uf0b7"), level(2, "none", ""))
    assert lines_of(listed("A") + listed("B", at=1) + listed("C", at=2), numbering=parts) == ["- A", "• B", "C"]


def test_second_list_of_a_form_goes_on_or_starts_anew() -> None:
    more = (
        '<w:num w:numId="2"><w:abstractNumId w:val="7"/></w:num>'
        '<w:num w:numId="3"><w:abstractNumId w:val="7"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>'
    )
    parts = numbering(level(0, "decimal", "%1."), more=more)
    body = listed("A") + listed("B", 2) + listed("C", 3) + listed("D", 3) + listed("E", 9) + listed("F", 0)
    assert lines_of(body, numbering=parts) == ["1. A", "2. B", "5. C", "6. D", "E", "F"]


def test_headings_are_numbered_by_their_style() -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="H1"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="H2"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    )
    parts = numbering(
        level(0, "upperRoman", "Phần %1", '<w:pStyle w:val="H1"/>'),
        level(1, "decimal", "Điều %2.", '<w:pStyle w:val="H2"/>'),
    )
    body = "".join(p(r(t), f'<w:pStyle w:val="{s}"/>') for t, s in [("A", "H1"), ("B", "H2"), ("C", "H2")])
    assert lines_of(body, numbering=parts, styles=styles) == ["Phần I A", "Điều 1. B", "Điều 2. C"]


def test_empty_paragraph_of_a_list_counts_only_in_a_table() -> None:
    parts = numbering(level(0, "decimal", "%1"))
    numbered = tc(listed(""))
    body = listed("") + tbl(cells("TT", "Tên"), numbered + cells("Một"), numbered + cells("Hai"))
    assert lines_of(body, numbering=parts) == ["TT\tTên", "1\tMột", "2\tHai"]


@pytest.mark.parametrize(
    ("count", "form", "said"),
    [
        *((4, "lowerRoman", "iv"), (1994, "upperRoman", "MCMXCIV"), (27, "lowerLetter", "aa"), (2, "upperLetter", "B")),
        *((7, "decimalZero", "07"), (3, "vietnameseCounting", "ba"), (12, "ordinal", "12"), (5, "none", "")),
        *((0, "lowerRoman", "0"), (9_999, "upperRoman", "9999"), (10**9, "lowerLetter", "1000000000")),
    ],
)
def test_counts_are_written_in_words_forms(count: int, form: str, said: str) -> None:
    assert written(count, form) == said


# Tables


def test_table_rows_are_lines_with_tabs_in_their_place() -> None:
    row = tc(p(r("1"))) + tc(p(r("hồ sơ")) + p(r("trễ  hạn") + "<w:r><w:br/></w:r>" + r("cả năm"))) + tc(p(""))
    body = p(r("Trước")) + tbl(cells("TT", "Tên", "Số"), row, cells("", "", "")) + p(r("Sau"))
    assert text_of(body) == "Trước\n\nTT\tTên\tSố\n1\thồ sơ trễ hạn cả năm\t\n\nSau\n"


def test_merged_cells_leave_the_others_empty() -> None:
    head = tc(p(r("TT")), '<w:vMerge w:val="restart"/>') + tc(p(r("Số hồ sơ")), '<w:gridSpan w:val="2"/>')
    under = tc(p(r("thừa")), "<w:vMerge/>") + cells("Sớm", "Trễ")
    body = tbl(head, under, cells("1", "5", "0"), f'<w:trPr><w:gridBefore w:val="1"/></w:trPr>{cells("6", "7")}')
    assert lines_of(body) == ["TT\tSố hồ sơ\t", "\tSớm\tTrễ", "1\t5\t0", "\t6\t7"]


def test_span_without_measure_is_bounded() -> None:
    body = tbl(tc(p(r("a")), '<w:gridSpan w:val="999999999"/>'), cells("b", "c"))
    assert max(line.count("\t") for line in lines_of(body)) < 70


def test_deleted_rows_are_dropped() -> None:
    body = tbl(cells("a", "b"), f"<w:trPr><w:del/></w:trPr>{cells('x', 'y')}", cells("c", "d"))
    assert lines_of(body) == ["a\tb", "c\td"]


def test_table_in_a_cell_is_part_of_the_cell() -> None:
    body = tbl(cells("1", "Tên"), cells("2") + tc(tbl(cells("x", "y"), cells("z", "t")) + p(r("sau"))))
    assert lines_of(body) == ["1\tTên", "2\tx y z t sau"]


def test_table_in_a_frame_keeps_its_rows() -> None:
    assert lines_of(tbl(tc(p(r("Khung")) + tbl(cells("a", "b"), cells("c", "d"))))) == ["Khung", "a\tb", "c\td"]


HEAD = tbl(
    tc(p(r("UBND TỈNH X")) + p(r("SỞ Y TẾ")) + p(r("Số: 12/BC-SYT")))
    + tc(p(r("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")) + p(r("Hà Tĩnh, ngày 3 tháng 2 năm 2023")))
)
TITLE = p(r("BÁO CÁO"), '<w:jc w:val="center"/>') + p(r("Kết quả cải cách hành chính"), '<w:jc w:val="center"/>')
TITLE += p(r("năm 2022"), '<w:jc w:val="center"/>')
FOOT = tbl(tc(p(r("Nơi nhận:")) + p(r("- Lưu: VT."))) + tc(p(r("GIÁM ĐỐC")) + p(r("Nguyễn Văn An"))))


def note(identity: int, text: str, kind: str = "footnote", more: str = "") -> str:
    return f'<w:{kind} w:id="{identity}">{p(f"<w:r><w:{kind}Ref/></w:r>" + r(text))}{more}</w:{kind}>'


def call(identity: int, kind: str = "footnote") -> str:
    return f'<w:r><w:{kind}Reference w:id="{identity}"/></w:r>'


def test_head_and_foot_tables_are_read_as_printed() -> None:
    made_up = document(
        made(HEAD + TITLE + p(r("Thực hiện Kế hoạch, Sở báo cáo như sau:")) + p(r("Có 9 hồ sơ.")) + FOOT)
    )
    assert (made_up.number, made_up.type, made_up.title) == (
        "12/BC-SYT",
        "Báo cáo",
        "Kết quả cải cách hành chính năm 2022",
    )
    assert (made_up.place, made_up.issued_on, made_up.period) == ("Hà Tĩnh", "2023-02-03", "2022")
    assert made_up.signer == "Nguyễn Văn An"
    assert faults(made_up) == []


def test_head_in_rows_is_read_by_columns() -> None:
    head = tbl(
        cells("UBND TỈNH X", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        cells("SỞ Y TẾ", "Độc lập - Tự do - Hạnh phúc"),
        cells("Số: 5/BC-SYT", "Hà Tĩnh, ngày 3 tháng 2 năm 2023"),
    )
    lines = lines_of(head)
    assert lines[:3] == ["UBND TỈNH X", "SỞ Y TẾ", "Số: 5/BC-SYT"]
    assert lines[-1] == "Hà Tĩnh, ngày 3 tháng 2 năm 2023"


def test_head_parted_by_tabs_is_read_in_lines() -> None:
    head = p(r("Số: 5/BC-SYT") + "<w:r><w:tab/></w:r>" + r("Hà Tĩnh, ngày 3 tháng 2 năm 2023"))
    assert lines_of(head) == ["Số: 5/BC-SYT", "Hà Tĩnh, ngày 3 tháng 2 năm 2023"]


# Notes


def test_footnotes_are_called_in_the_text_and_told_once() -> None:
    parts = '<w:footnote w:type="separator" w:id="-1"/>' + note(4, "Quyết định A.") + note(2, "Hai", more=p(r("đoạn.")))
    body = p(r("Có 13 TTHC") + call(2) + r(" và 5") + call(4) + call(2) + call(99) + r(".")) + FOOT
    assert lines_of(body, footnotes=parts)[:4] == [
        "Có 13 TTHC¹ và 5² ¹.",
        "¹ Hai đoạn.",
        "² Quyết định A.",
        "Nơi nhận:",
    ]
    found = document(made(p(r("Tin trong ngày")) + body, footnotes=parts))
    assert [(n.marker, n.body.quote) for n in found.footnotes] == [("1", "Hai đoạn."), ("2", "Quyết định A.")]
    assert [n.marker for n in found.chunks[1].footnotes] == ["1", "2"]
    assert faults(found) == []


def test_footnotes_are_called_in_tables_too() -> None:
    row = cells("1") + tc(p(r("Tên") + call(1)))
    assert lines_of(tbl(cells("TT", "Tên"), row), footnotes=note(1, "Chú.")) == ["TT\tTên", "1\tTên¹", "¹ Chú."]


def test_deleted_calls_are_not_counted() -> None:
    body = p(f"<w:del>{call(1)}</w:del>" + r("Một") + call(2))
    assert lines_of(body, footnotes=note(1, "cũ") + note(2, "mới")) == ["Một¹", "¹ mới"]


def test_endnotes_are_counted_on_after_the_footnotes() -> None:
    body = p(r("Một") + call(1, "endnote") + r(" hai") + call(1))
    parts = {"footnotes": note(1, "chân trang"), "endnotes": note(1, "cuối bài", "endnote")}
    assert lines_of(body, **parts) == ["Một² hai¹", "² cuối bài", "¹ chân trang"]


def test_notes_begin_at_the_number_that_is_set() -> None:
    settings_part = '<w:footnotePr><w:numStart w:val="5"/></w:footnotePr>'
    assert lines_of(p(r("Một") + call(1)), footnotes=note(1, "chú"), settings=settings_part) == ["Một⁵", "⁵ chú"]


def test_note_that_calls_itself_is_told_once() -> None:
    assert lines_of(p(r("Một") + call(1)), footnotes=note(1, "tự gọi", more=p(call(1)))) == ["Một¹", "¹ tự gọi ¹"]


# Made by python-docx


def test_file_of_another_maker_is_read() -> None:
    made_by = word.Document()
    made_by.add_heading("I. KẾT QUẢ", 1)
    made_by.add_paragraph("Việc thứ nhất", style="List Number")
    made_by.add_paragraph("Việc thứ hai", style="List Number")
    made_by.add_paragraph("Gạch đầu dòng", style="List Bullet")
    table = made_by.add_table(rows=3, cols=3)
    for i, row in enumerate(table.rows):
        for j, cell in enumerate(row.cells):
            cell.text = f"{i}{j} chữ"
    table.cell(0, 1).merge(table.cell(0, 2))
    made_by.sections[0].header.paragraphs[0].text = "Đầu trang"
    held = io.BytesIO()
    made_by.save(held)
    text = decode(held.getvalue(), "a.docx").text
    assert text.startswith(
        "I. KẾT QUẢ\n\n1. Việc thứ nhất\n\n2. Việc thứ hai\n\n• Gạch đầu dòng\n\n00 chữ\t01 chữ 02 chữ\t\n"
    )
    assert "Đầu trang" not in text


# Refusals


def refused(content: bytes, name: str = "a.docx") -> str:
    with pytest.raises(Unreadable) as error:
        decode(content, name)
    assert name in str(error.value)
    assert "\n" not in str(error.value)
    return str(error.value)


GOOD = made(HEAD + TITLE + tbl(cells("a", "b"), cells("c", "d")) + p(r("Sở Y tế") + call(1)), footnotes=note(1, "Chú."))


@pytest.mark.parametrize("size", [1, 4, 100, len(GOOD) // 2, len(GOOD) - 30])
def test_truncated_file_is_refused(size: int) -> None:
    assert "bị hỏng" in refused(GOOD[:size])


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_damaged_file_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(GOOD)
    for at, byte in changes:
        damaged[at] = byte
    try:
        assert decode(bytes(damaged), "a.docx").text
    except Unreadable as error:
        assert "a.docx" in str(error)


@settings(deadline=None)  # what begins like an image is read in a process of its own
@given(st.binary(max_size=300).filter(lambda c: c[:1] != b"\xd0"), st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06"]))
def test_random_bytes_are_refused(content: bytes, mark: bytes) -> None:
    refused(mark + content + b"x")


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="<>/:wprt lbc\"='1&;", max_size=200))
def test_random_mark_up_is_read_or_refused(body: str) -> None:
    try:
        decode(made(p(r("Chữ")) + body), "a.docx")
    except Unreadable as error:
        assert "a.docx" in str(error)


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a [<!ENTITY x "aa"><!ENTITY y "&x;&x;">]>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">',
    ],
)
def test_declarations_are_refused(prolog: str) -> None:
    assert "DTD" in refused(made(p(r("Sở Y tế")), prolog=prolog))


def test_declaration_in_another_encoding_is_refused() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as old, zipfile.ZipFile(held, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename == "word/document.xml":
                content = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><a/>'.encode("utf-16")
            new.writestr(info.filename, content)
    assert "DTD" in refused(held.getvalue())


def test_link_out_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "document.xml").write_text(f'<w:document xmlns:w="{W}"/>', encoding="utf-8")
    held = io.BytesIO()
    target = f'Type="{OFFICE}/officeDocument" Target="{(tmp_path / "document.xml").as_uri()}"'
    with zipfile.ZipFile(held, "w") as package:
        package.writestr("_rels/.rels", f'<R xmlns="{PACKAGE}"><Relationship {target} TargetMode="External"/></R>')
    assert "bị hỏng" in refused(held.getvalue())
    with zipfile.ZipFile(held, "w") as package:
        package.writestr("_rels/.rels", f'<R xmlns="{PACKAGE}"><Relationship {target}/></R>')
    assert "bị hỏng" in refused(held.getvalue())


@pytest.mark.parametrize("depth", [60, 5_000])
def test_deep_nesting_is_read_or_refused_in_bounded_time(depth: int) -> None:
    body = p(r("Sâu"))
    tables = "<w:tbl><w:tr><w:tc>" * depth + body + "</w:tc></w:tr></w:tbl>" * depth
    tags = "<w:smartTag>" * depth + r("Sâu") + "</w:smartTag>" * depth
    for nested in (tables, p(tags)):
        if depth < 100:
            assert "Sâu" in text_of(nested)
        else:
            assert "bị hỏng" in refused(made(nested))


def test_large_part_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_PART", 1 << 20)
    assert "1 MB" in refused(made(p(r("a" * (1 << 20)))))


def test_locked_file_is_refused() -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le")
    assert "mật khẩu" in refused(content)


# Old Word files


@pytest.mark.parametrize("content", [b"Plain text, no Word file", bytes(range(256))])
def test_other_files_under_the_old_name_are_refused(content: bytes) -> None:
    assert "không đúng loại" in refused(content, "a.doc")


def test_new_file_under_the_old_name_is_read() -> None:
    assert decode(GOOD, "a.doc").text == decode(GOOD, "a.docx").text


def test_old_file_without_libreoffice_is_refused_and_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert "cần LibreOffice" in refused(b"{\\rtf1 Xin}", "a.doc")


def ended(process: int) -> bool:
    """Whether a process is gone, or waits only to be taken notice of."""
    for _ in range(100):
        try:
            if f"{process} (sleep) Z" in Path(f"/proc/{process}/stat").read_text():
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


def test_libreoffice_that_hangs_is_ended_with_what_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "soffice"
    child = tmp_path / "child"
    program.write_text(f"#!/bin/sh\nsleep 60 & echo $! > {child}; wait\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    monkeypatch.setattr("ingest.readers.doc.SECONDS", 0.5)
    assert "0.5 giây" in refused(b"{\\rtf1 Xin}", "a.doc")
    assert ended(int(child.read_text()))


def test_libreoffice_runs_once_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running, met, ran = tmp_path / "running", tmp_path / "met", tmp_path / "ran"
    program = tmp_path / "soffice"
    program.write_text(f"#!/bin/sh\nmkdir {running} || touch {met}\nsleep 0.2\nrmdir {running}\necho x >> {ran}\n")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    with ThreadPoolExecutor(3) as several:
        refusals = list(several.map(lambda name: refused(b"{\\rtf1 Xin}", name), ["a.doc", "b.doc", "c.doc"]))
    assert all("LibreOffice không đọc được" in refusal for refusal in refusals)
    assert ran.read_text().count("x") == 3
    assert not met.exists()


@NEEDS_LIBREOFFICE
def test_old_file_is_read_through_libreoffice() -> None:
    rtf = rb"{\rtf1\ansi S\u7903? Y t\u7871?\par Nh\u7853?n 12 h\u7891? s\u417?.\par}"
    assert decode(rtf, "a.doc").text == "Sở Y tế\n\nNhận 12 hồ sơ.\n"


@NEEDS_LIBREOFFICE
def test_old_file_that_is_broken_is_refused() -> None:
    assert "LibreOffice không đọc được" in refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3_000), "a.doc")


# Real ones


def test_decree_is_read_whole(shared: Path) -> None:
    source = read(shared / "documents" / "f08_nghi_dinh_30_2020_van_thu.docx")
    with zipfile.ZipFile(source.path) as package:
        inside = package.read("word/document.xml").decode()
    printed = "".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>", inside))
    assert "".join(source.text.split()) == "".join(unicodedata.normalize("NFC", printed).split())
    found = read_document("f08", source.path.name, source.decoded, source.sha256)
    assert (found.number, found.type, found.title) == ("30/2020/NĐ-CP", "Nghị định", "Về công tác văn thư")
    assert (found.issued_on, found.signer) == ("2020-03-05", "Nguyễn Xuân Phúc")
    articles = [s for s in found.sections if re.match(r"Điều \d+\.", s.path[-1])]
    assert len(articles) == 38


@NEEDS_LIBREOFFICE
def test_old_plan_is_read_with_its_table(shared: Path) -> None:
    source = read(shared / "documents" / "f06_phutho_kh_trien_khai_qlvb.doc")
    found = read_document("f06", source.path.name, source.decoded, source.sha256)
    assert (found.number, found.type, found.issued_on) == ("/KH-STTTT", "Kế hoạch", "2011-12")
    assert found.signer == "Phan Quang Thao"
    assert "Ngày 04/01/2012 (thứ 4)\tPhòng Thanh tra\tPhòng Quản lý Báo chí – Xuất bản\n" in source.text
    assert faults(found) == []


def test_broken_one_is_refused(shared: Path) -> None:
    with pytest.raises(Unreadable, match="bị hỏng"):
        read(shared / "documents" / "f10_sytehanoi_quan_trac_moi_truong_docx_hong.docx")


# Old fonts


def in_font(text: str, font: str, more: str = "") -> str:
    return r(text, f'<w:rFonts w:ascii="{font}" w:hAnsi="{font}"/>{more}')


def test_runs_in_old_fonts_are_converted_and_said_and_others_left() -> None:
    body = p(
        in_font("Së Y tÕ", ".VnTime") + r(" và Sở Tài chính: ") + in_font("Sôû Noäi vuï", "VNI-Times") + r(", café")
    )
    decoded = decode(made(body), "a.docx")
    assert decoded.text == "Sở Y tế và Sở Tài chính: Sở Nội vụ, café\n"
    assert ["TCVN3" in decoded.remarks[0], "VNI" in decoded.remarks[1]] == [True, True]


def test_capitals_that_a_font_makes_are_capitals() -> None:
    assert text_of(p(in_font("b¸o c¸o Sè 5", ".VnTimeH"))) == "BÁO CÁO SỐ 5\n"


def test_font_comes_from_styles_and_defaults() -> None:
    styles = (
        '<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:hAnsi=".VnTime"/></w:rPr></w:rPrDefault></w:docDefaults>'
        '<w:style w:type="paragraph" w:default="1" w:styleId="N"/>'
        '<w:style w:type="paragraph" w:styleId="T"><w:rPr><w:rFonts w:hAnsi="Times New Roman"/></w:rPr></w:style>'
        '<w:style w:type="character" w:styleId="B"><w:rPr><w:caps/></w:rPr></w:style>'
    )
    capitals = '<w:rStyle w:val="B"/>'
    body = p(r("Së Y tÕ")) + p(r("thế", "<w:b/>"), '<w:pStyle w:val="T"/>') + p(r("Së", capitals)) + p(r("đã có"))
    assert lines_of(body, styles=styles) == ["Sở Y tế", "thế", "SỞ", "đã có"]


def test_letters_of_an_old_font_that_the_file_does_not_name_are_converted() -> None:
    assert text_of(p(r("Së Y tÕ tiÕp nhËn hå s¬ cña c«ng d©n"))) == "Sở Y tế tiếp nhận hồ sơ của công dân\n"


# Merged cells, lists, notes


def test_words_merged_over_rows_stand_in_each_and_figures_once() -> None:
    def row(label: str, merge: str, work: str, money: str) -> str:
        return tc(p(r(label)), merge) + cells(work) + tc(p(r(money)), merge)

    start, on = '<w:vMerge w:val="restart"/>', '<w:vMerge w:val="continue"/>'
    body = tbl(
        cells("Đơn vị", "Việc", "Vốn"),
        row("Sở Y tế", start, "Tiếp nhận", "500"),
        row("", on, "Trả", ""),
        row("", on, "", ""),
        row("Sở Nội vụ", "", "Tiếp nhận", "7"),
    )
    found = document(made(p(r("Mở đầu.")) + body))
    assert lines_of(body) == [
        "Đơn vị\tViệc\tVốn",
        "Sở Y tế\tTiếp nhận\t500",
        "Sở Y tế\tTrả\t",
        "Sở Nội vụ\tTiếp nhận\t7",
    ]
    rows = [chunk.heads for chunk in found.chunks if chunk.kind == "row"]
    assert rows[1] == (("Đơn vị", "Sở Y tế"), ("Việc", "Trả"))
    assert faults(found) == []


def test_note_in_a_merged_cell_is_called_once() -> None:
    merged = tc(p(r("Sở") + call(1)), '<w:vMerge w:val="restart"/>')
    body = tbl(cells("Đơn vị", "Việc"), merged + cells("a"), tc(p(""), "<w:vMerge/>") + cells("b"))
    assert lines_of(body, footnotes=note(1, "Chú.")) == ["Đơn vị\tViệc", "Sở¹\ta", "Sở\tb", "¹ Chú."]


def test_list_goes_on_across_other_paragraphs_and_restarts_below_a_new_heading() -> None:
    parts = numbering(level(0, "upperRoman", "%1."), level(1, "lowerLetter", "%2)"), level(2, "lowerRoman", "%3."))
    body = "".join(
        [
            *(
                listed("A"),
                listed("B", at=1),
                p(r("xen giữa")),
                listed("C", at=1),
                listed("D", at=2),
                listed("E", at=2),
            ),
            *(listed("F"), listed("G", at=1), listed("H", at=2)),
        ]
    )
    assert lines_of(body, numbering=parts) == [
        *("I. A", "a) B", "xen giữa", "b) C", "i. D", "ii. E"),
        *("II. F", "a) G", "i. H"),
    ]


def test_soft_hyphens_are_left_out_and_firm_ones_kept() -> None:
    assert (
        text_of(p(r("hành chí") + "<w:r><w:softHyphen/></w:r>" + r("nh, UBND\u2011X"))) == "hành chính, UBND\u2011X\n"
    )


# Of a size that no document has


def test_million_empty_paragraphs_are_read_in_bounded_time() -> None:
    assert text_of("<w:p/>" * 1_000_000 + p(r("Sở Y tế"))) == "Sở Y tế\n"


def test_part_of_endless_tags_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_MAX_TAGS", 10_000)
    assert "quá lớn" in refused(made("<w:p/>" * 10_000))


def test_rows_of_many_columns_do_not_widen_the_others() -> None:
    body = tbl(cells(*["a"] * 5_000), *[cells("b", "c")] * 2_000)
    assert len(text_of(body)) < 200_000


def test_styles_in_an_endless_chain_are_read_in_bounded_time() -> None:
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="s{i}"><w:basedOn w:val="s{i + 1}"/></w:style>' for i in range(20_000)
    )
    assert text_of(p(r("Sở"), '<w:pStyle w:val="s0"/>'), styles=styles) == "Sở\n"


def test_many_notes_are_numbered_in_bounded_time() -> None:
    body = p("".join(r("a") + call(i) for i in range(5_000)))
    found = decode(made(body, footnotes="".join(note(i, "chú") for i in range(5_000))), "a.docx").text
    assert found.count("chú") == 5_000
