"""One thing with two values in one document: a target in the text and in the table, a whole and a larger count, the
years of one programme."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache

from vectorstore.audit.stretch import Stretch, clipped, figure, place
from vectorstore.quantities import Quantity
from vectorstore.records import Chunk, Finding
from vectorstore.vietnamese import abbreviations, fold, read_table, tokens


@dataclass(frozen=True, slots=True)
class _Stated:
    """A figure, where it stands, and the words that say what it counts."""

    chunk: Chunk
    figure: Quantity
    words: frozenset[str]
    told_apart: frozenset[str]


def figures(chunks: Sequence[Chunk], told: Sequence[Stretch]) -> Iterator[Finding]:
    """A share in the text and in a row of a table, or in two paragraphs, of the same thing to the word."""
    stated = [
        _Stated(stretch.chunk, q, words, _told_apart(stretch, q))
        for stretch in told
        if not stretch.notes
        for q in stretch.figures
        if q.percent and q.value is not None and len(words := _words(f"{q.label} {q.noun}")) >= 6
    ]
    by_word: dict[str, list[_Stated]] = {}
    for one in stated:
        for word in one.words:
            by_word.setdefault(word, []).append(one)
    for one in stated:
        rarest = sorted(one.words, key=lambda word: len(by_word[word]))[: len(one.words) // 6 + 1]
        near = {id(other): other for word in rarest for other in by_word[word][:200] if other is not one}
        alike = [other for other in near.values() if _same_thing(one, other)]
        if len(alike) != 1 or alike[0].chunk.ordinal <= one.chunk.ordinal:
            continue
        (other,) = alike
        if other.figure.value == one.figure.value or not _only_each_other(one, other, stated):
            continue
        yield Finding(
            "source_conflict",
            f"Cùng một chỉ tiêu nhưng {place(one.chunk)} ghi {figure(one.figure)} («{_printed(one.figure)}»), còn "
            f"{place(other.chunk)} ghi {figure(other.figure)} («{_printed(other.figure)}»).",
            ((one.chunk, ()), (other.chunk, ())),
        )


def _printed(quantity: Quantity) -> str:
    bound = f"{quantity.label} {quantity.text}{'%' if quantity.percent else ''} {quantity.noun}"
    return clipped(" ".join(bound.split()), 16)


def _only_each_other(one: _Stated, other: _Stated, stated: Sequence[_Stated]) -> bool:
    return [s for s in stated if s is not other and _same_thing(other, s)] == [one]


def _same_thing(one: _Stated, other: _Stated) -> bool:
    """Whether two figures count one thing: almost the same words, nothing that tells them apart."""
    if one.chunk is other.chunk or one.figure.bound != other.figure.bound or one.told_apart != other.told_apart:
        return False
    if (one.chunk.place, one.chunk.period) != (other.chunk.place, other.chunk.period):
        return False
    shared = len(one.words & other.words)
    if (one.chunk.kind == "row") != (other.chunk.kind == "row"):
        return shared / min(len(one.words), len(other.words)) >= 0.85 and shared / len(one.words | other.words) >= 0.5
    return one.chunk.kind == other.chunk.kind == "paragraph" and one.words == other.words


@lru_cache(maxsize=8192)
def _words(text: str) -> frozenset[str]:
    """What a text says, abbreviations in full."""
    short = abbreviations()
    out: list[str] = []
    for token in tokens(text):
        out += tokens(short[fold(token)]) if fold(token) in short else [token]
    return frozenset(word for word in out if word not in _empty() and not word.isdigit())


@cache
def _empty() -> frozenset[str]:
    return frozenset(word for row in read_table("empty_words.tsv") for word in row[0].split(";"))


_APART = re.compile(
    r"\b(?:cấp (?:tỉnh|huyện|xã|sở)|tuyến (?:tỉnh|huyện|xã)|mức độ \d|toàn trình|một phần|nông thôn|thành thị|"
    r"công lập|còn lại|năm \d{4}|giai đoạn \d{4}|quý \w+)\b",
    re.I,
)


def _told_apart(stretch: Stretch, quantity: Quantity) -> frozenset[str]:
    """Levels, kinds and years by which a figure is told from others like it, in its part of the sentence and in its
    headings."""
    start, end = stretch.sentence(quantity.start)
    start = max(start, stretch.text.rfind(";", start, quantity.start) + 1)
    end = next((i for i in [stretch.text.find(";", quantity.end, end)] if i >= 0), end)
    said = {m[0].lower() for m in _APART.finditer(stretch.text[start:end])} - {"cấp tỉnh", "cấp sở"}
    years = {y for heading in stretch.chunk.section[1:] for y in re.findall(r"\b20\d{2}\b", heading)}
    return frozenset(said | years)


_WHOLE = re.compile(r"\d+\s?/\s?(\d+)")


def wholes(chunks: Sequence[Chunk], told: Sequence[Stretch]) -> Iterator[Finding]:
    """ "9/14 đơn vị trực thuộc" and elsewhere "15 đơn vị trực thuộc": a part larger than the whole, or two wholes."""
    said: dict[tuple[str, str | None, str], tuple[Stretch, Quantity, Decimal]] = {}
    plain: list[tuple[tuple[str, str | None, str], Stretch, Quantity]] = []
    done = set()
    several = len({c.place for c in chunks}) > 1
    for stretch in told:
        if stretch.chunk.kind == "row":
            continue
        for q in stretch.figures:
            name = " ".join(re.split(r"[,;:.()]", q.noun)[0].split()[:4])
            if len(name.split()) < 4 or name != name.lower() or not q.unit or q.bound:
                continue  # a name with capitals is a part of its own: "8/10 đơn vị huyện A"
            article = stretch.chunk.section[0] if stretch.chunk.section else ""
            key = (name, stretch.chunk.place, article if several else "")
            match = _WHOLE.fullmatch(q.text)
            if match is None:
                plain.append((key, stretch, q))
                continue
            whole = Decimal(match[1])
            where, first, known = said.setdefault(key, (stretch, q, whole))
            if known != whole and key not in done:
                done.add(key)
                yield _two(where, first, stretch, q)
    for key, stretch, q in plain:
        if key in said and key not in done and q.value is not None and q.value > said[key][2]:
            done.add(key)
            yield _two(said[key][0], said[key][1], stretch, q)


def _two(where: Stretch, first: Quantity, stretch: Stretch, second: Quantity) -> Finding:
    noun = " ".join(second.noun.split()[:4])
    return Finding(
        "source_conflict",
        f"Nguồn ghi {first.text} {noun} ở {place(where.chunk)}, nhưng ghi {second.text} {noun} ở "
        f"{place(stretch.chunk)}.",
        tuple(dict.fromkeys(((where.chunk, where.notes), (stretch.chunk, stretch.notes)))),
    )


_PROGRAMME = re.compile(r"giai doan (\d{4})\s*[-–]\s*(\d{4})\s*,?\s*(?:va )?tam nhin (?:den |toi )?(?:nam )?(\d{4})")
_OF_PLANS = frozenset(("ke", "hoach", "phe", "duyet", "thuc", "hien", "nghi", "quyet", "de", "an"))
_STAGE = re.compile(r"giai doan (\d{4})\s*[-–]\s*(\d{4})(?!\d)")


def periods(chunks: Sequence[Chunk], told: Sequence[Stretch]) -> Iterator[Finding]:
    """One programme with one outlook and two stretches of years; a title that its own annex repeats with others."""
    said: dict[tuple[str, str], tuple[Stretch, re.Match[str]]] = {}
    done = set()
    for stretch in told:
        for match in _PROGRAMME.finditer(fold(stretch.text)):
            name = _before(match, 3)
            key = (name, match[3])
            where, first = said.setdefault(key, (stretch, match))
            if name and key not in done and _one_end(first, match):
                done.add(key)
                yield _years(where, first, stretch, match, 3)
    head = next((chunk for chunk in chunks if chunk.kind == "head"), None)
    titles = list(_STAGE.finditer(fold(head.text))) if head is not None else []
    if head is None or not titles or not _before(titles[-1], 3):
        return
    for chunk in chunks:
        for text in (chunk.text, *chunk.section[:1]):
            if chunk is head or len(text) > 600:
                continue
            for match in _STAGE.finditer(fold(text)):
                same = _before(match, 3) == _before(titles[-1], 3)
                if same and _one_end(titles[-1], match) and _repeats(head.text, text):
                    yield _years(Stretch(head, head.text), titles[-1], Stretch(chunk, text), match, 6)
                    return


def _before(match: re.Match[str], words: int, text: str = "") -> str:
    """The words before a match in its text, or in this one, if there are so many: what a programme is about, not that
    it is a plan."""
    before = re.findall(r"[^\W_]+", (text or match.string)[max(0, match.start() - 80) : match.start()])
    while before and fold(before[-1]) in _OF_PLANS:
        before.pop()
    return " ".join(before[-words:]) if len(before) >= words else ""


def _one_end(one: re.Match[str], other: re.Match[str]) -> bool:
    return (one[1] == other[1]) != (one[2] == other[2])


def _repeats(title: str, text: str) -> bool:
    wanted = _words(title)
    return len(wanted) >= 8 and len(wanted & _words(text)) / len(_words(text) or {""}) >= 0.6


def _years(where: Stretch, first: re.Match[str], stretch: Stretch, second: re.Match[str], words: int) -> Finding:
    name = _before(first, words, where.text)
    one = "phần đầu" if where.chunk.kind == "head" else place(where.chunk)
    return Finding(
        "source_conflict",
        f"Nguồn ghi «{name} giai đoạn {first[1]}–{first[2]}» ở {one}, nhưng ghi giai đoạn {second[1]}–{second[2]} ở "
        f"{place(stretch.chunk)}.",
        tuple(dict.fromkeys(((where.chunk, where.notes), (stretch.chunk, stretch.notes)))),
    )
