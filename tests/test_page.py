"""The chat page in a real browser, over a real server on loopback."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fakes import answered, fake_parts, real_parts, report, serving
from fastapi.testclient import TestClient

from assistant.schema import Answer, Question, new_answer_id
from ui.api import create_app
from ui.page import MAX_EXAMPLES, example_questions, passages, turn, vietnamese_html

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"

# Gradio sets an option that pandas 3 will drop.
pytestmark = pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated")

# English that Gradio shows or says to screen readers unless it is replaced.
ENGLISH = re.compile(
    r"\b(?:submit|clear|copy|share|retry|undo|like|dislike|loading|textbox|chatbot|message|type a|settings|"
    r"use via api|built with|gradio|error|new chat|stop|edit|send|scroll)\b",
    re.IGNORECASE,
)


# Without a browser


def test_a_turn_asks_with_the_conversation_as_history() -> None:
    parts = fake_parts(report())
    first = turn(parts, "Kon Tum thì sao?", [])
    failed: dict[str, Any] = {"question": "lỗi", "answer": None, "html": "", "suggestions": []}
    turn(parts, "Còn Hà Tĩnh?", [first, failed])
    history = parts.assistant.asked[-1].history
    assert [one.role for one in history] == ["user", "assistant"]
    assert history[0].content == "Kon Tum thì sao?"


def test_a_turn_sends_no_more_history_than_is_taken() -> None:
    parts = fake_parts(report())
    talk = [turn(parts, f"Câu {n}?", []) for n in range(30)]
    turn(parts, "Nữa?", talk)
    assert len(parts.assistant.asked[-1].history) == 20
    assert parts.assistant.asked[-1].history[0].role == "user"


@pytest.mark.parametrize("question", ["a" * 5_000, "đĩa"])
def test_a_turn_that_fails_is_a_sentence_and_never_an_answer(question: str) -> None:
    def fails(_: Question) -> Answer:
        raise OSError("secret")

    failed = turn(fake_parts(report(), reply=fails), question, [])
    assert failed["answer"] is None
    assert 'role="alert"' in failed["html"]
    assert "secret" not in failed["html"]


def test_passages_are_the_chunks_that_hold_the_quotes() -> None:
    document = report()
    found = passages(fake_parts(document), answered("Hỏi?", document))
    assert found == {1: document.chunks[1].body}


def test_passages_leave_out_what_no_chunk_holds() -> None:
    document = report()
    answer = answered("Hỏi?", document)
    elsewhere = replace(answer.citations[0], spans=((0, len(document.text)),))
    assert passages(fake_parts(document), replace(answer, citations=(elsewhere,))) == {}


def test_example_questions_are_answered_by_this_library() -> None:
    def reply(question: Question) -> Answer:
        found = answered(question.text, report())
        return found if "trễ hạn" in question.text else replace(found, status="not_found")

    parts = fake_parts(report(), replace(report("001"), place="Hà Tĩnh", issuer="Sở Y tế tỉnh Hà Tĩnh"), reply=reply)
    assert example_questions(parts, parts.library.documents()) == [
        "Năm 2022, Sở Y tế tỉnh Kon Tum có bao nhiêu hồ sơ trễ hạn?",
        "Năm 2022, Sở Y tế tỉnh Hà Tĩnh có bao nhiêu hồ sơ trễ hạn?",
    ]
    assert {question.mode for question in parts.assistant.asked} == {"extractive"}


def test_example_questions_are_few_and_none_for_an_empty_library() -> None:
    assert example_questions(fake_parts(), []) == []
    documents = [replace(report(f"{n}"), place=f"Nơi {n}") for n in range(9)]
    assert len(example_questions(fake_parts(*documents), documents)) == MAX_EXAMPLES


def test_example_questions_give_up_after_a_few_tries() -> None:
    documents = [replace(report(f"{n}"), place=f"Nơi {n}") for n in range(99)]
    parts = fake_parts(*documents, reply=lambda question: Answer(question.text, "not_found", "Không nêu."))
    assert example_questions(parts, documents) == []
    assert len(parts.assistant.asked) < 30


def test_the_front_page_is_vietnamese_and_names_no_other_site() -> None:
    api = TestClient(create_app(fake_parts(report())), base_url="http://localhost")
    page = api.get("/", headers={"accept-encoding": "br, gzip"}).text
    assert re.search(r'<html\s+lang="vi"', page)
    head = page.partition("window.gradio_config")[0]
    assert "http" not in head
    assert "<title>Trợ lý cải cách hành chính</title>" in head
    assert not re.search(r"fonts\.(?:googleapis|gstatic)\.com", page + api.get("/theme.css").text)


@pytest.mark.parametrize(
    "path",
    ["upload", "proxy=http://127.0.0.1/", "file=/etc/passwd", "runs", "info", "openapi.json", "vibe-edit", "call/ask"],
)
def test_the_paths_of_gradio_that_the_page_does_not_need_are_closed(path: str) -> None:
    api = TestClient(create_app(fake_parts(report())), base_url="http://localhost")
    assert api.get(f"/gradio_api/{path}").status_code == 404
    assert api.post(f"/gradio_api/{path}").status_code == 404
    assert api.get("/monitoring").status_code == 404


def test_vietnamese_html_finds_what_it_replaces() -> None:
    import gradio

    template = Path(gradio.__file__).with_name("templates") / "frontend" / "index.html"
    html = vietnamese_html(template.read_text(encoding="utf-8"))
    assert 'lang="vi"' in html and 'lang="en"' not in html
    assert "https://" not in html and "manifest.json" not in html


# In a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not Path(CHROMIUM).exists():
        pytest.skip("system package: chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    def reply(question: Question) -> Answer:
        if "đĩa" in question.text:
            raise OSError("secret")
        if "Lào Cai" in question.text:
            text = "Các tài liệu trong thư viện không nêu số bác sĩ của Lào Cai."
            return Answer(question.text, "not_found", text, answer_id=new_answer_id())
        return answered(question.text, report())

    with serving(create_app(fake_parts(report(), reply=reply))) as address:
        yield address


@pytest.fixture(params=[(1366, 768), (360, 740)], ids=["office", "phone"])
def page(browser: Any, address: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The opened page; at the end, nothing but the local server was asked and the browser complained of nothing."""
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, locale="fr-FR")
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    page.wait_for_selector(".cchc-library")
    yield page
    context.close()
    hosts = {urlsplit(url).netloc for url in asked if urlsplit(url).scheme not in ("data", "blob")}
    assert hosts == {urlsplit(address).netloc}
    assert not complaints


