"""Near vectors and matching words, fused to `list[Hit]`.

Words decide; the vector side is a factor, `bm25 · (1 + w · cosine)`, so that it can reorder but never outvote words
that match. A question that names a document's number goes to it first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from functools import lru_cache, partial

from vectorstore import places
from vectorstore.embedding import Embedder
from vectorstore.following import follow_words
from vectorstore.lexical import Found, Lexical, terms
from vectorstore.library import Library
from vectorstore.quantities import references
from vectorstore.records import NO_FILTERS, Chunk, Document, Filters, Hit
from vectorstore.scope import wanted
from vectorstore.spelling import correct
from vectorstore.store import Store, Vectors
from vectorstore.vietnamese import abbreviations, fold, has_diacritics, read_table, tokens

# Chosen on the project's own sets, where neighbouring values do hardly worse.
_VECTOR_WEIGHT = 0.5
_FLOOR = 0.05
"""What a chunk scores whose words were not found, against 1 for the best: the vector side alone can't lift it high."""
_OTHERWISE = 0.6
"""What a term counts of another way of saying a phrase of the query."""
_CORRECTED = 0.8
"""What a term counts that stands for a misspelt word."""
_PLACE, _NUMBER = 1.5, 2.0
"""How much more a chunk scores that speaks of a place, or stands in a document, that the query names."""
_POOL = 80
"""Entries looked at on each side, at least; more for many results."""
_NEAREST_WITHIN = 400
"""Nearest vectors looked at where there are filters, for most are filtered out."""


