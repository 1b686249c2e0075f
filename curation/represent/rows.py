"""Rows: a part of `materials` in, what representers are handed out; structures are joined on where needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.arrow import arrow_schema
from schemas.dataset import StructureRow
from schemas.representation import Needs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemas.dataset import Manifest

COMPOSITION_COLUMNS = ("elements", "amounts")
STRUCTURE_COLUMNS = ("lattice_vectors", "fractional_positions", "site_species", "species")


def read_rows(version: Path, manifest: Manifest, materials: Path, needs: Needs) -> pa.Table:
    """Return the rows of a part of `materials` with what representers need; memory is bounded by the part.

    Args:
        version: folder of the dataset version.
        manifest: of that version; names the parts of `structures`.
        materials: Parquet file of rows of `materials`.
        needs: structures are read for `Needs.STRUCTURE` alone.

    Returns:
        The columns material_id, elements, amounts, and those of `STRUCTURE_COLUMNS` for structures: the structure of
        the representative entry, null where the material has none.
    """
    columns = ["material_id", *COMPOSITION_COLUMNS, "representative_entry_id"]
    rows = pq.ParquetFile(materials).read(columns=columns, use_threads=False)
    entries = rows["representative_entry_id"].combine_chunks()
    rows = rows.drop_columns("representative_entry_id")
    if needs is Needs.COMPOSITION:
        return rows
    paths = [version / part.path for part in manifest.parts if part.table == "structures"]
    found = pa.concat_tables(_matching(paths, entries), promote_options="permissive")
    places = pc.index_in(entries, value_set=found["entry_id"].combine_chunks())
    structures = found.combine_chunks().take(places)
    for name in STRUCTURE_COLUMNS:
        rows = rows.append_column(name, structures[name])
    return rows


def _matching(paths: list[Path], entries: pa.Array[Any]) -> Iterator[pa.Table]:
    """Yield the structures of some entries; only row groups that hold one are read."""
    names = ["entry_id", *STRUCTURE_COLUMNS]
    schema = arrow_schema(StructureRow)
    yield pa.schema([schema.field(name) for name in names]).remove_metadata().empty_table()
    for path in paths:
        file = pq.ParquetFile(path)
        for group in range(file.num_row_groups):
            ids = file.read_row_group(group, columns=["entry_id"], use_threads=False)["entry_id"]
            wanted = pc.is_in(ids, value_set=entries)
            if pc.any(wanted).as_py():
                yield file.read_row_group(group, columns=names, use_threads=False).filter(wanted)
