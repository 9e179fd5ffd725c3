"""Blocks and footnotes of a text: sentences whole again, headings, lists, tables."""

import re
import textwrap
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbench import DATA, PLAN, QUARTERLY, YEARLY, Form, steady

from ingest import metadata
from ingest.blocks import Block
from ingest.structure import Structure, find
from vectorstore.records import excerpt, fold_space
from vectorstore.vietnamese import normalize

LONG = "Sở đã rà soát toàn bộ quy trình của các phòng, đối chiếu với danh mục do tỉnh công bố và sửa những chỗ lệch"
"""The beginning of a paragraph in one line, so that a text with it is not taken for one that is broken into lines."""


def shown(structure: Structure) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in structure.blocks]


def quotes(text: str, structure: Structure) -> list[str]:
    return [excerpt(text, block.spans).quote for block in structure.blocks]


def notes(structure: Structure) -> dict[str, str]:
    return {note.marker: note.body.quote for note in structure.footnotes}


def data(name: str) -> str:
    return normalize((DATA / name).read_text(encoding="utf-8"))


def faults(text: str, structure: Structure) -> list[object]:
    """Spans outside of the text, in disorder, or shared by two."""
    found: list[object] = []
    taken: list[tuple[int, int]] = []
    for block in structure.blocks:
        kept = [(a, b) for a, b in block.spans if text[a:b].strip()]
        if kept != sorted(kept) or not kept:
            found.append(block)
        taken += kept
    for note in structure.footnotes:
        taken += note.body.spans
    if any(not 0 <= a < b <= len(text) for a, b in taken):
        found.append(taken)
    taken.sort()
    found += [(one, other) for one, other in pairwise(taken) if other[0] < one[1]]
    starts = [block.spans[0][0] for block in structure.blocks]
    if starts != sorted(starts):
        found.append(starts)
    return found


LINES = st.sampled_from(
    [
        "I. KẾT QUẢ",
        "1. Thể chế:",
        "1.1. Rà soát",
        "a) Nhận hồ sơ;",
        "- Sở nhận 12 hồ sơ¹",
        "+ trong đó trễ hạn 2.",
        "¹ - Kế hoạch số 1/KH-SYT ngày 02/01/2022",
        "- Kế hoạch số 2/KH-SYT ngày 03/01/2022.",
        "² Theo báo cáo",
        "và các đơn vị khác",
        "STT\tViệc\tĐơn vị",
        "1.\tKiểm tra\tThanh tra",
        "\tlần hai\t",
        "2.\tHọp\t",
        "\t",
        "PHỤ LỤC",
        "Danh mục kèm theo",
        "12",
        "- 3 -",
        "",
        " ",
        "# Tiêu đề",
        "<p>x</p>",
        "Nơi nhận:",
        LONG,
        "Chương II QUY ĐỊNH",
        "Điều 3. Hiệu lực",
        "Đ. Việc khác",
    ]
)


@steady
@given(st.lists(LINES, max_size=40).map("\n".join))
def test_any_order_of_lines_gives_spans_within_the_text(text: str) -> None:
    assert faults(text, find(text)) == []


@steady
@given(st.text(st.one_of(st.characters(), st.sampled_from("¹²³\t\n \r\x0b\u2028-+.)1aIV#|*<>")), max_size=300))
def test_random_text_gives_spans_within_the_text(text: str) -> None:
    assert faults(text, find(text)) == []


@steady
@given(st.lists(LINES, max_size=30).map("\n".join), st.integers(0, 200))
def test_nothing_before_the_start_is_read(text: str, start: int) -> None:
    structure = find(text, min(start, len(text)))
    assert all(a >= min(start, len(text)) for block in structure.blocks for a, _ in block.spans)


@steady
@given(
    st.lists(LINES.filter(lambda line: not re.search(r"\t|<|^- Kế hoạch|^12$|^- 3 -$", line)), max_size=15).map(
        "\n".join
    )
)
def test_no_word_outside_of_a_table_is_lost_but_page_numbers(text: str) -> None:
    structure = find(text)
    read = " ".join([*quotes(text, structure), *(note.body.quote for note in structure.footnotes)])
    plain = str.maketrans("¹²", "  ")
    assert sorted(read.translate(plain).replace("[…]", "").split()) == sorted(text.translate(plain).split())


