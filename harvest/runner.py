"""Runner: a recipe in, records on disk out; plan, fetch, archive, parse, and say what is missing.

The whole flow is `harvest`; one source is `_harvest_source`; one walk over its pages is `harvest.walk`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harvest.attempt import choose_attempt, compare_with_lock
from harvest.errors import DriftError
from harvest.ledger import State
from harvest.lock import LockedDataset, LockedSource, lock_path, read_lock, write_lock
from harvest.planning import plan_recipe, said_with_line
from harvest.registry import load_source
from harvest.walk import Walk, records_folder
from schemas.disk import model_json, write_file
from schemas.fingerprint import code_fingerprint
from schemas.provenance import PinKind
from schemas.records import RecordSet, SourceRecords

if TYPE_CHECKING:
    from pathlib import Path

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
    """

    update: bool = False
    locked: bool = False
    offline: bool = False


@dataclass(frozen=True)
class HarvestReport:
    """What a harvest did.

    Attributes:
        recipe: the recipe, checked.
        records: the records of all sources, on disk.
        fetched: pages that were fetched or read now, by source; nothing where all was there.
        parsed: sources whose records were written now.
    """

    recipe: Recipe
    records: RecordSet
    fetched: dict[str, int]
    parsed: tuple[str, ...]


def harvest(store: Store, path: Path, *, mode: Mode, progress: Progress | None = None) -> HarvestReport:
    """Harvest every source of a recipe, write its records and its lock.

    Raises:
        RecipeError: the recipe does not fit.
        HarvestError: see `harvest.errors`; what was fetched until then stays archived.
    """
    recipe, plans = plan_recipe(path)
    name = recipe.dataset.name
    with store.writing():
        lock = read_lock(lock_path(path))
        locked = lock.of(name)
        _refuse_unlocked(locked, plans, mode, path)
        results = []
        for (place, _), plan in zip(recipe.places(), plans, strict=True):
            with said_with_line(path, place):
                results.append(_harvest_source(store, plan, locked.sources.get(plan.key), mode, progress))
        records = RecordSet(
            dataset=name,
            recipe=recipe.model_dump(mode="json", by_alias=True),
            sources=tuple(source for source, _ in results),
        )
        _write_if_new(store.folder / "records" / f"{name}.json", model_json(records))
        sources = {
            plan.key: LockedSource(source=plan.source, fingerprint=plan.fingerprint, pin=source.pin)
            for plan, (source, _) in zip(plans, results, strict=True)
        }
        write_lock(lock_path(path), lock.with_dataset(name, LockedDataset(latest=locked.latest, sources=sources)))
    fetched = {source.key: pages for source, pages in results if pages is not None}
    return HarvestReport(recipe, records, {k: n for k, n in fetched.items() if n}, tuple(fetched))


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


def _harvest_source(
    store: Store, plan: Plan, locked: LockedSource | None, mode: Mode, progress: Progress | None
) -> tuple[SourceRecords, int | None]:
    """Return the records of one source, and how many pages were fetched for them; none where nothing was to do."""
    source = load_source(plan.source)
    if locked is not None and locked.fingerprint != plan.fingerprint:
        locked = None
    is_gone = plan.declared is None and not plan.hosts  # a local file that is no longer there: the archive has it
    if is_gone and locked is not None and locked.pin.kind is PinKind.IMMUTABLE and not mode.update:
        plan = replace(plan, declared=locked.pin.version)
    attempt = choose_attempt(store.ledger, plan, locked, update=mode.update)
    parser = code_fingerprint("schemas", "harvest", type(source).__module__.partition(".")[0])
    if attempt.state is State.COMPLETE:
        manifest = records_folder(store, plan, str(attempt.closing["raw_root"]), parser) / "manifest.json"
        if manifest.exists():
            return SourceRecords.model_validate_json(manifest.read_bytes()), None
    walk = Walk(store, source, plan, attempt, offline=mode.offline, progress=progress)
    records = walk.run(parser)
    if locked is not None and not mode.update:
        compare_with_lock(plan, records.pin, locked.pin)
    return records, walk.fetched


def _write_if_new(path: Path, content: bytes) -> None:
    if not path.exists() or path.read_bytes() != content:
        write_file(path, content)
