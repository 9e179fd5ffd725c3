"""Tables: lines with tabs become rows, each cell tied to the head of its column.

Repeated heads are dropped, rows that a page cut are joined, merged cells carried down, and titles between the rows
become the parents of those below.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.blocks import Block, level_of
from vectorstore.records import Span, fold_space, plain


def rows_of(text: str, blocks: list[Block]) -> list[Block]:
    """Lines with tabs become rows: repeated heads dropped, rows cut by a page joined, heads tied to cells."""
    grids = [
        cells_of(text, block.spans[0]) if "\t" in text[slice(*block.spans[0])].strip("\n") else [] for block in blocks
    ]
    out: list[Block] = []
    heads: list[str] = []
    at = 0
    while at < len(blocks):
        run = at
        while run < len(blocks) and (grids[run] or (run > at and _is_group_line(text, blocks, grids, run))):
            run += 1
        if run - at >= 2:
            grid = [cells or [block.spans[0]] for cells, block in zip(grids[at:run], blocks[at:run], strict=True)]
            rows, heads = table(text, grid, heads)
            out.extend(rows)
            at = run
        else:
            out.append(blocks[at])
            at += 1
    return out


def _is_group_line(text: str, blocks: list[Block], grids: list[list[Span]], i: int) -> bool:
    """Whether a line without tabs is a title between the rows of a table: a numbered row of the same width follows."""
    if i + 1 >= len(blocks) or not grids[i - 1] or len(grids[i - 1]) != len(grids[i + 1]) or len(blocks[i].spans) > 1:
        return False
    line, number = blocks[i].text, text[slice(*grids[i + 1][0])].strip()
    return len(line) <= 150 and (line.isupper() or level_of(line) is not None) and bool(_NUMBERED.fullmatch(number))


def cells_of(text: str, line: Span) -> list[Span]:
    out = []
    position = line[0]
    while True:
        end = text.find("\t", position, line[1])
        out.append((position, line[1] if end < 0 else end))
        if end < 0:
            return out
        position = end + 1


_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,200}>")


def _without_tags(text: str, span: Span) -> list[Span]:
    """A span in the pieces that remain when left-over mark-up is taken out."""
    out = []
    start = span[0]
    for match in _TAG.finditer(text, *span):
        out.append((start, match.start()))
        start = match.end()
    return [*out, (start, span[1])]


def _cell(printed: str, marked: bool) -> str:
    return fold_space(_TAG.sub(" ", plain(_TAG.sub(" ", printed)) if marked else printed))


_COUNTED = re.compile(r"\d{1,3}(?:\.\d{1,3})*[.)]?")
_NUMBERED = re.compile(r"(?:\d{1,3}(?:\.\d{1,3})*|[IVX]+|[a-zđ])\.?\)?")


def table(
    text: str, grid: Sequence[Sequence[Span]], before: list[str], joined: bool = True
) -> tuple[list[Block], list[str]]:
    """The rows of a table from its cells, and its heads; where it has none, those of the table `before`, if as wide.
    `joined`: a row without a number may be the rest of the one before; else each row is quoted in one piece, bars and
    all."""
    words = [[_cell(text[a:b], not joined) for a, b in row] for row in grid]
    head_rows = _head_rows(words)
    head = words[:head_rows]
    heads = _column_heads(head)
    if not head and len(before) == max(map(len, words)):
        heads = before
    rows: list[tuple[list[list[Span]], list[list[str]]]] = []
    for row, cells in zip(grid[head_rows:], words[head_rows:], strict=True):
        if any(cells == h for h in head):
            continue
        if joined and len(cells) == len(heads) - 1 and _TOTAL.match(cells[0]):
            row, cells = [(row[0][0], row[0][0]), *row], ["", *cells]  # its number is left out
        total = _TOTAL.match(next(filter(None, cells), ""))
        if joined and rows and cells and not cells[0] and not total and _goes_on(cells, rows[-1][1]):
            for i, (span, cell) in enumerate(zip(row, cells, strict=True)):
                if cell and i < len(rows[-1][0]):
                    rows[-1][0][i].append(span)
                    rows[-1][1][i].append(cell)
            continue
        spans = [[span] if cell else [] for span, cell in zip(row, cells, strict=True)]
        rows.append((spans, [[cell] if cell else [] for cell in cells]))
    out: list[Block] = []
    groups: list[tuple[str, str]] = []
    held: list[str] = []  # the cells that blank ones below repeat, where the table merges them
    for spans, parts in rows:
        cells = [" ".join(part) for part in parts]
        filled = [cell for cell in cells if cell]
        if not filled:
            continue
        number = cells[0].rstrip(".)") if _NUMBERED.fullmatch(cells[0]) else ""
        flat = sorted(bare for cell in spans for span in cell for bare in _without_tags(text, span))
        if not joined:
            flat = [(flat[0][0], flat[-1][1])]
        made = Block("row", flat, fold_space(" ".join(filled)), marker=number and cells[0])
        out.append(made)
        if title := _group_title(cells, len(heads), joined):
            key = match["key"] if (match := _GROUP.match(title)) else ""
            groups = [(k, t) for k, t in groups if key and _stands_above(k, key)]
            made.cells, made.parents = (("", title),), tuple(t for _, t in groups)
            groups.append((key, title))
            held = []
            continue
        made.cells = tuple((heads[i] if i < len(heads) else "", cell) for i, cell in enumerate(cells) if cell)
        if _TOTAL.match(filled[0]):
            held = []
            continue
        made.parents = tuple(title for key, title in groups if not number or _stands_above(key, number))
        if number and len(filled) == 2 and cells[1] and max(len(cells), len(heads)) > 2:
            groups = [(k, t) for k, t in groups if _stands_above(k, number)]
            groups.append((number, f"{cells[0]} {cells[1]}"))
            made.cells = made.cells[-1:]
            continue
        blank = next(i for i, cell in enumerate(cells) if cell)
        above = held[:blank]
        if not joined and len(filled) > 1 and len(above) == blank and all(above):
            if not all(_NUMBERED.fullmatch(cell) for cell in above):
                made.parents += (" ".join(above),)
            held = [*above, *cells[blank:]]
        else:
            held = cells
    return out, heads


_GROUP = re.compile(r"(?P<key>[IVX]+|[A-ZĐ]|\d{1,3}(?:\.\d{1,3})*)[.)/:]?\s+\S")
_TOTAL = re.compile(r"(?:Tổng|Cộng)\b", re.IGNORECASE)


def _group_title(cells: list[str], width: int, joined: bool) -> str:
    """The title that a row consists of, also where it is printed once for each column it spans; else ""."""
    title = next(filter(None, cells))
    if width <= 2 or not _is_one(cells) or not any(map(str.isalpha, title)):
        return ""
    if joined and not (cells[0] and (title.isupper() or _GROUP.match(title))):
        return ""
    return title


def _is_one(cells: list[str]) -> bool:
    """Whether a row is one cell, or one that is printed again in each column."""
    filled = [cell for cell in cells if cell]
    return len(filled) == 1 or (len(filled) == len(cells) and len(set(filled)) == 1)


def _stands_above(key: str, number: str) -> bool:
    """Whether a group's number stands above another's: "2" above "2.1", "II" and "" above "2", "A" above "II"."""
    if number[0].isdigit():
        return number.startswith(key + ".") or re.fullmatch(r"[IVX]*|[A-ZĐ]", key) is not None
    return re.fullmatch(r"[A-HĐ]", key) is not None and re.fullmatch(r"[IVX]+", number) is not None


def _head_rows(words: list[list[str]]) -> int:
    """How many rows at the top are column heads: those before the first that is numbered or repeats no head.
    None where the rows are numbered from the first on."""
    if len(words) > 1 and _counts_on(words[0], words[1]):
        return 0
    for i, cells in enumerate(words[:4]):
        if i and len(words[0]) > 2 and _is_one(cells) and all(words[0]) and not _is_one(words[0]):
            return i  # a title above the rows below it, under a head that is whole
        if cells and cells[0] and _NUMBERED.fullmatch(cells[0]) and not re.fullmatch(r"\(?\d\)?", cells[0] * (i == 0)):
            return max(i, 1)
    if len(words) > 2 and _is_second_head(words[0], words[1]):
        return 2
    repeated = [i for i in range(1, min(4, len(words))) if any(words[i] == later for later in words[i + 1 :])]
    return repeated[-1] + 1 if repeated else 1


def _is_second_head(upper: list[str], cells: list[str]) -> bool:
    """Whether a row parts the merged heads of the one above it ("Ngày | Số hồ sơ | ", " | Nhận | Trả"): words stand
    below the merged heads alone."""
    blank = {c for c in range(1, max(len(upper), len(cells))) if c >= len(upper) or not upper[c]}
    merged = blank | {c - 1 for c in blank}
    own = {c for c, cell in enumerate(cells) if cell and not (c < len(upper) and cell == upper[c])}
    plain = all(len(cells[c].split()) <= 8 and not re.search(r"\d", cells[c]) for c in own)
    return 0 not in merged and len(own) > 1 and own <= merged and plain


def _counts_on(one: list[str], other: list[str]) -> bool:
    """Whether two rows are numbered one after the other, and the first does not number the columns ("1 2 3")."""
    if not one or not other or all(re.fullmatch(r"\(?\d{1,2}\)?", cell) for cell in one if cell):
        return False
    first, second = (
        [int(part) for part in cells[0].rstrip(".)").split(".")] if _COUNTED.fullmatch(cells[0]) else []
        for cells in (one, other)
    )
    step = second[: len(first)]
    return bool(first) and (second[:-1] == first or step == [*first[: len(step) - 1], first[len(step) - 1] + 1])


def _column_heads(head: list[list[str]]) -> list[str]:
    """One name a column: the lower head where there are two rows, after the upper one carried over merged cells."""
    if not head:
        return []
    width = max(map(len, head))
    names = []
    carried = ""
    for column in range(width):
        upper = head[0][column] if column < len(head[0]) else ""
        lower = [row[column] for row in head[1:] if column < len(row) and row[column]]
        carried = upper or (carried if lower else "")
        names.append(" – ".join(dict.fromkeys(part for part in (carried, *lower) if part)))
    return names


def _goes_on(cells: list[str], before: list[list[str]]) -> bool:
    """Whether a row without a number is the rest of the row before it, cut by a page."""
    return sum(bool(c) for c in cells) < len(cells) or bool(before and before[0])
