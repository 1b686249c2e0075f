"""Units: values as given in, values in canonical units out; one factor for each pair of property and unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from curation.normalise.conditions import normalise_conditions
from schemas.arrow import arrow_schema
from schemas.properties import load_properties
from schemas.quantity import Model
from schemas.units import UnitError, conversion

if TYPE_CHECKING:
    from curation.workbench import Workbench


class _FactorRow(Model):
    """How values of a property in a given unit become canonical."""

    property: str | None
    unit_given: str | None
    unit: str | None
    factor: float | None
    shift: float | None
    per_formula: bool | None
    problem: str | None


_FACTORS = arrow_schema(_FactorRow)

_VALUES = """
CREATE TABLE property_values AS
WITH scaled AS (
    SELECT p.* REPLACE (coalesce(s.canonical, p.conditions) AS conditions), p.conditions AS conditions_given,
        f.unit AS canonical_unit, f.shift, f.problem,
        CASE WHEN f.per_formula THEN f.factor / c.atoms_per_formula ELSE f.factor END AS scale
    FROM raw_properties p
    JOIN factors f ON f.property = p.property AND f.unit_given = p.unit
    LEFT JOIN compositions c USING (entry_id)
    LEFT JOIN condition_sets s ON s.given = p.conditions
)
SELECT property_id, entry_id, source, source_rank, property,
    value * scale + shift AS value, value_min * scale + shift AS value_min, value_max * scale + shift AS value_max,
    uncertainty * abs(scale) AS uncertainty, coalesce(canonical_unit, unit) AS unit, qualifier, category,
    [x * scale FOR x IN tensor] AS tensor, tensor_shape, value AS value_given, unit AS unit_given, text, method,
    functional, conditions, conditions_given, confidence, raw_sha256, pointer, problem
FROM scaled
"""


def normalise_units(bench: Workbench) -> None:
    """Make the table `property_values`: canonical values beside those given; `problem` where there is no factor.

    Their conditions are canonical too, those given beside them.
    """
    normalise_conditions(bench)
    pairs = bench.table("SELECT DISTINCT property, unit FROM raw_properties ORDER BY ALL")
    rows = [_factor(pair["property"], pair["unit"]) for pair in pairs.to_pylist()]
    bench.keep("factors", pa.Table.from_pylist(rows, schema=_FACTORS))
    bench.run(_VALUES)


def _factor(property_id: str, unit_given: str) -> dict[str, object]:
    known = load_properties()
    row: dict[str, object] = {"property": property_id, "unit_given": unit_given, "unit": None, "factor": 1.0}
    row |= {"shift": 0.0, "per_formula": False, "problem": None}
    if property_id not in known:
        return row | {"problem": f"unknown_property: {property_id} is not in the property dictionary"}
    canonical = known[property_id].unit
    try:
        found = conversion(unit_given, canonical)
    except UnitError as error:
        return row | {"problem": f"wrong_unit: {error}"}
    return row | {
        "unit": canonical,
        "factor": found.factor,
        "shift": found.offset,
        "per_formula": found.per_formula,
    }
