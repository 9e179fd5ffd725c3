"""Documents, chunks and files as rows, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from vectorstore import periods
from vectorstore.records import Chunk, Document, Excerpt, Footnote, Section


@dataclass(frozen=True, slots=True)
class File:
    """A file that was taken in: its name, the folder that tells it from others of that name, and its bytes."""

    source: str
    folder: str
    sha256: str
    content: bytes


def chunk_row(chunk: Chunk) -> dict[str, Any]:
    return {
        "chunk_id": chunk.chunk_id,
        "document_id": chunk.document_id,
        "ordinal": chunk.ordinal,
        "place": chunk.place,
        **years(chunk.period),
        "record": json.dumps(asdict(chunk), ensure_ascii=False),
    }


def years(period: str | None) -> dict[str, int | None]:
    """The first and the last year that a period of the contract's form touches."""
    parsed = periods.parse(period)
    touched: list[int | None] = [*sorted(parsed.years)] if parsed else [None]
    return {"first_year": touched[0], "last_year": touched[-1]}


def as_excerpt(data: dict[str, Any]) -> Excerpt:
    spans, calls = (tuple((a, b) for a, b in data.get(name, ())) for name in ("spans", "calls"))
    return Excerpt(spans, tuple(data["pieces"]), calls)


def as_footnotes(data: list[dict[str, Any]]) -> tuple[Footnote, ...]:
    return tuple(Footnote(note["marker"], as_excerpt(note["body"])) for note in data)


def as_chunk(record: str) -> Chunk:
    data = json.loads(record)
    data["body"] = as_excerpt(data["body"])
    data["section"] = tuple(data["section"])
    data["footnotes"] = as_footnotes(data["footnotes"])
    data["heads"] = tuple((head, cell) for head, cell in data["heads"])
    return Chunk(**data)


def record_of(document: Document, counts: dict[str, int]) -> str:
    """A document without text, chunks and what other tables say of it."""
    bare = replace(document, text="", chunks=(), also_as=(), figures=(), findings=())
    return json.dumps(asdict(bare) | {"counts": counts}, ensure_ascii=False)


def as_document(record: str, also_as: Iterable[str] = ()) -> Document:
    data = json.loads(record)
    data.pop("counts", None)
    data["sections"] = tuple(Section(**{**section, "path": tuple(section["path"])}) for section in data["sections"])
    data["footnotes"] = as_footnotes(data["footnotes"])
    data["related"] = tuple(data["related"])
    data["replaces"] = tuple(data.get("replaces", ()))
    data["recognised"] = tuple((page, confidence) for page, confidence in data.get("recognised", ()))
    data["doubtful"] = tuple(data.get("doubtful", ()))
    data["also_as"] = tuple(name for name in dict.fromkeys(also_as) if name != data["source"])
    data["chunks"] = data["figures"] = data["findings"] = ()
    return Document(**data)


def copy_row(document_id: str, file: File) -> dict[str, Any]:
    return {
        "folder": file.folder,
        "source": file.source,
        "document_id": document_id,
        "sha256": file.sha256,
        "original": file.content,
    }
