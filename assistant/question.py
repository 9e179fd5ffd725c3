"""What is asked: the kind of question, what it is about, for which place, period and kind of document.

A follow-up is made whole from the conversation before anything is searched. Patterns and word lists stand in `data/`;
places, periods and figures are read by the same code as in the documents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import resources

from assistant.schema import Question, Understood
from vectorstore import periods, places
from vectorstore.periods import Period
from vectorstore.quantities import Reference, document_types, references
from vectorstore.search import english
from vectorstore.vietnamese import abbreviations, fold, has_diacritics, normalize, syllables


@dataclass(frozen=True, slots=True)
class Term:
    """A content word of the question: its spelling, folded spelling, which word of the question it is, and its weight
    (1, less when carried over from an earlier question)."""

    word: str
    folded: str
    position: int
    weight: float = 1.0
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as understood. `text` is the question made whole; `terms` is what it is about, without asking words,
    places and periods; `carried` says what was taken from the conversation; `announced` is how many of a thing the
    question itself says there are ("ba huyện nào": 3, "huyện"); `noun` is what is counted ("bao nhiêu hồ sơ": "hồ
    sơ …"); `before` is the question that it leans on, `own` then what was typed before it was made whole; `era` is
    "before" or "after" where it speaks of the provinces of one side of the merger of July 2025."""

    text: str
    kind: str
    terms: tuple[Term, ...]
    places: tuple[str, ...]
    periods: tuple[Period, ...]
    types: tuple[str, ...]
    numbers: tuple[str, ...]
    english: bool
    accented: bool
    yesno: bool
    whole_year: bool
    target: bool
    carried: str = ""
    announced: tuple[tuple[int, str], ...] = ()
    noun: str = ""
    era: str = ""
    before: Asked | None = None
    own: str = ""

    @property
    def folded(self) -> str:
        return fold(self.text)

    @property
    def years(self) -> frozenset[int]:
        return frozenset(year for period in self.periods for year in period.years)

    @property
    def points_back(self) -> bool:
        """Whether a question speaks of just what the one before was answered with ("trong đó", "văn bản ấy"), rather
        than going on to another thing ("còn lĩnh vực dược?")."""
        new = [term for term in self.terms if term.weight == 1.0]
        return self.before is not None and (len(new) <= _FEW_NEW or bool(_BACK.search(fold(self.text))))

    @property
    def apart(self) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
        """(what the question names of things of one kind that exclude each other, the others of that kind)."""
        own = _named_apart(fold(self.own)) if self.own else ()
        return own or _named_apart(self.folded)

    @property
    def asks_for_change(self) -> bool:
        """Whether it is asked from what to what a figure went ("rút từ mấy ngày xuống còn mấy ngày")."""
        return bool(_ASKS_FOR_CHANGE.search(self.folded))

    def understood(self) -> Understood:
        """What is shown of it, in the contract's form."""
        return Understood(
            self.kind,
            " ".join(term.word for term in self.terms),
            self.places,
            tuple(dict.fromkeys(p.form for p in self.periods)),
            self.types,
        )


_FEW_NEW = 3
"""So few words of its own leave a question speaking of what was answered before."""
_BACK = re.compile(
    r"\b(?:trong (?:so )?(?:do|nay)|(?:van ban|quyet dinh|ke hoach|ho so|viec|so|don vi|nguoi) (?:do|ay|nay)|vay)\b"
)


@cache
def _kinds() -> tuple[tuple[str, re.Pattern[str]], ...]:
    lines = resources.files("assistant").joinpath("data", "kinds.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t", 1) for line in lines if line.strip() and not line.startswith("#"))
    return tuple((kind, re.compile(pattern)) for kind, pattern in rows)


@cache
def _question_words() -> tuple[frozenset[str], frozenset[str]]:
    """The words without content: spelled with diacritics, and without."""
    text = resources.files("assistant").joinpath("data", "question_words.txt").read_text(encoding="utf-8")
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    spelled, _, bare = body.partition("\n--\n")
    return frozenset(spelled.split()), frozenset(bare.split())


