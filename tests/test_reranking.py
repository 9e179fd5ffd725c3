"""A cross-encoder that is built here: of random weights, for what it says is not what is tested."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest
from fakes import tiny_reranker

from vectorstore.embedding import ModelUnavailable
from vectorstore.reranking import load_reranker

TEXTS = ("Sở có 3 hồ sơ trễ hạn", "Đội bóng thắng", "hồ sơ")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_reranker(tmp_path_factory.mktemp("mo-hinh") / "xep-lai")


def test_each_text_gets_a_number_that_depends_on_query_and_text(tiny: Path) -> None:
    reranker = load_reranker(str(tiny))
    scores = reranker.scores("hồ sơ trễ hạn", TEXTS)
    assert scores.shape == (3,) and scores.dtype == np.float32
    assert len(set(scores.tolist())) == 3
    alone = [float(reranker.scores("hồ sơ trễ hạn", [text])[0]) for text in TEXTS]
    assert alone == pytest.approx(scores.tolist(), abs=1e-5)  # not on what else is asked about
    assert reranker.scores("Đội bóng", TEXTS).tolist() != scores.tolist()
    assert reranker.name == "xep-lai"


def test_no_texts_load_no_model(tmp_path: Path) -> None:
    assert load_reranker(str(tmp_path)).scores("hồ sơ", []).shape == (0,)


def test_folder_is_read_without_network(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert load_reranker(str(tiny)).scores("hồ sơ", TEXTS).shape == (3,)


def test_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=tmp_path.name):
        load_reranker(str(tmp_path)).scores("hồ sơ", TEXTS)


def test_missing_folder_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="không-có"):
        load_reranker(str(tmp_path / "không-có"))


def test_model_of_several_outputs_is_no_reranker(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="2 outputs"):
        load_reranker(str(tiny_reranker(tmp_path / "hai", outputs=2))).scores("hồ sơ", TEXTS)
