"""OPTIMADE paging: the address of the first page in, all pages out; a page that fails in its halves, where it can."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from harvest.errors import ContractError
from harvest.source import Page, Request
from harvest.sources.optimade.answers import next_of, page
from harvest.sources.optimade.entries import STRUCTURE_FIELDS
from harvest.sources.optimade.providers import Quirk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harvest.source import Door, RawObject
    from harvest.sources.optimade.query import Place

_LIMIT, _OFFSET = "page_limit", "page_offset"


def first_page(root: str, condition: str, place: Place, *, only_ids: bool = False) -> str:
    """Return the address of the first page of structures, or of their ids alone."""
    whole = [*STRUCTURE_FIELDS, *sorted({path.partition(".")[0] for path in place.fields})]
    wanted = ["id"] if only_ids else whole
    options = {_LIMIT: str(place.page_limit), "response_fields": ",".join(wanted)}
    return f"{root}/structures?{urlencode(options | ({'filter': condition} if condition else {}))}"


def pages(door: Door, first: str, quirks: frozenset[Quirk]) -> Iterator[Page]:
    """Walk the pages; where the provider has failing pages, a row that cannot be had at all is a gap.

    Raises:
        ContractError: a page leads back to one that was walked.
    """
    url: str | None = first
    walked: set[str] = set()
    received, promised = 0, None
    while url is not None:
        if url in walked:
            message = f"{url}: the provider's `next` leads back to a page that was walked already"
            raise ContractError(message)
        walked.add(url)
        parts = _parts(door, url, quirks)
        following, n_rows = None, 0
        for raw in parts:
            listing = page(raw.payload, quirks)
            promised = listing.meta.get("data_returned", promised)
            yield Page(raw, promised=promised, delay_seconds=_delay(listing.meta.get("request_delay")))
            n_rows += listing.n_entries
            following = next_of(listing, raw.uri, quirks)
        received += n_rows
        if Quirk.FAILING_PAGES in quirks:
            following = _after(url, parts, following, promised)
        is_whole = not n_rows or (promised is not None and received >= promised)
        url = None if Quirk.ENDLESS_NEXT in quirks and is_whole else following


def id_pages(door: Door, first: str, quirks: frozenset[Quirk]) -> Iterator[Page]:
    """Walk the pages that list ids alone."""
    for listed in pages(door, first, quirks):
        yield replace(listed, promised=None, has_records=False, present=_ids(page(listed.raw.payload, quirks).entries))


def _ids(entries: list[Any]) -> frozenset[str]:
    return frozenset(str(entry.get("id")) for entry in entries if isinstance(entry, dict))


def halves(request: Request) -> tuple[Request, ...]:
    """Return two requests that bring what one page brings; none for a page of one row."""
    limit, offset = (_number(request.uri, name) for name in (_LIMIT, _OFFSET))
    if limit is None or limit < 2:  # noqa: PLR2004 — one row has no half
        return ()
    first, start = limit // 2, offset or 0
    places = ((first, start), (limit - first, start + first))
    return tuple(
        replace(request, uri=_with(request.uri, {_LIMIT: str(size), _OFFSET: str(begin)})) for size, begin in places
    )


def _parts(door: Door, url: str, quirks: frozenset[Quirk]) -> list[RawObject]:
    def check(payload: bytes) -> None:
        page(payload, quirks)  # called as it is called on: what is looked at here is remembered

    if Quirk.FAILING_PAGES in quirks:
        return door.get_parts(Request(url), halve=halves, check=check)
    return [door.get(Request(url), check=check)]


def _after(url: str, parts: list[RawObject], following: str | None, promised: int | None) -> str | None:
    """Return the page after one that may have come in parts, as large as that was; counted where its end is a gap."""
    limit, offset = _number(url, _LIMIT) or 0, _number(url, _OFFSET) or 0
    end = offset + limit
    last = parts[-1].uri if parts else ""
    came_to = (_number(last, _OFFSET) or 0) + (_number(last, _LIMIT) or 0)
    if parts and came_to == end:
        return following and _with(following, {_LIMIT: str(limit)})
    return _with(url, {_OFFSET: str(end)}) if promised is None or end < promised else None


def _delay(given: Any) -> float | None:  # noqa: ANN401 — JSON
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    return float(given) if is_number and given > 0 else None


def _number(url: str, name: str) -> int | None:
    given = dict(parse_qsl(urlsplit(url).query)).get(name, "")
    return int(given) if given.isdecimal() else None


def _with(url: str, options: dict[str, str]) -> str:
    """Return an address with some of its options set."""
    parts = urlsplit(url)
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query, keep_blank_values=True)) | options)).geturl()
