"""The words that reading and answering share: excerpts of a document's text and what is made of them.

A document has one text. Everything that is found in it (a chunk, a footnote, a citation) is an `Excerpt`: one or
more spans of that text, in reading order. What is *quoted* is the excerpt as printed; what is *searched and reasoned
over* is its `Reading`, with white space folded, footnote markers and mark-up left out, and a way back to the
offsets. Nothing here reads files, stores or searches.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Literal

Span = tuple[int, int]
"""Start and end (exclusive) in Unicode code points of the document's text."""

INTERRUPTION = " […] "
"""Stands in a quote where a footnote block, page number, running head or repeated table head was left out."""

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_DIGITS = str.maketrans(SUPERSCRIPTS, "0123456789")

# What a reader's eye passes over: superscript markers (but not the exponent of m² or km³), tags, and the marks of
# Markdown: strong emphasis, headings, images, the address of a link, footnote calls, escapes.
CALL = re.compile(
    r"(?<![mM])[⁰¹²³⁴⁵⁶⁷⁸⁹]+"  # "đơn vị²⁹"
    r"|(?<=[mM])(?:[⁰¹²³⁴⁵⁶⁷⁸⁹]{2,}|[⁰¹⁴⁵⁶⁷⁸⁹])"  # "dài 30 m¹⁵": no exponent of a length
    r"|(?<=[^\W\d_][mM])(?<![ckdhCKDH][mM])[²³]"  # "năm²", but not "km²"
)
"""A footnote's call; ² or ³ behind a unit of length is an exponent."""
_NAMED_CALL = re.compile(r"\[\^[^\]\s]{1,20}\]")
_NUMBER = re.compile(r"\d+")
_ADDRESS = r"\((?:https?://|/|#|\.{1,2}/|mailto:|www\.)[^()\n]{0,2000}(?:\([^()\n]{0,500}\)[^()\n]{0,500})?\)"
_MARKS = (
    r"\*{2,}|</?[a-zA-Z][^<>]{0,200}>"
    rf"|!\[[^\[\]\n]{{0,500}}\]{_ADDRESS}|\[(?=[^\[\]]{{1,500}}\]{_ADDRESS})|\]{_ADDRESS}"
    r"|\[\^[^\]\s]{1,20}\]|^[ ]{0,3}#{1,6}[ \t]+|\\(?=[\\`*_{}\[\]()#+.!|-])"
)
_SKIPPED = re.compile(rf"{CALL.pattern}|{_MARKS}", re.MULTILINE)
_MARKED_UP = re.compile(_MARKS, re.MULTILINE)
# A pair of single marks around words: "*Căn cứ …;*", but not "(*)", "5*3" or a bullet.
_EMPHASIS = re.compile(r"(?<![\w*_\\])([*_])(?![\s*_)])[^*_]{1,1500}?(?<![\s*_(])\1(?![\w*_])")
_SPACE = re.compile(r"\s+")
_WORDS = re.compile(r"([^\s|]+)|[\s|]+")  # a bar stands between the cells of a Markdown row


def digits(marker: str) -> str:
    """A raised number in plain digits."""
    return marker.translate(_DIGITS)


def fold_space(text: str) -> str:
    """The text with each run of white space as one blank, and none at the ends."""
    return _SPACE.sub(" ", text).strip()


def _skipped(text: str, pattern: re.Pattern[str] = _SKIPPED) -> list[Span]:
    """The stretches of a text that are passed over when it is read."""
    spans = [match.span() for match in pattern.finditer(text)]
    if "*" in text or "_" in text:
        for match in _EMPHASIS.finditer(text):
            spans += [(match.start(), match.start() + 1), (match.end() - 1, match.end())]
        spans.sort()
    return spans


