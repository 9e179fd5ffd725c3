"""Answers written by a language model, sentence by sentence.

The model writes, the program decides: a sentence is shown once it carries the markers of passages that the model was
given and these bear it out (`claims`); what it quotes is the library's own text. A sum that the model asks for in
double braces is done here, over figures that stand in those passages. What fails is sent back once with the reason,
then dropped. The words said to the model stand in `prompts`, the model itself in `model`.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

from assistant import claims, prompts
from assistant.answering import WriterFailed
from assistant.evidence import ELSEWHERE, Unit, period_fit, place_factor
from assistant.finding import Finder
from assistant.grounding import Draft, Proof, backing, evaluate, holds
from assistant.model import Conversation, Model
from assistant.question import Asked
from assistant.schema import MAX_QUOTE, AnswerFigure, Citation, Notice
from assistant.series import vietnamese
from vectorstore import periods
from vectorstore.quantities import canonical, figures, parse_number, quantities, references, same_thing
from vectorstore.records import Filters, Hit
from vectorstore.vietnamese import fold, sentences

UNSUPPORTED = "Một phần câu trả lời của mô hình không có nguồn hoặc không khớp với nguồn nên đã được bỏ."

_TARGETS = ("Kế hoạch", "Chương trình", "Đề án", "Phương án")
_PASSAGES = 8
"""How many passages are looked for beside those of the extractive answer."""
_QUERY = 400
"""Most characters of a question rewritten for the search."""
_COUNTED = ("count", "percent", "value", "sum")
"""Kinds of question whose answer is a figure."""
_LISTED = ("list", "what", "conflict", "why")
"""Kinds whose answer may well name more documents than were read out."""
_ROUND = 3
"""A sentence that comes so many times is said in a circle."""
_LONGEST = 2_000
"""Characters of a sentence; what has no end after so many is none."""
_SENT_BACK = 8
"""Most sentences that are sent back."""


class Writer:
    """Drafts answers with one model. Safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str | None = None,
        timeout: float = 60.0,
        max_tokens: int = 800,
        temperature: float = 0.0,
        headers: Mapping[str, str] | None = None,
        window: int = 8192,
        *,
        rewrite: bool = False,
        rerank: bool = False,
    ) -> None:
        """A model of the server at `base_url`, which has `timeout` seconds to finish an answer of at most `max_tokens`
        and takes in `window` tokens together. It is asked once an answer, once more where sentences are sent back, and
        once more each to `rewrite` the question for the search and to `rerank` what was found."""
        self._model = Model(base_url, model, api_key, timeout, max_tokens, temperature, headers)
        self._room = prompts.room(window, max_tokens)
        self._rewrite = rewrite
        self._rerank = rerank

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def prompt_version(self) -> str:
        return prompts.VERSION

    def write(self, asked: Asked, extracted: Draft, finder: Finder, filters: Filters) -> Iterator[Draft]:
        """What the model makes of the passages, as it grows: each draft begins with the one before, and all of it is
        borne out. Nothing comes where the model refuses; `WriterFailed` where too little is left of what it said."""
        deadline = time.monotonic() + self._model.timeout
        hits = self._found(asked, finder, filters, deadline)
        shown = prompts.packed(given(asked, extracted, hits), self._room)
        if not shown:
            return
        conversation = prompts.messages(asked, shown, finder.library.figures_of(hit.chunk for hit in hits))
        page = _Page(asked, extracted, shown)
        reply = ""
        for piece in self._model.stream(conversation, deadline):
            reply += piece
            if _MAY_END.search(piece):
                yield from page.read(reply)
            if page.closed:
                break
            if len(reply) > _LONGEST and not _MAY_END.search(reply[-_LONGEST:]):
                raise WriterFailed("mô hình viết mãi không hết câu.")
        if not reply.strip():
            raise WriterFailed("mô hình trả lời trống.")
        yield from page.read(reply, whole=True)
        if page.refused:
            return
        yield from self._mended(page, conversation, reply, deadline)
        if page.faults or page.repeated:
            page.notices = (Notice("unverified", UNSUPPORTED),)
        if (missing := page.missing()) is not None:
            raise WriterFailed(missing)
        yield page.draft()

    def _found(self, asked: Asked, finder: Finder, filters: Filters, deadline: float) -> list[Hit]:
        """The passages for the question, and for what the model makes of it, in the order that it gives them where it
        is asked to. What it says here finds and orders passages, and is shown to nobody."""
        hits = finder.find(asked, _PASSAGES, filters)
        if self._rewrite and (query := self._said(prompts.rewriting(asked), deadline).strip().partition("\n")[0]):
            more = finder.search(query[:_QUERY], _PASSAGES, filters)
            known = {hit.chunk.chunk_id for hit in hits}
            hits += [hit for hit in more if hit.chunk.chunk_id not in known]
        if self._rerank and len(hits) > 1:
            texts = [hit.chunk.text for hit in hits]
            numbers = map(int, re.findall(r"\d{1,3}", self._said(prompts.ranking(asked, texts), deadline)))
            order = dict.fromkeys([*(n - 1 for n in numbers if 0 < n <= len(hits)), *range(len(hits))])
            hits = [hits[at] for at in order]
        return hits

    def _said(self, conversation: Conversation, deadline: float) -> str:
        """What the model says to a side question; nothing where it fails, for the answer can do without."""
        try:
            return "".join(self._model.stream(conversation, deadline))
        except WriterFailed:
            return ""

    def _mended(self, page: _Page, conversation: Conversation, reply: str, deadline: float) -> Iterator[Draft]:
        """What the model makes of the sentences that were sent back, each with its reason. That this fails costs no
        more than those sentences."""
        if not page.faults:
            return
        back = page.faults[:_SENT_BACK]
        again = [*conversation, ("ai", reply), ("human", prompts.sent_back(back))]
        page.faults = page.faults[_SENT_BACK:]
        yield from page.mend(self._said(again, deadline), back)


