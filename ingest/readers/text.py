"""Text files and Markdown: any encoding that Vietnamese is kept in, to Unicode."""

from __future__ import annotations

import re

from ingest.readers import encodings
from ingest.readers.forms import Decoded, kept

_JOINED = re.compile(r"[^\W_]_[^\W_]")


def decode(content: bytes, name: str) -> Decoded:
    """The text of a file's bytes.

    Raises:
        Unreadable: binary, or in an encoding that is not known.
    """
    text, names = encodings.to_text(content, name)
    said = encodings.remarks(names)
    if len(_JOINED.findall(text)) > max(2, len(text.split()) // 20):
        said = (*said, "Văn bản đã tách từ: dấu gạch dưới nối các âm tiết được thay bằng dấu cách.")
    return Decoded(kept(text), remarks=said)
