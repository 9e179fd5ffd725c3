"""Passages of text and the pairs made from them: a question-like text, and the text that should be found for it.

What a model is trained on (`training.py`) and adapted to (`adapting.py`) is made here; the sources of the shipped
model are read here too. Nothing here knows how a model learns.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vectorstore.vietnamese import fold

log = logging.getLogger(__name__)

WINDOW = 900
"""Characters of a passage shown at once, about the length of a report's chunk."""

_SENTENCE_END = re.compile(r"(?<=[.;:!?])\s+|\n+")
# In records of procedures the cells of tables are glued together: "Miễn phíMô tả". Where a capital directly follows a
# small letter, a new cell begins.
_SMALL = "a-zđơưàáâãèéêìíòóôõùúýăĩũ" + "".join(map(chr, range(0x1EA1, 0x1EFA, 2)))
_GLUED = re.compile(rf"(?<=[{_SMALL}])(?=[A-ZĐ])")
_WIKI_NOISE = re.compile(r"^Bài viết này cần thêm chú thích[^|]*\|")

# Endings and openings of questions, so that they come to weigh little. {0} is what is asked about.
_QUESTIONS = (
    "{0} là gì?",
    "{0} như thế nào?",
    "{0} được quy định như thế nào?",
    "{0} bao nhiêu?",
    "{0} ra sao?",
    "{0} gồm những gì?",
    "cho biết {0}",
    "{0} có đúng không?",
    "theo quy định, {0} thế nào?",
    "tình hình {0} ra sao?",
    "kết quả {0} thế nào?",
    "có bao nhiêu {0}?",
    "{0} đạt mấy phần trăm?",
    "ai chịu trách nhiệm về {0}?",
    "{0} vào ngày nào?",
    "vì sao {0}?",
    "đơn vị nào {0}?",
    "trong năm nay, {0} là bao nhiêu, tăng hay giảm?",
)

_PROCEDURE_FIELDS: Mapping[str, tuple[str, ...]] = {
    "trinh_tu_thuc_hien": ("Trình tự thực hiện", "Các bước thực hiện", "Cách làm"),
    "cach_thuc_thuc_hien": (
        "Cách thức thực hiện",
        "Thời hạn giải quyết và lệ phí",
        "Nộp hồ sơ trực tuyến hay trực tiếp",
    ),
    "thanh_phan_ho_so": ("Thành phần hồ sơ", "Hồ sơ cần những giấy tờ gì"),
    "yeu_cau_dieu_kien": ("Yêu cầu, điều kiện thực hiện", "Điều kiện"),
    "can_cu_phap_ly": ("Căn cứ pháp lý",),
    "ket_qua_xu_ly": ("Kết quả thực hiện",),
    "dia_chi_tiep_nhan": ("Địa chỉ tiếp nhận hồ sơ", "Nộp hồ sơ ở đâu"),
}
_PROCEDURE_FACTS: Mapping[str, str] = {  # short ones, which stand together as one text
    "linh_vuc": "Lĩnh vực",
    "cap_thuc_hien": "Cấp thực hiện",
    "doi_tuong_thuc_hien": "Đối tượng thực hiện",
    "co_quan_co_tham_quyen": "Cơ quan có thẩm quyền",
    "co_quan_thuc_hien": "Cơ quan thực hiện",
    "so_quyet_dinh": "Quyết định công bố",
}


@dataclass(frozen=True, slots=True)
class Passage:
    """A text, what it is called, and what its name belongs to (a topic of law, a procedure, an article)."""

    title: str
    context: str
    text: str


# ---------------------------------------------------------------------------------------------- reading the sources


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a gzip-compressed file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def law_passages(articles: Iterable[Mapping[str, Any]]) -> Iterator[Passage]:
    """Articles of law, named by their title within their topic."""
    for article in articles:
        yield Passage(article["title"].strip(), article["topic"].strip(), article["text"].strip())


