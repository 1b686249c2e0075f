"""Licences: what an article and its publisher state in, the one licence that both leave standing out.

Only Creative Commons licences and the public domain let a text be kept and handed on. The licences for text mining
that publishers state beside them do not, and are no licence here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from schemas.licence import NOASSERTION

_CREATIVE_COMMONS = re.compile(
    r"^(?:https?:)?//(?:www\.)?creativecommons\.org/"
    r"(?:licenses/(?P<kind>by(?:-nc)?(?:-sa|-nd)?)/(?P<version>\d\.\d)"
    r"|publicdomain/(?P<domain>zero|mark)/1\.0)"
    r"/?(?:legalcode|deed)?(?:\.[a-z-]+)?/?$",
    re.IGNORECASE,
)
# Of the version of record, or of the use that is made of it here; "am" is of the author's manuscript, another text.
_VERSIONS = frozenset({"vor", "tdm", "unspecified"})
_DATE_CHARACTERS = 10


@dataclass(frozen=True, slots=True)
class Stated:
    """A licence as it was stated, and where.

    Attributes:
        licence: an SPDX id, or NOASSERTION.
        evidence: what states it, in words.
    """

    licence: str
    evidence: str


def creative_commons(address: object) -> str | None:
    """Return the SPDX id of the licence whose deed stands at an address; ported and unknown ones have none here."""
    found = _CREATIVE_COMMONS.match(address.strip()) if isinstance(address, str) else None
    if found is None:
        return None
    if found["kind"]:
        return f"CC-{found['kind'].upper()}-{found['version']}"
    return "CC0-1.0" if found["domain"].lower() == "zero" else "CC-PDDC"


def may_be_kept(licence: str) -> bool:
    """Tell whether a text under a licence may be archived: each Creative Commons licence lets it be copied whole."""
    return licence.startswith("CC")


def agreed(own: str, stated: str) -> str:
    """Return the licence that an article's own statement and another one leave standing.

    Args:
        own: what the article says of itself; NOASSERTION where it says nothing.
        stated: what its publisher registered of it, or what its server says.

    Returns:
        The one that is stated; NOASSERTION where there is none, or where there are two.
    """
    if NOASSERTION in {own, stated}:
        return stated if own == NOASSERTION else own
    return own if own == stated else NOASSERTION


def licence_in_force(licences: list[dict[str, Any]], *, known_on: str) -> Stated:
    """Return the open licence that a publisher's statements put in force for the version of record.

    Args:
        licences: as in the `license` of a work of Crossref: URL, start, content-version.
        known_on: ISO date of the statements; a licence that starts later is not in force as far as they say.
    """
    stated = [(creative_commons(each.get("URL")), each) for each in licences]
    open_ones = [(spdx, each) for spdx, each in stated if spdx and each.get("content-version") in _VERSIONS]
    started = {spdx: each for spdx, each in open_ones if _start(each) <= known_on[:_DATE_CHARACTERS]}
    if len(started) == 1:
        (licence, each), *_ = started.items()
        return Stated(licence, f"{each['URL']} from {_start(each)}")
    if started:
        return Stated(NOASSERTION, f"more than one licence: {', '.join(sorted(started))}")
    if open_ones:
        licence, each = open_ones[0]
        return Stated(NOASSERTION, f"{licence} only from {_start(each)} on")
    others = sorted({str(each.get("URL")) for _spdx, each in stated})
    return Stated(NOASSERTION, f"no open licence among {', '.join(others)}" if others else "no licence is stated")


def _start(licence: dict[str, Any]) -> str:
    """Return the ISO date from which a licence holds."""
    return str(licence["start"]["date-time"])[:_DATE_CHARACTERS]
