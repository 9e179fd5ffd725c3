"""A file becomes text, or is refused in one sentence."""

import hashlib
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbench import Form, steady

from ingest import readers
from ingest.readers import MAX_BYTES, Unreadable, decode, read

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
