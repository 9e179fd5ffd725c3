"""A file becomes text, or is refused in one sentence."""

import hashlib
import io
import os
import shutil
import socket
import time
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_readers_docx import made as word_file
from test_readers_docx import p, r
from test_readers_spreadsheet import book
from workbench import Form, shelf, steady

from ingest import readers
from ingest.readers import MAX_BYTES, Unreadable, decode, read
from ingest.reading import read_document

TEXT = "Sở Y tế nhận 12 hồ sơ.\nTrễ hạn: 0.\n"


def refusal(path: Path) -> str:
    with pytest.raises(Unreadable) as refused:
        read(path)
    said = str(refused.value)
    assert path.name[:40] in said
    assert "\n" not in said
    return said


@pytest.mark.parametrize("name", ["bao_cao.txt", "BAO_CAO.TXT", "báo cáo.md"])
def test_text_file_is_read_with_its_bytes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(TEXT.encode())
    source = read(path)
    assert (source.path, source.content, source.text) == (path, TEXT.encode(), TEXT)
    assert source.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_encodings_forms_and_line_ends_give_one_text(form: Form, encoding: str, ends: str) -> None:
    raw = unicodedata.normalize(form, TEXT).replace("\n", ends)
    assert decode(raw.encode(encoding), "a.txt").text == TEXT


def test_segmented_words_become_plain(tmp_path: Path) -> None:
    assert decode("thủ_tục hành_chính ___ a_b".encode(), "a.txt").text == "thủ tục hành chính ___ a b"


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    assert "Không tìm thấy" in refusal(tmp_path / "không có.txt")
    assert "không phải là tệp" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["a.xyz", "a", "a.txt.bak"])
def test_kind_that_is_not_read_yet_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(TEXT, encoding="utf-8")
    assert ".txt" in refusal(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "trống"),
        (b" \n\t \r\n", "trống"),
        (b"\xef\xbb\xbf", "không có chữ nào"),
        ("123 … 456".encode(), "không có chữ nào"),
        (bytes(range(256)) * 4, "nhị phân"),
        (b"\x00\x01\x02 abc" * 50, "nhị phân"),
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3", "PDF bị hỏng"),
        (b"\xff\xfe\x41", "UTF-8"),
    ],
)
def test_empty_binary_and_foreign_files_are_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    assert said in refusal(path)


@pytest.mark.parametrize("content", [b"S\xf5\xd2 Y t\xea\xec", "Sở Y tế".encode("utf-16-le")])
def test_text_that_was_converted_says_so(content: bytes) -> None:
    decoded = decode(content, "a.txt")
    assert decoded.text == "Sở Y tế"
    assert len(decoded.remarks) == 1


def test_file_that_is_too_large_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.touch()
    os.truncate(path, MAX_BYTES + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("the file was read"))
    assert "64 MB" in refusal(path)


def test_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXT, encoding="utf-8")

    def deny(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", deny)
    assert "quyền đọc" in refusal(path)


def test_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    assert "không phải là tệp" in refusal(tmp_path / "a.txt")


def test_link_to_nowhere_and_loop_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "không có.txt")
    (tmp_path / "b.txt").symlink_to(tmp_path / "b.txt")
    assert "Không tìm thấy" in refusal(tmp_path / "a.txt")
    assert "Không tìm thấy" in refusal(tmp_path / "b.txt")


def test_name_that_the_system_does_not_take_is_refused(tmp_path: Path) -> None:
    refusal(tmp_path / f"{'a' * 5_000}.txt")


def test_file_that_fails_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXT, encoding="utf-8")

    def fail(_: Path) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", fail)
    refusal(path)


