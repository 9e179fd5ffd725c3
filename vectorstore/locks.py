"""Who goes first among the processes of one host: a lock on a file, which the system lets go when its holder dies."""

from __future__ import annotations

import fcntl
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PAUSE = 0.02


@contextmanager
def held(path: Path, wait: float = math.inf) -> Iterator[bool]:
    """Hold the lock of a file, which is made when missing; False where another still held it after `wait` seconds."""
    with path.open("a") as file:

        def take() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        taken = until(take, wait, _PAUSE)
        try:
            yield taken
        finally:
            if taken:  # said aloud, because a process forked meanwhile has the file open too
                fcntl.flock(file, fcntl.LOCK_UN)


def until(attempt: Callable[[], bool], wait: float, pause: float) -> bool:
    """Whether an attempt succeeded, made again and again for `wait` seconds, once at least."""
    ends = time.monotonic() + wait
    while not attempt():
        if time.monotonic() >= ends:
            return False
        time.sleep(pause)
    return True
