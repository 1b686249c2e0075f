"""Scaling: processor seconds and memory against the number of rows, from formulas or structures to a Parquet part.

    python benchmarks/representations/scaling.py [--rows 10000 100000 1000000] [--structures 1000 4000 16000]

Parts of 65,536 rows, as a dataset version has them: memory is bounded by the part. The exponent is that of the power
law between the fewest and the most rows; 1 is linear.
"""

from __future__ import annotations

import argparse
import math
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parent))
from samples import formulas, structures

from curation.represent import load_representer
from curation.represent.composition.formulas import read_formulas
from curation.represent.part_file import write_part
from curation.represent.structure.structure_table import structure_table
from curation.represent.transformer import composition_table

if TYPE_CHECKING:
    from collections.abc import Callable

PART = 65_536
COMPOSITION = ("fraction", "magpie", "magpie_statistics", "mat2vec")
STRUCTURE = ("soap_mu2", "soap", "ace", "distances", "graph_knn12", "mbtr")


def with_ids(table: pa.Table) -> pa.Table:
    return table.add_column(0, "material_id", pa.array([f"m{place:08d}" for place in range(table.num_rows)]))


def materials(n_rows: int) -> pa.Table:
    """Distinct amounts in each row, so that nothing is the same row again."""
    chosen = formulas(n_rows)
    table = composition_table(read_formulas(chosen))
    return with_ids(table)


def crystals(n_rows: int) -> pa.Table:
    """The sample again and again, each time a little larger."""
    some = structures(4_000)
    random = np.random.default_rng(0)
    scaled = [(some[place % len(some)], 1 + 0.01 * random.random()) for place in range(n_rows)]
    return with_ids(structure_table([(c * factor, p, z) for (c, p, z), factor in scaled]))


def seconds_of(name: str, make: Callable[[int], pa.Table], n_rows: int, folder: Path) -> float:
    """Processor seconds for all parts; making the rows does not count."""
    representer, total = load_representer(name), 0.0
    write_part(representer, make(2), folder / "warm.parquet", on_rows=lambda _: None)
    for first in range(0, n_rows, PART):
        rows = make(min(PART, n_rows - first))
        start = time.process_time()
        write_part(representer, rows, folder / "part.parquet", on_rows=lambda _: None)
        total += time.process_time() - start
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="*", type=int, default=[10**4, 10**5, 10**6])
    parser.add_argument("--structures", nargs="*", type=int, default=[1_000, 4_000, 16_000])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for names, make, sizes in (
            (COMPOSITION, materials, arguments.rows), (STRUCTURE, crystals, arguments.structures),
        ):  # fmt: skip
            for name in names if sizes else ():
                taken = [seconds_of(name, make, size, Path(folder)) for size in sizes]
                exponent = math.log(taken[-1] / taken[0]) / math.log(sizes[-1] / sizes[0]) if len(sizes) > 1 else 1.0
                rates = "  ".join(f"{n:>9,}: {n / t:>10,.0f}/s" for n, t in zip(sizes, taken, strict=True))
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                print(f"{name:18} {rates}  exponent {exponent:.2f}  peak {peak:,.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
