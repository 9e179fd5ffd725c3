import csv
import io
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from fakes import answered, fake_parts, real_parts, report, serving
from fastapi.testclient import TestClient
from workbench import DATA, YEARLY

from assistant.schema import Answer, Question
from ui.api import API, MAX_BODY, allowed_hosts, create_app, host_name
from vectorstore.records import Filters


def client(parts: Any, **more: Any) -> TestClient:
    return TestClient(create_app(parts, page=False), base_url="http://127.0.0.1:8000", **more)


@pytest.fixture
def parts() -> Any:
    return fake_parts(report())


@pytest.fixture
def api(parts: Any) -> TestClient:
    return client(parts)


def problem(response: Any, status: int) -> dict[str, Any]:
    """The body of an RFC 9457 problem of this status, with a sentence in it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["detail"][-1] in ".;" and len(body["detail"]) > 15
    assert "Traceback" not in response.text
    return body


# Asking


def test_ask_gives_the_answer_object(api: TestClient) -> None:
    found = api.post(f"{API}/ask", json={"question": "Có bao nhiêu hồ sơ trễ hạn?"}).json()
    assert list(found)[:5] == ["answer_id", "question", "understood", "status", "answer"]
    assert found["citations"][0]["document_id"] == "000_thu"


def test_ask_hands_on_history_filters_and_mode(api: TestClient, parts: Any) -> None:
    body = {
        "question": unicodedata.normalize("NFD", "Còn Hà Tĩnh?"),
        "history": ["Kon Tum thì sao?", {"role": "assistant", "content": "9 [1]."}],
        "filters": {"places": ["tỉnh Kon Tum"], "years": [2022], "document_types": ["Báo cáo"], "document_ids": ["a"]},
        "mode": "extractive",
        "id": "an evaluation's own field",
    }
    assert api.post(f"{API}/ask", json=body).status_code == 200
    (asked,) = parts.assistant.asked
    assert asked.text == "Còn Hà Tĩnh?"
    assert [(turn.role, turn.content) for turn in asked.history] == [
        ("user", "Kon Tum thì sao?"),
        ("assistant", "9 [1]."),
    ]
    assert asked.filters == Filters(("Kon Tum",), (2022,), ("Báo cáo",), ("a",))
    assert asked.mode == "extractive"


def test_ask_streams_the_finished_answer_as_events(api: TestClient) -> None:
    response = api.post(f"{API}/ask", json={"question": "Hỏi?", "stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    events = [block.split("\n", 1) for block in response.text.strip().split("\n\n")]
    names = [name.removeprefix("event: ") for name, _ in events]
    data = [json.loads(line.removeprefix("data: ")) for _, line in events]
    assert names[-3:] == ["citation", "notice", "answer"]
    assert set(names[:-3]) == {"sentence"}
    assert "".join(one["text"] for one in data[:-3]) == data[-1]["answer"]


def test_a_stream_that_fails_before_its_first_word_is_a_plain_problem() -> None:
    def fails(_: Question) -> Answer:
        raise OSError("disk")

    problem(
        client(fake_parts(report(), reply=fails)).post(f"{API}/ask", json={"question": "Hỏi?", "stream": True}), 503
    )


def test_a_stream_that_fails_later_says_so_as_an_event(parts: Any) -> None:
    def breaks(question: Question) -> Iterator[Answer]:
        yield answered(question.text, report())
        raise RuntimeError("secret")

    parts.assistant.stream = breaks
    text = client(parts).post(f"{API}/ask", json={"question": "Hỏi?", "stream": True}).text
    names = [line.removeprefix("event: ") for line in text.splitlines() if line.startswith("event: ")]
    assert names[0] == "sentence" and names[-1] == "error" and "answer" not in names
    assert "secret" not in text


def test_sentences_are_sent_as_the_answer_grows(parts: Any) -> None:
    whole = answered("Hỏi?", report())
    grown = ["Một câu [1].", "Một câu [1]. Hai câu [1].", "Một câu [1]. Hai câu [1].\nDòng sau [1]."]

    def grows(question: Question) -> Iterator[Answer]:
        yield from (replace(whole, answer=text) for text in grown)

    parts.assistant.stream = grows
    text = client(parts).post(f"{API}/ask", json={"question": "Hỏi?", "stream": True}).text
    blocks = [block.split("\n", 1) for block in text.strip().split("\n\n")]
    said = [json.loads(data.removeprefix("data: ")) for name, data in blocks if name == "event: sentence"]
    assert [one["text"] for one in said] == ["Một câu [1].", " Hai câu [1].", "\nDòng sau [1]."]
    assert [name for name, _ in blocks].count("event: citation") == len(whole.citations)


# What is refused


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "“question” còn thiếu"),
        ({"question": 5}, "“question” phải là chuỗi"),
        ({"question": "   "}, "đang trống"),
        ({"question": "a" * 10_000}, "10000 ký tự"),
        ({"question": "a", "history": [{"role": "system", "content": "x"}]}, "mỗi lượt phải là"),
        ({"question": "a", "history": ["b"] * 21}, "21 lượt"),
        ({"question": "a", "filters": {"place": ["x"]}}, "không có bộ lọc tên này"),
        ({"question": "a", "filters": {"years": ["x"]}}, "“filters.years” phải là số nguyên"),
        ({"question": "a", "mode": "magic"}, "'auto', 'extractive' hoặc 'generative'"),
        ([], "phải là một đối tượng JSON"),
    ],
)
def test_ask_refuses_what_is_wrong_in_what_it_says(api: TestClient, body: object, said: str) -> None:
    assert said in problem(api.post(f"{API}/ask", json=body), 422)["detail"]


def test_a_lone_surrogate_is_refused(api: TestClient) -> None:
    headers = {"content-type": "application/json"}
    problem(api.post(f"{API}/ask", content=b'{"question": "\\ud800"}', headers=headers), 422)
    problem(api.post(f"{API}/ask", content=b'{"question": "a", "history": ["\\ud800"]}', headers=headers), 422)


@pytest.mark.parametrize("content", [b"", b"{", b'{"question": "a"', b"\xff\xfe\xfd", b"[" * 50_000, b"9" * 6_000])
def test_a_body_that_cannot_be_parsed_is_refused(api: TestClient, content: bytes) -> None:
    response = api.post(f"{API}/ask", content=content, headers={"content-type": "application/json"})
    assert response.status_code == (422 if not content else 400)
    problem(response, response.status_code)


def test_another_content_type_is_refused(api: TestClient) -> None:
    problem(api.post(f"{API}/ask", content='{"question": "a"}', headers={"content-type": "text/plain"}), 415)
    problem(api.post(f"{API}/ask", data={"question": "a"}), 415)


def test_a_body_over_the_limit_is_refused_with_and_without_its_length(api: TestClient) -> None:
    big = b'{"question": "' + b"a" * MAX_BODY + b'"}'
    headers = {"content-type": "application/json"}
    problem(api.post(f"{API}/ask", content=big, headers=headers), 413)
    problem(api.post(f"{API}/ask", content=iter([big[: MAX_BODY // 2], big[MAX_BODY // 2 :]]), headers=headers), 413)


@pytest.mark.parametrize("page", [False, True])
def test_unknown_paths_and_methods_are_problems(parts: Any, page: bool) -> None:
    api = TestClient(create_app(parts, page=page), base_url="http://localhost")
    for path in ("/nope", f"{API}/nope", f"{API}/documents/nope", f"{API}/documents/nope/text", "/gradio_api/upload"):
        problem(api.get(path), 404)
    response = api.get(f"{API}/ask")
    problem(response, 405)
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "[::2]"])
def test_a_foreign_host_is_refused(api: TestClient, host: str) -> None:
    problem(api.get("/health/live", headers={"host": host}), 400)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:9", "[::1]:8000", "cchc.syt.vn:80"])
def test_own_and_named_hosts_are_answered(host: str) -> None:
    api = client(fake_parts(report(), hosts=("CCHC.syt.vn",)))
    assert api.get("/health/live", headers={"host": host}).status_code == 200


def test_allowed_hosts_takes_the_bound_address_but_not_one_that_means_all() -> None:
    assert "10.1.2.3" in allowed_hosts("10.1.2.3", ())
    assert "[fd00::1]" in allowed_hosts("fd00::1", ())
    assert "0.0.0.0" not in allowed_hosts("0.0.0.0", ())
    assert host_name("[fd00::1]:80") == "[fd00::1]"


def test_a_write_from_another_origin_is_refused(api: TestClient) -> None:
    for origin in (
        "http://evil.example",
        "null",
        "http://127.0.0.1:8001",
        "file://",
        "http://127.0.0.1:8000.evil.example",
    ):
        problem(api.post(f"{API}/ask", json={"question": "a"}, headers={"origin": origin}), 403)
    problem(api.post(f"{API}/ask", json={"question": "a"}, headers={"sec-fetch-site": "cross-site"}), 403)


def test_a_write_from_the_own_origin_is_taken(api: TestClient) -> None:
    headers = {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"}
    assert api.post(f"{API}/ask", json={"question": "a"}, headers=headers).status_code == 200


def test_page_events_from_another_origin_are_refused(parts: Any) -> None:
    api = TestClient(create_app(parts), base_url="http://localhost")
    for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
        problem(api.post("/gradio_api/queue/join", json={}, headers=headers), 403)
        problem(api.get("/gradio_api/queue/data?session_hash=x", headers=headers), 403)


# What fails


def test_a_failure_of_disk_or_model_is_503_and_tells_no_path() -> None:
    def fails(_: Question) -> Answer:
        raise PermissionError(13, "denied", "/secret/place")

    response = client(fake_parts(report(), reply=fails)).post(f"{API}/ask", json={"question": "Hỏi?"})
    body = problem(response, 503)
    assert response.headers["retry-after"]
    assert "/secret" not in str(body)


def test_a_mistake_of_the_program_is_500_with_a_code_and_never_looks_like_not_found() -> None:
    def fails(_: Question) -> Answer:
        raise ZeroDivisionError("secret")

    body = problem(client(fake_parts(report(), reply=fails)).post(f"{API}/ask", json={"question": "Hỏi?"}), 500)
    assert "Mã lỗi" in body["detail"]
    assert "secret" not in str(body)
    assert "not_found" not in str(body)


# Searching, documents, health


def test_search_gives_passages(api: TestClient, parts: Any) -> None:
    found = api.post(f"{API}/search", json={"query": "trễ hạn", "k": 2}).json()["passages"]
    assert found[1]["text"].startswith("Lĩnh vực Dược phẩm")
    assert found[1]["footnotes"][0]["marker"] == "1"
    assert parts.finder.asked == [("trễ hạn", 2, Filters())]


@pytest.mark.parametrize(
    "body", [{"query": ""}, {"query": "a", "k": 0}, {"query": "a", "k": 51}, {"query": "a" * 5_000}]
)
def test_search_refuses_what_is_wrong(api: TestClient, body: object) -> None:
    problem(api.post(f"{API}/search", json=body), 422)


def test_documents_are_listed_and_given(api: TestClient) -> None:
    (listed,) = api.get(f"{API}/documents").json()
    assert listed == api.get(f"{API}/documents/000_thu").json()
    assert listed["counts"]["footnotes"] == 1


def test_the_text_is_what_the_offsets_count(api: TestClient) -> None:
    response = api.get(f"{API}/documents/000_thu/text")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.text == report().text
    citation = api.post(f"{API}/ask", json={"question": "Hỏi?"}).json()["citations"][0]
    pieces = [" ".join(response.text[a:b].split()) for a, b in citation["spans"]]
    assert " […] ".join(pieces) == citation["quote"]


def test_a_document_is_found_by_an_id_with_diacritics_in_either_form() -> None:
    api = client(fake_parts(report("báo cáo 1")))
    for form in ("NFC", "NFD"):
        assert api.get(f"{API}/documents/{unicodedata.normalize(form, 'báo cáo 1')}").status_code == 200


def test_the_outline_has_sections_with_chunks(api: TestClient) -> None:
    sections = api.get(f"{API}/documents/000_thu/outline").json()["sections"]
    assert sections[-1]["path"] == ["II. KẾT QUẢ", "1. Giải quyết hồ sơ"]


def test_the_file_comes_as_an_attachment_only() -> None:
    response = client(fake_parts(report('báo "cáo"'))).get(f'{API}/documents/báo "cáo"/file')
    assert response.headers["content-disposition"] == "attachment; filename*=UTF-8''b%C3%A1o%20%22c%C3%A1o%22.txt"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in response.headers["content-security-policy"]


def test_ready_only_when_library_vectors_words_and_model_answer(parts: Any) -> None:
    api = client(parts)
    assert api.get("/health/ready").json()["checks"] == dict.fromkeys(
        ("library", "vectors", "word_index", "model"), "ok"
    )
    parts.finder.error = OSError("model")
    body = problem(api.get("/health/ready"), 503)
    assert body["checks"]["library"] == "ok"
    assert body["checks"]["model"] != "ok"
    assert api.get("/health/live").status_code == 200


def test_every_answer_has_the_security_headers(api: TestClient) -> None:
    for response in (api.get("/health/live"), api.get("/nope"), api.get("/", headers={"host": "evil.example"})):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'self'" in response.headers["content-security-policy"]
        assert response.headers["referrer-policy"] == "same-origin"


def test_docs_come_from_this_server_alone(api: TestClient) -> None:
    page = api.get("/docs").text
    assert 'lang="vi"' in page
    assert "<script" not in page and "http" not in page.replace("http://127.0.0.1:8000", "")
    for path in api.get("/openapi.json").json()["paths"]:
        assert path in page


def test_openapi_examples_run(api: TestClient) -> None:
    description = api.get("/openapi.json").json()
    for path, name in ((f"{API}/ask", "AskBody"), (f"{API}/search", "SearchBody")):
        for example in description["components"]["schemas"][name]["examples"]:
            assert api.post(path, json=example).status_code == 200


# A real server


def test_a_real_server_answers_streams_and_refuses(parts: Any) -> None:
    with serving(create_app(parts)) as address, httpx.Client(base_url=address, trust_env=False) as api:
        assert api.get("/health/ready").json()["status"] == "ready"
        assert api.post(f"{API}/ask", json={"question": "Hỏi?"}).json()["status"] == "answered"
        with api.stream("POST", f"{API}/ask", json={"question": "Hỏi?", "stream": True}) as response:
            assert list(response.iter_lines())[-3].startswith("event: answer")
        problem(api.get("/", headers={"host": "evil.example"}), 400)
        assert 'lang="vi"' in api.get("/").text


def test_a_real_server_answers_from_a_real_library(samples: Path, tmp_path: Path) -> None:
    with (
        real_parts(tmp_path, *samples.glob("003_*")) as real,
        serving(create_app(real, page=False)) as address,
        httpx.Client(base_url=f"{address}{API}", trust_env=False, timeout=60) as api,
    ):
        assert api.get(f"{address}/health/ready").json()["status"] == "ready"
        (document,) = api.get("/documents").json()
        own = f"/documents/{document['document_id']}"
        assert document["status"] == "digest" and document["counts"]["chunks"] > 10
        found = api.post("/ask", json={"question": "Báo cáo số 124/BC-SYT được ban hành ngày nào?"}).json()
        assert found["status"] == "answered" and "14" in found["answer"]
        text = api.get(f"{own}/text").text
        for citation in found["citations"]:
            pieces = [" ".join(text[a:b].split()) for a, b in citation["spans"]]
            assert " […] ".join(pieces) == citation["quote"]
        (passage, *_) = api.post("/search", json={"query": "hồ sơ trễ hạn", "k": 3}).json()["passages"]
        assert " ".join(text[passage["start"] : passage["end"]].split())[:20] == passage["text"][:20]
        assert api.get(f"{own}/file").content
        sections = api.get(f"{own}/outline").json()["sections"]
        assert sum(len(section["chunks"]) for section in sections) == document["counts"]["chunks"]


# The ledger of figures and the notices, from a real library over a real server

CONTRADICTING = """UBND TỈNH VĨNH SƠN
SỞ NỘI VỤ

