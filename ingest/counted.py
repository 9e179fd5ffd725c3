"""What a figure counts, in the words of its document: the indicator, and the field, level or kind of it.

A figure that stands in a list says too little by itself: it goes on from the figure before, or is a part of a whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest import bodies
from ingest.wording import GRADES, HANGING, LONGEST, MARK, Words, around, listed, listed_as_tuple, short, tells, tidy
from vectorstore.quantities import Quantity, unit_of
from vectorstore.records import Span, fold_space
from vectorstore.vietnamese import sentence_spans


@dataclass(frozen=True, slots=True)
class Counted:
    """What a figure counts: `label` and `noun` are its own words before and behind it."""

    indicator: str
    breakdown: str | None
    label: str
    noun: str
    unit: str | None
    body: str | None = None


def read(text: str, found: Sequence[Quantity], wholes: Sequence[int | None], field: str | None = None) -> list[Counted]:
    """What each figure of a passage counts; `wholes` as in `parts.wholes`, `field` that the passage is told of."""
    field = field or _field(text, found)
    spans = sentence_spans(text)
    out: list[Counted] = []
    for i in range(len(found)):
        sentence = next(((a, b) for a, b in spans if a <= found[i].start < b), (0, len(text)))
        own = _own(around(text, found, i, sentence))
        own = _going_on(text, found, i, sentence, own, out, wholes[i])
        out.append(_as_part(own, out, wholes[i], found, i) if wholes[i] is not None else _whole(own, field))
    out = [_of_ratio(c, q) for c, q in zip(out, found, strict=True)]
    _give_units(text, found, out)
    return [_as_part(c, out, w, found, i) if (w := wholes[i]) is not None and w > i else c for i, c in enumerate(out)]


def _of_ratio(own: Counted, q: Quantity) -> Counted:
    """A ratio is of what its label begins with ("Biên chế công chức 52/55"), a score of points ("4,21/5")."""
    if own.unit is None and re.fullmatch(r"\d+,\d+\s?/\s?\d+", q.text):
        return replace(own, unit="điểm")
    silent = own.unit is None and q.value is None and "/" in q.text and not own.noun
    return replace(own, unit=unit_of(own.label)) if silent else own


def _give_units(text: str, found: Sequence[Quantity], out: list[Counted]) -> None:
    """A unit that is said once: behind the last of a list ("y sĩ 20, dược sĩ 11 và kế toán 4 thẻ"), before a change
    ("giảm từ 12 hồ sơ xuống còn 5")."""
    for i in range(len(out) - 2, -1, -1):
        between = text[found[i].end : found[i + 1].start]
        listed_next = out[i].label and _NEXT_OF_LIST.fullmatch(between)
        if out[i].unit is None and not out[i].noun and (listed_next or _UP_TO.fullmatch(between)):
            out[i] = replace(out[i], unit=out[i + 1].unit if found[i + 1].unit != "%" else None)
    for i in range(1, len(out)):
        between = text[found[i - 1].end : found[i].start]
        changed = text[: found[i - 1].start].rstrip().endswith("từ") and _CHANGES.fullmatch(between)
        if out[i].unit is None and changed:
            out[i] = replace(out[i], unit=out[i - 1].unit)
        if out[i].unit is None and not found[i].percent and not out[i].noun and _is_state(out[i].label):
            same = text[max(text.rfind(". ", 0, found[i].start), 0) : found[i].start]
            start = found[i].start - len(same)
            units = [c.unit for c, f in zip(out[:i], found, strict=False) if f.start >= start and not f.percent]
            out[i] = replace(out[i], unit=next((u for u in units if u), None))  # "nhận 20 hồ sơ; đã trả 11, còn 9"
        per = (out[i - 1].unit or "").partition("/")[2]
        if out[i].unit is None and per and _TIMES.fullmatch(between):
            out[i] = replace(out[i], unit=per)  # "500 đồng/hồ sơ x 120"


def _is_state(label: str) -> bool:
    return f"{label.lower()} ".startswith(tuple(f"{word} " for word in (*listed("state"), *listed("way"))))


_CHANGES = re.compile(r"[^,;.()\d]{0,30}\b(?:lên|xuống|còn|thành)\b[^,;.()\d]{0,15}", re.IGNORECASE)
_UP_TO = re.compile(r"\s*(?:đến|tới|lên|lên thành|xuống|xuống còn|còn)\s*", re.IGNORECASE)
_TIMES = re.compile(r"[^\d()]*\s[x×*]\s*")
_NEXT_OF_LIST = re.compile(r"(?:\s*,|\s+và)\s+(?:[^\W\d_]+\s+){1,6}", re.IGNORECASE)


def row_cell(counted: Counted, head: str, subject: str) -> Counted:
    """What a cell's figure counts: its own words, else its column's head; the row's subject is the breakdown."""
    kinds = bool(subject) and subject != counted.indicator
    words = re.sub(rf"^{re.escape(counted.unit or '')}(?![^\W_])", "", counted.indicator, flags=re.IGNORECASE)
    if len(words.split()) >= 2:
        return replace(counted, breakdown=counted.breakdown or (subject if kinds else None))
    name = tidy(re.sub(r"\([^()]*\)", " ", head.split(" – ")[-1]))
    body = bodies.begins_one(subject) and not tells(subject)
    tells_nothing = set(re.split(r",\s*|\s+và\s+|\s*/\s*", name.lower())) <= listed("head")
    if not name or ((tells_nothing or re.search(r"\b(?:19|20)\d{2}\b", name)) and not body):
        return replace(counted, indicator=short(subject or counted.indicator or name, LONGEST))
    return replace(counted, indicator=short(name, LONGEST), breakdown=subject or None)


