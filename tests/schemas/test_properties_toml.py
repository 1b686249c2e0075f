"""The property dictionary that ships: what every entry of `properties.toml` must hold."""

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable
from importlib.resources import files

import pint
import pytest

from schemas.interval import Interval
from schemas.properties import PropertyDefinition, PropertyKind, load_properties

FAMILIES = {
    "adsorption",
    "battery",
    "catalysis",
    "condition",
    "dielectric",
    "electrochemical",
    "electronic",
    "magnetic",
    "mechanical",
    "microstructural",
    "optical",
    "photovoltaic",
    "processing",
    "structural",
    "superconducting",
    "surface",
    "thermal",
    "thermodynamic",
    "thermoelectric",
    "transport",
    "vibrational",
}

# What other parts of the package, and users' recipes, name: these ids and units may not change.
UNITS = {
    "adsorption_energy": "eV",
    "annealing_temperature": "K",
    "band_gap": "eV",
    "bulk_modulus": "GPa",
    "coercivity": "A/m",
    "critical_temperature_superconducting": "K",
    "curie_temperature": "K",
    "debye_temperature": "K",
    "density": "g/cm^3",
    "dielectric_constant": "1",
    "dielectric_constant_electronic": "1",
    "dielectric_constant_ionic": "1",
    "electrical_conductivity": "S/m",
    "electrical_resistivity": "ohm*m",
    "elongation_at_break": "percent",
    "energy_above_hull": "eV/atom",
    "figure_of_merit_zt": "1",
    "formation_energy": "eV/atom",
    "frequency": "Hz",
    "hardness_vickers": "GPa",
    "heating_rate": "K/min",
    "ionic_conductivity": "S/m",
    "lattice_angle_alpha": "degree",
    "lattice_angle_beta": "degree",
    "lattice_angle_gamma": "degree",
    "lattice_parameter_a": "angstrom",
    "lattice_parameter_b": "angstrom",
    "lattice_parameter_c": "angstrom",
    "magnetic_moment_per_atom": "bohr_magneton/atom",
    "melting_temperature": "K",
    "neel_temperature": "K",
    "open_circuit_voltage": "V",
    "overpotential": "mV",
    "poisson_ratio": "1",
    "pore_volume": "cm^3/g",
    "power_factor": "mW/m/K^2",
    "pressure": "GPa",
    "refractive_index": "1",
    "saturation_magnetization": "A/m",
    "seebeck_coefficient": "uV/K",
    "shear_modulus": "GPa",
    "sintering_temperature": "K",
    "space_group_number": "1",
    "specific_capacity": "mA*h/g",
    "surface_area_bet": "m^2/g",
    "tafel_slope": "mV/decade",
    "temperature": "K",
    "thermal_conductivity": "W/m/K",
    "time": "s",
    "total_energy": "eV/atom",
    "total_magnetization": "bohr_magneton",
    "turnover_frequency": "1/s",
    "ultimate_tensile_strength": "MPa",
    "volume_per_atom": "angstrom^3/atom",
    "wavelength": "nm",
    "yield_strength": "MPa",
    "youngs_modulus": "GPa",
}

UNIT_WORDS = {"ev", "mev", "kelvin", "gpa", "mpa", "angstrom", "nm", "um", "percent", "kj", "mol", "hz", "tesla"}

DEFINITIONS = load_properties().definitions


@pytest.fixture(scope="module")
def units() -> pint.UnitRegistry:
    registry = pint.UnitRegistry()
    # pint's own decade is logarithmic: mV/decade would parse, but V/decade would not convert to it.
    for counted in ("atom", "decade", "formula_unit", "site"):
        registry.define(f"{counted} = [{counted}_count]")
    return registry


def dimension(definition: PropertyDefinition, units: pint.UnitRegistry) -> str:
    unit = units.dimensionless if definition.unit == "1" else units.parse_units(definition.unit)
    return str(units.get_dimensionality(unit))


def lies_inside(inner: Interval, outer: Interval) -> bool:
    low = inner.low > outer.low or (inner.low == outer.low and inner.includes_low <= outer.includes_low)
    high = inner.high < outer.high or (inner.high == outer.high and inner.includes_high <= outer.includes_high)
    return low and high


def those(broken: Callable[[PropertyDefinition], object]) -> list[str]:
    return [definition.id for definition in DEFINITIONS if broken(definition)]


def test_the_dictionary_covers_the_field() -> None:
    assert len(DEFINITIONS) >= 160
    assert {definition.family for definition in DEFINITIONS} == FAMILIES


def test_the_file_is_sorted_by_family_then_by_id() -> None:
    raw = tomllib.loads(files("schemas").joinpath("properties.toml").read_text(encoding="utf-8"))
    order = [(body["family"], name) for name, body in raw.items()]
    assert order == sorted(order)


@pytest.mark.parametrize(("name", "unit"), UNITS.items())
def test_ids_that_others_name_keep_their_unit(name: str, unit: str) -> None:
    assert load_properties()[name].unit == unit


def test_every_unit_parses_and_converts(units: pint.UnitRegistry) -> None:
    for definition in DEFINITIONS:
        quantity = units.Quantity(2.0, definition.unit if definition.unit != "1" else "")
        back = quantity.to_base_units().to(quantity.units)
        assert back.magnitude == pytest.approx(2.0), definition.id


