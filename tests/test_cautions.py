"""What an answer says of its sources: an older version stays out unless it is asked for; a bad page is named."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from workbench import DATA, YEARLY, Shelf, read, shelf

from assistant.answering import Assistant
from assistant.finding import Finder
from assistant.schema import Answer, Question
from vectorstore.records import Filters

OLD, NEW = "318/BC-SYT", "400/BC-SYT"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Shelf]:
    """A report, and the later version of it in which two figures are others."""
    text = (DATA / YEARLY).read_text(encoding="utf-8")
    text = text.replace(OLD, NEW).replace("ngày 9 tháng 01", "ngày 9 tháng 02")
    text = text.replace("640 hồ sơ", "655 hồ sơ").replace("nhận 410", "nhận 425")
    (tmp_path / "ban_sua.txt").write_text(text, encoding="utf-8")
    with shelf(tmp_path / "shelf") as one:
        one.pipeline.ingest([DATA / YEARLY, tmp_path / "ban_sua.txt"])
        yield one


def ask(one: Shelf, question: str, filters: Filters | None = None) -> Answer:
    assistant = Assistant(Finder(one.searcher))
    return assistant.ask(Question(question, filters=filters or Filters()))


def told(answer: Answer, kind: str) -> list[str]:
    return [notice.message for notice in answer.notices if notice.kind == kind]


HOW_MANY = "Sở Y tế Thanh Lâm nhận bao nhiêu hồ sơ năm 2023?"


def test_newer_version_alone_answers(opened: Shelf) -> None:
    answer = ask(opened, HOW_MANY)
    assert "655" in answer.answer and "640" not in answer.answer
    assert {citation.document_number for citation in answer.citations} == {NEW}
    assert told(answer, "superseded") == []


@pytest.mark.parametrize("filters", [None, Filters(document_ids=("bao_cao_nam",))])
def test_older_version_is_found_on_request_and_marked(opened: Shelf, filters: Filters | None) -> None:
    question = HOW_MANY if filters else f"Theo Báo cáo số {OLD}, Sở Y tế Thanh Lâm nhận bao nhiêu hồ sơ năm 2023?"
    answer = ask(opened, question, filters)
    assert "640" in answer.answer
    (said,) = told(answer, "superseded")
    assert OLD in said and NEW in said
    (notice,) = [notice for notice in answer.notices if notice.kind == "superseded"]
    assert set(notice.citations) <= {citation.marker for citation in answer.citations} and notice.citations


def test_answer_from_a_badly_recognised_page_says_so(tmp_path: Path) -> None:
    made = read(DATA / YEARLY)
    turn = made.text.index("2. Điều hành")
    paged = replace(
        made,
        chunks=tuple(replace(chunk, page=1 if chunk.body.start < turn else 2) for chunk in made.chunks),
        recognised=((1, 63), (2, 95)),
        doubtful=(1,),
    )
    with shelf(tmp_path) as one:
        one.library.put(paged, b"", "thư mục")
        one.pipeline.settle()
        answer = ask(one, HOW_MANY)
        assert "640" in answer.answer
        assert {citation.page for citation in answer.citations} == {1}
        assert told(answer, "ocr_low") == ["Bản quét «bao_cao_nam.txt» khó đọc ở trang 1; hãy đối chiếu với bản gốc."]
        assert told(ask(one, "Năm 2023 Sở Y tế Thanh Lâm trình bao nhiêu tờ trình?"), "ocr_low") == []
