"""The only way out: a draft's citations are made and checked here, and so is each figure of its text.

No figure without its source, as the contract defines it: every figure of an answer stands in the quote, a footnote or
the metadata of a citation of its own sentence, or in the question, or is an operand or the result of a computation
that holds. A sentence that fails is dropped; if nothing remains, the answer is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation, localcontext

from assistant.schema import MAX_QUOTE, AnswerFigure, Citation, CitedNote, Notice, Status
from vectorstore.instructions import without
from vectorstore.quantities import NUMBER, canonical, figures, parse_number
from vectorstore.records import Document, Excerpt, Footnote, Hit, fold_space
from vectorstore.vietnamese import sentences

MAX_CITATIONS = 12
MAX_CITATIONS_LONG = 30


@dataclass(slots=True)
class Proof:
    """Citations in the order in which an answer needs them; the same stretch is cited once."""

    citations: list[Citation] = field(default_factory=list)

    def cite(self, hit: Hit, quoted: Excerpt, notes: Sequence[Footnote] = ()) -> int:
        """The marker of a citation of `quoted` in the passage of `hit`, with the footnotes that prove or explain it."""
        quoted = _shortened(quoted)
        for i, old in enumerate(self.citations):
            if old.document_id == hit.chunk.document_id and old.spans == quoted.spans:
                known = {note.marker for note in old.footnotes}
                more = tuple(_note(n) for n in notes if n.marker not in known)
                self.citations[i] = replace(old, footnotes=old.footnotes + more)
                return old.marker
        marker = len(self.citations) + 1
        self.citations.append(citation(marker, hit, quoted, notes))
        return marker


def citation(marker: int, hit: Hit, quoted: Excerpt, notes: Sequence[Footnote] = ()) -> Citation:
    """The contract's citation of an excerpt in the passage of `hit`."""
    chunk, document = hit.chunk, hit.document
    return Citation(
        marker,
        document.document_id,
        document.source,
        document.number,
        document.type,
        document.title,
        document.issuer,
        chunk.place,
        document.issued_on,
        chunk.period,
        chunk.section,
        chunk.page,
        quoted.start,
        quoted.end,
        quoted.spans,
        quoted.quote,
        chunk.heads,
        tuple(_note(note) for note in notes),
        cited_as(document, chunk.section),
    )


def _note(note: Footnote) -> CitedNote:
    return CitedNote(note.marker, note.body.quote, note.body.start, note.body.end)


def _shortened(quoted: Excerpt) -> Excerpt:
    """An excerpt of at most the contract's length, cut at the end of a sentence or a word."""
    if len(quoted.quote) <= MAX_QUOTE:
        return quoted
    reading = quoted.reading
    end = 0
    for _, stop in sentences(reading.text[:MAX_QUOTE]):
        if stop < MAX_QUOTE - 40:
            end = stop
    if not end:
        end = reading.text.rfind(" ", 0, MAX_QUOTE - 40)
    return reading.part(0, end)


def cited_as(document: Document, section: tuple[str, ...] = ()) -> str:
    """A document as it is cited: "Báo cáo số 1987/BC-SYT ngày 16/6/2022 của Sở Y tế tỉnh Hà Tĩnh, mục I.3"."""
    parts = [document.type or "Văn bản"]
    if document.number:
        blank = document.number_is_blank
        parts.append(f"số …{document.number} (số để trống)" if blank else f"số {document.number}")
    elif document.title:
        parts.append(f"«{document.title}»")
    if document.issued_on:
        parts.append(_said_date(document.issued_on))
    if document.issuer and document.issuer not in " ".join(parts):
        parts.append(f"của {document.issuer}")
    text = " ".join(parts)
    if document.status == "digest":
        text = f"Bản tóm lược {text[0].lower()}{text[1:]}"
    where = said_section(section)
    return f"{text}, {where}" if where else text


