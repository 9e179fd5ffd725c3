"""The ledger of figures, over made-up reports: what each number counts, its unit, bound, place, period and nature."""

from __future__ import annotations

import hashlib
import unicodedata
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from workbench import Form

from ingest import reading
from vectorstore.records import Document, Figure

HEAD = """UBND TỈNH PHÚ YÊN
SỞ XÂY DỰNG
Số: 45/BC-SXD
Phú Yên, ngày 20 tháng 12 năm 2023

BÁO CÁO
Kết quả công tác cải cách hành chính năm 2023

I. KẾT QUẢ THỰC HIỆN
{}
"""
PLAN = """UBND TỈNH PHÚ YÊN
SỞ XÂY DỰNG
Số: 12/KH-SXD
Phú Yên, ngày 05 tháng 01 năm 2023

KẾ HOẠCH
Cải cách hành chính năm 2023

II. NỘI DUNG
{}
"""
DECISION = """ỦY BAN NHÂN DÂN
TỈNH PHÚ YÊN
Số: 77/QĐ-UBND
Phú Yên, ngày 05 tháng 6 năm 2023

QUYẾT ĐỊNH
Thông qua phương án đơn giản hóa thủ tục hành chính năm 2023

PHỤ LỤC
PHƯƠNG ÁN ĐƠN GIẢN HÓA
1. Cấp giấy phép xây dựng
{}
"""
SAMPLES = sorted((Path(__file__).resolve().parents[1] / "ingest" / "samples").glob("*.txt"))


def read(text: str, form: Form = "NFC") -> Document:
    content = unicodedata.normalize(form, text).encode()
    document, _ = reading.read_content("000_thu.txt", content, hashlib.sha256(content).hexdigest())
    return document


def figures(text: str, form: Form = "NFC", around: str = HEAD) -> list[Figure]:
    """The ledger of a report that says a text."""
    return list(read(around.format(text), form).figures)


def only(text: str, around: str = HEAD) -> Figure:
    (figure,) = figures(text, around=around)
    return figure


def stated(text: str, number: str, around: str = HEAD) -> Figure:
    return next(figure for figure in figures(text, around=around) if figure.text == number)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("text", "value", "unit", "bound"),
    [
        ("Sở đã tiếp nhận 1.230 hồ sơ.", "1230", "hồ sơ", None),
        ("Tỷ lệ hài lòng đạt trên 94,5%.", "94.5", "%", "more_than"),
        ("Tối thiểu 80% hồ sơ được số hóa.", "80", "%", "at_least"),
        ("Tỷ lệ số hóa đạt từ 90% trở lên.", "90", "%", "at_least"),
        ("Thời gian giải quyết không quá 15 ngày làm việc.", "15", "ngày làm việc", "at_most"),
        ("Gần 300 doanh nghiệp đã đăng ký.", "300", "doanh nghiệp", "about"),
        ("Tổng kinh phí là 2.500.000 đồng.", "2500000", "đồng", None),
        ("Phạt tổng cộng 7.000.000đ.", "7000000", "đồng", None),
        ("Đã lắp đặt 8 tủ thuốc.", "8", "tủ thuốc", None),
        ("Đạt 32,5 giường bệnh/10.000 dân.", "32.5", "giường bệnh/10.000 dân", None),
        ("Đã đăng 45 tin, bài.", "45", "tin, bài", None),
        ("Đã đăng 45 tin, bài, ảnh.", "45", "tin, bài, ảnh", None),
        ("Đã đăng 45 tin tức, sự kiện.", "45", "tin tức, sự kiện", None),
        ("Số bàn tiếp đón tăng thêm: 4.", "4", "bàn", None),
        ("Phấn đấu hồ sơ trực tuyến đạt từ 78%.", "78", "%", "at_least"),
        ("Tổng số đơn thuộc thẩm quyền của Sở: 21.", "21", "đơn", None),
        ("Có 2,5 triệu lượt truy cập.", "2.5", "triệu lượt truy cập", None),
    ],
)
def test_value_unit_and_bound(form: Form, text: str, value: str, unit: str, bound: str | None) -> None:
    (figure,) = figures(text, form)
    assert (figure.value, figure.unit, figure.bound) == (Decimal(value), unit, bound)


