"""Source: what a connector is to the rest of the house, and the few types that it speaks.

A connector is one class with four members. It walks its provider as if nothing could go wrong: the door that it is
handed replays pages that are archived already and fetches, checks and archives the others, so that a connector is
resumable, reproducible and testable without doing anything for it.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import Field, ValidationError

from schemas.disk import digest
from schemas.provenance import PinKind, Pointer
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from schemas.material import MaterialRecord


class Key(Model):
    """How a source wants to be shown a key; the key itself is read from the environment and never written."""

    header: str = described("Name of the request header.")
    variables: tuple[str, ...] = Field(min_length=1, description="Environment variables, the first that is set counts.")
    required: bool = True


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


def load_card[T: SourceCard](name: str, model: type[T]) -> T:
    """Read the card that ships beside a connector."""
    text = files("harvest.sources").joinpath(f"{name}.toml").read_text(encoding="utf-8")
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


@dataclass(frozen=True)
class Page:
    """One raw object of a walk.

    Attributes:
        promised: how many records the source says that the whole query has, where it says so.
        version: the version of the source that this page names, where it names one.
        has_records: false for pages that only describe the source.
    """

    raw: RawObject
    promised: int | None = None
    version: str | None = None
    has_records: bool = True


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
