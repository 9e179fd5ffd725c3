"""A ZIP of reports is taken in report by report; what is unsafe in it is refused, and nothing is unpacked to disk."""

import io
import stat
import struct
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from workbench import DATA, PLAN, YEARLY, Shelf, shelf

from ingest import readers
from ingest.pipeline import Outcome
from ingest.readers import Unreadable, archive
from ingest.readers.archive import Archive


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Shelf]:
    with shelf(tmp_path / "shelf") as one:
        yield one


TEXT = "Sở Y tế nhận 12 hồ sơ.\n".encode()


def packed(members: Mapping[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return held.getvalue()


def zipped(folder: Path, members: Mapping[str, bytes], name: str = "bao_cao.zip") -> Path:
    path = folder / name
    path.write_bytes(packed(members))
    return path


def refusal(path: Path, member: str) -> str:
    with Archive(path) as found, pytest.raises(Unreadable) as error:
        found.load(member)
    assert "\n" not in str(error.value)
    return str(error.value)


def unopened(path: Path) -> str:
    with pytest.raises(Unreadable) as error:
        Archive(path)
    assert path.name in str(error.value)
    return str(error.value)


def reports(*names: str) -> dict[str, bytes]:
    return {name: (DATA / Path(name).name).read_bytes() for name in names}


def said(outcomes: list[Outcome]) -> list[tuple[str, str]]:
    return [(outcome.source, outcome.status) for outcome in outcomes]


# Through the pipeline


def test_members_are_documents_of_their_own(opened: Shelf, tmp_path: Path) -> None:
    path = zipped(tmp_path, reports(YEARLY, f"thư mục/{PLAN}"))
    told: list[tuple[str, int, int]] = []
    outcomes = opened.pipeline.ingest([path], on_outcome=lambda o, done, total: told.append((o.source, done, total)))
    assert said(outcomes) == [(YEARLY, "added"), (PLAN, "added")]
    assert told == [(YEARLY, 1, 2), (PLAN, 2, 2)]
    assert [d.document_id for d in opened.library.documents()] == ["bao_cao_nam", "ke_hoach"]
    assert opened.library.original("bao_cao_nam") == (YEARLY, (DATA / YEARLY).read_bytes())


def test_twice_is_the_same_as_once_and_changed_members_are_replaced(opened: Shelf, tmp_path: Path) -> None:
    members = reports(YEARLY, PLAN)
    opened.pipeline.ingest([zipped(tmp_path, members)])
    assert said(opened.pipeline.ingest([tmp_path / "bao_cao.zip"])) == [(YEARLY, "unchanged"), (PLAN, "unchanged")]
    members[PLAN] += "\nThêm một câu.\n".encode()
    assert said(opened.pipeline.ingest([zipped(tmp_path, members)])) == [(YEARLY, "unchanged"), (PLAN, "replaced")]


def test_same_name_in_two_folders_of_an_archive_is_two_documents(opened: Shelf, tmp_path: Path) -> None:
    members = {f"a/{PLAN}": TEXT, f"b/{PLAN}": TEXT * 2}
    for _ in range(2):
        opened.pipeline.ingest([zipped(tmp_path, members)])
        assert len(opened.library.documents()) == 2


def test_archive_in_a_folder_is_taken_in_with_the_rest(opened: Shelf, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    zipped(folder, reports(YEARLY), "a.ZIP")
    (folder / PLAN).write_bytes((DATA / PLAN).read_bytes())
    assert said(opened.pipeline.ingest([folder])) == [(YEARLY, "added"), (PLAN, "added")]


def test_refused_members_are_named_and_the_rest_goes_on(opened: Shelf, tmp_path: Path) -> None:
    members = {"a.txt": b"", "b.exe": b"MZ", "../../c.txt": TEXT, "d.zip": packed({"x.txt": TEXT}), **reports(YEARLY)}
    outcomes = opened.pipeline.ingest([zipped(tmp_path, members)])
    reasons = {outcome.source: outcome.reason or "" for outcome in outcomes if outcome.status == "refused"}
    assert set(reasons) == {"a.txt", "b.exe", "c.txt", "d.zip"}
    assert "trỏ ra ngoài" in reasons["c.txt"]
    assert "nằm trong tệp nén" in reasons["d.zip"]
    assert [d.document_id for d in opened.library.documents()] == ["bao_cao_nam"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bao_cao.zip", "shelf"]


def test_broken_archive_is_one_refusal(opened: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04 broken")
    (outcome,) = opened.pipeline.ingest([path])
    assert (outcome.source, outcome.status) == ("a.zip", "refused")
    assert "bị hỏng" in (outcome.reason or "")


# Members


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    members = {"a.txt": TEXT, "b/": b"", ".x.txt": TEXT, "__MACOSX/._a.txt": TEXT, "b/.DS_Store": b"\0"}
    with Archive(zipped(tmp_path, members)) as found:
        assert found.names == ("a.txt",)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_are_normalised(tmp_path: Path, form: Literal["NFC", "NFD"]) -> None:
    with Archive(zipped(tmp_path, {unicodedata.normalize(form, "báo cáo.txt"): TEXT})) as found:
        assert found.names == ("báo cáo.txt",)
        assert found.load("báo cáo.txt") == TEXT


def test_utf8_name_that_is_not_marked_as_such_is_read(tmp_path: Path) -> None:
    content = packed({"báo cáo.txt": TEXT})
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # take the mark away
        start = content.index(signature) + at
        content = content[:start] + struct.pack("<H", 0) + content[start + 2 :]
    (tmp_path / "a.zip").write_bytes(content)
    with Archive(tmp_path / "a.zip") as found:
        assert found.names == ("báo cáo.txt",)
        assert found.load("báo cáo.txt") == TEXT


@pytest.mark.parametrize("name", ["../a.txt", "x/../../a.txt", "/etc/a.txt", "..\\a.txt", "C:\\a.txt", "C:a.txt"])
def test_path_that_climbs_out_is_refused(tmp_path: Path, name: str) -> None:
    assert "trỏ ra ngoài" in refusal(zipped(tmp_path, {name: TEXT}), name)


def test_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a.txt")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr(info, "/etc/passwd")
    assert "liên kết" in refusal(tmp_path / "a.zip", "a.txt")


def test_locked_member_is_refused(tmp_path: Path) -> None:
    content = bytearray(packed({"a.txt": TEXT}))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + at] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    assert "mật khẩu" in refusal(tmp_path / "a.zip", "a.txt")


def test_member_packed_in_a_rare_way_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as made:
        made.writestr("a.txt", TEXT)
    assert "cách chưa đọc được" in refusal(tmp_path / "a.zip", "a.txt")


# Bombs


def test_member_that_is_too_large_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.readers.MAX_BYTES", 1 << 20)
    path = zipped(tmp_path, {"a.txt": b"a" * ((1 << 20) + 1)})
    assert path.stat().st_size < 5_000
    assert "1 MB" in refusal(path, "a.txt")


def test_archive_of_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path, {f"{i}.txt": b"a" * 1_000 for i in range(30)})
    with monkeypatch.context() as patch:
        patch.setattr(archive, "MAX_UNPACKED", 29_000)
        assert "khi giải nén" in unopened(path)
    with monkeypatch.context() as patch:
        patch.setattr(archive, "MAX_MEMBERS", 29)
        assert "29 tệp" in unopened(path)
    with monkeypatch.context() as patch:
        patch.setattr(archive, "_MAX_SIGNATURES", 29)
        patch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("the archive was opened"))
        assert "hãy giải nén" in unopened(path)
    with monkeypatch.context() as patch:
        patch.setattr(archive, "MAX_PACKED", 100)
        assert "lớn hơn" in unopened(path)


def test_member_that_understates_its_size_is_refused(tmp_path: Path) -> None:
    content = packed({"a.txt": b"a" * 100_000})
    start = content.index(b"PK\x01\x02") + 24
    (tmp_path / "a.zip").write_bytes(content[:start] + struct.pack("<L", 10) + content[start + 4 :])
    assert "bị hỏng" in refusal(tmp_path / "a.zip", "a.txt")


def test_empty_and_missing_archives_are_refused(tmp_path: Path) -> None:
    assert "không có tệp nào" in unopened(zipped(tmp_path, {}))
    assert "Không mở được" in unopened(tmp_path / "không có.zip")


GOOD = packed({"a.txt": TEXT, "thư mục/b.txt": TEXT * 3})


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=8), st.integers(0, len(GOOD)))
@example([(GOOD.index(b"PK\x01\x02") + 46, 0)], 0)  # a member without a name
def test_damaged_archive_is_read_or_refused(tmp_path: Path, changes: list[tuple[int, int]], size: int) -> None:
    damaged = bytearray(GOOD)
    for at, byte in changes:
        damaged[at] = byte
    (tmp_path / "a.zip").write_bytes(damaged[: max(size, 1)] if size % 2 else damaged)
    try:
        with Archive(tmp_path / "a.zip") as found:
            for name in found.names:
                try:
                    assert readers.decode(found.load(name), Path(name).name).text
                except Unreadable:
                    continue
    except Unreadable as error:
        assert "a.zip" in str(error)
