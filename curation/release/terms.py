"""Terms: what a release says of itself that its rows do not: date, publisher, identifiers, and who may read it."""

from __future__ import annotations

import base64
import re
from datetime import date as day
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator

from curation.errors import WrongTermsError
from schemas.licence import LicenceId
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curation.datasets.open import Dataset

# The newest date that is known of rows which carry none: that of this version of the program.
PROGRAM_DATE = "2026-11-22"
UNSTATED = ":unav"  # what DataCite writes where a value is not available
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}")


def _real_day(text: str) -> str:
    try:
        day.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is no day of the calendar ({error}), expected YYYY-MM-DD"
        raise ValueError(message) from error
    return text


Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_real_day)]
Doi = Annotated[str, StringConstraints(pattern=r"^10\.\d{4,9}/\S+$")]


class Access(StrEnum):
    """Who may read the files of a release; the COAR vocabulary of access rights has the same words."""

    OPEN = "open"
    EMBARGOED = "embargoed"
    RESTRICTED = "restricted"

    @property
    def uri(self) -> str:
        """The concept of the COAR vocabulary of access rights, version 1.0."""
        concepts = {"open": "c_abf2", "embargoed": "c_f1cf", "restricted": "c_16ec"}
        return f"http://purl.org/coar/access_right/{concepts[self.value]}"


class ReleaseTerms(Model):
    """The terms of a release."""

    released: Day | None = described("Date of the release; computed from the rows where absent.", optional=True)
    publisher: str = Field("", description="Who makes it available; the first creator where empty.")
    licence: LicenceId | None = described("SPDX id; that of the recipe where absent.", optional=True)
    allow_licences: tuple[LicenceId, ...] = Field((), description="Rows under others are left out; all where empty.")
    doi: Doi | None = described("DOI of this version.", optional=True)
    concept_doi: Doi | None = described("DOI of all versions.", optional=True)
    url: str | None = described("Address of the landing page.", optional=True)
    access: Access = Access.OPEN
    embargo_until: Day | None = described("First day on which everybody may read the files.", optional=True)
    sql_engine: str | None = described("Version of DuckDB-Wasm that the release carries.", optional=True)

    @model_validator(mode="after")
    def _embargo_has_an_end(self) -> Self:
        if (self.access is Access.EMBARGOED) != (self.embargo_until is not None):
            message = (
                f"access {self.access.value!r} with embargo_until {self.embargo_until!r}: an embargo, and nothing "
                "else, has a day on which it ends"
            )
            raise ValueError(message)
        return self


def terms_of(*, allow_licences: Sequence[str], restricted: bool, **stated: str | None) -> ReleaseTerms:
    """Return terms from what was stated on the command line or in a recipe.

    Raises:
        WrongTermsError: a term is not one; says what was got and what was expected.
    """
    access = Access.EMBARGOED if stated.get("embargo_until") else Access.RESTRICTED if restricted else Access.OPEN
    given = {key: value for key, value in stated.items() if value}
    try:
        return ReleaseTerms.model_validate({**given, "allow_licences": tuple(allow_licences), "access": access})
    except ValidationError as error:
        problems = [
            _problem(".".join(map(str, one["loc"])) or "terms", one["msg"], one["input"]) for one in error.errors()
        ]
        raise WrongTermsError("; ".join(problems)) from error


def _problem(name: str, said: str, got: object) -> str:
    message = said.removeprefix("Value error, ")
    return f"{name}: {message}" if said != message else f"{name}: {message}, got {got!r}"


def release_date(dataset: Dataset, terms: ReleaseTerms) -> str:
    """Return the date of a release: as stated, else the newest change of a row, else that of the program.

    No clock: the same rows have the same date whenever and wherever they are released.
    """
    if terms.released:
        return terms.released
    newest = dataset.sql("SELECT max(last_modified) AS newest FROM entries").rows()[0]["newest"]
    found = _DAY.match(str(newest or ""))
    return found[0] if found else PROGRAM_DATE


def named_information(sha256: str) -> str:
    """Return a sha256 in hex as an address by content (RFC 6920): what names a release that has no DOI."""
    return "ni:///sha-256;" + base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")
