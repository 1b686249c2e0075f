"""AFLOW: a search by AFLUX in, material records out; page by page until one is empty or all that is counted came.

AFLUX answers in two shapes: a list of entries, or an object whose keys are "1 of 912" and so on, and in both it may
write lists as text ("8.2,8.2,4.7,90,90,120"). The list counts nothing, so there a page that is short before the last
one is the only sign that rows are missing. Follows Rose et al. (2017), doi:10.1016/j.commatsci.2017.04.036.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from pydantic import AfterValidator, Field

from harvest.errors import ContractError, TransportError
from harvest.formats.cif import lattice_of
from harvest.formats.file_card import KnownProperty
from harvest.rest import MISFIT, MappedField, RestCard, decoded, rejected, rest_plan, value_of, wanted_fields
from harvest.source import Page, Plan, Rejected, Request, load_card
from schemas.material import MaterialRecord, Species, Structure
from schemas.provenance import Pointer, json_step
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject

_ALWAYS = ("auid", "compound", "species", "composition", "geometry", "positions_fractional")
_DIRECTIVE = re.compile(r"\$|\b(?:paging|format|help|schema)\b")
_WORD = re.compile(r"[A-Za-z_]\w*")
_COUNTED = re.compile(r"^\d+ of (\d+)$")
_DATE = re.compile(r"^(\d{4})(\d\d)(\d\d)_(\d\d:\d\d:\d\d)_GMT([+-])(\d{1,2})$")
_SAFE = "(),:!*$'"


def _without_directives(matchbook: str) -> str:
    if _DIRECTIVE.search(matchbook):
        message = f"a matchbook holds keywords only; paging, format and muting are the connector's own: {matchbook!r}"
        raise ValueError(message)
    return matchbook


class AflowCard(RestCard):
    """The card, with what the keywords of an entry hold."""

    properties: tuple[MappedField, ...]
    functionals: dict[str, str]
    labels: tuple[str, ...]


class AflowQuery(Model):
    """What a recipe says."""

    matchbook: Annotated[str, AfterValidator(_without_directives)] = Field(
        min_length=1, description="Keywords with arguments, for example `species(Na,Cl),nspecies(2),Egap(1*)`."
    )
    page_size: int = Field(default=100, gt=0, le=1000)
    properties: tuple[KnownProperty, ...] = ()
    base_url: str | None = described("Address of a copy, up to but without the question mark.", optional=True)


class AflowSource:
    """Walks the entries that a matchbook fits."""

    card: AflowCard = load_card("aflow", AflowCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options."""
        query = AflowQuery.model_validate(options)
        return rest_plan(self.card, query, key=key, folder=folder, base_url=query.base_url)

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Ask for page after page, sorted by auid."""
        query = AflowQuery.model_validate(plan.query)
        keywords = ",".join(self._keywords(query))
        received, expected, number = 0, None, 0
        sizes: list[int] = []
        walked: set[str] = set()
        while expected is None or received < expected:
            number += 1
            summons = f"{keywords},$paging({number},{query.page_size}),format(json)"
            url = f"{plan.about.origin}/?{quote(summons, safe=_SAFE)}"
            raw = door.get(Request(url), check=_rows)
            rows, expected = _rows(raw.payload)
            yield Page(raw, promised=expected)
            if not rows:
                break
            if raw.sha256 in walked:
                message = f"{url}: the page is the same as one that was walked already"
                raise ContractError(message)
            if expected is None and sizes and sizes[-1] < sizes[0]:
                message = f"{url}: follows a page of {sizes[-1]} entries where others have {sizes[0]}: rows are missing"
                raise ContractError(message)
            walked.add(raw.sha256)
            sizes.append(len(rows))
            received += len(rows)

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        """Read the entries of a page; one that does not fit is rejected, its neighbours pass."""
        fields = wanted_fields(self.card.properties, AflowQuery.model_validate(plan.query).properties)
        for step, entry in _rows(raw.payload)[0]:
            pointer = Pointer.of(json=json_step(step))
            try:
                yield self._record(entry, pointer, fields)
            except MISFIT as error:
                yield rejected(error, pointer, entry, field="auid")

    def _keywords(self, query: AflowQuery) -> list[str]:
        """Return what is asked for; the first keyword sorts, and one that the matchbook holds is not named again."""
        asked = set(_WORD.findall(query.matchbook))
        values = (m.field for m in wanted_fields(self.card.properties, query.properties))
        named = dict.fromkeys((*_ALWAYS, *self.card.labels, *values))
        first, *others = (name for name in named if name not in asked)
        return [first, query.matchbook, *others]

    def _record(self, entry: dict[str, Any], pointer: Pointer, fields: tuple[MappedField, ...]) -> MaterialRecord:
        values = (value_of(entry.get(m.field), m, pointer.with_steps(json=json_step(m.field))) for m in fields)
        said = {name: _text(entry[name]) for name in self.card.labels if entry.get(name) not in (None, "", [])}
        kind = said.get("dft_type", "")
        functional = self.card.functionals.get(kind, kind)
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


def _rows(payload: bytes) -> tuple[list[tuple[str | int, Any]], int | None]:
    """Return the entries of a page, each with its place, and how many the search has, where the page says so.

    Raises:
        TransportError: the payload is cut, or no page of AFLUX.
    """
    body = decoded(payload)
    if isinstance(body, list) and not all(isinstance(row, str) for row in body or [None]):
        return list(enumerate(body)), None
    if body in ([], {}):
        return [], None
    counts = {match[1] for key in body if (match := _COUNTED.match(key))} if isinstance(body, dict) else set()
    if len(counts) != 1 or not all(_COUNTED.match(key) for key in body):
        message = f"the answer is no page of AFLUX: {payload[:80]!r}"
        raise TransportError(message)
    return list(body.items()), int(counts.pop())


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
