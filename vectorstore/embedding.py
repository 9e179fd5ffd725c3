"""Text to vectors: the `Embedder` protocol, and the door of sentence-transformers.

Importing this file is instant. The library, which takes seconds to import, and the model are loaded when the first
vector is asked for. How the shipped model was made stands in `training.py` and in the model's README.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

SHIPPED_MODEL: Path = Path(__file__).parent / "model"

_IDENTITY = "cchc.json"  # beside a model of ours: {"name": …, "dimension": …}, so that its name survives a move
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


class ModelUnavailable(Exception):
    """A model could not be loaded. The message names the model and what to do next."""


class Embedder(Protocol):
    """What turns texts into vectors of length one, so that a dot product is their cosine similarity.

    A text without a letter or digit may get the zero vector, which is similar to nothing.
    """

    @property
    def name(self) -> str:
        """The model's identity. A store that was filled with one model cannot be searched with another."""
        ...

    @property
    def dimension(self) -> int: ...

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row for each text."""
        ...

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question."""
        ...


class SentenceTransformerEmbedder:
    """A sentence-transformers model, from a local folder or from the Hugging Face hub.

    A folder is read with the hub switched off for this process. Code that comes with a model is never run.
    A prefix that is not given is the model's own, if it has one.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        revision: str | None = None,
        query_prefix: str | None = None,
        passage_prefix: str | None = None,
        device: str = "cpu",
        batch_size: int = 64,
    ) -> None:
        self._source = str(model)
        self._folder = _local_folder(model)
        self._revision = revision
        self._query_prefix = query_prefix
        self._passage_prefix = passage_prefix
        self._device = device
        self._batch_size = batch_size
        self._identity = _read_identity(self._folder) if self._folder else {}
        self._loaded: SentenceTransformer | None = None
        self._loading = threading.Lock()

    @property
    def name(self) -> str:
        given = self._identity.get("name")
        if isinstance(given, str):
            return given
        plain = str(self._folder.resolve()) if self._folder else self._source
        return f"{plain}@{self._revision}" if self._revision else plain

    @property
    def dimension(self) -> int:
        given = self._identity.get("dimension")
        if isinstance(given, int):
            return given
        known = self._model().get_embedding_dimension()
        return known if known is not None else int(self.embed_query("a").shape[0])

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        vectors = self._model().encode_document(
            list(texts),
            prompt=self._passage_prefix,
            batch_size=self._batch_size,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return _unit(vectors)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vectors = self._model().encode_query(
            [text], prompt=self._query_prefix, show_progress_bar=False, convert_to_numpy=True
        )
        first: NDArray[np.float32] = _unit(vectors)[0]
        return first

    def _model(self) -> SentenceTransformer:
        with self._loading:
            if self._loaded is None:
                self._loaded = _swift(self._load())
            return self._loaded

    def _load(self) -> SentenceTransformer:
        if self._folder:
            os.environ.update(_OFFLINE)
        try:
            from safetensors import SafetensorError
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise ModelUnavailable(
                f"Mô hình «{self._source}» cần sentence-transformers mà không nạp được ({error}); "
                "hãy cài lại chương trình cùng các thư viện của nó."
            ) from error

        def load(here: bool) -> SentenceTransformer:
            return SentenceTransformer(
                str(self._folder or self._source),
                device=self._device,
                revision=self._revision,
                local_files_only=here,
                trust_remote_code=False,
            )

        expected = (OSError, ValueError, RuntimeError, KeyError, ImportError, SafetensorError)
        try:
            try:
                model = load(here=True)  # a model that was downloaded once needs no network
            except OSError:
                if self._folder:
                    raise
                model = load(here=False)
        except expected as error:
            step = (
                "hãy chỉ một thư mục có đủ mô hình sentence-transformers (modules.json và các trọng số)."
                if self._folder
                else "hãy kiểm tra tên và kết nối tới huggingface.co, hoặc tải mô hình về và chỉ thư mục của nó."
            )
            raise ModelUnavailable(
                f"Không nạp được mô hình «{self._source}» ({type(error).__name__}: {_first_line(error)}); {step}"
            ) from error
        return model.float() if self._device == "cpu" else model  # processors are slow at half precision


def load_embedder(name: str | None = None) -> Embedder:
    """The embedder for a hub name or a folder; the shipped model for None."""
    return SentenceTransformerEmbedder(SHIPPED_MODEL if name is None else name)


def _local_folder(model: str | Path) -> Path | None:
    """The folder that is meant, or None for a name on the hub ("owner/name")."""
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    if isinstance(model, Path) or path.is_absolute() or model.startswith((".", "~")) or len(path.parts) > 2:
        raise ModelUnavailable(
            f"Không thấy thư mục mô hình «{model}»; "
            + (
                "bản cài thiếu tệp, hãy cài lại chương trình."
                if path == SHIPPED_MODEL
                else "hãy chỉ thư mục của một mô hình sentence-transformers, hoặc một tên trên huggingface.co."
            )
        )
    return None


def _read_identity(folder: Path) -> dict[str, Any]:
    path = folder / _IDENTITY
    if not path.is_file():
        return {}
    read = json.loads(path.read_text(encoding="utf-8"))
    return read if isinstance(read, dict) else {}


class _Swift:
    """A tokenizer that does not keep where its pieces stand: nobody asks for that here, and it takes a fifth of all the
    time of embedding."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def encode_batch(self, texts: Sequence[str], **options: Any) -> Any:
        return self._tokenizer.encode_batch_fast(texts, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tokenizer, name)


def _swift(model: SentenceTransformer) -> SentenceTransformer:
    first: Any = model[0]
    if type(first).__name__ == "StaticEmbedding":
        first.tokenizer = _Swift(first.tokenizer)
    return model


def _unit(vectors: Any) -> NDArray[np.float32]:
    rows: NDArray[np.float32] = np.ascontiguousarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float32] = rows / np.maximum(lengths, np.float32(1e-12))
    return unit


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "no message")
