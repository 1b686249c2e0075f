"""Amounts: elements beside numbers, which are shares in one table and properties of the elements in another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harvest.papers.pipeline import extract

if TYPE_CHECKING:
    from conftest import WriteArticle

Told = tuple[str, str, float | None]


def row(line: str, tag: str = "td") -> str:
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in line.split(" | ")) + "</tr>"


def told(write_article: WriteArticle, lines: tuple[str, ...], caption: str) -> list[Told]:
    """Return material, property and value of each reading of a table, its first line the header."""
    payload = write_article(row(lines[0], "th"), "".join(map(row, lines[1:])), caption=caption)
    readings = extract(payload, document="a").readings
    return [(r.material.printed, r.property.removeprefix("unmapped:"), r.quantity.value) for r in readings]


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        (("Metal | Melting point (K) | Density", "Fe | 1811 | 7.87", "Cu | 1358 | 8.96", "Al | 933 | 2.70"),
         ("Fe", "melting_temperature", 1811.0)),
        (("Metal | Melting temperature (K)", "Fe | 1811", "Cu | 1358", "Al | 933", "Ti | 1941", "W | 3695"),
         ("Fe", "melting_temperature", 1811.0)),
        (("Metal | Vacancy formation energy (eV) | Rank", "Fe | 2.0 | 1", "Cu | 1.28 | 2", "Al | 0.67 | 3"),
         ("Fe", "vacancy_formation_energy", 2.0)),
        (("Metal | Elongation (%) | Porosity (%)", "Fe | 30 | 2", "Cu | 42 | 1", "Al | 35 | 3"),
         ("Fe", "elongation_at_break", 30.0)),
        (("Metal | Removal efficiency (%)", "Pb | 92", "Cd | 85", "Cu | 99"), ("Pb", "removal_efficiency", 92.0)),
        (("Property | Fe | Cu | Al", "Melting point (K) | 1811 | 1358 | 933", "Density (g/cm3) | 7.87 | 8.96 | 2.70"),
         ("Fe", "melting_temperature", 1811.0)),
    ],
)  # fmt: skip
def test_properties_of_elements(write_article: WriteArticle, lines: tuple[str, ...], first: Told) -> None:
    found = told(write_article, lines, "Properties of the metals.")
    assert found[0] == first
    assert not [name for _material, name, _value in found if "fraction" in name]


@pytest.mark.parametrize(
    "lines",
    [
        ("Metal | Melting point | Density", "Fe | 1811 | 7.87", "Cu | 1358 | 8.96", "Al | 933 | 2.70"),
        ("Metal | Price (USD/kg) | Rank", "Fe | 1.2 | 3", "Cu | 9 | 2", "Al | 3 | 1"),
        ("Element | PBE | LDA", "Fe | 2.83 | 2.75", "Cu | 3.63 | 3.52", "Al | 4.04 | 3.98"),
        ("Fe | Cu | Al | W", "1811 | 1358 | 933 | 3695"),
    ],
)  # fmt: skip
def test_numbers_of_elements_that_nobody_calls_shares(write_article: WriteArticle, lines: tuple[str, ...]) -> None:
    assert told(write_article, lines, "Data of the metals.") == []


@pytest.mark.parametrize(
    ("lines", "caption", "kind"),
    [
        (("Element | A1 | A2", "C | 0.05 | 0.06", "Mn | 1.2 | 1.3", "Si | 0.3 | 0.2"), "Composition (wt%).", "mass "),
        (("Element (wt%) | A1 | A2", "C | 0.05 | 0.06", "Mn | 1.2 | 1.3", "Si | 0.3 | 0.2"), "The alloys.", "mass "),
        (("Element | A1 | A2", "C | 0.05 | 0.06", "Mn | 1.2 | 1.3", "Si | 0.3 | 0.2"), "Composition.", ""),
        (("Element | A1 | A2", "C | 0.05 | 0.06", "Mn | 1.2 | 1.3", "Si | 0.3 | 0.2"), "The alloys.", ""),
        (("Element | A | B", "C | 0.05 | 0.06", "Mn | 1.2 | 1.3", "Fe | Bal. | Bal.", "Si | 1 | 2"), "The alloys.", ""),
        (("Element | A | B", "C | 0.05 | 0.06", "Mn | 1.25 | 1.34", "Fe | 98.7 | 98.6"), "The alloys.", ""),
        (("Element | A1 | A2", "C | 501 | 612", "Mn | 120 | 130", "Si | 30 | 20"), "Impurities in ppm.", ""),
        (("Element | A1 (at%) | A2 (at%)", "C | 0.05 | 0.06", "Mn | 1.2 | 1.3", "Si | 3 | 2"), "Alloys.", "atomic "),
    ],
)  # fmt: skip
def test_shares_of_elements_down_the_side(
    write_article: WriteArticle, lines: tuple[str, ...], caption: str, kind: str
) -> None:
    found = told(write_article, lines, caption)
    (_head, first, second), (_element, one, two) = lines[0].split(" | "), lines[1].split(" | ")
    first, second = first.partition(" (")[0], second.partition(" (")[0]
    wanted = {(first, f"{kind}fraction of C", float(one)), (second, f"{kind}fraction of C", float(two))}
    assert wanted <= set(found)
    assert len(found) == 6


def test_a_percentage_beside_a_composition_is_not_its_unit(write_article: WriteArticle) -> None:
    lines = ("Alloy | Porosity (%) | C | Mn | Si", "S1 | 2.1 | 0.05 | 1.2 | 0.3", "S2 | 2.2 | 0.06 | 1.3 | 0.2")
    payload = write_article(row(lines[0], "th"), "".join(map(row, lines[1:])), caption="Composition of the alloys.")
    units = {reading.property: reading.unit for reading in extract(payload, document="a").readings}
    assert (units["porosity"], units["unmapped:fraction of C"]) == ("percent", "1")


def test_the_unit_of_a_row_in_place_of_a_name(write_article: WriteArticle) -> None:
    lines = ("Element | C | Mn | Fe", "wt.% | 0.18 | 1.4 | 98.42", "at.% | 0.83 | 1.41 | 97.76")
    payload = write_article(row(lines[0], "th"), "".join(map(row, lines[1:])), caption="EDS of S700MC steel.")
    readings = extract(payload, document="a").readings
    assert [(r.material.printed, r.property, r.unit) for r in (readings[0], readings[-1])] == [
        ("S700MC steel", "unmapped:mass fraction of C", "percent"),
        ("S700MC steel", "unmapped:atomic fraction of Fe", "percent"),
    ]


def test_a_percentage_below_or_above_the_whole_is_no_share(write_article: WriteArticle) -> None:
    lines = ("Sample | Fe | Cu | Al", "A1 | 181 | 135 | 93", "A2 | −12 | 13 | 9")
    assert not [name for _material, name, _value in told(write_article, lines, "Composition.") if "fraction" in name]
