"""Several processes, each with a data folder of its own, over one PostgreSQL and one Chroma server."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from workbench import DATA, NEWS, PLAN, YEARLY, FakeEmbedder

from ui.assemble import Parts, assemble
from ui.cli import main
from ui.settings import Settings
from vectorstore.records import entries
from vectorstore.store import OtherModel

ROOT = Path(__file__).resolve().parents[1]

Host = Callable[[str], Parts]


@pytest.fixture
def host(tmp_path: Path, database: str, chroma: str) -> Iterator[Host]:
    """The parts of a program on a host of this name."""
    with ExitStack() as opened:

        def assembled(name: str) -> Parts:
            folder = tmp_path / name
            parts = assemble(
                Settings(
                    data_dir=folder, database_url=database, chroma_url=chroma, embedding_model=None, llm_model=None
                )
            )
            parts.embedder = FakeEmbedder()
            opened.callback(parts.close)
            return parts

        yield assembled


def found(parts: Parts, query: str) -> list[str]:
    """The documents that a search finds, the best first."""
    return list(dict.fromkeys(hit.chunk.document_id for hit in parts.searcher.search(query, 5)))


def test_each_sees_at_once_what_another_took_in_replaced_and_forgot(host: Host, tmp_path: Path) -> None:
    one, other = host("một"), host("hai")
    report = tmp_path / YEARLY
    shutil.copyfile(DATA / YEARLY, report)
    assert found(other, "bảo trì hệ thống") == []
    one.pipeline.ingest([report, DATA / PLAN])
    assert found(other, "bảo trì hệ thống")[0] == found(one, "bảo trì hệ thống")[0] == "bao_cao_nam"
    report.write_text(report.read_text(encoding="utf-8").replace("bảo trì", "nâng cấp"), encoding="utf-8")
    one.pipeline.ingest([report])
    for parts in (one, other):
        (best, *_) = parts.searcher.search("nâng cấp hệ thống", 1)
        assert "nâng cấp" in best.chunk.text + "".join(note.body.reading.text for note in best.chunk.footnotes)
        assert not any("bảo trì" in hit.chunk.text for hit in parts.searcher.search("bảo trì hệ thống"))
    other.pipeline.ingest([DATA / NEWS])  # the other way
    assert "diem_tin" in {document.document_id for document in one.library.documents()}
    one.pipeline.forget("bao_cao_nam")
    assert "bao_cao_nam" not in found(other, "nâng cấp hệ thống")


def test_vectors_are_there_for_all_without_words_in_common(host: Host) -> None:
    one, other = host("một"), host("hai")
    one.pipeline.ingest([DATA / YEARLY])
    assert other.store.count() == one.store.count() == one.lexical.count() > 0
    other.pipeline.settle()
    assert other.lexical.count() == one.lexical.count()
    assert other.store.followed() == other.lexical.followed == one.lexical.followed


def test_both_may_take_in_at_the_same_time(host: Host, tmp_path: Path) -> None:
    hosts = [host("một"), host("hai")]
    folders = []
    for number, name in enumerate((YEARLY, NEWS)):
        folder = tmp_path / f"reports-{number}"
        folder.mkdir()
        for copy in range(4):
            text = (DATA / name).read_text(encoding="utf-8").replace("318/BC-SYT", f"{number}{copy}/BC-SYT")
            (folder / f"tep_{number}_{copy}.txt").write_text(f"{text}\nDòng thêm {number} {copy}.\n", encoding="utf-8")
        folders.append(folder)
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(parts.pipeline.ingest, [folder]) for parts, folder in zip(hosts, folders, strict=True)]
        outcomes = [outcome for job in jobs for outcome in job.result()]
    assert {outcome.status for outcome in outcomes} <= {"added", "copy"}
    for parts in hosts:
        parts.pipeline.settle()
    one, other = hosts
    assert one.library.documents() == other.library.documents()
    assert one.store.count() == one.lexical.count() == other.lexical.count()


def test_reindex_with_another_model_stops_the_others_until_they_follow(host: Host) -> None:
    one, other = host("một"), host("hai")
    one.pipeline.ingest([DATA / YEARLY])
    assert found(other, "bảo trì")
    one.embedder = FakeEmbedder("mô-hình-khác", 32)
    assert one.reindex() == 1
    assert one.store.count() == one.lexical.count()
    with pytest.raises(OtherModel, match=r"«mô-hình-khác».*«fake-words»"):
        found(other, "bảo trì")
    again = host("hai")
    again.embedder = FakeEmbedder("mô-hình-khác", 32)
    assert found(again, "bảo trì") == ["bao_cao_nam"]


_CHILD = """
import sys
from pathlib import Path
from ui.assemble import assemble
from ui.settings import Settings
from workbench import FakeEmbedder
data, database, chroma, folder = sys.argv[1:]
parts = assemble(Settings(data_dir=Path(data), database_url=database, chroma_url=chroma, embedding_model=None))
parts.embedder = FakeEmbedder()
parts.library, parts.store, parts.lexical
print("ready", flush=True)
parts.pipeline.ingest([Path(folder)])
"""


def test_host_that_was_killed_while_taking_in_is_mended_by_another(
    host: Host, tmp_path: Path, database: str, chroma: str
) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    other = host("hai")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), str(ROOT)])}
    command = [sys.executable, "-c", _CHILD, str(tmp_path / "một"), database, chroma, str(folder)]
    for moment in range(3):
        for number in range(6):
            text = (DATA / YEARLY).read_text(encoding="utf-8").replace("318/BC-SYT", f"4{number}/BC-SYT")
            (folder / f"bao_cao_{number}.txt").write_text(f"{text}\nThay lần {moment}.\n", encoding="utf-8")
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None and child.stdout.readline() == "ready\n"
            time.sleep(0.05 + 0.3 * moment)
            child.kill()
        other.pipeline.settle()
        held = [c for d in other.library.documents() for c in other.library.chunks_of(d.document_id)]
        assert sum(len(entries(chunk)) for chunk in held) == other.store.count() == other.lexical.count()
    assert {outcome.status for outcome in other.pipeline.ingest([folder])} <= {"added", "replaced", "unchanged"}
    assert found(other, "thay lần 2")
    one = host("một")  # starts where it was killed
    one.pipeline.settle()
    assert one.lexical.count() == other.lexical.count() == one.store.count()


def test_commands_of_two_hosts_work_on_one_library(
    tmp_path: Path, database: str, chroma: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CCHC_DATABASE_URL", database)
    monkeypatch.setenv("CCHC_CHROMA_URL", chroma)

    def run(host: str, *arguments: str) -> str:
        code = main([*arguments, "--data-dir", str(tmp_path / host)])
        told = capsys.readouterr()
        assert code == 0, told.err
        return told.out

    apart = [sys.executable, "-m", "ui.cli", "ingest", str(DATA / YEARLY), "--data-dir", str(tmp_path / "một")]
    subprocess.run(apart, env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=tmp_path, check=True, capture_output=True)
    passages = json.loads(run("hai", "search", "bảo trì hệ thống", "--json"))["passages"]
    assert passages[0]["document_id"] == "bao_cao_nam"
    said = run("hai", "doctor")
    assert "PostgreSQL 127.0.0.1" in said and f"máy chủ Chroma {chroma}" in said and "khớp với thư viện" in said
    assert "m%E1" not in said and "mật khẩu" not in said
    assert "1 tài liệu" in run("hai", "reindex")
    run("hai", "forget", "bao_cao_nam")
    assert "trống" in run("một", "documents")
