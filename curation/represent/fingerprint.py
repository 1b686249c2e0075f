"""Fingerprint: what representers are handed in, 128 bits a row out, so that a row is computed once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from curation.represent.composition.compositions import read_compositions
from curation.represent.structure.crystals import read_crystals
from schemas.representation import Needs

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

BYTES = 16


def fingerprints(rows: pa.Table, needs: Needs) -> pa.Array[Any]:
    """Return a fingerprint of each row, 16 bytes; null for a row that no representer can read.

    Equal fingerprints mean equal bits of composition and, where `needs` says so, of cell, positions and atoms in their
    order. They are no cryptographic hash: they find rows again, they prove nothing.
    """
    compositions = read_compositions(rows)
    hashes = np.zeros((rows.num_rows, 2), np.uint64)
    readable = np.ones(rows.num_rows, dtype=np.bool_)
    readable[list(compositions.failures)] = False
    _mix(hashes, compositions.rows, compositions.codes.astype(np.uint64))
    _mix(hashes, compositions.rows, compositions.fractions.view(np.uint64))
    if needs is Needs.STRUCTURE:
        crystals = read_crystals(rows)
        readable[list(crystals.failures)] = False
        every = np.arange(rows.num_rows)
        sites = np.repeat(every, crystals.counts)
        _mix(hashes, np.repeat(every, 9), crystals.lattices.reshape(-1).view(np.uint64))
        _mix(hashes, np.repeat(sites, 3), np.ascontiguousarray(crystals.positions).reshape(-1).view(np.uint64))
        _mix(hashes, sites, crystals.numbers.astype(np.uint64))
    buffer = pa.py_buffer(hashes.tobytes())
    bytes_ = pa.FixedSizeBinaryArray.from_buffers(pa.binary(BYTES), rows.num_rows, [None, buffer])
    known: pa.Array[Any] = pc.if_else(pa.array(readable), bytes_, pa.scalar(None, pa.binary(BYTES)))
    return known


@njit(cache=True)
def _mix(hashes: NDArray[np.uint64], rows: NDArray[np.int64], words: NDArray[np.uint64]) -> None:
    """Stir words into the two hashes of their rows, in order; the finalisers of Stafford's variants of splitmix64."""
    for place in range(len(words)):
        row = rows[place]
        for lane in range(2):
            value = hashes[row, lane] + words[place] + np.uint64(0x9E3779B97F4A7C15) * np.uint64(lane + 1)
            value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            hashes[row, lane] = value ^ (value >> np.uint64(31))
