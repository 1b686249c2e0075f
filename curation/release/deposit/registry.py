"""Registry: the depositors, ours and those of third parties, by the entry points `matgranary.depositors`."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from curation.release.deposit.errors import NotThereError

if TYPE_CHECKING:
    from curation.release.deposit.depositor import Depositor, DepositorFactory, Target

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
        message = f"no depositor {target.name!r}; there are folder, {', '.join(depositor_names())}"
        raise NotThereError(message)
    factory: DepositorFactory = next(iter(found)).load()
    return factory(target)
