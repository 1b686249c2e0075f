"""A NOMAD on loopback: an index and archives that tests change, asked with the semantics of its v1 interface.

Written after `nomad-lab` 2.0.0 (`search.py`, `app/v1/routers/entries.py`, `app/v1/models/models.py`): only what is
published and free of embargo is public, hits are in the order of ids, a page begins after a value, a full page names a
next one, the total is exact, and archives that cannot be read are left out.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

TEMPLATE = json.loads((Path(__file__).parents[3] / "fixtures/nomad/entries.json").read_text(encoding="utf-8"))[0]
OLD = "2024-03-05T10:11:12.131415+00:00"
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_RANGES: dict[str, Callable[[str, str], bool]] = {
    "gte": lambda given, bound: datetime.fromisoformat(given) >= datetime.fromisoformat(bound),
    "gt": lambda given, bound: datetime.fromisoformat(given) > datetime.fromisoformat(bound),
    "lte": lambda given, bound: datetime.fromisoformat(given) <= datetime.fromisoformat(bound),
    "lt": lambda given, bound: datetime.fromisoformat(given) < datetime.fromisoformat(bound),
}


@dataclass
class Entry:
    """An entry: its archive, and what the index says of it.

    Attributes:
        archive: as its page brings it.
        time: of last processing, in the index; none where the index has none.
        is_public: whether it is published and free of embargo.
        is_readable: whether the service can read its archive.
    """

    archive: dict[str, Any]
    time: str | None
    is_public: bool = True
    is_readable: bool = True

    def value(self, name: str) -> Any:  # noqa: ANN401 — JSON
        """Return what the index has of a field."""
        formula = self.archive["results"]["material"]["chemical_formula_reduced"]
        elements = sorted(_SYMBOL.findall(formula))
        return {
            "last_processing_time": self.time,
            "results.material.elements": elements,
            "results.material.n_elements": len(elements),
        }[name]


@dataclass
class Nomad:
    """A service.

    Attributes:
        entries: what it has, by id.
        keeps_to_ids: whether it minds a condition on `entry_id`.
        largest_page: it gives no larger one.
        interrupt: called with path and request before each answer; may change the entries, or answer itself.
        asked: path and request of each query, in order.
    """

    entries: dict[str, Entry] = field(default_factory=dict)
    keeps_to_ids: bool = True
    largest_page: int = 10_000
    interrupt: Callable[[str, dict[str, Any]], tuple[int, bytes] | None] = lambda _path, _asked: None
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def put(self, name: str, *, gap: float = 1.0, time: str = OLD, **said: Any) -> None:  # noqa: ANN401 — of an entry
        """Process an entry: its band gap in eV, its archive and its index get the time."""
        archive = copy.deepcopy(TEMPLATE["archive"])
        archive["metadata"]["last_processing_time"] = time
        archive["results"]["properties"]["electronic"]["band_gap"][0]["value"] = gap * 1.602176634e-19
        self.entries[name] = Entry(archive, time, **said)

    @property
    def fetched(self) -> list[str]:
        """The ids that were asked for one by one, in order."""
        queries = [asked["query"] for path, asked in self.asked if path == "/entries/archive/query"]
        return [name for query in queries for part in query.get("and", ()) for name in part.get("entry_id:any", ())]

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        if path == "/info":
            return 200, json.dumps({"parsers": [], "version": "1.3.7"}).encode()
        asked = json.loads(body)
        said = self.interrupt(path, asked)
        if said is not None:
            return said
        self.asked.append((path, asked))
        hits, pagination = self._search(asked)
        if path == "/entries/archive/query":
            found = [self._archive(name) for name in hits if self.entries[name].is_readable]
        else:
            found = [self._document(name, asked["required"]["include"]) for name in hits]
        return 200, json.dumps({**asked, "pagination": pagination, "data": found}).encode()

    def _search(self, asked: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
        assert (asked["owner"], asked["pagination"]["order_by"], asked["pagination"]["order"]) == (
            "public",
            "entry_id",
            "asc",
        )
        public = {name: entry for name, entry in self.entries.items() if entry.is_public}
        names = sorted(name for name, entry in public.items() if self._matches(name, entry, asked["query"]))
        after, size = asked["pagination"].get("page_after_value", ""), asked["pagination"]["page_size"]
        size = min(size, self.largest_page)
        hits = [name for name in names if name > after][:size]
        said = {**asked["pagination"], "total": len(names)}
        if 0 < len(hits) < len(names) and len(hits) >= size:
            said["next_page_after_value"] = hits[-1]
        return hits, said

    def _matches(self, name: str, entry: Entry, query: dict[str, Any]) -> bool:
        if "and" in query:
            return all(self._matches(name, entry, part) for part in query["and"])
        return all(self._holds(name, entry, key, wanted) for key, wanted in query.items())

    def _holds(self, name: str, entry: Entry, key: str, wanted: Any) -> bool:  # noqa: ANN401 — JSON
        quantity, _, qualifier = key.partition(":")
        if quantity == "entry_id":
            return not self.keeps_to_ids or name in wanted
        given = entry.value(quantity)
        if qualifier in _RANGES:
            return given is not None and _RANGES[qualifier](given, wanted)
        return set(wanted["all"]) <= set(given) if isinstance(wanted, dict) else given == wanted

    def _archive(self, name: str) -> dict[str, Any]:
        return {"entry_id": name, "upload_id": "u", "parser_name": "p", "archive": self.entries[name].archive}

    def _document(self, name: str, included: list[str]) -> dict[str, Any]:
        said = {"entry_id": name, **{key: self.entries[name].value(key) for key in included if key != "entry_id"}}
        return {key: value for key, value in said.items() if value is not None}


@pytest.fixture
def service() -> Nomad:
    """Return a NOMAD of twelve entries that were processed at the same time."""
    made = Nomad()
    for number in range(12):
        made.put(f"e{number:02}", gap=1 + number / 10)
    return made
