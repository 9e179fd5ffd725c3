"""`Assistant.ask`: a question becomes an answer, by whichever way of answering is set up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from assistant import cautions, extractive, grounding, provinces
from assistant.finding import Finder
from assistant.grounding import MAX_CITATIONS, MAX_CITATIONS_LONG, Draft
from assistant.question import Asked, understand
from assistant.schema import Answer, Notice, Question, new_answer_id
from vectorstore.records import Filters, Hit


class WriterFailed(Exception):
    """The language model could not be used; the message says why, in Vietnamese."""


class Writes(Protocol):
    """A way of writing a draft from passages: a language model behind a chain."""

    @property
    def name(self) -> str: ...
    @property
    def prompt_version(self) -> str: ...
    def draft(self, asked: Asked, hits: list[Hit]) -> Draft:
        """A draft from the passages found, to be checked; `WriterFailed` where there is none."""
        ...


class Assistant:
    """Answers questions over one library. Safe to share between threads."""

    def __init__(self, finder: Finder, writer: Writes | None = None) -> None:
        self.library = finder.library
        self.finder = finder
        self.writer = writer

    def ask(self, question: Question) -> Answer:
        """The answer to a question; "the documents do not say" is an answer too."""
        started = time.perf_counter()
        asked = understand(question, self.library.places())
        understood = time.perf_counter()
        answered_by, prompt_version = "extractive", None
        notices: tuple[Notice, ...] = ()
        draft: Draft | None = None
        documents = self.library.documents()
        if self.writer is not None and question.mode != "extractive" and not provinces.unclear(asked, documents):
            try:
                hits = self.finder.find(asked, 8, _filters(question.filters, asked))
                checked = _checked(self.writer.draft(asked, hits), asked)
                if checked.status == "answered":
                    draft, answered_by, prompt_version = checked, self.writer.name, self.writer.prompt_version
            except WriterFailed as failure:
                notices = (
                    Notice("fallback", f"Trả lời bằng trích đoạn vì chưa dùng được mô hình ngôn ngữ: {failure}"),
                )
        elif self.writer is None and question.mode == "generative":
            notices = (Notice("fallback", "Chưa cài đặt mô hình ngôn ngữ nên trả lời bằng trích đoạn."),)
        if draft is None:
            draft = provinces.answer(
                asked, documents, question.filters, lambda a, f: extractive.answer(a, self.finder.searcher, f)
            )
            draft = _checked(draft, asked)
        done = time.perf_counter()
        return Answer(
            question.text,
            draft.status,
            draft.answer,
            asked.understood(),
            draft.computation,
            draft.figures if draft.status == "answered" else (),
            draft.citations,
            (*draft.notices, *cautions.of_sources(draft.citations, self.library), *notices),
            draft.suggestions or self._suggestions(asked, draft),
            answered_by,
            prompt_version,
            {
                "understand": _ms(started, understood),
                "answer": _ms(understood, done),
                "total": _ms(started, time.perf_counter()),
            },
            new_answer_id(),
        )

    def stream(self, question: Question) -> Iterator[Answer]:
        """Answers as they grow; the last is the whole."""
        yield self.ask(question)

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


def _filters(filters: Filters, asked: Asked) -> Filters:
    return filters if filters.places or len(asked.places) != 1 else replace(filters, places=asked.places)


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1000, 2)
