"""All of ingestion: a file to a document and its chunks, into the library, then into both indexes.

The library is written first, in one transaction a document; vectors and words follow. What a kill leaves undone is
marked in the library and brought into agreement by `Pipeline.settle` at the next start.
"""

from __future__ import annotations

import logging
import os
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal, Protocol

from ingest import chunking, metadata, readers, structure
from ingest.readers import Decoded, Source, Unreadable, archive
from ingest.readers.forms import shown_name
from vectorstore.embedding import Embedder
from vectorstore.lexical import Lexical
from vectorstore.library import Library
from vectorstore.records import Document, entries
from vectorstore.store import Store
from vectorstore.vietnamese import fold

log = logging.getLogger("cchc.ingest")

SAMPLES = Path(__file__).parent / "samples"
"""The sample library: our own digests, labelled as such."""

Status = Literal["added", "replaced", "unchanged", "superseded", "refused"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. `reason` says why it was refused or passed over; `counts` is what was read."""

    source: str
    document_id: str | None
    status: Status
    reason: str | None = None
    seconds: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)


OnOutcome = Callable[[Outcome, int, int], None]


class Indexes(Protocol):
    """The derived indexes, opened only when something has to be written to them."""

    @property
    def store(self) -> Store: ...
    @property
    def lexical(self) -> Lexical: ...
    @property
    def embedder(self) -> Embedder: ...


class Pipeline:
    """Takes files into a library and documents out of it."""

    def __init__(self, library: Library, indexes: Indexes) -> None:
        self._library = library
        self._indexes = indexes

    def ingest(
        self, paths: Sequence[Path], *, samples: bool = False, on_outcome: OnOutcome | None = None
    ) -> list[Outcome]:
        """Take in files, folders with all files below them, and ZIP archives with all files in them. A file that
        can't be read is refused; the rest goes on."""
        outcomes: list[Outcome] = []
        with ExitStack() as opened:
            files = list(_files(paths, opened))
            for file in files:
                started = time.perf_counter()
                outcome = self._take(file, samples)
                outcomes.append(replace(outcome, seconds=time.perf_counter() - started))
                if on_outcome:
                    on_outcome(outcomes[-1], len(outcomes), len(files))
        self.settle()
        return outcomes

    def forget(self, document_id: str) -> bool:
        """Take a document out; False when the library does not hold it."""
        if self._library.head(document_id) is None:
            return False
        self._library.remove([document_id])
        self.settle()
        return True

    def forget_samples(self) -> int:
        """Take the sample documents out; how many there were."""
        samples = self._library.samples()
        if samples:
            self._library.remove(samples)
            self.settle()
        return len(samples)

    def settle(self) -> None:
        """Bring vectors and words into agreement with the library."""
        put, removed = self._library.unindexed()
        if not put and not removed:
            return
        for document_id in removed:
            self._indexes.store.remove(document_id)
        batch = [
            (document_id, [e for c in self._library.chunks_of(document_id) for e in entries(c)]) for document_id in put
        ]
        for document_id, items in batch:
            vectors = self._indexes.embedder.embed_passages([f"{e.context}\n{e.text}" for e in items])
            self._indexes.store.replace(document_id, [e.entry_id for e in items], [e.chunk_id for e in items], vectors)
        self._indexes.lexical.replace([*((document_id, ()) for document_id in removed), *batch])
        self._library.mark_indexed(put, removed)

    def _take(self, given: _File, sample: bool) -> Outcome:
        source, folder = given.source, given.folder
        try:
            file = given.read()
        except Unreadable as error:
            return Outcome(source, None, "refused", str(error))
        except Exception:  # no file, however odd, keeps the others out
            log.exception("cannot read %s", source)
            return Outcome(source, None, "refused", _fault(source))
        document_id, known = self._identify(source, folder, file.sha256)
        if known is not None and known.sha256 == file.sha256:
            self._drop_digests(known)
            return Outcome(source, document_id, "unchanged", None, 0.0, self._library.counts(document_id))
        try:
            document = read_document(document_id, source, file.decoded, file.sha256)
        except Exception:
            log.exception("cannot read the structure of %s", source)
            return Outcome(source, None, "refused", _fault(source))
        if document.status == "digest" and any(d.status != "digest" for d in self._same(document)):
            return Outcome(
                source, None, "superseded", "Thư viện đã có bản gốc của văn bản này nên không nạp bản tóm lược."
            )
        self._library.put(document, file.content, folder, sample=sample)
        self._drop_digests(document)
        became: Status = "replaced" if known else "added"
        return Outcome(source, document_id, became, " ".join(file.decoded.remarks) or None, 0.0, document.counts)

    def _same(self, document: Document) -> list[Document]:
        """The other documents that are the same report."""
        others = (d for d in self._library.documents() if d.document_id != document.document_id)
        return [d for d in others if same_report(d, document)]

    def _drop_digests(self, document: Document) -> None:
        """An original takes the place of its digests."""
        digests = [d.document_id for d in self._same(document) if d.status == "digest"]
        if digests and document.status != "digest":
            self._library.remove(digests)

    def _identify(self, source: str, folder: str, sha256: str) -> tuple[str, Document | None]:
        """The id of a file's document, and that document if the library holds it."""
        known = self._library.same_file(source, folder)
        if known is not None:
            return known, self._library.head(known)
        stem = unicodedata.normalize("NFC", Path(source).stem)
        taken = self._library.head(stem)
        if taken is None:
            return stem, None
        if taken.sha256 == sha256:
            return stem, taken
        return f"{stem}-{sha256[:8]}", self._library.head(f"{stem}-{sha256[:8]}")


def _fault(source: str) -> str:
    return f"Gặp lỗi của chương trình khi đọc «{source}»; hãy báo lại cùng tệp này, các tệp khác vẫn được nạp."


def read_document(document_id: str, source: str, decoded: Decoded, sha256: str) -> Document:
    """A text to a document with its sections, footnotes and chunks."""
    text = decoded.text
    meta = metadata.find(text)
    found = structure.find(text, meta.body_start)
    sections, chunks = chunking.split(document_id, text, meta, found, decoded.pages)
    return Document(
        document_id,
        source,
        sha256,
        text,
        meta.number,
        meta.type,
        meta.title,
        meta.issuer,
        meta.place,
        meta.issued_on,
        meta.period,
        meta.signer,
        meta.signer_title,
        "digest" if meta.digest_of is not None else "current",
        meta.digest_of,
        (),
        tuple(sections),
        found.footnotes,
        tuple(chunks),
        datetime.now(UTC).isoformat(timespec="seconds"),
    )


def same_report(one: Document, other: Document) -> bool:
    """Whether two documents are one report: same number, issuer and date; where the number is blank, same issuer, type,
    period and title."""
    if one.issuer != other.issuer:
        return False
    if one.number and other.number and not one.number_is_blank and not other.number_is_blank:
        return fold(one.number) == fold(other.number) and one.issued_on == other.issued_on
    if bool(one.number) != bool(other.number) or one.number_is_blank != other.number_is_blank:
        return False
    return (one.type, one.period, fold(one.title or "")) == (other.type, other.period, fold(other.title or ""))


@dataclass(frozen=True, slots=True)
class _File:
    """A file, or a member of an archive: its name, the folder that tells it from others of that name, and its text."""

    source: str
    folder: str
    read: Callable[[], Source]


def _files(paths: Sequence[Path], opened: ExitStack) -> Iterator[_File]:
    for path in _paths(paths):
        source = shown_name(path.name)
        place = os.fsencode(os.path.realpath(path)).decode("utf-8", "backslashreplace")  # names may be any bytes
        if path.suffix.lower() == archive.SUFFIX and path.is_file():
            try:
                members = opened.enter_context(archive.Archive(path))
            except Unreadable as error:
                yield _File(source, os.path.dirname(place), partial(_refuse, error))
                continue
            for name in members.names:
                inner = PurePosixPath(name)
                yield _File(inner.name, str(PurePosixPath(place) / inner.parent), partial(members.read, name))
        else:
            yield _File(source, os.path.dirname(place), partial(readers.read, path))


def _refuse(error: Unreadable) -> Source:
    raise error


def _paths(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        else:
            yield path
