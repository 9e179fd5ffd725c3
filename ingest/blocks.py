"""What a document is made of on its way to chunks: blocks, and how deep a numbered line stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ingest import markdown
from ingest.pages import ends
from vectorstore.records import Span

Kind = Literal["heading", "paragraph", "item", "row"]


# Headings from the outermost in; what a marker looks like and how deep it stands.
_MARKERS: tuple[tuple[int, re.Pattern[str]], ...] = (
    (0, re.compile(r"(?:PHỤ LỤC|Phụ lục)\b[ \t]*(?:số[ \t]*)?[\dIVXA-Z]{0,4}\b\.?:?")),
    (1, re.compile(r"(?:PHẦN|Phần)[ \t]+(?:thứ[ \t]+\w+|[IVX]+|\d+|[A-Z])\b[.:]?", re.IGNORECASE)),
    (2, re.compile(r"(?:CHƯƠNG|Chương)[ \t]+[IVX\d]+\b[.:]?")),
    (3, re.compile(r"[A-EĐ]\.(?=\s+[A-ZÀ-ỸĐ])")),
    (4, re.compile(r"(?:[IVX]+|i[IVX]+)[.)](?=\s)")),
    (5, re.compile(r"(?:ĐIỀU|Điều)[ \t]+\d+[.:]")),
    (6, re.compile(r"\d{1,3}[.)](?=\s)|\d{1,2}/(?=\s)")),
    (7, re.compile(r"\d{1,2}\.\d{1,2}\.?(?=\s)|[A-EĐ]\.\d{1,2}\.?(?=\s+[A-ZÀ-ỸĐ])")),
    (8, re.compile(r"\d{1,2}\.\d{1,2}\.\d{1,2}\.?(?=\s)")),
    (9, re.compile(r"\d{1,2}(?:\.\d{1,2}){3}\.?(?=\s)")),
    (10, re.compile(r"[a-zđ]\d?[.)](?=\s)")),
)

MARKDOWN_HEADING = re.compile(r"(#{1,6})[ \t]+")


@dataclass(slots=True)
class Block:
    """A paragraph, heading, list item or table row on its way to a chunk. `marker` is what it is numbered with,
    `level` how deep that stands (None: no number)."""

    kind: Kind
    spans: list[Span]
    text: str
    level: int | None = None
    marker: str = ""
    title: str = ""
    cells: tuple[tuple[str, str], ...] = ()
    parents: tuple[str, ...] = ()
    part: markdown.Part | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing that follows can be the rest of its sentence."""
        return ends(self.text) or self.kind in ("row", "heading")


def level_of(line: str) -> tuple[int, str] | None:
    """How deep a line's number stands, and the number; None when it has none."""
    if match := MARKDOWN_HEADING.match(line):
        return -7 + len(match[1]), match[0]
    bare = line.lstrip("*_ ")
    for level, pattern in reversed(_MARKERS):
        if match := pattern.match(bare):
            return level, match[0].strip()
    return None


def is_numbered(line: str) -> bool:
    """Whether a line begins with the number of a heading or an item."""
    return level_of(line.strip()) is not None
