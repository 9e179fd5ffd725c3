"""`evals/metrics.py`: each metric on tiny answers, right ones and ones with a planted defect."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from assistant.schema import Answer, Citation, CitedNote, Notice, Passage
from evals import metrics
from evals.cases import Case
from evals.metrics import Score

TEXT = """Lĩnh vực Dược phẩm: tiếp nhận 307 trường hợp, trễ hạn 03 trường hợp, hủy 20 trường hợp.
Lĩnh vực Trang thiết bị: tiếp nhận 09 trường hợp, trễ hạn 04 trường hợp, hủy 0 trường hợp¹.
¹ Do cá nhân rút hồ sơ từ ngày 15/12/2021.
Tỷ lệ đạt 94,0%.
"""
DRUGS, DEVICES, NOTE, RATE = TEXT.splitlines()


def cite(printed: str, marker: int = 1, *, document_id: str = "000_kon_tum", **more: Any) -> Citation:
    start = TEXT.index(printed)
    given: dict[str, Any] = {
        "document_number": "/BC-SYT",
        "document_type": "Báo cáo",
        "title": "Kết quả năm 2022",
        "issuer": "Sở Y tế tỉnh Kon Tum",
        "place": "Kon Tum",
        "issued_on": "2022-12",
        "period": "2022",
        "section": ("II. KẾT QUẢ",),
        "page": None,
        "start": start,
        "end": start + len(printed),
        "spans": ((start, start + len(printed)),),
        "quote": printed,
        "heads": (),
        "footnotes": (),
        "cited_as": "Báo cáo tháng 12/2022 của Sở Y tế tỉnh Kon Tum",
    }
    return Citation(marker, document_id, f"{document_id}.txt", **(given | more))


def case(**given: Any) -> Case:
    row: dict[str, Any] = {
        "id": "a",
        "question": "Kon Tum trễ hạn bao nhiêu?",
        "type": "lookup",
        "answer": "3 trường hợp.",
        "numbers": ["3"],
        "doc": ["000"],
        "evidence": [DRUGS],
    }
    return Case.model_validate(row | given)


def answer(text: str = "Trễ hạn **3 trường hợp** [1].", **more: Any) -> Answer:
    given: dict[str, Any] = {"question": "Kon Tum trễ hạn?", "status": "answered", "citations": (cite(DRUGS),)}
    return Answer(answer=text, **(given | more))


REFUSAL = answer("Tài liệu không nêu số này.", status="not_found", citations=())
UNANSWERABLE = case(type="unanswerable", answer="", numbers=[])


def passage(text: str, document_id: str = "000_kon_tum", *notes: str) -> Passage:
    footnotes = tuple(CitedNote("1", note, 0, len(note)) for note in notes)
    return Passage(document_id, f"{document_id}.txt", 0, len(text), ((0, len(text)),), text, footnotes, (), 1.0)


# --- texts and figures ---


@pytest.mark.parametrize(
    ("span", "text", "expected"),
    [
        ("hủy 0 trường hợp", DEVICES, True),
        ("hủy 0\n trường  hợp", DEVICES, True),
        ("hủy 0 trường hợp.", DEVICES, True),  # the footnote marker does not count
        ("**KT. GIÁM ĐỐC**", "KT. GIÁM ĐỐC Trần Ái", True),
        (DRUGS, DRUGS.replace("hủy", "rút"), True),  # 85% of its words
        (DRUGS, DEVICES, False),  # a row of the same list: the words agree, the figures don't
        (DRUGS, "trễ hạn 03 trường hợp", False),
        ("trễ hạn […] 03", "trễ hạn 03", True),
        ("", DRUGS, False),
    ],
)
def test_stands(span: str, text: str, expected: bool) -> None:
    assert metrics.stands(span, text) is expected


@pytest.mark.parametrize(
    ("gold", "text", "expected"),
    [
        ("3", "03 trường hợp", True),
        ("3", "30 trường hợp", False),
        ("1.852", "1852 hồ sơ", True),
        ("94,0", "đạt 94%", True),
        ("36,4", "khoảng 36,41%", True),
        ("36,4", "khoảng 36,5%", False),
        ("36", "36,4%", False),
        ("25,125%", "25,125 %", True),
        ("25,125", "25,125%", True),
        ("0", "Không có hồ sơ nào", True),
        ("0", "Có hồ sơ", False),
        ("14/11/2022", "ngày 14 tháng 11 năm 2022", True),
    ],
)
def test_states_compares_by_value(gold: str, text: str, expected: bool) -> None:
    assert metrics.states(gold, metrics.readings(text), text) is expected


# --- finding ---


def test_recall_counts_spans_in_the_first_passages_and_their_footnotes() -> None:
    gold = case(evidence=[DRUGS, "Do cá nhân rút hồ sơ từ ngày 15/12/2021"])
    found = [passage(RATE), passage(DRUGS), passage(DEVICES, "000_kon_tum", NOTE)]
    assert metrics.recall_at(gold, found, 1).value == 0
    assert metrics.recall_at(gold, found, 2).value == 0.5
    assert metrics.recall_at(gold, found, 3) == Score(1.0, "", 2, 2)


def test_recall_asks_for_the_gold_document() -> None:
    score = metrics.recall_at(case(), [passage(DRUGS, "002_ha_tinh")], 10)
    assert score.value == 0
    assert "không tìm thấy" in score.why


def test_reciprocal_rank() -> None:
    assert metrics.reciprocal_rank(case(), [passage(RATE), passage(DRUGS)]).value == 0.5
    assert metrics.reciprocal_rank(case(), [passage(RATE)] * 10 + [passage(DRUGS)]).value == 0


@pytest.mark.parametrize("gold", [UNANSWERABLE, case(evidence=[])])
def test_retrieval_without_evidence_to_find_has_no_number(gold: Case) -> None:
    assert metrics.recall_at(gold, [passage(DRUGS)], 10).value is None
    assert metrics.reciprocal_rank(gold, [passage(DRUGS)]).value is None


# --- answering ---


def test_right_answer_is_accurate() -> None:
    assert metrics.accuracy(case(), answer()) == Score(1.0, "", 1, 1)


@pytest.mark.parametrize(
    ("gold", "given", "why"),
    [
        (case(), answer("Trễ hạn 4 trường hợp [1]."), "thiếu số 3"),
        (case(), answer("Trễ hạn 5 trường hợp [3]."), "thiếu số 3"),  # a marker is no figure
        (case(), REFUSAL, "từ chối câu trả lời được"),
        (case(must_include=["Trần Ái"]), answer(), "thiếu Trần Ái"),
        (case(), answer("3 " + "rất dài " * 80), "ký tự"),
        (case(), answer("3, " + ", ".join(map(str, range(500, 520)))), "20 số không ai hỏi"),
        (case(), answer(citations=(cite(DRUGS, document_id="002_ha_tinh"),)), "không dẫn tài liệu nào trong 000"),
        (case(), answer(citations=(replace(cite(DRUGS), quote="a" * 1501),)), "trích dẫn dài 1501 ký tự"),
        (case(), answer(status="error"), "trạng thái error"),
        (case(type="yesno", answer="Không."), answer("Có 3 trường hợp [1]."), "nói có thay vì không"),
        (case(type="yesno", answer="Có, 3."), answer("Không, chỉ 3 [1]."), "nói có thay vì không"),
        (case(type="conflict"), answer(), "không báo mâu thuẫn"),
        (UNANSWERABLE, answer(), "không từ chối"),
    ],
)
def test_defect_makes_the_answer_wrong(gold: Case, given: Answer, why: str) -> None:
    score = metrics.accuracy(gold, given)
    assert score.value == 0
    assert why in score.why


def test_long_answer_is_right_for_a_list() -> None:
    assert metrics.accuracy(case(type="list"), answer("3 [1] " + "rất dài " * 80)).value == 1


def test_must_include_is_compared_without_accents() -> None:
    gold = case(numbers=[], must_include=["Dược phẩm"])
    assert metrics.accuracy(gold, answer("linh vuc DUOC   PHAM [1]")).value == 1


def test_figures_of_a_conflict_may_stand_in_its_notice() -> None:
    gold = case(type="conflict", numbers=["913", "921"])
    said = Notice("source_conflict", "Báo cáo ghi 913 nhưng cộng lại là 921.", (1,))
    assert metrics.accuracy(gold, answer("Hai số không khớp [1].", notices=(said,))).value == 1
    assert metrics.accuracy(case(numbers=["913"]), answer("Không khớp [1].", notices=(said,))).value == 0


def test_refusals_right_and_wrong() -> None:
    assert metrics.answered(case(), answer()).value == 1
    assert metrics.answered(case(), REFUSAL).value == 0
    assert metrics.answered(UNANSWERABLE, REFUSAL).value is None
    assert metrics.refused(UNANSWERABLE, REFUSAL).value == 1
    assert metrics.refused(UNANSWERABLE, answer()).value == 0
    assert metrics.refused(case(), REFUSAL).value is None


# --- citing ---


def test_citation_precision_counts_citations_that_prove() -> None:
    gold = case(must_include=["Dược phẩm"])
    given = answer(citations=(cite(DRUGS), cite("trễ hạn 03 trường hợp", 2), cite(RATE, 3)))
    score = metrics.citation_precision(gold, given)
    assert (score.right, score.of) == (2, 3)
    assert "[3]" in score.why


def test_citation_of_another_document_proves_nothing() -> None:
    assert metrics.citation_precision(case(), answer(citations=(cite(DRUGS, document_id="002"),))).value == 0


def test_citation_precision_without_citations_has_no_number() -> None:
    assert metrics.citation_precision(case(), REFUSAL).value is None


def test_citation_recall_counts_quotes_footnotes_and_heads() -> None:
    gold = case(evidence=[DRUGS, "Do cá nhân rút hồ sơ từ ngày 15/12/2021", "Chủ trì: Phòng Nghiệp vụ"])
    note = CitedNote("1", NOTE, 0, len(NOTE))
    heads = (("Chủ trì", "Phòng Nghiệp vụ"),)
    assert metrics.citation_recall(gold, answer()).right == 1
    assert metrics.citation_recall(gold, answer(citations=(cite(DRUGS, footnotes=(note,), heads=heads),))).value == 1


def test_citation_recall_of_a_refusal_is_zero() -> None:
    assert metrics.citation_recall(case(), REFUSAL).value == 0
    assert metrics.citation_recall(UNANSWERABLE, REFUSAL).value is None


# --- proving ---


def test_figures_of_quote_metadata_question_and_computation_are_supported() -> None:
    said = answer(
        "Năm 2022, tháng 12: 3 + 4 là 7 trên 10 [1] [2].",
        question="Trên 10 thì sao?",
        citations=(cite(DRUGS), cite(DEVICES, 2)),
        computation="3 + 4 = 7",
    )
    assert metrics.figures_supported(said).value == 1


def answered_with(text: str, **more: Any) -> Score:
    return metrics.figures_supported(answer(text, **more))


def test_wrong_figure_is_unsupported() -> None:
    score = answered_with("Trễ hạn 3 [1], trong đó 5 quá 10 ngày.")
    assert (score.right, score.of) == (1, 3)
    assert score.why == "không có nguồn: 10, 5"


def test_figure_of_a_computation_that_fails_is_unsupported() -> None:
    assert answered_with("Tổng là 8 [1].", computation="3 + 4 = 8").value == 0


def test_figure_must_stand_in_a_source_of_its_own_sentence() -> None:
    two = (cite(DRUGS), cite(DEVICES, 2))
    right = answer("Dược phẩm trễ 3 [1]. Trang thiết bị trễ 4 [2].", citations=two)
    swapped = answer("Dược phẩm trễ 3 [2]. Trang thiết bị trễ 4 [1].", citations=two)
    assert metrics.figures_marked(right).value == 1
    assert metrics.figures_supported(swapped).value == 1
    assert metrics.figures_marked(swapped).value == 0


def test_answer_without_figures_has_no_share() -> None:
    assert answered_with("Không nêu.").value is None
    assert metrics.figures_marked(answer("Không nêu.")).value is None


@pytest.mark.parametrize(
    ("citation", "fault"),
    [
        (cite(DRUGS), ""),
        (cite(DRUGS, quote="một câu khác"), "không nguyên văn"),
        (cite(DRUGS, quote=DRUGS.upper()), "không nguyên văn"),
        (cite(DRUGS, end=5), "spans không khớp"),
        (cite(DRUGS, spans=()), "spans không khớp"),
        (cite(DRUGS, document_id="999"), "thư viện không có 999"),
        (cite(DRUGS, footnotes=(CitedNote("1", "bịa", 0, 5),)), "chú thích 1 không nguyên văn"),
    ],
)
def test_quotes_are_compared_with_the_library(citation: Citation, fault: str) -> None:
    texts = {"000_kon_tum": TEXT}
    score = metrics.quotes_verbatim(answer(citations=(citation,)), texts.get)
    assert score.value == (0 if fault else 1)
    assert fault in score.why


def test_quote_in_pieces_is_verbatim() -> None:
    first, second = TEXT.index("trễ hạn 04"), TEXT.index("Tỷ lệ")
    spans = ((first, first + 10), (second, second + len("Tỷ lệ đạt")))
    cited = cite(DEVICES, start=first, end=spans[-1][1], spans=spans, quote="trễ hạn 04 […] Tỷ lệ đạt")
    assert metrics.quotes_verbatim(answer(citations=(cited,)), {"000_kon_tum": TEXT}.get).value == 1


@pytest.mark.parametrize(
    ("computation", "fault"),
    [
        ("307 + 9 = 316", ""),
        ("307 + 09 = 316; 316 - 3 = 313", ""),
        ("3 / 307 × 100 = 0,98", ""),
        ("3 : 307 × 100 ≈ 0,98%", ""),
        ("3 + 4 = 8", "đúng ra là 7"),
        ("3 / 307 × 100 = 0,99", "đúng ra là"),
        ("5 + 4 = 9", "số hạng không có nguồn: 5"),
        ("3 / 0 = 0", "không đọc được"),
        ("max(3, 4) = 4", "không đọc được"),
        ("3 + 4", "không đọc được"),
        ("3 + = 3", "không đọc được"),
    ],
)
def test_computation(computation: str, fault: str) -> None:
    given = answer(citations=(cite(DRUGS), cite(DEVICES, 2)), computation=computation)
    score = metrics.computation_holds(given)
    assert score.value == (0 if fault else 1)
    assert fault in score.why


def test_answer_without_computation_has_no_number() -> None:
    assert metrics.computation_holds(answer()).value is None


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1.877 - 93", Decimal(1784)),
        ("(2 + 3) × 4", Decimal(20)),
        ("2 + 3 × 4", Decimal(14)),
        ("-2 + 3", Decimal(1)),
        ("7 / 2", Decimal("3.5")),
        ("92,36 − 72,4", Decimal("19.96")),
        ("25,125% + 1", Decimal("26.125")),
        ("2 3", None),
        ("(2", None),
        ("__import__('os')", None),
        ("", None),
    ],
)
def test_calculate(expression: str, value: Decimal | None) -> None:
    assert metrics.calculate(expression) == value


@pytest.mark.parametrize(("percent", "expected"), [(50, 2.0), (95, 4.0), (0, 1.0), (100, 4.0)])
def test_percentile_is_the_nearest_rank(percent: float, expected: float) -> None:
    assert metrics.percentile([4.0, 1.0, 3.0, 2.0], percent) == expected


def test_percentile_of_nothing_is_none() -> None:
    assert metrics.percentile([], 50) is None
