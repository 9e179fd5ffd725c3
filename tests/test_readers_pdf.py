"""PDF files become lines in reading order, with pages, footnotes and tables; broken ones are refused or recognised."""

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import structure
from ingest.readers import Unreadable, layout, ocr, pdf, read, trust
from ingest.readers.layout import Page, Rule, Word
from ingest.reading import read_document


@dataclass
class Sheet:
    """A page that a test writes on, from the lower left corner."""

    content: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, said: str, size: float = 13) -> "Sheet":
        codes = "".join(f"{ord(char):04X}" for char in said)
        self.content.append(f"BT /F1 {size} Tf {x} {y} Td <{codes}> Tj ET")
        return self

    def lines(self, x: float, y: float, said: Iterable[str], size: float = 13, step: float = 18) -> "Sheet":
        for i, line in enumerate(said):
            self.text(x, y - i * step, line, size)
        return self

    def rule(self, x0: float, y0: float, x1: float, y1: float) -> "Sheet":
        self.content.append(f"{x0} {y0} m {x1} {y1} l S")
        return self


def make_pdf(sheets: Iterable[Sheet], *, lost: str = "", page: str = "") -> bytes:
    """A PDF file of pages in one font, half an em a letter; `lost` letters are drawn but its map has them not."""
    sheets = list(sheets)
    used = sorted(
        {
            chr(int(s[i : i + 4], 16))
            for sh in sheets
            for c in sh.content
            if "<" in c
            for s in [c[c.index("<") + 1 : c.index(">")]]
            for i in range(0, len(s), 4)
        }
    )
    named = [f"<{ord(c):04X}> <{0xFFFD if c in lost else ord(c):04X}>" for c in used]
    chunks = [named[i : i + 90] for i in range(0, len(named), 90)]
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /T def /CMapType 2 def "
        "1 begincodespacerange <0000> <FFFF> endcodespacerange "
        + " ".join(f"{len(chunk)} beginbfchar {' '.join(chunk)} endbfchar" for chunk in chunks)
        + " endcmap end end"
    )
    kids = " ".join(f"{7 + 2 * i} 0 R" for i in range(len(sheets)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(sheets)} >>".encode(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Times-Roman /Encoding /Identity-H /DescendantFonts [4 0 R]"
        b" /ToUnicode 6 0 R >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Times-Roman /DW 500 /FontDescriptor 5 0 R"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
        b"<< /Type /FontDescriptor /FontName /Times-Roman /Flags 4 /FontBBox [0 -200 1000 800] /Ascent 800"
        b" /Descent -200 /ItalicAngle 0 /CapHeight 700 /StemV 80 >>",
        _stream(cmap.encode()),
    ]
    for i, sheet in enumerate(sheets):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] {page} /Contents {8 + 2 * i} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(_stream("\n".join(sheet.content).encode()))
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _stream(content: bytes) -> bytes:
    packed = zlib.compress(content)
    return b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)


# 76 letters fill a line of 13 points from x=60 to x=554.
PARAGRAPH = [
    "Trong năm 2022, Sở Y tế đã tiếp nhận và giải quyết hồ sơ thủ tục hành chính ",
    "theo cơ chế một cửa, một cửa liên thông cho các tổ chức và cá nhân có nhu cầ",
    "trên địa bàn tỉnh.",
]


def test_lines_of_a_paragraph_are_joined_and_paragraphs_parted() -> None:
    sheet = Sheet().lines(60, 700, PARAGRAPH).lines(60, 630, PARAGRAPH)
    whole = " ".join(line.strip() for line in PARAGRAPH)
    assert pdf.decode(make_pdf([sheet]), "a.pdf").text.split("\n\n") == [whole, whole]


def test_pages_are_told_and_a_sentence_goes_on_over_them() -> None:
    first = Sheet().lines(60, 700, PARAGRAPH).lines(60, 100, PARAGRAPH[:2])
    second = Sheet().text(290, 810, "2").lines(60, 760, PARAGRAPH[2:]).lines(60, 700, PARAGRAPH)
    read_as = pdf.decode(make_pdf([first, second]), "a.pdf")
    assert "nhu cầ trên địa bàn tỉnh." in read_as.text
    assert [number for _, number in read_as.pages] == [1, 2]
    assert read_as.text[read_as.pages[1][0] :].startswith("trên địa bàn tỉnh.")


