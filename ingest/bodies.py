"""The body that issues a document: read from the capitals of its head, and written as names of bodies are.

The forms are those of Nghị định 30/2020/NĐ-CP (the body above the line, its superior above it; phụ lục II: what is
written with a capital) and, for the Party, of Hướng dẫn 36-HD/VPTW: the superior committee above, the body below.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from vectorstore import places
from vectorstore.records import fold_space
from vectorstore.vietnamese import fold, read_table

_KINDS = {kind: how for kind, how, *_ in read_table("body_kinds.tsv")}
_WITHIN_OTHERS = [kind for kind, *rest in read_table("body_kinds.tsv") if "within" in rest]


def _any_of(kinds: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(sorted(kinds, key=len, reverse=True))})(?!\w)", re.IGNORECASE)


_KIND = _any_of(_KINDS)
_WITHIN = _any_of(_WITHIN_OTHERS)
_UNIT = re.compile(
    r"(?:tỉnh|thành phố|tp\.?|huyện|quận|thị xã|thị trấn|xã|phường|đặc khu|khu vực)(?!\w)(?!\s+(?:ủy|uỷ)\b)",
    re.IGNORECASE,
)
_LOCAL_UNIT = re.compile(r"\b(?:huyện|quận|thị xã|thị trấn|xã|phường|đặc khu)\s+\w", re.IGNORECASE)
_LOCAL_NAME = re.compile(r"\b(?:huyện|quận|thị xã|thị trấn|xã|phường|đặc khu) [^\W\d_].*$")
_PARTY = re.compile(r"(?:TỈNH|THÀNH|HUYỆN|QUẬN|THỊ|ĐẢNG) (?:ỦY|UỶ)\b|ĐẢNG BỘ\b|CHI BỘ\b")
_INNER = re.compile(r"(?P<unit>VĂN PHÒNG|THANH TRA|PHÒNG\b.*)\s+SỞ|VĂN PHÒNG")
_PARTS = re.compile(r"\s+[-–]\s*(?=(?:SỞ|BỘ|BAN|(?:ỦY|UỶ) BAN|HỘI|CÔNG AN|VĂN PHÒNG|THANH TRA|TÒA|VIỆN)\b)")
_SIDE_BY_SIDE = re.compile(r"(?<=\w) (?=(?:SỞ|CHI CỤC|TRUNG TÂM|BỆNH VIỆN) )")  # in one cell of a head in a table


def above(lines: list[str]) -> list[str]:
    """The bodies named in the capitals of a head, from the superior down; a name broken into lines made whole."""
    out: list[str] = []
    for line in lines:
        if not line.isupper() or not re.search(r"\w{2}", line):
            continue
        begins = _KIND.match(line) is not None
        joined = out and (not begins or re.search(r"(?:[-–,]|\bVÀ|\bCỦA)$", out[-1]))
        if joined:
            out[-1] = f"{out[-1]} {line}"
        elif begins:
            out += _SIDE_BY_SIDE.split(line)
    return [fold_space(body) for body in out]


def begins_one(line: str) -> bool:
    """Whether a line begins as a body's name does."""
    return _KIND.match(line) is not None


def is_kind(name: str) -> bool:
    """Whether a name is that of a kind of body and of none ("Bệnh viện")."""
    return fold_space(name).lower() in {kind.lower() for kind in _KINDS}


def is_local_unit(body: str) -> bool:
    """Whether a body is named after a commune or a district."""
    return _LOCAL_UNIT.search(body) is not None


def issuer(text: str, named: list[str], number: str | None, place: str | None) -> str | None:
    """The body that issues: the last named in the head, else the one that the number's symbol stands for."""
    if named:
        body = named[-1]
        parent = named[-2] if len(named) > 1 else ""
        if parent and (inner := _INNER.fullmatch(body)):
            name = f"{written(text, inner['unit'] or body)} {written(text, parent)}"
        elif parent and _PARTY.match(parent):
            name = f"{written(text, body)} {written(text, parent)}"
        else:
            name = " - ".join(written(text, part) for part in _PARTS.split(body))
        if under_central(named) or is_local_unit(name):
            return name
        if parent and (district := _LOCAL_NAME.search(written(text, parent))):
            return f"{name} {district[0]}"
        return _with_province(name, place)
    if number:
        symbol = re.sub(r"\d+$", "", re.split(r"[-–]", number)[-1].split("/")[-1].split(".")[0].strip())
        for abbreviation, name, reach in (row[:3] for row in read_table("bodies.tsv")):
            if symbol == abbreviation:
                return _with_province(name, place) if reach == "local" else name
    return None


