"""AFLOW query: the options of a recipe and the card of the source, checked."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from harvest.formats.file_card import KnownProperty
from harvest.rest import MappedField, RestCard
from schemas.quantity import Model, described

_DIRECTIVE = re.compile(r"\$|\b(?:paging|format|help|schema)\b")


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
