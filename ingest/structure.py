"""Text to blocks: paragraphs made whole, headings, list items, table rows and footnotes, each as spans of the text.

The rules come from how administrative reports are printed: numbered headings (Phần, Chương, I., 1., 1.1., a)),
bullets (-, +), footnotes at the foot of a page with superscript numbers. A sentence that a page break, a footnote block
or a page number cuts goes on after it with a small letter. Tables are read in `tables`, footnotes and the ends of pages
found in `footnotes` and `pages`; what Markdown writes otherwise comes from `markdown`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise

from ingest import footnotes, markdown
from ingest.blocks import MARKDOWN_HEADING, Block, level_of
from ingest.columns import with_tabs
from ingest.footnotes import Note
from ingest.pages import ends, furniture
from ingest.tables import cells_of, rows_of, table
from vectorstore.quantities import document_types
from vectorstore.records import SUPERSCRIPTS, Footnote, Span, excerpt, fold_space, plain
from vectorstore.vietnamese import fold, read_table, sentences

_BULLET = re.compile(r"(?:[-–+*•])[ \t]*(?=\S)")
_DOCUMENT_ITEM = re.compile(
    rf"[-+][ \t]*(?P<type>{'|'.join(re.escape(t) for t in document_types())})[ \t]+(?:số|liên)", re.IGNORECASE
)
_CLOSING = re.compile(r"Nơi nhận\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Structure:
    """What stands in a text, in reading order, without what interrupts it; its footnotes, and where they are called by
    something else than a raised digit."""

    blocks: tuple[Block, ...]
    footnotes: tuple[Footnote, ...]
    wrapped: bool
    calls: tuple[Span, ...] = ()


def find(text: str, start: int = 0) -> Structure:
    """The structure of a document's text from `start` on."""
    lines = _lines(text, start)
    noted = footnotes.find(text, lines)
    wrapped = False
    if markdown.is_markdown(text):
        body, notes = _markdown(text, start, noted.by_line)
    else:
        shown = with_tabs(text)
        wrapped = _is_wrapped(shown, lines)
        paragraphs = _paragraphs(shown, lines, wrapped, noted.by_line)
        body, notes = _part_footnotes(shown, paragraphs, noted.by_line)
        body = rows_of(shown, body)
    _classify(body)
    body = _without_teasers(body)
    found = tuple(Footnote(marker, said) for marker, spans in notes if (said := excerpt(text, spans, noted.calls)))
    return Structure(tuple(body), found, wrapped, noted.calls)


def printed_lines(text: str, start: int, limit: int) -> list[Span]:
    """The first lines from `start` on as a reader sees them: without empty ones, a table's cells one by one."""
    out: list[Span] = []
    if markdown.is_markdown(text):
        for part in markdown.parts(text[: start + 400 * limit], start, _begins_part):
            out += [cell for cell in part.cells if cell[0] < cell[1]] or [part.span]
            if len(out) >= limit:
                break
        return out
    while start < len(text) and len(out) < limit:
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if text[start:end].strip():
            cells = cells_of(text, (start, end))
            filled = [cell for cell in cells if text[slice(*cell)].strip()]
            out += filled if len(cells) > 1 else cells
        start = end + 1
    return out


_NOTE = re.compile(r"\[\^(?P<marker>[^\]\s]{1,20})\]:[ \t]*")


def _begins_part(previous: str, line: str) -> bool:
    """Whether `line` begins a paragraph of its own right below the line `previous` of a Markdown text."""
    line, previous = line.strip(), previous.strip()
    if not line or line[0] in SUPERSCRIPTS or _CLOSING.match(line) or _NOTE.match(line) or re.match(r"\[\d", line):
        return True
    if _BULLET.match(line) and re.match(r"[-–+*•]\s", line):
        return not re.match(r"[-–]\s*\d{4}\b", line) or not previous[-1:].isdigit()
    if numbered := level_of(line):
        return numbered[0] not in (3, 4, 6, 10) or ends(previous) or level_of(previous) is not None
    return False


