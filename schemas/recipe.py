"""Recipe: what a user writes to say which sources become which dataset; read from TOML, checked as a whole."""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from schemas.licence import LicenceId
from schemas.quantity import Model, described
from schemas.toml_lines import line_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]
_ROUNDING = 1e-9
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9_-]+")
_TOML_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


class RecipeError(Exception):
    """A recipe, or a card that it names, cannot be used; names the file, the line, and each thing that is wrong."""

    exit_code = 2

    def __init__(self, file: str, problems: list[tuple[int, str]]) -> None:
        """Hold the file and its problems as (line, what was got and what was expected)."""
        self.file = file
        self.problems = sorted(set(problems))
        super().__init__("\n".join(f"{file}:{line}: {problem}" for line, problem in self.problems))

    @classmethod
    def joined(cls, errors: list[RecipeError]) -> RecipeError:
        """Return one error that says all of several files, each problem with its own file."""
        first = errors[0]
        first.args = ("\n".join(str(error) for error in errors),)
        return first


class Creator(Model):
    """A person or organisation to be cited."""

    name: str = Field(min_length=1, description="As it is to be cited.")
    orcid: str | None = Field(None, pattern=r"^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$", description="Without the address.")
    affiliation: str | None = described("Where the person works.", optional=True)


class DatasetHeader(Model):
    """What the dataset is called and under which licence it is meant to be released."""

    name: Name = described("Names the folder of the dataset; part of every citation of it.")
    title: str = Field(min_length=1, description="One line, for people.")
    description: str = Field("", description="What the dataset is, in some sentences.")
    licence: LicenceId = described("SPDX id; checked against the licences of the rows.")
    creators: tuple[Creator, ...] = Field((), description="Who is to be cited for the dataset.")
    keywords: tuple[str, ...] = Field((), description="For catalogues.")


class SourceRequest(BaseModel):
    """One source of a recipe; fields beside `source` and `name` are the source's own options."""

    model_config = ConfigDict(frozen=True, extra="allow")

    source: str = described("Name of a source, see `matgranary sources`.")
    name: Name | None = described("Name of this source in the dataset; derived where absent.", optional=True)

    @property
    def options(self) -> dict[str, Any]:
        """The source's own options, as written."""
        return dict(self.model_extra or {})

    @property
    def key(self) -> str:
        """The name under which the rows of this source stand in the dataset."""
        if self.name:
            return self.name
        for option in ("provider", "path", "files"):
            if isinstance(value := self.options.get(option), str):
                stem = value if option == "provider" else PurePath(value).name.split(".")[0]
                return _NOT_IN_A_NAME.sub("_", f"{self.source}-{stem}".lower()).strip("_-")
        return self.source


class PapersRequest(SourceRequest):
    """One source of papers; `files = "folder/*.xml"` reads articles from disk."""

    source: str = Field("article_files", description="Name of a source of papers.")


class DedupLevel(StrEnum):
    """How alike two structures must be to count as one material."""

    EXACT = "exact"
    STRICT = "strict"
    LOOSE = "loose"


class Acceptance(Model):
    """Rows that a person looked at and lets out of quarantine; `matgranary quarantine release` writes it."""

    rows: tuple[Annotated[str, StringConstraints(pattern=r"^[ep]-[a-z2-7]{16}$")], ...] = Field(
        min_length=1, description="Ids of records (e-…) and of values (p-…)."
    )
    reason: str = Field(min_length=1, description="Why they are right after all; part of the dataset.")


class MirrorImages(StrEnum):
    """Whether left and right forms of a structure are one material."""

    TOGETHER = "together"
    APART = "apart"


class Curate(Model):
    """How records are curated."""

    dedup: DedupLevel = DedupLevel.STRICT
    mirror_images: MirrorImages = MirrorImages.TOGETHER
    accept: tuple[Acceptance, ...] = Field((), description="Rows to be let out of quarantine.")


class SplitBy(StrEnum):
    """What must not be on both sides of a split."""

    MATERIAL = "material"
    FORMULA = "formula"
    PROTOTYPE = "prototype"
    CHEMICAL_SYSTEM = "chemical_system"
    TIME = "time"


class SplitRequest(Model):
    """A split of the materials into folds, for training and testing."""

    name: Name = described("Names the split, and the view `split_NAME`.")
    by: SplitBy = Field(
        SplitBy.PROTOTYPE,
        description="What stays together: material, formula, prototype (anonymous formula and space group; polymorphs "
        "may stand apart), chemical_system; or time: the newest materials come last.",
    )
    folds: dict[Name, Annotated[float, Field(gt=0, le=1)]] = Field(
        default={"train": 0.8, "validation": 0.1, "test": 0.1}, description="Share of each fold; they add up to 1."
    )
    seed: int = Field(0, description="Another seed is another split.")

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if abs(sum(self.folds.values()) - 1) > _ROUNDING:
            message = f"the shares of the folds add up to {sum(self.folds.values()):g}, expected 1"
            raise ValueError(message)
        return self


class Represent(Model):
    """Which representations are computed; names from `matgranary represent --list`."""

    with_: tuple[str, ...] = Field((), alias="with", description="Names, for example magpie.")
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ReleaseTargets(Model):
    """Where a release goes."""

    to: tuple[str, ...] = Field(
        (),
        description="`folder`, or a depositor and its address, as `inveniordm https://…`; none where it is empty.",
    )


class Recipe(Model):
    """The whole recipe."""

    dataset: DatasetHeader
    sources: tuple[SourceRequest, ...] = ()
    papers: tuple[PapersRequest, ...] = ()
    curate: Curate = Curate()
    represent: Represent = Represent()
    splits: tuple[SplitRequest, ...] = ()
    release: ReleaseTargets = ReleaseTargets()

    @model_validator(mode="after")
    def _has_sources(self) -> Self:
        if not self.requests:
            message = "a recipe needs at least one [[sources]] or [[papers]] table"
            raise ValueError(message)
        return self

    @property
    def requests(self) -> tuple[SourceRequest, ...]:
        """All sources, papers last, in the order of the recipe."""
        return (*self.sources, *self.papers)

    def places(self) -> Iterator[tuple[tuple[str, int], SourceRequest]]:
        """Yield the table and index at which each request stands in the recipe, and the request."""
        for table, requests in (("sources", self.sources), ("papers", self.papers)):
            for index, request in enumerate(requests):
                yield (table, index), request


def read_toml[T: BaseModel](model: type[T], text: str, *, file: str) -> T:
    """Read a TOML text into a model.

    Raises:
        RecipeError: the text is not TOML, or does not fit the model; all problems at once, each with its line.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.search(str(error))
        line = int(place[1]) if place and place[1] else len(text.splitlines())
        raise RecipeError(file, [(line, f"not valid TOML: {_TOML_PLACE.sub('', str(error))}")]) from error
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise RecipeError(file, problems_of(error, text)) from error


def problems_of(error: ValidationError, text: str, *, under: tuple[str | int, ...] = ()) -> list[tuple[int, str]]:
    """Return each problem of a validation error as (line, message).

    Args:
        error: what pydantic raised.
        text: the TOML text that was read.
        under: path of the table that was validated, where it was not the root.
    """
    problems = []
    for detail in error.errors(include_url=False):
        path = under + tuple(detail["loc"])
        message = detail["msg"].removeprefix("Value error, ")
        where = ".".join(str(part) for part in path) or "the recipe"
        got = "" if detail["type"] in {"missing", "value_error"} else f", got {detail['input']!r}"
        problems.append((line_of(text, path), f"{where}: {message}{got}"))
    return problems
