"""Build: records in, a dataset version out; load, normalise, validate, deduplicate, write.

The whole flow is `curate`. A version is immutable: where neither rows nor what is stated of them changed, there is no
new one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version as library_version
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from curation.datasets.derive import derive_database
from curation.datasets.diff import propose_version
from curation.datasets.layout import (
    MANIFEST,
    parts_of,
    read_manifest,
    set_current_version,
    version_key,
    versions_of,
)
from curation.datasets.ledger import make_ledger
from curation.datasets.open import Dataset
from curation.datasets.stated import stated_by, stated_otherwise, to_be_stated
from curation.datasets.tables import prepare_tables
from curation.datasets.write import holds, write_tables
from curation.dedup.group import deduplicate
from curation.errors import ContractError, CorruptionError, DriftedError, IncompleteRecordsError
from curation.normalise.composition import normalise_compositions
from curation.normalise.structure import BATCH, normalise_structures
from curation.normalise.units import normalise_units
from curation.parallel import spread, watched
from curation.validate.check import validate
from curation.validate.drift import Side, find_drift
from curation.workbench import Workbench, load_records, workbench
from schemas.dataset import Manifest, Part, SourceSummary, VersionPin
from schemas.disk import Building, building, digest, model_json, write_file
from schemas.fingerprint import code_fingerprint
from schemas.recipe import MirrorImages, Recipe
from schemas.records import RecordSet
from schemas.store_lock import hold_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curation.datasets.stated import Stated
    from schemas.checks import CheckResult
    from schemas.dataset import Ledger

_BUILT = "built.json"
_LIBRARIES = ("duckdb", "moyopy", "numba", "numpy", "pint", "pyarrow", "scipy")


class Progress(Protocol):
    """Told how far curation has come."""

    def __call__(self, what: str, done: int, total: int | None, /) -> None:
        """Take the name of a stage, and how many of how many rows it has done, where that is known."""


@dataclass(frozen=True)
class BuildReport:
    """What curation did.

    Attributes:
        dataset: the version, opened.
        is_new: whether it was made now.
        damaged: files of the parent that do not hold the bytes that its manifest states; the version has whole ones.
    """

    dataset: Dataset
    is_new: bool
    damaged: tuple[Path, ...] = ()


@dataclass(frozen=True)
class _Order:
    """What a version is made from and held against.

    Attributes:
        inputs: digest of all that it is computed from.
        pinned: the version that the lock names.
        locked: whether other rows are refused.
        accept_drift: why drift is taken, where it is.
    """

    inputs: str
    pinned: VersionPin | None
    locked: bool
    accept_drift: str | None


def curate(
    store: Path | str,
    name: str,
    *,
    pinned: VersionPin | None = None,
    locked: bool = False,
    allow_incomplete: bool = False,
    accept_drift: str | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Make the dataset version of the records that harvesting left for a dataset.

    Args:
        store: folder of the store.
        name: name of the dataset.
        pinned: the newest version by the lock, to be made again where the store has lost it.
        locked: refuse rows other than the pinned ones.
        allow_incomplete: take the records of sources of which not all came; the manifest says so.
        accept_drift: why rows may be lost or values move since the parent, where they do; stands in the manifest.
        progress: told what is going on.

    Raises:
        IncompleteRecordsError: there are no records, or not all of them.
        CorruptionError: a locked build brought other rows than the lock says, or a part of the parent that has to be
            compared is damaged.
        ContractError: a locked build brought the locked rows, but states otherwise of them than the locked version; or
            the lock says no version.
        DriftedError: much was lost or moved since the parent, and nobody accepted it.
        DatasetStorageError: the disk is full or refuses what DuckDB writes.
    """
    folder = Path(store)
    with hold_store(folder):
        records = read_records(folder, name)
        if not allow_incomplete:
            _refuse_incomplete(records)
        inputs = digest(
            {"records": [s.model_dump(mode="json") for s in records.sources], "recipe": records.recipe} | code()
        )
        present = _built_before(folder / "datasets" / name, inputs, to_be_stated(records))
        if present is None:
            order = _Order(inputs, pinned, locked=locked, accept_drift=accept_drift)
            report = _build(folder, records, order, progress or _silent)
            _remember(folder / "datasets" / name, inputs, report.dataset.manifest.version)
        else:
            if locked:
                _refuse_other_rows(name, present.manifest.content_sha256, pinned)
            report = BuildReport(present, is_new=False)
        set_current_version(folder, name, report.dataset.manifest.version)
        return report


def code() -> dict[str, str]:
    """Return what, besides the records, changes the values of a version: our code, and libraries."""
    own = {"matgranary": library_version("matgranary"), "fingerprint": code_fingerprint("schemas", "curation")}
    return own | {name: library_version(name) for name in _LIBRARIES}