_ENGLISH_WORDS = """\
of is are was were what which who whom whose when where why how many much did does have had for from with between
compare signed please there their its"""
_ALSO_ENGLISH_WORDS = "the in on at by do to and has it be been not than or any list name tell"
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
"""English words that are no Vietnamese syllables without their marks."""
_ALSO_ENGLISH = frozenset(_ALSO_ENGLISH_WORDS.split())
"""English words that may be such syllables ("the": thế, "do": do); they count beside one that is none."""
_WHOLE_YEAR = re.compile(r"\b(?:ca|tron|suot|toan|het) nam\b|\b12 thang\b|\bfull year\b|\bwhole (?:year )?\b")
_TARGET = re.compile(
    r"\b(?:muc tieu|chi tieu|phan dau|dat ra|ke hoach|phai dat|phai|toi thieu|yeu cau|target|goal|du kien"
    r"|phuong huong|dinh huong|thoi gian toi|nam toi|giai doan toi|du dinh)\b"
)
_NOUN_ASKED = re.compile(
    r"\b(?:bao nhieu|may|how many|bn|so luong|tong so)\s+"
    r"(?!va\b|thi\b|la\b|vay\b|the\b|nhi\b|a\b|so voi\b|nam\b)[a-z]{2,}"
)
_BODY_WORDS = re.compile(r"(?<!co )(?<!ho )\b(?:so y te|nganh y te|syt|bo y te|byt|y te)\b")
_ASKS_FOR_CHANGE = re.compile(
    r"\btu (?:[a-z]+ ){0,2}(?:bao nhieu|may)\b.*\b(?:con|xuong|len|thanh) (?:[a-z]+ ){0,2}(?:bao nhieu|may)\b"
    r"|\b(?:giam|rut|cat|tang|nang|xuong|len)\b.*\b(?:con|xuong|len)\s+(?:bao nhieu|may)\b"
)
_CHANGE_WORDS = re.compile(r"\b(?:giam|rut|cat|tang|nang|xuong|len|con|truoc|lam)\b")
_CITY = re.compile(r"\btp\.?\s*$")
_MINISTRY = re.compile(r"bo y te|byt")
_FRAME_WEIGHT = 0.3
"""What the ministry over the reporting bodies weighs: many name it, but among ministries it tells one from another; and
the kind of document, which most often only says where to look."""
_FRAME_TYPES = re.compile(r"\b(?:bao cao|ban tin|tinh hinh|bc)\b")


def understand(question: Question, known_places: tuple[str, ...] = ()) -> Asked:
    """Read a question, made whole from its history where it leans on it."""
    asked = _read(question.text, known_places)
    earlier = [turn.content for turn in question.history if turn.role == "user"]
    if not earlier:
        return asked
    before = _read(earlier[-1], known_places)
    if not _leans(asked, question.text) and not _goes_on(asked, before):
        return asked
    if len(earlier) > 1 and _leans(before, earlier[-1]):
        before = _merge(before, _read(earlier[-2], known_places))
    return _merge(asked, before)


_ELLIPTIC = re.compile(
    r"^(?:vay|the|con|va|trong (?:so )?do|so do|do la|rieng|nhung|thi sao|cu the|ai|don vi nao|co quan nao|bao nhieu)\b"
    r"|\b(?:trong (?:so )?(?:do|nay)|so (?:do|nay)|cai do|viec do|viec nay|noi do|o do|thi sao|nhu vay|tren day|"
    r"noi tren|luc do|don vi do|"
    r"ho so do|van ban do|ke hoach do|quyet dinh do|so voi do|ong ay|ba ay|what about|of those|of them|that one)\b"
)


def _leans(asked: Asked, text: str) -> bool:
    """Whether a question can't stand alone: it points back, or says next to nothing."""
    folded = fold(text).strip()
    return bool(_ELLIPTIC.search(folded)) or len(asked.terms) <= 2 or (not asked.places and len(asked.terms) <= 4)


def _goes_on(asked: Asked, before: Asked) -> bool:
    """Whether a question that names no place, period or document has at least half its words from the one before."""
    if asked.places or asked.periods or asked.numbers or not before.places:
        return False
    said = {term.folded for term in before.terms}
    own = {term.folded for term in asked.terms}
    return bool(own) and 2 * len(own & said) >= len(own)


