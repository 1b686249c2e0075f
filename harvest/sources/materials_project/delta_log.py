"""Delta log: the files of a table's log in, the data files that the table consists of out.

Follows the Delta Lake protocol for readers, version 1: checkpoint, then commits; a table that asks for more (deletion
vectors, mapped columns) is refused, never half read.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from harvest.errors import ContractError, TransportError

_VERSION = "version"
_COMMIT = re.compile(r"(?P<number>[0-9]{20})\.json")
_CHECKPOINT = re.compile(r"(?P<number>[0-9]{20})\.checkpoint(\.(?P<part>[0-9]{10})\.(?P<parts>[0-9]{10}))?\.parquet")
# Features that change no row that is read: a file with a deletion vector is refused by itself.
_HARMLESS = frozenset({"deletionVectors", "timestampNtz", "vacuumProtocolCheck"})


@dataclass(frozen=True)
class DataFile:
    """A data file of the table; `rows` and `bytes` are what the log says."""

    path: str
    version: str
    bytes: int
    rows: int | None


@dataclass
class Table:
    """The table as its log says, one action after the other."""

    files: dict[str, DataFile] = field(default_factory=dict)

    def take(self, action: dict[str, Any]) -> None:
        """Take an action of the log."""
        if protocol := action.get("protocol"):
            _refuse_protocol(protocol)
        if metadata := action.get("metaData"):
            _refuse_metadata(metadata)
        if (removed := action.get("remove")) is not None:
            self.files.pop(removed["path"], None)
        if (added := action.get("add")) is not None:
            if added.get("deletionVector"):
                message = f"{added['path']}: the table has deletion vectors, which are not read here"
                raise ContractError(message)
            values = dict(added["partitionValues"])
            stats = json.loads(added.get("stats") or "{}")
            self.files[added["path"]] = DataFile(
                unquote(added["path"]), str(values.get(_VERSION)), added["size"], stats.get("numRecords")
            )


def log_files(names: list[str]) -> list[str]:
    """Return the newest whole checkpoint and the commits after it, in order.

    Raises:
        ContractError: a commit is missing.
    """
    parts: dict[int, list[re.Match[str]]] = {}
    for match in filter(None, map(_CHECKPOINT.fullmatch, names)):
        parts.setdefault(int(match["number"]), []).append(match)
    whole = {number: found for number, found in parts.items() if len(found) == int(found[0]["parts"] or 1)}
    newest = max(whole, default=-1)
    commits = {int(match["number"]): match[0] for match in filter(None, map(_COMMIT.fullmatch, names))}
    later = sorted(number for number in commits if number > newest)
    if later != list(range(newest + 1, newest + 1 + len(later))) or (newest < 0 and not later):
        message = f"the log of the table has a gap: {sorted(commits)} after the checkpoint {newest}"
        raise ContractError(message)
    return [match[0] for match in whole.get(newest, [])] + [commits[number] for number in later]


def actions(name: str, payload: bytes) -> list[dict[str, Any]]:
    """Read the actions of a file of the log.

    Raises:
        TransportError: the payload is cut, or something else.
    """
    try:
        if name.endswith(".parquet"):
            return list(pq.read_table(io.BytesIO(payload)).to_pylist(maps_as_pydicts="strict"))
        return [json.loads(line) for line in payload.splitlines() if line.strip()]
    except (ValueError, OSError, pa.ArrowException) as error:
        message = f"{name} is no file of a Delta log ({error})"
        raise TransportError(message) from error


def _refuse_protocol(protocol: dict[str, Any]) -> None:
    features = set(protocol.get("readerFeatures") or ()) - _HARMLESS
    if protocol["minReaderVersion"] not in {1, 3} or features:
        message = (
            f"the table asks for a reader of version {protocol['minReaderVersion']} with "
            f"{', '.join(sorted(features)) or 'no features'}; version 1 is read here"
        )
        raise ContractError(message)


def _refuse_metadata(metadata: dict[str, Any]) -> None:
    if metadata["partitionColumns"] != [_VERSION]:
        message = f"the table is partitioned by {metadata['partitionColumns']}, expected [{_VERSION!r}]"
        raise ContractError(message)
