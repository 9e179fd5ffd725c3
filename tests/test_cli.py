"""`ui/cli.py`: every sub-command, its exit code, and that what goes wrong is one line that says what to do."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from fakes import answered, fake_parts, report, tiny_reranker
from servers import free_port

from assistant.schema import Answer, Question, Turn
from evals.cases import SETS
from ingest.pipeline import Outcome
from ui import cli
from ui.terminal import table
from vectorstore.embedding import SHIPPED_MODEL, ModelUnavailable
from vectorstore.library import LibraryError
from vectorstore.records import Filters
from vectorstore.store import OtherModel

QUESTION = "Kon Tum có bao nhiêu hồ sơ trễ hạn?"
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def clean_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No `.env`, no setting of the machine; what `main` sets for the process is put back."""
    for name in [name for name in os.environ if name.startswith("CCHC_")]:
        monkeypatch.delenv(name)
    for name in cli._TELEMETRY_OFF:
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("CCHC_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stand-ins over one small report, in place of what `assemble` makes."""
    made = fake_parts(report("000_kon_tum"), report("001_binh_dinh"))
    monkeypatch.setattr("ui.assemble.assemble", lambda settings: made)
    return made


def fail(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str]:
    """The exit code and the one line of a command that fails."""
    code = cli.main(list(argv))
    said = capsys.readouterr().err
    assert said.count("\n") == 1, said
    assert "Traceback" not in said
    return code, said.strip()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path: Path, *rows: object) -> Path:
    text = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("\n".join(text), encoding="utf-8")
    return path


