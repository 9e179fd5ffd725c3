"""A language model of any server that speaks OpenAI's chat completions: what it says to what it is told, as it comes.

Whatever goes wrong with it is a `WriterFailed` whose message says why, within the time that was set. A server that
keeps failing is left alone for a while, so that no one waits for it again and again.

A door of LangChain. Its library is imported with the first question, for it takes a second and not everyone has it.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from pydantic import SecretStr

from assistant.answering import WriterFailed

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

MAX_REPLY = 20_000
"""Most bytes of a reply that are read."""

Conversation = list[tuple[str, str]]
"""(role, text) pairs, the role "system", "human" or "ai"."""


def switch_off_tracing() -> None:
    """Nothing that is asked or answered here goes to LangSmith, whatever the environment says. To be called before
    LangChain is imported, which remembers what it read."""
    for name in [name for name in os.environ if name.startswith(("LANGSMITH_", "LANGCHAIN_"))]:
        del os.environ[name]
    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGCHAIN_TRACING"):
        os.environ[name] = "false"


class Model:
    """One model of one server. Safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        name: str,
        api_key: str | None = None,
        timeout: float = 60.0,
        max_tokens: int = 800,
        temperature: float = 0.0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.timeout = timeout
        self._base_url = base_url
        # Never empty: the client would look for OPENAI_API_KEY and send it to a server that it isn't meant for.
        self._api_key = SecretStr((api_key or "").strip() or "not-needed")
        self._max_tokens = max_tokens
        self._temperature = temperature
        self._headers = dict(headers or {})
        self._breaker = Breaker()

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
            model=self.name,
            base_url=self._base_url,
            api_key=self._api_key,
            timeout=self.timeout,
            max_retries=0,
            temperature=self._temperature,
            max_completion_tokens=self._max_tokens if openai else None,
            extra_body=None if openai else {"max_tokens": self._max_tokens},
            default_headers=self._headers or None,
            stream_usage=False,
            use_responses_api=False,
        )

    def stream(self, conversation: Conversation, deadline: float) -> Iterator[str]:
        """What the model says, piece by piece, until `deadline` (of `time.monotonic`) and `MAX_REPLY` at most."""
        self._breaker.check()
        chat = self._chat
        pieces: queue.SimpleQueue[str | Exception | None] = queue.SimpleQueue()
        left = threading.Event()

        def read() -> None:
            try:
                with closing(cast("Generator[Any, None, None]", chat.stream(conversation))) as stream:
                    for piece in stream:
                        if left.is_set():
                            return
                        pieces.put(str(piece.text))
                pieces.put(None)
            except Exception as error:  # the client's and its HTTP library's many; none may cost the user the answer
                pieces.put(error)

        # Read aside: a server that falls silent would hold its reader beyond the deadline.
        threading.Thread(target=read, daemon=True, name="model").start()
        size = 0
        try:
            while True:
                try:
                    piece = pieces.get(timeout=max(0.0, deadline - time.monotonic()))
                except queue.Empty:
                    raise self._failed(None) from None
                if piece is None:
                    break
                if isinstance(piece, Exception):
                    # Not chained: what a server says about a refused key may repeat it.
                    raise self._failed(piece) from None
                size += len(piece.encode("utf-8", "replace"))
                if size > MAX_REPLY:
                    raise WriterFailed(f"mô hình trả lời quá dài (hơn {MAX_REPLY // 1000} kB).")
                if piece:
                    yield piece
            self._breaker.succeeded()
        except GeneratorExit:  # enough was heard
            self._breaker.succeeded()
            raise
        finally:
            left.set()

    def _failed(self, error: Exception | None) -> WriterFailed:
        """A failure of the server in one clause, remembered by the breaker; without an error, time ran out."""
        self._breaker.failed(_retry_after(error))
        return WriterFailed(_reason(error) if error is not None else self._too_slow)

    @property
    def _too_slow(self) -> str:
        return f"mô hình không trả lời xong trong {self.timeout:g} giây."


def _reason(error: Exception) -> str:
    """Why a request failed, without what the server said. By the names of the error's classes and its status, for the
    client's library is not ours to import."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    status = getattr(error, "status_code", None)
    if kinds & {"APITimeoutError", "TimeoutException", "TimeoutError"}:
        return "máy chủ mô hình không trả lời kịp."
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


def _retry_after(error: Exception | None) -> float | None:
    """The seconds that a busy server asks to be left alone for; None where it says none."""
    if getattr(error, "status_code", None) not in (429, 503):
        return None
    said = str(getattr(getattr(error, "response", None), "headers", {}).get("retry-after", ""))
    return float(said) if said.isdigit() else None


class Breaker:
    """Stops asking a server that keeps failing, for longer each time; one question then tries it again. Safe to share
    between threads."""

    PATIENCE = 2
    """So many failures in a row leave the server alone."""
    FIRST, LONGEST = 15.0, 300.0
    """Seconds that it is left alone the first time, and at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._until = 0.0

    def check(self) -> None:
        """`WriterFailed` while the server is left alone. Who comes first afterwards tries it, the others wait on."""
        with self._lock:
            now = time.monotonic()
            if now < self._until:
                left = max(1, round(self._until - now))
                raise WriterFailed(f"máy chủ mô hình vừa không trả lời được; sẽ thử lại sau {left} giây.")
            if self._failures >= self.PATIENCE:
                self._until = now + self.FIRST

    def failed(self, retry_after: float | None = None) -> None:
        """A request failed; the server may have said for how long it wants to be left alone."""
        with self._lock:
            self._failures += 1
            again = self._failures - self.PATIENCE
            wait = min(self.LONGEST, self.FIRST * 2.0**again) if again >= 0 else 0.0
            if retry_after is not None:
                wait = max(wait, min(self.LONGEST, retry_after))
            self._until = max(self._until, time.monotonic() + wait) if wait else self._until

    def succeeded(self) -> None:
        """A request was answered."""
        with self._lock:
            self._failures, self._until = 0, 0.0
