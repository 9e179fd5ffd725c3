"""The chat page at "/"; the door of Gradio.

Gradio is imported when the page is mounted, not before. What an answer looks like is in `ui/render.py`; the style, the
script and Gradio's own words in Vietnamese are in `ui/assets/`.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders

from assistant.schema import MAX_HISTORY, MAX_QUESTION, Answer, Citation, Question, QuestionRefused, Turn
from ui.render import answer_html, failure_html, failure_sentence, library_html, question_html
from vectorstore import periods
from vectorstore.records import Chunk, Document, Excerpt

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ui.assemble import Parts

TITLE = "Trợ lý cải cách hành chính"
MAX_EXAMPLES = 4
_MAX_TRIES = 24
"""Questions tried for the examples; each costs an answer."""
_MAX_ANSWERS = 40
"""Answers kept in a conversation on the page; earlier ones leave it."""

log = logging.getLogger("cchc.page")

Talk = list[dict[str, Any]]
"""A conversation: {"question", "answer" (its text, or None where it failed), "html", "suggestions"}."""


def _asset(name: str) -> str:
    return resources.files("ui").joinpath("assets", name).read_text(encoding="utf-8")


# --- example questions ------------------------------------------------------------------------------------------


def example_questions(parts: Parts, documents: list[Document]) -> list[str]:
    """Questions that this library answers, from as many of its documents as possible; none where it is empty."""
    found: list[str] = []
    waiting = [list(_candidates(document)) for document in documents]
    tries = 0
    while waiting and len(found) < MAX_EXAMPLES:
        candidates = waiting.pop(0)
        while candidates and tries < _MAX_TRIES:
            tries += 1
            question = candidates.pop(0)
            if question not in found and _is_answered(parts, question):
                found.append(question)
                waiting.append(candidates)  # a second one only after the other documents had their turn
                break
    return found


def _is_answered(parts: Parts, question: str) -> bool:
    """Extractively: examples must not cost a language model's time."""
    return parts.assistant.ask(Question(question, mode="extractive")).status == "answered"


def _candidates(document: Document) -> Iterator[str]:
    period = periods.say(document.period)
    words = {
        "place": document.place,
        "period": period,
        "Period": period[:1].upper() + period[1:],
        "issuer": document.issuer,
        "number": None if document.number_is_blank else document.number,
        "type": document.type,
    }
    known = {name: word for name, word in words.items() if word}
    for kind, template in _templates():
        needed = set(re.findall(r"\{(\w+)\}", template))
        if kind in ("*", document.type) and needed <= known.keys():
            yield template.format_map(known)


