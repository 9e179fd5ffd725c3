"""Whether a sentence that a language model wrote is borne out by the passages it cites.

`grounding` asks that each figure stands in a cited passage. A model may still put a figure of the passage beside the
wrong thing, place or period, take a target for a result, or say without any figure what no passage says; that is asked
here, by the same readers of figures, periods and places that read the documents. A fault is one Vietnamese clause, so
that it can be said to the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise

from assistant.evidence import meets, stated_periods
from assistant.grounding import backing
from assistant.question import Asked
from assistant.schema import Citation
from vectorstore import natures, periods, places
from vectorstore.instructions import without
from vectorstore.quantities import Quantity, figures, quantities, references, same_thing
from vectorstore.vietnamese import abbreviations, fold, has_diacritics

_HELD, _JOINED = 0.6, 0.25
"""So much of a sentence's words, and of its pairs of neighbouring words, has to stand in the passages that it cites or
in the question, where figures say more surely what is meant; and so much in the passages where it has no figure."""
_HELD_ALONE, _JOINED_ALONE = 0.8, 0.5
_PLANNED = re.compile(
    r"\b(?:muc tieu|chi tieu|phan dau|ke hoach|du kien|dat ra|phai|toi thieu|toi da|it nhat|yeu cau|de nghi|dang ky"
    r"|se)\b"
)
_CLAIMS = re.compile(r"\b(?:da|dat|duoc|co|hoan thanh|giai quyet|thuc hien)\b")
_LINK = re.compile(
    r"https?://|\bwww\.|\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|vn|info|io|xyz|ru|cn|top)\b|\S@\S", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+")
_DENIES = re.compile(r"\b(?:khong|chua|chang|not|no|never)\b")
_NO_DENIAL = re.compile(
    r"\b(?:khong chi|khong nhung|co hay khong|co khong|hay khong|khong ngung|khong dung tien mat)\b"
)
_OWN_WORDS = 2
"""So many words of its own a figure needs where nothing else tells it from another."""
_LEAD_IN = 2
"""So few words of its own say nothing before a list."""
_LONG = 6
"""A sentence of fewer words is too short to tell its language."""


def fault(sentence: str, cited: Sequence[Citation], asked: Asked, results: frozenset[str] = frozenset()) -> str | None:
    """What of a sentence (without its markers) the cited passages don't bear out; None where they bear out all.

    `results` are figures that the program itself computed from figures of these passages.
    """
    known = results.union(*(backing(one) for one in cited))
    known |= figures(asked.text) if _DENIES.search(fold(sentence)) else set()  # "không phải 88 hồ sơ"
    if unknown := figures(sentence) - known - _years(asked):
        return f"con số {', '.join(sorted(unknown))} không có trong đoạn được dẫn"
    told = " . ".join(without(text) for one in cited for text in _texts(one))
    checks = (
        _strange_link(sentence, told),
        _strange_language(sentence, asked),
        _strange_word(sentence, told, asked),
        _strange_name(sentence, told, asked),
        _other_place(sentence, cited, told),
        _other_period(sentence, cited, told),
        _other_date(sentence, cited, told, asked),
        _other_number(sentence, told, asked),
        _other_document(sentence, cited, asked),
        _other_thing(sentence, cited, asked, results),
        _unsaid(sentence, told, asked),
    )
    return next((reason for reason in checks if reason is not None), None)


def bare_figure(sentence: str) -> bool:
    """Whether a sentence has figures and hardly a word that says what they are of."""
    units = " ".join(quantity.unit or "" for quantity in quantities(sentence))
    types = " ".join(reference.type or "" for reference in references(sentence))
    words = _content(re.sub(r"\S*\d\S*", " ", sentence)) - _content(f"{units} {types} khoảng hơn trên dưới là")
    return bool(figures(sentence)) and len(words) < _OWN_WORDS


def _texts(one: Citation) -> Iterator[str]:
    """All that a citation shows: its quote, its footnotes, its row's heads, what it is and whose."""
    yield one.quote
    yield from (note.text for note in one.footnotes)
    yield from (f"{head}: {cell}" for head, cell in one.heads)
    yield from (part for part in (one.cited_as, one.title, one.issuer, one.place, *one.section) if part)
    if one.period:
        yield periods.say(one.period)


