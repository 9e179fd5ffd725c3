"""One spelling of Vietnamese for writing and for searching: normal form, folding, syllables, sentences.

Word lists stand in `data/`; what is a number, a period or a place is read elsewhere in this room.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources

_TOKEN = re.compile(r"[^\W_]+(?:[./,\-–][^\W_]+)*|%")
_SYLLABLE = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)*|%")
_JOINED_SYLLABLES = re.compile(r"(?<=[^\W_])_+(?=[^\W_])")

# Tone marks on the second vowel of oa, oe, uy ("hoà") and on the first ("hòa") are two spellings of one word; the
# older one (first vowel) is taken. Rule: Quy định về chính tả, Bộ Giáo dục 1984, against common keyboard habits.
_TONES = "\u0300\u0301\u0303\u0309\u0323"
# no consonant behind it, nor the rest of a letter ("hoặc")
_LATE_TONE = re.compile(rf"\b([^\W\d_]*?)(o[ae]|uy)([{_TONES}])(?![^\W\d_]|[\u0302\u0306\u031b])", re.IGNORECASE)
_Q = re.compile(r"q$", re.IGNORECASE)


def normalize(text: str) -> str:
    """The text as the library keeps it: NFC, line ends as \\n, the "_" of a word segmenter as a blank, no BOM."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    return _JOINED_SYLLABLES.sub(" ", text)


@cache
def _fold_char(char: str) -> str:
    if char in "đĐ":
        return "d"
    base = "".join(c for c in unicodedata.normalize("NFD", char) if not unicodedata.combining(c)).lower()
    return base if len(base) == 1 else char  # one character out for each in, so that offsets hold


def fold(text: str) -> str:
    """Lower case without diacritics: "Đúng hạn" → "dung han"."""
    return _fold_kept(text) if len(text) <= _KEPT else "".join(map(_fold_char, unicodedata.normalize("NFC", text)))


_KEPT = 2_000
"""Longest text, in characters, whose folded form is kept: words, headings and passages come up again, documents not."""


@lru_cache(maxsize=32768)
def _fold_kept(text: str) -> str:
    return "".join(map(_fold_char, unicodedata.normalize("NFC", text)))


def has_diacritics(text: str) -> bool:
    """Whether any letter carries a Vietnamese mark (so that the writer meant the accents)."""
    return any(_fold_char(c) != c.lower() for c in text if c.isalpha())


@cache
def _spell(syllable: str) -> str:
    """Lower case, the tone on the first vowel of oa, oe, uy."""
    if syllable.isascii():
        return syllable.lower()
    marked = unicodedata.normalize("NFD", syllable.lower())

    def early(match: re.Match[str]) -> str:
        onset, vowels, tone = match.groups()
        if _Q.search(onset):  # "quý": the u belongs to the q
            return match[0]
        return onset + vowels[0] + tone + vowels[1]

    return unicodedata.normalize("NFC", _LATE_TONE.sub(early, marked))


def tokens(text: str) -> list[str]:
    """Syllables, numbers and document numbers in one spelling: "Sở Y tế: 1987/BC-SYT" → sở, y, tế, 1987/bc-syt."""
    return [_spell(t) for t in _TOKEN.findall(unicodedata.normalize("NFC", text))]


def syllables(text: str) -> list[tuple[str, int, int]]:
    """(syllable or number in one spelling, start, end), document numbers in their parts."""
    return [(_spell(m[0]), m.start(), m.end()) for m in _SYLLABLE.finditer(text)]


@cache
def read_table(name: str) -> tuple[tuple[str, ...], ...]:
    """Rows of `data/name` (tab-separated; "#" begins a comment line)."""
    text = resources.files("vectorstore").joinpath("data", name).read_text(encoding="utf-8")
    rows = (line.rstrip("\n").split("\t") for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return tuple(tuple(cell.strip() for cell in row) for row in rows)


@cache
def abbreviations() -> Mapping[str, str]:
    """Folded abbreviation → its long form: "tthc" → "thủ tục hành chính"."""
    return {fold(short): long for short, long, *_ in read_table("abbreviations.tsv")}


_ABBREVIATED_END = re.compile(
    r"(?:\b(?:TP|Tp|TX|TT|Q|P|H|KT|TM|TUQ|TL|GS|PGS|TS|ThS|BS|DS|CN|Th|Ô|Ông|v\.v|St|tr|đ/c|vv)|\b[A-ZĐ])$"
)
_SENTENCE_END = re.compile(  # possessive, so that a run of points is read once
    r"(?<![.!?…])[.!?…]++[\"”’)\]]*+(?=\s++[\"“‘(\[]*+[A-ZÀ-ỸĐ\d\-+•*])"
)
_HEADING_NUMBER = re.compile(r"(?:^|\s)(?:[IVXLC]+|\d{1,2}(?:\.\d+)*|[a-zđ])$")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence of a reading. An abbreviation ("TP. Hồ Chí Minh") or an initial ends none."""
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if match[0] == "." and _ABBREVIATED_END.search(text, max(start, match.start() - 5), match.start()):
            continue
        if match[0] == "." and match.start() - start < 9 and _HEADING_NUMBER.search(text[start : match.start()]):
            continue  # the number of a heading, not a sentence
        yield start, match.end()
        start = match.end()
        while start < len(text) and text[start] == " ":
            start += 1
    if start < len(text):
        yield start, len(text)


@lru_cache(maxsize=8192)
def sentence_spans(text: str) -> tuple[tuple[int, int], ...]:
    """`sentences`, kept: each figure of a passage asks again which one it stands in."""
    return tuple(sentences(text))
