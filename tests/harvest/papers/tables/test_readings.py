from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harvest.papers.pipeline import extract
from schemas.measurement import Method

if TYPE_CHECKING:
    from conftest import WriteArticle

    from harvest.papers.tables.readings import Reading


def read(payload: bytes) -> tuple[Reading, ...]:
    return extract(payload, document="x").readings


def brief(payload: bytes) -> list[tuple[int, int, str, str, float | None]]:
    return [(r.place.row, r.place.column, r.material.printed, r.property, r.quantity.value) for r in read(payload)]


def test_a_table_without_properties_yields_nothing(write_article: WriteArticle) -> None:
    head = "<tr><th>Company</th><th>Year</th><th>Process</th></tr>"
    assert read(write_article(head, "<tr><td>A</td><td>1999</td><td>B</td></tr>")) == ()


def test_settings_of_a_process_are_no_properties(write_article: WriteArticle) -> None:
    head = "<tr><th>Specimen</th><th>Beam power, W</th><th>Linear energy, J/mm</th></tr>"
    payload = write_article(head, "<tr><td>A1</td><td>4000</td><td>120</td></tr>", caption="Parameters of the process.")
    assert read(payload) == ()


def test_properties_in_rows(write_article: WriteArticle) -> None:
    head = "<tr><th>Property</th><th>NaCl</th><th>KCl</th></tr>"
    body = """<tr><td>Band gap (eV)</td><td>8.5</td><td>8.4</td></tr>
    <tr><td>Density (g/cm3)</td><td>2.17</td><td>1.98</td></tr>"""
    found = [item[:3] + item[4:] for item in brief(write_article(head, body))]
    assert found == [(1, 1, "NaCl", 8.5), (2, 1, "NaCl", 2.17), (1, 2, "KCl", 8.4), (2, 2, "KCl", 1.98)]


def test_a_header_that_is_repeated_in_the_body(write_article: WriteArticle) -> None:
    head = "<tr><th>Compound</th><th>Band gap (eV)</th></tr>"
    body = """<tr><td>NaCl</td><td>8.5</td></tr><tr><td>Compound</td><td>Band gap (eV)</td></tr>
    <tr><td>KCl</td><td>8.4</td></tr>"""
    assert brief(write_article(head, body)) == [(1, 1, "NaCl", "band_gap", 8.5), (3, 1, "KCl", "band_gap", 8.4)]


def test_a_second_table_below_the_first(write_article: WriteArticle) -> None:
    head = '<tr><th colspan="2">Composition, % by weight</th></tr>'
    body = """<tr><td>C</td><td>Mn</td></tr><tr><td>0.06</td><td>1.7</td></tr>
    <tr><td colspan="2">Mechanical properties</td></tr>
    <tr><td>Tensile strength, MPa</td><td>Yield strength, MPa</td></tr><tr><td>820</td><td>700</td></tr>"""
    payload = write_article(head, body, caption="Composition and properties of S700MC steel.")
    found = read(payload)
    assert [(r.label, r.quantity.value, r.unit) for r in found][:2] == [
        ("mass fraction of C", 0.06, "percent"),
        ("mass fraction of Mn", 1.7, "percent"),
    ]
    assert [(r.quantity.value, r.unit) for r in found][2:] == [(820.0, "MPa"), (700.0, "MPa")]
    assert {(r.material.printed, r.material_from) for r in found} == {("S700MC steel", "caption")}


def test_a_blank_first_cell_goes_on_with_the_material_above(write_article: WriteArticle) -> None:
    head = "<tr><th>Compound</th><th>Phase</th><th>Band gap (eV)</th></tr>"
    body = """<tr><td>TiO<sub>2</sub></td><td>rutile</td><td>3.0</td></tr>
    <tr><td/><td>anatase</td><td>3.2</td></tr><tr><td>NaCl</td><td>–</td><td>8.5</td></tr>"""
    names = [item[2] for item in brief(write_article(head, body))]
    assert names == ["TiO2 (rutile)", "TiO2 (anatase)", "NaCl"]


