"""`evals/benchmarks.py`, `evals/bench_retrieval.py`: what finding is measured on, and ways to find side by side."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from workbench import DATA, YEARLY, FakeEmbedder, Shelf

from assistant.finding import Finder
from assistant.schema import Passage
from evals.bench_retrieval import Way, interval, measure, scores_of, table_of, ways, write
from evals.benchmarks import Benchmark, BenchmarkRefused, Query, Text, of_cases, of_folder
from evals.cases import Case
from vectorstore.records import Chunk, Document


class Shelved:
    """The benchmark's shelf over a real library with both indexes and the fake model."""

    def __init__(self, folder: Path) -> None:
        self.one = Shelf(folder)

    def fill(self, documents: Iterable[Document]) -> None:
        for document in documents:
            self.one.library.put(document, b"", "")
        self.one.pipeline.settle()

    def documents(self) -> list[Document]:
        return self.one.library.documents()

    def chunks_of(self, document_id: str) -> list[Chunk]:
        return self.one.library.chunks_of(document_id)

    def bytes(self) -> int:
        return 5_000_000

    @property
    def searcher(self) -> Any:
        return self.one.searcher

    @property
    def finder(self) -> Finder:
        return Finder(self.one.searcher)

    @property
    def embedder(self) -> FakeEmbedder:
        return self.one.embedder

    def adapted(self) -> FakeEmbedder | None:
        return None


def lines(path: Path, records: Iterable[object]) -> None:
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


def found(*ids: str) -> list[Passage]:
    return [Passage(name, name, 0, 0, (), name, (), (), 0.0) for name in ids]


def test_public_sets_are_read_in_three_forms(tmp_path: Path) -> None:
    lines(tmp_path / "luat_corpus.jsonl.gz", [{"id": "1", "text": "điều một"}, {"id": "2", "text": "điều hai"}])
    lines(tmp_path / "luat_hoi.jsonl.gz", [{"query": "hai ở đâu", "positive_ids": ["2"]}])
    lines(tmp_path / "doc.jsonl", [{"question": "a", "context": "đoạn"}, {"question": "b", "context": "đoạn"}])
    lines(tmp_path / "hoi_dap.jsonl", [{"query": "a", "answer": "đáp"}, {"query": "b", "answer": "khác"}])
    (tmp_path / "README.md").write_text("không phải bộ câu hỏi", encoding="utf-8")
    law, reading, faq = sorted(of_folder(tmp_path), key=lambda one: ("luat_hoi", "doc", "hoi_dap").index(one.name))
    assert [text.document_id for text in law.texts] == ["1", "2"]
    assert law.queries == (Query("hai ở đâu", ("2",)),)
    assert len(reading.texts) == 1
    assert {query.gold for query in reading.queries} == {(reading.texts[0].document_id,)}
    assert len(faq.texts) == 2
    assert all(one.whole for one in (law, reading, faq))
    assert law.without_accents().queries[0].text == "hai o dau"


@pytest.mark.parametrize(
    ("records", "said"),
    [([{"query": "a", "positive_ids": ["3"]}], "kho văn bản"), ([{"x": 1}], "không có bộ câu hỏi")],
)
def test_sets_that_cannot_be_used_are_refused(tmp_path: Path, records: Sequence[object], said: str) -> None:
    lines(tmp_path / "hoi.jsonl", records)
    with pytest.raises(BenchmarkRefused, match=said):
        of_folder(tmp_path)


def test_broken_and_missing_sets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkRefused, match="Không thấy"):
        of_folder(tmp_path / "khong_co")
    (tmp_path / "hoi.jsonl.gz").write_bytes(b"not gzip")
    with pytest.raises(BenchmarkRefused, match=r"hoi\.jsonl\.gz"):
        of_folder(tmp_path)


def test_recall_of_documents_is_the_share_found_and_mrr_the_first_rank() -> None:
    scores = scores_of(Query("?", ("b", "x")), found("a", "b", "c"))
    assert scores == {"recall@1": 0.0, "recall@5": 0.5, "recall@10": 0.5, "mrr@10": 0.5}
    assert scores_of(Query("?", ("x",)), found("a"))["mrr@10"] == 0.0


