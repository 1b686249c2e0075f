"""Licence: SPDX ids of data licences, and which of them may stand together in one release.

Each rule is conservative: what is not known to be allowed is refused.
Sources: the licence texts of Creative Commons 4.0 and Open Data Commons; the SPDX licence list for the ids.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from schemas.quantity import Model

if TYPE_CHECKING:
    from collections.abc import Iterable

NOASSERTION = "NOASSERTION"


class Licence(Model):
    """What a data licence asks for."""

    spdx: str
    title: str
    url: str
    attribution: bool
    share_alike: bool = False
    non_commercial: bool = False


_CC = "https://creativecommons.org"
_KNOWN = (
    Licence(spdx="CC0-1.0", title="CC0 1.0 Universal", url=f"{_CC}/publicdomain/zero/1.0/", attribution=False),
    Licence(spdx="CC-PDDC", title="Public domain", url=f"{_CC}/licenses/publicdomain/", attribution=False),
    Licence(spdx="CC-BY-3.0", title="CC BY 3.0", url=f"{_CC}/licenses/by/3.0/", attribution=True),
    Licence(spdx="CC-BY-4.0", title="CC BY 4.0", url=f"{_CC}/licenses/by/4.0/", attribution=True),
    Licence(
        spdx="CC-BY-SA-4.0", title="CC BY-SA 4.0", url=f"{_CC}/licenses/by-sa/4.0/", attribution=True, share_alike=True
    ),
    Licence(
        spdx="CC-BY-NC-4.0",
        title="CC BY-NC 4.0",
        url=f"{_CC}/licenses/by-nc/4.0/",
        attribution=True,
        non_commercial=True,
    ),
    Licence(
        spdx="ODbL-1.0",
        title="Open Database License 1.0",
        url="https://opendatacommons.org/licenses/odbl/1-0/",
        attribution=True,
        share_alike=True,
    ),
    Licence(
        spdx="ODC-By-1.0", title="ODC-By 1.0", url="https://opendatacommons.org/licenses/by/1-0/", attribution=True
    ),
    Licence(spdx="PDDL-1.0", title="PDDL 1.0", url="https://opendatacommons.org/licenses/pddl/1-0/", attribution=False),
    Licence(spdx="MIT", title="MIT License", url="https://opensource.org/license/mit", attribution=True),
    Licence(
        spdx="Apache-2.0",
        title="Apache License 2.0",
        url="https://www.apache.org/licenses/LICENSE-2.0",
        attribution=True,
    ),
    Licence(
        spdx="BSD-3-Clause", title="BSD 3-Clause", url="https://opensource.org/license/bsd-3-clause", attribution=True
    ),
)
LICENCES = {licence.spdx: licence for licence in _KNOWN}


def _known(spdx: str) -> str:
    if spdx not in LICENCES:
        message = f"{spdx!r} is not a data licence that is known here; known are {', '.join(LICENCES)}"
        raise ValueError(message)
    return spdx


LicenceId = Annotated[str, AfterValidator(_known)]


def refusal(row_licence: str, release_licence: str) -> str | None:
    """Return why a row under one licence may not be released under another, or none where it may."""
    row, release = LICENCES.get(row_licence), LICENCES[release_licence]
    if row is None:
        return f"the licence of the row is {row_licence}, which is not known"
    if row.non_commercial and not release.non_commercial:
        return f"{row.spdx} forbids commercial use, {release.spdx} allows it"
    if row.share_alike and row.spdx != release.spdx:
        return f"{row.spdx} asks for the same licence, the release is under {release.spdx}"
    if row.attribution and not release.attribution:
        return f"{row.spdx} asks for attribution, {release.spdx} does not"
    return None


def clash(licences: Iterable[str]) -> list[str]:
    """Return why licences may not stand in one release: two that each ask for the same licence and nothing else."""
    alike = sorted(spdx for spdx in set(licences) if spdx in LICENCES and LICENCES[spdx].share_alike)
    return [f"{one} and {other} each ask for their own licence alone" for one, other in pairwise(alike)]
