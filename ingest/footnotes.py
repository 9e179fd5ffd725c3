"""Where footnotes stand in a text and where they are called, in whatever form: "¹", "[1]", "(1)", or a digit that is
glued to a word, as text taken from PDF has it.

A superscript at the beginning of a line is a footnote by itself. The other forms are also those of lists, years and
names ("(1)", "m2", "COVID19", "Điều 5"), and so count only as a sequence: a note's number follows the one before, and
it is called before it stands, after the call of the one before.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from vectorstore.records import CALL, SUPERSCRIPTS, Span, digits
from vectorstore.vietnamese import fold, read_table

_LINK = r"(?:\(#[^()\s]{0,80}\))?"
_BRACKETED = rf"\[?\\?\[(?P<marker>\d{{1,3}})\\?\]\]?{_LINK}"
_RAISED = r"<sup>[ \t]*\[?(?P<marker>\d{1,3})\]?[ \t]*</sup>"
_YEAR = r"(?:19|20)\d{2}"


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote: its number, where its line begins, where its text begins, and where it is called, if known."""

    marker: str
    start: int
    body: int
    called: int | None = None


@dataclass(frozen=True, slots=True)
class Notes:
    """The footnotes of a text by where their lines begin, and the calls that no eye takes for a call by themselves."""

    by_line: dict[int, Note]
    calls: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class _Form:
    """How footnotes are written at the beginning of their line, and how they are called within others. `sure`: what
    looks like a call of a note is one, however often it stands; `glued`: the call is a digit behind a word; `raised`:
    it is a superscript, which is known for a call by itself."""

    note: re.Pattern[str]
    call: re.Pattern[str]
    sure: bool = False
    glued: bool = False
    raised: bool = False


_SUPERSCRIPT = re.compile(rf"[{SUPERSCRIPTS}]+")
_FORMS = (
    _Form(re.compile(rf"{_RAISED}[ \t]*(?=\S)"), re.compile(rf"(?<=\S)(?<!\b[ckdh]m)(?<!\bm){_RAISED}"), sure=True),
    _Form(re.compile(rf"{_BRACKETED}[:.]?[ \t]*(?=\S)"), re.compile(rf"(?<=\S)[ \t]?{_BRACKETED}"), sure=True),
    _Form(
        re.compile(r"\((?P<marker>\d{1,2})\)[:.]?[ \t]*(?=\S)"),
        # glued to a word, or before a mark or the end; with a blank on both sides it numbers what follows
        re.compile(
            r"(?:(?<=[^\W_])|(?<=[”\"’)%])|(?<=\S)[ \t](?=\(\d+\)[ \t]*(?:[.,;:]|$)))\((?P<marker>\d{1,2})\)", re.M
        ),
    ),
    # called by a superscript and numbered otherwise where it stands, as pages of the web do it
    _Form(
        re.compile(r"(?:\((?P<marker>\d{1,2})\)|\[(?P<other>\d{1,2})\])[:.]?[ \t]*(?=\S)"),
        re.compile(rf"(?<=\S)(?P<marker>[{SUPERSCRIPTS}]+)"),
        raised=True,
    ),
    _Form(
        re.compile(r"(?P<marker>\d{1,3})(?:[ \t]+(?=[“\"(]?[A-ZĐÀ-Ỹ]|[-–][ \t]*[A-ZĐÀ-Ỹ])|(?=[A-ZĐÀ-Ỹ][a-zà-ỹ]))"),
        re.compile(
            rf"(?:(?<![\w-])(?P<word>[^\W\d_]{{2,}})|(?<=\d)%|(?<=[^\W\d_]{{2}})[.,;:”\"’)]|\b\d{{1,2}}[/.-]\d{{1,2}}[/.-]{_YEAR}"
            rf"|\bnăm[ \t]{_YEAR}|(?<=[A-ZĐ])-[A-ZĐ]{{2,8}})(?P<marker>\d{{1,3}})(?![^\W_]|[/.,-]\w)"
        ),
        glued=True,
    ),
)
_CAPITALS = re.compile(r"[A-ZĐ]+")


