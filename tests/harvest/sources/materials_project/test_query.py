from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from harvest.sources.materials_project.filters import SummaryFilter
from harvest.sources.materials_project.identifiers import canonical_id, canonical_version
from harvest.sources.materials_project.query import MaterialsProjectQuery

LAST_DECIMAL = 3_347_529


@pytest.mark.parametrize(
    ("given_id", "canonical"),
    [
        ("mp-865981", "mp-865981"),
        ("mp-aaabxhaz", "mp-865981"),
        ("mp-bxhaz", "mp-865981"),
        ("mp-149", "mp-149"),
        ("mp-aaaaaaft", "mp-149"),
        ("mvc-ft", "mvc-149"),
        ("mp-0149", "mp-149"),
        ("mp-a", "mp-0"),
        (f"mp-{LAST_DECIMAL}", f"mp-{LAST_DECIMAL}"),
        (f"mp-{LAST_DECIMAL + 1}", "mp-aaahilze"),
        ("mp-hilze", "mp-aaahilze"),
        ("not an id", "not an id"),
        ("mp-149-GaN", "mp-149-GaN"),
    ],
)
def test_an_identifier_has_one_spelling(given_id: str, canonical: str) -> None:
    assert canonical_id(given_id) == canonical


@given(st.integers(0, 26**9))
def test_every_spelling_of_a_number_is_the_same_identifier(number: int) -> None:
    canonical = canonical_id(f"mp-{number}")
    assert canonical_id(canonical) == canonical
    letters, rest = "", number
    while rest:
        rest, last = divmod(rest, 26)
        letters = chr(ord("a") + last) + letters
    for spelled in (letters or "a", letters.rjust(8, "a"), letters.rjust(12, "a")):
        assert canonical_id(f"mp-{spelled}") == canonical
    assert canonical[3:].isdigit() == (number <= LAST_DECIMAL)


@pytest.mark.sweep
def test_identifiers_are_spelled_as_the_provider_does() -> None:
    from emmet.core.types.typing import format_identifier

    numbers = [*range(0, 6_000_000, 307), *range(LAST_DECIMAL - 50, LAST_DECIMAL + 50), *(26**n for n in range(9))]
    for number in numbers:
        padded = format_identifier(f"mp-{number}", legacy=False)
        theirs = format_identifier(padded, legacy=True)
        assert canonical_id(f"mp-{number}") == theirs, number
        assert canonical_id(padded) == theirs, number


