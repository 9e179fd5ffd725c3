"""The foot of a document: its recipients and who signed, as what, in either order or side by side."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from ingest import bodies
from vectorstore.quantities import document_types
from vectorstore.records import Span, fold_space
from vectorstore.vietnamese import fold, read_table

_RECIPIENTS = re.compile(r"^(?:[^\S\n]|[*_|])*Nơi nhận\b", re.MULTILINE | re.IGNORECASE)
_BY_FOLDED = {fold(role): role.upper() for (role,) in read_table("roles.tsv")}
_UPPER_LINE = rf"(?:{'|'.join(sorted(_BY_FOLDED, key=len, reverse=True))})"
# compared without diacritics, which a scan often gets wrong
_ROLE = re.compile(
    rf"(?:\b(?P<for>k/?t|t/?m|t/?l|tuq|q)\s*\.?\s*)?(?<![^\W_])"
    rf"(?P<role>(?:(?P<vice>pho)\s+)?(?P<name>{_UPPER_LINE}))(?![^\W_])"
)
_FOR = {"kt": "ký thay", "tl": "thừa lệnh", "tuq": "thừa ủy quyền"}
_DEGREE = re.compile(
    r"(?:(?:GS|PGS|TS|ThS|Ths|THS|BS|Bs|DS|(?:BS|DS)?CK\s?(?:I+|\d)|CN|KS|Bác sĩ|Dược sĩ|Luật sư)(?:[.,]\s*|\s+))+"
)
_NAME = re.compile(r"[A-ZĐÀ-Ỹ][^\W\d_]*(?: [A-ZĐÀ-Ỹ][^\W\d_]*){1,5}")
# between the role and the name: "(Đã ký)", the lines of a digital signature, the mark of a stamp
_PASSED_OVER = re.compile(
    r"[(\[]|(?:Đã ký|Ký bởi|Người ký|Ký số|Được ký|Thời gian|Ngày ký|Cơ quan|Email|Tổ chức|Chức vụ|Signature|Signed|"
    r"Digitally|Signer|Date|DN:|CN=|\d{1,4}[./:-]\d)",
    re.IGNORECASE,
)
_TYPE_LINE = "|".join(re.escape(kind.upper()) for kind in document_types())
# What may follow a signature: an appendix, what the decision puts into force (its own head, its type, "Kèm theo …", its
# first part), or the footnotes at the end.
_AFTER = re.compile(
    r"^(?:[^\S\n]|[*_|#])*(?:PHỤ LỤC\b|Phụ lục\b|CỘNG HÒA XÃ HỘI|CỘNG HOÀ XÃ HỘI|\((?:Ban hành kèm|Kèm) theo\b"
    rf"|(?:{_TYPE_LINE}|DANH MỤC|DANH SÁCH|BIỂU MẪU)[^\S\n]*[*_|]*$"
    r"|(?:I|Chương I)\.?\s+[A-ZĐÀ-Ỹ]{2}|[⁰¹²³⁴⁵⁶⁷⁸⁹]|\[\^)",
    re.MULTILINE,
)
_BEFORE = 900
"""How far before the recipients, or before the end where there are none, a signature may stand."""


_MOST = 40
"""How many places where a signature may end are looked at."""


@dataclass(frozen=True, slots=True)
class Foot:
    """Where the foot stands, who signed and as what; several signers parted by ";"."""

    span: Span | None
    signer: str | None = None
    signer_title: str | None = None


@dataclass(frozen=True, slots=True)
class _Signed:
    """One signature: its roles, one below the other ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"), and the name."""

    start: int
    title: str | None
    name: str | None
    end: int


def find(text: str, after: int) -> Foot:
    """The foot of a document whose head ends at `after`."""
    shown = _lines_only(text)
    recipients = _RECIPIENTS.search(shown, after)
    if recipients is not None:
        start = shown.rfind("\n", 0, recipients.end()) + 1
        end = _end(text, start)
        signed = _signatures(text, shown, start, min(end, start + 2500))
        if not any(s.name for s in signed):
            before = _signatures(text, shown, max(after, start - _BEFORE), start)
            if before and before[-1].name:
                signed = [s for s in before if s.name]
                start = min(start, signed[0].start)
        return Foot((start, end), *_said(signed))
    roles = [after + role.start() for role in _ROLE.finditer(fold(shown[after:]))]
    ends = [closing.start() for closing in _AFTER.finditer(text, after + 1)]
    near = [end for end in ends if bisect_left(roles, end) > bisect_left(roles, end - _BEFORE)]
    for end in (*near[:_MOST], len(text)):
        named = [s for s in _signatures(text, shown, max(after, end - _BEFORE), end) if s.name]
        if named:
            return Foot((named[0].start, _end(text, named[-1].end)), *_said(named))
    last = _signatures(text, shown, max(after, len(text) - 600), len(text))
    return Foot((last[-1].start, len(text)), *_said(last[-1:])) if last else Foot(None)


