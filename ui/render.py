"""An `Answer`, a document and a failure as people read them: HTML cards for the page, plain text for the terminal.

Everything that comes from documents or users is escaped here, and nowhere else. Nothing here reads the library or
knows of a web framework: who has a citation's passage hands it in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote as url_quote

from assistant.schema import Answer, Citation, Notice, NoticeKind, cited_notes
from vectorstore import periods
from vectorstore.records import INTERRUPTION, Chunk, Document, Excerpt, Section, Span

NOTICE_TITLES: Mapping[NoticeKind, str] = {
    "source_conflict": "Các nguồn không khớp nhau",
    "source_error": "Nguồn có chỗ đáng ngờ",
    "scope": "Phạm vi trả lời",
    "superseded": "Văn bản đã được thay thế",
    "ocr_low": "Bản quét khó đọc, cần đối chiếu",
    "instruction_in_document": "Tài liệu chứa câu ra lệnh cho máy; trợ lý không làm theo",
    "unverified": "Đã bỏ phần không kiểm chứng được",
    "fallback": "Không dùng được mô hình ngôn ngữ",
}

STATUS_WORDS: Mapping[str, str] = {
    "current": "đang dùng",
    "superseded": "đã được thay thế",
    "digest": "bản tóm lược mẫu",
}

_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_MARKER = re.compile(r"\[(\d{1,3})\]")
_SPACE = re.compile(r"\s+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # a document must not be able to steer a terminal


# --- failures ---------------------------------------------------------------------------------------------------

_BROKEN = "Hệ thống gặp lỗi ngoài dự kiến; hãy thử lại, nếu vẫn lỗi thì báo người quản trị."

# By name of the class, so that finding a sentence imports neither the vector store nor the model.
_FAILURES: Mapping[str, str] = {
    "OtherModel": (
        "Kho véc-tơ được tạo bằng một mô hình khác với mô hình đang cài đặt; hãy đặt lại CCHC_EMBEDDING_MODEL, "
        "hoặc làm lại véc-tơ bằng “cchc reindex” rồi khởi động lại."
    ),
    "StoreError": "Không mở được kho véc-tơ; hãy chạy “cchc doctor” để xem nguyên nhân.",
    "LibraryError": "Không mở được thư viện tài liệu; hãy chạy “cchc doctor” để xem nguyên nhân.",
    "LexicalError": "Không mở được chỉ mục từ; hãy chạy “cchc doctor” để xem nguyên nhân.",
    "ModelUnavailable": "Không nạp được mô hình tìm kiếm; hãy kiểm tra CCHC_EMBEDDING_MODEL rồi khởi động lại.",
    "CannotAdapt": "Chưa luyện thêm được mô hình theo thư viện này; hãy nạp thêm tài liệu rồi làm lại.",
    "HalfBuilt": "Thư mục để đo còn dở; hãy xoá thư mục đó rồi đo lại.",
    "MemoryError": "Máy chủ hết bộ nhớ; hãy thử lại sau ít phút.",
    "TimeoutError": "Việc này quá lâu nên đã dừng; hãy thử lại sau ít phút.",
    "OSError": "Máy chủ không đọc hoặc ghi được dữ liệu (đĩa đầy, thiếu quyền?); hãy báo người quản trị.",
}


def failure_sentence(error: Exception) -> str:
    """One Vietnamese sentence for what went wrong, with the next step and without paths or secrets."""
    return _known(error) or _BROKEN


def is_known_failure(error: Exception) -> bool:
    """Whether the failure is one that the settings, the disk or the model bring, not a mistake of the program."""
    return _known(error) is not None


def _known(error: Exception) -> str | None:
    names = (kind.__name__ for kind in type(error).__mro__)
    return next((_FAILURES[name] for name in names if name in _FAILURES), None)


def failure_html(sentence: str) -> str:
    return (
        '<div class="cchc-answer cchc-error" role="alert"><div class="cchc-text">'
        f"<p><strong>Chưa trả lời được.</strong> {escape(sentence)}</p></div></div>"
    )


# --- an answer on the page --------------------------------------------------------------------------------------


def answer_html(answer: Answer, passages: Mapping[int, Excerpt] | None = None) -> str:
    """The answer, its computation and notices, and a card for each citation. `passages` are the texts around the
    quotes, by marker; without one, a card shows the quote alone.

    One line without line breaks: a Markdown renderer takes it as one block of HTML and leaves it alone.
    """
    name = re.sub(r"\W", "", answer.answer_id) or "a"
    known = {citation.marker for citation in answer.citations}
    parts = [f'<div class="cchc-text">{_markdown(answer.answer, name, known)}</div>']
    if answer.computation:
        computation = _inline(answer.computation, name, known)
        parts.append(f'<p class="cchc-computation"><span>Phép tính</span> <code>{computation}</code></p>')
    parts += [_notice_html(notice, name, known) for notice in answer.notices]
    if answer.citations:
        cards = (_citation_html(c, (passages or {}).get(c.marker), name) for c in answer.citations)
        parts.append(
            f'<div class="cchc-sources"><p class="cchc-sources-title">Nguồn ({len(answer.citations)}), '
            f"bấm để xem đoạn trích</p>{''.join(cards)}</div>"
        )
    return _one_line(f'<div class="cchc-answer cchc-{answer.status}">{"".join(parts)}</div>')


def question_html(question: str) -> str:
    """A question as the asker wrote it: line breaks kept, nothing read as Markdown or HTML."""
    lines = "<br>".join(escape(line) for line in question.strip().splitlines())
    return _one_line(f'<div class="cchc-question">{lines}</div>')


def _markdown(text: str, name: str, known: set[int]) -> str:
    """The Markdown that answers use: paragraphs, lists with "- ", `**bold**`, markers."""
    html: list[str] = []
    in_list = False
    for line in text.splitlines():
        if not line.strip():
            continue
        is_item = line.lstrip().startswith("- ")
        if is_item != in_list:
            html.append("<ul>" if is_item else "</ul>")
            in_list = is_item
        content = _inline(line.lstrip()[2:] if is_item else line, name, known)
        html.append(f"<li>{content}</li>" if is_item else f"<p>{content}</p>")
    return "".join(html) + ("</ul>" if in_list else "")


def _inline(text: str, name: str, known: set[int]) -> str:
    html = _BOLD.sub(r"<strong>\1</strong>", escape(text.strip()))
    return _MARKER.sub(lambda m: _marker_html(int(m[1]), name) if int(m[1]) in known else m[0], html)


def _marker_html(marker: int, name: str) -> str:
    return f'<a class="cchc-marker" href="#nguon-{name}-{marker}" aria-label="Xem nguồn {marker}">[{marker}]</a>'


def _notice_html(notice: Notice, name: str, known: set[int]) -> str:
    message = _inline(notice.message, name, known)
    in_message = {int(number) for number in _MARKER.findall(notice.message)}
    more = "".join(" " + _marker_html(n, name) for n in notice.citations if n in known and n not in in_message)
    return (
        f'<div class="cchc-notice cchc-{notice.kind}" role="note">'
        f"<strong>{escape(NOTICE_TITLES[notice.kind])}.</strong> {message}{more}</div>"
    )


def _citation_html(citation: Citation, passage: Excerpt | None, name: str) -> str:
    parts = [f'<p class="cchc-path">{_path_html(citation.section)}</p>'] if citation.section else []
    if citation.heads:
        heads = "".join(f"<tr><th>{escape(head)}</th><td>{escape(cell)}</td></tr>" for head, cell in citation.heads)
        parts.append(f'<table class="cchc-heads"><tbody>{heads}</tbody></table>')
    parts.append(f'<blockquote class="cchc-passage">{_marked(citation, passage)}</blockquote>')
    if citation.footnotes:
        notes = "".join(f"<li><sup>{escape(n.marker)}</sup> {escape(n.text)}</li>" for n in citation.footnotes)
        parts.append(f'<div class="cchc-notes"><p>Chú thích</p><ul>{notes}</ul></div>')
    page = f" · trang {citation.page}" if citation.page is not None else ""
    unverified = "" if citation.verified else " · chưa kiểm chứng"
    parts.append(
        f'<p class="cchc-origin"><a href="{text_link(citation.document_id)}" target="_blank" rel="noopener">'
        f"Mở toàn văn</a> · tệp {escape(citation.source)}{page}{unverified}</p>"
    )
    return (
        f'<details class="cchc-source" id="nguon-{name}-{citation.marker}"><summary>'
        f'<span class="cchc-number">{citation.marker}</span> <span>{escape(citation.cited_as)}</span></summary>'
        f'<div class="cchc-card">{"".join(parts)}</div></details>'
    )


def _path_html(section: Sequence[str]) -> str:
    return ' <span aria-hidden="true">›</span> '.join(escape(heading) for heading in section)


def _marked(citation: Citation, passage: Excerpt | None) -> str:
    """The passage with the quote marked; the quote alone where the passage is unknown."""
    if passage is None or not passage:
        return f"<mark>{escape(citation.quote)}</mark>"
    pieces = []
    for (start, _), piece in zip(passage.spans, passage.pieces, strict=True):
        html = ""
        at = 0
        for a, b in _inside(citation.spans, start, len(piece)):
            html += _folded(piece[at:a]) + f"<mark>{_folded(piece[a:b])}</mark>"
            at = b
        pieces.append((html + _folded(piece[at:])).strip())
    return escape(INTERRUPTION).join(pieces)


def _inside(spans: Iterable[Span], start: int, length: int) -> list[Span]:
    """The spans that fall into the piece of the text that begins at `start`, counted from its beginning."""
    cut = ((max(a - start, 0), min(b - start, length)) for a, b in sorted(spans))
    return [(a, b) for a, b in cut if a < b]


def _folded(text: str) -> str:
    return escape(_SPACE.sub(" ", text))


def _one_line(html: str) -> str:
    return _SPACE.sub(" ", html)


def text_link(document_id: str) -> str:
    """Where the API serves the whole text of a document."""
    return f"/api/v1/documents/{url_quote(document_id, safe='')}/text"


# --- an answer in the terminal ----------------------------------------------------------------------------------


def answer_text(answer: Answer) -> str:
    """The answer, its computation and notices, and its numbered citations with their quotes, without mark-up."""
    blocks = [_BOLD.sub(r"\1", answer.answer.strip())]
    if answer.computation:
        blocks.append(f"Phép tính: {answer.computation}")
    for notice in answer.notices:
        in_message = {int(number) for number in _MARKER.findall(notice.message)}
        more = "".join(f" [{n}]" for n in notice.citations if n not in in_message)
        message = _BOLD.sub(r"\1", notice.message)
        blocks.append(f"{NOTICE_TITLES[notice.kind]}: {message}{more}")
    if answer.citations:
        blocks.append("\n".join(["Nguồn:", *map(citation_text, answer.citations)]))
    return printable("\n\n".join(blocks))


def citation_text(citation: Citation) -> str:
    """A citation with its quote and footnotes below it."""
    lines = [f"[{citation.marker}] {citation.cited_as}"]
    if citation.heads:
        lines.append("    " + " | ".join(f"{head}: {cell}" for head, cell in citation.heads))
    lines.append(f"    “{citation.quote}”")
    lines += [f"    Chú thích {note.marker}: {note.text}" for note in citation.footnotes]
    return "\n".join(lines)


# --- documents --------------------------------------------------------------------------------------------------


def document_title(document: Document) -> str:
    """A document in one line: "Báo cáo số 1987/BC-SYT của Sở Y tế tỉnh Hà Tĩnh: …"."""
    words = [document.type or "Tài liệu"]
    if document.number_is_blank:
        words.append(f"số …{(document.number or '').lstrip(' …._-')} (số để trống)")
    elif document.number:
        words.append(f"số {document.number}")
    if document.issuer:
        words.append(f"của {document.issuer}")
    line = " ".join(words)
    return f"{line}: {document.title}" if document.title else line


def document_row(document: Document) -> tuple[str, ...]:
    """A document as cells of a table; the heads are `DOCUMENT_HEADS`."""
    return (
        document.document_id,
        document.type or "",
        document.number or "",
        document.issuer or "",
        document.place or "",
        periods.say(document.period),
        document.title or "",
        STATUS_WORDS.get(document.status, document.status),
    )


DOCUMENT_HEADS = ("Mã", "Loại", "Số", "Cơ quan ban hành", "Địa bàn", "Kỳ", "Tên", "Tình trạng")


def document_facts(document: Document) -> list[tuple[str, str]]:
    """What is known of a document beside its title, as (name, value); what it does not say is left out."""
    role = f"({document.signer_title})" if document.signer_title else None
    said = [
        ("Mã", document.document_id),
        ("Tệp", document.source),
        ("Cũng là tệp", ", ".join(document.also_as)),
        ("Ngày ban hành", "/".join(reversed((document.issued_on or "").split("-")))),
        ("Địa bàn", document.place or ""),
        ("Kỳ", periods.say(document.period)),
        ("Người ký", " ".join(part for part in (document.signer, role) if part)),
        ("Tình trạng", STATUS_WORDS.get(document.status, document.status)),
        ("Được thay bằng", document.superseded_by or ""),
        ("Thay thế văn bản số", ", ".join(document.replaces)),
        ("Liên quan", ", ".join(document.related)),
        ("Nhận dạng từ ảnh", ", ".join(f"trang {page}: {percent}%" for page, percent in document.recognised)),
        ("Nạp lúc", document.ingested_at),
    ]
    return [(name, clean_line(value)) for name, value in said if value]


def clean_line(text: str) -> str:
    """A text of a document as one line for a terminal."""
    return printable(_SPACE.sub(" ", text)).strip()


def printable(text: str) -> str:
    """A text of documents for a terminal, which it must not be able to steer."""
    return _CONTROL.sub("", text)


def document_json(document: Document, counts: Mapping[str, int]) -> dict[str, Any]:
    """The contract's fields of a document. A count that nothing has counted is null."""
    return {
        "document_id": document.document_id,
        "source": document.source,
        "document_number": document.number,
        "document_type": document.type,
        "title": document.title,
        "issuer": document.issuer,
        "place": document.place,
        "issued_on": document.issued_on,
        "period": document.period,
        "signer": document.signer,
        "signer_title": document.signer_title,
        "status": document.status,
        "also_as": list(document.also_as),
        "superseded_by": document.superseded_by,
        "replaces": list(document.replaces),
        "related": list(document.related),
        "recognised": [
            {"page": page, "confidence": percent, "doubtful": page in document.doubtful}
            for page, percent in document.recognised
        ],
        "counts": {
            name: counts.get(name)
            for name in ("sections", "footnotes", "tables", "rows", "chunks", "figures", "notices")
        },
        "ingested_at": document.ingested_at,
        "sha256": document.sha256,
    }


