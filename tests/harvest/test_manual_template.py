"""Manual template: what is written runs as written, down to a dataset; what is there is never overwritten."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from harvest.manual_template import write_template
from schemas.licence import LICENCES
from schemas.recipe import RecipeError

if TYPE_CHECKING:
    from pathlib import Path

    from harvest import Store


def test_the_written_recipe_becomes_a_dataset_with_its_example_row(tmp_path: Path, store: Store) -> None:
    from curation import curate

    written = write_template(tmp_path / "collection", "heavy_oxides-2")
    assert [path.name for path in written] == ["heavy_oxides-2.csv", "card.toml", "recipe.toml"]
    harvested = store.harvest(written[-1])
    (source,) = harvested.records.sources
    folder = store.folder / source.folder
    (value,) = pq.read_table(folder / "properties.parquet").to_pylist()
    assert (value["property"], value["value"], value["uncertainty"], value["unit"]) == ("density", 2.65, 0.01, "g/cm^3")
    assert [(c["name"], c["value"], c["unit"]) for c in value["conditions"]] == [("temperature", 298.15, "K")]
    (entry,) = pq.read_table(folder / "entries.parquet").to_pylist()
    assert (entry["formula_given"], entry["phase"], dict(entry["labels"])["instrument"]) == (
        "SiO2",
        "quartz",
        "helium pycnometer",
    )
    dataset = curate(store.folder, "heavy_oxides-2").dataset
    (line,) = dataset.manifest.ledger.lines
    assert [(sums.harvested, sums.kept) for sums in (line.entries, line.values)] == [(1, 1), (1, 1)]


def test_rows_that_are_added_are_taken_with_an_update(tmp_path: Path, store: Store) -> None:
    from harvest import Mode

    table, _, recipe = write_template(tmp_path, "oxides")
    store.harvest(recipe)
    with table.open("a", encoding="utf-8") as file:
        file.write("mine-1,MgO,,n/a,,,,\nmine-2,TiO2,rutile,4.23(2),,,,\n")
    (source,) = store.harvest(recipe, mode=Mode(update=True)).records.sources
    values = pq.read_table(store.folder / source.folder / "properties.parquet").to_pylist()
    assert [(v["value"], v["uncertainty"]) for v in values] == [(2.65, 0.01), (4.23, 0.02)]
    assert source.pin.records == 3


@pytest.mark.parametrize("present", ["oxides.csv", "card.toml", "recipe.toml"])
def test_nothing_is_overwritten_and_nothing_half_written(present: str, tmp_path: Path) -> None:
    (tmp_path / present).write_text("mine")
    with pytest.raises(RecipeError, match=f"{present} would be overwritten"):
        write_template(tmp_path, "oxides")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(present, "mine")]


@pytest.mark.parametrize("name", ["Oxides", "", "../up", "a b", "_a", "a" * 65, "ü"])
def test_a_name_that_no_dataset_can_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="a name has lower-case letters"):
        write_template(tmp_path / "new", name)
    assert not (tmp_path / "new").exists()


def test_the_licences_that_the_card_suggests_are_known(tmp_path: Path) -> None:
    _, card, _ = write_template(tmp_path, "oxides")
    text = card.read_text()
    assert {"CC-BY-4.0", "CC0-1.0", "ODbL-1.0"} <= LICENCES.keys()
    assert all(licence in text for licence in ("CC-BY-4.0", "CC0-1.0", "ODbL-1.0"))
    assert tomllib.loads(text)["card"]["licence"] == "CC-BY-4.0"
