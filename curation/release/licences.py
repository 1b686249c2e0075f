"""Licences: the licences of the rows against that of the release; refused where one row does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.errors import LicenceError
from curation.release.selection import ROW_LICENCES
from schemas.licence import clash, refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curation.datasets.open import Dataset

_SHOWN = 5
# A row in quarantine is released with all that it says. One that could not be read has the licence of its source.
_LICENCES = f"""
SELECT source, licence, count(*) AS n, list(source_id ORDER BY source_id)[1:{_SHOWN}] AS ids FROM (
    SELECT source, licence, source_id FROM entries
    UNION ALL
    SELECT p.source, p.licence, e.source_id FROM properties p JOIN entries e USING (entry_id)
    WHERE p.licence <> e.licence
    UNION ALL
    SELECT source, licence, row_id FROM ({ROW_LICENCES}) WHERE "table" = 'entries'
) GROUP BY ALL ORDER BY ALL
"""


def refuse_mixed_licences(dataset: Dataset, licence: str | None = None, allowed: Sequence[str] = ()) -> None:
    """Refuse a release whose rows may not stand under its licence, or not beside one another.

    Args:
        dataset: the version to be released.
        licence: SPDX id of the release; that of the dataset where not given.
        allowed: SPDX ids of the rows that are released; all where it is empty.

    Raises:
        LicenceError: names each source, how many rows, the first of them, and why.
    """
    release = licence or dataset.manifest.licence
    counts = [row for row in dataset.sql(_LICENCES).rows() if not allowed or str(row["licence"]) in allowed]
    refused = [
        f"{row['n']} rows of {row['source']}: {why} ({_first(row)})"
        for row in counts
        if (why := refusal(str(row["licence"]), release)) is not None
    ]
    refused += clash({str(row["licence"]) for row in counts})
    if refused:
        message = (
            f"{dataset.id} cannot be released under {release}: {'; '.join(refused)}. Release it under another licence, "
            "or leave rows out: --allow-licences names the licences that stay"
        )
        raise LicenceError(message)


def _first(row: dict[str, object]) -> str:
    ids = row["ids"] if isinstance(row["ids"], list) else []
    more = ", …" if int(str(row["n"])) > len(ids) else ""
    return ", ".join(map(str, ids)) + more
