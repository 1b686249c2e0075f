"""The archive: what is durable stays readable, what is torn is mended, what has rotted is never cut away."""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from harvest.archive import Archive, Exchange, Place
from harvest.errors import IntegrityError
from harvest.warc import read_record, record_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

JSON = (("Content-Type", "application/json"),)


@pytest.fixture
def exchange(fetched_at: datetime) -> Callable[[int], Exchange]:
    """Return a function that makes the n-th exchange of a harvest."""

    def make(number: int) -> Exchange:
        address = f"http://127.0.0.1/page?number={number}"
        payload = b'{"page": %d, "noise": "%d"}' % (number, random.Random(number).getrandbits(400))  # noqa: S311 — a draw, no secret
        return Exchange(
            "key/fingerprint/1", f"GET {address}", address, "application/json", payload, fetched_at, headers=JSON
        )

    return make


@pytest.fixture
def three(tmp_path: Path, exchange: Callable[[int], Exchange]) -> tuple[Archive, Path, list[Place]]:
    """Return an archive of three members, its segment and their places."""
    archive = Archive(tmp_path / "raw")
    places = [archive.append(exchange(number)) for number in range(3)]
    return archive, archive.segments()[0], places


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@given(
    payload=st.binary(max_size=200),
    key=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=40),
    kind=st.sampled_from(["response", "resource", "metadata"]),
)
def test_what_is_read_is_what_was_written(payload: bytes, key: str, kind: str) -> None:
    media = "application/json"
    headers = (("Content-Type", media), ("X-Rate", "9")) if kind == "response" else ()
    given_in = Exchange(key, key, "http://127.0.0.1/a%20b", media, payload, None, kind=kind, headers=headers)
    came_out = read_record(gzip.compress(record_of(given_in)))
    assert replace(came_out, fetched_at=None) == given_in


def test_a_member_is_written_behind_those_of_another_process(
    tmp_path: Path, exchange: Callable[[int], Exchange]
) -> None:
    ours, others = (Archive(tmp_path / "raw", segment_bytes=1) for _ in range(2))
    written = [archive.append(exchange(n)).segment for n, archive in enumerate([ours, others, others, ours, others])]
    assert written == [f"{number:06d}.warc.gz" for number in range(1, 6)]


def test_a_file_that_is_no_segment_is_left_alone(tmp_path: Path, exchange: Callable[[int], Exchange]) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "backup-of-000007.warc.gz").touch()
    archive = Archive(tmp_path / "raw")
    assert archive.append(exchange(0)).segment == "000001.warc.gz"
    assert [segment.name for segment in archive.segments()] == ["000001.warc.gz"]


def test_members_are_read_at_their_places(
    three: tuple[Archive, Path, list[Place]], exchange: Callable[[int], Exchange]
) -> None:
    archive, segment, places = three
    for number, place in enumerate(places):
        assert archive.read(place, sha256=exchange(number).sha256) == exchange(number)
        assert archive.is_intact(place)
    assert [(place, found) for place, found in archive.scan(segment)] == [
        (p, exchange(n)) for n, p in enumerate(places)
    ]
    assert [place for place, _ in archive.scan(segment, places[1].offset)] == places[1:]


def test_the_same_exchanges_make_the_same_bytes(tmp_path: Path, exchange: Callable[[int], Exchange]) -> None:
    one, other = Archive(tmp_path / "one"), Archive(tmp_path / "other")
    for number in range(3):
        assert one.append(exchange(number)) == other.append(exchange(number))
    assert one.segments()[0].read_bytes() == other.segments()[0].read_bytes()


def test_a_reader_of_web_archives_reads_the_segments(
    three: tuple[Archive, Path, list[Place]], exchange: Callable[[int], Exchange]
) -> None:
    with three[1].open("rb") as file:
        read = [
            (
                record.rec_type,
                record.rec_headers.get_header("WARC-Target-URI"),
                record.http_headers,
                record.raw_stream.read(),
            )
            for record in ArchiveIterator(file)
        ]
    assert [(kind, uri, payload) for kind, uri, _, payload in read] == [
        ("response", exchange(number).uri, exchange(number).payload) for number in range(3)
    ]
    assert all(http.get_statuscode() == "200" for _, _, http, _ in read)
    assert all(http.get_header("Content-Type") == "application/json" for _, _, http, _ in read)


def test_a_full_segment_is_followed_by_another(tmp_path: Path, exchange: Callable[[int], Exchange]) -> None:
    archive = Archive(tmp_path / "raw", segment_bytes=600)
    places = [archive.append(exchange(number)) for number in range(5)]
    names = [segment.name for segment in archive.segments()]
    assert names == ["000001.warc.gz", "000002.warc.gz", "000003.warc.gz"]
    assert {place.segment for place in places} == set(names)
    assert all(archive.is_intact(place) for place in places)