def under_central(named: list[str]) -> bool:
    """Whether one of the bodies named in a head belongs to no province, so that those below it don't either."""
    return any(is_central(written("", body)) for body in named)


def _with_province(name: str, place: str | None) -> str:
    """A body's name with its province, where the name itself has none."""
    if not place or places.find(name) or is_central(name):
        return name
    known = places.find(place)
    said = _former(place) or places.with_kind(known[0].place if known else place)
    return f"{re.sub(r' (?:tỉnh|thành phố)$', '', name)} {said}"


def _former(place: str) -> str:
    """A province under a name that it no longer has was one of the kind "tỉnh"."""
    known = places.find(place)
    return f"tỉnh {place}" if known and known[0].name == place else ""


def is_central(body: str | None) -> bool:
    """Whether a body belongs to no province."""
    if body is None:
        return False
    central = {row[1].casefold() for row in read_table("bodies.tsv") if row[2] == "central"}
    if body.casefold() in central or re.search(r"\b(?:cua chinh phu|trung uong|viet nam)$", fold(body)):
        return True
    return body.startswith("Bộ ") and not places.find(body)


def written(text: str, upper: str) -> str:
    """A name in capitals as it is written: as the bodies' list or the document itself spells it, else by rule."""
    known = {fold(row[1]): row[1] for row in read_table("bodies.tsv")}
    for size in range(len(upper.split()), 0, -1):  # compared without diacritics, which a scan often gets wrong
        head, rest = " ".join(upper.split()[:size]), " ".join(upper.split()[size:])
        if fold(head) in known and (not rest or _UNIT.match(rest) or places.find(rest)):
            return f"{known[fold(head)]} {_cased(rest, inner=True)}".strip()
        if fold(head) in known and rest.startswith("CỦA "):
            return f"{known[fold(head)]} của {written(text, rest[4:])}"
    return _spelled_in(text, upper) or _cased(upper)


def _spelled_in(text: str, upper: str) -> str | None:
    """The name as it stands elsewhere in the document in small letters."""
    pattern = r"\s+".join(map(re.escape, upper.split()))
    for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE):
        said = fold_space(match[0])
        kind = _KIND.match(said)
        rest = said[kind.end() :].strip() if kind else ""
        if said[0].isupper() and said.count(" ") > 1 and not said.isupper() and rest[:1].isupper():
            return said
    return None


_WORD = re.compile(r"\w+|\W+")


def _cased(upper: str, inner: bool = False) -> str:
    """Capitals by rule: the kind of body and the first word of its field begin with one, and so do names of places."""
    out: list[str] = []
    named = {m.start: m.end for m in places.find(upper)}
    begins = not inner  # whether the next word does with a capital
    fields = local = False
    at = 0
    while at < len(upper):
        start = at
        if start in named:
            at = named[start]
            out.append(_titled(upper[start:at]))
            continue
        if unit := _UNIT.match(upper, start):
            at, begins, local = unit.end(), False, True
            out.append(unit[0] if unit[0].startswith("TP") else unit[0].lower())
        elif kind := (_WITHIN if start else _KIND).match(upper, start):
            at, local = kind.end(), False
            said = kind[0].lower()
            out.append(kind[0] if said in _SHORT else said[0].upper() + said[1:])
            fields, begins = _KINDS[said] == "fields", _KINDS[said] != "whole"
        else:
            word = _WORD.match(upper, start)
            at = word.end() if word else start + 1
            said = upper[start:at].lower()
            if not said[0].isalnum():
                begins = begins or (fields and not said.isspace())
            else:
                capital = local or (begins and said not in _SMALL)
                begins = (fields and said == "và") or (begins and said in _SMALL)
                said = said[0].upper() + said[1:] if capital else said
            out.append(said)
    name = re.sub(r"\bviệt nam\b", "Việt Nam", "".join(out), flags=re.IGNORECASE)
    return name if inner else name[:1].upper() + name[1:]


_SMALL = ("và", "của", "ngành", "các")
_SHORT = ("ubnd", "hđnd")


def _titled(name: str) -> str:
    """A place's name in capitals as it is written; an abbreviation stays."""
    return re.sub(r"[^\W\d_]+", lambda m: m[0] if m[0] in ("TP", "HCM", "TPHCM", "VT", "BR") else m[0].title(), name)
