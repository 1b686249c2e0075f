"""HTTP: the one door to the network; a request in, the checked bytes of its answer out.

Retry wraps reading and checking as well as connecting, because a cut body is the most common fault of all. An answer
with an error status, of the wrong size, or that its reader refuses is never data.
"""

from __future__ import annotations

import email.utils
import time
import zlib
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from harvest.errors import (
    ContractError,
    CredentialsError,
    ForbiddenHostError,
    RateLimitedError,
    TransportError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harvest.source import Request

USER_AGENT = "matgranary/0.1 (+https://example.org/matgranary)"
_RETRY_STATUS = frozenset({429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Answer:
    """A checked answer: status 200, whole, its content encoding undone."""

    payload: bytes = field(repr=False)
    status: int
    headers: tuple[tuple[str, str], ...]
    media_type: str


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
        secrets: Mapping[str, str] | None = None,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Talk to `hosts` only (`name` or `name:port`), at most `requests_per_second`.

        Args:
            hosts: the source's own; redirects and links that lead elsewhere are refused, so no key leaves them.
            requests_per_second: at most.
            secrets: headers with keys; sent, never archived, in no message.
            patience: how long to try.
            sleep: how to wait.
        """
        self._hosts = hosts
        self._spacing = 1.0 / requests_per_second
        self._patience = patience or Patience()
        self._sleep = sleep
        self._next_start = 0.0
        self._session = requests.Session()  # noqa: TID251 — this module is the door that the ban names
        self._session.trust_env = False
        self._session.headers["User-Agent"] = USER_AGENT
        self._session.headers["Accept-Encoding"] = "gzip, deflate"
        self._session.headers.update(secrets or {})

    def get(self, request: Request, *, check: Callable[[bytes], object] | None = None) -> Answer:
        """Return the answer to a request, tried until it is whole and passes its check.

        Raises:
            RateLimitedError: the provider asks for a longer wait than is sat out here.
            TransportError: every attempt failed; the message says how the last one did.
            ContractError: the provider refuses the request (4xx).
            CredentialsError: 401 or 403.
            ForbiddenHostError: the address, or a redirect, leaves the hosts of the source.
        """
        wait = self._patience.first_wait_seconds
        last: Exception = TransportError("no attempt was made")
        for attempt in range(1, self._patience.attempts + 1):
            try:
                answer = self._attempt(request)
                if check is not None:
                    check(answer.payload)
            except RateLimitedError as error:
                if error.wait_seconds > self._patience.longest_wait_seconds:
                    raise
                pause, last = error.wait_seconds, error
            except TransportError as error:
                pause, last = wait, error
                wait *= 2
            else:
                return answer
            if attempt < self._patience.attempts:
                self._sleep(pause)
        message = f"{request.method} {request.uri}: {self._patience.attempts} attempts failed, the last with: {last}"
        if isinstance(last, RateLimitedError):
            raise RateLimitedError(message, wait_seconds=last.wait_seconds) from last
        raise TransportError(message) from last

    def _attempt(self, request: Request) -> Answer:
        url, method, body = request.uri, request.method, request.body
        for _ in range(_MAX_REDIRECTS + 1):
            self._refuse_foreign(url)
            self._keep_distance()
            response = self._send(method, url, body)
            try:
                if response.status_code in _REDIRECTS and "Location" in response.headers:
                    url = _joined(url, response.headers["Location"])
                    method, body = ("GET", None) if response.status_code == requests.codes.see_other else (method, body)
                    continue
                _refuse_status(response, url)
                return self._read(response, url)
            finally:
                response.close()
        message = f"{request.uri}: more than {_MAX_REDIRECTS} redirects"
        raise ContractError(message)

    def _send(self, method: str, url: str, body: bytes | None) -> requests.Response:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        timeouts = (self._patience.connect_seconds, self._patience.read_seconds)
        try:
            return self._session.request(
                method, url, data=body, headers=headers, timeout=timeouts, allow_redirects=False, stream=True
            )
        except requests.RequestException as error:
            message = f"{url}: {type(error).__name__}: {error}"
            raise TransportError(message) from error
        except ValueError as error:  # requests looks at the address of a redirect even where it does not follow it
            message = f"{url} leads to what is no address ({error})"
            raise ForbiddenHostError(message) from error

    def _read(self, response: requests.Response, url: str) -> Answer:
        """Read the body within the byte cap; a length that was announced must be the length that came."""
        body = bytearray()
        undone = _Undone(response.headers.get("Content-Encoding"))
        try:
            for chunk in response.raw.stream(_CHUNK, decode_content=False):
                body += undone.take(chunk)
                if len(body) > self._patience.max_bytes:
                    message = f"{url}: the answer is larger than {self._patience.max_bytes} bytes"
                    raise ContractError(message)
        except (requests.RequestException, urllib3.exceptions.HTTPError, zlib.error) as error:
            message = f"{url}: the answer was cut after {len(body)} bytes ({type(error).__name__})"
            raise TransportError(message) from error
        if not undone.is_whole:
            message = f"{url}: the packed answer ends after {len(body)} bytes, before its end"
            raise TransportError(message)
        announced = response.headers.get("Content-Length")
        received = response.raw.tell()
        if announced is not None and announced.isdigit() and int(announced) != received:
            message = f"{url}: {announced} bytes announced, {received} received"
            raise TransportError(message)
        if not body:
            message = f"{url}: status {response.status_code} with an empty body"
            raise TransportError(message)
        media_type = response.headers.get("Content-Type", "application/octet-stream")
        return Answer(bytes(body), response.status_code, _kept_headers(response.headers), media_type)

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

    def _keep_distance(self) -> None:
        now = time.monotonic()
        if now < self._next_start:
            self._sleep(self._next_start - now)
        self._next_start = max(now, self._next_start) + self._spacing


class _Undone:
    """Undoes the content encoding of a body piece by piece, and knows whether its end was reached."""

    def __init__(self, encoding: str | None) -> None:
        """Undo `gzip` or `deflate`; other encodings are not asked for."""
        bits = {"gzip": 31, "x-gzip": 31, "deflate": 15}.get((encoding or "").strip().lower())
        self._engine = None if bits is None else zlib.decompressobj(bits)

    def take(self, chunk: bytes) -> bytes:
        """Return what a piece says, unpacked."""
        return chunk if self._engine is None else self._engine.decompress(chunk)

    @property
    def is_whole(self) -> bool:
        """Whether the end of the packed body was reached."""
        return self._engine is None or self._engine.eof


def _refuse_status(response: requests.Response, url: str) -> None:
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
    if status != requests.codes.ok:
        message = f"{url}: status {status}, expected 200"
        raise ContractError(message)


def retry_after_seconds(header: str | None, now: str | None) -> float | None:
    """Return the wait that a Retry-After header asks for, in seconds; a date is taken relative to the Date header."""
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return float(header)
    until, since = _moment(header), _moment(now)
    if until is None or (now is not None and since is None):
        return None
    return max(until - (time.time() if since is None else since), 0.0)


def _moment(header: str | None) -> float | None:
    """Return the time stamp of a date header; a zone that is not known (-0000) is UTC, as RFC 5322 has it."""
    try:
        read = email.utils.parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
    if read is None:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _joined(url: str, link: str) -> str:
    """Return the address that a link leads to; what is no address is refused when it is asked for."""
    try:
        return urljoin(url, link)
    except ValueError:
        return link


def _kept_headers(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the headers that are archived: those of the undone encoding under another name, no cookies."""
    renamed = {"content-encoding", "transfer-encoding", "content-length"}
    return tuple(
        (f"X-Archive-Orig-{name}" if name.lower() in renamed else name, value)
        for name, value in headers.items()
        if name.lower() != "set-cookie"
    )
