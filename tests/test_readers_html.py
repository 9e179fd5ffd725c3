"""A page becomes what its reader sees: lines, rows with tabs, superscripts, numbered items."""

import html
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.readers import Unreadable, decode
from ingest.readers.html import decode as decode_page
from vectorstore.records import fold_space


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
        ("<p>phòng<sup>[3]</sup></p>", "phòng³"),
        ("<p>phòng<a href='#_ftn1'><span>[1]</span></a></p>", "phòng¹"),
        ("<p><a href='#_ftnref1'>[1]</a> Quyết định</p>", "¹ Quyết định"),
        ("<p>ngày 1<sup>st</sup></p>", "ngày 1st"),
    ],
)
def test_notes_are_called_by_superscripts(page: str, line: str) -> None:
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
