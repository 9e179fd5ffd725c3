"""The word index, derived from the library: the one door of tantivy (BM25, on disk, incremental).

An entry is indexed as syllables and pairs of neighbouring syllables ("hồ", "sơ", "hồ_sơ"), with diacritics and without,
its own text and its context in separate fields. Pairs stand for Vietnamese words, most of which have two syllables.

tantivy's BM25 has k1 = 1.2 and b = 0.75. Other values were tried on four sets of questions: they gain or lose at most a
point, which is less than what its speed and its incremental index are worth.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from vectorstore import locks
from vectorstore.quantities import NUMBER, canonical, parse_number
from vectorstore.records import Entry, Followed, chunk_of
from vectorstore.vietnamese import fold, tokens

_HEAP = 50_000_000
_FORMAT = 2  # raise it with every change to the schema or to the terms: an index of another format is made anew
_STATE = "followed.json"  # beside tantivy's files: {"format": …, "library": …, "sequence": …}
_WAIT = 30.0  # seconds to wait for another process that writes
_SPELLED = (("words", 1.0), ("context", 0.4))
"""The fields of text with diacritics, its own and its context's, and what they count."""
_FOLDED = (("folded", 1.0), ("folded_context", 0.4))
"""The same without diacritics."""
_LOOSE = 0.9
"""What a term counts that is nowhere spelled as in the question, but is without diacritics."""
_GATE = 100_000
"""How many entries are scored for a question, about: those that have one of its rarest terms."""


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that has some of the terms, and its BM25 score."""

    entry_id: str
    score: float

    @property
    def chunk_id(self) -> str:
        return chunk_of(self.entry_id)


class LexicalError(Exception):
    """The word index can't be opened or written; the message says what to do."""


def terms(text: str) -> list[str]:
    """The tokens of a text and the pairs of neighbours; a document number also in its parts, figures by their value."""
    single = _singles(text)
    return single + [f"{a}_{b}" for a, b in pairwise(single)]


def _singles(text: str) -> list[str]:
    single: list[str] = []
    for token in tokens(text):
        single.append(_by_value(token))
        if "/" in token or "-" in token:
            single.extend(_by_value(part) for part in token.replace("-", "/").split("/") if part and part != token)
    return single


def _by_value(token: str) -> str:
    """A figure in one spelling: "1.852" is 1852, "03" is 3, "97,7" is 97.7."""
    if not token[0].isdigit() or not NUMBER.fullmatch(token):
        return token
    value = parse_number(token)
    return token if value is None else canonical(value)


