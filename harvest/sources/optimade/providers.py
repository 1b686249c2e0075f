"""OPTIMADE providers: `providers/PREFIX.toml` in, what is known of a provider and of its databases out."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from importlib.resources import files
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator, model_validator

from harvest.formats.card_fields import is_absent, is_unset
from harvest.formats.file_card import KnownProperty, unit_of
from harvest.source import Key, SourceCard
from schemas.licence import NOASSERTION, LicenceId
from schemas.measurement import Method
from schemas.quantity import Model, described

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Quirk(StrEnum):
    """What a provider does otherwise than the specification; each is a switch that this connector understands."""

    NEXT_PAGE = "next_page"  # the next page stands in `links.next_page`
    ENDLESS_NEXT = "endless_next"  # `links.next` goes on behind the last page: the count says where the walk ends
    FLAT_ATTRIBUTES = "flat_attributes"  # attributes stand beside `attributes`, or there is no `attributes`
    ZONELESS_TIMES = "zoneless_times"  # `last_modified` lacks its zone, which is UTC, or is empty
    UNDESCRIBED_FIELDS = "undescribed_fields"  # some of its own fields are not described, or left out of entries
    NO_CHANGES = "no_changes"  # `last_modified` does not say what changed, or cannot be filtered by
    PLAIN_HTTP = "plain_http"  # there is no https
    FAILING_PAGES = "failing_pages"  # some pages fail, and are halved down to a row; they begin at `page_offset`


class FieldMapping(Model):
    """A provider's field that holds values of a property."""

    property: KnownProperty
    unit: str
    method: Method
    functional: str | None = None
    stated_unit: str | None = Field(
        None, description="What the provider's own definition says instead, where that is wrong.", exclude_if=is_absent
    )
    no_value: tuple[str, ...] = Field((), description='Words or numbers for "no value".', exclude_if=is_unset)

    @field_validator("unit")
    @classmethod
    def _unit_fits(cls, unit: str, known: ValidationInfo) -> str:
        return unit_of(unit, known.data.get("property"))


class Database(Model):
    """A database of a provider."""

    base_url: str = described("Address, up to but without /v1.")
    title: str | None = described("The provider's title where absent.", optional=True)
    licence: LicenceId | None = described("Where it is not that of the provider.", optional=True)
    functional: str | None = described("Of its calculations, for fields that name none.", optional=True)
    fields: dict[str, FieldMapping] = Field(default_factory=dict, description="Beside those of the provider.")


class Provider(Model):
    """Who speaks OPTIMADE under a prefix.

    A provider without databases is a prefix only, or has no database that can be asked: `note` says which.
    """

    title: str
    homepage: str = ""
    index: str | None = described("Its index of databases, up to but without /v1.", optional=True)
    hosts: tuple[str, ...] = Field((), description="Hosts on which databases that the index names may be.")
    licence: LicenceId | Literal["NOASSERTION"]
    stated_licences: tuple[str, ...] = Field((), description="What its /info may say for the same licence.")
    evidence: str = described("Where address and licence are from, and what is not known.")
    attribution: str = ""
    requests_per_second: Annotated[float, Field(gt=0)] = 1.0
    page_limit: int = Field(100, gt=0, le=1000, description="The largest page that is asked for.")
    key: Key | None = None
    quirks: frozenset[Quirk] = frozenset()
    note: str = ""
    databases: dict[str, Database] = Field(default_factory=dict)
    fields: dict[str, FieldMapping] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        for database in self.databases.values():
            parts = urlsplit(database.base_url)
            is_plain = parts.scheme == "http" and parts.hostname not in LOOPBACK
            if is_plain != (Quirk.PLAIN_HTTP in self.quirks):
                message = f"{database.base_url}: an address is https, or the quirk plain_http says why not"
                raise ValueError(message)
        return self

    @property
    def base_url(self) -> str:
        """The address of its first database, or of its index, or nothing."""
        return next((database.base_url for database in self.databases.values()), self.index or "")


class OptimadeCard(SourceCard):
    """The card, with the providers that are known."""

    providers: dict[str, Provider]

    @field_validator("providers", mode="before")
    @classmethod
    def _read(cls, given: Any) -> Any:  # noqa: ANN401 — prefixes, or tables
        if not isinstance(given, list):
            return given
        folder = files("harvest.sources.optimade") / "providers"
        return {name: tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8")) for name in given}


def is_known(licence: str) -> bool:
    """Tell whether a licence is one that a release can weigh."""
    return licence != NOASSERTION
