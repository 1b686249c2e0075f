"""Confidence: a reading in; how probable it is that material, property, value and unit are right, out.

A logistic function of what the reading rests on: what told the property, the unit and the material, whether the value
is plausible, how sure the number and the table are. Its coefficients are package data, `confidence.toml`, fitted by
`benchmarks/extraction/fit_confidence.py`; a reliability plot stands in the documentation.
"""

from __future__ import annotations

import math
import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from harvest.papers.document import Tier
from schemas.properties import load_properties

if TYPE_CHECKING:
    from harvest.papers.tables.readings import Reading


def confidence(reading: Reading, *, is_alias: bool) -> float:
    """Return the probability that a reading is right, 0 to 1.

    Args:
        reading: with all its evidence.
        is_alias: the composition was found elsewhere in the article, by the name of the sample.
    """
    weights = coefficients()
    score = weights["always"] + sum(weights.get(name, 0.0) * size for name, size in features(reading, is_alias).items())
    return round(1.0 / (1.0 + math.exp(-score)), 3)


def features(reading: Reading, is_alias: bool) -> dict[str, float]:  # noqa: FBT001 — one of two things that are told
    """Return what a reading rests on, by the names of the coefficients."""
    told = {
        f"property from {reading.property_from}": 1.0,
        f"unit from {reading.unit_from or 'nowhere'}": 1.0,
        f"material from {reading.material_from}": 1.0,
        "material is an alias": float(is_alias),
        "no material": float(not reading.material.printed),
        "read under an assumption": float(len(reading.quantity.flags)),
        "implausible": float(not _is_plausible(reading)),
        "layout tier": float(reading.tier is Tier.LAYOUT),
    }
    return {name: size for name, size in told.items() if size}


@cache
def coefficients() -> dict[str, float]:
    """Return the fitted coefficients by name."""
    raw = tomllib.loads(files("harvest.papers").joinpath("confidence.toml").read_text(encoding="utf-8"))
    return {str(name): float(weight) for name, weight in raw["coefficients"].items()}


def _is_plausible(reading: Reading) -> bool:
    """Tell whether the value lies in the plausible range; where its unit is another one, nothing is known."""
    value = reading.quantity.value
    if value is None or reading.property not in load_properties():
        return True
    definition = load_properties()[reading.property]
    if definition.plausible is None or reading.unit != definition.unit:
        return True
    return value in definition.plausible
