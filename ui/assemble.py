"""Puts the parts together. Each part is made when it is first asked for, so that a command pays for what it uses."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ui.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.answering import Assistant
    from ingest.pipeline import Pipeline
    from ui.jobs import Jobs
    from vectorstore.embedding import Embedder
    from vectorstore.lexical import Lexical
    from vectorstore.library import Library
    from vectorstore.search import Searcher
    from vectorstore.store import Store


class Parts:
    """The parts of one running program over one data folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def library(self) -> Library:
        from vectorstore.library import Library

        return Library(self.settings.data_dir)

    @cached_property
    def embedder(self) -> Embedder:
        from vectorstore.embedding import load_embedder

        return load_embedder(self.settings.embedding_model)

    @cached_property
    def store(self) -> Store:
        from vectorstore.store import Store

        return Store(self.settings.data_dir / "vectors", self.embedder.name, self.embedder.dimension)

    @cached_property
    def lexical(self) -> Lexical:
        from vectorstore.lexical import Lexical

        return Lexical(self.settings.data_dir / "words")

    @cached_property
    def pipeline(self) -> Pipeline:
        from ingest.pipeline import Pipeline

        return Pipeline(self.library, self)

    @cached_property
    def jobs(self) -> Jobs:
        from ui.jobs import Jobs

        return Jobs(self.pipeline)

    @cached_property
    def searcher(self) -> Searcher:
        """The searcher, once both indexes agree with the library."""
        from vectorstore.search import Searcher

        self.pipeline.settle()
        return Searcher(self.library, self.lexical, self.store, self.embedder)

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
            )
        return Assistant(self.library, self.searcher, writer)


def assemble(settings: Settings) -> Parts:
    return Parts(settings)


def assemble_in(settings: Settings, folder: Path) -> Parts:
    """The same program over another data folder."""
    return Parts(settings.model_copy(update={"data_dir": folder}))
