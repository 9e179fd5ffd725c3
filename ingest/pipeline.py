"""All of ingestion: a file to a document and its chunks, into the library, then into both indexes.

The library is written first, in one transaction a document; vectors and words follow (`vectorstore/following.py`). What
a kill or an older version leaves undone is brought into agreement by `Pipeline.settle` at the next start.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal, Protocol

from ingest import readers
from ingest.readers import Unreadable, archive
from ingest.readers.forms import shown_name
from ingest.reading import READING, File, Read, fault, read_all, with_ledger
from vectorstore import library, versions
from vectorstore.embedding import Embedder
from vectorstore.following import follow_vectors, follow_words
from vectorstore.lexical import Lexical
from vectorstore.library import Library
from vectorstore.quantities import figures
from vectorstore.records import Document
from vectorstore.store import Store

SAMPLES = Path(__file__).parent / "samples"
"""The sample library: our own digests, labelled as such."""

log = logging.getLogger("cchc.ingest")

_BATCH = 5_000
"""Chunks that are taken in before the indexes follow, so that a kill loses little."""

Status = Literal["added", "replaced", "unchanged", "copy", "superseded", "pruned", "refused"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. `reason` says why it was refused or passed over, or what is to be known of the reading;
    `counts` is what was read."""

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
    """Takes files into a library and documents out of it, one call at a time. Safe to share between threads."""

    def __init__(self, library: Library, indexes: Indexes) -> None:
        self._library = library
        self._indexes = indexes
        self._writing = threading.RLock()

    def ingest(
        self,
        paths: Sequence[Path],
        *,
        samples: bool = False,
        prune: bool = False,
        origin: str | None = None,
        processes: int = 1,
        on_outcome: OnOutcome | None = None,
    ) -> list[Outcome]:
        """Take in files, folders with all files below them, and ZIP archives with all files in them. A file that
        can't be read is refused; the rest goes on. `prune` takes out what the library has from these folders and
        archives and they no longer hold; an empty folder prunes nothing. `origin` stands for the folder of files that
        only pass through where they lie. With several `processes`, files are read in parallel where that pays."""
        with self._writing:
            return self._ingest(paths, samples, prune, origin, processes, on_outcome)

    def _ingest(
        self,
        paths: Sequence[Path],
        samples: bool,
        prune: bool,
        origin: str | None,
        processes: int,
        on_outcome: OnOutcome | None,
    ) -> list[Outcome]:
        outcomes: list[Outcome] = []
        with ExitStack() as opened:
            files = list(_files(paths, opened, origin))

            def told(outcome: Outcome) -> None:
                outcomes.append(outcome)
                if on_outcome:
                    on_outcome(outcome, len(outcomes), max(len(files), len(outcomes)))

            waiting = 0
            for read in read_all(files, self._is_new, processes):
                started = time.perf_counter()
                outcome = self._take(read, samples)
                told(replace(outcome, seconds=read.seconds + time.perf_counter() - started))
                waiting += outcome.counts.get("chunks", 0) if outcome.status in ("added", "replaced") else 0
                if waiting > _BATCH:
                    self.settle()
                    waiting = 0
            if prune:
                for outcome in self._prune(paths, files):
                    told(outcome)
        self.settle()
        return outcomes

    def forget(self, document_id: str) -> bool:
        """Take a document out; False when the library does not hold it."""
        with self._writing:
            if self._library.head(document_id) is None:
                return False
            self._library.remove([document_id])
            self.settle()
            return True

    def forget_samples(self) -> int:
        """Take the sample documents out; how many there were."""
        with self._writing:
            samples = self._library.samples()
            if samples:
                self._library.remove(samples)
                self.settle()
            return len(samples)

    def settle(self, wait: float = math.inf) -> None:
        """Bring ledgers, vectors and words into agreement with the library. What another process is still writing after
        `wait` seconds is left to it."""
        with self._writing:
            if self._library.sequence():  # an empty library has nothing to open an index for
                self.fill_ledgers(wait)
                follow_vectors(self._library, self._indexes.store, self._indexes.embedder, wait)
                follow_words(self._library, self._indexes.lexical)

    def fill_ledgers(self, wait: float = math.inf) -> None:
        """Find figures and findings anew where an older version left them, or none; no file and no index is opened."""
        if not self._library.read_before(READING):
            return
        with self._library.alone("ledgers", wait) as mine:
            for change in self._library.read_before(READING) if mine else ():
                document = self._library.document(change.document_id)
                if document is not None:
                    self._library.put_ledger(_read_again(document), READING, change.sequence)

    def _is_new(self, file: File, sha256: str) -> bool:
        """Whether a file has to be read: the library holds its content nowhere."""
        return self._library.of_content(sha256) is None

    def _take(self, read: Read, sample: bool) -> Outcome:
        source = read.file.source
        if read.refused is not None:
            return Outcome(source, None, "refused", read.refused)
        document_id, known = self._identify(read.file, read.sha256)
        if known == read.sha256:
            return self._unchanged(read, document_id)
        held = library.File(source, read.file.folder, read.sha256, read.content)
        former = document_id if known is not None else None
        if read.document is None:
            same = self._library.of_content(read.sha256)
            if same is None:  # it went away meanwhile
                return Outcome(source, None, "refused", fault(source))
            return self._take_copy(same, held, former)
        document = _named(read.document, document_id)
        alike = [d for d in self._library.sharing(versions.keys(document)) if d.document_id != document_id]
        if document.status == "digest" and any(_reports(d, document) for d in alike):
            return Outcome(
                source, None, "superseded", "Thư viện đã có bản gốc của văn bản này nên không nạp bản tóm lược."
            )
        originals = (d for d in alike if document.status != "digest" != d.status)
        one = next((d for d in originals if versions.is_same(d, document)), None)
        if one is not None and _quality(document) > _quality(one):
            return self._take_better(document, one, held, former, sample)
        if one is not None:
            return self._take_copy(one, held, former, document)
        self._replace(document, held, sample)
        became: Status = "replaced" if known else "added"
        return Outcome(source, document_id, became, " ".join(read.remarks) or None, 0.0, document.counts)

    def _unchanged(self, read: Read, document_id: str) -> Outcome:
        source = read.file.source
        head = self._library.head(document_id)
        if head is not None:
            self._drop_digests(head, self._library.sharing(versions.keys(head)))
        counts = self._library.counts(document_id) if head is not None and head.source == source else {}
        return Outcome(source, document_id, "unchanged", None, 0.0, counts)

    def _replace(self, document: Document, held: library.File, sample: bool) -> None:
        """Put a document in place of its older version. Copies of that one may be copies no longer: each is read
        again."""
        copies = self._library.copies(document.document_id)
        self._library.put(document, held.content, held.folder, sample=sample, reading=READING)
        self._drop_digests(document, self._library.sharing(versions.keys(document)))
        self._retake(copies)

    def _take_copy(
        self, same: Document, held: library.File, former: str | None, read: Document | None = None
    ) -> Outcome:
        """Another file of a document that is held is listed beside it. `former` is what the file was until now."""
        self._library.put_copy(same.document_id, held)
        self._let_go(former, same.document_id)
        reason = f"{_said_same(same)}.{_said_unlike(read, same) if read else ''}"
        return Outcome(held.source, same.document_id, "copy", reason)

    def _take_better(
        self, document: Document, same: Document, held: library.File, former: str | None, sample: bool
    ) -> Outcome:
        """Another file of a document that is held, which reads better, is quoted from now on; the id stays."""
        known = self._library.original(same.document_id)
        folder = self._library.folder_of(same.document_id)
        aside = library.File(same.source, folder, same.sha256, known[1] if known else b"")
        better = _named(document, same.document_id)
        self._library.put(better, held.content, held.folder, sample=sample, aside=aside, reading=READING)
        self._let_go(former, same.document_id)
        reason = f"{_said_same(same)}; tệp này đọc rõ hơn nên được dùng để trích dẫn.{_said_unlike(document, same)}"
        return Outcome(held.source, same.document_id, "copy", reason)

    def _let_go(self, former: str | None, now: str) -> None:
        """Remove the document that a file was, once it is a file of another."""
        if former is not None and former != now and self._library.head(former) is not None:
            copies = self._library.copies(former)
            self._library.remove([former])
            self._retake(copies)

    def _retake(self, copies: Iterable[library.File]) -> None:
        """Take in again files whose document changed or went away."""
        for copy in copies:
            self._library.remove_copy(copy.source, copy.folder)
        files = [File(copy.source, copy.folder, partial(_content, copy)) for copy in copies]
        for read in read_all(files):
            self._take(read, sample=False)

    def _prune(self, paths: Sequence[Path], files: Sequence[File]) -> Iterator[Outcome]:
        """Take out what the given folders and archives no longer hold."""
        there = {(file.source, file.folder) for file in files}
        # What an archive held stays while the archive is there, even if it can't be opened today.
        archives = tuple(
            os.path.join(file.folder, file.source) for file in files if file.source.lower().endswith(archive.SUFFIX)
        )
        for path in paths:
            folder = _place(path)
            if not any(_is_below(file.folder, folder) for file in files):
                continue  # an empty folder is more often a disk that is not there than a wish
            for source, where, document_id in self._library.files_below(folder):
                if (source, where) in there or any(_is_below(where, kept) for kept in archives):
                    continue
                self._remove_file(source, where, document_id)
                yield Outcome(source, document_id, "pruned", "Không còn trong thư mục nên đã bỏ khỏi thư viện.")

    def _remove_file(self, source: str, folder: str, document_id: str) -> None:
        if not self._is_first(source, folder, document_id):
            self._library.remove_copy(source, folder)
            return
        copies = self._library.copies(document_id)
        self._library.remove([document_id])
        self._retake(copies)

    def _drop_digests(self, document: Document, alike: Iterable[Document]) -> None:
        """An original takes the place of its digests."""
        digests = [d.document_id for d in alike if d.status == "digest" and versions.same_report(d, document)]
        if digests and document.status != "digest":
            self._library.remove(digests)

    def _is_first(self, source: str, folder: str, document_id: str) -> bool:
        """Whether a document's text is that of this file, not of a copy."""
        head = self._library.head(document_id)
        return head is not None and (head.source, self._library.folder_of(document_id)) == (source, folder)

    def _identify(self, file: File, sha256: str) -> tuple[str, str | None]:
        """The id of a file's document, and the hash of the version that the library holds. A copy that changed may be
        one no longer: it is seen as if for the first time."""
        known = self._library.same_file(file.source, file.folder)
        if known is not None and (known[1] == sha256 or self._is_first(file.source, file.folder, known[0])):
            return known
        stem = unicodedata.normalize("NFC", Path(file.source).stem)
        taken = self._library.head(stem)
        return (stem if taken is None else f"{stem}-{sha256[:8]}"), None


