"""The library gives back what was put in, whole, and remembers which indexes have to follow."""

import sqlite3
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from servers import free_port
from workbench import DATA, NEWS, PLAN, YEARLY, document, faults, read

from vectorstore.library import Change, File, Library, LibraryError
from vectorstore.records import Document, Figure, FigureQuery, Filters, Finding


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    """Where the library is: in its folder, or an empty database of a real server."""
    return None if request.param == "sqlite" else request.getfixturevalue("database")


@pytest.fixture
def library(tmp_path: Path, url: str | None) -> Iterator[Library]:
    opened = Library(tmp_path / "thư viện", url)
    yield opened
    opened.close()


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Library]:
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
    assert head == replace(made, text="", chunks=(), figures=(), findings=())
    assert library.documents() == [head]


def test_library_is_the_same_after_it_is_opened_again(library: Library, url: str | None) -> None:
    made = put(library, YEARLY, PLAN)
    library.close()
    again = Library(library.folder, url)
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


def test_libraries_have_ids_that_last(library: Library, tmp_path: Path, url: str | None) -> None:
    with closing(Library(library.folder, url)) as again, closing(Library(tmp_path / "khác")) as other:
        assert library.library_id == again.library_id != other.library_id


def test_lock_of_a_library_has_one_holder(library: Library, url: str | None) -> None:
    with closing(Library(library.folder, url)) as other:
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


def test_what_another_program_wrote_is_seen_at_once(library: Library, url: str | None) -> None:
    put(library, YEARLY)
    assert [document.document_id for document in library.documents()] == ["bao_cao_nam"]
    before = library.chunks_of("bao_cao_nam")
    with closing(Library(library.folder, url)) as other:
        put(other, PLAN)
        made = read(DATA / YEARLY)
        other.put(replace(made, title="Tên khác", chunks=made.chunks[:2]), b"", "thư mục")
    library.sequence()  # as every search does; between two of them a server is not asked each time
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


def test_failure_to_write_is_said(local: Library) -> None:
    made = put(local, YEARLY)[0]
    with sqlite3.connect(local.folder / "library.sqlite3") as raw:
        raw.execute("drop table chunks")
    raw.close()
    with pytest.raises(LibraryError, match="Không ghi được"):
        local.put(made, b"", "thư mục")
    with pytest.raises(LibraryError, match="Không đọc được"):
        local.chunks_of(made.document_id)


def test_library_of_the_time_before_numbers_is_brought_up_to_date(tmp_path: Path) -> None:
    with closing(Library(tmp_path)) as made:
        put(made, YEARLY, PLAN)
    with sqlite3.connect(tmp_path / "library.sqlite3") as raw:  # as it was then
        raw.executescript("""
            DROP TABLE state; DROP TABLE changes; DELETE FROM keys;
            ALTER TABLE documents ADD COLUMN indexed BOOLEAN NOT NULL DEFAULT 1;
            CREATE TABLE removed (document_id VARCHAR NOT NULL PRIMARY KEY);
        """)
    raw.close()
    with closing(Library(tmp_path)) as opened:
        assert opened.changes(0) == [Change("bao_cao_nam", 1, False), Change("ke_hoach", 1, False)]
        assert opened.sequence() == 1
        put(opened, NEWS)
        assert opened.changes(1) == [Change("diem_tin", 2, False)]
        library_id = opened.library_id
    with closing(Library(tmp_path)) as again:
        assert (again.library_id, again.sequence()) == (library_id, 2)


# Figures and findings


def with_figures() -> Document:
    """The yearly report with a ledger that we made up: a count of a part, a target with a bound, a ratio in a footnote,
    a number that no double holds, and two findings of which one stands in a footnote as well."""
    made = read(DATA / YEARLY)
    noted = next(chunk for chunk in made.chunks if chunk.footnotes)
    other = next(chunk for chunk in made.chunks if chunk.kind == "item")
    note = noted.footnotes[0]

    def figure(ordinal: int, text: str, value: str | None, indicator: str, **more: object) -> Figure:
        stated = other.body if "footnote" not in more else note.body
        start = stated.start
        chunk = noted.ordinal if "footnote" in more else other.ordinal
        of = Figure(
            made.document_id, ordinal, chunk, text, Decimal(value) if value else None, start, start + 1, stated, ""
        )
        return replace(of, indicator=indicator, **more)  # type: ignore[arg-type]

    figures = (
        figure(0, "00", "0", "hồ sơ trễ hạn", unit="hồ sơ", place="Thanh Lâm", period="2022-Q1", body="Sở Y tế"),
        figure(1, "3", "3", "Hồ sơ trễ hạn", unit="hồ sơ", breakdown="lĩnh vực Dược", place="Kon Tum", part_of=0),
        figure(
            2, "98,50", "98.50", "giải quyết", unit="%", bound="at_least", nature="target", period="2021/2023",
            place="tỉnh Kon Tum",
        ),
        figure(
            3, "10/10", None, "huyện", ratio=(Decimal(10), Decimal("10")), footnote=note.marker, period="/2022-06-10",
        ),
        figure(4, "1", "12345678901234567890.125", "tổng_chi 100%", unit="đồng", period="2023"),
    )  # fmt: skip
    findings = (
        Finding("source_conflict", "Nguồn ghi 3, nhưng chú thích ghi 4.", ((other, ()), (noted, (note,)))),
        Finding("source_error", "Nguồn ghi ngày không thể có: «31/11/2022».", ((noted, ()),)),
    )
    return replace(made, figures=figures, findings=findings)


