"""OPTIMADE entries: an entry of a page in, a material record out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from harvest.formats.spelling import spelled_fields, text_of
from harvest.formats.structures import from_optimade
from harvest.formats.values import content_of
from harvest.rest import MISFIT, decoded
from harvest.sources.optimade.providers import Quirk
from schemas.material import MaterialRecord
from schemas.measurement import PropertyValue
from schemas.provenance import json_step

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from harvest.sources.optimade.providers import FieldMapping
    from schemas.provenance import Pointer

STRUCTURE_FIELDS = (
    "chemical_formula_reduced",
    "dimension_types",
    "lattice_vectors",
    "cartesian_site_positions",
    "species",
    "species_at_sites",
    "last_modified",
)
_ZONED = re.compile(r"(?:[zZ]|[+-]\d\d:?\d\d)$")


def mapped_fields(
    payload: bytes, entries: list[Any], fields: Mapping[str, FieldMapping], quirks: Collection[Quirk]
) -> list[dict[str, Any]]:
    """Return of each entry of a page the fields that are mapped, with the digits of the source."""
    names = {path.partition(".")[0] for path in fields}
    rows = [attributes_or_none(entry, quirks) for entry in entries]
    text = payload.decode(json.detect_encoding(payload), "surrogatepass")
    found: list[dict[str, Any]] = [{} for _ in rows]
    for name in names:
        digits = spelled_fields(text, name, rows)
        if digits is None:
            rows = [attributes_or_none(entry, quirks) for entry in decoded(payload)["data"]]
            digits = [row.get(name) for row in rows]
        for fields_of_row, given in zip(found, digits, strict=True):
            fields_of_row[name] = given
    return found


def record_of(
    entry: Any,  # noqa: ANN401 — JSON
    pointer: Pointer,
    given: Mapping[str, Any],
    fields: Mapping[str, FieldMapping],
    quirks: Collection[Quirk],
) -> MaterialRecord:
    """Read an entry; `given` are its mapped fields.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it does not fit.
    """
    attributes, steps = _attributes(entry, quirks)
    modified = str(attributes.get("last_modified") or "")
    if modified and Quirk.ZONELESS_TIMES in quirks and not _ZONED.search(modified):
        modified = f"{modified.replace(' ', 'T')}Z"
    values = (
        _value(field_at(given, path), field, pointer.with_steps(json=json_step(*steps, *path.split("."))))
        for path, field in fields.items()
    )
    return MaterialRecord(
        source_id=str(entry["id"]),
        formula=attributes.get("chemical_formula_reduced"),
        structure=from_optimade(attributes),
        last_modified=modified or None,
        properties=tuple(value for value in values if value is not None),
        pointer=pointer,
    )


def _attributes(entry: Any, quirks: Collection[Quirk]) -> tuple[Any, tuple[str, ...]]:  # noqa: ANN401 — JSON
    """Return the attributes of an entry, and the steps from the entry to them."""
    if Quirk.FLAT_ATTRIBUTES not in quirks:
        return entry["attributes"], ("attributes",)
    inside = entry.get("attributes") or {}
    return (inside, ("attributes",)) if "lattice_vectors" in inside else (entry, ())


def attributes_or_none(entry: Any, quirks: Collection[Quirk]) -> dict[str, Any]:  # noqa: ANN401 — JSON
    """Return the attributes of an entry; none of what has none, which is rejected where it is read."""
    try:
        attributes, _ = _attributes(entry, quirks)
    except MISFIT:
        return {}
    return attributes if isinstance(attributes, dict) else {}


def field_at(attributes: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 — JSON
    """Return a field, a dot for a field inside a field; none where there is none."""
    value: Any = attributes
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _value(given: Any, field: FieldMapping, pointer: Pointer) -> PropertyValue | None:  # noqa: ANN401 — JSON
    if given is None or text_of(given) in field.no_value:
        return None
    return PropertyValue(
        property=field.property,
        unit=field.unit,
        text=text_of(given),
        method=field.method,
        functional=field.functional,
        pointer=pointer,
        **content_of(given, field.property, field.unit),
    )
