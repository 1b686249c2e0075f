"""Result: what became of one representation of one dataset version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class RepresentationResult:
    """What became of one representation.

    Attributes:
        name: of the representation.
        rows: as many as `materials` has.
        failures: rows that have no vector but a reason.
        rows_computed: rows that this run handed to the representer.
        parts_computed: parts that this run computed.
        parts_reused: parts taken from another version of the dataset or from a run that was interrupted.
        path: the published folder.
        up_to_date: it was there already; nothing was done.
        notes: what a reader should know, for example a damaged part of another version that was not reused.
    """

    name: str
    rows: int
    failures: int
    rows_computed: int
    parts_computed: int
    parts_reused: int
    path: Path
    up_to_date: bool = False
    notes: tuple[str, ...] = ()