@pytest.fixture
def held(library: Library) -> Document:
    made = with_figures()
    library.put(made, b"", "thư mục")
    put(library, PLAN)
    return made


def test_figures_and_findings_come_back_as_they_were_put_in(library: Library, held: Document) -> None:
    assert library.document(held.document_id) == held
    assert library.figures(FigureQuery(document_ids=(held.document_id,))) == list(held.figures)
    assert library.findings(held.document_id) == list(held.findings)
    plan = library.document("ke_hoach")
    assert plan is not None
    assert library.findings() == [*held.findings, *plan.findings]
    assert library.figures(FigureQuery()) == [*held.figures, *plan.figures]
    assert library.counts(held.document_id)["figures"] == 5
    assert library.counts(held.document_id)["notices"] == 2


QUERIES = [
    (FigureQuery(places=("Thanh Lâm",)), [0]),
    (FigureQuery(places=("TP. Kon Tum", "Đà Nẵng")), [1, 2]),
    (FigureQuery(places=("nơi khác",)), []),
    (FigureQuery(years=(2022,)), [0, 2, 3]),
    (FigureQuery(years=(2021, 2023)), [2, 4]),
    (FigureQuery(indicator="hồ sơ TRỄ hạn"), [0, 1]),
    (FigureQuery(indicator="duoc ho so"), [1]),
    (FigureQuery(indicator="hồ sơ %"), []),
    (FigureQuery(indicator="giải quyết %"), [2]),
    (FigureQuery(indicator="h_yen"), []),
    (FigureQuery(indicator="hồ s"), []),
    (FigureQuery(indicator="tổng_chi"), [4]),
    (FigureQuery(nature="target"), [2]),
    (FigureQuery(nature="result", years=(2022,), places=("Thanh Lâm",), indicator="hồ sơ"), [0]),
    (FigureQuery(limit=2), [0, 1]),
    (FigureQuery(limit=2, offset=3), [3, 4]),
    (FigureQuery(offset=4), [4]),
    (FigureQuery(limit=0), []),
]


def test_figures_of_queries(library: Library, held: Document) -> None:
    of_this = (held.document_id,)
    for query, ordinals in QUERIES:
        for form in ("NFC", "NFD"):
            asked = replace(query, indicator=unicodedata.normalize(form, query.indicator), document_ids=of_this)
            assert [figure.ordinal for figure in library.figures(asked)] == ordinals, asked
            limited = query.limit is not None or query.offset
            assert library.count_figures(asked) == (5 if limited else len(ordinals)), asked


def test_values_can_be_compared_in_sql(library: Library, held: Document, url: str | None) -> None:
    local = f"sqlite:///{library.folder / 'library.sqlite3'}"
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+pg8000") if url else local)
    asked = "SELECT ordinal FROM figures WHERE document_id = 'bao_cao_nam' AND value > 2.5 ORDER BY value"
    with engine.connect() as connection:
        assert [ordinal for (ordinal,) in connection.execute(sa.text(asked))] == [1, 2, 4]
    engine.dispose()


def test_number_too_long_for_a_database_is_kept_and_not_compared(library: Library) -> None:
    made = with_figures()
    long = replace(made.figures[0], value=Decimal("1" * 200_000))
    library.put(replace(made, figures=(long,)), b"", "thư mục")
    assert library.figures(FigureQuery()) == [long]


def test_figures_go_with_their_document_and_are_replaced_with_it(library: Library, held: Document) -> None:
    library.put(replace(held, figures=held.figures[:1], findings=()), b"", "thư mục")
    assert library.count_figures(FigureQuery(document_ids=(held.document_id,))) == 1
    assert library.findings(held.document_id) == []
    library.remove([held.document_id])
    assert library.figures(FigureQuery(document_ids=(held.document_id,))) == []
    library.put(replace(held, figures=(), findings=held.findings), b"", "thư mục")
    assert library.findings(held.document_id) == list(held.findings)