def test_a_merged_value_is_read_once(write_article: WriteArticle) -> None:
    head = "<tr><th>Compound</th><th>Band gap (eV)</th></tr>"
    body = '<tr><td>NaCl</td><td rowspan="2">8.5</td></tr><tr><td>KCl</td></tr>'
    assert brief(write_article(head, body)) == [(1, 1, "NaCl", "band_gap", 8.5)]


def test_a_condition_column_belongs_to_the_values_of_its_row(write_article: WriteArticle) -> None:
    head = "<tr><th>Compound</th><th>T (K)</th><th>Treatment</th><th>Band gap (eV)</th></tr>"
    (reading,) = read(write_article(head, "<tr><td>NaCl</td><td>77</td><td>annealed</td><td>8.9</td></tr>"))
    assert [(c.name, c.value, c.unit, c.text) for c in reading.conditions] == [
        ("temperature", 77.0, "K", "77"),
        ("Treatment", None, None, "annealed"),
    ]


def test_a_unit_without_a_known_name_makes_an_unmapped_property(write_article: WriteArticle) -> None:
    head = "<tr><th>Compound</th><th>Brightness of glow (cd)</th></tr>"
    assert brief(write_article(head, "<tr><td>ZnS</td><td>3</td></tr>")) == [
        (1, 1, "ZnS", "unmapped:Brightness of glow", 3.0)
    ]


def test_a_unit_in_the_caption(write_article: WriteArticle) -> None:
    head = "<tr><th>Compound</th><th>Band gap</th></tr>"
    payload = write_article(head, "<tr><td>ZnS</td><td>3.5</td></tr>", caption="Band gaps in eV.")
    (reading,) = read(payload)
    assert (reading.property, reading.unit, reading.unit_from) == ("band_gap", "eV", "caption")


def test_without_a_unit_an_energy_is_no_value(write_article: WriteArticle) -> None:
    head = "<tr><th>Compound</th><th>Band gap</th></tr>"
    assert read(write_article(head, "<tr><td>ZnS</td><td>3.5</td></tr>")) == ()


@pytest.mark.parametrize(
    ("header", "method", "functional"),
    [
        ("Band gap (eV)", Method.EXPERIMENT, None),
        ("Band gap, calculated (eV)", Method.UNKNOWN, None),
        ("DFT band gap (eV)", Method.DFT, None),
        ("Band gap PBE (eV)", Method.DFT, "PBE"),
        ("GW band gap (eV)", Method.GW, None),
    ],
)
def test_methods(write_article: WriteArticle, header: str, method: Method, functional: str | None) -> None:
    payload = write_article(f"<tr><th>Compound</th><th>{header}</th></tr>", "<tr><td>ZnS</td><td>3.5</td></tr>")
    (reading,) = read(payload)
    assert (reading.property, reading.method, reading.functional) == ("band_gap", method, functional)


def test_columns_headed_by_methods_under_a_caption_that_names_the_property(write_article: WriteArticle) -> None:
    head = "<tr><th>Compound</th><th>PBE</th><th>HSE06</th><th>Exp.</th></tr>"
    body = "<tr><td>ZnS</td><td>2.1</td><td>3.4</td><td>3.54</td></tr>"
    found = read(write_article(head, body, caption="Band gap (eV) of semiconductors."))
    assert [(r.property, r.quantity.value, r.method, r.functional) for r in found] == [
        ("band_gap", 2.1, Method.DFT, "PBE"),
        ("band_gap", 3.4, Method.DFT, "HSE06"),
        ("band_gap", 3.54, Method.EXPERIMENT, None),
    ]


def test_the_composition_of_a_sample_comes_from_its_own_column(write_article: WriteArticle) -> None:
    head = "<tr><th>Sample</th><th>Composition (at.%)</th><th>Density (g/cm3)</th></tr>"
    (reading,) = read(
        write_article(head, "<tr><td>BT10</td><td>Ti<sub>40.5</sub>Zr<sub>59.5</sub></td><td>5.1</td></tr>")
    )
    assert (reading.material.printed, reading.material.formula) == ("BT10", "Ti40.5Zr59.5")
