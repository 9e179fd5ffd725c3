"""What has to be known of the sources that an answer cites: that a newer version has taken a document's place, that a
page was hard to read, that it gives orders to a machine."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.grounding import cited_as
from assistant.schema import Citation, Notice
from vectorstore.instructions import find
from vectorstore.library import Library
from vectorstore.records import Chunk, Excerpt, Finding, Footnote


def of_sources(citations: Sequence[Citation], library: Library) -> tuple[Notice, ...]:
    """A notice for each superseded document and the hard pages of each scan, with the markers of what stands there."""
    notices: list[Notice] = []
    for document_id in dict.fromkeys(citation.document_id for citation in citations):
        document = library.head(document_id)
        if document is None:
            continue
        here = [citation for citation in citations if citation.document_id == document_id]
        if document.superseded_by is not None:
            newer = library.head(document.superseded_by)
            by = f" bằng {cited_as(newer)}" if newer is not None else ""
            said = f"{cited_as(document)} đã được thay thế{by}."
            notices.append(Notice("superseded", said, tuple(citation.marker for citation in here)))
        doubtful = [citation for citation in here if citation.page in document.doubtful]
        if doubtful:
            pages = ", ".join(str(page) for page in sorted({citation.page or 0 for citation in doubtful}))
            said = f"Bản quét «{document.source}» khó đọc ở trang {pages}; hãy đối chiếu với bản gốc."
            notices.append(Notice("ocr_low", said, tuple(citation.marker for citation in doubtful)))
        findings = [f for f in library.findings(document_id) if f.kind == "instruction_in_document"]
        ordered = [citation for citation in here if _ordered(citation, findings)]
        if ordered:
            said = f"«{document.source}» có câu ra lệnh cho máy ở chỗ được dẫn; trợ lý không làm theo."
            notices.append(Notice("instruction_in_document", said, tuple(citation.marker for citation in ordered)))
    return tuple(notices)


def _ordered(citation: Citation, findings: Sequence[Finding]) -> bool:
    """Whether orders to a machine stand in a citation, over it, or in the passage that it is a part of."""
    cited = [*citation.spans, *((note.start, note.end) for note in citation.footnotes)]
    passages = [body for finding in findings for chunk, notes in finding.evidence for body in _bodies(chunk, notes)]
    around = (
        citation.source,
        citation.title or "",
        *citation.section,
        *(part for pair in citation.heads for part in pair),
    )
    return any(find(text) for text in around) or any(
        a < body.end and body.start < b for body in passages for a, b in cited
    )


def _bodies(chunk: Chunk, notes: Sequence[Footnote]) -> Sequence[Excerpt]:
    return [note.body for note in notes] or [chunk.body]