@pytest.mark.parametrize("spelled", ["2026-04-13", "2026.04.13", "v2026_04_13", " 2026.04.13 "])
def test_a_version_has_one_spelling(spelled: str) -> None:
    assert canonical_version(spelled) == "2026.04.13"
    assert MaterialsProjectQuery.model_validate({"db_version": spelled}).db_version == "2026.04.13"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"db_version": "latest"}, "is written 2026.04.13, got 'latest'"),
        ({"bulk": True}, "say which, by `db_version`"),
        ({"bulk": True, "db_version": "2026.04.13", "query": {"formula": "SiO2"}}, "cannot filter by formula"),
        ({"bulk": True, "db_version": "2026.04.13", "query": {"chemsys": "Si-*"}}, "cannot filter by chemsys"),
        ({"keep_deprecated": True}, "`keep_deprecated` needs `bulk`"),
        ({"page_size": 1001}, "less than or equal to 1000"),
        ({"properties": ["bandgap"]}, "did you mean band_gap"),
        ({"endpoint": "no address"}, "valid URL"),
        ({"endpoint": "file:///etc/passwd"}, "URL scheme should be 'http' or 'https'"),
        ({"query": {"elements": ["Xx"]}}, "'Xx' is no chemical element"),
        ({"query": {"gap": [0, 1]}}, "Extra inputs are not permitted"),
        ({"query": {"band_gap": [3, 1]}}, "the first is larger"),
        ({"query": {"band_gap": [1]}}, "a range is [from, to]"),
        ({"query": {"band_gap": {}}}, "needs `min`, `max` or both"),
        ({"query": {"band_gap": "1"}}, "valid dictionary"),
        ({"query": {"material_ids": ["mp-149,mp-150"]}}, "is written mp-149 or mp-aaaaaaft"),
        ({"query": {"formula": ["SiO2,TiO2"]}}, "without commas"),
        ({"query": {"spacegroup_number": 231}}, "less than or equal to 230"),
        ({"query": {"magnetic_ordering": "ferro"}}, "'FM'"),
        ({"key": "abc"}, "Extra inputs are not permitted"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        MaterialsProjectQuery.model_validate(options)
    assert said in str(caught.value)


def test_filters_become_parameters_of_the_api() -> None:
    asked = SummaryFilter.model_validate(
        {
            "elements": ["Si", "O"],
            "chemsys": "O-Si",
            "material_ids": ["mp-aaaaaaft", "mp-150"],
            "band_gap": [0.5, float("inf")],
            "formation_energy": {"max": -1},
            "num_sites": [2, 8],
            "k_vrh": {"min": 100.25},
            "is_stable": False,
            "magnetic_ordering": "FM",
            "spacegroup_number": 225,
            "has_props": ["elasticity", "dielectric"],
        }
    )
    assert asked.parameters() == {
        "elements": "Si,O",
        "chemsys": "O-Si",
        "material_ids": "mp-149,mp-150",
        "band_gap_min": "0.5",
        "formation_energy_per_atom_max": "-1",
        "nsites_min": "2",
        "nsites_max": "8",
        "k_vrh_min": "100.25",
        "is_stable": "false",
        "ordering": "FM",
        "spacegroup_number": "225",
        "has_props": "elasticity,dielectric",
    }
    assert SummaryFilter().parameters() == {}


QUARTZ = {
    "material_id": "mp-aaaaaaft",
    "elements": ["O", "Si"],
    "chemsys": "O-Si",
    "band_gap": 5.75,
    "is_metal": False,
    "bulk_modulus": {"vrh": 30.0},
    "nsites": 9,
    "efermi": None,
}


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({}, True),
        ({"elements": ["O"]}, True),
        ({"elements": ["O", "Al"]}, False),
        ({"exclude_elements": ["Al"]}, True),
        ({"exclude_elements": ["Si"]}, False),
        ({"chemsys": ["Si-O", "Al-O"]}, True),
        ({"chemsys": ["O"]}, False),
        ({"material_ids": ["mp-149"]}, True),
        ({"material_ids": ["mp-150"]}, False),
        ({"band_gap": [5.75, 5.75]}, True),
        ({"band_gap": [5.76, 9]}, False),
        ({"k_vrh": {"min": 30}}, True),
        ({"g_vrh": {"min": 0}}, False),
        ({"efermi": {"min": -1000}}, False),
        ({"is_metal": False}, True),
        ({"is_metal": True}, False),
        ({"is_stable": False}, False),
        ({"num_sites": [9, 9], "elements": ["Si"], "is_metal": False}, True),
        ({"num_sites": [9, 9], "elements": ["Si"], "is_metal": True}, False),
    ],
)
def test_filters_choose_rows_of_the_table(asked: dict[str, Any], fits: bool) -> None:
    assert SummaryFilter.model_validate(asked).fits(QUARTZ) is fits


def test_a_value_that_is_no_number_is_left_to_its_reader() -> None:
    assert SummaryFilter.model_validate({"band_gap": [0, 1]}).fits({**QUARTZ, "band_gap": "5.75"})


def test_every_filter_that_bulk_takes_names_the_fields_that_it_reads() -> None:
    asked = SummaryFilter.model_validate({"k_vrh": {"min": 1}, "is_metal": True, "num_sites": {"min": 1}})
    assert asked.fields() >= {"bulk_modulus", "is_metal", "nsites", "elements", "chemsys"}
