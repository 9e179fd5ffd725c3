"""Images of pages: letters recognised by Tesseract (`tesseract`, language `vie`), a program of the system."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import time
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, ImageSequence

from ingest.readers import layout, misread, trust
from ingest.readers.forms import Decoded, Unreadable
from ingest.readers.layout import Page, Rule, Word
from vectorstore.vietnamese import fold

DPI = 200
"""Dots an inch at which pages are recognised: more was slower and no better."""

MAX_PAGES = 300
MAX_PIXELS = 60_000_000
SECONDS_A_PAGE = 60
SECONDS = 900
LOW_CONFIDENCE = 80
"""Mean confidence in percent below which a page is named to the person who ingests."""
_MANY = 0.03  # the share of words that had to be mended on a poor scan; on a clean one it is a tenth of that

_WORKERS = max(1, min(4, os.cpu_count() or 1))
_A4 = 11.69  # the longer side in inches
_PALE = 30  # of 255: so much darker than the paper are thin rules of a scan


@dataclass(frozen=True, slots=True)
class Scan:
    """A page as grey dots. `known` is what the file itself says stands there; it is believed where the image agrees."""

    number: int
    image: Image.Image
    dpi: float = DPI
    known: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was recognised on a page, and how surely, in percent; None where nothing was. `mended` words were misread in
    a way that is known."""

    page: Page
    confidence: int | None
    mended: int = 0

    @property
    def doubtful(self) -> bool:
        """Whether the page was so hard to read that more will be wrong than was noticed."""
        if self.confidence is None:
            return False
        return self.confidence < LOW_CONFIDENCE or self.mended > _MANY * len(self.page.words)


def decode(content: bytes, name: str) -> Decoded:
    """The text of an image of a page, or of several in one TIFF file.

    Raises:
        Unreadable: no image, broken, too large, or Tesseract or its Vietnamese data is missing.
    """
    read = list(recognise(_frames(content, name), name))
    text, starts = layout.compose([each.page for each in read])
    if not any(char.isalpha() for char in text):
        raise Unreadable(f"Không nhận dạng được chữ nào trong ảnh «{name}»; hãy quét lại rõ hơn rồi nạp lại.")
    said = (f"Đã nhận dạng chữ từ ảnh ({len(read)} trang).", *remarks(read))
    return Decoded(text, starts, said, confidences(read), doubtful(read))


def confidences(read: Iterable[Recognised]) -> tuple[tuple[int, int], ...]:
    """(page number, mean confidence in percent) of each page; 0 where nothing was recognised."""
    return tuple((each.page.number, each.confidence or 0) for each in read)


def remarks(read: Iterable[Recognised]) -> list[str]:
    """A sentence for each page that was read badly, and one of what was mended."""
    pages = list(read)
    mended = sum(each.mended for each in pages)
    out = [f"Đã sửa {mended} chữ nhận dạng sai dấu hoặc nét, xét theo chữ đứng liền."] if mended else []
    for each in pages:
        if each.confidence is None:
            out.append(f"trang {each.page.number}: không nhận dạng được chữ nào.")
        elif each.confidence < LOW_CONFIDENCE:
            out.append(f"trang {each.page.number}: nhận dạng chữ kém ({each.confidence}%).")
    return out


def doubtful(read: Iterable[Recognised]) -> tuple[int, ...]:
    """The numbers of the pages that were hard to read."""
    return tuple(each.page.number for each in read if each.doubtful)


def require(name: str) -> None:
    """Say what has to be installed before an image can be read.

    Raises:
        Unreadable: Tesseract or its Vietnamese data is missing.
    """
    if (missing := _missing()) is not None:
        raise Unreadable(
            f"«{name}» là ảnh quét hoặc có lớp chữ hỏng, cần nhận dạng chữ mà máy thiếu {missing}; hãy cài hai gói "
            "tesseract-ocr và tesseract-ocr-vie (Debian, Ubuntu) rồi nạp lại."
        )


