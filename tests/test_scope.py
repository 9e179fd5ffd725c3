"""`vectorstore/scope.py`: the keys by which passages are filtered, and those that filters ask for."""

import pytest
from workbench import whole

from vectorstore.records import Chunk, Filters, chunk_of, entries
from vectorstore.scope import keys_of, wanted


def chunk(place: str | None = "Kon Tum", period: str | None = "2021/2022") -> Chunk:
    return Chunk("bao_cao", 3, "paragraph", whole("Sở có 7 hồ sơ."), place=place, period=period)


def test_keys_tell_document_type_place_and_each_year() -> None:
    keys = {"document:bao_cao", "year:2021", "year:2022", "place:Kon Tum", "type:Báo cáo"}
    assert set(keys_of(chunk(), "Báo cáo")) == keys
    assert keys_of(chunk(None, None), None) == ("document:bao_cao",)


def test_filters_ask_for_one_key_of_each_group() -> None:
    filters = Filters(("Kon Tum",), (2021, 2022), ("Báo cáo",), ("a", "b"))
    assert wanted(filters, ["Kon Tum", "Hà Tĩnh"]) == [
        ["place:Kon Tum"],
        ["year:2021", "year:2022"],
        ["type:Báo cáo"],
        ["document:a", "document:b"],
    ]
    assert wanted(Filters(), ["Kon Tum"]) == []


def test_place_that_the_library_does_not_hold_leaves_a_group_that_nothing_passes() -> None:
    assert wanted(Filters(places=("Cà Mau",)), ["Kon Tum"]) == [[]]


@pytest.mark.parametrize(
    ("entry", "leads_to"),
    [("bao_cao:3", "bao_cao:3"), ("bao_cao:3:13.0", "bao_cao:3"), ("a:1:3", "a:1:3"), ("a:1:3:7.2", "a:1:3")],
)
def test_entry_leads_to_its_chunk_by_its_id(entry: str, leads_to: str) -> None:
    assert chunk_of(entry) == leads_to


def test_entries_carry_the_keys_of_their_chunk() -> None:
    assert [entry.keys for entry in entries(chunk(), ("document:bao_cao",))] == [("document:bao_cao",)]