@pytest.mark.parametrize(
    "text",
    [
        "Thực hiện Quyết định số 41, 42, 45/QĐ-UBND ngày 03/5/2022 của tỉnh.",
        "Trong 6 tháng đầu năm 2023, công tác được duy trì.",
        "Báo cáo định kỳ hằng quý, 06 tháng, 9 tháng, năm.",
        "Bộ phận trực đường dây nóng 24/24 giờ, từ 7 giờ 30 phút.",
        "Liên hệ số điện thoại: 0257.3841.234 để được giải đáp.",
        "Dịch vụ công trực tuyến mức độ 3, 4 theo hình thức 4 tại chỗ.",
        "Phòng, chống dịch COVID – 19 và đón Tết.",
        "Đơn vị đạt kết quả tốt trong công tác này. (712) (1,5)",
        "Theo điểm b khoản 2 Điều 5 Nghị định về văn thư.",
        "Đơn vị đã 2 năm liền dẫn đầu; giai đoạn 2022 - 2024 đề nghị giữ vững.",
        "Trẻ em dưới 6 tuổi được ưu tiên.",
        "Đơn vị tự bảo đảm từ 30% đến dưới 70% chi thường xuyên được giao quyền.",
        "Sau mỗi thời kỳ ổn định (05 năm), thực hiện rà soát.",
        "Bảng 3. Kết quả theo đơn vị",
        "Sửa quy trình của các thủ tục số 1, 3 và 5.",
    ],
)
def test_what_counts_nothing_is_left_out(text: str) -> None:
    assert figures(text) == []


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("Bồi dưỡng cho 40 - 50 công chức.", "40 - 50", "công chức"),
        ("Tổ chức 80-90% cuộc họp trực tuyến.", "80-90", "%"),
    ],
)
def test_range_is_one_figure_and_no_number(text: str, number: str, unit: str) -> None:
    figure = only(text)
    assert (figure.text, figure.value, figure.unit, figure.ratio) == (number, None, unit, None)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_ratio_has_its_part_and_its_whole(form: Form) -> None:
    (figure,) = figures("Đến nay đã có 14/15 xã triển khai.", form)
    assert (figure.text, figure.value, figure.ratio) == ("14/15", None, (Decimal(14), Decimal(15)))
    assert (figure.unit, figure.nature) == ("xã", "result")


