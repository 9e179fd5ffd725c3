"""ZIP archives, read in memory and within bounds: the bare container that Word and Excel files are, and a ZIP of
documents. Nothing is ever unpacked to disk."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO

from ingest import readers
from ingest.readers.forms import Unreadable, shown_name

SUFFIX = ".zip"
MAX_MEMBERS = 5_000
MAX_UNPACKED = 512 * 1024 * 1024
"""Bytes of all members together, unpacked."""
MAX_PACKED = 256 * 1024 * 1024

_SIGNATURE = b"PK\x01\x02"
_MAX_SIGNATURES = 40 * MAX_MEMBERS  # documents that are stored unpacked bring the signatures of their own members
_ENCRYPTED = 0x1
_UTF8_NAME = 0x800
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # the others take memory that their size does not tell
# What `zipfile` raises on bytes that are no archive, or no longer one.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    IndexError,
)


def opened(file: BinaryIO, name: str) -> zipfile.ZipFile:
    """The archive, once it is known to be small enough unpacked.

    Raises:
        Unreadable: no archive, broken, or too much in it.
    """
    if _signatures(file) > _MAX_SIGNATURES:
        raise _too_large(name)
    try:
        found = zipfile.ZipFile(file)
    except _BROKEN as error:
        raise broken(name) from error
    infos = found.infolist()
    if len(infos) > MAX_MEMBERS or sum(info.file_size for info in infos) > MAX_UNPACKED:
        found.close()
        raise _too_large(name)
    return found


def unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int, name: str) -> bytes:
    """A member's bytes, at most `limit` of them; `name` is what a refusal calls it."""
    if info.flag_bits & _ENCRYPTED:
        raise Unreadable(f"«{name}» được đặt mật khẩu; hãy bỏ mật khẩu rồi nạp lại.")
    if info.compress_type not in _METHODS:
        raise Unreadable(f"«{name}» được nén theo cách chưa đọc được; hãy giải nén rồi nạp lại.")
    if info.file_size > limit:
        raise Unreadable(
            f"«{name}» có phần lớn hơn {limit // 2**20} MB khi giải nén; hãy tách thành nhiều tệp nhỏ hơn."
        )
    try:
        with archive.open(info) as file:
            content = file.read(limit)
    except _BROKEN as error:
        raise broken(name) from error
    if len(content) != info.file_size:
        raise broken(name)
    return content


def broken(name: str) -> Unreadable:
    """The refusal of a file that is damaged or not what its name says."""
    return Unreadable(f"«{name}» bị hỏng hoặc không đúng loại như tên tệp; hãy mở thử, lưu lại rồi nạp lại.")


def _too_large(name: str) -> Unreadable:
    return Unreadable(
        f"«{name}» có hơn {MAX_MEMBERS} tệp hoặc hơn {MAX_UNPACKED // 2**20} MB khi giải nén; "
        "hãy giải nén và nạp từng phần."
    )


def _signatures(file: BinaryIO) -> int:
    """How many members the archive may have, counted before any of them is held in memory."""
    count = 0
    tail = b""
    file.seek(0)
    while part := file.read(1 << 20):
        count += (tail + part).count(_SIGNATURE)
        tail = part[-(len(_SIGNATURE) - 1) :]
    file.seek(0)
    return count


class Archive:
    """A ZIP of documents: the names of what is in it, and each as if it were a file of its own.

    Raises:
        Unreadable: missing, broken, too much in it, or nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            if path.stat().st_size > MAX_PACKED:
                raise Unreadable(
                    f"«{shown_name(path.name)}» lớn hơn {MAX_PACKED // 2**20} MB; hãy giải nén và nạp từng phần."
                )
            self._file = path.open("rb")
        except OSError as error:
            raise Unreadable(
                f"Không mở được «{shown_name(path.name)}»; hãy kiểm tra đường dẫn và quyền đọc tệp."
            ) from error
        try:
            self._archive = opened(self._file, shown_name(path.name))
            self._members = {_name(info): info for info in self._archive.infolist() if _is_file(info)}
            if not self._members:
                raise Unreadable(f"Trong «{shown_name(path.name)}» không có tệp nào; hãy kiểm tra lại tệp gốc.")
        except BaseException:
            self._file.close()
            raise
        self.names = tuple(sorted(self._members))

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()
        self._file.close()

    def load(self, name: str) -> bytes:
        """A member's bytes, as `readers.load` gives a file's.

        Raises:
            Unreadable: as there; or its path leads out of the archive, or it is an archive or a link itself.
        """
        info = self._members[name]
        shown = f"{PurePosixPath(name).name} (trong {shown_name(self.path.name)})"
        suffix = PurePosixPath(name).suffix.lower()
        if _climbs(name):
            raise Unreadable(f"«{name}» có đường dẫn trỏ ra ngoài tệp nén; hãy nén lại cho đúng rồi nạp lại.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise Unreadable(f"«{shown}» chỉ là liên kết; hãy nén chính tệp đó rồi nạp lại.")
        if suffix == SUFFIX:
            raise Unreadable(f"«{shown}» là tệp nén nằm trong tệp nén; hãy giải nén rồi nạp lại.")
        if suffix not in readers.suffixes():
            kinds = ", ".join(sorted(readers.suffixes()))
            raise Unreadable(
                f"«{shown}» thuộc loại chưa đọc được; hãy chuyển sang một trong các loại {kinds} rồi nạp lại."
            )
        return unpacked(self._archive, info, readers.MAX_BYTES, shown)


def parts(content: bytes, name: str) -> zipfile.ZipFile:
    """The container of a Word or Excel file. Document type declarations, which such files never have, are refused:
    nothing can be expanded or fetched through them.

    Raises:
        Unreadable: as `opened`; or with a declaration in it.
    """
    found = opened(io.BytesIO(content), name)
    for info in found.infolist():
        if info.filename.lower().endswith((".xml", ".rels", ".vml")) and _declares(found, info, name):
            raise Unreadable(
                f"«{name}» có khai báo DTD hoặc thực thể XML, không an toàn; hãy lưu lại bằng Word hoặc Excel."
            )
    return found


def _declares(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bool:
    if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
        raise broken(name)
    marks = [mark.encode(code) for mark in ("<!DOCTYPE", "<!ENTITY") for code in ("utf-8", "utf-16-le", "utf-16-be")]
    tail = b""
    try:
        with archive.open(info) as file:
            while part := file.read(1 << 20):
                if any(mark in tail + part for mark in marks):
                    return True
                tail = part[-20:]
    except _BROKEN as error:
        raise broken(name) from error
    return False


def _name(info: zipfile.ZipInfo) -> str:
    """A member's name. Windows packs UTF-8 names without saying so; `zipfile` then reads them as code page 437."""
    name = info.filename
    if not info.flag_bits & _UTF8_NAME:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename
    return shown_name(name)


def _is_file(info: zipfile.ZipInfo) -> bool:
    """Whether a member is a file that a person put there: no folder, no hidden file, nothing that macOS adds."""
    *folders, name = info.filename.replace("\\", "/").split("/")
    return bool(name) and not name.startswith(".") and folders[:1] != ["__MACOSX"]


def _climbs(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ":" in name.split("/")[0] or ".." in name.split("/")
