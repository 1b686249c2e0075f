"""OPTIMADE index: the links that a provider keeps of its databases in, the address of one of them out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from harvest.errors import ContractError, TransportError
from harvest.sources.optimade.answers import envelope

_CHILD = "child"


def links(payload: bytes) -> dict[str, str]:
    """Return name and address of each database that an index names; those without an address are left out.

    Raises:
        TransportError: the payload is cut, or no index.
    """
    entries = envelope(payload)["data"]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        message = f"an index answers with a list of links, got {payload[:80]!r}"
        raise TransportError(message)
    found = {}
    for entry in entries:
        said = {**entry, **(entry.get("attributes") or {})}
        address = _address(said.get("base_url"))
        if said.get("link_type") == _CHILD and address:
            found[str(entry.get("id"))] = address
    return found


def address_of(name: str, found: dict[str, str], allowed: frozenset[str]) -> str:
    """Return the address of a database.

    Raises:
        ContractError: the index names no such database, or one on a host that its provider's card does not name.
    """
    if name not in found:
        listed = ", ".join(sorted(found)) or "none that can be asked"
        message = f"the index of the provider has no database {name!r}; it has {listed}"
        raise ContractError(message)
    host = urlsplit(found[name]).netloc
    if host not in allowed:
        message = (
            f"the index says that {name!r} is at {found[name]}, on a host that the card does not name; "
            "ask it by `base_url`, with its `licence`"
        )
        raise ContractError(message)
    return found[name]


def _address(given: Any) -> str | None:  # noqa: ANN401 — JSON
    link = given.get("href") if isinstance(given, dict) else given
    return link.rstrip("/") if isinstance(link, str) and link else None
