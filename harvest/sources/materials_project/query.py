"""Materials Project query: the options of a recipe in, checked options out."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AnyHttpUrl, Field, TypeAdapter, field_validator, model_validator

from harvest.formats.file_card import KnownProperty
from harvest.sources.materials_project.filters import API_ONLY, SummaryFilter
from harvest.sources.materials_project.identifiers import canonical_version
from schemas.quantity import Model, described

_VERSION = re.compile(r"[0-9]{4}\.[0-9]{2}(\.[0-9]{2})?(\.(post)?[0-9]+)?")
SUMMARY = "summary"


def _address(url: str) -> str:
    TypeAdapter(AnyHttpUrl).validate_python(url)
    return url.rstrip("/") + "/"


Address = Annotated[str, AfterValidator(_address)]
FamilyName = Literal[
    "summary",
    "thermo",
    "electronic_structure",
    "elasticity",
    "dielectric",
    "magnetism",
    "piezoelectric",
    "absorption",
]


def _is_summary(name: str) -> bool:
    return name == SUMMARY


class MaterialsProjectQuery(Model):
    """What a recipe says."""

    family: FamilyName = Field(
        default="summary",
        description="Which documents: the summary, or all details of one family.",
        exclude_if=_is_summary,
    )
    db_version: str | None = described("Version of the database, for example 2026.04.13: the pin.", optional=True)
    query: SummaryFilter = SummaryFilter()
    properties: tuple[KnownProperty, ...] = Field(default=(), description="Only values of these; all where absent.")
    bulk: bool = Field(default=False, description="Read the public table of whole versions, without a key.")
    keep_deprecated: bool = Field(default=False, description="Keep, labelled, what the provider has withdrawn.")
    page_size: int = Field(default=500, gt=0, le=1000, description="Documents in an answer of the API.")
    endpoint: Address = "https://api.materialsproject.org/"
    bulk_endpoint: Address = "https://materialsproject-build.s3.amazonaws.com/"

    @field_validator("db_version")
    @classmethod
    def _is_a_version(cls, given: str | None) -> str | None:
        if given is None:
            return None
        version = canonical_version(given)
        if _VERSION.fullmatch(version) is None:
            message = f"a version of the database is written 2026.04.13, got {given!r}"
            raise ValueError(message)
        return version

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.bulk and self.db_version is None:
            message = "`bulk` reads a whole version of the database: say which, by `db_version`"
            raise ValueError(message)
        unfit = [name for name in self.query.said if name in API_ONLY]
        unfit += ["chemsys"] if any("*" in system for system in self.query.chemsys) else []
        if self.bulk and unfit:
            message = f"with `bulk`, `query` cannot filter by {', '.join(unfit)}: only the API can"
            raise ValueError(message)
        if self.bulk and self.family != SUMMARY:
            message = f"`bulk` reads the summary table; the family {self.family!r} is asked of the API"
            raise ValueError(message)
        if self.keep_deprecated and not self.bulk:
            message = "`keep_deprecated` needs `bulk`: the API does not give what the provider has withdrawn"
            raise ValueError(message)
        return self
