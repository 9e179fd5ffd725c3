"""Bytes to letters: which encoding a text is in, and the tables of the old Vietnamese ones.

An encoding is believed when what comes out is Vietnamese: syllables with an onset, a rhyme and a tone that the
language has. What fits none is refused, never guessed. The tables: TCVN 5712:1993 (VN3, "ABC", the .VnTime fonts) and
VNI Windows, where a letter is followed by its mark; Windows-1258 comes with Python.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from itertools import islice

from ingest.readers.forms import Unreadable

TCVN3 = "TCVN3 (ABC)"
VNI = "VNI"
WINDOWS_1258 = "Windows-1258"
UTF_16 = "UTF-16 không có dấu đầu tệp (BOM)"
DAMAGED = "UTF-8 có chữ hỏng"

_LIKELY = 0.85
"""Share of the accented syllables that must be Vietnamese ones before a conversion is believed."""
_STRANGE = 0.6
"""Share below which the letters of a text are not what they seem to be."""
_SAMPLE = 3_000
_FEWEST = 2

# Syllables

_ONSET = "b|ch|c|d|đ|gh|gi|g|h|kh|k|l|m|ngh|ng|nh|n|ph|p|qu|r|s|th|tr|t|v|x"
_RHYMES = """
a ac ach ai am an ang anh ao ap at au ay ă ăc ăm ăn ăng ăp ăt â âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên êng ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu
o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot
ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
u ua uâc uân uâng uât uây uc uê uêch uên uênh uêt uêu ui um un ung uơ uơn uôc uôi uôm uôn uông uôt up ut
uy uya uych uyên uyêt uynh uyp uyt uyu ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu
y yêm yên yêng yêt yêu ynh yt
"""
_SYLLABLE = re.compile(rf"(?:{_ONSET})?(?P<rhyme>{'|'.join(sorted(_RHYMES.split(), key=len, reverse=True))})")
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_STOPS = ("c", "ch", "p", "t")

# What may hold a syllable: no white space, digits or ASCII marks, no general punctuation, no superscripts.
_WORD = re.compile(r"[^\s\x00-\x40\x5b-\x60\x7b-\x7f\u2000-\u206f\u2070-\u209f¹²³]+")
_SHORT = re.compile("[A-Z]{0,5}Đ[A-ZĐ]{0,4}")
_EDGES = "«»…·°§©®™"


@lru_cache(maxsize=20_000)
def is_syllable(word: str) -> bool:
    """Whether a word is spelt as a Vietnamese syllable can be."""
    marked = unicodedata.normalize("NFD", word.lower())
    tones = [char for char in marked if char in _TONES]
    if len(tones) > 1:
        return False
    base = unicodedata.normalize("NFC", "".join(char for char in marked if char not in _TONES))
    match = _SYLLABLE.fullmatch(base)
    return match is not None and not (tones and tones[0] not in "\u0301\u0323" and match["rhyme"].endswith(_STOPS))


def likeness(text: str) -> tuple[float, int]:
    """The share of Vietnamese syllables among the words with letters beyond ASCII, and how many of those were seen.
    Abbreviations ("QĐ", "HĐND") count neither way."""
    words = (match[0].strip(_EDGES) for match in _WORD.finditer(text))
    seen = list(islice((word for word in words if not word.isascii() and not _SHORT.fullmatch(word)), _SAMPLE))
    return (sum(map(is_syllable, seen)) / len(seen) if seen else 0.0), len(seen)


# Old encodings, as text whose letters are still the bytes (latin-1)

_TCVN3_LETTERS = {
    0xA1: "ĂÂÊÔƠƯĐăâêôơưđ",
    0xB5: "àảãáạ",
    0xBB: "ằẳẵắ",
    0xC6: "ặầẩẫấậè",
    0xCE: "ẻẽéẹềểễếệìỉ",
    0xDC: "ĩíịò",
    0xE1: "ỏõóọồổỗốộờởỡớợù",
    0xF1: "ủũúụừửữứựỳỷỹýỵ",
}
_TCVN3 = {first + i: letter for first, letters in _TCVN3_LETTERS.items() for i, letter in enumerate(letters)}

_VNI_TONES = dict(zip("ùøûõï", "\u0301\u0300\u0309\u0303\u0323", strict=True))
_VNI_ROOFS = dict(zip("âáàåãä", ("", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323"), strict=True))
_VNI_BREVES = dict(zip("êéèúüë", ("", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323"), strict=True))
_VNI_ALONE = dict(zip("íìæóòîñôö", "íìỉĩịỵđơư", strict=True))
_VNI = re.compile(
    r"(?P<roofed>[aeo])(?P<roof>[âáàåãä])|(?P<short>a)(?P<breve>[êéèúüë])|(?P<plain>[aeouyôö])(?P<tone>[ùøûõï])"
    r"|(?P<alone>[íìæóòîñôö])",
    re.IGNORECASE,
)

# Curly quotes, dashes and dots of Windows-1252, which stand among the letters of all of them.
_C1 = {byte: bytes([byte]).decode("cp1252") for byte in range(0x80, 0xA0) if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}


def _from_tcvn3(text: str) -> str:
    converted = text.translate(_TCVN3)
    return "\n".join(_capitals(line, was) for line, was in zip(converted.split("\n"), text.split("\n"), strict=True))


def _capitals(line: str, was: str) -> str:
    """Capitals that only the font made: the accented letters of a word or line in capitals are capitals too."""
    plain = [char for char in was if char.isascii() and char.isalpha()]
    if len(plain) >= 4 and all(char.isupper() for char in plain):
        return line.upper()
    return _WORD.sub(lambda match: match[0].upper() if _shouts(match[0]) else match[0], line)


def _shouts(word: str) -> bool:
    plain = [char for char in word if char.isascii()]
    return len(plain) >= 2 and len(plain) < len(word) and all(char.isupper() for char in plain)


def _from_vni(text: str) -> str:
    def letter(match: re.Match[str]) -> str:
        if match["roofed"]:
            return unicodedata.normalize("NFC", match["roofed"] + "\u0302" + _VNI_ROOFS[match["roof"].lower()])
        if match["short"]:
            return unicodedata.normalize("NFC", match["short"] + "\u0306" + _VNI_BREVES[match["breve"].lower()])
        if match["alone"]:
            return _cased(_VNI_ALONE[match["alone"].lower()], match["alone"])
        plain = match["plain"]
        horned = _cased(_VNI_ALONE.get(plain.lower(), plain), plain)
        return unicodedata.normalize("NFC", horned + _VNI_TONES[match["tone"].lower()])

    return _VNI.sub(letter, text)


def _cased(letter: str, like: str) -> str:
    return letter.upper() if like.isupper() else letter


_CONVERTERS: dict[str, Callable[[str], str]] = {TCVN3: _from_tcvn3, VNI: _from_vni}
# Letters and signs that stand for accented letters in those, and that Vietnamese in Unicode has not.
_FOREIGN = re.compile("[¡-¨ª¬®µ¶¸¹¼-¾ÄÅÆÇËÎÏÑÖ×ØÛÜÞßäåæçëîïñö÷øûüþÿ]")


# Detection


def mended(text: str) -> tuple[str, set[str]]:
    """The text in Unicode, and the old encodings it was in. Lines that were pasted into a text from one that was in
    another encoding are converted as well; lines whose letters are what they seem to be are left."""
    if not _FOREIGN.search(text):
        return text, set()
    lines = text.split("\n")
    strange = [bool(_FOREIGN.search(line)) and likeness(line)[0] < _STRANGE for line in lines]
    sample = "\n".join(line for line, is_strange in zip(lines, strange, strict=True) if is_strange)
    own, count = likeness(sample)
    best, name = max((_converted_likeness(convert(sample)), name) for name, convert in _CONVERTERS.items())
    if count < _FEWEST or best < max(_LIKELY, own + 0.3):
        return text, set()
    mostly = likeness(text)[0] < _STRANGE
    out: list[str] = []
    for at, line in enumerate(lines):
        # "Sè" is a syllable in Unicode too; among converted lines it is "Số".
        if strange[at] or mostly or (not line.isascii() and _is_among(lines, strange, at)):
            converted = _CONVERTERS[name](line)
            line = converted if likeness(converted)[0] >= likeness(line)[0] else line
        out.append(line)
    return "\n".join(out), {name}


def _is_among(lines: list[str], strange: list[bool], at: int) -> bool:
    """Whether the nearest accented lines before and after one, within a few, are in another encoding."""
    before = next((strange[i] for i in range(at - 1, max(at - 6, -1), -1) if not lines[i].isascii()), False)
    after = next((strange[i] for i in range(at + 1, min(at + 6, len(lines))) if not lines[i].isascii()), False)
    return before and after


def in_font(text: str, font: str) -> tuple[str, str | None]:
    """What a text shows in a font of an old encoding, and that encoding: ".VnTime" is TCVN3, ".VnTimeH" the same in
    capitals, "VNI-Times" is VNI. Other fonts show the letters as they are."""
    name = TCVN3 if font.startswith(".Vn") else VNI if font.upper().startswith("VNI-") else None
    if name is None:
        return text, None
    bare = "".join(map(_bare, text))
    said = _CONVERTERS[name](bare)
    if bare != text and likeness(said)[0] <= likeness(text)[0]:
        return text, None  # typed in Unicode, which the font does not have, so that another one shows it
    said = said.upper() if font.startswith(".Vn") and font.endswith("H") else said
    return said, name if said != text else None


def _bare(char: str) -> str:
    """A letter of an old font as its byte: it also stands in the place of a symbol, or as Windows-1258 has it."""
    if "\uf020" <= char <= "\uf0ff":
        return chr(ord(char) - 0xF000)
    if char <= "\u00ff" or "\u2000" <= char <= "\u206f":
        return char
    return char.encode("cp1258", "ignore").decode("latin-1") or char


def remarks(names: Iterable[str]) -> tuple[str, ...]:
    """What is said of a text that was not in Unicode's usual form."""
    return tuple(
        f"Đã chuyển từ bảng mã {name} sang UTF-8; hãy đối chiếu với bản gốc nếu thấy chữ lạ."
        if name != DAMAGED
        else "Vài chữ trong tệp bị hỏng, hiện thành «\ufffd»; hãy đối chiếu với bản gốc."
        for name in sorted(names)
    )


