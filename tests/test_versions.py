"""When documents are one, related, or an older and a newer version."""

from dataclasses import replace
from typing import Any

import pytest

from vectorstore.records import Document
from vectorstore.versions import Relation, is_same, keys, relation, replaced, resemblance, same_report, supersedes


def report(**changes: Any) -> Document:
    made = Document(
        "a", "a.txt", "", "", "5/BC-SYT", "Báo cáo", "Việc năm 2022", "Sở Y tế X", "X", "2023-01-02", "2022"
    )
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"number": "5/bc-syt", "title": "VIỆC NĂM 2022", "period": None}, True),
        ({"number": "6/BC-SYT"}, False),
        ({"issued_on": "2023-01-03"}, False),
        ({"issuer": "Sở Y tế Y"}, False),
        ({"number": "/BC-SYT"}, False),
        ({"number": None}, False),
    ],
)
def test_numbered_reports_are_one_by_number_issuer_and_date(changes: dict[str, Any], same: bool) -> None:
    assert same_report(report(), report(**changes)) is same
    assert same_report(report(**changes), report()) is same


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"issued_on": "2023-02"}, True),
        ({"title": "việc năm 2022"}, True),
        ({"title": "Việc khác năm 2022"}, False),
        ({"period": "2021"}, False),
        ({"type": "Kế hoạch"}, False),
        ({"issuer": None}, False),
    ],
)
def test_reports_without_a_number_are_one_by_issuer_type_period_and_title(changes: dict[str, Any], same: bool) -> None:
    blank = {"number": "/BC-SYT"}
    assert same_report(report(**blank), report(**(blank | changes))) is same


# The same words

WORDS = " ".join(f"chữ{number}" for number in range(200))


@pytest.mark.parametrize(
    ("other", "low", "high"),
    [
        (WORDS, 1.0, 1.0),
        (WORDS.upper().replace("CHỮ", "CHU"), 1.0, 1.0),  # case and accents aside
        (WORDS.replace("chữ100", "khác"), 0.97, 0.98),  # one word is in five of 196
        (WORDS[: len(WORDS) // 2], 0.4, 0.6),  # an extract is not the whole
        ("hoàn toàn khác hẳn, không chung một chữ", 0.0, 0.0),
        ("", 0.0, 0.0),
    ],
)
def test_resemblance_is_the_share_of_word_5_grams(other: str, low: float, high: float) -> None:
    assert low <= resemblance(WORDS, other) <= high
    assert resemblance(other, WORDS) == resemblance(WORDS, other)


def test_short_texts_resemble_each_other_only_when_they_are_the_same() -> None:
    assert resemblance("hai chữ", "Hai chu") == 1.0
    assert resemblance("hai chữ", "ba chữ") == 0.0


@pytest.mark.parametrize(
    ("changes", "text", "same"),
    [
        ({}, WORDS.replace("chữ100", "khác"), True),
        ({"number": "6/BC-SYT"}, WORDS, False),
        ({"issued_on": "2023-01-03"}, WORDS, False),
        ({"issuer": "Sở Y tế Y"}, WORDS, False),
        ({}, WORDS[:600], False),
    ],
)
def test_documents_are_one_by_number_issuer_date_and_words(changes: dict[str, Any], text: str, same: bool) -> None:
    assert is_same(report(text=WORDS), report(text=text, **changes)) is same


def test_pages_without_number_and_issuer_are_one_only_when_hardly_a_word_differs() -> None:
    nameless = {"number": None, "issuer": None}
    some = WORDS.replace("chữ100", "khác")
    assert is_same(report(text=WORDS, **nameless), report(text=WORDS, **nameless))
    assert not is_same(report(text=WORDS, **nameless), report(text=some, **nameless))


# Versions


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Kế hoạch này thay thế Kế hoạch số 12/KH-SYT ngày 03/02/2021 của Sở Y tế.", ("12/KH-SYT",)),
        (
            "Quyết định này có hiệu lực kể từ ngày ký và thay thế Quyết định số 88/QĐ-UBND ngày 5/4/2020.",
            ("88/QĐ-UBND",),
        ),
        ("(Thay thế Báo cáo số 7/BC-SYT ngày 01/02/2023)", ("7/BC-SYT",)),
        (
            "Nghị định này thay thế Nghị định số 1/2010/NĐ-CP và Nghị định số 9/2010/NĐ-CP.",
            ("1/2010/NĐ-CP", "9/2010/NĐ-CP"),
        ),
        ("Thông tư này thay thế Điều 5 của Thông tư số 3/2015/TT-BYT.", ()),
        ("Quyết định này thay thế một số điều của Quyết định số 3/QĐ-BYT.", ()),
        ("UBND tỉnh ban hành Quyết định số 20/QĐ-UBND thay thế Quyết định số 12/QĐ-UBND.", ()),
        ("Trong năm này, Sở đã thay thế Quy chế số 5/QC-SYT.", ()),
    ],
)
def test_replaced_documents_are_those_that_this_one_says_it_replaces(text: str, numbers: tuple[str, ...]) -> None:
    assert replaced([text]) == numbers


@pytest.mark.parametrize(
    ("newer", "superseded"),
    [
        ({"number": "9/BC-SYT", "issued_on": "2023-02-01"}, True),  # the same report again, later
        ({"number": "9/BC-SYT", "issued_on": "2023-02-01", "period": "2023"}, False),
        ({"number": "9/BC-SYT", "issued_on": "2023-02-01", "title": "Việc khác"}, False),
        ({"number": "9/BC-SYT", "issued_on": "2023-02-01", "issuer": "Sở Y tế Y"}, False),
        ({"number": "9/BC-SYT", "issued_on": "2022-12-30"}, False),
        ({"number": "9/BC-SYT", "issued_on": "2023-01"}, False),  # no later than the day it may stand for
        ({"number": "9/BC-SYT", "issued_on": None}, False),
        ({"number": "9/BC-SYT", "title": "Khác", "replaces": ("5/BC-SYT",)}, True),
        ({"number": "9/BC-SYT", "title": "Khác", "replaces": ("6/BC-SYT",)}, False),
        ({"number": "9/BC-SYT", "title": "Khác", "replaces": ("5/BC-SYT",), "issuer": "Sở Y tế Y"}, False),
    ],
)
def test_newer_version_supersedes(newer: dict[str, Any], superseded: bool) -> None:
    assert supersedes(report(**newer), report()) is superseded


def test_newest_of_several_versions_is_named() -> None:
    second = report(document_id="b", number="6/BC-SYT", issued_on="2023-02-01")
    third = report(document_id="c", number="7/BC-SYT", issued_on="2023-03-01")
    assert relation(report(), [second, third]) == Relation(("b", "c"), "c")
    assert relation(third, [report(), second]) == Relation(("a", "b"), None)


@pytest.mark.parametrize(
    ("other", "related"),
    [
        ({"title": "Khác", "issued_on": "2023-05"}, True),  # one number in one year
        ({"title": "Khác", "issued_on": "2024-05"}, False),  # numbers begin anew
        ({"number": "6/BC-SYT", "issued_on": None}, True),  # one title of one period
        ({"number": "6/BC-SYT", "title": "Khác"}, False),
    ],
)
def test_less_alike_is_related(other: dict[str, Any], related: bool) -> None:
    found = relation(report(), [report(document_id="b", **other)])
    assert found == Relation(("b",) if related else (), None)
    one, two = keys(report(text="a")), keys(report(text="b", document_id="b", **other))
    assert bool(one & two) or not related
