"""Measurements: a sentence with the names of properties in it in; (material, property, value, unit, conditions) out.

A quantity belongs to the nearest property that its unit fits, rather one before it than one behind it, and never over
another quantity that takes the same property. A quantity behind "at" or "under" whose unit is one of temperature,
pressure and the like is a condition of the others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvest.papers.notation.conditions import condition_of_unit
from harvest.papers.notation.material_spans import MaterialSpan, find_materials
from harvest.papers.notation.vocabulary import definitions_named, fits
from harvest.papers.text.noun_phrases import bound_phrase, stated_phrase
from harvest.papers.text.quantity_spans import QuantitySpan, find_quantities
from schemas.measurement import Condition

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schemas.properties import PropertyDefinition

    Named = tuple[int, int, str]

_AT = re.compile(r"\b(?:at|under|after|for|during|in|@|and|with)\s+(?:an?\s+|the\s+)?(?:[a-z]+\s+){0,3}(?:of\s+)?$")
_GOES_ON = re.compile(r"\s*(?:,|;|and|or|,\s*and|,\s*or)\s*")
_FARTHEST = 160
_BEHIND = 40
_OVER_ANOTHER = 60


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a sentence states; offsets are characters of the whole text.

    Attributes:
        property: id of the dictionary, or `unmapped:<name>`.
        property_start, property_end: of the name of the property.
        start, end: of the quantity.
        material: none where the sentence names none.
        rule: "dictionary" or "stated": what told the property.
    """

    property: str
    label: str
    property_start: int
    property_end: int
    start: int
    end: int
    quantity: QuantitySpan
    material: MaterialSpan | None
    conditions: tuple[Condition, ...]
    rule: str


def read_measurements(sentence: str, names: Sequence[Named], *, offset: int = 0) -> tuple[Measurement, ...]:
    """Return what a sentence states.

    Args:
        sentence: its text.
        names: start, end and name of each property of the dictionary that it names, in its own characters.
        offset: of the sentence in the whole text.
    """
    quantities = find_quantities(sentence)
    if not quantities:
        return ()
    linked = list(_linked(sentence, quantities, names))
    conditions = tuple(
        found for quantity, owner in linked if owner is None and (found := _condition(sentence, quantity)) is not None
    )
    materials = find_materials(sentence)
    return tuple(
        Measurement(
            property=owner.id,
            label=owner.label,
            property_start=owner.start + offset,
            property_end=owner.end + offset,
            start=quantity.start + offset,
            end=quantity.end + offset,
            quantity=quantity,
            material=_material_of(quantity, owner, materials),
            conditions=conditions,
            rule=owner.rule,
        )
        for quantity, owner in linked
        if owner is not None
    )


@dataclass(frozen=True, slots=True)
class _Owner:
    """The property that a quantity belongs to."""

    id: str
    label: str
    start: int
    end: int
    rule: str


def _linked(
    sentence: str, quantities: Sequence[QuantitySpan], names: Sequence[Named]
) -> Iterator[tuple[QuantitySpan, _Owner | None]]:
    """Yield each quantity with its property; the next one of a list takes the property of the one before."""
    before: tuple[QuantitySpan, _Owner | None] | None = None
    for quantity in quantities:
        owner = _property_of(sentence, quantity, quantities, names)
        goes_on = before is not None and bool(_GOES_ON.fullmatch(sentence, before[0].end, quantity.start))
        is_same = before is not None and before[1] is not None and before[0].unit == quantity.unit
        if before is not None and is_same and (goes_on or (owner is None and quantity.has_unit)):
            owner = before[1]
        before = quantity, owner
        yield before


def _property_of(
    sentence: str, quantity: QuantitySpan, quantities: Sequence[QuantitySpan], names: Sequence[Named]
) -> _Owner | None:
    spelling = quantity.unit.spelling if quantity.unit else None
    bound = _owner_at(sentence, bound_phrase(sentence, quantity.start, quantity.end), spelling)
    if bound is not None:
        return bound
    best: tuple[int, _Owner] | None = None
    for start, end, name in names:
        cost = _cost(quantity, quantities, start, end)
        definition = _fitting(name, spelling)
        if definition is not None and cost <= _FARTHEST and (best is None or cost < best[0]):
            best = cost, _Owner(definition.id, definition.label, start, end, "dictionary")
    return best[1] if best else _owner_at(sentence, stated_phrase(sentence, quantity.start), spelling)


def _fitting(name: str, spelling: str | None) -> PropertyDefinition | None:
    return next((each for each in definitions_named(name) if fits(each.unit, spelling)), None)


def _cost(quantity: QuantitySpan, quantities: Sequence[QuantitySpan], start: int, end: int) -> int:
    """Return how far apart a quantity and a name stand, with what lies between them."""
    before = end <= quantity.start
    distance = quantity.start - end if before else start - quantity.end + _BEHIND
    between = sum(end <= other.start < quantity.start or quantity.end <= other.start < start for other in quantities)
    return distance + between * _OVER_ANOTHER


def _owner_at(sentence: str, span: tuple[int, int] | None, spelling: str | None) -> _Owner | None:
    """Return the words of a phrase as a property, that of the dictionary where they are a name of one."""
    if span is None:
        return None
    name = sentence[span[0] : span[1]]
    definition = _fitting(name, spelling)
    if definition is not None:
        return _Owner(definition.id, definition.label, span[0], span[1], "dictionary")
    return _Owner(f"unmapped:{name}", name, span[0], span[1], "stated")


def _condition(sentence: str, quantity: QuantitySpan) -> Condition | None:
    """Return the condition that a quantity without a property is, if words and unit say so."""
    if quantity.unit is None or not quantity.quantities or not _AT.search(sentence[: quantity.start]):
        return None
    first = quantity.quantities[0]
    return Condition(
        name=condition_of_unit(quantity.unit.spelling),
        value=first.value,
        unit=quantity.unit.spelling,
        text=sentence[quantity.start : quantity.end],
    )


def _material_of(quantity: QuantitySpan, owner: _Owner, materials: Sequence[MaterialSpan]) -> MaterialSpan | None:
    """Return the material that stands nearest to the property or the quantity."""
    if not materials:
        return None
    return min(
        materials,
        key=lambda each: min(abs(each.start - owner.end), abs(owner.start - each.end), abs(each.start - quantity.end)),
    )
