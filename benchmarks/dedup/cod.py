"""COD: measured structures of the Crystallography Open Database beside computed ones of the Materials Project.

Every pair of one formula, of a CIF of the one and an entry of the other, is compared at both levels: a table of the
distances of those that match, and of the reason for which the others do not. Disordered structures are counted apart:
no computed entry has one.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from benchmarks.dedup.pairs import MATERIALS_PROJECT, materials_project
from benchmarks.dedup.planted import Crystal, Item, entry, reduced_formula
from curation.dedup.cells import flat_structures
from curation.dedup.kernels.reduce import reduce_structures
from curation.dedup.levels import TOLERANCES
from curation.dedup.match import match_pairs, space_groups
from curation.normalise.structure import structure_facts
from harvest.formats.cif import CifError, read_block, structure_of
from schemas.recipe import DedupLevel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from schemas.material import Structure

CIF = MATERIALS_PROJECT.parent / "cif"
WIDEST = replace(
    TOLERANCES[DedupLevel.LOOSE], length=0.3, site=0.5, angle_degree=10.0, rms=9, rms_of_noise=9, rms_across=9
)
_COLUMNS = ("entry_id", "lattice_vectors", "fractional_positions", "site_species", "species")


@dataclass(frozen=True)
class Facts:
    """What is known of structures besides their sites.

    Attributes:
        group: space group numbers, left and right hand alike, (s,).
        sites: of their primitive cells, (s,).
        volume: for each site, (s,), angstrom^3.
    """

    group: NDArray[np.int64]
    sites: NDArray[np.int64]
    volume: NDArray[np.float64]


def measured(folder: Path = CIF) -> tuple[list[Item], dict[str, str]]:
    """Return the ordered structures of the files of a folder, and why the other files have none."""
    items: list[Item] = []
    others: dict[str, str] = {}
    for path in sorted(folder.glob("*.cif")):
        try:
            structure = structure_of(read_block(path.read_bytes()))
        except CifError as error:
            others[path.stem] = f"not read: {error}"
            continue
        if structure is None or not _is_ordered(structure):
            others[path.stem] = "disordered" if structure else "no coordinates"
            continue
        symbols = tuple(structure.species[index].chemical_symbols[0] for index in structure.site_species)
        crystal = Crystal(np.array(structure.lattice_vectors), np.array(structure.fractional_positions), symbols)
        items.append(Item(path.stem, "COD", reduced_formula(symbols), "", crystal))
    return items, others


def _is_ordered(structure: Structure) -> bool:
    return all(len(one.chemical_symbols) == 1 and one.concentration[0] == 1 for one in structure.species)


def computed() -> list[Item]:
    """Return the entries of the Materials Project."""
    return [Item(name, "Materials Project", formula, "", crystal) for name, formula, crystal in materials_project()]


def across(items: Iterable[Item]) -> tuple[list[Item], NDArray[np.int64]]:
    """Return the items whose formula both sources have, and the pairs of one of each, (p, 2)."""
    formulas: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        formulas[item.formula].append(item)
    shared = [one for members in formulas.values() if len({item.kind for item in members}) > 1 for one in members]
    pairs = [
        (i, j)
        for i, one in enumerate(shared)
        for j, two in enumerate(shared)
        if one.formula == two.formula and one.kind == "COD" and two.kind != "COD"
    ]
    return shared, np.array(pairs)


def rows_of(items: list[Item]) -> pa.RecordBatch:
    """Return the items as rows of a task of the matcher, with their space groups (moyopy)."""
    rows = pa.RecordBatch.from_pylist([{name: entry(item)[name] for name in _COLUMNS} for item in items])
    return rows.append_column("space_group_number", structure_facts(rows)["space_group_number"])


def facts_of(rows: pa.RecordBatch) -> Facts:
    reduced = reduce_structures(flat_structures(rows))
    first = reduced.cells[:-1]
    sites = reduced.begin[first + 1] - reduced.begin[first]
    return Facts(space_groups(rows), sites, np.abs(np.linalg.det(reduced.lattices[first])) / sites)


def reason(known: Facts, pair: NDArray[np.int64], strict: float, loose: float, widest: float) -> str:
    """Return why two structures of one formula are not one at the strict level, or at both."""
    one, two = pair
    groups = f"space groups {known.group[one]} and {known.group[two]}"
    if np.isfinite(strict):
        return ""
    if np.isfinite(loose):
        volume = abs(known.volume[one] - known.volume[two]) / known.volume[pair].max()
        if volume > TOLERANCES[DedupLevel.STRICT].volume:
            return f"volumes differ by {volume:.0%}"
        return groups if known.group[one] != known.group[two] else "lattice or sites differ by more than strict allows"
    if known.sites[one] != known.sites[two]:
        return f"{known.sites[one]} and {known.sites[two]} sites in the primitive cell, {groups}"
    if known.group[one] != known.group[two]:
        return f"another phase: {groups}"
    return f"the same group, {widest:.2f} A apart" if np.isfinite(widest) else "the same group, another lattice"


def table() -> tuple[list[dict[str, object]], dict[str, str]]:
    """Return a row for each pair, and the files that have no ordered structure."""
    found, others = measured()
    items, pairs = across(found + computed())
    rows = rows_of(items)
    known = facts_of(rows)
    strict, loose, widest = (
        match_pairs(rows, pairs, tolerances)
        for tolerances in (TOLERANCES[DedupLevel.STRICT], TOLERANCES[DedupLevel.LOOSE], WIDEST)
    )
    lines: list[dict[str, object]] = [
        {
            "file": items[pair[0]].name,
            "entry": items[pair[1]].name,
            "formula": items[pair[0]].formula,
            "group of file": int(known.group[pair[0]]),
            "group of entry": int(known.group[pair[1]]),
            "level": "strict" if np.isfinite(strict[row, 0]) else "loose" if np.isfinite(loose[row, 0]) else "apart",
            "rms_angstrom": _number(strict[row, 0], loose[row, 0]),
            "largest_angstrom": _number(strict[row, 1], loose[row, 1]),
            "reason": reason(known, pair, strict[row, 0], loose[row, 0], widest[row, 0]),
        }
        for row, pair in enumerate(pairs)
    ]
    return sorted(lines, key=lambda line: (str(line["formula"]), str(line["file"]), str(line["entry"]))), others


def _number(*distances: float) -> float | None:
    """Return the first distance that is one, as people read it."""
    return next((round(float(one), 4) for one in distances if np.isfinite(one)), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("cod_pairs.csv"))
    options = parser.parse_args()
    lines, others = table()
    with options.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    counts = {
        "files without an ordered structure": Counter(why.partition(":")[0] for why in others.values()),
        "pairs": len(lines),
        "levels": Counter(str(line["level"]) for line in lines),
        "files in pairs": len({line["file"] for line in lines}),
        "files that match": len({line["file"] for line in lines if line["level"] != "apart"}),
    }
    print(json.dumps(counts, indent=2))


if __name__ == "__main__":
    main()