def test_running_heads_and_page_numbers_are_dropped() -> None:
    sheets = [
        Sheet().text(60, 815, f"BÁO CÁO CẢI CÁCH HÀNH CHÍNH {n}").lines(60, 740, PARAGRAPH).text(290, 30, f"- {n} -")
        for n in range(1, 5)
    ]
    text = pdf.decode(make_pdf(sheets), "a.pdf").text
    assert "BÁO CÁO" not in text
    assert "- 3 -" not in text
    assert text.count("Trong năm 2022") == 4


def test_head_in_two_columns_is_read_column_by_column() -> None:
    sheet = Sheet().text(70, 780, "UBND TỈNH KON TUM").text(290, 780, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
    sheet.text(100, 762, "SỞ Y TẾ").text(320, 762, "Độc lập - Tự do - Hạnh phúc")
    sheet.text(80, 735, "Số: 12/BC-SYT").text(320, 735, "Kon Tum, ngày 05 tháng 12 năm 2022")
    sheet.text(260, 690, "BÁO CÁO").lines(60, 650, PARAGRAPH)
    said = [line for line in pdf.decode(make_pdf([sheet]), "a.pdf").text.split("\n") if line]
    assert said[:7] == [
        "UBND TỈNH KON TUM",
        "SỞ Y TẾ",
        "Số: 12/BC-SYT",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Kon Tum, ngày 05 tháng 12 năm 2022",
        "BÁO CÁO",
    ]


def test_columns_of_a_newsletter_are_read_one_after_the_other() -> None:
    left = [f"cột trái dòng số {n} của bài này" for n in range(10, 30)]
    right = [f"cột phải dòng số {n} của bài này" for n in range(10, 30)]
    text = pdf.decode(make_pdf([Sheet().lines(60, 700, left).lines(330, 700, right)]), "a.pdf").text
    assert text.index("cột trái dòng số 29") < text.index("cột phải dòng số 10")


@pytest.mark.parametrize("shift", [0, 5])
def test_columns_with_a_narrow_gutter_are_told_apart_on_any_height(shift: int) -> None:
    left = [f"cột trái dòng số {n} có đủ chữ cho hết" for n in range(10, 22)]  # 37 letters, 6 points each
    right = [f"cột phải dòng số {n} có đủ chữ cho hết" for n in range(10, 22)]
    sheet = Sheet().lines(60, 760, PARAGRAPH).lines(60, 680, left, 12).lines(294, 680 - shift, right, 12)
    text = pdf.decode(make_pdf([sheet.lines(60, 420, PARAGRAPH)]), "a.pdf").text
    places = [text.index(said) for said in ("Trong năm", left[0], left[-1], right[0], right[-1])]
    assert places == sorted(places)
    assert text.rindex("Trong năm") > places[-1]


def test_table_without_rules_is_rows_where_a_column_is_all_figures() -> None:
    sheet = Sheet().text(60, 720, "Chỉ tiêu").text(300, 720, "Kết quả").text(450, 720, "Đạt")
    for n in range(10, 30):
        sheet.text(60, 900 - 20 * n, f"Chỉ tiêu số {n}").text(300, 900 - 20 * n, f"{n}.000").text(
            450, 900 - 20 * n, "98,5%"
        )
    sheet.lines(60, 280, PARAGRAPH)
    rows = [line for line in pdf.decode(make_pdf([sheet]), "a.pdf").text.split("\n") if "\t" in line]
    assert rows[:2] == ["Chỉ tiêu\tKết quả\tĐạt", "Chỉ tiêu số 10\t10.000\t98,5%"]
    assert len(rows) == 21


def test_raised_small_digits_are_footnote_calls_and_their_text_goes_to_the_end() -> None:
    sheet = Sheet().lines(60, 700, PARAGRAPH[:2]).text(60, 664, "là 13 TTHC").text(125, 670, "13", 7)
    sheet.text(133, 664, ".").lines(60, 640, PARAGRAPH)
    sheet.text(60, 105, "13", 6).text(67, 100, "Quyết định số 12/QĐ-UBND của tỉnh.", 10)
    after = Sheet().lines(60, 760, PARAGRAPH).lines(60, 700, PARAGRAPH)
    read_as = pdf.decode(make_pdf([sheet, after]), "a.pdf")
    assert "là 13 TTHC¹³." in read_as.text
    assert read_as.text.endswith("¹³ Quyết định số 12/QĐ-UBND của tỉnh.") or read_as.text.endswith(
        "¹³Quyết định số 12/QĐ-UBND của tỉnh."
    )
    assert [number for _, number in read_as.pages] == [1, 2, 1]
    notes = structure.find(read_as.text).footnotes
    assert [(note.marker, note.body.quote) for note in notes] == [("13", "Quyết định số 12/QĐ-UBND của tỉnh.")]


def test_plain_number_at_the_foot_is_a_footnote_when_the_text_calls_it() -> None:
    sheet = Sheet().lines(60, 700, PARAGRAPH[:2]).text(60, 664, "là 13 TTHC").text(125, 670, "4", 7)
    sheet.lines(60, 640, PARAGRAPH).lines(60, 115, ["4 Kế hoạch số 7/KH-SYT.", "5 không được gọi ở đâu."], 10, 14)
    notes = structure.find(pdf.decode(make_pdf([sheet]), "a.pdf").text).footnotes
    assert [(note.marker, note.body.quote.split(".")[0]) for note in notes] == [("4", "Kế hoạch số 7/KH-SYT")]


def test_number_glued_to_the_word_that_calls_a_footnote_is_raised() -> None:
    sheet = Sheet().lines(60, 700, [*PARAGRAPH[:2], "theo quy trình7, đạt mức độ 4."]).lines(60, 640, PARAGRAPH)
    noted = pdf.decode(make_pdf([sheet.text(60, 100, "7 Quy trình nội bộ của Sở.", 10)]), "a.pdf").text
    assert "theo quy trình⁷, đạt mức độ 4." in noted
    assert [note.marker for note in structure.find(noted).footnotes] == ["7"]
    without = Sheet().lines(60, 700, ["theo quy trình7, đạt mức độ 4.", *PARAGRAPH])
    assert "quy trình7" in pdf.decode(make_pdf([without]), "a.pdf").text


def test_footnote_that_goes_on_at_the_next_foot_is_whole_and_on_both_pages() -> None:
    first = Sheet().lines(60, 700, [*PARAGRAPH[:2], "theo quy định"]).text(150, 670, "1", 7).lines(60, 640, PARAGRAPH)
    first.rule(60, 130, 180, 130)
    first.lines(60, 115, ["1 Quyết định số 12/QĐ-UBND của tỉnh;", "Kế hoạch số 34/KH-"], 10, 14)
    second = Sheet().lines(60, 760, PARAGRAPH).lines(60, 700, [*PARAGRAPH[:2], "chương trình"]).text(145, 670, "2", 7)
    second.rule(60, 130, 180, 130).lines(60, 115, ["UBND của tỉnh.", "2 Chương trình số 5."], 10, 14)
    third = Sheet().lines(60, 760, PARAGRAPH).text(60, 100, "Chữ nhỏ ở chân trang khác.", 10)
    read_as = pdf.decode(make_pdf([first, second, third]), "a.pdf")
    notes = structure.find(read_as.text).footnotes
    assert [(note.marker, note.body.quote) for note in notes] == [
        ("1", "Quyết định số 12/QĐ-UBND của tỉnh; Kế hoạch số 34/KH-UBND của tỉnh."),
        ("2", "Chương trình số 5."),
    ]
    assert [number for _, number in read_as.pages] == [1, 2, 3, 1, 2]
    assert read_as.text[read_as.pages[-1][0] :].startswith("UBND của tỉnh.")


def test_passage_has_the_page_on_which_it_begins() -> None:
    sheets = [
        Sheet()
        .lines(60, 740, [f"{page}. Nội dung của trang {page} nói về việc số {page}.", ""])
        .lines(60, 700, PARAGRAPH)
        for page in (1, 2, 3)
    ]
    sheets[0].lines(60, 120, [PARAGRAPH[0], PARAGRAPH[1]])  # goes on overleaf
    sheets[1].lines(60, 780, PARAGRAPH[2:])
    sheets[1].text(60, 640, "theo kế hoạch năm").text(60 + 6.5 * 17, 646, "1", 7).text(60, 60, "1 Kế hoạch số 5.", 10)
    document = read_document("a", "a.pdf", pdf.decode(make_pdf(sheets), "a.pdf"), "")
    for chunk in document.chunks:
        own = [page for page in (1, 2, 3) if f"trang {page} " in chunk.text]
        assert own in ([], [chunk.page])
    pages = [chunk.page for chunk in document.chunks if chunk.text.startswith("Trong năm 2022")]
    assert pages == [1, 1, 2, 3]
    assert [n.marker for chunk in document.chunks if chunk.page == 2 for n in chunk.footnotes] == ["1"]


def test_letters_drawn_after_their_line_from_another_font_stand_in_their_places() -> None:
    sheet = Sheet().text(60, 700, "c").text(73, 700, "ng c").text(105.5, 700, "p")  # 6.5 points a letter
    sheet.text(66.5, 700, "u").text(99, 700, "a")
    assert pdf.decode(make_pdf([sheet]), "a.pdf").text == "cung cap"


def test_text_printed_twice_for_boldness_is_not_shuffled() -> None:
    sheet = Sheet().text(60, 700, "BÁO CÁO").text(60.4, 700, "BÁO CÁO")
    assert set(pdf.decode(make_pdf([sheet]), "a.pdf").text.split()) == {"BÁO", "CÁO"}


def test_number_cut_at_its_hyphen_by_a_line_end_is_whole() -> None:
    lines = [
        PARAGRAPH[0],
        "theo cơ chế một cửa, một cửa liên thông quy định tại Quyết định số 118/2025/QĐ-",
        "TTg về việc.",
    ]
    assert "118/2025/QĐ-TTg" in pdf.decode(make_pdf([Sheet().lines(60, 700, lines)]), "a.pdf").text


def table(y: float = 600) -> Sheet:
    """Two rows and a head; the second column's cell of the first row reaches over both rows."""
    sheet = Sheet()
    for x in (60, 100, 300, 500):
        sheet.rule(x, y, x, y - 90)
    for at in (y, y - 30, y - 90):
        sheet.rule(60, at, 500, at)
    sheet.rule(60, y - 60, 100, y - 60).rule(300, y - 60, 500, y - 60)
    sheet.text(65, y - 20, "TT", 11).text(105, y - 20, "Chỉ tiêu", 11).text(305, y - 20, "Kết quả", 11)
    sheet.text(65, y - 45, "1", 11).text(105, y - 42, "Hồ sơ giải quyết", 11).text(105, y - 56, "đúng hạn", 11)
    sheet.text(305, y - 45, "98%", 11).text(65, y - 75, "2", 11).text(305, y - 75, "2%", 11)
    return sheet


def test_ruled_table_becomes_rows_with_merged_cells_empty() -> None:
    sheet = table()
    sheet.lines(60, 760, PARAGRAPH).lines(60, 480, PARAGRAPH)
    text = pdf.decode(make_pdf([sheet]), "a.pdf").text
    rows = [line for line in text.split("\n") if "\t" in line]
    assert rows == ["TT\tChỉ tiêu\tKết quả", "1\tHồ sơ giải quyết đúng hạn\t98%", "2\t\t2%"]
    assert text.index("Trong năm") < text.index("TT\t") < text.rindex("Trong năm")


@pytest.mark.parametrize("page", ["/Rotate 180", "/CropBox [30 20 580 830]", "/Rotate 90"])
def test_shown_page_counts_not_the_stored_one(page: str) -> None:
    turned = pdf.decode(make_pdf([table()], page=page), "a.pdf").text
    assert {"TT", "98%", "2%"} <= set(turned.split())
    if "Rotate" not in page:
        assert turned == pdf.decode(make_pdf([table()]), "a.pdf").text


def test_frame_around_text_is_no_table() -> None:
    sheet = Sheet().lines(60, 700, PARAGRAPH)
    sheet.rule(50, 720, 560, 720).rule(50, 640, 560, 640).rule(50, 640, 50, 720).rule(560, 640, 560, 720)
    assert "\t" not in pdf.decode(make_pdf([sheet]), "a.pdf").text


# Text that is not as printed

LETTERS = Sheet().lines(60, 780, [*(line.upper() for line in PARAGRAPH), *PARAGRAPH] * 4, step=20)


def test_letter_that_the_map_has_lost_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def refuse(name: str) -> None:
        asked.append(name)
        raise Unreadable("cần nhận dạng chữ")

    monkeypatch.setattr(ocr, "require", refuse)
    assert pdf.decode(make_pdf([LETTERS]), "a.pdf").remarks == ()
    with pytest.raises(Unreadable, match="nhận dạng"):
        pdf.decode(make_pdf([LETTERS], lost="H"), "a.pdf")
    assert asked == ["a.pdf"]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ({"H": ""}, "thiếu chữ H"),
        ({"h": "\ue068"}, "bảng chữ"),
        ({"n": "m"}, "thiếu chữ n"),
        ({"ả": "¶", "ộ": "ébx", "ế": "Õ", "á": "¸", "ạ": "¹"}, "không phải tiếng Việt"),
    ],
)
def test_fault_names_what_cannot_be_vietnamese(damage: dict[str, str | int | None], said: str, samples: Path) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(samples.glob("*.txt")))
    assert said in (trust.fault(text.translate(str.maketrans(damage))) or "")


