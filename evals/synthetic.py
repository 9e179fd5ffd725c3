"""Libraries of any size for measuring speed, made of texts that are handed in.

Each text is used once as written; then come the same texts with other places, periods and figures. Such copies are hard
for a search: many passages are nearly alike. What the documents say of themselves (place, year, number) is made up.
"""

from __future__ import annotations

import hashlib
import random
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import chain

from evals.bench_reading import varied
from vectorstore import places
from vectorstore.records import Chunk, Document, Span, excerpt, fold_space

PER_DOCUMENT = 150
"""Passages in a document; about 20,000 characters."""
_HEADING = 10  # passages below one heading
_YEARS = range(2015, 2026)
_TYPES = ("Báo cáo", "Kế hoạch")

# A passage of about 130 characters, up to the end of a clause where there is one.
_PASSAGE = re.compile(r"\S(?:.{100,165}?[.;,:](?=\s)|.{0,135}\S(?=\s|$))")


def documents(texts: Sequence[str], count: int, seed: int = 0, first: int = 1) -> Iterator[Document]:
    """Documents that have `count` passages together, numbered from `first`. The texts must hold words."""
    chance = random.Random(seed)
    names = sorted(places.provinces())
    number, left = first, count
    for text in chain(texts, varied(texts, sys.maxsize, seed)):
        text = fold_space(text)
        passages = [match.span() for match in _PASSAGE.finditer(text)]
        for at in range(0, len(passages), PER_DOCUMENT):
            spans = passages[at : min(at + PER_DOCUMENT, at + left)]
            yield _document(number, text, spans, chance.choice(names), chance.choice(_YEARS))
            number += 1
            left -= len(spans)
            if not left:
                return


def as_written(texts: Sequence[str]) -> int:
    """How many passages there are before the first copy."""
    return sum(sum(1 for _ in _PASSAGE.finditer(fold_space(text))) for text in texts)


def _document(number: int, text: str, spans: Sequence[Span], place: str, year: int) -> Document:
    begin = spans[0][0]
    text = text[begin : spans[-1][1]]
    made = f"do_{number:06d}"
    kind, issuer = _TYPES[number % len(_TYPES)], f"Sở Y tế tỉnh {place}"
    title = f"Công tác cải cách hành chính năm {year}, tập {number}"
    chunks = []
    section: tuple[str, ...] = ()
    for ordinal, (start, end) in enumerate(spans):
        body = excerpt(text, [(start - begin, end - begin)])
        if ordinal % _HEADING == 0:
            section = (f"{1 + ordinal // _HEADING}. {' '.join(body.quote.split()[:8])}",)
        context = " › ".join((f"{kind} {issuer} năm {year}", title, *section))
        chunks.append(Chunk(made, ordinal, "paragraph", body, section, place=place, period=str(year), context=context))
    return Document(
        document_id=made,
        source=f"{made}.txt",
        sha256=hashlib.sha256(f"{number}\n{text}".encode()).hexdigest(),
        text=text,
        number=f"{number}/BC-SYT",
        type=kind,
        title=title,
        issuer=issuer,
        place=place,
        issued_on=f"{year}-12-15",
        period=str(year),
        chunks=tuple(chunks),
    )
