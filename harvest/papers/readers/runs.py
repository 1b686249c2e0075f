"""Runs: an element of an article in, its marked text out, with raised and lowered runs kept and machinery left out."""

from __future__ import annotations

from html.entities import html5
from typing import TYPE_CHECKING

from lxml import etree

from harvest.papers.document import DocumentError
from harvest.papers.notation.marked import LINE, Marked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lxml.etree import _Element as Element

    Leave = Callable[[Element], bool]

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


def marked_text(element: Element, *, leave: Leave = lambda _element: False) -> Marked:
    """Return the text of an element.

    Args:
        element: any element of an article.
        leave: tells which elements inside are left out, for example footnote marks.

    Raises:
        DocumentError: the text holds an entity of the article's own, which is never expanded.
    """
    if not len(element):
        return Marked.of(element.text or "")
    return Marked.of("".join(_inside(element, leave)))


def plain_text(element: Element) -> str:
    """Return the text of an element without marks, the same characters as those of `marked_text`.

    Raises:
        DocumentError: the text holds an entity of the article's own.
    """
    if next(element.iterdescendants(*_WALKED, etree.Entity), None) is not None:
        return marked_text(element).text
    return Marked.of("".join(element.itertext())).text


def _inside(element: Element, leave: Leave) -> Iterator[str]:
    """Yield the markup between the tags of an element."""
    if not isinstance(element.tag, str):
        yield _entity(element)
        return
    if element.tag in _SCRIPTS and len(element) > 1:
        yield from _scripted(element, leave)
        return
    yield element.text or ""
    for child in element:
        yield from _whole(child, leave)
        yield child.tail or ""


def _whole(element: Element, leave: Leave) -> Iterator[str]:
    """Yield the markup of an element with what its tag adds."""
    tag = element.tag if isinstance(element.tag, str) else ""
    if tag in _NOT_TEXT or leave(element):
        return
    inner = "".join(_inside(element, leave))
    if tag in _WRAPPED and inner.strip():
        yield f"{_WRAPPED[tag]}{{{inner.strip()}}}"
    elif tag in _LINES:
        yield f"{LINE}{inner}{LINE}"
    elif tag in _SPACED:
        yield f" {inner} "
    elif tag == "mfrac" and len(element) > 1:
        yield "/".join("".join(_inside(child, leave)).strip() for child in element)
    else:
        yield inner


def _scripted(element: Element, leave: Leave) -> Iterator[str]:
    """Yield a base with its scripts, MathML's first child and the others."""
    parts = ["".join(_whole(child, leave)).strip() for child in element]
    yield parts[0]
    for mark, part in zip(_SCRIPTS[str(element.tag)], parts[1:], strict=False):
        yield f"{mark}{{{part}}}"


def _entity(node: Element) -> str:
    """Return the character of a named entity; comments and processing instructions say nothing."""
    if not isinstance(node, etree._Entity):  # noqa: SLF001 — lxml has no public name for this type
        return ""
    name = f"{node.name};"
    if name not in html5:
        message = f"the entity &{name} is the article's own; own entities are not expanded (line {node.sourceline})"
        raise DocumentError(message)
    return html5[name]
