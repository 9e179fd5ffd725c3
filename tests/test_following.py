"""Words and vectors follow the library from wherever they are."""

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from workbench import DATA, NEWS, PLAN, YEARLY, FakeEmbedder, Shelf, document, read, shelf

from vectorstore import following
from vectorstore.following import follow_vectors, follow_words, reindex
from vectorstore.lexical import Lexical, LexicalError
from vectorstore.records import Followed, entries
from vectorstore.store import OtherModel, Store


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Shelf]:
    """Three documents, which both indexes have followed."""
    with shelf(tmp_path / "shelf") as opened:
        opened.pipeline.ingest([DATA / name for name in (YEARLY, PLAN, NEWS)])
        yield opened


def agree(opened: Shelf) -> bool:
    return {opened.expected_entries()} == {opened.store.count(), opened.lexical.count()} and opened.is_settled()


def test_index_that_is_up_to_date_is_not_written(one: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    for part, method in ((one.lexical, "replace"), (one.lexical, "note"), (one.store, "add"), (one.store, "note")):
        monkeypatch.setattr(part, method, lambda *_, **__: pytest.fail("it was written"))
    follow_words(one.library, one.lexical)
    follow_vectors(one.library, one.store, one.embedder)


def test_only_what_changed_is_done(one: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    add, remove = one.store.add, one.store.remove

    def added(document_id: str, *rest: Any) -> None:
        done.append(document_id)
        add(document_id, *rest)

    def removed(*document_ids: str) -> None:
        done.extend(document_ids)
        remove(*document_ids)

    monkeypatch.setattr(one.store, "add", added)
    monkeypatch.setattr(one.store, "remove", removed)
    one.library.put(document("BÁO CÁO\n\nMột câu về kho vắc xin.", "moi"), b"", "")
    one.library.remove(["ke_hoach"])
    one.pipeline.settle()
    assert set(done) == {"ke_hoach", "moi"}
    assert agree(one)
    assert one.searcher.search("vắc xin", 1)[0].document.document_id == "moi"


def test_search_sees_what_was_put_since(one: Shelf) -> None:
    assert "moi" not in {hit.document.document_id for hit in one.searcher.search("kho vắc xin")}
    one.library.put(document("BÁO CÁO\n\nMột câu về kho vắc xin.", "moi"), b"", "")
    assert one.searcher.search("kho vắc xin", 1)[0].document.document_id == "moi"
    one.library.remove(["moi"])
    assert "moi" not in {hit.document.document_id for hit in one.searcher.search("kho vắc xin")}


def test_killed_between_two_batches_the_rest_is_done(
    one: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    monkeypatch.setattr(following, "_BATCH", 1)
    fresh = Lexical(tmp_path / "words")
    fresh.replace([], Followed(one.library.library_id, 0))
    store = Store(tmp_path / "vectors", "fake-words", 64)
    told: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        if done == 2:
            raise Killed

    with pytest.raises(Killed):
        follow_vectors(one.library, store, one.embedder, tell=stop)
    assert store.followed() == Followed(one.library.library_id, 1)
    follow_vectors(one.library, store, one.embedder, tell=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (1, 2), (2, 2)]
    follow_words(one.library, fresh)
    assert store.count() == fresh.count() == one.expected_entries()
    assert store.followed() == fresh.followed == Followed(one.library.library_id, one.library.sequence())


def test_documents_of_one_number_may_stand_in_several_batches(one: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_BATCH", -1)
    one.library.remove(["bao_cao_nam", "ke_hoach"])
    one.pipeline.settle()
    assert agree(one)


@pytest.mark.parametrize("state", ["{}", "{", '{"format": 0, "library": "a", "sequence": 3}', None])
def test_word_index_of_another_format_is_made_anew_without_asking(one: Shelf, state: str | None) -> None:
    path = one.lexical.folder / "followed.json"
    path.write_text(state, encoding="utf-8") if state is not None else path.unlink()
    again = Lexical(one.lexical.folder)
    assert (again.count(), again.followed) == (0, None)
    follow_words(one.library, again)
    assert again.count() == one.expected_entries()
    assert Lexical(one.lexical.folder).followed == Followed(one.library.library_id, one.library.sequence())


def test_word_index_of_another_schema_is_made_anew_without_asking(one: Shelf, tmp_path: Path) -> None:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("khác", stored=True)
    folder = tmp_path / "old"
    folder.mkdir()
    tantivy.Index(builder.build(), path=str(folder))
    lexical = Lexical(folder)
    follow_words(one.library, lexical)
    assert lexical.count() == one.expected_entries()


@pytest.mark.parametrize("followed", [Followed("của thư viện khác", 1), "ahead"])
def test_index_of_another_library_or_of_one_that_was_set_back_is_made_anew(
    one: Shelf, followed: Followed | str
) -> None:
    stale = followed if isinstance(followed, Followed) else Followed(one.library.library_id, 99)
    other = document("BÁO CÁO\n\nVoi.", "voi")
    one.lexical.replace([("voi", [entry for c in other.chunks for entry in entries(c)])], stale)
    one.store.add("voi", ["voi:0"], np.ones((1, 64), dtype=np.float32))
    one.store.note(stale)
    one.pipeline.settle()
    assert agree(one)


def test_vectors_whose_folder_is_gone_are_made_anew(one: Shelf, tmp_path: Path) -> None:
    store = Store(tmp_path / "khác", "fake-words", 64)
    follow_vectors(one.library, store, one.embedder)
    assert store.count() == one.expected_entries()


def test_second_process_of_a_folder_finds_the_work_done(one: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Lexical(one.lexical.folder)
    one.library.put(document("BÁO CÁO\n\nMột câu về kho vắc xin.", "moi"), b"", "")
    follow_words(one.library, one.lexical)
    monkeypatch.setattr(other, "replace", lambda *_, **__: pytest.fail("it was written twice"))
    follow_words(one.library, other)
    assert other.holds("vắc_xin", folded=False)


def test_process_waits_for_the_one_that_writes(one: Shelf) -> None:
    other = Lexical(one.lexical.folder)
    one.library.put(document("BÁO CÁO\n\nMột câu về kho vắc xin.", "moi"), b"", "")
    with one.lexical.alone():
        waiting = threading.Thread(target=follow_words, args=(one.library, other))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
    waiting.join(20)
    assert other.holds("vắc_xin", folded=False)


def test_process_that_waited_too_long_is_told_what_to_do(one: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vectorstore.lexical._WAIT", 0.1)
    other = Lexical(one.lexical.folder)
    one.library.remove(["ke_hoach"])
    with one.lexical.alone(), pytest.raises(LexicalError, match="hãy chờ"):
        follow_words(one.library, other)


def test_vectors_that_another_process_writes_are_left_to_it(one: Shelf) -> None:
    one.library.put(document("BÁO CÁO\n\nMột câu về kho vắc xin.", "moi"), b"", "")
    before = one.store.count()
    with one.library.alone("vectors"):
        one.pipeline.settle(wait=0)
    assert one.store.count() == before
    assert one.lexical.followed == Followed(one.library.library_id, one.library.sequence())
    one.pipeline.settle()
    assert agree(one)


def building(opened: Shelf, embedder: FakeEmbedder) -> Callable[[], Store]:
    return partial(Store, opened.store.folder, embedder.name, embedder.dimension, anew=True)


def test_reindex_goes_over_to_another_model_without_reading_files(one: Shelf) -> None:
    other = FakeEmbedder("mô-hình-khác", 32)
    told: list[tuple[int, int]] = []
    done = reindex(one.library, one.lexical, building(one, other), other, lambda *step: told.append(step))
    assert done == 3
    assert told == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(OtherModel):
        one.store.count()
    one.embedder, one.store = other, Store(one.store.folder, other.name, other.dimension)
    assert agree(one)


def test_reindex_that_was_killed_leaves_what_was_searched(one: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def stop(done: int, _: int) -> None:
        if done == 2:
            raise Killed

    other = FakeEmbedder("mô-hình-khác", 32)
    with pytest.raises(Killed):
        reindex(one.library, one.lexical, building(one, other), other, stop)
    assert agree(one)
    assert one.searcher.search("bảo trì", 1)[0].document.document_id == "bao_cao_nam"
    monkeypatch.setattr(Store, "take_over", lambda _: (_ for _ in ()).throw(Killed()))
    with pytest.raises(Killed):
        reindex(one.library, one.lexical, building(one, other), other)
    assert agree(one)


def test_document_that_came_during_reindexing_is_indexed_at_the_next_settling(one: Shelf) -> None:
    def add(done: int, _: int) -> None:
        if done == 3:
            one.library.put(read(DATA / "bao_cao_quy.txt"), b"", "")

    other = FakeEmbedder("mô-hình-khác", 32)
    reindex(one.library, one.lexical, building(one, other), other, add)
    one.embedder, one.store = other, Store(one.store.folder, other.name, other.dimension)
    one.pipeline.settle()
    assert agree(one)


def test_state_of_the_word_index_is_readable(one: Shelf) -> None:
    state = json.loads((one.lexical.folder / "followed.json").read_text(encoding="utf-8"))
    assert state["library"] == one.library.library_id
    assert state["sequence"] == one.library.sequence()
