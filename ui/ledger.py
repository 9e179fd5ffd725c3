"""The ledger of figures and the notices on the sources, as programs and people read them: JSON, cells, text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from assistant.grounding import Proof, said_section
from assistant.schema import Citation, as_json, number
from ui.render import NOTICE_TITLES, citation_text, clean_line, printable
from vectorstore import periods
from vectorstore.records import Document, Figure, Finding, FindingKind, Hit

if TYPE_CHECKING:
    from ui.exports import Cell
    from vectorstore.library import Library

NATURE_WORDS: Mapping[str, str] = {"result": "kết quả", "target": "mục tiêu"}
BOUND_WORDS: Mapping[str | None, str] = {
    "at_least": "ít nhất",
    "more_than": "trên",
    "at_most": "không quá",
    "less_than": "dưới",
    "about": "khoảng",
}
_LONGEST = 30
"""Digits of a value that JSON and Excel can hold as a number, if not to the last of them; codes may be longer."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A figure, the document that states it, and the headings below which it does."""

    figure: Figure
    document: Document
    section: tuple[str, ...]


def stated(library: Library, figures: Iterable[Figure]) -> list[Stated]:
    """The figures with where they stand; those of a document that was taken out meanwhile are left out."""
    found = list(figures)
    heads = library.heads(dict.fromkeys(figure.document_id for figure in found))
    chunks = library.chunks(list(dict.fromkeys(map(_chunk_id, found))))
    return [
        Stated(figure, heads[figure.document_id], chunks[_chunk_id(figure)].section)
        for figure in found
        if figure.document_id in heads and _chunk_id(figure) in chunks
    ]


def _chunk_id(figure: Figure) -> str:
    return f"{figure.document_id}:{figure.chunk}"


# --- figures ----------------------------------------------------------------------------------------------------


def figures_json(found: Iterable[Stated], total: int) -> dict[str, Any]:
    """A page of the ledger; `total` is how many figures were meant in all."""
    return {"figures": [_figure_json(one) for one in found], "total": total}


def _figure_json(one: Stated) -> dict[str, Any]:
    figure = one.figure
    return {
        "indicator": figure.indicator,
        "breakdown": figure.breakdown,
        "value": _number(figure.value),
        "text": figure.text,
        "unit": figure.unit,
        "bound": figure.bound,
        "nature": figure.nature,
        "place": figure.place,
        "period": figure.period,
        "body": figure.body,
        "ratio": [_number(part) for part in figure.ratio] if figure.ratio else None,
        "document_id": figure.document_id,
        "ordinal": figure.ordinal,
        "part_of": figure.part_of,
        "source": one.document.source,
        "document_number": one.document.number,
        "section": list(one.section),
        "start": figure.start,
        "end": figure.end,
        "quote": figure.stated.quote,
        "spans": [list(span) for span in figure.stated.spans],
        "footnote": figure.footnote,
    }


def _number(value: Decimal | None) -> int | float | None:
    return None if value is None or value.adjusted() >= _LONGEST else number(value)


FIGURE_HEADS = ("Số", "Đơn vị", "Chỉ tiêu", "Địa bàn", "Kỳ", "Loại", "Nguồn")


def figure_row(one: Stated) -> tuple[str, ...]:
    """A figure as cells of a table in a terminal; the heads are `FIGURE_HEADS`."""
    figure, document = one.figure, one.document
    counted = f"{figure.indicator} ({figure.breakdown})" if figure.breakdown else figure.indicator
    note = f"chú thích {figure.footnote}" if figure.footnote else ""
    named = document.number if document.number and not document.number_is_blank else document.document_id
    cells = (
        f"{BOUND_WORDS.get(figure.bound, '')} {figure.text}",
        figure.unit or "",
        counted,
        figure.place or "",
        periods.say(figure.period),
        NATURE_WORDS[figure.nature],
        ", ".join(filter(None, (named, said_section(one.section), note))),
    )
    return tuple(map(clean_line, cells))


SHEET_TITLE = "Sổ số liệu"
SHEET_HEADS = (
    "Chỉ tiêu",
    "Phân theo",
    "Giá trị",
    "Như in",
    "Đơn vị",
    "Giới hạn",
    "Phần",
    "Trên tổng",
    "Loại",
    "Địa bàn",
    "Kỳ",
    "Mã kỳ",
    "Của cơ quan",
    "Số văn bản",
    "Mục",
    "Nguyên văn",
    "Chú thích",
    "Tệp",
    "Mã tài liệu",
    "Thứ tự",
    "Là phần của số thứ tự",
    "Từ ký tự",
    "Đến ký tự",
)


def sheet_rows(found: Iterable[Stated]) -> list[tuple[Cell, ...]]:
    """The figures as rows of a spreadsheet; the heads are `SHEET_HEADS`."""
    return [tuple(clean_line(cell) if isinstance(cell, str) else cell for cell in _sheet_row(one)) for one in found]


def _sheet_row(one: Stated) -> tuple[Cell, ...]:
    figure, document = one.figure, one.document
    part, whole = figure.ratio or (None, None)
    return (
        figure.indicator,
        figure.breakdown,
        figure.value if _number(figure.value) is not None else None,
        figure.text,
        figure.unit,
        BOUND_WORDS.get(figure.bound),
        part,
        whole,
        NATURE_WORDS[figure.nature],
        figure.place,
        periods.say(figure.period),
        figure.period,
        figure.body,
        document.number,
        " › ".join(one.section),
        figure.stated.quote,
        figure.footnote,
        document.source,
        document.document_id,
        figure.ordinal,
        figure.part_of,
        figure.start,
        figure.end,
    )


# --- notices ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceNotice:
    """What a finding tells of a document, with citations of where it stands."""

    document: Document
    kind: FindingKind
    message: str
    citations: tuple[Citation, ...]


def source_notices(library: Library, document_ids: Sequence[str]) -> list[SourceNotice]:
    """What disagrees in these documents. Each notice has its own citations, made as those of an answer are."""
    heads = library.heads(document_ids)
    known = (heads[document_id] for document_id in document_ids if document_id in heads)
    return [_cited(finding, document) for document in known for finding in library.findings(document.document_id)]


def _cited(finding: Finding, document: Document) -> SourceNotice:
    proof = Proof()
    exactly = finding.exactly
    for chunk, notes in finding.evidence:
        proof.cite(Hit(chunk, 0.0, document), exactly or chunk.body, () if exactly else notes)
    return SourceNotice(document, finding.kind, finding.message, tuple(proof.citations))


def notices_json(notices: Iterable[SourceNotice]) -> dict[str, Any]:
    return {
        "notices": [
            {
                "document_id": notice.document.document_id,
                "kind": notice.kind,
                "message": notice.message,
                "citations": [as_json(citation) for citation in notice.citations],
            }
            for notice in notices
        ]
    }


def notice_text(notice: SourceNotice) -> str:
    """A notice with its quotes below it, for a terminal."""
    said = f"{NOTICE_TITLES[notice.kind]}: {notice.message}"
    return printable("\n".join([said, *map(citation_text, notice.citations)]))
