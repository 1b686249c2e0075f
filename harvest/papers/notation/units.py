"""Units: a unit as a paper prints it in, the same unit by pint's spelling out.

The grammar knows the symbols that papers print and refuses every other one: a unit is never guessed. Whatever
number belongs to it ("10^{-4} S/cm", "emu") is returned as a factor of its own, never folded in silently.
"""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from harvest.papers.notation.marked import REMEMBERED, for_reading
from schemas.elements import atomic_numbers

# Spellings of what counts parts of a whole.
SHARES = frozenset(["percent", "ppm", "ppb"])
_LARGEST_BARE_EXPONENT = 6
_LONGEST = 80
_LONGEST_RUN = 8
_NEVER_JOINED = frozenset(["e", "d", "D", "Vs", "Ws", "Nm", "Pas", "kNm", "mPas"])
_SQUARED_OR_CUBED = frozenset(["m", "cm", "mm", "um", "µm", "nm", "dm", "km", "angstrom", "s"])
_CAPITALS = frozenset("ACDFHJLMNSTW")
_COUNTED = frozenset(["atom", "at.", "f.u", "f.u.", "fu"])
# Rockwell's scales are no units: their number is not a product with anything.
_SCALES = re.compile(r"^HR[A-C]\s?\d*$")
# Vickers, Brinell and Knoop numbers are kilograms of force per square millimetre; the digits are the load.
_FORCE_PER_INDENT = re.compile(r"^(?P<scale>HV|VHN|HB|HBW|BHN|HK|KHN)\s?_?\{?\d*(?:\.\d+)?\}?$")
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
    (re.compile(r"\bper\b"), "/"),
    (re.compile(r"\b(cm|mm) Hg\b"), r"\1Hg"),
    # Amounts of gas at standard conditions; that they are is said by the name of the property.
    (re.compile(r"\s?\((?:STP|at STP|NTP)\)|(?<=\d\})\s?STP\b"), ""),
    (re.compile(r"\bm(Pa)\.(s)\b"), r"m\1 \2"),
    (re.compile(r"√m\b|m\^\{½\}"), " m^{1/2}"),
    (re.compile(r"\^\{½\}"), "^{1/2}"),
    # "W/mK" and "J/kgK" lost the dot: a millikelvin below a watt is not meant.
    (re.compile(r"(?<=W/)(c?m)\s?K\b|(?<=J/)(k?g|mol)\s?K\b"), r"(\1\2 K)"),
    (re.compile(r"(?<=\S)\s*[·⋅∙•×*]\s*(?=\S)"), " "),
)
_POWER_OF_TEN = re.compile(r"(?:(?<![\w.])(\d+(?:\.\d+)?)\s*)?(?:[x×·]\s*)?(?<![\w.])10\s*\^\{\s*([+-]?\s?\d+)\s*\}")
_TOKEN = re.compile(
    r"(?P<symbol>f\.\s?u\.?|at\.|mu_B|[A-Za-zµ%□]+)\s?(?:\^\{\s*(?P<raised>[+-]?\s?\d+(?:[./]\d+)?)\s*\}|(?P<bare>-?\d+))?"
    r"|(?P<slash>/)|(?P<open>\()|(?P<close>\))(?:\^\{\s*(?P<outer>[+-]?\d+(?:[./]\d+)?)\s*\})?|(?P<one>1)(?=\s?/)"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as read.

    Attributes:
        spelling: by pint's spelling, "1" for a dimensionless quantity.
        factor: what a printed number is multiplied by to be in `spelling`.
        basis: what a percentage counts: weight, atomic, mol or volume.
        scale: the scale of hardness that the paper prints in place of a unit, "HV".
        stated: the unit by the symbols that papers print, where pint knows one of them by another name: "emu/g".
        stated_factor: the part of `factor` that comes from such symbols, not from a printed power of ten.
    """

    spelling: str
    factor: float = 1.0
    basis: str | None = None
    scale: str | None = None
    stated: str | None = None
    stated_factor: float = 1.0


@lru_cache(maxsize=REMEMBERED)
def read_unit(markup: str) -> Unit | None:
    """Return the unit that a text spells, or none where the whole text is no unit."""
    if len(markup) > _LONGEST:
        return None
    text = for_reading(markup).strip(" ,;:")
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    if _SCALES.match(text) or (text in atomic_numbers() and len(text) > 1 and text != "Pa"):
        return None
    indent = _FORCE_PER_INDENT.match(text)
    if indent:
        return Unit("kilogram_force/mm**2", scale=indent["scale"])
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
    return None if opened or text.endswith("/") or _is_name(terms, text) else terms


def _is_name(terms: list[tuple[str, float]], text: str) -> bool:
    """Tell what only looks like a unit: nothing, a count of nothing ("atom"), a sample ("C-4")."""
    if all(symbol in _COUNTED and power > 0 for symbol, power in terms):
        return True
    symbol, power = terms[0]
    return len(terms) == 1 and symbol in _CAPITALS and power < 0 and not set("^/") & set(text)


def _powers(match: re.Match[str], *, sign: float, is_below: bool) -> list[tuple[str, float]] | None:
    """Return the symbols of a run of letters with their powers; a printed exponent belongs to the last."""
    raised, bare = match["raised"], match["bare"]
    power = _number(raised or bare or "1")
    symbols = _symbols(match["symbol"], is_split=bool(raised) or power < 0)
    if symbols is None or power == 0 or not (bare is None or _may_have(symbols, power)):
        return None
    below = -1.0 if is_below and power > 0 else 1.0
    plain_below = -1.0 if is_below else 1.0
    return [(symbol, sign * plain_below) for symbol in symbols[:-1]] + [(symbols[-1], sign * below * power)]


def _may_have(symbols: tuple[str, ...], power: float) -> bool:
    """Tell whether a power that is not raised belongs to a unit: "cm3", "s-1", but not "S3" or "CH4"."""
    if abs(power) > _LARGEST_BARE_EXPONENT or power == 1:
        return False
    return power < 0 or symbols[-1] in _SQUARED_OR_CUBED


def _number(text: str) -> float:
    above, _slash, below = text.replace(" ", "").partition("/")
    return float(above) / float(below or 1)


@lru_cache(maxsize=REMEMBERED)
def _symbols(run: str, *, is_split: bool) -> tuple[str, ...] | None:
    """Return the known symbols that a run of letters holds, the fewest: "mAhg" with a power behind it is mAh and g.

    Args:
        run: letters.
        is_split: whether it may be several symbols; without a power behind it, it is rather a word.
    """
    known = _known()
    if run in known:
        return (run,)
    if not is_split or len(run) > _LONGEST_RUN:
        return None
    best: list[tuple[str, ...] | None] = [()] + [None] * len(run)
    for end in range(1, len(run) + 1):
        for start in range(end):
            before, symbol = best[start], run[start:end]
            if before is not None and symbol in known and symbol not in _NEVER_JOINED:
                longer, shortest = (*before, symbol), best[end]
                best[end] = longer if shortest is None or len(longer) < len(shortest) else shortest
    return best[-1]


@dataclass(frozen=True, slots=True)
class _Symbol:
    """A symbol that papers print: pint's spelling of it, its factor to that, and how to print it where they differ."""

    spelling: str
    factor: float = 1.0
    stated: str | None = None


@cache
def _known() -> dict[str, _Symbol]:
    """Return each symbol that papers print."""
    raw = tomllib.loads(files("harvest.papers.notation").joinpath("unit_symbols.toml").read_text(encoding="utf-8"))
    known = {symbol: _plain_symbol(body) for symbol, body in raw["plain"].items()}
    for symbol, body in raw["prefixed"].items():
        for prefix in ("", *body["prefixes"].split()):
            spelling = prefix.replace("µ", "u") + body.get("spelling", symbol)
            stated = f"{prefix}{body['stated']}" if "stated" in body else None
            known[prefix + symbol] = _Symbol(spelling, float(body.get("factor", 1.0)), stated)
    return known


def _plain_symbol(body: str | dict[str, str | float]) -> _Symbol:
    if isinstance(body, str):
        return _Symbol(body)
    stated = str(body["stated"]) if "stated" in body else None
    return _Symbol(str(body["spelling"]), float(body.get("factor", 1.0)), stated)


def _assemble(terms: list[tuple[str, float]], factor: float) -> Unit:
    symbols = [(_known()[symbol], power) for symbol, power in terms]
    own = math.prod(symbol.factor**power for symbol, power in symbols)
    spelling = _product([(symbol.spelling, power) for symbol, power in symbols])
    if all(symbol.stated is None for symbol, _power in symbols):
        return Unit(spelling, factor=factor * own)
    stated = _product([(symbol.stated or symbol.spelling, power) for symbol, power in symbols])
    return Unit(spelling, factor=factor * own, stated=stated, stated_factor=own)


def _product(terms: list[tuple[str, float]]) -> str:
    above, below = "", ""
    for spelling, power in terms:
        size = f"{abs(power):g}"
        compound = f"({spelling})" if re.search(r"[*/]", spelling) and (size != "1" or power < 0) else spelling
        written = compound if size == "1" else f"{compound}**{size}"
        if power > 0:
            above += f"*{written}" if above else written
        elif power < 0:
            below += f"/{written}"
    return (above or "1") + below
