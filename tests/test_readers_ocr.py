"""Images of pages are recognised, with how surely; without Tesseract they are refused by the packages' names."""

import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFont

from ingest.readers import Unreadable, layout, ocr, pdf
from ingest.readers.layout import Word

FONTS = [
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    Path("/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf"),
]
LINES = [
    "BÁO CÁO",
    "Kết quả thực hiện công tác cải cách hành chính năm 2022",
    "Trong năm 2022, Sở Y tế đã tiếp nhận 913 hồ sơ thủ tục",
    "hành chính, trong đó giải quyết đúng hạn 904 hồ sơ.",
]


@pytest.fixture
def tesseract() -> None:
    if ocr._missing() is not None:
        pytest.skip("system package: tesseract-ocr-vie")


def drawn(lines: list[str] = LINES, size: tuple[int, int] = (1654, 2339), mode: str = "L") -> Image.Image:
    font = next((path for path in FONTS if path.exists()), None)
    if font is None:
        pytest.skip("system package: fonts-dejavu-core")
    image = Image.new(mode, size, "white")
    draw = ImageDraw.Draw(image)
    for i, line in enumerate(lines):
        draw.text((160, 200 + 60 * i), line, "black", ImageFont.truetype(str(font), 36))
    return image


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


@pytest.mark.usefixtures("tesseract")
@pytest.mark.parametrize(("form", "mode"), [("PNG", "L"), ("PNG", "RGBA"), ("JPEG", "RGB"), ("TIFF", "1")])
def test_image_of_a_page_is_recognised(form: str, mode: str) -> None:
    image = drawn(mode="RGB" if mode == "RGBA" else mode).convert(mode)
    decoded = ocr.decode(saved(image, form), f"trang.{form.lower()}")
    assert "Kết quả thực hiện công tác cải cách hành chính năm 2022" in decoded.text
    assert "913 hồ sơ" in decoded.text
    assert decoded.pages == ((0, 1),)
    assert not any("kém" in remark for remark in decoded.remarks)


@pytest.mark.usefixtures("tesseract")
def test_pages_of_a_tiff_are_kept_apart() -> None:
    content = saved(drawn(), "TIFF", save_all=True, append_images=[drawn(["Trang hai nói về thủ tục hành chính"])])
    decoded = ocr.decode(content, "a.tif")
    assert [number for _, number in decoded.pages] == [1, 2]
    assert decoded.text[decoded.pages[1][0] :].startswith("Trang hai")


@pytest.mark.usefixtures("tesseract")
def test_page_that_lies_upside_down_is_turned() -> None:
    image = drawn(LINES * 4).transpose(Image.Transpose.ROTATE_180)
    assert "cải cách hành chính" in ocr.decode(saved(image, "PNG"), "a.png").text


@pytest.mark.usefixtures("tesseract")
def test_red_stamp_is_left_out() -> None:
    stamp = Image.new("RGB", (1654, 2339), "white")
    ImageDraw.Draw(stamp).ellipse((300, 150, 700, 450), outline=(220, 30, 30), width=14)
    image = ImageChops.multiply(drawn(mode="RGB"), stamp)
    assert "Kết quả thực hiện công tác cải cách hành chính năm 2022" in ocr.decode(saved(image, "PNG"), "a.png").text


@pytest.mark.usefixtures("tesseract")
def test_ruled_table_in_an_image_becomes_rows() -> None:
    image = drawn([])
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(next(path for path in FONTS if path.exists())), 32)
    for y in (300, 380, 460, 540):
        draw.line((150, y, 1500, y), "black", 3)
    for x in (150, 230, 800, 1500):
        draw.line((x, 300, x, 540), "black", 3)
    cells = [("TT", "Chỉ tiêu", "Kết quả"), ("1", "Hồ sơ đúng hạn", "904 hồ sơ"), ("2", "Hồ sơ trễ hạn", "9 hồ sơ")]
    for i, row in enumerate(cells):
        for x, cell in zip((175, 250, 820), row, strict=True):
            draw.text((x, 318 + 80 * i), cell, "black", font)
    assert ocr.decode(saved(image, "PNG"), "a.png").text.split("\n") == ["\t".join(row) for row in cells]