@pytest.mark.parametrize(
    ("text", "number", "period"),
    [
        ("Sở tiếp nhận 12 hồ sơ.", "12", "2023"),
        ("Chỉ số năm 2021 đạt 80,9 điểm, năm 2022 đạt 82,1 điểm.", "80,9", "2021"),
        ("Chỉ số năm 2021 đạt 80,9 điểm, năm 2022 đạt 82,1 điểm.", "82,1", "2022"),
        ("Tính đến ngày 10/6/2023 đã có 45 hồ sơ.", "45", "/2023-06-10"),
        ("Tỷ lệ nhập liệu đạt 88,4% (tính đến ngày 02/10/2023).", "88,4", "/2023-10-02"),
        ("Trong quý III/2023 tiếp nhận 30 đơn, trong đó 04 đơn tố cáo.", "04", "2023-Q3"),
        ("Bãi bỏ 11 thủ tục vào tháng 9/2023.", "11", "2023-09"),
        ("Đến hết tháng 9, Sở đã hoàn thành 18 nội dung.", "18", "/2023-09-30"),
        ("11 tháng đầu năm, tiếp nhận 90 hồ sơ.", "90", "2023-01-01/2023-11-30"),
        ("Từ ngày 01/02/2023 đến ngày 15/12/2023: 18 đơn, trong đó: 04 đơn tố cáo, 14 đơn khác.", "14",
         "2023-02-01/2023-12-15"),
        ("Tiếp nhận 20 hồ sơ, tăng 5 hồ sơ so với năm 2022.", "20", "2023"),
        ("Tiếp nhận 20 hồ sơ, cùng kỳ năm 2022 là 15 hồ sơ.", "15", "2022"),
        ("Năm 2022, Sở tiếp nhận 40 hồ sơ. Đã giải quyết 38 hồ sơ.", "38", "2022"),
        ("Năm 2022, Sở tiếp nhận 40 hồ sơ. Hiện nay còn 3 hồ sơ.", "3", "2023"),
        ("Thực hiện Kế hoạch số 11/KH-UBND về đào tạo năm 2021, Sở đã cử 05 người đi học.", "05", "2023"),
        ("Phấn đấu đến năm 2025 có 90% hồ sơ trực tuyến.", "90", "2025"),
        ("Bảy tháng đầu năm 2023, Sở nhận 61 hồ sơ.", "61", "2023-01-01/2023-07-31"),
        ("Từ đầu năm đến hết tháng 9, Sở nhận 62 hồ sơ.", "62", "2023-01-01/2023-09-30"),
        ("Hết tháng 8 năm 2023 đã xong 27 việc.", "27", "/2023-08-31"),
        ("Hồ sơ trực tuyến đạt 81,4%, cùng kỳ 77,5%.", "81,4", "2023"),
        ("Hồ sơ trực tuyến đạt 81,4%, cùng kỳ 77,5%.", "77,5", "2022"),
        ("Trong quý III/2023 có 20 đơn (cùng kỳ năm trước 14 đơn).", "14", "2022-Q3"),
        ("Đến ngày 10/9/2023 có 40 xã (36/50 xã có trụ sở), cùng kỳ năm 2021: 31 xã.", "31", "/2021-09-10"),
        ("So với cùng kỳ năm trước, Sở nhận 25 hồ sơ.", "25", "2023"),
        ("Sở nhận 25 hồ sơ, so với cùng kỳ tăng 12 hồ sơ.", "12", "2023"),
        ("Hai việc năm 2022 chưa xong: kiểm tra (05/08 cuộc), khảo sát (31%).", "05/08", "2022"),
        ("Hai việc năm 2022 chưa xong: kiểm tra (05/08 cuộc), khảo sát (31%).", "31", "2022"),
        ("Trong kỳ (từ ngày 15/12/2022 đến ngày 05/6/2023), Sở nhận 2.140 hồ sơ.", "2.140", "2022-12-15/2023-06-05"),
        ("Tỷ lệ đạt 99%, cao hơn cùng kỳ năm 2022 là 4 điểm phần trăm (cùng kỳ đạt 95%).", "4", "2023"),
        ("Tỷ lệ đạt 99%, cao hơn cùng kỳ năm 2022 là 4 điểm phần trăm (cùng kỳ đạt 95%).", "95", "2022"),
        ("Kế hoạch năm 2023 gồm 45 việc, đến ngày 30/9/2023 xong 33 việc.", "45", "2023"),
        ("Kế hoạch năm 2023 gồm 45 việc, đến ngày 30/9/2023 xong 33 việc.", "33", "/2023-09-30"),
        ("Tỷ lệ đạt 88%, tính đến ngày 30/9/2023.", "88", "/2023-09-30"),
        ("Đã đăng 118 tin bài (cùng kỳ 97).", "97", "2022"),
        ("Sở nhận hồ sơ trực tuyến 2.210, trực tiếp 1.100.", "2.210", "2023"),
        ("Đến hết quý III, giải ngân đạt 61%; ước cả năm đạt 96%.", "61", "/2023-09-30"),
        ("Đến hết quý III, giải ngân đạt 61%; ước cả năm đạt 96%.", "96", "2023"),
        ("Đứng thứ 5/20 đơn vị trong bảng xếp hạng cải cách hành chính năm 2022.", "5/20", "2022"),
        ("Thực hiện Kế hoạch số 11/KH-SXD về đào tạo năm 2022, trong đó dự kiến cử đi học 48 người.", "48", "2022"),
    ],
)  # fmt: skip
def test_period_is_the_figures_own(text: str, number: str, period: str) -> None:
    assert stated(text, number).period == period


