"""A second look at what was found: question and passage read together by a cross-encoder, where one is set.

It is slow (a few dozen passages take a processor hundreds of milliseconds), so it sees the best passages only.
A door of sentence-transformers beside `embedding.py`, because it is another kind of model with another task.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from vectorstore.embedding import load_from, local_folder

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


class Reranker(Protocol):
    """What says how well each text answers a query."""

    @property
    def name(self) -> str: ...

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """One number for each text, the better the higher; numbers of different queries don't compare."""
        ...


class CrossEncoderReranker:
    """A cross-encoder of sentence-transformers with one output, from a local folder or from the Hugging Face hub. Code
    that comes with a model is never run. Safe to share between threads."""

    def __init__(self, model: str | Path, device: str = "cpu", batch_size: int = 32) -> None:
        self._source = str(model)
        self._folder = local_folder(model)
        self._device = device
        self._batch_size = batch_size
        self._loaded: CrossEncoder | None = None
        self._loading = threading.Lock()

    @property
    def name(self) -> str:
        return self._folder.resolve().name if self._folder else self._source

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.zeros(0, dtype=np.float32)
        found = self._model().predict(
            [(query, text) for text in texts],
            batch_size=self._batch_size,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return np.asarray(found, dtype=np.float32)

    def _model(self) -> CrossEncoder:
        with self._loading:
            if self._loaded is None:
                self._loaded = load_from(self._source, self._folder, self._device, self._load)
            return self._loaded

    def _load(self, here: bool) -> CrossEncoder:
        from sentence_transformers import CrossEncoder

        model: CrossEncoder = CrossEncoder(
            str(self._folder or self._source), device=self._device, local_files_only=here, trust_remote_code=False
        )
        if model.num_labels != 1:
            raise ValueError(f"it has {model.num_labels} outputs, a re-ranker has one")
        return model


def load_reranker(name: str, device: str = "cpu") -> Reranker:
    """The re-ranker for a hub name or a folder."""
    return CrossEncoderReranker(name, device)
