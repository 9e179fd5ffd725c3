"""The model adapted to a library: what is learnt and measured, what is kept, and what is left as it was."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from workbench import document, read

from vectorstore import adapting
from vectorstore.adapting import Adaptation, CannotAdapt, adapt, base_of, is_current, passages_of, sign_test, undo
from vectorstore.embedding import load_embedder
from vectorstore.records import Chunk, Document
from vectorstore.store import OtherModel, Store


class Documents:
    """Documents as a library hands them out."""

    def __init__(self, documents: list[Document]) -> None:
        self.all = documents

    def chunks_of(self, document_id: str) -> tuple[Chunk, ...]:
        return next(d.chunks for d in self.all if d.document_id == document_id)


@pytest.fixture(scope="module")
def reports(samples: Path) -> Documents:
    return Documents([read(path) for path in sorted(samples.glob("*.txt"))])


@pytest.fixture(scope="module")
def adapted(reports: Documents, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Adaptation]]:
    folder = tmp_path_factory.mktemp("data") / "model"
    yield folder, adapt(reports.all, reports.chunks_of, folder)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few steps, whatever comes of them, count as a gain."""
    monkeypatch.setattr(adapting, "_FEWEST_STEPS", 2)
    monkeypatch.setattr(adapting, "_EPOCHS", 0)
    monkeypatch.setattr(Adaptation, "pays", property(lambda _: True))


def test_samples_are_found_better_in_sections_that_were_not_learnt_from(adapted: tuple[Path, Adaptation]) -> None:
    _, done = adapted
    before, after = done.sentences
    assert after.mrr_at_10 > before.mrr_at_10
    assert done.headings[1].mrr_at_10 > done.headings[0].mrr_at_10
    assert done.better > done.worse
    assert done.chance < 0.01
    assert done.pays


def test_adapted_model_is_a_model_of_its_own_name(adapted: tuple[Path, Adaptation]) -> None:
    folder, done = adapted
    base = load_embedder(None)
    kept = load_embedder(str(folder))
    assert done.name == kept.name
    assert kept.name.startswith(base.name + "+")
    assert kept.dimension == base.dimension
    assert is_current(folder)
    text = "tỷ lệ hồ sơ giải quyết đúng hạn"
    assert 0.5 < float(base.embed_query(text) @ kept.embed_query(text)) < 0.9999  # changed, and not beyond knowing
    assert [p.name for p in folder.parent.iterdir()] == ["model"]


def test_words_that_no_document_has_keep_their_vectors(adapted: tuple[Path, Adaptation]) -> None:
    folder, _ = adapted
    strange = "khủng long bạo chúa"
    difference = load_embedder(str(folder)).embed_query(strange) - load_embedder(None).embed_query(strange)
    assert float(np.abs(difference).max()) < 1e-3


def test_nothing_changes_without_a_gain(reports: Documents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapting, "_RATE", 0.0)
    monkeypatch.setattr(adapting, "_FEWEST_STEPS", 2)
    monkeypatch.setattr(adapting, "_EPOCHS", 0)
    called: list[str] = []
    done = adapt(reports.all, reports.chunks_of, tmp_path / "model", reembed=lambda: called.append("reembed"))
    assert (done.name, done.better, done.worse, done.pays) == (None, 0, 0, False)
    assert called == []
    assert list(tmp_path.iterdir()) == []


def test_a_kind_of_question_may_not_lose_while_the_other_gains() -> None:
    found = adapting.Found
    gains = (found(0.5, 0.4, 100), found(0.7, 0.6, 100))
    loses = (found(0.5, 0.4, 100), found(0.5, 0.3, 100))
    assert Adaptation(gains, gains, 60, 10, 1e-9, 500, 1.0, None).pays
    assert not Adaptation(gains, loses, 60, 10, 1e-9, 500, 1.0, None).pays
    assert not Adaptation(gains, gains, 12, 8, sign_test(12, 8), 500, 1.0, None).pays  # as chance gives it


def test_sign_test_is_the_share_of_coins() -> None:
    assert sign_test(0, 0) == 1.0
    assert sign_test(3, 0) == pytest.approx(1 / 8)
    assert sign_test(2, 1) == pytest.approx(4 / 8)


@pytest.mark.usefixtures("hasty")
def test_old_model_comes_back_when_embedding_anew_fails(reports: Documents, tmp_path: Path) -> None:
    folder = tmp_path / "model"

    def fail() -> None:
        assert is_current(folder)  # the model is in its place when the vectors are made
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        adapt(reports.all, reports.chunks_of, folder, reembed=fail)
    assert list(tmp_path.iterdir()) == []
    first = adapt(reports.all, reports.chunks_of, folder).name
    with pytest.raises(OSError, match="disk full"):
        adapt(reports.all[:3], reports.chunks_of, folder, reembed=fail)
    assert load_embedder(str(folder)).name == first


