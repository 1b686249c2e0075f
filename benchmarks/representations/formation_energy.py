"""Formation energy: what each representation is good for: a ridge model on it, on a split that leaks nothing.

    python benchmarks/representations/formation_energy.py STRUCTURES.csv.gz [--rows 3000]

The file has columns cif, formation_energy_per_atom and pretty_formula (Materials Project entries). Rows of one chemical
system stand on one side of the split, so that no test row has a neighbour of the same elements among those trained on.
The strength of the ridge is chosen by a second such split of the training rows. Errors in eV/atom.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import io
import sys
from typing import Any

import gemmi
import numpy as np

from curation.represent.errors import MissingLibraryError
from curation.represent.registry import load_representer, representer_names
from curation.represent.representer import Features
from curation.represent.structure.structure_table import structure_table
from schemas.elements import atomic_numbers
from schemas.representation import Form

csv.field_size_limit(10**8)
STRENGTHS = 10.0 ** np.arange(-4, 7)


def read_rows(path: str, n_rows: int) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(io.StringIO(file.read())))
    order = np.random.default_rng(0).permutation(len(rows))[:n_rows]
    return [rows[place] for place in order]


def crystal(cif: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    small = gemmi.make_small_structure_from_block(gemmi.cif.read_string(cif).sole_block())
    sites = small.get_all_unit_cell_sites()
    numbers = [atomic_numbers()[site.element.name] for site in sites]
    lattice = np.array(small.cell.orth.mat.tolist()).T
    return lattice, np.array([site.fract.tolist() for site in sites]), np.array(numbers)


def side(system: str, seed: str) -> float:
    """A number between 0 and 1 that a chemical system always gets."""
    return int(hashlib.sha256(f"{seed}|{system}".encode()).hexdigest()[:13], 16) / 16**13


def ridge(train: np.ndarray, targets: np.ndarray, test: np.ndarray, strength: float) -> np.ndarray:
    """Predictions for `test`; in the smaller of the two equal forms, by rows or by components."""
    mean, spread = train.mean(axis=0), train.std(axis=0)
    keep = spread > 1e-12
    x, y = ((values[:, keep] - mean[keep]) / spread[keep] for values in (train, test))
    offset = targets.mean()
    if x.shape[1] <= len(x):
        weights = np.linalg.solve(x.T @ x + strength * np.eye(x.shape[1]), x.T @ (targets - offset))
    else:
        weights = x.T @ np.linalg.solve(x @ x.T + strength * np.eye(len(x)), targets - offset)
    return y @ weights + offset


def error(vectors: np.ndarray, targets: np.ndarray, systems: list[str]) -> tuple[float, float]:
    """Mean absolute error on the test rows, and the strength that was chosen without them."""
    test = np.array([side(system, "test") < 0.2 for system in systems])
    inner = np.array([side(system, "validation") < 0.2 for system in systems])
    fit, check = ~test & ~inner, ~test & inner
    errors = [np.abs(ridge(vectors[fit], targets[fit], vectors[check], s) - targets[check]).mean() for s in STRENGTHS]
    best = float(STRENGTHS[int(np.argmin(errors))])
    return float(np.abs(ridge(vectors[~test], targets[~test], vectors[test], best) - targets[test]).mean()), best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--rows", type=int, default=3_000)
    parser.add_argument("--most-wide", type=int, default=3_000)
    arguments = parser.parse_args()
    rows = read_rows(arguments.file, arguments.rows)
    table = structure_table([crystal(row["cif"]) for row in rows])
    targets = np.array([float(row["formation_energy_per_atom"]) for row in rows])
    systems = ["-".join(sorted(symbols)) for symbols in table["elements"].to_pylist()]
    test = np.array([side(system, "test") < 0.2 for system in systems])
    guess = float(np.abs(targets[test] - targets[~test].mean()).mean())
    lines = [(guess, "always the mean", 0, 0, 0.0)]
    for name in representer_names():
        representer = load_representer(name)
        if representer.spec.form is not Form.VECTOR or representer.spec.width > arguments.most_wide:
            continue
        try:
            features = representer.compute(table)
        except MissingLibraryError as missing:
            print(f"{name}: {missing}", file=sys.stderr, flush=True)
            continue
        assert isinstance(features, Features)
        kept = np.array([row not in features.failures for row in range(len(rows))])
        vectors = np.asarray(features.vectors, dtype=np.float64)[kept]
        mae, strength = error(vectors, targets[kept], [s for s, k in zip(systems, kept, strict=True) if k])
        lines.append((mae, name, representer.spec.width, int((~kept).sum()), strength))
        print(f"{name}: {mae:.3f}", file=sys.stderr, flush=True)
    print(f"{len(rows)} structures, {int(test.sum())} of them for the test\n")
    print("| representation | width | mean absolute error, eV/atom | rows without a vector |\n|---|---:|---:|---:|")
    for mae, name, width, failed, _ in sorted(lines):
        print(f"| {name} | {width or ''} | {mae:.3f} | {failed} |")


if __name__ == "__main__":
    main()
