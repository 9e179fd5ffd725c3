"""The truth: documents, their text and chunks. The one door of SQLAlchemy (SQLite now).

Vectors and word index are derived from it. Each put or removal leaves a mark until both indexes have followed, so that
after a kill at any moment the next start knows what to bring into agreement.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from vectorstore import periods
from vectorstore.records import Chunk, Document, Excerpt, Filters, Footnote, Section

_FILE = "library.sqlite3"
_METADATA = sa.MetaData()

_DOCUMENTS = sa.Table(
    "documents",
    _METADATA,
    sa.Column("document_id", sa.String, primary_key=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("folder", sa.String, nullable=False),
    sa.Column("sha256", sa.String, nullable=False),
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
_REMOVED = sa.Table("removed", _METADATA, sa.Column("document_id", sa.String, primary_key=True))


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
        try:
            _METADATA.create_all(self._engine)
        except SQLAlchemyError as error:
            raise LibraryError(
                f"Không mở được thư viện trong «{folder}»; hãy kiểm tra quyền ghi và dung lượng đĩa, hoặc chọn thư mục "
                "khác bằng --data-dir."
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    # Reading

    def documents(self) -> list[Document]:
        """All documents in the order of their ids, without text and chunks."""
        query = sa.select(_DOCUMENTS.c.record).order_by(_DOCUMENTS.c.document_id)
        return [_document(record) for record in self._column(query)]

    def is_empty(self) -> bool:
        """Whether no document is held."""
        return not self._column(sa.select(_DOCUMENTS.c.document_id).limit(1))

    def head(self, document_id: str) -> Document | None:
        """A document without text and chunks."""
        records = self._column(sa.select(_DOCUMENTS.c.record).where(_DOCUMENTS.c.document_id == document_id))
        return _document(records[0]) if records else None

    def document(self, document_id: str) -> Document | None:
        """A document whole, with text and chunks."""
        rows = self._rows(
            sa.select(_DOCUMENTS.c.record, _DOCUMENTS.c.text).where(_DOCUMENTS.c.document_id == document_id)
        )
        if not rows:
            return None
        record, text = rows[0]
        return replace(_document(record), text=text, chunks=tuple(self.chunks_of(document_id)))

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
        """Sections, footnotes, tables, rows and chunks of a document."""
        document = self.document(document_id)
        return document.counts if document else {}

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """A document's chunks in reading order."""
        query = sa.select(_CHUNKS.c.record).where(_CHUNKS.c.document_id == document_id).order_by(_CHUNKS.c.ordinal)
        return [_chunk(record) for record in self._column(query)]

    def chunks(self, chunk_ids: Sequence[str]) -> dict[str, Chunk]:
        """The chunks of these ids that exist."""
        found: dict[str, Chunk] = {}
        for at in range(0, len(chunk_ids), 500):
            query = sa.select(_CHUNKS.c.chunk_id, _CHUNKS.c.record).where(
                _CHUNKS.c.chunk_id.in_(chunk_ids[at : at + 500])
            )
            found.update({chunk_id: _chunk(record) for chunk_id, record in self._rows(query)})
        return found

    def allowed(self, filters: Filters) -> set[str] | None:
        """The ids of the chunks that pass the filters; None where all do."""
        if not filters:
            return None
        query = sa.select(_CHUNKS.c.chunk_id)
        if filters.places:
            query = query.where(_CHUNKS.c.place.in_(filters.places))
        if filters.years:
            touched = [sa.and_(_CHUNKS.c.first_year <= y, _CHUNKS.c.last_year >= y) for y in filters.years]
            query = query.where(sa.or_(*touched))
        if filters.document_ids:
            query = query.where(_CHUNKS.c.document_id.in_(filters.document_ids))
        if filters.document_types:
            wanted = sa.select(_DOCUMENTS.c.document_id).where(_DOCUMENTS.c.type.in_(filters.document_types))
            query = query.where(_CHUNKS.c.document_id.in_(wanted))
        return set(self._column(query))

    def same_file(self, source: str, folder: str) -> str | None:
        """The document made from this file name and folder."""
        query = sa.select(_DOCUMENTS.c.document_id).where(_DOCUMENTS.c.source == source, _DOCUMENTS.c.folder == folder)
        ids = self._column(query)
        return str(ids[0]) if ids else None

    def samples(self) -> list[str]:
        """Ids of the documents that were added as samples."""
        return self._column(sa.select(_DOCUMENTS.c.document_id).where(_DOCUMENTS.c.sample))

    def unindexed(self) -> tuple[list[str], list[str]]:
        """Documents whose chunks the indexes may not hold yet, and removed ones that they may still hold."""
        put = self._column(sa.select(_DOCUMENTS.c.document_id).where(~_DOCUMENTS.c.indexed))
        removed = self._column(sa.select(_REMOVED.c.document_id))
        return put, removed

    # Writing

    def put(self, document: Document, original: bytes, folder: str, *, sample: bool = False) -> None:
        """Store a document whole, in place of the one with its id; both indexes have to follow."""
        record = json.dumps(asdict(replace(document, text="", chunks=())), ensure_ascii=False)
        rows = [_chunk_row(chunk) for chunk in document.chunks]
        with self._begin() as connection:
            self._delete(connection, document.document_id)
            connection.execute(
                _DOCUMENTS.insert().values(
                    document_id=document.document_id,
                    source=document.source,
                    folder=folder,
                    sha256=document.sha256,
                    status=document.status,
                    sample=sample,
                    type=document.type,
                    record=record,
                    text=document.text,
                    original=original,
                    indexed=False,
                )
            )
            if rows:
                connection.execute(_CHUNKS.insert(), rows)

    def remove(self, document_ids: Iterable[str]) -> None:
        """Take documents out; both indexes have to follow."""
        with self._begin() as connection:
            for document_id in document_ids:
                self._delete(connection, document_id)
                connection.execute(sa.delete(_REMOVED).where(_REMOVED.c.document_id == document_id))
                connection.execute(_REMOVED.insert().values(document_id=document_id))

    def mark_indexed(self, put: Iterable[str], removed: Iterable[str]) -> None:
        """The indexes have followed."""
        with self._begin() as connection:
            for document_id in put:
                connection.execute(
                    _DOCUMENTS.update().where(_DOCUMENTS.c.document_id == document_id).values(indexed=True)
                )
            for document_id in removed:
                connection.execute(sa.delete(_REMOVED).where(_REMOVED.c.document_id == document_id))

    def _delete(self, connection: sa.Connection, document_id: str) -> None:
        connection.execute(sa.delete(_CHUNKS).where(_CHUNKS.c.document_id == document_id))
        connection.execute(sa.delete(_DOCUMENTS).where(_DOCUMENTS.c.document_id == document_id))
        connection.execute(sa.delete(_REMOVED).where(_REMOVED.c.document_id == document_id))

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
    return Excerpt(tuple((a, b) for a, b in data["spans"]), tuple(data["pieces"]))


def _footnotes(data: list[dict[str, Any]]) -> tuple[Footnote, ...]:
    return tuple(Footnote(note["marker"], _excerpt(note["body"])) for note in data)


@lru_cache(maxsize=4096)
def _chunk(record: str) -> Chunk:
    """A chunk from its record; kept by the record itself, so that a changed document is never read from memory."""
    data = json.loads(record)
    data["body"] = _excerpt(data["body"])
    data["section"] = tuple(data["section"])
    data["footnotes"] = _footnotes(data["footnotes"])
    data["heads"] = tuple((head, cell) for head, cell in data["heads"])
    return Chunk(**data)


@lru_cache(maxsize=512)
def _document(record: str) -> Document:
    data = json.loads(record)
    data["sections"] = tuple(Section(**{**section, "path": tuple(section["path"])}) for section in data["sections"])
    data["footnotes"] = _footnotes(data["footnotes"])
    data["related"] = tuple(data["related"])
    data["chunks"] = ()
    return Document(**data)
