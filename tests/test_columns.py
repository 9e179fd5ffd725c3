"""Tables that a plain text sets with bars, with columns of spaces or with one blank between the cells."""

import pytest
from workbench import document

from ingest.columns import with_tabs

BARS = """TT | Tên thủ tục | Tiếp nhận | Quá hạn
1 | Cấp phép | 4.118 | 26
2 | Đổi phép | 212 | 4
Cộng | | 4.330 | 30
"""
SPACES = """TT   Tên cơ sở              Địa bàn          Xử lý
1    Phòng khám An Phú      TP. Sông Công    Phạt 45.000.000 đồng
2    Nhà thuốc Minh Khôi                     Cảnh cáo
3    Quầy thuốc Thu Hoài    Huyện Võ Nhai    Phạt 4.000.000 đồng
"""
ONE_BLANK = """STT Lĩnh vực Tổng số Trực tuyến Trực tiếp, BCCI Trễ hạn
1 Dược phẩm 611 552 21 2
2 Khám bệnh, chữa bệnh 488 347 96 4
3 Giám định y khoa 52 0 48 0
Tổng cộng 1.151 899 165 6
"""
DOUBLE_SPACED = "STT  Lĩnh vực  Tiếp nhận  Trễ hạn\n\n1  Dược  611  2\n\n2  Khám bệnh  488  4\n\nTổng cộng  1.099  6\n"


def rows(text: str) -> list[dict[str, str]]:
    made = document(f"I. SỐ LIỆU\n\n{text}\nĐã xong.")
    return [dict(chunk.heads) for chunk in made.chunks if chunk.kind == "row"]


@pytest.mark.parametrize("text", [BARS, SPACES, ONE_BLANK, DOUBLE_SPACED])
def test_what_is_shown_has_the_length_and_the_words_of_the_text(text: str) -> None:
    shown = with_tabs(text)
    assert len(shown) == len(text)
    assert "\t" in shown
    assert shown.split() == text.replace(" | ", "   ").replace(" | ", "   ").split()


def test_rows_parted_by_bars_have_the_heads_of_their_columns() -> None:
    first, _, total = rows(BARS)
    assert first == {"TT": "1", "Tên thủ tục": "Cấp phép", "Tiếp nhận": "4.118", "Quá hạn": "26"}
    assert total["Quá hạn"] == "30"


def test_empty_cell_between_columns_of_spaces_stays_empty() -> None:
    _, second, third = rows(SPACES)
    assert second == {"TT": "2", "Tên cơ sở": "Nhà thuốc Minh Khôi", "Xử lý": "Cảnh cáo"}
    assert third["Địa bàn"] == "Huyện Võ Nhai"


def test_rows_with_one_blank_between_the_cells_are_told_by_their_numbers_and_figures() -> None:
    first, second, _, total = rows(ONE_BLANK)
    assert first == {
        "STT": "1",
        "Lĩnh vực": "Dược phẩm",
        "Tổng số": "611",
        "Trực tuyến": "552",
        "Trực tiếp, BCCI": "21",
        "Trễ hạn": "2",
    }
    assert second["Lĩnh vực"] == "Khám bệnh, chữa bệnh"
    assert total == {
        "Lĩnh vực": "Tổng cộng",
        "Tổng số": "1.151",
        "Trực tuyến": "899",
        "Trực tiếp, BCCI": "165",
        "Trễ hạn": "6",
    }


def test_table_of_a_double_spaced_text_keeps_its_row_of_totals() -> None:
    *_, total = rows(DOUBLE_SPACED)
    assert total == {"Lĩnh vực": "Tổng cộng", "Tiếp nhận": "1.099", "Trễ hạn": "6"}


@pytest.mark.parametrize(
    "text",
    [
        "UBND TỈNH LAI CHÂU      CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nSỞ Y TẾ      Độc lập - Tự do - Hạnh phúc\n",
        "Trang chủ | Tin tức | Liên hệ\n",
        "1. Tiếp nhận 20 hồ sơ.\n2. Trả 18 hồ sơ.\n3. Còn 2 hồ sơ.\n",
        "Nơi nhận:          KT. GIÁM ĐỐC\n- Như trên;        PHÓ GIÁM ĐỐC\n- Lưu: VT.         Lò Thị Mây\n",
    ],
)
def test_what_is_no_table_is_left_alone(text: str) -> None:
    assert with_tabs(text) == text
