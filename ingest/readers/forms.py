"""What every reader takes and gives."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


class Unreadable(Exception):
    """The file can't be read; the message is one Vietnamese sentence: what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text in the plain form that `structure` reads: paragraphs by lines, table rows as lines with tabs,
    footnote calls as superscript digits, their texts as lines that begin with the digits ("¹ …").

    `pages` is (offset of the page's first character, page number) where the format has pages; `remarks` are Vietnamese
    sentences for the person who ingests ("đã chuyển từ bảng mã TCVN3"); `doubtful` are the numbers of pages that were
    hard to read, so that what they say has to be checked against the paper.
    """

    text: str
    pages: tuple[tuple[int, int], ...] = ()
    remarks: tuple[str, ...] = ()
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
