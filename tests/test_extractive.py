"""Answers without a language model, end to end: the shipped model and a real Chroma over `data/library`, reports with
made-up figures whose sections stand in another order than those of the samples."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes import real_parts

from assistant.schema import Answer, Notice, Question, Turn
from vectorstore.quantities import figures
from vectorstore.vietnamese import fold

if TYPE_CHECKING:
    from ui.assemble import Parts

LIBRARY = Path(__file__).parent / "data" / "library"


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    with real_parts(tmp_path_factory.mktemp("extractive"), LIBRARY) as made:
        yield made


class Asking:
    """Puts questions to one assistant."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def __call__(self, text: str, *before: str) -> Answer:
        return self.parts.assistant.ask(Question(text, tuple(Turn("user", turn) for turn in before)))


@pytest.fixture(scope="session")
def ask(parts: Parts) -> Asking:
    return Asking(parts)


def sources(answer: Answer) -> set[str]:
    """How the cited documents' names begin: their place."""
    return {citation.document_id.rsplit("_", 2)[0] for citation in answer.citations}


def kinds(answer: Answer) -> list[str]:
    return [notice.kind for notice in answer.notices]


def conflict(answer: Answer) -> Notice:
    """The one contradiction that an answer tells."""
    (notice,) = [n for n in answer.notices if n.kind in ("source_conflict", "source_error")]
    assert notice.citations
    return notice


# --- a single figure ---


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("Năm 2023 toàn ngành y tế Lai Châu có bao nhiêu người làm việc?", "2346", "người"),
        ("Lai Châu có mấy lớp tập huấn một cửa năm 2023?", "6", "lớp"),
        ("Lĩnh vực Dược ở Lai Châu có bao nhiêu hồ sơ trễ hạn?", "7", "hồ sơ"),
        ("Kinh phí tiết kiệm được của Lai Châu là bao nhiêu?", "1725", "triệu đồng"),
        ("Trà Vinh có bao nhiêu viên chức tinh giản biên chế trong quý III năm 2023?", "4", "viên chức"),
        ("Phòng khám buổi tối ở Sóc Trăng mỗi tối nhận bao nhiêu lượt người?", "45", "lượt"),
        ("Tuyên Quang trả bao nhiêu kết quả tại nhà?", "276", "kết quả"),
    ],
)
def test_lookup_gives_the_figure_of_the_place_with_unit_and_source(
    ask: Asking, text: str, value: str, unit: str | None
) -> None:
    answer = ask(text)
    assert answer.status == "answered"
    assert (answer.figures[0].value, answer.figures[0].unit) == (Decimal(value), unit)
    assert answer.figures[0].computed is False and answer.figures[0].nature == "result"
    assert value in figures(answer.answer)
    assert len({citation.document_id for citation in answer.citations}) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Tỷ lệ hồ sơ nộp trực tuyến của Lai Châu năm 2023 là bao nhiêu?", "62.4"),
        ("Trong quý III/2023 Trà Vinh có bao nhiêu phần trăm hồ sơ nộp trực tuyến?", "48.15"),
    ],
)
def test_stated_percentage_is_given_as_printed(ask: Asking, text: str, value: str) -> None:
    answer = ask(text)
    assert (answer.figures[0].value, answer.figures[0].unit) == (Decimal(value), "%")
    assert answer.figures[0].text in answer.answer and answer.computation is None


def test_fraction_is_no_single_number(ask: Asking) -> None:
    answer = ask("Bao nhiêu cơ sở khám bệnh ở Lai Châu thu viện phí không dùng tiền mặt?")
    assert (answer.figures[0].text, answer.figures[0].value) == ("9/12", None)
    assert "9/12" in answer.answer


@pytest.mark.parametrize(
    "text",
    [
        "ty le ho so nop truc tuyen cua lai chau nam 2023 la bao nhieu",
        "Tỉ lệ hs nộp trực tuyến của lai châu năm 2023 là bn?",
        "Tỷ lệ hồ sơ nộp trực tuyến cuả Lai Châu năm 2023 là bao nhêu?",
        "What percentage of dossiers in Lai Chau were submitted online in 2023?",
    ],
    ids=["no diacritics", "shorthand", "misspelt", "English"],
)
def test_same_figure_is_found_however_the_question_is_typed(ask: Asking, text: str) -> None:
    plainly = ask("Tỷ lệ hồ sơ nộp trực tuyến của Lai Châu năm 2023 là bao nhiêu?")
    answer = ask(text)
    assert [figure.value for figure in answer.figures] == [figure.value for figure in plainly.figures]
    assert [c.spans for c in answer.citations] == [c.spans for c in plainly.citations]


