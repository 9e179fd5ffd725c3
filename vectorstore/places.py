"""What is written as a place: the provinces before and after July 2025, how they are related, and how a name is told
from the same words elsewhere ("hòa bình", "Thái Bình Dương", "xã Bình Dương", a person)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from vectorstore.vietnamese import fold, has_diacritics, read_table

MERGED_ON = date(2025, 7, 1)
"""The day from which the 63 provinces are 34."""


@dataclass(frozen=True, slots=True)
class Province:
    """A province as named before July 2025 and the one it belongs to since (`merged_into` is its own name if kept)."""

    name: str
    kind: str
    merged_into: str
    new_kind: str
    aliases: tuple[str, ...]
    informal: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A place by its name in the library, and where it is written. `name` is what the text calls it where that is
    another name ("Thừa Thiên Huế" for Huế)."""

    place: str
    start: int
    end: int
    name: str = ""


@cache
def provinces() -> dict[str, Province]:
    """Old name → province."""
    out: dict[str, Province] = {}
    for name, kind, new, new_kind, *more in read_table("provinces.tsv"):
        aliases, informal = (tuple(filter(None, cell.split(";"))) for cell in [*more, "", ""][:2])
        out[name] = Province(name, kind, new, new_kind, aliases, informal)
    return out


def successor(place: str) -> str | None:
    """The province of another name to which an old province belongs since July 2025."""
    province = provinces().get(place)
    return province.merged_into if province and province.merged_into != place else None


def absorbed(place: str) -> tuple[str, ...]:
    """The old provinces that a province of the same name has taken in since July 2025."""
    return tuple(p.name for p in provinces().values() if p.merged_into == place != p.name)


def with_kind(place: str, since_merger: bool = False) -> str:
    """A province with the word for what it is: "tỉnh Kon Tum", "thành phố Đà Nẵng"."""
    province = provinces().get(place)
    if province is None:
        return place
    return f"{province.new_kind if since_merger and province.merged_into == place else province.kind} {place}"