def test_findings_are_remembered_until_somebody_writes(library: Library, held: Document, url: str | None) -> None:
    assert library.findings(held.document_id) == list(held.findings)
    with closing(Library(library.folder, url)) as other:
        other.put(replace(held, findings=held.findings[1:]), b"", "thư mục")
    library.sequence()
    assert library.findings(held.document_id) == list(held.findings[1:])


def test_ledger_of_an_earlier_reading_is_known_and_replaced_once(library: Library) -> None:
    made = with_figures()
    library.put(made, b"", "thư mục", reading=3)
    put(library, PLAN)  # of no reading, and kept as it is
    assert library.read_before(3) == []
    (change,) = library.read_before(4)
    assert (change.document_id, change.sequence) == (made.document_id, 1)
    better = replace(made, figures=made.figures[:2], findings=made.findings[:1])
    before = library.changes(0)
    library.put_ledger(better, 4, change.sequence)
    assert library.document(made.document_id) == better
    assert library.counts(made.document_id) == better.counts
    assert library.read_before(4) == []
    assert library.changes(0) == before  # nothing for the indexes to follow


def test_ledger_of_a_document_that_was_replaced_meanwhile_is_not_stored(library: Library) -> None:
    made = with_figures()
    library.put(made, b"", "thư mục", reading=3)
    (change,) = library.read_before(4)
    library.put(replace(made, figures=made.figures[:1]), b"", "thư mục", reading=3)
    library.put_ledger(replace(made, figures=()), 4, change.sequence)
    assert library.count_figures(FigureQuery()) == 1
    assert [change.sequence for change in library.read_before(4)] == [2]


# PostgreSQL


def test_unknown_server_user_password_and_database_are_told_apart_and_no_password_is_shown(
    tmp_path: Path, postgresql: str
) -> None:
    good = sa.make_url(postgresql)
    for address, said in (
        (good.set(password="bí mật 1"), "từ chối tên hoặc mật khẩu của «cchc»; hãy sửa CCHC_DATABASE_URL"),
        (good.set(username="ai", password="bí mật 1"), "từ chối tên hoặc mật khẩu của «ai»"),
        (good.set(database="không có"), "không có cơ sở dữ liệu «không có»; hãy tạo nó"),
        (good.set(port=free_port()), r"Không mở được thư viện ở PostgreSQL 127\.0\.0\.1:\d+/postgres; hãy kiểm tra"),
        (good.set(query={"sslmode": "require"}), "Không mở được thư viện ở PostgreSQL"),
    ):
        with pytest.raises(LibraryError, match=said) as refused:
            Library(tmp_path, address.render_as_string(hide_password=False))
        assert "\n" not in str(refused.value)
        assert not any(secret in str(refused.value) for secret in ("bí mật", "mật khẩu@", "%E1"))


@pytest.mark.parametrize(
    "address", ["bí mật", "mysql://a:bí-mật@b/c", "postgresql://a:bí-mật@b:cổng/c", "postgresql://a@b/c?lạ=1"]
)
def test_address_that_is_none_of_postgresql_is_refused_without_being_shown(tmp_path: Path, address: str) -> None:
    with pytest.raises(LibraryError, match="CCHC_DATABASE_URL không đọc được; hãy viết dạng postgresql://") as refused:
        Library(tmp_path, address)
    assert "bí" not in str(refused.value)


def test_writers_in_postgresql_take_turns_and_their_numbers_are_whole(tmp_path: Path, database: str) -> None:
    made = [read(DATA / name) for name in (YEARLY, PLAN, NEWS)]
    failures: list[BaseException] = []

    def write(one: Document) -> None:
        try:
            with closing(Library(tmp_path, database)) as own:
                for _ in range(8):
                    own.put(one, b"", "thư mục")
        except BaseException as error:
            failures.append(error)

    writers = [threading.Thread(target=write, args=(one,)) for one in made]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []
    with closing(Library(tmp_path, database)) as library:
        assert library.sequence() == 24
        assert max(change.sequence for change in library.changes(0)) == 24
        assert [library.document(one.document_id) for one in made] == made


def test_connection_that_the_server_dropped_is_made_again(tmp_path: Path, database: str) -> None:
    with closing(Library(tmp_path, database)) as library:
        put(library, YEARLY)
        engine = sa.create_engine(sa.make_url(database).set(drivername="postgresql+pg8000"))
        with engine.connect() as connection:
            connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        engine.dispose()
        assert library.sequence() == 1
        assert [document.document_id for document in library.documents()] == ["bao_cao_nam"]
        put(library, PLAN)
        assert library.sequence() == 2
