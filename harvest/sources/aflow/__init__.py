"""AFLOW: a search by AFLUX in, material records out; page by page until one is empty or all that is counted came.

AFLUX answers in two shapes: a list of entries, or an object whose keys are "1 of 912" and so on, and in both it may
write lists as text ("8.2,8.2,4.7,90,90,120"). The list counts nothing, so there a page that is short before the last
one is the only sign that rows are missing. Follows Rose et al. (2017), doi:10.1016/j.commatsci.2017.04.036.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from harvest.errors import ContractError, TransportError
from harvest.rest import MISFIT, decoded, rejected, rest_plan, wanted_fields
from harvest.source import Page, Plan, Rejected, Request, load_card
from harvest.sources.aflow.entries import record_of
from harvest.sources.aflow.query import AflowCard, AflowQuery
from schemas.provenance import Pointer, json_step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject
    from schemas.material import MaterialRecord

__all__ = ["AflowQuery", "AflowSource"]

_ALWAYS = ("auid", "compound", "species", "composition", "geometry", "positions_fractional")
_WORD = re.compile(r"[A-Za-z_]\w*")
_COUNTED = re.compile(r"^\d+ of (\d+)$")
_SAFE = "(),:!*$'"


class AflowSource:
    """Walks the entries that a matchbook fits."""

    card: AflowCard = load_card("aflow", AflowCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options."""
        query = AflowQuery.model_validate(options)
        return rest_plan(self.card, query, key=key, folder=folder, base_url=query.base_url)

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Ask for page after page, sorted by auid."""
        query = AflowQuery.model_validate(plan.query)
        keywords = ",".join(self._keywords(query))
        received, expected, number = 0, None, 0
        sizes: list[int] = []
        walked: set[str] = set()
        while expected is None or received < expected:
            number += 1
            summons = f"{keywords},$paging({number},{query.page_size}),format(json)"
            url = f"{plan.about.origin}/?{quote(summons, safe=_SAFE)}"
            raw = door.get(Request(url), check=_rows)
            rows, expected = _rows(raw.payload)
            yield Page(raw, promised=expected)
            if not rows:
                break
            if raw.sha256 in walked:
                message = f"{url}: the page is the same as one that was walked already"
                raise ContractError(message)
            if expected is None and sizes and sizes[-1] < sizes[0]:
                message = f"{url}: follows a page of {sizes[-1]} entries where others have {sizes[0]}: rows are missing"
                raise ContractError(message)
            walked.add(raw.sha256)
            sizes.append(len(rows))
            received += len(rows)

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        """Read the entries of a page; one that does not fit is rejected, its neighbours pass."""
        fields = wanted_fields(self.card.properties, AflowQuery.model_validate(plan.query).properties)
        for step, entry in _rows(raw.payload)[0]:
            pointer = Pointer.of(json=json_step(step))
            try:
                yield record_of(entry, pointer, fields, self.card)
            except MISFIT as error:
                yield rejected(error, pointer, entry, field="auid")

    def _keywords(self, query: AflowQuery) -> list[str]:
        """Return what is asked for; the first keyword sorts, and one that the matchbook holds is not named again."""
        asked = set(_WORD.findall(query.matchbook))
        values = (m.field for m in wanted_fields(self.card.properties, query.properties))
        named = dict.fromkeys((*_ALWAYS, *self.card.labels, *values))
        first, *others = (name for name in named if name not in asked)
        return [first, query.matchbook, *others]


def _rows(payload: bytes) -> tuple[list[tuple[str | int, Any]], int | None]:
    """Return the entries of a page, each with its place, and how many the search has, where the page says so.

    Raises:
        TransportError: the payload is cut, or no page of AFLUX.
    """
    body = decoded(payload)
    if isinstance(body, list) and not all(isinstance(row, str) for row in body or [None]):
        return list(enumerate(body)), None
    if body in ([], {}):
        return [], None
    counts = {match[1] for key in body if (match := _COUNTED.match(key))} if isinstance(body, dict) else set()
    if len(counts) != 1 or not all(_COUNTED.match(key) for key in body):
        message = f"the answer is no page of AFLUX: {payload[:80]!r}"
        raise TransportError(message)
    return list(body.items()), int(counts.pop())
