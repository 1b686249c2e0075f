"""Levels: how alike two structures must be, as tolerances of the matcher."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.recipe import DedupLevel


@dataclass(frozen=True)
class Tolerances:
    """What the matcher is asked.

    Attributes:
        length: relative difference of lattice lengths.
        site: displacement of sites, as a fraction of (volume / sites)^(1/3).
        site_across_groups: the same between two space groups. A phase transition moves atoms that little; noise in the
            positions, by which the search for symmetry finds another group, moves them less.
        angle_degree: difference of lattice angles.
        scale: bring both to the same volume first.
        volume: difference of volume per site, relative to the larger, above which a pair is not looked at, or none.
    """

    length: float
    site: float
    site_across_groups: float
    angle_degree: float
    scale: bool
    volume: float | None


# Strict keeps ferroelectric phases apart from the cubic one; loose is what pymatgen's StructureMatcher does by default.
TOLERANCES = {
    DedupLevel.STRICT: Tolerances(
        length=0.1, site=0.1, site_across_groups=0.02, angle_degree=3.0, scale=False, volume=0.1
    ),
    DedupLevel.LOOSE: Tolerances(
        length=0.2, site=0.3, site_across_groups=0.3, angle_degree=5.0, scale=True, volume=None
    ),
}
