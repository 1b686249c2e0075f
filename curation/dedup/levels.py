"""Levels: how alike two structures must be, as tolerances of the matcher and rules on what it finds.

The rules were judged on planted duplicates and on pairs of the Materials Project; docs/deduplication.md shows both.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.recipe import DedupLevel


@dataclass(frozen=True)
class Tolerances:
    """What makes two structures one.

    The first four have the meaning that they have in pymatgen's StructureMatcher. Displacements are over
    (volume / sites)^(1/3), about 2.3 angstrom.

    Attributes:
        length: relative difference of lattice lengths.
        site: largest displacement of any site.
        angle_degree: difference of lattice angles.
        scale: bring both to the same volume first.
        volume: difference of volume per site, relative to the larger.
        rms: root mean square displacement, between primitive cells of one size and space group.
        rms_of_noise: the same where cells or groups differ and one structure has no symmetry: noise in positions takes
            symmetry away, and turns a cell into a supercell.
        rms_across: the same where groups differ and both structures keep a symmetry of their own: two phases. What
            remains within it is how exactly two programs relax or round one phase.
        rms_of_cells: the same where cells differ in size: a superstructure and its parent.
        mirror: a mirror image counts as the same.
    """

    length: float
    site: float
    angle_degree: float
    scale: bool
    volume: float
    rms: float
    rms_of_noise: float
    rms_across: float
    rms_of_cells: float
    mirror: bool = True


# Strict keeps phases apart that differ by a soft mode, such as cubic and ferroelectric perovskites. Loose is what
# pymatgen's StructureMatcher does by default, but that a superstructure is not its parent.
TOLERANCES = {
    DedupLevel.STRICT: Tolerances(
        length=0.1,
        site=0.15,
        angle_degree=3.0,
        scale=False,
        volume=0.1,
        rms=0.1,
        rms_of_noise=0.045,
        rms_across=0.01,
        rms_of_cells=0.01,
    ),
    DedupLevel.LOOSE: Tolerances(
        length=0.2,
        site=0.3,
        angle_degree=5.0,
        scale=True,
        volume=1.0,
        rms=0.3,
        rms_of_noise=0.3,
        rms_across=0.3,
        rms_of_cells=0.01,
    ),
}
