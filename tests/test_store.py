"""Vectors in a real Chroma; another model is refused by name."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

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
    store.remove("không có")
    store.remove("hai")
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
