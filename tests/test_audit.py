"""When the sources disagree with themselves: a finding where the form leaves no other reading, silence otherwise."""

from functools import cache
from pathlib import Path

import pytest
from workbench import DATA, YEARLY, chunks, read

from vectorstore import audit
from vectorstore.audit import of_document
from vectorstore.records import Finding


def findings(text: str, issued_on: str | None = None) -> list[Finding]:
    return of_document(chunks(text), issued_on)


def only(text: str, issued_on: str | None = None) -> Finding:
    (found,) = findings(text, issued_on)
    return found


LISTED = """Sở gửi {} Tờ trình¹ trong năm.
¹ - Tờ trình số 1/TTr-SYT ngày 02/02/2023 xin kinh phí.
- Tờ trình số 2/TTr-SYT ngày 03/02/2023 theo Quyết định số 9/QĐ-UBND."""

BY_FIELD = """Trong năm nhận {} hồ sơ, cụ thể:
- Dược: nhận 60 hồ sơ, trễ hạn 1 hồ sơ.
- Y: nhận 20 hồ sơ, trễ hạn 2 hồ sơ.
- Khác: nhận 10 hồ sơ, trễ hạn 0 hồ sơ."""


@cache
def messages(path: Path) -> tuple[str, ...]:
    """What is said of a file."""
    made = read(path)
    return tuple(finding.message for finding in of_document(made.chunks, made.issued_on))


def test_list_of_a_footnote_is_counted_against_the_text() -> None:
    found = only(LISTED.format("04"))
    assert found.kind == "source_conflict"
    assert "ghi 04 Tờ trình" in found.message
    assert "liệt kê 2: 1/TTr-SYT, 2/TTr-SYT" in found.message
    ((chunk, notes),) = found.evidence
    assert chunk.ordinal == 0
    assert [note.marker for note in notes] == ["1"]


def test_items_of_a_note_that_a_page_break_displaced_are_counted_with_it() -> None:
    found = of_document(read(DATA / YEARLY).chunks)
    assert ["04 Tờ trình" in one.message and "liệt kê 3: 15/TTr-SYT" in one.message for one in found] == [True]


def test_figures_of_a_footnote_are_added_against_the_text() -> None:
    text = "Có {} đơn vị² trực thuộc.\n² 15 đơn vị tự chủ một phần và 02 đơn vị do nhà nước bảo đảm"
    assert "ghi 16 đơn vị, nhưng chú thích 2 kể ra 17 (15 + 2)" in only(text.format("16")).message
    assert findings(text.format("17")) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Sở có 18 cơ sở, gồm: 3 cơ sở ở huyện, 9 cơ sở ở xã, 5 cơ sở tư.",
            "tổng 18 cơ sở, nhưng các phần cộng lại là 17 (3 + 9 + 5)",
        ),
        (
            "Đã phạt 40 cơ sở (11 cơ sở dược, 9 cơ sở y, 18 cơ sở ăn uống).",
            "tổng 40 cơ sở, nhưng các phần cộng lại là 38",
        ),
        (
            "Cử 60 người đi học (gồm 20 bác sĩ, 30 điều dưỡng, 12 dược sĩ).",
            "tổng 60 người, nhưng các phần cộng lại là 62",
        ),
    ],
)
def test_parts_in_a_sentence_are_added(text: str, said: str) -> None:
    found = only(text)
    assert found.kind == "source_error"
    assert said in found.message


def test_dossiers_done_and_left_are_added() -> None:
    found = only("Sở tiếp nhận 500 hồ sơ. Đã giải quyết 450 hồ sơ, còn lại 80 hồ sơ đang xử lý.")
    assert found.kind == "source_conflict"
    assert "tiếp nhận 500 hồ sơ" in found.message
    assert "530 (450 + 80)" in found.message


def test_list_is_added_against_the_total_that_introduces_it() -> None:
    found = only(BY_FIELD.format("100"))
    assert "tổng 100 hồ sơ" in found.message
    assert "90 (60 + 20 + 10)" in found.message
    assert [chunk.ordinal for chunk, _ in found.evidence] == [0, 1, 2, 3]


def test_names_of_a_list_are_counted_and_a_name_that_comes_twice_is_said() -> None:
    found = only("Đã gửi cho 6 tỉnh, gồm: Yên Bái, Trà Vinh, Cà Mau, Yên Bái, Huế, Hà Nam, Bạc Liêu.")
    assert "6 tỉnh" in found.message
    assert "7 tên (lặp: Yên Bái)" in found.message


