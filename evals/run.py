"""Running a set: every case asked and searched, every metric taken, every mean with the number of cases behind it.

The assistant, the searcher and the library are handed in. A crash is a failed case.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from assistant.schema import Answer, Passage, Question, as_json, error_answer, passage
from evals import metrics
from evals.cases import Case
from evals.metrics import Score, percentile
from vectorstore.records import Document, Filters, Hit, fold_space

METRICS: Mapping[str, str] = {
    "accuracy": "Câu trả lời đúng",
    "recall@1": "Tìm thấy bằng chứng, 1 đoạn",
    "recall@5": "Tìm thấy bằng chứng, 5 đoạn",
    "recall@10": "Tìm thấy bằng chứng, 10 đoạn",
    "mrr@10": "Bằng chứng đứng sớm (MRR@10)",
    "citation_precision": "Trích dẫn có ích",
    "citation_recall": "Bằng chứng được dẫn",
    "figures_supported": "Số liệu có nguồn",
    "figures_marked": "Số liệu có nguồn ở đúng câu",
    "quotes_verbatim": "Trích dẫn nguyên văn",
    "computations_hold": "Phép tính đúng",
    "answerable_answered": "Trả lời câu trả lời được",
    "unanswerable_refused": "Từ chối câu không có trong tài liệu",
}
"""Every metric and how it is called in a report; all are better when higher, and 1 at best."""

DEPTH = 10
"""How many passages are asked of the searcher."""
_LONGEST_LISTED = 200


class GateRefused(Exception):
    """A gate file that cannot be used; the message is a Vietnamese sentence."""


class Asks(Protocol):
    def ask(self, question: Question) -> Answer: ...


class Finds(Protocol):
    def search(self, query: str, k: int = 10, filters: Filters = ...) -> list[Hit]: ...


class Keeps(Protocol):
    def documents(self) -> list[Document]: ...
    def text(self, document_id: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case. `answer` is None where asking crashed (`crash` says how); `seconds` is the asking."""

    case: Case
    answer: Answer | None
    passages: tuple[Passage, ...]
    scores: Mapping[str, Score]
    seconds: float
    crash: str = ""

    @property
    def right(self) -> bool:
        return self.scores["accuracy"].value == 1


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of a metric over the `cases` that have a number; of counted things, `right` of `of`."""

    value: float | None
    cases: int
    right: int = 0
    of: int = 0


@dataclass(frozen=True)
class Report:
    """All results of a run, and what follows from them."""

    results: tuple[Result, ...]
    documents: int
    doubts: tuple[str, ...] = field(default=())
    """Gold evidence that stands in no document of the library, by case."""

    @cached_property
    def means(self) -> dict[str, Mean]:
        return {name: mean(result.scores[name] for result in self.results) for name in METRICS}

    @cached_property
    def failures(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if not result.right)

    def accuracy_by(self, key: Callable[[Case], str]) -> dict[str, Mean]:
        groups: dict[str, list[Score]] = {}
        for result in self.results:
            groups.setdefault(key(result.case) or "—", []).append(result.scores["accuracy"])
        return {name: mean(groups[name]) for name in sorted(groups)}

    def latency_ms(self, percent: float) -> float | None:
        """Over the cases that did not crash."""
        seconds = percentile([r.seconds for r in self.results if r.answer is not None], percent)
        return None if seconds is None else round(seconds * 1000, 1)

    def below(self, gate: Mapping[str, float]) -> list[str]:
        """A line for each metric that is below its minimum; one that could not be taken is below."""
        lines = []
        for name, minimum in gate.items():
            got = self.means[name]
            if got.value is None:
                lines.append(f"{name}: không đo được (không có câu nào), cần ít nhất {_number(minimum)}")
            elif got.value < minimum:
                lines.append(f"{name}: {_number(got.value)} < {_number(minimum)} ({got.cases} câu)")
        return lines

    def to_json(self) -> dict[str, Any]:
        return {
            "cases": len(self.results),
            "documents": self.documents,
            "means": {name: _mean_json(m) for name, m in self.means.items()},
            "accuracy_by_kind": {k: _mean_json(m) for k, m in self.accuracy_by(lambda c: c.type).items()},
            "accuracy_by_style": {k: _mean_json(m) for k, m in self.accuracy_by(lambda c: c.style).items()},
            "latency_ms": {"p50": self.latency_ms(50), "p95": self.latency_ms(95), "cases": self._timed},
            "doubts": list(self.doubts),
            "results": [_result_json(result) for result in self.results],
        }

    def to_text(self) -> str:
        lines = [f"{len(self.results)} câu hỏi trên {self.documents} tài liệu", ""]
        for name, label in METRICS.items():
            lines.append(f"  {label:36s} {name:22s} {_mean_text(self.means[name])}")
        p50, p95 = self.latency_ms(50), self.latency_ms(95)
        if p50 is not None and p95 is not None:
            lines.append(
                f"  {'Thời gian trả lời':36s} {'latency_ms':22s} p50 {p50:.0f} ms, p95 {p95:.0f} ms ({self._timed} câu)"
            )
        for title, groups in (
            ("Đúng theo loại câu hỏi", self.accuracy_by(lambda case: case.type)),
            ("Đúng theo văn phong", self.accuracy_by(lambda case: case.style)),
        ):
            lines += ["", title, *(f"  {name:16s} {_mean_text(m)}" for name, m in groups.items())]
        if self.doubts:
            lines += ["", f"Bằng chứng vàng không có trong thư viện ({len(self.doubts)})"]
            lines += [f"  {doubt}" for doubt in self.doubts]
        lines += ["", f"Câu sai ({len(self.failures)})" if self.failures else "Không câu nào sai"]
        for result in self.failures:
            case = result.case
            said = result.answer.answer if result.answer else "—"
            lines += [
                f"  {case.id} [{case.type}] {_short(case.question)}",
                f"      vì: {result.scores['accuracy'].why}",
                f"      đáp án: {_short(case.answer) or 'từ chối'}",
                f"      trả lời: {_short(said)}",
            ]
        return "\n".join(lines) + "\n"

    @property
    def _timed(self) -> int:
        return sum(result.answer is not None for result in self.results)


def run(
    cases: Sequence[Case],
    assistant: Asks,
    searcher: Finds,
    library: Keeps,
    on_progress: Callable[[int, int, Result], None] | None = None,
) -> Report:
    """Ask every case, in order, and measure."""
    texts: dict[str, str | None] = {}

    def text_of(document_id: str) -> str | None:
        if document_id not in texts:
            texts[document_id] = library.text(document_id)
        return texts[document_id]

    results = []
    for case in cases:
        results.append(_result(case, assistant, searcher, text_of))
        if on_progress:
            on_progress(len(results), len(cases), results[-1])
    documents = library.documents()
    return Report(tuple(results), len(documents), tuple(find_doubts(cases, documents, text_of)))


def find_doubts(
    cases: Iterable[Case], documents: Sequence[Document], text_of: Callable[[str], str | None]
) -> list[str]:
    """Gold evidence that stands letter by letter in no document that its case names: "k001: …"."""
    folded = {d.document_id: metrics.plain(text_of(d.document_id) or "") for d in documents}
    doubts = []
    for case in cases:
        for proof in case.proofs:
            names = metrics.documents_of(case, proof)
            of = [folded[d.document_id] for d in documents if metrics.is_of(names, d.document_id, d.source)]
            if not any(metrics.plain(proof.span) in text for text in of):
                doubts.append(f"{case.id}: {_short(proof.span)}")
    return doubts


def mean(scores: Iterable[Score]) -> Mean:
    """Over the scores that have a number."""
    taken = [score for score in scores if score.value is not None]
    values = [score.value for score in taken if score.value is not None]
    value = sum(values) / len(values) if values else None
    return Mean(value, len(taken), sum(score.right for score in taken), sum(score.of for score in taken))


def read_gate(path: Path) -> dict[str, float]:
    """Minimum values by metric: {"accuracy": 0.6, …}."""
    try:
        gate = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise GateRefused(f'{path.name} không phải JSON; cần dạng {{"accuracy": 0.6}}.') from error
    if not isinstance(gate, dict) or not gate:
        raise GateRefused(f"{path.name} phải là một đối tượng JSON có ít nhất một chỉ số.")
    for name, minimum in gate.items():
        if name not in METRICS:
            raise GateRefused(f"{path.name}: không có chỉ số {name!r}; các chỉ số: {', '.join(METRICS)}.")
        if isinstance(minimum, bool) or not isinstance(minimum, (int, float)) or not 0 <= minimum <= 1:
            raise GateRefused(f"{path.name}: giá trị tối thiểu của {name} phải là số từ 0 đến 1.")
    return gate


def write_report(report: Report, folder: Path) -> None:
    """`report.txt`, `report.json`, and `answers.jsonl` as `cchc ask --batch` writes it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.txt").write_text(report.to_text(), encoding="utf-8")
    whole = json.dumps(report.to_json(), ensure_ascii=False, indent=1)
    (folder / "report.json").write_text(whole + "\n", encoding="utf-8")
    with (folder / "answers.jsonl").open("w", encoding="utf-8") as out:
        for r in report.results:
            line = as_json(r.answer) if r.answer else error_answer(r.case.question, "internal", r.crash)
            out.write(json.dumps({"id": r.case.id} | line, ensure_ascii=False) + "\n")


