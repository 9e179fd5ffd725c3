"""Sums and shares, over like figures of one list or one passage only, each operand cited."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from assistant.choosing import Desk
from assistant.evidence import Match, Unit, profile
from assistant.grounding import Draft, plain
from assistant.question import Asked
from assistant.schema import AnswerFigure
from assistant.series import FELL, part_of_row, vietnamese, whole_of
from assistant.telling import (
    SHORT,
    answer_figure,
    as_sentences,
    calling_sentence,
    cite,
    finish,
    fitting_window,
    note_that_tells,
    refuse,
    shown_text,
    whose,
)
from vectorstore.quantities import Quantity, counts_alike, parse_number, quantities
from vectorstore.records import Chunk, siblings
from vectorstore.vietnamese import abbreviations, fold, sentences

_FEW_WORDS = 3
_DIVIDED = re.compile(r"\b(?:chiem|chia cho)\b")
_AMONG = re.compile(r"\btrong (?:tong )?so ([^,?]{6,90}),(?=[^?]*\b(?:chiem|dat|la|bao nhieu)\b)")
_OUT_OF = re.compile(r"\b(?:bao nhieu|may|bn)\s*(?:phan tram|%)(?=\s+\w)")


def sum_of_list(desk: Desk, best: Match) -> Draft | None:
    """The sum over the items of one list, where the figure asked for stands in each and no item is singled out."""
    asked = desk.asked
    if asked.kind == "percent":
        return None
    chunk = best.unit.hit.chunk
    if best.unit.note is not None:
        return None
    items = siblings(chunk, desk.searcher.library.chunks_of(chunk.document_id))
    if len(items) < 2 or _singled_out(asked, items):
        return None
    operands: list[tuple[Chunk, Quantity]] = []
    wanted: frozenset[int] | None = None
    lacking: list[str] = []
    for item in sorted(items, key=lambda c: c.ordinal != chunk.ordinal):
        found = _operand(desk, item, wanted, operands[0][1] if operands else None)
        if found is None:
            if not _told_whole(item):  # where what is told makes the item's total, what is not told is nought
                lacking.append(_item_name(item))
            continue
        quantity, terms = found
        wanted = terms if wanted is None else wanted
        operands.append((item, quantity))
    if lacking:
        return _partial(desk, lacking) if len(operands) >= 2 else None
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
        parts.append(f"{name} {vietnamese(quantity.value or Decimal(0))} [{marker}]")
        unit = Unit(replace(hit, chunk=item), item.body.reading, 0, len(item.text))
        figures.append(answer_figure(unit, quantity, marker, name))
    unit_name = operands[0][1].unit or ""
    what = operands[0][1].label.split(":")[-1].strip()
    computation = f"{' + '.join(vietnamese(v) for v in values)} = {vietnamese(total)}"
    said = f"{vietnamese(total)} {unit_name}".strip()
    frame = whose(best.unit, desk.asked.english)
    of_which = "of which" if asked.english else "gồm"
    line = f"{frame}: **{said}** ({what[:80]}), {of_which} {', '.join(parts)}."
    summed = AnswerFigure(
        what,
        total,
        vietnamese(total),
        unit_name or None,
        None,
        None,
        "result",
        chunk.place,
        chunk.period,
        True,
        tuple(range(1, len(operands) + 1)),
    )
    return finish(desk, [line], (summed, *figures), [best], computation)


def _told_whole(item: Chunk) -> bool:
    """Whether the first figure of an item is the sum of the others, those in parentheses aside."""
    text = re.sub(r"\([^()]*\)", lambda match: " " * len(match[0]), item.text)
    values = [q.value for q in quantities(text) if q.value is not None and not q.percent]
    return len(values) >= 3 and values[0] == sum(values[1:], Decimal(0))


def _partial(desk: Desk, lacking: Sequence[str]) -> Draft | None:
    """The refusal of a sum whose operands are not all stated; None where no sum is asked for."""
    if desk.asked.kind != "sum":
        return None
    names = ", ".join(lacking[:4])
    return refuse(desk, f"Không cộng được vì tài liệu không nêu số liệu này của {names}.")


def _operand(
    desk: Desk, item: Chunk, wanted: frozenset[int] | None, like: Quantity | None
) -> tuple[Quantity, frozenset[int]] | None:
    """The figure of a list item that answers, and the question's words around it; the same words in each item, and
    right before it those that stand before the first one (`like`), where they are few."""
    before = fold(like.label).split() if like is not None and len(like.label.split()) <= _FEW_WORDS else []
    best: tuple[float, Quantity, frozenset[int]] | None = None
    name = profile(_item_name(item)).folded
    for quantity in quantities(item.text):
        around = f"{quantity.label} {quantity.noun}"
        _, _, found = desk.weigher.coverage(around)
        telling = frozenset(i for i in found if desk.asked.terms[i].folded not in name)
        if not telling or quantity.value is None:
            continue
        value = desk.weigher.worth(telling)
        if wanted is not None and 2 * desk.weigher.worth(wanted & telling) < desk.weigher.worth(wanted):
            continue
        if not set(before) <= set(fold(f"{quantity.label} {quantity.noun}").split()):
            continue
        if best is None or value > best[0]:
            best = (value, quantity, telling)
    return (best[1], best[2]) if best else None


def _item_name(item: Chunk) -> str:
    text = plain(item.text)
    head, colon, _ = text.partition(":")
    return head.strip() if colon and len(head.split()) <= 14 else " ".join(text.split()[:6])


def _singled_out(asked: Asked, siblings: Sequence[Chunk]) -> bool:
    """Whether the question names one of the items."""
    bare = {t.folded for t in asked.terms}
    pairs = {(a.folded, b.folded) for a, b in pairwise(asked.terms)}
    names_of = [profile(_item_name(c)) for c in siblings]
    for i, name in enumerate(names_of):
        others = frozenset().union(*(n.folded for j, n in enumerate(names_of) if j != i))
        own = name.folded - others
        own_pairs = {p for p in name.pairs if p[0] in own or p[1] in own}
        if own and (own_pairs & pairs or len(own & bare) >= max(1, (len(own) + 1) // 2)):
            return True
    return False


def sum_in_stretch(desk: Desk, best: Match) -> Draft | None:
    """The sum of the like figures of one stretch or of the footnote it calls, where a sum is asked for."""
    asked, unit = desk.asked, best.unit
    if "%" in asked.text or re.search(r"\bphan tram\b|\bty le\b", asked.folded):
        return None
    note = unit.note or note_that_tells(desk, unit)
    text = note.body.reading.text if note else unit.text
    found = [q for q in map(whole_of, quantities(text)) if q.value is not None and not q.percent]
    if len(found) < 2:
        return None
    scored: list[tuple[float, frozenset[int], Quantity]] = []
    for q, behind in zip(found, [*(q.start for q in found[1:]), len(text)], strict=True):
        # "và 02 bản “Biên bản …”": what tells it apart stands behind it
        around = text[q.start : behind] if len(q.label.split()) <= 1 else f"{q.label} {q.noun}"
        _coverage, _own, terms = desk.weigher.coverage(around)
        scored.append((desk.weigher.worth(terms), terms, q))
    top = max((worth for worth, _, _ in scored), default=0.0)
    like = [q for worth, _, q in scored if top and worth >= 0.8 * top]
    if len(like) < 2 and top:
        telling = [(terms, q) for worth, terms, q in scored if worth >= 0.3 * top]
        like = [q for terms, q in telling if not any(terms & other for other, p in telling if p is not q)]
    if note is not None and len(found) >= 3 and len({q.unit for q in found}) == 1:
        like = found  # "(02 người); … (01 người)": a list of like figures is summed whole
    if len(like) < 2 or len({q.unit for q in like if q.unit}) > 1 or len(like) > 30:
        return None
    values = [q.value for q in like if q.value is not None]
    total = sum(values, Decimal(0))
    if len(values) > 2 and 2 * max(values) == total:
        return None  # the total stands there beside its parts
    marker = desk.proof.cite(unit.hit, calling_sentence(unit.hit.chunk, note), [note]) if note else cite(desk, unit)
    name = next((q.unit for q in like if q.unit), "")
    computation = f"{' + '.join(vietnamese(v) for v in values)} = {vietnamese(total)}"
    shown = fitting_window(desk, text, SHORT - 60) if len(text) > SHORT - 60 else text
    line = (
        f"{whose(unit, desk.asked.english)}: **{vietnamese(total)} {name or ''}".rstrip()
        + f"** ({computation}) [{marker}]."
    )
    why = as_sentences(shown, None, marker)
    figures = [answer_figure(unit, q, marker) for q in like]
    summed = replace(figures[0], value=total, text=vietnamese(total), computed=True)
    return finish(desk, [f"{line} {why}"], (summed, *figures), [best], computation)


def share_of(desk: Desk, best: Match) -> Draft | None:
    """A share that is asked for and not stated, from the part and the whole of one passage."""
    asked, unit = desk.asked, best.unit
    if unit.kind == "row":
        pair = part_of_row(desk, unit)
        return _told_share(desk, best, *pair) if pair is not None else None
    if asked.kind == "sum" and not re.search(r"phan tram|%|\bty le\b", asked.folded):
        return None
    # "3.172/3.172 hồ sơ (100%)" states no share but that of a whole
    stated = [q for q in unit.quantities if q.percent and not (q.value == 100 and unit.text[: q.start].endswith("("))]
    if stated and not re.search(r"\bchia cho\b", asked.folded):
        return None
    if (pair := _written_pair(unit)) is not None:
        return _told_share(desk, best, *pair)
    counts = [q for q in map(whole_of, unit.quantities) if q.value and not q.percent]
    part: Quantity | None
    pair = None
    whole: Quantity | None
    if among := _AMONG.search(asked.folded):  # "trong số hồ sơ tiếp nhận, phần nộp trực tuyến chiếm …"
        first, last = (len(re.findall(r"\w+", asked.folded[:at])) for at in among.span(1))
        whole = _closest(desk, counts, lambda position: first <= position < last)
        part = _closest(desk, _smaller(counts, whole), lambda position: position >= last)
    elif (pair := _change(desk, unit) or _bracketed(desk, unit)) is not None:
        part, whole = pair
    elif parted := _DIVIDED.search(asked.folded):
        edge = len(re.findall(r"\w+", asked.folded[: parted.start()]))
        whole = _closest(desk, counts, lambda position: position > edge) or _sum_of_others(counts)
        if "tong" in asked.folded[parted.end() :]:
            whole = _sum_of_others(counts) or _led_from(unit, counts) or whole
        part = _closest(desk, _smaller(counts, whole), lambda position: position < edge)
    elif (pair := _pair_of_one_unit(desk, counts) or _part_told(desk, unit.text, counts)) is not None:
        part, whole = pair
    elif parted := _OUT_OF.search(asked.folded):  # "giải quyết được bao nhiêu phần trăm số hồ sơ tiếp nhận"
        edge = len(re.findall(r"\w+", asked.folded[: parted.start()]))
        whole = _closest(desk, counts, lambda position: position > edge)
        part = _closest(desk, _smaller(counts, whole), lambda position: position < edge)
    else:
        return None  # which is the part and which the whole is not said
    if not part or not whole or not part.value or not whole.value or part.value >= whole.value:
        return None
    if part.unit and whole.unit and part.unit != whole.unit and pair is None:
        return None
    return _share_of_lists(desk, best, part, whole) or _told_share(desk, best, part, whole)


_MOVED = re.compile(r"\b(?:giảm|tăng)\b[^,;.]{0,20}$", re.IGNORECASE)


def _change(desk: Desk, unit: Unit) -> tuple[Quantity, Quantity] | None:
    """By how much a figure fell or rose, and what it was, where that is asked in percent: "199 trạm, còn 161 trạm, giảm
    38 trạm"."""
    if not FELL.search(desk.asked.folded):
        return None
    figures = [q for q in unit.quantities if q.value and not q.percent]
    moved = next((q for q in figures if _MOVED.search(unit.text[: q.start])), None)
    before = next((q for q in figures if moved is not None and q.end <= moved.start and q.unit == moved.unit), None)
    return (moved, before) if moved is not None and before is not None else None


