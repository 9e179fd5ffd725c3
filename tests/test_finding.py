"""`assistant/finding.py`: passages in the order in which they prove something for the question."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from workbench import DATA, NEWS, PLAN, QUARTERLY, YEARLY, Form, Shelf, shelf

from assistant.finding import Finder, _lists_whole
from vectorstore.records import Filters, Hit

REPORT = """SỞ Y TẾ\nSố: {number}/BC-SYT\n{place}, ngày 2 tháng 3 năm 2023\n
BÁO CÁO\n\nKết quả công tác năm 2022\n\n{body}
Nơi nhận:\n- Sở Nội vụ;\n- Lưu: VT.\nGIÁM ĐỐC\n(đã ký)\n{signer}\n"""


@pytest.fixture(scope="module")
def finder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finder]:
    with shelf(tmp_path_factory.mktemp("shelf")) as opened:
        opened.pipeline.ingest([DATA / name for name in (YEARLY, PLAN, QUARTERLY, NEWS)])
        yield Finder(opened.searcher)


def filled(folder: Path, **bodies: str) -> Shelf:
    """A shelf with one report a place, each with its body."""
    for number, (place, body) in enumerate(bodies.items(), 31):
        text = REPORT.format(number=number, place=place.replace("_", " "), body=body, signer=f"Lê Văn {place[:3]}")
        (folder / f"{place}.txt").write_text(text, encoding="utf-8")
    one = Shelf(folder / "shelf")
    one.pipeline.ingest(sorted(folder.glob("*.txt")))
    return one


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_what_is_asked_comes_first_and_scores_fall(finder: Finder, form: Form) -> None:
    hits = finder.search(unicodedata.normalize(form, "Lĩnh vực Dược có bao nhiêu hồ sơ trễ hạn?"), 8)
    assert "trễ hạn 07 hồ sơ" in hits[0].chunk.text
    assert len({hit.chunk.chunk_id for hit in hits}) == 8
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)


def test_words_alone_are_a_question_too(finder: Finder) -> None:
    assert finder.search("bảo trì hệ thống", 1)[0].chunk.footnotes
    assert len(finder.search("?!", 3)) <= 3
    assert finder.search("voi", 3, Filters(places=("Cà Mau",))) == []


def test_filters_hold(finder: Finder) -> None:
    hits = finder.search("hồ sơ", 20, Filters(document_ids=("ke_hoach",)))
    assert {hit.document.document_id for hit in hits} == {"ke_hoach"}


def test_signature_comes_first_where_the_signer_is_asked_for(tmp_path: Path) -> None:
    body = "Sở đã ký 12 hợp đồng với các trạm y tế.\n"
    one = filled(tmp_path, Cà_Mau=body, Trà_Vinh=body)
    hit = Finder(one.searcher).search("Ai ký báo cáo năm 2022 của Sở Y tế Trà Vinh?", 3)[0]
    assert (hit.chunk.kind, hit.document.place) == ("signature", "Trà Vinh")
    assert "Lê Văn Trà" in hit.chunk.text
    one.library.close()


def test_named_places_take_turns(tmp_path: Path) -> None:
    body = "Trạm y tế có 40 giường.\n\nMỗi trạm y tế có 40 giường bệnh, 5 giường gấp.\n"
    one = filled(tmp_path, Cà_Mau=body, Trà_Vinh="Có 40 giường ở trạm.\n", Yên_Bái=body)
    hits = Finder(one.searcher).search("So sánh số giường của trạm y tế ở Cà Mau và Trà Vinh", 2)
    assert {hit.document.place for hit in hits} == {"Cà Mau", "Trà Vinh"}
    one.library.close()


def test_document_that_is_named_by_its_number_is_searched_for_what_is_asked(tmp_path: Path) -> None:
    one = filled(
        tmp_path,
        Cà_Mau="Trạm y tế có 40 giường. Báo cáo số 32/BC-SYT cũng nói về giường của trạm y tế.\n",
        Trà_Vinh="Trạm y tế có 55 giường.\n\nSở có xe cứu thương.\n",
    )
    hit = Finder(one.searcher).search("Báo cáo số 32/BC-SYT ghi trạm y tế có bao nhiêu giường?", 3)[0]
    assert "55 giường" in hit.chunk.text
    one.library.close()


def test_what_was_said_already_in_another_section_comes_later(tmp_path: Path) -> None:
    parts = [f"{n}. Phần {n}\n\nChi phí tuân thủ của thủ tục là {n}0 triệu đồng mỗi năm.\n\n" for n in range(1, 6)]
    told = "6. Cách tính\n\nMột giờ làm việc trong chi phí tuân thủ được tính 40 nghìn đồng.\n"
    one = filled(tmp_path, Cà_Mau="".join(parts) + told)
    texts = [hit.chunk.text for hit in Finder(one.searcher).search("Chi phí tuân thủ thủ tục tính bao nhiêu đồng?", 3)]
    assert any("Một giờ" in text for text in texts)
    one.library.close()


def test_rest_of_a_list_follows_where_most_of_it_was_found(finder: Finder) -> None:
    library = finder.library
    document = library.head("bao_cao_nam")
    assert document
    plain = next(c for c in library.chunks_of("bao_cao_nam") if c.kind == "paragraph" and c.lead is None)
    items = [replace(plain, ordinal=100 + n, lead=7) for n in range(5)]
    others = [replace(plain, ordinal=200 + n) for n in range(5)]
    found = [items[0], others[0], items[1], others[1], items[2], others[2], items[3], others[3], items[4], others[4]]
    hits = [Hit(chunk, 1 - n / 20, document) for n, chunk in enumerate(found)]
    ordered = [hit.chunk for hit in _lists_whole(hits)]
    assert ordered == [*items, *others]
    two = [Hit(chunk, 1 - n / 20, document) for n, chunk in enumerate([items[0], *others[:2], items[1], *others[2:]])]
    assert _lists_whole(two) == two


class Backwards:
    """Likes best what was found last."""

    name = "ngược"

    def __init__(self) -> None:
        self.texts: list[str] = []

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts = list(texts)
        return np.arange(len(texts), dtype=np.float32)


def test_reranker_has_the_last_word_over_the_best_passages(finder: Finder) -> None:
    question = "Sở có bảo trì hệ thống không?"
    plain = finder.search(question, 60)
    judge = Backwards()
    hits = Finder(finder.searcher, judge).search(question, 60)
    assert 1 < len(judge.texts) <= 30
    assert hits[0].chunk.text in judge.texts[-1]
    assert {hit.chunk.chunk_id for hit in hits} == {hit.chunk.chunk_id for hit in plain}
    noted = next(text for text in judge.texts if "trễ hạn 07" in text)
    assert "bảo trì" in noted.rpartition("trễ hạn 07")[2]  # footnotes are read too
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
