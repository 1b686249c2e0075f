"""MPContribs contributions: an answer in, its checked body out; a contribution in, a material record out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harvest.errors import TransportError
from harvest.formats.spelling import text_of
from harvest.formats.values import content_of
from harvest.rest import decoded
from harvest.stated_units import same_unit
from schemas.material import MaterialRecord
from schemas.measurement import PropertyValue
from schemas.provenance import json_step

if TYPE_CHECKING:
    from harvest.sources.mpcontribs.query import ContributedField, MpcontribsQuery
    from schemas.provenance import Pointer

_SHOWN = 80


def object_of(payload: bytes) -> dict[str, Any]:
    """Return the JSON object of an answer.

    Raises:
        TransportError: the payload is cut, no object, or says that something went wrong.
    """
    body = decoded(payload)
    if not isinstance(body, dict) or "error" in body:
        message = f"the answer is no object of MPContribs: {payload[:_SHOWN]!r}"
        raise TransportError(message)
    return body


def page_of(payload: bytes) -> tuple[list[Any], int]:
    """Return the contributions of a page, and how many the query has.

    Raises:
        TransportError: the payload is cut, no page, or an empty one before the last.
    """
    body = object_of(payload)
    rows, total = body.get("data"), body.get("total_count")
    if not isinstance(rows, list) or not isinstance(total, int) or isinstance(total, bool):
        message = f"the answer is no page of MPContribs, it has no `data` or no `total_count`: {payload[:_SHOWN]!r}"
        raise TransportError(message)
    if not rows and body.get("has_more") is True:
        message = "the page is empty, but says that there are more"
        raise TransportError(message)
    return rows, total


def record_of(row: dict[str, Any], pointer: Pointer, query: MpcontribsQuery) -> MaterialRecord:
    """Read a contribution.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it does not fit, or is not public.
    """
    if row["is_public"] is not True:
        message = "the contribution is not public"
        raise ValueError(message)
    identifier, formula = str(row["identifier"]), row.get("formula")
    values = (_value(row["data"], path, field, pointer) for path, field in query.fields.items())
    return MaterialRecord(
        source_id=str(row["id"]),
        formula=str(formula or identifier),
        phase=identifier if formula and formula != identifier else None,
        labels={"identifier": identifier},
        last_modified=str(row["last_modified"]) if row.get("last_modified") else None,
        properties=tuple(value for value in values if value is not None),
        pointer=pointer,
    )


def _value(data: Any, path: str, field: ContributedField, pointer: Pointer) -> PropertyValue | None:  # noqa: ANN401 — JSON
    """Return the value of a column; a quantity is an object with value, unit and error, a word stands alone.

    Raises:
        ValueError: the value has another unit than the recipe says.
    """
    given, steps = data, path.split(".")
    for step in steps:
        given = given.get(step) if isinstance(given, dict) else None
    if given is None or given == {}:
        return None
    inside = {}
    if isinstance(given, dict):
        if not same_unit(str(given["unit"]), field.unit):
            message = f"{path}: in {given['unit']!r}, where the project and the recipe say {field.unit!r}"
            raise ValueError(message)
        error = given.get("error")
        inside = {"uncertainty": None if error is None else float(error)}
        given, steps = given["value"], [*steps, "value"]
    return PropertyValue(
        property=field.property,
        unit=field.unit,
        text=text_of(given),
        method=field.method,
        functional=field.functional,
        pointer=pointer.with_steps(json=json_step("data", *steps)),
        **(content_of(given, field.property, field.unit) | inside),
    )
