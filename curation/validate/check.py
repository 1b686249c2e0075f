"""Check: rules applied to all rows at once; tables of flags and of reasons out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from curation.validate.rules import (
    ACCEPTED,
    ENTRY_RULES,
    PAIR_RULES,
    UNIT_FACTORS,
    VALUE_RULES,
    PairRule,
    Rule,
    Severity,
)
from schemas.arrow import arrow_schema
from schemas.properties import load_properties
from schemas.quantity import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curation.workbench import Workbench
    from schemas.recipe import Acceptance

_CUBIC_ANGSTROM_PER_U = 1.66053906892  # u / angstrom^3 in g/cm^3 (CODATA 2022)
# What the formula beside a structure says, where it is a plain one; 'D' and brackets are for the parser of formulas.
_SAID = """
CREATE TABLE said_compositions AS
WITH pieces AS (
    SELECT entry_id, unnest(regexp_extract_all(formula_given, '[A-Z][a-z]?')) AS symbol,
        unnest(regexp_extract_all(formula_given, '[A-Z][a-z]?([0-9]*[.]?[0-9]*)', 1)) AS amount
    FROM raw_entries
    WHERE lattice_vectors IS NOT NULL AND regexp_full_match(formula_given, '([A-Z][a-z]?([0-9]+[.]?[0-9]*)?)+')
), summed AS (
    SELECT entry_id, symbol, sum(CASE WHEN amount = '' THEN 1 ELSE amount::DOUBLE END) AS amount
    FROM pieces GROUP BY entry_id, symbol
)
SELECT entry_id, list(symbol ORDER BY symbol) AS said_elements, list(amount ORDER BY symbol) AS said_amounts
FROM summed WHERE amount > 0 GROUP BY entry_id HAVING bool_and(symbol IN (SELECT symbol FROM element_table))
"""
_ENTRIES = f"""
CREATE TABLE checked_entries AS
SELECT e.entry_id, e.source, lattice_vectors IS NOT NULL AS has_structure, is_ordered, shortest_distance_angstrom,
    s.space_group_number, volume_angstrom3 / n_sites AS volume_per_atom,
    CASE WHEN is_ordered THEN {_CUBIC_ANGSTROM_PER_U} * c.mass_u_per_atom * n_sites / volume_angstrom3 END AS density,
    s.problem AS structure_problem, e.amounts AS given_amounts, c.entry_id IS NOT NULL AS has_composition,
    c.formula, c.elements, c.amounts, c.anion, c.highest_charge, e.formula_given, w.said_elements, w.said_amounts,
    CASE WHEN lattice_vectors IS NOT NULL
        THEN list_bool_and([isfinite(x) FOR x IN list_concat(lattice_vectors, fractional_positions)]) END AS is_finite
FROM raw_entries e LEFT JOIN structure_facts s USING (entry_id) LEFT JOIN compositions c USING (entry_id)
LEFT JOIN said_compositions w USING (entry_id)
"""
_VALUES = """
CREATE VIEW checked_values AS
SELECT v.*, r.* EXCLUDE (property), e.volume_per_atom AS entry_volume_per_atom,
    e.density AS entry_density, e.space_group_number AS entry_space_group_number
FROM property_values v LEFT JOIN property_ranges r USING (property) LEFT JOIN checked_entries e USING (entry_id)
"""
# Pairs of values of one record that were got in the same way and are both stated as numbers.
_PAIRS = """
SELECT a.property_id, '{name}' AS flag FROM property_values a JOIN property_values b ON a.entry_id = b.entry_id
    AND a.method = b.method AND a.functional IS NOT DISTINCT FROM b.functional
