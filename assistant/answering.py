"""`Assistant.ask`: a question becomes an answer, by whichever way of answering is set up."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from assistant import extractive, grounding
from assistant.grounding import MAX_CITATIONS, MAX_CITATIONS_LONG, Draft
from assistant.question import Asked, understand
from assistant.schema import Answer, Citation, Notice, Question, new_answer_id
from vectorstore.library import Library
from vectorstore.records import Filters, Hit
from vectorstore.search import Searcher


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

    def __init__(self, library: Library, searcher: Searcher, writer: Writes | None = None) -> None:
        self.library = library
        self.searcher = searcher
        self.writer = writer

    def ask(self, question: Question) -> Answer:
        """The answer to a question; "the documents do not say" is an answer too."""
        started = time.perf_counter()
        asked = understand(question, self._known_places())
        understood = time.perf_counter()
        answered_by, prompt_version = "extractive", None
        notices: tuple[Notice, ...] = ()
        draft: Draft | None = None
        if self.writer is not None and question.mode != "extractive":
            try:
                hits = self.searcher.search(asked.text, 8, _filters(question.filters, asked))
                checked = _checked(self.writer.draft(asked, hits), asked)
                if checked.status == "answered":
                    draft, answered_by, prompt_version = checked, self.writer.name, self.writer.prompt_version
            except WriterFailed as failure:
                notices = (
                    Notice("fallback", f"Trả lời bằng trích đoạn vì chưa dùng được mô hình ngôn ngữ: {failure}"),
                )
        elif question.mode == "generative":
            notices = (Notice("fallback", "Chưa cài đặt mô hình ngôn ngữ nên trả lời bằng trích đoạn."),)
        if draft is None:
            draft = _checked(extractive.answer(asked, self.searcher, question.filters), asked)
        done = time.perf_counter()
        return Answer(
            question.text,
            draft.status,
            draft.answer,
            asked.understood(),
            draft.computation,
            draft.figures if draft.status == "answered" else (),
            draft.citations,
            (*draft.notices, *self._doubtful(draft.citations), *notices),
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

    def _doubtful(self, citations: Sequence[Citation]) -> tuple[Notice, ...]:
        """What of the passages cited was hard to read from a scan, by document."""
        out = []
        for document_id in dict.fromkeys(citation.document_id for citation in citations):
            document = self.library.head(document_id)
            cited = [c for c in citations if document and c.document_id == document_id and c.page in document.doubtful]
            if cited:
                pages = ", ".join(str(page) for page in sorted({c.page or 0 for c in cited}))
                message = f"Bản quét «{cited[0].source}» khó đọc ở trang {pages}; hãy đối chiếu với bản gốc."
                out.append(Notice("ocr_low", message, tuple(c.marker for c in cited)))
        return tuple(out)

    def _known_places(self) -> tuple[str, ...]:
        documents = self.library.documents()
        named = {d.place for d in documents} | {s.place for d in documents for s in d.sections}
        return tuple(sorted(place for place in named if place))

    def _suggestions(self, asked: Asked, draft: Draft) -> tuple[str, ...]:
        """Next questions of the same kind about another place of the library."""
        if draft.status != "answered" or len(asked.places) != 1:
            return ()
        others = [p for p in self._known_places() if p not in asked.places]
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
