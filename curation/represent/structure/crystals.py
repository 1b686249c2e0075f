"""Crystals: the list columns of structures in, flat arrays for compiled loops out; no loop over rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.elements import atomic_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    type Lists = pa.ListArray[Any]

# Cells thinner than this are mistakes, and the images of their atoms within a radius have no end.
THINNEST_ANGSTROM = 0.1
_WHOLE = 1e-6
_CELL = 9


@dataclass(frozen=True, eq=False)
class Crystals:
    """Ordered crystals, one behind the other.

    Attributes:
        lattices: (n_rows, 3, 3), rows are lattice vectors, angstrom; the unit matrix for a failed row.
        offsets: (n_rows + 1,), sites of row i are offsets[i] to offsets[i + 1]; a failed row has none.
        positions: (n_sites, 3), fractional.
        numbers: (n_sites,), atomic numbers.
        failures: reason by row, for rows that hold no ordered crystal.
    """

    lattices: NDArray[np.float64]
    offsets: NDArray[np.int64]
    positions: NDArray[np.float64]
    numbers: NDArray[np.int64]
    failures: Mapping[int, str]

    @property
    def n_rows(self) -> int:
        """Number of rows, failed ones included."""
        return len(self.lattices)

    @property
    def counts(self) -> NDArray[np.int64]:
        """Number of sites of each row, (n_rows,)."""
        return np.diff(self.offsets)

    def crystal(self, row: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
        """Return lattice (3, 3), fractional positions (n, 3) and atomic numbers (n,) of one row."""
        sites = slice(int(self.offsets[row]), int(self.offsets[row + 1]))
        return self.lattices[row], self.positions[sites], self.numbers[sites]


def read_crystals(part: pa.Table) -> Crystals:
    """Return the crystals of the rows of `part`.

    Args:
        part: columns lattice_vectors (9 numbers, angstrom), fractional_positions (3 numbers a site), site_species
            (index into species a site) and species (chemical_symbols and concentration); null for no structure.
            Rows that are disordered, empty, broken or thinner than an atom get a reason.
    """
    columns = {name: _lists(part, name) for name in ("lattice_vectors", "fractional_positions", "site_species")}
    species = _lists(part, "species")
    reasons: dict[int, str] = {}
    counts = _lengths(columns["site_species"])
    _refuse(reasons, part["lattice_vectors"].combine_chunks().is_null(), "the material has no structure")
    shapes = (_lengths(columns["lattice_vectors"]) != _CELL) | (_lengths(columns["fractional_positions"]) != 3 * counts)
    _refuse(reasons, shapes | (counts <= 0), "its cell, positions and sites do not fit together, or it has no sites")
    kept = np.ones(part.num_rows, dtype=np.bool_)
    kept[list(reasons)] = False
    mask = pa.array(kept)
    lattices = np.tile(np.eye(3), (part.num_rows, 1, 1))
    lattices[kept] = _numbers(columns["lattice_vectors"].filter(mask)).reshape(-1, 3, 3)
    positions = _numbers(columns["fractional_positions"].filter(mask)).reshape(-1, 3)
    counts = np.where(kept, counts, 0)
    rows = np.repeat(np.arange(part.num_rows), counts)
    numbers = _site_numbers(columns["site_species"].filter(mask), species.filter(mask))
    _refuse(reasons, _rows_with(rows, numbers < 0, part.num_rows), "it is disordered: a site is shared or part empty")
    _refuse(reasons, _rows_with(rows, numbers == 0, part.num_rows), "a site holds what is no element")
    _refuse(reasons, _rows_with(rows, ~np.isfinite(positions).all(axis=1), part.num_rows), "a position is not finite")
    _refuse(reasons, _is_thin(lattices), f"its cell is thinner than {THINNEST_ANGSTROM} angstrom, or not finite")
    return _without(reasons, lattices, counts, positions, numbers)


def heights(lattices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distances between opposite faces of cells, (..., 3), angstrom."""
    crossed = np.cross(lattices[..., (1, 2, 0), :], lattices[..., (2, 0, 1), :])
    volume = np.abs(np.einsum("...i,...i->...", lattices[..., 0, :], crossed[..., 0, :]))
    with np.errstate(divide="ignore", invalid="ignore"):
        result: NDArray[np.float64] = volume[..., np.newaxis] / np.linalg.norm(crossed, axis=-1)
    return result


