"""How an answer is told: whose statement it is, the sentence that says it, its figure, its citation, and what the
sources contradict where they are cited."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from assistant.choosing import CHANGE, NAMES_A_DAY, Desk, cues
from assistant.evidence import Match, Unit, Weigher, caller_of
from assistant.grounding import NOT_SAID_IN_ENGLISH, Draft, cited_as, plain
from assistant.question import Asked
from assistant.schema import AnswerFigure, Notice
from vectorstore import natures, periods, places
from vectorstore.quantities import Quantity, counts_alike, quantities, references, unit_of
from vectorstore.quantities import figures as figures_in
from vectorstore.records import Chunk, Document, Excerpt, Finding, Footnote
from vectorstore.vietnamese import fold, sentences

SHORT = 400
"""Longest text of a plain answer, in characters, frame aside."""
LONG = 1_200
_OPEN, _CLOSE = "\ue000", "\ue001"


def nature_of(unit: Unit, quantity: Quantity | None = None) -> str:
    """Whether a stretch, or a figure of it, states a result or a target."""
    document, text = unit.hit.document, unit.text
    stated = unit.quantities
    at = text.find(quantity.text) if quantity else stated[0].start if stated else -1
    year = int(document.issued_on[:4]) if document.issued_on else None
    return natures.of(document.type, unit.hit.chunk.section, text, at if at >= 0 else None, year)


def plans(document: Document) -> bool:
    """Whether a document is one that sets targets, so that what it says is known to be one."""
    return natures.of(document.type, (), "") == "target"


def note_that_tells(desk: Desk, unit: Unit) -> Footnote | None:
    """The footnote in which a stretch tells what is asked: the called one whose call fits best, where the stretch
    itself has no number of a document, no date, no list."""
    kind = desk.asked.kind
    if kind not in ("list", "docnumber", "date", "who", "what", "sum", "why") or unit.note is not None:
        return None
    notes = unit.notes()
    if kind == "why":
        told = cues()["cause"].search(fold(unit.text))
        notes = [] if told else [n for n in notes if _REASON.search(fold(n.body.reading.text))]
    if kind == "docnumber":
        notes = [n for n in notes if references(n.body.reading.text)] if not unit.references else []
    elif kind == "date":
        notes = [] if periods.dates(unit.text) else [n for n in notes if NAMES_A_DAY.search(n.body.reading.text)]
    if not notes:
        return None
    reading = unit.hit.chunk.body.reading
    return max(notes, key=lambda n: desk.weigher.coverage(caller_of(reading, n.marker))[0])


_REASON = re.compile(r"\b(?:nguyen nhan|ly do|do|vi)\b")
_NOW = re.compile(r"\b(?:hien nay|hien tai|hien co|hien gio|bay gio|currently|at present)\b")
_REACHED = re.compile(r"\bdat (?:duoc )?(?:bao nhieu|may|bn|ty le)\b")
_IN_EARNEST = re.compile(r"\b(?:thuc te|tren thuc te|in fact|actually)\b")


def only_target(unit: Unit, asked: Asked) -> bool:
    """Whether a result is asked for and the stretch only sets a target."""
    if asked.kind == "percent" and not asked.target and _REACHED.search(asked.folded) and not plans(unit.hit.document):
        return nature_of(unit, next((q for q in unit.quantities if q.percent), None)) == "target"
    if asked.kind in ("count", "percent", "value") and not asked.target and _NOW.search(asked.folded):
        return nature_of(unit) == "target"
    return (
        asked.kind in ("count", "value", "percent", "yesno", "text", "compare", "sum")
        and (not asked.target or bool(_IN_EARNEST.search(asked.folded)))
        and bool(cues()["result_asked"].search(asked.folded))
        and nature_of(unit) == "target"
    )


def shown_text(desk: Desk, best: Match, limit: int) -> str:
    """What is shown of a stretch: its sentence, with neighbours that add words of the question, cut to `limit`."""
    unit = best.unit
    text = unit.reading.text
    start, end = unit.start, unit.end
    if desk.asked.kind == "list" and unit.note is not None and len(text) <= limit:
        return text
    if desk.asked.kind == "list":
        limit = max(SHORT, min(limit, unit.end - unit.start))
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
    return fitting_window(desk, text[start:end], limit, picked_figure(text[start:end], desk.weigher, desk.asked))


def fitting_window(desk: Desk, text: str, limit: int, figure: Quantity | None = None) -> str:
    """The run of clauses of a long sentence that holds the most of what is asked, and the figure that answers it."""
    edges = [0, *(m.end() for m in re.finditer(r"[;,:.](?=\s)|\)(?=\s)", text)), len(text)]
    edges = sorted(set(edges))
    best, chosen = -1.0, text[:limit] if figure is None else _around(text, figure, limit)
    for i, start in enumerate(edges[:-1]):
        for end in reversed(edges[i + 1 :]):
            if end - start > limit or (figure is not None and not start <= figure.start < figure.end <= end):
                continue
            piece = text[start:end].strip()
            value, _, _ = desk.weigher.coverage(piece)
            value += 0.15 * (_kind_value(piece, desk.asked)) + 0.04 * len(piece) / limit
            if value > best:
                best, chosen = value, piece
            break
    return chosen


def _around(text: str, figure: Quantity, limit: int) -> str:
    """So much of a text before and behind a figure."""
    start = max(0, min(figure.start - limit // 2, len(text) - limit))
    cut = text[start : start + limit]
    return cut if start == 0 else cut.partition(" ")[2]


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


def cite(desk: Desk, unit: Unit, shown: str = "") -> int:
    """A citation of a stretch: its sentence, or the whole passage where that is short; a footnote by its caller."""
    chunk = unit.hit.chunk
    whole = chunk.body
    if unit.note is not None:
        caller = calling_sentence(chunk, unit.note)
        return desk.proof.cite(unit.hit, caller, [unit.note])
    quoted = whole if len(whole.quote) <= 900 or chunk.kind == "row" else unit.excerpt
    if shown and fold(shown) not in fold(quoted.reading.text):
        quoted = whole
    called = unit.notes() if quoted is not whole else list(chunk.footnotes)
    short = [n for n in called if len(n.body.quote) <= 1500]
    return desk.proof.cite(unit.hit, quoted, short)


def calling_sentence(chunk: Chunk, note: Footnote) -> Excerpt:
    """The sentence that calls a footnote, its call included."""
    body, reading = chunk.body, chunk.body.reading
    for (at, last), marker in body.markers():
        here = reading.at(at)
        within = (reading.part(a, b) for a, b in sentences(reading.text) if a <= here <= b)
        if marker != note.marker or not (part := next(within, None)):
            continue
        for (start, end), piece in zip(body.spans, body.pieces, strict=True):
            if start <= part.end < last <= end:
                spans = (*part.spans[:-1], (part.spans[-1][0], last))
                pieces = (*part.pieces[:-1], part.pieces[-1] + piece[part.end - start : last - start])
                return Excerpt(spans, pieces, tuple(call for call in body.calls if part.start <= call[0] < last))
        return part
    return body


def whose(unit: Unit, english: bool = False) -> str:
    """Whose statement it is and for when: "Sở Y tế tỉnh Hà Tĩnh (6 tháng đầu năm 2022)"; in English for a question
    asked in English, names as printed."""
    target = nature_of(unit) == "target"
    if english:
        said = ", ".join(p for p in ("target" if target else "", periods.say_in_english(unit.hit.chunk.period)) if p)
        document = unit.hit.document
        who = f"According to {unit.hit.chunk.place or document.issuer or document.title or 'a document'}"
    else:
        nature = "kế hoạch" if unit.hit.document.type == "Kế hoạch" else "mục tiêu" if target else ""
        said = ", ".join(part for part in (nature, periods.say(unit.hit.chunk.period)) if part)
        who = _speaker(unit)
    return f"{who} ({said})" if said else who


def _speaker(unit: Unit) -> str:
    chunk, document = unit.hit.chunk, unit.hit.document
    if chunk.place and not places.same(chunk.place, document.place):
        kind = document.type.lower() if document.type else "tài liệu"
        return f"{chunk.place} – theo {kind} của {document.issuer or 'cơ quan ban hành'}"
    # a file's name is no last resort: it has figures of its own, which no source bears out
    return document.issuer or document.title or document.type or "Tài liệu"


def as_sentences(shown: str, picked: Quantity | None, marker: int) -> str:
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


def picked_figure(shown: str, weigher: Weigher, asked: Asked) -> Quantity | None:
    """The figure of a stretch that answers: of the wanted kind, with the most of the question around it."""
    if asked.kind not in ("count", "value", "percent", "sum", "yesno", "text", "what"):
        return None
    if asked.asks_for_change and (change := CHANGE.search(shown)) is not None:
        after = [q for q in quantities(shown) if q.start >= change.end() - 1]
        if after:
            return after[0]
    told: list[tuple[float, Quantity]] = []
    for quantity in quantities(shown):
        if asked.kind == "percent" and not (quantity.percent or quantity.value is None):
            continue
        if asked.kind == "count" and not counts_alike(quantity, asked.noun):
            continue
        around = weigher.worth(weigher.coverage(f"{quantity.label} {quantity.noun}")[2])
        counted = weigher.worth(weigher.coverage(quantity.noun)[2])
        told.append((around + (_COUNTED * counted if asked.kind in ("count", "value") else 0.0), quantity))
    most = max((worth for worth, _ in told), default=0.0)
    close = [quantity for worth, quantity in told if most and worth >= _NEAR_BEST * most]
    return max(close, key=lambda q: weigher.worth(weigher.coverage(_clause_of(shown, q))[2]), default=None)


_COUNTED = 0.25
"""What the words for the thing that a figure counts are worth beside all words around it."""
_NEAR_BEST = 0.95
"""How near the words right around a figure must come to the best for its clause to decide between them."""


def _clause_of(text: str, quantity: Quantity) -> str:
    """The part of a sentence between semicolons in which a figure stands."""
    start = max(text.rfind(";", 0, quantity.start), text.rfind(". ", 0, quantity.start)) + 1
    ends = [at for at in (text.find(";", quantity.end), text.find(". ", quantity.end)) if at >= 0]
    return text[start : min(ends, default=len(text))]


_BLANK = re.compile(r"([^;.:…]{4,120})[:\s]\s*(?:…|\.{3,}|_{3,})\s*(?P<behind>[^;.…]{1,40})")


def left_blank(text: str, picked: Quantity | None, weigher: Weigher) -> bool:
    """Whether the place of the figure that is asked for was left blank ("Trích lập quỹ: … triệu đồng"): the words
    before a blank fit the question better than those around any figure."""
    if "…" not in text and "..." not in text and "__" not in text:
        return False

    def worth(around: str) -> float:
        return weigher.worth(weigher.coverage(around)[2])

    blanks = (match for match in _BLANK.finditer(text) if unit_of(match["behind"]) is not None)
    blank = max((worth(match[1]) for match in blanks), default=0.0)
    return blank > (worth(f"{picked.label} {picked.noun}") if picked is not None else 0.0)


def answer_figure(unit: Unit, quantity: Quantity, marker: int, breakdown: str | None = None) -> AnswerFigure:
    """The contract's figure of a quantity of a stretch; `breakdown` is the part of a whole that it counts."""
    chunk = unit.hit.chunk
    return AnswerFigure(
        " ".join(part for part in (quantity.label, quantity.noun) if part)[:200],
        quantity.value,
        quantity.text,
        quantity.unit,
        breakdown,
        quantity.bound,
        "target" if nature_of(unit, quantity) == "target" else "result",
        chunk.place,
        chunk.period,
        False,
        (marker,),
    )


