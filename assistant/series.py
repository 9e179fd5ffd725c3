"""Like figures side by side: a column of a table, the items of a list, the same line under parallel headings, the parts
told in one sentence. What is named of them is added up, compared, or the largest found; each operand is cited.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations, pairwise

from assistant.choosing import CHANGE, Desk
from assistant.evidence import Match, Unit, profile, ranked
from assistant.grounding import Draft, plain
from assistant.schema import AnswerFigure, Notice
from assistant.telling import SHORT, answer_figure, as_sentences, asks_for_column, cite, finish, shown_text, whose
from vectorstore.quantities import Quantity, canonical, counts_alike, parse_number, quantities
from vectorstore.records import Chunk, siblings
from vectorstore.vietnamese import abbreviations, fold, syllables

_LOOKED_AT = 10
_MOST = 28
_LEAST_COVERED = 0.35
"""Least coverage of the question by the stretch from which a series is looked for."""
_EXTREME = re.compile(
    r"\b(cao|nhieu|lon|dai|nhanh|thap|it|nho|ngan|cham|highest|most|largest|lowest|least)\b.*\bnhat\b"
)
_LOW = frozenset({"thap", "it", "nho", "ngan", "cham", "lowest", "least"})
_WHICH = re.compile(r"\b(?:nao|dau|ai|which|what)\b")
_GAP = re.compile(
    r"\b(?:hon(?! (?:gia|muc (?:gia|quy dinh|chung)|quy dinh|chi tieu|ke hoach)\b)"
    r"|kem|chenh(?: lech)?|(?<!cai )cach|thua"
    r"|gap (?:khoang )?(?:bao nhieu|may|bn) ?lan)\b"
)
_ENGLISH_GAP = re.compile(r"\b(?:gap|difference|more than|fewer than|less than)\b")
_TIMES = re.compile(r"\bgap (?:khoang )?(?:bao nhieu|may|bn) ?lan\b|\bhow many times\b")
_HOW_MUCH = re.compile(r"\b(?:bao nhieu|may|bn|how (?:much|many)|chenh)\b")
_ASKS_HOW_FAR = re.compile(r"\b(?:giam|tang|rut|cat)\b[^?]*\b(?:bao nhieu|may|bn)\b")
_ALL_OF = re.compile(r"\b(?:tong|ca|tat ca|cong|cac|toan bo|gop|altogether|total|all)\b")
_TOTAL_NAME = re.compile(r"^(?:tổng|cộng|toàn tỉnh|toàn ngành|chung)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"^(?:\W*(?:(?:Điều|Chương|Mục|Phần)\s+\w+|[IVXLC]+|\d{1,3}(?:\.\d+)*|[a-zđA-ZĐ])[.)]\s*)+")


@dataclass(frozen=True, slots=True)
class Member:
    """One figure of a series, what it is the figure of, and the stretch that states it."""

    name: str
    quantity: Quantity
    unit: Unit

    @property
    def value(self) -> Decimal:
        return self.quantity.value or Decimal(0)


def whole_of(quantity: Quantity) -> Quantity:
    """A figure told as all of its whole ("295/295 hồ sơ") as that number; any other as it is."""
    part, _, whole = (side.strip() for side in quantity.text.partition("/"))
    if quantity.value is not None or part != whole:
        return quantity
    return replace(quantity, value=parse_number(part), text=part)


Series = tuple[Member, ...]
"""Members of one unit; of some series all are known, of others ("các ý của mục này") only those that state it."""


def reckoned(desk: Desk, matches: Sequence[Match]) -> Draft | None:
    """The answer to a question that compares or adds up members of one series; None for any other question."""
    folded = desk.asked.folded
    extreme = _EXTREME.search(folded) if _WHICH.search(folded) else None
    gap = (_ENGLISH_GAP if desk.asked.english else _GAP).search(folded) if _HOW_MUCH.search(folded) else None
    summed = desk.asked.kind == "sum" or bool(re.search(r"\btong\b.* va ", folded))
    rest = _REST.search(folded)
    enumerated = desk.asked.kind == "count" and bool(desk.asked.announced)
    spread = bool(gap and _SPREAD.search(folded))
    if not (extreme or gap or summed or rest or enumerated):
        return None
    for match in matches[:_LOOKED_AT]:
        elsewhen = bool(desk.asked.periods) and match.scope in ("other", "partial")
        if elsewhen or match.coverage < _LEAST_COVERED or match.unit.kind in ("head", "signature"):
            continue
        for series, whole in _series(desk, match, mixed=not (extreme or gap)):
            draft = (
                _spread(desk, series, match)
                if spread
                else _extreme(desk, series, match, extreme[1] in _LOW)
                if extreme
                else _gap(desk, series, match)
                if gap
                else _left(desk, series, match, rest.end())
                if rest
                else _sum(desk, series, match, whole)
                if summed or _all_announced(desk, series)
                else None
            )
            if draft is not None:
                return draft
    return _between(desk, matches, gap.span()) if gap and matches else None


def summed_up(desk: Desk, matches: Sequence[Match]) -> Draft | None:
    """Whether parts add up to what the question says ("cộng lại có ra 130 không"); None for any other question."""
    stated = _stated_sum(desk) if _ADDED.search(desk.asked.folded) else None
    if stated is None:
        return None
    for match in matches[:_LOOKED_AT]:
        if match.coverage >= _LEAST_COVERED and match.unit.kind not in ("head", "signature"):
            for series, _ in _series(desk, match, mixed=True):
                if (draft := _checked_sum(desk, series, match, stated)) is not None:
                    return draft
    return None


FELL = re.compile(r"\b(?:giam|tang|cat giam|rut)\b[^?]*\b(?:bao nhieu|may|bn) ?(?:phan tram|%)")
"""Asks by how many percent something fell or rose."""


def changed(desk: Desk, match: Match) -> Draft | None:
    """By how much a figure rose or fell, where the stretch says from what to what and that is asked."""
    unit = match.unit
    if _ASKS_HOW_FAR.search(desk.asked.folded) and (pair := _against_before(unit)) is not None:
        return difference(desk, *pair, match, base=pair[1])
    spot = CHANGE.search(unit.text) if _ASKS_HOW_FAR.search(desk.asked.folded) else None
    if spot is None or desk.asked.asks_for_change:
        return None
    figures = [q for q in unit.quantities if q.value is not None and q.start >= spot.start()]
    before = [q for q in figures if q.end <= spot.end()]
    after = [q for q in figures if q.start >= spot.end()]
    if not before or not after or before[0].unit != after[0].unit:
        return None
    first = Member("", before[0], unit)
    return difference(desk, first, Member("", after[0], unit), match, base=first)


_UNSETTLED = re.compile(r"\bcon\b[^?]*\b(?:chua|dang)\b|\bchua (?:duoc )?(?:giai quyet|xu ly|xong|tra)\b")
_RECEIVED = re.compile(r"\b(?:tiếp nhận|nhận|tổng số)\b", re.IGNORECASE)
_SETTLED = re.compile(r"\b(?:giải quyết|xử lý|trả kết quả)\b", re.IGNORECASE)
_STILL = re.compile(r"\b(?:còn|đang|chưa|tồn)\b", re.IGNORECASE)


def unsettled(desk: Desk, match: Match) -> Draft | None:
    """How many of the things received are not settled, where the stretch tells both and not what is left."""
    unit = match.unit
    figures = [q for q in unit.quantities if q.value is not None and not q.percent]
    if not _UNSETTLED.search(desk.asked.folded) or any(_STILL.search(f"{q.label} {q.noun}") for q in figures):
        return None
    received = next((q for q in figures if _RECEIVED.search(q.label) and not _SETTLED.search(q.label)), None)
    settled = next((q for q in figures if _SETTLED.search(q.label)), None)
    if received is None or settled is None or received.unit != settled.unit or settled.start < received.start:
        return None
    one, other = Member("tiếp nhận", received, unit), Member("đã giải quyết", settled, unit)
    return difference(desk, one, other, match) if one.value >= other.value else None


_SAME_TIME = re.compile(
    r"\b(?:cùng kỳ|cùng thời điểm|năm trước|năm ngoái)\b[^.;()\d]{0,15}(?:năm \d{4})?[^.;()\d]{0,20}$", re.IGNORECASE
)


def outside_brackets(unit: Unit) -> list[Quantity]:
    """The figures of a stretch that no parenthesis tells apart as parts of those before it."""
    inner = [m.span() for m in re.finditer(r"\([^()]*\)", unit.text)]
    return [q for q in unit.quantities if q.value is not None and not any(a < q.start < b for a, b in inner)]


def _against_before(unit: Unit) -> tuple[Member, Member] | None:
    """A figure and that of the same time of the year before, told right behind it: "47 phút, cùng kỳ 62 phút"."""
    for now, before in pairwise(outside_brackets(unit)):
        if now.unit == before.unit and _SAME_TIME.search(unit.text[now.end : before.start]):
            return Member(now.label, now, unit), Member("cùng kỳ", before, unit)
    return None


def _series(desk: Desk, match: Match, *, mixed: bool) -> Iterator[tuple[Series, bool]]:
    """The series that a stretch is a member of or holds, and whether all its members are known; with `mixed`, also that
    of several units."""
    unit = match.unit
    found: list[tuple[Series, bool]]
    if unit.note is not None:
        found = [(_in_sentence(desk, unit), False)]
    elif unit.kind == "row":
        found = [(_column(desk, unit), True), (_across(desk, unit), False)]
    else:
        chunks = desk.searcher.library.chunks_of(unit.hit.chunk.document_id)
        found = [
            (_in_sentence(desk, unit), False),
            (_in_sentence(desk, unit, behind=True), False),
            (() if mixed else _in_clause(desk, unit), False),
            (_same_label(desk, unit), True),
            _items(desk, unit, chunks),
            (_parallel(desk, unit, chunks), True),
        ]
        if not mixed and len(_named(desk, found[-2][0])) == 2:
            found.insert(0, found[-2])  # two items of a list are what is compared, not two figures of one
    if mixed and unit.kind != "row" and (several := _of_several_units(unit)):
        yield several, False
    for series, whole in found:
        parts = [m for m in series if m.quantity.value is not None and not _TOTAL_NAME.search(m.name)]
        for counted in dict.fromkeys(m.quantity.unit for m in parts):
            like = tuple(m for m in parts if m.quantity.unit == counted)
            if 2 <= len(like) <= _MOST:
                yield like, whole and len(like) == len(parts)


def _column(desk: Desk, unit: Unit) -> Series:
    """The column asked for, over the rows of the table."""
    chunk = unit.hit.chunk
    heads = [head for head, _ in chunk.heads]
    rows = [
        c
        for c in desk.searcher.library.chunks_of(chunk.document_id)
        if c.kind == "row" and [head for head, _ in c.heads] == heads
    ]
    best, column = 0.0, -1
    for i, (head, cell) in enumerate(chunk.heads):
        worth = desk.weigher.worth(desk.weigher.coverage(head)[2]) + asks_for_column(head, desk.asked.folded)
        if worth > best and _cell(cell) is not None:
            best, column = worth, i
    if column >= 0 and " – " in heads[column] and not desk.weigher.coverage(heads[column].split(" – ")[-1])[2]:
        # only the head over several columns is asked for, and none of them: their total, where there is one
        column = next((i for i, head in enumerate(heads) if _TOTAL_NAME.search(head)), column)
    if column < 0:
        return ()
    members = []
    for row in rows:
        quantity = _cell(row.heads[column][1])
        if quantity is not None:
            own = Unit(replace(unit.hit, chunk=row), row.body.reading, 0, len(row.text))
            head = heads[column].split(" – ")[-1]
            counted = replace(quantity, label=head, unit=quantity.unit or _unit_of(head))
            members.append(Member(subject_of(row), counted, own))
    return tuple(members)


def _across(desk: Desk, unit: Unit) -> Series:
    """The figures of one row, each named by its column; only of columns headed with what is counted, where some are."""
    members = []
    for head, cell in unit.hit.chunk.heads:
        quantity = _cell(cell)
        if quantity is not None and not re.search(r"\b(?:stt|tt|so thu tu)\b", fold(head)):
            name = head.split(" – ")[-1]
            members.append(Member(name, replace(quantity, label=name, unit=quantity.unit or _unit_of(head)), unit))
    noun = fold(desk.asked.noun.split()[0]) if desk.asked.noun else ""
    counting = tuple(m for m in members if noun in fold(m.name).split())
    return counting if len(counting) >= 2 else tuple(members)


def part_of_row(desk: Desk, unit: Unit) -> tuple[Quantity, Quantity] | None:
    """The two figures of a row whose columns the question names, the smaller first, where a share of one in the other
    is asked for and no column has it."""
    if any("%" in head or "ty le" in fold(head) for head, _ in unit.hit.chunk.heads):
        return None
    members = _across(desk, unit)
    known = desk.weigher.vocabulary
    told = [(m, profile(m.name).folded - {"da", "duoc", "so"}) for m in members]
    named = [m for m, words in told if words and words <= known]
    if len(named) != 2 or named[0].value == named[1].value:
        return None
    part, whole = sorted(named, key=lambda m: m.value)
    return part.quantity, whole.quantity


def _unit_of(head: str) -> str | None:
    """The unit that a column's head gives: "Bác sĩ", "Mức chi (đồng)"."""
    inner = re.search(r"\(([^()]+)\)\s*$", head)
    found = quantities(f"1 {inner[1] if inner else head}")
    return "%" if "%" in head else found[0].unit if found else None


