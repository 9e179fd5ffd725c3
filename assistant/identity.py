"""Questions about a document itself: its number, date, signer, issuer, recipients, from its own head and foot."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib import resources

from assistant.choosing import Desk
from assistant.evidence import profile
from assistant.grounding import Draft, cited_as
from assistant.question import Asked, same_number
from assistant.telling import finish, refuse
from vectorstore import periods, places
from vectorstore.records import Chunk, Document, Filters, Hit
from vectorstore.vietnamese import abbreviations, fold

_ASKED_OF_DOCUMENT = {"docnumber", "date", "who"}
_SENT_TO = re.compile(r"\b(?:noi nhan|gui (?:cho|toi|den)|duoc gui|recipients|sent to)\b")
_SIGNED = re.compile(r"\b(?:ky|signed|sign|dat but)\b")
_ISSUED = re.compile(r"\b(?:ban hanh|co quan nao|don vi nao|issued)\b")


@cache
def _frame_words() -> frozenset[str]:
    text = resources.files("assistant").joinpath("data", "identity_words.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


def named_document(asked: Asked, documents: Sequence[Document], filters: Filters) -> Document | None:
    """The one document of the library whose number the question gives."""
    found = [
        d
        for d in documents
        if any(same_number(n, d.number or "") for n in asked.numbers)
        and (not asked.types or not d.type or d.type in asked.types)
        and (not filters.document_ids or d.document_id in filters.document_ids)
    ]
    return found[0] if len(found) == 1 else None


def asks_for_signature(asked: Asked) -> bool:
    """Whether what is asked stands at a document's foot: who signed it, or to whom it was sent."""
    return _asks_recipients(asked) or _asks_signer(asked)


def _asks_recipients(asked: Asked) -> bool:
    return bool(_SENT_TO.search(asked.folded)) and asked.kind in ("list", "who", "what", "text")


def _asks_signer(asked: Asked) -> bool:
    return bool(_SIGNED.search(asked.folded)) and asked.kind in ("list", "who", "what", "text")


def about_document(desk: Desk, documents: Sequence[Document], named: Document | None) -> Draft | None:
    """An answer from a document's own head or signature, where the question is about the document itself: the one
    `named` by its number, or the only one that fits."""
    asked = desk.asked
    if named is None and (holders := _holders(desk, documents)) is not None:
        return holders
    sent_to, signed = _asks_recipients(asked), _asks_signer(asked)
    if asked.kind not in _ASKED_OF_DOCUMENT and not sent_to and not signed:
        return None
    if named is not None:
        candidates = [named] if not asked.types and _asks_no_more(named, asked) else []
    else:
        candidates = [d for d in documents if _may_be_meant(d, asked, desk.filters)]
    if len(candidates) > 1 and signed:
        return _signers(desk, candidates)
    if len(candidates) != 1:
        return None
    document = candidates[0]
    library = desk.searcher.library
    chunks = library.chunks_of(document.document_id)
    head = next((c for c in chunks if c.kind == "head"), None)
    foot = next((c for c in chunks if c.kind == "signature"), None)
    if sent_to:
        if foot is None or (recipients := _recipients(foot)) is None:
            return None
        marker = desk.proof.cite(Hit(foot, 1.0, document), foot.body)
        return finish(desk, [f"{cited_as(document)} gửi: {recipients} [{marker}]."])
    if signed:
        if document.signer and foot is not None:
            marker = desk.proof.cite(Hit(foot, 1.0, document), foot.body)
            title = f", {document.signer_title}" if document.signer_title else ""
            return finish(desk, [f"Người ký {cited_as(document)} là **{document.signer}**{title} [{marker}]."])
        if foot is not None:
            desk.proof.cite(Hit(foot, 1.0, document), foot.body)
        return refuse(desk, "Tài liệu không ghi tên người ký.")
    if head is None:
        return None
    if asked.kind == "who":
        if not document.issuer or not _ISSUED.search(asked.folded):
            return None
        marker = desk.proof.cite(Hit(head, 1.0, document), head.body)
        return finish(desk, [f"{cited_as(document)} do **{document.issuer}** ban hành [{marker}]."])
    marker = desk.proof.cite(Hit(head, 1.0, document), head.body)
    if asked.kind == "docnumber":
        if not document.number:
            return refuse(desk, "Tài liệu không ghi số hiệu.")
        if document.number_is_blank:
            return refuse(desk, f"Tài liệu để trống số hiệu (chỉ in «Số: {document.number}») [{marker}].")
        return finish(desk, [f"Số hiệu là **{document.number}** ({cited_as(document)}) [{marker}]."])
    if not document.issued_on:
        return refuse(desk, "Tài liệu không ghi ngày ban hành.")
    parts = document.issued_on.split("-")
    if len(parts) < 3:
        known = f"tháng {int(parts[1])} năm {parts[0]}" if len(parts) == 2 else f"năm {parts[0]}"
        return refuse(desk, f"Tài liệu để trống ngày ban hành, chỉ ghi {known} [{marker}].")
    return finish(desk, [f"{cited_as(document)} ban hành **{_said_day(parts)}** [{marker}]."])


