"""`assistant/answering.py` and `assistant/schema.py`: the contract of the answer object, whatever was asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import cited, real_parts, report

from assistant import extractive
from assistant.answering import Assistant
from assistant.grounding import Draft
from assistant.schema import (
    MAX_HISTORY,
    MAX_QUESTION,
    Answer,
    Question,
    QuestionRefused,
    Turn,
    as_json,
    error_answer,
    new_answer_id,
    turns,
)
from evals import metrics
from ingest import readers
from ingest.readers import contained
from vectorstore.periods import parse
from vectorstore.records import Filters, fold_space

if TYPE_CHECKING:
    from ui.assemble import Parts

LIBRARY = Path(__file__).parent / "data" / "library"

# A question of each kind over `data/library`, with what the contract lets it cite at most.
QUESTIONS = {
    "lookup": ("Năm 2023 toàn ngành y tế Lai Châu có bao nhiêu người làm việc?", 12),
    "fraction": ("Bao nhiêu cơ sở khám bệnh ở Lai Châu thu viện phí không dùng tiền mặt?", 12),
    "footnote": ("Bao nhiêu người lao động hợp đồng trong ngành y tế Lai Châu?", 12),
    "percent": ("Tỷ lệ hồ sơ nộp trực tuyến của Lai Châu năm 2023 là bao nhiêu?", 12),
    "target": ("Kế hoạch của Yên Bái đặt mức độ hài lòng của người bệnh bao nhiêu phần trăm?", 12),
    "docnumber": ("Danh mục thủ tục hành chính của Lai Châu được công bố tại quyết định nào?", 12),
    "date": ("Báo cáo số 2175/BC-SYT ban hành ngày nào?", 12),
    "who": ("Ở Yên Bái đơn vị nào chủ trì kiểm tra kỷ luật, kỷ cương?", 12),
    "signer": ("Ai ký báo cáo cải cách hành chính năm 2023 của Sở Y tế Lai Châu?", 12),
    "why": ("Vì sao Lai Châu có hồ sơ trễ hạn?", 12),
    "yesno": ("Lai Châu đã số hóa kho hồ sơ giấy cũ chưa?", 12),
    "list": ("Liệt kê các kế hoạch Lai Châu ban hành để triển khai cải cách hành chính năm 2023.", 30),
    "sum": ("Năm 2023 Sở Y tế Lai Châu có bao nhiêu hồ sơ trễ hạn?", 30),
    "share": ("Hồ sơ trễ hạn chiếm bao nhiêu phần trăm hồ sơ tiếp nhận của lĩnh vực Dược ở Lai Châu?", 30),
    "compare": ("Lai Châu và Trà Vinh bên nào tinh giản biên chế nhiều hơn?", 30),
    "ambiguous": ("Tỷ lệ hồ sơ nộp trực tuyến đạt bao nhiêu phần trăm?", 30),
    "conflict": ("Trong quý III năm 2023 Trà Vinh tiếp nhận, giải quyết bao nhiêu hồ sơ?", 30),
    "news": ("Tuyên Quang trả bao nhiêu kết quả tại nhà?", 12),
    "English": ("What percentage of dossiers in Lai Chau were submitted online in 2023?", 12),
    "refused": ("Cả năm 2023 Sở Y tế Trà Vinh tiếp nhận bao nhiêu hồ sơ?", 12),
    "refused bare": ("Sở Y tế Cà Mau có bao nhiêu hồ sơ trễ hạn năm 2023?", 12),
    "blank": ("Kế hoạch cải cách hành chính năm 2024 của Sở Y tế Yên Bái số bao nhiêu?", 12),
    "nonsense": ("xyz ??? 123", 12),
}


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    with real_parts(tmp_path_factory.mktemp("answering"), LIBRARY) as made:
        yield made


@pytest.fixture(scope="session")
def answers(parts: Parts) -> dict[str, Answer]:
    return {kind: parts.assistant.ask(Question(text)) for kind, (text, _) in QUESTIONS.items()}


@pytest.fixture(params=QUESTIONS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def answer(answers: dict[str, Answer], kind: str) -> Answer:
    return answers[kind]


@pytest.fixture
def plain(answer: Answer) -> dict[str, Any]:
    """An answer as clients get it."""
    value = json.loads(json.dumps(as_json(answer)))
    assert isinstance(value, dict)
    return value


def markers(text: str) -> set[int]:
    return {int(marker) for marker in re.findall(r"\[(\d+)\]", text)}


# --- fields ---


def test_answer_has_the_contracts_fields(plain: dict[str, Any]) -> None:
    assert plain.keys() >= {
        "answer_id", "question", "understood", "status", "answer", "computation", "figures", "citations", "notices",
        "suggestions", "answered_by", "prompt_version", "timings_ms",
    }  # fmt: skip
    assert plain["understood"].keys() >= {"kind", "indicator", "places", "periods", "document_types"}
    for figure in plain["figures"]:
        assert figure.keys() >= {
            "indicator", "breakdown", "value", "text", "unit", "bound", "nature", "place", "period", "computed",
            "citations",
        }  # fmt: skip
    for citation in plain["citations"]:
        assert citation.keys() >= {
            "marker", "document_id", "source", "document_number", "document_type", "title", "issuer", "place",
            "issued_on", "period", "section", "page", "start", "end", "spans", "quote", "heads", "footnotes",
            "cited_as", "verified",
        }  # fmt: skip
        assert all(head.keys() == {"head", "cell"} for head in citation["heads"])
        assert all(note.keys() >= {"marker", "text", "start", "end"} for note in citation["footnotes"])
    assert all(notice.keys() >= {"kind", "message", "citations"} for notice in plain["notices"])


def test_fields_that_are_never_null_are_filled(plain: dict[str, Any]) -> None:
    for name in ("answer_id", "question", "status", "answer"):
        assert plain[name], name
    for citation in plain["citations"]:
        for name in ("document_id", "source", "quote", "spans", "cited_as"):
            assert citation[name], name
        assert type(citation["start"]) is int and type(citation["end"]) is int
    for owner in (plain, plain["understood"], *plain["figures"], *plain["citations"], *plain["notices"]):
        for name in (
            "figures",
            "citations",
            "notices",
            "suggestions",
            "places",
            "periods",
            "section",
            "heads",
            "footnotes",
        ):
            assert isinstance(owner.get(name, []), list), name


def test_values_are_json_numbers_and_null_only_where_the_text_is_no_single_number(plain: dict[str, Any]) -> None:
    for figure in plain["figures"]:
        if "/" in figure["text"]:
            assert figure["value"] is None
        else:
            assert type(figure["value"]) in (int, float)
        assert figure["nature"] in ("result", "target")
        assert figure["bound"] in (None, "at_least", "more_than", "at_most", "less_than", "about")
        assert figure["citations"]
    assert all(type(value) in (int, float) and value >= 0 for value in plain["timings_ms"].values())
    assert "total" in plain["timings_ms"]


def test_status_and_notices_are_of_the_contracts_kinds(plain: dict[str, Any]) -> None:
    assert plain["status"] in ("answered", "not_found")
    assert {notice["kind"] for notice in plain["notices"]} <= {
        "source_conflict", "source_error", "scope", "superseded", "ocr_low", "instruction_in_document", "unverified",
        "fallback",
    }  # fmt: skip
    assert plain["answered_by"] == "extractive" and plain["prompt_version"] is None


def test_refusal_has_no_figures_and_no_computation(plain: dict[str, Any], kind: str) -> None:
    assert (plain["status"] == "not_found") == (kind in ("refused", "refused bare", "blank", "nonsense"))
    if plain["status"] == "not_found":
        assert (plain["figures"], plain["computation"]) == ([], None)


def test_periods_and_dates_are_in_the_contracts_forms(plain: dict[str, Any]) -> None:
    periods = [*plain["understood"]["periods"], *(o["period"] for o in (*plain["figures"], *plain["citations"]))]
    assert all(parse(period) for period in periods if period is not None)
    for citation in plain["citations"]:
        assert citation["issued_on"] is None or re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", citation["issued_on"])


def test_answer_id_is_a_ulid(answers: dict[str, Answer]) -> None:
    ids = [answer.answer_id for answer in answers.values()]
    assert all(re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", answer_id) for answer_id in ids)
    assert len(set(ids)) == len(ids)


def test_ulids_sort_by_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = []
    for seconds in (1_000_000_000, 1_700_000_000, 1_700_000_000.001, 4_000_000_000):
        monkeypatch.setattr("time.time", lambda now=seconds: now)
        ids.append(new_answer_id())
    assert ids == sorted(ids)


# --- proofs ---


def test_citations_are_numbered_and_not_too_many(answer: Answer, kind: str) -> None:
    assert [citation.marker for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert len(answer.citations) <= QUESTIONS[kind][1]


def test_every_marker_has_its_citation(answer: Answer) -> None:
    known = {citation.marker for citation in answer.citations}
    assert markers(answer.answer) <= known
    assert {marker for figure in answer.figures for marker in figure.citations} <= known
    assert {marker for notice in answer.notices for marker in notice.citations} <= known
    if answer.status == "answered":
        assert markers(answer.answer)


def test_quotes_are_the_text_at_their_spans_and_short_enough(parts: Parts, answer: Answer) -> None:
    for citation in answer.citations:
        text = parts.library.text(citation.document_id)
        assert text is not None
        assert citation.quote == " […] ".join(fold_space(text[a:b]) for a, b in citation.spans)
        assert (citation.start, citation.end) == (citation.spans[0][0], citation.spans[-1][1])
        assert len(citation.quote) <= 1_500 and citation.verified
        for note in citation.footnotes:
            assert fold_space(text[note.start : note.end]) == note.text
        for _, cell in citation.heads:
            assert cell in citation.quote


def test_every_figure_stands_in_a_source_that_its_sentence_is_marked_with(answer: Answer) -> None:
    assert metrics.figures_marked(answer).value in (None, 1.0), metrics.figures_marked(answer).why
    assert metrics.figures_supported(answer).value in (None, 1.0), metrics.figures_supported(answer).why
    assert metrics.computation_holds(answer).value in (None, 1.0), metrics.computation_holds(answer).why


def test_answer_is_markdown_without_numbered_lists_and_with_lone_markers(answer: Answer) -> None:
    assert not re.search(r"^\s*(?:\d+[.)]|\(\d+\))\s", answer.answer, re.MULTILINE)
    assert not re.search(r"\[\d+\s*[,–-]", answer.answer)
    assert answer.answer.count("**") % 2 == 0 and "\ue000" not in answer.answer and "\ue001" not in answer.answer


def test_plain_question_has_a_short_answer(answer: Answer, kind: str) -> None:
    if QUESTIONS[kind][1] == 12:
        assert len(answer.answer) <= 500


def test_citation_names_its_document_as_the_library_does(parts: Parts, answer: Answer) -> None:
    for citation in answer.citations:
        document = parts.library.head(citation.document_id)
        assert document is not None
        assert (citation.source, citation.document_number, citation.document_type, citation.title, citation.issuer) == (
            document.source,
            document.number,
            document.type,
            document.title,
            document.issuer,
        )
        assert (document.number or document.title or "") in citation.cited_as


# --- the same again ---


def same(answer: Answer) -> Answer:
    return replace(answer, answer_id="", timings_ms={})


def test_same_question_gets_the_same_answer(parts: Parts, answer: Answer, kind: str) -> None:
    text = QUESTIONS[kind][0]
    assert same(parts.assistant.ask(Question(text))) == same(answer)
    assert same(Assistant(parts.finder).ask(Question(text))) == same(answer)


def test_stream_ends_with_the_whole_answer(parts: Parts, answers: dict[str, Answer]) -> None:
    *_, last = parts.assistant.stream(Question(QUESTIONS["sum"][0]))
    assert same(last) == same(answers["sum"])


# --- filters, modes, history ---


@pytest.mark.parametrize(
    ("filters", "sources"),
    [
        (Filters(places=("Trà Vinh",)), {"tra_vinh_quy_3_2023"}),
        (Filters(document_ids=("lai_chau_nam_2023",)), {"lai_chau_nam_2023"}),
        (Filters(document_types=("Báo cáo",)), {"lai_chau_nam_2023", "tra_vinh_quy_3_2023"}),
        (Filters(years=(2019,)), set()),
    ],
)
def test_filters_say_which_documents_may_be_cited(parts: Parts, filters: Filters, sources: set[str]) -> None:
    answer = parts.assistant.ask(Question(QUESTIONS["ambiguous"][0], filters=filters))
    assert {citation.document_id for citation in answer.citations} == sources
    assert answer.status == ("answered" if sources else "not_found")


def test_what_the_assistant_said_before_is_no_source(parts: Parts) -> None:
    history = (Turn("user", QUESTIONS["percent"][0]), Turn("assistant", "Trà Vinh có 99,9% hồ sơ nộp trực tuyến [1]."))
    answer = parts.assistant.ask(Question("Còn Trà Vinh thì sao?", history))
    assert "99,9" not in json.dumps(as_json(answer), ensure_ascii=False)


def test_generative_mode_without_a_model_falls_back_and_says_so(parts: Parts, answers: dict[str, Answer]) -> None:
    answer = parts.assistant.ask(Question(QUESTIONS["lookup"][0], mode="generative"))
    assert (answer.answer, answer.answered_by) == (answers["lookup"].answer, "extractive")
    assert [notice.kind for notice in answer.notices] == ["fallback"]
    assert not any(notice.kind == "fallback" for notice in answers["lookup"].notices)


def test_suggestions_ask_the_same_of_another_place_of_the_library(answers: dict[str, Answer]) -> None:
    assert answers["lookup"].suggestions and "Lai Châu" not in " ".join(answers["lookup"].suggestions)
    assert all(re.fullmatch(r"Còn .+ thì sao\?", suggestion) for suggestion in answers["lookup"].suggestions)
    assert answers["refused"].suggestions == ()


def test_empty_library_is_told_apart_from_not_knowing(tmp_path: Path) -> None:
    from ui.assemble import assemble
    from ui.settings import Settings

    made = assemble(Settings(data_dir=tmp_path, embedding_model=None, llm_model=None))
    answer = made.assistant.ask(Question("Có bao nhiêu hồ sơ?"))
    made.library.close()
    assert answer.status == "not_found" and "cchc ingest" in answer.answer and answer.citations == ()


# --- limits ---


def draft(citations: int, answer: str) -> Draft:
    many = tuple(replace(cited(report()), marker=n) for n in range(1, citations + 1))
    return Draft("answered", answer, citations=many)


def test_plain_answer_has_at_most_twelve_citations(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extractive, "answer", lambda *_: draft(20, "Trễ hạn 03 trường hợp [1]."))
    assert len(parts.assistant.ask(Question("Kon Tum có bao nhiêu hồ sơ?")).citations) <= 12


def test_long_answer_has_at_most_thirty_citations(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extractive, "answer", lambda *_: draft(40, "Trễ hạn 03 trường hợp [1]."))
    assert len(parts.assistant.ask(Question("Kể tên các đơn vị trễ hạn.")).citations) == 30


def test_markers_of_citations_beyond_the_limit_are_not_left_behind(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "\n".join(f"- Trễ hạn 03 trường hợp [{n}]" for n in range(1, 41))
    monkeypatch.setattr(extractive, "answer", lambda *_: draft(40, lines))
    answer = parts.assistant.ask(Question("Kể tên các đơn vị trễ hạn."))
    assert markers(answer.answer) <= {citation.marker for citation in answer.citations}


def test_draft_that_is_not_borne_out_never_leaves(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extractive, "answer", lambda *_: draft(1, "Trễ hạn 99 trường hợp [1]."))
    answer = parts.assistant.ask(Question("Kon Tum có bao nhiêu hồ sơ?"))
    assert (answer.status, answer.figures, answer.citations) == ("not_found", (), ())


def test_way_of_answering_that_breaks_is_no_refusal(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Draft:
        raise OSError("disk")

    monkeypatch.setattr(extractive, "answer", broken)
    with pytest.raises(OSError, match="disk"):
        parts.assistant.ask(Question("Có bao nhiêu hồ sơ?"))


# --- reports of short paragraphs ---


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """A library of one report whose paragraphs are all short, an empty line between each two."""
    names = ("một", "hai", "ba", "bốn", "năm", "sáu", "bảy")
    body = "\n\n".join(
        f"{n}. Phòng {name}\n\nPhòng {name} nhận {n}0 hồ sơ và trả {n}0 hồ sơ đúng hẹn trong tháng.\n\n"
        f"Phòng {name} mở {n} lớp học cho cán bộ một cửa của các xã."
        for n, name in enumerate(names, 1)
    )
    head = "SỞ Y TẾ\n\nSố: 77/BC-SYT\n\nHà Giang, ngày 5 tháng 7 năm 2023\n\nBÁO CÁO\n\n"
    title = "Cải cách hành chính tháng 6 năm 2023"
    folder = tmp_path_factory.mktemp("short")
    path = folder / "bao_cao.txt"
    path.write_text(f"{head}{title}\n\nSở Y tế gửi Sở Nội vụ kết quả trong tháng.\n\n{body}\n", encoding="utf-8")
    with real_parts(folder / "library", path) as made:
        yield made


def test_title_ends_where_the_body_begins(short: Parts) -> None:
    answer = short.assistant.ask(Question("Báo cáo số 77/BC-SYT ban hành ngày nào?"))
    assert answer.citations[0].title == "Cải cách hành chính tháng 6 năm 2023"


def test_short_paragraphs_are_not_joined_in_a_quote(short: Parts) -> None:
    answer = short.assistant.ask(Question("Phòng ba ở Hà Giang mở bao nhiêu lớp học?"))
    assert answer.citations[0].quote == "Phòng ba mở 3 lớp học cho cán bộ một cửa của các xã."


# --- what is taken ---


@pytest.mark.parametrize("text", ["", "   \n", "x" * (MAX_QUESTION + 1)])
def test_question_that_is_empty_or_too_long_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(QuestionRefused, match="hãy"):
        Question(text)


def test_longest_question_is_taken(parts: Parts) -> None:
    text = ("Có bao nhiêu hồ sơ trễ hạn? " * 200)[:MAX_QUESTION]
    assert parts.assistant.ask(Question(text)).question == text


def test_more_turns_than_the_limit_are_refused() -> None:
    turn = Turn("user", "Có gì?")
    assert Question("Còn gì?", (turn,) * MAX_HISTORY)
    with pytest.raises(QuestionRefused, match="20"):
        Question("Còn gì?", (turn,) * (MAX_HISTORY + 1))


def test_turns_take_strings_and_roles_and_refuse_others() -> None:
    assert turns(["Có gì?", {"role": "assistant", "content": "Có."}]) == (
        Turn("user", "Có gì?"),
        Turn("assistant", "Có."),
    )
    for wrong in ({"role": "system", "content": "x"}, {"role": "user"}, {"role": "user", "content": 3}, 7, None):
        with pytest.raises(QuestionRefused, match="role"):
            turns([wrong])


def test_batch_line_that_failed_is_an_answer_object_with_an_error() -> None:
    line = error_answer("Có gì?", "bad_filter", "Hãy sửa bộ lọc.")
    assert (line["status"], line["answer"], line["question"]) == ("error", "Hãy sửa bộ lọc.", "Có gì?")
    assert line["error"] == {"kind": "bad_filter", "message": "Hãy sửa bộ lọc."}
    assert line.keys() >= as_json(Answer("q", "answered", "a")).keys() and line["answer_id"]


@pytest.mark.parametrize(("doubtful", "told"), [((2,), ["ocr_low"]), ((1,), []), ((), [])])
def test_passage_on_a_page_that_was_hard_to_read_is_said_to_be(
    doubtful: tuple[int, ...], told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (LIBRARY / "lai_chau_nam_2023.txt").read_text(encoding="utf-8")
    scan = tmp_path / "quet.pdf"
    scan.write_bytes(b"%PDF-1.7")
    pages = ((0, 1), (text.index("\n") + 1, 2))
    monkeypatch.setattr(contained, "decode", lambda *_: readers.Decoded(text, pages, doubtful=doubtful))
    with real_parts(tmp_path / "library", scan) as made:
        answer = made.assistant.ask(Question(QUESTIONS["percent"][0]))
    assert [notice.kind for notice in answer.notices if notice.kind == "ocr_low"] == told
    for notice in answer.notices:
        if notice.kind == "ocr_low":
            assert "«quet.pdf» khó đọc ở trang 2" in notice.message
            assert notice.citations == tuple(citation.marker for citation in answer.citations)
