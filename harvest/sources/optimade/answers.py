"""OPTIMADE answers: the bytes of an answer in, its checked envelope, version, licence and next address out."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import simdjson

from harvest.errors import ContractError, TransportError
from harvest.licence_names import spdx_of
from harvest.rest import decoded, quickly_decoded
from harvest.sources.optimade.providers import Quirk

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_SHOWN = 80


@dataclass(frozen=True, eq=False)
class Listing:
    """A checked page of structures.

    Attributes:
        payload: the answer.
        meta: what the provider says of the answer.
        links: where it leads to.
        n_entries: how many structures there are.
        is_strict: whether the answer is JSON to the letter; the standard library reads some that is not.
    """

    payload: bytes = field(repr=False)
    meta: dict[str, Any]
    links: dict[str, Any]
    n_entries: int
    is_strict: bool

    @cached_property
    def entries(self) -> list[Any]:
        """The structures, decoded; whole numbers beyond 64 bits are floats."""
        entries: list[Any] = quickly_decoded(self.payload)["data"]
        return entries

    @cached_property
    def exact_entries(self) -> list[Any]:
        """The structures, decoded; whole numbers of any length are exact."""
        entries: list[Any] = decoded(self.payload, parse_float=float)["data"]
        return entries


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
def page(payload: bytes, quirks: frozenset[Quirk] = frozenset()) -> Listing:
    """Return a page of structures; checking it, walking on and reading its entries look at it once.

    Raises:
        TransportError: see `envelope`; or the page is empty, and still names a next one; or there is more, but no way.
    """
    body = envelope(payload, decode=_looked_at)
    entries = body["data"]
    if not isinstance(entries, (list, simdjson.Array)):
        message = f"`data` of a page of structures is a list, got {type(entries).__name__}"
        raise TransportError(message)
    is_strict = isinstance(entries, simdjson.Array)
    listing = Listing(payload, body["meta"], body["links"], len(entries), is_strict=is_strict)
    link = _link(listing.links, quirks)
    if not listing.n_entries and link is not None and Quirk.ENDLESS_NEXT not in quirks:
        message = "the page is empty, but names a next one"
        raise TransportError(message)
    if link is None and listing.meta.get("more_data_available") is True and "data_returned" not in listing.meta:
        message = "the page says that there is more, but neither how much nor where"
        raise TransportError(message)
    return listing


def _looked_at(payload: bytes) -> Any:  # noqa: ANN401 — JSON
    """Return what an answer holds, its `data` left in place; decoded, where it is no answer that simdjson reads."""
    try:
        document = simdjson.Parser().parse(payload)
    except (
        ValueError,
        RuntimeError,
    ):  # stricter than the standard library: NaN, whole numbers of any length, surrogates
        return quickly_decoded(payload)
    if not isinstance(document, simdjson.Object) or len(set(document)) < len(document):
        return quickly_decoded(payload)
    return {name: document[name] if name == "data" else _plain(document[name]) for name in document}


def _plain(given: Any) -> Any:  # noqa: ANN401 — JSON
    if isinstance(given, simdjson.Object):
        return given.as_dict()
    return given.as_list() if isinstance(given, simdjson.Array) else given


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


def next_of(listing: Listing, url: str, quirks: Collection[Quirk]) -> str | None:
    """Return the address of the next page; none behind the last one."""
    link = _link(listing.links, quirks)
    return urljoin(url, link) if link else None


def _attributes(info: dict[str, Any]) -> dict[str, Any]:
    data = info["data"]
    found = data.get("attributes") if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _link(links: dict[str, Any], quirks: Collection[Quirk]) -> str | None:
    name = "next_page" if Quirk.NEXT_PAGE in quirks else "next"
    link = links.get(name)
    if isinstance(link, dict):
        link = link.get("href")
    if link is not None and not isinstance(link, str):
        message = f"`links.{name}` is an address or an object with `href`, got {link!r}"
        raise ContractError(message)
    return link or None
