"""`cchc bench`: the parts that measurements need, put together; the measuring itself is in `evals/`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ui.terminal import Refused, WrongUse, complain, progress, seconds, table

if TYPE_CHECKING:
    from evals.bench_retrieval import Row
    from evals.benchmarks import Benchmark
    from evals.cases import Case
    from evals.run import Finds
    from ui.assemble import Parts
    from ui.settings import Settings
    from vectorstore.embedding import Embedder
    from vectorstore.records import Chunk, Document

_PART = 50_000  # characters of a text from which a library is made to be measured


def reading(megabytes: Sequence[int]) -> bool:
    """How fast texts are read; whether that is fast enough."""
    from evals.bench_reading import FLOOR, readings
    from ingest import readers
    from ingest.pipeline import SAMPLES
    from ingest.reading import read_document

    def read(text: str) -> object:
        return read_document("do-toc-do", "do-toc-do.txt", readers.Decoded(text), "")

    reports = [readers.read(path).decoded.text for path in sorted(SAMPLES.iterdir())]
    slow = False
    rows = []
    with progress("Đang đo") as step:
        for done in readings(read, reports, megabytes):
            peak = f"{done.peak / 1e6:.0f}" if done.peak else ""
            row = [done.name, str(done.documents), seconds(done.seconds), f"{done.rate / 1000:.0f}", peak]
            rows.append(row)
            slow = slow or done.rate < FLOOR
            step(len(rows), 2 * len(megabytes))
    table(["Phép đo", "Văn bản", "Giây CPU", "kB/giây", "Bộ nhớ đỉnh (MB)"], rows)
    if slow:
        complain(f"Chậm hơn {FLOOR // 1000} kB mỗi giây.", 1)
    return not slow


def retrieval(sets: Sequence[Path], documents: Path | None, data: Path | None, out: Path | None) -> bool:
    """How much is found, beside what others would find; whether there was anything to measure."""
    from evals.bench_retrieval import measure, table_of, ways, write
    from evals.benchmarks import BenchmarkRefused, Text, of_cases, of_folder
    from evals.cases import CasesRefused, own_sets, read_cases
    from ingest.pipeline import SAMPLES

    try:
        cases = read_cases(sets or own_sets())
        public = of_folder(data) if data else []
    except (CasesRefused, BenchmarkRefused) as error:
        raise WrongUse(str(error)) from error
    rows: list[Row] = []

    def run(benchmark: Benchmark, shelf: _Shelf) -> None:
        with progress(f"Đang đo {benchmark.name}") as step:
            for done, way in enumerate(ways(benchmark, shelf), 1):
                rows.append(measure(benchmark, way))
                step(done, max(done + 1, 9))

    with _shelf() as shelf:
        shelf.take_in(documents or SAMPLES)
        known = shelf.documents()
        texts = [Text(d.document_id, d.source, shelf.parts.library.text(d.document_id) or "") for d in known]
        name = " ".join(path.stem for path in sets) or "bộ của dự án"
        run(of_cases(name, cases, texts), shelf)
    for benchmark in public:
        with _shelf() as shelf:
            run(benchmark, shelf)
    head, *lines = table_of(rows)
    table(head, lines)
    if out:
        write(rows, out)
        print(f"Đã ghi bảng vào {out}.", file=sys.stderr)
    return bool(rows)


def _cases(sets: Sequence[Path]) -> list[Case]:
    """The questions of some sets, or of the project's own."""
    from evals.cases import CasesRefused, own_sets, read_cases

    try:
        return read_cases(sets or own_sets())
    except CasesRefused as error:
        raise WrongUse(str(error)) from error


def answering(sets: Sequence[Path], documents: Path | None) -> list[str]:
    """How long answers take in a warm process, by kind of question; which limits were missed."""
    from evals.bench_answering import LONGEST, timed
    from ingest.pipeline import SAMPLES

    cases = _cases(sets)
    with _shelf() as shelf:
        shelf.take_in(documents or SAMPLES)
        with progress("Đang đo") as step:
            times = timed(shelf.parts.assistant, cases, on_step=step)
    rows = [[t.kind, str(len(t.seconds)), *(f"{t.at(percent):.0f}" for percent in (50, 95, 100))] for t in times]
    table(["Loại câu hỏi", "Số câu", "p50 (ms)", "p95 (ms)", "Lâu nhất (ms)"], rows)
    longest = times[0].at(95)
    return (
        [f"95% số câu trả lời cần tới {longest:.0f} ms, mức đặt ra là {1000 * LONGEST:.0f} ms"]
        if (longest > 1000 * LONGEST)
        else []
    )


