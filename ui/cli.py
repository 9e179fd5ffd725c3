"""The command line, `cchc`: thin sub-commands over the parts of the other rooms.

Results go to standard output, progress and errors to standard error; an error is one Vietnamese line that says what to
do. Exit codes: 0 done, 1 the job's own failure, 2 wrong use. What a command does not need is not imported: `cchc
documents` starts without the model and the page.
"""

from __future__ import annotations

import argparse
import errno
import ipaddress
import os
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.terminal import (
    Parser,
    Refused,
    WrongUse,
    clean,
    complain,
    explain,
    is_wrong_use,
    need_writable,
    print_json,
    progress,
    seconds,
    speak_utf8,
    table,
    whole,
)

if TYPE_CHECKING:
    from assistant.schema import Mode, Turn
    from ingest.pipeline import Outcome
    from ui.assemble import Parts
    from ui.settings import Settings
    from vectorstore.library import Library
    from vectorstore.records import Document, Filters

DONE, FAILED, WRONG_USE, STOPPED = 0, 1, 2, 130

EXAMPLE_QUESTION = "Năm 2022 Sở Y tế Kon Tum có bao nhiêu hồ sơ trễ hạn?"
_MOST_PROCESSES = 4  # each may run Tesseract on several pages
_NO_DOCUMENTS = "Thư viện đang trống; hãy nạp tài liệu trước: cchc ingest THƯ_MỤC"
_GOODBYES = frozenset({"/thoat", "/thoát", "/quit", "/exit", "thoát", "thoat", "exit", "quit"})
_TELEMETRY_OFF = {
    "ANONYMIZED_TELEMETRY": "False",  # Chroma
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code; nothing is raised."""
    speak_utf8()
    os.environ.update(_TELEMETRY_OFF)  # before any library could read them
    try:
        arguments = _arguments(argv)
        code: int = arguments.command(arguments)
        sys.stdout.flush()
        return code
    except SystemExit as leave:  # argparse's, after --help
        return leave.code if isinstance(leave.code, int) else DONE
    except KeyboardInterrupt:
        return complain("Đã dừng.", STOPPED)
    except BrokenPipeError:  # `cchc documents | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:  # the last door: whatever it is, a person reads one line
        if os.environ.get("CCHC_DEBUG"):
            traceback.print_exc()
        return complain(explain(error), WRONG_USE if is_wrong_use(error) else FAILED)


# --- what may be typed ------------------------------------------------------------------------------------------


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    arguments = _parser().parse_args(argv)
    if not hasattr(arguments, "command"):
        raise WrongUse("Thiếu lệnh; xem: cchc --help")
    return arguments


def _parser() -> Parser:
    everywhere = Parser(with_help=False)
    everywhere.add_argument(
        "--data-dir",
        type=Path,
        metavar="THƯ_MỤC",
        default=argparse.SUPPRESS,
        help="thư mục dữ liệu (mặc định: CCHC_DATA_DIR, hoặc thư mục dữ liệu của người dùng)",
    )
    scope = Parser(with_help=False)
    narrowing = scope.add_argument_group("Giới hạn phạm vi (mỗi tuỳ chọn dùng được nhiều lần)")
    narrowing.add_argument("--place", action="append", default=[], metavar="ĐỊA_BÀN", help="ví dụ “Hà Tĩnh”")
    narrowing.add_argument(
        "--year", action="append", default=[], type=whole(1900, 2200), metavar="NĂM", help="văn bản có nói về năm này"
    )
    narrowing.add_argument("--type", action="append", default=[], metavar="LOẠI", help="ví dụ “Báo cáo”, “Kế hoạch”")
    narrowing.add_argument("--document", action="append", default=[], metavar="TÀI_LIỆU", help="mã hoặc tên tệp")
    batch = Parser(with_help=False)
    many = batch.add_argument_group("Nhiều câu một lần")
    many.add_argument("--batch", type=Path, metavar="VÀO.jsonl", help="mỗi dòng một câu, có id và question")
    many.add_argument("--out", type=Path, metavar="RA.jsonl", help="nơi ghi kết quả, mỗi dòng một câu")

    parser = Parser(
        prog="cchc",
        parents=[everywhere],
        description="Trợ lý trả lời câu hỏi về báo cáo cải cách hành chính, câu nào cũng kèm nguồn.",
        epilog="Trợ giúp của từng lệnh: cchc LỆNH --help",
    )
    parser.add_argument("--version", action="version", version=_version(), help="in phiên bản rồi thoát")
    commands = parser.add_subparsers(title="Lệnh", metavar="LỆNH", parser_class=Parser)

    def command(name: str, work: Callable[[argparse.Namespace], int], about: str, *parents: Parser) -> Parser:
        added = commands.add_parser(
            name, help=about, description=about[0].upper() + about[1:] + ".", parents=[everywhere, *parents]
        )
        added.set_defaults(command=work)
        return added

    add = command("ingest", ingest, "nạp tệp và thư mục vào thư viện; nạp lại lần nữa cũng như một lần")
    add.add_argument("paths", nargs="+", type=Path, metavar="ĐƯỜNG_DẪN", help="tệp hoặc thư mục")
    add.add_argument("--prune", action="store_true", help="bỏ khỏi thư viện những tệp không còn trong thư mục đã chỉ")
    remove = command("forget", forget, "bỏ một tài liệu, hoặc mọi tài liệu mẫu, khỏi thư viện")
    which = remove.add_mutually_exclusive_group(required=True)
    which.add_argument("document", nargs="?", metavar="TÀI_LIỆU", help="mã hoặc tên tệp")
    which.add_argument("--samples", action="store_true", help="mọi tài liệu mẫu")
    listing = command("documents", documents, "liệt kê tài liệu trong thư viện")
    outline = command("show", show, "in dàn ý một tài liệu, chú thích và hàng của bảng ở đúng chỗ")
    outline.add_argument("document", metavar="TÀI_LIỆU", help="mã hoặc tên tệp, phần đầu cũng được")
    stating = command("figures", figures, "in sổ số liệu: mọi con số mà các văn bản nêu, hoặc ghi ra tệp bảng tính")
    checking = command("audit", audit, "in những chỗ văn bản tự mâu thuẫn hoặc đáng ngờ, kèm nguyên văn")
    for about in (stating, checking):
        about.add_argument("document", nargs="?", metavar="TÀI_LIỆU", help="mã hoặc tên tệp (mặc định: mọi tài liệu)")
    chosen = stating.add_argument_group("Chỉ lấy")
    chosen.add_argument("--place", action="append", default=[], metavar="ĐỊA_BÀN", help="ví dụ “Hà Tĩnh”")
    chosen.add_argument(
        "--year", action="append", default=[], type=whole(1900, 2200), metavar="NĂM", help="kỳ có năm này"
    )
    chosen.add_argument(
        "--indicator", default="", metavar="CHỈ_TIÊU", help="những chữ có trong chỉ tiêu, ví dụ “trễ hạn”"
    )
    chosen.add_argument("--nature", choices=("result", "target"), help="kết quả, hay mục tiêu")
    ways = stating.add_mutually_exclusive_group()
    ways.add_argument("--json", action="store_true", help="in ra JSON")
    ways.add_argument("--csv", type=Path, metavar="TỆP", help="ghi ra tệp CSV (UTF-8, mở được bằng Excel)")
    ways.add_argument("--xlsx", type=Path, metavar="TỆP", help="ghi ra tệp Excel")
    question = command("ask", ask, "trả lời một câu hỏi, hoặc cả một tệp câu hỏi", batch, scope)
    question.add_argument("question", nargs="*", metavar="CÂU_HỎI", help="đặt trong ngoặc kép")
    query = command("search", search, "tìm các đoạn văn bản gần với từ khoá", batch, scope)
    query.add_argument("question", nargs="*", metavar="TỪ_KHOÁ", help="đặt trong ngoặc kép")
    query.add_argument("-k", type=whole(1, 100), default=10, metavar="SỐ", help="số đoạn (mặc định 10)")
    talk = command("chat", chat, "trò chuyện ngay trong cửa sổ lệnh", scope)
    for asked in (question, talk):
        asked.add_argument(
            "--mode",
            choices=("auto", "extractive", "generative"),
            default="auto",
            help="cách trả lời: tự chọn, trích nguyên văn, hay dùng mô hình ngôn ngữ",
        )
    for printing in (listing, outline, checking, question, query):
        printing.add_argument("--json", action="store_true", help="in ra JSON")
    server = command("serve", serve, "mở trang hỏi đáp và API trên máy này")
    server.add_argument("--host", metavar="ĐỊA_CHỈ", help="địa chỉ lắng nghe (mặc định 127.0.0.1)")
    server.add_argument("--port", type=whole(0, 65535), metavar="CỔNG", help="cổng (mặc định 8000; 0: cổng bất kỳ)")
    server.add_argument("--first-run", action="store_true", help="nạp tài liệu mẫu nếu thư viện đang trống")
    measure = command("eval", evaluate, "chấm trợ lý bằng một bộ câu hỏi có đáp án")
    measure.add_argument(
        "set",
        nargs="*",
        metavar="BỘ_CÂU_HỎI",
        help="tệp .jsonl hoặc tên bộ có sẵn (mặc định: mọi bộ trên tài liệu mẫu)",
    )
    measure.add_argument("--out", type=Path, metavar="THƯ_MỤC", help="ghi báo cáo và câu trả lời vào đây")
    measure.add_argument("--gate", type=Path, metavar="TỆP", help="mức tối thiểu của từng chỉ số; dưới mức là lỗi")
    bench = command("bench", _need_bench, "đo tốc độ")
    measured = bench.add_subparsers(title="Phép đo", metavar="PHÉP_ĐO", parser_class=Parser)
    reading_about = "tốc độ đọc văn bản thành đoạn, không tính chỉ mục"
    reading = measured.add_parser("reading", help=reading_about, description=f"Đo {reading_about}.")
    reading.set_defaults(command=bench_reading)
    reading.add_argument(
        "--megabytes",
        nargs="+",
        type=whole(1, 1000),
        default=[1, 10],
        metavar="SỐ",
        help="mỗi lần đọc bấy nhiêu MB, thành nhiều văn bản rồi thành một (mặc định 1 10)",
    )
    finding_about = "tìm được bao nhiêu, so với những cách tìm thường gặp, trên cùng các câu hỏi"
    finding = measured.add_parser("retrieval", help=finding_about, description=f"Đo {finding_about}.")
    finding.set_defaults(command=bench_retrieval)
    finding.add_argument(
        "--set", nargs="+", default=[], metavar="BỘ", help="bộ câu hỏi có bằng chứng (mặc định: các bộ mẫu)"
    )
    finding.add_argument("--documents", type=Path, metavar="THƯ_MỤC", help="tài liệu mà các bộ ấy hỏi (mặc định: mẫu)")
    finding.add_argument("--data", type=Path, metavar="THƯ_MỤC", help="các bộ công khai, dạng .jsonl hay .jsonl.gz")
    finding.add_argument("--out", type=Path, metavar="THƯ_MỤC", help="ghi bảng ra JSON và Markdown")
    answering_about = "thời gian trả lời khi chương trình đã chạy sẵn, theo loại câu hỏi"
    answers = measured.add_parser("answering", help=answering_about, description=f"Đo {answering_about}.")
    answers.set_defaults(command=bench_answering)
    answers.add_argument("--set", nargs="+", default=[], metavar="BỘ", help="bộ câu hỏi (mặc định: các bộ mẫu)")
    answers.add_argument("--documents", type=Path, metavar="THƯ_MỤC", help="tài liệu mà các bộ ấy hỏi (mặc định: mẫu)")
    writing_about = (
        "điều người đọc thấy khi mô hình ngôn ngữ đúng, cẩu thả, nói dối, im lặng hay hỏng (mô hình đóng thế)"
    )
    writing = measured.add_parser("generative", help=writing_about, description=f"Đo {writing_about}.")
    writing.set_defaults(command=bench_generative)
    writing.add_argument("--set", nargs="+", default=[], metavar="BỘ", help="bộ câu hỏi (mặc định: các bộ mẫu)")
    writing.add_argument("--documents", type=Path, metavar="THƯ_MỤC", help="tài liệu mà các bộ ấy hỏi (mặc định: mẫu)")
    writing.add_argument("--out", type=Path, metavar="TỆP", help="ghi bảng ra tệp .csv hoặc .md")
    teach = command("adapt", adapt, "luyện thêm mô hình tìm kiếm theo thư viện này; chỉ dùng khi tìm được nhiều hơn")
    teach.add_argument("--undo", action="store_true", help="trở lại mô hình kèm theo")
    command("reindex", reindex, "làm lại véc-tơ và chỉ mục từ từ thư viện, không đọc lại tệp; cần khi đổi mô hình")
    scale_about = "tốc độ tìm, dung lượng và bộ nhớ theo cỡ thư viện"
    scale = measured.add_parser("scale", help=scale_about, description=f"Đo {scale_about}.", parents=[everywhere])
    scale.set_defaults(command=bench_scale)
    scale.add_argument(
        "--chunks",
        nargs="+",
        type=whole(1_000, 10_000_000),
        default=[10_000, 100_000],
        metavar="SỐ",
        help="số đoạn của mỗi thư viện, mỗi đoạn khoảng 130 ký tự (mặc định 10000 100000)",
    )
    scale.add_argument(
        "--texts", type=Path, metavar="THƯ_MỤC", help="lấy đoạn từ các tệp .txt, .md ở đây, thay cho tài liệu mẫu"
    )
    scale.add_argument(
        "--folder", type=Path, metavar="THƯ_MỤC", help="giữ các thư viện đã xây ở đây; lần sau chỉ đo (mặc định: bỏ đi)"
    )
    scale.add_argument("--out", type=Path, metavar="THƯ_MỤC", help="ghi scale.json, scale.md và scale.svg vào đây")
    command("doctor", doctor, "kiểm tra cài đặt, thư viện và mô hình")
    return parser


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"cchc {version('cchc-assistant')}"
    except PackageNotFoundError:  # run from a checkout
        return "cchc (chưa cài thành gói)"


# --- what commands share ----------------------------------------------------------------------------------------


def _settings(arguments: argparse.Namespace) -> Settings:
    from ui.settings import Settings

    folder: Path | None = getattr(arguments, "data_dir", None)
    return Settings(data_dir=folder.expanduser()) if folder else Settings()


@contextmanager
def _opened(settings: Settings) -> Iterator[Parts]:
    from ui.assemble import assemble

    need_writable(settings.data_dir)
    parts = assemble(settings)
    try:
        yield parts
    finally:
        parts.close()


def _find(library: Library, name: str) -> Document:
    """The document of this id or file name, or the only one whose id begins so."""
    name = clean(name)
    known = library.documents()
    exact = [d for d in known if name in (d.document_id, d.source)] or [d for d in known if name in d.also_as]
    found = exact or [d for d in known if name and d.document_id.startswith(name)]
    if not found:
        raise Refused(f"Thư viện không có tài liệu “{name}”; xem danh sách: cchc documents")
    if len(found) > 1:
        raise Refused(f"“{name}” là phần đầu của {len(found)} tài liệu; hãy viết rõ hơn, xem: cchc documents")
    return found[0]


def _filters(arguments: argparse.Namespace, library: Library) -> Filters:
    from vectorstore.records import Filters

    return Filters(
        tuple(map(clean, arguments.place)),
        tuple(arguments.year),
        tuple(map(clean, arguments.type)),
        tuple(_find(library, name).document_id for name in arguments.document),
    )


# --- the library ------------------------------------------------------------------------------------------------

_COUNTS = {
    "sections": "mục",
    "footnotes": "chú thích",
    "tables": "bảng",
    "rows": "hàng",
    "chunks": "đoạn",
    "figures": "số liệu",
    "notices": "chỗ đáng ngờ",
}
_BECAME = {
    "added": "thêm mới",
    "replaced": "thay bản cũ",
    "unchanged": "không đổi",
    "copy": "trùng với tài liệu đã có",
    "pruned": "đã bỏ",
    "superseded": "đã có bản gốc, không dùng",
}


def ingest(arguments: argparse.Namespace) -> int:
    missing = [path for path in arguments.paths if not path.exists()]
    if missing:
        raise WrongUse(f"Không thấy «{missing[0]}»; hãy kiểm tra lại đường dẫn. Chưa nạp gì.")
    with _opened(_settings(arguments)) as parts:
        outcomes = _ingest(
            parts, arguments.paths, prune=arguments.prune, processes=min(_MOST_PROCESSES, os.cpu_count() or 1)
        )
    return FAILED if any(outcome.status == "refused" for outcome in outcomes) else DONE


def _ingest(
    parts: Parts, paths: Sequence[Path], *, samples: bool = False, prune: bool = False, processes: int = 1
) -> list[Outcome]:
    begun = time.perf_counter()
    with progress("Đang nạp tài liệu") as step:

        def tell(outcome: Outcome, done: int, total: int) -> None:
            step(done, total, "" if outcome.status == "refused" else _outcome_line(outcome))

        outcomes = parts.pipeline.ingest(paths, samples=samples, prune=prune, processes=processes, on_outcome=tell)
    taken = [outcome for outcome in outcomes if outcome.counts]
    refused = [outcome for outcome in outcomes if outcome.status == "refused"]
    if not outcomes:
        raise Refused("Không có tệp nào để nạp ở đó; hãy chỉ tệp văn bản hoặc thư mục có tệp văn bản.")
    if taken:
        totals = [str(sum(outcome.counts.get(name, 0) for outcome in taken)) for name in _COUNTS]
        heads = ["tài liệu", *_COUNTS.values(), "giây"]
        row = [str(len(taken)), *totals, seconds(time.perf_counter() - begun)]
        table([head.capitalize() for head in heads], [row])
    for outcome in refused:
        print(f"Từ chối {outcome.source}: {outcome.reason}", file=sys.stderr)
    return outcomes


def _outcome_line(outcome: Outcome) -> str:
    counted = (f"{outcome.counts[name]} {label}" for name, label in _COUNTS.items() if outcome.counts.get(name))
    became = _BECAME.get(outcome.status, outcome.status)
    line = f"{outcome.source}: " + ", ".join([became, *counted, f"{seconds(outcome.seconds)} giây"])
    return f"{line}. {outcome.reason}" if outcome.reason else line


def forget(arguments: argparse.Namespace) -> int:
    with _opened(_settings(arguments)) as parts:
        if arguments.samples:
            print(f"Đã bỏ {parts.pipeline.forget_samples()} tài liệu mẫu.")
        else:
            document = _find(parts.library, arguments.document)
            parts.pipeline.forget(document.document_id)
            print(f"Đã bỏ {document.document_id}.")
    return DONE


def reindex(arguments: argparse.Namespace) -> int:
    begun = time.perf_counter()
    with _opened(_settings(arguments)) as parts:
        _need_documents(parts.library)
        with progress("Đang làm lại chỉ mục") as step:
            done = parts.reindex(lambda done, total: step(done, total, "" if done % 100 else f"{done} tài liệu"))
        entries = parts.store.count()
        print(
            f"Đã làm lại véc-tơ và chỉ mục từ của {done} tài liệu ({entries} mục) bằng mô hình {parts.embedder.name} "
            f"trong {seconds(time.perf_counter() - begun)} giây."
        )
    return DONE


def adapt(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    if settings.embedding_model:
        raise Refused(
            f"CCHC_EMBEDDING_MODEL đang chọn «{settings.embedding_model}», mà chỉ luyện thêm được mô hình kèm theo; "
            "hãy bỏ trống cài đặt ấy rồi làm lại."
        )
    with _opened(settings) as parts:
        _need_documents(parts.library)
        if arguments.undo:
            back = parts.adapt_no_more()
            print("Đã trở lại mô hình kèm theo." if back else "Đang dùng mô hình kèm theo; không có gì để bỏ.")
            return DONE
        with progress("Đang luyện") as step:
            came = parts.adapt(lambda done, total: step(done, total))
    rows = []
    for said, (before, after) in (("Tên mục → đoạn", came.headings), ("Lời văn → đoạn", came.sentences)):
        values = (before.recall_at_10, after.recall_at_10, before.mrr_at_10, after.mrr_at_10)
        rows.append([said, *(f"{value:.3f}".replace(".", ",") for value in values), str(before.questions)])
    table(["Ở những mục chưa học", "R@10 trước", "sau", "MRR@10 trước", "sau", "Câu"], rows)
    chance = f"{came.chance:.3f}".replace(".", ",")
    print(f"{came.better} câu tìm tốt hơn, {came.worse} câu kém đi; xác suất để ngẫu nhiên mà được thế: {chance}.")
    if came.name is None:
        print("Chưa chắc luyện thêm giúp tìm được nhiều hơn, nên không đổi gì.")
    else:
        spent = seconds(came.seconds)
        print(f"Đã luyện và làm lại véc-tơ trong {spent} giây; từ nay dùng {came.name}. Trở lại: cchc adapt --undo")
    return DONE


def documents(arguments: argparse.Namespace) -> int:
    from ui.render import DOCUMENT_HEADS, document_json, document_row, document_title

    with _opened(_settings(arguments)) as parts:
        known = parts.library.documents()
        if arguments.json:
            print_json([document_json(d, parts.library.counts(d.document_id)) for d in known])
        elif known and sys.stdout.isatty():  # eight columns fit no terminal
            for d in known:
                _, _, _, _, place, period, _, status = document_row(d)
                print(f"{d.document_id}\n    {document_title(d)}")
                print("    " + " · ".join(part for part in (place, period, status) if part))
        elif known:
            table(DOCUMENT_HEADS, [document_row(d) for d in known])
        else:
            print(_NO_DOCUMENTS)
    return DONE


def show(arguments: argparse.Namespace) -> int:
    from ui.render import document_facts, document_json, document_title, outline_json
    from vectorstore import periods

    with _opened(_settings(arguments)) as parts:
        found = _find(parts.library, arguments.document).document_id
        document = parts.library.document(found)
        if document is None:
            raise Refused(f"Tài liệu {found} vừa bị bỏ khỏi thư viện; xem danh sách: cchc documents")
        counts = parts.library.counts(found)
    outline = outline_json(document)
    if arguments.json:
        print_json(document_json(document, counts) | outline)
        return DONE
    print(document_title(document))
    for name, value in document_facts(document):
        print(f"{name}: {value}")
    print(", ".join(f"{counts[name]} {label}" for name, label in _COUNTS.items() if name in counts))
    told: set[str] = set()
    for section in outline["sections"]:
        depth = len(section["path"])
        if depth:
            own = " · ".join(part for part in (section["place"], periods.say(section["period"])) if part)
            print("\n" + "  " * (depth - 1) + section["path"][-1] + (f"  ({own})" if own else ""))
        for chunk in section["chunks"]:
            for line in _chunk_lines(chunk, document, told):
                print("  " * depth + line)
    return DONE


def _chunk_lines(chunk: Mapping[str, Any], document: Document, told: set[str]) -> Iterator[str]:
    """A passage whole, what it speaks of where that is not what the document does, and its footnotes where they are
    called first (`told` are those that were)."""
    from ui.render import clean_line
    from vectorstore import periods

    text = " | ".join(f"{pair['head']}: {pair['cell']}" for pair in chunk["heads"]) or chunk["text"]
    place = chunk["place"] if chunk["place"] != document.place else None
    period = periods.say(chunk["period"]) if chunk["period"] != document.period else None
    page = f"trang {chunk['page']}" if chunk["page"] is not None else None
    own = " · ".join(part for part in (place, period, page) if part)
    yield ("▦ " if chunk["heads"] else "· ") + clean_line(text) + (f"  ({own})" if own else "")
    for note in chunk["footnotes"]:
        known = note["marker"] in told
        told.add(note["marker"])
        yield f"    [{note['marker']}] {'(như trên)' if known else clean_line(note['text'])}"


def figures(arguments: argparse.Namespace) -> int:
    from ui.ledger import FIGURE_HEADS, figure_row, figures_json, stated
    from vectorstore.records import FigureQuery

    with _opened(_settings(arguments)) as parts:
        query = FigureQuery(
            tuple(map(clean, arguments.place)),
            tuple(arguments.year),
            _asked(parts, arguments.document),
            clean(arguments.indicator),
            arguments.nature,
        )
        found = stated(parts.library, parts.library.figures(query))
    if arguments.json:
        print_json(figures_json(found, len(found)))
    elif path := arguments.csv or arguments.xlsx:
        from ui.exports import csv_bytes, xlsx_bytes
        from ui.ledger import SHEET_HEADS, SHEET_TITLE, sheet_rows

        rows = sheet_rows(found)
        path.write_bytes(csv_bytes(SHEET_HEADS, rows) if arguments.csv else xlsx_bytes(SHEET_TITLE, SHEET_HEADS, rows))
        print(f"Đã ghi {len(found)} số liệu vào {path}.", file=sys.stderr)
    elif found:
        table(FIGURE_HEADS, [figure_row(one) for one in found])
    else:
        print("Không có số liệu nào như vậy.")
    return DONE


def audit(arguments: argparse.Namespace) -> int:
    from ui.ledger import notice_text, notices_json, source_notices
    from ui.render import clean_line, document_title

    with _opened(_settings(arguments)) as parts:
        asked = _asked(parts, arguments.document) or [d.document_id for d in parts.library.documents()]
        notices = source_notices(parts.library, asked)
    if arguments.json:
        print_json(notices_json(notices))
        return DONE
    for one, same in groupby(notices, key=lambda notice: notice.document):
        print(f"{one.document_id}: {clean_line(document_title(one))}\n")
        for notice in same:
            print(f"{notice_text(notice)}\n")
    print(f"{len(notices)} chỗ đáng ngờ trong {len(asked)} tài liệu." if notices else "Không thấy chỗ nào đáng ngờ.")
    return DONE


def _asked(parts: Parts, name: str | None) -> tuple[str, ...]:
    """The document of this name, or none for all; figures and findings are those that this version finds."""
    _need_documents(parts.library)
    found = (_find(parts.library, name).document_id,) if name is not None else ()
    parts.pipeline.fill_ledgers()
    return found


# --- asking and searching ---------------------------------------------------------------------------------------


def ask(arguments: argparse.Namespace) -> int:
    from assistant.schema import Question, as_json

    text = _single(arguments, "câu hỏi")
    if text is None:
        return _ask_batch(arguments)
    question = Question(text, mode=arguments.mode)  # refused before anything is loaded
    with _opened(_settings(arguments)) as parts:
        _need_documents(parts.library)
        question = Question(text, filters=_filters(arguments, parts.library), mode=arguments.mode)
        answer = parts.assistant.ask(question)
    if arguments.json:
        print_json(as_json(answer))
    else:
        from ui.render import answer_text

        print(answer_text(answer))
    return FAILED if answer.status == "error" else DONE


def search(arguments: argparse.Namespace) -> int:
    from assistant.schema import Question, as_json, passage

    text = _single(arguments, "từ khoá")
    if text is None:
        return _search_batch(arguments)
    query = Question(text).text  # the same limits as a question's
    with _opened(_settings(arguments)) as parts:
        _need_documents(parts.library)
        hits = parts.finder.search(query, arguments.k, _filters(arguments, parts.library))
    passages = [passage(hit.chunk, hit.document, hit.score) for hit in hits]
    if arguments.json:
        print_json({"passages": [as_json(p) for p in passages]})
        return DONE
    if not passages:
        print("Không tìm thấy đoạn nào.")
    for rank, p in enumerate(passages, 1):
        print(f"{rank}. {p.source} › {' › '.join(p.section) or '(đầu văn bản)'}  [{p.start}–{p.end}, {p.score:.3f}]")
        print(f"   {p.text}")
        for note in p.footnotes:
            print(f"   Chú thích {note.marker}: {note.text}")
    return DONE


def _single(arguments: argparse.Namespace, what: str) -> str | None:
    """The one question, or None where a batch is meant."""
    text = clean(" ".join(arguments.question))
    if arguments.batch is None:
        if arguments.out is not None:
            raise WrongUse("--out đi cùng --batch VÀO.jsonl")
        if not text.strip():
            raise WrongUse(f"Thiếu {what}; hãy viết trong ngoặc kép, ví dụ: cchc ask “{EXAMPLE_QUESTION}”")
        return text
    if text:
        raise WrongUse(f"--batch không đi cùng một {what}; hãy bỏ một trong hai.")
    if arguments.out is None:
        raise WrongUse("--batch cần --out RA.jsonl để ghi kết quả")
    return None


def _need_documents(library: Library) -> None:
    if library.is_empty():
        raise Refused(_NO_DOCUMENTS)


def _ask_batch(arguments: argparse.Namespace) -> int:
    from assistant.schema import Question, as_json, error_answer
    from ui import batch

    lines = batch.read_lines(arguments.batch, arguments.out)
    with _opened(_settings(arguments)) as parts:
        _need_documents(parts.library)
        given = _filters(arguments, parts.library)
        assistant = parts.assistant  # made before OUT is written: what is missing costs no earlier answers

        def answer(line: batch.Line) -> dict[str, Any]:
            text, history = batch.text_of(line, "question"), batch.history_of(line)
            question = Question(text, history, batch.filters_of(line, given), arguments.mode)
            return as_json(assistant.ask(question))

        return FAILED if batch.run(lines, arguments.out, answer, error_answer) else DONE


def _search_batch(arguments: argparse.Namespace) -> int:
    from assistant.schema import Question, as_json, passage
    from ui import batch

    lines = batch.read_lines(arguments.batch, arguments.out)
    with _opened(_settings(arguments)) as parts:
        _need_documents(parts.library)
        given = _filters(arguments, parts.library)
        finder = parts.finder

        def find(line: batch.Line) -> dict[str, Any]:
            query = Question(batch.text_of(line, "query", "question")).text
            hits = finder.search(query, arguments.k, batch.filters_of(line, given))
            return {"passages": [as_json(passage(hit.chunk, hit.document, hit.score)) for hit in hits]}

        def nothing(_query: str, kind: str, message: str) -> dict[str, Any]:
            return {"passages": [], "error": {"kind": kind, "message": message}}

        return FAILED if batch.run(lines, arguments.out, find, nothing) else DONE


def chat(arguments: argparse.Namespace) -> int:
    """Each answer sees the turns before it; the assistant takes the last twenty."""
    from assistant.schema import MAX_HISTORY, Question, Turn
    from ui.render import answer_text

    at_terminal = sys.stdin.isatty()
    history: list[Turn] = []
    with _opened(_settings(arguments)) as parts:
        _need_documents(parts.library)
        filters = _filters(arguments, parts.library)
        if at_terminal:
            print(f"Hãy hỏi, ví dụ: {EXAMPLE_QUESTION}\n/mới: bắt đầu lại · /thoát: kết thúc\n")
        mode: Mode = arguments.mode
        while (line := _next_line("Bạn hỏi: " if at_terminal else "")) is not None:
            line = line.strip()
            if line.casefold() in _GOODBYES:
                break
            if line.casefold() in ("/mới", "/moi"):
                history.clear()
                print("Đã bắt đầu lại.\n")
                continue
            if not line:
                continue
            try:
                answer = parts.assistant.ask(Question(clean(line), tuple(history[-MAX_HISTORY:]), filters, mode))
            except Exception as error:  # a conversation outlives a question that could not be answered
                if os.environ.get("CCHC_DEBUG"):
                    traceback.print_exc()
                print(f"{explain(error)}\n", flush=True)
                continue
            print(f"\n{answer_text(answer)}\n", flush=True)
            history += [Turn("user", line), Turn("assistant", answer.answer)]
    return DONE


def _next_line(prompt: str) -> str | None:
    try:
        return input(prompt)
    except EOFError:
        return None


# --- serving ----------------------------------------------------------------------------------------------------


def serve(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    host = settings.host if arguments.host is None else arguments.host
    port = settings.port if arguments.port is None else arguments.port
    settings = settings.model_copy(update={"host": host, "port": port})  # the API answers to its own name alone
    _need_loopback(host)
    # Held from now on: a port that is taken is said before the model is loaded.
    with _bound(host, port) as listening:
        import uvicorn

        from ui.api import create_app

        with _opened(settings) as parts:
            if arguments.first_run and parts.library.is_empty():
                from ingest.pipeline import SAMPLES

                print("Thư viện đang trống: nạp các tài liệu mẫu …", file=sys.stderr, flush=True)
                _ingest(parts, [SAMPLES], samples=True)
            print("Đang nạp mô hình …", file=sys.stderr, flush=True)
            parts.finder.search(EXAMPLE_QUESTION, 1)
            _ = parts.assistant
            address = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
            hint = _NO_DOCUMENTS if parts.library.is_empty() else f"Hãy thử hỏi: {EXAMPLE_QUESTION}"

            class Server(uvicorn.Server):
                async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                    await super().startup(sockets)
                    if self.started:
                        print(f"Sẵn sàng: {address}\n{hint}\nDừng bằng Ctrl+C.", flush=True)

            config = uvicorn.Config(
                create_app(parts),
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=5,  # a page left open holds a stream that never ends by itself
            )
            try:
                Server(config).run(sockets=[listening])
            except KeyboardInterrupt:  # how a server is meant to be stopped
                print("Đã dừng.", file=sys.stderr)
    return DONE


def _need_loopback(host: str) -> None:
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise WrongUse(
            f"Chưa phục vụ được ở địa chỉ “{host}”: hiện chỉ mở trên máy này vì chưa có khoá truy cập; "
            "hãy dùng --host 127.0.0.1."
        )


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise Refused(f"Máy này không có địa chỉ “{host}”; hãy dùng --host 127.0.0.1.") from error
    with listening:
        try:
            if os.name == "posix":  # elsewhere it would let two servers share a port
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(place)
            listening.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                other = port + 1 if port < 65535 else 8001
                said = f"Cổng {port} đang được chương trình khác dùng; hãy chọn cổng khác, ví dụ: --port {other}"
            else:
                said = f"Không mở được cổng {port} ở {host} ({error.strerror}); hãy chọn cổng từ 1024 trở lên."
            raise Refused(said) from error
        yield listening


# --- measuring --------------------------------------------------------------------------------------------------


def evaluate(arguments: argparse.Namespace) -> int:
    from evals.cases import CasesRefused, own_sets, read_cases
    from evals.run import Report, Result, read_gate, run, write_report

    gate = read_gate(_existing(arguments.gate)) if arguments.gate else {}
    paths = [_set_path(name) for name in arguments.set] or own_sets()
    try:
        cases = read_cases(paths)
    except CasesRefused as error:
        print("\n".join(error.problems), file=sys.stderr)  # a line for each row that is wrong
        return WRONG_USE

    def measured(parts: Parts) -> Report:
        _need_documents(parts.library)
        with progress("Đang chấm") as step:

            def tell(done: int, total: int, _result: Result) -> None:
                step(done, total)

            return run(cases, parts.assistant, parts.finder, parts.library, tell)

    # The project's own sets are about the samples: without a library named, everyone measures the same one.
    if not arguments.set and not hasattr(arguments, "data_dir"):
        with tempfile.TemporaryDirectory(prefix="cchc-eval-") as folder:
            from ingest.pipeline import SAMPLES

            with _opened(_settings(arguments).apart(Path(folder))) as parts:
                with progress("Đang nạp tài liệu mẫu") as step:
                    parts.pipeline.ingest([SAMPLES], samples=True, on_outcome=lambda _, done, total: step(done, total))
                report = measured(parts)
    else:
        with _opened(_settings(arguments)) as parts:
            report = measured(parts)
    print(report.to_text(), end="")
    if arguments.out:
        write_report(report, arguments.out)
        print(f"Đã ghi báo cáo vào {arguments.out}.", file=sys.stderr)
    below = report.below(gate)
    for line in below:
        print(f"Dưới mức: {line}", file=sys.stderr)
    return FAILED if below else DONE


def _need_bench(_: argparse.Namespace) -> int:
    raise WrongUse("Thiếu phép đo; xem: cchc bench --help")


def bench_reading(arguments: argparse.Namespace) -> int:
    from ui import bench

    return DONE if bench.reading(arguments.megabytes) else FAILED


def bench_retrieval(arguments: argparse.Namespace) -> int:
    from ui import bench

    if bool(arguments.set) != bool(arguments.documents):
        raise WrongUse("--set và --documents đi cùng nhau: bộ câu hỏi, và thư mục tài liệu mà nó hỏi.")
    paths = [_set_path(name) for name in arguments.set]
    return DONE if bench.retrieval(paths, arguments.documents, arguments.data, arguments.out) else FAILED


def bench_answering(arguments: argparse.Namespace) -> int:
    from ui import bench

    if bool(arguments.set) != bool(arguments.documents):
        raise WrongUse("--set và --documents đi cùng nhau: bộ câu hỏi, và thư mục tài liệu mà nó hỏi.")
    missed = bench.answering([_set_path(name) for name in arguments.set], arguments.documents)
    return complain("; ".join(missed) + ".", FAILED) if missed else DONE


def bench_generative(arguments: argparse.Namespace) -> int:
    from ui import bench

    if bool(arguments.set) != bool(arguments.documents):
        raise WrongUse("--set và --documents đi cùng nhau: bộ câu hỏi, và thư mục tài liệu mà nó hỏi.")
    wrong = bench.generative([_set_path(name) for name in arguments.set], arguments.documents, arguments.out)
    return complain(f"Đã hiện {wrong} số sai.", FAILED) if wrong else DONE


def bench_scale(arguments: argparse.Namespace) -> int:
    from ui import bench

    missed = bench.scale(_settings(arguments), arguments.chunks, arguments.texts, arguments.folder, arguments.out)
    return complain("; ".join(missed) + ".", FAILED) if missed else DONE


def _set_path(name: str) -> Path:
    """A file, or one of the project's own sets by its name."""
    from evals.cases import SETS

    own = SETS / f"{Path(name).stem}.jsonl"
    return own if not Path(name).exists() and own.is_file() else _existing(Path(name))


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise WrongUse(f"Không thấy tệp «{path}»; hãy kiểm tra lại đường dẫn.")
    return path


def doctor(arguments: argparse.Namespace) -> int:
    from ui.assemble import assemble
    from ui.doctor import examine

    settings = _settings(arguments)
    wrong = examine(assemble(settings), _version(), _TELEMETRY_OFF)
    if wrong:
        return complain(f"Có {wrong} chỗ cần sửa, xem các dòng ✗ ở trên.", FAILED)
    print("Mọi thứ đều ổn.")
    return DONE


if __name__ == "__main__":
    sys.exit(main())
