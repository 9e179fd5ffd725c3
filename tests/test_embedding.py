"""The shipped model, the embedder around it, and a training run of a few seconds."""

from __future__ import annotations

import gzip
import json
import random
import socket
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from vectorstore.embedding import (
    SHIPPED_MODEL,
    Embedder,
    ModelUnavailable,
    SentenceTransformerEmbedder,
    load_embedder,
)
from vectorstore.pairs import Passage, make_pair
from vectorstore.training import Recipe, new_model, save_model, train_model, train_tokenizer
from vectorstore.vietnamese import fold

ON_TIME = "Tỷ lệ hồ sơ thủ tục hành chính giải quyết đúng hạn của các sở, ngành năm 2023."
ALSO_ON_TIME = "Số hồ sơ được giải quyết trước hạn và đúng hạn tại bộ phận một cửa đạt 98,5%."
FOOTBALL = "Đội tuyển bóng đá giành chức vô địch sau loạt sút luân lưu."


@pytest.fixture(scope="module")
def shipped() -> Embedder:
    return load_embedder(None)


def test_import_does_not_import_the_library() -> None:
    code = "import sys, vectorstore.embedding, vectorstore.training; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_name_and_dimension_are_known_before_the_model_is_loaded() -> None:
    embedder = SentenceTransformerEmbedder(SHIPPED_MODEL)
    assert (embedder.name, embedder.dimension) == ("cchc-static-vi-1", 256)
    assert embedder._loaded is None


def test_shipped_model_loads_without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    embedder = SentenceTransformerEmbedder(SHIPPED_MODEL)
    assert embedder.embed_query("thủ tục hành chính").shape == (256,)


def test_vectors_are_those_that_the_library_alone_makes(shipped: Embedder) -> None:
    from sentence_transformers import SentenceTransformer

    plain = SentenceTransformer(str(SHIPPED_MODEL), device="cpu", local_files_only=True).float()
    texts = [ON_TIME, "12/2022: 83% (Sở Y tế)", "", "…"]
    assert np.allclose(shipped.embed_passages(texts), plain.encode(texts, convert_to_numpy=True), atol=1e-6)


