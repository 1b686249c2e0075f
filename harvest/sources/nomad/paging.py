"""NOMAD paging: a query in, all its pages out, each after the last entry of the one before, in the order of ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harvest.errors import ContractError
from harvest.source import Request
from harvest.sources.nomad.answers import Answer, page
from schemas.disk import canonical_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harvest.source import Door, RawObject

ARCHIVES = "entries/archive/query"
METADATA = "entries/query"
_SPARE_PAGES = 2  # entries may come on the way


def raw_pages(
    door: Door,
    origin: str,
    path: str,
    asked: dict[str, Any],
    *,
    page_size: int,
    check: Callable[[bytes], object] = page,
    tag: str = "",
) -> Iterator[tuple[RawObject, Answer]]:
    """Walk the pages of a query; yield each as it came and as it reads.

    Args:
        door: what is asked through.
        origin: address of the service.
        path: what of it is asked, `ARCHIVES` or `METADATA`.
        asked: owner, query and what is required of each entry.
        page_size: entries a page.
        check: reads a page, before it is archived.
        tag: tells apart walks of the same query.

    Raises:
        ContractError: a page leads back to one that was walked, or pages go on after as many as there are.
    """
    after: str | None = ""
    walked: set[str] = set()
    came = 0
    while after is not None:
        if after in walked:
            message = f"{origin}: `next_page_after_value` {after!r} leads back to a page that was walked already"
            raise ContractError(message)
        walked.add(after)
        following = {"page_after_value": after} if after else {}
        pagination = {"page_size": page_size, "order_by": "entry_id", "order": "asc", **following}
        body = canonical_json({**asked, "pagination": pagination})
        raw = door.get(Request(f"{origin}/{path}", "POST", body, tag=tag), check=check)
        said = page(raw.payload)
        yield raw, said
        after = said.following
        came += len(said.entries) or page_size  # of an empty page no archive could be read
        if after is not None and came > said.total + _SPARE_PAGES * page_size:
            message = f"{origin}: {len(walked)} pages should hold all {said.total} entries, and there are more"
            raise ContractError(message)