class Searcher:
    """Finds the chunks that fit a query. Safe to share between threads."""

    def __init__(self, library: Library, lexical: Lexical, store: Store, embedder: Embedder) -> None:
        self.library = library
        self.lexical = lexical
        self.store = store
        self.embedder = embedder
        self._aside = ThreadPoolExecutor(thread_name_prefix="search")
        self._found: dict[tuple[str, int, Filters], list[Hit]] | None = None

    def for_one_question(self) -> Searcher:
        """The same, for the time of one question: what is searched for again has been found."""
        same = copy(self)
        same._found = {}
        return same

    def search(self, query: str, k: int = 10, filters: Filters = NO_FILTERS) -> list[Hit]:
        """The `k` best chunks for `query` among those that pass the filters, best first; each chunk once."""
        if self._found is None:
            return self._search(query, k, filters)
        key = (query, k, filters)
        if key not in self._found:
            self._found[key] = self._search(query, k, filters)
        return self._found[key]

    def _search(self, query: str, k: int, filters: Filters) -> list[Hit]:
        follow_words(self.library, self.lexical)  # what another process wrote is found too
        within = wanted(filters, self.library.places())
        if not all(within):
            return []
        pool = max(_POOL, 2 * k)
        around = _NEAREST_WITHIN if within else pool
        named = {m.place for m in places.find(query, question=True)}
        numbers = {fold(r.number) for r in references(query)}
        vector = self.embedder.embed_query(query)
        # while words are searched: both are outside Python
        nearest = self._aside.submit(self.store.nearest, vector, around)
        words = self._words(query, pool, within, self._meant(named, numbers) if not within else [])
        near = self._near(vector, nearest.result(), words, filters)
        best = _fused(words, near)[: k + 20]
        return self._hits(best, filters, named, numbers)[:k]

    def _words(
        self, query: str, pool: int, within: Sequence[Sequence[str]], also: Sequence[Sequence[Sequence[str]]]
    ) -> list[Found]:
        """The entries with words of the query, within the groups of keys, and within each of some others."""
        folded = not has_diacritics(query)
        weighted = expand(self._corrected(query))
        ask = partial(self.lexical.search, weighted, folded=folded)
        more = [self._aside.submit(ask, _POOL // 2, within=groups) for groups in also]
        found = ask(pool, within=within)
        for one in more:
            found += one.result()
        return found

    def _meant(self, named: Set[str], numbers: Set[str]) -> list[list[list[str]]]:
        """The keys of the places and documents that a query names: in a large library the best of all need not be among
        the best of these."""
        groups = wanted(Filters(places=tuple(named)), self.library.places())
        ids = sorted(document_id for number in numbers for document_id in self.library.numbered(number))
        groups += wanted(Filters(document_ids=tuple(ids)), ())
        return [[group] for group in groups if group]

    def _corrected(self, query: str) -> list[tuple[str, float]]:
        """The query's text and, with less weight, what was meant where words of it are misspelt."""
        typed = tokens(query)
        meant = correct(self.lexical, typed)
        return [(query, 1.0)] if meant == typed else [(query, 1.0), (" ".join(meant), _CORRECTED)]

    def _near(
        self, vector: Vectors, nearest: Sequence[tuple[str, float]], words: Sequence[Found], filters: Filters
    ) -> dict[str, float]:
        """The cosine of the nearest chunks that pass the filters, and of all whose words were found."""
        if filters:
            passing = self.library.passing([chunk_id for chunk_id, _ in nearest], filters)
            nearest = [(chunk_id, cosine) for chunk_id, cosine in nearest if chunk_id in passing]
        cosines = self.store.cosines(vector, [found.entry_id for found in words])
        of_words = ((found.chunk_id, cosines.get(found.entry_id, 0.0)) for found in words)
        return _best((*nearest, *of_words))

    def _hits(
        self, best: Sequence[tuple[str, float]], filters: Filters, named: Set[str], numbers: Set[str]
    ) -> list[Hit]:
        """The chunks with their documents, those that the query names before others, best first."""
        chunks = self.library.chunks([chunk_id for chunk_id, _ in best])
        heads = self.library.heads({chunk.document_id for chunk in chunks.values()})
        hits: list[Hit] = []
        for chunk_id, score in best:
            chunk = chunks.get(chunk_id)
            document = heads.get(chunk.document_id) if chunk else None
            if chunk is None or document is None:  # removed meanwhile
                continue
            if document.status == "superseded" and not _is_meant(document, filters, numbers):
                continue
            hits.append(Hit(chunk, _scoped(score, chunk, document, named, numbers), document))
        return sorted(hits, key=lambda hit: -hit.score)


def _fused(words: Sequence[Found], near: Mapping[str, float]) -> list[tuple[str, float]]:
    """(chunk id, score), best first, equal ones in reading order: `(bm25 / best bm25 + floor) · (1 + w · cosine)`."""
    lexical = _best((found.chunk_id, found.score) for found in words)
    top = max(lexical.values(), default=0.0) or 1.0
    fused = {
        chunk_id: (lexical.get(chunk_id, 0.0) / top + _FLOOR) * (1 + _VECTOR_WEIGHT * max(0.0, cosine))
        for chunk_id, cosine in near.items()
    }
    # Rounded, because the index gives the cosine of one text in other last digits than its vector does.
    rounded = ((chunk_id, round(score, 5)) for chunk_id, score in fused.items())
    return sorted(rounded, key=lambda item: (-item[1], _reading_order(item[0])))


def _reading_order(chunk_id: str) -> tuple[str, int]:
    document_id, _, ordinal = chunk_id.rpartition(":")
    return document_id, int(ordinal)


def _scoped(score: float, chunk: Chunk, document: Document, named: Set[str], numbers: Set[str]) -> float:
    """The score raised where the chunk speaks of a place or a document number that the query names."""
    if named and any(places.same(chunk.place, place) for place in named):
        score *= _PLACE
    if numbers and document.number and fold(document.number) in numbers:
        score *= _NUMBER
    return score


def _is_meant(document: Document, filters: Filters, numbers: Set[str]) -> bool:
    """Whether an older version is asked for: by its id, or by its number, which the newer one does not have."""
    return document.document_id in filters.document_ids or fold(document.number or "") in numbers


def _best(found: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The best score of each chunk, over its entries."""
    best: dict[str, float] = {}
    for chunk_id, score in found:
        if score > best.get(chunk_id, float("-inf")):
            best[chunk_id] = score
    return best


@lru_cache(maxsize=1)
def english() -> dict[str, str]:
    """English term, lower case → what the documents call it first of all."""
    return {row[0].lower(): row[1].split(";")[0].strip() for row in read_table("english.tsv")}


@lru_cache(maxsize=1)
def _expansions() -> dict[str, list[str]]:
    """Folded phrase → other ways of saying it: abbreviations both ways, synonyms, English terms."""
    out: dict[str, list[str]] = {}
    for short, long in abbreviations().items():
        out.setdefault(short, []).append(long)
        out.setdefault(fold(long), []).append(short)
    for row in read_table("synonyms.tsv"):
        for phrase in row:
            out.setdefault(fold(phrase), []).extend(other for other in row if other != phrase)
    for english, vietnamese, *_ in read_table("english.tsv"):
        out.setdefault(fold(english), []).extend(part.strip() for part in vietnamese.split(";"))
    return out


def expand(readings: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """The terms of a query with weights, and those of other ways of saying its phrases at a lower weight. The query is
    given as it was typed and perhaps as it was meant, each with its weight."""
    weights: dict[str, float] = {}
    for text, weight in readings:
        for term in terms(text):
            weights.setdefault(term, weight)
    for text, weight in readings:
        for phrase in alternatives(text):
            found = terms(phrase)
            pairs = [term for term in found if "_" in term]  # its syllables alone say little, and cost as much
            for term in pairs or found:
                weights.setdefault(term, _OTHERWISE * weight)
    return list(weights.items())


def alternatives(query: str) -> list[str]:
    """Other ways of saying the phrases of a query, from the word lists."""
    spelled = [fold(token) for token in tokens(query)]
    table = _expansions()
    out: list[str] = []
    for size in range(min(6, len(spelled)), 0, -1):
        for at in range(len(spelled) - size + 1):
            out.extend(table.get(" ".join(spelled[at : at + size]), ()))
    return list(dict.fromkeys(out))
