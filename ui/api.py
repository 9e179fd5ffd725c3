"""The HTTP API (the contract's paths) and what guards every way in over HTTP; the door of FastAPI.

The page is mounted from `ui/page.py`; what an answer or a document looks like is in `ui/render.py` and
`assistant/schema.py`. Errors are RFC 9457 problems with one Vietnamese sentence.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import resources
from itertools import chain
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar
from urllib.parse import quote, urlsplit

from fastapi import FastAPI, HTTPException, Query, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException as StarletteHTTPException

from assistant.schema import (
    MAX_HISTORY,
    MAX_QUESTION,
    Answer,
    Mode,
    Question,
    QuestionRefused,
    Turn,
    as_json,
    passage,
    turns,
)
from ingest import readers
from ingest.readers import archive
from ui.exports import csv_bytes, xlsx_bytes
from ui.ledger import SHEET_HEADS, SHEET_TITLE, figures_json, notices_json, sheet_rows, source_notices, stated
from ui.render import api_html, document_json, failure_sentence, is_known_failure, outline_json
from vectorstore import places
from vectorstore.records import Document, FigureQuery, Filters
from vectorstore.vietnamese import sentences

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ui.assemble import Parts

API = "/api/v1"
MAX_BODY = 1024 * 1024
"""Largest body taken, in bytes. Questions and events of the page are far smaller."""
MAX_UPLOAD = archive.MAX_PACKED + MAX_BODY
"""The same for an uploaded file."""
MAX_PASSAGES = 50
FIGURES = 100
"""Figures of the ledger in an answer that says no limit."""
MAX_FIGURES = 20_000
"""Most figures at once, in a file too: what is more would hold up everybody else."""

log = logging.getLogger("cchc.api")
T = TypeVar("T")


# --- what clients send ------------------------------------------------------------------------------------------


class FiltersBody(BaseModel):
    """What may be searched. A misspelt filter is refused: it would silently widen the search."""

    model_config = ConfigDict(extra="forbid")

    places: list[str] = Field(default=[], max_length=100, description="Tên tỉnh, thành phố")
    years: list[Annotated[int, Field(ge=1900, le=2100)]] = Field(default=[], max_length=100, description="Năm")
    document_types: list[str] = Field(default=[], max_length=100, description="Loại văn bản, ví dụ “Báo cáo”")
    document_ids: list[str] = Field(default=[], max_length=1000, description="Mã tài liệu")

    def filters(self) -> Filters:
        named = (places.find(place, question=True) for place in _nfc(self.places))
        known = (found[0].place if found else place for found, place in zip(named, _nfc(self.places), strict=True))
        return Filters(tuple(known), tuple(self.years), _nfc(self.document_types), _nfc(self.document_ids))


_FILTERS = "Chỉ tìm trong: places, years, document_types, document_ids"


class TurnBody(BaseModel):
    role: Literal["user", "assistant"]
    content: str


class AskBody(BaseModel):
    """Other fields are ignored, so that a line of an evaluation set can be sent as it is."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"question": "Năm 2022 Sở Y tế Kon Tum có bao nhiêu hồ sơ trễ hạn?"}]}
    )

    question: str = Field(description=f"Câu hỏi, tối đa {MAX_QUESTION} ký tự")
    history: list[str | TurnBody] = Field(
        default=[], description=f"Các lượt trước, cũ nhất trước, tối đa {MAX_HISTORY}"
    )
    filters: FiltersBody = Field(default=FiltersBody(), description=_FILTERS)
    mode: Mode = Field(default="auto", description="auto, extractive (chỉ trích) hoặc generative (mô hình ngôn ngữ)")
    stream: bool = Field(default=False, description="true: trả lời dần bằng text/event-stream")

    def read(self) -> Question:
        """The question; `QuestionRefused` says what is wrong with it."""
        history = turns([turn if isinstance(turn, str) else turn.model_dump() for turn in self.history])
        normalized = (Turn(turn.role, _one_nfc(turn.content)) for turn in history)
        return Question(_one_nfc(self.question), tuple(normalized), self.filters.filters(), self.mode)


