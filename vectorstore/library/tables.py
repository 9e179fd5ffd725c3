"""The tables of a library, and how rows come into them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

_ROWS = 500  # rows of one INSERT
METADATA = sa.MetaData()
NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")  # one order everywhere, by code points

DOCUMENTS = sa.Table(
    "documents",
    METADATA,
    sa.Column("document_id", NAME, primary_key=True),
    sa.Column("source", NAME, nullable=False),
    sa.Column("folder", NAME, nullable=False),
    sa.Column("sha256", sa.String, nullable=False, index=True),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("sample", sa.Boolean, nullable=False),
    sa.Column("type", sa.String),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("original", sa.LargeBinary, nullable=False),
)
CHUNKS = sa.Table(
    "chunks",
    METADATA,
    sa.Column("chunk_id", NAME, primary_key=True),
    sa.Column("document_id", NAME, nullable=False, index=True),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("place", sa.String, index=True),
    sa.Column("first_year", sa.Integer),
    sa.Column("last_year", sa.Integer),
    sa.Column("record", sa.Text, nullable=False),
)
COPIES = sa.Table(  # other files of a document that is held
    "copies",
    METADATA,
    sa.Column("folder", NAME, primary_key=True),
    sa.Column("source", NAME, primary_key=True),
    sa.Column("document_id", NAME, nullable=False, index=True),
    sa.Column("sha256", sa.String, nullable=False, index=True),
    sa.Column("original", sa.LargeBinary, nullable=False),
)
MANY = 500
"""How many ids are asked for in one query."""
COPY_ORDER = (COPIES.c.source, COPIES.c.folder)
KEYS = sa.Table(  # what documents share with their copies, relatives and other versions
    "keys",
    METADATA,
    sa.Column("key", NAME, primary_key=True),
    sa.Column("document_id", NAME, primary_key=True, index=True),
)
STATE = sa.Table(  # one row
    "state",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("library_id", sa.String, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)
CHANGES = sa.Table(
    "changes",
    METADATA,
    sa.Column("document_id", NAME, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False, index=True),
    sa.Column("removed", sa.Boolean, nullable=False),
)
FIGURES = sa.Table(  # in columns what people ask for, in the record the rest
    "figures",
    METADATA,
    sa.Column("document_id", NAME, primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("chunk", sa.Integer, nullable=False),
    sa.Column("indicator", sa.Text, nullable=False),
    sa.Column("breakdown", sa.Text),
    sa.Column("words", sa.Text, nullable=False),  # of indicator, breakdown and unit, as they are searched
    sa.Column("value", sa.Numeric),  # to compare and sort by; the record has it to the last digit
    sa.Column("unit", sa.String),
    sa.Column("nature", sa.String, nullable=False),
    sa.Column("place", sa.String, index=True),
    sa.Column("body", sa.Text),
    sa.Column("period", sa.String),
    sa.Column("first_year", sa.Integer),
    sa.Column("last_year", sa.Integer),
    sa.Column("record", sa.Text, nullable=False),
)
FINDINGS = sa.Table(
    "findings",
    METADATA,
    sa.Column("document_id", NAME, primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),  # ordinals of chunks, each with its footnotes' markers; spans
)
LEDGERS = sa.Table(  # which reading found a document's figures and findings, as of which of the document's changes
    "ledgers",
    METADATA,
    sa.Column("document_id", NAME, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("reading", sa.Integer),
)


def insert(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows: SQLite's driver does it fastest one by one, pg8000 would ask the server once for each."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(table.insert(), rows)
        return
    for at in range(0, len(rows), _ROWS):
        connection.execute(table.insert().values(rows[at : at + _ROWS]))