def procedure_passages(procedures: Iterable[Mapping[str, Any]]) -> Iterator[Passage]:
    """Fields of administrative procedures, named by the field within the procedure."""
    for procedure in procedures:
        name = procedure["ten_thu_tuc"].strip()
        for field, names in _PROCEDURE_FIELDS.items():
            text = procedure.get(field)
            if isinstance(text, str) and text.strip():
                yield Passage(names[len(text) % len(names)], name, _GLUED.sub("\n", text.strip()))
        facts = "\n".join(
            f"{said}: {procedure[fact]}" for fact, said in _PROCEDURE_FACTS.items() if procedure.get(fact)
        )
        yield Passage("Cơ quan, đối tượng và lĩnh vực", name, facts)


def encyclopaedia_passages(sections: Iterable[Mapping[str, Any]]) -> Iterator[Passage]:
    """Passages of articles, named by their section within the article."""
    for section in sections:
        text = _WIKI_NOISE.sub("", section["text"]).strip()
        yield Passage(section["section"].strip(), section["title"].strip(), text)


def read_passages(folder: Path) -> list[Passage]:
    """All passages of the sources in `folder` that are long enough to teach something, in the order of the sources, so
    that what stands together there stands together here."""
    passages: list[Passage] = []
    for path in sorted(folder.glob("*.jsonl.gz")):
        read = (
            law_passages
            if path.name.startswith("phapdien")
            else procedure_passages
            if path.name.startswith("tthc")
            else encyclopaedia_passages
        )
        before = len(passages)
        passages.extend(p for p in read(records(path)) if len(p.text) >= 60)
        log.info("%s: %d passages", path.name, len(passages) - before)
    if not passages:
        raise FileNotFoundError(f"No *.jsonl.gz with passages in '{folder}'. Give the folder of the training texts.")
    return passages


_SHINGLE = 8  # syllables; that many in a row are hardly the same by chance


def without(passages: Sequence[Passage], texts: Iterable[str]) -> list[Passage]:
    """The passages less those that stand in `texts`: half of their runs of eight syllables do."""
    known = {run for text in texts for run in _runs(text)}

    def stands(passage: Passage) -> bool:
        runs = _runs(passage.text)
        return bool(runs) and sum(run in known for run in runs) >= 0.5 * len(runs)

    return [passage for passage in passages if not stands(passage)]


def _runs(text: str) -> list[str]:
    words = re.findall(r"[^\W_]+", fold(text))
    return [" ".join(words[i : i + _SHINGLE]) for i in range(len(words) - _SHINGLE + 1)]


def held_out(passages: Sequence[Passage], share: float) -> tuple[list[Passage], list[Passage]]:
    """The passages parted by what they belong to: those to learn from, and about `share` to measure with."""
    limit = share * 2**32
    parts: tuple[list[Passage], list[Passage]] = ([], [])
    for passage in passages:
        drawn = int.from_bytes(hashlib.blake2b(passage.context.encode(), digest_size=4).digest(), "big")
        parts[drawn < limit].append(passage)
    return parts


# ------------------------------------------------------------------------------------------------- making the pairs


def sentences(text: str) -> list[str]:
    """The clauses of a text: whatever ends in a full stop, a semicolon, a colon or a line."""
    return [s for s in _SENTENCE_END.split(text) if s and not s.isspace()]


def window(clauses: Sequence[str], start: int) -> tuple[str, ...]:
    """Whole sentences from `start` on, about as long as a chunk."""
    chosen: list[str] = []
    length = 0
    for clause in clauses[start:]:
        if chosen and length + len(clause) > WINDOW:
            break
        chosen.append(clause)
        length += len(clause)
    return tuple(chosen)


def _heading(passage: Passage, rng: random.Random) -> str:
    """What somebody would ask for who knows only the name of the passage."""
    if not passage.title:
        return passage.context
    order = [passage.title, passage.context] if rng.random() < 0.7 else [passage.context, passage.title]
    return rng.choice((" ", ", ", " - ", " của ", " trong ")).join(order)


def _span(sentence: str, rng: random.Random, shortest: int = 3, longest: int = 14) -> str:
    """A run of some syllables."""
    syllables = sentence.split()
    length = rng.randint(shortest, longest)
    start = rng.randint(0, max(0, len(syllables) - length))
    return " ".join(syllables[start : start + length])


