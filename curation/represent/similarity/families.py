"""Families: which group of the periodic table an element belongs to, for colours."""

from __future__ import annotations

from schemas.elements import elements

FAMILIES = (
    "alkali metal",
    "alkaline earth",
    "transition metal",
    "lanthanoid",
    "actinoid",
    "other metal",
    "metalloid",
    "non-metal",
    "halogen",
    "noble gas",
)
_MEMBERS = {
    "alkali metal": "Li Na K Rb Cs Fr",
    "alkaline earth": "Be Mg Ca Sr Ba Ra",
    "other metal": "Al Ga In Sn Tl Pb Bi Po Nh Fl Mc Lv",
    "metalloid": "B Si Ge As Sb Te",
    "non-metal": "H C N O P S Se",
    "halogen": "F Cl Br I At Ts",
    "noble gas": "He Ne Ar Kr Xe Rn Og",
}
_FIRST_LANTHANOID, _LAST_LANTHANOID, _FIRST_ACTINOID, _LAST_ACTINOID = 57, 71, 89, 103


def family_of(symbol: str) -> str:
    """Return the family of an element, one of `FAMILIES`."""
    for family, members in _MEMBERS.items():
        if symbol in members.split():
            return family
    number = elements()[symbol].number
    if _FIRST_LANTHANOID <= number <= _LAST_LANTHANOID:
        return "lanthanoid"
    return "actinoid" if _FIRST_ACTINOID <= number <= _LAST_ACTINOID else "transition metal"
