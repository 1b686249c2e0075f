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

# Values of one material that were got in the same way and lie further apart than their uncertainties say.
MATERIAL_CONFLICTS = """
CREATE VIEW material_conflicts AS
WITH good AS (
    SELECT * FROM properties WHERE status = 'kept' AND value IS NOT NULL AND qualifier = '=' AND len(flags) = 0
)
SELECT a.material_id, m.formula, a.property, a.unit, a.method, a.functional, a.conditions,
    a.property_id AS property_id_a, a.source AS source_a, a.value AS value_a, a.uncertainty AS uncertainty_a,
    b.property_id AS property_id_b, b.source AS source_b, b.value AS value_b, b.uncertainty AS uncertainty_b,
    abs(a.value - b.value) AS gap,
    abs(a.value - b.value) / nullif(greatest(abs(a.value), abs(b.value)), 0) AS relative_gap
FROM good a JOIN good b ON a.material_id = b.material_id AND a.property = b.property AND a.method = b.method
    AND a.functional IS NOT DISTINCT FROM b.functional AND a.conditions IS NOT DISTINCT FROM b.conditions
    AND a.property_id < b.property_id
JOIN materials m ON m.material_id = a.material_id
WHERE abs(a.value - b.value)
    > greatest(coalesce(a.uncertainty, 0) + coalesce(b.uncertainty, 0), 1e-6 * abs(a.value), 1e-6 * abs(b.value))
"""

# One value for each material, property and way of getting it: the median of the kept values without flags. Methods,
# functionals and conditions are never mixed.
CONSENSUS = """
CREATE VIEW consensus AS
SELECT p.material_id, any_value(m.formula) AS formula, p.property, any_value(p.unit) AS unit, p.method, p.functional,
    p.conditions, median(p.value) AS value, min(p.value) AS low, max(p.value) AS high,
    stddev_samp(p.value) AS standard_deviation, count(*) AS n_values, list_sort(list(DISTINCT p.source)) AS sources,
    list_sort(list(p.property_id)) AS property_ids
FROM properties p JOIN materials m ON m.material_id = p.material_id
WHERE p.status = 'kept' AND p.value IS NOT NULL AND p.qualifier = '=' AND len(p.flags) = 0
GROUP BY p.material_id, p.property, p.method, p.functional, p.conditions
"""

# How far apart the values are that a group of more than one entry brings together, flagged and merged ones included:
# large where entries are one that should not be, or where sources disagree. Methods are never mixed.
GROUP_SPREAD = """
CREATE VIEW group_spread AS
WITH groups AS (
    SELECT material_id, 1 + count(*) AS n_entries, list_sort(list(DISTINCT level)) AS levels,
        max(rms_angstrom) AS largest_rms_angstrom, max(largest_angstrom) AS largest_displacement_angstrom
    FROM duplicates GROUP BY material_id
)
SELECT g.material_id, any_value(m.formula) AS formula, any_value(m.space_group_number) AS space_group_number,
    any_value(g.n_entries) AS n_entries, any_value(g.levels) AS levels,
    any_value(g.largest_rms_angstrom) AS largest_rms_angstrom,
    any_value(g.largest_displacement_angstrom) AS largest_displacement_angstrom,
    p.property, any_value(p.unit) AS unit, p.method, p.functional, p.conditions, count(*) AS n_values,
    count(DISTINCT p.entry_id) AS n_entries_with_value, count(*) FILTER (len(p.flags) > 0) AS n_flagged,
    min(p.value) AS low, max(p.value) AS high, max(p.value) - min(p.value) AS spread,
    (max(p.value) - min(p.value)) / nullif(max(abs(p.value)), 0) AS relative_spread,
    stddev_samp(p.value) AS standard_deviation, list_sort(list(DISTINCT p.source)) AS sources
FROM groups g JOIN materials m USING (material_id) JOIN properties p ON p.material_id = g.material_id
WHERE p.value IS NOT NULL AND p.qualifier = '='
GROUP BY g.material_id, p.property, p.method, p.functional, p.conditions
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
VIEWS = (CONFLICTS, MATERIAL_CONFLICTS, CONSENSUS, GROUP_SPREAD, TRACED_VALUES)
