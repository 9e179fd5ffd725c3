"""Where a document gives orders to a machine that reads it: in passages, footnotes, headings, its file's name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vectorstore.audit.stretch import at, clipped
from vectorstore.instructions import find, within
from vectorstore.records import Chunk, Document, Excerpt, Finding, Footnote, Span, fold_space


def in_passages(document: Document) -> Iterator[Finding]:
    """Those of passages and of the footnotes that they call, titles and signatures included."""
    told: set[int] = set()
    for chunk in document.chunks:
        if said := within(chunk.body):
            yield _finding(chunk, (), said)
        for note in chunk.footnotes:
            if note.body and note.body.start not in told:
                told.add(note.body.start)
                if said := within(note.body):
                    yield _finding(chunk, (note,), said)


def _finding(chunk: Chunk, notes: tuple[Footnote, ...], said: Sequence[Excerpt]) -> Finding:
    spans = tuple(span for sentence in said for span in sentence.spans)
    return _ordered(f"Có câu ra lệnh cho máy{at(chunk, notes)}", said[0].quote, ((chunk, notes),), spans)


def _ordered(
    where: str,
    said: str,
    evidence: tuple[tuple[Chunk, tuple[Footnote, ...]], ...] = (),
    spans: tuple[Span, ...] = (),
) -> Finding:
    message = f"{where}: «{clipped(fold_space(said))}»; trợ lý không làm theo."
    return Finding("instruction_in_document", message, evidence, spans)


def in_headings(document: Document) -> Iterator[Finding]:
    """Those of headings and column heads, each with the first passage below it; a heading that a passage begins with
    was told with that."""
    told: set[str] = set()
    for chunk in document.chunks:
        for heading in (*chunk.section, *(head for head, _ in chunk.heads)):
            if heading not in told:
                told.add(heading)
                if find(heading) and not any(heading in body.quote for body in within(chunk.body)):
                    yield _ordered("Có đề mục hoặc tên cột ra lệnh cho máy", heading, ((chunk, ()),))


def in_name(document: Document) -> Iterator[Finding]:
    """That of the file's name."""
    if find(document.source):
        yield _ordered("Tên tệp ra lệnh cho máy", document.source)
