"""The shipped model, the embedder around it, and a training run of a few seconds."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
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
    known_model,
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
    assert embedder.name.startswith(f"{tmp_path.name}@")
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


@pytest.fixture
def nameless(tmp_path: Path) -> Path:
    """The shipped model in a folder of its own, without the name that we gave it."""
    folder = tmp_path / "mô-hình"
    shutil.copytree(SHIPPED_MODEL, folder)
    (folder / "cchc.json").unlink()
    return folder


def test_folder_is_known_by_its_content_wherever_it_lies(nameless: Path) -> None:
    embedder = load_embedder(str(nameless))
    assert embedder.name.startswith("mô-hình@")
    assert embedder.dimension == 256
    moved = nameless.parent / "nơi khác" / nameless.name
    shutil.move(nameless, moved)
    assert load_embedder(str(moved)).name == embedder.name
    (moved / "README.md").write_text("khác", encoding="utf-8")
    assert load_embedder(str(moved)).name == embedder.name
    with (moved / "model.safetensors").open("r+b") as weights:
        weights.seek(-2, 2)
        weights.write(b"\x01\x02")
    assert load_embedder(str(moved)).name != embedder.name


def test_prefixes_are_part_of_the_name(nameless: Path) -> None:
    plain = load_embedder(str(nameless)).name
    one = load_embedder(str(nameless), query_prefix="hỏi: ", passage_prefix="đoạn: ").name
    other = load_embedder(str(nameless), query_prefix="hỏi: ").name
    assert len({plain, one, other}) == 3
    assert one == f'{plain} (query: "hỏi: ", passage: "đoạn: ")'


@pytest.mark.parametrize(
    ("name", "query", "passage"),
    [
        ("intfloat/multilingual-e5-small", "query: ", "passage: "),
        ("/mnt/Multilingual-E5-Base", "query: ", "passage: "),
        ("BAAI/bge-m3", None, None),
        ("AITeamVN/Vietnamese_Embedding", None, None),
        ("ai/khac", None, None),
    ],
)
def test_well_known_models_get_their_prefixes(name: str, query: str | None, passage: str | None) -> None:
    known = known_model(name)
    assert (known.query_prefix, known.passage_prefix, known.segmented) == (query, passage, False)


def test_models_that_take_instructions_get_them_before_questions_alone() -> None:
    for name in ("intfloat/multilingual-e5-large-instruct", "Qwen/Qwen3-Embedding-0.6B"):
        known = known_model(name)
        assert (known.query_prefix or "").startswith("Instruct: ")
        assert "\nQuery:" in (known.query_prefix or "")
        assert known.passage_prefix is None


def test_models_of_segmented_words_are_known() -> None:
    assert known_model("bkai-foundation-models/vietnamese-bi-encoder").segmented
    assert known_model("dangvantuan/vietnamese-embedding").segmented


def test_prefix_of_a_well_known_model_is_put_before_and_a_setting_wins(nameless: Path) -> None:
    folder = nameless.rename(nameless.parent / "multilingual-e5-tiny")
    plain = load_embedder(None)
    known = load_embedder(str(folder))
    assert known.embed_query("hồ sơ") == pytest.approx(plain.embed_query("query: hồ sơ"), abs=1e-5)
    assert known.embed_passages(["hồ sơ"])[0] == pytest.approx(plain.embed_query("passage: hồ sơ"), abs=1e-5)
    given = load_embedder(str(folder), query_prefix="hỏi: ", passage_prefix="")
    assert given.embed_query("hồ sơ") == pytest.approx(plain.embed_query("hỏi: hồ sơ"), abs=1e-5)
    assert given.embed_passages(["hồ sơ"])[0] == pytest.approx(plain.embed_query("hồ sơ"), abs=1e-5)
    assert known.name.endswith(' (query: "query: ", passage: "passage: ")')


def test_device_that_is_not_there_is_named_with_the_next_step() -> None:
    with pytest.raises(ModelUnavailable, match=r"«không-có», hãy bỏ CCHC_EMBEDDING_DEVICE"):
        load_embedder(None, device="không-có").embed_query("hồ sơ")


def test_model_of_the_hub_that_was_downloaded_is_known_by_its_revision(nameless: Path, tmp_path: Path) -> None:
    """In a process of its own: the hub's library reads where its cache is once."""
    revision = "0123456789abcdef0123456789abcdef01234567"
    cached = tmp_path / "hub" / "models--ai--mo-hinh"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text(revision, encoding="utf-8")
    shutil.copytree(nameless, cached / "snapshots" / revision)
    code = """
import socket
def refuse(*_):
    raise AssertionError("the network was asked")
socket.socket.connect = refuse
from vectorstore.embedding import load_embedder
print(load_embedder("ai/mo-hinh").name, load_embedder("ai/mo-hinh", revision="v1").name)
"""
    environment = os.environ | {"HF_HUB_CACHE": str(tmp_path / "hub")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == [f"ai/mo-hinh@{revision}", "ai/mo-hinh@v1"], done.stderr


def test_code_that_comes_with_a_model_is_not_run(nameless: Path) -> None:
    (nameless / "evil.py").write_text("raise SystemExit('it ran')\n", encoding="utf-8")
    modules = json.loads((nameless / "modules.json").read_text(encoding="utf-8"))
    modules[0]["type"] = "evil.Evil"
    (nameless / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    with pytest.raises(ModelUnavailable, match="mô-hình"):
        load_embedder(str(nameless)).embed_query("hồ sơ")


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
