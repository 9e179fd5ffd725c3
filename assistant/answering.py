"""`Assistant.stream`: a question becomes an answer, as it grows, by whichever way of answering is set up.

Every question is answered by extracts first: that answer is what a language model starts from, what it is measured by,
and what is given where it fails.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from assistant import cautions, extractive, grounding, provinces
from assistant.finding import Finder
from assistant.grounding import MAX_CITATIONS, MAX_CITATIONS_LONG, NOT_SAID, NOT_SAID_IN_ENGLISH, Draft
from assistant.question import Asked, understand
from assistant.schema import Answer, Citation, Notice, Question, new_answer_id
from vectorstore.records import Filters


class WriterFailed(Exception):
    """The language model could not be used; the message says why, in Vietnamese."""


class Writes(Protocol):
    """A way of writing an answer from passages: a language model."""

    @property
    def name(self) -> str: ...
    @property
    def prompt_version(self) -> str: ...
    def write(self, asked: Asked, extracted: Draft, finder: Finder, filters: Filters) -> Iterator[Draft]:
        """Drafts as they grow, each borne out whole and beginning with the one before; none where the passages do not
        tell. `WriterFailed` at any time, also after some: then what was said is too little for an answer."""
        ...


class Assistant:
    """Answers questions over one library. Safe to share between threads."""

    def __init__(self, finder: Finder, writer: Writes | None = None) -> None:
        self.library = finder.library
        self.finder = finder
        self.writer = writer

    def ask(self, question: Question) -> Answer:
        """The answer to a question; "the documents do not say" is an answer too."""
        for answer in self.stream(question):
            last = answer
        return last

    def stream(self, question: Question) -> Iterator[Answer]:
        """The answer as it grows; the last is the whole. Nothing that one of them says is taken back by a later one."""
        clock = _Clock()
        asked = understand(question, self.library.places())
        clock.mark("understand")
        documents = self.library.documents()
        finder = self.finder.for_one_question()
        extracted = provinces.answer(
            asked, documents, question.filters, lambda a, f: extractive.answer(a, finder.searcher, f)
        )
        extracted = _checked(extracted, asked)
        clock.mark("answer")
        writer = self.writer if question.mode != "extractive" else None
        failed: tuple[Notice, ...] = ()
        written: Draft | None = None
        if writer is not None and _may_be_written(extracted) and not provinces.unclear(asked, documents):
            try:
                for draft in writer.write(asked, extracted, finder, question.filters):
                    written = _checked(draft, asked)
                    yield self._answer(question, asked, written, writer, clock)
            except WriterFailed as failure:
                failed = (_fallback(failure, written, extracted),)
                written = _joined(written, extracted) if written is not None else None
            clock.mark("write")
        elif self.writer is None and question.mode == "generative":
            failed = (Notice("fallback", "Chưa cài đặt mô hình ngôn ngữ nên trả lời bằng trích đoạn."),)
        if written is None:
            yield self._answer(question, asked, extracted, None, clock, failed, whole=True)
        else:
            written = _with_notices(written, extracted)
            yield self._answer(question, asked, written, writer, clock, failed, whole=True)

    def _answer(
        self,
        question: Question,
        asked: Asked,
        draft: Draft,
        writer: Writes | None,
        clock: _Clock,
        notices: tuple[Notice, ...] = (),
        *,
        whole: bool = False,
    ) -> Answer:
        """The answer object of a draft; what is said of the sources and what may be asked next come with the whole."""
        more = (*cautions.of_sources(draft.citations, self.library), *notices) if whole else ()
        return Answer(
            question.text,
            draft.status,
            draft.answer,
            asked.understood(),
            draft.computation,
            draft.figures if draft.status == "answered" else (),
            draft.citations,
            (*draft.notices, *more),
            (draft.suggestions or self._suggestions(asked, draft)) if whole else (),
            writer.name if writer is not None else "extractive",
            writer.prompt_version if writer is not None else None,
            clock.times(),
            clock.answer_id,
        )

    def _suggestions(self, asked: Asked, draft: Draft) -> tuple[str, ...]:
        """Next questions of the same kind about another place of the library."""
        if draft.status != "answered" or len(asked.places) != 1:
            return ()
        others = [p for p in self.library.places() if p not in asked.places]
        return tuple(f"Còn {place} thì sao?" for place in others[:2])


def _checked(draft: Draft, asked: Asked) -> Draft:
    """A draft with no more citations than its kind of answer may have, checked."""
    long = asked.kind in ("list", "sum", "compare", "conflict") or draft.computation or draft.answer.startswith("- ")
    citations = draft.citations[: MAX_CITATIONS_LONG if long else MAX_CITATIONS]
    held = {c.marker for c in citations}
    notices = tuple(replace(n, citations=tuple(m for m in n.citations if m in held)) for n in draft.notices)
    return grounding.check(replace(draft, citations=citations, notices=notices), asked.text)


class _Clock:
    """How long the steps of one answer took."""

    def __init__(self) -> None:
        self.answer_id = new_answer_id()
        self._started = self._last = time.perf_counter()
        self._times: dict[str, float] = {}

    def mark(self, step: str) -> None:
        """A step ends here."""
        now = time.perf_counter()
        self._times[step] = round((now - self._last) * 1000, 2)
        self._last = now

    def times(self) -> dict[str, float]:
        """Step → milliseconds, the total among them."""
        return self._times | {"total": round((time.perf_counter() - self._started) * 1000, 2)}


def _may_be_written(extracted: Draft) -> bool:
    """Whether a model may be asked: not where a place, a period or a result is known to be missing, only where the
    words were not found, for a model may know them under other words."""
    return extracted.status == "answered" or extracted.answer in (NOT_SAID, NOT_SAID_IN_ENGLISH)


def _fallback(failure: WriterFailed, written: Draft | None, extracted: Draft) -> Notice:
    """What is said of a model's failure: it wrote nothing, or something that extracts follow, or that nothing does."""
    if written is None:
        return Notice("fallback", f"Trả lời bằng trích đoạn vì chưa dùng được mô hình ngôn ngữ: {failure}")
    if extracted.status == "answered":
        return Notice("fallback", f"Phần sau của câu trả lời được trích từ văn bản, vì {failure}")
    return Notice("fallback", f"Câu trả lời có thể chưa đủ, vì {failure}")


