"""Rules: what a row must be; each a condition in SQL that is true of the rows that break it.

A rule of severity `quarantine` takes the row out, with its reason; one of severity `flag` leaves it in and marks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from curation.normalise.composition import LEAST_AMOUNT, MOST_AMOUNT


class Severity(StrEnum):
    """What becomes of a row that breaks a rule."""

    QUARANTINE = "quarantine"
    FLAG = "flag"


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        name: snake case; stands in flags and in front of reasons.
        severity: flag or quarantine.
        breaks: SQL over the columns of the checked table, true where the row breaks the rule.
        reason: SQL text that says what was got and what was expected.
    """

    name: str
    severity: Severity
    breaks: str
    reason: str


ENTRY_RULES = (
    Rule(
        "composition_unreadable",
        Severity.QUARANTINE,
        "NOT has_composition",
        "'amounts of elements run from ' || list_min(given_amounts) || ' to ' || list_max(given_amounts) "
        f"|| ', expected none below {LEAST_AMOUNT:g} or above {MOST_AMOUNT:g}, and one of 0.0001 or more'",
    ),
    Rule(
        "cell_without_volume",
        Severity.QUARANTINE,
        "volume_per_atom IS NOT NULL AND NOT volume_per_atom >= 1",
        "'the cell has ' || round(volume_per_atom, 4) || ' angstrom^3 per site, expected at least 1'",
    ),
    Rule(
        "sites_overlap",
        Severity.QUARANTINE,
        "is_ordered AND shortest_distance_angstrom < 0.5",
        "'two sites are ' || round(shortest_distance_angstrom, 4) || ' angstrom apart, expected at least 0.5'",
    ),
    Rule(
        "structure_unreadable",
        Severity.QUARANTINE,
        "has_structure AND volume_per_atom IS NULL",
        "'the structure could not be standardised'",
    ),
    Rule(
        "symmetry_not_found",
        Severity.FLAG,
        "structure_problem IS NOT NULL",
        "structure_problem",
    ),
    Rule(
        "volume_implausible",
        Severity.FLAG,
        "volume_per_atom > 150",
        "'the cell has ' || round(volume_per_atom, 1) || ' angstrom^3 per site, expected at most 150'",
    ),
)

VALUE_RULES = (
    Rule(
        "not_convertible",
        Severity.QUARANTINE,
        "problem IS NOT NULL",
        "problem",
    ),
    Rule(
        "not_a_number",
        Severity.QUARANTINE,
        "NOT coalesce(isfinite(value), true) OR NOT coalesce(isfinite(value_min), true) "
        "OR NOT coalesce(isfinite(value_max), true)",
        "'the value is not a finite number'",
    ),
    Rule(
        "range_reversed",
        Severity.QUARANTINE,
        "value_min > value_max",
        "'the range runs from ' || value_min || ' down to ' || value_max",
    ),
    Rule(
        "outside_possible_range",
        Severity.QUARANTINE,
        "NOT (coalesce(value, value_min, value_max, possible_low, 0) >= coalesce(possible_low, '-inf'::DOUBLE) "
        "AND coalesce(value, value_max, value_min, possible_high, 0) <= coalesce(possible_high, 'inf'::DOUBLE))",
        "property || ' = ' || coalesce(value, value_min, value_max) || ' ' || unit || ', possible is ' || possible",
    ),
    Rule(
        "outside_plausible_range",
        Severity.FLAG,
        "NOT (coalesce(value, value_min, value_max, plausible_low, 0) >= coalesce(plausible_low, '-inf'::DOUBLE) "
        "AND coalesce(value, value_max, value_min, plausible_high, 0) <= coalesce(plausible_high, 'inf'::DOUBLE))",
        "property || ' = ' || coalesce(value, value_min, value_max) || ' ' || unit || ', plausible is ' || plausible",
    ),
    Rule(
        "uncertainty_negative",
        Severity.FLAG,
        "uncertainty < 0",
        "'the uncertainty is ' || uncertainty",
    ),
    Rule(
        "uncertainty_exceeds_value",
        Severity.FLAG,
        "uncertainty > abs(value) AND value <> 0",
        "'the uncertainty ' || uncertainty || ' exceeds the value ' || value",
    ),
    Rule(
        "low_confidence",
        Severity.FLAG,
        "confidence < 0.5",
        "'confidence ' || round(confidence, 2)",
    ),
)
