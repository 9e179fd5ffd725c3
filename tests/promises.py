"""What reading promises of any input, and inputs put together out of the pieces of each format: for the properties in
`test_fuzz.py` and for `fuzz.py`, which searches further by hand."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from test_readers_docx import made as word_file
from test_readers_spreadsheet import book, patched
from workbench import faults

from ingest import readers
from ingest.readers import Decoded, Unreadable
from ingest.readers.archive import Archive
from ingest.reading import read_document
from vectorstore.records import Document

LONGEST = 2_000
"""Of a passage, in characters."""


def check_file(content: bytes, name: str) -> Document | None:
    """A file is refused in one sentence that names it, or is a document that keeps the promises."""
    try:
        decoded = readers.decode(content, name)
    except Unreadable as refusal:
        assert name in str(refusal), refusal
        assert "\n" not in str(refusal), refusal
        return None
    assert "\0" not in decoded.text
    assert decoded == readers.decode(content, name)
    return check_text(decoded)


def check_text(decoded: Decoded) -> Document:
    """Each part stands in the text as it says, fits a passage, is found once; and twice is the same as once."""
    made, again = (read_document("a", "a", decoded, "0" * 64) for _ in range(2))
    assert faults(made) == []
    assert all(len(chunk.text) <= LONGEST for chunk in made.chunks), [len(chunk.text) for chunk in made.chunks]
    assert (made.title, made.sections, made.footnotes, made.chunks) == (
        again.title,
        again.sections,
        again.footnotes,
        again.chunks,
    )
    starts = [note.body.start for note in made.footnotes]
    assert len(starts) == len(set(starts)), starts
    assert all(0 <= section.start <= section.end <= len(made.text) for section in made.sections)
    return made


def check_archive(content: bytes) -> None:
    """An archive is refused, or each of its members is read or refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        path.write_bytes(content)
        try:
            with Archive(path) as found:
                for name in found.names:
                    try:
                        check_text(readers.decode(found.load(name), name))
                    except Unreadable as refusal:
                        assert "\n" not in str(refusal)
        except Unreadable as refusal:
            assert "a.zip" in str(refusal)


# Inputs out of pieces: each is what opens and what closes; "" closes the one that was opened last.

