"""A file becomes raw text. Text files for now; each further format will be one file beside this one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from vectorstore.vietnamese import normalize

SUFFIXES = frozenset({".txt", ".md"})
MAX_BYTES = 64 * 1024 * 1024


class Unreadable(Exception):
    """The file can't be read; the message is one Vietnamese sentence: what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file's bytes and the library's text of it."""

    path: Path
    content: bytes
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def read(path: Path) -> Source:
    """The file as text, normalised for good.

    Raises:
        Unreadable: missing, empty, of a kind not read yet, binary, or in an encoding other than UTF-8 or UTF-16.
    """
    name = path.name
    if not path.exists():
        raise Unreadable(f"Không tìm thấy tệp «{path}»; hãy kiểm tra lại đường dẫn.")
    if not path.is_file():
        raise Unreadable(f"«{name}» không phải là tệp; hãy chỉ một tệp hoặc một thư mục.")
    if path.suffix.lower() not in SUFFIXES:
        kinds = ", ".join(sorted(SUFFIXES))
        raise Unreadable(f"«{name}» thuộc loại chưa đọc được; hãy chuyển sang một trong các loại {kinds} rồi nạp lại.")
    if path.stat().st_size > MAX_BYTES:
        raise Unreadable(f"«{name}» lớn hơn {MAX_BYTES // 2**20} MB; hãy tách thành nhiều tệp nhỏ hơn.")
    try:
        content = path.read_bytes()
    except PermissionError as error:
        raise Unreadable(f"Không có quyền đọc «{name}»; hãy cấp quyền đọc cho tệp rồi nạp lại.") from error
    return Source(path, content, decode(content, name))


def decode(content: bytes, name: str) -> str:
    """The text of a file's bytes: UTF-8, or UTF-16 with its mark."""
    if not content.strip():
        raise Unreadable(f"Tệp «{name}» trống; hãy kiểm tra lại tệp gốc.")
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"«{name}» là tệp nhị phân hoặc không dùng mã UTF-8; hãy lưu lại dưới dạng văn bản UTF-8 rồi nạp lại."
        ) from error
    controls = sum(char < " " and char not in "\t\n\r\f\v" for char in text)
    if controls > len(text) // 200:
        raise Unreadable(f"«{name}» là tệp nhị phân, không phải văn bản; hãy nạp bản có chữ của tài liệu.")
    text = normalize(text)
    if not any(char.isalpha() for char in text):
        raise Unreadable(f"Tệp «{name}» không có chữ nào để đọc; hãy kiểm tra lại tệp gốc.")
    return text
