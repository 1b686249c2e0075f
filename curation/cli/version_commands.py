"""Version commands: `log`, `tag`, `split`, `gc`: what the versions of a dataset are, are called, and are good for."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import ValidationError

from curation.cli.dataset_commands import DatasetOption
from harvest.console import JsonOption, StoreOption, add_command, say, say_json, say_table, store_of

NameArgument = Annotated[str | None, typer.Argument(help="Name of the dataset; the only one where not given.")]
_MIB = 1 << 20


def log_command(dataset: NameArgument = None, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """List the versions of a dataset, newest first: parent, tags, sources with their pins, rows, size.

    The current version is the one that commands take where none is named: that of the last run.

    Examples:

        matgranary log quickstart
    """
    from curation.datasets.history import history
    from curation.datasets.layout import only_dataset

    folder = store_of(None, store)
    logged = history(folder, dataset or only_dataset(folder))
    if as_json:
        say_json(
            [
                {
                    "dataset": f"{one.manifest.dataset}@{one.manifest.version}",
                    "parent": one.manifest.parent,
                    "tags": one.tags,
                    "is_current": one.is_current,
                    "content_sha256": one.manifest.content_sha256,
                    "pins": {source.key: source.pin.version for source in one.manifest.sources},
                    "drift": one.manifest.drift,
                    "drift_accepted": one.manifest.drift_accepted,
                    "bytes": one.bytes,
                    "shared_bytes": one.shared_bytes,
                }
                for one in logged
            ]
        )
        return
    rows = []
    for one in logged:
        kept = sum(line.entries.kept for line in one.manifest.ledger.lines)
        values = sum(line.values.kept for line in one.manifest.ledger.lines)
        size = f"{one.bytes / _MIB:.1f} MiB, {one.shared_bytes / _MIB:.1f} shared"
        rows.append(
            (
                one.manifest.version,
                one.manifest.parent,
                "yes" if one.is_current else "",
                ", ".join(one.tags),
                kept,
                values,
                size,
                _why(one.manifest.drift_accepted),
            )
        )
    say_table(("version", "parent", "current", "tags", "materials", "values", "size", "drift accepted"), rows)


def _why(reason: str | None) -> str:
    return reason or ""


def tag_command(
    dataset: Annotated[str, typer.Argument(help="NAME, NAME@VERSION or NAME@TAG.")],
    tag: Annotated[str, typer.Argument(help="The name to give to the version.")],
    move: Annotated[bool, typer.Option("--move", help="Take the name from the version that has it.")] = False,
    delete: Annotated[bool, typer.Option("--delete", help="Take the name away; the version stays.")] = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a version a name; a version with a name is never collected as garbage.

    Examples:

        matgranary tag quickstart@1.0.0 paper-2026

        matgranary query --dataset quickstart@paper-2026 "SELECT count(*) FROM materials"
    """
    from curation.datasets.history import remove_tag, tag_version

    folder = store_of(None, store)
    if delete:
        remove_tag(folder, dataset.partition("@")[0], tag)
        named = None
    else:
        named = tag_version(folder, dataset, tag, move=move)
    if as_json:
        say_json({"tag": tag, "dataset": named})
    else:
        say(f"{tag} is {named} now." if named else f"{tag} is gone.")


def split_command(
    dataset: DatasetOption = None,
    by: Annotated[
        str, typer.Option("--by", help="material, formula, prototype, chemical_system or time.")
    ] = "prototype",
    folds: Annotated[str, typer.Option("--folds", help="Names and shares.")] = "train=0.8,validation=0.1,test=0.1",
    seed: Annotated[int, typer.Option("--seed", help="Another seed is another split.")] = 0,
    name: Annotated[str | None, typer.Option("--name", help="Name of the split; derived where not given.")] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Split the materials of a version into folds that share no group, and keep the split with the version.

    A group goes where its name and the seed say: it stays there in all later versions. By prototype, the polymorphs of
    one formula may stand apart: split by formula or chemical_system where a model sees compositions only.

    Examples:

        matgranary split --by prototype

        matgranary query "SELECT fold, count(*) FROM split_prototype_0 GROUP BY fold"
    """
    from curation.datasets.open import open_dataset
    from curation.datasets.split import split_materials
    from schemas.recipe import SplitRequest, problems_of
    from schemas.store_lock import hold_store

    given = {"by": by, "seed": seed, "name": name or f"{by}_{seed}", "folds": _folds(folds)}
    try:
        request = SplitRequest.model_validate(given)
    except ValidationError as error:
        raise typer.BadParameter("; ".join(said for _, said in problems_of(error, ""))) from error
    folder = store_of(None, store)
    with hold_store(folder):
        (made,) = split_materials(open_dataset(folder, dataset), [request])
    if as_json:
        say_json({"is_new": made.is_new, **made.split.model_dump(mode="json")})
        return
    say_table(
        ("fold", "share asked", "materials", "groups"),
        [
            (fold, f"{share:.0%}", made.split.materials[fold], made.split.groups[fold])
            for fold, share in request.folds.items()
        ],
        title=f"Split {request.name}{'' if made.is_new else ' (stands already)'}",
    )
    if made.split.without_fold:
        say(f"{made.split.without_fold:,} materials have no date, and no fold.")
    if made.split.formulas_in_more_folds:
        say(f"{made.split.formulas_in_more_folds:,} formulas stand in more than one fold.")
        say("Where a model sees compositions only, split by formula or chemical_system.")


def _folds(text: str) -> dict[str, str]:
    """Return the shares of folds by their names, as they are written.

    Raises:
        BadParameter: a part is not a name with its share, or a name comes twice.
    """
    folds: dict[str, str] = {}
    for part in text.split(","):
        name, sign, share = (piece.strip() for piece in part.partition("="))
        if not (name and sign and share):
            message = f"folds are written NAME=SHARE,NAME=SHARE, got {part.strip()!r}"
            raise typer.BadParameter(message)
        if name in folds:
            message = f"the fold {name!r} is named twice: {text}"
            raise typer.BadParameter(message)
        folds[name] = share
    return folds


def gc_command(
    dataset: NameArgument = None,
    keep: Annotated[int, typer.Option("--keep", help="How many of the newest versions stay.", min=1)] = 3,
    delete: Annotated[bool, typer.Option("--delete", help="Remove them; without it they are listed.")] = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """List, and with --delete remove, versions without a tag or release that are neither current nor among the newest.

    Examples:

        matgranary gc

        matgranary gc quickstart --keep 1 --delete
    """
    from curation.datasets.history import collect_garbage, find_garbage
    from curation.datasets.layout import dataset_names, version_folder

    folder = store_of(None, store)
    names = [version_folder(folder, dataset).parent.name] if dataset else dataset_names(folder)
    found = (collect_garbage if delete else find_garbage)(folder, names, keep=keep)
    if as_json:
        say_json({"deleted": delete, "versions": [{"dataset": one.reference, "bytes": one.bytes} for one in found]})
        return
    for one in found:
        say(f"{one.reference}  {one.bytes / _MIB:.1f} MiB of its own")
    said = "removed" if delete else "could go; --delete removes them"
    say(f"{len(found)} versions {said}." if found else "Every version is current, new, tagged or released.")


def add_version_commands(app: typer.Typer) -> None:
    """Give an app these commands."""
    add_command(app, "log", log_command)
    add_command(app, "tag", tag_command)
    add_command(app, "split", split_command)
    add_command(app, "gc", gc_command)
