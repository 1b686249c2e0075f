"""Views: what a reader of a dataset version sees besides its tables; SQL over the tables, for DuckDB of any version."""

from __future__ import annotations

# Values of one property of one formula whose sources do not overlap: the gap between the ranges of two sources. Ranges
# are compared, not single values, because a formula may stand for several phases.
CONFLICTS = """
CREATE VIEW conflicts AS
WITH good AS (
    SELECT e.chemical_formula_reduced, e.formula, p.property, p.unit, p.source, p.method, p.value
    FROM properties p JOIN entries e USING (entry_id)
    WHERE p.status = 'kept' AND p.value IS NOT NULL AND len(p.flags) = 0
), ranges AS (
    SELECT chemical_formula_reduced, any_value(formula) AS formula, property, any_value(unit) AS unit, source, method,
        min(value) AS low, max(value) AS high, count(*) AS n
    FROM good GROUP BY chemical_formula_reduced, property, source, method
)
SELECT a.formula, a.property, a.unit,
    a.source AS source_a, a.method AS method_a, a.low AS low_a, a.high AS high_a, a.n AS n_a,
    b.source AS source_b, b.method AS method_b, b.low AS low_b, b.high AS high_b, b.n AS n_b,
    greatest(a.low - b.high, b.low - a.high) AS gap,
    greatest(a.low - b.high, b.low - a.high)
        / nullif(greatest(abs(a.low), abs(a.high), abs(b.low), abs(b.high)), 0) AS relative_gap
FROM ranges a JOIN ranges b
    ON a.chemical_formula_reduced = b.chemical_formula_reduced AND a.property = b.property
    AND (a.source, a.method) < (b.source, b.method)
WHERE greatest(a.low - b.high, b.low - a.high) > 0
"""

# Every value with its material and its provenance, ready to be read.
TRACED_VALUES = """
CREATE VIEW traced_values AS
SELECT p.property_id, m.material_id, m.formula, m.space_group_number, p.property, p.value, p.uncertainty, p.unit,
    p.value_given, p.unit_given, p.method, p.functional, p.flags, p.source, e.source_id, p.licence, v.uri,
    v.pin_version, p.raw_sha256, p.pointer
FROM properties p JOIN materials m USING (material_id) JOIN entries e USING (entry_id)
LEFT JOIN (SELECT DISTINCT source, raw_sha256, uri, pin_version FROM provenance) v
    ON v.raw_sha256 = p.raw_sha256 AND v.source = p.source
"""
VIEWS = (CONFLICTS, TRACED_VALUES)
