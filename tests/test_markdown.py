"""Markdown is quoted as it stands in the file, and read without its marks."""

import textwrap
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbench import document

from ingest import markdown, metadata
from ingest.structure import find
from vectorstore.records import Chunk, Document, excerpt, plain
from vectorstore.vietnamese import normalize

LONG = "Sở đã rà soát toàn bộ quy trình của các phòng và sửa những chỗ không còn khớp với danh mục do tỉnh công bố"

NEWS = """---
layout: post
title: " [Tin] Xã Đăk Hà một cửa thông suốt"
date: Mon, 04 Nov 2024 02:00:00 +0700
---
[Xã Đăk Hà một cửa thông suốt](https://example.org/a-(1).html)

![Xã Đăk Hà một cửa thông suốt](https://example.org/anh.webp)

Ngay từ đầu năm 2024, UBND xã Đăk Hà Tây đã nhận **4.572** hồ sơ, xem [kế hoạch](https://example.org/k) và *(ghi chú)*.
"""


def body(read: Document) -> list[Chunk]:
    return [chunk for chunk in read.chunks if chunk.kind not in ("head", "signature")]


def rows(text: str) -> list[tuple[str, dict[str, str], tuple[str, ...]]]:
    return [(b.text, dict(b.cells), b.parents) for b in find(text).blocks if b.kind == "row"]


# Front matter, links, emphasis


def test_front_matter_gives_title_and_date_and_is_no_chunk() -> None:
    read = document(NEWS)
    assert (read.title, read.issued_on) == ("Xã Đăk Hà một cửa thông suốt", "2024-11-04")
    assert not [chunk for chunk in read.chunks if "layout" in chunk.text]


def test_title_that_is_linked_again_and_images_are_no_chunks() -> None:
    (only,) = body(document(NEWS))
    assert only.text == "Ngay từ đầu năm 2024, UBND xã Đăk Hà Tây đã nhận 4.572 hồ sơ, xem kế hoạch và (ghi chú)."


def test_quote_stands_verbatim_in_the_file() -> None:
    (only,) = body(document(NEWS))
    assert only.body.quote in NEWS
    part = only.body.reading
    at = part.text.index("4.572 hồ sơ")
    assert part.part(at, at + 11).quote == "4.572** hồ sơ"


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("Mon, 04 Nov 2024 02:00:00 +0700", "2024-11-04"),
        ("2024-11-04", "2024-11-04"),
        ("2024-11-04T08:00:00+07:00", "2024-11-04"),
        ("04/11/2024", "2024-11-04"),
        ("2024-13-40", None),
        ("hôm qua", None),
    ],
)
def test_front_matter_dates_of_many_forms(value: str, day: str | None) -> None:
    assert markdown.day(value) == day


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("*Căn cứ Luật;*", "Căn cứ Luật;"),
        ("***LĨNH VỰC** A", "LĨNH VỰC A"),
        ("(*) Ghi chú 5*3 (*)", "(*) Ghi chú 5*3 (*)"),
        ("* mục một", "* mục một"),
        ("_nghiêng_ ___ a_b", "nghiêng ___ a_b"),
        ("[a](b) [1] [Cổng](https://x.vn/a (1)) và ![ảnh](/a.png)", "[a](b) [1] Cổng và "),
        ("1\\. Thể chế \\* m²", "1. Thể chế * m²"),
        ("## Tiêu đề", "Tiêu đề"),
        ("phòng[^2] họp¹", "phòng họp¹"),
    ],
)
def test_marks_are_passed_over(printed: str, read: str) -> None:
    assert plain(printed) == read
    reading = excerpt(printed, [(0, len(printed))]).reading.text
    assert reading == " ".join(read.replace("¹", "").split())


# Lines and headings


def test_broken_lines_are_one_paragraph_and_marked_ones_begin_anew() -> None:
    wrapped = "\n".join(textwrap.wrap(f"**Điều 2. **{LONG}.", 60))
    text = f"# QUY ĐỊNH\n\n## Chương I\n\n{wrapped}\n- mục một\n- mục hai:\n  tiếp theo.\n"
    text += "1. Việc đầu.\n2. Việc sau.\n\n-------\n"
    assert [block.text for block in find(text).blocks] == [
        "# QUY ĐỊNH",
        "## Chương I",
        f"Điều 2. {LONG}.",
        "- mục một",
        "- mục hai: tiếp theo.",
        "1. Việc đầu.",
        "2. Việc sau.",
    ]


def test_long_lines_are_paragraphs_of_their_own() -> None:
    text = f"## A\n\n{LONG}, {LONG}.\nHai {LONG}.\n\n## B\n\nBa."
    assert [block.text for block in find(text).blocks if block.kind != "heading"] == [
        f"{LONG}, {LONG}.",
        f"Hai {LONG}.",
        "Ba.",
    ]


