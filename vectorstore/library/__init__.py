"""The truth: documents, their text, chunks, figures and findings. The one door of SQLAlchemy: SQLite in the data
folder, or PostgreSQL for several processes on several hosts.

Vectors and word index are derived from it. Every write raises the library's sequence number, and each document that was
put or removed keeps the number of its last change, so that an index that knows how far it has followed (`following.py`)
knows what to bring into agreement, after a kill at any moment and whoever wrote.
"""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from vectorstore import locks, places, versions
from vectorstore.known import Known
from vectorstore.library import ledger
from vectorstore.library.engines import FILE, LibraryError, address, code, postgresql, sqlite
from vectorstore.library.rows import File, as_chunk, as_document, chunk_row, copy_row, record_of
from vectorstore.library.tables import (
    CHANGES,
    CHUNKS,
    COPIES,
    COPY_ORDER,
    DOCUMENTS,
    FIGURES,
    FINDINGS,
    KEYS,
    LEDGERS,
    MANY,
    METADATA,
    STATE,
    insert,
)
from vectorstore.records import Chunk, Document, Figure, FigureQuery, Filters, Finding
from vectorstore.vietnamese import fold

__all__ = ["Change", "File", "Library", "LibraryError"]

_STEADY = 0.01  # seconds that a sequence number is taken to hold within one search, which asks for it dozens of times
_OPENING = 30.0  # seconds to wait for another process that makes or upgrades the tables


@dataclass(frozen=True, slots=True)
class Change:
    """A document that was put or removed, and the library's sequence number as of then."""

    document_id: str
    sequence: int
    removed: bool


