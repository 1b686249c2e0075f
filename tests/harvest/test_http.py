"""HTTP: what is cut, empty, refused or of the wrong size is never data; what may pass is waited for, politely."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from harvest.errors import (
    ContractError,
    CredentialsError,
    ForbiddenHostError,
    RateLimitedError,
    TransportError,
)
from harvest.http import HttpClient, Patience
from harvest.pace import retry_after_seconds
from harvest.secret import Secret
from harvest.source import Request

if TYPE_CHECKING:
    from conftest import Provider

BODY = b'{"data": [1, 2, 3]}'
DATE = "Wed, 21 Oct 2026 07:28:00 GMT"
A_MINUTE_LATER = "Wed, 21 Oct 2026 07:29:00 GMT"


def ask(client: HttpClient, provider: Provider, path: str = "/a") -> bytes:
    return client.get(Request(provider.origin + path)).payload


def refuse_html(payload: bytes) -> None:
    try:
        json.loads(payload)
    except ValueError as error:
        message = f"not JSON: {payload[:10]!r}"
        raise TransportError(message) from error


def test_a_whole_answer_is_returned_with_its_headers(
    client: HttpClient, provider: Provider, slept: list[float]
) -> None:
    headers = {"Content-Type": "application/json", "X-Rate": "9", "Set-Cookie": "session=canary"}
    provider.answer("/a", BODY, headers=headers)
    answer = client.get(Request(provider.origin + "/a"))
    assert (answer.payload, answer.status, answer.media_type) == (BODY, 200, "application/json")
    kept = dict(answer.headers)
    assert kept["X-Rate"] == "9"
    assert kept["X-Archive-Orig-Content-Length"] == str(len(BODY))
    assert "canary" not in str(answer.headers)
    assert slept == []
    assert provider.shown[0]["User-Agent"].startswith("matgranary/")


@pytest.mark.parametrize("sent", [0, 1, len(BODY) - 1])
def test_a_cut_body_is_tried_again(client: HttpClient, provider: Provider, slept: list[float], sent: int) -> None:
    provider.answer("/a", BODY, sent=sent)
    provider.answer("/a", BODY)
    assert ask(client, provider) == BODY
    assert slept == [0.5]


def test_a_body_that_is_always_cut_fails_with_what_came(
    client: HttpClient, provider: Provider, slept: list[float]
) -> None:
    provider.answer("/a", BODY, sent=5)
    with pytest.raises(TransportError, match=r"GET http://.*/a: 3 attempts failed, .*cut after \d bytes"):
        ask(client, provider)
    assert provider.asked == ["/a"] * 3
    assert slept == [0.5, 1.0]


def test_a_length_that_is_too_long_is_no_whole_answer(client: HttpClient, provider: Provider) -> None:
    provider.answer("/a", BODY, headers={"Content-Length": str(len(BODY) + 4)})
    with pytest.raises(TransportError, match="3 attempts failed"):
        ask(client, provider)


def test_a_server_error_is_tried_again(client: HttpClient, provider: Provider, slept: list[float]) -> None:
    for status in (500, 503):
        provider.answer("/a", b"oops", status=status)
    provider.answer("/a", BODY)
    assert ask(client, provider) == BODY
    assert slept == [0.5, 1.0]


def test_seconds_that_the_provider_asks_for_are_waited(
    client: HttpClient, provider: Provider, slept: list[float]
) -> None:
    provider.answer("/a", b"", status=429, headers={"Retry-After": "7"})
    provider.answer("/a", BODY)
    assert ask(client, provider) == BODY
    assert slept == [7.0]


def test_a_date_that_the_provider_asks_for_is_waited(
    client: HttpClient, provider: Provider, slept: list[float]
) -> None:
    provider.answer("/a", b"", status=503, headers={"Retry-After": A_MINUTE_LATER, "Date": DATE})
    provider.answer("/a", BODY)
    assert ask(client, provider) == BODY
    assert slept == [60.0]


@pytest.mark.parametrize("wait", ["121", "3600", A_MINUTE_LATER.replace("2026", "2066")])
def test_a_long_wait_is_not_sat_out(client: HttpClient, provider: Provider, slept: list[float], wait: str) -> None:
    provider.answer("/a", b"", status=429, headers={"Retry-After": wait})
    with pytest.raises(RateLimitedError, match=r"status 429, the provider asks to wait \d+ s") as caught:
        ask(client, provider)
    assert caught.value.exit_code == 75
    assert caught.value.wait_seconds > 120
    assert provider.asked == ["/a"]
    assert slept == []


def test_short_waits_without_end_are_given_up_as_rate_limited(client: HttpClient, provider: Provider) -> None:
    provider.answer("/a", b"", status=429, headers={"Retry-After": "1"})
    with pytest.raises(RateLimitedError, match="3 attempts failed"):
        ask(client, provider)


def test_a_page_of_html_with_status_200_is_refused_by_its_reader(client: HttpClient, provider: Provider) -> None:
    provider.answer("/a", b"<html>try later</html>", headers={"Content-Type": "text/html"})
    request = Request(provider.origin + "/a")
    with pytest.raises(TransportError, match="3 attempts failed, the last with: not JSON: b'<html>"):
        client.get(request, check=refuse_html)
    provider.forget()
    provider.answer("/a", b"<html>try later</html>")
    provider.answer("/a", BODY)
    assert client.get(request, check=refuse_html).payload == BODY


def test_an_empty_body_is_no_answer(client: HttpClient, provider: Provider) -> None:
    provider.answer("/a", b"")
    with pytest.raises(TransportError, match="status 200 with an empty body"):
        ask(client, provider)


@pytest.mark.parametrize("status", [201, 204, 206, 400, 404, 410])
def test_a_status_that_is_no_data_is_refused_at_once(client: HttpClient, provider: Provider, status: int) -> None:
    provider.answer("/a", b"" if status == 204 else BODY, status=status)
    with pytest.raises(ContractError, match=f"status {status}, expected 200"):
        ask(client, provider)
    assert provider.asked == ["/a"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_no_matter_of_patience(client: HttpClient, provider: Provider, status: int) -> None:
    provider.answer("/a", b"no", status=status)
    with pytest.raises(CredentialsError, match=f"status {status}: the provider refuses access"):
        ask(client, provider)
    assert provider.asked == ["/a"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_source_is_followed(client: HttpClient, provider: Provider, status: int) -> None:
    provider.answer("/a", b"", status=status, headers={"Location": "/b?x=1"})
    provider.answer("/b?x=1", BODY)
    assert ask(client, provider) == BODY
    assert provider.asked == ["/a", "/b?x=1"]


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2/b",
        "//127.0.0.2/b",
        "http://127.0.0.1:1/b",
        "https://example.org/",
        "file:///etc/passwd",
        "http://127.0.0.1@127.0.0.2/",
    ],
)
def test_a_redirect_to_another_host_is_refused(client: HttpClient, provider: Provider, location: str) -> None:
    provider.answer("/a", b"", status=302, headers={"Location": location})
    with pytest.raises(ForbiddenHostError, match="not an address of this source; its hosts are 127"):
        ask(client, provider)
    assert provider.asked == ["/a"]


def test_a_redirect_to_no_address_is_refused(client: HttpClient, provider: Provider) -> None:
    provider.answer("/a", b"", status=302, headers={"Location": "http://[nowhere/"})
    with pytest.raises(ForbiddenHostError):
        ask(client, provider)


def test_a_loop_of_redirects_is_left(client: HttpClient, provider: Provider) -> None:
    provider.answer("/a", b"", status=302, headers={"Location": "/b"})
    provider.answer("/b", b"", status=302, headers={"Location": "/a"})
    with pytest.raises(ContractError, match="more than 5 redirects"):
        ask(client, provider)
    assert len(provider.asked) == 6


def test_an_address_outside_of_the_source_is_never_asked(client: HttpClient, provider: Provider) -> None:
    for address in ("http://127.0.0.2/", "ftp://127.0.0.1/", provider.origin.replace("//", "//me:secret@")):
        with pytest.raises(ForbiddenHostError):
            client.get(Request(address))
    assert provider.asked == []


def test_an_answer_larger_than_the_cap_is_refused(client: HttpClient, provider: Provider) -> None:
    provider.answer("/a", b"x" * 10_001)
    with pytest.raises(ContractError, match="larger than 10000 bytes"):
        ask(client, provider)
    provider.answer("/b", b"x" * 10_000)
    assert len(ask(client, provider, "/b")) == 10_000


def test_a_small_answer_that_unpacks_to_a_large_one_is_refused(client: HttpClient, provider: Provider) -> None:
    provider.answer("/a", gzip.compress(b"x" * 1_000_000), headers={"Content-Encoding": "gzip"})
    with pytest.raises(ContractError, match="larger than 10000 bytes"):
        ask(client, provider)


def test_a_packed_body_is_unpacked_and_its_length_counted_as_sent(client: HttpClient, provider: Provider) -> None:
    packed = gzip.compress(BODY)
    provider.answer("/a", packed, headers={"Content-Encoding": "gzip"})
    answer = client.get(Request(provider.origin + "/a"))
    assert answer.payload == BODY
    headers = dict(answer.headers)
    assert headers["X-Archive-Orig-Content-Encoding"] == "gzip"
    assert headers["X-Archive-Orig-Content-Length"] == str(len(packed))
    assert "Content-Encoding" not in headers


def test_a_body_that_is_not_packed_as_it_says_is_no_answer(client: HttpClient, provider: Provider) -> None:
    provider.answer("/a", b"no gzip at all", headers={"Content-Encoding": "gzip"})
    with pytest.raises(TransportError, match="3 attempts failed"):
        ask(client, provider)


def test_a_packed_body_that_ends_too_early_is_no_answer(client: HttpClient, provider: Provider) -> None:
    body = "".join(f"{number},{number * number}\n" for number in range(500)).encode()
    provider.answer("/a", gzip.compress(body)[:-200], headers={"Content-Encoding": "gzip"})
    with pytest.raises(TransportError):
        ask(client, provider)


def test_nobody_there_is_tried_again_and_then_said(slept: list[float]) -> None:
    patience = Patience(attempts=2, connect_seconds=1.0)
    client = HttpClient(hosts=frozenset({"127.0.0.1"}), patience=patience, sleep=slept.append)
    with pytest.raises(TransportError, match=r"2 attempts failed, the last with: .*ConnectionError"):
        client.get(Request("http://127.0.0.1:1/"))


def test_requests_keep_their_distance(provider: Provider, slept: list[float]) -> None:
    host = frozenset({provider.origin.removeprefix("http://")})
    client = HttpClient(hosts=host, requests_per_second=0.1, sleep=slept.append)
    provider.answer("/a", BODY)
    for _ in range(3):
        ask(client, provider)
    assert slept == [pytest.approx(10, abs=1), pytest.approx(20, abs=1)]


def test_a_key_is_sent_and_told_to_nobody(provider: Provider) -> None:
    host = frozenset({provider.origin.removeprefix("http://")})
    client = HttpClient(hosts=host, secrets=Secret(headers={"X-API-KEY": "canary"}), sleep=lambda _: None)
    provider.answer("/a", BODY)
    answer = client.get(Request(provider.origin + "/a"))
    assert provider.shown[0]["X-API-KEY"] == "canary"
    assert "canary" not in str(answer)
    provider.answer("/b", b"", status=403)
    with pytest.raises(CredentialsError) as caught:
        ask(client, provider, "/b")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "now", "seconds"),
    [
        (None, None, None),
        ("30", None, 30.0),
        (" 30 ", None, 30.0),
        (A_MINUTE_LATER, DATE, 60.0),
        (DATE, A_MINUTE_LATER, 0.0),
        ("soon", DATE, None),
        ("-5", DATE, None),
        (A_MINUTE_LATER, "yesterday", None),
    ],
)
def test_the_wait_that_a_header_asks_for(header: str | None, now: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, now) == seconds


def test_a_date_without_a_clock_to_compare_is_taken_by_ours() -> None:
    assert retry_after_seconds("Wed, 21 Oct 2015 07:28:00 GMT", None) == 0.0


@pytest.mark.parametrize(("header", "seconds"), [("Wed, 21 Oct 2026 07:29:00 -0000", 60.0), ("²", None)])
def test_an_odd_header_is_read_or_left_aside(header: str, seconds: float | None) -> None:
    assert retry_after_seconds(header, DATE) == seconds


def test_a_small_answer_that_unpacks_to_a_very_large_one_is_left_before_it_is_whole(provider: Provider) -> None:
    host = frozenset({provider.origin.removeprefix("http://")})
    client = HttpClient(hosts=host, sleep=lambda _: None)
    provider.answer("/a", gzip.compress(b" " * (80 << 20)), headers={"Content-Encoding": "gzip"})
    with pytest.raises(ContractError, match=r"bytes unpack to more than 3\d{7}: no data is packed like that"):
        ask(client, provider)
    assert provider.asked == ["/a"]
