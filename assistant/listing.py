"""Lists that a document gives by its form: the rows of a table that meet a condition, what stands under a heading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.choosing import ENOUGH, Desk
from assistant.evidence import Match, Unit, profile
from assistant.grounding import Draft, plain
from assistant.series import subject_of, without_number
from assistant.telling import LONG, asks_for_column, cite, finish, one_sentence, whose
from vectorstore.records import Chunk

_LOOKED_AT = 12
_MOST = 28
_SHORT_ITEM = 300
_SEVERAL = re.compile(r"\b(?:nhung|cac|liet ke|ke ten|ke ra|ke (?:cac|nhung)|gom|list|what are)\b")
_HEADED = 0.7
"""Least share of a heading's words that a question must have to ask for what stands under it."""


def listed_rows(desk: Desk, matches: Sequence[Match]) -> Draft | None:
    """The cells of one column over the rows that the question's condition singles out; None unless it names a column
    and several rows fit alike."""
    for chunks, match in _documents(desk, matches):
        rows = [c for c in chunks if c.kind == "row" and _column(desk, c) is not None and not _heads_a_group(c)]
        fits = {c.ordinal: _fit(desk, c) for c in rows}
        top = max(fits.values(), default=0.0)
        chosen = [c for c in rows if fits[c.ordinal] >= 0.93 * top]
        if top <= 0 or not 2 <= len(chosen) <= _MOST:
            continue
        lines: list[str] = []
        for row in chosen:
            unit = Unit(replace(match.unit.hit, chunk=row), row.body.reading, 0, len(row.text))
            cell = plain(_column(desk, row) or "")
            subject = subject_of(row)
            named = f"{cell} – {subject}" if subject and subject != cell else cell
            marker = cite(desk, unit)
            if not lines:
                lines.append(f"{whose(match.unit, desk.asked.english)} [{marker}]:")
            lines.append(f"- {one_sentence(named[:_SHORT_ITEM])} [{marker}]")
        return finish(desk, lines, (), [match])
    return None


def _documents(desk: Desk, matches: Sequence[Match]) -> list[tuple[list[Chunk], Match]]:
    """The best documents with all their chunks."""
    first: dict[str, Match] = {}
    for match in matches[:_LOOKED_AT]:
        first.setdefault(match.unit.hit.chunk.document_id, match)
    return [(desk.searcher.library.chunks_of(key), match) for key, match in list(first.items())[:2]]


def _heads_a_group(row: Chunk) -> bool:
    """Whether a row only names the rows below it ("I. Lĩnh vực …"): it has one cell with words, or one over all."""
    return len({cell for _, cell in row.heads if re.search(r"\w{2}", cell)}) < 2


def _column(desk: Desk, row: Chunk) -> str | None:
    """The cell of a row under the head that the question asks for."""
    return next((cell for head, cell in row.heads if cell and asks_for_column(head, desk.asked.folded)), None)


def _fit(desk: Desk, row: Chunk) -> float:
    """How well a row and the headings over it meet the condition of the question."""
    own = f"{row.text} {row.section[-1] if row.section else ''}"
    return desk.weigher.coverage(own, " ".join(row.section))[0]


def listed_section(desk: Desk, matches: Sequence[Match]) -> Draft | None:
    """All that stands directly under the heading that the question asks for."""
    if not _SEVERAL.search(desk.asked.folded):
        return None
    asked = profile(desk.asked.folded).folded
    best: tuple[float, Match] | None = None
    for match in matches[:_LOOKED_AT]:
        chunk = match.unit.hit.chunk
        if not chunk.section or chunk.kind == "row":
            continue
        words = profile(without_number(chunk.section[-1])).folded
        held = len(words & asked)
        worth = desk.weigher.worth(desk.weigher.coverage(without_number(chunk.section[-1]))[2])
        wholly = held == len(words) >= 3
        if held < 2 or held < _HEADED * len(words) or not (wholly or (worth > 0 and match.coverage >= ENOUGH)):
            continue
        if best is None or worth > best[0]:
            best = (worth, match)
    if best is None:
        return None
    match = best[1]
    section = match.unit.hit.chunk.section
    below = [
        c
        for c in desk.searcher.library.chunks_of(match.unit.hit.chunk.document_id)
        if c.section == section and c.kind in ("item", "paragraph") and not c.text.rstrip().endswith(":")
    ]
    if not 2 <= len(below) <= _MOST or _one_tells(desk, below):
        return None
    heading = plain(section[-1]).replace(". ", ": ")  # no end of a sentence within the frame
    lines = [f"{whose(match.unit, desk.asked.english)}, «{heading}» {_cited(desk, match, below)}:"]
    room = LONG
    for chunk in below:
        text = plain(chunk.text)
        text = text if len(text) <= _SHORT_ITEM else text[:_SHORT_ITEM].rsplit(" ", 1)[0] + " …"
        room -= len(text)
        if room < 0:
            break
        lines.append(f"- {one_sentence(text.rstrip('.;'))} {_cited(desk, match, [chunk])}")
    return finish(desk, lines, (), [match])


def _one_tells(desk: Desk, below: Sequence[Chunk]) -> bool:
    """Whether one item by itself says most of what is asked and the others next to nothing: it is the answer."""
    own = sorted((desk.weigher.coverage(c.text)[0] for c in below), reverse=True)
    return own[0] >= 0.6 and own[1] < 0.5 * own[0]


def _cited(desk: Desk, match: Match, chunks: Sequence[Chunk]) -> str:
    marker = desk.proof.cite(replace(match.unit.hit, chunk=chunks[0]), chunks[0].body, chunks[0].footnotes)
    return f"[{marker}]"