def test_a_torn_tail_of_any_length_is_mended_and_whole_members_are_kept(
    three: tuple[Archive, Path, list[Place]], exchange: Callable[[int], Exchange]
) -> None:
    archive, segment, places = three
    whole = segment.read_bytes()
    ends = [place.offset + place.length for place in places]
    cuts = [*range(0, ends[1], 25), *range(ends[1], len(whole) + 1)]
    for cut in cuts:
        segment.write_bytes(whole[:cut])
        kept = [end for end in ends if end <= cut]
        last = kept[-1] if kept else 0
        assert [place for place, _ in archive.scan(segment)] == places[: len(kept)]
        assert archive.repair(segment, last) == cut - last
        assert segment.read_bytes() == whole[:last]
    segment.write_bytes(whole[: ends[1] + 7])
    archive.repair(segment, ends[1])
    assert archive.append(exchange(2)) == places[2]
    assert segment.read_bytes() == whole


@pytest.mark.parametrize("tail", [b"\0" * 4096, b"\x1f\x8b", b"\x1f\x8b\x08\0\0\0\0\0\0\xff", b"noise"])
def test_what_a_power_cut_leaves_behind_the_members_is_cut_away(
    three: tuple[Archive, Path, list[Place]], tail: bytes
) -> None:
    archive, segment, places = three
    whole = segment.read_bytes()
    segment.write_bytes(whole + tail)
    assert [place for place, _ in archive.scan(segment)] == places
    assert archive.repair(segment, len(whole)) == len(tail)
    assert segment.read_bytes() == whole


def test_rot_in_the_middle_is_never_cut_away(three: tuple[Archive, Path, list[Place]]) -> None:
    archive, segment, places = three
    whole = segment.read_bytes()
    first, middle = places[0], places[1]
    bits = random.Random(1).sample(range(8 * first.offset, 8 * (middle.offset + middle.length)), 200)  # noqa: S311 — a draw, no secret
    raised = 0
    for bit in bits:
        rotten = flipped(whole, bit)
        segment.write_bytes(rotten)
        found = [place for place, _ in archive.scan(segment)]
        if len(found) < len(
            places
        ):  # three bytes of a gzip header say nothing about the content: these only verify sees
            end = found[-1].offset + found[-1].length if found else 0
            with pytest.raises(IntegrityError, match=r"damaged at \d+; restore .*000001\.warc\.gz from a backup"):
                archive.repair(segment, end)
            raised += 1
        assert segment.read_bytes() == rotten
    assert raised > 180


def test_no_flipped_bit_passes_as_intact(three: tuple[Archive, Path, list[Place]]) -> None:
    archive, segment, places = three
    whole = segment.read_bytes()
    for bit in random.Random(2).sample(range(8 * len(whole)), 500):  # noqa: S311 — a draw, no secret
        segment.write_bytes(flipped(whole, bit))
        assert [archive.is_intact(place) for place in places].count(False) == 1


def test_reading_bytes_that_are_not_those_recorded_says_what_to_restore(
    three: tuple[Archive, Path, list[Place]], exchange: Callable[[int], Exchange]
) -> None:
    archive, segment, places = three
    whole = segment.read_bytes()
    with pytest.raises(IntegrityError, match=r"expected sha256 0+, got .*; restore .*000001"):
        archive.read(places[0], sha256="0" * 64)
    for cut in range(places[2].offset, len(whole), 7):
        segment.write_bytes(whole[:cut])
        with pytest.raises(IntegrityError, match="from a backup"):
            archive.read(places[2], sha256=exchange(2).sha256)
    segment.unlink()
    with pytest.raises(IntegrityError, match="No such file"):
        archive.read(places[0], sha256=exchange(0).sha256)
    assert not archive.is_intact(places[0])


FULL_DISK = """
import sys
from pathlib import Path
from harvest.archive import Archive, Exchange
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
archive = Archive(Path(sys.argv[1]))
def page(n):
    payload = bytes(200) + bytes([n])
    return Exchange("a/b/1", f"GET {n}", "http://127.0.0.1/", "text/plain", payload, None, kind="resource")
first = archive.append(page(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (first.length + 100, resource.RLIM_INFINITY))
try:
    archive.append(page(2))
except OSError as error:
    print("refused", error.errno)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
archive.append(page(3))
print([found.request_key for _, found in archive.scan(archive.segments()[0])])
"""


def test_what_a_full_disk_tore_off_is_not_written_behind(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["refused 27", "['GET 1', 'GET 3']"]
