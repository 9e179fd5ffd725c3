"""Word files (.docx): the text as Word prints it, less headers, feet, tables of contents and hidden text.

Read from the file's own XML, for what matters in a report (list numbers, footnotes, merged cells, tracked changes)
stands there and nowhere else.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from ingest.readers import archive, encodings, markup
from ingest.readers.forms import Decoded, Unreadable, carried, kept
from ingest.readers.markup import Element, attribute, children, first, is_on, local, value, whole
from ingest.readers.numbering import Numbering

Kind = Literal["paragraph", "centred", "row", "note"]

MAX_PART = 32 * 1024 * 1024
"""Bytes of one part of the file, unpacked; a thousand printed pages take half of it."""

_MAX_TAGS = 2_000_000
_MAX_COLUMNS = 63  # Word's own limit
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_OFF = {"0", "false", "off", "none"}
# Heads and feet of a document are tables for their looks: what stands in a cell there is no cell of a record.
_LAYOUT = re.compile(
    r"CỘNG H[OÒ][AÀ] XÃ HỘI|Độc lập\s*[-–]\s*Tự do|ĐẢNG CỘNG SẢN|^\s*Nơi nhận\b|^\s*Số\s*:[^\n]*\t.*\bngày\b",
    re.MULTILINE,
)
_LAYOUT_ROWS = 6
_RECIPIENTS = re.compile(r"Nơi nhận\b")
_DROPPED = {
    *("del", "moveFrom", "pPr", "rPr", "sdtPr", "sdtEndPr", "tblPr", "tblGrid", "instrText", "delText", "rt"),
    *("footnoteRef", "endnoteRef", "annotationRef", "altChunk"),
}
# What the symbol fonts of Word show at these places.
_SYMBOLS = {
    "symbol": {0xB3: "≥", 0xA3: "≤", 0xB1: "±", 0xB4: "×", 0xB0: "°", 0xB7: "•", 0xB9: "≠", 0xAE: "→", 0xDE: "⇒"},
    "wingdings": {0xA8: "☐", 0x6F: "☐", 0xFE: "☑", 0xFC: "✓", 0xFD: "☒", 0xE0: "→", 0xF0: "⇨", 0xA7: "•", 0xD8: "•"},
}


def decode(content: bytes, name: str) -> Decoded:
    """The text of a Word file's bytes.

    Raises:
        Unreadable: broken, or larger than a document is.
    """
    with archive.parts(content, name) as package:
        try:
            reader = _Reader(package, name)
            text, others = encodings.mended(reader.text())
        except RecursionError as error:
            raise archive.broken(name) from error
    return Decoded(kept(text), remarks=encodings.remarks(reader.encodings | others))


@dataclass(frozen=True, slots=True)
class _Line:
    """A paragraph or a table row on its way to the text."""

    text: str
    kind: Kind = "paragraph"


@dataclass(slots=True)
class _Style:
    """What a paragraph or character style says; None: nothing."""

    number: str | None = None
    level: int | None = None
    centred: bool | None = None
    caps: bool | None = None
    hidden: bool | None = None
    raised: bool | None = None
    font: str | None = None

    def over(self, below: _Style) -> _Style:
        """This style where it says something, `below` where it doesn't."""

        pairs = ((getattr(self, name), getattr(below, name)) for name in self.__slots__)
        return _Style(*(lower if own is None else own for own, lower in pairs))


_PLAIN = _Style()


