"""Which period governs a place in a text, as questions and answers ask it too."""

from __future__ import annotations

import pytest

from vectorstore.governing import period_at, told_of, year_before_at


@pytest.mark.parametrize(
    ("text", "number", "period"),
    [
        ("Năm 2021 đạt 81 điểm, năm 2022 đạt 83 điểm.", "81", "2021"),
        ("Năm 2021 đạt 81 điểm, năm 2022 đạt 83 điểm.", "83", "2022"),
        ("Trong quý II/2022 có 12 đơn; so với quý II/2021 là 15 đơn.", "12", "2022-Q2"),
        ("Trong quý II/2022 có 12 đơn; so với quý II/2021 là 15 đơn.", "15", "2021-Q2"),
        ("Trong quý II/2022 có 12 đơn, giảm 3 đơn so với quý II/2021.", "3", "2022-Q2"),
        ("Đã cấp 45 thẻ (tính đến ngày 10/6/2022).", "45", "/2022-06-10"),
        ("Đơn vị có 12 phòng.", "12", None),
        ("Theo Luật Lưu trữ năm 2011 thì có 12 loại.", "12", None),
    ],
)
def test_period_at_a_figure(text: str, number: str, period: str | None) -> None:
    found = period_at(text, text.index(f"{number} "))
    assert (found.form if found else None) == period


def test_year_that_is_not_said_is_the_one_given() -> None:
    text = "Đến hết tháng 9, Sở đã hoàn thành 26 việc."
    assert period_at(text, text.index("26")) is None
    found = period_at(text, text.index("26"), 2020)
    assert found is not None and found.form == "/2020-09-30"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Hiện nay đạt 75%.", "now"),
        ("Trước đây chỉ đạt 20%.", "before"),
        ("Hiện nay ổn; đạt 5%.", None),
        ("Từ đầu năm đến nay đạt 5%.", "this year"),
    ],
)
def test_what_is_told_of_the_day_of_writing(text: str, told: str | None) -> None:
    assert told_of(text, text.index("%")) == told


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("Đạt 81%, cùng kỳ 77 việc.", 0),
        ("Đạt 81% (cùng kỳ năm 2021: 77 việc).", 2021),
        ("Tỷ lệ này cùng kỳ năm trước là 77 việc.", 0),
        ("So với cùng kỳ (77 việc), đã tăng.", 0),
        ("So với cùng kỳ, đã làm 77 việc.", None),
        ("So với cùng kỳ tăng 77 việc.", None),
        ("Đạt 77 việc, bằng cùng kỳ.", None),
    ],
)
def test_what_is_told_of_the_same_time_of_an_earlier_year(text: str, year: int | None) -> None:
    found = year_before_at(text, text.index("77"))
    assert (found[0] if found else None) == year
