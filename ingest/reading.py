"""Files become documents, several at a time in processes of their own where that pays.

What a file holds is decided here and in the readers; which document of the library it is, in `pipeline`.
"""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePath

from ingest import chunking, figures, metadata, readers, structure
from ingest.readers import Decoded, Unreadable
from vectorstore import audit, versions
from vectorstore.records import Document

log = logging.getLogger("cchc.ingest")

READING = 3
"""The version of `with_ledger`. Raise it when figures or findings are found otherwise than before: libraries that are
there find them anew, from the passages that they hold."""

_START = 2.0  # seconds of a process until it reads: below that, more processes do not pay
_BYTES_A_SECOND = 300_000
_SECONDS_A_PICTURE = 2.0
_PLAIN = {".txt", ".md", ".html", ".htm", ".csv"}


@dataclass(frozen=True, slots=True)
class File:
    """A file, or a member of an archive: its name, the folder that tells it from others of that name, and how to get
    its bytes (`Unreadable` where they can't be had)."""

    source: str
    folder: str
    load: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Read:
    """What was read from a file: the document and what has to be said to who ingests, or why it was refused; neither
    where nobody wanted it read. `seconds` is the time it took."""

    file: File
    content: bytes = b""
    sha256: str = ""
    document: Document | None = None
    remarks: tuple[str, ...] = ()
    refused: str | None = None
    seconds: float = 0.0


def read_all(
    files: Iterable[File], wanted: Callable[[File, str], bool] = lambda file, sha256: True, processes: int = 1
) -> Iterator[Read]:
    """Read files in their order. `wanted` is asked with each file's hash, before anything is decoded."""
    with ExitStack() as opened:
        pool = _Pool(processes, opened)
        waiting: deque[tuple[Read, Future[_Result] | None]] = deque()
        for file in files:
            waiting.append(_begin(file, wanted, pool))
            while len(waiting) > pool.ahead:
                yield _end(*waiting.popleft(), pool)
        while waiting:
            yield _end(*waiting.popleft(), pool)


def read_content(source: str, content: bytes, sha256: str) -> tuple[Document, tuple[str, ...]]:
    """The document in a file's bytes, under the stem of its name, and what has to be said of the reading.

    Raises:
        Unreadable: as `readers.decode`.
    """
    decoded = readers.decode(content, source)
    return with_ledger(read_document(PurePath(source).stem, source, decoded, sha256)), decoded.remarks


def with_ledger(document: Document) -> Document:
    """A document with the figures that its passages state, what disagrees in them, what gives orders to machines."""
    findings = (*audit.of_document(document.chunks, document.issued_on), *audit.instructions(document))
    return replace(document, figures=figures.find(document), findings=findings)


def read_document(document_id: str, source: str, decoded: Decoded, sha256: str) -> Document:
    """A text to a document with its sections, footnotes and chunks."""
    text = decoded.text
    meta = metadata.find(text)
    found = structure.find(text, meta.body_start)
    sections, chunks = chunking.split(document_id, text, meta, found, decoded.pages)
    return Document(
        document_id=document_id,
        source=source,
        sha256=sha256,
        text=text,
        number=meta.number,
        type=meta.type,
        title=meta.title,
        issuer=meta.issuer,
        place=meta.place,
        issued_on=meta.issued_on,
        period=meta.period,
        signer=meta.signer,
        signer_title=meta.signer_title,
        status="digest" if meta.digest_of is not None else "current",
        digest_of=meta.digest_of,
        sections=tuple(sections),
        footnotes=found.footnotes,
        replaces=versions.replaced(chunk.text for chunk in chunks),
        recognised=decoded.recognised,
        doubtful=decoded.doubtful,
        chunks=tuple(chunks),
        ingested_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


_Result = tuple[Document | None, tuple[str, ...], str | None, float]


def _work(source: str, content: bytes, sha256: str) -> _Result:
    """One file, here or in another process. No file, however odd, keeps the others out."""
    started = time.perf_counter()
    try:
        document, remarks = read_content(source, content, sha256)
    except Unreadable as error:
        return None, (), str(error), time.perf_counter() - started
    except Exception:
        log.exception("cannot read %s", source)
        return None, (), fault(source), time.perf_counter() - started
    return document, remarks, None, time.perf_counter() - started


def fault(source: str) -> str:
    """What is said of a file on which the program itself failed."""
    return f"Gặp lỗi của chương trình khi đọc «{source}»; hãy báo lại cùng tệp này, các tệp khác vẫn được nạp."


def _begin(file: File, wanted: Callable[[File, str], bool], pool: _Pool) -> tuple[Read, Future[_Result] | None]:
    try:
        content = file.load()
    except Unreadable as error:
        return Read(file, refused=str(error)), None
    except Exception:
        log.exception("cannot load %s", file.source)
        return Read(file, refused=fault(file.source)), None
    sha256 = hashlib.sha256(content).hexdigest()
    loaded = Read(file, content, sha256)
    return loaded, pool.submit(loaded) if wanted(file, sha256) else None


def _end(loaded: Read, working: Future[_Result] | None, pool: _Pool) -> Read:
    if working is None:
        return loaded
    document, remarks, refused, seconds = pool.result(loaded, working)
    return Read(loaded.file, loaded.content, loaded.sha256, document, remarks, refused, seconds)


class _Pool:
    """Where files are read: here while it is little work, in other processes once more is seen to wait."""

    def __init__(self, processes: int, opened: ExitStack) -> None:
        self._processes = processes
        self._opened = opened
        self._executor: Executor | None = None
        self.ahead = 2 * processes if processes > 1 else 0

    def submit(self, loaded: Read) -> Future[_Result]:
        source = loaded.file.source
        if self._processes > 1 and (self._executor or _seconds(source, len(loaded.content)) > _START):
            return self._others().submit(_work, source, loaded.content, loaded.sha256)
        done: Future[_Result] = Future()
        done.set_result(_work(source, loaded.content, loaded.sha256))
        return done

    def result(self, loaded: Read, working: Future[_Result]) -> _Result:
        """A file on which its process died is read once more, alone: another may have been the cause."""
        try:
            return working.result()
        except BrokenProcessPool:
            self._executor = None
        try:
            with _processes(1) as alone:
                return alone.submit(_work, loaded.file.source, loaded.content, loaded.sha256).result()
        except BrokenProcessPool:
            log.error("the process that read %s died", loaded.file.source)
            return None, (), fault(loaded.file.source), 0.0

    def _others(self) -> Executor:
        if self._executor is None:
            self._executor = self._opened.enter_context(_processes(self._processes))
        return self._executor


def _processes(count: int) -> ProcessPoolExecutor:
    """New processes, not forks: this one may have threads."""
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))


def _seconds(source: str, size: int) -> float:
    """About how long a file takes to read."""
    plain = os.path.splitext(source)[1].lower() in _PLAIN
    return size / _BYTES_A_SECOND if plain else _SECONDS_A_PICTURE + size / _BYTES_A_SECOND
