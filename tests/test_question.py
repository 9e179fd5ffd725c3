"""`assistant/question.py`: the kind of a question however it is typed, what it names, and follow-ups made whole."""

from __future__ import annotations

import unicodedata

import pytest

from assistant.question import Asked, understand
from assistant.schema import Question, Turn


def read(text: str, *before: str, known: tuple[str, ...] = ()) -> Asked:
    """A question as understood after earlier questions of the same conversation."""
    return understand(Question(text, tuple(Turn("user", turn) for turn in before)), known)


def words(asked: Asked) -> list[str]:
    return [term.word for term in asked.terms]


def forms(asked: Asked) -> list[str]:
    return [period.form for period in asked.periods]


# --- the kind ---

KINDS = [
    # with diacritics, without, colloquial or shortened, English, misspelt
    ("count", "Lai Châu có bao nhiêu hồ sơ trễ hạn?"),
    ("count", "lai chau co bao nhieu ho so tre han"),
    ("count", "Lai Châu mấy hs trễ hạn vậy?"),
    ("count", "How many dossiers were overdue in Lai Chau?"),
    ("count", "Lai Châu có bn hồ sơ trể hạn?"),
    ("percent", "Tỷ lệ hồ sơ nộp trực tuyến đạt bao nhiêu phần trăm?"),
    ("percent", "ty le ho so nop truc tuyen dat bao nhieu phan tram"),
    ("percent", "nộp trực tuyến được bn %?"),
    ("percent", "What percentage of dossiers were submitted online?"),
    ("percent", "Tỉ lệ nộp trực tiếp chiếm bao nhiêu %?"),
    ("docnumber", "Danh mục thủ tục hành chính được công bố tại quyết định nào?"),
    ("docnumber", "danh muc tthc cong bo tai quyet dinh nao"),
    ("docnumber", "QĐ số mấy công bố danh mục TTHC?"),
    ("docnumber", "Which decision published the list of procedures?"),
    ("docnumber", "KH CCHC 2023 của SYT số mấy"),
    ("date", "Báo cáo 2175/BC-SYT ban hành ngày nào?"),
    ("date", "bao cao cua so y te ra ngay nao"),
    ("date", "Hội nghị họp hôm nào?"),
    ("date", "When was the report issued?"),
    ("who", "Đơn vị nào phối hợp số hóa?"),
    ("who", "ai lo viec kiem tra"),
    ("who", "Việc này ai đứng đầu?"),
    ("who", "Who signed the report?"),
    ("list", "Kể tên các đơn vị được kiểm tra."),
    ("list", "liet ke cac don vi duoc kiem tra"),
    ("list", "Ba huyện nào được nêu tên?"),
    ("list", "List the units inspected in 2023"),
    ("yesno", "Sở có mở lớp tập huấn hay không?"),
    ("yesno", "lai chau co kien nghi gi ko"),
    ("yesno", "Đã số hóa xong chưa?"),
    ("yesno", "Is the archive digitised?"),
    ("why", "Vì sao hồ sơ trễ hạn?"),
    ("why", "sao lai tre han vay"),
    ("why", "Why were the dossiers late?"),
    ("how", "Bộ phận một cửa làm việc như thế nào?"),
    ("how", "ktra đvtt ntn"),
    ("how", "How does the one-stop unit work?"),
    ("compare", "So sánh Lai Châu và Trà Vinh về hồ sơ trễ hạn."),
    ("compare", "Lai Châu hay Trà Vinh bên nào nhiều hồ sơ trễ hạn hơn?"),
    ("compare", "so sanh lai chau voi tra vinh"),
    ("compare", "Compare Lai Chau and Tra Vinh"),
    ("sum", "Cộng cả bốn lĩnh vực được bao nhiêu hồ sơ?"),
    ("sum", "cong het cac linh vuc duoc bao nhieu ho so"),
    ("sum", "How many dossiers in total?"),
    ("conflict", "Số liệu có khớp nhau không?"),
    ("conflict", "cac so cong lai co ra 130 ko"),
    ("value", "Kinh phí là bao nhiêu?"),
    ("text", "Báo cáo số 1987/BC-SYT"),
]


@pytest.mark.parametrize(("kind", "text"), KINDS)
def test_kind_is_read_however_the_question_is_typed(kind: str, text: str) -> None:
    assert read(text).kind == kind


