"""What every reader takes and gives."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from vectorstore.records import CALL
from vectorstore.vietnamese import normalize


class Unreadable(Exception):
    """The file can't be read; the message is one Vietnamese sentence: what is wrong and what to do."""


def shown_name(name: str) -> str:
    """A file's name as it can be shown: one line, nothing in it but what is seen."""
    return "".join(char if char.isprintable() else "\ufffd" for char in unicodedata.normalize("NFC", name))


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text in the plain form that `structure` reads: paragraphs by lines, table rows as lines with tabs,
    footnote calls as superscript digits, their texts as lines that begin with the digits ("¹ …").

    `pages` is (offset of the page's first character, page number) where the format has pages; `remarks` are Vietnamese
    sentences for the person who ingests ("đã chuyển từ bảng mã TCVN3"); `recognised` is (page number, mean confidence
    in percent) for each page that was read from an image, `doubtful` the numbers of those that were hard to read.
    """

    text: str
    pages: tuple[tuple[int, int], ...] = ()
    remarks: tuple[str, ...] = ()
    recognised: tuple[tuple[int, int], ...] = ()
    doubtful: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A file's bytes and what was read from them."""

    path: Path
    content: bytes
    decoded: Decoded

    @property
    def text(self) -> str:
        return self.decoded.text

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


# What a reader does not see and a search would stumble over: soft hyphens, joiners, marks of direction; NUL.
_UNSEEN = dict.fromkeys([0, 0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF])
_LINE_ENDS = dict.fromkeys(map(ord, "\v\f\x85\u2028\u2029"), "\n")


def kept(text: str) -> str:
    """A text in the one form that a document's text has, for good: as printed, without what is not to be seen."""
    return normalize(text.translate(_UNSEEN | _LINE_ENDS))


def carried(cell: str, column: int) -> str:
    """What a cell that is merged over rows says in each of them: its words, its notes called once. A figure in it is
    one figure for all of the rows, not one for each."""
    return CALL.sub("", cell) if column == 0 or any(char.isalpha() for char in cell) else ""
