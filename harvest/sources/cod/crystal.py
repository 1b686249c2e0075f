"""COD crystal: a CIF of the database in, a material record out; the card says which tags hold what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harvest.formats.cif import CifError, number_of, read_block, stated_structure_of, text_of, texts_of
from schemas.material import MaterialRecord
from schemas.measurement import Condition, Method, PropertyValue
from schemas.properties import PropertyKind, load_properties
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from gemmi import cif

    from harvest.rest import MappedField
    from harvest.sources.cod.query import CodCard, ConditionTags

_DATE = re.compile(rb"^#\$Date: (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)", re.MULTILINE)
_RETRACTED = "retracted"
_THEORY = "theoretical"


def record_of(payload: bytes, entry: dict[str, str], fields: tuple[MappedField, ...], card: CodCard) -> MaterialRecord:
    """Read the crystal of a CIF.

    Raises:
        ValueError: it cannot be read, is retracted, or is of another entry.
    """
    block = read_block(payload)
    said = {label: " ".join("; ".join(texts_of(block, tag)).split()) for label, tag in card.labels.items()}
    code = text_of(block, "_cod_database_code")
    if code != entry["entry"] or said["flag"] == _RETRACTED:
        message = "the entry is retracted" if code == entry["entry"] else f"the CIF is of entry {code}"
        raise CifError(message)
    formula = text_of(block, "_chemical_formula_sum")
    structure, coordinates = stated_structure_of(block)
    values, unread = _values(block, fields, card, is_theory=said["determination"] == _THEORY)
    date = _DATE.search(payload)
    labels = {**said, **unread, "revision": entry["revision"], "coordinates": coordinates}
    return MaterialRecord(
        source_id=entry["entry"],
        formula=formula,
        structure=structure,
        phase=said["mineral"] or None,
        labels={label: text for label, text in labels.items() if text},
        last_modified="{}T{}{}:{}".format(*(part.decode() for part in date.groups())) if date else None,
        properties=tuple(values),
        pointer=Pointer.of(cif=block.name),
    )


def _values(
    block: cif.Block, fields: tuple[MappedField, ...], card: CodCard, *, is_theory: bool
) -> tuple[list[PropertyValue], dict[str, str]]:
    """Return the values, and what stands where a number was expected ("not measured")."""
    values: dict[str, PropertyValue] = {}
    unread: dict[str, str] = {}
    conditions = tuple(filter(None, (_condition(block, asked) for asked in card.conditions)))
    for mapped in fields:
        try:
            value = _value(block, mapped, conditions, Method.UNKNOWN if is_theory else mapped.method)
        except CifError as error:
            unread[f"unread {mapped.field}"] = str(error)
        else:
            if value is not None:
                values.setdefault(mapped.property, value)
    return list(values.values()), unread


def _condition(block: cif.Block, asked: ConditionTags) -> Condition | None:
    tag = next((tag for tag in asked.tags if texts_of(block, tag)), None)
    if tag is None:
        return None
    try:
        number = number_of(block, tag)
    except CifError:
        return Condition(name=asked.name, text="; ".join(texts_of(block, tag)))
    return Condition(name=asked.name, value=number.value, unit=asked.unit, text=number.text) if number else None


def _value(
    block: cif.Block, mapped: MappedField, conditions: tuple[Condition, ...], method: Method
) -> PropertyValue | None:
    is_word = load_properties()[mapped.property].kind is PropertyKind.CATEGORY
    text = text_of(block, mapped.field)
    number = None if is_word else number_of(block, mapped.field)
    if text is None:
        return None
    return PropertyValue(
        property=mapped.property,
        value=number.value if number else None,
        category=text if is_word else None,
        uncertainty=number.uncertainty if number else None,
        unit=mapped.unit,
        text=text,
        method=method,
        conditions=conditions,
        pointer=Pointer.of(cif=f"{block.name},{mapped.field}"),
    )
