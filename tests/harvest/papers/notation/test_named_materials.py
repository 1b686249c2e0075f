"""The material that a caption or a title names."""

from __future__ import annotations

import pytest

from harvest.papers.notation.named_materials import material_in


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Grain size and hardness of copper after ECAP.", "copper"),
        ("Tensile properties of the 3D-printed ABS.", "ABS"),
        ("Critical cooling rate for 2D silicon.", "silicon"),
        ("Composition of the base metal (X70 pipeline steel).", "X70 pipeline steel"),
        ("Chemical composition of 316L powder.", "316L powder"),
        ("Density of polyurethane foams.", "polyurethane foams"),
    ],
)
def test_a_material_in_words(text: str, name: str) -> None:
    material = material_in(text)
    assert material is not None
    assert material.printed == name


@pytest.mark.parametrize(
    "text",
    ["Parameters of the welding process.", "Comparison of some materials for LIB anodes", "Gas Metal Arc Welding"],
)
def test_words_that_name_no_material(text: str) -> None:
    assert material_in(text) is None