def test_english_question_is_answered_in_english(ask: Asking) -> None:
    said = ask("How many overdue dossiers did Lai Chau have in 2023?").answer
    assert "Lĩnh vực" not in said.partition(":")[0] and "năm" not in said and "gồm" not in said


def test_figure_after_a_change_is_the_later_one(ask: Asking) -> None:
    answer = ask("Bệnh viện Sóc Trăng giảm thời gian chờ còn bao nhiêu phút?")
    assert answer.figures[0].value == 31


def test_footnote_is_told_with_the_sentence_that_calls_it(ask: Asking) -> None:
    answer = ask("Bao nhiêu người lao động hợp đồng trong ngành y tế Lai Châu?")
    assert answer.figures[0].value == 166
    (citation,) = answer.citations
    assert "2.346 người làm việc" in citation.quote and "166" not in citation.quote
    assert [note.text for note in citation.footnotes] == ["Gồm 2.180 viên chức và 166 người lao động hợp đồng"]


def test_sentence_cut_by_a_footnote_block_is_quoted_whole_with_the_gap_marked(ask: Asking) -> None:
    answer = ask("14 điểm cầu tập huấn trực tuyến của Lai Châu đặt ở những đâu?")
    for where in ("Bệnh viện Phổi", "Trung tâm Kiểm nghiệm", "8 trung tâm y tế huyện", "3 bệnh viện tuyến tỉnh"):
        assert where in answer.answer
    (citation,) = answer.citations
    assert citation.quote.endswith("14 điểm cầu² […] và được ghi hình để học lại.") and len(citation.spans) == 2
    assert [note.marker for note in citation.footnotes] == ["2"]


# --- documents, dates, people ---


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Danh mục thủ tục hành chính của Lai Châu được công bố tại quyết định nào?", "1466/QĐ-UBND"),
        ("danh muc tthc cua lai chau cong bo tai quyet dinh nao", "1466/QĐ-UBND"),
        ("Báo cáo cải cách hành chính năm 2023 của Sở Y tế Lai Châu số bao nhiêu?", "2175/BC-SYT"),
        ("Đề án vị trí việc làm của Trà Vinh được duyệt tại quyết định nào?", "712/QĐ-UBND"),
    ],
)
def test_document_number_is_given_as_printed(ask: Asking, text: str, number: str) -> None:
    answer = ask(text)
    assert answer.status == "answered" and number in answer.answer
    assert any(number in citation.quote for citation in answer.citations)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Báo cáo số 2175/BC-SYT ban hành ngày nào?", {"14", "12", "2023"}),
        ("Quyết định công bố danh mục thủ tục hành chính của Lai Châu ban hành ngày nào?", {"18", "8", "2023"}),
        ("Sóc Trăng mở phòng khám buổi tối từ ngày nào?", {"3", "4", "2023"}),
        ("Nhiệm vụ kiểm tra kỷ luật, kỷ cương của Yên Bái hoàn thành khi nào?", {"10"}),
    ],
)
def test_date_is_given(ask: Asking, text: str, day: set[str]) -> None:
    answer = ask(text)
    assert answer.status == "answered" and day <= figures(answer.answer)


def test_signer_is_named_with_the_office_and_for_whom(ask: Asking) -> None:
    answer = ask("Ai ký báo cáo cải cách hành chính năm 2023 của Sở Y tế Lai Châu?")
    assert "Lò Thị Mây" in answer.answer and "pho giam doc" in fold(answer.answer) and "ký thay" in answer.answer
    assert "Lò Thị Mây" in answer.citations[0].quote


def test_signers_of_several_documents_are_named_each_with_its_own(ask: Asking) -> None:
    answer = ask("Báo cáo của Sở Y tế ai ký?")
    assert "Lò Thị Mây" in answer.answer and "Thạch Văn Sang" in answer.answer
    assert sources(answer) == {"lai_chau", "tra_vinh_quy"}


def test_recipients_are_listed(ask: Asking) -> None:
    answer = ask("Báo cáo của Lai Châu gửi cho những cơ quan nào?")
    assert "UBND tỉnh Lai Châu" in answer.answer and "Sở Nội vụ" in answer.answer


