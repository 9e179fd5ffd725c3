"""Which document a text refers to ("Kế hoạch nào", "số mấy", "ký ngày nào"): the reference whose own description says
just what the question says, no less and little more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.choosing import Desk, continues, found_matches
from assistant.evidence import Match, Unit, meets, references_in
from assistant.grounding import Draft, cited_as
from assistant.question import Asked
from assistant.schema import Notice
from assistant.telling import as_sentences, cite, finish, scope_in_words, whose
from vectorstore import periods
from vectorstore.periods import Period
from vectorstore.quantities import Reference
from vectorstore.records import Document, Hit
from vectorstore.vietnamese import fold, sentence_spans, syllables

_COVERED = 0.45
"""Least coverage of the question by a reference and its surroundings."""
_ALIKE = 0.65
"""How near to the best another document's reference must come to be an answer as well."""
_MOST = 8
_WIDE = 80
"""How many passages are looked at where each document may have its own answer."""
_ASKS_DAY = re.compile(r"\b(?:ky|ban hanh|ra|co|lap|phe duyet|issued|signed|dated)\b")
_LONGEST = 320
_ASKS = re.compile(r"\b(?:nao|bao nhieu|may|ai|gi|dau|bn|bao gio|which|who|when|what)\b")
_OF_ONE_BODY = re.compile(r"\b(?:bo|chinh phu|thu tuong|quoc hoi) (?=\w)")
_REPLACED = re.compile(r"\b(?:thay thế|bãi bỏ|thay cho|hết hiệu lực)\b[^;.]{0,20}$", re.IGNORECASE)
_REPLACES = re.compile(r"\b(?:thay the|bai bo|thay cho|het hieu luc|cu)\b")
_SEVERAL = re.compile(
    r"\b(?:cac|nhung|hai|ba|bon|nam) (?:quyet dinh|ke hoach|nghi quyet|cong van|van ban|to trinh|thong tu)\b"
)
# how the number or the day of a document is asked for
_ASKING_WORDS = "ky hieu so nam trong theo ra ban hanh lap co ghi mang quy dinh ngay thang"
_ASKING = frozenset(_ASKING_WORDS.split())
# what frames the name of a document and does not tell it from another
_FRAME = frozenset(
    fold(
        "về việc của và theo ban hành phê duyệt ngày tháng năm số các những cho tại trên do đã được thực hiện"
        " triển khai tỉnh sở ngành y tế công tác nhà nước địa bàn trong để với nhằm căn cứ kế hoạch quyết định văn bản"
        " công văn nghị quyết thông tư nghị định tờ trình chỉ thị báo cáo thông báo đề án chương trình"
    ).split()
)


@dataclass(frozen=True, slots=True)
class _Referred:
    """A reference in a stretch, what describes it (`start` to `end` of the reading), and how well it fits."""

    reference: Reference
    unit: Unit
    start: int
    end: int
    match: Match
    score: float
    coverage: float

    @property
    def text(self) -> str:
        return self.unit.reading.text[self.start : self.end].strip(" ,;:(")


def referred(desk: Desk, matches: Sequence[Match], *, several: bool = False) -> Draft | None:
    """The number or the date of the document that the question describes; None where no reference fits well, or where
    something else than a reference is asked for. With `several`, only where more than one fits."""
    asked = desk.asked
    if not asked.types or not (asked.kind == "docnumber" or _asks_its_day(asked)) or _SEVERAL.search(asked.folded):
        return None
    if any("/" in number or f"{_wanted_type(asked).type} {number}" in asked.folded for number in asked.numbers):
        return None
    of_all = not asked.places and not _OF_ONE_BODY.search(asked.folded)
    if of_all:
        matches = found_matches(desk, most=_WIDE)
    candidates = _candidates(desk, matches)
    found = sorted((c for c in candidates if not (asked.periods and c.match.scope == "other")), key=lambda r: -r.score)
    if not found or found[0].coverage < _COVERED:
        return None
    best = found[0]
    if of_all and (each := _each(desk, found)) is not None:
        return each
    if several:
        return None
    marker = cite(desk, best.unit, best.text)
    line = f"{whose(best.unit, asked.english)}: {as_sentences(best.text, None, marker)}"
    return finish(desk, [line], (), [best.match])


def _asks_its_day(asked: Asked) -> bool:
    """Whether the day of a document is asked for: "Kế hoạch … ban hành ngày nào"."""
    return asked.kind == "date" and bool(_ASKS_DAY.search(asked.folded)) and "hieu luc" not in asked.folded