class SearchBody(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"query": "hồ sơ trễ hạn", "k": 5}]})

    query: str = Field(description="Từ khoá hoặc câu cần tìm")
    k: int = Field(default=10, ge=1, le=MAX_PASSAGES, description="Số đoạn nhiều nhất")
    filters: FiltersBody = Field(default=FiltersBody(), description=_FILTERS)


class FiguresQuery(BaseModel):
    """Which figures. What a form left empty is as if it were not there; a misspelt name is refused, as of a filter."""

    model_config = ConfigDict(extra="forbid")

    place: list[str] = Field(default=[], max_length=100, description="Tên tỉnh, thành phố; lặp lại được")
    year: list[Annotated[int, Field(ge=1900, le=2100)]] = Field(
        default=[], max_length=100, description="Năm mà kỳ của số liệu có chạm tới; lặp lại được"
    )
    indicator: str = Field(
        default="", max_length=200, description="Những chữ đều có trong chỉ tiêu; có dấu hay không cũng được"
    )
    document_id: list[str] = Field(default=[], max_length=1000, description="Mã tài liệu; lặp lại được")
    nature: Literal["result", "target"] | None = Field(
        default=None, description="result (kết quả) hoặc target (mục tiêu)"
    )
    limit: int | None = Field(
        default=None, ge=1, le=MAX_FIGURES, description=f"Số dòng nhiều nhất (JSON: {FIGURES}; tệp: tất cả)"
    )
    offset: int = Field(default=0, ge=0, le=10**9, description="Bỏ qua bấy nhiêu dòng đầu")
    format: Literal["json", "csv", "xlsx"] = Field(default="json", description="json, hoặc tệp csv, xlsx")

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, sent: dict[str, Any]) -> dict[str, Any]:
        kept = {name: [one for one in v if one != ""] if isinstance(v, list) else v for name, v in sent.items()}
        return {name: value for name, value in kept.items() if value != ""}

    def query(self) -> FigureQuery:
        limit = self.limit or (FIGURES if self.format == "json" else None)
        indicator, ids = _one_nfc(self.indicator), _nfc(self.document_id)
        return FigureQuery(_nfc(self.place), tuple(self.year), ids, indicator, self.nature, limit, self.offset)


