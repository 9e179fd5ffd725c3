"""The truth: documents, their text and chunks. The one door of SQLAlchemy (SQLite now).

Vectors and word index are derived from it. Each put or removal leaves a mark until both indexes have followed, so that
after a kill at any moment the next start knows what to bring into agreement.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from vectorstore import periods, places, versions
from vectorstore.records import Chunk, Document, Excerpt, Filters, Footnote, Section

_FILE = "library.sqlite3"
_METADATA = sa.MetaData()

_DOCUMENTS = sa.Table(
    "documents",
    _METADATA,
    sa.Column("document_id", sa.String, primary_key=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("folder", sa.String, nullable=False),
    sa.Column("sha256", sa.String, nullable=False, index=True),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("sample", sa.Boolean, nullable=False),
    sa.Column("type", sa.String),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("original", sa.LargeBinary, nullable=False),
    sa.Column("indexed", sa.Boolean, nullable=False),
)
_CHUNKS = sa.Table(
    "chunks",
    _METADATA,
    sa.Column("chunk_id", sa.String, primary_key=True),
    sa.Column("document_id", sa.String, nullable=False, index=True),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("place", sa.String),
    sa.Column("first_year", sa.Integer),
    sa.Column("last_year", sa.Integer),
    sa.Column("record", sa.Text, nullable=False),
)
_COPIES = sa.Table(  # other files of a document that is held
    "copies",
    _METADATA,
    sa.Column("folder", sa.String, primary_key=True),
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("document_id", sa.String, nullable=False, index=True),
    sa.Column("sha256", sa.String, nullable=False, index=True),
    sa.Column("original", sa.LargeBinary, nullable=False),
)
_COPY_ORDER = (_COPIES.c.source, _COPIES.c.folder)
_KEYS = sa.Table(  # what documents share with their copies, relatives and other versions
    "keys",
    _METADATA,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("document_id", sa.String, primary_key=True, index=True),
)
_REMOVED = sa.Table("removed", _METADATA, sa.Column("document_id", sa.String, primary_key=True))


@dataclass(frozen=True, slots=True)
class File:
    """A file that was taken in: its name, the folder that tells it from others of that name, and its bytes."""

    source: str
    folder: str
    sha256: str
    content: bytes


class LibraryError(Exception):
    """The library can't be opened or written; the message says what to do."""


