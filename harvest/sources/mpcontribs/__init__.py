"""MPContribs: a project that people contribute to the Materials Project in, material records out; by counted pages.

A project says which columns it has and in which unit, and every value says its unit again. The calls are those of
mpcontribs-client 5.10; the client itself is not used: it decodes answers by a schema that it fetches first, in threads,
so that pages could neither be archived nor counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from harvest.errors import ContractError
from harvest.licence_names import refuse_other_licence
from harvest.rest import MISFIT, RestCard, rejected, rest_plan
from harvest.source import Page, Plan, Rejected, Request, load_card
from harvest.sources.mpcontribs.contributions import object_of, page_of, record_of
from harvest.sources.mpcontribs.query import MpcontribsQuery, page_options
from harvest.stated_units import same_unit
from schemas.disk import digest
from schemas.provenance import Pointer, json_step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject
    from schemas.material import MaterialRecord

__all__ = ["MpcontribsQuery", "MpcontribsSource"]

_OF_PROJECT = "name,title,license,columns"  # its owner has an e-mail address, which is not asked for
_DIGITS = 8
_COLUMN = "data."


class MpcontribsCard(RestCard):
    """The card, with the provider's names of licences."""

    licences: dict[str, str]


class MpcontribsSource:
    """Walks the contributions to a project."""

    card: MpcontribsCard = load_card("mpcontribs", MpcontribsCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options."""
        query = MpcontribsQuery.model_validate(options)
        card = self.card.model_copy(
            update={
                "title": f"{self.card.title}: {query.project}",
                "licence": query.licence,
                "attribution": query.attribution or self.card.attribution,
            }
        )
        return rest_plan(card, query, key=key, folder=folder, base_url=query.base_url)

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Read what the project says of itself, its pages in the order of their ids, and the project again.

        Raises:
            ContractError: another licence, a column that the project does not have, or another unit.
        """
        query = MpcontribsQuery.model_validate(plan.query)
        before = self._project(plan, door, "before")
        project = object_of(before.raw.payload)
        stated = str(project.get("license"))
        refuse_other_licence(self.card.licences.get(stated, stated), plan.about.licence, where=query.project)
        _refuse_columns(query, project)
        yield before
        number, received, total = 0, 0, None
        while total is None or received < total:
            number += 1
            raw = door.get(Request(f"{plan.about.origin}/contributions/?{page_options(query, number)}"), check=page_of)
            rows, total = page_of(raw.payload)
            yield Page(raw, promised=total)
            if not rows:
                break
            received += len(rows)
        yield self._project(plan, door, "after")

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        """Read the contributions of a page; one that does not fit is rejected, its neighbours pass."""
        query = MpcontribsQuery.model_validate(plan.query)
        for number, row in enumerate(page_of(raw.payload)[0]):
            pointer = Pointer.of(json=json_step("data", number))
            try:
                yield record_of(row, pointer, query)
            except MISFIT as error:
                yield rejected(error, pointer, row, field="id")

    def _project(self, plan: Plan, door: Door, when: str) -> Page:
        name = MpcontribsQuery.model_validate(plan.query).project
        url = f"{plan.about.origin}/projects/{quote(name)}/?{urlencode({'_fields': _OF_PROJECT})}"
        raw = door.get(Request(url, tag=when), check=object_of)
        columns = object_of(raw.payload).get("columns") or ()
        units = sorted([str(column.get("path")), str(column.get("unit"))] for column in columns)
        return Page(raw, version=f"{name}, columns {digest(units)[:_DIGITS]}", has_records=False)


def _refuse_columns(query: MpcontribsQuery, project: dict[str, Any]) -> None:
    """Hold the columns of a recipe to those of the project."""
    has = {
        str(column["path"]).removeprefix(_COLUMN): str(column.get("unit")) for column in project.get("columns") or ()
    }
    for path, field in query.fields.items():
        if path not in has:
            message = f"the project {query.project} has no column {path!r}; it has {', '.join(sorted(has)) or 'none'}"
            raise ContractError(message)
        if not same_unit(has[path], field.unit):
            message = (
                f"the project {query.project} gives {path!r} in {has[path]!r}, the recipe says {field.unit!r}; "
                "take the unit of the project: it is converted later"
            )
            raise ContractError(message)