def finish(
    desk: Desk,
    lines: Sequence[str],
    figures: Sequence[AnswerFigure] = (),
    used: Sequence[Match] = (),
    computation: str | None = None,
) -> Draft:
    """A draft with its citations, and what the sources contradict where they are cited."""
    text = "\n".join(lines)
    notices = (*_assumed(desk.asked), *contradictions(desk, used))
    return Draft("answered", text, computation, tuple(figures), tuple(desk.proof.citations), notices)


def contradictions(desk: Desk, used: Sequence[Match]) -> tuple[Notice, ...]:
    """What the sources contradict in the passages that the answer uses."""
    out: list[Notice] = []
    seen: set[str] = set()
    for match in used:
        for finding in disagreeing(desk, match):
            if finding.message in seen:
                continue
            seen.add(finding.message)
            markers = []
            for part, notes in finding.evidence:
                owner = replace(match.unit.hit, chunk=part)
                markers.append(desk.proof.cite(owner, part.body, notes))
            out.append(Notice(finding.kind, finding.message, tuple(dict.fromkeys(markers))))
    return tuple(out)


def disagreeing(desk: Desk, match: Match) -> list[Finding]:
    """What disagrees in a stretch that bears on what is asked: found when its document was read."""
    found = desk.searcher.library.findings(match.unit.hit.chunk.document_id)
    told = (finding for finding in found if finding.kind != "instruction_in_document")  # `cautions` tells of these
    return [finding for finding in told if _stands_in(finding, match.unit) and _touches_answer(desk, finding, match)]


