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
        about: what breaks it, for people.
        breaks: SQL over the columns of the checked table, true where the row breaks the rule.
        reason: SQL text that says what was got and what was expected.
        can_be_accepted: whether a person may let the row out of quarantine; not where nothing can be computed with it.
    """

    name: str
    severity: Severity
    about: str
    breaks: str
    reason: str
    can_be_accepted: bool = False


@dataclass(frozen=True)
class PairRule:
    """A rule over two properties of one record, by one method; the value of the first is flagged.

    Attributes:
        name: snake case; the flag.
        first: property whose value is flagged.
        second: property that it is held against.
        breaks: SQL over `a.value` and `b.value`, true where they do not go together.
    """

    name: str
    first: str
    second: str
    breaks: str


ACCEPTED = "accepted"  # the flag of a row that a person let out of quarantine
ENTRY_RULES = (
    Rule(
        "composition_unreadable",
        Severity.QUARANTINE,
        "the amounts of its elements cannot be read as a formula",
        "NOT has_composition",
        "'amounts of elements run from ' || list_min(given_amounts) || ' to ' || list_max(given_amounts) "
        f"|| ', expected none below {LEAST_AMOUNT:g} or above {MOST_AMOUNT:g}, and one of 0.0001 or more'",
    ),
    Rule(
        "cell_without_volume",
        Severity.QUARANTINE,
        "the cell has less than 1 angstrom^3 for each site",
        "volume_per_atom IS NOT NULL AND NOT volume_per_atom >= 1",
        "'the cell has ' || round(volume_per_atom, 4) || ' angstrom^3 per site, expected at least 1'",
        can_be_accepted=True,
    ),
    Rule(
        "cell_not_finite",
        Severity.QUARANTINE,
        "a lattice vector or a position is not a finite number",
        "NOT is_finite",
        "'a lattice vector or a position is not a finite number'",
    ),
    Rule(
        "sites_overlap",
        Severity.QUARANTINE,
        "two sites are less than 0.5 angstrom apart",
        "is_ordered AND shortest_distance_angstrom < 0.5",
        "'two sites are ' || round(shortest_distance_angstrom, 4) || ' angstrom apart, expected at least 0.5'",
        can_be_accepted=True,
    ),
    Rule(
        "sites_close",
        Severity.FLAG,
        "two sites are 0.5 to 0.7 angstrom apart, less than in H2",
        "is_ordered AND shortest_distance_angstrom >= 0.5 AND shortest_distance_angstrom < 0.7",
        "'two sites are ' || round(shortest_distance_angstrom, 4) || ' angstrom apart, less than in H2'",
    ),
    Rule(
        "density_implausible",
        Severity.FLAG,
        "the density is above 25 g/cm^3",
        "density > 25",
        "'the density is ' || round(density, 2) || ' g/cm^3, that of osmium is 22.6'",
    ),
    Rule(
        "formula_differs_from_structure",
        Severity.FLAG,
        "the formula that the source gives is not that of the sites",
        "said_elements IS NOT NULL AND (said_elements <> elements OR list_max([abs(said_amounts[i] / "
        "list_sum(said_amounts) - amounts[i] / list_sum(amounts)) FOR i IN range(1, len(amounts) + 1)]) > 0.01)",
        "'the formula says ' || formula_given || ', the sites make ' || formula",
    ),
    Rule(
        "charge_unbalanced",
        Severity.FLAG,
        "an oxide or fluoride whose other elements, at their highest, cannot balance it; peroxides, too",
        "anion IN ('O', 'F') AND len(elements) > 1 AND highest_charge < 0",
        "'with ' || anion || ' in its lowest oxidation state the other elements cannot balance the charge of ' "
        "|| formula || ': ' || highest_charge",
    ),
    Rule(
        "structure_unreadable",
        Severity.QUARANTINE,
        "cell and sites cannot be standardised",
        "has_structure AND volume_per_atom IS NULL",
        "'the structure could not be standardised'",
    ),
    Rule(
        "symmetry_not_found",
        Severity.FLAG,
        "no space group was found",
        "structure_problem IS NOT NULL",
        "structure_problem",
    ),
    Rule(
        "volume_implausible",
        Severity.FLAG,
        "the cell has more than 150 angstrom^3 for each site",
        "volume_per_atom > 150",
        "'the cell has ' || round(volume_per_atom, 1) || ' angstrom^3 per site, expected at most 150'",
    ),
)

VALUE_RULES = (
    Rule(
        "not_convertible",
        Severity.QUARANTINE,
        "the property or the unit is unknown, or the unit does not convert",
        "problem IS NOT NULL",
        "problem",
    ),
    Rule(
        "not_a_number",
        Severity.QUARANTINE,
        "the value, or an end of its range, is not a finite number",
        "NOT coalesce(isfinite(value), true) OR NOT coalesce(isfinite(value_min), true) "
        "OR NOT coalesce(isfinite(value_max), true)",
        "'the value is not a finite number'",
    ),
    Rule(
        "tensor_incomplete",
        Severity.QUARANTINE,
        "the number of components is not that of the shape",
        "tensor IS NOT NULL AND len(tensor) <> list_product(tensor_shape)",
        "'the tensor has ' || len(tensor) || ' components, its shape is ' || tensor_shape::VARCHAR",
    ),
    Rule(
        "tensor_not_finite",
        Severity.QUARANTINE,
        "a component is not a finite number",
        "NOT list_bool_and([isfinite(x) FOR x IN tensor])",
        "'a component of the tensor is not a finite number'",
    ),
    Rule(
        "range_reversed",
        Severity.QUARANTINE,
        "the range ends before it begins",
        "value_min > value_max",
        "'the range runs from ' || value_min || ' down to ' || value_max",
        can_be_accepted=True,
    ),
    Rule(
        "value_outside_its_range",
        Severity.FLAG,
        "the value does not lie in the range that comes with it",
        "value < value_min OR value > value_max",
        "'the value ' || value || ' is not between ' || value_min || ' and ' || value_max",
    ),
    Rule(
        "outside_possible_range",
        Severity.QUARANTINE,
        "the value is outside of what is possible by the property dictionary",
        "NOT (coalesce(value, value_min, value_max, possible_low, 0) >= coalesce(possible_low, '-inf'::DOUBLE) "
        "AND coalesce(value, value_max, value_min, possible_high, 0) <= coalesce(possible_high, 'inf'::DOUBLE))",
        "property || ' = ' || coalesce(value, value_min, value_max) || ' ' || unit || ', possible is ' || possible",
        can_be_accepted=True,
    ),
    Rule(
        "outside_plausible_range",
        Severity.FLAG,
        "the value is outside of what is plausible by the property dictionary",
        "NOT (coalesce(value, value_min, value_max, plausible_low, 0) >= coalesce(plausible_low, '-inf'::DOUBLE) "
        "AND coalesce(value, value_max, value_min, plausible_high, 0) <= coalesce(plausible_high, 'inf'::DOUBLE))",
        "property || ' = ' || coalesce(value, value_min, value_max) || ' ' || unit || ', plausible is ' || plausible",
    ),
    Rule(
        "temperature_below_zero",
        Severity.FLAG,
        "a temperature among the conditions is below 0 K",
        "len([c FOR c IN conditions IF contains(c.name, 'temperature') AND c.unit = 'K' AND c.value < 0]) > 0",
        "'measured below 0 K: ' || conditions_given::VARCHAR",
    ),
    Rule(
        "differs_from_structure",
        Severity.FLAG,
        "density, volume for each atom or space group are not those of the structure of the record",
        "CASE property WHEN 'density' THEN abs(value - entry_density) > 0.05 * entry_density "
        "WHEN 'volume_per_atom' THEN abs(value - entry_volume_per_atom) > 0.02 * entry_volume_per_atom "
        "WHEN 'space_group_number' THEN value <> entry_space_group_number END",
        "property || ' = ' || value || ' does not fit the structure of the record'",
    ),
    Rule(
        "uncertainty_not_finite",
        Severity.FLAG,
        "the uncertainty is not a finite number",
        "NOT isfinite(uncertainty)",
        "'the uncertainty is not a finite number'",
    ),
    Rule(
        "uncertainty_negative",
        Severity.FLAG,
        "the uncertainty is negative",
        "uncertainty < 0",
        "'the uncertainty is ' || uncertainty",
    ),
    Rule(
        "uncertainty_exceeds_value",
        Severity.FLAG,
        "the uncertainty is larger than the value",
        "uncertainty > abs(value) AND value <> 0",
        "'the uncertainty ' || uncertainty || ' exceeds the value ' || value",
    ),
    Rule(
        "low_confidence",
        Severity.FLAG,
        "it was extracted with a confidence below 0.5",
        "confidence < 0.5",
        "'confidence ' || round(confidence, 2)",
    ),
)

PAIR_RULES = (
    PairRule("metal_with_a_gap", "band_gap", "is_metal", "a.value > 0.05 AND lower(b.category) = 'true'"),
    PairRule("direct_gap_below_the_gap", "band_gap_direct", "band_gap", "a.value < b.value - 0.01"),
    PairRule(
        "gap_differs_from_band_edges",
        "conduction_band_minimum",
        "valence_band_maximum",
        "a.value < b.value - 0.05",
    ),
    PairRule(
        "differs_from_refractive_index",
        "dielectric_constant_electronic",
        "refractive_index",
        "abs(a.value - b.value * b.value) > 0.1 * abs(a.value)",
    ),
    PairRule(
        "below_its_electronic_part",
        "dielectric_constant",
        "dielectric_constant_electronic",
        "a.value < 0.99 * b.value",
    ),
    PairRule("reuss_above_voigt", "bulk_modulus_reuss", "bulk_modulus_voigt", "a.value > 1.01 * b.value + 0.1"),
    PairRule("shear_reuss_above_voigt", "shear_modulus_reuss", "shear_modulus_voigt", "a.value > 1.01 * b.value + 0.1"),
    PairRule("yield_above_tensile_strength", "yield_strength", "ultimate_tensile_strength", "a.value > 1.02 * b.value"),
    PairRule("solidus_above_liquidus", "solidus_temperature", "liquidus_temperature", "a.value > b.value + 1"),
    PairRule("glass_above_melting", "glass_transition_temperature", "melting_temperature", "a.value > b.value"),
    PairRule(
        "remanence_above_saturation", "remanent_magnetization", "saturation_magnetization", "a.value > 1.02 * b.value"
    ),
    PairRule(
        "lattice_part_above_the_whole",
        "thermal_conductivity_lattice",
        "thermal_conductivity",
        "a.value > 1.05 * b.value",
    ),
    PairRule(
        "stable_above_the_hull", "energy_above_hull", "is_stable", "a.value > 0.001 AND lower(b.category) = 'true'"
    ),
)
# Factors between units that are taken for one another: prefixes, hartree, rydberg, kJ/mol, kcal/mol, cal, cm^2 and m^2.
_ONE_WAY = (1e3, 1e6, 27.211386, 13.605693, 96.48533, 23.060548, 4.184, 1e4)
UNIT_FACTORS = (*_ONE_WAY, *(1 / factor for factor in _ONE_WAY))
