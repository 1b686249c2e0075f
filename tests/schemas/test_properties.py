"""The property dictionary as code sees it: asked by id, and helpful where there is none."""

import pytest
from pydantic import ValidationError

from schemas.properties import PropertyDefinition, UnknownPropertyError, load_properties


def test_ids_are_sorted_and_are_those_of_the_definitions() -> None:
    known = load_properties()
    assert list(known.ids) == sorted(known.ids)
    assert tuple(definition.id for definition in known.definitions) == known.ids
    assert len(known) == len(known.ids)
    assert "band_gap" in known
    assert "bandgap" not in known


def test_an_unknown_name_brings_the_nearest_ones() -> None:
    with pytest.raises(UnknownPropertyError, match="did you mean band_gap") as caught:
        load_properties()["bandgap"]
    assert "matgranary properties" in str(caught.value)


def test_a_name_far_from_all_brings_none() -> None:
    with pytest.raises(UnknownPropertyError) as caught:
        load_properties()["zzzzzzzz"]
    assert "did you mean" not in str(caught.value)


def test_a_plausible_range_outside_of_the_possible_one_is_refused() -> None:
    fields = {"id": "x", "label": "x", "description": "x", "family": "x", "unit": "1", "names": ("x",), "symbols": ()}
    with pytest.raises(ValidationError, match="not inside the possible range"):
        PropertyDefinition.model_validate(fields | {"plausible": "[0, 2]", "possible": "[0, 1]"})


@pytest.mark.parametrize("name", ["Band_gap", "1st", "band gap", ""])
def test_an_id_is_a_lower_case_name(name: str) -> None:
    with pytest.raises(ValidationError, match="pattern"):
        PropertyDefinition(
            id=name, label="x", description="x", family="x", unit="1", names=("x",), symbols=(), plausible=None
        )