def _cell(cell: str) -> Quantity | None:
    """The figure of a cell that holds nothing else but a unit."""
    text = plain(cell)
    found = quantities(text) if re.match(r"\d", text) and len(text.split()) <= 4 else []
    return found[0] if len(found) == 1 and found[0].value is not None else None


def without_number(heading: str) -> str:
    """A heading without the number it begins with."""
    return _NUMBERED.sub("", plain(heading))


def subject_of(row: Chunk) -> str:
    """What a row is about: its first cell with a word in it."""
    cells = [plain(cell) for _, cell in row.heads]
    return next((cell for cell in cells if re.search(r"[^\W\d_]{2}", cell)), cells[0] if cells else "")


def _items(desk: Desk, unit: Unit, chunks: Sequence[Chunk]) -> tuple[Series, bool]:
    """The items of one list, or of one heading."""
    chunk = unit.hit.chunk
    if chunk.kind != "item":
        return (), False
    below = siblings(chunk, chunks)
    if beside := not below:
        below = [c for c in chunks if c.kind == "item" and c.lead is None and c.section == chunk.section]
    series = _told(desk, unit, below, [_item_name(c) for c in below])
    return series, not beside and len(series) == len(below)


def _item_name(item: Chunk) -> str:
    """What an item is about: what stands before its colon, or its first words."""
    text = plain(item.text)
    head, colon, _ = text.partition(":")
    short = bool(colon) and len(head.split()) <= 14 and not re.search(r"\d", head)
    return head.strip() if short else re.split(r"[:,;]|\s\d", text)[0].strip()


