"""Package: a dataset version in, a release folder out; the same bytes every time.

The folder holds the tables and representations under `data/`, one DuckDB file, the structures for OPTIMADE, every kind
of metadata that repositories and catalogues read, a page to look at, and a sha256 of every file. It is a BagIt bag.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from curation.datasets.database import write_database
from curation.datasets.layout import CHECKSUMS as LOCAL_CHECKSUMS
from curation.datasets.layout import MANIFEST, REPRESENTATIONS, SPLITS
from curation.datasets.open import Dataset
from curation.datasets.verify import refuse_damaged
from curation.errors import CorruptionError
from curation.release.bag import close_bag
from curation.release.changelog import changelog
from curation.release.describe import describe
from curation.release.facts import collect, told
from curation.release.files import released_files
from curation.release.licences import refuse_mixed_licences
from curation.release.optimade_lines import write_optimade_lines
from curation.release.selection import LeftOut, select
from curation.release.terms import Access, ReleaseTerms
from schemas.disk import link_or_copy, model_json, publish_folder, sha256_of_file

if TYPE_CHECKING:
    from curation.release.landing.sql_page import SqlEngine
    from curation.release.selection import Selection

RELEASE = "release.json"


@dataclass(frozen=True)
class Released:
    """A release folder; it is never changed.

    Attributes:
        folder: where it stands.
        is_new: whether it was made now.
        left_out: records that are not in it because of their licence.
        without: representations and splits that the version got after this release was made; it stays without them.
    """

    folder: Path
    is_new: bool
    left_out: tuple[LeftOut, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def advice(self) -> str:
        """What to do about what the release is without; empty where there is nothing."""
        return _advice(self.folder, self.without)


def package(
    dataset: Dataset,
    store: Path,
    terms: ReleaseTerms | None = None,
    *,
    room: Path | None = None,
    engine: SqlEngine | None = None,
) -> Released:
    """Make the release folder of a version, unless it stands already.

    Args:
        dataset: the version.
        store: the store; the folder is `releases/NAME-VERSION` of it.
        terms: date, publisher, DOI, licence, access.
        room: another parent of the folder than `releases`.
        engine: DuckDB for browsers, where the release is to have a page that asks it in SQL.

    Raises:
        LicenceError: rows may not be released under the licence of the dataset; names their sources.
        CorruptionError: a file of the version is damaged; or the folder stands already, but not with these rows or not
            on these terms.
    """
    terms = terms or ReleaseTerms()
    if engine is not None:
        terms = terms.model_copy(update={"sql_engine": engine.version})
    refuse_damaged(dataset.folder)
    refuse_mixed_licences(dataset, terms.licence, terms.allow_licences)
    folder = (room or Path(store).resolve() / "releases") / f"{dataset.manifest.dataset}-{dataset.manifest.version}"
    inputs = _inputs(dataset)
    if folder.exists():
        left_out = _refuse_other_release(folder, inputs, terms)
        return Released(folder, is_new=False, left_out=left_out, without=_without(folder, inputs))
    with publish_folder(folder) as begun:
        selection = _write(dataset, begun, terms, inputs, engine)
        if terms.access is not Access.OPEN:
            _keep_from_others(begun)
    return Released(folder, is_new=True, left_out=selection.left_out)


def _keep_from_others(folder: Path) -> None:
    """Let nobody but the owner into a folder; parts keep their mode, which they share with those of the store."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o700)
        elif path.stat().st_nlink == 1:
            path.chmod(0o600)


def terms_of_release(folder: Path) -> ReleaseTerms | None:
    """Return the terms on which a folder was released, or none where it was not."""
    path = folder / RELEASE
    if not path.is_file():
        return None
    return ReleaseTerms.model_validate(json.loads(path.read_text(encoding="utf-8"))["terms"])


