"""Names that don't belong: a document's type or body against its symbol, a province that is not the report's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from vectorstore import places
from vectorstore.audit.stretch import CAPITAL, Stretch, place
from vectorstore.quantities import Reference
from vectorstore.records import Chunk, Finding
from vectorstore.vietnamese import fold, read_table

_TYPES = frozenset({"NĐ", "NQ", "QĐ", "KH", "BC", "TB", "TTr", "KL"})
"""Abbreviations of types that stand for nothing else in a symbol ("TT" is a centre too, "CT" a company)."""


def symbols(stretch: Stretch) -> Iterator[Finding]:
    """ "Thông báo số 12/QĐ-SNV", "Thông tư số 4/2021/TT-BNV … của Bộ Tài chính"."""
    for reference in stretch.references:
        faults = [*_wrong_type(reference), *_wrong_body(stretch.text, reference)]
        if faults:
            printed = stretch.text[reference.start : reference.end].strip()
            yield stretch.error(f"Nguồn ghi «{printed}», nhưng {'; '.join(faults)}")


def _tokens(number: str) -> list[str]:
    return [t for t in re.split(r"[/&–-]", number) if t and not t[0].isdigit()]


def _wrong_type(reference: Reference) -> Iterator[str]:
    own = _abbreviations().get(fold(reference.type)) if reference.type else None
    tokens = _tokens(reference.number)
    if own is None or not tokens:
        return
    said = {fold(a): a for a in _TYPES}.get(fold(tokens[0]))
    if said is not None and said != own:
        named = next(name for name, a in _types() if a == said)
        yield f"ký hiệu {tokens[0]} là của {named}, không phải {reference.type[0].upper()}{reference.type[1:].lower()}"


@cache
def _types() -> tuple[tuple[str, str], ...]:
    return tuple((row[0], row[1]) for row in read_table("document_types.tsv") if len(row) > 1 and row[1])


@cache
def _abbreviations() -> dict[str, str]:
    """Type → abbreviation, of the types that have one of their own: the Party's "Quy định" are numbered "QĐ" too."""
    strict = {"Nghị định", "Nghị quyết", "Quyết định", "Thông tư", "Thông báo", "Kế hoạch", "Báo cáo", "Chỉ thị"}
    strict |= {"Tờ trình", "Kết luận", "Công điện"}
    return {fold(name): abbreviation for name, abbreviation in _types() if name in strict}


_PARTY = {"Tỉnh ủy": "TU", "Thành ủy": "TU", "Bộ Chính trị": "TW", "Ban Bí thư": "TW"}
_TOGETHER = (
    frozenset({"CP", "TTg", "VPCP"}),
    frozenset({"QH", "UBTVQH", "VPQH", "CTN"}),
    frozenset({"UBND", "VP", "VPUBND"}),
)
_OF_BODY = re.compile(
    r"\s*,?\s*của (?:(?:Bộ trưởng,? ?|Giám đốc |Chủ tịch |Thủ trưởng |Chủ nhiệm |Ban Thường vụ )*)(?=\S)"
)


def _wrong_body(text: str, reference: Reference) -> Iterator[str]:
    said = _OF_BODY.match(text, reference.end)
    if said is None:
        return
    names = _bodies()
    name = next((n for n in sorted(names, key=len, reverse=True) if text.startswith(n, said.end())), None)
    if name is None or text[said.end() + len(name) :][:1].isalpha():
        return
    by_abbreviation = {a: n for n, a in names.items()}
    by_abbreviation["TW"] = "Trung ương"
    own = [t for t in _tokens(reference.number) if t in by_abbreviation]
    wanted = names[name]
    if not own or wanted in own or any({wanted, *own} <= group for group in _TOGETHER):
        return
    yield f"ký hiệu {own[-1]} là của {by_abbreviation[own[-1]]}, không phải {name}"


@cache
def _bodies() -> dict[str, str]:
    """Names of bodies with the abbreviation in the symbols of their documents."""
    names = {row[1]: row[0] for row in read_table("bodies.tsv")}
    return {"UBND": "UBND", "HĐND": "HĐND"} | _PARTY | names


