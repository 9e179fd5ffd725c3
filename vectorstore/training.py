"""How the shipped embedding model is made: a tokenizer and a table of vectors, trained from nothing but public texts.

    python -m vectorstore.training DATA_DIR OUT_DIR [--name NAME] [--bench DIR] [--epochs N] …

DATA_DIR holds gzip-compressed JSON lines: `phapdien_articles` (law), `tthc_procedures` (administrative procedures) and
`viwiki*_passages` (encyclopaedia); `pairs.py` makes passages of them, and of each passage new pairs (a question-like
text, the text that should be found) in every epoch. A `StaticEmbedding` learns to bring the two sides together.
The tokenizer drops all accents before it cuts a text into syllables and phrases, so a question typed without accents
gets the very vector of its accented twin; pairs of syllables («ho so») keep apart what single bare syllables mix.
What else was tried, each by an option of this command, stands in `docs/mo-hinh.md`. Benchmarks are only measured,
never trained on. Nothing here is needed to use the model; `embedding.py` loads it.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
import random
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vectorstore.embedding import SentenceTransformerEmbedder
from vectorstore.pairs import CHUNKS, PLAIN, WINDOW, Batch, Passage, batches, read_passages, records, window, without
from vectorstore.pairs import sentences as clauses
from vectorstore.vietnamese import fold

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer
    from torch import Tensor

log = logging.getLogger(__name__)

_COHESION = 1.0  # natural logarithm of how many times more often than by chance
_SCALE = 20.0
_RARE = 1e-4  # share of all pieces at which a piece weighs half


@dataclass(frozen=True, slots=True)
class Recipe:
    """What can be chosen of a training; each field is an option of the command."""

    epochs: int = 7
    minutes: float = math.inf
    seed: int = 0
    dimension: int = 256
    vocabulary: int = 30_000
    twins: bool = False
    batch: int = 2048
    near: int = 1
    shape: str = "plain"
    learning_rate: float = 0.15
    drop: float = 0.0
    symmetric: bool = False
    mined: bool = False
    weighted: bool = False


_HELP = {
    "epochs": "times every passage is seen",
    "minutes": "stop training the vectors after so long",
    "seed": "of everything that is drawn",
    "dimension": "numbers of a vector",
    "vocabulary": "pieces of the tokenizer",
    "twins": "keep accents; every piece has a twin without",
    "batch": "pairs that are learnt from at once",
    "near": "passages of one place in a source that come into one batch",
    "shape": "what pairs look like: plain, chunks, or mixed (one, then the other)",
    "learning_rate": "of Adam, falling to nothing",
    "drop": "share of a text's pieces that are left out",
    "symmetric": "find the question of a text, too",
    "mined": "from the second third on, passages that the model itself takes for near come into one batch",
    "weighted": "begin with short vectors for common pieces",
}

# ---------------------------------------------------------------------------------------------------- the tokenizer

_BREAK = r"[^\p{L}\p{M}\p{N} ]+"  # becomes two blanks, which no piece reaches across
_RUN = re.compile(r"\d+|[^\W\d_]+(?: [^\W\d_]+)*")  # what phrases are looked for in
_SPACE = "▁"
_NOTHING = ("[UNK]", _SPACE)  # pieces that say nothing: their vectors are zero


def _make_tokenizer(pieces: Sequence[tuple[str, float]], accents: bool) -> Tokenizer:
    """A unigram tokenizer over `pieces` (with log-probabilities), whose pieces may span several syllables.

    Few steps, none of which cuts: cutting by regular expressions took half of all the time of embedding.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    tokenizer = Tokenizer(models.Unigram([("[UNK]", -20.0), *pieces], unk_id=0, byte_fallback=False))
    folded = [normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Replace("đ", "d")]
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(_BREAK), "  "),
            *([normalizers.NFC(), normalizers.Lowercase()] if accents else folded),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=_SPACE, prepend_scheme="always", split=False)
    return tokenizer


