"""The documents in awkward forms as they are read, counted and checked in their hard spots. They are not published.
Those in PDF are checked in `test_readers_pdf.py`."""

import re
import shutil
from functools import cache
from pathlib import Path

import pytest
from workbench import faults, read

from ingest import readers
from vectorstore.records import Chunk, Document

DOCUMENTS = Path(__file__).resolve().parents[2] / "shared" / "documents"
DECISION, COMMUNE, BEDS, HANOI, NOTICE = "02", "11", "12", "13", "15"
RANKING, OLD_PLAN, DECREE, BROKEN, DECOMPOSED, OLD_LETTERS = "21", "f06", "f08", "f10", "nfd", "tcvn3"
READ = (DECISION, COMMUNE, BEDS, HANOI, NOTICE, RANKING, OLD_PLAN, DECREE, DECOMPOSED, OLD_LETTERS)

pytestmark = pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the documents are not beside the repository")


def path_of(name: str) -> Path:
    (path,) = DOCUMENTS.glob(f"{name}[_.]*")
    if path.suffix == ".doc" and shutil.which("soffice") is None and shutil.which("libreoffice") is None:
        pytest.skip("system package: libreoffice")
    return path


@cache
def document(name: str) -> Document:
    return read(path_of(name))


def one(name: str, words: str) -> Chunk:
    """The only chunk of a document that reads so."""
    found = [chunk for chunk in document(name).chunks if words in chunk.text]
    assert len(found) == 1, [chunk.text for chunk in found]
    return found[0]


def remarks(name: str) -> str:
    return " ".join(readers.read(path_of(name)).decoded.remarks)


@pytest.mark.parametrize("name", READ)
def test_quotes_are_the_text_at_their_spans_and_fit_a_passage(name: str) -> None:
    made = document(name)
    assert faults(made) == []
    assert max(len(chunk.text) for chunk in made.chunks) <= 2_000


@pytest.mark.parametrize("name", READ)
def test_no_passage_is_without_a_word(name: str) -> None:
    assert not [chunk.text for chunk in document(name).chunks if not any(char.isalpha() for char in chunk.text)]


@pytest.mark.parametrize(
    ("name", "number", "kind", "issuer", "place", "issued_on", "signer"),
    [
        (
            DECISION,
            "2816/QĐ-UBND",
            "Quyết định",
            "Ủy ban nhân dân tỉnh Đồng Nai",
            "Đồng Nai",
            "2025-11-20",
            "Lê Trường Sơn",
        ),
        (COMMUNE, None, None, None, "Tân Thành Bình", "2024-11-04", None),
        (BEDS, None, None, None, "Bắc Giang", "2024-09-13", None),
        (HANOI, None, None, None, "Hà Nội", None, None),
        (NOTICE, None, None, None, None, None, None),
        (RANKING, None, None, None, None, None, None),
        (
            OLD_PLAN,
            "/KH-STTTT",
            "Kế hoạch",
            "Sở Thông tin và Truyền thông tỉnh Phú Thọ",
            "Phú Thọ",
            "2011-12",
            "Phan Quang Thao",
        ),
        (DECREE, "30/2020/NĐ-CP", "Nghị định", "Chính phủ", None, "2020-03-05", "Nguyễn Xuân Phúc"),
        (DECOMPOSED, None, None, None, "Tân Thành Bình", "2024-11-04", None),
        (OLD_LETTERS, None, None, None, "Bắc Giang", "2024-09-13", None),
    ],
)
def test_head_data(
    name: str,
    number: str | None,
    kind: str | None,
    issuer: str | None,
    place: str | None,
    issued_on: str | None,
    signer: str | None,
) -> None:
    made = document(name)
    assert (made.number, made.type, made.issuer, made.place) == (number, kind, issuer, place)
    assert (made.issued_on, made.signer) == (issued_on, signer)


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        (DECISION, "VỀ VIỆC THÔNG QUA"),
        (COMMUNE, "Tân Thành Bình thực hiện tốt"),
        (BEDS, "Bắc Giang triển khai Kế hoạch"),
        (HANOI, "Hà Nội đi đầu"),
        (RANKING, "Bộ Y tế đứng áp chót"),
        (OLD_PLAN, "Triển khai cài đặt"),
        (DECREE, "Về công tác văn thư"),
        (DECOMPOSED, "Tân Thành Bình thực hiện tốt"),
        (OLD_LETTERS, "Bắc Giang triển khai Kế hoạch"),
    ],
)
def test_titles(name: str, begins: str) -> None:
    assert (document(name).title or "").startswith(begins)


