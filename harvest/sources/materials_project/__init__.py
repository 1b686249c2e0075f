"""Materials Project: documents in, material records out; by the API page by page, or whole pinned versions.

Requests are made through the door, not by the provider's client: that one asks for the version of the database outside
of its session and once a process, walks pages without an order and in threads, and decodes what it fetches, so that
neither a mix of versions nor a lost page would be noticed and the bytes could not be archived.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harvest.errors import CardError
from harvest.rest import MISFIT
from harvest.source import About, Plan, Rejected, load_card
from harvest.sources.materials_project.api import fetch_pages, page
from harvest.sources.materials_project.card import Family, FieldMapping, MaterialsProjectCard
from harvest.sources.materials_project.documents import DESCRIBING, Place, names_of, record_of
from harvest.sources.materials_project.identifiers import canonical_id
from harvest.sources.materials_project.query import MaterialsProjectQuery
from schemas.provenance import Pointer, json_step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.source import Door, Page, RawObject
    from schemas.material import MaterialRecord

__all__ = ["MaterialsProjectCard", "MaterialsProjectQuery", "MaterialsProjectSource"]

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class MaterialsProjectSource:
    """Walks the documents of a family."""

    card: MaterialsProjectCard = load_card("materials_project", MaterialsProjectCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options."""
        query = MaterialsProjectQuery.model_validate(options)
        _refuse_filters(query, self.card.family(query.family))
        origin = query.bulk_endpoint if query.bulk else query.endpoint
        parts = urlsplit(origin)
        return Plan(
            key=key,
            source=self.card.name,
            query=query,
            about=About(
                title=self.card.title, licence=self.card.licence, attribution=self.card.attribution, origin=origin
            ),
            folder=folder,
            declared=query.db_version,
            hosts=frozenset({parts.netloc}),
            requests_per_second=1000.0 if parts.hostname in _LOOPBACK else self.card.requests_per_second,
            shows_key=not query.bulk,
        )

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Walk the pages of the API between two looks at the version, or the files of a version of the bulk table."""
        query, family, fields = self._asked(plan)
        if query.bulk:
            from harvest.sources.materials_project.bulk import fetch_table  # noqa: PLC0415 — pyarrow loads slowly

            yield from fetch_table(query, door)
        else:
            yield from fetch_pages(query, family, fields, door)

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        """Read the documents of a page or file; one that does not fit is rejected, its neighbours pass."""
        query, family, fields = self._asked(plan)
        for pointer, place, document in _documents(query, raw, fields):
            try:
                if document["deprecated"] and not query.keep_deprecated:
                    reasons = ", ".join(map(str, document.get("deprecation_reasons") or ())) or "no reason given"
                    yield _rejected(f"deprecated: the provider has withdrawn it ({reasons})", pointer, document)
                else:
                    yield record_of(document, pointer, place, family, fields, self.card)
            except MISFIT as error:
                said = f"missing field {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
                yield _rejected(f"does_not_fit: {said}", pointer, document)

    def _asked(self, plan: Plan) -> tuple[MaterialsProjectQuery, Family, dict[str, FieldMapping]]:
        query = MaterialsProjectQuery.model_validate(plan.query)
        family, wanted = self.card.family(query.family), set(query.properties)
        fields = {path: field for path, field in family.fields.items() if not wanted or field.property in wanted}
        return query, family, fields


def _refuse_filters(query: MaterialsProjectQuery, family: Family) -> None:
    unfit = sorted(set(query.query.said) - family.filters) if family.filters else []
    if unfit:
        message = (
            f"the family {query.family!r} cannot be filtered by {', '.join(unfit)}, only by "
            f"{', '.join(sorted(family.filters))}; ask the summary for the ids, and name them by `material_ids`"
        )
        raise CardError(message)


def _documents(
    query: MaterialsProjectQuery, raw: RawObject, fields: dict[str, FieldMapping]
) -> Iterator[tuple[Pointer, Place, Any]]:
    """Yield each document with the pointers to itself and to its fields."""
    if query.bulk:
        from harvest.sources.materials_project.bulk import cell, rows  # noqa: PLC0415 — pyarrow loads slowly

        columns = {*DESCRIBING, *names_of(fields), *query.query.fields()}
        for number, row in rows(raw.payload, columns):
            if query.query.fits(row):
                yield Pointer.of(row=number), partial(cell, number), row
        return
    for number, document in enumerate(page(raw.payload)[0]):
        pointer = Pointer.of(json=json_step("data", number))
        yield pointer, partial(_inside, pointer), document


def _inside(pointer: Pointer, path: str) -> Pointer:
    return pointer.with_steps(json=json_step(*path.split(".")))


def _rejected(reason: str, pointer: Pointer, document: Any) -> Rejected:  # noqa: ANN401 — JSON
    identity = document.get("material_id") if isinstance(document, dict) else None
    return Rejected(pointer, (reason,), document, None if identity is None else canonical_id(str(identity)))
