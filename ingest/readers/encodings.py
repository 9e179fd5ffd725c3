"""Bytes to letters: which encoding a text is in, and the tables of the old Vietnamese ones.

An encoding is believed when what comes out is Vietnamese: syllables with an onset, a rhyme and a tone that the
language has. What fits none is refused, never guessed. The tables: TCVN 5712:1993 (VN3, "ABC", the .VnTime fonts) and
VNI Windows, where a letter is followed by its mark; Windows-1258 comes with Python.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import islice

from ingest.readers.forms import Unreadable

TCVN3 = "TCVN3 (ABC)"
VNI = "VNI"
WINDOWS_1258 = "Windows-1258"
UTF_16 = "UTF-16 không có dấu đầu tệp (BOM)"

_LIKELY = 0.85
"""Share of the accented syllables that must be Vietnamese ones before a conversion is believed."""
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
    """The share of Vietnamese syllables among the words with letters beyond ASCII, and how many of those were seen."""
    words = (match[0].strip(_EDGES) for match in _WORD.finditer(text))
    seen = list(islice((word for word in words if word and not word.isascii()), _SAMPLE))
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


# Detection


def restore(text: str) -> tuple[str, str | None]:
    """The text in Unicode, and the old encoding it was in; None where its letters are what they seem to be."""
    own, count = likeness(text)
    if count < _FEWEST or own >= 0.6:
        return text, None
    best, converted, name = max(_candidates(text), key=lambda candidate: candidate[0])
    return (converted, name) if best >= max(_LIKELY, own + 0.3) else (text, None)


def _candidates(text: str) -> list[tuple[float, str, str]]:
    return [
        (_converted_likeness(converted), converted, name)
        for name, converted in ((TCVN3, _from_tcvn3(text)), (VNI, _from_vni(text)))
    ]


def _converted_likeness(text: str) -> float:
    share, count = likeness(text)
    return share if count >= _FEWEST else 0.0


def to_text(content: bytes, name: str) -> tuple[str, str | None]:
    """The letters of a file's bytes, and the old encoding they were in; None for UTF-8, and UTF-16 with its mark.

    Raises:
        Unreadable: binary, or in an encoding that is not known.
    """
    text, encoding = _decoded(content, name)
    controls = sum(map(text.count, _CONTROLS))
    if controls > len(text) // 200:
        raise Unreadable(f"«{name}» là tệp nhị phân, không phải văn bản; hãy nạp bản có chữ của tài liệu.")
    return text, encoding


_CONTROLS = [chr(code) for code in range(32) if chr(code) not in "\t\n\r\f\v"]


def _decoded(content: bytes, name: str) -> tuple[str, str | None]:
    marked = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    if not marked and b"\0" in content and (text := _utf16(content)) is not None:
        return text, UTF_16
    try:
        return restore(content.decode("utf-16" if marked else "utf-8-sig"))
    except UnicodeDecodeError:
        pass
    found: list[tuple[float, str, str]] = []
    if not marked and b"\0" not in content:
        found = _candidates(content.decode("latin-1").translate(_C1))
        try:
            windows = unicodedata.normalize("NFC", content.decode("cp1258"))
            found.append((_converted_likeness(windows), windows, WINDOWS_1258))
        except UnicodeDecodeError:
            pass
    found.sort(key=lambda candidate: candidate[0])
    if not found or found[-1][0] < _LIKELY or found[-1][0] - found[-2][0] < 0.1:
        raise Unreadable(
            f"«{name}» là tệp nhị phân hoặc dùng bảng mã chưa biết; hãy lưu lại dưới dạng văn bản UTF-8 rồi nạp lại."
        )
    return found[-1][1], found[-1][2]


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
