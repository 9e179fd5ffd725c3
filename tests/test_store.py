"""Vectors in a real Chroma, embedded and as a server; another model is refused by name, and built beside."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
import servers
from numpy.typing import NDArray
from servers import free_port

from vectorstore import store as store_file
from vectorstore.records import Followed
from vectorstore.store import OtherModel, Store, StoreError


def axis(n: int) -> NDArray[np.float32]:
    vector = np.zeros(4, dtype=np.float32)
    vector[n] = 1
    return vector


class Opening(Protocol):
    """Opens the store of one library, in a folder or on a server."""

    def __call__(self, model: str = "mô-hình-a", dimension: int = 4, *, anew: bool = False) -> Store: ...


@pytest.fixture(params=["embedded", "server"])
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opening]:
    url = request.getfixturevalue("chroma") if request.param == "server" else None
    library = secrets.token_hex(8)

    with ExitStack() as stack:

        def opened(model: str = "mô-hình-a", dimension: int = 4, *, anew: bool = False) -> Store:
            made = Store(tmp_path / "vectors", model, dimension, url=url, library=library, anew=anew)
            stack.callback(made.close)
            return made

        yield opened


@pytest.fixture
def on_server(tmp_path: Path, chroma: str) -> Iterator[Callable[..., Store]]:
    """Opens a library's store on the server."""
    with ExitStack() as stack:

        def opened(library: str, model: str = "mô-hình") -> Store:
            made = Store(tmp_path, model, 4, url=chroma, library=library)
            stack.callback(made.close)
            return made

        yield opened


@pytest.fixture
def store(opening: Opening) -> Store:
    made = opening()
    made.add("một", ["một:0", "một:1"], np.array([axis(0), axis(1)]))
    made.add("hai", ["hai:0", "hai:0:3.0"], np.array([axis(2), axis(3)]))
    return made


def test_nearest_comes_first_with_its_cosine(store: Store) -> None:
    between = (axis(0) * 0.8 + axis(1) * 0.6).astype(np.float32)
    (first, near), (second, far) = store.nearest(between, 2)
    assert (first, second) == ("một:0", "một:1")
    assert [near, far] == pytest.approx([0.8, 0.6], abs=1e-4)


def test_entry_of_a_footnote_leads_to_its_chunk(store: Store) -> None:
    assert store.nearest(axis(3), 1)[0][0] == "hai:0"


def test_nothing_is_found_in_an_empty_store_or_for_no_results(tmp_path: Path, store: Store) -> None:
    assert Store(tmp_path / "other", "mô-hình-a", 4).nearest(axis(0), 5) == []
    assert store.nearest(axis(0), 0) == []


def test_adding_again_puts_the_new_vector_in_the_place_of_the_old(store: Store) -> None:
    store.add("một", ["một:0"], np.array([axis(3)]))
    assert store.count() == 4
    assert {chunk_id for chunk_id, _ in store.nearest(axis(3), 2)} == {"một:0", "hai:0"}


def test_removal_leaves_the_others(store: Store) -> None:
    store.remove("một")
    assert store.count() == 2
    store.remove()
    store.remove("không có")
    assert store.count() == 2
    store.add("ba", ["ba:0"], np.array([axis(1)]))
    store.remove("hai", "ba")
    assert store.count() == 0


def test_more_vectors_than_one_batch_are_stored(tmp_path: Path) -> None:
    store = Store(tmp_path / "many", "mô-hình-a", 4)
    ids = [f"d:{n}" for n in range(2_500)]
    vectors = np.random.default_rng(1).normal(size=(2_500, 4)).astype(np.float32)
    store.add("d", ids, vectors)
    assert store.count() == 2_500


def test_vectors_outlive_the_store(store: Store, opening: Opening) -> None:
    again = opening()
    assert again.count() == 4
    assert again.nearest(axis(1), 1)[0][0] == "một:1"