Số: 77/BC-SNV
Vĩnh Sơn, ngày 20 tháng 12 năm 2022

BÁO CÁO
Kết quả cải cách hành chính năm 2022

I. KẾT QUẢ

1. Đạo đức công vụ

Sở đã ban hành 03 Kế hoạch¹ về cải cách hành chính; tỷ lệ hài lòng đạt 87,5%.

- =SUM(A1:A9) là cách viết của 41 phiếu khảo sát không hợp lệ.

2. Hồ sơ

Trong năm đã tiếp nhận 1.230 hồ sơ, trong đó trực tuyến 430 hồ sơ.

¹ - Kế hoạch số 11/KH-SNV ngày 04/01/2022; - Kế hoạch số 12/KH-SNV ngày 09/02/2022.
"""
"""A report of a province that does not exist: an announced count against what its footnote lists, and a line that a
spreadsheet would take for a formula."""


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server over a library of two reports that state figures."""
    folder = tmp_path_factory.mktemp("so-lieu")
    (folder / "vinh_son.txt").write_text(CONTRADICTING, encoding="utf-8")
    with (
        real_parts(folder / "data", folder / "vinh_son.txt", DATA / YEARLY) as real,
        serving(create_app(real, page=False)) as address,
        httpx.Client(base_url=f"{address}{API}", trust_env=False, timeout=60) as api,
    ):
        yield api


