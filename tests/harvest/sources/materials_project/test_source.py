"""The connector against what the provider's own software answers: recorded, or served now (`make sweep`).

The n-th document, from 0: mp-(1000 + n), a band gap of n/8 eV, a formation energy of 0.5 - n/16 eV/atom (in version
2025-09-25 of -n/16). Every tenth is BY-NC, of every twelfth the provider says that it has withdrawn it; version
2025-09-25 has 20 documents, 2026-04-13 has 24. See tests/servers.
"""

from __future__ import annotations

import gzip
import json
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pyarrow.parquet as pq
import pytest

from harvest.attempt import choose_attempt
from harvest.errors import CredentialsError, DriftError, HarvestError, IncompleteError
from harvest.locate import text_at
from harvest.sources.materials_project import MaterialsProjectSource
from harvest.store import Store
from harvest.testing import SourceContract
from harvest.walk import Walk
from schemas.licence import refusal
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Replay

    from harvest.source import Plan
    from schemas.records import SourceRecords

VERSION = "2026.04.13"
COUNT = {"2025.09.25": 20, VERSION: 24}
SHIFT = {"2025.09.25": 0.0, VERSION: 0.5}
CANARY = "canary7Zq4Wm2Xk9Lp3Rt6"  # of letters and digits, as the provider's keys are


SOURCE = MaterialsProjectSource()


def _plan(options: dict[str, Any]) -> Plan:
    return SOURCE.plan("mp", options, Path())


def _harvest(store: Store, options: dict[str, Any], *, offline: bool = False) -> SourceRecords:
    plan = _plan(options)
    attempt = choose_attempt(store.ledger, plan, None, update=False)
    return Walk(store, SOURCE, plan, attempt, offline=offline, progress=None).run("tests")


def _rows(store: Store, records: SourceRecords, name: str = "entries") -> list[dict[str, Any]]:
    return list(pq.read_table(store.folder / records.folder / f"{name}.parquet").to_pylist())


def _ids(rows: list[dict[str, Any]]) -> list[int]:
    return sorted(int(row["source_id"].removeprefix("mp-")) - 1000 for row in rows)


def _is_open(number: int) -> bool:
    return number % 10 != 9


def _is_withdrawn(number: int) -> bool:
    return number % 12 == 11


SERVED = [n for n in range(COUNT[VERSION]) if _is_open(n) and not _is_withdrawn(n)]


def test_the_api_gives_every_document_with_its_values(store: Store, endpoint: str) -> None:
    records = _harvest(store, {"endpoint": endpoint, "page_size": 7})
    assert records.pin.version == VERSION
    assert _ids(_rows(store, records)) == SERVED
    assert records.delivered_twice == 0
    assert _rows(store, records, "rejected") == []
    ids = {row["entry_id"]: int(row["source_id"].removeprefix("mp-")) - 1000 for row in _rows(store, records)}
    values = _rows(store, records, "properties")
    for name, truth in {
        "band_gap": lambda n: n / 8,
        "formation_energy": lambda n: 0.5 - n / 16,
        "energy_above_hull": lambda n: n / 64,
        "bulk_modulus": lambda n: 9.0 * n,
        "bulk_modulus_voigt": lambda n: 10.0 * n,
        "shear_modulus_reuss": lambda n: 4.0 * n,
        "dielectric_constant": lambda n: 2.0 + n,
        "work_function": lambda n: 4.0 + n / 32,
        "piezoelectric_modulus_maximum": lambda n: n / 32,
    }.items():
        found = {ids[row["entry_id"]]: row["value"] for row in values if row["property"] == name}
        every = 3 if "modulus" in name and name[0] != "p" else 4 if name[0] in "dwp" else 1
        assert found == {n: truth(n) for n in SERVED if n % every == 0}, name
    metals = {ids[row["entry_id"]] for row in values if (row["property"], row["category"]) == ("is_metal", "true")}
    assert metals == {0}


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ({"elements": ["O"], "exclude_elements": ["K"]}, lambda n: n % 5 == 0 and n // 5 != 2),
        ({"chemsys": ["O-Li", "Cl-Na"]}, lambda n: n in {0, 9}),
        ({"material_ids": ["mp-1003", "mp-aaaaabmr", "mp-1009"]}, lambda n: n in {3, 5, 9}),
        ({"band_gap": [0.5, 1.75], "is_gap_direct": True}, lambda n: 4 <= n <= 14 and n % 2 == 0),
        ({"k_vrh": {"min": 50}, "theoretical": False}, lambda n: n % 3 == 0 and 9 * n >= 50 and n % 2 == 0),
        ({"elements": ["Xe"]}, lambda _: False),
    ],
)
def test_the_api_and_the_table_mean_the_same_by_a_filter(
    store: Store, endpoint: str, bulk_endpoint: str, query: dict[str, Any], fits: Callable[[int], bool]
) -> None:
    from_api = _harvest(store, {"endpoint": endpoint, "page_size": 7, "query": query})
    assert _ids(_rows(store, from_api)) == [n for n in SERVED if fits(n)]
    bulk = {"bulk": True, "db_version": VERSION, "bulk_endpoint": bulk_endpoint, "query": query}
    from_table = _harvest(store, bulk)
    served = [row for row in _rows(store, from_table) if row["licence"] == "CC-BY-4.0"]
    assert {row["source_id"]: row["record_sha256"] for row in served} == {
        row["source_id"]: row["record_sha256"] for row in _rows(store, from_api)
    }
    every = _rows(store, from_table) + _rows(store, from_table, "rejected")
    assert _ids(every) == [n for n in range(COUNT[VERSION]) if fits(n)]