def plain(text: str) -> str:
    """A text without its mark-up; superscripts stay."""
    out = []
    position = 0
    for start, end in _skipped(text, _MARKED_UP):
        if start >= position:
            out.append(text[position:start])
            position = end
    return "".join([*out, text[position:]])


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One or more stretches of a document's text, as printed: `pieces[i]` is the text at `spans[i]`. `calls` is where
    they call footnotes by something else than a raised digit ("[1]", "thành phố1"), which only the document tells."""

    spans: tuple[Span, ...]
    pieces: tuple[str, ...]
    calls: tuple[Span, ...] = ()

    @property
    def start(self) -> int:
        return self.spans[0][0]

    @property
    def end(self) -> int:
        return self.spans[-1][1]

    @property
    def quote(self) -> str:
        """The stretches as printed, white space folded, `[…]` between them."""
        return INTERRUPTION.join(part for part in map(fold_space, self.pieces) if part)

    @property
    def reading(self) -> Reading:
        return _read(self)

    def markers(self) -> list[tuple[Span, str]]:
        """Where footnotes are called, and by which markers."""
        out: list[tuple[Span, str]] = []
        for (start, end), piece in zip(self.spans, self.pieces, strict=True):
            for match in (*CALL.finditer(piece), *_NAMED_CALL.finditer(piece)):
                out.append(((start + match.start(), start + match.end()), digits(match[0].strip("[^]"))))
            for a, b in self.calls:
                if start <= a < end and (number := _NUMBER.search(piece, a - start, b - start)):
                    out.append(((a, b), number[0]))
        return sorted(out)

    def __bool__(self) -> bool:
        return bool(self.spans)


def excerpt(text: str, spans: Iterable[Span], calls: Sequence[Span] = ()) -> Excerpt:
    """The excerpt of `text` at `spans`; spans are trimmed of white space at their ends, empty ones dropped, touching
    ones joined. `calls` are the document's, in order."""
    kept: list[Span] = []
    for start, end in sorted(spans):
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if start >= end:
            continue
        if kept and not text[kept[-1][1] : start].strip():
            kept[-1] = (kept[-1][0], max(end, kept[-1][1]))
        else:
            kept.append((start, end))
    return Excerpt(tuple(kept), tuple(text[a:b] for a, b in kept), _within(calls, kept))


def _within(calls: Sequence[Span], spans: Sequence[Span]) -> tuple[Span, ...]:
    """Those of the calls that stand in the spans."""
    out: list[Span] = []
    for start, end in spans if calls else ():
        at = bisect_left(calls, (start, start))
        while at < len(calls) and calls[at][1] <= end:
            out.append(calls[at])
            at += 1
    return tuple(out)


@dataclass(frozen=True, slots=True)
class Reading:
    """An excerpt as it is reasoned over: `text`, and for each of its characters the offset in the document."""

    text: str
    offsets: tuple[int, ...]
    source: Excerpt

    def part(self, start: int, end: int) -> Excerpt:
        """The excerpt behind `text[start:end]`, as printed (markers and mark-up inside it included)."""
        while start < end and self.text[start] == " ":
            start += 1
        while end > start and self.text[end - 1] == " ":
            end -= 1
        if start >= end:
            return Excerpt((), ())
        first, last = self.offsets[start], self.offsets[end - 1] + 1
        spans: list[Span] = []
        pieces: list[str] = []
        for (a, b), piece in zip(self.source.spans, self.source.pieces, strict=True):
            lo, hi = max(a, first), min(b, last)
            if lo < hi and piece[lo - a : hi - a].strip():
                spans.append((lo, hi))
                pieces.append(piece[lo - a : hi - a])
        return Excerpt(tuple(spans), tuple(pieces), _within(self.source.calls, spans))

    def at(self, offset: int) -> int:
        """The position in `text` of the first character that stands at or after `offset` of the document."""
        return bisect_right(self.offsets, offset - 1)


@lru_cache(maxsize=4096)
def _read(source: Excerpt) -> Reading:
    out: list[str] = []
    offsets: list[int] = []
    for (start, end), piece in zip(source.spans, source.pieces, strict=True):
        if out and out[-1] != " ":
            out.append(" ")
            offsets.append(start)
        position = 0
        skipped = _skipped(piece)
        if called := [(a - start, b - start) for a, b in source.calls if start <= a < end]:
            skipped = sorted([*called, *skipped], key=lambda span: (span[0], -span[1]))
        for a, b in [*skipped, (len(piece), len(piece))]:
            if a < position:
                continue  # within what was passed over
            for match in _WORDS.finditer(piece, position, a):
                if match[1] is not None:
                    out.append(match[1])
                    offsets.extend(range(start + match.start(), start + match.end()))
                elif out and out[-1] != " ":
                    out.append(" ")
                    offsets.append(start + match.start())
            position = b
    if out and out[-1] == " ":
        out.pop()
        offsets.pop()
    return Reading("".join(out), tuple(offsets), source)


