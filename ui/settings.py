"""Settings, read once from the environment and `.env` (prefix `CCHC_`) and handed on as plain values."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from platformdirs import user_data_path
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """What a department can set; every field has a default that works on one machine without a network."""

    model_config = SettingsConfigDict(env_prefix="CCHC_", env_file=".env", env_ignore_empty=True, extra="ignore")

    data_dir: Path = Field(default_factory=lambda: user_data_path("cchc", appauthor=False))
    database_url: str | None = None
    chroma_url: str | None = None
    embedding_model: str | None = None
    embedding_revision: str | None = None
    embedding_device: str = "cpu"
    embedding_query_prefix: str | None = None
    embedding_passage_prefix: str | None = None
    reranker_model: str | None = None
    llm_base_url: str | None = None
    llm_model: str | None = None
    llm_api_key: str | None = None
    llm_timeout: float = Field(default=60.0, gt=0)
    llm_max_tokens: int = Field(default=800, gt=0)
    llm_context: int = Field(default=8192, ge=2048)
    llm_temperature: float = Field(default=0.0, ge=0, le=2)
    llm_headers: dict[str, str] = {}
    llm_rewrite: bool = False
    llm_rerank: bool = False
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    def apart(self, folder: Path) -> Settings:
        """The same for a library of its own in another folder, with nothing on a server that others share."""
        return self.model_copy(update={"data_dir": folder, "database_url": None, "chroma_url": None})