def _phrases(texts: Iterable[str], common: int, accents: bool) -> tuple[Counter[str], list[tuple[str, int]]]:
    """Syllables and numbers with their counts; pairs of syllables with theirs, the worthiest first; all of them without
    accents, unless these are wanted.

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
    folded = words if accents else [fold(word) for word in words]
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


def train_tokenizer(texts: Sequence[str], size: int = 30_000, common: int = 40, *, twins: bool = False) -> Tokenizer:
    """A tokenizer of at most `size` pieces: syllables, phrases of them («ho so»), and fragments for rare words.

    A syllable or phrase must occur `common` times in `texts` to be a piece of its own. Every common syllable is one,
    even if it is always met inside phrases here, so that it can be read when it stands alone elsewhere. With `twins`
    pieces keep their accents, and the folded form of each is a piece too.
    """
    syllables, phrases = _phrases(texts, common, twins)
    counts: dict[str, int] = {_SPACE + word: times for word, times in syllables.items() if times >= common}
    letters = Counter(letter for word, times in syllables.items() for letter in word)
    rare = {word: times for word, times in syllables.items() if times < common}
    spelling = [_SPACE, *"0123456789", *(letter for letter, times in sorted(letters.items()) if times >= 3)]
    for part in (*spelling, *_fragments(rare, size // 10)):
        counts.setdefault(part, max(1, common // 5))  # cheap enough to spell with, dearer than any word
    if twins:
        for piece, times in list(counts.items()):
            _add_twin(counts, piece, times)
    for phrase, times in phrases:
        if len(counts) >= size - 2:
            break
        piece = _SPACE + phrase.replace(" ", _SPACE)
        counts[piece] = counts.get(piece, 0) + times
        if twins:
            _add_twin(counts, piece, times)
    total = sum(counts.values())
    pieces = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return _make_tokenizer([(piece, math.log(times / total)) for piece, times in pieces], twins)


def _add_twin(counts: dict[str, int], piece: str, times: int) -> None:
    if (plain := fold(piece)) != piece:
        counts[plain] = counts.get(plain, 0) + times


# ------------------------------------------------------------------------------------------------------- the vectors


def new_model(tokenizer: Tokenizer, dimension: int = 256, *, weighted: bool = False) -> SentenceTransformer:
    """An untrained model: one vector per piece, their mean, length one. `weighted`: the more common a piece is, the
    shorter its vector (smooth inverse frequency)."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

    table = StaticEmbedding(tokenizer, embedding_dim=dimension)
    weight = table.get_parameter("embedding.weight")
    with torch.no_grad():
        if weighted:
            scores = [score for _, score in json.loads(tokenizer.to_str())["model"]["vocab"]]
            weight.mul_((_RARE / (_RARE + torch.tensor(scores).exp()))[:, None])
        for piece in _NOTHING:
            if (at := tokenizer.token_to_id(piece)) is not None:
                weight[at] = 0
    return SentenceTransformer(modules=[table, Normalize()], device="cpu")


def load_static(folder: Path) -> SentenceTransformer | None:
    """The model in `folder`, to be learnt on; None where it is not one vector for each piece."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True).float()
    return model if isinstance(model[0], StaticEmbedding) else None


class Reader:
    """Texts given as sentences to the pieces of a model; a sentence that comes again is not cut into pieces again.

    That is sound because no piece reaches across punctuation, and it saves most of the time of later epochs.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, NDArray[np.int32]] = {}

    def pieces(self, texts: Sequence[tuple[str, ...]], keep: bool) -> list[NDArray[np.int32]]:
        """The numbers of each text's pieces."""
        fresh = list({sentence for text in texts for sentence in text if sentence not in self._known})
        encoded = self._tokenizer.encode_batch_fast(fresh, add_special_tokens=False)
        new = {s: np.array(e.ids, dtype=np.int32) for s, e in zip(fresh, encoded, strict=True)}
        rows = [[self._known[s] if s in self._known else new[s] for s in text] for text in texts]
        if keep:
            self._known.update(new)
        return [np.concatenate(row) for row in rows]


def bag(rows: Sequence[NDArray[np.int32]]) -> tuple[Tensor, Tensor]:
    """Rows of pieces as one run of them, and where each row begins."""
    import torch

    starts = np.cumsum([0, *map(len, rows[:-1])], dtype=np.int64)
    return torch.from_numpy(np.concatenate(rows).astype(np.int64)), torch.from_numpy(starts)


