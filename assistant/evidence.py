"""Where in the passages found the answer stands: sentences, footnotes and rows, weighed against the question.

A sentence proves by its own words; the headings, the paragraph and the call of a footnote say what it speaks of and
count for less. Words weigh by how rare they are in the library. Nothing here writes an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, lru_cache
from itertools import pairwise

from assistant.question import Asked, Term, names
from vectorstore import instructions, periods, places
from vectorstore.lexical import Lexical
from vectorstore.quantities import Quantity, Reference, quantities, references, same_thing
from vectorstore.records import Excerpt, Footnote, Hit, Reading, Span
from vectorstore.search import Searcher, alternatives
from vectorstore.spelling import correct
from vectorstore.vietnamese import fold, sentence_spans, syllables

_NEAR = 0.8
_CONTEXT = 0.5
_ALTERNATIVE = 0.85
_RARE = 4.0
_UNHEARD = 1.2
_SAME_PERIOD = 0.08
"""What it adds that a stretch names the very period asked for ("giai đoạn 2021-2030")."""
_ANNOUNCED = 0.25
"""What it adds that a stretch counts as many of a thing as the question says there are ("ba huyện nào")."""
_WHOLE = 420
"""Longest paragraph that is weighed as a whole beside its sentences."""
_SERIAL = re.compile(r"stt|tt|so tt|so thu tu|no\.?|#")


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of a passage that may prove something: a sentence, a sentence of a footnote, a row, a head.

    `near` is what the stretch directly hangs on (the sentence that calls the footnote), `context` the headings and the
    paragraph around it.
    """

    hit: Hit
    reading: Reading
    start: int
    end: int
    near: str = ""
    context: str = ""
    note: Footnote | None = None

    @property
    def text(self) -> str:
        return self.reading.text[self.start : self.end]

    @property
    def excerpt(self) -> Excerpt:
        return self.reading.part(self.start, self.end)

    @property
    def kind(self) -> str:
        """ "note" for a stretch of a footnote, else the kind of its chunk."""
        return "note" if self.note else self.hit.chunk.kind

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        found = quantities(self.text)
        heads = self.hit.chunk.heads
        if found and found[0].start == 0 and heads and _SERIAL.fullmatch(fold(heads[0][0]).strip()):
            found = found[1:]  # the number of a row counts nothing
        return tuple(found)

    @property
    def references(self) -> tuple[Reference, ...]:
        return references_in(self.text)

    def notes(self) -> list[Footnote]:
        """The footnotes that the stretch itself calls."""
        if self.note:
            return []
        called = {marker for _, marker in self.excerpt.markers()}
        return [note for note in self.hit.chunk.footnotes if note.marker in called]


@lru_cache(maxsize=8192)
def references_in(text: str) -> tuple[Reference, ...]:
    """The documents that a text names, kept because the same stretches come up again for every question."""
    return tuple(references(text))


def units(hit: Hit, clauses: bool = False) -> Iterator[Unit]:
    """The stretches of a passage; with `clauses`, also the parts of a sentence that name one document each. A sentence
    that gives orders to a machine proves nothing."""
    ordered = {body: _ordered(body) for body in (hit.chunk.body, *(note.body for note in hit.chunk.footnotes))}
    for unit in _stretches(hit, clauses):
        if not any(unit.start < end and start < unit.end for start, end in ordered[unit.reading.source]):
            yield unit


def _ordered(body: Excerpt) -> list[Span]:
    """Where a reading gives orders to a machine."""
    return [(body.reading.at(said.start), body.reading.at(said.end)) for said in instructions.within(body)]