class _Reader:
    """One Word file: its parts, and what has been numbered and called so far."""

    def __init__(self, package: zipfile.ZipFile, name: str) -> None:
        self._package = package
        self._name = name
        self._members = {info.filename.lstrip("/"): info for info in package.infolist()}
        main = self._related("").get("officeDocument")
        if main is None:
            raise archive.broken(name)
        others = self._related(main)
        self._document = self._part(main)
        numbering = self._part(others.get("numbering"))
        self._styles = _styles(self._part(others.get("styles")))
        self._numbering = Numbering(numbering)
        self._notes = {
            kind: {
                attribute(note, "id"): note
                for note in children(self._part(others.get(f"{kind}s")), kind)
                if attribute(note, "type") in ("", "normal")  # the others are the lines that part notes from the text
            }
            for kind in ("footnote", "endnote")
        }
        self._calls: dict[tuple[str, str], str] = {}  # a note → its mark
        self._counts = {"footnote": 0, "endnote": 0}  # how many of a kind were given a mark
        self._waiting: list[tuple[str, Element]] = []  # marks and notes called, not yet written
        self._fields: list[tuple[str, str]] = []  # the open fields: (code, result or hidden; what the code says)
        self._after_call = False  # whether the last thing printed was the mark of a note
        self.encodings: set[str] = set()  # the old ones that fonts stood for
        self._first_note = self._note_start(self._part(others.get("settings")))

    def text(self) -> str:
        body = next(iter(children(self._document, "body")), None)
        if body is None:
            raise archive.broken(self._name)
        out: list[str] = []
        previous: Kind | None = None
        for line in self._with_notes(self._blocks(body)):
            if out:
                close = previous == line.kind and line.kind != "paragraph"
                out.append("\n" if close else "\n\n")
            out.append(line.text)
            previous = line.kind
        return "".join(out) + "\n"

    # The parts of the package

    def _related(self, part: str) -> dict[str, str]:
        """The other parts that a part names, by the last word of their type. Links out of the file are not among
        them."""
        folder, base = posixpath.split(part)
        out: dict[str, str] = {}
        for link in children(self._part(posixpath.join(folder, "_rels", f"{base}.rels")), "Relationship"):
            if link.get("TargetMode") == "External":
                continue
            target = posixpath.normpath(posixpath.join("/", folder, link.get("Target") or "")).lstrip("/")
            out.setdefault((link.get("Type") or "").rpartition("/")[2], target)
        return out

    def _part(self, part: str | None) -> Element:
        """The root of a part, None where the file has no such part."""
        info = self._members.get(part or "")
        if info is None:
            return None
        content = archive.unpacked(self._package, info, MAX_PART, self._name)
        if content.count(b"<") > _MAX_TAGS:
            raise Unreadable(f"«{self._name}» có phần quá lớn để đọc; hãy tách thành nhiều tệp nhỏ hơn.")
        try:
            return markup.parse(content)
        except ValueError as error:
            raise archive.broken(self._name) from error

    @staticmethod
    def _note_start(settings: Element) -> int:
        for properties in children(settings, "footnotePr"):
            for start in children(properties, "numStart"):
                return max(whole(value(start), 1), 1)
        return 1

    # Blocks: paragraphs, tables, what wraps them

    def _blocks(self, container: Element) -> Iterator[_Line]:
        carried = ""
        for block in _unwrapped(container, ("p", "tbl")):
            if local(block) == "tbl":
                yield from self._table(block)
                continue
            if not len(block) and not carried and not _within_cell(block):
                continue  # an empty one; there may be a million of them
            boxes: list[Element] = []
            self._after_call = False
            style = self._style_of(block)
            text = carried + self._inline(block, boxes, style)
            self._fields = [field for field in self._fields if field[0] != "code"]  # one that was never finished
            if _mark_is_deleted(block):  # what follows has moved up into this paragraph
                carried = text
            else:
                carried = ""
                yield from self._paragraph(block, text, style)
            for box in boxes:
                yield from self._blocks(box)
        if carried.strip():
            yield from _lines(carried, "paragraph")

    def _paragraph(self, paragraph: Element, text: str, style: _Style) -> Iterator[_Line]:
        label = ""
        if style.number is not None and (text.strip() or _within_cell(paragraph)):
            label = self._numbering.label(style.number, style.level, _style_id(paragraph))
        if _LAYOUT.search(text):
            text = text.replace("\t", "\n")
        yield from _lines(label + text.lstrip(), "centred" if style.centred and not label else "paragraph")

    def _with_notes(self, lines: Iterable[_Line]) -> Iterator[_Line]:
        """The lines with the notes that they call before the recipients, so that the signature stays one piece; and
        the rest at the end."""
        for line in lines:
            if line.kind != "row" and _RECIPIENTS.match(line.text):
                waiting, self._waiting = self._waiting, []
                called_here = [mark for mark, _ in waiting if mark in line.text]
                yield from self._notes_of([note for note in waiting if note[0] not in called_here])
                self._waiting = [*(note for note in waiting if note[0] in called_here), *self._waiting]
            yield line
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            yield from self._notes_of(waiting)

    def _notes_of(self, notes: Iterable[tuple[str, Element]]) -> Iterator[_Line]:
        for mark, note in notes:
            said = _one_line(line.text for line in self._blocks(note))
            if said and mark:
                yield _Line(f"{mark} {said}", "note")

    def _table(self, table: Element) -> Iterator[_Line]:
        rows: list[list[list[_Line]]] = []
        above: dict[int, list[_Line]] = {}  # column → what a merged cell says in the rows below its first one
        for row in _unwrapped(table, ("tr",)):
            properties = first(row, "trPr")
            if first(properties, "del") is not None:
                continue
            cells: list[list[_Line]] = [[] for _ in range(_width(first(properties, "gridBefore")))]
            for cell in _unwrapped(row, ("tc",)):
                about = first(cell, "tcPr")
                merge = first(about, "vMerge")
                column = len(cells)
                if _goes_on(merge):
                    cells.append(above.get(column, []))
                else:
                    above.pop(column, None)
                    cells.append([] if _goes_on(first(about, "hMerge")) else list(self._blocks(cell)))
                    if merge is not None and rows and (shared := carried(_said(cells[-1]), column)):
                        above[column] = [_Line(shared)]
                cells.extend([] for _ in range(_width(first(about, "gridSpan")) - 1))
            if any(lines for column, lines in enumerate(cells) if lines is not above.get(column)):
                rows.append(cells)
        columns = max((len(row) for row in rows), default=0)
        if _is_layout(rows, columns):
            for column in range(columns):  # a body, its number; then the motto, the date
                for row in rows:
                    yield from row[column] if column < len(row) else ()
            return
        for row in rows:
            said = [_said(lines) for lines in row]
            yield _Line("\t".join([*said, *[""] * (min(columns, _MAX_COLUMNS) - len(said))]), "row")

    def _style_of(self, paragraph: Element) -> _Style:
        properties = first(paragraph, "pPr")
        if properties is None:
            return self._styles.get("") or _PLAIN
        named = self._styles.get(_style_id(paragraph)) or self._styles.get("") or _PLAIN
        style = _paragraph_style(properties).over(named)
        if style.number is not None and style.level is None:
            style.level = self._numbering.level_of(style.number, _style_id(paragraph))
        return style

    # What stands within a paragraph

    def _inline(self, element: Element, boxes: list[Element], style: _Style) -> str:
        """The text of a paragraph or of what it wraps; tabs and line breaks as such. Text boxes are put aside."""
        out: list[str] = []
        for inner in element:
            name = local(inner)
            if name in _DROPPED or not name:
                continue
            if name == "r":
                properties = first(inner, "rPr")
                own = first(properties, "rStyle")
                named = self._styles.get(value(own), _PLAIN) if own is not None else _PLAIN
                looks = style if properties is None else _run_style(properties).over(named).over(style)
                out.append(self._run(inner, boxes, looks, style))
            elif name == "AlternateContent":
                out.append(self._inline(_alternative(inner), boxes, style))
            elif name == "txbxContent":
                boxes.append(inner)
            elif name == "den":  # of a fraction
                out.append("/" + self._inline(inner, boxes, style))
            elif len(inner):
                out.append(self._inline(inner, boxes, style))
        return "".join(out)

    def _run(self, run: Element, boxes: list[Element], looks: _Style, style: _Style) -> str:
        out: list[str] = []
        for child in run:
            name = local(child)
            if name == "fldChar":
                self._field(attribute(child, "fldCharType"))
            elif name == "instrText":
                if self._fields:
                    self._fields[-1] = (self._fields[-1][0], self._fields[-1][1] + (child.text or ""))
            elif looks.hidden or any(phase != "result" for phase, _ in self._fields):
                continue
            elif name == "t":
                said = child.text or ""
                self._after_call = self._after_call and not said
                if looks.font:
                    said, encoding = encodings.in_font(said, looks.font)
                    self.encodings |= {encoding} if encoding else set()
                if looks.raised and said.strip().isascii() and said.strip().isdigit():
                    said = said.translate(_RAISED)
                out.append(said.upper() if looks.caps else said)
            elif name in ("tab", "ptab"):
                out.append("\t")
            elif name in ("br", "cr"):
                out.append("\n")
            elif name == "noBreakHyphen":
                out.append("-")
            elif name == "sym":
                out.append(_symbol(child))
            elif name in ("footnoteReference", "endnoteReference"):
                mark = self._called(child, name.removesuffix("Reference"), run)
                out.append(f" {mark}" if mark and self._after_call else mark)  # "¹ ²" are two notes, "¹²" is one
                self._after_call = bool(mark) or self._after_call
                continue
            elif name == "AlternateContent":
                out.append(self._inline(_alternative(child), boxes, style))
            elif name not in _DROPPED and len(child):
                out.append(self._inline(child, boxes, style))
        return "".join(out)

    def _called(self, reference: Element, kind: str, run: Element) -> str:
        """The mark of a note where it is called. Endnotes are counted on after the footnotes, so that no two notes
        share a mark."""
        identity = attribute(reference, "id")
        note = self._notes[kind].get(identity)
        if note is None:
            return ""
        if (kind, identity) in self._calls:
            return self._calls[kind, identity]
        if attribute(reference, "customMarkFollows") not in ("", *_OFF):
            mark = "".join(text.text or "" for text in children(run, "t")).strip().translate(_RAISED)
            self._waiting.append((mark, note))
            return ""  # the mark itself is text of this run
        before = self._first_note + (len(self._notes["footnote"]) if kind == "endnote" else 0)
        mark = str(before + self._counts[kind]).translate(_RAISED)
        self._counts[kind] += 1
        self._calls[kind, identity] = mark
        self._waiting.append((mark, note))
        return mark

    def _field(self, change: str) -> None:
        """A field opens, shows its result, or closes. Of a table of contents nothing is kept: it repeats headings."""
        if change == "begin":
            self._fields.append(("code", ""))
        elif change == "separate" and self._fields:
            code = self._fields[-1][1]
            self._fields[-1] = ("hidden" if code.split()[:1] in (["TOC"], ["INDEX"]) else "result", code)
        elif change == "end" and self._fields:
            self._fields.pop()


