"""The door: what is archived is replayed, what is not is fetched, archived, and only then handed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harvest.door import RecordingDoor, file_uri
from harvest.errors import CardError, ForbiddenHostError, IncompleteError, TransportError
from harvest.source import Request
from harvest.verify import verify_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from conftest import Provider

    from harvest.http import HttpClient
    from harvest.store import Store

BODY = b'{"n": 1}'

type OpenDoor = Callable[..., RecordingDoor]


@pytest.fixture
def open_door(store: Store, client: HttpClient, tmp_path: Path, fetched_at: datetime) -> OpenDoor:
    """Return a function that opens a door of one harvest, with the network or without."""

    def make(*, network: bool = True, harvest: str = "key/fingerprint/1", earlier: str | None = None) -> RecordingDoor:
        return RecordingDoor(
            harvest=harvest,
            earlier=earlier,
            archive=store.archive,
            ledger=store.ledger,
            folder=tmp_path,
            client=(lambda: client) if network else None,
            clock=lambda: fetched_at,
        )

    return make


def test_a_page_is_asked_for_once(open_door: OpenDoor, provider: Provider, store: Store) -> None:
    provider.answer("/a", b'{"n": 1}', headers={"Content-Type": "application/json"})
    request = Request(provider.origin + "/a")
    first = open_door()
    raw = first.get(request)
    assert (raw.payload, raw.media_type, raw.uri) == (b'{"n": 1}', "application/json", request.uri)
    assert first.fetched == 1
    stored = store.ledger.find_raw(raw.sha256)
    assert stored is not None
    assert store.archive.read(stored.place, sha256=raw.sha256).payload == raw.payload
    for network in (True, False):
        again = open_door(network=network)
        assert again.get(request) == raw
        assert again.fetched == 0
        assert [seen.sha256 for seen in again.seen] == [raw.sha256]
    assert provider.asked == ["/a"]


def test_one_address_under_two_tags_is_asked_for_twice(open_door: OpenDoor, provider: Provider) -> None:
    provider.answer("/info", b"before")
    provider.answer("/info", b"after")
    door = open_door()
    tags = [door.get(Request(provider.origin + "/info", tag=tag)).payload for tag in ("before", "after", "before")]
    assert tags == [b"before", b"after", b"before"]
    assert len(provider.asked) == 2


def test_what_its_reader_refuses_is_not_archived(open_door: OpenDoor, provider: Provider, store: Store) -> None:
    def refuse(payload: bytes) -> None:
        raise TransportError(str(payload))

    provider.answer("/a", b"<html>")
    with pytest.raises(TransportError):
        open_door().get(Request(provider.origin + "/a"), check=refuse)
    assert store.ledger.exchanges() == []
    assert store.archive.segments() == []


def test_without_network_what_is_not_archived_is_missing(open_door: OpenDoor, provider: Provider) -> None:
    with pytest.raises(
        IncompleteError, match=r"archive.*this run does not use the network; run once without --offline"
    ):
        open_door(network=False).get(Request(provider.origin + "/a"))


def test_a_file_is_read_once_and_then_replayed(open_door: OpenDoor, tmp_path: Path) -> None:
    path = tmp_path / "band gaps 100%.csv"
    path.write_bytes(b"rows")
    request = Request(file_uri(path.name), method="READ", media_type="text/csv")
    raw = open_door(network=False).get(request)
    assert (raw.payload, raw.media_type) == (b"rows", "text/csv")
    path.unlink()
    assert open_door(network=False).get(request) == raw


def test_a_file_that_is_not_there_says_what_to_do(open_door: OpenDoor) -> None:
    with pytest.raises(CardError, match=r"absent\.csv: cannot be read \(No such file.*put the file back, or correct"):
        open_door().get(Request(file_uri("absent.csv"), method="READ"))


@pytest.mark.parametrize("path", ["/etc/passwd", "secret.json"])
def test_a_link_to_a_file_of_this_machine_is_no_page(
    open_door: OpenDoor, store: Store, tmp_path: Path, path: str
) -> None:
    (tmp_path / "secret.json").write_text("{}")
    for address in (f"file://{path}", f"file:{path}", f"FILE:{path}"):
        with pytest.raises(ForbiddenHostError):
            open_door().get(Request(address))
    assert store.archive.segments() == []


def test_what_came_again_is_written_once(open_door: OpenDoor, provider: Provider, store: Store) -> None:
    provider.answer("/info", BODY)
    door = open_door()
    first, second = (door.get(Request(provider.origin + "/info", tag=tag)) for tag in ("before", "after"))
    assert (door.fetched, door.unmodified) == (2, 1)
    kinds = [exchange.kind for segment in store.archive.segments() for _, exchange in store.archive.scan(segment)]
    assert kinds == ["response", "revisit"]
    assert first.payload == second.payload == BODY
    replay = open_door(network=False)
    assert [replay.get(Request(provider.origin + "/info", tag=tag)) for tag in ("before", "after")] == [first, second]


def test_what_an_earlier_harvest_has_is_asked_for_only_if_it_changed(
    open_door: OpenDoor, provider: Provider, store: Store
) -> None:
    provider.answer("/a", BODY, headers={"ETag": '"7"', "Last-Modified": "Wed, 21 Oct 2026 07:28:00 GMT"})
    request = Request(provider.origin + "/a")
    open_door().get(request)
    provider.forget()
    provider.answer("/a", b"", status=304, headers={"ETag": '"7"'})
    later = open_door(harvest="key/fingerprint/2", earlier="key/fingerprint/1")
    assert later.get(request).payload == BODY
    assert later.unmodified == 1
    assert provider.shown[-1]["If-None-Match"] == '"7"'
    latest = open_door(harvest="key/fingerprint/3", earlier="key/fingerprint/2")
    assert latest.get(request).payload == BODY
    provider.forget()
    provider.answer("/a", b"{}")
    changed = open_door(harvest="key/fingerprint/4", earlier="key/fingerprint/3")
    assert changed.get(request).payload == b"{}"
    assert changed.unmodified == 0
    store.close()
    (store.archive.folder / "ledger.sqlite").unlink()
    for suffix in ("-wal", "-shm"):
        (store.archive.folder / f"ledger.sqlite{suffix}").unlink(missing_ok=True)
    offline = open_door(network=False, harvest="key/fingerprint/3")
    assert offline.get(request).payload == BODY
    assert all(result.passed for result in verify_store(store.folder))


def halves(request: Request) -> tuple[Request, ...]:
    """Split /rows?FIRST-LAST."""
    place, _, rows = request.uri.partition("?")
    first, last = map(int, rows.split("-"))
    middle = (first + last) // 2
    return () if first == last else (Request(f"{place}?{first}-{middle}"), Request(f"{place}?{middle + 1}-{last}"))


def test_a_page_that_fails_is_asked_for_in_halves_and_what_fails_still_is_a_gap(
    open_door: OpenDoor, provider: Provider
) -> None:
    for failing in ("1-4", "3-4", "3-3"):
        provider.answer(f"/rows?{failing}", b"oops", status=500)
    for good in ("1-2", "4-4"):
        provider.answer(f"/rows?{good}", good.encode())
    door = open_door()
    parts = door.get_parts(Request(f"{provider.origin}/rows?1-4"), halve=halves)
    assert [raw.payload for raw in parts] == [b"1-2", b"4-4"]
    assert [gap.request for gap in door.gaps] == [f"GET {provider.origin}/rows?3-3"]
    assert "status 500" in door.gaps[0].reason
    replay = open_door(network=False)
    assert replay.get_parts(Request(f"{provider.origin}/rows?1-4"), halve=halves) == parts
    assert replay.gaps == door.gaps


def test_a_gap_is_asked_for_again_by_the_next_run(open_door: OpenDoor, provider: Provider) -> None:
    provider.answer("/rows?3-3", b"oops", status=500)
    request = Request(f"{provider.origin}/rows?3-3")
    assert open_door().get_parts(request, halve=halves) == []
    provider.forget()
    provider.answer("/rows?3-3", b"3-3")
    door = open_door()
    assert [raw.payload for raw in door.get_parts(request, halve=halves)] == [b"3-3"]
    assert door.gaps == []


def test_a_source_that_is_out_of_order_is_no_row_of_gaps(open_door: OpenDoor, provider: Provider) -> None:
    provider.answer("/rows", b"oops", status=503)
    with pytest.raises(TransportError, match="status 503"):
        open_door().get_parts(Request(f"{provider.origin}/rows?1-64"), halve=halves)


def test_nobody_there_is_no_gap(open_door: OpenDoor, provider: Provider) -> None:
    nobody = provider.origin.rpartition(":")[0] + ":1"
    door = open_door()
    with pytest.raises((TransportError, ForbiddenHostError)):
        door.get_parts(Request(f"{nobody}/rows?1-4"), halve=halves)
    assert door.gaps == []
