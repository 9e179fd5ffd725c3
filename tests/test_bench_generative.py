"""`cchc bench generative`: what readers are shown with scripted models of every kind, and how that is judged."""

from __future__ import annotations

import csv
import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import real_parts

from assistant import prompts
from assistant.answering import Assistant
from assistant.generative import Writer, given
from assistant.grounding import Draft
from assistant.question import understand
from assistant.schema import Answer, Question
from evals import gold
from evals.bench_generative import HEADS, Row, measure, table_of, write, wrongs
from evals.cases import Case
from evals.gold import Shown
from evals.lies import Told, false_figures, falsified
from evals.scripted import Scripted
from evals.speakers import MODELS, WAYS, Broken, Careless, Liar, Mute, Speaker, failed_sentences
from ui import cli
from vectorstore.quantities import figures

if TYPE_CHECKING:
    from ui.assemble import Parts

LIBRARY = Path(__file__).parent / "data" / "library"

_LATE = [f"trễ hạn {n} hồ sơ, trả lại {m} hồ sơ" for n, m in (("07", "06"), ("03", "02"), ("00", "00"), ("02", "04"))]
CASES = [
    Case.model_validate(given)
    for given in (
        {
            "id": "works",
            "question": "Năm 2023 toàn ngành y tế Lai Châu có bao nhiêu người làm việc?",
            "type": "lookup",
            "answer": "2.346 người, ở 19 đơn vị trực thuộc.",
            "numbers": ["2.346"],
            "doc": "lai_chau",
            "evidence": "Toàn ngành có 19 đơn vị trực thuộc với 2.346 người làm việc",
        },
        {
            "id": "late",
            "question": "Năm 2023 Sở Y tế Lai Châu có bao nhiêu hồ sơ trễ hạn?",
            "type": "sum",
            "answer": "12 hồ sơ (7 + 3 + 0 + 2).",
            "numbers": ["12"],
            "doc": "lai_chau",
            "computation": "7+3+0+2=12",
            "evidence": _LATE,
        },
        {
            "id": "added",
            "question": "Sở Y tế Trà Vinh tiếp nhận bao nhiêu hồ sơ trong quý III năm 2023, đã giải quyết bao nhiêu?",
            "type": "lookup",
            "answer": "Tiếp nhận 530 hồ sơ; đã giải quyết 488 hồ sơ.",
            "numbers": ["530", "488"],
            "doc": "tra_vinh",
            "evidence": "bộ phận một cửa tiếp nhận 530 hồ sơ, đã giải quyết 488 hồ sơ",
        },
        {
            "id": "digital",
            "question": "Lai Châu đã số hóa kho hồ sơ giấy cũ chưa?",
            "type": "yesno",
            "answer": "Không. Sở chưa thực hiện số hóa kho hồ sơ giấy cũ.",
            "doc": "lai_chau",
            "evidence": "Sở chưa thực hiện số hóa kho hồ sơ giấy cũ",
        },
        {
            "id": "then",
            "question": "Còn Trà Vinh thì sao?",
            "type": "followup",
            "answer": "48,15%.",
            "numbers": ["48,15"],
            "doc": "tra_vinh",
            "history": ["Tỷ lệ hồ sơ nộp trực tuyến của Lai Châu là bao nhiêu?"],
            "evidence": "Tỷ lệ hồ sơ nộp trực tuyến đạt 48,15%",
        },
        {
            "id": "whole year",
            "question": "Cả năm 2023 Sở Y tế Trà Vinh tiếp nhận bao nhiêu hồ sơ?",
            "type": "unanswerable",
        },
    )
]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    with real_parts(tmp_path_factory.mktemp("bench"), LIBRARY) as made:
        yield made