def test_a_formula_is_filtered_by_the_api(store: Store, endpoint: str) -> None:
    records = _harvest(store, {"endpoint": endpoint, "page_size": 7, "query": {"formula": "NaF"}})
    assert _ids(_rows(store, records)) == [8]


@pytest.mark.parametrize("version", COUNT)
def test_the_table_gives_the_rows_of_the_pinned_version_and_no_others(
    store: Store, bulk_endpoint: str, version: str
) -> None:
    records = _harvest(store, {"bulk": True, "db_version": version, "bulk_endpoint": bulk_endpoint})
    kept, withdrawn = _rows(store, records), _rows(store, records, "rejected")
    assert records.pin.version == version
    assert _ids(kept) == [n for n in range(COUNT[version]) if not _is_withdrawn(n)]
    assert _ids(withdrawn) == [n for n in range(COUNT[version]) if _is_withdrawn(n)]
    assert all(row["reasons"][0].startswith("deprecated: the provider has withdrawn it (") for row in withdrawn)
    ids = {row["entry_id"]: int(row["source_id"].removeprefix("mp-")) - 1000 for row in kept}
    energies = [row for row in _rows(store, records, "properties") if row["property"] == "formation_energy"]
    assert {ids[row["entry_id"]]: row["value"] for row in energies} == {
        n: SHIFT[version] - n / 16 for n in ids.values()
    }


def test_what_the_provider_has_withdrawn_is_kept_and_labelled_where_asked(store: Store, table: Replay) -> None:
    options = {"bulk": True, "db_version": VERSION, "bulk_endpoint": table.address, "keep_deprecated": True}
    records = _harvest(store, options)
    labelled = [row for row in _rows(store, records) if ("deprecated", "true") in row["labels"]]
    assert _ids(labelled) == [n for n in range(COUNT[VERSION]) if _is_withdrawn(n)]
    assert records.pin.records == COUNT[VERSION]


def test_every_row_has_its_own_licence_and_the_fenced_ones_are_refused(store: Store, bulk_endpoint: str) -> None:
    records = _harvest(store, {"bulk": True, "db_version": VERSION, "bulk_endpoint": bulk_endpoint})
    rows = _rows(store, records)
    fenced = [row for row in rows if refusal(row["licence"], "CC-BY-4.0")]
    assert _ids(fenced) == [n for n in range(COUNT[VERSION]) if not _is_open(n) and not _is_withdrawn(n)]
    assert {row["licence"] for row in fenced} == {"CC-BY-NC-4.0"}
    assert {row["licence"] for row in rows} == {"CC-BY-NC-4.0", "CC-BY-4.0"}
    ids = {row["entry_id"] for row in fenced}
    functionals = {row["functional"] for row in _rows(store, records, "properties") if row["entry_id"] in ids}
    assert functionals == {"r2SCAN"}


@pytest.mark.parametrize("said", [None, "BY-SA", "", 3])
def test_a_row_that_says_no_known_licence_has_none(store: Store, api: Replay, said: object) -> None:
    path = next(path for path in api.answers if "_skip=0" in path and "elements=O" in path)
    page = json.loads(api.answers[path][1])
    page["data"][0]["builder_meta"]["license"] = said
    page["data"][1]["builder_meta"] = None
    page["meta"]["total_doc"] = len(page["data"])
    api.said["elements=O"] = [(200, json.dumps(page).encode())]
    query = {"elements": ["O"], "exclude_elements": ["K"]}
    rows = _rows(store, _harvest(store, {"endpoint": api.address, "page_size": 7, "query": query}))
    licences = Counter(row["licence"] for row in rows)
    assert licences == {"NOASSERTION": 2, "CC-BY-4.0": len(page["data"]) - 2}


