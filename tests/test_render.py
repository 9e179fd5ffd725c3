import re
import unicodedata
from dataclasses import replace
from typing import Literal

import pytest
from fakes import answered, cited, report

from assistant.schema import Answer, Notice
from ui.render import (
    answer_html,
    answer_text,
    document_json,
    document_title,
    failure_html,
    failure_sentence,
    is_known_failure,
    library_html,
    outline_json,
    question_html,
)
from vectorstore.records import Excerpt

ATTACK = "<img src=x onerror=\"alert(1)\"> & 'x' **<b>đậm</b>**"


def marked(html: str) -> list[str]:
    return re.findall(r"<mark>(.*?)</mark>", html)


def test_answer_html_marks_the_exact_quote_in_its_passage() -> None:
    document = report()
    html = answer_html(answered("Hỏi?", document), {1: document.chunks[1].body})
    assert marked(html) == ["trễ hạn", "03 trường hợp¹"]
    assert "đã giải quyết 254 trường hợp, <mark>trễ hạn</mark> […] <mark>03 trường hợp¹</mark>, hủy 20" in html


def test_answer_html_shows_the_quote_alone_without_its_passage() -> None:
    assert marked(answer_html(answered("Hỏi?", report()))) == ["trễ hạn […] 03 trường hợp¹"]


def test_answer_html_keeps_a_quote_of_several_lines_marked_as_one() -> None:
    text = "Một\n  hai ba"
    citation = replace(cited(report()), spans=((0, 9),), quote="Một hai")
    answer = replace(answered("Hỏi?", report()), citations=(citation,))
    html = answer_html(answer, {1: Excerpt(((0, len(text)),), (text,))})
    assert marked(html) == ["Một hai"]


def test_answer_html_shows_computation_notices_footnotes_and_the_link_to_the_text() -> None:
    html = answer_html(answered("Hỏi?", report("tài liệu 1")))
    assert "3 + 0 = 3" in html
    assert "Phạm vi trả lời." in html
    assert "<sup>1</sup> Theo Cổng dịch vụ công" in html
    assert 'href="/api/v1/documents/t%C3%A0i%20li%E1%BB%87u%201/text"' in html
    assert "mục II.1" in html
    assert "II. KẾT QUẢ" in html


def test_answer_html_shows_the_column_heads_of_a_row() -> None:
    citation = replace(cited(report()), heads=(("Đơn vị <chủ trì>", "Trung tâm"), ("Phối hợp", "Phòng")))
    html = answer_html(replace(answered("Hỏi?", report()), citations=(citation,)))
    assert "<th>Đơn vị &lt;chủ trì&gt;</th><td>Trung tâm</td>" in html


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_answer_html_reads_the_markdown_of_answers(form: Literal["NFC", "NFD"]) -> None:
    text = unicodedata.normalize(form, "Có **3 hồ sơ** [1], xem [9] và […]:\n- một [1]\n- hai\nHết.")
    html = answer_html(replace(answered("Hỏi?", report()), answer=text, answer_id="A1"))
    assert unicodedata.normalize(form, "<strong>3 hồ sơ</strong>") in html
    assert unicodedata.normalize(form, "<ul><li>một <a") in html
    assert unicodedata.normalize(form, "<li>hai</li></ul><p>Hết.</p>") in html
    assert html.count('href="#nguon-A1-1"') == 3  # two in the answer, one after the notice
    assert "[9] v" in html  # no citation of that number: left as text


def test_answer_html_is_one_line_so_that_markdown_leaves_it_alone() -> None:
    assert "\n" not in answer_html(answered("Hỏi?", report()))
    assert "\n" not in question_html("một\n\nhai")


def test_everything_from_documents_and_users_is_escaped() -> None:
    document = replace(report(), title=ATTACK, issuer=ATTACK, place=ATTACK, number=ATTACK, type=ATTACK)
    citation = replace(cited(report()), quote=ATTACK, cited_as=ATTACK, section=(ATTACK,), source=ATTACK)
    answer = replace(
        answered(ATTACK, report()),
        answer=ATTACK,
        computation=ATTACK,
        citations=(citation,),
        notices=(Notice("scope", ATTACK, ()),),
        answer_id='"><script>',
    )
    for html in (answer_html(answer), question_html(ATTACK), library_html([document]), failure_html(ATTACK)):
        assert "<img" not in html
        assert "<script" not in html
        assert "<b>" not in html


def test_question_html_reads_no_markdown() -> None:
    assert question_html("*một*\nhai") == '<div class="cchc-question">*một*<br>hai</div>'


def test_answer_text_gives_answer_computation_notices_and_numbered_citations() -> None:
    text = answer_text(answered("Hỏi?", report()))
    assert text.splitlines() == [
        "Sở Y tế tỉnh Kon Tum có 3 hồ sơ trễ hạn [1]:",
        "- Dược phẩm: 3 [1]",
        "",
        "Phép tính: 3 + 0 = 3",
        "",
        "Phạm vi trả lời: Chỉ tính lĩnh vực <b>Dược phẩm</b>. [1]",
        "",
        "Nguồn:",
        "[1] Báo cáo số …/BC-SYT (số để trống) tháng 12/2022 của Sở Y tế tỉnh Kon Tum, mục II.1",
        "    “trễ hạn […] 03 trường hợp¹”",
        '    Chú thích 1: Theo Cổng dịch vụ công của tỉnh <script>alert("x")</script>',
    ]


def test_answer_text_cannot_steer_a_terminal() -> None:
    assert "\x1b" not in answer_text(Answer("Hỏi?", "answered", "Đỏ \x1b[31m và \x9b2J\r xoá"))


def test_failure_sentence_names_the_next_step_and_no_path() -> None:
    sentence = failure_sentence(PermissionError(13, "denied", "/secret/library.sqlite3"))
    assert "/secret" not in sentence
    assert is_known_failure(PermissionError())
    assert not is_known_failure(KeyError("x"))
    assert "thử lại" in failure_sentence(KeyError("x"))


def test_document_json_has_the_fields_of_the_contract() -> None:
    found = document_json(report(), report().counts)
    assert found["document_number"] == "/BC-SYT"
    assert found["counts"] == {
        "sections": 2,
        "footnotes": 1,
        "tables": 0,
        "rows": 0,
        "chunks": 2,
        "figures": 0,
        "notices": 0,
    }


def test_outline_json_has_footnotes_in_place() -> None:
    first, outer, inner = outline_json(report())["sections"]
    assert first["path"] == [] and [chunk["kind"] for chunk in first["chunks"]] == ["head"]
    assert outer["path"] == ["II. KẾT QUẢ"] and outer["chunks"] == []
    (chunk,) = inner["chunks"]
    assert chunk["text"].startswith("Lĩnh vực Dược phẩm")
    assert chunk["footnotes"][0]["marker"] == "1"


def test_document_title_says_that_a_number_is_blank() -> None:
    assert document_title(report()).startswith("Báo cáo số …/BC-SYT (số để trống) của Sở Y tế tỉnh Kon Tum: Kết quả")


def test_library_html_says_what_to_do_when_it_is_empty() -> None:
    assert "cchc ingest" in library_html([])


def test_library_html_says_that_samples_are_samples() -> None:
    assert "đều là bản tóm lược mẫu" in library_html([report(status="digest")])
