"""Text to vectors: the `Embedder` protocol, and the door of sentence-transformers.

Importing this file is instant. The library, which takes seconds to import, and the model are loaded when the first
vector is asked for. How the shipped model was made stands in `training.py` and in the model's README.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from vectorstore.vietnamese import read_table

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

    A folder is read with the hub switched off for this process, unless `offline` is false because another model of the
    program comes from the hub. Code that comes with a model is never run. A prefix that is not given is the one that
    `data/models.tsv` knows, or else the model's own, if it has one.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        revision: str | None = None,
        query_prefix: str | None = None,
        passage_prefix: str | None = None,
        device: str = "cpu",
        offline: bool = True,
        batch_size: int = 64,
    ) -> None:
        self._source = str(model)
        self._folder = local_folder(model)
        self._revision = revision
        known = known_model(self._source)
        self._query_prefix = query_prefix if query_prefix is not None else known.query_prefix
        self._passage_prefix = passage_prefix if passage_prefix is not None else known.passage_prefix
        self._device = device
        self._offline = offline
        self._batch_size = batch_size
        self._identity = _read_identity(self._folder) if self._folder else {}
        self._loaded: SentenceTransformer | None = None
        self._loading = threading.Lock()

    @cached_property
    def name(self) -> str:
        """The model, its revision, and what is put before texts. A folder is known by its content, wherever it lies."""
        prefixes = {"query": self._query_prefix, "passage": self._passage_prefix}
        told = {side: json.dumps(prefix, ensure_ascii=False) for side, prefix in prefixes.items() if prefix}
        said = ", ".join(f"{side}: {prefix}" for side, prefix in told.items())
        return f"{self._plain_name()} ({said})" if said else self._plain_name()

    def _plain_name(self) -> str:
        given = self._identity.get("name")
        if isinstance(given, str):
            return given
        if self._folder:
            return f"{self._folder.resolve().name}@{_fingerprint(self._folder)}"
        return f"{self._source}@{self._revision or self._downloaded()}"

    def _downloaded(self) -> str:
        """The revision of the hub's model that was loaded: its main branch may move on."""
        from huggingface_hub import try_to_load_from_cache

        self._model()
        found = try_to_load_from_cache(self._source, "modules.json")
        return Path(found).parent.name if isinstance(found, str) else "main"

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
        if self._folder and self._offline:
            os.environ.update(_OFFLINE)

        def load(here: bool) -> SentenceTransformer:
            from sentence_transformers import SentenceTransformer

            return SentenceTransformer(
                str(self._folder or self._source),
                device=self._device,
                revision=self._revision,
                local_files_only=here,
                trust_remote_code=False,
            )

        model = load_from(self._source, self._folder, self._device, load)
        return model.float() if self._device == "cpu" else model  # processors are slow at half precision


def load_embedder(
    name: str | None = None,
    *,
    revision: str | None = None,
    query_prefix: str | None = None,
    passage_prefix: str | None = None,
    device: str = "cpu",
    offline: bool = True,
) -> Embedder:
    """The embedder for a hub name or a folder; the shipped model for None."""
    return SentenceTransformerEmbedder(
        SHIPPED_MODEL if name is None else name,
        revision=None if name is None else revision,
        query_prefix=query_prefix,
        passage_prefix=passage_prefix,
        device=device,
        offline=offline,
    )


@dataclass(frozen=True, slots=True)
class KnownModel:
    """What is known of a model by its name, above all what it wants put before texts."""

    query_prefix: str | None = None
    passage_prefix: str | None = None
    segmented: bool = False
    """Whether it learnt words whose syllables are joined by "_", which we do not give it."""


def known_model(name: str) -> KnownModel:
    """What `data/models.tsv` says of a hub name or folder."""
    for pattern, query, passage, *marks in read_table("models.tsv"):
        if fnmatchcase(name.lower(), pattern):
            return KnownModel(json.loads(query), json.loads(passage), "segmented" in marks)
    return KnownModel()


T = TypeVar("T")


def load_from(source: str, folder: Path | None, device: str, load: Callable[[bool], T]) -> T:
    """A model from its folder or the hub. `load` is told whether to stay on this machine; a model that was downloaded
    once needs no network.

    Raises:
        ModelUnavailable: it can't be loaded.
    """
    try:
        import sentence_transformers  # noqa: F401  (that it is missing is another sentence)
        from safetensors import SafetensorError
    except ImportError as error:
        raise ModelUnavailable(
            f"Mô hình «{source}» cần sentence-transformers mà không nạp được ({error}); "
            "hãy cài lại chương trình cùng các thư viện của nó."
        ) from error
    # torch says AssertionError where it was built without the device
    expected = (OSError, ValueError, RuntimeError, KeyError, ImportError, AssertionError, SafetensorError)
    try:
        try:
            return load(True)
        except OSError:
            if folder:
                raise
            return load(False)
    except expected as error:
        if device != "cpu":
            step = f"nếu máy không có thiết bị «{device}», hãy bỏ CCHC_EMBEDDING_DEVICE."
        elif folder:
            step = "hãy chỉ một thư mục có đủ mô hình sentence-transformers (modules.json và các trọng số)."
        else:
            step = "hãy kiểm tra tên và kết nối tới huggingface.co, hoặc tải mô hình về và chỉ thư mục của nó."
        raise ModelUnavailable(
            f"Không nạp được mô hình «{source}» ({type(error).__name__}: {_first_line(error)}); {step}"
        ) from error


def is_on_hub(model: str | None) -> bool:
    """Whether a model has to come from the hub, or was downloaded from there."""
    return model is not None and local_folder(model) is None


def local_folder(model: str | Path) -> Path | None:
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


_ENDS = 2**16  # bytes at either end of a file that its fingerprint looks at: weights are large
_PARTS = (".json", ".safetensors", ".bin", ".model", ".txt")  # of what a model is made; its README may change


def _fingerprint(folder: Path) -> str:
    """Tells the models that a folder held at different times apart, without reading weights whole."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in _PARTS and p.is_file()):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder).as_posix()}\0{size}\0".encode())
        with path.open("rb") as file:
            digest.update(file.read(_ENDS))
            file.seek(max(0, size - _ENDS))
            digest.update(file.read(_ENDS))
    return digest.hexdigest()[:12]


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
