"""What has to be known of the sources that an answer cites: that a newer version has taken a document's place, that a
page was hard to read."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.grounding import cited_as
from assistant.schema import Citation, Notice
from vectorstore.library import Library


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
    return tuple(notices)