@steady
@given(st.one_of(st.binary(max_size=400), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_random_bytes_are_text_or_refused(content: bytes) -> None:
    try:
        text = decode(content, "a.txt").text
    except Unreadable as refused:
        assert "a.txt" in str(refused)
    else:
        assert any(char.isalpha() for char in text)
        assert text == unicodedata.normalize("NFC", text)
        assert "\r" not in text


@steady
@given(st.binary(max_size=300), st.sampled_from([b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"]))
def test_random_bytes_after_a_mark_are_text_or_refused(content: bytes, mark: bytes) -> None:
    try:
        assert decode(mark + content, "a.txt").text
    except Unreadable as refused:
        assert "a.txt" in str(refused)


def test_suffixes_are_small_letters() -> None:
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in readers.suffixes())


# What a file is goes before what it is called

PAGE = "<!DOCTYPE html><html><body><p>Sở Y tế nhận 12 hồ sơ.</p></body></html>"


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.pdf", "a.xlsx", "a.doc", "a.png"])
def test_word_file_under_another_name_is_read_and_said(name: str) -> None:
    decoded = decode(word_file(p(r("Sở Y tế"))), name)
    assert decoded.text == "Sở Y tế\n"
    assert decoded.remarks == ("Nội dung tệp không đúng với phần mở rộng: đã đọc như tệp Word.",)


@pytest.mark.parametrize("name", ["a.txt", "a.docx", "a.pdf", "a.doc"])
def test_workbook_under_another_name_is_read_and_said(name: str) -> None:
    decoded = decode(book(["TT", "Tên"], [1, "Sở Y tế"]), name)
    assert decoded.text == "TT\tTên\n1\tSở Y tế\n"
    assert "tệp Excel" in decoded.remarks[0]


@pytest.mark.parametrize("name", ["a.doc", "a.docx", "a.xlsx", "a.txt", "a.pdf"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_page_under_another_name_is_read_and_said(name: str, encoding: str) -> None:
    decoded = decode(PAGE.encode(encoding), name)
    assert decoded.text == "Sở Y tế nhận 12 hồ sơ.\n"
    assert "trang HTML" in decoded.remarks[0]


@pytest.mark.parametrize("name", ["a.docx", "a.txt", "a.xlsx", "a.html"])
def test_other_kinds_under_another_name_are_told_as_what_they_are(name: str) -> None:
    with pytest.raises(Unreadable, match="PDF bị hỏng"):
        decode(b"%PDF-1.7\n1 0 obj", name)
    with pytest.raises(Unreadable, match="ảnh"):
        decode(b"\x89PNG\r\n\x1a\n" + bytes(40), name)


def test_text_that_speaks_of_other_kinds_is_a_text() -> None:
    said = "Tệp %PDF- và <html> là gì? Sở Y tế hỏi.\n"
    assert decode(said.encode(), "a.txt").text == said


# Bounds


def test_text_of_too_many_lines_is_refused() -> None:
    with pytest.raises(Unreadable, match="300 nghìn dòng"):
        decode(b"a\n" * (readers.MAX_LINES + 1), "a.txt")


@pytest.mark.parametrize(
    "unit",
    ["ậ", "Ậ", "và đến\n", ".", "¹", "a\n", "I. A\n", "Số: ", "A.", "»", "a:", "- a;\nvà\n", "Nơi nhận ", "1\tb\n"],
)
def test_long_lines_and_lists_are_read_in_bounded_time(unit: str) -> None:
    decoded = decode(("Chữ " + unit * (16_000 // len(unit))).encode(), "a.txt")
    started = time.process_time()
    read_document("a", "a.txt", decoded, "0" * 64)
    assert time.process_time() - started < 8  # in quadratic time it took forty and more


def test_one_line_without_end_is_read_in_passages() -> None:
    decoded = decode(("Sở Y tế nhận 12 hồ sơ. " * 20_000).encode(), "a.txt")
    found = read_document("a", "a.txt", decoded, "0" * 64)
    assert max(len(chunk.text) for chunk in found.chunks) <= 2_000
    assert sum(len(chunk.text) for chunk in found.chunks) > 0.99 * len(decoded.text)


# What is not to be seen


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.csv"])
def test_soft_hyphens_joiners_and_marks_of_direction_are_left_out(name: str) -> None:
    assert "hành chính của Sở" in decode("hành\u200b chí\u00adnh\u2060 \u202ecủa\ufeff Sở".encode(), name).text


def test_line_and_page_ends_of_all_kinds_end_lines() -> None:
    assert decode("một\fhai\vba\u2028bốn\u0085năm".encode(), "a.txt").text == "một\nhai\nba\nbốn\nnăm"


def test_stray_nul_is_left_out() -> None:
    assert decode(TEXT.encode() * 40 + b"h\0ai", "a.txt").text == TEXT * 40 + "hai"


# Names, and what a folder may hold


@pytest.mark.parametrize("name", ["a\nb.txt", "\x1b[31ma.txt", "\u202ea.txt"])
def test_name_is_shown_on_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(Unreadable) as refused:
        read(tmp_path / name)
    assert str(refused.value).isprintable()


def test_folder_with_odd_names_links_and_pipes_is_taken_in(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    names = [unicodedata.normalize("NFD", "Báo cáo.txt"), "a\nb.txt", "đ" * 125 + ".txt", "a" * 251 + ".txt", "-x.txt"]
    for i, name in enumerate(names):
        (folder / name).write_text(f"{TEXT}Số {i}.\n", encoding="utf-8")
    undecodable = os.fsencode(folder) + b"/\xff\xfe.txt"
    Path(os.fsdecode(undecodable)).write_text(TEXT, encoding="utf-8")
    os.mkfifo(folder / "pipe.txt")
    (folder / "zero.txt").symlink_to("/dev/zero")
    (folder / "nowhere.txt").symlink_to(folder / "không có.txt")
    (folder / "self.txt").symlink_to(folder / "self.txt")
    (folder / "loop").symlink_to(folder)
    with shelf(tmp_path / "shelf") as opened:
        outcomes = opened.pipeline.ingest([folder])
        again = opened.pipeline.ingest([folder])
    assert {outcome.status for outcome in outcomes} == {"added"}
    assert {outcome.status for outcome in again} == {"unchanged"}
    assert len(outcomes) == 6
    assert "Báo cáo.txt" in [outcome.source for outcome in outcomes]
    assert all(outcome.source.isprintable() or "\ufffd" in outcome.source for outcome in outcomes)


@pytest.mark.parametrize("target", ["/dev/zero", "/dev/stdin", "/dev/tty"])
def test_device_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "a.txt").symlink_to(target)
    assert "a.txt" in refusal(tmp_path / "a.txt")


# Nothing is fetched


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket on loopback that waits for somebody to call."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        opened.setblocking(False)
        yield opened


def nobody_called(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return True
    return False


def with_links(content: bytes, links: Mapping[str, str], target: str) -> bytes:
    """An office file whose parts name others outside of it."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(held, "w") as new:
        for info in old.infolist():
            if info.filename not in links:
                new.writestr(info.filename, old.read(info))
        for part, kind in links.items():
            said = f'Id="x" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"'
            link = f'<Relationship {said} Target="{target}" TargetMode="External"/>'
            space = "http://schemas.openxmlformats.org/package/2006/relationships"
            others = ""
            if part in old.namelist():
                others = old.read(part).decode().partition("<Relationship ")[2].rpartition("</Relationships>")[0]
            others = f"<Relationship {others}" if others else ""
            new.writestr(part, f'<Relationships xmlns="{space}">{others}{link}</Relationships>')
    return held.getvalue()


def test_listener_hears_who_calls(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname()):
        assert not nobody_called(listener)


@pytest.mark.parametrize(
    "kind",
    ["image", "attachedTemplate", "oleObject", "frame", "subDocument", "hyperlink", "aFChunk", "styles", "footnotes"],
)
def test_links_of_a_word_file_are_not_followed(listener: socket.socket, kind: str) -> None:
    target = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    linked = p(r("Sở Y tế") + '<w:r><w:drawing><blip xmlns="urn:a" link="x"/></w:drawing></w:r>')
    content = with_links(word_file(linked + '<w:altChunk r:id="x"/>'), {"word/_rels/document.xml.rels": kind}, target)
    assert decode(content, "a.docx").text == "Sở Y tế\n"
    assert nobody_called(listener)


@pytest.mark.parametrize("kind", ["externalLink", "externalLinkPath", "connections", "worksheet", "sharedStrings"])
def test_links_of_a_workbook_are_not_followed(listener: socket.socket, kind: str) -> None:
    target = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    content = with_links(book(["TT", "Tên"], [1, "Sở Y tế"]), {"xl/_rels/workbook.xml.rels": kind}, target)
    with suppress(Unreadable):
        assert "Sở Y tế" in decode(content, "a.xlsx").text
    assert nobody_called(listener)


def test_links_of_a_page_are_not_followed(listener: socket.socket) -> None:
    target = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    page = (
        f'<!DOCTYPE html PUBLIC "x" "{target}" [<!ENTITY e SYSTEM "{target}">]><?xml-stylesheet href="{target}"?>'
        f'<html><head><base href="{target}"><link rel=stylesheet href="{target}"><meta http-equiv=refresh '
        f'content="0;url={target}"></head><body background="{target}"><img src="{target}"><iframe src="{target}">'
        f'</iframe><object data="{target}"></object><script src="{target}"></script>'
        f'<p style="background:url({target})">Sở Y tế &e;</p></body></html>'
    )
    assert "Sở Y tế" in decode(page.encode(), "a.html").text
    assert nobody_called(listener)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="system package: libreoffice")
def test_links_of_an_old_word_file_are_not_followed(listener: socket.socket) -> None:
    target = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    rtf = (
        rf'{{\rtf1\ansi{{\*\template {target}.dot}} So Y te {{\field{{\*\fldinst INCLUDEPICTURE "{target}.png" \\d}}'
        rf'{{\fldrslt }}}}{{\field{{\*\fldinst INCLUDETEXT "{target}.doc"}}{{\fldrslt }}}}'
        rf'{{\field{{\*\fldinst LINK Word.Document.8 "{target}.doc" \\a}}{{\fldrslt }}}}\par}}'
    )
    assert "So Y te" in decode(rtf.encode(), "a.doc").text
    assert nobody_called(listener)