def _merge(asked: Asked, before: Asked) -> Asked:
    """The question with what the one before it said, where it says nothing itself."""
    own = {term.folded for term in asked.terms}
    dropped = _apart_from(asked.folded, before)
    offset = len(asked.text) + 1  # beyond any word of the question itself
    share = 0.5 if len(asked.terms) > 1 else 1.0
    carried = tuple(
        replace(term, position=term.position + offset, weight=term.weight * share)
        for term in before.terms
        if term.folded not in own and term.position not in dropped
    )
    kind = asked.kind
    if kind in ("text", "what", "how") and re.search(r"thi sao|the con|con |what about", asked.folded):
        kind = before.kind
    if asked.kind == "text":
        kind = before.kind
    said = [] if asked.places else [*before.places]
    said += [periods.say(p.form) for p in (() if asked.periods else before.periods)]
    return replace(
        asked,
        text=f"{asked.text} {before.text if not asked.places else _without_places(before)}",
        kind=kind,
        terms=(*asked.terms, *carried),
        places=asked.places or before.places,
        periods=asked.periods or before.periods,
        types=asked.types or before.types,
        numbers=asked.numbers or before.numbers,
        era=asked.era or ("" if asked.places else before.era),
        before=before,
        own=asked.text,
        carried=f"«{before.text}»" + (f" ({', '.join(said)})." if said else "."),
    )


@cache
def _kinds_apart() -> tuple[tuple[str, ...], ...]:
    lines = resources.files("assistant").joinpath("data", "kinds_apart.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(
        tuple(fold(name) for name in line.split("\t")) for line in lines if line.strip() and not line.startswith("#")
    )


@lru_cache(maxsize=64)
def _named_apart(folded: str) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    out = []
    for row in _kinds_apart():
        named = tuple(name for name in row if re.search(rf"\b{name}\b", folded))
        if named:
            out.append((named, tuple(name for name in row if name not in named)))
    return tuple(out)


def _apart_from(folded: str, before: Asked) -> frozenset[int]:
    """Positions of the words of an earlier question that name another thing of a kind of which `folded` names one."""
    words = {term.position: term.folded for term in before.terms}
    out: set[int] = set()
    for row in _kinds_apart():
        if not any(re.search(rf"\b{name}\b", folded) for name in row):
            continue
        for name in row:
            parts = name.split()
            for at in words if not re.search(rf"\b{name}\b", folded) else ():
                if [words.get(at + i) for i in range(len(parts))] == parts:
                    out.update(range(at, at + len(parts)))
    return frozenset(out)


def _without_places(asked: Asked) -> str:
    text = asked.text
    for mention in reversed(places.find(text, question=True)):
        text = text[: mention.start] + text[mention.end :]
    return text


