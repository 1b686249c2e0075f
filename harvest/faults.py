"""Faults: everything that a provider was seen to do wrong, by name; an answer in, the answer as it goes wrong out.

A fault is a function of what was asked and of the right reply. Most hit one page, and pass after it was asked for
`times`; those that are meant to last pass never. `FAULTS` names them all, with what a harvest has to make of each.
"""

from __future__ import annotations

import email.utils
import gzip
import time
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from harvest.generated_provider import Document, Provider, written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ALWAYS = 1_000_000
_BOMB_BYTES = 64 << 20
FOREIGN = "127.0.0.2"
HTML = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
CAPTCHA = b"<html><body><form id='challenge-form'>Checking your browser before access</form></body></html>"


@dataclass(frozen=True)
class Asked:
    """A request as it came.

    Attributes:
        at: when, in seconds of a monotonic clock.
        path: path and query.
        headers: names in lower case.
        page: which page of entries, from 1; 0 for anything else.
        time: how often this page was asked for, this time included.
    """

    at: float
    path: str
    headers: Mapping[str, str] = field(repr=False)
    page: int = 0
    time: int = 1

    @property
    def address(self) -> str:
        """The whole address."""
        return f"http://{self.headers.get('host', '')}{self.path}"


@dataclass(frozen=True)
class Reply:
    """An answer before it is sent.

    Attributes:
        document: what it says, where that is JSON.
        body: its bytes, where they are not those of the document.
        sent: only so many bytes of the body are sent, then the connection is closed.
        announced: whether the length is announced; otherwise the body is sent in chunks.
    """

    document: Document | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    sent: int | None = None
    announced: bool = True

    @property
    def payload(self) -> bytes:
        """The bytes of the body."""
        return self.body if self.body is not None else written(self.document or {})


type Fault = Callable[[Asked, Reply], Reply]


class Outcome(StrEnum):
    """What a harvest has to make of a fault."""

    RECOVERED = "recovered"
    REFUSED = "refused"


@dataclass(frozen=True)
class NamedFault:
    """A fault with its name.

    Attributes:
        promise: number of the promise in docs/reliability.md.
        outcome: what a harvest has to make of it.
        make: makes the fault for a provider.
        speaks_optimade: whether it needs links between pages, which not every service has.
    """

    name: str
    promise: int
    outcome: Outcome
    make: Callable[[Provider], Fault]
    speaks_optimade: bool = False


def on_page(page: int, change: Callable[[Asked, Reply], Reply], *, times: int = 1) -> Fault:
    """Let a change happen to one page, the first times that it is asked for."""

    def fault(asked: Asked, reply: Reply) -> Reply:
        return change(asked, reply) if asked.page == page and asked.time <= times else reply

    return fault


