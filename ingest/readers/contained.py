"""A reader in a process of its own, bounded in time and memory.

PDFium, Tesseract and the decoders of images are C programs that read files from outside: what crashes, hangs or eats
memory there ends that process, not ours. The process is given the file and nothing else of ours: no settings, no keys.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from ingest.readers.forms import Decoded, Unreadable

SECONDS = 1_200
"""For a file as a whole; recognising pages takes most of it."""
CPU_SECONDS = 240
"""For each process of it: a page that is never done uses it up long before the time of the file is over."""
MEMORY = 4 * 2**30
"""Bytes of addresses for each process of it."""

_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "TESSDATA_PREFIX", "TMPDIR", "LANG", "LC_ALL")
_CHILD = "from ingest.readers import contained; contained.answer()"


def decode(reader: str, content: bytes, name: str) -> Decoded:
    """What the module `reader` decodes.

    Raises:
        Unreadable: as the reader does; or it crashed, took too long or too much memory.
        RuntimeError: the reader failed in another way; its traceback.
    """
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd="/",
        env={
            **{key: os.environ[key] for key in _ENVIRONMENT if key in os.environ},
            "PYTHONPATH": os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path),
            "OPENBLAS_NUM_THREADS": "1",  # its threads reserve memory by the number of cores
        },
        start_new_session=True,  # so that Tesseract is ended with it
    )
    head = json.dumps({"reader": reader, "name": name, "limits": [CPU_SECONDS, MEMORY]}).encode()
    try:
        said, complained = process.communicate(b"%s\n%s" % (head, content), SECONDS)
    except BaseException as error:  # interrupted, too: nothing of it is left behind
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise _late(name) from error
        raise
    if process.returncode == -signal.SIGXCPU:
        raise _late(name)
    if process.returncode < 0:
        raise Unreadable(
            f"«{name}» làm bộ đọc dừng đột ngột, có thể tệp bị hỏng; hãy mở bằng trình đọc, lưu (in) lại thành tệp mới "
            "rồi nạp lại."
        )
    if process.returncode:
        raise RuntimeError(complained.decode("utf-8", "replace"))
    answer = json.loads(said)
    if "refusal" in answer:
        raise Unreadable(answer["refusal"])
    pages, recognised = (tuple(map(tuple, answer[name])) for name in ("pages", "recognised"))
    return Decoded(answer["text"], pages, tuple(answer["remarks"]), recognised, tuple(answer["doubtful"]))


def _late(name: str) -> Unreadable:
    return Unreadable(f"Đọc «{name}» mất quá nhiều thời gian; hãy tách thành nhiều tệp nhỏ hơn hoặc lưu (in) lại tệp.")


def answer() -> None:
    """The other side: reads what to do from standard input, writes the outcome to standard output."""
    asked = json.loads(sys.stdin.buffer.readline())
    seconds, memory = asked["limits"]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    name = asked["name"]
    try:
        decoded = import_module(asked["reader"]).decode(sys.stdin.buffer.read(), name)
        outcome = asdict(decoded)
    except Unreadable as error:
        outcome = {"refusal": str(error)}
    except MemoryError:
        outcome = {"refusal": f"Đọc «{name}» cần quá nhiều bộ nhớ; hãy tách thành nhiều tệp nhỏ hơn rồi nạp lại."}
    sys.stdout.write(json.dumps(outcome))
