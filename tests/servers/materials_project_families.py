"""Documents of the provider's families of properties, with known truth; of the materials of the summary documents.

The n-th material (from 0) has the identifier mp-(1000 + n); its n-th values are multiples of n. Every tenth is BY-NC.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from emmet.core.absorption import AbsorptionDoc
from emmet.core.elasticity import ElasticityDoc
from emmet.core.electronic_structure import ElectronicStructureDoc
from emmet.core.magnetism import MagnetismDoc
from emmet.core.polar import DielectricDoc, PiezoelectricDoc
from emmet.core.structure import StructureMetadata
from emmet.core.thermo import ThermoDoc
from emmet.core.types.typing import format_identifier
from materials_project_documents import BUILT, CATIONS, meta, rock_salt

if TYPE_CHECKING:
    from emmet.core.material_property import PropertyDoc

COUNT = 12
IDENTITY = tuple(tuple(float(i == j) for j in range(6)) for i in range(6))
THERMO_TYPES = ("GGA_GGA+U", "R2SCAN")


def family_documents(version: str) -> dict[str, list[dict[str, Any]]]:
    """Return the documents of each family as the provider stores them."""
    return {
        "thermo": [_stored(ThermoDoc, n, version, **_thermo(n, kind)) for n in range(COUNT) for kind in THERMO_TYPES],
        **{
            name: [_stored(model, n, version, **values(n)) for n in range(COUNT)]
            for name, (model, values) in _MODELS.items()
        },
    }


@cache
def _metadata(number: int) -> dict[str, Any]:
    """Return what a document says of its structure; analysing the symmetry takes long."""
    structure = rock_salt(CATIONS[number % len(CATIONS)], "O", 4.0 + number / 32)
    found: dict[str, Any] = StructureMetadata.from_structure(meta_structure=structure).model_dump(
        exclude={"builder_meta"}
    )
    return found


def _stored(model: type[PropertyDoc], number: int, version: str, **values: Any) -> dict[str, Any]:  # noqa: ANN401
    document = model(
        **_metadata(number),
        material_id=format_identifier(f"mp-{1000 + number}", legacy=False),
        builder_meta=meta(number, version),
        last_updated=BUILT,
        deprecated=False,
        **values,
    )
    found: dict[str, Any] = json.loads(document.model_dump_json())
    return found


def _thermo(number: int, kind: str) -> dict[str, Any]:
    shift = THERMO_TYPES.index(kind) / 4
    return {
        "thermo_type": kind,
        "energy_type": kind,
        "entry_types": [],
        "entries": {},
        "uncorrected_energy_per_atom": -5.0 - number / 16 - shift,
        "energy_per_atom": -5.5 - number / 16 - shift,
        "formation_energy_per_atom": -number / 16 - shift,
        "energy_above_hull": number / 64 + shift,
        "is_stable": number == 0,
    }


def _electronic_structure(number: int) -> dict[str, Any]:
    return {
        "property_name": "electronic_structure",
        "band_gap": number / 8,
        "cbm": 4.0 + number / 8,
        "vbm": 4.0,
        "efermi": 4.0,
        "is_gap_direct": number % 2 == 0,
        "is_metal": number == 0,
        "magnetic_ordering": "NM",
    }


def _elasticity(number: int) -> dict[str, Any]:
    tensor = [[x * 10 * number for x in row] for row in IDENTITY]
    return {
        "elastic_tensor": {"raw": tensor, "ieee_format": tensor},
        "bulk_modulus": {"voigt": 10.0 * number, "reuss": 8.0 * number, "vrh": 9.0 * number},
        "shear_modulus": {"voigt": 5.0 * number, "reuss": 4.0 * number, "vrh": 4.5 * number},
        "youngs_modulus": 1e9 * number,
        "debye_temperature": 100.0 + number,
        "sound_velocity": {"longitudinal": 5000.0 + number, "transverse": 3000.0 + number},
        "homogeneous_poisson": 0.25,
        "universal_anisotropy": number / 100,
        "fitting_method": "finite_difference",
        "state": "successful",
    }


def _dielectric(number: int) -> dict[str, Any]:
    total, ionic, electronic = 2.0 + number, number / 2, 2.0 + number / 2
    diagonal = {name: [[x * (i == j) for j in range(3)] for i in range(3)] for name, x in (
        ("total", total), ("ionic", ionic), ("electronic", electronic),
    )}  # fmt: skip
    return {**diagonal, "e_total": total, "e_ionic": ionic, "e_electronic": electronic, "n": electronic**0.5}


def _magnetism(number: int) -> dict[str, Any]:
    return {
        "ordering": "FM" if number % 2 else "NM",
        "is_magnetic": number % 2 == 1,
        "num_magnetic_sites": number % 2,
        "total_magnetization": float(number),
        "total_magnetization_normalized_vol": number / 64,
        "total_magnetization_normalized_formula_units": number / 4,
    }


def _piezoelectric(number: int) -> dict[str, Any]:
    tensor = [[number / 32 * (i == j) for j in range(6)] for i in range(3)]
    return {
        "total": tensor,
        "ionic": tensor,
        "electronic": tensor,
        "e_ij_max": number / 32,
        "max_direction": [0, 0, 1],
        "strain_for_max": [0.0, 0.0, 1.0, 0.0, 0.0, 0.0],
    }


def _absorption(number: int) -> dict[str, Any]:
    energies = [0.5 * step for step in range(4)]
    return {
        "energies": energies,
        "energy_max": energies[-1],
        "absorption_coefficient": [1000.0 * number * energy for energy in energies],
        "average_real_dielectric": [1.0] * len(energies),
        "average_imaginary_dielectric": [0.0] * len(energies),
        "bandgap": number / 8,
        "nkpoints": 100,
    }


_MODELS = {
    "electronic_structure": (ElectronicStructureDoc, _electronic_structure),
    "elasticity": (ElasticityDoc, _elasticity),
    "dielectric": (DielectricDoc, _dielectric),
    "magnetism": (MagnetismDoc, _magnetism),
    "piezoelectric": (PiezoelectricDoc, _piezoelectric),
    "absorption": (AbsorptionDoc, _absorption),
}
