"""What is measured of one answer. Each metric is a pure function that returns a `Score`: a number between 0 (bad) and
1 (good), or None and why there is none.

Two texts agree in the sense of `stands`; figures are compared by value, as `vectorstore.quantities` reads them. No
model judges anything.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation

from assistant.schema import MAX_QUOTE, Answer, Citation, Passage
from evals.cases import LONG_KINDS, Case, Evidence
from vectorstore.quantities import NUMBER, canonical, figures, parse_number
from vectorstore.records import INTERRUPTION, excerpt, fold_space
from vectorstore.vietnamese import fold, normalize, sentences, tokens

CONCISE = 500
"""Most characters of the answer to a plain question."""
SPARE_FIGURES = 12
SPARE_FIGURES_LONG = 40
"""Most figures in an answer that nobody asked for (the second for kinds that may need a long answer)."""
COVERED = 0.85
"""Share of a span's words that must be there for it to stand in a text that does not hold it letter by letter."""

_MARKERS = re.compile(r"\[\d+(?:\s*,\s*\d+)*\]")


@dataclass(frozen=True, slots=True)
class Score:
    """A metric of one case. `right` of `of` are what was counted, where the value is a share of counted things."""

    value: float | None
    why: str = ""
    right: int = 0
    of: int = 0


def share(right: int, of: int, why: str, nothing: str) -> Score:
    """`right`/`of`; None because of `nothing` where there is nothing to count; `why` only where something is wrong."""
    if not of:
        return Score(None, nothing)
    return Score(right / of, why if right < of else "", right, of)


# --- texts and figures ---


def stands(span: str, text: str) -> bool:
    """Whether a gold span stands in a text: letter by letter (white space folded, footnote markers and mark-up aside),
    or 85% of its words and all its figures do.

    The figures are asked for because rows of one list differ in nothing else.
    """
    wanted, there = plain(span), plain(text)
    if not wanted:
        return False
    if wanted in there:
        return True
    words = Counter(tokens(wanted))
    covered = (words & Counter(tokens(there))).total()
    return covered >= COVERED * words.total() and figures(wanted) <= figures(there)


def plain(text: str) -> str:
    """A text as spans are looked for in it: lower case, white space folded, footnote markers and mark-up left out."""
    text = normalize(text.replace(INTERRUPTION, " "))
    return excerpt(text, [(0, len(text))]).reading.text.lower() if text.strip() else ""


def _folded(text: str) -> str:
    return fold(fold_space(normalize(text).replace("_", " ")))


def readings(text: str) -> set[str]:
    """Every value that a number of `text` can have: "25,125" is 25125, and 25.125 where a percentage was meant (its
    column head says "%", or the gold left it out)."""
    return figures(text) | figures(NUMBER.sub(lambda m: m[0] + "% ", text))


def states(gold: str, said: set[str], text: str) -> bool:
    """Whether every figure of `gold` is among those `said` in `text`. A figure with decimals may be said with more of
    them; zero may be said in words ("không có")."""
    return all(_is_said(token, said, text) for token in re.findall(r"\d+(?:[.,]\d+)*%?", gold))


def _is_said(token: str, said: set[str], text: str) -> bool:
    wanted = readings(token)
    if wanted & said or ("0" in wanted and "khong" in fold(text)):
        return True
    return any(_rounds_to(have, want) for want in wanted if "." in want for have in said)


def _rounds_to(have: str, want: str) -> bool:
    places = len(want.partition(".")[2])
    return abs(Decimal(have) - Decimal(want)) <= Decimal(5).scaleb(-places - 1)


def unmarked(text: str) -> str:
    """The answer without its citation markers."""
    return _MARKERS.sub(" ", text)


def cited_text(citation: Citation) -> str:
    """What a citation shows of its source: the quote, a row's heads and cells, and the footnotes."""
    heads = [f"{head}: {cell}" for head, cell in citation.heads]
    return "\n".join([citation.quote, *heads, *(note.text for note in citation.footnotes)])


def _metadata(citation: Citation) -> str:
    parts = (
        citation.document_number,
        citation.document_type,
        citation.title,
        citation.issuer,
        citation.place,
        citation.issued_on,
        citation.period,
        *citation.section,
        citation.cited_as,
    )
    return "\n".join(part for part in parts if part)


def _sources(answer: Answer, citations: Iterable[Citation]) -> set[str]:
    text = "\n".join(f"{cited_text(c)}\n{_metadata(c)}" for c in citations)
    return readings(text) | readings(answer.question)


