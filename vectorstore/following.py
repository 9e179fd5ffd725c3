"""Words and vectors follow the library: each index knows up to which change it has followed, and does the rest.

Following is idempotent: a document's old entries go out, the present ones come in. A kill at any moment costs no more
than doing a batch again, and an index that is gone, new, or of another library is filled from the beginning.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from vectorstore.embedding import Embedder
from vectorstore.lexical import Lexical
from vectorstore.library import Library
from vectorstore.records import Entry, Followed, entries
from vectorstore.scope import keys_of
from vectorstore.store import Store

_BATCH = 5_000
"""Entries that are indexed at a time, so that memory is bounded and a kill loses little."""

Tell = Callable[[int, int], None]
"""Told how many documents are done, and of how many."""


def follow_words(library: Library, lexical: Lexical) -> None:
    """Bring the word index up to the library's last change; one cheap read where it is there already."""
    if lexical.followed == Followed(library.library_id, library.sequence()):
        return
    with lexical.alone():
        lexical.refresh()  # another process may have done the work
        done = lexical.followed
        if not _continues(library, done):
            rewrite_words(library, lexical)
            return
        for batch, reached in _batches(library, done.sequence if done else 0):
            followed = Followed(library.library_id, reached)
            lexical.replace(batch, followed) if batch else lexical.note(followed)


def rewrite_words(library: Library, lexical: Lexical) -> None:
    """Make the word index anew. What it held is found until all is written."""
    reached = library.sequence()
    documents = (document for batch, _ in _batches(library, 0) for document in batch)
    lexical.replace(documents, Followed(library.library_id, reached), anew=True)


def follow_vectors(
    library: Library, store: Store, embedder: Embedder, wait: float = math.inf, tell: Tell | None = None
) -> None:
    """Bring the vectors up to the library's last change. One process at a time embeds; where another still does after
    `wait` seconds, it is left to it."""
    if store.followed() == Followed(library.library_id, library.sequence()):
        return
    with library.alone("vectors", wait) as mine:
        if mine:
            write_vectors(library, store, embedder, tell)


def write_vectors(library: Library, store: Store, embedder: Embedder, tell: Tell | None = None) -> None:
    """The part of `follow_vectors` that needs the lock."""
    done = store.followed()
    if done is None or not _continues(library, done):
        store.clear()
        done = Followed(library.library_id, 0)
        store.note(done)
    told, total = 0, len(library.changes(done.sequence)) if tell else 0
    for batch, reached in _batches(library, done.sequence):
        store.remove(*(document_id for document_id, _ in batch))
        for document_id, items in batch:
            vectors = embedder.embed_passages([f"{e.context}\n{e.text}" for e in items])
            store.add(document_id, [e.entry_id for e in items], vectors)
            told += 1
            if tell:
                tell(told, max(told, total))
        store.note(Followed(library.library_id, reached))


def reindex(
    library: Library, lexical: Lexical, build: Callable[[], Store], embedder: Embedder, tell: Tell | None = None
) -> int:
    """Make both indexes anew from the library; how many documents they hold. `build` opens a store `anew`: what was
    searched until now is searched until all is there, and a reindexing that was killed goes on where it was."""
    with library.alone("vectors"), closing(build()) as built:
        write_vectors(library, built, embedder, tell)
        built.take_over()
    with lexical.alone():
        rewrite_words(library, lexical)
    return len(library.documents())


def _continues(library: Library, done: Followed | None) -> bool:
    """Whether an index can go on from where it is; one that is ahead followed a library that was set back since."""
    return done is not None and done.library == library.library_id and done.sequence <= library.sequence()


def _batches(library: Library, after: int) -> Iterator[tuple[Sequence[tuple[str, list[Entry]]], int]]:
    """The documents that changed since a sequence number with their present entries, and the number that an index has
    reached once it holds them."""
    reached = library.sequence()
    changes = library.changes(after)
    batch: list[tuple[str, list[Entry]]] = []
    held = 0
    for at, change in enumerate(changes):
        batch.append((change.document_id, [] if change.removed else _entries(library, change.document_id)))
        held += len(batch[-1][1])
        if held > _BATCH and at + 1 < len(changes):
            yield batch, changes[at + 1].sequence - 1  # several documents may have one number
            batch, held = [], 0
    yield batch, max(reached, changes[-1].sequence if changes else 0)


def _entries(library: Library, document_id: str) -> list[Entry]:
    head = library.head(document_id)
    kind = head.type if head else None
    return [entry for chunk in library.chunks_of(document_id) for entry in entries(chunk, keys_of(chunk, kind))]
