"""What is written as a place: the provinces before and after July 2025, and how bodies are tied to them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from vectorstore.vietnamese import fold, has_diacritics, read_table


@dataclass(frozen=True, slots=True)
class Province:
    """A province as named before July 2025 and the one it belongs to since (`merged_into` is its own name if kept)."""

    name: str
    kind: str
    merged_into: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A place by its name in the library, and where it is written."""

    place: str
    start: int
    end: int


@cache
def provinces() -> dict[str, Province]:
    """Old name → province."""
    out: dict[str, Province] = {}
    for name, kind, new, _new_kind, *more in read_table("provinces.tsv"):
        aliases = tuple(alias for alias in (more[0].split(";") if more else ()) if alias)
        out[name] = Province(name, kind, new, aliases)
    return out


@cache
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for province in provinces().values():
        for name in (province.name, *province.aliases):
            names[name] = province.name
            names[_late_tone(name)] = province.name
    return names


def _late_tone(name: str) -> str:
    """A name with the tone on the second vowel, as many write it: "Hòa Bình" → "Hoà Bình"."""
    marked = unicodedata.normalize("NFD", name)
    late = re.sub(r"(?i)(o)([\u0300\u0301\u0303\u0309\u0323])([ae])(?![^\W\d_])", r"\1\3\2", marked)
    return unicodedata.normalize("NFC", late)


@cache
def _spellings(known: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The names of provinces and of the `known` places; and what each is in the library by its folded spelling."""
    names = {**_names(), **{place: place for place in known if place not in _names()}}
    return tuple(names), {fold(name): place for name, place in names.items()}


@cache
def _pattern(names: tuple[str, ...], folded: bool) -> re.Pattern[str]:
    spelled = sorted({fold(n) if folded else n for n in names}, key=len, reverse=True)
    union = "|".join(re.escape(n).replace(r"\ ", r"\s+") for n in spelled)
    return re.compile(rf"(?<![^\W_])(?:{union})(?![^\W_])", 0 if folded else re.IGNORECASE)


def find(text: str, known: tuple[str, ...] = (), question: bool = False) -> list[PlaceMention]:
    """The places named in `text`, left to right: provinces, and the `known` places of the library.

    In a document a name counts when each of its syllables is printed with a capital. In a question any case counts, and
    a question without diacritics is read without them.
    """
    names, by_spelling = _spellings(known)
    folded = question and not has_diacritics(text)
    searched = fold(text) if folded else text
    found: list[PlaceMention] = []
    for match in _pattern(names, folded).finditer(searched):
        printed = text[match.start() : match.end()]
        if not question and not all(syllable[0].isupper() for syllable in re.findall(r"[^\W\d_]+", printed)):
            continue
        found.append(PlaceMention(by_spelling[fold(re.sub(r"\s+", " ", match[0]))], match.start(), match.end()))
    return found


def same(one: str | None, other: str | None) -> bool:
    """Whether two names mean one place ("Kon Tum" and "tỉnh Kon Tum")."""
    if one is None or other is None:
        return False
    return _bare(one) == _bare(other)


@cache
def _bare(place: str) -> str:
    bare = re.sub(r"^(?:tinh|thanh pho|tp\.?|xa|phuong|huyen|thi xa|quan)\s+", "", fold(place).strip())
    return fold(_names().get(place.strip(), bare))
