"""Ingestion killed with SIGKILL at many moments: the next start finds library, vectors and words in agreement, with the
old or the new version of each document, never half of one."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from workbench import DATA, NEWS, PLAN, QUARTERLY, YEARLY, Shelf, shelf

TESTS = Path(__file__).parent
MOMENTS = 10

_CHILD = """
import sys
from pathlib import Path
from workbench import shelf
with shelf(Path(sys.argv[1])) as opened:
    opened.store, opened.lexical  # what is slow to open is not what is tested
    print("ready", flush=True)
    opened.pipeline.ingest([Path(sys.argv[2])], prune=True)
    print("done", flush=True)
"""


@contextmanager
def ingesting(data: Path, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that is about to ingest a folder."""
    command = [sys.executable, "-c", _CHILD, str(data), str(folder)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        try:
            yield child
        finally:
            child.kill()


def versions(one: Shelf) -> dict[str, tuple[str, ...]]:
    """Each document's passages."""
    ids = [document.document_id for document in one.library.documents()]
    return {document_id: tuple(chunk.text for chunk in one.library.chunks_of(document_id)) for document_id in ids}


def indexed(one: Shelf) -> tuple[int, int, int]:
    return one.expected_entries(), one.store.count(), one.lexical.count()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten reports as they are first: four apart, six of one make."""
    made = tmp_path / "reports"
    made.mkdir()
    for name in (YEARLY, PLAN, QUARTERLY, NEWS):
        shutil.copyfile(DATA / name, made / name)
    for number in range(6):
        text = (DATA / YEARLY).read_text(encoding="utf-8").replace("318/BC-SYT", f"4{number}/BC-SYT")
        (made / f"bao_cao_{number}.txt").write_text(text, encoding="utf-8")
    return made


def change(folder: Path) -> None:
    """Some reports become others, one leaves, one comes."""
    for path in sorted(folder.glob("bao_cao_?.txt")):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("bảo trì", "nâng cấp") + "\nMột đoạn thêm vào cuối.\n", encoding="utf-8")
    (folder / PLAN).unlink()
    text = (folder / YEARLY).read_text(encoding="utf-8").replace("318/BC-SYT", "99/BC-SYT")
    (folder / "bao_cao_moi.txt").write_text(text, encoding="utf-8")


def test_killed_at_any_moment_old_or_new_is_there_and_all_agree(tmp_path: Path, folder: Path) -> None:
    with shelf(tmp_path / "before") as one:
        one.pipeline.ingest([folder])
        old = versions(one)
    change(folder)
    shutil.copytree(tmp_path / "before", tmp_path / "after")
    with ingesting(tmp_path / "after", folder) as child:
        started = time.perf_counter()
        assert child.stdout is not None and child.stdout.readline() == "done\n"
        whole = time.perf_counter() - started
    with shelf(tmp_path / "after") as one:
        new = versions(one)
    assert old.keys() - new.keys() == {"ke_hoach"} and new.keys() - old.keys() == {"bao_cao_moi"}
    changed = [name for name in old.keys() & new.keys() if old[name] != new[name]]
    assert len(changed) == 6

    seen: set[int] = set()
    for moment in range(MOMENTS):
        data = tmp_path / f"killed-{moment}"
        shutil.copytree(tmp_path / "before", data)
        with ingesting(data, folder) as child:
            time.sleep(whole * (moment + 0.5) / MOMENTS)
            child.send_signal(signal.SIGKILL)
            child.wait()
        with shelf(data) as one:
            found = versions(one)
            one.pipeline.settle()
            for name, passages in found.items():
                assert passages in (old.get(name), new.get(name)), name
            assert len(set(indexed(one))) == 1
            assert one.is_settled()
            seen.add(sum(found[name] == new[name] for name in changed))
            one.pipeline.ingest([folder], prune=True)
            assert versions(one) == new
            assert len(set(indexed(one))) == 1
        shutil.rmtree(data)
    assert len(seen) > 1, "every kill came before or after all the work"