def test_recall_of_evidence_asks_for_all_of_it() -> None:
    case = Case.model_validate(
        {
            "id": "1",
            "question": "mấy hồ sơ, mấy tờ trình?",
            "type": "lookup",
            "answer": "7 và 4",
            "numbers": ["7", "4"],
            "evidence": ["có 7 hồ sơ", "có 4 tờ trình"],
        }
    )
    passages = [Passage("a", "a", 0, 0, (), text, (), (), 0.0) for text in ("Sở có 7 hồ sơ", "Sở có 4 tờ trình")]
    scores = scores_of(Query("?", case=case), passages)
    assert (scores["recall@1"], scores["recall@5"], scores["mrr@10"]) == (0.0, 1.0, 1.0)


def test_interval_holds_the_mean_and_narrows_with_more_questions() -> None:
    few, many = interval([0.0, 1.0] * 5), interval([0.0, 1.0] * 200)
    assert few[0] <= 0.5 <= few[1]
    assert many[1] - many[0] < few[1] - few[0]
    assert interval([0.0, 1.0] * 5) == few


def test_every_way_is_asked_the_same_and_shown(tmp_path: Path) -> None:
    topics = ("thu gom rác thải y tế", "thi tuyển viên chức", "hồ sơ trễ hạn", "tiêm vắc xin cho trẻ em")
    texts = tuple(Text(f"d{n}", f"d{n}", f"Điều {n}. Quy định về {topic} của tỉnh.") for n, topic in enumerate(topics))
    queries = tuple(Query(f"quy định nào nói về {topic}?", (f"d{n}",)) for n, topic in enumerate(topics))
    shelf = Shelved(tmp_path / "shelf")
    rows = [measure(one, way) for one in [Benchmark("thử", texts, queries, True)] for way in ways(one, shelf)]
    by_name = {row.way: row for row in rows}
    for name in ("BM25 trên đoạn của ta, âm tiết và cặp", "từ và véc-tơ gộp lại (Searcher)"):
        row = by_name[name]
        assert row.means["recall@1"] == row.plain["recall@1"] == 1.0
        assert row.questions == 4
        assert row.millis > 0
    assert by_name["mô hình của ta, luyện theo thư viện"].missing
    write(rows, tmp_path / "out")
    assert len(json.loads((tmp_path / "out" / "retrieval.json").read_text(encoding="utf-8"))) == len(rows)
    head, *shown = table_of(rows)
    assert all(len(line) == len(head) for line in shown)
    assert "1,000" in (tmp_path / "out" / "retrieval.md").read_text(encoding="utf-8")
    shelf.one.library.close()


def test_passages_are_found_by_the_evidence_in_them(tmp_path: Path) -> None:
    case = {
        "id": "1",
        "question": "Lĩnh vực Dược trễ hạn mấy hồ sơ?",
        "type": "lookup",
        "answer": "7",
        "numbers": ["7"],
        "doc": ["bao_cao_nam"],
        "evidence": ["trễ hạn 07 hồ sơ"],
    }
    shelf = Shelved(tmp_path / "shelf")
    shelf.one.pipeline.ingest([DATA / YEARLY])
    text = shelf.one.library.text("bao_cao_nam") or ""
    benchmark = of_cases("thử", [Case.model_validate(case)], [Text("bao_cao_nam", YEARLY, text)])
    rows = {row.way: row for row in (measure(benchmark, way) for way in ways(benchmark, shelf))}
    assert rows["xếp theo câu hỏi, như `cchc search` (Finder)"].means["recall@1"] == 1.0
    shelf.one.library.close()


def test_way_that_is_not_installed_is_named() -> None:
    row = measure(Benchmark("thử", (), (Query("a", ("b",)),), True), Way("LangChain", None, "chưa cài"))
    assert "chưa cài" in table_of([row])[1][1]