@pytest.mark.parametrize("version", ["2026.04.14", "2024.01.01"])
def test_a_version_that_the_table_does_not_have_any_more_or_yet_is_refused(
    store: Store, bulk_endpoint: str, version: str
) -> None:
    """2024-01-01 has files, but the log has removed them."""
    options = {"bulk": True, "db_version": version, "bulk_endpoint": bulk_endpoint}
    with pytest.raises(DriftError, match=rf"no version {re.escape(version)}; it has 2025\.09\.25, 2026\.04\.13;"):
        _harvest(store, options)


def test_a_version_that_comes_later_is_found_then(store: Store, table: Replay) -> None:
    last = next(path for path in table.answers if path.endswith("00000000000000000005.json"))
    listing = next(path for path in table.answers if "list-type" in path)
    early = re.sub(rb"<Contents><Key>[^<]*0000[2-9]\.json<.*?</Contents>", b"", table.answers[listing][1])
    assert early.count(b"<Key>") < table.answers[listing][1].count(b"<Key>")
    table.said["list-type"] = [(200, early)]
    options = {"bulk": True, "db_version": VERSION, "bulk_endpoint": table.address}
    with pytest.raises(DriftError, match="it has 2024"):
        _harvest(store, options)
    assert last not in table.paths
    table.said.clear()
    assert _harvest(store, options).pin.records == COUNT[VERSION]


def test_an_api_of_another_version_than_the_pinned_one_is_refused_until_it_serves_it(store: Store, api: Replay) -> None:
    options = {"endpoint": api.address, "page_size": 7, "db_version": VERSION}
    api.said["/heartbeat"] = [(200, b'{"status": "OK", "version": "0.88.1", "db_version": "2026.09.28"}')]
    with pytest.raises(DriftError, match=r"pins version 2026\.04\.13 .* serves 2026\.09\.28"):
        _harvest(store, options)
    assert api.paths == ["/heartbeat"]
    api.said.clear()
    assert _harvest(store, options).pin.version == VERSION


def _flip_after(api: Replay, requests: int) -> None:
    """Let the API serve another version from a request on."""

    def before(_: str) -> None:
        if len(api.asked) > requests:
            api.said["/heartbeat"] = [(200, b'{"db_version": "2026.09.28"}')]

    api.before = before


@pytest.mark.parametrize("pinned", [VERSION, None])
@pytest.mark.parametrize("requests", [1, 2, 3, 4])
def test_a_version_that_flips_in_mid_run_is_refused_at_every_page(
    store: Store, api: Replay, requests: int, pinned: str | None
) -> None:
    options = {"endpoint": api.address, "page_size": 7, "db_version": pinned}
    _flip_after(api, requests)
    with pytest.raises(IncompleteError, match=r"changed its version .*2026\.04\.13, 2026\.09\.28"):
        _harvest(store, options)
    assert not list((store.folder / "records" / "mp").glob("*-*/manifest.json"))
    api.before, api.said = lambda _: None, {}
    api.asked.clear()
    assert _ids(_rows(store, _harvest(store, options))) == SERVED
    assert len(api.asked) == 5, "nothing of the refused walk may be used again"


def _page_of(api: Replay, skip: int) -> dict[str, Any]:
    path = next(p for p in api.answers if "/summary/?deprecated" in p and f"_skip={skip}" in p)
    return dict(json.loads(api.answers[path][1]))


def test_a_short_page_costs_no_row(store: Store, api: Replay) -> None:
    """A server that gives fewer documents than asked for is asked on from where it stopped."""
    rows = [row for skip in (0, 7, 14) for row in _page_of(api, skip)["data"]]

    def before(path: str) -> None:
        skip = int(dict(parse_qsl(urlsplit(path).query)).get("_skip", 0))
        page = {"data": rows[skip : skip + 3], "meta": {"total_doc": len(rows)}}
        api.said["/materials/summary/"] = [(200, json.dumps(page).encode())]

    api.before = before
    records = _harvest(store, {"endpoint": api.address, "page_size": 7})
    assert _ids(_rows(store, records)) == SERVED
    assert sum("/summary/" in path for path in api.paths) == 7


