"""One spelling for writing and searching: normal form, folding, tokens, sentences."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbench import Form, steady

from vectorstore.vietnamese import (
    abbreviations,
    fold,
    has_diacritics,
    normalize,
    read_table,
    sentences,
    syllables,
    tokens,
)

both_forms = pytest.mark.parametrize("form", ["NFC", "NFD"])


@both_forms
def test_tokens_keep_one_letter_syllables(form: Form) -> None:
    assert tokens(unicodedata.normalize(form, "Ý kiến ở cơ sở")) == ["ý", "kiến", "ở", "cơ", "sở"]


@both_forms
def test_tokens_keep_numbers_and_document_numbers_whole(form: Form) -> None:
    text = unicodedata.normalize(form, "Báo cáo 1987/BC-SYT: đạt 97,5% của 1.852 người, 10/10 huyện")
    assert tokens(text) == ["báo", "cáo", "1987/bc-syt", "đạt", "97,5", "%", "của", "1.852", "người", "10/10", "huyện"]


@both_forms
@pytest.mark.parametrize(
    ("one", "other"),
    [("hoà", "hòa"), ("khoẻ", "khỏe"), ("thuỷ", "thủy"), ("HUỶ", "hủy"), ("toà", "tòa"), ("loè", "lòe")],
)
def test_tokens_have_one_place_for_the_tone(one: str, other: str, form: Form) -> None:
    assert tokens(unicodedata.normalize(form, one)) == tokens(other) == [other]


@pytest.mark.parametrize(
    "word", ["quý", "quỹ", "quỷ", "hoàn", "toán", "khuỷu", "huỳnh", "của", "hỏi", "hoặc", "ngoặt", "hoạt"]
)
def test_tokens_leave_a_tone_that_has_no_other_place(word: str) -> None:
    assert tokens(word) == [word]


@both_forms
def test_fold_leaves_no_mark(form: Form) -> None:
    assert fold(unicodedata.normalize(form, "ĐÚNG hạn Ở Đắk Lắk, ý kiến")) == "dung han o dak lak, y kien"


@steady
@given(st.text(st.sampled_from("aăâbcdđeêghiklmnoôơpqrstuưvxyAĐÊ àảãáạỳỷỹýỵ0123/-.,"), max_size=50))
def test_fold_keeps_the_place_of_each_letter(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


@both_forms
def test_normalize_gives_composed_letters_and_plain_line_ends(form: Form) -> None:
    raw = "\ufeff" + unicodedata.normalize(form, "Sở Y_tế\r\nthủ_tục hành_chính\rhết _ a_")
    assert normalize(raw) == "Sở Y tế\nthủ tục hành chính\nhết _ a_"


@steady
@given(st.text())
def test_normalize_is_done_once(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


@pytest.mark.parametrize(
    ("text", "accented"), [("co bao nhieu ho so", False), ("có bao nhieu", True), ("đi", True), ("12%", False)]
)
def test_accents_are_noticed(text: str, accented: bool) -> None:
    assert has_diacritics(text) is accented


def test_syllables_stand_where_they_say() -> None:
    text = "Sở Y tế: 1987/BC-SYT, đạt 97,5%"
    found = syllables(text)
    assert [word for word, _, _ in found] == ["sở", "y", "tế", "1987", "bc", "syt", "đạt", "97,5", "%"]
    assert all(text[start:end].lower() == word for word, start, end in found)


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def test_sentences_end_at_their_marks() -> None:
    assert cut("Sở nhận 12 hồ sơ. Trễ hạn: 0. Còn lại… Không có!") == [
        "Sở nhận 12 hồ sơ.",
        "Trễ hạn: 0.",
        "Còn lại…",
        "Không có!",
    ]


@pytest.mark.parametrize(
    "whole",
    [
        "Sở Y tế TP. Hồ Chí Minh đã làm.",
        "Giao cho GS. Trần Văn A. Bình phụ trách.",
        "6.3. Kết quả xây dựng",
        "II. KẾT QUẢ",
        "a. Nhận hồ sơ",
        "Đạt 1.852 người, tăng 2.5 lần",
        "Gồm máy tính, máy in, v.v. Tất cả là mới",
        "Quyết định số 12/QĐ-TTg của TT. Chính phủ",
    ],
)
def test_abbreviation_initial_or_heading_number_ends_no_sentence(whole: str) -> None:
    assert cut(whole) == [whole]


@steady
@given(st.text(st.sampled_from('Aaế1 .!?…"”)-;:'), max_size=60).map(str.strip))
def test_sentences_cover_the_text_in_order(text: str) -> None:
    at = 0
    for start, end in sentences(text):
        assert at <= start < end <= len(text)
        assert not text[at:start].strip()
        at = end
    assert not text[at:].strip()


@pytest.mark.parametrize(
    "name",
    [
        "abbreviations.tsv",
        "bodies.tsv",
        "body_kinds.tsv",
        "document_types.tsv",
        "english.tsv",
        "not_places.tsv",
        "provinces.tsv",
        "roles.tsv",
        "synonyms.tsv",
        "units.tsv",
    ],
)
def test_word_lists_are_composed_and_name_their_origin(name: str) -> None:
    rows = read_table(name)
    assert rows
    assert all(cell == unicodedata.normalize("NFC", cell) for row in rows for cell in row)
    assert not any(row[0].startswith("#") for row in rows)


def test_abbreviations_are_found_without_case_and_accents() -> None:
    assert abbreviations()["tthc"] == "thủ tục hành chính"
    assert abbreviations()[fold("HĐND")] == "hội đồng nhân dân"
