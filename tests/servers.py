"""Real servers for tests, each in a folder of its own on a free port of loopback: PostgreSQL and Chroma."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

_PATIENCE = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL server; the address of its database "postgres", for a user whose password is "mật khẩu"."""
    with TemporaryDirectory(prefix="cchc-postgresql-") as folder:  # pytest's own folders are for its user alone
        yield from _serve_postgresql(Path(folder))


def _serve_postgresql(folder: Path) -> Iterator[str]:
    programs = _postgresql_programs()
    user: list[str] = []
    if os.geteuid() == 0:  # which the server refuses
        owner = next(name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()})
        who = pwd.getpwnam(owner)
        user = ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups"]
        os.chown(folder, who.pw_uid, who.pw_gid)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [*user, str(programs / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            timeout=_PATIENCE,
        )

    port = free_port()
    password = folder / "password"
    password.write_text("mật khẩu\n", encoding="utf-8")
    password.chmod(0o644)
    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "cchc", "-E", "UTF8", "--no-locale", "-N", "-A", "md5", f"--pwfile={password}")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=50"
    run("pg_ctl", "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql://cchc:m%E1%BA%ADt%20kh%E1%BA%A9u@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")


def _postgresql_programs() -> Path:
    """Debian keeps the server's programs out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if found:
        return found[-1].parent
    on_path = shutil.which("pg_ctl")
    if on_path is None:
        pytest.skip("system package: postgresql")
    return Path(on_path).resolve().parent


@contextmanager
def chroma(folder: Path, port: int | None = None) -> Iterator[str]:
    """A Chroma server; its address."""
    port = port or free_port()
    program = Path(sys.executable).parent / "chroma"
    command = [str(program), "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(f"{url}/api/v2/heartbeat")
            yield url
        finally:
            server.kill()


def _wait_for(url: str) -> None:
    ends = time.monotonic() + _PATIENCE
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > ends:
                raise
            time.sleep(0.05)
