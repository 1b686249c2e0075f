"""HTTP: the one door to the network; a request in, the checked bytes of its answer out.

Retry wraps reading and checking as well as connecting, because a cut body is the most common fault of all. An answer
with an error status, of the wrong size, or that its reader refuses is never data.
"""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from harvest.body import unpacked
from harvest.download import Download
from harvest.errors import (
    ContractError,
    CredentialsError,
    ForbiddenHostError,
    HarvestError,
    RateLimitedError,
    TransportError,
    UnreachableError,
)
from harvest.pace import Pace, retry_after_seconds
from harvest.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from harvest.source import Request

USER_AGENT = "matgranary/0.1 (+https://example.org/matgranary)"
_RETRY_STATUS = frozenset({429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5
_CHUNK = 1 << 16
NOT_MODIFIED = 304


@dataclass(frozen=True)
class Answer:
    """A checked answer: whole, its content encoding undone; or that nothing was modified, without a payload."""

    payload: bytes = field(repr=False)
    status: int
    headers: tuple[tuple[str, str], ...]
    media_type: str

    @property
    def is_unmodified(self) -> bool:
        """Whether the source still has what it had."""
        return self.status == NOT_MODIFIED


@dataclass(frozen=True)
class Patience:
    """How long to try: attempts a request, seconds before the second, the longest wait that is sat out."""

    attempts: int = 5
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 120.0
    connect_seconds: float = 10.0
    read_seconds: float = 60.0
    max_bytes: int = 1 << 30


class HttpClient:
    """A polite client for the hosts of one source."""

    def __init__(
        self,
        *,
        hosts: frozenset[str],
        requests_per_second: float = 1.0,
        secrets: Secret | None = None,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Talk to `hosts` only (`name` or `name:port`), at most `requests_per_second`.

        Args:
            hosts: the source's own; redirects and links that lead elsewhere are refused, so no key leaves them.
            requests_per_second: at most.
            secrets: the key; sent, never archived, in no message.
            patience: how long to try.
            sleep: how to wait.
        """
        self._hosts = hosts
        self._patience = patience or Patience()
        self._sleep = sleep
        self._secret = secrets or Secret()
        self.pace = Pace(
            per_second=requests_per_second, longest_wait_seconds=self._patience.longest_wait_seconds, sleep=sleep
        )
        self._session = requests.Session()  # noqa: TID251 — this module is the door that the ban names
        self._session.trust_env = False
        self._session.headers["User-Agent"] = USER_AGENT
        self._session.headers.update(self._secret.headers)
        self._secret.guard_logs()

    def get(
        self,
        request: Request,
        *,
        check: Callable[[bytes], object] | None = None,
        unless: Mapping[str, str] | None = None,
        attempts: int | None = None,
    ) -> Answer:
        """Return the answer to a request, tried until it is whole and passes its check.

        Args:
            request: what to ask for.
            check: called with the payload; what it raises as TransportError is tried again.
            unless: headers of a conditional request; an answer that nothing was modified is then an answer.
            attempts: at most so many, where fewer are enough.

        Raises:
            RateLimitedError: the provider asks for a longer wait than is sat out here.
            TransportError: every attempt failed; the message says how the last one did.
            ContractError: the provider refuses the request (4xx).
            CredentialsError: 401 or 403.
            ForbiddenHostError: the address, or a redirect, leaves the hosts of the source.
        """

        def attempt() -> Answer:
            response, url = self._respond(request, {"Accept-Encoding": "gzip, deflate", **(unless or {})})
            with response:
                if unless and response.status_code == NOT_MODIFIED:
                    return Answer(b"", NOT_MODIFIED, self._kept_headers(response), request.media_type)
                _refuse_status(response, url, expected=requests.codes.ok)
                answer = self._read(response, url)
            if check is not None:
                check(answer.payload)
            return answer

        return self._patiently(request, attempt, attempts=attempts)

    def download(
        self, request: Request, target: Path, *, check: Callable[[Path], object] | None = None
    ) -> tuple[tuple[str, str], ...]:
        """Write a large answer into a file; one that is cut is resumed where it broke, in this run or a later one.

        Args:
            request: what to ask for.
            target: the file; what is there of it already, and its validator beside it, are from an earlier try.
            check: called with the whole file; what it raises as TransportError is tried again, from the start.

        Returns:
            The headers to archive.

        Raises:
            HarvestError: as `get`.
        """
        part = Download(target)

        def attempt() -> tuple[tuple[str, str], ...]:
            response, url = self._respond(request, {"Accept-Encoding": "identity", **part.range_headers()})
            with response:
                if response.status_code == requests.codes.requested_range_not_satisfiable:
                    part.discard()
                    message = f"{url}: the file is not the one that was begun"
                    raise TransportError(message)
                if response.status_code != requests.codes.partial_content:
                    _refuse_status(response, url, expected=requests.codes.ok)
                with _said_as_transport(url, lambda: part.size):
                    pieces = response.raw.stream(_CHUNK, decode_content=False)
                    part.take(pieces, response.status_code, response.headers, url)
                headers = self._kept_headers(response)
            part.check_whole(url, check)
            return headers

        return self._patiently(request, attempt, progress=lambda: part.size)

    def _patiently[T](
        self,
        request: Request,
        attempt: Callable[[], T],
        *,
        attempts: int | None = None,
        progress: Callable[[], int] = lambda: 0,
    ) -> T:
        """Try until an attempt succeeds; one that got further than all before does not count against patience."""
        most = min(attempts or self._patience.attempts, self._patience.attempts)
        wait = self._patience.first_wait_seconds
        last: Exception = TransportError("no attempt was made")
        tries, reached = 0, progress()
        while tries < most:
            try:
                return self._spoken(attempt)
            except RateLimitedError as error:
                if error.wait_seconds > self._patience.longest_wait_seconds:
                    raise
                pause, last = error.wait_seconds, error
            except TransportError as error:
                pause, last = wait, error
            is_further, reached = progress() > reached, max(progress(), reached)
            tries, wait = (1, self._patience.first_wait_seconds) if is_further else (tries + 1, wait * 2)
            if tries < most:
                self._sleep(pause)
        message = f"{request.method} {request.uri}: {most} attempts failed, the last with: {last}"
        if isinstance(last, RateLimitedError):
            raise RateLimitedError(message, wait_seconds=last.wait_seconds) from last
        kind = UnreachableError if isinstance(last, UnreachableError) else TransportError
        raise kind(message) from last

    def _spoken[T](self, attempt: Callable[[], T]) -> T:
        """Make an attempt; what it complains of does not say the key."""
        try:
            return attempt()
        except HarvestError as error:
            error.args = tuple(self._secret.hidden(str(argument)) for argument in error.args)
            raise

    def _respond(self, request: Request, headers: Mapping[str, str]) -> tuple[requests.Response, str]:
        """Return the answer to a request, redirects within the source followed, its body not read yet."""
        url, method, body = request.uri, request.method, request.body
        for _ in range(_MAX_REDIRECTS + 1):
            self._refuse_foreign(url)
            self.pace.wait()
            response = self._send(method, url, body, headers)
            self.pace.learn(response.headers)
            if response.status_code not in _REDIRECTS or "Location" not in response.headers:
                return response, url
            response.close()
            url = _joined(url, response.headers["Location"])
            method, body = ("GET", None) if response.status_code == requests.codes.see_other else (method, body)
        message = f"{request.uri}: more than {_MAX_REDIRECTS} redirects"
        raise ContractError(message)

    def _send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> requests.Response:
        shown = {**headers, **({"Content-Type": "application/json"} if body is not None else {})}
        timeouts = (self._patience.connect_seconds, self._patience.read_seconds)
        try:
            return self._session.request(
                method,
                self._secret.on(url),
                data=body,
                headers=shown,
                timeout=timeouts,
                allow_redirects=False,
                stream=True,
            )
        except requests.RequestException as error:
            message = self._secret.hidden(f"{url}: {type(error).__name__}: {error}")
            raise UnreachableError(message) from None  # the error of the library says the address with its key
        except ValueError as error:  # requests looks at the address of a redirect even where it does not follow it
            message = self._secret.hidden(f"{url} leads to what is no address ({error})")
            raise ForbiddenHostError(message) from None

    def _read(self, response: requests.Response, url: str) -> Answer:
        """Read the body within the byte cap; a length that was announced must be the length that came."""
        encoding = response.headers.get("Content-Encoding")
        with _said_as_transport(url, response.raw.tell):
            pieces = response.raw.stream(_CHUNK, decode_content=False)
            body = unpacked(pieces, encoding, url=url, max_bytes=self._patience.max_bytes)
        announced, received = response.headers.get("Content-Length"), response.raw.tell()
        if announced is not None and announced.isdigit() and int(announced) != received:
            message = f"{url}: {announced} bytes announced, {received} received"
            raise TransportError(message)
        if not body:
            message = f"{url}: status {response.status_code} with an empty body"
            raise TransportError(message)
        media_type = response.headers.get("Content-Type", "application/octet-stream")
        return Answer(self._secret.hidden_bytes(body), response.status_code, self._kept_headers(response), media_type)

    def _kept_headers(self, response: requests.Response) -> tuple[tuple[str, str], ...]:
        """Return the headers that are archived: those of the undone encoding under another name, no cookies."""
        renamed = {"content-encoding", "transfer-encoding", "content-length"}
        return tuple(
            (f"X-Archive-Orig-{name}" if name.lower() in renamed else name, self._secret.hidden(value))
            for name, value in response.headers.items()
            if name.lower() != "set-cookie"
        )

    def _refuse_foreign(self, url: str) -> None:
        try:
            parts = urlsplit(url)
        except ValueError as error:
            message = f"{url!r} is no address ({error})"
            raise ForbiddenHostError(message) from error
        named = {parts.hostname or "", parts.netloc.rpartition("@")[2]}
        if parts.scheme not in {"http", "https"} or not named & self._hosts or parts.username is not None:
            message = f"{url}: not an address of this source; its hosts are {', '.join(sorted(self._hosts))}"
            raise ForbiddenHostError(message)


class _said_as_transport:  # noqa: N801 — a context manager reads as a verb
    """Say what breaks while a body is read as a fault of the transport, with how much came."""

    def __init__(self, url: str, received: Callable[[], int]) -> None:
        self._url, self._received = url, received

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, requests.RequestException | urllib3.exceptions.HTTPError | zlib.error):
            message = f"{self._url}: the answer was cut after {self._received()} bytes ({type(error).__name__})"
            raise TransportError(message) from error


def _refuse_status(response: requests.Response, url: str, *, expected: int) -> None:
    status = response.status_code
    wait = retry_after_seconds(response.headers.get("Retry-After"), response.headers.get("Date"))
    if status in _RETRY_STATUS and wait is not None:
        message = f"{url}: status {status}, the provider asks to wait {wait:.0f} s"
        raise RateLimitedError(message, wait_seconds=wait)
    if status in _RETRY_STATUS:
        message = f"{url}: status {status}"
        raise TransportError(message)
    if status in {requests.codes.unauthorized, requests.codes.forbidden}:
        message = (
            f"{url}: status {status}: the provider refuses access; is a key needed, or too large a page asked for?"
        )
        raise CredentialsError(message)
    if status != expected:
        message = f"{url}: status {status}, expected {expected}"
        raise ContractError(message)


def _joined(url: str, link: str) -> str:
    """Return the address that a link leads to; what is no address is refused when it is asked for."""
    try:
        return urljoin(url, link)
    except ValueError:
        return link
