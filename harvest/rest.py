"""REST: what connectors of web services share: plan, decoded answers, values of mapped fields, rows that do not fit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson
from pydantic import ValidationInfo, field_validator

from harvest.errors import TransportError
from harvest.formats.file_card import KnownProperty, unit_of
from harvest.formats.spelling import spelled, text_of
from harvest.source import About, Plan, Rejected, SourceCard
from schemas.measurement import Condition, Method, PropertyValue
from schemas.properties import PropertyKind, load_properties
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from schemas.provenance import Pointer

_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
_LOOPBACK_PER_SECOND = 1000.0  # a copy on this machine needs no sparing
_LONGEST_ID = 512


class MappedField(Model):
    """A field of an answer that holds values of a property."""

    field: str
    property: KnownProperty
    unit: str
    method: Method
    functional: str | None = None
    conditions: tuple[Condition, ...] = ()

    @field_validator("unit")
    @classmethod
    def _unit_fits(cls, unit: str, known: ValidationInfo) -> str:
        return unit_of(unit, known.data.get("property"))


class RestCard(SourceCard):
    """The card of a web service."""

    base_url: str = described("Address that the paths of the service are appended to.")


def wanted_fields[T: MappedField](fields: tuple[T, ...], wanted: tuple[KnownProperty, ...]) -> tuple[T, ...]:
    """Return the fields of the wanted properties; all, where none are named."""
    return tuple(field for field in fields if not wanted or field.property in wanted)


def rest_plan(card: RestCard, query: Model, *, key: str, folder: Path, base_url: str | None) -> Plan:
    """Return the plan of a query to a service, or to a copy of it at another address; the licence is the card's."""
    origin = (base_url or card.base_url).rstrip("/")
    parts = urlsplit(origin)
    is_near = parts.hostname in _LOOPBACK
    return Plan(
        key=key,
        source=card.name,
        query=query,
        about=About(title=card.title, licence=card.licence, attribution=card.attribution, origin=origin),
        folder=folder,
        hosts=frozenset({parts.netloc}),
        requests_per_second=_LOOPBACK_PER_SECOND if is_near else card.requests_per_second,
    )


def decoded(payload: bytes, *, parse_float: Callable[[str], float] = spelled) -> Any:  # noqa: ANN401 — JSON
    """Return what a JSON answer holds; its numbers remember their digits, unless they are read by `float`.

    Raises:
        TransportError: the payload is cut, or no JSON (an error page with status 200, say).
    """
    try:
        return json.loads(payload, parse_float=None if parse_float is float else parse_float)
    except (ValueError, RecursionError) as error:
        message = f"the answer is not JSON ({error}): {payload[:80]!r}"
        raise TransportError(message) from error


def quickly_decoded(payload: bytes) -> Any:  # noqa: ANN401 — JSON
    """Return what a JSON answer holds, three times as fast; whole numbers beyond 64 bits become floats.

    Raises:
        TransportError: as `decoded`.
    """
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:  # stricter than the standard library: NaN, lone surrogates, other encodings
        return decoded(payload, parse_float=float)


def value_of(given: Any, field: MappedField, pointer: Pointer) -> PropertyValue | None:  # noqa: ANN401 — JSON
    """Return the value of a mapped field; none where the source gives none.

    Raises:
        ValueError: what is given is no number, where the property is one.
    """
    if given is None:
        return None
    text = text_of(given)
    is_word = load_properties()[field.property].kind is PropertyKind.CATEGORY
    if isinstance(given, bool) or not (is_word or isinstance(given, (int, float, str))):
        message = f"{field.field}: a number was expected, got {text}"
        raise ValueError(message)
    return PropertyValue(
        property=field.property,
        value=None if is_word else float(given),
        category=text if is_word else None,
        unit=field.unit,
        text=text,
        method=field.method,
        functional=field.functional,
        conditions=field.conditions,
        pointer=pointer,
    )


def rejected(error: Exception, pointer: Pointer, row: Any, *, field: str) -> Rejected:  # noqa: ANN401 — JSON
    """Return a row that does not fit, with the reason; `field` is that of its id."""
    said = f"missing field {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
    identity = row.get(field) if isinstance(row, dict) else None
    return Rejected(pointer, (f"does_not_fit: {said}",), row, None if identity is None else str(identity)[:_LONGEST_ID])


MISFIT = (ValueError, KeyError, TypeError, AttributeError, IndexError)
