"""`ingest/samples/`: digests in our own words that say so, read like the genre, and answer what the originals do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes import real_parts

from evals import metrics
from evals.cases import Case, read_cases
from ingest import metadata, readers
from ingest.metadata import DIGEST
from vectorstore.quantities import NUMBER
from vectorstore.vietnamese import fold, syllables

if TYPE_CHECKING:
    from ui.assemble import Parts

SAMPLES = sorted((Path(__file__).resolve().parents[1] / "ingest" / "samples").glob("*.txt"))
NAMES = [path.name[:3] for path in SAMPLES]
RUN = 20
"""Syllables in a row that a digest may not share with its original."""
ENOUGH = 35
"""Least number of the example questions that have the same answer over the digests."""


@pytest.fixture(params=SAMPLES, ids=NAMES)
def sample(request: pytest.FixtureRequest) -> Path:
    path = request.param
    assert isinstance(path, Path)
    return path


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    with real_parts(tmp_path_factory.mktemp("samples"), *SAMPLES) as made:
        yield made


def test_there_are_five_samples_named_like_their_originals() -> None:
    assert NAMES == ["000", "001", "002", "003", "004"]


def test_first_line_says_that_it_is_a_digest_and_of_what(sample: Path) -> None:
    first, _, rest = sample.read_text(encoding="utf-8").partition("\n")
    assert first.startswith("BẢN TÓM LƯỢC MẪU")
    assert "không phải văn bản gốc" in first and len(first.partition("tóm lược từ:")[2].strip()) > 20
    assert "BẢN TÓM LƯỢC" not in rest


@pytest.mark.parametrize(
    ("name", "number", "kind", "issuer", "place", "issued_on", "period", "of"),
    [
        ("000", "/BC-SYT", "Báo cáo", "Sở Y tế tỉnh Kon Tum", "Kon Tum", "2022-12", "2022", "Kon Tum"),
        ("001", "/KH-SYT", "Kế hoạch", "Sở Y tế tỉnh Bình Định", "Bình Định", "2023", "2023/2025", "Bình Định"),
        ("002", "1987/BC-SYT", "Báo cáo", "Sở Y tế tỉnh Hà Tĩnh", "Hà Tĩnh", "2022-06-16", "2022-H1", "1987/BC-SYT"),
        ("003", "124/BC-SYT", "Báo cáo", "Sở Y tế tỉnh Bắc Ninh", "Bắc Ninh", "2022-03-14", "2022-Q1", "124/BC-SYT"),
        ("004", None, "Bản tin", "Bộ Y tế", None, "2020-11-25", "2020-11", "11/2020"),
    ],
)
def test_head_is_read(
    parts: Parts,
    name: str,
    number: str | None,
    kind: str,
    issuer: str,
    place: str | None,
    issued_on: str,
    period: str,
    of: str,
) -> None:
    (document,) = [d for d in parts.library.documents() if d.document_id.startswith(name)]
    assert (document.number, document.type, document.issuer, document.place) == (number, kind, issuer, place)
    assert (document.issued_on, document.period, document.status) == (issued_on, period, "digest")
    assert document.number_is_blank == (name in ("000", "001"))
    assert of in (document.digest_of or "") and document.title and len(document.title) > 20


def test_forms_of_the_originals_are_there(parts: Parts) -> None:
    counts = {d.document_id[:3]: parts.library.counts(d.document_id) for d in parts.library.documents()}
    assert counts["000"]["footnotes"] >= 50
    assert counts["001"]["rows"] >= 20 and counts["001"]["tables"] >= 1
    assert all(counts[name]["sections"] >= 5 for name in NAMES)
    (news,) = [d for d in parts.library.documents() if d.document_id.startswith("004")]
    assert len({section.place for section in news.sections if section.place}) >= 5


def test_annual_report_has_a_sentence_that_a_footnote_block_interrupts(parts: Parts) -> None:
    chunks = parts.library.chunks_of(SAMPLES[0].stem)
    assert any(len(chunk.body.spans) > 1 and chunk.footnotes for chunk in chunks)


def test_text_is_utf_8_in_nfc_and_read_without_loss(sample: Path) -> None:
    assert readers.read(sample).text == sample.read_text(encoding="utf-8")


# --- beside the originals ---


@pytest.fixture(scope="session")
def originals(shared: Path) -> dict[str, str]:
    """The text of each original by the beginning of its name."""
    folder = shared / "corpus"
    if not folder.is_dir():
        pytest.skip("no originals beside the repository")
    return {path.name[:3]: readers.read(path).text for path in sorted(folder.glob("*.txt"))}


def shared_runs(text: str, original: str) -> list[str]:
    """The longest runs of at least `RUN` syllables that two texts share, diacritics aside: who mends a slip of the
    original has still copied it."""
    words, others = ([fold(word) for word, _, _ in syllables(whole)] for whole in (text, original))
    known = {tuple(others[i : i + RUN]) for i in range(len(others) - RUN + 1)}
    runs: list[tuple[int, int]] = []
    for i in range(len(words) - RUN + 1):
        if tuple(words[i : i + RUN]) in known:
            start = runs.pop()[0] if runs and runs[-1][1] >= i + RUN - 1 else i
            runs.append((start, i + RUN))
    return [" ".join(words[a:b]) for a, b in runs]


def test_shared_runs_finds_the_longest_run_and_no_shorter_one() -> None:
    common = " ".join(f"tu{'a' * n}" for n in range(25))
    assert shared_runs(f"đây là {common} hết", f"kia {common} nữa") == [common]
    assert shared_runs(common.replace("tu", "từ"), common) == [common]
    assert shared_runs(" ".join(common.split()[:19]), common) == []
    assert len(shared_runs(f"{common} khác {common}", common)) == 2


@pytest.mark.parametrize(
    "path",
    SAMPLES,
    ids=NAMES,
)
def test_no_sentence_is_copied_from_the_original(path: Path, originals: dict[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    head = DIGEST.match(text)
    assert head is not None
    body = text[metadata.find(text).body_start :]
    assert shared_runs(body, originals[path.name[:3]]) == []


@pytest.fixture(scope="session")
def examples(shared: Path) -> list[Case]:
    return read_cases([shared / "questions" / "examples.jsonl"])


def lacking(case: Case, text: str) -> list[str]:
    """What of the gold answer stands nowhere in a text. A figure that the gold computation gives may be computed from
    operands that do."""
    said = metrics.readings(text)
    results: set[str] = set()
    for part in case.computation.replace("≈", "=").split(";"):
        operands, _, result = part.rpartition("=")
        if NUMBER.findall(operands) and metrics.states(operands, said | results, text):
            results |= metrics.readings(result)
    figures = [gold for gold in case.numbers if not metrics.states(gold, said | results, text)]
    return figures + [words for words in case.must_include if fold(words) not in fold(" ".join(text.split()))]


def test_digests_hold_and_give_the_answers_of_the_examples(
    parts: Parts, examples: list[Case], capsys: pytest.CaptureFixture[str]
) -> None:
    texts = {d.document_id[:3]: parts.library.text(d.document_id) or "" for d in parts.library.documents()}
    answerable = [case for case in examples if case.answerable]
    missing = {case.id: lack for case in answerable if (lack := lacking(case, "\n".join(texts[d] for d in case.doc)))}
    right = sum(metrics.accuracy(case, parts.assistant.ask(case.asked())).value == 1 for case in examples)
    held = len(answerable) - len(missing)
    with capsys.disabled():
        print(f"\n  digests: {held} of {len(answerable)} answers held, {right} of {len(examples)} answered right")
    assert held >= ENOUGH, missing


def test_original_takes_the_place_of_its_digest(originals: dict[str, str], shared: Path, tmp_path: Path) -> None:
    number = "002"
    (digest,) = [path for path in SAMPLES if path.name.startswith(number)]
    (original,) = (shared / "corpus").glob(f"{number}*")
    with real_parts(tmp_path, digest) as made:
        (outcome,) = made.pipeline.ingest([original])
        assert outcome.status == "added"
        assert [d.document_id for d in made.library.documents()] == [original.stem]
        (again,) = made.pipeline.ingest([digest])
        assert again.status == "superseded" and again.reason