class Library:
    """The documents in one data folder. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        """Open the library in `folder`, which is made when missing.

        Raises:
            LibraryError: the folder can't be made or written, or the file in it is no library.
        """
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(
                f"Không tạo được thư mục dữ liệu «{folder}» ({error.strerror}); hãy chọn thư mục khác bằng --data-dir."
            ) from error
        self._engine = sa.create_engine(f"sqlite:///{folder / _FILE}", connect_args={"timeout": 30})
        sa.event.listen(self._engine, "connect", _configure)
        self._known = _Known(self._engine)
        try:
            _METADATA.create_all(self._engine)
            _upgrade(self._engine)
        except SQLAlchemyError as error:
            raise LibraryError(
                f"Không mở được thư viện trong «{folder}»; hãy kiểm tra quyền ghi và dung lượng đĩa, hoặc chọn thư mục "
                "khác bằng --data-dir."
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        self._known.close()
        self._engine.dispose()

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

    def is_empty(self) -> bool:
        """Whether no document is held."""
        return not self._column(sa.select(_DOCUMENTS.c.document_id).limit(1))

    def head(self, document_id: str) -> Document | None:
        """A document without text and chunks."""
        return self._known.get(("head", document_id), lambda: self._read_head(document_id))

    def _read_head(self, document_id: str) -> Document | None:
        records = self._column(sa.select(_DOCUMENTS.c.record).where(_DOCUMENTS.c.document_id == document_id))
        return _document(records[0], self._also_as(document_id)) if records else None

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
        for at in range(0, len(missing), 500):
            query = sa.select(_CHUNKS.c.chunk_id, _CHUNKS.c.record).where(
                _CHUNKS.c.chunk_id.in_(missing[at : at + 500])
            )
            read = {chunk_id: _chunk(record) for chunk_id, record in self._rows(query)}
            self._known.hold(read, version)
            found.update(read)
        return found

    def allowed(self, filters: Filters) -> set[str] | None:
        """The ids of the chunks that pass the filters; None where all do."""
        if not filters:
            return None
        query = sa.select(_CHUNKS.c.chunk_id)
        if filters.places:
            held = self._column(sa.select(_CHUNKS.c.place).distinct())
            meant = [place for place in held if any(places.same(place, wanted) for wanted in filters.places)]
            query = query.where(_CHUNKS.c.place.in_(meant))
        if filters.years:
            touched = [sa.and_(_CHUNKS.c.first_year <= y, _CHUNKS.c.last_year >= y) for y in filters.years]
            query = query.where(sa.or_(*touched))
        if filters.document_ids:
            query = query.where(_CHUNKS.c.document_id.in_(filters.document_ids))
        if filters.document_types:
            wanted = sa.select(_DOCUMENTS.c.document_id).where(_DOCUMENTS.c.type.in_(filters.document_types))
            query = query.where(_CHUNKS.c.document_id.in_(wanted))
        return set(self._column(query))

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
        with self._begin() as connection:
            return _sharing(connection, keys, _DOCUMENTS.c.text)

    def samples(self) -> list[str]:
        """Ids of the documents that were added as samples."""
        return self._column(sa.select(_DOCUMENTS.c.document_id).where(_DOCUMENTS.c.sample))

    def unindexed(self) -> tuple[list[str], list[str]]:
        """Documents whose chunks the indexes may not hold yet, and removed ones that they may still hold."""
        put = self._column(sa.select(_DOCUMENTS.c.document_id).where(~_DOCUMENTS.c.indexed))
        removed = self._column(sa.select(_REMOVED.c.document_id))
        return put, removed

    # Writing

    def put(
        self, document: Document, original: bytes, folder: str, *, sample: bool = False, aside: File | None = None
    ) -> None:
        """Store a document whole, in place of the one with its id; both indexes have to follow. `aside` is the file
        that it was read from until now, kept as a copy."""
        rows = [_chunk_row(chunk) for chunk in document.chunks]
        with self._begin() as connection:
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
                    indexed=False,
                )
            )
            if rows:
                connection.execute(_CHUNKS.insert(), rows)
            keys = versions.keys(document)
            connection.execute(
                _KEYS.insert(), [{"key": key, "document_id": document.document_id} for key in sorted(keys)]
            )
            _relate(connection, touched | keys)

    def put_copy(self, document_id: str, file: File) -> None:
        """Remember another file of a document."""
        with self._begin() as connection:
            connection.execute(_delete_copy(file.source, file.folder))
            connection.execute(_COPIES.insert().values(_copy_row(document_id, file)))

    def remove_copy(self, source: str, folder: str) -> None:
        """Forget one of the other files of a document."""
        with self._begin() as connection:
            connection.execute(_delete_copy(source, folder))

    def remove(self, document_ids: Iterable[str]) -> None:
        """Take documents out, with their copies; both indexes have to follow."""
        with self._begin() as connection:
            touched: frozenset[str] = frozenset()
            for document_id in document_ids:
                touched |= self._delete(connection, document_id)
                connection.execute(sa.delete(_COPIES).where(_COPIES.c.document_id == document_id))
                connection.execute(_REMOVED.insert().values(document_id=document_id))
            _relate(connection, touched)

    def mark_indexed(self, put: Iterable[str], removed: Iterable[str]) -> None:
        """The indexes have followed."""
        with self._begin() as connection:
            for document_id in put:
                connection.execute(
                    _DOCUMENTS.update().where(_DOCUMENTS.c.document_id == document_id).values(indexed=True)
                )
            for document_id in removed:
                connection.execute(sa.delete(_REMOVED).where(_REMOVED.c.document_id == document_id))

    def _delete(self, connection: sa.Connection, document_id: str) -> frozenset[str]:
        """Take out all but a document's copies; the keys that it had."""
        keys = connection.execute(sa.select(_KEYS.c.key).where(_KEYS.c.document_id == document_id)).scalars().all()
        for table in (_CHUNKS, _DOCUMENTS, _REMOVED, _KEYS):
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
            with self._engine.connect() as connection:
                return connection.execute(query).all()
        except SQLAlchemyError as error:
            raise LibraryError(
                f"Không đọc được thư viện trong «{self.folder}»; hãy kiểm tra tệp {_FILE} và quyền đọc."
            ) from error

    def _begin(self) -> _Transaction:
        return _Transaction(self._engine, self.folder)