@pytest.mark.parametrize(("model", "dimension"), [("mô-hình-b", 4), ("mô-hình-b", 8), ("mô-hình-a", 8)])
def test_store_filled_with_another_model_is_refused_by_name(
    store: Store, opening: Opening, model: str, dimension: int
) -> None:
    for _ in range(2):  # being asked once does not change what it was filled with
        with pytest.raises(OtherModel, match=r"«mô-hình-a».*cchc reindex.*CCHC_EMBEDDING_MODEL") as refused:
            opening(model, dimension)
        assert "\n" not in str(refused.value)
        assert model in str(refused.value)
    assert opening().count() == 4


def test_store_remembers_how_far_it_has_followed(store: Store, opening: Opening) -> None:
    assert store.followed() is None
    store.note(Followed("thư viện", 7))
    assert opening().followed() == Followed("thư viện", 7)
    (_, near), *_ = opening().nearest(np.array([3, 3, 0, 0], dtype=np.float32), 1)
    assert near == pytest.approx(0.7071, abs=1e-4)  # still cosines
    with pytest.raises(OtherModel):
        opening("mô-hình-b")
    store.clear()
    assert (store.count(), store.followed()) == (0, None)
    assert opening().count() == 0


def test_vectors_of_another_model_are_built_beside_and_take_over_when_complete(store: Store, opening: Opening) -> None:
    built = opening("mô-hình-b", 3, anew=True)
    built.add("ba", ["ba:0"], np.ones((1, 3), dtype=np.float32))
    built.note(Followed("thư viện", 1))
    assert store.count() == opening().count() == 4
    with pytest.raises(OtherModel):
        opening("mô-hình-b", 3)
    built.take_over()
    assert built.count() == opening("mô-hình-b", 3).count() == 1
    assert built.followed() == Followed("thư viện", 1)
    with pytest.raises(OtherModel, match=r"«mô-hình-b».*«mô-hình-a»"):
        store.count()  # of a process that goes on with the settings of before
    with pytest.raises(OtherModel):
        opening()


def test_building_that_was_broken_off_goes_on_and_another_models_begins_again(store: Store, opening: Opening) -> None:
    built = opening("mô-hình-b", 4, anew=True)
    built.add("ba", ["ba:0"], np.array([axis(0)]))
    built.note(Followed("thư viện", 1))
    again = opening("mô-hình-b", 4, anew=True)
    assert (again.count(), again.followed()) == (1, Followed("thư viện", 1))
    other = opening("mô-hình-c", 4, anew=True)
    assert (other.count(), other.followed()) == (0, None)
    assert store.count() == 4


def test_same_model_built_anew_is_found_by_who_opened_the_old(store: Store, opening: Opening) -> None:
    for _ in range(2):
        built = opening(anew=True)
        built.add("ba", ["ba:0"], np.array([axis(0)]))
        built.take_over()
        assert store.nearest(axis(0), 5)[0][0] == "ba:0"
        assert store.count() == 1


def test_store_of_the_time_before_numbers_is_opened(tmp_path: Path) -> None:
    import chromadb

    client = chromadb.PersistentClient(str(tmp_path))
    metadata = {"model": "mô-hình-a", "dimension": 4, "hnsw:space": "cosine"}
    client.create_collection("chunks", metadata=metadata, embedding_function=None).upsert(
        ids=["một:0"], embeddings=np.array([axis(0)]), metadatas=[{"document_id": "một", "chunk_id": "một:0"}]
    )
    opened = Store(tmp_path, "mô-hình-a", 4)
    assert (opened.count(), opened.followed()) == (1, None)


# A server


def test_libraries_share_a_server_without_seeing_each_other(on_server: Callable[..., Store]) -> None:
    one, other = on_server("aa"), on_server("aab")
    one.add("một", ["một:0"], np.array([axis(0)]))
    assert (one.count(), other.count()) == (1, 0)
    assert on_server("b", "khác").count() == 0