def is_of(names: Sequence[str], document_id: str, source: str) -> bool:
    """Whether a document is one of those that `names` begin; no names: any."""
    return not names or any(document_id.startswith(name) or source.startswith(name) for name in names)


def documents_of(case: Case, proof: Evidence) -> tuple[str, ...]:
    """How the names of the documents begin that a gold span may stand in."""
    return (proof.doc,) if proof.doc else case.doc


# --- finding ---


def holds(case: Case, proof: Evidence, passage: Passage) -> bool:
    """Whether a gold span stands in a passage of its document, or in the passage's footnotes."""
    if not is_of(documents_of(case, proof), passage.document_id, passage.source):
        return False
    return stands(proof.span, "\n".join([passage.text, *(note.text for note in passage.footnotes)]))


def recall_at(case: Case, passages: Sequence[Passage], k: int) -> Score:
    """Recall@k: the share of gold spans that stand in one of the first `k` passages, or in its footnotes."""
    if not case.answerable:
        return Score(None, "câu không trả lời được")
    missing = [p.span for p in case.proofs if not any(holds(case, p, passage) for passage in passages[:k])]
    of = len(case.proofs)
    why = f"không tìm thấy trong {k} đoạn đầu: {_short(missing[0])}" if missing else ""
    return share(of - len(missing), of, why, "câu không có bằng chứng vàng")


def reciprocal_rank(case: Case, passages: Sequence[Passage], k: int = 10) -> Score:
    """1/rank of the first of `k` passages that holds any gold span, 0 where none does; its mean is MRR@k (Voorhees,
    TREC-8 Question Answering Track, 1999)."""
    if not (case.answerable and case.proofs):
        return Score(None, "câu không có bằng chứng vàng")
    for rank, passage in enumerate(passages[:k], 1):
        if any(holds(case, proof, passage) for proof in case.proofs):
            return Score(1 / rank)
    return Score(0.0, f"không đoạn nào trong {k} đoạn đầu có bằng chứng vàng")


# --- answering ---


def accuracy(case: Case, answer: Answer) -> Score:
    """1 where the answer is right, else 0 and every reason.

    Right: every gold figure (by value) and every must_include string (accents folded) is said; a gold document is
    cited; no more than 500 characters to a plain question; hardly any figure that was not asked for; no quote over
    1,500 characters; "Không" begins a yes/no answer when it means no, and only then; a conflict is said in a notice
    (figures may stand there too); an unanswerable question is refused, and only an unanswerable one.
    """
    wrong = [f"trích dẫn dài {len(c.quote)} ký tự" for c in answer.citations if len(c.quote) > MAX_QUOTE]
    refused = answer.status == "not_found"
    if not case.answerable:
        wrong += [] if refused else ["không từ chối"]
    elif refused:
        wrong.append("từ chối câu trả lời được")
    else:
        wrong += _content_faults(case, answer)
    return Score(0.0, "; ".join(wrong), 0, 1) if wrong else Score(1.0, "", 1, 1)


def _content_faults(case: Case, answer: Answer) -> list[str]:
    wrong = [] if answer.status == "answered" else [f"trạng thái {answer.status}"]
    text = unmarked(answer.answer)
    pool = text
    if case.type == "conflict":
        pool = "\n".join([text, *(notice.message for notice in answer.notices)])
        if not any(notice.kind in ("source_conflict", "source_error") for notice in answer.notices):
            wrong.append("không báo mâu thuẫn của nguồn")
    said = readings(pool)
    asked = readings("\n".join([case.question, case.answer, case.computation, *case.numbers]))
    if missing := [gold for gold in case.numbers if not states(gold, said | readings(case.question), text)]:
        wrong.append(f"thiếu số {', '.join(missing)}")
    if missing := [words for words in case.must_include if _folded(words) not in _folded(pool)]:
        wrong.append(f"thiếu {', '.join(missing)}")
    spare = len(figures(pool) - asked)
    if spare > (SPARE_FIGURES_LONG if case.type in LONG_KINDS else SPARE_FIGURES):
        wrong.append(f"{spare} số không ai hỏi")
    length = len(fold_space(answer.answer))
    if case.type not in LONG_KINDS and length > CONCISE:
        wrong.append(f"dài {length} ký tự")
    if case.type == "yesno" and _says_no(answer.answer) != _says_no(case.answer):
        wrong.append("nói có thay vì không, hoặc ngược lại")
    if case.doc and not any(is_of(case.doc, c.document_id, c.source) for c in answer.citations):
        wrong.append(f"không dẫn tài liệu nào trong {', '.join(case.doc)}")
    return wrong


