"""When the sources disagree with themselves: a finding where the form leaves no other reading, silence otherwise."""

from functools import cache
from pathlib import Path

import pytest
from workbench import DATA, YEARLY, chunks, document, read

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
    assert "13/9/2023" in only(text, "2023-04").message
    assert findings(text, "2023-09") == []
    assert findings(text, "2023") == []
    assert findings(text) == []
    assert findings(text.replace("/9/", "/3/"), "2023-04-05") == []


@pytest.mark.parametrize(
    "text",
    [
        "Ngày 13/9/2023 Sở ban hành Kế hoạch số 5/KH-SYT về kiểm tra.",
        "Tính đến ngày 13/9/2023, đã có 15 xã hoàn thành.",
        "Thực hiện Quyết định số 7/QĐ-UBND ngày 13 tháng 9 năm 2023.",
    ],
)
def test_what_was_done_after_the_reports_own_day_is_named(text: str) -> None:
    found = only(text, "2023-04-05")
    assert found.kind == "source_error"
    assert "sau ngày của chính" in found.message
    assert "5/4/2023" in found.message
    assert findings(text, "2023-10-01") == []


@pytest.mark.parametrize(
    "text",
    [
        "Báo cáo trước ngày 13/9/2023 theo Kế hoạch số 5/KH-SYT.",
        "Dự kiến đến ngày 13/9/2023 sẽ ban hành Kế hoạch số 5/KH-SYT.",
        "Sở phấn đấu tính đến ngày 13/9/2023 đã có 15 xã hoàn thành.",
    ],
)
def test_what_is_still_to_come_may_lie_after_the_reports_own_day(text: str) -> None:
    assert findings(text, "2023-04-05") == []


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
        ("002_*", ("930 hồ sơ", "1.081 (901 + 180)")),
        ("004_*", ("12/01/2105",)),
        ("004_*", ("21 tỉnh", "22 tên (lặp: Lâm Đồng)")),
    ],
)
def test_contradictions_of_the_originals_are_found(shared: Path, name: str, parts: tuple[str, ...]) -> None:
    (path,) = (shared / "corpus").glob(name)
    said = messages(path)
    assert [message for message in said if all(part in message for part in parts)]


