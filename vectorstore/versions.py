"""When two documents are one, are related, or are an older and a newer version.

The same document twice (a scan and the Word file, two encodings) has one number, issuer and date and nearly the same
words. Anything less alike is related, never merged. A newer version either says which document it replaces ("Kế hoạch
này thay thế Kế hoạch số …"), or has the issuer, type, period and title of the older one and a later date.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from vectorstore.quantities import document_types, references
from vectorstore.records import Document, fold_space
from vectorstore.vietnamese import fold, tokens

ALIKE = 0.9
"""Share of word 5-grams that two files of one document have in common at least."""
_ALIKE_UNNAMED = 0.98  # where neither number nor issuer and date say that it is the same
_GRAM = 5

_THIS = "|".join(map(re.escape, document_types()))
_REPLACES = re.compile(
    rf"(?:\b(?:{_THIS}) này\b[^.;]{{0,300}}?\b|\(\s*)thay thế(?: cho)?(?P<what>[^.;)]{{1,300}})", re.IGNORECASE
)
# "thay thế Điều 5 của Quyết định số …" replaces a part.
_PART = re.compile(
    r"\b(?:điều|khoản|điểm|mục|chương|phụ lục|mẫu|biểu|nội dung|cụm từ|một số|từ)\b[^,;]*$", re.IGNORECASE
)


def keys(document: Document) -> frozenset[str]:
    """What a document shares with every other that may be the same, related, or another version of it."""
    issuer = fold(document.issuer or "")
    words = hashlib.sha256(" ".join(_words(document.text)).encode()).hexdigest()
    found = {f"words|{words}"} if document.text else set()
    numbers = {*document.replaces, *([document.number] if _numbered(document) else [])}
    found |= {f"{number_key(number or '')}{issuer}" for number in numbers}
    if not _numbered(document) and document.issued_on:
        found.add(f"date|{fold(document.number or '')}|{issuer}|{document.issued_on}")
    if document.title:
        found.add(f"title|{issuer}|{document.type}|{document.period}|{fold(fold_space(document.title))}")
    return frozenset(found)


def number_key(number: str) -> str:
    """How the keys begin of documents of this number, and of those that replace one."""
    return f"number|{fold(number)}|"


def relates(key: str) -> bool:
    """Whether documents that share a key are more than candidates for being the same."""
    return not key.startswith("date|")


def is_same(one: Document, other: Document) -> bool:
    """Whether two files, with their texts, hold one document."""
    if _identity(one) != _identity(other):
        return False
    named = one.number is not None or (one.issuer is not None and one.issued_on is not None)
    return resemblance(one.text, other.text) >= (ALIKE if named else _ALIKE_UNNAMED)


def same_report(one: Document, other: Document) -> bool:
    """Whether two documents report one thing, as a digest and its original: same number, issuer and date; where the
    number is blank, same issuer, type, period and title."""
    if one.issuer != other.issuer:
        return False
    if _numbered(one) and _numbered(other):
        return fold(one.number or "") == fold(other.number or "") and one.issued_on == other.issued_on
    if bool(one.number) != bool(other.number) or one.number_is_blank != other.number_is_blank:
        return False
    return (one.type, one.period, fold(one.title or "")) == (other.type, other.period, fold(other.title or ""))


def resemblance(one: str, other: str) -> float:
    """The share of the larger text's word 5-grams that the other has too, accents and case aside: 1.0 for the same
    words in the same order. Broder, "On the resemblance and containment of documents" (1997), with the larger set
    below the line, so that an extract does not resemble the whole."""
    grams, others = _grams(one), _grams(other)
    return len(grams & others) / max(len(grams), len(others), 1)


@dataclass(frozen=True, slots=True)
class Relation:
    """How a document stands to others: the ids of related ones, and of the newer version if there is one."""

    related: tuple[str, ...]
    superseded_by: str | None


def relation(document: Document, others: Iterable[Document]) -> Relation:
    """`others` share a key with the document. The newest of several newer versions is the one that counts."""
    near = [o for o in others if o.document_id != document.document_id and _is_related(o, document)]
    newer = [other for other in near if supersedes(other, document)]
    newest = max(newer, key=lambda other: (other.issued_on or "", other.document_id), default=None)
    return Relation(
        tuple(sorted(other.document_id for other in near)), newest.document_id if newest is not None else None
    )


def _is_related(one: Document, other: Document) -> bool:
    if supersedes(one, other) or supersedes(other, one):
        return True
    if fold(one.issuer or "") != fold(other.issuer or ""):
        return False
    if _numbered(one) and _numbered(other) and fold(one.number or "") == fold(other.number or ""):
        return _year(one) == _year(other)  # numbers begin anew each year
    same = (one.type, one.period, fold(one.title or "")) == (other.type, other.period, fold(other.title or ""))
    return same and bool(one.title and one.period)


def _year(document: Document) -> str:
    return (document.issued_on or "")[:4]


def supersedes(newer: Document, older: Document) -> bool:
    """Whether one document takes the place of another."""
    if "digest" in (newer.status, older.status) or fold(newer.issuer or "") != fold(older.issuer or ""):
        return False
    if older.number and _numbered(older) and fold(older.number) in map(fold, newer.replaces):
        return newer.number is None or fold(newer.number) != fold(older.number)
    if not (newer.issued_on and older.issued_on and newer.issuer and newer.type and newer.period and newer.title):
        return False
    same = (newer.type, newer.period, fold(newer.title)) == (older.type, older.period, fold(older.title or ""))
    return same and _day(newer.issued_on) > _day(older.issued_on) and not older.issued_on.startswith(newer.issued_on)


def replaced(passages: Iterable[str]) -> tuple[str, ...]:
    """The numbers of the documents that these passages of one say it replaces as a whole."""
    found: dict[str, None] = {}
    for passage in passages:
        if "thay thế" not in passage and "Thay thế" not in passage:
            continue
        for sentence in _REPLACES.finditer(passage):
            what = sentence["what"]
            for reference in references(what):
                if not _PART.search(what[: reference.start]):
                    found[reference.number] = None
    return tuple(found)


def _numbered(document: Document) -> bool:
    return document.number is not None and not document.number_is_blank


def _identity(document: Document) -> tuple[str, str, str | None]:
    return fold(document.number or ""), fold(document.issuer or ""), document.issued_on


def _day(date: str) -> str:
    """A date that compares: a month or a year counts from its first day."""
    return date + "-01" * (2 - date.count("-"))


def _words(text: str) -> list[str]:
    return [fold(token) for token in tokens(text)]


def _grams(text: str) -> set[tuple[str, ...]]:
    words = _words(text)
    return {tuple(words[at : at + _GRAM]) for at in range(max(1, len(words) - _GRAM + 1))}
