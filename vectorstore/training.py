"""How the shipped embedding model is made: a tokenizer and a table of vectors, trained from nothing but public texts.

    python -m vectorstore.training DATA_DIR OUT_DIR [--epochs N] [--minutes N] [--seed N] [--name NAME] [--bench DIR]

DATA_DIR holds gzip-compressed JSON lines: `phapdien_articles` (law), `tthc_procedures` (administrative procedures) and
`viwiki*_passages` (encyclopaedia). Each record becomes `Passage`s, each passage gives new pairs (a question-like text,
the text that should be found) in every epoch, and a `StaticEmbedding` learns to bring the two sides together.
The tokenizer drops all accents before it cuts a text into syllables and phrases, so a question typed without accents
gets the very vector of its accented twin; pairs of syllables («ho so») keep apart what single bare syllables mix.
Benchmarks are only measured, never trained on. Nothing here is needed to use the model; `embedding.py` loads it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import math
import os
import random
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vectorstore.vietnamese import fold

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer
    from torch import Tensor

log = logging.getLogger(__name__)

DIMENSION = 256
VOCABULARY = 30_000
_COHESION = 1.0  # natural logarithm of how many times more often than by chance
_BATCH = 2048
_EPOCHS = 7
_LEARNING_RATE = 0.15
_SCALE = 20.0
_WINDOW = 900  # characters of a passage shown at once, about the length of a report's chunk

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
)

_PROCEDURE_FIELDS: Mapping[str, tuple[str, ...]] = {
    "trinh_tu_thuc_hien": ("Trình tự thực hiện", "Các bước thực hiện", "Cách làm"),
    "cach_thuc_thuc_hien": (
        "Cách thức thực hiện",
        "Thời hạn giải quyết và lệ phí",
        "Nộp hồ sơ trực tuyến hay trực tiếp",
    ),
    "thanh_phan_ho_so": ("Thành phần hồ sơ", "Hồ sơ cần những giấy tờ gì"),
    "yeu_cau_dieu_kien_thuc_hien": ("Yêu cầu, điều kiện thực hiện", "Điều kiện"),
    "can_cu_phap_ly": ("Căn cứ pháp lý",),
    "ket_qua_thuc_hien": ("Kết quả thực hiện",),
}


@dataclass(frozen=True, slots=True)
class Passage:
    """A text, what it is called, and what its name belongs to (a topic of law, a procedure, an article)."""

    title: str
    context: str
    text: str


# ---------------------------------------------------------------------------------------------- reading the sources


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def law_passages(records: Iterable[Mapping[str, Any]]) -> Iterator[Passage]:
    """Articles of law, named by their title within their topic."""
    for record in records:
        yield Passage(record["title"].strip(), record["topic"].strip(), record["text"].strip())


def procedure_passages(records: Iterable[Mapping[str, Any]]) -> Iterator[Passage]:
    """Fields of administrative procedures, named by the field within the procedure."""
    for record in records:
        for field, names in _PROCEDURE_FIELDS.items():
            text = record.get(field)
            if isinstance(text, str) and text.strip():
                yield Passage(
                    names[len(text) % len(names)], record["ten_thu_tuc"].strip(), _GLUED.sub("\n", text.strip())
                )


def encyclopaedia_passages(records: Iterable[Mapping[str, Any]]) -> Iterator[Passage]:
    """Passages of articles, named by their section within the article."""
    for record in records:
        text = _WIKI_NOISE.sub("", record["text"]).strip()
        yield Passage(record["section"].strip(), record["title"].strip(), text)


def read_passages(folder: Path) -> list[Passage]:
    """All passages of the sources in `folder` that are long enough to teach something, in a fixed order."""
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
        passages.extend(p for p in read(_records(path)) if len(p.text) >= 60)
        log.info("%s: %d passages", path.name, len(passages) - before)
    if not passages:
        raise FileNotFoundError(f"No *.jsonl.gz with passages in '{folder}'. Give the folder of the training texts.")
    return passages


# ------------------------------------------------------------------------------------------------- making the pairs


def _sentences(text: str) -> list[str]:
    return [s for s in _SENTENCE_END.split(text) if s and not s.isspace()]


def _window(sentences: Sequence[str], start: int) -> tuple[str, ...]:
    """Whole sentences from `start` on, about as long as a chunk."""
    chosen: list[str] = []
    length = 0
    for sentence in sentences[start:]:
        if chosen and length + len(sentence) > _WINDOW:
            break
        chosen.append(sentence)
        length += len(sentence)
    return tuple(chosen)


def _heading(passage: Passage, rng: random.Random) -> str:
    """What somebody would ask for who knows only the name of the passage."""
    if not passage.title:
        return passage.context
    order = [passage.title, passage.context] if rng.random() < 0.7 else [passage.context, passage.title]
    return rng.choice((" ", ", ", " - ", " của ", " trong ")).join(order)


def _span(sentence: str, rng: random.Random) -> str:
    """A run of 3 to 14 syllables."""
    syllables = sentence.split()
    length = rng.randint(3, 14)
    start = rng.randint(0, max(0, len(syllables) - length))
    return " ".join(syllables[start : start + length])


def make_pair(passage: Passage, rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """One question-like text, and the sentences of one text that should be found for it.

    The question is the passage's name, one of its sentences (then left out of the text, most times), or a few words
    in a row.
    """
    sentences = _sentences(passage.text) or [passage.title]
    draw = rng.random()
    named = draw < 0.4 or len(sentences) < 2
    if named:
        query = _heading(passage, rng)
        text = _window(sentences, 0 if rng.random() < 0.6 else rng.randrange(len(sentences)))
    else:
        at = rng.randrange(len(sentences))
        asked = sentences[at]
        query = _span(asked, rng) if draw > 0.75 or len(asked) > 300 else asked
        if rng.random() < 0.8:
            sentences = sentences[:at] + sentences[at + 1 :]
        text = _window(sentences, max(0, min(at, len(sentences) - 1) - rng.randint(0, 4)))
        if rng.random() < 0.15:
            query = f"{passage.context}: {query}"
    if rng.random() < (0.1 if named else 0.4):
        text = (passage.context, passage.title, *text)
    if len(query) < 200 and rng.random() < 0.3:
        query = rng.choice(_QUESTIONS).format(query.rstrip(" .;:?"))
    return query, text


Batch = tuple[list[tuple[str, ...]], list[tuple[str, ...]]]


def batches(passages: Sequence[Passage], size: int, rng: random.Random) -> Iterator[Batch]:
    """One epoch: every passage gives one pair; a batch holds the same question only once."""
    order = list(range(len(passages)))
    rng.shuffle(order)
    for start in range(0, len(order), size):
        pairs = dict(make_pair(passages[i], rng) for i in order[start : start + size])
        if len(pairs) > 1:
            yield [(query,) for query in pairs], list(pairs.values())


# ---------------------------------------------------------------------------------------------------- the tokenizer

_BREAK = r" *[^\p{L}\p{M}\p{N} ][^\p{L}\p{M}\p{N}]*| {2,}| +(?=\p{N})|(?<=\p{N}) +|^ +| +$"
_RUN = re.compile(r"\d+|[^\W\d_]+(?: [^\W\d_]+)*")  # what phrases are looked for in, as `_BREAK` leaves it
_SPACE = "▁"


def _make_tokenizer(pieces: Sequence[tuple[str, float]]) -> Tokenizer:
    """A unigram tokenizer over `pieces` (with log-probabilities), whose pieces may span several syllables."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    tokenizer = Tokenizer(models.Unigram([("[UNK]", -20.0), *pieces], unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFD(),
            normalizers.StripAccents(),
            normalizers.Lowercase(),
            normalizers.Replace("đ", "d"),
            normalizers.Replace(Regex(r"\s+"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_BREAK), "removed"),
            pre_tokenizers.Metaspace(replacement=_SPACE, prepend_scheme="always", split=False),
        ]
    )
    return tokenizer


