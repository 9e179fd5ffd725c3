"""How `cchc` speaks in a terminal: what was typed and is wrong, failures in one Vietnamese line, progress, tables.

Results go to standard output, progress and errors to standard error. No command and no part is known here.
"""

from __future__ import annotations

import argparse
import difflib
import errno
import json
import re
import shutil
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, Protocol


class Refused(Exception):
    """The job cannot be done; the message is a Vietnamese sentence that says what to do."""


class WrongUse(Refused):
    """What was typed cannot be meant."""


def clean(text: str) -> str:
    """In NFC; half a character, as a broken terminal or client sends it, is refused."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise WrongUse("Câu hỏi có ký tự không phải UTF-8; hãy gõ lại.")
    return unicodedata.normalize("NFC", text)


def explain(error: Exception) -> str:
    """One Vietnamese line for a failure: what is wrong and what to do."""
    from assistant.schema import QuestionRefused
    from vectorstore.vietnamese import has_diacritics

    said = " ".join(str(error).split())
    if isinstance(error, (Refused, QuestionRefused)) or type(error).__name__ in ("CasesRefused", "GateRefused"):
        return said
    if isinstance(error, ModuleNotFoundError):
        return f"Thiếu gói {error.name}; hãy cài lại: pip install 'cchc-assistant[ui]'"
    if isinstance(error, OSError) and error.filename is not None:
        return _explain_file(error)
    if type(error).__name__ == "ValidationError" and hasattr(error, "errors"):
        return _explain_settings(error.errors())
    from ui.render import failure_sentence, is_known_failure

    if not is_known_failure(error) and not _is_of(error, "Unreadable"):
        return f"Lỗi ngoài dự kiến ({type(error).__name__}: {said}); hãy đặt CCHC_DEBUG=1 rồi chạy lại để xem chi tiết."
    # The parts speak English to developers, Vietnamese where their own words reach people.
    return said if has_diacritics(said) else f"{failure_sentence(error)} ({said})"


def is_wrong_use(error: Exception) -> bool:
    return isinstance(error, WrongUse) or _is_of(error, "QuestionRefused", "CasesRefused", "GateRefused")


def _is_of(error: Exception, *names: str) -> bool:
    """By name, so that no room is imported for its exceptions' sake."""
    return any(kind.__name__ in names for kind in type(error).__mro__)


def _explain_file(error: OSError) -> str:
    return f"Không đọc hoặc ghi được «{error.filename}» ({_reason(error)}); hãy kiểm tra lại đường dẫn."


_REASONS = {
    errno.ENOENT: "không có ở đó",
    errno.EACCES: "không có quyền",
    errno.EPERM: "không có quyền",
    errno.EROFS: "ổ đĩa chỉ đọc",
    errno.ENOSPC: "hết chỗ trên đĩa",
    errno.EISDIR: "là thư mục, cần một tệp",
    errno.ENOTDIR: "không phải thư mục",
    errno.EEXIST: "là tệp, không phải thư mục",
}


def _reason(error: OSError) -> str:
    return _REASONS.get(error.errno or 0, error.strerror or "lỗi đọc ghi")


def _explain_settings(details: Sequence[Mapping[str, Any]]) -> str:
    first = details[0]
    name = "CCHC_" + "_".join(str(part) for part in first["loc"]).upper()
    given = "" if "KEY" in name else f" “{first['input']}”"
    return f"Cài đặt {name} có giá trị{given} không dùng được; hãy sửa biến môi trường hoặc tệp .env."


def complain(line: str, code: int) -> int:
    print(line, file=sys.stderr, flush=True)
    return code


