"""Word 97–2003 files (.doc) and RTF under that name: made a .docx by LibreOffice, where it is installed, then read as
one. LibreOffice runs in a throw-away profile, without macros, network and our environment, for a limited time."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from ingest.readers import archive, docx
from ingest.readers.forms import Decoded, Unreadable

SECONDS = 120
_ONE_AT_A_TIME = threading.Lock()  # one takes a core, and may take all of its memory
_MEMORY_KB = 4 * 1024 * 1024
_FILE_BLOCKS = 512 * 1024  # of 512 bytes: no file larger than 256 MB

# What a file begins with → LibreOffice's name of its form. Told its form, it does not take other bytes for plain text.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FORMS = {
    _OLE: "MS Word 97",
    b"{\\rtf": "Rich Text Format",
}
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
{items}
</oor:items>
"""
# Macros off, links never updated, whatever is fetched goes to a proxy that is not there.
_SETTINGS = (
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Inet/Settings", "ooInetProxyType", "2"),
    ("Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)


def decode(content: bytes, name: str) -> Decoded:
    """The text of an old Word file's bytes.

    Raises:
        Unreadable: LibreOffice is missing or took too long; broken, locked with a password or of another kind.
    """
    if content.startswith(_OLE):
        if _named("EncryptedPackage", content):  # what a new file becomes that is locked
            raise Unreadable(f"«{name}» được đặt mật khẩu; hãy mở bằng Word hoặc Excel, bỏ mật khẩu rồi nạp lại.")
        if not _named("WordDocument", content) and (_named("Workbook", content) or name.lower().endswith(".xlsx")):
            raise Unreadable(f"«{name}» là tệp Excel đời cũ; hãy mở bằng Excel và lưu lại thành .xlsx rồi nạp lại.")
    form = next((form for mark, form in _FORMS.items() if content.startswith(mark)), None)
    if form is None:
        raise archive.broken(name)
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise Unreadable(f"«{name}» là tệp Word đời cũ, cần LibreOffice để đọc; hãy cài nó hoặc lưu tệp thành .docx.")
    with tempfile.TemporaryDirectory(prefix="cchc-doc-") as folder:
        return docx.decode(_converted(program, form, content, name, Path(folder)), name)


def _named(part: str, content: bytes) -> bool:
    """Whether a file of the old kind has a part of that name."""
    return part.encode("utf-16-le") in content


def _converted(program: str, form: str, content: bytes, name: str, folder: Path) -> bytes:
    source = folder / "source.doc"
    source.write_bytes(content)
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    items = "\n".join(
        f'<item oor:path="/org.openoffice.{path}">'
        f'<prop oor:name="{key}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, key, value in _SETTINGS
    )
    (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE.format(items=items), encoding="utf-8")
    limits = f"ulimit -t {SECONDS} && ulimit -v {_MEMORY_KB} && ulimit -f {_FILE_BLOCKS}"
    command = [
        *("/bin/sh", "-c", f'{limits}; exec "$@"', "sh", program),
        *("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo"),
        *(f"-env:UserInstallation={profile.as_uri()}", f"--infilter={form}"),
        *("--convert-to", "docx:MS Word 2007 XML", "--outdir", str(folder / "out"), str(source)),
    ]
    home = str(folder)
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8"}
    with _ONE_AT_A_TIME:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # so that all it starts can be ended with it
        )
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired as error:
            raise Unreadable(
                f"LibreOffice không đọc xong «{name}» trong {SECONDS} giây; hãy lưu lại thành .docx rồi nạp lại."
            ) from error
        finally:
            _end(process)
    made = folder / "out" / "source.docx"
    if not made.is_file():
        raise Unreadable(
            f"LibreOffice không đọc được «{name}», tệp bị hỏng hoặc có mật khẩu; hãy lưu lại thành .docx rồi nạp lại."
        )
    return made.read_bytes()


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):  # all of it has ended by itself
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