@pytest.mark.usefixtures("hasty")
def test_kill_before_embedding_anew_is_said_by_the_store(reports: Documents, tmp_path: Path) -> None:
    base = load_embedder(None)
    store = Store(tmp_path / "vectors", base.name, base.dimension)
    store.add("thu", ["thu:0"], base.embed_passages(["hồ sơ"]))
    adapt(reports.all, reports.chunks_of, tmp_path / "model", reembed=None)  # as far as a kill lets it come
    kept = load_embedder(str(tmp_path / "model"))
    with pytest.raises(OtherModel, match=f"«{base.name}».*«{base.name}\\+[0-9a-f]{{8}}»; hãy"):
        Store(tmp_path / "vectors", kept.name, kept.dimension).count()
    assert undo(tmp_path / "model")
    assert Store(tmp_path / "vectors", base.name, base.dimension).count() == 1


@pytest.mark.usefixtures("hasty")
def test_undo_takes_the_model_away_and_embeds_anew(reports: Documents, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    adapt(reports.all, reports.chunks_of, folder)
    seen: list[bool] = []
    assert undo(folder, lambda: seen.append(folder.exists()))
    assert seen == [False]
    assert list(tmp_path.iterdir()) == []
    assert not undo(folder, lambda: seen.append(True))
    assert seen == [False]


@pytest.mark.usefixtures("hasty")
def test_model_adapted_from_another_one_is_not_current(reports: Documents, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    adapt(reports.all, reports.chunks_of, folder)
    told = json.loads((folder / "cchc.json").read_text(encoding="utf-8"))
    (folder / "cchc.json").write_text(json.dumps(told | {"base": "cchc-static-vi-0"}), encoding="utf-8")
    assert base_of(folder) == "cchc-static-vi-0"
    assert not is_current(folder)
    assert not is_current(tmp_path / "nowhere")


def test_small_library_is_refused(tmp_path: Path) -> None:
    small = Documents([document("BÁO CÁO\n\nI. KẾT QUẢ\nĐã giải quyết 12 hồ sơ.\n")])
    with pytest.raises(CannotAdapt, match="chưa đủ để biết"):
        adapt(small.all, small.chunks_of, tmp_path / "model")


def test_other_kinds_of_models_are_refused(reports: Documents, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import BoW

    words = tmp_path / "words"
    SentenceTransformer(modules=[BoW(["hồ", "sơ"])], device="cpu").save(str(words), create_model_card=False)
    with pytest.raises(CannotAdapt, match="không thuộc loại thích nghi được"):
        adapt(reports.all, reports.chunks_of, tmp_path / "model", base=words)


def test_headings_leads_and_footnotes_lead_to_what_stands_under_them(reports: Documents) -> None:
    report = reports.all[0]
    learnt = [passage for _, passage in passages_of(report, report.chunks)]
    item = next(c for c in report.chunks if c.lead is not None and c.section)
    assert item.lead is not None
    assert any(p.text == item.text and item.section[-1].endswith(p.title) for p in learnt)
    assert any(p.text == item.text and p.title == report.chunks[item.lead].text[:300] for p in learnt)
    noted = next(c for c in report.chunks if c.footnotes)
    assert any(p.text == noted.footnotes[0].body.reading.text and p.title == noted.text[:300] for p in learnt)


def test_no_question_of_the_exam_is_asked_of_a_heading_that_was_learnt(reports: Documents) -> None:
    seen = {
        passage.title.lower()
        for report in reports.all
        for topic, passage in passages_of(report, report.chunks)
        if not adapting._is_held_out(topic)
    }
    exam = adapting._exam([chunk for report in reports.all for chunk in report.chunks])
    assert len(exam.headings) > 5
    assert not {question.text.lower() for question in exam.headings} & seen


def test_exam_is_the_same_every_time(reports: Documents) -> None:
    chunks = [chunk for report in reports.all for chunk in report.chunks]
    assert adapting._exam(chunks) == adapting._exam(chunks)


def test_progress_reaches_its_end(reports: Documents, tmp_path: Path, hasty: None) -> None:
    steps: list[tuple[int, int]] = []
    adapt(reports.all, reports.chunks_of, tmp_path / "model", on_progress=lambda *step: steps.append(step))
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