def _stands_in(finding: Finding, unit: Unit) -> bool:
    """Whether a stretch is part of what disagrees: its passage is, and the footnotes of it that are, if any."""
    own = [unit.note.marker] if unit.note else [note.marker for note in unit.notes()]
    if unit.kind == "row" and any(_totals(part, unit.hit.chunk) for part, _ in finding.evidence):
        return True
    return any(
        part.ordinal == unit.hit.chunk.ordinal and (not notes or any(note.marker in own for note in notes))
        for part, notes in finding.evidence
    )


_TOTAL_ROW = re.compile(r"(?:Tổng|Cộng|Toàn)\b", re.IGNORECASE)


def _totals(row: Chunk, of: Chunk) -> bool:
    """Whether a row has the totals of the table in which another one stands."""
    told = [cell for _, cell in row.heads if _TELLING.search(cell)]
    return row.kind == "row" and row.section == of.section and bool(told) and bool(_TOTAL_ROW.match(told[0]))


def _touches_answer(desk: Desk, finding: Finding, match: Match) -> bool:
    """Whether what disagrees bears on what is asked: its figures or the documents it names stand in the stretch used or
    in the question, or it speaks of the question's own words."""
    notes = [] if match.unit.note else [note.body.reading.text for note in match.unit.notes()]
    told = [match.unit.text, desk.asked.text, *notes]
    figures = {q.value for text in told for q in quantities(text) if q.value is not None}
    named = {reference.number for text in told for reference in references(text)}
    return (
        any(q.value in figures for q in quantities(finding.message))
        or any(reference.number in named for reference in references(finding.message))
        or bool(_days(finding.message) & {day for text in told for day in _days(text)})
        or desk.weigher.coverage(finding.message)[0] >= _SPOKEN_OF
    )


