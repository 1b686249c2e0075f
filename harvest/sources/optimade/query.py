"""OPTIMADE query: the options of a recipe in, checked options and the one database that they mean out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from harvest.errors import CardError
from harvest.formats.card_fields import is_unset
from harvest.formats.file_card import KnownProperty
from harvest.sources.optimade.providers import FieldMapping, Provider, Quirk, is_known
from schemas.licence import NOASSERTION, LicenceId
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PAGE = 100


class OptimadeQuery(Model):
    """What a recipe says."""

    provider: str | None = described("Prefix of a known provider.", optional=True)
    database: str | None = Field(
        None, description="Which of its databases; the first of its card where absent.", exclude_if=is_unset
    )
    base_url: str | None = described("Address of any other, up to but without /v1.", optional=True)
    licence: LicenceId | None = described("Needed where no card states it, and refused where one does.", optional=True)
    title: str | None = described("What the release calls the source; from the card where absent.", optional=True)
    attribution: str | None = described("How it wants to be cited; from the card where absent.", optional=True)
    filter: str = Field("", description="In the filter language of OPTIMADE; all structures where empty.")
    page_limit: int = Field(
        default=DEFAULT_PAGE, gt=0, le=1000, description="Structures a page; the card or server may allow fewer."
    )
    properties: tuple[KnownProperty, ...] = Field((), description="Of the mapped fields, those to read; all if empty.")
    fields: dict[str, FieldMapping] = Field(default_factory=dict, description="More provider fields to read.")
    prove_ids: bool = Field(
        default=False,
        description="Ask for all ids again after the walk, and compare: finds rows that moved between pages.",
        exclude_if=is_unset,
    )
    quirks: tuple[Quirk, ...] = Field(
        (), description="Switches for a provider that keeps less to the specification.", exclude_if=is_unset
    )

    @model_validator(mode="after")
    def _names_one_place(self) -> Self:
        if (self.provider is None) == (self.base_url is None):
            message = "give either `provider` or `base_url`"
            raise ValueError(message)
        if self.base_url is not None and self.licence is None:
            message = "a `base_url` without card needs a `licence`: a row without a licence cannot be released"
            raise ValueError(message)
        if self.database is not None and self.provider is None:
            message = "`database` is one of a `provider`; a `base_url` is a database itself"
            raise ValueError(message)
        return self


@dataclass(frozen=True)
class Place:
    """The database that is asked.

    Attributes:
        base_url: its address; none where the index of the provider has to be asked for it.
        database: its name in that index.
        fields: what of it is read.
    """

    provider: Provider
    base_url: str | None
    database: str | None
    title: str
    licence: str
    fields: Mapping[str, FieldMapping]
    quirks: frozenset[Quirk]
    page_limit: int


def place_of(query: OptimadeQuery, known: Mapping[str, Provider]) -> Place:
    """Return the database that a query means.

    Raises:
        CardError: there is no such provider, or it has no such database; says which there are.
    """
    if query.base_url is not None:
        licence = query.licence or NOASSERTION
        given = Provider(title=query.base_url, licence=licence, evidence="the recipe", page_limit=1000)
        fields = _wanted(query.fields, query)
        return Place(given, query.base_url.rstrip("/"), None, given.title, licence, fields, *_manners(query, given))
    provider = known.get(query.provider or "")
    if provider is None:
        message = (
            f"no OPTIMADE provider {query.provider!r} has a card; known are {', '.join(known)}; or give `base_url`"
        )
        raise CardError(message)
    return _known_place(query, provider)


def _known_place(query: OptimadeQuery, provider: Provider) -> Place:
    name = query.database or next(iter(provider.databases), None)
    if name is None or (name not in provider.databases and provider.index is None):
        said = f"its databases are {', '.join(provider.databases)}" if provider.databases else provider.note
        message = f"the provider {query.provider!r} has no database {name or 'to ask'}: {said}"
        raise CardError(message)
    database = provider.databases.get(name)
    functional = database.functional if database else None
    mapped = {**provider.fields, **(database.fields if database else {})}
    fields = {
        path: field if field.functional or functional is None else field.model_copy(update={"functional": functional})
        for path, field in mapped.items()
    }
    return Place(
        provider,
        database.base_url.rstrip("/") if database else None,
        name,
        (database.title if database else f"{provider.title}: {name}") or provider.title,
        _licence(query, (database.licence if database else None) or provider.licence),
        _wanted({**fields, **query.fields}, query),
        *_manners(query, provider),
    )


def _licence(query: OptimadeQuery, of_card: str) -> str:
    """Return the licence of the card, or that of the recipe where the card knows none.

    Raises:
        CardError: both state one, and they differ.
    """
    if query.licence is None or query.licence == of_card:
        return of_card
    if is_known(of_card):
        message = f"the card of {query.provider!r} says {of_card}, the recipe {query.licence}; take one of them away"
        raise CardError(message)
    return query.licence


def _wanted(fields: Mapping[str, FieldMapping], query: OptimadeQuery) -> dict[str, FieldMapping]:
    wanted = set(query.properties)
    return {path: field for path, field in fields.items() if not wanted or field.property in wanted}


def _manners(query: OptimadeQuery, provider: Provider) -> tuple[frozenset[Quirk], int]:
    return provider.quirks | set(query.quirks), min(query.page_limit, provider.page_limit)
