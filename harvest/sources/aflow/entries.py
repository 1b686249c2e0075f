"""AFLOW entries: an entry of a search in, a material record out; lists may be written as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from harvest.formats.cif import lattice_of
from harvest.rest import value_of
from schemas.material import MaterialRecord, Species, Structure
from schemas.provenance import json_step

if TYPE_CHECKING:
    from harvest.rest import MappedField
    from harvest.sources.aflow.query import AflowCard
    from schemas.provenance import Pointer

_DATE = re.compile(r"^(\d{4})(\d\d)(\d\d)_(\d\d:\d\d:\d\d)_GMT([+-])(\d{1,2})$")


def record_of(
    entry: dict[str, Any], pointer: Pointer, fields: tuple[MappedField, ...], card: AflowCard
) -> MaterialRecord:
    """Read an entry.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, IndexError: it does not fit.
    """
    values = (value_of(entry.get(m.field), m, pointer.with_steps(json=json_step(m.field))) for m in fields)
    said = {name: _text(entry[name]) for name in card.labels if entry.get(name) not in (None, "", [])}
    kind = said.get("dft_type", "")
    functional = card.functionals.get(kind, kind)
    if functional and "ldau_TLUJ" in said:
        functional += "+U"
    date = _DATE.match(said.get("aflowlib_date", ""))
    return MaterialRecord(
        source_id=str(entry["auid"]),
        formula=entry["compound"],
        structure=_structure(entry),
        labels=said,
        last_modified="{}-{}-{}T{}{}{:0>2}:00".format(*date.groups()) if date else None,
        properties=tuple(
            value.model_copy(update={"functional": functional or None}) for value in values if value is not None
        ),
        pointer=pointer,
    )


def _text(value: Any) -> str:  # noqa: ANN401 — JSON
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _list(value: Any, separator: str = ",") -> list[Any]:  # noqa: ANN401 — JSON
    return value.split(separator) if isinstance(value, str) else list(value)


def _structure(entry: dict[str, Any]) -> Structure | None:
    """Read the relaxed cell; none where the entry gives no positions.

    Raises:
        ValueError: cell, composition and positions do not fit one another.
    """
    if entry["positions_fractional"] in (None, ""):
        return None
    symbols, counts = _list(entry["species"]), [int(count) for count in _list(entry["composition"])]
    written = [_list(position) for position in _list(entry["positions_fractional"], ";")]
    positions = tuple((float(x), float(y), float(z)) for x, y, z in written)
    if len(symbols) != len(counts) or sum(counts) != len(positions):
        message = f"{len(symbols)} species in amounts {counts} do not make {len(positions)} positions"
        raise ValueError(message)
    a, b, c, *angles = map(float, _list(entry["geometry"]))
    return Structure(
        lattice_vectors=lattice_of(a, b, c, *angles).tolist(),
        fractional_positions=positions,
        site_species=tuple(number for number, count in enumerate(counts) for _ in range(count)),
        species=tuple(Species(name=symbol, chemical_symbols=(symbol,), concentration=(1.0,)) for symbol in symbols),
    )
