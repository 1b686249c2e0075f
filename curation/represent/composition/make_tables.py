"""Make the element tables: the folder of ElementEmbeddings in, `tables/*.parquet` out; run by hand.

    python -m curation.represent.composition.make_tables FOLDER

FOLDER is `elementembeddings/data/element_representations` of the unpacked wheel. The hashes are printed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from schemas.disk import sha256_of_file

# Cells that the CSV file fills with the median of their column and that Magpie itself lists as missing: found
# by comparing all 2,134 cells with Magpie's own lookup files; every other cell is equal.
FILLED_IN = {
    "MeltingT": ("He", "Fr"),
    "CovalentRadius": ("Bk",),
    "Electronegativity": ("He", "Ne", "Ar", "Rn"),
    "SpaceGroupNumber": ("At", "Rn", "Fr"),
}


def make_tables(source: Path, target: Path) -> list[Path]:
    """Write the tables: a column of symbols, then one for each property; null where there is no value."""
    magpie = pa_csv.read_csv(source / "magpie.csv")
    for label, symbols in FILLED_IN.items():
        magpie = _blank(magpie, label, symbols)
    mat2vec = pa_csv.read_csv(source / "mat2vec.csv")
    names = ["element", *(f"mat2vec_{index}" for index in range(mat2vec.num_columns - 1))]
    mat2vec = mat2vec.rename_columns(names)
    return [
        _write(magpie, target / "magpie.parquet", pa.float64()),
        # The vectors were trained and published in single precision: the CSV file has no further digits.
        _write(mat2vec, target / "mat2vec.parquet", pa.float32()),
    ]


def _blank(table: pa.Table, label: str, symbols: tuple[str, ...]) -> pa.Table:
    rows = zip(table["element"].to_pylist(), table[label].to_pylist(), strict=True)
    values = [None if element in symbols else value for element, value in rows]
    return table.set_column(table.column_names.index(label), label, pa.array(values, pa.float64()))


def _write(table: pa.Table, path: Path, kind: pa.DataType) -> Path:
    first, *labels = table.column_names
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