def test_items_between_a_heading_and_a_small_letter_are_not_lost() -> None:
    text = "1. Các văn bản đã ban hành\n\n- Kế hoạch số 2/KH-SYT ngày 03/01/2022.\n\nvà các văn bản khác của Sở."
    assert "- Kế hoạch số 2/KH-SYT ngày 03/01/2022." in quotes(text, find(text))


@pytest.mark.parametrize("text", ["", "\n\n", " \t \n"])
def test_empty_text_has_no_structure(text: str) -> None:
    assert find(text) == Structure((), (), False)


# Sentences and footnotes


def test_sentence_goes_on_after_a_footnote_block() -> None:
    text = f"- {LONG}¹\n\n¹ Quyết định số 77/QĐ-SYT ngày 06/6/2023\n\nvà đã công khai tại nơi tiếp dân."
    structure = find(text)
    assert quotes(text, structure) == [f"- {LONG}¹ […] và đã công khai tại nơi tiếp dân."]
    assert notes(structure) == {"1": "Quyết định số 77/QĐ-SYT ngày 06/6/2023"}


def test_list_of_a_footnote_goes_on_with_items_of_its_kind_alone() -> None:
    text = (
        f"{LONG}¹.\n\n¹ - Kế hoạch số 1/KH-SYT về A.\n- Kế hoạch số 2/KH-SYT về B.\n- Kế hoạch liên ngành về C.\n"
        "- Quyết định số 3/QĐ-SYT được thực hiện tốt."
    )
    structure = find(text)
    assert notes(structure) == {
        "1": "- Kế hoạch số 1/KH-SYT về A. - Kế hoạch số 2/KH-SYT về B. - Kế hoạch liên ngành về C."
    }
    assert structure.blocks[-1].text == "- Quyết định số 3/QĐ-SYT được thực hiện tốt."


def test_items_displaced_by_a_page_break_return_to_their_note() -> None:
    text = data(YEARLY)
    found = notes(find(text))
    assert found["3"] == (
        "- Tờ trình số 15/TTr-SYT ngày 02/02/2023 xin bổ sung kinh phí. - Tờ trình số 48/TTr-SYT ngày 17/5/2023 xin "
        "đổi tên phòng. […] - Tờ trình số 90/TTr-SYT ngày 08/8/2023 xin sửa quy trình."
    )
    assert "- Bảng niêm yết phủ 120 m² tường trụ sở được thay mới⁵ […] để người dân dễ tra cứu." in quotes(
        text, find(text)
    )


def test_items_of_the_body_stay_in_the_body() -> None:
    text = f"{LONG}:\n\n- Kế hoạch số 1/KH-SYT về A.\n\n- Kế hoạch số 2/KH-SYT về B."
    structure = find(text)
    assert [block.kind for block in structure.blocks] == ["paragraph", "item", "item"]
    assert structure.footnotes == ()


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_every_footnote_is_found_once_with_its_text(form: Form) -> None:
    text = normalize(unicodedata.normalize(form, data(YEARLY)))
    found = find(text).footnotes
    assert [note.marker for note in found] == ["1", "2", "3", "4", "5", "6"]
    assert all(note.body for note in found)


@pytest.mark.parametrize("page", ["12", "- 12 -", "Trang 3/9"])
def test_sentence_goes_on_after_a_page_number(page: str) -> None:
    text = f"- {LONG}\n\n{page}\n\nvà đã công khai tại nơi tiếp dân.\n\n{LONG}."
    assert quotes(text, find(text)) == [f"- {LONG} […] và đã công khai tại nơi tiếp dân.", f"{LONG}."]


# Text that is broken into lines, as PDF gives it


def broken(*paragraphs: str) -> str:
    """Paragraphs in lines of one width with an empty line between any two."""
    lines = [line for paragraph in paragraphs for line in textwrap.wrap(paragraph, 84, break_on_hyphens=False)]
    return "\n\n".join(f"{line} " for line in lines) + "\n"


FILLER = [
    f"- Việc thứ {word}: {LONG}, rồi báo cáo lãnh đạo Sở trong tuần."
    for word in ["một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười", "chót"]
]


def test_lines_become_paragraphs_again() -> None:
    text = broken(*FILLER)
    structure = find(text)
    assert structure.wrapped
    assert [block.text for block in structure.blocks] == FILLER


