"""Which of the stretches found answers: those that hold the kind of thing asked for, about the thing asked about."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from assistant.evidence import (
    ELSEWHERE,
    Match,
    Unit,
    Weigher,
    mentioned_places,
    place_factor,
    profile,
    ranked,
    references_in,
)
from assistant.grounding import Proof
from assistant.question import Asked
from assistant.schema import Citation
from vectorstore import periods, places
from vectorstore.quantities import counts_alike
from vectorstore.records import Document, Filters, Hit
from vectorstore.search import Searcher
from vectorstore.vietnamese import fold

POOL = 45
"""How many of the searcher's passages are looked at for one question, whoever asks: what is found serves all."""
ENOUGH = 0.46
"""Least coverage of the question's words at which a stretch is taken to speak of what is asked. Set on our own sets."""
_MONEY = re.compile(
    r"\b(?:kinh phi|so tien|chi phi|thu lao|muc chi|muc thu|tien phat|von|le phi|phi)\b"
    r"(?=[^?]*\b(?:bao nhieu|may|bn)\b)"
)
_MONEY_NOUN = re.compile(r"(?:tien|kinh phi|trieu dong|ty dong|dong)\b")
_NEARLY_ALL = 0.85
_TOTAL = re.compile(r"\btổng (?:số|cộng)|\btất cả\b", re.IGNORECASE)
_ASKS_TOTAL = re.compile(r"\b(?:tong (?:so|cong)|tat ca|ca thay|in total|total)\b")
_OUTRIGHT = re.compile(r":\s*(?:không|chưa|không có)(?: phát sinh)?\s*[.;]?$", re.IGNORECASE)
_ARTICLE = re.compile(r"\bdieu (\d{1,3})\b")
_ITEM = re.compile(r"\b(?:muc|item|tieu chi|noi dung|khoan|nhiem vu|y)\s+(?:so\s+)?(\d{1,2}(?:\.\d{1,2})+)\b")
NAMES_A_DAY = re.compile(r"\bngày \d{1,2}\b|\btháng \d{1,2}\b|\b\d{1,2}\s?(?:giờ|h\d{0,2})\b", re.I)

_ASKS_FROM_TO = re.compile(r"\btu (?:ngay|thang|luc|khi)? ?(?:nao|may) (?:den|toi)\b")
_ASKS_HOUR = re.compile(r"\b(?:may gio|gio nao|what time)\b")
_HOUR = re.compile(r"\b\d{1,2}\s?(?:giờ|h\d{0,2}|:\d\d)\b", re.IGNORECASE)
_ASKS_DEADLINE = re.compile(
    r"\b(?:cham nhat|muon nhat|tre nhat|thoi han|han (?:cuoi|chot|nop)|truoc (?:khi|ngay|thang) nao)\b"
)
_DEADLINE = re.compile(
    r"\b(?:chậm nhất|muộn nhất|trong ngày|trong vòng|trong thời hạn|ngay sau khi|trước ngày|ngày làm việc)\b",
    re.IGNORECASE,
)
_ASKS_IN_FORCE = re.compile(r"\b(?<!het )hieu luc\b|\b(?:takes? effect|in force|effective)\b")
_IN_FORCE = re.compile(r"(?<!hết )\bhiệu lực (?:thi hành |pháp luật )?(?:kể )?(?:từ|sau)\b", re.IGNORECASE)

CHANGE = re.compile(r"\btừ\b[^.;]{1,60}?\b(?:xuống còn|xuống|còn|lên)\s+(?:hạng |thứ |mức )?(?=\d)", re.IGNORECASE)
"""A figure that became another: "từ 25 ngày xuống còn 23 ngày"."""


@cache
def cues() -> dict[str, re.Pattern[str]]:
    """Cue → pattern over text without diacritics that tells what a stretch is (a target, a denial, a cause)."""
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
    spoken_of: tuple[Citation, ...] = ()
    """What the answer to the question before this one cites, where this one leans on it."""

    def hits(self, filters: Filters | None = None, most: int = POOL) -> list[Hit]:
        """The passages found for the question, at most so many, within `filters` or those it came with."""
        return self.searcher.search(self.asked.text, most, filters or self.filters)


