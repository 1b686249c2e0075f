"""Split: a dataset version in, its materials in folds out; what the split is by never stands on two sides.

A group goes where the hash of its name and the seed says: a material that is added later moves no other. Only a split
by time looks at all materials: the oldest fill the first fold, and materials of one date stay together.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curation.datasets.layout import CHECKSUMS, SPLITS
from curation.errors import UnknownDatasetError
from schemas.disk import building, model_json, sha256_of_file
from schemas.quantity import Model, described
from schemas.recipe import SplitBy, SplitRequest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from curation.datasets.open import Dataset

SPEC, ROWS = "split.json", "materials.parquet"
# A prototype is taken coarsely, as anonymous formula and space group: no finer class of structures crosses the split. A
# material without a space group follows those of its formula, the one with the lowest number; without them it stands
# with its formula. It moves no other, and only what has no space group may move when another material comes.
_PROTOTYPE = """
chemical_formula_anonymous || '|' || coalesce(
    coalesce(space_group_number, min(space_group_number) OVER (PARTITION BY chemical_formula_reduced))::VARCHAR,
    chemical_formula_reduced)
"""
_GROUPS = {
    SplitBy.MATERIAL: "material_id",
    SplitBy.FORMULA: "chemical_formula_reduced",
    SplitBy.PROTOTYPE: _PROTOTYPE,
    SplitBy.CHEMICAL_SYSTEM: "chemical_system",
}
_HASHED = """
SELECT material_id, "group", ('0x' || sha256({seed} || '|' || "group")[:13])::BIGINT / pow(16, 13) AS place
FROM (SELECT material_id, {group} AS "group" FROM materials) ORDER BY material_id
"""
_DATED = """
SELECT material_id, min(last_modified) AS "group" FROM materials JOIN entries USING (material_id)
GROUP BY material_id ORDER BY "group", material_id
"""


class SplitRow(Model):
    """One material of a split; `splits/NAME/materials.parquet`, sorted by material_id."""

    material_id: str = described("The material.")
    group: str | None = described("What it must stay together with; the date for a split by time.")
    fold: str | None = described("Name of the fold; null where a material has no date to be split by.")


class Split(Model):
    """A split that was made; `splits/NAME/split.json`."""

    request: SplitRequest
    content_sha256: str = described("Identity of the rows of the version that was split.")
    groups: dict[str, int] = described("Number of groups in each fold.")
    materials: dict[str, int] = described("Number of materials in each fold.")
    without_fold: int = described("Materials without a date, where the split is by time.")
    formulas_in_more_folds: int | None = described(
        "Formulas whose materials stand in more than one fold; none where they were not counted.", optional=True
    )
    sha256: str = described("Hash of the file of rows.")


@dataclass(frozen=True)
class Made:
    """A split, and whether it was made now."""

    split: Split
    is_new: bool


def split_materials(dataset: Dataset, requests: Sequence[SplitRequest]) -> list[Made]:
    """Make the splits of a version that are not there yet.

    Raises:
        UnknownDatasetError: another split has this name already.
    """
    return [_split(dataset, request) for request in requests]


def read_splits(folder: Path) -> list[Split]:
    """Return the splits of a version."""
    return [Split.model_validate_json(path.read_bytes()) for path in sorted((folder / SPLITS).glob(f"*/{SPEC}"))]


def _split(dataset: Dataset, request: SplitRequest) -> Made:
    folder = dataset.folder / SPLITS / request.name
    if (folder / SPEC).exists():
        present = Split.model_validate_json((folder / SPEC).read_bytes())
        if present.request != request:
            message = (
                f"{dataset.id} has another split {request.name!r}: {present.request.by}, seed {present.request.seed}"
            )
            raise UnknownDatasetError(f"{message}; give this one another name")
        return Made(present, is_new=False)
    rows = _by_time(dataset, request) if request.by is SplitBy.TIME else _by_hash(dataset, request)
    with building(dataset.folder / SPLITS, request.name) as begun:
        pq.write_table(rows, begun.folder / ROWS, compression="zstd")
        split = _described(dataset, request, rows, sha256_of_file(begun.folder / ROWS))
        (begun.folder / SPEC).write_bytes(model_json(split))
        checksums = {name: sha256_of_file(begun.folder / name) for name in (SPEC, ROWS)}
        (begun.folder / CHECKSUMS).write_text(json.dumps(checksums, indent=2) + "\n", encoding="utf-8")
        begun.publish(folder)
    return Made(split, is_new=True)


def _by_hash(dataset: Dataset, request: SplitRequest) -> pa.Table:
    asked = dataset.sql(_HASHED.format(seed=request.seed, group=_GROUPS[request.by])).arrow()
    return _rows(asked, _fold_of(asked["place"].to_numpy(), request))


def _by_time(dataset: Dataset, request: SplitRequest) -> pa.Table:
    asked = dataset.sql(_DATED).arrow()  # those without a date stand last
    dated = asked.num_rows - asked["group"].null_count
    dates = asked["group"].to_numpy()[:dated].astype(str)
    places = np.searchsorted(dates, dates, side="left") / max(1, dated)
    folds = [*_fold_of(places, request), *[None] * (asked.num_rows - dated)]
    return _rows(asked, folds).sort_by("material_id")


def _rows(asked: pa.Table, folds: list[str | None]) -> pa.Table:
    return asked.select(["material_id", "group"]).append_column("fold", pa.array(folds, pa.string()))


def _fold_of(places: NDArray[np.float64], request: SplitRequest) -> list[str | None]:
    """Return the fold of each place between 0 and 1: folds follow one another in the order of the request."""
    edges = np.cumsum(list(request.folds.values()))[:-1]
    names = np.array(list(request.folds), dtype=object)
    folds: list[str | None] = names[np.searchsorted(edges, places, side="right")].tolist()
    return folds


def _described(dataset: Dataset, request: SplitRequest, rows: pa.Table, sha256: str) -> Split:
    counted = rows.group_by("fold").aggregate([("group", "count_distinct"), ("material_id", "count")]).to_pylist()
    by_fold = {row["fold"]: row for row in counted}
    formulas = dataset.sql("SELECT chemical_formula_reduced FROM materials ORDER BY material_id").arrow()
    folds = formulas.append_column("fold", rows["fold"]).group_by("chemical_formula_reduced")
    n_folds = folds.aggregate([("fold", "count_distinct")])["fold_count_distinct"]
    return Split(
        request=request,
        content_sha256=dataset.manifest.content_sha256,
        groups={name: by_fold[name]["group_count_distinct"] if name in by_fold else 0 for name in request.folds},
        materials={name: by_fold[name]["material_id_count"] if name in by_fold else 0 for name in request.folds},
        without_fold=by_fold[None]["material_id_count"] if None in by_fold else 0,
        formulas_in_more_folds=int((n_folds.to_numpy() > 1).sum()),
        sha256=sha256,
    )