def _days(text: str) -> set[date]:
    return {mention.day for mention in periods.dates(text) if mention.day is not None}


_SPOKEN_OF = 0.3
"""Least coverage of the question's words by what disagrees for it to bear on what is asked."""


_TELLING = re.compile(r"[^\W\d_]{2}")
"""What a cell has that names the thing its row is about; a code ("1.003388") has none."""


_ASKING = re.compile(r"\b(?:nao|bao nhieu|may|ai|gi|bn|khi nao|who|which|how many|when)\b")
_WHOLE_ROW = 260
"""A row of no more characters, heads included, is told whole, what is asked for first."""
_MOST_CELLS = 8


def row_in_words(desk: Desk, unit: Unit, budget: int) -> tuple[str, Quantity | None]:
    """A row in words: its number and criterion, then the columns asked for; and the figure that answers."""
    chunk = unit.hit.chunk
    asked = desk.asked.folded
    cells = [(head, plain(cell)) for head, cell in chunk.heads]
    number = next((cell for head, cell in cells[:1] if re.fullmatch(r"[\d.]+", cell)), "")
    named = [c for c in cells if c[1] != number]
    first = next((c for c in named if _TELLING.search(c[1])), named[0] if named else ("", ""))
    subject = first[1]
    others = [c for c in named if c is not first]
    wanted = [c for c in others if asks_for_column(c[0], asked)]
    if not wanted and not (desk.asked.kind in ("count", "value", "percent") and any(quantities(c[1]) for c in others)):
        wanted = others if desk.asked.kind in ("who", "text", "what", "list", "how") else others[:1]
    if desk.asked.kind in ("count", "value", "percent"):
        wanted = [c for c in others if c in wanted or c in [o for o in others if quantities(o[1])][:1]]
    told = sum(len(head) + len(cell) for head, cell in others)
    one_body = desk.asked.kind == "who" and bool(wanted) and len(_ASKING.findall(asked)) < 2
    if told <= min(_WHOLE_ROW, budget) and len(others) <= _MOST_CELLS and not one_body:
        wanted = [*wanted, *(c for c in others if c not in wanted and c[1].strip(" -–."))]
    parts = []
    for head, cell in wanted:
        name = _without_figures(head.split(" – ")[-1], asked)
        text = cell if len(cell) <= budget else fitting_window(desk, cell, max(120, budget))
        budget -= len(text)
        parts.append(f"{name[:1].lower()}{name[1:]}: {text.rstrip(' .;')}")
    said = "; ".join(parts)
    head_text = subject if len(subject) <= 120 else subject[:120].rsplit(" ", 1)[0] + " …"
    picked = picked_figure(said, desk.weigher, desk.asked)
    line = f"mục {number} «{head_text}»" if number else f"«{head_text}»"
    return one_sentence(f"{line} – {_bold(_emphasised(said, picked))}" if said else line), picked