def test_originals_hold_nothing_else(shared: Path) -> None:
    said = {path.name[:3]: messages(path) for path in sorted((shared / "corpus").glob("*"))}
    assert {name: len(found) for name, found in said.items()} == {"000": 6, "001": 2, "002": 7, "003": 2, "004": 5}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Năm qua Sở ban hành 15 văn bản, gồm: 04 kế hoạch, 06 quyết định và 07 công văn.",
            "tổng 15 văn bản, nhưng các phần cộng lại là 17 (4 + 6 + 7)",
        ),
        (
            "Tổng số cán bộ, công chức, viên chức là 120 người, trong đó: 30 công chức, 75 viên chức và 25 "
            "người lao động.",
            "tổng 120 người, nhưng các phần cộng lại là 130 (30 + 75 + 25)",
        ),
        (
            "Toàn huyện có 14 trạm y tế, gồm 10 trạm y tế xã và 3 trạm y tế phường.",
            "tổng 14 trạm y tế, nhưng các phần cộng lại là 13 (10 + 3)",
        ),
        (
            "Tổng số hồ sơ tiếp nhận là 1.250 hồ sơ (trực tuyến: 900 hồ sơ; trực tiếp: 250 hồ sơ; kỳ trước "
            "chuyển sang: 80 hồ sơ).",
            "tổng 1.250 hồ sơ, nhưng các phần cộng lại là 1.230 (900 + 250 + 80)",
        ),
        (
            "Kinh phí thực hiện là 950 triệu đồng: tập huấn 300 triệu đồng; phần mềm 500 triệu đồng; tuyên "
            "truyền 120 triệu đồng.",
            "tổng 950 triệu đồng, nhưng các phần cộng lại là 920 (300 + 500 + 120)",
        ),
        ("Có 45 đơn, trong đó 50 đơn khiếu nại.", "45 đơn, nhưng trong đó lại có phần 50, lớn hơn tổng: 50"),
        (
            "Xử phạt 20 cơ sở, trong đó 25 cơ sở dược, 5 cơ sở khám bệnh.",
            "20 cơ sở, nhưng trong đó lại có phần 25, lớn hơn tổng: 25, 5",
        ),
        (
            "Sở có 12 đơn vị trực thuộc, bao gồm: 05 bệnh viện, 06 trung tâm và 02 chi cục.",
            "tổng 12 đơn vị, nhưng các phần cộng lại là 13 (5 + 6 + 2)",
        ),
        (
            "Tổng số 162 TTHC, cụ thể: cấp tỉnh 150 TTHC; cấp huyện 08 TTHC; cấp xã 02 TTHC.",
            "tổng 162 TTHC, nhưng các phần cộng lại là 160 (150 + 8 + 2)",
        ),
        (
            "Trong kỳ tiếp nhận 800 hồ sơ; đã giải quyết 750 hồ sơ, đang giải quyết 60 hồ sơ.",
            "tiếp nhận 800 hồ sơ, nhưng đã xử lý 750 và còn lại 60, cộng lại là 810 (750 + 60)",
        ),
        (
            "Tổng số hồ sơ tiếp nhận: 1.200 hồ sơ. Đã giải quyết: 1.100 hồ sơ, trong đó trước hạn 400 hồ "
            "sơ, đúng hạn 690 hồ sơ, quá hạn 20 hồ sơ. Đang giải quyết: 100 hồ sơ.",
            "tổng 1.100 hồ sơ, nhưng các phần cộng lại là 1.110 (400 + 690 + 20)",
        ),
        (
            "Tiếp nhận 300 hồ sơ, đã giải quyết 280 hồ sơ, còn lại 10 hồ sơ đang giải quyết.",
            "tiếp nhận 300 hồ sơ, nhưng đã xử lý 280 và còn lại 10, cộng lại là 290 (280 + 10)",
        ),
        (
            "Lĩnh vực Dược: Tiếp nhận 100 trường hợp. Trong đó đã giải quyết sớm hạn, đúng hạn: 80 trường "
            "hợp; đang giải quyết 15 trường hợp do chưa đến hạn, trễ hạn 01 trường hợp, hủy 5 trường hợp.",
            "tiếp nhận 100 trường hợp, nhưng đã xử lý 80 và còn lại 15, 01, 5, cộng lại là 101 (80 + 15 + 1 + 5)",
        ),
        (
            "UBND tỉnh giao 59 nhiệm vụ; đã hoàn thành 50 nhiệm vụ, còn 12 nhiệm vụ đang thực hiện.",
            "tiếp nhận 59 nhiệm vụ, nhưng đã xử lý 50 và còn lại 12, cộng lại là 62 (50 + 12)",
        ),
        ("Có 98/120 hồ sơ nộp trực tuyến (85%).", "98/120 là 85%, nhưng 98 / 120 × 100 = 81,7"),
        ("Đến nay 15/20 đơn vị hoàn thành, đạt tỷ lệ 80%.", "15/20 là 80%, nhưng 15 / 20 × 100 = 75"),
        (
            "Tỷ lệ giải quyết đúng hạn đạt 95,5% (1.820/2.000 hồ sơ).",
            "1.820/2.000 là 95,5%, nhưng 1.820 / 2.000 × 100 = 91",
        ),
        (
            "Sở tiếp nhận 640 hồ sơ, trong đó 320 hồ sơ trực tuyến, chiếm 55%.",
            "320 trong 640 hồ sơ là 55%, nhưng 320 / 640 × 100 = 50",
        ),
        (
            "Có 45 thủ tục trên tổng số 180 thủ tục được cung cấp trực tuyến, đạt tỷ lệ 35%.",
            "45 trên 180 thủ tục là 35%, nhưng 45 / 180 × 100 = 25",
        ),
        (
            "Rút ngắn thời gian giải quyết từ 10 ngày xuống còn 7 ngày, giảm 4 ngày.",
            "từ 10 ngày thành 7 ngày là thay đổi 4 ngày, nhưng 10 - 7 = 3",
        ),
        (
            "Cắt giảm 5 ngày làm việc (từ 15 ngày làm việc xuống còn 12 ngày làm việc).",
            "từ 15 ngày làm việc thành 12 ngày làm việc là thay đổi 5 ngày làm việc, nhưng 15 - 12 = 3",
        ),
        (
            "Sắp xếp từ 20 phòng còn 15 phòng, giảm 6 phòng.",
            "từ 20 phòng thành 15 phòng là thay đổi 6 phòng, nhưng 20 - 15 = 5",
        ),
        (
            "Năm 2021 đạt 80,5%, năm 2022 đạt 85,2% (tăng 5,7%).",
            "từ 80,5% thành 85,2% là thay đổi 5,7%, nhưng 85,2 - 80,5 = 4,7",
        ),
        ("Sở phối hợp với 4 huyện, gồm: Tam Nông, Thanh Ba, Hạ Hòa.", "4 huyện, nhưng danh sách kèm theo có 3 tên"),
        (
            "Thành lập 02 đoàn kiểm tra tại 5 xã: Phú Lộc, Phú Hộ, Hà Lộc, Hà Thạch.",
            "5 xã, nhưng danh sách kèm theo có 4 tên",
        ),
        (
            "Kế hoạch có 04 nhiệm vụ: (1) Cải cách thể chế; (2) Cải cách thủ tục; (3) Chuyển đổi số.",
            "04 nhiệm vụ, nhưng danh sách kèm theo có 3 mục",
        ),
        (
            "Kế hoạch đề ra 03 giải pháp sau:\n- Tuyên truyền.\n- Tập huấn.\n- Kiểm tra.\n- Khen "
            "thưởng.\n\nII. KẾT QUẢ\n\nĐã xong.",
            "03 giải pháp, nhưng bên dưới liệt kê 4 mục",
        ),
        (
            "Kế hoạch gồm 05 nội dung sau:\n1. Tuyên truyền.\n2. Tập huấn.\n3. Kiểm tra.\n4. Khen "
            "thưởng.\n\nII. KẾT QUẢ\n\nĐã xong.",
            "05 nội dung, nhưng bên dưới liệt kê 4 mục",
        ),
        ("Họp ngày 30/02/2023 tại Sở.", "ngày không thể có: «ngày 30/02/2023»"),
        ("Kế hoạch đến năm 2203, hoàn thành số hóa.", "năm không thể có: «năm 2203»"),
        (
            "Từ ngày 15/12/2022 đến ngày 14/12/2021, Sở tiếp nhận 10 hồ sơ.",
            "khoảng thời gian kết thúc trước khi bắt đầu: «Từ ngày 15/12/2022 đến ngày 14/12/2021»",
        ),
        ("Giai đoạn 2025-2021 đã qua.", "khoảng thời gian kết thúc trước khi bắt đầu: «Giai đoạn 2025-2021»"),
        (
            "Quyết định số 15/QĐ-SYT ngày 03/4/2023 của Sở.\n\nII. B\n\nThực hiện Quyết định số 15/QĐ-SYT "
            "ngày 13/4/2023 của Sở Y tế.",
            "hai ngày cho Quyết định số 15/QĐ-SYT: 03/4/2023 và 13/4/2023 ở mục II",
        ),
        (
            "Theo Quyết định số 12/KH-SYT ngày 02/3/2023 của Sở Y tế.",
            "«Quyết định số 12/KH-SYT ngày 02/3/2023», nhưng ký hiệu KH là của Kế hoạch, không phải Quyết định",
        ),
        (
            "Theo Công văn số 345/BNV-CCHC ngày 02/3/2023 của Bộ Y tế.",
            "«Công văn số 345/BNV-CCHC ngày 02/3/2023», nhưng ký hiệu BNV là của Bộ Nội vụ, không phải Bộ Y tế",
        ),
        (
            "Thực hiện Nghị quyết số 76/NQ-CP của Quốc hội.",
            "«Nghị quyết số 76/NQ-CP», nhưng ký hiệu CP là của Chính phủ, không phải Quốc hội",
        ),
        (
            "Tổng số TTHC là 1.812 TTHC, trong đó cấp tỉnh 1.412 TTHC, cấp huyện 260 TTHC và cấp xã 130 TTHC.",
            "tổng 1.812 TTHC, nhưng các phần cộng lại là 1.802 (1.412 + 260 + 130)",
        ),
        (
            "I. A\n\n- Tổng số hồ sơ tiếp nhận: 500 hồ sơ, trong đó:\n+ Trực tuyến: 300 hồ sơ.\n+ Trực "
            "tiếp: 150 hồ sơ.\n+ Kỳ trước chuyển qua: 60 hồ sơ.",
            "tổng 500 hồ sơ, nhưng các mục bên dưới cộng lại là 510 (300 + 150 + 60)",
        ),
        (
            "I. A\n\n- Tổng số hồ sơ đã giải quyết là 480 hồ sơ, gồm:\n+ Trước hạn: 300 hồ sơ.\n+ Đúng "
            "hạn: 150 hồ sơ.\n+ Quá hạn: 10 hồ sơ.",
            "tổng 480 hồ sơ, nhưng các mục bên dưới cộng lại là 460 (300 + 150 + 10)",
        ),
        (
            "Theo số liệu tháng 13/2022, đã có 5 xã.",
            "tháng hoặc quý không thể có: «tháng 13/2022»",
        ),
        (
            "Báo cáo quý V/2022 của Sở.",
            "tháng hoặc quý không thể có: «quý V/2022»",
        ),
        (
            "Quyết định số 15/2022/QĐ-UBND ngày 03/4/2022 của UBND tỉnh.\n\nTheo Quyết định số "
            "15/2022/QĐ-UBND ngày 14/4/2021.",
            "hai ngày cho Quyết định số 15/2022/QĐ-UBND: 03/4/2022 và 14/4/2021",
        ),
        (
            "Kế hoạch số 15/KH-UBND ngày 03/4/2022 của UBND tỉnh.\n\nTheo Kế hoạch số 15/KH-UBND ngày 03/4/2021.",
            "hai ngày cho Kế hoạch số 15/KH-UBND: 03/4/2022 và 03/4/2021",
        ),
        (
            "Hội nghị có 350 đại biểu tham dự, trong đó 400 đại biểu nữ.",
            "350 đại biểu, nhưng trong đó lại có phần 400, lớn hơn tổng: 400",
        ),
        (
            "Năm 2022, Sở tổ chức 12 cuộc kiểm tra, trong đó 15 cuộc kiểm tra đột xuất.",
            "12 cuộc, nhưng trong đó lại có phần 15, lớn hơn tổng: 15",
        ),
        (
            "Có 45 cơ sở vi phạm, gồm 20 cơ sở thực phẩm, 15 cơ sở dược và 12 cơ sở khám bệnh.",
            "tổng 45 cơ sở, nhưng các phần cộng lại là 47 (20 + 15 + 12)",
        ),
        (
            "Đoàn kiểm tra 30 đơn vị: 10 đơn vị cấp tỉnh, 12 đơn vị cấp huyện, 9 đơn vị cấp xã.",
            "tổng 30 đơn vị, nhưng các phần cộng lại là 31 (10 + 12 + 9)",
        ),
        (
            "Kết quả: 480/500 phiếu hài lòng, đạt 98%.",
            "480/500 là 98%, nhưng 480 / 500 × 100 = 96",
        ),
        (
            "Sở có 5 phòng chuyên môn gồm: Văn phòng, Thanh tra, Phòng Nghiệp vụ Y, Phòng Nghiệp vụ Dược.",
            "5 phòng, nhưng danh sách kèm theo có 4 tên",
        ),
        (
            "Chỉ số đạt 85,5 điểm, tăng 3,2 điểm so với năm 2021 (80,5 điểm).",
            "từ 80,5 điểm thành 85,5 điểm là thay đổi 3,2 điểm, nhưng 85,5 - 80,5 = 5",
        ),
        (
            "Huyện tăng 5 bậc, từ hạng 9 lên hạng 5.",
            "từ hạng 9 thành hạng 5 là tăng 5 bậc, nhưng chênh lệch là 4",
        ),
        (
            "Khảo sát tại 4 huyện là Năm Căn, Đầm Dơi và Cái Nước, thu về 90 phiếu.",
            "4 huyện, nhưng danh sách kèm theo có 3 tên",
        ),
        (
            "Đã trả 3.406/3.406 hồ sơ (HS) của công dân (đạt tỷ lệ 98%).",
            "3.406/3.406 là 98%, nhưng 3.406 / 3.406 × 100 = 100",
        ),
    ],
)
def test_each_form_of_disagreement_is_said_once_with_both_figures(text: str, said: str) -> None:
    assert said in only(text, "2023-12-31").message


