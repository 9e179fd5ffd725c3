"""The word index, derived from the library: the one door of tantivy (BM25, on disk, incremental).

An entry is indexed as syllables and pairs of neighbouring syllables ("hồ", "sơ", "hồ_sơ"), with diacritics and without,
its own text and its context in separate fields. Pairs stand for Vietnamese words, most of which have two syllables.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from vectorstore import locks
from vectorstore.records import Entry, Followed
from vectorstore.vietnamese import fold, tokens

_HEAP = 50_000_000
_FORMAT = 1  # raise it with every change to the schema or to the terms: an index of another format is made anew
_STATE = "followed.json"  # beside tantivy's files: {"format": …, "library": …, "sequence": …}
_WAIT = 30.0  # seconds to wait for another process that writes
_FIELDS = ("words", "context", "folded", "folded_context")


class LexicalError(Exception):
    """The word index can't be opened or written; the message says what to do."""


def terms(text: str) -> list[str]:
    """The tokens of a text and the pairs of neighbours; a document number also in its parts."""
    single: list[str] = []
    for token in tokens(text):
        single.append(token)
        if "/" in token or "-" in token:
            single.extend(part for part in token.replace("-", "/").split("/") if part and part != token)
    return single + [f"{a}_{b}" for a, b in pairwise(single)]