def _is_thin(lattices: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which cells are thinner than an atom, or have a number that is not finite."""
    with np.errstate(invalid="ignore", over="ignore"):
        return ~(heights(lattices) >= THINNEST_ANGSTROM).all(axis=-1)


def _without(
    reasons: dict[int, str],
    lattices: NDArray[np.float64],
    counts: NDArray[np.int64],
    positions: NDArray[np.float64],
    numbers: NDArray[np.int64],
) -> Crystals:
    """Take the sites of failed rows out."""
    kept = np.ones(len(lattices), dtype=np.bool_)
    kept[list(reasons)] = False
    sites = np.repeat(kept, counts)
    lattices[~kept] = np.eye(3)
    offsets = np.concatenate(([0], np.cumsum(np.where(kept, counts, 0))))
    return Crystals(lattices, offsets, positions[sites], numbers[sites], dict(sorted(reasons.items())))


def _site_numbers(site_species: Lists, species: Lists) -> NDArray[np.int64]:
    """Return the atomic number of each site; -1 where it is shared or part empty, 0 where it is no element."""
    kinds = cast("pa.StructArray", species.flatten())
    symbols, shares = (cast("Lists", kinds.field(name)) for name in ("chemical_symbols", "concentration"))
    n_kinds = _lengths(species)
    ordered = (_lengths(symbols) == 1) & (_lengths(shares) == 1)
    first = _firsts(symbols, ordered)
    known = atomic_numbers()
    places = pc.index_in(first, value_set=pa.array(list(known))).fill_null(len(known))
    kind_numbers = np.array([*known.values(), 0], dtype=np.int64)[places.to_numpy(zero_copy_only=False)]
    whole = np.zeros(len(ordered), dtype=np.bool_)
    whole[ordered] = np.abs(_numbers(_firsts(shares, ordered).drop_null()) - 1.0) < _WHOLE
    kind_numbers[~whole] = -1
    counts = _lengths(site_species)
    starts = np.repeat(np.cumsum(n_kinds) - n_kinds, counts)
    local = site_species.flatten().fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    inside = (local >= 0) & (local < np.repeat(n_kinds, counts))
    padded = np.concatenate((kind_numbers, [0]))
    numbers: NDArray[np.int64] = padded[np.where(inside, starts + local, len(kind_numbers))]
    return numbers


def _firsts(lists: Lists, wanted: NDArray[np.bool_]) -> pa.Array[Any]:
    """Return the only value of each list that has one, null for the others."""
    lengths = _lengths(lists)
    starts = np.cumsum(np.maximum(lengths, 0)) - np.maximum(lengths, 0)
    places: Any = pa.array(np.where(wanted, starts, 0), mask=~wanted)
    return lists.flatten().take(places)


def _rows_with(rows: NDArray[np.int64], wrong: NDArray[np.bool_], n_rows: int) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = np.bincount(rows[wrong], minlength=n_rows) > 0
    return result


def _refuse(reasons: dict[int, str], wrong: pa.Array[Any] | NDArray[np.bool_], why: str) -> None:
    for row in np.flatnonzero(np.asarray(wrong)).tolist():
        reasons.setdefault(row, why)


def _lists(part: pa.Table, name: str) -> Lists:
    column = part.column(name).combine_chunks()
    return cast("Lists", column)


def _lengths(column: Lists) -> NDArray[np.int64]:
    """Return the length of each list, -1 for a missing list."""
    lengths: NDArray[np.int64] = column.value_lengths().fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return lengths


def _numbers(column: pa.Array[Any]) -> NDArray[np.float64]:
    """Return the numbers of a column, or of its lists, missing ones as NaN."""
    flat = cast("Lists", column).flatten() if pa.types.is_list(column.type) else column
    numbers: NDArray[np.float64] = flat.cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
    return numbers
