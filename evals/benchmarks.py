"""What finding is measured on: documents, and questions with what has to be found for them.

A public set is a folder of JSON lines (also gzip-compressed) in one of three forms: a corpus of {"id", "text"} with
questions {"query", "positive_ids"}; {"question", "context"}, where the contexts are the corpus; {"query", "answer"},
where the answers are. The project's own form are cases with evidence spans (`cases.py`). Nothing here searches.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.schema import Passage
from evals.cases import Case
from evals.metrics import holds
from vectorstore.vietnamese import fold

Record = Mapping[str, Any]


class BenchmarkRefused(Exception):
    """A set that cannot be used; the message is a Vietnamese sentence."""


@dataclass(frozen=True, slots=True)
class Text:
    """A document to search in. `document_id` is what gold articles are named by."""

    document_id: str
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """A question; found are the gold documents, or else the evidence of its case."""

    text: str
    gold: tuple[str, ...] = ()
    case: Case | None = None

    def ranks(self, found: Sequence[Passage]) -> list[int | None]:
        """For each thing that has to be found, the rank (from 0) of the first passage that has it."""
        if self.case is None:
            ids = [passage.document_id for passage in found]
            return [ids.index(gold) if gold in ids else None for gold in self.gold]
        case = self.case
        return [next((n for n, p in enumerate(found) if holds(case, proof, p)), None) for proof in case.proofs]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Documents and questions. `whole`: a document is what is to be found, not a passage of it."""

    name: str
    texts: tuple[Text, ...]
    queries: tuple[Query, ...]
    whole: bool

    def without_accents(self) -> Benchmark:
        """The same questions as typed without diacritics."""
        return replace(self, queries=tuple(replace(query, text=fold(query.text)) for query in self.queries))


def of_cases(name: str, cases: Iterable[Case], texts: Iterable[Text]) -> Benchmark:
    """The cases that have evidence, each asked with the question before it where there is one."""
    queries = []
    for case in cases:
        if case.answerable and case.proofs:
            before = [turn.content for turn in case.asked().history if turn.role == "user"]
            queries.append(Query(" ".join([*before[-1:], case.question]), case=case))
    return Benchmark(name, tuple(texts), tuple(queries), whole=False)


def of_folder(folder: Path) -> list[Benchmark]:
    """The public sets in a folder, by the names of the files with their questions."""
    if not folder.is_dir():
        raise BenchmarkRefused(f"Không thấy thư mục «{folder}»; hãy chỉ thư mục có các bộ câu hỏi .jsonl, .jsonl.gz.")
    files = {path: list(_records(path)) for path in sorted(folder.iterdir()) if _stem(path)}
    corpora = [records for records in files.values() if records and {"id", "text"} <= records[0].keys()]
    found = [made for path, records in files.items() if (made := _read(_stem(path), records, corpora))]
    if not found:
        raise BenchmarkRefused(f"«{folder}» không có bộ câu hỏi nào đọc được; xem các dạng ở evals/benchmarks.py.")
    return found


def _stem(path: Path) -> str:
    name = path.name.removesuffix(".gz")
    return name.removesuffix(".jsonl") if name.endswith(".jsonl") else ""


def _records(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for line in lines:
                if line.strip():
                    yield json.loads(line)
    except (OSError, ValueError) as error:
        raise BenchmarkRefused(f"Không đọc được «{path.name}»: mỗi dòng phải là một đối tượng JSON, UTF-8.") from error


def _read(name: str, records: Sequence[Record], corpora: Sequence[Sequence[Record]]) -> Benchmark | None:
    keys = records[0].keys() if records else set()
    if "positive_ids" in keys:
        wanted = {gold for record in records for gold in record["positive_ids"]}
        corpus = next((c for c in corpora if wanted <= {record["id"] for record in c}), None)
        if corpus is None:
            raise BenchmarkRefused(f"Bộ «{name}» hỏi những điều không có trong kho văn bản nào cùng thư mục.")
        texts = [Text(record["id"], record["id"], record["text"]) for record in corpus]
        return _whole(name, texts, ((record["query"], record["positive_ids"]) for record in records))
    for asked, answered in (("question", "context"), ("query", "answer")):
        if {asked, answered} <= keys:
            ids = {text: f"{name}-{n}" for n, text in enumerate(dict.fromkeys(r[answered] for r in records))}
            texts = [Text(given, given, text) for text, given in ids.items()]
            return _whole(name, texts, ((record[asked], [ids[record[answered]]]) for record in records))
    return None


def _whole(name: str, texts: Iterable[Text], asked: Iterable[tuple[str, Sequence[str]]]) -> Benchmark:
    return Benchmark(name, tuple(texts), tuple(Query(text, tuple(gold)) for text, gold in asked), whole=True)