def _strange_link(sentence: str, told: str) -> str | None:
    link = _LINK.search(sentence)
    return "có địa chỉ không có trong đoạn được dẫn" if link and link[0].lower() not in told.lower() else None


def _strange_language(sentence: str, asked: Asked) -> str | None:
    if asked.english or len(_WORD.findall(sentence)) < _LONG or has_diacritics(sentence):
        return None
    return "phải viết bằng tiếng Việt"


_SYLLABLE = re.compile(r"(?:[bcdghklmnprstvx]|ch|gh|gi|kh|ngh?|nh|ph|qu|th|tr)?[aeiouy]{1,3}(?:[cmnpt]|ch|ng|nh)?")


def _strange_word(sentence: str, told: str, asked: Asked) -> str | None:
    """A word that is no Vietnamese syllable, an acronym among them, and stands in no passage."""
    if asked.english:
        return None
    known = _words(told)[0] | _words(asked.text)[0]
    for word in _WORD.findall(fold(sentence)):
        if len(word) > 1 and word not in known and not _SYLLABLE.fullmatch(word):
            return f"từ «{word}» không có trong đoạn được dẫn"
    return None


def _years(asked: Asked) -> set[str]:
    """The figures of the period asked for: whether the passages speak of it is looked at as a period."""
    return set[str]().union(*(figures(asked.text[period.start : period.end]) for period in asked.periods))


def _strange_name(sentence: str, told: str, asked: Asked) -> str | None:
    """A name, or a document's number, that stands in no passage; what the question names may be said again."""
    known = f" {_bare(told)} {_bare(asked.text)} "
    for reference in references(sentence):
        if f" {_bare(reference.number)} " not in known:
            return f"số hiệu {reference.number} không có trong đoạn được dẫn"
    if asked.english:
        return None  # in English, bodies and titles are translated
    begins = sentence.lstrip(" -*").split(" ", 1)[0]
    for name in _capitalised(sentence):
        name = name[1:] if name[:1] == [begins] else name
        words = _bare(" ".join(name)).split()
        if any(f" {one} {other} " not in known for one, other in pairwise(words)):
            return f"tên «{' '.join(name)}» không có trong đoạn được dẫn"
    return None


_TITLE = frozenset({"ông", "bà", "anh", "chị", "em", "đồng", "bác", "ths", "ts", "pgs", "gs", "bs"})


def _capitalised(sentence: str) -> Iterator[list[str]]:
    """The runs of words with capitals; a capital that only begins the sentence, or a title, begins no name."""
    run: list[str] = []
    for word in re.findall(r"[^\W\d_]+|[^\s\w]+|\d+", sentence):
        if word[0].isupper() and not (not run and word.lower() in _TITLE):
            run.append(word)
            continue
        yield run
        run = []
    yield run


@lru_cache(maxsize=512)
def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold(text)))


def _other_place(sentence: str, cited: Sequence[Citation], told: str) -> str | None:
    here = {one.place for one in cited if one.place} | {mention.place for mention in _places(told)}
    for mention in _places(sentence):
        if not any(places.same(mention.place, place) for place in here):
            return f"đoạn được dẫn không nói về {mention.place}"
    return None


@lru_cache(maxsize=512)
def _places(text: str) -> tuple[places.PlaceMention, ...]:
    return tuple(places.find(text))


def _other_number(sentence: str, told: str, asked: Asked) -> str | None:
    """A number that ranks or numbers a thing ("cấp độ 2", "Điều 9"), where the passages have it of no such thing."""
    covered = [(q.start, q.end) for q in quantities(sentence)]
    covered += [(r.start, r.end) for r in references(sentence)]
    covered += [(d.start, d.end) for d in periods.dates(sentence)]
    covered += [(p.start, p.end) for p in periods.find(sentence)]
    known = f" {_bare(told)} {_bare(asked.text)} "
    for number in _RANKED.finditer(sentence):
        if any(start <= number.start("number") < end for start, end in covered):
            continue
        if f" {_bare(number[0])} " not in known:
            return f"«{number[0]}» không có trong đoạn được dẫn"
    return None