def test_fault_trusts_every_sample_and_english(samples: Path) -> None:
    for path in samples.glob("*.txt"):
        assert trust.fault(path.read_text(encoding="utf-8")) is None
    assert trust.fault("The quick brown fox jumps over the lazy dog again. " * 60) is None


@pytest.mark.parametrize("word", ["nghiêng", "quyết", "Thuở", "giếng", "ỦY", "đường", "khuya", "hoà", "gìn"])
def test_syllables_of_the_language_are_possible(word: str) -> None:
    assert trust.is_syllable(word)


@pytest.mark.parametrize("word", ["nh", "ctr", "nƣớc", "hfnh", "ạnhp", "zô"])
def test_other_strings_are_no_syllables(word: str) -> None:
    assert not trust.is_syllable(word)


# Bad input


@pytest.mark.parametrize("content", [b"hello", b"PK\x03\x04 abc", b"\xff\xd8\xff\xe0 jpeg"])
def test_other_file_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable, match="không phải là tệp PDF"):
        pdf.decode(content, "a.pdf")


def test_locked_file_is_refused() -> None:
    locked = make_pdf([Sheet().text(60, 700, "Bí mật")]).replace(
        b"trailer <<",
        b"trailer << /ID [<00112233445566778899AABBCCDDEEFF> <00112233445566778899AABBCCDDEEFF>] /Encrypt "
        b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> >>",
    )
    with pytest.raises(Unreadable, match="mật khẩu"):
        pdf.decode(locked, "a.pdf")