@pytest.mark.parametrize(
    "text",
    [
        "Sở có 120 người, trong đó 60 nữ, 40 đảng viên, 35 thạc sĩ.",
        "Nhận 100 hồ sơ, trong đó 60 hồ sơ trực tuyến, 90 hồ sơ đúng hạn.",
        "Trang bị 02 bộ máy, gồm 01 máy tính, 01 máy in, 01 máy quét.",
        "Họp từ 2 - 03 ngày (gồm: 02 ngày thảo luận; 0,5 - 01 ngày bế mạc).",
        "Ban hành 05 kế hoạch; trong đó triển khai 12 nhiệm vụ trọng tâm, 03 giải pháp.",
        "Tổ chức 02 lớp tập huấn cho 300 người, gồm 120 công chức, 180 viên chức.",
        (
            "Tiếp nhận 500 hồ sơ (trong đó kỳ trước chuyển sang 50 hồ sơ), đã giải quyết 450 hồ sơ, đang giải "
            "quyết 50 hồ sơ."
        ),
        "Tiếp nhận mới 500 hồ sơ, kỳ trước chuyển sang 50 hồ sơ; đã giải quyết 520 hồ sơ, đang giải quyết 30 hồ sơ.",
        "Đã giải quyết 100 hồ sơ, đúng hạn 98 hồ sơ, trễ hạn 02 hồ sơ.",
        "Đạt 98/120 hồ sơ (81,7%).",
        "Đạt 98/120 hồ sơ (81,6%).",
        "Đạt 98/120 hồ sơ (82%).",
        "Có 10/10 đơn vị đạt 100%.",
        "Giải ngân 50/80 tỷ đồng, đạt 95% kế hoạch quý.",
        "Có 12/15 xã đạt chuẩn, tỷ lệ hài lòng đạt 95%.",
        "Tiếp nhận 930 hồ sơ, trong đó 410 hồ sơ trực tuyến, đạt 102% kế hoạch.",
        "Rút ngắn từ 10 ngày xuống còn 7 ngày, giảm 30%.",
        "Giảm 3 ngày (từ 10 ngày xuống còn 7 ngày).",
        "Năm 2021 đạt 80,5%, năm 2022 đạt 85,2% (tăng 4,7%).",
        "Năm 2021 đạt 80%, năm 2022 đạt 84% (tăng 5%).",
        "Kỷ niệm ngày thành lập Đảng (03/02/1930 - 03/02/2023) và ngày sinh Bác (19/5/1890).",
        "Phối hợp với 3 sở, gồm: Sở Thông tin và Truyền thông, Sở Kế hoạch và Đầu tư, Sở Nội vụ.",
        "Phối hợp với 12 tỉnh, gồm: Hà Nam, Hà Nội, Hải Dương, ...",
        "Kế hoạch có 03 nhiệm vụ: (1) Cải cách thể chế; (2) Cải cách thủ tục (gồm 2 mục); (3) Chuyển đổi số.",
        "Kế hoạch đề ra 03 giải pháp sau:\n- Tuyên truyền.\n- Tập huấn.\n- Kiểm tra.\n\nII. KẾT QUẢ\n\nĐã xong.",
        (
            "Kế hoạch đề ra 02 nhóm giải pháp sau:\n1. Tuyên truyền:\n- Báo.\n- Đài.\n2. Tập huấn:\n- Lớp.\n- "
            "Tài liệu.\n\nII. KẾT QUẢ\n\nĐã xong."
        ),
        "Trong năm 2450 hồ sơ đã được số hóa.",
        "Quy định số 293-QĐ/TU ngày 24/12/2021 của Ban Thường vụ Tỉnh ủy.",
        (
            "Thông báo số 12/TB-VPCP ngày 02/3/2023 của Văn phòng Chính phủ; Quyết định số 06/QĐ-TTg ngày "
            "06/01/2022 của Chính phủ."
        ),
        "Quyết định số 15/QĐ-UBND ngày 03/4/2023 của Chủ tịch UBND tỉnh.",
        "Thông tư liên tịch số 07/2016/TTLT-BYT-BTC ngày 15/4/2016 của Bộ Tài chính.",
        "Giai đoạn 2021-2025 và giai đoạn 2026-2030, tầm nhìn đến năm 2045.",
        (
            "Phát triển kinh tế biển giai đoạn 2021 - 2025, tầm nhìn đến năm 2030.\n\nPhát triển kinh tế biển "
            "giai đoạn 2021 - 2030, tầm nhìn đến năm 2050."
        ),
        "Có 10 đơn vị hoàn thành, trong đó 02 đơn vị xuất sắc; 03 đơn vị chưa hoàn thành.",
        "Ban hành 30 văn bản, trong đó có 05 kế hoạch, 10 quyết định.",
        "Tổng số biên chế được giao 54 người, hiện có 50 người (nữ 30 người, đảng viên 45 người, thạc sĩ 12 người).",
        "Bệnh viện có 150 giường, gồm 100 giường kế hoạch, 50 giường xã hội hóa.",
        "Có 7 đơn vị đạt từ 80 điểm trở lên, 4 đơn vị đạt dưới 80 điểm.",
        "Sở tiếp nhận 100 hồ sơ; UBND huyện tiếp nhận 50 hồ sơ, đã giải quyết 45 hồ sơ, đang giải quyết 5 hồ sơ.",
        "Cấp tỉnh: tiếp nhận 100 hồ sơ, giải quyết 90 hồ sơ. Cấp huyện: tiếp nhận 200 hồ sơ, đang giải quyết 30 hồ sơ.",
        (
            "I. A\n\n- Tổng số hồ sơ tiếp nhận: 500 hồ sơ, trong đó:\n+ Trực tuyến: 300 hồ sơ.\n+ Trực tiếp: "
            "150 hồ sơ.\n+ Kỳ trước chuyển qua: 50 hồ sơ."
        ),
        (
            "I. A\n\nKiểm tra 20 đơn vị, phát hiện:\n- 5 đơn vị chưa niêm yết.\n- 8 đơn vị chậm báo cáo.\n- 9 "
            "đơn vị thiếu hồ sơ."
        ),
        "I. A\n\n- Sở tiếp nhận 500 hồ sơ.\n+ Dược: 300 hồ sơ.\n+ Y: 250 hồ sơ đã giải quyết.",
        (
            "Điều 1. Công bố 03 thủ tục hành chính (Phụ lục kèm theo).\n\nPHỤ "
            "LỤC\n\nSTT	Mã	Tên\n1	1.001	A\n2	1.002	B\n3	1.003	C\n"
        ),
        "Kế hoạch số 15/KH-UBND ngày 03/4/2022 của UBND tỉnh.\n\nTheo Kế hoạch số 15/KH-UBND ngày 05/4/2021.",
        "Mục tiêu đến năm 2025:\n- 100% hồ sơ trực tuyến.\n- 90% hồ sơ số hóa.",
        "Trong 10 đơn vị, 3 đơn vị loại A (gồm Sở Y tế, Sở Nội vụ, Sở Tư pháp), 7 đơn vị loại B.",
        "Có 5 sở (Sở Y tế, Sở Nội vụ) hoàn thành.",
        (
            "Sở được giao 54 biên chế, trong đó 30 biên chế tại cơ quan Sở, 12 biên chế tại Chi cục Dân số, 12 "
            "biên chế tại Chi cục An toàn thực phẩm."
        ),
        "Huyện tăng 5 bậc, từ vị trí thứ 9 lên vị trí thứ 4.",
        "Khảo sát tại 3 huyện là Năm Căn, Đầm Dơi và Cái Nước, thu về 90 phiếu.",
        "Trong 4 huyện, đứng đầu là Năm Căn, Đầm Dơi đứng thứ hai.",
        "Chiếm 1/3 số hồ sơ (32,8%).",
        "Mật độ 272 người/km², trong đó dân số thành thị 587.800 người.",
    ],
)
def test_what_looks_like_it_and_is_none_is_left_alone(text: str) -> None:
    assert findings(text, "2023-12-31") == []