def found_matches(desk: Desk, filters: Filters | None = None, most: int = POOL) -> list[Match]:
    """The stretches of at most so many passages that speak of the place asked for, best first, those of the wanted kind
    before others."""
    asked = desk.asked
    topics = topics_of(asked)
    found = ranked(desk.hits(filters, most), desk.weigher)
    here = [m for m in found if place_factor(m.unit, asked) > ELSEWHERE]
    here = _of_named(asked, here)
    if local := locals_named(asked):
        here = [m for m in here if _tells_of(m.unit, local.keys())]
    if printed := [pattern for question, pattern in _forms() if question.search(asked.folded)]:
        here = [m for m in here if all(_holds_form(m.unit, pattern) for pattern in printed)]
    factors = (
        kind_factor(m.unit, asked)
        * article_factor(m.unit, asked)
        * topic_factor(m.unit, topics)
        * ordinal_factor(m.unit, asked)
        * apart_factor(m.unit, asked)
        * plainness(desk, m.unit)
        * _cell_factor(desk, m.unit)
        * continues(desk, m.unit)
        for m in here
    )
    weighed = [replace(m, score=m.score * factor) for m, factor in zip(here, factors, strict=True)]
    if desk.spoken_of:  # what is carried over need not be said again where it was said
        more = (_SAID_BEFORE if continues(desk, m.unit) > 1 else 0.0 for m in weighed)
        weighed = [replace(m, coverage=min(1.0, m.coverage + said)) for m, said in zip(weighed, more, strict=True)]
    weighed.sort(key=lambda m: -m.score)
    return weighed