def _own(words: Words) -> Counted:
    """A figure by its own words alone."""
    label, unit = words.label, words.unit or unit_in(words.label)
    unit = unit or ("điểm" if label.lower().startswith("điểm ") else None)
    named = words.noun or (unit if unit not in (None, "%") else "") or ""
    if label and (words.measured or ((unit or "").endswith(("đồng", "USD")) and named == (unit or ""))):
        named = ""  # "Chỉ số … đạt 81 điểm", "Kinh phí là 5 tỷ đồng"
    if label and named.lower() == (unit or "").lower() and re.search(rf"\b{re.escape(named)}\b", label, re.IGNORECASE):
        named = ""  # "Số TTHC đề nghị bãi bỏ: 0 TTHC"
    return Counted(_joined(label, named), None, label, words.noun, unit, words.body)


def _going_on(
    text: str,
    found: Sequence[Quantity],
    i: int,
    sentence: Span,
    own: Counted,
    out: Sequence[Counted],
    whole: int | None,
) -> Counted:
    """A figure whose own words say too little, with those of the figure before that it goes on from."""
    if not i or (whole is not None and (own.label or own.noun)):
        return own
    last, before, q = out[-1], found[i - 1], found[i]
    if sentence[0] > before.start:
        like = (c for c, other in zip(reversed(out), reversed(found[:i]), strict=True) if other.unit == q.unit)
        compared = own.label.lower() in listed("compared")
        return _told_of(own, q, next(like, last), "", depends=compared or _depends(own, q))
    between = text[before.end : q.start]
    if not own.label and between.rstrip().endswith("="):
        first = next((c for c, f in zip(out, found, strict=False) if f.start >= sentence[0] and c.label), last)
        return replace(own, indicator=first.label or first.indicator, label=first.label)  # "500 đồng x 12 = 6.000 đồng"
    if own.label.lower() in listed("compared"):
        of = _compared(out, found[:i], q)
        return _told_of(replace(own, unit=own.unit or of.unit), q, of, "", depends=True)
    bare = own.noun.lower() in ("", (own.unit or "").lower())
    if own.label.lower() in listed("verb") and bare and (own.unit or "đồng").endswith("đồng") and not before.percent:
        return replace(own, indicator=f"{last.indicator} – {own.label}")  # "dự toán 12 tỷ đồng, đã chi 5 tỷ đồng"
    if bare and (then := _THEN.search(between)) is not None:
        of = _compared(out, found[:i], q)
        return replace(own, indicator=f"{of.indicator} – {then[1].lower()}")
    for_whom = not own.label and bare and own.noun and re.fullmatch(r"[^,;.:()]*\b(?:cho|từ)\s*", between)
    if for_whom and whole is None and last.indicator:
        return replace(own, indicator=f"{last.indicator} – {own.noun}")  # "04 lớp tập huấn cho 250 người"
    aside = not own.label and between.endswith("(") and len(own.noun.split()) <= 3 and own.unit != last.unit
    if aside and not (q.percent or before.percent) and whole is None and last.indicator:
        return replace(own, indicator=f"{last.indicator} – {own.noun}")  # "01 hội nghị (58 người dự)"
    open_end = not own.label and own.noun and last.label and whole is None and not (q.percent or before.percent)
    if open_end and _LISTED.search(between) and not _PARTED.search(between):  # "ban hành 17 kế hoạch, 06 tờ trình"
        return replace(own, label=last.label, indicator=_joined(last.label, own.noun), body=last.body)
    if own.unit is None and own.label.lower().startswith("còn"):
        own = replace(own, unit=last.unit)  # what is left of the same
    if own.label.lower().startswith(_WHERE) and " tại " in last.indicator and before.percent == q.percent:
        return replace(own, indicator=last.indicator.partition(" tại ")[0], breakdown=own.label)
    changed = own.label.lower() in listed("change") and text[: before.start].rstrip().endswith("từ")
    same = (last.unit or "").startswith(q.unit or "") or (q.unit or "").startswith(last.unit or "-")
    depends = same if changed else _depends(own, q)  # "từ 25 ngày xuống còn 23"
    return _told_of(own, q, last, last.breakdown or "", depends)