@pytest.mark.usefixtures("tesseract")
def test_scanned_pdf_is_recognised_page_by_page() -> None:
    content = saved(drawn(), "PDF", resolution=200, save_all=True, append_images=[drawn(LINES[1:])])
    decoded = pdf.decode(content, "quet.pdf")
    assert decoded.remarks == ("Đã nhận dạng chữ từ ảnh (2 trên 2 trang).",)
    assert decoded.text.count("913 hồ sơ") == 2
    assert [number for _, number in decoded.pages] == [1, 2]


def covered(content: bytes, left: int, bottom: int, right: int, top: int) -> bytes:
    """A PDF file with a black box drawn over its first page."""
    document = pdfium.PdfDocument(content)
    page = document[0]
    box = raw.FPDFPageObj_CreateNewRect(left, bottom, right - left, top - bottom)
    raw.FPDFPath_SetDrawMode(box, raw.FPDF_FILLMODE_ALTERNATE, 0)
    raw.FPDFPage_InsertObject(page, box)
    page.gen_content()
    out = io.BytesIO()
    document.save(out)
    document.close()
    return out.getvalue()


@pytest.mark.usefixtures("tesseract")
def test_watermark_drawn_over_a_scan_is_taken_off() -> None:
    content = covered(saved(drawn(), "PDF", resolution=200), 50, 600, 400, 775)
    assert "Kết quả thực hiện công tác cải cách hành chính năm 2022" in pdf.decode(content, "quet.pdf").text


def table(*words: tuple[str, int, int, int]) -> str:
    """What Tesseract says of words on a line: (text, left, width, confidence)."""
    rows = [f"5\t1\t1\t1\t1\t{i}\t{x}\t100\t{w}\t30\t{sure}\t{text}" for i, (text, x, w, sure) in enumerate(words)]
    return "\n".join(["level", *rows])


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ([("năm", 100, 60, 95), ("202", 180, 60, 95), ("|", 238, 5, 80)], ["năm", "2021"]),
        ([("năm", 100, 60, 95), ("202", 180, 60, 95), ("|", 280, 5, 80)], ["năm", "202"]),
        ([("Hà", 100, 60, 95), ("|", 162, 5, 80)], ["Hà"]),
    ],
)
def test_bar_that_touches_a_number_is_a_one(words: list[tuple[str, int, int, int]], read: list[str]) -> None:
    assert [word.text for word, _ in ocr._words(table(*words), 0.36)] == read


@pytest.mark.parametrize(("sure", "mended", "doubtful"), [(93, 0, ()), (61, 0, (1,)), (93, 4, (1,)), (None, 0, ())])
def test_page_is_doubtful_when_little_was_sure_or_much_was_mended(
    sure: int | None, mended: int, doubtful: tuple[int, ...]
) -> None:
    page = layout.Page(1, 595, 842, (Word("chữ", 0, 0, 1, 1, 1, 1),) * 100)
    assert ocr.doubtful([ocr.Recognised(page, sure, mended)]) == doubtful


def test_remarks_say_how_many_words_were_mended() -> None:
    pages = [ocr.Recognised(layout.Page(n, 595, 842, ()), 93, n) for n in (1, 2)]
    assert ocr.remarks(pages) == ["Đã sửa 3 chữ nhận dạng sai dấu hoặc nét, xét theo chữ đứng liền."]


@pytest.mark.usefixtures("tesseract")
def test_image_without_letters_is_refused() -> None:
    with pytest.raises(Unreadable, match="chữ nào"):
        ocr.decode(saved(Image.new("L", (1654, 2339), "white"), "PNG"), "trang.png")


def test_remarks_name_pages_that_were_read_badly() -> None:
    pages = [layout.Page(n, 595, 842, ()) for n in (1, 2, 3)]
    read = [ocr.Recognised(page, sure) for page, sure in zip(pages, (93, None, 61), strict=True)]
    assert ocr.remarks(read) == [
        "trang 2: không nhận dạng được chữ nào.",
        "trang 3: nhận dạng chữ kém (61%).",
    ]


