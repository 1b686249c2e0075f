"""Runs: an element of an article in, its marked text out, with raised and lowered runs kept and machinery left out."""

from __future__ import annotations

from html.entities import html5
from typing import TYPE_CHECKING

from lxml import etree

from harvest.papers.document import DocumentError
from harvest.papers.notation.marked import LINE, Marked

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element as Element

    Leave = Callable[[Element], bool]

# The string value of an element: all its text nodes in order, joined in C.
_text_of: Callable[[Element], str] = etree.XPath("string()")
_NOT_TEXT = frozenset([
    "tex-math", "annotation", "table-wrap", "table-wrap-foot", "table-wrap-group", "fig", "fig-group", "email",
    "graphic", "inline-graphic", "media", "supplementary-material", "object-id",
])  # fmt: skip
_WRAPPED = {"sup": "^", "sub": "_", "superscript": "^", "subscript": "_"}
# Presentation MathML: for each script element the marks of its second and third child.
_SCRIPTS = {"msup": "^", "msub": "_", "msubsup": "_^", "munder": "_", "mover": "", "munderover": "_^"}
_LINES = frozenset(["break", "br", "p", "list-item", "li", "div"])
_SPACED = frozenset(["td", "th", "title"])
# Where none of these is inside, the text is that of the nodes in order.
_WALKED = (*_NOT_TEXT, *_LINES, *_SPACED, *_SCRIPTS, "mfrac")


def marked_text(element: Element, *, leave: Leave | None = None) -> Marked:
    """Return the text of an element.

    Args:
        element: any element of an article.
        leave: tells which elements inside are left out, for example footnote marks.

    Raises:
        DocumentError: the text holds an entity of the article's own, which is never expanded.
    """
    if not len(element):
        return Marked.of(element.text or "")
    written: list[str] = []
    _inside(element, leave, written)
    return Marked.of("".join(written))


def plain_text(element: Element) -> str:
    """Return the text of an element without marks, the same characters as those of `marked_text`.

    Raises:
        DocumentError: the text holds an entity of the article's own.
    """
    if not len(element):
        return Marked.of(element.text or "").text
    if next(element.iterdescendants(*_WALKED, etree.Entity), None) is not None:
        return marked_text(element).text
    return Marked.of(_text_of(element)).text


def _inside(element: Element, leave: Leave | None, written: list[str]) -> None:
    """Write the markup between the tags of an element."""
    if element.tag in _SCRIPTS and len(element) > 1:
        _scripted(element, leave, written)
        return
    if element.text:
        written.append(element.text)
    for child in element:
        _whole(child, leave, written)
        if child.tail:
            written.append(child.tail)


def _whole(element: Element, leave: Leave | None, written: list[str]) -> None:
    """Write the markup of an element with what its tag adds."""
    tag = element.tag
    if not isinstance(tag, str):
        written.append(_entity(element))
        return
    if tag in _NOT_TEXT or (leave is not None and leave(element)):
        return
    if tag in _WRAPPED:
        inner = _markup(element, leave)
        bare = inner.strip()
        written.append(f"{_WRAPPED[tag]}{{{bare}}}" if bare else inner)
        return
    if tag == "mfrac" and len(element) > 1:
        written.append("/".join(_markup(child, leave).strip() for child in element))
        return
    around = LINE if tag in _LINES else " " if tag in _SPACED else ""
    written.append(around)
    _inside(element, leave, written)
    written.append(around)


def _markup(element: Element, leave: Leave | None) -> str:
    if not isinstance(element.tag, str):
        return _entity(element)
    inner: list[str] = []
    _inside(element, leave, inner)
    return "".join(inner)


def _scripted(element: Element, leave: Leave | None, written: list[str]) -> None:
    """Write a base with its scripts, MathML's first child and the others."""
    parts: list[str] = []
    for child in element:
        part: list[str] = []
        _whole(child, leave, part)
        parts.append("".join(part).strip())
    written.append(parts[0])
    for mark, part_text in zip(_SCRIPTS[str(element.tag)], parts[1:], strict=False):
        written.append(f"{mark}{{{part_text}}}")


def _entity(node: Element) -> str:
    """Return the character of a named entity; comments and processing instructions say nothing."""
    if not isinstance(node, etree._Entity):  # noqa: SLF001 — lxml has no public name for this type
        return ""
    name = f"{node.name};"
    if name not in html5:
        message = f"the entity &{name} is the article's own; own entities are not expanded (line {node.sourceline})"
        raise DocumentError(message)
    return html5[name]