def _says_no(text: str) -> bool:
    return re.match(r"khong\b", _folded(text).lstrip("*- ")) is not None


def answered(case: Case, answer: Answer) -> Score:
    """For an answerable question: 1 unless it is refused."""
    if not case.answerable:
        return Score(None, "câu không trả lời được")
    return share(int(answer.status == "answered"), 1, "từ chối câu trả lời được", "")


def refused(case: Case, answer: Answer) -> Score:
    """For an unanswerable question: 1 where it is refused."""
    if case.answerable:
        return Score(None, "câu trả lời được")
    return share(int(answer.status == "not_found"), 1, "trả lời câu lẽ ra phải từ chối", "")


# --- citing ---


def citation_precision(case: Case, answer: Answer) -> Score:
    """The share of citations of a gold document that hold a gold span, a part of one, a gold figure or a must_include
    string (in the sense of ALCE, Gao et al. 2023, with spans instead of a model)."""
    if not case.answerable:
        return Score(None, "câu không trả lời được")
    useless = [c.marker for c in answer.citations if not _proves(case, c)]
    of = len(answer.citations)
    why = f"không chứng minh gì: {', '.join(f'[{marker}]' for marker in useless)}"
    return share(of - len(useless), of, why, "không có trích dẫn")


def _proves(case: Case, citation: Citation) -> bool:
    names = (*case.doc, *(proof.doc for proof in case.evidence_more)) if case.doc else ()
    if not is_of(names, citation.document_id, citation.source):
        return False
    text = cited_text(citation)
    if any(
        stands(p.span, text) or (len(tokens(citation.quote)) > 3 and stands(citation.quote, p.span))
        for p in case.proofs
    ):
        return True
    said = readings(text)
    if any(readings(token) & said for gold in case.numbers for token in NUMBER.findall(gold)):
        return True
    return any(_folded(words) in _folded(text) for words in case.must_include)


def citation_recall(case: Case, answer: Answer) -> Score:
    """The share of gold spans that stand in the quotes and footnotes of the citations of their document, taken
    together. A refusal of an answerable question covers none."""
    if not case.answerable:
        return Score(None, "câu không trả lời được")
    missing = []
    for proof in case.proofs:
        names = documents_of(case, proof)
        texts = [cited_text(c) for c in answer.citations if is_of(names, c.document_id, c.source)]
        if not stands(proof.span, "\n".join(texts)):
            missing.append(proof.span)
    of = len(case.proofs)
    why = f"chưa dẫn: {_short(missing[0])}" if missing else ""
    return share(of - len(missing), of, why, "câu không có bằng chứng vàng")


# --- proving ---


def figures_supported(answer: Answer) -> Score:
    """The share of the answer's figures that have a source: a citation's quote, heads, footnotes or metadata, the
    question, or a computation that holds."""
    own = figures(unmarked(answer.answer))
    sources = _sources(answer, answer.citations)
    if answer.computation and not faults_of_computation(answer):
        sources |= readings(answer.computation)
    stray = sorted(own - sources)
    return share(len(own) - len(stray), len(own), f"không có nguồn: {', '.join(stray)}", "câu trả lời không có số")


def figures_marked(answer: Answer) -> Score:
    """The share of the answer's figures that stand in a source that their own sentence is marked with (stricter than
    `figures_supported`, where any citation will do)."""
    told = list(figures_by_sentence(answer))
    stray = [figure for _, _, without in told for figure in without]
    of = sum(len(own) for _, own, _ in told)
    return share(of - len(stray), of, f"câu chứa không đánh dấu nguồn: {', '.join(sorted(stray))}", "không có số")


def figures_by_sentence(answer: Answer) -> Iterator[tuple[str, set[str], set[str]]]:
    """Each sentence of the answer, its figures, and those of them that stand in no source that it is marked with."""
    computed = readings(answer.computation or "")
    for line in answer.answer.splitlines():
        for start, end in sentences(line):
            sentence = line[start:end]
            markers = {int(n) for marker in _MARKERS.findall(sentence) for n in re.findall(r"\d+", marker)}
            own = figures(unmarked(sentence))
            yield sentence, own, own - computed - _sources(answer, (c for c in answer.citations if c.marker in markers))


def quotes_verbatim(answer: Answer, text_of: Callable[[str], str | None]) -> Score:
    """The share of citations whose quote and footnotes are the library's text at their offsets, and no longer than
    1,500 characters."""
    wrong = [f"[{c.marker}] {fault}" for c in answer.citations if (fault := _quote_fault(c, text_of(c.document_id)))]
    of = len(answer.citations)
    return share(of - len(wrong), of, "; ".join(wrong), "không có trích dẫn")


