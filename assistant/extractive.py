"""Answers without a language model: the stretch that says it, with its figure, from where it stands.

Each kind of question has one function that takes what was asked and what was found and returns a draft; `grounding`
checks it. Sums are taken over like figures of one list only; what the documents don't say is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib import resources

from assistant.evidence import Match, Unit, Weigher, caller_of, mentioned_places, profile, ranked, stated_periods
from assistant.grounding import NOT_SAID, Draft, Proof, cited_as, plain
from assistant.question import Asked, same_number
from assistant.schema import AnswerFigure, Notice
from vectorstore import audit, periods, places
from vectorstore.library import Library
from vectorstore.quantities import Quantity, canonical, quantities, references
from vectorstore.quantities import figures as figures_in
from vectorstore.records import Chunk, Document, Excerpt, Filters, Footnote, Hit
from vectorstore.search import Searcher
from vectorstore.vietnamese import fold, sentences

_POOL = 40
_ENOUGH = 0.46
"""Least coverage of the question's words at which a stretch is taken to speak of what is asked. Set on our own sets."""
_SHORT = 400
"""Longest text of a plain answer, in characters, frame aside."""
_LONG = 1_200
_ALIKE = 0.8
"""How near to the best another place's stretch must come for a question without a place to have several answers."""
_ALIKE_ALONE = 0.55
"""How near the best stretch of a further document must then come to be one of them."""


@cache
def _cues() -> dict[str, re.Pattern[str]]:
    lines = resources.files("assistant").joinpath("data", "cues.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t", 1) for line in lines if line.strip() and not line.startswith("#"))
    return {name: re.compile(pattern) for name, pattern in rows}


@dataclass(slots=True)
class Desk:
    """What is on the table for one question."""

    asked: Asked
    searcher: Searcher
    weigher: Weigher
    filters: Filters
    proof: Proof

    def hits(self, filters: Filters | None = None, k: int = _POOL) -> list[Hit]:
        return self.searcher.search(self.asked.text, k, filters or self.filters)


def answer(asked: Asked, searcher: Searcher, filters: Filters = Filters()) -> Draft:
    """The draft of an answer to a question as understood."""
    desk = Desk(asked, searcher, Weigher(asked, searcher), filters, Proof())
    documents = searcher.library.documents()
    if not documents:
        return Draft("not_found", "Thư viện chưa có tài liệu nào; hãy nạp tài liệu bằng lệnh «cchc ingest» rồi hỏi lại.")
    if (identity := _about_document(desk, documents)) is not None:
        return identity
    if missing := _places_not_held(desk, documents):
        return _refuse(desk, f"Thư viện không có tài liệu nào nói về {' và '.join(missing)}.")
    if len(asked.places) >= 2:
        return _compare(desk)
    if len(asked.periods) >= 2 and asked.kind == "compare" or len(asked.periods) >= 2 and _MORE.search(asked.folded):
        if (change := _change(desk)) is not None:
            return change
    matches = _matches(desk)
    if asked.kind == "conflict" and not asked.yesno or asked.kind == "yesno" or asked.yesno and asked.kind != "count":
        if asked.kind != "conflict":
            desk.asked = replace(asked, kind="yesno")
            matches = _matches(desk)
        return _yes_or_no(desk, matches)
    if not asked.places and not asked.numbers and (several := _each_place(desk, matches)) is not None:
        return several
    return _single(desk, matches)


# Choosing


def _matches(desk: Desk, filters: Filters | None = None) -> list[Match]:
    """The stretches found, best first, those of the wanted kind before others."""
    asked = desk.asked
    found = ranked(desk.hits(filters), desk.weigher)
    weighed = [replace(m, score=m.score * _kind_factor(m.unit, asked)) for m in found]
    weighed.sort(key=lambda m: -m.score)
    return weighed


def _kind_factor(unit: Unit, asked: Asked) -> float:
    """Less for a stretch that can't hold what is asked for: no figure, no number of a document, no date."""
    kind = asked.kind
    text = unit.text
    if unit.kind == "signature":
        return 0.5
    if kind == "count":
        fitting = [q for q in unit.quantities if counts_alike(q, asked)]
        return 1.0 if any(q.value is not None for q in fitting) else 0.85 if fitting else 0.5
    if kind == "percent":
        if any(q.percent or q.value is None for q in unit.quantities):
            return 1.0
        return 0.8 if len(unit.quantities) >= 2 else 0.5
    if kind == "docnumber":
        if asked.types and any(fold(r.type) == fold(asked.types[0]) for r in unit.references):
            return 1.0
        return 0.7 if unit.references and asked.types else 1.0 if unit.references else 0.5
    if kind == "value":
        return 1.0 if unit.quantities else 0.6
    if kind == "date":
        return 1.0 if periods.dates(text) else 0.85 if periods.find(text) or _DAY.search(text) else 0.55
    if kind == "list":
        return 1.0 if len(re.findall(r"[,;]| và ", text)) >= 1 or text.rstrip().endswith(":") else 0.75
    if kind in ("yesno", "conflict"):
        return 1.3 if _OUTRIGHT.search(text) else 1.0
    if kind == "who":
        return 1.05 if unit.kind == "row" else 1.0
    if kind == "why":
        return 1.0 if _cues()["cause"].search(fold(text)) else 0.85
    return 1.0


_OUTRIGHT = re.compile(r":\s*(?:không|chưa|không có)(?: phát sinh)?\s*[.;]?$", re.IGNORECASE)


