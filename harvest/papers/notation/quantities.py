"""Quantities: the marked-up text of a cell in, the number that it states out, with range, uncertainty and unit.

What can be read in two ways is refused with the reason: "10-4" may be a range or a power that lost its superscript.
What is read under an assumption carries a flag, which lowers the confidence of the value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache

from harvest.papers.notation.marked import LINE, REMEMBERED, for_reading
from harvest.papers.notation.units import Unit, read_unit
from schemas.measurement import Qualifier

_THIN = "\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}\N{NO-BREAK SPACE}\N{SIX-PER-EM SPACE}"
_THIN_THOUSANDS = re.compile(rf"(?<![\d.,])(\d{{1,3}}(?:[{_THIN}]\d{{3}})+)(?!\d)")
_COMMA_THOUSANDS = re.compile(r"(?<![\d.,])([1-9]\d{0,2}(?:,\d{3})+)(?![\d,])")
_BLANK_THOUSANDS = re.compile(r"^([+-]?[1-9]\d{0,2}(?: \d{3})+)(?=$| ?[^\d ])")
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d+),(\d+)(?![\d,.])")
_NUMBER = r"[+-]? ?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_TIMES_TEN = r"(?: ?[x×·⋅∙*] ?10 ?(?:\^\{ ?(?P<NAME>[+-]? ?\d+) ?\}|(?P<NAME_bare>[+-]\d+)))?"
_CORE = re.compile(
    rf"(?P<open>\()?(?P<number>{_NUMBER}) ?(?:\((?P<digits>\d+)\))?"
    + _TIMES_TEN.replace("NAME", "power")
    + rf"(?: ?(?:±|\+/-|\+-) ?(?P<error>{_NUMBER}))?(?(open) ?\))"
    + _TIMES_TEN.replace("NAME", "outer")
)
_BARE_POWER = re.compile(r"10 ?\^\{ ?([+-]? ?\d+) ?\}")
_BARE_ERROR = re.compile(rf"\(? ?(?:±|\+/-) ?({_NUMBER}) ?\)?$")
# "10−12" with the sign minus, not a dash: rather a power whose exponent is no longer raised than a range.
_LOST_POWER = re.compile(r"(?<![\d.,])10\s?−\s?\d+$")
_JOINT = re.compile(r" ?(?:to|-|~|…|\.\.\.?) ?")
_UNIT_BEFORE_JOINT = re.compile(r" ?(%|°C|(?!to\b)[a-zA-Zµ]{1,3})(?= ?(?:to|-|~) ?[-+]?\d)")
_SIGNS = {
    "<": Qualifier.LESS, "≤": Qualifier.LESS_EQUAL, "⩽": Qualifier.LESS_EQUAL, "<=": Qualifier.LESS_EQUAL,
    ">": Qualifier.GREATER, "≥": Qualifier.GREATER_EQUAL, "⩾": Qualifier.GREATER_EQUAL, ">=": Qualifier.GREATER_EQUAL,
    "~": Qualifier.APPROXIMATE, "∼": Qualifier.APPROXIMATE, "≈": Qualifier.APPROXIMATE, "≃": Qualifier.APPROXIMATE,
    "≅": Qualifier.APPROXIMATE, "ca.": Qualifier.APPROXIMATE, "about": Qualifier.APPROXIMATE,
    "approx.": Qualifier.APPROXIMATE,
}  # fmt: skip
_SIGN = re.compile("^(?:" + "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True)) + ") ?")
# "18.6 (18.1 ± 0.4)": the best and, in brackets, the mean of several.
_OTHER_NUMBER = re.compile(r"^\([^()±]*\d[^()±]*(?:±|\+/-)[^()]*\)$")
_PARENTHESIS = re.compile(r"\(([^()]*)\)$")
# Words behind a number and its unit that say at what: "mAh/g at C/8".
_REMARK = re.compile(r"(?:^|[\s,]+)(?:at|@|after|for|over|vs\.?|between|within|of)\s+\S.*$")
_TRAILING_MARK = re.compile(r"\^\{ ?[a-z*†‡§,]{1,3} ?\}")
# "25.0 ± 2.0 b": letters of significance; those that are units stay.
_SIGNIFICANCE = re.compile(r"(?<=[\d)]) ?(?:[abcef]|[a-f]{2,3}|[abcef](?:, ?[a-f]){1,3})$")
_UNIT_START = re.compile(r"^[(x×·\s]*(?:10\s?\^\{|1\s?/)")
_NUMERIC_START = re.compile(r"^[\s(+\-.~≈∼≃<>≤≥±]*\d")


# What parts the values of a list. A plain comma may be a decimal one, so it needs a blank behind it.
_LIST = re.compile(rf"\s*(?:{LINE}|;|,\s|\s/\s|\band\b|\bor\b|(?<=\d)/(?=\d))\s*")
_LINE_OF_NUMBER = re.compile(rf"\d{LINE}[+\-−–~≈<>≤≥]?\s?\d")
_MOST_LISTED = 12
_LONGEST = 120


class QuantityError(ValueError):
    """The text is not one quantity; says what was got and why it was not read."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as stated, in the unit as stated.

    Attributes:
        value: none for a range.
        unit: what the cell itself prints, none where it prints none.
        remark: words in brackets behind the number, such as "1st cycle".
        flags: under which assumptions it was read.
    """

    value: float | None
    value_min: float | None = None
    value_max: float | None = None
    uncertainty: float | None = None
    qualifier: Qualifier = Qualifier.EXACT
    unit: Unit | None = None
    remark: str = ""
    flags: tuple[str, ...] = ()

    def scaled(self, factor: float) -> Quantity:
        """Return the quantity with all its numbers multiplied; rounded to the digits that a float can hold."""
        if factor == 1.0:
            return self
        times = [None if x is None else _tidy(x * factor) for x in (self.value, self.value_min, self.value_max)]
        error = None if self.uncertainty is None else _tidy(self.uncertainty * abs(factor))
        return replace(self, value=times[0], value_min=times[1], value_max=times[2], uncertainty=error)


@dataclass(frozen=True, slots=True)
class _Part:
    """One number of a text, with what stood around it."""

    value: float
    error: float | None
    end: int
    unit: str = ""
    flags: tuple[str, ...] = field(default=())


@lru_cache(maxsize=REMEMBERED)
def looks_numeric(markup: str) -> bool:
    """Tell whether a text begins like a number and is no unit; "2H-MoS2" does too, so reading decides."""
    text = for_reading(markup)
    return bool(_NUMERIC_START.match(text)) and not (_UNIT_START.match(text) and _is_unit(text))


def _is_unit(text: str) -> bool:
    unit = read_unit(text.strip("()"))
    return unit is not None and unit.spelling != "1"


@lru_cache(maxsize=REMEMBERED)
def read_quantities(markup: str) -> tuple[Quantity, ...]:
    """Return the quantities that a cell states: one, or each of a list such as "13.2; 14.1" or one a line.

    Raises:
        QuantityError: the text is neither one quantity nor a list of them.
    """
    try:
        return (read_quantity(markup),)
    except QuantityError:
        parts = [part for part in _LIST.split(markup) if part.strip()]
        if not 1 < len(parts) <= _MOST_LISTED:
            raise
        listed = [read_quantity(part) for part in parts]
        shared = listed[-1].unit
        return tuple(replace(each, unit=each.unit or shared, flags=(*each.flags, "one of a list")) for each in listed)


@lru_cache(maxsize=REMEMBERED)
def read_quantity(markup: str) -> Quantity:
    """Return the quantity that a cell states.

    Raises:
        QuantityError: no number, more than one, or one that can be read in two ways.
    """
    if LINE in markup and _LINE_OF_NUMBER.search(markup):
        raise _refused(markup, "each line holds a number of its own")
    if len(markup) > _LONGEST:
        raise _refused(markup[:_LONGEST] + "…", f"it has more than {_LONGEST} characters")
    text, flags = _prepared(markup)
    sign = _SIGN.match(text)
    qualifier = _SIGNS[sign[0].strip()] if sign else Qualifier.EXACT
    rest = text[sign.end() :] if sign else text
    first = _part(rest, 0)
    if first is None:
        raise _refused(markup, "it begins with no number")
    second = _second(rest, first, markup)
    last = second or first
    unit, error, remark = _tail(rest[last.end :], markup)
    if last.unit:
        unit = _same(_unit(last.unit, markup), unit, markup)
    return Quantity(
        value=first.value if second is None else None,
        value_min=None if second is None else first.value,
        value_max=None if second is None else second.value,
        uncertainty=last.error if error is None else error,
        qualifier=qualifier,
        unit=unit,
        remark=remark,
        flags=flags + last.flags + ("bracket not read",) * bool(remark),
    )


def _prepared(markup: str) -> tuple[str, tuple[str, ...]]:
    """Return the text in its reading form with thousands closed up, and the assumptions made."""
    text = _THIN_THOUSANDS.sub(lambda match: re.sub(rf"[{_THIN}]", "", match[0]), markup)
    text = _TRAILING_MARK.sub("", for_reading(text)).strip()
    text, letters = _SIGNIFICANCE.subn("", text)
    text = _COMMA_THOUSANDS.sub(lambda match: match[0].replace(",", ""), text)
    flags: tuple[str, ...] = ("letter behind the number not read",) if letters else ()
    if _DECIMAL_COMMA.search(text):
        text, flags = _DECIMAL_COMMA.sub(r"\1.\2", text), (*flags, "decimal comma")
    if _BLANK_THOUSANDS.match(text):
        text = _BLANK_THOUSANDS.sub(lambda match: match[0].replace(" ", ""), text)
        flags = (*flags, "thousands apart by a blank")
    return text, flags


def _part(text: str, start: int) -> _Part | None:
    """Read one number with its power, its uncertainty in brackets and its ± part."""
    power = _BARE_POWER.match(text, start)
    if power:
        return _Part(float(f"1e{power[1].replace(' ', '')}"), None, power.end())
    match = _CORE.match(text, start)
    if match is None:
        return None
    printed = match["number"].replace(" ", "")
    power_text = match["power"] or match["power_bare"] or "0"
    outer_text = match["outer"] or match["outer_bare"] or "0"
    exponent = int(power_text.replace(" ", "")) + int(outer_text.replace(" ", ""))
    error = _last_digits(printed, match["digits"]) if match["digits"] else _float(match["error"])
    # "1.2 × 10^-3 ± 0.1" leaves open whether the power holds for both: the ± part is dropped, with a flag.
    open_error = bool(match["error"] and power_text != "0")
    bare = bool(match["power_bare"] or match["outer_bare"])
    flags = ("exponent not raised",) * bare + ("± part not read",) * open_error
    shifted = None if error is None or open_error else float(f"{error!r}e{exponent}") if exponent else error
    value = float(f"{printed}e{exponent}") if exponent and "e" not in printed.lower() else float(printed)
    return _Part(value, shifted, match.end(), flags=flags)


def _second(text: str, first: _Part, markup: str) -> _Part | None:
    """Return the upper end of a range, or none where the text states one number."""
    after = first.end
    own = _UNIT_BEFORE_JOINT.match(text, after)
    joint = _JOINT.match(text, own.end() if own else after)
    if joint is None:
        return None
    second = _part(text, joint.end())
    if second is None:
        return None
    if second.value <= first.value or _LOST_POWER.search(markup):
        raise _refused(markup, "a range that falls, or a power of ten that lost its superscript")
    if first.error is not None or second.error is not None:
        raise _refused(markup, "two numbers with uncertainties")
    return replace(second, unit=own[1]) if own else second


def _tail(text: str, markup: str) -> tuple[Unit | None, float | None, str]:
    """Read what follows the number: a unit, an uncertainty in brackets, or a bracket that is left as a remark."""
    tail = text.strip()
    if not tail:
        return None, None, ""
    error = None if _OTHER_NUMBER.match(tail) else _BARE_ERROR.search(tail)
    if error:
        return _unit(tail[: error.start()], markup), abs(float(error[1].replace(" ", ""))), ""
    bracket = _PARENTHESIS.search(tail)
    if bracket and read_unit(bracket[1]) is None:
        return _unit(tail[: bracket.start()], markup), None, bracket[1].strip()
    remark = _REMARK.search(tail)
    if remark:
        return _unit(tail[: remark.start()], markup), None, remark[0].strip(" ,")
    return _unit(tail, markup), None, ""


def _unit(text: str, markup: str) -> Unit | None:
    written = text.strip().removeprefix("(").removesuffix(")") if text.strip().startswith("(") else text.strip()
    if not written:
        return None
    unit = read_unit(written)
    if unit is None:
        raise _refused(markup, f"{written!r} after the number is no unit")
    return unit


def _same(first: Unit | None, second: Unit | None, markup: str) -> Unit | None:
    """Return the unit of a range whose lower end prints one too: "5 nm to 10 nm", but not "5 nm to 10 µm"."""
    if second is not None and second != first:
        raise _refused(markup, "the two ends of the range have different units")
    return first


def _last_digits(printed: str, digits: str) -> float:
    """Return the uncertainty in the last digits: 0.98(6) is 0.98 ± 0.06."""
    decimals = len(printed.partition(".")[2])
    return float(f"{digits}e-{decimals}")


def _float(text: str | None) -> float | None:
    return None if text is None else abs(float(text.replace(" ", "")))


def _tidy(value: float) -> float:
    """Take the last binary noise of a product away, so that 16.7 x 1e-6 is 1.67e-05."""
    return float(f"{value:.15g}")


def _refused(text: str, why: str) -> QuantityError:
    return QuantityError(f"{text!r} is not read as a quantity: {why}")