def _lines(text: str, kind: Kind) -> Iterator[_Line]:
    """A paragraph, its line breaks kept; a tab within is a blank."""
    if said := "\n".join(line for part in text.split("\n") if (line := part.replace("\t", " ").strip())):
        yield _Line(said, kind)


def _said(cell: list[_Line]) -> str:
    return _one_line(line.text for line in cell)


def _one_line(parts: Iterable[str]) -> str:
    return " ".join(" ".join(parts).split())


def _is_layout(rows: list[list[list[_Line]]], columns: int) -> bool:
    """Whether a table only places its parts beside each other: one row, one column, or the head or foot of a
    document."""
    if columns <= 1 or len(rows) <= 1:
        return True
    if len(rows) > _LAYOUT_ROWS:
        return False
    return any(_LAYOUT.search(line.text) for row in rows for lines in row for line in lines if line.kind != "row")


def _goes_on(merge: Element) -> bool:
    """Whether a cell is merged into the one before it or above it."""
    return merge is not None and value(merge) in ("", "continue")


def _width(span: Element) -> int:
    return min(max(whole(value(span), 0), 0), _MAX_COLUMNS)


def _symbol(symbol: Element) -> str:
    try:
        place = int(attribute(symbol, "char"), 16)
    except ValueError:
        return ""
    font = attribute(symbol, "font").lower()
    known = next((table for name, table in _SYMBOLS.items() if font.startswith(name)), {})
    if 0xF000 <= place <= 0xF0FF:
        place -= 0xF000
    return known.get(place, chr(place) if 0x20 < place < 0x7F and not known else "•")


