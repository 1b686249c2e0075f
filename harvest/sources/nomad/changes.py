"""NOMAD changes: the entries that are held in, those that the service has otherwise by now out.

No time of NOMAD says of an entry that it is new to the public. An upload may be processed long before it is published
or its embargo ends; neither moves `last_processing_time`, and `publish_time` is stored after the index was written. So
all ids are listed with their times, and an entry is fetched that is not held with the same one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import batched
from typing import TYPE_CHECKING, Any

from harvest.errors import ContractError
from harvest.source import Page, moment_of
from harvest.sources.nomad.answers import page, times
from harvest.sources.nomad.paging import ARCHIVES, METADATA, raw_pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harvest.source import Door

_LIST_PAGE = 5000  # of the 10,000 that the search engine below gives at once
_MOST_LISTS = 3
_SHOWN = 3
_STORED = timedelta(milliseconds=1)  # the database behind the index keeps milliseconds, the archive microseconds


class OthersCameError(ContractError):
    """The service does not keep to the ids that it is asked for: it has to be walked as a whole."""


@dataclass
class Listing:
    """All entries that a query has, as the service lists them.

    Attributes:
        times: when each was processed last, by id; none where that is not said.
        totals: how many there are, as the pages say.
    """

    times: dict[str, str | None] = field(default_factory=dict)
    totals: set[int] = field(default_factory=set)

    @property
    def is_whole(self) -> bool:
        """Whether the list is of one moment: as long as each of its pages says."""
        return self.totals == {len(self.times)}

    @property
    def missing(self) -> str:
        """What is wrong with the list, in words."""
        totals = ", ".join(map(str, sorted(self.totals)))
        return "" if self.is_whole else f"the service lists {len(self.times)} entries and says that there are {totals}"


def list_entries(door: Door, origin: str, query: dict[str, Any], found: Listing) -> Iterator[Page]:
    """Walk the list of all entries, again where it changed on the way; the last page says which are present.

    Args:
        door: what is asked through.
        origin: address of the service.
        query: in NOMAD's language.
        found: takes the list.
    """
    asked = {"owner": "public", "query": query, "required": {"include": ["entry_id", "last_processing_time"]}}
    for number in range(1, _MOST_LISTS + 1):
        found.times, found.totals = {}, set()
        raws = []
        tag = f"list {number}"
        for raw, said in raw_pages(door, origin, METADATA, asked, page_size=_LIST_PAGE, check=_listed, tag=tag):
            raws.append(raw)
            found.times |= times(said)
            found.totals.add(said.total)
        yield from (Page(raw, has_records=False) for raw in raws[:-1])
        if found.is_whole or number == _MOST_LISTS:
            yield Page(raws[-1], has_records=False, present=frozenset(found.times), missing=found.missing)
            return
        yield Page(raws[-1], has_records=False)


def fetch_entries(door: Door, origin: str, asked: dict[str, Any], left: set[str], *, page_size: int) -> Iterator[Page]:
    """Fetch entries by their ids, in the order of ids.

    Args:
        door: what is asked through.
        origin: address of the service.
        asked: owner, query and what is required of each entry.
        left: the entries to fetch; what came is taken out, so that those stay that did not come.
        page_size: how many are asked for at once.

    Raises:
        OthersCameError: the service does not keep to the ids that it is asked for.
    """
    for names in batched(sorted(left), page_size):
        by_id = {"entry_id:any": list(names)}
        query = {"and": [asked["query"], by_id]} if asked["query"] else by_id
        for raw, said in raw_pages(door, origin, ARCHIVES, {**asked, "query": query}, page_size=len(names)):
            came = {str(entry.get("entry_id")) for entry in said.entries if isinstance(entry, dict)}
            if said.total > len(names) or not came <= set(names):
                message = f"{origin}: {len(names)} entries were asked for by `entry_id:any`, and others came"
                raise OthersCameError(message)
            left -= came
            yield Page(raw)


def changed(listed: Mapping[str, str | None], held: Mapping[str, str]) -> set[str]:
    """Return the ids of the entries that are not held, or were processed at another time than what is held."""
    return {name for name, time in listed.items() if not _is_same(time, held.get(name))}


def missing(left: set[str]) -> str:
    """Return in words which entries did not come; nothing where all did."""
    shown = ", ".join(sorted(left)[:_SHOWN])
    return f"{len(left)} entries that the service lists could not be had: {shown}" if left else ""


def _listed(payload: bytes) -> None:
    times(page(payload))


def _is_same(time: str | None, held: str | None) -> bool:
    if time is not None and time == held:
        return True
    moments = moment_of(time), moment_of(held)
    return moments[0] is not None and moments[1] is not None and abs(moments[0] - moments[1]) <= _STORED
