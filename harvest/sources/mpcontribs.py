"""MPContribs: a project that people contribute to the Materials Project in, material records out; by counted pages.

A project says which columns it has and in which unit, and every value says its unit again. The calls are those of
mpcontribs-client 5.10; the client itself is not used: it decodes answers by a schema that it fetches first, in threads,
so that pages could neither be archived nor counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlencode

from pydantic import Field, ValidationInfo, field_validator

from harvest.errors import ContractError, TransportError
from harvest.formats.file_card import KnownProperty, unit_of
from harvest.formats.spelling import text_of
from harvest.formats.values import content_of
from harvest.licence_names import refuse_other_licence
from harvest.rest import MISFIT, RestCard, decoded, rejected, rest_plan
from harvest.source import Page, Plan, Rejected, Request, load_card
from harvest.stated_units import same_unit
from schemas.disk import digest
from schemas.material import MaterialRecord
from schemas.measurement import Method, PropertyValue
from schemas.provenance import Pointer, json_step
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject

_OF_PROJECT = "name,title,license,columns"  # its owner has an e-mail address, which is not asked for
_OF_ROW = "id,identifier,formula,is_public,last_modified,data"
_DIGITS = 8
_SHOWN = 80
_COLUMN = "data."


class ContributedField(Model):
    """A column of a project that holds values of a property."""

    property: KnownProperty
    unit: str
    method: Method
    functional: str | None = None

    @field_validator("unit")
    @classmethod
    def _unit_fits(cls, unit: str, known: ValidationInfo) -> str:
        return unit_of(unit, known.data.get("property"))


class MpcontribsCard(RestCard):
    """The card, with the provider's names of licences."""

    licences: dict[str, str]


class MpcontribsQuery(Model):
    """What a recipe says."""

    project: str = Field(pattern=r"^[a-zA-Z0-9_]{3,31}$", description="Name of the project.")
    fields: dict[str, ContributedField] = Field(
        min_length=1, description="Its columns to read, without `data.`, a dot for a column inside of one."
    )
    licence: Literal["CC-BY-4.0", "CC-PDDC"] = Field(
        default="CC-BY-4.0", description="Which of its two licences the project has; another one is refused."
    )
    attribution: str | None = described("How its authors want to be cited.", optional=True)
    formula: str | None = described("Only contributions with this formula.", optional=True)
    identifiers: tuple[str, ...] = Field((), max_length=500, description="Only these, for example mp-149.")
    page_size: int = Field(default=100, gt=0, le=500)
    base_url: str | None = described("Address of a copy.", optional=True)


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
        project = _object(before.raw.payload)
        stated = str(project.get("license"))
        refuse_other_licence(self.card.licences.get(stated, stated), plan.about.licence, where=query.project)
        _refuse_columns(query, project)
        yield before
        number, received, total = 0, 0, None
        while total is None or received < total:
            number += 1
            raw = door.get(Request(f"{plan.about.origin}/contributions/?{_options(query, number)}"), check=_page)
            rows, total = _page(raw.payload)
            yield Page(raw, promised=total)
            if not rows:
                break
            received += len(rows)
        yield self._project(plan, door, "after")

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        """Read the contributions of a page; one that does not fit is rejected, its neighbours pass."""
        query = MpcontribsQuery.model_validate(plan.query)
        for number, row in enumerate(_page(raw.payload)[0]):
            pointer = Pointer.of(json=json_step("data", number))
            try:
                yield _record(row, pointer, query)
            except MISFIT as error:
                yield rejected(error, pointer, row, field="id")

    def _project(self, plan: Plan, door: Door, when: str) -> Page:
        name = MpcontribsQuery.model_validate(plan.query).project
        url = f"{plan.about.origin}/projects/{quote(name)}/?{urlencode({'_fields': _OF_PROJECT})}"
        raw = door.get(Request(url, tag=when), check=_object)
        columns = _object(raw.payload).get("columns") or ()
        units = sorted([str(column.get("path")), str(column.get("unit"))] for column in columns)
        return Page(raw, version=f"{name}, columns {digest(units)[:_DIGITS]}", has_records=False)


def _options(query: MpcontribsQuery, page: int) -> str:
    asked = {
        "project": query.project,
        **({"formula": query.formula} if query.formula else {}),
        **({"identifier__in": ",".join(query.identifiers)} if query.identifiers else {}),
        "_fields": _OF_ROW,
        "_sort": "id",
        "per_page": str(query.page_size),
        "page": str(page),
    }
    return urlencode(asked)


def _object(payload: bytes) -> dict[str, Any]:
    body = decoded(payload)
    if not isinstance(body, dict) or "error" in body:
        message = f"the answer is no object of MPContribs: {payload[:_SHOWN]!r}"
        raise TransportError(message)
    return body


def _page(payload: bytes) -> tuple[list[Any], int]:
    """Return the contributions of a page, and how many the query has.

    Raises:
        TransportError: the payload is cut, no page, or an empty one before the last.
    """
    body = _object(payload)
    rows, total = body.get("data"), body.get("total_count")
    if not isinstance(rows, list) or not isinstance(total, int) or isinstance(total, bool):
        message = f"the answer is no page of MPContribs, it has no `data` or no `total_count`: {payload[:_SHOWN]!r}"
        raise TransportError(message)
    if not rows and body.get("has_more") is True:
        message = "the page is empty, but says that there are more"
        raise TransportError(message)
    return rows, total


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


def _record(row: dict[str, Any], pointer: Pointer, query: MpcontribsQuery) -> MaterialRecord:
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
