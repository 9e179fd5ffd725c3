"""The numbers that a document states (số liệu): what each counts, for which place and period, as result or target.

What is written as a number, a unit or a bound is read by `vectorstore/quantities.py`, for questions and answers too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vectorstore.quantities import quantities
from vectorstore.records import Chunk, Document, Excerpt, Figure


def find(document: Document) -> tuple[Figure, ...]:
    """The ledger of a document, in reading order."""
    seen: set[int] = set()
    out: list[Figure] = []
    for chunk in document.chunks:
        for body, marker in _bodies(chunk):
            for figure in _in_body(document, chunk, body, marker):
                if figure.start not in seen:  # a footnote that several passages call is read once
                    seen.add(figure.start)
                    out.append(replace(figure, ordinal=len(out)))
    return tuple(out)


def _bodies(chunk: Chunk) -> Iterator[tuple[Excerpt, str | None]]:
    if chunk.kind not in ("head", "signature"):
        yield chunk.body, None
        for note in chunk.footnotes:
            yield note.body, note.marker


def _in_body(document: Document, chunk: Chunk, body: Excerpt, marker: str | None) -> Iterator[Figure]:
    reading = body.reading
    for q in quantities(reading.text):
        spot = reading.part(q.start, q.end)
        yield Figure(
            document.document_id,
            0,
            chunk.ordinal,
            q.text,
            q.value,
            spot.start,
            spot.end,
            body,
            " ".join(part for part in (q.label, q.noun) if part),
            q.unit,
            q.bound,
            place=chunk.place,
            body=document.issuer,
            period=chunk.period,
            footnote=marker,
        )
