"""Peer: pymatgen's StructureMatcher, asked the same."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Lattice, Structure

if TYPE_CHECKING:
    from benchmarks.dedup.planted import Crystal, Item

DEFAULT = StructureMatcher()
STRICT = StructureMatcher(ltol=0.1, stol=0.2, angle_tol=3, scale=False)
_SAME = StructureMatcher(ltol=1e-3, stol=1e-3, angle_tol=0.1, scale=False)


def structure(crystal: Crystal) -> Structure:
    return Structure(Lattice(crystal.lattice), list(crystal.symbols), crystal.positions)


def is_isomorphic(first: Crystal, second: Crystal) -> bool:
    """Tell whether two structures are one to a thousandth, in either order."""
    one, two = structure(first), structure(second)
    return bool(_SAME.fit(one, two) or _SAME.fit(two, one))


def groups(items: list[Item], matcher: StructureMatcher) -> dict[str, str]:
    """Return for each item the first of its group, as `group_structures` finds it formula by formula."""
    formulas: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        formulas[item.formula].append(item)
    heads: dict[str, str] = {}
    for members in formulas.values():
        made = [structure(item.crystal) for item in members]
        names = {id(one): item.name for one, item in zip(made, members, strict=True)}
        for group in matcher.group_structures(made):
            head = min(names[id(one)] for one in group)
            heads.update({names[id(one)]: head for one in group})
    return heads
