"""Source: what a connector is to the rest of the house, and the few types that it speaks.

A connector is one class with four members. It walks its provider as if nothing could go wrong: the door that it is
handed replays pages that are archived already and fetches, checks and archives the others, so that a connector is
resumable, reproducible and testable without doing anything for it.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

from pydantic import Field, ValidationError, model_validator

from schemas.disk import digest
from schemas.provenance import PinKind, Pointer
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from schemas.material import MaterialRecord


ABSENT = "absent "


class Key(Model):
    """How a source wants to be shown a key; the key itself is read from the environment and never written."""

    header: str | None = described("Name of the request header that shows it.", optional=True)
    parameter: str | None = described("Name of the parameter of the address that shows it.", optional=True)
    variables: tuple[str, ...] = Field(min_length=1, description="Environment variables, the first that is set counts.")
    required: bool = True
    prefix: str = Field("", description="Written before the key in the header, for example `Bearer `.")
    hosts: tuple[str, ...] = Field(
        (), description="Hosts that are shown the parameter; every host of the source, where empty."
    )

    @model_validator(mode="after")
    def _is_shown_one_way(self) -> Self:
        if (self.header is None) == (self.parameter is None):
            message = "a key is shown either in a `header` or in a `parameter` of the address"
            raise ValueError(message)
        if (self.hosts and self.header) or (self.prefix and self.parameter):
            message = "`hosts` goes with a `parameter`, `prefix` with a `header`"
            raise ValueError(message)
        return self


class SourceCard(Model):
    """What is known of a source before it is asked: `<source>.toml` beside its code."""

    name: str
    title: str
    description: str
    homepage: str = ""
    licence: str = described("SPDX id of what the source serves; NOASSERTION where it depends on the query.")
    attribution: str = ""
    pin: PinKind
    key: Key | None = None
    requests_per_second: float = Field(default=1.0, gt=0)


def load_card[T: SourceCard](name: str, model: type[T], *, package: str = "harvest.sources") -> T:
    """Read the card that ships beside a connector, as `NAME.toml` in its package."""
    text = files(package).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return model.model_validate(tomllib.loads(text))


class About(Model):
    """What a harvest is of: licence, attribution and origin of the rows of one source of one recipe."""

    title: str
    licence: str
    attribution: str
    origin: str


@dataclass(frozen=True)
class Request:
    """One thing to ask for: a web address, or a local file as `file:` and its path relative to the recipe.

    Attributes:
        media_type: what is asked for, and what is assumed where the answer does not say.
        tag: tells apart requests for the same address, for example a heartbeat before and one after.
    """

    uri: str
    method: str = "GET"
    body: bytes | None = None
    tag: str = ""
    media_type: str = "application/json"

    @property
    def key(self) -> str:
        """The identity of the request within a harvest."""
        parts = [self.method, self.uri]
        if self.body is not None:
            parts.append(f"body=sha256:{hashlib.sha256(self.body).hexdigest()}")
        if self.tag:
            parts.append(f"tag={self.tag}")
        return " ".join(parts)


@dataclass(frozen=True)
class RawObject:
    """Archived bytes; exists only once its hash is known and its bytes are durable."""

    sha256: str
    payload: bytes = field(repr=False)
    media_type: str
    uri: str
    request_key: str

    @property
    def is_absent(self) -> bool:
        """Whether this is no answer but the note that a text is not given, with the reason."""
        return self.request_key.startswith(ABSENT)


class RawFile(RawObject):
    """Archived bytes that are too many for memory: they stand in a file while the harvest walks.

    Attributes:
        path: the file; `payload` reads all of it.
        n_bytes: its size.
    """

    path: Path
    n_bytes: int

    def __init__(self, sha256: str, path: Path, media_type: str, uri: str, request_key: str) -> None:
        """Name the file."""
        said = {"sha256": sha256, "media_type": media_type, "uri": uri, "request_key": request_key}
        for name, value in {**said, "path": path, "n_bytes": path.stat().st_size}.items():
            object.__setattr__(self, name, value)

    @property
    def payload(self) -> bytes:
        """All bytes, read when they are asked for."""
        return self.path.read_bytes()


@dataclass(frozen=True)
class Page:
    """One raw object of a walk.

    Attributes:
        promised: how many records the source says that the whole query has, where it says so.
        version: the version of the source that this page names, where it names one.
        has_records: false for pages that only describe the source.
        delay_seconds: what the source asks to leave between requests, where it says so in its answers.
        present: for a walk over changes, the ids of all records that the source has now, where the page lists them.
        missing: what the walk found to be missing by this page, in words; the harvest is then incomplete.
    """

    raw: RawObject
    promised: int | None = None
    version: str | None = None
    has_records: bool = True
    delay_seconds: float | None = None
    present: frozenset[str] | None = None
    missing: str = ""


@dataclass(frozen=True)
class Gap:
    """A part of a source that could not be had, however often it was asked for.

    Attributes:
        request: the key of the request.
        reason: how the last attempt failed.
    """

    request: str
    reason: str


@dataclass(frozen=True)
class Rejected:
    """A row that could not be read; it counts as harvested and ends in quarantine with its reasons."""

    pointer: Pointer
    reasons: tuple[str, ...]
    row: Any
    source_id: str | None = None


def why(error: Exception) -> str:
    """Return in one line why a row does not fit, without the words of the library that found it."""
    if not isinstance(error, ValidationError):
        return " ".join(str(error).split())
    problems = []
    for detail in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in detail["loc"])
        problems.append(f"{place}: " * bool(place) + detail["msg"].removeprefix("Value error, "))
    return "; ".join(problems)


@dataclass(frozen=True)
class Plan:
    """A checked query: everything that a walk depends on.

    Attributes:
        key: the name of the source in the dataset.
        source: the name of the connector.
        query: the connector's own options, checked.
        folder: where the paths of the query start.
        declared: the version that will be fetched, where it is known beforehand (sha256 of a file, a database version).
        hosts: host names that this harvest may talk to.
        shows_key: whether these hosts are shown the key of the source; a public mirror of its data is not.
        key_card: how the key is shown, where that is not as the card of the source says.
    """

    key: str
    source: str
    query: Model
    about: About
    folder: Path
    declared: str | None = None
    hosts: frozenset[str] = frozenset()
    requests_per_second: float = 1.0
    shows_key: bool = True
    key_card: Key | None = None

    @property
    def fingerprint(self) -> str:
        """The identity of the query: sha256 over the connector's name and the checked options."""
        return digest({"source": self.source, "query": self.query.model_dump(mode="json")})

    @property
    def target(self) -> str:
        """The identity of what will be fetched: the query, and the declared version where there is one."""
        return digest([self.fingerprint, self.declared])


