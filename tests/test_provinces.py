"""`assistant/provinces.py`: the provinces before and since July 2025 are not taken for one another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from fakes import real_parts

from assistant.provinces import is_since
from assistant.schema import Answer, Question
from evals import metrics
from vectorstore.records import Filters

if TYPE_CHECKING:
    from ui.assemble import Parts

KON_TUM = "Kon Tum 2023"
OLD = "Quảng Ngãi 2023"
NEW = "Quảng Ngãi 2025"
HA_TINH = "Hà Tĩnh 2023"
HUE = "Thừa Thiên Huế 2023"

# name → place, year, day of issue, dossiers received, health stations
FACTS = {
    KON_TUM: ("Kon Tum", "2023", "Kon Tum, ngày 12 tháng 12 năm 2023", "4.111", "102"),
    OLD: ("Quảng Ngãi", "2023", "Quảng Ngãi, ngày 15 tháng 12 năm 2023", "6.222", "173"),
    NEW: ("Quảng Ngãi", "2025", "Quảng Ngãi, ngày 18 tháng 12 năm 2025", "9.333", "96"),
    HUE: ("Thừa Thiên Huế", "2023", "Thừa Thiên Huế, ngày 11 tháng 12 năm 2023", "7.555", "141"),
    HA_TINH: ("Hà Tĩnh", "2023", "Hà Tĩnh, ngày 10 tháng 12 năm 2023", "5.444", "216"),
}


def report(name: str) -> str:
    place, year, dated, dossiers, stations = FACTS[name]
    number = 100 + list(FACTS).index(name)
    return (
        f"UBND TỈNH {place.upper()}\nSỞ Y TẾ\n\nSố: {number}/BC-SYT\n\n{dated}\n\nBÁO CÁO\n\n"
        f"Kết quả công tác cải cách hành chính năm {year}\n\n"
        f"Thực hiện chỉ đạo của cấp trên, Sở Y tế báo cáo kết quả trong năm như sau:\n\n"
        f"I. THỦ TỤC HÀNH CHÍNH\n\nBộ phận Một cửa đã tiếp nhận {dossiers} hồ sơ của tổ chức, cá nhân.\n\n"
        f"II. MẠNG LƯỚI\n\nToàn ngành có {stations} trạm y tế đang hoạt động.\n\n"
        f"Nơi nhận:\n- Lưu: VT.\n\nGIÁM ĐỐC\n\nLò Văn Tám\n"
    )


Asks = Callable[..., Answer]


@pytest.fixture(scope="module")
def library_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Parts]]:
    """Opens a library over some of the reports; each set of them once."""
    opened: dict[tuple[str, ...], Parts] = {}
    with ExitStack() as stack:

        def of(*names: str) -> Parts:
            if names not in opened:
                folder = tmp_path_factory.mktemp("provinces")
                files = []
                for name in names:
                    file = folder / f"{name}.txt"
                    file.write_text(report(name), encoding="utf-8")
                    files.append(file)
                opened[names] = stack.enter_context(real_parts(folder / "store", *files))
            return opened[names]

        yield of


@pytest.fixture
def ask(library_of: Callable[..., Parts]) -> Asks:
    def asks(text: str, *names: str, filters: Filters | None = None) -> Answer:
        answer = library_of(*names).assistant.ask(Question(text, filters=filters or Filters()))
        assert metrics.figures_supported(answer).value in (None, 1.0), metrics.figures_supported(answer).why
        assert metrics.figures_marked(answer).value in (None, 1.0), metrics.figures_marked(answer).why
        return answer

    return asks


@pytest.mark.parametrize(
    ("issued_on", "since"),
    [("2025-07-01", True), ("2025-06-30", False), ("2025-07", True), ("2025", False), ("2026", True), (None, False)],
)
def test_document_speaks_of_the_provinces_of_its_day(issued_on: str | None, since: bool) -> None:
    assert is_since(issued_on) == since


def scopes(answer: Answer) -> str:
    return " ".join(notice.message for notice in answer.notices if notice.kind == "scope")


@pytest.mark.parametrize(
    "question",
    [
        "Sở Y tế Quảng Ngãi tiếp nhận bao nhiêu hồ sơ?",
        "Năm 2023 Quảng Ngãi có bao nhiêu trạm y tế?",
        "quang ngai co bao nhieu tram y te",
        "Tỉnh Quảng Ngãi mới có bao nhiêu trạm y tế?",
        "Sau sáp nhập, Quảng Ngãi có bao nhiêu trạm y tế?",
    ],
)
def test_old_provinces_figure_is_not_given_for_the_province_it_now_belongs_to(ask: Asks, question: str) -> None:
    answer = ask(question, KON_TUM, HA_TINH)
    assert answer.status == "not_found"
    assert answer.figures == ()
    assert not re.search(r"4\.111|\b102\b(?!/)", answer.answer)
    assert "Kon Tum, nay thuộc tỉnh Quảng Ngãi" in answer.answer
    assert [citation.place for citation in answer.citations] == ["Kon Tum"]


def test_old_province_is_answered_from_its_own_documents_without_a_notice(ask: Asks) -> None:
    for held in ((KON_TUM, HA_TINH), (KON_TUM, OLD), (KON_TUM, OLD, NEW)):
        answer = ask("Kon Tum tiếp nhận bao nhiêu hồ sơ?", *held)
        assert (answer.status, answer.figures[0].text) == ("answered", "4.111")
        assert not scopes(answer)


@pytest.mark.parametrize(
    "question",
    [
        "Kon Tum có bao nhiêu trạm y tế?",
        "Kon Tum sau sáp nhập có bao nhiêu trạm y tế?",
        "kon tum co bao nhieu tram y te",
    ],
)
def test_old_province_without_documents_is_answered_by_the_new_one_which_is_said(ask: Asks, question: str) -> None:
    answer = ask(question, NEW, HA_TINH)
    assert (answer.status, answer.figures[0].text) == ("answered", "96")
    assert "Tỉnh Kon Tum nay thuộc tỉnh Quảng Ngãi (từ 01/7/2025)" in scopes(answer)


@pytest.mark.parametrize(
    "question", ["Năm 2023 Kon Tum có bao nhiêu trạm y tế?", "Trước sáp nhập Kon Tum có bao nhiêu trạm y tế?"]
)
def test_new_provinces_figure_is_not_given_for_the_old_one_before_the_merger(ask: Asks, question: str) -> None:
    answer = ask(question, NEW, HA_TINH)
    assert answer.status == "not_found"
    assert not re.search(r"\b96\b", answer.answer)
    assert "Quảng Ngãi (sau sáp nhập, gồm cả Kon Tum)" in answer.answer


@pytest.mark.parametrize(
    "question",
    [
        "Tỉnh Quảng Ngãi mới có bao nhiêu trạm y tế?",
        "Sau sáp nhập Quảng Ngãi có bao nhiêu trạm y tế?",
        "Quảng Ngãi (mới) có bao nhiêu trạm y tế?",
        "sau khi hop nhat quang ngai co bao nhieu tram y te",
        "Kể từ 01/7/2025 Quảng Ngãi có bao nhiêu trạm y tế?",
    ],
)
@pytest.mark.parametrize("held", [(NEW, HA_TINH), (OLD, NEW), (KON_TUM, OLD, NEW)])
def test_question_about_the_new_province_is_answered_by_it_which_is_said(
    ask: Asks, question: str, held: tuple[str, ...]
) -> None:
    answer = ask(question, *held)
    assert (answer.status, [f.text for f in answer.figures]) == ("answered", ["96"])
    assert "tỉnh Quảng Ngãi từ 01/7/2025, gồm cả Kon Tum" in scopes(answer)


@pytest.mark.parametrize(
    "question", ["Tỉnh Quảng Ngãi cũ có bao nhiêu trạm y tế?", "Trước sáp nhập Quảng Ngãi có bao nhiêu trạm y tế?"]
)
def test_question_about_the_province_before_the_merger_is_answered_by_it(ask: Asks, question: str) -> None:
    answer = ask(question, OLD, NEW)
    assert (answer.status, [f.text for f in answer.figures]) == ("answered", ["173"])
    assert "trước 01/7/2025, chưa gồm Kon Tum" in scopes(answer)


@pytest.mark.parametrize(
    "question",
    ["Quảng Ngãi có bao nhiêu trạm y tế?", "Trước và sau sáp nhập, Quảng Ngãi có bao nhiêu trạm y tế?"],
)
def test_name_of_two_provinces_is_answered_for_each_apart(ask: Asks, question: str) -> None:
    answer = ask(question, OLD, NEW, HA_TINH)
    assert answer.status == "answered"
    assert {f.text for f in answer.figures} == {"96", "173"}
    new, old = answer.answer.split("\n")
    assert new.startswith("- **Quảng Ngãi (sau sáp nhập, gồm cả Kon Tum)**") and "**96 trạm" in new
    assert old.startswith("- **Quảng Ngãi (trước sáp nhập)**") and "**173 trạm" in old
    assert "Quảng Ngãi là tên của tỉnh Quảng Ngãi trước 01/7/2025" in scopes(answer)
    assert [citation.marker for citation in answer.citations] == [1, 2]
    by_marker = {citation.marker: citation.issued_on for citation in answer.citations}
    assert {f.text: by_marker[f.citations[0]] for f in answer.figures} == {"96": "2025-12-18", "173": "2023-12-15"}


def test_period_decides_which_of_two_provinces_is_meant(ask: Asks) -> None:
    answer = ask("Năm 2023 Quảng Ngãi có bao nhiêu trạm y tế?", OLD, NEW)
    assert (answer.status, [f.text for f in answer.figures]) == ("answered", ["173"])
    assert "trước 01/7/2025" in scopes(answer)


def test_province_that_kept_its_land_needs_no_notice(ask: Asks) -> None:
    answer = ask("Hà Tĩnh có bao nhiêu trạm y tế?", HA_TINH, NEW)
    assert (answer.status, [f.text for f in answer.figures]) == ("answered", ["216"])
    assert not scopes(answer)


def test_name_with_documents_of_one_side_only_needs_no_notice(ask: Asks) -> None:
    answer = ask("Quảng Ngãi có bao nhiêu trạm y tế?", OLD, HA_TINH)
    assert (answer.status, [f.text for f in answer.figures]) == ("answered", ["173"])
    assert not scopes(answer)


def test_two_sides_of_a_name_are_named_apart_where_no_place_is_asked(ask: Asks) -> None:
    answer = ask("Toàn ngành có bao nhiêu trạm y tế?", OLD, NEW, HA_TINH)
    assert {f.text for f in answer.figures} == {"96", "173", "216"}
    assert "**Quảng Ngãi (trước sáp nhập)**" in answer.answer
    assert "**Quảng Ngãi (sau sáp nhập, gồm cả Kon Tum)**" in answer.answer
    assert "**Hà Tĩnh**" in answer.answer


def test_word_for_new_that_belongs_to_a_verb_is_no_era(ask: Asks) -> None:
    answer = ask("Quảng Ngãi mới tiếp nhận bao nhiêu hồ sơ?", OLD, HA_TINH)
    assert (answer.status, [f.text for f in answer.figures]) == ("answered", ["6.222"])


@pytest.mark.parametrize("place", ["Kon Tum", "kontum", "tỉnh Kon Tum", "KON TUM"])
def test_filter_takes_a_place_under_any_of_its_names(ask: Asks, place: str) -> None:
    answer = ask("Tiếp nhận bao nhiêu hồ sơ?", KON_TUM, HA_TINH, filters=Filters(places=(place,)))
    assert (answer.status, [f.text for f in answer.figures]) == ("answered", ["4.111"])


@pytest.mark.parametrize(
    "question",
    [
        "Huế có bao nhiêu trạm y tế?",
        "Tỉnh Thừa Thiên - Huế có bao nhiêu trạm y tế?",
        "thua thien hue co bao nhieu tram y te",
        "TP. Huế có bao nhiêu trạm y tế?",
    ],
)
def test_province_is_found_under_its_former_and_its_present_name(ask: Asks, question: str) -> None:
    answer = ask(question, HUE, HA_TINH)
    assert (answer.status, [f.text for f in answer.figures]) == ("answered", ["141"])
    assert (answer.citations[0].place, answer.citations[0].issuer) == ("Thừa Thiên Huế", "Sở Y tế tỉnh Thừa Thiên Huế")
    assert not scopes(answer)


def test_filter_takes_a_former_name(ask: Asks) -> None:
    for place in ("Huế", "TT-Huế", "thua thien hue"):
        answer = ask("Có bao nhiêu trạm y tế?", HUE, HA_TINH, filters=Filters(places=(place,)))
        assert [f.text for f in answer.figures] == ["141"], place