_RANKED = re.compile(r"[^\W\d_]+\s+(?P<number>\d+)(?![\d.,/%-]*\d)")


def _other_date(sentence: str, cited: Sequence[Citation], told: str, asked: Asked) -> str | None:
    """A day that is put together from figures of several, or of which the passages tell something else."""
    known = {mention.day for text in (told, asked.text) for mention in periods.dates(text)}
    for mention in periods.dates(sentence):
        if mention.day is not None and mention.day not in known:
            return f"đoạn được dẫn không ghi ngày {periods.say_date(mention.day)}"
    texts = (text for one in cited for text in (one.quote, *(note.text for note in one.footnotes)))
    days = [day for text in texts for day in _dated(_unbroken(text))]
    return _said_of_another(_dated(sentence), days, cited, asked, "ngày")


@lru_cache(maxsize=512)
def _dated(text: str) -> list[tuple[str, frozenset[str]]]:
    """(day, the words of its sentence beside it) of each day that a text names."""
    every = [mention for mention in periods.dates(text) if mention.day is not None]
    out = []
    for i, mention in enumerate(every):
        since = max(every[i - 1].end if i else 0, mention.start - _BEFORE, text.rfind(". ", 0, mention.start) + 1)
        ends = [every[i + 1].start if i + 1 < len(every) else len(text), mention.end + _BEFORE]
        stop = min([*ends, *(at for at in (text.find(". ", mention.end),) if at >= 0)])
        if mention.day is not None:
            words = _content(f"{text[since : mention.start]} {text[mention.end : stop]}")
            out.append((periods.say_date(mention.day), words))
    return out


def _other_period(sentence: str, cited: Sequence[Citation], told: str) -> str | None:
    own = [period for one in cited if (period := periods.parse(one.period)) is not None]
    own += stated_periods(told)
    for period in stated_periods(sentence):
        if not any(meets(one, period) or meets(period, one) for one in own):
            return f"đoạn được dẫn không nói về {periods.say(period.form)}"
    return None


@dataclass(frozen=True, slots=True)
class _Source:
    """A figure as its passage tells it: the words that say what it is of, and whether it is a target."""

    quantity: Quantity
    words: frozenset[str]
    target: bool


def _other_thing(sentence: str, cited: Sequence[Citation], asked: Asked, results: frozenset[str]) -> str | None:
    """A figure that the passages tell of another thing, in another unit, or as a target where a result is claimed."""
    sources = [source for one in cited for source in _sources(one)]
    claimed = _counted(sentence)
    folded = fold(sentence)
    planned = asked.target or _PLANNED.search(folded) or not _CLAIMS.search(folded)
    whose = _whose(cited)
    question = _content(asked.text) - whose
    for claim, said in claimed:
        value = figures(claim.text)
        if value <= results:
            continue
        same = [source for source in sources if figures(source.quantity.text) & value]
        if not same:
            if claim.unit and not value & figures(asked.text):
                return f"{claim.text} không phải số liệu trong đoạn được dẫn"
            continue  # of the question, a title, a date in words: those are looked at elsewhere
        of_unit = [source for source in same if _one_unit(claim, source.quantity)]
        if not of_unit:
            return f"đơn vị của {claim.text} khác với trong đoạn được dẫn"
        words = said - _content(claim.unit or "") - whose
        others = [s.words for s in sources if not figures(s.quantity.text) & value and _one_unit(claim, s.quantity)]
        fits = [s for s in of_unit if not _another_fits(words, question, s.words, others, _OWN_WORDS)]
        if not fits:
            return f"con số {claim.text} là của nội dung khác trong đoạn được dẫn"
        if not planned and all(source.target for source in fits):
            return f"{claim.text} là mục tiêu, không phải kết quả"
        if (
            claim.percent
            and claim.bound is None
            and all(source.quantity.bound not in (None, "about") for source in fits)
        ):
            return f"phải nói đủ mức của {claim.text} (trên, dưới, ít nhất, tối đa …) như trong đoạn được dẫn"
    return None


