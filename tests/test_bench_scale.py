"""`cchc bench scale` builds libraries of the wanted size, measures them in a fresh process, and tells what it found."""

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from evals import bench_scale, plot
from evals.bench_scale import MILLION, Built, Scale, Times
from evals.synthetic import PER_DOCUMENT, as_written, documents
from ui import cli

REPORT = (
    "Sở Y tế tỉnh Kon Tum năm 2022 nhận 930 hồ sơ, trong đó 921 hồ sơ được giải quyết đúng hạn; các phòng đã rà soát, "
    "đơn giản hóa 45 thủ tục hành chính theo Kế hoạch số 205/KH-SYT, và báo cáo kết quả trước ngày 14 của tháng sau. "
) * 40


def test_documents_have_the_passages_asked_for_and_quote_their_text() -> None:
    made = list(documents([REPORT], 1_000))
    chunks = [(document, chunk) for document in made for chunk in document.chunks]
    assert len(chunks) == 1_000
    assert all(
        document.text[a:b] == p for document, c in chunks for (a, b), p in zip(c.body.spans, c.body.pieces, strict=True)
    )
    assert len({chunk.chunk_id for _, chunk in chunks}) == 1_000
    assert max(len(document.chunks) for document in made) <= PER_DOCUMENT
    assert 100 < sum(len(chunk.text) for _, chunk in chunks) / 1_000 < 160
    assert len({document.place for document in made}) > 5


def test_texts_come_as_written_before_their_copies() -> None:
    written = as_written([REPORT])
    first = [chunk.text for document in documents([REPORT], 2 * written) for chunk in document.chunks]
    assert all(text in REPORT for text in first[:written])
    assert not all(text in REPORT for text in first[written:])
    assert as_written(["…", ""]) == 0


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("scale")
    libraries, out = folder / "libraries", folder / "out"
    assert cli.main(["bench", "scale", "--chunks", "2000", "--folder", str(libraries), "--out", str(out)]) == 0
    return libraries, out


def test_each_size_is_built_measured_and_written_down(measured: tuple[Path, Path]) -> None:
    _, out = measured
    (size,) = json.loads((out / "scale.json").read_text(encoding="utf-8"))["sizes"]
    assert size["built"]["chunks"] == 2_000
    assert 0.99 <= size["recall"] <= 1
    assert set(size["queries"]) == {"vectors", "words", "search", "place", "group"}
    assert all(0 < times["p50"] <= times["p95"] for times in size["queries"].values())
    assert all(size["built"]["disk"][part] > 0.1 for part in ("library", "vectors", "words"))
    assert 50 < size["memory"] < 8_000
    assert 0 < size["add"] <= size["add_most"]
    lines = (out / "scale.md").read_text(encoding="utf-8").splitlines()
    assert "như nguyên văn" in lines[0] and lines[2] == "| Số đoạn | 2000 |"
    assert ElementTree.parse(out / "scale.svg").getroot().tag.endswith("svg")


def test_library_that_was_built_is_measured_again_with_the_same_questions(
    measured: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    libraries, _ = measured
    built = (libraries / "2000" / "bench.json").stat().st_mtime_ns
    assert cli.main(["bench", "scale", "--chunks", "2000", "--folder", str(libraries)]) == 0
    out = capsys.readouterr().out
    assert (libraries / "2000" / "bench.json").stat().st_mtime_ns == built
    assert re.search(r"^Số đoạn\t2000$", out, re.MULTILINE)
    assert re.search(r"^recall@10 của chỉ mục véc-tơ\t1,000$|\t0,99\d$", out, re.MULTILINE)


def test_folder_left_half_built_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "2000").mkdir()
    assert cli.main(["bench", "scale", "--chunks", "2000", "--folder", str(tmp_path)]) == 1
    assert str(tmp_path / "2000") in capsys.readouterr().err


def test_folder_without_text_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.txt").write_text("…\n", encoding="utf-8")
    assert cli.main(["bench", "scale", "--texts", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err


PARTS = {"library": 1.0, "vectors": 2.0, "words": 3.0}
GOOD = Scale(
    Built(MILLION, 6_667, {**PARTS, "embedding": 4.0, "all": 10.0}, PARTS, (), ()),
    2.0,
    2.5,
    {query: Times(20, 60) for query in ("vectors", "words", "search", "place", "group")},
    0.5,
    1.0,
    4_000,
    0.99,
)


def test_a_million_passages_are_held_to_the_limits() -> None:
    assert bench_scale.misses([GOOD]) == []
    slow = replace(GOOD, queries=GOOD.queries | {"place": Times(20, 240)}, first_search=4, add_most=2.1, recall=0.97)
    assert len(bench_scale.misses([slow])) == 4
    small = replace(slow, built=replace(GOOD.built, chunks=10_000))
    assert bench_scale.misses([small]) == []


def test_plot_has_a_curve_for_each_name() -> None:
    drawn = plot.svg([plot.Panel("<Thời gian>", "số đoạn", {"a & b": [(1e4, 2.0), (1e6, 90.0)], "c": [(1e4, 0.5)]})])
    root = ElementTree.fromstring(drawn)
    names = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"<Thời gian>", "a & b", "c", "10.000", "1.000.000", "0,1", "100"} <= set(names)
    (line, _) = root.iter("{http://www.w3.org/2000/svg}polyline")
    (left, low), (right, high) = (map(float, spot.split(",")) for spot in line.attrib["points"].split())
    assert left < right and high < low