_WORDS = ["Sở Y tế ", "nhận 12 hồ sơ", "năm 2022. ", "¹", "² Quyết định số 5/QĐ-UBND", "\n", "\t", " ", "và", "x" * 700]
_TEXT = [
    *_WORDS,
    *(
        "\n\n",
        "I. KẾT QUẢ\n",
        "1. Việc một\n",
        "1.1. Việc\n",
        "a) Mục\n",
        "- Gạch\n",
        "+ Cộng\n",
        "PHỤ LỤC\n",
        "Điều 1. ",
        "\f",
    ),
    *(
        "TT\tTên\tSố\n",
        "1\tSở\t2\n",
        "\tcòn lại\t\n",
        "Nơi nhận:\n",
        "GIÁM ĐỐC\n",
        "Nguyễn Văn An\n",
        "BÁO CÁO\n",
        "# ",
        "## Một\n",
    ),
    *(
        "|",
        "|---|---|\n",
        "| a | b |\n",
        "**",
        "*",
        "_",
        "[^1]",
        "[^1]: chú\n",
        "[a](http://b)",
        "---\n",
        "title: a\n",
        "\\",
        "<b>",
    ),
    *(
        "Số: 1/BC-SYT\n",
        "Hà Nội, ngày 3 tháng 2 năm 2023\n",
        "\r",
        "\u00ad",
        "\ufeff",
        "e\u0301",
        "\ud7ff",
        "\U0001f600",
        "_tế",
    ),
]
_HTML = [
    *(
        f"<{tag}>"
        for tag in ("p", "div", "tr", "td", "th", "table", "ol", "li", "ul", "sup", "pre", "main", "header", "br")
    ),
    *(f"</{tag}>" for tag in ("p", "div", "table", "ol", "ul", "sup", "pre", "main", "h2")),
    *(
        "<td rowspan=3>",
        "<td colspan=2>",
        "<td rowspan=99999 colspan=0>",
        "<ol start=-3 reversed>",
        "<ol type=I>",
        "<li value=x>",
    ),
    *(
        "<h1>",
        "<h2>",
        "<h3>",
        "&nbsp;",
        "&#0;",
        "&#xd800;",
        "&amp;",
        "<!--",
        "-->",
        "<![CDATA[",
        "<script>",
        "</script>",
        "\0",
    ),
    *(
        "<a href='#_ftn1'>[1]</a>",
        "<a href='#_ftnref1'>[1]</a>",
        "<sup>1</sup>",
        "<sup>[2]</sup>",
        "<p hidden>",
        "<svg>",
        "<base href=x>",
    ),
    *_WORDS,
]
_WORD = [
    *(("<w:p>", "</w:p>"), ("<w:r>", "</w:r>"), ("<w:tbl>", "</w:tbl>"), ("<w:tr>", "</w:tr>"), ("<w:tc>", "</w:tc>")),
    *(
        (f"<w:{tag}>", f"</w:{tag}>")
        for tag in ("ins", "del", "sdt", "sdtContent", "txbxContent", "pPr", "rPr", "tcPr", "numPr")
    ),
    *((f"<w:t>{words}</w:t>", "") for words in ("Sở Y tế", "12", "I. KẾT QUẢ", "Nơi nhận:", "", "Së Y tÕ", " ")),
    *((f"<w:r><w:{kind}Reference w:id='{at}'/></w:r>", "") for kind in ("footnote", "endnote") for at in (1, 2, 9)),
    *((f"<w:r><w:fldChar w:fldCharType='{change}'/></w:r>", "") for change in ("begin", "separate", "end")),
    *(
        (f"<w:{tag}/>", "")
        for tag in ("tab", "br", "vanish", "caps", "vMerge", "del", "noBreakHyphen", "footnoteRef", "softHyphen")
    ),
    *(("<w:vMerge w:val='restart'/>", ""), ("<w:gridSpan w:val='3'/>", ""), ("<w:gridSpan w:val='-1'/>", "")),
    *(
        ("<w:numId w:val='1'/>", ""),
        ("<w:ilvl w:val='1'/>", ""),
        ("<w:ilvl w:val='99'/>", ""),
        ("<w:pStyle w:val='H'/>", ""),
    ),
    *(
        ("<w:rFonts w:hAnsi='.VnTimeH'/>", ""),
        ("<w:vertAlign w:val='superscript'/>", ""),
        ("<w:instrText>TOC</w:instrText>", ""),
    ),
    *(
        ("<w:sym w:font='Symbol' w:char='F0B3'/>", ""),
        ("<w:sym w:char='-1'/>", ""),
        ("<!-- x -->", ""),
        ("<?x y?>", ""),
    ),
]
_SHEET = [
    *(("<row>", "</row>"), ("<row r='2'>", "</row>"), ("<row r='5' hidden='1'>", "</row>"), ("<row r='x'>", "</row>")),
    *(("<c>", "</c>"), ("<c t='s'>", "</c>"), ("<c t='b'>", "</c>"), ("<c t='d'>", "</c>"), ("<c t='e'>", "</c>")),
    *(
        ("<c r='B2' s='1'>", "</c>"),
        ("<c r='XFD9'>", "</c>"),
        ("<c t='inlineStr'>", "</c>"),
        ("<is>", "</is>"),
        ("<t>Sở Y tế</t>", ""),
    ),
    *(
        (f"<v>{value}</v>", "")
        for value in ("0", "1", "-1", "1e400", "nan", "2023-02-03", "x", "", "99999999999999999999")
    ),
    *(
        ("<mergeCells>", "</mergeCells>"),
        ("<mergeCell ref='A1:A3'/>", ""),
        ("<mergeCell ref='A9:XFD1'/>", ""),
        ("<f>1+1</f>", ""),
    ),
    *(("<cols>", "</cols>"), ("<col min='1' max='2' hidden='1'/>", ""), ("<dimension ref='A1:XFD1048576'/>", "")),
]
_NUMBERING = (
    "<w:abstractNum w:abstractNumId='1'>"
    "<w:lvl w:ilvl='0'><w:numFmt w:val='upperRoman'/><w:lvlText w:val='%1.'/></w:lvl>"
    "<w:lvl w:ilvl='1'><w:numFmt w:val='lowerLetter'/><w:lvlText w:val='%1%2%9)'/></w:lvl></w:abstractNum>"
    "<w:num w:numId='1'><w:abstractNumId w:val='1'/></w:num>"
)
_STYLES = (
    "<w:style w:type='paragraph' w:default='1' w:styleId='N'/><w:style w:type='paragraph' w:styleId='H'>"
    "<w:basedOn w:val='N'/><w:pPr><w:numPr><w:numId w:val='1'/></w:numPr><w:jc w:val='center'/></w:pPr></w:style>"
)
_NOTES = "".join(
    f"<w:{{kind}} w:id='{at}'><w:p><w:r><w:t>chú {at}</w:t></w:r>"
    "<w:r><w:{kind}Reference w:id='2'/></w:r></w:p></w:{kind}>"
    for at in (1, 2)
)
_BOOK = book(["TT", "Đơn vị"], [1, "Sở Y tế"])


