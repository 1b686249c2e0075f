"""Example: a service that is paged by offset and limit in, material records out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from pydantic import Field

from harvest.errors import TransportError
from harvest.source import About, Page, Plan, Rejected, Request, SourceCard, load_card, why
from schemas.material import MaterialRecord
from schemas.measurement import Method, PropertyValue
from schemas.provenance import Pointer, json_step
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject


class ExampleQuery(Model):
    """What a recipe says."""

    base_url: str = described("Address of the service.")
    page_size: int = Field(default=10, gt=0, le=1000, description="Records a page.")


class ExampleSource:
    """Walks all records of the service."""

    card: SourceCard = load_card("example", SourceCard, package="matgranary_example")

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options."""
        query = ExampleQuery.model_validate(options)
        about = {"title": self.card.title, "licence": self.card.licence, "attribution": self.card.attribution}
        return Plan(
            key=key,
            source=self.card.name,
            query=query,
            about=About(**about, origin=query.base_url),
            folder=folder,
            hosts=frozenset({urlsplit(query.base_url).netloc}),
            requests_per_second=self.card.requests_per_second,
        )

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Ask for the version, then for page after page, then for the version again."""
        query = ExampleQuery.model_validate(plan.query)
        yield _version(door, query, "before")
        start, total = 0, 1
        while start < total:
            asked = urlencode({"_skip": start, "_limit": query.page_size})
            request = Request(f"{query.base_url}/materials/summary/?{asked}")
            for raw in door.get_parts(request, halve=_halves, check=_page):
                total = _page(raw.payload)["meta"]["total_doc"]
                yield Page(raw, promised=total)
            start += query.page_size
        yield _version(door, query, "after")

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        """Read the records of a page; one that does not fit is rejected, its neighbours pass."""
        del plan
        for number, row in enumerate(_page(raw.payload)["data"]):
            pointer = Pointer.of(json=json_step("data", number))
            try:
                yield _record(row, pointer)
            except (ValueError, KeyError, TypeError) as error:
                said = f"missing field {error}" if isinstance(error, KeyError) else why(error)
                identity = row.get("material_id") if isinstance(row, dict) else None
                yield Rejected(pointer, (f"does_not_fit: {said}",), row, identity and str(identity))


def _version(door: Door, query: ExampleQuery, when: str) -> Page:
    raw = door.get(Request(f"{query.base_url}/heartbeat", tag=when), check=_object)
    return Page(raw, version=str(_object(raw.payload).get("db_version", "?")), has_records=False)


def _halves(request: Request) -> tuple[Request, ...]:
    """Split a page in two, so that a record that the service cannot serve costs itself alone."""
    parts = urlsplit(request.uri)
    start, size = (int(parse_qs(parts.query)[name][0]) for name in ("_skip", "_limit"))
    if size == 1:
        return ()
    first = size // 2
    windows = ((start, first), (start + first, size - first))
    asked = [urlencode({"_skip": skip, "_limit": limit}) for skip, limit in windows]
    return tuple(replace(request, uri=parts._replace(query=query).geturl()) for query in asked)


def _object(payload: bytes) -> dict[str, Any]:
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError) as error:
        message = f"the answer is not JSON ({error}): {payload[:80]!r}"
        raise TransportError(message) from error
    if not isinstance(body, dict):
        message = f"the answer is no JSON object: {payload[:80]!r}"
        raise TransportError(message)
    return body


def _page(payload: bytes) -> dict[str, Any]:
    body = _object(payload)
    rows, meta = body.get("data"), body.get("meta")
    if not isinstance(rows, list) or not isinstance(meta, dict) or not isinstance(meta.get("total_doc"), int):
        message = f"a page has `data` and `meta.total_doc`, got {payload[:80]!r}"
        raise TransportError(message)
    if not rows and meta["total_doc"]:
        message = f"the page is empty, but there are {meta['total_doc']} records"
        raise TransportError(message)
    return body


def _record(row: dict[str, Any], pointer: Pointer) -> MaterialRecord:
    gap = PropertyValue(
        property="band_gap",
        value=row["band_gap"],
        unit="eV",
        text=json.dumps(row["band_gap"]),
        method=Method.DFT,
        pointer=pointer.with_steps(json=json_step("band_gap")),
    )
    return MaterialRecord(
        source_id=str(row["material_id"]), formula=row["formula_pretty"], properties=(gap,), pointer=pointer
    )
