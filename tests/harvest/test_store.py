"""The store: a lost index is no loss, and a broken one says what to do."""

from __future__ import annotations

import gc
import subprocess
import sys
import warnings
from typing import TYPE_CHECKING

import pytest

from harvest import open_store
from harvest.errors import StorageError
from harvest.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def lose_ledger(store: Store) -> None:
    store.close()
    for path in (store.folder / "raw").glob("ledger.sqlite*"):
        path.unlink()


def test_after_a_lost_ledger_a_harvest_needs_nothing(store: Store, recipe: Path) -> None:
    first = store.harvest(recipe)
    lock = (recipe.parent / "harvest.lock").read_bytes()
    lose_ledger(store)
    again = store.harvest(recipe)
    assert first.fetched == {"table": 1}
    assert again.fetched == {}
    assert again.records == first.records
    assert (recipe.parent / "harvest.lock").read_bytes() == lock


def test_records_are_made_again_byte_for_byte_from_archive_and_lock(store: Store, recipe: Path) -> None:
    import shutil

    store.harvest(recipe)
    before = {p.name: p.read_bytes() for p in store.folder.glob("records/**/*") if p.is_file()}
    lose_ledger(store)
    shutil.rmtree(store.folder / "records")
    assert store.harvest(recipe).fetched == {}
    assert {p.name: p.read_bytes() for p in store.folder.glob("records/**/*") if p.is_file()} == before


def test_a_broken_ledger_says_that_it_can_be_moved_away(store: Store, recipe: Path) -> None:
    store.harvest(recipe)
    store.close()
    path = store.folder / "raw" / "ledger.sqlite"
    path.write_bytes(b"this is no database" * 100)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # see test_ledger: a file that is no ledger is let go
        with pytest.raises(StorageError, match=r"ledger\.sqlite cannot be used .*move it away"):
            store.harvest(recipe)
        gc.collect()
    path.unlink()
    assert store.harvest(recipe).fetched == {}


def test_opening_a_store_writes_nothing_and_loads_no_connector(tmp_path: Path) -> None:
    code = (
        "import sys, harvest; harvest.open_store(sys.argv[1]).close(); "
        "print([n for n in ('pyarrow', 'requests', 'pint', 'harvest.runner', 'sqlite3') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "s")], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in {"[]", "['sqlite3']"}
    assert not (tmp_path / "s").exists()
    assert isinstance(open_store(str(tmp_path)), Store)