def _without_figures(head: str, asked: str) -> str:
    """A column's head without dates and numbers that the question does not have: they stand in no quote."""
    if figures_in(head) <= figures_in(asked):
        return head
    bare = re.sub(r"\s*\b(?:đến|tính đến|năm|ngày|tháng|quý)?\s*\d[\d/.\-–]*\s*(?:tháng|năm)?", " ", head)
    return re.sub(r"\s+", " ", bare).strip(" ,-–") or "cột"


def one_sentence(line: str) -> str:
    """A line whose inner sentence ends are softened, so that its one marker covers it."""
    return re.sub(r"\.(?=\s+[-–]?\s*[A-ZÀ-ỸĐ])", ";", line)


def asks_for_column(head: str, asked: str) -> bool:
    """Whether the question asks for a column: by its head, or by a word that stands for it."""
    name = fold(head.split(" – ")[-1])
    words_of = re.findall(r"\w+", name)
    held = [word for word in words_of if re.search(rf"\b{word}\b", asked)]
    if words_of and words_of[0] in held and len(held) >= 0.6 * len(words_of):
        return True
    words = {
        "chu tri": r"\b(?:chu tri|lo chinh|phu trach|dau moi|dung dau|lam chinh|lead|dung ra|chiu trach nhiem)\b"
        r"|\bai (?:lam|lo|chiu)\b",
        "phoi hop": r"\b(?:phoi hop|cung lam|ho tro|coordinat|ai phu|phu giup|lam cung|phu trach cung)\w*\b",
    }
    for key, pattern in words.items():
        if key in name:
            return bool(re.search(pattern, asked))
    if re.search(r"\b(?:chi tieu|muc tieu|ket qua|san pham)\b", name):
        return bool(
            re.search(r"\b(?:chi tieu|muc tieu|dat (?:gi|bao nhieu)|phai dat|bao nhieu|target|yeu cau)\b", asked)
        )
    return bool(re.search(r"\b(?:thoi gian|thoi han|hoan thanh)\b", name)) and bool(
        re.search(r"\b(?:khi nao|thoi han|thoi gian|bao gio|han|(?:ngay|thang|luc|nam) (?:nao|may))\b", asked)
    )


def scope_in_words(unit: Unit) -> str:
    """The period and nature of a stretch in words; the document's own citation where neither is known."""
    nature = "mục tiêu" if nature_of(unit) == "target" else ""
    said = periods.say(unit.hit.chunk.period)
    return ", ".join(part for part in (said, nature) if part) or cited_as(unit.hit.document)


def refuse(desk: Desk, message: str, near: Match | None = None) -> Draft:
    """Not knowing, in one sentence; a second may name the nearest thing with its scope and marker."""
    lines = [NOT_SAID_IN_ENGLISH if desk.asked.english else message]
    if near is not None:
        shown = shown_text(desk, near, 220)
        marker = cite(desk, near.unit, shown)
        said = as_sentences(shown, None, marker)
        lead = "The nearest:" if desk.asked.english else "Gần nhất trong thư viện là"
        lines.append(f"{lead} {whose(near.unit, desk.asked.english)}: {said}")
    return Draft("not_found", " ".join(lines), None, (), tuple(desk.proof.citations), _assumed(desk.asked))


def _assumed(asked: Asked) -> tuple[Notice, ...]:
    """What was taken over from the conversation, said so that a person can put it right."""
    if not asked.carried:
        return ()
    return (Notice("scope", f"Câu hỏi được hiểu tiếp theo câu trước: {asked.carried}"),)


def no_figure_of_period(asked: Asked) -> str:
    """The refusal where figures are held, but none of the period asked for."""
    said = periods.say(asked.periods[0].form)
    return f"Tài liệu trong thư viện không có số liệu này của {said or 'kỳ được hỏi'}."
