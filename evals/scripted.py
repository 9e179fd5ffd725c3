"""A server on loopback that speaks OpenAI's protocol and says what a script makes of each request: chat completions,
whole and streamed, the list of models, errors, and what servers do wrong.

The standard library alone: what talks to it is the real client. What the scripts say stands in `speakers`.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Scripted:
    """A reply of a scripted model: its text, or an error's status; `before` and `between` are seconds of waiting before
    the first piece and between pieces of `size` characters; `cut` breaks the connection in the middle; `raw` is sent in
    place of events; `retry_after` are the seconds that an error's header asks to wait."""

    text: str = ""
    status: int = 200
    error: str = "scripted failure"
    before: float = 0.0
    between: float = 0.0
    cut: bool = False
    raw: bytes | None = None
    retry_after: int | None = None
    size: int = 40


class ScriptedModel:
    """A server on loopback that speaks OpenAI's chat completions, whole and streamed, and says what `reply` makes of
    each request; remembers the requests' bodies and headers (names in small letters), and when each was answered."""

    def __init__(self, reply: Callable[[dict[str, Any]], Scripted | str], name: str = "kich-ban") -> None:
        self.reply = reply
        self.name = name
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.closing = threading.Event()
        self.url = ""
        self._busy: list[list[float]] = []

    @property
    def prompt(self) -> str:
        """All that was said in the last request."""
        return "\n".join(message["content"] for message in self.requests[-1]["messages"])

    def busy(self, begun: float, ended: float, patience: float = math.inf) -> float:
        """The seconds between two readings of `time.perf_counter` that went by between a request and the last byte of
        its reply; a reply later than `patience` seconds is not waited for."""
        spans = ((max(start, begun), min(end, start + patience, ended)) for start, end in list(self._busy))
        return sum(max(0.0, end - start) for start, end in spans)

    @contextmanager
    def serving(self) -> Iterator[ScriptedModel]:
        """Answer requests at `url` for as long as the block lasts."""
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.close_connection = True
                with suppress(OSError):
                    if self.path == "/v1/models":
                        known = {"id": model.name, "object": "model", "created": 1, "owned_by": "scripted"}
                        self.whole(200, {"object": "list", "data": [known]})
                    else:
                        self.whole(404, {"error": {"message": "no such path"}})

            def do_POST(self) -> None:
                span = [time.perf_counter(), math.inf]
                model._busy.append(span)
                try:
                    body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                    model.requests.append(body)
                    model.headers.append({name.lower(): value for name, value in self.headers.items()})
                    said = model.reply(body)
                    self.close_connection = True
                    with suppress(OSError):  # who asked may have hung up
                        self.say(Scripted(said) if isinstance(said, str) else said, body)
                finally:
                    span[1] = time.perf_counter()

            def say(self, said: Scripted, body: dict[str, Any]) -> None:
                model.closing.wait(said.before)
                if self.path != "/v1/chat/completions":
                    self.whole(404, {"error": {"message": "no such path"}})
                elif said.status != 200:
                    later = {} if said.retry_after is None else {"Retry-After": str(said.retry_after)}
                    self.whole(said.status, {"error": {"message": said.error, "type": "scripted"}}, later)
                elif body.get("stream"):
                    self.pieces(said, body["model"])
                else:
                    message = {"role": "assistant", "content": said.text}
                    choice = {"index": 0, "message": message, "finish_reason": "stop"}
                    head = {"id": "1", "object": "chat.completion", "created": 1, "model": body["model"]}
                    self.whole(200, head | {"choices": [choice], "usage": _usage(body, said.text)})

            def whole(self, status: int, value: dict[str, Any], headers: dict[str, str] | None = None) -> None:
                content = json.dumps(value).encode()
                self.start(status, "application/json", {"Content-Length": str(len(content))} | (headers or {}))
                self.wfile.write(content)

            def pieces(self, said: Scripted, name: str) -> None:
                self.start(200, "text/event-stream", {"Transfer-Encoding": "chunked"})
                starts = range(0, len(said.text), said.size) or range(1)
                for start in starts:
                    if model.closing.wait(said.between if start else 0) or (said.cut and start):
                        return
                    part = said.text[start : start + said.size]
                    end = "stop" if start == starts[-1] else None
                    choice = {"index": 0, "delta": {"content": part}, "finish_reason": end}
                    event = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": name}
                    self.chunk(said.raw or f"data: {json.dumps(event | {'choices': [choice]})}\n\n".encode())
                self.chunk(b"data: [DONE]\n\n")
                self.chunk(b"")

            def start(self, status: int, kind: str, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in ({"Content-Type": kind, "Connection": "close"} | headers).items():
                    self.send_header(name, value)
                self.end_headers()

            def chunk(self, content: bytes) -> None:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
                self.wfile.flush()

            def log_message(self, *args: object) -> None:
                """Says nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        try:
            yield self
        finally:
            self.closing.set()
            server.shutdown()
            server.server_close()
            thread.join(5)


def _usage(body: dict[str, Any], said: str) -> dict[str, int]:
    """Tokens as a server counts them; here each word is one."""
    asked = sum(len(str(message["content"]).split()) for message in body["messages"])
    told = len(said.split())
    return {"prompt_tokens": asked, "completion_tokens": told, "total_tokens": asked + told}
