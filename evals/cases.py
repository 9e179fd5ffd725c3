"""A set of questions with their gold answers: one case a line of JSON, checked row by row when it is read.

The form is described in `sets/README.md`. Nothing here asks or measures.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from assistant.schema import Question, QuestionRefused, turns
from vectorstore.quantities import figures
from vectorstore.records import Filters

SETS = Path(__file__).parent / "sets"
"""The project's own sets."""

Kind = Literal[
    "lookup",
    "footnote",
    "table",
    "docnumber",
    "date",
    "list",
    "sum",
    "compare",
    "yesno",
    "ambiguous",
    "conflict",
    "followup",
    "unanswerable",
]
LONG_KINDS: frozenset[str] = frozenset({"list", "compare", "ambiguous", "conflict", "sum"})
"""Kinds whose right answer may be long; a plain question wants a short one."""


class CasesRefused(Exception):
    """A set that cannot be used; `problems` says for each row what is wrong, in Vietnamese."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        more = f" (và {len(problems) - 1} lỗi khác)" if len(problems) > 1 else ""
        super().__init__(self.problems[0] + more)


def _listed(value: object) -> object:
    """A string stands for a list of one; nothing for an empty one."""
    if value is None or value == "":
        return ()
    return (value,) if isinstance(value, (str, int)) else value


def _figure(value: object) -> object:
    # A JSON 1.852 could be 1852 as well as 1.852: only a string says how it was printed.
    if isinstance(value, float):
        raise ValueError('số có phần lẻ phải viết trong ngoặc kép như trong văn bản, ví dụ "94,0"')
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and not figures(value):
        raise ValueError(f"{value!r} không có chữ số nào; điều phải nói bằng chữ thì ghi ở must_include")
    return value


_Text = Annotated[str, Field(min_length=1)]
_Texts = Annotated[tuple[_Text, ...], BeforeValidator(_listed)]
_Figures = Annotated[tuple[Annotated[str, BeforeValidator(_figure)], ...], BeforeValidator(_listed)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CaseFilters(_Strict):
    """The filters of the contract's requests."""

    places: _Texts = ()
    years: Annotated[tuple[int, ...], BeforeValidator(_listed)] = ()
    document_types: _Texts = ()
    document_ids: _Texts = ()

    def filters(self) -> Filters:
        return Filters(self.places, self.years, self.document_types, self.document_ids)


class Evidence(_Strict):
    """A stretch of a document that proves the gold answer; `doc` is how the document's name begins ("" any)."""

    doc: str = ""
    span: _Text


class Case(_Strict):
    """A question, its gold answer and what proves it."""

    id: Annotated[_Text, BeforeValidator(lambda v: str(v) if type(v) is int else v)]
    question: _Text
    type: Annotated[Kind, Field(validation_alias=AliasChoices("type", "kind"))]
    style: str = ""
    answer: str = ""
    numbers: _Figures = ()
    must_include: _Texts = ()
    doc: _Texts = ()
    evidence: _Texts = ()
    evidence_more: tuple[Evidence, ...] = ()
    computation: str = ""
    history: tuple[Any, ...] = ()
    filters: CaseFilters = CaseFilters()
    notes: Annotated[str, Field(validation_alias=AliasChoices("notes", "note"))] = ""

    @model_validator(mode="after")
    def _can_be_marked(self) -> Case:
        self.asked()
        if self.type == "unanswerable":
            if self.numbers or self.must_include:
                raise ValueError("câu không trả lời được thì không có numbers và must_include")
            return self
        if not self.answer.strip():
            raise ValueError("thiếu đáp án (answer)")
        if self.type != "yesno" and not (self.numbers or self.must_include):
            raise ValueError("cần ít nhất một mục trong numbers hoặc must_include để chấm")
        return self

    @property
    def answerable(self) -> bool:
        return self.type != "unanswerable"

    @property
    def proofs(self) -> tuple[Evidence, ...]:
        """All gold evidence. A span of `evidence` may stand in any document of `doc`."""
        return (*(Evidence(span=span) for span in self.evidence), *self.evidence_more)

    def asked(self) -> Question:
        """The question as it is put to the assistant."""
        try:
            return Question(self.question, turns(list(self.history)), self.filters.filters())
        except QuestionRefused as error:
            raise ValueError(str(error)) from error


def read_cases(paths: Iterable[Path]) -> list[Case]:
    """The cases of JSONL files, in order; no id stands twice. Every row that is wrong is named before anything runs."""
    cases: list[Case] = []
    problems: list[str] = []
    seen: dict[str, str] = {}
    for path in paths:
        if path.suffix != ".jsonl":
            raise CasesRefused([f"{path.name}: bộ câu hỏi phải là tệp .jsonl, mỗi dòng một câu"])
        before = len(cases) + len(problems)
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            if not line.strip():
                continue
            at = f"{path.name}, dòng {number}"
            case = _read_case(line, at, problems)
            if case is None:
                continue
            if case.id in seen:
                problems.append(f"{at}: id {case.id!r} đã có ở {seen[case.id]}")
            seen[case.id] = at
            cases.append(case)
        if len(cases) + len(problems) == before:
            problems.append(f"{path.name}: không có câu hỏi nào")
    if problems:
        raise CasesRefused(problems)
    return cases


def own_sets() -> list[Path]:
    """The project's own sets over the sample documents."""
    return sorted(SETS.glob("samples_*.jsonl"))


def _read_case(line: bytes, at: str, problems: list[str]) -> Case | None:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        problems.append(f"{at}: không phải UTF-8")
        return None
    except json.JSONDecodeError as error:
        problems.append(f"{at}: không phải JSON ở cột {error.colno}")
        return None
    try:
        return Case.model_validate(row)
    except ValidationError as error:
        problems += [f"{at}: {_say(detail)}" for detail in error.errors()]
        return None


_SAID = {
    "missing": "thiếu trường này",
    "extra_forbidden": "không có trường này; tên các trường ở evals/sets/README.md",
    "string_type": "phải là chuỗi",
    "string_too_short": "đang trống",
    "int_parsing": "phải là số nguyên",
    "int_type": "phải là số nguyên",
    "tuple_type": "phải là danh sách",
    "model_type": "phải là một đối tượng JSON",
}


def _say(detail: Any) -> str:
    field = ".".join(str(part) for part in detail["loc"])
    kind = detail["type"]
    if kind == "value_error":
        said = str(detail["ctx"]["error"])
    elif kind == "literal_error":
        said = f"{detail['input']!r} phải là một trong {detail['ctx']['expected']}".replace(" or ", ", ")
    else:
        said = _SAID.get(kind, detail["msg"])
    return f"{field}: {said}" if field else said