class Door(Protocol):
    """The one way from a connector to the outside."""

    def get(self, request: Request, *, check: Callable[[bytes], object] | None = None) -> RawObject:
        """Return the archived answer to a request, from the archive where it is there already.

        Args:
            request: what to ask for.
            check: called with the payload before it is archived; what it raises as TransportError is tried again.
        """

    def get_text(
        self,
        request: Request,
        *,
        kept: Callable[[bytes], bytes],
        check: Callable[[bytes], object] | None = None,
    ) -> RawObject:
        """Return what is kept of a text, or a note (`is_absent`) that it is not given: refused, or not there.

        Args:
            request: what to ask for.
            kept: makes of the whole text what may be archived: the text itself, or the facts in it, as JSON.
            check: as for `get`.
        """

    def get_parts(
        self,
        request: Request,
        *,
        halve: Callable[[Request], tuple[Request, ...]],
        check: Callable[[bytes], object] | None = None,
    ) -> list[RawObject]:
        """Return the answer to a request, or the answers to its halves where the source fails at the whole.

        What cannot be halved further and fails still is left out and noted as a gap: the walk goes on, and the harvest
        is incomplete.

        Args:
            request: what to ask for.
            halve: splits a request into smaller ones that bring the same; none where it is as small as can be.
            check: as for `get`.
        """

    def download(self, request: Request, *, check: Callable[[Path], object] | None = None) -> RawFile:
        """Return a large archived answer as a file; one that was cut is resumed where it broke.

        Args:
            request: what to ask for.
            check: called with the file before it is archived; what it raises as TransportError is tried again.
        """


class Source(Protocol):
    """A connector; registered under the entry point `matgranary.sources`."""

    card: SourceCard

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options of a recipe; no network.

        Raises:
            pydantic.ValidationError: the options do not fit.
            RecipeError: a file that the options name does not fit.
        """

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Walk the source page by page."""

    def parse(self, plan: Plan, raw: RawObject) -> Iterable[MaterialRecord | Rejected]:
        """Read the records of a page; a pure function of its arguments."""


@dataclass(frozen=True)
class Since:
    """What is archived of a query already, for a walk over its changes.

    Attributes:
        last_modified: the newest time stamp of its records, as the source writes it.
        n_records: how many records there are.
        stamps: the time stamp of each record by its id, as the source writes it; only for a `ComparingSource`.
    """

    last_modified: str
    n_records: int
    stamps: Mapping[str, str] = field(default_factory=dict, repr=False)


def moment_of(stamp: str | None) -> datetime | None:
    """Return the moment of a time stamp, in UTC where it names no zone; none where there is none, or it is no time."""
    try:
        read = datetime.fromisoformat(stamp) if stamp else None
    except ValueError:
        return None
    return read if read is None or read.tzinfo else read.replace(tzinfo=UTC)


@runtime_checkable
class IncrementalSource(Protocol):
    """A connector that can ask for what changed; implemented beside `Source` where that is honest.

    Honest means: the source gives every record a time stamp that moves with each change of it, can be asked for the
    records from a time stamp on, and can list the ids of all records that there are, so that deletions are seen.
    """

    def fetch_changes(self, plan: Plan, door: Door, since: Since) -> Iterator[Page]:
        """Walk the records that were modified at or after `since`, then the list of all ids (`Page.present`).

        `promised` of its pages counts the changed records. Pages of ids have `has_records=False`. Whatever was fetched
        for the same query before is replayed from the archive; changed records replace theirs, absent ones go.
        """


@runtime_checkable
class ComparingSource(IncrementalSource, Protocol):
    """An incremental connector that compares the time stamp of each record with the one that is held.

    For a source where records appear that are older than the last harvest: asked for what changed since a time, it
    would leave them out.

    Attributes:
        compares_stamps: whether `Since.stamps` is needed.
    """

    compares_stamps: bool