def _stretches(hit: Hit, clauses: bool) -> Iterator[Unit]:
    chunk = hit.chunk
    reading = chunk.body.reading
    headings = " ".join((*chunk.section, hit.document.title or ""))
    around = f"{headings} {chunk.context.rpartition(' › ')[2] if chunk.lead is not None else ''}"
    if chunk.kind in ("row", "head", "signature"):
        yield Unit(hit, reading, 0, len(reading.text), " ".join(h for h, _ in chunk.heads), headings)
    else:
        spans = sentence_spans(reading.text)
        for i, (start, end) in enumerate(spans):
            before = reading.text[spans[i - 1][0] : spans[i - 1][1]] if i else ""
            opening = reading.text[: spans[0][1]] if i > 1 else ""
            yield Unit(hit, reading, start, end, "", f"{around} {opening} {before}")
            for a, b in _clauses_with_references(reading.text, start, end) if clauses else ():
                yield Unit(hit, reading, a, b, "", f"{around} {opening} {reading.text[start:end]}")
        if len(spans) > 1 and len(reading.text) <= _WHOLE:
            yield Unit(hit, reading, 0, len(reading.text), "", around)
    for note in chunk.footnotes:
        caller = caller_of(reading, note.marker)
        text = note.body.reading
        for start, end in sentence_spans(text.text):
            yield Unit(hit, text, start, end, caller, headings, note)
            for a, b in _clauses_with_references(text.text, start, end) if clauses else ():
                yield Unit(hit, text, a, b, caller, f"{headings} {text.text[start:end]}", note)


def _clauses_with_references(text: str, start: int, end: int) -> list[Span]:
    """The clauses of a sentence that names several documents, one document each, so that each can be told by itself."""
    if len(references_in(text[start:end])) < 2:
        return []
    edges = [start, *(start + m.end() for m in re.finditer(r";\s", text[start:end])), end]
    clauses = [(a, b) for a, b in pairwise(edges) if references_in(text[a:b])]
    return clauses if len(clauses) > 1 else []


def caller_of(reading: Reading, marker: str) -> str:
    """The clause that calls a footnote: back from its marker to the call before it or the sentence's start."""
    floor = 0
    for (offset, _), called in reading.source.markers():
        here = reading.at(offset)
        if called == marker:
            before = reading.text[floor:here]
            begins = [start for start, _ in sentence_spans(before)]
            clause = before[begins[-1] :] if begins else before
            return clause if len(clause.split()) >= 4 else reading.text[max(0, here - 160) : here]
        floor = here
    return reading.text[:200]


@dataclass(frozen=True, slots=True)
class Profile:
    """A text's words for comparing: as spelled, without diacritics, as pairs of neighbours, and as one line."""

    spelled: frozenset[str]
    folded: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    line: str


def counting_word(word: str) -> str:
    """A word for comparing: "01" is 1."""
    return word.lstrip("0") or "0" if word.isdigit() else word


@lru_cache(maxsize=16384)
def profile(text: str) -> Profile:
    """The profile of a text; the same texts are compared with every question."""
    words = [counting_word(word) for word, _, _ in syllables(text)]
    bare = [fold(word) for word in words]
    return Profile(frozenset(words), frozenset(bare), frozenset(pairwise(bare)), f" {' '.join(bare)} ")


@dataclass(frozen=True, slots=True)
class Match:
    """How well a stretch fits: `coverage` of the question's weight (0 to 1) with its surroundings, `own` by its own
    words alone, and the terms found in it."""

    unit: Unit
    coverage: float
    own: float
    found: frozenset[int]
    score: float
    scope: str


_Told = tuple[list[tuple[int, float]], list[tuple[int, float]]]
"""How well a text has each term, and each pair of neighbouring terms, that it has: (index, 0 to 1)."""


