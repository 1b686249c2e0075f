"""An OPTIMADE database on loopback: answers by path, with any of its manners changed by a test."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SERVER = Path(__file__).parents[3] / "fixtures/optimade/serve_sample.py"
SILICON = {
    "chemical_formula_reduced": "Si",
    "lattice_vectors": [[4, 0, 0], [0, 4, 0], [0, 0, 4]],
    "cartesian_site_positions": [[1, 2, 3]],
    "species": [{"name": "Si", "chemical_symbols": ["Si"], "concentration": [1.0]}],
    "species_at_sites": ["Si"],
    "last_modified": "2026-01-02T03:04:05Z",
}


@dataclass
class Database:
    """What a database answers, and how.

    Attributes:
        entries: id of an entry to what it has beside a structure, or whole entries.
        is_flat: whether attributes stand in the entry itself.
        described: what /info/structures says of its fields.
        info: the attributes of /info.
        meta: what `meta` of a page says beside its count.
        next_name: how `links` call the next page.
        endless: whether links go on behind the last page.
        children: what /links names, id to address.
    """

    entries: Mapping[str, Mapping[str, Any]]
    is_flat: bool = False
    described: dict[str, Any] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    next_name: str = "next"
    link_is_object: bool = False
    endless: bool = False
    counts: bool = True
    children: dict[str, str | None] = field(default_factory=dict)

    def answer(self, path: str, _body: bytes = b"") -> tuple[int, bytes]:
        """Answer a request for a path."""
        parts = urlsplit(path)
        place = parts.path.rpartition("/v1/")[2]
        if place == "structures":
            said = self._page(parts.path, {name: found[-1] for name, found in parse_qs(parts.query).items()})
        elif place == "info/structures":
            said = {"data": {"properties": self.described}}
        elif place == "links":
            said = {"data": [self._link(name, address) for name, address in self.children.items()]}
        else:
            said = {"data": {"attributes": self.info}, "meta": {"api_version": "1.2.0"}}
        return 200, json.dumps(said).encode()

    def _page(self, path: str, options: dict[str, str]) -> dict[str, Any]:
        size, start = int(options["page_limit"]), int(options.get("page_offset", 0))
        following = path + "?" + urlencode({**options, "page_offset": start + size})
        since = re.search(r'last_modified>="([^"]+)"', options.get("filter", ""))
        names = [name for name in self.entries if since is None or self._modified(name) >= since[1]]
        goes_on = self.endless or start + size < len(names)
        link = {"href": following, "meta": {}} if self.link_is_object else following
        counted = {"data_returned": len(names)} if self.counts else {}
        return {
            "data": [self._entry(name) for name in names[start : start + size]],
            "meta": {**counted, **self.meta},
            "links": {self.next_name: link if goes_on else None},
        }

    def _modified(self, identity: str) -> str:
        return str((SILICON | self.entries[identity])["last_modified"])

    def _entry(self, identity: str) -> dict[str, Any]:
        attributes = SILICON | self.entries[identity]
        return {"id": identity, "type": "structures", **(attributes if self.is_flat else {"attributes": attributes})}

    @staticmethod
    def _link(name: str, address: str | None) -> dict[str, Any]:
        return {"id": name, "type": "links", "attributes": {"base_url": address, "link_type": "child"}}


@pytest.fixture
def database() -> type[Database]:
    """Return what a test makes a database of."""
    return Database


@pytest.fixture(scope="session")
def sample_server() -> Iterator[str]:
    """Serve 320 structures of the sample by the reference server; yield its base URL."""
    command = [sys.executable, str(SERVER)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()
