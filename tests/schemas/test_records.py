"""Records: what harvesting hands over survives its way through JSON."""

from schemas.provenance import Pin, PinKind
from schemas.records import RecordFile, RecordSet, SourceRecords

PIN = Pin(kind=PinKind.IMMUTABLE, version="sha256:0", raw_root="1", records_root="2", pages=1, records=3)


def test_a_set_of_records_makes_the_round_trip() -> None:
    source = SourceRecords(
        key="table",
        source="files",
        folder="records/table/a",
        title="t",
        licence="CC0-1.0",
        attribution="",
        origin="o",
        pin=PIN,
        complete=True,
        delivered_twice=0,
        query={"path": "a.csv"},
        parser="p",
        files=(RecordFile(table="entries", path="entries.parquet", sha256="0", rows=3),),
    )
    records = RecordSet(dataset="d", recipe={"dataset": {"name": "d"}}, sources=(source,))
    assert RecordSet.model_validate_json(records.model_dump_json()) == records