# Styles


def _styles(root: Element) -> dict[str, _Style]:
    """Every style by its id, with what it takes from those below it; "" is the default paragraph style."""
    found = {attribute(style, "styleId"): style for style in children(root, "style")}
    out: dict[str, _Style] = {}

    def resolve(identity: str) -> _Style:
        chain: dict[str, None] = {}
        while identity in found and identity not in chain and identity not in out:
            chain[identity] = None
            identity = value(first(found[identity], "basedOn"))
        style = out.get(identity, _PLAIN)
        for one in reversed(chain):
            style = out[one] = _own_style(found[one]).over(style)
        return style

    for identity in found:
        resolve(identity)
    defaults = _run_style(first(first(first(root, "docDefaults"), "rPrDefault"), "rPr"))
    for identity, style in found.items():
        if attribute(style, "type") == "paragraph":
            out[identity] = out[identity].over(defaults)
            if attribute(style, "default") not in ("", *_OFF):
                out[""] = out[identity]
    out.setdefault("", defaults)
    return out


def _own_style(style: Element) -> _Style:
    return _paragraph_style(first(style, "pPr")).over(_run_style(first(style, "rPr")))


def _paragraph_style(properties: Element) -> _Style:
    numbered = first(properties, "numPr")
    justified = first(properties, "jc")
    number = first(numbered, "numId")
    level = first(numbered, "ilvl")
    return _Style(
        number=value(number) if number is not None else None,
        level=whole(value(level), 0) if level is not None else None,
        centred=value(justified) == "center" if justified is not None else None,
    )


