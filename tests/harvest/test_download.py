"""Downloads: a large file comes in pieces, is gone on with where it broke, and is never put together from two."""

from __future__ import annotations

import hashlib
import random
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from harvest.archive import Archive
from harvest.door import RecordingDoor
from harvest.errors import ContractError, IncompleteError, TransportError
from harvest.source import RawFile, Request
from schemas.disk import sha256_of_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from conftest import Provider

    from harvest.http import HttpClient
    from harvest.store import Store

BODY = random.Random(1).randbytes(1000)  # noqa: S311 — bytes, no secret
TAG = {"ETag": '"first"', "Content-Type": "application/zip"}


def part(start: int, *, tag: str = '"first"', body: bytes = BODY) -> dict[str, str]:
    return {"ETag": tag, "Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}


def test_a_cut_file_is_gone_on_with(client: HttpClient, provider: Provider, tmp_path: Path) -> None:
    provider.answer("/f", BODY, headers=TAG, sent=600)
    provider.answer("/f", BODY[600:], status=206, headers=part(600))
    client.download(Request(f"{provider.origin}/f"), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == BODY
    assert "Range" not in provider.shown[0]
    assert (provider.shown[1]["Range"], provider.shown[1]["If-Range"]) == ("bytes=600-", '"first"')


def test_a_file_without_a_validator_is_fetched_anew(client: HttpClient, provider: Provider, tmp_path: Path) -> None:
    provider.answer("/f", BODY, headers={"ETag": 'W/"weak"'}, sent=600)
    provider.answer("/f", BODY)
    client.download(Request(f"{provider.origin}/f"), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == BODY
    assert "Range" not in provider.shown[1]


def test_a_file_that_changed_meanwhile_comes_whole(client: HttpClient, provider: Provider, tmp_path: Path) -> None:
    provider.answer("/f", BODY, headers=TAG, sent=600)
    provider.answer("/f", BODY[::-1], headers={"ETag": '"second"'})
    client.download(Request(f"{provider.origin}/f"), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == BODY[::-1]


@pytest.mark.parametrize("header", [part(500), part(600, body=BODY + b"x"), {"Content-Range": "words"}, {}])
def test_another_part_than_was_asked_for_is_not_taken(
    client: HttpClient, provider: Provider, tmp_path: Path, header: dict[str, str]
) -> None:
    provider.answer("/f", BODY, headers=TAG, sent=600)
    provider.answer("/f", BODY[600:], status=206, headers=header)
    provider.answer("/f", BODY, headers=TAG)
    client.download(Request(f"{provider.origin}/f"), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == BODY


def test_a_range_that_the_source_no_longer_has_is_forgotten(
    client: HttpClient, provider: Provider, tmp_path: Path
) -> None:
    provider.answer("/f", BODY, headers=TAG, sent=600)
    provider.answer("/f", b"", status=416)
    provider.answer("/f", BODY, headers=TAG)
    client.download(Request(f"{provider.origin}/f"), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == BODY


def test_attempts_that_get_further_do_not_count(client: HttpClient, provider: Provider, tmp_path: Path) -> None:
    provider.answer("/f", BODY, headers=TAG, sent=100)
    for start in range(100, 900, 100):
        provider.answer("/f", BODY[start:], status=206, headers=part(start), sent=100)
    provider.answer("/f", BODY[900:], status=206, headers=part(900))
    client.download(Request(f"{provider.origin}/f"), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == BODY
    assert len(provider.asked) == 10


def test_a_file_that_its_reader_refuses_is_fetched_anew_and_then_given_up(
    client: HttpClient, provider: Provider, tmp_path: Path
) -> None:
    def refuse(path: Path) -> None:
        message = f"{path.stat().st_size} bytes of another file"
        raise TransportError(message)

    provider.answer("/f", BODY, headers=TAG)
    with pytest.raises(TransportError, match="3 attempts failed, the last with: 1000 bytes of another file"):
        client.download(Request(f"{provider.origin}/f"), tmp_path / "f", check=refuse)
    assert len(provider.asked) == 3
    assert not (tmp_path / "f").exists()


def test_a_refused_file_is_no_matter_of_patience(client: HttpClient, provider: Provider, tmp_path: Path) -> None:
    provider.answer("/f", b"no", status=404)
    with pytest.raises(ContractError, match="status 404"):
        client.download(Request(f"{provider.origin}/f"), tmp_path / "f")


@pytest.fixture
def open_door(store: Store, client: HttpClient, tmp_path: Path, fetched_at: datetime) -> Callable[..., RecordingDoor]:
    def make(*, network: bool = True, harvest: str = "key/fingerprint/1") -> RecordingDoor:
        return RecordingDoor(
            harvest=harvest,
            archive=store.archive,
            ledger=store.ledger,
            folder=tmp_path,
            client=(lambda: client) if network else None,
            clock=lambda: fetched_at,
        )

    return make


def test_a_download_is_archived_replayed_and_leaves_nothing_behind(
    open_door: Callable[..., RecordingDoor], provider: Provider, store: Store
) -> None:
    provider.answer("/f", BODY, headers=TAG)
    request = Request(f"{provider.origin}/f")
    for network in (True, False):
        door = open_door(network=network)
        raw = door.download(request)
        assert isinstance(raw, RawFile)
        assert (raw.sha256, raw.payload, raw.n_bytes) == (hashlib.sha256(BODY).hexdigest(), BODY, len(BODY))
        assert (raw.media_type, door.seen[0].n_bytes) == ("application/zip", len(BODY))
        door.close()
        assert list((store.archive.folder / "downloads").iterdir()) == []
    assert provider.asked == ["/f"]
    assert store.archive.read(store.ledger.exchanges()[0].place, sha256=raw.sha256).payload == BODY
    with pytest.raises(IncompleteError):
        open_door(network=False, harvest="key/fingerprint/2").download(request)


def test_a_download_that_a_kill_broke_off_is_gone_on_with_by_the_next_run(
    open_door: Callable[..., RecordingDoor], provider: Provider
) -> None:
    provider.answer("/f", BODY, headers=TAG, sent=600)
    provider.answer("/f", b"", status=404)  # as good as a kill: this run ends here
    request = Request(f"{provider.origin}/f")
    with pytest.raises(ContractError):
        open_door().download(request)
    provider.forget()
    provider.answer("/f", BODY[600:], status=206, headers=part(600))
    assert open_door().download(request).payload == BODY


def test_the_archive_takes_and_gives_large_files_in_pieces(tmp_path: Path) -> None:
    from harvest.archive import Exchange

    chance = random.Random(2)  # noqa: S311 — bytes, no secret
    large = tmp_path / "large"
    with large.open("wb") as file:
        for _ in range(40):
            file.write(chance.randbytes(1 << 20))
    sha256 = sha256_of_file(large)
    archive = Archive(tmp_path / "raw")
    exchange = Exchange("k/f/1", "GET f", "http://127.0.0.1/f", "application/zip", b"", None, payload_sha256=sha256)
    tracemalloc.start()
    place = archive.append_file(exchange, large, sha256=sha256)
    archive.copy_payload(place, tmp_path / "copy", sha256=sha256)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sha256_of_file(tmp_path / "copy") == sha256
    assert peak < 10 << 20