@pytest.mark.parametrize(
    ("around", "text", "number", "nature"),
    [
        (HEAD, "Sở đã giải quyết 90 hồ sơ.", "90", "result"),
        (HEAD, "Dự kiến cử 60 người đi học; trong kỳ đã cử 25 người.", "60", "target"),
        (HEAD, "Dự kiến cử 60 người đi học; trong kỳ đã cử 25 người.", "25", "result"),
        (HEAD, "Sở sẽ kiểm tra 12 đơn vị.", "12", "target"),
        (HEAD, "Đang xin chủ trương mua 45 máy tính.", "45", "target"),
        (HEAD, "Có 12 đơn vị đạt từ 80 điểm trở lên.", "12", "result"),
        (HEAD, "Đạt 50% kế hoạch.\nII. PHƯƠNG HƯỚNG NĂM 2024\nHoàn thành 95% hồ sơ đúng hạn.", "95", "target"),
        (HEAD, "Đạt 50% kế hoạch.\nII. NHIỆM VỤ QUÝ IV\nKiểm tra 6/17 đơn vị.", "6/17", "target"),
        (PLAN, "100% hồ sơ được giải quyết đúng hạn.", "100", "target"),
        (PLAN, "Hoàn thành 100% nhiệm vụ đã giao.", "100", "target"),
        (PLAN, "Hiện nay tỷ lệ này đạt 75%; phấn đấu đạt 90%.", "75", "result"),
        (PLAN, "Hiện nay tỷ lệ này đạt 75%; phấn đấu đạt 90%.", "90", "target"),
        (PLAN, "Năm 2022, Sở đã tiếp nhận 40 hồ sơ.", "40", "result"),
        (PLAN, "Hai việc năm 2022 chưa xong: số hóa (31%, mục tiêu 50%), kiểm tra (05/08 cuộc).", "05/08", "result"),
        (PLAN, "Hai việc năm 2022 chưa xong: số hóa (31%, mục tiêu 50%), kiểm tra (05/08 cuộc).", "50", "target"),
        (PLAN, "Tỷ lệ xử lý văn bản tại Văn phòng và 02 Chi cục đạt từ 90% trở lên.", "02", "result"),
        (PLAN, "Tỷ lệ xử lý văn bản tại Văn phòng và 02 Chi cục đạt từ 90% trở lên.", "90", "target"),
        (PLAN, "Hai chỉ tiêu năm 2022 chưa đạt: tỷ lệ trực tuyến (72%), kiểm tra (03/05 cuộc).", "72", "result"),
        (PLAN, "Tỉnh có 07 trung tâm y tế.", "07", "result"),
        (DECISION, "1.1. Nội dung: rút thời hạn từ 15 ngày còn 11 ngày.", "11", "target"),
        (DECISION, "1.2. Lý do: việc thẩm định chỉ mất 02 ngày.", "02", "result"),
        (DECISION, "- Trước khi đơn giản hóa: 700.000 đồng/năm.", "700.000", "result"),
        (DECISION, "- Tiết kiệm: 52.000 đồng/năm.", "52.000", "target"),
    ],
)  # fmt: skip
def test_result_is_told_from_target(around: str, text: str, number: str, nature: str) -> None:
    assert stated(text, number, around).nature == nature


FIELDS = """Trong năm đã tiếp nhận 363 trường hợp, phân chia theo từng lĩnh vực như sau:
- Lĩnh vực Quy hoạch: tiếp nhận 260 trường hợp (trực tuyến: 35 trường hợp, trực tiếp: 225 trường hợp). Trong đó đã \
giải quyết: 190 trường hợp; trễ hạn 02 trường hợp.
- Lĩnh vực Nhà ở: tiếp nhận 103 trường hợp."""