class Weigher:
    """Weighs stretches against one question."""

    def __init__(self, asked: Asked, searcher: Searcher) -> None:
        self.asked = asked
        folded = not asked.accented
        lexical = searcher.lexical
        self._terms = asked.terms
        spelled = correct(lexical, [t.folded if folded else t.word for t in asked.terms])
        self._bare = [counting_word(fold(word)) for word in spelled]
        self._words = [counting_word(term.word) for term in asked.terms]
        self._indexes: dict[str, list[int]] = {}
        for i, bare in enumerate(self._bare):
            self._indexes.setdefault(bare, []).append(i)
        # a word that the library never spells so is compared without its diacritics
        self._loose = [folded or not lexical.holds(t.word, folded=False) for t in asked.terms]
        self._weights = [self._weight(lexical, i) for i in range(len(asked.terms))]
        self._pairs = [
            (i, i + 1)
            for i in range(len(asked.terms) - 1)
            if asked.terms[i + 1].position == asked.terms[i].position + 1
        ]
        self._pair_weights = [self._pair_weight(lexical, i, j) for i, j in self._pairs]
        self._total = sum(self._weights) + sum(self._pair_weights)
        self._phrases = [(span, f" {phrase} ") for span, phrase in _phrases(asked.terms)]
        self._kept: dict[int, tuple[Profile, _Told]] = {}

    def _weight(self, lexical: Lexical, i: int) -> float:
        """How much a word of the question tells: its rarity; little where the library has it nowhere, for then it is
        most often the asker's own way of speaking, unless it is a name, an acronym or a number."""
        term, bare = self._terms[i], self._bare[i]
        if not lexical.holds(bare, folded=True):
            name = (
                term.word[:1].isdigit() or term.printed.isupper() or (term.printed[:1].isupper() and term.position > 0)
            )
            return (0.3 if self.asked.english else _RARE if name else _UNHEARD) * term.weight
        folded = self._loose[i]
        return max(0.3, min(_RARE, lexical.idf(bare if folded else term.word, folded=folded))) * term.weight

    def _pair_weight(self, lexical: Lexical, i: int, j: int) -> float:
        """How much two neighbouring words tell together: much where the library has them together, for then they are a
        word of its own ("trực tuyến"); little where it has not."""
        pair = f"{self._bare[i]}_{self._bare[j]}"
        mean = (self._weights[i] + self._weights[j]) / 2
        if not lexical.holds(pair, folded=True):
            return 0.3 * mean
        share = min(self._terms[i].weight, self._terms[j].weight)
        return max(mean, min(_RARE, lexical.idf(pair, folded=True)) * share)

    def _counted(self, unit: Unit) -> frozenset[int]:
        """The words for what is counted ("hồ sơ") where the stretch counts it under another name ("trường hợp")."""
        nouns = set(fold(self.asked.noun).split()[:2])
        if not nouns or not any(q.unit and same_thing(q.unit, self.asked.noun) for q in unit.quantities):
            return frozenset()
        return frozenset(i for i, bare in enumerate(self._bare) if bare in nouns)

    def coverage(
        self, own: str, near: str = "", context: str = "", given: frozenset[int] = frozenset()
    ) -> tuple[float, float, frozenset[int]]:
        """(coverage with surroundings, coverage by own words, indexes of the terms found in own or near). The terms
        `given` count as found in another wording."""
        if not self._terms:
            return 0.0, 0.0, frozenset()
        layers = [(profile(own), 1.0)]
        if near:
            layers.append((profile(near), _NEAR))
        if context:
            layers.append((profile(context), _CONTEXT))
        return self._cover(layers, given)

    def _cover(
        self, layers: Sequence[tuple[Profile, float]], given: frozenset[int]
    ) -> tuple[float, float, frozenset[int]]:
        """The same, of texts by what each counts, the own one first."""
        singles: dict[int, float] = {}
        pairs: dict[int, float] = {}
        own = 0.0
        for depth, (layer, factor) in enumerate(layers):
            told, joined = self._told(layer, given if depth == 0 else frozenset())
            for i, fits in told:
                if factor * fits > singles.get(i, 0.0):
                    singles[i] = factor * fits
            for p, fits in joined:
                if factor * fits > pairs.get(p, 0.0):
                    pairs[p] = factor * fits
            if depth == 0:
                own = self._sum(singles, pairs)
        found = frozenset(i for i, value in singles.items() if value >= _NEAR * 0.5)
        return (self._sum(singles, pairs) if len(layers) > 1 else own), own, found

    def _told(self, layer: Profile, given: frozenset[int]) -> _Told:
        """How well a text by itself has each term and each pair of terms. Headings and whole passages come up with each
        of their stretches, so that what they hold is kept."""
        kept = self._kept.get(id(layer)) if not given else None
        if kept is not None:
            return kept[1]
        replaced = self._replaced(layer) | given
        here = {i for bare in layer.folded & self._indexes.keys() for i in self._indexes[bare]} | replaced
        told = []
        for i in here:
            if self._loose[i] or self._words[i] in layer.spelled:
                fits = 1.0 if self._bare[i] in layer.folded else 0.0
            else:
                fits = 0.5 if self._bare[i] in layer.folded else 0.0
            told.append((i, max(fits, _ALTERNATIVE if i in replaced else 0.0)))
        joined = []
        for p, (i, j) in enumerate(self._pairs if here else ()):
            if i in here and j in here:
                whole = (self._bare[i], self._bare[j]) in layer.pairs
                if whole or (i in replaced and j in replaced):
                    joined.append((p, 1.0 if whole else _ALTERNATIVE))
        if not given:
            self._kept[id(layer)] = (layer, (told, joined))  # the text is held, so that its id stays its own
        return told, joined

    def together(self, *texts: str) -> float:
        """The coverage of the question's words by several texts, each counting in full."""
        parts = [profile(text) for text in texts if text]
        words = frozenset[str]().union
        whole = Profile(
            words(*(part.spelled for part in parts)),
            words(*(part.folded for part in parts)),
            frozenset[tuple[str, str]]().union(*(part.pairs for part in parts)),
            "".join(part.line for part in parts),
        )
        return self._cover([(whole, 1.0)], frozenset())[0] if self._terms else 0.0

    def held(self, hit: Hit) -> float:
        """The coverage of the question by a passage whole, with its footnotes, heads and headings."""
        chunk = hit.chunk
        own = profile(chunk.text)
        notes = [profile(note.body.reading.text) for note in chunk.footnotes]
        heads = [profile(" ".join(head for head, _ in chunk.heads))] if chunk.heads else []
        context = profile(" ".join((*chunk.section, hit.document.title or "", chunk.context.rpartition(" › ")[2])))
        return max(
            self._cover([(one, 1.0), (own, _NEAR), *((h, _NEAR) for h in heads), (context, _CONTEXT)], frozenset())[0]
            for one in (own, *notes)
        )

    def _replaced(self, layer: Profile) -> set[int]:
        """The terms that stand in another wording in a text."""
        return {i for span, phrase in self._phrases if phrase in layer.line for i in span}

    def _sum(self, singles: Mapping[int, float], pairs: Mapping[int, float]) -> float:
        got = 0.0
        for i in sorted(singles):  # in one order, so that equal stretches weigh the same to the last digit
            got += self._weights[i] * singles[i]
        for p in sorted(pairs):
            got += self._pair_weights[p] * pairs[p]
        return got / self._total if self._total else 0.0

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The question's words without diacritics, and those of its phrases' other wordings."""
        return frozenset(self._bare) | {word for _, phrase in self._phrases for word in phrase.split()}

    def worth(self, terms: frozenset[int]) -> float:
        """The weight of some of the question's words, neighbours counting once more."""
        held = zip(self._pairs, self._pair_weights, strict=True)
        pairs = sum(weight for (i, j), weight in held if i in terms and j in terms)
        return sum(self._weights[i] for i in terms) + pairs

    def match(self, unit: Unit) -> Match:
        """How well a stretch fits the question: by its words, its period, its place, and what it names or counts."""
        coverage, own, found = self.coverage(unit.text, unit.near, unit.context, self._counted(unit))
        if unit.kind == "row":  # what a column is headed with is said of each of its cells
            own = max(own, self.coverage(f"{unit.near} {unit.text}")[1])
        scope = period_fit(unit, self.asked)
        share = 0.1 if unit.note else 0.25
        fits = _period_factor(scope, self.asked) * place_factor(unit, self.asked)
        score = ((1 - share) * coverage + share * own) * fits
        if self.asked.periods and _names_period(unit, self.asked.periods[0].form):
            score += _SAME_PERIOD
        score *= 1.0 - min(0.12, len(unit.text) / 8000)
        if self.asked.announced and any(
            q.value == number and noun in f"{q.noun} {q.label}".lower()
            for number, noun in self.asked.announced
            for q in unit.quantities
        ):
            score += _ANNOUNCED
            coverage = min(1.0, coverage + _ANNOUNCED)
        if self.asked.numbers and any(names(r, self.asked) for r in unit.references):
            score += 0.4
        return Match(unit, coverage, own, found, score, scope)