@pytest.mark.parametrize("text", ["Sở có mở lớp tập huấn hay không?", "Lai Châu có mấy hs trễ hạn năm 2023?"])
def test_question_in_nfd_is_the_same_question(text: str) -> None:
    assert read(unicodedata.normalize("NFD", text)) == read(unicodedata.normalize("NFC", text))


def test_kind_is_yesno_where_another_word_looks_like_an_asking_word_without_its_tone() -> None:
    assert read("Lai Châu có đề nghị tỉnh bố trí thêm máy quét không?").kind == "yesno"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Các máy tính nào được thay?", "count"),
        ("Năm 2023 chưa có số liệu của tháng bảy", "yesno"),
        ("Nông dân được khám thế nào?", "who"),
    ],
)
def test_kind_is_not_read_into_words_that_differ_by_their_diacritics(text: str, kind: str) -> None:
    assert read(text).kind != kind


def test_question_with_and_without_yes_or_no_is_told_apart() -> None:
    assert read("Sở có mở lớp không?").yesno
    assert not read("Sở mở bao nhiêu lớp?").yesno


def test_understood_shows_kind_indicator_places_periods_and_types() -> None:
    shown = read("Theo kế hoạch năm 2024, Yên Bái phải kiểm tra bao nhiêu đơn vị?").understood()
    assert (shown.kind, shown.places, shown.periods, shown.document_types) == (
        "count",
        ("Yên Bái",),
        ("2024",),
        ("Kế hoạch",),
    )
    assert "kiểm tra" in shown.indicator and "bao nhiêu" not in shown.indicator and "Yên Bái" not in shown.indicator


# --- what it is about ---


def test_terms_leave_out_asking_words_places_and_periods() -> None:
    assert words(read("Cho mình hỏi năm 2023 ở Lai Châu có bao nhiêu hồ sơ trễ hạn vậy ạ?")) == [
        "hồ", "sơ", "trễ", "hạn",
    ]  # fmt: skip


def test_terms_keep_a_content_word_that_spells_an_asking_word_without_diacritics() -> None:
    assert {"mạng", "máy", "in"} <= set(words(read("Sở mua bao nhiêu máy in nối mạng?")))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hs", ["hồ", "sơ"]),
        ("ktra", ["kiểm", "tra"]),
        ("đvtt", ["đơn", "vị", "trực", "thuộc"]),
        ("pm", ["phần", "mềm"]),
        ("bv", ["bệnh", "viện"]),
    ],
)
def test_shorthand_is_written_out(typed: str, meant: list[str]) -> None:
    assert words(read(f"Lai Châu có mấy {typed} mới?"))[: len(meant)] == meant


def test_shorthand_in_capitals_is_an_abbreviation_and_stays() -> None:
    assert "cc" in words(read("Lai Châu có mấy CC mới?"))


def test_thing_counted_and_number_announced_are_read() -> None:
    assert read("Lai Châu có bao nhiêu hồ sơ?").noun == "hồ sơ"
    assert (3, "huyện") in read("Ba huyện nào được nêu tên?").announced
    assert (14, "điểm") in read("14 điểm cầu đặt ở đâu?").announced


@pytest.mark.parametrize(
    ("text", "whole_year", "target"),
    [
        ("Cả năm 2023 tiếp nhận bao nhiêu hồ sơ?", True, False),
        ("ca nam 2023 tiep nhan bao nhieu ho so", True, False),
        ("Chỉ tiêu năm 2024 là bao nhiêu?", False, True),
        ("Năm 2023 tiếp nhận bao nhiêu hồ sơ?", False, False),
    ],
)
def test_whole_year_and_target_are_noticed(text: str, whole_year: bool, target: bool) -> None:
    asked = read(text)
    assert (asked.whole_year, asked.target) == (whole_year, target)


def test_english_question_is_searched_for_in_vietnamese() -> None:
    asked = read("How many dossiers were overdue in Lai Chau in 2023?")
    assert asked.english
    assert words(asked) == ["hồ", "sơ", "trễ", "hạn"]
    assert (asked.places, forms(asked)) == (("Lai Châu",), ["2023"])


def test_english_question_may_spell_a_place_in_vietnamese() -> None:
    assert read("What percentage of dossiers in Lai Châu were submitted online in 2023?").english


