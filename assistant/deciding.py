"""Yes or no, from the stretch that decides it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.choosing import ENOUGH, Desk, cues
from assistant.evidence import Match, Unit, profile
from assistant.grounding import NOT_SAID, Draft
from assistant.telling import (
    SHORT,
    answer_figure,
    as_sentences,
    asks_for_column,
    cite,
    contradictions,
    disagreeing,
    finish,
    no_figure_of_period,
    picked_figure,
    refuse,
    row_in_words,
    shown_text,
    whose,
)
from vectorstore.quantities import Quantity, canonical, quantities
from vectorstore.vietnamese import fold

_LOOKED_AT = 24
_WHO = re.compile(r"\b(?:chu tri|phoi hop|phu trach|thuc hien)\b")
_IS_IT = re.compile(r"\bco phai\b")
_PREDICATE = re.compile(
    r"\b(?:co(?! (?:quan|so|che|cau|ban)\b)|da|duoc)\s+(?:duoc |bi |phai |can |the |con )*(?P<verb>[a-z]{2,})"
)
_ALL = re.compile(r"\b(?:tat ca|moi|toan bo|deu|het|100%|nao cung)\b|\bnao\b[^?]{0,40}\bcung\b")
_REACHES = re.compile(r"\b(?:dat|vuot|hoan thanh)\b[^?]{0,30}\b(?:chi tieu|ke hoach|muc tieu|muc de ra)\b")
_AIMED = re.compile(r"\b(?:chỉ tiêu|kế hoạch|mục tiêu|phấn đấu|được giao)\b", re.IGNORECASE)
_HARDLY = re.compile(r"\b(?:kho|chua the|kho co the|khong the) (?:dat|hoan thanh)\b")
_SOME = re.compile(r"\b(?:một số|một vài|vài|phần lớn|đa số|hầu hết|chủ yếu)\s+(?P<what>[^\W\d_]+(?: [^\W\d_]+)?)")
_CHANGES = re.compile(r"\b(?:rut ngan|cat giam|giam|tang|thay doi|dieu chinh|sua doi|nang)\b")
_KEPT = re.compile(r"\b(?:giu nguyen|khong thay doi|nhu cu)\b")
_QUOTED = re.compile(r"[“\"«‘']([^”\"»’']{2,60})[”\"»’']")
_INCLUDES = re.compile(
    r"\b(?:tinh ca|ke ca|bao gom ca|gom ca|tinh luon|da tinh|da gom|(?:bi|duoc) tinh|tinh vao|include)\b"
)
_EXCLUDES = re.compile(
    r"\b(?:không tính|chưa tính|không kể|chưa kể|không bao gồm|chưa bao gồm|trừ|ngoại trừ)\s+(?P<what>[^;.()]{3,80})",
    re.IGNORECASE,
)
_UP = re.compile(r"\b(?:tang|cao hon|nhieu hon|nhanh hon|lon hon|tot hon|vuot)\b")
_DOWN = re.compile(r"\b(?:giam|thap hon|it hon|cham hon|nho hon|kem hon)\b")


def yes_or_no(desk: Desk, matches: list[Match]) -> Draft:
    """Yes or no, and the statement or row that decides it; a refusal where too little of what is asked is found."""
    best = matches[0] if matches else None
    enough = ENOUGH if desk.asked.kind == "yesno" else 0.75 * ENOUGH
    if best is None or best.coverage < enough:
        return refuse(desk, NOT_SAID)
    if desk.asked.periods and best.scope == "other":
        return refuse(desk, no_figure_of_period(desk.asked), best)
    best = _row_asked_about(desk, matches) or _disagreeing(desk, matches) or _compared(desk, matches) or best
    unit = best.unit
    if unit.kind == "row":
        marker = cite(desk, unit)
        shown, _ = row_in_words(desk, unit, SHORT - 40)
        told = f"{unit.text} {shown}"
        word = "Không" if _row_denies(desk, unit) or says_no(desk, shown, None) or _left_out(desk, told) else "Có"
        return finish(desk, [f"{word}. {whose(unit, desk.asked.english)}, {shown} [{marker}]."], (), [best])
    shown = shown_text(desk, best, SHORT - 20)
    marker = cite(desk, unit, shown)
    picked = picked_figure(shown, desk.weigher, desk.asked)
    denied = says_no(desk, shown, picked) or _of_another(desk, unit.text)
    conflicts = contradictions(desk, [best])
    if desk.asked.kind == "conflict" and conflicts:
        denied = True
    word = "Không" if denied else "Có"
    line = f"{word}. {whose(unit, desk.asked.english)}: {as_sentences(shown, picked, marker)}"
    figures = (answer_figure(unit, picked, marker),) if picked else ()
    return finish(desk, [line], figures, [best])


def _compared(desk: Desk, matches: Sequence[Match]) -> Match | None:
    """The stretch that says which way a thing went, where it is asked whether it went one way."""
    asked = desk.asked.folded
    if not (_UP.search(asked) or _DOWN.search(asked)) or not re.search(r"\bhon\b|\bso voi\b|\bcung ky\b", asked):
        return None
    near = (m for m in matches[:_LOOKED_AT] if m.score >= 0.6 * matches[0].score and m.unit.kind != "row")
    return next((m for m in near if _UP.search(fold(m.unit.text)) or _DOWN.search(fold(m.unit.text))), None)


def _disagreeing(desk: Desk, matches: Sequence[Match]) -> Match | None:
    """The stretch in which the sources disagree, where it is asked whether they agree and it fits about as well."""
    if desk.asked.kind != "conflict":
        return None
    near = (m for m in matches[:_LOOKED_AT] if m.coverage >= 0.6 * matches[0].coverage)
    return next((m for m in near if disagreeing(desk, m)), None)


def _row_asked_about(desk: Desk, matches: Sequence[Match]) -> Match | None:
    """The row whose task the question names, where it asks whether somebody leads or takes part in it: who that is
    stands in a cell, which may be anybody's."""
    best: tuple[float, Match] | None = None
    for match in matches[:_LOOKED_AT]:
        cells = match.unit.hit.chunk.heads
        rest = [cell for head, cell in cells if not _WHO.search(fold(head))]
        if match.unit.kind != "row" or not any(_asked_of(desk, head) for head, _ in cells):
            continue
        coverage = desk.weigher.coverage(" ".join(rest), "", match.unit.context)[0]
        if best is None or coverage > best[0]:
            best = (coverage, match)
    return best[1] if best else None


