"""Conditions: conditions as given in, the same in canonical units out, so that equal ones compare as equal.

A condition that the property dictionary knows comes in its unit, any other quantity in SI base units. A number has
twelve digits, so that the way from one unit to another leaves no trace. Words have no outer or repeated blanks. The
text beside a number goes, unless it bounds the number ("< 300 K"). Conditions are sorted, and none stands twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from schemas.arrow import arrow_schema
from schemas.properties import load_properties
from schemas.quantity import Model
from schemas.units import UnitError, base_unit, conversion

if TYPE_CHECKING:
    from curation.workbench import Workbench


class _UnitRow(Model):
    """How a condition of a name in a given unit becomes canonical."""

    name: str
    unit_given: str
    unit: str
    factor: float
    shift: float


_UNITS = arrow_schema(_UnitRow)

_FOLDED = "trim(regexp_replace({words}, '[\\s\\p{{Zs}}]+', ' ', 'g'))"
_STATED = f"""
SELECT DISTINCT {_FOLDED.format(words="c.name")} AS name, c.unit AS unit
FROM (SELECT DISTINCT unnest(conditions) AS c FROM raw_properties) WHERE c.value IS NOT NULL AND c.unit IS NOT NULL
ORDER BY ALL
"""
# Most values have no conditions, and many have the same: each list is worked on once.
_SETS = f"""
CREATE TABLE condition_sets AS
WITH stated AS (
    SELECT conditions, unnest(conditions) AS c FROM (SELECT DISTINCT conditions FROM raw_properties)
), canonical AS (
    SELECT conditions, {{
        'name': {_FOLDED.format(words="c.name")},
        'value': format('{{:.12g}}', c.value * coalesce(u.factor, 1) + coalesce(u.shift, 0))::DOUBLE + 0.0,
        'unit': coalesce(u.unit, {_FOLDED.format(words="c.unit")}),
        'text': CASE WHEN c.value IS NULL OR regexp_matches(c.text, '[<>≤≥]') THEN {_FOLDED.format(words="c.text")} END
    }} AS one
    FROM stated LEFT JOIN condition_units u ON u.name = {_FOLDED.format(words="c.name")} AND u.unit_given = c.unit
)
SELECT conditions AS given, list_sort(list(DISTINCT one)) AS canonical FROM canonical GROUP BY conditions
"""


def normalise_conditions(bench: Workbench) -> None:
    """Make the table `condition_sets`: a row for each list of conditions that values have, as given and canonical."""
    rows = [_canonical(**pair) for pair in bench.table(_STATED).to_pylist()]
    bench.keep("condition_units", pa.Table.from_pylist(rows, schema=_UNITS))
    bench.run(_SETS)


def _canonical(name: str, unit: str) -> dict[str, object]:
    for canonical in _candidates(name, unit):
        try:
            found = conversion(unit, canonical)
        except UnitError:
            continue
        if not found.per_formula:
            return {"name": name, "unit_given": unit, "unit": canonical, "factor": found.factor, "shift": found.offset}
    return {"name": name, "unit_given": unit, "unit": " ".join(unit.split()), "factor": 1.0, "shift": 0.0}


def _candidates(name: str, unit: str) -> list[str]:
    """Return the units that a condition may come in: that of the dictionary, then SI; none for an unknown unit."""
    known = load_properties()
    try:
        return [*([known[name].unit] if name in known else []), base_unit(unit)]
    except UnitError:
        return []