def _result(case: Case, assistant: Asks, searcher: Finds, text_of: Callable[[str], str | None]) -> Result:
    question = case.asked()
    answer, crash = None, ""
    begun = time.perf_counter()
    try:
        answer = assistant.ask(question)
    except Exception as error:  # whatever it is, it is this case's result
        crash = f"{type(error).__name__}: {error}"
    seconds = time.perf_counter() - begun
    lost = ""
    passages: tuple[Passage, ...] = ()
    try:
        hits = searcher.search(_query(question), DEPTH, question.filters)
        passages = tuple(passage(hit.chunk, hit.document, hit.score) for hit in hits)
    except Exception as error:
        lost = f"{type(error).__name__}: {error}"
    scores = _retrieval_scores(case, passages, lost) | _answer_scores(case, answer, crash, text_of)
    return Result(case, answer, passages, scores, seconds, crash)


def _query(question: Question) -> str:
    """What is searched: the question, with the question before it where there is one."""
    before = [turn.content for turn in question.history if turn.role == "user"]
    return " ".join([*before[-1:], question.text])


def _retrieval_scores(case: Case, passages: Sequence[Passage], lost: str) -> dict[str, Score]:
    scores = {f"recall@{k}": metrics.recall_at(case, passages, k) for k in (1, 5, 10)}
    scores["mrr@10"] = metrics.reciprocal_rank(case, passages)
    return {name: _failed(score, lost) for name, score in scores.items()} if lost else scores