def _parallel(desk: Desk, unit: Unit, chunks: Sequence[Chunk]) -> Series:
    """The same line under each of several headings: "Chi phí tiết kiệm: …" of every procedure."""
    chunk = unit.hit.chunk
    label = _label(chunk.text)
    if not label or not chunk.section:
        return ()
    alike = [c for c in chunks if c.section and _label(c.text) == label]
    if len(alike) < 2:
        return ()
    for depth in range(1, min(len(c.section) for c in alike) + 1):
        names = [without_number(c.section[-depth]) for c in alike]
        if len({re.sub(r"\d", "", fold(name)) for name in names}) == len(names):
            series = _told(desk, unit, alike, names)
            return series if len(series) == len(alike) else ()
    return ()


def _label(text: str) -> str:
    """What stands before the figure of a line: "- Chi phí tiết kiệm: 3.200.000 đồng/năm." → "chi phi tiet kiem"."""
    head, colon, rest = plain(text).partition(":")
    return fold(head).strip() if colon and quantities(rest) and len(head.split()) <= 16 else ""


def _told(desk: Desk, unit: Unit, chunks: Sequence[Chunk], names: Sequence[str]) -> Series:
    """The figure of each chunk that is told like the best fitting one, where there is one; all of one unit."""
    words = [profile(name).folded for name in names]
    shared = frozenset.intersection(*words) if words else frozenset()
    parting = frozenset().union(*words) - shared
    wanted = _best_figure(desk, unit.hit.chunk.text, parting)
    if wanted is None:
        return ()
    label = profile(wanted.label).folded
    members = []
    for chunk, name in zip(chunks, names, strict=True):
        like = [q for q in quantities(chunk.text) if q.unit == wanted.unit and q.value is not None]
        quantity = max(like, key=lambda q: len(profile(q.label).folded & label), default=None)
        if quantity is None or (label and not profile(quantity.label).folded & label):
            continue
        own = Unit(replace(unit.hit, chunk=chunk), chunk.body.reading, 0, len(chunk.text))
        members.append(Member(name, quantity, own))
    return tuple(members)


