"""The word index: accents, pairs, numbers, replacement."""

import unicodedata
from pathlib import Path

import pytest
from workbench import Form

from vectorstore.lexical import Lexical, LexicalError, terms
from vectorstore.records import Entry


def entry(name: str, text: str, context: str = "") -> Entry:
    return Entry(name, name.partition("/")[0], text, context)


@pytest.fixture
def lexical(tmp_path: Path) -> Lexical:
    made = Lexical(tmp_path / "words")
    made.replace(
        [
            (
                "a",
                [
                    entry("a:0", "Sở đã trả 12 hồ sơ trễ hạn"),
                    entry("a:1", "Mua máy tính cho trạm y tế", "Chuyển đổi số"),
                ],
            ),
            ("b", [entry("b:0", "Căn cứ Kế hoạch số 520/KH-UBND"), entry("b:0:7.0", "Danh mục tủ thuốc thôn bản")]),
        ]
    )
    return made


def found(lexical: Lexical, query: str, folded: bool = False) -> list[str]:
    return [hit.chunk_id for hit in lexical.search([(term, 1.0) for term in terms(query)], 10, folded=folded)]


def test_terms_are_tokens_pairs_and_parts_of_numbers() -> None:
    assert terms("Hồ sơ trễ") == ["hồ", "sơ", "trễ", "hồ_sơ", "sơ_trễ"]
    assert {"520/kh-ubnd", "520", "kh", "ubnd"} <= set(terms("số 520/KH-UBND"))
    assert {"1852", "3", "97.7", "7/kh-syt"} <= set(terms("1.852 việc, 03 tờ trình, 97,7 điểm, số 7/KH-SYT"))
    assert "3" in terms("số 03/KH-SYT")
    assert terms("") == []


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_words_are_found_in_either_form(lexical: Lexical, form: Form) -> None:
    assert found(lexical, unicodedata.normalize(form, "hồ sơ trễ hạn"))[0] == "a:0"


def test_words_are_found_without_accents(lexical: Lexical) -> None:
    assert found(lexical, "tre han", folded=True) == ["a:0"]


def test_accented_words_are_found_without_their_accents_at_a_lower_weight(lexical: Lexical) -> None:
    exact, near = (lexical.search([(word, 1.0)], 1, folded=False)[0] for word in ("trễ", "trẻ"))
    assert near.chunk_id == exact.chunk_id
    assert 0 < near.score < exact.score


def test_accents_prefer_what_was_meant(tmp_path: Path) -> None:
    lexical = Lexical(tmp_path)
    lexical.replace([("a", [entry("a:0", "mở mã bệnh viện"), entry("a:1", "mô má bệnh viện")])])
    assert found(lexical, "mô má")[0] == "a:1"
    assert found(lexical, "mở mã")[0] == "a:0"


def test_footnote_leads_to_its_chunk(lexical: Lexical) -> None:
    assert found(lexical, "tủ thuốc") == ["b:0"]


@pytest.mark.parametrize("query", ["520/KH-UBND", "520", "kh-ubnd"])
def test_document_number_is_found_whole_and_in_parts(lexical: Lexical, query: str) -> None:
    assert found(lexical, query)[0] == "b:0"


def test_context_is_searched_at_a_lower_weight(tmp_path: Path) -> None:
    lexical = Lexical(tmp_path)
    lexical.replace([("a", [entry("a:0", "một việc khác", "trễ hạn"), entry("a:1", "một việc trễ hạn", "khác")])])
    assert found(lexical, "trễ hạn") == ["a:1", "a:0"]


def test_weight_of_a_term_counts(lexical: Lexical) -> None:
    both = [("trễ", 0.1), ("máy", 5.0)]
    assert lexical.search(both, 10, folded=False)[0].chunk_id == "a:1"
    assert lexical.search([], 10, folded=False) == []
    assert lexical.search(both, 0, folded=False) == []


def test_replace_takes_the_old_entries_out_and_leaves_the_others(lexical: Lexical) -> None:
    lexical.replace([("a", [entry("a:0", "nội dung mới")])])
    assert lexical.count() == 3
    assert found(lexical, "trễ hạn") == []
    assert found(lexical, "tủ thuốc") == ["b:0"]
    lexical.replace([("a", ()), ("b", ())])
    assert lexical.count() == 0
    assert found(lexical, "nội dung") == []


