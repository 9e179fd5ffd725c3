"""The ledger of figures (sổ số liệu) and the findings of a document as rows, and back; which figures a query means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from vectorstore import places
from vectorstore.library.rows import as_excerpt, years
from vectorstore.library.tables import FIGURES, FINDINGS, LEDGERS, insert
from vectorstore.records import Chunk, Document, Figure, FigureQuery, Finding
from vectorstore.vietnamese import fold

_IN_COLUMNS = (
    "document_id",
    "ordinal",
    "chunk",
    "indicator",
    "breakdown",
    "unit",
    "nature",
    "place",
    "body",
    "period",
)
_COLUMNS = [FIGURES.c[name] for name in _IN_COLUMNS]
_LARGEST = 100
"""Digits of a value that databases and other programs can compare. What is longer is a code, or a line of a drawing."""


def write(connection: sa.Connection, document: Document, sequence: int, reading: int | None) -> None:
    """Put in a document's figures and findings; `sequence` is the number of the document's last change."""
    insert(connection, FIGURES, [_figure_row(figure) for figure in document.figures])
    insert(
        connection, FINDINGS, [_finding_row(document.document_id, at, one) for at, one in enumerate(document.findings)]
    )
    connection.execute(LEDGERS.insert().values(document_id=document.document_id, sequence=sequence, reading=reading))


def delete(connection: sa.Connection, document_id: str) -> None:
    """Take out a document's figures and findings."""
    for table in (FIGURES, FINDINGS, LEDGERS):
        connection.execute(sa.delete(table).where(table.c.document_id == document_id))


def _figure_row(figure: Figure) -> dict[str, Any]:
    rest = asdict(figure)
    columns = {name: rest.pop(name) for name in _IN_COLUMNS}
    if figure.value is not None:
        rest["value"] = str(figure.value)
    if figure.ratio is not None:
        rest["ratio"] = [str(part) for part in figure.ratio]
    comparable = figure.value is not None and figure.value.adjusted() < _LARGEST
    return {
        **columns,
        **years(figure.period),
        "words": _padded(_words(" ".join(filter(None, (figure.indicator, figure.breakdown, figure.unit))))),
        "value": figure.value if comparable else None,
        "record": json.dumps(rest, ensure_ascii=False),
    }


def as_figure(row: sa.Row[*tuple[Any, ...]]) -> Figure:
    """A row of `select` as it was put in."""
    *columns, record = row
    rest = json.loads(record)
    rest["stated"] = as_excerpt(rest["stated"])
    if rest["value"] is not None:
        rest["value"] = Decimal(rest["value"])
    if rest["ratio"] is not None:
        part, whole = rest["ratio"]
        rest["ratio"] = (Decimal(part), Decimal(whole))
    return Figure(**dict(zip(_IN_COLUMNS, columns, strict=True)), **rest)


def select(query: FigureQuery, known: Iterable[str]) -> sa.Select[*tuple[Any, ...]]:
    """What gives the figures of a query. `known` are the places of the ledger, which may write one in several ways."""
    chosen = sa.select(*_COLUMNS, FIGURES.c.record).where(*_conditions(query, known))
    return chosen.order_by(FIGURES.c.document_id, FIGURES.c.ordinal).limit(query.limit).offset(query.offset or None)


def select_of(ordinals: Mapping[str, Iterable[int]]) -> sa.Select[*tuple[Any, ...]]:
    """What gives the figures of some chunks: document → the ordinals of its chunks."""
    here = (
        sa.and_(FIGURES.c.document_id == document_id, FIGURES.c.chunk.in_(sorted(chunks)))
        for document_id, chunks in ordinals.items()
    )
    chosen = sa.select(*_COLUMNS, FIGURES.c.record).where(sa.or_(*here))
    return chosen.order_by(FIGURES.c.document_id, FIGURES.c.ordinal)


def count(query: FigureQuery, known: Iterable[str]) -> sa.Select[*tuple[Any, ...]]:
    """What counts the figures of a query, whatever its limit."""
    return sa.select(sa.func.count()).select_from(FIGURES).where(*_conditions(query, known))


def _conditions(query: FigureQuery, known: Iterable[str]) -> list[sa.ColumnElement[bool]]:
    conditions = [FIGURES.c.words.contains(_padded([word]), autoescape=True) for word in _words(query.indicator)]
    if query.places:
        meant = [place for place in known if any(places.same(place, wanted) for wanted in query.places)]
        conditions.append(FIGURES.c.place.in_(meant))
    if query.years:
        touched = (sa.and_(FIGURES.c.first_year <= y, FIGURES.c.last_year >= y) for y in query.years)
        conditions.append(sa.or_(*touched))
    if query.document_ids:
        conditions.append(FIGURES.c.document_id.in_(query.document_ids))
    if query.nature:
        conditions.append(FIGURES.c.nature == query.nature)
    return conditions


def _words(text: str) -> list[str]:
    """What is compared of a text: each word once, without accents and capitals."""
    return list(dict.fromkeys(re.findall(r"\w+|[%‰]", fold(text))))


def _padded(words: Iterable[str]) -> str:
    """Words in one text, in which " word " is found where the word is."""
    return f" {' '.join(words)} "


def _finding_row(document_id: str, ordinal: int, finding: Finding) -> dict[str, Any]:
    evidence: list[list[Any]] = [[chunk.ordinal, [note.marker for note in notes]] for chunk, notes in finding.evidence]
    if evidence and finding.spans:
        evidence[0].append(finding.spans)
    return {
        "document_id": document_id,
        "ordinal": ordinal,
        "kind": finding.kind,
        "message": finding.message,
        "evidence": json.dumps(evidence),
    }


def stands_in(evidence: str) -> list[int]:
    """The ordinals of the chunks of a finding's evidence."""
    return [ordinal for ordinal, *_ in json.loads(evidence)]


def as_finding(row: sa.Row[*tuple[Any, ...]], chunks: Mapping[int, Chunk]) -> Finding:
    """A row as it was put in; `chunks` are its document's by their ordinals."""
    rows = json.loads(row.evidence)
    held = ((chunks[ordinal], markers) for ordinal, markers, *_ in rows if ordinal in chunks)
    evidence = ((chunk, tuple(n for n in chunk.footnotes if n.marker in markers)) for chunk, markers in held)
    spans = tuple((start, end) for _, _, *told in rows for spans in told for start, end in spans)
    return Finding(row.kind, row.message, tuple(evidence), spans)
