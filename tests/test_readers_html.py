"""A page becomes what its reader sees: lines, rows with tabs, superscripts, numbered items."""

import html
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbench import faults

from ingest.readers import Unreadable, decode
from ingest.readers.html import decode as decode_page
from ingest.reading import read_document
from vectorstore.records import Document, fold_space


def lines(page: str) -> list[str]:
    return [line for line in decode(page.encode(), "a.html").text.split("\n") if line.strip()]


def test_blocks_become_lines_and_entities_letters() -> None:
    page = "<h1>B&aacute;o c&aacute;o</h1><p>Sở Y tế&nbsp;nhận <b>12</b>\n  hồ&#32;sơ.</p><div>Hai<br>Ba</div>"
    assert lines(page) == ["Báo cáo", "Sở Y tế nhận 12 hồ sơ.", "Hai", "Ba"]


def test_scripts_styles_menus_and_what_is_hidden_are_left_out() -> None:
    page = (
        "<head><title>x</title><style>p{}</style></head><nav>Trang chủ</nav><script>alert(1)</script><p hidden>a</p>"
        "<p style='display: none'>b</p><!-- c --><noscript>d</noscript><p>Nội dung</p>"
    )
    assert lines(page) == ["Nội dung"]


def test_table_becomes_rows_with_tabs_and_merged_cells_stay_empty() -> None:
    page = (
        "<table><caption>Bảng 1</caption><tr><th rowspan=2>STT</th><th colspan=2>Đơn vị</th></tr>"
        "<tr><th>Chủ trì</th><th>Phối hợp</th></tr>"
        "<tr><td>1</td><td>Sở<br>Y tế</td><td></td></tr></table>"
    )
    assert lines(page) == ["Bảng 1", "STT\tĐơn vị\t", "\tChủ trì\tPhối hợp", "1\tSở Y tế\t"]


def test_table_that_lays_the_page_out_is_no_table() -> None:
    page = "<table><tr><td>Trái<td><p>Giữa</p><table><tr><td>1<td>12 hồ sơ</table></table>"
    assert lines(page) == ["Trái", "Giữa", "1\t12 hồ sơ"]


def test_lists_have_their_numbers() -> None:
    page = (
        "<ol start=3><li>Ba<li>\n<p>Bốn</p><ul><li>con</ul><li value=9>Chín</ol><ol type=I><li>Một<li>Hai</ol>"
        "<ol type=a><li>x<li></li><li>z</ol>"
    )
    assert lines(page) == ["3. Ba", "4. Bốn", "- con", "9. Chín", "I. Một", "II. Hai", "a. x", "b.", "c. z"]


@pytest.mark.parametrize(
    ("page", "line"),
    [
        ("<p>phòng<sup>12</sup> họp</p>", "phòng¹² họp"),
        ("<p>phòng<sup>[3]</sup></p>", "phòng[3]"),
        ("<p>phòng<a href='#_ftn1'><span>[1]</span></a></p>", "phòng[1]"),
        ("<p>phòng<sup>(2)</sup>;</p>", "phòng(2);"),
        ("<p><a href='#_ftnref1'>[1]</a> Quyết định</p>", "[1] Quyết định"),
        ("<p>ngày 1<sup>st</sup></p>", "ngày 1st"),
        ("<p>phòng<a class='sdfootnoteanc' href='#sdfootnote1sym'><sup>1</sup></a></p>", "phòng¹"),
        ("<p><a href='#body_ftn1'>1</a>Quyết định</p>", "¹Quyết định"),
        ("<p>phòng<span style='vertical-align: super'>1</span></p>", "phòng¹"),
    ],
)
def test_calls_of_notes_are_superscripts_or_keep_the_brackets_that_are_printed(page: str, line: str) -> None:
    assert lines(page) == [line]


def test_page_in_an_old_encoding_is_converted_and_said() -> None:
    page = "<p>Së Y tÕ tiÕp nhËn vµ gi¶i quyÕt hå s¬ cña c«ng d©n</p>".encode("latin-1")
    decoded = decode(page, "a.htm")
    assert decoded.text.strip() == "Sở Y tế tiếp nhận và giải quyết hồ sơ của công dân"
    assert "TCVN3" in decoded.remarks[0]


def test_nothing_outside_of_the_page_is_read() -> None:
    page = (
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><p>a &e; b</p><iframe src="file:///etc/passwd"></iframe>'
    )
    assert "root" not in " ".join(lines(page))


@pytest.mark.parametrize("page", ["", "<p></p>", "<script>alert(1)</script>"])
def test_page_without_words_is_refused(page: str) -> None:
    with pytest.raises(Unreadable):
        decode(page.encode(), "a.html")


