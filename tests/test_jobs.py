"""Uploads over HTTP: a real pipeline behind the API, its jobs and what changes the library."""

import io
import threading
import time
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from workbench import DATA, NEWS, PLAN, YEARLY, Shelf, shelf

from ingest.pipeline import OnOutcome, Outcome
from ui.api import API, MAX_BODY, MAX_UPLOAD, create_app
from ui.jobs import Jobs


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Shelf]:
    with shelf(tmp_path / "shelf") as one:
        yield one


def client(one: Shelf, jobs: Jobs | None = None, host: str = "127.0.0.1") -> TestClient:
    parts: Any = SimpleNamespace(
        settings=SimpleNamespace(host=host, port=8000, allowed_hosts=()),
        library=one.library,
        pipeline=one.pipeline,
        jobs=jobs or Jobs(one.pipeline),
    )
    return TestClient(create_app(parts, page=False), base_url="http://127.0.0.1:8000")


def finished(api: TestClient, job_id: str) -> dict[str, Any]:
    for _ in range(400):
        job: dict[str, Any] = api.get(f"{API}/jobs/{job_id}").json()
        if job["state"] in ("done", "failed"):
            return job
        time.sleep(0.05)
    raise AssertionError(job)


def upload(api: TestClient, name: str, content: bytes) -> dict[str, Any]:
    sent = api.post(f"{API}/documents", files={"file": (name, content)})
    assert sent.status_code == 202, sent.text
    return finished(api, sent.json()["job_id"])


def test_uploaded_file_is_a_document_that_can_be_deleted(opened: Shelf) -> None:
    api = client(opened)
    job = upload(api, YEARLY, (DATA / YEARLY).read_bytes())
    assert (job["state"], job["done"], job["total"]) == ("done", 1, 1)
    (outcome,) = job["outcomes"]
    assert (outcome["source"], outcome["document_id"], outcome["status"]) == (YEARLY, "bao_cao_nam", "added")
    held = api.get(f"{API}/documents/bao_cao_nam").json()
    assert (held["source"], held["document_number"]) == (YEARLY, "318/BC-SYT")
    assert api.get(f"{API}/documents/bao_cao_nam/file").content == (DATA / YEARLY).read_bytes()
    assert api.delete(f"{API}/documents/bao_cao_nam").status_code == 204
    assert api.delete(f"{API}/documents/bao_cao_nam").status_code == 404
    assert opened.store.count() == opened.lexical.count() == 0


def test_same_name_again_is_the_same_document(opened: Shelf) -> None:
    api = client(opened)
    content = (DATA / YEARLY).read_bytes()
    assert upload(api, YEARLY, content)["outcomes"][0]["status"] == "added"
    assert upload(api, YEARLY, content)["outcomes"][0]["status"] == "unchanged"
    changed = content.decode().replace("bảo trì", "nâng cấp").encode()
    assert upload(api, YEARLY, changed)["outcomes"][0]["status"] == "replaced"
    assert [document.document_id for document in opened.library.documents()] == ["bao_cao_nam"]


def test_archive_gives_an_outcome_for_each_file_in_it(opened: Shelf) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        made.write(DATA / PLAN, f"thư mục/{PLAN}")
        made.write(DATA / NEWS, NEWS)
        made.writestr("hỏng.txt", b"")
    job = upload(client(opened), "nhiều tệp.zip", held.getvalue())
    assert (job["done"], job["total"]) == (3, 3)
    assert {one["source"]: one["status"] for one in job["outcomes"]} == {
        PLAN: "added",
        NEWS: "added",
        "hỏng.txt": "refused",
    }
    (refused,) = [one["reason"] for one in job["outcomes"] if one["status"] == "refused"]
    assert refused.startswith("Tệp «hỏng.txt» trống")


@pytest.mark.parametrize(
    ("name", "document_id"),
    [("../../etc/báo cáo.txt", "báo cáo"), (r"C:\tệp\báo cáo.txt", "báo cáo"), ("báo cáo.txt", "báo cáo")],
)
def test_folders_in_a_name_are_left_out(opened: Shelf, name: str, document_id: str) -> None:
    job = upload(client(opened), unicodedata.normalize("NFD", name), (DATA / PLAN).read_bytes())
    assert job["outcomes"][0]["document_id"] == document_id


@pytest.mark.parametrize(("name", "status"), [("a.exe", 415), ("a", 415), (".txt", 422), ("x" * 250 + ".txt", 422)])
def test_file_that_cannot_be_read_is_refused_at_once(opened: Shelf, name: str, status: int) -> None:
    sent = client(opened).post(f"{API}/documents", files={"file": (name, b"text")})
    assert (sent.status_code, sent.headers["content-type"]) == (status, "application/problem+json")
    assert sent.json()["detail"][-1] == "."


def test_body_that_is_no_form_is_refused_with_what_to_send(opened: Shelf) -> None:
    sent = client(opened).post(f"{API}/documents", json={"file": "a.txt"})
    assert sent.status_code == 422
    assert "multipart/form-data" in sent.json()["detail"]


def test_upload_may_be_larger_than_a_question_but_not_without_bound(opened: Shelf) -> None:
    api = client(opened)
    text = (DATA / PLAN).read_text(encoding="utf-8") + " " * 2 * MAX_BODY
    assert upload(api, PLAN, text.encode())["outcomes"][0]["status"] == "added"
    refused = api.post(f"{API}/documents", content=b"", headers={"Content-Length": str(MAX_UPLOAD + 1)})
    assert refused.status_code == 413


def test_another_site_cannot_upload_or_delete(opened: Shelf) -> None:
    api = client(opened)
    foreign = {"Origin": "http://example.org"}
    assert api.post(f"{API}/documents", files={"file": ("a.txt", b"x")}, headers=foreign).status_code == 403
    assert api.delete(f"{API}/documents/a", headers=foreign).status_code == 403


def test_server_that_others_reach_takes_no_changes(opened: Shelf) -> None:
    api = client(opened, host="0.0.0.0")
    assert api.post(f"{API}/documents", files={"file": (YEARLY, b"x")}).status_code == 403
    assert api.delete(f"{API}/documents/a").status_code == 403


def test_unknown_job_is_said(opened: Shelf) -> None:
    assert client(opened).get(f"{API}/jobs/x").status_code == 404


class Held:
    """A pipeline that waits until it is told, then does or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self.go = threading.Event()
        self.error = error

    def ingest(
        self, paths: list[Path], *, origin: str | None = None, on_outcome: OnOutcome | None = None
    ) -> list[Outcome]:
        assert self.go.wait(20)
        if self.error:
            raise self.error
        return []


def test_library_that_is_being_filled_is_not_changed_otherwise(opened: Shelf) -> None:
    held = Held()
    jobs = Jobs(held)
    api = client(opened, jobs)
    job_id = api.post(f"{API}/documents", files={"file": (YEARLY, b"x")}).json()["job_id"]
    assert api.get(f"{API}/jobs/{job_id}").json()["state"] in ("queued", "running")
    assert api.delete(f"{API}/documents/a").status_code == 409
    held.go.set()
    assert finished(api, job_id)["state"] == "done"


def test_failure_of_the_whole_job_is_said_in_a_sentence(opened: Shelf) -> None:
    held = Held(OSError("no space left"))
    held.go.set()
    api = client(opened, Jobs(held))
    job = finished(api, api.post(f"{API}/documents", files={"file": (YEARLY, b"x")}).json()["job_id"])
    assert job["state"] == "failed"
    assert job["reason"].startswith("Máy chủ không đọc hoặc ghi được dữ liệu")
