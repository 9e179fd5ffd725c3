"""Vectors: the one door of Chroma, embedded in the data folder or a server's. Texts stay in the library; here stand ids
and vectors.

Chroma checks a vector's length, not which model made it; this store compares the model's name and refuses another. The
vectors of one library are one collection. Another model's are built beside it, in a collection that takes its place
once it is complete.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from vectorstore.records import Followed, chunk_of

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

_COLLECTION = "chunks"
_BUILDING = "-building"
_PAGE = 100  # collections of a server that are listed at a time
_BATCH = 2_000
_SEARCHED = 3_000
"""How widely Chroma's graph is searched (`ef_search`): what a million entries need to find 98% of the true ten nearest
to a question unlike anything in them, and 99.6% to others, in some 12 ms. A finer graph takes far longer to build."""
_DATABASE = "chroma.sqlite3"
_LARGE = 20_000_000
"""From so many bytes of Chroma's database on, loading the graph takes a time that a person would notice (three seconds
for a million entries, as does counting them)."""

Vectors = NDArray[np.float32]


class StoreError(Exception):
    """The vectors can't be opened, read or written; the message says what to do."""


class OtherModel(StoreError):
    """The store was filled with another model."""


class Store:
    """The vectors of one library, all made by the model `model`."""

    def __init__(
        self,
        folder: Path,
        model: str,
        dimension: int,
        *,
        url: str | None = None,
        library: str = "",
        anew: bool = False,
    ) -> None:
        """Open or make the store in `folder`, or on the Chroma server at `url`, which several libraries may share: it
        needs the `library`'s id. `anew` writes to a collection of its own, begun by an earlier call perhaps, until
        `take_over`.

        Raises:
            OtherModel: it was filled with a model of another name or dimension.
            StoreError: the folder can't be opened or written, the server does not answer.
        """
        self.folder = folder
        self.where = f"Kho véc-tơ «{folder}»" if url is None else f"Kho véc-tơ ở máy chủ Chroma {_shown(url)}"
        self._advice = (
            "hãy kiểm tra quyền ghi và dung lượng đĩa, hoặc xoá thư mục đó rồi hỏi lại để làm mới."
            if url is None
            else "hãy kiểm tra máy chủ ấy có đang chạy và CCHC_CHROMA_URL."
        )
        self._base = _COLLECTION if url is None else f"cchc-{library}"
        self._model = {"model": model, "dimension": dimension}
        self._client = self._connect(folder, url)
        try:
            self._collection: Any = _Current(self._build if anew else self._open, self._failing)
        except StoreError:
            self.close()
            raise
        if url is None and (folder / _DATABASE).stat().st_size >= _LARGE:
            threading.Thread(target=self._load, args=(dimension,), name="vectors").start()

    def _connect(self, folder: Path, url: str | None) -> ClientAPI:
        os.environ["ANONYMIZED_TELEMETRY"] = "False"
        import chromadb
        from chromadb.config import Settings

        settings = Settings(anonymized_telemetry=False)
        with self._failing():
            if url is None:
                folder.mkdir(parents=True, exist_ok=True)
                return chromadb.PersistentClient(str(folder), settings)
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(url)
            secure = parts.scheme == "https"
            return chromadb.HttpClient(
                parts.hostname, parts.port or (443 if secure else 8000), ssl=secure, settings=settings
            )

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """What Chroma can't do, in one sentence."""
        import httpx
        from chromadb.errors import ChromaError

        try:
            yield
        except (ChromaError, httpx.HTTPError, OSError, RuntimeError, ValueError) as error:
            raise StoreError(f"{self.where} không dùng được; {self._advice}") from error

    def _generations(self) -> dict[int, Collection]:
        """The collections of this library that were complete once, by their numbers; the last one counts."""
        named = re.compile(rf"{re.escape(self._base)}(?:-(\d+))?")
        found: dict[int, Collection] = {}
        listed: Sequence[Collection] = ()
        at = 0
        while at == 0 or len(listed) == _PAGE:
            listed = self._client.list_collections(limit=_PAGE, offset=at)
            found |= {int(m[1] or 0): c for c in listed if (m := named.fullmatch(c.name))}
            at += _PAGE
        return found

    def _open(self) -> Collection:
        generations = self._generations()
        opened = generations[max(generations)] if generations else self._create(self._base)
        held = opened.metadata or {}
        if {name: held.get(name) for name in self._model} != self._model:
            raise OtherModel(
                f"{self.where} được tạo bằng mô hình «{held.get('model')}», còn cài đặt đang chọn "
                f"«{self._model['model']}»; hãy làm lại véc-tơ bằng cchc reindex, hoặc đặt lại CCHC_EMBEDDING_MODEL."
            )
        self._tune(opened)
        return opened

    def _tune(self, collection: Collection) -> None:
        """A collection that was made with another value, or before there was one, follows."""
        held = collection.configuration_json.get("hnsw") or {}
        if held.get("ef_search") != _SEARCHED:
            with warnings.catch_warnings():  # Chroma warns of embedding functions, of which there is none
                warnings.simplefilter("ignore", DeprecationWarning)
                collection.modify(configuration={"hnsw": {"ef_search": _SEARCHED}})

    def _build(self) -> Collection:
        name = f"{self._base}-{max(self._generations(), default=0) + 1}{_BUILDING}"
        begun = self._create(name)
        held = begun.metadata or {}
        if {name: held.get(name) for name in self._model} != self._model:
            self._client.delete_collection(name)
            begun = self._create(name)
        return begun

    def _create(self, name: str) -> Collection:
        return self._client.get_or_create_collection(
            name,
            metadata=dict(self._model),
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_search": _SEARCHED}},
        )

    def close(self) -> None:
        """Let go of the connections to a server. Chroma's own `close` leaves them, and those of the client that it
        made to ask whether the database is there, to the garbage collector."""
        for client in (self._client, getattr(self._client, "_admin_client", None)):
            session = getattr(getattr(client, "_server", None), "_session", None)
            if session is not None:
                session.close()

    def take_over(self) -> None:
        """Put what was built anew in the place of what was searched until now."""
        with self._failing():
            name = str(self._collection.name)
            self._collection.modify(name=name.removesuffix(_BUILDING))
            for other in self._generations().values():
                if other.name != name.removesuffix(_BUILDING):
                    self._client.delete_collection(other.name)
        self._collection = _Current(self._open, self._failing)

    def clear(self) -> None:
        """All vectors out."""
        with self._failing():
            name = str(self._collection.name)
            self._client.delete_collection(name)
            self._create(name)
        self._collection.find()

    def followed(self) -> Followed | None:
        """How far the vectors have followed; None for a store that is new."""
        held = self._collection.find().metadata or {}
        library, sequence = held.get("library"), held.get("sequence")
        return Followed(library, sequence) if isinstance(library, str) and isinstance(sequence, int) else None

    def note(self, followed: Followed) -> None:
        """Remember how far the vectors have followed."""
        self._collection.modify(metadata={**self._model, "library": followed.library, "sequence": followed.sequence})

    def _load(self, dimension: int) -> None:
        """Have Chroma read its graph now, while the model is loaded, and not when the first question waits for it. What
        goes wrong will go wrong again there, where somebody hears of it."""
        with contextlib.suppress(Exception):
            self.nearest(np.ones(dimension, dtype=np.float32), 1)

    def count(self) -> int:
        """Entries in the store."""
        return int(self._collection.count())

    def add(self, document_id: str, ids: Sequence[str], vectors: Vectors) -> None:
        """Vectors of a document in; those of the same ids are replaced, others of it stay."""
        for at in range(0, len(ids), _BATCH):
            part = slice(at, at + _BATCH)
            self._collection.upsert(
                ids=list(ids[part]),
                embeddings=vectors[part],
                metadatas=[{"document_id": document_id}] * len(ids[part]),
            )

    def remove(self, *document_ids: str) -> None:
        """The vectors of documents out; one that has none is no error. Chroma looks through all that it holds each
        time, so several are best named together."""
        if document_ids:
            where: dict[str, Any] = {"document_id": {"$in": list(document_ids)}}
            self._collection.delete(where=where)

    def nearest(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """(chunk id, cosine) of the `k` nearest entries, best first."""
        if k < 1:
            return []
        found = self._collection.query(
            query_embeddings=np.asarray([vector], dtype=np.float32), n_results=k, include=["distances"]
        )
        (ids,), distances = found["ids"], found["distances"]
        near = distances[0] if distances else ()
        return [(chunk_of(entry_id), 1.0 - float(d)) for entry_id, d in zip(ids, near, strict=True)]

    def cosines(self, vector: Vectors, entry_ids: Sequence[str]) -> dict[str, float]:
        """The exact cosine of each of these entries that the store holds: what passes a filter is scored so, which is
        faster than to have Chroma filter."""
        if not entry_ids:
            return {}
        found = self._collection.get(ids=list(dict.fromkeys(entry_ids)), include=["embeddings"])
        if not found["ids"]:
            return {}
        rows = np.asarray(found["embeddings"], dtype=np.float32)
        lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(vector)
        near = rows @ vector / np.maximum(lengths, np.float32(1e-12))
        return dict(zip(found["ids"], map(float, near), strict=True))


class _Current:
    """The collection in use: looked up again when another process has put a new one in its place."""

    def __init__(self, find: Callable[[], Collection], failing: Callable[[], Any]) -> None:
        self._find = find
        self._failing = failing
        self._held = self.find()

    def find(self) -> Collection:
        with self._failing():
            self._held = self._find()
        return self._held

    def __getattr__(self, name: str) -> Any:
        held = getattr(self._held, name)
        if not callable(held):
            return held

        def call(*given: Any, **named: Any) -> Any:
            from chromadb.errors import NotFoundError

            with self._failing():
                try:
                    return getattr(self._held, name)(*given, **named)
                except NotFoundError:
                    return getattr(self.find(), name)(*given, **named)

        return call


def _shown(url: str) -> str:
    """The server's address without what may be secret in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
