"""The numbers of lists and headings in a Word file, counted as Word prints them: "1.", "2.1.", "a)", "IV.", "-".

Word keeps no numbers in the text; each paragraph names a list and a level, the list says how a level is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.readers.markup import Element, attribute, children, is_on, local, value, whole

_LEVELS = 9
_KEPT_BULLETS = {"-", "–", "—", "+", "*", "•"}
_FIGURE_DASHES = {"\uf02d": "-", "\uf0be": "–", "−": "-", "‒": "–"}  # of the symbol fonts
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l")),
    *((40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_WORDS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười")


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list is written."""

    start: int = 1
    form: str = "decimal"
    pattern: str = ""
    style: str = ""
    restart: int | None = None  # restarts after this level (counted from 1; 0: never)
    legal: bool = False  # all numbers in it as 1, 2, 3
    follower: str = " "


class Numbering:
    """The lists of a file and how far each has been counted."""

    def __init__(self, root: Element) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}  # by abstract list
        self._lists: dict[str, str] = {}  # list → its abstract list
        self._changed: dict[str, dict[int, _Level]] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        linked: dict[str, str] = {}  # abstract list → the style whose list it stands for
        styles: dict[str, str] = {}  # such a style → the abstract list that defines it
        for abstract in children(root, "abstractNum"):
            key = attribute(abstract, "abstractNumId")
            self._levels[key] = {_index(level): _level(level) for level in children(abstract, "lvl")}
            for link in children(abstract, "numStyleLink"):
                linked[key] = value(link)
            for link in children(abstract, "styleLink"):
                styles[value(link)] = key
        for one in children(root, "num"):
            key = attribute(one, "numId")
            abstract_key = next((value(child) for child in children(one, "abstractNumId")), "")
            abstract_key = styles.get(linked.get(abstract_key, ""), abstract_key)
            self._lists[key] = abstract_key
            for override in children(one, "lvlOverride"):
                for level in children(override, "lvl"):
                    self._changed.setdefault(key, {})[_index(override)] = _level(level)
                for start in children(override, "startOverride"):
                    self._restarts.setdefault(key, {})[_index(override)] = whole(value(start), 1)

    def level_of(self, number: str, style: str) -> int:
        """The level that a style stands for in a list."""
        levels = self._levels.get(self._lists.get(number, ""), {})
        return next((index for index, level in levels.items() if style and level.style == style), 0)

    def label(self, number: str, level: int | None, style: str = "") -> str:
        """The number of the next paragraph of a list, with what parts it from the text; "" where Word prints none."""
        abstract = self._lists.get(number)
        if abstract is None or number == "0":
            return ""
        at = min(max(level if level is not None else self.level_of(number, style), 0), _LEVELS - 1)
        counts = self._counts.setdefault(abstract, {})
        fresh = self._restarts.get(number, {})
        if at in fresh:  # at the first paragraph of this list alone
            counts[at] = fresh.pop(at) - 1
        how = self._how(number, at)
        counts[at] = counts[at] + 1 if at in counts else how.start
        for deeper in [index for index in counts if index > at]:
            restart = self._how(number, deeper).restart
            if restart is None or at < restart:
                del counts[deeper]
        if how.form == "none":
            return ""
        if how.form == "bullet":
            said = _bullet(how.pattern)
        else:
            said = re.sub(r"%([1-9])", lambda match: self._count(number, int(match[1]) - 1, how, counts), how.pattern)
        return f"{said}{how.follower}" if said.strip() else ""

    def _how(self, number: str, level: int) -> _Level:
        changed = self._changed.get(number, {})
        return changed.get(level) or self._levels.get(self._lists.get(number, ""), {}).get(level) or _Level()

    def _count(self, number: str, level: int, asking: _Level, counts: dict[int, int]) -> str:
        how = self._how(number, level)
        count = counts.setdefault(level, how.start)
        return written(count, "decimal" if asking.legal and how.form != "decimalZero" else how.form)


def written(count: int, form: str) -> str:
    """A count in one of Word's forms."""
    if form in ("lowerRoman", "upperRoman") and 0 < count < 4000:
        roman = ""
        for step, letters in _ROMAN:
            roman += letters * (count // step)
            count %= step
        return roman.upper() if form == "upperRoman" else roman
    if form in ("lowerLetter", "upperLetter") and 0 < count <= 780:
        letter = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)  # after z come aa, bb
        return letter.upper() if form == "upperLetter" else letter
    if form == "decimalZero":
        return f"{count:02}"
    if form == "vietnameseCounting" and 0 <= count < len(_WORDS):
        return _WORDS[count]
    return "" if form == "none" else str(count)


def _bullet(pattern: str) -> str:
    bare = pattern.strip()
    bare = _FIGURE_DASHES.get(bare, bare)
    return bare if not bare or bare in _KEPT_BULLETS else "•"


def _level(level: Element) -> _Level:
    said = {local(child): child for child in level}
    follower = {"nothing": ""}.get(value(said.get("suff")), " ")
    restart = said.get("lvlRestart")
    return _Level(
        whole(value(said.get("start")), 1),
        value(said.get("numFmt")) or "decimal",
        value(said.get("lvlText")),
        value(said.get("pStyle")),
        whole(value(restart), 0) if restart is not None else None,
        is_on(said.get("isLgl")) or False,
        follower,
    )


def _index(level: Element) -> int:
    return whole(attribute(level, "ilvl"), 0)
