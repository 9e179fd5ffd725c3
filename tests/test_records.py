"""Excerpts and readings: what is quoted stands in the text as printed, what is reasoned over leads back to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbench import steady, whole

from vectorstore.records import (
    INTERRUPTION,
    Chunk,
    Document,
    Excerpt,
    Filters,
    Footnote,
    entries,
    excerpt,
    fold_space,
)

TEXTS = st.text(st.sampled_from("ab1 ²¹⁰m\n\t*<>/ộĐ.…\u00a0"), max_size=60)


@st.composite
def excerpts(draw: st.DrawFn) -> tuple[str, Excerpt]:
    text = draw(st.one_of(TEXTS, st.text(max_size=60)))
    positions = st.integers(0, len(text))
    spans = draw(st.lists(st.tuples(positions, positions).map(lambda ends: (min(ends), max(ends))), max_size=4))
    return text, excerpt(text, spans)


@steady
@given(excerpts())
def test_pieces_of_an_excerpt_are_the_text_at_its_spans(made: tuple[str, Excerpt]) -> None:
    text, found = made
    assert found.pieces == tuple(text[a:b] for a, b in found.spans)
    ends = [at for span in found.spans for at in span]
    assert ends == sorted(ends)
    assert all(piece and piece == piece.strip() for piece in found.pieces)
    assert found.quote == INTERRUPTION.join(map(fold_space, found.pieces))


@steady
@given(excerpts(), st.data())
def test_every_part_of_a_reading_is_the_text_at_its_spans(made: tuple[str, Excerpt], data: st.DataObject) -> None:
    text, source = made
    reading = source.reading
    assert len(reading.offsets) == len(reading.text)
    assert list(reading.offsets) == sorted(reading.offsets)
    start = data.draw(st.integers(0, len(reading.text)))
    part = reading.part(start, data.draw(st.integers(start, len(reading.text))))
    assert part.pieces == tuple(text[a:b] for a, b in part.spans)
    assert all(any(a <= lo < hi <= b for a, b in source.spans) for lo, hi in part.spans)


@steady
@given(st.text(st.sampled_from("ab1 \n\tộĐ.,"), max_size=60), st.data())
def test_part_of_a_reading_reads_as_that_part(text: str, data: st.DataObject) -> None:
    reading = whole(text).reading
    start = data.draw(st.integers(0, len(reading.text)))
    end = data.draw(st.integers(start, len(reading.text)))
    assert reading.part(start, end).reading.text == reading.text[start:end].strip()


@steady
@given(excerpts())
def test_characters_of_a_reading_stand_at_their_offsets(made: tuple[str, Excerpt]) -> None:
    text, source = made
    for char, offset in zip(source.reading.text, source.reading.offsets, strict=True):
        assert char == " " or char == text[offset]


def test_excerpt_trims_joins_and_sorts_its_spans() -> None:
    text = "một  hai\n ba bốn"
    assert excerpt(text, [(5, 10), (0, 5)]).spans == ((0, 8),)
    assert excerpt(text, [(9, 12), (3, 5)]).spans == ((10, 12),)
    assert excerpt(text, [(0, 3), (10, 12)]).quote == "một […] ba"
    assert not excerpt(text, [(3, 5)])


def test_overlapping_spans_become_one() -> None:
    assert excerpt("hồ sơ trễ hạn", [(0, 9), (3, 5), (6, 13)]).spans == ((0, 13),)


def test_quote_folds_space_and_marks_what_was_left_out() -> None:
    text = "trễ hạn\n\n12\n\nba  hồ sơ"
    found = excerpt(text, [(0, 7), (13, len(text))])
    assert found.quote == "trễ hạn […] ba hồ sơ"
    assert found.reading.text == "trễ hạn ba hồ sơ"
    assert (found.start, found.end) == (0, len(text))


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("13 TTHC¹³, 16 đơn vị²⁹", "13 TTHC, 16 đơn vị"),
        ("có 1.852 người⁴ làm", "có 1.852 người làm"),
        ("năm²", "năm"),
        ("**Ưu điểm:** tốt", "Ưu điểm: tốt"),
        ("<ul><li>Mở 03 lớp</li></ul>", "Mở 03 lớp"),
        ("tỷ lệ < 5% và > 3%", "tỷ lệ < 5% và > 3%"),
        ("rộng 100 m² đất", "rộng 100 m² đất"),
        ("rộng 100m² đất", "rộng 100m² đất"),
        ("5 km², 3 cm³", "5 km², 3 cm³"),
    ],
)
def test_reading_leaves_out_markers_and_markup_but_no_exponent(printed: str, read: str) -> None:
    assert whole(printed).reading.text == read


def test_marker_after_a_unit_of_length_is_left_out() -> None:
    assert whole("dài 30 m¹⁵").reading.text == "dài 30 m"


@pytest.mark.parametrize("printed", ["Diện tích (m²)", "100\nm²", "3 dm²", "1.000 đồng/m²"])
def test_exponent_is_kept_whatever_stands_before_the_unit(printed: str) -> None:
    assert whole(printed).reading.text == fold_space(printed)


def test_part_carries_the_markers_inside_it_and_not_those_around() -> None:
    text = "ra 23 Kế hoạch¹, 04 Tờ trình² và 05 Quyết định³"
    reading = whole(text).reading
    start = reading.text.index("04")
    assert reading.part(start, reading.text.index(" và")).quote == "04 Tờ trình"
    assert reading.part(0, reading.text.index(" và")).quote == "ra 23 Kế hoạch¹, 04 Tờ trình"


def test_part_across_an_interruption_has_a_piece_on_either_side() -> None:
    text = "Quy định về chức\n⁸ Kế hoạch số 1\nnăng của Sở"
    source = excerpt(text, [(0, 16), (text.index("năng"), len(text))])
    at = source.reading.text.index("chức năng")
    assert source.reading.part(at, at + len("chức năng")).quote == "chức […] năng"


def test_offset_leads_to_the_place_in_the_reading() -> None:
    text = "hồ  sơ¹ trễ"
    reading = whole(text).reading
    assert reading.text[reading.at(text.index("trễ")) :] == "trễ"
    assert reading.at(0) == 0
    assert reading.at(len(text)) == len(reading.text)


@pytest.mark.parametrize(
    ("number", "blank"),
    [("/BC-SYT", True), ("…/KH-UBND", True), ("  /BC-SYT", True), ("12/BC-SYT", False), (None, False)],
)
def test_blank_number_is_known(number: str | None, blank: bool) -> None:
    assert Document("a", "a.txt", "", "", number=number).number_is_blank is blank


def test_counts_of_a_document() -> None:
    body = whole("x")
    rows = tuple(Chunk("a", n, "row", body, ("PHỤ LỤC",)) for n in range(3))
    counted = Document("a", "a.txt", "", "x", footnotes=(Footnote("1", body),), chunks=rows).counts
    nothing = {"sections": 0, "figures": 0, "notices": 0}
    assert counted == nothing | {"footnotes": 1, "tables": 1, "rows": 3, "chunks": 3}


def test_rows_under_several_parents_are_one_table() -> None:
    body = whole("x")
    rows = tuple(Chunk("a", n, "row", body, ("PHỤ LỤC", parent)) for n, parent in enumerate(("1. A", "1. A", "2. B")))
    assert Document("a", "a.txt", "", "x", chunks=rows).counts["tables"] == 1


def test_entries_are_the_text_and_each_part_of_each_footnote() -> None:
    long = "; ".join(f"Quyết định số {n}/QĐ-SYT về việc thứ {n}" for n in range(60))
    text = f"Sở ra văn bản⁷ trong năm.\n⁷ {long}"
    chunk = Chunk(
        "a", 4, "paragraph", excerpt(text, [(0, 25)]), footnotes=(Footnote("7", excerpt(text, [(28, len(text))])),)
    )
    own, *notes = entries(chunk)
    assert (own.entry_id, own.chunk_id, own.text) == ("a:4", "a:4", "Sở ra văn bản trong năm.")
    assert [note.entry_id for note in notes] == [f"a:4:7.{n}" for n in range(len(notes))]
    assert {note.chunk_id for note in notes} == {"a:4"}
    assert len(notes) > 2
    assert all(len(note.text) <= 600 for note in notes)
    assert fold_space(" ".join(note.text for note in notes)) == long


def test_filters_without_a_wish_are_false() -> None:
    assert not Filters()
    assert Filters(years=(2022,))