def test_library_is_found_among_more_collections_than_a_page_lists(
    on_server: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vectorstore.store._PAGE", 2)
    stores = [on_server(f"t-{number}", f"mô-hình-{number}") for number in range(5)]
    assert [store.followed() for store in stores] == [None] * 5
    with pytest.raises(OtherModel):
        on_server("t-0", "khác")


def test_server_that_does_not_answer_is_named_with_the_next_step(tmp_path: Path) -> None:
    address = f"http://ai:bí-mật@127.0.0.1:{free_port()}"
    with pytest.raises(StoreError, match=r"máy chủ Chroma http://127\.0\.0\.1:\d+ .*CCHC_CHROMA_URL") as refused:
        Store(tmp_path, "mô-hình", 4, url=address, library="a")
    assert "\n" not in str(refused.value) and "bí-mật" not in str(refused.value)


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "ftp://a", "http://", "http://a:b"])
def test_address_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(StoreError, match="CCHC_CHROMA_URL"):
        Store(tmp_path, "mô-hình", 4, url=address, library="a")


def test_server_that_stops_is_said_and_found_again(tmp_path: Path) -> None:
    port = free_port()
    with servers.chroma(tmp_path / "chroma", port) as url:
        store = Store(tmp_path, "mô-hình", 4, url=url, library="a")
        store.add("một", ["một:0"], np.array([axis(0)]))
    for asked in (store.count, store.followed, lambda: store.nearest(axis(0), 1)):
        with pytest.raises(StoreError, match="CCHC_CHROMA_URL"):
            asked()
    with servers.chroma(tmp_path / "chroma", port):
        assert [chunk_id for chunk_id, _ in store.nearest(axis(0), 1)] == ["một:0"]
    store.close()


def test_folder_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "tệp").write_text("x", encoding="utf-8")
    with pytest.raises(StoreError, match="tệp"):
        Store(tmp_path / "tệp", "mô-hình-a", 4)


def test_cosines_are_those_of_the_entries_asked_for(store: Store) -> None:
    between = (axis(0) * 0.8 + axis(1) * 0.6).astype(np.float32)
    found = store.cosines(between, ["một:1", "một:0", "hai:0:3.0", "không có", "một:0"])
    assert found == {
        "một:0": pytest.approx(0.8, abs=1e-6),
        "một:1": pytest.approx(0.6, abs=1e-6),
        "hai:0:3.0": pytest.approx(0, abs=1e-6),
    }
    assert store.cosines(between, []) == store.cosines(between, ["không có"]) == {}


def test_vector_without_length_is_similar_to_nothing(store: Store) -> None:
    assert store.cosines(np.zeros(4, dtype=np.float32), ["một:0"]) == {"một:0": 0}


def test_graph_finds_what_is_nearest_among_many(tmp_path: Path) -> None:
    store = Store(tmp_path / "many", "mô-hình-a", 32)
    ids = [f"d:{n}" for n in range(4_000)]
    vectors = np.random.default_rng(1).normal(size=(4_000, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    store.add("d", ids, vectors)
    for query in vectors[:20] + vectors[20:40]:
        exact = np.argsort(-(vectors @ query))[:10]
        assert {chunk_id for chunk_id, _ in store.nearest(query, 10)} == {ids[row] for row in exact}


def test_store_made_with_another_value_is_searched_as_widely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_file, "_SEARCHED", 10)
    Store(tmp_path, "mô-hình-a", 4)
    monkeypatch.undo()
    for _ in range(2):
        held = Store(tmp_path, "mô-hình-a", 4)._collection.configuration_json["hnsw"]
        assert held["ef_search"] == store_file._SEARCHED


def test_many_vectors_are_loaded_before_they_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path, "mô-hình-a", 4)
    store.add("một", [f"một:{n}" for n in range(4)], np.eye(4, dtype=np.float32))
    asked = threading.Event()
    nearest = Store.nearest

    def seen(self: Store, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        found = nearest(self, vector, k)
        asked.set()
        return found

    monkeypatch.setattr(Store, "nearest", seen)
    Store(store.folder, "mô-hình-a", 4)
    assert not asked.wait(0.2)
    monkeypatch.setattr(store_file, "_LARGE", 1)
    Store(store.folder, "mô-hình-a", 4)
    assert asked.wait(10)