_NEAR_WORDS = 3
_FAR = 0.3
"""What the words far behind a figure are worth: "20 trường hợp hủy do cá nhân yêu cầu rút hồ sơ" counts no dossiers."""


def _best_figure(desk: Desk, text: str, parting: frozenset[str] = frozenset()) -> Quantity | None:
    """The figure with the most of the question around it, words left aside that only part the members of a series."""

    result = result_of_formula(text)

    def worth(q: Quantity) -> float:
        if result is not None and q.start == result.start:
            return math.inf
        near = f"{q.label} {' '.join(q.noun.split()[:_NEAR_WORDS])}"
        told = (desk.weigher.coverage(around)[2] for around in (near, f"{q.label} {q.noun}"))
        close, wide = (frozenset(i for i in terms if desk.asked.terms[i].folded not in parting) for terms in told)
        return desk.weigher.worth(close) + _FAR * desk.weigher.worth(wide - close)

    figures = (whole_of(q) for q in quantities(text))
    return max((q for q in figures if q.value is not None), key=worth, default=None)


def result_of_formula(text: str) -> Quantity | None:
    """What a line's arithmetic comes to: "… = 24 giờ x 40.000 đồng/giờ) x 10 hồ sơ = 9.600.000 đồng"."""
    if "=" not in text or not re.search(r"\d\W*[x×*+]\s*\d|\d[^=]{0,30}\)\s*[x×*]", text):
        return None
    last = text.rindex("=")
    return next((q for q in quantities(text) if q.start > last and not text[last + 1 : q.start].strip()), None)


def _in_sentence(desk: Desk, unit: Unit, *, behind: bool = False) -> Series:
    """The figures of one stretch that count the same thing, each named by the words before it, or also by those behind
    it ("1.105 hồ sơ trực tuyến")."""
    wanted = _best_figure(desk, unit.text)
    if wanted is None:
        return ()
    like = [q for q in map(whole_of, unit.quantities) if q.unit == wanted.unit and q.value is not None]
    series = tuple(
        Member(_told_name(q) if behind else q.label or q.noun, q, unit) for q in like if (q.label or q.noun).strip()
    )
    return series


def _in_clause(desk: Desk, unit: Unit) -> Series:
    """The like figures of the clause that the question speaks of, where a stretch tells the same of several: "một
    cửa 3.172, sớm hẹn 2.881, đúng hẹn 291; liên thông 295, sớm hẹn 213, đúng hẹn 82"."""
    series = _in_sentence(desk, unit)
    labels = [fold(m.quantity.label) for m in series]
    if len(set(labels)) == len(labels):
        return ()
    edges = [0, *(m.end() for m in re.finditer(r";\s", unit.text)), len(unit.text)]
    start, end = max(pairwise(edges), key=lambda span: desk.weigher.coverage(unit.text[slice(*span)])[0])
    return tuple(m for m in series if start <= m.quantity.start < end)


def _of_several_units(unit: Unit) -> Series:
    """The figures of one stretch that count several things, each named by what it counts ("160 nhà thuốc, 863 quầy
    thuốc"), or as parts of wholes by what stands before them ("huyện A 4/4 đơn vị, huyện B 8/10"): added up only where
    the question names them."""
    members = []
    for q in unit.quantities:
        part, slash, _ = q.text.partition("/")
        name = re.split(r"[,;.()]|\bvà\b", q.noun)[0].strip()
        if q.percent or (q.value is None and not slash) or not (name or q.label):
            continue
        if slash:
            name, q = q.label, replace(q, value=parse_number(part.strip()), text=part.strip())
        if name and q.value is not None:
            members.append(Member(name, q, unit))
    return (
        tuple(members)
        if len({m.quantity.unit for m in members}) > 1 or any("/" in q.text for q in unit.quantities)
        else ()
    )


def _told_name(quantity: Quantity) -> str:
    """What a figure in a sentence is the figure of: the words before it, and behind it what tells it from others."""
    behind = re.sub(r"^\s*[^\W\d_]+", "", quantity.noun) if quantity.unit else quantity.noun
    return f"{quantity.label or quantity.noun} {behind}".strip() if quantity.label else quantity.noun


def _same_label(desk: Desk, unit: Unit) -> Series:
    """The figures of one stretch right behind the same words, which the question has too, each named by its clause:
    "tại huyện đúng hạn 20; tại xã đúng hạn 30"."""
    found = [q for q in map(whole_of, unit.quantities) if q.value is not None]
    behind = {_last_words(q) for q in found}
    named = [words for words in behind if words and words in desk.asked.folded]
    series = (_behind(unit, [q for q in found if _last_words(q) == words], words) for words in sorted(named))
    return max(series, key=len, default=())


def _behind(unit: Unit, figures: Sequence[Quantity], words: str) -> Series:
    members = []
    for q in figures:
        if q.unit != figures[0].unit:
            continue
        clause = re.split(r";|\.\s", unit.text[: q.start])[-1].strip()
        name = re.sub(r"\d[\d.,/]*.*$", "", clause).strip(" ,:") or clause
        members.append(Member(name, replace(q, label=words), unit))
    return tuple(members)


def _last_words(quantity: Quantity) -> str:
    return " ".join(fold(quantity.label).split()[-2:])


