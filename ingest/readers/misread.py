"""Words that recognition reads wrongly in ways that are known, put right where only one reading is possible.

In Vietnamese the marks are what a poor scan loses first: "kiểm tra" becomes "kiêm tra", every letter read surely.
Neighbours tell: of the syllables with these letters, one stands beside "tra" thousands of times and the one that was
read never does. Letters are never changed, nor marks where the syllable as read could stand.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from ingest.readers import trust
from vectorstore.vietnamese import fold, tokens

_WORD = re.compile(r"([\W\d_]*)([^\W\d_]+)([\W\d_]*)")
_ONE = re.compile(r"(?:(?<=^0)|(?<=^\d\d)|(?<=^\d{3}))[lI|\]](?=[,;:)]*$)|^[l|](?=\d+[.,;:)]*$)")
_ITEM = re.compile(r"€(?=\)$)")

# Chosen on poor scans, where they mend half of what is wrong, and on texts that were never scanned, where they would
# change one word in 800; hence `_FEW`.
_SURER = 8.0  # in natural logarithms: so much likelier must the other reading be,
_TONE = 1.0  # more so where the tone differs,
_DOT = 4.0  # (that below the letter is rarely taken for those above it)
_LETTER = 5.0  # and still more where a letter does (ă and a, đ and d)
_BELOW = "\u0323"
_FEW = 0.005  # the share of words up to which it is chance
_UNSEEN = 20.0  # how often a syllable is thought to be followed by what was never seen after it


def mend(words: Sequence[str]) -> list[str]:
    """The words of a page in reading order as they were printed, as far as that is certain. Marks are mended on a page
    that lacks them in several places; a single one on a page that was read well is more likely printed so."""
    plain = [_plain(word) for word in words]
    marked = _marked(plain)
    changed = sum(one != other for one, other in zip(plain, marked, strict=True))
    return marked if changed > _FEW * len(words) else plain


def _marked(words: Sequence[str]) -> list[str]:
    """The words with their marks as their neighbours ask for."""
    parts = [_WORD.fullmatch(word) for word in words]
    out = list(words)
    said = [part[2].lower() if part else None for part in parts]
    for i, part in enumerate(parts):
        if part is None:
            continue
        one, other = parts[i - 1] if i else None, parts[i + 1] if i + 1 < len(parts) else None
        before = said[i - 1] if one and not one[3] and not part[1] else None
        after = said[i + 1] if other and not other[1] and not part[3] else None
        word = _fitting(part[2].lower(), before, after)
        if word != said[i] and len(word) == len(part[2]):
            said[i] = word
            cased = "".join(new.upper() if old.isupper() else new for new, old in zip(word, part[2], strict=True))
            out[i] = f"{part[1]}{cased}{part[3]}"
    return out


def _plain(word: str) -> str:
    """A word by itself: a one among digits, a small letter in a word in small letters, the letter c of a list."""
    word = unicodedata.normalize("NFC", word)
    word = _ITEM.sub("c", _ONE.sub("1", word))
    core = _WORD.fullmatch(word)
    if core and core[2][0].islower() and not core[2].islower() and trust.is_syllable(core[2]):
        return f"{core[1]}{core[2].lower()}{core[3]}"
    return word


def _fitting(word: str, before: str | None, after: str | None) -> str:
    """The syllable with a word's letters that stands between its neighbours; the word itself unless that is certain."""
    known = _known()
    spellings = known.spellings.get(fold(word), ())
    if not spellings or (before is None and after is None):
        return word

    def fits(syllable: str) -> float:
        left = known.follows(before, syllable)
        return left + (known.follows(syllable, after) if after is not None else 0.0)

    best = max(spellings, key=lambda syllable: (fits(syllable) - _change(word, syllable), syllable))
    at_best, at_word = known.pairs_of(before, best, after), known.pairs_of(before, word, after)
    if tokens(best) == tokens(word) or not any(at_best) or any(w > b for w, b in zip(at_word, at_best, strict=True)):
        return word
    return best if fits(best) - fits(word) - _change(word, best) > _SURER else word


def _change(one: str, other: str) -> float:
    """How much speaks against one syllable being read as the other."""
    pairs = [(_parted(a), _parted(b)) for a, b in zip(one, other, strict=False)]
    letters = sum(a[0] != b[0] for a, b in pairs)
    tones = {mark for a, b in pairs for mark in {*a[1]} ^ {*b[1]}}
    return _LETTER * letters + (_DOT if _BELOW in tones else _TONE if tones else 0.0)


@cache
def _parted(char: str) -> tuple[str, str]:
    """A letter without its tone, and the tone."""
    marks = unicodedata.normalize("NFD", char)
    bare = marks.translate(trust.TONES)
    return bare, "".join(mark for mark in marks if mark not in bare)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """How often syllables stand in texts, and beside each other."""

    times: Mapping[str, int]
    pairs: Mapping[tuple[str, str], int]
    spellings: Mapping[str, Sequence[str]]
    total: int

    def follows(self, one: str | None, other: str) -> float:
        """How likely a syllable is, after another; the logarithm."""
        usual = self.times.get(other, 0.1) / self.total
        if one is None:
            return math.log(usual)
        return math.log((self.pairs.get((one, other), 0) + _UNSEEN * usual) / (self.times.get(one, 0) + _UNSEEN))

    def pairs_of(self, before: str | None, word: str, after: str | None) -> tuple[bool, bool]:
        """Whether a syllable is known beside the one before it, and beside the one after it."""
        return (before, word) in self.pairs, (word, after) in self.pairs


@cache
def _known() -> _Pairs:
    times: dict[str, int] = {}
    pairs: dict[tuple[str, str], int] = {}
    spellings: dict[str, list[str]] = defaultdict(list)
    text = resources.files("ingest").joinpath("data", "syllable_pairs.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        syllable, count, *followers = line.split("\t")
        times[syllable] = int(count)
        spellings[fold(syllable)].append(syllable)
        after = followers[0].split(" ") if followers else []
        for follower, number in zip(after[::2], after[1::2], strict=True):
            pairs[syllable, follower] = int(number)
    return _Pairs(times, pairs, spellings, sum(times.values()))
