"""File cards: a column is a property in a unit that measures it, and the file has a licence and an origin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harvest.formats.file_card import read_file_card
from schemas.recipe import RecipeError

PROJECT = Path(__file__).parents[2]
CARDS = sorted((PROJECT / "data/samples").glob("*.toml"))

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def edited(recipe: Path) -> Callable[[str, str], Path]:
    """Return a function that changes the card of the small recipe."""
    path = recipe.parent / "crystals.toml"

    def change(old: str, new: str) -> Path:
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return change


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_the_cards_that_ship_are_read(path: Path) -> None:
    card = read_file_card(path)
    assert card.card.origin
    assert card.card.attribution


def test_units_of_another_spelling_or_counting_fit(edited: Callable[[str, str], Path]) -> None:
    assert read_file_card(edited('"band_gap"\nunit = "eV"', '"formation_energy"\nunit = "kJ/mol"')).properties


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('licence = "CC0-1.0"\n', "", 1, r"card\.licence: Field required"),
        ('origin = "written for the tests"', 'origin = ""', 4, r"card\.origin: String should have at least 1"),
        ('id = "id"\n', "", 7, r"rows\.id: Field required"),
        ('formula = "formula"', 'structure = { field = "s", format = "cml" }', 9, "structure formats are .*got 'cml'"),
        ('unit = "1"', 'unit = "nm"', 15, "refractive_index: unit 'nm' has dimension"),
        (
            'method = "experiment"\n',
            'method = "experiment"\nconditions = [{ name = "temperature", value = 3, unit = "eV" }]\n',
            17,
            "temperature: unit 'eV' has",
        ),
        ('property = "band_gap"', 'property = "gap_energy"', 20, "no property 'gap_energy'"),
        ("[rows]", "[rows]\ncolumns = 3", 8, r"rows\.columns: Extra inputs"),
    ],
)
def test_a_mistake_has_its_line(edited: Callable[[str, str], Path], old: str, new: str, line: int, says: str) -> None:
    with pytest.raises(RecipeError, match=rf"(?m)^.*crystals\.toml:{line}: .*{says}"):
        read_file_card(edited(old, new))