@pytest.mark.parametrize(
    "text",
    ["Who signed the report?", "Why were the dossiers late?", "Compare Lai Chau and Tra Vinh"],
)
def test_short_english_question_is_english(text: str) -> None:
    assert read(text).english


# --- places, periods, documents ---


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Kon Tum có bao nhiêu hồ sơ?", ("Kon Tum",)),
        ("kon tum co bao nhieu ho so", ("Kon Tum",)),
        ("kon tum có bao nhiêu hồ sơ?", ("Kon Tum",)),
        ("TP.HCM có bao nhiêu hồ sơ?", ("Hồ Chí Minh",)),
        ("tphcm co bao nhieu ho so", ("Hồ Chí Minh",)),
        ("Bà Rịa - Vũng Tàu có bao nhiêu hồ sơ?", ("Bà Rịa - Vũng Tàu",)),
        ("So sánh Hà Tĩnh với Bắc Ninh và Hà Tĩnh", ("Hà Tĩnh", "Bắc Ninh")),
        ("Sở Y tế có bao nhiêu hồ sơ?", ()),
    ],
)
def test_places_are_read(text: str, places: tuple[str, ...]) -> None:
    assert read(text).places == places


def test_place_that_only_the_library_knows_is_read() -> None:
    assert read("Thanh Lâm có bao nhiêu hồ sơ?", known=("Thanh Lâm",)).places == ("Thanh Lâm",)
    assert read("thanh lam co bao nhieu ho so", known=("Thanh Lâm",)).places == ("Thanh Lâm",)
    assert read("Thanh Lâm có bao nhiêu hồ sơ?").places == ()


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("Năm 2022 có bao nhiêu hồ sơ?", ["2022"]),
        ("CCHC 2022 thế nào?", ["2022"]),
        ("6 tháng đầu năm 2022 có mấy văn bản?", ["2022-H1"]),
        ("sau thang dau nam 2022 co may van ban", ["2022-H1"]),
        ("Quý I/2022 có mấy văn bản?", ["2022-Q1"]),
        ("quy 3 nam 2023 co may van ban", ["2023-Q3"]),
        ("Quí 3 năm 2023 có mấy văn bản?", ["2023-Q3"]),
        ("Tháng 11/2020 có gì mới?", ["2020-11"]),
        ("Từ ngày 15/12/2021 đến ngày 12/12/2022 có bao nhiêu hồ sơ?", ["2021-12-15/2022-12-12"]),
        ("Tính đến ngày 10/6/2022 có bao nhiêu nhà thuốc?", ["/2022-06-10"]),
        ("Giai đoạn 2021-2030 làm gì?", ["2021/2030"]),
        ("Năm 2022 so với năm 2021 tăng bao nhiêu?", ["2022", "2021"]),
        ("Có bao nhiêu hồ sơ?", []),
    ],
)
def test_periods_are_read(text: str, periods: list[str]) -> None:
    assert forms(read(text)) == periods


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Báo cáo số 1987/BC-SYT ra ngày nào?", ("1987/BC-SYT",)),
        ("Nghị quyết 30c/NQ-CP nói gì?", ("30c/NQ-CP",)),
        ("BC 124 của SYT Bắc Ninh ra ngày nào?", ("124",)),
        ("bao cao so 124 cua bac ninh ra ngay nao", ("124",)),
        ("Quyết định 554/QĐ-UBND và Kế hoạch 12/KH-SYT", ("554/QĐ-UBND", "12/KH-SYT")),
        ("Có bao nhiêu hồ sơ?", ()),
    ],
)
def test_document_numbers_are_read(text: str, numbers: tuple[str, ...]) -> None:
    assert read(text).numbers == numbers


@pytest.mark.parametrize("text", ["Kế hoạch nào nói về số hóa?", "KH nào nói về số hóa?", "ke hoach nao noi ve so hoa"])
def test_document_types_are_read_in_full_shortened_and_without_diacritics(text: str) -> None:
    assert read(text).types == ("Kế hoạch",)


# --- follow-ups ---

FIRST = "Năm 2022 Kon Tum có bao nhiêu hồ sơ trễ hạn?"


