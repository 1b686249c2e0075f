"""XML: bytes in, an element tree out, with nothing fetched, nothing expanded and no namespaces in the tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from harvest.papers.document import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element as Element


# Only a prefix or a default namespace puts an element into one; most articles have neither.
# Each pattern begins with letters that are found fast; bytes of zero are those of UTF-16, where neither is seen.
_PREFIX, _DEFAULT, _UTF_16 = re.compile(rb"</?[\w.-]+:"), re.compile(rb"xmlns\s*="), b"\x00"
_named_elsewhere: Callable[[Element], list[Element]] = etree.XPath("//*[namespace-uri()]")


def parse_xml(payload: bytes) -> Element:
    """Return the root element.

    The document type definition is never fetched, own entities are never expanded, a text node of more than 10 MB
    and a tree deeper than 256 elements are refused, and nothing outside the bytes is opened.

    Raises:
        DocumentError: the XML is not well formed, or too large in one of these ways.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(payload, parser)
    except etree.XMLSyntaxError as error:
        message = f"not well-formed XML: {error.msg}; expected an article in JATS or Elsevier XML"
        raise DocumentError(message) from error
    for element in _named_elsewhere(root) if _may_have_namespaces(payload) else ():
        element.tag = str(element.tag).rpartition("}")[2]
    return root


def _may_have_namespaces(payload: bytes) -> bool:
    return bool(_UTF_16 in payload or _DEFAULT.search(payload) or _PREFIX.search(payload))
