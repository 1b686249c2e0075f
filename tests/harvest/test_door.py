"""The door: what is archived is replayed, what is not is fetched, archived, and only then handed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harvest.door import RecordingDoor, file_uri
from harvest.errors import CardError, IncompleteError, TransportError
from harvest.source import Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from conftest import Provider

    from harvest.http import HttpClient
    from harvest.store import Store

type OpenDoor = Callable[..., RecordingDoor]


@pytest.fixture
def open_door(store: Store, client: HttpClient, tmp_path: Path, fetched_at: datetime) -> OpenDoor:
    """Return a function that opens a door of one harvest, with the network or without."""

    def make(*, network: bool = True) -> RecordingDoor:
        return RecordingDoor(
            harvest="key/fingerprint/1",
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
    with pytest.raises(IncompleteError, match="not in the archive, and this run does not use the network"):
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
