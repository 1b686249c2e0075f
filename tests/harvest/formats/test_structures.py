"""Structure formats: what other programs write becomes the structure that they meant."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pymatgen.core import Lattice
from pymatgen.core import Structure as Theirs

from harvest.formats.structures import from_optimade, from_pymatgen

SHEARED = [[4.0, 0.0, 0.0], [1.0, 5.0, 0.0], [0.5, 0.7, 6.0]]
FRACTIONS = [[0.0, 0.0, 0.0], [0.25, 0.5, 0.75], [0.9, -0.1, 1.2]]


def optimade(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 — JSON
    lattice = Lattice(SHEARED)
    return {
        "dimension_types": [1, 1, 1],
        "lattice_vectors": SHEARED,
        "cartesian_site_positions": lattice.get_cartesian_coords(FRACTIONS).tolist(),
        "species_at_sites": ["Na", "mixed", "Na"],
        "species": [
            {"name": "Na", "chemical_symbols": ["Na"], "concentration": [1.0]},
            {"name": "mixed", "chemical_symbols": ["Cl", "vacancy"], "concentration": [0.75, 0.25]},
        ],
    } | changes


def test_a_structure_of_pymatgen_is_read_as_it_was_written() -> None:
    species = [{"Na": 1.0}, {"Cl": 0.25, "Br": 0.75}, {"Na": 1.0}]
    theirs = Theirs(Lattice(SHEARED), species, FRACTIONS)
    ours = from_pymatgen(json.loads(theirs.to_json()))
    assert [list(row) for row in ours.lattice_vectors] == SHEARED
    assert [list(row) for row in ours.fractional_positions] == FRACTIONS
    assert ours.site_species == (0, 1, 0)
    assert ours.species[1].chemical_symbols == ("Br", "Cl")
    assert ours.species[1].concentration == (0.75, 0.25)
    assert ours.composition() == {"Na": 2.0, "Br": 0.75, "Cl": 0.25}


def test_cartesian_positions_of_optimade_become_fractional() -> None:
    ours = from_optimade(optimade())
    for got, expected in zip(ours.fractional_positions, FRACTIONS, strict=True):
        assert got == pytest.approx(expected, abs=1e-12)
    assert ours.composition() == {"Na": 2.0, "Cl": 0.75}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"dimension_types": [1, 1, 0]}, "periodic in three dimensions"),
        ({"lattice_vectors": [[1, 0, 0], [0, 1, 0], [1, 1, 0]]}, "no volume"),
        ({"lattice_vectors": [[1, 0, 0], [0, 1, 0]]}, "no cell"),
        ({"lattice_vectors": [[None, 0, 0], [0, 1, 0], [0, 0, 1]]}, "no cell"),
        ({"cartesian_site_positions": [[0.0, 0.0, 0.0]]}, "1 positions but 3 sites"),
        ({"cartesian_site_positions": [[0.0, 0.0]]}, "reshape"),
    ],
)
def test_what_is_no_crystal_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        from_optimade(optimade(**changes))


def test_a_site_of_an_unknown_species_is_refused() -> None:
    with pytest.raises(KeyError, match="K"):
        from_optimade(optimade(species_at_sites=["Na", "K", "Na"]))
