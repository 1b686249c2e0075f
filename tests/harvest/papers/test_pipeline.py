from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harvest.papers.document import DocumentError
from harvest.papers.pipeline import Extraction, cell_text, extract
from schemas.measurement import PropertyValue, Qualifier
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from conftest import WriteArticle


@pytest.fixture(scope="module")
def extraction(sample: bytes) -> Extraction:
    return extract(sample, document="review")


def values(extraction: Extraction, name: str, prop: str) -> list[PropertyValue]:
    (record,) = [record for record in extraction.records if record.source_id == f"review#{name}"]
    return [value for value in record.properties if value.property == prop]


def test_the_sample_yields_every_value_and_refuses_none(extraction: Extraction) -> None:
    assert (len(extraction.records), len(extraction.readings), extraction.rejected) == (42, 90, ())
    counts: dict[str, int] = {}
    for record in extraction.records:
        for value in record.properties:
            counts[value.property] = counts.get(value.property, 0) + 1
    assert counts == {
        "refractive_index": 37,
        "band_gap": 24,
        "thermal_expansion_coefficient": 11,
        "formation_energy": 18,
    }


def test_one_record_gathers_both_tables(extraction: Extraction) -> None:
    (record,) = [record for record in extraction.records if record.source_id == "review#TiO2 (rutile)"]
    assert (record.formula, record.phase, record.licence) == ("TiO2", "rutile", "CC-BY-4.0")
    assert [(value.property, value.value, value.unit, str(value.pointer)) for value in record.properties] == [
        ("refractive_index", 2.616, "1", "table=T1;row=18;col=2"),
        ("band_gap", 3.0, "eV", "table=T1;row=18;col=4"),
        ("formation_energy", -944.0, "kJ/mol", "table=T2;row=13;col=1"),
    ]
    assert "DeVore" in record.labels["references"]


def test_a_wavelength_in_the_header_is_a_condition(extraction: Extraction) -> None:
    sodium, laser = values(extraction, "NaCl", "refractive_index")
    assert (sodium.value, laser.value) == (1.544, 1.49)
    assert [(c.name, c.value, c.unit) for c in sodium.conditions] == [
        ("wavelength", 589.0, "nm"),
        ("temperature", None, None),
    ]
    assert [(c.name, c.value, c.unit) for c in laser.conditions][:1] == [("wavelength", 10.6, "um")]


def test_ranges_qualifiers_uncertainties_and_footnotes(extraction: Extraction) -> None:
    (gap,) = values(extraction, "CaF2", "band_gap")
    assert (gap.value, gap.value_min, gap.value_max) == (None, 11.8, 12.1)
    (gap,) = values(extraction, "Sn (gray)", "band_gap")
    assert (gap.value, gap.qualifier) == (0.1, Qualifier.LESS)
    (gap,) = values(extraction, "SiO2 (fused)", "band_gap")
    assert (gap.value, gap.qualifier) == (9.0, Qualifier.APPROXIMATE)
    (enthalpy,) = values(extraction, "Al2O3", "formation_energy")
    assert (enthalpy.value, enthalpy.uncertainty, enthalpy.text) == (-1675.7, 1.3, "−1\N{THIN SPACE}675.7 ± 1.3")
    (enthalpy,) = values(extraction, "MgO", "formation_energy")
    assert (enthalpy.value, enthalpy.uncertainty) == (-601.6, 0.3)
    (index,) = values(extraction, "MgF2", "refractive_index")
    assert (index.value, index.text) == (1.378, "1.378a")


def test_a_multiplier_is_applied_and_said(extraction: Extraction) -> None:
    (expansion,) = values(extraction, "CaF2", "thermal_expansion_coefficient")
    assert (expansion.value, expansion.unit, expansion.text) == (1.89e-5, "1/K", "18.9")
    (record,) = [record for record in extraction.records if record.source_id == "review#CaF2"]
    assert record.labels["multipliers"] == "table=T1;row=11;col=5: x 1e-06"


def test_what_a_mole_counts_is_carried_beside_the_unit(extraction: Extraction) -> None:
    (enthalpy,) = values(extraction, "CaSO4·2H2O", "formation_energy")
    assert [(c.name, c.text) for c in enthalpy.conditions] == [("temperature", "298.15 K"), ("per", "formula unit")]


