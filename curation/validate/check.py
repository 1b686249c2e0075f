"""Check: rules applied to all rows at once; tables of flags and of reasons out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from curation.validate.rules import ENTRY_RULES, VALUE_RULES, Rule, Severity
from schemas.arrow import arrow_schema
from schemas.properties import load_properties
from schemas.quantity import Model

if TYPE_CHECKING:
    from curation.workbench import Workbench

_ENTRIES = """
CREATE VIEW checked_entries AS
SELECT e.entry_id, e.source, lattice_vectors IS NOT NULL AS has_structure, is_ordered, shortest_distance_angstrom,
    volume_angstrom3 / n_sites AS volume_per_atom, s.problem AS structure_problem, e.amounts AS given_amounts,
    c.entry_id IS NOT NULL AS has_composition
FROM raw_entries e LEFT JOIN structure_facts s USING (entry_id) LEFT JOIN compositions c USING (entry_id)
"""
_VALUES = """
CREATE VIEW checked_values AS
SELECT v.*, r.* EXCLUDE (property) FROM property_values v LEFT JOIN property_ranges r USING (property)
"""


class _RangeRow(Model):
    """The ranges of a property."""

    property: str | None
    possible: str | None
    possible_low: float | None
    possible_high: float | None
    plausible: str | None
    plausible_low: float | None
    plausible_high: float | None


_RANGES = arrow_schema(_RangeRow)


def validate(bench: Workbench) -> None:
    """Make the tables entry_verdicts and value_verdicts: id, flags and reasons; a row with reasons is quarantined.

    Values of a quarantined entry are quarantined with it.
    """
    bench.keep("property_ranges", pa.Table.from_pylist(_ranges(), schema=_RANGES))
    bench.run(_ENTRIES)
    bench.run(_VALUES)
    _judge(bench, "entry", "checked_entries", "entry_id", ENTRY_RULES)
    _judge(bench, "own_value", "checked_values", "property_id", VALUE_RULES)
    bench.run(
        "CREATE TABLE value_verdicts AS SELECT v.property_id, v.flags, CASE WHEN len(e.reasons) > 0 "
        "THEN list_append(v.reasons, 'entry_quarantined: ' || array_to_string(e.reasons, '; ')) ELSE v.reasons END "
        "AS reasons FROM own_value_verdicts v JOIN property_values USING (property_id) "
        "JOIN entry_verdicts e USING (entry_id)"
    )


def _ranges() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for definition in load_properties().definitions:
        row: dict[str, object] = {"property": definition.id}
        for kind in ("possible", "plausible"):
            interval = definition.possible if kind == "possible" else definition.plausible
            row |= {kind: None, f"{kind}_low": None, f"{kind}_high": None}
            if interval is not None:
                row |= {kind: str(interval), f"{kind}_low": interval.low, f"{kind}_high": interval.high}
        rows.append(row)
    return rows


def _judge(bench: Workbench, name: str, checked: str, key: str, rules: tuple[Rule, ...]) -> None:
    flags = ", ".join(f"CASE WHEN {r.breaks} THEN '{r.name}' END" for r in rules if r.severity is Severity.FLAG)
    reasons = ", ".join(
        f"CASE WHEN {r.breaks} THEN '{r.name}: ' || coalesce({r.reason}, '') END"
        for r in rules
        if r.severity is Severity.QUARANTINE
    )
    bench.run(
        f"CREATE TABLE {name}_verdicts AS SELECT {key}, "
        f"[x FOR x IN [{flags}] IF x IS NOT NULL] AS flags, [x FOR x IN [{reasons}] IF x IS NOT NULL] AS reasons "
        f"FROM {checked}"
    )
