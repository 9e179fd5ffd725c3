"""Answers written by a language model, of any server that speaks OpenAI's chat completions.

The model writes, the program decides: a sentence stays only with the marker of a passage that it was shown and with
figures that stand there; what it quotes is the library's own text. Whatever goes wrong with the model is a
`WriterFailed`, so that the answer can be extracted instead. The words said to it stand in `prompts`.

A door of LangChain. Its library is imported with the first question, for it takes a second and not everyone has it.
"""

from __future__ import annotations

import os
import re
import time
import unicodedata
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from pydantic import SecretStr

from assistant import grounding, prompts
from assistant.answering import WriterFailed
from assistant.grounding import NOT_SAID, Draft, Proof, backing
from assistant.question import Asked
from assistant.schema import MAX_QUOTE, AnswerFigure, Citation, Notice
from vectorstore.quantities import figures, quantities
from vectorstore.records import Hit
from vectorstore.vietnamese import fold, sentences

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

MAX_REPLY = 20_000
"""Most bytes of a reply that are read."""

UNSUPPORTED = "Một phần câu trả lời của mô hình không có nguồn hoặc không khớp với nguồn nên đã được bỏ."

_TARGETS = ("Kế hoạch", "Chương trình", "Đề án", "Phương án")


def switch_off_tracing() -> None:
    """Nothing that is asked or answered here goes to LangSmith, whatever the environment says. To be called before
    LangChain is imported, which remembers what it read."""
    for name in [name for name in os.environ if name.startswith(("LANGSMITH_", "LANGCHAIN_"))]:
        del os.environ[name]
    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGCHAIN_TRACING"):
        os.environ[name] = "false"


class Writer:
    """Drafts answers with one model of one server. Safe to share between threads."""

    def __init__(
        self, base_url: str, model: str, api_key: str | None = None, timeout: float = 60.0, max_tokens: int = 800
    ) -> None:
        self._base_url = base_url
        self._model_name = model
        # Never empty: the client would look for OPENAI_API_KEY and send it to a server that it isn't meant for.
        self._api_key = SecretStr((api_key or "").strip() or "not-needed")
        self._timeout = timeout
        self._max_tokens = max_tokens

    @property
    def name(self) -> str:
        return self._model_name

    @property
    def prompt_version(self) -> str:
        return prompts.VERSION

    def draft(self, asked: Asked, hits: list[Hit]) -> Draft:
        """What the model makes of the passages found, as far as they bear it out."""
        shown = prompts.packed(passages(hits))
        if not shown:
            return Draft("not_found", NOT_SAID)
        return drafted(self._reply(prompts.messages(asked, shown)), asked, shown)

    @cached_property
    def _chat(self) -> ChatOpenAI:
        switch_off_tracing()
        try:
            from langchain_openai import ChatOpenAI
        except ImportError:
            raise WriterFailed(
                'chưa cài thư viện của mô hình; hãy chạy: pip install "cchc-assistant[assistant]".'
            ) from None
        # OpenAI's own models refuse `max_tokens`, which `ChatOpenAI` therefore renames; Ollama and LM Studio know no
        # other name (ollama/ollama#7125).
        openai = (urlsplit(self._base_url).hostname or "").endswith((".openai.com", ".openai.azure.com"))
        return ChatOpenAI(
            model=self._model_name,
            base_url=self._base_url,
            api_key=self._api_key,
            timeout=self._timeout,
            max_retries=0,
            temperature=0,
            max_completion_tokens=self._max_tokens if openai else None,
            extra_body=None if openai else {"max_tokens": self._max_tokens},
            stream_usage=False,
            use_responses_api=False,
        )

    def _reply(self, conversation: list[tuple[str, str]]) -> str:
        """What the model says, read as it comes, so that neither an endless reply nor a trickling one is waited for."""
        try:
            reply = self._read(conversation)
        except WriterFailed:
            raise
        except Exception as error:  # the client's and its HTTP library's many; none may cost the user the answer
            # Not chained: what a server says about a refused key may repeat it.
            raise WriterFailed(self._reason(error)) from None
        if not reply.strip():
            raise WriterFailed("mô hình trả lời trống.")
        return reply

    def _read(self, conversation: list[tuple[str, str]]) -> str:
        said: list[str] = []
        size = 0
        deadline = time.monotonic() + self._timeout
        stream = cast("Generator[Any, None, None]", self._chat.stream(conversation))
        with closing(stream) as pieces:
            for piece in pieces:
                text = str(piece.text)
                said.append(text)
                size += len(text.encode("utf-8", "replace"))
                if size > MAX_REPLY:
                    raise WriterFailed(f"mô hình trả lời quá dài (hơn {MAX_REPLY // 1000} kB).")
                if time.monotonic() > deadline:
                    raise WriterFailed(self._too_slow)
        return "".join(said)

    @property
    def _too_slow(self) -> str:
        return f"mô hình không trả lời xong trong {self._timeout:g} giây."

    def _reason(self, error: Exception) -> str:
        """A failure in one clause, without what the server said. By the names of its classes and its status, for
        the client's library is not ours to import."""
        kinds = {kind.__name__ for kind in type(error).__mro__}
        status = getattr(error, "status_code", None)
        if kinds & {"APITimeoutError", "TimeoutException", "TimeoutError"}:
            return self._too_slow
        if status in (401, 403):
            return "máy chủ mô hình không nhận khoá; hãy kiểm tra CCHC_LLM_API_KEY."
        if status == 404:
            return "máy chủ không có mô hình này; hãy kiểm tra CCHC_LLM_BASE_URL và CCHC_LLM_MODEL."
        if status == 429:
            return "máy chủ mô hình đang quá tải hoặc đã hết hạn mức; hãy thử lại sau."
        if isinstance(status, int):
            return f"máy chủ mô hình báo lỗi (mã {status})."
        if "APIConnectionError" in kinds:
            return "không kết nối được máy chủ mô hình, hoặc bị ngắt giữa chừng; hãy kiểm tra CCHC_LLM_BASE_URL."
        return "không đọc được trả lời của máy chủ mô hình."