def generative(sets: Sequence[Path], documents: Path | None, out: Path | None) -> int:
    """What readers are shown with language models of every kind; how many false figures."""
    from assistant.answering import Assistant
    from assistant.generative import Writer
    from evals import bench_generative
    from ingest.pipeline import SAMPLES

    if out and out.suffix.lower() not in (".csv", ".md"):
        raise WrongUse(f"«{out}» phải là tệp .csv hoặc .md.")
    cases = _cases(sets)
    with _shelf() as shelf:
        shelf.take_in(documents or SAMPLES)

        def made(url: str, name: str, timeout: float) -> Assistant:
            return Assistant(shelf.parts.finder, Writer(url, name, None, timeout))

        with progress("Đang đo") as step:
            rows = bench_generative.measure(cases, made, on_step=step)
    head, *lines = bench_generative.table_of(rows)
    table(head, lines)
    for line in bench_generative.wrongs(rows):
        print(line)
    if out:
        bench_generative.write(rows, out)
        print(f"Đã ghi bảng vào {out}.", file=sys.stderr)
    return len(rows[-1].wrong)


def scale(
    settings: Settings, sizes: Sequence[int], texts: Path | None, kept: Path | None, out: Path | None
) -> list[str]:
    """How search grows with the library; which limits were missed."""
    from evals import bench_scale
    from evals.cases import own_sets, read_cases
    from evals.synthetic import as_written
    from ingest.pipeline import SAMPLES
    from ui.assemble import assemble_in

    made_of = _texts(texts or SAMPLES)
    if not (real := as_written(made_of)):
        raise WrongUse(f"Không có tệp .txt hay .md nào có chữ trong «{texts}»; hãy chỉ thư mục khác.")
    questions = [case.question for case in read_cases(own_sets())]
    done = []
    with ExitStack() as opened:
        folder = kept or Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="cchc-")))
        step = opened.enter_context(progress("Đang đo"))
        for measured in bench_scale.scales(partial(assemble_in, settings), folder, made_of, questions, sizes):
            done.append(measured)
            step(len(done), len(sizes))
    said = (
        f"Mỗi đoạn khoảng 130 ký tự, cắt từ {len(made_of)} văn bản: {real} đoạn đầu như nguyên văn, phần còn lại "
        "(nếu có) là bản sao đổi địa bàn, thời gian và số liệu. Bản sao giống nhau nên chỉ mục véc-tơ khó tìm đúng hơn."
    )
    print(said)
    head, *rows = bench_scale.rows(done)
    table(head, rows)
    if out:
        bench_scale.write(out, done, said)
    return bench_scale.misses(done)


def _texts(folder: Path) -> list[str]:
    """The texts of a folder, long ones in parts, so that none takes long to be changed."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in (".txt", ".md"))
    texts = [path.read_text(encoding="utf-8") for path in paths]
    return [text[at : at + _PART] for text in texts for at in range(0, len(text), _PART)]


class _Shelf:
    """A library of its own, in a folder that goes away."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def take_in(self, folder: Path) -> None:
        """Read the files of a folder into it."""
        if not folder.is_dir():
            raise WrongUse(f"Không thấy thư mục «{folder}»; hãy kiểm tra lại đường dẫn.")
        with progress("Đang nạp tài liệu") as step:
            self.parts.pipeline.ingest([folder], on_outcome=lambda _, done, total: step(done, total))
        if self.parts.library.is_empty():
            raise Refused(f"Thư mục «{folder}» không có tài liệu nào đọc được.")

    def fill(self, documents: Iterable[Document]) -> None:
        for document in documents:
            self.parts.library.put(document, b"", "")
        self.parts.pipeline.settle()

    def documents(self) -> list[Document]:
        return self.parts.library.documents()

    def chunks_of(self, document_id: str) -> list[Chunk]:
        return self.parts.library.chunks_of(document_id)

    def bytes(self) -> int:
        folder = self.parts.settings.data_dir
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

    @property
    def searcher(self) -> Finds:
        return self.parts.searcher

    @property
    def finder(self) -> Finds:
        return self.parts.finder

    @property
    def embedder(self) -> Embedder:
        return self.parts.embedder

    def adapted(self) -> Embedder | None:
        """The model adapted to what lies here, in a folder of its own; None where that doesn't pay."""
        from vectorstore.adapting import CannotAdapt, adapt
        from vectorstore.embedding import load_embedder

        folder = self.parts.settings.data_dir / "adapted"
        try:
            came = adapt(self.documents(), self.chunks_of, folder)
        except CannotAdapt:
            return None
        return load_embedder(str(folder)) if came.name else None


@contextmanager
def _shelf() -> Iterator[_Shelf]:
    from ui.assemble import assemble_in
    from ui.settings import Settings

    with tempfile.TemporaryDirectory(prefix="cchc-bench-") as folder:
        parts = assemble_in(Settings(), Path(folder))
        try:
            yield _Shelf(parts)
        finally:
            parts.close()
