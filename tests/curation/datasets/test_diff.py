from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from curation import Dataset, open_dataset
from curation.datasets.diff import TableDiff, diff_datasets, propose_version
from curation.datasets.tables import TABLES
from schemas.disk import sha256_of_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def opened(store: Path) -> tuple[Dataset, Dataset]:
    return open_dataset(store, "small@1.0.0"), open_dataset(store, "small@1.1.0")


@pytest.fixture
def versions(second_version: Path) -> tuple[Dataset, Dataset]:
    return opened(second_version)


@pytest.fixture
def own_versions(second_version: Path, tmp_path: Path) -> tuple[Dataset, Dataset]:
    shutil.copytree(second_version, tmp_path / "own")
    return opened(tmp_path / "own")


def by_table(old: Dataset, new: Dataset, limit: int = 1000) -> dict[str, TableDiff]:
    return {diff.table: diff for diff in diff_datasets(old, new, limit=limit)}


def ids(dataset: Dataset) -> dict[str, str]:
    rows = dataset.sql(
        "SELECT source || '/' || source_id AS name, property_id FROM properties JOIN entries USING (entry_id, source)"
    ).rows()
    return {str(row["name"]): str(row["property_id"]) for row in rows}


def test_added_removed_and_changed_rows_are_named_with_old_and_new_value(versions: tuple[Dataset, Dataset]) -> None:
    old, new = versions
    found = by_table(old, new)["properties"]
    assert (found.added, found.removed, found.changed, found.columns) == (1, 1, 1, ())
    changes = {change["change"]: change for change in found.changes}
    assert changes["added"]["key"] == ids(new)["a/3"]
    assert changes["removed"]["key"] == ids(old)["a/2"]
    assert changes["changed"]["key"] == ids(old)["a/1"] == ids(new)["a/1"]
    columns = changes["changed"]["columns"]
    assert isinstance(columns, list)
    assert "value: 1.5 -> 1.544" in columns
    assert not [column for column in columns if column.startswith(("unit", "property", "entry_id"))]


def test_a_diff_read_backwards_is_its_opposite(versions: tuple[Dataset, Dataset]) -> None:
    there, back = by_table(*versions), by_table(*versions[::-1])
    for name, diff in there.items():
        assert (diff.added, diff.removed, diff.changed) == (back[name].removed, back[name].added, back[name].changed)


def test_a_version_does_not_differ_from_itself(versions: tuple[Dataset, Dataset]) -> None:
    for diff in diff_datasets(versions[0], versions[0]):
        assert (diff.added, diff.removed, diff.changed, diff.columns, diff.changes) == (0, 0, 0, (), ())


def test_all_are_counted_and_few_are_listed(versions: tuple[Dataset, Dataset]) -> None:
    found = by_table(*versions, limit=1)["properties"]
    assert (found.added + found.removed + found.changed, len(found.changes)) == (3, 1)


def test_parts_that_did_not_change_are_not_read(own_versions: tuple[Dataset, Dataset]) -> None:
    old, new = own_versions
    expected = diff_datasets(old, new)
    for dataset in own_versions:
        for path in dataset.folder.glob("*/b-*.parquet"):
            path.unlink()
            path.write_bytes(b"not a Parquet file")
    assert diff_datasets(old, new) == expected


def test_a_table_that_becomes_empty_loses_its_rows(
    begun: Path, table_recipe: Callable[..., Path], made: Callable[..., Any]
) -> None:
    made(table_recipe({"a": [("1", "Qq", 1.0)], "b": [("1", "Xx", 1.0)]}), begun, update=True)
    found = by_table(open_dataset(begun, "small@1.0.0"), open_dataset(begun))
    assert [(found[name].added, found[name].removed) for name in ("entries", "materials")] == [(0, 3), (0, 3)]
    assert (found["quarantine"].added, found["quarantine"].removed) == (2, 0)


def test_a_column_that_goes_raises_the_first_number(own_versions: tuple[Dataset, Dataset]) -> None:
    import pyarrow.parquet as pq

    old, new = own_versions
    path = new.folder / "materials" / "all-0000.parquet"
    rows = pq.read_table(path, partitioning=None).drop_columns(["kind"])
    path.unlink()
    pq.write_table(rows, path)
    sha256 = sha256_of_file(path)
    parts = [
        part if part.table != "materials" else part.model_copy(update={"sha256": sha256}) for part in new.manifest.parts
    ]
    assert propose_version(old.folder, old.manifest, new.folder, parts) == "2.0.0"


def test_every_table_is_compared(versions: tuple[Dataset, Dataset]) -> None:
    assert [diff.table for diff in diff_datasets(*versions)] == [table.name for table in TABLES]


@pytest.mark.parametrize("side", ["1.0.0", "1.1.0"])
def test_a_damaged_part_ends_a_diff_with_integrity(
    second_version: Path,
    tmp_path: Path,
    command: Callable[..., tuple[int, str, str]],
    flip: Callable[[Path], Path],
    side: str,
) -> None:
    shutil.copytree(second_version, tmp_path / "own")
    damaged = flip(tmp_path / "own" / "datasets" / "small" / side / "properties" / "a-0000.parquet")
    asked = ("diff", "small@1.0.0", "small@1.1.0", "--store", tmp_path / "own")
    code, _, said = command(*asked)
    assert code == 7
    assert f"error: {damaged}: expected sha256" in said
    code, printed, _ = command(*asked, "--json")
    assert (code, json.loads(printed)["exit_code"]) == (7, 7)