@pytest.mark.parametrize(
    ("text", "said", "unsaid"),
    [
        ("Ở Yên Bái đơn vị nào chủ trì kiểm tra kỷ luật, kỷ cương?", "Thanh tra Sở", "Phòng Tổ chức cán bộ"),
        ("Ở Yên Bái ai lo chính việc thi nâng ngạch?", "Phòng Tổ chức cán bộ", "Thanh tra Sở"),
        ("o yen bai don vi nao phoi hop thi nang ngach", "Thanh tra Sở", "Phòng Tổ chức cán bộ"),
        ("Ở Yên Bái đơn vị nào phối hợp số hóa kết quả còn hiệu lực?", "Trung tâm Công nghệ thông tin", "Văn phòng Sở"),
    ],
)
def test_who_leads_and_who_coordinates_come_from_their_own_columns(
    ask: Asking, text: str, said: str, unsaid: str
) -> None:
    answer = ask(text)
    assert answer.status == "answered" and said in answer.answer and unsaid not in answer.answer
    heads = dict(answer.citations[0].heads)
    assert said in heads.values() and {"Đơn vị thực hiện – Chủ trì", "Đơn vị thực hiện – Phối hợp"} <= heads.keys()


@pytest.mark.xfail(
    strict=True, reason="a row is weighed as a whole: nothing asks that the body named stands in the column asked about"
)
def test_task_that_a_body_coordinates_is_found_by_its_column(ask: Asking) -> None:
    assert "nâng ngạch" in ask("Thanh tra Sở Yên Bái phối hợp nhiệm vụ nào?").answer


def test_row_keeps_its_own_figures(ask: Asking) -> None:
    answer = ask("Yên Bái đặt chỉ tiêu số hóa bao nhiêu loại kết quả còn hiệu lực?")
    assert (answer.figures[0].value, answer.figures[0].nature) == (Decimal(12), "target")
    assert (
        "12 loại" in answer.answer.replace("*", "")
        and dict(answer.citations[0].heads)["Chỉ tiêu"] == "Số hóa 12 loại kết quả"
    )


def test_cause_is_the_sentence_that_says_it(ask: Asking) -> None:
    answer = ask("Vì sao Lai Châu có hồ sơ trễ hạn?")
    assert "phần mềm một cửa bị lỗi" in answer.answer and "thiếu người thẩm định" in answer.answer


# --- lists ---


def test_list_is_complete_from_the_footnote(ask: Asking) -> None:
    answer = ask("Liệt kê các kế hoạch Lai Châu ban hành để triển khai cải cách hành chính năm 2023.")
    for number in ("41/KH-SYT", "58/KH-SYT", "77/KH-SYT", "203/KH-SYT"):
        assert number in answer.answer
    assert answer.citations[0].footnotes


def test_which_documents_in_the_plural_asks_for_all(ask: Asking) -> None:
    answer = ask("Lai Châu ban hành những kế hoạch nào để triển khai cải cách hành chính năm 2023?")
    assert all(number in answer.answer for number in ("41/KH-SYT", "58/KH-SYT", "77/KH-SYT", "203/KH-SYT"))


# --- sums and shares ---


@pytest.mark.parametrize(
    ("text", "computation"),
    [
        ("Năm 2023 Sở Y tế Lai Châu có bao nhiêu hồ sơ trễ hạn?", "7 + 3 + 0 + 2 = 12"),
        ("Cộng cả bốn lĩnh vực, Lai Châu tiếp nhận tất cả bao nhiêu hồ sơ năm 2023?", "318 + 264 + 141 + 90 = 813"),
        ("Tổng số hồ sơ nộp trực tiếp của bốn lĩnh vực ở Lai Châu là bao nhiêu?", "117 + 114 + 45 + 30 = 306"),
        ("cong het cac linh vuc lai chau tra lai bao nhieu ho so", "6 + 2 + 0 + 4 = 12"),
    ],
)
def test_sum_over_the_fields_shows_its_computation_and_cites_each_operand(
    ask: Asking, text: str, computation: str
) -> None:
    answer = ask(text)
    assert (answer.status, answer.computation) == ("answered", computation)
    total, *operands = answer.figures
    assert (total.computed, str(total.value)) == (True, computation.rpartition("= ")[2])
    assert [str(o.value) for o in operands] == computation.partition(" =")[0].split(" + ")
    assert [o.breakdown for o in operands] == [
        "Lĩnh vực Dược",
        "Lĩnh vực Hành nghề y",
        "Lĩnh vực An toàn thực phẩm",
        "Lĩnh vực Giám định y khoa",
    ]
    quotes = {citation.marker: citation.quote for citation in answer.citations}
    assert all(o.text in quotes[o.citations[0]] and not o.computed for o in operands)
    assert set(total.citations) == {marker for o in operands for marker in o.citations}


