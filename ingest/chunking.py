"""A text and its structure to sections and chunks: one paragraph, list item or table row each, with the footnotes
that it calls, what it speaks of, and the headings under which it stands."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.blocks import Block
from ingest.metadata import Metadata
from ingest.structure import Structure
from vectorstore import periods, places
from vectorstore.quantities import references
from vectorstore.records import Chunk, Excerpt, Footnote, Section, Span, excerpt, fold_space
from vectorstore.vietnamese import sentences

TARGET = 1_000
"""Longest chunk in characters before a paragraph is cut at the end of a sentence. A passage holds at most 2,000."""
_LONGEST = 1_800
_WIDEST = 100
"""Columns of the widest table that is one; no line of so many tabs is looked through for its cells."""


@dataclass(slots=True)
class _Open:
    """A heading that is still open while its section is read."""

    level: int
    title: str
    start: int
    place: str | None
    period: str | None


def split(
    document_id: str, text: str, meta: Metadata, structure: Structure, pages: Sequence[tuple[int, int]] = ()
) -> tuple[list[Section], list[Chunk]]:
    """The sections and chunks of a document's text; `pages` is (offset of a page's first character, its number)."""
    notes = _by_marker(structure.footnotes)
    sections: list[Section] = []
    chunks: list[Chunk] = []
    stack: list[_Open] = []
    leads: dict[int, int] = {}  # depth of a list → ordinal of the chunk that introduces it
    default_year = _year_of(meta)

    def close(level: int, end: int) -> None:
        while stack and stack[-1].level >= level:
            opened = stack.pop()
            path = (*(o.title for o in stack), opened.title)
            sections.append(Section(path, opened.start, end, opened.place, opened.period))

    def add(
        kind: str, body: Excerpt, block: Block | None = None, lead: int | None = None, extra: tuple[str, ...] = ()
    ) -> int:
        path = (*(o.title for o in stack), *extra)
        leading = chunks[lead] if lead is not None else None
        place = next((o.place for o in reversed(stack) if o.place), None) or meta.place
        period = (
            (kind not in ("head", "signature") and _stated_period(body.reading.text, default_year))
            or (leading.period if leading else None)
            or next((o.period for o in reversed(stack) if o.period), None)
            or meta.period
        )
        heads = _heads(block, body)
        chunk = Chunk(
            document_id,
            len(chunks),
            kind,
            body,
            path,
            _called(body, notes),
            heads,
            lead,
            place,
            period,
            _page_of(body, pages),
            _context(meta, path, place, period, leading, heads),
        )
        chunks.append(chunk)
        return chunk.ordinal

    def sign() -> None:
        for piece in _passages(meta.foot, _LONGEST):
            add("signature", piece)

    for piece in _passages(meta.head, TARGET * 1.3):
        add("head", piece)
    signed = False
    blocks = list(_named_annexes(structure.blocks))
    for at, block in enumerate(blocks):
        start = block.spans[0][0]
        if meta.foot and not signed and start >= meta.foot.start:
            close(-99, start)
            sign()
            signed = True
        if meta.foot and meta.foot.start <= start < meta.foot.end:
            continue
        if block.title and block.level is not None:
            close(block.level, start)
            place, period = _scope_of(block.title, default_year)
            outermost = not stack
            if outermost and place is None and meta.type == "Bản tin" and not places.find(block.title):
                opening = next((b.text for b in blocks[at + 1 : at + 2] if not b.title), "")
                place = _place_of_article(opening)
            stack.append(_Open(block.level, block.title, start, place if outermost else None, period))
            leads.clear()
            if block.kind == "heading":
                continue
        elif block.level is not None and block.kind == "item":
            close(block.level, start)
        depth = _depth(block)
        leads = {d: o for d, o in leads.items() if d < depth} if depth else {}
        lead = leads[max(leads)] if leads and depth else None
        first = None
        for piece in _pieces(text, block, structure.calls):
            ordinal = add(block.kind, piece, block, lead, block.parents)
            first = ordinal if first is None else first
        if first is not None and (block.text.rstrip().endswith(":") or block.kind == "item"):
            leads[depth] = first
        elif depth == 0:
            leads = {}
    close(-99, len(text))
    if not signed:
        sign()
    sections.sort(key=lambda s: (s.start, len(s.path)))
    return sections, chunks


def _page_of(body: Excerpt, pages: Sequence[tuple[int, int]]) -> int | None:
    """The page on which an excerpt begins."""
    at = bisect_right([offset for offset, _ in pages], body.start) - 1
    return pages[at][1] if at >= 0 else None


_NUMBER_ALONE = re.compile(r"(?:Phần|Chương|Mục|Tiểu mục)\s+(?:thứ\s+)?\w+[.:]?", re.IGNORECASE)
_LONGEST_TITLE = 40  # words


def _named_annexes(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """ "PHỤ LỤC" takes the line below it into its title, for alone it says nothing; "Chương I" the line in capitals."""
    waiting: Block | None = None
    for block in blocks:
        if waiting is not None:
            named = block.text.isupper() and len(block.text.split()) <= _LONGEST_TITLE
            if block.kind == "paragraph" and (waiting.level == 0 or named):
                waiting.title = f"{waiting.title} {fold_space(block.text)}"
                yield waiting
                waiting = None
                continue
            yield waiting
            waiting = None
        if block.kind == "heading" and (
            (block.level == 0 and len(block.text.split()) <= 4) or _NUMBER_ALONE.fullmatch(block.text.strip("*_ "))
        ):
            waiting = block
            continue
        yield block
    if waiting is not None:
        yield waiting


def _depth(block: Block) -> int:
    """How deep a block stands in a list: 0 for a paragraph, then -, then + and *."""
    if block.kind == "row":
        return 0
    if block.kind == "item":
        return {"-": 2, "–": 2, "+": 3, "*": 4, "•": 4}.get(block.marker, 1)
    return 0


def _heads(block: Block | None, piece: Excerpt) -> tuple[tuple[str, str], ...]:
    """The heads and cells of a table row; of a row that is cut, those whose cell stands whole in the piece."""
    if block is None or len(block.text) <= _LONGEST:
        return block.cells if block else ()
    if len(block.cells) > _WIDEST:
        return ()
    quote = piece.quote
    return tuple((head, cell) for head, cell in block.cells if fold_space(cell) in quote)


def _pieces(text: str, block: Block, calls: Sequence[Span]) -> Iterator[Excerpt]:
    return _passages(excerpt(text, block.spans, calls), _LONGEST if block.kind == "row" else TARGET * 1.3)


def _passages(whole: Excerpt, longest: float) -> Iterator[Excerpt]:
    """An excerpt whole, or cut at the ends of sentences where it is long."""
    reading = whole.reading
    if len(reading.text) <= longest:
        if whole:
            yield whole
        return
    start = 0
    end = 0
    for _, stop in _bounded(reading.text):
        if stop - start > TARGET and end > start:
            yield reading.part(start, end)
            start = end
        end = stop
    yield reading.part(start, len(reading.text))


def _bounded(text: str) -> Iterator[tuple[int, int]]:
    """The sentences of a text; one too long for a passage in parts, cut behind a semicolon, a comma or a word."""
    for start, end in sentences(text):
        while end - start > _LONGEST:
            cuts = (text.rfind(mark, start + _LONGEST // 2, start + _LONGEST) for mark in ("; ", ", ", " "))
            cut = next((c + 1 for c in cuts if c > 0), start + _LONGEST)
            yield start, cut
            start = cut
        yield start, end


def _by_marker(footnotes: Sequence[Footnote]) -> dict[str, list[Footnote]]:
    """The footnotes of each marker in reading order; pages and sections may each count from 1."""
    out: dict[str, list[Footnote]] = {}
    for note in sorted((note for note in footnotes if note.body), key=lambda note: note.body.start):
        out.setdefault(note.marker, []).append(note)
    return out


def _called(body: Excerpt, notes: Mapping[str, list[Footnote]]) -> tuple[Footnote, ...]:
    """The footnotes whose markers stand in the excerpt, in the order of their calls: of several that have the same
    marker, the next one below."""
    out: dict[Footnote, None] = {}
    for (_, end), marker in body.markers():
        if named := notes.get(marker):
            at = bisect_left(named, end, key=lambda note: note.body.start)
            out[named[min(at, len(named) - 1)]] = None
    return tuple(out)


def _stated_period(text: str, default_year: int | None) -> str | None:
    """The period that a passage states for what it counts: "từ ngày … đến ngày …", a quarter, a half year, "tính đến
    ngày …"; a plain year names too many other things (plans, decisions) to be one."""
    opening = text[:400]
    # what a document that is named is about: "Quyết định số … về việc tiếp tục thực hiện … đến hết năm 2022"
    named = [(r.start, r.end + 1 + len((r.about or "").split(",")[0])) for r in references(opening)]
    found = [
        p
        for p in periods.counted(opening, default_year)
        if not re.fullmatch(r"\d{4}(?:/\d{4})?", p.form) and not any(a <= p.start < b for a, b in named)
    ]
    forms = {p.form for p in found}
    return found[0].form if len(forms) == 1 else None


