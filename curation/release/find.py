"""Find: which release a path or a name means, opened as a dataset."""

from __future__ import annotations

from pathlib import Path

from curation.datasets.layout import MANIFEST, current_version, version_key, versions_of
from curation.datasets.open import Dataset
from curation.errors import UnknownDatasetError
from curation.release.bag import TAGS


def find_release(store: Path, reference: str | None) -> Path:
    """Return the folder of a release: a path, `NAME`, `NAME@VERSION`, or that of the only dataset that has some.

    Without a version it is the newest release that is not newer than the current version of the dataset, where the
    store holds the dataset; what a source withdrew is named by its version only.

    Raises:
        UnknownDatasetError: there is none; the message says what there is.
    """
    if reference is not None and (Path(reference) / TAGS).is_file():
        return Path(reference).resolve()
    room = store / "releases"
    present = sorted(path for path in room.iterdir() if (path / TAGS).is_file()) if room.is_dir() else []
    name, _, version = (reference or "").partition("@")
    matching = [path for path in present if not name or path.name.rpartition("-")[0] == name]
    if version:
        matching = [path for path in matching if path.name.rpartition("-")[2] == version]
    names = {path.name.rpartition("-")[0] for path in matching}
    if len(names) != 1:
        there = ", ".join(path.name for path in present) or "none yet: `matgranary release` makes one"
        message = f"no one release {reference or ''!r} in {room}; there are: {there}"
        raise UnknownDatasetError(message)
    return (matching[0] if version else _newest(store, names.pop(), matching)).resolve()


def _newest(store: Path, name: str, releases: list[Path]) -> Path:
    by_version = {path.name.rpartition("-")[2]: path for path in releases}
    current = current_version(store, name) if versions_of(store, name) else None
    taken = [one for one in by_version if current is None or version_key(one) <= version_key(current)]
    if not taken:
        message = f"{name}@{current} is current and not released: `matgranary release {name}` makes its release; "
        message += f"newer ones are there by version: {', '.join(f'{name}@{one}' for one in by_version)}"
        raise UnknownDatasetError(message)
    return by_version[max(taken, key=version_key)]


def open_release(folder: Path) -> Dataset:
    """Open the tables of a release, to be asked as a dataset version is.

    Raises:
        UnknownDatasetError: the folder is not that of a release.
    """
    if not (folder / "data" / MANIFEST).is_file():
        message = f"{folder} is not a release folder: it has no data/{MANIFEST}"
        raise UnknownDatasetError(message)
    return Dataset(folder / "data")