@cache
def _shorthand() -> dict[str, str]:
    lines = resources.files("assistant").joinpath("data", "shorthand.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line.strip() and not line.startswith("#"))
    return {typed: meant for typed, meant in rows}


_TYPED = re.compile(r"(?<![\w/.&-])[^\W\d_]+(?:\.[^\W\d_]+|(?:-[^\W\d_]+)?&[^\W\d_]+)?(?![\w/&-])")
"""What shorthand is looked for as: a word, two with a point ("t.tra"), several joined ("GD&ĐT", "VH-TT&DL")."""


_MONTHS_SAID = re.compile(r"\b(hai|ba|bốn|sáu|bảy|tám|chín|mười)(?=\s+tháng\s+(?:đầu\s+)?(?:năm|của)\b)", re.IGNORECASE)


def _written_out(text: str) -> str:
    """A question as typed, its shorthand written out: "hs" → "hồ sơ". It gets no diacritics where the question
    has none, and an English question is left alone."""
    bare = not has_diacritics(text)
    if bare and _is_english(text):
        return re.sub(r"\s+", " ", text).strip()

    def meant(match: re.Match[str]) -> str:
        word = match[0]
        known = _shorthand().get(word.lower())
        if not known or (word.isupper() and word.lower() in abbreviations()):
            return word
        return fold(known) if bare else known

    text = _MONTHS_SAID.sub(lambda match: str(_NUMBER_WORDS[match[1].lower()]), text)
    text = re.sub(r"\b(\d{1,3}) (?:vạn|van)\b(?= dân| dan)", lambda match: f"{match[1]}0.000", text)
    return _TYPED.sub(meant, re.sub(r"\s+", " ", text).strip())


_ENGLISH_NUMBERS = {
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
}


def _translated(text: str) -> str:
    """The content of an English question in Vietnamese, as far as the glossary goes; names and numbers as they are."""
    words = re.findall(r"[^\W_]+(?:[-/.][^\W_]+)*", text)
    out: list[str] = []
    at = 0
    while at < len(words):
        for size in range(min(5, len(words) - at), 0, -1):
            found = english().get(" ".join(words[at : at + size]).lower())
            if found:
                out.append(found)
                at += size
                break
        else:
            word = words[at]
            if word.lower() in _ENGLISH_NUMBERS:
                out.append(_ENGLISH_NUMBERS[word.lower()])
            elif any(c.isdigit() for c in word) or (word[:1].isupper() and at > 0) or has_diacritics(word):
                out.append(word)
            at += 1
    return " ".join(out)


_ENGLISH_MONTHS = """\
january february march april may june july august september october november december"""
_MONTHS = _ENGLISH_MONTHS.split()
_ENGLISH_DATE = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{'|'.join(_MONTHS)})"
    rf"|(?P<m2>{'|'.join(_MONTHS)})(?:\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,)?),?\s+(?P<year>\d{{4}})\b",
    re.IGNORECASE,
)
_ENGLISH_MONTHS_OF = re.compile(
    r"\bfirst (\d{1,2}|two|three|four|five|six|seven|eight|nine|ten) months(?: of| in)? (\d{4})\b", re.IGNORECASE
)
_ENGLISH_RANGE = re.compile(r"\b(?:between|from)\s+(\d{1,2}/\d{1,2}/\d{4})\s+(?:and|to|until)\s+(?=\d)", re.IGNORECASE)


def _numbered_dates(text: str) -> str:
    """A question whose English dates are written in digits: "14 December 2022" → "14/12/2022"; without diacritics, by
    which a question is known not to be English."""

    def digits(match: re.Match[str]) -> str:
        month = _MONTHS.index((match["month"] or match["m2"]).lower()) + 1
        day = match["day"] or match["d2"]
        return f"{day}/{month}/{match['year']}" if day else f"thang {month}/{match['year']}"

    def months(match: re.Match[str]) -> str:
        number = _ENGLISH_NUMBERS.get(match[1].lower(), match[1])
        return f"{number} thang dau nam {match[2]}"

    text = _ENGLISH_MONTHS_OF.sub(months, text)
    return _ENGLISH_RANGE.sub(r"tu \1 den ", _ENGLISH_DATE.sub(digits, text))


def _of_document(folded: str, period: Period) -> bool:
    """Whether a year is that of the document whose number is asked for ("nghị định năm 2010 nào"), and no period of
    what is told."""
    before = list(_type_pattern().finditer(folded, 0, period.start))
    near = bool(before) and re.fullmatch(r"\s*(?:nam\s*)?", folded[before[-1].end() : period.start]) is not None
    return near and re.match(r"\s*(?:nao|so may|so bao nhieu)\b", folded[period.end :]) is not None


_YEAR_BEFORE = re.compile(
    r"\b(?:nam (?:lien )?(?:truoc|ke truoc)|nam (?:lien )?ke|nam ngoai|cung ky)\b|\b(?:year before|previous year)\b"
)


def _with_year_before(stated: tuple[Period, ...], folded: str) -> tuple[Period, ...]:
    """The periods of a question, with that of the year before where it compares with it ("so với năm liền trước")."""
    if len(stated) != 1 or not re.match(r"\d{4}", stated[0].form) or "/" in stated[0].form:
        return stated
    spot = _YEAR_BEFORE.search(folded)
    before = periods.parse(f"{int(stated[0].form[:4]) - 1}{stated[0].form[4:]}") if spot else None
    return (*stated, replace(before, start=spot.start(), end=spot.end())) if spot and before else stated


