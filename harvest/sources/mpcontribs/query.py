"""MPContribs query: the options of a recipe in, checked options and the parameters of a page out."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlencode

from pydantic import Field, ValidationInfo, field_validator

from harvest.formats.file_card import KnownProperty, unit_of
from schemas.measurement import Method
from schemas.quantity import Model, described

_OF_ROW = "id,identifier,formula,is_public,last_modified,data"


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


def page_options(query: MpcontribsQuery, page: int) -> str:
    """Return the parameters that ask for a page, counted from 1."""
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
