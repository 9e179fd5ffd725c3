"""What is written as a figure, and which documents are named."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbench import steady

from vectorstore.quantities import (
    Quantity,
    canonical,
    counts_alike,
    document_types,
    figures,
    parse_number,
    quantities,
    references,
)


@pytest.mark.parametrize(
    ("text", "after", "value"),
    [
        ("1.852", "", "1852"),
        ("97,7", "", "97.7"),
        ("97,7", "%", "97.7"),
        ("53.59", "%", "53.59"),
        ("03", "", "3"),
        ("61.800.000", " đồng", "61800000"),
        ("25,125", "%", "25.125"),
        ("81,125", " điểm", "81.125"),
        ("1.545", " hồ sơ", "1545"),
        ("1.234,5", "", "1234.5"),
        ("1,234.5", "", "1234.5"),
        ("0,125", "", "0.125"),
        ("27462", "", "27462"),
        ("92.809.519", " bản ghi", "92809519"),
    ],
)
def test_number_is_read_as_printed(text: str, after: str, value: str) -> None:
    assert parse_number(text, after) == Decimal(value)


@pytest.mark.parametrize("text", ["16/6", "2.4.3", "", "1.2,3,4", "10/10"])
def test_no_single_number_is_none(text: str) -> None:
    assert parse_number(text) is None


@steady
@given(st.integers(0, 10**15))
def test_number_is_the_same_with_either_thousands_mark(number: int) -> None:
    commas = f"{number:,}"
    assert parse_number(commas.replace(",", ".")) == parse_number(commas) == Decimal(number)


@steady
@given(st.integers(0, 10**9), st.text("0123456789", min_size=1, max_size=6).filter(lambda part: len(part) != 3))
def test_number_is_the_same_with_either_decimal_mark(number: int, part: str) -> None:
    assert parse_number(f"{number},{part}") == parse_number(f"{number}.{part}") == Decimal(f"{number}.{part}")


@steady
@given(st.text("0123456789.,/", max_size=20))
def test_any_run_of_digits_and_marks_has_a_value_or_none(text: str) -> None:
    value = parse_number(text)
    assert value is None or value.is_finite()


@steady
@given(st.decimals(0, 10**12, places=6))
def test_canonical_spelling_has_the_same_value_and_is_its_own(value: Decimal) -> None:
    spelled = canonical(value)
    assert Decimal(spelled) == value
    assert canonical(Decimal(spelled)) == spelled
    assert "E" not in spelled
    assert not ("." in spelled and spelled.endswith(("0", ".")))


@pytest.mark.parametrize("number", ["1" * 30, "1" * 28 + ".5"])
def test_canonical_keeps_every_digit_of_a_long_number(number: str) -> None:
    assert canonical(Decimal(number)) == number


def test_figures_are_every_number_in_one_spelling() -> None:
    text = "Ngày 08/3/2022, Quyết định 554/QĐ-UBND: 1.852 người, 97,70%, 10/10 huyện, mục 2.4.3"
    assert figures(text) == {"8", "3", "2022", "554", "1852", "97.7", "10", "2", "4"}


def test_document_types_stand_longest_first() -> None:
    names = document_types()
    assert "Kế hoạch" in names
    assert [len(name) for name in names] == sorted(map(len, names), reverse=True)


@pytest.mark.parametrize(
    ("text", "kind", "number", "day"),
    [
        ("Quyết định số 554/QĐ-UBND ngày 8/3/2022", "Quyết định", "554/QĐ-UBND", "8/3/2022"),
        ("Báo cáo số 1987/BC- SYT", "Báo cáo", "1987/BC-SYT", ""),
        ("Quy định số 293-QĐ/TU ngày 24/12/2021", "Quy định", "293-QĐ/TU", "24/12/2021"),
        ("Nghị quyết số 30c/NQ-CP", "Nghị quyết", "30c/NQ-CP", ""),
        ("Nghị định 60/2021/NĐ-CP", "Nghị định", "60/2021/NĐ-CP", ""),
        ("Thông tư liên tịch số 51/2015/TTLT-BYT-BNV", "Thông tư liên tịch", "51/2015/TTLT-BYT-BNV", ""),
        ("Công văn số 27/UBND – KGVX ngày 19/1/2022", "Công văn", "27/UBND–KGVX", "19/1/2022"),
        (
            "QUYẾT ĐỊNH SỐ 40/2022/QĐ-UBND ngày 09 tháng 12 năm 2022",
            "QUYẾT ĐỊNH",
            "40/2022/QĐ-UBND",
            "09 tháng 12 năm 2022",
        ),
    ],
)
def test_document_is_named_by_type_number_and_date(text: str, kind: str, number: str, day: str) -> None:
    sentence = f"Theo {text}."
    (found,) = references(sentence)
    assert (found.type, found.number, found.date) == (kind, number, day)
    assert sentence[found.start : found.end] == text


def test_what_a_document_is_about_ends_with_the_clause_or_at_the_next() -> None:
    found = references(
        "Kế hoạch số 1/KH-SYT về tuyên truyền; Quyết định số 2/QĐ-SYT phê duyệt đề án và Tờ trình số 3/TTr-SYT"
    )
    assert found[0].about == "về tuyên truyền"
    assert found[1].about.startswith("phê duyệt đề án")
    assert [reference.number for reference in found] == ["1/KH-SYT", "2/QĐ-SYT", "3/TTr-SYT"]


@pytest.mark.parametrize(
    "text", ["10/10 huyện", "265 hồ sơ/157 TTHC", "COVID-19", "24/24 giờ", "ngày 8/3/2022", "2021-2030"]
)
def test_fraction_date_or_word_is_no_document(text: str) -> None:
    assert references(text) == []


def only(text: str) -> Quantity:
    (found,) = quantities(text)
    return found


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("đã nhận 247 trường hợp", "247", "trường hợp"),
        ("trễ hạn 03 hồ sơ", "3", "hồ sơ"),
        ("năm 2022 có 1.877 người", "1877", "người"),
        ("tỷ lệ đạt 94,0%", "94", "%"),
        ("đối với 13 TTHC của ngành", "13", "TTHC"),
        ("cấp 92 chữ ký số", "92", "chữ ký số"),
        ("phạt 61.800.000 đồng", "61800000", "đồng"),
        ("người lao động theo Nghị định 68 là 93", "93", None),
        ("tổng số 2020 hồ sơ", "2020", "hồ sơ"),
    ],
)
def test_figure_has_value_and_unit(text: str, value: str, unit: str | None) -> None:
    found = only(text)
    assert (found.value, found.unit) == (Decimal(value), unit)
    assert text[found.start : found.end] == found.text


def test_figure_of_two_numbers_has_text_and_no_value() -> None:
    found = only("đã có 10/10 huyện triển khai")
    assert (found.text, found.value, found.unit) == ("10/10", None, "huyện")


@pytest.mark.parametrize(
    "text",
    [
        "Quyết định số 554/QĐ-UBND ngày 8/3/2022",
        "Nghị định 68 của Chính phủ",
        "mức độ 3, 4",
        "từ hạng IV lên hạng 3",
        "TCVN ISO 9001:2015",
        "dịch COVID-19 và SARS-CoV-2",
        "năm 2022, quý 1, tháng 6",
        "đợt 1 năm 2022",
        "6.3. Kết quả",
        "2) Nhận hồ sơ",
        "giai đoạn 2021-2030",
        "lần thứ 14 năm 2023",
    ],
)
def test_number_of_a_document_date_heading_or_rank_is_no_figure(text: str) -> None:
    assert quantities(text) == []


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("tối thiểu 30%", "at_least"),
        ("ít nhất 01 sáng kiến", "at_least"),
        ("từ 90% trở lên", "at_least"),
        ("không dưới 50 người", "at_least"),
        ("trên 83% dân số", "more_than"),
        ("hơn 700 bệnh viện", "more_than"),
        ("không quá 5 ngày", "at_most"),
        ("không vượt quá 3 ngày", "at_most"),
        ("dưới 20%", "less_than"),
        ("gần 80%", "about"),
        ("đúng 80%", None),
    ],
)
def test_bound_of_a_figure(text: str, bound: str | None) -> None:
    assert only(text).bound == bound


@pytest.mark.parametrize("text", ["không nhiều hơn 5 người", "không cao hơn 3%", "không hơn 10 ngày"])
def test_denied_more_is_at_most(text: str) -> None:
    assert only(text).bound == "at_most"


def test_out_of_a_whole_is_no_bound() -> None:
    found = quantities("Có 50 thủ tục hành chính trên 196 thủ tục hành chính được cung cấp trực tuyến")
    assert [(q.text, q.bound) for q in found] == [("50", None), ("196", None)]


def test_from_one_figure_down_to_another_is_no_bound() -> None:
    assert [(q.text, q.bound) for q in quantities("rút từ 25 ngày xuống còn 23 ngày")] == [("25", None), ("23", None)]


def test_label_and_noun_are_what_stands_around_the_figure() -> None:
    first, second = quantities("Lĩnh vực Dược: tiếp nhận 307 trường hợp, trễ hạn 03 trường hợp do lỗi mạng.")
    assert (first.label, first.noun) == ("tiếp nhận", "trường hợp")
    assert (second.label, second.noun) == ("trễ hạn", "trường hợp do lỗi mạng.")


def test_figure_after_a_colon_is_labelled_by_what_stands_before_it() -> None:
    assert only("Số đơn đã giải quyết: 16").label == "Số đơn đã giải quyết"


@steady
@given(st.text(st.sampled_from("0123456789.,/-% (số)ngàyđiểm:QĐ"), max_size=60))
def test_figures_stand_in_the_text_in_order(text: str) -> None:
    at = 0
    for found in quantities(text):
        assert at <= found.start < found.end <= len(text)
        assert text[found.start : found.end] == found.text
        at = found.end


def test_lone_number_of_a_cell_is_a_figure() -> None:
    assert [q.text for q in quantities("800")] == ["800"]


def test_rise_counts_and_a_floor_does_not() -> None:
    assert [(q.text, q.unit) for q in quantities("được đánh giá tăng 6 bậc")] == [("6", "bậc")]
    assert quantities("họp ở tầng 6") == []


def test_code_of_a_procedure_is_no_figure() -> None:
    assert quantities("thủ tục 1.014027") == []


def test_money_and_time_are_never_counted_without_their_unit() -> None:
    (bare,) = quantities("rà soát 210 loại giấy tờ")
    assert not counts_alike(bare, "tiền") and not counts_alike(bare, "ngày") and counts_alike(bare, "giấy tờ")
