"""Elements: symbols, atomic numbers, masses and electronegativities, read once from `elements.csv`.

Masses in unified atomic mass units, Pauling electronegativities and oxidation states are those that pymatgen tabulates
(IUPAC standard weights; Pauling scale; all states that are known of an element). Deuterium and tritium count as
hydrogen where a formula is reduced.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from schemas.quantity import Model

ISOTOPES = {"D": "H", "T": "H"}


class Element(Model):
    """A chemical element; mass in u; electronegativity on Pauling's scale and oxidation states where they are known."""

    number: int
    symbol: str
    mass_u: float
    electronegativity_pauling: float | None
    oxidation_state_lowest: int | None
    oxidation_state_highest: int | None


@cache
def elements() -> dict[str, Element]:
    """Return the 118 elements by symbol, in order of atomic number."""
    text = files("schemas").joinpath("elements.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["symbol"]: Element.model_validate({k: v or None for k, v in row.items()}) for row in rows}


@cache
def atomic_numbers() -> dict[str, int]:
    """Return atomic numbers by symbol; isotopes of hydrogen are hydrogen."""
    numbers = {symbol: element.number for symbol, element in elements().items()}
    return numbers | {isotope: numbers[symbol] for isotope, symbol in ISOTOPES.items()}