def _answer_scores(
    case: Case, answer: Answer | None, crash: str, text_of: Callable[[str], str | None]
) -> dict[str, Score]:
    given = answer or Answer(case.question, "error", "")
    scores = {
        "accuracy": metrics.accuracy(case, given),
        "citation_precision": metrics.citation_precision(case, given),
        "citation_recall": metrics.citation_recall(case, given),
        "figures_supported": metrics.figures_supported(given),
        "figures_marked": metrics.figures_marked(given),
        "quotes_verbatim": metrics.quotes_verbatim(given, text_of),
        "computations_hold": metrics.computation_holds(given),
        "answerable_answered": metrics.answered(case, given),
        "unanswerable_refused": metrics.refused(case, given),
    }
    return {name: _failed(score, crash) for name, score in scores.items()} if crash else scores


def _failed(score: Score, crash: str) -> Score:
    """What a crash leaves of a score: nothing, unless there was nothing to measure anyway."""
    return score if score.value is None else Score(0.0, f"lỗi: {crash}", 0, score.of)


def _mean_json(m: Mean) -> dict[str, Any]:
    counted = {"right": m.right, "of": m.of} if m.of else {}
    return {"value": None if m.value is None else round(m.value, 4), "cases": m.cases} | counted


def _mean_text(m: Mean) -> str:
    if m.value is None:
        return "—      (0 câu)"
    counted = f"{m.right}/{m.of}" if m.of == m.cases else f"{m.right}/{m.of}, {m.cases}" if m.of else f"{m.cases}"
    return f"{_number(m.value)}  ({counted} câu)"


def _result_json(r: Result) -> dict[str, Any]:
    return {
        "id": r.case.id,
        "kind": r.case.type,
        "style": r.case.style,
        "question": r.case.question,
        "gold": r.case.answer,
        "answer": r.answer.answer if r.answer else None,
        "status": r.answer.status if r.answer else "error",
        "crash": r.crash or None,
        "seconds": round(r.seconds, 4),
        "scores": {
            name: {"value": None if s.value is None else round(s.value, 4), "why": s.why}
            for name, s in r.scores.items()
        },
    }


def _number(value: float) -> str:
    """Three decimals, cut rather than rounded, so that "1,000" means all of them."""
    return f"{int(value * 1000 + 1e-9) / 1000:.3f}".replace(".", ",")


def _short(text: str) -> str:
    text = fold_space(text)
    return text if len(text) <= _LONGEST_LISTED else text[: _LONGEST_LISTED - 1] + "…"