def test_lists_and_parentheses_are_parts_of_their_wholes() -> None:
    total, planning, online, direct, done, late, housing = figures(FIELDS)
    assert [f.part_of for f in (planning, housing)] == [total.ordinal] * 2
    assert [f.part_of for f in (online, direct, done, late)] == [planning.ordinal] * 4
    assert (planning.breakdown, housing.breakdown) == ("Lĩnh vực Quy hoạch", "Lĩnh vực Nhà ở")
    assert online.breakdown == "Lĩnh vực Quy hoạch – trực tuyến" and online.indicator == planning.indicator
    assert (late.indicator, late.breakdown) == ("trễ hạn trường hợp", "Lĩnh vực Quy hoạch")


@pytest.mark.parametrize(
    ("text", "parts", "breakdowns"),
    [
        ("Tuyển dụng 20 viên chức (trong đó 12 bác sĩ, 05 dược sĩ và 03 công tác xã hội).", [0, 0, 0],
         ["bác sĩ", "dược sĩ", "công tác xã hội"]),
        ("Thẩm định 27 hồ sơ, cụ thể: ngạch bác sĩ: 07 hồ sơ; ngạch dược sĩ: 20 hồ sơ.", [0, 0],
         ["ngạch bác sĩ", "ngạch dược sĩ"]),
        ("Xử phạt 9 vụ (02 tổ chức, 07 cá nhân).", [0, 0], ["tổ chức", "cá nhân"]),
        ("Nâng lương 20 người: thường xuyên 14, đột xuất 06.", [0, 0], ["thường xuyên", "đột xuất"]),
        ("Có 35 thủ tục trên 120 thủ tục được cung cấp trực tuyến.", [], []),
        ("Tổ chức 5 lớp, trong đó 2 lớp trực tuyến; ban hành 30 văn bản.", [0, None], ["lớp trực tuyến", None]),
        ("Tiếp nhận 40 hồ sơ (tăng 12 hồ sơ so với năm trước).", [None], [None]),
    ],
)  # fmt: skip
def test_parts_of_a_whole(text: str, parts: list[int | None], breakdowns: list[str | None]) -> None:
    first, *rest = figures(text)
    if not parts:
        assert first.part_of == rest[0].ordinal and rest[0].part_of is None
        return
    assert first.part_of is None and [f.part_of for f in rest] == parts
    assert [f.breakdown for f in rest] == breakdowns


@pytest.mark.parametrize(
    ("text", "indicators"),
    [
        ("Sở Xây dựng đã ban hành 17 kế hoạch, 06 tờ trình và 03 công văn.",
         ["ban hành kế hoạch", "ban hành tờ trình", "ban hành công văn"]),
        ("Tiếp nhận 640 hồ sơ, đã giải quyết 615 hồ sơ.", ["Tiếp nhận hồ sơ", "giải quyết hồ sơ"]),
        ("Hiện nay, 100% công chức, viên chức sử dụng thư điện tử.", ["công chức, viên chức sử dụng thư điện tử"]),
        ("Tỷ lệ xử lý văn bản trên mạng tại Văn phòng và 02 Chi cục đạt 90%.",
         ["Chi cục", "Tỷ lệ xử lý văn bản trên mạng tại Văn phòng và 02 Chi cục"]),
        ("Năm 2021, Chỉ số cải cách hành chính của Sở đạt 81,1 điểm. Năm 2022 đạt 81,5 điểm.",
         ["Chỉ số cải cách hành chính của Sở", "Chỉ số cải cách hành chính của Sở"]),
        ("Chỉ số hài lòng đạt 91,2% (tăng 1,5%).", ["Chỉ số hài lòng", "Chỉ số hài lòng – tăng"]),
        ("Thu phí 12.500.000 đồng, đạt 62,5% kế hoạch năm.", ["Thu phí", "Thu phí – kế hoạch năm"]),
        ("Tỷ lệ trực tuyến năm 2022 là 60%, năm 2023 là 78%.", ["Tỷ lệ trực tuyến", "Tỷ lệ trực tuyến"]),
        ("Sở có 65 công chức, có mặt 60 người.", ["công chức", "có mặt người"]),
        ("Tổ chức 04 lớp tập huấn cho 250 người.", ["Tổ chức lớp tập huấn", "Tổ chức lớp tập huấn – người"]),
        ("Sở tổ chức 01 buổi đối thoại với doanh nghiệp (58 người dự).",
         ["tổ chức buổi đối thoại với doanh nghiệp", "tổ chức buổi đối thoại với doanh nghiệp – người dự"]),
        ("Dự toán là 31.450 triệu đồng, đã chi 14.912 triệu đồng.", ["Dự toán", "Dự toán – chi"]),
        ("Tỷ lệ trực tuyến đạt 88,0% (cùng kỳ 61,5%), mục tiêu cả năm 90%.",
         ["Tỷ lệ trực tuyến", "Tỷ lệ trực tuyến – cùng kỳ", "Tỷ lệ trực tuyến – mục tiêu cả năm"]),
        ("Số hóa kết quả (đạt 31% so với năm trước).", ["Số hóa kết quả"]),
        ("Mức độ hài lòng đạt 95,1%, vượt chỉ tiêu giao (90%).",
         ["Mức độ hài lòng", "Mức độ hài lòng – vượt chỉ tiêu giao"]),
        ("Cử 31 lượt đi học, tăng 6 lượt so với năm 2022 (25 lượt).",
         ["Cử lượt đi học", "tăng lượt so với năm 2022", "Cử lượt đi học – năm 2022"]),
        ("Giảm thời gian thẩm định từ 25 ngày xuống còn 23 ngày.",
         ["Giảm thời gian thẩm định ngày", "Giảm thời gian thẩm định ngày – xuống còn"]),
    ],
)  # fmt: skip
def test_indicator_says_what_is_counted(text: str, indicators: list[str]) -> None:
    assert [figure.indicator for figure in figures(text)] == indicators


