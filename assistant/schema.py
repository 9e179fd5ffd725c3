"""The contract's names: a question as it comes in, an answer as it goes out, and the one JSON form of it.

The command line, the HTTP API, the chat page and the evaluation all use `as_json`; no other module names JSON fields
of an answer.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Literal

from vectorstore.records import NO_FILTERS, Chunk, Document, Filters

Status = Literal["answered", "not_found", "error"]
Mode = Literal["auto", "extractive", "generative"]
NoticeKind = Literal[
    "source_conflict",
    "source_error",
    "scope",
    "superseded",
    "ocr_low",
    "instruction_in_document",
    "unverified",
    "fallback",
]

MAX_QUESTION = 4_000
"""Longest question taken, in characters."""
MAX_HISTORY = 20
"""Most earlier turns taken."""


class QuestionRefused(Exception):
    """The question cannot be taken as it is; the message is a Vietnamese sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier turn of the conversation. What assistant turns say is never a source."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what came before it and what may be searched."""

    text: str
    history: tuple[Turn, ...] = ()
    filters: Filters = NO_FILTERS
    mode: Mode = "auto"

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise QuestionRefused("Câu hỏi đang trống; hãy viết điều cần hỏi.")
        if len(self.text) > MAX_QUESTION:
            raise QuestionRefused(
                f"Câu hỏi dài {len(self.text)} ký tự; hãy rút gọn còn tối đa {MAX_QUESTION} ký tự rồi hỏi lại."
            )
        if len(self.history) > MAX_HISTORY:
            raise QuestionRefused(
                f"Lịch sử hội thoại có {len(self.history)} lượt; hãy gửi tối đa {MAX_HISTORY} lượt gần nhất."
            )


def turns(history: list[object]) -> tuple[Turn, ...]:
    """History as clients send it: a string is an earlier question, an object is {"role", "content"}."""
    out = []
    for turn in history:
        if isinstance(turn, str):
            out.append(Turn("user", turn))
        elif (
            isinstance(turn, dict)
            and turn.get("role") in ("user", "assistant")
            and isinstance(turn.get("content"), str)
        ):
            out.append(Turn(turn["role"], turn["content"]))
        else:
            raise QuestionRefused(
                'Mỗi lượt trong "history" phải là một chuỗi hoặc {"role": "user" | "assistant", "content": "…"}.'
            )
    return tuple(out)


@dataclass(frozen=True, slots=True)
class Understood:
    """What was read out of the question, shown so that a person can correct it. `periods` in the contract's forms."""

    kind: str
    indicator: str = ""
    places: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    document_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerFigure:
    """A figure of the answer; `value` is None when `text` is no single number ("10/10")."""

    indicator: str
    value: Decimal | None
    text: str
    unit: str | None = None
    breakdown: str | None = None
    bound: str | None = None
    nature: Literal["result", "target"] = "result"
    place: str | None = None
    period: str | None = None
    computed: bool = False
    citations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CitedNote:
    """A footnote as quoted in a citation."""

    marker: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Citation:
    """The part of a passage that proves, quoted as printed; `spans` are offsets into the document's text."""

    marker: int
    document_id: str
    source: str
    document_number: str | None
    document_type: str | None
    title: str | None
    issuer: str | None
    place: str | None
    issued_on: str | None
    period: str | None
    section: tuple[str, ...]
    page: int | None
    start: int
    end: int
    spans: tuple[tuple[int, int], ...]
    quote: str
    heads: tuple[tuple[str, str], ...]
    footnotes: tuple[CitedNote, ...]
    cited_as: str
    verified: bool = True


@dataclass(frozen=True, slots=True)
class Notice:
    """What a reader has to know beside the answer; `citations` are the markers of the passages it is about."""

    kind: NoticeKind
    message: str
    citations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer object of the contract."""

    question: str
    status: Status
    answer: str
    understood: Understood = Understood("unknown")
    computation: str | None = None
    figures: tuple[AnswerFigure, ...] = ()
    citations: tuple[Citation, ...] = ()
    notices: tuple[Notice, ...] = ()
    suggestions: tuple[str, ...] = ()
    answered_by: str = "extractive"
    prompt_version: str | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)
    answer_id: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """What `search` returns: a chunk's own text with the footnotes that it calls."""

    document_id: str
    source: str
    start: int
    end: int
    spans: tuple[tuple[int, int], ...]
    text: str
    footnotes: tuple[CitedNote, ...]
    section: tuple[str, ...]
    score: float


MAX_PASSAGE = 2_000
"""Longest text of a passage, in characters."""
MAX_QUOTE = 1_500
"""Longest quote of a citation, in characters."""

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_answer_id() -> str:
    """A ULID: 48 bits of time in milliseconds, 80 random bits (github.com/ulid/spec)."""
    number = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def cited_notes(chunk: Chunk) -> tuple[CitedNote, ...]:
    """A chunk's footnotes as texts of their own."""
    return tuple(CitedNote(n.marker, n.body.quote, n.body.start, n.body.end) for n in chunk.footnotes if n.body)


def passage(chunk: Chunk, document: Document, score: float) -> Passage:
    """A chunk that was found in the contract's form, cut to its length."""
    body = chunk.body
    return Passage(
        chunk.document_id,
        document.source,
        body.start,
        body.end,
        body.spans,
        body.quote[:MAX_PASSAGE],
        cited_notes(chunk),
        chunk.section,
        round(score, 6),
    )


def error_answer(question: str, kind: str, message: str) -> dict[str, Any]:
    """A batch line that failed: the answer object with status "error" and what to do in `answer`."""
    line = as_json(Answer(question, "error", message, answer_id=new_answer_id()))
    line["error"] = {"kind": kind, "message": message}
    return line


def as_json(value: Answer | Passage | Citation) -> dict[str, Any]:
    """The contract's JSON form: tuples as lists, decimals as JSON numbers, heads as {"head", "cell"}."""
    plain: dict[str, Any] = _plain(asdict(value))
    for citation in [plain, *plain.get("citations", [])]:
        if isinstance(citation, dict) and "heads" in citation:
            citation["heads"] = [{"head": head, "cell": cell} for head, cell in citation["heads"]]
    if isinstance(value, Answer):
        first = ("answer_id", "question", "understood", "status", "answer")
        plain = {key: plain[key] for key in first} | plain
    return plain


def _plain(value: object) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return number(value) if isinstance(value, Decimal) else value


def number(value: Decimal) -> int | float:
    """A JSON number."""
    return int(value) if value == value.to_integral_value() else float(value)
