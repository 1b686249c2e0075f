"""Runner: a recipe in, records on disk out; plan, fetch, archive, parse, and say what is missing.

The whole flow is `harvest`; one source is `_harvest_source`; one walk over its pages is `harvest.walk`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from harvest.attempt import choose_attempt, compare_with_lock
from harvest.drift import compare_snapshots, write_drift
from harvest.errors import DriftError
from harvest.increment import note_base
from harvest.ledger import State
from harvest.lock import LockedDataset, LockedSource, change_lock, lock_path, read_lock
from harvest.planning import plan_recipe, said_with_line
from harvest.registry import load_source
from harvest.walk import Pacing, Walk, records_folder
from schemas.disk import model_json, write_file
from schemas.fingerprint import code_fingerprint
from schemas.provenance import PinKind
from schemas.records import RecordSet, SourceRecords

if TYPE_CHECKING:
    from pathlib import Path

    from harvest.drift import Drift
    from harvest.source import Plan
    from harvest.store import Store
    from harvest.walk import Progress
    from schemas.recipe import Recipe


@dataclass(frozen=True)
class Mode:
    """How a run treats the lock and the network.

    Attributes:
        update: ask every source anew and move the lock on.
        locked: refuse anything that the lock does not say.
        offline: use the archive and local files only.
        allow_incomplete: write the records of a source that is not whole, and what is missing; it is not locked.
        most_records: end each source after so many records; what comes is not whole, and is not locked.
        most_per_second: at most so many requests a second to each source.
    """

    update: bool = False
    locked: bool = False
    offline: bool = False
    allow_incomplete: bool = False
    most_records: int | None = None
    most_per_second: float | None = None

    def __post_init__(self) -> None:
        """Refuse a run that is to move the lock and to hold to it.

        Raises:
            ValueError: both `update` and `locked`.
        """
        if self.update and self.locked:
            message = "`update` moves the lock, `locked` holds to it: a run does one of them"
            raise ValueError(message)

    @property
    def pacing(self) -> Pacing:
        """How the walks of this run treat the network and what is not whole."""
        return Pacing(self.most_per_second, self.most_records, self.allow_incomplete)


@dataclass(frozen=True)
class HarvestReport:
    """What a harvest did.

    Attributes:
        recipe: the recipe, checked.
        records: the records of all sources, on disk.
        fetched: pages that were fetched or read now, by source; nothing where all was there.
        parsed: sources whose records were written now.
        drifts: what differs from the records before, by source; only where anything does.
    """

    recipe: Recipe
    records: RecordSet
    fetched: dict[str, int]
    parsed: tuple[str, ...]
    drifts: dict[str, Drift] = field(default_factory=dict)


def harvest(store: Store, path: Path, *, mode: Mode, progress: Progress | None = None) -> HarvestReport:
    """Harvest every source of a recipe, write its records and its lock.

    Raises:
        RecipeError: the recipe does not fit.
        HarvestError: see `harvest.errors`; what was fetched until then stays archived.
    """
    recipe, plans = plan_recipe(path)
    name = recipe.dataset.name
    with store.writing():
        locked = read_lock(lock_path(path)).of(name)
        _refuse_unlocked(locked, plans, mode, path)
        earlier = _earlier_records(store, name)
        results = []
        for (place, _), plan in zip(recipe.places(), plans, strict=True):
            with said_with_line(path, place):
                task = _Task(plan, locked.sources.get(plan.key), earlier.get(plan.key))
                results.append(_harvest_source(store, task, mode, progress))
        records = RecordSet(
            dataset=name,
            recipe=recipe.model_dump(mode="json", by_alias=True),
            sources=tuple(result.records for result in results),
        )
        _write_if_new(store.folder / "records" / f"{name}.json", model_json(records))
        if not mode.locked:
            sources = _locked_sources(plans, results, locked)
            change_lock(lock_path(path), name, lambda now: now.model_copy(update={"sources": sources}))
    walked = {result.records.key: result.fetched for result in results if result.fetched is not None}
    drifts = {result.records.key: result.drift for result in results if result.drift}
    return HarvestReport(recipe, records, {k: n for k, n in walked.items() if n}, tuple(walked), drifts)


def _earlier_records(store: Store, dataset: str) -> dict[str, SourceRecords]:
    """Return the records that the store has of a dataset's sources from the run before, by name."""
    path = store.folder / "records" / f"{dataset}.json"
    if not path.exists():
        return {}
    known = RecordSet.model_validate_json(path.read_bytes()).sources
    return {source.key: source for source in known if (store.folder / source.folder / "manifest.json").exists()}


