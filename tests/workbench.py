"""Reports that we made up, read and ingested: what the tests of `ingest` and `vectorstore` share."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from hypothesis import settings
from numpy.typing import NDArray

from ingest import chunking, metadata, readers, structure
from ingest.pipeline import Pipeline
from ingest.reading import read_content, read_document
from vectorstore.lexical import Lexical
from vectorstore.library import Library
from vectorstore.records import Chunk, Document, Excerpt, Followed, entries, excerpt
from vectorstore.search import Searcher
from vectorstore.store import Store
from vectorstore.vietnamese import fold, tokens

DATA = Path(__file__).parent / "data"
"""Tiny reports of provinces, offices and figures that don't exist (the newsletter borrows the names of provinces)."""

YEARLY, PLAN, QUARTERLY, NEWS = "bao_cao_nam.txt", "ke_hoach.txt", "bao_cao_quy.txt", "diem_tin.txt"


Form = Literal["NFC", "NFD"]
"""How Vietnamese letters may be written: composed or decomposed."""


steady = settings(deadline=None, derandomize=True)
"""For properties: the same examples each time, however slow the machine."""


class FakeEmbedder:
    """Hashes words: texts are as near as they share words, whatever their accents."""

    def __init__(self, name: str = "fake-words", dimension: int = 64) -> None:
        self.name = name
        self.dimension = dimension

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([self.embed_query(text) for text in texts], dtype=np.float32).reshape(-1, self.dimension)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector = np.zeros(self.dimension, dtype=np.float32)
        for token in tokens(text):
            vector[zlib.crc32(fold(token).encode()) % self.dimension] += 1
        length = float(np.linalg.norm(vector))
        return vector / np.float32(length) if length else vector


class Shelf:
    """A library with both indexes in one folder, each opened when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.embedder = FakeEmbedder()

    @cached_property
    def library(self) -> Library:
        return Library(self.folder)

    @cached_property
    def store(self) -> Store:
        return Store(self.folder / "vectors", self.embedder.name, self.embedder.dimension)

    @cached_property
    def lexical(self) -> Lexical:
        return Lexical(self.folder / "words")

    @cached_property
    def pipeline(self) -> Pipeline:
        return Pipeline(self.library, self)

    @cached_property
    def searcher(self) -> Searcher:
        return Searcher(self.library, self.lexical, self.store, self.embedder)

    def is_settled(self) -> bool:
        """Whether both indexes have followed the library to its last change."""
        reached = Followed(self.library.library_id, self.library.sequence())
        return self.lexical.followed == self.store.followed() == reached

    def expected_entries(self) -> int:
        """How many entries each index holds if it agrees with the library."""
        ids = [document.document_id for document in self.library.documents()]
        return sum(len(entries(chunk)) for document_id in ids for chunk in self.library.chunks_of(document_id))


@contextmanager
def shelf(folder: Path) -> Iterator[Shelf]:
    """An opened shelf; its database is closed at the end."""
    opened = Shelf(folder)
    try:
        yield opened
    finally:
        opened.library.close()


def read(path: Path) -> Document:
    """A file as ingestion reads it."""
    content = readers.load(path)
    return read_content(path.name, content, hashlib.sha256(content).hexdigest())[0]


def document(text: str, document_id: str = "thu") -> Document:
    """A text as ingestion reads it."""
    sha256 = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return read_document(document_id, f"{document_id}.txt", readers.Decoded(text), sha256)


def chunks(text: str) -> list[Chunk]:
    """The chunks of a text that is all body, without head and foot."""
    nothing = Excerpt((), ())
    meta = metadata.Metadata(None, None, None, None, None, None, None, None, None, None, nothing, nothing, 0)
    return chunking.split("thu", text, meta, structure.find(text))[1]


def whole(text: str) -> Excerpt:
    return excerpt(text, [(0, len(text))])


def faults(document: Document) -> list[str]:
    """Every excerpt of a document that does not stand in its text as it says."""
    found = []
    bodies = [(f"chunk {c.ordinal}", c.body) for c in document.chunks]
    bodies += [(f"note {n.marker}", n.body) for n in document.footnotes]
    bodies += [(f"note {n.marker} of chunk {c.ordinal}", n.body) for c in document.chunks for n in c.footnotes]
    for name, body in bodies:
        if tuple(document.text[a:b] for a, b in body.spans) != body.pieces:
            found.append(f"{name}: {body}")
        ends = [at for span in body.spans for at in span]
        if not body or ends != sorted(ends):
            found.append(f"{name}: spans {body.spans}")
    return found