@dataclass(frozen=True, slots=True)
class Footnote:
    """A footnote: its marker in digits ("13") and its text wherever it stands."""

    marker: str
    body: Excerpt


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it. `path` is the headings from the outermost to this one; `place` and `period`
    are what the heading itself says, if it does (a newsletter's article)."""

    path: tuple[str, ...]
    start: int
    end: int
    place: str | None = None
    period: str | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is indexed: a paragraph, list item, table row, head or signature, with the footnotes that it calls.

    `kind` is one of "paragraph", "item", "row", "head", "signature". `lead` is the ordinal of the paragraph that
    introduces the list the item stands in ("…, cụ thể như sau:"), so that siblings share it. `heads` are a row's
    (column head, cell) pairs, left to right. `place` and `period` (the contract's form) are what the passage speaks of.
    `context` is put before the text when it is searched, never when it is quoted.
    """

    document_id: str
    ordinal: int
    kind: str
    body: Excerpt
    section: tuple[str, ...] = ()
    footnotes: tuple[Footnote, ...] = ()
    heads: tuple[tuple[str, str], ...] = ()
    lead: int | None = None
    place: str | None = None
    period: str | None = None
    page: int | None = None
    context: str = ""

    @property
    def chunk_id(self) -> str:
        """The chunk's name in both indexes: the document's id, ":" and the ordinal."""
        return f"{self.document_id}:{self.ordinal}"

    @property
    def text(self) -> str:
        """The chunk as it is reasoned over, without what its footnotes say."""
        return self.body.reading.text


def siblings(chunk: Chunk, chunks: Sequence[Chunk]) -> list[Chunk]:
    """The items of the list that a passage is one of: those that one paragraph introduces, or those that open the
    headings beside its own ("a) Khám bệnh: 612 hồ sơ …", "b) Dược: …"); none where it is one of no list."""
    if chunk.lead is not None:
        return [c for c in chunks if c.lead == chunk.lead]
    if not opens_heading(chunk):
        return []
    return [c for c in chunks if len(c.section) == len(chunk.section) and _beside(c, chunk) and opens_heading(c)]


def _beside(one: Chunk, other: Chunk) -> bool:
    return one.section[:-1] == other.section[:-1]


def opens_heading(chunk: Chunk) -> bool:
    """Whether a passage begins with the heading above it, and goes on."""
    if not chunk.section or chunk.kind not in ("item", "paragraph"):
        return False
    heading = chunk.section[-1].strip(" *#.:")
    return chunk.text.startswith(heading) and len(chunk.text) > len(heading) + 2


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that a document states, as the ledger of figures (sổ số liệu) keeps it.

    `ordinal` counts the document's figures in reading order, `chunk` is the ordinal of the chunk that it stands in,
    and `footnote` the marker of the chunk's footnote where it stands in one. `text` is the number as printed;
    `value` is None where that is no single number, `ratio` then its (part, whole): "10/10". `indicator` is what is
    counted, in the document's words; `breakdown` the field, level or kind of it that is counted; `bound` as in the
    contract. `place`, `body` (whose figure it is) and `period` (the contract's form) are those of the figure
    itself, which its sentence may state apart from its document's. `part_of` is the ordinal of the figure that it
    is a part of. `start` and `end` are the number's offsets in the document's text, `stated` is the sentence, item
    or row that states it.
    """

    document_id: str
    ordinal: int
    chunk: int
    text: str
    value: Decimal | None
    start: int
    end: int
    stated: Excerpt
    indicator: str
    unit: str | None = None
    bound: str | None = None
    nature: Literal["result", "target"] = "result"
    breakdown: str | None = None
    place: str | None = None
    body: str | None = None
    period: str | None = None
    ratio: tuple[Decimal, Decimal] | None = None
    part_of: int | None = None
    footnote: str | None = None


FindingKind = Literal["source_conflict", "source_error", "instruction_in_document"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What disagrees in a document, in one Vietnamese sentence that names both figures, and the passages, with the
    footnotes of them, where it stands; or that it gives orders to a machine. `spans` is where, if that is told more
    closely."""

    kind: FindingKind
    message: str
    evidence: tuple[tuple[Chunk, tuple[Footnote, ...]], ...]
    spans: tuple[Span, ...] = ()

    @property
    def exactly(self) -> Excerpt:
        """What stands at the spans, as printed."""
        bodies = [body for chunk, notes in self.evidence for body in (chunk.body, *(note.body for note in notes))]
        found = {
            (a, b): piece[a - start : b - start]
            for body in bodies
            for (start, end), piece in zip(body.spans, body.pieces, strict=True)
            for a, b in self.spans
            if start <= a and b <= end
        }
        return Excerpt(tuple(sorted(found)), tuple(found[span] for span in sorted(found)))


@dataclass(frozen=True, slots=True)
class Document:
    """One file as ingested, and what was read from it. None or "" means that the document does not say.

    `number` is as printed ("1987/BC-SYT", "/BC-SYT" where the number was left blank); `issued_on` and `period` are in
    the contract's forms; `status` is "current", "superseded" or "digest". `replaces` are the numbers of the documents
    that it says it replaces. `also_as` are the names of other files of the same document; `related` and `superseded_by`
    are ids; the library keeps these three, and whether the document is superseded. `recognised` are the pages read
    from images, each with the mean confidence in percent, `doubtful` those that were hard to read. `figures` is the
    ledger of the numbers stated, `findings` what disagrees, and what gives orders to a machine.
    """

    document_id: str
    source: str
    sha256: str
    text: str
    number: str | None = None
    type: str | None = None
    title: str | None = None
    issuer: str | None = None
    place: str | None = None
    issued_on: str | None = None
    period: str | None = None
    signer: str | None = None
    signer_title: str | None = None
    status: str = "current"
    digest_of: str | None = None
    related: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    footnotes: tuple[Footnote, ...] = ()
    replaces: tuple[str, ...] = ()
    also_as: tuple[str, ...] = ()
    superseded_by: str | None = None
    recognised: tuple[tuple[int, int], ...] = ()
    doubtful: tuple[int, ...] = ()
    chunks: tuple[Chunk, ...] = field(default=(), repr=False)
    figures: tuple[Figure, ...] = field(default=(), repr=False)
    findings: tuple[Finding, ...] = field(default=(), repr=False)
    ingested_at: str = ""

    @property
    def number_is_blank(self) -> bool:
        """Whether a number line stands in the head with its number left out ("Số: /BC-SYT")."""
        return self.number is not None and self.number.lstrip(" …._-").startswith("/")

    @property
    def counts(self) -> dict[str, int]:
        """How much was read; a table is the rows under one heading."""
        rows = sum(chunk.kind == "row" for chunk in self.chunks)
        kinds = ["", *(chunk.kind for chunk in self.chunks)]
        tables = sum(now == "row" != before for before, now in pairwise(kinds))
        return {
            "sections": len(self.sections),
            "footnotes": len(self.footnotes),
            "tables": tables,
            "rows": rows,
            "chunks": len(self.chunks),
            "figures": len(self.figures),
            "notices": len(self.findings),
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """What an index holds of a chunk: its own text, or a part of one of its footnotes, with the context that is
    searched before it, and the keys by which it is filtered (`scope.py`). Several entries lead to one chunk."""

    entry_id: str
    chunk_id: str
    text: str
    context: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Followed:
    """How far an index has followed: which library, and up to which of its sequence numbers."""

    library: str
    sequence: int


def chunk_of(entry_id: str) -> str:
    """The id of the chunk that an entry leads to: its own, or what stands before its footnote's part."""
    head, _, last = entry_id.rpartition(":")
    return entry_id if last.isdigit() else head


_NOTE_PART = 600


def entries(chunk: Chunk, keys: tuple[str, ...] = ()) -> list[Entry]:
    """The entries of a chunk: one for its own text, one or more for each footnote it calls."""
    own = chunk.text
    out = [Entry(chunk.chunk_id, chunk.chunk_id, own, chunk.context, keys)]
    caller = own if len(own) <= 300 else own[:300].rsplit(" ", 1)[0]
    for note in chunk.footnotes:
        for i, part in enumerate(_parts(note.body.reading.text)):
            entry_id = f"{chunk.chunk_id}:{note.marker}.{i}"
            out.append(Entry(entry_id, chunk.chunk_id, part, f"{chunk.context} › {caller}", keys))
    return out


def _parts(text: str) -> list[str]:
    """A long text in parts of at most about 600 characters, cut where a clause or a sentence ends."""
    parts = []
    while len(text) > _NOTE_PART:
        cut = max(text.rfind(mark, _NOTE_PART // 2, _NOTE_PART) for mark in (". ", "; ", " - ", ", "))
        cut = cut + 1 if cut > 0 else text.rfind(" ", 1, _NOTE_PART) if " " in text[1:_NOTE_PART] else _NOTE_PART
        parts.append(text[:cut].strip())
        text = text[cut:].strip()
    return [*parts, text] if text else parts


@dataclass(frozen=True, slots=True)
class Filters:
    """What may be searched; an empty tuple filters nothing. `years` takes what touches the year."""

    places: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    document_types: tuple[str, ...] = ()
    document_ids: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.places or self.years or self.document_types or self.document_ids)


NO_FILTERS = Filters()
"""Everything may be searched."""


@dataclass(frozen=True, slots=True)
class FigureQuery:
    """Which figures of the ledger are asked for; what is empty or None filters nothing. `years` takes what touches the
    year; all words of `indicator`, accents aside, have to stand in what is counted, its breakdown or its unit. At most
    `limit` are given, after the first `offset`, in reading order document by document."""

    places: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    document_ids: tuple[str, ...] = ()
    indicator: str = ""
    nature: Literal["result", "target"] | None = None
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found, how well it fits the question, and the document it stands in (without its chunks)."""

    chunk: Chunk
    score: float
    document: Document
