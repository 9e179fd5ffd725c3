"""The five originals as they are read, counted and checked word for word. They are not published."""

import re
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from workbench import faults, read

from vectorstore.quantities import quantities
from vectorstore.records import Chunk, Document, fold_space

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
KON_TUM, BINH_DINH, HA_TINH, BAC_NINH, NEWS = "000", "001", "002", "003", "004"
ALL = (KON_TUM, BINH_DINH, HA_TINH, BAC_NINH, NEWS)

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the originals are not beside the repository")


@cache
def original(name: str) -> Document:
    (path,) = CORPUS.glob(f"{name}_*.txt")
    return read(path)


def one(name: str, words: str) -> Chunk:
    """The only chunk of an original that reads so."""
    found = [chunk for chunk in original(name).chunks if words in chunk.text]
    assert len(found) == 1, [chunk.text for chunk in found]
    return found[0]


def note(marker: str) -> str:
    (found,) = [footnote for footnote in original(KON_TUM).footnotes if footnote.marker == marker]
    return found.body.quote


def row(number: str) -> Chunk:
    (found,) = [c for c in original(BINH_DINH).chunks if c.kind == "row" and c.text.split()[0].rstrip(".") == number]
    return found


def cells(number: str) -> list[str]:
    return [cell for _, cell in row(number).heads]


# Counts


@pytest.mark.parametrize("name", ALL)
def test_quotes_are_the_text_at_their_spans(name: str) -> None:
    assert faults(original(name)) == []


@pytest.mark.parametrize(
    ("name", "sections", "footnotes", "tables", "rows"),
    [
        (KON_TUM, 19, 67, 0, 0),
        (BINH_DINH, 17, 0, 1, 64),
        (HA_TINH, 10, 0, 0, 0),
        (BAC_NINH, 20, 0, 0, 0),
        (NEWS, 11, 0, 0, 0),
    ],
)
def test_parts_are_counted(name: str, sections: int, footnotes: int, tables: int, rows: int) -> None:
    counts = original(name).counts
    assert (counts["sections"], counts["footnotes"], counts["tables"], counts["rows"]) == (
        sections,
        footnotes,
        tables,
        rows,
    )


@pytest.mark.parametrize("name", ALL)
def test_no_word_is_lost_but_headings_column_heads_markers_and_page_numbers(name: str) -> None:
    made = original(name)
    rest = list(made.text)
    for body in [*(chunk.body for chunk in made.chunks), *(footnote.body for footnote in made.footnotes)]:
        for start, end in body.spans:
            rest[start:end] = " " * (end - start)
    left = fold_space("".join(rest[made.chunks[0].body.start :]))
    for title in sorted((section.path[-1] for section in made.sections), key=len, reverse=True):
        left = left.replace(title, " ")
    left = re.sub(
        r"STT Lĩnh vực/Tiêu chí/ Tiêu chí thành phần Chỉ tiêu đạt được Cơ quan thực hiện Chủ trì Phối hợp", " ", left
    )
    assert re.sub(r"<ul[^>]*>|[⁰¹²³⁴⁵⁶⁷⁸⁹]+|\b\d\b|:", " ", left).split() == []


@pytest.mark.parametrize("name", ALL)
def test_passages_hold_at_most_2000_characters(name: str) -> None:
    assert max(len(chunk.text) for chunk in original(name).chunks) <= 2_000


@pytest.mark.parametrize("name", ALL[:4])
def test_no_passage_is_a_page_number_or_a_mark(name: str) -> None:
    assert not [chunk for chunk in original(name).chunks if not any(char.isalpha() for char in chunk.text)]


def test_bar_beside_the_date_of_a_web_page_is_no_passage() -> None:
    assert not [chunk.text for chunk in original(NEWS).chunks if chunk.text.startswith("|")]


# Head data