def passages(hits: Sequence[Hit]) -> list[Citation]:
    """The passages found as they will be quoted, numbered from 1, with their footnotes: the model is shown nothing
    else, so that all it can use is there for the reader to see."""
    proof = Proof()
    for hit in hits:
        if hit.chunk.body:
            proof.cite(
                hit, hit.chunk.body, [n for n in hit.chunk.footnotes if n.body and len(n.body.quote) <= MAX_QUOTE]
            )
    return proof.citations


def drafted(reply: str, asked: Asked, shown: Sequence[Citation]) -> Draft:
    """The draft behind a model's reply: the sentences with a marker of a passage shown and figures that stand there,
    the passages that they cite numbered as they come."""
    known = {cited.marker for cited in shown}
    lines: list[str] = []
    seen: set[tuple[str, frozenset[int]]] = set()
    dropped = False
    for number, line in enumerate(_lines(reply)):
        kept = []
        for start, end in sentences(line):
            sentence = line[start:end].strip()
            if number == 0 and start == 0 and _bare(sentence) == _bare(prompts.REFUSAL):
                return Draft("not_found", NOT_SAID)
            markers = frozenset(int(marker) for marker in _MARKER.findall(sentence))
            if (_bare(sentence), markers) in seen:
                continue
            seen.add((_bare(sentence), markers))
            if markers and markers <= known:
                kept.append(sentence)
            else:
                dropped = True
        if kept:
            lines.append(" ".join(kept))
    if not lines:
        raise WriterFailed("câu trả lời của mô hình không dẫn nguồn.")
    checked = grounding.check(Draft("answered", "\n".join(lines), citations=tuple(shown)), asked.text)
    if checked.status != "answered":
        raise WriterFailed("câu trả lời của mô hình không khớp với nguồn được dẫn.")
    answer, citations = _renumbered(checked.answer, shown)
    notices = (Notice("unverified", UNSUPPORTED),) if dropped or checked.notices else ()
    return Draft("answered", answer, None, _figures(answer, citations), citations, notices)