class ProblemBody(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str = Field(description="Một câu tiếng Việt: sai ở đâu và nên làm gì")
    errors: list[dict[str, str]] | None = Field(default=None, description="Từng chỗ sai, với lỗi 422")


_SURROGATE = re.compile(r"[\ud800-\udfff]")


def _one_nfc(text: str) -> str:
    """The text as documents spell it. JSON can hold half a character ("\\ud800"), which no answer could repeat."""
    if _SURROGATE.search(text):
        raise QuestionRefused("Nội dung có ký tự không hợp lệ; hãy gõ lại hoặc chép lại từ văn bản gốc.")
    return unicodedata.normalize("NFC", text)


def _nfc(texts: list[str]) -> tuple[str, ...]:
    return tuple(_one_nfc(text) for text in texts)


# --- problems ---------------------------------------------------------------------------------------------------

TITLES: Mapping[int, str] = {
    400: "Yêu cầu không đọc được",
    403: "Không được phép",
    404: "Không có",
    405: "Sai phương thức",
    409: "Đang thay đổi",
    413: "Quá lớn",
    415: "Sai kiểu nội dung",
    422: "Nội dung chưa đúng",
    429: "Quá nhiều yêu cầu",
    500: "Lỗi hệ thống",
    503: "Chưa sẵn sàng",
}
SENTENCES: Mapping[int, str] = {
    400: "Không đọc được nội dung gửi lên; hãy gửi JSON hợp lệ, mã hoá UTF-8.",
    403: "Yêu cầu này đến từ một trang khác nên bị từ chối; hãy mở đúng địa chỉ của hệ thống.",
    404: "Không có địa chỉ này; xem các địa chỉ dùng được ở /docs.",
    405: "Địa chỉ này không nhận phương thức đó; xem các phương thức dùng được ở /docs.",
    409: "Thư viện đang nạp tài liệu; hãy đợi xong rồi thử lại.",
    413: f"Nội dung gửi lên quá lớn; tối đa {MAX_BODY // 1024} KiB, tệp tối đa {archive.MAX_PACKED // 2**20} MB.",
    415: "Hãy gửi nội dung dạng JSON, với tiêu đề “Content-Type: application/json”.",
    422: "Nội dung gửi lên chưa đúng.",
    429: "Quá nhiều yêu cầu; hãy đợi một chút rồi thử lại.",
    503: "Hệ thống chưa sẵn sàng; hãy thử lại sau ít phút.",
}
FOREIGN_HOST = (
    "Tên máy chủ trong yêu cầu không được chấp nhận; hãy dùng 127.0.0.1 hoặc localhost, "
    "hoặc thêm tên này vào CCHC_ALLOWED_HOSTS."
)


def problem(
    status: int,
    detail: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> JSONResponse:
    body = {
        "type": f"/docs#loi-{status}",
        "title": TITLES.get(status, "Lỗi"),
        "status": status,
        "detail": detail or SENTENCES.get(status, "Yêu cầu không thực hiện được; xem /docs."),
    }
    return JSONResponse(body | more, status, dict(headers or {}), "application/problem+json")


# Pydantic's kinds of error, as what the value should have been. Others are "không hợp lệ".
_EXPECTED: Mapping[str, str] = {
    "missing": "còn thiếu",
    "extra_forbidden": "không có bộ lọc tên này; dùng places, years, document_types, document_ids",
    "string_type": "phải là chuỗi",
    "string_unicode": "có ký tự không hợp lệ",
    "int_type": "phải là số nguyên",
    "int_parsing": "phải là số nguyên",
    "int_from_float": "phải là số nguyên",
    "bool_type": "phải là true hoặc false",
    "bool_parsing": "phải là true hoặc false",
    "list_type": "phải là danh sách",
    "too_long": "có quá nhiều mục",
    "string_too_long": "dài quá {max_length} ký tự",
    "model_type": "phải là một đối tượng JSON",
    "model_attributes_type": "phải là một đối tượng JSON",
    "dict_type": "phải là một đối tượng JSON",
    "literal_error": "phải là một trong: {expected}",
    "greater_than_equal": "phải từ {ge} trở lên",
    "less_than_equal": "phải không quá {le}",
}
_HISTORY = 'mỗi lượt phải là một chuỗi hoặc {"role": "user" | "assistant", "content": "…"}'


def _field_error(error: Mapping[str, Any]) -> dict[str, str]:
    where = [str(part) for part in error["loc"] if part not in ("body", "path", "query")]
    field = ".".join(where[:2]) or "nội dung"
    if where[:1] == ["history"] and len(where) > 1:
        return {"field": field, "message": _HISTORY}
    if error["type"] == "extra_forbidden" and error["loc"][0] == "query":
        return {"field": field, "message": "không có tham số tên này; xem các tham số ở /docs"}
    context = {key: str(value).replace(" or ", " hoặc ") for key, value in (error.get("ctx") or {}).items()}
    return {"field": field, "message": _EXPECTED.get(error["type"], "không hợp lệ").format_map(context)}


async def _refused_body(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return problem(400)
    if request.url.path == f"{API}/documents":
        return problem(422, "Hãy gửi tệp bằng multipart/form-data, trong trường “file”.")
    if not _is_json(request.headers.get("content-type", "")) and request.method in ("POST", "PUT", "PATCH"):
        return problem(415)
    errors = list({one["field"]: one for one in map(_field_error, found)}.values())
    told = "; ".join(f"“{one['field']}” {one['message']}" for one in errors[:3])
    return problem(422, f"Nội dung gửi lên chưa đúng: {told}.", errors=errors)


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    ours = error.detail if isinstance(error, Refusal) else None
    return problem(error.status_code, ours, headers=error.headers)


async def _refused_question(_: Request, error: Exception) -> Response:
    return problem(422, str(error), errors=[{"field": "question", "message": str(error)}])


def _failed(error: Exception) -> JSONResponse:
    """What settings, disk or model bring is "not ready"; for what nobody foresaw the log has the traceback, the
    answer a code to find it by."""
    if is_known_failure(error):
        log.warning("%s: %s", type(error).__name__, error)
        return problem(503, failure_sentence(error), headers={"Retry-After": "30"})
    code = secrets.token_hex(4)
    log.error("request failed, code %s", code, exc_info=error)
    return problem(500, f"{failure_sentence(error)} Mã lỗi: {code}.")


class Refusal(HTTPException):
    """An HTTP error whose `detail` is a Vietnamese sentence of ours."""


# --- the guard --------------------------------------------------------------------------------------------------

_WRITES = {"POST", "PUT", "PATCH", "DELETE"}
PAGE_EVENTS = "/gradio_api/"
"""Where the page's own events go; some of them are GETs that act."""
_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    ]
)
SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": _POLICY,
}
_LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]"})
_ANY_ADDRESS = frozenset({"0.0.0.0", "::", "[::]", ""})