@pytest.mark.parametrize(
    "content",
    [
        b"<div>" * 20_000 + b"abc",
        b"<table><tr><td>" * 5_000 + b"abc",
        b"<sup>" * 20_000 + b"abc",
        b"<table>" + b"<tr><td>abc<div>" * 5_000,
        b"<table>" + b"<tr><td rowspan=9999 colspan=99>abc" * 500,
        b"<ol><li>" * 5_000 + b"abc",
        b'<?xml version="1.0"?><html><p>abc</p></html>',
        b"abc.html",
    ],
)
def test_strange_pages_are_read_in_bounded_time(content: bytes) -> None:
    assert "abc" in decode(content, "a.html").text


def test_page_of_endless_tags_is_refused() -> None:
    with pytest.raises(Unreadable, match="quá lớn"):
        decode(b"<b>" * 400_000, "a.html")


PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<ol>",
        "<li>",
        "<sup>1",
        "</sup>",
        "&amp;",
        "&#0;",
        "&#xd800;",
        "chữ ",
        "\0",
        "<!--",
        "<![CDATA[",
        "<br>",
    ]
)


@given(st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=100)))
def test_any_page_is_text_or_refused(page: str) -> None:
    try:
        text = decode_page(page.encode("utf-8", "replace"), "a.html").text
    except Unreadable as refused:
        assert "a.html" in str(refused)
    else:
        assert "\0" not in text


@given(st.binary(max_size=200))
def test_random_bytes_are_text_or_refused(content: bytes) -> None:
    try:
        decode(b"<p>" + content, "a.html")
    except Unreadable as refused:
        assert "a.html" in str(refused)


def test_shared_notice_reads_as_its_tags_stripped(shared: Path) -> None:
    (path,) = (shared / "documents").glob("15_*.html")
    raw = path.read_text(encoding="utf-8")
    stripped = fold_space(html.unescape(re.sub(r"<[^>]+>", " ", raw)))
    assert fold_space(decode(path.read_bytes(), path.name).text) == stripped


# Headings, merged cells, what stands around the text


def found(page: str) -> Document:
    made = read_document("a", "a.html", decode(page.encode(), "a.html"), "0" * 64)
    assert faults(made) == []
    return made


def test_headings_without_numbers_are_sections() -> None:
    page = (
        "<h1>Tin cải cách hành chính</h1><p>Mở đầu trang tin.</p><h2>Kết quả đạt được</h2><p>Có 12 hồ sơ.</p>"
        "<h3>Hồ sơ<br>trực tuyến</h3><p>Có 5 hồ sơ.</p><h2>Hạn chế</h2><p>Còn 1 hồ sơ.</p>"
    )
    assert [section.path for section in found(page).sections] == [
        ("Kết quả đạt được",),
        ("Kết quả đạt được", "Hồ sơ trực tuyến"),
        ("Hạn chế",),
    ]
    sections = {chunk.text: chunk.section for chunk in found(page).chunks}
    assert sections["Có 5 hồ sơ."] == ("Kết quả đạt được", "Hồ sơ trực tuyến")
    assert sections["Còn 1 hồ sơ."] == ("Hạn chế",)


def test_headings_keep_their_own_numbers() -> None:
    first = "<h2>I. KẾT QUẢ</h2><p>Có 12 hồ sơ.</p><h3>Ghi chú</h3><p>Còn 1.</p>"
    page = f"<p>Mở đầu</p>{first}<h2>II. HẠN CHẾ</h2><p>Có 2.</p>"
    assert lines(page) == ["Mở đầu", "I. KẾT QUẢ", "Có 12 hồ sơ.", "Ghi chú", "Còn 1.", "II. HẠN CHẾ", "Có 2."]
    assert [section.path for section in found(page).sections] == [("I. KẾT QUẢ",), ("II. HẠN CHẾ",)]


def test_table_below_headings_keeps_its_rows() -> None:
    table = "<table><tr><th>TT<th>Đơn vị<th>Hồ sơ<tr><td>1<td>Sở Y tế<td>12<tr><td>2<td>Sở Nội vụ<td>5</table>"
    made = found(f"<h1>Tin</h1><p>Mở đầu.</p><h2>Biểu một</h2>{table}<h2>Biểu hai</h2>{table}")
    rows = [chunk for chunk in made.chunks if chunk.kind == "row"]
    assert [row.section[-1] for row in rows] == ["Biểu một", "Biểu một", "Biểu hai", "Biểu hai"]
    assert rows[0].heads == (("TT", "1"), ("Đơn vị", "Sở Y tế"), ("Hồ sơ", "12"))