TABLE = """| STT | Lĩnh vực | Số hồ sơ tiếp nhận | Tỷ lệ đúng hạn (%) | Kế hoạch năm 2024 |
| --- | --- | --- | --- | --- |
| 1 | Quy hoạch | 120 | 98,5 | 150 hồ sơ |
| 2 | Nhà ở | 1.040 | 97 | 200 hồ sơ |"""


def test_cell_is_counted_by_its_column_and_told_by_its_row() -> None:
    found = figures(TABLE)
    assert [f.text for f in found] == ["120", "98,5", "150", "1.040", "97", "200"]
    received, share, planned = found[:3]
    assert (received.indicator, received.unit, received.breakdown) == ("Số hồ sơ tiếp nhận", "hồ sơ", "Quy hoạch")
    assert (share.value, share.unit, share.breakdown) == (Decimal("98.5"), "%", "Quy hoạch")
    assert (planned.period, planned.nature) == ("2024", "target")
    assert (found[3].value, found[3].breakdown) == (Decimal(1040), "Nhà ở")


SPACED = HEAD.replace("\n", "\n\n")
CAPTIONED = """Bảng 1. Kết quả giải quyết hồ sơ theo phòng (từ 15/12/2022 đến 14/9/2023)

| STT | Phòng | Tiếp nhận | Trong đó trực tuyến | Số công chức | Quá hạn | Thời hạn |
| --- | --- | --- | --- | --- | --- | --- |
| 1 | Phòng Quy hoạch | 284 | 197 | 12 | 5 | Quý I/2023 |"""
WANTED = """III. NHIỆM VỤ QUÝ I NĂM 2024

Bảng 2. Một số chỉ tiêu phải đạt trong quý I

| Chỉ tiêu | Kết quả 9 tháng | Mục tiêu đến 31/3/2024 |
| --- | --- | --- |
| Tỷ lệ hồ sơ trực tuyến | 75,7% | 80% |"""


def test_caption_of_a_table_tells_the_period_and_the_unit_of_its_cells() -> None:
    assert [(f.text, f.unit, f.period) for f in figures(CAPTIONED, around=SPACED)] == [
        (number, unit, "2022-12-15/2023-09-14")
        for number, unit in (("284", "hồ sơ"), ("197", "hồ sơ"), ("12", "công chức"), ("5", "hồ sơ"))
    ]