@lru_cache(maxsize=1)
def _templates() -> tuple[tuple[str, str], ...]:
    text = resources.files("ui").joinpath("data", "questions.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return tuple((kind, template) for kind, template in rows)


# --- a turn of the conversation ---------------------------------------------------------------------------------


def turn(parts: Parts, question: str, talk: Talk) -> dict[str, Any]:
    """Asks, with the conversation as history, and gives the turn. What fails becomes a sentence in its place."""
    history: list[Turn] = []
    for earlier in talk:
        if earlier["answer"] is not None:
            history += [Turn("user", earlier["question"]), Turn("assistant", earlier["answer"])]
    try:
        answer = parts.assistant.ask(Question(question, tuple(history[-MAX_HISTORY:])))
        html = answer_html(answer, passages(parts, answer))
    except QuestionRefused as refused:
        return {"question": question, "answer": None, "html": failure_html(str(refused)), "suggestions": []}
    except Exception as error:  # the page says one sentence, the log has the rest
        log.error("a question on the page failed", exc_info=error)
        html = failure_html(failure_sentence(error))
        return {"question": question, "answer": None, "html": html, "suggestions": []}
    return {"question": question, "answer": answer.answer, "html": html, "suggestions": list(answer.suggestions)}


def passages(parts: Parts, answer: Answer) -> dict[int, Excerpt]:
    """For each citation's marker, the passage that its quote stands in."""
    chunks: dict[str, list[Chunk]] = {}
    found: dict[int, Excerpt] = {}
    for citation in answer.citations:
        if citation.document_id not in chunks:
            chunks[citation.document_id] = parts.library.chunks_of(citation.document_id)
        around = _around(chunks[citation.document_id], citation)
        if around is not None:
            found[citation.marker] = around
    return found


def _around(chunks: list[Chunk], citation: Citation) -> Excerpt | None:
    """The text that holds the whole quote: a chunk's, or that of a footnote it calls."""
    for chunk in chunks:
        for excerpt in (chunk.body, *(note.body for note in chunk.footnotes)):
            if excerpt and all(any(a <= start and end <= b for a, b in excerpt.spans) for start, end in citation.spans):
                return excerpt
    return None


def _messages(talk: Talk, pending: str | None = None) -> list[dict[str, Any]]:
    """The conversation as the Chatbot takes it. The last answer offers what could be asked next."""
    messages: list[dict[str, Any]] = []
    for number, one in enumerate(talk, 1):
        messages.append({"role": "user", "content": question_html(one["question"])})
        message: dict[str, Any] = {"role": "assistant", "content": one["html"]}
        if number == len(talk) and pending is None and one["suggestions"]:
            message["options"] = [{"value": suggestion, "label": suggestion} for suggestion in one["suggestions"][:3]]
        messages.append(message)
    if pending is not None:
        messages.append({"role": "user", "content": question_html(pending)})
        messages.append(
            {"role": "assistant", "content": '<p class="cchc-pending" role="status">Đang tìm trong tài liệu…</p>'}
        )
    return messages


# --- the page ---------------------------------------------------------------------------------------------------


def mount_page(app: FastAPI, parts: Parts) -> FastAPI:
    """The app with the chat page at "/". Requests for the page go to Gradio, all others to the API."""
    import gradio

    blocks = _blocks(parts)
    app = gradio.mount_gradio_app(
        app,
        blocks,
        path="/",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
        pwa=False,
        show_error=False,
        theme=_theme(),
        css=_asset("page.css"),
        head=f"<script>{_asset('page.js')}</script>",
        i18n=_words(),
    )
    # Mounted at "/", Gradio would answer every path that the API does not know, in its own way.
    mounted = app.router.routes.pop()
    app.add_middleware(PageDoor, page=mounted.app)  # type: ignore[attr-defined]
    return app


def _theme() -> Any:
    import gradio

    # Fonts of the reader's machine whose bold has the Vietnamese letters. Arial comes last: on Linux it often means
    # Liberation Sans, which has not.
    fonts = ("Segoe UI", "Noto Sans", "Roboto", "Helvetica Neue", "DejaVu Sans", "Arial", "sans-serif")
    mono = ("Consolas", "Noto Sans Mono", "Liberation Mono", "DejaVu Sans Mono", "monospace")
    names = [[gradio.themes.Font(name) for name in family] for family in (fonts, mono)]
    return gradio.themes.Base(primary_hue="blue", neutral_hue="slate", font=names[0], font_mono=names[1]).set(
        body_background_fill="*neutral_50",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_text_color="white",
    )


def _words() -> Any:
    """Gradio's own words. It has no Vietnamese, so its English is replaced; the script keeps it at that."""
    import gradio

    return gradio.I18n(en=json.loads(_asset("gradio-vi.json")))


def _blocks(parts: Parts) -> Any:
    import gradio

    remembered: dict[tuple[tuple[str, str], ...], Any] = {}

    def opened() -> tuple[Any, str]:
        """What the library holds now: examples and the line below. A failure leaves the page usable."""
        try:
            documents = parts.library.documents()
            held = tuple((document.document_id, document.sha256) for document in documents)
            if held not in remembered:
                found: Any = [{"text": question} for question in example_questions(parts, documents)]
                remembered.clear()
                remembered[held] = found
            examples = remembered[held]
            return gradio.Chatbot(examples=examples, placeholder=_welcome(bool(examples))), library_html(documents)
        except Exception as error:
            log.error("the page could not read the library", exc_info=error)
            return gradio.Chatbot(), failure_html(failure_sentence(error))

    def ask(question: str, talk: Talk) -> Iterator[tuple[Any, ...]]:
        question = question.strip()
        if not question:
            yield gradio.skip(), gradio.skip(), gradio.skip()
            return
        yield _messages(talk, pending=question), "", gradio.skip()
        talk = [*talk, turn(parts, question, talk)][-_MAX_ANSWERS:]
        yield _messages(talk), gradio.skip(), talk

    def ask_example(talk: Talk, event: gradio.SelectData) -> Iterator[tuple[Any, ...]]:
        yield from ask(event.value["text"], talk)

    def ask_suggestion(talk: Talk, event: gradio.SelectData) -> Iterator[tuple[Any, ...]]:
        yield from ask(event.value if isinstance(event.value, str) else event.value["value"], talk)

    # Gradio reads the annotations of its handlers, and these stand in a function.
    for handler in (ask_example, ask_suggestion):
        handler.__annotations__["event"] = gradio.SelectData

    def restart() -> tuple[Any, ...]:
        return [], "", []

    with gradio.Blocks(analytics_enabled=False, title=TITLE, fill_height=True) as blocks:
        talk = gradio.State([])
        with gradio.Row(elem_id="cchc-head"):
            # Markdown, not HTML: Gradio's HTML needs `eval` in the browser, which our policy forbids.
            gradio.Markdown(
                f"<div><h1>{TITLE}</h1><p>Trả lời từ các báo cáo trong thư viện, câu nào cũng kèm nguồn.</p></div>"
            )
            again = gradio.Button("Hội thoại mới", elem_id="cchc-again", size="sm", scale=0, min_width=0)
        chat = gradio.Chatbot(
            elem_id="cchc-chat",
            label="Hội thoại",
            show_label=False,
            height="100%",
            scale=1,
            layout="bubble",
            autoscroll=False,  # the script brings the question to the top; the answer is read from its beginning
            buttons=[],
            placeholder=_welcome(False),
            latex_delimiters=[],
            feedback_options=None,
            group_consecutive_messages=False,
        )
        with gradio.Row(elem_id="cchc-ask"):
            box = gradio.Textbox(
                elem_id="cchc-question",
                label="Câu hỏi",
                show_label=False,
                container=False,
                placeholder="Nhập câu hỏi…",
                lines=1,
                max_lines=6,
                max_length=MAX_QUESTION,
                autofocus=True,
                scale=1,
            )
            send = gradio.Button("Hỏi", variant="primary", elem_id="cchc-send", scale=0, min_width=88)
        library = gradio.Markdown(elem_id="cchc-status")

        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        outputs = [chat, box, talk]
        # One event for both, so that a second press does nothing while an answer is under way.
        gradio.on(
            [box.submit, send.click], ask, [box, talk], outputs, concurrency_limit=4, concurrency_id="ask", **private
        )
        chat.example_select(ask_example, [talk], outputs, concurrency_id="ask", **private)
        chat.option_select(ask_suggestion, [talk], outputs, concurrency_id="ask", **private)
        again.click(restart, None, outputs, **private)
        blocks.load(opened, None, [chat, library], **private)
    return blocks


def _welcome(with_examples: bool) -> str:
    more = "<p>Có thể bắt đầu bằng một câu dưới đây.</p>" if with_examples else ""
    return f'<div class="cchc-welcome"><h2>Bạn cần biết điều gì?</h2>{more}</div>'


# --- the door between page and API ------------------------------------------------------------------------------

# What the page needs of Gradio. Its other paths (uploads, proxy, files, monitoring, run history, code editing …) are
# closed: the page has no use for them.
_PAGE = re.compile(
    r"/(?:config|theme\.css|favicon\.ico)?|/(?:assets|static|svelte)/.+"
    r"|/gradio_api/(?:app_id|theme\.css|startup-events|queue/join|queue/data|cancel|reset|heartbeat/[^/]+)"
)
_METHODS = {"GET", "HEAD", "POST"}


class PageDoor:
    """Leads the page's own paths to Gradio and all others to the API, and makes the page's HTML Vietnamese."""

    def __init__(self, app: ASGIApp, page: ASGIApp) -> None:
        self.app = app
        self.page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _PAGE.fullmatch(scope["path"]) or scope["method"] not in _METHODS:
            await self.app(scope, receive, send)
        elif scope["path"] == "/":
            await self._front(scope, receive, send)
        else:
            await self.page(scope, receive, send)

    async def _front(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The front page: Gradio says it is English and names its own site in it."""
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        start: Message = {}
        body = bytearray()

        async def rewritten(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            if message["type"] != "http.response.body":  # the test client asks for the template as well
                await send(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            content = bytes(body)
            if "text/html" in Headers(raw=start["headers"]).get("content-type", ""):
                content = vietnamese_html(content.decode()).encode()
            headers = MutableHeaders(raw=list(start["headers"]))
            if scope["method"] != "HEAD":
                headers["content-length"] = str(len(content))
            await send({**start, "headers": headers.raw})
            await send({"type": "http.response.body", "body": content})

        await self.page({**scope, "headers": plain}, receive, rewritten)


_FOREIGN_META = re.compile(r'\s*<meta\s+(?:property|name)="(?:og|twitter):[^"]*"\s+content="[^"]*"\s*/>')
_MANIFEST = re.compile(r'\s*<link rel="manifest"[^>]*>')


def vietnamese_html(html: str) -> str:
    """Gradio's front page in Vietnamese, without cards and links to other sites."""
    html = html.replace('lang="en"', 'lang="vi"', 1)
    html = _MANIFEST.sub("", _FOREIGN_META.sub("", html))
    return html.replace("<style>", f"<title>{TITLE}</title>\n\t\t<style>", 1)
