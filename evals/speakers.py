"""What scripted models say about a case, and what of it is false: one that knows the gold answer, one that is careless,
one that lies, one that says nothing, and one whose server breaks.

Each is asked about one case at a time, so that it need not find out from the prompt which one is meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import unescape
from typing import Any

from assistant import prompts
from evals import gold
from evals.cases import Case
from evals.gold import Shown
from evals.lies import Told, digest, falsified, slots
from evals.scripted import Scripted

SHORT = 1.0
"""Seconds within which a server that breaks has to answer."""


class Speaker:
    """A model that knows the gold answer of a case, says it with its sources, and gives up what is sent back.

    `told` are its sentences, and what they would be if they were true.
    """

    patience = 30.0
    """Seconds that the program waits for it."""

    def __init__(self, case: Case, turn: int = 0) -> None:
        self.case = case
        self.turn = turn
        self.told: list[Told] = []

    def reply(self, request: Mapping[str, Any]) -> Scripted | str:
        """What it says to a request for an answer, or for better sentences."""
        asked = (message for message in request["messages"] if message["role"] != "system")
        prompt = "\n".join(str(message["content"]) for message in asked)
        shown = gold.passages(prompt)
        if failed := failed_sentences(str(request["messages"][-1]["content"])):
            return "\n".join(f"{number}. {self._mended(sentence, shown)}" for number, sentence in failed)
        return self._answer(shown)

    def _answer(self, shown: Sequence[Shown]) -> Scripted | str:
        return " ".join(self._sentences(shown)) or prompts.REFUSAL

    def _sentences(self, shown: Sequence[Shown]) -> list[str]:
        true = gold.write(self.case, shown)
        said = self._said(true, shown)
        self.told += map(Told, said, true)
        return said

    def _said(self, true: Sequence[str], shown: Sequence[Shown]) -> list[str]:
        return list(true)

    def _mended(self, sentence: str, shown: Sequence[Shown]) -> str:
        return "BỎ"


_FAILED = re.compile(r'<cau so="(\d+)"[^>]*>(.*?)</cau>', re.DOTALL)


def failed_sentences(message: str) -> list[tuple[int, str]]:
    """The sentences that a request sends back, with their numbers."""
    _, fence, rest = message.rpartition("<can_sua>")
    return [(int(number), unescape(text).strip()) for number, text in _FAILED.findall(rest)] if fence else []


class Careless(Speaker):
    """Gets one figure wrong in 3 of 10 answers, and sees nothing wrong with it when it is sent back."""

    def _said(self, true: Sequence[str], shown: Sequence[Shown]) -> list[str]:
        said = list(true)
        places = [(i, at) for i, sentence in enumerate(true) for at in range(len(slots(sentence)))]
        if places and digest(self.case.id) % 10 < 3:
            chance = digest(f"{self.case.id} figure")
            i, at = places[chance % len(places)]
            said[i] = falsified(true[i], cited(true[i], shown), self.case.id, near=chance % 2 == 0, only=at)
        return said

    def _mended(self, sentence: str, shown: Sequence[Shown]) -> str:
        return next((t.said for t in self.told if _same(t.said, sentence)), sentence)


class Liar(Speaker):
    """Gets every figure wrong, best with another one of the passage that it cites; sent back, otherwise again."""

    def _said(self, true: Sequence[str], shown: Sequence[Shown]) -> list[str]:
        return [falsified(sentence, cited(sentence, shown), self.case.id) for sentence in true]

    def _mended(self, sentence: str, shown: Sequence[Shown]) -> str:
        true = next((t.true for t in self.told if _same(t.said, sentence)), None)
        if true is None:
            return sentence
        again = falsified(true, cited(true, shown), f"{self.case.id} again")
        self.told.append(Told(again, true))
        return again


class Mute(Speaker):
    """Says nothing."""

    def reply(self, request: Mapping[str, Any]) -> Scripted | str:
        return ""


class Broken(Speaker):
    """Breaks, by case in turn, in each way that servers and models do."""

    patience = SHORT

    def reply(self, request: Mapping[str, Any]) -> Scripted | str:
        text = str(super().reply(request))
        return WAYS[list(WAYS)[self.turn % len(WAYS)]](text)


WAYS: Mapping[str, Callable[[str], Scripted | str]] = {
    "HTTP 500": lambda text: Scripted(status=500),
    "HTTP 429": lambda text: Scripted(status=429, retry_after=20),
    "cut": lambda text: Scripted(f"{text} {text}", cut=True),
    "malformed": lambda text: Scripted(text, raw=b"data: {not json\n\n"),
    "cites [99]": lambda text: re.sub(r"(?:\[\d+\])+", "[99]", text),
    "cites nothing": lambda text: re.sub(r"\s*\[\d+\]", "", text),
    "100 kB": lambda text: Scripted("x" * 100_000, size=2_000),
    "endless": lambda text: Scripted(f"{text} " * 5_000, size=2_000),
    "English": lambda text: "According to the reports, 4,321 dossiers were late, about 12.5% of the total in 2019.",
    "silent": lambda text: Scripted(text, before=2 * SHORT),
}
"""How a broken model replies, given what it would have said."""

MODELS: Mapping[str, type[Speaker]] = {
    "perfect": Speaker,
    "careless": Careless,
    "liar": Liar,
    "mute": Mute,
    "broken": Broken,
}


def cited(sentence: str, shown: Sequence[Shown]) -> str:
    """The passages that a sentence cites."""
    markers = {int(number) for number in re.findall(r"\[(\d+)\]", sentence)}
    return "\n".join(one.text for one in shown if one.number in markers)


def _same(one: str, other: str) -> bool:
    """Whether two spellings are the same sentence, markers and signs aside."""

    def bare(text: str) -> list[str]:
        return re.findall(r"\w+", re.sub(r"\[\d+\]", " ", text))

    return bare(one) == bare(other)