# --- what is typed ---


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "Thiếu lệnh"),
        (["documentz"], "Không có lệnh “documentz”, ý bạn là “documents”?"),
        (["xyz"], "Không có lệnh “xyz” (có: ingest,"),
        (["ingest"], "Thiếu ĐƯỜNG_DẪN"),
        (["ingest", "khong-co.txt"], "Không thấy «khong-co.txt»"),
        (["forget"], "Cần một trong"),
        (["forget", "000", "--samples"], "không đi cùng"),
        (["documents", "--nope"], "Không hiểu: --nope"),
        (["ask"], "Thiếu câu hỏi"),
        (["ask", "  "], "Thiếu câu hỏi"),
        (["ask", "a" * 10_000], "Câu hỏi dài 10000 ký tự"),
        (["ask", "nửa ký tự \udcc3"], "không phải UTF-8"),
        (["ask", "gì", "--year", "hai"], "--year: “hai” phải là số nguyên"),
        (["ask", "gì", "--mode", "magic"], "--mode: không có 'magic'"),
        (["ask", "gì", "--place"], "--place cần một giá trị"),
        (["ask", "gì", "--batch", "in.jsonl"], "--batch không đi cùng"),
        (["ask", "gì", "--out", "out.jsonl"], "--out đi cùng --batch"),
        (["ask", "--batch", "in.jsonl"], "--batch cần --out"),
        (["ask", "--batch", "in.jsonl", "--out", "out.jsonl"], "Không thấy tệp câu hỏi «in.jsonl»"),
        (["figures", "--nature", "magic"], "--nature: không có 'magic'"),
        (["figures", "--json", "--csv", "a.csv"], "không đi cùng"),
        (["search", "gì", "-k", "0"], "-k: “0” phải là số nguyên từ 1"),
        (["serve", "--port", "99999"], "--port: “99999”"),
        (["serve", "--host", "0.0.0.0"], "Chưa phục vụ được ở địa chỉ “0.0.0.0”"),
        (["serve", "--host", "example.org"], "Chưa phục vụ được ở địa chỉ “example.org”"),
        (["eval", "khong-co.jsonl"], "Không thấy tệp «khong-co.jsonl»"),
        (["eval", "--gate", "khong-co.json"], "Không thấy tệp «khong-co.json»"),
    ],
)
def test_wrong_use_is_one_line_and_code_2(
    argv: list[str], said: str, parts: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    code, line = fail(capsys, *argv)
    assert code == 2
    assert said in line


def test_help_is_vietnamese(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Cách dùng: cchc")
    for command in (
        "ingest",
        "forget",
        "documents",
        "show",
        "figures",
        "audit",
        "ask",
        "search",
        "chat",
        "serve",
        "eval",
        "adapt",
        "reindex",
        "doctor",
    ):
        assert f"\n    {command} " in text
    assert cli.main(["ask", "--help"]) == 0
    assert "options:" not in capsys.readouterr().out


@pytest.mark.parametrize("before", [True, False])
def test_data_dir_stands_before_or_after_the_command(
    before: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[Path] = []

    def assemble(settings: Any) -> Any:
        seen.append(settings.data_dir)
        return fake_parts(report())

    monkeypatch.setattr("ui.assemble.assemble", assemble)
    option = ["--data-dir", str(tmp_path / "đây")]
    assert cli.main([*option, "documents"] if before else ["documents", *option]) == 0
    assert seen == [tmp_path / "đây"]


# --- what goes wrong ---


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OtherModel("Kho được tạo bằng mô hình «a», còn cài đặt đang chọn «b»; hãy nạp lại."), "«a»"),
        (LibraryError("Không mở được thư viện;\nhãy kiểm tra quyền ghi."), "Không mở được thư viện; hãy kiểm tra"),
        (ModelUnavailable("Model 'x' could not be loaded."), "Không nạp được mô hình tìm kiếm"),
        (ModelUnavailable("Không thấy thư mục mô hình «x»."), "Không thấy thư mục mô hình «x»"),
        (PermissionError(13, "Permission denied", "/một/tệp"), "«/một/tệp» (không có quyền)"),
        (OSError(28, "No space left on device"), "đĩa đầy"),
        (KeyError("x"), "Lỗi ngoài dự kiến (KeyError: 'x'); hãy đặt CCHC_DEBUG=1"),
    ],
)
def test_failure_is_one_vietnamese_line_and_code_1(
    error: Exception, said: str, parts: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def reply(question: Question) -> Answer:
        raise error

    parts.assistant.reply = reply
    code, line = fail(capsys, "ask", QUESTION)
    assert code == 1
    assert said in line


def test_debug_shows_where_it_failed(
    parts: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CCHC_DEBUG", "1")
    parts.finder.error = KeyError("x")
    assert cli.main(["search", "gì"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_data_folder_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    code, line = fail(capsys, "documents", "--data-dir", "file")
    assert code == 1
    assert line.startswith("Không ghi được vào thư mục dữ liệu «file»")


def test_wrong_setting_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCHC_PORT", "tám nghìn")
    code, line = fail(capsys, "documents")
    assert code == 1
    assert "CCHC_PORT có giá trị “tám nghìn”" in line


@pytest.mark.parametrize("argv", [["ask", QUESTION], ["search", "hồ sơ"], ["chat"], ["figures"], ["audit"]])
def test_empty_library_says_how_to_fill_it(
    argv: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.assemble.assemble", lambda settings: fake_parts())
    code, line = fail(capsys, *argv)
    assert code == 1
    assert "cchc ingest" in line


def test_ctrl_c_stops(parts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def stop(question: Question) -> Answer:
        raise KeyboardInterrupt

    parts.assistant.reply = stop
    assert cli.main(["ask", QUESTION]) == 130
    assert capsys.readouterr().err == "Đã dừng.\n"


# --- the library ---


class FakePipeline:
    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.forgotten: list[str] = []
        self.given: dict[str, Any] = {}

    def ingest(self, paths: Any, *, on_outcome: Any = None, **given: Any) -> list[Outcome]:
        self.given = given
        for done, outcome in enumerate(self.outcomes, 1):
            on_outcome(outcome, done, len(self.outcomes))
        return self.outcomes

    def forget(self, document_id: str) -> bool:
        self.forgotten.append(document_id)
        return True

    def forget_samples(self) -> int:
        return 5


ADDED = Outcome("a.txt", "a", "added", None, 0.25, {"sections": 2, "footnotes": 1, "chunks": 7})
REFUSED = Outcome("b.txt", None, "refused", "Tệp «b.txt» trống.")


def test_ingest_shows_each_file_and_a_summary(parts: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts.pipeline = FakePipeline(ADDED, ADDED)
    assert cli.main(["ingest", str(tmp_path)]) == 0
    shown = capsys.readouterr()
    assert shown.err.splitlines()[0] == "[1/2] a.txt: thêm mới, 2 mục, 1 chú thích, 7 đoạn, 0,2 giây"
    heads, row = (line.split("\t") for line in shown.out.splitlines())
    assert heads == ["Tài liệu", "Mục", "Chú thích", "Bảng", "Hàng", "Đoạn", "Số liệu", "Chỗ đáng ngờ", "Giây"]
    assert row[:7] == ["2", "4", "2", "0", "0", "14", "0"]


def test_ingest_says_what_is_to_be_known_of_a_reading(
    parts: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts.pipeline = FakePipeline(Outcome("a.txt", "a", "added", "Đã chuyển từ bảng mã TCVN3.", 0.25, {"chunks": 7}))
    assert cli.main(["ingest", str(tmp_path)]) == 0
    told = capsys.readouterr().err.splitlines()
    assert told == ["[1/1] a.txt: thêm mới, 7 đoạn, 0,2 giây. Đã chuyển từ bảng mã TCVN3."]


@pytest.mark.parametrize("prune", [True, False])
def test_ingest_prunes_when_told_to(parts: Any, tmp_path: Path, prune: bool) -> None:
    parts.pipeline = FakePipeline(ADDED)
    assert cli.main(["ingest", str(tmp_path), *(["--prune"] if prune else [])]) == 0
    assert parts.pipeline.given["prune"] is prune


def test_ingest_fails_when_a_file_is_refused_and_says_why_once(
    parts: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts.pipeline = FakePipeline(ADDED, REFUSED)
    assert cli.main(["ingest", str(tmp_path)]) == 1
    assert capsys.readouterr().err.splitlines()[1:] == ["Từ chối b.txt: Tệp «b.txt» trống."]


def test_ingest_of_a_refused_file_alone_is_one_line(
    parts: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts.pipeline = FakePipeline(REFUSED)
    assert fail(capsys, "ingest", str(tmp_path)) == (1, "Từ chối b.txt: Tệp «b.txt» trống.")


def test_ingest_of_an_empty_folder_says_so(parts: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts.pipeline = FakePipeline()
    code, line = fail(capsys, "ingest", str(tmp_path))
    assert (code, "Không có tệp nào" in line) == (1, True)


def test_forget_takes_an_id_a_file_name_or_a_clear_beginning(parts: Any) -> None:
    parts.pipeline = FakePipeline()
    for name in ("000_kon_tum", "000_kon_tum.txt", "000"):
        assert cli.main(["forget", name]) == 0
    assert parts.pipeline.forgotten == ["000_kon_tum"] * 3


def test_forget_samples(parts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    parts.pipeline = FakePipeline()
    assert cli.main(["forget", "--samples"]) == 0
    assert capsys.readouterr().out == "Đã bỏ 5 tài liệu mẫu.\n"


@pytest.mark.parametrize(("name", "said"), [("9", "không có tài liệu “9”"), ("00", "phần đầu của 2 tài liệu")])
def test_document_that_is_unknown_or_ambiguous(
    name: str, said: str, parts: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("show", "forget", "figures", "audit"):
        code, line = fail(capsys, command, name)
        assert (code, said in line) == (1, True)


def test_documents_as_table_and_json(parts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["documents"]) == 0
    heads, first, _ = capsys.readouterr().out.splitlines()
    assert heads.startswith("Mã\t")
    assert first.startswith("000_kon_tum\tBáo cáo\t/BC-SYT\t")
    assert cli.main(["documents", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [d["document_id"] for d in shown] == ["000_kon_tum", "001_binh_dinh"]
    assert shown[0]["counts"]["sections"] == 2


def test_show_tells_what_is_known_of_the_document(parts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", "000"]) == 0
    shown = capsys.readouterr().out
    for line in (
        "Mã: 000_kon_tum",
        "Tệp: 000_kon_tum.txt",
        "Ngày ban hành: 12/2022",
        "Địa bàn: Kon Tum",
        "Kỳ: năm 2022",
    ):
        assert line in shown.splitlines()
    assert "\x1b" not in shown and "Người ký" not in shown


def test_show_has_sections_and_footnotes_in_place(parts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", "000"]) == 0
    shown = capsys.readouterr().out.splitlines()
    at = shown.index("  1. Giải quyết hồ sơ")
    assert shown[at - 2] == "II. KẾT QUẢ"
    assert shown[at + 1].startswith("    · Lĩnh vực Dược phẩm")
    assert shown[at + 2].startswith("        [1] Theo Cổng dịch vụ công")
    assert cli.main(["show", "000", "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert whole["sections"][-1]["chunks"][0]["footnotes"][0]["marker"] == "1"


# --- asking ---


def test_ask_prints_the_answer_with_its_sources(parts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["ask", QUESTION]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Sở Y tế tỉnh Kon Tum có 3 hồ sơ trễ hạn [1]")
    assert "Chú thích 1" in text


def test_ask_as_json_is_the_contract_s_object(parts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["ask", QUESTION, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["status"], answer["citations"][0]["marker"]) == ("answered", 1)


def test_ask_hands_on_filters_mode_and_nfc(parts: Any) -> None:
    options = ["--place", "Hà Tĩnh", "--place", "Kon Tum", "--year", "2022", "--type", "Báo cáo", "--document", "000"]
    assert cli.main(["ask", "Sô\u0301", "hô\u0300 sơ?", *options, "--mode", "extractive"]) == 0
    (asked,) = parts.assistant.asked
    assert (asked.text, asked.mode) == ("Số hồ sơ?", "extractive")
    assert asked.filters == Filters(("Hà Tĩnh", "Kon Tum"), (2022,), ("Báo cáo",), ("000_kon_tum",))


def test_refusal_is_an_answer_and_code_0(parts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    parts.assistant.reply = lambda question: Answer(question.text, "not_found", "Tài liệu không nêu số này.")
    assert cli.main(["ask", QUESTION]) == 0
    assert capsys.readouterr().out == "Tài liệu không nêu số này.\n"


def test_search_as_text_and_json(parts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["search", "hồ sơ", "-k", "2"]) == 0
    assert "Chú thích 1: Theo Cổng" in capsys.readouterr().out
    assert cli.main(["search", "hồ sơ", "-k", "1", "--json"]) == 0
    (passage,) = json.loads(capsys.readouterr().out)["passages"]
    assert passage["document_id"] == "000_kon_tum"
    assert [asked[1] for asked in parts.finder.asked] == [2, 1]


# --- batches ---


def test_batch_answers_each_line_in_order(parts: Any, tmp_path: Path) -> None:
    history = ["Hỏi gì?", {"role": "assistant", "content": "Đáp."}]
    source = write(
        tmp_path / "in.jsonl",
        {"id": "a", "question": QUESTION, "numbers": ["9"], "khác": 1},
        "",
        {"id": 2, "question": "Còn?", "history": history, "filters": {"places": ["Hà Tĩnh"], "years": [2022]}},
    )
    out = tmp_path / "out.jsonl"
    assert cli.main(["ask", "--batch", str(source), "--out", str(out), "--year", "2020"]) == 0
    assert [(line["id"], line["status"]) for line in lines(out)] == [("a", "answered"), (2, "answered")]
    first, second = parts.assistant.asked
    assert (first.history, first.filters) == ((), Filters(years=(2020,)))
    assert second.history == (Turn("user", "Hỏi gì?"), Turn("assistant", "Đáp."))
    assert second.filters == Filters(("Hà Tĩnh",), (2022,))


def test_batch_line_that_fails_becomes_an_error_and_the_rest_goes_on(
    parts: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def reply(question: Question) -> Answer:
        if "hỏng" in question.text:
            raise KeyError("mất")
        return answered(question.text, report())

    parts.assistant.reply = reply
    wrong: list[object] = [
        "{không phải JSON",
        "[1]",
        {"question": "thiếu id"},
        {"id": "c"},
        {"id": "d", "question": ""},
        {"id": "e", "question": "a" * 5_000},
        {"id": "f", "question": "hỏng"},
        {"id": "g", "question": "gì", "history": "không"},
        {"id": "h", "question": "gì", "history": [{"role": "system", "content": "x"}]},
        {"id": "i", "question": "gì", "filters": {"place": ["x"]}},
        {"id": "j", "question": "gì", "filters": {"years": ["2022"]}},
        r'{"id": "k", "question": "\ud800"}',
    ]
    out = tmp_path / "out.jsonl"
    source = write(tmp_path / "in.jsonl", *wrong, {"id": "last", "question": QUESTION})
    assert cli.main(["ask", "--batch", str(source), "--out", str(out)]) == 1
    *failed, last = lines(out)
    assert [line["id"] for line in failed] == [None, None, None, *"cdefghijk"]
    assert {line["status"] for line in failed} == {"error"}
    assert all(line["error"]["message"] == line["answer"] != "" for line in failed)
    assert [line["error"]["kind"] for line in failed].count("internal") == 1
    assert failed[0]["answer"].startswith("Dòng 1 không phải JSON")
    assert failed[2]["question"] == "thiếu id"
    assert (last["id"], last["status"]) == ("last", "answered")
    assert "12 dòng lỗi" in capsys.readouterr().err


def test_batch_writes_each_line_at_once(parts: Any, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    seen: list[int] = []

    def reply(question: Question) -> Answer:
        seen.append(len(lines(out)))
        if len(seen) == 3:
            raise KeyboardInterrupt
        return answered(question.text, report())

    parts.assistant.reply = reply
    source = write(tmp_path / "in.jsonl", *({"id": n, "question": QUESTION} for n in range(5)))
    assert cli.main(["ask", "--batch", str(source), "--out", str(out)]) == 130
    assert seen == [0, 1, 2]
    assert [line["id"] for line in lines(out)] == [0, 1]


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("in.jsonl", "in.jsonl", "--out trùng với --batch"),
        ("in.jsonl", "nowhere/out.jsonl", "thư mục chứa nó phải có sẵn"),
        ("in.jsonl", ".", "nó phải là một tệp"),
        ("empty.jsonl", "out.jsonl", "đang trống"),
        (".", "out.jsonl", "Không thấy tệp câu hỏi"),
    ],
)
def test_batch_files_are_checked_first(
    source: str, target: str, said: str, parts: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "in.jsonl", {"id": 1, "question": QUESTION})
    write(tmp_path / "empty.jsonl", "", "  ")
    code, line = fail(capsys, "ask", "--batch", source, "--out", target)
    assert (code, said in line) == (2, True)
    assert parts.assistant.asked == []


def test_batch_of_searches(parts: Any, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    source = write(tmp_path / "in.jsonl", {"id": "a", "query": "hồ sơ"}, {"id": "b", "question": "hủy"}, {"id": "c"})
    assert cli.main(["search", "--batch", str(source), "--out", str(out), "-k", "3"]) == 1
    first, second, third = lines(out)
    assert first.keys() == {"id", "passages"}
    assert len(first["passages"]) == len(second["passages"]) == 3
    assert (third["id"], third["passages"], third["error"]["kind"]) == ("c", [], "invalid")
    assert [asked[0] for asked in parts.finder.asked] == ["hồ sơ", "hủy"]


# --- a conversation ---


def test_chat_remembers_and_survives_a_refused_question(
    parts: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = [QUESTION, "", "a" * 5_000, "Còn Hà Tĩnh?", "/mới", "Bắt đầu lại?", "/thoát", "không đọc tới"]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(typed)))
    assert cli.main(["chat"]) == 0
    first, second, third = parts.assistant.asked
    assert first.history == third.history == ()
    assert [turn.role for turn in second.history] == ["user", "assistant"]
    assert "Câu hỏi dài 5000 ký tự" in capsys.readouterr().out


def test_chat_ends_with_its_input_and_sends_twenty_turns_at_most(parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Hỏi?\n" * 15))
    assert cli.main(["chat"]) == 0
    assert len(parts.assistant.asked) == 15
    assert len(parts.assistant.asked[-1].history) == 20


# --- measuring ---


def test_eval_prints_writes_and_gates(parts: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = {"id": "a", "question": QUESTION, "type": "lookup", "answer": "3", "numbers": ["3"], "doc": "000"}
    chosen = ["eval", str(write(tmp_path / "set.jsonl", case))]
    assert cli.main([*chosen, "--out", str(tmp_path / "run")]) == 0
    assert "1 câu hỏi trên 2 tài liệu" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"report.txt", "report.json", "answers.jsonl"}
    gate = write(tmp_path / "gate.json", {"accuracy": 1.0, "recall@10": 0.5})
    code, line = fail(capsys, *chosen, "--gate", str(gate))
    assert (code, line) == (1, "Dưới mức: recall@10: không đo được (không có câu nào), cần ít nhất 0,500")


def test_eval_names_every_wrong_row(parts: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = write(tmp_path / "set.jsonl", {"id": "a"}, "{")
    assert cli.main(["eval", str(wrong)]) == 2
    said = capsys.readouterr().err
    assert "set.jsonl, dòng 1: question: thiếu trường này" in said
    assert "set.jsonl, dòng 2: không phải JSON" in said


def test_eval_takes_an_own_set_by_its_name(parts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["eval", "samples_cross"]) == 0
    assert "câu hỏi trên 2 tài liệu" in capsys.readouterr().out


# --- serving, checking, starting ---


def test_port_in_use_is_said_before_anything_is_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, line = fail(capsys, "serve", "--port", str(port))
    assert code == 1
    assert line.startswith(f"Cổng {port} đang được chương trình khác dùng")


def test_doctor_names_what_is_wrong(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        settings = SimpleNamespace(data_dir=Path("data"), embedding_model=None, llm_model="m", llm_base_url=None)

        @property
        def library(self) -> Any:
            raise LibraryError("Không mở được thư viện; hãy kiểm tra.")

        def close(self) -> None:
            """Nothing is open."""

    monkeypatch.setattr("ui.assemble.assemble", lambda settings: Broken())
    assert cli.main(["doctor"]) == 1
    shown = capsys.readouterr()
    assert "✗ Thư viện: Không mở được thư viện; hãy kiểm tra." in shown.out
    assert "✗ Mô hình ngôn ngữ: mới đặt một nửa" in shown.out
    assert "✓ Gửi số liệu sử dụng: đã tắt" in shown.out
    assert shown.err.startswith("Có ") and shown.err.count("\n") == 1


def run(*argv: str, **given: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **given.pop("env", {})}
    command = [sys.executable, *argv]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, **given)


HEAVY = {"torch", "sentence_transformers", "chromadb", "tantivy", "langchain_core", "gradio", "fastapi", "uvicorn"}


@pytest.mark.parametrize("command", ["documents", "--help"])
def test_command_without_model_or_page_starts_within_a_second(command: str) -> None:
    begun = time.perf_counter()
    took: list[float] = []
    while not took or (min(took) > 1 and time.perf_counter() - begun < 20):  # other work may slow a machine
        at = time.perf_counter()
        assert run("-m", "ui.cli", command).returncode == 0
        took.append(time.perf_counter() - at)
    assert min(took) <= 1
    program = f"import sys; from ui.cli import main; main(['{command}']); print(*sys.modules, sep='\\n')"
    loaded = {name.partition(".")[0] for name in run("-c", program).stdout.split()}
    assert loaded & HEAVY == set()


def test_exit_code_reaches_the_shell() -> None:
    assert run("-m", "ui.cli", "xyz").returncode == 2


def test_reader_that_hangs_up_is_no_failure() -> None:
    command = f'"{sys.executable}" -m ui.cli --help | head -n 1; test "${{PIPESTATUS[0]}}" = 0'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")


def test_vietnamese_is_printed_in_any_locale() -> None:
    done = run("-m", "ui.cli", "documents", env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert (done.returncode, "Thư viện đang trống" in done.stdout) == (0, True)


# --- with the real parts ---


@pytest.fixture(scope="module")
def library(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the samples, filled once."""
    folder = tmp_path_factory.mktemp("library")
    assert cli.main(["ingest", str(samples), "--data-dir", str(folder)]) == 0
    return folder


def test_samples_are_found(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        cli.main(["search", "hồ sơ trễ hạn Kon Tum", "--json", "--place", "Kon Tum", "--data-dir", str(library)]) == 0
    )
    passages = json.loads(capsys.readouterr().out)["passages"]
    assert passages and all(passage["document_id"].startswith("000") for passage in passages)


def test_figures_as_a_table_that_says_where_each_stands(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data-dir", str(library))
    assert cli.main(["figures", "--place", "tỉnh Kon Tum", "--indicator", "tre han", *data]) == 0
    heads, *rows = (line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert heads == ["Số", "Đơn vị", "Chỉ tiêu", "Địa bàn", "Kỳ", "Loại", "Nguồn"]
    assert rows and {(row[3], row[5]) for row in rows} == {("Kon Tum", "kết quả")}
    assert all(row[6].startswith("000_kon_tum") and ", mục " in row[6] for row in rows)  # its number was left blank
    assert cli.main(["figures", "--year", "1999", *data]) == 0
    assert capsys.readouterr().out == "Không có số liệu nào như vậy.\n"


def test_figures_as_json_and_files(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ("figures", "003", "--nature", "result", "--data-dir", str(library))
    assert cli.main([*given, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["total"] == len(found["figures"]) > 3
    assert {figure["document_number"] for figure in found["figures"]} == {"124/BC-SYT"}
    assert cli.main([*given, "--csv", "số liệu.csv"]) == 0
    assert capsys.readouterr().err == f"Đã ghi {found['total']} số liệu vào số liệu.csv.\n"
    heads, *rows = csv.reader(io.StringIO((tmp_path / "số liệu.csv").read_bytes().decode("utf-8-sig"), newline=""))
    assert [row[heads.index("Như in")] for row in rows] == [figure["text"] for figure in found["figures"]]
    assert cli.main([*given, "--xlsx", "a.xlsx"]) == 0
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert [cell.value for cell in sheet["C"][1:]] == [figure["value"] for figure in found["figures"]]
    capsys.readouterr()
    code, line = fail(capsys, *given, "--csv", "không/có.csv")
    assert (code, line) == (1, "Không đọc hoặc ghi được «không/có.csv» (không có ở đó); hãy kiểm tra lại đường dẫn.")


def test_audit_tells_what_disagrees_with_its_quotes(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data-dir", str(library))
    assert cli.main(["audit", "000", *data]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("000_kon_tum_bao_cao_cchc_2022: Báo cáo số …/BC-SYT (số để trống)")
    assert "Các nguồn không khớp nhau: Nguồn ghi tổng 913 trường hợp, nhưng các mục bên dưới cộng lại là 921" in shown
    assert "\n[1] Bản tóm lược báo cáo số …/BC-SYT" in shown and "\n    “" in shown
    assert cli.main(["audit", "--json", *data]) == 0
    notices = json.loads(capsys.readouterr().out)["notices"]
    assert {"000_kon_tum_bao_cao_cchc_2022"} < {notice["document_id"] for notice in notices}
    assert all(notice["message"] and notice["citations"][0]["quote"] for notice in notices)


def test_library_of_the_time_before_ledgers_shows_its_figures_at_once(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ("--data-dir", str(shutil.copytree(library, tmp_path / "cũ")))
    shown = []
    for _ in range(2):
        assert cli.main(["figures", *data]) == cli.main(["audit", *data]) == 0
        shown.append(capsys.readouterr().out)
        with sqlite3.connect(tmp_path / "cũ" / "library.sqlite3") as raw:
            raw.executescript("DROP TABLE figures; DROP TABLE findings; DROP TABLE ledgers")
        raw.close()
    assert shown[0] == shown[1] and "Không có số liệu" not in shown[0]


def test_table_wider_than_the_terminal_is_folded_and_loses_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    words = [f"chữ{n}" for n in range(30)]
    words.append("dài" * 30)
    table(["Số", "Chỉ tiêu"], [["[1]", "ngắn"], ["1.230", " ".join(words)]])
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 60
    assert "[1]" in shown and "".join(shown.split("1.230")[1].split()) == "".join(words)


def test_own_sets_pass_the_gate(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["eval", "--data-dir", str(library), "--gate", str(SETS / "gate.json")])
    shown = capsys.readouterr()
    assert code == 0, shown.err + shown.out


def test_doctor_finds_nothing_wrong(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["doctor", "--data-dir", str(library)])
    shown = capsys.readouterr().out
    assert (code, "✗" in shown) == (0, False), shown
    assert "khớp với thư viện" in shown


def test_other_models_by_settings_are_refused_until_reindex_and_then_told_by_doctor(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = ("--data-dir", str(shutil.copytree(library, tmp_path / "data")))
    other = shutil.copytree(SHIPPED_MODEL, tmp_path / "mo-hinh-khac")
    (other / "cchc.json").unlink()
    monkeypatch.setenv("CCHC_EMBEDDING_MODEL", str(other))
    monkeypatch.setenv("CCHC_EMBEDDING_QUERY_PREFIX", "hỏi: ")
    monkeypatch.setenv("CCHC_RERANKER_MODEL", str(tiny_reranker(tmp_path / "xep-lai")))
    capsys.readouterr()
    code, line = fail(capsys, "search", "hồ sơ trễ hạn", *data)
    assert code == 1 and "mo-hinh-khac@" in line and "cchc reindex" in line
    assert cli.main(["reindex", *data]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Đã làm lại véc-tơ và chỉ mục từ của 5 tài liệu (") and "mo-hinh-khac@" in said
    assert cli.main(["search", "hồ sơ trễ hạn Kon Tum", *data]) == 0
    assert "trễ hạn" in capsys.readouterr().out
    assert cli.main(["doctor", *data]) == 0
    said = capsys.readouterr().out
    assert '(query: "hỏi: "), 256 chiều, trong thư mục' in said
    assert "✓ Mô hình xếp lại: xep-lai" in said and "khớp với thư viện" in said


def test_reindex_of_an_empty_library_says_how_to_fill_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, line = fail(capsys, "reindex", "--data-dir", str(tmp_path))
    assert code == 1 and "cchc ingest" in line


def test_doctor_says_which_server_does_not_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("CCHC_DATABASE_URL", f"postgresql://ai:bí-mật@127.0.0.1:{port}/cchc")
    monkeypatch.setenv("CCHC_CHROMA_URL", f"http://127.0.0.1:{port}")
    assert cli.main(["doctor", "--data-dir", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert f"✗ Thư viện: Không mở được thư viện ở PostgreSQL 127.0.0.1:{port}/cchc; hãy kiểm tra" in said
    assert "bí-mật" not in said
    monkeypatch.delenv("CCHC_DATABASE_URL")
    assert cli.main(["doctor", "--data-dir", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert f"✗ Kho véc-tơ: Kho véc-tơ ở máy chủ Chroma http://127.0.0.1:{port} không dùng được; hãy kiểm tra" in said


def test_store_of_another_model_is_refused_in_one_line(
    library: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vectorstore.embedding.SentenceTransformerEmbedder.name", "mô-hình-khác")
    code, line = fail(capsys, "search", "hồ sơ", "--data-dir", str(library))
    assert code == 1
    assert "mô-hình-khác" in line and "CCHC_EMBEDDING_MODEL" in line


@pytest.fixture
def server(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`cchc serve --first-run` on a free port over an empty library."""
    command = [
        sys.executable,
        "-m",
        "ui.cli",
        "serve",
        "--first-run",
        "--port",
        "0",
        "--data-dir",
        str(tmp_path / "new"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment
    ) as process:
        yield process
        process.kill()


def test_serve_fills_an_empty_library_and_says_when_it_is_ready(server: subprocess.Popen[str]) -> None:
    assert server.stdout is not None and server.stderr is not None
    shown = []
    for line in server.stdout:
        shown.append(line.strip())
        if line.startswith("Sẵn sàng: "):
            break
    else:
        pytest.fail(server.stderr.read())
    address = shown[-1].removeprefix("Sẵn sàng: ")
    assert server.stdout.readline().startswith("Hãy thử hỏi: ")
    with urllib.request.urlopen(f"{address}/api/v1/documents", timeout=10) as response:
        assert len(json.load(response)) >= 1
    server.send_signal(signal.SIGINT)
    assert server.wait(20) == 0
    assert server.stderr.read().endswith("Đã dừng.\n")


# --- the model, adapted -----------------------------------------------------------------------------------------


def test_adapt_keeps_what_pays_and_goes_back(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = ("--data-dir", str(shutil.copytree(library, tmp_path / "data")))
    monkeypatch.setattr("vectorstore.adapting._FEWEST_STEPS", 20)
    monkeypatch.setattr("vectorstore.adapting.Adaptation.pays", True)
    capsys.readouterr()
    assert cli.main(["adapt", *data]) == 0
    said = capsys.readouterr().out
    assert "Tên mục → đoạn" in said and "cchc adapt --undo" in said
    (folder,) = (path for path in (tmp_path / "data").iterdir() if path.name == "model")
    name = json.loads((folder / "cchc.json").read_text(encoding="utf-8"))["name"]
    assert name in said and "+" in name
    assert cli.main(["search", "hồ sơ trễ hạn Kon Tum", *data]) == 0
    assert "trễ hạn" in capsys.readouterr().out
    cli.main(["doctor", *data])
    said = capsys.readouterr().out
    assert f"{name}, 256 chiều" in said and "đã luyện theo thư viện này" in said and "khớp với thư viện" in said
    assert cli.main(["adapt", "--undo", *data]) == 0
    assert "trở lại mô hình kèm theo" in capsys.readouterr().out
    assert not folder.exists()
    assert cli.main(["search", "hồ sơ trễ hạn Kon Tum", *data]) == 0
    assert cli.main(["adapt", "--undo", *data]) == 0
    assert "không có gì để bỏ" in capsys.readouterr().out


def test_adapt_changes_nothing_where_it_does_not_pay(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = shutil.copytree(library, tmp_path / "data")
    monkeypatch.setattr("vectorstore.adapting._FEWEST_STEPS", 20)
    monkeypatch.setattr("vectorstore.adapting.Adaptation.pays", False)
    assert cli.main(["adapt", "--data-dir", str(data)]) == 0
    assert "không đổi gì" in capsys.readouterr().out
    assert not (data / "model").exists()


def test_adapt_is_for_the_shipped_model_and_enough_documents(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bao_cao.txt").write_text("BÁO CÁO\n\nSở có 7 hồ sơ trễ hạn.\n", encoding="utf-8")
    data = ("--data-dir", str(tmp_path / "data"))
    assert cli.main(["ingest", str(tmp_path / "bao_cao.txt"), *data]) == 0
    capsys.readouterr()
    code, line = fail(capsys, "adapt", *data)
    assert code == 1 and "chưa đủ" in line
    monkeypatch.setenv("CCHC_EMBEDDING_MODEL", "ai/do")
    code, line = fail(capsys, "adapt", *data)
    assert code == 1 and "ai/do" in line and "CCHC_EMBEDDING_MODEL" in line