def outline_json(document: Document) -> dict[str, Any]:
    """A document's sections in the order of the text, each with its chunks, each of those with the footnotes that it
    calls. What stands outside of sections has an empty path; what goes on with a section after another one stands
    below the section's path once more."""
    entries: list[dict[str, Any]] = []
    marks: list[tuple[int, int, Section | Chunk]] = [(s.start, 0, s) for s in document.sections]
    marks += [(c.body.start, 1, c) for c in document.chunks]
    for start, _, mark in sorted(marks, key=lambda mark: mark[:2]):
        if isinstance(mark, Section):
            entries.append(_section_json(mark.path, mark.start, mark.end, mark.place, mark.period))
            continue
        if not entries or entries[-1]["path"] != list(mark.section):
            entries.append(_section_json(mark.section, start, mark.body.end))
        entries[-1]["chunks"].append(_chunk_json(mark))
        entries[-1]["end"] = max(entries[-1]["end"], mark.body.end)
    return {"document_id": document.document_id, "source": document.source, "sections": entries}


def _section_json(
    path: Sequence[str], start: int, end: int, place: str | None = None, period: str | None = None
) -> dict[str, Any]:
    return {"path": list(path), "start": start, "end": end, "place": place, "period": period, "chunks": []}


def _chunk_json(chunk: Chunk) -> dict[str, Any]:
    return {
        "kind": chunk.kind,
        "start": chunk.body.start,
        "end": chunk.body.end,
        "spans": [list(span) for span in chunk.body.spans],
        "text": chunk.body.quote,
        "heads": [{"head": head, "cell": cell} for head, cell in chunk.heads],
        "place": chunk.place,
        "period": chunk.period,
        "page": chunk.page,
        "footnotes": [
            {"marker": note.marker, "text": note.text, "start": note.start, "end": note.end}
            for note in cited_notes(chunk)
        ],
    }