def _compared(out: Sequence[Counted], found: Sequence[Quantity], q: Quantity) -> Counted:
    """What a figure is compared with: the last before it in the same unit that tells of no change."""
    earlier = list(zip(reversed(out), reversed(found), strict=True))
    same = [c for c, f in earlier if f.unit == q.unit or (q.unit is None and not f.percent)]
    alike = [c for c in same if not c.indicator.lower().startswith(("tăng", "giảm"))]
    return next((c for c in alike if not _OF_ANOTHER.search(c.indicator)), alike[0] if alike else out[-1])


_OF_ANOTHER = re.compile(r"\bcùng kỳ\b| – năm \d{4}$", re.IGNORECASE)
_THEN = re.compile(r"\b(cùng kỳ|(?<=so với )năm \d{4})[^(),;.]*\(\s*$", re.IGNORECASE)
_LISTED = re.compile(r"(?:,|\bvà|\bcùng)\s*$")
_PARTED = re.compile(r"[();…]|\bvới\b")


def _told_of(own: Counted, q: Quantity, earlier: Counted, kind: str, depends: bool) -> Counted:
    """A figure that says nothing of what it is, told of an earlier one, or of the kind that that counts."""
    noun = own.noun.lower()
    share = q.percent and noun.startswith(_WHOLES)
    bare = share or noun in ("", (own.unit or "").lower()) or noun.startswith("so ")
    silent = not own.label and (q.percent or q.unit in GRADES or not own.noun)
    told = kind or earlier.indicator
    if not told or not bare or not (depends or silent):
        return own
    if own.unit is None and silent and not own.noun and "/" not in (earlier.unit or ""):
        own = replace(own, unit=earlier.unit)
    added = _joined(own.label, own.noun) if share else own.label if depends else ""
    return replace(own, indicator=f"{told} – {added}" if added else told)


_WHERE = ("tại ", "ở ", "đối với ", "riêng ")
"""With what words another place or kind begins, for which the same is measured: "tại các đơn vị còn lại đạt 80%"."""
_WHOLES = ("kế hoạch", "chỉ tiêu", "so với", "cùng kỳ", "dự toán", "tổng số ", "tổng vốn", "tổng kinh phí")
"""What a share is told of that was counted before: "đạt 62,5% kế hoạch năm"."""


def _depends(own: Counted, q: Quantity) -> bool:
    """Whether a figure is told of the one before it: "chiếm 40%", "tăng 1,5%"."""
    label = own.label.lower()
    told = label in listed("depends") or label.startswith(("tăng ", "giảm ", "chiếm "))
    return told and (q.percent or q.unit in GRADES or not own.noun)


def _whole(own: Counted, field: str | None) -> Counted:
    kind = _kind(own)
    if kind and field and kind.lower().startswith("lĩnh vực") and field.lower().startswith("lĩnh vực"):
        field = None  # another one has begun
    kinds = dict.fromkeys(k for k in (field, own.breakdown, _local(own.body), kind) if k)
    return replace(own, breakdown=" – ".join(kinds)) if kinds else own


_LOCAL = re.compile(r"(?i:huyện|quận|thị xã|thành phố|xã|phường|thị trấn)\s+[A-ZÀ-ỸĐ]\S*(?:\s+[A-ZÀ-ỸĐ]\S*)*")


def _local(body: str | None) -> str | None:
    """The district or commune that is a figure's subject."""
    return body if body and _LOCAL.fullmatch(body) else None