@cache
def _forms() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    """(what of a question asks for a thing of its own form, how that is printed): a telephone number, a name."""
    lines = resources.files("assistant").joinpath("data", "forms.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line.strip() and not line.startswith("#"))
    return tuple((re.compile(question), re.compile(printed)) for question, printed in rows)


def _holds_form(unit: Unit, printed: re.Pattern[str]) -> bool:
    """Whether a stretch, or a footnote that it calls, holds what is printed so; a place is no person ("Hà Tĩnh")."""
    texts = (unit.text, *(note.body.reading.text for note in unit.notes()))
    found = ((text, match) for text in texts for match in printed.finditer(text))
    return any(
        not any(place.start <= match.start() < place.end for place in mentioned_places(text)) for text, match in found
    )


_CONTINUED = 1.25
_SAID_BEFORE = 0.12


def continues(desk: Desk, unit: Unit) -> float:
    """More for what stands in a passage that the answer before cites, or below the same heading: a question that leans
    on it most often stays there."""
    chunk = unit.hit.chunk
    factor = 1.0
    for cited in desk.spoken_of:
        if cited.document_id != chunk.document_id:
            continue
        if cited.start < chunk.body.end and chunk.body.start < cited.end:
            return _CONTINUED
        if len(chunk.section) > 1 and chunk.section[:2] == cited.section[:2]:
            factor = _SAME_SECTION
    return factor


_SAME_SECTION = 1.1


_NAME = re.compile(r"(?:(?<=\s)|^)[^\W\d_a-zà-ỹ][a-zà-ỹ]+(?:\s[^\W\d_a-zà-ỹ][a-zà-ỹ]+)+")


def _of_named(asked: Asked, matches: list[Match]) -> list[Match]:
    """The stretches with less weight for those of other documents, where a name of the question is in the title or the
    issuer of some; a stretch that has the name itself keeps its weight. Of a body below the province, only what its own
    documents say, or what names it."""
    issuers = (fold(m.unit.hit.document.issuer or "") for m in matches)
    whole = [name for name in issuers if len(name.split()) >= _WHOLE_NAME and name in asked.folded]
    for name in dict.fromkeys([*(fold(match[0]) for match in _NAME.finditer(asked.text)), *whole]):
        titled = {
            m.unit.hit.document.document_id
            for m in matches
            if name in fold(f"{m.unit.hit.document.title or ''} {m.unit.hit.document.issuer or ''}")
        }
        if titled:
            matches = [
                m
                if m.unit.hit.document.document_id in titled or name in fold(m.unit.hit.chunk.text)
                else replace(m, score=0.5 * m.score)
                for m in matches
            ]
    own = {m.unit.hit.document.document_id for m in matches if _is_named(m.unit.hit.document.issuer, asked)}
    return [m for m in matches if m.unit.hit.document.document_id in own] if own else matches


_WHOLE_NAME = 5
"""A body's name of so many words is named where the question has it whole."""
_BELOW = re.compile(r"\b(?:huyen|thi xa|quan|phuong|xa|thi tran|benh vien|trung tam)\b")


def _is_named(issuer: str | None, asked: Asked) -> bool:
    """Whether the question names the body below the province that issued a document, by its own name: the last words of
    "Trung tâm Y tế huyện Trấn Yên"."""
    words = fold(issuer or "").split()
    own = " ".join(words[-2:])
    return (
        bool(_BELOW.search(" ".join(words))) and len(words) > 3 and re.search(rf"\b{own}\b", asked.folded) is not None
    )


_NAMED_CELL = 1.3
_UNNAMED_ROW = 0.8
_ONE_OF_ALL = 1.6
_EXTREME = re.compile(r"\b(?:cao|nhieu|lon|dai|thap|it|nho|ngan)\b.*\bnhat\b|\b(?:highest|most|lowest|least)\b")
_TOTAL_ROW = re.compile(r"(?:Tổng|Cộng|Toàn)\b", re.IGNORECASE)
_SHARE = re.compile(r"%|\b[Tt][ỷỉ] lệ\b|\bphần trăm\b")
_BODY = re.compile(r"\b(?:y te|so|tinh|cua)\b")
"""What a question about a health body leaves out or says otherwise."""


def _cell_factor(desk: Desk, unit: Unit) -> float:
    """More for the row of a table whose subject and a column of which the question names wholly: that cell is what is
    asked for; likewise for the row of totals. Less for a row of something that the question does not name."""
    if unit.kind != "row" or desk.asked.kind not in ("count", "value", "percent", "sum", "compare"):
        return 1.0
    known = desk.weigher.vocabulary
    cells = unit.hit.chunk.heads
    subject = next((cell for _, cell in cells if re.search(r"[^\W\d_]{2}", cell)), "")
    named = {word for word in profile(_BODY.sub(" ", fold(subject))).folded if not word.isdigit()}
    total = bool(_TOTAL_ROW.match(subject))
    heads = (
        {w for w in profile(head.split(" – ")[-1]).folded if len(w) > 1} for head, cell in cells if cell != subject
    )
    column = any(head and head <= known for head in heads)
    if _EXTREME.search(desk.asked.folded):  # which of the rows, not what of one
        return _UNNAMED_ROW if total else _ONE_OF_ALL if column else 1.0
    if not total and not named <= known:
        return 1.0 if 2 * len(named & known) >= len(named) else _UNNAMED_ROW
    return _NAMED_CELL if column else 1.0


_PLAIN = 0.2
"""How much a figure loses whose words say nothing but what the question does not ask."""


def plainness(desk: Desk, unit: Unit) -> float:
    """Less for a figure that its own words narrow down to something else than is asked for ("hồ sơ qua hệ thống một cửa
    điện tử" where the dossiers are asked for)."""
    if desk.asked.kind not in ("count", "sum") or unit.kind == "row":
        return 1.0
    known = desk.weigher.vocabulary
    best = 0.0
    for quantity in unit.quantities:
        if counts_alike(quantity, desk.asked.noun):
            words = [w for w in profile(f"{quantity.label} {quantity.noun}").folded if not w.isdigit() and len(w) > 1]
            best = max(best, sum(w in known for w in words) / len(words) if words else 0.0)
    return 1.0 - _PLAIN * (1.0 - best)


def asks_for_total(asked: Asked) -> bool:
    """Whether a question asks for all there is of a thing ("tổng số", "tất cả")."""
    return bool(_ASKS_TOTAL.search(asked.folded))


def article_factor(unit: Unit, asked: Asked) -> float:
    """More for what stands in the article or is the item that the question names ("theo Điều 4", "mục 1.3"), less for
    what is not."""
    items = {match[1] for match in _ITEM.finditer(asked.folded)}
    if items:
        own = re.match(r"\W*(\d{1,2}(?:\.\d{1,2})+)", unit.hit.chunk.text)
        return 1.6 if own is not None and own[1] in items else 0.8
    named = {match[1] for match in _ARTICLE.finditer(asked.folded)}
    if not named:
        return 1.0
    headed = (_ARTICLE.match(fold(text).lstrip("*# ")) for text in (*unit.hit.chunk.section, unit.text))
    return 1.5 if any(match is not None and match[1] in named for match in headed) else 0.6


@cache
def _topics() -> tuple[re.Pattern[str], ...]:
    lines = resources.files("assistant").joinpath("data", "topics.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line.strip() and not line.startswith("#"))
    return tuple(re.compile(rf"\b(?:{'|'.join(row)})\b") for row in rows)


_ORDINAL = re.compile(r"\b(\w+) (?:lan )?thu (nhat|hai|ba|tu|nam|sau|bay|tam|chin|muoi|\d{1,2}|[ivx]+)\b")


def ordinal_factor(unit: Unit, asked: Asked) -> float:
    """Little for a stretch that speaks of another one of a row of things than is asked about ("phiên họp thứ hai")."""
    wanted = dict(_ORDINAL.findall(asked.folded))
    told = _ORDINAL.findall(fold(unit.text)) if wanted else []
    others = [number for noun, number in told if noun in wanted]
    return 0.4 if others and not any((noun, wanted[noun]) in told for noun in wanted) else 1.0


def apart_factor(unit: Unit, asked: Asked) -> float:
    """Less for a stretch that names another thing of a kind ("toàn bộ") than the one that the question names ("một
    phần"), and not that one."""
    told = fold(f"{unit.hit.chunk.section[-1] if unit.hit.chunk.section else ''} {unit.text}") if asked.apart else ""
    for wanted, others in asked.apart:
        of_others = any(re.search(rf"\b{name}\b", told) for name in others)
        if of_others and not any(re.search(rf"\b{name}\b", told) for name in wanted):
            return _APART
    return 1.0


_APART = 0.8


_BY_NAME = "truc tuyen"
"""What reports never tell without its name: a figure that does not say so is of all ways of handing in."""


def not_told_apart(unit: Unit, asked: Asked) -> bool:
    """Whether the figure of what was handed in online is asked for, and neither a stretch nor what is around it says
    that it speaks of that."""
    if not any(_BY_NAME in names for names, _ in asked.apart):
        return False
    notes = (note.body.reading.text for note in unit.notes())
    told = fold(" ".join((unit.text, unit.near, unit.context, *unit.hit.chunk.section, *notes)))
    return _BY_NAME not in told


def topics_of(asked: Asked) -> tuple[re.Pattern[str], ...]:
    """The topics of sections that a question asks for ("hạn chế")."""
    return tuple(topic for topic in _topics() if topic.search(asked.folded))


def topic_factor(unit: Unit, topics: Sequence[re.Pattern[str]]) -> float:
    """More for what stands below a heading of a topic that the question asks for."""
    headings = fold(" ".join(unit.hit.chunk.section[-2:])) if topics else ""
    return 1.3 if any(topic.search(headings) for topic in topics) else 1.0


def kind_factor(unit: Unit, asked: Asked) -> float:
    """Less for a stretch that can't hold what is asked for: no figure, no number of a document, no date."""
    kind = asked.kind
    text = unit.text
    if asked.asks_for_change:
        return 1.4 if CHANGE.search(text) else 0.5
    if unit.kind in ("head", "signature"):
        # its words name the document; they tell nothing of what it says
        return 0.5
    if kind == "count" and _ASKS_TOTAL.search(asked.folded) and _TOTAL.search(text):
        return 1.15 if any(counts_alike(q, asked.noun) and q.unit for q in unit.quantities) else 0.85
    if kind == "count":
        fitting = [q for q in unit.quantities if counts_alike(q, asked.noun)]
        sure = [q for q in fitting if q.unit or unit.kind == "row"]  # a cell's unit stands in its head
        return 1.0 if sure else 0.85 if fitting else 0.5
    if kind == "percent":
        shares = unit.kind == "row" and any(_SHARE.search(head) for head, _ in unit.hit.chunk.heads)
        if shares or any(q.percent or q.value is None for q in unit.quantities):
            return 1.0
        return 0.8 if len(unit.quantities) >= 2 else 0.5
    if kind == "sum" and _TOTAL.search(text):
        return 1.1
    if kind == "docnumber":
        if asked.types and any(fold(r.type) == fold(asked.types[0]) for r in unit.references):
            return 1.0
        if not unit.references and any(references_in(note.body.reading.text) for note in unit.notes()):
            return 0.9
        return 0.7 if unit.references and asked.types else 1.0 if unit.references else 0.5
    if kind == "value":
        return 1.0 if unit.quantities else 0.6
    if kind == "date" and _ASKS_IN_FORCE.search(asked.folded):
        return 1.3 if _IN_FORCE.search(text) else 0.5
    if kind == "date" and _ASKS_FROM_TO.search(asked.folded):
        return 1.2 if any("/" in p.form for p in periods.find(text)) else 0.7
    if kind == "date" and text.startswith("Căn cứ") and "can cu" not in asked.folded:
        return 0.5  # the acts on which a document rests
    if kind == "date" and _ASKS_DEADLINE.search(asked.folded) and _DEADLINE.search(text):
        return 1.1
    if kind == "date":
        return 1.0 if periods.dates(text) else 0.85 if periods.find(text) or NAMES_A_DAY.search(text) else 0.55
    if kind == "list":
        return 1.0 if len(re.findall(r"[,;]| và ", text)) >= 1 or text.rstrip().endswith(":") else 0.75
    if kind in ("yesno", "conflict"):
        return 1.3 if _OUTRIGHT.search(text) else 1.0
    if kind == "who":
        bodies = (re.search(r"chu tri|phoi hop|thuc hien", fold(head)) for head, _ in unit.hit.chunk.heads)
        return 1.2 if unit.kind == "row" and any(bodies) else 1.05 if unit.kind == "row" else 1.0
    if kind == "why":
        return 1.0 if cues()["cause"].search(fold(text)) else 0.85
    return 1.0


def places_not_held(desk: Desk, documents: Sequence[Document]) -> list[str]:
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


_LOCAL = re.compile(r"\b(?:huyện|quận|thị xã|thị trấn|xã|phường)\s+((?:[^\W\d_][\w'’]*\s?){1,3})", re.IGNORECASE)
_NAMED_LOCAL = re.compile(r"[^\W\d_a-zà-ỹ][\w'’]*(?:\s[^\W\d_a-zà-ỹ][\w'’]*)+")
_NO_NAME = r"(?!(?:nao|o|gi|cua|thuoc|tai|trong|la|duoc|bi|co|va|nay|do|da|thi|nhap|con|dung|ve)\b)"
_BARE_LOCAL = re.compile(rf"\b(?:huyen|thi xa|thi tran)\s+({_NO_NAME}[a-z]+\s{_NO_NAME}[a-z]+)")


def locals_named(asked: Asked) -> dict[str, str]:
    """The districts and communes that a question names: without diacritics → as typed."""
    if asked.accented:
        found = (_NAMED_LOCAL.match(match[1]) for match in _LOCAL.finditer(asked.text))
        names = {fold(match[0]): match[0] for match in found if match}
    else:
        names = {match[1]: match[1].title() for match in _BARE_LOCAL.finditer(asked.folded)}
    provinces = {fold(place) for place in asked.places}
    return {name: typed for name, typed in names.items() if name not in provinces}


def _tells_of(unit: Unit, names: Set[str]) -> bool:
    """Whether a stretch, its passage, its headings, its notes or its document has one of some names."""
    chunk, document = unit.hit.chunk, unit.hit.document
    notes = (note.body.reading.text for note in chunk.footnotes)
    told = fold(" ".join((chunk.text, *chunk.section, document.title or "", document.issuer or "", *notes)))
    return any(name in told for name in names)


_OFFICE = re.compile(r"\b(?<!pho )(?:giam doc|chu tich|bo truong|truong phong|truong ban|cuc truong|vien truong)\b")


def only_deputy(unit: Unit, asked: Asked) -> bool:
    """Whether it is asked who holds an office and a stretch names but deputies of its holder, or one who signs for it
    ("KT. GIÁM ĐỐC")."""
    office = _OFFICE.search(asked.folded) if asked.kind in ("who", "what") else None
    if office is None:
        return False
    told = re.findall(rf"\b(pho |kt\W+)?{office[0]}\b", fold(unit.text))
    return all(told) if told else bool(re.search(r"\bai (?:la|lam|giu)\b|\bla ai\b|\bten (?:la )?gi\b", asked.folded))


def holds_kind(match: Match, asked: Asked) -> bool:
    """Whether a stretch holds the kind of thing that is asked for at all."""
    unit = match.unit
    if unit.kind in ("head", "signature") and asked.kind in ("count", "sum", "value", "percent"):
        return False
    if unit.kind != "row" and asked.kind in ("count", "value") and not asked.noun and _MONEY.search(asked.folded):
        return any(counts_alike(q, "tiền") for q in unit.quantities)
    if asked.kind in ("count", "sum") and _MONEY_NOUN.match(fold(asked.noun)) and unit.kind != "row":
        return any(counts_alike(q, "tiền") and q.unit for q in unit.quantities)
    if asked.kind in ("count", "sum"):
        fitting = any(counts_alike(q, asked.noun) for q in unit.quantities) or _counts_in_words(unit.text, asked)
        # what is counted may be called otherwise, where all else that is asked stands in the stretch
        named = bool(asked.noun) and asked.noun.split()[0] in unit.text.lower()
        return fitting or (
            named and match.own >= _NEARLY_ALL and any(not q.percent and not q.unit for q in unit.quantities)
        )
    if asked.kind in ("percent", "value"):
        return bool(unit.quantities)
    if asked.kind == "docnumber":
        return bool(unit.references) or any(references_in(note.body.reading.text) for note in unit.notes())
    if asked.kind == "date" and _ASKS_HOUR.search(asked.folded):
        return bool(_HOUR.search(unit.text))
    if asked.kind == "date":
        if _ASKS_IN_FORCE.search(asked.folded) and _IN_FORCE.search(unit.text):
            return True  # "kể từ ngày ký" is an answer too
        if _ASKS_DEADLINE.search(asked.folded) and _DEADLINE.search(unit.text):
            return True
        return bool(periods.dates(unit.text) or periods.find(unit.text) or NAMES_A_DAY.search(unit.text))
    return True


def _counts_in_words(text: str, asked: Asked) -> bool:
    """Whether a number in words stands before the thing that is counted ("ba huyện")."""
    noun = re.escape(asked.noun.split()[0]) if asked.noun else ""
    return bool(noun) and bool(re.search(rf"\b(?:hai|ba|bốn|năm|sáu|bảy|tám|chín|mười) {noun}\b", text.lower()))


def best_of(matches: Sequence[Match], asked: Asked) -> Match | None:
    """The best stretch that speaks of what is asked and holds the kind of thing asked for."""
    for match in matches[:8]:
        if match.coverage >= ENOUGH and holds_kind(match, asked) and match.score >= 0.6 * matches[0].score:
            return match
    return None