class Library:
    """The documents of one library. Safe to share between threads; several processes may read and write it."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        """Open the library in `folder`, or in the PostgreSQL database at `url`; what is missing is made.

        Raises:
            LibraryError: the folder can't be made or written, the file in it is no library, the database can't be
                reached or used.
        """
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(
                f"Không tạo được thư mục dữ liệu «{folder}» ({error.strerror}); hãy chọn thư mục khác bằng --data-dir."
            ) from error
        self._engine = sqlite(folder) if url is None else postgresql(url)
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._is_local = url is None
        self.where = f"trong «{folder}»" if url is None else f"ở PostgreSQL {address(self._engine.url)}"
        """Where the library is, as messages say it; never with a password."""
        self._watch = _Watch(self._reading)
        self._known = Known(self._read_sequence, _STEADY)
        try:
            with self._lock("opening", _OPENING):
                METADATA.create_all(self._engine)
                with self._engine.begin() as connection:
                    self.library_id = _upgrade(connection)
                    """Tells this library from every other. A copy that goes its own way needs an id of its own."""
        except (OSError, SQLAlchemyError) as error:
            self.close()
            raise LibraryError(self._said_closed(error)) from error

    def _said_closed(self, error: Exception) -> str:
        if self._is_local:
            return (
                f"Không mở được thư viện {self.where}; hãy kiểm tra quyền ghi và dung lượng đĩa, hoặc chọn thư mục "
                "khác bằng --data-dir."
            )
        url = self._engine.url
        match code(error):
            case "28P01" | "28000":
                return f"PostgreSQL từ chối tên hoặc mật khẩu của «{url.username}»; hãy sửa CCHC_DATABASE_URL."
            case "3D000":
                return (
                    f"Máy chủ PostgreSQL không có cơ sở dữ liệu «{url.database}»; hãy tạo nó (createdb) hoặc sửa "
                    "CCHC_DATABASE_URL."
                )
        return (
            f"Không mở được thư viện {self.where}; hãy kiểm tra máy chủ có đang chạy, quyền tạo bảng và "
            "CCHC_DATABASE_URL."
        )

    def close(self) -> None:
        """Let go of the file or the server."""
        self._watch.close()
        self._engine.dispose()

    # Following

    def sequence(self) -> int:
        """The number of the last write, whoever wrote."""
        return self._known.version()

    def _read_sequence(self) -> int:
        try:
            return self._watch.read()
        except SQLAlchemyError as error:
            raise self._unreadable() from error

    def changes(self, after: int) -> list[Change]:
        """What was put or removed since a sequence number, in order; of each document its last change."""
        query = sa.select(CHANGES.c.document_id, CHANGES.c.sequence, CHANGES.c.removed)
        rows = self._rows(query.where(CHANGES.c.sequence > after).order_by(CHANGES.c.sequence))
        return [Change(*row) for row in rows]

    @contextmanager
    def alone(self, name: str, wait: float = math.inf) -> Iterator[bool]:
        """Hold a lock that only one process of this library has at a time and that dies with it; False where another
        still held it after `wait` seconds."""
        try:
            with self._lock(name, wait) as taken:
                yield taken
        except SQLAlchemyError as error:
            raise self._unreadable() from error

    @contextmanager
    def _lock(self, name: str, wait: float) -> Iterator[bool]:
        if self._is_local:
            with locks.held(self.folder / f"{name}.lock", wait) as taken:
                yield taken
            return
        key = sa.func.hashtextextended(f"cchc {name}", 0)
        with self._reading.connect() as connection:
            take, let_go = sa.select(sa.func.pg_try_advisory_lock(key)), sa.select(sa.func.pg_advisory_unlock(key))
            taken = locks.until(lambda: bool(connection.execute(take).scalar_one()), wait, 0.1)
            try:
                yield taken
            finally:
                if taken:
                    connection.execute(let_go)

    # Reading

    def documents(self) -> list[Document]:
        """All documents in the order of their ids, without text and chunks."""
        return list(self._known.get("documents", self._read_documents))

    def _read_documents(self) -> tuple[Document, ...]:
        copies: dict[str, list[str]] = {}
        for document_id, source in self._rows(sa.select(COPIES.c.document_id, COPIES.c.source).order_by(*COPY_ORDER)):
            copies.setdefault(document_id, []).append(source)
        query = sa.select(DOCUMENTS.c.document_id, DOCUMENTS.c.record).order_by(DOCUMENTS.c.document_id)
        return tuple(as_document(record, copies.get(document_id, ())) for document_id, record in self._rows(query))

    def places(self) -> tuple[str, ...]:
        """The places that passages speak of, in order."""
        return self._known.get("places", self._read_places)

    def _read_places(self) -> tuple[str, ...]:
        return tuple(sorted(p for p in self._column(sa.select(CHUNKS.c.place).distinct()) if p))

    def numbered(self, number: str) -> tuple[str, ...]:
        """The ids of the documents of this number, however its letters are written."""
        key = versions.number_key(number)
        ids = self._column(sa.select(KEYS.c.document_id).where(sa.func.substr(KEYS.c.key, 1, len(key)) == key))
        heads = self.heads(ids)  # one that replaces the document has its number for a key, too
        return tuple(sorted(i for i, head in heads.items() if fold(head.number or "") == fold(number)))

    def is_empty(self) -> bool:
        """Whether no document is held."""
        return not self._column(sa.select(DOCUMENTS.c.document_id).limit(1))

    def head(self, document_id: str) -> Document | None:
        """A document without text and chunks."""
        return self.heads([document_id]).get(document_id)

    def heads(self, document_ids: Iterable[str]) -> dict[str, Document]:
        """The documents of these ids that exist, without text and chunks."""
        keys = {("head", document_id): document_id for document_id in document_ids}
        version, held = self._known.held(keys)
        missing = [document_id for key, document_id in keys.items() if key not in held]
        for at in range(0, len(missing), MANY):
            ids = missing[at : at + MANY]
            copies: dict[str, list[str]] = {}
            named = sa.select(COPIES.c.document_id, COPIES.c.source).where(COPIES.c.document_id.in_(ids))
            for document_id, source in self._rows(named.order_by(*COPY_ORDER)):
                copies.setdefault(document_id, []).append(source)
            records = sa.select(DOCUMENTS.c.document_id, DOCUMENTS.c.record)
            rows = self._rows(records.where(DOCUMENTS.c.document_id.in_(ids)))
            read = {("head", name): as_document(record, copies.get(name, ())) for name, record in rows}
            self._known.hold(read, version)
            held.update(read)
        return {document_id: document for (_, document_id), document in held.items()}

    def document(self, document_id: str) -> Document | None:
        """A document whole, with text, chunks, figures and findings."""
        rows = self._rows(sa.select(DOCUMENTS.c.record, DOCUMENTS.c.text).where(DOCUMENTS.c.document_id == document_id))
        if not rows:
            return None
        record, text = rows[0]
        return replace(
            as_document(record, self._also_as(document_id)),
            text=text,
            chunks=tuple(self.chunks_of(document_id)),
            figures=tuple(self.figures(FigureQuery(document_ids=(document_id,)))),
            findings=tuple(self.findings(document_id)),
        )

    def text(self, document_id: str) -> str | None:
        """A document's text, to which all spans refer."""
        texts = self._column(sa.select(DOCUMENTS.c.text).where(DOCUMENTS.c.document_id == document_id))
        return str(texts[0]) if texts else None

    def original(self, document_id: str) -> tuple[str, bytes] | None:
        """File name and bytes as ingested."""
        rows = self._rows(
            sa.select(DOCUMENTS.c.source, DOCUMENTS.c.original).where(DOCUMENTS.c.document_id == document_id)
        )
        if not rows:
            return None
        source, original = rows[0]
        return str(source), bytes(original)

    def counts(self, document_id: str) -> dict[str, int]:
        """Sections, footnotes, tables, rows, chunks and figures of a document."""
        records = self._column(sa.select(DOCUMENTS.c.record).where(DOCUMENTS.c.document_id == document_id))
        return dict(json.loads(records[0])["counts"]) if records else {}

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """A document's chunks in reading order."""
        return list(self._known.get(("chunks", document_id), lambda: self._read_chunks(document_id)))

    def _read_chunks(self, document_id: str) -> tuple[Chunk, ...]:
        query = sa.select(CHUNKS.c.record).where(CHUNKS.c.document_id == document_id).order_by(CHUNKS.c.ordinal)
        return tuple(as_chunk(record) for record in self._column(query))

    def chunks(self, chunk_ids: Sequence[str]) -> dict[str, Chunk]:
        """The chunks of these ids that exist."""
        found: dict[str, Chunk]
        version, found = self._known.held(chunk_ids)
        missing = [chunk_id for chunk_id in chunk_ids if chunk_id not in found]
        for at in range(0, len(missing), MANY):
            query = sa.select(CHUNKS.c.chunk_id, CHUNKS.c.record).where(CHUNKS.c.chunk_id.in_(missing[at : at + MANY]))
            read = {chunk_id: as_chunk(record) for chunk_id, record in self._rows(query)}
            self._known.hold(read, version)
            found.update(read)
        return found

    def passing(self, chunk_ids: Sequence[str], filters: Filters) -> set[str]:
        """Those of the chunks that pass the filters."""
        conditions: list[sa.ColumnElement[bool]] = []
        if filters.places:
            meant = [p for p in self.places() if any(places.same(p, wanted) for wanted in filters.places)]
            conditions.append(CHUNKS.c.place.in_(meant))
        if filters.years:
            touched = [sa.and_(CHUNKS.c.first_year <= y, CHUNKS.c.last_year >= y) for y in filters.years]
            conditions.append(sa.or_(*touched))
        if filters.document_ids:
            conditions.append(CHUNKS.c.document_id.in_(filters.document_ids))
        if filters.document_types:
            wanted = sa.select(DOCUMENTS.c.document_id).where(DOCUMENTS.c.type.in_(filters.document_types))
            conditions.append(CHUNKS.c.document_id.in_(wanted))
        found: set[str] = set()
        for at in range(0, len(chunk_ids), MANY):
            query = sa.select(CHUNKS.c.chunk_id).where(CHUNKS.c.chunk_id.in_(chunk_ids[at : at + MANY]), *conditions)
            found.update(self._column(query))
        return found

    def figures(self, query: FigureQuery) -> list[Figure]:
        """The figures of the ledger that a query means."""
        return [ledger.as_figure(row) for row in self._rows(ledger.select(query, self._places_of_figures()))]

    def figures_of(self, chunks: Iterable[Chunk]) -> list[Figure]:
        """The figures of the ledger that stand in some chunks, document by document in reading order."""
        ordinals: dict[str, set[int]] = {}
        for chunk in chunks:
            ordinals.setdefault(chunk.document_id, set()).add(chunk.ordinal)
        rows = self._rows(ledger.select_of(ordinals)) if ordinals else []
        return [ledger.as_figure(row) for row in rows]

    def count_figures(self, query: FigureQuery) -> int:
        """How many figures a query means, whatever its limit."""
        return int(self._column(ledger.count(query, self._places_of_figures()))[0])

    def _places_of_figures(self) -> tuple[str, ...]:
        def read() -> tuple[str, ...]:
            return tuple(p for p in self._column(sa.select(FIGURES.c.place).distinct()) if p)

        return self._known.get("places of figures", read)

    def findings(self, document_id: str | None = None) -> list[Finding]:
        """What disagrees in a document, or in each of them, in reading order."""
        if document_id is not None:
            return list(self._known.get(("findings", document_id), lambda: self._read_findings(document_id)))
        ids = self._column(sa.select(FINDINGS.c.document_id).distinct().order_by(FINDINGS.c.document_id))
        return [finding for one in ids for finding in self.findings(one)]

    def _read_findings(self, document_id: str) -> tuple[Finding, ...]:
        query = sa.select(FINDINGS)
        rows = self._rows(query.where(FINDINGS.c.document_id == document_id).order_by(FINDINGS.c.ordinal))
        ordinals = {ordinal for row in rows for ordinal in ledger.stands_in(row.evidence)}
        held = self.chunks([f"{document_id}:{ordinal}" for ordinal in sorted(ordinals)])
        by_ordinal = {chunk.ordinal: chunk for chunk in held.values()}
        return tuple(ledger.as_finding(row, by_ordinal) for row in rows)

    def read_before(self, reading: int) -> list[Change]:
        """The documents whose figures and findings were found by a reading before this one, or never, each as of its
        last change."""
        same = sa.and_(LEDGERS.c.document_id == CHANGES.c.document_id, LEDGERS.c.sequence == CHANGES.c.sequence)
        query = (
            sa.select(CHANGES.c.document_id, CHANGES.c.sequence, CHANGES.c.removed)
            .select_from(CHANGES.outerjoin(LEDGERS, same))
            .where(sa.not_(CHANGES.c.removed))
            .where(sa.or_(LEDGERS.c.document_id.is_(None), LEDGERS.c.reading < reading))
        )
        return [Change(*row) for row in self._rows(query.order_by(CHANGES.c.document_id))]

    def same_file(self, source: str, folder: str) -> tuple[str, str] | None:
        """The document that was read from this file or has it as a copy, and the hash of the file as taken in."""
        for table in (DOCUMENTS, COPIES):
            query = sa.select(table.c.document_id, table.c.sha256).where(
                table.c.source == source, table.c.folder == folder
            )
            for document_id, sha256 in self._rows(query):
                return str(document_id), str(sha256)
        return None

    def of_content(self, sha256: str) -> Document | None:
        """The document that has a file of these bytes."""
        for table in (DOCUMENTS, COPIES):
            for document_id in self._column(sa.select(table.c.document_id).where(table.c.sha256 == sha256)):
                return self.head(str(document_id))
        return None

    def folder_of(self, document_id: str) -> str:
        """Where the file of a document was taken in from."""
        folders = self._column(sa.select(DOCUMENTS.c.folder).where(DOCUMENTS.c.document_id == document_id))
        return str(folders[0]) if folders else ""

    def copies(self, document_id: str) -> list[File]:
        """The other files of a document."""
        query = sa.select(COPIES.c.source, COPIES.c.folder, COPIES.c.sha256, COPIES.c.original)
        rows = self._rows(query.where(COPIES.c.document_id == document_id).order_by(*COPY_ORDER))
        return [File(*row) for row in rows]

    def files_below(self, folder: str) -> list[tuple[str, str, str]]:
        """Source, folder and document of each file that was taken in from a folder or from below it, copies first."""
        below = folder.rstrip("/") + "/"
        found: list[tuple[str, str, str]] = []
        for table in (COPIES, DOCUMENTS):
            query = sa.select(table.c.source, table.c.folder, table.c.document_id).where(
                sa.or_(table.c.folder == folder, sa.func.substr(table.c.folder, 1, len(below)) == below)
            )
            found += [(str(source), str(where), str(document_id)) for source, where, document_id in self._rows(query)]
        return found

    def sharing(self, keys: Iterable[str]) -> list[Document]:
        """The documents that have one of these keys, without their chunks."""
        try:
            with self._reading.connect() as connection:
                return _sharing(connection, keys, DOCUMENTS.c.text)
        except SQLAlchemyError as error:
            raise self._unreadable() from error

    def samples(self) -> list[str]:
        """Ids of the documents that were added as samples."""
        return self._column(sa.select(DOCUMENTS.c.document_id).where(DOCUMENTS.c.sample))

    # Writing

    def put(
        self,
        document: Document,
        original: bytes,
        folder: str,
        *,
        sample: bool = False,
        aside: File | None = None,
        reading: int | None = None,
    ) -> None:
        """Store a document whole, in place of the one with its id; both indexes have to follow. `aside` is the file
        that it was read from until now, kept as a copy. `reading` is the version of the reading that found its figures
        and findings, which a later one may find anew; those of none are kept as they are."""
        rows = [chunk_row(chunk) for chunk in document.chunks]
        with self._writing() as (connection, sequence):
            touched = self._delete(connection, document.document_id)
            connection.execute(_delete_copy(document.source, folder))
            if aside is not None:
                connection.execute(COPIES.insert().values(copy_row(document.document_id, aside)))
            connection.execute(
                DOCUMENTS.insert().values(
                    document_id=document.document_id,
                    source=document.source,
                    folder=folder,
                    sha256=document.sha256,
                    status=document.status,
                    sample=sample,
                    type=document.type,
                    record=record_of(document, document.counts),
                    text=document.text,
                    original=original,
                )
            )
            insert(connection, CHUNKS, rows)
            keys = versions.keys(document)
            insert(connection, KEYS, [{"key": key, "document_id": document.document_id} for key in sorted(keys)])
            _note(connection, document.document_id, sequence, removed=False)
            ledger.write(connection, document, sequence, reading)
            _relate(connection, touched | keys)

    def put_ledger(self, document: Document, reading: int, sequence: int) -> None:
        """Store a document's figures and findings as a later reading finds them, unless the document has changed since
        the sequence number that it was read as of. The indexes have nothing to follow."""
        held = DOCUMENTS.c.document_id == document.document_id
        with self._writing() as (connection, _):
            last = sa.select(CHANGES.c.sequence).where(CHANGES.c.document_id == document.document_id)
            if connection.execute(last).scalar() != sequence:
                return
            ledger.delete(connection, document.document_id)
            ledger.write(connection, document, sequence, reading)
            record = json.loads(connection.execute(sa.select(DOCUMENTS.c.record).where(held)).scalar_one())
            counted = json.dumps(record | {"counts": document.counts}, ensure_ascii=False)
            connection.execute(DOCUMENTS.update().where(held).values(record=counted))

    def put_copy(self, document_id: str, file: File) -> None:
        """Remember another file of a document."""
        with self._writing() as (connection, _):
            connection.execute(_delete_copy(file.source, file.folder))
            connection.execute(COPIES.insert().values(copy_row(document_id, file)))

    def remove_copy(self, source: str, folder: str) -> None:
        """Forget one of the other files of a document."""
        with self._writing() as (connection, _):
            connection.execute(_delete_copy(source, folder))

    def remove(self, document_ids: Iterable[str]) -> None:
        """Take documents out, with their copies; both indexes have to follow."""
        with self._writing() as (connection, sequence):
            touched: frozenset[str] = frozenset()
            for document_id in document_ids:
                touched |= self._delete(connection, document_id)
                connection.execute(sa.delete(COPIES).where(COPIES.c.document_id == document_id))
                _note(connection, document_id, sequence, removed=True)
            _relate(connection, touched)

    def _delete(self, connection: sa.Connection, document_id: str) -> frozenset[str]:
        """Take out all but a document's copies; the keys that it had."""
        keys = connection.execute(sa.select(KEYS.c.key).where(KEYS.c.document_id == document_id)).scalars().all()
        for table in (CHUNKS, DOCUMENTS, KEYS):
            connection.execute(sa.delete(table).where(table.c.document_id == document_id))
        ledger.delete(connection, document_id)
        return frozenset(keys)

    def _also_as(self, document_id: str) -> list[str]:
        held = COPIES.c.document_id == document_id
        return self._column(sa.select(COPIES.c.source).where(held).order_by(*COPY_ORDER))

    def _column(self, query: sa.Select[Any]) -> list[Any]:
        """The values of a query for one column."""
        return [value for (value,) in self._rows(query)]

    def _rows(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[sa.Row[*tuple[Any, ...]]]:
        try:
            with self._reading.connect() as connection:
                return connection.execute(query).all()
        except SQLAlchemyError as error:
            raise self._unreadable() from error

    def _unreadable(self) -> LibraryError:
        step = f"tệp {FILE} và quyền đọc" if self._is_local else "máy chủ PostgreSQL"
        return LibraryError(f"Không đọc được thư viện {self.where}; hãy kiểm tra {step}.")

    @contextmanager
    def _writing(self) -> Iterator[tuple[sa.Connection, int]]:
        """A write transaction and its sequence number. The number's row stays locked until the end: writes come one
        after the other, and who sees a number sees all that was written before it."""
        raised = STATE.update().values(sequence=STATE.c.sequence + 1).returning(STATE.c.sequence)
        try:
            with self._engine.begin() as connection:
                yield connection, int(connection.execute(raised).scalar_one())
        except SQLAlchemyError as error:
            step = "dung lượng đĩa và quyền ghi" if self._is_local else "máy chủ PostgreSQL và quyền ghi"
            raise LibraryError(f"Không ghi được vào thư viện {self.where}; hãy kiểm tra {step} rồi làm lại.") from error
        self._known.version()  # what this process wrote it sees at once


class _Watch:
    """Reads the sequence number over a connection of its own, kept open. One thread at a time: `Known` sees to it."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._connection: sa.Connection | None = None

    def read(self) -> int:
        try:
            return self._ask()
        except DBAPIError:  # the server was started again: once more, over a new connection
            if self._connection is not None:
                self._connection.invalidate()  # else it would be spoken to once more, to let go of it
            self.close()
            return self._ask()

    def _ask(self) -> int:
        if self._connection is None:
            self._connection = self._engine.connect()
        return int(self._connection.exec_driver_sql("SELECT sequence FROM state").scalar_one())

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _note(connection: sa.Connection, document_id: str, sequence: int, *, removed: bool) -> None:
    """Remember a document's last change."""
    connection.execute(sa.delete(CHANGES).where(CHANGES.c.document_id == document_id))
    connection.execute(CHANGES.insert().values(document_id=document_id, sequence=sequence, removed=removed))


def _delete_copy(source: str, folder: str) -> sa.Delete:
    return sa.delete(COPIES).where(COPIES.c.source == source, COPIES.c.folder == folder)


def _sharing(
    connection: sa.Connection, keys: Iterable[str], text: sa.ColumnElement[str] | None = None
) -> list[Document]:
    """The documents that have one of the keys, with their texts if the column is given."""
    ids = sa.select(KEYS.c.document_id).where(KEYS.c.key.in_(sorted(keys)))
    wanted = sa.literal("") if text is None else text
    query = sa.select(DOCUMENTS.c.record, wanted).where(DOCUMENTS.c.document_id.in_(ids))
    rows = connection.execute(query.order_by(DOCUMENTS.c.document_id)).all()
    return [replace(as_document(record), text=text) for record, text in rows]


def _relate(connection: sa.Connection, keys: frozenset[str]) -> None:
    """Bring what documents know of each other up to date, for those that have one of the keys."""
    telling = {key for key in keys if versions.relates(key)}
    for document in _sharing(connection, telling):
        held = KEYS.c.document_id == document.document_id
        own = connection.execute(sa.select(KEYS.c.key).where(held)).scalars()
        found = versions.relation(document, _sharing(connection, filter(versions.relates, own)))
        status = "superseded" if found.superseded_by else "current"
        if document.status == "digest":
            status = "digest"
        now = replace(document, related=found.related, superseded_by=found.superseded_by, status=status)
        if now != document:
            row = DOCUMENTS.c.document_id == document.document_id
            (record,) = connection.execute(sa.select(DOCUMENTS.c.record).where(row)).scalars()
            counts = json.loads(record)["counts"]
            connection.execute(DOCUMENTS.update().where(row).values(status=status, record=record_of(now, counts)))


def _upgrade(connection: sa.Connection) -> str:
    """Fill in what a library made by an older version does not say; the library's id."""
    if "indexed" in {column["name"] for column in sa.inspect(connection).get_columns("documents")}:
        connection.exec_driver_sql("ALTER TABLE documents DROP COLUMN indexed")  # marks, before there were numbers
        connection.exec_driver_sql("DROP TABLE IF EXISTS removed")
    for index in CHUNKS.indexes:  # of places, since they are asked for
        index.create(connection, checkfirst=True)
    library_id = connection.execute(sa.select(STATE.c.library_id)).scalar()
    if library_id is None:
        library_id = secrets.token_hex(8)
        connection.execute(STATE.insert().values(id=1, library_id=library_id, sequence=0))
    _add_keys(connection)
    noted = sa.select(CHANGES.c.document_id)
    unknown = connection.execute(sa.select(DOCUMENTS.c.document_id).where(DOCUMENTS.c.document_id.not_in(noted)))
    if ids := unknown.scalars().all():
        raised = STATE.update().values(sequence=STATE.c.sequence + 1).returning(STATE.c.sequence)
        sequence = connection.execute(raised).scalar_one()
        insert(connection, CHANGES, [{"document_id": i, "sequence": sequence, "removed": False} for i in ids])
    return str(library_id)


def _add_keys(connection: sa.Connection) -> None:
    """Documents had no keys once."""
    known = sa.select(KEYS.c.document_id)
    query = sa.select(DOCUMENTS.c.record, DOCUMENTS.c.text).where(DOCUMENTS.c.document_id.not_in(known))
    for record, text in connection.execute(query).all():
        document = replace(as_document(record), text=text)
        ids = {"document_id": document.document_id}
        chunks = connection.execute(sa.select(CHUNKS.c.record).filter_by(**ids).order_by(CHUNKS.c.ordinal))
        counts = replace(document, chunks=tuple(map(as_chunk, chunks.scalars()))).counts
        connection.execute(DOCUMENTS.update().filter_by(**ids).values(record=record_of(document, counts)))
        insert(connection, KEYS, [{"key": key, **ids} for key in sorted(versions.keys(document))])