def test_every_text_is_read_back_by_its_pointer(sample: bytes, extraction: Extraction) -> None:
    for record in extraction.records:
        for value in record.properties:
            assert cell_text(sample, value.pointer) == value.text


@pytest.mark.parametrize(
    ("pointer", "message"),
    [
        (Pointer.of(table="T9", row=1, col=1), "its tables are: T1, T2"),
        (Pointer.of(table="T1", row=999, col=1), "has 39 rows"),
        (Pointer.of(table="T1", row=-1, col=1), "has 39 rows"),
        (Pointer.of(line=3), "table=T1;row=2;col=3"),
        (Pointer.of(table="T1", row="x", col=1), "table=T1;row=2;col=3"),
    ],
)
def test_a_pointer_to_nowhere_says_so(sample: bytes, pointer: Pointer, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        cell_text(sample, pointer)


def test_extraction_is_a_function_of_the_bytes(sample: bytes, extraction: Extraction) -> None:
    assert extract(sample, document="review") == extraction


def test_a_row_without_a_composition_is_rejected_with_its_values(write_article: WriteArticle) -> None:
    head = "<tr><th>Sample</th><th>Band gap (eV)</th><th>Density (g/cm3)</th></tr>"
    extraction = extract(write_article(head, "<tr><td>S1</td><td>3.1</td><td>4.2</td></tr>"), document="x")
    (rejected,) = extraction.rejected
    assert extraction.records == ()
    assert str(rejected.pointer) == "table=T1;row=1"
    assert rejected.source_id == "10.5555/12345678#S1"
    assert rejected.reasons == ("no composition: 'S1' is no formula, and no table of the article gives it one",)
    assert rejected.row == {"material": "S1", "Band gap (eV)": "3.1", "Density (g/cm3)": "4.2"}


def test_a_number_that_is_not_read_is_rejected_with_the_reason(write_article: WriteArticle) -> None:
    head = "<tr><th>Compound</th><th>Band gap (eV)</th></tr>"
    body = "<tr><td>ZnS</td><td>3.5</td></tr><tr><td>ZnSe</td><td>10-4</td></tr><tr><td>ZnTe</td><td>–</td></tr>"
    extraction = extract(write_article(head, body), document="x")
    (rejected,) = extraction.rejected
    assert [record.formula for record in extraction.records] == ["ZnS"]
    assert (str(rejected.pointer), rejected.row) == (
        "table=T1;row=2;col=1", {"material": "ZnSe", "Band gap (eV)": "10-4"},
    )  # fmt: skip
    assert "lost its superscript" in rejected.reasons[0]


def test_a_unit_of_another_dimension_in_a_cell_is_rejected(write_article: WriteArticle) -> None:
    head = "<tr><th>Compound</th><th>Band gap (eV)</th></tr>"
    body = "<tr><td>ZnS</td><td>3.5</td></tr><tr><td>ZnSe</td><td>460 nm</td></tr>"
    (rejected,) = extract(write_article(head, body), document="x").rejected
    assert rejected.reasons == ("band gap is counted in eV, got nm",)


def test_two_compositions_under_one_name_do_not_become_one_record(write_article: WriteArticle) -> None:
    head = "<tr><th>Sample</th><th>Composition</th><th>Density (g/cm3)</th></tr>"
    body = "<tr><td>A</td><td>ZnS</td><td>4.1</td></tr><tr><td>A</td><td>ZnSe</td><td>5.3</td></tr>"
    extraction = extract(write_article(head, body), document="x")
    assert [record.formula for record in extraction.records] == ["ZnS"]
    assert "two compositions" in extraction.rejected[0].reasons[0]


def test_an_implausible_value_is_trusted_less(write_article: WriteArticle) -> None:
    head = "<tr><th>Compound</th><th>Band gap (eV)</th></tr>"
    body = "<tr><td>ZnS</td><td>3.5</td></tr><tr><td>ZnSe</td><td>35</td></tr>"
    first, second = extract(write_article(head, body), document="x").records
    sure, unsure = first.properties[0].confidence, second.properties[0].confidence
    assert sure is not None
    assert unsure is not None
    assert 0 < unsure < sure - 0.1 < 1