PLAN = """Số: 3/KH-SYT

Cà Mau, ngày 05 tháng 01 năm 2024

KẾ HOẠCH

Nâng cao chỉ số hài lòng của người dân đối với ngành Y tế tỉnh Cà Mau giai đoạn 2024 - 2026

I. MỤC TIÊU

Trên 95% hồ sơ thủ tục hành chính trễ hạn được xin lỗi người nộp kịp thời, bằng văn bản.

PHỤ LỤC

Nhiệm vụ nâng cao chỉ số hài lòng của người dân đối với ngành Y tế tỉnh Cà Mau giai đoạn {}

STT	Tiêu chí	Chỉ tiêu	Chủ trì
1.	Xin lỗi người nộp	Trên {}% hồ sơ TTHC trễ hạn được xin lỗi người nộp kịp thời bằng văn bản	Văn phòng
2.	Giải quyết hồ sơ	Trên 90% hồ sơ TTHC được giải quyết đúng hạn	Văn phòng
"""


def plan(period: str, share: str) -> list[str]:
    return [one.message for one in of_document(document(PLAN.format(period, share)).chunks)]


def test_target_of_the_text_is_compared_with_that_of_the_annex() -> None:
    (said,) = plan("2024 - 2026", "85")
    assert "mục I ghi 95%" in said
    assert "dòng 1 của bảng ghi 85%" in said
    assert plan("2024 - 2026", "95") == []