def _phrases(texts: Iterable[str], common: int) -> tuple[Counter[str], list[tuple[str, int]]]:
    """Folded syllables and numbers with their counts; folded pairs of syllables with theirs, the worthiest first.

    Whether two syllables belong together is judged with their accents («đúng hạn» does, «hạn của» does not): they must
    meet far more often than chance would have them. Their worth is that, times how often they do.
    """
    numbers: dict[str, int] = {"": 0}
    flat: list[int] = []
    for text in texts:
        for run in _RUN.findall(unicodedata.normalize("NFC", text).lower()):
            flat.extend(numbers.setdefault(s, len(numbers)) for s in run.split(" "))
            flat.append(0)
    words = list(numbers)
    folded = [fold(word) for word in words]
    stream = np.array(flat, dtype=np.int64)
    counts = np.bincount(stream, minlength=len(words))
    syllables: Counter[str] = Counter()
    for i in range(1, len(words)):
        syllables[folded[i]] += int(counts[i])

    left, right = stream[:-1], stream[1:]
    met = (left > 0) & (right > 0)
    pairs, often = np.unique((left[met] << 32) + right[met], return_counts=True)
    worth: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for pair, count in zip(pairs[often >= common].tolist(), often[often >= common].tolist(), strict=True):
        one, two = pair >> 32, pair & 0xFFFFFFFF
        cohesion = math.log(count) + math.log(len(stream)) - math.log(counts[one]) - math.log(counts[two])
        if cohesion >= _COHESION:
            phrase = f"{folded[one]} {folded[two]}"
            worth[phrase] += round(count * cohesion)
            times[phrase] += count
    return syllables, [(phrase, times[phrase]) for phrase in sorted(worth, key=lambda p: (-worth[p], p))]


