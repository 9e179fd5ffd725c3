"""When the sources disagree with themselves: totals that their parts don't add up to, lists that are longer or shorter
than announced, shares that are reckoned wrong, dates that can't be, names that don't belong. And what is addressed to a
machine rather than to a reader.

A finding that is wrong costs trust: each rule asks for a form that leaves no other reading, and stays silent otherwise.
A rule looks at one stretch of text (a passage or a footnote) or at the document as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from vectorstore.audit import addressed, counts, dates, dossiers, lists, names, rates, sums, tabled, twice
from vectorstore.audit.stretch import Stretch, stretches
from vectorstore.records import Chunk, Document, Finding

_OF_STRETCH: tuple[Callable[[Stretch], Iterator[Finding]], ...] = (
    sums.in_sentence,
    dossiers.dealt_with,
    rates.shares,
    rates.changes,
    rates.ranks,
    counts.names,
    counts.numbered,
    dates.impossible,
    names.symbols,
)
_OF_DOCUMENT: tuple[Callable[[Sequence[Chunk], Sequence[Stretch]], Iterator[Finding]], ...] = (
    counts.in_footnotes,
    counts.below,
    counts.in_annex,
    lists.totals,
    lists.table_totals,
    lists.table_shares,
    tabled.totals,
    rates.saved,
    rates.costs,
    dates.two_for_one_number,
    names.of_another_place,
    twice.figures,
    twice.wholes,
    twice.periods,
)


def of_document(chunks: Sequence[Chunk], issued_on: str | None = None) -> list[Finding]:
    """What disagrees within a document, in reading order; each thing is said once.

    `issued_on` is the document's own date in the contract's form.
    """
    told = list(stretches(chunks))
    found: dict[str, Finding] = {}
    for finding in (*_of_stretches(told, issued_on), *_of_whole(chunks, told)):
        found.setdefault(finding.message, finding)
    return sorted(found.values(), key=lambda finding: finding.evidence[0][0].ordinal)


def instructions(document: Document) -> list[Finding]:
    """Where a document gives orders to a machine, in reading order."""
    return [*addressed.in_passages(document), *addressed.in_headings(document), *addressed.in_name(document)]


_DIGIT = re.compile(r"\d")


def _of_stretches(told: Iterable[Stretch], issued_on: str | None) -> Iterator[Finding]:
    for stretch in told:
        if _DIGIT.search(stretch.text) is None:
            continue
        for rule in _OF_STRETCH:
            yield from rule(stretch)
        yield from dates.after_issue(stretch, issued_on)


def _of_whole(chunks: Sequence[Chunk], told: Sequence[Stretch]) -> Iterator[Finding]:
    for rule in _OF_DOCUMENT:
        yield from rule(chunks, told)