def _signers(desk: Desk, documents: Sequence[Document]) -> Draft | None:
    """Who signed each of several documents that a question may mean."""
    lines: list[str] = []
    for document in sorted(documents, key=lambda d: d.issued_on or "", reverse=True)[:_MOST_SIGNERS]:
        foot = next((c for c in desk.searcher.library.chunks_of(document.document_id) if c.kind == "signature"), None)
        if foot is None or not document.signer:
            continue
        marker = desk.proof.cite(Hit(foot, 1.0, document), foot.body)
        title = f", {document.signer_title}" if document.signer_title else ""
        lines.append(f"- {cited_as(document)}: **{document.signer}**{title} [{marker}].")
    return finish(desk, lines) if lines else None


_MOST_SIGNERS = 6
_TITLE = re.compile(r"\b(?:pho )?(?:tong )?(?:giam doc|chu tich|bo truong|thu truong|vien truong|hieu truong)\b")


def _holders(desk: Desk, documents: Sequence[Document]) -> Draft | None:
    """Who holds an office ("Giám đốc Sở Y tế là ai"), as far as the documents are signed by its holder; None where
    something else is asked, or none is."""
    asked = desk.asked
    office = _TITLE.search(asked.folded)
    if office is None or asked.kind not in ("who", "what", "text") or asked.periods or asked.numbers:
        return None
    if any(t.folded not in office[0].split() and t.folded not in _frame_words() for t in asked.terms):
        return None
    lines: list[str] = []
    for document in sorted(documents, key=lambda d: d.issued_on or "", reverse=True):
        here = not asked.places or any(places.same(document.place, place) for place in asked.places)
        if not (here and document.signer) or fold(document.signer_title or "") != office[0]:
            continue
        foot = next((c for c in desk.searcher.library.chunks_of(document.document_id) if c.kind == "signature"), None)
        if foot is not None:
            marker = desk.proof.cite(Hit(foot, 1.0, document), foot.body)
            body = document.issuer or document.place or "Cơ quan ban hành"
            lines.append(
                f"- {body}: **{document.signer}**, {document.signer_title} (ký {cited_as(document)}) [{marker}]."
            )
    return finish(desk, lines[:8]) if lines else None


def _said_day(parts: Sequence[str]) -> str:
    return f"ngày {int(parts[2])} tháng {int(parts[1])} năm {parts[0]}"


def signed_on(desk: Desk, document: Document) -> str | None:
    """The day of a document in a sentence with its citation, where its head gives it whole."""
    parts = (document.issued_on or "").split("-")
    chunks = desk.searcher.library.chunks_of(document.document_id)
    head = next((c for c in chunks if c.kind == "head"), None)
    if len(parts) != 3 or head is None:
        return None
    return f"Văn bản này ký {_said_day(parts)} [{desk.proof.cite(Hit(head, 1.0, document), head.body)}]."


def _recipients(foot: Chunk) -> str | None:
    """The recipients as listed under "Nơi nhận"."""
    match = re.search(
        r"Nơi nhận\s*:?\s*(.*?)(?=\s(?:KT|TM|TL|TUQ|Q)\.|\s(?:PHÓ )?(?:GIÁM ĐỐC|CHỦ TỊCH|BỘ TRƯỞNG)|$)", foot.text
    )
    if not match:
        return None
    items = [re.sub(r"^[-–\s]+|[;.\s]+$", "", item) for item in re.split(r";\s*|\s-\s", match[1])]
    return "; ".join(item for item in items if item) or None


def _may_be_meant(document: Document, asked: Asked, filters: Filters) -> bool:
    """Whether a question means a document by its type with place and title and nothing else."""
    if filters.document_ids and document.document_id not in filters.document_ids:
        return False
    if asked.numbers:
        return False
    if document.type not in asked.types:
        return False
    if asked.places and not any(places.same(document.place, p) for p in asked.places):
        return False
    if asked.periods:
        own = periods.parse(document.period)
        if own is None or not own.years & asked.years:
            return False
    return _asks_no_more(document, asked)


def _asks_no_more(document: Document, asked: Asked) -> bool:
    """Whether a question has no word beyond a document's title and the frame of a question about it."""
    title = profile(
        f"{document.title or ''} {document.type or ''} {document.issuer or ''} công tác CCHC cải cách hành chính"
    ).folded
    return all(
        t.folded in title or t.folded in _frame_words() or t.folded.isdigit() or _long_form(t.folded) <= title
        for t in asked.terms
    )


def _long_form(word: str) -> frozenset[str]:
    """The words of what an abbreviation stands for; the word itself where it is none."""
    return frozenset(fold(abbreviations().get(word, word)).split())