def ask(page: Any, question: str) -> None:
    """Asks and waits for the answer below it."""
    answers = page.locator(".cchc-answer").count()
    page.fill("#cchc-question textarea", question)
    page.keyboard.press("Enter")
    page.locator(".cchc-answer").nth(answers).wait_for()


def seen(page: Any) -> str:
    """All that can be read on the page or is said to a screen reader."""
    labels = page.evaluate(
        """() => [...document.querySelectorAll("body *")].flatMap(part =>
             ["aria-label", "title", "placeholder", "alt"].map(name => part.getAttribute(name) || ""))"""
    )
    return "\n".join([page.inner_text("body"), page.title(), *labels])


def test_a_question_is_answered_and_its_citation_opens_at_the_marked_quote(page: Any) -> None:
    ask(page, "Năm 2022 Sở Y tế Kon Tum có bao nhiêu hồ sơ trễ hạn?")
    assert "3 hồ sơ" in page.inner_text(".cchc-text")
    assert "3 + 0 = 3" in page.inner_text(".cchc-computation")
    assert not page.locator(".cchc-passage").is_visible()
    page.click(".cchc-text a.cchc-marker >> nth=0")
    page.wait_for_selector(".cchc-passage mark")
    assert page.locator(".cchc-passage mark").all_inner_texts() == ["trễ hạn", "03 trường hợp¹"]
    assert "Theo Cổng dịch vụ công của tỉnh" in page.inner_text(".cchc-notes")
    assert "II. KẾT QUẢ" in page.inner_text(".cchc-path")
    link = page.get_attribute(".cchc-origin a", "href")
    assert link == "/api/v1/documents/000_thu/text"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("#cchc-question textarea").is_visible()


def test_what_is_asked_and_what_fails_is_shown_as_text(page: Any) -> None:
    ask(page, "<img src=x onerror=alert(1)> *đĩa* $$x$$")
    assert page.inner_text(".cchc-question") == "<img src=x onerror=alert(1)> *đĩa* $$x$$"
    assert "Chưa trả lời được." in page.inner_text(".cchc-error")
    assert "secret" not in page.content()
    ask(page, "Lào Cai có bao nhiêu bác sĩ?")
    assert page.locator(".cchc-not_found").count() == 1
    assert page.locator(".cchc-error").count() == 1


def test_examples_and_suggestions_are_asked_by_a_click(page: Any) -> None:
    page.click("#cchc-chat .example >> nth=0")
    page.wait_for_selector(".cchc-answer")
    page.click("text=Còn năm 2021 thì sao?")
    page.locator(".cchc-answer").nth(1).wait_for()
    assert page.locator(".cchc-question").all_inner_texts()[1] == "Còn năm 2021 thì sao?"
    page.click("#cchc-again")
    page.wait_for_selector("#cchc-chat .example")
    assert page.locator(".cchc-answer").count() == 0


def test_the_page_is_vietnamese_throughout(page: Any) -> None:
    assert "Thư viện có 1 tài liệu" in seen(page)
    ask(page, "Có bao nhiêu hồ sơ trễ hạn?")
    page.click(".cchc-source summary >> nth=0")
    assert page.evaluate("document.documentElement.lang") == "vi"
    text = seen(page).replace('<script>alert("x")</script>', "")
    assert not ENGLISH.findall(text)


def test_the_keyboard_is_enough(page: Any) -> None:
    page.focus("#cchc-question textarea")
    page.keyboard.type("Có bao nhiêu hồ sơ trễ hạn?")
    page.keyboard.press("Enter")
    page.wait_for_selector(".cchc-answer")
    page.focus(".cchc-text a.cchc-marker >> nth=0")
    page.keyboard.press("Enter")
    page.wait_for_selector(".cchc-passage mark")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_the_samples_answer_in_the_page_with_the_right_passage(
    browser: Any, samples: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    library = tmp_path_factory.mktemp("library")
    with real_parts(library, *samples.glob("000_*")) as parts, serving(create_app(parts)) as address:
        page = browser.new_page()
        page.goto(address)
        page.wait_for_selector("#cchc-chat .example")
        ask(page, "Năm 2022 Sở Y tế Kon Tum có bao nhiêu hồ sơ trễ hạn?")
        assert "9" in page.inner_text(".cchc-text strong >> nth=0")
        assert page.inner_text(".cchc-computation code") == "1 + 1 + 4 + 3 + 0 = 9"
        assert page.locator("details.cchc-source").count() == 5
        page.click(".cchc-text a.cchc-marker >> nth=0")
        assert "trễ hạn 01" in page.inner_text("details[open] .cchc-passage mark")
        page.close()