def test_page_numbers_between_lines_are_left_out_of_text_and_quote() -> None:
    text = data(QUARTERLY)
    structure = find(text, metadata.find(text).body_start)
    assert structure.wrapped
    (cut,) = [quote for quote in quotes(text, structure) if "Hướng dẫn số 33" in quote]
    assert "để thống […] nhất cách số hóa" in cut
    assert not [block for block in structure.blocks if block.text.strip("- ").isdigit()]


def test_short_line_after_a_heading_begins_anew() -> None:
    text = broken("II. BỘ MÁY", "1. Tổ chức.", *FILLER, "III. KIẾN NGHỊ", "Sở không có kiến nghị nào.")
    found = shown(find(text))
    assert found[:2] == [("heading", "II. BỘ MÁY"), ("heading", "1. Tổ chức.")]
    assert found[-2:] == [("heading", "III. KIẾN NGHỊ"), ("paragraph", "Sở không có kiến nghị nào.")]


def test_number_of_years_that_begins_a_line_is_no_item() -> None:
    sentence = (
        "- Đề án do Sở trình được phê duyệt cho cả giai đoạn phát triển hệ thống y tế 2023\n\n- 2025 và những năm sau."
    )
    structure = find(broken(*FILLER) + "\n" + sentence)
    assert structure.blocks[-1].text == fold_space(sentence)


def test_sentence_broken_into_lines_goes_on_after_a_footnote_block() -> None:
    before = "- Sở đề nghị Ủy ban nhân dân tỉnh cho rút ngắn thời gian xem xét đối với mười thủ\n\n"
    after = "tục hành chính của lĩnh vực dược và đã công khai đủ tại nơi tiếp dân của cơ quan.\n"
    text = broken(*FILLER) + "\n" + before + "¹ Quyết định số 77/QĐ-SYT ngày 06/6/2023.\n\n" + after
    structure = find(text)
    assert structure.wrapped
    assert structure.blocks[-1].text == fold_space(before + after)
    assert notes(structure) == {"1": "Quyết định số 77/QĐ-SYT ngày 06/6/2023."}


# Headings and items


def test_headings_have_the_depth_of_their_numbers() -> None:
    text = "\n\n".join(
        [
            "Phần I",
            "CHƯƠNG II",
            "A. VIỆC CHUNG",
            "I. KẾT QUẢ",
            "1. Thể chế",
            "1.1. Rà soát",
            "1.1.2. Nội dung",
            f"a) Việc: {LONG}.",
            f"{LONG}.",
        ]
    )
    levels = [block.level for block in find(text).blocks if block.level is not None]
    assert levels == sorted(levels)
    assert len(set(levels)) == 8


def test_title_of_a_heading_ends_before_its_colon_and_its_mark_up() -> None:
    text = f"**I. KẾT QUẢ**\n\n1. Thể chế:\n\n{LONG}.\n\n## Phần khác\n\n{LONG}."
    titles = [block.title for block in find(text).blocks if block.kind == "heading"]
    assert titles == ["I. KẾT QUẢ", "1. Thể chế", "Phần khác"]


def test_numbered_paragraph_that_goes_on_in_its_line_is_an_item_with_a_title() -> None:
    text = f"6.3. Kết quả xây dựng ứng dụng: {LONG}. Đến nay đã xong phần một.\n\n{LONG}."
    first = find(text).blocks[0]
    assert (first.kind, first.title, first.marker) == ("item", "6.3. Kết quả xây dựng ứng dụng", "6.3.")


def test_numbered_sentences_of_a_list_are_items() -> None:
    text = f"IV. NHIỆM VỤ\n\n1. {LONG}.\n\n2. Họp giao ban.\n\n3. {LONG}.\n\nV. KIẾN NGHỊ: Không."
    assert [(block.kind, block.marker) for block in find(text).blocks] == [
        ("heading", "IV."),
        ("item", "1."),
        ("item", "2."),
        ("item", "3."),
        ("item", "V."),
    ]


@pytest.mark.parametrize("bullet", ["-", "+", "*", "•", "–"])
def test_bullets_make_items(bullet: str) -> None:
    first = find(f"{bullet} {LONG}.\n\n{LONG}.").blocks[0]
    assert (first.kind, first.marker) == ("item", bullet)


# Tables


def rows(structure: Structure) -> list[Block]:
    return [block for block in structure.blocks if block.kind == "row"]


def cells(structure: Structure, marker: str) -> dict[str, str]:
    (row,) = [row for row in rows(structure) if row.marker == marker]
    return dict(row.cells)


