"""Units: a unit as a paper prints it in, the same unit by pint's spelling out.

The grammar knows the symbols that papers print and refuses every other one: a unit is never guessed. Whatever
number belongs to it ("10^{-4} S/cm", "emu") is returned as a factor of its own, never folded in silently.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from harvest.papers.marked import REMEMBERED, for_reading

if TYPE_CHECKING:
    from pint import UnitRegistry

_PREFIXES = ("", "f", "p", "n", "u", "m", "c", "k", "M", "G", "T")
_TAKING_A_PREFIX = (
    "m", "g", "s", "A", "K", "mol", "Hz", "N", "Pa", "J", "W", "V", "F", "S", "T", "C", "eV", "bar", "L", "cal",
    "Wb", "H", "Oe", "ohm", "lx", "Gy", "Bq",
)  # fmt: skip
_AS_THEY_ARE = (
    "hPa", "dm", "degC", "degF", "degree", "angstrom", "min", "hartree", "atm", "psi", "ksi", "ppm", "ppb",
    "dB", "rpm", "rad", "lm", "cd", "e",
)  # fmt: skip
# Symbols that take a prefix, as (spelling by pint, factor).
_PREFIXED = {
    **{symbol: (symbol, 1.0) for symbol in _TAKING_A_PREFIX},
    "Wh": ("W*hour", 1.0),
    "Ah": ("A*hour", 1.0),
    "M": ("mol/L", 1.0),
    "Da": ("g/mol", 1.0),
    "l": ("L", 1.0),
    "emu": ("A*m**2", 1e-3),
    "Torr": ("torr", 1.0),
}
_PLAIN = {
    **{symbol: symbol for symbol in _AS_THEY_ARE},
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "hour"),
    **dict.fromkeys(("d", "day", "days"), "day"),
    **dict.fromkeys(("sec", "second", "seconds"), "second"),
    **dict.fromkeys(("mins", "minute", "minutes"), "minute"),
    **dict.fromkeys(("%", "percent", "pct"), "percent"),
    **dict.fromkeys(("atom", "at."), "atom"),
    **dict.fromkeys(("f.u.", "f.u", "fu"), "formula_unit"),
    "molecule": "molecule",
    "Ry": "rydberg",
    "Ha": "hartree",
    "kgf": "kilogram_force",
    "mu_B": "bohr_magneton",
    "cc": "cm**3",
    "D": "debye",
}
_COUNTS = ("atom", "formula_unit", "molecule")
_LARGEST_BARE_EXPONENT = 6
_LONGEST = 80
# Scales that are no units: their number is not a product with anything.
_SCALES = re.compile(r"^H(?:V|B|BW|K|R[A-C])\s?\d*$")
_BASIS = re.compile(
    r"^(?:(?P<before>wt|weight|mass|at|atomic|mol|mole|vol|volume)\b\.?\s*(?:-\s*)?(?:%|per\s?cent|percent)"
    r"|(?:%|per\s?cent|percent)\s*(?:by\s+)?(?P<after>wt|weight|mass|at|atomic|mol|mole|vol|volume)\.?)$",
    re.IGNORECASE,
)
_BASES = {"wt": "weight", "mass": "weight", "at": "atomic", "mole": "mol", "vol": "volume"}
_SPELLED = (
    (re.compile(r"°\s?C|º\s?C|˚\s?C|℃|\^\{\s*[oO0∘°]\s*\}\s?C\b|\bdeg\.?\s?C\b"), "degC"),
    (re.compile(r"°\s?F|℉"), "degF"),
    (re.compile(r"[°º˚]|\bdeg(?:rees?)?\b\.?|\^\{\s*[∘°]\s*\}"), "degree"),
    (re.compile(r"Å"), "angstrom"),
    (re.compile(r"Ω"), "ohm"),
    (re.compile(r"µ_\{?B\}?"), "mu_B"),
    (re.compile(r"µ"), "u"),
    (re.compile(r"\bper\b"), "/"),
    (re.compile(r"[·⋅∙•×*]"), " "),
)
_POWER_OF_TEN = re.compile(r"(?:(?<![\w.])(\d+(?:\.\d+)?)\s*)?(?:[x×·]\s*)?(?<![\w.])10\s*\^\{\s*([+-]?\s?\d+)\s*\}")
_TOKEN = re.compile(
    r"(?P<symbol>f\.\s?u\.?|at\.|mu_B|[A-Za-z%]+)\s?(?:\^\{\s*(?P<raised>[+-]?\s?\d+(?:[./]\d+)?)\s*\}|(?P<bare>-?\d+))?"
    r"|(?P<slash>/)|(?P<open>\()|(?P<close>\))(?:\^\{\s*(?P<outer>[+-]?\d+(?:[./]\d+)?)\s*\})?|(?P<one>1)(?=\s?/)"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as read.

    Attributes:
        spelling: by pint's spelling, "1" for a dimensionless quantity.
        factor: what a printed number is multiplied by to be in `spelling`.
        basis: what a percentage counts: weight, atomic, mol or volume.
    """

    spelling: str
    factor: float = 1.0
    basis: str | None = None


