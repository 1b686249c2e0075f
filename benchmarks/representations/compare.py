"""Compare: peers and we do the same work in one run; processor seconds, ratios, greatest relative difference.

    python benchmarks/representations/compare.py [--out docs/representations-benchmark.json] [--golden FILE]

Compiled code is warm: one row is computed before the clock starts. FILE gets what the peers say of a few rows.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import spglib
from pymatgen.core import Lattice, Structure

sys.path.insert(0, str(Path(__file__).parent))
from environments import REQUIREMENTS, ask
from samples import formulas, structures

from curation.represent import CompositionTransformer, load_representer
from curation.represent.composition.element_table import element_table
from curation.represent.composition.formulas import read_formulas
from curation.represent.composition.pooling import Pooling, pooled
from curation.represent.structure.acsf import ANGULAR, CUTOFF_ANGSTROM, RADIAL, symmetry_functions
from curation.represent.structure.channels import species_weights
from curation.represent.structure.matrices import Kind, matrix_of
from curation.represent.structure.mbtr import COSINE, INVERSE_DISTANCE, pooled_pairs
from curation.represent.structure.mbtr_kernels import angle_spectra, distance_spectra
from curation.represent.structure.soap import species_spectrum
from curation.represent.structure.structure_table import structure_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

# A part of a dataset version is computed in pieces of this many rows.
MANY, PEER_FORMULAS = 65_536, 1_000
WANTED_TABLES = [
    *((table, "mean") for table in ("mat2vec", "matscholar", "skipatom", "megnet16", "crystallm")),
    *(("magpie", statistic) for statistic in ("mean", "sum", "minpool", "maxpool", "range", "variance")),
]
OURS_OF = {"minpool": Pooling.MIN, "maxpool": Pooling.MAX}
WANTED_STRUCTURES = [
    ("soap", 200), ("soap_inner", 200), ("soap_mu2", 200), ("acsf", 200), ("coulomb_matrix", 200),
    ("sine_matrix", 200), ("ewald_matrix", 100), ("mbtr_k2", 12), ("mbtr_k3", 40),
]  # fmt: skip


def seconds_of(work: Callable[[], Any], *, times: int = 1) -> tuple[float, Any]:
    """Processor seconds, the least of some runs: other programs on the machine only ever add."""
    least, result = float("inf"), None
    for _ in range(times):
        start = time.process_time()
        result = work()
        least = min(least, time.process_time() - start)
    return least, result


def difference(ours: ArrayLike, theirs: ArrayLike) -> float:
    one, other = np.asarray(ours, float).ravel(), np.asarray(theirs, float).ravel()
    return float(np.abs(one - other).max() / (np.abs(other).max() or 1.0))


def line(work: str, peer: str, theirs: float, ours: float, apart: float | None) -> dict[str, Any]:
    return {"work": work, "peer": peer, "their_per_s": theirs, "our_per_s": ours, "ratio": ours / theirs,
            "difference": apart}  # fmt: skip


def magpie_statistics() -> list[dict[str, Any]]:
    few, many = formulas(PEER_FORMULAS), pa.array(formulas(MANY), pa.large_string())
    said = ask("matminer_magpie", {"formulas": few})
    transformer = CompositionTransformer("magpie_statistics")
    ours = transformer.transform(few)
    seconds, _ = seconds_of(lambda: transformer.transform(many), times=3)
    return [line("132 Magpie attributes", "matminer", len(few) / said["seconds"], MANY / seconds,
                difference(ours, said["values"]))]  # fmt: skip


def element_tables() -> list[dict[str, Any]]:
    few, many = formulas(PEER_FORMULAS), pa.array(formulas(MANY), pa.large_string())
    some = [formula for formula in few if set(read_formulas([formula]).codes.tolist()) <= _common()]
    said = ask("element_embeddings", {"formulas": some, "wanted": WANTED_TABLES})
    lines = []
    for table, statistic in WANTED_TABLES:
        name = OURS_OF.get(table, table)
        pooling = OURS_OF.get(statistic) or Pooling[statistic.upper()]
        values = element_table(name).values
        ours = pooled(read_formulas(some), values, (pooling,), single=False)
        answer = said[f"{table} {statistic}"]
        seconds, _ = seconds_of(lambda v=values, p=pooling: pooled(read_formulas(many), v, (p,)), times=3)
        work, theirs = f"{name} {statistic}, {values.shape[1]} wide", len(some) / answer["seconds"]
        lines.append(line(work, "ElementEmbeddings", theirs, MANY / seconds, difference(ours, answer["values"])))
    return lines


def _common() -> set[int]:
    tables = [element_table(OURS_OF.get(table, table)) for table, _ in WANTED_TABLES]
    return set(range(118)) - {code for table in tables for code in table.missing}


def our_structures(
    name: str, lattice: NDArray[np.float64], positions: NDArray[np.float64], numbers: NDArray[np.int64]
) -> NDArray[np.float64]:
    _, weights = species_weights(numbers)
    if name.endswith("_matrix"):
        values = np.linalg.eigvalsh(matrix_of(Kind(name.removesuffix("_matrix")), lattice, positions, numbers))
        return values[np.argsort(-np.abs(values), kind="stable")]
    if name == "acsf":
        return symmetry_functions(lattice, positions, weights, CUTOFF_ANGSTROM, RADIAL, ANGULAR)
    if name == "mbtr_k2":
        return pooled_pairs(distance_spectra(lattice, positions, weights, *astuple(INVERSE_DISTANCE)), weights)
    if name == "mbtr_k3":
        angles = angle_spectra(lattice, positions, weights, *astuple(COSINE))
        return np.einsum("ic,iqp->cqp", weights, angles) / len(numbers)
    if name == "soap_mu2":
        weights = np.ones((len(numbers), 1))
    return species_spectrum(lattice, positions, weights, inner=name == "soap_inner")


def descriptors() -> list[dict[str, Any]]:
    crystals = structures(200)
    plain = [(c.tolist(), p.tolist(), z.tolist()) for c, p, z in crystals]
    said = ask("dscribe_structures", {"structures": plain, "wanted": WANTED_STRUCTURES})
    lines = []
    for name, answer in said.items():
        our_structures(name, *crystals[0])
        some = crystals[: answer["n"]]
        seconds, ours = seconds_of(lambda n=name, s=some: [our_structures(n, *one) for one in s])
        apart = max(difference(a, b) for a, b in zip(ours, answer["values"], strict=True))
        lines.append(line(name, "dscribe", len(some) / answer["seconds"], len(some) / seconds, apart))
    return lines


def graphs() -> list[dict[str, Any]]:
    """The recipe of CGCNN: all neighbours within 8 angstrom by pymatgen, sorted, 12 of them."""
    crystals, few = structures(3_000), 60
    made = [Structure(Lattice(c), z, p) for c, p, z in crystals[:few]]
    seconds, theirs = seconds_of(lambda: [
        [sorted(around, key=lambda n: n.nn_distance)[:12] for around in one.get_all_neighbors(8.0)] for one in made
    ])  # fmt: skip
    graph, table = load_representer("graph_cgcnn"), structure_table(crystals)
    computed = graph.compute(table.slice(0, few)).table["edge_distance"].to_pylist()
    ours, _ = seconds_of(lambda: graph.compute(table))
    apart = max(
        difference(a, [n.nn_distance for around in b for n in around]) for a, b in zip(computed, theirs, strict=True)
    )
    return [line("12 nearest neighbours", "pymatgen (CGCNN recipe)", few / seconds, len(crystals) / ours, apart)]


def symmetry() -> list[dict[str, Any]]:
    crystals = structures(300)
    seconds, theirs = seconds_of(lambda: [spglib.get_symmetry_dataset(one, symprec=0.01).number for one in crystals])
    representer, table = load_representer("symmetry"), structure_table(crystals)
    ours, result = seconds_of(lambda: representer.compute(table))
    apart = np.mean(np.array(result.table["space_group_number"].to_pylist()) != np.array(theirs))
    work = "symmetry labels (difference: share of space groups)"
    return [line(work, "spglib", 300 / seconds, 300 / ours, float(apart))]


def golden(path: Path) -> None:
    """Write what peers say of a few rows, for the tests."""
    few = ["Fe2O3", "SiO2", "BaTiO3", "Li0.9Na0.1FePO4", "Ca(OH)2", "NaCl", "YBa2Cu3O7"]
    crystals = [s for s in structures(200, seed=5) if len(s[2]) <= 8][:3]
    plain = [(c.tolist(), p.tolist(), z.tolist()) for c, p, z in crystals]
    tables = [(table, statistic) for table, statistic in WANTED_TABLES if table in {"magpie", "megnet16"}]
    content = {
        "requirements": REQUIREMENTS,
        "formulas": few,
        "structures": plain,
        "matminer": ask("matminer_magpie", {"formulas": few})["values"],
        "element_embeddings": {
            key: value["values"]
            for key, value in ask("element_embeddings", {"formulas": few, "wanted": tables}).items()
        },
        "dscribe": {
            key: value["values"]
            for key, value in ask(
                "dscribe_structures", {"structures": plain, "wanted": [(n, 3) for n, _ in WANTED_STRUCTURES]}
            ).items()
        },
    }
    path.write_text(json.dumps(content) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--golden", type=Path)
    arguments = parser.parse_args()
    if arguments.golden:
        golden(arguments.golden)
        return
    lines: list[dict[str, Any]] = []
    for work in (magpie_statistics, descriptors, graphs, symmetry, element_tables):
        for one in work():
            lines.append(one)
            print(
                f"{one['work']:52} {one['peer']:24} {one['their_per_s']:>10,.0f}/s {one['our_per_s']:>12,.0f}/s "
                f"{one['ratio']:>9,.1f}x  {one['difference']:.1e}",
                flush=True,
            )
    if arguments.out:
        arguments.out.write_text(json.dumps(lines, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
