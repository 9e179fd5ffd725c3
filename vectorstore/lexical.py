"""The word index, derived from the library: the one door of tantivy (BM25, on disk, incremental).

An entry is indexed as syllables and pairs of neighbouring syllables ("hồ", "sơ", "hồ_sơ"), with diacritics and without,
its own text and its context in separate fields. Pairs stand for Vietnamese words, most of which have two syllables.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from vectorstore.records import Entry
from vectorstore.vietnamese import fold, tokens

_HEAP = 50_000_000
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
        builder = tantivy.SchemaBuilder()
        for name in ("entry_id", "chunk_id", "document_id"):
            builder.add_text_field(name, stored=name == "chunk_id", tokenizer_name="raw", index_option="basic")
        for name in _FIELDS:
            builder.add_text_field(name, tokenizer_name="terms", index_option="freq")
        self._schema = builder.build()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(self._schema, path=str(folder))
        except (OSError, ValueError) as error:
            raise LexicalError(
                f"Không mở được chỉ mục từ «{folder}»; hãy kiểm tra quyền ghi, hoặc xoá thư mục đó rồi nạp lại "
                "tài liệu."
            ) from error
        analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer("terms", analyzer)

    def count(self) -> int:
        """Entries in the index."""
        self._index.reload()
        return int(self._index.searcher().num_docs)

    def replace(self, documents: Iterable[tuple[str, Sequence[Entry]]]) -> None:
        """For each (document id, entries): its old entries out, the new in; one commit for all."""
        try:
            writer = self._index.writer(_HEAP, 1)
            for document_id, entries in documents:
                writer.delete_documents_by_term("document_id", document_id)
                for entry in entries:
                    writer.add_document(self._document(document_id, entry))
            writer.commit()
            writer.wait_merging_threads()
        except (OSError, ValueError) as error:
            raise LexicalError(
                "Không ghi được chỉ mục từ; hãy kiểm tra dung lượng đĩa, hoặc chờ chương trình khác nạp xong tài liệu."
            ) from error
        self._index.reload()

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