@pytest.mark.parametrize(
    ("bodies", "error", "said"),
    [
        pytest.param([b"<html>busy</html>"], HarvestError, "not JSON", id="a page for people"),
        pytest.param([b'{"error": "busy"}'], HarvestError, "no page of documents", id="an error that says 200"),
        pytest.param([b"[]"], HarvestError, "no object of JSON", id="another shape"),
        pytest.param([b'{"data": [], "meta": {}}'], HarvestError, "no page of documents", id="no total"),
        pytest.param(
            [b'{"data": [], "meta": {"total_doc": 20}}'], IncompleteError, "20 records promised, 0", id="none"
        ),
    ],
)
def test_what_is_no_page_is_not_taken_for_one(
    store: Store, api: Replay, bodies: list[bytes], error: type[HarvestError], said: str
) -> None:
    api.said["/materials/summary/"] = [(200, body) for body in bodies]
    with pytest.raises(error, match=said):
        _harvest(store, {"endpoint": api.address, "page_size": 7})


def test_a_lost_row_is_noticed(store: Store, api: Replay) -> None:
    page = _page_of(api, 7)
    page["data"][3] = page["data"][2]
    api.said["_skip=7"] = [(200, json.dumps(page).encode())]
    with pytest.raises(IncompleteError, match="20 records promised, 19 distinct ones received"):
        _harvest(store, {"endpoint": api.address, "page_size": 7})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"band_gap": "1.5"}, "band_gap: a number was expected, got '1.5'"),
        ({"band_gap": True}, "band_gap: a number was expected, got True"),
        ({"band_gap": float("nan")}, "finite number"),
        ({"structure": {"lattice": {}}}, "missing field 'sites'"),
        ({"structure": None, "formula_pretty": None}, "names no element"),
        ({"material_id": "mp-1\n"}, "no control characters"),
        ({"builder_meta": "BY-C"}, "no attribute 'get'"),
    ],
)
def test_a_document_that_does_not_fit_is_rejected_and_its_neighbours_pass(
    store: Store, api: Replay, change: dict[str, Any], reason: str
) -> None:
    page = _page_of(api, 7)
    page["data"][3] |= change
    api.said["_skip=7"] = [(200, json.dumps(page).encode())]
    records = _harvest(store, {"endpoint": api.address, "page_size": 7})
    rejected = _rows(store, records, "rejected")
    assert [row["pointer"] for row in rejected] == ["json=/data/3"]
    assert reason in rejected[0]["reasons"][0]
    assert len(_rows(store, records)) == len(SERVED) - 1


def test_only_the_properties_asked_for_are_asked_for_and_read(store: Store, endpoint: str) -> None:
    options = {"endpoint": endpoint, "page_size": 7, "properties": ["band_gap", "bulk_modulus"]}
    records = _harvest(store, options)
    assert {row["property"] for row in _rows(store, records, "properties")} == {"band_gap", "bulk_modulus"}
    asked = next(e.uri for e in store.ledger.exchanges() if "/summary/" in e.uri)
    fields = dict(parse_qsl(urlsplit(asked).query))["_fields"].split(",")
    assert fields[-2:] == ["band_gap", "bulk_modulus"]


def test_pages_are_asked_for_in_order_and_between_two_heartbeats(store: Store, api: Replay) -> None:
    _harvest(store, {"endpoint": api.address, "page_size": 7})
    assert [urlsplit(path).path for path in api.paths] == ["/heartbeat", *["/materials/summary/"] * 3, "/heartbeat"]
    queries = [dict(parse_qsl(urlsplit(path).query)) for path in api.paths[1:4]]
    assert [query["_skip"] for query in queries] == ["0", "7", "14"]
    assert {(q["_sort_fields"], q["_limit"], q["deprecated"]) for q in queries} == {("material_id", "7", "false")}


def test_both_ways_replay_without_network(store: Store, api: Replay, table: Replay) -> None:
    ways = [
        {"endpoint": api.address, "page_size": 7},
        {"bulk": True, "db_version": VERSION, "bulk_endpoint": table.address},
    ]
    for options in ways:
        first = _harvest(store, options)
        asked = len(api.asked) + len(table.asked)
        assert _harvest(store, options, offline=True) == first
        assert len(api.asked) + len(table.asked) == asked


def _everything(folder: Path) -> bytes:
    """Return all bytes of a store, those of its archive unpacked too."""
    parts = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        parts += [str(path).encode(), path.read_bytes()]
        if path.suffix == ".gz":
            parts.append(gzip.decompress(parts[-1]))
        if path.suffix == ".parquet":
            parts.append(json.dumps(pq.read_table(path).to_pylist(), default=str).encode())
    return b"\n".join(parts)


