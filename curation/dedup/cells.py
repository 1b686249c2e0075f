"""Cells: rows of structures in, flat arrays for the kernels out."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from curation.dedup.kernels.reduce import Structures


def flat_structures(batch: pa.RecordBatch) -> Structures:
    """Return the structures of a batch as flat arrays, the sites of each sorted by what sits on them.

    A site on which nothing but a vacancy sits is left out. Occupations are compared to 1e-4, as in the content hash.

    Args:
        batch: rows with lattice_vectors, fractional_positions, site_species and species, as in the records, none null.
    """
    from curation.dedup.kernels.reduce import Structures  # noqa: PLC0415 — numba is slow to import

    lattices = _numbers(batch["lattice_vectors"]).reshape(-1, 3, 3)
    positions = _numbers(batch["fractional_positions"]).reshape(-1, 3)
    bounds = _bounds(batch["site_species"])
    texts, codes = np.unique(np.array(_occupations(batch["species"]), dtype=np.str_), return_inverse=True)
    first_species = np.repeat(_bounds(batch["species"])[:-1], np.diff(bounds))
    kinds = codes.astype(np.int64)[_numbers(batch["site_species"]).astype(np.int64) + first_species]
    rows = np.repeat(np.arange(len(lattices)), np.diff(bounds))
    order = np.lexsort((kinds, rows))
    order = order[texts[kinds[order]] != ""] if len(order) else order
    begin = np.concatenate(([0], np.cumsum(np.bincount(rows[order], minlength=len(lattices))))).astype(np.int64)
    return Structures(lattices, begin, np.ascontiguousarray(positions[order]), kinds[order])


def _occupations(species: pa.Array[Any]) -> list[str]:
    """Return what each species of each row puts on a site: symbols with their shares, in order, without vacancies."""
    entries = pc.list_flatten(species)
    symbols = pc.struct_field(entries, "chemical_symbols")
    shares = _numbers(pc.struct_field(entries, "concentration")).tolist()
    named = zip(pc.list_flatten(symbols).to_pylist(), shares, strict=True)
    parts = [f"{symbol}{share:.4f}" if symbol != "vacancy" else "" for symbol, share in named]
    return ["+".join(sorted(part for part in parts[a:b] if part)) for a, b in pairwise(_bounds(symbols).tolist())]


def _bounds(column: pa.Array[Any]) -> NDArray[np.int64]:
    """Return where the list of each row begins in the flattened values, and the end, (rows + 1,)."""
    lengths = pc.list_value_length(column).to_numpy(zero_copy_only=False).astype(np.int64)
    bounds: NDArray[np.int64] = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    return bounds


def _numbers(column: pa.Array[Any]) -> NDArray[np.float64]:
    """Return the numbers of a list column, one row after another."""
    numbers: NDArray[np.float64] = pc.list_flatten(column).to_numpy(zero_copy_only=False).astype(np.float64)
    return numbers
