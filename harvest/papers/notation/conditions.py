"""Conditions: words with a quantity, as headers and captions print them, in; the condition that they state out."""

from __future__ import annotations

import re

from harvest.papers.notation.marked import for_reading, plain
from harvest.papers.notation.quantities import QuantityError, read_quantity
from schemas.measurement import Condition

# A unit says which condition is meant where no word does.
_BY_UNIT = {
    **dict.fromkeys(("K", "degC", "degF"), "temperature"),
    **dict.fromkeys(("nm", "um", "angstrom"), "wavelength"),
    **dict.fromkeys(("Pa", "kPa", "MPa", "GPa", "bar", "mbar", "kbar", "atm", "torr"), "pressure"),
    **dict.fromkeys(("Hz", "kHz", "MHz", "GHz", "THz"), "frequency"),
    **dict.fromkeys(("s", "second", "min", "minute", "hour", "day"), "time"),
    **dict.fromkeys(("T", "mT", "Oe", "kOe"), "magnetic_field"),
    **dict.fromkeys(("V", "mV", "kV"), "voltage"),
    **dict.fromkeys(("V/m", "kV/cm", "MV/m", "V/cm"), "electric_field"),
}
_BY_SYMBOL = {"T": "temperature", "λ": "wavelength", "P": "pressure", "p": "pressure", "f": "frequency", "t": "time"}
_NAMED = re.compile(
    r"^(?:(?:measurement|test|testing|room)\s+)?(temperature|wavelength|pressure|frequency|time|magnetic field|"
    r"electric field|voltage|thickness|humidity)s?$",
    re.IGNORECASE,
)
# Settings whatever the dictionary of properties says of the words: as columns they stand beside what was found.
_SETTING = re.compile(
    r"^(?:heating|cooling|strain|scan)\s*rate$|"
    r"^(?:(?:current )?rate|current density|cycles?|cycled? (?:number|no\.?)|c[- ]rate|voltage (?:range|window)|"
    r"mass loading|layer thickness(?:es)?|"
    r"applied (?:field|voltage|potential|load|pressure)|molar ratio|feed ratio)$|"
    # Places in a spectrum.
    r"\b(?:wave ?numbers?|peak positions?|(?:raman|ir|infrared) frequenc(?:y|ies)|assignments?)\b",
    re.IGNORECASE,
)
# Words of settings that names of properties hold as well: "melting temperature", "turnover frequency".
_PROCESS = re.compile(
    r"\b(?:anneal\w*|sinter\w*|calcin\w*|deposition|growth|substrate|heating|cooling|quench\w*|scan\w*|strain|loading|"
    r"temper\w*|aging|ageing|solution|reaction|peak|melting|welding|scanning|laser|beam|milling|holding|soaking)\s+"
    r"(?:temperature|time|rate|speed|power|energy|duration)s?\b|"
    r"^number of (?:layer|cycle|sample|specimen|pass(?:e)?|step|measurement|test|run|point|parameter|replicate)s?\b|"
    r"\b(?:frequenc(?:y|ies)|concentration of solution|layer|position)s?\b",
    re.IGNORECASE,
)
_EQUATION = re.compile(r"^(?P<name>[^=:]{0,40}?)\s*[=:]?\s*(?P<quantity>(?:[<>≤≥~≈]\s*)?[-+]?\s?\d[^=]*)$")
_ROOM_TEMPERATURE = re.compile(r"^(?:at\s+)?(?:room temperature|ambient temperature|rt|r\.t\.)$", re.IGNORECASE)
_AT = re.compile(r"(?:^|\s|,\s?)(?:at|@)\s+(?P<what>(?:room|ambient) temperature|RT|[^,;()]*\d[^,;()]*)$")


def is_condition_name(name: str, symbols: tuple[str, ...] = ()) -> bool:
    """Tell whether a header names what a measurement or a process was done at, not what was found."""
    words = name.strip()
    if not words:
        return bool(symbols) and all(symbol in _BY_SYMBOL for symbol in symbols)
    return is_setting_name(words) or bool(_PROCESS.search(words))


def is_setting_name(name: str) -> bool:
    """Tell whether a header names a setting even where the dictionary has a property by the same name."""
    words = name.strip()
    return bool(_NAMED.match(words) or _SETTING.search(words)) or words in _BY_SYMBOL


def condition_name(words: str, unit: str | None) -> str:
    """Return the name of a condition from its words or symbol, else from its unit."""
    cleaned = words.strip(" =:,")
    if cleaned in _BY_SYMBOL and unit is not None:
        return _BY_SYMBOL[cleaned]
    named = _NAMED.match(cleaned)
    if named:
        return named[1].lower().replace(" ", "_")
    if cleaned.lower() not in {"", "at", "for"}:
        return cleaned
    return _BY_UNIT.get(unit or "", "condition")


def condition_of_unit(unit: str) -> str:
    """Return the condition that a unit alone tells: kelvins are of a temperature."""
    return _BY_UNIT.get(unit, "condition")


def read_condition(markup: str) -> Condition | None:
    """Return the condition that a text states as a whole, such as "589 nm", "T = 300 K", "at 300 K"; else none.

    A number without a unit states no condition, so that "(5)" in a header is not taken for one.
    """
    text = for_reading(markup).removeprefix("at ").removeprefix("@").strip()
    if _ROOM_TEMPERATURE.match(text):
        return Condition(name="temperature", text=plain(markup).strip())
    match = _EQUATION.match(text)
    if match is None or match["name"].rstrip().endswith("/"):
        return None
    try:
        quantity = read_quantity(match["quantity"])
    except QuantityError:
        return None
    if quantity.unit is None or quantity.unit.factor != 1.0 or quantity.unit.spelling in {"percent", "degree"}:
        return None
    spelling = quantity.unit.spelling
    name = condition_name(plain(match["name"]), spelling)
    return Condition(name=name, value=quantity.value, unit=spelling, text=plain(markup).strip())


def split_at(text: str) -> tuple[str, Condition | None]:
    """Split a trailing "at 300 K" off a text."""
    match = _AT.search(text)
    found = read_condition(match["what"]) if match else None
    return (text[: match.start()].rstrip(" ,"), found) if match and found else (text, None)