def test_field_that_is_named_is_not_summed(ask: Asking) -> None:
    answer = ask("Lĩnh vực Giám định y khoa của Lai Châu tiếp nhận bao nhiêu hồ sơ?")
    assert answer.computation is None and answer.figures[0].value == 90


@pytest.mark.parametrize(
    "text",
    ["Cộng cả ba bệnh viện, Trà Vinh có bao nhiêu giường bệnh?", "Trà Vinh có tổng cộng bao nhiêu giường bệnh?"],
)
def test_sum_with_a_missing_operand_is_refused_or_said_to_be_partial(ask: Asking, text: str) -> None:
    answer = ask(text)
    assert answer.status == "not_found" or "scope" in kinds(answer)


def test_sum_with_a_missing_operand_adds_nothing_up(ask: Asking) -> None:
    answer = ask("Cộng cả ba bệnh viện, Trà Vinh có bao nhiêu giường bệnh?")
    assert answer.computation is None and "735" not in figures(answer.answer)


def test_share_that_is_not_stated_is_computed_from_part_and_whole(ask: Asking) -> None:
    answer = ask("Hồ sơ trễ hạn chiếm bao nhiêu phần trăm hồ sơ tiếp nhận của lĩnh vực Dược ở Lai Châu năm 2023?")
    assert answer.computation == "7 / 318 × 100 = 2,2"
    assert (answer.figures[0].value, answer.figures[0].unit, answer.figures[0].computed) == (Decimal("2.2"), "%", True)
    assert "318" in answer.citations[0].quote and "07" in answer.citations[0].quote


def test_share_over_all_fields_is_of_the_totals(ask: Asking) -> None:
    answer = ask("Hồ sơ trễ hạn của Lai Châu chiếm bao nhiêu phần trăm tổng số hồ sơ tiếp nhận?")
    assert answer.computation == "7 + 3 + 0 + 2 = 12; 318 + 264 + 141 + 90 = 813; 12 / 813 × 100 = 1,5"
    assert (answer.figures[0].value, answer.figures[0].unit, len(answer.citations)) == (Decimal("1.5"), "%", 4)


@pytest.mark.parametrize(
    ("text", "computation"),
    [
        ("Ở Lai Châu, lĩnh vực Dược nộp trực tuyến nhiều hơn nộp trực tiếp bao nhiêu hồ sơ?", "201 - 117 = 84"),
        ("Thời gian chờ ở Bệnh viện Đa khoa tỉnh Sóc Trăng giảm bao nhiêu phút?", "52 - 31 = 21"),
        (
            "Thời gian chờ ở Bệnh viện Đa khoa tỉnh Sóc Trăng giảm bao nhiêu phần trăm?",
            "52 - 31 = 21; 21 / 52 × 100 = 40,4",
        ),
    ],
)
def test_difference_is_reckoned_where_it_is_asked(ask: Asking, text: str, computation: str) -> None:
    answer = ask(text)
    result = figures(computation.rpartition("=")[2])
    assert answer.computation == computation and answer.figures[0].computed
    assert result <= figures(answer.answer.split(" (")[0])


def test_which_is_most_is_answered_with_all_that_were_compared(ask: Asking) -> None:
    answer = ask("Lĩnh vực nào ở Lai Châu tiếp nhận nhiều hồ sơ nhất?")
    assert "**Lĩnh vực Dược**" in answer.answer.splitlines()[0]
    assert [f.value for f in answer.figures] == [Decimal(n) for n in (318, 264, 141, 90)]


# --- comparisons, ambiguous questions ---