def _asked_of(desk: Desk, head: str) -> bool:
    return bool(_WHO.search(fold(head))) and asks_for_column(head, desk.asked.folded)


def _of_another(desk: Desk, text: str) -> bool:
    """Whether what the question says of somebody ("A có phải là B không") is told in another clause than A."""
    asked = _IS_IT.search(desk.asked.folded)
    clauses = [clause for clause in re.split(r";|\.\s", text) if clause.strip()]
    if asked is None or len(clauses) < 2:
        return False
    edge = len(re.findall(r"\w+", desk.asked.folded[: asked.start()]))
    positions = [t.position for t in desk.asked.terms]
    subject = frozenset(i for i, position in enumerate(positions) if position < edge)
    told = frozenset(range(len(positions))) - subject
    found = [desk.weigher.coverage(clause)[2] for clause in clauses]
    worth = desk.weigher.worth
    own = max(found, key=lambda terms: worth(terms & subject))
    if worth(own & subject) < 0.6 * worth(subject):
        return False
    elsewhere = frozenset().union(*(terms & told for terms in found)) - own
    return worth(elsewhere) >= 0.2 * worth(told) > 0


def _row_denies(desk: Desk, unit: Unit) -> bool:
    """Whether a column that the question asks about ("chủ trì") names others than the question does."""
    for head, cell in unit.hit.chunk.heads:
        if asks_for_column(head, desk.asked.folded) and re.search(r"chu tri|phoi hop", fold(head)):
            return desk.weigher.worth(desk.weigher.coverage(cell)[2]) < 0.6 * desk.weigher.worth(
                frozenset(
                    i
                    for i, t in enumerate(desk.asked.terms)
                    if t.folded in profile(" ".join(c for _, c in unit.hit.chunk.heads)).folded
                )
            ) and not any(" ".join(p) in desk.asked.folded for p in [fold(cell).split()[-3:]])
    return False