def _run_style(properties: Element) -> _Style:
    raised = first(properties, "vertAlign")
    fonts = first(properties, "rFonts")
    return _Style(
        caps=is_on(first(properties, "caps")),
        hidden=is_on(first(properties, "vanish")),
        raised=value(raised) == "superscript" if raised is not None else None,
        font=attribute(fonts, "hAnsi") or attribute(fonts, "ascii") or None,
    )


def _style_id(paragraph: Element) -> str:
    return value(first(first(paragraph, "pPr"), "pStyle"))


# What wraps blocks


def _unwrapped(container: Element, names: tuple[str, ...]) -> Iterator[Element]:
    """The blocks of a container, also those that stand in a content control, custom mark-up or a tracked insertion."""
    for child in container:
        name = local(child)
        if name in names:
            yield child
        elif name == "AlternateContent":
            yield from _unwrapped(_alternative(child), names)
        elif name in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag") and not _is_contents(child):
            yield from _unwrapped(child, names)


def _is_contents(block: Element) -> bool:
    """Whether a content control holds Word's table of contents."""
    gallery = first(first(first(block, "sdtPr"), "docPartObj"), "docPartGallery")
    return value(gallery) == "Table of Contents"


def _alternative(block: Element) -> Element:
    """One of the forms in which Word keeps a drawing: the first that has words."""
    forms = [child for child in block if local(child) in ("Choice", "Fallback")]
    worded = (form for form in forms if any(local(part) == "t" for part in form.iter()))
    return next(worded, forms[0] if forms else ())


def _mark_is_deleted(paragraph: Element) -> bool:
    return first(first(first(paragraph, "pPr"), "rPr"), "del") is not None


def _within_cell(paragraph: Element) -> bool:
    parent = paragraph.getparent()
    return parent is not None and local(parent) == "tc"
