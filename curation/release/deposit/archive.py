"""Archive: a release folder as one zip file; the same bytes every time.

Stored, not packed: Parquet is packed already, and packers of different versions write different bytes.
"""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath

from curation.errors import CorruptionError
from curation.release.bag import files_of

_DATE = (1980, 1, 1, 0, 0, 0)  # the first that zip can say
_MODE = 0o100644 << 16
_CHUNK = 1 << 20
_MOST_FILES, _MOST_BYTES = 100_000, 1 << 40


def write_archive(folder: Path, path: Path) -> None:
    """Write a folder into a zip file, under its own name."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name in files_of(folder):
            entry = zipfile.ZipInfo(f"{folder.name}/{name}", _DATE)
            entry.external_attr = _MODE
            with (folder / name).open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                while chunk := source.read(_CHUNK):
                    target.write(chunk)


def unpack_archive(path: Path, out: Path) -> Path:
    """Unpack an archive of a release into an empty folder and return the folder of the release.

    Raises:
        CorruptionError: it is no zip, or it would write outside of the folder, or too much.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _refuse_hostile(path, entries)
            for entry in entries:
                _write(archive, entry, out / entry.filename)
    except (zipfile.BadZipFile, EOFError) as error:
        message = f"{path} is not a zip file that can be read ({error}); fetch it again"
        raise CorruptionError(message) from error
    roots = sorted(one for one in out.iterdir() if one.is_dir())
    return roots[0] if len(roots) == 1 else out


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    left = entry.file_size
    with archive.open(entry) as source, path.open("wb") as target:
        while chunk := source.read(min(_CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                message = f"{entry.filename} is larger than the archive says"
                raise CorruptionError(message)
            target.write(chunk)


def _refuse_hostile(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > _MOST_BYTES:
        message = f"{path} holds more than a release does: {len(entries)} files"
        raise CorruptionError(message)
    for entry in entries:
        name = PurePosixPath(entry.filename)
        is_link = stat.S_ISLNK(entry.external_attr >> 16)
        if name.is_absolute() or ".." in name.parts or "\\" in entry.filename or "\0" in entry.filename or is_link:
            message = f"{path} would write outside of its folder: {entry.filename!r}; do not use it"
            raise CorruptionError(message)
