"""Sections and chunks: what is found, quoted and cited."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbench import DATA, NEWS, PLAN, QUARTERLY, YEARLY, chunks, document, faults, read, steady

from vectorstore.records import Chunk, Document

ALL = [YEARLY, PLAN, QUARTERLY, NEWS]
SENTENCE = (
    "Sở đã rà soát toàn bộ quy trình của phòng thứ {}, đối chiếu với danh mục do tỉnh công bố và sửa chỗ không khớp."
)


def one(document: Document, words: str) -> Chunk:
    (found,) = [chunk for chunk in document.chunks if words in chunk.text]
    return found


@pytest.mark.parametrize("name", ALL)
def test_quotes_are_the_text_at_their_spans(name: str) -> None:
    assert faults(read(DATA / name)) == []


@steady
@given(
    st.lists(
        st.sampled_from(
            [
                "I. VIỆC",
                "1. Rà soát:",
                "a) Nhận",
                SENTENCE.format(1),
                "- Sở nhận 1 hồ sơ¹",
                "+ trễ hạn",
                "¹ Theo báo cáo",
                "và nơi khác",
                "STT\tViệc",
                "1.\tHọp",
                "\tlần hai",
                "PHỤ LỤC",
                "Nơi nhận:",
                "GIÁM ĐỐC",
                "BÁO CÁO",
                "",
                "Số: 1/BC-SYT",
                "12",
            ]
        ),
        max_size=30,
    ).map("\n".join)
)
def test_any_text_becomes_a_document_that_stands_in_it(text: str) -> None:
    made = document(text)
    assert faults(made) == []
    assert [chunk.ordinal for chunk in made.chunks] == list(range(len(made.chunks)))
    assert all(chunk.lead is None or chunk.lead < chunk.ordinal for chunk in made.chunks)
    assert all(0 <= s.start < s.end <= len(text) for s in made.sections)


@pytest.mark.parametrize("name", ALL)
def test_no_two_chunks_share_text(name: str) -> None:
    spans = sorted(span for chunk in read(DATA / name).chunks for span in chunk.body.spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


@pytest.mark.parametrize("name", [YEARLY, QUARTERLY, NEWS])
def test_chunks_stand_in_reading_order(name: str) -> None:
    starts = [chunk.body.start for chunk in read(DATA / name).chunks]
    assert starts == sorted(starts)


def test_chunks_stand_in_reading_order_when_an_appendix_follows_the_signature() -> None:
    starts = [chunk.body.start for chunk in read(DATA / PLAN).chunks]
    assert starts == sorted(starts)


# Sections


def test_sections_have_their_path_and_hold_their_parts() -> None:
    made = read(DATA / YEARLY)
    assert [section.path for section in made.sections] == [
        ("I. THỦ TỤC HÀNH CHÍNH",),
        ("I. THỦ TỤC HÀNH CHÍNH", "1. Kết quả tiếp nhận"),
        ("I. THỦ TỤC HÀNH CHÍNH", "2. Điều hành"),
        ("I. THỦ TỤC HÀNH CHÍNH", "3. Công khai"),
        ("II. TỔ CHỨC BỘ MÁY",),
        ("III. KIẾN NGHỊ",),
    ]
    held = {section.path: section for section in made.sections}
    for section in made.sections:
        assert made.text[section.start :].startswith(section.path[-1])
        outer = held.get(section.path[:-1])
        assert outer is None or (outer.start <= section.start and section.end <= outer.end)


@pytest.mark.parametrize("name", ALL)
def test_chunk_stands_within_its_section(name: str) -> None:
    made = read(DATA / name)
    held = {section.path: section for section in made.sections}
    for chunk in made.chunks:
        section = held.get(chunk.section)
        assert section is None or section.start <= chunk.body.start < chunk.body.end <= section.end
        assert chunk.kind == "row" or not chunk.section or section is not None


def test_headings_alone_are_no_chunks_and_numbered_paragraphs_are() -> None:
    made = read(DATA / YEARLY)
    assert not [chunk for chunk in made.chunks if chunk.text == "2. Điều hành"]
    assert one(made, "KIẾN NGHỊ").text == "III. KIẾN NGHỊ: Không."


def test_appendix_takes_the_line_below_it_into_its_title() -> None:
    assert read(DATA / PLAN).sections[-1].path == ("PHỤ LỤC Nhiệm vụ và đơn vị thực hiện",)


def test_head_and_signature_are_chunks_of_their_own() -> None:
    made = read(DATA / YEARLY)
    assert (made.chunks[0].kind, made.chunks[-1].kind) == ("head", "signature")
    assert made.chunks[0].section == made.chunks[-1].section == ()
    assert "318/BC-SYT" in made.chunks[0].text
    assert made.chunks[-1].text.endswith("Ngô Thị Hạnh")


# Footnotes


def test_split_keeps_footnote_with_its_sentence() -> None:
    made = read(DATA / YEARLY)
    (note,) = one(made, "trễ hạn 07").footnotes
    assert (note.marker, note.body.quote) == ("1", "Do hệ thống bảo trì từ ngày 03/4/2023 đến ngày 05/4/2023")
    assert [note.marker for note in one(made, "04 Tờ trình").footnotes] == ["3", "4"]


def test_marker_glued_to_a_word_is_no_part_of_a_figure() -> None:
    made = read(DATA / YEARLY)
    assert "của 13 TTHC và đã" in one(made, "13 TTHC").text
    assert "là 16 đơn vị với 1.245 người" in one(made, "16 đơn vị").text


def test_footnote_is_in_no_chunk_as_text() -> None:
    made = read(DATA / YEARLY)
    assert not [chunk for chunk in made.chunks if "bảo trì" in chunk.text or "48/TTr-SYT" in chunk.text]


def test_each_piece_of_a_cut_paragraph_has_the_footnotes_that_it_calls() -> None:
    body = " ".join(SENTENCE.format(f"{n}{mark}") for n, mark in zip(range(10, 30), "¹" + " " * 18 + "²", strict=True))
    made = chunks(f"{body}\n\n¹ Theo báo cáo quý\n\n² Theo báo cáo năm\n")
    assert len(made) > 1
    assert [note.marker for note in made[0].footnotes] == ["1"]
    assert [note.marker for note in made[-1].footnotes] == ["2"]


def test_exponent_of_a_unit_calls_no_footnote() -> None:
    assert [note.marker for note in one(read(DATA / YEARLY), "120 m²").footnotes] == ["5"]


# Length


def test_long_paragraph_is_cut_between_sentences_and_nothing_is_lost() -> None:
    body = " ".join(SENTENCE.format(n) for n in range(40))
    made = chunks(f"{body}\n")
    assert len(made) > 3
    assert all(len(chunk.text) <= 1_300 and chunk.text.endswith(".") for chunk in made)
    assert " ".join(chunk.text for chunk in made) == body


@pytest.mark.parametrize("form", ["Gồm {}.\n", "STT\tGồm\n1.\t{}\n2.\tKhông\n"])
def test_passage_holds_at_most_2000_characters(form: str) -> None:
    body = "; ".join(f"Trạm y tế xã thứ {n} của huyện" for n in range(120))
    made = chunks(form.format(body))
    assert max(len(chunk.text) for chunk in made) <= 2_000


# Lists and tables


def test_items_know_what_introduces_them() -> None:
    made = read(DATA / YEARLY)
    leader = one(made, "nhận 640 hồ sơ")
    assert [chunk.text[:20] for chunk in made.chunks if chunk.lead == leader.ordinal] == [
        "+ Lĩnh vực Dược: nhậ",
        "+ Lĩnh vực Hành nghề",
    ]
    assert leader.lead is None
    assert leader.text.rstrip(":") in one(made, "trễ hạn 02").context


def test_list_ends_at_the_next_paragraph_or_heading() -> None:
    made = chunks(f"Gồm các việc:\n- Một.\n- Hai.\n{SENTENCE.format(1)}\n- Ba.\n\nII. KHÁC\n\n- Bốn.\n")
    assert [chunk.lead for chunk in made] == [None, 0, 0, None, None, None]


def test_row_is_quoted_as_printed_and_its_heads_travel_beside() -> None:
    made = read(DATA / PLAN)
    row = one(made, "Thi tuyển")
    assert row.kind == "row"
    assert row.body.quote == "2.1.1. Thi tuyển Tuyển đủ 25 viên chức Phòng Tổ chức Văn phòng Sở"
    assert ("Đơn vị thực hiện – Chủ trì", "Phòng Tổ chức") in row.heads
    assert row.section == ("PHỤ LỤC Nhiệm vụ và đơn vị thực hiện", "2. CÔNG VỤ", "2.1. Tuyển dụng")


def test_every_row_is_one_chunk() -> None:
    assert read(DATA / PLAN).counts["rows"] == 7


# Scope


def test_article_gives_its_place_and_period_to_its_passages() -> None:
    made = read(DATA / NEWS)
    scope = [(section.path[0].split(".")[0], section.place, section.period) for section in made.sections]
    assert scope == [("7", "Yên Bái", None), ("8", "Trà Vinh", "2021-Q1"), ("9", None, "2016/2020")]
    assert (one(made, "335 hồ sơ").place, one(made, "335 hồ sơ").period) == ("Yên Bái", "2021-04")
    assert (one(made, "20 ngày").place, one(made, "20 ngày").period) == ("Trà Vinh", "2021-Q1")


DIGEST_OF_NEWS = """Điểm tin cải cách hành chính tháng 5/2023

