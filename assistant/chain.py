"""The finder and the assistant as LangChain knows them: a `BaseRetriever` and a `Runnable`.

The door of LangChain, for those who build with it; nothing else here needs this file. Importing it imports LangChain
and, before that, switches its tracing off for the process.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, get_args

from assistant.answering import Assistant
from assistant.finding import Finder
from assistant.grounding import cited_as
from assistant.model import switch_off_tracing
from assistant.schema import Mode, Question, QuestionRefused, Turn, as_json, passage, turns
from vectorstore import places
from vectorstore.records import NO_FILTERS, Filters, Hit

switch_off_tracing()  # LangChain remembers what the environment said when it first looked

from langchain_core.callbacks import CallbackManagerForRetrieverRun  # noqa: E402
from langchain_core.documents import Document  # noqa: E402
from langchain_core.retrievers import BaseRetriever  # noqa: E402
from langchain_core.runnables import Runnable, RunnableLambda  # noqa: E402


class PassageRetriever(BaseRetriever):
    """Finds passages: `page_content` is a passage's own text, `metadata` says where it stands and what it hangs on, in
    the contract's names."""

    finder: Finder
    k: int = 10
    filters: Filters = NO_FILTERS

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        query = unicodedata.normalize("NFC", query)
        return [as_document(hit) for hit in self.finder.search(query, self.k, self.filters)]


def as_document(hit: Hit) -> Document:
    """A hit as LangChain's document; its metadata is plain JSON."""
    chunk, head = hit.chunk, hit.document
    found = as_json(passage(chunk, head, hit.score))
    text = found.pop("text")
    metadata = found | {
        "document_number": head.number,
        "document_type": head.type,
        "title": head.title,
        "issuer": head.issuer,
        "issued_on": head.issued_on,
        "place": chunk.place,
        "period": chunk.period,
        "page": chunk.page,
        "heads": [{"head": name, "cell": cell} for name, cell in chunk.heads],
        "cited_as": cited_as(head, chunk.section),
    }
    return Document(id=chunk.chunk_id, page_content=text, metadata=metadata)


def answer_chain(assistant: Assistant) -> Runnable[str | dict[str, Any], dict[str, Any]]:
    """Question in, the contract's answer object out. The question is a string, or {"question", "history"?, "filters"?,
    "mode"?}. Streamed, the answer comes as it grows: each piece is a whole answer object, the last the final one."""

    def answers(question: Question) -> Iterator[dict[str, Any]]:
        yield from map(as_json, assistant.stream(question))

    async def answers_async(question: Question) -> AsyncIterator[dict[str, Any]]:
        growing = assistant.stream(question)
        while (answer := await asyncio.to_thread(next, growing, None)) is not None:
            yield as_json(answer)

    read: Runnable[str | dict[str, Any], Question] = RunnableLambda(question_of, name="question")
    return read | RunnableLambda(answers, answers_async, name="answer")


def question_of(given: str | Mapping[str, Any]) -> Question:
    """A question as it is handed to the chain; `QuestionRefused` says what is wrong with it."""
    fields: Mapping[str, Any] = {"question": given} if isinstance(given, str) else given
    text, history = fields.get("question"), fields.get("history") or []
    mode: Mode = fields.get("mode") or "auto"
    if not isinstance(text, str):
        raise QuestionRefused('Cần một chuỗi, hoặc {"question": "…"} với câu hỏi là một chuỗi.')
    if not isinstance(history, (list, tuple)):
        raise QuestionRefused('"history" phải là một danh sách các lượt trước.')
    if mode not in get_args(Mode):
        raise QuestionRefused(f'"mode" phải là một trong: {", ".join(get_args(Mode))}.')
    earlier = tuple(Turn(turn.role, _nfc(turn.content)) for turn in turns(list(history)))
    return Question(_nfc(text), earlier, _filters_of(fields.get("filters") or {}), mode)


_TEXTS = ("places", "document_types", "document_ids")


def _filters_of(given: object) -> Filters:
    """Filters as handed in. A misspelt one is refused: it would silently widen the search."""
    if isinstance(given, Filters):
        return given
    if not isinstance(given, Mapping) or not given.keys() <= {*_TEXTS, "years"}:
        raise QuestionRefused(f'"filters" chỉ có các trường: {", ".join((*_TEXTS, "years"))}.')
    years = given.get("years") or []
    if not isinstance(years, (list, tuple)) or not all(type(year) is int for year in years):
        raise QuestionRefused('"filters.years" phải là danh sách số nguyên.')
    texts: dict[str, tuple[str, ...]] = {}
    for name in _TEXTS:
        values = given.get(name) or []
        if not isinstance(values, (list, tuple)) or not all(isinstance(value, str) for value in values):
            raise QuestionRefused(f'"filters.{name}" phải là danh sách chuỗi.')
        texts[name] = tuple(map(_nfc, values))
    found = (places.find(place, question=True) for place in texts["places"])
    texts["places"] = tuple(f[0].place if f else p for f, p in zip(found, texts["places"], strict=True))
    return Filters(years=tuple(years), **texts)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