def test_no_name_stands_for_two_properties_of_one_dimension(units: pint.UnitRegistry) -> None:
    listed = Counter((name, dimension(entry, units)) for entry in DEFINITIONS for name in entry.names)
    assert [key for key, times in listed.items() if times > 1] == []


def test_labels_are_unique() -> None:
    labels = Counter(definition.label.lower() for definition in DEFINITIONS)
    assert [label for label, times in labels.items() if times > 1] == []


def test_ids_hold_no_unit() -> None:
    assert those(lambda entry: UNIT_WORDS.intersection(entry.id.split("_"))) == []


def test_names_are_lower_case_and_the_label_comes_first() -> None:
    assert those(lambda entry: any(name != name.lower().strip() for name in entry.names)) == []
    assert those(lambda entry: entry.names[0] != entry.label.lower()) == []


def test_names_and_symbols_are_in_the_form_in_which_text_is_looked_up() -> None:
    written = [text for entry in DEFINITIONS for text in entry.names + entry.symbols]
    assert [text for text in written if unicodedata.normalize("NFKC", text) != text] == []


def test_a_property_lists_each_symbol_once() -> None:
    assert those(lambda entry: len(set(entry.symbols)) < len(entry.symbols)) == []


def test_a_symbol_with_a_subscript_also_stands_flat() -> None:
    assert those(lambda entry: {s.replace("_", "") for s in entry.symbols} - set(entry.symbols)) == []


def test_every_description_is_one_sentence() -> None:
    assert those(lambda entry: not re.fullmatch(r".+\.", entry.description)) == []
    assert those(lambda entry: re.search(r"\. [A-Z]", entry.description)) == []


def test_plausible_lies_inside_possible() -> None:
    ranges = {entry.id: (entry.plausible, entry.possible) for entry in DEFINITIONS}
    both = {name: (inner, outer) for name, (inner, outer) in ranges.items() if inner and outer}
    assert [name for name, (inner, outer) in both.items() if not lies_inside(inner, outer)] == []


def test_scalars_have_a_plausible_range_and_nothing_else_has() -> None:
    assert those(lambda entry: (entry.kind is PropertyKind.SCALAR) != (entry.plausible is not None)) == []
    assert those(lambda entry: entry.kind is not PropertyKind.SCALAR and entry.possible) == []


def test_categories_and_booleans_have_no_unit() -> None:
    without = {PropertyKind.CATEGORY, PropertyKind.BOOLEAN}
    assert those(lambda entry: entry.kind in without and entry.unit != "1") == []


def test_ids_in_other_vocabularies_are_well_formed() -> None:
    qudt, optimade = re.compile(r"quantitykind:[A-Z][A-Za-z_-]+"), re.compile(r"_?[a-z][a-z0-9_]*")
    assert those(lambda entry: entry.qudt and not qudt.fullmatch(entry.qudt)) == []
    assert those(lambda entry: entry.optimade and not optimade.fullmatch(entry.optimade)) == []


# Measured values that are real, however extreme: none of them may be quarantined.
REAL = (
    ("band_gap", (0.0, 5.5, 13.6)),  # a metal, diamond, lithium fluoride
    ("poisson_ratio", (-0.7, 0.0, 0.49)),  # an auxetic foam, cork, rubber
    ("seebeck_coefficient", (-45000.0, 0.0)),  # FeSb2 at 10 K, a superconductor
    ("dielectric_constant", (-20.0, 1.0, 3e5)),  # a metal in the visible, a gas, SrTiO3 in a barrier layer
    ("thermal_conductivity", (0.012, 2200.0)),  # an aerogel, diamond
    ("melting_temperature", (0.95, 4263.0)),  # helium under pressure, Hf-Ta carbide
    ("carrier_mobility", (1e-7, 5.7e7)),  # a polymer, a two-dimensional electron gas
    ("thermal_expansion_coefficient", (-9e-6, 2e-4)),  # ZrW2O8, a polymer
    ("electrical_resistivity", (0.0, 1e17)),  # a superconductor, polystyrene
    ("magnetic_susceptibility", (-1.0, 1e6)),  # a superconductor, mu-metal
    ("energy_above_hull", (-0.1, 0.0)),  # a compound newer than the hull, a stable one
    ("critical_temperature_superconducting", (0.0003, 250.0)),  # rhodium, a hydride under pressure
    ("density", (0.00016, 22.59)),  # a graphene aerogel, osmium
    ("faradaic_efficiency", (0.0, 101.0)),  # within the error of the measurement
)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in REAL for value in values])
def test_real_values_are_possible(name: str, value: float) -> None:
    possible = load_properties()[name].possible
    assert possible is None or value in possible


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("density", 0.0),
        ("lattice_angle_alpha", 180.0),
        ("melting_temperature", -5.0),
        ("space_group_number", 231.0),
        ("temperature", -1.0),
        ("volume_per_atom", 0.0),
        ("youngs_modulus", -3.0),
    ],
)
def test_values_that_cannot_be_are_not_possible(name: str, value: float) -> None:
    assert value not in load_properties()[name].possible
