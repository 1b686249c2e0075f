"""NOMAD query: the options of a recipe and the card of the source, checked."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from harvest.formats.file_card import KnownProperty
from harvest.rest import MappedField, RestCard
from schemas.measurement import Method
from schemas.quantity import Model, described


class NomadField(MappedField):
    """A path that holds values of a property, and what must stand beside the value."""

    only: dict[str, str] = Field(default_factory=dict)


class NomadCard(RestCard):
    """The card, with NOMAD's words for methods, functionals and licences."""

    properties: tuple[NomadField, ...]
    methods: dict[str, Method]
    functionals: dict[str, str]
    licences: dict[str, str]
    labels: dict[str, str]


class NomadQuery(Model):
    """What a recipe says."""

    query: dict[str, Any] = described(
        'In NOMAD\'s language, for example {"results.material.elements" = {all = ["O"]}}.'
    )
    page_size: int = Field(default=50, gt=0, le=1000)
    properties: tuple[KnownProperty, ...] = ()
    compare_times: bool = Field(
        default=True,
        description="Fetch at an update what was processed at another time, or is new; all where false.",
        exclude_if=bool,
    )
    base_url: str | None = described("Address of another NOMAD, up to and with /api/v1.", optional=True)
