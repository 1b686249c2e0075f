"""Registry: the name of a representation in, its representer out; ours and those of third parties alike."""

from __future__ import annotations

import re
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from curation.represent.errors import AmbiguousRepresentationError, UnknownRepresentationError
from curation.represent.representer import PoolableRepresenter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.metadata import EntryPoint

    from curation.represent.representer import Representer

GROUP = "matgranary.representers"
_WORDS = "mean|sum|max|min|range|std|variance|avg_dev|mode|geometric_mean|harmonic_mean"
_POOLING = re.compile(f"(?:{_WORDS})_")
_POOLINGS = re.compile(f"(?:{_WORDS})(?:_(?:{_WORDS}))*")


def representer_names() -> tuple[str, ...]:
    """Return the names of all installed representations, sorted."""
    return tuple(sorted({entry.name for entry in entry_points(group=GROUP)}))


def load_representer(name: str) -> Representer:
    """Return the representer of a name; `magpie_mean_max` is `magpie` with two statistics over the atoms.

    Raises:
        UnknownRepresentationError: no installed package has one of this name, or it has no such statistics.
        AmbiguousRepresentationError: two packages claim the name, or the representer calls itself otherwise.
    """
    base, words = _split(name)
    representer: Representer = _entry(base).load()()
    if words:
        representer = _pooled(representer, words)
    if representer.spec.name != name:
        message = f"the representation installed as {name!r} calls itself {representer.spec.name!r}"
        raise AmbiguousRepresentationError(message)
    return representer


def with_poolings(name: str, words: Sequence[str]) -> str:
    """Return the name of a representation with other statistics; one that has no choice keeps its name.

    Raises:
        UnknownRepresentationError: no installed package has one of this name, or there is no such statistic.
    """
    representer = load_representer(name)
    if not words or not isinstance(representer, PoolableRepresenter):
        return name
    return _pooled(representer, words).spec.name


def _pooled(representer: Representer, words: Sequence[str]) -> Representer:
    from curation.represent.composition.pooling import Pooling  # noqa: PLC0415 — it loads numba

    known = {pooling.name.lower(): pooling for pooling in Pooling}
    unknown = [word for word in words if word not in known]
    if unknown or not isinstance(representer, PoolableRepresenter):
        message = (
            f"{representer.spec.name} has no statistic {', '.join(unknown or words)}; known are {', '.join(known)}"
        )
        raise UnknownRepresentationError(message)
    return representer.with_poolings(tuple(known[word] for word in words))


def _split(name: str) -> tuple[str, list[str]]:
    """Return the installed name that a name begins with, and the statistics that it ends in."""
    installed = representer_names()
    if name in installed:
        return name, []
    for base in sorted(installed, key=len, reverse=True):
        rest = name.removeprefix(f"{base}_")
        if rest != name and _POOLINGS.fullmatch(rest):
            return base, [match[0].strip("_") for match in _POOLING.finditer(f"{rest}_")]
    return name, []


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
