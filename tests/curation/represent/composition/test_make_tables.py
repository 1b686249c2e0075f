from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from curation.represent.composition.make_tables import FILLED_IN, make_tables

if TYPE_CHECKING:
    from pathlib import Path


def test_filled_in_cells_become_null_and_the_others_stay(tmp_path: Path) -> None:
    labels = sorted(FILLED_IN)
    header = ",".join(["element", *labels])
    lines = [f"{symbol},{','.join('1.5' for _ in labels)}" for symbol in ("He", "Rn", "Bk", "O")]
    (tmp_path / "magpie.csv").write_text("\n".join([header, *lines]) + "\n")
    (tmp_path / "mat2vec.csv").write_text("element,0,1\nHe,0.25,-0.5\n")
    magpie, mat2vec = make_tables(tmp_path, tmp_path)
    missing = {
        (row["element"], label) for row in pq.read_table(magpie).to_pylist() for label in labels if row[label] is None
    }
    assert missing == {
        ("He", "MeltingT"),
        ("He", "Electronegativity"),
        ("Rn", "Electronegativity"),
        ("Rn", "SpaceGroupNumber"),
        ("Bk", "CovalentRadius"),
    }
    assert pq.read_schema(mat2vec).equals(
        pa.schema([("element", pa.string()), ("mat2vec_0", pa.float32()), ("mat2vec_1", pa.float32())])
    )
    assert pq.read_table(mat2vec).to_pylist() == [{"element": "He", "mat2vec_0": 0.25, "mat2vec_1": -0.5}]