def test_each_numbered_row_is_a_record_with_its_column_heads() -> None:
    structure = find(data(PLAN))
    assert [row.marker for row in rows(structure)] == ["1.", "1.1.", "1.2.", "2.", "2.1.", "2.1.1.", "2.2"]
    assert cells(structure, "2.1.1.") == {
        "STT": "2.1.1.",
        "Nhiệm vụ": "Thi tuyển",
        "Kết quả cần đạt": "Tuyển đủ 25 viên chức",
        "Đơn vị thực hiện – Chủ trì": "Phòng Tổ chức",
        "Đơn vị thực hiện – Phối hợp": "Văn phòng Sở",
    }


def test_row_cut_by_a_page_is_joined_cell_by_cell_without_the_repeated_heads() -> None:
    text = data(PLAN)
    structure = find(text)
    assert cells(structure, "1.2.")["Kết quả cần đạt"] == (
        "- Kiểm tra ít nhất 40% đơn vị. - Gửi kết luận trong năm ngày làm việc sau khi kiểm tra xong"
    )
    assert cells(structure, "1.2.")["Đơn vị thực hiện – Phối hợp"] == "Văn phòng Sở; các phòng thuộc Sở"
    (row,) = [row for row in rows(structure) if row.marker == "1.2."]
    quote = excerpt(text, row.spans).quote
    assert "[…]" in quote
    assert "STT" not in quote


def test_rows_know_their_parents() -> None:
    parents = {row.marker: row.parents for row in rows(find(data(PLAN)))}
    assert parents["1.1."] == ("1. ĐIỀU HÀNH",)
    assert parents["2.1.1."] == ("2. CÔNG VỤ", "2.1. Tuyển dụng")
    assert parents["2.2"] == ("2. CÔNG VỤ",)
    assert parents["2."] == ()


def test_left_over_mark_up_is_in_no_cell() -> None:
    text = data(PLAN)
    structure = find(text)
    assert cells(structure, "2.2")["Kết quả cần đạt"] == "Mở 03 lớp"
    (row,) = [row for row in rows(structure) if row.marker == "2.2"]
    assert "<" not in excerpt(text, row.spans).quote


def test_table_without_heads_keeps_its_first_row() -> None:
    text = f"{LONG}:\n\n1\tĐăk Tô\t12 hồ sơ\n2\tNgọc Hồi\t7 hồ sơ\n3\tSa Thầy\t9 hồ sơ\n"
    assert "1 Đăk Tô 12 hồ sơ" in [row.text for row in rows(find(text))]


def test_row_of_column_numbers_is_no_record() -> None:
    text = "STT\tĐơn vị\tSố hồ sơ\n(1)\t(2)\t(3)\n1\tĐăk Tô\t12\n2\tNgọc Hồi\t7\n"
    assert [row.text for row in rows(find(text))] == ["1 Đăk Tô 12", "2 Ngọc Hồi 7"]


def test_single_line_with_a_tab_is_no_table() -> None:
    assert [block.kind for block in find(f"{LONG}.\n\nNgười lập\tThủ trưởng\n\n{LONG}.").blocks] == ["paragraph"] * 3


@pytest.mark.parametrize("first", ["1", "3", "2.1"])
def test_table_that_goes_on_after_a_page_has_the_heads_of_its_first_part(first: str) -> None:
    following = "2.2" if first == "2.1" else str(int(first) + 1)
    text = (
        "| STT | Đơn vị | Số hồ sơ |\n|---|---|---|\n| 1 | Đăk Tô | 12 |\n\nTrang sau\n\n"
        f"| {first} | Ngọc Hồi | 7 |\n|---|---|---|\n| {following} | Sa Thầy | 9 |\n"
    )
    assert cells(find(text), following) == {"STT": following, "Đơn vị": "Sa Thầy", "Số hồ sơ": "9"}
    assert [row.text for row in rows(find(text))] == ["1 Đăk Tô 12", f"{first} Ngọc Hồi 7", f"{following} Sa Thầy 9"]


GROUPED = {
    "bars": "| {} | {} | {} |",
    "tabs": "{}\t{}\t{}",
}