def _quote_fault(citation: Citation, text: str | None) -> str:
    if text is None:
        return f"thư viện không có {citation.document_id}"
    if not citation.spans or (citation.start, citation.end) != (citation.spans[0][0], citation.spans[-1][1]):
        return "spans không khớp start, end"
    if len(citation.quote) > MAX_QUOTE:
        return f"dài {len(citation.quote)} ký tự"
    pieces = (fold_space(text[start:end]) for start, end in citation.spans)
    if citation.quote != INTERRUPTION.join(piece for piece in pieces if piece):
        return "không nguyên văn"
    for note in citation.footnotes:
        there = fold_space(text[note.start : note.end])
        if not note.text or not all(fold_space(piece) in there for piece in note.text.split(INTERRUPTION)):
            return f"chú thích {note.marker} không nguyên văn"
    return ""


def computation_holds(answer: Answer) -> Score:
    """1 where the answer's computation is right and its operands stand in the sources; None without one."""
    if not answer.computation:
        return Score(None, "không có phép tính")
    fault = faults_of_computation(answer)
    return Score(0.0, fault, 0, 1) if fault else Score(1.0, "", 1, 1)


def faults_of_computation(answer: Answer) -> str:
    """What is wrong with the computation: its form, its arithmetic (within the rounding of the printed result) or an
    operand without a source; "" where nothing is. 100 and 1000 need no source, nor do earlier results."""
    known = _sources(answer, answer.citations) | {"100", "1000"}
    for part in (answer.computation or "").replace("\n", ";").split(";"):
        left, equals, right = part.replace("≈", "=").rpartition("=")
        printed = NUMBER.search(right)
        result = parse_number(printed[0], right[printed.end() :]) if printed else None
        value = calculate(left)
        if not equals or printed is None or result is None or value is None:
            return f"không đọc được phép tính {part.strip()!r}"
        places = max(0, -int(result.as_tuple().exponent))
        if abs(value - result) > Decimal(5).scaleb(-places - 1):
            return f"{part.strip()}: đúng ra là {canonical(round(value, places + 2))}"
        if stray := sorted(n for n in NUMBER.findall(left) if not readings(n) & known):
            return f"số hạng không có nguồn: {', '.join(stray)}"
        known |= readings(right)
    return ""


_TOKEN = re.compile(r"\s*(?:(\d+(?:[.,]\d+)*)(\s*%)?|([-+*/()]))")
_SIGNS = str.maketrans({"×": "*", "x": "*", "·": "*", ":": "/", "÷": "/", "−": "-", "–": "-"})


def calculate(expression: str) -> Decimal | None:
    """The value of an expression of numbers as printed in Vietnamese, + - × / and brackets; None where it is no such.
    A "%" after a number says what is counted and changes nothing."""
    expression = expression.translate(_SIGNS).strip()
    parts: list[Decimal | str] = []
    position = 0
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if match is None:
            return None
        number = parse_number(match[1], match[2] or "") if match[1] else None
        if match[1] and number is None:
            return None
        parts.append(match[3] if number is None else number)
        position = match.end()
    try:
        value = _sum(parts)
    except (DivisionByZero, InvalidOperation, _NoExpression):
        return None
    return None if parts else value


class _NoExpression(Exception):
    pass


def _sum(parts: list[Decimal | str]) -> Decimal:
    value = _product(parts)
    while parts and parts[0] in ("+", "-"):
        sign = parts.pop(0)
        operand = _product(parts)
        value = value + operand if sign == "+" else value - operand
    return value


def _product(parts: list[Decimal | str]) -> Decimal:
    value = _factor(parts)
    while parts and parts[0] in ("*", "/"):
        sign = parts.pop(0)
        operand = _factor(parts)
        value = value * operand if sign == "*" else value / operand
    return value


def _factor(parts: list[Decimal | str]) -> Decimal:
    if not parts:
        raise _NoExpression
    part = parts.pop(0)
    if isinstance(part, Decimal):
        return part
    if part == "-":
        return -_factor(parts)
    if part != "(":
        raise _NoExpression
    value = _sum(parts)
    if not parts or parts.pop(0) != ")":
        raise _NoExpression
    return value


# --- over many cases ---


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The nearest-rank percentile: the smallest value that at least `percent` of them do not exceed."""
    if not values:
        return None
    return sorted(values)[max(1, math.ceil(len(values) * percent / 100)) - 1]


def _short(text: str, limit: int = 90) -> str:
    text = fold_space(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
