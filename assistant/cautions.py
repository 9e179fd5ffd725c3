"""What has to be known of the sources that an answer cites: that a newer version has taken a document's place, that a
page was recognised badly."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.grounding import cited_as
from assistant.schema import Citation, Notice
from vectorstore.library import Library
from vectorstore.records import LOW_CONFIDENCE


def of_sources(citations: Sequence[Citation], library: Library) -> tuple[Notice, ...]:
    """A notice for each superseded document and each badly recognised page, with the markers of what stands there."""
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
        for page, confidence in document.recognised:
            markers = tuple(citation.marker for citation in here if citation.page == page)
            if markers and confidence < LOW_CONFIDENCE:
                said = f"Trang {page} của «{document.source}» được nhận dạng từ ảnh, chỉ chắc {confidence}%"
                notices.append(Notice("ocr_low", f"{said}; hãy đối chiếu với bản gốc.", markers))
    return tuple(notices)
