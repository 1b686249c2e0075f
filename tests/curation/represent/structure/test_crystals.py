from __future__ import annotations

import numpy as np
import pyarrow as pa

from curation.represent.structure.crystals import read_crystals
from curation.represent.structure.structure_table import structure_table

NACL = (np.eye(3) * 4.0, np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]]), np.array([11, 17]))


def with_row(**changed: object) -> pa.Table:
    """Two good rows around one that is changed."""
    rows = structure_table([NACL, NACL, NACL]).to_pylist()
    rows[1] |= changed
    return pa.Table.from_pylist(rows, schema=structure_table([NACL]).schema)


def species(*symbols: str, shares: tuple[float, ...] = (1.0,)) -> list[dict[str, object]]:
    return [{"name": "x", "chemical_symbols": list(symbols), "concentration": list(shares)}] * 2


def test_good_rows_become_flat_arrays() -> None:
    crystals = read_crystals(structure_table([NACL, NACL]))
    assert crystals.failures == {}
    assert crystals.offsets.tolist() == [0, 2, 4]
    assert crystals.numbers.tolist() == [11, 17, 11, 17]
    assert crystals.crystal(1)[0].tolist() == (np.eye(3) * 4.0).tolist()


def test_each_row_that_is_no_crystal_has_its_reason() -> None:
    cases: dict[str, dict[str, object]] = {
        "no structure": {"lattice_vectors": None, "fractional_positions": None, "site_species": None, "species": None},
        "do not fit together": {"fractional_positions": [0.0, 0.0, 0.0]},
        "disordered": {"species": species("Na", "K", shares=(0.5, 0.5))},
        "part empty": {"species": species("Na", shares=(0.9,))},
        "no element": {"species": species("X")},
        "not finite": {"fractional_positions": [0.0, 0.0, 0.0, float("nan"), 0.5, 0.5]},
        "thinner": {"lattice_vectors": [4.0, 0, 0, 0, 4.0, 0, 4.0, 0, 0]},
    }
    for reason, changed in cases.items():
        crystals = read_crystals(with_row(**changed))
        assert list(crystals.failures) == [1]
        assert reason in crystals.failures[1]
        assert crystals.offsets.tolist() == [0, 2, 2, 4]


def test_a_site_that_points_behind_the_species_is_no_element() -> None:
    assert "no element" in read_crystals(with_row(site_species=[0, 7])).failures[1]


def test_a_slice_of_a_table_is_read_as_itself() -> None:
    table = with_row(species=species("X"))
    assert read_crystals(table.slice(2, 1)).failures == {}
    assert list(read_crystals(table.slice(1, 2)).failures) == [0]