def _write(
    dataset: Dataset, folder: Path, terms: ReleaseTerms, inputs: dict[str, str], engine: SqlEngine | None
) -> Selection:
    """Write everything into an empty folder: the data, then what describes them, then the hashes."""
    data = folder / "data"
    data.mkdir()
    selection = select(dataset, terms.allow_licences, data)
    if not selection.left_out:
        for path in inputs:
            if _is_added(path):
                link_or_copy(dataset.folder / path, data / path)
    (data / MANIFEST).write_bytes(model_json(told(selection.manifest, terms)))
    released = Dataset(data)
    facts = collect(released, terms)
    write_database(data, selection.manifest, folder / f"{dataset.manifest.dataset}.duckdb")
    write_optimade_lines(released, facts, folder / "optimade.jsonl")
    facts = replace(facts, files=released_files(folder))
    parent = _parent(dataset)
    (folder / "CHANGELOG.md").write_text(changelog(dataset, parent), encoding="utf-8", newline="\n")
    _write_release(folder, dataset, terms, inputs, selection)
    describe(released, facts, selection.left_out, folder, engine)
    close_bag(folder, facts)
    return selection


def _inputs(dataset: Dataset) -> dict[str, str]:
    """Return the sha256 of every file of a version that is released, by its path in the folder of the version."""
    found = {part.path: part.sha256 for part in dataset.manifest.parts}
    for room in (dataset.folder / REPRESENTATIONS, dataset.folder / SPLITS):
        for path in sorted(room.rglob("*")):
            hidden = any(name.startswith(".") for name in path.relative_to(room).parts)
            if path.is_file() and path.name != LOCAL_CHECKSUMS and not hidden:
                found[path.relative_to(dataset.folder).as_posix()] = sha256_of_file(path)
    return dict(sorted(found.items()))


def _parent(dataset: Dataset) -> Dataset | None:
    """Return the version before this one, where it is at hand."""
    stated = dataset.manifest.parent
    folder = dataset.folder.parent / stated if stated else None
    return Dataset(folder) if folder is not None and (folder / MANIFEST).exists() else None


def _write_release(
    folder: Path, dataset: Dataset, terms: ReleaseTerms, inputs: dict[str, str], selection: Selection
) -> None:
    """Write what the release was made from: the version, the terms, and what was left out or withheld."""
    said = {
        "release_version": 1,
        "dataset": dataset.manifest.dataset,
        "version": dataset.manifest.version,
        "content_sha256": selection.manifest.content_sha256,
        "dataset_content_sha256": dataset.manifest.content_sha256,
        "terms": terms.model_dump(mode="json"),
        "left_out": [vars(one) for one in selection.left_out],
        "withheld_addresses": selection.withheld,
        "inputs": inputs,
    }
    (folder / RELEASE).write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def released_without(dataset: Dataset, folder: Path) -> tuple[str, ...]:
    """Return the representations and splits of a version that its release, a folder, was made without."""
    return _without(folder, _inputs(dataset)) if (folder / RELEASE).is_file() else ()


def _without(folder: Path, inputs: dict[str, str]) -> tuple[str, ...]:
    said = json.loads((folder / RELEASE).read_text(encoding="utf-8"))
    if said["left_out"]:
        return ()  # a reduced release has none
    added = {path for path in inputs if _is_added(path) and said["inputs"].get(path) != inputs[path]}
    return tuple(sorted({"/".join(path.split("/")[:2]) for path in added}))


def _is_added(path: str) -> bool:
    """Tell whether a file is of what a version may get after it was made."""
    return path.startswith((f"{REPRESENTATIONS}/", f"{SPLITS}/"))


def _advice(folder: Path, without: tuple[str, ...]) -> str:
    if not without:
        return ""
    return (
        f"{folder} stands without {', '.join(without)}, made after it: a release is never changed. The release of the "
        "next version has it; where nobody has this one yet, move its folder away and release again"
    )


def _refuse_other_release(folder: Path, inputs: dict[str, str], terms: ReleaseTerms) -> tuple[LeftOut, ...]:
    """A release that stands must be one of the same rows and files, on the same terms."""
    said = json.loads((folder / RELEASE).read_text(encoding="utf-8"))
    listed = said["inputs"]
    advice = "a release is never changed: move it away, or make a new version"
    other = [path for path in inputs if not _is_added(path) and listed.get(path) != inputs[path]]
    if other:
        message = f"{folder} was released, but not with these rows: {', '.join(other[:5])} differ; {advice}"
        raise CorruptionError(message)
    wanted = terms.model_dump(mode="json")
    if said["terms"] != wanted:
        names = sorted(name for name in wanted if said["terms"].get(name) != wanted[name])
        message = f"{folder} was released, but on other terms: {', '.join(names)} differ; {advice}"
        raise CorruptionError(message)
    return tuple(LeftOut(**one) for one in said["left_out"])
