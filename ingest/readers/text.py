"""Text files: UTF-8, or UTF-16 with its mark."""

from __future__ import annotations

from ingest.readers.forms import Decoded, Unreadable
from vectorstore.vietnamese import normalize


def decode(content: bytes, name: str) -> Decoded:
    """The text of a file's bytes.

    Raises:
        Unreadable: in another encoding, or binary.
    """
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
    return Decoded(normalize(text))
