"""How search grows with the library: building, disk, memory, time of a query and of adding a document.

A library of the wanted size is made of texts that are handed in (`synthetic.py`) and goes the way of every other:
library, vectors, words, searcher. It is built in one process and measured in a fresh one, so that memory and the first
search are those of a program that has just started. Whether the right passage is found is measured elsewhere; here only
how much of the true nearest vectors the approximate index finds.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from evals import plot
from evals.bench_reading import peak, varied
from evals.synthetic import PER_DOCUMENT, documents
from vectorstore import places
from vectorstore.library import Library
from vectorstore.records import Filters, chunk_of
from vectorstore.search import expand
from vectorstore.vietnamese import has_diacritics

MILLION = 1_000_000
SLOWEST_MS, FIRST_S, ADD_S, MEMORY_MB, RECALL = 100.0, 3.0, 2.0, 8192.0, 0.98
"""What a library of a million passages may take at most, on two cores, and the share of the true ten nearest that the
index of the vectors is to find at least."""

QUESTIONS = 100
"""How many questions are to be handed in; as many are made of the passages."""
_BATCH = 5_000  # passages between two times that the indexes follow, as ingestion has it
_POOL = 80  # as many as a search asks each index for
_ADDED = 5
_GROUP = 50  # documents in a group
_SOME = 1_000  # documents that groups are drawn from
_NEAREST = 10
_WORDS = 12  # of a passage in a question
_BLOCK = 50_000  # vectors that are compared at a time
_SAME = 1e-5  # cosines that differ by less are one
_IDS, _VECTORS, _BUILT = "bench-ids.txt", "bench-vectors.f32", "bench.json"


class HalfBuilt(Exception):
    """A folder holds something else than a library that was built to be measured; the message says what to do."""


Parts = Any
"""The parts of a program over one data folder, as `ui.assemble` gives them. While a library is built they are put
behind others, which note how long they work."""

Open = Callable[[Path], Parts]
"""Opens a data folder; handed to other processes, so it has to be importable there."""


@dataclass(frozen=True, slots=True)
class Built:
    """What building took: seconds by part, MB on disk by part; and of what was built some questions,
    and the ids of some documents."""

    chunks: int
    documents: int
    seconds: dict[str, float]
    disk: dict[str, float]
    questions: tuple[str, ...]
    some: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of a query."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Scale:
    """One size, measured. `start` is the seconds until the program's libraries and the model are loaded and all is
    opened; `memory` the most that a process held that starts, searches and adds, in MB."""

    built: Built
    start: float
    first_search: float
    queries: dict[str, Times]
    add: float
    add_most: float
    memory: float
    recall: float


def scales(
    open_parts: Open, folder: Path, texts: Sequence[str], questions: Sequence[str], sizes: Sequence[int]
) -> Iterator[Scale]:
    """Each size, in a folder of its own below `folder`; one that was built there before is measured again."""
    for size in sizes:
        below = folder / str(size)
        if not (below / _BUILT).exists():
            if below.exists():
                raise HalfBuilt(f"Thư mục «{below}» còn dở từ lần đo trước; hãy xoá thư mục đó rồi đo lại.")
            _alone(build, open_parts, below, texts, size)
        yield _alone(measure, open_parts, below, questions)


T = TypeVar("T")


def _alone(work: Callable[..., T], *given: object) -> T:
    """Done in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(work, *given).result()


# --- building ---------------------------------------------------------------------------------------------------


class _Timed:
    """A part of the program that notes how long it was at work."""

    def __init__(self, part: Any) -> None:
        self._part = part
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        return partial(self._call, found) if callable(found) else found

    def _call(self, work: Callable[..., T], *given: Any, **named: Any) -> T:
        begun = time.perf_counter()
        try:
            return work(*given, **named)
        finally:
            self.seconds += time.perf_counter() - begun


