"""The shipped model adapted to a library's own documents: it learns which headings, leads and column heads go with
which texts there, and is kept only where that finds more among sections it has not seen.

An adapted model lies in a folder beside the library, in the form of the shipped one; its `cchc.json` says what it was
made from. Only a `StaticEmbedding` can be adapted. Nothing here knows a command line.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vectorstore.embedding import SHIPPED_MODEL
from vectorstore.pairs import CHUNKS, Batch, Passage, as_question, batches, gist, sentences
from vectorstore.records import Chunk, Document
from vectorstore.training import (
    Columns,
    Reader,
    Table,
    bag,
    learn,
    load_static,
    save_model,
    vectors,
    weight_of,
)
from vectorstore.vietnamese import fold

if TYPE_CHECKING:
    from torch import Tensor

OnProgress = Callable[[int, int], None]
"""Told how many of how many steps are done."""

_MOST_CHUNKS = 100_000  # that are learnt from: enough for any library, and minutes at most
_HELD_OUT = 0.25  # share of the headings whose texts are not learnt from while measuring
_MOST_ASKED = 2_000  # questions of either kind
_FEWEST_ASKED = 20
_CHANCE = 0.05  # a gain that chance alone gives more often than this is none
_FALL = 0.005  # what either kind of question may lose while the whole gains

_BATCH = 512
_FEWEST_STEPS = 150
_EPOCHS = 4
_RATE = 0.05  # of the vectors' own scale
_ANCHOR = 1.0  # how strongly vectors are held to where they were
_VERSION = "1"  # of all that decides what a model becomes, beside the documents


class CannotAdapt(Exception):
    """The model or the library does not allow it; the message is a Vietnamese sentence."""


@dataclass(frozen=True, slots=True)
class Found:
    """How well questions found their texts: means over `questions`."""

    recall_at_10: float
    mrr_at_10: float
    questions: int


@dataclass(frozen=True, slots=True)
class Adaptation:
    """What came of it. `better` and `worse` count the questions whose text came up higher and lower; `chance` is how
    often chance alone would bring so many up (sign test). `name` is the adapted model's, None where nothing changed."""

    headings: tuple[Found, Found]
    sentences: tuple[Found, Found]
    better: int
    worse: int
    chance: float
    passages: int
    seconds: float
    name: str | None

    @property
    def pays(self) -> bool:
        """Whether more is found, surely, and neither kind of question loses."""
        kinds = (self.headings, self.sentences)
        gain = sum((after.mrr_at_10 - before.mrr_at_10) * before.questions for before, after in kinds)
        kept = all(after.mrr_at_10 >= before.mrr_at_10 - _FALL for before, after in kinds)
        return gain > 0 and self.better > self.worse and self.chance < _CHANCE and kept


# --- what there is to learn ---


_NUMBERING = re.compile(r"^(?:(?:phần|chương|mục|điều)\s+)?(?:[ivxlc]+|\d+|[a-zđ])(?:\.\d+)*[.):]*\s+", re.IGNORECASE)


def _name(heading: str) -> str:
    """A heading without its number."""
    return _NUMBERING.sub("", heading).strip() or heading


def _topic(chunk: Chunk) -> str:
    """What decides whether a chunk is held out: its heading, wherever that stands."""
    return fold(_name(chunk.section[-1])) if chunk.section else ""


def _is_held_out(topic: str) -> bool:
    drawn = int.from_bytes(hashlib.blake2b(topic.encode(), digest_size=4).digest(), "big")
    return bool(topic) and drawn < _HELD_OUT * 2**32


