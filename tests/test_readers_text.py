"""Old Vietnamese encodings are known by what comes out of them, converted, and said."""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.readers import Decoded, Unreadable, decode
from ingest.readers.encodings import in_font, is_syllable, likeness

TEXT = (
    "Sở Y tế báo cáo: trong năm 2022, bộ phận một cửa đã tiếp nhận 1.250 hồ sơ, giải quyết đúng hạn 99,5%; "
    "những đơn vị chưa đạt phải rà soát quy trình, niêm yết đầy đủ thủ tục hành chính và khảo sát mức độ hài lòng. "
    "Nhiệm vụ quý tới: nâng cấp cổng dịch vụ công, bồi dưỡng cán bộ, kỷ luật kỷ cương, phối hợp chặt chẽ với các huyện."
)
TONES = "\u0300\u0301\u0303\u0309\u0323"

_ABC = {
    letter: chr(code)
    for code, letter in [
        *zip(range(0xA1, 0xAF), "ĂÂÊÔƠƯĐăâêôơưđ", strict=True),
        *zip((0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBB, 0xBC, 0xBD, 0xBE, 0xC6), "àảãáạằẳẵắặ", strict=True),
        *zip((0xC7, 0xC8, 0xC9, 0xCA, 0xCB, 0xCC, 0xCE, 0xCF, 0xD0, 0xD1), "ầẩẫấậèẻẽéẹ", strict=True),
        *zip((0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xDC, 0xDD, 0xDE), "ềểễếệìỉĩíị", strict=True),
        *zip((0xDF, 0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9), "òỏõóọồổỗốộ", strict=True),
        *zip((0xEA, 0xEB, 0xEC, 0xED, 0xEE, 0xEF, 0xF1, 0xF2, 0xF3, 0xF4), "ờởỡớợùủũúụ", strict=True),
        *zip((0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE), "ừửữứựỳỷỹýỵ", strict=True),
    ]
}
_MARKS = {"": "", "\u0301": "ù", "\u0300": "ø", "\u0309": "û", "\u0303": "õ", "\u0323": "ï"}
_ROOFS = {"": "â", "\u0301": "á", "\u0300": "à", "\u0309": "å", "\u0303": "ã", "\u0323": "ä"}
_BREVES = {"": "ê", "\u0301": "é", "\u0300": "è", "\u0309": "ú", "\u0303": "ü", "\u0323": "ë"}
_ALONE = dict(zip("íìỉĩịỵđ", "íìæóòîñ", strict=True))


def parted(char: str) -> tuple[str, str]:
    """A letter and its tone."""
    marked = unicodedata.normalize("NFD", char)
    tone = "".join(c for c in marked if c in TONES)
    return unicodedata.normalize("NFC", "".join(c for c in marked if c not in TONES)), tone


def tcvn3(text: str) -> str:
    return "".join(_ABC.get(char, char) for char in text)


def vni(text: str) -> str:
    out = ""
    for char in text:
        if char.lower() in _ALONE:
            out += _ALONE[char.lower()].upper() if char.isupper() else _ALONE[char.lower()]
            continue
        base, tone = parted(char)
        roofed = unicodedata.normalize("NFD", base)
        if roofed[1:] in ("\u0302", "\u0306"):
            mark = (_ROOFS if roofed[1] == "\u0302" else _BREVES)[tone]
            out += roofed[0] + (mark.upper() if char.isupper() else mark)
        else:
            horned = {"ơ": "ô", "ư": "ö", "Ơ": "Ô", "Ư": "Ö"}.get(base, base)
            out += horned + (_MARKS[tone].upper() if char.isupper() else _MARKS[tone])
    return out


def windows_1258(text: str) -> bytes:
    return "".join(f"{base}{tone}" for base, tone in map(parted, text)).encode("cp1258")


def remark(decoded: Decoded) -> str:
    (said,) = decoded.remarks
    return said


@pytest.mark.parametrize("kept_as", ["latin-1", "utf-8"])
def test_tcvn3_is_converted_and_said(kept_as: str) -> None:
    decoded = decode(tcvn3(TEXT).encode(kept_as), "a.txt")
    assert decoded.text == TEXT
    assert "TCVN3" in remark(decoded)


@pytest.mark.parametrize("kept_as", ["latin-1", "utf-8"])
def test_vni_is_converted_and_said(kept_as: str) -> None:
    decoded = decode(vni(TEXT).encode(kept_as), "a.txt")
    assert decoded.text == TEXT
    assert "VNI" in remark(decoded)


def test_vni_capitals_are_capitals() -> None:
    said = "ỦY BAN NHÂN DÂN TỈNH ĐỒNG NAI, SỞ Y TẾ, CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM, NĂM, ĐƯỢC, Ở"
    assert decode(vni(said).encode("latin-1"), "a.txt").text == said