def plain(pieces: list[str], chosen: Iterable[int]) -> str:
    return "".join(pieces[at % len(pieces)] for at in chosen)


def nested(pieces: list[tuple[str, str]], chosen: Iterable[int]) -> str:
    """Mark-up in which all that is opened is closed."""
    out: list[str] = []
    opened: list[str] = []
    for at in chosen:
        opening, closing = (pieces + [("", "")] * 12)[at % (len(pieces) + 12)]
        if opening:
            out.append(opening)
            opened += [closing] if closing else []
        elif opened:
            out.append(opened.pop())
    return "".join([*out, *reversed(opened)])


def word(chosen: Iterable[int]) -> bytes:
    notes = {f"{kind}s": _NOTES.format(kind=kind) for kind in ("footnote", "endnote")}
    return word_file(nested(_WORD, chosen), numbering=_NUMBERING, styles=_STYLES, **notes)


def sheet(chosen: Iterable[int]) -> bytes:
    inside = nested(_SHEET, chosen)
    return patched(_BOOK, "xl/worksheets/sheet1.xml", lambda xml: xml.replace("</sheetData>", f"{inside}</sheetData>"))


def packed(chosen: Iterable[int]) -> bytes:
    """An archive of two files, with some of its bytes changed."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.txt", "Sở Y tế nhận 12 hồ sơ.\n")
        made.writestr("b/c.html", "<p>Hai")
    content = bytearray(held.getvalue())
    numbers = list(chosen)
    for at, byte in zip(numbers[::2], numbers[1::2], strict=False):
        content[at % len(content)] = byte % 256
    return bytes(content)


TARGETS: dict[str, Callable[[list[int]], object]] = {
    "text": lambda chosen: check_text(Decoded(plain(_TEXT, chosen))),
    "txt": lambda chosen: check_file(bytes(at % 256 for at in chosen), "a.txt"),
    "md": lambda chosen: check_file(plain(_TEXT, chosen).encode("utf-8", "replace"), "a.md"),
    "csv": lambda chosen: check_file(plain([*_WORDS, ";", ",", '"', "\r\n"], chosen).encode(), "a.csv"),
    "html": lambda chosen: check_file(plain(_HTML, chosen).encode("utf-8", "replace"), "a.html"),
    "docx": lambda chosen: check_file(word(chosen), "a.docx"),
    "xlsx": lambda chosen: check_file(sheet(chosen), "a.xlsx"),
    "zip": lambda chosen: check_archive(packed(chosen)),
}
"""Name → what turns choices (small whole numbers) into an input and checks it."""
