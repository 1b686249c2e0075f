"""Symmetry: crystals in, the words that crystallographers describe them with out, and two standard cells.

By moyopy, symprec 0.01 angstrom. The prototype label names what a structure type is: proportions, Pearson symbol, space
group and Wyckoff positions. It is the same for all compounds of a type: of all equivalent choices of letters one is
taken, see `wyckoff_sets`.
"""

from __future__ import annotations

import logging
from collections import Counter
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import moyopy
import numpy as np
import pyarrow as pa

from curation.represent.representer import Columns
from curation.represent.structure.crystals import read_crystals
from curation.represent.structure.structure_spec import structure_spec
from curation.represent.structure.wyckoff_sets import canonical_letters
from schemas.representation import Form, Invariance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from curation.represent.structure.wyckoff_sets import Orbits

SYMPREC_ANGSTROM = 0.01
logging.getLogger("moyo").setLevel(logging.ERROR)

_LAST_OF_SYSTEM = {
    2: "triclinic",
    15: "monoclinic",
    74: "orthorhombic",
    142: "tetragonal",
    167: "trigonal",
    194: "hexagonal",
    230: "cubic",
}
_FLOATS, _INTEGERS = pa.list_(pa.float64()), pa.list_(pa.uint8())
_TYPES: list[tuple[str, pa.DataType]] = [
    ("space_group_number", pa.int32()),
    ("space_group_symbol", pa.string()),
    ("hall_number", pa.int32()),
    ("crystal_system", pa.string()),
    ("bravais_lattice", pa.string()),
    ("pearson_symbol", pa.string()),
    ("wyckoff_sequence", pa.string()),
    ("prototype", pa.string()),
    ("primitive_lattice", _FLOATS),
    ("primitive_positions", _FLOATS),
    ("primitive_numbers", _INTEGERS),
    ("conventional_lattice", _FLOATS),
    ("conventional_positions", _FLOATS),
    ("conventional_numbers", _INTEGERS),
]
SCHEMA = pa.schema(_TYPES)


class Symmetry:
    """Crystal system, Bravais lattice, space group, Wyckoff sequence, prototype, primitive and conventional cells."""

    def __init__(self) -> None:
        self.spec = structure_spec(
            "symmetry",
            "Symmetry labels, primitive and conventional cell",
            labels=tuple(SCHEMA.names),
            origin="International Tables for Crystallography A; moyopy",
            form=Form.COLUMNS,
            parameters={"symprec_angstrom": f"{SYMPREC_ANGSTROM:g}"},
            invariances=tuple(Invariance),
            libraries=("moyopy",),
            version="2",
        )

    def compute(self, part: pa.Table) -> Columns:
        """Return the labels; cells as flat lists, lattices in angstrom, positions fractional."""
        crystals = read_crystals(part)
        failures = dict(crystals.failures)
        rows: list[dict[str, Any]] = []
        for row in range(crystals.n_rows):
            found: dict[str, Any] = dict.fromkeys(SCHEMA.names)
            if row not in failures:
                try:
                    found = symmetry_of(*crystals.crystal(row))
                except ValueError as error:
                    failures[row] = f"its symmetry was not found: {error}"
            rows.append(found)
        return Columns(pa.Table.from_pylist(rows, schema=SCHEMA), failures)


def symmetry_of(
    lattice: NDArray[np.float64], positions: NDArray[np.float64], numbers: NDArray[np.int64]
) -> dict[str, Any]:
    """Return the labels and cells of one crystal, by the names of `SCHEMA`.

    Raises:
        ValueError: moyopy finds no symmetry; says why.
    """
    cell = moyopy.Cell(lattice.tolist(), positions.tolist(), numbers.tolist())
    data = moyopy.MoyoDataset(cell, symprec=SYMPREC_ANGSTROM)
    conventional, primitive = data.std_cell, data.prim_std_cell
    label, sequence = canonical_letters(data.number, _orbits(data, numbers))
    pearson = data.pearson_symbol
    return {
        "space_group_number": data.number,
        "space_group_symbol": _symbol(data.number),
        "hall_number": data.hall_number,
        "crystal_system": next(name for last, name in _LAST_OF_SYSTEM.items() if data.number <= last),
        "bravais_lattice": pearson.rstrip("0123456789"),
        "pearson_symbol": pearson,
        "wyckoff_sequence": sequence,
        "prototype": f"{_anonymous(numbers)}_{pearson}_{data.number}_{label}",
        **_flat("primitive", primitive),
        **_flat("conventional", conventional),
    }


def _orbits(data: moyopy.MoyoDataset, numbers: NDArray[np.int64]) -> tuple[Orbits, ...]:
    """Return, for each element, its share of the atoms and how many of its orbits have which letter."""
    kinds, counts = np.unique(numbers, return_counts=True)
    divisor = int(np.gcd.reduce(counts))
    letters: dict[int, Counter[str]] = {number: Counter() for number in kinds.tolist()}
    # A site that stands for its orbit is the orbit of itself.
    for site, (orbit, letter) in enumerate(zip(data.orbits, data.wyckoffs, strict=True)):
        if site == orbit:
            letters[int(numbers[site])][letter] += 1
    shares = (counts // divisor).tolist()
    found = zip(shares, letters.values(), strict=True)
    return tuple(sorted((share, tuple(sorted(orbits.items()))) for share, orbits in found))


def _anonymous(numbers: NDArray[np.int64]) -> str:
    """Return proportions alone, A the rarest: "AB2"."""
    counts = sorted(np.unique(numbers, return_counts=True)[1].tolist())
    divisor = int(np.gcd.reduce(counts))
    return "".join(
        f"{chr(65 + index)}{count // divisor if count > divisor else ''}" for index, count in enumerate(counts)
    )


@cache
def _symbol(number: int) -> str:
    return moyopy.SpaceGroupType(number).hm_short.replace(" ", "")


def _flat(name: str, cell: moyopy.Cell) -> dict[str, Any]:
    return {
        f"{name}_lattice": list(chain.from_iterable(cell.basis)),
        f"{name}_positions": list(chain.from_iterable(cell.positions)),
        f"{name}_numbers": cell.numbers,
    }