def _named(desk: Desk, series: Series) -> Series:
    """The members that the question names by words which the others do not have."""
    words = [profile(m.name).folded for m in series]
    asked = desk.weigher.vocabulary
    asked_pairs = {(a.folded, b.folded) for a, b in pairwise(desk.asked.terms)}
    named = []
    for i, (member, own) in enumerate(zip(series, words, strict=True)):
        others = frozenset().union(*(w for j, w in enumerate(words) if j != i))
        apart = {w for w in own - others if not w.isdigit()}
        elsewhere = frozenset().union(*(profile(m.name).pairs for j, m in enumerate(series) if j != i))
        pairs = profile(member.name).pairs - elsewhere
        if pairs & asked_pairs or (apart and (len(apart & asked) >= max(1, (len(apart) + 1) // 2))):
            named.append(member)
    return tuple(named)


def _counted(desk: Desk, series: Series) -> bool:
    """Whether a series has as many members as the question says there are, if it says so."""
    return not desk.asked.announced or any(number == len(series) for number, _ in desk.asked.announced)


def _extreme(desk: Desk, series: Series, match: Match, low: bool) -> Draft | None:
    """The member with the largest or smallest figure, and the others beside it."""
    named = _named(desk, series)
    among = named if len(named) >= 2 else series
    if match.unit.kind == "row" and not _has_kind_asked(desk, match.unit, among):
        return None
    counted = any(number == len(among) for number, _ in desk.asked.announced)
    if match.unit.kind != "row" and not counted and not _of_kind_asked(desk, among):
        return None
    if not _counted(desk, among):
        return None
    ordered = sorted(among, key=lambda m: m.value, reverse=not low)
    first = [m for m in ordered if m.value == ordered[0].value]
    if len(first) == len(ordered):
        return None
    markers = {id(m): cite(desk, m.unit) for m in ordered}
    verdict = "thấp nhất" if low else "cao nhất"
    names = ", ".join(f"**{_short(m.name)}**" for m in first)
    cited = "".join(f"[{n}]" for n in dict.fromkeys(markers[id(m)] for m in first))
    frame = whose(first[0].unit, desk.asked.english)
    lines = [f"{frame}: {verdict} là {names}: **{_said(first[0])}** {cited}."]
    lines += [f"- {_short(m.name)}: {_said(m)} [{markers[id(m)]}]" for m in ordered if m not in first][:_MOST]
    figures = [answer_figure(m.unit, m.quantity, markers[id(m)], m.name) for m in ordered]
    return finish(desk, lines, figures, [match])


_SPREAD = re.compile(
    r"\b(?:cao|nhieu|lon|dai) nhat\b.*\b(?:thap|it|nho|ngan) nhat\b"
    r"|\b(?:thap|it|nho|ngan) nhat\b.*\b(?:cao|nhieu|lon|dai) nhat\b"
)


def _spread(desk: Desk, series: Series, match: Match) -> Draft | None:
    """The difference of the largest and the smallest of a series, percentages where points or shares are asked for."""
    percent = bool(_PERCENT.search(desk.asked.folded))
    if percent and not all(m.quantity.percent for m in series) and match.unit.kind != "row":
        told = [q for q in match.unit.quantities if q.percent and q.value is not None]
        series = tuple(Member(q.label, q, match.unit) for q in told)
    if len(series) < 2 or any(m.quantity.percent != percent for m in series if percent or desk.asked.noun):
        return None
    low, *_, high = sorted(series, key=lambda m: m.value)
    return difference(desk, high, low, match) if high.value > low.value else None


def _of_kind_asked(desk: Desk, among: Series) -> bool:
    """Whether the members are of the kind that the question asks for: "lĩnh vực nào" and "lĩnh vực …"; those of several
    stretches also where the heading they hang on says so."""
    match = re.search(r"((?:[a-z]+ )?[a-z]+)(?: (?:y te|truc thuoc|cong lap))* nao\b", desk.asked.folded)
    if match is None:
        return False
    kind = match[1].split()[-1]
    return all(kind in profile(f"{m.name} {' '.join(_headings(m, among))}").folded for m in among)


def _has_kind_asked(desk: Desk, unit: Unit, among: Series) -> bool:
    """Whether a table is of the kind of thing that the question asks for ("đơn vị nào"): by a head or by its rows."""
    match = re.search(r"((?:[a-z]+ )?[a-z]+)(?: (?:y te|truc thuoc|cong lap))* nao\b", desk.asked.folded)
    if match is None:
        return True
    kind = match[1].split()[-1]
    heads = profile(" ".join(head for head, _ in unit.hit.chunk.heads)).folded
    return kind in heads or all(kind in profile(m.name).folded for m in among)


def _headings(member: Member, among: Series) -> tuple[str, ...]:
    """The headings over a member of a series told by several stretches, its own apart from the others'."""
    apart = len({id(m.unit) for m in among}) > 1 and len({m.unit.hit.chunk.section for m in among}) > 1
    return member.unit.hit.chunk.section if apart else ()


def _gap(desk: Desk, series: Series, match: Match) -> Draft | None:
    """The difference of the two members that the question names."""
    named = _named(desk, series)
    if len(named) > 2:
        named = _of_each_side(desk, named) or _best_named(desk, named)
    if len(named) != 2:
        return None
    if all(m.quantity.percent for m in named) and not _PERCENT.search(desk.asked.folded) and _counts(match.unit, 2):
        return None  # "nhiều hơn bao nhiêu thủ tục" asks for no points
    return (
        _times(desk, named[0], named[1], match) if _TIMES.search(desk.asked.folded) else difference(desk, *named, match)
    )


def _of_each_side(desk: Desk, named: Series) -> Series:
    """The two members that the question names on either side of "hơn" or "kém"; none where either side names several.
    The words behind "bao nhiêu" are aside: they say what is compared."""
    spot = _GAP.search(desk.asked.folded)
    edges = [m.start() for m in _HOW_MUCH.finditer(desk.asked.folded) if spot and m.start() > spot.end()]
    if spot is None or not edges:
        return ()
    at = {t.position: t.folded for t in desk.asked.terms}
    first, last = (len(re.findall(r"\w+", desk.asked.folded[:edge])) for edge in (spot.start(), edges[0]))
    left = {word for position, word in at.items() if position < first}
    right = {word for position, word in at.items() if first <= position < last} - left
    shared = frozenset.intersection(*(profile(m.name).folded for m in named))
    one, other = (_most_named(named, shared, side) for side in (left - right, right))
    return (one, other) if one is not None and other is not None and one is not other else ()


_LEAST_NAMED = 0.3


def _most_named(named: Series, shared: frozenset[str], side: set[str]) -> Member | None:
    """The member of whose own words, those `shared` by all aside, one side of a comparison has most; the first of those
    that are told alike."""
    held = []
    for member in named:
        own = profile(member.name).folded - shared
        held.append(len(own & side) / len(own) if own else 0.0)
    most = max(held)
    alike = [m for m, share in zip(named, held, strict=True) if share == most]
    same = len({fold(m.quantity.label) for m in alike}) == 1
    return alike[0] if most >= _LEAST_NAMED and (len(alike) == 1 or same) else None


def _counts(unit: Unit, least: int) -> bool:
    """Whether a stretch counts one thing so often."""
    units = [q.unit for q in unit.quantities if q.unit and not q.percent]
    return any(units.count(one) >= least for one in units)


def _best_named(desk: Desk, named: Series) -> Series:
    """The two of several members whose names the question has most wholly; none where that is no two."""
    asked = {t.folded for t in desk.asked.terms}

    def held(member: Member) -> float:
        words = profile(member.name).folded
        return len(words & asked) / len(words) if words else 0.0

    ordered = sorted(named, key=held, reverse=True)
    if len(ordered) > 2 and held(ordered[1]) == held(ordered[2]):
        return ()
    return tuple(m for m in named if m in ordered[:2])


_SEGMENT = re.compile(r"[,;:.]\s|\bvà\b|$")


def _between(desk: Desk, matches: Sequence[Match], comparator: tuple[int, int]) -> Draft | None:
    """The difference of the figures of two things that one document tells of in different words: what stands on either
    side of "hơn" or "kém" in the question."""
    within = replace(desk.filters, document_ids=(matches[0].unit.hit.chunk.document_id,))
    every = ranked(desk.hits(within), desk.weigher, every=True)
    here = [m for m in every if m.unit.kind in ("paragraph", "item")]
    left, right = desk.asked.text[: comparator[0]], desk.asked.text[comparator[1] :]
    if (asking := _HOW_MUCH.search(fold(right))) is not None and asking.start() > len("có "):
        right = right[: asking.start()]  # what is behind it says what is compared
    one, other = (_told_of(desk, here, side) for side in (left, right))
    if one is None or other is None or one.quantity.unit != other.quantity.unit:
        return None
    if one.quantity.text == other.quantity.text and one.unit.text == other.unit.text:
        return None
    return difference(desk, one, other, here[0])


def _told_of(desk: Desk, matches: Sequence[Match], side: str) -> Member | None:
    """The figure that the document tells of what one side of the question names: by the longest run of its words."""
    words = [(fold(word), start, end) for word, start, end in syllables(side)]
    best: tuple[int, Member] | None = None
    percent = bool(_PERCENT.search(desk.asked.folded))
    counted = desk.asked.noun or ("" if percent else _unit_named(side))
    for match in matches:
        unit = match.unit
        figures = [
            q
            for q in map(whole_of, unit.quantities)
            if q.value is not None and (counts_alike(q, counted) or (q.percent and not counted))
        ]
        spoken = [(fold(word), start, end) for word, start, end in syllables(unit.text)]
        size, at = _longest_run([w for w, _, _ in words], [w for w, _, _ in spoken])
        if not figures or size < 2 or (best is not None and size <= best[0]):
            continue
        start, end = spoken[at][1], spoken[at + size - 1][2]
        segment = _SEGMENT.search(unit.text, end)
        stop = segment.start() if segment else len(unit.text)
        inside = [q for q in figures if end <= q.start < stop]
        nearest = min(figures, key=lambda q: min(abs(q.start - end), abs(start - q.end)))
        best = (size, Member(unit.text[start:end], inside[0] if inside else nearest, unit))
    return best[1] if best else None


_PERCENT = re.compile(r"%|\bphan tram\b|\bt[yi] le\b")


def _unit_named(side: str) -> str:
    """The unit of counting with which one side of a comparison begins: "hồ sơ một cửa của xã" → "hồ sơ"."""
    found = quantities(f"1 {side.strip().lower()}")
    return (found[0].unit or "") if found and side.strip() else ""


def _longest_run(words: Sequence[str], text: Sequence[str]) -> tuple[int, int]:
    """(length, position in the text) of the longest run of words that both have, with a word that tells something."""
    best = (0, 0)
    for i in range(len(words)):
        for j in range(len(text)):
            size = 0
            while i + size < len(words) and j + size < len(text) and words[i + size] == text[j + size]:
                size += 1
            if size > best[0]:
                best = (size, j)
    return best


def _times(desk: Desk, one: Member, other: Member, match: Match) -> Draft | None:
    """How many times as large the larger of two figures is."""
    high, low = (one, other) if one.value >= other.value else (other, one)
    if not low.value:
        return None
    ratio = (high.value / low.value).quantize(Decimal("0.01"), ROUND_HALF_UP)
    markers = [cite(desk, m.unit) for m in (high, low)]
    cited = "".join(f"[{n}]" for n in dict.fromkeys(markers))
    computation = f"{_operand(high)} / {_operand(low)} = {vietnamese(ratio)}"
    lines = [f"Gấp **{vietnamese(ratio)} lần** ({computation}) {cited}."]
    lines += [f"- {_short(m.name)}: {_said(m)} [{n}]" for m, n in zip((high, low), markers, strict=True)]
    figures = [answer_figure(m.unit, m.quantity, n, m.name) for m, n in zip((high, low), markers, strict=True)]
    computed = replace(_computed(figures[0], ratio, high.quantity.label, markers), unit="lần")
    return finish(desk, lines, (computed, *figures), [match], computation)


POINTS = "điểm phần trăm"
"""What the difference of two percentages is counted in."""


def in_words(value: Decimal, unit: str | None) -> str:
    """A value as it is printed, with its unit."""
    return f"{vietnamese(value)}{'%' if unit == '%' else f' {unit}' if unit else ''}"


def difference(desk: Desk, one: Member, other: Member, match: Match, *, base: Member | None = None) -> Draft | None:
    """What one figure is above another of its kind, with both told. With the one that it was before (`base`), by how
    much it rose or fell, in percent of that where so asked."""
    high, low = (one, other) if one.value >= other.value else (other, one)
    gap = high.value - low.value
    markers = [cite(desk, m.unit) for m in (high, low)]
    cited = "".join(f"[{n}]" for n in dict.fromkeys(markers))
    computation = f"{_operand(high)} - {_operand(low)} = {vietnamese(gap)}"
    verb, value, unit = "Chênh lệch", gap, POINTS if high.quantity.percent else high.quantity.unit
    if base is not None:
        verb = "Giảm" if base is high else "Tăng"
    if base is not None and base.value and not base.quantity.percent and FELL.search(desk.asked.folded):
        unit = "%"
        value = (gap / base.value * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
        computation += f"; {vietnamese(gap)} / {_operand(base)} × 100 = {vietnamese(value)}"
    lines = [f"{verb} **{in_words(value, unit)}** ({computation}) {cited}."]
    if one.unit == other.unit and one.unit.kind != "row":
        shown = shown_text(desk, match, SHORT - 80)
        lines[0] += f" {whose(one.unit, desk.asked.english)}: {as_sentences(shown, None, markers[0])}"
    else:
        lines += [f"- {_short(m.name)}: {_said(m)} [{n}]" for m, n in zip((high, low), markers, strict=True)]
    figures = [answer_figure(m.unit, m.quantity, n, m.name) for m, n in zip((high, low), markers, strict=True)]
    computed = replace(_computed(figures[0], value, high.quantity.label, markers), unit=unit)
    return finish(desk, lines, (computed, *figures), [match], computation)


def _sum(desk: Desk, series: Series, match: Match, whole: bool) -> Draft | None:
    """The sum of the members that the question names, or of all where it asks for all of them."""
    named = _named(desk, series)
    if len({fold(m.quantity.label) for m in series}) == 1 and len({id(m.unit) for m in series}) == 1:
        named = ()  # one thing told of several parts: the words that part them may all be the question's
    if len(named) == 1 or any(m.quantity.percent for m in series):
        return None
    among = named or series
    if len(among) < 2:
        return None
    if named and not (_coordinated(desk, named) and _counted(desk, among)):
        return None
    if any(_told_name(m.quantity) == m.name != m.quantity.label for m in among) and not _alike(among):
        return None  # named by what stands behind them: of one thing only where the words before are alike, too
    if not named and not (whole and _ALL_OF.search(desk.asked.folded) and _counted(desk, among) and _alike(among)):
        return None
    total = sum((m.value for m in among), Decimal(0))
    markers = [cite(desk, m.unit) for m in among]
    cited = "".join(f"[{n}]" for n in dict.fromkeys(markers))
    computation = f"{' + '.join(map(_operand, among))} = {vietnamese(total)}"
    unit = among[0].quantity.unit or ""
    said = f"{vietnamese(total)} {unit}".strip()
    lines = [
        f"{whose(among[0].unit, desk.asked.english)}: **{said}** ({computation}) {cited}.",
        *(f"- {_short(m.name)}: {_said(m)} [{n}]" for m, n in zip(among, markers, strict=True)),
    ]
    figures = [answer_figure(m.unit, m.quantity, n, m.name) for m, n in zip(among, markers, strict=True)]
    computed = _computed(figures[0], total, among[0].quantity.label, markers)
    return finish(desk, lines, (computed, *figures), [match], computation)


def _alike(series: Series) -> bool:
    """Whether the figures are told in much the same words: what is added up must be one thing."""
    labels = [profile(m.quantity.label).folded for m in series]
    shared = frozenset.intersection(*labels)
    return not any(labels) or all(2 * len(shared) >= len(label) for label in labels)


_REST = re.compile(r"\b(?:tru|bo|khong (?:tinh|ke))\b(?=[^?]*\bcon (?:lai )?(?:bao nhieu|may|bn)\b)")


def _left(desk: Desk, series: Series, match: Match, edge: int) -> Draft | None:
    """What is left of a whole without the part that the question takes away: "217 chỉ tiêu, trừ bác sĩ còn mấy"."""
    from_word = len(re.findall(r"\w+", desk.asked.folded[:edge]))
    taken = {t.folded for t in desk.asked.terms if t.position >= from_word}
    vocabulary = taken | {w for t in taken for w in fold(abbreviations().get(t, "")).split()}
    named = [m for m in series if profile(m.name).folded & vocabulary]
    wholes = [m for m in series if m not in named and named and m.value > named[0].value]
    if len(named) != 1 or not wholes:
        return None
    return difference(desk, max(wholes, key=lambda m: m.value), named[0], match)


def _all_announced(desk: Desk, series: Series) -> bool:
    """Whether the question names as many members as it says there are: "thuộc bốn huyện A, B, C và D"."""
    count = len(_named(desk, series))
    return count >= 2 and any(number == count for number, _ in desk.asked.announced)


_ADDED = re.compile(r"\b(?:cong|gop|tong)\b[^?]*\b(?:khop|dung|du|ra|bang)\b")


def _stated_sum(desk: Desk) -> Quantity | None:
    """What the question says that the parts add up to: "cộng lại có ra 130 không"."""
    stated = [q for q in quantities(desk.asked.text) if q.value is not None]
    return stated[-1] if stated and (desk.asked.yesno or desk.asked.kind == "conflict") else None


def _checked_sum(desk: Desk, series: Series, match: Match, stated: Quantity) -> Draft | None:
    """Whether the members that the question names, or all of them, add up to what it says."""
    named = _named(desk, series)
    parts = [m for m in series if m.value != stated.value and (m.quantity.percent or not stated.percent)]
    among = _adding_up(parts, named, stated.value or Decimal(0))
    agrees = bool(among)
    if not agrees:
        among = tuple(m for m in (named if len(named) >= 2 else parts) if m in parts)
    total = sum((m.value for m in among), Decimal(0))
    near = Decimal("0.95") if stated.percent else Decimal("0.5")
    if len(among) < 2 or not (agrees or (len(named) >= 2 or stated.percent)):
        return None
    if not near <= total / (stated.value or Decimal(1)) <= 1 / near:
        return None
    markers = [cite(desk, m.unit) for m in among]
    cited = "".join(f"[{n}]" for n in dict.fromkeys(markers))
    computation = f"{' + '.join(map(_operand, among))} = {vietnamese(total)}"
    word = "Có" if agrees else "Không"
    verdict = f"khớp với {stated.text}" if agrees else f"không bằng {stated.text}"
    lines = [f"{word}, {verdict}: {computation} {cited}."]
    lines += [f"- {_short(m.name)}: {_said(m)} [{n}]" for m, n in zip(among, markers, strict=True)]
    figures = [answer_figure(m.unit, m.quantity, n, m.name) for m, n in zip(among, markers, strict=True)]
    computed = _computed(figures[0], total, among[0].quantity.label, markers)
    draft = finish(desk, lines, (computed, *figures), [match], computation)
    if agrees:
        return draft
    said = f"Các phần mà nguồn nêu cộng lại là {vietnamese(total)} ({computation}), không phải {stated.text}."
    return replace(draft, notices=(*draft.notices, Notice("source_conflict", said, tuple(dict.fromkeys(markers)))))


_MOST_ADDED = 12


def _adding_up(parts: Sequence[Member], named: Series, total: Decimal) -> Series:
    """The parts, those named among them, that add up to a total; none where no two or more do."""
    rest = [m for m in parts if m not in named][:_MOST_ADDED]
    sure = tuple(m for m in named if m in parts)
    missing = total - sum((m.value for m in sure), Decimal(0))
    for size in range(len(rest) + 1):
        for more in combinations(rest, size):
            if len(sure) + size >= 2 and sum((m.value for m in more), Decimal(0)) == missing:
                return tuple(m for m in parts if m in sure or m in more)
    return ()


def _coordinated(desk: Desk, named: Series) -> bool:
    """Whether the question joins the members it names: "A và B", "A, B và C"."""
    at = []
    for member in named:
        others = frozenset().union(*(profile(m.name).folded for m in named if m is not member))
        apart = profile(member.name).folded - others
        at.append(sorted(t.position for t in desk.asked.terms if t.folded in apart))
    spoken = [(fold(word), start) for word, start, _ in syllables(desk.asked.text)]
    joins = {i for i, (word, _) in enumerate(spoken) if word in ("va", "voi", "cung")}
    joins |= {i for i, (_, start) in enumerate(spoken) if i and "," in desk.asked.text[spoken[i - 1][1] : start]}
    ordered = sorted(positions for positions in at if positions)
    between = [any(a[0] < join <= b[0] for join in joins) for a, b in pairwise(ordered)]
    # without commas only the last two are joined: "ca noi tru ngoai tru va nhan vien"
    beside = [joined or b[0] - a[-1] <= 2 for joined, (a, b) in zip(between, pairwise(ordered), strict=True)]
    return len(ordered) == len(named) and any(between) and all(beside)


def _computed(like: AnswerFigure, value: Decimal, label: str, markers: Sequence[int]) -> AnswerFigure:
    return replace(
        like,
        indicator=label,
        value=value,
        text=vietnamese(value),
        breakdown=None,
        bound=None,
        computed=True,
        citations=tuple(dict.fromkeys(markers)),
    )


def vietnamese(value: Decimal) -> str:
    """A value as a document would print it: 22400000 → "22.400.000", 19.96 → "19,96"."""
    whole, _, parts = canonical(value).partition(".")
    grouped = f"{int(whole):,}".replace(",", ".")
    if len(parts) == 3:
        parts += "0"  # three digits behind a comma would be read as thousands
    return f"{grouped},{parts}" if parts else grouped


def _operand(member: Member) -> str:
    return re.sub(r"^0+(?=\d)", "", member.quantity.text)


def _said(member: Member) -> str:
    unit = member.quantity.unit
    return f"{member.quantity.text}{'%' if unit == '%' else f' {unit}' if unit else ''}"


def _short(name: str) -> str:
    name = plain(name)
    return name if len(name) <= 90 else name[:90].rsplit(" ", 1)[0] + " …"
