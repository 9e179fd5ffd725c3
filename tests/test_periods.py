"""What is written as a date or a period."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbench import Form, steady

from vectorstore import periods
from vectorstore.periods import Period, dates, find, parse, say

FORMS = [
    ("năm 2022", "2022"),
    ("6 tháng đầu năm 2022", "2022-H1"),
    ("06 tháng đầu năm 2022", "2022-H1"),
    ("Sáu tháng đầu năm 2022", "2022-H1"),
    ("6 tháng cuối năm 2022", "2022-H2"),
    ("quý I/2022", "2022-Q1"),
    ("Quý 1 năm 2022", "2022-Q1"),
    ("quý 01/2022", "2022-Q1"),
    ("QUÝ IV NĂM 2021", "2021-Q4"),
    ("tháng 11/2020", "2020-11"),
    ("tháng 3 năm 2024", "2024-03"),
    ("9 tháng đầu năm 2022", "2022-01-01/2022-09-30"),
    ("từ ngày 15/12/2021 đến ngày 12/12/2022", "2021-12-15/2022-12-12"),
    ("từ ngày 01 tháng 01 năm 2022 đến hết ngày 30 tháng 6 năm 2022", "2022-01-01/2022-06-30"),
    ("15/12/2021 - 14/12/2022", "2021-12-15/2022-12-14"),
    ("tính đến ngày 13/12/2022", "/2022-12-13"),
    ("Tính đến 13/12/2022", "/2022-12-13"),
    ("giai đoạn 2021-2030", "2021/2030"),
    ("giai đoạn 2024 - 2025", "2024/2025"),
    ("nhiệm kỳ 2021 – 2026", "2021/2026"),
    ("năm học 2022-2023", "2022/2023"),
    ("nửa đầu năm 2022", "2022-H1"),
    ("6 tháng năm 2022", "2022-H1"),
    ("Q1/2022", "2022-Q1"),
    ("quý I, năm 2024", "2024-Q1"),
    ("11 tháng đầu năm 2022", "2022-01-01/2022-11-30"),
    ("tính đến tháng 6/2022", "/2022-06-30"),
    ("đến hết tháng 6 năm 2022", "/2022-06-30"),
    ("đến hết năm 2025", "/2025-12-31"),
    ("tại thời điểm 31/12/2022", "/2022-12-31"),
    ("đến 17h00 ngày 30/6/2022", "/2022-06-30"),
    ("từ tháng 01 đến tháng 6 năm 2022", "2022-01-01/2022-06-30"),
    ("từ tháng 11/2021 đến tháng 10/2022", "2021-11-01/2022-10-31"),
    ("từ ngày 01/01 đến ngày 30/6/2022", "2022-01-01/2022-06-30"),
    ("từ 15 - 21/5/2023", "2023-05-15/2023-05-21"),
    ("từ ngày 15/12 đến ngày 14/3/2023", "2022-12-15/2023-03-14"),
]


@pytest.mark.parametrize("normal", ["NFC", "NFD"])
@pytest.mark.parametrize(("text", "form"), FORMS)
def test_period_is_read_in_the_contracts_form(text: str, form: str, normal: Form) -> None:
    assert [p.form for p in find(unicodedata.normalize(normal, f"Kết quả {text}, đã xong"))] == [form]


@pytest.mark.parametrize(("text", "form"), FORMS)
def test_form_is_parsed_back_to_the_same_days(text: str, form: str) -> None:
    (found,) = find(text)
    parsed = parse(form)
    assert parsed is not None
    assert (parsed.first, parsed.last) == (found.first, found.last)


@pytest.mark.parametrize(("text", "form"), FORMS)
def test_period_stands_where_it_says(text: str, form: str) -> None:
    sentence = f"Ở Đắk Tô, {text}, đã xong"
    (found,) = find(sentence)
    assert sentence[found.start : found.end].strip() == text


def test_period_stands_where_it_says_after_a_stray_mark() -> None:
    text = "lỗi chữ q\u0303 trong năm 2022"
    (found,) = find(text)
    assert text[found.start : found.end] == "năm 2022"


@pytest.mark.parametrize(
    "text",
    [
        "ngày 15/12/2021",
        "Quyết định số 61/2018/NĐ-CP",
        "TCVN ISO 9001:2015",
        "31/11/2022",
        "ngày    tháng 4 năm 2021",
        "ngày … tháng 4 năm 2021",
        "mã 2022.15",
        "hàng quý, 06 tháng",
        "năm 1789",
        "1.2022 hồ sơ",
        "quý V/2022",
    ],
)
def test_date_number_or_impossible_period_is_none(text: str) -> None:
    assert find(text) == []


@pytest.mark.parametrize("text", ["Sau tháng đầu năm 2022", "16 tháng đầu năm 2022"])
def test_half_year_is_not_read_into_other_words(text: str) -> None:
    assert "2022-H1" not in [p.form for p in find(text)]


def test_missing_year_is_completed() -> None:
    assert [p.form for p in find("trong quý II và 6 tháng cuối năm", 2023)] == ["2023-Q2", "2023-H2"]
    assert find("trong quý II") == []


def test_month_without_its_year_counts_only_where_something_is_told_of_it() -> None:
    assert [p.form for p in find("Trong tháng 5, đã tiếp nhận 7 hồ sơ", 2023)] == ["2023-05"]
    assert [p.form for p in find("Tuần 3 tháng 5", 2023)] == ["2023-05"]
    assert [p.form for p in find("Tuần 3 tháng 5/2022", 2023)] == ["2022-05"]
    assert find("Trong tháng 5 ngày nghỉ; hoàn thành tháng 10; trong tháng 5", None) == []
    assert find("hoàn thành trước tháng 10; trong tháng 5 ngày", 2023) == []


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("Năm 2022 tiếp nhận 9 hồ sơ, tăng so với năm 2021", ["2022"]),
        ("Quý I/2022 có 12 hồ sơ, bằng 80% so với cùng kỳ năm 2021", ["2022-Q1"]),
        ("Quyết định có hiệu lực từ ngày 01/7/2022 đến hết ngày 31/12/2023", []),
        ("Từ tháng 1/2019, Sở đã mở cổng", []),
        ("dự kiến hoàn thành trong quý III/2022", []),
        ("theo Luật Cán bộ, công chức năm 2008", ["2008"]),
        ("theo Luật Khám bệnh chữa bệnh năm 2009", []),
        ("Tính đến ngày 13/12/2022 có 12 trạm", ["/2022-12-13"]),
    ],
)
def test_period_that_is_counted_is_not_the_one_compared_planned_or_in_force(text: str, forms: list[str]) -> None:
    assert [p.form for p in periods.counted(text)] == forms


@pytest.mark.parametrize(
    ("title", "form"),
    [
        ("Kết quả năm 2022, phương hướng nhiệm vụ năm 2023", "2022"),
        ("Kết quả 6 tháng đầu năm 2022 và nhiệm vụ trọng tâm 6 tháng cuối năm 2022", "2022-H1"),
        ("Kế hoạch năm 2023 và giai đoạn 2024 - 2025", "2023/2025"),
        ("Thực hiện Chương trình giai đoạn 2021 - 2030 năm 2022", "2022"),
        ("Giường bệnh giai đoạn 2025 - 2030, định hướng đến năm 2035", "2025/2030"),
        ("Chuyển đổi số giai đoạn 2021 - 2025, tầm nhìn đến năm 2030", "2021/2025"),
        ("Tổng kết thi hành Luật Đất đai năm 2013", None),
        ("KẾ HOẠCH PHỔ BIẾN PHÁP LUẬT NĂM 2022", "2022"),
        ("Kết quả năm 2022 so với năm 2021", "2022"),
        ("Kết quả năm 2022 (từ ngày 15/12/2021 đến ngày 14/12/2022)", "2022"),
        ("Kết quả tuần 20 (từ ngày 15/5 đến ngày 21/5/2023)", "2023-05-15/2023-05-21"),
        ("Sửa quy chế", None),
    ],
)
def test_title_is_about_one_period(title: str, form: str | None) -> None:
    assert periods.of_title(title) == form


def test_longer_reading_is_taken_and_several_stand_in_order() -> None:
    text = "năm 2023 và giai đoạn 2024 - 2025; quý I/2022"
    assert [p.form for p in find(text)] == ["2023", "2024/2025", "2022-Q1"]


def test_exact_dates_are_read_and_impossible_ones_kept() -> None:
    text = "ngày 8/3/2022, ngày 09 tháng 12 năm 2022, 29-8-2022, 31/11/2022, 12/01/2105"
    found = dates(text)
    assert [d.day for d in found] == [date(2022, 3, 8), date(2022, 12, 9), date(2022, 8, 29), None, None]
    assert text[found[3].start : found[3].end] == "31/11/2022"


@pytest.mark.parametrize(
    ("form", "years"),
    [
        ("2022", {2022}),
        ("2021-12-15/2022-12-12", {2021, 2022}),
        ("/2022-06-10", {2022}),
        ("2021/2023", {2021, 2022, 2023}),
        ("2022-Q4", {2022}),
    ],
)
def test_years_that_a_period_touches(form: str, years: set[int]) -> None:
    period = parse(form)
    assert period is not None
    assert period.years == years


def test_year_covers_its_quarter_and_not_the_other_way_round() -> None:
    year, quarter, until = parse("2022"), parse("2022-Q2"), parse("/2022-06-10")
    assert year and quarter and until
    assert year.covers(quarter)
    assert not quarter.covers(year)
    assert year.covers(until)
    assert not until.covers(year)
    assert (quarter.days, until.days) == (91, 1)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("2022", "năm 2022"),
        ("2022-Q1", "quý I/2022"),
        ("2022-H2", "6 tháng cuối năm 2022"),
        ("2020-11", "tháng 11/2020"),
        ("2021/2030", "giai đoạn 2021–2030"),
        ("2021-12-15/2022-12-12", "15/12/2021–12/12/2022"),
        ("/2022-12-13", "đến 13/12/2022"),
        ("/2022-06-30", "đến hết tháng 6/2022"),
        ("/2025-12-31", "đến hết năm 2025"),
        ("2022-01-01/2022-09-30", "9 tháng đầu năm 2022"),
        ("2021-11-01/2022-10-31", "từ tháng 11/2021 đến tháng 10/2022"),
        (None, ""),
        ("khi khác", ""),
    ],
)
def test_period_is_said_in_vietnamese(form: str | None, said: str) -> None:
    assert say(form) == said


@pytest.mark.parametrize(
    "form",
    [
        "2022-Q1",
        "2022-H2",
        "2020-11",
        "2021/2030",
        "2022",
        "2021-12-15/2022-12-12",
        "/2022-12-13",
        "/2022-06-30",
        "/2025-12-31",
        "2022-01-01/2022-09-30",
        "2021-11-01/2022-10-31",
    ],
)
def test_what_is_said_is_read_back(form: str) -> None:
    assert [p.form for p in find(say(form))] == [form]


@pytest.mark.parametrize("form", [None, "", "2022-13", "2022-Q5", "2022-H3", "mười"])
def test_other_forms_are_no_period(form: str | None) -> None:
    assert parse(form) is None


@pytest.mark.parametrize("form", ["2022-02-30", "/2022-02-30", "0000", "2022/2020"])
def test_impossible_form_is_no_period(form: str) -> None:
    assert parse(form) is None


days = st.dates(date(1990, 1, 1), date(2040, 12, 31))


@steady
@given(days, days)
def test_any_range_of_days_is_read_and_parsed(one: date, other: date) -> None:
    first, last = min(one, other), max(one, other)
    (found,) = find(f"Từ ngày {first:%d/%m/%Y} đến ngày {last.day}/{last.month}/{last.year}")
    assert found.form == f"{first}/{last}"
    assert parse(found.form) == Period(first, last, found.form)


@steady
@given(st.text(st.sampled_from("0123456789/-. nămquýthgđếtừIV"), max_size=60))
def test_whatever_is_found_stands_in_the_text_and_has_a_form(text: str) -> None:
    at = 0
    for found in find(text, 2022):
        assert at <= found.start < found.end <= len(text)
        at = found.end
        assert periods.parse(found.form) is not None
        assert found.years


@pytest.mark.parametrize(
    ("form", "of", "earlier"),
    [
        ("2024-H1", None, "2023-H1"),
        ("2024", 2021, "2021"),
        ("/2024-09-10", None, "/2023-09-10"),
        ("2021-12-15/2022-12-14", None, "2020-12-15/2021-12-14"),
        ("2024-02-01/2024-02-29", None, "2023-02-01/2023-02-28"),
        (None, None, None),
    ],
)
def test_same_time_of_an_earlier_year(form: str | None, of: int | None, earlier: str | None) -> None:
    assert periods.year_before(form, of) == earlier


@pytest.mark.parametrize(
    ("form", "since"), [("2024-08", "2024-01-01/2024-08-31"), ("2024-Q1", "2024-Q1"), ("2024", "2024"), (None, None)]
)
def test_since_the_year_began(form: str | None, since: str | None) -> None:
    assert periods.since_january(form) == since


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("bảy tháng đầu năm 2023", "2023-01-01/2023-07-31"),
        ("mười một tháng đầu năm", "2022-01-01/2022-11-30"),
        ("sáu tháng đầu năm", "2022-H1"),
        ("từ đầu năm đến hết tháng 9, có", "2022-01-01/2022-09-30"),
        ("từ đầu năm 2021 đến tháng 5", "2021-01-01/2021-05-31"),
        ("hết tháng 8 năm 2021", "/2021-08-31"),
    ],
)
def test_months_in_words_and_since_the_beginning_of_the_year(text: str, form: str) -> None:
    assert [p.form for p in periods.find(text, 2022)] == [form]