class Credulous:
    """An assistant whose checks are off: it shows what the model says."""

    def __init__(self, parts: Parts, url: str, name: str) -> None:
        self.extracting = Assistant(parts.finder)
        self.finder = parts.finder
        self.url = url
        self.name = name

    def ask(self, question: Question) -> Answer:
        if question.mode == "extractive":
            return self.extracting.ask(question)
        asked = understand(question, self.finder.library.places())
        shown = given(asked, Draft("not_found", ""), self.finder.find(asked, 8))
        said = [{"role": role, "content": text} for role, text in prompts.messages(asked, shown)]
        request = urllib.request.Request(
            f"{self.url}/chat/completions", json.dumps({"model": self.name, "messages": said}).encode()
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as reply:
            text = json.load(reply)["choices"][0]["message"]["content"]
        return Answer(question.text, "answered", text, citations=tuple(shown), answered_by=self.name)

    def stream(self, question: Question) -> Iterator[Answer]:
        yield self.ask(question)


def measured(parts: Parts, **models: type[Speaker]) -> dict[str, Row]:
    def make(url: str, name: str, timeout: float) -> Assistant:
        return Assistant(parts.finder, Writer(url, name, None, timeout))

    return {row.model: row for row in measure(CASES, make, models)}


# What readers are shown


def test_models_are_measured_side_by_side(parts: Parts, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    rows = measure(
        CASES[:2],
        lambda url, name, timeout: Assistant(parts.finder, Writer(url, name, None, timeout)),
        {"perfect": Speaker, "mute": Mute},
        lambda done, of: steps.append((done, of)),
    )
    assert [(row.model, len(row.asked)) for row in rows] == [("perfect", 2), ("mute", 2), ("", 4)]
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    table = table_of(rows)
    assert table[0] == HEADS and all(len(line) == len(HEADS) for line in table) and table[3][0] == "mọi mô hình"
    write(rows, tmp_path / "new" / "table.csv")
    with (tmp_path / "new" / "table.csv").open(encoding="utf-8", newline="") as kept:
        assert list(csv.reader(kept)) == table
    write(rows, tmp_path / "table.md")
    assert (tmp_path / "table.md").read_text(encoding="utf-8").startswith("| Mô hình | Số câu |")


def test_perfect_model_shows_nothing_false(parts: Parts) -> None:
    row = measured(parts, perfect=Speaker)["perfect"]
    assert row.wrong == []
    right = {case.id for case, one in zip(CASES, row.asked, strict=True) if one.right}
    assert right >= {"works", "added", "digital", "then", "whole year"}
    written = {case.id for case, one in zip(CASES, row.asked, strict=True) if one.written}
    assert written >= {"works", "added", "digital", "then"} and "whole year" not in written
    assert row.first_ms is not None and row.whole_ms is not None and 0 < row.first_ms <= row.whole_ms
    assert 0 < row.overhead_ms(50) < 2_000


def test_model_without_an_answer_gives_way_to_extracts(parts: Parts) -> None:
    row = measured(parts, mute=Mute)["mute"]
    assert (row.wrong, row.first_ms) == ([], None)
    # what is known to be of another period is refused without a model
    assert row.count(lambda one: one.fallback) == len(CASES) - 1 and row.count(lambda one: one.written) == 0


def test_server_that_breaks_shows_nothing_false(parts: Parts) -> None:
    cases = [CASES[0].model_copy(update={"id": way}) for way in WAYS]
    rows = measure(
        cases,
        lambda url, name, timeout: Assistant(parts.finder, Writer(url, name, None, timeout)),
        {"broken": Broken},
    )
    assert rows[0].wrong == [] and rows[0].count(lambda one: one.failed) == 0
    assert rows[0].count(lambda one: one.right) == len(WAYS)
    assert max(one.overhead for one in rows[0].asked) < 1.0  # what a silent server is waited for is not the program's


def test_lie_that_is_shown_is_counted(parts: Parts) -> None:
    rows = measure(CASES, lambda url, name, timeout: Credulous(parts, url, name), {"liar": Liar, "perfect": Speaker})
    liar, perfect, overall = rows
    wrong = {wrong.case for wrong in liar.wrong}
    assert wrong >= {"works", "late", "added", "then"} and "digital" not in wrong
    assert perfect.wrong == [] and overall.wrong == liar.wrong
    assert all(
        re.match(r"liar (works|late|added|then): \S+ (sai|không có nguồn) trong «", line) for line in wrongs(rows)
    )
    assert "(đúng: «2.346 người, ở 19 đơn vị trực thuộc [" in "\n".join(wrongs(rows))


def test_figure_without_a_source_is_counted(parts: Parts) -> None:
    class Inventor(Speaker):
        def reply(self, request: Any) -> Scripted | str:
            return "Có 8.765 người làm việc [1]."

    (row, _) = measure(CASES[:1], lambda url, name, timeout: Credulous(parts, url, name), {"inventor": Inventor})
    assert [(wrong.figure, wrong.unbacked) for wrong in row.wrong] == [("8765", True)]


def test_crash_is_a_result(parts: Parts) -> None:
    class Crashing(Credulous):
        def ask(self, question: Question) -> Answer:
            raise RuntimeError("x")

    row, _ = measure(CASES[:1], lambda url, name, timeout: Crashing(parts, url, name), {"perfect": Speaker})
    assert (row.asked[0].failed, row.asked[0].right, row.wrong) == (True, False, [])


def test_command_asks_a_set_over_its_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "set.jsonl").write_text(CASES[3].model_dump_json() + "\n", encoding="utf-8")
    given = ["--set", str(tmp_path / "set.jsonl"), "--documents", str(LIBRARY), "--out", str(tmp_path / "table.md")]
    assert cli.main(["bench", "generative", *given]) == 0
    lines = [line.split("\t")[:4] for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines[1:]] == [*MODELS, "mọi mô hình"]
    assert lines[1] == ["perfect", "1", "1 (100%)", "0"]
    assert (tmp_path / "table.md").is_file()


@pytest.mark.parametrize("wrong", [0, 2])
def test_command_fails_where_a_false_figure_was_shown(
    wrong: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ui.bench.generative", lambda sets, documents, out: wrong)
    assert cli.main(["bench", "generative"]) == (1 if wrong else 0)
    assert capsys.readouterr().err == ("Đã hiện 2 số sai.\n" if wrong else "")


def test_command_takes_sets_with_their_documents_and_writes_tables_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["bench", "generative", "--documents", str(LIBRARY)]) == 2
    assert cli.main(["bench", "generative", "--out", str(tmp_path / "x.json")]) == 2
    assert ".csv hoặc .md" in capsys.readouterr().err


# What the models say


SHOWN = [
    Shown(3, "Văn bản: Báo cáo số 2175/BC-SYT ngày 14/12/2023\nNội dung: Dược: trễ hạn 07 hồ sơ, trả lại 06 hồ sơ."),
    Shown(5, "Văn bản: Báo cáo số 2175/BC-SYT\nNội dung: Hành nghề y: trễ hạn 03 hồ sơ, trả lại 02 hồ sơ."),
    Shown(6, "Văn bản: Báo cáo số 2175/BC-SYT\nNội dung: An toàn thực phẩm: trễ hạn 00 hồ sơ, trả lại 00 hồ sơ."),
    Shown(8, "Văn bản: Báo cáo số 2175/BC-SYT\nNội dung: Giám định y khoa: trễ hạn 02 hồ sơ, trả lại 04 hồ sơ."),
]
SUM = CASES[1]


def variant(**changed: Any) -> Case:
    return Case.model_validate(SUM.model_dump() | changed)


def test_sum_is_left_to_the_program() -> None:
    assert gold.write(SUM, SHOWN) == ["{{7 + 3 + 0 + 2}} hồ sơ [3][5][6][8]."]


def test_sum_whose_parts_are_not_all_shown_is_not_said() -> None:
    assert gold.write(SUM, SHOWN[:3]) == []
    assert gold.write(SUM, []) == []


def test_operation_is_found_where_the_gold_names_none() -> None:
    two = variant(answer="Nhiều hơn 4 hồ sơ; riêng Dược 7.", computation="", evidence=_LATE[:2], numbers=["4"])
    assert gold.write(two, SHOWN[:2]) == ["Nhiều hơn {{07 - 03}} hồ sơ [3][5].", "Riêng Dược 7 [3]."]
    share = variant(answer="Khoảng 42,9% (3/7).", computation="", evidence=_LATE[:2], numbers=["42,9"])
    assert gold.write(share, SHOWN[:2]) == ["Khoảng {{03 / 07 × 100}}% [3][5]."]


def test_operation_over_an_earlier_result_holds_it() -> None:
    both = variant(
        answer="7 + 3 = 10, nhiều hơn 2 là 8.", computation="7+3=10; 10-2=8", evidence=[*_LATE[:2], _LATE[3]]
    )
    assert gold.write(both, SHOWN) == ["{{7 + 3}}, nhiều hơn 2 là {{(7 + 3) - 2}} [3][5][8]."]


def test_what_no_passage_proves_is_left_out() -> None:
    one = variant(answer="Dược: 7 hồ sơ (đến 1/12/2029), 99 bị hủy; Y: 55.", computation="", evidence=_LATE[:1])
    assert gold.write(one, SHOWN[:1]) == ["Dược: 7 hồ sơ [3]."]


def test_number_of_a_document_is_read_from_where_a_passage_stands() -> None:
    number = variant(
        type="docnumber", answer="Số 2175/BC-SYT ngày 14/12/2023.", computation="",
        evidence=["Số: 2175/BC-SYT Lai Châu"], numbers=[], must_include=["2175/BC-SYT"],
    )  # fmt: skip
    assert gold.write(number, SHOWN) == ["Số 2175/BC-SYT ngày 14/12/2023 [3]."]


def test_yes_or_no_opens_a_sentence() -> None:
    assert gold.write(CASES[3], [Shown(1, "Nội dung: Sở chưa thực hiện số hóa kho hồ sơ giấy cũ.")]) == [
        "Không, sở chưa thực hiện số hóa kho hồ sơ giấy cũ [1]."
    ]


def ask(speaker: Speaker, mending: str = "") -> str:
    told = "\n\n".join(f'<doan so="{one.number}">\n{one.text}\n</doan>' for one in SHOWN)
    messages = [{"role": "user", "content": told}]
    said = speaker.reply({"messages": messages + ([{"role": "user", "content": mending}] if mending else [])})
    return said if isinstance(said, str) else said.text


def sent_back(sentence: str) -> str:
    return f'Sửa:\n<can_sua>\n<cau so="1" ly_do="sai số">{sentence}</cau>\n</can_sua>'


def test_models_answer_what_is_sent_back_each_in_its_way() -> None:
    assert failed_sentences(sent_back("A &lt; B [1].")) == [(1, "A < B [1].")]
    assert ask(Speaker(SUM), sent_back("x")) == "1. BỎ"
    liar = Liar(SUM)
    lie = ask(liar)
    assert ask(liar, sent_back(lie)).startswith("1. {{") and len(liar.told) == 2
    wrong = next(s for i in range(99) if (s := Careless(variant(id=f"c{i}"))) and ask(s) != ask(Speaker(SUM)))
    assert ask(wrong, sent_back(wrong.told[0].said)) == f"1. {wrong.told[0].said}"


def test_careless_model_changes_one_figure_in_three_of_ten_answers() -> None:
    true = ask(Speaker(SUM))
    said = [ask(Careless(variant(id=f"c{i}"))) for i in range(200)]
    assert 40 <= sum(text != true for text in said) <= 80
    assert all(len(figures(true) - figures(text)) <= 1 for text in said)
    assert said == [ask(Careless(variant(id=f"c{i}"))) for i in range(200)]


def test_lie_is_another_figure_of_the_passage_with_the_same_unit() -> None:
    passage = "Nội dung: có 7 hồ sơ, 9 hồ sơ, 40% là của Quyết định số 11/QĐ-SYT ngày 2/3/2022, thay số 12/QĐ-SYT."
    assert falsified("Có 7 hồ sơ [2].", passage, "x") == "Có 9 hồ sơ [2]."
    assert falsified("Quyết định số 11/QĐ-SYT [2].", passage, "x") == "Quyết định số 12/QĐ-SYT [2]."
    for sentence in ("Đạt 40% [2].", "Ngày 2/3/2022 [2].", "Có 0 hồ sơ năm 2022 [2]."):
        false = falsified(sentence, "", "x")
        assert false != sentence and len(false) == len(sentence) and false.endswith("[2].")


@pytest.mark.parametrize("model", MODELS.values())
def test_every_model_answers_every_kind(model: type[Speaker]) -> None:
    for turn, case in enumerate(CASES * 2):
        ask(model(case, turn))


# What is false


TOLD = [
    Told("Trễ 6 hồ sơ, hủy 7 hồ sơ [3].", "Trễ 7 hồ sơ, hủy 6 hồ sơ [3]."),
    Told("Tổng {{7 + 4}} hồ sơ [3][5].", "Tổng {{7 + 3}} hồ sơ [3][5]."),
    Told("Đạt {{1 / 3 × 100}}% [3].", "Đạt {{1 / 3 × 100}}% [3]."),
]


@pytest.mark.parametrize(
    ("shown", "false"),
    [
        ("Trễ **6** hồ sơ, hủy 7 hồ sơ [1].", ["6", "7"]),  # both stand in the passage, in each other's place
        ("Trễ 7 hồ sơ, hủy 6 hồ sơ [1].", []),
        ("Tổng 11 hồ sơ [1][2].", ["11"]),
        ("Tổng {{7 + 4}} hồ sơ [1][2].", ["11"]),
        ("Tổng 10 hồ sơ [1][2].", []),
        ("Tổng 10 hồ sơ (7 + 3) [1][2].", []),
        ("Tổng 11 hồ sơ (7 + 4) [1][2].", ["11", "4"]),
        ("Đạt 33,3% [1].", []),
        ("Đạt 33,33% [1].", []),
        ("Đạt 34% [1].", ["34"]),
        ("Có 6 hồ sơ và 99 khác [1].", ["99"]),
        ("Có 2022 hồ sơ [1].", []),
    ],
)
def test_false_figures_are_told_by_their_place(shown: str, false: list[str]) -> None:
    assert false_figures(shown, TOLD, "Năm 2022?") == false