def _counted_in_english(text: str) -> str:
    """What an English question counts, in Vietnamese: the words behind "how many" that the glossary knows."""
    match = re.search(r"\b(?:how many|number of)\s+((?:[\w-]+\s){0,3}[\w-]+)", text, re.IGNORECASE)
    if match is None and (told := re.search(r"\bwhat\b[^?]*\b(score|rank)\b", text, re.IGNORECASE)):
        return "điểm" if told[1].lower() == "score" else "hạng"
    words = match[1].lower().split() if match else []
    for start in range(len(words)):
        for size in range(len(words) - start, 0, -1):
            if found := english().get(" ".join(words[start : start + size])):
                return found.split(",")[0].lower()
    return ""


def _is_english(text: str) -> bool:
    """Whether a question is asked in English: its small words, and no Vietnamese letter outside what it quotes."""
    plain = re.sub(r"[“\"«].*?[”\"»]|\([^()]*\)|\S*[/]\S*", "", text)
    for mention in reversed(places.find(plain, question=True)):
        plain = plain[: mention.start] + plain[mention.end :]
    words = set(re.findall(r"[a-z]+", fold(text)))
    sure = len(words & _ENGLISH)
    return not has_diacritics(plain) and sure >= 1 and sure + len(words & _ALSO_ENGLISH) >= 2


def _read(text: str, known_places: tuple[str, ...]) -> Asked:
    text = _written_out(normalize(_numbered_dates(text)))
    folded = fold(text)
    if len(folded) != len(text):  # a letter that folds to none or several: keep positions honest
        text = folded
    kind = _kind(text, folded)
    if kind == "count" and not _NOUN_ASKED.search(folded):
        kind = "value"
    yesno = any(k == "yesno" and p.search(folded) for k, p in _kinds())
    found = places.find(text, known_places, question=True)
    stated = _with_year_before(tuple(p for p in periods.find(text) if not _of_document(folded, p)), folded)
    named = references(text)
    era, said_era = places.era_said(text, found)
    covered = [(m.start, m.end) for m in found] + [(p.start, p.end) for p in stated] + said_era
    covered += [m.span() for mention in found if (m := _CITY.search(folded, 0, mention.start))]
    if _ASKS_FOR_CHANGE.search(folded):  # told in other words of the like: "giảm từ … còn"
        covered += [m.span() for m in _CHANGE_WORDS.finditer(folded)]
    bodies = [m.span() for m in _BODY_WORDS.finditer(folded)]
    covered += [span for span in bodies if not _MINISTRY.match(folded, *span)]
    frame: list[tuple[int, int]] = []
    if kind not in ("docnumber", "date", "who"):
        frame = [m.span() for m in _FRAME_TYPES.finditer(folded)]
    if kind in ("percent", "value"):
        covered += [
            m.span() for m in re.finditer(r"\bt[yi] le\b|\bphan tram\b", folded)
        ]  # asked with it, told with "%"
    english = _is_english(text)
    if english:
        said = _translated(_without(text, found, stated))
        terms = [
            Term(word, fold(word), i, 1.0, said[a:b])
            for i, (word, a, b) in enumerate(syllables(said))
            if word not in _question_words()[0] and not _BODY_WORDS.fullmatch(fold(word))
        ]
        return Asked(
            f"{text} {said}",
            kind,
            tuple(terms),
            tuple(dict.fromkeys(m.place for m in found)),
            stated,
            _types(said, fold(said)),
            tuple(r.number for r in named),
            True,
            True,
            yesno,
            bool(_WHOLE_YEAR.search(folded)),
            bool(_TARGET.search(folded)),
            announced=_announced(said),
            noun=_counted_in_english(text),
            era=era,
        )
    accented = has_diacritics(text)
    words = _question_words()[0 if accented else 1]
    if not accented:
        covered += [m.span() for m in _BARE_PHRASES.finditer(folded)]
    terms = []
    for position, (word, start, end) in enumerate(syllables(text)):
        bare = fold(word)
        if any(a <= start < b for a, b in covered) or (word if accented else bare) in words:
            continue
        if len(bare) > 1 or bare.isdigit() or bare in "yovi":
            told = _FRAME_WEIGHT if any(a <= start < b for a, b in (*bodies, *frame)) else 1.0
            terms.append(Term(word, bare, position, told, text[start:end]))
    return Asked(
        text,
        kind,
        tuple(terms),
        tuple(dict.fromkeys(m.place for m in found)),
        stated,
        _types(text, folded),
        tuple(r.number for r in named) or _bare_numbers(folded),
        english,
        accented,
        yesno,
        bool(_WHOLE_YEAR.search(folded)),
        bool(_TARGET.search(folded)),
        announced=_announced(text),
        noun=_noun(text, folded),
        era=era,
    )


