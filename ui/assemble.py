"""Puts the parts together. Each part is made when it is first asked for, so that a command pays for what it uses."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from ui.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from assistant.answering import Assistant
    from assistant.finding import Finder
    from ingest.pipeline import Pipeline
    from ui.jobs import Jobs
    from vectorstore.adapting import Adaptation, OnProgress
    from vectorstore.embedding import Embedder
    from vectorstore.following import Tell
    from vectorstore.lexical import Lexical
    from vectorstore.library import Library
    from vectorstore.reranking import Reranker
    from vectorstore.search import Searcher
    from vectorstore.store import Store


class Parts:
    """The parts of one running program over one data folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def library(self) -> Library:
        from vectorstore.library import Library

        return Library(self.settings.data_dir, self.settings.database_url)

    @cached_property
    def embedder(self) -> Embedder:
        from vectorstore.adapting import is_current
        from vectorstore.embedding import is_on_hub, load_embedder

        settings = self.settings
        adapted = str(self.adapted) if is_current(self.adapted) else None
        return load_embedder(
            settings.embedding_model or adapted,
            revision=settings.embedding_revision,
            query_prefix=settings.embedding_query_prefix,
            passage_prefix=settings.embedding_passage_prefix,
            device=settings.embedding_device,
            offline=not is_on_hub(settings.reranker_model),
        )

    @property
    def adapted(self) -> Path:
        """Where the model lies that was adapted to this library, if there is one."""
        return self.settings.data_dir / "model"

    @cached_property
    def reranker(self) -> Reranker | None:
        """What looks at the best passages once more, where one is set."""
        from vectorstore.reranking import load_reranker

        settings = self.settings
        return load_reranker(settings.reranker_model, settings.embedding_device) if settings.reranker_model else None

    @cached_property
    def store(self) -> Store:
        return self._open_store()

    def _open_store(self, *, anew: bool = False) -> Store:
        from vectorstore.store import Store

        return Store(
            self.settings.data_dir / "vectors",
            self.embedder.name,
            self.embedder.dimension,
            url=self.settings.chroma_url,
            library=self.library.library_id,
            anew=anew,
        )

    @cached_property
    def lexical(self) -> Lexical:
        from vectorstore.lexical import Lexical

        return Lexical(self.settings.data_dir / "words")

    @cached_property
    def pipeline(self) -> Pipeline:
        from ingest.pipeline import Pipeline

        return Pipeline(self.library, self)

    def reindex(self, tell: Tell | None = None) -> int:
        """Make vectors and word index anew from the library, with the model of the settings; how many documents."""
        from vectorstore.following import reindex

        done = reindex(self.library, self.lexical, partial(self._open_store, anew=True), self.embedder, tell)
        if replaced := vars(self).pop("store", None):
            replaced.close()
        return done

    def adapt(self, on_progress: OnProgress | None = None, tell: Tell | None = None) -> Adaptation:
        """Adapt the shipped model to the library; where that pays, use it from now on."""
        from vectorstore.adapting import adapt

        known = self.library.documents()
        return adapt(known, self.library.chunks_of, self.adapted, on_progress=on_progress, reembed=self._again(tell))

    def adapt_no_more(self, tell: Tell | None = None) -> bool:
        """Go back to the shipped model; whether there was an adapted one."""
        from vectorstore.adapting import undo

        return undo(self.adapted, self._again(tell))

    def _again(self, tell: Tell | None) -> Callable[[], None]:
        """What makes the indexes anew with the model that counts now."""

        def reembed() -> None:
            for name in ("embedder", "searcher", "finder", "assistant"):
                vars(self).pop(name, None)
            try:
                self.reindex(tell)
            except BaseException:
                vars(self).pop("embedder", None)  # the model that was there before comes back
                raise

        return reembed

    @cached_property
    def jobs(self) -> Jobs:
        from ui.jobs import Jobs

        return Jobs(self.pipeline)

    @cached_property
    def searcher(self) -> Searcher:
        """The searcher, once both indexes agree with the library."""
        from vectorstore.search import Searcher

        self.pipeline.settle(wait=0)
        return Searcher(self.library, self.lexical, self.store, self.embedder)

    @cached_property
    def finder(self) -> Finder:
        from assistant.finding import Finder

        return Finder(self.searcher, self.reranker)

    @cached_property
    def assistant(self) -> Assistant:
        from assistant.answering import Assistant

        settings = self.settings
        writer = None
        if settings.llm_base_url and settings.llm_model:
            from assistant.generative import Writer

            writer = Writer(
                settings.llm_base_url,
                settings.llm_model,
                settings.llm_api_key,
                settings.llm_timeout,
                settings.llm_max_tokens,
                settings.llm_temperature,
                settings.llm_headers,
                settings.llm_context,
                rewrite=settings.llm_rewrite,
                rerank=settings.llm_rerank,
            )
        return Assistant(self.finder, writer)

    def close(self) -> None:
        """Let go of what was opened."""
        for name in ("store", "library"):
            if part := vars(self).pop(name, None):
                part.close()


def assemble(settings: Settings) -> Parts:
    return Parts(settings)


def assemble_in(settings: Settings, folder: Path) -> Parts:
    """The same program over another data folder, with nothing on a server."""
    return Parts(settings.apart(folder))
