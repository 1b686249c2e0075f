"""Similar commands: `similar`: the materials that are nearest to one, by any representation."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from harvest.console import JsonOption, StoreOption, add_command, say_json, say_table, store_of

DatasetOption = Annotated[
    str | None, typer.Option("--dataset", help="NAME or NAME@VERSION; the only dataset where not given.")
]


class Nearness(StrEnum):
    """How two vectors are compared."""

    COSINE = "cosine"
    EUCLIDEAN = "euclidean"


def similar_command(
    material: Annotated[str, typer.Argument(help="A material_id, or a reduced formula.")],
    by: Annotated[str, typer.Option("--by", help="A representation that was computed; vectors only.")] = "magpie",
    metric: Annotated[Nearness, typer.Option("--metric", help="How vectors are compared.")] = Nearness.COSINE,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many.")] = 10,
    dataset: DatasetOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the materials that are nearest to one.

    Examples:

        matgranary similar Fe2O3 --by mat2vec

        matgranary similar m-2ek5bsxf4bkrmf3y --by soap --metric euclidean --limit 5
    """
    from dataclasses import asdict

    from curation.datasets.open import open_dataset
    from curation.represent.similarity.neighbours import nearest_materials

    opened = open_dataset(store_of(None, store), dataset)
    found = nearest_materials(opened, material, by=by, metric=metric.value, limit=limit)
    if as_json:
        say_json([asdict(one) for one in found])
        return
    rows = [(one.material_id, one.formula, one.space_group_number, round(one.nearness, 6)) for one in found]
    say_table(("material_id", "formula", "space group", metric.value), rows, title=f"Nearest to {material} by {by}")


def add_similar_commands(app: typer.Typer) -> None:
    """Give an app these commands."""
    add_command(app, "similar", similar_command)
