"""Preview: a recipe in; what a harvest would ask for, how much that is and how long it takes, out. Nothing is written.

The first page of each source is asked for, because only the source knows how much it has; no large file is fetched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harvest.connector_faults import handed_over
from harvest.door import READ
from harvest.errors import ConnectorError, HarvestError
from harvest.planning import plan_recipe
from harvest.registry import load_source
from harvest.secret import Secret, secret_of
from harvest.source import Page, RawObject, Rejected, Request
from schemas.material import MaterialRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harvest.http import HttpClient
    from harvest.source import Plan, RawFile, Source

_MOST_REQUESTS = 8


@dataclass(frozen=True)
class Preview:
    """What a harvest of one source would do.

    Attributes:
        key: name of the source in the dataset.
        connector: name of the connector.
        requests: the first requests, in order.
        more: how many would follow; none where the source does not say how much it has.
        records: how many records the source promises; none where it does not say.
        n_bytes: bytes of the pages that were asked for.
        seconds: how long the requests take at the pace of the source, at least; none where `more` is not known.
        problem: why the preview ends where it does, where that is a problem.
    """

    key: str
    connector: str
    requests: tuple[str, ...]
    more: int | None
    records: int | None
    n_bytes: int
    seconds: float | None
    problem: str | None = None


class _EnoughError(Exception):
    """The preview asks no further."""


class _PreviewDoor:
    """Asks for what is small, archives nothing, and stops at the first large file or after a few requests."""

    def __init__(self, plan: Plan, client: Callable[[], HttpClient] | None) -> None:
        self._plan, self._make_client = plan, client
        self._client: HttpClient | None = None
        self.requests: list[str] = []
        self.n_bytes = 0

    def get(self, request: Request, *, check: Callable[[bytes], object] | None = None) -> RawObject:
        self.requests.append(request.key)
        if request.method == READ or self._make_client is None or len(self.requests) > _MOST_REQUESTS:
            raise _EnoughError
        self._client = self._client or self._make_client()
        answer = self._client.get(request, check=check)
        self.n_bytes += len(answer.payload)
        return RawObject("", answer.payload, answer.media_type, request.uri, request.key)

    def get_text(
        self,
        request: Request,
        *,
        kept: Callable[[bytes], bytes],
        check: Callable[[bytes], object] | None = None,
    ) -> RawObject:
        raw = self.get(request, check=check)
        return replace(raw, payload=kept(raw.payload))

    def get_parts(
        self,
        request: Request,
        *,
        halve: Callable[[Request], tuple[Request, ...]],
        check: Callable[[bytes], object] | None = None,
    ) -> list[RawObject]:
        del halve
        return [self.get(request, check=check)]

    def download(self, request: Request, *, check: Callable[[Path], object] | None = None) -> RawFile:
        del check
        self.requests.append(request.key)
        raise _EnoughError


def preview_recipe(path: Path, *, offline: bool = False, most_per_second: float | None = None) -> list[Preview]:
    """Return what a harvest of a recipe would do, source by source.

    Args:
        path: the recipe.
        offline: ask nobody; then only the first request of each source is known.
        most_per_second: as for a harvest.

    Raises:
        RecipeError: the recipe does not fit.
    """
    _, plans = plan_recipe(path)
    return [_preview(plan, offline=offline, most_per_second=most_per_second) for plan in plans]


def _preview(plan: Plan, *, offline: bool, most_per_second: float | None) -> Preview:
    source = load_source(plan.source)
    rate = min(most_per_second or plan.requests_per_second, plan.requests_per_second)

    def client() -> HttpClient:
        from harvest.http import HttpClient  # noqa: PLC0415 — local sources never load the network

        secrets = secret_of(source.card, plan.key_card) if plan.shows_key else Secret()
        return HttpClient(hosts=plan.hosts, requests_per_second=rate, secrets=secrets)

    door = _PreviewDoor(plan, None if offline else client)
    page, problem = _first_page(source, plan, door)
    n_items = _n_items(source, plan, page) if page else 0
    more = _pages_left(page, n_items)
    n_requests = len(door.requests) + (more or 0)
    return Preview(
        key=plan.key,
        connector=plan.source,
        requests=tuple(door.requests),
        more=more,
        records=page.promised if page else None,
        n_bytes=door.n_bytes,
        seconds=None if more is None else n_requests / rate,
        problem=problem,
    )


def _first_page(source: Source, plan: Plan, door: _PreviewDoor) -> tuple[Page | None, str | None]:
    """Return the first page with records, or none and why there is none."""
    walk = handed_over(
        plan,
        lambda: source.fetch(plan, door),
        (Page,),
        lambda: f"fetch() at {door.requests[-1]}" if door.requests else "fetch()",
        passing=(_EnoughError,),
    )
    try:
        return next((page for page in walk if page.has_records), None), None
    except _EnoughError:
        return None, None
    except ConnectorError:
        raise
    except HarvestError as error:
        return None, str(error)


def _n_items(source: Source, plan: Plan, page: Page) -> int:
    kinds = (MaterialRecord, Rejected)
    place = f"parse() of {page.raw.request_key}"
    return sum(1 for _ in handed_over(plan, lambda: source.parse(plan, page.raw), kinds, lambda: place))


def _pages_left(page: Page | None, n_items: int) -> int | None:
    if page is None or page.promised is None or not n_items:
        return None
    return -(-max(page.promised - n_items, 0) // n_items)