def passages_of(document: Document, chunks: Sequence[Chunk]) -> list[tuple[str, Passage]]:
    """What can be learnt from a document, each with the heading it falls under: heading → text, heading → whole
    section, lead → items, column heads → rows, caller → footnotes, title → opening."""
    out: list[tuple[str, Passage]] = []
    title = " ".join(part for part in (document.type, document.title) if part)
    origin = " › ".join(part for part in (document.issuer, title) if part)
    sections: dict[tuple[str, ...], list[Chunk]] = {}
    opening: list[str] = []
    for chunk in chunks:
        if chunk.kind in ("head", "signature") or not chunk.text:
            continue
        if len(opening) < 3:
            opening.append(chunk.text)
        topic = _topic(chunk)
        upper = " › ".join((origin, *map(_name, chunk.section[:-1])))
        heading = _name(chunk.section[-1]) if chunk.section else title
        sections.setdefault(chunk.section, []).append(chunk)
        out.append((topic, Passage(heading, upper, chunk.text)))
        if chunk.lead is not None and chunk.lead < len(chunks):
            out.append((topic, Passage(chunks[chunk.lead].text[:300], heading, chunk.text)))
        if chunk.heads:
            out.append((topic, Passage("; ".join(head for head, _ in chunk.heads)[:300], heading, chunk.text)))
        out += [(topic, Passage(chunk.text[:300], heading, note.body.reading.text)) for note in chunk.footnotes]
    for path, inside in sections.items():
        if path and len(inside) > 1:
            upper = " › ".join((origin, *map(_name, path[:-1])))
            out.append((_topic(inside[0]), Passage(_name(path[-1]), upper, "\n".join(c.text for c in inside))))
    if title and opening:
        out.append(("", Passage(title, document.issuer or "", "\n".join(opening))))
    return [(topic, passage) for topic, passage in out if passage.text and (passage.title or passage.context)]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question and which of the texts answer it."""

    text: str
    wanted: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Exam:
    """Questions from held-out sections: headings, to be found in texts without any heading; words of sentences, to be
    found in texts as they are indexed."""

    bare: list[tuple[str, ...]]
    headings: list[_Asked]
    indexed: list[tuple[str, ...]]
    sentences: list[_Asked]


def _exam(chunks: Sequence[Chunk], seed: int = 0) -> _Exam:
    rng = random.Random(seed)
    kept = [c for c in chunks if c.kind not in ("head", "signature") and c.text]
    bare = [tuple(sentences(c.text)) or (c.text,) for c in kept]
    indexed = [(*(sentences(c.context) or ()), *text) for c, text in zip(kept, bare, strict=True)]
    under: dict[str, list[int]] = {}
    same: dict[str, list[int]] = {}
    said: dict[str, str] = {}
    for i, chunk in enumerate(kept):
        same.setdefault(fold(chunk.text), []).append(i)
        for heading in chunk.section:
            under.setdefault(fold(_name(heading)), []).append(i)
        if chunk.section and _is_held_out(_topic(chunk)):
            said[_topic(chunk)] = _name(chunk.section[-1])
    headings = [_Asked(text, tuple(under[topic])) for topic, text in sorted(said.items())]
    asked = []
    for i, chunk in enumerate(kept):
        if not _is_held_out(_topic(chunk)):
            continue
        long = [clause for clause in bare[i] if len(clause.split()) >= 8]
        for clause in rng.sample(long, min(3, len(long))):
            asked.append(_Asked(as_question(gist(clause, rng), rng), tuple(same[fold(chunk.text)])))
    rng.shuffle(headings)
    rng.shuffle(asked)
    return _Exam(bare, headings[:_MOST_ASKED], indexed, asked[:_MOST_ASKED])


def _ranks(weight: Tensor, reader: Reader, texts: Sequence[tuple[str, ...]], asked: Sequence[_Asked]) -> list[int]:
    """For each question the rank of the first text that answers it, from 1."""
    known = vectors(weight, reader.pieces(texts, keep=True))
    ranks: list[int] = []
    for at in range(0, len(asked), 256):
        part = asked[at : at + 256]
        likeness = (vectors(weight, reader.pieces([(q.text,) for q in part], keep=False)) @ known.T).numpy()
        for row, question in zip(likeness, part, strict=True):
            best = row[list(question.wanted)].max()
            ranks.append(1 + int((row > best).sum()))
    return ranks


def _found(ranks: Sequence[int]) -> Found:
    if not ranks:
        return Found(0.0, 0.0, 0)
    recall = sum(rank <= 10 for rank in ranks) / len(ranks)
    return Found(recall, sum(1 / rank for rank in ranks if rank <= 10) / len(ranks), len(ranks))


def sign_test(better: int, worse: int) -> float:
    """How often a fair coin would fall so often on the better side (one-sided)."""
    n = better + worse
    return sum(math.comb(n, i) for i in range(better, n + 1)) / 2**n if n else 1.0


# --- learning ---


class _Learner:
    """The shipped model's vectors, and the same ones learnt on from some passages, as often as is asked."""

    def __init__(self, base: Path) -> None:
        model = load_static(base)
        if model is None or "name" not in _identity(base):
            raise CannotAdapt(
                f"Mô hình «{base}» không thuộc loại thích nghi được (StaticEmbedding có cchc.json); hãy bỏ "
                "CCHC_EMBEDDING_MODEL để dùng mô hình có sẵn rồi chạy lại."
            )
        self.model = model
        self.reader = Reader(model.tokenizer)
        self.origin = weight_of(model).detach().clone()

    def learn(self, passages: Sequence[Passage], minutes: float, on_step: OnProgress) -> Tensor:
        """All vectors, those of the pieces that occur in `passages` changed by what these teach. Only they take part,
        which is most of the speed."""
        import torch

        texts = [(p.title, p.context, *(sentences(p.text) or (p.text,))) for p in passages]
        used = np.unique(np.concatenate(self.reader.pieces(texts, keep=True)))
        place = np.zeros(len(self.origin), dtype=np.int32)  # pieces that occur nowhere stand for nothing, as the first
        place[used] = np.arange(1, len(used) + 1)
        origin = torch.cat([torch.zeros(1, self.origin.shape[1]), self.origin[used]])
        table = Table(origin, mute=torch.tensor([0]))
        rng = random.Random(0)
        scale = float(self.origin.std())
        size = min(_BATCH, len(passages))
        steps = max(_FEWEST_STEPS, _EPOCHS * math.ceil(len(passages) / size))

        def columns(batch: Batch) -> Columns:
            asked = self.reader.pieces([(query,) for query in batch.queries], keep=False)
            texts = self.reader.pieces(batch.texts, keep=True)
            return bag([place[row] for row in asked]), bag([place[row] for row in texts]), batch.keys

        def prepared() -> Iterator[Columns]:
            while True:
                yield from (columns(batch) for batch in batches(passages, size, rng, shape=CHUNKS))

        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # matrices this small gain nothing from a second, and lose much where cores are busy
        try:
            learn(
                table,
                prepared(),
                steps,
                learning_rate=_RATE * scale,
                minutes=minutes,
                penalty=lambda weight: _ANCHOR * ((weight - origin) / scale).square().sum(dim=1).mean(),
                on_step=lambda done, _loss: on_step(done, steps),
            )
        finally:
            torch.set_num_threads(threads)
        learnt = self.origin.clone()
        learnt[used] = table.weight().detach()[1:]
        return learnt