def test_head_of_a_column_tells_results_from_targets_and_their_periods() -> None:
    assert [(f.text, f.nature, f.period) for f in figures(WANTED, around=SPACED)] == [
        ("75,7", "result", "2023-01-01/2023-09-30"),
        ("80", "target", "/2024-03-31"),
    ]


RUN_IN = """1. Giải quyết hồ sơ
Từ ngày 16/12/2022 đến hết ngày 15/12/2023, Sở tiếp nhận 150 hồ sơ, chia theo hai lĩnh vực:
a) Quy hoạch: 90 hồ sơ (nộp qua mạng 60, nộp trực tiếp 30). Trả đúng hạn 85 hồ sơ; trễ hạn 0 hồ sơ.
b) Nhà ở: 60 hồ sơ (nộp qua mạng 41, nộp trực tiếp 19). Trả đúng hạn 58 hồ sơ; trễ hạn 02 hồ sơ."""


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_lead_in_governs_run_in_headings(form: Form) -> None:
    total, planning, online, _, done, _, housing, *_, late = figures(RUN_IN, form)
    assert {f.period for f in figures(RUN_IN, form)} == {"2022-12-16/2023-12-15"}
    assert (planning.part_of, housing.part_of, online.part_of) == (total.ordinal, total.ordinal, planning.ordinal)
    assert (planning.indicator, planning.breakdown) == (total.indicator, "Quy hoạch")
    assert (online.indicator, online.breakdown) == (total.indicator, "Quy hoạch – nộp qua mạng")
    assert (done.breakdown, late.breakdown) == ("Quy hoạch", "Nhà ở")


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("Cấp thẻ cho kỹ sư 29, kiến trúc sư 18, kế toán và văn thư 12 chứng thư.", ["chứng thư"] * 3),
        ("Đã đăng 118 tin bài (cùng kỳ 97).", ["tin bài", "tin bài"]),
        ("Tổng số biên chế được giao là 78, hiện có 74.", ["biên chế", "biên chế"]),
        ("Biên chế công chức 52/55; viên chức 88/90.", ["biên chế", "viên chức"]),
        ("Số bàn tiếp đón tăng từ 06 lên 10.", ["bàn", "bàn"]),
        ("Số hồ sơ bị trả lại giảm từ 112 xuống còn 46.", ["hồ sơ", "hồ sơ"]),
        ("Nhận 20 hồ sơ; trả trước hạn 11, quá hạn 9.", ["hồ sơ"] * 3),
        ("Trễ từ 01 đến 04 ngày làm việc.", ["ngày làm việc"] * 2),
        ("Trước khi cắt giảm: 500 đồng/hồ sơ x 120 = 60.000 đồng/năm.", ["đồng/hồ sơ", "hồ sơ", "đồng/năm"]),
    ],
)
def test_unit_that_is_said_once_is_that_of_its_neighbours(text: str, units: list[str]) -> None:
    assert [figure.unit for figure in figures(text)] == units


def test_sum_of_a_short_line_is_told_with_the_heading_above_it() -> None:
    text = "1.3. Chi phí tuân thủ (120 hồ sơ/năm):\n- Trước khi đơn giản hóa: 500 đồng/hồ sơ x 120 = 60.000 đồng/năm;"
    assert stated(text, "60.000", DECISION).indicator == "Chi phí tuân thủ – Trước khi đơn giản hóa"


def test_subject_of_a_clause_is_its_breakdown() -> None:
    text = "Huyện Sông Lô tiếp nhận 230 hồ sơ, thị xã Hồng Gai tiếp nhận 190 hồ sơ."
    assert [f.breakdown for f in figures(text)] == ["Huyện Sông Lô", "thị xã Hồng Gai"]
    text = "- Lĩnh vực đất đai: 120 hồ sơ. Lĩnh vực hộ tịch: 300 hồ sơ."
    assert [f.breakdown for f in figures(text)] == ["Lĩnh vực đất đai", "Lĩnh vực hộ tịch"]