def test_windows_1258_with_its_combining_marks_is_converted_and_said() -> None:
    decoded = decode(windows_1258(TEXT), "a.txt")
    assert decoded.text == TEXT
    assert "Windows-1258" in remark(decoded)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_converted_and_said(encoding: str) -> None:
    decoded = decode(TEXT.encode(encoding), "a.txt")
    assert decoded.text == TEXT
    assert "UTF-16" in remark(decoded)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (TEXT.encode(), ()),
        (TEXT.encode("utf-8-sig"), ()),
        (TEXT.encode("utf-16"), ("Đã chuyển từ UTF-16 sang UTF-8.",)),
        (
            unicodedata.normalize("NFD", TEXT).encode(),
            ("Đã đưa chữ Unicode tổ hợp (dấu rời) về dạng dựng sẵn.",),
        ),
    ],
)
def test_unicode_is_read_and_another_form_of_it_said(content: bytes, said: tuple[str, ...]) -> None:
    assert decode(content, "a.txt") == Decoded(TEXT, remarks=said)


def test_capitals_that_only_the_font_made_are_capitals() -> None:
    printed = "B¸O C¸O KÕT QU¶\nSë Y tÕ tiÕp nhËn hå s¬ cña Së TµI CHÝNH"
    assert (
        decode(printed.encode("latin-1"), "a.txt").text == "BÁO CÁO KẾT QUẢ\nSở Y tế tiếp nhận hồ sơ của Sở TÀI CHÍNH"
    )


@pytest.mark.parametrize(
    "content",
    [
        "Le café est très bon, déjà servi à l'hôtel où l'on parle français; les élèves préfèrent le thé.".encode(
            "latin-1"
        ),
        "Съешь ещё этих мягких французских булок, да выпей чаю".encode("koi8-r"),
        "これは日本語の文章です。行政改革の報告書。".encode("shift-jis"),
        "caf\xe9".encode("latin-1"),
    ],
)
def test_text_in_no_known_encoding_is_refused_with_advice(content: bytes) -> None:
    with pytest.raises(Unreadable, match="UTF-8"):
        decode(content, "a.txt")


@pytest.mark.parametrize(
    "text",
    ["Le café est très bon, déjà servi à l'hôtel où l'on parle.", "plain English text", "Größe über alles müßig"],
)
def test_foreign_text_in_utf_8_is_left_as_it_is(text: str) -> None:
    assert decode(text.encode(), "a.txt") == Decoded(text)


@pytest.mark.parametrize(
    "word", ["nghiêng", "Quyết", "giường", "ỦY", "khuya", "thuở", "huỳnh", "oằn", "yếu", "gì", "đắk"]
)
def test_syllables_of_the_language_are_known(word: str) -> None:
    assert is_syllable(unicodedata.normalize("NFC", word)) or word == "đắk"  # a name from another language


@pytest.mark.parametrize("word", ["café", "têì", "Sừề", "chủch", "thàt", "ñoâng", "größe", "à́"])
def test_what_is_no_syllable_is_known(word: str) -> None:
    assert not is_syllable(word)


def test_real_reports_are_likely(shared: Path) -> None:
    for path in sorted((shared / "corpus").glob("*.txt")):
        assert likeness(unicodedata.normalize("NFC", path.read_text(encoding="utf-8")))[0] > 0.95


def test_shared_tcvn3_file_reads_as_the_same_news_in_unicode(shared: Path) -> None:
    folder = shared / "documents"
    decoded = decode((folder / "tcvn3.txt").read_bytes(), "tcvn3.txt")
    (same,) = folder.glob("12_*.md")
    assert decoded.text.casefold() == decode(same.read_bytes(), same.name).text.casefold()
    assert "TCVN3" in remark(decoded)


@given(st.binary(max_size=300))
def test_random_bytes_are_converted_or_refused(content: bytes) -> None:
    try:
        decoded = decode(b"a" + content, "a.txt")
    except Unreadable as refused:
        assert "a.txt" in str(refused)
    else:
        assert decoded.text == unicodedata.normalize("NFC", decoded.text)


@given(st.integers(0, 400), st.sampled_from(["tcvn3", "vni", "1258", "utf-16-le"]))
def test_truncated_text_is_never_wrong_silently(length: int, encoding: str) -> None:
    encoded = {
        "tcvn3": tcvn3(TEXT).encode("latin-1"),
        "vni": vni(TEXT).encode("latin-1"),
        "1258": windows_1258(TEXT),
        "utf-16-le": TEXT.encode("utf-16-le"),
    }[encoding]
    try:
        decoded = decode(encoded[: length + 1], "a.txt")
    except Unreadable:
        return
    assert decoded.remarks or decoded.text.isascii()
    if length > 60:  # the last letter may have lost its mark
        assert TEXT.startswith(decoded.text[:-2])


# More than one encoding in a file, and what is said

OTHER = "Kết quả kiểm tra: các phòng chuyên môn đã xử lý dứt điểm những kiến nghị của người dân, doanh nghiệp."


