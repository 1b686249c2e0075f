"""mp-api as a peer: the provider's own client, asked the same of the same servers, gives the same rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from harvest.attempt import choose_attempt
from harvest.errors import DriftError
from harvest.sources.materials_project import MaterialsProjectSource
from harvest.sources.materials_project.identifiers import canonical_id
from harvest.walk import Walk

if TYPE_CHECKING:
    from harvest.store import Store

SOURCE = MaterialsProjectSource()
ABSENT = "2031.01.01"
CLIENT = """\
import json, sys
from mp_api.client import MPRester
asked = ["material_id", "band_gap", "formation_energy_per_atom"]
client = MPRester("x" * 32, endpoint=sys.argv[1], use_document_model=False, mute_progress_bars=True)
found = client.materials.summary.search(fields=asked, **json.loads(sys.argv[2]))
print(json.dumps([[str(row[name]) if name == asked[0] else row[name] for name in asked] for row in found]))
"""

pytestmark = [pytest.mark.sweep, pytest.mark.timeout(1800)]

type Values = dict[str, tuple[float, float]]


def _theirs(servers: dict[str, str], folder: Path, **asked: object) -> Values:
    """Ask mp-api, in a process of its own; its bucket is that of the table server."""
    bucket = servers["table"].removesuffix("materialsproject-build/").rstrip("/")
    environment = os.environ | {"AWS_ENDPOINT_URL": bucket, "AWS_ALLOW_HTTP": "true"}
    command = [sys.executable, "-W", "ignore", "-c", CLIENT, servers["api"], json.dumps(asked)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)
    if run.returncode:
        raise LookupError(run.stderr[-2000:])
    return {canonical_id(name): (gap, energy) for name, gap, energy in json.loads(run.stdout)}


def _ours(store: Store, options: dict[str, Any]) -> tuple[Values, set[str]]:
    """Return the values of each record, and the records that forbid commercial use."""
    plan = SOURCE.plan("mp", options, Path())
    attempt = choose_attempt(store.ledger, plan, None, update=False)
    records = Walk(store, SOURCE, plan, attempt, offline=False, progress=None).run("tests")
    folder = store.folder / records.folder
    entries, values = (pq.read_table(folder / f"{name}.parquet").to_pylist() for name in ("entries", "properties"))
    names = {row["entry_id"]: row["source_id"] for row in entries}
    found: dict[str, dict[str, float]] = {name: {} for name in names.values()}
    for row in values:
        found[names[row["entry_id"]]][row["property"]] = row["value"]
    fenced = {row["source_id"] for row in entries if row["licence"] == "CC-BY-NC-4.0"}
    return {name: (v["band_gap"], v["formation_energy"]) for name, v in found.items()}, fenced


def test_a_query_of_the_api_gives_the_same(store: Store, servers: dict[str, str], tmp_path: Path) -> None:
    ours, _ = _ours(store, {"endpoint": servers["api"], "query": {"elements": ["O"]}})
    assert _theirs(servers, tmp_path, elements=["O"]) == ours


@pytest.mark.parametrize(("version", "count"), [("2025.09.25", 20), ("2026.04.13", 24)])
def test_each_pinned_version_gives_the_same_rows_but_for_the_fenced_ones(
    store: Store, servers: dict[str, str], tmp_path: Path, version: str, count: int
) -> None:
    """mp-api leaves out what is under BY-NC; here it is kept, under its own licence."""
    options = {"bulk": True, "db_version": version, "bulk_endpoint": servers["table"], "keep_deprecated": True}
    ours, fenced = _ours(store, options)
    assert (len(ours), len(fenced)) == (count, count // 10)
    assert _theirs(servers, tmp_path, db_version=version) == {n: v for n, v in ours.items() if n not in fenced}


def test_an_unknown_version_is_refused_by_both(store: Store, servers: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(LookupError, match=r"(?i)version"):
        _theirs(servers, tmp_path, db_version=ABSENT)
    with pytest.raises(DriftError, match=f"has no version {ABSENT}"):
        _ours(store, {"bulk": True, "db_version": ABSENT, "bulk_endpoint": servers["table"]})
