"""Where a library is: SQLite in the data folder, or a PostgreSQL database."""

from __future__ import annotations

import getpass
import ssl
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

FILE = "library.sqlite3"


class LibraryError(Exception):
    """The library can't be opened or written; the message says what to do."""


def sqlite(folder: Path) -> sa.Engine:
    engine = sa.create_engine(f"sqlite:///{folder / FILE}", connect_args={"timeout": 30})
    sa.event.listen(engine, "connect", _configure)
    return engine


def postgresql(given: str) -> sa.Engine:
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


def address(url: sa.URL) -> str:
    host = f"{url.host or 'trên máy này'}{f':{url.port}' if url.port else ''}"
    return f"{host}/{url.database or ''}"


def code(error: Exception) -> str | None:
    """PostgreSQL's code of an error."""
    told = error.orig.args[0] if isinstance(error, DBAPIError) and error.orig and error.orig.args else None
    return str(told.get("C")) if isinstance(told, dict) else None


def _configure(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
