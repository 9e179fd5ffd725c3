"""XML of office files, parsed so that nothing outside of it is ever fetched or expanded; the door of lxml.

Names are compared without their namespace, since the "strict" form of these files has others.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

Element = Any  # lxml publishes no types; None stands for an element that is not there


def parse(content: bytes) -> Element:
    """The root element.

    Raises:
        ValueError: not XML, or nested deeper than any document is.
    """
    safe = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(content, safe)
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from error


def local(element: Element) -> str:
    """An element's name without its namespace; "" for a comment or an instruction."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Element, name: str) -> list[Element]:
    return [] if element is None else [child for child in element if local(child) == name]


def first(element: Element, name: str) -> Element:
    """The first child of that name, or None."""
    return next(iter(children(element, name)), None)


def attribute(element: Element, name: str) -> str:
    if element is None:
        return ""
    return next((str(value) for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def value(element: Element) -> str:
    """What a property is set to (its attribute `val`), "" where it is not there or says nothing."""
    return attribute(element, "val")


def is_on(element: Element) -> bool | None:
    """Whether a property is switched on; None where it is not there."""
    return None if element is None else value(element) not in ("0", "false", "off")


def whole(text: str, default: int) -> int:
    """A whole number of at most nine digits, or `default`."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else default
