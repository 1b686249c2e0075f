"""Pairs: structures with planted and with natural duplicates in, the pairs of one formula out, small cells first."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from gemmi import UnitCell, cif

from benchmarks.dedup.planted import Crystal, Item, planted, real_structures, reduced_formula

if TYPE_CHECKING:
    from collections.abc import Iterator

SEEDS = {"planted": 20261123, "planted again": 20261125}
# Of both structures together: StructureMatcher takes hours for the pairs of large cells. The second planting makes up
# for their number.
MOST_SITES = {"planted": 35, "natural": 35, "planted again": 15}
MATERIALS_PROJECT = Path(__file__).parents[3] / "shared" / "data" / "structures" / "mp_20_biternary_val.csv.gz"
_ANGLES = ("alpha", "beta", "gamma")
_SITE = ["type_symbol", "fract_x", "fract_y", "fract_z"]


def pairs(bases: int, most: int) -> list[tuple[Item, Item]]:
    """Return pairs of one formula: planted with planted, natural with natural, those with the fewest sites first.

    Args:
        bases: number of formulas with planted duplicates, which are planted twice, in different ways.
        most: number of pairs, 0 for all up to MOST_SITES.
    """
    formulas: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for name, seed in SEEDS.items():
        for item in planted(bases, seed=seed, is_isomorphic=_unasked):
            formulas[name, item.formula].append(replace(item, name=f"{name}-{item.name}"))
    for item in natural():
        formulas["natural", item.formula].append(item)
    found = [
        pair
        for (name, _), members in formulas.items()
        for pair in combinations(members, 2)
        if _sites(pair) <= MOST_SITES[name]
    ]
    found.sort(key=lambda pair: (_sites(pair), pair[0].name, pair[1].name))
    return found[:most] if most else found


def _sites(pair: tuple[Item, Item]) -> int:
    return sum(len(item.crystal.symbols) for item in pair)


def _unasked(first: Crystal, second: Crystal) -> bool:
    """Leave open whether a look-alike is its base after all: verdicts are compared, not truths."""
    del first, second
    return False


def natural() -> list[Item]:
    """Return the structures of the dielectric sample, and of the Materials Project where that file is at hand."""
    found = [(f"sample-{name}", formula, crystal) for name, formula, crystal in real_structures()]
    if MATERIALS_PROJECT.exists():
        found += list(materials_project())
    return [Item(name, "natural", formula, "", crystal) for name, formula, crystal in found]


def materials_project() -> Iterator[tuple[str, str, Crystal]]:
    """Yield id, reduced formula and structure of entries of the Materials Project."""
    with gzip.open(MATERIALS_PROJECT, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            crystal = _crystal(cif.read_string(row["cif"]).sole_block())
            yield row["material_id"], reduced_formula(crystal.symbols), crystal


def _crystal(block: cif.Block) -> Crystal:
    """Return the cell of a file that lists every site."""
    names = [f"_cell_length_{axis}" for axis in "abc"] + [f"_cell_angle_{angle}" for angle in _ANGLES]
    cell = UnitCell(*(float(block.find_value(name)) for name in names))
    table = block.find("_atom_site_", _SITE)
    positions = np.array([[float(line[axis]) for axis in (1, 2, 3)] for line in table])
    lattice = np.ascontiguousarray(np.array(cell.orth.mat.tolist()).T)
    return Crystal(lattice, positions, tuple(line[0] for line in table))
