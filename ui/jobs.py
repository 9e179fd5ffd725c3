"""Files that came over HTTP, ingested one after the other in the background, and how far each is."""

from __future__ import annotations

import logging
import secrets
import shutil
import tempfile
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Literal, Protocol

from ingest.pipeline import OnOutcome, Outcome
from ui.render import failure_sentence

log = logging.getLogger("cchc.jobs")

ORIGIN = "tải lên"
"""The folder that uploaded files are said to come from: the same name again is the same document."""

_KEPT = 1000
"""Jobs that are remembered."""

State = Literal["queued", "running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Job:
    """An upload. `outcomes` grows by one for each file in it; `reason` says why it failed as a whole."""

    job_id: str
    state: State = "queued"
    done: int = 0
    total: int = 1
    outcomes: tuple[Outcome, ...] = ()
    reason: str | None = None

    def as_json(self) -> dict[str, object]:
        return asdict(self)


class Ingests(Protocol):
    """The part of the pipeline that jobs need."""

    def ingest(
        self, paths: list[Path], *, origin: str | None = None, on_outcome: OnOutcome | None = None
    ) -> list[Outcome]: ...


class Jobs:
    """The uploads of one running program. Safe to share between threads."""

    def __init__(self, pipeline: Ingests) -> None:
        self._pipeline = pipeline
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="ingest")

    def submit(self, name: str, content: IO[bytes]) -> Job:
        """Take a file in under this name; it is copied before this returns."""
        folder = Path(tempfile.mkdtemp(prefix="cchc-"))
        try:
            with (folder / name).open("wb") as copy:
                shutil.copyfileobj(content, copy)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        job = Job(secrets.token_hex(8))
        with self._lock:
            self._jobs[job.job_id] = job
            while len(self._jobs) > _KEPT:
                self._jobs.popitem(last=False)
        self._worker.submit(self._run, job.job_id, folder, name)
        return job

    def get(self, job_id: str) -> Job | None:
        with self._lock:
            return self._jobs.get(job_id)

    @property
    def busy(self) -> bool:
        """Whether an upload waits or is being ingested."""
        with self._lock:
            return any(job.state in ("queued", "running") for job in self._jobs.values())

    def close(self) -> None:
        """Let the upload that is being ingested end; those that wait are dropped."""
        self._worker.shutdown(cancel_futures=True)

    def _run(self, job_id: str, folder: Path, name: str) -> None:
        def tell(outcome: Outcome, done: int, total: int) -> None:
            known = self.get(job_id)
            if known is not None:
                self._set(replace(known, done=done, total=total, outcomes=(*known.outcomes, outcome)))

        self._set(Job(job_id, "running"))
        try:
            self._pipeline.ingest([folder / name], origin=ORIGIN, on_outcome=tell)
        except Exception as error:
            log.exception("ingesting an upload failed")
            self._set(replace(self.get(job_id) or Job(job_id), state="failed", reason=failure_sentence(error)))
            return
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        self._set(replace(self.get(job_id) or Job(job_id), state="done"))

    def _set(self, job: Job) -> None:
        with self._lock:
            if job.job_id in self._jobs:
                self._jobs[job.job_id] = job
