"""Drift: a version that loses rows or whose values move is not made, unless a person says why; small changes pass."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.datasets.layout import versions_of
from curation.errors import DriftedError
from curation.validate.drift import Side, find_drift

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.datasets.open import Dataset

    Recipe = Callable[..., Path]
    Made = Callable[..., Any]

ROWS = [(f"{n:03d}", f"Na{n + 1}Cl", 1.5 + n / 100) for n in range(50)]
B = [("x", "ZnS", 2.0)]


def side(dataset: Dataset) -> Side:
    return Side(dataset.folder, list(dataset.manifest.parts))


@pytest.fixture
def first(table_recipe: Recipe, made: Made, tmp_path: Path) -> Dataset:
    dataset: Dataset = made(table_recipe({"a": ROWS, "b": B}), tmp_path / "store").dataset
    return dataset


@pytest.mark.parametrize(
    ("rows", "check"),
    [
        (ROWS[:30], "records_lost"),
        ([(i, f, n + 0.3) for i, f, n in ROWS], "mean_moved"),
        ([*ROWS[:-1], ("049", "Na50Cl", 9.0)], "range_widened"),
    ],
)
def test_a_version_that_drifts_is_stopped_with_what_was_found(
    first: Dataset, table_recipe: Recipe, made: Made, tmp_path: Path, rows: list[tuple[Any, ...]], check: str
) -> None:
    with pytest.raises(DriftedError, match=check) as stopped:
        made(table_recipe({"a": rows, "b": B}), tmp_path / "store", update=True)
    assert "--accept-drift" in str(stopped.value)
    assert stopped.value.exit_code == 6
    assert versions_of(tmp_path / "store", "small") == [first.manifest.version]


def test_a_person_may_accept_it_and_the_manifest_says_why(
    first: Dataset, table_recipe: Recipe, made: Made, tmp_path: Path
) -> None:
    recipe = table_recipe({"a": ROWS[:30], "b": B})
    dataset = made(recipe, tmp_path / "store", update=True, accept_drift="withdrawn by the source").dataset
    assert dataset.manifest.parent == first.manifest.version
    assert dataset.manifest.drift_accepted == "withdrawn by the source"
    found = {found.partition(": ")[2].split(":")[-2].strip() for found in dataset.manifest.drift}
    assert found == {"records_lost", "values_lost", "mean_moved"}


@pytest.mark.parametrize(
    "tables",
    [
        {"a": ROWS[:46], "b": B},  # less than a tenth
        {"a": [*ROWS, ("050", "KCl", 1.6)], "b": [("x", "ZnS", 2.6)]},  # more rows; and one value alone may move
        {"a": ROWS},  # the recipe leaves a source out
    ],
)
def test_small_changes_and_changes_of_the_recipe_are_no_drift(
    first: Dataset, table_recipe: Recipe, made: Made, tmp_path: Path, tables: dict[str, list[tuple[Any, ...]]]
) -> None:
    dataset = made(table_recipe(tables), tmp_path / "store", update=True).dataset
    assert dataset.manifest.version != first.manifest.version
    assert dataset.manifest.drift == ()
    assert dataset.manifest.drift_accepted is None


def test_a_source_without_rows_any_more_is_drift(
    first: Dataset, table_recipe: Recipe, made: Made, tmp_path: Path
) -> None:
    broken = [(i, "Qq", n) for i, _, n in ROWS]  # no formula: all are quarantined
    with pytest.raises(DriftedError, match="a: records_lost: 50 records became 0") as stopped:
        made(table_recipe({"a": broken, "b": B}), tmp_path / "store", update=True)
    assert "property_vanished" in str(stopped.value)
    assert first.manifest.version == "1.0.0"


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda table: table.drop_columns("uncertainty"), "properties.uncertainty column_vanished"),
        (
            lambda table: table.set_column(
                table.schema.get_field_index("value"), "value", table["value"].cast(pa.string())
            ),
            "properties.value column_retyped",
        ),
        (
            lambda table: table.set_column(
                table.schema.get_field_index("unit"), "unit", pa.array(["nm"] * table.num_rows)
            ),
            "a: refractive_index unit_changed",
        ),
    ],
)
def test_columns_and_units_that_change_are_drift(
    first: Dataset, tmp_path: Path, change: Callable[[pa.Table], pa.Table], check: str
) -> None:
    folder = tmp_path / "changed"
    shutil.copytree(first.folder, folder)
    for part in (folder / "properties").iterdir():
        table = pq.read_table(part)
        part.unlink()
        pq.write_table(change(table), part)
    found = find_drift(side(first), Side(folder, list(first.manifest.parts)))
    assert check in [f"{one.subject} {one.message.partition(':')[0]}" for one in found]


def test_a_version_does_not_drift_from_itself(first: Dataset) -> None:
    assert find_drift(side(first), side(first)) == []
