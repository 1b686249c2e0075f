"""Verify: every single flipped bit of what is archived is found, and its file named."""

from __future__ import annotations

import gc
import random
import shutil
import warnings
from typing import TYPE_CHECKING

import pytest

from harvest.store import open_store
from harvest.verify import verify_store

if TYPE_CHECKING:
    from pathlib import Path

    from harvest.store import Store


@pytest.fixture
def harvested(store: Store, recipe: Path) -> Path:
    store.harvest(recipe)
    store.close()
    return store.folder


def failed(store: Path) -> list[str]:
    return [result.subject for result in verify_store(store) if not result.passed]


def files(store: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}


def test_a_store_as_it_was_written_passes_and_stays_as_it_is(harvested: Path) -> None:
    before = files(harvested)
    results = verify_store(harvested)
    assert [result.message for result in results if not result.passed] == []
    subjects = " ".join(result.subject for result in results)
    assert all(
        part in subjects for part in ("ledger.sqlite", "000001.warc.gz", "entries.parquet", "properties.parquet")
    )
    assert {path: content for path, content in files(harvested).items() if "sqlite-" not in path.name} == {
        path: content for path, content in before.items() if "sqlite-" not in path.name
    }


def test_every_flipped_bit_of_a_segment_is_found(harvested: Path) -> None:
    shutil.rmtree(harvested / "records")  # only the archive is of interest: this makes a thousand rounds fast
    segment = harvested / "raw" / "000001.warc.gz"
    whole = segment.read_bytes()
    for bit in random.Random(0).sample(range(8 * len(whole)), 1_000):  # noqa: S311 — a draw, no secret
        rotten = bytearray(whole)
        rotten[bit // 8] ^= 1 << bit % 8
        segment.write_bytes(rotten)
        assert failed(harvested) == [str(segment)], f"bit {bit}"
    segment.write_bytes(whole)
    assert failed(harvested) == []


@pytest.mark.parametrize("change", ["cut", "longer", "gone"])
def test_a_segment_that_is_not_whole_is_found(harvested: Path, change: str) -> None:
    segment = harvested / "raw" / "000001.warc.gz"
    whole = segment.read_bytes()
    if change == "gone":
        segment.unlink()
    else:
        segment.write_bytes(whole[:-1] if change == "cut" else whole + b"\0")
    assert failed(harvested) == [str(segment)]
    said = " ".join(result.message for result in verify_store(harvested))
    assert ("the next run mends it" if change == "longer" else "restore it from a backup") in said


@pytest.mark.parametrize("change", ["gone", "of an earlier day"])
def test_records_whose_raw_objects_are_not_archived_are_found(harvested: Path, change: str) -> None:
    raw = harvested / "raw"
    shutil.rmtree(raw)
    if change != "gone":
        with open_store(harvested):
            pass
    (records,) = harvested.glob("records/*/*/manifest.json")
    assert failed(harvested) == [str(records.parent)]
    said = " ".join(result.message for result in verify_store(harvested))
    assert "raw objects that these records came from are not archived; restore the folder `raw`" in said
    shutil.rmtree(harvested / "records")
    assert failed(harvested) == []


def test_a_changed_table_of_records_is_found(harvested: Path) -> None:
    for table in ("entries", "properties", "rejected", "raw_objects"):
        part = next(harvested.glob(f"records/*/*/{table}.parquet"))
        whole = part.read_bytes()
        part.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert failed(harvested) == [str(part)]
        part.unlink()
        assert failed(harvested) == [str(part)]
        part.write_bytes(whole)
    manifest = next(harvested.glob("records/*/*/manifest.json"))
    manifest.write_bytes(b"{}")
    assert failed(harvested) == [str(manifest)]


@pytest.mark.parametrize("content", [b"", b"no ledger at all", None])
def test_a_ledger_that_is_none_is_found(harvested: Path, content: bytes | None) -> None:
    path = harvested / "raw" / "ledger.sqlite"
    for beside in harvested.glob("raw/ledger.sqlite-*"):
        beside.unlink()
    path.write_bytes(content) if content is not None else path.unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # see test_ledger: a file that is no ledger is let go
        assert failed(harvested) == [str(path)]
        assert "rebuil" in " ".join(result.message for result in verify_store(harvested))
        gc.collect()


def test_an_empty_store_passes(tmp_path: Path) -> None:
    assert failed(tmp_path) == []
