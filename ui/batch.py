"""Many questions in one process: a line out for each line in, whatever becomes of it.

A line in has "id" and "question" (for a search also "query"), and may have "history" and "filters"; its other fields
are ignored.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.schema import Turn, turns
from ui.terminal import WrongUse, clean, explain, is_wrong_use, progress, seconds
from vectorstore.records import Filters

Line = Mapping[str, Any]
NumberedLine = tuple[int, bytes]


def read_lines(source: Path, target: Path) -> list[NumberedLine]:
    """The lines of `source`, blank ones aside, each with its number; `target` must be a file that can be made."""
    if not source.is_file():
        raise WrongUse(f"Không thấy tệp câu hỏi «{source}»; hãy kiểm tra lại đường dẫn.")
    if target.is_dir() or not target.absolute().parent.is_dir():
        raise WrongUse(f"Không ghi được «{target}»: thư mục chứa nó phải có sẵn, và nó phải là một tệp.")
    if target.exists() and target.samefile(source):
        raise WrongUse("--out trùng với --batch; hãy ghi ra một tệp khác.")
    lines = [
        (n, line) for n, line in enumerate(source.read_bytes().split(b"\n"), 1) if line.strip(b" \t\r\xef\xbb\xbf")
    ]
    if not lines:
        raise WrongUse(f"Tệp câu hỏi «{source}» đang trống; mỗi dòng cần một câu có id và question.")
    return lines


def run(
    lines: Sequence[NumberedLine],
    target: Path,
    work: Callable[[Line], dict[str, Any]],
    failed: Callable[[str, str, str], dict[str, Any]],
) -> int:
    """Write what `work` makes of each line as soon as it is known, or what `failed` makes of (question, kind, message);
    how many lines failed."""
    begun = time.perf_counter()
    failures = 0
    # Half a character that came in as "\ud800" goes out so.
    with target.open("w", encoding="utf-8", errors="backslashreplace") as out, progress("Đang làm") as step:
        for done, (number, raw) in enumerate(lines, 1):
            line: Line = {}
            try:
                line = _read(number, raw)
                _need_id(number, line)
                result = work(line)
            except Exception as error:  # whatever it is, it is this line's result
                if os.environ.get("CCHC_DEBUG"):
                    traceback.print_exc()
                failures += 1
                question = line.get("question", line.get("query"))
                kind = "invalid" if is_wrong_use(error) else "internal"
                result = failed(question if isinstance(question, str) else "", kind, explain(error))
            out.write(json.dumps({"id": line.get("id")} | result, ensure_ascii=False) + "\n")
            out.flush()
            step(done, len(lines))
    spent = seconds(time.perf_counter() - begun)
    print(f"Đã ghi {len(lines)} dòng vào {target} ({failures} dòng lỗi, {spent} giây).", file=sys.stderr)
    return failures


def text_of(line: Line, *names: str) -> str:
    """The first of these fields that the line has."""
    name = next((name for name in names if name in line), names[0])
    value = line.get(name)
    if not isinstance(value, str):
        raise WrongUse(f'Dòng này thiếu "{name}", hoặc "{name}" không phải chuỗi; hãy viết câu hỏi vào đó.')
    return clean(value)


def history_of(line: Line) -> tuple[Turn, ...]:
    given = line.get("history") or []
    if not isinstance(given, list):
        raise WrongUse('"history" phải là một danh sách các lượt trước.')
    return tuple(Turn(turn.role, clean(turn.content)) for turn in turns(given))


def filters_of(line: Line, otherwise: Filters) -> Filters:
    """A line's own filters, or `otherwise`. A misspelt one is refused: it would silently widen the search."""
    given = line.get("filters")
    if not given:
        return otherwise
    names = ("places", "years", "document_types", "document_ids")
    if not isinstance(given, dict) or not given.keys() <= set(names):
        raise WrongUse(f'"filters" phải là một đối tượng JSON; các trường: {", ".join(names)}.')
    years = given.get("years", [])
    if not isinstance(years, list) or not all(type(year) is int for year in years):
        raise WrongUse('"filters.years" phải là danh sách số nguyên.')
    texts: dict[str, tuple[str, ...]] = {}
    for name in ("places", "document_types", "document_ids"):
        values = given.get(name, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise WrongUse(f'"filters.{name}" phải là danh sách chuỗi.')
        texts[name] = tuple(map(clean, values))
    return Filters(years=tuple(years), **texts)


def _read(number: int, raw: bytes) -> Line:
    try:
        line = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise WrongUse(f"Dòng {number} không phải JSON (UTF-8); hãy sửa dòng này rồi chạy lại.") from error
    if not isinstance(line, dict):
        raise WrongUse(f'Dòng {number} phải là một đối tượng JSON có "id" và "question".')
    return line


def _need_id(number: int, line: Line) -> None:
    if not isinstance(line.get("id"), (str, int)):
        raise WrongUse(f'Dòng {number} thiếu "id" (chuỗi hoặc số nguyên); hãy thêm vào rồi chạy lại.')
