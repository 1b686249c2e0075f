"""Materials Project bulk: a pinned version of the public summary table in, its pages out; a Delta table by plain GETs.

The table keeps every version of the database as a partition, in a public bucket that is read without a key. What is
asked for is the list of its log, the log, and the data files of one version: all of it is archived, so that the version
can be read again from the archive alone. Follows the Delta Lake protocol for readers, version 1: checkpoint, then
commits; a table that asks for more (deletion vectors, mapped columns) is refused, never half read.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlencode

import pyarrow as pa
import pyarrow.parquet as pq
from lxml import etree

from harvest.errors import ContractError, DriftError, TransportError
from harvest.source import Page, Request
from harvest.sources.materials_project.query import canonical_version
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harvest.source import Door
    from harvest.sources.materials_project.query import MaterialsProjectQuery

_TABLE = "collections/summary/"
_LOG = f"{_TABLE}_delta_log/"
_VERSION = "version"
_COMMIT = re.compile(r"(?P<number>[0-9]{20})\.json")
_CHECKPOINT = re.compile(r"(?P<number>[0-9]{20})\.checkpoint(\.(?P<part>[0-9]{10})\.(?P<parts>[0-9]{10}))?\.parquet")
# Features that change no row that is read: a file with a deletion vector is refused by itself.
_HARMLESS = frozenset({"deletionVectors", "timestampNtz", "vacuumProtocolCheck"})
_PARQUET = "application/vnd.apache.parquet"
_NEEDED = frozenset({"material_id", "structure", "builder_meta", "deprecated"})
_BATCH = 256


@dataclass(frozen=True)
class DataFile:
    """A data file of the table; `rows` and `bytes` are what the log says."""

    path: str
    version: str
    bytes: int
    rows: int | None


@dataclass
class _Table:
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


def fetch_table(query: MaterialsProjectQuery, door: Door) -> Iterator[Page]:
    """Walk the log and the data files of the version that a query pins.

    Raises:
        DriftError: the table does not have that version; the message names those that it has.
        ContractError: the table is none that is read here, or its log has a gap.
    """
    wanted = str(query.db_version)
    names: list[str] = []
    for page, some in _listing(door, query.bulk_endpoint, _LOG):
        yield page
        names += some
    table = _Table()
    for name in _log_files(names):
        request = Request(f"{query.bulk_endpoint}{quote(_LOG + name)}", media_type=_media_type(name))
        raw = door.get(request, check=partial(_actions, name))
        yield Page(raw, has_records=False)
        try:
            for action in _actions(name, raw.payload):
                table.take(action)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            message = f"{name} of the log has another shape than the protocol says: {type(error).__name__} {error}"
            raise ContractError(message) from error
    versions = {canonical_version(file.version) for file in table.files.values()}
    if wanted not in versions:
        message = (
            f"the bulk table of the Materials Project has no version {wanted}; it has {', '.join(sorted(versions))}; "
            "correct `db_version`"
        )
        raise DriftError(message)
    chosen = sorted((f for f in table.files.values() if canonical_version(f.version) == wanted), key=lambda f: f.path)
    counts = [file.rows for file in chosen]
    is_whole = not query.query.said and None not in counts
    promised = sum(count or 0 for count in counts) if is_whole else None
    for file in chosen:
        request = Request(f"{query.bulk_endpoint}{quote(_TABLE + file.path, safe='/=')}", media_type=_PARQUET)
        raw = door.get(request, check=partial(_refuse_file, file))
        yield Page(raw, promised=promised, version=wanted)


def rows(payload: bytes, columns: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows of a data file with their numbers, from 1 on; columns that the file does not have are left out."""
    file = pq.ParquetFile(io.BytesIO(payload))
    present = set(file.schema_arrow.names)
    number = 0
    for batch in file.iter_batches(batch_size=_BATCH, columns=sorted(present.intersection(columns))):
        for row in batch.to_pylist(maps_as_pydicts="strict"):
            number += 1
            yield number, row


def cell(number: int, path: str) -> Pointer:
    """Return the pointer to a field of a row."""
    return Pointer.of(row=number, column=path)


def _listing(door: Door, bucket: str, prefix: str) -> Iterator[tuple[Page, list[str]]]:
    """List what the bucket has under a prefix, page by page."""
    after, goes_on = "", True
    while goes_on:
        options = {"list-type": "2", "prefix": prefix, "start-after": after}
        asked = urlencode({name: value for name, value in options.items() if value})
        raw = door.get(Request(f"{bucket}?{asked}", media_type="application/xml"), check=partial(_names, prefix))
        names, goes_on = _names(prefix, raw.payload)
        yield Page(raw, has_records=False), names
        last = prefix + max(names, default="")
        if goes_on and last <= after:
            message = f"the listing of {prefix} does not end: after {after} it gives {last}"
            raise ContractError(message)
        after = last


def _names(prefix: str, payload: bytes) -> tuple[list[str], bool]:
    """Return the names of a listing without the prefix, and whether more names follow.

    Raises:
        TransportError: the payload is no listing.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(payload, parser)
    except etree.XMLSyntaxError as error:
        message = f"the answer is no listing of a bucket ({error}): {payload[:80]!r}"
        raise TransportError(message) from error
    if etree.QName(root).localname != "ListBucketResult":
        message = f"the answer is no listing of a bucket: {payload[:80]!r}"
        raise TransportError(message)
    names = (str(name.text).removeprefix(prefix) for name in root.iterfind("{*}Contents/{*}Key"))
    return sorted(names), root.findtext("{*}IsTruncated") == "true"


def _log_files(names: list[str]) -> list[str]:
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


def _media_type(name: str) -> str:
    return _PARQUET if name.endswith(".parquet") else "application/json"


def _actions(name: str, payload: bytes) -> list[dict[str, Any]]:
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


def _refuse_file(file: DataFile, payload: bytes) -> None:
    """Hold a data file to what the log says of it.

    Raises:
        TransportError: it is cut, or another file.
        ContractError: it lacks columns without which no row can be read.
    """
    if len(payload) != file.bytes:
        message = f"{file.path}: the log of the table says {file.bytes} bytes, {len(payload)} received"
        raise TransportError(message)
    try:
        found = pq.ParquetFile(io.BytesIO(payload))
    except (OSError, pa.ArrowException) as error:
        message = f"{file.path} is no Parquet file ({error})"
        raise TransportError(message) from error
    if file.rows is not None and found.metadata.num_rows != file.rows:
        message = f"{file.path}: the log of the table says {file.rows} rows, {found.metadata.num_rows} received"
        raise TransportError(message)
    if missing := _NEEDED.difference(found.schema_arrow.names):
        message = f"{file.path} lacks {', '.join(sorted(missing))}"
        raise ContractError(message)