def _another_fits(
    words: frozenset[str], question: frozenset[str], own: frozenset[str], others: Iterable[frozenset[str]], least: int
) -> bool:
    """Whether something else may be meant than what `own` are the words of: the words around a claim have some that are
    only another one's and none that are only its own. Where they tell neither apart the question says what the claim
    is of, and where that does not either, at least so many of its words have to be its own."""
    for other in others:
        theirs, ours = other - own, own - other
        said = words if words & (theirs | ours) else question
        if said & ours:
            continue
        if said & theirs or len(words & own) < least:
            return True
    return False


def _other_document(sentence: str, cited: Sequence[Citation], asked: Asked) -> str | None:
    """A document's number where the passages describe another document so, or this one with another type or day."""
    printed = [reference for one in cited for text in _texts(one) for reference in references(_unbroken(text))]
    for reference in references(sentence):
        same = [other for other in printed if fold(other.number) == fold(reference.number)]
        for name in ("type", "date"):
            own, theirs = getattr(reference, name), [value for other in same if (value := getattr(other, name))]
            if own and theirs and not any(_one_thing(own, other) for other in theirs):
                return f"đoạn được dẫn ghi loại hoặc ngày khác cho văn bản số {reference.number}"
    known = [source for one in cited for source in _documents(one)]
    return _said_of_another(_described(sentence, symbols=False), known, cited, asked, "số hiệu")


def _said_of_another(
    claims: Iterable[tuple[str, frozenset[str]]],
    known: Sequence[tuple[str, frozenset[str]]],
    cited: Sequence[Citation],
    asked: Asked,
    what: str,
) -> str | None:
    """A document's number, or a day, of which the passages tell what they tell of another one."""
    whose = _whose(cited)
    question = _content(asked.text) - whose
    for claim, words in claims:
        own = [told for name, told in known if name == claim]
        others = [told for name, told in known if name != claim]
        if own and all(_another_fits(words - whose, question, told, others, 0) for told in own):
            return f"{what} {claim.upper()} là của nội dung khác trong đoạn được dẫn"
    return None


def _one_thing(one: str, other: str) -> bool:
    days = [[mention.day for mention in periods.dates(text)] for text in (one, other)]
    return days[0] == days[1] if any(days) else fold(one) == fold(other)


@lru_cache(maxsize=512)
def _documents(one: Citation) -> tuple[tuple[str, frozenset[str]], ...]:
    texts = (one.quote, *(note.text for note in one.footnotes))
    return tuple(told for text in map(_unbroken, texts) for told in _described(text))


_BESIDE = 100
"""So many characters before a document's number may describe it."""


def _described(text: str, *, symbols: bool = True) -> list[tuple[str, frozenset[str]]]:
    """(number, the words that describe it) of each document that a text names, with those that its symbol stands for
    ("SYT": Sở Y tế)."""
    every = references(text)
    out = []
    for i, reference in enumerate(every):
        start = max(every[i - 1].end if i else 0, reference.start - _BESIDE)
        parts = re.findall(r"[a-z]+", fold(reference.number)) if symbols else []
        body = " ".join(abbreviations().get(part, "") for part in parts)
        words = _content(f"{text[start : reference.start]} {reference.about.partition(',')[0]} {body}")
        out.append((fold(reference.number), words))
    return out


def _whose(cited: Sequence[Citation]) -> frozenset[str]:
    """The words for the places of the passages: all that stands there is of these."""
    return _content(" ".join(one.place or "" for one in cited))


def _one_unit(claim: Quantity, source: Quantity) -> bool:
    if claim.percent != source.percent:
        return False
    if not claim.unit or not source.unit:
        return True
    return fold(claim.unit) == fold(source.unit) or same_thing(claim.unit, source.unit)