def given(asked: Asked, extracted: Draft, hits: Sequence[Hit]) -> list[Citation]:
    """The passages that the model is shown, numbered from 1, with their footnotes: first those that the extractive
    answer stands on, whole where they were found whole, then what else was found that may speak of the question."""
    proof = Proof()
    found = [hit for hit in hits if hit.chunk.body and _fits(hit, asked)]
    for cited in extracted.citations if extracted.status == "answered" else ():
        hit = next((hit for hit in found if _holds(hit, cited)), None)
        if hit is None:
            proof.citations.append(replace(cited, marker=len(proof.citations) + 1))
        else:
            _cite(proof, hit)
    for hit in found:
        _cite(proof, hit)
    return proof.citations


def _cite(proof: Proof, hit: Hit) -> None:
    notes = [note for note in hit.chunk.footnotes if note.body and len(note.body.quote) <= MAX_QUOTE]
    proof.cite(hit, hit.chunk.body, notes)


def _fits(hit: Hit, asked: Asked) -> bool:
    """Whether a passage may speak of the place and the time asked for."""
    unit = Unit(hit, hit.chunk.body.reading, 0, len(hit.chunk.body.reading.text))
    return place_factor(unit, asked) > ELSEWHERE and not (asked.periods and period_fit(unit, asked) == "other")


def _holds(hit: Hit, cited: Citation) -> bool:
    """Whether a passage holds a quote whole, and is short enough to be quoted whole."""
    body = hit.chunk.body
    inside = body.start <= cited.start and cited.end <= body.end
    return hit.document.document_id == cited.document_id and inside and len(body.quote) <= MAX_QUOTE


