"""Registry: names of sources in, connectors out; ours and those of other packages alike, by entry point."""

from __future__ import annotations

import difflib
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from harvest.errors import UnknownSourceError

if TYPE_CHECKING:
    from harvest.source import Source

GROUP = "matgranary.sources"


def source_names() -> tuple[str, ...]:
    """Return the names of all installed sources, sorted."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


@cache
def load_source(name: str) -> Source:
    """Return the connector of that name.

    Raises:
        UnknownSourceError: none is installed; the message names those that come close.
    """
    for point in entry_points(group=GROUP):
        if point.name == name:
            source: Source = point.load()()
            return source
    known = source_names()
    near = difflib.get_close_matches(name, known, n=2, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
    message = f"no source {name!r} is installed; {hint} (`matgranary sources` lists them)"
    raise UnknownSourceError(message)