@cache
def _languages(program: str) -> frozenset[str]:
    try:
        said = subprocess.run([program, "--list-langs"], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return frozenset()
    return frozenset(said.stdout.decode("utf-8", "replace").split())


def _missing() -> str | None:
    program = shutil.which("tesseract")
    if program is None:
        return "chương trình Tesseract"
    return None if "vie" in _languages(program) else "dữ liệu tiếng Việt của Tesseract"


def recognise(scans: Iterable[Scan], name: str) -> Iterator[Recognised]:
    """The words of each page, a few pages at a time.

    Raises:
        Unreadable: Tesseract is missing, or the pages take too long.
    """
    require(name)
    until = time.monotonic() + SECONDS
    waiting: deque[Future[Recognised]] = deque()
    with ThreadPoolExecutor(_WORKERS) as workers:
        try:
            for scan in scans:
                waiting.append(workers.submit(_read, scan))
                if len(waiting) > _WORKERS:
                    yield waiting.popleft().result()
                if time.monotonic() > until:
                    raise Unreadable(
                        f"Nhận dạng chữ trong «{name}» quá {SECONDS // 60} phút; hãy tách thành nhiều tệp nhỏ hơn."
                    )
            while waiting:
                yield waiting.popleft().result()
        finally:
            for each in waiting:
                each.cancel()


# One page


def _read(scan: Scan) -> Recognised:
    """A page's words; where they are hardly readable, the page is tried the other ways round."""
    best = _tried(scan)
    if best.confidence is not None and best.confidence >= 50:
        return best
    for turn in (Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270):
        other = _tried(replace(scan, image=scan.image.transpose(turn), known=()))
        if (other.confidence or 0) >= max(60, (best.confidence or 0) + 10):
            return other
    return best


def _tried(scan: Scan) -> Recognised:
    rules, image = _without_rules(scan.image, scan.dpi)
    scale = 72 / scan.dpi
    words = _words(_tesseract(image, scan.dpi), scale)
    words += _passed_over(image, scan.dpi, rules, [word for word, _ in words])
    said = [each for word, _ in words for each in _confirmed(word, scan.known)]
    said += _unseen(scan.known, said, np.array(image), scan.dpi)
    meant = [replace(word, text=text) for word, text in zip(said, misread.mend([w.text for w in said]), strict=True)]
    mended = sum(one.text != other.text for one, other in zip(said, meant, strict=True))
    page = Page(scan.number, image.width * scale, image.height * scale, tuple(meant), tuple(rules))
    letters = sum(len(word.text) for word, _ in words)
    if not letters:
        return Recognised(page, None)
    return Recognised(page, round(sum(len(word.text) * sure for word, sure in words) / letters), mended)


def _tesseract(image: Image.Image, dpi: float, layout_mode: int = 3) -> str:
    """Tesseract's table of words; empty when it fails or takes too long."""
    dots = b"P5 %d %d 255\n" % image.size + image.tobytes()
    command = ["tesseract", "stdin", "stdout", "-l", "vie", "--psm", str(layout_mode), "--dpi", str(round(dpi)), "tsv"]
    try:
        said = subprocess.run(
            command,
            input=dots,
            capture_output=True,
            timeout=SECONDS_A_PAGE,
            check=False,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},  # pages run side by side instead
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.decode("utf-8", "replace")


def _words(table: str, scale: float) -> list[tuple[Word, float]]:
    """Words with their confidence; what is most likely a stain or a piece of a stamp is left out."""
    lines: dict[tuple[str, ...], list[tuple[list[int], float, str]]] = {}
    for row in table.splitlines()[1:]:
        fields = row.split("\t")
        if len(fields) < 12 or fields[0] != "5" or not (text := fields[11].strip()):
            continue
        sure = float(fields[10])
        left, top, width, height = (int(field) for field in fields[6:10])
        line = lines.get(tuple(fields[1:5]))
        if text == "|" and line and re.search(r"\d\d$", line[-1][2]) and left < sum(line[-1][0][::2]) + 0.2 * height:
            line[-1] = ([*line[-1][0][:2], left + width - line[-1][0][0], line[-1][0][3]], sure, line[-1][2] + "1")
            continue  # no rule is left in the image, and a bar that touches a number is its last figure
        if not text.strip("|_—=¬~'`") or (sure < 60 and not any(char.isalnum() for char in text)):
            continue
        lines.setdefault(tuple(fields[1:5]), []).append(([left, top, width, height], sure, text))
    kept = [line for line in lines.values() if sum(s for _, s, _ in line) / len(line) >= 35]
    if not kept:
        return []
    size = 0.85 * median(max(b[1] + b[3] for b, _, _ in line) - min(b[1] for b, _, _ in line) for line in kept) * scale
    out = []
    for line in kept:
        feet = sorted(top + height for (_, top, _, height), _, _ in line)
        base = feet[len(feet) // 3] * scale  # letters with a tail reach lower
        for (left, top, width, height), sure, text in line:
            box = left * scale, top * scale, (left + width) * scale, (top + height) * scale
            out.append((Word(text, *box, base, size), sure))
    return out


_MAX_CELLS = 200


def _passed_over(
    image: Image.Image, dpi: float, rules: Sequence[Rule], words: Sequence[Word]
) -> list[tuple[Word, float]]:
    """What stands in table cells in which nothing was seen, such as a number alone: Tesseract takes it for a stain. The
    cells' ink is laid on one sheet, a cell a line, and read again."""
    cells = [box for box in layout.cells(rules) if not any(_inside(word.middle, box) for word in words)]
    dots = np.array(image)
    paper = int(np.median(dots))
    scale = dpi / 72
    found: list[tuple[int, int, NDArray[np.uint8]]] = []
    for left, top, right, bottom in cells[: 4 * _MAX_CELLS]:
        x0, y0 = round((left + 3) * scale), round((top + 3) * scale)
        cell = dots[y0 : max(y0, round((bottom - 3) * scale)), x0 : max(x0, round((right - 3) * scale))]
        ink = cell < paper - 80
        if ink.sum() < 12:
            continue
        rows, columns = np.nonzero(ink.any(axis=1))[0], np.nonzero(ink.any(axis=0))[0]
        if not 0.05 * dpi <= rows[-1] - rows[0] <= 0.25 * dpi:
            continue  # a speck, or more than a line
        first, last = max(0, int(rows[0]) - 6), int(rows[-1]) + 7  # the pale edges of letters are no ink
        start, end = max(0, int(columns[0]) - 6), int(columns[-1]) + 7
        found.append((x0 + start, y0 + first, cell[first:last, start:end]))
    if not found or len(found) > _MAX_CELLS:
        return []
    step = round(0.4 * dpi)
    sheet = np.full((step * (len(found) + 1), 2 * step + max(c.shape[1] for *_, c in found)), paper, np.uint8)
    for i, (_, _, cell) in enumerate(found):
        sheet[step * i + step // 2 : step * i + step // 2 + cell.shape[0], step : step + cell.shape[1]] = cell
    table = re.sub(r"\t[|l]$", "\t1", _tesseract(Image.fromarray(sheet), dpi, 6), flags=re.MULTILINE)  # rules are gone
    read = _words(table, 1.0)
    out = []
    size = words[0].size if words else 12.0
    for word, sure in read:
        i = int((word.middle[1] - step // 4) // step)
        if not 0 <= i < len(found):
            continue
        x, y, cell = found[i]
        left, top = (x + word.left - step) / scale, y / scale
        bottom = (y + cell.shape[0]) / scale
        out.append((Word(word.text, left, top, left + (word.right - word.left) / scale, bottom, bottom, size), sure))
    return out


def _inside(place: tuple[float, float], box: tuple[float, float, float, float]) -> bool:
    return box[0] <= place[0] <= box[2] and box[1] <= place[1] <= box[3]


_NUMERAL = re.compile(r"(?:\d+|[IVX]+)[.,;:)]?")


def _confirmed(word: Word, known: Sequence[Word]) -> list[Word]:
    """The word as the file spells it where the image agrees: the same letters, marks aside, or a number in as many
    characters; a number that was read as a part of the word before it, or with a stain, stands by itself."""
    held = [k for k in known if _inside(k.middle, (word.left, word.top, word.right, word.bottom))]
    first, last = (held[0].text, held[-1].text) if held else ("", "")
    if len(held) == 2 and word.text.startswith(first) and trust.is_syllable(first) and _NUMERAL.fullmatch(last):
        return [replace(word, text=k.text, left=k.left, right=k.right) for k in held]
    if len(held) == 1 and _NUMERAL.fullmatch(last) and word.text.strip("_-|'`") == last:
        return [replace(word, text=last)]
    x, y = word.middle
    here = [k for k in known if k.left <= x <= k.right and k.top <= y <= k.bottom]
    if len(here) != 1 or len(here[0].text) != len(word.text) or here[0].text == word.text:
        return [word]
    said = here[0].text
    number = said.strip(".,;:()").isdecimal() and not word.text.strip(".,;:()").isdecimal()
    spelt = fold(said) == fold(word.text) and trust.is_syllable(said.strip("“”\"'.,;:()"))
    return [replace(word, text=said)] if number or spelt else [word]


def _unseen(known: Sequence[Word], said: Sequence[Word], dots: NDArray[np.uint8], dpi: float) -> list[Word]:
    """The lines of the file that Tesseract passed over though there is ink, if all of their words can be whole."""
    lines: dict[int, list[Word]] = {}
    for word in known:
        lines.setdefault(round(word.base), []).append(word)
    out = []
    for line in lines.values():
        start, end = min(w.left for w in line), max(w.right for w in line)
        middle = median(w.middle[1] for w in line)  # letters reach into the lines above and below
        high, low = middle - 0.25 * line[0].size, middle + 0.25 * line[0].size
        left, top, right, bottom = (max(0, round(edge * dpi / 72)) for edge in (start, high, end, low))
        ink = (dots[top:bottom, left:right] < 100).mean() if bottom > top and right > left else 0.0
        whole = all(_NUMERAL.fullmatch(w.text) or trust.is_syllable(w.text.strip(".,;:()")) for w in line)
        clear = all(w.right < start or w.left > end or w.bottom < high or w.top > low for w in said)
        if ink > 0.03 and whole and clear:
            out += line
    return out


def _without_rules(image: Image.Image, dpi: float) -> tuple[list[Rule], Image.Image]:
    """The straight lines on a page, and the page without them: Tesseract reads the cells of a table better so."""
    dots = np.array(image)
    paper = round(float(np.median(dots)))
    dark = dots < max(paper - _PALE, 60)
    rules: list[Rule] = []
    erased = dots.copy()
    scale = 72 / dpi
    for upright in (False, True):
        seen = dark.T if upright else dark
        for at, start, end in _runs(seen, round(0.4 * dpi)):
            thick = round(0.035 * dpi)
            beside = [seen[at + d, start:end].mean() for d in (-thick, thick) if 0 <= at + d < seen.shape[0]]
            if not beside or max(beside) > 0.35:
                continue  # inside of something black, or of letters
            rules.append(Rule(upright, at * scale, start * scale, end * scale))
            view = erased.T if upright else erased
            view[max(0, at - 2) : at + 3, start:end] = paper
    return rules, Image.fromarray(erased)


def _runs(dark: NDArray[np.bool_], least: int) -> list[tuple[int, int, int]]:
    """(row, first, end) of the stretches of dark dots that are at least so long; single light dots don't count."""
    whole = dark.copy()
    whole[:, 1:-1] |= dark[:, :-2] & dark[:, 2:]
    edges = np.diff(np.pad(whole.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, starts = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    long = ends - starts >= least
    return list(zip(rows[long].tolist(), starts[long].tolist(), ends[long].tolist(), strict=True))[:20_000]


# Image files


def grey(image: Image.Image) -> Image.Image:
    """An image as grey dots on white, red ink (stamps) left out."""
    if image.mode.startswith(("I", "F")):
        dots = np.asarray(image, dtype=np.float64)
        image = Image.fromarray((dots * (255 / max(float(dots.max()), 1.0))).clip(0, 255).astype(np.uint8))
    if image.mode in ("1", "L"):
        return image.convert("L")
    if "A" in image.mode or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    red, green, blue = (np.asarray(band).astype(np.int16) for band in image.convert("RGB").split())
    ink = (red > 120) & (red - np.maximum(green, blue) > 50)
    return Image.fromarray(np.where(ink, 255, red).astype(np.uint8))


def _frames(content: bytes, name: str) -> Iterator[Scan]:
    broken = Unreadable(
        f"«{name}» không phải là ảnh hoặc đã hỏng; hãy quét lại thành ảnh PNG, JPEG, TIFF hoặc tệp PDF."
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata; size is checked here
        try:
            file = Image.open(io.BytesIO(content), formats=["PNG", "JPEG", "TIFF", "MPO"])
        except Image.DecompressionBombError as error:
            raise _too_large(name) from error
        except Exception as error:  # Pillow's decoders raise whatever a broken file makes them raise
            raise broken from error
    frames = 0
    with file:
        pages = ImageSequence.Iterator(file)
        while True:
            try:
                frame = next(pages)
                if frame.width * frame.height > MAX_PIXELS:
                    raise _too_large(name)
                scan = _scan(frame, frames + 1)
            except (StopIteration, Unreadable) as end:
                if isinstance(end, Unreadable):
                    raise
                return
            except Exception as error:  # as above
                raise broken from error
            frames += 1
            if frames > (1 if file.format == "MPO" else MAX_PAGES):
                if file.format == "MPO":
                    return
                raise Unreadable(f"«{name}» có hơn {MAX_PAGES} trang ảnh; hãy tách thành nhiều tệp nhỏ hơn.")
            yield scan


def _too_large(name: str) -> Unreadable:
    return Unreadable(f"Ảnh «{name}» lớn hơn {MAX_PIXELS // 1_000_000} triệu điểm; hãy quét lại ở 200–300 dpi.")


def _scan(frame: Image.Image, number: int) -> Scan:
    """A frame as a page of about the usual resolution; what has not the shape of a page is taken for a screenshot."""
    image = grey(ImageOps.exif_transpose(frame))
    longer, shorter = max(image.size), max(1, min(image.size))
    dpi = longer / _A4 if longer >= 900 and 1.15 < longer / shorter < 1.7 else 96.0
    scale = min(DPI / dpi, 2.5, (MAX_PIXELS / (image.width * image.height)) ** 0.5)
    if not 0.8 < scale < 1.25:
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        image = image.resize(size, Image.Resampling.LANCZOS)
        dpi *= scale
    return Scan(number, image, dpi)
