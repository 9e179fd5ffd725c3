"""Text files and Markdown: any encoding that Vietnamese is kept in, to Unicode."""

from __future__ import annotations

from ingest.readers import encodings
from ingest.readers.forms import Decoded
from vectorstore.vietnamese import normalize


def decode(content: bytes, name: str) -> Decoded:
    """The text of a file's bytes.

    Raises:
        Unreadable: binary, or in an encoding that is not known.
    """
    text, encoding = encodings.to_text(content, name)
    return Decoded(normalize(text), remarks=(converted(encoding),) if encoding else ())


def converted(encoding: str) -> str:
    """What is said of a text that was not in Unicode's usual form."""
    return f"Đã chuyển từ bảng mã {encoding} sang UTF-8; hãy đối chiếu với bản gốc nếu thấy chữ lạ."