def _scope_of(title: str, default_year: int | None) -> tuple[str | None, str | None]:
    """The place and the period that a heading names, if it names just one."""
    named = {m.place for m in places.find(title)}
    stated = {p.form for p in periods.headed(title, default_year)}
    return (named.pop() if len(named) == 1 else None), (stated.pop() if len(stated) == 1 else None)


_SPEAKS = re.compile(r"(?:\b(?:tỉnh|thành phố|TP\.?|UBND|Sở [^,.;]{2,40}|ngành [^,.;]{2,20})\s|^\W*)$", re.IGNORECASE)


def _place_of_article(opening: str) -> str | None:
    """The place of a newsletter's article whose heading names none: the one its first sentence is about, by the name of
    a body or at its very start; where something was held ("tại Hà Nội") is not what it is about."""
    first = next((opening[a:b] for a, b in sentences(fold_space(opening))), "")
    named = places.find(first)
    about = [m.place for m in named if _SPEAKS.search(first[: m.start])]
    return about[0] if about and len({m.place for m in named}) == 1 else None


def _year_of(meta: Metadata) -> int | None:
    period = periods.parse(meta.period)
    if period and len(period.years) == 1:
        return next(iter(period.years))
    return int(meta.issued_on[:4]) if meta.issued_on else None


def _context(
    meta: Metadata,
    path: tuple[str, ...],
    place: str | None,
    period: str | None,
    lead: Chunk | None,
    heads: tuple[tuple[str, str], ...] = (),
) -> str:
    """What is put before a chunk's text when it is searched; before a table's row also the names of its columns."""
    scope = [meta.type, meta.issuer, place if place and place not in (meta.issuer or "") else None, periods.say(period)]
    parts = [" ".join(p for p in scope if p), meta.title or "", *path, " · ".join(head for head, _ in heads)]
    if lead is not None and lead.kind != "head":
        text = lead.text
        parts.append(text if len(text) <= 300 else text[:300].rsplit(" ", 1)[0])
    return " › ".join(dict.fromkeys(p for p in parts if p))