def cut(sixteenth: int, *, page: int = 2, times: int = 1, announced: bool = True) -> Fault:
    """Send so many sixteenths of a body, announce all of it."""

    def change(_: Asked, reply: Reply) -> Reply:
        body = reply.payload
        return replace(reply, body=body, sent=len(body) * sixteenth // 16, announced=announced)

    return on_page(page, change, times=times)


def length_off_by(difference: int) -> Fault:
    """Announce another length than that of the body."""

    def change(_: Asked, reply: Reply) -> Reply:
        length = str(len(reply.payload) + difference)
        return replace(reply, headers={**reply.headers, "Content-Length": length})

    return on_page(2, change)


def packed(change_bytes: Callable[[bytes], bytes]) -> Fault:
    """Send a page as gzip, after something happened to the packed bytes."""

    def change(_: Asked, reply: Reply) -> Reply:
        body = change_bytes(gzip.compress(reply.payload, mtime=0))
        return replace(reply, body=body, headers={**reply.headers, "Content-Encoding": "gzip"})

    return on_page(2, change)


def answers(
    status: int = 200,
    body: bytes = b"{}",
    headers: Mapping[str, str] | None = None,
    *,
    page: int = 2,
    times: int = 1,
) -> Fault:
    """Answer a page with something else."""
    reply = Reply(status=status, body=body, headers=headers or {})
    return on_page(page, lambda _asked, _reply: reply, times=times)


def retry_at(seconds: float, *, status: int = 503, times: int = 1, fast_by: float = 0.0) -> Fault:
    """Ask to come back at a time, as an HTTP date, by a clock that is so many seconds fast."""

    def change(_asked: Asked, _reply: Reply) -> Reply:
        now = int(time.time() + fast_by)
        headers = {"Date": email.utils.formatdate(now, usegmt=True)}
        headers["Retry-After"] = email.utils.formatdate(now + seconds, usegmt=True)
        return Reply(status=status, body=b"{}", headers=headers)

    return on_page(2, change, times=times)


def document_of(change: Callable[[Asked, Document], Document], *, page: int = 2, times: int = _ALWAYS) -> Fault:
    """Change what a page says; lasts, unless told otherwise."""

    def changed(asked: Asked, reply: Reply) -> Reply:
        return replace(reply, document=change(asked, dict(reply.document or {})), body=None)

    return on_page(page, changed, times=times)


def _next(link: str) -> Callable[[Asked, Document], Document]:
    return lambda _, document: {**document, "links": {"next": link}}


def _without(key: str, value: Any) -> Callable[[Asked, Document], Document]:  # noqa: ANN401 — JSON
    return lambda _, document: {**document, key: value}


def _short_page(_: Asked, document: Document) -> Document:
    return {**document, "data": document["data"][:-3]}


def _short_source(asked: Asked, reply: Reply) -> Reply:
    """End after two of three pages: without a link to the third, or with nothing on it."""
    document = dict(reply.document or {})
    if asked.page == 2 and "links" in document:  # noqa: PLR2004 — the second page
        return replace(reply, document={**document, "links": {"next": None}})
    if asked.page > 2 and "links" not in document:  # noqa: PLR2004 — the third
        return replace(reply, document={**document, "data": []})
    return reply


def drifting(provider: Provider) -> Fault:
    """Insert entries at the front after the first page, and take as many away at the end: the count stays."""
    later = provider.shifted(5)

    def change(asked: Asked, document: Document) -> Document:
        shifted = later.document(asked.path, "") or {}
        return {**document, "data": shifted["data"]}

    def fault(asked: Asked, reply: Reply) -> Reply:
        return document_of(change, page=asked.page)(asked, reply) if asked.page > 1 else reply

    return fault


def duplicated(_: Provider) -> Fault:
    """Give the entries of the first page on the second, too."""
    first: Document = {}

    def fault(asked: Asked, reply: Reply) -> Reply:
        if asked.page == 1:
            first.update(reply.document or {})
        return document_of(lambda _, document: {**document, "data": first.get("data", [])})(asked, reply)

    return fault


def growing(_: Provider) -> Fault:
    """Promise another number of entries from the third page on."""

    def change(_: Asked, document: Document) -> Document:
        meta = {name: value + 1 if name in _COUNTS else value for name, value in document["meta"].items()}
        return {**document, "meta": meta}

    return document_of(change, page=3)


_COUNTS = frozenset({"data_returned", "total_doc"})


def flipping(provider: Provider, page: int = 2) -> Fault:
    """Become another version of the database when a page is asked for."""
    flipped = provider.with_version("2.0")
    state = {"is_flipped": False}

    def fault(asked: Asked, reply: Reply) -> Reply:
        state["is_flipped"] |= asked.page == page
        return replace(reply, document=flipped.document(asked.path, ""), body=None) if _renamed(asked, state) else reply

    return fault


def _renamed(asked: Asked, state: Mapping[str, bool]) -> bool:
    return asked.page == 0 and state["is_flipped"]


def same_page(_: Provider) -> Fault:
    """Give one page again and again, each time with a link that was not there before."""
    document: Document = {}

    def fault(asked: Asked, reply: Reply) -> Reply:
        if asked.page < 2:  # noqa: PLR2004 — the second page
            return reply
        document.update(document or dict(reply.document or {}))
        following = (document.get("links") or {}).get("next") or ""
        return replace(reply, document={**document, "links": {"next": f"{following}&cursor={asked.at}"}}, body=None)

    return fault


def circle(_: Provider) -> Fault:
    """Let `next` of the second page lead to the first."""
    first: dict[str, str] = {}

    def fault(asked: Asked, reply: Reply) -> Reply:
        if asked.page == 1:
            first.setdefault("address", asked.address)
        return document_of(_next(first.get("address", "")))(asked, reply)

    return fault


def _self_link(_: Provider) -> Fault:
    return document_of(lambda asked, document: {**document, "links": {"next": asked.address}})


def _bomb(_: Provider) -> Fault:
    body = gzip.compress(b" " * _BOMB_BYTES, mtime=0)
    return answers(200, body, {"Content-Encoding": "gzip"}, times=_ALWAYS)


def _steady(fault: Fault) -> Callable[[Provider], Fault]:
    return lambda _: fault


def _named() -> list[NamedFault]:
    good, bad = Outcome.RECOVERED, Outcome.REFUSED
    again = {"Retry-After": "1"}
    steady = [
        *((f"cut at {n}/16", 4, good, cut(n)) for n in range(16)),
        ("cut at 8/16, sent in chunks", 4, good, cut(8, announced=False)),
        ("length too short", 4, good, length_off_by(-40)),
        ("length too long", 4, good, length_off_by(+40)),
        ("no gzip, said to be", 4, good, packed(lambda body: b"x" + body[1:])),
        ("gzip cut", 4, good, packed(lambda body: body[:-20])),
        ("gzip with a flipped byte", 4, good, packed(lambda b: b[:200] + bytes([b[200] ^ 255]) + b[201:])),
        ("500 once", 5, good, answers(500)),
        ("503 twice", 5, good, answers(503, times=2)),
        ("429, wait 1 s", 5, good, answers(429, headers=again)),
        ("503, wait until a date", 5, good, retry_at(2)),
        ("503, wait until a date, clock an hour fast", 5, good, retry_at(2, fast_by=3600.0)),
        ("429, wait an hour", 5, bad, answers(429, headers={"Retry-After": "3600"}, times=_ALWAYS)),
        ("200 with HTML", 6, good, answers(body=HTML, headers={"Content-Type": "text/html"})),
        ("200 with a captcha", 6, good, answers(body=CAPTCHA, headers={"Content-Type": "text/html"})),
        ("200 with an error body", 6, good, answers(body=b'{"errors": [{"status": "500", "title": "oops"}]}')),
        ("200 without a body", 6, good, answers(body=b"")),
        ("empty page", 6, good, document_of(_without("data", []), times=1)),
        ("empty page, always", 6, bad, document_of(_without("data", []))),
        ("HTML, always", 6, bad, answers(body=HTML, times=_ALWAYS)),
        ("short source", 7, bad, _short_source),
        ("short page", 7, bad, document_of(_short_page)),
        ("429 without end", 8, bad, answers(429, headers=again, times=_ALWAYS)),
        ("503 without end", 8, bad, answers(503, times=_ALWAYS)),
    ]
    links = [
        ("next leads to another host", f"http://{FOREIGN}:{{port}}/v1/structures"),
        ("next leads to the metadata service", "http://169.254.169.254/latest/meta-data/"),
        ("next leads to a file", "file:///etc/passwd"),
    ]
    return [
        *(NamedFault(name, promise, outcome, _steady(fault)) for name, promise, outcome, fault in steady),
        NamedFault("drift between pages", 7, bad, drifting),
        NamedFault("page given twice", 7, bad, duplicated),
        NamedFault("count changes", 7, bad, growing),
        NamedFault("next leads to itself", 8, bad, _self_link, speaks_optimade=True),
        NamedFault("next leads back", 8, bad, circle, speaks_optimade=True),
        NamedFault("same page, new links", 8, bad, same_page, speaks_optimade=True),
        *(NamedFault(name, 9, bad, _steady(document_of(_next(link))), speaks_optimade=True) for name, link in links),
        NamedFault(
            "redirect to another host",
            9,
            bad,
            _steady(answers(302, headers={"Location": f"http://{FOREIGN}:{{port}}/stolen"}, times=_ALWAYS)),
        ),
        NamedFault("gzip bomb", 9, bad, _bomb),
        NamedFault("version changes", 10, bad, flipping),
    ]


FAULTS: dict[str, NamedFault] = {fault.name: fault for fault in _named()}
