"""Representations: a description has a name that is a name and a width."""

import pytest
from pydantic import ValidationError

from schemas.representation import RepresentationSpec

FIELDS = {
    "name": "one_hot",
    "version": "1",
    "title": "t",
    "needs": "composition",
    "width": 2,
    "labels": ("a", "b"),
    "invariances": ("permutation",),
    "licence": "CC0-1.0",
    "origin": "o",
}


def test_a_description_makes_the_round_trip() -> None:
    spec = RepresentationSpec.model_validate(FIELDS)
    assert RepresentationSpec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize("change", [{"name": "One hot"}, {"width": 0}, {"needs": "luck"}, {"invariances": ("time",)}])
def test_one_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RepresentationSpec.model_validate(FIELDS | change)
