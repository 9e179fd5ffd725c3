"""Plans and decisions that say things by their form: lines with a label, the day from which something is in force."""

from collections.abc import Iterator

import pytest
from workbench import Shelf, shelf

from assistant.answering import Assistant
from assistant.finding import Finder
from assistant.schema import Answer, Question

PLAN = """SỞ NỘI VỤ TỈNH THANH LÂM
Số: 41/KH-SNV
Thanh Lâm, ngày 04 tháng 3 năm 2024

KẾ HOẠCH
Bồi dưỡng nghiệp vụ một cửa năm 2024

I. NỘI DUNG

1. Lớp cho công chức cấp xã

a) Hướng dẫn phần mềm một cửa cho công chức tư pháp

- Thành phần: công chức tư pháp của 12 xã.

- Địa điểm: Hội trường nhà văn hóa huyện Đá Vôi.

- Thời gian dự kiến: ngày 18/4/2024.

b) Hướng dẫn số hóa giấy tờ cho văn thư

- Thành phần: văn thư của các xã.

- Địa điểm: Phòng máy của trường nghiệp vụ.

- Thời gian dự kiến: ngày 25/4/2024.
"""
DECISION = """ỦY BAN NHÂN DÂN TỈNH THANH LÂM
Số: 903/QĐ-UBND
Thanh Lâm, ngày 12 tháng 8 năm 2024

QUYẾT ĐỊNH
Về việc ban hành quy chế tiếp nhận phản ánh của người dân

Điều 1. Ban hành kèm theo Quyết định này quy chế tiếp nhận phản ánh của người dân.

Điều 2. Quyết định này có hiệu lực thi hành kể từ ngày ký. Quy chế cũ hết hiệu lực từ ngày 01 tháng 7 năm 2024.

Điều 3. Chánh Văn phòng chịu trách nhiệm thi hành Quyết định này.
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("labelled")
    for name, text in (("ke_hoach", PLAN), ("quyet_dinh", DECISION)):
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    with shelf(folder / "shelf") as one:
        one.pipeline.ingest(sorted(folder.glob("*.txt")))
        yield one


def ask(one: Shelf, question: str) -> Answer:
    return Assistant(Finder(one.searcher)).ask(Question(question))


@pytest.mark.parametrize(
    ("question", "told", "untold"),
    [
        ("Lớp hướng dẫn phần mềm một cửa cho công chức tư pháp diễn ra khi nào?", "18/4/2024", "25/4/2024"),
        ("Lớp hướng dẫn số hóa giấy tờ cho văn thư diễn ra khi nào?", "25/4/2024", "18/4/2024"),
        ("Hướng dẫn số hóa giấy tờ cho văn thư ở đâu?", "Phòng máy", "Hội trường"),
        ("Hướng dẫn phần mềm một cửa cho công chức tư pháp ở đâu?", "Hội trường", "Phòng máy"),
    ],
)
def test_line_with_the_label_that_is_asked_for_answers(library: Shelf, question: str, told: str, untold: str) -> None:
    answer = ask(library, question)
    assert answer.status == "answered"
    assert told in answer.answer and untold not in answer.answer
    assert any(told in citation.quote for citation in answer.citations)


def test_in_force_from_the_day_of_signing_tells_that_day(library: Shelf) -> None:
    answer = ask(library, "Quyết định số 903/QĐ-UBND có hiệu lực từ ngày nào?")
    assert "kể từ ngày ký" in answer.answer
    assert "ngày 12 tháng 8 năm 2024" in answer.answer
    assert "01 tháng 7" not in answer.answer
    assert any("12 tháng 8 năm 2024" in citation.quote for citation in answer.citations)