def _names_period(unit: Unit, form: str) -> bool:
    """Whether a stretch names a period, or names none and its passage is of just that period."""
    stated = _periods_in(unit.text)
    return any(p.form == form for p in stated) or (unit.hit.chunk.period == form and not stated)


def _phrases(terms: Sequence[Term]) -> Iterator[tuple[range, str]]:
    """(indexes of the terms, another way of saying them without diacritics) for each phrase with one."""
    for i in range(len(terms)):
        for j in range(i + 1, min(i + 6, len(terms)) + 1):
            if any(terms[k + 1].position != terms[k].position + 1 for k in range(i, j - 1)):
                break
            phrase = " ".join(term.word for term in terms[i:j])
            for other in exact_alternatives(phrase):
                yield range(i, j), " ".join(fold(word) for word, _, _ in syllables(other))


@lru_cache(maxsize=4096)
def exact_alternatives(phrase: str) -> tuple[str, ...]:
    """Other ways of saying just this phrase (not its parts)."""
    parts = phrase.split()
    if len(parts) == 1:
        return tuple(alternatives(phrase))
    inner = {
        other
        for i in range(len(parts))
        for j in range(i + 1, len(parts) + 1)
        if j - i < len(parts)
        for other in alternatives(" ".join(parts[i:j]))
    }
    return tuple(other for other in alternatives(phrase) if other not in inner)


