"""HTML pages: what a reader sees, as text. Blocks become lines, rows lines with tabs, <sup>1</sup> a superscript.

Nothing is fetched or run. Scripts, styles, menus and what is hidden are left out; the words are else as they stand.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag
from bs4.exceptions import ParserRejectedMarkup

from ingest import blocks
from ingest.readers import encodings
from ingest.readers.forms import Decoded, Unreadable, carried, kept

_MAX_CHARACTERS = 24 * 1024 * 1024
_MAX_TAGS = 300_000
_MAX_COLUMNS = 200

_DROPPED = """
script style nav noscript template head iframe object embed svg math canvas audio video select option button input
textarea datalist map dialog
"""
_BLOCKS = """
address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5
h6 header hr html legend li main menu ol p pre section summary table tbody td tfoot th thead tr ul caption
"""
_DROPPED_TAGS, _BLOCK_TAGS = frozenset(_DROPPED.split()), frozenset(_BLOCKS.split())
_HEADINGS = {f"h{depth}": depth for depth in range(1, 7)}
# What stands around the text of a page on all pages of its site.
_AROUND_ROLES = {"navigation", "banner", "contentinfo", "search", "menu", "menubar"}
_AROUND_TAGS = {"header", "footer", "aside"}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_NOTE_NUMBER = re.compile(r"\s*[\[(]?(\d{1,3})[\])]?\s*")
# What the link of a note begins with, as Word, LibreOffice, Pandoc and MediaWiki write it.
_NOTE_LINKS = (
    *("#_ftn", "#_edn", "#ftn", "#edn", "#body_ftn", "#body_edn", "#sdfootnote", "#sdendnote"),
    *("#fn", "#footnote", "#cite_"),
)
_RAISED = re.compile(r"vertical-align\s*:\s*super", re.IGNORECASE)
_OWN_MARKER = re.compile(r"(?:\d{1,3}|[a-zđ]|[ivx]{1,5}|[IVX]{1,5})[.)](?=\s?\D)|[-–+•]\s")
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"))
_ROMAN_UNITS = ((9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


def decode(content: bytes, name: str) -> Decoded:
    """The visible text of a page.

    Raises:
        Unreadable: binary, in an encoding that is not known, or far larger than a page is.
    """
    source, names = encodings.to_text(content, name)
    if len(source) > _MAX_CHARACTERS or source.count("<") > _MAX_TAGS:
        raise Unreadable(f"Trang «{name}» quá lớn để đọc; hãy tách thành nhiều tệp nhỏ hơn rồi nạp lại.")
    text, in_page = encodings.mended(_Writer().text(_parsed(source, name)))
    return Decoded(kept(text), remarks=encodings.remarks(names | in_page))


def _parsed(source: str, name: str) -> Tag:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a page in XHTML, or one that looks like a file's name, is still a page
        try:
            return BeautifulSoup(source.replace("\0", ""), "lxml")
        except ParserRejectedMarkup as error:
            raise Unreadable(f"Trang «{name}» bị hỏng, không đọc được; hãy lưu lại trang rồi nạp lại.") from error


@dataclass(slots=True)
class _List:
    """An <ol> or <ul> that is open: how its items are counted (None: bullets), the next number, the step from it."""

    style: str | None
    number: int
    step: int = 1


@dataclass(slots=True)
class _Writer:
    """Writes a page's elements to lines; a stack instead of recursion, for pages nested without end."""

    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    marker: str = ""  # of the item that the line begins
    heading: int = 0  # how deep the heading stands that is open; 0: none is
    numbered: int = 7  # how deep the outermost numbered heading stands since the last one without a number
    told: bool = False  # whether a sentence stood

    def text(self, page: Tag) -> str:
        whole = page.parent is None  # else it is a cell, of a table without tables
        inner = _tables_with_tables(page) if whole else set()
        own_text = whole and page.find(("main", "article")) is not None
        stack: list[tuple[PageElement, bool]] = [(page, False)]
        while stack:
            element, left = stack.pop()
            if isinstance(element, NavigableString):
                if not isinstance(element, PreformattedString):
                    self._write(str(element), element)
                continue
            if not isinstance(element, Tag):
                continue
            if left:
                self._leave(element)
                continue
            if element.name in _DROPPED_TAGS or _is_hidden(element) or _is_around(element, own_text):
                continue
            if element.name == "table" and id(element) not in inner and (rows := list(_rows(element))):
                self._break()
                self.lines.extend([*rows, ""])
                continue
            if mark := _note_mark(element):
                self.line.append(mark)
                continue
            self._enter(element)
            stack.append((element, True))
            stack.extend((child, False) for child in reversed(element.contents))
        self._break()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self.lines)).strip("\n") + "\n"

    def _write(self, words: str, element: NavigableString) -> None:
        if element.parent is not None and element.parent.name == "pre":
            first, *more = words.split("\n")
            self.line.append(first)
            for line in more:
                self._break(apart=False)
                self.line.append(line)
        else:
            self.line.append(re.sub(r"\s+", " ", words))

    def _enter(self, element: Tag) -> None:
        name = element.name
        if name == "br" and self.heading:
            self.line.append(" ")
        elif name == "br":
            self._break(apart=False)
        elif name in _BLOCK_TAGS:
            self._break()
        self.heading = _HEADINGS.get(name, self.heading)
        if name in ("ol", "ul", "menu"):
            style = str(element.get("type") or "1") if name == "ol" else None
            down = name == "ol" and element.has_attr("reversed")
            first = len(element.find_all("li", recursive=False)) if down else 1
            self.lists.append(_List(style, _whole(element.get("start"), first), -1 if down else 1))
        elif name == "li" and self.lists:
            opened = self.lists[-1]
            opened.number = _whole(element.get("value"), opened.number)
            self.marker = _marker(opened)
            self.line.append(self.marker)
            opened.number += opened.step

    def _leave(self, element: Tag) -> None:
        if element.name in _BLOCK_TAGS:
            self._break(waiting=element.name != "li")
        if element.name in _HEADINGS:
            self.heading = 0
        if element.name in ("ol", "ul", "menu") and self.lists:
            self.lists.pop()

    def _break(self, apart: bool = True, waiting: bool = True) -> None:
        """End the line; an empty one follows where a paragraph ends. An item's number is `waiting` for its words."""
        line = re.sub(r"\s+", " ", "".join(self.line)).strip()
        if waiting and self.lists and re.fullmatch(r"-|\w{1,8}\.", line):
            return
        self.line.clear()
        if self.marker and _OWN_MARKER.match(bare := line.removeprefix(self.marker)):
            line = bare  # the item brings its own
        self.marker = ""
        if line:
            self.lines.append(f"{self._marks(line)}{line}")
            self.told = self.told or bool(_SENTENCE.search(line))
        if apart and self.lines and self.lines[-1]:
            self.lines.append("")

    def _marks(self, line: str) -> str:
        """What makes a line a heading where its own number does not. What stands before the first sentence is head and
        title, quoted as printed; a heading without a number below numbered ones would close their sections."""
        if not self.heading:
            return ""
        if blocks.is_numbered(line):
            self.numbered = min(self.numbered, self.heading)
            return ""
        if not self.told:
            return ""
        if self.heading > self.numbered:
            return ""
        self.numbered = 7
        return f"{'#' * self.heading} "


