"""Vectors in a real Chroma; another model is refused by name."""

import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from vectorstore import store as store_file
from vectorstore.store import OtherModel, Store, StoreError


def axis(n: int) -> NDArray[np.float32]:
    vector = np.zeros(4, dtype=np.float32)
    vector[n] = 1
    return vector


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "vectors", "mô-hình-a", 4)
    made.replace("một", ["một:0", "một:1"], ["một:0", "một:1"], np.array([axis(0), axis(1)]))
    made.replace("hai", ["hai:0", "hai:0:3.0"], ["hai:0", "hai:0"], np.array([axis(2), axis(3)]))
    return made


def test_nearest_comes_first_with_its_cosine(store: Store) -> None:
    between = (axis(0) * 0.8 + axis(1) * 0.6).astype(np.float32)
    (first, near), (second, far) = store.nearest(between, 2)
    assert (first, second) == ("một:0", "một:1")
    assert [near, far] == pytest.approx([0.8, 0.6], abs=1e-4)


def test_entry_of_a_footnote_leads_to_its_chunk(store: Store) -> None:
    assert store.nearest(axis(3), 1)[0][0] == "hai:0"


def test_search_among_documents_stays_among_them(store: Store) -> None:
    found = store.nearest(axis(0), 10, among=["hai"])
    assert {chunk_id for chunk_id, _ in found} == {"hai:0"}
    assert store.nearest(axis(0), 10, among=["không có"]) == []


def test_nothing_is_found_in_an_empty_store_or_for_no_results(tmp_path: Path, store: Store) -> None:
    assert Store(tmp_path / "other", "mô-hình-a", 4).nearest(axis(0), 5) == []
    assert store.nearest(axis(0), 0) == []


def test_replace_takes_the_old_vectors_out(store: Store) -> None:
    store.replace("một", ["một:0"], ["một:0"], np.array([axis(3)]))
    assert store.count() == 3
    assert {chunk_id for chunk_id, _ in store.nearest(axis(3), 2)} == {"một:0", "hai:0"}


def test_replace_is_done_once(store: Store) -> None:
    store.replace("hai", ["hai:0", "hai:0:3.0"], ["hai:0", "hai:0"], np.array([axis(2), axis(3)]))
    assert store.count() == 4


def test_replace_by_nothing_and_removal_leave_the_others(store: Store) -> None:
    store.replace("một", [], [], np.zeros((0, 4), dtype=np.float32))
    assert store.count() == 2
    store.remove()
    store.remove("không có")
    assert store.count() == 2
    store.replace("ba", ["ba:0"], ["ba:0"], np.array([axis(1)]))
    store.remove("hai", "ba")
    assert store.count() == 0


def test_more_vectors_than_one_batch_are_stored(tmp_path: Path) -> None:
    store = Store(tmp_path / "many", "mô-hình-a", 4)
    ids = [f"d:{n}" for n in range(2_500)]
    vectors = np.random.default_rng(1).normal(size=(2_500, 4)).astype(np.float32)
    store.replace("d", ids, ids, vectors)
    assert store.count() == 2_500


def test_vectors_outlive_the_store(store: Store) -> None:
    again = Store(store.folder, "mô-hình-a", 4)
    assert again.count() == 4
    assert again.nearest(axis(1), 1)[0][0] == "một:1"


@pytest.mark.parametrize(("model", "dimension"), [("mô-hình-b", 4), ("mô-hình-b", 8), ("mô-hình-a", 8)])
def test_store_filled_with_another_model_is_refused_by_name(store: Store, model: str, dimension: int) -> None:
    for _ in range(2):  # being asked once does not change what it was filled with
        with pytest.raises(OtherModel, match=r"«mô-hình-a».*CCHC_EMBEDDING_MODEL") as refused:
            Store(store.folder, model, dimension)
        assert "\n" not in str(refused.value)
        assert model in str(refused.value)
    assert Store(store.folder, "mô-hình-a", 4).count() == 4


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
    store.replace("d", ids, ids, vectors)
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


def test_many_vectors_are_loaded_before_they_are_asked_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
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
