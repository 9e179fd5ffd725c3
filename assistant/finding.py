"""The passages that fit a question: what the searcher finds, in the order in which it proves something for the question
as it is understood.

The searcher knows words and vectors. Here the question's content words, place, period and kind are weighed against
every sentence, footnote and row of a passage, as they are for an answer. Nothing here writes an answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from assistant.choosing import POOL, article_factor, kind_factor
from assistant.evidence import Match, Weigher, ranked, scope_factor
from assistant.identity import asks_for_signature
from assistant.question import Asked, same_number, understand, without_name
from assistant.schema import Question
from vectorstore import places
from vectorstore.records import NO_FILTERS, Chunk, Filters, Hit
from vectorstore.reranking import Reranker
from vectorstore.search import Searcher
from vectorstore.vietnamese import fold

# Chosen on the project's own sets, where neighbouring values do hardly worse.
_FOUND = 0.5
"""What the searcher's score counts beside the weight of the best stretch; both are about 1 at most."""
_AROUND = 0.2
"""Share of a passage's weight that its words, headings and lead earn together."""
_AROUND_LIST = 0.9
"""The same where items are asked for: they say little of what they are items of."""
_ELSEWHERE = 0.6
"""What is left of a passage's score where the question names a document of the library and this is another."""
_SIGNATURE = 1.05
"""What a signature scores, where signer or recipients are asked for, against the best passage of its document."""
_REREAD = 30
"""How many passages a re-ranker reads, where one is set."""
_AGAIN = 0.75
"""What is left of a passage's score for each better one that says nearly the same."""
_ALIKE = 0.8
"""Share of common words (Jaccard) from which two passages say nearly the same."""
_MEANT = 3
"""From how many of its items among the first five on a list is taken to be what is asked for."""


class Finder:
    """Finds the passages that fit a question. Safe to share between threads."""

    def __init__(self, searcher: Searcher, reranker: Reranker | None = None) -> None:
        self.searcher = searcher
        self.library = searcher.library
        self.reranker = reranker

    def for_one_question(self) -> Finder:
        """The same, for the time of one question: what is searched for again has been found."""
        return Finder(self.searcher.for_one_question(), self.reranker)

    def search(self, query: str, k: int = 10, filters: Filters = NO_FILTERS) -> list[Hit]:
        """The `k` best passages for a question or some words, best first; each passage once."""
        return self.find(understand(Question(query), self.library.places()), k, filters)

    def find(self, asked: Asked, k: int = 10, filters: Filters = NO_FILTERS) -> list[Hit]:
        """The same for a question that is understood already."""
        hits = self._pool(asked, max(POOL, 2 * k), filters)
        if asks_for_signature(asked):
            hits = self._with_signatures(hits)
        hits = _lists_whole(_repeated_later(self._reread(asked, _sorted(hits)), 2 * k + 4))
        return _falling(_each_place_in_turn(hits, asked.places)[:k])

    def _pool(self, asked: Asked, size: int, filters: Filters) -> list[Hit]:
        """The searcher's passages, weighed. What is asked of a document of the library that the question names is
        looked for there first, without the words of its number."""
        found = self._weighed(asked, self.searcher.search(asked.text, size, filters))
        if not asked.numbers or asked.kind in ("docnumber", "date", "who"):
            return found
        named = [d for d in self.library.documents() if any(same_number(n, d.number or "") for n in asked.numbers)]
        if len(named) != 1:
            return found
        bare = without_name(asked)
        inside = replace(filters, document_ids=(named[0].document_id,))
        there = self._weighed(bare, self.searcher.search(" ".join(t.word for t in bare.terms), size, inside))
        held = {hit.chunk.chunk_id for hit in there}
        others = (hit for hit in found if hit.chunk.chunk_id not in held)
        return there + [replace(hit, score=_ELSEWHERE * hit.score) for hit in others]

    def _weighed(self, asked: Asked, hits: Sequence[Hit]) -> list[Hit]:
        """The passages scored by their best stretch, by all of them with their headings, and by how they were found."""
        weigher = Weigher(asked, self.searcher)
        best: dict[str, tuple[float, Match]] = {}
        for match in ranked(hits, weigher):
            weight = match.score * kind_factor(match.unit, asked) * article_factor(match.unit, asked)
            held = best.get(match.unit.hit.chunk.chunk_id)
            if held is None or weight > held[0]:
                best[match.unit.hit.chunk.chunk_id] = (weight, match)
        top = max((hit.score for hit in hits), default=1.0) or 1.0
        share = _AROUND_LIST if asked.kind == "list" else _AROUND
        out = []
        for hit in hits:
            score = _FOUND * hit.score / top
            if hit.chunk.chunk_id in best:
                weight, match = best[hit.chunk.chunk_id]
                around = _around(hit.chunk, match, weigher) * article_factor(match.unit, asked)
                score += (1 - share) * weight + share * around
            out.append(replace(hit, score=score))
        return out

    def _reread(self, asked: Asked, hits: list[Hit]) -> list[Hit]:
        """The best passages in the order of the re-ranker, where one is set; their scores are dealt out anew."""
        if self.reranker is None:
            return hits
        best = hits[:_REREAD]
        scores = self.reranker.scores(asked.text, [_whole(hit.chunk) for hit in best])
        order = sorted(range(len(best)), key=lambda at: -float(scores[at]))
        reread = [replace(best[at], score=best[place].score) for place, at in enumerate(order)]
        return [*reread, *hits[_REREAD:]]

    def _with_signatures(self, hits: Sequence[Hit]) -> list[Hit]:
        """The passages, with the signatures of the documents that fit best ahead of what else these say."""
        best: dict[str, Hit] = {}
        for hit in _sorted(hits):
            best.setdefault(hit.document.document_id, hit)
        signatures = [
            Hit(chunk, _SIGNATURE * hit.score, hit.document)
            for hit in list(best.values())[:5]
            for chunk in self.library.chunks_of(hit.document.document_id)
            if chunk.kind == "signature"
        ]
        held = {hit.chunk.chunk_id for hit in signatures}
        return signatures + [hit for hit in hits if hit.chunk.chunk_id not in held]


