"""Lines: an extraction in; one flat row for each reading out, as `matgranary extract` writes them.

A row is written whether or not its material has a composition, so that the extraction can be scored cell by cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harvest.papers.confidence import confidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harvest.papers.pipeline import Extraction
    from harvest.papers.readings import Reading
    from schemas.measurement import Condition

    Row = dict[str, str | float | dict[str, str] | None]

_PRINTED_SIGN = {"<=": "≤", ">=": "≥", "~": "≈"}


def reading_lines(extraction: Extraction) -> Iterator[Row]:
    """Yield one row for each reading, in the order of the tables."""
    article = extraction.document
    about: Row = {"document": article.id, "pmcid": article.pmcid or article.id, "doi": article.doi}
    for reading in extraction.readings:
        yield about | _line(reading)


def _line(reading: Reading) -> Row:
    place, quantity = reading.place, reading.quantity
    return {
        "table": place.table,
        "row": place.row,
        "col": place.column,
        "property": reading.label,
        "property_id": reading.property,
        "header": reading.header,
        "value": quantity.value,
        "value_min": quantity.value_min,
        "value_max": quantity.value_max,
        "error": quantity.uncertainty,
        "qualifier": _PRINTED_SIGN.get(quantity.qualifier.value, quantity.qualifier.value),
        "unit": None if reading.unit == "1" else reading.unit,
        "factor": reading.factor,
        "text": reading.text,
        "material": reading.material.printed,
        "alias": None if reading.material.formula else reading.material.printed,
        "formula": reading.material.formula,
        "phase": reading.material.phase,
        "conditions": {condition.name: _condition(condition) for condition in reading.conditions},
        "confidence": confidence(reading, is_alias=False),
    }


def _condition(condition: Condition) -> str:
    if condition.text:
        return condition.text
    return f"{condition.value:g} {condition.unit or ''}".strip() if condition.value is not None else ""
