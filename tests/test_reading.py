"""Files read one after the other or in processes of their own: the same documents, in the same order."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from functools import partial

import pytest
from workbench import DATA, NEWS, PLAN, QUARTERLY, YEARLY

from ingest import reading
from ingest.readers import Unreadable
from ingest.reading import File, Read, read_all

NAMES = (YEARLY, PLAN, QUARTERLY, NEWS)


def files(*names: str) -> list[File]:
    return [File(name, "thư mục", (DATA / name).read_bytes) for name in names]


def documents(read: list[Read]) -> list[object]:
    return [replace(one.document, ingested_at="") if one.document else one.refused for one in read]


def always(_source: str, _size: int) -> float:
    """As if each file took long to read."""
    return 60.0


def test_processes_read_the_same_in_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    here = list(read_all(files(*NAMES)))
    monkeypatch.setattr(reading, "_seconds", always)
    there = list(read_all(files(*NAMES), processes=2))
    assert documents(there) == documents(here)
    assert [one.file.source for one in there] == list(NAMES)
    assert all(one.document is not None and one.seconds > 0 for one in there)


def test_little_work_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_count: int) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(reading, "_processes", fail)
    assert len(list(read_all(files(*NAMES), processes=8))) == 4


def test_unwanted_files_are_not_read() -> None:
    read = list(read_all(files(*NAMES), lambda file, sha256: file.source == PLAN and len(sha256) == 64))
    assert [one.file.source for one in read if one.document] == [PLAN]
    assert all(one.content and one.refused is None for one in read)


def test_refusals_stand_in_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> bytes:
        raise Unreadable("Không đọc được.")

    given = [File("a.txt", "", refuse), *files(PLAN), File("b.txt", "", partial(bytes, 0))]
    monkeypatch.setattr(reading, "_seconds", always)
    for processes in (1, 2):
        first, second, third = read_all(given, processes=processes)
        assert (first.refused, second.refused) == ("Không đọc được.", None)
        assert third.refused is not None and third.refused.startswith("Tệp «b.txt» trống")


def die(source: str, content: bytes, sha256: str) -> object:
    """What a process does that a file brings down."""
    if source == PLAN:
        os.kill(os.getpid(), signal.SIGKILL)
    return reading._work(source, content, sha256)


def test_file_that_brings_its_process_down_is_refused_and_the_others_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real: Callable[..., Future[object]] = ProcessPoolExecutor.submit

    def submit(self: ProcessPoolExecutor, work: object, *given: object) -> Future[object]:
        return real(self, die, *given)

    monkeypatch.setattr(reading, "_seconds", always)
    monkeypatch.setattr(ProcessPoolExecutor, "submit", submit)
    read = list(read_all(files(*NAMES), processes=2))
    assert [one.document is not None for one in read] == [True, False, True, True]
    assert read[1].refused == reading.fault(PLAN)