def read_records(store: Path, name: str) -> RecordSet:
    """Read what harvesting left for a dataset.

    Raises:
        IncompleteRecordsError: nothing, or not all.
        ContractError: something else.
    """
    path = store / "records" / f"{name}.json"
    if not path.exists():
        message = f"no records of {name!r} in {store}; run `matgranary harvest RECIPE` first"
        raise IncompleteRecordsError(message)
    try:
        records = RecordSet.model_validate_json(path.read_bytes())
    except ValueError as error:
        message = f"{path} is not what harvesting writes ({error}); run `matgranary harvest RECIPE` again"
        raise ContractError(message) from error
    gone = [s.key for s in records.sources if not (store / s.folder / MANIFEST).exists()]
    if gone:
        message = f"the records of {', '.join(gone)} are gone from {store}; run `matgranary harvest RECIPE` again"
        raise IncompleteRecordsError(message)
    return records


def _build(store: Path, records: RecordSet, order: _Order, progress: Progress) -> BuildReport:
    room = store / "datasets" / records.dataset
    present = versions_of(store, records.dataset)
    parent = (room / present[-1], read_manifest(room / present[-1])) if present else None
    with building(room, "version") as begun, workbench(begun.folder / "spill") as bench:
        tables = begun.folder / "tables"
        tables.mkdir()
        ledger = _curate(bench, records, store, progress, _known_structures(parent))
        progress("write", 0, None)
        parts, damaged = write_tables(bench, tables, [s.key for s in records.sources], parent)
        content = digest(sorted([part.path, part.sha256] for part in parts))
        if order.locked:
            _refuse_other_rows(records.dataset, content, order.pinned)
        other = stated_otherwise(stated_by(parent[1]), to_be_stated(records)) if parent else []
        if parent is not None and parent[1].content_sha256 == content and not other:
            return BuildReport(Dataset(parent[0]), is_new=False, damaged=tuple(damaged))
        version = _version(tables, parts, content, parent, order.pinned)
        if order.locked and version != order.pinned:
            _refuse_other_words(records.dataset, version, other, order.pinned)
        drift = [] if parent is None or version == order.pinned else _drift(parent, tables, parts)
        if drift and order.accept_drift is None:
            raise DriftedError(_drift_message(records.dataset, version, drift))
        manifest = _manifest(records, ledger, parts, version, order.inputs).model_copy(
            update={
                "drift": tuple(f"{found.subject}: {found.message}" for found in drift),
                "drift_accepted": order.accept_drift if drift else None,
            }
        )
        (tables / MANIFEST).write_bytes(model_json(manifest))
        derive_database(tables, manifest)
        final = room / version.version
        Building(tables).publish(final)
    return BuildReport(Dataset(final), is_new=True, damaged=tuple(damaged))


def _built_before(room: Path, inputs: str, stated: Stated) -> Dataset | None:
    """Return the version that the same inputs made before, if it states the same."""
    version = _known_builds(room).get(inputs)
    folder = room / version if version else None
    if folder is None or not (folder / MANIFEST).exists():
        return None
    dataset = Dataset(folder)
    return None if stated_otherwise(stated_by(dataset.manifest), stated) else dataset


def _remember(room: Path, inputs: str, version: str) -> None:
    """Note which version some inputs made, so that rows that came out the same are not made again."""
    known = {**_known_builds(room), inputs: version}
    write_file(room / _BUILT, json.dumps(known, indent=2, sort_keys=True).encode())


def _known_builds(room: Path) -> dict[str, str]:
    """Return the versions by their inputs; the file is only an index, and a damaged one knows nothing."""
    try:
        return {str(inputs): str(version) for inputs, version in json.loads((room / _BUILT).read_bytes()).items()}
    except (FileNotFoundError, ValueError, AttributeError):
        return {}


def _refuse_incomplete(records: RecordSet) -> None:
    parts = [f"{s.key} ({', '.join(s.missing) or 'not whole'})" for s in records.sources if not s.complete]
    if parts:
        message = (
            f"not all records of {records.dataset} came: {'; '.join(parts)}; harvest again, or take what there is "
            "with --allow-incomplete, which stands in the metadata then"
        )
        raise IncompleteRecordsError(message)


def _refuse_other_rows(name: str, content: str, pinned: VersionPin | None) -> None:
    if pinned is None:
        message = (
            f"harvest.lock says what the sources of {name} gave, but no version that was made of it; "
            "run once without --locked to make and lock one"
        )
        raise ContractError(message)
    if content != pinned.content_sha256:
        message = (
            f"the rows of {name} are not those of harvest.lock: it says content {pinned.content_sha256}, "
            f"got {content}; the code or a library differs from when the lock was written; "
            "run without --locked to move it on"
        )
        raise CorruptionError(message)