def test_empty_page_is_refused() -> None:
    with pytest.raises(Unreadable, match="Không tìm thấy chữ nào"):
        pdf.decode(make_pdf([Sheet()]), "a.pdf")


def test_too_many_pages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_PAGES", 2)
    with pytest.raises(Unreadable, match="hơn 2 trang"):
        pdf.decode(make_pdf([Sheet().text(60, 700, "Một")] * 3), "a.pdf")


def test_file_without_pages_is_refused() -> None:
    with pytest.raises(Unreadable):
        pdf.decode(make_pdf([]), "a.pdf")


@pytest.mark.parametrize("box", ["0 0 14400 14400", "0 0 1e9 1e9", "0 0 1e30 1e30", "-1e9 -1e9 1e9 1e9", "0 0 0 0"])
def test_page_of_any_size_is_read(box: str) -> None:
    content = make_pdf([Sheet().lines(60, 700, PARAGRAPH)])
    huge = content.replace(b"/MediaBox [0 0 595 842]", f"/MediaBox [{box}]".encode())
    assert "hồ sơ thủ tục" in pdf.decode(huge, "a.pdf").text


def test_scan_of_any_size_is_recognised_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels: list[int] = []

    def seen(scan: ocr.Scan) -> ocr.Recognised:
        pixels.append(scan.image.width * scan.image.height)
        return ocr.Recognised(Page(scan.number, 1, 1, (Word("chữ", 0, 0, 1, 1, 1, 1),)), 90)

    monkeypatch.setattr(ocr, "require", lambda _: None)
    monkeypatch.setattr(ocr, "_read", seen)
    image = make_pdf([Sheet(["0 0 m 9 9 l S"])]).replace(b"/MediaBox [0 0 595 842]", b"/MediaBox [0 0 14400 14400]")
    assert pdf.decode(image, "a.pdf").text == "chữ"
    assert 0 < pixels[0] <= ocr.MAX_PIXELS


