"""Scaling: processor seconds and memory against the number of rows, from formulas or structures to a Parquet part.

    python benchmarks/representations/scaling.py [--rows 10000 100000 1000000] [--structures 1000 4000 16000]

Parts of 65,536 rows, as a dataset version has them, all rows different. Each representation is measured in a process of
its own, fewest rows first: where memory is bounded by the part, the peak stays after the first full part. Each part is
written three times and the fastest counts: others on the machine only ever add. The exponent is that of the power law
between the fewest and the most rows; 1 is linear.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parent))
from samples import formulas, structures

from curation.represent import load_representer
from curation.represent.composition.formulas import read_formulas
from curation.represent.part_file import write_part
from curation.represent.structure.structure_table import structure_table
from curation.represent.transformer import composition_table
from schemas.representation import Needs

PART, TIMES = 65_536, 3
COMPOSITION = ("fraction", "magpie", "magpie_statistics", "mat2vec")
STRUCTURE = ("soap_mu2", "soap", "ace", "distances", "graph_knn12", "symmetry")
# Cycled through, so that few rows and many are of the same mixture of cells.
DISTINCT_STRUCTURES = 500


def with_ids(table: pa.Table) -> pa.Table:
    return table.add_column(0, "material_id", pa.array([f"m{place:08d}" for place in range(table.num_rows)]))


def materials(n_rows: int, seed: int) -> pa.Table:
    """Formulas of the sample with other amounts in each row."""
    table = composition_table(read_formulas(formulas(n_rows)))
    amounts = table["amounts"].chunk(0)
    random = np.random.default_rng(seed)
    values = pa.array(amounts.flatten().to_numpy() * random.uniform(0.8, 1.2, len(amounts.flatten())))
    changed = pa.ListArray.from_arrays(amounts.offsets, values)
    return with_ids(table.set_column(1, "amounts", changed))


def crystals(n_rows: int, seed: int) -> pa.Table:
    """Structures of the sample, each time a little larger."""
    some = structures(DISTINCT_STRUCTURES)
    factors = 1 + 0.01 * np.random.default_rng(seed).random(n_rows)
    cycled = (some[place % len(some)] for place in range(n_rows))
    return with_ids(structure_table([(c * factor, p, z) for (c, p, z), factor in zip(cycled, factors, strict=True)]))


def measure(name: str, sizes: list[int]) -> None:
    """Print, for each size, processor seconds of all its parts and the peak of memory so far, MiB."""
    representer = load_representer(name)
    make = crystals if representer.spec.needs is Needs.STRUCTURE else materials
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "part.parquet"
        write_part(representer, make(2, 0), target, on_rows=lambda _: None)
        for size in sizes:
            total = 0.0
            for seed, first in enumerate(range(0, size, PART)):
                rows = make(min(PART, size - first), seed)
                taken = []
                for _ in range(TIMES):
                    start = time.process_time()
                    write_part(representer, rows, target, on_rows=lambda _: None)
                    taken.append(time.process_time() - start)
                total += min(taken)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(json.dumps({"rows": size, "seconds": total, "peak": peak}), flush=True)


def show(name: str, sizes: list[int]) -> None:
    command = [sys.executable, __file__, "--one", name, "--rows", *map(str, sizes)]
    said = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 — this script itself
    found = [json.loads(line) for line in said.stdout.splitlines()]
    least, most = found[0], found[-1]
    exponent = math.log(most["seconds"] / least["seconds"]) / math.log(most["rows"] / least["rows"])
    rates = ", ".join(f"{one['rows'] / one['seconds']:,.0f}" for one in found)
    peaks = ", ".join(f"{one['peak']:,.0f}" for one in found)
    print(f"| {name} | {least['rows']:,} to {most['rows']:,} | {rates} | {exponent:.2f} | {peaks} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="*", type=int, default=[10**4, 10**5, 10**6])
    parser.add_argument("--structures", nargs="*", type=int, default=[1_000, 4_000, 16_000])
    parser.add_argument("--one", help="Measure this representation alone, in this process.")
    arguments = parser.parse_args()
    if arguments.one:
        measure(arguments.one, arguments.rows)
        return
    print("| representation | rows, least to most | rows/s at each size | exponent | peak of memory, MiB |")
    print("|---|---|---:|---:|---:|")
    for names, sizes in ((COMPOSITION, arguments.rows), (STRUCTURE, arguments.structures)):
        for name in names if sizes else ():
            show(name, sizes)


if __name__ == "__main__":
    main()