def _markdown(text: str, start: int, by_line: Mapping[int, Note]) -> tuple[list[Block], list[tuple[str, list[Span]]]]:
    """The blocks of a Markdown text, rows among them, and its footnotes."""
    body: list[Block] = []
    notes: list[tuple[str, list[Span]]] = []
    noted = False
    for part in markdown.parts(text, start, _begins_part):
        raw = text[slice(*part.span)]
        first = _first(text, part.span)
        if not part.cells and (named := _NOTE.match(text, first)):
            notes.append((named["marker"], [(named.end(), part.span[1])]))
            noted = True
            continue
        if not part.cells and (note := by_line.get(first)):
            notes.append((note.marker, [(note.body, part.span[1])]))
            noted = True
            continue
        if noted and re.match(r"[ ]{2,}|\t", raw):  # set in, as a note's further paragraphs are
            notes[-1][1].append(part.span)
            continue
        noted = False
        heading = MARKDOWN_HEADING.match(raw.lstrip())
        words = fold_space(plain(raw))
        if words or heading:
            body.append(Block("paragraph", [part.span], f"{heading[0]}{words}" if heading else words, part=part))
    out: list[Block] = []
    heads: list[str] = []
    for same_table, group in groupby(body, lambda block: block.part.table if block.part else 0):
        blocks = list(group)
        if same_table and len(blocks) >= 2:
            rows, heads = table(text, [block.part.cells for block in blocks if block.part], heads, joined=False)
            out.extend(rows)
        else:
            out.extend(blocks)
    return out, notes


def _lines(text: str, start: int) -> list[Span]:
    out = []
    position = start
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        out.append((position, end))
        position = end + 1
    return out


def _is_wrapped(text: str, lines: list[Span]) -> bool:
    """Whether paragraphs are broken into lines of one width, as text taken from a PDF is: no long line, and many lines
    that end in mid-sentence and go on with a small letter on the next."""
    filled = [line for a, b in lines if (line := text[a:b].strip())]
    lengths = sorted(map(len, filled))
    if len(lengths) < 20 or lengths[int(len(lengths) * 0.95)] > 130 or lengths[int(len(lengths) * 0.6)] < 50:
        return False
    going_on = sum(
        line[0].islower() and level_of(line) is None and not ends(before) for before, line in pairwise(filled)
    )
    return going_on >= 0.15 * len(filled)


@dataclass(slots=True)
class _Paragraph:
    """The spans of a paragraph's lines. `parted`: the end of a page stands before it; `full`: its last line fills the
    width to which the text is broken."""

    spans: list[Span]
    parted: bool = False
    full: bool = False


def _paragraphs(text: str, lines: list[Span], wrapped: bool, notes: Mapping[int, Note]) -> list[_Paragraph]:
    """Lines joined to paragraphs, without page numbers and running heads."""
    left_out = furniture(text, lines, wrapped)
    widths = sorted(len(text[a:b].strip()) for a, b in lines if text[a:b].strip())
    width = widths[int(len(widths) * 0.9)] if wrapped else 0
    usual = _usual_gap(text, lines)
    out: list[_Paragraph] = []
    previous = ""
    gap = 0
    parted = noted = False
    for i, (a, b) in enumerate(lines):
        line = text[a:b].strip()
        if not line:
            gap += 1
            continue
        if i in left_out:
            parted = True
            continue
        is_note = _first(text, (a, b)) in notes
        if not wrapped or not out or is_note:
            begins = True
        elif noted and (parted or (line[0].islower() and (ends(previous) or len(previous) < 0.85 * width))):
            begins = True  # what the footnote's page had cut goes on
        else:
            begins = _begins_paragraph(previous, line, width, gap > usual)
        if begins:
            out.append(_Paragraph([(a, b)], parted))
            noted = is_note
        else:
            out[-1].spans.append((a, b))
        out[-1].full = wrapped and len(line) >= 0.85 * width
        previous, gap, parted = line, 0, False
    return out


def _first(text: str, span: Span) -> int:
    """Where the first character stands that is no white space."""
    return span[0] + len(text[slice(*span)]) - len(text[slice(*span)].lstrip())


def _usual_gap(text: str, lines: list[Span]) -> int:
    """How many empty lines stand between the lines of a paragraph: 0, or 1 in a double-spaced text."""
    empty = sum(not text[a:b].strip() for a, b in lines)
    return 1 if empty > 0.4 * len(lines) else 0


def _begins_paragraph(previous: str, line: str, width: int, set_apart: bool) -> bool:
    """Whether `line` begins a paragraph after the line `previous` of a text broken at `width` characters; `set_apart`
    says that the gap between the two is wider than usual."""
    if "\t" in line or "\t" in previous:
        return True
    if set_apart and len(previous) < 0.85 * width and not line[:1].islower():
        return True
    if _BULLET.match(line) and not line[0].isalnum():
        # a dash that continues a broken word or range ("2022\n- 2025") is no bullet
        return not re.match(r"[-–]\s*\d{4}\b", line) or not previous[-1:].isdigit()
    if line[0] in SUPERSCRIPTS or _CLOSING.match(line):
        return True
    if (numbered := level_of(line)) is not None:
        within = numbered[0] in (6, 10)  # "1." and "a)" may also be the rest of a sentence
        return not within or ends(previous) or len(previous) < 0.85 * width or level_of(previous) is not None
    if line[:1].islower():
        return False
    short = len(previous) < 0.8 * width
    if ends(previous):
        return short
    if previous.isupper() and len(previous) < 0.6 * width:
        return not (line.isupper() and level_of(previous) is not None) and not line[0].isdigit()
    return len(previous) < 0.75 * width and line[0].isupper()


