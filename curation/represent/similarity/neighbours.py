"""Neighbours: a dataset version, a material and a representation in, the materials nearest to it out; in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curation.represent.errors import UnknownRepresentationError, UnrepresentableError

if TYPE_CHECKING:
    from curation.datasets.open import Dataset

_MEASURES = {
    "cosine": ("array_cosine_similarity(v.vector, o.vector)", "DESC"),
    "euclidean": ("array_distance(v.vector, o.vector)", "ASC"),
}
_NEAREST = """
SELECT m.material_id, m.formula, m.space_group_number, {measure} AS nearness
FROM "{name}" v JOIN materials m USING (material_id), (SELECT vector FROM "{name}" WHERE material_id = '{wanted}') o
WHERE v.vector IS NOT NULL AND v.material_id <> '{wanted}'
ORDER BY nearness {order}, m.material_id LIMIT {limit}
"""


@dataclass(frozen=True)
class Neighbour:
    """A material that is near to another.

    Attributes:
        material_id: of the neighbour.
        formula: reduced.
        space_group_number: none where it has no structure.
        nearness: cosine (larger is nearer) or distance (smaller is nearer).
    """

    material_id: str
    formula: str
    space_group_number: int | None
    nearness: float


def nearest_materials(
    dataset: Dataset, material: str, *, by: str, metric: str = "cosine", limit: int = 10
) -> list[Neighbour]:
    """Return the materials nearest to one, nearest first.

    Args:
        dataset: the version; the representation has been computed for it.
        material: its id, or a formula that one material has.
        by: name of a representation that is a vector.
        metric: "cosine" or "euclidean".
        limit: how many.

    Raises:
        UnknownRepresentationError: it is not there, or it is no vector.
        UnrepresentableError: the material is unknown, or has no vector in it; says why.
    """
    if not (dataset.folder / "representations" / by / "representation.json").is_file():
        message = f"{dataset.id} has no representation {by!r}: run `matgranary represent --with {by}` first"
        raise UnknownRepresentationError(message)
    columns = {row["column_name"] for row in dataset.sql(f'SELECT column_name FROM (DESCRIBE "{by}")').rows()}
    if "vector" not in columns:
        message = f"{by} is no vector; take one that is, see `matgranary represent --list`"
        raise UnknownRepresentationError(message)
    wanted = _material(dataset, material, by)
    measure, order = _MEASURES[metric]
    question = _NEAREST.format(name=by, wanted=wanted, measure=measure, order=order, limit=int(limit))
    return [Neighbour(**row) for row in dataset.sql(question).rows()]  # type: ignore[arg-type] # columns of the question


def _material(dataset: Dataset, material: str, by: str) -> str:
    """Return the id of a material that has a vector."""
    text = material.replace("'", "''")
    found = dataset.sql(
        f'SELECT m.material_id, v.failure FROM materials m JOIN "{by}" v USING (material_id) '
        f"WHERE m.material_id = '{text}' OR m.formula = '{text}' ORDER BY 1"
    ).rows()
    if not found:
        message = f"no material {material!r} in {dataset.id}: give a material_id or a reduced formula"
        raise UnrepresentableError(message)
    if len(found) > 1:
        ids = ", ".join(str(row["material_id"]) for row in found[:5])
        message = f"{len(found)} materials are {material}: name one by its id, for example {ids}"
        raise UnrepresentableError(message)
    if found[0]["failure"] is not None:
        message = f"{material} has no {by} vector: {found[0]['failure']}"
        raise UnrepresentableError(message)
    return str(found[0]["material_id"])
