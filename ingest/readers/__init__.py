"""A file becomes raw text. Each format is one file in this folder; `_READERS` says which suffix it takes, `_MARKS` with
which bytes it begins: what a file is goes before what it is called."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

from ingest.readers import contained
from ingest.readers.forms import Decoded, Source, Unreadable, shown_name

__all__ = ["MAX_BYTES", "Decoded", "Source", "Unreadable", "decode", "load", "read", "suffixes"]

MAX_BYTES = 64 * 1024 * 1024
MAX_CHARACTERS = 12_000_000
MAX_LINES = 300_000
"""Of a document's text: some five thousand printed pages; what is larger is no report, and would take all memory."""

# suffix → module of this folder with `decode(content, name) -> Decoded`; imported when first needed
_READERS = {
    ".txt": "text",
    ".md": "text",
    ".pdf": "pdf",
    ".png": "ocr",
    ".jpg": "ocr",
    ".jpeg": "ocr",
    ".tif": "ocr",
    ".tiff": "ocr",
    ".html": "html",
    ".htm": "html",
    ".docx": "docx",
    ".doc": "doc",
    ".xlsx": "spreadsheet",
    ".csv": "spreadsheet",
}
_CONTAINED = {"pdf", "ocr"}  # those that hand the file to C programs

_ZIP = b"PK\x03\x04"
_PARTS = {
    b"word/document": "docx",
    b"xl/workbook": "spreadsheet",
}  # names that stand unpacked in the archive's directory
_MARKS = {
    b"%PDF-": "pdf",
    b"{\\rtf": "doc",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "doc",
    b"\x89PNG\r\n\x1a\n": "ocr",
    b"\xff\xd8\xff": "ocr",
    b"II*\0": "ocr",
    b"MM\0*": "ocr",
}
_KINDS = {
    "pdf": "tệp PDF",
    "ocr": "ảnh",
    "html": "trang HTML",
    "docx": "tệp Word",
    "doc": "tệp Word đời cũ",
    "spreadsheet": "tệp Excel",
}


def suffixes() -> frozenset[str]:
    """The suffixes that can be read."""
    return frozenset(_READERS)


def read(path: Path) -> Source:
    """The file as text, normalised for good.

    Raises:
        Unreadable: missing, empty, of a kind not read yet, broken, or in an encoding that is not known.
    """
    content = load(path)
    return Source(path, content, decode(content, shown_name(path.name)))


def load(path: Path) -> bytes:
    """The bytes of a file that can be one of the kinds that are read.

    Raises:
        Unreadable: missing, no file, too large, of a kind not read yet, or not to be had from the disk.
    """
    name = shown_name(path.name)
    try:
        if not path.exists():
            raise Unreadable(f"Không tìm thấy tệp «{shown_name(str(path))}»; hãy kiểm tra lại đường dẫn.")
        if not path.is_file():
            raise Unreadable(f"«{name}» không phải là tệp; hãy chỉ một tệp hoặc một thư mục.")
        if path.suffix.lower() not in _READERS:
            kinds = ", ".join(sorted(_READERS))
            raise Unreadable(f"«{name}» thuộc loại chưa đọc được; hãy chuyển sang một trong các loại {kinds}, nạp lại.")
        if path.stat().st_size > MAX_BYTES:
            raise Unreadable(f"«{name}» lớn hơn {MAX_BYTES // 2**20} MB; hãy tách thành nhiều tệp nhỏ hơn.")
        return path.read_bytes()
    except PermissionError as error:
        raise Unreadable(f"Không có quyền đọc «{name}»; hãy cấp quyền đọc cho tệp rồi nạp lại.") from error
    except OSError as error:
        raise Unreadable(
            f"Không đọc được tệp «{name[:100]}» từ ổ đĩa; hãy chép tệp sang chỗ khác, rút ngắn tên, rồi nạp lại."
        ) from error


def decode(content: bytes, name: str) -> Decoded:
    """The text of a file's bytes, by the suffix of its name."""
    if not content.strip():
        raise Unreadable(f"Tệp «{name}» trống; hãy kiểm tra lại tệp gốc.")
    called = _READERS.get(Path(name).suffix.lower(), "text")
    kind = _kind(content) or called
    module = f"ingest.readers.{kind}"
    decoded: Decoded = (
        contained.decode(module, content, name) if kind in _CONTAINED else import_module(module).decode(content, name)
    )
    if not any(char.isalpha() for char in decoded.text):
        raise Unreadable(f"Tệp «{name}» không có chữ nào để đọc; hãy kiểm tra lại tệp gốc.")
    if len(decoded.text) > MAX_CHARACTERS or decoded.text.count("\n") > MAX_LINES:
        raise Unreadable(
            f"«{name}» dài hơn {MAX_CHARACTERS // 1_000_000} triệu chữ hoặc {MAX_LINES // 1_000} nghìn dòng; "
            "hãy tách thành nhiều tệp nhỏ hơn."
        )
    if kind == called:
        return decoded
    remark = f"Nội dung tệp không đúng với phần mở rộng: đã đọc như {_KINDS[kind]}."
    return replace(decoded, remarks=(remark, *decoded.remarks))


def _kind(content: bytes) -> str | None:
    """The module that reads a file by what it holds, None where that is not clear."""
    opening = content[:1024].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    lower = opening.lower()
    if lower.startswith((b"<!doctype html", b"<html")) or (lower.startswith(b"<?xml") and b"<html" in lower):
        return "html"
    if content.startswith(_ZIP):
        return next((kind for part, kind in _PARTS.items() if part in content), None)
    return next((kind for mark, kind in _MARKS.items() if opening.startswith(mark) or content.startswith(mark)), None)
