"""Near vectors and matching words, fused: what fits comes first, once, and within the filters."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from workbench import DATA, NEWS, PLAN, QUARTERLY, YEARLY, Form, Shelf, shelf

from vectorstore.records import Filters
from vectorstore.search import alternatives, expand
from vectorstore.vietnamese import fold


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    with shelf(tmp_path_factory.mktemp("shelf")) as opened:
        opened.pipeline.ingest([DATA / name for name in (YEARLY, PLAN, QUARTERLY, NEWS)])
        yield opened


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("query", "quoted"),
    [
        ("hồ sơ trễ hạn lĩnh vực Dược", "trễ hạn 07 hồ sơ"),
        ("ho so tre han linh vuc duoc", "trễ hạn 07 hồ sơ"),
        ("hồ sơ quá hạn của lĩnh vực Hành nghề", "trễ hạn 02 hồ sơ"),
        ("thi tuyển viên chức", "Tuyển đủ 25 viên chức"),
        ("hồ sơ trễ hạng lĩnh vực Dươc", "trễ hạn 07 hồ sơ"),
        ("tuyễn viên chứcc", "Tuyển đủ 25 viên chức"),
        ("late dossiers in the pharmacy field", "trễ hạn 07 hồ sơ"),
        ("sáp nhập phòng chuyên môn", "sáp nhập"),
        ("Trung tâm Kiểm nghiệm được thêm bao nhiêu biên chế", "06 biên chế"),
    ],
)
def test_passage_that_fits_comes_first(filled: Shelf, query: str, quoted: str, form: Form) -> None:
    hits = filled.searcher.search(unicodedata.normalize(form, query), 5)
    assert quoted in hits[0].chunk.text


def test_passage_is_found_by_the_footnote_it_calls(filled: Shelf) -> None:
    hits = filled.searcher.search("bảo trì hệ thống", 3)
    assert "trễ hạn 07" in hits[0].chunk.text
    assert [note.marker for note in hits[0].chunk.footnotes] == ["1"]


def test_each_chunk_comes_once_best_first_and_no_more_than_asked(filled: Shelf) -> None:
    hits = filled.searcher.search("tờ trình của Sở Y tế", 6)
    assert len(hits) == 6
    ids = [hit.chunk.chunk_id for hit in hits]
    assert len(set(ids)) == len(ids)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)


def test_hit_knows_its_document(filled: Shelf) -> None:
    hit = filled.searcher.search("thi tuyển viên chức", 1)[0]
    assert hit.document == filled.library.head("ke_hoach")


def test_same_question_finds_the_same(filled: Shelf) -> None:
    twice = [filled.searcher.search("cải cách hành chính", 8) for _ in range(2)]
    assert twice[0] == twice[1]


@pytest.mark.parametrize(
    "filters",
    [
        Filters(places=("Trà Vinh",)),
        Filters(years=(2023,)),
        Filters(document_types=("Kế hoạch",)),
        Filters(document_ids=("bao_cao_quy", "diem_tin")),
    ],
)
def test_only_what_the_filters_allow_is_found(filled: Shelf, filters: Filters) -> None:
    hits = filled.searcher.search("Sở Y tế", 50, filters)
    assert hits
    found = [hit.chunk.chunk_id for hit in hits]
    assert filled.library.passing(found, filters) == set(found)


def test_every_chunk_within_the_filters_can_be_reached(filled: Shelf) -> None:
    filters = Filters(document_ids=("ke_hoach",))
    hits = filled.searcher.search("voi", 50, filters)
    assert {hit.chunk.chunk_id for hit in hits} == {c.chunk_id for c in filled.library.chunks_of("ke_hoach")}


def test_filters_that_nothing_passes_find_nothing(filled: Shelf) -> None:
    assert filled.searcher.search("hồ sơ", 5, Filters(places=("Cà Mau",))) == []


def test_empty_query_is_no_failure(filled: Shelf) -> None:
    assert len(filled.searcher.search("", 3)) <= 3
    assert len(filled.searcher.search("?!", 3)) <= 3


def test_very_long_query_is_no_failure(filled: Shelf) -> None:
    assert filled.searcher.search("hồ sơ trễ hạn " * 700, 3)


@pytest.mark.parametrize("query", ["Trạm y tế ở {} có bao nhiêu giường", "tram y te o {} co bao nhieu giuong"])
def test_named_place_comes_before_another(tmp_path: Path, query: str) -> None:
    for number, place in enumerate(("Cà Mau", "Yên Bái", "Trà Vinh")):
        head = f"SỞ Y TẾ\nSố: {number + 1}/BC-SYT\n{place}, ngày 2 tháng 3 năm 2023\n\nBÁO CÁO\n\nTrạm y tế\n\n"
        (tmp_path / f"{number}.txt").write_text(head + "Theo thống kê, trạm y tế có 40 giường.\n", encoding="utf-8")
    with shelf(tmp_path / "shelf") as opened:
        opened.pipeline.ingest(sorted(tmp_path.glob("*.txt")))
        for place in ("Cà Mau", "Yên Bái", "Trà Vinh"):
            asked = query.format(place if "ở" in query else fold(place))
            assert opened.searcher.search(asked, 1)[0].chunk.place == place


def test_named_document_number_comes_first(filled: Shelf) -> None:
    assert filled.searcher.search("Báo cáo số 46/BC-SYT nói gì về hồ sơ", 1)[0].document.number == "46/BC-SYT"


def test_removed_document_is_not_found(tmp_path: Path) -> None:
    with shelf(tmp_path) as opened:
        opened.pipeline.ingest([DATA / YEARLY, DATA / PLAN])
        opened.pipeline.forget("bao_cao_nam")
        assert {hit.document.document_id for hit in opened.searcher.search("hồ sơ trễ hạn", 50)} == {"ke_hoach"}


def test_other_ways_of_saying_come_at_a_lower_weight() -> None:
    weights = dict(expand([("hồ sơ trễ hạn", 1.0)]))
    assert weights["trễ_hạn"] == 1.0
    assert 0 < weights["quá_hạn"] < 1.0


def test_abbreviation_and_its_long_form_find_each_other() -> None:
    assert "thủ tục hành chính" in alternatives("số TTHC")
    assert "tthc" in alternatives("thủ tục hành chính")
    assert "tthc" in alternatives("thu tuc hanh chinh")
    assert alternatives("voi") == []


def test_misspelt_words_count_less_than_typed_ones(filled: Shelf) -> None:
    weights = dict(expand(filled.searcher._corrected("hồ sơ trễ hạnx")))
    assert weights["hạnx"] == 1.0
    assert 0 < weights["han"] < 1.0


def test_place_that_is_named_is_found_though_others_fit_as_well(
    filled: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = "SỞ Y TẾ\nSố: {}/BC-SYT\n{}, ngày 2 tháng 3 năm 2023\n\nBÁO CÁO\n\nKết quả\n\n"
    for number, place in enumerate(("Cà Mau", "Yên Bái", "Lai Châu", "Trà Vinh"), 1):
        said = "Kho vắc xin đạt chuẩn. " * (1 if place == "Trà Vinh" else 3)
        (tmp_path / f"{number}.txt").write_text(head.format(number, place) + said + "\n", encoding="utf-8")
    monkeypatch.setattr("vectorstore.search._POOL", 3)
    with shelf(tmp_path / "shelf") as opened:
        opened.pipeline.ingest(sorted(tmp_path.glob("*.txt")))
        hit = opened.searcher.search("kho vắc xin đạt chuẩn ở Trà Vinh", 1)[0]
        assert hit.chunk.place == "Trà Vinh"


def test_passages_that_say_the_same_come_in_reading_order(tmp_path: Path) -> None:
    body = "".join(f"{n}. Phần {n}\n\nKho vắc xin đạt chuẩn.\n\n" for n in range(1, 13))
    (tmp_path / "a.txt").write_text(f"BÁO CÁO\n\n{body}", encoding="utf-8")
    with shelf(tmp_path / "shelf") as opened:
        opened.pipeline.ingest([tmp_path / "a.txt"])
        found = [hit for hit in opened.searcher.search("vắc xin", 20) if "Kho" in hit.chunk.text]
        assert len(found) == 12
        same = [[hit.chunk.ordinal for hit in found if hit.score == score] for score in {hit.score for hit in found}]
        assert all(ordinals == sorted(ordinals) for ordinals in same)
        assert max(map(len, same)) > 1