@dataclass(slots=True)
class _Page:
    """What is written so far. `kept` are (line, sentence) pairs with the markers of the passages as given; `faults` are
    (sentence, reason) pairs."""

    asked: Asked
    extracted: Draft
    shown: Sequence[Citation]
    kept: list[tuple[int, str]] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    notices: tuple[Notice, ...] = ()
    refused: bool = False
    repeated: bool = False
    _computations: list[str] = field(default_factory=list)
    _read: int = 0
    _seen: dict[tuple[str, frozenset[int]], int] = field(default_factory=dict)

    @property
    def closed(self) -> bool:
        """Whether the rest of the reply need not be heard."""
        return self.refused or self.repeated

    def read(self, reply: str, *, whole: bool = False) -> Iterator[Draft]:
        """The draft after each sentence of the reply that is complete, not read before, and borne out."""
        complete = _complete(reply, whole=whole)
        for line, sentence in complete[self._read :]:
            self._read += 1
            if self.closed:
                return
            if not self.kept and line == 0 and _bare(sentence) == _bare(prompts.REFUSAL):
                self.refused = True
                return
            markers = frozenset(int(marker) for marker in _MARKER.findall(sentence))
            key = (_bare(sentence), markers)
            self._seen[key] = self._seen.get(key, 0) + 1
            if self._seen[key] > 1:
                self.repeated = self._seen[key] >= _ROUND
                continue
            if (reason := self._take(line, sentence)) is None:
                yield self.draft()
            else:
                self.faults.append((sentence, reason))

    def mend(self, said: str, back: Sequence[tuple[str, str]]) -> Iterator[Draft]:
        """The draft after each sentence that was written better; the others stay faults."""
        better: dict[int, str] = {}
        for line in said.splitlines():
            if numbered := _NUMBERED.match(line.strip()):
                better.setdefault(int(numbered[1]), numbered[2])
        for number, (sentence, reason) in enumerate(back, 1):
            told = [s for _, s in _complete(better.get(number, ""), whole=True)]
            good = False
            for one in told[:3]:
                if _bare(one) != _bare(sentence) or _MARKER.findall(one) != _MARKER.findall(sentence):
                    last = self.kept[-1][0] if self.kept else 0
                    if self._take(last + 1, one) is None:
                        good = True
                        yield self.draft()
            if not good:
                self.faults.append((sentence, reason))

    def _take(self, line: int, sentence: str) -> str | None:
        """Keep a sentence; or why it can't be kept."""
        by_marker = {cited.marker: cited for cited in self.shown}
        markers = list(dict.fromkeys(int(marker) for marker in _MARKER.findall(sentence)))
        if not markers:
            return "không có ký hiệu của đoạn chứng minh"
        if unknown := [marker for marker in markers if marker not in by_marker]:
            return f"không có đoạn nào mang số {unknown[0]}"
        cited = [by_marker[marker] for marker in markers]
        done = computed(sentence, cited)
        if done is None:
            return "phép tính trong {{…}} phải đúng cú pháp và chỉ dùng các số cùng loại có trong đoạn được dẫn"
        text, sums = done
        results = frozenset(canonical(v) for s in sums if (v := parse_number(s.rpartition("= ")[2])) is not None)
        bare = re.sub(r"\s+(?=[.,;:]|$)", "", _MARKER.sub("", re.sub(r"[*_`]", "", text))).strip()
        if not any(char.isalpha() for char in bare):
            return "không nói điều gì"
        if prompts.repeats_rules(bare):
            return "không được nhắc lại các quy tắc"
        if (reason := claims.fault(bare, cited, self.asked, results)) is not None:
            return reason
        if self._told_otherwise(bare, results):
            return "văn bản ghi khác cho điều được hỏi"
        self.kept.append((line, text))
        self._computations += [one for one in sums if one not in self._computations]
        return None

    def _told_otherwise(self, sentence: str, results: frozenset[str]) -> bool:
        """Whether a sentence gives another figure, document or day for what is asked than was read out of the
        documents: the program reads them more surely than a model. A sum over what it read is no other figure."""
        if self.extracted.status != "answered":
            return False
        told = _MARKER.sub(" ", self.extracted.answer)
        if claims.bare_figure(sentence) and not figures(sentence) <= figures(told):
            return True
        if self.asked.kind not in _LISTED:
            known = f"{told} {self.asked.text}"
            numbers = {fold(reference.number) for reference in references(known)}
            if references(told) and any(fold(r.number) not in numbers for r in references(sentence)):
                return True
            days = {mention.day for mention in periods.dates(known)}
            if periods.dates(told) and any(mention.day not in days for mention in periods.dates(sentence)):
                return True
        if self.asked.kind not in _COUNTED or not self.extracted.figures:
            return False
        main = self.extracted.figures[0]
        stated = figures(told) | figures(self.asked.text)
        if figures(main.text) & figures(sentence):
            return False
        if self.extracted.computation is None:
            stated |= results
        alike = (
            q
            for q in quantities(sentence)
            if q.percent == (main.unit == "%")
            and (not q.unit or not main.unit or q.unit == main.unit or same_thing(q.unit, main.unit))
        )
        return any(not figures(q.text) & stated for q in alike)

    def missing(self) -> str | None:
        """Why what was kept is too little for an answer; None where it is one."""
        if not self.kept:
            return (
                "câu trả lời của mô hình không khớp với nguồn được dẫn."
                if any(_MARKER.search(sentence) for sentence, _ in self.faults)
                else "câu trả lời của mô hình không dẫn nguồn."
            )
        said = figures(" ".join(_MARKER.sub(" ", sentence) for _, sentence in self.kept))
        if self.faults and self.asked.kind in _COUNTED and not said - figures(self.asked.text):
            return "câu có con số được hỏi không khớp với nguồn được dẫn."
        return None

    def draft(self) -> Draft:
        """What was kept, as an answer whose markers count from 1 as they come."""
        lines: dict[int, list[str]] = {}
        for line, sentence in self.kept:
            lines.setdefault(line, []).append(sentence)
        text = "\n".join(" ".join(told) for told in lines.values())
        answer, citations = _renumbered(text, self.shown)
        computation = "; ".join(self._computations) or None
        return Draft("answered", answer, computation, _figures(answer, citations, computation), citations, self.notices)


