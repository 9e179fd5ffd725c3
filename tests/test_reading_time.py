"""Reading takes time in proportion to the text, whatever stands in it; and `evals/bench_reading.py` measures it."""

import subprocess
import sys
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import pytest
from workbench import document, read

from evals import bench_reading
from ingest.pipeline import SAMPLES
from ui import cli

ROOT = Path(__file__).resolve().parents[1]
SENTENCE = "Sở đã nhận 1.245 hồ sơ, trong đó trả đúng hạn 1.240 hồ sơ, đạt 99,6% trong quý I/2022. "
LETTERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def counted(form: str) -> Callable[[int], str]:
    """Text of a length that repeats a form with a number that counts up."""

    def text(size: int) -> str:
        return "".join(form.format(n=n, up=str(n).translate(LETTERS)) for n in range(1, 1 + size // len(form)))

    return text


def repeated(*parts: str) -> Callable[[int], str]:
    return lambda size: "".join(islice(cycle(parts), size * len(parts) // sum(map(len, parts))))


NASTY: dict[str, Callable[[int], str]] = {
    "one line": repeated(SENTENCE),
    "one small letter": repeated("a"),
    "one capital": repeated("A"),
    "digits": repeated("1"),
    "points": repeated("."),
    "exclamation marks": repeated("!"),
    "blanks": lambda size: f"Số {' ' * size}x",
    "empty lines": lambda size: f"Việc đã xong{chr(10) * size}và việc khác",
    "tabs": repeated("\t"),
    "bars": repeated("|"),
    "open brackets": repeated("["),
    "open images": repeated("!["),
    "open tags": repeated("<a"),
    "stars": repeated("*a "),
    "superscripts": repeated("¹"),
    "capitals": repeated("SỞ Y TẾ "),
    "names with dashes": repeated("An-"),
    "document numbers": repeated("Quyết định số 1/QĐ-SYT "),
    "dates": repeated("từ ngày 1/2/2022 đến ngày 3/4/2022 "),
    "bounds": repeated("không quá 12 "),
    "short lines": repeated("ab cd\n"),
    "broken lines": repeated("Sở đã giao việc và tổ chức thực hiện các nhiệm vụ được tỉnh giao trong\n"),
    "footnotes": lambda size: counted("Việc {n} xong{up}.\n")(size // 2) + counted("{up} Ghi chú {n}\n")(size // 2),
    "footnotes in brackets": lambda size: counted("Việc [{n}].\n")(size // 2) + counted("[{n}] Là\n")(size // 2),
    "footnotes glued": lambda size: counted("Việc xong{n}.\n")(size // 2) + counted("{n} Là\n")(size // 2),
    "footnotes of Markdown": lambda size: "# A\n# B\n" + counted("Việc[^{n}]\n\n[^{n}]: Là\n\n")(size),
    "displaced items": repeated("- Kế hoạch số 1/KH-SYT ngày 1/2/2022.\n", "và việc khác\n"),
    "headings": repeated("# A\n", "## B\n", "### C\n", "#### D\n", "##### E\n", "###### F\n"),
    "lists": repeated("- Gồm:\n", "+ Gồm:\n", "* Gồm:\n"),
    "rows": lambda size: "STT\tTên\tSố\n" + counted("{n}\tViệc {n}\t{n}\n")(size),
    "rows of Markdown": lambda size: "| STT | Tên |\n|---|---|\n" + counted("| {n} | Việc {n} |\n")(size),
    "groups of Markdown": lambda size: "| STT | Tên | Số |\n|---|---|---|\n" + counted("| {n} | Việc | |\n")(size),
    "wide row": lambda size: ("a\t" * (size // 4) + "\n") * 2,
    "stacked cells": repeated("|\n", "|\n", "abc\n"),
    "page numbers": counted("{n}\n\n"),
    "running heads": counted("SỞ Y TẾ\n\nSở đã rà soát toàn bộ quy trình và\n\n- {n} -\n\ncông bố danh mục.\n\n"),
    "annexes": repeated("PHỤ LỤC\n"),
    "signatures": repeated("Nơi nhận:\nGIÁM ĐỐC\n"),
    "front matter": lambda size: "---\n" + repeated("a: b\n")(size),
}


@pytest.mark.parametrize("make", NASTY.values(), ids=NASTY)
def test_four_times_the_text_takes_about_four_times_as_long(make: Callable[[int], str]) -> None:
    def ratio() -> float:
        taken = []
        for size in (20_000, 80_000):
            text = make(size)
            begun = time.process_time()
            document(text)
            taken.append(time.process_time() - begun)
        return (taken[1] - 0.3) / taken[0]

    assert ratio() < 8 or ratio() < 8 or ratio() < 8  # other work may slow a machine for a while


def test_samples_with_other_names_and_figures_are_read_at_the_rate_that_is_promised() -> None:
    reports = [read(path).text for path in sorted(SAMPLES.iterdir())]
    found = list(bench_reading.readings(document, reports, [1]))
    assert [(done.documents > 1, done.bytes >= 1_000_000) for done in found] == [(True, True), (False, True)]
    assert min(done.rate for done in found) > bench_reading.FLOOR


def test_varied_reports_differ_and_keep_their_form() -> None:
    report = "Sở Y tế tỉnh Kon Tum năm 2022 nhận 930 hồ sơ theo Kế hoạch số 205/KH-SYT ngày 14/01/2022."
    made = list(bench_reading.varied([report], 2_000))
    assert len(set(made)) > 0.9 * len(made)
    assert all("số 205/KH-SYT ngày 14/01/" in text and "Sở Y tế tỉnh " in text for text in made)
    assert made == list(bench_reading.varied([report], 2_000))


def test_bench_prints_the_rate_of_each_reading() -> None:
    """In a process of its own, as it is meant to be run: what other tests left in memory slows this one down."""
    command = [sys.executable, "-m", "ui.cli", "bench", "reading", "--megabytes", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert [line.split("\t")[0] for line in lines[1:]] == ["1 MB, nhiều văn bản", "1 MB, một văn bản"]


def test_bench_without_a_measurement_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench"]) == 2
    assert "cchc bench --help" in capsys.readouterr().err
