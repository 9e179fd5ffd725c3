"""Sentences that the end of a page cuts, whatever it leaves between their parts, are whole again."""

import textwrap
from collections.abc import Callable

import pytest
from workbench import document, faults

SENTENCE = (
    "Sở đã rà soát quy trình thứ {}, đối chiếu với danh mục do tỉnh công bố và sửa những chỗ lệch với thực tế của đơn "
    "vị số {}, rồi báo cáo lãnh đạo trong tuần."
)
PARAGRAPHS = [" ".join(SENTENCE.format(10 * n + i, 7 * n + i) for i in range(6)) for n in range(1, 11)]

ENDS = {
    "number": "{n}",
    "number between dashes": "- {n} -",
    "number of all": "{n}/10",
    "word and number": "Trang {n}/10",
    "number and word": "{n} | Trang",
    "form feed": "{n}\f",
    "running head": "{n}\n\nSỞ Y TẾ TỈNH VĨNH SƠN",
    "running head of two lines": "- {n} -\n\nSỞ Y TẾ TỈNH VĨNH SƠN\n\nBáo cáo cải cách hành chính năm 2023",
    "running head alone": "SỞ Y TẾ TỈNH VĨNH SƠN",
    "foot with a number": "Báo cáo cải cách hành chính - Trang {n}",
    "footnote and number": "¹ Quyết định số 7/QĐ-SYT ngày 1/2/2023\n\n{n}",
}


def whole(end: str) -> str:
    """Each paragraph in one line, cut once by the end of a page."""
    out = []
    for n, paragraph in enumerate(PARAGRAPHS, 1):
        cut = paragraph.index("danh mục", 500)
        out += [paragraph[:cut].rstrip(), end.format(n=n), paragraph[cut:]]
    return "\n\n".join(out)


def broken(end: str) -> str:
    """Paragraphs in lines, 33 of them a page."""
    lines = [line for paragraph in PARAGRAPHS for line in textwrap.wrap(paragraph, 84, break_on_hyphens=False)]
    pages = [lines[i : i + 33] for i in range(0, len(lines), 33)]
    return "\n".join(line for n, page in enumerate(pages, 1) for line in [*page, end.format(n=n)])


@pytest.mark.parametrize("printed", [whole, broken])
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_paragraph_is_whole_again_across_the_end_of_a_page(printed: Callable[[str], str], end: str) -> None:
    made = document(f"I. KẾT QUẢ\n\n{printed(end)}\n")
    assert [chunk.text for chunk in made.chunks if chunk.kind == "paragraph"] == PARAGRAPHS
    assert "[…]" in "".join(chunk.body.quote for chunk in made.chunks)
    assert faults(made) == []


def test_column_of_figures_is_no_row_of_page_numbers() -> None:
    lines = [line for paragraph in PARAGRAPHS for line in textwrap.wrap(paragraph, 84)]
    made = document("\n".join([*lines, "Dược", "12", "34", "Y tế dự phòng", "56", "78"]))
    assert all(any(number in chunk.text for chunk in made.chunks[-6:]) for number in ("12", "34", "56", "78"))


def test_number_of_a_row_is_kept_where_no_sentence_is_cut() -> None:
    made = document(f"{PARAGRAPHS[0]}\n\n1\n\nPhòng Dược\n\n2\n\nPhòng Nghiệp vụ Y\n\n3\n\nThanh tra Sở\n")
    assert [chunk.text for chunk in made.chunks][-5:] == ["Phòng Dược", "2", "Phòng Nghiệp vụ Y", "3", "Thanh tra Sở"]


def test_paragraph_that_ends_a_page_with_its_sentence_stays_apart() -> None:
    text = f"{PARAGRAPHS[0]}\n\n- 3 -\n\nUBND tỉnh giao Sở {PARAGRAPHS[1]}\n"
    assert len([chunk for chunk in document(text).chunks if chunk.kind == "paragraph"]) == 2


@pytest.mark.parametrize("last", ["do Sở trình", "và các phòng của", "gửi các sở, ban, ngành,"])
def test_name_that_begins_the_next_page_goes_on_with_a_sentence_that_lacks_it(last: str) -> None:
    text = f"{PARAGRAPHS[0]}\n\nSở đã rà soát toàn bộ quy trình {last}\n\n- 3 -\n\nỦy ban nhân dân tỉnh xem xét.\n"
    joined = f"{last} Ủy ban nhân dân tỉnh xem xét." in document(text).chunks[-1].text
    assert joined is (last != "do Sở trình")


def test_short_paragraphs_are_not_taken_for_broken_lines() -> None:
    short = [f"Phòng thứ {n} đã giải quyết {n + 3} hồ sơ của người dân đúng hạn" for n in range(30)]
    made = document("\n".join(short))
    assert [chunk.text for chunk in made.chunks if chunk.kind == "paragraph"] == short[1:]