def gist(sentence: str, rng: random.Random) -> str:
    """Two or three short runs of a sentence in their order, as a question takes up some of its words."""
    syllables = sentence.split()
    parts = rng.randint(2, 3)
    size = max(1, len(syllables) // parts)
    return " ".join(_span(" ".join(syllables[i * size : (i + 1) * size]), rng, 2, 5) for i in range(parts))


def as_question(words: str, rng: random.Random) -> str:
    """Words put as a question."""
    return rng.choice(_QUESTIONS).format(words.rstrip(" .;:?"))


@dataclass(frozen=True, slots=True)
class Shape:
    """How questions and texts are made to look: shares of all pairs."""

    named: float = 0.4  # the name of the passage is asked for
    gist: float = 0.0  # of the others: some words of a sentence here and there
    placed: float = 0.15  # of the others: the question says what the passage belongs to
    headed: float = 0.4  # the text of such a question stands under its name
    headed_named: float = 0.1  # the text stands under its name though its name is the question
    asked: float = 0.3  # short questions are put as questions


PLAIN = Shape()
CHUNKS = Shape(named=0.35, gist=0.4, placed=0.3, headed=0.7, headed_named=0.1, asked=0.45)
"""As chunks of reports are indexed (headings before the text) and asked for (some of their words, short questions)."""


def make_pair(passage: Passage, rng: random.Random, shape: Shape = PLAIN) -> tuple[str, tuple[str, ...]]:
    """One question-like text, and the sentences of one text that should be found for it.

    The question is the passage's name, one of its sentences (then left out of the text, most times), or a few words
    of one.
    """
    clauses = sentences(passage.text) or [passage.title]
    named = rng.random() < shape.named or len(clauses) < 2
    if named:
        query = _heading(passage, rng)
        text = window(clauses, 0 if rng.random() < 0.6 else rng.randrange(len(clauses)))
    else:
        at = rng.randrange(len(clauses))
        asked = clauses[at]
        if rng.random() < shape.gist:
            query = gist(asked, rng)
        else:
            query = _span(asked, rng) if rng.random() > 0.58 or len(asked) > 300 else asked
        if rng.random() < 0.8:
            clauses = clauses[:at] + clauses[at + 1 :]
        text = window(clauses, max(0, min(at, len(clauses) - 1) - rng.randint(0, 4)))
        if rng.random() < shape.placed:
            query = f"{passage.context}: {query}"
    if rng.random() < (shape.headed_named if named else shape.headed):
        text = (passage.context, passage.title, *text)
    if len(query) < 200 and rng.random() < shape.asked:
        query = as_question(query, rng)
    return query, text


@dataclass(frozen=True, slots=True)
class Batch:
    """Questions and the texts that should be found for them, row by row. Rows of one key are of one thing, so that the
    text of one is no wrong answer to the question of the other."""

    queries: list[str]
    texts: list[tuple[str, ...]]
    keys: list[int]


def batches(
    passages: Sequence[Passage],
    size: int,
    rng: random.Random,
    *,
    shape: Shape = PLAIN,
    near: int = 1,
    order: Sequence[int] | None = None,
) -> Iterator[Batch]:
    """One epoch: every passage gives one pair; a batch holds the same question only once.

    `near` passages that follow one another in `order` come into one batch, where each makes it harder to find the
    others; `order` is the passages' own unless it is given.
    """
    places = list(order if order is not None else range(len(passages)))
    offset = rng.randrange(near)
    groups = [places[max(0, i) : i + near] for i in range(-offset, len(places), near)]
    rng.shuffle(groups)
    drawn = [i for group in groups for i in group]
    for start in range(0, len(drawn), size):
        pairs: dict[str, tuple[tuple[str, ...], int]] = {}
        for i in drawn[start : start + size]:
            query, text = make_pair(passages[i], rng, shape)
            pairs[query] = text, hash((passages[i].context, passages[i].title))
        if len(pairs) > 1:
            yield Batch(list(pairs), [text for text, _ in pairs.values()], [key for _, key in pairs.values()])
