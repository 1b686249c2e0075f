"""Materials Project bulk: a pinned version of the public summary table in, its pages out; a Delta table by plain GETs.

The table keeps every version of the database as a partition, in a public bucket that is read without a key. What is
asked for is the list of its log, the log, and the data files of one version: all of it is archived, so that the version
can be read again from the archive alone.
"""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pyarrow as pa
import pyarrow.parquet as pq
from lxml import etree

from harvest.errors import ContractError, DriftError, TransportError
from harvest.source import Page, Request
from harvest.sources.materials_project.delta_log import Table, actions, log_files
from harvest.sources.materials_project.identifiers import canonical_version
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harvest.source import Door
    from harvest.sources.materials_project.delta_log import DataFile
    from harvest.sources.materials_project.query import MaterialsProjectQuery

_TABLE = "collections/summary/"
_LOG = f"{_TABLE}_delta_log/"
_PARQUET = "application/vnd.apache.parquet"
_NEEDED = frozenset({"material_id", "structure", "builder_meta", "deprecated"})
_BATCH = 256


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
    table = Table()
    for name in log_files(names):
        request = Request(f"{query.bulk_endpoint}{quote(_LOG + name)}", media_type=_media_type(name))
        raw = door.get(request, check=partial(actions, name))
        yield Page(raw, has_records=False)
        try:
            for action in actions(name, raw.payload):
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


def _media_type(name: str) -> str:
    return _PARQUET if name.endswith(".parquet") else "application/json"


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