def _candidates(desk: Desk, matches: Sequence[Match]) -> Iterator[_Referred]:
    """The references in the stretches found, of the type asked for where some are."""
    wanted = _wanted_type(desk.asked)
    seen: set[tuple[str, str, int]] = set()
    for match in matches:
        unit = match.unit
        if unit.kind in ("head", "signature", "row") or not unit.references:
            continue
        text = unit.reading.text
        every = references_in(text)
        for i, reference in enumerate(every):
            key = (unit.hit.chunk.chunk_id, unit.note.marker if unit.note else "", reference.start)
            if not unit.start <= reference.start < unit.end or key in seen:
                continue
            seen.add(key)
            floor = max(every[i - 1].end if i else 0, _sentence_start(text, reference.start))
            ceiling = every[i + 1].start if i + 1 < len(every) else len(text)
            yield _weighed(desk, match, reference, floor, ceiling, wanted)


def _weighed(desk: Desk, match: Match, reference: Reference, floor: int, ceiling: int, wanted: _Wanted) -> _Referred:
    unit, asked = match.unit, desk.asked
    text = unit.reading.text
    begins, ends = next((a, b) for a, b in sentence_spans(text) if a <= reference.start < b)
    start = floor + max((m.end() for m in re.finditer(r"[;:,(]\s|^\W+", text[floor : reference.start])), default=0)
    behind = re.match(r"(?:\s*\([^()]*\))?[^;.\n(]*", text[reference.end : ceiling])
    about = re.split(r"\s(?:và|,)\s(?=ban hành|phê duyệt|triển khai)", behind[0])[0] if behind else ""
    if begins < floor and about.strip() and ";" not in text[floor : reference.start]:
        start = reference.start  # what stands between two documents tells of the first
    described = f"{text[start : reference.start]} {about}"
    recall = _recall(desk, f"{reference.type} {described}", unit.near if unit.note else "", unit, text[begins:ceiling])
    # a footnote need not say again what its call says
    precision = max(0.5 if unit.note else 0.0, _precision(desk, described))
    score = recall * (0.7 + 0.3 * precision)
    right = fold(reference.type) == wanted.type or _written_by(reference, wanted.type)
    score *= 1.0 if right else 0.5 if wanted.surely else 0.7
    score *= _of_period(described, asked) * continues(desk, unit)
    if _REPLACED.search(text[floor : reference.start]) and not _REPLACES.search(asked.folded):
        score *= 0.6
    if asked.kind == "date" and not reference.date and not periods.dates(described):
        score *= 0.5
    if ends - begins <= _LONGEST:
        start, end = begins, ends
    else:
        start = begins if reference.end - begins <= _LONGEST // 2 else start
        stop = text.find(";", reference.end, ends)
        end = min(stop if stop >= 0 else ends, start + _LONGEST)
        end = end if end == ends or text[end] == ";" else max(reference.end, text.rfind(" ", start, end))
    if end == ends and len(_ASKS.findall(asked.folded)) > 1:  # what else is asked may stand in the next sentence
        end = next((b for a, b in sentence_spans(text) if a >= ends and b - start <= _LONGEST), end)
    return _Referred(reference, unit, start, end, match, score, recall)


def _recall(desk: Desk, own: str, near: str, unit: Unit, around: str) -> float:
    """The share of the question's telling words that a reference's description has; those around it count less."""
    telling = frozenset(i for i, t in enumerate(desk.asked.terms) if t.folded not in _ASKING)
    whole = desk.weigher.worth(telling)
    here = desk.weigher.coverage(own)[2] & telling
    close = here | (desk.weigher.coverage(near)[2] & telling if near else frozenset())
    wide = close | ((desk.weigher.coverage(around)[2] | desk.weigher.coverage(unit.context)[2]) & telling)
    worth = desk.weigher.worth
    return (0.2 * worth(here) + 0.3 * worth(close) + 0.5 * worth(wide)) / whole if whole else 0.0


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The type of document that is asked for, folded; `surely` where the asking word stands right beside it."""

    type: str
    surely: bool


def _wanted_type(asked: Asked) -> _Wanted:
    names = [fold(name) for name in asked.types]
    for name in names:
        short = "".join(word[0] for word in name.split())
        if re.search(rf"\b(?:{name}|{short}) (?:nao|so may|so bao nhieu|so nao|so bn|so gi)\b", asked.folded):
            return _Wanted(name, True)
    return _Wanted(names[0], False)


def _written_by(reference: Reference, wanted: str) -> bool:
    """Whether a number without a type before it has the wanted type in its symbol ("số 4266/KH-SYT")."""
    symbol = fold(reference.number).replace("/", "-").split("-")
    return not reference.type and "".join(word[0] for word in wanted.split()) in symbol


def _precision(desk: Desk, described: str) -> float:
    """The share of a description's telling words that the question has, in whatever wording."""
    words = [fold(word) for word, _, _ in syllables(described)][-40:]
    telling = [word for word in words if word not in _FRAME and not word.isdigit() and len(word) > 1]
    known = desk.weigher.vocabulary
    return sum(word in known for word in telling) / len(telling) if telling else 0.5