def test_figures_are_given_with_their_source(ledger: httpx.Client) -> None:
    found = ledger.get("/figures", params={"indicator": "ho so", "document_id": "vinh_son"}).json()
    first = found["figures"][0]
    assert found["total"] == len(found["figures"])
    assert (first["value"], first["text"], first["unit"]) == (1230, "1.230", "hồ sơ")
    assert (first["nature"], first["document_id"], first["document_number"]) == ("result", "vinh_son", "77/BC-SNV")
    assert first["source"] == "vinh_son.txt" and first["section"] == ["I. KẾT QUẢ", "2. Hồ sơ"]
    assert first.keys() >= {"breakdown", "bound", "place", "period", "body", "ratio", "part_of", "footnote", "ordinal"}
    text = ledger.get("/documents/vinh_son/text").text
    assert text[first["start"] : first["end"]] == "1.230"
    assert " […] ".join(" ".join(text[a:b].split()) for a, b in first["spans"]) == first["quote"]
    (share,) = ledger.get("/figures", params={"indicator": "%", "document_id": "vinh_son"}).json()["figures"]
    assert share["value"] == 87.5


def test_figures_are_filtered_counted_and_given_page_by_page(ledger: httpx.Client) -> None:
    everything = ledger.get("/figures").json()
    assert everything["total"] == len(everything["figures"]) > 6
    assert {figure["document_id"] for figure in everything["figures"]} == {"vinh_son", "bao_cao_nam"}
    page = ledger.get("/figures", params={"limit": 2, "offset": 3}).json()
    assert (page["figures"], page["total"]) == (everything["figures"][3:5], everything["total"])
    of_place = ledger.get("/figures", params={"place": "tỉnh Thanh Lâm"}).json()
    assert of_place["total"] and {figure["place"] for figure in of_place["figures"]} == {"Thanh Lâm"}
    by_year = ledger.get("/figures", params={"year": [1999, 2022], "nature": "result"}).json()
    assert 0 < by_year["total"] < everything["total"]
    assert ledger.get("/figures", params={"year": 1999}).json() == {"figures": [], "total": 0}
    blank = ledger.get("/figures?place=&year=&indicator=&document_id=&nature=&limit=&offset=&format=").json()
    assert blank == everything


