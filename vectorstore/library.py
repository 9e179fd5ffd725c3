"""The truth: documents, their text and chunks. The one door of SQLAlchemy: SQLite in the data folder, or PostgreSQL for
several processes on several hosts.

Vectors and word index are derived from it. Every write raises the library's sequence number, and each document that was
put or removed keeps the number of its last change, so that an index that knows how far it has followed (`following.py`)
knows what to bring into agreement, after a kill at any moment and whoever wrote.
"""

from __future__ import annotations

import getpass
import json
import math
import secrets
import ssl
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from vectorstore import locks, periods, places, versions
from vectorstore.known import Known
from vectorstore.records import Chunk, Document, Excerpt, Filters, Footnote, Section
from vectorstore.vietnamese import fold

_FILE = "library.sqlite3"
_STEADY = 0.01  # seconds that a sequence number is taken to hold within one search, which asks for it dozens of times
_OPENING = 30.0  # seconds to wait for another process that makes or upgrades the tables
_ROWS = 500  # rows of one INSERT
_METADATA = sa.MetaData()
_NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")  # one order everywhere, by code points

_DOCUMENTS = sa.Table(
    "documents",
    _METADATA,
    sa.Column("document_id", _NAME, primary_key=True),
    sa.Column("source", _NAME, nullable=False),
    sa.Column("folder", _NAME, nullable=False),
    sa.Column("sha256", sa.String, nullable=False, index=True),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("sample", sa.Boolean, nullable=False),
    sa.Column("type", sa.String),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("original", sa.LargeBinary, nullable=False),
)
_CHUNKS = sa.Table(
    "chunks",
    _METADATA,
    sa.Column("chunk_id", _NAME, primary_key=True),
    sa.Column("document_id", _NAME, nullable=False, index=True),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("place", sa.String, index=True),
    sa.Column("first_year", sa.Integer),
    sa.Column("last_year", sa.Integer),
    sa.Column("record", sa.Text, nullable=False),
)
_COPIES = sa.Table(  # other files of a document that is held
    "copies",
    _METADATA,
    sa.Column("folder", _NAME, primary_key=True),
    sa.Column("source", _NAME, primary_key=True),
    sa.Column("document_id", _NAME, nullable=False, index=True),
    sa.Column("sha256", sa.String, nullable=False, index=True),
    sa.Column("original", sa.LargeBinary, nullable=False),
)
_MANY = 500
"""How many ids are asked for in one query."""
_COPY_ORDER = (_COPIES.c.source, _COPIES.c.folder)
_KEYS = sa.Table(  # what documents share with their copies, relatives and other versions
    "keys",
    _METADATA,
    sa.Column("key", _NAME, primary_key=True),
    sa.Column("document_id", _NAME, primary_key=True, index=True),
)
_STATE = sa.Table(  # one row
    "state",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("library_id", sa.String, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)
_CHANGES = sa.Table(
    "changes",
    _METADATA,
    sa.Column("document_id", _NAME, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False, index=True),
    sa.Column("removed", sa.Boolean, nullable=False),
)


@dataclass(frozen=True, slots=True)
class File:
    """A file that was taken in: its name, the folder that tells it from others of that name, and its bytes."""

    source: str
    folder: str
    sha256: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """A document that was put or removed, and the library's sequence number as of then."""

    document_id: str
    sequence: int
    removed: bool


class LibraryError(Exception):
    """The library can't be opened or written; the message says what to do."""


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
        self._engine = _sqlite(folder) if url is None else _postgresql(url)
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._is_local = url is None
        self.where = f"trong «{folder}»" if url is None else f"ở PostgreSQL {_place(self._engine.url)}"
        """Where the library is, as messages say it; never with a password."""
        self._watch = _Watch(self._reading)
        self._known = Known(self._read_sequence, _STEADY)
        try:
            with self._lock("opening", _OPENING):
                _METADATA.create_all(self._engine)
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
        match _code(error):
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
        query = sa.select(_CHANGES.c.document_id, _CHANGES.c.sequence, _CHANGES.c.removed)
        rows = self._rows(query.where(_CHANGES.c.sequence > after).order_by(_CHANGES.c.sequence))
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
        for document_id, source in self._rows(
            sa.select(_COPIES.c.document_id, _COPIES.c.source).order_by(*_COPY_ORDER)
        ):
            copies.setdefault(document_id, []).append(source)
        query = sa.select(_DOCUMENTS.c.document_id, _DOCUMENTS.c.record).order_by(_DOCUMENTS.c.document_id)
        return tuple(_document(record, copies.get(document_id, ())) for document_id, record in self._rows(query))

    def places(self) -> tuple[str, ...]:
        """The places that passages speak of, in order."""
        return self._known.get("places", self._read_places)

    def _read_places(self) -> tuple[str, ...]:
        return tuple(sorted(p for p in self._column(sa.select(_CHUNKS.c.place).distinct()) if p))

    def numbered(self, number: str) -> tuple[str, ...]:
        """The ids of the documents of this number, however its letters are written."""
        key = versions.number_key(number)
        ids = self._column(sa.select(_KEYS.c.document_id).where(sa.func.substr(_KEYS.c.key, 1, len(key)) == key))
        heads = self.heads(ids)  # one that replaces the document has its number for a key, too
        return tuple(sorted(i for i, head in heads.items() if fold(head.number or "") == fold(number)))

    def is_empty(self) -> bool:
        """Whether no document is held."""
        return not self._column(sa.select(_DOCUMENTS.c.document_id).limit(1))

    def head(self, document_id: str) -> Document | None:
        """A document without text and chunks."""
        return self.heads([document_id]).get(document_id)

    def heads(self, document_ids: Iterable[str]) -> dict[str, Document]:
        """The documents of these ids that exist, without text and chunks."""
        keys = {("head", document_id): document_id for document_id in document_ids}
        version, held = self._known.held(keys)
        missing = [document_id for key, document_id in keys.items() if key not in held]
        for at in range(0, len(missing), _MANY):
            ids = missing[at : at + _MANY]
            copies: dict[str, list[str]] = {}
            named = sa.select(_COPIES.c.document_id, _COPIES.c.source).where(_COPIES.c.document_id.in_(ids))
            for document_id, source in self._rows(named.order_by(*_COPY_ORDER)):
                copies.setdefault(document_id, []).append(source)
            records = sa.select(_DOCUMENTS.c.document_id, _DOCUMENTS.c.record)
            rows = self._rows(records.where(_DOCUMENTS.c.document_id.in_(ids)))
            read = {("head", name): _document(record, copies.get(name, ())) for name, record in rows}
            self._known.hold(read, version)
            held.update(read)
        return {document_id: document for (_, document_id), document in held.items()}

    def document(self, document_id: str) -> Document | None:
        """A document whole, with text and chunks."""
        rows = self._rows(
            sa.select(_DOCUMENTS.c.record, _DOCUMENTS.c.text).where(_DOCUMENTS.c.document_id == document_id)
        )
        if not rows:
            return None
        record, text = rows[0]
        made = _document(record, self._also_as(document_id))
        return replace(made, text=text, chunks=tuple(self.chunks_of(document_id)))

    def text(self, document_id: str) -> str | None:
        """A document's text, to which all spans refer."""
        texts = self._column(sa.select(_DOCUMENTS.c.text).where(_DOCUMENTS.c.document_id == document_id))
        return str(texts[0]) if texts else None

    def original(self, document_id: str) -> tuple[str, bytes] | None:
        """File name and bytes as ingested."""
        rows = self._rows(
            sa.select(_DOCUMENTS.c.source, _DOCUMENTS.c.original).where(_DOCUMENTS.c.document_id == document_id)
        )
        if not rows:
            return None
        source, original = rows[0]
        return str(source), bytes(original)

    def counts(self, document_id: str) -> dict[str, int]:
        """Sections, footnotes, tables, rows, chunks and figures of a document."""
        records = self._column(sa.select(_DOCUMENTS.c.record).where(_DOCUMENTS.c.document_id == document_id))
        return dict(json.loads(records[0])["counts"]) if records else {}

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """A document's chunks in reading order."""
        return list(self._known.get(("chunks", document_id), lambda: self._read_chunks(document_id)))

    def _read_chunks(self, document_id: str) -> tuple[Chunk, ...]:
        query = sa.select(_CHUNKS.c.record).where(_CHUNKS.c.document_id == document_id).order_by(_CHUNKS.c.ordinal)
        return tuple(_chunk(record) for record in self._column(query))

    def chunks(self, chunk_ids: Sequence[str]) -> dict[str, Chunk]:
        """The chunks of these ids that exist."""
        found: dict[str, Chunk]
        version, found = self._known.held(chunk_ids)
        missing = [chunk_id for chunk_id in chunk_ids if chunk_id not in found]
        for at in range(0, len(missing), _MANY):
            query = sa.select(_CHUNKS.c.chunk_id, _CHUNKS.c.record).where(
                _CHUNKS.c.chunk_id.in_(missing[at : at + _MANY])
            )
            read = {chunk_id: _chunk(record) for chunk_id, record in self._rows(query)}
            self._known.hold(read, version)
            found.update(read)
        return found

    def passing(self, chunk_ids: Sequence[str], filters: Filters) -> set[str]:
        """Those of the chunks that pass the filters."""
        conditions: list[sa.ColumnElement[bool]] = []
        if filters.places:
            meant = [p for p in self.places() if any(places.same(p, wanted) for wanted in filters.places)]
            conditions.append(_CHUNKS.c.place.in_(meant))
        if filters.years:
            touched = [sa.and_(_CHUNKS.c.first_year <= y, _CHUNKS.c.last_year >= y) for y in filters.years]
            conditions.append(sa.or_(*touched))
        if filters.document_ids:
            conditions.append(_CHUNKS.c.document_id.in_(filters.document_ids))
        if filters.document_types:
            wanted = sa.select(_DOCUMENTS.c.document_id).where(_DOCUMENTS.c.type.in_(filters.document_types))
            conditions.append(_CHUNKS.c.document_id.in_(wanted))
        found: set[str] = set()
        for at in range(0, len(chunk_ids), _MANY):
            query = sa.select(_CHUNKS.c.chunk_id).where(_CHUNKS.c.chunk_id.in_(chunk_ids[at : at + _MANY]), *conditions)
            found.update(self._column(query))
        return found

    def same_file(self, source: str, folder: str) -> tuple[str, str] | None:
        """The document that was read from this file or has it as a copy, and the hash of the file as taken in."""
        for table in (_DOCUMENTS, _COPIES):
            query = sa.select(table.c.document_id, table.c.sha256).where(
                table.c.source == source, table.c.folder == folder
            )
            for document_id, sha256 in self._rows(query):
                return str(document_id), str(sha256)
        return None

    def of_content(self, sha256: str) -> Document | None:
        """The document that has a file of these bytes."""
        for table in (_DOCUMENTS, _COPIES):
            for document_id in self._column(sa.select(table.c.document_id).where(table.c.sha256 == sha256)):
                return self.head(str(document_id))
        return None

    def folder_of(self, document_id: str) -> str:
        """Where the file of a document was taken in from."""
        folders = self._column(sa.select(_DOCUMENTS.c.folder).where(_DOCUMENTS.c.document_id == document_id))
        return str(folders[0]) if folders else ""

    def copies(self, document_id: str) -> list[File]:
        """The other files of a document."""
        query = sa.select(_COPIES.c.source, _COPIES.c.folder, _COPIES.c.sha256, _COPIES.c.original)
        rows = self._rows(query.where(_COPIES.c.document_id == document_id).order_by(*_COPY_ORDER))
        return [File(*row) for row in rows]

    def files_below(self, folder: str) -> list[tuple[str, str, str]]:
        """Source, folder and document of each file that was taken in from a folder or from below it, copies first."""
        below = folder.rstrip("/") + "/"
        found: list[tuple[str, str, str]] = []
        for table in (_COPIES, _DOCUMENTS):
            query = sa.select(table.c.source, table.c.folder, table.c.document_id).where(
                sa.or_(table.c.folder == folder, sa.func.substr(table.c.folder, 1, len(below)) == below)
            )
            found += [(str(source), str(where), str(document_id)) for source, where, document_id in self._rows(query)]
        return found

    def sharing(self, keys: Iterable[str]) -> list[Document]:
        """The documents that have one of these keys, without their chunks."""
        try:
            with self._reading.connect() as connection:
                return _sharing(connection, keys, _DOCUMENTS.c.text)
        except SQLAlchemyError as error:
            raise self._unreadable() from error

    def samples(self) -> list[str]:
        """Ids of the documents that were added as samples."""
        return self._column(sa.select(_DOCUMENTS.c.document_id).where(_DOCUMENTS.c.sample))

    # Writing

    def put(
        self, document: Document, original: bytes, folder: str, *, sample: bool = False, aside: File | None = None
    ) -> None:
        """Store a document whole, in place of the one with its id; both indexes have to follow. `aside` is the file
        that it was read from until now, kept as a copy."""
        rows = [_chunk_row(chunk) for chunk in document.chunks]
        with self._writing() as (connection, sequence):
            touched = self._delete(connection, document.document_id)
            connection.execute(_delete_copy(document.source, folder))
            if aside is not None:
                connection.execute(_COPIES.insert().values(_copy_row(document.document_id, aside)))
            connection.execute(
                _DOCUMENTS.insert().values(
                    document_id=document.document_id,
                    source=document.source,
                    folder=folder,
                    sha256=document.sha256,
                    status=document.status,
                    sample=sample,
                    type=document.type,
                    record=_record(document, document.counts),
                    text=document.text,
                    original=original,
                )
            )
            _insert(connection, _CHUNKS, rows)
            keys = versions.keys(document)
            _insert(connection, _KEYS, [{"key": key, "document_id": document.document_id} for key in sorted(keys)])
            _note(connection, document.document_id, sequence, removed=False)
            _relate(connection, touched | keys)

    def put_copy(self, document_id: str, file: File) -> None:
        """Remember another file of a document."""
        with self._writing() as (connection, _):
            connection.execute(_delete_copy(file.source, file.folder))
            connection.execute(_COPIES.insert().values(_copy_row(document_id, file)))

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
                connection.execute(sa.delete(_COPIES).where(_COPIES.c.document_id == document_id))
                _note(connection, document_id, sequence, removed=True)
            _relate(connection, touched)

    def _delete(self, connection: sa.Connection, document_id: str) -> frozenset[str]:
        """Take out all but a document's copies; the keys that it had."""
        keys = connection.execute(sa.select(_KEYS.c.key).where(_KEYS.c.document_id == document_id)).scalars().all()
        for table in (_CHUNKS, _DOCUMENTS, _KEYS):
            connection.execute(sa.delete(table).where(table.c.document_id == document_id))
        return frozenset(keys)

    def _also_as(self, document_id: str) -> list[str]:
        held = _COPIES.c.document_id == document_id
        return self._column(sa.select(_COPIES.c.source).where(held).order_by(*_COPY_ORDER))

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
        step = f"tệp {_FILE} và quyền đọc" if self._is_local else "máy chủ PostgreSQL"
        return LibraryError(f"Không đọc được thư viện {self.where}; hãy kiểm tra {step}.")

    @contextmanager
    def _writing(self) -> Iterator[tuple[sa.Connection, int]]:
        """A write transaction and its sequence number. The number's row stays locked until the end: writes come one
        after the other, and who sees a number sees all that was written before it."""
        raised = _STATE.update().values(sequence=_STATE.c.sequence + 1).returning(_STATE.c.sequence)
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


def _sqlite(folder: Path) -> sa.Engine:
    engine = sa.create_engine(f"sqlite:///{folder / _FILE}", connect_args={"timeout": 30})
    sa.event.listen(engine, "connect", _configure)
    return engine


def _postgresql(given: str) -> sa.Engine:
    """An engine for "postgresql://…", over the one driver that we know."""
    unknown = LibraryError(
        "CCHC_DATABASE_URL không đọc được; hãy viết dạng postgresql://TÊN:MẬT_KHẨU@MÁY:5432/CƠ_SỞ_DỮ_LIỆU, "
        "hoặc bỏ trống để dùng thư mục dữ liệu."
    )
    try:
        url = sa.make_url(given)
    except (ArgumentError, ValueError):
        raise unknown from None  # the error quotes the address, password and all
    if url.drivername not in ("postgresql", "postgres", "postgresql+pg8000"):
        raise unknown
    options = {name: value for name, value in url.query.items() if isinstance(value, str)}
    host, port, mode = (options.pop(name, None) for name in ("host", "port", "sslmode"))
    if options or (host and not host.startswith("/")):
        raise unknown
    arguments: dict[str, Any] = {"timeout": 30}  # seconds, of a connection and of each answer
    if host:  # libpq's way of naming the folder of a socket
        arguments["unix_sock"] = f"{host}/.s.PGSQL.{port or url.port or 5432}"
    if mode in ("require", "verify-ca", "verify-full"):
        arguments["ssl_context"] = _tls(verified=mode != "require")
    url = url.set(drivername="postgresql+pg8000", username=url.username or getpass.getuser(), query={})
    try:
        return sa.create_engine(url, connect_args=arguments, pool_pre_ping=True)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise LibraryError(
            "PostgreSQL cần gói pg8000; hãy cài: pip install 'cchc-assistant[postgresql]', hoặc bỏ trống "
            "CCHC_DATABASE_URL."
        ) from error


def _tls(*, verified: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _place(url: sa.URL) -> str:
    host = f"{url.host or 'trên máy này'}{f':{url.port}' if url.port else ''}"
    return f"{host}/{url.database or ''}"


def _code(error: Exception) -> str | None:
    """PostgreSQL's code of an error."""
    told = error.orig.args[0] if isinstance(error, DBAPIError) and error.orig and error.orig.args else None
    return str(told.get("C")) if isinstance(told, dict) else None


def _configure(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _insert(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows: SQLite's driver does it fastest one by one, pg8000 would ask the server once for each."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(table.insert(), rows)
        return
    for at in range(0, len(rows), _ROWS):
        connection.execute(table.insert().values(rows[at : at + _ROWS]))


def _note(connection: sa.Connection, document_id: str, sequence: int, *, removed: bool) -> None:
    """Remember a document's last change."""
    connection.execute(sa.delete(_CHANGES).where(_CHANGES.c.document_id == document_id))
    connection.execute(_CHANGES.insert().values(document_id=document_id, sequence=sequence, removed=removed))


def _chunk_row(chunk: Chunk) -> dict[str, Any]:
    period = periods.parse(chunk.period)
    years = sorted(period.years) if period else [None]
    return {
        "chunk_id": chunk.chunk_id,
        "document_id": chunk.document_id,
        "ordinal": chunk.ordinal,
        "place": chunk.place,
        "first_year": years[0],
        "last_year": years[-1],
        "record": json.dumps(asdict(chunk), ensure_ascii=False),
    }


def _excerpt(data: dict[str, Any]) -> Excerpt:
    spans, calls = (tuple((a, b) for a, b in data.get(name, ())) for name in ("spans", "calls"))
    return Excerpt(spans, tuple(data["pieces"]), calls)


def _footnotes(data: list[dict[str, Any]]) -> tuple[Footnote, ...]:
    return tuple(Footnote(note["marker"], _excerpt(note["body"])) for note in data)


def _chunk(record: str) -> Chunk:
    data = json.loads(record)
    data["body"] = _excerpt(data["body"])
    data["section"] = tuple(data["section"])
    data["footnotes"] = _footnotes(data["footnotes"])
    data["heads"] = tuple((head, cell) for head, cell in data["heads"])
    return Chunk(**data)


def _record(document: Document, counts: dict[str, int]) -> str:
    """A document without text, chunks and what other tables say of it."""
    bare = replace(document, text="", chunks=(), also_as=(), figures=(), findings=())
    return json.dumps(asdict(bare) | {"counts": counts}, ensure_ascii=False)


def _document(record: str, also_as: Iterable[str] = ()) -> Document:
    data = json.loads(record)
    data.pop("counts", None)
    data["sections"] = tuple(Section(**{**section, "path": tuple(section["path"])}) for section in data["sections"])
    data["footnotes"] = _footnotes(data["footnotes"])
    data["related"] = tuple(data["related"])
    data["replaces"] = tuple(data.get("replaces", ()))
    data["recognised"] = tuple((page, confidence) for page, confidence in data.get("recognised", ()))
    data["doubtful"] = tuple(data.get("doubtful", ()))
    data["also_as"] = tuple(name for name in dict.fromkeys(also_as) if name != data["source"])
    data["chunks"] = data["figures"] = data["findings"] = ()
    return Document(**data)


def _copy_row(document_id: str, file: File) -> dict[str, Any]:
    return {
        "folder": file.folder,
        "source": file.source,
        "document_id": document_id,
        "sha256": file.sha256,
        "original": file.content,
    }


def _delete_copy(source: str, folder: str) -> sa.Delete:
    return sa.delete(_COPIES).where(_COPIES.c.source == source, _COPIES.c.folder == folder)


def _sharing(
    connection: sa.Connection, keys: Iterable[str], text: sa.ColumnElement[str] | None = None
) -> list[Document]:
    """The documents that have one of the keys, with their texts if the column is given."""
    ids = sa.select(_KEYS.c.document_id).where(_KEYS.c.key.in_(sorted(keys)))
    wanted = sa.literal("") if text is None else text
    query = sa.select(_DOCUMENTS.c.record, wanted).where(_DOCUMENTS.c.document_id.in_(ids))
    rows = connection.execute(query.order_by(_DOCUMENTS.c.document_id)).all()
    return [replace(_document(record), text=text) for record, text in rows]


def _relate(connection: sa.Connection, keys: frozenset[str]) -> None:
    """Bring what documents know of each other up to date, for those that have one of the keys."""
    telling = {key for key in keys if versions.relates(key)}
    for document in _sharing(connection, telling):
        held = _KEYS.c.document_id == document.document_id
        own = connection.execute(sa.select(_KEYS.c.key).where(held)).scalars()
        found = versions.relation(document, _sharing(connection, filter(versions.relates, own)))
        status = "superseded" if found.superseded_by else "current"
        if document.status == "digest":
            status = "digest"
        now = replace(document, related=found.related, superseded_by=found.superseded_by, status=status)
        if now != document:
            row = _DOCUMENTS.c.document_id == document.document_id
            (record,) = connection.execute(sa.select(_DOCUMENTS.c.record).where(row)).scalars()
            counts = json.loads(record)["counts"]
            connection.execute(_DOCUMENTS.update().where(row).values(status=status, record=_record(now, counts)))


def _upgrade(connection: sa.Connection) -> str:
    """Fill in what a library made by an older version does not say; the library's id."""
    if "indexed" in {column["name"] for column in sa.inspect(connection).get_columns("documents")}:
        connection.exec_driver_sql("ALTER TABLE documents DROP COLUMN indexed")  # marks, before there were numbers
        connection.exec_driver_sql("DROP TABLE IF EXISTS removed")
    for index in _CHUNKS.indexes:  # of places, since they are asked for
        index.create(connection, checkfirst=True)
    library_id = connection.execute(sa.select(_STATE.c.library_id)).scalar()
    if library_id is None:
        library_id = secrets.token_hex(8)
        connection.execute(_STATE.insert().values(id=1, library_id=library_id, sequence=0))
    _add_keys(connection)
    noted = sa.select(_CHANGES.c.document_id)
    unknown = connection.execute(sa.select(_DOCUMENTS.c.document_id).where(_DOCUMENTS.c.document_id.not_in(noted)))
    if ids := unknown.scalars().all():
        raised = _STATE.update().values(sequence=_STATE.c.sequence + 1).returning(_STATE.c.sequence)
        sequence = connection.execute(raised).scalar_one()
        _insert(connection, _CHANGES, [{"document_id": i, "sequence": sequence, "removed": False} for i in ids])
    return str(library_id)


def _add_keys(connection: sa.Connection) -> None:
    """Documents had no keys once."""
    known = sa.select(_KEYS.c.document_id)
    query = sa.select(_DOCUMENTS.c.record, _DOCUMENTS.c.text).where(_DOCUMENTS.c.document_id.not_in(known))
    for record, text in connection.execute(query).all():
        document = replace(_document(record), text=text)
        ids = {"document_id": document.document_id}
        chunks = connection.execute(sa.select(_CHUNKS.c.record).filter_by(**ids).order_by(_CHUNKS.c.ordinal))
        counts = replace(document, chunks=tuple(map(_chunk, chunks.scalars()))).counts
        connection.execute(_DOCUMENTS.update().filter_by(**ids).values(record=_record(document, counts)))
        _insert(connection, _KEYS, [{"key": key, **ids} for key in sorted(versions.keys(document))])