def _refuse_other_words(name: str, version: VersionPin, other: list[str], pinned: VersionPin | None) -> None:
    message = (
        f"the rows of {name} are those of harvest.lock, but {', '.join(other) or 'the parent'} changed, "
        f"which would make {version.version}; the lock says {pinned.version if pinned else 'nothing'}; "
        "run without --locked to make it"
    )
    raise ContractError(message)


def _known_structures(parent: tuple[Path, Manifest] | None) -> list[Path]:
    """Return the structures whose symmetry need not be found again: those of the parent, if the same code made it.

    A part of the parent that is damaged is none of them.
    """
    if parent is None or parent[1].code != code():
        return []
    parts = parts_of(parent[1], "structures")
    return [parent[0] / part.path for part in parts if holds(parent[0] / part.path, part.sha256)]


def _curate(
    bench: Workbench, records: RecordSet, store: Path, progress: Progress, known_structures: Sequence[Path]
) -> Ledger:
    """Take the records through every step; each leaves a table on the bench for the next."""
    recipe = Recipe.model_validate(records.recipe)
    load_records(bench, records, store)
    progress("normalise", 0, None)
    normalise_compositions(bench)
    normalise_units(bench)
    count = bench.count("raw_entries WHERE lattice_vectors IS NOT NULL")
    told = watched(spread, lambda done: progress("normalise", min(done * BATCH, count), count))
    normalise_structures(bench, told, known_structures)
    progress("validate", 0, None)
    validate(bench, recipe.curate.accept)
    progress("deduplicate", 0, None)
    deduplicate(bench, recipe.curate.dedup, spread, mirror=recipe.curate.mirror_images is MirrorImages.TOGETHER)
    facts = [
        {"source": s.key, "licence": s.licence, "pin_kind": s.pin.kind, "pin_version": s.pin.version}
        for s in records.sources
    ]
    bench.keep("source_facts", pa.Table.from_pylist(facts))
    prepare_tables(bench)
    return make_ledger(bench, records)


def _version(
    tables: Path,
    parts: list[Part],
    content: str,
    parent: tuple[Path, Manifest] | None,
    pinned: VersionPin | None,
) -> VersionPin:
    """Return the version to make, with its parent: the pinned one again, the next of the parent, or the first.

    A pinned number that other rows have taken in this store stays theirs.
    """
    taken = pinned is not None and parent is not None and (parent[0].parent / pinned.version).exists()
    if pinned is not None and not taken and pinned.content_sha256 == content:
        return pinned
    if parent is not None:
        proposed = propose_version(parent[0], parent[1], tables, parts)
        return VersionPin(version=proposed, parent=parent[1].version, content_sha256=content)
    if pinned is not None:
        major, minor, _ = version_key(pinned.version)
        return VersionPin(version=f"{major}.{minor + 1}.0", parent=pinned.version, content_sha256=content)
    return VersionPin(version="1.0.0", content_sha256=content)


def _manifest(records: RecordSet, ledger: Ledger, parts: list[Part], version: VersionPin, inputs: str) -> Manifest:
    recipe = Recipe.model_validate(records.recipe)
    header = recipe.dataset
    return Manifest(
        dataset=header.name,
        version=version.version,
        parent=version.parent,
        title=header.title,
        description=header.description,
        licence=header.licence,
        creators=tuple(creator.model_dump(exclude_none=True) for creator in header.creators),
        keywords=header.keywords,
        content_sha256=version.content_sha256,
        inputs_sha256=inputs,
        code=code(),
        dedup=recipe.curate.dedup,
        sources=tuple(SourceSummary(**s.model_dump(include={*SourceSummary.model_fields})) for s in records.sources),
        ledger=ledger,
        parts=tuple(parts),
    )


def _drift(parent: tuple[Path, Manifest], tables: Path, parts: list[Part]) -> list[CheckResult]:
    """Return how the new tables drifted; a part that both have is read from the new ones, whose bytes are known."""
    written = {part.sha256: tables / part.path for part in parts}
    return find_drift(Side(parent[0], list(parent[1].parts), written), Side(tables, parts))


def _drift_message(name: str, version: VersionPin, drift: list[CheckResult]) -> str:
    found = "\n".join(f"  {one.subject}: {one.message}" for one in drift)
    return (
        f"{name}@{version.version} drifted from its parent {version.parent}, and is not made:\n{found}\n"
        "if this is right, run again with --accept-drift and the reason; else look at the source"
    )


def _silent(what: str, done: int, total: int | None) -> None:
    """Take how far curation has come and say nothing."""
    del what, done, total