@pytest.mark.parametrize(
    ("name", "number", "kind", "issuer", "place", "issued_on", "period", "signer"),
    [
        (KON_TUM, "/BC-SYT", "Báo cáo", "Sở Y tế tỉnh Kon Tum", "Kon Tum", "2022-12", "2022", "Trần Ái"),
        (BINH_DINH, "/KH-SYT", "Kế hoạch", "Sở Y tế tỉnh Bình Định", "Bình Định", "2023", "2023/2025", "Lê Quang Hùng"),
        (HA_TINH, "1987/BC-SYT", "Báo cáo", "Sở Y tế tỉnh Hà Tĩnh", "Hà Tĩnh", "2022-06-16", "2022-H1", None),
        (
            BAC_NINH,
            "124/BC-SYT",
            "Báo cáo",
            "Sở Y tế tỉnh Bắc Ninh",
            "Bắc Ninh",
            "2022-03-14",
            "2022-Q1",
            "Tô Thị Mai Hoa",
        ),
        (NEWS, None, "Bản tin", "Bộ Y tế", None, "2020-11-25", "2020-11", None),
    ],
)
def test_head_data(
    name: str,
    number: str | None,
    kind: str,
    issuer: str,
    place: str | None,
    issued_on: str,
    period: str,
    signer: str | None,
) -> None:
    made = original(name)
    assert (made.number, made.type, made.issuer, made.place) == (number, kind, issuer, place)
    assert (made.issued_on, made.period, made.signer) == (issued_on, period, signer)
    assert made.number_is_blank is (name in (KON_TUM, BINH_DINH))
    assert (made.status, made.digest_of) == ("current", None)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        (KON_TUM, "Kết quả thực hiện công tác cải cách hành chính năm 2022"),
        (HA_TINH, "Công tác cải cách hành chính 6 tháng đầu năm 2022 của Sở Y tế"),
        (BAC_NINH, "Về tình hình thực hiện công tác CCHC Quý 1 năm 2022"),
        (NEWS, "Thông tin Cải cách hành chính tháng 11/2020"),
    ],
)
def test_title(name: str, title: str) -> None:
    assert original(name).title == title


def test_title_of_two_periods_is_whole() -> None:
    title = original(BINH_DINH).title
    assert title is not None
    assert title.startswith("Nâng cao Chỉ số cải cách hành chính và Chỉ số hài lòng")
    assert title.endswith("của ngành Y tế năm 2023 và giai đoạn 2024 - 2025")


@pytest.mark.parametrize(
    ("name", "role"),
    [
        (KON_TUM, "Phó giám đốc (ký thay Giám đốc)"),
        (BINH_DINH, "Giám đốc"),
        (HA_TINH, "Phó giám đốc (ký thay Giám đốc)"),
    ],
)
def test_role_of_the_signer(name: str, role: str) -> None:
    assert original(name).signer_title == role


# Kon Tum: footnotes that interrupt


def test_footnotes_are_found_once_each_from_1_to_67_with_text() -> None:
    found = original(KON_TUM).footnotes
    assert [footnote.marker for footnote in found] == [str(n) for n in range(1, 68)]
    assert all(footnote.body for footnote in found)


def test_each_footnote_travels_with_the_passage_that_calls_it() -> None:
    called = [footnote.marker for chunk in original(KON_TUM).chunks for footnote in chunk.footnotes]
    assert called == [str(n) for n in range(1, 68)]
    assert [footnote.marker for footnote in one(KON_TUM, "04 Tờ trình").footnotes] == ["1", "2", "3", "4"]
    assert [footnote.marker for footnote in one(KON_TUM, "16 đơn vị").footnotes] == ["27", "28", "29", "30"]


@pytest.mark.parametrize(
    "words",
    [
        "thi hành pháp luật năm 2022⁷ […] nhằm đẩy mạnh công tác theo dõi",
        "về việc ban hành Quy định về chức […] năng, nhiệm vụ, quyền hạn",
        "phân công nhiệm vụ cho […] công chức làm nhiệm vụ tiếp công dân",
        "quy chế văn […] hóa công sở, thi hành công vụ⁵¹",
        "Tăng cường cơ […] chế tự chủ tài chính",
        "hỗ trợ. Ngoài […] ra, các đơn vị trực",
        "đáp ứng yêu cầu kết […] nổi, liên thông dữ liệu",
    ],
)
def test_sentence_is_whole_again_across_a_footnote_block(words: str) -> None:
    before, _, after = words.partition(" […] ")
    found = one(KON_TUM, f"{re.sub('[⁰¹²³⁴⁵⁶⁷⁸⁹]', '', before)} {re.sub('[⁰¹²³⁴⁵⁶⁷⁸⁹]', '', after)}")
    assert words in found.body.quote
    assert len(found.body.spans) == 2


def test_sentence_cut_by_a_page_without_footnotes_is_whole_again() -> None:
    assert "nâng cao hiệu quả công tác CCHC tại cơ quan Sở Y tế" in one(KON_TUM, "Được sự quan tâm chỉ đạo").text


