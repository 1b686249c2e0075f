"""Generated provider: a database with known truth in, the documents out that a web service would answer with.

Two ways to speak: OPTIMADE (`/v1/info`, `/v1/structures`, pages along `links.next`) and the REST service of the
Materials Project (`/heartbeat`, `/materials/summary/`, pages by `_skip` and `_limit`). The n-th entry of n_entries is a
rock salt crystal of known cell and band gap, so that a test knows every record that a harvest has to bring.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

_PAIRS = ("Na Cl", "K Br", "Mg O", "Ca S", "Li F", "Rb I", "Sr Se", "Ba Te")
_SITES = 8
FIELD = "_gen_band_gap"
MODIFIED = "2026-01-02T03:04:05Z"
STRUCTURES, SUMMARY = "/v1/structures", "/materials/summary/"
_LONGEST_PAGE = 1000

type Document = dict[str, Any]


class Provider(Protocol):
    """What a `harvest.faultserver.FaultServer` serves: this one, or a `harvest.served_provider.ServedProvider`."""

    def with_version(self, version: str) -> Provider:
        """Return the same database, saying another version."""

    def shifted(self, by: int) -> Provider:
        """Return the same database as if so many entries had come in at the front, and gone at the end."""

    def page_of(self, address: str) -> int:
        """Return which page of entries an address asks for, from 1; 0 where it asks for something else."""

    def __hash__(self) -> int:
        """Return a hash: answers are remembered."""

    def document(self, address: str, origin: str) -> Document | None:
        """Return what the service answers to an address; none where there is nothing."""


@dataclass(frozen=True)
class Window:
    """Which part of the entries a request asks for; `cursor` only tells links apart."""

    offset: int
    limit: int


@dataclass(frozen=True)
class GeneratedProvider:
    """A database of `n_entries` in pages of `page_size`.

    Attributes:
        n_entries: how many entries there are.
        page_size: entries a page, where a request does not say.
        version: what the service says of its version.
        first: number of the first entry; a provider that deletes at the front has a higher one later.
        modified: entries that were modified later than `MODIFIED`, each with its time stamp.
    """

    n_entries: int = 30
    page_size: int = 10
    version: str = "1.0"
    first: int = 1000
    modified: dict[int, str] = field(default_factory=dict, hash=False)

    @property
    def n_pages(self) -> int:
        """How many pages hold all entries."""
        return -(-self.n_entries // self.page_size)

    @property
    def ids(self) -> list[str]:
        """The ids of all entries, in order."""
        return [f"gen-{number:07d}" for number in range(self.first, self.first + self.n_entries)]

    @property
    def summary_ids(self) -> list[str]:
        """The ids of all entries as the Materials Project would write them, in order."""
        return [f"mp-{number + 1}" for number in range(self.first, self.first + self.n_entries)]

    def with_version(self, version: str) -> GeneratedProvider:
        """Return the same database, saying another version."""
        return replace(self, version=version)

    def shifted(self, by: int) -> GeneratedProvider:
        """Return the same database as if so many entries had come in at the front, and gone at the end."""
        return replace(self, first=self.first - by)

    def band_gap(self, number: int) -> float:
        """Return the band gap of an entry, in eV."""
        return number % 97 / 8 + (1 / 16 if number in self.modified else 0.0)

    def page_of(self, address: str) -> int:
        """Return which page an address asks for, from 1; 0 where it asks for something else."""
        path = urlsplit(address).path
        if path not in {STRUCTURES, SUMMARY}:
            return 0
        window = self.window(address)
        return window.offset // max(window.limit, 1) + 1

    def window(self, address: str) -> Window:
        """Return which entries an address asks for."""
        asked = dict(parse_qsl(urlsplit(address).query))
        names = ("_skip", "_limit") if urlsplit(address).path == SUMMARY else ("page_offset", "page_limit")
        limit = int(asked.get(names[1], self.page_size))
        return Window(int(asked.get(names[0], 0)), min(limit, _LONGEST_PAGE))

    def document(self, address: str, origin: str) -> Document | None:
        """Return what the service answers to an address; none where there is nothing."""
        path = urlsplit(address).path
        if path == STRUCTURES:
            return self._structures(address, origin)
        if path == SUMMARY:
            return self._summary(address)
        if path == "/heartbeat":
            return {"version": self.version, "db_version": self.version, "access_controlled_batch_ids": []}
        if path == "/v1/info/structures":
            return {"data": {"properties": {FIELD: {"type": "float", "unit": "eV"}}}, "meta": self._meta()}
        if path == "/v1/info":
            return {"data": {"id": "/", "type": "info", "attributes": {"api_version": "1.2.0"}}, "meta": self._meta()}
        return None

    def _meta(self) -> Document:
        return {"api_version": "1.2.0", "implementation": {"name": "generated", "version": self.version}}

    def _numbers(self, window: Window) -> range:
        end = min(window.offset + window.limit, self.n_entries)
        return range(self.first + window.offset, self.first + end)

    def _structures(self, address: str, origin: str) -> Document:
        window = self.window(address)
        asked = dict(parse_qsl(urlsplit(address).query))
        since = _since(asked.get("filter", ""))
        numbers = list(self._numbers(window))
        if since:
            there = range(self.first, self.first + self.n_entries)
            numbers = [number for number, when in sorted(self.modified.items()) if when >= since and number in there]
        is_last = since or window.offset + window.limit >= self.n_entries
        following = {**asked, "page_offset": str(window.offset + window.limit), "page_limit": str(window.limit)}
        count = len(numbers) if since else self.n_entries
        return {
            "data": [self.entry(number) for number in numbers],
            "links": {"next": None if is_last else f"{origin}{STRUCTURES}?{urlencode(following)}"},
            "meta": {**self._meta(), "data_returned": count, "more_data_available": not is_last},
        }

    def _summary(self, address: str) -> Document:
        numbers = self._numbers(self.window(address))
        return {"data": [self.summary(number) for number in numbers], "meta": {"total_doc": self.n_entries}}

    def entry(self, number: int) -> Document:
        """Return an entry as OPTIMADE has it, its cell in angstrom."""
        cation, anion = _PAIRS[number % len(_PAIRS)].split()
        edge = 4.0 + number % 1000 / 500
        half = edge / 2
        corners = [(0.0, 0.0, 0.0), (0.0, half, half), (half, 0.0, half), (half, half, 0.0)]
        sites = [*corners, *((half + x, y, z) for x, y, z in corners)]
        attributes = {
            "chemical_formula_reduced": "".join(sorted((anion, cation))),
            "dimension_types": [1, 1, 1],
            "lattice_vectors": [[edge, 0.0, 0.0], [0.0, edge, 0.0], [0.0, 0.0, edge]],
            "cartesian_site_positions": [list(site) for site in sites],
            "species": [{"name": s, "chemical_symbols": [s], "concentration": [1.0]} for s in (cation, anion)],
            "species_at_sites": [cation] * (_SITES // 2) + [anion] * (_SITES // 2),
            "nsites": _SITES,
            "last_modified": self.modified.get(number, MODIFIED),
            FIELD: self.band_gap(number),
        }
        return {"id": f"gen-{number:07d}", "type": "structures", "attributes": attributes}

    def summary(self, number: int) -> Document:
        """Return an entry as a summary of the Materials Project has it; the structure is left out."""
        formula = self.entry(number)["attributes"]["chemical_formula_reduced"]
        return {"material_id": f"mp-{number + 1}", "formula_pretty": formula, "band_gap": self.band_gap(number)}


def written(document: Document) -> bytes:
    """Return a document as the bytes of an answer."""
    return json.dumps(document).encode()


def _since(text: str) -> str:
    """Return the time stamp of a filter `last_modified >= "..."`; nothing where there is none."""
    _, found, rest = text.partition("last_modified")
    return rest.partition('"')[2].partition('"')[0] if found else ""