def _place(path: Path) -> str:
    """Where a file or folder really is; names may be any bytes."""
    return os.fsencode(os.path.realpath(path)).decode("utf-8", "backslashreplace")


def _is_below(folder: str, above: str) -> bool:
    return folder == above or folder.startswith(above.rstrip(os.sep) + os.sep)


def _named(document: Document, document_id: str) -> Document:
    """The document under another id."""
    if document.document_id == document_id:
        return document
    chunks = tuple(replace(chunk, document_id=document_id) for chunk in document.chunks)
    figures = tuple(replace(figure, document_id=document_id) for figure in document.figures)
    findings = tuple(
        replace(finding, evidence=tuple((chunks[chunk.ordinal], notes) for chunk, notes in finding.evidence))
        for finding in document.findings
    )
    return replace(document, document_id=document_id, chunks=chunks, figures=figures, findings=findings)


def _read_again(document: Document) -> Document:
    """A document that is held, with the ledger of today. One on which the program fails keeps what it has, so that it
    keeps no other from being opened."""
    try:
        return with_ledger(document)
    except Exception:
        log.exception("cannot find the figures of %s", document.document_id)
        return document


def _reports(original: Document, digest: Document) -> bool:
    return original.status != "digest" and versions.same_report(original, digest)


def _said_same(same: Document) -> str:
    return f"Cùng một văn bản với «{same.source}» nên được ghi là tệp khác của tài liệu {same.document_id}"