class _Noted(_Timed):
    """A store that also notes what it is given, to be compared with what it finds."""

    def __init__(self, part: Any, folder: Path) -> None:
        super().__init__(part)
        self._folder = folder

    def add(self, document_id: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        with (self._folder / _IDS).open("a", encoding="utf-8") as told:
            told.writelines(f"{chunk_of(entry_id)}\n" for entry_id in ids)
        with (self._folder / _VECTORS).open("ab") as kept:
            np.ascontiguousarray(vectors, dtype=np.float32).tofile(kept)
        self._call(self._part.add, document_id, ids, vectors)


def build(open_parts: Open, folder: Path, texts: Sequence[str], size: int) -> None:
    """Fill a folder with a library of `size` passages."""
    begun = time.perf_counter()
    parts = open_parts(folder)
    library, embedder, words = _Timed(parts.library), _Timed(parts.embedder), _Timed(parts.lexical)
    vectors = _Noted(parts.store, folder)
    parts.embedder, parts.lexical, parts.store = embedder, words, vectors
    made = documents(texts, size)
    written = 0
    while batch := list(islice(made, _BATCH // PER_DOCUMENT)):
        for document in batch:
            library.put(document, document.text.encode(), "")
        parts.pipeline.settle()
        written += len(batch)
    seconds = {
        "library": library.seconds,
        "embedding": embedder.seconds,
        "vectors": vectors.seconds,
        "words": words.seconds,
        "all": time.perf_counter() - begun,
    }
    note(parts.library, folder, written, seconds)
    parts.library.close()


def note(library: Library, folder: Path, written: int, seconds: dict[str, float]) -> None:
    """Write down beside a library what building it took."""
    chance = random.Random(0)
    ids = (folder / _IDS).read_text(encoding="utf-8").split("\n")[:-1]
    known = sorted({chunk_id.rpartition(":")[0] for chunk_id in ids})
    passages = library.chunks(chance.sample(ids, min(QUESTIONS, len(ids)))).values()
    questions = tuple(f"{' '.join(passage.text.split()[:_WORDS])} như thế nào?" for passage in passages)
    some = tuple(chance.sample(known, min(_SOME, len(known))))
    built = Built(len(ids), written, seconds, _disk(folder), questions, some)
    (folder / _BUILT).write_text(json.dumps(asdict(built)), encoding="utf-8")


def _disk(folder: Path) -> dict[str, float]:
    """MB of the library, the vectors and the words."""
    sizes = {"library": 0, "vectors": 0, "words": 0}
    for path in folder.rglob("*"):
        part = path.relative_to(folder).parts[0]
        if path.is_file() and path.name not in (_IDS, _VECTORS, _BUILT):
            sizes[part if part in sizes else "library"] += path.stat().st_size
    return {part: size / 1e6 for part, size in sizes.items()}


# --- measuring --------------------------------------------------------------------------------------------------


def measure(open_parts: Open, folder: Path, questions: Sequence[str]) -> Scale:
    """What a program that has just started takes over a folder that was built."""
    built = Built(**json.loads((folder / _BUILT).read_text(encoding="utf-8")))
    questions = [*questions[:QUESTIONS], *built.questions]
    chance = random.Random(0)
    begun = time.perf_counter()
    parts = open_parts(folder)
    _ = parts.finder  # opened first, as everywhere: large vectors are read while the model is loaded
    parts.embedder.embed_query(questions[0])
    started = time.perf_counter()
    parts.finder.search(questions[0])
    first = time.perf_counter() - started
    names = sorted(places.provinces())

    def group() -> tuple[str, ...]:
        return tuple(chance.sample(built.some, min(_GROUP, len(built.some))))

    queries = {
        "vectors": _times(lambda asked: parts.store.nearest(parts.embedder.embed_query(asked), _POOL), questions),
        "words": _times(partial(_by_words, parts.lexical), questions),
        "search": _times(lambda asked: parts.finder.search(asked), questions),
        "place": _times(
            lambda asked: parts.finder.search(asked, filters=Filters(places=(chance.choice(names),))), questions
        ),
        "group": _times(lambda asked: parts.finder.search(asked, filters=Filters(document_ids=group())), questions),
    }
    added = [_add(parts, built.some[n % len(built.some)], built.documents + 1 + n) for n in range(_ADDED)]
    memory = (peak() or 0) / 1e6
    recall = _recall(parts, folder, questions)
    parts.library.close()
    return Scale(built, started - begun, first, queries, statistics.median(added), max(added), memory, recall)


def _by_words(lexical: Any, asked: str) -> object:
    return lexical.search(expand([(asked, 1.0)]), _POOL, folded=not has_diacritics(asked))


def _times(ask: Callable[[str], object], questions: Sequence[str]) -> Times:
    taken = []
    for question in questions:
        begun = time.perf_counter()
        ask(question)
        taken.append(1000 * (time.perf_counter() - begun))
    taken.sort()
    return Times(statistics.median(taken), taken[min(len(taken) - 1, int(0.95 * len(taken)))])


def _add(parts: Parts, like: str, number: int) -> float:
    """Seconds until a new document can be found; it is taken out again."""
    text = next(varied([parts.library.text(like) or ""], 1, number))
    document = next(documents([text], PER_DOCUMENT, first=number))
    begun = time.perf_counter()
    parts.library.put(document, document.text.encode(), "")
    parts.pipeline.settle()
    taken = time.perf_counter() - begun
    parts.pipeline.forget(document.document_id)
    return taken


def _recall(parts: Parts, folder: Path, questions: Sequence[str]) -> float:
    """The share of what the index finds that is as near as the true ten nearest: of copies, any will do."""
    vectors = np.memmap(folder / _VECTORS, dtype=np.float32, mode="r").reshape(-1, parts.embedder.dimension)
    rows = {chunk_id: row for row, chunk_id in enumerate((folder / _IDS).read_text(encoding="utf-8").split("\n"))}
    asked = np.stack([parts.embedder.embed_query(question) for question in questions])
    best = np.full((len(asked), _NEAREST), -1, dtype=np.float32)
    for at in range(0, len(vectors), _BLOCK):
        near = np.concatenate([best, asked @ vectors[at : at + _BLOCK].T], axis=1)
        best = -np.partition(-near, _NEAREST - 1, axis=1)[:, :_NEAREST]
    right = 0
    for vector, nearest in zip(asked, best, strict=True):
        found = [rows[chunk_id] for chunk_id, _ in parts.store.nearest(vector, _NEAREST)]
        right += int(np.sum(vectors[found] @ vector >= nearest.min() - _SAME))
    return right / (len(asked) * _NEAREST)


# --- telling ----------------------------------------------------------------------------------------------------

_QUERIES = {
    "vectors": "Véc-tơ",
    "words": "Từ",
    "search": "Cả hai",
    "place": "Cả hai, một địa bàn",
    "group": f"Cả hai, nhóm {_GROUP} văn bản",
}
_PARTS = {"library": "Thư viện", "vectors": "Véc-tơ", "words": "Từ"}


def rows(measured: Sequence[Scale]) -> list[list[str]]:
    """A table with a column for each size, its heads first."""
    columns = [list(_column(scale)) for scale in measured]
    return [[line[0][0], *(value for _, value in line)] for line in zip(*columns, strict=True)]


def _column(scale: Scale) -> Iterator[tuple[str, str]]:
    built = scale.built
    yield "Số đoạn", str(built.chunks)
    yield "Văn bản", str(built.documents)
    yield "Xây dựng (giây)", _number(built.seconds["all"])
    for part, said in {**_PARTS, "embedding": "Mô hình"}.items():
        yield f"- {said} (giây)", _number(built.seconds[part])
    for part, said in _PARTS.items():
        yield f"Đĩa, {said.lower()} (MB)", _number(built.disk[part])
    yield "Bộ nhớ đỉnh khi tìm và nạp thêm (MB)", _number(scale.memory)
    yield "Mở chương trình và mô hình (giây)", _number(scale.start)
    yield "Lần tìm đầu tiên (giây)", _number(scale.first_search)
    for query, said in _QUERIES.items():
        times = scale.queries[query]
        yield f"{said}, p50 / p95 (ms)", f"{_number(times.p50)} / {_number(times.p95)}"
    yield "Thêm một văn bản, giữa / lâu nhất (giây)", f"{_number(scale.add)} / {_number(scale.add_most)}"
    yield f"recall@{_NEAREST} của chỉ mục véc-tơ", f"{scale.recall:.3f}".replace(".", ",")


def misses(measured: Sequence[Scale]) -> list[str]:
    """What a library of a million passages or more takes beyond the limits, in Vietnamese."""
    found = []
    for scale in measured:
        if scale.built.chunks < MILLION:
            continue
        for query in ("search", "place", "group"):
            if (slow := scale.queries[query].p95) > SLOWEST_MS:
                found.append(f"p95 của «{_QUERIES[query]}» là {_number(slow)} ms, quá {SLOWEST_MS:.0f} ms")
        for said, value, most in (
            ("lần tìm đầu tiên", scale.first_search, FIRST_S),
            ("thêm một văn bản", scale.add_most, ADD_S),
            ("bộ nhớ đỉnh (MB)", scale.memory, MEMORY_MB),
        ):
            if value > most:
                found.append(f"{said}: {_number(value)}, quá {_number(most)}")
        if scale.recall < RECALL:
            found.append(f"recall@{_NEAREST} là {scale.recall:.3f}, dưới {RECALL}")
    return found


def write(out: Path, measured: Sequence[Scale], said: str) -> None:
    """`scale.json`, `scale.md` and `scale.svg` in a folder; `said` is what the passages were made of."""
    out.mkdir(parents=True, exist_ok=True)
    told = {"made_of": said, "sizes": [asdict(scale) for scale in measured]}
    (out / "scale.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    head, *others = ["| " + " | ".join(row) + " |" for row in rows(measured)]
    line = "| --- |" + " ---: |" * len(measured)
    (out / "scale.md").write_text("\n".join([said, "", head, line, *others]) + "\n", encoding="utf-8")
    (out / "scale.svg").write_text(_plot(measured), encoding="utf-8")


def _plot(measured: Sequence[Scale]) -> str:
    def curve(values: Iterable[float]) -> list[plot.Point]:
        return [(scale.built.chunks, max(value, 1e-3)) for scale, value in zip(measured, values, strict=True)]

    across = "số đoạn trong thư viện"
    queries = {said: curve(s.queries[query].p95 for s in measured) for query, said in _QUERIES.items()}
    seconds = {
        "xây dựng": curve(s.built.seconds["all"] for s in measured),
        "lần tìm đầu": curve(s.first_search for s in measured),
        "thêm một văn bản": curve(s.add for s in measured),
    }
    held = {f"đĩa: {said.lower()}": curve(s.built.disk[part] for s in measured) for part, said in _PARTS.items()}
    return plot.svg(
        [
            plot.Panel("Thời gian tìm, p95 (ms)", across, queries),
            plot.Panel("Xây dựng, mở, thêm (giây)", across, seconds),
            plot.Panel("Dung lượng (MB)", across, held | {"bộ nhớ đỉnh": curve(s.memory for s in measured)}),
        ]
    )


def _number(value: float) -> str:
    """As Vietnamese writes it, with no more digits than matter."""
    digits = 0 if value >= 100 else 1 if value >= 1 else 2
    return f"{value:.{digits}f}".replace(".", ",")
