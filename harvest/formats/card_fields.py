"""Card fields: what a card may name, checked against the dictionaries: properties, units, formats."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from harvest.formats.rows import FORMATS
from harvest.formats.structures import STRUCTURE_FORMATS
from harvest.formats.unit_hints import unit_hint
from schemas.properties import UnknownPropertyError, load_properties
from schemas.units import UnitError, check_unit


def known_property(name: str) -> str:
    """Return the id of a property of the dictionary.

    Raises:
        ValueError: there is none; the message names those that come close.
    """
    try:
        return load_properties()[name].id
    except UnknownPropertyError as error:
        raise ValueError(str(error)) from error


def _known_structure_format(name: str) -> str:
    if name not in STRUCTURE_FORMATS:
        message = f"structure formats are {', '.join(STRUCTURE_FORMATS)}; got {name!r}"
        raise ValueError(message)
    return name


def _known_format(name: str) -> str:
    if name not in FORMATS:
        message = f"formats are {', '.join(FORMATS)}; got {name!r}"
        raise ValueError(message)
    return name


def _known_encoding(name: str) -> str:
    try:
        "a".encode(name)
    except (LookupError, UnicodeError) as error:
        message = f"no encoding {name!r} is known; for example utf-8, cp1252, latin-1, utf-16, cp932, gb18030"
        raise ValueError(message) from error
    return name


def _possible_delimiter(sign: str) -> str:
    if len(sign) != 1 or sign.isalnum() or sign in '"\r\n.':
        message = f'a delimiter is one sign, such as ";", "\\t" or "|"; got {sign!r}'
        raise ValueError(message)
    return sign


def is_unset(value: object) -> bool:
    """Tell whether a field that came later is not used: it is left out, so that older queries keep their identity."""
    return not value


def is_absent(value: object) -> bool:
    """Tell whether a field is not given; zero is given."""
    return value is None


def unit_of(unit: str, property_id: str | None) -> str:
    """Return a unit that measures a property; a property that is wrong itself is told elsewhere.

    Raises:
        UnitError: it does not; says how it is written here, where it is a unit that papers print.
    """
    if property_id is None:
        return unit
    try:
        check_unit(unit, property_id)
    except UnitError as error:
        hint = (
            unit_hint(unit, property_id) or f"write it as pint does, for example {load_properties()[property_id].unit}"
        )
        message = f"{str(error).partition('; write it')[0]}; {hint}"
        raise UnitError(message) from error
    return unit


KnownProperty = Annotated[str, AfterValidator(known_property)]
KnownFormat = Annotated[str, AfterValidator(_known_format)]
KnownEncoding = Annotated[str, AfterValidator(_known_encoding)]
Delimiter = Annotated[str, AfterValidator(_possible_delimiter)]
KnownStructureFormat = Annotated[str, AfterValidator(_known_structure_format)]
