"""Package: a dataset version in, a release folder out; the same bytes every time.

The folder is the dataset's tables and representations under `data/`, a card to read, the licences of the rows, how
to cite, and a sha256 of every file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from curation.datasets.layout import CHECKSUMS as LOCAL_CHECKSUMS
from curation.datasets.layout import MANIFEST, REPRESENTATIONS
from curation.errors import CorruptionError
from curation.release.card import citation, licence_table, readme
from curation.release.licences import refuse_mixed_licences
from schemas.disk import link_or_copy, publish_folder, sha256_of_file

if TYPE_CHECKING:
    from curation.datasets.open import Dataset

CHECKSUMS = "manifest-sha256.txt"


@dataclass(frozen=True)
class Released:
    """A release folder; it is never changed.

    Attributes:
        folder: where it stands.
        is_new: whether it was made now.
    """

    folder: Path
    is_new: bool


def package(dataset: Dataset, store: Path) -> Released:
    """Make the release folder of a version, unless it stands already.

    Raises:
        LicenceError: rows may not be released under the licence of the dataset; names their sources.
        CorruptionError: the folder stands already, but not with these rows.
    """
    manifest = dataset.manifest
    refuse_mixed_licences(dataset)
    folder = Path(store).resolve() / "releases" / f"{manifest.dataset}-{manifest.version}"
    wanted = _files(dataset)
    if folder.exists():
        _refuse_other_release(folder, dataset, wanted)
        return Released(folder, is_new=False)
    with publish_folder(folder) as begun:
        for path in wanted:
            link_or_copy(dataset.folder / path, begun / _place(path))
        for name, text in {
            "README.md": readme(dataset),
            "CITATION.cff": citation(manifest),
            "LICENSES.csv": licence_table(dataset),
        }.items():
            (begun / name).write_text(text, encoding="utf-8", newline="\n")
        (begun / CHECKSUMS).write_text(_checksums(begun), encoding="utf-8")
    return Released(folder, is_new=True)


def _files(dataset: Dataset) -> list[str]:
    """Return the files of a version that are released, relative to its folder."""
    parts = [part.path for part in dataset.manifest.parts]
    room = dataset.folder / REPRESENTATIONS
    others = [
        path.relative_to(dataset.folder).as_posix()
        for path in sorted(room.rglob("*"))
        if path.is_file()
        and path.name != LOCAL_CHECKSUMS
        and not any(name.startswith(".") for name in path.relative_to(room).parts)
    ]
    return sorted([*parts, *others, MANIFEST])


def _place(path: str) -> str:
    return path if path == MANIFEST else f"data/{path}"


def _checksums(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return "".join(f"{sha256_of_file(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)


def _refuse_other_release(folder: Path, dataset: Dataset, wanted: list[str]) -> None:
    """A release that stands must be one of the same rows, and of the same files."""
    lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    listed = {name: sha256 for sha256, name in (line.split("  ", 1) for line in lines)}
    advice = "a release is never changed: move it away, or make a new version"
    missing = sorted({_place(path) for path in wanted} - listed.keys())
    if missing:
        message = f"{folder} was released without {', '.join(missing[:5])}; {advice}"
        raise CorruptionError(message)
    other = [path for path in wanted if listed[_place(path)] != sha256_of_file(dataset.folder / path)]
    if other:
        message = f"{folder} was released, but not with these rows: {', '.join(other[:5])} differ; {advice}"
        raise CorruptionError(message)