@pytest.mark.parametrize("title", ["I. LĨNH VỰC DƯỢC", "I. Lĩnh vực dược"])
@pytest.mark.parametrize("form", GROUPED.values(), ids=GROUPED)
def test_row_that_is_only_a_title_stands_above_the_rows_below_it(form: str, title: str) -> None:
    lines = [("STT", "Thủ tục", "Ngày"), (title, "", ""), ("1", "Cấp phép", "7"), ("2", "Thu hồi", "5")]
    lines += [("II. KHÁC", "", ""), ("1", "Công bố", "3"), ("Tổng cộng", "", "15")]
    found = rows(find(f"{LONG}:\n\n" + "\n".join(form.format(*line) for line in lines) + "\n"))
    assert [row.parents for row in found if row.marker] == [(title,), (title,), ("II. KHÁC",)]
    assert found[-1].parents == ()


def test_title_printed_once_for_each_column_is_said_once() -> None:
    text = (
        "| TT | Thủ tục | Ngày |\n|---|---|---|\n| A. DƯỢC | A. DƯỢC | A. DƯỢC |\n| I | Bán lẻ | |\n"
        "| 1 | Cấp phép | 7 |\n"
    )
    (row,) = [row for row in rows(find(text)) if row.marker == "1"]
    assert row.parents == ("A. DƯỢC", "I Bán lẻ")


def test_title_without_tabs_between_two_rows_does_not_end_the_table() -> None:
    table = "STT\tThủ tục\tNgày\n1\tCấp phép\t7\nII. LĨNH VỰC KHÁC\n1\tCông bố\t3"
    found = find(f"{LONG}:\n\n{table}\n\nIII. KIẾN NGHỊ\n\n{LONG}.\n")
    assert [row.parents for row in rows(found)] == [(), (), ("II. LĨNH VỰC KHÁC",)]
    assert dict(rows(found)[-1].cells) == {"STT": "1", "Thủ tục": "Công bố", "Ngày": "3"}
    assert [block.title for block in found.blocks if block.kind == "heading"] == ["III. KIẾN NGHỊ"]


def test_blank_cell_below_a_merged_one_belongs_to_it() -> None:
    text = (
        "| TT | Lĩnh vực | Nội dung | Số |\n|---|---|---|---|\n| 1 | Thể chế | Rà soát | 5 |\n| | | Ban hành | 7 |\n"
        "| 2 | Bộ máy | Sắp xếp | 2 |\n| | | Tinh giản | 9 |\n| | Tổng | cả năm | 23 |\n"
    )
    parents = {row.text: row.parents for row in rows(find(text))}
    assert parents["Ban hành 7"] == ("1 Thể chế",)
    assert parents["Tinh giản 9"] == ("2 Bộ máy",)
    assert parents["1 Thể chế Rà soát 5"] == ()
    assert parents["Tổng cả năm 23"] == ()


def test_blank_number_alone_says_nothing_of_what_stands_above() -> None:
    text = "| TT | Nội dung | Số |\n|---|---|---|\n| 1 | Rà soát | 5 |\n| | Ban hành | 7 |\n"
    assert [row.parents for row in rows(find(text))] == [(), ()]


def test_heads_of_two_rows_that_say_the_same_are_said_once() -> None:
    text = f"{LONG}:\n\nSTT\tĐơn vị\tHồ sơ\t\nSTT\tĐơn vị\tNhận\tTrả\n1\tĐăk Tô\t12\t11\n2\tSa Thầy\t9\t9\n"
    assert [head for head, _ in rows(find(text))[-1].cells] == ["STT", "Đơn vị", "Hồ sơ – Nhận", "Hồ sơ – Trả"]


# News


TEASER = "Sở Y tế vừa khai trương bộ phận một cửa điện tử tại trụ sở mới"


@pytest.mark.parametrize("dots", ["...", "…", " ..."])
def test_teaser_is_left_out_where_the_whole_paragraph_stands_in_the_article(dots: str) -> None:
    text = f"7. Yên Bái: Khai trương\n\n{TEASER}{dots}\n\n{TEASER}, nhận 335 hồ sơ trong tuần đầu. {LONG}.\n"
    assert [block.text[-20:] for block in find(text).blocks if block.kind == "paragraph"] == [f"{LONG}."[-20:]]


def test_teaser_of_another_article_and_a_sentence_that_trails_off_are_kept() -> None:
    articles = f"7. Yên Bái: Khai trương\n\n{TEASER}...\n\n8. Trà Vinh: Rút ngắn\n\n{TEASER}, nhận 335 hồ sơ. {LONG}."
    kept = [block.text for block in find(f"{articles}\n\n{LONG}...\n").blocks if block.kind == "paragraph"]
    assert f"{TEASER}..." in kept
    assert f"{LONG}..." in kept