class Guard:
    """Refuses foreign hosts, foreign origins and bodies that are too large, turns failures into problems, and adds
    the security headers.

    Plain ASGI: what streams keeps streaming.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":  # nothing here speaks it
                await send({"type": "websocket.close", "code": 1008})
                return
            await self.app(scope, receive, send)
            return

        started = False

        async def guarded_send(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, guarded_send)
            return
        try:
            await self.app(scope, _limited(receive, _largest(scope)), guarded_send)
        except Exception as error:
            if started:
                raise
            await _failed(error)(scope, receive, guarded_send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not ("*" in self.hosts or host_name(hosts[0]) in self.hosts):
            return problem(400, FOREIGN_HOST)
        acts = scope["method"] in _WRITES or scope["path"].startswith(PAGE_EVENTS)
        if acts and not _same_origin(headers, hosts[0]):
            return problem(403)
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length[:18]) > _largest(scope):
            return problem(413)
        return None


def host_name(host: str) -> str:
    """The name in a Host header, without its port: "Localhost:8000" → "localhost"."""
    name, colon, port = host.strip().lower().rpartition(":")
    if not colon or not port.isdecimal() or (":" in name and not name.endswith("]")):
        name = host.strip().lower()
    return name.removesuffix(".")


def allowed_hosts(bound: str, more: tuple[str, ...]) -> frozenset[str]:
    """The names that this server answers to. An address that means "all" names nothing."""
    own = f"[{bound}]" if ":" in bound and not bound.startswith("[") else bound
    named = {host_name(name) for name in more if name.strip()}
    return _LOCAL | named | ({host_name(own)} if bound not in _ANY_ADDRESS else set())


def _same_origin(headers: Headers, host: str) -> bool:
    """Browsers name the page a write comes from; other clients send nothing and are let through."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") in ("none", "same-origin")
    parts = urlsplit(origin)
    default = {"http": ":80", "https": ":443"}.get(parts.scheme)
    return default is not None and parts.netloc.lower().removesuffix(default) == host.strip().lower().removesuffix(
        default
    )


def _largest(scope: Scope) -> int:
    return MAX_UPLOAD if (scope["method"], scope["path"]) == ("POST", f"{API}/documents") else MAX_BODY