class Lexical:
    """The word index of one data folder."""

    def __init__(self, folder: Path) -> None:
        import tantivy

        self._tantivy = tantivy
        self.folder = folder
        builder = tantivy.SchemaBuilder()
        for name in ("entry_id", "chunk_id", "document_id"):
            builder.add_text_field(name, stored=name == "chunk_id", tokenizer_name="raw", index_option="basic")
        for name in _FIELDS:
            builder.add_text_field(name, tokenizer_name="terms", index_option="freq")
        self._schema = builder.build()
        try:
            self._prepare()
            self._index = tantivy.Index(self._schema, path=str(folder))
        except (OSError, ValueError) as error:
            raise LexicalError(
                f"Không mở được chỉ mục từ «{folder}»; hãy kiểm tra quyền ghi, hoặc xoá thư mục đó rồi nạp lại "
                "tài liệu."
            ) from error
        analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer("terms", analyzer)
        self.followed: Followed | None = self._read_state()
        """How far the index has followed, as far as this process has seen; None for an index that is made anew."""

    def _prepare(self) -> None:
        """An empty folder in place of an index of another format."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._is_prepared():
            return
        with self.alone():
            if self._is_prepared():
                return
            for path in self.folder.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            self._write_state(None)

    def _is_prepared(self) -> bool:
        return self._state().get("format") == _FORMAT

    def _state(self) -> dict[str, Any]:
        try:
            read = json.loads((self.folder / _STATE).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return read if isinstance(read, dict) else {}

    def _read_state(self) -> Followed | None:
        state = self._state()
        library, sequence = state.get("library"), state.get("sequence")
        return Followed(library, sequence) if isinstance(library, str) and isinstance(sequence, int) else None

    def _write_state(self, followed: Followed | None) -> None:
        state = {"format": _FORMAT} | (asdict(followed) if followed else {})
        new = self.folder / f"{_STATE}.new"
        new.write_text(json.dumps(state), encoding="utf-8")
        os.replace(new, self.folder / _STATE)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep the index's other writers out, in this process and others.

        Raises:
            LexicalError: another still wrote after half a minute.
        """
        with locks.held(self.folder.with_name(f"{self.folder.name}.lock"), _WAIT) as taken:
            if not taken:
                raise LexicalError(
                    "Chỉ mục từ đang được chương trình khác ghi; hãy chờ chương trình ấy nạp xong rồi làm lại."
                )
            yield

    def refresh(self) -> None:
        """See what other processes wrote."""
        self._index.reload()
        self.followed = self._read_state()

    def note(self, followed: Followed) -> None:
        """Remember how far the index has followed, where nothing had to be written."""
        self._write_state(followed)
        self.followed = followed

    def count(self) -> int:
        """Entries in the index."""
        self._index.reload()
        return int(self._index.searcher().num_docs)

    def replace(
        self,
        documents: Iterable[tuple[str, Sequence[Entry]]],
        followed: Followed | None = None,
        *,
        anew: bool = False,
    ) -> None:
        """For each (document id, entries): its old entries out, the new in; one commit for all. `followed` is how far
        the index has followed then; `anew` takes all that it held out, in the same commit."""
        try:
            writer = self._writer()
            if anew:
                writer.delete_all_documents()
            for document_id, entries in documents:
                writer.delete_documents_by_term("document_id", document_id)
                for entry in entries:
                    writer.add_document(self._document(document_id, entry))
            writer.commit()
            if followed is not None:  # a kill before this: the same documents are replaced once more
                self.note(followed)
            writer.wait_merging_threads()
        except (OSError, ValueError) as error:
            raise LexicalError(
                f"Không ghi được chỉ mục từ ({' '.join(str(error).split())}); hãy kiểm tra dung lượng đĩa, hoặc chờ "
                "chương trình khác nạp xong tài liệu."
            ) from error
        self._index.reload()

    def _writer(self) -> Any:
        """tantivy's one writer; waits for one that is about to go, as that of a process that was just killed."""
        ends = time.monotonic() + _WAIT
        while True:
            try:
                return self._index.writer(_HEAP, 1)
            except ValueError as error:
                if "LockBusy" not in str(error) or time.monotonic() > ends:
                    raise
                time.sleep(0.05)

    def _document(self, document_id: str, entry: Entry) -> Any:
        document = self._tantivy.Document()
        document.add_text("entry_id", entry.entry_id)
        document.add_text("chunk_id", entry.chunk_id)
        document.add_text("document_id", document_id)
        own, context = terms(entry.text), terms(entry.context)
        document.add_text("words", " ".join(own))
        document.add_text("context", " ".join(context))
        document.add_text("folded", " ".join(map(fold, own)))
        document.add_text("folded_context", " ".join(map(fold, context)))
        return document

    def search(self, weighted: Sequence[tuple[str, float]], k: int, *, folded: bool) -> list[tuple[str, float]]:
        """(chunk id, BM25 score) of the best `k` entries for weighted terms, best first. `folded` reads them without
        diacritics."""
        if not weighted or k < 1:
            return []
        tantivy = self._tantivy
        clauses = []
        for term, weight in weighted:
            fields = (
                (("folded", 1.0), ("folded_context", 0.4))
                if folded
                else (
                    ("words", 1.0),
                    ("context", 0.4),
                    ("folded", 0.15),
                    ("folded_context", 0.05),
                )
            )
            for field, boost in fields:
                spelled = fold(term) if field.startswith("folded") else term
                query = tantivy.Query.term_query(self._schema, field, spelled, "freq")
                clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(query, weight * boost)))
        searcher = self._index.searcher()
        found = searcher.search(tantivy.Query.boolean_query(clauses), k).hits
        return [(str(searcher.doc(address)["chunk_id"][0]), float(score)) for score, address in found]

    def idf(self, term: str, *, folded: bool) -> float:
        """How rare a term is: ln(1 + (N − n + ½)/(n + ½)), as BM25 has it; 0 in an empty index."""
        searcher = self._index.searcher()
        total = int(searcher.num_docs)
        if not total:
            return 0.0
        fields = ("folded", "folded_context") if folded else ("words", "context")
        spelled = fold(term) if folded else term
        n = max(int(searcher.doc_freq(field, spelled)) for field in fields)
        return math.log(1 + (total - n + 0.5) / (n + 0.5)) if n <= total else 0.0

    def holds(self, term: str, *, folded: bool) -> bool:
        """Whether any entry has the term."""
        searcher = self._index.searcher()
        fields = ("folded", "folded_context") if folded else ("words", "context")
        spelled = fold(term) if folded else term
        return any(int(searcher.doc_freq(field, spelled)) for field in fields)

    def words_beginning(self, prefix: str) -> list[str]:
        """Single syllables of the library without diacritics that begin with `prefix`."""
        found = self._index.searcher().terms_with_prefix("folded", prefix)
        return sorted({str(term[0] if isinstance(term, tuple) else term) for term in found if "_" not in str(term)})
