"""PDF files: their text by its place on the page; pages without a text that can be trusted are recognised instead."""

from __future__ import annotations

import ctypes
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from ingest.readers import layout, ocr, trust
from ingest.readers.forms import Decoded, Unreadable
from ingest.readers.layout import SUPERSCRIPTS, Page, Rule, Word

MAX_PAGES = 2_000
MAX_CHARACTERS = 20_000_000
_MAX_OBJECTS = 30_000  # a page's drawings that are looked at for table rules

_HYPHENS = {0x02, 0xAD, 0xFFFE}  # what PDFium makes of a hyphen at a line end, as if a word were parted there
_FEW = 10  # letters of a page that has no text
_STAMPED = 250  # letters of a page that is an image with a line printed over it, as signing programs do


def decode(content: bytes, name: str) -> Decoded:
    """The text of a PDF file, its lines in reading order; one file at a time, PDFium knows no threads.

    Raises:
        Unreadable: no PDF, broken, locked with a password, too long; or it needs recognition, which is not installed.
    """
    if b"%PDF" not in content[:1024]:
        raise Unreadable(f"«{name}» không phải là tệp PDF; hãy kiểm tra phần mở rộng của tệp rồi nạp lại.")
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise Unreadable(f"«{name}» bị khoá bằng mật khẩu; hãy bỏ mật khẩu rồi nạp lại.") from error
        raise _broken(name) from error
    try:
        return _read(document, name)
    except (pdfium.PdfiumError, ValueError, ctypes.ArgumentError, OverflowError) as error:
        raise _broken(name) from error
    finally:
        document.close()


def _broken(name: str) -> Unreadable:
    return Unreadable(
        f"«{name}» là tệp PDF bị hỏng; hãy mở bằng trình đọc PDF, lưu (in) lại thành tệp mới rồi nạp lại."
    )


def _read(document: pdfium.PdfDocument, name: str) -> Decoded:
    count = len(document)
    if count > MAX_PAGES:
        raise Unreadable(f"«{name}» có hơn {MAX_PAGES} trang; hãy tách thành nhiều tệp nhỏ hơn.")
    pages: list[Page] = []
    faults: list[Fault] = []
    characters = 0
    for index in range(count):
        page, fault = _page(document, index)
        pages.append(page)
        faults.append(fault)
        characters += sum(len(word.text) for word in page.words)
        if characters > MAX_CHARACTERS:
            raise Unreadable(f"«{name}» có quá nhiều chữ; hãy tách thành nhiều tệp nhỏ hơn.")
    said = " ".join(word.text for page, fault in zip(pages, faults, strict=True) if not fault for word in page.words)
    wrong = trust.fault(said)
    if wrong is not None:
        faults = [fault or "broken" for fault in faults]
    remarks: list[str] = []
    if broken := faults.count("broken"):
        why = wrong or "có nét chữ mà không có chữ"
        remarks.append(
            f"Lớp chữ của tệp PDF bị hỏng ({why}) nên đã đọc lại {broken} trên {count} trang bằng nhận dạng chữ."
        )
    if images := faults.count("image"):
        remarks.append(f"Đã nhận dạng chữ từ ảnh ({images} trên {count} trang).")
    read = _recognise(document, name, pages, [index for index, fault in enumerate(faults) if fault])
    text, starts = layout.compose(pages)
    if not any(char.isalpha() for char in text):
        raise Unreadable(f"Không tìm thấy chữ nào trong «{name}»; hãy quét lại rõ hơn hoặc nạp bản có chữ.")
    return Decoded(text, starts, (*remarks, *ocr.remarks(read)), ocr.confidences(read), ocr.doubtful(read))


def _recognise(document: pdfium.PdfDocument, name: str, pages: list[Page], images: list[int]) -> list[ocr.Recognised]:
    """Replace pages by what is recognised on them, in place; what was."""
    if not images:
        return []
    if len(images) > ocr.MAX_PAGES:
        raise Unreadable(
            f"«{name}» có {len(images)} trang phải nhận dạng chữ, nhiều hơn {ocr.MAX_PAGES}; hãy tách thành nhiều tệp."
        )
    read = []
    for index, each in zip(images, ocr.recognise(_scans(document, pages, images), name), strict=False):
        if each.page.words:
            pages[index] = each.page
        read.append(each)
    return read


