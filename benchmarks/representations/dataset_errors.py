"""Dataset errors: how well a ridge model on each representation of a dataset version predicts a property of it.

    matgranary represent quickstart --with magpie,mat2vec,soap
    python benchmarks/representations/dataset_errors.py quickstart --property refractive_index

Every vector that was computed for the version is taken. The split is `matgranary split` by chemical system: no system
stands on both sides. The strength of the ridge is chosen on the fold "validation", errors are those of the fold "test".
Materials with a value and with a vector of every representation are taken, so that all errors are of the same rows.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from formation_energy import STRENGTHS, ridge

from curation.datasets.open import open_dataset
from curation.datasets.split import split_materials
from curation.represent.manifest import read_manifest
from schemas.recipe import SplitBy, SplitRequest
from schemas.representation import Form

if TYPE_CHECKING:
    from curation.datasets.open import Dataset

SPLIT = SplitRequest(
    name="by_system", by=SplitBy.CHEMICAL_SYSTEM, folds={"train": 0.64, "validation": 0.16, "test": 0.2}
)


def vector_names(dataset: Dataset) -> list[str]:
    manifests = [read_manifest(folder) for folder in sorted((dataset.folder / "representations").glob("[!.]*"))]
    return [one.spec.name for one in manifests if one is not None and one.spec.form is Form.VECTOR]


def rows_of(dataset: Dataset, wanted: str, names: list[str]) -> dict[str, np.ndarray]:
    """Fold, median value, and one matrix for each representation, row-aligned."""
    joined = " ".join(f'JOIN "{name}" USING (material_id)' for name in names)
    columns = ", ".join(f'"{name}".vector AS "{name}"' for name in names)
    present = " AND ".join(f'"{name}".vector IS NOT NULL' for name in names)
    split = dataset.folder / "splits" / SPLIT.name / "materials.parquet"
    valued = f"SELECT material_id, median(value) AS value FROM properties WHERE property = '{wanted}' GROUP BY ALL"  # noqa: S608 — our own words
    found = dataset.sql(
        f"SELECT s.fold, v.value, {columns} FROM read_parquet('{split}') s JOIN ({valued}) v USING (material_id) "  # noqa: S608 — as above
        f"{joined} WHERE v.value IS NOT NULL AND {present} ORDER BY material_id"
    ).arrow()
    return {name: np.array(found[name].to_pylist()) for name in found.column_names}


def error(folds: np.ndarray, values: np.ndarray, vectors: np.ndarray) -> float:
    """Mean absolute error on the fold test."""
    train, check, test = (folds == name for name in ("train", "validation", "test"))
    tried = [np.abs(ridge(vectors[train], values[train], vectors[check], s) - values[check]).mean() for s in STRENGTHS]
    best = float(STRENGTHS[int(np.argmin(tried))])
    return float(np.abs(ridge(vectors[~test], values[~test], vectors[test], best) - values[test]).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset")
    parser.add_argument("--property", required=True)
    parser.add_argument("--store", type=Path, default=Path("data"))
    arguments = parser.parse_args()
    dataset = open_dataset(arguments.store, arguments.dataset)
    split_materials(dataset, [SPLIT])
    names = vector_names(dataset)
    rows = rows_of(dataset, arguments.property, names)
    test = rows["fold"] == "test"
    lines = [
        (error(rows["fold"], rows["value"], rows[name].astype(float)), name, rows[name].shape[1]) for name in names
    ]
    lines.append((float(np.abs(rows["value"][test] - rows["value"][~test].mean()).mean()), "always the mean", 0))
    print(f"{arguments.property} of {len(test)} materials of {dataset.id}, {test.sum()} of them for the test\n")
    print("| representation | width | mean absolute error |\n|---|---:|---:|")
    for mae, name, width in sorted(lines):
        print(f"| {name} | {width or ''} | {mae:.3f} |")


if __name__ == "__main__":
    main()