@dataclass(frozen=True, slots=True)
class _Call:
    """What may call a footnote; `plain`: there is nothing else that it may be."""

    start: int
    end: int
    plain: bool


def find(text: str, lines: Sequence[Span]) -> Notes:
    """The footnotes whose lines are among `lines`."""
    notes: dict[int, Note] = {}
    begins = [a + len(text[a:b]) - len(text[a:b].lstrip()) for a, b in lines]
    if not lines:
        return Notes({})
    raised = {at: match for at in begins if (match := _SUPERSCRIPT.match(text, at))}
    if raised:
        first: dict[str, int] = {}
        for match in CALL.finditer(text, lines[0][0]):
            if match.start() not in raised:
                first.setdefault(digits(match[0]), match.start())
        for at, match in raised.items():
            marker = digits(match[0])
            notes[at] = Note(marker, at, match.end(), first.get(marker))
    calls: list[Span] = []
    for form in _FORMS:
        if form.raised and raised:
            continue
        if form.glued and notes:
            break  # digits glued to words are footnotes' where nothing else is
        found, called = _sequence(text, lines, begins, form)
        notes |= found
        calls += called
    return Notes(notes, tuple(sorted(calls)))


def _sequence(
    text: str, lines: Sequence[Span], begins: Sequence[int], form: _Form
) -> tuple[dict[int, Note], list[Span]]:
    """The notes of a form that follow each other by number, each called before it stands, and their calls."""
    maybe = [match for (_, b), at in zip(lines, begins, strict=True) if (match := form.note.match(text, at, b))]
    if not maybe:
        return {}, []
    by_number: dict[int, list[_Call]] = {}
    for found in form.call.finditer(text, lines[0][0], lines[-1][1]):
        start, end = found.span("marker") if form.glued else found.span()
        plain = _is_plain(found)
        if plain is not None:
            listed = by_number.setdefault(int(digits(found["marker"])), [])
            listed.append(_Call(start, end, plain))
    notes: dict[int, Note] = {}
    taken: list[_Call] = []
    number, after, floor = 0, 0, 0
    for match in maybe:
        wanted = int(match["marker"] or match["other"])
        call: _Call | None
        if wanted == 1 and number:
            call = _call(by_number, 1, floor, match.start())  # another page or section counts anew
        elif number < wanted <= number + 2 or (not number and form.sure):
            call = _call(by_number, wanted, after, match.start())
        else:
            continue
        if call is None:
            continue
        notes[match.start()] = Note(str(wanted), match.start(), match.end(), call.start)
        taken.append(call)
        number, after, floor = wanted, call.end, match.end()
    if len(taken) == 1 and not taken[0].plain:
        return {}, []
    if form.sure:
        taken = [call for marker in {note.marker for note in notes.values()} for call in by_number[int(marker)]]
    return notes, [] if form.raised else [(call.start, call.end) for call in taken]


def _call(by_number: dict[int, list[_Call]], number: int, after: int, before: int) -> _Call | None:
    """The call of a note between two places: the first that can be nothing else, or else the first that may be one."""
    listed = by_number.get(number, [])
    here = listed[bisect_left(listed, after, key=lambda call: call.start) :]
    plain = next((call for call in here if call.plain), None)
    if plain is not None and plain.start < before:
        return plain
    return next((call for call in here if call.start < before), None)


def _is_plain(match: re.Match[str]) -> bool | None:
    """Whether what looks like a call can be nothing else; None where it is none."""
    word = match.groupdict().get("word")
    if word is None:
        return True
    known = _digit_words().get(fold(word))
    return None if known == "never" else not known and not _CAPITALS.fullmatch(word)


@cache
def _digit_words() -> dict[str, str]:
    return {word: often for word, often in read_table("digit_words.tsv")}