_PER = re.compile(r"\b(?:binh quan|trung binh)\b[^?]{0,25}?\bmoi (?P<one>[a-z]+)")


def average_of(desk: Desk, best: Match) -> Draft | None:
    """What falls to one thing on average, where a stretch tells how many there were and what they came to together."""
    per, unit = _PER.search(desk.asked.folded), best.unit
    if per is None or unit.kind == "row":
        return None
    figures = [q for q in unit.quantities if q.value and not q.percent and q.unit]
    many = next((q for q in figures if fold(q.unit or "").split()[0] == per["one"]), None)
    sums = [q for q in figures if many is not None and q.unit != many.unit and (q.value or 0) > (many.value or 0)]
    if many is None or many.value is None or not sums:
        return None
    sum_ = max(sums, key=lambda q: desk.weigher.worth(desk.weigher.coverage(f"{q.label} {q.noun}")[2]))
    average = ((sum_.value or Decimal(0)) / many.value).quantize(Decimal("0.01"), ROUND_HALF_UP)
    said = vietnamese(average)
    marker = cite(desk, unit)
    computation = f"{vietnamese(sum_.value or Decimal(0))} / {vietnamese(many.value)} = {said}"
    worked = f"({sum_.text} / {many.text}) [{marker}]"
    line = f"{whose(unit, desk.asked.english)}: **{said} {sum_.unit}** mỗi {many.unit} {worked}."
    told = [answer_figure(unit, q, marker) for q in (sum_, many)]
    computed = replace(told[0], value=average, text=said, bound=None, computed=True)
    return finish(desk, [line], (computed, *told), [best], computation)


