"""What filters ask for, as keys that the word index holds of each entry: "place:Kon Tum", "year:2022", "type:Báo cáo",
"document:…"."""

from __future__ import annotations

from collections.abc import Iterable

from vectorstore import periods, places
from vectorstore.records import Chunk, Filters


def keys_of(chunk: Chunk, document_type: str | None) -> tuple[str, ...]:
    """The keys of a chunk: its document and that document's type, its place, the years that its period touches."""
    period = periods.parse(chunk.period)
    found = [f"document:{chunk.document_id}", *(f"year:{year}" for year in sorted(period.years if period else ()))]
    if chunk.place:
        found.append(f"place:{chunk.place}")
    if document_type:
        found.append(f"type:{document_type}")
    return tuple(found)


def wanted(filters: Filters, held: Iterable[str]) -> list[list[str]]:
    """The keys of which a chunk needs one of each group. `held` are the places of the library, which may write a place
    in more than one way; an empty group means that nothing passes."""
    groups = []
    if filters.places:
        groups.append([f"place:{p}" for p in held if any(places.same(p, place) for place in filters.places)])
    if filters.years:
        groups.append([f"year:{year}" for year in filters.years])
    if filters.document_types:
        groups.append([f"type:{name}" for name in filters.document_types])
    if filters.document_ids:
        groups.append([f"document:{document_id}" for document_id in filters.document_ids])
    return groups
