"""The lock: read by people, written only when it says something new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harvest.errors import DriftError
from harvest.lock import Lock, LockedDataset, LockedSource, lock_path, read_lock, write_lock
from schemas.dataset import VersionPin
from schemas.provenance import Pin, PinKind

if TYPE_CHECKING:
    from pathlib import Path

PIN = Pin(kind=PinKind.SNAPSHOT, version="api 1.2", raw_root="a", records_root="b", pages=2, records=17)
LOCKED = LockedDataset(
    latest=VersionPin(version="1.0.0", content_sha256="c"),
    sources={"mp": LockedSource(source="optimade", fingerprint="f", pin=PIN)},
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    lock = Lock().with_dataset("oxides", LOCKED)
    path = lock_path(tmp_path / "recipe.toml")
    assert path == tmp_path / "harvest.lock"
    assert write_lock(path, lock)
    assert read_lock(path) == lock
    assert read_lock(path).of("oxides") == LOCKED
    assert read_lock(path).of("nitrides") == LockedDataset()


def test_bytes_that_did_not_change_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "harvest.lock"
    lock = Lock().with_dataset("oxides", LOCKED)
    assert write_lock(path, lock)
    before = path.stat().st_mtime_ns
    assert not write_lock(path, lock)
    assert path.stat().st_mtime_ns == before
    assert write_lock(path, lock.with_dataset("oxides", LockedDataset()))


def test_datasets_stand_in_order_and_leave_each_other_alone(tmp_path: Path) -> None:
    one = Lock().with_dataset("b", LOCKED).with_dataset("a", LockedDataset())
    other = Lock().with_dataset("a", LockedDataset()).with_dataset("b", LOCKED)
    write_lock(tmp_path / "one", one)
    write_lock(tmp_path / "other", other)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_an_absent_lock_is_empty(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "harvest.lock") == Lock()


@pytest.mark.parametrize("content", [b"[", b"lock_version = 1\nextra = 2\n", b"\xff\xfe"])
def test_a_file_that_is_no_lock_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "harvest.lock"
    path.write_bytes(content)
    with pytest.raises(DriftError, match="restore it, or delete it to lock anew"):
        read_lock(path)