def _said_unlike(one: Document, other: Document) -> str:
    """Figures that only one of two files of a document has are worth a look."""
    unlike = sorted(figures(one.text) ^ figures(other.text), key=lambda figure: (len(figure), figure))
    if not unlike:
        return ""
    shown = ", ".join(unlike[:5]) + (", …" if unlike[5:] else "")
    return f" Có con số chỉ thấy ở một trong hai tệp ({shown}); hãy đối chiếu."


def _quality(document: Document) -> tuple[int, float]:
    """Which of two readings of one document is to be quoted: the fewer pages come from images, and the surer."""
    confidences = [confidence for _, confidence in document.recognised]
    return -len(confidences), sum(confidences) / len(confidences) if confidences else 100.0


def _content(copy: library.File) -> bytes:
    return copy.content


def _files(paths: Sequence[Path], opened: ExitStack, origin: str | None) -> Iterator[File]:
    for path in _paths(paths):
        source = shown_name(path.name)
        place = os.path.join(origin, source) if origin is not None else _place(path)
        if path.suffix.lower() == archive.SUFFIX and path.is_file():
            try:
                members = opened.enter_context(archive.Archive(path))
            except Unreadable as error:
                yield File(source, os.path.dirname(place), partial(_refuse, error))
                continue
            for name in members.names:
                inner = PurePosixPath(name)
                yield File(
                    shown_name(inner.name), str(PurePosixPath(place) / inner.parent), partial(members.load, name)
                )
        else:
            yield File(source, os.path.dirname(place), partial(readers.load, path))


def _refuse(error: Unreadable) -> bytes:
    raise error


def _paths(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        else:
            yield path