@pytest.mark.parametrize(
    ("name", "sections", "footnotes", "rows"),
    [
        (DECISION, 32, 0, 8),
        (COMMUNE, 0, 0, 0),
        (BEDS, 0, 0, 0),
        (HANOI, 0, 0, 0),
        (NOTICE, 0, 0, 0),
        (RANKING, 0, 0, 0),
        (OLD_PLAN, 13, 0, 4),
        (DECREE, 97, 0, 0),
    ],
)
def test_parts_are_counted(name: str, sections: int, footnotes: int, rows: int) -> None:
    counts = document(name).counts
    assert (counts["sections"], counts["footnotes"], counts["rows"]) == (sections, footnotes, rows)


@pytest.mark.parametrize(("name", "pattern", "count"), [(DECREE, r"Điều \d+\.", 38), (DECREE, r"Chương [IVX]+", 7)])
def test_articles_and_chapters_are_counted(name: str, pattern: str, count: int) -> None:
    assert sum(bool(re.match(pattern, section.path[-1])) for section in document(name).sections) == count


def test_broken_file_is_refused_for_what_it_is() -> None:
    with pytest.raises(readers.Unreadable, match="bị hỏng"):
        read(path_of(BROKEN))


# Hard spots


def test_rows_with_each_cell_on_its_own_lines_have_their_columns() -> None:
    rows = [chunk for chunk in document(DECISION).chunks if chunk.kind == "row" and len(chunk.heads) > 1]
    assert [dict(row.heads)["Mã số TTHC"] for row in rows if "Mã số TTHC" in dict(row.heads)] == [
        "2.000286",
        "1.001699",
        "1.014027",
        "1.001653",
        "2.001088",
    ]


def test_rows_stand_under_the_group_above_them() -> None:
    assert one(DECISION, "1.014027").section[-1].endswith("Lĩnh vực Bảo trợ xã hội")
    assert one(DECISION, "2.001088").section[-1].startswith("II")


def test_words_broken_into_lines_are_one_sentence() -> None:
    assert (
        "Giảm thời gian thẩm định hồ sơ từ 25 ngày làm việc xuống còn 23 ngày làm việc"
        in one(DECISION, "từ 25 ngày làm việc xuống").text
    )


@pytest.mark.parametrize("name", [COMMUNE, DECOMPOSED])
def test_decomposed_letters_read_as_the_composed_ones(name: str) -> None:
    assert "4.572/4.572 hồ sơ" in one(name, "10 tháng năm 2024, Bộ phận một cửa").text
    assert one(name, "278/278 HS").text.endswith("(đạt tỷ lệ 100%).")


@pytest.mark.parametrize("name", [BEDS, OLD_LETTERS])
def test_old_letters_read_as_the_new_ones(name: str) -> None:
    assert "42,7 giường bệnh/10.000 dân, 19 bác sĩ/10.000 dân" in one(name, "phấn đấu đến năm 2030, trung bình").text


def test_what_was_converted_is_said() -> None:
    assert "TCVN3" in remarks(OLD_LETTERS)
    assert "tách từ" in remarks(HANOI)
    assert "tách từ" in remarks(RANKING)
    assert "tổ hợp" in remarks(DECOMPOSED)
    assert [remarks(name) for name in (COMMUNE, BEDS, NOTICE, DECREE)] == [""] * 4


def test_segmented_words_are_plain_but_their_spacing_is_as_printed() -> None:
    assert "_" not in document(HANOI).text
    assert "55 %" in one(HANOI, "mức độ 3 , 4").text
    assert "72,4 điểm" in one(RANKING, "đứng áp chót và").text


def test_table_of_the_old_file_has_its_dates_and_rooms() -> None:
    row = one(OLD_PLAN, "Ngày 05/01/2012")
    assert [cell for _, cell in row.heads] == [
        "Ngày 05/01/2012 (thứ 5)",
        "Phòng Tài chính – Kế hoạch",
        "Trung tâm CNTT Tây Bắc",
    ]


def test_notice_keeps_the_figures_of_its_paragraphs() -> None:
    assert one(NOTICE, "tăng 6 bậc")
    assert one(NOTICE, "Ngày 09 tháng 3 năm 2022").text.count("Phiên họp") >= 2
