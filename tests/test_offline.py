"""With all outside network blocked nothing fails, and nothing outside is even asked for."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
QUESTION = "Năm 2022 Sở Y tế Kon Tum có bao nhiêu hồ sơ trễ hạn?"

# Imported by every Python that starts with its folder on the path: writes down and refuses whatever asks for another
# machine, by name or by address. An audit hook sees all of Python's sockets, whichever library opens them.
GUARD = """
import os
import sys


def _is_here(host):
    host = host.decode() if isinstance(host, bytes) else host
    return host is None or host in ("", "localhost", "::", "::1", "0.0.0.0") or str(host).startswith("127.")


def _watch(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        if not isinstance(address, tuple) or _is_here(address[0]):
            return
        wanted = address[:2]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"):
        wanted = args[0][0] if isinstance(args[0], tuple) else args[0]
        if _is_here(wanted):
            return
    else:
        return
    with open(os.environ["NETWORK_RECORD"], "a", encoding="utf-8") as record:
        record.write(f"{event} {wanted}\\n")
    raise OSError(f"the test refuses {event} to {wanted}")


sys.addaudithook(_watch)
"""


class Guarded:
    """Runs Python where nothing but loopback can be reached, and keeps what asked for more."""

    def __init__(self, folder: Path) -> None:
        self.record = folder / "record"
        self.data = folder / "data"
        (folder / "guard").mkdir()
        (folder / "guard" / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
        kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(("CCHC_", "HF_"))}
        self.environment = kept | {
            "NETWORK_RECORD": str(self.record),
            "PYTHONPATH": os.pathsep.join([str(folder / "guard"), str(ROOT)]),
            "HOME": str(folder),  # no cache of models, no settings of the machine
            "PYTHONIOENCODING": "utf-8",
        }
        self.folder = folder

    @property
    def attempts(self) -> list[str]:
        return self.record.read_text(encoding="utf-8").splitlines() if self.record.exists() else []

    def python(self, *arguments: str, within: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*within, sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
        )

    def cchc(self, *commands: Sequence[str], within: tuple[str, ...] = ()) -> list[str]:
        """What each of some commands prints, in one process; they succeed."""
        asked = json.dumps([[*command, "--data-dir", str(self.data)] for command in commands])
        done = self.python("-c", COMMANDS, asked, within=within)
        assert done.returncode == 0, done.stderr
        return done.stdout.split(END)[:-1]


END = "\x1e"
COMMANDS = f"""
import json, sys
from ui.cli import main
for command in json.loads(sys.argv[1]):
    if code := main(command):
        sys.exit(code)
    print(end={END!r}, flush=True)
"""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    return Guarded(tmp_path_factory.mktemp("offline"))


@pytest.fixture(scope="module")
def printed(guarded: Guarded, samples: Path) -> list[str]:
    """What the commands print under guard, beginning with an empty library."""
    return guarded.cchc(
        ["ingest", str(samples)],
        ["documents", "--json"],
        ["ask", QUESTION, "--json"],
        ["search", "hồ sơ trễ hạn", "--json"],
    )


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), 1)",
        "import socket; socket.getaddrinfo('example.org', 80)",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "import urllib.request; urllib.request.urlopen('http://192.0.2.1/', timeout=1)",
        "import asyncio; asyncio.run(asyncio.open_connection('192.0.2.1', 80))",
    ],
    ids=["connect", "resolve", "datagram", "urllib", "asyncio"],
)
def test_guard_sees_and_refuses_what_asks_for_another_machine(attempt: str, tmp_path: Path) -> None:
    probe = Guarded(tmp_path)
    done = probe.python("-c", attempt)
    assert done.returncode == 1 and "the test refuses" in done.stderr
    assert len(probe.attempts) >= 1


def test_ingesting_asking_and_searching_ask_nothing_of_the_network(guarded: Guarded, printed: list[str]) -> None:
    _, documents, answer, found = printed
    assert len(json.loads(documents)) == 5
    assert is_right(json.loads(answer))
    assert json.loads(found)["passages"]
    assert guarded.attempts == []


def is_right(answer: dict[str, Any]) -> bool:
    return (answer["status"], answer["computation"]) == ("answered", "1 + 1 + 4 + 3 + 0 = 9")


@pytest.fixture(scope="module")
def address(guarded: Guarded, printed: list[str]) -> Iterator[str]:
    """Of a real server under guard, over what the commands took in."""
    command = [sys.executable, "-m", "ui.cli", "serve", "--port", "0", "--data-dir", str(guarded.data)]
    with (
        (guarded.folder / "errors").open("w+", encoding="utf-8") as errors,
        subprocess.Popen(
            command,
            cwd=guarded.folder,
            env=guarded.environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
        ) as server,
    ):
        assert server.stdout is not None
        try:
            ready = next((line for line in server.stdout if line.startswith("Sẵn sàng: ")), None)
            errors.seek(0)
            assert ready, errors.read()
            yield ready.partition(": ")[2].strip()
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)


def fetch(url: str, body: object = None) -> bytes:
    request = urllib.request.Request(url)
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as response:
        content = response.read()
    assert isinstance(content, bytes)
    return content


def test_serving_page_and_api_asks_nothing_of_the_network(guarded: Guarded, address: str) -> None:
    assert is_right(json.loads(fetch(f"{address}/api/v1/ask", {"question": QUESTION})))
    assert json.loads(fetch(f"{address}/api/v1/search", {"query": "hồ sơ trễ hạn"}))["passages"]
    assert len(json.loads(fetch(f"{address}/api/v1/documents"))) == 5
    assert json.loads(fetch(f"{address}/health/ready"))
    assert b"<html" in fetch(f"{address}/").lower()
    assert b"<html" in fetch(f"{address}/docs").lower()
    assert guarded.attempts == []


def test_all_of_it_works_where_there_is_no_network_at_all(samples: Path, tmp_path: Path) -> None:
    """In a network namespace of its own, which what is not Python cannot leave either."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("system package: util-linux")
    alone = next(
        (
            within
            for within in ((unshare, "-n"), (unshare, "-r", "-n"))
            if subprocess.run([*within, "true"], capture_output=True, check=False).returncode == 0
        ),
        None,
    )
    if alone is None:
        pytest.skip("this system lets nobody make a network namespace")
    made = Guarded(tmp_path)
    interfaces = made.python("-c", "import socket; print([name for _, name in socket.if_nameindex()])", within=alone)
    assert interfaces.stdout.strip() == "['lo']", interfaces
    _, answer = made.cchc(["ingest", str(samples)], ["ask", QUESTION, "--json"], within=alone)
    assert is_right(json.loads(answer))
    assert made.attempts == []