def test_comparison_gives_both_figures_and_says_that_their_periods_differ(ask: Asking) -> None:
    answer = ask("So sánh tỷ lệ hồ sơ nộp trực tuyến của Lai Châu và Trà Vinh.")
    assert [(f.place, f.value, f.period) for f in answer.figures] == [
        ("Lai Châu", Decimal("62.4"), "2023"),
        ("Trà Vinh", Decimal("48.15"), "2023-Q3"),
    ]
    lines = {line.split("**")[1]: line for line in answer.answer.splitlines() if line.startswith("- **")}
    assert "năm 2023" in lines["Lai Châu"] and "quý III/2023" in lines["Trà Vinh"]
    assert any(n.kind == "scope" and "kỳ" in n.message.lower() for n in answer.notices)
    assert sources(answer) == {"lai_chau", "tra_vinh_quy"}


def test_comparison_says_which_is_more_with_its_computation(ask: Asking) -> None:
    answer = ask("Lai Châu và Trà Vinh bên nào tinh giản biên chế nhiều hơn?")
    assert (answer.computation, [f.value for f in answer.figures]) == ("11 - 4 = 7", [Decimal(11), Decimal(4)])
    assert "**Lai Châu** cao hơn **Trà Vinh**" in answer.answer


def test_comparison_with_a_place_that_has_no_such_figure_says_so(ask: Asking) -> None:
    answer = ask("So sánh số viên chức tinh giản biên chế của Lai Châu và Sóc Trăng.")
    assert [f.place for f in answer.figures] == ["Lai Châu"]
    assert any(n.kind == "scope" and "Sóc Trăng" in n.message for n in answer.notices)


@pytest.mark.parametrize(
    ("text", "figures_by_place"),
    [
        ("Tỷ lệ hồ sơ nộp trực tuyến đạt bao nhiêu phần trăm?", {"Lai Châu": "62.4", "Trà Vinh": "48.15"}),
        ("Có bao nhiêu viên chức tinh giản biên chế?", {"Lai Châu": "11", "Trà Vinh": "4"}),
        ("Sở Y tế có bao nhiêu đơn vị trực thuộc?", {"Lai Châu": "19", "Trà Vinh": "15"}),
    ],
)
def test_question_without_a_place_gets_each_places_own_figure_and_no_sum(
    ask: Asking, text: str, figures_by_place: dict[str, str]
) -> None:
    answer = ask(text)
    assert {f.place: f.value for f in answer.figures} == {p: Decimal(v) for p, v in figures_by_place.items()}
    assert answer.computation is None and "scope" in kinds(answer)
    assert all(f"**{place}**" in answer.answer for place in figures_by_place)


def test_answers_of_several_places_begin_with_the_newest(ask: Asking) -> None:
    dates = [c.issued_on or "" for c in ask("Sở Y tế có bao nhiêu đơn vị trực thuộc?").citations]
    assert len(dates) == 2 and dates == sorted(dates, reverse=True)


def test_question_without_a_place_gets_the_total_of_a_place_whose_fields_are_listed(ask: Asking) -> None:
    answer = ask("Có bao nhiêu hồ sơ trễ hạn?")
    assert {f.place: f.value for f in answer.figures if f.breakdown is None} == {"Lai Châu": 12, "Trà Vinh": 5}


# --- yes or no ---


@pytest.mark.parametrize(
    ("text", "word", "quoted"),
    [
        ("Lai Châu có đề nghị UBND tỉnh bố trí thêm máy quét không?", "Có", "bố trí thêm máy quét"),
        ("lai chau co kien nghi gi voi ubnd tinh khong", "Có", "bố trí thêm máy quét"),
        ("Lai Châu đã số hóa kho hồ sơ giấy cũ chưa?", "Không", "chưa thực hiện số hóa"),
        ("Lĩnh vực An toàn thực phẩm của Lai Châu có hồ sơ trễ hạn không?", "Không", "trễ hạn 00 hồ sơ"),
        ("Lĩnh vực Dược của Lai Châu có hồ sơ trễ hạn không?", "Có", "trễ hạn 07 hồ sơ"),
        ("Mọi cơ sở khám bệnh của Lai Châu đã thu viện phí không dùng tiền mặt chưa?", "Không", "9/12 cơ sở"),
    ],
)
def test_yes_or_no_begins_with_it_and_cites_what_decides(ask: Asking, text: str, word: str, quoted: str) -> None:
    answer = ask(text)
    assert answer.status == "answered" and answer.answer.startswith(f"{word}.")
    assert quoted in answer.citations[0].quote


# --- follow-ups ---