def test_period_of_the_title_is_compared_with_that_of_the_annex() -> None:
    (said,) = plan("2023 - 2026", "95")
    assert "giai đoạn 2024–2026" in said
    assert "giai đoạn 2023–2026" in said


TABLE = """I. SỐ LIỆU

STT	Đơn vị	Tiếp nhận	Đúng hạn	Tỷ lệ (%)
1	Huyện A	100	90	90%
2	Huyện B	50	50	100%
3	Huyện C	20	15	75%
Tổng cộng		{}	155	91%

II. KHÁC

Đã xong.
"""


def test_row_of_totals_is_added_column_by_column() -> None:
    found = only(TABLE.format("180"))
    assert "ghi 180 ở cột «Tiếp nhận»" in found.message
    assert "170 (100 + 50 + 20)" in found.message
    assert findings(TABLE.format("170")) == []


SHARES = """I. SỐ LIỆU

STT	Đơn vị	Tiếp nhận	Đúng hạn	Tỷ lệ (%)
1	Huyện A	100	90	90
2	Huyện B	50	50	100
3	Huyện C	20	15	75
4	Huyện D	40	30	{}
5	Huyện E	60	55	91,7
"""


def test_share_that_other_columns_do_not_make_is_named() -> None:
    assert "Bảng ghi 85 ở cột «Tỷ lệ (%)», nhưng 30 / 40 × 100 = 75" in only(SHARES.format("85")).message
    assert findings(SHARES.format("75")) == []