def _limited(receive: Receive, largest: int) -> Receive:
    """`receive` that stops a body which never said how long it is."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > largest:
            raise Refusal(413, SENTENCES[413])
        return message

    return limited


# --- the application --------------------------------------------------------------------------------------------


def create_app(parts: Parts, *, page: bool = True) -> FastAPI:
    """The API over these parts, with the chat page at "/" unless `page` is False."""
    app = FastAPI(
        title="Trợ lý cải cách hành chính",
        summary="Hỏi đáp trên các báo cáo cải cách hành chính, câu trả lời nào cũng kèm nguồn",
        version="0.1.0",
        docs_url=None,  # FastAPI's pages load their scripts from a CDN
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        responses=_problems(400, 403, 500, 503),
    )
    app.add_exception_handler(RequestValidationError, _refused_body)
    app.add_exception_handler(StarletteHTTPException, _http_error)
    app.add_exception_handler(QuestionRefused, _refused_question)
    _add_questions(app, parts)
    _add_documents(app, parts)
    _add_figures(app, parts)
    _add_changes(app, parts)
    _add_health(app, parts)
    if page:
        from ui.page import mount_page  # Gradio takes seconds to import

        app = mount_page(app, parts)
    app.add_middleware(Guard, hosts=allowed_hosts(parts.settings.host, tuple(parts.settings.allowed_hosts)))
    return app


_PROBLEM = ProblemBody.model_json_schema()


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {
        status: {"description": TITLES[status], "content": {"application/problem+json": {"schema": _PROBLEM}}}
        for status in statuses
    }


def _add_questions(app: FastAPI, parts: Parts) -> None:
    wrong_body = _problems(413, 415, 422)

    @app.post(f"{API}/ask", tags=["hỏi đáp"], summary="Hỏi; câu trả lời kèm nguồn", responses=wrong_body)
    def ask(body: AskBody) -> Response:
        question = body.read()
        if not body.stream:
            return JSONResponse(as_json(parts.assistant.ask(question)))
        answers = parts.assistant.stream(question)
        first = next(answers)  # what fails before the first word is still a plain problem
        return StreamingResponse(
            _events(first, answers),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    @app.post(f"{API}/search", tags=["hỏi đáp"], summary="Tìm các đoạn văn bản", responses=wrong_body)
    def search(body: SearchBody) -> Response:
        query = Question(_one_nfc(body.query)).text  # the same limits as a question
        hits = parts.finder.search(query, body.k, body.filters.filters())
        return JSONResponse({"passages": [as_json(passage(hit.chunk, hit.document, hit.score)) for hit in hits]})


def _events(first: Answer, rest: Iterator[Answer]) -> Iterator[str]:
    """A growing answer as events: each sentence and each citation once it is borne out, then the notices; the last one
    is the whole answer, or `error`. Joined, the sentences are the answer."""
    said, cited = "", 0
    try:
        for answer in chain([first], rest):
            more = answer.answer[len(said) :]
            for start, end in _pieces(more):
                yield _event("sentence", {"text": more[start:end]})
            said = answer.answer
            for citation in as_json(answer)["citations"][cited:]:
                yield _event("citation", citation)
            cited = len(answer.citations)
    except Exception as error:  # the status is sent already; the client must hear of it here
        log.error("answering failed in mid-stream", exc_info=error)
        yield _event("error", {"kind": type(error).__name__, "message": failure_sentence(error)})
        return
    whole = as_json(answer)
    for notice in whole["notices"]:
        yield _event("notice", notice)
    yield _event("answer", whole)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence with what parts it from the next; blanks before the first are its own."""
    if text:
        starts = [0, *(start for start, _ in list(sentences(text))[1:])]
        yield from zip(starts, [*starts[1:], len(text)], strict=True)