_SENTENCE = re.compile(r"\w{2}[.;:]$")


def _note_mark(element: Tag) -> str | None:
    """The call of a footnote that an element is: <sup>1</sup>, one by its looks, or a link; brackets stay."""
    is_link = element.name == "a" and str(element.get("href") or "").startswith(_NOTE_LINKS)
    if element.name != "sup" and not is_link and not _RAISED.search(str(element.get("style") or "")):
        return None
    words = ""
    waiting: list[PageElement] = [element]
    for _ in range(12):
        if not waiting:
            match = _NOTE_NUMBER.fullmatch(words)
            if match is None:
                return None
            return match[1].translate(_SUPERSCRIPTS) if match[0].strip().isdigit() else match[0].strip()
        part = waiting.pop()
        if isinstance(part, Tag):
            waiting.extend(reversed(part.contents[:12]))
        else:
            words += str(part)
    return None


def _is_hidden(element: Tag) -> bool:
    return element.has_attr("hidden") or bool(_HIDDEN.search(str(element.get("style") or "")))


def _is_around(element: Tag, own_text: bool) -> bool:
    """Whether an element says that it is a menu; or is the head, foot or side of a page that marks its own text."""
    if element.get("role") in _AROUND_ROLES:
        return True
    return own_text and element.name in _AROUND_TAGS and element.find_parent(("main", "article")) is None


