"""Misspelt words of a question, put right from the library's own words: within one edit, and only where the word as
typed stands nowhere and the one proposed forms a pair with its neighbour that the library has."""

from __future__ import annotations

from vectorstore.lexical import Lexical
from vectorstore.vietnamese import fold


def correct(lexical: Lexical, words: list[str]) -> list[str]:
    """The words, each unknown one replaced by a known word within one edit that goes with its neighbour."""
    out = list(words)
    for i, word in enumerate(words):
        if len(word) < 3 or not word.isalpha() or lexical.holds(word, folded=True):
            continue
        before, after = (words[i - 1] if i else ""), (words[i + 1] if i + 1 < len(words) else "")
        for candidate in _near(lexical, fold(word)):
            pairs = [f"{fold(before)}_{candidate}"] if before else []
            pairs += [f"{candidate}_{fold(after)}"] if after else []
            if any(lexical.holds(pair, folded=True) for pair in pairs):
                out[i] = candidate
                break
    return out


def _near(lexical: Lexical, word: str) -> list[str]:
    """Words of the library without diacritics within one edit, those with the same beginning first."""
    found = lexical.words_beginning(word[0])
    return sorted((w for w in found if within_one_edit(word, w)), key=lambda w: (w[:2] != word[:2], w))


def within_one_edit(one: str, other: str) -> bool:
    """Whether one insertion, deletion, replacement or swap of neighbours turns one word into the other."""
    if one == other or abs(len(one) - len(other)) > 1:
        return one == other
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if len(one) == len(other):
        return one[at + 1 :] == other[at + 1 :] or (
            one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
        )
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer[at + 1 :] == shorter[at:]
