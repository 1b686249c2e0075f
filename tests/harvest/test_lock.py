"""The lock: read by people, written only when it says something new."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from harvest.errors import DriftError
from harvest.lock import Lock, LockedDataset, LockedSource, change_lock, lock_path, read_lock
from schemas.dataset import VersionPin
from schemas.provenance import Pin, PinKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PIN = Pin(kind=PinKind.SNAPSHOT, version="api 1.2", raw_root="a", records_root="b", pages=2, records=17)
LOCKED = LockedDataset(
    latest=VersionPin(version="1.0.0", content_sha256="c"),
    sources={"mp": LockedSource(source="optimade", fingerprint="f", pin=PIN)},
)


CHANGE_TEN_TIMES = """
import sys
from pathlib import Path
from harvest.lock import change_lock, read_lock
from schemas.dataset import VersionPin

path, dataset = Path(sys.argv[1]), sys.argv[2]
for number in range(10):
    pin = VersionPin(version=f"1.0.{number}", content_sha256="c")
    assert change_lock(path, dataset, lambda now: now.model_copy(update={"latest": pin}))
    assert read_lock(path).of(dataset).latest == pin
"""


def to(locked: LockedDataset) -> Callable[[LockedDataset], LockedDataset]:
    return lambda _: locked


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = lock_path(tmp_path / "recipe.toml")
    assert path == tmp_path / "harvest.lock"
    assert change_lock(path, "oxides", to(LOCKED))
    assert read_lock(path) == Lock().with_dataset("oxides", LOCKED)
    assert read_lock(path).of("oxides") == LOCKED
    assert read_lock(path).of("nitrides") == LockedDataset()
    assert [file.name for file in tmp_path.iterdir()] == ["harvest.lock"]


def test_bytes_that_did_not_change_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "harvest.lock"
    assert change_lock(path, "oxides", to(LOCKED))
    before = path.stat().st_mtime_ns
    assert not change_lock(path, "oxides", to(LOCKED))
    assert path.stat().st_mtime_ns == before
    assert change_lock(path, "oxides", to(LockedDataset()))


def test_datasets_stand_in_order_and_leave_each_other_alone(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for path, names in ((one, "ba"), (other, "ab")):
        for name in names:
            change_lock(path, name, to(LOCKED if name == "b" else LockedDataset()))
    assert one.read_bytes() == other.read_bytes()


def test_changes_of_several_processes_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "harvest.lock"
    names = [f"dataset_{number}" for number in range(4)]
    started = [subprocess.Popen([sys.executable, "-c", CHANGE_TEN_TIMES, str(path), name]) for name in names]
    assert [process.wait() for process in started] == [0] * len(names)
    latest = {name: locked.latest.version for name, locked in read_lock(path).datasets.items() if locked.latest}
    assert latest == dict.fromkeys(names, "1.0.9")
    assert [file.name for file in tmp_path.iterdir()] == ["harvest.lock"]


def test_an_absent_lock_is_empty(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "harvest.lock") == Lock()


@pytest.mark.parametrize("content", [b"[", b"lock_version = 1\nextra = 2\n", b"\xff\xfe"])
def test_a_file_that_is_no_lock_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "harvest.lock"
    path.write_bytes(content)
    with pytest.raises(DriftError, match="restore it, or delete it to lock anew"):
        read_lock(path)
