"""Hostile pages: a good JSON page in, pages with one thing wrong out; for the suite that every connector passes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from harvest.source import RawFile, RawObject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harvest.source import Door, Request
    from schemas.provenance import Pointer

# A lone surrogate, text from right to left, a byte order mark, a control character, a combining mark, an emoji.
_ODD_TEXT = "\ud800 \u202e\ufeff\x00\u0301 \U0001f4a5"
_MOST_PLACES = 25


def entry_path(pointer: Pointer) -> list[str] | None:
    """Return the steps from a JSON document to an entry; none where the page is no JSON document."""
    if len(pointer.steps) != 1 or pointer.steps[0][0] != "json":
        return None
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.steps[0][1].split("/")[1:]]


def hostile_pages(payload: bytes, path: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield pages in which one place of one entry is wrong, each with what is wrong.

    Args:
        payload: a good page, JSON.
        path: the steps to the entry.
    """
    places = list(_places(_at(json.loads(payload), path)))
    for place in places[:: max(1, len(places) // _MOST_PLACES)]:
        for what, change in _CHANGES.items():
            document = json.loads(payload)
            parent = _at(document, [*path, *place[:-1]])
            key = int(place[-1]) if isinstance(parent, list) else place[-1]
            if change(parent, key):
                yield f"{what} at /{'/'.join([*path, *place])}", json.dumps(document).encode()


def doubled_entry(payload: bytes, path: list[str]) -> bytes | None:
    """Return a page that gives an entry twice; none where its entries are no list."""
    document = json.loads(payload)
    entries = _at(document, path[:-1])
    if not isinstance(entries, list):
        return None
    entries.append(entries[int(path[-1])])
    return json.dumps(document).encode()


def emptied(payload: bytes, path: list[str]) -> bytes | None:
    """Return a page without entries that says all else as before; none where its entries are no list."""
    document = json.loads(payload)
    entries = _at(document, path[:-1])
    if not isinstance(entries, list):
        return None
    entries.clear()
    return json.dumps(document).encode()


class SubstitutingDoor:
    """Hands on what another door has, but other bytes for some requests.

    Attributes:
        asked: how many requests came.
    """

    def __init__(self, door: Door, substitute: Callable[[Request], bytes | None]) -> None:
        """Ask `substitute` first; what it does not have comes from `door`."""
        self._door, self._substitute = door, substitute
        self.asked = 0

    def get(self, request: Request, *, check: Callable[[bytes], object] | None = None) -> RawObject:
        """Return the substitute, checked as if it had been fetched, or what the other door has."""
        self.asked += 1
        payload = self._substitute(request)
        if payload is None:
            return self._door.get(request, check=check)
        if check is not None:
            check(payload)
        return RawObject("", payload, request.media_type, request.uri, request.key)

    def get_text(
        self,
        request: Request,
        *,
        kept: Callable[[bytes], bytes],
        check: Callable[[bytes], object] | None = None,
    ) -> RawObject:
        """Return what is kept of the substitute, or what the other door has."""
        self.asked += 1
        payload = self._substitute(request)
        if payload is None:
            return self._door.get_text(request, kept=kept, check=check)
        if check is not None:
            check(payload)
        return RawObject("", kept(payload), request.media_type, request.uri, request.key)

    def get_parts(
        self,
        request: Request,
        *,
        halve: Callable[[Request], tuple[Request, ...]],
        check: Callable[[bytes], object] | None = None,
    ) -> list[RawObject]:
        """Return the whole."""
        del halve
        return [self.get(request, check=check)]

    def download(self, request: Request, *, check: Callable[[Path], object] | None = None) -> RawFile:
        """Return what the other door has."""
        self.asked += 1
        return self._door.download(request, check=check)


def _at(document: Any, path: list[str]) -> Any:  # noqa: ANN401 — JSON
    for step in path:
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def _places(value: Any, above: tuple[str, ...] = ()) -> Iterator[list[str]]:  # noqa: ANN401 — JSON
    """Yield the steps to everything inside a value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inside:
        steps = (*above, str(key))
        yield list(steps)
        yield from _places(below, steps)


def _to_nan(parent: Any, key: Any) -> bool:  # noqa: ANN401 — JSON
    if not isinstance(parent[key], float):
        return False
    parent[key] = float("nan")
    return True


def _to_odd_text(parent: Any, key: Any) -> bool:  # noqa: ANN401 — JSON
    if not isinstance(parent[key], str):
        return False
    parent[key] = _ODD_TEXT
    return True


def _away(parent: Any, key: Any) -> bool:  # noqa: ANN401 — JSON
    del parent[key]
    return True


def _to_another_type(parent: Any, key: Any) -> bool:  # noqa: ANN401 — JSON
    parent[key] = 7 if isinstance(parent[key], str | list | dict | None) else {"value": [parent[key]]}
    return True


_CHANGES: dict[str, Callable[[Any, Any], bool]] = {
    "NaN": _to_nan,
    "odd text": _to_odd_text,
    "nothing": _away,
    "another type": _to_another_type,
}
