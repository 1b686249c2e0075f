"""Cells: rows of structures in, flat arrays for the kernels out."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from curation.dedup.kernels.reduce import Structures

# Columns that a batch of structures has, besides what the caller needs.
STRUCTURE_COLUMNS = ("lattice_vectors", "fractional_positions", "site_species", "species")


def flat_structures(batch: pa.RecordBatch) -> Structures:
    """Return the structures of a batch as flat arrays, the sites of each sorted by what sits on them.

    A site on which nothing but a vacancy sits is left out. Occupations are compared to 1e-4, as in the content hash.

    Args:
        batch: rows with STRUCTURE_COLUMNS, as in the records, none of them null.
    """
    from curation.dedup.kernels.reduce import Structures  # noqa: PLC0415 — numba is slow to import

    lattices = _values(batch["lattice_vectors"]).astype(np.float64).reshape(-1, 3, 3)
    positions = _values(batch["fractional_positions"]).astype(np.float64).reshape(-1, 3)
    sizes = np.diff(_offsets(batch["site_species"]))
    names = _occupations(cast("pa.ListArray", batch["species"]))
    texts, codes = np.unique(np.array(names, dtype=np.str_), return_inverse=True)
    first_species = np.repeat(_offsets(batch["species"])[:-1], sizes)
    kinds = codes.astype(np.int64)[_values(batch["site_species"]).astype(np.int64) + first_species]
    rows = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort((kinds, rows))
    order = order[texts[kinds[order]] != ""]
    begin = np.concatenate(([0], np.cumsum(np.bincount(rows[order], minlength=len(sizes))))).astype(np.int64)
    return Structures(np.ascontiguousarray(lattices), begin, np.ascontiguousarray(positions[order]), kinds[order])


def _occupations(species: pa.ListArray) -> list[str]:
    """Return what each species of each row puts on a site: symbols with their shares, in order, without vacancies."""
    entries = species.flatten()
    symbols = entries.field("chemical_symbols")
    bounds = _offsets(symbols)
    of_symbol, of_share = symbols.flatten().to_pylist(), _values(entries.field("concentration")).tolist()
    parts = [f"{s}{c:.4f}" if s != "vacancy" else "" for s, c in zip(of_symbol, of_share, strict=True)]
    return ["+".join(sorted(part for part in parts[a:b] if part)) for a, b in pairwise(bounds.tolist())]


def _offsets(column: pa.Array) -> NDArray[np.int64]:
    """Return where the list of each row begins in the flattened values, (rows + 1,)."""
    offsets = cast("pa.ListArray", column).offsets.to_numpy().astype(np.int64)
    return offsets - offsets[0]


def _values(column: pa.Array) -> NDArray[np.float64]:
    """Return the values of a list column, one row after another."""
    return cast("pa.ListArray", column).flatten().to_numpy(zero_copy_only=False)
