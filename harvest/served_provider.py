"""Served provider: a real OPTIMADE server behind, its documents out; so that faults can be put in front of it.

    provider = ServedProvider("http://127.0.0.1:5005", page_size=5)
    with FaultServer(provider, fault=FAULTS["cut at 5/16"].make(provider)) as server:
        ...  # harvest from server.base_url

What is asked of the fault server is asked of the real one, and what that answers is handed on, with its links leading
to the fault server.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from harvest.errors import ContractError
from harvest.http import HttpClient
from harvest.source import Request

if TYPE_CHECKING:
    from harvest.generated_provider import Document

_STRUCTURES = "/v1/structures"
_PER_SECOND = 1000.0  # the server is on this machine


@dataclass(frozen=True)
class ServedProvider:
    """A server on this machine.

    Attributes:
        base_url: its address, without /v1.
        page_size: entries a page, where a request does not say.
        version: what it is made to say of its version; what it says itself, where none.
        behind: how many entries further at the front it is made to answer.
    """

    base_url: str
    page_size: int
    version: str | None = None
    behind: int = 0

    def with_version(self, version: str) -> Self:
        """Return the same server, saying another version."""
        return replace(self, version=version)

    def shifted(self, by: int) -> Self:
        """Return the same server as if so many entries had come in at the front, and gone at the end."""
        return replace(self, behind=by)

    def page_of(self, address: str) -> int:
        """Return which page an address asks for, from 1; 0 where it asks for something else."""
        parts = urlsplit(address)
        asked = dict(parse_qsl(parts.query))
        if parts.path != _STRUCTURES:
            return 0
        return int(asked.get("page_offset", 0)) // int(asked.get("page_limit", self.page_size)) + 1

    def document(self, address: str, origin: str) -> Document | None:
        """Return what the server answers; none where it refuses."""
        parts = urlsplit(address)
        client = HttpClient(hosts=frozenset({urlsplit(self.base_url).netloc}), requests_per_second=_PER_SECOND)
        try:
            query = self._asked(parts.query) if self.page_of(address) else parts.query
            answer = client.get(Request(f"{self.base_url}{parts._replace(query=query).geturl()}"))
        except ContractError:
            return None
        said: Document = json.loads(answer.payload.replace(self.base_url.encode(), origin.encode()))
        if self.version is not None:
            said["meta"]["implementation"]["version"] = self.version
        return said

    def _asked(self, query: str) -> str:
        asked = {"page_limit": str(self.page_size), **dict(parse_qsl(query, keep_blank_values=True))}
        if self.behind and "page_offset" in asked:
            asked["page_offset"] = str(max(int(asked["page_offset"]) - self.behind, 0))
        return urlencode(asked)