def scope_factor(match: Match, asked: Asked) -> float:
    """1 where a stretch speaks of the place and the period asked for, less where it does not."""
    return _period_factor(match.scope, asked) * place_factor(match.unit, asked)


def _period_factor(scope: str, asked: Asked) -> float:
    if scope == "partial" and asked.kind not in ("count", "value", "percent", "sum"):
        return 0.95  # a plan of the year may stand in the report of a quarter
    return _PERIOD_FACTOR[scope]


_PERIOD_FACTOR = {"ok": 1.0, "open": 0.9, "partial": 0.7, "finer": 0.6, "span": 0.8, "other": 0.4}


def period_fit(unit: Unit, asked: Asked) -> str:
    """Whether a stretch speaks of the period asked for: "ok", "open" (nothing said), "partial" (only a part of the year
    asked for), "finer" (the part asked for is not told apart), "span" (a span of years is asked for and another one, or
    none, is named), "other"."""
    fits = [_fit(unit, wanted) for wanted in asked.periods[:_PERIODS]] or ["ok"]
    return max(fits, key=lambda fit: _PERIOD_FACTOR[fit])


_PERIODS = 3
"""How many of the periods that a question names are looked at: a stretch need speak of one."""


def _fit(unit: Unit, wanted: periods.Period) -> str:
    stated = stated_periods(f"{unit.text} {unit.near}" if unit.kind == "row" else unit.text)
    if wanted.days > 400 and any(period.form == wanted.form for period in stated):
        return "ok"
    if wanted.days <= 400 and any(meets(period, wanted) and not _part_of(period, wanted) for period in stated):
        return "ok"
    chunk, document = unit.hit.chunk, unit.hit.document
    # the month of a newsletter is when it came out, not what it counts
    published = document.number is None and chunk.period == document.period
    own = periods.parse(chunk.period)
    if not stated and own is not None and not published and wanted.days <= 400 and not meets(own, wanted):
        return "other"
    if any(wanted.form == period.form for period in _periods_in(f"{unit.near} {unit.context}")):
        return "ok"
    if wanted.days > 400 and chunk.period != wanted.form:
        return "span"
    if stated and not any(meets(period, wanted) for period in stated):
        return "other"
    spoken = own or periods.parse(document.period)
    if spoken is None:
        return "open"
    if not spoken.years & wanted.years:
        return "ok" if any(meets(p, wanted) for p in stated) else "other"
    if _part_of(spoken, wanted):
        return "ok" if published else "partial"
    if wanted.days < 200 < spoken.days and wanted.first is not None:
        return "finer"
    return "ok"