1. Trạm y tế mở sổ trực tuyến

Sở Y tế tỉnh Lào Cai cho biết trong quý I năm 2023 các trạm nhận 120 hồ sơ, tăng 10% so với cùng kỳ năm 2022.

Người dân hài lòng với 98% hồ sơ.

2. Hội nghị trực tuyến toàn quốc

Ngày 5/5/2023, tại Hà Nội, Bộ Y tế tổ chức hội nghị với 63 tỉnh, thành phố.

3. Yên Bái: 6 tháng đầu năm 2022 nhận 400 hồ sơ

Cả 400 hồ sơ đã xong, trong đó có 30 hồ sơ của Lào Cai.

4. Sơn La và Lai Châu học tập lẫn nhau

Đoàn của Sơn La học tập 12 lần.

5. Người dân được trả kết quả tại nhà

(Trà Vinh) - Trung tâm trả 300 kết quả trong tuần 3 tháng 5.
"""


@pytest.mark.parametrize(
    ("part", "place", "period"),
    [
        ("120 hồ sơ", "Lào Cai", "2023-Q1"),
        ("98% hồ sơ", "Lào Cai", "2023-05"),
        ("63 tỉnh", None, "2023-05"),
        ("30 hồ sơ", "Yên Bái", "2022-H1"),
        ("12 lần", None, "2023-05"),
        ("300 kết quả", "Trà Vinh", "2023-05"),
    ],
)
def test_article_without_a_place_in_its_heading_has_the_one_its_first_sentence_is_about(
    part: str, place: str | None, period: str
) -> None:
    found = one(document(DIGEST_OF_NEWS), part)
    assert (found.place, found.period) == (place, period)


@pytest.mark.parametrize(
    ("said", "period"),
    [
        ("Trong quý I/2022 nhận 7 hồ sơ, bằng 80% so với quý I/2021.", "2022-Q1"),
        ("Tỉnh ban hành Quyết định số 696/QĐ-UBND ngày 28/10/2022 về việc tiếp tục tự chủ đến hết năm 2022.", None),
        ("Đến hết tháng 6/2022 có 12 trạm đã sửa.", "/2022-06-30"),
        ("Từ tháng 01 đến tháng 6 năm 2022 có 12 trạm đã sửa.", "2022-01-01/2022-06-30"),
        ("Từ ngày 01/01 đến ngày 30/6/2022 có 12 trạm đã sửa.", "2022-01-01/2022-06-30"),
        ("Theo Quyết định số ngày    tháng 4 năm 2021 của tỉnh, có 12 trạm.", None),
        ("Quy định có hiệu lực từ ngày 01/7/2022 đến ngày 31/12/2023.", None),
    ],
)
def test_passage_has_the_period_of_what_it_counts_alone(said: str, period: str | None) -> None:
    assert chunks(f"{SENTENCE.format(1)}\n\n{said}\n")[-1].period == period


def test_passage_has_the_period_it_states_and_else_that_of_the_report() -> None:
    made = read(DATA / YEARLY)
    assert one(made, "16 đơn vị").period == "2023"
    assert one(made, "nhận 640 hồ sơ").period == "2023-01-01/2023-12-20"
    assert one(read(DATA / NEWS), "48.200").period == "/2021-03-15"


def test_items_have_the_period_of_what_introduces_them() -> None:
    assert one(read(DATA / YEARLY), "trễ hạn 02").period == "2023-01-01/2023-12-20"


def test_section_gives_the_period_of_its_heading() -> None:
    assert one(read(DATA / QUARTERLY), "tối thiểu 35%").period == "2023-Q2"
    assert one(read(DATA / QUARTERLY), "512 hồ sơ").period == "2023-Q1"


def test_year_of_a_plan_that_is_named_is_not_the_period() -> None:
    made = chunks(f"{SENTENCE.format(1)} Theo Kế hoạch năm 2021 của tỉnh.\n")
    assert made[0].period is None


def test_context_names_report_place_period_and_headings() -> None:
    context = one(read(DATA / YEARLY), "16 đơn vị").context
    for part in ("Báo cáo", "Sở Y tế Thanh Lâm", "năm 2023", "Tình hình cải cách hành chính", "II. TỔ CHỨC BỘ MÁY"):
        assert part in context


def test_heads_in_two_rows_are_read_together() -> None:
    text = (
        "Kết quả theo từng ngày như sau:\n\n"
        "Ngày\tSố hồ sơ\t\tGhi chú\n\tNhận\tTrả\t\n"
        "Thứ hai\t12\t10\tđủ\nThứ ba\t9\t9\tđủ\n"
    )
    rows = [chunk for chunk in chunks(text) if chunk.kind == "row"]
    assert [row.heads for row in rows] == [
        (("Ngày", "Thứ hai"), ("Số hồ sơ – Nhận", "12"), ("Số hồ sơ – Trả", "10"), ("Ghi chú", "đủ")),
        (("Ngày", "Thứ ba"), ("Số hồ sơ – Nhận", "9"), ("Số hồ sơ – Trả", "9"), ("Ghi chú", "đủ")),
    ]


def test_chapter_has_the_title_below_its_number() -> None:
    text = (
        "QUY CHẾ\nTiếp nhận phản ánh của người dân\n\nSở ban hành quy chế này theo nhu cầu của các đơn vị.\n\n"
        "Chương I\nQUY ĐỊNH CHUNG\n\nĐiều 1. Phạm vi\n\nQuy chế này nói về việc nhận phản ánh của người dân.\n"
    )
    assert document(text).sections[0].path == ("Chương I QUY ĐỊNH CHUNG",)
