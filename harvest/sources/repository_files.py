"""Repository files: a file of a Zenodo, figshare or Materials Cloud record, or at an address, in; its rows out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from harvest.checked_file import get_file
from harvest.errors import CardError
from harvest.formats.file_card import FileCard, read_file_card
from harvest.formats.row_records import records_of
from harvest.formats.rows import NAME, format_of, stem_of
from harvest.licence_names import refuse_other_licence
from harvest.repositories import ADDRESSES, FIGSHARE, FILE_HOSTS, read_record
from harvest.source import About, Page, Plan, Rejected, SourceCard, load_card
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject
    from schemas.material import MaterialRecord

_ADDRESS = "url"


class RepositoryOptions(Model):
    """What a recipe says."""

    repository: Literal["zenodo", "figshare", "materials_cloud", "url"]
    record: str | None = described("Id of the record of one version; figshare: of the article.", optional=True)
    version: int | None = described("figshare: the version of the article.", optional=True)
    file: str = described("Name of the file in the record; with repository url, its address.")
    member: str | None = described("The member that is read, for a zip file.", optional=True)
    card: str = described("A card as for data files, relative to the recipe.")
    sha256: str | None = Field(None, pattern=r"^[0-9a-fA-F]{64}$")
    md5: str | None = Field(None, pattern=r"^[0-9a-fA-F]{32}$")
    base_url: str | None = described("Address of another repository of the same kind.", optional=True)
    hosts: tuple[str, ...] = Field((), description="More hosts to which downloads of this repository lead.")

    @model_validator(mode="after")
    def _names_one_file(self) -> Self:
        if (self.repository == _ADDRESS) == (self.record is not None):
            message = 'give a `record`; only repository = "url" has none, its `file` is the address'
            raise ValueError(message)
        if self.repository == _ADDRESS and not (self.sha256 or self.md5):
            message = "a file at an address needs its `sha256` or `md5`: nothing else says that it is still the same"
            raise ValueError(message)
        if self.version is not None and self.repository != FIGSHARE:
            message = "`version` is for figshare; elsewhere every version is a record of its own"
            raise ValueError(message)
        return self


class RepositoryQuery(RepositoryOptions):
    """The checked query: the options with the content of the card."""

    content: FileCard
    row_format: str


class RepositoryFilesSource:
    """Fetches one file, checks it against its record, and reads its rows as a card says."""

    card: SourceCard = load_card("repository_files", SourceCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options and the card."""
        asked = RepositoryOptions.model_validate(options)
        content = read_file_card(folder / asked.card)
        row_format = content.rows.format or format_of(asked.member or urlsplit(asked.file).path)
        if row_format is None:
            message = f"the name {asked.member or asked.file} says no format; give `format` in [rows] of {asked.card}"
            raise CardError(message)
        address = urlsplit(_address(asked))
        return Plan(
            key=key,
            source=self.card.name,
            query=RepositoryQuery(**asked.model_dump(), content=content, row_format=row_format),
            about=About.model_validate(content.card.model_dump()),
            folder=folder,
            hosts=frozenset({address.netloc, *FILE_HOSTS.get(asked.repository, ()), *asked.hosts}),
            requests_per_second=1000.0
            if address.hostname in {"127.0.0.1", "localhost"}
            else self.card.requests_per_second,
        )

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Ask the record what it says of the file, then fetch the file.

        Raises:
            ContractError: the card states another licence than the record, or the record has no such file.
            IntegrityError: the file is not what the record or the recipe says.
        """
        query = _query(plan)
        hashes = {name: value for name, value in (("md5", query.md5), ("sha256", query.sha256)) if value}
        if query.record is None:
            file = get_file(door, query.file, hashes=hashes)
            yield Page(file, version=f"sha256:{file.sha256}")
            return
        number = query.record if query.version is None else f"{query.record}/versions/{query.version}"
        record, seen = read_record(door, query.repository, _address(query), number)
        for raw in seen:
            yield Page(raw, has_records=False)
        refuse_other_licence(record.licence, plan.about.licence, where=f"{query.repository} {number}")
        described_file = record.file(query.file)
        file = get_file(door, described_file.url, hashes=described_file.hashes | hashes, size=described_file.size)
        yield Page(file, version=f"{query.repository} {record.version}, sha256:{file.sha256}")

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        """Read the rows; one that does not fit is rejected, its neighbours pass."""
        query = _query(plan)
        extra = {NAME: stem_of(query.member or query.file)}
        yield from records_of(raw.payload, query.content, query.row_format, member=query.member, extra=extra)


def _query(plan: Plan) -> RepositoryQuery:
    return RepositoryQuery.model_validate(plan.query)


def _address(query: RepositoryOptions) -> str:
    return query.base_url or ADDRESSES.get(query.repository) or query.file