def library_html(documents: Sequence[Document]) -> str:
    """What is in the library: a line, and the documents when it is opened."""
    if not documents:
        return (
            '<p class="cchc-library">Thư viện chưa có tài liệu nào. Hãy nạp tài liệu bằng '
            "<code>cchc ingest THƯ-MỤC</code>, rồi tải lại trang này.</p>"
        )
    digests = sum(document.status == "digest" for document in documents)
    places = list(dict.fromkeys(document.place for document in documents if document.place))
    shown = ", ".join(escape(place) for place in places[:6]) + (f" và {len(places) - 6} nơi khác" if places[6:] else "")
    line = f"Thư viện có {len(documents)} tài liệu"
    line += f" ({'đều là' if digests == len(documents) else f'{digests}'} bản tóm lược mẫu)" if digests else ""
    line += f": {shown}" if shown else ""
    rows = "".join(_document_item(document) for document in documents)
    return _one_line(
        f'<details class="cchc-library"><summary>{line}</summary>'
        f'<div class="cchc-documents" tabindex="0" role="region" aria-label="Danh sách tài liệu">'
        f"<ul>{rows}</ul></div></details>"
    )


def _document_item(document: Document) -> str:
    period = periods.say(document.period)
    status = STATUS_WORDS.get(document.status, document.status) if document.status != "current" else ""
    more = " · ".join(escape(part) for part in (document.place or "", period, status) if part)
    return (
        f'<li><a href="{text_link(document.document_id)}" target="_blank" rel="noopener">'
        f"{escape(document_title(document))}</a>{f' <span>({more})</span>' if more else ''}</li>"
    )


