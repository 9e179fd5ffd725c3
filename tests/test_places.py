"""What is written as a place."""

import json
import unicodedata
from pathlib import Path

import pytest
from workbench import Form

from vectorstore.places import find, provinces, same


def named(text: str, question: bool = False, known: tuple[str, ...] = ()) -> list[str]:
    return [mention.place for mention in find(text, known, question)]


def test_there_are_63_provinces_before_and_34_after() -> None:
    assert len(provinces()) == 63
    assert len({province.merged_into for province in provinces().values()}) == 34


def test_provinces_agree_with_the_public_record(shared: Path) -> None:
    record = json.loads((shared / "data" / "provinces.json").read_text(encoding="utf-8"))
    assert {name: province.merged_into for name, province in provinces().items()} == {
        row["old"]: row["new"] for row in record
    }


def test_old_province_leads_to_the_one_it_belongs_to_now() -> None:
    assert provinces()["Kon Tum"].merged_into == "Quảng Ngãi"
    assert provinces()["Hà Nội"].merged_into == "Hà Nội"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Sở Y tế tỉnh Kon Tum báo cáo", "Kon Tum"),
        ("UBND TỈNH HÀ TĨNH", "Hà Tĩnh"),
        ("Sở Y tế TP. Hồ Chí Minh", "Hồ Chí Minh"),
        ("UBND TP.HCM", "Hồ Chí Minh"),
        ("tỉnh Đăk Nông", "Đắk Nông"),
        ("Thừa Thiên - Huế", "Huế"),
        ("Bà Rịa – Vũng Tàu", "Bà Rịa - Vũng Tàu"),
        ("Bắc\n Ninh", "Bắc Ninh"),
    ],
)
def test_place_is_found_as_documents_print_it(text: str, place: str) -> None:
    assert named(text) == [place]


@pytest.mark.parametrize(
    ("text", "place"), [("Hoà Bình", "Hòa Bình"), ("Thanh Hoá", "Thanh Hóa"), ("Khánh Hoà", "Khánh Hòa")]
)
def test_place_is_found_in_either_spelling_of_its_tone(text: str, place: str) -> None:
    assert named(text) == named(text, question=True) == [place]


def test_mentions_stand_where_they_say_and_in_order() -> None:
    text = "Từ Bắc Kạn, qua Thái Nguyên tới Hà Nội."
    assert [text[m.start : m.end] for m in find(text)] == ["Bắc Kạn", "Thái Nguyên", "Hà Nội"]


@pytest.mark.parametrize("text", ["sở y tế hà giang", "Hà Giangs", "xã An Giangg", "Không có nơi nào"])
def test_document_names_no_place_without_capitals_or_within_a_word(text: str) -> None:
    assert named(text) == []


@pytest.mark.parametrize("text", ["Hòa bình là mong muốn chung.", "Bình định kỳ hạn mới.", "Long an toàn."])
def test_word_with_one_capital_is_no_province(text: str) -> None:
    assert named(text) == []


@pytest.mark.parametrize(
    "text", ["o kon tum va ha tinh co gi", "Ở Kon Tum và Hà Tĩnh có gì", "ở kon tum và hà tĩnh có gì"]
)
def test_question_names_places_in_any_case_and_without_accents(text: str) -> None:
    assert named(text, question=True) == ["Kon Tum", "Hà Tĩnh"]


def test_accented_question_is_not_read_without_its_accents() -> None:
    assert named("yên bài học là gì", question=True) == []


def test_known_place_of_the_library_is_found_too() -> None:
    assert named("Sở Y tế Thanh Lâm", known=("Thanh Lâm",)) == ["Thanh Lâm"]
    assert named("so y te thanh lam", question=True, known=("Thanh Lâm",)) == ["Thanh Lâm"]
    assert named("Sở Y tế Thanh Lâm") == []


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kon Tum", "tỉnh Kon Tum"),
        ("Hồ Chí Minh", "TP. Hồ Chí Minh"),
        ("Hồ Chí Minh", "thành phố Hồ Chí Minh"),
        ("Hà Nội", "ha noi"),
        ("Thanh Lâm", "xã Thanh Lâm"),
    ],
)
def test_two_names_of_one_place_are_the_same(one: str, other: str, form: Form) -> None:
    assert same(one, unicodedata.normalize(form, other))


def test_place_is_the_same_by_another_of_its_names() -> None:
    assert same("Huế", "Thừa Thiên Huế")


@pytest.mark.parametrize(("one", "other"), [("Hà Nam", "Hà Tĩnh"), (None, "Huế"), ("Huế", None), (None, None)])
def test_other_or_missing_places_are_not_the_same(one: str | None, other: str | None) -> None:
    assert not same(one, other)