def test_share_of_something_else_is_left_alone() -> None:
    shares = SHARES.format("85").replace("\t90\n", "\t12\n").replace("\t100\n", "\t40\n").replace("\t75\n", "\t33\n")
    assert findings(shares) == []


ANNEX = """Điều 1. Thông qua phương án đơn giản hóa {} thủ tục hành chính của Sở (Phụ lục kèm theo).

PHỤ LỤC

STT	Mã	Tên
1	1.001	Cấp phép
2	1.002	Đổi phép
3	1.003	Thu hồi
"""


def test_announced_count_is_compared_with_the_annex() -> None:
    assert "ghi 05 thủ tục hành chính, nhưng bảng kèm theo có 3 dòng" in only(ANNEX.format("05")).message
    assert findings(ANNEX.format("03")) == []


def test_table_with_a_row_missing_is_left_alone() -> None:
    assert findings(TABLE.format("180").replace("2\tHuyện B\t50\t50\t100%\n", "")) == []


PROPOSAL = """I. LĨNH VỰC

1. Thủ tục

1.1. Nội dung

Giảm thời gian giải quyết từ 08 ngày làm việc xuống còn 05 ngày làm việc.

1.2. Lợi ích

Giảm được {} ngày làm việc, cụ thể:

- Chi phí tuân thủ trước khi đơn giản hóa: 10.000.000 đồng/năm.
- Chi phí tuân thủ sau khi đơn giản hóa: 7.000.000 đồng/năm.
- Chi phí tiết kiệm: {} đồng/năm.
- Tỷ lệ cắt giảm chi phí: {}%.
"""


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        (("02", "3.000.000", "30"), "3 ngày làm việc (8 - 5), nhưng bên dưới ghi giảm 02 ngày làm việc"),
        (("03", "4.000.000", "30"), "10.000.000 - 7.000.000 = 3.000.000 đồng"),
        (("03", "3.000.000", "40"), "3.000.000 / 10.000.000 × 100 = 30%"),
    ],
)
def test_what_a_proposal_saves_is_reckoned(figures: tuple[str, str, str], said: str) -> None:
    assert said in only(PROPOSAL.format(*figures)).message
    assert findings(PROPOSAL.format("03", "3.000.000", "30")) == []