def test_the_key_goes_to_the_provider_and_nowhere_else(
    store: Store, api: Replay, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(0)
    _harvest(store, {"endpoint": api.address, "page_size": 7})
    assert {headers.get("X-API-KEY") for _, headers in api.asked} == {CANARY}
    api.said["/materials/summary/"] = [(403, b"no")]
    with pytest.raises(CredentialsError) as refused:
        _harvest(store, {"endpoint": api.address, "page_size": 6})
    api.said["/materials/summary/"] = [(200, b"no")]
    with pytest.raises(HarvestError) as garbled:
        _harvest(store, {"endpoint": api.address, "page_size": 5})
    store.ledger._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    stored = _everything(store.folder)
    assert b"heartbeat" in stored
    assert len(stored) > 50_000
    assert CANARY.encode() not in stored
    assert CANARY not in caplog.text + str(refused.value) + str(garbled.value) + "".join(capfd.readouterr())


def test_the_api_is_not_asked_without_a_key(store: Store, api: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MP_API_KEY")
    with pytest.raises(CredentialsError, match="set MP_API_KEY or PMG_MAPI_KEY"):
        _harvest(store, {"endpoint": api.address})
    assert api.asked == []
    monkeypatch.setenv("PMG_MAPI_KEY", CANARY)
    assert _harvest(store, {"endpoint": api.address, "page_size": 7}).pin.records == len(SERVED)


def test_the_public_table_is_read_without_a_key(store: Store, table: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.delenv("MP_API_KEY", raising=False)
    monkeypatch.delenv("PMG_MAPI_KEY", raising=False)
    records = _harvest(store, {"bulk": True, "db_version": VERSION, "bulk_endpoint": table.address})
    assert records.pin.records == COUNT[VERSION]


def test_the_key_is_not_shown_to_the_public_table(store: Store, table: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("MP_API_KEY", CANARY)
    _harvest(store, {"bulk": True, "db_version": VERSION, "bulk_endpoint": table.address})
    assert {headers.get("X-API-KEY") for _, headers in table.asked} == {None}


KILLED = """\
import json, sys
from pathlib import Path
from harvest.attempt import choose_attempt
from harvest.sources.materials_project import MaterialsProjectSource
from harvest.store import Store
from harvest.walk import Walk
source = MaterialsProjectSource()
plan = source.plan("mp", json.loads(sys.argv[2]), Path())
with Store(Path(sys.argv[1])) as store:
    attempt = choose_attempt(store.ledger, plan, None, update=False)
    Walk(store, source, plan, attempt, offline=False, progress=None).run("tests")
"""


@pytest.mark.parametrize("way", ["api", "table"])
def test_what_was_fetched_before_a_kill_is_not_fetched_again(
    store: Store, api: Replay, table: Replay, way: str
) -> None:
    server, options = {
        "api": (api, {"endpoint": api.address, "page_size": 7}),
        "table": (table, {"bulk": True, "db_version": VERSION, "bulk_endpoint": table.address}),
    }[way]
    command = [sys.executable, "-c", KILLED, str(store.folder), json.dumps(options)]
    with subprocess.Popen(command) as process:

        def kill(_: str) -> None:
            if len(server.asked) == 4:
                process.send_signal(signal.SIGKILL)
                process.wait()

        server.before = kill
        process.wait(timeout=120)
    assert process.returncode == -signal.SIGKILL
    server.before = lambda _: None
    whole = _harvest(store, options)
    asked = server.paths
    assert len(asked) == {"api": 5, "table": 8}[way] + 1
    repeated = [path for path, times in Counter(p for p in asked if p != "/heartbeat").items() if times > 1]
    assert repeated == [asked[3]], "only the page in flight may be asked for again"
    with Store(store.folder.with_name("undisturbed"), clock=store.clock) as other:
        assert _harvest(other, options).pin == whole.pin


def test_a_value_of_the_table_leads_back_to_its_cell(table: Replay, store: Store) -> None:
    records = _harvest(store, {"bulk": True, "db_version": VERSION, "bulk_endpoint": table.address})
    _ = [_cell(store, row) for row in _rows(store, records, "properties")]


def _cell(store: Store, row: dict[str, Any]) -> None:
    stored = store.ledger.find_raw(row["raw_sha256"])
    assert stored is not None
    payload = store.archive.read(stored.place, sha256=stored.sha256).payload
    there = text_at(payload, Pointer.parse(row["pointer"]))
    assert there == row["text"] or float(there) == float(row["text"])


class TestApi(SourceContract):
    source = MaterialsProjectSource

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path

    @pytest.fixture
    def options(self, endpoint: str) -> dict[str, Any]:
        return {"endpoint": endpoint, "page_size": 7}


class TestTable(SourceContract):
    source = MaterialsProjectSource

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path

    @pytest.fixture
    def options(self, bulk_endpoint: str) -> dict[str, Any]:
        return {"bulk": True, "db_version": VERSION, "bulk_endpoint": bulk_endpoint}