@lru_cache(maxsize=REMEMBERED)
def read_unit(markup: str) -> Unit | None:
    """Return the unit that a text spells, or none where the whole text is no unit."""
    if len(markup) > _LONGEST:
        return None
    text = for_reading(markup).strip(" ,;:")
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    if _SCALES.match(text):
        return None
    basis = _BASIS.match(text)
    if basis:
        named = (basis["before"] or basis["after"]).lower()
        return Unit("percent", basis=next((long for short, long in _BASES.items() if named.startswith(short)), named))
    text, factor = _take_power(text)
    for pattern, spelled in _SPELLED:
        text = pattern.sub(spelled, text)
    terms = _terms(text)
    if terms is None:
        return None
    return _assemble(terms, factor)


def _take_power(text: str) -> tuple[str, float]:
    """Split a power of ten off: "10^{-4} S/cm" is the unit S/cm and the factor 1e-4."""
    match = _POWER_OF_TEN.search(text)
    if match is None:
        return text, 1.0
    rest = (text[: match.start()].rstrip(" x×·") + " " + text[match.end() :]).strip(" x×·")
    return rest, float(f"{match[1] or 1}e{match[2].replace(' ', '')}")


def _terms(text: str) -> list[tuple[str, float]] | None:
    """Return symbols with their exponents; what follows a slash is below it unless it has a sign of its own."""
    terms: list[tuple[str, float]] = []
    opened: list[tuple[float, bool, int]] = []
    sign, is_below, position = 1.0, False, 0
    while position < len(text):
        if text[position] == " ":
            position += 1
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        position = match.end()
        if match["slash"]:
            is_below = True
        elif match["open"]:
            opened.append((sign, is_below, len(terms)))
            sign, is_below = (-sign if is_below else sign), False
        elif match["close"]:
            if not opened:
                return None
            sign, is_below, start = opened.pop()
            terms[start:] = [(symbol, power * _number(match["outer"] or "1")) for symbol, power in terms[start:]]
        elif match["symbol"]:
            found = _powers(match, sign=sign, is_below=is_below)
            if found is None:
                return None
            terms.extend(found)
    return terms if terms and not opened else None


def _powers(match: re.Match[str], *, sign: float, is_below: bool) -> list[tuple[str, float]] | None:
    """Return the symbols of a run of letters with their powers; a printed exponent belongs to the last."""
    symbols = _symbols(match["symbol"])
    if symbols is None:
        return None
    power = _number(match["raised"] or match["bare"] or "1")
    if not match["raised"] and abs(power) > _LARGEST_BARE_EXPONENT:
        return None
    below = -1.0 if is_below and power > 0 else 1.0
    plain_below = -1.0 if is_below else 1.0
    return [(symbol, sign * plain_below) for symbol in symbols[:-1]] + [(symbols[-1], sign * below * power)]


def _number(text: str) -> float:
    above, _slash, below = text.replace(" ", "").partition("/")
    return float(above) / float(below or 1)


@lru_cache(maxsize=REMEMBERED)
def _symbols(run: str) -> tuple[str, ...] | None:
    """Split letters into the fewest known symbols: "mAhg" is mAh and g."""
    known = _known()
    best: list[tuple[str, ...] | None] = [()] + [None] * len(run)
    for end in range(1, len(run) + 1):
        for start in range(end):
            before = best[start]
            if before is not None and run[start:end] in known:
                longer, shortest = (*before, run[start:end]), best[end]
                best[end] = longer if shortest is None or len(longer) < len(shortest) else shortest
    return best[-1]


@cache
def _known() -> dict[str, tuple[str, float]]:
    """Return each symbol that papers print with its spelling and factor."""
    prefixed = {
        prefix + symbol: (prefix + spelling, factor)
        for symbol, (spelling, factor) in _PREFIXED.items()
        for prefix in _PREFIXES
    }
    return prefixed | {symbol: (spelling, 1.0) for symbol, spelling in _PLAIN.items()}


def _assemble(terms: list[tuple[str, float]], factor: float) -> Unit:
    above, below = "", ""
    for symbol, power in terms:
        spelling, scale = _known()[symbol]
        factor *= scale**power
        size = f"{abs(power):g}"
        compound = f"({spelling})" if re.search(r"[*/]", spelling) and (size != "1" or power < 0) else spelling
        written = compound if size == "1" else f"{compound}**{size}"
        if power > 0:
            above += f"*{written}" if above else written
        elif power < 0:
            below += f"/{written}"
    return Unit((above or "1") + below, factor=factor)


@cache
def registry() -> UnitRegistry:
    """Return pint's registry with the counts that materials papers write as units; slow, so only once."""
    from pint import UnitRegistry  # noqa: PLC0415 — slow to import

    units = UnitRegistry(cache_folder=None, autoconvert_offset_to_baseunit=False)
    for count in _COUNTS:
        if count not in units:
            units.define(f"{count} = 1")
    return units


@cache
def dimension(spelling: str) -> str:
    """Return the dimension of a unit as text; amounts of substance count as numbers, so kJ/mol is an energy.

    Raises:
        pint.UndefinedUnitError: pint does not know the unit.
    """
    powers = dict(registry().parse_units("" if spelling == "1" else spelling).dimensionality)
    powers.pop("[substance]", None)
    return " ".join(f"{name}^{powers[name]:g}" for name in sorted(powers)) or "1"