def _event(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _add_documents(app: FastAPI, parts: Parts) -> None:
    unknown = _problems(404)

    def found(document_id: str, value: T | None) -> T:
        if value is None:
            raise _unknown(document_id)
        return value

    def as_document(document: Document) -> dict[str, Any]:
        return document_json(document, parts.library.counts(document.document_id))

    @app.get(f"{API}/documents", tags=["tài liệu"], summary="Các tài liệu trong thư viện")
    def documents() -> Response:
        return JSONResponse([as_document(document) for document in parts.library.documents()])

    @app.get(f"{API}/documents/{{document_id}}", tags=["tài liệu"], summary="Một tài liệu", responses=unknown)
    def document(document_id: str) -> Response:
        return JSONResponse(as_document(found(document_id, parts.library.head(_one_nfc(document_id)))))

    @app.get(
        f"{API}/documents/{{document_id}}/text",
        tags=["tài liệu"],
        summary="Toàn văn; start và end của trích dẫn đếm theo văn bản này",
        responses=unknown,
    )
    def text(document_id: str) -> Response:
        return PlainTextResponse(found(document_id, parts.library.text(_one_nfc(document_id))))

    @app.get(
        f"{API}/documents/{{document_id}}/outline",
        tags=["tài liệu"],
        summary="Các mục, đoạn và chú thích theo thứ tự",
        responses=unknown,
    )
    def outline(document_id: str) -> Response:
        return JSONResponse(outline_json(found(document_id, parts.library.document(_one_nfc(document_id)))))

    @app.get(
        f"{API}/documents/{{document_id}}/notices",
        tags=["tài liệu"],
        summary="Những chỗ văn bản tự mâu thuẫn hoặc đáng ngờ, có trích dẫn",
        responses=unknown,
    )
    def notices(document_id: str) -> Response:
        known = found(document_id, parts.library.head(_one_nfc(document_id)))
        return JSONResponse(notices_json(source_notices(parts.library, [known.document_id])))

    @app.get(
        f"{API}/documents/{{document_id}}/file",
        tags=["tài liệu"],
        summary="Tệp gốc như khi nạp",
        responses=unknown,
    )
    def file(document_id: str) -> Response:
        name, content = found(document_id, parts.library.original(_one_nfc(document_id)))
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        }
        return Response(content, media_type="application/octet-stream", headers=headers)


