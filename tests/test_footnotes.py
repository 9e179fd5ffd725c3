"""Footnotes in every form they are printed in: what calls them, what they say, and that no figure takes a marker."""

import textwrap

import pytest
from workbench import document as read_text
from workbench import faults

from vectorstore.quantities import quantities
from vectorstore.records import Chunk, Document

LONG = (
    "Sở đã rà soát toàn bộ quy trình của các phòng, đối chiếu với danh mục do tỉnh công bố và sửa những chỗ lệch với "
    "thực tế của đơn vị"
)


def document(body: str) -> Document:
    """A report with a heading and this body."""
    return read_text(f"I. KẾT QUẢ\n\n{body}")


def one(made: Document, words: str) -> Chunk:
    (found,) = [chunk for chunk in made.chunks if words in chunk.text]
    return found


def notes(made: Document) -> list[tuple[str, str]]:
    return [(note.marker, note.body.quote) for note in made.footnotes]


def counted(chunk: Chunk) -> list[tuple[str, str | None]]:
    return [(str(q.value), q.unit) for q in quantities(chunk.text)]


FORMS = {
    "{}": "{} ",
    "[{}]": "[{}] ",
    " [{}]": "[{}] ",
    "({})": "({}) ",
    "<sup>{}</sup>": "<sup>{}</sup> ",
    "[[{}]](#_ftn{})": "[[{}]](#_ftnref{}) ",
}
"""How a footnote is called, and how it begins."""


@pytest.mark.parametrize(("call", "head"), FORMS.items(), ids=FORMS)
def test_note_goes_with_its_sentence_and_its_marker_is_no_part_of_a_figure(call: str, head: str) -> None:
    def c(n: int) -> str:
        return call.format(n, n)

    text = (
        f"{LONG}; giảm thời gian của 13 TTHC{c(1)}, còn 16 đơn vị{c(2)} chưa làm, đạt 99,6%{c(3)}.\n\n"
        f"{head.format(1, 1)}Quyết định số 77/QĐ-SYT ngày 06/6/2023.\n\n"
        f"{head.format(2, 2)}Gồm 4 bệnh viện và 12 trung tâm y tế.\n\n{head.format(3, 3)}Số liệu của Sở Nội vụ.\n"
    )
    made = document(text)
    assert notes(made) == [
        ("1", "Quyết định số 77/QĐ-SYT ngày 06/6/2023."),
        ("2", "Gồm 4 bệnh viện và 12 trung tâm y tế."),
        ("3", "Số liệu của Sở Nội vụ."),
    ]
    caller = one(made, "13 TTHC, còn 16 đơn vị chưa làm, đạt 99,6%.")
    assert [note.marker for note in caller.footnotes] == ["1", "2", "3"]
    assert counted(caller) == [("13", "TTHC"), ("16", "đơn vị"), ("99.6", "%")]
    assert f"13 TTHC{c(1)}, còn 16 đơn vị{c(2)} chưa làm" in caller.body.quote
    assert faults(made) == []


def test_note_at_the_foot_of_a_page_is_found_in_text_broken_into_lines() -> None:
    filler = [f"- Việc thứ {word}: {LONG}, rồi báo cáo lãnh đạo." for word in ("một", "hai", "ba", "bốn", "năm", "sáu")]
    cut = textwrap.wrap(
        f"{LONG} tại thành phố1 và cắt giảm thời gian của 13 TTHC2 do Sở quản lý cùng với các đơn vị trực thuộc Sở, "
        "theo đúng lộ trình đã được phê duyệt.",
        84,
    )
    lines = [line for paragraph in filler for line in textwrap.wrap(paragraph, 84)]
    foot = ["1 Quyết định số 77/QĐ-SYT ngày 06/6/2023 của Sở Y tế về việc phê duyệt phương án", "cắt giảm thời gian."]
    foot += ["2 Công bố tại Quyết định số 78/QĐ-SYT", "5"]
    made = document("\n".join([*lines, *cut[:-1], *foot, *cut[-1:], *lines]))
    assert notes(made) == [("1", " ".join(foot[:2])[2:]), ("2", "Công bố tại Quyết định số 78/QĐ-SYT")]
    caller = one(made, "tại thành phố và cắt giảm thời gian của 13 TTHC do Sở quản lý cùng")
    assert [note.marker for note in caller.footnotes] == ["1", "2"]
    assert counted(caller) == [("13", "TTHC")]


def test_call_glued_to_a_year_leaves_the_year() -> None:
    made = document(
        f"{LONG}, theo Báo cáo ngày 20/7/20221 của Sở trong năm 20222.\n\n1 Báo cáo số 12/BC-SYT.\n2 Đến tháng 11.\n"
    )
    assert len(made.footnotes) == 2
    assert "ngày 20/7/2022 của Sở trong năm 2022." in made.chunks[0].text + made.chunks[-1].text


