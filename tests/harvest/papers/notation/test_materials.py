# ruff: noqa: RUF001 — Greek letters stand here as papers print them
from __future__ import annotations

import pytest

from harvest.papers.notation.materials import formulas_in, read_material


@pytest.mark.parametrize(
    ("printed", "formula", "phase"),
    [
        ("TiO_{2} (rutile)", "TiO2", "rutile"),
        ("TiO2, rutile", "TiO2", "rutile"),
        ("rutile TiO2", "TiO2", "rutile"),
        ("α-Al_{2}O_{3}", "Al2O3", "α"),
        ("4H-SiC", "SiC", "4H"),
        ("ZnS (zinc blende)", "ZnS", "zinc blende"),
        ("CuSO_{4}·5H_{2}O", "CuSO4·5H2O", None),
        ("CuSO4 · 5H2O", "CuSO4·5H2O", None),
        ("Ca(OH)_{2}", "Ca(OH)2", None),
        ("Ti_{32.02}Zr_{30.13}Cu_{9.01}", "Ti32.02Zr30.13Cu9.01", None),
        ("GaN single crystal", "GaN", None),
        ("CdTe thin film", "CdTe", None),
        ("zinc oxide (ZnO)", "ZnO", None),
        ("Silicon", "Si", None),
        ("diamond", "C", "diamond"),
        ("fused silica", "SiO2", "amorphous"),
        ("H2O", "H2O", None),
    ],
)
def test_names_with_a_composition(printed: str, formula: str, phase: str | None) -> None:
    material = read_material(printed)
    assert (material.formula, material.phase) == (formula, phase)


@pytest.mark.parametrize(
    "word",
    [
        "S1",
        "S2",
        "BT0",
        "HT",
        "NCO",
        "CP",
        "PC",
        "In",
        "As",
        "No",
        "C2",
        "Joint 1",
        "QT-A-1",
        "S355J2",
        "Cellulose",
        "PVdF-SiO_{2}",
        "Li_{1-x}CoO_{2}",
        "Fe^{3+}",
        "steel",
        "",
    ],
)
def test_words_that_only_spell_elements_are_no_formulas(word: str) -> None:
    assert read_material(word).formula is None


def test_among_formulas_an_unclear_one_is_a_formula_but_a_sample_number_is_not() -> None:
    assert read_material("KI", is_formula_column=True).formula == "KI"
    assert read_material("Si", is_formula_column=True).formula == "Si"
    assert read_material("S1", is_formula_column=True).formula is None


def test_the_name_stays_as_printed() -> None:
    assert read_material("TiO_{2} (rutile)").printed == "TiO2 (rutile)"


def test_formulas_in_a_caption() -> None:
    assert formulas_in("Band gaps of ZnO and TiO_{2} films by DFT") == ("ZnO", "TiO2")
    assert formulas_in("Properties of the SA508Gr.4N steel") == ()