def _locked_sources(plans: list[Plan], results: list[_Result], locked: LockedDataset) -> dict[str, LockedSource]:
    """Return what to lock: the pin of each whole source; what is not whole leaves the lock as it was."""
    sources = {}
    for plan, result in zip(plans, results, strict=True):
        if result.records.complete:
            pin = result.records.pin
            sources[plan.key] = LockedSource(source=plan.source, fingerprint=plan.fingerprint, pin=pin)
        elif plan.key in locked.sources:
            sources[plan.key] = locked.sources[plan.key]
    return sources


def _refuse_unlocked(locked: LockedDataset, plans: list[Plan], mode: Mode, path: Path) -> None:
    """Hold a locked run to its lock: the same sources, asked the same."""
    if not mode.locked:
        return
    asked = {plan.key: plan.fingerprint for plan in plans}
    known = {key: source.fingerprint for key, source in locked.sources.items()}
    if asked != known:
        differing = sorted(key for key in asked.keys() | known.keys() if asked.get(key) != known.get(key))
        message = (
            f"{lock_path(path)} does not match the recipe for {', '.join(differing)}; "
            "run once without --locked (or with --update) to lock what the recipe asks for"
        )
        raise DriftError(message)


@dataclass(frozen=True)
class _Task:
    """What is to be harvested of a source, what is locked of it, and what the run before left."""

    plan: Plan
    locked: LockedSource | None
    earlier: SourceRecords | None


@dataclass(frozen=True)
class _Result:
    """The records of a source, how many pages were fetched for them (none: nothing was to do), what changed."""

    records: SourceRecords
    fetched: int | None = None
    drift: Drift | None = None


def _harvest_source(store: Store, task: _Task, mode: Mode, progress: Progress | None) -> _Result:
    """Harvest one source."""
    plan, locked = task.plan, task.locked
    source = load_source(plan.source)
    if locked is not None and locked.fingerprint != plan.fingerprint:
        locked = None
    is_gone = plan.declared is None and not plan.hosts  # a local file that is no longer there: the archive has it
    if is_gone and locked is not None and locked.pin.kind is PinKind.IMMUTABLE and not mode.update:
        plan = replace(plan, declared=locked.pin.version)
    allowed = mode.allow_incomplete
    attempt = choose_attempt(store.ledger, plan, locked, update=mode.update, allow_incomplete=allowed)
    parser = code_fingerprint("schemas", "harvest", type(source).__module__.partition(".")[0])
    if attempt.state is State.COMPLETE:
        manifest = records_folder(store, plan, str(attempt.closing["raw_root"]), parser) / "manifest.json"
        if manifest.exists():
            records = SourceRecords.model_validate_json(manifest.read_bytes())
            return _Result(records, drift=_drift(store, task.earlier, records))
    if mode.update and task.earlier is not None:
        note_base(store, source, plan, attempt, task.earlier)
    walk = Walk(store, source, plan, attempt, offline=mode.offline, pacing=mode.pacing, progress=progress)
    records = walk.run(parser)
    drift = _drift(store, task.earlier, records)
    if locked is not None and not mode.update and (records.complete or mode.locked):
        compare_with_lock(plan, records.pin, locked.pin, drift=drift.said() if drift else "")
    return _Result(records, walk.fetched, drift)


def _drift(store: Store, earlier: SourceRecords | None, records: SourceRecords) -> Drift | None:
    """Return how whole records differ from the whole ones of the run before, after all ids were written down."""
    if earlier is None or earlier.pin.records_root == records.pin.records_root:
        return None
    if not (earlier.complete and records.complete and earlier.query == records.query):
        return None
    drift = compare_snapshots(store.folder, earlier, records)
    write_drift(store.folder, drift)
    return drift


def _write_if_new(path: Path, content: bytes) -> None:
    if not path.exists() or path.read_bytes() != content:
        write_file(path, content)
