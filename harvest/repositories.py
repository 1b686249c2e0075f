"""Repositories: a record of Zenodo, figshare or the Materials Cloud Archive in, what it says of its files out.

Zenodo and the Materials Cloud Archive run InvenioRDM: `GET /api/records/ID`, its files there or at `/files`.
figshare: `GET /v2/articles/ID`, or `/versions/N` of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from harvest.errors import ContractError, TransportError
from harvest.licence_names import spdx_of
from harvest.source import Request

if TYPE_CHECKING:
    from harvest.source import Door, RawObject

ADDRESSES = {
    "zenodo": "https://zenodo.org",
    "figshare": "https://api.figshare.com",
    "materials_cloud": "https://archive.materialscloud.org",
}
# Hosts that the download addresses of a repository lead to, beside its own.
FILE_HOSTS = {"figshare": ("ndownloader.figshare.com", "s3-eu-west-1.amazonaws.com")}
FIGSHARE = "figshare"
_SHOWN = 20


@dataclass(frozen=True)
class RecordFile:
    """A file as its record describes it."""

    name: str
    url: str
    hashes: dict[str, str]
    size: int | None


@dataclass(frozen=True)
class Record:
    """What a record says of itself."""

    version: str
    licence: str | None
    files: tuple[RecordFile, ...]

    def file(self, name: str) -> RecordFile:
        """Return a file by its name.

        Raises:
            ContractError: there is none; says which there are.
        """
        for file in self.files:
            if file.name == name:
                return file
        names = [file.name for file in self.files]
        listed = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        message = f"the record has no file {name!r}; it has {listed or 'none'}"
        raise ContractError(message)


def record_url(repository: str, address: str, record: str) -> str:
    """Return the address at which a record describes itself; a figshare record may be written `ID/versions/N`."""
    path = "v2/articles" if repository == FIGSHARE else "api/records"
    return f"{address.rstrip('/')}/{path}/{quote(record)}"


def read_record(door: Door, repository: str, address: str, record: str) -> tuple[Record, list[RawObject]]:
    """Ask for a record, and for the list of its files where that stands apart.

    Raises:
        ContractError: the answer is no record of the repository.
    """
    url = record_url(repository, address, record)
    raw = door.get(Request(url), check=_object)
    body, seen = _object(raw.payload), [raw]
    if repository != FIGSHARE and _entries(body.get("files")) is None:
        listing = door.get(Request(f"{url}/files"), check=_object)
        body = {**body, "files": _object(listing.payload)}
        seen.append(listing)
    try:
        _refuse_other_record(body, record, url)
        return (_figshare(body) if repository == FIGSHARE else _invenio(body, url)), seen
    except (KeyError, TypeError, AttributeError) as error:
        message = f"{url}: the answer is no record as {repository} documents it (at {error!r}): {raw.payload[:120]!r}"
        raise ContractError(message) from error


def _refuse_other_record(body: dict[str, Any], record: str, url: str) -> None:
    """Refuse the answer to the number of a whole series of versions, which leads to the newest of them."""
    asked, _, version = record.partition("/versions/")
    if str(body["id"]) != asked or (version and str(body["version"]) != version):
        message = f"{url}: record {record} was asked for, {body['id']} came; name the record of one version"
        raise ContractError(message)


def _object(payload: bytes) -> dict[str, Any]:
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError) as error:
        message = f"the answer is not JSON ({error}): {payload[:80]!r}"
        raise TransportError(message) from error
    if not isinstance(body, dict):
        message = f"the answer is no JSON object: {payload[:80]!r}"
        raise TransportError(message)
    return body


def _figshare(body: dict[str, Any]) -> Record:
    files = tuple(
        RecordFile(file["name"], file["download_url"], _hashes(file.get("computed_md5")), file.get("size"))
        for file in body["files"]
        if not file.get("is_link_only")
    )
    licence = body.get("license") or {}
    spdx = spdx_of(str(licence.get("url") or ""), str(licence.get("name") or ""))
    return Record(f"articles/{body['id']} version {body['version']}", spdx, files)


def _invenio(body: dict[str, Any], url: str) -> Record:
    metadata = body["metadata"]
    rights = metadata.get("rights") or [metadata.get("license") or {}]
    files = tuple(
        RecordFile(entry["key"], _content_url(entry, url), _hashes(entry.get("checksum")), entry.get("size"))
        for entry in _entries(body.get("files")) or ()
    )
    version = f"records/{body['id']} version {metadata.get('version') or body.get('revision', '?')}"
    words = [str(rights[0].get("id") or ""), str((rights[0].get("props") or {}).get("url") or "")]
    return Record(version, spdx_of(*words) if len(rights) == 1 else None, files)


def _content_url(entry: dict[str, Any], url: str) -> str:
    """Return where a file's bytes are; `self` leads there in some versions, to its description in others."""
    links = entry.get("links") or {}
    own = str(links.get("self") or "")
    named = links.get("content") or (own if own.endswith("/content") or "/api/files/" in own else None)
    return str(named or f"{url}/files/{quote(entry['key'])}/content")


def _hashes(checksum: str | None) -> dict[str, str]:
    algorithm, _, digest = (checksum or "").rpartition(":")
    return {algorithm or "md5": digest} if digest and algorithm in {"", "md5", "sha256"} else {}


def _entries(files: Any) -> list[dict[str, Any]] | None:  # noqa: ANN401 — JSON
    """Return the entries of a list of files, in any of the three ways in which versions of InvenioRDM write it."""
    entries = files.get("entries") if isinstance(files, dict) else files
    return list(entries.values()) if isinstance(entries, dict) else entries