REPORT = """Số: 3/BC-SYT

Cà Mau, ngày 05 tháng 12 năm 2023

BÁO CÁO

Kết quả cải cách hành chính năm 2023

I. KẾT QUẢ

Ngành y tế tỉnh Cà Mau đã triển khai kế hoạch. Sở Y tế tỉnh Cà Mau đã ban hành văn bản.

{}

Trên địa bàn tỉnh Cà Mau, việc tiếp nhận hồ sơ đúng quy định.

II. ĐÁNH GIÁ

Tỉnh Cà Mau làm tốt.
"""


@pytest.mark.parametrize(
    ("sentence", "foreign"),
    [
        ("Sở Y tế tỉnh Yên Bái đã chỉ đạo các đơn vị thực hiện.", True),
        ("Thông tin được niêm yết trên địa bàn tỉnh Yên Bái.", True),
        ("Sở Y tế tỉnh Cà Mau đã học tập kinh nghiệm của Sở Y tế tỉnh Yên Bái.", False),
        ("Đoàn công tác của Sở Y tế tỉnh Yên Bái đã đến làm việc.", False),
        ("Sở Y tế tỉnh Bạc Liêu đã bàn giao hồ sơ.", False),  # merged into Cà Mau since
        ("Bệnh nhân ở Yên Bái được chuyển đến.", False),
    ],
)
def test_province_that_is_not_the_reports_is_named(sentence: str, foreign: bool) -> None:
    found = of_document(document(REPORT.format(sentence)).chunks)
    assert ["Yên Bái" in one.message for one in found] == [True] * foreign


