"""Files: a data file, or many of one kind, and a card in, material records out; manual collections and data files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pydantic import Field

from harvest.errors import CardError, ContractError
from harvest.formats.card_fields import is_unset
from harvest.formats.file_card import FileCard, read_file_card, refuse_layout
from harvest.formats.row_columns import parts_of_rows
from harvest.formats.row_records import records_of
from harvest.formats.rows import NAME, format_of, stem_of
from harvest.local_files import declared_version, matching_files, read_request
from harvest.source import About, Page, Plan, Rejected, SourceCard, load_card
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harvest.records.columns import Part
    from harvest.source import Door, RawObject
    from schemas.material import MaterialRecord


class FilesOptions(Model):
    """What a recipe says."""

    path: str = described("The data file, or a pattern such as cifs/*.cif, relative to the recipe.")
    card: str = described("Its card, relative to the recipe.")
    member: str | None = described("The member that is read, for a zip file.", optional=True)


class FilesQuery(Model):
    """The checked query: the options with the content of the card, and the files that a pattern names."""

    path: str
    row_format: str
    card: FileCard
    names: tuple[str, ...] = Field((), exclude_if=is_unset)
    member: str | None = Field(None, exclude_if=is_unset)


class FilesSource:
    """Reads rows of files as their card says."""

    card: SourceCard = load_card("files", SourceCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options and the card."""
        asked = FilesOptions.model_validate(options)
        card = read_file_card(folder / asked.card)
        names = matching_files(folder, asked.path)
        if not names:
            message = f"no file matches {asked.path!r} under {folder}"
            raise CardError(message)
        row_format = card.rows.format or format_of(asked.member or names[0])
        if row_format is None:
            message = f"the name {asked.member or names[0]} says no format; give `format` in [rows] of {asked.card}"
            raise CardError(message)
        try:
            refuse_layout(card.rows, row_format)
        except ValueError as error:
            message = f"{asked.card}: {error}"
            raise CardError(message) from error
        return Plan(
            key=key,
            source=self.card.name,
            query=FilesQuery(
                path=asked.path,
                row_format=row_format,
                card=card,
                names=() if names == [asked.path] else tuple(names),
                member=asked.member,
            ),
            about=About.model_validate(card.card.model_dump()),
            folder=folder,
            declared=declared_version(folder, names),
        )

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Read each file."""
        query = _query(plan)
        for name in query.names or (query.path,):
            yield Page(door.get(read_request(name, MEDIA_TYPES.get(query.row_format, "application/octet-stream"))))

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        """Read the rows; one that does not fit is rejected, its neighbours pass.

        Raises:
            ContractError: a file as a whole is not in its format; says which.
        """
        yield from self._read(plan, raw, records_of)

    def parse_columns(self, plan: Plan, raw: RawObject) -> Iterator[Part]:
        """Read the rows, many at once where they are plain; see `parse`."""
        yield from self._read(plan, raw, parts_of_rows)

    def _read[T](self, plan: Plan, raw: RawObject, read: Callable[..., Iterator[T]]) -> Iterator[T]:
        query = _query(plan)
        path = unquote(raw.uri.removeprefix("file:"))
        extra = {NAME: stem_of(path)}
        try:
            yield from read(raw.payload, query.card, query.row_format, member=query.member, extra=extra)
        except ContractError as error:
            message = f"{path}: {error}"
            raise ContractError(message) from error


MEDIA_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "tsv": "text/tab-separated-values",
    "object": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "cif": "chemical/x-cif",
    "hdf5": "application/x-hdf5",
}


def _query(plan: Plan) -> FilesQuery:
    return FilesQuery.model_validate(plan.query)