def _as_part(own: Counted, out: Sequence[Counted], whole: int | None, found: Sequence[Quantity], i: int) -> Counted:
    """A part: what the whole counts, of the kind that its own words name; a state is counted for itself."""
    if whole is None or whole >= len(out):
        return own
    of = out[whole]
    plain = own.noun.lower() in ("", (found[i].unit or "").lower())
    alike = own.unit == of.unit
    words = HANGING.sub("", own.label if plain and (own.label or alike) else _joined(own.label, own.noun))
    if not words:
        return replace(own, indicator=of.indicator, breakdown=of.breakdown, unit=own.unit or of.unit)
    unit = found[i].unit or ""
    behind = own.noun[len(unit) :].lstrip() if own.noun.lower().startswith(unit.lower()) else own.noun
    if (own.label or behind).lower().startswith(listed_as_tuple("state")):
        return replace(own, breakdown=of.breakdown, unit=own.unit or of.unit)
    breakdown = " – ".join(dict.fromkeys(k for k in (of.breakdown, words) if k))
    return replace(own, indicator=of.indicator, breakdown=breakdown, unit=own.unit or of.unit)


def _field(text: str, found: Sequence[Quantity]) -> str | None:
    """The field that an item is about: "+ Lĩnh vực Dược: tiếp nhận …"."""
    if not found:
        return None
    head, colon, _ = MARK.sub("", text[: found[0].start]).partition(":")
    name = fold_space(head)
    named = colon and len(name) <= 100 and name.lower().startswith(listed_as_tuple("kind"))
    return name if named and not tells(name) else None


_KIND = re.compile(
    r"(?<!các )(?<!mọi )(?<!những )\blĩnh vực\s+(?!của\b|này\b|vi phạm\b)"
    r"(?:(?!(?:được|tại|của|trong|là|do|có|theo|để|đã|với|trên|phục vụ|ngành nghề)\b)[^\s,;:.()]+\s*){1,7}"
    r"|\bcấp (?:tỉnh|huyện|xã|trung ương)\b",
    re.IGNORECASE,
)


def _kind(own: Counted) -> str | None:
    for words in (own.noun, own.label):
        if ("vực" in words or "ấp" in words) and (match := _KIND.search(words)):
            return fold_space(match[0])
    return None


def _joined(label: str, noun: str) -> str:
    return " ".join(part for part in (label, noun) if part)


def is_serial(head: str) -> bool:
    """Whether a column holds the numbers of the rows."""
    name = fold_space(head).strip(" .:*_").lower()
    return name in listed("serial") or name.startswith(("mã số ", "mã thủ tục ", "mã tthc"))


def unit_of_head(head: str) -> str | None:
    """The unit that a column's head gives its figures: "Tỷ lệ (%)", "Số hồ sơ", "Kinh phí (triệu đồng)"."""
    if "%" in head or re.search(r"\btỷ lệ\b", head, re.IGNORECASE):
        return "%"
    inside = re.search(r"\(\s*(?:đvt|đơn vị tính|đơn vị)?\s*:?\s*([^()]+)\)", head, re.IGNORECASE)
    said = unit_of(inside[1].strip()) if inside else None
    return said or unit_in(head)


def unit_of_caption(caption: str) -> str | None:
    """The unit of the cells of a table whose heads name none: "(ĐVT: hồ sơ)", "Kết quả giải quyết hồ sơ"."""
    if (said := _UNIT_SAID.search(caption)) is not None:
        return unit_of(said[1].strip())
    named = (unit_of(caption[match.end() :]) for match in _DONE_TO.finditer(caption))
    return next((unit for unit in named if unit), None)


_UNIT_SAID = re.compile(r"\b(?:đvt|đơn vị tính|đơn vị)\s*:\s*([^().;]+)", re.IGNORECASE)
_DONE_TO = re.compile(r"\b(?:số|số lượng|giải quyết|tiếp nhận|xử lý|nhận|trả|thực hiện|nộp)\s+(?=\w)", re.IGNORECASE)


def names_state(head: str) -> bool:
    """Whether the head of a column names only the state in which what its caption names is: "Quá hạn", "Trực tuyến"."""
    name = re.sub(r"^(?:trong đó|tổng số|tổng|số)\b[\s:]*", "", fold_space(head).strip(" .:*_–-").lower())
    return not name or name.startswith((*listed("state"), *listed("way"))) or name in listed("head")


def unit_in(label: str) -> str | None:
    """The unit of a figure that has none behind it, where what is counted is named so: "Tổng số đơn …: 16"."""
    match = _NUMBER_OF.match(label) if "số " in label.lower() else None
    return unit_of(label[match.end() :]) if match else None


_NUMBER_OF = re.compile(r"(?:.*\b)?(?:tổng )?số (?:lượng )?(?=\w)", re.IGNORECASE)
