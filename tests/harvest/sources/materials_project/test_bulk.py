"""The log of a Delta table, written by hand: what is read, and what is refused."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harvest.archive import Archive
from harvest.door import RecordingDoor
from harvest.errors import ContractError, DriftError, TransportError
from harvest.ledger import Ledger
from harvest.sources.materials_project.bulk import cell, fetch_table, rows
from harvest.sources.materials_project.query import MaterialsProjectQuery

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.http import HttpClient
    from harvest.source import Page
    from tests.harvest.conftest import Provider

PREFIX = "collections/summary/"
LISTING = "/?list-type=2&prefix=collections%2Fsummary%2F_delta_log%2F"
PROTOCOL = {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}
METADATA = {"metaData": {"partitionColumns": ["version"]}}
COLUMNS = ("material_id", "structure", "builder_meta", "deprecated")


def _parquet(*names: str, columns: tuple[str, ...] = COLUMNS) -> bytes:
    written = io.BytesIO()
    pq.write_table(pa.table({column: list(names) for column in columns}), written)
    return written.getvalue()


def _add(path: str, body: bytes, count: int | None = 1, version: str = "2026-04-13", **more: object) -> dict[str, Any]:
    stats = None if count is None else json.dumps({"numRecords": count})
    return {"add": {"path": path, "partitionValues": {"version": version}, "size": len(body), "stats": stats, **more}}


def _name(number: int, rest: str = ".json") -> str:
    return f"{number:020d}{rest}"


class Bucket:
    """A bucket that the `provider` serves."""

    def __init__(self, provider: Provider, page: int = 1000) -> None:
        self._provider, self._page = provider, page
        self._keys: dict[str, bytes] = {}

    def log(self, name: str, *actions: dict[str, Any]) -> None:
        body = "\n".join(json.dumps(action) for action in actions).encode()
        if name.endswith(".parquet"):
            written = io.BytesIO()
            some = [{"add": None, "remove": None, "protocol": None, "metaData": None, **action} for action in actions]
            pq.write_table(pa.Table.from_pylist(some), written)
            body = written.getvalue()
        self._keys[f"{PREFIX}_delta_log/{name}"] = body

    def data(self, path: str, body: bytes) -> None:
        self._keys[PREFIX + path] = body

    def serve(self) -> str:
        for key, body in self._keys.items():
            self._provider.answer("/" + key.replace(" ", "%20"), body)
        self._list(sorted(key for key in self._keys if "_delta_log" in key))
        return self._provider.origin + "/"

    def _list(self, names: list[str]) -> None:
        start, after = 0, ""
        while start == 0 or start < len(names):
            some = names[start : start + self._page]
            cut = str(start + self._page < len(names)).lower()
            keys = "".join(f"<Contents><Key>{name}</Key></Contents>" for name in some)
            body = f'<ListBucketResult xmlns="s3"><IsTruncated>{cut}</IsTruncated>{keys}</ListBucketResult>'
            self._provider.answer(LISTING + after, body.encode())
            start += self._page
            after = f"&start-after={some[-1].replace('/', '%2F')}" if some else ""


@pytest.fixture
def bucket(provider: Provider) -> Bucket:
    return Bucket(provider)


@pytest.fixture
def door(client: HttpClient, tmp_path: Path) -> Iterator[RecordingDoor]:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    yield RecordingDoor(
        harvest="mp/x/1",
        archive=Archive(tmp_path / "raw"),
        ledger=ledger,
        folder=tmp_path,
        client=lambda: client,
        clock=lambda: datetime(2026, 1, 1, tzinfo=UTC),
    )
    ledger.close()


def _walk(door: RecordingDoor, bucket: Bucket, **more: object) -> list[Page]:
    options = {"bulk": True, "db_version": "2026.04.13", "bulk_endpoint": bucket.serve(), **more}
    return list(fetch_table(MaterialsProjectQuery.model_validate(options), door))


def _ids(pages: list[Page]) -> list[str]:
    found = (row for page in pages if page.has_records for row in rows(page.raw.payload, COLUMNS))
    return [row["material_id"] for _, row in found]


def test_files_are_those_that_the_log_adds_and_does_not_remove(door: RecordingDoor, bucket: Bucket) -> None:
    one, two, three = _parquet("mp-1"), _parquet("mp-2", "mp-3"), _parquet("mp-4")
    for path, body in (("version=2026-04-13/b", one), ("version=2026-04-13/a b", two), ("version=2026-04-13/c", three)):
        bucket.data(path, body)
    gone = {"remove": {"path": "version=2026-04-13/c"}}
    bucket.log(_name(0), PROTOCOL, METADATA, _add("version=2026-04-13/b", one), _add("version=2026-04-13/c", three))
    bucket.log(_name(1), {"commitInfo": {}}, gone, _add("version=2026-04-13/a%20b", two, 2))
    bucket.log(_name(2), _add("version=2025-09-25/d", three, version="2025-09-25"))
    pages = _walk(door, bucket)
    assert _ids(pages) == ["mp-2", "mp-3", "mp-1"]
    assert {page.promised for page in pages if page.has_records} == {3}
    assert {page.version for page in pages if page.has_records} == {"2026.04.13"}


def test_a_file_that_is_added_again_counts_once(door: RecordingDoor, bucket: Bucket) -> None:
    body = _parquet("mp-1")
    bucket.data("version=2026-04-13/a", body)
    add = _add("version=2026-04-13/a", body)
    bucket.log(_name(0), PROTOCOL, METADATA, add)
    bucket.log(_name(1), {"remove": {"path": "version=2026-04-13/a"}})
    bucket.log(_name(2), add)
    assert _ids(_walk(door, bucket)) == ["mp-1"]


def test_the_log_is_read_from_the_newest_whole_checkpoint_on(door: RecordingDoor, bucket: Bucket) -> None:
    one, two = _parquet("mp-1"), _parquet("mp-2")
    bucket.data("version=2026-04-13/a", one)
    bucket.data("version=2026-04-13/b", two)
    bucket.log(_name(4, ".checkpoint.parquet"), PROTOCOL, METADATA, _add("version=2026-04-13/old", one))
    for part, action in ((1, METADATA), (2, _add("version=2026-04-13/a", one))):
        bucket.log(_name(6, f".checkpoint.{part:010d}.0000000002.parquet"), PROTOCOL, action)
    bucket.log(_name(8, ".checkpoint.0000000001.0000000002.parquet"), PROTOCOL, METADATA)
    for number in (5, 6):
        bucket.log(_name(number), {"remove": {"path": "version=2026-04-13/a"}})
    bucket.log(_name(7), _add("version=2026-04-13/b", two))
    bucket.log(_name(8), {"commitInfo": {}})
    assert _ids(_walk(door, bucket)) == ["mp-1", "mp-2"]


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_listing_of_several_pages_is_read_to_its_end(door: RecordingDoor, provider: Provider, page: int) -> None:
    bucket = Bucket(provider, page)
    files = {f"version=2026-04-13/{n}": _parquet(f"mp-{n}") for n in range(5)}
    bucket.log(_name(0), PROTOCOL, METADATA)
    for number, (path, body) in enumerate(files.items(), 1):
        bucket.data(path, body)
        bucket.log(_name(number), _add(path, body))
    assert _ids(_walk(door, bucket)) == [f"mp-{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("numbers", "said"), [((0, 2), r"gap: \[0, 2\]"), ((1, 2), r"gap: \[1, 2\]"), ((), r"gap: \[\]")]
)
def test_a_gap_in_the_log_is_refused(door: RecordingDoor, bucket: Bucket, numbers: tuple[int, ...], said: str) -> None:
    for number in numbers:
        bucket.log(_name(number), PROTOCOL, METADATA)
    with pytest.raises(ContractError, match=said):
        _walk(door, bucket)


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        ([{"protocol": {"minReaderVersion": 2}}], "reader of version 2"),
        ([{"protocol": {"minReaderVersion": 3, "readerFeatures": ["columnMapping"]}}], "with columnMapping"),
        ([{"protocol": {"minReaderVersion": 3, "readerFeatures": ["v2Checkpoint", "timestampNtz"]}}], "v2Checkpoint;"),
        ([{"metaData": {"partitionColumns": ["year"]}}], r"\['year'\], expected \['version'\]"),
        ([_add("version=2026-04-13/a", b"x", deletionVector={"storageType": "u"})], "deletion vectors"),
    ],
)
def test_a_table_that_asks_for_more_is_refused(
    door: RecordingDoor, bucket: Bucket, actions: list[dict[str, Any]], said: str
) -> None:
    bucket.log(_name(0), PROTOCOL, METADATA, *actions)
    with pytest.raises(ContractError, match=said):
        _walk(door, bucket)


@pytest.mark.parametrize(
    "action",
    [{"add": {"path": "version=2026-04-13/a"}}, {"add": "a"}, {"remove": {}}, {"protocol": {"x": 1}}, {"metaData": 1}],
)
def test_an_action_of_another_shape_is_refused(door: RecordingDoor, bucket: Bucket, action: dict[str, Any]) -> None:
    bucket.log(_name(0), PROTOCOL, METADATA, action)
    with pytest.raises(ContractError, match="has another shape than the protocol says"):
        _walk(door, bucket)


def test_a_reader_of_version_3_without_such_features_will_do(door: RecordingDoor, bucket: Bucket) -> None:
    body = _parquet("mp-1")
    bucket.data("version=2026-04-13/a", body)
    protocol = {"protocol": {"minReaderVersion": 3, "readerFeatures": ["timestampNtz", "deletionVectors"]}}
    bucket.log(_name(0), protocol, METADATA, _add("version=2026-04-13/a", body, None))
    pages = _walk(door, bucket)
    assert _ids(pages) == ["mp-1"]
    assert {page.promised for page in pages} == {None}


def test_versions_are_read_from_the_log_not_from_the_names_of_folders(door: RecordingDoor, bucket: Bucket) -> None:
    body = _parquet("mp-1")
    bucket.data("x/a", body)
    bucket.log(_name(0), PROTOCOL, METADATA, _add("x/a", body))
    assert _ids(_walk(door, bucket)) == ["mp-1"]
    with pytest.raises(DriftError, match=r"no version 2025\.01\.01; it has 2026\.04\.13;"):
        _walk(door, bucket, db_version="2025.01.01")


@pytest.mark.parametrize(
    ("served", "said"),
    [
        (_parquet("mp-1")[:-1], r"says \d+ bytes, \d+ received"),
        (_parquet("mp-1, but another"), r"says \d+ bytes, \d+ received"),
        (b"x" * len(_parquet("mp-1")), "no Parquet file"),
        (b"", "empty body"),
    ],
)
def test_a_file_that_is_not_the_one_of_the_log_is_refused(
    door: RecordingDoor, bucket: Bucket, served: bytes, said: str
) -> None:
    bucket.data("version=2026-04-13/a", served)
    bucket.log(_name(0), PROTOCOL, METADATA, _add("version=2026-04-13/a", _parquet("mp-1")))
    with pytest.raises(TransportError, match=said):
        _walk(door, bucket)
    assert not any("version" in raw.uri for raw in door.seen)


def test_a_file_with_fewer_rows_than_the_log_says_is_refused(door: RecordingDoor, bucket: Bucket) -> None:
    body = _parquet("mp-1")
    bucket.data("version=2026-04-13/a", body)
    bucket.log(_name(0), PROTOCOL, METADATA, _add("version=2026-04-13/a", body, 2))
    with pytest.raises(TransportError, match="says 2 rows, 1 received"):
        _walk(door, bucket)


def test_a_file_without_the_columns_of_a_row_is_refused(door: RecordingDoor, bucket: Bucket) -> None:
    body = _parquet("mp-1", columns=("material_id", "structure"))
    bucket.data("version=2026-04-13/a", body)
    bucket.log(_name(0), PROTOCOL, METADATA, _add("version=2026-04-13/a", body))
    with pytest.raises(ContractError, match="lacks builder_meta, deprecated"):
        _walk(door, bucket)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>busy</body></html>",
        b"no xml",
        b"<Error><Code>SlowDown</Code></Error>",
        b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d SYSTEM "file:///etc/passwd">]><a>&d;</a>',
    ],
)
def test_what_is_no_listing_is_not_taken_for_one(door: RecordingDoor, provider: Provider, body: bytes) -> None:
    provider.answer(LISTING, body)
    query = MaterialsProjectQuery(bulk=True, db_version="2026.04.13", bulk_endpoint=provider.origin)
    with pytest.raises(TransportError, match="no listing of a bucket"):
        list(fetch_table(query, door))


def test_a_listing_that_does_not_end_is_left(door: RecordingDoor, provider: Provider, bucket: Bucket) -> None:
    bucket.log(_name(0), PROTOCOL)
    bucket.serve()
    key = f"{PREFIX}_delta_log/{_name(0)}"
    body = f"<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>{key}</Key></Contents></ListBucketResult>"
    provider.replies.pop(LISTING)
    for asked in (LISTING, f"{LISTING}&start-after={key.replace('/', '%2F')}"):
        provider.answer(asked, body.encode())
    query = MaterialsProjectQuery(bulk=True, db_version="2026.04.13", bulk_endpoint=provider.origin)
    with pytest.raises(ContractError, match="does not end"):
        list(fetch_table(query, door))


def test_rows_are_numbered_from_one_and_have_the_columns_asked_for() -> None:
    found = list(rows(_parquet("mp-1", "mp-2"), ["material_id", "not there"]))
    assert found == [(1, {"material_id": "mp-1"}), (2, {"material_id": "mp-2"})]


def test_rows_of_many_batches_are_numbered_through() -> None:
    names = [f"mp-{n}" for n in range(600)]
    assert [(n, row["material_id"]) for n, row in rows(_parquet(*names), COLUMNS)] == list(enumerate(names, 1))


def test_a_cell_is_pointed_to_by_row_and_column() -> None:
    assert str(cell(3, "band_gap")) == "row=3;column=band_gap"
    assert str(cell(3, "bulk_modulus.vrh")) == "row=3;column=bulk_modulus.vrh"
