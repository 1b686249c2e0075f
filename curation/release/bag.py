"""Bag: the release folder as a BagIt bag (RFC 8493): a sha256 of every file, the payload under `data/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.disk import sha256_of_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from curation.release.facts import Facts

PAYLOAD = "manifest-sha256.txt"
TAGS = "tagmanifest-sha256.txt"
SIGNATURE = f"{TAGS}.minisig"
_DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def close_bag(folder: Path, facts: Facts) -> None:
    """Write the declaration, the description and the two manifests; nothing is written into the folder afterwards.

    The second manifest holds the hash of the first, so that one signature over it stands for every byte.
    """
    _write(folder / "bagit.txt", _DECLARATION)
    payload = [path for path in files_of(folder) if path.startswith("data/")]
    octets = sum((folder / path).stat().st_size for path in payload)
    _write(folder / "bag-info.txt", _info(facts, f"{octets}.{len(payload)}"))
    _write(folder / PAYLOAD, _lines(folder, payload))
    _write(folder / TAGS, _lines(folder, [path for path in files_of(folder) if not path.startswith("data/")]))


def files_of(folder: Path) -> list[str]:
    """Return every file of a folder, relative to it, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def read_manifest(path: Path) -> dict[str, str]:
    """Return the sha256 of each file that a manifest lists.

    Raises:
        OSError: it cannot be read.
        ValueError: a line is not a hash and a name.
    """
    rows = [line.split("  ", 1) for line in path.read_text(encoding="utf-8").splitlines()]
    return {name: sha256 for sha256, name in rows}


def _info(facts: Facts, oxum: str) -> str:
    manifest = facts.manifest
    said = {
        "Source-Organization": facts.publisher,
        "External-Description": manifest.title,
        "External-Identifier": facts.identifier,
        "Bagging-Date": facts.date,
        "Payload-Oxum": oxum,
        "Bag-Software-Agent": f"matgranary {manifest.code['matgranary']}",
    }
    return "".join(f"{key}: {' '.join(value.split())}\n" for key, value in said.items())


def _lines(folder: Path, paths: Iterable[str]) -> str:
    return "".join(f"{sha256_of_file(folder / path)}  {path}\n" for path in paths)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