def _joined(written: Draft, extracted: Draft) -> Draft:
    """What a model had said before it failed, then the extractive answer, which its readers would else miss."""
    if extracted.status != "answered":
        return written
    citations, numbers = _with_citations(written.citations, extracted.citations)
    rest = grounding.renumbered(extracted.answer, numbers)
    computations = [part for part in (written.computation, extracted.computation) if part]
    figures = [
        replace(figure, citations=tuple(numbers[n] for n in figure.citations if n in numbers))
        for figure in extracted.figures
    ]
    return replace(
        written,
        answer=f"{written.answer}\n{rest}",
        computation="; ".join(dict.fromkeys(computations)) or None,
        figures=(*written.figures, *figures),
        citations=citations,
    )


def _with_notices(written: Draft, extracted: Draft) -> Draft:
    """What a model wrote, with what the extractive answer has to say of the sources that both stand on, and what it
    assumed."""
    here = {(cited.document_id, cited.start, cited.end) for cited in written.citations}

    def touched(notice: Notice) -> bool:
        told = [cited for cited in extracted.citations if cited.marker in notice.citations]
        return not notice.citations or any(
            cited.document_id == document_id and start < cited.end and cited.start < end
            for cited in told
            for document_id, start, end in here
        )

    citations, notices = written.citations, list(written.notices)
    for notice in filter(touched, extracted.notices):
        of_notice = [cited for cited in extracted.citations if cited.marker in notice.citations]
        citations, numbers = _with_citations(citations, of_notice)
        notices.append(replace(notice, citations=tuple(numbers[n] for n in notice.citations if n in numbers)))
    return replace(written, citations=citations, notices=tuple(dict.fromkeys(notices)))


def _with_citations(
    citations: tuple[Citation, ...], more: Sequence[Citation]
) -> tuple[tuple[Citation, ...], dict[int, int]]:
    """Citations with others behind them, and which number each of the others has there; the same stretch is cited
    once."""
    out = list(citations)
    numbers: dict[int, int] = {}
    for cited in more:
        same = next((c for c in out if (c.document_id, c.spans) == (cited.document_id, cited.spans)), None)
        if same is None and len(out) < MAX_CITATIONS_LONG:
            same = replace(cited, marker=len(out) + 1)
            out.append(same)
        if same is not None:
            numbers[cited.marker] = same.marker
    return tuple(out), numbers