_OWN_BODY = re.compile(
    r"(?:\b[Nn]gành(?: [^\W\d_]+){1,3}?|\bSở (?:\w+ ?){1,5}?|\bUBND|\bỦy ban nhân dân|\bHĐND|\bHội đồng nhân dân"
    r"|\b[Tt]rên địa bàn)(?: tỉnh| thành phố| TP\.?)?\s*$"
)
_BODY = re.compile(
    rf"(?:\b[Nn]gành|\bSở|\bUBND|\bHĐND|nhân dân|địa bàn)\b(?:\s[^\W\d_]+){{0,6}}?\s(?:tỉnh |thành phố |TP\.? ?)?"
    rf"{CAPITAL}"
)
_DOES = re.compile(
    r"\s*(?:luôn |cũng )?(?:đã|đang|tiếp tục|chủ động|tích cực|báo cáo|ban hành|xây dựng|thực hiện|triển khai|tổ chức|"
    r"xác định|phấn đấu)\b"
)
_ELSEWHERE = re.compile(
    r"học tập|kinh nghiệm|tham quan|phối hợp|so với|đoàn|các tỉnh|tỉnh bạn|giáp|chuyển|hợp tác|liên kết|làm việc với|"
    r"hỗ trợ|trước đây|\bcũ\b|sáp nhập|hợp nhất|đứng đầu|dẫn đầu|xếp|mô hình của|hội thảo|hội nghị",
    re.I,
)


def of_another_place(chunks: Sequence[Chunk], told: Sequence[Stretch]) -> Iterator[Finding]:
    """A report's own body or area under the name of another province, once or twice, where it is
    right everywhere else."""
    for own, members in _by_place(chunks):
        owned = sum(chunk.text.count(own) for chunk in members)
        if owned < 3:
            continue
        for chunk in members:
            if _BODY.search(chunk.text) is None or not _names_another(chunk.text, own):
                continue
            for mention in places.find(chunk.text):
                name = chunk.text[mention.start : mention.end]
                if mention.place == own or sum(other.text.count(name) for other in members) > 1 + (owned >= 8):
                    continue
                if _related(own, mention.place) or not _speaks_of_own(chunk, mention, own):
                    continue
                printed = chunk.text[max(0, mention.start - 30) : mention.end].split(" ", 1)[-1]
                yield Finding(
                    "source_error",
                    f"Nguồn viết về {own} nhưng có chỗ ghi «… {printed}» ở {place(chunk)}.",
                    ((chunk, ()),),
                )


@cache
def _other_names(own: str) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(name) for name in places.provinces() if name != own))


def _names_another(text: str, own: str) -> bool:
    return _other_names(own).search(text) is not None


def _by_place(chunks: Sequence[Chunk]) -> list[tuple[str, list[Chunk]]]:
    """The passages of each province that the document, or one of its articles, is about."""
    groups: dict[tuple[str, str], list[Chunk]] = {}
    several = len({chunk.place for chunk in chunks}) > 1
    for chunk in chunks:
        if chunk.place in places.provinces() and chunk.kind not in ("head", "signature"):
            article = chunk.section[0] if several and chunk.section else ""
            groups.setdefault((chunk.place or "", article), []).append(chunk)
    return [(own, members) for (own, _), members in groups.items()]


def _related(one: str, other: str) -> bool:
    provinces = places.provinces()
    if one not in provinces or other not in provinces:
        return True
    return provinces[one].merged_into == provinces[other].merged_into


def _speaks_of_own(chunk: Chunk, mention: places.PlaceMention, own: str) -> bool:
    text = chunk.text
    stretch = Stretch(chunk, text)
    start, end = stretch.sentence(mention.start)
    before = _OWN_BODY.search(text[start : mention.start])
    if before is None or _ELSEWHERE.search(text[start:end]):
        return False
    others = {m.place for m in places.find(text[start:end])} - {own, mention.place}
    area = "địa bàn" in before[0]
    of_its_document = re.search(r"\bcủa (?:Chủ tịch )?$", text[start : start + before.start()]) is not None and any(
        start <= r.start < mention.start for r in stretch.references
    )
    return not others and (area or of_its_document or _DOES.match(text, mention.end) is not None)
