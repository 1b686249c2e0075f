"""Licences: the licences of the rows against that of the release; refused where one row does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.errors import LicenceError
from schemas.licence import refusal

if TYPE_CHECKING:
    from curation.datasets.open import Dataset


def refuse_mixed_licences(dataset: Dataset) -> None:
    """Refuse a release whose rows may not stand under its licence.

    Raises:
        LicenceError: names each source, how many rows, and why.
    """
    release = dataset.manifest.licence
    counts = dataset.sql("SELECT source, licence, count(*) AS n FROM entries GROUP BY ALL ORDER BY ALL").rows()
    refused = [
        f"{row['n']} rows of {row['source']}: {why}"
        for row in counts
        if (why := refusal(str(row["licence"]), release)) is not None
    ]
    if refused:
        message = f"{dataset.id} cannot be released under {release}: {'; '.join(refused)}"
        raise LicenceError(message)