def test_missing_program_is_told_by_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(Unreadable, match="tesseract-ocr và tesseract-ocr-vie"):
        ocr.decode(saved(Image.new("L", (50, 50), "white"), "PNG"), "a.png")


def test_missing_language_is_told_by_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "/bin/true")
    monkeypatch.setattr(ocr, "_languages", lambda _: frozenset({"eng"}))
    with pytest.raises(Unreadable, match="dữ liệu tiếng Việt"):
        ocr.decode(saved(Image.new("L", (50, 50), "white"), "PNG"), "a.png")


def test_page_that_takes_too_long_has_no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("tesseract", 60)

    monkeypatch.setattr(ocr, "require", lambda _: None)
    monkeypatch.setattr(subprocess, "run", late)
    scan = ocr.Scan(1, Image.new("L", (300, 300), "white"))
    assert [each.confidence for each in ocr.recognise([scan], "a.png")] == [None]


def test_large_image_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "require", lambda _: None)
    monkeypatch.setattr(ocr, "MAX_PIXELS", 10_000)
    with pytest.raises(Unreadable, match="triệu điểm"):
        ocr.decode(saved(Image.new("1", (1000, 1000)), "PNG"), "a.png")


@pytest.mark.parametrize(
    ("seen", "known", "taken"),
    [
        ("kêt", "kết", "kết"),
        ("lÌ", "11", "11"),
        ("Hạnh", "ạnh", "Hạnh"),  # a letter short: the file's map has lost it
        ("nước", "nƣớc", "nước"),
        ("2013", "2018", "2013"),
        ("CHÍNH", "C N P", "CHÍNH"),
    ],
)
def test_file_is_believed_where_the_image_agrees(seen: str, known: str, taken: str) -> None:
    box = 10.0, 10.0, 60.0, 24.0, 22.0, 13.0
    assert [word.text for word in ocr._confirmed(Word(seen, *box), [Word(known, *box)])] == [taken]


@pytest.mark.parametrize(
    ("seen", "known", "taken"),
    [
        ("ChươngH", ["Chương", "III"], ["Chương", "III"]),
        ("Mục]", ["Mục", "1"], ["Mục", "1"]),
        ("V_", ["V"], ["V"]),
        ("CHUNG", ["C", "UNG"], ["CHUNG"]),
        ("Đội13", ["ội", "13"], ["Đội13"]),  # the file has lost a letter: what it has is not believed
    ],
)
def test_number_glued_to_a_word_is_parted_where_the_file_has_both(
    seen: str, known: list[str], taken: list[str]
) -> None:
    words = [Word(text, 10 + 40.0 * i, 10, 40 + 40.0 * i, 24, 22, 13) for i, text in enumerate(known)]
    read = ocr._confirmed(Word(seen, 10, 10, 90, 24, 22, 13), words)
    assert [word.text for word in read] == taken


@pytest.mark.parametrize(
    ("known", "added"),
    [
        (["Chương", "IV"], ["Chương", "IV"]),
        (["QUY", "ĐỊN", "C", "UNG"], []),  # letters are missing
        (["đã", "đọc"], []),  # no ink: it is hidden
    ],
)
def test_line_that_was_passed_over_is_taken_from_the_file(known: list[str], added: list[str]) -> None:
    dots = np.full((200, 800), 255, np.uint8)
    dots[100:120:2, 100:] = 0
    at = 40.0 if "đã" not in known else 10.0
    words = [Word(text, 60 + 40.0 * i, at, 95 + 40.0 * i, at + 10, at + 8, 13) for i, text in enumerate(known)]
    assert [word.text for word in ocr._unseen(words, [], dots, 180)] == added
    assert ocr._unseen(words, words[:1], dots, 180) == []


WHOLE = saved(Image.effect_noise((60, 60), 40), "PNG")


@given(st.one_of(st.binary(max_size=300), st.integers(0, len(WHOLE) // 2).map(lambda end: WHOLE[:end])))
def test_random_and_truncated_images_are_refused(content: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        list(ocr._frames(content, "a.png"))
    assert "a.png" in str(refused.value)