def _fragments(rare: Mapping[str, int], limit: int) -> list[str]:
    """Parts of one to five letters that rare words are made of, the most useful first."""
    parts: Counter[str] = Counter()
    for word, times in rare.items():
        marked = _SPACE + word
        for length in range(1, 6):
            for start in range(len(marked) - length + 1):
                parts[marked[start : start + length]] += times * length
    return sorted(parts, key=lambda part: (-parts[part], part))[:limit]


def train_tokenizer(texts: Sequence[str], size: int = VOCABULARY, common: int = 40) -> Tokenizer:
    """A tokenizer of at most `size` pieces: syllables, phrases of them («ho so»), and fragments for rare words.

    A syllable or phrase must occur `common` times in `texts` to be a piece of its own. Every common syllable is one,
    even if it is always met inside phrases here, so that it can be read when it stands alone elsewhere.
    """
    syllables, phrases = _phrases(texts, common)
    counts: dict[str, int] = {_SPACE + word: times for word, times in syllables.items() if times >= common}
    letters = Counter(letter for word, times in syllables.items() for letter in word)
    rare = {word: times for word, times in syllables.items() if times < common}
    spelling = [_SPACE, *"0123456789", *(letter for letter, times in sorted(letters.items()) if times >= 3)]
    for part in (*spelling, *_fragments(rare, size // 10)):
        counts.setdefault(part, max(1, common // 5))  # cheap enough to spell with, dearer than any word
    for phrase, times in phrases[: max(0, size - 1 - len(counts))]:
        counts[_SPACE + phrase.replace(" ", _SPACE)] = times
    total = sum(counts.values())
    pieces = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return _make_tokenizer([(piece, math.log(times / total)) for piece, times in pieces])


# ------------------------------------------------------------------------------------------------------- the vectors


def new_model(tokenizer: Tokenizer, dimension: int = DIMENSION) -> SentenceTransformer:
    """An untrained model: one vector per piece, their mean, length one."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

    return SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=dimension), Normalize()], device="cpu")


class _Reader:
    """Texts given as sentences to what the model takes in; a sentence that comes again is not cut into pieces again.

    That is sound because no piece reaches across punctuation, and it saves most of the time of later epochs.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, NDArray[np.int32]] = {}

    def features(self, texts: Sequence[tuple[str, ...]], keep: bool) -> dict[str, Tensor]:
        import torch

        fresh = list({sentence for text in texts for sentence in text if sentence not in self._known})
        encoded = self._tokenizer.encode_batch_fast(fresh, add_special_tokens=False)
        new = {s: np.array(e.ids, dtype=np.int32) for s, e in zip(fresh, encoded, strict=True)}
        rows = [[self._known[s] if s in self._known else new[s] for s in text] for text in texts]
        if keep:
            self._known.update(new)
        lengths = [sum(map(len, row)) for row in rows]
        return {
            "input_ids": torch.from_numpy(np.concatenate([ids for row in rows for ids in row])),
            "offsets": torch.from_numpy(np.cumsum([0, *lengths[:-1]], dtype=np.int32)),
        }


def train_model(
    model: SentenceTransformer,
    passages: Sequence[Passage],
    *,
    epochs: int = _EPOCHS,
    minutes: float = math.inf,
    seed: int = 0,
    batch: int = _BATCH,
    learning_rate: float = _LEARNING_RATE,
) -> int:
    """Teach `model` the passages; returns how many batches it has seen.

    The same seed gives the same model, unless `minutes` end the training before its last epoch.
    """
    import torch
    from sentence_transformers.sentence_transformer.losses import MatryoshkaLoss, MultipleNegativesRankingLoss

    rng = random.Random(seed)
    dimension = model.get_embedding_dimension() or DIMENSION
    ranking = MultipleNegativesRankingLoss(model, scale=_SCALE)
    loss = MatryoshkaLoss(model, ranking, [dimension, dimension // 4])
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    steps = epochs * math.ceil(len(passages) / batch)
    reader = _Reader(model.tokenizer)

    def features(pairs: Batch) -> list[dict[str, Tensor]]:
        queries, texts = pairs
        return [reader.features(queries, keep=False), reader.features(texts, keep=True)]

    every = (pairs for _ in range(epochs) for pairs in batches(passages, batch, rng))
    model.train()
    began = time.monotonic()
    running = 0.0
    done = 0
    with ThreadPoolExecutor(max_workers=1) as ahead:
        first = next(every)
        waiting: Future[list[dict[str, Tensor]]] | None = ahead.submit(features, first)
        while waiting is not None:
            columns = waiting.result()
            following = next(every, None)
            waiting = ahead.submit(features, following) if following is not None else None
            progress = max(done / steps, (time.monotonic() - began) / 60 / minutes)
            if progress >= 1.0:
                break
            rate = learning_rate * min(1.0, (done + 1) / (0.05 * steps + 1)) * max(0.01, 1.0 - progress)
            for group in optimizer.param_groups:
                group["lr"] = rate
            value = loss(columns, torch.empty(0))
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            done += 1
            running = value.item() if done == 1 else 0.95 * running + 0.05 * value.item()
            if done % 50 == 0:
                log.info("batch %d of %d, loss %.3f, %.0f s", done, steps, running, time.monotonic() - began)
    model.eval()
    return done


def save_model(model: SentenceTransformer, folder: Path) -> None:
    """Write the model with half-precision numbers, which the library reads as they are."""
    model.half()
    model.save(str(folder), create_model_card=False)
    model.float()
    for path in folder.rglob("*.safetensors"):  # written for its owner alone, but this is to be shipped
        path.chmod(0o644)


def tokenizer_texts(passages: Sequence[Passage], rng: random.Random, characters: int) -> list[str]:
    """A sample of about `characters` of the passages with their names."""
    order = list(range(len(passages)))
    rng.shuffle(order)
    texts: list[str] = []
    length = 0
    for i in order:
        text = "\n".join((passages[i].context, passages[i].title, passages[i].text[: 2 * _WINDOW]))
        texts.append(text)
        length += len(text)
        if length > characters:
            break
    return texts


# --------------------------------------------------------------------------------------------- measuring, the card


@dataclass(frozen=True, slots=True)
class Score:
    """How well questions found their articles: means over `questions`, each against all `articles`."""

    recall_at_10: float
    mrr_at_10: float
    questions: int
    articles: int


def measure(model: SentenceTransformer, questions: Mapping[str, Collection[str]], articles: Mapping[str, str]) -> Score:
    """Search every question (text → numbers of the articles that answer it) among `articles` (number → text)."""
    numbers = list(articles)
    texts = model.encode(list(articles.values()), batch_size=256, convert_to_numpy=True, show_progress_bar=False)
    asked = model.encode(list(questions), batch_size=256, convert_to_numpy=True, show_progress_bar=False)
    recalls: list[float] = []
    ranks: list[float] = []
    for likeness, wanted in zip(asked @ texts.T, questions.values(), strict=True):
        top = [numbers[i] for i in np.argsort(-likeness, kind="stable")[:10]]
        places = [place for place, number in enumerate(top, start=1) if number in wanted]
        recalls.append(len(places) / len(wanted))
        ranks.append(1 / places[0] if places else 0.0)
    return Score(float(np.mean(recalls)), float(np.mean(ranks)), len(recalls), len(numbers))


def measure_alqac(model: SentenceTransformer, folder: Path) -> dict[str, Score]:
    """ALQAC 2022 (questions about law) with and without accents in the questions."""
    articles = {r["id"]: r["text"] for r in _records(folder / "alqac_corpus.jsonl.gz")}
    records = list(_records(folder / "alqac2022_questions.jsonl.gz"))
    asked = {r["query"]: set(r["positive_ids"]) for r in records}
    plain = {fold(r["query"]): set(r["positive_ids"]) for r in records}
    return {"as written": measure(model, asked, articles), "without accents": measure(model, plain, articles)}


def passages_per_second(model: SentenceTransformer, texts: Sequence[str]) -> float:
    """How fast one processor core embeds `texts`."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    before = os.environ.get("TOKENIZERS_PARALLELISM")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    began = time.process_time()
    model.encode(list(texts), batch_size=64, show_progress_bar=False)
    spent = time.process_time() - began
    torch.set_num_threads(threads)
    if before is None:
        del os.environ["TOKENIZERS_PARALLELISM"]
    else:
        os.environ["TOKENIZERS_PARALLELISM"] = before
    return len(texts) / spent


def card(name: str, facts: Mapping[str, str], scores: Mapping[str, Score]) -> str:
    """The model's README: what it was made from, under which licences, how good it is, what it cannot do."""
    rows = "\n".join(f"| {what} | {value} |" for what, value in facts.items())
    measured = "\n".join(
        f"| {what} | {s.recall_at_10:.3f} | {s.mrr_at_10:.3f} | {s.questions} | {s.articles} |"
        for what, s in scores.items()
    )
    results = (
        f"""Retrieval on ALQAC 2022 (questions about Vietnamese law; shared-task data), by this model alone:

| questions | recall@10 | MRR@10 | questions | articles searched |
| --- | --- | --- | --- | --- |
{measured}

No question of a benchmark was trained on. These scores were looked at when it was decided to drop accents, so they
are a little kinder than a fresh benchmark would be. Some of the same laws may be in the training texts, as law."""
        if scores
        else "Not measured."
    )
    return _CARD.format(name=name, rows=rows, results=results)


_CARD = """---
language: vi
license: cc-by-sa-4.0
library_name: sentence-transformers
pipeline_tag: sentence-similarity
tags: [sentence-transformers, static-embedding, vietnamese]
---

# {name}

A small Vietnamese embedding model for finding passages of administrative reports and law: a sentence-transformers
`StaticEmbedding`, trained from scratch. One vector for each piece of text, their mean, length one. It needs no network
and no GPU.

```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("vectorstore/model", device="cpu", local_files_only=True)
vectors = model.encode(["tỷ lệ hồ sơ giải quyết đúng hạn"])
```

It was written with sentence-transformers 6; the names of its modules need that version or a later one.

## Facts

| | |
| --- | --- |
{rows}

## How it was made

`python -m vectorstore.training` in this project's source. The tokenizer is a unigram model over text in lower case
without accents; its pieces are syllables, pairs of syllables that hold together («ho so», «thanh pho»),
and fragments for rare words. Since accents are dropped, a question typed without them gets the same vector as the
accented one. The vectors were trained with `MultipleNegativesRankingLoss` inside `MatryoshkaLoss`
(vectors may be cut to their first quarter) on pairs made from the texts themselves: the name of a law article,
procedure or encyclopaedia section → its text; a sentence, or some words of it → the rest of its passage.

## Training texts and licences

| source | nature | licence as stated there |
| --- | --- | --- |
| diepxuan/diepxuan.github.io | articles of the official codification of Vietnamese law | MIT; law text |
| chatbot-tthc/chatbot_tthc | records of the national database of administrative procedures | none stated; state data |
| NTT123/viwik18 | passages of Vietnamese Wikipedia | CC BY-SA 3.0 |
| tnt305/tai_lieu_noi_bo | passages of Vietnamese Wikipedia | CC BY-SA 4.0 |

The weights are offered under CC BY-SA 4.0, because text of Wikipedia went into them; attribution: the authors of the
Vietnamese Wikipedia. The code that made them is under Apache-2.0. One source states no licence; what was taken from it
are public records of the state. The texts themselves are not in the model's folder.

## Scores

{results}

## Limits

- It knows which words keep company, not word order: "A reports to B" and "B reports to A" are the same to it, and it
  does not see a "not". Use it together with a word index, and check what it finds.
- Words that differ only in accents are told apart by their neighbours alone.
- Numbers, dates and document numbers weigh little. Exact ones should be looked up as words.
- There were no reports on administrative reform among the training texts, and no questions of real users.
- Only Vietnamese. What the sources say, with their gaps and their age, is what shaped it.
"""


def train(
    data: Path,
    out: Path,
    *,
    epochs: int = _EPOCHS,
    minutes: float = math.inf,
    seed: int = 0,
    name: str = "",
    bench: Path | None = None,
) -> None:
    """Read the sources, make the tokenizer, train the vectors; save them with their name and card."""
    import sentence_transformers
    import torch

    torch.manual_seed(seed)
    passages = read_passages(data)
    began = time.monotonic()
    tokenizer = train_tokenizer(tokenizer_texts(passages, random.Random(seed), 120_000_000))
    log.info("tokenizer: %d pieces, %.1f min", tokenizer.get_vocab_size(), (time.monotonic() - began) / 60)
    model = new_model(tokenizer)
    done = train_model(model, passages, epochs=epochs, minutes=minutes, seed=seed)
    spent = (time.monotonic() - began) / 60
    log.info("%d batches, %.1f min", done, spent)

    save_model(model, out)
    if name:
        identity = {"name": name, "dimension": model.get_embedding_dimension()}
        (out / "cchc.json").write_text(json.dumps(identity) + "\n", encoding="utf-8")
    texts = ["\n".join(_window(_sentences(p.text), 0)) for p in passages[:: max(1, len(passages) // 4000)]]
    began = time.process_time()
    sentence_transformers.SentenceTransformer(str(out), device="cpu", local_files_only=True)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file() and path.name != "README.md")
    facts = {
        "dimension": str(model.get_embedding_dimension()),
        "pieces (vocabulary)": str(tokenizer.get_vocab_size()),
        "size on disk": f"{size / 1e6:.1f} MB, numbers of 16 bits",
        "training": f"{done} batches of {_BATCH} pairs, seed {seed}, {len(passages)} passages, {spent:.0f} minutes",
        "loading, after the library is imported": f"{time.process_time() - began:.1f} s of one core",
        "speed": f"{passages_per_second(model, texts):.0f} passages a second on one core "
        f"({np.mean([len(t) for t in texts]):.0f} characters each on average)",
    }
    scores = measure_alqac(model, bench) if bench else {}
    for what, score in scores.items():
        log.info("%s: %s", what, score)
    (out / "README.md").write_text(card(name or out.name, facts, scores), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m vectorstore.training",
        description="Train the Vietnamese embedding model from a folder of texts.",
    )
    parser.add_argument("data", type=Path, metavar="DATA_DIR", help="folder of *.jsonl.gz training texts")
    parser.add_argument("out", type=Path, metavar="OUT_DIR", help="folder to write the model to")
    parser.add_argument("--epochs", type=int, default=_EPOCHS, help="times every passage is seen (%(default)s)")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop training the vectors after so long")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--name", default="", help="the model's name, which stores record; new weights, new name")
    parser.add_argument("--bench", type=Path, help="folder with ALQAC 2022, to be measured for the card")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    train(
        given.data,
        given.out,
        epochs=given.epochs,
        minutes=given.minutes,
        seed=given.seed,
        name=given.name,
        bench=given.bench,
    )


if __name__ == "__main__":
    main()