WHERE a.property = '{first}' AND b.property = '{second}' AND a.problem IS NULL AND b.problem IS NULL AND {breaks}
"""


# A value that is another source's, but for the factor between two units, is likely to be in the wrong one; the source
# with fewer values of it is suspected.
_MISMATCHED_UNITS = f"""
CREATE TABLE unit_flags AS
WITH stated AS (
    SELECT property_id, c.chemical_formula_reduced AS formula, property, v.source, value
    FROM property_values v JOIN compositions c USING (entry_id)
    WHERE problem IS NULL AND isfinite(value) AND abs(value) > 1e-9
), ranges AS (
    SELECT formula, property, source, min(abs(value)) AS low, max(abs(value)) AS high, count(*) AS n
    FROM stated GROUP BY ALL
)
SELECT DISTINCT s.property_id, 'unit_suspected' AS flag
FROM stated s JOIN ranges r ON r.formula = s.formula AND r.property = s.property AND r.source <> s.source
JOIN ranges own ON own.formula = s.formula AND own.property = s.property AND own.source = s.source
WHERE r.n >= own.n AND (abs(s.value) > 5 * r.high OR abs(s.value) < r.low / 5) AND r.high < 1.5 * r.low
    AND list_min([abs(ln(abs(s.value) * 2 / (r.low + r.high) / factor)) FOR factor IN {list(UNIT_FACTORS)}]) < 0.02
"""
_VALUE_VERDICTS = """
CREATE TABLE value_verdicts AS
WITH more AS (
    SELECT property_id, list(DISTINCT flag ORDER BY flag) AS flags
    FROM (SELECT * FROM pair_flags UNION ALL SELECT * FROM unit_flags) GROUP BY property_id
)
SELECT v.property_id, v.flags || coalesce(m.flags, []) AS flags,
    CASE WHEN len(e.reasons) > 0
        THEN list_append(v.reasons, 'entry_quarantined: ' || array_to_string(e.reasons, '; ')) ELSE v.reasons END
    AS reasons
FROM own_value_verdicts v JOIN property_values USING (property_id) JOIN entry_verdicts e USING (entry_id)
LEFT JOIN more m USING (property_id)
"""


class _AcceptedRow(Model):
    """A row that a person let out of quarantine."""

    row_id: str
    reason: str


_ACCEPTED = arrow_schema(_AcceptedRow)


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


def validate(bench: Workbench, accepted: Sequence[Acceptance] = ()) -> None:
    """Make the tables entry_verdicts and value_verdicts: id, flags and reasons; a row with reasons is quarantined.

    Values of a quarantined entry are quarantined with it.

    Args:
        bench: where the normalised tables stand.
        accepted: rows that a person let out of quarantine; they get the names of the rules that they break as flags,
            and `accepted`. Rows that cannot be computed with, for want of a unit or a volume, stay.
    """
    rows = [{"row_id": row, "reason": one.reason} for one in accepted for row in one.rows]
    bench.keep("accepted", pa.Table.from_pylist(rows, schema=_ACCEPTED))
    bench.keep("property_ranges", pa.Table.from_pylist(_ranges(), schema=_RANGES))
    bench.run(_SAID)
    bench.run(_ENTRIES)
    bench.run(_VALUES)
    bench.run(f"CREATE TABLE pair_flags AS {' UNION ALL '.join(_pair(rule) for rule in PAIR_RULES)}")
    bench.run(_MISMATCHED_UNITS)
    _judge(bench, "entry", "checked_entries", "entry_id", ENTRY_RULES)
    _judge(bench, "own_value", "checked_values", "property_id", VALUE_RULES)
    bench.run(_VALUE_VERDICTS)


def _pair(rule: PairRule) -> str:
    return _PAIRS.format(name=rule.name, first=rule.first, second=rule.second, breaks=rule.breaks)


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
    """Ask all rules at once."""
    flags = [f"CASE WHEN {r.breaks} THEN '{r.name}' END" for r in rules if r.severity is Severity.FLAG]
    accepted = [f"CASE WHEN is_accepted AND {r.breaks} THEN '{r.name}' END" for r in rules if r.can_be_accepted]
    reasons = [
        f"CASE WHEN {r.breaks}{' AND NOT is_accepted' * r.can_be_accepted} "
        f"THEN '{r.name}: ' || coalesce({r.reason}, '') END"
        for r in rules
        if r.severity is Severity.QUARANTINE
    ]
    bench.run(
        f"CREATE TABLE {name}_verdicts AS SELECT {key}, "
        f"[x FOR x IN [{', '.join([*flags, *accepted])}] IF x IS NOT NULL] "
        f"|| CASE WHEN is_accepted THEN ['{ACCEPTED}'] ELSE [] END AS flags, "
        f"[x FOR x IN [{', '.join(reasons)}] IF x IS NOT NULL] AS reasons "
        f"FROM (SELECT *, {key} IN (SELECT row_id FROM accepted) AS is_accepted FROM {checked})"
    )
