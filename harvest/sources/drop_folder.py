"""Drop folder: files that instruments write, a run each, in; material records out; every file is taken once."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import Field

from harvest.errors import CardError, ContractError
from harvest.formats.compressed import open_plain
from harvest.formats.file_card import FileCard, read_file_card
from harvest.formats.row_records import records_of
from harvest.formats.rows import format_of
from harvest.intake import INDEX, Waiting, take, taken_names, version_of, waiting_files
from harvest.local_files import read_request
from harvest.source import About, Page, Plan, Rejected, SourceCard, load_card
from schemas.provenance import Pointer
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject
    from schemas.material import MaterialRecord

RUN = "@run"  # a field that every row has beside its own: the beginning of the hash of its file
_RUN_DIGITS = 16
_START = 256
_PEOPLE = re.compile(
    r"operator|user|technician|experimenter|scientist|student|author|owner|person|initials|e-?mail|"
    r"(created|measured|prepared|done)[ _-]?by",
    re.IGNORECASE,
)


class DropOptions(Model):
    """What a recipe says."""

    path: str = described("The folder that the instrument writes into, relative to the recipe.")
    pattern: str = "*"
    card: str = described("A card as for data files, relative to the recipe.")
    settle_seconds: float = Field(60.0, ge=0, description="A file that was changed later than this is left alone.")
    taken: str | None = described("Folder of the taken files; `path` with -taken where absent.", optional=True)


class DropQuery(Model):
    """The checked query; the files that wait are no part of its identity."""

    path: str
    pattern: str
    taken: str
    card: FileCard
    waiting: tuple[Waiting, ...] = Field((), exclude=True)


class DropFolderSource:
    """Takes the whole files of a folder and reads each as a run."""

    card: SourceCard = load_card("drop_folder", SourceCard)

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """Tell by a clock, in seconds since 1970, which files are settled."""
        self._clock = clock

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options and the card, and look which files wait."""
        asked = DropOptions.model_validate(options)
        content = read_file_card(folder / asked.card)
        _refuse_people(content, asked.card)
        taken = asked.taken or f"{asked.path.rstrip('/')}-taken"
        settled = self._clock() - asked.settle_seconds
        row_format = content.rows.format
        waiting = waiting_files(folder / asked.path, asked.pattern, older_than=settled, row_format=row_format)
        names = dict.fromkeys([*taken_names(folder / taken), *(file.name for file in waiting)])
        if not names and (folder / asked.path).is_dir():
            message = f"no file of {asked.path}/{asked.pattern} has been unchanged for {asked.settle_seconds:g} s yet"
            raise CardError(message)
        query = DropQuery(path=asked.path, pattern=asked.pattern, taken=taken, card=content, waiting=tuple(waiting))
        return Plan(
            key=key,
            source=self.card.name,
            query=query,
            about=About.model_validate(content.card.model_dump()),
            folder=folder,
            declared=version_of(list(names)) if names else None,
        )

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Take the files that wait, then read all that were ever taken, in the order in which they were."""
        query = _query(plan)
        if query.waiting:
            take(query.waiting, plan.folder / query.taken)
        index = door.get(read_request(f"{query.taken}/{INDEX}", "application/json"))
        yield Page(index, has_records=False)
        for name in json.loads(index.payload):
            yield Page(door.get(read_request(f"{query.taken}/{name}", "application/octet-stream")))

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        """Read the rows of a run; a file that cannot be read is rejected as a whole, its neighbours pass."""
        query = _query(plan)
        run = raw.sha256[:_RUN_DIGITS]
        try:
            for item in records_of(raw.payload, query.card, _format(query, raw), extra={RUN: run}):
                yield replace(item, row=_without_people(item.row)) if isinstance(item, Rejected) else item
        except ContractError as error:
            yield Rejected(Pointer(steps=()), (f"unreadable: {error}",), None, run)


def _query(plan: Plan) -> DropQuery:
    return DropQuery.model_validate(plan.query)


def _format(query: DropQuery, raw: RawObject) -> str:
    """Return the format of a file; JSON that is one object is one run."""
    said = query.card.rows.format or format_of(raw.uri)
    if said is None:
        message = f"the name {raw.uri} says no format; give `format` in [rows] of the card"
        raise ContractError(message)
    if said == "json" and query.card.rows.at is None:
        start = open_plain(raw.payload).read(_START).lstrip(b"\xef\xbb\xbf \t\r\n")
        return "object" if start.startswith(b"{") else said
    return said


def _refuse_people(card: FileCard, name: str) -> None:
    """Refuse a card that would publish who did an experiment."""
    rows = card.rows
    fields = {rows.id, rows.phase or "", *rows.labels, *rows.labels.values(), *rows.constant_labels}
    people = sorted(field for field in fields if _PEOPLE.search(field))
    if people:
        message = f"{name} makes metadata of {', '.join(people)}: a dataset names instruments and parameters, no people"
        raise CardError(message)


def _without_people(row: Any) -> Any:  # noqa: ANN401 — whatever the file holds
    if isinstance(row, dict):
        return {name: _without_people(value) for name, value in row.items() if not _PEOPLE.search(str(name))}
    return [_without_people(value) for value in row] if isinstance(row, list) else row