_MARKER = re.compile(r"\[(\d{1,3})\]")
_MAY_END = re.compile(r"[.!?…\n]")
_NUMBERED = re.compile(r"^(?:[-*]\s*)?(?:<cau so=\"?)?(\d{1,2})[.):\">]+\s*(.+)$")
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.S | re.I)
_LINK = re.compile(r"!?\[([^\]\n]*[^\]\d\s,;][^\]\n]*)\]\([^)\n]*\)")
_LINKED_MARKER = re.compile(r"(?<=\])\((?:https?:|data:|/)[^)\n]*\)", re.I)
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]*>")
_SEVERAL = re.compile(r"[\[【]\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*[\]】]")
_BEHIND = re.compile(r"\s*([.!?…:;]+)\s*((?:\[\d{1,3}\]\s*)+)(?=\s|$)")
_ITEM = re.compile(r"(?:[-*•+–]|\d{1,2}[.)]|\(\d{1,2}\))\s+")
_YES_NO = re.compile(r"(Có|Không|Yes|No)[.!:]\s+(?=\S)")
_ONLY_MARKERS = re.compile(r"^(?:\s*\[\d{1,3}\])+\s*$")


def _complete(reply: str, *, whole: bool) -> list[tuple[int, str]]:
    """The sentences of a reply with the numbers of their lines; unless it is the whole reply, without the last, to
    which more may belong: its end, or its markers."""
    out: list[tuple[int, str]] = []
    for number, line in enumerate(_lines(reply)):
        out += [(number, line[start:end].strip()) for start, end in sentences(line)]
    out = [(number, sentence) for number, sentence in out if not _ONLY_MARKERS.match(sentence)]
    if whole or reply.endswith("\n"):
        return out
    return out[:-1]


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


_ASKED_SUM = re.compile(r"\{\{([^{}]{1,200})\}\}")