def decoded_or_refused(content: bytes) -> None:
    try:
        assert pdf.decode(content, "a.pdf").text
    except Unreadable as refused:
        assert "a.pdf" in str(refused)
        assert "\n" not in str(refused)


WHOLE = make_pdf([table(), Sheet().lines(60, 700, PARAGRAPH)])


@given(st.integers(0, len(WHOLE)))
def test_truncated_file_is_read_or_refused(end: int) -> None:
    decoded_or_refused(WHOLE[:end])


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=40))
def test_damaged_file_is_read_or_refused(damage: list[tuple[int, int]]) -> None:
    content = bytearray(WHOLE)
    for at, byte in damage:
        content[at] = byte
    decoded_or_refused(bytes(content))


@given(st.binary(max_size=300))
def test_random_bytes_are_refused(content: bytes) -> None:
    decoded_or_refused(b"%PDF-1.7\n" + content)


coordinate = st.floats(-50, 900)


@given(
    st.lists(
        st.builds(
            lambda t, x, y, s: Word(t, x, y, x + 5 * len(t), y + s, y + s, s),
            st.text("ab1.¹", min_size=1, max_size=5),
            coordinate,
            coordinate,
            st.floats(0.1, 40),
        ),
        max_size=30,
    ),
    st.lists(st.builds(Rule, st.booleans(), coordinate, coordinate, coordinate), max_size=30),
)
def test_any_words_and_rules_become_text(words: list[Word], rules: list[Rule]) -> None:
    text, starts = layout.compose([Page(1, 595, 842, tuple(words), tuple(rules)), Page(2, 595, 842, tuple(words))])
    assert [n for _, n in starts][:2] == [1, 2]
    assert all(0 <= offset <= len(text) for offset, _ in starts)
    assert [offset for offset, _ in starts] == sorted(offset for offset, _ in starts)


