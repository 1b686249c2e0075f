"""Make the element tables: the folder of ElementEmbeddings in, `tables/*.parquet` out; run by hand.

    python -m curation.represent.composition.make_tables FOLDER

FOLDER is `elementembeddings/data/element_representations` of the unpacked wheel. The hashes are printed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from schemas.disk import sha256_of_file
from schemas.elements import elements

# Cells that the CSV file fills with the median of their column and that Magpie itself lists as missing: found
# by comparing all 2,134 cells with Magpie's own lookup files; every other cell is equal.
FILLED_IN = {
    "MeltingT": ("He", "Fr"),
    "CovalentRadius": ("Bk",),
    "Electronegativity": ("He", "Ne", "Ar", "Rn"),
    "SpaceGroupNumber": ("At", "Rn", "Fr"),
}
# Learned tables: their columns have no names of their own.
LEARNED = {
    "crystallm": "crystallm_v24c.dim512_atom_vectors.csv",
    "mat2vec": "mat2vec.csv",
    "matscholar": "matscholar-embedding.json",
    "megnet16": "megnet16.json",
    "random200": "random_200_new.csv",
    "skipatom": "skipatom_20201009_induced.csv",
}
# Tables of properties, which have names.
NAMED = {"magpie": "magpie.csv", "oliynyk": "oliynyk.csv"}
SCALES = {"mod_pettifor": "mod_petti.json"}
# The last element that the modified Pettifor scale places; the file states 0, the place of helium, for later ones.
_LAST_ON_SCALE = 103


def make_tables(source: Path, target: Path) -> list[Path]:
    """Write the tables that are there: a column of symbols, then one for each property; null for no value."""
    present = {name: source / file for name, file in (LEARNED | NAMED | SCALES).items() if (source / file).exists()}
    return [_write(_table(name, path), target / f"{name}.parquet") for name, path in sorted(present.items())]


def _table(name: str, path: Path) -> pa.Table:
    table = _read(path)
    if name in LEARNED:
        table = table.rename_columns(["element", *(f"{name}_{index}" for index in range(table.num_columns - 1))])
    if name == "magpie":
        for label, symbols in FILLED_IN.items():
            table = _blank(table, label, symbols)
    known = [symbol for symbol, element in elements().items() if name not in SCALES or element.number <= _LAST_ON_SCALE]
    return table.filter(pc.is_in(table["element"], value_set=pa.array(known)))


def _read(path: Path) -> pa.Table:
    if path.suffix == ".csv":
        table = pa_csv.read_csv(path)
        return table.rename_columns(["element", *table.column_names[1:]])
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    values = np.array([np.atleast_1d(value) for value in content.values()], dtype=float)
    columns = {f"{path.stem}_{index}" if values.shape[1] > 1 else path.stem: v for index, v in enumerate(values.T)}
    return pa.table({"element": list(content), **columns})


def _blank(table: pa.Table, label: str, symbols: tuple[str, ...]) -> pa.Table:
    rows = zip(table["element"].to_pylist(), table[label].to_pylist(), strict=True)
    values = [None if element in symbols else value for element, value in rows]
    return table.set_column(table.column_names.index(label), label, pa.array(values, pa.float64()))


def _write(table: pa.Table, path: Path) -> Path:
    """Write a table in single precision where that loses nothing, else in double precision."""
    first, *labels = table.column_names
    values = [table[label].cast(pa.float64()).to_numpy() for label in labels]
    exact = all(np.array_equal(v, v.astype(np.float32).astype(np.float64), equal_nan=True) for v in values)
    kind = pa.float32() if exact else pa.float64()
    schema = pa.schema([pa.field(first, pa.string()), *(pa.field(label, kind) for label in labels)])
    pq.write_table(
        table.cast(schema),
        path,
        compression="zstd",
        compression_level=19,
        write_statistics=False,
        use_dictionary=False,
    )
    return path


if __name__ == "__main__":
    for written in make_tables(Path(sys.argv[1]), Path(__file__).with_name("tables")):
        sys.stdout.write(f"{sha256_of_file(written)}  {written.name}\n")
