"""Lines with a label: plans and notices state the time, the place and who takes part below each item, a line each
("Thời gian: …", "Địa điểm: …"). The item says what is asked about, the label what is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from assistant.choosing import ENOUGH, Desk
from assistant.evidence import Match, place_factor, units
from assistant.grounding import Draft, plain
from assistant.telling import SHORT, cite, finish, one_sentence, whose
from vectorstore.records import Chunk, Hit

_LOOKED_AT = 12
_ENUMERATED = re.compile(r"^\W*(?:[IVXLC]+|\d{1,2}(?:\.\d{1,2})*|[a-zđ])[.)]\s")


@dataclass(frozen=True, slots=True)
class _Item:
    """An item with the labelled lines below it; `coverage` is how well it is what the question asks about."""

    chunks: tuple[Chunk, ...]
    hit: Hit
    coverage: float


def labelled_line(desk: Desk, best: Match | None) -> Draft | None:
    """The line under the label that is asked for, of the item that is asked about; None where there is none, or where
    another stretch (`best`) speaks of it more closely."""
    label = next((label for pattern, label in _labels() if pattern.search(desk.asked.folded)), None)
    if label is None:
        return None
    for item in sorted(_items(desk), key=lambda item: -item.coverage):
        line = next((chunk for chunk in item.chunks if label.match(chunk.text)), None)
        own = best is not None and best.unit.hit.chunk in item.chunks
        if line is None or item.coverage < ENOUGH or not (best is None or own or item.coverage > best.coverage):
            continue
        hit = replace(item.hit, chunk=line)
        unit = next(units(hit))
        marker = cite(desk, unit)
        said = one_sentence(plain(line.text)[:SHORT].rstrip(" .;"))
        subject = plain(_subject(item.chunks)).split(":")[0].replace(". ", ": ")[:160].rstrip(" .;")
        found = Match(unit, item.coverage, item.coverage, frozenset(), item.coverage, "ok")
        return finish(desk, [f"{whose(unit, desk.asked.english)}, «{subject}»: {said} [{marker}]."], (), [found])
    return None


@cache
def _labels() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    """(what a question asks, how a line begins that tells it)."""
    lines = resources.files("assistant").joinpath("data", "labels.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return tuple(
        (re.compile(asked), re.compile(rf"^\W*(?:{labels.replace(';', '|')})\b[^:.;]{{0,30}}:\s*\S", re.IGNORECASE))
        for asked, labels in rows
    )


def _items(desk: Desk) -> Iterator[_Item]:
    """The items around the passages found."""
    seen: set[tuple[str, int]] = set()
    for hit in desk.hits()[:_LOOKED_AT]:
        around = _around(hit.chunk, desk.searcher.library.chunks_of(hit.chunk.document_id))
        if not around or (key := (hit.chunk.document_id, around[0].ordinal)) in seen:
            continue
        seen.add(key)
        document = hit.document
        frame = " ".join((*hit.chunk.section, document.title or "", document.issuer or "", hit.chunk.place or ""))
        coverage = desk.weigher.coverage(_subject(around), frame)[0]
        first = replace(hit, chunk=around[0])
        if all(place_factor(unit, desk.asked) >= 0.5 for unit in units(first)):
            yield _Item(tuple(around), hit, coverage)


def _around(chunk: Chunk, chunks: Sequence[Chunk]) -> list[Chunk]:
    """The passages of a section from the numbered item before a passage to the next one."""
    section = [c for c in chunks if c.section == chunk.section and c.kind in ("item", "paragraph")]
    if chunk not in section:
        return []
    at = section.index(chunk)
    first = next((i for i in range(at, -1, -1) if _ENUMERATED.match(section[i].text)), 0)
    last = next((i for i in range(at + 1, len(section)) if _ENUMERATED.match(section[i].text)), len(section))
    return section[first:last]


def _subject(chunks: Sequence[Chunk]) -> str:
    """What an item is about: its first passage, or the heading where that is a labelled line itself."""
    first = chunks[0]
    labelled = any(label.match(first.text) for _, label in _labels())
    return first.section[-1] if labelled and first.section else first.text