@cache
def _alike() -> tuple[frozenset[str], ...]:
    lines = resources.files("assistant").joinpath("data", "alike.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(frozenset(fold(w) for w in line.split("\t")) for line in lines if line.strip() and line[0] != "#")


def counts_alike(quantity: Quantity, asked: Asked) -> bool:
    """Whether a figure counts what is asked for, as far as its unit tells: no share for a number, no opinions for dossiers."""
    if quantity.percent:
        return False
    noun = fold(asked.noun)
    if not noun or not quantity.unit:
        return True
    unit = fold(quantity.unit)
    if unit in noun or noun in fold(f"{quantity.label} {quantity.noun}"):
        return True
    rows = [row for row in _alike() if any(re.match(rf"{re.escape(name)}\b", noun) for name in row)]
    known = any(unit in row for row in _alike())
    return not rows or not known or any(unit in row for row in rows)


def _places_not_held(desk: Desk, documents: Sequence[Document]) -> list[str]:
    """Places asked for that neither a document nor an article is about and no passage names."""
    held = {d.place for d in documents} | {s.place for d in documents for s in d.sections}
    out = []
    for place in desk.asked.places:
        if any(places.same(place, other) for other in held):
            continue
        if any(m.place == place for hit in desk.hits() for m in mentioned_places(hit.chunk.text)):
            continue
        out.append(place)
    return out


def _holds_kind(match: Match, asked: Asked) -> bool:
    """Whether a stretch holds the kind of thing that is asked for at all."""
    unit = match.unit
    if asked.kind in ("count", "sum"):
        return any(counts_alike(q, asked) for q in unit.quantities) or _counts_in_words(unit.text, asked)
    if asked.kind in ("percent", "value"):
        return bool(unit.quantities)
    if asked.kind == "docnumber":
        return bool(unit.references)
    if asked.kind == "date":
        return bool(periods.dates(unit.text) or periods.find(unit.text) or _DAY.search(unit.text))
    return True


def _counts_in_words(text: str, asked: Asked) -> bool:
    """Whether a number in words stands before the thing that is counted ("ba huyện")."""
    noun = re.escape(asked.noun.split()[0]) if asked.noun else ""
    return bool(noun) and bool(re.search(rf"\b(?:hai|ba|bốn|năm|sáu|bảy|tám|chín|mười) {noun}\b", text.lower()))


_DAY = re.compile(r"\bngày \d{1,2}\b|\btháng \d{1,2}\b", re.I)


# One answer


def _single(desk: Desk, matches: list[Match]) -> Draft:
    asked = desk.asked
    best = _best(matches, asked)
    if best is None:
        return _refuse(desk, NOT_SAID)
    if asked.periods and best.scope in ("other", "partial") and asked.kind in ("count", "value", "percent", "sum", "text", "what"):
        partial = best.scope == "partial" and not asked.whole_year and not asked.kind == "sum"
        if not (partial and _states_year(best.unit, asked)):
            return _refuse(desk, _no_period(asked), best)
    if _only_target(best.unit, asked):
        return _refuse(desk, "Tài liệu trong thư viện chỉ nêu mục tiêu, không nêu kết quả thực hiện của nội dung này.", best)
    if asked.kind in ("count", "value", "sum", "percent") and (total := _sum_of_list(desk, matches)) is not None:
        return total
    if asked.kind == "sum" and (total := _sum_in_stretch(desk, best)) is not None:
        return total
    if asked.kind in ("percent", "sum") and (ratio := _ratio(desk, best)) is not None:
        return ratio
    if best.unit.kind == "row":
        return _row(desk, best)
    if asked.kind in ("list", "what", "docnumber", "count") and (items := _children(desk, best)) is not None:
        return items
    return _statement(desk, best, matches)


def _best(matches: Sequence[Match], asked: Asked) -> Match | None:
    """The best stretch that speaks of what is asked and holds the kind of thing asked for."""
    for match in matches[:8]:
        if match.coverage >= _ENOUGH and _holds_kind(match, asked) and match.score >= 0.6 * matches[0].score:
            return match
    return None


def _states_year(unit: Unit, asked: Asked) -> bool:
    return any(p.years & asked.years for p in stated_periods(unit.text))


def _no_period(asked: Asked) -> str:
    said = periods.say(asked.periods[0].form)
    return f"Tài liệu trong thư viện không có số liệu này của {said or 'kỳ được hỏi'}."


def _only_target(unit: Unit, asked: Asked) -> bool:
    """Whether a result is asked for and the stretch only sets a target."""
    return (
        asked.kind in ("count", "value", "percent", "yesno", "text")
        and not asked.target
        and bool(_cues()["result_asked"].search(asked.folded))
        and _nature(unit) == "target"
    )


def _nature(unit: Unit) -> str:
    """Whether a stretch states a result or a target: by the kind of document, its section, its words."""
    if unit.hit.document.type in ("Kế hoạch", "Chương trình", "Đề án", "Phương án"):
        return "target"
    headings = fold(" ".join(unit.hit.chunk.section))
    if _cues()["target_section"].search(headings) and not re.search(r"\bket qua\b", headings):
        return "target"
    return "target" if _cues()["target_text"].search(fold(unit.text)) and "đã" not in unit.text else "result"


def _statement(desk: Desk, best: Match, matches: list[Match]) -> Draft:
    """The sentence that says it, short, with what it leans on."""
    asked, unit = desk.asked, best.unit
    limit = _LONG if asked.kind == "list" else _SHORT
    shown = _shown(desk, best, matches, limit)
    marker = _cite(desk, unit, shown)
    note = _told_in_note(desk, unit)
    if note is not None:
        told = note.body.reading.text
        room = max(160, limit - 150)
        told = told if len(told) <= room else _window(desk, told, room)
        call = caller_of(unit.hit.chunk.body.reading, note.marker)
        shown = unit.text if len(unit.text) + len(told) <= _SHORT else call[-max(80, min(200, _SHORT - len(told))) :]
        shown = f"{shown.rstrip(' .;:')}: {plain(told)}"
        marker = desk.proof.cite(unit.hit, _calling(unit.hit.chunk, note), [note])
    picked = _pick(unit, shown, desk.weigher, asked)
    lines = [f"{_frame(unit, asked)}: {_sentence(shown, picked, asked, marker)}"]
    figures = (_figure(unit, picked, marker),) if picked is not None else ()
    return _finish(desk, lines, figures, [best])


def _told_in_note(desk: Desk, unit: Unit) -> Footnote | None:
    """The footnote in which a stretch tells what is asked: the called one whose call fits best, where the stretch itself
    has no number of a document, no date, no list."""
    kind = desk.asked.kind
    if kind not in ("list", "docnumber", "date", "who", "what", "sum") or unit.note is not None:
        return None
    notes = unit.notes()
    if kind == "docnumber":
        notes = [n for n in notes if references(n.body.reading.text)] if not unit.references else []
    elif kind == "date":
        notes = [] if periods.dates(unit.text) else [n for n in notes if _DAY.search(n.body.reading.text)]
    if not notes:
        return None
    reading = unit.hit.chunk.body.reading
    return max(notes, key=lambda n: desk.weigher.coverage(caller_of(reading, n.marker))[0])


def _shown(desk: Desk, best: Match, matches: list[Match], limit: int) -> str:
    """What is shown of a stretch: its sentence, with neighbours that add words of the question, cut to `limit`."""
    unit = best.unit
    text = unit.reading.text
    start, end = unit.start, unit.end
    if desk.asked.kind == "list" and unit.note is not None and len(text) <= limit:
        return text
    if desk.asked.kind == "list":
        limit = max(_SHORT, min(limit, unit.end - unit.start))
    found = set(best.found)
    spans = list(sentences(text))
    here = next((i for i, (a, b) in enumerate(spans) if a <= unit.start < b), 0)
    for other in (here + 1, here - 1):
        if 0 <= other < len(spans) and unit.kind not in ("row", "head", "signature"):
            a, b = spans[other]
            low, high = min(start, a), max(end, b)
            if high - low > limit:
                continue
            _, _, more = desk.weigher.coverage(text[a:b])
            if more - found and (len(more - found) >= 2 or other < here):
                start, end = low, high
                found |= more
    if end - start <= limit:
        return text[start:end].strip()
    return _window(desk, text[start:end], limit)


def _window(desk: Desk, text: str, limit: int) -> str:
    """The run of clauses of a long sentence that holds the most of what is asked."""
    edges = [0, *(m.end() for m in re.finditer(r"[;,:.](?=\s)|\)(?=\s)", text)), len(text)]
    edges = sorted(set(edges))
    best, chosen = -1.0, text[:limit]
    for i, start in enumerate(edges[:-1]):
        for end in reversed(edges[i + 1 :]):
            if end - start > limit:
                continue
            piece = text[start:end].strip()
            value, _, _ = desk.weigher.coverage(piece)
            value += 0.15 * (_kind_value(piece, desk.asked)) + 0.04 * len(piece) / limit
            if value > best:
                best, chosen = value, piece
            break
    return chosen


def _kind_value(text: str, asked: Asked) -> float:
    if asked.kind in ("count", "value", "sum"):
        return float(bool(quantities(text)))
    if asked.kind == "percent":
        return float("%" in text)
    if asked.kind == "docnumber":
        return float(bool(re.search(r"\d+[a-z]?/", text)))
    if asked.kind == "date":
        return float(bool(periods.dates(text)))
    return 0.0


def _cite(desk: Desk, unit: Unit, shown: str = "") -> int:
    """A citation of a stretch: its sentence, or the whole passage where that is short; a footnote through its caller."""
    chunk = unit.hit.chunk
    whole = chunk.body
    if unit.note is not None:
        caller = _calling(chunk, unit.note)
        return desk.proof.cite(unit.hit, caller, [unit.note])
    quoted = whole if len(whole.quote) <= 900 or chunk.kind == "row" else unit.excerpt
    if shown and fold(shown) not in fold(quoted.reading.text):
        quoted = whole
    called = unit.notes() if quoted is not whole else list(chunk.footnotes)
    short = [n for n in called if len(n.body.quote) <= 1500]
    return desk.proof.cite(unit.hit, quoted, short)


def _calling(chunk: Chunk, note: Footnote) -> Excerpt:
    """The sentence that calls a footnote."""
    reading = chunk.body.reading
    for (at, _), piece in zip(chunk.body.spans, chunk.body.pieces, strict=True):
        position = piece.find(_superscript(note.marker))
        if position >= 0:
            here = reading.at(at + position)
            for start, end in sentences(reading.text):
                if start <= here <= end:
                    part = reading.part(start, end)
                    last = at + position + len(note.marker)
                    if part.spans and part.spans[-1][1] < last and part.spans[-1][1] >= at:
                        spans = (*part.spans[:-1], (part.spans[-1][0], last))
                        text = piece[spans[-1][0] - at : last - at] if spans[-1][0] >= at else part.pieces[-1]
                        return Excerpt(spans, (*part.pieces[:-1], text)) if spans[-1][0] >= at else part
                    return part
    return chunk.body


def _superscript(marker: str) -> str:
    return marker.translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _frame(unit: Unit, asked: Asked) -> str:
    """Whose statement it is and for when: "Sở Y tế tỉnh Hà Tĩnh (6 tháng đầu năm 2022)"."""
    who = _speaker(unit)
    said = periods.say(unit.hit.chunk.period)
    nature = "mục tiêu, " if _nature(unit) == "target" and unit.hit.document.type != "Kế hoạch" else ""
    if unit.hit.document.type == "Kế hoạch":
        nature = "kế hoạch, "
    inside = (nature + said).rstrip(", ")
    return f"{who} ({inside})" if inside else who


def _speaker(unit: Unit) -> str:
    chunk, document = unit.hit.chunk, unit.hit.document
    if chunk.place and not places.same(chunk.place, document.place):
        return f"{chunk.place} – theo {document.type.lower() if document.type else 'tài liệu'} của {document.issuer or 'cơ quan ban hành'}"
    return document.issuer or (document.title or document.source)


_OPEN, _CLOSE = "\ue000", "\ue001"


def _sentence(shown: str, picked: Quantity | None, asked: Asked, marker: int) -> str:
    """The shown text as sentences of the answer, the figure emphasised, each with its marker."""
    text = plain(_emphasised(shown, picked))
    out = []
    for start, end in sentences(text):
        piece = re.sub(r"[.!?;:,…\s]+$", "", text[start:end].strip())
        if piece:
            out.append(f"{piece} [{marker}].")
    return _bold(" ".join(out))


def _emphasised(shown: str, picked: Quantity | None) -> str:
    """The text with marks around the figure that answers and its unit."""
    if picked is None:
        return shown
    end = picked.end
    tail = shown[end:]
    if picked.percent:
        end += len(tail) - len(tail.lstrip()) + 1
    elif picked.unit and (match := re.match(rf"\s*{re.escape(picked.unit)}(?![^\W_])", tail, re.IGNORECASE)):
        end += match.end()
    return f"{shown[: picked.start]}{_OPEN}{shown[picked.start : end]}{_CLOSE}{shown[end:]}"


def _bold(text: str) -> str:
    return text.replace(_OPEN, "**").replace(_CLOSE, "**")


def _pick(unit: Unit, shown: str, weigher: Weigher, asked: Asked) -> Quantity | None:
    """The figure of a stretch that answers: of the wanted kind, with the most of the question around it."""
    if asked.kind not in ("count", "value", "percent", "sum", "yesno", "text", "what"):
        return None
    best, chosen = 0.0, None
    for quantity in quantities(shown):
        if asked.kind == "percent" and not (quantity.percent or quantity.value is None):
            continue
        if asked.kind == "count" and not counts_alike(quantity, asked):
            continue
        value = weigher.worth(weigher.coverage(f"{quantity.label} {quantity.noun}")[2])
        if value > best + 1e-9:
            best, chosen = value, quantity
    return chosen


def _figure(unit: Unit, quantity: Quantity, marker: int, breakdown: str | None = None) -> AnswerFigure:
    chunk = unit.hit.chunk
    return AnswerFigure(
        " ".join(part for part in (quantity.label, quantity.noun) if part)[:200],
        quantity.value,
        quantity.text,
        quantity.unit,
        breakdown,
        quantity.bound,
        "target" if _nature(unit) == "target" else "result",
        chunk.place,
        chunk.period,
        False,
        (marker,),
    )


def _finish(
    desk: Desk,
    lines: Sequence[str],
    figures: Sequence[AnswerFigure] = (),
    used: Sequence[Match] = (),
    computation: str | None = None,
) -> Draft:
    """A draft with its citations, and what the sources contradict where they are cited."""
    text = "\n".join(lines)
    notices = _contradictions(desk, used)
    if desk.asked.carried:
        notices = (Notice("scope", f"Câu hỏi được hiểu tiếp theo câu trước: {desk.asked.carried}."), *notices)
    return Draft("answered", text, computation, tuple(figures), tuple(desk.proof.citations), notices)


def _contradictions(desk: Desk, used: Sequence[Match]) -> tuple[Notice, ...]:
    """What the sources contradict in the passages that the answer uses."""
    out: list[Notice] = []
    seen: set[str] = set()
    for match in used:
        chunk = match.unit.hit.chunk
        document = match.unit.hit.document
        for finding in _findings(desk.searcher.library, chunk, document):
            if finding.message in seen or not _touches_answer(desk, finding, match):
                continue
            seen.add(finding.message)
            markers = []
            for part, notes in finding.evidence:
                owner = replace(match.unit.hit, chunk=part)
                markers.append(desk.proof.cite(owner, part.body, [n for n in notes]))
            out.append(Notice(finding.kind, finding.message, tuple(dict.fromkeys(markers))))
    return tuple(out)


def _findings(library: Library, chunk: Chunk, document: Document) -> list[audit.Finding]:
    return audit.of_chunk(chunk, lambda: library.chunks_of(chunk.document_id), document.issued_on)


def _touches_answer(desk: Desk, finding: audit.Finding, match: Match) -> bool:
    """Whether a contradiction bears on what is asked: its figures or numbers stand in the stretch used or in the question,
    or it speaks of the question's own words."""
    told = figures_in(match.unit.text) | figures_in(desk.asked.text)
    if match.unit.note is None:
        told |= {f for n in match.unit.notes() for f in figures_in(n.body.reading.text)}
    return len(figures_in(finding.message) & told) >= 1 or desk.weigher.coverage(finding.message)[0] >= 0.3


# Rows of a table


def _row(desk: Desk, best: Match) -> Draft:
    """A row told by its columns."""
    unit = best.unit
    marker = _cite(desk, unit)
    said, picked = _row_said(desk, unit, _SHORT - 100)
    figures = (_figure(unit, picked, marker),) if picked else ()
    return _finish(desk, [f"{_frame(unit, desk.asked)}, {said} [{marker}]."], figures, [best])


def _row_said(desk: Desk, unit: Unit, budget: int) -> tuple[str, Quantity | None]:
    """A row in words: its number and criterion, then the columns asked for; and the figure that answers."""
    chunk = unit.hit.chunk
    asked = desk.asked.folded
    cells = [(head, plain(cell)) for head, cell in chunk.heads]
    number = next((cell for head, cell in cells[:1] if re.fullmatch(r"[\d.]+", cell)), "")
    named = [c for c in cells if c[1] != number]
    subject = named[0][1] if named else ""
    others = named[1:]
    wanted = [c for c in others if _asks_for(c[0], asked)]
    if not wanted and not (desk.asked.kind in ("count", "value", "percent") and any(quantities(c[1]) for c in others)):
        wanted = others if desk.asked.kind in ("who", "text", "what", "list", "how") else others[:1]
    if desk.asked.kind in ("count", "value", "percent"):
        wanted = [c for c in others if c in wanted or c in [o for o in others if quantities(o[1])][:1]]
    parts = []
    for head, cell in wanted:
        name = head.split(" – ")[-1]
        text = cell if len(cell) <= budget else _window(desk, cell, max(120, budget))
        budget -= len(text)
        parts.append(f"{name[:1].lower()}{name[1:]}: {text.rstrip(' .;')}")
    said = "; ".join(parts)
    head_text = subject if len(subject) <= 120 else subject[:120].rsplit(" ", 1)[0] + " …"
    picked = _pick(unit, said, desk.weigher, desk.asked)
    line = f"mục {number} «{head_text}»" if number else f"«{head_text}»"
    return _one_sentence(f"{line} – {_bold(_emphasised(said, picked))}" if said else line), picked


def _one_sentence(line: str) -> str:
    """A line whose inner sentence ends are softened, so that its one marker covers it."""
    return re.sub(r"\.(?=\s+[-–]?\s*[A-ZÀ-ỸĐ])", ";", line)


def _asks_for(head: str, asked: str) -> bool:
    """Whether the question asks for a column: by its head, or by a word that stands for it."""
    name = fold(head.split(" – ")[-1])
    if name in asked:
        return True
    words = {
        "chu tri": r"\b(?:chu tri|lo chinh|phu trach|dau moi|dung dau|lam chinh|lead)\b|\bai (?:lam|lo|chiu)\b",
        "phoi hop": r"\b(?:phoi hop|cung lam|ho tro|coordinat)\w*\b",
    }
    for key, pattern in words.items():
        if key in name:
            return bool(re.search(pattern, asked))
    if re.search(r"\b(?:chi tieu|muc tieu|ket qua|san pham)\b", name):
        return bool(re.search(r"\b(?:chi tieu|muc tieu|dat (?:gi|bao nhieu)|phai dat|bao nhieu|target|yeu cau)\b", asked))
    return bool(re.search(r"\b(?:thoi gian|thoi han|hoan thanh)\b", name)) and bool(
        re.search(r"\b(?:khi nao|thoi han|thoi gian|bao gio|han)\b", asked)
    )


# Lists


def _children(desk: Desk, best: Match) -> Draft | None:
    """The items of the list that a stretch introduces."""
    unit = best.unit
    if not unit.text.rstrip().endswith(":") or unit.note is not None:
        return None
    chunk = unit.hit.chunk
    below = [c for c in desk.searcher.library.chunks_of(chunk.document_id) if c.lead == chunk.ordinal]
    if not below:
        return None
    first = _cite(desk, unit)
    lines = [f"{_frame(unit, desk.asked)}: {plain(unit.text).rstrip(':')} [{first}]:"]
    room = _LONG if desk.asked.kind == "list" else _SHORT
    for item in below[:28]:
        text = plain(item.text)
        text = text if len(text) <= 300 else text[:300].rsplit(" ", 1)[0] + " …"
        room -= len(text)
        if room < 0:
            break
        marker = desk.proof.cite(replace(unit.hit, chunk=item), item.body, item.footnotes)
        lines.append(f"- {_one_sentence(text.rstrip('.;'))} [{marker}]")
    return _finish(desk, lines, (), [best])


# Sums and ratios


def _sum_of_list(desk: Desk, matches: list[Match]) -> Draft | None:
    """The sum over the items of one list, where the figure asked for stands in each and no item is singled out."""
    asked = desk.asked
    if asked.kind == "percent":
        return None
    best = matches[0]
    chunk = best.unit.hit.chunk
    if chunk.lead is None or best.unit.note is not None:
        return None
    siblings = [c for c in desk.searcher.library.chunks_of(chunk.document_id) if c.lead == chunk.lead]
    if len(siblings) < 2 or _singled_out(asked, siblings):
        return None
    operands: list[tuple[Chunk, Quantity]] = []
    wanted: frozenset[int] | None = None
    for item in sorted(siblings, key=lambda c: c.ordinal != chunk.ordinal):
        found = _operand(desk, item, wanted)
        if found is None:
            return None
        quantity, terms = found
        wanted = terms if wanted is None else wanted
        operands.append((item, quantity))
    operands.sort(key=lambda pair: pair[0].ordinal)
    values = [q.value for _, q in operands if q.value is not None]
    if len(values) != len(operands) or any(q.percent for _, q in operands):
        return None
    total = sum(values, Decimal(0))
    parts, figures = [], []
    hit = best.unit.hit
    for item, quantity in operands:
        marker = desk.proof.cite(replace(hit, chunk=item), item.body, item.footnotes)
        name = _item_name(item)
        parts.append(f"{name} {canonical(quantity.value or Decimal(0))} [{marker}]")
        unit = Unit(replace(hit, chunk=item), item.body.reading, 0, len(item.text))
        figures.append(_figure(unit, quantity, marker, name))
    unit_name = operands[0][1].unit or ""
    what = operands[0][1].label.split(":")[-1].strip()
    computation = f"{' + '.join(canonical(v) for v in values)} = {canonical(total)}"
    said = f"{canonical(total)} {unit_name}".strip()
    frame = _frame(best.unit, asked)
    line = f"{frame} – {what[:80]}: **{said}**, gồm {', '.join(parts)}."
    summed = AnswerFigure(
        what, total, canonical(total), unit_name or None, None, None, "result", chunk.place, chunk.period, True,
        tuple(range(1, len(operands) + 1)),
    )
    return _finish(desk, [line], (summed, *figures), [best], computation)


def _operand(desk: Desk, item: Chunk, wanted: frozenset[int] | None) -> tuple[Quantity, frozenset[int]] | None:
    """The figure of a list item that answers, and the question's words around it; the same words in each item."""
    best: tuple[float, Quantity, frozenset[int]] | None = None
    name = profile(_item_name(item)).folded
    for quantity in quantities(item.text):
        around = f"{quantity.label} {quantity.noun}"
        _, _, found = desk.weigher.coverage(around)
        telling = frozenset(i for i in found if desk.asked.terms[i].folded not in name)
        if not telling or quantity.value is None:
            continue
        value = desk.weigher.worth(telling)
        if wanted is not None and not telling >= _core(wanted, telling):
            continue
        if best is None or value > best[0]:
            best = (value, quantity, telling)
    return (best[1], best[2]) if best else None


def _core(wanted: frozenset[int], telling: frozenset[int]) -> frozenset[int]:
    return wanted if len(wanted) <= 2 else wanted & telling


def _item_name(item: Chunk) -> str:
    text = plain(item.text)
    head, colon, _ = text.partition(":")
    return head.strip() if colon and len(head.split()) <= 14 else " ".join(text.split()[:6])


def _singled_out(asked: Asked, siblings: Sequence[Chunk]) -> bool:
    """Whether the question names one of the items."""
    bare = {t.folded for t in asked.terms}
    pairs = {(a.folded, b.folded) for a, b in zip(asked.terms, asked.terms[1:], strict=False)}
    names_of = [profile(_item_name(c)) for c in siblings]
    for i, name in enumerate(names_of):
        others = frozenset().union(*(n.folded for j, n in enumerate(names_of) if j != i))
        own = name.folded - others
        own_pairs = {p for p in name.pairs if p[0] in own or p[1] in own}
        if own and (own_pairs & pairs or len(own & bare) >= max(1, (len(own) + 1) // 2)):
            return True
    return False


def _sum_in_stretch(desk: Desk, best: Match) -> Draft | None:
    """The sum of the like figures of one stretch or of the footnote it calls, where a sum is asked for."""
    asked, unit = desk.asked, best.unit
    if "%" in asked.text or re.search(r"\bphan tram\b|\bty le\b", asked.folded):
        return None
    note = unit.note or _told_in_note(desk, unit)
    text = note.body.reading.text if note else unit.text
    found = [q for q in quantities(text) if q.value is not None and not q.percent]
    scored = [(desk.weigher.coverage(f"{q.label} {q.noun}"), q) for q in found]
    scored = [((desk.weigher.worth(match[2]), match[2]), q) for match, q in scored]
    top = max((value for (value, _), _ in scored), default=0.0)
    like = [q for (value, _), q in scored if top and value >= 0.8 * top]
    if len(like) < 2 and top:
        telling = [(terms, q) for (value, terms), q in scored if value >= 0.3 * top]
        like = [q for terms, q in telling if not any(terms & other for other, p in telling if p is not q)]
    if note is not None and len(found) >= 3 and len({q.unit for q in found}) == 1:
        like = found  # "(02 người); … (01 người)": a list of like figures is summed whole
    if len(like) < 2 or len({q.unit for q in like if q.unit}) > 1 or len(like) > 30:
        return None
    values = [q.value for q in like if q.value is not None]
    total = sum(values, Decimal(0))
    marker = desk.proof.cite(unit.hit, _calling(unit.hit.chunk, note), [note]) if note else _cite(desk, unit)
    name = next((q.unit for q in like if q.unit), "")
    computation = f"{' + '.join(canonical(v) for v in values)} = {canonical(total)}"
    shown = _window(desk, text, _SHORT - 60) if len(text) > _SHORT - 60 else text
    line = f"{_frame(unit, asked)}: **{canonical(total)} {name or ''}".rstrip() + f"** ({computation}) [{marker}]."
    why = _sentence(shown, None, asked, marker)
    figures = [_figure(unit, q, marker) for q in like]
    summed = replace(figures[0], value=total, text=canonical(total), computed=True)
    return _finish(desk, [f"{line} {why}"], (summed, *figures), [best], computation)


_DIVIDED = re.compile(r"\b(?:chiem|chia cho|tren tong|so voi tong|trong tong|trong)\b")


def _ratio(desk: Desk, best: Match) -> Draft | None:
    """A share that is asked for and not stated, from the part and the whole of one passage."""
    asked, unit = desk.asked, best.unit
    if asked.kind == "sum" and not re.search(r"phan tram|%|\bty le\b", asked.folded):
        return None
    stated = [q for q in unit.quantities if q.percent]
    if stated and not re.search(r"\bchia cho\b", asked.folded):
        return None
    counts = [q for q in unit.quantities if q.value and not q.percent]
    scored = [(desk.weigher.worth(desk.weigher.coverage(f"{q.label} {q.noun}")[2]), q) for q in counts]
    scored = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])
    parted = _DIVIDED.search(asked.folded)
    if len(scored) < 2 or asked.kind == "percent" and not parted and len(scored) < 2:
        return None
    if parted and asked.folded[parted.start() : parted.end()] in ("chiem", "chia cho"):
        edge = len(re.findall(r"\w+", asked.folded[: parted.start()]))
        whole = _closest(desk, counts, lambda position: position > edge)
        smaller = [q for q in counts if whole and q.value and whole.value and q.value < whole.value and q.unit == whole.unit]
        part = _closest(desk, smaller, lambda position: position < edge)
    else:
        one, other = scored[0][1], scored[1][1]
        part, whole = sorted((one, other), key=lambda q: q.value or Decimal(0))
    if not part or not whole or not part.value or not whole.value or part.value >= whole.value:
        return None
    if part.unit and whole.unit and part.unit != whole.unit:
        return None
    share = (part.value / whole.value * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    marker = _cite(desk, unit)
    said = str(share).replace(".", ",")
    computation = f"{canonical(part.value)} / {canonical(whole.value)} × 100 = {said}"
    shown = _shown(desk, best, [best], _SHORT - 60)
    line = f"{_frame(unit, asked)}: **{said}%** ({part.text}/{whole.text}) [{marker}]. {_sentence(shown, None, asked, marker)}"
    chunk = unit.hit.chunk
    figure = AnswerFigure(
        part.label, share, said, "%", None, None, "result", chunk.place, chunk.period, True, (marker,)
    )
    return _finish(desk, [line], (figure,), [best], computation)


def _closest(desk: Desk, among: Sequence[Quantity], side: Callable[[int], bool]) -> Quantity | None:
    """The figure with the most of the question's words on one side of what parts it."""
    words = frozenset(i for i, t in enumerate(desk.asked.terms) if side(t.position))
    scored = [(desk.weigher.worth(desk.weigher.coverage(f"{q.label} {q.noun}")[2] & words), q) for q in among]
    best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] else None


# Several places


def _compare(desk: Desk) -> Draft:
    """Each place's own statement, and the difference of their periods said."""
    lines: list[str] = []
    figures: list[AnswerFigure] = []
    used: list[Match] = []
    computations: list[str] = []
    missing: list[str] = []
    for place in desk.asked.places:
        part = replace(desk.asked, places=(place,))
        own = Desk(part, desk.searcher, desk.weigher, desk.filters, desk.proof)
        text = f"{desk.asked.text} {place}"
        found = ranked(desk.searcher.search(text, _POOL, replace(desk.filters, places=(place,))), Weigher(part, desk.searcher))
        matches = [replace(m, score=m.score * _kind_factor(m.unit, replace(part, kind="count"))) for m in found]
        matches.sort(key=lambda m: -m.score)
        best = matches[0] if matches else None
        if best is None or best.coverage < _ENOUGH:
            missing.append(place)
            continue
        used.append(best)
        summed = _sum_of_list(own, matches) if best.unit.quantities else None
        if summed is None and desk.asked.kind in ("percent", "sum"):
            summed = _ratio(own, best)
        if summed is not None and summed.computation:
            lines.append(f"- **{place}**: {summed.answer}")
            computations.append(summed.computation)
            figures.extend(summed.figures)
            continue
        line, figure = _line(own, place, best, matches, replace(desk.asked, kind="text"))
        lines.append(line)
        figures.extend(figure)
    if not used:
        return _refuse(desk, NOT_SAID)
    if desk.asked.yesno:
        denied = [line for line, match in zip(lines, used, strict=True) if _says_no(desk, match.unit.text, None)]
        lines.insert(0, "Không." if missing or denied else "Có.")
    if (total := _total(desk, figures)) is not None or (total := _difference(desk, figures)) is not None:
        lines.append(total[0])
        computations.append(total[1])
    draft = _finish(desk, lines, figures, used, "; ".join(computations) or None)
    notices = list(draft.notices)
    if missing:
        notices.append(Notice("scope", f"Tài liệu trong thư viện không có nội dung này của {', '.join(missing)}."))
    spoken = {m.unit.hit.chunk.period for m in used}
    natures = {_nature(m.unit) for m in used}
    if len(spoken) > 1:
        notices.append(Notice("scope", "Kỳ báo cáo của các nơi khác nhau nên số liệu không so sánh trực tiếp được."))
    if len(natures) > 1:
        notices.append(Notice("scope", "Có nơi là kết quả thực hiện, có nơi là mục tiêu hoặc kế hoạch."))
    return replace(draft, notices=tuple(notices))


def _line(
    desk: Desk, name: str, best: Match, matches: list[Match], asked: Asked
) -> tuple[str, list[AnswerFigure]]:
    """One line of a list of places or periods: its name, scope, and what stands there."""
    unit = best.unit
    if unit.kind == "row":
        marker = _cite(desk, unit)
        said, picked = _row_said(desk, unit, 260)
        text = f"{said} [{marker}]."
    else:
        shown = _shown(desk, best, matches, 280)
        marker = _cite(desk, unit, shown)
        picked = _pick(unit, shown, desk.weigher, asked)
        text = _sentence(shown, picked, asked, marker)
    line = f"- **{name}** ({_scope_said(unit)}): {text}"
    return line, [_figure(unit, picked, marker)] if picked else []


def _total(desk: Desk, figures: Sequence[AnswerFigure]) -> tuple[str, str] | None:
    """The sum over the places, where a sum is asked for and each has a like figure."""
    first: dict[str, AnswerFigure] = {}
    for figure in figures:
        if figure.place and figure.value is not None:
            first.setdefault(figure.place, figure)
    if desk.asked.kind != "sum" or len(first) != len(desk.asked.places) or len({f.unit for f in first.values()}) > 1:
        return None
    if any(f.unit == "%" for f in first.values()):
        return None
    values = [f.value for f in first.values() if f.value is not None]
    computation = f"{' + '.join(canonical(v) for v in values)} = {canonical(sum(values, Decimal(0)))}"
    markers = "".join(f"[{m}]" for m in dict.fromkeys(m for f in first.values() for m in f.citations))
    unit = next(iter(first.values())).unit or ""
    return f"Cộng lại: **{canonical(sum(values, Decimal(0)))} {unit}**".rstrip() + f" ({computation}) {markers}.", computation


_MORE = re.compile(r"\b(?:nhieu|it|cao|thap|lon|nho|hon|chenh|kem|tang|giam)\b")


def _difference(desk: Desk, figures: Sequence[AnswerFigure]) -> tuple[str, str] | None:
    """Which of two places' like figures is larger, and by how much, where that is asked."""
    first: dict[str, AnswerFigure] = {}
    for figure in figures:
        if figure.place and figure.value is not None and (figure.computed or figure.place not in first):
            first.setdefault(figure.place, figure)
    if len(first) != 2 or not _MORE.search(desk.asked.folded):
        return None
    one, other = first.values()
    if one.value is None or other.value is None or one.unit != other.unit or one.nature != other.nature:
        return None
    high, low = (one, other) if one.value >= other.value else (other, one)
    gap = (high.value or Decimal(0)) - (low.value or Decimal(0))
    markers = "".join(f"[{m}]" for m in dict.fromkeys((*high.citations, *low.citations)))
    computation = f"{canonical(high.value or gap)} - {canonical(low.value or Decimal(0))} = {canonical(gap)}"
    unit = f" {high.unit}" if high.unit and high.unit != "%" else "%" if high.unit else ""
    if not gap:
        return f"Hai nơi bằng nhau {markers}.", computation
    return f"**{high.place}** cao hơn **{low.place}** {canonical(gap)}{unit} ({computation}) {markers}.", computation


def _change(desk: Desk) -> Draft | None:
    """One indicator in two periods: both figures of one stretch with their difference, or each period's own stretch."""
    asked = desk.asked
    wanted = asked.periods[:2]
    matches = _matches(desk)
    best = _best(matches, replace(asked, kind="value"))
    if best is None:
        return None
    text = best.unit.text
    told = []
    for period in wanted:
        spot = next((p for p in periods.find(text) if p.form == period.form), None)
        after = [q for q in quantities(text) if spot is not None and q.start >= spot.end and q.value is not None]
        if after and spot is not None and not any(spot.end < p.start < after[0].start for p in periods.find(text)):
            told.append(after[0])
    if len(told) == 2 and told[0].unit == told[1].unit and told[0].value and told[1].value:
        high, low = sorted(told, key=lambda q: q.value or Decimal(0), reverse=True)
        gap = (high.value or Decimal(0)) - (low.value or Decimal(0))
        said = canonical(gap).replace(".", ",")
        marker = _cite(desk, best.unit)
        computation = f"{high.text} - {low.text} = {said}"
        unit = "%" if high.percent else f" {high.unit}" if high.unit else ""
        shown = _shown(desk, best, matches, _SHORT - 80)
        line = f"Chênh lệch **{said}{unit}** ({computation}) [{marker}]. {_frame(best.unit, asked)}: {_sentence(shown, None, asked, marker)}"
        figures = [_figure(best.unit, q, marker) for q in told]
        return _finish(desk, [line], figures, [best], computation)
    lines: list[str] = []
    found: list[AnswerFigure] = []
    used: list[Match] = []
    for period in wanted:
        part = replace(asked, periods=(period,), kind="value")
        own = Desk(part, desk.searcher, Weigher(part, desk.searcher), desk.filters, desk.proof)
        own_matches = _matches(own)
        match = _best(own_matches, part)
        if match is None or match.scope in ("other", "partial") or any(m.unit.text == match.unit.text for m in used):
            return None
        used.append(match)
        line, figure = _line(own, periods.say(period.form).capitalize(), match, own_matches, part)
        lines.append(line)
        found.extend(figure)
    return _finish(desk, lines, found, used)


def _scope_said(unit: Unit) -> str:
    nature = "mục tiêu" if _nature(unit) == "target" else ""
    said = periods.say(unit.hit.chunk.period)
    return ", ".join(part for part in (said, nature) if part) or cited_as(unit.hit.document)


def _each_place(desk: Desk, matches: list[Match]) -> Draft | None:
    """Every place's own answer where the question names none and several have one; None where just one has."""
    asked = desk.asked
    if asked.kind not in ("count", "value", "percent", "docnumber", "date", "sum", "compare", "who", "text", "what"):
        return None
    best = matches[0] if matches else None
    if best is None or best.coverage < _ENOUGH:
        return None
    groups = _groups(matches, asked, best)
    if len(groups) < 2:
        return None
    held = dict.fromkeys(m.unit.hit.chunk.document_id for m in matches)
    for document_id in list(held)[:8]:
        own = _matches(desk, replace(desk.filters, document_ids=(document_id,)))
        for key, match in _groups(own, asked, best, _ALIKE_ALONE).items():
            if key not in groups or match.score > groups[key].score:
                groups[key] = match
    ordered = sorted(groups.values(), key=lambda m: m.unit.hit.document.issued_on or "", reverse=True)
    lines, figures = [], []
    for match in ordered[:8]:
        unit = match.unit
        name = unit.hit.chunk.place or unit.hit.document.issuer or unit.hit.document.source
        line, figure = _line(desk, name, match, matches, asked)
        lines.append(line)
        figures.extend(figure)
    draft = _finish(desk, lines, figures, ordered[:8])
    more = f" và {len(ordered) - 8} tài liệu khác" if len(ordered) > 8 else ""
    scope = Notice("scope", f"Câu hỏi không nêu nơi hoặc kỳ nên trả lời riêng theo từng tài liệu{more}.")
    return replace(draft, notices=(scope, *draft.notices))


def _groups(
    matches: Sequence[Match], asked: Asked, best: Match, share: float = _ALIKE
) -> dict[tuple[str, str | None], Match]:
    """The best stretch of each document and place that comes near the best of all."""
    groups: dict[tuple[str, str | None], Match] = {}
    for match in matches:
        unit = match.unit
        key = (unit.hit.chunk.document_id, unit.hit.chunk.place)
        if key in groups or match.score < share * best.score or match.coverage < _ENOUGH or not _holds_kind(match, asked):
            continue
        if not (asked.periods and match.scope == "other"):
            groups[key] = match
    return groups


# Yes or no


def _yes_or_no(desk: Desk, matches: list[Match]) -> Draft:
    best = matches[0] if matches else None
    enough = _ENOUGH if desk.asked.kind == "yesno" else 0.75 * _ENOUGH
    if best is None or best.coverage < enough:
        return _refuse(desk, NOT_SAID)
    if desk.asked.periods and best.scope == "other":
        return _refuse(desk, _no_period(desk.asked), best)
    unit = best.unit
    if unit.kind == "row":
        marker = _cite(desk, unit)
        shown, _ = _row_said(desk, unit, _SHORT - 40)
        word = "Không" if _row_denies(desk, unit) or _says_no(desk, shown, None) else "Có"
        return _finish(desk, [f"{word}. {_frame(unit, desk.asked)}, {shown} [{marker}]."], (), [best])
    shown = _shown(desk, best, matches, _SHORT - 20)
    marker = _cite(desk, unit, shown)
    picked = _pick(unit, shown, desk.weigher, desk.asked)
    says_no = _says_no(desk, shown, picked)
    conflicts = _contradictions(desk, [best])
    if desk.asked.kind == "conflict" and conflicts:
        says_no = True
    word = "Không" if says_no else "Có"
    line = f"{word}. {_frame(unit, desk.asked)}: {_sentence(shown, picked, desk.asked, marker)}"
    figures = (_figure(unit, picked, marker),) if picked else ()
    return _finish(desk, [line], figures, [best])


def _row_denies(desk: Desk, unit: Unit) -> bool:
    """Whether a column that the question asks about ("chủ trì") names others than the question does."""
    for head, cell in unit.hit.chunk.heads:
        if _asks_for(head, desk.asked.folded) and re.search(r"chu tri|phoi hop", fold(head)):
            return desk.weigher.worth(desk.weigher.coverage(cell)[2]) < 0.6 * desk.weigher.worth(
                frozenset(i for i, t in enumerate(desk.asked.terms) if t.folded in profile(" ".join(c for _, c in unit.hit.chunk.heads)).folded)
            ) and not any(" ".join(p) in desk.asked.folded for p in [fold(cell).split()[-3:]])
    return False


def _says_no(desk: Desk, shown: str, picked: Quantity | None) -> bool:
    """Whether the stretch denies what is asked: another figure than the one asked about, a nought, "not all" where all
    are asked about, or a denial right before what is asked."""
    asked = desk.asked
    asked_about = {canonical(q.value) for q in quantities(asked.text) if q.value is not None}
    if asked_about:
        stated = {canonical(q.value) for q in quantities(shown) if q.value is not None}
        return not asked_about & stated
    if picked is not None and picked.value == 0:
        return True
    if picked is not None and _ALL.search(asked.folded) and _not_all(shown, picked):
        return True
    for segment in re.split(r"[;.()]\s", shown):
        bare = fold(segment)
        if re.search(r":\s*(?:khong|khong co|chua)\s*[.;]?\s*$", bare) and desk.weigher.coverage(segment)[0] >= 0.3:
            return True
        for match in _cues()["no"].finditer(bare):
            governed = " ".join(re.split(r"[;.()\d]", segment[match.start() :])[0].split()[:14])
            if desk.weigher.coverage(governed)[0] >= 0.4:
                return True
    return False


def _not_all(shown: str, picked: Quantity) -> bool:
    """Whether a figure is short of its whole: "12/17", or 550 on time of 551 settled."""
    if picked.value is None:
        part, _, whole = picked.text.partition("/")
        return part.strip() != whole.strip()
    others = [q for q in quantities(shown) if q.unit == picked.unit and q.value is not None and q.start < picked.start]
    return any(q.value is not None and q.value > picked.value for q in others[-1:])


_ALL = re.compile(r"\b(?:tat ca|moi|toan bo|deu|het|100%|nao cung)\b")

# The document itself

_ASKED_OF_DOCUMENT = {"docnumber", "date", "who"}
_SENT_TO = re.compile(r"\b(?:noi nhan|gui (?:cho|toi|den)|duoc gui|recipients|sent to)\b")
_SIGNED = re.compile(r"\b(?:ky|signed|sign|dat but)\b")
_ISSUED = re.compile(r"\b(?:ban hanh|co quan nao|don vi nao|issued)\b")
_FRAME_WORDS = frozenset(
    "ban hanh ky so hieu ngay thang nam ra dat but giu chuc gi vu cua van nao may bao nhieu la ai co quan don vi report plan issued signed date "
    "gui toi nhung noi nhan duoc phan cho den number document the bc kh nguoi lanh dao bao cao ke hoach ban tin thong phat duoc tren dong dau do cho biet xin trich yeu".split()
)


def _about_document(desk: Desk, documents: Sequence[Document]) -> Draft | None:
    """An answer from a document's own head or signature, where the question is about the document itself."""
    asked = desk.asked
    sent_to = bool(_SENT_TO.search(asked.folded)) and asked.kind in ("list", "who", "what", "text")
    signed = bool(_SIGNED.search(asked.folded)) and asked.kind in ("who", "what", "text", "list")
    if asked.kind not in _ASKED_OF_DOCUMENT and not sent_to and not signed:
        return None
    candidates = [d for d in documents if _may_be_meant(d, asked, desk.filters)]
    if len(candidates) != 1:
        return None
    document = candidates[0]
    library = desk.searcher.library
    chunks = library.chunks_of(document.document_id)
    head = next((c for c in chunks if c.kind == "head"), None)
    foot = next((c for c in chunks if c.kind == "signature"), None)
    if sent_to:
        if foot is None or (recipients := _recipients(foot)) is None:
            return None
        marker = desk.proof.cite(Hit(foot, 1.0, document), foot.body)
        return _finish(desk, [f"{cited_as(document)} gửi: {recipients} [{marker}]."])
    if signed:
        if document.signer and foot is not None:
            marker = desk.proof.cite(Hit(foot, 1.0, document), foot.body)
            title = f", {document.signer_title}" if document.signer_title else ""
            return _finish(desk, [f"Người ký {cited_as(document)} là **{document.signer}**{title} [{marker}]."])
        if foot is not None:
            desk.proof.cite(Hit(foot, 1.0, document), foot.body)
        return _refuse(desk, "Tài liệu không ghi tên người ký.")
    if head is None:
        return None
    if asked.kind == "who":
        if not document.issuer or not _ISSUED.search(asked.folded):
            return None
        marker = desk.proof.cite(Hit(head, 1.0, document), head.body)
        return _finish(desk, [f"{cited_as(document)} do **{document.issuer}** ban hành [{marker}]."])
    marker = desk.proof.cite(Hit(head, 1.0, document), head.body)
    if asked.kind == "docnumber":
        if not document.number:
            return _refuse(desk, "Tài liệu không ghi số hiệu.")
        if document.number_is_blank:
            return _refuse(desk, f"Tài liệu để trống số hiệu (chỉ in «Số: {document.number}») [{marker}].")
        return _finish(desk, [f"Số hiệu là **{document.number}** ({cited_as(document)}) [{marker}]."])
    if not document.issued_on:
        return _refuse(desk, "Tài liệu không ghi ngày ban hành.")
    parts = document.issued_on.split("-")
    if len(parts) < 3:
        known = f"tháng {int(parts[1])} năm {parts[0]}" if len(parts) == 2 else f"năm {parts[0]}"
        return _refuse(desk, f"Tài liệu để trống ngày ban hành, chỉ ghi {known} [{marker}].")
    said = f"ngày {int(parts[2])} tháng {int(parts[1])} năm {parts[0]}"
    return _finish(desk, [f"{cited_as(document)} ban hành **{said}** [{marker}]."])


def _recipients(foot: Chunk) -> str | None:
    """The recipients as listed under "Nơi nhận"."""
    match = re.search(r"Nơi nhận\s*:?\s*(.*?)(?=\s(?:KT|TM|TL|TUQ|Q)\.|\s(?:PHÓ )?(?:GIÁM ĐỐC|CHỦ TỊCH|BỘ TRƯỞNG)|$)", foot.text)
    if not match:
        return None
    items = [re.sub(r"^[-–\s]+|[;.\s]+$", "", item) for item in re.split(r";\s*|\s-\s", match[1])]
    return "; ".join(item for item in items if item) or None


def _may_be_meant(document: Document, asked: Asked, filters: Filters) -> bool:
    """Whether a question names a document: by its number, or by its type with place and title and nothing else."""
    if filters.document_ids and document.document_id not in filters.document_ids:
        return False
    if asked.numbers:
        number = document.number or ""
        fits = any(same_number(n, number) for n in asked.numbers)
        return fits and (not asked.types or document.type in asked.types)
    if document.type not in asked.types:
        return False
    if asked.places and not any(places.same(document.place, p) for p in asked.places):
        return False
    if asked.periods:
        own = periods.parse(document.period)
        if own is None or not own.years & asked.years:
            return False
    title = profile(f"{document.title or ''} {document.type or ''} {document.issuer or ''} công tác CCHC cải cách hành chính").folded
    rest = [
        t for t in asked.terms if t.folded not in title and t.folded not in _FRAME_WORDS and not t.folded.isdigit()
    ]
    return not rest


# Refusing


def _refuse(desk: Desk, message: str, near: Match | None = None) -> Draft:
    """Not knowing, in one sentence; a second may name the nearest thing with its scope and marker."""
    lines = [message]
    if near is not None:
        shown = _shown(desk, near, [near], 220)
        marker = _cite(desk, near.unit, shown)
        lines.append(f"Gần nhất trong thư viện là {_frame(near.unit, desk.asked)}: {_sentence(shown, None, desk.asked, marker)}")
    return Draft("not_found", " ".join(lines), None, (), tuple(desk.proof.citations))

