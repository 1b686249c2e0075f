"""Registry: the name of a representation in, its representer out; ours and those of third parties alike."""

from __future__ import annotations

from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from curation.represent.errors import AmbiguousRepresentationError, UnknownRepresentationError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from curation.represent.representer import Representer

GROUP = "matgranary.representers"


def representer_names() -> tuple[str, ...]:
    """Return the names of all installed representations, sorted."""
    return tuple(sorted({entry.name for entry in entry_points(group=GROUP)}))


def load_representer(name: str) -> Representer:
    """Return the representer of a name.

    Raises:
        UnknownRepresentationError: no installed package has one of this name.
        AmbiguousRepresentationError: two packages claim the name, or the representer calls itself otherwise.
    """
    representer: Representer = _entry(name).load()()
    if representer.spec.name != name:
        message = f"the representation installed as {name!r} calls itself {representer.spec.name!r}"
        raise AmbiguousRepresentationError(message)
    return representer


def _entry(name: str) -> EntryPoint:
    found = {entry.value: entry for entry in entry_points(group=GROUP, name=name)}
    if not found:
        raise _unknown(name)
    if len(found) > 1:
        message = f"the representation {name!r} is claimed by {' and by '.join(sorted(found))}: uninstall one"
        raise AmbiguousRepresentationError(message)
    return next(iter(found.values()))


def _unknown(name: str) -> UnknownRepresentationError:
    names = representer_names()
    if not names:
        message = f"no representation {name!r}: none is installed; install the project (`make`), then try again"
        return UnknownRepresentationError(message)
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    return UnknownRepresentationError(f"no representation {name!r}; {meant}Installed are: {', '.join(names)}")