# --- the description of the API, for people ---------------------------------------------------------------------


def api_html(description: Mapping[str, Any], problems: Mapping[int, tuple[str, str]], style: str) -> str:
    """A page without scripts, made from the OpenAPI description. `problems` has a title and a sentence by status."""
    title = escape(description["info"]["title"])
    operations = "".join(
        _operation_html(method, path, operation, description["components"]["schemas"])
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    )
    rows = "".join(
        f'<tr id="loi-{status}"><th>{status}</th><td>{escape(name)}</td><td>{escape(sentence)}</td></tr>'
        for status, (name, sentence) in problems.items()
    )
    return (
        '<!doctype html><html lang="vi"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>API · {title}</title><style>{style}</style></head><body>"
        f"<h1>{title}: API</h1><p>{escape(description['info'].get('summary', ''))}. "
        'Mô tả cho máy: <a href="/openapi.json">/openapi.json</a>. Trang hỏi đáp: <a href="/">/</a>.</p>'
        f"<h2>Địa chỉ</h2>{operations}<h2>Lỗi</h2>"
        "<p>Mọi lỗi là <code>application/problem+json</code> (RFC 9457); <code>detail</code> nói sai ở đâu và nên "
        f"làm gì.</p><table>{rows}</table></body></html>"
    )


