"""Summary documents with known truth, by the provider's own model; run by the servers beside this file.

Rock salts, the n-th (from 0) with the identifier mp-(1000 + n), in letters as the provider stores it. Made up, so that
the truth is known: a band gap of n/8 eV, a formation energy of -n/16 eV/atom, a bulk modulus of 10 n GPa (Voigt; Reuss
2 n less) for every third, a dielectric constant of 2 + n for every fourth. Every tenth is BY-NC, and of the batch that
the provider serves under those terms; of every twelfth it says that it has withdrawn it.
"""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING, Any

from emmet.core.base import EmmetMeta
from emmet.core.summary import SummaryDoc
from emmet.core.types.typing import format_identifier
from pymatgen.core import Lattice, Structure

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILT = dt.datetime(2026, 4, 13, tzinfo=dt.UTC)
CATIONS = ("Li", "Na", "K", "Rb", "Mg", "Ca", "Sr", "Ba", "Ti", "Mn")
ANIONS = ("O", "S", "Se", "F", "Cl")


def documents(count: int, version: str, shift: float = 0.0) -> Iterator[SummaryDoc]:
    """Yield the first documents of a version of the database, their formation energies shifted."""
    pairs = itertools.product(CATIONS, ANIONS)
    for number, (cation, anion) in enumerate(itertools.islice(pairs, count)):
        yield SummaryDoc.from_structure(
            meta_structure=rock_salt(cation, anion, 4.0 + number / 32),
            material_id=format_identifier(f"mp-{1000 + number}", legacy=False),
            builder_meta=meta(number, version),
            last_updated=BUILT,
            deprecated=number % 12 == 11,
            deprecation_reasons=["MANUAL"] if number % 12 == 11 else None,
            theoretical=number % 2 == 1,
            uncorrected_energy_per_atom=-5.0 - number / 16,
            energy_per_atom=-5.5 - number / 16,
            formation_energy_per_atom=shift - number / 16,
            energy_above_hull=number / 64,
            is_stable=number == 0,
            band_gap=number / 8,
            is_metal=number == 0,
            is_gap_direct=number % 2 == 0,
            efermi=number / 4,
            ordering="FM" if cation in {"Ti", "Mn"} else "NM",
            total_magnetization=float(number) if cation in {"Ti", "Mn"} else 0.0,
            **(_elasticity(number) if number % 3 == 0 else {}),
            **(_dielectricity(number) if number % 4 == 0 else {}),
        )


def rock_salt(cation: str, anion: str, side: float) -> Structure:
    return Structure.from_spacegroup("Fm-3m", Lattice.cubic(side), [cation, anion], [[0, 0, 0], [0.5, 0.5, 0.5]])


def meta(number: int, version: str) -> EmmetMeta:
    is_fenced = number % 10 == 9
    return EmmetMeta(
        license="BY-NC" if is_fenced else "BY-C",
        batch_id="gnome_r2scan_statics" if is_fenced else None,
        database_version=version,
        build_date=BUILT,
    )


def _elasticity(number: int) -> dict[str, Any]:
    voigt, reuss = 10.0 * number, 8.0 * number
    return {
        "bulk_modulus": {"voigt": voigt, "reuss": reuss, "vrh": (voigt + reuss) / 2},
        "shear_modulus": {"voigt": voigt / 2, "reuss": reuss / 2, "vrh": (voigt + reuss) / 4},
        "universal_anisotropy": number / 100,
        "homogeneous_poisson": 0.25,
    }


def _dielectricity(number: int) -> dict[str, Any]:
    return {
        "e_total": 2.0 + number,
        "e_ionic": number / 2,
        "e_electronic": 2.0 + number / 2,
        "n": (2.0 + number / 2) ** 0.5,
        "e_ij_max": number / 32,
        "weighted_work_function": 4.0 + number / 32,
        "weighted_surface_energy": 1.0 + number / 32,
    }