@pytest.mark.parametrize(
    ("text", "places", "periods", "new"),
    [
        ("Còn Lai Châu thì sao?", ("Lai Châu",), ["2022"], []),
        ("con lai chau thi sao", ("Lai Châu",), ["2022"], []),
        ("Thế còn năm 2021?", ("Kon Tum",), ["2021"], []),
        ("Thế lĩnh vực dược?", ("Kon Tum",), ["2022"], ["lĩnh", "vực", "dược"]),
        ("What about Lai Chau?", ("Lai Châu",), ["2022"], []),
    ],
)
def test_follow_up_takes_from_the_question_before_what_it_does_not_say(
    text: str, places: tuple[str, ...], periods: list[str], new: list[str]
) -> None:
    asked = read(text, FIRST)
    assert (asked.kind, asked.places, forms(asked)) == ("count", places, periods)
    assert set(words(asked)) >= {"hồ", "sơ", "trễ", "hạn", *new}
    assert "trễ hạn" in asked.carried


def test_follow_up_does_not_search_for_the_place_that_it_replaces() -> None:
    assert "Kon Tum" not in read("Còn Lai Châu thì sao?", FIRST).text


def test_follow_up_with_its_own_kind_keeps_it() -> None:
    asked = read("Vậy đơn vị nào phối hợp?", "Ở Bình Định ai chủ trì ban hành quy chế tài sản công?")
    assert (asked.kind, asked.places) == ("who", ("Bình Định",))
    assert {"phối", "hợp", "quy", "chế"} <= set(words(asked))


def test_follow_up_of_a_follow_up_reaches_back_to_the_question_that_stands_alone() -> None:
    asked = read("Còn năm 2021?", "Kon Tum có bao nhiêu hồ sơ trễ hạn?", "Còn Lai Châu thì sao?")
    assert (asked.kind, asked.places, forms(asked)) == ("count", ("Lai Châu",), ["2021"])
    assert "trễ hạn" in asked.carried


def test_carried_words_weigh_less_than_those_of_the_question_itself() -> None:
    weights = {term.word: term.weight for term in read("Thế lĩnh vực dược?", FIRST).terms}
    assert weights["trễ"] < weights["dược"]


def test_question_that_stands_alone_takes_nothing_over() -> None:
    asked = read("Năm 2023 ở Bình Định lĩnh vực dược tiếp nhận bao nhiêu hồ sơ nộp qua bưu chính công ích?", FIRST)
    assert (asked.places, forms(asked), asked.carried) == (("Bình Định",), ["2023"], "")
    assert "hạn" not in words(asked)


def test_what_the_assistant_said_is_not_taken_over() -> None:
    history = (Turn("user", FIRST), Turn("assistant", "Bắc Ninh có 999 máy quét năm 2019."))
    asked = understand(Question("Thế lĩnh vực dược?", history))
    assert "999" not in asked.text and "máy" not in words(asked) and asked.places == ("Kon Tum",)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CCHC góp phần phòng chống những gì?", "list"),
        ("Quy chế văn hóa công sở tại các đơn vị ban hành theo quyết định nào?", "docnumber"),
        ("Với mấy nội dung xin giảm thời gian thì giao ai đôn đốc?", "who"),
        ("Văn thư có được bóc bì không, theo Nghị định 30/2020?", "yesno"),
        ("Bệnh viện bị phát hiện thu cao hơn giá quy định của bao nhiêu lượt người?", "count"),
    ],
)
def test_kind_is_that_of_what_is_asked_last_and_as_it_is_spelled(text: str, kind: str) -> None:
    assert read(text).kind == kind


def test_year_behind_a_kind_of_document_is_the_documents() -> None:
    assert forms(read("Căn cứ nghị định năm 2010 nào của Chính phủ?")) == []
    assert forms(read("Năm 2022 có mấy hồ sơ trễ hạn?")) == ["2022"]


def test_months_are_read_in_words() -> None:
    assert forms(read("Chín tháng năm 2023 có mấy bác sĩ nghỉ việc?")) == ["2023-01-01/2023-09-30"]


def test_question_that_says_the_same_things_goes_on_with_the_place() -> None:
    asked = read(
        "Trong số hồ sơ đã giải quyết, bao nhiêu hồ sơ đúng hạn?", "Năm 2020 Cao Bằng giải quyết bao nhiêu hồ sơ?"
    )
    assert asked.places == ("Cao Bằng",)


def test_things_of_one_kind_are_told_apart() -> None:
    (row,) = read("Văn bản nào hết hiệu lực một phần?").apart
    assert "mot phan" in row[0]
    assert "toan bo" in row[1]
