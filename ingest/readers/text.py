"""Text files and Markdown: any encoding that Vietnamese is kept in, to Unicode."""

from __future__ import annotations

import codecs
import re
import unicodedata

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
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        said = (*said, "Đã chuyển từ UTF-16 sang UTF-8.")
    if not unicodedata.is_normalized("NFC", text):
        said = (*said, "Đã đưa chữ Unicode tổ hợp (dấu rời) về dạng dựng sẵn.")
    if len(_JOINED.findall(text)) > max(2, len(text.split()) // 20):
        said = (*said, "Văn bản đã tách từ: dấu gạch dưới nối các âm tiết được thay bằng dấu cách.")
    return Decoded(kept(text), remarks=said)
