"""Intake: a folder that instruments write into in, the files that are taken from it out, each content once.

A taken file is copied, durably, into a folder of its own under the hash of its content: the instrument's folder may be
cleaned, renamed or written over, and what was taken stays. Names of files, which may hold people's, are not kept.
"""

from __future__ import annotations

import json
from pathlib import Path

from harvest.errors import IntegrityError
from harvest.formats.rows import format_of
from schemas.disk import canonical_json, digest, sha256_of_file, write_file
from schemas.quantity import Model

INDEX = "index.json"
_UNFINISHED_SUFFIXES = (".part", ".partial", ".tmp", ".temp", ".lock", ".crdownload", "~")
_UNFINISHED_PREFIXES = (".", "~$")
_PACKED_SUFFIXES = frozenset({".gz", ".bz2"})


class Waiting(Model):
    """A whole file that may be taken: where it is, the hash of its content, how its copy is called."""

    path: Path
    sha256: str
    name: str


def waiting_files(folder: Path, pattern: str, *, older_than: float, row_format: str | None) -> list[Waiting]:
    """Return the files that are whole, sorted by name; those of one content once.

    Args:
        folder: where the instrument writes.
        pattern: which names, such as *.csv; with **/ also in folders below.
        older_than: time of day, in seconds since 1970; what was changed later may still be written.
        row_format: the format of all files; where none, names that say no format are no runs.
    """
    found: dict[str, Waiting] = {}
    for path in sorted(folder.glob(pattern)):
        if not path.is_file() or _is_unfinished(path.name) or (row_format is None and format_of(path.name) is None):
            continue
        state = path.stat()
        if state.st_size == 0 or state.st_mtime > older_than:
            continue
        sha256 = sha256_of_file(path)
        suffixes = path.suffixes[-2:] if path.suffix in _PACKED_SUFFIXES else path.suffixes[-1:]
        found.setdefault(sha256, Waiting(path=path, sha256=sha256, name=f"{sha256}{''.join(suffixes).lower()}"))
    return list(found.values())


def _is_unfinished(name: str) -> bool:
    return name.lower().endswith(_UNFINISHED_SUFFIXES) or name.startswith(_UNFINISHED_PREFIXES)


def taken_names(folder: Path) -> list[str]:
    """Return the names of the taken files in the order in which they were taken."""
    index = folder / INDEX
    return list(json.loads(index.read_bytes())) if index.exists() else []


def version_of(names: list[str]) -> str:
    """Return the version that a set of taken files declares: their names are the hashes of their content."""
    return f"sha256:{digest(sorted(names))}"


def take(waiting: tuple[Waiting, ...], folder: Path) -> None:
    """Copy files that wait into the folder of taken ones, then name them in its index.

    Raises:
        IntegrityError: a file changed since it was looked at.
    """
    names = taken_names(folder)
    new = [file for file in waiting if file.name not in names]
    for file in new:
        copy = folder / file.name
        write_file(copy, file.path.read_bytes())
        if sha256_of_file(copy) != file.sha256:
            copy.unlink()
            message = f"{file.path} changed while it was taken; run again when it is written, or settle longer"
            raise IntegrityError(message)
    if new or not (folder / INDEX).exists():
        write_file(folder / INDEX, canonical_json(names + [file.name for file in new]))