T = TypeVar("T")


class _Known:
    """What was read from the library and still holds: emptied as soon as anybody, in this process or another, wrote to
    it (SQLite's `data_version` says so). Safe to share between threads."""

    _MOST = 20_000

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._watch: sa.Connection | None = None
        self._version: int | None = None
        self._values: dict[Hashable, Any] = {}

    def get(self, key: Hashable, read: Callable[[], T]) -> T:
        """The value of a key, read where it is not known."""
        version, found = self.held([key])
        if key in found:
            value: T = found[key]
            return value
        made = read()
        self.hold({key: made}, version)
        return made

    def held(self, keys: Iterable[Hashable]) -> tuple[int, dict[Any, Any]]:
        """The version of the library, and the values that are known of it."""
        with self._lock:
            if self._watch is None:
                self._watch = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            version = int(self._watch.exec_driver_sql("PRAGMA data_version").scalar_one())
            if version != self._version:
                self._values.clear()
                self._version = version
            return version, {key: self._values[key] for key in keys if key in self._values}

    def hold(self, values: Mapping[Any, Any], version: int) -> None:
        """Remember values that were read once the library had reached a version, unless it has moved on."""
        with self._lock:
            if version != self._version:
                return
            if len(self._values) + len(values) > self._MOST:
                self._values.clear()
            self._values.update(values)

    def close(self) -> None:
        with self._lock:
            if self._watch is not None:
                self._watch.close()
                self._watch = None


class _Transaction:
    """A write transaction whose failures become `LibraryError`."""

    def __init__(self, engine: sa.Engine, folder: Path) -> None:
        self._context = engine.begin()
        self._folder = folder

    def __enter__(self) -> sa.Connection:
        try:
            return self._context.__enter__()
        except SQLAlchemyError as error:
            raise self._failure() from error

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        try:
            self._context.__exit__(kind, error, trace)
        except SQLAlchemyError as failed:
            raise self._failure() from failed
        if isinstance(error, SQLAlchemyError):
            raise self._failure() from error

    def _failure(self) -> LibraryError:
        return LibraryError(
            f"Không ghi được vào thư viện trong «{self._folder}»; hãy kiểm tra dung lượng đĩa và quyền ghi rồi làm lại."
        )


def _configure(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


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
    bare = replace(document, text="", chunks=(), also_as=())
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
    data["chunks"] = ()
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


def _upgrade(engine: sa.Engine) -> None:
    """Fill in what a library made before documents had keys does not say."""
    with engine.begin() as connection:
        known = sa.select(_KEYS.c.document_id)
        query = sa.select(_DOCUMENTS.c.record, _DOCUMENTS.c.text).where(_DOCUMENTS.c.document_id.not_in(known))
        for record, text in connection.execute(query).all():
            document = replace(_document(record), text=text)
            ids = {"document_id": document.document_id}
            chunks = connection.execute(sa.select(_CHUNKS.c.record).filter_by(**ids).order_by(_CHUNKS.c.ordinal))
            counts = replace(document, chunks=tuple(map(_chunk, chunks.scalars()))).counts
            connection.execute(_DOCUMENTS.update().filter_by(**ids).values(record=_record(document, counts)))
            connection.execute(_KEYS.insert(), [{"key": key, **ids} for key in sorted(versions.keys(document))])