def test_follow_up_about_another_place_is_answered_and_the_assumption_said(ask: Asking) -> None:
    answer = ask("Còn Trà Vinh thì sao?", "Tỷ lệ hồ sơ nộp trực tuyến của Lai Châu là bao nhiêu?")
    assert (answer.status, answer.figures[0].value) == ("answered", Decimal("48.15"))
    assert any(n.kind == "scope" and "nộp trực tuyến" in n.message for n in answer.notices)
    assert sources(answer) == {"tra_vinh_quy"}


def test_follow_up_about_a_part_is_answered(ask: Asking) -> None:
    answer = ask("Thế lĩnh vực Hành nghề y?", "Năm 2023 Sở Y tế Lai Châu có bao nhiêu hồ sơ trễ hạn?")
    assert answer.figures[0].value == 3 and answer.computation is None


def test_follow_up_about_the_other_column_is_answered(ask: Asking) -> None:
    answer = ask("Vậy đơn vị nào phối hợp?", "Ở Yên Bái đơn vị nào chủ trì số hóa kết quả còn hiệu lực?")
    assert "phối hợp: Trung tâm Công nghệ thông tin" in answer.answer


def test_follow_up_that_is_refused_says_what_it_assumed(ask: Asking) -> None:
    answer = ask("Còn Trà Vinh thì sao?", "Cả năm 2023 Sở Y tế Lai Châu tiếp nhận bao nhiêu hồ sơ?")
    assert answer.status == "not_found" and "scope" in kinds(answer)


# --- targets ---


def test_target_is_given_as_a_target_with_its_bound(ask: Asking) -> None:
    answer = ask("Kế hoạch của Yên Bái đặt mức độ hài lòng của người bệnh bao nhiêu phần trăm?")
    figure = answer.figures[0]
    assert (figure.value, figure.bound, figure.nature) == (Decimal(92), "at_least", "target")
    assert "trở lên" in answer.answer


def test_numbered_item_is_told_with_whose_it_is(ask: Asking) -> None:
    answer = ask("Kế hoạch của Yên Bái đặt mức độ hài lòng của người bệnh bao nhiêu phần trăm?")
    assert "Yên Bái" in answer.answer and "kế hoạch" in answer.answer and kinds(answer) == []


# --- refusals ---


@pytest.mark.parametrize(
    "text",
    [
        "Năm 2021 Sở Y tế Lai Châu có bao nhiêu hồ sơ trễ hạn?",
        "nam 2021 so y te lai chau co bao nhieu ho so tre han",
        "Cả năm 2023 Sở Y tế Trà Vinh tiếp nhận bao nhiêu hồ sơ?",
        "Năm 2024 Yên Bái đã đạt mức độ hài lòng của người bệnh bao nhiêu phần trăm?",
        "Trà Vinh đã đạt bao nhiêu phần trăm kết quả được trả bằng bản điện tử?",
        "Sở Y tế Cà Mau có bao nhiêu hồ sơ trễ hạn năm 2023?",
        "Kế hoạch cải cách hành chính năm 2024 của Sở Y tế Yên Bái số bao nhiêu?",
        "Kế hoạch cải cách hành chính năm 2024 của Sở Y tế Yên Bái ban hành ngày nào?",
        "Sở Y tế Lai Châu mua bao nhiêu xe cứu thương năm 2023?",
        "Ai là giám đốc trung tâm pháp y Trà Vinh?",
        "Ai là Giám đốc Sở Y tế Lai Châu?",
        "Huyện Than Uyên có bao nhiêu hồ sơ trễ hạn?",
        "Số điện thoại đường dây nóng của Sở Y tế Trà Vinh là số nào?",
        "Trưởng phòng tổ chức cán bộ Sở Y tế Lai Châu tên là gì?",
    ],
    ids=[
        "another year",
        "another year, no diacritics",
        "a full year from a quarter",
        "a result from a plan",
        "a result from next quarter's task",
        "a place not held",
        "a blank number",
        "a blank day",
        "a thing not told",
        "a person not named",
        "an office for which a deputy signs",
        "a district not told of",
        "a telephone number that is not printed",
        "a name that is not printed",
    ],
)
def test_what_the_documents_do_not_say_is_refused_without_figures(ask: Asking, text: str) -> None:
    answer = ask(text)
    assert (answer.status, answer.figures, answer.computation) == ("not_found", (), None)
    first = fold(answer.answer.split(". ")[0])
    assert any(word in first for word in ("khong", "chi neu", "de trong"))


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("Cả năm 2023 Sở Y tế Trà Vinh tiếp nhận bao nhiêu hồ sơ?", "quý III/2023"),
        ("Trà Vinh đã đạt bao nhiêu phần trăm kết quả được trả bằng bản điện tử?", "mục tiêu"),
    ],
)
def test_refusal_may_name_the_nearest_thing_with_its_scope_and_marker(ask: Asking, text: str, scope: str) -> None:
    answer = ask(text)
    _, _, nearest = answer.answer.partition(". ")
    assert scope in nearest and "[1]" in nearest and sources(answer) == {"tra_vinh_quy"}