_SHEETS: Mapping[str, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _add_figures(app: FastAPI, parts: Parts) -> None:
    content: dict[str, dict[str, Any]] = {"application/json": {}, **{kind: {} for kind in _SHEETS.values()}}
    told: dict[int | str, dict[str, Any]] = {200: {"description": "Số liệu và tổng số", "content": content}}

    @app.get(
        f"{API}/figures",
        tags=["số liệu"],
        summary="Sổ số liệu: mọi con số mà các văn bản nêu, theo địa bàn, năm, chỉ tiêu; JSON, CSV hoặc Excel",
        responses=told | _problems(404, 422),
    )
    def figures(asked: Annotated[FiguresQuery, Query()]) -> Response:
        query = asked.query()
        known = parts.library.heads(query.document_ids)
        if missing := [one for one in query.document_ids if one not in known]:
            raise _unknown(missing[0])
        total = parts.library.count_figures(query)
        if query.limit is None and total - query.offset > MAX_FIGURES:
            raise Refusal(
                422,
                f"Có {total} số liệu, quá nhiều cho một tệp; hãy lọc theo place, year, indicator, document_id, hoặc "
                f"lấy từng phần bằng limit (tối đa {MAX_FIGURES}) và offset.",
            )
        found = stated(parts.library, parts.library.figures(query))
        if asked.format == "json":
            return JSONResponse(figures_json(found, total))
        rows = sheet_rows(found)
        sheet = csv_bytes(SHEET_HEADS, rows) if asked.format == "csv" else xlsx_bytes(SHEET_TITLE, SHEET_HEADS, rows)
        headers = {"Content-Disposition": f'attachment; filename="so-lieu.{asked.format}"'}
        return Response(sheet, media_type=_SHEETS[asked.format], headers=headers)


def _unknown(document_id: str) -> Refusal:
    return Refusal(404, f"Không có tài liệu mã “{document_id}”; xem các mã ở {API}/documents.")


def _add_changes(app: FastAPI, parts: Parts) -> None:
    """What changes the library. Whoever reaches the server may: it has to be bound to this machine alone."""

    def need_own_machine() -> None:
        if host_name(parts.settings.host) not in _LOCAL:
            raise Refusal(
                403,
                "Máy chủ đang mở cho máy khác nên không nhận thay đổi; hãy dùng “cchc ingest” hoặc “cchc forget"
                "” trên chính máy chủ.",
            )

    @app.post(
        f"{API}/documents",
        tags=["tài liệu"],
        summary="Nạp một tệp, hoặc một ZIP nhiều tệp; việc chạy nền, xem tiến độ ở /jobs",
        status_code=202,
        responses=_problems(413, 415, 422),
    )
    def upload(file: UploadFile) -> Response:
        need_own_machine()
        name = _file_name(file.filename or "")
        suffixes = readers.suffixes() | {archive.SUFFIX}
        if PurePath(name).suffix.lower() not in suffixes:
            raise Refusal(415, f"«{name}» thuộc loại chưa đọc được; hãy gửi một trong các loại {_listed(suffixes)}.")
        return JSONResponse({"job_id": parts.jobs.submit(name, file.file).job_id}, 202)

    @app.get(f"{API}/jobs/{{job_id}}", tags=["tài liệu"], summary="Một lần nạp tới đâu", responses=_problems(404))
    def job(job_id: str) -> Response:
        known = parts.jobs.get(job_id)
        if known is None:
            raise Refusal(404, f"Không có lần nạp mã “{job_id}”; mã này có trong trả lời khi gửi tệp.")
        return JSONResponse(known.as_json())

    @app.delete(
        f"{API}/documents/{{document_id}}",
        tags=["tài liệu"],
        summary="Bỏ một tài liệu khỏi thư viện",
        status_code=204,
        responses=_problems(404, 409),
    )
    def forget(document_id: str) -> Response:
        need_own_machine()
        if parts.jobs.busy:
            raise Refusal(409, SENTENCES[409])
        if not parts.pipeline.forget(_one_nfc(document_id)):
            raise _unknown(document_id)
        return Response(status_code=204)


def _file_name(sent: str) -> str:
    """The name of an uploaded file without folders, whichever way they are written."""
    name = unicodedata.normalize("NFC", _SURROGATE.sub("", sent)).replace("\\", "/").rpartition("/")[2].strip()
    if not name or name.startswith(".") or not name.isprintable() or len(name.encode()) > 200:
        raise Refusal(422, "Tên tệp trống, quá dài hoặc có ký tự lạ; hãy đổi tên tệp rồi gửi lại.")
    return name


def _listed(suffixes: Iterable[str]) -> str:
    return ", ".join(sorted(suffixes))


def _add_health(app: FastAPI, parts: Parts) -> None:
    @app.get("/health/live", tags=["vận hành"], summary="Tiến trình còn chạy")
    def live() -> Response:
        return JSONResponse({"status": "live"})

    @app.get("/health/ready", tags=["vận hành"], summary="Thư viện, véc-tơ, chỉ mục từ và mô hình đều trả lời")
    def ready() -> Response:
        checks: dict[str, Callable[[], object]] = {
            "library": lambda: parts.library.is_empty(),
            "vectors": lambda: parts.store.count(),
            "word_index": lambda: parts.lexical.count(),
            "model": lambda: parts.finder.search("cải cách hành chính", 1),
        }
        failed: dict[str, str] = {}
        for name, check in checks.items():
            try:
                check()
            except Exception as error:  # whatever it is, it is not ready
                log.warning("not ready, %s: %s", name, error)
                failed[name] = failure_sentence(error)
        states = {name: failed.get(name, "ok") for name in checks}
        if failed:
            return problem(503, " ".join(dict.fromkeys(failed.values())), headers={"Retry-After": "30"}, checks=states)
        return JSONResponse({"status": "ready", "checks": states})

    style = resources.files("ui").joinpath("assets", "api.css").read_text(encoding="utf-8")
    problems = {status: (title, SENTENCES.get(status, "")) for status, title in TITLES.items()}

    @app.get("/docs", include_in_schema=False)
    def docs() -> Response:
        return HTMLResponse(api_html(app.openapi(), problems, style))
