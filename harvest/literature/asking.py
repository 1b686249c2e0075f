"""Asking: requests to several hosts through the one HTTP door, each host at its own pace."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harvest.errors import UnreachableError
from harvest.http import HttpClient, Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harvest.source import Request

_PER_SECOND = 1.0
_PATIENCE = Patience(attempts=3)  # somebody waits in front of a command
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
_LOOPBACK_PER_SECOND = 1000.0  # a copy on this machine needs no sparing


class Hosts:
    """Clients of the hosts that are asked, made when a host is first asked; no redirect leads to another host."""

    def __init__(self, per_second: Mapping[str, float], *, patience: Patience | None = None) -> None:
        """Pace each host.

        Args:
            per_second: at most so many requests a second to a host; one a second to those that are not named.
            patience: how long to try.
        """
        self._per_second, self._patience = dict(per_second), patience or _PATIENCE
        self._clients: dict[str, HttpClient] = {}
        self._silent: set[str] = set()

    def ask(self, request: Request, check: Callable[[bytes], object] | None) -> bytes:
        """Return the answer to a request.

        Raises:
            UnreachableError: nobody answers; a host that did not answer is not asked again.
            HarvestError: see `harvest.http.HttpClient.get`.
        """
        host = urlsplit(request.uri).netloc
        if host in self._silent:
            raise UnreachableError(_no_answer(host))
        if host not in self._clients:
            self._clients[host] = self._client(host)
        try:
            return self._clients[host].get(request, check=check).payload
        except UnreachableError as error:
            self._silent.add(host)
            raise UnreachableError(_no_answer(host)) from error

    def _client(self, host: str) -> HttpClient:
        is_near = host.partition(":")[0] in _LOOPBACK
        pace = _LOOPBACK_PER_SECOND if is_near else self._per_second.get(host, _PER_SECOND)
        return HttpClient(hosts=frozenset({host}), requests_per_second=pace, patience=self._patience)


def _no_answer(host: str) -> str:
    return f"nobody answers at {host}"