@lru_cache(maxsize=4096)
def _periods_in(described: str) -> tuple[Period, ...]:
    """Kept, for the same documents are described to every question."""
    return tuple(periods.find(described))


def _of_period(described: str, asked: Asked) -> float:
    if not asked.periods:
        return 1.0
    stated = _periods_in(described)
    if any(p.form == wanted.form for p in stated for wanted in asked.periods):
        return 1.15
    met = [(p, w) for p in stated for w in asked.periods if meets(p, w)]
    if stated and not met:
        return 0.6
    return 0.75 if met and not any(w.days / 2 <= p.days <= 2 * w.days for p, w in met) else 0.95


def _sentence_start(text: str, at: int) -> int:
    return next((start for start, end in sentence_spans(text) if start <= at < end), 0)


def _is_meant(desk: Desk, document: Document) -> bool:
    """Whether the question describes a document of the library itself, by its type and title."""
    asked = desk.asked
    if not document.type or fold(document.type) != _wanted_type(asked).type or not document.number:
        return False
    period = periods.parse(document.period)
    if document.number_is_blank or (asked.periods and (period is None or not meets(period, asked.periods[0]))):
        return False
    telling = frozenset(i for i, t in enumerate(asked.terms) if t.folded not in _ASKING)
    title = f"{document.type} {document.title or ''} {document.issuer or ''}"
    whole = desk.weigher.worth(telling)
    return whole > 0 and desk.weigher.worth(desk.weigher.coverage(title)[2] & telling) >= 0.8 * whole


def _each(desk: Desk, found: Sequence[_Referred]) -> Draft | None:
    """Every place's own document where the question names no place and several fit alike."""
    first: dict[tuple[str, str | None], _Referred] = {}
    for one in found:
        if one.match.scope != "other" and one.score >= _ALIKE * min(1.0, found[0].score) and one.coverage >= _COVERED:
            first.setdefault((one.unit.hit.chunk.document_id, one.unit.hit.chunk.place), one)
    own = [d for d in desk.searcher.library.documents() if _is_meant(desk, d)] if desk.asked.kind == "docnumber" else []
    own = [d for d in own if not any(key[0] == d.document_id for key in first)]
    if len(first) + len(own) < 2:
        return None
    ordered = sorted(first.values(), key=lambda r: r.unit.hit.document.issued_on or "", reverse=True)
    lines = []
    for one in ordered[:_MOST]:
        document = one.unit.hit.document
        name = one.unit.hit.chunk.place or document.issuer or document.title or "Tài liệu"
        marker = cite(desk, one.unit, one.text)
        lines.append(f"- **{name}** ({scope_in_words(one.unit)}): {as_sentences(one.text, None, marker)}")
    for document in own[: _MOST - len(lines)]:
        head = next((c for c in desk.searcher.library.chunks_of(document.document_id) if c.kind == "head"), None)
        if head is not None:
            marker = desk.proof.cite(Hit(head, 1.0, document), head.body)
            name = document.place or document.issuer or "Tài liệu"
            lines.append(f"- **{name}**: số **{document.number}** ({cited_as(document)}) [{marker}].")
    draft = finish(desk, lines, (), [one.match for one in ordered[:_MOST]])
    more = f" và {len(ordered) - _MOST} tài liệu khác" if len(ordered) > _MOST else ""
    scope = Notice("scope", f"Câu hỏi không nêu nơi hoặc kỳ nên trả lời riêng theo từng tài liệu{more}.")
    return Draft(draft.status, draft.answer, None, (), draft.citations, (scope, *draft.notices))
