from __future__ import annotations

import tomllib
from collections import Counter
from importlib.resources import files

import pytest

from harvest.source import load_card
from harvest.sources.materials_project import MaterialsProjectCard


def test_the_card_maps_fields_to_properties_with_units_that_measure_them() -> None:
    card = load_card("materials_project", MaterialsProjectCard)
    assert len(card.fields) > 30
    twice = [name for name, times in Counter(f.property for f in card.fields.values()).items() if times > 1]
    assert twice == ["total_energy"], "two fields may say the same property only under different conditions"
    assert card.licences == {"BY-C": "CC-BY-4.0", "BY-NC": "CC-BY-NC-4.0"}


@pytest.mark.parametrize(("right", "wrong"), [('unit = "eV/atom"', 'unit = "GPa"'), ('= "band_gap"', '= "bandgap"')])
def test_a_card_with_a_wrong_unit_or_an_unknown_property_does_not_load(right: str, wrong: str) -> None:
    text = files("harvest.sources").joinpath("materials_project.toml").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match=wrong.split('"')[1]):
        MaterialsProjectCard.model_validate(tomllib.loads(text.replace(right, wrong, 1)))
