"""Harvest: from providers and papers to records on disk.

`open_store("data").harvest("recipe.toml")` plans, fetches, archives and parses every source of a recipe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harvest.runner import HarvestReport, Mode
    from harvest.store import Store, open_store

__all__ = ["HarvestReport", "Mode", "Store", "open_store"]

_HOMES = {
    "HarvestReport": "harvest.runner",
    "Mode": "harvest.runner",
    "Store": "harvest.store",
    "open_store": "harvest.store",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 — a module attribute may be anything
    """Load a public name when it is first used, so that importing the package costs nothing."""
    if name in _HOMES:
        from importlib import import_module  # noqa: PLC0415 — see above

        return getattr(import_module(_HOMES[name]), name)
    message = f"module 'harvest' has no attribute {name!r}"
    raise AttributeError(message)