class Lexical:
    """The word index of one data folder."""

    def __init__(self, folder: Path) -> None:
        import tantivy

        self._tantivy = tantivy
        self.folder = folder
        builder = tantivy.SchemaBuilder()
        for name in ("entry_id", "document_id", "keys"):
            stored = name == "entry_id"
            builder.add_text_field(name, stored=stored, tokenizer_name="raw", index_option="basic")
        for name, _ in (*_SPELLED, *_FOLDED):
            builder.add_text_field(name, tokenizer_name="terms", index_option="freq")
        builder.add_text_field("vocabulary", tokenizer_name="terms", index_option="basic")
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
        document.add_text("document_id", document_id)
        for key in entry.keys:
            document.add_text("keys", key)
        own, context = terms(entry.text), terms(entry.context)
        document.add_text("words", " ".join(own))
        document.add_text("context", " ".join(context))
        document.add_text("folded", " ".join(map(fold, own)))
        document.add_text("folded_context", " ".join(map(fold, context)))
        document.add_text("vocabulary", " ".join({fold(term) for term in own if term.isalpha()}))
        return document

    def search(
        self, weighted: Sequence[tuple[str, float]], k: int, *, folded: bool, within: Sequence[Sequence[str]] = ()
    ) -> list[Found]:
        """The best `k` entries for weighted terms, best first. `folded` reads them without diacritics. `within` asks
        for one key of each group; then entries without any of the terms are found too, last."""
        if not weighted or k < 1:
            return []
        searcher = self._index.searcher()
        clauses = sorted(self._clauses(searcher, weighted, folded), key=lambda clause: clause[0])
        query = self._within(clauses, within) if within else self._gated(clauses, int(searcher.num_docs))
        hits = searcher.search(query, k, count=False).hits
        return [Found(str(searcher.doc(address)["entry_id"][0]), float(score)) for score, address in hits]

    def _clauses(self, searcher: Any, weighted: Sequence[tuple[str, float]], folded: bool) -> Iterator[tuple[int, Any]]:
        """(in how many entries, query) for each term in each field that has it."""
        tantivy = self._tantivy
        for term, weight in weighted:
            fields = _FOLDED if folded else _SPELLED
            spelled = fold(term) if folded else term
            counts = [int(searcher.doc_freq(field, spelled)) for field, _ in fields]
            if not folded and not any(counts):  # typed without its diacritics, or with wrong ones
                fields, spelled, weight = _FOLDED, fold(term), weight * _LOOSE
                counts = [int(searcher.doc_freq(field, spelled)) for field, _ in fields]
            for count, (field, share) in zip(counts, fields, strict=True):
                if count:
                    query = tantivy.Query.term_query(self._schema, field, spelled, "freq")
                    yield count, tantivy.Query.boost_query(query, weight * share)

    def _gated(self, clauses: Sequence[tuple[int, Any]], entries: int) -> Any:
        """Entries need one of the rarer terms; the common ones only add to the score. Without that, every question
        with a common word would score the whole index, for (nearly) the same best entries."""
        tantivy = self._tantivy
        most = max(_GATE, entries // 10)
        gate: list[Any] = []
        total = 0
        clauses = [clause for clause in clauses if clause[0] <= most] or clauses[
            :1
        ]  # the others are in every tenth entry
        for count, query in clauses:  # the rarest first
            total += count
            if gate and total > most:
                break
            gate.append(query)
        needed = tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in gate])
        rest = [(tantivy.Occur.Should, query) for _, query in clauses[len(gate) :]]
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, needed), *rest])

    def _within(self, clauses: Sequence[tuple[int, Any]], groups: Sequence[Sequence[str]]) -> Any:
        tantivy = self._tantivy
        query = tantivy.Query
        kept = [query.const_score_query(query.term_set_query(self._schema, "keys", list(keys)), 0.0) for keys in groups]
        return query.boolean_query(
            [*((tantivy.Occur.Must, q) for q in kept), *((tantivy.Occur.Should, q) for _, q in clauses)]
        )

    def idf(self, term: str, *, folded: bool) -> float:
        """How rare a term is: ln(1 + (N − n + ½)/(n + ½)), as BM25 has it; 0 in an empty index."""
        searcher = self._index.searcher()
        total = int(searcher.num_docs)
        if not total:
            return 0.0
        fields = [field for field, _ in (_FOLDED if folded else _SPELLED)]
        spelled = _by_value(fold(term) if folded else term)
        n = max(int(searcher.doc_freq(field, spelled)) for field in fields)
        return math.log(1 + (total - n + 0.5) / (n + 0.5)) if n <= total else 0.0

    def holds(self, term: str, *, folded: bool) -> bool:
        """Whether any entry has the term."""
        searcher = self._index.searcher()
        fields = [field for field, _ in (_FOLDED if folded else _SPELLED)]
        spelled = _by_value(fold(term) if folded else term)
        return any(int(searcher.doc_freq(field, spelled)) for field in fields)

    def words_beginning(self, prefix: str) -> list[str]:
        """Single syllables of the library without diacritics that begin with `prefix`."""
        found = self._index.searcher().terms_with_prefix("vocabulary", prefix)
        return sorted({str(term[0] if isinstance(term, tuple) else term) for term in found})
