"""The library gives back what was put in, whole, and remembers which indexes have to follow."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from workbench import DATA, NEWS, PLAN, YEARLY, document, faults, read

from vectorstore.library import Change, File, Library, LibraryError
from vectorstore.records import Document, Filters


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = Library(tmp_path / "thư viện")
    yield opened
    opened.close()


def put(library: Library, *names: str) -> list[Document]:
    made = [read(DATA / name) for name in names]
    for one in made:
        library.put(one, (DATA / one.source).read_bytes(), "thư mục")
    return made


def test_new_library_is_empty(library: Library) -> None:
    assert library.is_empty()
    assert library.documents() == []
    assert (library.sequence(), library.changes(0)) == (0, [])
    assert library.passing(["không có:0"], Filters()) == set()
    assert library.places() == ()
    assert library.document("không có") is None
    assert library.head("không có") is None
    assert library.text("không có") is None
    assert library.original("không có") is None
    assert library.counts("không có") == {}
    assert library.chunks_of("không có") == []


@pytest.mark.parametrize("name", [YEARLY, PLAN, NEWS])
def test_document_comes_back_whole(library: Library, name: str) -> None:
    (made,) = put(library, name)
    found = library.document(made.document_id)
    assert found == made
    assert faults(made) == []
    assert library.text(made.document_id) == made.text
    assert library.counts(made.document_id) == made.counts
    assert library.original(made.document_id) == (name, (DATA / name).read_bytes())


def test_head_is_the_document_without_text_and_chunks(library: Library) -> None:
    (made,) = put(library, YEARLY)
    head = library.head(made.document_id)
    assert head == replace(made, text="", chunks=())
    assert library.documents() == [head]


def test_library_is_the_same_after_it_is_opened_again(library: Library) -> None:
    made = put(library, YEARLY, PLAN)
    library.close()
    again = Library(library.folder)
    assert [again.document(one.document_id) for one in made] == made
    again.close()


def test_documents_stand_in_the_order_of_their_ids(library: Library) -> None:
    put(library, NEWS, YEARLY, PLAN)
    assert [one.document_id for one in library.documents()] == ["bao_cao_nam", "diem_tin", "ke_hoach"]


def test_put_replaces_the_document_of_that_id_whole(library: Library) -> None:
    (made,) = put(library, YEARLY)
    other = document("BÁO CÁO\n\nKhác hẳn\n\nMột câu thôi.", made.document_id)
    library.put(other, b"...", "nơi khác")
    assert library.document(made.document_id) == other
    assert len(library.documents()) == 1
    assert library.chunks_of(made.document_id) == list(other.chunks)
    assert library.same_file(YEARLY, "thư mục") is None


def test_chunks_of_known_ids_are_found_among_many_others(library: Library) -> None:
    (made,) = put(library, PLAN)
    wanted = [chunk.chunk_id for chunk in made.chunks]
    found = library.chunks([*(f"không:{n}" for n in range(1_200)), *wanted])
    assert found == {chunk.chunk_id: chunk for chunk in made.chunks}


@pytest.mark.parametrize(
    ("filters", "documents"),
    [
        (Filters(places=("Thanh Lâm",)), {"bao_cao_nam"}),
        (Filters(places=("Trà Vinh", "Vĩnh Sơn")), {"diem_tin", "ke_hoach"}),
        (Filters(years=(2025,)), {"ke_hoach"}),
        (Filters(years=(2023, 2018)), {"bao_cao_nam", "diem_tin"}),
        (Filters(document_types=("Kế hoạch", "Bản tin")), {"ke_hoach", "diem_tin"}),
        (Filters(document_ids=("bao_cao_nam",)), {"bao_cao_nam"}),
        (Filters(places=("Thanh Lâm",), document_types=("Kế hoạch",)), set()),
    ],
)
def test_filters_let_through_what_fits_all_of_them(library: Library, filters: Filters, documents: set[str]) -> None:
    made = put(library, YEARLY, PLAN, NEWS)
    passing = library.passing([chunk.chunk_id for one in made for chunk in one.chunks], filters)
    assert {chunk_id.rpartition(":")[0] for chunk_id in passing} == documents


def test_place_filter_looks_at_the_passage_and_not_at_the_document(library: Library) -> None:
    (made,) = put(library, NEWS)
    passing = library.passing([chunk.chunk_id for chunk in made.chunks], Filters(places=("Trà Vinh",)))
    assert passing == {c.chunk_id for c in made.chunks if c.place == "Trà Vinh"}
    assert 0 < len(passing) < len(made.chunks)


def test_library_knows_its_places_and_the_numbers_of_its_documents(library: Library) -> None:
    made = put(library, YEARLY, NEWS)
    assert library.places() == tuple(sorted({c.place for one in made for c in one.chunks if c.place}))
    number = made[0].number
    assert number
    assert library.numbered(number.lower()) == library.numbered(number) == ("bao_cao_nam",)
    library.remove(["bao_cao_nam"])
    assert library.numbered(number) == ()


def test_each_write_raises_the_sequence_and_a_document_keeps_the_number_of_its_last_change(library: Library) -> None:
    put(library, YEARLY, PLAN)
    first, second = library.changes(0)
    assert (first, second) == (Change("bao_cao_nam", 1, False), Change("ke_hoach", 2, False))
    library.remove(["ke_hoach", "bao_cao_nam"])
    assert library.sequence() == 3
    assert sorted(library.changes(0), key=lambda change: change.document_id) == [
        Change("bao_cao_nam", 3, True),
        Change("ke_hoach", 3, True),
    ]
    put(library, YEARLY)
    assert library.changes(3) == [Change("bao_cao_nam", 4, False)]
    assert library.changes(library.sequence()) == []


def test_copies_raise_the_sequence_and_change_no_document(library: Library) -> None:
    put(library, YEARLY)
    library.put_copy("bao_cao_nam", File("bản khác.txt", "", "0" * 64, b""))
    library.remove_copy("bản khác.txt", "")
    assert library.sequence() == 3
    assert library.changes(1) == []


def test_failed_write_takes_no_number(library: Library) -> None:
    put(library, YEARLY)
    with pytest.raises(LibraryError):
        library.put(replace(read(DATA / PLAN), sha256=None), b"", "")  # type: ignore[arg-type]
    assert library.sequence() == 1


def test_libraries_have_ids_that_last(library: Library, tmp_path: Path) -> None:
    with closing(Library(library.folder)) as again, closing(Library(tmp_path / "khác")) as other:
        assert library.library_id == again.library_id != other.library_id


def test_lock_of_a_library_has_one_holder(library: Library) -> None:
    with closing(Library(library.folder)) as other:
        with library.alone("việc") as first, other.alone("việc", 0.1) as second, other.alone("khác", 0) as third:
            assert (first, second, third) == (True, False, True)
        with other.alone("việc", 0) as taken:
            assert taken


def test_samples_and_files_are_remembered(library: Library) -> None:
    one = read(DATA / YEARLY)
    library.put(one, b"", "mẫu", sample=True)
    put(library, PLAN)
    assert library.samples() == ["bao_cao_nam"]
    assert library.same_file(YEARLY, "mẫu") == ("bao_cao_nam", one.sha256)
    assert library.same_file(YEARLY, "nơi khác") is None


def test_threads_may_read_while_another_writes(library: Library) -> None:
    made = put(library, YEARLY)[0]
    failures: list[BaseException] = []

    def look() -> None:
        try:
            for _ in range(30):
                found = library.document(made.document_id)
                assert found is None or found.chunks
        except BaseException as error:
            failures.append(error)

    readers = [threading.Thread(target=look) for _ in range(4)]
    for thread in readers:
        thread.start()
    for _ in range(10):
        library.put(made, b"", "thư mục")
    for thread in readers:
        thread.join()
    assert failures == []


def test_what_another_program_wrote_is_seen_at_once(library: Library) -> None:
    put(library, YEARLY)
    assert [document.document_id for document in library.documents()] == ["bao_cao_nam"]
    before = library.chunks_of("bao_cao_nam")
    other = Library(library.folder)
    try:
        put(other, PLAN)
        made = read(DATA / YEARLY)
        other.put(replace(made, title="Tên khác", chunks=made.chunks[:2]), b"", "thư mục")
    finally:
        other.close()
    assert [document.document_id for document in library.documents()] == ["bao_cao_nam", "ke_hoach"]
    head = library.head("bao_cao_nam")
    assert head is not None and head.title == "Tên khác"
    assert library.chunks_of("bao_cao_nam") == before[:2]
    assert library.chunks([chunk.chunk_id for chunk in before]).keys() == {c.chunk_id for c in before[:2]}


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "tệp").write_text("x", encoding="utf-8")
    with pytest.raises(LibraryError, match=r"tệp.*--data-dir"):
        Library(tmp_path / "tệp")


def test_file_that_is_no_library_is_named(tmp_path: Path) -> None:
    (tmp_path / "library.sqlite3").write_bytes(b"khong phai co so du lieu" * 100)
    with pytest.raises(LibraryError, match=tmp_path.name):
        Library(tmp_path)


def test_failure_to_write_is_said(library: Library) -> None:
    made = put(library, YEARLY)[0]
    with sqlite3.connect(library.folder / "library.sqlite3") as raw:
        raw.execute("drop table chunks")
    raw.close()
    with pytest.raises(LibraryError, match="Không ghi được"):
        library.put(made, b"", "thư mục")
    with pytest.raises(LibraryError, match="Không đọc được"):
        library.chunks_of(made.document_id)