def test_items_of_footnote_1_displaced_into_the_next_section_are_its_own() -> None:
    text = note("1")
    assert text.count("- Kế hoạch số ") == 21
    assert "đơn kiến nghị, phản ánh. […] - Kế hoạch số 3320/KH-SYT ngày 04/8/2022" in text
    assert text.endswith("chuyên công tác đến các thành phố lớn.")
    for number in ("3320/KH-SYT", "3442/KH-SYT", "3629/KH-SYT"):
        assert number in text
        assert not [chunk for chunk in original(KON_TUM).chunks if number in chunk.text]


@pytest.mark.parametrize(
    ("marker", "listed", "kind"), [("2", 5, "- Tờ trình số "), ("3", 5, "- Quyết định số "), ("4", 2, "- Văn bản số ")]
)
def test_footnote_in_the_form_of_a_list_has_all_its_items(marker: str, listed: int, kind: str) -> None:
    assert note(marker).count(kind) == listed
    assert note(marker).startswith(kind)


@pytest.mark.parametrize(
    ("marker", "begins", "ends"),
    [
        ("7", "Kế hoạch số 666/KH-SYT", "ngày 10/02/2022 của Sở Y tế"),
        ("9", "các Thông tư từ số 16/2021/TT-BYT", "33/2021/TT-BYT của Bộ Y tế"),
        ("24", "vào ngày 23 hàng tháng nếu trùng", "ngày làm việc kế tiếp"),
        ("29", "15 đơn vị tự bảo đảm một phần", "và Trung tâm Pháp y"),
        ("53", "Kế hoạch số 882/KH-SYT ngày 18/02/2022", "Trung tâm Y tế các huyện, thành phố)."),
        ("61", "Đến nay đã có 10/10 huyện", "đối tượng đã được ký xác nhận⁶²."),
        ("63", "Theo địa bàn: Đắk Glei 13/13", "TP Kon Tum 26/27 (trừ xã Kroong)."),
        ("67", "tại Báo cáo số 1777/BC-STTTT", "của Sở Thông tin và Truyền thông."),
    ],
)
def test_footnote_has_its_whole_text(marker: str, begins: str, ends: str) -> None:
    assert note(marker).startswith(begins)
    assert note(marker).endswith(ends)


@pytest.mark.parametrize(
    ("words", "value", "unit"),
    [
        ("đối với 13 TTHC.", "13", "TTHC"),
        ("là 16 đơn vị (không tính", "16", "đơn vị"),
        ("bãi bỏ 02 TTHC cấp tỉnh.", "2", "TTHC"),
        ("với 15 điểm cầu (gần như", "15", "điểm cầu"),
        ("đối với 800 viên chức ngành Y tế", "800", "viên chức"),
        ("với 02 nội dung.", "2", "nội dung"),
        ("là 50/54 chỉ tiêu được giao năm 2021. Số", None, "chỉ tiêu"),
        ("được cấp mã liên thông, trong đó có 27 cơ sở", "27", "cơ sở"),
    ],
)
def test_marker_glued_to_a_word_is_no_part_of_a_figure(words: str, value: str | None, unit: str) -> None:
    text = one(KON_TUM, words).text
    at = text.index(words)
    found = [q for q in quantities(text) if at <= q.start < at + len(words)]
    assert (Decimal(value) if value else None, unit) in [(q.value, q.unit) for q in found]


def test_no_reading_of_a_passage_has_a_marker() -> None:
    assert not [chunk.text for chunk in original(KON_TUM).chunks if re.search("[⁰¹²³⁴⁵⁶⁷⁸⁹]", chunk.text)]


def test_five_fields_stand_under_the_sentence_that_introduces_them() -> None:
    leader = one(KON_TUM, "913 trường hợp được phân chia")
    fields = [chunk for chunk in original(KON_TUM).chunks if chunk.lead == leader.ordinal]
    assert [chunk.text.split(":")[0] for chunk in fields] == [
        "+ Lĩnh vực Khám bệnh chữa bệnh",
        "+ Lĩnh vực Y tế dự phòng",
        "+ Lĩnh vực Trang Thiết bị",
        "+ Lĩnh vực Dược phẩm",
        "+ Lĩnh vực An toàn thực phẩm",
    ]
    late = [q.value for chunk in fields for q in quantities(chunk.text) if q.label.endswith("trễ hạn")]
    assert late == [1, 1, 4, 3, 0]
    assert {chunk.period for chunk in fields} == {"2021-12-15/2022-12-12"}
    assert {chunk.section[-1] for chunk in fields} == {"6.5. Kết quả cung cấp dịch vụ công trực tuyến mức độ 3 và 4"}