def adapt(
    documents: Sequence[Document],
    chunks_of: Callable[[str], Sequence[Chunk]],
    folder: Path,
    *,
    base: Path = SHIPPED_MODEL,
    minutes: float = 10.0,
    on_progress: OnProgress | None = None,
    reembed: Callable[[], None] | None = None,
) -> Adaptation:
    """Adapt the model in `base` to the documents; put it into `folder` where that pays, else change nothing.

    Measured is a model that has learnt from three quarters of the headings, over texts under the others; what is kept
    has learnt from all. `reembed` is called once the model lies there; if it fails, what lay there before comes back.

    Raises:
        CannotAdapt: the model is of another kind, or the library too small to tell a gain from chance.
    """
    began = time.monotonic()
    learner = _Learner(base)
    held: list[Passage] = []
    seen: list[Passage] = []
    chunks: list[Chunk] = []
    hashes: list[str] = []
    for document in sorted(documents, key=lambda d: d.sha256):  # of a large library, some by chance
        if len(chunks) > _MOST_CHUNKS:
            break
        hashes.append(document.sha256)
        inside = chunks_of(document.document_id)
        chunks += inside
        for topic, passage in passages_of(document, inside):
            (held if _is_held_out(topic) else seen).append(passage)
    exam = _exam(chunks)
    if len(exam.headings) + len(exam.sentences) < _FEWEST_ASKED or len(seen) < _FEWEST_ASKED:
        raise CannotAdapt(
            f"Thư viện mới có {len(chunks)} đoạn, chưa đủ để biết thích nghi có ích hay không; hãy nạp thêm tài liệu."
        )

    def told(half: int) -> OnProgress:
        return lambda done, steps: on_progress(half * steps + done, 2 * steps) if on_progress else None

    def ranks(weight: Tensor) -> tuple[list[int], list[int]]:
        return (
            _ranks(weight, learner.reader, exam.bare, exam.headings),
            _ranks(weight, learner.reader, exam.indexed, exam.sentences),
        )

    before = ranks(learner.origin)
    after = ranks(learner.learn(seen, minutes / 2, told(0)))
    pairs = [pair for one, two in zip(before, after, strict=True) for pair in zip(one, two, strict=True)]
    better, worse = sum(new < old for old, new in pairs), sum(new > old for old, new in pairs)
    measured = Adaptation(
        headings=(_found(before[0]), _found(after[0])),
        sentences=(_found(before[1]), _found(after[1])),
        better=better,
        worse=worse,
        chance=sign_test(better, worse),
        passages=len(seen) + len(held),
        seconds=time.monotonic() - began,
        name=None,
    )
    if not measured.pays:
        return measured
    weight_of(learner.model).data.copy_(learner.learn([*seen, *held], minutes / 2, told(1)))
    digest = hashlib.sha256("\n".join([_VERSION, *sorted(hashes)]).encode()).hexdigest()[:8]
    origin = _identity(base)["name"]
    name = f"{origin}+{digest}"
    _write(learner, folder, {"name": name, "dimension": learner.origin.shape[1], "base": origin})
    _switch(folder, reembed)
    return replace(measured, seconds=time.monotonic() - began, name=name)


