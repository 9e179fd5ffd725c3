"""What is written as a place."""

import json
import unicodedata
from pathlib import Path

import pytest
from workbench import Form

from vectorstore.places import absorbed, era_said, find, provinces, same, successor, with_kind


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
    ("text", "place"),
    [
        ("tỉnh Đắc Lắc", "Đắk Lắk"),
        ("Sở Y tế Daklak", "Đắk Lắk"),
        ("tỉnh Kontum", "Kon Tum"),
        ("tỉnh Bắc Cạn", "Bắc Kạn"),
        ("Bà Rịa-Vũng Tàu", "Bà Rịa - Vũng Tàu"),
        ("Bà Rịa — Vũng Tàu", "Bà Rịa - Vũng Tàu"),
        ("Bà Rịa Vũng Tàu", "Bà Rịa - Vũng Tàu"),
        ("tỉnh BR-VT", "Bà Rịa - Vũng Tàu"),
        ("Tp.Hồ Chí Minh", "Hồ Chí Minh"),
        ("thành phố\nHồ Chí Minh", "Hồ Chí Minh"),
        ("TP. HCM", "Hồ Chí Minh"),
        ("TT-Huế", "Huế"),
    ],
)
def test_place_is_found_under_its_other_spellings(text: str, place: str) -> None:
    assert named(text) == named(text, question=True) == [place]


def test_another_name_of_a_province_is_kept_beside_it() -> None:
    (mention,) = find("Sở Y tế tỉnh Thừa Thiên - Huế")
    assert (mention.place, mention.name) == ("Huế", "Thừa Thiên Huế")
    (mention,) = find("tỉnh Đắc Lắc")
    assert (mention.place, mention.name) == ("Đắk Lắk", "")


@pytest.mark.parametrize(
    "text",
    [
        "các nước ven Thái Bình Dương",
        "vùng Hà Nam Ninh trước kia",
        "xã Bình Dương",
        "UBND XÃ BÌNH DƯƠNG",
        "huyện Quảng Ninh",
        "thị xã Quảng Trị",
        "đường Hồ Chí Minh",
        "sông Đồng Nai",
        "Chủ tịch Hồ Chí Minh",
        "học tập tư tưởng, đạo đức, phong cách Hồ Chí Minh",
        "Đoàn TNCS Hồ Chí Minh",
        "ông Hòa Bình",
        "bác sĩ Nguyễn Thái Bình",
        "Trần Thị Khánh Hòa ký",
        "Bệnh viện Sài Gòn",
    ],
)
def test_name_of_something_else_is_no_province(text: str) -> None:
    assert named(text) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("thành phố Hòa Bình", "Hòa Bình"),
        ("Chủ tịch UBND tỉnh Hà Nam Trần Văn Tám", "Hà Nam"),
        ("theo văn bản Hà Nội gửi", "Hà Nội"),
        ("Từ Cao Bằng đến Cà Mau", "Cao Bằng"),
        ("Sở Y tế Thái Bình", "Thái Bình"),
        ("Sở Y tế Lâm Đồng", "Lâm Đồng"),
        ("SỞ Y TẾ HẬU GIANG", "Hậu Giang"),
    ],
)
def test_name_in_the_same_company_is_the_province_where_it_is_one(text: str, place: str) -> None:
    assert named(text)[0] == place


@pytest.mark.parametrize(
    "text",
    [
        "giữ gìn hòa bình ở cơ sở ra sao",
        "Tỷ lệ cao bằng năm ngoái không?",
        "ty le nop ho so cao bang nam truoc khong",
        "co bao nhieu can bo long an tam lam viec",
        "Xã Bình Dương có bao nhiêu hộ?",
        "Bệnh viện Sài Gòn có gì",
    ],
)
def test_question_with_words_like_a_name_names_no_province(text: str) -> None:
    assert named(text, question=True) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("tỉnh hòa bình có gì", "Hòa Bình"),
        ("Hòa Bình có gì", "Hòa Bình"),
        ("so y te cao bang co gi", "Cao Bằng"),
        ("gia lai co bao nhieu ho so", "Gia Lai"),
        ("ở sài gòn có gì", "Hồ Chí Minh"),
        ("tp hcm co gi", "Hồ Chí Minh"),
        ("o br-vt co gi", "Bà Rịa - Vũng Tàu"),
        ("co quan Ha Noi", "Hà Nội"),
        ("HN có bao nhiêu hồ sơ", "Hà Nội"),
    ],
)
def test_question_names_a_province_behind_its_usual_words_or_shortened(text: str, place: str) -> None:
    assert named(text, question=True) == [place]


def test_old_and_new_provinces_lead_to_each_other() -> None:
    assert (successor("Kon Tum"), successor("Quảng Ngãi"), successor("Hà Tĩnh")) == ("Quảng Ngãi", None, None)
    assert absorbed("Quảng Ngãi") == ("Kon Tum",)
    assert set(absorbed("Hồ Chí Minh")) == {"Bình Dương", "Bà Rịa - Vũng Tàu"}
    assert absorbed("Kon Tum") == absorbed("Hà Tĩnh") == ()
    assert (with_kind("Kon Tum"), with_kind("Hải Phòng", since_merger=True)) == ("tỉnh Kon Tum", "thành phố Hải Phòng")


@pytest.mark.parametrize(
    ("text", "era"),
    [
        ("Sau khi sáp nhập, Quảng Ngãi có gì", "after"),
        ("tỉnh Quảng Ngãi mới có gì", "after"),
        ("tinh quang ngai moi co gi", "after"),
        ("Trước sáp nhập Quảng Ngãi có gì", "before"),
        ("Quảng Ngãi cũ có gì", "before"),
        ("Quảng Ngãi (trước đây) có gì", "before"),
        ("Kon Tum cũ có gì", ""),
        ("Quảng Ngãi mới ban hành gì", ""),
        ("Quảng Ngãi có gì", ""),
        ("Sau sáp nhập Hà Tĩnh có gì", ""),
    ],
)
def test_side_of_the_merger_is_read_where_it_is_said_of_a_changed_province(text: str, era: str) -> None:
    assert era_said(text, find(text, question=True))[0] == era


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
        ("Hồ Chí Minh", "TP.HCM"),
        ("Hồ Chí Minh", "tp hcm"),
        ("Bà Rịa - Vũng Tàu", "BR-VT"),
        ("Bà Rịa – Vũng Tàu", "ba ria vung tau"),
        ("Đắk Lắk", "Daklak"),
        ("Huế", "Thừa Thiên - Huế"),
    ],
)
def test_two_names_of_one_place_are_the_same(one: str, other: str, form: Form) -> None:
    assert same(one, unicodedata.normalize(form, other))


def test_place_is_the_same_by_another_of_its_names() -> None:
    assert same("Huế", "Thừa Thiên Huế")


@pytest.mark.parametrize(("one", "other"), [("Hà Nam", "Hà Tĩnh"), (None, "Huế"), ("Huế", None), (None, None)])
def test_other_or_missing_places_are_not_the_same(one: str | None, other: str | None) -> None:
    assert not same(one, other)