@pytest.mark.parametrize(
    ("words", "period"),
    [
        ("trên 83% dân số", "/2022-12-13"),
        ("134 tin, bài", "2021-12-15/2022-12-15"),
        ("dịch vụ bưu chính công ích như sau", "2021-12-15/2022-12-14"),
        ("thăng hạng chức danh nghề nghiệp cho 79 viên chức", "2022"),
    ],
)
def test_passage_has_the_period_it_states(words: str, period: str) -> None:
    assert one(KON_TUM, words).period == period


# Bình Định: the table of the appendix


def numbers() -> list[str]:
    """The numbers of the rows as a reader counts them on the printed table."""
    below: dict[str, int] = {"1": 7, "2": 2, "3": 5, "4": 3, "4.1": 2, "4.3": 3, "5": 6, "5.1": 3}
    below |= {"6": 3, "6.1": 3, "6.2": 3, "6.3": 4, "7": 3, "7.1": 2, "7.2": 3, "7.3": 5}

    def under(number: str) -> list[str]:
        return [number, *(n for i in range(below.get(number, 0)) for n in under(f"{number}.{i + 1}"))]

    return [number for top in range(1, 8) for number in under(str(top))]


def test_every_row_is_found_once_and_in_order() -> None:
    rows = [chunk for chunk in original(BINH_DINH).chunks if chunk.kind == "row"]
    assert [chunk.text.split()[0].rstrip(".") for chunk in rows] == numbers()


def test_row_has_number_criterion_target_lead_and_coordinating_unit() -> None:
    assert row("7.3.4").heads == (
        ("STT", "7.3.4."),
        ("Lĩnh vực/Tiêu chí/ Tiêu chí thành phần", "Tỷ lệ hồ sơ trực tuyến toàn trình"),
        ("Chỉ tiêu đạt được", "Trên 80% hồ sơ TTHC của dịch vụ công trực tuyến toàn trình được giải quyết trực tuyến"),
        ("Cơ quan thực hiện – Chủ trì", "Các phòng thuộc Sở; các đơn vị trực thuộc Sở"),
        ("Cơ quan thực hiện – Phối hợp", "Văn phòng Sở"),
    )


def test_row_knows_its_parents() -> None:
    assert row("6.3.4").section[1:] == (
        "6. CẢI CÁCH TÀI CHÍNH CÔNG",
        "6.3. Thực hiện cơ chế tự chủ tài chính tại các đơn vị sự nghiệp công lập",
    )
    assert row("6.3.4").section[0].startswith("PHỤ LỤC")
    assert row("4.2").section[-1] == "4. CẢI CÁCH TỔ CHỨC BỘ MÁY"


def test_rows_cut_by_a_page_are_joined_cell_by_cell() -> None:
    assert cells("1.7")[2].endswith("đột xuất được UBND tỉnh, Chủ tịch UBND tỉnh giao")
    assert cells("4.3.2") == [
        "4.3.2.",
        "Kiểm tra việc thực hiện nhiệm vụ vụ quản lý nhà nước đã phân cấp, phân quyền cho đơn vị.",
        "Tổ chức thực hiện kiểm tra, giám sát việc thực hiện nhiệm vụ quản lý nhà nước đã phân cấp, phân quyền cho các "
        "đơn vị trực thuộc Sở",
        "Phòng Tổ chức cán bộ bộ",
        "Các phòng thuộc Sở; các đơn vị trực thuộc Sở",
    ]
    assert cells("5.4")[3:] == ["Các phòng thuộc Sở; các đơn vị trực thuộc Sở", "Thanh tra Sở, Phòng Tổ chức cán bộ"]
    assert [len(row(number).body.spans) for number in ("1.7", "4.3.2", "5.4")] == [2, 2, 2]


def test_no_row_has_a_repeated_head_or_left_over_mark_up() -> None:
    for chunk in original(BINH_DINH).chunks:
        assert "Tiêu chí thành phần Chỉ tiêu" not in chunk.body.quote
        assert "<ul" not in chunk.body.quote
    assert row("7.2.1").heads[2][1].startswith("- Tỷ lệ xử lý văn bản")


def test_sentence_of_the_plan_cut_by_a_page_is_whole_again() -> None:
    assert (
        "trả kết quả giải quyết thủ tục hành chính điện tử đạt tối thiểu 30%"
        in one(BINH_DINH, "c) Thường xuyên nâng cấp").text
    )