def test_headings_by_their_marks_make_sections() -> None:
    read = document(
        f"# Báo cáo nhỏ\n\n## Kết quả *chung*\n\n{LONG}.\n\n### Chi tiết\n\nSở nhận 12 hồ sơ.\n\n## Hết ##\n\nXong."
    )
    assert [chunk.section for chunk in body(read)] == [("Kết quả chung",), ("Kết quả chung", "Chi tiết"), ("Hết",)]
    assert read.title == "Báo cáo nhỏ"


def test_notes_of_markdown_belong_to_their_calls() -> None:
    read = document(
        f"# A\n\n## B\n\n{LONG}, {LONG}.\n\nSở họp[^1] hai lần[^b].\n\n"
        "[^1]: Quyết định số 1/QĐ-SYT\n[^b]: Ngày **02/3/2023**\n"
    )
    first = body(read)[1]
    assert first.text == "Sở họp hai lần."
    assert [(note.marker, note.body.reading.text) for note in first.footnotes] == [
        ("1", "Quyết định số 1/QĐ-SYT"),
        ("b", "Ngày 02/3/2023"),
    ]


# Tables


def test_pipe_table_has_heads_rows_and_parents() -> None:
    text = (
        "Bảng:\n\n| STT | **Đơn vị** | Hồ sơ |\n|:---|---|--:|\n"
        "| I | Khối xã | |\n| 1 | Đăk Hà | 12 |\n| 2 | Ngọc \\| Hồi<br>mới | 7 |\n\nHết."
    )
    assert rows(text) == [
        ("I Khối xã", {"Đơn vị": "Khối xã"}, ()),
        ("1 Đăk Hà 12", {"STT": "1", "Đơn vị": "Đăk Hà", "Hồ sơ": "12"}, ("I Khối xã",)),
        ("2 Ngọc | Hồi mới 7", {"STT": "2", "Đơn vị": "Ngọc | Hồi mới", "Hồ sơ": "7"}, ("I Khối xã",)),
    ]
    row = next(chunk for chunk in body(document(text)) if "Đăk Hà" in chunk.text)
    assert row.body.quote == "1 | Đăk Hà | 12"
    assert row.text == "1 Đăk Hà 12"


def test_pipe_table_without_bars_at_its_ends_is_read() -> None:
    assert [row[1] for row in rows("Tên | Số\n--- | ---\nĐăk Hà | 12\nNgọc Hồi | 7\n")] == [
        {"Tên": "Đăk Hà", "Số": "12"},
        {"Tên": "Ngọc Hồi", "Số": "7"},
    ]


def test_table_with_each_cell_between_lone_bars_is_read() -> None:
    cells = ["**STT**", "**Mã**", "**Tên thủ\ntục**"]
    text = "\n|\n".join(
        [
            "|\n" + "\n|\n".join(row)
            for row in (cells, ["", "**Lĩnh vực X**"], ["1", "2.000286", "Tiếp\nnhận"], ["2", "", "Đổi"])
        ]
    )
    text = f"# A\n\n{text}\n|\n\nHết.".replace("|\n\n|", "|\n|")
    assert rows(text) == [
        ("Lĩnh vực X", {"": "Lĩnh vực X"}, ()),
        ("1 2.000286 Tiếp nhận", {"STT": "1", "Mã": "2.000286", "Tên thủ tục": "Tiếp nhận"}, ("Lĩnh vực X",)),
        ("2 Đổi", {"STT": "2", "Tên thủ tục": "Đổi"}, ("Lĩnh vực X",)),
    ]
    assert find(text).blocks[-1].text == "Hết."


# Head data


HEAD = """|
**ỦY BAN NHÂN DÂN
**
TỈNH YÊN BÁI
-------
|
**CỘNG HÒA XÃ HỘI
CHỦ NGHĨA VIỆT NAM**
---------------
|
|
Số: 28/QĐ-UBND
|
*Yên Bái, ngày 20
tháng 11 năm 2023*
|

**QUYẾT ĐỊNH**

VỀ VIỆC THÔNG QUA PHƯƠNG ÁN
NĂM 2023

**CHỦ TỊCH ỦY BAN NHÂN DÂN TỈNH YÊN BÁI**

*Căn cứ Luật Tổ chức chính
quyền địa phương;*

**Điều 1. **Thông
qua phương án.

* *

|
Nơi nhận:
- Lưu: VT.
|
**KT.CHỦ TỊCH**
**PHÓ CHỦ TỊCH**
**Lò Văn Tám**
|

**PHỤ LỤC**

DANH MỤC

Nội dung phụ lục.
"""