@dataclass(slots=True)
class _Open:
    """A block on its way: its paragraphs' spans and words, which grow until its sentence ends."""

    spans: list[Span]
    words: list[str]
    full: bool
    tabbed: bool = False

    @property
    def ended(self) -> bool:
        return ends(self.words[-1])

    def take(self, paragraph: _Paragraph, line: str) -> None:
        self.spans += paragraph.spans
        self.words.append(line)
        self.full = paragraph.full


def _part_footnotes(
    text: str, paragraphs: list[_Paragraph], notes: Mapping[int, Note]
) -> tuple[list[Block], list[tuple[str, list[Span]]]]:
    """Paragraphs that are footnotes' own text apart from the rest, whose cut sentences are whole again.

    A footnote goes on over the paragraphs that part it from the next one of its block, and over the items of its list.
    A paragraph that begins with a small letter goes on with the one before it that did not end. List items that stand
    between the two were moved there from a footnote by the page break, and go back to it.
    """
    body: list[_Open] = []
    found: list[tuple[str, list[Span]]] = []
    lists: dict[str, list[Span]] = {}  # kind of document → the spans of the last footnote that lists such
    block_ends = _blocks_of_notes(text, paragraphs, notes)
    last: _Open | None = None  # the footnote that may go on
    kind: str | None = None
    until = -1
    parted = False  # whether the body was interrupted
    for i, paragraph in enumerate(paragraphs):
        line = fold_space(" ".join(text[a:b] for a, b in paragraph.spans))
        parted = parted or paragraph.parted
        if note := notes.get(_first(text, paragraph.spans[0])):
            spans = [(note.body, paragraph.spans[0][1]), *paragraph.spans[1:]]
            found.append((note.marker, spans))
            line = fold_space(" ".join(text[a:b] for a, b in spans))
            last = _Open(spans, [line], paragraph.full)
            kind = _kind(line)
            if kind:
                lists[kind] = spans
            until = block_ends.get(i, -1)
            parted = True
            continue
        if last and (i < until or (kind and _kind(line) == kind) or (_BULLET.match(line) and _is_led_in(last))):
            last.take(paragraph, line)
            continue
        tab = "\t" in text[slice(*paragraph.spans[0])]
        small = line[:1].islower() and level_of(line) is None and not tab
        displaced = _displaced(body, lists) if small else 0
        opened = body[-1 - displaced] if len(body) > displaced else None
        if opened and not opened.ended and not opened.tabbed:
            going_on = small or (parted and not tab and displaced == 0 and _is_cut(opened, line))
        else:
            going_on = False
        if opened and going_on:
            for moved in body[len(body) - displaced :]:
                home = lists[_kind(moved.words[0]) or ""]
                home += moved.spans
            del body[len(body) - displaced :]
            opened.take(paragraph, line)
        elif small and last and not last.ended and not (body and not body[-1].ended):
            last.take(paragraph, line)
            continue
        else:
            body.append(_Open(list(paragraph.spans), [line], paragraph.full, tab))
        last, parted = None, False
    return [Block("paragraph", opened.spans, " ".join(opened.words)) for opened in body], found


def _kind(line: str) -> str | None:
    """The type of document that an item of a list names at its beginning."""
    item = _DOCUMENT_ITEM.match(line)
    return fold(item["type"]) if item else None


def _is_led_in(note: _Open) -> bool:
    """Whether a footnote is a list that its first paragraph introduces."""
    return note.words[0].endswith(":") and (len(note.words) == 1 or _BULLET.match(note.words[-1]) is not None)


def _displaced(body: list[_Open], lists: Mapping[str, list[Span]]) -> int:
    """How many items at the end of the body are of the kind that a footnote before them lists."""
    count = 0
    while count < min(len(body), 12):
        item = body[-1 - count]
        home = lists.get(_kind(item.words[0]) or "") if item.ended else None
        if home is None or home[0][0] > item.spans[0][0]:
            break
        count += 1
    return count


def _is_cut(opened: _Open, line: str) -> bool:
    """Whether a paragraph before the end of a page goes on with what does not begin with a small letter: its last line
    is full, or ends with a word that ends no sentence."""
    if level_of(line) is not None or _BULLET.match(line) or _CLOSING.match(line):
        return False
    words = opened.words[-1].rsplit(maxsplit=1)
    return opened.full or words[-1].endswith(",") or words[-1].lower() in _unfinished()


@cache
def _unfinished() -> frozenset[str]:
    return frozenset(row[0] for row in read_table("unfinished.tsv"))