# What asks, in a question without diacritics, in words each of which may be another's bare form
_BARE_PHRASES = re.compile(
    r"\b(?:so sanh|so voi|bao nhieu|ke ten|ke ra|liet ke|cho biet|cho toi|cho minh|cho hoi|xin hoi|xin cho|bao gio"
    r"|la gi|ca nam|phai|the nao|nhu the nao|ra sao|khi nao|vi sao|tai sao"
    r"|may (?=nguoi|ho so|don vi|thu tuc|co so|lan|ngay|thang|diem|cuoc|cai))\b"
)
# Asking words whose bare form is also another word's: how they are spelled where the question has diacritics.
_SPELLED = {
    "may": "mấy",
    "nao": "nào",
    "gi": "gì",
    "dau": "đâu",
    "bao": "bao",
    "ai": "ai",
    "sao": "sao",
    "ong": "ông",
}
_ADDING = {"cong": "cộng", "gop": "gộp", "tong": "tổng"}
"""How the words that ask for a sum are spelled."""


_KIN = r"(?:(?:anh|chi|em|co|chu|bac|ban|vi|cai|chiec|ong|ba)\s+(?=[a-z]+\s+[a-z]))*"
"""What politeness puts before the thing counted ("bao nhiêu anh chị em viên chức")."""


def _noun(text: str, folded: str) -> str:
    """What is counted: the words after "bao nhiêu" or "mấy"."""
    match = re.search(rf"\b(?:bao nhieu|may|bn|how many|so luong|tong so)\s+{_KIN}((?:[a-z]+\s?){{1,4}})", folded)
    noun = text[match.start(1) : match.end(1)].strip().lower() if match else ""
    first, _, rest = noun.partition(" ")
    return f"{abbreviations().get(fold(first), first)} {rest}".strip() if noun else ""


_NUMBER_WORDS = {
    "hai": 2,
    "ba": 3,
    "bốn": 4,
    "năm": 5,
    "sáu": 6,
    "bảy": 7,
    "tám": 8,
    "chín": 9,
    "mười": 10,
}
_TIMES = frozenset({"tháng", "ngày", "quý", "tuần", "giờ", "đầu", "thang", "ngay"})
_ANNOUNCED = re.compile(r"\b(hai|ba|bốn|năm|sáu|bảy|tám|chín|mười|\d{1,3}) ([^\W\d_]+(?: [^\W\d_]+)?)", re.IGNORECASE)


def _announced(text: str) -> tuple[tuple[int, str], ...]:
    out = []
    for match in _ANNOUNCED.finditer(text):
        number = _NUMBER_WORDS.get(match[1].lower()) or int(match[1] if match[1].isdigit() else 0)
        noun = match[2].lower().split()[0]
        if number > 1 and noun not in _TIMES:
            out.append((number, noun))
    return tuple(out)


def _without(text: str, found: list[places.PlaceMention], stated: tuple[Period, ...]) -> str:
    """A question without the places and periods that it names."""
    for a, b in sorted([(m.start, m.end) for m in found] + [(p.start, p.end) for p in stated], reverse=True):
        text = text[:a] + " " + text[b:]
    return text


_WORD = re.compile(r"\w+")
_MEANS_SEVERAL = re.compile(
    r"(?<=voi )may\b(?=.*\b(?:ai|nao|gi|dau|bao nhieu)\b)|(?:(?<=cua )|(?<=trong )|(?<=ve )|^)may\b(?=.*\bbao nhieu\b)"
)
"""Where "mấy" asks nothing, but means some things of which something else is asked ("mấy việc ấy do ai làm")."""