# Real ones


def test_broken_glyph_map_of_a_decree_is_noticed_and_recognised(shared: Path) -> None:
    path = shared / "documents" / "f05_nghi_dinh_47_2020_hong_bang_ma.pdf"
    if ocr._missing() is not None:
        pytest.skip("system package: tesseract-ocr-vie")
    source = read(path)
    assert "bị hỏng" in source.decoded.remarks[0]
    for said in ("CHÍNH PHỦ", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Hạnh phúc", "QUY ĐỊNH CHUNG", "NGHỊ ĐỊNH"):
        assert said in source.text
    assert "ƣ" not in source.text
    assert len(source.decoded.pages) == 31
    assert "ngày 29 tháng 11 năm 2005" in source.text
    made = read_document("f05", path.name, source.decoded, "")
    assert (made.number, made.type, made.issuer, made.issued_on, made.signer) == (
        "47/2020/NĐ-CP",
        "Nghị định",
        "Chính phủ",
        "2020-04-09",
        "Nguyễn Xuân Phúc",
    )
    numbers = [int(found[1]) for s in made.sections if (found := re.match(r"Điều (\d+)\. ", s.path[-1]))]
    assert numbers == list(range(1, 58))
    assert sum(section.path[-1].startswith("Chương ") for section in made.sections) == 5
    assert (made.counts["footnotes"], made.counts["rows"]) == (0, 0)
    (in_force,) = [chunk for chunk in made.chunks if "có hiệu lực thi hành từ ngày 25 tháng 5 năm 2020" in chunk.text]
    assert in_force.page == 30


def test_scan_of_a_decision_is_recognised_with_its_table(shared: Path) -> None:
    path = shared / "documents" / "f02_bcdcchc_qd46_scan.pdf"
    if ocr._missing() is not None:
        pytest.skip("system package: tesseract-ocr-vie")
    source = read(path)
    assert "10 trên 10 trang" in source.decoded.remarks[0]
    assert [number for _, number in source.decoded.pages] == list(range(1, 11))
    assert "II. NỘI DUNG KI" in source.text
    rows = [line.split("\t") for line in source.text.split("\n") if "\t" in line]
    assert len(rows) >= 6
    assert all(len(row) == 4 for row in rows)
    assert "Hà Nam, Quảng Bình, Quảng Trị" in " ".join(rows[2])
    made = read_document("f02", path.name, source.decoded, "")
    # the number and the day are written by hand, and the stamp hides a word of the signer's title
    assert (made.type, made.issuer, made.period, made.signer) == (
        "Quyết định",
        "Ban Chỉ đạo cải cách hành chính của Chính phủ",
        "2021",
        "Trương Hòa Bình",
    )
    assert made.counts["tables"] == 1 and made.counts["footnotes"] == 0
    assert sum(chunk.text.startswith(f"Điều {n}.") for n in (1, 2, 3) for chunk in made.chunks) >= 2
