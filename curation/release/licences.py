"""Licences: the licences of the rows against that of the release; refused where one row does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.errors import LicenceError
from schemas.licence import refusal

if TYPE_CHECKING:
    from curation.datasets.open import Dataset

# A row in quarantine is released with all that it says. One that could not be read has the licence of its source.
_LICENCES = """
SELECT source, licence, count(*) AS n FROM (
    SELECT source, licence FROM entries
    UNION ALL
    SELECT source, coalesce(CASE WHEN q.stage = 'validate' THEN json_extract_string(q.row, '$.licence') END,
        s.licence, 'NOASSERTION')
    FROM quarantine q LEFT JOIN (SELECT source, any_value(licence) AS licence FROM provenance GROUP BY source) s
    USING (source) WHERE q."table" = 'entries'
) GROUP BY ALL ORDER BY ALL
"""


def refuse_mixed_licences(dataset: Dataset) -> None:
    """Refuse a release whose rows may not stand under its licence.

    Raises:
        LicenceError: names each source, how many rows, and why.
    """
    release = dataset.manifest.licence
    counts = dataset.sql(_LICENCES).rows()
    refused = [
        f"{row['n']} rows of {row['source']}: {why}"
        for row in counts
        if (why := refusal(str(row["licence"]), release)) is not None
    ]
    if refused:
        message = f"{dataset.id} cannot be released under {release}: {'; '.join(refused)}"
        raise LicenceError(message)
