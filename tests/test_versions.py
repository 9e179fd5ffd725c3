"""When documents are one, related, or an older and a newer version."""

from dataclasses import replace

import pytest

from vectorstore.records import Document
from vectorstore.versions import same_report


def report(**changes: str | None) -> Document:
    made = Document(
        "a", "a.txt", "", "", "5/BC-SYT", "Báo cáo", "Việc năm 2022", "Sở Y tế X", "X", "2023-01-02", "2022"
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"number": "5/bc-syt", "title": "VIỆC NĂM 2022", "period": None}, True),
        ({"number": "6/BC-SYT"}, False),
        ({"issued_on": "2023-01-03"}, False),
        ({"issuer": "Sở Y tế Y"}, False),
        ({"number": "/BC-SYT"}, False),
        ({"number": None}, False),
    ],
)
def test_numbered_reports_are_one_by_number_issuer_and_date(changes: dict[str, str | None], same: bool) -> None:
    assert same_report(report(), report(**changes)) is same
    assert same_report(report(**changes), report()) is same


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"issued_on": "2023-02"}, True),
        ({"title": "việc năm 2022"}, True),
        ({"title": "Việc khác năm 2022"}, False),
        ({"period": "2021"}, False),
        ({"type": "Kế hoạch"}, False),
        ({"issuer": None}, False),
    ],
)
def test_reports_without_a_number_are_one_by_issuer_type_period_and_title(
    changes: dict[str, str | None], same: bool
) -> None:
    blank = {"number": "/BC-SYT"}
    assert same_report(report(**blank), report(**(blank | changes))) is same