def test_vectors_have_length_one_and_single_precision(shipped: Embedder) -> None:
    passages = shipped.embed_passages([ON_TIME, FOOTBALL])
    query = shipped.embed_query(ON_TIME)
    assert passages.shape == (2, shipped.dimension)
    assert passages.dtype == query.dtype == np.float32
    assert np.linalg.norm(passages, axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert query == pytest.approx(passages[0], abs=1e-5)


def test_no_texts_give_no_rows(shipped: Embedder) -> None:
    assert shipped.embed_passages([]).shape == (0, shipped.dimension)


def test_text_without_words_gives_finite_numbers(shipped: Embedder) -> None:
    assert np.isfinite(shipped.embed_passages(["", "…", "–"])).all()


def test_texts_about_one_thing_are_nearer_than_others(shipped: Embedder) -> None:
    query = shipped.embed_query("hồ sơ giải quyết đúng hạn bao nhiêu phần trăm?")
    near, also_near, far = shipped.embed_passages([ON_TIME, ALSO_ON_TIME, FOOTBALL]) @ query
    assert min(near, also_near) > far + 0.1


@pytest.mark.parametrize(
    "question", ["Tỷ lệ giải quyết hồ sơ đúng hạn?", "chỉ số CCHC của Đà Nẵng", "hoà giải, hòa giải"]
)
def test_question_without_accents_is_near_its_accented_twin(shipped: Embedder, question: str) -> None:
    assert float(shipped.embed_query(question) @ shipped.embed_query(fold(question))) > 0.99


def test_question_without_accents_finds_its_passage(shipped: Embedder) -> None:
    near, far = shipped.embed_passages([ON_TIME, FOOTBALL]) @ shipped.embed_query("ty le giai quyet ho so dung han")
    assert near > far + 0.2


def test_upper_case_and_decomposed_letters_change_nothing(shipped: Embedder) -> None:
    plain = shipped.embed_query("thủ tục hành chính")
    assert shipped.embed_query("THỦ TỤC HÀNH CHÍNH") == pytest.approx(plain, abs=1e-5)
    assert shipped.embed_query(unicodedata.normalize("NFD", "thủ tục hành chính")) == pytest.approx(plain, abs=1e-5)


def test_prefixes_are_put_before_the_text() -> None:
    embedder = SentenceTransformerEmbedder(SHIPPED_MODEL, query_prefix="hỏi: ", passage_prefix="đoạn: ")
    plain = load_embedder(None)
    assert embedder.embed_query("hồ sơ") == pytest.approx(plain.embed_query("hỏi: hồ sơ"), abs=1e-5)
    assert embedder.embed_passages(["hồ sơ"])[0] == pytest.approx(plain.embed_query("đoạn: hồ sơ"), abs=1e-5)


def test_missing_folder_is_named_with_the_next_step(tmp_path: Path) -> None:
    missing = tmp_path / "no-model"
    with pytest.raises(ModelUnavailable, match="no-model»; hãy chỉ thư mục"):
        load_embedder(str(missing))


def test_folder_without_a_model_is_named_with_the_next_step(tmp_path: Path) -> None:
    embedder = load_embedder(str(tmp_path))
    assert embedder.name == str(tmp_path.resolve())
    with pytest.raises(ModelUnavailable, match="thư mục có đủ mô hình sentence-transformers"):
        embedder.embed_query("hồ sơ")


def test_folder_with_damaged_weights_is_named(tmp_path: Path) -> None:
    for path in SHIPPED_MODEL.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(
                path.read_bytes()[:5000] if path.suffix == ".safetensors" else path.read_bytes()
            )
    (tmp_path / "1_Normalize").mkdir()
    with pytest.raises(ModelUnavailable, match="Không nạp được mô hình"):
        load_embedder(str(tmp_path)).embed_query("hồ sơ")


def test_hub_name_carries_its_revision() -> None:
    assert SentenceTransformerEmbedder("owner/model", revision="abc").name == "owner/model@abc"


def test_hub_out_of_reach_is_named_with_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    import sentence_transformers

    def refuse(*_: object, **__: object) -> None:
        raise OSError("We couldn't connect to 'https://huggingface.co'\nmore")

    monkeypatch.setattr(sentence_transformers, "SentenceTransformer", refuse)
    with pytest.raises(ModelUnavailable, match=r"«owner/model» .*connect.*; hãy kiểm tra tên"):
        load_embedder("owner/model").embed_query("hồ sơ")


# ---- training


@pytest.fixture
def passages() -> list[Passage]:
    subjects = ["đất đai", "hộ tịch", "giao thông", "y tế", "giáo dục", "môi trường", "đầu tư", "lao động"]
    return [
        Passage(
            f"Thủ tục {subject}",
            "Báo cáo mẫu",
            f"Hồ sơ {subject} nộp tại bộ phận một cửa. Thời hạn giải quyết về {subject} là năm ngày làm việc; "
            f"kết quả {subject} được trả cho người dân.",
        )
        for subject in subjects
    ]


def test_pairs_are_the_same_for_the_same_seed(passages: list[Passage]) -> None:
    first, again = ([make_pair(p, random.Random(7)) for p in passages] for _ in range(2))
    assert first == again
    assert all(query.strip() and text for query, text in first)


def test_tokenizer_has_phrases_and_reads_rare_words(passages: list[Passage]) -> None:
    tokenizer = train_tokenizer([p.text for p in passages] * 5, size=400, common=5)
    assert "▁ho▁so" in tokenizer.encode("Hồ sơ của ông").tokens
    assert tokenizer.encode("xyz", add_special_tokens=False).ids


def test_trained_model_is_saved_loaded_and_finds(passages: list[Passage], tmp_path: Path) -> None:
    import torch

    torch.manual_seed(0)
    texts = [text for p in passages for text in (p.text, fold(p.text))] * 5
    model = new_model(train_tokenizer(texts, size=400, common=5), dimension=32)
    assert train_model(model, passages, Recipe(epochs=60, seed=1, batch=8, learning_rate=0.05)) == 60
    save_model(model, tmp_path / "tiny")
    embedder = load_embedder(str(tmp_path / "tiny"))
    found = embedder.embed_passages([p.text for p in passages]) @ embedder.embed_query("thu tuc giao thong")
    assert embedder.dimension == 32
    assert passages[int(found.argmax())].title == "Thủ tục giao thông"


def test_command_reads_every_source_and_writes_a_model(tmp_path: Path) -> None:
    from vectorstore.training import main

    sources = {
        "phapdien_articles": {"title": "Thanh niên", "topic": "Thanh niên", "text": "Thanh niên là công dân. " * 4},
        "tthc_procedures": {"ten_thu_tuc": "Đăng ký khai sinh", "trinh_tu_thuc_hien": "Bước 1: nộp hồ sơ. " * 5},
        "viwiki_passages": {"title": "Huế", "section": "", "text": "Huế là một thành phố ở miền Trung. " * 3},
    }
    data = tmp_path / "data"
    data.mkdir()
    for name, record in sources.items():
        with gzip.open(data / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.write((json.dumps(record, ensure_ascii=False) + "\n") * 12)
    main([str(data), str(tmp_path / "out"), "--epochs", "1", "--shape", "chunks", "--vocabulary", "500"])
    assert load_embedder(str(tmp_path / "out")).embed_query("khai sinh").shape == (256,)
