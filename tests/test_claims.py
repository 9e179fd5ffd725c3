"""`assistant/claims.py`: what a sentence claims is held against the passage that it cites."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.claims import bare_figure, fault
from assistant.question import understand
from assistant.schema import Citation, CitedNote, Question

PASSAGE = Citation(
    1,
    "bc_lai_chau",
    "bc_lai_chau.txt",
    "2175/BC-SYT",
    "Báo cáo",
    "Kết quả công tác năm 2023",
    "Sở Y tế tỉnh Lai Châu",
    "Lai Châu",
    "2023-12-14",
    "2023",
    ("II. KẾT QUẢ",),
    None,
    100,
    400,
    ((100, 400),),
    "Lĩnh vực Dược: tiếp nhận 318 hồ sơ, giải quyết đúng hạn 305 hồ sơ, trễ hạn 07 hồ sơ¹; tỷ lệ trực tuyến đạt trên "
    "62%. Ông Lò Văn Sơn được bổ nhiệm theo Quyết định số 12/QĐ-SYT ngày 03/4/2023; Quyết định số 45/QĐ-UBND "
    "ngày 20/6/2023 phê duyệt đề án vị trí việc làm. Kho hồ sơ giấy chưa được số hóa.",
    (),
    (CitedNote("1", "Gồm 04 hồ sơ cấp mới và 03 hồ sơ cấp lại.", 900, 940),),
    "Báo cáo số 2175/BC-SYT ngày 14/12/2023 của Sở Y tế tỉnh Lai Châu, mục II",
)
PLAN = replace(
    PASSAGE,
    document_type="Kế hoạch",
    quote="Phấn đấu năm 2024 tỷ lệ hồ sơ trực tuyến đạt 80%.",
    footnotes=(),
    issued_on="2024-01-05",
    period="2024",
)


def why(
    sentence: str, question: str = "Lĩnh vực Dược ở Lai Châu năm 2023 thế nào?", cited: Citation = PASSAGE
) -> str | None:
    return fault(sentence, [cited], understand(Question(question), ("Lai Châu",)))


@pytest.mark.parametrize(
    "sentence",
    [
        "Lĩnh vực Dược ở Lai Châu tiếp nhận 318 hồ sơ, trễ hạn 7 hồ sơ.",
        "Năm 2023, lĩnh vực Dược trễ hạn 07 hồ sơ, gồm 04 hồ sơ cấp mới và 03 hồ sơ cấp lại.",
        "Tỷ lệ trực tuyến đạt trên 62%.",
        "Ông Lò Văn Sơn được bổ nhiệm theo Quyết định số 12/QĐ-SYT ngày 3/4/2023.",
        "Kho hồ sơ giấy chưa được số hóa.",
        "Cụ thể như sau:",
    ],
)
def test_what_the_passage_says_has_no_fault(sentence: str) -> None:
    assert why(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Lĩnh vực Dược trễ hạn 8 hồ sơ.", "không có trong đoạn"),
        ("Lĩnh vực Dược trễ hạn 305 hồ sơ.", "nội dung khác"),
        ("Lĩnh vực Dược tiếp nhận 7 hồ sơ.", "nội dung khác"),
        ("Lĩnh vực Dược trễ hạn 7 người.", "đơn vị"),
        ("Tỷ lệ trực tuyến đạt 62%.", "đủ mức"),
        ("Trà Vinh tiếp nhận 318 hồ sơ lĩnh vực Dược.", "không nói về Trà Vinh"),
        ("Năm 2021 lĩnh vực Dược tiếp nhận 318 hồ sơ.", "2021"),
        ("Ông Lò Văn Sơn được bổ nhiệm theo Quyết định số 45/QĐ-UBND.", "nội dung khác"),
        ("Ông Lò Văn Sơn được bổ nhiệm theo Quyết định số 12/QĐ-SYT ngày 20/6/2023.", "nội dung khác"),
        ("Ông Lò Văn Sơn được bổ nhiệm theo Kế hoạch số 12/QĐ-SYT.", "loại hoặc ngày khác"),
        ("Ông Lò Văn Sơn được bổ nhiệm ngày 07/4/2023.", "không ghi ngày"),
        ("Bà Nguyễn Thị Hoa được bổ nhiệm theo Quyết định số 12/QĐ-SYT.", "tên «Nguyễn Thị Hoa»"),
        ("Sở đã bán toàn bộ thiết bị cũ.", "không nói điều này"),
        ("Lĩnh vực Dược tiếp nhận hồ sơ tại http://x.vn/dang-ky.", "địa chỉ"),
        ("Lĩnh vực Dược tiếp nhận hồ sơ qua Facebook.", "từ «facebook»"),
        ("Lĩnh vực Dược xếp mức độ 12.", "độ 12"),
    ],
)
def test_what_the_passage_does_not_say_is_a_fault(sentence: str, reason: str) -> None:
    found = why(sentence)
    assert found is not None and reason in found


def test_target_is_no_result() -> None:
    question = "Tỷ lệ hồ sơ trực tuyến của Lai Châu là bao nhiêu?"
    said = why("Tỷ lệ hồ sơ trực tuyến của Lai Châu đạt 80%.", question, PLAN)
    assert said is not None and "mục tiêu" in said
    assert why("Lai Châu phấn đấu tỷ lệ hồ sơ trực tuyến đạt 80%.", question, PLAN) is None


def test_figure_of_the_question_counts_only_where_it_is_denied() -> None:
    question = "Có phải lĩnh vực Dược trễ hạn 88 hồ sơ không?"
    assert why("Không phải 88 hồ sơ, lĩnh vực Dược trễ hạn 07 hồ sơ.", question) is None
    assert why("Lĩnh vực Dược trễ hạn 88 hồ sơ.", question) is not None


def test_row_is_held_against_its_cells() -> None:
    heads = (("Lĩnh vực", "Dược"), ("Tiếp nhận", "318"), ("Trễ hạn", "07"))
    row = replace(PASSAGE, quote="Dược […] 318 […] 07", heads=heads, footnotes=())
    assert why("Lĩnh vực Dược có số hồ sơ tiếp nhận là 318.", cited=row) is None
    assert why("Lĩnh vực Dược có số hồ sơ trễ hạn là 318.", cited=row) is not None


def test_figure_without_words_is_known_as_such() -> None:
    assert bare_figure("120 hồ sơ.") and bare_figure("Quyết định số 12/QĐ-SYT.")
    assert not bare_figure("Lĩnh vực Dược trễ hạn 07 hồ sơ.") and not bare_figure("Không nêu.")
