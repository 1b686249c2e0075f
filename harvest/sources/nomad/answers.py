"""NOMAD answers: bytes in, the version of the service or a checked page out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harvest.errors import TransportError
from harvest.rest import MISFIT, decoded

_NEXT = "next_page_after_value"


@dataclass(frozen=True)
class Answer:
    """A page.

    Attributes:
        entries: what it holds.
        total: how many entries the query has.
        following: the value after which the next page begins; none on the last one.
    """

    entries: list[Any]
    total: int
    following: str | None


def version(payload: bytes) -> str:
    """Return the version that `/info` names.

    Raises:
        TransportError: the payload is cut, or names none.
    """
    body = decoded(payload)
    if not isinstance(body, dict) or not isinstance(body.get("version"), str):
        message = f"the answer names no version of NOMAD: {payload[:80]!r}"
        raise TransportError(message)
    return f"nomad {body['version']}"


def page(payload: bytes) -> Answer:
    """Return a page; it may be empty and name a next one: archives that the service cannot read are left out.

    Raises:
        TransportError: the payload is cut, or no page of NOMAD.
    """
    body = decoded(payload)
    try:
        entries, total, following = body["data"], body["pagination"]["total"], body["pagination"].get(_NEXT)
    except MISFIT as error:
        message = f"the answer is no page of NOMAD ({type(error).__name__}: {error}): {payload[:80]!r}"
        raise TransportError(message) from error
    is_page = isinstance(entries, list) and type(total) is int and isinstance(following, str | None)
    if not is_page:
        message = f"a page of NOMAD has a list of data, a total, and text for `{_NEXT}`; got {payload[:80]!r}"
        raise TransportError(message)
    return Answer(entries, total, following or None)


def times(said: Answer) -> dict[str, str | None]:
    """Return when each entry of a page was processed last, by id, as the index of the service has it.

    Raises:
        TransportError: an entry has no id, or an empty page names a next one.
    """
    if not said.entries and said.following is not None:
        message = "the page is empty, but names a next one"
        raise TransportError(message)
    if not all(isinstance(entry, dict) and isinstance(entry.get("entry_id"), str) for entry in said.entries):
        message = "each entry of a list of NOMAD has an `entry_id`, and some of this page has none"
        raise TransportError(message)
    given = {entry["entry_id"]: entry.get("last_processing_time") for entry in said.entries}
    return {name: time if isinstance(time, str) else None for name, time in given.items()}
