"""A result is told from a target by the words of its sentence, its headings, its document."""

import pytest

from vectorstore import natures


@pytest.mark.parametrize(
    ("kind", "section", "text", "number", "nature"),
    [
        ("Báo cáo", (), "Sở đã giải quyết 12 việc.", "12", "result"),
        ("Báo cáo", (), "Phấn đấu giải quyết 12 việc.", "12", "target"),
        ("Báo cáo", ("II. Kết quả", "1. Chỉ tiêu"), "Đạt 12 việc.", "12", "target"),
        ("Báo cáo", ("III. Phương hướng", "1. Kết quả thực hiện"), "Đạt 12 việc.", "12", "result"),
        ("Kế hoạch", (), "Đạt 12 việc theo chỉ đạo đã giao.", "12", "target"),
        ("Kế hoạch", (), "Các việc đã giao: đạt 12 việc.", "12", "target"),
        ("Kế hoạch", ("I. Tình hình thực hiện",), "Đạt 12 việc.", "12", "result"),
        ("Kế hoạch", (), "Đến nay có 12 việc.", "12", "result"),
        (None, (), "Đạt 12 việc.", "12", "result"),
    ],
)
def test_nature_of_a_figure(kind: str | None, section: tuple[str, ...], text: str, number: str, nature: str) -> None:
    assert natures.of(kind, section, text, text.index(number)) == nature


@pytest.mark.parametrize(("issued", "nature"), [(2022, "target"), (2026, "result"), (None, "target")])
def test_year_to_come_is_a_target_as_seen_from_the_document(issued: int | None, nature: str) -> None:
    text = "Đến năm 2025 có 12 xã đạt chuẩn."
    assert natures.of("Báo cáo", (), text, text.index("12"), issued) == nature
