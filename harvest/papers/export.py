"""Export: an extraction in, flat rows for tools that score or review it out, one a value.

A row is written whether or not its material has a composition, so that an extraction can be scored cell by cell; the
records that go into a dataset are those of the pipeline.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harvest.papers.confidence import confidence

if TYPE_CHECKING:
    from harvest.papers.notation.quantities import Quantity
    from harvest.papers.pipeline import Extraction
    from harvest.papers.tables.readings import Reading
    from schemas.measurement import Condition

Row = dict[str, object]

COLUMNS = (
    "document", "pmcid", "doi", "table", "row", "col", "start", "end", "property", "label", "property_id", "header",
    "value", "value_min", "value_max", "error", "qualifier", "unit", "factor", "text", "material", "alias",
    "formula", "phase", "conditions", "confidence", "extractor",
)  # fmt: skip
_PMCID = re.compile(r"^PMC\d+$")
_PRINTED_SIGN = {"<=": "≤", ">=": "≥", "~": "≈"}


def flat_rows(extraction: Extraction) -> list[Row]:
    """Return one row for each reading, in the order of the tables."""
    article = extraction.document
    about: Row = {
        "document": article.id,
        "pmcid": article.pmcid or (article.id if _PMCID.match(article.id) else None),
        "doi": article.doi,
    }
    return [about | _line(reading) for reading in extraction.readings]


def _line(reading: Reading) -> Row:
    unit, quantity, factor = _as_stated(reading)
    place = dict(reading.place.pointer.steps)
    start, _comma, end = place.get("char", "").partition(",")
    return {
        "table": place.get("table"),
        "row": int(place["row"]) if "row" in place else None,
        "col": int(place["col"]) if "col" in place else None,
        "start": int(start) if start else None,
        "end": int(end) if end else None,
        "property": _property_name(reading),
        "label": reading.label,
        "property_id": reading.property,
        "header": reading.header,
        "value": quantity.value,
        "value_min": quantity.value_min,
        "value_max": quantity.value_max,
        "error": quantity.uncertainty,
        "qualifier": _PRINTED_SIGN.get(quantity.qualifier.value, quantity.qualifier.value),
        "unit": unit,
        "factor": factor,
        "text": reading.text,
        "material": reading.material.printed,
        "alias": reading.material.sample or (None if reading.material.formula else reading.material.printed),
        "formula": reading.material.formula,
        "phase": reading.material.phase,
        "conditions": {condition.name: _condition(condition) for condition in reading.conditions},
        "confidence": confidence(reading, is_alias=False),
    }


def _as_stated(reading: Reading) -> tuple[str | None, Quantity, float]:
    """Return unit and quantity by the symbols that the article prints, "emu/g" rather than what it is in SI units."""
    unit = reading.stated_unit
    if unit is None or unit.stated is None:
        return reading.scale or (None if reading.unit == "1" else reading.unit), reading.quantity, reading.factor
    return unit.stated, reading.quantity.scaled(1.0 / unit.stated_factor), reading.factor / unit.stated_factor


def _property_name(reading: Reading) -> str:
    """Return the property as the article names it, a symbol with its meaning: "Eg | band gap"."""
    if reading.property_from == "element" or not reading.title:
        return reading.label
    is_wordless = reading.property_from in {"caption", "symbol"}
    return f"{reading.title} | {reading.label}" if is_wordless else reading.title


def _condition(condition: Condition) -> str:
    if condition.text:
        return condition.text
    return f"{condition.value:g} {condition.unit or ''}".strip() if condition.value is not None else ""