def test_figures_as_csv_for_excel(ledger: httpx.Client) -> None:
    response = ledger.get("/figures", params={"document_id": "vinh_son", "format": "csv"})
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="so-lieu.csv"'
    assert response.content.startswith(b"\xef\xbb\xbf")
    heads, *rows = csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline=""))
    assert heads[:5] == ["Chỉ tiêu", "Phân theo", "Giá trị", "Như in", "Đơn vị"]
    by_text = {row[3]: dict(zip(heads, row, strict=True)) for row in rows}
    assert by_text["87,5"]["Giá trị"] == "87.5"
    assert by_text["1.230"]["Giá trị"] == "1230"
    assert by_text["1.230"]["Mã tài liệu"] == "vinh_son"
    assert by_text["41"]["Nguyên văn"].startswith(("'- =SUM", "'=SUM"))
    assert all(cell[:1] not in ("=", "+", "-", "@") for row in rows for cell in row)
    assert len(rows) == ledger.get("/figures", params={"document_id": "vinh_son"}).json()["total"]


def test_figures_as_a_workbook(ledger: httpx.Client) -> None:
    response = ledger.get("/figures", params={"document_id": "vinh_son", "format": "xlsx"})
    assert response.headers["content-type"].endswith("spreadsheetml.sheet")
    assert response.headers["content-disposition"] == 'attachment; filename="so-lieu.xlsx"'
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
    assert sheet.title == "Sổ số liệu" and sheet.freeze_panes == "A2"
    heads, *rows = sheet.iter_rows(values_only=True)
    by_text = {row[3]: dict(zip(heads, row, strict=True)) for row in rows}
    assert by_text["87,5"]["Giá trị"] == 87.5
    assert by_text["1.230"]["Giá trị"] == 1230
    assert by_text["41"]["Nguyên văn"].startswith(("- =SUM", "=SUM"))
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}  # no formula
    assert len(rows) == ledger.get("/figures", params={"document_id": "vinh_son"}).json()["total"]


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("year=hai", 422, "phải là số nguyên"),
        ("year=1", 422, "phải từ 1900 trở lên"),
        ("limit=0", 422, "“limit” phải từ 1 trở lên"),
        ("limit=9999999", 422, "“limit” phải không quá 20000"),
        ("offset=-1", 422, "“offset” phải từ 0 trở lên"),
        ("nature=magic", 422, "“nature” phải là một trong: 'result' hoặc 'target'"),
        ("format=pdf", 422, "“format” phải là một trong"),
        ("places=Vĩnh Sơn", 422, "“places” không có tham số tên này"),
        (f"indicator={'a' * 201}", 422, "“indicator” dài quá 200 ký tự"),
        ("document_id=kh%C3%B4ng", 404, "Không có tài liệu mã “không”"),
    ],
)
def test_figures_refuse_what_is_wrong_in_a_sentence(ledger: httpx.Client, query: str, status: int, said: str) -> None:
    assert said in problem(ledger.get(f"/figures?{query}"), status)["detail"]


