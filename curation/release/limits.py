"""Limits: what a reader of a release has to know before use: gaps, drift that was accepted, and splits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.release.plain import without_addresses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from curation.datasets.split import Split
    from schemas.dataset import Manifest


def known_gaps(manifest: Manifest) -> tuple[str, ...]:
    """Return a sentence for each source of which not all records came."""
    return tuple(
        f"{source.key} is incomplete: not all records that {source.source} promised were harvested."
        for source in manifest.sources
        if not source.complete
    )


def accepted_drift(manifest: Manifest) -> tuple[str, ...]:
    """Return what fell, moved or vanished since the parent version, and last why it was taken all the same."""
    if not manifest.drift:
        return ()
    reason = without_addresses(manifest.drift_accepted or "not stated").rstrip(".")
    return (*(f"{one.rstrip('.')}." for one in manifest.drift), f"Accepted, because: {reason}.")


def split_rows(splits: Sequence[Split]) -> Iterator[tuple[str, str, str, int]]:
    """Yield each fold of each split: the split, what stays together in it, the fold, its materials."""
    for split in splits:
        apart = split.formulas_in_more_folds
        by = split.request.by.value.replace("_", " ") + (f"; {apart:,} formulas in more than one fold" if apart else "")
        for fold, count in split.materials.items():
            yield split.request.name, by, fold, count
