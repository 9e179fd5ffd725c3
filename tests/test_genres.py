"""`evals/sets/genres.jsonl`: what decisions, decrees, plans, notices, rankings and tables that we made up answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from fakes import real_parts

from assistant.schema import Answer, Question
from evals import metrics
from evals.cases import SETS, read_cases
from vectorstore.quantities import figures

if TYPE_CHECKING:
    from ui.assemble import Parts

CASES = read_cases([SETS / "genres.jsonl"])
DOCUMENTS = sorted((SETS / "genres").iterdir())
ENOUGH = 0.93
"""Least share of the set that is answered rightly; raised when we get better."""


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    with real_parts(tmp_path_factory.mktemp("genres"), *DOCUMENTS) as made:
        yield made


def ask(parts: Parts, text: str) -> Answer:
    return parts.assistant.ask(Question(text))


def test_set_is_answered_rightly_and_every_figure_is_borne_out(parts: Parts) -> None:
    answers = {case.id: parts.assistant.ask(case.asked()) for case in CASES}
    wrong = [case.id for case in CASES if metrics.accuracy(case, answers[case.id]).value != 1]
    unsupported = [key for key, answer in answers.items() if metrics.figures_supported(answer).value == 0]
    assert len(wrong) <= (1 - ENOUGH) * len(CASES), wrong
    assert not unsupported


@pytest.mark.parametrize(
    ("text", "computation"),
    [
        ("Cả 4 thủ tục ở Lâm Đồng tiết kiệm tổng cộng bao nhiêu tiền mỗi năm?", "= 24.750.000"),
        ("Tổng số bác sĩ của 4 bệnh viện trong báo cáo giường bệnh Bến Tre là bao nhiêu?", "= 360"),
        (
            "Ngân sách trung ương và ngân sách tỉnh cho chuyển đổi số Sóc Trăng cộng lại bao nhiêu?",
            "62 + 94 = 156",
        ),
        ("Huyện Lệ Sơn giải quyết tổng cộng bao nhiêu hồ sơ ở cả cấp huyện và cấp xã?", "3.102 + 9.790 = 12.892"),
        ("Huyện Thoại Sơn hơn huyện An Phú bao nhiêu điểm cải cách hành chính năm 2022?", "90,12 - 75,81 = 14,31"),
        ("Công suất giường bệnh Bến Tre năm 2023 so với năm 2022 tăng bao nhiêu?", "94,8 - 87,3 = 7,5"),
        ("Thuê chuyên gia một tháng ở trung ương cao hơn cấp tỉnh bao nhiêu tiền?", "= 8.000.000"),
        ("Số cuộc kiểm tra doanh nghiệp ở Cà Mau năm 2025 giảm bao nhiêu cuộc so với năm 2024?", "86 - 50 = 36"),
    ],
)
def test_members_of_a_series_are_reckoned_with_and_each_operand_is_cited(
    parts: Parts, text: str, computation: str
) -> None:
    answer = ask(parts, text)
    assert answer.status == "answered" and (answer.computation or "").endswith(computation)
    (computed,) = [figure for figure in answer.figures if figure.computed]
    cited = " ".join(metrics.cited_text(c) for c in answer.citations if c.marker in computed.citations)
    assert figures((answer.computation or "").partition(" = ")[0]) <= figures(cited)


def test_sum_is_not_made_of_figures_that_the_question_does_not_join(parts: Parts) -> None:
    answer = ask(parts, "Huyện Lệ Sơn có tổng cộng bao nhiêu hồ sơ trễ hạn ở cấp huyện và cấp xã?")
    assert (answer.computation or "").endswith("12 + 3 = 15")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Thủ tục nào của Lâm Đồng tiết kiệm được ít chi phí nhất?", "Công nhận vườn cây đầu dòng"),
        ("Bệnh viện nào ở Bến Tre có ít bác sĩ nhất?", "Bệnh viện Tâm thần"),
        ("Ở phường An Hòa lĩnh vực nào nhiều hồ sơ nhất?", "chứng thực"),
    ],
)
def test_largest_and_smallest_are_named_first_and_the_others_beside_them(parts: Parts, text: str, said: str) -> None:
    first, *others = ask(parts, text).answer.split("\n")
    assert said in first and len(others) >= 2


@pytest.mark.parametrize(
    ("text", "number", "not_number"),
    [
        ("Quyết định 1735/QĐ-UBND được ban hành theo tờ trình số mấy?", "318/TTr-SNN", "Số hiệu là"),
        ("Quyết định 1735 của Lâm Đồng thay thế quyết định nào?", "902/QĐ-UBND", "Số hiệu là"),
        ("Nghị định 218 bãi bỏ nghị định nào?", "64/2007/NĐ-CP", "Số hiệu là"),
        ("Nghị định 218/2023/NĐ-CP có hiệu lực từ ngày nào?", "01 tháng 12 năm 2023", "12 tháng 10"),
    ],
)
def test_question_that_names_a_document_by_its_number_asks_for_what_stands_in_it(
    parts: Parts, text: str, number: str, not_number: str
) -> None:
    answer = ask(parts, text).answer
    assert number in answer and not_number not in answer


def test_own_number_and_date_of_a_document_are_still_told(parts: Parts) -> None:
    assert "2204/BC-SYT" in ask(parts, "Báo cáo tình hình giường bệnh của Sở Y tế Bến Tre số mấy?").answer
    assert "12 tháng 10 năm 2023" in ask(parts, "Nghị định 218/2023/NĐ-CP ban hành ngày nào?").answer


def test_rows_that_meet_a_condition_are_listed_by_the_column_asked_for(parts: Parts) -> None:
    answer = ask(parts, "Liệt kê mã các thủ tục do UBND cấp huyện thực hiện trong danh mục của Lâm Đồng.").answer
    assert "1.003388" in answer and "1.010733" in answer and "2.001827" not in answer


def test_all_that_stands_under_the_heading_asked_for_is_listed(parts: Parts) -> None:
    answer = ask(parts, "Theo quy chế của Đồng Tháp, công chức một cửa không được làm những việc gì?").answer
    assert answer.count("\n- ") == 3 and "môi giới" in answer


def test_article_tells_which_it_is_and_whose_duty_it_holds(parts: Parts) -> None:
    assert "Điều 9" in ask(parts, "Điều nào của Nghị định 218/2023/NĐ-CP nói về trách nhiệm của Bộ Công an?").answer
    assert "Bộ Công an" in ask(parts, "Cơ quan nào chủ trì bảo đảm an ninh kho dữ liệu dùng chung?").answer


@pytest.mark.parametrize(
    "text",
    [
        "Năm 2024 Sóc Trăng đã đạt bao nhiêu phần trăm dịch vụ công trực tuyến toàn trình?",
        "Hưng Yên đạt chỉ số hài lòng bao nhiêu trong năm 2024?",
        "Bộ Nội vụ chi bao nhiêu tiền cho đợt báo cáo quý III năm 2024?",
        "Sở Tư pháp Cà Mau có bao nhiêu công chức?",
    ],
)
def test_target_other_year_or_other_thing_is_no_answer(parts: Parts, text: str) -> None:
    assert ask(parts, text).status == "not_found"