SAID_TWICE = """I. KẾT QUẢ

{}

II. NHIỆM VỤ

{}
"""


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (
            "Có 9/14 đơn vị trực thuộc được kiểm tra.",
            "Duyệt quỹ lương cho 15 đơn vị trực thuộc Sở.",
            "9/14 đơn vị trực thuộc ở mục I, nhưng ghi 15 đơn vị trực thuộc ở mục II",
        ),
        (
            "Chiến lược chăm sóc mắt học đường giai đoạn 2022-2025, tầm nhìn đến năm 2030.",
            "Kế hoạch chăm sóc mắt học đường giai đoạn 2022 – 2026 và tầm nhìn đến năm 2030.",
            "giai đoạn 2022–2025» ở mục I, nhưng ghi giai đoạn 2022–2026 ở mục II",
        ),
        (
            "Chiến lược quốc gia về thực phẩm sạch (giai đoạn 2022 - 2030, tầm nhìn đến năm 2045).",
            "Góp ý Chiến lược về thực phẩm sạch (Kế hoạch giai đoạn 2021 - 2030, tầm nhìn tới 2045).",
            "«thực phẩm sạch giai đoạn 2022–2030» ở mục I, nhưng ghi giai đoạn 2021–2030 ở mục II",
        ),
        (
            "Tỷ lệ hồ sơ của người dân nộp qua mạng trong kỳ đạt 45%.",
            "Tỷ lệ hồ sơ của người dân nộp qua mạng trong kỳ đạt 54%.",
            "mục I ghi 45%",
        ),
    ],
)
def test_one_thing_with_two_values_is_named_with_both_places(first: str, second: str, said: str) -> None:
    found = only(SAID_TWICE.format(first, second))
    assert said in found.message
    assert [chunk.section for chunk, _ in found.evidence] == [("I. KẾT QUẢ",), ("II. NHIỆM VỤ",)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Có 9/14 đơn vị trực thuộc được kiểm tra.", "Duyệt quỹ lương cho 13 đơn vị trực thuộc Sở."),
        ("Có 8/10 xã huyện Năm Căn và 1/8 xã huyện Đầm Dơi.", "Có 12/12 xã huyện Cái Nước."),
        (
            "Phát triển kinh tế biển giai đoạn 2021 - 2025, tầm nhìn đến năm 2030.",
            "Phát triển kinh tế biển giai đoạn 2021 - 2030, tầm nhìn đến năm 2050.",
        ),
        (
            "Tỷ lệ hồ sơ của người dân nộp qua mạng cấp huyện đạt 45%.",
            "Tỷ lệ hồ sơ của người dân nộp qua mạng cấp xã đạt 54%.",
        ),
        (
            "Năm 2021, tỷ lệ hồ sơ của người dân nộp qua mạng trong kỳ đạt 45%.",
            "Năm 2022, tỷ lệ hồ sơ của người dân nộp qua mạng trong kỳ đạt 54%.",
        ),
    ],
)
def test_two_things_may_have_two_values(first: str, second: str) -> None:
    assert findings(SAID_TWICE.format(first, second)) == []


TOLD = """Từ đầu năm, Sở đã giải quyết 117 hồ sơ, trong đó {} hồ sơ quá hạn; trả lại 16 hồ sơ.

STT	Lĩnh vực	Đã giải quyết	Quá hạn	Trả lại
1	Dược	60	3	10
2	Y	57	1	6
Tổng cộng	117	4	16
"""


def test_figure_of_the_text_is_compared_with_the_total_of_its_table() -> None:
    assert "ghi 9 hồ sơ, nhưng dòng tổng của bảng ghi 4 ở cột «Quá hạn»" in only(TOLD.format("9")).message
    assert findings(TOLD.format("4")) == []


TOTAL = """Sở tiếp nhận tổng số {} hồ sơ (chi tiết tại Phụ lục).

STT	Lĩnh vực	Tổng số	Trễ hạn
1	Dược	120	3
2	Y	90	1
Tổng cộng	210	4
"""


def test_total_of_the_text_is_compared_with_that_of_the_annex_it_names() -> None:
    assert "ghi 218 hồ sơ, nhưng dòng tổng của bảng ghi 210 ở cột «Tổng số»" in only(TOTAL.format("218")).message
    assert findings(TOTAL.format("210")) == []
    assert findings(TOTAL.format("218").replace(" (chi tiết tại Phụ lục)", "")) == []


ANY_KIND = """Giám đốc ban hành {} văn bản chỉ đạo, đôn đốc¹ trong kỳ.
¹ Gồm các Công văn: số 188/SYT-VP ngày 18/01/2023; số 402/SYT-VP ngày 10/02/2023; số 911/SYT-VP ngày 03/4/2023."""


def test_documents_listed_in_a_footnote_are_counted_whatever_their_kinds() -> None:
    assert "ghi 04 văn bản, nhưng chú thích 1 liệt kê 3" in only(ANY_KIND.format("04")).message
    assert findings(ANY_KIND.format("03")) == []


@pytest.mark.parametrize(
    "text",
    [
        # what a part comes to in money is no part
        "Phát hiện 22 hồ sơ sai sót: 09 hồ sơ thiếu phiếu, 08 hồ sơ muộn, 05 hồ sơ thu thiếu với số tiền 350.000 đồng.",
        # parted twice: by kind, and by what became of them
        "Nhận tổng số 63 phản ánh, gồm 41 phản ánh về thái độ, 22 phản ánh về thủ tục, 58 phản ánh đã trả lời, 5 phản "
        "ánh đang xem xét.",
        # given to several, told together of what became of it
        "Văn phòng được giao 17 nhiệm vụ, Phòng Y 06 nhiệm vụ; đã hoàn thành 09 nhiệm vụ, đang triển khai 14 nhiệm vụ.",
    ],
)
def test_parts_that_are_told_otherwise_are_left_alone(text: str) -> None:
    assert findings(text) == []