_MARKER = re.compile(r"\[(\d{1,3})\]")
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.S | re.I)
_LINK = re.compile(r"!?\[([^\]\n]*[^\]\d\s,;][^\]\n]*)\]\([^)\n]*\)")
_LINKED_MARKER = re.compile(r"(?<=\])\((?:https?:|data:|/)[^)\n]*\)", re.I)
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]*>")
_SEVERAL = re.compile(r"[\[【]\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*[\]】]")
_BEHIND = re.compile(r"\s*([.!?…:;]+)\s*((?:\[\d{1,3}\]\s*)+)(?=\s|$)")
_ITEM = re.compile(r"(?:[-*•+–]|\d{1,2}[.)]|\(\d{1,2}\))\s+")
_YES_NO = re.compile(r"(Có|Không|Yes|No)[.!:]\s+(?=\S)")


def _lines(reply: str) -> list[str]:
    """A reply's lines in our spelling: no thoughts, links, tags and headings, "-" before items, markers as `[n]`
    before the full stop."""
    text = unicodedata.normalize("NFC", _THOUGHT.sub("", reply))
    text = _TAG.sub("", _LINKED_MARKER.sub("", _LINK.sub(r"\1", text)))
    text = _SEVERAL.sub(lambda m: "".join(f"[{int(n)}]" for n in re.findall(r"\d+", m[1])), text)
    out: list[str] = []
    for raw in text.splitlines():
        line = re.sub(r"\s+", " ", raw).strip()
        line = re.sub(r"^(?:#+|>)\s*|^```.*$", "", line)
        line = _ITEM.sub("- ", line, count=1) if _ITEM.match(line) else line
        line = _BEHIND.sub(lambda m: f" {m[2].strip()}{m[1]} ", line).strip()
        line = _YES_NO.sub(r"\1, ", line, count=1) if not out and _YES_NO.match(line) else line
        if line:
            out.append(line)
    return out


def _bare(sentence: str) -> str:
    """A sentence for comparing: its words alone."""
    return " ".join(re.findall(r"\w+", fold(_MARKER.sub(" ", sentence))))


def _renumbered(answer: str, shown: Sequence[Citation]) -> tuple[str, tuple[Citation, ...]]:
    """An answer whose markers count from 1 as they come, and the passages they stand for."""
    by_marker = {cited.marker: cited for cited in shown}
    order = {old: new for new, old in enumerate(dict.fromkeys(map(int, _MARKER.findall(answer))), 1)}
    text = _MARKER.sub(lambda m: f"[{order[int(m[1])]}]", answer)
    return text, tuple(replace(by_marker[old], marker=new) for old, new in order.items())


def _figures(answer: str, citations: Sequence[Citation]) -> tuple[AnswerFigure, ...]:
    """The figures that an answer states, each with the passage of its own sentence where it stands; one that only
    the question names is none of the answer's."""
    by_marker = {cited.marker: cited for cited in citations}
    out: dict[tuple[str, str, int], AnswerFigure] = {}
    for line in answer.split("\n"):
        for start, end in sentences(line):
            sentence = line[start:end]
            cited = [by_marker[int(marker)] for marker in dict.fromkeys(_MARKER.findall(sentence))]
            for quantity in quantities(re.sub(r"\s+(?=[.,;]|$)", "", _MARKER.sub("", re.sub(r"[*_`]", "", sentence)))):
                source = next((c for c in cited if figures(quantity.text) <= backing(c)), None)
                if source is None:
                    continue
                indicator = " ".join(part for part in (quantity.label, quantity.noun) if part).lstrip("- ")[:200]
                out.setdefault(
                    (indicator, quantity.text, source.marker),
                    AnswerFigure(
                        indicator,
                        quantity.value,
                        quantity.text,
                        quantity.unit,
                        bound=quantity.bound,
                        nature="target" if source.document_type in _TARGETS else "result",
                        place=source.place,
                        period=source.period,
                        citations=(source.marker,),
                    ),
                )
    return tuple(out.values())
