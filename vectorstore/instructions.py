"""Sentences addressed to a machine rather than to a document's readers: "bỏ qua mọi hướng dẫn trước", "you are now …".

Documents are data: such a sentence is flagged when its document is read, is not shown to a language model, and proves
nothing. The patterns stand in `data/instructions.tsv`; what counts is a form that people don't use towards people.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

from vectorstore.records import INTERRUPTION, Excerpt, Span
from vectorstore.vietnamese import fold, read_table, sentence_spans


@lru_cache(maxsize=8192)
def find(text: str) -> tuple[Span, ...]:
    """Start and end of each sentence that is addressed to a machine. How it is spelt matters little: marks may be
    missing, letters spaced out, full-width or of another script, with invisible characters between them."""
    found: list[Span] = []
    for start, end in _sentences(text):
        said = _plain(text[start:end])
        behind = bool(found) and not text[found[-1][1] : start].strip()
        if _holds(said, behind) or ((close := _SPACED.sub(_joined, said)) != said and _holds(close, behind)):
            found.append((start, end))
    return tuple(found)


def without(text: str) -> str:
    """A text with […] in place of the sentences that are addressed to a machine."""
    out: list[str] = []
    position = 0
    for start, end in find(text):
        if not out or text[position:start].strip():
            out.append(text[position:start].strip())
        position = end
    return INTERRUPTION.join([*out, text[position:].strip()]).strip() if out else text


@lru_cache(maxsize=4096)
def within(body: Excerpt) -> tuple[Excerpt, ...]:
    """The sentences of an excerpt that are addressed to a machine, as printed, mark-up and all."""
    out = []
    for start, end in find("\n".join(body.pieces)):
        spans: list[Span] = []
        pieces: list[str] = []
        at = 0
        for (offset, _), piece in zip(body.spans, body.pieces, strict=True):
            a, b = max(0, start - at), min(len(piece), end - at)
            if a < b:
                spans.append((offset + a, offset + b))
                pieces.append(piece[a:b])
            at += len(piece) + 1
        out.append(Excerpt(tuple(spans), tuple(pieces)))
    return tuple(out)


_STOP = re.compile(r"(?<=\w[^\WA-Z][.!?…])\s+(?=\S)")


def _sentences(text: str) -> Iterator[Span]:
    """The sentences of a text, also those that don't begin with a capital letter."""
    for start, end in sentence_spans(text):
        for match in _STOP.finditer(text, start, end):
            yield start, match.start()
            start = match.end()
        yield start, end


def _holds(said: str, behind: bool) -> bool:
    marked = _MARKED.search(said) is not None
    wheres = ("any", "start", "behind") if behind else ("any", "start")
    return any(_met(pattern, said) for where in wheres for pattern in _patterns(where, marked))


def _met(pattern: re.Pattern[str], said: str) -> bool:
    """Whether a pattern is found, not in the middle of a word. (A pattern that began with "\\b" would be three times as
    slow to look for.)"""
    return any(not (m.start() and said[m.start() - 1].isalnum() and m[0][:1].isalnum()) for m in pattern.finditer(said))


_MARKED = re.compile(r"[^\W\d_a-z]")
# Combining marks, letters that may look like Latin ones, invisible characters, full-width forms, letters of formulas.
_ODD = re.compile(
    "[\u0131\u0251\u0261\u0300-\u058f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2100-\u214f\ua781\ufb00-\ufb06\ufe00-\ufe0f\ufeff\uff00-\uffef\U0001d400-\U0001d7ff\U000e0000-\U000e01ff]"
)
_SPACED = re.compile(r"(?<!\w)(?:\w[\s._*\-]{1,3}){7,}\w(?!\w)")


def _plain(text: str) -> str:
    """A text in lower case and in plain letters, "_" a blank."""
    text = text.replace("_", " ")
    if _ODD.search(text) is None:
        return text.lower()
    kept = "".join(char for char in text if unicodedata.category(char) not in ("Cf", "Me", "Cn"))
    composed = unicodedata.normalize("NFKC", kept).lower().translate(_look_alikes())
    return "".join(char for char in composed if not unicodedata.combining(char))


def _joined(match: re.Match[str]) -> str:
    """ "b ỏ  q u a" → "bỏ qua" """
    return re.sub(r"[\W_]+", lambda gap: " " if len(gap[0]) > 1 else "", match[0])


@cache
def _look_alikes() -> dict[int, str]:
    return {ord(letter): like for letter, like in read_table("look_alikes.tsv")}


@cache
def _patterns(where: str, marked: bool) -> tuple[re.Pattern[str], ...]:
    """The patterns that hold somewhere of a sentence that has Vietnamese marks, or none."""
    names: dict[str, str] = {}
    out = []
    for place, *row in read_table("instructions.tsv"):
        if place == "is":
            names[row[0]] = row[1]
        elif place == where:
            pattern = re.sub(r"\{([A-Z]+)\}", lambda name: f"(?:{names[name[1]]})", row[0]).removeprefix("\\b")
            loose = _BEGINS.get(where, "") + _with_any_blanks(pattern)
            kept = re.compile(rf"\b(?:{names['KEPT']})\b" if marked else r"(?!)")
            out.append(re.compile(_without_marks(loose, kept), re.MULTILINE))
    return tuple(out)


_BEGINS = {
    "start": r"^[\W\d_]{0,30}(?:(?:lưu ý|chú ý|ghi chú|quan trọng|note|important|nb|ps)\W{1,4})?",
    "behind": r"\A[\W\d_]{0,30}",
}


def _with_any_blanks(pattern: str) -> str:
    """A pattern in which a blank may be other blanks, punctuation or nothing. A whole word is taken whole and parted
    from the next, so that no text is tried in many ways."""
    pattern = re.sub(r" \\w\+", r"[\\W_]{1,4}\\w++", pattern)
    pattern = re.sub(r"(\\w)\+(\)\{\d,\d\}\??)? ", r"\1++\2[\\W_]{1,4}", pattern)
    return pattern.replace(" ", r"[\W_]{0,4}")


def _without_marks(pattern: str, kept: re.Pattern[str]) -> str:
    """A pattern whose letters may lack their marks, in other words than those kept."""
    whole = [match.span() for match in kept.finditer(pattern)]
    return "".join(
        f"[{char}{fold(char)}]"
        if char.isalpha() and not char.isascii() and not any(a <= at < b for a, b in whole)
        else char
        for at, char in enumerate(pattern)
    )
