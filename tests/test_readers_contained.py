"""A reader that crashes, hangs or eats memory ends its own process; the file is refused in one sentence."""

import json
import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingest import readers
from ingest.readers import Decoded, Unreadable, contained

Contain = Callable[[str], Decoded]


@pytest.fixture
def contain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Contain:
    """Decode with a reader that does what the test says."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def decode(body: str) -> Decoded:
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        head = "import ctypes, json, os, subprocess, sys, time\nfrom ingest.readers import Decoded, Unreadable\n"
        (tmp_path / "hostile_reader.py").write_text(f"{head}def decode(content, name):\n{lines}\n", encoding="utf-8")
        return contained.decode("hostile_reader", b"%PDF\n\x00\xff", "a.pdf")

    return decode


def test_what_the_reader_gives_comes_back_whole(contain: Contain) -> None:
    assert contain(
        "assert content == b'%PDF\\n\\x00\\xff'\n"
        "return Decoded('Số 1\\t¹\\n«ệ»', ((0, 1), (3, 2)), (name,), ((2, 61),), (2,))"
    ) == Decoded("Số 1\t¹\n«ệ»", ((0, 1), (3, 2)), ("a.pdf",), ((2, 61),), (2,))


def test_refusal_of_the_reader_comes_back(contain: Contain) -> None:
    with pytest.raises(Unreadable, match="bị khoá"):
        contain("raise Unreadable(f'«{name}» bị khoá')")


@pytest.mark.parametrize("crash", ["ctypes.string_at(0)", "os.abort()", "os.kill(os.getpid(), 9)"])
def test_crash_is_a_refusal(contain: Contain, crash: str) -> None:
    with pytest.raises(Unreadable, match="làm bộ đọc dừng đột ngột"):
        contain(crash)


def test_fault_of_the_program_is_no_refusal(contain: Contain) -> None:
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        contain("1 / 0")


def test_reader_that_hangs_is_ended_with_all_it_started(
    contain: Contain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contained, "SECONDS", 2)
    started = tmp_path / "started"
    with pytest.raises(Unreadable, match="quá nhiều thời gian"):
        contain(f"open({str(started)!r}, 'w').write(str(subprocess.Popen(['sleep', '60']).pid))\ntime.sleep(60)")
    for _ in range(100):
        state = Path("/proc", started.read_text(), "stat")
        if not state.exists() or " Z " in state.read_text():
            return
        time.sleep(0.05)
    pytest.fail("still there")


def test_reader_that_is_never_done_uses_up_its_time(contain: Contain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contained, "CPU_SECONDS", 1)
    with pytest.raises(Unreadable, match="quá nhiều thời gian"):
        contain("while True: pass")


def test_memory_is_bounded(contain: Contain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contained, "MEMORY", 2**30)
    with pytest.raises(Unreadable, match="quá nhiều bộ nhớ"):
        contain("bytearray(2**31)")


def test_settings_are_not_handed_on(contain: Contain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCHC_LLM_API_KEY", "secret")
    seen = json.loads(contain("return Decoded(json.dumps(dict(os.environ)))").text)
    assert "secret" not in seen.values()
    assert seen["PATH"] == os.environ["PATH"]


def test_threads_may_read_at_once(contain: Contain) -> None:
    contain("return Decoded(content.decode('latin-1') + name)")
    with ThreadPoolExecutor(3) as threads:
        read = [threads.submit(contained.decode, "hostile_reader", b"%d" % n, "a") for n in range(3)]
        assert [each.result().text for each in read] == ["0a", "1a", "2a"]


def test_worker_process_that_may_have_no_children_may_read(contain: Contain) -> None:
    contain("return Decoded('đọc được')")
    with multiprocessing.get_context("spawn").Pool(1) as pool:  # its processes are daemons
        assert pool.apply(contained.decode, ("hostile_reader", b"", "a.pdf")).text == "đọc được"


@pytest.mark.parametrize("name", ["a.pdf", "a.png", "a.TIF"])
def test_files_for_c_programs_are_read_apart(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contained, "decode", lambda *_: Decoded("riêng"))
    assert readers.decode(b"%PDF", name).text == "riêng"
    assert readers.decode(b"chung", "a.txt").text == "chung"
