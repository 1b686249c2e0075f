"""Layouts that papers print, each with the readings that a person would write down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harvest.papers.pipeline import extract

if TYPE_CHECKING:
    from conftest import WriteArticle

Told = tuple[str, str, float | None, str]


def row(*cells: str, tag: str = "td") -> str:
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"


def told(payload: bytes) -> list[Told]:
    """Return material, property, value and unit of each reading."""
    readings = extract(payload, document="a").readings
    return [(r.material.printed, r.property.removeprefix("unmapped:"), r.quantity.value, r.unit) for r in readings]


def test_the_same_header_twice_side_by_side(write_article: WriteArticle) -> None:
    head = row("Compound", "Band gap (eV)", "Compound", "Band gap (eV)", tag="th")
    article = write_article(head, row("ZnO", "3.37", "GaN", "3.4") + row("TiO2", "3.0", "CdS", "2.42"))
    assert told(article) == [
        ("ZnO", "band_gap", 3.37, "eV"),
        ("TiO2", "band_gap", 3.0, "eV"),
        ("GaN", "band_gap", 3.4, "eV"),
        ("CdS", "band_gap", 2.42, "eV"),
    ]


def test_properties_down_the_side_and_materials_along_the_top(write_article: WriteArticle) -> None:
    head = row("Property", "PLA", "PLA-5", tag="th")
    body = row("Tensile strength (MPa)", "48.2 ± 1.1", "55.0 ± 0.9") + row("Young's modulus (GPa)", "2.1", "2.6")
    assert [each[:3] for each in told(write_article(head, body))] == [
        ("PLA", "ultimate_tensile_strength", 48.2),
        ("PLA", "youngs_modulus", 2.1),
        ("PLA-5", "ultimate_tensile_strength", 55.0),
        ("PLA-5", "youngs_modulus", 2.6),
    ]


def test_a_material_above_its_columns(write_article: WriteArticle) -> None:
    head = "<tr><th rowspan='2'>Method</th><th colspan='2'>TiO<sub>2</sub></th><th colspan='2'>ZnO</th></tr>"
    head += row("a (Å)", "E<sub>g</sub> (eV)", "a (Å)", "E<sub>g</sub> (eV)", tag="th")
    found = told(write_article(head, row("PBE", "4.65", "1.9", "3.28", "0.8"), caption="Calculated by DFT."))
    assert [(material, value) for material, _property, value, _unit in found] == [
        ("TiO2", 4.65),
        ("TiO2", 1.9),
        ("ZnO", 3.28),
        ("ZnO", 0.8),
    ]


def test_a_heading_row_names_the_material_of_the_samples_below(write_article: WriteArticle) -> None:
    body = "<tr><td colspan='2'>Ca<sub>50</sub>Mg<sub>20</sub>Cu<sub>30</sub></td></tr>" + row("1% NaCl", "−1235 ± 48")
    found = told(write_article(row("Sample", "E<sub>corr</sub> [mV]", tag="th"), body))
    assert found == [("Ca50Mg20Cu30 (1% NaCl)", "corrosion_potential", -1235.0, "mV")]


def test_elements_down_the_side(write_article: WriteArticle) -> None:
    head = row("Element", "wt.%", "at.%", tag="th")
    body = row("C", "0.05", "0.23") + row("Mn", "1.7", "1.72") + row("Si", "0.2", "0.4")
    found = told(write_article(head, body, caption="Composition of S700MC steel."))
    assert ("S700MC steel", "mass fraction of C", 0.05, "percent") in found
    assert ("S700MC steel", "atomic fraction of Si", 0.4, "percent") in found
    assert len(found) == 6


def test_a_code_is_a_sample_of_the_material_in_the_caption(write_article: WriteArticle) -> None:
    head = row("Sample", "UTS (MPa)", tag="th")
    found = told(write_article(head, row("A1", "785") + row("A2", "790"), caption="Strength of Ti-6Al-4V alloy."))
    assert [each[0] for each in found] == ["Ti-6Al-4V alloy (A1)", "Ti-6Al-4V alloy (A2)"]


def test_a_hardness_on_its_scale(write_article: WriteArticle) -> None:
    head = row("Alloy", "Hardness (HV30)", tag="th")
    found = told(write_article(head, row("Ti-6Al-4V", "349 ± 6")))
    assert found == [("Ti-6Al-4V", "hardness", 349.0, "kilogram_force/mm**2")]


def test_a_number_without_a_unit_in_a_table_of_properties_is_kept_as_unmapped(write_article: WriteArticle) -> None:
    head = row("Sample", "Swelling index", "Band gap (eV)", tag="th")
    found = told(write_article(head, row("ZnO", "4.2", "3.3")))
    assert found == [("ZnO", "Swelling index", 4.2, "1"), ("ZnO", "band_gap", 3.3, "eV")]


def test_a_temperature_over_a_column_is_its_condition(write_article: WriteArticle) -> None:
    head = "<tr><th rowspan='2'>Sample</th><th colspan='2'>H<sub>c</sub> (Oe)</th></tr>" + row("5 K", "300 K", tag="th")
    readings = extract(write_article(head, row("CoFe2O4", "2800", "450")), document="a").readings
    assert [[c.value for c in reading.conditions] for reading in readings] == [[5.0], [300.0]]


@pytest.mark.parametrize(
    ("head", "line", "caption"),
    [
        (("Year", "Author", "Speed (rpm)"), ("1970", "Chen", "100"), "Papers on casting."),
        (("Position", "δC", "δH"), ("2", "151.0", "3.66"), "NMR data."),
        (("Model", "RMSE", "R2"), ("RF", "0.31", "0.95"), "Errors of the models."),
        (("Laser power (W)", "Speed (mm/s)"), ("4000", "20"), "Parameters of the welding process."),
    ],
)
def test_a_table_without_properties_says_nothing(
    write_article: WriteArticle, head: tuple[str, ...], line: tuple[str, ...], caption: str
) -> None:
    assert told(write_article(row(*head, tag="th"), row(*line), caption=caption)) == []


def test_a_column_of_units_beside_the_properties(write_article: WriteArticle) -> None:
    head = row("Property", "Unit", "Value", tag="th")
    body = row("Density", "g/cm<sup>3</sup>", "2.81") + row("Elastic modulus", "GPa", "71.7")
    assert told(write_article(head, body, caption="Physical properties of the AA7075 alloy.")) == [
        ("AA7075 alloy", "density", 2.81, "g/cm**3"),
        ("AA7075 alloy", "youngs_modulus", 71.7, "GPa"),
    ]


def test_a_composition_column_makes_each_row_a_member_of_the_series(write_article: WriteArticle) -> None:
    head = row("x", "a (Å)", tag="th")
    caption = "Lattice parameters of Ba<sub>1−x</sub>Sr<sub>x</sub>TiO<sub>3</sub>."
    readings = extract(
        write_article(head, row("0.0", "3.994") + row("0.1", "3.986"), caption=caption), document="a"
    ).readings
    assert [reading.material.formula for reading in readings] == ["BaTiO3", "Ba0.9Sr0.1TiO3"]


def test_shares_of_oxides(write_article: WriteArticle) -> None:
    head = row("Material", "SiO<sub>2</sub>", "Al<sub>2</sub>O<sub>3</sub>", "CaO", tag="th")
    found = told(write_article(head, row("Fly ash", "52.1", "28.3", "3.1"), caption="Oxide composition (wt.%)."))
    assert found == [
        ("Fly ash", "mass fraction of SiO2", 52.1, "percent"),
        ("Fly ash", "mass fraction of Al2O3", 28.3, "percent"),
        ("Fly ash", "mass fraction of CaO", 3.1, "percent"),
    ]


def test_steels_called_by_letters_are_no_elements(write_article: WriteArticle) -> None:
    head = row("Steel", "C", "Si", "Mn", tag="th")
    body = row("A", "0.12", "0.25", "1.45") + row("B", "0.09", "0.30", "1.60")
    found = told(write_article(head, body, caption="Chemical composition (mass%) of the steels."))
    assert {each[0] for each in found} == {"A", "B"}
    assert len(found) == 6


def test_letters_of_significance_are_no_units(write_article: WriteArticle) -> None:
    head = row("Film", "Tensile strength (MPa)", tag="th")
    found = told(write_article(head, row("CH-1", "25.0 ± 2.0 b") + row("CH-2", "21.3 ± 1.2<sup>a</sup>")))
    assert [each[2:] for each in found] == [(25.0, "MPa"), (21.3, "MPa")]


def test_a_footnote_of_a_header_gives_its_unit(write_article: WriteArticle) -> None:
    head = row("Coating", "Hardness <sup>a</sup>", "Elastic modulus <sup>b</sup>", tag="th")
    foot = "<p><sup>a</sup> in GPa, by nanoindentation</p><p><sup>b</sup> in MPa</p>"
    found = told(write_article(head, row("TiN", "24.3", "421000"), foot=foot))
    assert [each[2:] for each in found] == [(24.3, "GPa"), (421000.0, "MPa")]


def test_materials_over_columns_of_the_property_that_the_caption_names(write_article: WriteArticle) -> None:
    head = row("Temperature (°C)", "LLZO", "LATP", tag="th")
    body = row("25", "3.1 × 10<sup>−4</sup>", "7.0 × 10<sup>−5</sup>")
    found = told(write_article(head, body, caption="Ionic conductivity (S cm<sup>−1</sup>) of the electrolytes."))
    assert found == [("LLZO", "ionic_conductivity", 3.1e-4, "S/cm"), ("LATP", "ionic_conductivity", 7e-5, "S/cm")]


def test_members_of_a_series_by_their_x(write_article: WriteArticle) -> None:
    head = row("Sample", "M<sub>s</sub> (emu/g)", tag="th")
    caption = "Magnetic parameters of Co<sub>1−x</sub>Zn<sub>x</sub>Fe<sub>2</sub>O<sub>4</sub>."
    payload = write_article(head, row("x = 0.0", "68.4") + row("x = 0.2", "74.9"), caption=caption)
    formulas = [reading.material.formula for reading in extract(payload, document="a").readings]
    assert formulas == ["CoFe2O4", "Co0.8Zn0.2Fe2O4"]


def test_lines_of_a_cell_go_with_the_lines_of_the_material(write_article: WriteArticle) -> None:
    head = row("Anode", "Theoretical capacity (mAh/g)", tag="th")
    body = row("Alloys<break/>a. Silicon<break/>b. Tin", "4212<break/>993")
    found = told(write_article(head, body))
    assert [(material, value) for material, _property, value, _unit in found] == [("Silicon", 4212.0), ("Tin", 993.0)]


def test_a_power_of_ten_in_a_column_of_units(write_article: WriteArticle) -> None:
    head = row("Property", "Unit", "Bi<sub>2</sub>Te<sub>3</sub>", "PbTe", tag="th")
    body = row("Electrical conductivity", "10<sup>4</sup> S m<sup>−1</sup>", "11.2", "8.6")
    body += row("Thermal conductivity", "W m<sup>−1</sup> K<sup>−1</sup>", "1.62", "2.1")
    found = told(write_article(head, body))
    assert ("Bi2Te3", "electrical_conductivity", 112000.0, "S/m") in found


def test_the_logarithm_of_a_quantity_has_not_its_unit(write_article: WriteArticle) -> None:
    head = row("Sample", "log D (cm/s)", "Density (g/cm<sup>3</sup>)", tag="th")
    found = told(write_article(head, row("LLZO", "−3.5", "5.1")))
    assert found[0][1:] == ("log D (cm/s)", -3.5, "1")


@pytest.mark.parametrize(
    ("header", "factor"),
    [
        ("10<sup>8</sup><italic>D</italic> (cm<sup>2</sup>/s)", 1e-8),
        ("<italic>D</italic> × 10<sup>8</sup> (cm<sup>2</sup>/s)", 1e-8),
        ("<italic>D</italic> (10<sup>−8</sup> cm<sup>2</sup>/s)", 1e-8),
        ("<italic>D</italic> (×10<sup>8</sup> cm<sup>2</sup>/s)", 1e8),
    ],
)
def test_the_sign_of_a_power_of_ten(write_article: WriteArticle, header: str, factor: float) -> None:
    ((_material, _property, value, unit),) = told(
        write_article(row("Compound", header, tag="th"), row("LiCoO2", "1.5"))
    )
    assert (value, unit) == (pytest.approx(1.5 * factor), "cm**2/s")


def test_a_second_table_below_a_blank_row(write_article: WriteArticle) -> None:
    head = row("Bond", "Bond length", tag="th")
    body = row("Mg-Si", "2.755 Å") + row("", "") + row("Angle", "Bond angle") + row("Mg-Si-Mg", "70.529°or 109.471°")
    found = told(write_article(head, body, caption="Distances and angles in Mg<sub>2</sub>Si."))
    assert [each[1:] for each in found] == [
        ("bond_length", 2.755, "angstrom"),
        ("bond_angle", 70.529, "degree"),
        ("bond_angle", 109.471, "degree"),
    ]


def test_a_symbol_below_words_and_one_of_two_units_of_the_caption(write_article: WriteArticle) -> None:
    head = "<tr><th rowspan='2'>Steel</th><th colspan='3'>Composition</th><th>Temperatures</th></tr>"
    head += row("C", "Mn", "Si", "Ac<sub>1</sub>", tag="th")
    body = row("3Mn", "0.17", "3.1", "0.22", "690") + row("5Mn", "0.16", "4.7", "0.20", "665")
    found = told(write_article(head, body, caption="Composition (mass%) and temperatures (°C) of the steels."))
    assert found[0] == ("3Mn", "mass fraction of C", 0.17, "percent")
    assert found[3] == ("3Mn", "austenite_start_temperature_heating", 690.0, "degC")


def test_a_list_of_chemicals_that_were_bought_says_nothing(write_article: WriteArticle) -> None:
    head = row("Chemical", "Formula", "Purity (%)", "Supplier", tag="th")
    assert told(write_article(head, row("Zinc oxide", "ZnO", "99.5", "Merck"))) == []


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("Melting temperature (K)", "melting_temperature"),
        ("Decomposition temperature (K)", "decomposition_temperature"),
        ("Glass transition temperature (K)", "glass_transition_temperature"),
        ("Curie temperature (K)", "curie_temperature"),
        ("Crystallization peak temperature (K)", "crystallization_temperature"),
        ("Phonon frequency (THz)", "phonon_frequency"),
        ("RMS roughness (nm)", "surface_roughness"),
    ],
)
def test_a_property_whose_name_holds_the_words_of_a_setting(
    write_article: WriteArticle, printed: str, name: str
) -> None:
    head = row("Compound", printed, "Density (g/cm³)", tag="th")
    (first, second) = extract(write_article(head, row("NaCl", "74", "2.17")), document="a").readings
    assert (first.property, second.property) == (name, "density")
    assert first.conditions == second.conditions == ()
    alone = write_article(row("Compound", printed, tag="th"), row("NaCl", "74"))
    assert [each[:2] for each in told(alone)] == [("NaCl", name)]


@pytest.mark.parametrize("is_marked", [True, False])
def test_units_of_one_letter_below_the_names(write_article: WriteArticle, *, is_marked: bool) -> None:
    head = row("Compound", "Melting point", "Density", "Poisson's ratio", tag="th")
    units, body = row("", "K", "g/cm³", "–"), row("NaCl", "1074", "2.17", "0.25")
    article = write_article(head + units, body) if is_marked else write_article(head, units + body)
    assert told(article) == [
        ("NaCl", "melting_temperature", 1074.0, "K"),
        ("NaCl", "density", 2.17, "g/cm**3"),
        ("NaCl", "poisson_ratio", 0.25, "1"),
    ]


def test_a_column_of_units_of_one_letter(write_article: WriteArticle) -> None:
    head = row("Property", "Unit", "NaCl", "KCl", tag="th")
    body = row("Melting point", "K", "1074", "1043") + row("Curie temperature", "K", "12", "14")
    assert told(write_article(head, body))[:2] == [
        ("NaCl", "melting_temperature", 1074.0, "K"),
        ("NaCl", "curie_temperature", 12.0, "K"),
    ]


def test_letters_that_are_symbols_are_no_units(write_article: WriteArticle) -> None:
    head = row("Compound", "Lattice parameters", "", tag="th") + row("", "a (Å)", "V (Å³)", tag="th")
    found = told(write_article(head, row("NaCl", "5.64", "179.4")))
    assert [each[2:] for each in found] == [(5.64, "angstrom"), (179.4, "angstrom**3")]


@pytest.mark.parametrize(("caption", "unit"), [("Melting points (K).", "K"), ("Lattice parameters (Å).", "angstrom")])
def test_a_unit_of_one_letter_in_the_caption(write_article: WriteArticle, caption: str, unit: str) -> None:
    article = write_article(row("Compound", "DFT", "Exp.", tag="th"), row("NaCl", "5.7", "5.6"), caption=caption)
    assert [each[2:] for each in told(article)] == [(5.7, unit), (5.6, unit)]


def test_a_letter_in_the_caption_that_is_an_element(write_article: WriteArticle) -> None:
    head = row("Feldspar", "K", "Na", "Ca", tag="th")
    found = told(write_article(head, row("F1", "9.1", "2.2", "0.3"), caption="Content of potassium (K) and others."))
    assert found[0][1:] == ("fraction of K", 9.1, "1")


def test_a_temperature_beside_the_time_of_the_same_step_is_a_setting(write_article: WriteArticle) -> None:
    head = row("Glass", "Melting temperature (°C)", "Melting time (h)", "Density (g/cm³)", tag="th")
    (reading,) = extract(write_article(head, row("LB10", "1050", "2", "1.98")), document="a").readings
    assert (reading.property, reading.quantity.value) == ("density", 1.98)
    assert [(each.name, each.value) for each in reading.conditions] == [
        ("Melting temperature", 1050.0),
        ("Melting time", 2.0),
    ]


def test_a_symbol_over_the_ways_in_which_it_was_found(write_article: WriteArticle) -> None:
    head = "<tr><th rowspan='2'>Compound</th><th colspan='2'>a (Å)</th><th colspan='2'>B (GPa)</th></tr>"
    head += row("Calc.", "Exp.", "PBE", "This work", tag="th")
    assert [each[1:3] for each in told(write_article(head, row("GaAs", "5.75", "5.65", "61.2", "75.5")))] == [
        ("lattice_parameter_a", 5.75),
        ("lattice_parameter_a", 5.65),
        ("bulk_modulus", 61.2),
        ("bulk_modulus", 75.5),
    ]


@pytest.mark.parametrize(
    ("heading", "material"), [("316L", "316L"), ("2H-MoS<sub>2</sub>", "MoS2"), ("Ti6Al4V", "Ti6Al4V")]
)
def test_a_heading_that_begins_with_a_digit(write_article: WriteArticle, heading: str, material: str) -> None:
    head = row("Condition", "Hardness (HV)", tag="th")
    body = f"<tr><td colspan='2'>CoCrFeNi</td></tr>{row('As-built', '310')}"
    body += f"<tr><td colspan='2'>{heading}</td></tr>{row('As-built', '235')}"
    assert [(name.removeprefix("2H-"), value) for name, _property, value, _unit in told(write_article(head, body))] == [
        ("CoCrFeNi", 310.0),
        (material, 235.0),
    ]


def test_a_product_of_two_symbols(write_article: WriteArticle) -> None:
    head = row("Ceramic", "Q × f (GHz)", tag="th")
    assert told(write_article(head, row("MgTiO3", "160 000"))) == [
        ("MgTiO3", "quality_factor_times_frequency", 160_000.0, "GHz")
    ]
