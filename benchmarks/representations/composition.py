"""Rows per second of the composition representations, from Arrow columns, to vectors and to a Parquet part.

    python benchmarks/representations/composition.py [--sizes 10000 100000 1000000] [--peer-python PATH]

PATH is a Python that has ElementEmbeddings; ratio and greatest difference are then taken in the same run.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curation.represent import CompositionTransformer, load_representer
from curation.represent.composition.compositions import element_order
from curation.represent.composition.element_table import element_table
from curation.represent.part_file import ROW_GROUP, write_part

NAMES = ("one_hot", "fraction", "magpie", "mat2vec")
PEER_ROWS = 2_000
MOST_ELEMENTS = 6
PEER = """
import json, sys, time
from elementembeddings.composition import composition_featuriser
from elementembeddings.core import Embedding
name, formulas = json.load(sys.stdin)
embedding = Embedding.load_data(name)
start = time.perf_counter()
vectors = composition_featuriser(formulas, embedding=embedding, stats="mean")
seconds = time.perf_counter() - start
json.dump([seconds, [vector.tolist() for vector in vectors]], sys.stdout)
"""


def generated(n_rows: int) -> pa.Table:
    """Materials of one to six different elements that every table has, integer amounts from 1 to 12."""
    random = np.random.default_rng(n_rows)
    missing = element_table("magpie").missing
    symbols = np.array([symbol for code, symbol in enumerate(element_order()) if code not in missing])
    counts = random.integers(1, MOST_ELEMENTS + 1, n_rows)
    chosen = np.argsort(random.random((n_rows, len(symbols)), dtype=np.float32), axis=1)[:, :MOST_ELEMENTS]
    kept = np.arange(MOST_ELEMENTS) < counts[:, np.newaxis]
    chosen = np.sort(np.where(kept, chosen, len(symbols)), axis=1)
    offsets = pa.array(np.concatenate(([0], np.cumsum(counts))), pa.int32())
    elements, amounts = symbols[chosen[kept]], random.integers(1, 13, int(counts.sum())).astype(np.float64)
    return pa.table(
        {
            "material_id": pa.array([f"m{index:08d}" for index in range(n_rows)]),
            "elements": pa.ListArray.from_arrays(offsets, pa.array(elements)),
            "amounts": pa.ListArray.from_arrays(offsets, pa.array(amounts)),
        }
    )


def in_slices(n_rows: int) -> pa.Table:
    return pa.concat_tables([generated(min(ROW_GROUP, n_rows - start)) for start in range(0, n_rows, ROW_GROUP)])


def measure(name: str, table: pa.Table, folder: Path) -> str:
    representer = load_representer(name)
    start = time.perf_counter()
    for first in range(0, table.num_rows, ROW_GROUP):
        assert not representer.compute(table.slice(first, ROW_GROUP)).failures
    computed = time.perf_counter() - start
    target = folder / "vectors.parquet"
    start = time.perf_counter()
    write_part(representer, folder / "materials.parquet", target, on_rows=lambda _: None)
    written = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{name:10} {table.num_rows:>9,} rows  compute {table.num_rows / computed:>11,.0f} rows/s  "
        f"read, compute, write {table.num_rows / written:>9,.0f} rows/s  "
        f"{target.stat().st_size / table.num_rows:5.0f} B/row  peak {peak:,.0f} MiB"
    )


def against_peer(name: str, python: str) -> str:
    table = generated(PEER_ROWS)
    pairs = zip(table["elements"].to_pylist(), table["amounts"].to_pylist(), strict=True)
    formulas = ["".join(f"{s}{int(a)}" for s, a in zip(*pair, strict=True)) for pair in pairs]
    command = [python, "-c", PEER]
    asked = json.dumps([name, formulas])
    answer = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)  # noqa: S603 — the interpreter that the user names
    seconds, theirs = json.loads(answer.stdout)
    transformer, representer = CompositionTransformer(name), load_representer(name)
    start = time.perf_counter()
    ours = transformer.transform(formulas)
    from_strings = time.perf_counter() - start
    large = generated(ROW_GROUP)
    start = time.perf_counter()
    representer.compute(large)
    from_arrow = (time.perf_counter() - start) * PEER_ROWS / ROW_GROUP
    scale = np.abs(np.array(theirs)).max(axis=0)
    difference = np.max(np.abs(ours - np.array(theirs)) / np.where(scale > 0, scale, 1.0))
    return (
        f"{name:10} ElementEmbeddings {PEER_ROWS / seconds:>7,.0f} rows/s  "
        f"ours from strings {seconds / from_strings:,.1f}x  from Arrow {seconds / from_arrow:,.0f}x  "
        f"greatest difference {difference:.1e} of the largest value of a column"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=[10**4, 10**5, 10**6])
    parser.add_argument("--peer-python")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for size in arguments.sizes:
            table = in_slices(size)
            pq.write_table(table, Path(folder) / "materials.parquet")
            for name in NAMES:
                print(measure(name, table, Path(folder)), flush=True)
    if arguments.peer_python:
        for name in ("magpie", "mat2vec"):
            print(against_peer(name, arguments.peer_python), flush=True)


if __name__ == "__main__":
    sys.exit(main())
