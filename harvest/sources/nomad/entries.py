"""NOMAD entries: an entry with its archive in, a material record out; and what has to be asked of an archive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harvest.formats.structures import from_optimade
from harvest.rest import value_of
from schemas.licence import NOASSERTION
from schemas.material import MaterialRecord, Structure
from schemas.measurement import Condition, Method, PropertyValue
from schemas.provenance import json_step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harvest.sources.nomad.query import NomadCard, NomadField
    from schemas.provenance import Pointer

_ANGSTROM_PER_METRE = 1e10
_DIGITS = 10  # of positions in angstrom: what the factor adds is noise of the last bit
_PER_CHANNEL = "index"
_FUNCTIONAL = "results.method.simulation.dft.xc_functional_names"
_STRUCTURE = "results.properties.structures.structure_original"
_ALWAYS = (
    "metadata.license",
    "metadata.last_processing_time",
    "results.material.chemical_formula_reduced",
    "results.method.method_name",
    _STRUCTURE,
)


def required(card: NomadCard) -> dict[str, Any]:
    """Return what is asked of each archive, and no more: it holds gigabytes, and names of people."""
    required: dict[str, Any] = {}
    fields = (mapped.field.partition(".*")[0] for mapped in card.properties)
    for path in sorted({*_ALWAYS, *card.labels.values(), *fields}):
        *sections, leaf = path.split(".")
        place: Any = required
        for section in sections:
            place = place if place == "*" else place.setdefault(section, {})
        if place != "*":
            place[leaf] = "*"
    return required


def record_of(
    entry: dict[str, Any], pointer: Pointer, fields: tuple[NomadField, ...], card: NomadCard
) -> MaterialRecord:
    """Read an entry.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, IndexError: it does not fit.
    """
    archive = entry["archive"]
    method = card.methods.get(str(_at(archive, "results.method.method_name")), Method.UNKNOWN)
    names = " ".join(sorted(_at(archive, _FUNCTIONAL) or ()))
    how = {"method": method, "functional": card.functionals.get(names, names) or None}
    inside = pointer.with_steps(json=json_step("archive"))
    licence = _at(archive, "metadata.license")
    modified = _at(archive, "metadata.last_processing_time")
    labels = {label: _at(archive, path) for label, path in card.labels.items()}
    return MaterialRecord(
        source_id=str(entry["entry_id"]),
        formula=_at(archive, "results.material.chemical_formula_reduced"),
        structure=_structure(_at(archive, _STRUCTURE)),
        labels={label: str(text) for label, text in labels.items() if text},
        licence=None if licence is None else card.licences.get(licence, NOASSERTION),
        last_modified=None if modified is None else str(modified),
        properties=tuple(
            value.model_copy(update=how) for mapped in fields for value in _values(archive, mapped, inside)
        ),
        pointer=pointer,
    )


def _at(archive: dict[str, Any], path: str) -> Any:  # noqa: ANN401 — JSON
    """Return what stands at a path of names; none where a section is absent."""
    place: Any = archive
    for name in path.split("."):
        if place is None:
            return None
        place = place.get(name)
    return place


def _values(archive: dict[str, Any], mapped: NomadField, pointer: Pointer) -> Iterator[PropertyValue]:
    """Yield the values at a path; those of spin channels say which."""
    outer, listed, inner = mapped.field.partition(".*.")
    found = _at(archive, outer)
    steps = outer.split(".")
    for number, section in enumerate((found or ()) if listed else (found,)):
        given = section.get(inner) if listed else section
        if listed and any(section.get(name) != word for name, word in mapped.only.items()):
            continue
        place = [*steps, number, inner] if listed else steps
        value = value_of(given, mapped, pointer.with_steps(json=json_step(*place)))
        if value is not None:
            channel = section.get(_PER_CHANNEL) if listed else None
            yield value if channel is None else value.model_copy(update={"conditions": (_channel(channel),)})


def _channel(index: object) -> Condition:
    return Condition(name="spin_channel", text=str(index))


def _structure(value: Any) -> Structure | None:  # noqa: ANN401 — JSON
    """Read a structure in metres; it is periodic along no axis where it does not say."""
    if value is None:
        return None
    scaled = {
        name: [[round(x * _ANGSTROM_PER_METRE, _DIGITS) for x in row] for row in value[name]]
        for name in ("lattice_vectors", "cartesian_site_positions")
    }
    return from_optimade({**value, **scaled, "dimension_types": value.get("dimension_types") or [0, 0, 0]})