def test_blank_number_is_said_to_be_blank_and_never_made_up(ask: Asking) -> None:
    answer = ask("Kế hoạch cải cách hành chính năm 2024 của Sở Y tế Yên Bái số bao nhiêu?")
    assert "để trống" in answer.answer and figures(answer.answer.replace("[1]", "")) == set()
    assert (answer.citations[0].document_number, "số để trống" in answer.citations[0].cited_as) == ("/KH-SYT", True)


@pytest.mark.parametrize(
    "text",
    [
        "Kinh phí tiết kiệm được của Trà Vinh là bao nhiêu?",
        "Mức độ hài lòng của người bệnh ở Trà Vinh đạt bao nhiêu phần trăm?",
        "Tuyên Quang mở phòng khám buổi tối từ ngày nào?",
        "Bệnh viện ở Tuyên Quang có mở phòng khám buổi tối không?",
        "Ai là giám đốc bệnh viện đa khoa tỉnh Lai Châu?",
    ],
    ids=["count", "percent", "date", "yes or no", "who"],
)
def test_what_only_another_place_did_is_refused(ask: Asking, text: str) -> None:
    assert ask(text).status == "not_found"


def test_place_not_held_is_named(ask: Asking) -> None:
    assert "Cà Mau" in ask("Sở Y tế Cà Mau có bao nhiêu hồ sơ trễ hạn năm 2023?").answer


# --- contradictions ---


@pytest.mark.parametrize(
    ("text", "kind", "both"),
    [
        ("Trong quý III năm 2023 Trà Vinh tiếp nhận, giải quyết bao nhiêu hồ sơ?", "source_conflict", {"530", "545"}),
        ("Lai Châu ban hành mấy kế hoạch cải cách hành chính năm 2023?", "source_conflict", {"3", "4"}),
        ("Lai Châu kiểm tra công vụ tại bao nhiêu đơn vị?", "source_error", {"15", "14"}),
        ("Quyết định số 712/QĐ-UBND của Trà Vinh ban hành ngày nào?", "source_conflict", {"21", "12", "7", "2023"}),
    ],
    ids=["received, done and left", "announced and listed", "total and parts", "two dates"],
)
def test_contradiction_of_the_sources_is_said_with_both_figures(
    ask: Asking, text: str, kind: str, both: set[str]
) -> None:
    answer = ask(text)
    assert answer.status == "answered"
    notice = conflict(answer)
    assert notice.kind == kind and both <= figures(notice.message)
    assert set(notice.citations) <= {citation.marker for citation in answer.citations}


@pytest.mark.parametrize(
    "text",
    [
        "Năm 2023 toàn ngành y tế Lai Châu có bao nhiêu người làm việc?",
        "Năm 2023 Sở Y tế Lai Châu có bao nhiêu hồ sơ trễ hạn?",
        "Lĩnh vực Dược ở Lai Châu có bao nhiêu hồ sơ trễ hạn?",
        "Tỷ lệ hồ sơ nộp trực tuyến của Trà Vinh là bao nhiêu?",
    ],
)
def test_no_contradiction_is_said_where_the_figures_agree(ask: Asking, text: str) -> None:
    assert not {"source_conflict", "source_error"} & set(kinds(ask(text)))


@pytest.mark.xfail(
    strict=True, reason="sum_of_list answers the first of two things asked and says nothing of the other"
)
def test_second_thing_asked_is_answered_or_said_to_be_missing(ask: Asking) -> None:
    answer = ask("Năm 2023 Lai Châu tiếp nhận bao nhiêu hồ sơ và trễ hạn bao nhiêu hồ sơ?")
    assert {813, 12} <= {figure.value for figure in answer.figures} or "scope" in kinds(answer)