def _kind(text: str, folded: str) -> str:
    """The kind of question."""
    accented = has_diacritics(text)
    yesno = any(k == "yesno" and p.search(folded) for k, p in _kinds())
    for kind, pattern in _kinds():
        for match in pattern.finditer(folded):
            asked = [
                (m[0], text[match.start() + m.start() : match.start() + m.end()].lower())
                for m in _WORD.finditer(match[0])
            ]
            if accented and kind == "sum" and any(_ADDING.get(bare, word) != word for bare, word in asked):
                continue
            if accented and kind != "yesno" and any(_SPELLED.get(bare, word) != word for bare, word in asked):
                continue
            if kind in ("what", "who") and yesno:
                continue
            if kind == "count" and _MEANS_SEVERAL.match(folded, match.start()):
                continue
            return kind
    return "text"


@cache
def _type_pattern() -> re.Pattern[str]:
    short = {s: long for s, long in abbreviations().items() if long in {t.lower() for t in document_types()}}
    names = sorted({fold(t) for t in document_types()} | set(short) | {"qd", "kh", "bc"}, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b")


def _types(text: str, folded: str) -> tuple[str, ...]:
    """The kinds of document that the question names, "KH" and "kế hoạch" alike."""
    by_name = {fold(t): t for t in document_types()}
    out = []
    for match in _type_pattern().finditer(folded):
        name = by_name.get(match[0]) or by_name.get(fold(abbreviations().get(match[0], "")))
        if name and (match[0] in by_name or text[match.start() : match.end()].isupper() or not has_diacritics(text)):
            out.append(name)
    return tuple(dict.fromkeys(out))


@cache
def _bare_number() -> re.Pattern[str]:
    # a plain year behind a type says when ("kế hoạch 2023"), unless "số" stands between
    return re.compile(
        rf"(?:\bso |\bno\.? ?(?=\d)|{_type_pattern().pattern} (?:so |(?!(?:19|20)\d\d\b)))"
        r"(\d{1,5}(?:/(?:19|20)\d\d)?)\b(?!\s*[/.,]?\d|\s*%)"
    )


def _bare_numbers(folded: str) -> tuple[str, ...]:
    """Numbers of documents without their symbol: "BC 124"."""
    return tuple(m[1] for m in _bare_number().finditer(folded))


def without_name(asked: Asked) -> Asked:
    """The question without the numbers of documents that it gives, their types with them: what it asks of them."""
    spans = [(r.start, r.end) for r in references(asked.text)]
    rest = asked.text
    before = [m.span() for m in _type_pattern().finditer(asked.folded)]  # "BC 1987/BC-SYT"
    spans += [(a, b) for a, b in before if any(b <= start and not rest[b:start].strip() for start, _ in spans)]
    spans += [m.span() for m in _bare_number().finditer(asked.folded)]
    for start, end in spans:
        rest = rest[:start] + " " * (end - start) + rest[end:]
    left = {i for i, (_, start, _) in enumerate(syllables(asked.text)) if rest[start] != " "}
    if asked.english:  # its terms are counted over the translation
        named = {word for start, end in spans for word, _, _ in syllables(asked.text[start:end])}
        return replace(asked, terms=tuple(t for t in asked.terms if t.word not in named), types=())
    terms = tuple(t for t in asked.terms if t.position in left or t.weight < 1)
    return replace(asked, terms=terms, types=_types(rest, fold(rest)))


def same_number(asked: str, printed: str) -> bool:
    """Whether a number as asked ("124", "1987/BC-SYT") is the one printed."""
    one, other = fold(re.sub(r"\s", "", asked)), fold(re.sub(r"\s", "", printed))
    if re.fullmatch(r"\d+/\d{4}", one):
        return re.match(rf"0*{one}(?!\d)", other) is not None
    return one == other or (one.isdigit() and re.match(r"0*" + one + r"(?!\d)", other) is not None)


def names(reference: Reference, asked: Asked) -> bool:
    """Whether a reference is to a document whose number the question gives."""
    return any(same_number(number, reference.number) for number in asked.numbers)
