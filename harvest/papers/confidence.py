"""Confidence: a reading in, a number between 0 and 1 out.

The product of one weight for each step that could have gone wrong. The weights are set by hand and ordered by
experience; they are no calibrated probabilities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.properties import load_properties

if TYPE_CHECKING:
    from harvest.papers.tables.readings import Reading

_START = 0.98
_PROPERTY_FROM = {"name": 1.0, "element": 0.95, "caption": 0.9, "symbol": 0.85, "unit": 0.7, "header": 0.4}
_UNIT_FROM = {"header": 1.0, "cell": 1.0, "": 0.95, "caption": 0.9}
_MATERIAL_FROM = {"row": 1.0, "caption": 0.8, "title": 0.6, "heading": 0.5}
_ALIAS = 0.9
_FLAG = 0.8
_IMPLAUSIBLE = 0.4


def confidence(reading: Reading, *, is_alias: bool) -> float:
    """Return how far a reading is to be trusted.

    Args:
        reading: with all its evidence.
        is_alias: the composition was found elsewhere in the article, by the name of the sample.
    """
    score = _START * _PROPERTY_FROM[reading.property_from] * _UNIT_FROM[reading.unit_from]
    score *= _MATERIAL_FROM[reading.material_from] * (_ALIAS if is_alias else 1.0)
    score *= _FLAG ** len(reading.quantity.flags)
    return round(score * (1.0 if _is_plausible(reading) else _IMPLAUSIBLE), 3)


def _is_plausible(reading: Reading) -> bool:
    """Tell whether the value lies in the plausible range; where its unit is another one, nothing is known."""
    value = reading.quantity.value
    if value is None or reading.property not in load_properties():
        return True
    definition = load_properties()[reading.property]
    if definition.plausible is None or reading.unit != definition.unit:
        return True
    return value in definition.plausible
