"""Local files: the files that a recipe names, and the version that their bytes declare."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from harvest.door import file_uri
from harvest.source import Request
from schemas.disk import digest, sha256_of_file

if TYPE_CHECKING:
    from pathlib import Path


def matching_files(folder: Path, pattern: str) -> list[str]:
    """Return the files that a path or pattern names, relative to a folder, sorted; a missing file is still named."""
    if not any(character in pattern for character in "*?["):
        return [pattern]
    root, pattern_parts = folder, pattern
    while pattern_parts.startswith("../"):
        root, pattern_parts = root.parent, pattern_parts.removeprefix("../")
    up = pattern[: len(pattern) - len(pattern_parts)]
    return sorted(up + path.relative_to(root).as_posix() for path in root.glob(pattern_parts) if path.is_file())


def declared_version(folder: Path, names: list[str]) -> str | None:
    """Return the version that the bytes of files declare, or none where a file is missing."""
    if not names or not all((folder / name).is_file() for name in names):
        return None
    hashes = [sha256_of_file(folder / name) for name in names]
    return f"sha256:{hashes[0] if len(names) == 1 else digest(sorted(zip(names, hashes, strict=True)))}"


def read_request(name: str, media_type: str) -> Request:
    """Return the request for a local file."""
    return Request(uri=file_uri(name), method="READ", media_type=media_type)


def is_declared(payload: bytes, declared: str | None) -> bool:
    """Tell whether bytes are those of a declared single file."""
    return declared == f"sha256:{hashlib.sha256(payload).hexdigest()}"
