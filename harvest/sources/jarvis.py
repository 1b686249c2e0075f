"""JARVIS: a file of JARVIS-DFT on figshare in, material records out; the mapping of its fields is in `jarvis.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from harvest.checked_file import get_file
from harvest.errors import CardError
from harvest.formats.file_card import FileCard, KnownProperty, Origin, PropertyColumn, Rows
from harvest.formats.row_records import records_of
from harvest.source import About, Page, Plan, Rejected, SourceCard, load_card
from schemas.licence import LicenceId
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject
    from schemas.material import MaterialRecord


class JarvisFile(Model):
    """A file on figshare; its id never means other bytes."""

    title: str
    file_id: int
    member: str
    licence: LicenceId = "CC-BY-4.0"
    md5: str | None = None
    sha256: str | None = None


class JarvisCard(SourceCard):
    """The card, with the files that are known and the meaning of their fields."""

    base_url: str
    hosts: tuple[str, ...]
    datasets: dict[str, JarvisFile]
    rows: Rows
    properties: tuple[PropertyColumn, ...]


class JarvisQuery(Model):
    """What a recipe says."""

    dataset: str | None = described("Name of a known file; dft_3d where no file_id is given.", optional=True)
    file_id: int | None = described("Id of any other file of the same kind.", optional=True)
    member: str | None = described("Needed with file_id: name of the JSON in the zip file.", optional=True)
    licence: LicenceId | None = described(
        "Needed with file_id: files of other databases keep their own.", optional=True
    )
    md5: str | None = Field(None, pattern=r"^[0-9a-fA-F]{32}$")
    sha256: str | None = Field(None, pattern=r"^[0-9a-fA-F]{64}$")
    properties: tuple[KnownProperty, ...] = Field((), description="Which properties; all where empty.")
    base_url: str | None = described("Where the files are, if not at figshare.", optional=True)

    @model_validator(mode="after")
    def _names_one_file(self) -> Self:
        given = {name for name in ("file_id", "member", "licence") if getattr(self, name) is not None}
        if len(given) not in {0, 3} or (given and self.dataset is not None):
            message = "give either `dataset`, or `file_id` with the `member` of the zip file and its `licence`"
            raise ValueError(message)
        return self


class JarvisSource:
    """Fetches a file by its id and reads its entries as the card says."""

    card: JarvisCard = load_card("jarvis", JarvisCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options against the card."""
        query = JarvisQuery.model_validate(options)
        file = self._file(query)
        address = urlsplit(self._address(query))
        known = f", sha256:{file.sha256}" if file.sha256 else ""
        return Plan(
            key=key,
            source=self.card.name,
            query=query,
            about=About(
                title=file.title,
                licence=file.licence,
                attribution=self.card.attribution,
                origin=f"{self.card.base_url}/files/{file.file_id}",
            ),
            folder=folder,
            declared=f"figshare file {file.file_id}{known}",
            hosts=frozenset({address.netloc, *self.card.hosts}),
            requests_per_second=1000.0
            if address.hostname in {"127.0.0.1", "localhost"}
            else self.card.requests_per_second,
        )

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Fetch the file.

        Raises:
            IntegrityError: it is not the file that the card or the recipe knows.
        """
        query = _query(plan)
        file = self._file(query)
        hashes = {name: value for name, value in (("md5", file.md5), ("sha256", file.sha256)) if value}
        yield Page(get_file(door, f"{self._address(query)}/files/{file.file_id}", hashes=hashes, start=b"PK"))

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        """Read the entries; one that does not fit is rejected, its neighbours pass."""
        query = _query(plan)
        wanted = set(query.properties)
        card = FileCard(
            card=Origin.model_validate(plan.about.model_dump()),
            rows=self.card.rows,
            properties=tuple(p for p in self.card.properties if not wanted or p.property in wanted),
        )
        yield from records_of(raw.payload, card, "json", member=self._file(query).member)

    def _file(self, query: JarvisQuery) -> JarvisFile:
        known = self.card.datasets
        if query.file_id is not None:
            title = f"JARVIS file {query.file_id}"
            fields = query.model_dump(include={"file_id", "member", "licence"})
            file = JarvisFile.model_validate({"title": title, **fields})
        elif (name := query.dataset or next(iter(known))) in known:
            file = known[name]
        else:
            message = f"no file {query.dataset!r} is known; known are {', '.join(known)}; or give file_id"
            raise CardError(message)
        given = {name: value for name in ("md5", "sha256") if (value := getattr(query, name)) is not None}
        return file.model_copy(update=given)

    def _address(self, query: JarvisQuery) -> str:
        return (query.base_url or self.card.base_url).rstrip("/")


def _query(plan: Plan) -> JarvisQuery:
    return JarvisQuery.model_validate(plan.query)