def _converted_likeness(text: str) -> float:
    share, count = likeness(text)
    return share if count >= _FEWEST else 0.0


def to_text(content: bytes, name: str) -> tuple[str, set[str]]:
    """The letters of a file's bytes, and the old encodings they were in; none for UTF-8, and UTF-16 with its mark.

    Raises:
        Unreadable: binary, or in an encoding that is not known.
    """
    text, names = _decoded(content, name)
    controls = sum(map(text.count, _CONTROLS))
    if controls > len(text) // 200:
        raise Unreadable(f"«{name}» là tệp nhị phân, không phải văn bản; hãy nạp bản có chữ của tài liệu.")
    return text, names


_CONTROLS = [chr(code) for code in range(32) if chr(code) not in "\t\n\r\f\v"]


def _decoded(content: bytes, name: str) -> tuple[str, set[str]]:
    marked = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    if not marked and b"\0" in content and (text := _utf16(content)) is not None:
        return text, {UTF_16}
    try:
        return mended(content.decode("utf-16" if marked else "utf-8-sig"))
    except UnicodeDecodeError:
        pass
    if not marked and b"\0" not in content and (found := _old(content)):
        return found[0], {found[1]}
    if not marked and (found_mixed := _mixed(content)):
        return found_mixed
    raise Unreadable(
        f"«{name}» là tệp nhị phân hoặc dùng bảng mã chưa biết; hãy lưu lại dưới dạng văn bản UTF-8 rồi nạp lại."
    )


