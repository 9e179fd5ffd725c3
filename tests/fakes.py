"""Stand-ins that a test can foresee: an assistant with queued answers, a library in memory."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from assistant.schema import Answer, Citation, CitedNote, Notice, Question, Understood, new_answer_id
from vectorstore.records import Chunk, Document, Filters, Finding, Footnote, Hit, Section, excerpt

if TYPE_CHECKING:
    from ui.assemble import Parts

NO_FILTERS = Filters()

REPORT = """Số: /BC-SYT
Kon Tum, ngày tháng 12 năm 2022
BÁO CÁO
Kết quả thực hiện công tác cải cách hành chính năm 2022
II. KẾT QUẢ
1. Giải quyết hồ sơ
Lĩnh vực Dược phẩm đã giải quyết 254 trường hợp, trễ hạn
¹ Theo Cổng dịch vụ công của tỉnh <script>alert("x")</script>
03 trường hợp¹, hủy 20 trường hợp.
"""
"""A report in small: a blank number, a sentence that a footnote block interrupts, a footnote with a script in it."""


def report(document_id: str = "000_thu", *, status: str = "current") -> Document:
    """`REPORT` as a document with one chunk, which calls the footnote."""

    def spans(*parts: str) -> list[tuple[int, int]]:
        return [(REPORT.index(part), REPORT.index(part) + len(part)) for part in parts]

    note = Footnote("1", excerpt(REPORT, spans('Theo Cổng dịch vụ công của tỉnh <script>alert("x")</script>')))
    path = ("II. KẾT QUẢ", "1. Giải quyết hồ sơ")
    body = excerpt(
        REPORT,
        spans(
            "Lĩnh vực Dược phẩm đã giải quyết 254 trường hợp, trễ hạn",
            "03 trường hợp¹, hủy 20 trường hợp.",
        ),
    )
    head = Chunk(document_id, 0, "head", excerpt(REPORT, spans("Số: /BC-SYT")))
    chunk = Chunk(document_id, 1, "paragraph", body, path, (note,), place="Kon Tum", period="2022")
    sections = tuple(
        Section(path[:depth], REPORT.index(path[depth - 1]), len(REPORT)) for depth in range(1, len(path) + 1)
    )
    return Document(
        document_id,
        f"{document_id}.txt",
        "0" * 64,
        REPORT,
        number="/BC-SYT",
        type="Báo cáo",
        title="Kết quả thực hiện công tác cải cách hành chính năm 2022",
        issuer="Sở Y tế tỉnh Kon Tum",
        place="Kon Tum",
        issued_on="2022-12",
        period="2022",
        status=status,
        sections=sections,
        footnotes=(note,),
        chunks=(head, chunk),
        ingested_at="2026-01-02T03:04:05Z",
    )


def cited(document: Document, *, marker: int = 1, notes: bool = True) -> Citation:
    """A citation of "trễ hạn […] 03 trường hợp" in `report`."""
    chunk = document.chunks[1]
    first, second = chunk.body.spans
    late, three = REPORT.index("trễ hạn"), REPORT.index("03 trường hợp")
    quoted = excerpt(REPORT, [(late, first[1]), (second[0], three + len("03 trường hợp¹"))])
    note = chunk.footnotes[0]
    return Citation(
        marker,
        document.document_id,
        document.source,
        document.number,
        document.type,
        document.title,
        document.issuer,
        document.place,
        document.issued_on,
        document.period,
        chunk.section,
        None,
        quoted.start,
        quoted.end,
        quoted.spans,
        quoted.quote,
        (),
        (CitedNote(note.marker, note.body.quote, note.body.start, note.body.end),) if notes else (),
        "Báo cáo số …/BC-SYT (số để trống) tháng 12/2022 của Sở Y tế tỉnh Kon Tum, mục II.1",
    )


def answered(question: str, document: Document) -> Answer:
    """An answer with bold, a list, a computation, a notice and a citation."""
    return Answer(
        question,
        "answered",
        "Sở Y tế tỉnh Kon Tum có **3 hồ sơ** trễ hạn [1]:\n- Dược phẩm: 3 [1]",
        Understood("sum", "hồ sơ trễ hạn", ("Kon Tum",), ("2022",)),
        computation="3 + 0 = 3",
        citations=(cited(document),),
        notices=(Notice("scope", "Chỉ tính lĩnh vực <b>Dược phẩm</b>.", (1,)),),
        suggestions=("Còn năm 2021 thì sao?",),
        answer_id=new_answer_id(),
    )


class FakeAssistant:
    """Answers with `reply`, which takes a question and returns an answer or raises; remembers what it was asked."""

    def __init__(self, reply: Callable[[Question], Answer]) -> None:
        self.reply = reply
        self.asked: list[Question] = []

    def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        return self.reply(question)

    def stream(self, question: Question) -> Iterator[Answer]:
        yield self.ask(question)


class FakeLibrary:
    """Documents in memory, read as `Library` reads them."""

    def __init__(self, documents: Sequence[Document] = ()) -> None:
        self.held = {document.document_id: document for document in documents}

    def documents(self) -> list[Document]:
        return list(self.held.values())

    def document(self, document_id: str) -> Document | None:
        return self.held.get(document_id)

    head = document

    def text(self, document_id: str) -> str | None:
        document = self.held.get(document_id)
        return document.text if document else None

    def original(self, document_id: str) -> tuple[str, bytes] | None:
        document = self.held.get(document_id)
        return (document.source, document.text.encode()) if document else None

    def counts(self, document_id: str) -> dict[str, int]:
        return self.held[document_id].counts

    def chunks_of(self, document_id: str) -> list[Chunk]:
        document = self.held.get(document_id)
        return list(document.chunks) if document else []

    def findings(self, document_id: str | None = None) -> list[Finding]:
        documents = self.held.values() if document_id is None else filter(None, [self.held.get(document_id)])
        return [finding for document in documents for finding in document.findings]

    def is_empty(self) -> bool:
        return not self.held

    def close(self) -> None:
        """Nothing is open."""


class FakeFinder:
    """Finds every chunk of the library, or raises `error`."""

    def __init__(self, library: FakeLibrary) -> None:
        self.library = library
        self.error: Exception | None = None
        self.asked: list[tuple[str, int, Filters]] = []

    def search(self, query: str, k: int = 10, filters: Filters = NO_FILTERS) -> list[Hit]:
        self.asked.append((query, k, filters))
        if self.error:
            raise self.error
        return [Hit(chunk, 1.0, document) for document in self.library.documents() for chunk in document.chunks][:k]


def fake_parts(
    *documents: Document, reply: Callable[[Question], Answer] | None = None, hosts: tuple[str, ...] = ()
) -> Any:
    """The parts that the ways in are built over, without store, index and model."""
    library = FakeLibrary(documents)
    always = reply or (lambda question: answered(question.text, documents[0]))
    return SimpleNamespace(
        settings=SimpleNamespace(host="127.0.0.1", port=8000, allowed_hosts=hosts),
        library=library,
        finder=FakeFinder(library),
        assistant=FakeAssistant(always),
        store=SimpleNamespace(count=lambda: 1),
        lexical=SimpleNamespace(count=lambda: 1),
        close=lambda: None,
    )


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """A real server on loopback; its address."""
    import uvicorn

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        for _ in range(200):
            if server.started:
                break
            thread.join(0.05)
        try:
            yield address
        finally:
            server.should_exit = True
            thread.join(10)


@contextmanager
def real_parts(folder: Path, *paths: Path) -> Iterator[Parts]:
    """No fake: the parts over a library in `folder` that took in these files, with the shipped model."""
    from ui.assemble import assemble
    from ui.settings import Settings

    parts = assemble(Settings(data_dir=folder, embedding_model=None, llm_model=None))
    outcomes = parts.pipeline.ingest(paths)
    assert outcomes and all(outcome.status == "added" for outcome in outcomes)
    try:
        yield parts
    finally:
        parts.close()


def tiny_reranker(folder: Path, outputs: int = 1) -> Path:
    """A cross-encoder of two tiny layers and random weights, which knows a few words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"hồ", "sơ", "trễ", "hạn", "Sở", "có", "3", "Đội", "bóng", "thắng"]
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    untyped: Any = PreTrainedTokenizerFast
    untyped(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        initializer_range=1.0,
    )
    config.num_labels = outputs
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder
