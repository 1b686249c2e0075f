"""Curation: from records on disk to dataset versions, representations and releases.

`curate("data", "quickstart")` makes a version; `open_dataset("data", "quickstart")` opens the current one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from curation.build import BuildReport, curate
    from curation.datasets.open import Dataset, open_dataset

__all__ = ["BuildReport", "Dataset", "curate", "open_dataset"]

_HOMES = {
    "BuildReport": "curation.build",
    "Dataset": "curation.datasets.open",
    "curate": "curation.build",
    "open_dataset": "curation.datasets.open",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 — a module attribute may be anything
    """Load a public name when it is first used, so that importing the package costs nothing."""
    if name in _HOMES:
        from importlib import import_module  # noqa: PLC0415 — see above

        return getattr(import_module(_HOMES[name]), name)
    message = f"module 'curation' has no attribute {name!r}"
    raise AttributeError(message)