def _old(content: bytes) -> tuple[str, str] | None:
    """Bytes in the old encoding that makes them Vietnamese, and its name; None where none does, or more than one."""
    bare = content.decode("latin-1").translate(_C1)
    texts = [(convert(bare), name) for name, convert in _CONVERTERS.items()]
    with suppress(UnicodeDecodeError):
        texts.append((unicodedata.normalize("NFC", content.decode("cp1258")), WINDOWS_1258))
    *_, (second, _), (best, at) = sorted((_converted_likeness(text), i) for i, (text, _) in enumerate(texts))
    return texts[at] if best >= _LIKELY and best - second >= 0.1 else None


def _mixed(content: bytes) -> tuple[str, set[str]] | None:
    """Bytes that are UTF-8 in most lines: the others in the old encoding that they share, or with the letters that were
    damaged shown as such where these are few."""
    lines = content.splitlines(keepends=True)
    read: list[str | None] = []
    for line in lines:
        try:
            read.append(line.decode())
        except UnicodeDecodeError:
            read.append(None)
    if likeness("".join(filter(None, read)))[0] < _LIKELY:
        return None
    others = [line for line, text in zip(lines, read, strict=True) if text is None]
    if found := _old(b"".join(others)):
        rest = iter(found[0].splitlines(keepends=True))
        if len(found[0].splitlines()) == len(others):
            text, names = mended("".join(next(rest) if text is None else text for text in read))
            return text, {found[1], *names}
    text = content.decode("utf-8-sig", "replace")
    if text.count("\ufffd") > max(2, len(text) // 1_000):
        return None
    text, names = mended(text)
    return text, {DAMAGED, *names}


def _utf16(content: bytes) -> str | None:
    """Bytes read as UTF-16 without its mark, if they are: every other byte of spaces and plain letters is zero."""
    sample = content[:20_000]
    zeros = sample[0::2].count(0), sample[1::2].count(0)
    if len(content) % 2 or max(zeros) < 0.15 * len(sample) / 2 or min(zeros) > 0.1 * max(zeros):
        return None
    try:
        text = content.decode("utf-16-le" if zeros[1] > zeros[0] else "utf-16-be")
    except UnicodeDecodeError:
        return None
    share, count = likeness(text)
    return text if share >= _LIKELY or (count == 0 and text.isascii()) else None
