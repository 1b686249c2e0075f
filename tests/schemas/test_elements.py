"""Elements: 118 of them, in order, with masses that pymatgen agrees with."""

from itertools import pairwise

from pymatgen.core import Element

from schemas.elements import ISOTOPES, atomic_numbers, elements


def test_there_are_118_in_order_of_their_numbers() -> None:
    assert [element.number for element in elements().values()] == list(range(1, 119))
    assert all(symbol == element.symbol for symbol, element in elements().items())


def test_they_are_those_of_pymatgen() -> None:
    for element in elements().values():
        other = Element(element.symbol)
        assert element.number == other.Z
        assert abs(float(other.atomic_mass) - element.mass_u) < 1e-6 * element.mass_u


def test_masses_rise_but_for_the_known_exceptions() -> None:
    known = [e for e in elements().values() if e.number <= 92]
    falls = [(a.symbol, b.symbol) for a, b in pairwise(known) if a.mass_u > b.mass_u]
    assert falls == [("Ar", "K"), ("Co", "Ni"), ("Te", "I"), ("Th", "Pa")]


def test_isotopes_of_hydrogen_are_hydrogen() -> None:
    assert {atomic_numbers()[isotope] for isotope in ISOTOPES} == {1}