def _whole(chunk: Chunk) -> str:
    """A passage with its headings and footnotes, for a reader who sees nothing else."""
    return "\n".join([chunk.context, chunk.text, *(note.body.reading.text for note in chunk.footnotes)])


def _falling(hits: Sequence[Hit]) -> list[Hit]:
    """The passages with scores that fall: one that was moved ahead scores no less than what follows it."""
    out: list[Hit] = []
    for hit in reversed(hits):
        out.append(replace(hit, score=max(hit.score, out[-1].score)) if out else hit)
    return out[::-1]


def _sorted(hits: Sequence[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: (-hit.score, hit.chunk.document_id, hit.chunk.ordinal))


def _around(chunk: Chunk, match: Match, weigher: Weigher) -> float:
    """How much of the question a passage speaks of, its headings, its lead and its column heads counting in full."""
    unit = match.unit
    coverage = weigher.together(chunk.text, unit.near, unit.context, " ".join(head for head, _ in chunk.heads))
    tells = 0.5 if chunk.kind in ("head", "signature") else 1.0  # they name the document, as every question on it does
    return coverage * tells * scope_factor(match, weigher.asked)


def _repeated_later(hits: Sequence[Hit], first: int) -> list[Hit]:
    """Of the `first` passages, those that say what a better one says, word for word in another document or nearly so in
    another section, come later; the items of one list may well be alike."""
    seen: list[tuple[Chunk, frozenset[str]]] = []
    out: list[Hit] = []
    for hit in hits[:first]:
        words = frozenset(word for word in fold(hit.chunk.text).split() if word.isalpha())
        again = sum(_repeats(hit.chunk, words, chunk, known) for chunk, known in seen)
        seen.append((hit.chunk, words))
        out.append(replace(hit, score=hit.score * _AGAIN**again) if again else hit)
    return _sorted((*out, *hits[first:]))


def _repeats(one: Chunk, words: frozenset[str], other: Chunk, known: frozenset[str]) -> bool:
    if one.document_id != other.document_id:
        return one.text == other.text
    return one.section != other.section and bool(words) and len(words & known) >= _ALIKE * len(words | known)


def _lists_whole(hits: Sequence[Hit]) -> list[Hit]:
    """Where a good part of a list is among the first five passages, its other items that were found follow them: they
    are the operands of a sum, or the rest of what was asked for."""
    met = Counter(filter(None, map(_list_of, hits[:5])))
    meant = {key for key, count in met.items() if count >= _MEANT}
    if not meant:
        return list(hits)
    ordered: dict[str, Hit] = {}
    for hit in hits:
        same = [hit, *(other for other in hits[:12] if _list_of(other) == _list_of(hit))]
        for each in same if _list_of(hit) in meant else [hit]:
            ordered.setdefault(each.chunk.chunk_id, each)
    return list(ordered.values())


def _list_of(hit: Hit) -> tuple[str, int] | None:
    """The list that a passage is an item of: its document and its lead."""
    return (hit.chunk.document_id, hit.chunk.lead) if hit.chunk.lead is not None else None


def _each_place_in_turn(hits: Sequence[Hit], named: Sequence[str]) -> list[Hit]:
    """Where several places are named, the best passage of each, then the second of each, and so on; then the rest."""
    if len(named) < 2:
        return list(hits)

    def of(place: str) -> Iterator[Hit]:
        return (hit for hit in hits if places.same(hit.chunk.place, place))

    turns = (hit for row in zip_longest(*map(of, named)) for hit in row if hit is not None)
    return list({hit.chunk.chunk_id: hit for hit in (*turns, *hits)}.values())
