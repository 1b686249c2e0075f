"""Registry: the depositors, ours and those of third parties, by the entry points `matgranary.depositors`."""

from __future__ import annotations

from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from curation.release.deposit.errors import NotThereError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from curation.release.deposit.depositor import Depositor, DepositorFactory, Target

FOLDER = "folder"
GROUP = "matgranary.depositors"


def depositor_names() -> tuple[str, ...]:
    """Return the names of all depositors; `folder` needs none."""
    return tuple(sorted(entry_points(group=GROUP).names))


def find_depositor(name: str) -> EntryPoint | None:
    """Return where the depositor of a name is; `folder` needs none.

    Raises:
        NotThereError: there is none of this name; says which there are.
    """
    found = entry_points(group=GROUP, name=name)
    if found or name == FOLDER:
        return next(iter(found), None)
    names = (FOLDER, *depositor_names())
    near = get_close_matches(name, names, n=2, cutoff=0.5)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    message = f"no depositor {name!r}; {meant}there are {', '.join(names)}"
    raise NotThereError(message)


def load_depositor(target: Target) -> Depositor:
    """Return the depositor of a target.

    Raises:
        NotThereError: there is none of this name; says which there are.
    """
    found = find_depositor(target.name)
    if found is None:
        message = f"{target.name} is no repository: `package` writes releases to the store"
        raise NotThereError(message)
    factory: DepositorFactory = found.load()
    return factory(target)
