"""`assistant/grounding.py`: no figure without its source. The six traps are here by name."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from fakes import cited, report
from hypothesis import given
from hypothesis import strategies as st

from assistant.grounding import NOT_SAID, Draft, Proof, backing, check, cited_as, evaluate, holds, plain
from assistant.schema import MAX_QUOTE, AnswerFigure, Citation, CitedNote
from vectorstore.records import Chunk, Hit, excerpt, fold_space
from vectorstore.vietnamese import fold

QUESTION = "Sở có bao nhiêu hồ sơ trễ hạn?"


def source(quote: str, marker: int = 1, notes: tuple[CitedNote, ...] = ()) -> Citation:
    """A citation that says nothing but `quote` and its footnotes."""
    return replace(
        cited(report()),
        marker=marker,
        document_number=None,
        title=None,
        issued_on=None,
        period=None,
        section=(),
        quote=quote,
        heads=(),
        footnotes=notes,
        cited_as="Báo cáo của Sở Y tế",
    )


def checked(answer: str, *citations: Citation, computation: str | None = None, question: str = QUESTION) -> Draft:
    return check(Draft("answered", answer, computation, (), citations), question)


# --- the six traps ---


def test_another_figure_than_the_sources_is_unsupported() -> None:
    assert checked("Có **99 hồ sơ** trễ hạn [1].", source("trễ hạn 12 hồ sơ")).answer == NOT_SAID


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("1.230", "1230"),
        ("1230", "1.230"),
        ("1,230", "1.230"),
        ("07", "7"),
        ("97,7%", "97.7%"),
        ("61.800.000", "61800000"),
    ],
)
def test_two_spellings_of_one_figure_support_each_other(printed: str, said: str) -> None:
    draft = checked(f"Có {said} hồ sơ [1].", source(f"tiếp nhận {printed} hồ sơ"))
    assert (draft.status, draft.answer) == ("answered", f"Có {said} hồ sơ [1].")


@pytest.mark.parametrize("wrong", range(1, 8))
def test_seven_sentences_on_one_line_are_seven_claims(wrong: int) -> None:
    said = [f"Phòng Một có {n}1 hồ sơ [1]." for n in range(1, 8)]
    said[wrong - 1] = said[wrong - 1].replace(f"{wrong}1 hồ", "99 hồ")
    quote = "; ".join(f"{n}1 hồ sơ" for n in range(1, 8))
    draft = checked(" ".join(said), source(quote))
    assert draft.answer == " ".join(sentence for i, sentence in enumerate(said, 1) if i != wrong)
    assert [notice.kind for notice in draft.notices] == ["unverified"]


def test_cells_of_a_row_are_sources_with_their_heads_and_12_stays_12() -> None:
    row = replace(source("1.2 Số hóa Số hóa 12 loại"), heads=(("Nhiệm vụ", "Số hóa"), ("Chỉ tiêu", "Số hóa 12 loại")))
    assert "12" in backing(row)
    assert checked("Chỉ tiêu: số hóa 12 loại [1].", row).status == "answered"
    for other in ("1 loại", "2 loại", "120 loại", "112 loại"):
        assert checked(f"Chỉ tiêu: số hóa {other} [1].", row).status == "not_found"


def test_percentage_is_not_another_with_the_same_digits() -> None:
    for printed, said in (("0,97%", "9,99%"), ("0,97%", "97%"), ("9,7%", "97%"), ("97%", "0,97%")):
        assert checked(f"Tỷ lệ là {said} [1].", source(f"đạt {printed}")).status == "not_found"


@pytest.mark.parametrize("answer", ["Có 12 hồ sơ [99].", "Có 12 hồ sơ [1][99].", "Sở làm tốt [99]."])
def test_marker_without_a_citation_takes_its_sentence_out(answer: str) -> None:
    draft = checked(answer, source("trễ hạn 12 hồ sơ"))
    assert (draft.status, draft.answer, draft.citations) == ("not_found", NOT_SAID, ())


# --- which citation, which source ---


def test_figure_needs_a_source_that_its_own_sentence_is_marked_with() -> None:
    one, two = source("Dược 7 hồ sơ", 1), source("Hành nghề 3 hồ sơ", 2)
    assert checked("Dược có 7 hồ sơ [1]. Hành nghề có 3 hồ sơ [2].", one, two).notices == ()
    assert checked("Dược có 7 hồ sơ [2]. Hành nghề có 3 hồ sơ [2].", one, two).answer == "Hành nghề có 3 hồ sơ [2]."
    assert checked("Dược có 7 hồ sơ. Hành nghề có 3 hồ sơ [2].", one, two).answer == "Hành nghề có 3 hồ sơ [2]."
    assert checked("Dược 7, hành nghề 3 hồ sơ [1][2].", one, two).notices == ()


def test_lines_of_a_list_are_claims_of_their_own() -> None:
    draft = checked("Gồm có:\n- Dược: 7 [1]\n- Hành nghề: 99 [1]", source("Dược 7; Hành nghề 3"))
    assert draft.answer == "Gồm có:\n- Dược: 7 [1]"


@pytest.mark.parametrize(
    "citation",
    [
        source("trễ hạn 12 hồ sơ"),
        source("trễ hạn¹", notes=(CitedNote("1", "gồm 12 hồ sơ", 0, 12),)),
        replace(source("trễ hạn"), document_number="12/BC-SYT"),
        replace(source("trễ hạn"), issued_on="2023-06-12"),
        replace(source("trễ hạn"), title="Kết quả 12 năm"),
        replace(source("trễ hạn"), section=("12. Hồ sơ",)),
    ],
    ids=["quote", "footnote", "number", "date", "title", "section"],
)
def test_figure_may_stand_in_quote_footnote_or_metadata(citation: Citation) -> None:
    assert "12" in backing(citation)
    assert checked("Có 12 hồ sơ [1].", citation).status == "answered"


def test_digits_of_a_marker_are_no_figure_of_the_quote() -> None:
    assert backing(source("trễ hạn¹² hồ sơ")) == set()


def test_figure_of_the_question_needs_no_other_source() -> None:
    draft = checked("Năm 2023 có 12 hồ sơ [1].", source("12 hồ sơ"), question="Năm 2023 có bao nhiêu hồ sơ?")
    assert draft.status == "answered"


def test_fractions_dates_and_document_numbers_are_checked_by_their_parts() -> None:
    held = source("10/12 đơn vị theo Quyết định số 77/QĐ-SYT ngày 06/6/2023")
    assert checked("Có 10/12 đơn vị theo 77/QĐ-SYT ngày 6/6/2023 [1].", held).notices == ()
    assert checked("Có 11/12 đơn vị [1].", held).status == "not_found"
    assert checked("Theo 78/QĐ-SYT [1].", held).status == "not_found"


def test_figures_of_a_dropped_sentence_go_with_it() -> None:
    figures = (
        AnswerFigure("hồ sơ", Decimal(12), "12", citations=(1,)),
        AnswerFigure("hồ sơ", Decimal(99), "99", citations=(1,)),
    )
    draft = Draft("answered", "Có 12 hồ sơ [1]. Có 99 hồ sơ [1].", None, figures, (source("12 hồ sơ"),))
    assert [figure.value for figure in check(draft, QUESTION).figures] == [Decimal(12)]


def test_marker_behind_the_full_stop_belongs_to_the_sentence_before_it() -> None:
    draft = checked("Có 12 hồ sơ. [1]", source("12 hồ sơ"))
    assert draft.status == "answered" and "12" in draft.answer


@pytest.mark.parametrize("answer", ["Có 12 hồ sơ.", ""])
def test_nothing_proved_is_refused_whole(answer: str) -> None:
    draft = checked(answer, source("12 hồ sơ"))
    assert (draft.status, draft.figures, draft.citations, draft.computation) == ("not_found", (), (), None)


# --- computations ---


@pytest.mark.parametrize(
    "computation",
    [
        "7 + 3 + 0 + 2 = 12",
        "318 - 7 = 311",
        "7 / 318 × 100 = 2,2",
        "7 / 318 × 100 ≈ 2",
        "7 : 318 × 100 = 2,2%",
        "(7 + 3) / 318 × 100 = 3,1",
        "1.230 + 7 = 1.237",
        "1.230 + 7 = 1237",
        "7 + 3 = 10; 10 + 2 = 12",
        "7 + 3 = 10\n10 / 318 × 100 = 3,14",
    ],
)
def test_computation_with_backed_operands_and_right_arithmetic_holds(computation: str) -> None:
    assert holds(computation, {"7", "3", "0", "2", "318", "1230"})


@pytest.mark.parametrize(
    "computation",
    [
        "7 + 3 + 0 + 2 = 13",
        "7 + 99 = 106",
        "7 / 318 × 100 = 2,3",
        "7 / 318 × 100 = 22",
        "7 / 0 = 7",
        "7 + = 7",
        "7 + 3",
        "= 12",
        "7 cộng 3 = 10",
        "__import__('os') = 7",
        "(7 + 3 = 10",
        "7 + 3 = mười",
        "7 + 3 = 10; 7 + 99 = 106",
        "",
    ],
)
def test_computation_that_does_not_hold_is_refused(computation: str) -> None:
    assert holds(computation, {"7", "3", "0", "2", "318"}) is None
    draft = checked("Cộng lại là 12 hồ sơ [1].", source("7; 3; 0; 2; 318; 12"), computation=computation)
    assert (draft.status, draft.answer, draft.computation) == ("not_found", NOT_SAID, None)


def test_result_of_a_computation_may_be_said_and_no_other() -> None:
    held = source("Dược 7, Hành nghề 3")
    assert checked("Cộng lại là **10 hồ sơ** [1].", held, computation="7 + 3 = 10").status == "answered"
    assert checked("Cộng lại là 11 hồ sơ [1].", held, computation="7 + 3 = 10").status == "not_found"


def test_operands_of_several_citations_may_be_added() -> None:
    draft = checked("Cộng lại là 10 [1][2].", source("7 hồ sơ", 1), source("3 hồ sơ", 2), computation="7 + 3 = 10")
    assert (draft.status, draft.computation) == ("answered", "7 + 3 = 10")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2 + 3 * 4", "14"),
        ("(2 + 3) * 4", "20"),
        ("10 - 2 - 3", "5"),
        ("100 / 10 / 2", "5"),
        ("1.230 + 0,5", "1230.5"),
        ("((7))", "7"),
    ],
)
def test_evaluate_reads_numbers_as_printed_and_the_usual_order(expression: str, value: str) -> None:
    assert evaluate(expression) == Decimal(value)


@pytest.mark.parametrize("expression", ["", "+", "7 +", "(7", "7)", "7 3", "1 / 0", "0 / 0", ")("])
def test_evaluate_gives_nothing_for_what_is_no_expression(expression: str) -> None:
    assert evaluate(expression) is None


@pytest.mark.parametrize("expression", ["12 đồng", "7 ^"])
def test_evaluate_gives_nothing_where_a_sign_is_unknown(expression: str) -> None:
    assert evaluate(expression) is None


@given(st.lists(st.tuples(st.sampled_from("+-*"), st.integers(0, 99_999)), min_size=1, max_size=6))
def test_evaluate_agrees_with_exact_arithmetic(parts: list[tuple[str, int]]) -> None:
    expression = str(parts[0][1]) + "".join(f" {sign} {number}" for sign, number in parts[1:])
    exact = eval(expression, {"__builtins__": {}})  # digits and signs that were made here
    assert evaluate(expression) == Decimal(exact)


@given(st.integers(0, 10_000), st.integers(1, 10_000), st.integers(0, 3))
def test_share_holds_at_every_rounding_and_not_a_step_beside_it(part: int, whole: int, places: int) -> None:
    exact = Fraction(part, whole) * 100
    rounded = Decimal(round(exact * 10**places)).scaleb(-places)
    known = {str(part), str(whole)}

    def said(value: Decimal) -> str:
        return f"{part} / {whole} * 100 = {value:f}".replace(".", ",")

    # three decimals read as thousands ("25,125"), which no answer prints
    if places != 3:
        assert holds(said(rounded), known)
        assert holds(said(rounded + 2 * Decimal(1).scaleb(-places)), known) is None


# --- citations ---


def hit(text: str) -> Hit:
    document = replace(report(), text=text)
    chunk = Chunk(document.document_id, 1, "paragraph", excerpt(text, [(0, len(text))]), ("I. KẾT QUẢ",))
    return Hit(chunk, 1.0, document)


def test_same_stretch_is_cited_once_and_markers_count_up() -> None:
    found, proof = hit("Có 12 hồ sơ. Có 7 đơn vị."), Proof()
    body = found.chunk.body
    first, second = body.reading.part(0, 12), body.reading.part(13, 25)
    assert [proof.cite(found, part) for part in (first, second, first)] == [1, 2, 1]
    assert [citation.quote for citation in proof.citations] == ["Có 12 hồ sơ.", "Có 7 đơn vị."]


def test_footnotes_join_a_stretch_that_is_cited_again() -> None:
    document = report()
    chunk = document.chunks[1]
    proof = Proof()
    proof.cite(Hit(chunk, 1.0, document), chunk.body)
    proof.cite(Hit(chunk, 1.0, document), chunk.body, chunk.footnotes)
    proof.cite(Hit(chunk, 1.0, document), chunk.body, chunk.footnotes)
    assert [note.marker for note in proof.citations[0].footnotes] == ["1"]


@pytest.mark.parametrize("stop", [". ", " "], ids=["sentences", "no sentence end"])
def test_long_quote_is_cut_and_stays_verbatim(stop: str) -> None:
    found, proof = hit(stop.join(f"Đơn vị thứ {n} có {n} hồ sơ" for n in range(200))), Proof()
    proof.cite(found, found.chunk.body)
    quote = proof.citations[0].quote
    assert 1_000 < len(quote) <= MAX_QUOTE
    assert fold_space(found.document.text).startswith(quote)


def test_quote_of_an_interrupted_sentence_marks_what_was_left_out() -> None:
    citation = cited(report())
    assert citation.quote == "trễ hạn […] 03 trường hợp¹"
    assert citation.quote == " […] ".join(fold_space(report().text[a:b]) for a, b in citation.spans)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Báo cáo số …/BC-SYT (số để trống) tháng 12/2022 của Sở Y tế tỉnh Kon Tum, mục II.6.5"),
        (
            {"number": "1987/BC-SYT", "issued_on": "2022-06-16"},
            "Báo cáo số 1987/BC-SYT ngày 16/6/2022 của Sở Y tế tỉnh Kon Tum, mục II.6.5",
        ),
        (
            {"number": None, "issued_on": "2022", "title": "Điểm tin"},
            "Báo cáo «Điểm tin» năm 2022 của Sở Y tế tỉnh Kon Tum, mục II.6.5",
        ),
        (
            {"status": "digest"},
            "Bản tóm lược báo cáo số …/BC-SYT (số để trống) tháng 12/2022 của Sở Y tế tỉnh Kon Tum, mục II.6.5",
        ),
    ],
    ids=["blank number", "number and day", "no number", "digest"],
)
def test_document_is_cited_as_people_cite_it(changes: dict[str, str], said: str) -> None:
    section = ("II. KẾT QUẢ THỰC HIỆN", "6. Chính quyền điện tử", "6.5. Giải quyết hồ sơ")
    assert cited_as(replace(report(), **changes), section) == said  # type: ignore[arg-type]  # the fields are strings


def test_blank_number_is_never_made_up() -> None:
    said = cited_as(report())
    assert "…/BC-SYT" in said and "để trống" in said


# --- text ---


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- Lĩnh vực Dược", "Lĩnh vực Dược"),
        ("– + Lĩnh vực\nDược", "Lĩnh vực Dược"),
        ("**Lĩnh vực** `Dược` [3] #1", "Lĩnh vực Dược 3 1"),
        ("", ""),
    ],
)
def test_plain_leaves_no_bullet_and_no_markdown_of_the_source(text: str, said: str) -> None:
    assert plain(text) == said


def test_refusal_is_said_in_one_sentence_without_figures() -> None:
    assert NOT_SAID.count(".") == 1 and "khong" in fold(NOT_SAID) and not any(c.isdigit() for c in NOT_SAID)
