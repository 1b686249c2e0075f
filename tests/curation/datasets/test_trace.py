from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curation.datasets.trace import trace
from curation.errors import UnknownDatasetError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.datasets.open import Dataset


def test_a_value_leads_to_its_source_pin_and_place(dataset: Dataset) -> None:
    rows = dataset.sql("SELECT * FROM properties ORDER BY property_id LIMIT 30").rows()
    sources = {source.key: source for source in dataset.manifest.sources}
    for row in rows:
        (found,) = trace(dataset, str(row["property_id"]))
        assert found.kind == "value"
        assert (found.raw_sha256, found.pointer) == (row["raw_sha256"], row["pointer"])
        assert found.source == sources[str(row["source"])].model_dump(mode="json")
        assert found.row["value"] == row["value"]


def test_a_material_leads_to_all_its_entries(dataset: Dataset) -> None:
    (row,) = dataset.sql("SELECT * FROM materials ORDER BY n_entries DESC, material_id LIMIT 1").rows()
    found = trace(dataset, str(row["material_id"]))
    assert len(found) == row["n_entries"] > 1
    assert {step.kind for step in found} == {"material"}
    assert sorted({step.row["source"] for step in found}) == row["sources"]


def test_an_entry_leads_to_its_row(dataset: Dataset) -> None:
    (row,) = dataset.sql("SELECT * FROM entries ORDER BY entry_id LIMIT 1").rows()
    (found,) = trace(dataset, str(row["entry_id"]))
    assert (found.kind, found.row["source_id"], found.pointer) == ("entry", row["source_id"], row["pointer"])


def test_the_beginning_of_an_id_names_all_that_begin_so(dataset: Dataset) -> None:
    (count,) = dataset.sql("SELECT count(*) AS n FROM entries WHERE entry_id LIKE 'e-a%'").rows()
    assert len(trace(dataset, "e-a")) == count["n"] > 0


def test_quarantined_rows_are_found_by_their_id(
    tmp_path: Path, table_recipe: Callable[..., Path], made: Callable[..., object]
) -> None:
    from curation import open_dataset

    recipe = table_recipe({"a": [("1", "Qq", 1.5), ("2", "NaCl", -4.0)]})
    made(recipe, tmp_path / "store")
    dataset = open_dataset(tmp_path / "store")
    rows = dataset.sql("SELECT row_id, reasons FROM quarantine ORDER BY row_id").rows()
    assert [str(row["row_id"])[:2] for row in rows] == ["p-", "r-"]
    for row in rows:
        (found,) = trace(dataset, str(row["row_id"]))
        assert (found.kind, found.row["reasons"]) == ("quarantined row", row["reasons"])


@pytest.mark.parametrize(
    "identifier", ["p-zzzzzzzzzzzzzzzz", "m-0", "e-%", "p-' OR 1=1 --", "x-abc", "", "-", "material", "p_a", "p-a%b"]
)
def test_an_unknown_id_is_said_to_be_unknown(dataset: Dataset, identifier: str) -> None:
    with pytest.raises(UnknownDatasetError) as caught:
        trace(dataset, identifier)
    assert caught.value.exit_code == 2