def ranking_loss(queries: Tensor, texts: Tensor, keys: Sequence[int], symmetric: bool = False) -> Tensor:
    """How far each question is from choosing its own text among all of the batch (multiple negatives ranking), by whole
    vectors and by their first quarters, which makes these useful alone. Texts of one key are no wrong answers."""
    import torch
    from torch.nn.functional import cross_entropy, normalize

    key = torch.tensor(keys)
    same = (key[:, None] == key[None, :]) & ~torch.eye(len(keys), dtype=torch.bool)
    target = torch.arange(len(keys))
    losses = []
    for size in (queries.shape[1], queries.shape[1] // 4):
        likeness = _SCALE * normalize(queries[:, :size]) @ normalize(texts[:, :size]).T
        likeness = likeness.masked_fill(same, -1e4)
        losses.append(cross_entropy(likeness, target))
        if symmetric:
            losses[-1] = (losses[-1] + cross_entropy(likeness.T, target)) / 2
    return torch.stack(losses).sum()


def weight_of(model: SentenceTransformer) -> Tensor:
    """The vectors of the model's pieces, which learning changes in place."""
    return model.get_parameter("0.embedding.weight")


class Table:
    """Vectors of pieces while they are learnt, those of `mute` pieces aside. Where each piece has a `plain` one, its
    vector is the sum of what it shares with that one and of what it has of its own: either teaches the other."""

    def __init__(self, weight: Tensor, mute: Tensor, plain: Tensor | None = None) -> None:
        import torch

        self._mute = mute
        self._plain = plain
        self.parameters = [weight.detach().clone().requires_grad_()]
        if plain is not None:
            self.parameters.append(torch.zeros_like(weight).requires_grad_())

    def weight(self) -> Tensor:
        if self._plain is None:
            return self.parameters[0]
        shared, own = self.parameters
        return shared[self._plain] + own

    def still(self) -> None:
        """Pieces that say nothing learn nothing."""
        for parameter in self.parameters:
            if parameter.grad is not None:
                parameter.grad[self._mute] = 0


def table_of(model: SentenceTransformer, twins: bool) -> Table:
    """The model's vectors, to be learnt anew; with `twins` accented pieces share with their folded ones."""
    import torch

    tokenizer = model.tokenizer
    mute = torch.tensor([at for piece in _NOTHING if (at := tokenizer.token_to_id(piece)) is not None])
    if not twins:
        return Table(weight_of(model), mute)
    pieces = [tokenizer.id_to_token(i) for i in range(tokenizer.get_vocab_size())]
    found = [tokenizer.token_to_id(fold(piece)) for piece in pieces]
    return Table(weight_of(model), mute, torch.tensor([i if at is None else at for i, at in enumerate(found)]))


Columns = tuple[tuple["Tensor", "Tensor"], tuple["Tensor", "Tensor"], list[int]]
"""A batch as the model takes it: pieces of the questions, pieces of the texts, the rows' keys."""


def learn(
    table: Table,
    prepared: Iterator[Columns],
    steps: int,
    *,
    learning_rate: float,
    minutes: float = math.inf,
    symmetric: bool = False,
    penalty: Callable[[Tensor], Tensor] | None = None,
    on_step: Callable[[int, float], None] | None = None,
) -> int:
    """Bring questions and their texts together, batch after batch, while the rate rises shortly and falls to nothing;
    the next batch is prepared meanwhile. `penalty` is added to the loss. Returns how many batches were seen."""
    import torch
    from torch.nn.functional import embedding_bag

    optimizer = torch.optim.Adam(table.parameters, lr=learning_rate)
    began = time.monotonic()
    done = 0
    with ThreadPoolExecutor(max_workers=1) as ahead:
        waiting: Future[Columns | None] = ahead.submit(next, prepared, None)
        while (columns := waiting.result()) is not None:
            waiting = ahead.submit(next, prepared, None)
            queries, texts, keys = columns
            progress = max(done / steps, (time.monotonic() - began) / 60 / minutes)
            if progress >= 1.0:
                break
            rate = learning_rate * min(1.0, (done + 1) / (0.05 * steps + 1)) * max(0.01, 1.0 - progress)
            for group in optimizer.param_groups:
                group["lr"] = rate
            weight = table.weight()
            value = ranking_loss(
                embedding_bag(queries[0], weight, queries[1], mode="mean"),
                embedding_bag(texts[0], weight, texts[1], mode="mean"),
                keys,
                symmetric,
            )
            optimizer.zero_grad()
            (value if penalty is None else value + penalty(weight)).backward()  # type: ignore[no-untyped-call]
            table.still()
            optimizer.step()
            done += 1
            if on_step:
                on_step(done, value.item())
    return done


def train_model(
    model: SentenceTransformer, passages: Sequence[Passage], recipe: Recipe, reader: Reader | None = None
) -> int:
    """Teach `model` the passages; returns how many batches it has seen.

    The same recipe gives the same model, unless `minutes` end the training before its last epoch.
    """
    rng = random.Random(recipe.seed)
    dice = np.random.default_rng(recipe.seed)
    reader = reader or Reader(model.tokenizer)
    table = table_of(model, recipe.twins)
    steps = recipe.epochs * math.ceil(len(passages) / recipe.batch)

    def columns(batch: Batch) -> Columns:
        queries = batch.queries
        if recipe.twins:
            queries = [fold(query) if rng.random() < 0.4 else query for query in queries]
        asked = reader.pieces([(query,) for query in queries], keep=False)
        texts = reader.pieces(batch.texts, keep=True)
        if recipe.drop:
            texts = [row[dice.random(len(row)) >= recipe.drop] for row in texts]
        return bag(asked), bag(texts), batch.keys

    def prepared() -> Iterator[Columns]:
        order: Sequence[int] | None = None
        for epoch in range(recipe.epochs):
            if recipe.mined and epoch and epoch in {recipe.epochs // 3, 2 * recipe.epochs // 3}:
                order = near_order(table, passages, reader, rng)
            chunks = recipe.shape == "chunks" or (recipe.shape == "mixed" and epoch % 2 == 1)
            shape = CHUNKS if chunks else PLAIN
            for batch in batches(passages, recipe.batch, rng, shape=shape, near=recipe.near, order=order):
                yield columns(batch)

    running: list[float] = []
    began = time.monotonic()

    def tell(done: int, value: float) -> None:
        running.append(value)
        if done % 50 == 0:
            mean = sum(running[-50:]) / 50
            log.info("batch %d of %d, loss %.3f, %.0f s", done, steps, mean, time.monotonic() - began)

    done = learn(
        table,
        prepared(),
        steps,
        learning_rate=recipe.learning_rate,
        minutes=recipe.minutes,
        symmetric=recipe.symmetric,
        on_step=tell,
    )
    weight_of(model).data.copy_(table.weight().detach())
    return done


def vectors(weight: Tensor, rows: Sequence[NDArray[np.int32]]) -> Tensor:
    """The vectors of texts given as pieces, of length one."""
    import torch
    from torch.nn.functional import embedding_bag, normalize

    parts = []
    for at in range(0, len(rows), 4096):
        ids, starts = bag(rows[at : at + 4096])
        parts.append(normalize(embedding_bag(ids, weight.detach(), starts, mode="mean")))
    return torch.cat(parts) if parts else torch.zeros(0, weight.shape[1])


def near_order(
    table: Table, passages: Sequence[Passage], reader: Reader, rng: random.Random, near: int = 8
) -> list[int]:
    """The passages in an order in which those that the model takes for near to a passage's name follow it."""
    weight = table.weight()
    texts = vectors(weight, reader.pieces([window(clauses(p.text), 0) for p in passages], keep=True))
    names = vectors(weight, reader.pieces([(f"{p.title} {p.context}",) for p in passages], keep=False))
    order: list[int] = []
    free = [True] * len(passages)
    places = list(range(len(passages)))
    rng.shuffle(places)
    for at in range(0, len(places), 1024):
        asked = places[at : at + 1024]
        found = (names[asked] @ texts.T).topk(min(4 * near, len(passages))).indices.tolist()
        for i, others in zip(asked, found, strict=True):
            if free[i]:
                group = [i, *[j for j in others if free[j] and j != i][: near - 1]]
                order += group
                for j in group:
                    free[j] = False
    return order


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
        text = "\n".join((passages[i].context, passages[i].title, passages[i].text[: 2 * WINDOW]))
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
    articles = {r["id"]: r["text"] for r in records(folder / "alqac_corpus.jsonl.gz")}
    questions = list(records(folder / "alqac2022_questions.jsonl.gz"))
    asked = {r["query"]: set(r["positive_ids"]) for r in questions}
    plain = {fold(r["query"]): set(r["positive_ids"]) for r in questions}
    return {"as written": measure(model, asked, articles), "without accents": measure(model, plain, articles)}


def passages_per_second(folder: Path, texts: Sequence[str]) -> float:
    """How fast one processor core embeds `texts` by the model in `folder`, as the program does."""
    import torch

    embedder = SentenceTransformerEmbedder(folder)
    embedder.embed_passages(texts[:1])

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    before = os.environ.get("TOKENIZERS_PARALLELISM")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    began = time.process_time()
    embedder.embed_passages(texts)
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
are a little kinder than a fresh benchmark would be. Most of the articles searched stand in the training texts."""
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
accented one. The vectors learnt to choose, for each question, its own text among all of a batch, by their whole length
and by their first quarter (to which they may be cut), on pairs made from the texts themselves: the name of a law
article, procedure or encyclopaedia section → its text; a sentence, or some words of it → the rest of its passage.

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
    recipe: Recipe,
    *,
    name: str = "",
    bench: Path | None = None,
    unseen: Path | None = None,
    beside: Path | None = None,
) -> None:
    """Read the sources, make the tokenizer, train the vectors; save them with their name and card. `unseen` is a file
    of articles that no training text may hold; `beside` a model that was trained so, for the card."""
    import sentence_transformers
    import torch

    torch.manual_seed(recipe.seed)
    passages = read_passages(data)
    if unseen:
        before = len(passages)
        passages = without(passages, (article["text"] for article in records(unseen)))
        log.info("%d passages left out, which stand in %s", before - len(passages), unseen.name)
    began = time.monotonic()
    sample = tokenizer_texts(passages, random.Random(recipe.seed), 120_000_000)
    tokenizer = train_tokenizer(sample, recipe.vocabulary, twins=recipe.twins)
    log.info("tokenizer: %d pieces, %.1f min", tokenizer.get_vocab_size(), (time.monotonic() - began) / 60)
    model = new_model(tokenizer, recipe.dimension, weighted=recipe.weighted)
    done = train_model(model, passages, recipe)
    spent = (time.monotonic() - began) / 60
    log.info("%d batches, %.1f min", done, spent)

    save_model(model, out)
    if name:
        identity = {"name": name, "dimension": model.get_embedding_dimension()}
        (out / "cchc.json").write_text(json.dumps(identity) + "\n", encoding="utf-8")
    texts = ["\n".join(window(clauses(p.text), 0)) for p in passages[:: max(1, len(passages) // 4000)]]
    began = time.process_time()
    sentence_transformers.SentenceTransformer(str(out), device="cpu", local_files_only=True)
    loading = time.process_time() - began
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file() and path.name != "README.md")
    options = ", ".join(f"{f.name} {value}" for f in fields(recipe) if (value := getattr(recipe, f.name)) != f.default)
    facts = {
        "dimension": str(model.get_embedding_dimension()),
        "pieces (vocabulary)": str(tokenizer.get_vocab_size()),
        "size on disk": f"{size / 1e6:.1f} MB, numbers of 16 bits",
        "training": f"{done} batches of {recipe.batch} pairs, {len(passages)} passages, {spent:.0f} minutes; "
        f"options: {options or 'as they are'}",
        "loading, after the library is imported": f"{loading:.1f} s of one core",
        "speed": f"{passages_per_second(out, texts):.0f} passages a second on one core "
        f"({np.mean([len(t) for t in texts]):.0f} characters each on average)",
    }
    scores = measure_alqac(model, bench) if bench else {}
    if bench and beside and (other := load_static(beside)):
        scores |= {
            f"{what}, by one trained without these articles": s for what, s in measure_alqac(other, bench).items()
        }
    for what, score in scores.items():
        log.info("%s: %s", what, score)
    (out / "README.md").write_text(card(name or out.name, facts, scores), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m vectorstore.training",
        description="Train the Vietnamese embedding model from a folder of texts.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("data", type=Path, metavar="DATA_DIR", help="folder of *.jsonl.gz training texts")
    parser.add_argument("out", type=Path, metavar="OUT_DIR", help="folder to write the model to")
    parser.add_argument("--name", default="", help="the model's name, which stores record; new weights, new name")
    parser.add_argument("--bench", type=Path, help="folder with ALQAC 2022, to be measured for the card")
    parser.add_argument("--unseen", type=Path, help="a file of articles; training texts that hold them are left out")
    parser.add_argument("--beside", type=Path, help="a model trained with --unseen, to stand beside it in the card")
    for field in fields(Recipe):
        option, default = f"--{field.name.replace('_', '-')}", field.default
        if isinstance(default, bool):
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=default, help=_HELP[field.name])
        else:
            parser.add_argument(option, type=type(default), default=default, help=_HELP[field.name])
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    recipe = Recipe(**{field.name: getattr(given, field.name) for field in fields(Recipe)})
    train(given.data, given.out, recipe, name=given.name, bench=given.bench, unseen=given.unseen, beside=given.beside)


if __name__ == "__main__":
    main()
