"""Store lock: one writer of a store at a time, and what a killed one left is swept up."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from schemas.store_lock import StoreBusyError, StoreUnwritableError, hold_store

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys
from pathlib import Path
from schemas.store_lock import hold_store
with hold_store(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreBusyError, match=r"another process writes .*wait for it to end"), hold_store(tmp_path):
            pytest.fail("two writers at once")
        holder.kill()
    with hold_store(tmp_path):
        pass
    assert StoreBusyError.exit_code == 11


def test_one_process_may_hold_it_again(tmp_path: Path) -> None:
    with hold_store(tmp_path), hold_store(tmp_path):
        pass
    with hold_store(tmp_path):
        pass


def test_leavings_are_swept_once_by_the_outermost(tmp_path: Path) -> None:
    left = tmp_path / "records" / "a" / ".building-walk-1"
    left.mkdir(parents=True)
    with hold_store(tmp_path):
        assert not left.exists()
        left.mkdir()
        with hold_store(tmp_path):
            assert left.exists()


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreUnwritableError, match="cannot be written"), hold_store(tmp_path / "file" / "store"):
        pytest.fail("a file is no folder")
    assert StoreUnwritableError.exit_code == 5
