"""What was read from the library and still holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class Known:
    """Values that are remembered until the library moves on, whoever wrote to it. Safe to share between threads."""

    _MOST = 20_000

    def __init__(self, read_version: Callable[[], int], steady: float = 0.0) -> None:
        """`read_version` asks the library how far it is; its answer is taken to hold for `steady` seconds."""
        self._read_version = read_version
        self._steady = steady
        self._lock = threading.Lock()
        self._version = -1
        self._asked = -float("inf")
        self._values: dict[Hashable, Any] = {}

    def version(self) -> int:
        """The library's version right now."""
        with self._lock:
            return self._ask()

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
            if time.monotonic() - self._asked >= self._steady:
                self._ask()
            return self._version, {key: self._values[key] for key in keys if key in self._values}

    def hold(self, values: Mapping[Any, Any], version: int) -> None:
        """Remember values that were read once the library had reached a version, unless it has moved on."""
        with self._lock:
            if version != self._version:
                return
            if len(self._values) + len(values) > self._MOST:
                self._values.clear()
            self._values.update(values)

    def _ask(self) -> int:
        version = self._read_version()
        if version != self._version:
            self._values.clear()
            self._version = version
        self._asked = time.monotonic()
        return version