def test_file_of_too_many_figures_is_refused_and_parts_of_it_are_given(
    ledger: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.api.MAX_FIGURES", 3)
    assert "quá nhiều cho một tệp" in problem(ledger.get("/figures?format=csv"), 422)["detail"]
    assert ledger.get("/figures?format=csv&limit=3").status_code == 200


def test_notices_have_the_citations_of_answers(ledger: httpx.Client) -> None:
    (notice,) = ledger.get("/documents/vinh_son/notices").json()["notices"]
    assert notice["kind"] == "source_conflict"
    assert "03 Kế hoạch" in notice["message"] and "liệt kê 2" in notice["message"]
    (citation,) = notice["citations"]
    assert citation["cited_as"] == "Báo cáo số 77/BC-SNV ngày 20/12/2022 của Sở Nội vụ Vĩnh Sơn, mục I.1"
    assert citation["quote"].startswith("Sở đã ban hành 03 Kế hoạch") and citation["verified"]
    assert [note["marker"] for note in citation["footnotes"]] == ["1"]
    text = ledger.get("/documents/vinh_son/text").text
    assert " […] ".join(" ".join(text[a:b].split()) for a, b in citation["spans"]) == citation["quote"]
    assert ledger.get("/documents/vinh_son").json()["counts"]["notices"] == 1
    assert "Không có tài liệu mã “không”" in problem(ledger.get("/documents/không/notices"), 404)["detail"]


def test_docs_describe_the_parameters_of_figures(api: TestClient) -> None:
    page = api.get("/docs").text
    assert "<code>indicator</code>" in page and "Những chữ đều có trong chỉ tiêu" in page
    (described,) = (v for k, v in api.get("/openapi.json").json()["paths"].items() if k == f"{API}/figures")
    assert all(one["description"] for one in described["get"]["parameters"])
    assert {"place", "year", "indicator", "document_id", "nature", "limit", "offset", "format"} == {
        one["name"] for one in described["get"]["parameters"]
    }
