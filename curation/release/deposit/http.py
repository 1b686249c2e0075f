"""HTTP: the one door of releases to the network; a call in, its JSON or bytes out.

A call that may be made twice (GET, PUT, DELETE) is tried again. One that may not (POST) is made once: where its answer
is lost nobody knows whether it was done, so the caller looks before it is ever made again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import requests

from curation.release.deposit.errors import NoAccessError, NotThereError, RefusedError, TryAgainError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

USER_AGENT = "matgranary/0.1 (+https://example.org/matgranary)"
_UNCLEAR = frozenset({500, 502, 503, 504})
_TOO_MANY, _GONE = 429, 404
_FORBIDDEN = frozenset({401, 403})
_TIMEOUTS = (10.0, 300.0)
_LONGEST_WAIT = 120.0
_CHUNK = 1 << 20
_EXCERPT = 600


@dataclass(frozen=True)
class Patience:
    """How often a call that may be made twice is made, and how long is waited before the second, in seconds."""

    attempts: int = 4
    first_wait: float = 1.0
    sleep: Callable[[float], None] = time.sleep


class Door:
    """Calls to one repository; the key goes to its host and to no other."""

    def __init__(self, base: str, headers: Mapping[str, str] | None = None, patience: Patience | None = None) -> None:
        """Talk to the repository at an address.

        Args:
            base: such as `https://zenodo.org`.
            headers: with the key; sent to the host of `base` alone, in no message.
            patience: how long to try.
        """
        self._base = base.rstrip("/") + "/"
        self._patience = patience or Patience()
        self._session = requests.Session()  # noqa: TID251 — this module is the door of releases
        self._session.trust_env = False
        # A connection that the server closed while it was idle would look like an answer that was lost.
        said = {"User-Agent": USER_AGENT, "Accept": "application/json", "Connection": "close"}
        self._session.headers.update({**said, **(headers or {})})

    def get(self, path: str) -> dict[str, Any]:
        """Return the JSON at a path.

        Raises:
            NotThereError: 404.
        """
        return self._json("GET", path)

    def find(self, path: str) -> dict[str, Any] | None:
        """Return the JSON at a path, or none where there is nothing."""
        try:
            return self.get(path)
        except NotThereError:
            return None

    def post(self, path: str, body: object = None) -> dict[str, Any]:
        """Make a call once.

        Raises:
            TryAgainError: the answer is unclear: it may have been done.
        """
        return self._json("POST", path, json=body)

    def put(self, path: str, body: object) -> dict[str, Any]:
        """Put JSON to a path."""
        return self._json("PUT", path, json=body)

    def put_file(self, path: str, file: Path) -> dict[str, Any]:
        """Put the bytes of a file to a path."""
        return self._json("PUT", path, file=file)

    def delete(self, path: str) -> None:
        """Remove what is at a path; nothing there is as good."""
        if self.find(path) is not None:
            self._call("DELETE", path)

    def download(self, url: str, out: Path) -> None:
        """Write what is at an address into a file; a body that was cut is no file."""
        partial = out.with_suffix(out.suffix + ".part")
        with self._call("GET", url, stream=True) as response, partial.open("wb") as file:
            for chunk in response.iter_content(_CHUNK):
                file.write(chunk)
        announced = response.headers.get("Content-Length")
        if announced and announced.isdigit() and not response.headers.get("Content-Encoding"):
            size = partial.stat().st_size
            if size != int(announced):
                partial.unlink()
                message = f"{url}: {announced} bytes announced, {size} received; run the same command again"
                raise TryAgainError(message)
        partial.replace(out)

    def _json(self, method: str, path: str, **what: Any) -> dict[str, Any]:  # noqa: ANN401 — a body of JSON
        response = self._call(method, path, **what)
        if not response.content:
            return {}
        try:
            answer = response.json()
        except ValueError as error:
            message = f"{method} {path}: expected JSON, got {response.text[:_EXCERPT]!r}"
            raise TryAgainError(message) from error
        return answer if isinstance(answer, dict) else {"items": answer}

    def _call(self, method: str, path: str, **what: Any) -> requests.Response:  # noqa: ANN401 — see above
        url = urljoin(self._base, path.lstrip("/") if not path.startswith("http") else path)
        tries = 1 if method == "POST" else self._patience.attempts
        wait = self._patience.first_wait
        for attempt in range(1, tries + 1):
            try:
                return self._once(method, url, **what)
            except TryAgainError as error:
                if attempt == tries:
                    raise
                self._patience.sleep(min(getattr(error, "wait_seconds", wait), _LONGEST_WAIT))
                wait *= 2
        raise AssertionError  # the loop returns or raises

    def _once(
        self, method: str, url: str, *, json: object = None, file: Path | None = None, stream: bool = False
    ) -> requests.Response:
        options: dict[str, Any] = {"timeout": _TIMEOUTS, "allow_redirects": method == "GET", "stream": stream}
        if urlsplit(url).netloc != urlsplit(self._base).netloc:
            options["headers"] = {"Authorization": None}
        # Not every server says that it closes, as it was asked to; so no connection is ever used twice.
        self._session.close()
        try:
            if file is None:
                response = self._session.request(method, url, json=json, **options)
            else:
                with file.open("rb") as content:
                    options["headers"] = {"Content-Type": "application/octet-stream"}
                    response = self._session.request(method, url, data=content, **options)
        except requests.RequestException as error:
            message = f"{method} {url}: no answer ({type(error).__name__}); run the same command again"
            raise TryAgainError(message) from error
        try:
            _refuse_status(method, url, response)
        except BaseException:  # an interrupt too: the connection is given back, and it goes on
            response.close()
            raise
        return response


def _refuse_status(method: str, url: str, response: requests.Response) -> None:
    status = response.status_code
    said = f"{method} {url}: status {status}"
    if status < requests.codes.bad_request:
        return
    if status in _UNCLEAR or status == _TOO_MANY:
        unclear = TryAgainError(f"{said}; run the same command again")
        after = response.headers.get("Retry-After", "")
        if after.isdigit():
            unclear.wait_seconds = float(after)  # type: ignore[attr-defined] # how long this one answer asks to wait
        raise unclear
    if status in _FORBIDDEN:
        message = f"{said}: the repository refuses access; is the key of this instance set, and has it the right scope?"
        raise NoAccessError(message)
    if status == _GONE:
        raise NotThereError(said)
    message = f"{said}: {response.text[:_EXCERPT]}"
    raise RefusedError(message)