def _scans(document: pdfium.PdfDocument, pages: list[Page], images: list[int]) -> Iterator[ocr.Scan]:
    for index in images:
        page = document[index]
        width, height = page.get_size()
        _uncover(page, width * height)
        scale = min(ocr.DPI / 72, (ocr.MAX_PIXELS / 2 / max(width * height, 1.0)) ** 0.5)
        bitmap = page.render(scale=scale, draw_annots=False, may_draw_forms=False, rev_byteorder=True)
        image = ocr.grey(bitmap.to_pil())
        image.load()
        bitmap.close()
        page.close()
        yield ocr.Scan(pages[index].number, image, scale * 72, pages[index].words)


def _uncover(page: pdfium.PdfPage, area: float) -> None:
    """Take what is only drawn off a page that is an image, such as the watermark of a portal: it hides what was
    scanned. Stamps with text or an image of their own stay."""
    parts: list[tuple[pdfium.PdfObject, set[int]]] = []
    covered = 0.0
    for item in itertools.islice(page.get_objects(max_depth=5), _MAX_OBJECTS):
        if item.level == 0:
            parts.append((item, set()))
        if item.type != raw.FPDF_PAGEOBJ_FORM:
            parts[-1][1].add(item.type)
        if item.type == raw.FPDF_PAGEOBJ_IMAGE:
            covered += _spread(item)
    if covered > 0.5 * area:
        for item, kinds in parts:
            if kinds == {raw.FPDF_PAGEOBJ_PATH}:
                page.remove_obj(item)


# One page

Fault = Literal["image", "broken"] | None
"""Why a page's text is not taken: it has none, or letters are missing in it."""

Place = Callable[[float, float], tuple[float, float]]
"""From the file's coordinates to points from the upper left corner as the page is shown."""


@dataclass(slots=True)
class _Char:
    text: str
    left: float
    top: float
    right: float
    bottom: float
    x: float
    base: float
    size: float


def _page(document: pdfium.PdfDocument, index: int) -> tuple[Page, Fault]:
    """A page's words and rules, and why it has to be recognised."""
    try:
        page = document[index]
    except pdfium.PdfiumError:
        return Page(index + 1, 595, 842, ()), None
    try:
        width, height = page.get_size()
        place = _placing(page, width, height)
        textpage = page.get_textpage()
        try:
            chars, turn, is_broken = _chars(textpage, place)
        finally:
            textpage.close()
        rules, share, drawn = _drawings(page, place, width * height)
    finally:
        page.close()
    if turn:
        turned = _turning(turn, width, height)
        chars = [_moved(char, turned) for char in chars]
        rules = [_rule(turned(*a), turned(*b)) for a, b in map(_ends, rules)]
        width, height = (height, width) if turn % 2 else (width, height)
    shown = [c for c in chars if -5 < c.x < width + 5 and -5 < c.base < height + 5]
    words = tuple(_words(_side_by_side(_raised(shown))))
    letters = sum(char.text.isalnum() for char in shown)
    is_empty = letters < _FEW and (share > 0.05 or not letters)
    is_image = drawn and (is_empty or (letters < _STAMPED and share > 0.5))
    fault: Fault = "image" if is_image else "broken" if is_broken else None
    return Page(index + 1, width, height, words, tuple(rules)), fault


def _placing(page: pdfium.PdfPage, width: float, height: float) -> Place:
    """How the page is shown: its own rotation and visible box are in PDFium's conversion, taken from three points."""
    fine = 64

    def shown(x: float, y: float) -> tuple[float, float]:
        at_x, at_y = ctypes.c_int(), ctypes.c_int()
        size = round(width * fine), round(height * fine)
        raw.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, at_x, at_y)
        return at_x.value / fine, at_y.value / fine

    (ox, oy), (ax, ay), (bx, by) = shown(0, 0), shown(1000, 0), shown(0, 1000)
    a, b, c, d = (ax - ox) / 1000, (ay - oy) / 1000, (bx - ox) / 1000, (by - oy) / 1000
    return lambda x, y: (ox + a * x + c * y, oy + b * x + d * y)


def _turning(turn: int, width: float, height: float) -> Place:
    """A page laid so many quarters clockwise."""
    return {
        1: lambda x, y: (height - y, x),
        2: lambda x, y: (width - x, height - y),
        3: lambda x, y: (y, width - x),
    }[turn]