_LONGEST_NOTE = 3_000


def _blocks_of_notes(text: str, paragraphs: list[_Paragraph], notes: Mapping[int, Note]) -> dict[int, int]:
    """For each footnote that is followed by another one of its block, the paragraph at which that begins: it was called
    before this one stands, and neither a call nor a heading stands between the two."""
    out: dict[int, int] = {}
    at = [(i, note) for i, p in enumerate(paragraphs) if (note := notes.get(_first(text, p.spans[0])))]
    called = sorted(note.called for _, note in at if note.called is not None)
    for (i, note), (j, following) in pairwise(at):
        if j == i + 1 or following.start - note.start > _LONGEST_NOTE or following.called is None:
            continue
        between = bisect_left(called, note.start) != bisect_left(called, following.start)
        apart = any(p.parted or _is_outer(text[slice(*p.spans[0])].strip()) for p in paragraphs[i + 1 : j])
        if following.called < note.start and not between and not apart:
            out[i] = j
    return out


def _is_outer(line: str) -> bool:
    """Whether a line is numbered as the headings of a report are, and not as the items of a list."""
    level = level_of(line)
    return level is not None and level[0] < 10


_TEASER = re.compile(r"\s*(?:\.{3,}|…)\s*\W{0,3}$")
_SHORTEST_TEASER = 40


def _without_teasers(blocks: list[Block]) -> list[Block]:
    """The blocks without those that only begin another one under the same heading, as a news item's teaser does."""
    out: list[Block] = []
    article: list[Block] = []
    for block in [*blocks, None]:
        if block is None or block.kind == "heading":
            out += _whole_ones(article)
            out += [block] if block else []
            article = []
        else:
            article.append(block)
    return out


def _whole_ones(article: list[Block]) -> list[Block]:
    begun = [
        _TEASER.sub("", b.text) if b.kind != "row" and b.text.rstrip().endswith(("...", "…")) else "" for b in article
    ]
    if not any(len(beginning) >= _SHORTEST_TEASER for beginning in begun):
        return article
    openings: dict[str, list[Block]] = {}
    for block in article:
        openings.setdefault(block.text[:_SHORTEST_TEASER], []).append(block)
    return [
        block
        for block, beginning in zip(article, begun, strict=True)
        if len(beginning) < _SHORTEST_TEASER
        or not any(
            len(other.text) > len(block.text) and other.text.startswith(beginning)
            for other in openings[beginning[:_SHORTEST_TEASER]][:20]
        )
    ]


# Headings and items


def _classify(blocks: list[Block]) -> None:
    """Says of each paragraph whether it is a heading, a list item or plain, in place."""
    for block in blocks:
        if block.kind == "row":
            continue
        if level := level_of(block.text):
            block.level, block.marker = level
        elif _BULLET.match(block.text):
            block.kind, block.marker = "item", block.text[0]
    for i, block in enumerate(blocks):
        if block.level is None:
            continue
        follower = blocks[i + 1] if i + 1 < len(blocks) else None
        if _is_heading(block, follower):
            block.kind, block.title = "heading", _title(block.text)
        else:
            block.kind = "item"
            if (title := _inline_title(block.text)) and block.level <= 10:
                block.title = title


def _title(text: str) -> str:
    return fold_space(re.sub(r"^#+\s*", "", text).replace("**", "")).strip("#").rstrip(":").strip()


def _inline_title(text: str) -> str:
    """The title of a numbered paragraph that goes on in the same line: "6.3. Kết quả …: Duy trì …" ."""
    head, colon, rest = text.partition(":")
    if not colon or not rest.strip() or len(head.split()) > 28:
        return ""
    whole = len(text.split()) <= 40 and not ends(text)  # "23. Ninh Bình: Cải cách … kết quả tốt" is all title
    return "" if whole else _title(head)


def _is_heading(block: Block, follower: Block | None) -> bool:
    words = block.text.split()
    if block.level is None:
        return False
    if block.level < 0:
        return True
    if len(words) > 45 or follower is None or _inline_title(block.text):
        return False
    if block.level == 0:
        return True
    if block.level == 5 and block.text.endswith(".") and len(words) > 3:
        return False  # an article that is one sentence
    if len(list(sentences(block.text[len(block.marker) :].strip()))) > 1 or ("; " in block.text and block.level >= 10):
        return False
    if follower.level is not None and follower.level <= block.level:
        return False  # nothing stands below it: a list of numbered items
    if block.text.endswith((";", ",")):
        return False
    upper = sum(c.isupper() for c in block.text) > 0.5 * sum(c.isalpha() for c in block.text)
    if block.level >= 10 and len(words) > 18 and not upper:
        return False
    return upper or not block.text.endswith(".") or len(words) <= 16