# Hà Tĩnh and Bắc Ninh: text broken into lines


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (HA_TINH, "Sở Y tế đã ban hành Kế hoạch số 205/KH-SYT ngày 14/01/2022"),
        (HA_TINH, "tiếp nhận 930 hồ sơ với 765 hồ sơ có thủ tục hành chính đăng ký"),
        (HA_TINH, "Số hồ sơ đã xử lý đúng hạn 901 hồ sơ, còn lại 180 hồ sơ"),
        (HA_TINH, "xử phạt hành chính 12 vụ (04 tổ chức, 08 cá nhân) với số tiền là 61.800.000 đồng"),
        (HA_TINH, "đăng nhập dichvucong.hatinh.gov.vn bằng máy tính"),
        (BAC_NINH, "giải quyết xong cho 375 hồ sơ cho các tổ chức, cá nhân"),
        (BAC_NINH, "trong quý 1 Sở Y tế đã nhận và trả lời 18 ý kiến"),
        (BAC_NINH, "tự chủ giai đoạn 2022 – 2024 đề nghị Sở Nội vụ"),
        (BAC_NINH, "Quy định số 105- QĐ/TW ngày 19/12/2017 của Bộ Chính trị"),
    ],
)
def test_lines_are_one_sentence_again(name: str, words: str) -> None:
    assert one(name, words)


def test_title_of_a_section_broken_into_lines_is_whole() -> None:
    assert original(HA_TINH).sections[0].path == ("I. NHỮNG KẾT QUẢ ĐẠT ĐƯỢC TRONG 6 THÁNG ĐẦU NĂM 2022.",)
    assert original(BAC_NINH).sections[6].path[-1] == (
        "2. Công tác cải cách thủ tục hành chính và thực hiện cơ chế một cửa"
    )


def test_plan_for_the_second_half_speaks_of_the_second_half() -> None:
    assert one(HA_TINH, "Tối thiểu 80% thủ tục hành chính").period == "2022-H2"
    assert one(HA_TINH, "tiếp nhận 930 hồ sơ").period == "2022-H1"


def test_items_of_a_list_in_broken_lines_are_parted() -> None:
    leader = one(HA_TINH, "Về tình hình, kết quả giải quyết TTHC:")
    assert [c.text[:14] for c in original(HA_TINH).chunks if c.lead == leader.ordinal] == [
        "+ Tổng số hồ s",
        "+ Công tác tiế",
        "+ Thực hiện hư",
    ]


# The newsletter


def test_articles_have_their_numbers_and_places() -> None:
    sections = original(NEWS).sections
    assert [(int(section.path[0].split(".")[0]), section.place) for section in sections] == [
        (23, "Ninh Bình"),
        (24, "Đồng Tháp"),
        (25, "Bắc Kạn"),
        (26, "Nam Định"),
        (27, "Bắc Ninh"),
        (28, "Bắc Ninh"),
        (29, "Cao Bằng"),
        (30, "Hồ Chí Minh"),
        (31, "Lai Châu"),
        (32, None),
        (33, None),
    ]
    assert all(len(section.path) == 1 for section in sections)


def test_periods_of_the_articles() -> None:
    stated = {section.path[0][:2]: section.period for section in original(NEWS).sections if section.period}
    assert stated == {"27": "2020", "32": "2011/2020", "33": "2013/2020"}


@pytest.mark.parametrize(
    ("words", "place", "article"),
    [
        ("1.545 hồ sơ của tổ chức, cá nhân", "Bắc Ninh", "28"),
        ("tiếp nhận 564 hồ sơ, đã giải quyết 551 hồ sơ", "Cao Bằng", "29"),
        ("năm 2018 đạt 93,10%, năm 2019 đạt 95,76%", "Đồng Tháp", "24"),
        ("92.809.519 bản ghi", None, "33"),
    ],
)
def test_passage_has_the_place_of_its_article(words: str, place: str | None, article: str) -> None:
    found = one(NEWS, words)
    assert (found.place, found.section[0][:2]) == (place, article)


def test_month_since_which_something_runs_is_not_the_period() -> None:
    assert one(NEWS, "Từ tháng 1/2019, Sở đã xây dựng").period == "2020-11"


def test_quarter_of_a_planned_check_is_not_the_period() -> None:
    assert one(HA_TINH, "kiểm tra chuyên đề đối với 12/17 đơn vị").period == "2022-H1"