def _whole(value: object, default: int) -> int:
    try:
        number = int(str(value))
    except ValueError:
        return default
    return number if 0 <= number < 100_000 else default


def _marker(opened: _List) -> str:
    """What stands before an item: "3. ", "c. ", "iii. ", or "- " for a bullet."""
    number, style = opened.number, opened.style
    if style is None:
        return "- "
    if style in ("a", "A") and 1 <= number <= 26:
        said = chr(ord("a") + number - 1)
    elif style in ("i", "I") and 1 <= number < 400:
        said = ""
        for value, letters in (*_ROMAN, *_ROMAN_UNITS):
            said += letters * (number // value)
            number %= value
    else:
        said = str(number)
    return f"{said.upper() if style in ('A', 'I') else said}. "


# Tables


def _tables_with_tables(page: Tag) -> set[int]:
    """The tables that lay a page out: those that hold other tables."""
    out: set[int] = set()
    for table in page.find_all("table"):
        for outer in table.parents:
            if outer.name == "table":
                if id(outer) in out:
                    break
                out.add(id(outer))
    return out


def _rows(table: Tag) -> Iterator[str]:
    """A table's caption, and its rows with tabs between the cells; what a merged cell covers is empty, but for words
    that go for several rows below the heads."""
    below: dict[int, tuple[int, str]] = {}  # column → rows that a merged cell from above still covers, and its words
    at_head = True
    for row in _outermost(table, ("caption", "tr")):
        if row.name == "caption":
            yield _cell(row)
            continue
        cells: list[str] = []
        said_here = False
        covered: dict[int, tuple[int, str]] = {}
        for cell in _outermost(row, ("td", "th")):
            _skip_covered(cells, below)
            if len(cells) >= _MAX_COLUMNS:
                break
            wide = min(max(_whole(cell.get("colspan"), 1), 1), _MAX_COLUMNS - len(cells))
            tall = max(_whole(cell.get("rowspan"), 1), 1)
            said = _cell(cell)
            said_here = said_here or bool(said)
            if tall > 1:
                covered.update(dict.fromkeys(range(len(cells), len(cells) + wide), (tall - 1, "")))
                covered[len(cells)] = tall - 1, "" if at_head else carried(said, len(cells))
            cells.append(said)
            cells.extend([""] * (wide - 1))
        _skip_covered(cells, below)
        below.update(covered)
        at_head = at_head and not said_here
        if said_here:
            yield "\t".join(cells)


def _skip_covered(cells: list[str], below: dict[int, tuple[int, str]]) -> None:
    while (covered := below.get(len(cells), (0, "")))[0] > 0 and len(cells) < _MAX_COLUMNS:
        below[len(cells)] = covered[0] - 1, covered[1]
        cells.append(covered[1])


def _outermost(element: Tag, names: tuple[str, ...]) -> Iterator[Tag]:
    """The elements of these names below another, but for those inside of one of them."""
    waiting = list(reversed(element.contents))
    while waiting:
        part = waiting.pop()
        if not isinstance(part, Tag) or part.name in _DROPPED_TAGS or _is_hidden(part):
            continue
        if part.name in names:
            yield part
        else:
            waiting.extend(reversed(part.contents))


def _cell(cell: Tag) -> str:
    """A cell's words on one line."""
    inside = _Writer()
    return re.sub(r"\s+", " ", inside.text(cell)).strip()