def test_date_that_no_calendar_has_is_named_in_text_and_footnote() -> None:
    found = findings("Họp ngày 31/11/2022 và ngày 30/11/2022, xem¹.\n¹ Văn bản số 3/SYT-VP ngày 12/01/2105")
    assert [one.kind for one in found] == ["source_error", "source_error"]
    assert "31/11/2022" in found[0].message
    assert "12/01/2105" in found[1].message


def test_document_with_two_dates_is_named() -> None:
    text = "Kế hoạch số 12/KH-SYT ngày 03/01/2022 về kiểm tra.\n\nTheo Kế hoạch số 12/KH-SYT ngày 04/01/2022 của Sở."
    found = only(text)
    assert "Kế hoạch số 12/KH-SYT: 03/01/2022 và 04/01/2022" in found.message
    assert [chunk.ordinal for chunk, _ in found.evidence] == [0, 1]


def test_document_issued_after_the_report_is_named() -> None:
    text = "Sở đã ban hành Kế hoạch số 5/KH-SYT ngày 13/9/2023."
    assert "13/9/2023" in only(text, "2023-04-05").message
    assert findings(text, "2023-04") == []
    assert findings(text.replace("/9/", "/3/"), "2023-04-05") == []


@pytest.mark.parametrize(
    "text",
    [
        LISTED.format("02"),
        BY_FIELD.format("90"),
        "Phạt 12 vụ (04 tổ chức, 08 cá nhân).",
        "Tổng số 16 đơn, trong đó: 03 đơn tố cáo, 06 đơn khiếu nại và 07 đơn kiến nghị.",
        "Nhận 1.000 hồ sơ, trong đó 300 hồ sơ qua mạng.",
        "Sở tiếp nhận 500 hồ sơ. Đã giải quyết 450 hồ sơ, còn lại 50 hồ sơ đang xử lý.",
        "Đã gửi cho 6 tỉnh, gồm: Yên Bái, Trà Vinh, Cà Mau, Huế, Hà Nam, Bạc Liêu.",
        "Đạt 95%, gồm: 40 hồ sơ Dược, 12 hồ sơ Y, 3 hồ sơ khác.",
        "Kế hoạch số 12/KH-SYT ngày 03/01/2022.\n\nTheo Kế hoạch số 12/KH-SYT ngày 03 tháng 01 năm 2022.",
        "Ban hành 02 văn bản¹.\n¹ Văn bản số 3/SYT-VP ngày 12/01/2022",
    ],
)
def test_what_agrees_is_left_alone(text: str) -> None:
    assert findings(text) == []


def test_same_number_in_two_years_is_two_documents() -> None:
    text = "Kế hoạch số 12/KH-SYT ngày 03/01/2022 về kiểm tra.\n\nKế hoạch số 12/KH-SYT ngày 04/01/2023 về tập huấn."
    assert findings(text) == []


def test_rest_of_the_document_is_looked_at_only_where_it_has_to_be() -> None:
    (chunk,) = chunks("Sở nhận 12 hồ sơ trong tháng.")
    assert audit.of_chunk(chunk, lambda: pytest.fail("the document was asked for")) == []


def test_head_and_signature_are_not_audited(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Số: 3/BC-SYT\n\nBÁO CÁO\n\nKết quả họp ngày 31/11/2022\n\nI. VIỆC\n\nĐã xong.\n", encoding="utf-8")
    assert of_document(read(path).chunks) == []


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("000_*", ("23 Kế hoạch", "chú thích 1 liệt kê 21")),
        ("000_*", ("04 Tờ trình", "chú thích 2 liệt kê 5")),
        ("000_*", ("16 đơn vị", "17 (15 + 2)")),
        ("000_*", ("913 trường hợp", "921 (247 + 4 + 9 + 307 + 354)")),
        ("002_*", ("930 hồ sơ", "1081 (901 + 180)")),
        ("004_*", ("12/01/2105",)),
        ("004_*", ("21 tỉnh", "22 tên (lặp: Lâm Đồng)")),
    ],
)
def test_contradictions_of_the_originals_are_found(shared: Path, name: str, parts: tuple[str, ...]) -> None:
    (path,) = (shared / "corpus").glob(name)
    said = messages(path)
    assert [message for message in said if all(part in message for part in parts)]


def test_plan_without_contradictions_has_no_findings(shared: Path) -> None:
    (path,) = (shared / "corpus").glob("001_*")
    assert messages(path) == ()
