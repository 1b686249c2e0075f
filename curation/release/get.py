"""Get: a DOI, an address or a path in, a release folder that was proven byte by byte out."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from curation.errors import CorruptionError
from curation.release.deposit.archive import unpack_archive
from curation.release.deposit.errors import NotThereError
from curation.release.deposit.http import Door
from curation.release.sign import check_signature
from curation.release.verify import verify_release
from schemas.disk import building, link_or_copy

_DOI = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.\d{4,9}/\S+)$")
_ZENODO = re.compile(r"^10\.\d+/zenodo\.(\d+)$")
_RECORD = re.compile(r"/records/([A-Za-z0-9.-]+)")


def get(source: str, out: Path, *, public_key: str = "") -> Path:
    """Fetch a release into a folder, prove it, and return where it stands.

    Args:
        source: DOI, address of a record or of an archive, path of an archive or of a release folder.
        out: folder to put it into; the release keeps its own name.
        public_key: of minisign; the release must be signed with it.

    Raises:
        CorruptionError: a file differs from the manifest, or the signature is not of this key; nothing is left.
        NotThereError: there is nothing at this address.
    """
    with building(out, "fetched") as begun:
        folder = _fetched(source, begun.folder)
        _prove(folder, public_key)
        final = out.resolve() / folder.name
        if final.exists():
            _prove(final, public_key)
            return final
        folder.rename(final)
    return final


def _prove(folder: Path, public_key: str) -> None:
    results = verify_release(folder)
    results += [check_signature(folder, public_key)] if public_key else []
    failed = [result for result in results if not result.passed]
    if failed:
        first = "; ".join(f"{Path(result.subject).name}: {result.message}" for result in failed[:5])
        message = f"{folder.name} is not what was released: {len(failed)} of {len(results)} checks failed: {first}"
        raise CorruptionError(message)


def _fetched(source: str, room: Path) -> Path:
    """Return a release folder inside of an empty folder."""
    path = Path(source)
    if path.is_dir():
        copy = room / path.resolve().name
        for file in sorted(one for one in path.rglob("*") if one.is_file()):
            link_or_copy(file, copy / file.relative_to(path))
        return copy
    if not path.is_file():
        path = _downloaded(_address(source), room)
    unpacked = room / "unpacked"
    unpacked.mkdir()
    return unpack_archive(path, unpacked)


def _address(source: str) -> str:
    """Return where the archive of a DOI, or of the page of a record, is described."""
    doi = _DOI.match(source)
    if doi:
        zenodo = _ZENODO.match(doi[1])
        return f"https://zenodo.org/api/records/{zenodo[1]}" if zenodo else f"https://doi.org/{doi[1]}"
    if urlsplit(source).scheme not in {"http", "https"}:
        message = f"{source!r} is no file, folder, DOI or address"
        raise NotThereError(message)
    return source


def _downloaded(address: str, room: Path) -> Path:
    """Fetch the archive itself, by way of the record that lists it where the address is that of a record."""
    parts = urlsplit(address)
    door = Door(f"{parts.scheme}://{parts.netloc}")
    path = room / "release.zip"
    record = _RECORD.search(parts.path)
    if record and not parts.path.endswith(".zip"):
        listed = door.get(f"api/records/{record[1]}/files")["entries"]
        archives = [entry for entry in listed if str(entry["key"]).endswith(".zip")]
        if len(archives) != 1:
            message = f"{address} does not list one archive: {', '.join(str(entry['key']) for entry in listed)}"
            raise NotThereError(message)
        address = f"{parts.scheme}://{parts.netloc}/api/records/{record[1]}/files/{archives[0]['key']}/content"
    door.download(address, path)
    return path
