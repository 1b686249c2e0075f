"""People: a creator of a recipe as the formats of citation want a person or an organisation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


_ROR = re.compile(r"\s*\(?(https://ror\.org/0[a-z0-9]{6}\d{2})\)?")


@dataclass(frozen=True)
class Organisation:
    """An organisation, with its address in the Research Organization Registry where that is written beside its name."""

    name: str
    ror: str = ""

    @classmethod
    def of(cls, written: str) -> Organisation:
        """Read `Name`, or `Name (https://ror.org/…)`."""
        found = _ROR.search(written)
        return cls(_ROR.sub("", written).strip(), found[1] if found else "")


@dataclass(frozen=True)
class Person:
    """Who is to be cited; a person where a family name or an ORCID is known, else an organisation."""

    name: str
    family: str = ""
    given: str = ""
    orcid: str = ""
    affiliation: Organisation = Organisation("")

    @classmethod
    def of(cls, creator: Mapping[str, str]) -> Person:
        """Read a creator: `Family, Given` as written; a name with an ORCID is divided before its last word."""
        name, orcid = creator["name"], creator.get("orcid", "")
        if ", " in name and len(name.split(", ")) == 2:  # noqa: PLR2004 — family and given name
            family, given = name.split(", ")
        elif orcid and " " in name.strip():
            given, family = name.strip().rsplit(" ", 1)
        else:
            family, given = (name, "") if orcid else ("", "")
        return cls(name, family, given, orcid, Organisation.of(creator.get("affiliation", "")))

    @property
    def is_person(self) -> bool:
        """Whether this is a person."""
        return bool(self.family)

    @property
    def address(self) -> str:
        """The ORCID as an address, or nothing."""
        return f"https://orcid.org/{self.orcid}" if self.orcid else ""
