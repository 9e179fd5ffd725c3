"""Vectors: the one door of Chroma (embedded, persistent). Texts stay in the library; here stand ids and vectors.

Chroma checks a vector's length, not which model made it; this store compares the model's name and refuses another.
"""

from __future__ import annotations

import contextlib
import os
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

_COLLECTION = "chunks"
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
    """The vectors of one data folder, all made by the model `model`."""

    def __init__(self, folder: Path, model: str, dimension: int) -> None:
        """Open or make the store.

        Raises:
            OtherModel: it was filled with a model of another name or dimension.
            StoreError: the folder can't be opened or written.
        """
        os.environ["ANONYMIZED_TELEMETRY"] = "False"
        import chromadb
        from chromadb.config import Settings
        from chromadb.errors import ChromaError

        self.folder = folder
        wanted = {"model": model, "dimension": dimension}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._client = chromadb.PersistentClient(str(folder), Settings(anonymized_telemetry=False))
            self._collection: Collection = self._client.get_or_create_collection(
                _COLLECTION,
                metadata=wanted,
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine", "ef_search": _SEARCHED}},
            )
            self._tune()
        except (OSError, ChromaError, ValueError, RuntimeError) as error:
            raise StoreError(
                f"Không mở được kho véc-tơ «{folder}»; hãy kiểm tra quyền ghi và dung lượng đĩa, hoặc xoá thư mục đó "
                "rồi nạp lại."
            ) from error
        found = self._collection.metadata or {}
        if found.get("model") != model or found.get("dimension") != dimension:
            raise OtherModel(
                f"Kho véc-tơ «{folder}» được tạo bằng mô hình «{found.get('model')}», còn cài đặt đang chọn «{model}»; "
                "hãy đặt lại CCHC_EMBEDDING_MODEL, hoặc dùng --data-dir khác rồi nạp lại tài liệu."
            )

        if (folder / _DATABASE).stat().st_size >= _LARGE:
            threading.Thread(target=self._load, args=(dimension,), name="vectors").start()

    def _tune(self) -> None:
        """A store that was made with another value, or before there was one, follows."""
        held = self._collection.configuration_json.get("hnsw") or {}
        if held.get("ef_search") != _SEARCHED:
            with warnings.catch_warnings():  # Chroma warns of embedding functions, of which there is none
                warnings.simplefilter("ignore", DeprecationWarning)
                self._collection.modify(configuration={"hnsw": {"ef_search": _SEARCHED}})

    def _load(self, dimension: int) -> None:
        """Have Chroma read its graph now, while the model is loaded, and not when the first question waits for it. What
        goes wrong will go wrong again there, where somebody hears of it."""
        with contextlib.suppress(Exception):
            self.nearest(np.ones(dimension, dtype=np.float32), 1)

    def count(self) -> int:
        """Entries in the store."""
        return int(self._collection.count())

    def replace(self, document_id: str, ids: Sequence[str], chunk_ids: Sequence[str], vectors: Vectors) -> None:
        """A document's old vectors out, the new in."""
        self.remove(document_id)
        self.add(document_id, ids, chunk_ids, vectors)

    def add(self, document_id: str, ids: Sequence[str], chunk_ids: Sequence[str], vectors: Vectors) -> None:
        """The vectors of a document of which there are none."""
        for at in range(0, len(ids), _BATCH):
            part = slice(at, at + _BATCH)
            self._collection.upsert(
                ids=list(ids[part]),
                embeddings=vectors[part],
                metadatas=[{"document_id": document_id, "chunk_id": chunk_id} for chunk_id in chunk_ids[part]],
            )

    def remove(self, *document_ids: str) -> None:
        """The vectors of documents out; one that has none is no error. Chroma looks through all that it holds each
        time, so several are best named together."""
        if document_ids:
            where: dict[str, Any] = {"document_id": {"$in": list(document_ids)}}
            self._collection.delete(where=where)

    def nearest(self, vector: Vectors, k: int, among: Sequence[str] | None = None) -> list[tuple[str, float]]:
        """(chunk id, cosine) of the `k` nearest entries, best first; `among` restricts to documents' ids."""
        if k < 1:
            return []
        where: dict[str, Any] | None = {"document_id": {"$in": list(among)}} if among is not None else None
        found = self._collection.query(
            query_embeddings=np.asarray([vector], dtype=np.float32),
            n_results=k,
            where=where,
            include=["distances", "metadatas"],
        )
        metadatas, distances = found["metadatas"], found["distances"]
        if not metadatas or not distances:
            return []
        return [(str(m["chunk_id"]), 1.0 - float(d)) for m, d in zip(metadatas[0], distances[0], strict=True)]

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