# --- keeping it ---


def _identity(folder: Path) -> dict[str, Any]:
    """What a model of ours says of itself; nothing where it is none."""
    path = folder / "cchc.json"
    read = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return read if isinstance(read, dict) else {}


def _beside(folder: Path, kind: str) -> Path:
    return folder.with_name(f"{folder.name}.{kind}")


def _write(learner: _Learner, folder: Path, identity: dict[str, object]) -> None:
    """The whole model, beside its place."""
    fresh = _beside(folder, "new")
    shutil.rmtree(fresh, ignore_errors=True)
    save_model(learner.model, fresh)
    (fresh / "cchc.json").write_text(json.dumps(identity) + "\n", encoding="utf-8")


def _switch(folder: Path, reembed: Callable[[], None] | None) -> None:
    """Put what lies beside `folder`, if anything, into its place; put back what was there if `reembed` fails.

    A kill in between leaves a model whose name the vectors do not have, which their store says when it is opened.
    """
    fresh, old = _beside(folder, "new"), _beside(folder, "old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        os.replace(folder, old)
    if fresh.exists():
        os.replace(fresh, folder)
    try:
        if reembed:
            reembed()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        if old.exists():
            os.replace(old, folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def undo(folder: Path, reembed: Callable[[], None] | None = None) -> bool:
    """Take the adapted model away, then call `reembed`; whether there was one."""
    shutil.rmtree(_beside(folder, "new"), ignore_errors=True)
    if not folder.is_dir():
        return False
    _switch(folder, reembed)
    return True


def base_of(folder: Path) -> str | None:
    """The name of the model that the one in `folder` was adapted from; None where there is none."""
    base = _identity(folder).get("base") if (folder / "modules.json").is_file() else None
    return base if isinstance(base, str) else None


def is_current(folder: Path, base: Path = SHIPPED_MODEL) -> bool:
    """Whether `folder` holds a model adapted from the one in `base` as it is today."""
    return base_of(folder) is not None and base_of(folder) == _identity(base).get("name")
