"""Neighbours: a dataset version, a material and a representation in, the materials nearest to it out; in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curation.represent.errors import UnrepresentableError
from curation.represent.similarity.computed import require_vectors

if TYPE_CHECKING:
    from curation.datasets.open import Dataset

_MEASURES = {
    "cosine": ("array_cosine_similarity(v.vector, o.vector)", "DESC"),
    "euclidean": ("array_distance(v.vector, o.vector)", "ASC"),
}
_NEAREST = """
SELECT m.material_id, m.formula, m.space_group_number, {measure} AS nearness
FROM "{name}" v JOIN materials m USING (material_id), (SELECT vector FROM "{name}" WHERE material_id = '{first}') o
WHERE v.vector IS NOT NULL AND v.material_id NOT IN ({asked})
ORDER BY nearness {order}, m.material_id LIMIT {limit}
"""
_ASKED = """
SELECT m.material_id, m.space_group_number, v.failure, v.vector IS NOT DISTINCT FROM first(v.vector) OVER (
    ORDER BY v.vector IS NULL, m.material_id) AS is_as_first
FROM materials m JOIN "{name}" v USING (material_id) WHERE m.material_id = '{text}' OR m.formula = '{text}'
ORDER BY v.vector IS NULL, m.material_id
"""
_SHOWN = 5


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
        material: its id, or a reduced formula. Where several materials have the formula and one vector, as in every
            representation of compositions, they are asked for together.
        by: name of a representation that is a vector.
        metric: "cosine" or "euclidean".
        limit: how many.

    Raises:
        UnknownRepresentationError: it is not there, or it is no vector.
        UnrepresentableError: the material is unknown, has no vector in it, or is one of several with other vectors.
    """
    require_vectors(dataset, by)
    asked = _asked(dataset, material, by)
    measure, order = _MEASURES[metric]
    ids = ", ".join(f"'{one}'" for one in asked)
    question = _NEAREST.format(name=by, first=asked[0], asked=ids, measure=measure, order=order, limit=int(limit))
    return [Neighbour(**row) for row in dataset.sql(question).rows()]  # type: ignore[arg-type] # columns of the question


def _asked(dataset: Dataset, material: str, by: str) -> list[str]:
    """Return the ids that are meant, one with a vector first."""
    found = dataset.sql(_ASKED.format(name=by, text=material.replace("'", "''"))).rows()
    if not found:
        message = f"no material {material!r} in {dataset.id}: give a material_id or a reduced formula"
        raise UnrepresentableError(message)
    if found[0]["failure"] is not None:
        message = f"{material} has no {by} vector: {found[0]['failure']}"
        raise UnrepresentableError(message)
    represented = [row for row in found if row["failure"] is None]
    if not all(row["is_as_first"] for row in represented):
        shown = "; ".join(
            f"{row['material_id']} (space group {row['space_group_number']})" for row in represented[:_SHOWN]
        )
        message = f"{len(represented)} materials are {material} and differ in {by}: name one by its id, such as {shown}"
        raise UnrepresentableError(message)
    return [str(row["material_id"]) for row in found]