def _operation_html(method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    parts = [f'<p><b class="method">{method.upper()}</b> <code>{escape(path)}</code></p>']
    parts.append(f"<p>{escape(operation.get('summary', ''))}</p>")
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        parts.append(f"<pre>curl -s http://127.0.0.1:8000{escape(path)} -F file=@bao_cao.docx</pre>")
    asked = [one for one in operation.get("parameters", []) if one["in"] == "query"]
    parts += [_fields_html({one["name"]: one.get("description", "") for one in asked})] if asked else []
    schema = content.get("application/json", {}).get("schema", {})
    body = schemas.get(schema.get("$ref", "").rpartition("/")[2])
    if body:
        parts.append(_fields_html({n: field.get("description", "") for n, field in body["properties"].items()}))
        for example in body.get("examples", []):
            sent = json.dumps(example, ensure_ascii=False)
            parts.append(
                f"<pre>curl -s http://127.0.0.1:8000{escape(path)} -H 'Content-Type: application/json' "
                f"-d '{escape(sent, quote=False)}'</pre>"
            )
    return f"<section>{''.join(parts)}</section>"


def _fields_html(described: Mapping[str, str]) -> str:
    rows = (
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(description)}</td></tr>"
        for name, description in described.items()
    )
    return f"<table>{''.join(rows)}</table>"
