"""Match: structures of some formulas in, who stands for whom out; the Python face of the compiled matcher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation.dedup.cells import flat_structures
from schemas.arrow import arrow_schema
from schemas.quantity import Model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from curation.dedup.kernels.compare import Rules
    from curation.dedup.kernels.pair import Limits
    from curation.dedup.levels import Tolerances


class MatchRow(Model):
    """A structure and its representative."""

    first: str | None
    second: str | None
    rms_angstrom: float | None
    largest_angstrom: float | None


MATCHES = arrow_schema(MatchRow)
_CENTRE, _SITES_OF_A_CENTRE = 2, 2
_DIGITS = 4  # what is left of the last bits of another machine's arithmetic is rounded away
# Left and right form of one structure: alike for the rules of a level; the matcher tells them apart where asked.
_MIRRORED = {
    78: 76,
    95: 91,
    96: 92,
    145: 144,
    153: 151,
    154: 152,
    170: 169,
    172: 171,
    179: 178,
    181: 180,
    213: 212,
}


@dataclass(frozen=True)
class Task:
    """Structures of whole formulas.

    Attributes:
        rows: columns formula, entry_id, space_group_number, lattice_vectors, fractional_positions, site_species and
            species; the rows of a formula stand together, in the order in which they may stand for others.
        tolerances: what makes two of them one.
    """

    rows: pa.RecordBatch
    tolerances: Tolerances


def match_task(task: Task) -> pa.RecordBatch:
    """Return for each structure that another stands for: that one (first), itself (second), and how far apart."""
    from curation.dedup.kernels.cluster import Known, cluster  # noqa: PLC0415 — numba is slow to import
    from curation.dedup.kernels.facts import facts  # noqa: PLC0415 — numba is slow to import
    from curation.dedup.kernels.reduce import reduce_structures  # noqa: PLC0415 — numba is slow to import
    from curation.dedup.kernels.shelf import shelve  # noqa: PLC0415 — numba is slow to import

    reduced = reduce_structures(flat_structures(task.rows))
    known = facts(reduced, space_groups(task.rows))
    shelf = shelve(_blocks(task.rows), reduced, known, scale=task.tolerances.scale)
    found = cluster(Known(reduced, shelf, known, limits_of(task.tolerances), rules_of(task.tolerances)))
    merged = np.flatnonzero(found.head != np.arange(len(found.head)))
    names = task.rows["entry_id"]
    columns = [
        names.take(pa.array(found.head[merged].tolist(), pa.int64())),
        names.take(pa.array(merged.tolist(), pa.int64())),
        pa.array(np.round(found.rms_angstrom[merged], _DIGITS)),
        pa.array(np.round(found.largest_angstrom[merged], _DIGITS)),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=MATCHES)


def limits_of(tolerances: Tolerances) -> Limits:
    """Return the tolerances as the kernels take them."""
    from curation.dedup.kernels.pair import Limits  # noqa: PLC0415 — numba is slow to import

    return Limits(
        length=tolerances.length,
        site=tolerances.site,
        angle=tolerances.angle_degree,
        scale=tolerances.scale,
        mirror=tolerances.mirror,
        once=False,
    )


def rules_of(tolerances: Tolerances) -> Rules:
    """Return the rules as the kernels take them; angles and lengths together stretch a distance."""
    from curation.dedup.kernels.compare import Rules  # noqa: PLC0415 — numba is slow to import

    stretch = (1 + tolerances.length) * (1 + np.sin(np.radians(tolerances.angle_degree))) - 1
    return Rules(
        same=tolerances.rms,
        noise=tolerances.rms_of_noise,
        across=tolerances.rms_across,
        cells=tolerances.rms_of_cells,
        stretch=float(stretch),
        volume=tolerances.volume,
    )


def space_groups(rows: pa.RecordBatch) -> NDArray[np.int64]:
    """Return the space group numbers, (rows,): the lower of two that mirror one another, 0 where there is none.

    Two sites have a centre between them wherever they are: that is no symmetry to speak of, and counts as none.
    """
    numbers: list[int | None] = rows["space_group_number"].to_pylist()
    groups = np.array([_MIRRORED.get(number or 0, number or 0) for number in numbers], dtype=np.int64)
    sites = pc.list_value_length(rows["site_species"]).to_numpy(zero_copy_only=False)
    groups[(groups == _CENTRE) & (sites <= _SITES_OF_A_CENTRE)] = 1
    return groups


def _blocks(rows: pa.RecordBatch) -> NDArray[np.int64]:
    """Return where each formula begins, and the end."""
    codes = rows["formula"].dictionary_encode().indices.to_numpy()
    return np.concatenate(([0], np.flatnonzero(np.diff(codes)) + 1, [len(codes)])).astype(np.int64)


def match_pairs(rows: pa.RecordBatch, pairs: NDArray[np.int64], tolerances: Tolerances) -> NDArray[np.float64]:
    """Compare pairs of structures, whatever stands for whom: the matcher for its own sake.

    Args:
        rows: columns space_group_number, lattice_vectors, fractional_positions, site_species and species.
        pairs: indices of rows, (p, 2).
        tolerances: what makes two structures one.

    Returns:
        rms and largest displacement, (p, 2), angstrom; infinite where the two are not one.
    """
    from curation.dedup.kernels.compare import compare_pairs  # noqa: PLC0415 — numba is slow to import
    from curation.dedup.kernels.reduce import reduce_structures  # noqa: PLC0415 — numba is slow to import

    reduced = reduce_structures(flat_structures(rows))
    wanted = np.ascontiguousarray(pairs, dtype=np.int64).reshape(-1, 2)
    return compare_pairs(wanted, reduced, space_groups(rows), limits_of(tolerances), rules_of(tolerances))
