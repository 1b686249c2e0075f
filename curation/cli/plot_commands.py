"""Plot commands: `plot elements`, `plot space`, `plot pettifor`: pictures that stand alone, as SVG."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from curation.cli.run_commands import DatasetArgument
from harvest.console import JsonOption, StoreOption, add_command, say, say_json, store_of


def _only_svg(out: Path | None) -> Path | None:
    """Return the file to write.

    Raises:
        BadParameter: its suffix says another format.
    """
    if out is not None and out.suffix.lower() not in {"", ".svg"}:
        message = f"pictures are written as SVG, got {out.name}; name the file .svg, and convert it"
        raise typer.BadParameter(message)
    return out


OutOption = Annotated[
    Path | None,
    typer.Option("--out", callback=_only_svg, help="SVG file to write; named after the picture where not given."),
]


class Picture(StrEnum):
    """What is drawn of the elements."""

    HEATMAP = "heatmap"
    MAP = "map"


class MetricName(StrEnum):
    """How elements are compared."""

    COSINE = "cosine"
    PEARSON = "pearson"
    SPEARMAN = "spearman"
    EUCLIDEAN = "euclidean"
    MANHATTAN = "manhattan"
    CHEBYSHEV = "chebyshev"


class MethodName(StrEnum):
    """How vectors are laid out on a plane; t-SNE and UMAP need the extra `maps`."""

    PCA = "pca"
    TSNE = "tsne"
    UMAP = "umap"


MethodOption = Annotated[MethodName, typer.Option("--method", help="How vectors are laid out; see the extra `maps`.")]


def elements_command(
    table: Annotated[str, typer.Option("--table", help="An element table: magpie, mat2vec, skipatom ...")] = "mat2vec",
    kind: Annotated[Picture, typer.Option("--kind", help="A heat map of all pairs, or a map.")] = Picture.HEATMAP,
    metric: Annotated[MetricName, typer.Option("--metric", help="Of the heat map.")] = MetricName.COSINE,
    method: MethodOption = MethodName.PCA,
    by_family: Annotated[bool, typer.Option("--by-family", help="Order the heat map by family of elements.")] = False,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw how alike the elements are in an element table.

    Examples:

        matgranary plot elements --table mat2vec --metric cosine

        matgranary plot elements --table skipatom --kind map --out elements.svg
    """
    from curation.represent.similarity.element_pictures import element_heat_map, element_map
    from curation.represent.similarity.maps import MapMethod
    from curation.represent.similarity.metrics import Metric

    if kind is Picture.HEATMAP:
        picture = element_heat_map(table, Metric(metric.value), by_family=by_family)
        name = f"elements-{table}-{metric.value}.svg"
    else:
        picture, name = element_map(table, MapMethod(method.value)), f"elements-{table}-{method.value}.svg"
    _write(picture, out or Path(name), as_json=as_json)


def space_command(
    dataset: DatasetArgument = None,
    by: Annotated[str, typer.Option("--by", help="A representation that was computed; vectors only.")] = "magpie",
    method: MethodOption = MethodName.PCA,
    colour: Annotated[
        str, typer.Option("--colour", help="crystal_system, n_elements, density_g_per_cm3 or a property.")
    ] = "crystal_system",
    store: StoreOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw the chemical space of a dataset: each material a point, alike ones near each other.

    Examples:

        matgranary plot space quickstart --by magpie --colour n_elements
    """
    from curation.datasets.open import open_dataset
    from curation.represent.similarity.maps import MapMethod
    from curation.represent.similarity.material_pictures import space_map

    opened = open_dataset(store_of(None, store), dataset)
    picture = space_map(opened, by=by, method=MapMethod(method.value), colour=colour)
    _write(picture, out or Path(f"space-{opened.manifest.dataset}-{by}-{method.value}.svg"), as_json=as_json)


def pettifor_command(
    dataset: DatasetArgument = None,
    proportions: Annotated[str, typer.Option("--proportions", help="Anonymous formula: AB, A2B, A3B ...")] = "AB",
    store: StoreOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw the structure map of the binary compounds of a dataset, after Pettifor.

    Examples:

        matgranary plot pettifor quickstart --proportions AB
    """
    from curation.datasets.open import open_dataset
    from curation.represent.similarity.material_pictures import structure_map

    opened = open_dataset(store_of(None, store), dataset)
    picture = structure_map(opened, anonymous=proportions)
    _write(picture, out or Path(f"pettifor-{opened.manifest.dataset}-{proportions}.svg"), as_json=as_json)


def _write(picture: str, path: Path, *, as_json: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(picture, encoding="utf-8")
    if as_json:
        say_json({"file": str(path)})
    else:
        say(str(path))


def add_plot_commands(app: typer.Typer) -> None:
    """Give an app these commands."""
    plot = typer.Typer(help="Draw pictures: elements, chemical space, structure maps.", no_args_is_help=True)
    add_command(plot, "elements", elements_command)
    add_command(plot, "space", space_command)
    add_command(plot, "pettifor", pettifor_command)
    app.add_typer(plot, name="plot")
