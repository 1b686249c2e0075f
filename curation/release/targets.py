"""Targets: where a recipe sends a release: `folder`, or the name of a depositor with its address after a space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.release.deposit.registry import FOLDER
from curation.release.deposit.run import Order, deposit
from curation.release.package import Released, package
from curation.release.terms import ReleaseTerms

if TYPE_CHECKING:
    from pathlib import Path

    from curation.datasets.open import Dataset


def release_to(dataset: Dataset, store: Path, target: str, terms: ReleaseTerms | None = None) -> Released:
    """Release a version to a target of a recipe, `folder` or such as `inveniordm https://repository.example.org`.

    Raises:
        NotThereError: there is no such depositor.
        LicenceError: rows may not be released under the licence of the dataset.
    """
    terms = terms or ReleaseTerms()
    name, _, address = target.strip().partition(" ")
    if name == FOLDER:
        return package(dataset, store, terms)
    done = deposit(dataset, store, Order(terms, name, address.strip()))
    return Released(done.folder, is_new=bool(done.files), without=done.without)
