"""`cchc doctor`: is everything there that an answer needs, and does it fit together?"""

from __future__ import annotations

import os
import platform
import shutil
import traceback
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from ui.terminal import Refused, explain, need_writable

if TYPE_CHECKING:
    from ui.assemble import Parts
    from ui.settings import Settings
    from vectorstore.records import Followed

_PACKAGES = ("torch", "sentence-transformers", "chromadb", "tantivy", "SQLAlchemy", "pydantic", "langchain-core")
_PACKAGES_OF_SERVE = ("fastapi", "gradio", "uvicorn")
_DISK_NEEDED = 200 * 2**20


def examine(parts: Parts, version_of_ours: str, telemetry_off: Mapping[str, str]) -> int:
    """Print a line for each check, "✓" or "✗" and what to do; how many were wrong."""
    settings = parts.settings
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("Python", lambda: f"{platform.python_version()}, {version_of_ours}"),
        ("Gói phần mềm", _check_packages),
        ("Thư mục dữ liệu", lambda: _check_folder(settings.data_dir)),
        ("Đĩa trống", lambda: _check_disk(settings.data_dir)),
        ("Thư viện", lambda: _check_library(parts)),
        ("Mô hình tìm kiếm", lambda: _check_model(parts)),
        ("Mô hình xếp lại", lambda: _check_reranker(parts)),
        ("Kho véc-tơ", lambda: _check_store(parts)),
        ("Chỉ mục từ", lambda: _check_words(parts)),
        ("Mô hình ngôn ngữ", lambda: _check_writer(settings)),
        ("Gửi số liệu sử dụng", lambda: _check_telemetry(telemetry_off)),
    )
    wrong = 0
    for label, check in checks:
        try:
            print(f"✓ {label}: {check()}", flush=True)
        except Exception as error:  # whatever it is, it is what is wrong
            wrong += 1
            if os.environ.get("CCHC_DEBUG"):
                traceback.print_exc()
            print(f"✗ {label}: {explain(error)}", flush=True)
    parts.close()
    return wrong


def _check_packages() -> str:
    found, missing = [], []
    for name in (*_PACKAGES, *_PACKAGES_OF_SERVE):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if needed := [name for name in missing if name in _PACKAGES]:
        raise Refused(f"thiếu {', '.join(needed)}; hãy cài lại: pip install cchc-assistant")
    without_page = f"; chưa có {', '.join(missing)}, cần cho cchc serve: pip install 'cchc-assistant[ui]'"
    return ", ".join(found) + (without_page if missing else "")


def _check_folder(folder: Path) -> str:
    need_writable(folder)
    return f"«{folder}», ghi được"


def _check_disk(folder: Path) -> str:
    free = shutil.disk_usage(folder).free
    if free < _DISK_NEEDED:
        raise Refused(f"còn {free // 2**20} MB; hãy giải phóng ít nhất {_DISK_NEEDED // 2**20} MB.")
    return f"còn {free / 2**30:.1f} GB".replace(".", ",")


def _check_library(parts: Parts) -> str:
    count = len(parts.library.documents())
    return f"{parts.library.where}, " + (f"{count} tài liệu" if count else "chưa có tài liệu nào")


def _check_model(parts: Parts) -> str:
    """The model answers; one in a folder was loaded with the hub switched off."""
    from vectorstore.adapting import is_current
    from vectorstore.embedding import known_model

    given = parts.settings.embedding_model
    vector = parts.embedder.embed_query("cải cách hành chính")
    if not vector.any():
        raise Refused(f"{parts.embedder.name} không hiểu tiếng Việt: vectơ của một câu thử bằng không.")
    local = given is None or Path(given).expanduser().is_dir()
    where = "có sẵn" if given is None else "trong thư mục" if local else "từ huggingface.co"
    said = f"{parts.embedder.name}, {parts.embedder.dimension} chiều, {where}" + (", không cần mạng" if local else "")
    if given is None and parts.adapted.is_dir():
        held = is_current(parts.adapted)
        said += "; đã luyện theo thư viện này" if held else "; bản luyện theo thư viện là của mô hình trước, không dùng"
    if given and known_model(given).segmented:
        said += "; mô hình này học từ văn bản đã tách từ, ở đây chỉ nhận từng âm tiết nên tìm kém hơn công bố"
    return said


def _check_reranker(parts: Parts) -> str:
    """It prefers what answers the question."""
    if parts.reranker is None:
        return "không dùng"
    texts = ("Sở Y tế có 3 hồ sơ trễ hạn.", "Đội bóng thắng trận chung kết.")
    good, bad = parts.reranker.scores("Sở Y tế có bao nhiêu hồ sơ trễ hạn?", texts)
    doubt = "" if good > bad else "; mô hình này xếp sai hai câu tiếng Việt thử, hãy cân nhắc bỏ CCHC_RERANKER_MODEL"
    return f"{parts.reranker.name}{doubt}"


def _check_store(parts: Parts) -> str:
    """Its model is the settings' (it refuses to open otherwise), and it holds what the library has."""
    server = parts.settings.chroma_url
    where = "trong thư mục dữ liệu" if server is None else parts.store.where.removeprefix("Kho véc-tơ ")
    shared = "; các máy khác không thấy, hãy đặt CCHC_CHROMA_URL" if parts.settings.database_url and not server else ""
    return f"{where}{shared}, cùng mô hình, {_agree(parts, parts.store.count(), parts.store.followed())}"


def _check_words(parts: Parts) -> str:
    return _agree(parts, parts.lexical.count(), parts.lexical.followed)


def _agree(parts: Parts, count: int, followed: Followed | None) -> str:
    from vectorstore.records import Followed, entries

    if followed != Followed(parts.library.library_id, parts.library.sequence()):
        return f"{count} mục; lần hỏi hoặc nạp sau sẽ bổ sung phần còn thiếu"
    known = parts.library.documents()
    wanted = sum(len(entries(chunk)) for d in known for chunk in parts.library.chunks_of(d.document_id))
    if count != wanted:
        raise Refused(f"có {count} mục, thư viện cần {wanted}; hãy làm lại bằng cchc reindex.")
    return f"{count} mục, khớp với thư viện"


def _check_writer(settings: Settings) -> str:
    if settings.llm_model and settings.llm_base_url:
        return f"{settings.llm_model} ở {settings.llm_base_url}"
    if settings.llm_model or settings.llm_base_url:
        raise Refused("mới đặt một nửa; cần cả CCHC_LLM_BASE_URL và CCHC_LLM_MODEL, hoặc bỏ cả hai.")
    return "không dùng, câu trả lời trích từ tài liệu"


def _check_telemetry(off: Mapping[str, str]) -> str:
    if wrong := [name for name, value in off.items() if os.environ.get(name) != value]:
        raise Refused(f"{', '.join(wrong)} chưa tắt; hãy khởi động lại cchc.")
    return "đã tắt"