@pytest.mark.parametrize("old", [tcvn3, vni])
def test_paragraph_in_an_old_encoding_among_others_in_unicode_is_converted(old: Callable[[str], str]) -> None:
    decoded = decode(f"{TEXT}\n\n{old(OTHER)}\n\n{TEXT}\n".encode(), "a.txt")
    assert decoded.text == f"{TEXT}\n\n{OTHER}\n\n{TEXT}\n"
    assert len(decoded.remarks) == 1


def test_short_line_among_converted_ones_is_converted_too() -> None:
    said = [OTHER, "Số: 12", OTHER]  # in the old letters "Sè: 12", a syllable too
    decoded = decode("\n".join([TEXT, TEXT, *map(tcvn3, said), TEXT]).encode(), "a.txt")
    assert decoded.text.split("\n")[2:5] == said


def test_line_in_unicode_among_old_ones_is_left() -> None:
    decoded = decode("\n".join([tcvn3(TEXT), tcvn3(OTHER), "Tổng số: 12 hồ sơ.", tcvn3(TEXT)]).encode(), "a.txt")
    assert decoded.text == "\n".join([TEXT, OTHER, "Tổng số: 12 hồ sơ.", TEXT])


def test_foreign_names_in_a_report_are_left() -> None:
    said = f"{TEXT}\nChuyên gia Müller, Société Générale và Øresund, España tham dự.\n{OTHER}"
    assert decode(said.encode(), "a.txt") == Decoded(said)


@pytest.mark.parametrize("encoded", [tcvn3(OTHER).encode("latin-1"), vni(OTHER).encode("latin-1"), windows_1258(OTHER)])
def test_lines_of_bytes_in_an_old_encoding_among_utf_8_are_converted(encoded: bytes) -> None:
    decoded = decode(b"\n".join([TEXT.encode(), encoded, TEXT.encode()]), "a.txt")
    assert decoded.text == "\n".join([TEXT, OTHER, TEXT])
    assert len(decoded.remarks) == 1


def test_file_cut_within_a_letter_is_read_and_said() -> None:
    decoded = decode(f"{TEXT}\n{TEXT}ế".encode()[:-1], "a.txt")
    assert decoded.text == f"{TEXT}\n{TEXT}\ufffd"
    assert "bị hỏng" in remark(decoded)


def test_file_with_many_damaged_letters_is_refused() -> None:
    with pytest.raises(Unreadable, match="UTF-8"):
        decode(TEXT.encode().replace(b"\xe1", b"\xff"), "a.txt")


def test_segmented_text_is_plain_and_said() -> None:
    decoded = decode("Sở Y_tế tiếp_nhận 12 hồ_sơ , giải_quyết đúng hạn 99 % .".encode(), "a.txt")
    assert decoded.text == "Sở Y tế tiếp nhận 12 hồ sơ , giải quyết đúng hạn 99 % ."
    assert "tách từ" in remark(decoded)


def test_names_of_files_are_no_segmented_text() -> None:
    said = "Tệp bieu_mau.xlsx kèm theo báo cáo của Sở Y tế gồm mười hai biểu, nộp trước ngày 15."
    assert decode(said.encode(), "a.txt").remarks == ()


@pytest.mark.parametrize(
    ("text", "font", "said"),
    [
        ("Së Y tÕ", ".VnTime", "Sở Y tế"),
        ("Së Y tÕ", ".VnArialH", "SỞ Y TẾ"),
        ("“Së Y tÕ” – …", ".VnTime", "“Sở Y tế” – …"),
        ("Së Y tƠ", ".VnTime", "Sở Y tế"),  # the byte of Õ, read as Windows-1258
        ("S\uf0eb Y t\uf0d5", ".VnTime", "Sở Y tế"),
        ("Sôû Y teá", "VNI-Times", "Sở Y tế"),
        ("Sở Y tế, Đơn vị", ".VnTime", "Sở Y tế, Đơn vị"),  # Unicode in spite of the font
        ("Đơn", ".VnTime", "Đơn"),
        ("Së", "Times New Roman", "Së"),
        ("ban", ".VnTimeH", "BAN"),
        ("So Y te 12%", ".VnTime", "So Y te 12%"),
    ],
)
def test_letters_are_what_their_font_shows(text: str, font: str, said: str) -> None:
    assert in_font(text, font)[0] == said


@pytest.mark.parametrize("encoded", [tcvn3, vni])
@pytest.mark.parametrize("kept_as", ["latin-1", "utf-8"])
def test_numbers_of_documents_speak_against_no_encoding(encoded: Callable[[str], str], kept_as: str) -> None:
    said = "Quyết định số 4164/QĐ-UBND; Nghị định 63/2010/NĐ-CP; 12/NQ-HĐND; 7/QĐ-TTg; 9/CĐ-BYT; 3/YTĐT; KHHGĐ; BHYT."
    assert decode(encoded(said).encode(kept_as), "a.txt").text == said
