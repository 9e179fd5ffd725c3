"""All of ingestion: identity, replacement, digests, refusals, and agreement of both indexes after a kill."""

import shutil
import sqlite3
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from workbench import DATA, NEWS, PLAN, QUARTERLY, YEARLY, FakeEmbedder, Shelf, read, shelf

from ingest import figures, readers
from ingest.pipeline import Outcome
from ingest.reading import READING
from ui.assemble import assemble
from ui.settings import Settings
from vectorstore.records import Entry, FigureQuery, Followed


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Shelf]:
    with shelf(tmp_path / "shelf") as one:
        yield one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two of the made-up reports, which a test may change."""
    made = tmp_path / "reports"
    made.mkdir()
    for name in (YEARLY, PLAN):
        shutil.copyfile(DATA / name, made / name)
    return made


def statuses(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    return [(outcome.source, outcome.status) for outcome in outcomes]


def ids(one: Shelf) -> list[str]:
    return [document.document_id for document in one.library.documents()]


def agree(one: Shelf) -> bool:
    """Whether both indexes hold the library's entries, no more and no less, and nothing is left to do."""
    counts = {one.expected_entries(), one.store.count(), one.lexical.count()}
    return len(counts) == 1 and one.is_settled()


def words(one: Shelf, term: str) -> set[str]:
    return {hit.chunk_id for hit in one.lexical.search([(term, 1.0)], 100, folded=False)}


# Taking in


def test_files_and_folders_are_taken_in_and_indexed(opened: Shelf, folder: Path) -> None:
    (folder / "sâu hơn").mkdir()
    shutil.copyfile(DATA / NEWS, folder / "sâu hơn" / NEWS)
    outcomes = opened.pipeline.ingest([folder, DATA / QUARTERLY])
    assert statuses(outcomes) == [(name, "added") for name in (YEARLY, PLAN, NEWS, QUARTERLY)]
    assert ids(opened) == ["bao_cao_nam", "bao_cao_quy", "diem_tin", "ke_hoach"]
    assert agree(opened)
    assert outcomes[0].counts == opened.library.counts("bao_cao_nam")
    assert all(outcome.seconds > 0 for outcome in outcomes)


def test_document_is_kept_as_it_was_read_with_its_file(opened: Shelf, folder: Path) -> None:
    opened.pipeline.ingest([folder])
    kept = opened.library.document("bao_cao_nam")
    assert kept is not None
    assert replace(kept, ingested_at="") == replace(read(folder / YEARLY), ingested_at="")
    assert kept.ingested_at
    assert opened.library.original("bao_cao_nam") == (YEARLY, (folder / YEARLY).read_bytes())


def test_twice_is_the_same_as_once(opened: Shelf, folder: Path) -> None:
    opened.pipeline.ingest([folder])
    before = [opened.library.document(document_id) for document_id in ids(opened)]
    again = opened.pipeline.ingest([folder])
    assert statuses(again) == [(YEARLY, "unchanged"), (PLAN, "unchanged")]
    assert again[0].counts == opened.library.counts("bao_cao_nam")
    assert [opened.library.document(document_id) for document_id in ids(opened)] == before
    assert agree(opened)


def test_same_file_twice_in_one_call_is_taken_in_once(opened: Shelf) -> None:
    outcomes = opened.pipeline.ingest([DATA / YEARLY, DATA / YEARLY])
    assert [outcome.status for outcome in outcomes] == ["added", "unchanged"]
    assert agree(opened)


def test_changed_file_is_replaced_whole(opened: Shelf, folder: Path) -> None:
    opened.pipeline.ingest([folder])
    text = (folder / YEARLY).read_text(encoding="utf-8")
    (folder / YEARLY).write_text(text.replace("bảo trì", "nâng cấp").replace("II. TỔ CHỨC", "II. BỎ"), encoding="utf-8")
    assert statuses(opened.pipeline.ingest([folder])) == [(YEARLY, "replaced"), (PLAN, "unchanged")]
    assert ids(opened) == ["bao_cao_nam", "ke_hoach"]
    assert words(opened, "bảo_trì") == set()
    assert len(words(opened, "nâng_cấp")) == 1
    assert agree(opened)