def _chars(textpage: pdfium.PdfTextPage, place: Place) -> tuple[list[_Char], int, bool]:
    """The characters in the file's order; how many quarters the page must be turned for them to stand upright; and
    whether some are shapes that the file calls blanks."""
    out: list[_Char] = []
    turns: Counter[int] = Counter()
    box, matrix = raw.FS_RECTF(), raw.FS_MATRIX()
    x, y = ctypes.c_double(), ctypes.c_double()
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    blanks = inked = 0
    total = min(textpage.count_chars(), 400_000)
    ox, oy = place(0, 0)
    down_x, down_y = (after - before for after, before in zip(place(1, 0), (ox, oy), strict=True))
    for i in range(total):
        code = raw.FPDFText_GetUnicode(textpage, i)
        char = "-" if code in _HYPHENS else chr(code) if 0 < code < 0x110000 else ""
        if not char or char.isspace() or char in "\u200b\ufeff":
            if raw.FPDFText_IsGenerated(textpage, i) == 1:
                continue  # PDFium's guess; gaps are judged in `_parts`
            blanks += 1
            raw.FPDFText_GetCharBox(textpage, i, left, right, bottom, top)
            inked += (right.value - left.value > 1) and (top.value - bottom.value > 3)
            if out and out[-1].text != " ":
                raw.FPDFText_GetCharOrigin(textpage, i, x, y)
                at_x, base = place(x.value, y.value)
                out.append(_Char(" ", at_x, base, at_x, base, at_x, base, 0))
            continue
        if 0xD800 <= code < 0xE000:
            continue
        raw.FPDFText_GetLooseCharBox(textpage, i, box)
        raw.FPDFText_GetCharOrigin(textpage, i, x, y)
        x0, y0 = place(box.left, box.top)
        x1, y1 = place(box.right, box.bottom)
        at_x, base = place(x.value, y.value)
        char = trust.mend(char)
        raw.FPDFText_GetMatrix(textpage, i, matrix)
        size = raw.FPDFText_GetFontSize(textpage, i) * abs(matrix.a * matrix.d - matrix.b * matrix.c) ** 0.5
        if not 0.4 < size / max(abs(y0 - y1), 0.1) < 2.5:  # turned, or a font that says nothing of its height
            size = abs(y0 - y1)
        out.append(_Char(char, min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1), at_x, base, size))
        if i % 7 == 0:
            turns[round(raw.FPDFText_GetCharAngle(textpage, i) / 1.5707963) % 4] += 1
    false_blanks = 0 < inked < 0.3 * blanks  # where all are, the font's blank is drawn oddly
    if not turns:
        return out, 0, false_blanks
    written = turns.most_common(1)[0][0]
    shown = {(1, 0): 0, (0, 1): 1, (-1, 0): 2, (0, -1): 3}.get((round(down_x), round(down_y)), 0)
    return out, (-written - shown) % 4, false_blanks


def _moved(char: _Char, place: Place) -> _Char:
    (x0, y0), (x1, y1) = place(char.left, char.top), place(char.right, char.bottom)
    box = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
    return _Char(char.text, *box, *place(char.x, char.base), char.size)


def _raised(chars: list[_Char]) -> list[_Char]:
    """Small digits above the line become superscripts, on the line."""
    solid = [c for c in chars if c.text != " "]
    at = 0
    while at < len(solid):
        end = at
        while end < len(solid) and solid[end].text in "0123456789" and abs(solid[end].base - solid[at].base) < 0.5:
            end += 1
        if end == at:
            at += 1
            continue
        one, last = solid[at], solid[end - 1]
        before = solid[at - 1] if at else None
        after = solid[end] if end < len(solid) else None
        for other, gap in (
            (before, one.left - before.right if before else 0.0),
            (after, after.left - last.right if after else 0.0),
        ):
            if other is None or not -0.3 * other.size < gap < 1.2 * other.size:
                continue
            if one.size < 0.82 * other.size and 0.1 * other.size < other.base - one.base < 0.75 * other.size:
                for digit in solid[at:end]:
                    digit.text = SUPERSCRIPTS[int(digit.text)]
                    digit.base = other.base
                break
        at = end
    return chars


