"""Answers without a language model: the stretch that says it, with its figure, from where it stands.

Each kind of question has one function that takes what was asked and what was found and returns a draft; `grounding`
checks it. What the documents don't say is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.choosing import (
    Desk,
    asks_for_total,
    best_of,
    found_matches,
    locals_named,
    not_told_apart,
    only_deputy,
    places_not_held,
)
from assistant.comparing import asks_for_more, change_between, compare, each_place
from assistant.deciding import yes_or_no
from assistant.disputing import with_disputes
from assistant.evidence import Match, Unit, Weigher, caller_of, stated_periods
from assistant.grounding import NOT_SAID, Draft, Proof, plain
from assistant.identity import about_document, named_document, signed_on
from assistant.labelled import labelled_line
from assistant.listing import listed_rows, listed_section
from assistant.question import Asked, without_name
from assistant.reckoning import average_of, share_of, sum_in_stretch, sum_of_list
from assistant.referring import referred
from assistant.series import changed, reckoned, summed_up, unsettled
from assistant.telling import (
    LONG,
    SHORT,
    answer_figure,
    as_sentences,
    calling_sentence,
    cite,
    finish,
    fitting_window,
    left_blank,
    no_figure_of_period,
    note_that_tells,
    one_sentence,
    only_target,
    picked_figure,
    refuse,
    row_in_words,
    shown_text,
    whose,
)
from vectorstore import instructions
from vectorstore.quantities import figures
from vectorstore.records import NO_FILTERS, Filters
from vectorstore.search import Searcher


def answer(asked: Asked, searcher: Searcher, filters: Filters = NO_FILTERS) -> Draft:
    """The draft of an answer to a question as understood; a line that would repeat a document's orders to a machine (a
    title, an item of a list, a footnote told whole) is left out."""
    draft = _answer(asked, searcher, filters)
    lines = draft.answer.split("\n")
    kept = [line for line in lines if not instructions.find(line)]
    if draft.status != "answered" or len(kept) == len(lines):
        return draft
    if not kept:
        return Draft("not_found", NOT_SAID)
    said = figures("\n".join(kept))
    return replace(draft, answer="\n".join(kept), figures=tuple(f for f in draft.figures if figures(f.text) <= said))


def _answer(asked: Asked, searcher: Searcher, filters: Filters) -> Draft:
    documents = searcher.library.documents()
    if not documents:
        return Draft(
            "not_found", "Thư viện chưa có tài liệu nào; hãy nạp tài liệu bằng lệnh «cchc ingest» rồi hỏi lại."
        )
    named = named_document(asked, documents, filters)
    if named is not None:
        asked = without_name(asked)
        filters = replace(filters, document_ids=(named.document_id,))
    before = answer(asked.before, searcher, filters) if asked.before is not None and asked.points_back else None
    spoken_of = before.citations if before is not None and before.status == "answered" else ()
    desk = Desk(asked, searcher, Weigher(asked, searcher), filters, Proof(), spoken_of)
    if named is None and not asked.places and asked.kind == "docnumber":
        several = referred(desk, found_matches(desk), several=True)
        if several is not None:
            return several
    if (identity := about_document(desk, documents, named)) is not None:
        return identity
    if missing := places_not_held(desk, documents):
        return refuse(desk, f"Thư viện không có tài liệu nào nói về {' và '.join(missing)}.")
    if len(asked.places) >= 2:
        return compare(desk)
    compared = asked.kind == "compare" or asks_for_more(asked)
    if (
        len(asked.periods) >= 2
        and compared
        and not _only_yes_or_no(asked)
        and (change := change_between(desk)) is not None
    ):
        return change
    matches = found_matches(desk)
    if not matches and (local := locals_named(asked)):
        return refuse(desk, f"Tài liệu trong thư viện không nêu nội dung này của {', '.join(local.values())}.")
    if (checked := summed_up(desk, matches)) is not None:
        return checked
    if (
        (asked.kind == "conflict" and not asked.yesno)
        or asked.kind == "yesno"
        or (asked.yesno and asked.kind != "count")
    ):
        if asked.kind != "conflict":
            desk.asked = replace(asked, kind="yesno")
            matches = found_matches(desk)
        return yes_or_no(desk, matches)
    if (document := referred(desk, matches)) is not None:
        return document
    if (series := reckoned(desk, matches)) is not None:
        return series
    if not asked.places and not asked.numbers and (several := each_place(desk, matches)) is not None:
        return several
    return _single(desk, matches)


def _only_yes_or_no(asked: Asked) -> bool:
    """Whether nothing but yes or no is asked: no figure with it."""
    return asked.yesno and not re.search(r"\b(?:bao nhieu|may|bn)\b", asked.folded)


_CONCISE = 470
"""So many characters an answer may have in all that is no list, the mark-up of its figure and its markers aside."""
_NEAR = 8
"""How many of the best stretches are tried for a list whose figures are added up."""


def _single(desk: Desk, matches: list[Match]) -> Draft:
    asked = desk.asked
    if asked.kind in ("list", "what") and (listed := listed_section(desk, matches)) is not None:
        return listed
    if asked.kind == "list" and (listed := listed_rows(desk, matches)) is not None:
        return listed
    best = best_of(matches, asked)
    if (line := labelled_line(desk, best)) is not None:
        return line
    if best is None:
        return refuse(desk, NOT_SAID)
    if asked.kind in ("count", "percent", "value") and not_told_apart(best.unit, asked):
        of_all, matches = best, [m for m in matches if not not_told_apart(m.unit, asked)]
        if (best := best_of(matches, asked)) is None:
            return refuse(desk, "Tài liệu trong thư viện không nêu riêng số liệu được hỏi.", of_all)
    counted = asked.kind in ("count", "value", "percent", "sum")
    if (
        asked.periods
        and best.scope in ("other", "partial")
        and (counted or (best.scope == "other" and asked.kind in ("text", "what")))
    ):
        partial = best.scope == "partial" and not asked.whole_year and asked.kind != "sum"
        if not (partial and _states_year(best.unit, asked)):
            return refuse(desk, no_figure_of_period(asked), best)
    if only_deputy(best.unit, asked):
        return refuse(desk, NOT_SAID, best)
    if only_target(best.unit, asked):
        return refuse(
            desk, "Tài liệu trong thư viện chỉ nêu mục tiêu, không nêu kết quả thực hiện của nội dung này.", best
        )
    if asked.kind in ("count", "value", "percent") and best.unit.kind != "row":
        picked = picked_figure(best.unit.text, desk.weigher, asked)
        if left_blank(best.unit.text, picked, desk.weigher):
            return refuse(desk, "Tài liệu để trống chỗ ghi số liệu này.", best)
    if (change := changed(desk, best)) is not None or (change := unsettled(desk, best)) is not None:
        return change
    if (average := average_of(desk, best)) is not None:
        return average
    near = matches[:_NEAR] if asked.kind == "sum" else []
    near = [m for m in near if m.coverage >= 0.7 * best.coverage and m.scope == best.scope]
    for match in (best, *near) if asked.kind in ("count", "value", "sum", "percent") else ():
        if (total := sum_of_list(desk, match)) is not None and (match is best or total.computation):
            return total
    gathered = asked.kind == "sum" or (asked.kind == "count" and best.unit.note is not None and asks_for_total(asked))
    if gathered and best.unit.kind != "row" and (total := sum_in_stretch(desk, best)) is not None:
        return total
    if asked.kind in ("percent", "sum") and (ratio := _share(desk, matches, best)) is not None:
        return ratio
    if best.unit.kind == "row":
        return with_disputes(desk, _row(desk, best), best, matches)
    if asked.kind in ("list", "what", "docnumber", "count") and (items := _children(desk, best)) is not None:
        return items
    return with_disputes(desk, _statement(desk, best), best, matches)


def _share(desk: Desk, matches: Sequence[Match], best: Match) -> Draft | None:
    """The share that is asked for, from the best stretch or, where that states none, one that is about as close."""
    if any(q.percent for q in best.unit.quantities):
        return share_of(desk, best)
    near = [m for m in matches[:6] if m.coverage >= 0.8 * best.coverage and m.scope == best.scope]
    return next((ratio for m in (best, *near) if (ratio := share_of(desk, m)) is not None), None)


def _states_year(unit: Unit, asked: Asked) -> bool:
    return any(p.years & asked.years for p in stated_periods(unit.text))


def _statement(desk: Desk, best: Match) -> Draft:
    """The sentence that says it, short, with what it leans on."""
    asked, unit = desk.asked, best.unit
    frame = f"{whose(unit, asked.english)}{_under(desk, unit)}"
    limit = LONG if asked.kind == "list" else min(SHORT, _CONCISE - len(frame))
    shown = shown_text(desk, best, limit)
    marker = cite(desk, unit, shown)
    note = note_that_tells(desk, unit)
    if note is not None:
        told = note.body.reading.text
        room = max(160, limit - 150)
        told = told if len(told) <= room else fitting_window(desk, told, room)
        call = caller_of(unit.hit.chunk.body.reading, note.marker)
        shown = unit.text if len(unit.text) + len(told) <= SHORT else call[-max(80, min(200, SHORT - len(told))) :]
        shown = f"{shown.rstrip(' .;:')}: {plain(told)}"
        marker = desk.proof.cite(unit.hit, calling_sentence(unit.hit.chunk, note), [note])
    picked = picked_figure(shown, desk.weigher, asked)
    lines = [f"{frame}: {as_sentences(shown, picked, marker)}"]
    if asked.kind == "date" and _SIGNING_DAY.search(shown) and (signed := signed_on(desk, unit.hit.document)):
        lines.append(signed)
    figures = (answer_figure(unit, picked, marker),) if picked is not None else ()
    return finish(desk, lines, figures, [best])


_SIGNING_DAY = re.compile(r"này có hiệu lực\b[^.;]*\btừ ngày (?:ký|ban hành)\b", re.IGNORECASE)
_ASKS_WHERE = re.compile(r"\b(?:dieu|muc|chuong|phan|khoan) nao\b")


def _under(desk: Desk, unit: Unit) -> str:
    """The heading over a stretch, where it is the answer or names the body that does what is told."""
    section = unit.hit.chunk.section
    if not section or not (desk.asked.kind == "who" or _ASKS_WHERE.search(desk.asked.folded)):
        return ""
    heading = plain(section[-1]).replace(". ", ": ")  # no end of a sentence within the frame
    return f", «{heading}»" if len(heading) <= 160 else ""


def _row(desk: Desk, best: Match) -> Draft:
    """A row told by its columns."""
    unit = best.unit
    marker = cite(desk, unit)
    said, picked = row_in_words(desk, unit, SHORT - 100)
    figures = (answer_figure(unit, picked, marker),) if picked else ()
    return finish(desk, [f"{whose(unit, desk.asked.english)}, {said} [{marker}]."], figures, [best])


def _children(desk: Desk, best: Match) -> Draft | None:
    """The items of the list that a stretch introduces."""
    unit = best.unit
    if not unit.text.rstrip().endswith(":") or unit.note is not None:
        return None
    chunk = unit.hit.chunk
    below = [c for c in desk.searcher.library.chunks_of(chunk.document_id) if c.lead == chunk.ordinal]
    if not below:
        return None
    first = cite(desk, unit)
    lines = [f"{whose(unit, desk.asked.english)}: {plain(unit.text).rstrip(':')} [{first}]:"]
    room = LONG if desk.asked.kind == "list" else SHORT - len(lines[0])
    for item in below[:28]:
        text = plain(item.text)
        text = text if len(text) <= 300 else text[:300].rsplit(" ", 1)[0] + " …"
        room -= len(text)
        if room < 0:
            break
        marker = desk.proof.cite(replace(unit.hit, chunk=item), item.body, item.footnotes)
        lines.append(f"- {one_sentence(text.rstrip('.;'))} [{marker}]")
    return finish(desk, lines, (), [best])