def says_no(desk: Desk, shown: str, picked: Quantity | None) -> bool:
    """Whether the stretch denies what is asked: another figure than the one asked about, a nought, "not all" where all
    are asked about, or a denial right before what is asked."""
    asked = desk.asked
    if _REACHES.search(asked.folded) and (reached := _reached(shown)) is not None:
        return not reached
    if _REACHES.search(asked.folded) and _HARDLY.search(fold(shown)):
        return True
    if _ALL.search(asked.folded) and any(_of_what_is_asked(desk, match) for match in _SOME.finditer(shown)):
        return True
    if _CHANGES.search(asked.folded) and _KEPT.search(fold(shown)):
        return True
    if (against := _against(asked.folded, fold(_clause_asked_about(desk, shown)))) is not None:
        return against
    asked_about = {canonical(q.value) for q in quantities(asked.text) if q.value is not None}
    if asked_about:
        stated = {canonical(q.value) for q in quantities(shown) if q.value is not None}
        return not asked_about & stated
    if picked is not None and picked.value == 0:
        return True
    if _told_as_none(desk, shown):
        return True
    if _denies_predicate(asked.folded, shown):
        return True
    quoted = [fold(match[1]).strip() for match in _QUOTED.finditer(asked.text)]
    if any(re.search(rf"\b(?:khong phai|chua phai)\W*{re.escape(phrase)}", fold(shown)) for phrase in quoted if phrase):
        return True
    if _left_out(desk, shown):
        return True
    if picked is not None and _ALL.search(asked.folded) and _not_all(shown, picked):
        return True
    for segment in re.split(r"[;.()]\s", shown):
        bare = fold(segment)
        if re.search(r":\s*(?:khong|khong co|chua)\s*[.;]?\s*$", bare) and desk.weigher.coverage(segment)[0] >= 0.3:
            return True
        for match in cues()["no"].finditer(bare):
            governed = " ".join(re.split(r"[;.()\d]", segment[match.start() :])[0].split()[:14])
            if desk.weigher.coverage(governed)[0] >= 0.4:
                return True
    return False


def _of_what_is_asked(desk: Desk, some: re.Match[str]) -> bool:
    """Whether only some are told ("một số lĩnh vực") of what the question asks about all of ("mọi lĩnh vực")."""
    return bool(re.search(rf"\b{re.escape(fold(some['what']))}\b", desk.asked.folded))


def _left_out(desk: Desk, shown: str) -> bool:
    """Whether what the question asks to be counted in is counted out: "(không tính …)", "(trừ …)"."""
    if not _INCLUDES.search(desk.asked.folded):
        return False
    return any(desk.weigher.coverage(match["what"])[0] >= 0.15 for match in _EXCLUDES.finditer(shown))


def _denies_predicate(question: str, shown: str) -> bool:
    """Whether just what the question asks of its subject is denied: "có bị tính … không" by "(không tính …)"."""
    verb = _PREDICATE.search(question)
    if verb is None or verb["verb"] in ("khong", "phai", "la"):
        return False
    return bool(re.search(rf"\b(?:khong|chua)(?: duoc| bi| phai)? {verb['verb']}\b", fold(shown)))


def _reached(shown: str) -> bool | None:
    """Whether a figure told beside its target reaches it; None where not both are told."""
    told = [q for q in quantities(shown) if q.value is not None]
    aims = [q for q in told if _AIMED.search(q.label) or _AIMED.search(shown[max(0, q.start - 40) : q.start])]
    results = [q for q in told if q not in aims]
    for aim in aims:
        result = next((q for q in results if q.unit == aim.unit), None)
        if result is not None and result.value is not None and aim.value is not None:
            return result.value >= aim.value
    return None


def _against(asked: str, shown: str) -> bool | None:
    """Whether a change is told the other way round than it is asked about ("nhanh hơn" and "thấp hơn cùng kỳ"); None
    where either says nothing of a change."""
    up, down = bool(_UP.search(asked)), bool(_DOWN.search(asked))
    rises, falls = bool(_UP.search(shown)), bool(_DOWN.search(shown))
    if up == down or rises == falls or not re.search(r"\bhon\b|\bso voi\b|\bcung ky\b", asked):
        return None
    return up != rises


def _clause_asked_about(desk: Desk, shown: str) -> str:
    """The clause with the most of the question, where one says that a thing rises and another that it falls."""
    bare = fold(shown)
    if not (_UP.search(bare) and _DOWN.search(bare)):
        return shown
    clauses = [
        clause for clause in re.split(r"[;,]\s|\.\s", shown) if _UP.search(fold(clause)) or _DOWN.search(fold(clause))
    ]
    return max(clauses, key=lambda clause: desk.weigher.coverage(clause)[0], default=shown)


def _told_as_none(desk: Desk, shown: str) -> bool:
    """Whether a nought stands behind words of the question that no other figure stands behind ("trực tuyến: 0")."""
    told = [(q, desk.weigher.coverage(f"{q.label} {q.noun}")[2]) for q in quantities(shown)]
    for q, terms in told:
        others = frozenset().union(*(t for other, t in told if other is not q))
        if q.value == 0 and len(terms) >= 2 and terms - others:
            return True
    return False


def _not_all(shown: str, picked: Quantity) -> bool:
    """Whether a figure is short of its whole: "12/17", or 550 on time of 551 settled."""
    if picked.value is None:
        part, _, whole = picked.text.partition("/")
        return part.strip() != whole.strip()
    others = [q for q in quantities(shown) if q.unit == picked.unit and q.value is not None and q.start < picked.start]
    return any(q.value is not None and q.value > picked.value for q in others[-1:])