@pytest.mark.parametrize(
    "words",
    [
        "120 m2",
        "5 km2",
        "COVID19",
        "Điều 5",
        "CO2",
        "SpO2",
        "khu A1",
        "QĐ46",
        "tháng5",
        "H5N1",
        "B12",
        "mục (2)",
        "[1]",
    ],
)
def test_digit_that_belongs_to_a_word_calls_no_note(words: str) -> None:
    below = "1 Theo Sở Nội vụ.\n\n2 Phòng Dược\n\n5 Phòng Y\n\n46 Xã\n"
    made = document(f"{LONG}, có {words} ở đó và tại thành phố1 cũng vậy.\n\n{below}")
    assert [note.marker for note in made.footnotes] == ["1"]
    assert words in one(made, "tại thành phố cũng vậy").text


def test_list_in_brackets_is_no_list_of_notes() -> None:
    text = f"{LONG}, gồm: (1) rà soát; (2) công bố.\n\n(1) Rà soát 12 thủ tục;\n\n(2) Công bố 5 danh mục;\n"
    assert document(text).footnotes == ()


def test_numbered_lines_that_nothing_calls_are_no_notes() -> None:
    assert document(f"{LONG}.\n\n1 Phòng Dược\n2 Phòng Nghiệp vụ\n3 Thanh tra Sở\n").footnotes == ()


def test_each_section_may_count_its_notes_anew() -> None:
    made = document(
        f"{LONG}, ban hành 23 kế hoạch(1).\n\n(1) Tính đến hết tháng 11.\n\n"
        f"II. TỔ CHỨC\n\n{LONG}, còn 16 đơn vị(1) phải làm.\n\n(1) Gồm 4 bệnh viện.\n"
    )
    assert [note.body.quote for note in one(made, "23 kế hoạch").footnotes] == ["Tính đến hết tháng 11."]
    assert [note.body.quote for note in one(made, "16 đơn vị").footnotes] == ["Gồm 4 bệnh viện."]


def test_note_goes_on_over_paragraphs_and_its_list() -> None:
    made = document(
        f"{LONG}, ban hành 23 kế hoạch[1], 02 tờ trình[2] và 01 đề án[3].\n\n[1] Theo Quyết định số 99/QĐ-UBND.\n"
        "Quyết định này được công khai.\n\n"
        "[2] Gồm các tờ trình:\n- Tờ trình số 15/TTr-SYT.\n- Tờ trình số 48/TTr-SYT.\n\n"
        "[3] Gồm ba phần:\n- Phần chung;\n- Phần riêng.\n"
    )
    assert notes(made) == [
        ("1", "Theo Quyết định số 99/QĐ-UBND. Quyết định này được công khai."),
        ("2", "Gồm các tờ trình: - Tờ trình số 15/TTr-SYT. - Tờ trình số 48/TTr-SYT."),
        ("3", "Gồm ba phần: - Phần chung; - Phần riêng."),
    ]


def test_note_of_markdown_goes_on_where_it_is_set_in() -> None:
    made = document(
        f"# Kết quả\n\n{LONG}, 16 đơn vị[^1].\n\n[^1]: Gồm 4 bệnh viện.\n\n    Và 12 trung tâm.\n\n# Khác\n\n{LONG}.\n"
    )
    assert notes(made) == [("1", "Gồm 4 bệnh viện. Và 12 trung tâm.")]
    assert made.chunks[-1].text == f"{LONG}."


def test_note_that_is_called_twice_goes_with_both() -> None:
    made = document(f"{LONG}, 16 đơn vị[1].\n\n{LONG}, 9 phòng[1].\n\n[1] Tính đến hết tháng 11.\n")
    assert [[n.marker for n in c.footnotes] for c in made.chunks if c.kind == "paragraph"][-2:] == [["1"], ["1"]]


@pytest.mark.parametrize("head", ["({}) ", "[{}] "])
def test_notes_called_by_superscripts_may_be_numbered_otherwise(head: str) -> None:
    text = (
        f"{LONG}¹; 5/9 bệnh viện thu phí bằng mã QR².\n\n"
        f"{head.format(1)}Công bố ngày 25/10/2024.\n\n{head.format(2)}Bệnh viện tỉnh và 4 trung tâm.\n"
    )
    made = document(text)
    assert notes(made) == [("1", "Công bố ngày 25/10/2024."), ("2", "Bệnh viện tỉnh và 4 trung tâm.")]
