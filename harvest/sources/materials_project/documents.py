"""Materials Project documents: a document of the API or a row of the bulk table in, a material record out."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from harvest.formats.spelling import text_of
from harvest.formats.structures import from_pymatgen
from harvest.formats.values import content_of
from harvest.sources.materials_project.filters import value_in
from harvest.sources.materials_project.identifiers import canonical_id
from schemas.licence import NOASSERTION
from schemas.material import MaterialRecord
from schemas.measurement import Condition, PropertyValue
from schemas.properties import PropertyKind, load_properties

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from harvest.sources.materials_project.card import Family, FieldMapping, MaterialsProjectCard
    from schemas.provenance import Pointer

DESCRIBING = (
    "material_id",
    "formula_pretty",
    "structure",
    "builder_meta",
    "last_updated",
    "deprecated",
    "deprecation_reasons",
    "theoretical",
)

# From the path of a field to its place in the raw bytes.
type Place = Callable[[str], Pointer]


def names_of(fields: Mapping[str, FieldMapping]) -> list[str]:
    """Return the fields of a document, without those inside of them, with those that say for what a spectrum is."""
    beside = {field.along.field for field in fields.values() if field.along}
    return sorted({path.partition(".")[0] for path in fields} | beside)


def record_of(
    document: Mapping[str, Any],
    pointer: Pointer,
    place: Place,
    family: Family,
    fields: Mapping[str, FieldMapping],
    card: MaterialsProjectCard,
) -> MaterialRecord:
    """Read a document.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it does not fit.
    """
    built = document.get("builder_meta") or {}
    batch, kind = built.get("batch_id"), _said(document.get(family.kind)) if family.kind else None
    functional = card.batches.get(str(batch)) or family.functionals.get(str(kind))
    labels = {
        "batch": batch,
        "theoretical": _said(document.get("theoretical")),
        "deprecated": "true" if document.get("deprecated") else None,
        **{name: _said(document.get(name)) for name in (*family.labels, *([family.kind] if family.kind else []))},
    }
    structure, modified = document.get("structure"), document.get("last_updated")
    identity = canonical_id(str(document["material_id"]))
    return MaterialRecord(
        source_id=f"{identity}_{kind}" if kind else identity,
        formula=document.get("formula_pretty"),
        structure=None if structure is None else from_pymatgen(structure),
        phase=identity if structure is None else None,  # polymorphs of one formula are not one material
        labels={name: str(label) for name, label in labels.items() if label is not None},
        licence=card.licences.get(str(built.get("license")), NOASSERTION),
        last_modified=None if modified is None else _iso(modified),
        properties=tuple(
            value for path, field in fields.items() for value in _values(document, path, field, functional, place)
        ),
        pointer=pointer,
    )


def _values(
    document: Mapping[str, Any], path: str, field: FieldMapping, functional: str | None, place: Place
) -> Iterator[PropertyValue]:
    given = value_in(document, path)
    if given is None:
        return
    conditions = tuple(Condition(name=name, text=text) for name, text in field.conditions.items())
    if field.along is None:
        yield _value(given, path, field, functional, conditions, place(path))
        return
    beside = value_in(document, field.along.field)
    if not isinstance(given, list) or not isinstance(beside, list) or len(given) != len(beside):
        message = f"{path}: a list as long as {field.along.field} was expected"
        raise ValueError(message)
    for number, (one, at) in enumerate(zip(given, beside, strict=True)):
        where = Condition(name=field.along.name, value=float(at), unit=field.along.unit, text=text_of(at))
        inside = f"{path}.{number}"
        yield _value(one, inside, field, functional, (*conditions, where), place(inside))


def _value(
    given: Any,  # noqa: ANN401 — JSON
    path: str,
    field: FieldMapping,
    functional: str | None,
    conditions: tuple[Condition, ...],
    pointer: Pointer,
) -> PropertyValue:
    kind = load_properties()[field.property].kind
    is_number = kind is PropertyKind.SCALAR
    if is_number and (isinstance(given, bool) or not isinstance(given, int | float)):
        message = f"{path}: a number was expected, got {given!r}"
        raise TypeError(message)
    said = {"category": _said(given)} if kind is PropertyKind.BOOLEAN else content_of(given, field.property, field.unit)
    return PropertyValue(
        property=field.property,
        unit=field.unit,
        text=text_of(given) if is_number or kind is PropertyKind.TENSOR else _said(given),
        method=field.method,
        functional=functional or field.functional,
        conditions=conditions,
        pointer=pointer,
        **said,
    )


def _said(value: Any) -> str | None:  # noqa: ANN401 — a word or a truth
    """Write a word as it is, a truth as JSON does."""
    return json.dumps(value) if isinstance(value, bool) else None if value is None else str(value)


def _iso(moment: Any) -> str:  # noqa: ANN401 — text by the API, a time in the table
    return moment.isoformat().replace("+00:00", "Z") if isinstance(moment, datetime) else str(moment)
