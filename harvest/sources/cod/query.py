"""COD query: the options of a recipe and the card of the source, checked."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from harvest.formats.file_card import KnownProperty
from harvest.rest import MappedField, RestCard
from schemas.quantity import Model, described

Entry = Annotated[str, StringConstraints(pattern=r"^\d{7}(@\d+)?$")]


class ConditionTags(Model):
    """A condition of the measurement, and the tags that may state it."""

    name: KnownProperty
    unit: str
    tags: tuple[str, ...]


class CodCard(RestCard):
    """The card, with the tags that hold values, conditions and labels."""

    properties: tuple[MappedField, ...]
    conditions: tuple[ConditionTags, ...]
    labels: dict[str, str]


class CodQuery(Model):
    """What a recipe says."""

    search: dict[str, str] = Field(default_factory=dict, description="Parameters of the search, such as el1 or text.")
    entries: tuple[Entry, ...] = Field(default=(), description="COD ids, each at a revision (1000041@176429) or not.")
    properties: tuple[KnownProperty, ...] = ()
    base_url: str | None = described("Address of a copy, up to but without /result.", optional=True)

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        if bool(self.search) == bool(self.entries) or self.search.keys() & {"format", "id"}:
            message = "give either `search`, without `id` and `format`, or `entries`"
            raise ValueError(message)
        return self
