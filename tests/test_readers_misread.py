"""What a poor scan loses is put right where neighbours leave one reading; what could be printed so is left."""

import unicodedata
from pathlib import Path
from typing import Literal

import pytest

from ingest.readers import misread


def mended(text: str) -> str:
    return " ".join(misread.mend(text.split()))


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("read", "printed"),
    [
        ("công tác kiêm tra cải cách", "công tác kiểm tra cải cách"),
        ("NỘI DUNG KIỀM TRA", "NỘI DUNG KIỂM TRA"),
        ("Ban Chi dạo cai cách hanh chính", "Ban Chỉ đạo cải cách hành chính"),
        ("(cơ quan chuyên môn vả các tô chức)", "(cơ quan chuyên môn và các tổ chức)"),
        ("văn bản quy phạm pháp luât;", "văn bản quy phạm pháp luật;"),
    ],
)
def test_marks_that_were_lost_are_put_back(read: str, printed: str, form: Literal["NFC", "NFD"]) -> None:
    assert mended(unicodedata.normalize(form, read)) == printed


@pytest.mark.parametrize(
    "printed",
    [
        "các tỉnh, tình hình thực hiện",
        "ông Trương Hòa Bình ký",
        "thủy sản; thuỷ lợi; hoá học",
        "Sở Y tế Cao Bằng",
        "họ Đinh, ngày 30",
        "xin chữ ký của bà Lò Thị Mỷ",
        "The quick brown fox",
        "kiêm, tra",
    ],
)
def test_what_could_be_printed_so_is_left(printed: str) -> None:
    assert mended(printed) == printed


def test_samples_stay_as_they_are(samples: Path) -> None:
    for path in samples.glob("*.txt"):
        words = path.read_text(encoding="utf-8").split()
        assert misread.mend(words) == words


def test_single_odd_word_on_a_page_that_was_read_well_is_left() -> None:
    page = ["Sở", "Y", "tế", "Cao", "Bằng;"] * 60
    assert misread.mend([*page, "kiêm", "tra"]) == [*page, "kiêm", "tra"]
    assert misread.mend([*page, *["kiêm", "tra;"] * 3]) == [*page, *["kiểm", "tra;"] * 3]


@pytest.mark.parametrize(
    ("read", "printed"),
    [
        ("0I", "01"),
        ("0l", "01"),
        ("202],", "2021,"),
        ("l1", "11"),
        ("một số sỐ tẾ,", "một số số tế,"),
        ("€)", "c)"),
        ("1I.", "1I."),  # as likely the number of a part
        ("[12]", "[12]"),
        ("iPhone", "iPhone"),
        ("5€", "5€"),
        ("12/QĐ-UBND", "12/QĐ-UBND"),
    ],
)
def test_shapes_that_are_taken_for_others(read: str, printed: str) -> None:
    assert mended(read) == printed