def _said(signed: list[_Signed]) -> tuple[str | None, str | None]:
    """The names and the titles of the signatures; the roles alone where no name stands."""
    told = [s for s in signed if s.name] or signed[-1:]
    names = "; ".join(s.name for s in told if s.name)
    titles = "; ".join(s.title for s in told if s.title)
    return names or None, titles or None


def _end(text: str, start: int) -> int:
    """The end of the signature: the document's end, or what follows it."""
    follows = _AFTER.search(text, start)
    return follows.start() if follows else len(text)


def _lines_only(text: str) -> str:
    """The text with line breaks for the bars and tags of a table and for wide gaps between columns, nothing moved."""
    shown = re.sub(r"<br\s*/?>", lambda m: "\n" * len(m[0]), text)
    shown = re.sub(r"</?[a-zA-Z][^<>\n]{0,200}>|[*|]", lambda m: ("\n" if m[0] == "|" else " ") * len(m[0]), shown)
    return re.sub(r"(?<=\S)(?:[^\S\n]{4,}|\t)(?=\S)", lambda m: "\n" * len(m[0]), shown)


def _signatures(text: str, shown: str, start: int, end: int) -> list[_Signed]:
    """The signatures between two offsets, in order."""
    folded = fold(shown[start:end])
    if len(folded) != end - start:
        return []
    found = [m for m in _ROLE.finditer(folded) if _is_title(shown, start + m.start("role"), start + m.end("role"))]
    groups: list[list[re.Match[str]]] = []
    for match in found:
        between = shown[start + groups[-1][-1].end() : start + match.start()] if groups else ""
        if groups and _name_in(between) is None and sum(map(bool, between.split("\n"))) < 8:
            groups[-1].append(match)
        else:
            groups.append([match])
    out = []
    for i, group in enumerate(groups):
        stop = start + groups[i + 1][0].start() if i + 1 < len(groups) else min(end, start + group[-1].end() + 600)
        name = _name_in(shown[start + group[-1].end() : stop])
        begins = shown.rfind("\n", 0, start + group[0].start()) + 1
        out.append(_Signed(begins, _title(text, shown, start, group), name, start + group[-1].end()))
    return out


def _is_title(shown: str, start: int, end: int) -> bool:
    """Whether a role is printed in capitals at the start of its line, or behind what it is signed for."""
    before = shown[shown.rfind("\n", 0, start) + 1 : start].strip()
    return shown[start:end].isupper() and (not before or not re.match(r"[-–+•]", before)) and len(before) < 60


def _title(text: str, shown: str, start: int, group: list[re.Match[str]]) -> str | None:
    """What a signer is, as printed: "Phó giám đốc (ký thay Giám đốc)"; None where a scan spells it otherwise."""
    last, first = group[-1], group[0]
    name = _role_said(text, shown, start, last)
    if name is None:
        return None
    if last["for"] == "q":
        return f"Quyền {name[0].lower()}{name[1:]}"
    signed_for = _FOR.get((first["for"] or "").replace("/", ""))
    superior = _role_said(text, shown, start, first) if signed_for and len(group) > 1 else None
    return f"{name} ({signed_for} {superior})" if superior else name


def _role_said(text: str, shown: str, start: int, role: re.Match[str]) -> str | None:
    printed = fold_space(shown[start + role.start("role") : start + role.end("role")])
    known = f"{'PHÓ ' if role['vice'] else ''}{_BY_FOLDED[fold(role['name'])]}"
    if printed != known:
        return None
    said = ", ".join(part.capitalize() for part in known.split(", "))
    line = shown[start + role.end("role") :].split("\n", 1)[0]
    rest = fold_space(line).strip(" .,;:_")
    return f"{said} {bodies.written(text, rest)}" if rest.isupper() and re.search(r"\w{2}", rest) else said


def _name_in(text: str) -> str | None:
    """The name that follows a role: the first line that is one, past "(Đã ký)" and the like."""
    first, *below = text.split("\n")
    for i, line in enumerate((first, *below)):
        name = _DEGREE.sub("", fold_space(line).strip("_ .`'")).strip()
        if not name or _PASSED_OVER.match(name) or name.startswith(("-", "–", "+")):
            continue
        if i == 0 and name.isupper():
            continue  # "GIÁM ĐỐC SỞ Y TẾ", the name below
        whole = _NAME.fullmatch(name.title() if name.isupper() else name)
        if whole and not (name.isupper() and bodies.begins_one(name)) and len(name.split()) <= 6:
            return name.title() if name.isupper() else name
        if bodies.begins_one(name) or len(name.split()) > 6:
            return None
    return None
