"""How fast reports are read: text to document and chunks, without indexes, in CPU time of one core.

The text is made from reports that are handed in, with other places, periods and figures each time, so that no cache
knows it; so is what reads it. Nothing here is about whether what was read is right: that is what the tests are for.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from vectorstore import places

FLOOR = 300_000
"""Bytes of text (UTF-8) that are to be read in a second."""
_MEGABYTE = 1_000_000
_NUMBER = re.compile(r"(?<![\w/.,-])\d{2,3}(?![\w/.,-])")  # no part of a date or a document's number
_YEAR = re.compile(r"\b20[12]\d\b")


@dataclass(frozen=True, slots=True)
class Reading:
    """How long it took to read some texts. `peak` is the most memory that the process has held so far, in bytes, where
    the system tells."""

    name: str
    documents: int
    bytes: int
    seconds: float
    peak: int | None

    @property
    def rate(self) -> float:
        """Bytes a second."""
        return self.bytes / self.seconds if self.seconds else float("inf")


def varied(reports: Sequence[str], size: int, seed: int = 0) -> Iterator[str]:
    """Reports like these, together at least `size` bytes long, no two alike."""
    chance = random.Random(seed)
    names = sorted(places.provinces())
    written = 0
    while written < size:
        report = reports[chance.randrange(len(reports))]
        for mention in {report[m.start : m.end] for m in places.find(report)}:
            report = report.replace(mention, chance.choice(names))
        shift = chance.randrange(-3, 4)
        report = _YEAR.sub(partial(_later, by=shift), report)
        report = _NUMBER.sub(lambda match: str(chance.randrange(10, 999)), report)
        written += len(report.encode())
        yield report


def _later(year: re.Match[str], by: int) -> str:
    return str(int(year[0]) + by)


def joined(reports: Sequence[str], size: int, seed: int = 0) -> str:
    """One long document: a report with the bodies of others below its own."""
    return "\n\n".join(varied(reports, size, seed))


def measure(name: str, read: Callable[[str], object], texts: Iterable[str]) -> Reading:
    """Read the texts one after another; making them is not counted."""
    documents = size = 0
    seconds = 0.0
    for text in texts:
        documents += 1
        size += len(text.encode())
        begun = time.process_time()
        read(text)
        seconds += time.process_time() - begun
    return Reading(name, documents, size, seconds, peak())


def readings(read: Callable[[str], object], reports: Sequence[str], megabytes: Iterable[int]) -> Iterator[Reading]:
    """Each size as many documents, then as one."""
    for count in megabytes:
        size = count * _MEGABYTE
        yield measure(f"{count} MB, nhiều văn bản", read, varied(reports, size))
        yield measure(f"{count} MB, một văn bản", read, [joined(reports, size)])


def peak() -> int | None:
    """The most memory that the process has held so far, in bytes, where the system tells."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else held * 1024