def test_head_and_foot_are_read_through_tables_and_emphasis() -> None:
    found = metadata.find(HEAD)
    assert (found.number, found.type, found.issued_on) == ("28/QĐ-UBND", "Quyết định", "2023-11-20")
    assert found.title == "VỀ VIỆC THÔNG QUA PHƯƠNG ÁN NĂM 2023"
    assert (found.issuer, found.place, found.period) == ("Ủy ban nhân dân tỉnh Yên Bái", "Yên Bái", "2023")
    assert (found.signer, found.signer_title) == ("Lò Văn Tám", "Phó chủ tịch (ký thay Chủ tịch)")
    assert found.foot.quote.startswith("Nơi nhận")
    assert [chunk.text for chunk in body(document(HEAD))][1:] == [
        "Căn cứ Luật Tổ chức chính quyền địa phương;",
        "Điều 1. Thông qua phương án.",
        "Nội dung phụ lục.",
    ]


def test_head_in_table_rows_with_tabs_is_read_cell_by_cell() -> None:
    text = (
        "UBND TỈNH YÊN BÁI SỞ Y TẾ\tCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\n"
        "Số: 12/BC-SYT\tYên Bái, ngày 3 tháng 4 năm 2023\n\n"
        f"BÁO CÁO\n\nViệc của năm 2022\n\nCăn cứ Kế hoạch, {LONG}.\n"
    )
    found = metadata.find(text)
    assert (found.issuer, found.place) == ("Sở Y tế tỉnh Yên Bái", "Yên Bái")
    assert (found.number, found.issued_on) == ("12/BC-SYT", "2023-04-03")


# News


@pytest.mark.parametrize(
    ("title", "opening", "place", "period"),
    [
        ("Đăk Hà một cửa thông suốt", "Ngay từ đầu năm 2024, UBND xã Đăk Hà đã nhận hồ sơ.", "Đăk Hà", "2024"),
        ("Yên Bái đi đầu cải cách", "Tỉnh rà soát 61 thủ tục.", "Yên Bái", None),
        ("Một cửa thông suốt", "UBND tỉnh Yên Bái vừa ban hành kế hoạch năm 2023.", "Yên Bái", "2023"),
        ("Công bố chỉ số năm 2017", "Yên Bái hơn Hà Nam một bậc trong năm 2018.", None, "2017"),
        ("Bộ Y tế đứng đầu", "Kết quả vừa được công bố.", None, None),
    ],
)
def test_news_speak_of_the_place_and_period_they_open_with(
    title: str, opening: str, place: str | None, period: str | None
) -> None:
    found = metadata.find(f"{title}\n\n{opening}\n\n{LONG}.\n")
    assert (found.title, found.place, found.period) == (title, place, period)
    assert (found.number, found.type, found.issuer) == (None, None, None)


def test_date_in_the_body_is_not_when_it_was_issued() -> None:
    text = f"Một cửa thông suốt\n\n{LONG}, {LONG}.\n\nNgày 12/3/2023 Sở họp.\n"
    read = document(text)
    assert read.issued_on is None
    assert len(body(read)) == 2


def test_body_without_a_head_has_no_title_and_loses_nothing() -> None:
    text = f"Ngày 09 tháng 3 năm 2022, {LONG}; {LONG}; {LONG}.\n\n1. {LONG}.\n\n2. Xong.\n"
    read = document(text)
    assert (read.title, read.place, read.period) == (None, None, None)
    assert read.chunks[0].body.quote.startswith("Ngày 09 tháng 3")


# Any text

LINES = st.sampled_from(
    [
        "---",
        "title: x",
        "|",
        "| a | b |",
        "|---|---|",
        "a | b",
        "# H",
        "**đậm**",
        "*x*",
        "[^1]: n",
        "x[^1]",
        "[a](http://b)",
        "",
        "- m",
        "1. v",
        "![i](/a)",
        "¹ n",
        "\\",
        "* *",
        "Nơi nhận:",
        "BÁO CÁO",
        LONG,
    ]
)


@given(st.lists(LINES, max_size=40).map("\n".join))
def test_any_markdown_gives_spans_within_the_text(text: str) -> None:
    read = document(normalize(text))
    for chunk in read.chunks:
        assert chunk.body.pieces == tuple(read.text[a:b] for a, b in chunk.body.spans)
    starts = [block.spans[0][0] for block in find(text).blocks]
    assert starts == sorted(starts)


@pytest.mark.parametrize(
    "unit", ["|\n", "[", "[a](", "*a ", "**", "![a](http://", "|\nx\n", "| a ", "_a", "---\n", "# a\n|\n\n", "\\"]
)
def test_many_marks_take_linear_time(unit: str) -> None:
    text = unit * 40_000
    started = time.perf_counter()
    find(text)
    metadata.find(text)
    assert time.perf_counter() - started < 5
