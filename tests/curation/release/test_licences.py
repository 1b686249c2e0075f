from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation import open_dataset
from curation.errors import LicenceError
from curation.release.licences import refuse_mixed_licences
from curation.release.package import package

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.build import BuildReport
    from curation.datasets.open import Dataset


def with_licence(begun: Path, source: str, licence: str) -> Dataset:
    """Give the first entry of a source another licence, as a record of a provider may have."""
    path = begun / "datasets" / "small" / "1.0.0" / "entries" / f"{source}-0000.parquet"
    rows = pq.read_table(path, partitioning=None)
    licences = [licence, *rows["licence"].to_pylist()[1:]]
    column = rows.schema.get_field_index("licence")
    pq.write_table(rows.set_column(column, rows.schema.field("licence"), pa.array(licences)), path)
    return open_dataset(begun)


@pytest.mark.parametrize(
    ("licence", "why"),
    [
        ("CC-BY-NC-4.0", "CC-BY-NC-4.0 forbids commercial use, CC-BY-4.0 allows it"),
        ("CC-BY-SA-4.0", "CC-BY-SA-4.0 asks for the same licence"),
        ("ODbL-1.0", "ODbL-1.0 asks for the same licence"),
        ("LicenseRef-mine", "the licence of the row is LicenseRef-mine, which is not known"),
        ("NOASSERTION", "the licence of the row is NOASSERTION, which is not known"),
    ],
)
def test_one_row_that_may_not_be_released_stops_the_release_and_is_named(begun: Path, licence: str, why: str) -> None:
    dataset = with_licence(begun, "a", licence)
    with pytest.raises(
        LicenceError, match=f"small@1.0.0 cannot be released under CC-BY-4.0: 1 rows of a: {why}"
    ) as caught:
        package(dataset, begun)
    assert caught.value.exit_code == 6
    assert " of b" not in str(caught.value)
    assert not (begun / "releases").exists()


@pytest.mark.parametrize("licence", ["CC0-1.0", "CC-BY-4.0", "MIT", "PDDL-1.0"])
def test_rows_that_may_be_released_pass(begun: Path, licence: str) -> None:
    refuse_mixed_licences(with_licence(begun, "b", licence))


def test_every_source_that_does_not_fit_is_named(begun: Path) -> None:
    with_licence(begun, "a", "CC-BY-NC-4.0")
    with pytest.raises(LicenceError, match=r"1 rows of a: .*; 1 rows of b: "):
        refuse_mixed_licences(with_licence(begun, "b", "ODbL-1.0"))


def test_the_command_exits_with_6(
    tmp_path: Path, table_recipe: Callable[..., Path], command: Callable[..., tuple[int, str, str]]
) -> None:
    recipe = table_recipe({"lab": [("1", "NaCl", 1.5)]}, licence="CC-BY-NC-4.0", more='[release]\nto = ["folder"]\n')
    code, _, said = command("run", recipe, "--store", tmp_path / "store")
    assert code == 6
    assert "1 rows of lab: CC-BY-NC-4.0 forbids commercial use" in said


def test_a_source_of_which_all_rows_are_in_quarantine_counts_too(
    tmp_path: Path, table_recipe: Callable[..., Path], made: Callable[..., BuildReport]
) -> None:
    recipe = table_recipe({"lab": [("1", "Qq", 1.5)]}, licence="CC-BY-NC-4.0")
    dataset = made(recipe, tmp_path / "store").dataset
    assert "Qq" in str(dataset.sql("SELECT row FROM quarantine").rows())
    with pytest.raises(LicenceError, match="lab"):
        refuse_mixed_licences(dataset)
