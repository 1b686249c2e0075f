"""Serve a bucket as the Materials Project's public one on loopback: moto's S3 with a Delta table of two versions.

`python tests/servers/materials_project_table.py` prints the address of the bucket and serves until its standard input
ends. Version 2025-09-25 has the first 20 documents; 2026-04-13 has the first 24, in two files, and formation energies
that are 0.5 eV/atom higher. The last commits take files away again: one that a mistake brought in, and one that is
replaced by the same rows in another order. A checkpoint stands in the middle of the log.
Runs in the environment that `materials_project.txt` locks.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import boto3
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from emmet.core.arrow import arrowize
from emmet.core.summary import SummaryDoc
from materials_project_documents import documents
from moto.server import ThreadedMotoServer

BUCKET = "materialsproject-build"
TABLE = f"s3://{BUCKET}/collections/summary"
SCHEMA = pa.schema([*pa.schema(arrowize(SummaryDoc)), pa.field("version", pa.string())])
KEYS = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "k", "AWS_REGION": "us-east-1"}


def rows(count: int, version: str, shift: float) -> list[dict[str, Any]]:
    found = (d.model_dump(context={"format": "arrow"}) for d in documents(count, version, shift))
    return [{**row, "version": version} for row in found]


def main() -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    os.environ.update(KEYS | {"AWS_DEFAULT_REGION": KEYS["AWS_REGION"]})
    options = {**KEYS, "AWS_ENDPOINT_URL": address, "AWS_ALLOW_HTTP": "true", "AWS_S3_ALLOW_UNSAFE_RENAME": "true"}
    s3 = boto3.client("s3", endpoint_url=address)
    s3.create_bucket(Bucket=BUCKET)

    def write(some: list[dict[str, Any]], mode: str = "append", predicate: str | None = None) -> None:
        table = pa.Table.from_pylist(some, schema=SCHEMA)
        write_deltalake(TABLE, table, partition_by=["version"], mode=mode, predicate=predicate, storage_options=options)

    write(rows(20, "2025-09-25", 0.0))
    write(rows(3, "2024-01-01", 9.0))
    DeltaTable(TABLE, storage_options=options).create_checkpoint()
    new = rows(24, "2026-04-13", 0.5)
    write(new[:15])
    write(new[15:])
    DeltaTable(TABLE, storage_options=options).delete("version = '2024-01-01'")
    write(rows(20, "2025-09-25", 0.0)[::-1], "overwrite", "version = '2025-09-25'")

    s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read")
    for found in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        s3.put_object_acl(Bucket=BUCKET, Key=found["Key"], ACL="public-read")
    sys.stdout.write(f"{address}/{BUCKET}/\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