def _said_date(issued_on: str) -> str:
    parts = issued_on.split("-")
    if len(parts) == 3:
        return f"ngày {int(parts[2])}/{int(parts[1])}/{parts[0]}"
    return f"tháng {int(parts[1])}/{parts[0]}" if len(parts) == 2 else f"năm {parts[0]}"


def said_section(section: tuple[str, ...]) -> str:
    """The numbers of the headings, innermost last: "mục II.6.5"; a heading without a number by its first words."""
    numbers: list[str] = []
    for heading in section:
        match = re.match(
            r"(?:Phần|Chương|Điều|Mục)\s+\S+|[IVXLC]+(?=[.)])|\d{1,3}(?:\.\d+)*(?=[.)\s])|[a-zđ](?=\))", heading, re.I
        )
        if match:
            number = match[0]
            if numbers and "." in number and number.split(".")[0] == numbers[-1]:
                numbers.pop()
            numbers.append(number)
        elif heading.upper().startswith("PHỤ LỤC"):
            numbers = ["Phụ lục"]
    if not numbers:
        return ""
    if numbers[0] == "Phụ lục":
        return "Phụ lục" + (f" mục {numbers[-1]}" if len(numbers) > 1 else "")
    return "mục " + ".".join(numbers)


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before it is checked."""

    status: Status
    answer: str
    computation: str | None = None
    figures: tuple[AnswerFigure, ...] = ()
    citations: tuple[Citation, ...] = ()
    notices: tuple[Notice, ...] = ()
    suggestions: tuple[str, ...] = ()


_MARKER = re.compile(r"\[(\d+)\]")
# a marker behind the full stop of its sentence, as language models write it
_LATE_MARKER = re.compile(r"([.!?])((?:\s*\[\d+\])+)(?=\s|$)")

NOT_SAID = "Tài liệu trong thư viện không có thông tin này."
NOT_SAID_IN_ENGLISH = "The documents in the library do not say this."


def check(draft: Draft, question: str) -> Draft:
    """The draft with only what its citations, the question or a computation that holds bear out."""
    by_marker = {c.marker: c for c in draft.citations}
    asked = figures(question)
    everywhere = set(asked).union(*(backing(c) for c in draft.citations)) if draft.citations else set(asked)
    computed: set[str] = set()
    computation = draft.computation
    if computation is not None:
        result = holds(computation, everywhere)
        if result is None:
            return replace(
                draft, status="not_found", answer=NOT_SAID, computation=None, figures=(), citations=(), notices=()
            )
        computed = result
    kept: list[str] = []
    dropped: list[str] = []
    for line in _LATE_MARKER.sub(r" \2\1", draft.answer).split("\n"):
        good: list[str] = []
        for start, end in sentences(line):
            sentence = line[start:end]
            own: set[str] = set(asked) | computed
            for marker in _MARKER.findall(sentence):
                if int(marker) in by_marker:
                    own |= backing(by_marker[int(marker)])
            missing = figures(_MARKER.sub(" ", sentence)) - own
            unknown = [m for m in _MARKER.findall(sentence) if int(m) not in by_marker]
            (dropped if missing or unknown else good).append(sentence)
        if good or not line.strip():
            kept.append(" ".join(good))
    text = "\n".join(kept).strip()
    if not any(char.isalpha() for char in _MARKER.sub("", text)):
        return replace(
            draft, status="not_found", answer=NOT_SAID, computation=None, figures=(), citations=(), notices=()
        )
    notices = draft.notices
    if any(line.strip() for line in dropped):
        notices += (Notice("unverified", "Một phần câu trả lời không khớp với nguồn trích dẫn nên đã được bỏ."),)
    said = figures(text)
    kept_figures = tuple(f for f in draft.figures if not dropped or figures(f.text) <= said)
    return replace(draft, answer=text, figures=kept_figures, notices=notices)


def renumbered(text: str, numbers: Mapping[int, int]) -> str:
    """A text with its markers changed to others; one that has no other is left out."""
    return _MARKER.sub(lambda m: f"[{numbers[int(m[1])]}]" if int(m[1]) in numbers else "", text)


def backing(cited: Citation) -> set[str]:
    """Every figure that stands in a citation's quote, footnotes or metadata; what a document says to a machine backs
    nothing."""
    texts = [cited.quote, *(note.text for note in cited.footnotes), *(cell for _, cell in cited.heads)]
    meta = (
        cited.document_number,
        cited.title,
        cited.issuer,
        cited.issued_on,
        cited.period,
        cited.cited_as,
        *cited.section,
    )
    texts += [(value or "").replace("-", " ") for value in meta]
    return set[str]().union(*(figures(without(text)) for text in texts))


_PART = re.compile(r"[;\n]")
_OPERATION = re.compile(r"[\d.,+\-*/() ]+")


def holds(computation: str, backed: set[str]) -> set[str] | None:
    """The figures of a computation whose operands are backed and whose arithmetic is right within the rounding that is
    printed ("a + b = c", several parted by ";"); None when it does not hold."""
    known = set(backed) | {"100", "1000"}
    said: set[str] = set()
    for part in _PART.split(computation):
        left, _, right = part.replace("≈", "=").rpartition("=")
        expression = left.replace("×", "*").replace(":", "/").replace("÷", "/").replace("−", "-").replace("%", "")
        result = NUMBER.search(right)
        if not left.strip() or result is None or not _OPERATION.fullmatch(expression):
            return None
        operands = [parse_number(m[0]) for m in NUMBER.finditer(expression)]
        if any(o is None or canonical(o) not in known for o in operands):
            return None
        value = evaluate(expression)
        claimed = parse_number(result[0])
        if value is None or claimed is None:
            return None
        places = max(0, -int(claimed.as_tuple().exponent)) if isinstance(claimed.as_tuple().exponent, int) else 0
        if abs(value - claimed) > Decimal(5) * Decimal(10) ** (-places - 1) + Decimal("1e-9"):
            return None
        said |= {canonical(o) for o in operands if o is not None} | {canonical(claimed)}
        known |= said
    return said


def evaluate(expression: str) -> Decimal | None:
    """The value of + - * / over numbers as printed, with parentheses; None when it is no such expression."""
    if not _OPERATION.fullmatch(expression):
        return None
    tokens = re.findall(r"\d+(?:[.,]\d+)*|[+\-*/()]", expression)
    try:
        with localcontext() as context:
            context.prec = 34
            value, rest = _sum(tokens)
    except (InvalidOperation, IndexError, ZeroDivisionError, ValueError):
        return None
    return value if not rest else None


def _sum(tokens: list[str]) -> tuple[Decimal, list[str]]:
    value, tokens = _product(tokens)
    while tokens and tokens[0] in "+-":
        sign, (term, rest) = tokens[0], _product(tokens[1:])
        value, tokens = (value + term if sign == "+" else value - term), rest
    return value, tokens


def _product(tokens: list[str]) -> tuple[Decimal, list[str]]:
    value, tokens = _atom(tokens)
    while tokens and tokens[0] in "*/":
        sign, (factor, rest) = tokens[0], _atom(tokens[1:])
        value, tokens = (value * factor if sign == "*" else value / factor), rest
    return value, tokens


def _atom(tokens: list[str]) -> tuple[Decimal, list[str]]:
    if tokens[0] == "(":
        value, rest = _sum(tokens[1:])
        if rest[0] != ")":
            raise ValueError("unbalanced")
        return value, rest[1:]
    number = parse_number(tokens[0])
    if number is None:
        raise ValueError(tokens[0])
    return number, tokens[1:]


def plain(text: str) -> str:
    """A reading as it goes into a sentence: no bullet or number of a list, no Markdown of its own."""
    text = re.sub(r"^(?:[-–+*•]\s*|\d{1,2}(?:\.\d{1,2})*[.)]\s+|[a-zđ]\)\s+)+", "", fold_space(text))
    return re.sub(r"[*_`#\[\]]", "", text).strip()
