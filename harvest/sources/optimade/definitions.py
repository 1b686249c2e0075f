"""OPTIMADE definitions: what a provider says of its own fields in, proof that they are what the card says out.

A provider describes its fields at /info/structures. A mapped field that is missing there beside others of the same
prefix, or has another unit there, is an error: a factor that nobody noticed would be in every value. Many servers
describe none of their own fields; there nothing can be proven.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harvest.errors import ContractError, TransportError
from harvest.sources.optimade.answers import envelope
from harvest.sources.optimade.providers import Quirk
from harvest.stated_units import same_unit
from schemas.disk import digest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from harvest.sources.optimade.providers import FieldMapping

_UNITS = ("unit", "x-optimade-unit")
_DIGITS = 8
_SHOWN = 12


def definitions(payload: bytes) -> dict[str, Any]:
    """Return the fields that an /info/structures describes.

    Raises:
        TransportError: the payload is cut, or no description of fields.
    """
    data = envelope(payload)["data"]
    found = data.get("properties") if isinstance(data, dict) else None
    if not isinstance(found, dict):
        message = f"the answer describes no fields, it has no `data.properties`: {payload[:80]!r}"
        raise TransportError(message)
    return found


def proven(
    described: Mapping[str, Any], fields: Mapping[str, FieldMapping], quirks: Collection[Quirk], *, where: str
) -> str:
    """Hold mapped fields to their descriptions, and return a short hash over these.

    Raises:
        ContractError: a field is not described, or has another unit than its mapping says.
    """
    told = {}
    for path, field in sorted(fields.items()):
        name, *inside = path.split(".")
        own = _own(name, described)
        if own and name not in described and Quirk.UNDESCRIBED_FIELDS not in quirks:
            raise ContractError(_missing(name, own, where))
        definition = _inner(described.get(name), inside)
        told[path] = definition
        _prove_unit(path, field, _unit(definition), where)
    return digest(told)[:_DIGITS]


def _missing(name: str, own: Collection[str], where: str) -> str:
    listed = ", ".join(sorted(own)[:_SHOWN]) + (", …" if len(own) > _SHOWN else "")
    return (
        f"{where} describes {listed}, but no {name}. The provider renamed it, or the mapping is wrong: map the right "
        "field in the recipe, read only others by `properties`, or, where the provider just does not describe it, say "
        '`quirks = ["undescribed_fields"]`'
    )


def _own(name: str, described: Mapping[str, Any]) -> list[str]:
    """Return the described fields that have the prefix of a field."""
    prefix = name[: name.find("_", 1) + 1]
    return [field for field in described if prefix and field.startswith(prefix)]


def _inner(definition: Any, inside: list[str]) -> Any:  # noqa: ANN401 — JSON
    for name in inside:
        nested = definition.get("properties") if isinstance(definition, dict) else None
        definition = nested.get(name) if isinstance(nested, dict) else None
    return definition


def _unit(definition: Any) -> str | None:  # noqa: ANN401 — JSON
    if not isinstance(definition, dict):
        return None
    return next((unit for name in _UNITS if isinstance(unit := definition.get(name), str)), None)


def _prove_unit(path: str, field: FieldMapping, stated: str | None, where: str) -> None:
    expected = field.stated_unit or field.unit
    if stated is None or stated == expected or same_unit(stated, expected):
        return
    message = (
        f"{where} gives {path} the unit {stated!r}, the mapping says {expected!r}; correct `unit` of the mapping, or, "
        f"where the description is wrong, say `stated_unit = {stated!r}`"
    )
    raise ContractError(message)
