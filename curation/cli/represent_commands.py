"""Represent commands: `represent`: representations of a dataset version, and what can be computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from curation.cli.run_commands import DatasetArgument
from harvest.console import JsonOption, StoreOption, add_command, progress, say, say_json, say_table, store_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curation.represent.result import RepresentationResult


def represent_command(
    dataset: DatasetArgument = None,
    with_: Annotated[str, typer.Option("--with", help="Representations, separated by commas.")] = "",
    pool: Annotated[
        str, typer.Option("--pool", help="Statistics over the atoms, for element tables: mean,max,min,range,std ...")
    ] = "",
    formulas: Annotated[
        str, typer.Option("--formulas", help="Print the vectors of formulas, separated by commas; no dataset is read.")
    ] = "",
    list_: Annotated[bool, typer.Option("--list", help="List what can be computed.")] = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compute representations of a dataset version; only the rows that are not there yet.

    Examples:

        matgranary represent --list

        matgranary represent quickstart --with magpie,mat2vec,soap,graph_knn12

        matgranary represent quickstart --with magpie,skipatom --pool mean,max

        matgranary represent --formulas Fe,O,Fe2O3 --with magpie
    """
    if list_ or not with_:
        _list(as_json=as_json)
        return
    if formulas:
        _of_formulas(_words(formulas), _words(with_), _words(pool), as_json=as_json)
        return
    from curation.datasets.open import open_dataset
    from curation.represent.compute import represent
    from curation.represent.registry import with_poolings
    from schemas.store_lock import hold_store

    folder, words = store_of(None, store), _words(pool)
    names = [with_poolings(name, words) for name in _words(with_)]
    with hold_store(folder), progress(shown=not as_json) as report:
        results = represent(open_dataset(folder, dataset).folder, names, progress=report)
    if as_json:
        say_json([_told(result) for result in results])
        return
    show_results(results)


def show_results(results: Sequence[RepresentationResult]) -> None:
    """Print what became of representations."""
    rows = [
        (r.name, r.rows - r.failures, r.failures, r.rows_computed, "up to date" if r.up_to_date else "computed")
        for r in results
    ]
    say_table(("representation", "rows", "failed", "computed now", ""), rows)
    for result in results:
        for note in result.notes:
            say(note)


def _of_formulas(formulas: list[str], names: list[str], words: list[str], *, as_json: bool) -> None:
    """Print one column for each formula, one row for each component."""
    from curation.represent.registry import with_poolings
    from curation.represent.transformer import CompositionTransformer

    for name in names:
        transformer = CompositionTransformer(with_poolings(name, words))
        vectors = transformer.transform(formulas).tolist()
        labels = transformer.get_feature_names_out().tolist()
        if as_json:
            told = {
                formula: dict(zip(labels, vector, strict=True))
                for formula, vector in zip(formulas, vectors, strict=True)
            }
            say_json({transformer.representation: told})
            continue
        rows = [(label, *(round(vector[place], 6) for vector in vectors)) for place, label in enumerate(labels)]
        say_table((transformer.representation, *formulas), rows)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _told(result: RepresentationResult) -> dict[str, object]:
    return {
        "name": result.name,
        "rows": result.rows,
        "failures": result.failures,
        "rows_computed": result.rows_computed,
        "parts_computed": result.parts_computed,
        "parts_reused": result.parts_reused,
        "up_to_date": result.up_to_date,
        "notes": list(result.notes),
    }


def _list(*, as_json: bool) -> None:
    from curation.represent.registry import load_representer, representer_names
    from schemas.representation import Form

    specs = [load_representer(name).spec for name in representer_names()]
    if as_json:
        say_json([spec.model_dump(mode="json", exclude={"labels"}) for spec in specs])
        return
    listed = [
        (
            s.name,
            s.width if s.form is Form.VECTOR else "lists",
            s.needs.value,
            ", ".join(i.value for i in s.invariances) or "none",
            s.licence,
            s.title,
            s.origin,
        )
        for s in specs
    ]
    say_table(("name", "width", "needs", "invariant under", "licence", "title", "origin of its tables"), listed)


def add_represent_commands(app: typer.Typer) -> None:
    """Give an app these commands."""
    add_command(app, "represent", represent_command)
