"""OPTIMADE answers: the bytes of an answer in, its checked envelope, version, licence and next address out."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from harvest.errors import ContractError, TransportError
from harvest.licence_names import spdx_of
from harvest.rest import decoded, quickly_decoded
from harvest.sources.optimade.providers import Quirk

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_SHOWN = 80


def envelope(payload: bytes, *, decode: Callable[[bytes], Any] = quickly_decoded) -> dict[str, Any]:
    """Return the JSON object of an answer.

    Args:
        payload: the answer.
        decode: how JSON is read; the digits of the few mapped fields are looked up by themselves.

    Raises:
        TransportError: the payload is cut, or no OPTIMADE answer (an error page with status 200, say).
        ContractError: `meta` or `links` have another shape than the specification says.
    """
    body = decode(payload)
    if not isinstance(body, dict) or "data" not in body:
        message = f"the answer is no OPTIMADE answer: it has no `data`: {payload[:_SHOWN]!r}"
        raise TransportError(message)
    meta, links = body.get("meta", {}), body.get("links") or {}
    if not isinstance(meta, dict) or not isinstance(links, dict):
        message = f"`meta` and `links` of an OPTIMADE answer are objects, got {payload[:200]!r}"
        raise ContractError(message)
    promised = meta.get("data_returned")
    if promised is not None and (not isinstance(promised, int) or isinstance(promised, bool)):
        message = f"`meta.data_returned` is a whole number, got {promised!r}"
        raise ContractError(message)
    return {**body, "meta": meta, "links": links}


@lru_cache(maxsize=2)
def page(payload: bytes, quirks: frozenset[Quirk] = frozenset()) -> dict[str, Any]:
    """Return a page of structures; checking it, walking on and reading its entries decode it once.

    Raises:
        TransportError: see `envelope`; or the page is empty, and still names a next one; or there is more, but no way.
    """
    return _checked_page(envelope(payload), quirks)


@lru_cache(maxsize=1)
def exact_page(payload: bytes, quirks: frozenset[Quirk] = frozenset()) -> dict[str, Any]:
    """Return a page of structures as `page` does; whole numbers of any length are exact."""
    return _checked_page(envelope(payload, decode=partial(decoded, parse_float=float)), quirks)


def _checked_page(body: dict[str, Any], quirks: frozenset[Quirk]) -> dict[str, Any]:
    entries = body["data"]
    if not isinstance(entries, list):
        message = f"`data` of a page of structures is a list, got {type(entries).__name__}"
        raise TransportError(message)
    link = _link(body, quirks)
    if not entries and link is not None and Quirk.ENDLESS_NEXT not in quirks:
        message = "the page is empty, but names a next one"
        raise TransportError(message)
    if link is None and body["meta"].get("more_data_available") is True and "data_returned" not in body["meta"]:
        message = "the page says that there is more, but neither how much nor where"
        raise TransportError(message)
    return body


def version_of(info: dict[str, Any]) -> str:
    """Return the versions of the API and of the program that answers."""
    meta, attributes = info["meta"], _attributes(info)
    api = meta.get("api_version") or attributes.get("api_version", "?")
    implementation = meta.get("implementation") or {}
    return f"api {api}, {implementation.get('name', 'implementation')} {implementation.get('version', '?')}"


def licences_of(info: dict[str, Any]) -> set[str]:
    """Return the licences of the data that an /info states, as SPDX ids where they are known."""
    attributes = _attributes(info)
    link = attributes.get("license")
    stated = [link.get("href") if isinstance(link, dict) else link, *(attributes.get("available_licenses") or ())]
    return {found for word in stated if isinstance(word, str) and (found := spdx_of(word)) is not None}


def next_of(body: dict[str, Any], url: str, quirks: Collection[Quirk]) -> str | None:
    """Return the address of the next page; none behind the last one."""
    link = _link(body, quirks)
    return urljoin(url, link) if link else None


def _attributes(info: dict[str, Any]) -> dict[str, Any]:
    data = info["data"]
    found = data.get("attributes") if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _link(body: dict[str, Any], quirks: Collection[Quirk]) -> str | None:
    name = "next_page" if Quirk.NEXT_PAGE in quirks else "next"
    link = body["links"].get(name)
    if isinstance(link, dict):
        link = link.get("href")
    if link is not None and not isinstance(link, str):
        message = f"`links.{name}` is an address or an object with `href`, got {link!r}"
        raise ContractError(message)
    return link or None
