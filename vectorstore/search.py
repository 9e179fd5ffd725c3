"""Near vectors and matching words, fused to `list[Hit]`.

Words decide; the vector side is a factor, `bm25 · (1 + w · cosine)`, so that it can reorder but never outvote words
that match. A question that names a document's number goes to it first.
"""

from __future__ import annotations

from functools import lru_cache

from vectorstore import places
from vectorstore.embedding import Embedder
from vectorstore.following import follow_words
from vectorstore.lexical import Lexical, terms
from vectorstore.library import Library
from vectorstore.quantities import references
from vectorstore.records import NO_FILTERS, Chunk, Document, Filters, Hit
from vectorstore.store import Store
from vectorstore.vietnamese import abbreviations, fold, has_diacritics, read_table, tokens

_VECTOR_WEIGHT = 0.5
_FLOOR = 0.05
_POOL = 120


class Searcher:
    """Finds the chunks that fit a query."""

    def __init__(self, library: Library, lexical: Lexical, store: Store, embedder: Embedder) -> None:
        self.library = library
        self.lexical = lexical
        self.store = store
        self.embedder = embedder

    def search(self, query: str, k: int = 10, filters: Filters = NO_FILTERS) -> list[Hit]:
        """The `k` best chunks for `query` among those that pass the filters, best first; each chunk once."""
        follow_words(self.library, self.lexical)  # what another process wrote is found too
        allowed = self.library.allowed(filters)
        if allowed is not None and not allowed:
            return []
        pool = max(_POOL, 4 * k) if allowed is None else max(_POOL, 4 * k, min(4 * len(allowed), 5_000))
        folded = not has_diacritics(query)
        words = _best(self.lexical.search(expand(query), pool, folded=folded), allowed)
        among = sorted({chunk_id.rsplit(":", 1)[0] for chunk_id in allowed}) if allowed is not None else None
        near = _best(self.store.nearest(self.embedder.embed_query(query), pool, among), allowed)
        top = max(words.values(), default=0.0) or 1.0
        fused = {
            chunk_id: (words.get(chunk_id, 0.0) / top + _FLOOR)
            * (1 + _VECTOR_WEIGHT * max(0.0, near.get(chunk_id, 0.0)))
            for chunk_id in words.keys() | near.keys()
        }
        best = sorted(fused, key=lambda chunk_id: (-fused[chunk_id], chunk_id))[: max(k * 2, k + 20)]
        chunks = self.library.chunks(best)
        heads: dict[str, Document] = {}
        hits: list[Hit] = []
        scope = places.find(query, question=True)
        numbers = {fold(r.number) for r in references(query)}
        for chunk_id in best:
            chunk = chunks.get(chunk_id)
            if chunk is None:
                continue
            if chunk.document_id not in heads:
                found = self.library.head(chunk.document_id)
                if found is None:
                    continue
                heads[chunk.document_id] = found
            document = heads[chunk.document_id]
            if document.status == "superseded" and not _is_meant(document, filters, numbers):
                continue
            hits.append(
                Hit(chunk, _scoped(fused[chunk_id], chunk, document, {m.place for m in scope}, numbers), document)
            )
        hits.sort(key=lambda hit: -hit.score)
        return hits[:k]


def _scoped(score: float, chunk: Chunk, document: Document, wanted: set[str], numbers: set[str]) -> float:
    """The score raised where the chunk speaks of a place or a document number that the query names."""
    if wanted and any(places.same(chunk.place, place) for place in wanted):
        score *= 1.5
    if numbers and document.number and fold(document.number) in numbers:
        score *= 2.0
    return score


def _is_meant(document: Document, filters: Filters, numbers: set[str]) -> bool:
    """Whether an older version is asked for: by its id, or by its number, which the newer one does not have."""
    return document.document_id in filters.document_ids or fold(document.number or "") in numbers


def _best(found: list[tuple[str, float]], allowed: set[str] | None) -> dict[str, float]:
    """The best score of each chunk, over its entries."""
    best: dict[str, float] = {}
    for chunk_id, score in found:
        if (allowed is None or chunk_id in allowed) and score > best.get(chunk_id, float("-inf")):
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


def expand(query: str) -> list[tuple[str, float]]:
    """The query's terms with weights, and those of other ways of saying its phrases at a lower weight."""
    weights: dict[str, float] = {}
    for term in terms(query):
        weights[term] = 1.0
    for phrase in alternatives(query):
        for term in terms(phrase):
            weights.setdefault(term, 0.6)
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