def _side_by_side(chars: list[_Char]) -> list[_Char]:
    """The characters with each line from left to right, where the file draws those of one font first and those that
    another has to lend into their gaps later, as programs do that print letters a font has not."""
    lines: dict[int, list[_Char]] = {}
    for char in chars:
        near = next((at for at in (0, -1, 1) if round(char.base) + at in lines), 0)
        lines.setdefault(round(char.base) + near, []).append(char)
    out = []
    for line in lines.values():
        ordered = sorted(line, key=lambda char: char.x)
        back = any(b.x < a.x - 0.1 for a, b in itertools.pairwise(line))
        solid = [char for char in ordered if char.text != " "]
        clear = sum(b.left < a.right - 0.5 * (a.right - a.left) for a, b in itertools.pairwise(solid)) <= 0.05 * len(
            solid
        )
        out.append(ordered if back and clear else line)
    return [char for line in out for char in line]


def _words(chars: list[_Char]) -> Iterator[Word]:
    """Characters to words: parted at blanks, wide gaps and where the line changes."""
    run: list[_Char] = []
    for char in chars:
        blank = char.text == " "
        if run and (blank or _parts(run[-1], char)):
            yield _word(run)
            run = []
        if not blank:
            run.append(char)
    if run:
        yield _word(run)


def _parts(one: _Char, other: _Char) -> bool:
    size = max(one.size, other.size, 1.0)
    return abs(one.base - other.base) > 0.3 * size or not -0.5 * size < other.left - one.right < 0.18 * size


def _word(run: list[_Char]) -> Word:
    plain = [c for c in run if c.text not in SUPERSCRIPTS] or run
    size = sorted(c.size for c in plain)[len(plain) // 2]
    return Word(
        "".join(c.text for c in run),
        min(c.left for c in run),
        min(c.top for c in run),
        max(c.right for c in run),
        max(c.bottom for c in run),
        plain[0].base,
        size,
    )


# Rules and images


def _drawings(page: pdfium.PdfPage, place: Place, area: float) -> tuple[list[Rule], float, bool]:
    """The straight lines drawn on a page, the share of it that images cover, and whether anything is drawn."""
    rules: list[Rule] = []
    covered = 0.0
    drawn = False
    for item in itertools.islice(page.get_objects(max_depth=3), _MAX_OBJECTS):
        drawn = True
        if item.type == raw.FPDF_PAGEOBJ_IMAGE:
            covered += _spread(item)
        elif item.type == raw.FPDF_PAGEOBJ_PATH:
            rules.extend(_strokes(item, place))
    return rules, covered / max(area, 1.0), drawn


def _spread(image: pdfium.PdfObject) -> float:
    """The area that an image covers."""
    matrix = image.get_matrix()
    return float(abs(matrix.a * matrix.d - matrix.b * matrix.c))


def _strokes(item: pdfium.PdfObject, place: Place) -> Iterator[Rule]:
    matrix = item.get_matrix()
    x, y = ctypes.c_float(), ctypes.c_float()
    first = last = (0.0, 0.0)
    for i in range(min(raw.FPDFPath_CountSegments(item), 5_000)):
        segment = raw.FPDFPath_GetPathSegment(item, i)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        point = place(*matrix.on_point(x.value, y.value))
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            first = point
        elif kind == raw.FPDF_SEGMENT_LINETO and _is_straight(last, point):
            yield _rule(last, point)
        last = point
        if raw.FPDFPathSegment_GetClose(segment) and _is_straight(last, first):
            yield _rule(last, first)


def _is_straight(one: tuple[float, float], other: tuple[float, float]) -> bool:
    across, down = abs(one[0] - other[0]), abs(one[1] - other[1])
    return min(across, down) < 1 and max(across, down) > 4


def _rule(one: tuple[float, float], other: tuple[float, float]) -> Rule:
    upright = abs(one[0] - other[0]) < abs(one[1] - other[1])
    along = 1 if upright else 0
    start, end = sorted((one[along], other[along]))
    return Rule(upright, (one[1 - along] + other[1 - along]) / 2, start, end)


def _ends(rule: Rule) -> tuple[tuple[float, float], tuple[float, float]]:
    one, other = (rule.start, rule.at), (rule.end, rule.at)
    return ((one[1], one[0]), (other[1], other[0])) if rule.upright else (one, other)
