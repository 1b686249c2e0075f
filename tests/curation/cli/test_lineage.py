from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.datasets.open import Dataset

    Command = Callable[..., tuple[int, str, str]]


def steps(command: Command, store: Path, identifier: object) -> list[dict[str, Any]]:
    code, text, complaint = command("lineage", identifier, "--store", store, "--json")
    assert (code, complaint) == (0, "")
    found: list[dict[str, Any]] = json.loads(text)
    return found


@pytest.mark.parametrize("source", ["dielectric", "formation_energies"])
def test_the_text_in_the_archive_is_the_value_that_was_given(
    store: Path, dataset: Dataset, command: Command, source: str
) -> None:
    rows = dataset.sql("SELECT property_id, value_given, source FROM properties ORDER BY property_id").rows()
    for row in [row for row in rows if row["source"] == source][:5]:
        (step,) = steps(command, store, row["property_id"])
        assert float(step["archive"]["text"]) == row["value_given"] == step["row"]["value_given"]
        assert step["archive"]["segment"].startswith(str(store))


def test_the_cell_of_the_article_holds_the_value(store: Path, dataset: Dataset, command: Command) -> None:
    rows = dataset.sql(
        "SELECT property_id, text, value_given, pointer FROM properties WHERE source = 'article' "
        "AND value_given IS NOT NULL ORDER BY property_id LIMIT 8"
    ).rows()
    assert len(rows) == 8
    for row in rows:
        (step,) = steps(command, store, row["property_id"])
        cell = step["archive"]["text"]
        assert str(row["text"]) in cell, row
        assert str(abs(float(str(row["value_given"])))).rstrip("0").rstrip(".") in cell.replace("−", "-"), row


def test_people_see_value_source_bytes_and_place(store: Path, dataset: Dataset, command: Command) -> None:
    (row,) = dataset.sql(
        "SELECT property_id, raw_sha256, pointer FROM properties WHERE source = 'dielectric' AND value > 50 LIMIT 1"
    ).rows()
    code, said, _ = command("lineage", row["property_id"], "--store", store)
    assert code == 0
    for part in (
        row["property_id"],
        row["raw_sha256"],
        row["pointer"],
        "outside_plausible_range",
        "immutable",
        "CC-BY-4.0",
    ):
        assert str(part) in said


def test_a_quarantined_row_is_followed_to_its_line(
    tmp_path: Path, table_recipe: Callable[..., Path], made: Callable[..., Any], command: Command
) -> None:
    rows = [("1", "Qq", 1.5), ("2", "NaCl", -4.25)]
    dataset = made(table_recipe({"a": rows}), tmp_path / "store").dataset
    found = dataset.sql("SELECT row_id FROM quarantine ORDER BY row_id").rows()
    value, line = (steps(command, tmp_path / "store", row["row_id"])[0] for row in found)
    assert (value["kind"], value["archive"]["text"]) == ("quarantined row", "-4.25")
    assert '"formula": "Qq"' in line["archive"]["text"]
    code, said, _ = command("lineage", found[0]["row_id"], "--store", tmp_path / "store")
    assert code == 0
    assert "outside_possible_range" in said


def test_a_material_shows_each_of_its_records(store: Path, dataset: Dataset, command: Command) -> None:
    (row,) = dataset.sql("SELECT material_id, n_entries FROM materials ORDER BY n_entries DESC LIMIT 1").rows()
    found = steps(command, store, row["material_id"])
    assert len(found) == row["n_entries"]
    assert sum(step["row"]["status"] == "kept" for step in found) == 1


def test_bytes_that_are_gone_or_damaged_are_said_to_be(own_store: Path, dataset: Dataset, command: Command) -> None:
    (row,) = dataset.sql("SELECT property_id FROM properties WHERE source = 'dielectric' LIMIT 1").rows()
    (segment,) = [path for path in (own_store / "raw").iterdir() if "warc" in path.name]
    (step,) = steps(command, own_store, row["property_id"])
    place = step["archive"]
    content = bytearray(segment.read_bytes())
    content[place["offset"] + place["length"] // 2] ^= 1
    segment.write_bytes(bytes(content))
    (step,) = steps(command, own_store, row["property_id"])
    assert "text" not in step["archive"]
    assert step["archive"]["problem"]


def test_lineage_needs_the_ledger_of_the_archive(own_store: Path, dataset: Dataset, command: Command) -> None:
    (row,) = dataset.sql("SELECT property_id FROM properties LIMIT 1").rows()
    shutil.rmtree(own_store / "raw")
    code, _, said = command("lineage", row["property_id"], "--store", own_store)
    assert code == 5
    assert "any run of a recipe rebuilds it" in said