def computed(sentence: str, cited: Sequence[Citation]) -> tuple[str, list[str]] | None:
    """A sentence with the results of the sums that it asks for in double braces, and those sums as the contract writes
    them ("1 + 4 = 5"); None where one can't be done over like figures of the passages cited."""
    sums: list[str] = []
    backed = set[str]().union(*(backing(one) for one in cited))
    units = _units(cited)
    faulty = False

    def result(match: re.Match[str]) -> str:
        nonlocal faulty
        asked = match[1].split("=")[0].strip().rstrip("%").strip()
        told = re.sub(r"\s*([+×÷−*/:-])\s*", r" \1 ", asked).replace("*", "×").replace(":", "/").replace("÷", "/")
        value = evaluate(told.replace("×", "*").replace("−", "-"))
        if value is None or not re.search(r"\d\s[+×/−-]\s[\d(]", told) or not _alike(told, units):
            faulty = True
            return match[0]
        parted = "/" in told
        value = value.quantize(Decimal("0.1"), ROUND_HALF_UP) if parted else value
        sums.append(f"{told} = {vietnamese(value)}")
        if holds(sums[-1], backed) is None:
            faulty = True
        return vietnamese(value)

    text = _ASKED_SUM.sub(result, sentence)
    return None if faulty or "{{" in text or "}}" in text else (text, sums)


def _units(cited: Sequence[Citation]) -> dict[str, set[str]]:
    """Figure → what it counts in the passages; "" where that is not said."""
    out: dict[str, set[str]] = {}
    for one in cited:
        for text in (one.quote, *(note.text for note in one.footnotes), *(cell for _, cell in one.heads)):
            for quantity in quantities(text):
                for figure in figures(quantity.text):
                    out.setdefault(figure, set()).add(fold(quantity.unit or ""))
    return out


def _alike(told: str, units: dict[str, set[str]]) -> bool:
    """Whether the terms of a sum may be added: they count one thing, as far as their passages say what they count."""
    if "/" in told or "×" in told:
        return True
    terms = [units.get(figure, {""}) for figure in figures(told)]
    known = [term for term in terms if "" not in term]
    return not known or bool(set.intersection(*known)) or all("%" not in term for term in known)


def _bare(sentence: str) -> str:
    """A sentence for comparing: its words alone."""
    return " ".join(re.findall(r"\w+", fold(_MARKER.sub(" ", sentence))))


def _renumbered(answer: str, shown: Sequence[Citation]) -> tuple[str, tuple[Citation, ...]]:
    """An answer whose markers count from 1 as they come, and the passages they stand for."""
    by_marker = {cited.marker: cited for cited in shown}
    order = {old: new for new, old in enumerate(dict.fromkeys(map(int, _MARKER.findall(answer))), 1)}
    text = _MARKER.sub(lambda m: f"[{order[int(m[1])]}]", answer)
    return text, tuple(replace(by_marker[old], marker=new) for old, new in order.items())


def _figures(answer: str, citations: Sequence[Citation], computation: str | None) -> tuple[AnswerFigure, ...]:
    """The figures that an answer states, each with the passage of its own sentence where it stands, or computed from
    those that its sentence cites; one that only the question names is none of the answer's."""
    by_marker = {cited.marker: cited for cited in citations}
    results = set[str]().union(*(figures(part.rpartition("=")[2]) for part in (computation or "").split(";")))
    out: dict[tuple[str, str, int], AnswerFigure] = {}
    for line in answer.split("\n"):
        for start, end in sentences(line):
            sentence = line[start:end]
            cited = [by_marker[int(marker)] for marker in dict.fromkeys(_MARKER.findall(sentence))]
            for quantity in quantities(re.sub(r"\s+(?=[.,;]|$)", "", _MARKER.sub("", re.sub(r"[*_`]", "", sentence)))):
                stands = [c for c in cited if figures(quantity.text) <= backing(c)]
                reckoned = not stands and figures(quantity.text) <= results
                if not cited or not (stands or reckoned):
                    continue
                source = (stands or cited)[0]
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
                        computed=reckoned,
                        citations=tuple(c.marker for c in cited) if reckoned else (source.marker,),
                    ),
                )
    return tuple(out.values())
