"""Symmetry: crystals in, the words that crystallographers describe them with out, and two standard cells.

By moyopy, symprec 0.01 angstrom. The prototype label names what a structure type is: proportions, Pearson symbol, space
group and Wyckoff positions; it is the same for all compounds of a type. Wyckoff letters depend on the choice of origin
and axes: of all descriptions that the Euclidean normaliser of the space group makes equivalent, the one whose label
comes first in the alphabet is taken.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import moyopy
import numpy as np
import pyarrow as pa

from curation.represent.representer import Columns
from curation.represent.structure.crystals import read_crystals
from curation.represent.structure.structure_spec import structure_spec
from schemas.representation import Form, Invariance

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    kind = moyopy.SpaceGroupType(data.number)
    conventional, primitive = data.std_cell, data.prim_std_cell
    elements = np.array(conventional.numbers)
    label, sequence = min(_letters(described, elements) for described in _descriptions(data))
    pearson = data.pearson_symbol
    return {
        "space_group_number": data.number,
        "space_group_symbol": kind.hm_short.replace(" ", ""),
        "hall_number": data.hall_number,
        "crystal_system": next(name for last, name in _LAST_OF_SYSTEM.items() if data.number <= last),
        "bravais_lattice": pearson.rstrip("0123456789"),
        "pearson_symbol": pearson,
        "wyckoff_sequence": sequence,
        "prototype": f"{_anonymous(numbers)}_{pearson}_{data.number}_{label}",
        **_flat("primitive", primitive),
        **_flat("conventional", conventional),
    }


def _descriptions(data: moyopy.MoyoDataset) -> list[list[tuple[str, int]]]:
    """Return letter and multiplicity of each site of the conventional cell, in all equivalent descriptions."""
    normalizer = data.normalizer_wyckoff_positions()
    return [
        [(position.letter, position.multiplicity) for position in positions]
        for _, positions in normalizer.coset_representatives
    ]


def _letters(sites: list[tuple[str, int]], elements: NDArray[np.int64]) -> tuple[str, str]:
    """Return the letters by element, and all of them; an orbit counts once.

    Elements stand by rising share, then by their letters: "a_c_d2"; all letters last of the alphabet first: "d2 c a".
    """
    orbits: dict[tuple[int, str], float] = {}
    for (letter, multiplicity), element in zip(sites, elements.tolist(), strict=True):
        orbits[element, letter] = orbits.get((element, letter), 0.0) + 1.0 / multiplicity
    words: dict[int, str] = {}
    totals: dict[str, int] = {}
    for (element, letter), count in sorted(orbits.items()):
        words[element] = words.get(element, "") + _run(letter, round(count))
        totals[letter] = totals.get(letter, 0) + round(count)
    shares = {element: int(np.count_nonzero(elements == element)) for element in words}
    by_element = "_".join(words[element] for element in sorted(words, key=lambda e: (shares[e], words[e])))
    return by_element, " ".join(_run(letter, count) for letter, count in sorted(totals.items(), reverse=True))


def _run(letter: str, count: int) -> str:
    return f"{letter}{count if count > 1 else ''}"


def _anonymous(numbers: NDArray[np.int64]) -> str:
    """Return proportions alone, A the rarest: "AB2"."""
    counts = sorted(np.unique(numbers, return_counts=True)[1].tolist())
    divisor = int(np.gcd.reduce(counts))
    return "".join(
        f"{chr(65 + index)}{count // divisor if count > divisor else ''}" for index, count in enumerate(counts)
    )


def _flat(name: str, cell: moyopy.Cell) -> dict[str, Any]:
    return {
        f"{name}_lattice": np.asarray(cell.basis).ravel().tolist(),
        f"{name}_positions": np.asarray(cell.positions).ravel().tolist(),
        f"{name}_numbers": list(cell.numbers),
    }