def test_words_merged_over_rows_stand_in_each_and_figures_once() -> None:
    page = (
        "<table><tr><th rowspan=2>TT<th rowspan=2>Đơn vị<th colspan=2>Kết quả<th>Vốn<tr><th>Việc<th>Số<th>triệu"
        "<tr><td rowspan=2>1<td rowspan=2>Sở Y tế<sup>1</sup><td>Tiếp nhận<td>12<td rowspan=2>500"
        "<tr><td>Trả<td>10</table>"
    )
    assert lines(page) == [
        "TT\tĐơn vị\tKết quả\t\tVốn",
        "\t\tViệc\tSố\ttriệu",
        "1\tSở Y tế¹\tTiếp nhận\t12\t500",
        "1\tSở Y tế\tTrả\t10\t",
    ]
    rows = [chunk for chunk in found(f"<p>Mở đầu</p>{page}").chunks if chunk.kind == "row"]
    assert [dict(row.heads)["Đơn vị"] for row in rows] == ["Sở Y tế¹", "Sở Y tế"]
    assert [dict(row.heads)["Kết quả – Số"] for row in rows] == ["12", "10"]


def test_head_foot_and_side_of_a_page_that_marks_its_text_are_left_out() -> None:
    page = (
        "<header>Cổng thông tin</header><div role=navigation>Trang chủ</div><aside>Tin khác</aside>"
        "<main><header>Tin về hồ sơ</header><p>Nội dung</p><footer>Theo Báo Nhân dân</footer></main>"
        "<footer>Bản quyền</footer>"
    )
    assert lines(page) == ["Tin về hồ sơ", "Nội dung", "Theo Báo Nhân dân"]
    assert lines("<header>UBND tỉnh</header><p>Nội dung</p><footer>Người ký</footer>") == [
        "UBND tỉnh",
        "Nội dung",
        "Người ký",
    ]


def test_preformatted_lines_and_breaks_are_kept() -> None:
    assert lines("<pre>một\n  hai</pre><p>ba<br/>bốn<br>\nnăm&shy;mươi</p>") == ["một", "hai", "ba", "bốn", "nămmươi"]


def test_notes_of_a_page_are_called_and_told_once() -> None:
    page = (
        "<p>Tin trong ngày</p><p>Có 13 TTHC<sup><a href='#_ftn1'>[1]</a></sup> và 5 hồ sơ<sup>2</sup>.</p>"
        "<p><a href='#_ftnref1'>[1]</a> Quyết định A.</p><p><sup>2</sup> Quyết định B.</p>"
    )
    made = found(page)
    assert [(note.marker, note.body.quote) for note in made.footnotes] == [
        ("1", "Quyết định A."),
        ("2", "Quyết định B."),
    ]
    assert [[note.marker for note in chunk.footnotes] for chunk in made.chunks if chunk.footnotes] == [["1", "2"]]


def test_reversed_list_counts_down() -> None:
    assert lines("<ol reversed><li>x<li>y<li>z</ol><ol reversed start=9><li>a<li>b</ol>") == [
        "3. x",
        "2. y",
        "1. z",
        "9. a",
        "8. b",
    ]


def test_numbers_of_a_list_are_quoted_with_their_items() -> None:
    made = found("<p>Nhiệm vụ trọng tâm:</p><ol start=3><li>Rà soát thủ tục;<li>Công khai kết quả.</ol>")
    assert [chunk.body.quote for chunk in made.chunks][-2:] == ["3. Rà soát thủ tục;", "4. Công khai kết quả."]


def test_item_that_brings_its_own_number_has_no_other() -> None:
    page = "<ol><li>1. Một<li>b) Hai<li>Ba<li>1.500 hồ sơ</ol><ul><li>- Gạch<li>Không</ul>"
    assert lines(page) == ["1. Một", "b) Hai", "3. Ba", "4. 1.500 hồ sơ", "- Gạch", "- Không"]


def test_head_of_a_page_is_quoted_without_marks_of_headings() -> None:
    page = (
        "<p>SỞ Y TẾ TỈNH LÂM SƠN</p><p>Số: 12/BC-SYT</p><p>Lâm Sơn, ngày 05 tháng 3 năm 2024</p><h1>BÁO CÁO</h1>"
        "<h2>Kết quả cải cách hành chính quý I năm 2024</h2><p>Sở Y tế báo cáo kết quả như sau:</p>"
        "<h2>Thủ tục hành chính</h2><p>Sở nhận 12 hồ sơ.</p>"
    )
    made = found(page)
    assert [section.path for section in made.sections] == [("Thủ tục hành chính",)]
    assert [chunk.text for chunk in made.chunks if "#" in chunk.body.quote] == []
    assert "BÁO CÁO Kết quả cải cách hành chính" in made.chunks[0].body.quote