@cache
def _rules(rule: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(the names a rule holds for, its words) of `not_places.tsv`."""
    return tuple((row[1], tuple(row[2].split(";"))) for row in read_table("not_places.tsv") if row[0] == rule)


@cache
def _rule_words(rule: str) -> tuple[str, ...]:
    return tuple(word for _, words in _rules(rule) for word in words)


@cache
def _names(question: bool) -> dict[str, str]:
    """Spelling → province; the longer names that hold a province's lead to "", so that they are passed over whole."""
    names = dict.fromkeys(_rule_words("longer"), "")
    for province in provinces().values():
        for name in (province.name, *province.aliases, *(province.informal if question else ())):
            names[name] = province.name
            names[_late_tone(name)] = province.name
    return names


def _late_tone(name: str) -> str:
    """A name with the tone on the second vowel, as many write it: "Hòa Bình" → "Hoà Bình"."""
    marked = unicodedata.normalize("NFD", name)
    late = re.sub(r"(?i)(o)([\u0300\u0301\u0303\u0309\u0323])([ae])(?![^\W\d_])", r"\1\3\2", marked)
    return unicodedata.normalize("NFC", late)


_SEPARATOR = re.compile(r"[\s.\-–—]+")
_LOOSE = r"\s*(?:[-–—.]\s*)?"
_TIGHT = r"(?:\s+|[-–—])"


def _key(name: str) -> str:
    """A name for comparing: no diacritics, no capitals, blanks for dashes and dots."""
    return _SEPARATOR.sub(" ", fold(name)).strip()


@lru_cache(maxsize=16)
def _searched(
    known: tuple[str, ...], question: bool, folded: bool
) -> tuple[re.Pattern[str], dict[str, tuple[str, str]]]:
    """What finds the names of the provinces and of `known` places; and the place and the spelling listed for each name
    without diacritics. Where the list has a dash, or an abbreviation, the parts of a name may be joined in any way."""
    names = _names(question) | {place: place for place in known if place not in _names(question)}

    def spelled(name: str) -> str:
        parts = [re.escape(part) for part in _SEPARATOR.split(fold(name) if folded else name)]
        loose = "-" in name or any(part.isupper() and len(part) > 1 for part in name.split())
        return (_LOOSE if loose else _TIGHT).join(parts)

    union = "|".join(sorted({spelled(name) for name in names}, key=len, reverse=True))
    pattern = re.compile(rf"(?<![^\W_])(?:{union})(?![^\W_])", 0 if folded else re.IGNORECASE)
    return pattern, {_key(name): (place, name) for name, place in reversed(names.items())}


def find(text: str, known: tuple[str, ...] = (), question: bool = False) -> list[PlaceMention]:
    """The places named in `text`, left to right: provinces, and the `known` places of the library.

    In a document a name counts when each of its syllables is printed with a capital. In a question any case counts, and
    a question without diacritics is read without them.
    """
    folded = question and not has_diacritics(text)
    searched = fold(text) if folded else text
    pattern, listed = _searched(known, question, folded)
    found: list[PlaceMention] = []
    for match in pattern.finditer(searched):
        place, spelled = listed[_key(match[0])]
        if place and (place not in provinces() or _is_province(text, match, question, folded)):
            found.append(PlaceMention(place, match.start(), match.end(), _said(place, spelled)))
    return found


def _said(place: str, spelled: str) -> str:
    """The name under which a place is spoken of, where that is another one in full ("Thừa Thiên Huế")."""
    other = spelled.replace(" - ", " ")
    full = spelled.istitle() and len(spelled.split()) > len(place.split()) and _key(place) in _key(spelled)
    return other if full else ""


def _is_province(text: str, match: re.Match[str], question: bool, folded: bool) -> bool:
    """Whether a province's name stands for the province here, by its capitals and by what stands before it."""
    printed = text[match.start() : match.end()]
    capitals = all(syllable[0].isupper() for syllable in re.findall(r"[^\W\d_]+", printed))
    if not question and not capitals:
        return False
    before = text[: match.start()]
    if _ends_with(before, _rule_words("unless"), folded):
        return True
    for holds_for, words in _rules("behind_bare" if folded else "behind"):
        holds = holds_for == "*" or _key(printed) in {_key(name) for name in holds_for.split(";")}
        if holds and _ends_with(before, words, folded):
            return False
    if capitals and not printed.isupper() and _is_surname(before):
        return False
    ambiguous = {_key(word) for word in _rule_words("bare" if folded else "word")}
    if capitals or _key(printed) not in ambiguous:
        return True
    return printed.islower() and (not before.strip() or _ends_with(before, _rule_words("after"), folded))


def _ends_with(before: str, words: tuple[str, ...], folded: bool) -> bool:
    """Whether the text before a name ends in one of some words, in the same line or across a line's end."""
    tail = re.split(r"[^\w/ .]", _SEPARATOR.sub(" ", before[-40:]).rstrip().lower())[-1]
    tail = fold(tail) if folded else tail
    return any(tail.endswith(f" {word}") or tail == word for word in (fold(w) if folded else w for w in words))


_CAPITALISED_RUN = re.compile(r"(?:(?<![^\W_])[^\W\d_]+ ){1,3}$")


def _is_surname(before: str) -> bool:
    """Whether up to three capitalised syllables before a name begin with a surname, so that it ends a person's name."""
    run = _CAPITALISED_RUN.search(before[-30:])
    if run is None:
        return False
    syllables = run[0].split()
    while syllables and not syllables[0].istitle():
        syllables.pop(0)
    return bool(syllables) and all(s.istitle() for s in syllables) and syllables[0] in _rule_words("surname")


_MERGER = r"(?:sap nhap|hop nhat|sat nhap|nhap tinh)"
_SINCE = re.compile(
    rf"\b(?:(?:tu )?(?:sau|ke tu) (?:khi |ngay )?(?:(?:duoc )?{_MERGER}|0?1[/.-]0?7[/.-]2025)"
    rf"|moi (?:sau )?{_MERGER}|tu (?:ngay )?0?1[/.-]0?7[/.-]2025)\b"
)
_UNTIL = re.compile(rf"\btruoc (?:khi |ngay )?(?:{_MERGER}|0?1[/.-]0?7[/.-]2025|thang 0?7[/.-]2025)\b")
_BOTH = re.compile(rf"\b(?:truoc (?:va|hay|hoac) sau|sau (?:va|hay|hoac) truoc|truoc,? sau)(?: khi)? {_MERGER}\b")
# "Quảng Ngãi mới", but not "Quảng Ngãi mới ban hành kế hoạch"
_NEW = re.compile(
    r"\s*\(?(moi)\b\)?(?=\s*(?:$|[?.,;:)]|(?:co|la|dat|nam|sau|tu|thi|trong|gom|hien|bao|duoc|quy|dang)\b))"
)
_FORMER = re.compile(r"\s*\(?(cu|truoc day)\b\)?")


def era_said(text: str, mentions: list[PlaceMention]) -> tuple[str, list[tuple[int, int]]]:
    """Whether a question speaks of the provinces "before" or "after" the merger of July 2025, and where it says so;
    "" where it does not say, or names no province that the merger changed."""
    changed = [m for m in mentions if successor(m.place) or absorbed(m.place)]
    if not changed:
        return "", []
    folded = fold(text)
    if match := _BOTH.search(folded):
        return "", [match.span()]
    for era, pattern in (("after", _SINCE), ("before", _UNTIL)):
        if match := pattern.search(folded):
            return era, [match.span()]
    for mention in changed:
        if (match := _NEW.match(folded, mention.end)) and text[slice(*match.span(1))].lower() in ("mới", "moi"):
            return "after", [match.span()]
        if (match := _FORMER.match(folded, mention.end)) and text[slice(*match.span(1))].lower() != "cú":
            return "" if successor(mention.place) else "before", [match.span()]
    return "", []


def same(one: str | None, other: str | None) -> bool:
    """Whether two names mean one place ("Kon Tum" and "tỉnh Kon Tum", "TP.HCM" and "Hồ Chí Minh")."""
    if one is None or other is None:
        return False
    return _bare(one) == _bare(other)


@cache
def _bare(place: str) -> str:
    _, listed = _searched((), True, False)
    key = _key(place)
    bare = re.sub(r"^(?:tinh|thanh pho|tp|xa|phuong|huyen|thi xa|quan)\s+", "", key)
    for name in (key, bare):
        if listed.get(name, ("", ""))[0]:
            return _key(listed[name][0])
    return bare
