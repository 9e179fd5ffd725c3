"""Misspelt words are put right only where the library's own words say so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbench import steady

from vectorstore.lexical import Lexical
from vectorstore.records import Entry
from vectorstore.spelling import correct, within_one_edit

LETTERS = "abcđno"
WORDS = st.text(LETTERS, min_size=1, max_size=8)


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, str]:
    """A word, and the same after one insertion, deletion, replacement or swap."""
    word = draw(WORDS)
    at = draw(st.integers(0, len(word) - 1))
    letter = draw(st.sampled_from(LETTERS))
    swapped = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
    edits = [word[:at] + letter + word[at:], word[:at] + word[at + 1 :], word[:at] + letter + word[at + 1 :], swapped]
    return word, draw(st.sampled_from(edits))


@steady
@given(edited())
def test_one_edit_is_one_edit_in_both_directions(pair: tuple[str, str]) -> None:
    one, other = pair
    assert within_one_edit(one, other)
    assert within_one_edit(other, one)


@steady
@given(WORDS, WORDS)
def test_one_edit_is_symmetric(one: str, other: str) -> None:
    assert within_one_edit(one, other) == within_one_edit(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("hoso", "hos"), ("han", "nha"), ("abcd", "badc"), ("ab", "abcd"), ("a", "bc")]
)
def test_two_edits_are_more_than_one(one: str, other: str) -> None:
    assert within_one_edit(one, other) is (one == "hoso")


@pytest.fixture(scope="module")
def lexical(tmp_path_factory: pytest.TempPathFactory) -> Lexical:
    made = Lexical(tmp_path_factory.mktemp("words"))
    made.replace([("a", [Entry("a:0", "a:0", "Sở Y tế có hồ sơ trễ hạn, tinh giản biên chế và thiết bị", "")])])
    return made


def test_unknown_word_becomes_the_known_one_that_goes_with_its_neighbour(lexical: Lexical) -> None:
    assert correct(lexical, ["biên", "chết"]) == ["biên", "che"]
    assert correct(lexical, ["tinh", "gain", "biên", "chế"]) == ["tinh", "gian", "biên", "chế"]
    assert correct(lexical, ["hồ", "sow", "trễ"]) == ["hồ", "so", "trễ"]


@pytest.mark.parametrize("words", [["hồ", "sơ"], ["ho", "so"], ["tre", "han"], []])
def test_known_words_stay(lexical: Lexical, words: list[str]) -> None:
    assert correct(lexical, words) == words


@pytest.mark.parametrize("words", [["hạm"], ["sắt", "thép"], ["voi", "biên"], ["2o22"], ["bx", "che"]])
def test_unknown_word_stays_without_a_neighbour_that_agrees(lexical: Lexical, words: list[str]) -> None:
    assert correct(lexical, words) == words