def test_shorter_version_leaves_nothing_of_the_longer(opened: Shelf, folder: Path) -> None:
    opened.pipeline.ingest([folder])
    (folder / YEARLY).write_text("BÁO CÁO\n\nChỉ còn một câu.\n", encoding="utf-8")
    opened.pipeline.ingest([folder])
    assert opened.library.document("bao_cao_nam") is not None
    assert {chunk_id for chunk_id in words(opened, "hồ_sơ") if chunk_id.startswith("bao_cao_nam")} == set()
    assert agree(opened)


def test_same_name_from_another_folder_is_another_document(opened: Shelf, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / YEARLY
    other.parent.mkdir()
    text = (DATA / YEARLY).read_text(encoding="utf-8").replace("318/BC-SYT", "319/BC-SYT")
    other.write_text(text, encoding="utf-8")
    opened.pipeline.ingest([folder / YEARLY])
    (outcome,) = opened.pipeline.ingest([other])
    made = read(other)
    assert (outcome.document_id, outcome.status) == (f"bao_cao_nam-{made.sha256[:8]}", "added")
    assert ids(opened) == ["bao_cao_nam", outcome.document_id]
    assert [document.source for document in opened.library.documents()] == [YEARLY, YEARLY]
    assert agree(opened)


def test_second_document_of_a_name_keeps_its_id_when_its_file_changes(
    opened: Shelf, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other" / YEARLY
    other.parent.mkdir()
    for number in ("319/BC-SYT", "320/BC-SYT"):
        text = (DATA / YEARLY).read_text(encoding="utf-8").replace("318/BC-SYT", number)
        other.write_text(text, encoding="utf-8")
        opened.pipeline.ingest([folder / YEARLY, other])
    held = {document.document_id: document.number for document in opened.library.documents()}
    assert len(held) == 2
    assert held["bao_cao_nam"] == "318/BC-SYT"
    assert set(held.values()) == {"318/BC-SYT", "320/BC-SYT"}


def test_same_content_from_another_folder_is_the_same_document(opened: Shelf, folder: Path) -> None:
    opened.pipeline.ingest([folder / YEARLY])
    assert statuses(opened.pipeline.ingest([DATA / YEARLY])) == [(YEARLY, "copy")]
    assert statuses(opened.pipeline.ingest([DATA / YEARLY])) == [(YEARLY, "unchanged")]
    assert ids(opened) == ["bao_cao_nam"]


def test_same_stem_with_another_ending_is_another_document(opened: Shelf, folder: Path) -> None:
    (folder / "bao_cao_nam.md").write_text("# Ghi chú\n\nViệc khác hẳn.\n", encoding="utf-8")
    opened.pipeline.ingest([folder])
    assert len(ids(opened)) == 3
    assert sum(document_id.startswith("bao_cao_nam") for document_id in ids(opened)) == 2


def test_name_in_decomposed_letters_is_the_same_name(opened: Shelf, tmp_path: Path) -> None:
    path = tmp_path / unicodedata.normalize("NFD", "báo cáo quý.txt")
    shutil.copyfile(DATA / QUARTERLY, path)
    (first,) = opened.pipeline.ingest([path])
    (second,) = opened.pipeline.ingest([path])
    assert (first.document_id, first.source, first.status) == ("báo cáo quý", "báo cáo quý.txt", "added")
    assert second.status == "unchanged"


# Refusals and progress


def test_refused_files_are_named_and_the_rest_goes_on(opened: Shelf, folder: Path) -> None:
    (folder / "a.txt").write_bytes(b"")
    (folder / "b.txt").write_bytes(bytes(range(256)))
    (folder / "c.xyz").write_text("x", encoding="utf-8")
    outcomes = opened.pipeline.ingest([folder, folder / "không có.txt"])
    refused = {outcome.source: outcome.reason for outcome in outcomes if outcome.status == "refused"}
    assert set(refused) == {"a.txt", "b.txt", "c.xyz", "không có.txt"}
    assert all(reason and name in reason for name, reason in refused.items())
    assert all(outcome.document_id is None for outcome in outcomes if outcome.status == "refused")
    assert ids(opened) == ["bao_cao_nam", "ke_hoach"]
    assert agree(opened)


@pytest.mark.parametrize("where", ["ingest.readers.text.decode", "ingest.structure.find"])
def test_fault_in_reading_one_file_keeps_no_other_out(
    opened: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    module, name = where.rsplit(".", 1)
    real = getattr(import_module(module), name)
    calls: list[object] = []

    def fail_once(*given: object) -> object:
        calls.append(given)
        if len(calls) == 1:
            raise RuntimeError("broken")
        return real(*given)

    monkeypatch.setattr(where, fail_once)
    first, *others = opened.pipeline.ingest([folder])
    assert first.status == "refused" and first.reason is not None and "lỗi của chương trình" in first.reason
    assert {outcome.status for outcome in others} == {"added"}
    assert agree(opened)


def test_file_that_became_unreadable_leaves_the_document_as_it_was(opened: Shelf, folder: Path) -> None:
    opened.pipeline.ingest([folder])
    (folder / YEARLY).write_bytes(b"")
    assert statuses(opened.pipeline.ingest([folder])) == [(YEARLY, "refused"), (PLAN, "unchanged")]
    assert opened.library.document("bao_cao_nam") is not None


def test_hidden_files_are_passed_over(opened: Shelf, folder: Path) -> None:
    (folder / ".DS_Store").write_bytes(b"\x00")
    assert len(opened.pipeline.ingest([folder])) == 2


def test_each_outcome_is_told_as_it_comes(opened: Shelf, folder: Path) -> None:
    told: list[tuple[str, int, int]] = []
    opened.pipeline.ingest([folder], on_outcome=lambda outcome, done, total: told.append((outcome.source, done, total)))
    assert told == [(YEARLY, 1, 2), (PLAN, 2, 2)]


def test_nothing_to_do_opens_no_index(opened: Shelf) -> None:
    assert opened.pipeline.ingest([]) == []
    opened.pipeline.settle()
    assert "store" not in vars(opened)
    assert "lexical" not in vars(opened)


# Digests


DIGEST = "BẢN TÓM LƯỢC viết thử, không phải văn bản gốc; tóm lược từ: {}\n\n"


def digest_of(path: Path, folder: Path, name: str = "mau.txt", *, change: str = "") -> Path:
    """A digest of a made-up report: its head and a part of its body."""
    text = path.read_text(encoding="utf-8")
    made = folder / name
    made.write_text(DIGEST.format(path.stem) + text.replace("bảo trì", "sửa chữa") + change, encoding="utf-8")
    return made


@pytest.mark.parametrize("name", [YEARLY, PLAN])
def test_original_takes_the_place_of_its_digest(opened: Shelf, tmp_path: Path, name: str) -> None:
    opened.pipeline.ingest([digest_of(DATA / name, tmp_path)], samples=True)
    assert [document.status for document in opened.library.documents()] == ["digest"]
    assert statuses(opened.pipeline.ingest([DATA / name])) == [(name, "added")]
    assert ids(opened) == [Path(name).stem]
    assert agree(opened)


@pytest.mark.parametrize("name", [YEARLY, PLAN])
def test_digest_never_takes_the_place_of_its_original(opened: Shelf, tmp_path: Path, name: str) -> None:
    opened.pipeline.ingest([DATA / name])
    (outcome,) = opened.pipeline.ingest([digest_of(DATA / name, tmp_path)])
    assert (outcome.status, outcome.document_id) == ("superseded", None)
    assert outcome.reason and "bản gốc" in outcome.reason
    assert ids(opened) == [Path(name).stem]
    assert agree(opened)


def test_digest_of_the_same_file_name_is_replaced_too(opened: Shelf, tmp_path: Path) -> None:
    opened.pipeline.ingest([digest_of(DATA / YEARLY, tmp_path, YEARLY)])
    (outcome,) = opened.pipeline.ingest([DATA / YEARLY])
    assert ids(opened) == [outcome.document_id]
    assert opened.library.documents()[0].status == "current"
    assert agree(opened)


def test_original_and_digest_in_one_call_leave_the_original(opened: Shelf, tmp_path: Path) -> None:
    made = digest_of(DATA / YEARLY, tmp_path)
    assert [o.status for o in opened.pipeline.ingest([made, DATA / YEARLY, made])] == ["added", "added", "superseded"]
    assert ids(opened) == ["bao_cao_nam"]


def test_digest_comes_back_once_its_original_is_forgotten(opened: Shelf, tmp_path: Path) -> None:
    made = digest_of(DATA / YEARLY, tmp_path)
    opened.pipeline.ingest([made, DATA / YEARLY])
    opened.pipeline.forget("bao_cao_nam")
    assert [outcome.status for outcome in opened.pipeline.ingest([made])] == ["added"]


def test_only_a_digest_is_replaced_by_another_document(opened: Shelf, tmp_path: Path) -> None:
    text = (DATA / YEARLY).read_text(encoding="utf-8")
    (tmp_path / "ban_khac.txt").write_text(text.replace("318/BC-SYT", "319/BC-SYT"), encoding="utf-8")
    opened.pipeline.ingest([DATA / YEARLY, tmp_path / "ban_khac.txt"])
    assert ids(opened) == ["ban_khac", "bao_cao_nam"]


@pytest.mark.parametrize(
    ("name", "printed", "other"),
    [
        (YEARLY, "318/BC-SYT", "319/BC-SYT"),
        (YEARLY, "ngày 9 tháng 01", "ngày 8 tháng 01"),
        (YEARLY, "THANH LÂM\nSỞ Y TẾ", "THANH LÂM\nSỞ NỘI VỤ"),
        (PLAN, "Số: /KH", "Số: 4/KH"),
        (PLAN, "KẾ HOẠCH\n", "BÁO CÁO\n"),
        (PLAN, "ngành Y tế năm 2024 và", "ngành Y tế năm 2023 và"),
        (PLAN, "Vĩnh Sơn, ngày", "Vĩnh Long, ngày"),
    ],
)
def test_digest_of_another_report_stays(opened: Shelf, tmp_path: Path, name: str, printed: str, other: str) -> None:
    made = digest_of(DATA / name, tmp_path)
    text = made.read_text(encoding="utf-8")
    assert printed in text
    made.write_text(text.replace(printed, other), encoding="utf-8")
    opened.pipeline.ingest([made, DATA / name])
    assert len(ids(opened)) == 2


# Taking out


def test_forgotten_document_is_gone_everywhere(opened: Shelf, folder: Path) -> None:
    opened.pipeline.ingest([folder])
    assert opened.pipeline.forget("bao_cao_nam")
    assert ids(opened) == ["ke_hoach"]
    assert words(opened, "bảo_trì") == set()
    assert agree(opened)
    assert not opened.pipeline.forget("bao_cao_nam")


def test_forgotten_document_can_be_taken_in_again(opened: Shelf, folder: Path) -> None:
    opened.pipeline.ingest([folder])
    opened.pipeline.forget("bao_cao_nam")
    assert statuses(opened.pipeline.ingest([folder])) == [(YEARLY, "added"), (PLAN, "unchanged")]
    assert agree(opened)


def test_samples_are_forgotten_and_nothing_else(opened: Shelf, folder: Path) -> None:
    opened.pipeline.ingest([DATA / NEWS, DATA / QUARTERLY], samples=True)
    opened.pipeline.ingest([folder])
    assert opened.pipeline.forget_samples() == 2
    assert ids(opened) == ["bao_cao_nam", "ke_hoach"]
    assert agree(opened)
    assert opened.pipeline.forget_samples() == 0


def test_samples_of_the_project_are_all_digests(opened: Shelf, samples: Path) -> None:
    outcomes = opened.pipeline.ingest([samples], samples=True)
    assert [outcome.status for outcome in outcomes] == ["added"] * 5
    assert {document.status for document in opened.library.documents()} == {"digest"}
    assert agree(opened)
    assert opened.pipeline.forget_samples() == 5
    assert opened.store.count() == opened.lexical.count() == 0


# The same document twice, and versions


def poorly(path: Path, to: Path, wrong: int = 10) -> Path:
    """A copy in which a few words came out differently, as from a scan."""
    words = path.read_text(encoding="utf-8").split(" ")
    for at in range(200, len(words), max(1, len(words) // wrong)):
        words[at] += "x" if words[at].isalpha() else ""
    to.write_text(" ".join(words), encoding="utf-8")
    return to


def test_second_file_of_a_document_is_listed_beside_it(opened: Shelf, tmp_path: Path) -> None:
    other = poorly(DATA / YEARLY, tmp_path / "ban_quet.txt")
    outcomes = opened.pipeline.ingest([DATA / YEARLY, other])
    assert statuses(outcomes) == [(YEARLY, "added"), ("ban_quet.txt", "copy")]
    assert outcomes[1].document_id == "bao_cao_nam"
    (held,) = opened.library.documents()
    assert (held.document_id, held.source, held.also_as) == ("bao_cao_nam", YEARLY, ("ban_quet.txt",))
    assert agree(opened)
    assert [one.status for one in opened.pipeline.ingest([DATA / YEARLY, other])] == ["unchanged", "unchanged"]


def test_figures_that_only_one_of_two_files_has_are_said(opened: Shelf, tmp_path: Path) -> None:
    text = (DATA / YEARLY).read_text(encoding="utf-8")
    (tmp_path / "khac.txt").write_text(text.replace("640 hồ sơ", "641 hồ sơ"), encoding="utf-8")
    _, other = opened.pipeline.ingest([DATA / YEARLY, tmp_path / "khac.txt"])
    assert other.status == "copy" and other.reason is not None
    assert "(640, 641)" in other.reason


def test_better_text_is_quoted_under_the_first_id(
    opened: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = readers.decode

    def scanned(content: bytes, name: str) -> readers.Decoded:
        decoded = real(content, name)
        return replace(decoded, recognised=((1, 71),)) if name.startswith("ban_quet") else decoded

    monkeypatch.setattr(readers, "decode", scanned)
    scan = poorly(DATA / YEARLY, tmp_path / "ban_quet.txt")
    outcomes = opened.pipeline.ingest([scan, DATA / YEARLY])
    assert [one.status for one in outcomes] == ["added", "copy"]
    held = opened.library.document("ban_quet")
    assert held is not None
    assert (held.source, held.also_as, held.recognised) == (YEARLY, ("ban_quet.txt",), ())
    assert held.text == (DATA / YEARLY).read_text(encoding="utf-8")
    assert {chunk.document_id for chunk in held.chunks} == {"ban_quet"}
    assert opened.library.original("ban_quet") == (YEARLY, (DATA / YEARLY).read_bytes())
    assert agree(opened)
    assert [one.status for one in opened.pipeline.ingest([scan, DATA / YEARLY])] == ["unchanged", "unchanged"]


def test_copy_that_becomes_another_document_leaves_the_first(opened: Shelf, tmp_path: Path) -> None:
    other = poorly(DATA / YEARLY, tmp_path / "ban_quet.txt")
    opened.pipeline.ingest([DATA / YEARLY, other])
    other.write_text((DATA / YEARLY).read_text(encoding="utf-8").replace("318/BC-SYT", "77/BC-SYT"), encoding="utf-8")
    opened.pipeline.ingest([other])
    assert [(d.document_id, d.number, d.also_as) for d in opened.library.documents()] == [
        ("ban_quet", "77/BC-SYT", ()),
        ("bao_cao_nam", "318/BC-SYT", ()),
    ]
    assert agree(opened)


def test_first_file_that_becomes_another_document_leaves_its_copy_one(opened: Shelf, folder: Path) -> None:
    other = poorly(folder / YEARLY, folder / "ban_quet.txt")
    opened.pipeline.ingest([folder / YEARLY, other])
    text = (folder / YEARLY).read_text(encoding="utf-8")
    (folder / YEARLY).write_text(text.replace("318/BC-SYT", "77/BC-SYT"), encoding="utf-8")
    opened.pipeline.ingest([folder / YEARLY])
    assert [(d.document_id, d.number, d.also_as) for d in opened.library.documents()] == [
        ("ban_quet", "318/BC-SYT", ()),
        ("bao_cao_nam", "77/BC-SYT", ()),
    ]
    assert agree(opened)


def test_forgotten_document_takes_its_copies_along(opened: Shelf, tmp_path: Path) -> None:
    other = poorly(DATA / YEARLY, tmp_path / "ban_quet.txt")
    opened.pipeline.ingest([DATA / YEARLY, other])
    opened.pipeline.forget("bao_cao_nam")
    assert ids(opened) == []
    assert opened.library.same_file("ban_quet.txt", str(tmp_path.resolve())) is None


def test_newer_version_supersedes_and_gives_way_again(opened: Shelf, tmp_path: Path) -> None:
    text = (DATA / YEARLY).read_text(encoding="utf-8").replace("318/BC-SYT", "400/BC-SYT")
    later = tmp_path / "ban_sua.txt"
    later.write_text(text.replace("ngày 9 tháng 01", "ngày 9 tháng 02"), encoding="utf-8")
    opened.pipeline.ingest([later, DATA / YEARLY])
    old, new = opened.library.head("bao_cao_nam"), opened.library.head("ban_sua")
    assert old is not None and new is not None
    assert (old.status, old.superseded_by, old.related) == ("superseded", "ban_sua", ("ban_sua",))
    assert (new.status, new.superseded_by, new.related) == ("current", None, ("bao_cao_nam",))
    opened.pipeline.forget("ban_sua")
    old = opened.library.head("bao_cao_nam")
    assert old is not None and (old.status, old.superseded_by, old.related) == ("current", None, ())


# Pruning


def test_prune_takes_out_what_left_the_folder_and_nothing_else(opened: Shelf, folder: Path) -> None:
    opened.pipeline.ingest([folder, DATA / NEWS])
    (folder / YEARLY).unlink()
    (folder / "hong.txt").write_bytes(b"")
    assert statuses(opened.pipeline.ingest([folder])) == [("hong.txt", "refused"), (PLAN, "unchanged")]
    assert statuses(opened.pipeline.ingest([folder], prune=True))[2:] == [(YEARLY, "pruned")]
    assert ids(opened) == ["diem_tin", "ke_hoach"]
    assert agree(opened)


def test_prune_keeps_what_can_no_longer_be_read(opened: Shelf, folder: Path) -> None:
    opened.pipeline.ingest([folder])
    (folder / YEARLY).write_bytes(b"")
    opened.pipeline.ingest([folder], prune=True)
    assert ids(opened) == ["bao_cao_nam", "ke_hoach"]


def test_folder_that_is_empty_prunes_nothing(opened: Shelf, folder: Path) -> None:
    opened.pipeline.ingest([folder])
    for path in folder.iterdir():
        path.unlink()
    assert opened.pipeline.ingest([folder], prune=True) == []
    assert ids(opened) == ["bao_cao_nam", "ke_hoach"]


def test_prune_of_a_first_file_leaves_its_copy(opened: Shelf, folder: Path) -> None:
    poorly(folder / YEARLY, folder / "quet.txt")
    opened.pipeline.ingest([folder])
    (folder / YEARLY).unlink()
    opened.pipeline.ingest([folder], prune=True)
    assert [(d.document_id, d.also_as) for d in opened.library.documents()] == [("ke_hoach", ()), ("quet", ())]
    assert agree(opened)


def test_prune_takes_out_members_that_left_an_archive_but_not_those_of_a_broken_one(
    opened: Shelf, folder: Path
) -> None:
    def pack(*names: str) -> None:
        with zipfile.ZipFile(folder / "nhieu.zip", "w") as made:
            for name in names:
                made.write(DATA / name, name)

    pack(NEWS, QUARTERLY)
    opened.pipeline.ingest([folder])
    pack(NEWS)
    opened.pipeline.ingest([folder], prune=True)
    assert ids(opened) == ["bao_cao_nam", "diem_tin", "ke_hoach"]
    (folder / "nhieu.zip").write_bytes(b"PK broken")
    opened.pipeline.ingest([folder], prune=True)
    assert ids(opened) == ["bao_cao_nam", "diem_tin", "ke_hoach"]
    (folder / "nhieu.zip").unlink()
    opened.pipeline.ingest([folder], prune=True)
    assert ids(opened) == ["bao_cao_nam", "ke_hoach"]


# After a kill


class Killed(BaseException):
    """Stands for a kill: nothing after it is run."""


def kill(*_: object) -> None:
    raise Killed


def test_document_that_only_the_library_holds_is_indexed_at_the_next_start(tmp_path: Path) -> None:
    with shelf(tmp_path) as first:
        first.library.put(read(DATA / YEARLY), b"", "thư mục")
    with shelf(tmp_path) as second:
        second.pipeline.settle()
        assert agree(second)
        assert second.searcher.search("bảo trì", 1)[0].document.document_id == "bao_cao_nam"


def test_document_that_only_the_indexes_hold_is_dropped_at_the_next_start(tmp_path: Path) -> None:
    with shelf(tmp_path) as first:
        first.pipeline.ingest([DATA / YEARLY, DATA / PLAN])
        first.library.remove(["bao_cao_nam"])
    with shelf(tmp_path) as second:
        second.pipeline.settle()
        assert agree(second)
        assert ids(second) == ["ke_hoach"]


@pytest.mark.parametrize("where", ["store.add", "store.remove", "store.note", "lexical.replace", "lexical.note"])
def test_killed_while_the_indexes_follow_both_agree_at_the_next_start(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    part, _, method = where.partition(".")
    with shelf(tmp_path / "shelf") as first:
        first.pipeline.ingest([folder, DATA / NEWS])
        text = (folder / YEARLY).read_text(encoding="utf-8")
        (folder / YEARLY).write_text(text.replace("bảo trì", "nâng cấp"), encoding="utf-8")
        first.library.remove(["diem_tin"])
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(getattr(first, part), method, kill)
            first.pipeline.ingest([folder])
    with shelf(tmp_path / "shelf") as second:
        second.pipeline.settle()
        assert agree(second)
        assert ids(second) == ["bao_cao_nam", "ke_hoach"]
        assert words(second, "bảo_trì") == set()
        assert len(words(second, "nâng_cấp")) == 1


def test_killed_between_two_files_the_first_is_whole_at_the_next_start(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading = readers.load

    def fail_at_the_second(path: Path) -> bytes:
        if path.name == PLAN:
            raise Killed
        return loading(path)

    with shelf(tmp_path / "shelf") as first, monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(readers, "load", fail_at_the_second)
        first.pipeline.ingest([folder])
    with shelf(tmp_path / "shelf") as second:
        second.pipeline.settle()
        assert agree(second)
        assert ids(second) == ["bao_cao_nam"]
        assert statuses(second.pipeline.ingest([folder])) == [(YEARLY, "unchanged"), (PLAN, "added")]
        assert agree(second)


def test_killed_between_taking_in_an_original_and_dropping_its_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = digest_of(DATA / YEARLY, tmp_path)
    with shelf(tmp_path / "shelf") as first:
        first.pipeline.ingest([made])
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(first.library, "remove", kill)
            first.pipeline.ingest([DATA / YEARLY])
    with shelf(tmp_path / "shelf") as second:
        second.pipeline.settle()
        assert agree(second)
        second.pipeline.ingest([DATA / YEARLY])
        assert "bao_cao_nam" in ids(second)


def test_digest_left_by_a_kill_is_dropped_when_its_original_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = digest_of(DATA / YEARLY, tmp_path)
    with shelf(tmp_path / "shelf") as first:
        first.pipeline.ingest([made])
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(first.library, "remove", kill)
            first.pipeline.ingest([DATA / YEARLY])
        first.pipeline.ingest([DATA / YEARLY])
        assert ids(first) == ["bao_cao_nam"]


# Libraries of older versions


def test_library_of_the_time_before_ledgers_finds_its_figures_without_its_files(tmp_path: Path, folder: Path) -> None:
    with shelf(tmp_path / "shelf") as first:
        first.pipeline.ingest([folder])
        before = [first.library.document(document_id) for document_id in ids(first)]
    assert any(document and document.figures for document in before)
    with sqlite3.connect(tmp_path / "shelf" / "library.sqlite3") as raw:  # as it was then
        raw.executescript("DROP TABLE figures; DROP TABLE findings; DROP TABLE ledgers")
        raw.execute("UPDATE documents SET record = json_remove(record, '$.counts.figures', '$.counts.notices')")
    raw.close()
    shutil.rmtree(folder)
    with shelf(tmp_path / "shelf") as again:
        assert again.library.figures(FigureQuery()) == []
        again.pipeline.settle()
        assert [again.library.document(document_id) for document_id in ids(again)] == before
        assert [again.library.counts(d.document_id) for d in before if d] == [d.counts for d in before if d]
        assert agree(again)
        reached = again.library.sequence()
        again.pipeline.settle()
        assert again.library.sequence() == reached


def test_better_reading_takes_the_place_of_the_one_before(
    opened: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.pipeline.ingest([folder])
    before = {document_id: opened.library.document(document_id) for document_id in ids(opened)}
    find = figures.find
    monkeypatch.setattr("ingest.figures.find", lambda document: find(document)[:1])
    opened.pipeline.settle()
    assert {i: opened.library.document(i) for i in before} == before  # of the same version: nothing is read again
    monkeypatch.setattr("ingest.pipeline.READING", READING + 1)
    opened.pipeline.settle()
    for document_id, document in before.items():
        assert document is not None
        assert opened.library.document(document_id) == replace(document, figures=document.figures[:1])
    assert opened.library.read_before(READING + 1) == []
    assert agree(opened)


def test_document_on_which_a_reading_fails_keeps_its_figures_and_holds_up_nothing(
    opened: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.pipeline.ingest([folder])
    before = opened.library.figures(FigureQuery())

    def fail(document: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr("ingest.figures.find", fail)
    monkeypatch.setattr("ingest.pipeline.READING", READING + 1)
    opened.pipeline.settle()
    assert opened.library.figures(FigureQuery()) == before
    assert opened.library.read_before(READING + 1) == []


def test_searcher_of_the_program_is_given_out_once_the_indexes_agree(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, embedding_model=None, llm_model=None)
    first = assemble(settings)
    first.library.put(read(DATA / YEARLY), b"", "thư mục")
    first.library.close()
    second = assemble(settings)
    second.embedder = FakeEmbedder()
    assert "bảo trì" in second.searcher.search("bảo trì hệ thống", 1)[0].chunk.footnotes[0].body.quote
    assert second.lexical.followed == second.store.followed()
    assert second.lexical.followed == Followed(second.library.library_id, second.library.sequence())
    second.library.close()


def test_indexes_are_written_once_for_all_files_of_a_call(
    opened: Shelf, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    replace_all = opened.lexical.replace

    def count(documents: Iterable[tuple[str, Sequence[Entry]]], followed: Followed, *, anew: bool = False) -> None:
        held = list(documents)
        calls.append(len(held))
        replace_all(held, followed, anew=anew)

    monkeypatch.setattr(opened.lexical, "replace", count)
    opened.pipeline.ingest([folder])
    assert calls == [2]
