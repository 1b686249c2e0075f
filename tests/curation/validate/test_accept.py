"""Accept: the way back from quarantine; the decision stands in the recipe, with its reason, and the rows keep flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from curation import open_dataset
from curation.datasets.layout import versions_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., tuple[int, str, str]]

ROWS = {"a": [("1", "NaCl", 1.5), ("2", "ZnS", -2.4), ("3", "Qq", 1.0)]}


@pytest.fixture
def recipe(tmp_path: Path, table_recipe: Callable[..., Path], made: Callable[..., Any]) -> Path:
    """A recipe of one good row, one with an impossible value, and one without a formula; made once."""
    recipe = table_recipe(ROWS)
    made(recipe, tmp_path / "store")
    return recipe


def quarantined(store: Path) -> dict[str, str]:
    rows = open_dataset(store).sql("SELECT row_id, reasons[1] AS reason FROM quarantine").rows()
    return {str(row["reason"]).partition(":")[0]: str(row["row_id"]) for row in rows}


def test_what_is_in_quarantine_is_counted_and_shown(recipe: Path, command: Command, tmp_path: Path) -> None:
    store = tmp_path / "store"
    code, said, _ = command("quarantine", "list", "--store", store)
    assert code == 0
    assert "outside_possible_range" in said
    row_id = quarantined(store)["outside_possible_range"]
    code, said, _ = command("quarantine", "show", row_id[:8], "--store", store)
    assert code == 0
    assert "refractive_index = -2.4" in said
    assert "line=2" in said
    assert command("quarantine", "list", "--rule", "sites_overlap", "--store", store)[1].startswith("Nothing of small@")
    assert command("quarantine", "show", "p-nothing", "--store", store)[0] == 2
    assert recipe.exists()


def test_a_row_is_let_out_by_the_recipe_and_keeps_its_flags(recipe: Path, command: Command, tmp_path: Path) -> None:
    store = tmp_path / "store"
    before = recipe.read_text()
    row_id = quarantined(store)["outside_possible_range"]
    said = command(
        "quarantine", "release", row_id, "--reason", 'a "metamaterial"', "--recipe", recipe, "--store", store
    )
    assert said[0] == 0, said[2]
    assert recipe.read_text().startswith(before.rstrip("\n"))
    assert command("run", recipe, "--store", store)[0] == 0
    assert versions_of(store, "small")[-1] != "1.0.0"
    values = open_dataset(store).sql("SELECT property_id, value, flags FROM properties").rows()
    (row,) = [value for value in values if value["property_id"] == row_id]
    assert (row["value"], row["flags"]) == (-2.4, ["outside_plausible_range", "outside_possible_range", "accepted"])
    assert "outside_possible_range" not in quarantined(store)
    assert command("run", recipe, "--store", store)[1].startswith("Nothing to do")


def test_what_cannot_be_let_out_is_refused_and_the_recipe_stays_as_it_was(
    recipe: Path, command: Command, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    before = recipe.read_bytes()
    (parsed,) = [row for name, row in quarantined(store).items() if name != "outside_possible_range"]
    options = ("--reason", "x", "--recipe", recipe, "--store", store)
    code, _, said = command("quarantine", "release", parsed, *options)
    assert code == 6
    assert "cannot be let out" in said
    assert command("quarantine", "release", "p-aaaaaaaaaaaaaaaa", *options)[0] == 2
    row_id = quarantined(store)["outside_possible_range"]
    code, _, said = command("quarantine", "release", row_id, "--reason", "", "--recipe", recipe, "--store", store)
    assert code == 2
    assert recipe.read_bytes() == before
