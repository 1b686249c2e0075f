"""Scripts: marked text in, the same as elements of an article (`sup`, `sub`) out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_MARK = re.compile(r"([\^_])\{([^{}]*)\}")
# Characters that XML cannot hold.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def append_marked(element: Element, markup: str) -> None:
    """Append text to an element, with its raised and lowered runs as elements."""
    text = _FORBIDDEN.sub("", markup)
    position = 0
    last: Element | None = None
    for mark in _MARK.finditer(text):
        _append(element, last, text[position : mark.start()])
        last = etree.SubElement(element, "sup" if mark[1] == "^" else "sub")
        last.text = mark[2]
        position = mark.end()
    _append(element, last, text[position:])


def _append(element: Element, last: Element | None, text: str) -> None:
    if last is None:
        element.text = (element.text or "") + text
    else:
        last.tail = (last.tail or "") + text