def test_index_outlives_its_object(lexical: Lexical, tmp_path: Path) -> None:
    again = Lexical(tmp_path / "words")
    assert again.count() == 4
    assert found(again, "trễ hạn") == ["a:0"]


def test_second_object_sees_what_the_first_wrote_once_it_counts(lexical: Lexical, tmp_path: Path) -> None:
    again = Lexical(tmp_path / "words")
    lexical.replace([("c", [entry("c:0", "kho vắc xin")])])
    assert again.count() == 5
    assert found(again, "vắc xin") == ["c:0"]


def test_rare_words_weigh_more_than_common_and_unknown_most(tmp_path: Path) -> None:
    lexical = Lexical(tmp_path)
    assert lexical.idf("sở", folded=False) == 0
    lexical.replace([("a", [entry(f"a:{n}", "Sở làm việc" if n else "Sở họp bàn") for n in range(9)])])
    common, rare, unknown = (lexical.idf(word, folded=False) for word in ("sở", "họp", "voi"))
    assert 0 < common < rare < unknown


def test_words_are_known_with_their_accents_or_without(lexical: Lexical) -> None:
    assert lexical.holds("hồ_sơ", folded=False)
    assert not lexical.holds("ho_so", folded=False)
    assert lexical.holds("ho_so", folded=True)
    assert lexical.holds("chuyển", folded=False)
    assert not lexical.holds("voi", folded=True)


def test_words_of_a_beginning_are_single_and_folded(lexical: Lexical) -> None:
    assert lexical.words_beginning("t") == sorted({"tra", "tre", "tinh", "tram", "te", "tu", "thuoc", "thon"})
    assert lexical.words_beginning("x") == []


def test_folder_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "tệp").write_text("x", encoding="utf-8")
    with pytest.raises(LexicalError, match="tệp"):
        Lexical(tmp_path / "tệp")


def test_broken_index_is_named(lexical: Lexical, tmp_path: Path) -> None:
    (tmp_path / "words" / "meta.json").write_text("{", encoding="utf-8")
    with pytest.raises(LexicalError, match="words"):
        Lexical(tmp_path / "words")


def test_index_that_another_process_is_writing_is_named(lexical: Lexical, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vectorstore.lexical._WAIT", 0.2)
    held = lexical._index.writer(20_000_000, 1)
    with pytest.raises(LexicalError):
        lexical.replace([("a", ())])
    del held


@pytest.mark.parametrize(("typed", "printed"), [("3 tờ trình", "03 tờ trình"), ("1852 hồ sơ", "1.852 hồ sơ")])
def test_figures_are_found_however_they_are_printed(tmp_path: Path, typed: str, printed: str) -> None:
    lexical = Lexical(tmp_path)
    lexical.replace([("a", [entry("a:0", f"Sở có {printed}"), entry("a:1", "Sở có 30 tờ trình, 852 hồ sơ")])])
    assert found(lexical, typed)[0] == "a:0"


def test_only_entries_with_a_key_of_each_group_are_found_and_all_of_them(tmp_path: Path) -> None:
    lexical = Lexical(tmp_path)
    made = [
        Entry(f"a:{n}", f"a:{n}", text, "", (f"place:{place}", f"year:{year}"))
        for n, (text, place, year) in enumerate(
            [
                ("hồ sơ", "Cà Mau", 2022),
                ("hồ sơ", "Trà Vinh", 2022),
                ("việc khác", "Cà Mau", 2022),
                ("hồ sơ", "Cà Mau", 2021),
            ]
        )
    ]
    lexical.replace([("a", made)])
    within = [["place:Cà Mau", "place:Yên Bái"], ["year:2022"]]
    hits = lexical.search([("hồ", 1.0)], 10, folded=False, within=within)
    assert [hit.chunk_id for hit in hits] == ["a:0", "a:2"]
    assert hits[0].score > hits[1].score == 0


def test_gate_of_rare_terms_leaves_the_best_entry_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lexical = Lexical(tmp_path)
    lexical.replace([("a", [entry(f"a:{n}", f"sở y tế tỉnh {n}{' trễ hạn' if n == 7 else ''}") for n in range(40)])])
    query = [(term, 1.0) for term in ("sở", "y", "tế", "trễ")]
    whole = lexical.search(query, 3, folded=False)
    monkeypatch.setattr("vectorstore.lexical._GATE", 1)
    gated = lexical.search(query, 3, folded=False)
    assert gated[0].chunk_id == whole[0].chunk_id == "a:7"
    assert len(gated) < len(whole)
