"""Bounded walk: a connector's walk in, its pages out; one that does not end is left, and its request named."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harvest.source import Door, Page, Plan, RawFile, RawObject, Request, Source

_MOST_ALIKE = 3  # requests of one key; what a walk needs twice, it may ask for twice


def bounded_pages(source: Source, plan: Plan, door: Door, *, most: int) -> Iterator[Page]:
    """Walk a query.

    Args:
        source: the connector.
        plan: the query.
        door: what it asks through.
        most: so many requests, and so many pages, are more than the query can need.

    Raises:
        AssertionError: the walk asks for the same again and again, or does not end.
    """
    for number, page in enumerate(source.fetch(plan, BoundedDoor(door, most=most)), 1):
        if number > most:
            message = f"fetch() does not end: more than {most} pages, the last of {page.raw.request_key}"
            raise AssertionError(message)
        yield page


class BoundedDoor:
    """Hands on what another door has, until too much was asked for."""

    def __init__(self, door: Door, *, most: int) -> None:
        """Let so many requests pass."""
        self._door, self._most = door, most
        self._asked: Counter[str] = Counter()

    def get(self, request: Request, *, check: Callable[[bytes], object] | None = None) -> RawObject:
        """Return what the other door has."""
        self._count(request)
        return self._door.get(request, check=check)

    def get_text(
        self,
        request: Request,
        *,
        kept: Callable[[bytes], bytes],
        check: Callable[[bytes], object] | None = None,
    ) -> RawObject:
        """Return what the other door has."""
        self._count(request)
        return self._door.get_text(request, kept=kept, check=check)

    def get_parts(
        self,
        request: Request,
        *,
        halve: Callable[[Request], tuple[Request, ...]],
        check: Callable[[bytes], object] | None = None,
    ) -> list[RawObject]:
        """Return what the other door has."""
        self._count(request)
        return self._door.get_parts(request, halve=halve, check=check)

    def download(self, request: Request, *, check: Callable[[Path], object] | None = None) -> RawFile:
        """Return what the other door has."""
        self._count(request)
        return self._door.download(request, check=check)

    def _count(self, request: Request) -> None:
        self._asked[request.key] += 1
        if self._asked[request.key] > _MOST_ALIKE:
            message = (
                f"fetch() goes in a circle: it asks for {request.key} again and again; leave a cursor that repeats"
            )
            raise AssertionError(message)
        if self._asked.total() > self._most:
            message = f"fetch() does not end: more than {self._most} requests, the last {request.key}"
            raise AssertionError(message)
