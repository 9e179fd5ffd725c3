"""The gold answer of a case as a careful language model would write it from the passages of its prompt: short
sentences, each with the markers of the passages that prove it, sums left to the program (`{{1 + 4}}`), nothing that
isn't shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from html import unescape
from itertools import permutations

from evals import metrics
from evals.cases import Case
from vectorstore.quantities import NUMBER, Quantity, canonical, figures, parse_number, quantities
from vectorstore.vietnamese import fold, sentences, tokens


@dataclass(frozen=True)
class Shown:
    """A passage as it stands in a prompt, with its number there."""

    number: int
    text: str

    @cached_property
    def figures(self) -> set[str]:
        return metrics.readings(self.text)

    @cached_property
    def folded(self) -> str:
        return fold(" ".join(self.text.split()))

    @cached_property
    def words(self) -> set[str]:
        return set(tokens(self.text))

    @property
    def source(self) -> Shown:
        """Its first line alone, which names the document."""
        return Shown(self.number, self.text.partition("\n")[0])


_PASSAGE = re.compile(r'<doan so="(\d+)">\n(.*?)\n</doan>', re.DOTALL)


def passages(prompt: str) -> list[Shown]:
    """The passages of a prompt."""
    return [Shown(int(number), unescape(text)) for number, text in _PASSAGE.findall(prompt)]


def write(case: Case, shown: Sequence[Shown]) -> list[str]:
    """The gold answer's sentences; none where the passages don't say it."""
    if not case.answerable:
        return []
    writing = _Writing(case, shown)
    written = [writing.sentence(piece) for piece in _pieces(case)]
    return [sentence for sentence in written if sentence]


# --- the gold answer in pieces ---


_ITEM_NUMBER = re.compile(r"\(\d{1,2}\)\s+(?=\w)")
_YES_NO = re.compile(r"(?:Có|Không)$")
_OUTSIDE = re.compile(r"\([^()]*\)|(;|,(?=\s))")


def _pieces(case: Case) -> list[str]:
    """Its sentences, cut at semicolons that stand in no brackets; a bare "Không." belongs to the next."""
    text = _ITEM_NUMBER.sub("", case.answer)
    whole = any(";" in words for words in case.must_include)
    found: list[str] = []
    for start, end in sentences(text):
        sentence = text[start:end]
        for piece in [sentence] if whole else _cut(sentence, ";"):
            piece = piece.strip().rstrip(".").strip()
            if found and _YES_NO.match(found[-1]) and piece:
                found[-1] += f", {piece[0].lower()}{piece[1:]}"
            elif piece:
                found.append(piece)
    return found


def _cut(text: str, at: str) -> list[str]:
    """A text cut at each such sign that stands in no brackets."""
    cuts = [match.start() for match in _OUTSIDE.finditer(text) if match[1] == at]
    starts = [0, *(cut + 1 for cut in cuts)]
    return [text[a:b] for a, b in zip(starts, [*cuts, len(text)], strict=True)]


# --- operations ---


_NUMBER = r"\d+(?:[.,]\d+)*%?"
_EQUATION = re.compile(rf"({_NUMBER}(?:\s*[+×x*/−–-]\s*{_NUMBER})+)\s*[=≈]\s*({_NUMBER})")
_REPEATED = re.compile(rf"\s*\({_NUMBER}(?:\s*[+×x*−–-]\s*{_NUMBER}|\s?/\s?{_NUMBER}(?!/))+\)")
_SIGNS = str.maketrans({"*": "×", "x": "×", ":": "/", "−": "-", "–": "-"})


def _spaced(expression: str) -> str:
    expression = expression.replace("%", "").translate(_SIGNS)
    return re.sub(r"\s*([+×/-])\s*", r" \1 ", expression).strip()


def _operations(case: Case) -> list[tuple[str, Decimal]]:
    """The operations of the gold computation and their results as printed there; one that takes an earlier result
    holds the earlier operation in brackets."""
    found: list[tuple[str, Decimal]] = []
    for part in case.computation.replace("≈", "=").split(";"):
        left, _, right = part.rpartition("=")
        printed = NUMBER.search(right)
        result = parse_number(printed[0], right[printed.end() :]) if printed else None
        if result is None or metrics.calculate(left) is None:
            continue
        earlier = {value: f"({operation})" for operation, value in found}
        found.append((_spaced(_put_in(earlier, left)), result))
    return found


def _put_in(earlier: Mapping[Decimal, str], expression: str) -> str:
    return NUMBER.sub(lambda m: earlier.get(parse_number(m[0]) or Decimal(-1), m[0]), expression)


def _searched(value: Decimal, percent: bool, proofs: Iterable[str]) -> str | None:
    """An operation over figures of the evidence that makes a figure: all of one unit added up, or two of them added,
    subtracted or divided."""
    known: list[Quantity] = [q for span in proofs for q in quantities(span) if q.value is not None]
    for unit in dict.fromkeys(q.unit for q in known):
        alike = [q for q in known if q.unit == unit]
        tries = [" + ".join(q.text for q in alike)] if len(alike) > 1 else []
        for one, other in permutations(alike[:12], 2):
            tries += [f"{one.text} / {other.text} × 100"] if percent else []
            tries += [f"{one.text} - {other.text}", f"{one.text} + {other.text}"]
        for expression in tries:
            made = metrics.calculate(expression)
            if made is not None and made != 0 and rounds_to(made, value):
                return expression
    return None


def rounds_to(exact: Decimal, printed: Decimal) -> bool:
    """Whether a printed value is another one, rounded to its own decimals."""
    places = max(0, -int(printed.as_tuple().exponent))
    return abs(exact - printed) <= Decimal(5).scaleb(-places - 1)


# --- sentences with their markers ---


OPERATION = re.compile(r"\{\{(.*?)\}\}")
_CONSTANTS = frozenset({"100", "1000"})


class _Writing:
    def __init__(self, case: Case, shown: Sequence[Shown]) -> None:
        self._case = case
        self._shown = shown
        self._proofs = [(p.span, [s for s in shown if _shows(s, p.span)]) for p in case.proofs]
        numbers = {s.number for _, holding in self._proofs for s in holding}
        self._proving = [s for s in shown if s.number in numbers]
        self._spans = [span for span, holding in self._proofs if holding]
        self._asked = metrics.readings(case.question)
        self._stated = metrics.readings("\n".join(self._spans))
        self._backed = self._asked.union(*(s.figures for s in self._proving))
        operations = _operations(case)
        self._backed -= {canonical(result) for _, result in operations} - self._stated - self._asked  # by chance only
        self._operations = [(e, r) for e, r in operations if self._may_compute(e)]

    def sentence(self, piece: str) -> str:
        """A piece of the answer as far as passages prove it, with their markers; "" where none does."""
        told = self._with_operations(piece)
        text = told if self._is_proved(told) else self._kept(told)
        if text and self._proving:
            return _marked(text, self._markers(text, self._proving), self._case.question)
        plain = _REPEATED.sub("", piece)
        wanted = (figures(plain) - self._asked) | set(self._phrases(plain))
        naming = [s for s in self._shown if len(wanted) > 1 and wanted <= self._held(plain, s.source)]
        return _marked(plain, [naming[0].number], self._case.question) if naming else ""

    def _may_compute(self, expression: str) -> bool:
        """Whether each operand is proved, and all the evidence that holds one is shown."""
        operands = set(map(_value, NUMBER.findall(expression))) - _CONSTANTS - self._asked
        holding = [there for span, there in self._proofs if operands & metrics.readings(span)]
        return operands <= self._stated and all(holding)

    def _with_operations(self, piece: str) -> str:
        """With `{{…}}` in the place of each figure that is made of others."""

        def told(match: re.Match[str]) -> str:
            return f"{{{{{_spaced(match[1])}}}}}" if self._may_compute(match[1]) else match[0]

        piece = _EQUATION.sub(told, piece)
        text = ""
        for part, is_operation in _parts(piece):
            text += f"{{{{{part}}}}}" if is_operation else NUMBER.sub(self._operation, part)
        if "{{" not in text:
            return text
        return "".join(
            f"{{{{{part}}}}}" if is_operation else _REPEATED.sub("", part) for part, is_operation in _parts(text)
        )

    def _operation(self, match: re.Match[str]) -> str:
        after = match.string[match.end() : match.end() + 12]
        value = parse_number(match[0], after)
        if value is None or canonical(value) in self._stated | self._asked:
            return match[0]
        made: str | None = next((e for e, result in self._operations if result == value), None)
        if made is None and canonical(value) not in self._backed and not self._case.computation:
            made = _searched(value, after.startswith("%"), self._spans)
        return match[0] if made is None else f"{{{{{made}}}}}"

    def _kept(self, text: str) -> str:
        """Without the brackets and clauses with a figure that no passage proves; "" where that leaves nothing to say
        or may turn what it says around."""
        text = re.sub(r"\s*\([^()]*\)", lambda m: m[0] if self._is_proved(m[0]) else "", text)
        if not self._is_proved(text):
            if self._case.type == "yesno":
                return ""
            text = ",".join(clause for clause in _cut(text, ",") if self._is_proved(clause)).strip()
        return text if "{{" in text or _stated_figures(text) or self._phrases(text) else ""

    def _is_proved(self, text: str) -> bool:
        return _stated_figures(text) <= self._backed

    def _phrases(self, text: str) -> list[str]:
        folded = fold(text)
        return [words for words in map(fold, self._case.must_include) if words in folded]

    def _held(self, text: str, one: Shown) -> set[str]:
        """What of a sentence's figures and gold words stands in a passage."""
        needed = {f for f in _stated_figures(text) if metrics.readings(f) & one.figures}
        return needed | {words for words in self._phrases(text) if words in one.folded}

    def _markers(self, text: str, among: Sequence[Shown]) -> list[int]:
        """The passages that prove a sentence: those of all operands, then as few as hold its figures and gold words,
        best those that share most words with it."""
        words = set(tokens(OPERATION.sub(" ", text)))
        operands = {f for expression in OPERATION.findall(text) for f in figures(expression)} - _CONSTANTS
        chosen = [
            next(iter(sorted(holding, key=lambda s: len(s.figures))))
            for span, holding in self._proofs
            if holding and operands & metrics.readings(span)
        ]
        left = set(self._phrases(text)) | (figures(OPERATION.sub(" ", text)) - self._asked) | operands
        for one in chosen:
            left -= self._held(text, one) | (one.figures & operands)
        while True:
            by_use = sorted(
                among, key=lambda s: (len(left & (self._held(text, s) | s.figures)), len(words & s.words)), reverse=True
            )
            best = by_use[0]
            gained = left & (self._held(text, best) | best.figures)
            if chosen and not gained:
                return list(dict.fromkeys(one.number for one in chosen))
            chosen.append(best)
            left -= gained


def _shows(one: Shown, span: str) -> bool:
    """Whether evidence stands in a passage, or a whole sentence of it does."""
    if metrics.stands(span, one.text):
        return True
    parts = [span[a:b] for a, b in sentences(span)]
    return len(parts) > 1 and any(len(part.split()) > 3 and metrics.stands(part, one.text) for part in parts)


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """A text's parts in turn, operations apart."""
    for i, part in enumerate(OPERATION.split(text)):
        yield part, i % 2 == 1


def _value(number: str) -> str:
    value = parse_number(number)
    return number if value is None else canonical(value)


def _stated_figures(text: str) -> set[str]:
    """The figures of a sentence that are said, not computed."""
    return figures(OPERATION.sub(" ", text))


def _marked(text: str, markers: Sequence[int], question: str) -> str:
    if not re.search(r"[^\W\d_]", OPERATION.sub(" ", text)):
        text = f"{question.rstrip(' ?.')}: {text}"  # "36,4%" alone is no sentence
    return f"{text[0].upper()}{text[1:]} {''.join(f'[{number}]' for number in markers)}."