@lru_cache(maxsize=16384)
def _periods_in(text: str) -> tuple[periods.Period, ...]:
    """Kept, because the same stretches come up again for every question."""
    return tuple(periods.find(text))


@lru_cache(maxsize=8192)
def stated_periods(text: str) -> tuple[periods.Period, ...]:
    """The periods that a stretch states, those within the names of documents left out."""
    covered = [(r.start, r.end) for r in references_in(text)]
    return tuple(p for p in _periods_in(text) if not any(a <= p.start < b for a, b in covered))


_WHOLE_YEAR = 280
"""So many days are told as the figures of a year: reports of a year end in November; nine months are none."""
_MARGIN = 62
"""How many days before or after the end of a period a cut-off may lie and still be its figure's."""


def meets(period: periods.Period, wanted: periods.Period) -> bool:
    """Whether a period has at least half of its days, or of those of the period asked for, in common with that. A
    cut-off meets what it lies in or soon ends."""
    if period.last is None or wanted.last is None:
        return bool(period.years & wanted.years)
    if period.first is None or wanted.first is None:
        edge, other = (period, wanted) if period.first is None else (wanted, period)
        if edge.last is None or other.last is None:
            return False
        margin = timedelta(days=_MARGIN if edge is period else 0)
        return (other.first is None and edge.last.year == other.last.year) or (
            other.first is not None and other.first <= edge.last <= other.last + margin
        )
    common = (min(period.last, wanted.last) - max(period.first, wanted.first)).days + 1
    return common > 0 and 2 * common >= min(period.days, wanted.days)


def _part_of(period: periods.Period, wanted: periods.Period) -> bool:
    """Whether a period is well short of the year that is asked for."""
    return wanted.days >= 300 and period.first is not None and period.days < _WHOLE_YEAR


ELSEWHERE = 0.2
"""The place factor of a stretch that speaks of another place."""


def place_factor(unit: Unit, asked: Asked) -> float:
    """1 where the stretch speaks of a place asked for, little where it speaks of another."""
    if not asked.places:
        return 1.0
    if any(places.same(unit.hit.chunk.place, place) for place in asked.places):
        return 1.0
    if any(m.place in asked.places for m in mentioned_places(unit.text)):
        return 0.9
    if unit.hit.chunk.place is None and any(m.place in asked.places for m in mentioned_places(unit.hit.chunk.text)):
        return 0.6
    return ELSEWHERE


@lru_cache(maxsize=8192)
def mentioned_places(text: str) -> tuple[places.PlaceMention, ...]:
    """The places that a text names, kept because the same texts come up again for every question."""
    return tuple(places.find(text))


_PROMISING = 0.5
_ALWAYS = 8


def _promising(hits: Sequence[Hit], weigher: Weigher) -> list[Hit]:
    """The passages that hold at least half as much of what is asked as the one that holds most: no stretch of another
    can come first. A passage holds no less than each of its stretches."""
    if len(hits) <= _ALWAYS:
        return list(hits)
    held = [weigher.held(hit) for hit in hits]
    least = _PROMISING * max(held)
    return [hit for hit, share in zip(hits, held, strict=True) if share >= least]


def ranked(hits: Iterable[Hit], weigher: Weigher, *, every: bool = False) -> list[Match]:
    """The stretches of the promising passages found, or of `every` one, best first. A passage that was found first
    counts a little more."""
    out: list[Match] = []
    hits = list(hits)
    best = max((hit.score for hit in hits), default=1.0) or 1.0
    for hit in hits if every else _promising(hits, weigher):
        for unit in units(hit, weigher.asked.kind in ("docnumber", "date")):
            match = weigher.match(unit)
            share = 0.9 + 0.1 * hit.score / best
            out.append(Match(unit, match.coverage, match.own, match.found, match.score * share, match.scope))
    out.sort(key=lambda m: -m.score)
    return out
