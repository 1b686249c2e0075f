"""Match: blocks of structures of one formula in, pairs of equal structures out; the adapter of pymatgen's matcher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, override

import pyarrow as pa

from schemas.arrow import arrow_schema
from schemas.quantity import Model

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymatgen.analysis.structure_matcher import StructureMatcher
    from pymatgen.core import IStructure, Structure

    from curation.dedup.levels import Tolerances


class MatchRow(Model):
    """A pair of entries that the matcher finds equal."""

    first: str | None
    second: str | None
    rms_angstrom: float | None


MATCHES = arrow_schema(MatchRow)
_DIGITS = 4  # what is left of the last bits of another machine's linear algebra is rounded away
# Left and right form of one structure: the matcher takes them for the same.
_MIRRORED: dict[object, int] = {
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
class Block:
    """Structures of one reduced formula, and the pairs of them (by index) to compare."""

    rows: tuple[dict[str, Any], ...]
    pairs: tuple[tuple[int, int], ...]
    tolerances: Tolerances


def match_blocks(blocks: tuple[Block, ...]) -> pa.RecordBatch:
    """Return the matching pairs of some blocks.

    A pair counts if the matcher says so in either order of its arguments: its own answer depends on the order for
    about one pair in 160. A structure that pymatgen cannot build, such as a site with more than one atom, matches none.
    """
    matches = [match for block in blocks for match in _matches(block)]
    return pa.RecordBatch.from_pylist(matches, schema=MATCHES)


def _matches(block: Block) -> list[dict[str, object]]:
    matcher = _matcher(block.tolerances)
    cells: dict[int, Structure | None] = {}
    found: list[dict[str, object]] = []
    for pair in block.pairs:
        for index in pair:
            if index not in cells:
                cells[index] = _reduced(block.rows[index])
        first, second = (cells[index] for index in pair)
        if first is None or second is None or len(first) != len(second):
            continue
        rms = _rms(matcher, first, second)
        if rms is not None and rms <= _most(block, pair):
            length = (first.volume / len(first)) ** (1 / 3)
            names = [block.rows[index]["entry_id"] for index in pair]
            found.append({"first": names[0], "second": names[1], "rms_angstrom": round(rms * length, _DIGITS)})
    return found


def _most(block: Block, pair: tuple[int, int]) -> float:
    """Return the displacement up to which two structures are one."""
    groups = {block.rows[index].get("space_group_number") for index in pair}
    is_same = len({_MIRRORED.get(group, group) for group in groups}) == 1
    return block.tolerances.site if is_same else block.tolerances.site_across_groups


def _rms(matcher: StructureMatcher, first: Structure, second: Structure) -> float | None:
    """Return the root mean square displacement over (volume / sites)^(1/3), or none where the two do not match."""
    ask: Callable[[Structure, Structure], tuple[float, float] | None] = matcher.get_rms_dist
    found = ask(first, second) or ask(second, first)
    return float(found[0]) if found else None


def _matcher(tolerances: Tolerances) -> StructureMatcher:
    """Return a matcher that takes structures as reduced: to reduce them again for every pair is most of its time."""
    from pymatgen.analysis.structure_matcher import StructureMatcher  # noqa: PLC0415 — slow to import

    class Matcher(StructureMatcher):
        @classmethod
        @override
        def _get_reduced_structure(
            cls, struct: Structure | IStructure, primitive_cell: bool = True, niggli: bool = True
        ) -> Structure:
            del primitive_cell, niggli
            return cast("Structure", struct)

    return Matcher(
        ltol=tolerances.length,
        stol=tolerances.site,
        angle_tol=tolerances.angle_degree,
        primitive_cell=False,
        scale=tolerances.scale,
    )


def _reduced(row: dict[str, Any]) -> Structure | None:
    """Return the primitive, Niggli reduced cell, made once for each structure; none where pymatgen refuses it."""
    try:
        return _structure(row).get_primitive_structure().get_reduced_structure(reduction_algo="niggli")
    except ValueError:
        return None


def _structure(row: dict[str, Any]) -> Structure:
    import numpy as np  # noqa: PLC0415 — with pymatgen
    from pymatgen.core import Lattice, Structure  # noqa: PLC0415 — slow to import

    lattice = Lattice(np.array(row["lattice_vectors"], dtype=float).reshape(3, 3))
    species = [dict(zip(s["chemical_symbols"], s["concentration"], strict=True)) for s in row["species"]]
    sites = [species[index] for index in row["site_species"]]
    positions = np.array(row["fractional_positions"], dtype=float).reshape(-1, 3)
    return Structure(lattice, sites, positions)
