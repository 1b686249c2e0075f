"""Run commands: `run`, `curate`: from a recipe to a release, whole or step by step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harvest.cli import (
    AllowIncompleteOption,
    LockedOption,
    MaxRateOption,
    OfflineOption,
    RecipeArgument,
    UntilDoneOption,
    UpdateOption,
    say_aside,
)
from harvest.console import JsonOption, StoreOption, add_command, progress, say, say_json, say_table, store_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from curation.build import BuildReport
    from curation.datasets.open import Dataset
    from curation.release.package import Released
    from curation.represent.result import RepresentationResult
    from harvest.runner import HarvestReport

    Report = Callable[[str, int, int | None], None]

DatasetArgument = Annotated[str | None, typer.Argument(help="NAME or NAME@VERSION; the only dataset where not given.")]
StrictOption = Annotated[bool, typer.Option("--strict", help="Exit with 3 if any row was quarantined.")]
AcceptDriftOption = Annotated[
    str | None,
    typer.Option("--accept-drift", help="Why rows may be lost or values move since the last version; recorded."),
]
QUARANTINED = 3


def run_command(
    recipe: RecipeArgument,
    store: StoreOption = None,
    update: UpdateOption = False,
    locked: LockedOption = False,
    offline: OfflineOption = False,
    max_rate: MaxRateOption = None,
    wait: UntilDoneOption = False,
    allow_incomplete: AllowIncompleteOption = False,
    strict: StrictOption = False,
    accept_drift: AcceptDriftOption = None,
    as_json: JsonOption = False,
) -> None:
    """Harvest, curate, represent and release what a recipe says; do only what is not done yet.

    Examples:

        matgranary run data/recipes/quickstart.toml

        matgranary run recipe.toml --locked --offline
    """
    from curation.cli.check_recipe import check_recipe
    from curation.datasets.split import split_materials
    from harvest.patience import until_done
    from harvest.runner import Mode
    from harvest.store import open_store

    check_recipe(recipe)
    folder = store_of(recipe, store)
    mode = Mode(
        update=update, locked=locked, offline=offline, allow_incomplete=allow_incomplete, most_per_second=max_rate
    )
    with open_store(folder) as opened, opened.writing(), progress(shown=not as_json) as report:

        def harvest() -> HarvestReport:
            return opened.harvest(recipe, mode=mode, progress=report)

        harvested = until_done(harvest, say=say_aside) if wait else harvest()
        taken: dict[str, Any] = {"allow_incomplete": allow_incomplete, "accept_drift": accept_drift}
        built = _curate_locked(folder, harvested, recipe, report, locked=locked, **taken)
        _warn_of_damage(built)
        _refuse_nothing(built.dataset, as_json=as_json)
        split = split_materials(built.dataset, harvested.recipe.splits)
        computed = _represent(built.dataset, harvested.recipe.represent.with_, report)
        released = _release(built.dataset, folder, harvested.recipe.release.to)
    dataset = built.dataset
    did = {
        "fetched": harvested.fetched,
        "parsed": list(harvested.parsed),
        "version_made": built.is_new,
        "split": [made.split.request.name for made in split if made.is_new],
        "represented": [r.name for r in computed if not r.up_to_date],
        "released": [str(r.folder) for r in released if r.is_new],
    }
    again = {source.key: source.delivered_twice for source in harvested.records.sources if source.delivered_twice}
    if as_json:
        said = {"dataset": dataset.id, "folder": str(dataset.folder), "did": did, "delivered_twice": again}
        without = {str(one.folder): list(one.without) for one in released if one.without}
        say_json({**said, "released_without": without, **_summary(dataset)})
    else:
        _tell(dataset, did, computed, again, folder)
        for one in released:
            if one.without:
                say(one.advice)
    if strict and any(line.entries.quarantined or line.values.quarantined for line in dataset.manifest.ledger.lines):
        raise typer.Exit(QUARANTINED)


def _curate_locked(
    folder: Path,
    harvested: HarvestReport,
    recipe: Path,
    report: Report,
    *,
    locked: bool,
    **taken: Any,  # noqa: ANN401 — options of curate
) -> BuildReport:
    """Curate, and write into the lock which version came of it."""
    from curation.build import curate
    from harvest.lock import change_lock, lock_path, read_lock
    from schemas.dataset import VersionPin

    name = harvested.recipe.dataset.name
    pinned = read_lock(lock_path(recipe)).of(name).latest
    built = curate(folder, name, pinned=pinned, locked=locked, progress=report, **taken)
    manifest = built.dataset.manifest
    latest = VersionPin(version=manifest.version, parent=manifest.parent, content_sha256=manifest.content_sha256)
    if not locked:
        change_lock(lock_path(recipe), name, lambda now: now.model_copy(update={"latest": latest}))
    return built


def _refuse_nothing(dataset: Dataset, *, as_json: bool) -> None:
    """Stop after a version that keeps no record of those that came, with its ledger; nothing is made of it.

    Raises:
        NothingKeptError: every record is quarantined.
    """
    from curation.cli.present import show_ledger
    from curation.errors import NothingKeptError

    lines = dataset.manifest.ledger.lines
    came = sum(line.entries.harvested for line in lines)
    if came == 0 or any(line.entries.kept for line in lines):
        return
    if not as_json:
        show_ledger(dataset)
    message = (
        f"{dataset.id} keeps none of the {came:,} records that came: all are quarantined, and nothing is made of it; "
        f"`matgranary quarantine list --dataset {dataset.manifest.dataset}` says why"
    )
    raise NothingKeptError(message)


def _warn_of_damage(built: BuildReport) -> None:
    for path in built.damaged:
        say_aside(
            f"warning: {path} is damaged: its bytes are not those that its manifest states, and nothing was taken from "
            "it; restore it, or delete the folder of this version"
        )


def _represent(dataset: Dataset, names: Sequence[str], report: Report) -> list[RepresentationResult]:
    from curation.represent.compute import represent

    return represent(dataset.folder, names, progress=report) if names else []


def _release(dataset: Dataset, folder: Path, targets: Sequence[str]) -> list[Released]:
    """Make the release folder, and deposit it where the recipe says; a target may be followed by an address."""
    from curation.release.targets import release_to

    return [release_to(dataset, folder, target) for target in targets]


def _summary(dataset: Dataset) -> dict[str, Any]:
    from curation.cli.present import worst_conflicts

    return {
        "version": dataset.manifest.version,
        "newer_versions": _newer(dataset),
        "content_sha256": dataset.manifest.content_sha256,
        "ledger": dataset.manifest.ledger.model_dump(mode="json")["lines"],
        "conflicts": worst_conflicts(dataset, 8),
    }


def _tell(
    dataset: Dataset,
    did: dict[str, Any],
    computed: list[RepresentationResult],
    again: dict[str, int],
    folder: Path,
) -> None:
    from curation.cli.present import show_conflicts, show_ledger, show_next

    if not any(did.values()):
        say(f"Nothing to do: {dataset.id} is up to date ({dataset.folder}).")
        _tell_newer(dataset)
        return
    show_ledger(dataset)
    for source, count in again.items():
        say(f"{source}: came again with the same content, not counted twice: {count:,}")
    show_conflicts(dataset)
    say()
    if computed:
        rows = [
            (r.name, r.rows - r.failures, r.failures, "up to date" if r.up_to_date else "computed") for r in computed
        ]
        say_table(("representation", "vectors", "failed", ""), rows)
        say()
    say(f"Dataset  {dataset.id}  {dataset.folder}")
    _tell_newer(dataset)
    for path in did["released"]:
        say(f"Release  {path}")
    show_next(dataset, folder, is_default=store_of(None, None).resolve() == folder.resolve())


def _newer(dataset: Dataset) -> list[str]:
    from curation.datasets.layout import newer_versions

    return newer_versions(dataset.folder.parents[2], dataset.manifest.dataset)


def _tell_newer(dataset: Dataset) -> None:
    """Say that newer versions stand beside the one that the sources now give."""
    newer = _newer(dataset)
    if newer:
        name = dataset.manifest.dataset
        say(f"The sources give the rows of {dataset.id} again: commands take it where no version is named.")
        say(f"Newer versions are kept: {', '.join(f'{name}@{version}' for version in newer)}.")


def curate_command(
    dataset: Annotated[str, typer.Argument(help="Name of the dataset, as in its recipe.")],
    allow_incomplete: AllowIncompleteOption = False,
    accept_drift: AcceptDriftOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a dataset version of the records that `harvest` left: normalise, validate, deduplicate, write.

    A version that lost much since its parent, or whose values moved, is not made: look, and accept it with a reason.

    Examples:

        matgranary curate quickstart

        matgranary curate quickstart --accept-drift "the source withdrew its 2024 batch"
    """
    from curation.build import curate
    from curation.cli.present import show_ledger

    with progress(shown=not as_json) as report:
        built = curate(
            store_of(None, store),
            dataset,
            allow_incomplete=allow_incomplete,
            accept_drift=accept_drift,
            progress=report,
        )
    _warn_of_damage(built)
    _refuse_nothing(built.dataset, as_json=as_json)
    if as_json:
        say_json({"dataset": built.dataset.id, "is_new": built.is_new, **_summary(built.dataset)})
        return
    show_ledger(built.dataset)
    say("" if built.is_new else f"Nothing to do: {built.dataset.id} has these rows already.")
    _tell_newer(built.dataset)


def add_run_commands(app: typer.Typer) -> None:
    """Give an app these commands."""
    add_command(app, "run", run_command)
    add_command(app, "curate", curate_command)
