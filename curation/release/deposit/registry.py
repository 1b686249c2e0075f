"""Registry: the depositors, ours and those of third parties, by the entry points `matgranary.depositors`."""

from __future__ import annotations

from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from curation.release.deposit.errors import NotThereError

if TYPE_CHECKING:
    from curation.release.deposit.depositor import Depositor, DepositorFactory, Target

FOLDER = "folder"
GROUP = "matgranary.depositors"


def depositor_names() -> tuple[str, ...]:
    """Return the names of all depositors; `folder` needs none."""
    return tuple(sorted(entry_points(group=GROUP).names))


def load_depositor(target: Target) -> Depositor:
    """Return the depositor of a target.

    Raises:
        NotThereError: there is none of this name; says which there are.
    """
    found = entry_points(group=GROUP, name=target.name)
    if not found:
        names = (FOLDER, *depositor_names())
        near = get_close_matches(target.name, names, n=2, cutoff=0.5)
        meant = f"did you mean {' or '.join(near)}? " if near else ""
        message = f"no depositor {target.name!r}; {meant}there are {', '.join(names)}"
        raise NotThereError(message)
    factory: DepositorFactory = next(iter(found)).load()
    return factory(target)
