"""Derive: the small DuckDB file of a version, for readers that want one file; made from the Parquet parts.

Its bytes depend on the version of DuckDB, so its hash stands in `checksums.json` beside that of the manifest, not in
the manifest, which names the rows.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from curation.datasets.database import write_database
from curation.datasets.layout import CHECKSUMS, MANIFEST
from schemas.disk import sha256_of_file

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.dataset import Manifest


def derive_database(folder: Path, manifest: Manifest) -> None:
    """Write `<name>.duckdb` and `checksums.json` into the folder of a version."""
    path = folder / f"{manifest.dataset}.duckdb"
    write_database(folder, manifest, path)
    checksums = {name: sha256_of_file(folder / name) for name in (MANIFEST, path.name)}
    (folder / CHECKSUMS).write_text(json.dumps(checksums, indent=2) + "\n", encoding="utf-8")
