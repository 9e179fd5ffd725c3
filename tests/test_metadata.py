"""Head and foot of a report, as printed; what is left blank stays blank."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbench import DATA, NEWS, PLAN, QUARTERLY, YEARLY, Form, read, steady

from ingest import metadata
from ingest.metadata import Metadata
from vectorstore.vietnamese import normalize

PREAMBLE = (
    "Căn cứ Chỉ thị số 05/CT-UBND ngày 11/02/2023 của UBND tỉnh, Sở gửi số liệu của năm như dưới đây, cùng tên phòng "
    "đang làm và thời hạn phải xong, để cấp trên tổng hợp."
)


def head(
    *,
    top: str = "UBND TỈNH YÊN BÁI\nSỞ Y TẾ",
    number: str = "12/BC-SYT",
    dated: str = "Yên Bái, ngày 3 tháng 4 năm 2023",
    kind: str = "BÁO CÁO",
    title: str = "Việc của năm 2022",
    preamble: str = PREAMBLE,
    signed: str = "GIÁM ĐỐC\n\nLò Văn Tám",
) -> str:
    return (
        f"{top}\n\nSố: {number}\n\n{dated}\n\n{kind}\n\n{title}\n\n{preamble}\n\nI. VIỆC\n\nĐã xong cả.\n\n"
        f"Nơi nhận:\n- Lưu: VT.\n\n{signed}\n"
    )


def find(**changes: str) -> Metadata:
    return metadata.find(head(**changes))


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_head_and_foot_are_read(form: Form) -> None:
    found = metadata.find(normalize(unicodedata.normalize(form, head())))
    assert found.number == "12/BC-SYT"
    assert found.type == "Báo cáo"
    assert found.title == "Việc của năm 2022"
    assert found.issuer == "Sở Y tế tỉnh Yên Bái"
    assert found.place == "Yên Bái"
    assert found.issued_on == "2023-04-03"
    assert found.period == "2022"
    assert (found.signer, found.signer_title) == ("Lò Văn Tám", "Giám đốc")
    assert found.digest_of is None


def test_head_foot_and_body_share_nothing() -> None:
    text = head()
    found = metadata.find(text)
    assert text[found.body_start :].lstrip().startswith("Căn cứ")
    assert found.head.end <= found.body_start <= found.foot.start
    assert found.foot.quote.startswith("Nơi nhận")
    assert found.foot.quote.endswith("Lò Văn Tám")
    for part in (found.head, found.foot):
        assert part.pieces == tuple(text[a:b] for a, b in part.spans)


@pytest.mark.parametrize(
    ("printed", "number"),
    [
        ("124 /BC-SYT", "124/BC-SYT"),
        ("1987/BC- SYT", "1987/BC-SYT"),
        ("41/2023/QĐ-UBND", "41/2023/QĐ-UBND"),
        ("   /KH-SYT", "/KH-SYT"),
        ("…/BC-SYT", "…/BC-SYT"),
        ("…… /TTr-SYT", "……/TTr-SYT"),
    ],
)
def test_number_is_as_printed_and_a_blank_stays_blank(printed: str, number: str) -> None:
    assert find(number=printed).number == number


@pytest.mark.parametrize(
    ("printed", "day"),
    [
        ("Yên Bái, ngày 16  tháng  6  năm 2022", "2022-06-16"),
        ("Yên Bái, ngày tháng 12 năm 2022", "2022-12"),
        ("Yên Bái, ngày … tháng … năm 2023", "2023"),
        ("Yên Bái, ngày    tháng    năm 2023", "2023"),
        ("Một ngày đẹp", None),
    ],
)
def test_date_is_as_much_as_is_printed(printed: str, day: str | None) -> None:
    assert find(dated=printed).issued_on == day


@pytest.mark.parametrize(
    ("title", "period"),
    [
        ("Việc 6 tháng đầu năm 2022", "2022-H1"),
        ("Việc quý I năm 2023", "2023-Q1"),
        ("Việc 9 tháng đầu năm 2023", "2023-01-01/2023-09-30"),
        ("Việc năm 2023 và giai đoạn 2024 - 2025", "2023/2025"),
        ("Việc tháng 11/2020", "2020-11"),
        ("Việc sửa quy chế", None),
    ],
)
def test_period_is_what_the_title_names(title: str, period: str | None) -> None:
    assert find(title=title).period == period


@pytest.mark.parametrize(
    ("kind", "said"), [("KẾ HOẠCH", "Kế hoạch"), ("**BÁO CÁO**", "Báo cáo"), ("TỜ TRÌNH", "Tờ trình")]
)
def test_type_is_said_in_its_usual_spelling(kind: str, said: str) -> None:
    assert find(kind=kind).type == said


def test_title_takes_its_second_line() -> None:
    assert (
        find(title="Kết quả kiểm tra công tác\nhành chính năm 2022").title
        == "Kết quả kiểm tra công tác hành chính năm 2022"
    )


@pytest.mark.parametrize("opening", ["Căn cứ Luật", "Thực hiện Kế hoạch", "Theo đề nghị", "Kính gửi: Sở Nội vụ"])
def test_title_ends_before_the_preamble(opening: str) -> None:
    assert find(preamble=f"{opening}, Sở làm việc này.").title == "Việc của năm 2022"


@pytest.mark.parametrize("opening", ["Để thực hiện Quyết định", "Nhằm nâng mức hài lòng", "Sở Y tế báo cáo như sau"])
def test_title_ends_before_a_short_preamble_of_another_kind(opening: str) -> None:
    assert find(preamble=f"{opening}, Sở làm việc này.").title == "Việc của năm 2022"


@pytest.mark.parametrize(
    ("top", "number", "issuer"),
    [
        ("UBND TỈNH YÊN BÁI\nSỞ Y TẾ", "12/BC-SYT", "Sở Y tế tỉnh Yên Bái"),
        ("SỞ Y TẾ HÀ NỘI", "12/BC-SYT", "Sở Y tế Hà Nội"),
        ("ỦY BAN NHÂN DÂN TỈNH HÀ NAM", "12/BC-UBND", "Ủy ban nhân dân tỉnh Hà Nam"),
        ("BỘ Y TẾ", "12/BC-BYT", "Bộ Y tế"),
        ("", "12/BC-SYT", "Sở Y tế tỉnh Yên Bái"),
        ("", "/KH-UBND", "Ủy ban nhân dân tỉnh Yên Bái"),
        ("", "12/BC-TTg", "Thủ tướng Chính phủ"),
        ("", "12/BC-XYZ", None),
    ],
)
def test_issuer_is_the_body_above_or_the_one_of_the_symbol(top: str, number: str, issuer: str | None) -> None:
    assert find(top=top, number=number).issuer == issuer


@pytest.mark.parametrize(
    ("top", "issuer"),
    [
        ("CHI CỤC AN TOÀN VỆ SINH THỰC PHẨM TỈNH LẠNG SƠN", "Chi cục An toàn vệ sinh thực phẩm tỉnh Lạng Sơn"),
        ("BỆNH VIỆN ĐA KHOA TỈNH HÒA BÌNH", "Bệnh viện Đa khoa tỉnh Hòa Bình"),
        ("UBND TỈNH HÀ NAM", "UBND tỉnh Hà Nam"),
    ],
)
def test_issuer_begins_with_a_capital(top: str, issuer: str) -> None:
    assert find(top=top, number="12/BC-ABC").issuer == issuer


@pytest.mark.parametrize(
    ("signed", "signer", "role"),
    [
        ("GIÁM ĐỐC\n\nLò Văn Tám", "Lò Văn Tám", "Giám đốc"),
        ("**KT. GIÁM ĐỐC\nPHÓ GIÁM ĐỐC**\n\nLò Thị Tám", "Lò Thị Tám", "Phó giám đốc (ký thay Giám đốc)"),
        ("TM. ỦY BAN NHÂN DÂN\nCHỦ TỊCH\n\nTrần Thị Bình", "Trần Thị Bình", "Chủ tịch"),
        ("KT. BỘ TRƯỞNG\nTHỨ TRƯỞNG\n\n(Đã ký)\n\nĐỗ Văn Sáu", "Đỗ Văn Sáu", "Thứ trưởng (ký thay Bộ trưởng)"),
        ("GIÁM ĐỐC\n\nLÒ VĂN TÁM", "Lò Văn Tám", "Giám đốc"),
        ("GIÁM ĐỐC", None, "Giám đốc"),
        ("", None, None),
    ],
)
def test_signer_and_role_are_read(signed: str, signer: str | None, role: str | None) -> None:
    found = find(signed=signed)
    assert (found.signer, found.signer_title) == (signer, role)


def test_signer_below_the_role_in_another_body_is_read() -> None:
    assert find(signed="TUQ. CHỦ TỊCH\nGIÁM ĐỐC SỞ Y TẾ\n\nLò Văn Tám").signer == "Lò Văn Tám"


def test_signature_ends_where_the_appendix_begins() -> None:
    found = metadata.find(head() + "\nPHỤ LỤC\n\nDanh mục\n")
    assert found.foot.quote.endswith("Lò Văn Tám")


def test_recipients_in_the_body_are_no_foot() -> None:
    found = metadata.find(head(preamble=f"{PREAMBLE} Những nơi nhận được văn bản phải trả lời."))
    assert found.foot.quote.startswith("Nơi nhận: - Lưu")


def test_newsletter_has_title_date_and_editor_alone() -> None:
    found = read(DATA / NEWS)
    assert (found.type, found.number, found.issuer) == ("Bản tin", None, "Bộ Y tế")
    assert found.title == "Điểm tin Cải cách hành chính tháng 4/2021"
    assert (found.issued_on, found.period, found.place) == ("2021-04-26", "2021-04", None)
    assert (found.signer, found.signer_title) == (None, None)


def test_place_that_no_list_knows_is_taken_from_the_date_line() -> None:
    found = read(DATA / YEARLY)
    assert (found.place, found.issuer) == ("Thanh Lâm", "Sở Y tế Thanh Lâm")
    assert (found.number, found.issued_on) == ("318/BC-SYT", "2024-01-09")
    assert (found.signer, found.signer_title) == ("Ngô Thị Hạnh", "Phó giám đốc (ký thay Giám đốc)")


def test_blank_number_and_day_of_a_plan_stay_blank() -> None:
    found = read(DATA / PLAN)
    assert (found.number, found.number_is_blank, found.issued_on) == ("/KH-SYT", True, "2024-03")
    assert found.title == "Nâng mức hài lòng của người dân đối với ngành Y tế năm 2024 và giai đoạn 2025 - 2026"
    assert (found.period, found.signer) == ("2024/2026", "Phan Văn Lộc")


def test_head_broken_into_lines_is_read() -> None:
    found = read(DATA / QUARTERLY)
    assert (found.number, found.type, found.issued_on) == ("46/BC-SYT", "Báo cáo", "2023-04-05")
    assert found.title == "Công tác cải cách hành chính quý I năm 2023 của Sở Y tế"
    assert (found.period, found.signer, found.signer_title) == ("2023-Q1", "Đoàn Minh Quý", "Giám đốc")


def test_place_beside_the_number_in_one_line_is_the_place_alone() -> None:
    found = read(DATA / QUARTERLY)
    assert (found.place, found.issuer) == ("Vĩnh Sơn", "Sở Y tế Vĩnh Sơn")


def test_digest_says_what_it_is_a_digest_of() -> None:
    found = metadata.find("BẢN TÓM LƯỢC do người viết thử làm; tóm lược từ: Báo cáo số 12/BC-SYT\n\n" + head())
    assert found.digest_of == "Báo cáo số 12/BC-SYT"
    assert (found.number, found.issuer, found.issued_on) == ("12/BC-SYT", "Sở Y tế tỉnh Yên Bái", "2023-04-03")


def test_digest_is_known_by_the_first_line_alone() -> None:
    assert metadata.find(head(preamble=f"{PREAMBLE}\n\nBẢN TÓM LƯỢC kèm theo")).digest_of is None


@pytest.mark.parametrize("text", ["", "\n \n", "GIÁM ĐỐC", "Chỉ có một câu thôi."])
def test_text_without_a_head_says_nothing(text: str) -> None:
    found = metadata.find(text)
    assert (found.number, found.type, found.issuer, found.place, found.issued_on, found.signer) == (None,) * 6
    assert found.title == (text.strip() or None)


def heads() -> dict[str, tuple[dict[str, str | None], str]]:
    """Name → what is to be read, and the text, of `data/heads.txt`."""
    out = {}
    for part in (DATA / "heads.txt").read_text(encoding="utf-8").split("=== ")[1:]:
        name, _, rest = part.partition("\n")
        wanted, _, text = rest.partition("\n---\n")
        fields = dict(line.split(": ", 1) for line in wanted.split("\n"))
        out[name] = ({field: None if value == "-" else value for field, value in fields.items()}, text.rstrip() + "\n")
    return out


@pytest.mark.parametrize("name", heads())
def test_identity_is_read_from_heads_of_each_type(name: str) -> None:
    want, text = heads()[name]
    found = metadata.find(text)
    assert {field: getattr(found, field) for field in want} == want


LINES = st.sampled_from(
    [*head().split("\n"), "PHỤ LỤC", "TM. ỦY BAN", "Số: /", "Nơi nhận", "BẢN TÓM LƯỢC", "# x", "12/4/2021"]
)


@steady
@given(st.one_of(st.lists(LINES, max_size=30).map("\n".join), st.text(max_size=200)))
def test_any_text_has_a_head_within_it(text: str) -> None:
    found = metadata.find(text)
    assert 0 <= found.body_start <= len(text)
    for part in (found.head, found.foot):
        assert part.pieces == tuple(text[a:b] for a, b in part.spans)


def test_foot_never_begins_within_the_head() -> None:
    found = metadata.find("UBND TỈNH YÊN BÁI\nGIÁM ĐỐC\nSố: 12/BC-SYT")
    assert not found.foot or found.foot.start >= found.head.end


@pytest.mark.parametrize(
    "follows",
    [
        "KẾ HOẠCH\nThăm trạm y tế",
        "NGHỊ QUYẾT\nVề trạm y tế",
        "(Kèm theo Quyết định số 12/QĐ-SYT)",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "PHỤ LỤC 1",
        "¹ Số liệu của quý I",
    ],
)
def test_foot_ends_where_another_part_begins(follows: str) -> None:
    text = f"{head()}\n{follows}\n\nCó 7 trạm.\n"
    assert metadata.find(text).foot.quote.endswith("Lò Văn Tám")


@pytest.mark.parametrize("top", ["CHÍNH PHỦ", "BỘ Y TẾ", "THỦ TƯỚNG CHÍNH PHỦ"])
def test_central_body_belongs_to_no_province(top: str) -> None:
    found = find(top=top, number="47/2030/NĐ-CP", dated="Hà Nội, ngày 3 tháng 4 năm 2030")
    assert found.issuer is not None and found.issuer.casefold() == top.casefold()
    assert found.place is None