@lru_cache(maxsize=512)
def _sources(one: Citation) -> tuple[_Source, ...]:
    year = int(one.issued_on[:4]) if one.issued_on else None
    out = []
    quoted = () if one.heads else (one.quote,)  # a row is told by its cells
    for text in map(_unbroken, (*quoted, *(note.text for note in one.footnotes))):
        for quantity, words in _counted(text):
            nature = natures.of(one.document_type, one.section, text, quantity.start, year)
            out.append(_Source(quantity, words, nature == "target"))
    subject = next((cell for _, cell in one.heads if re.search(r"[^\W\d_]{2}", cell)), "")
    for head, cell in one.heads:
        for quantity in quantities(f"{head}: {cell}"):
            words = _content(f"{head} {subject} {quantity.label} {quantity.noun}")
            nature = natures.of(one.document_type, (*one.section, head), cell, None, year)
            out.append(_Source(quantity, words, nature == "target"))
    return tuple(out)


_BEFORE = 160
"""So many characters before a figure tell what it is of, where no other figure stands among them."""


def _counted(text: str) -> list[tuple[Quantity, frozenset[str]]]:
    """The figures of a text with the words that say what each is of: what the item is about, what stands before it in
    its sentence since the figure before, and what follows it in its clause."""
    out = []
    edge = 0
    for quantity in quantities(text):
        since = max(edge, quantity.start - _BEFORE, text.rfind(". ", 0, quantity.start) + 1)
        words = _content(f"{_item(text)} {text[since : quantity.start]} {quantity.label} {quantity.noun}")
        out.append((quantity, words))
        edge = quantity.end
    return out


_CALL_OR_GAP = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]+|\s*\[…\]")


def _unbroken(quote: str) -> str:
    """A quote without the calls of footnotes and the marks of what was left out, which part words from figures."""
    return _CALL_OR_GAP.sub("", quote)


def _item(text: str) -> str:
    """What an item of a list is about: "Lĩnh vực Dược phẩm: …"."""
    head, colon, _ = text.partition(":")
    return head if colon and len(head.split()) <= 14 else ""


@cache
def _empty() -> frozenset[str]:
    """Syllables that tell nothing by themselves."""
    text = resources.files("assistant").joinpath("data", "question_words.txt").read_text(encoding="utf-8")
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(fold(word) for word in body.replace("--", " ").split())


_JOINING = frozenset(
    re.findall(
        r"\w+",
        "la cua co da duoc va cac nhung so voi trong cho tai tu den nam thi do nay o ve theo ma thuoc bao nhieu may "
        "ngay thang quy",
    )
)
"""Syllables that tell no figure from another."""


@lru_cache(maxsize=4096)
def _content(text: str) -> frozenset[str]:
    return frozenset(word for word in _WORD.findall(fold(text)) if len(word) > 1 and word not in _JOINING)


def _unsaid(sentence: str, told: str, asked: Asked) -> str | None:
    """A sentence whose words the passages don't have, or that denies what they don't. An English one, whose words are
    others, has to name a figure or a name of theirs."""
    if asked.english:
        here = f" {_bare(told)} "
        named = any(len(name) > 1 and f" {_bare(' '.join(name))} " in here for name in _capitalised(sentence))
        return None if figures(sentence) or named else "đoạn được dẫn không nói điều này"
    words = [word for word in _WORD.findall(fold(sentence)) if len(word) > 1]
    telling = [word for word in words if word not in _empty()]
    if len(telling) <= _LEAD_IN and sentence.rstrip().endswith(":"):
        return None  # "Cụ thể như sau:"
    counted = bool(figures(sentence))
    said = _words(f"{told} . {asked.text}" if counted else told)
    held, joined = (_HELD, _JOINED) if counted else (_HELD_ALONE, _JOINED_ALONE)
    pairs = list(pairwise(words))
    telling = telling or words
    if sum(word in said[0] for word in telling) < held * len(telling):
        return "đoạn được dẫn không nói điều này"
    if pairs and sum(pair in said[1] for pair in pairs) < joined * len(pairs):
        return "đoạn được dẫn không nói điều này"
    denied = _DENIES.search(_NO_DENIAL.sub(" ", re.sub(r"^\W*(?:khong|no)\b\W", " ", fold(sentence))))
    if denied and not _DENIES.search(fold(told)) and "0" not in figures(told):
        return "đoạn được dẫn không phủ định điều này"
    return None


@lru_cache(maxsize=512)
def _words(text: str) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    words = [word for word in _WORD.findall(fold(text)) if len(word) > 1]
    return frozenset(words), frozenset(pairwise(words))
