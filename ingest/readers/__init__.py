"""A file becomes raw text. Each format is one file in this folder; `_READERS` says which suffix it takes."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from ingest.readers import contained
from ingest.readers.forms import Decoded, Source, Unreadable

__all__ = ["MAX_BYTES", "Decoded", "Source", "Unreadable", "decode", "load", "read", "suffixes"]

MAX_BYTES = 64 * 1024 * 1024

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


def suffixes() -> frozenset[str]:
    """The suffixes that can be read."""
    return frozenset(_READERS)


def read(path: Path) -> Source:
    """The file as text, normalised for good.

    Raises:
        Unreadable: missing, empty, of a kind not read yet, broken, or in an encoding that is not known.
    """
    content = load(path)
    return Source(path, content, decode(content, path.name))


def load(path: Path) -> bytes:
    """The bytes of a file that can be one of the kinds that are read.

    Raises:
        Unreadable: missing, no file, too large, of a kind not read yet, or not to be had from the disk.
    """
    name = path.name
    try:
        if not path.exists():
            raise Unreadable(f"Không tìm thấy tệp «{path}»; hãy kiểm tra lại đường dẫn.")
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
    reader = _READERS.get(Path(name).suffix.lower(), "text")
    module = f"ingest.readers.{reader}"
    decoded: Decoded = (
        contained.decode(module, content, name) if reader in _CONTAINED else import_module(module).decode(content, name)
    )
    if not any(char.isalpha() for char in decoded.text):
        raise Unreadable(f"Tệp «{name}» không có chữ nào để đọc; hãy kiểm tra lại tệp gốc.")
    return decoded