def _told_share(desk: Desk, best: Match, part: Quantity, whole: Quantity) -> Draft | None:
    unit = best.unit
    if not part.value or not whole.value:
        return None
    share = (part.value / whole.value * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    marker = cite(desk, unit)
    said = str(share).replace(".", ",")
    computation = f"{vietnamese(part.value)} / {vietnamese(whole.value)} × 100 = {said}"
    shown = shown_text(desk, best, SHORT - 60)
    line = f"{whose(unit, desk.asked.english)}: **{said}%** ({part.text}/{whole.text}) [{marker}]. "
    line += as_sentences(shown, None, marker)
    chunk = unit.hit.chunk
    figure = AnswerFigure(
        part.label, share, said, "%", None, None, "result", chunk.place, chunk.period, True, (marker,)
    )
    return finish(desk, [line], (figure,), [best], computation)


def _share_of_lists(desk: Desk, best: Match, part: Quantity, whole: Quantity) -> Draft | None:
    """The same share over a whole list, where its items tell both figures and the question singles none of them out;
    None where the stretch stands in no such list. What not every item tells makes no share of the whole."""
    hit, chunk = best.unit.hit, best.unit.hit.chunk
    items = sorted(siblings(chunk, desk.searcher.library.chunks_of(chunk.document_id)), key=lambda c: c.ordinal)
    if best.unit.note is not None or len(items) < 2 or _singled_out(desk.asked, items):
        return None
    parts, wholes = ([_labelled_alike(item, figure) for item in items] for figure in (part, whole))
    told = sum(p is not None and w is not None for p, w in zip(parts, wholes, strict=True))
    if told < 2:
        return None
    if told < len(items):
        lacking = [_item_name(i) for i, p, w in zip(items, parts, wholes, strict=True) if p is None or w is None]
        return refuse(desk, f"Không tính được vì tài liệu không nêu đủ số liệu của {', '.join(lacking[:4])}.", best)
    above, below = ([q.value for q in figures if q is not None and q.value is not None] for figures in (parts, wholes))
    upper, lower = sum(above, Decimal(0)), sum(below, Decimal(0))
    if not lower:
        return None
    share = (upper / lower * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    sums = (
        f"{' + '.join(map(vietnamese, values))} = {vietnamese(sum(values, Decimal(0)))}" for values in (above, below)
    )
    ratio = f"{vietnamese(upper)} / {vietnamese(lower)} × 100 = {vietnamese(share)}"
    computation = "; ".join((*sums, ratio))
    markers = [desk.proof.cite(replace(hit, chunk=item), item.body, item.footnotes) for item in items]
    cited = "".join(f"[{n}]" for n in dict.fromkeys(markers))
    line = f"{whose(best.unit, desk.asked.english)}: **{vietnamese(share)}%** ({computation}) {cited}."
    figure = AnswerFigure(
        part.label, share, vietnamese(share), "%", None, None, "result", chunk.place, chunk.period, True, tuple(markers)
    )
    return finish(desk, [line], (figure,), [best], computation)


def _labelled_alike(item: Chunk, like: Quantity) -> Quantity | None:
    """The figure of a list's item that the same words stand before and that is counted in the same unit."""
    words = fold(like.label.split(":")[-1]).split()[-_FEW_WORDS:]
    for quantity in quantities(item.text):
        here = fold(quantity.label.split(":")[-1]).split()[-_FEW_WORDS:]
        if quantity.value is not None and here == words and quantity.unit == like.unit:
            return quantity
    return None


_NUMBER = r"\d+(?:[.,]\d+)*"
_PAIR = re.compile(
    rf"(?<![\d/.,])({_NUMBER})(?:\s([^\W\d_]+(?:\s[^\W\d_]+)?))?\s?/\s?({_NUMBER})(?:\s\2\b)?(?![\d/.,])"
)


def _written_pair(unit: Unit) -> tuple[Quantity, Quantity] | None:
    """The part and the whole where a stretch writes just one such pair: "26/38 nội dung", "261 hồ sơ/913 hồ sơ"."""
    ratios = [q for q in unit.quantities if q.value is None and "/" in q.text]
    found = [m for m in _PAIR.finditer(unit.text) if m[2] or any(q.start == m.start() for q in ratios)]
    if len(found) != 1:
        return None
    part, whole = (replace(_NO_FIGURE, text=found[0][i], value=parse_number(found[0][i])) for i in (1, 3))
    return (part, whole) if part.value and whole.value and part.value < whole.value else None


_NO_FIGURE = Quantity("", None, None, None, "", "", 0, 0)


def _smaller(counts: Sequence[Quantity], whole: Quantity | None) -> list[Quantity]:
    """The figures that can be parts of a whole."""
    if whole is None or whole.value is None:
        return []
    return [q for q in counts if q.value is not None and q.value < whole.value and q.unit == whole.unit]


def _pair_of_one_unit(desk: Desk, counts: Sequence[Quantity]) -> tuple[Quantity, Quantity] | None:
    """The part and the whole where just two figures count the same thing, that thing being asked about."""
    pairs = []
    for unit in {q.unit for q in counts}:
        like = [q for q in counts if q.unit == unit]
        if len(like) == 2 and (len(counts) == 2 or (unit is not None and fold(unit) in desk.asked.folded)):
            pairs.append(like)
    if len(pairs) != 1:
        return None
    part, whole = sorted(pairs[0], key=lambda q: q.value or Decimal(0))
    return part, whole


_LED = re.compile(r"^\W*trong (?:số )?đó\b", re.IGNORECASE)


def _led_from(unit: Unit, counts: Sequence[Quantity]) -> Quantity | None:
    """The whole of which a stretch tells the parts ("Trong đó, …"): the largest figure of the sentence before it."""
    if not _LED.match(unit.text):
        return None
    before = unit.reading.text[: unit.start].rstrip()
    last = before[list(sentences(before))[-1][0] :] if before else ""
    wholes = [q for q in map(whole_of, quantities(last)) if q.value is not None and counts_alike(q, last)]
    whole = max(wholes, key=lambda q: q.value or Decimal(0), default=None)
    if whole is None or not any(
        q.unit and counts_alike(whole, abbreviations().get(fold(q.unit), q.unit)) for q in counts
    ):
        return None
    return replace(whole, unit=counts[0].unit)  # "HS" is told of "hồ sơ"


def _bracketed(desk: Desk, unit: Unit) -> tuple[Quantity, Quantity] | None:
    """The part that the question names and its whole, where a parenthesis right behind the whole tells all its parts:
    "12 vụ (04 tổ chức, 08 cá nhân)"."""
    figures = [q for q in unit.quantities if q.value is not None and not q.percent]
    for match in re.finditer(r"\(([^()]*)\)", unit.text):
        before = [q for q in figures if q.end <= match.start()]
        inside = [q for q in figures if match.start() < q.start < match.end()]
        if (
            not before
            or len(inside) < 2
            or sum((q.value or Decimal(0) for q in inside), Decimal(0)) != before[-1].value
        ):
            continue
        told = [desk.weigher.coverage(f"{q.noun} {q.unit or ''}")[2] for q in inside]
        named = [
            i for i, terms in enumerate(told) if terms - frozenset().union(*(t for j, t in enumerate(told) if j != i))
        ]
        if len(named) == 1:
            return inside[named[0]], before[-1]
    return None


_GIVEN = re.compile(r"\b(?:giao|tiếp nhận|tổng (?:số|cộng)|nhận)\b", re.IGNORECASE)


def _part_told(desk: Desk, text: str, counts: Sequence[Quantity]) -> tuple[Quantity, Quantity] | None:
    """The part whose words the question has and the whole that is told first as what was given or received, counting
    one thing: "59 nhiệm vụ được giao; đã xử lý đúng hạn 50 nhiệm vụ, còn 09"."""
    whole = next((q for q in counts if q.unit), None)
    parts = [q for q in _smaller(counts, whole) if q.start > whole.start] if whole is not None else []
    if whole is None or not parts:
        return None
    first = re.split(r"[;.]\s", text[: parts[0].start])[0]
    if not _GIVEN.search(first):
        return None
    told = desk.weigher.coverage(first)[2]
    clauses = [re.split(r"[;.]\s", text[: q.start])[-1] + q.noun for q in parts]
    worths = [(desk.weigher.worth(desk.weigher.coverage(c)[2] - told), q) for c, q in zip(clauses, parts, strict=True)]
    most, part = max(worths, key=lambda pair: pair[0], default=(0.0, None))
    return (part, whole) if part is not None and most > 0 else None


def _sum_of_others(counts: Sequence[Quantity]) -> Quantity | None:
    """The figure that the others of its unit add up to."""
    for q in counts:
        others = [o.value for o in counts if o is not q and o.unit == q.unit and o.value is not None]
        if len(others) >= 2 and sum(others, Decimal(0)) == q.value:
            return q
    return None


def _closest(desk: Desk, among: Sequence[Quantity], side: Callable[[int], bool]) -> Quantity | None:
    """The figure with the most of the question's words on one side of what parts it."""
    told = [(desk.weigher.coverage(f"{q.label} {q.noun}")[2], q) for q in among]
    # words that stand by none of the figures say where they are looked for, not which is meant
    spoken = frozenset[int]().union(*(terms for terms, _ in told))
    words = frozenset(i for i, t in enumerate(desk.asked.terms) if side(t.position)) & spoken
    scored = [(desk.weigher.worth(terms & words), q) for terms, q in told]
    best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] >= 0.3 * desk.weigher.worth(words) > 0 else None