def speak_utf8() -> None:
    """Vietnamese can be printed whatever the locale says; a half character of a broken argument too."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(encoding="utf-8", errors="backslashreplace")


class _Help(argparse.HelpFormatter):
    def add_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, "Cách dùng: " if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """argparse in Vietnamese, whose errors are one line."""

    def __init__(self, *, with_help: bool = True, **given: Any) -> None:
        super().__init__(add_help=False, allow_abbrev=False, formatter_class=_Help, **given)
        if with_help:  # a parent's groups join a child's by their title, which is argparse's until now
            self._positionals.title = "Tham số"
            self._optionals.title = "Tuỳ chọn"
            self.add_argument("-h", "--help", action="help", help="in trợ giúp rồi thoát")

    def error(self, message: str) -> NoReturn:
        raise WrongUse(f"{_say(message)}; xem: {self.prog} --help")


def _say(message: str) -> str:
    """An error of argparse in Vietnamese."""
    if found := re.match(r"argument LỆNH: invalid choice: '(.*)' \(choose from (.*)\)", message, re.DOTALL):
        known = re.findall(r"\w+", found[2])
        near = difflib.get_close_matches(found[1], known, 1)
        return f"Không có lệnh “{found[1]}”" + (f", ý bạn là “{near[0]}”?" if near else f" (có: {', '.join(known)})")
    for pattern, said in (
        (r"the following arguments are required: (.*)", r"Thiếu \1"),
        (r"one of the arguments (.*) is required", r"Cần một trong: \1"),
        (r"unrecognized arguments: (.*)", r"Không hiểu: \1"),
        (r"argument (.*): expected .*", r"\1 cần một giá trị"),
        (r"argument (.*): invalid choice: (.*) \(choose from (.*)\)", r"\1: không có \2 (có: \3)"),
        (r"argument (.*): invalid int value: (.*)", r"\1: \2 không phải số nguyên"),
        (r"argument (.*): not allowed with argument (.*)", r"\1 không đi cùng \2"),
        (r"argument (.*?): (.*)", r"\1: \2"),
    ):
        if re.fullmatch(pattern, message, re.DOTALL):
            return re.sub(pattern, said, message, flags=re.DOTALL)
    return message


def whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"“{text}” phải là số nguyên từ {low} đến {high}")
        return int(text)

    return read


def print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


class Step(Protocol):
    """Told after each thing that is done; `line` is printed above the progress."""

    def __call__(self, done: int, total: int, line: str = "") -> None: ...


@contextmanager
def progress(label: str) -> Iterator[Step]:
    """A bar on a terminal; elsewhere the lines alone. Both on standard error."""
    if not sys.stderr.isatty():

        def tell(done: int, total: int, line: str = "") -> None:
            if line:
                print(f"[{done}/{total}] {line}", file=sys.stderr, flush=True)

        yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)

        def show_step(done: int, total: int, line: str = "") -> None:
            if line:
                bar.console.print(line, markup=False, highlight=False)
            bar.update(task, completed=done, total=total)

        yield show_step


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """In columns on a terminal, cells folded where they don't fit; tab-separated for other programs."""
    lines = [heads, *rows]
    if sys.stdout.isatty():
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        if sum(widths) + 2 * len(widths) > shutil.get_terminal_size().columns:
            _folded_table(heads, lines[1:])
            return
        lines = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    for line in lines:
        print(("  " if sys.stdout.isatty() else "\t").join(line).rstrip(" "))


def _folded_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    columns = [Column(Text(head), overflow="fold") for head in heads]  # else long words would lose their ends
    folded = Table(*columns, box=None, header_style="none", pad_edge=False, padding=(0, 2, 0, 0))
    for row in rows:
        folded.add_row(*map(Text, row))
    Console().print(folded)


def short(text: str, limit: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def seconds(seconds: float) -> str:
    return f"{seconds:.1f}".replace(".", ",")


def need_writable(folder: Path) -> None:
    """Make the folder and see that a file can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise Refused(
            f"Không ghi được vào thư mục dữ liệu «{folder}» ({_reason(error)}); "
            "hãy cấp quyền ghi, hoặc chọn thư mục khác bằng --data-dir."
        ) from error