def test_what_is_so_by_now_is_of_the_report_and_a_result() -> None:
    now = figures("II. PHƯƠNG HƯỚNG 6 THÁNG ĐẦU NĂM 2024\nHiện nay đạt 75%; phấn đấu đạt 90%.")
    assert [(f.text, f.nature, f.period) for f in now] == [("75", "result", "2023"), ("90", "target", "2024-H1")]


def test_footnote_names_the_kinds_of_the_figure_that_calls_it() -> None:
    text = "Biên chế được giao là 40 chỉ tiêu¹ trong năm.\n\n¹ Cơ quan Sở: 22, Thanh tra Sở: 10, Chi cục: 8"
    whole, *parts = figures(text)
    assert [(f.text, f.unit, f.part_of, f.footnote) for f in parts] == [
        (number, "chỉ tiêu", whole.ordinal, "1") for number in ("22", "10", "8")
    ]
    assert [f.breakdown for f in parts] == ["Cơ quan Sở", "Thanh tra Sở", "Chi cục"]


def test_footnote_takes_the_period_beside_which_it_is_called_and_the_nature_of_its_whole() -> None:
    text = "Biên chế có đến 14/12/2023 là 40 chỉ tiêu được giao năm 2022¹.\n\n¹ Cơ quan Sở: 22, Thanh tra Sở: 18"
    assert [(f.period, f.nature) for f in figures(text)[1:]] == [("2022", "result")] * 2
    text = "Dự kiến tuyển 30 viên chức¹ trong năm.\n\n¹ Trung tâm A: 22, Trung tâm B: 08"
    assert [(f.period, f.nature) for f in figures(text)] == [("2023", "target")] * 3


def test_rest_in_a_footnote_is_of_the_whole_and_not_of_the_part_that_calls_it() -> None:
    text = "Đã cấp 50 chứng thư, trong đó kỹ sư 30 chứng thư¹.\n\n¹ Phần còn lại: kế toán 12, văn thư 8 chứng thư."
    whole, _, *rest = figures(text)
    assert [f.part_of for f in rest] == [whole.ordinal] * 2


def test_body_and_place_are_those_of_the_clause() -> None:
    own, other = figures("Sở Xây dựng tiếp nhận 20 hồ sơ, Chi cục Giám định tiếp nhận 04 hồ sơ.")
    assert (own.body, own.place) == ("Sở Xây dựng tỉnh Phú Yên", "Phú Yên")
    assert other.body == "Chi cục Giám định"
    here, there = figures("Học tập kinh nghiệm của các tỉnh: Bình Thuận: 12 mô hình; Gia Lai: 9 mô hình.")
    assert (here.place, there.place) == ("Bình Thuận", "Gia Lai")


def test_long_paragraph_is_not_shown_whole() -> None:
    long = "Công tác tuyên truyền được đẩy mạnh trên mọi kênh thông tin của ngành. " * 8
    figure = only(f"{long}Sở đã tiếp nhận 12 hồ sơ. {long}")
    assert figure.stated.reading.text == "Sở đã tiếp nhận 12 hồ sơ."


@cache
def sample(number: int) -> Document:
    path = SAMPLES[number]
    document, _ = reading.read_content(path.name, path.read_bytes(), "0" * 64)
    return document


@pytest.mark.parametrize("number", range(5))
def test_each_figure_stands_at_its_offsets(number: int) -> None:
    document = sample(number)
    assert document.figures
    for i, figure in enumerate(document.figures):
        assert document.text[figure.start : figure.end] == figure.text and figure.ordinal == i
        assert all(
            document.text[a:b] == piece for (a, b), piece in zip(figure.stated.spans, figure.stated.pieces, strict=True)
        )
        assert figure.stated.start <= figure.start and figure.end <= figure.stated.end
        assert figure.indicator and document.chunks[figure.chunk].ordinal == figure.chunk
        assert figure.part_of is None or (0 <= figure.part_of < len(document.figures) and figure.part_of != i)
        assert (figure.value is None) == any(mark in figure.text for mark in "/-–")
        assert (figure.ratio is None) == ("/" not in figure.text)
