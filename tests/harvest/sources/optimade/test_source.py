"""OPTIMADE: a real server through real HTTP, page by page; and providers that promise more than they give."""

from __future__ import annotations

import gzip
import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from harvest import Mode, Store
from harvest.errors import ContractError, ForbiddenHostError, HarvestError, IncompleteError, TransportError
from harvest.ledger import State
from harvest.sources.optimade import OptimadeSource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conftest import Provider

PROJECT = Path(__file__).parents[4]
N_STRUCTURES = 17
FIRST = "/v1/structures"
DESCRIBED = {"_exmpl_band_gap": {"description": "Made up.", "type": "float", "unit": "eV"}}

type Serve = Callable[..., None]
type Harvest = Callable[..., dict[str, list[dict[str, Any]]]]


@pytest.fixture
def recipe(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that writes the recipe that ships, with another address."""
    text = (PROJECT / "data/recipes/optimade_loopback.toml").read_text(encoding="utf-8")

    def write(base_url: str) -> Path:
        path = tmp_path / "recipe.toml"
        path.write_text(text.replace("http://127.0.0.1:5005", base_url), encoding="utf-8")
        return path

    return write


def test_all_entries_of_a_real_server_become_a_dataset_whose_ledger_adds_up(
    store: Store, recipe: Callable[[str], Path], optimade_server: str
) -> None:
    from curation import curate

    path = recipe(optimade_server)
    first = store.harvest(path)
    (source,) = first.records.sources
    pages = 3 + -(-N_STRUCTURES // 5)  # /info before and after, /info/structures, the structures in pages of five
    assert (source.pin.records, source.pin.pages, first.fetched) == (N_STRUCTURES, pages, {"reference": pages})
    assert (source.licence, source.complete, source.delivered_twice) == ("MIT", True, 0)
    values = pq.read_table(store.folder / source.folder / "properties.parquet").to_pylist()
    assert sorted(row["value"] for row in values) == [number / 4 for number in range(N_STRUCTURES)]

    second = store.harvest(path)
    assert (second.fetched, second.parsed) == ({}, ())
    assert second.records == first.records

    dataset = curate(store.folder, "optimade_loopback").dataset
    (line,) = dataset.manifest.ledger.lines
    sums = line.entries
    assert sums.harvested == N_STRUCTURES == sums.kept + sums.merged + sums.quarantined
    assert sums.kept > 0
    assert line.values.harvested == N_STRUCTURES


def test_a_replay_without_server_gives_the_same_records(
    store: Store, recipe: Callable[[str], Path], optimade_server: str
) -> None:
    import shutil

    path = recipe(optimade_server)
    first = store.harvest(path)
    parts = {p.name: p.read_bytes() for p in store.folder.glob("records/reference/*/*")}
    shutil.rmtree(store.folder / "records")
    replayed = store.harvest(path, mode=Mode(offline=True, locked=True))
    assert replayed.records == first.records
    assert replayed.fetched == {}
    assert {p.name: p.read_bytes() for p in store.folder.glob("records/reference/*/*")} == parts


def test_a_filter_reaches_the_server(store: Store, recipe: Callable[[str], Path], optimade_server: str) -> None:
    path = recipe(optimade_server)
    text = path.read_text(encoding="utf-8").replace("page_limit = 5", "filter = 'elements HAS \"Ag\"'")
    path.write_text(text, encoding="utf-8")
    (source,) = store.harvest(path).records.sources
    entries = pq.read_table(store.folder / source.folder / "entries.parquet").to_pylist()
    assert 0 < len(entries) < N_STRUCTURES
    assert all("Ag" in row["elements"] for row in entries)


def test_hundreds_of_structures_come_whole_and_equal_to_the_sample(
    store: Store, sample_server: str, recipe: Callable[[str], Path]
) -> None:
    path = recipe(sample_server)
    text = path.read_text(encoding="utf-8").replace("page_limit = 5", "page_limit = 30")
    text = text.replace("_exmpl_band_gap", "_exmpl_refractive_index").replace('"band_gap"', '"refractive_index"')
    path.write_text(text.replace('unit = "eV"', 'unit = "1"'), encoding="utf-8")
    (source,) = store.harvest(path).records.sources
    assert (source.pin.records, source.pin.pages, source.complete) == (320, 3 + -(-320 // 30), True)
    tables = {n: pq.read_table(store.folder / source.folder / f"{n}.parquet") for n in ("entries", "properties")}
    names = dict(tables["entries"].select(["entry_id", "source_id"]).to_pandas().itertuples(index=False))
    values = {names[row["entry_id"]]: row["value"] for row in tables["properties"].to_pylist()}
    with gzip.open(PROJECT / "data/samples/matbench_dielectric.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in islice(lines, 320)]
    assert values == {f"sample-{row['id']}": row["n"] for row in rows}
    sites = {row["source_id"]: len(row["site_species"]) for row in tables["entries"].to_pylist()}
    assert sites == {f"sample-{row['id']}": len(row["structure"]["sites"]) for row in rows}


def entry(identity: str, **attributes: Any) -> dict[str, Any]:  # noqa: ANN401 — JSON
    known = {
        "chemical_formula_reduced": "Si",
        "lattice_vectors": [[4, 0, 0], [0, 4, 0], [0, 0, 4]],
        "cartesian_site_positions": [[1, 2, 3]],
        "species": [{"name": "Si", "chemical_symbols": ["Si"], "concentration": [1.0]}],
        "species_at_sites": ["Si"],
        "_exmpl_band_gap": 1.1,
    }
    return {"id": identity, "type": "structures", "attributes": known | attributes}


@pytest.fixture
def serve(provider: Provider) -> Serve:
    """Return a function that serves pages, each a list of entries; `links` and `promised` tell lies about them."""

    def told(
        *pages: list[Any],
        links: dict[int, str] | None = None,
        promised: int | None = None,
        versions: tuple[str, ...] = ("1.2.0",),
        described: Mapping[str, Any] = DESCRIBED,
    ) -> None:
        provider.forget()
        for version in versions:
            provider.answer("/v1/info", json.dumps({"data": {}, "meta": {"api_version": version}}).encode())
        provider.answer("/v1/info/structures", json.dumps({"data": {"properties": described}}).encode())
        paths = [FIRST, *(f"{FIRST}?page={number}" for number in range(1, len(pages)))]
        following = dict(enumerate(paths[1:])) | (links or {})
        count = sum(map(len, pages)) if promised is None else promised
        for number, entries in enumerate(pages):
            body = {"data": entries, "meta": {"data_returned": count}, "links": {"next": following.get(number)}}
            provider.answer(paths[number], json.dumps(body).encode())

    return told


@pytest.fixture
def harvest(store: Store, provider: Provider, recipe: Callable[[str], Path], sleepless_walks: None) -> Harvest:
    """Return a function that harvests what is served and returns its tables."""
    del sleepless_walks

    def run(**mode: bool) -> dict[str, list[dict[str, Any]]]:
        (source,) = store.harvest(recipe(provider.origin), mode=Mode(**mode)).records.sources
        folder = store.folder / source.folder
        return {table: pq.read_table(folder / f"{table}.parquet").to_pylist() for table in ("entries", "rejected")}

    return run


def test_whole_pages_are_taken(serve: Serve, harvest: Harvest) -> None:
    serve([entry("a"), entry("b")], [entry("c")])
    assert [row["source_id"] for row in harvest()["entries"]] == ["a", "b", "c"]


def test_a_source_that_gives_less_than_it_promised_is_incomplete(
    serve: Serve, harvest: Harvest, store: Store, provider: Provider
) -> None:
    serve([entry("a"), entry("b")], promised=3)
    with pytest.raises(IncompleteError, match="reference: 3 records promised, 2 distinct ones received") as caught:
        harvest()
    assert caught.value.exit_code == 4
    assert not list(store.folder.glob("records/*.json"))
    last = store.ledger.last_harvest("reference")
    assert last is not None
    assert last.state is State.INCOMPLETE
    asked = len(provider.asked)
    serve([entry("a"), entry("b"), entry("c")])
    assert len(harvest()["entries"]) == 3
    assert asked == 4


def test_the_same_record_twice_does_not_count_twice(serve: Serve, harvest: Harvest) -> None:
    serve([entry("a"), entry("b")], [entry("b"), entry("c")], promised=4)
    with pytest.raises(IncompleteError, match="4 records promised, 3 distinct ones received"):
        harvest()


def test_another_record_of_the_same_id_is_kept_apart_with_its_reason(serve: Serve, harvest: Harvest) -> None:
    serve([entry("a"), entry("b")], [entry("b", _exmpl_band_gap=2.2)])
    tables = harvest()
    assert [row["source_id"] for row in tables["entries"]] == ["a", "b"]
    assert [row["source_id"] for row in tables["rejected"]] == ["b"]
    assert "duplicate_id: b was delivered before with other content" in tables["rejected"][0]["reasons"][0]


def test_a_next_link_that_leads_back_is_refused(serve: Serve, harvest: Harvest) -> None:
    serve([entry("a")], [entry("b")], links={1: f"{FIRST}?page=1"})
    with pytest.raises(ContractError, match="leads back to a page that was walked already"):
        harvest()


def test_an_empty_page_that_names_a_next_one_is_no_answer(serve: Serve, harvest: Harvest) -> None:
    serve([entry("a")], [], [entry("b")])
    with pytest.raises(TransportError, match="3 attempts failed, the last with: the page is empty, but names a next"):
        harvest()


def test_a_next_link_to_another_host_is_refused(serve: Serve, harvest: Harvest) -> None:
    serve([entry("a")], links={0: "http://127.0.0.2/v1/structures"})
    with pytest.raises(ForbiddenHostError):
        harvest()


def test_a_source_that_changes_during_the_walk_is_asked_anew(serve: Serve, harvest: Harvest, store: Store) -> None:
    serve([entry("a")], versions=("1.2.0", "1.3.0"))
    with pytest.raises(IncompleteError, match=r"changed its version during the harvest \(api 1\.2\.0.*api 1\.3\.0"):
        harvest()
    last = store.ledger.last_harvest("reference")
    assert last is not None
    assert last.state is State.DISCARDED
    serve([entry("a")], versions=("1.3.0",))
    assert len(harvest()["entries"]) == 1


def test_an_entry_that_does_not_fit_is_rejected_and_its_neighbours_pass(serve: Serve, harvest: Harvest) -> None:
    odd = [
        {"id": "no-attributes", "type": "structures"},
        entry("flat", lattice_vectors=[[1, 0, 0], [0, 1, 0], [1, 1, 0]]),
        entry("slab", dimension_types=[1, 1, 0]),
        entry("odd-element", species=[{"name": "Si", "chemical_symbols": ["Qq"], "concentration": [1.0]}]),
        entry("no-species", species_at_sites=["Ge"]),
        entry("word", _exmpl_band_gap="large"),
        entry("infinite", _exmpl_band_gap=1e999),
        entry("\ud800"),
        None,
        "text",
    ]
    serve([entry("a"), *odd, entry("z")])
    tables = harvest()
    assert [row["source_id"] for row in tables["entries"]] == ["a", "z"]
    assert len(tables["rejected"]) == len(odd)
    assert all(row["reasons"][0].startswith("does_not_fit: ") for row in tables["rejected"])
    assert [row["pointer"] for row in tables["rejected"]] == [f"json=/data/{n}" for n in range(1, len(odd) + 1)]


def test_an_interrupted_walk_goes_on_with_the_page_that_is_missing(
    serve: Serve, harvest: Harvest, provider: Provider
) -> None:
    serve([entry("a")], [entry("b")], [entry("c")])
    whole = provider.replies.pop(f"{FIRST}?page=2")
    provider.answer(f"{FIRST}?page=2", b"down", status=503)
    with pytest.raises(TransportError):
        harvest()
    provider.replies[f"{FIRST}?page=2"] = whole
    provider.asked.clear()
    assert [row["source_id"] for row in harvest()["entries"]] == ["a", "b", "c"]
    assert provider.asked == ["/v1/structures?page=2", "/v1/info"]


@pytest.mark.parametrize("update", [False, True])
def test_a_provider_that_mended_its_links_can_be_harvested(serve: Serve, harvest: Harvest, update: bool) -> None:
    serve([entry("a")], [entry("b")], links={1: f"{FIRST}?page=1"})
    with pytest.raises(ContractError):
        harvest()
    serve([entry("a")], [entry("b")])
    assert len(harvest(update=update)["entries"]) == 2


@pytest.mark.parametrize(
    "body", [{"meta": None}, {"meta": {"data_returned": "1"}}, {"links": [1]}, {"links": {"next": 5}}]
)
def test_an_answer_of_another_shape_breaks_the_contract_not_the_program(
    serve: Serve, harvest: Harvest, provider: Provider, body: dict[str, Any]
) -> None:
    serve([entry("a")])
    provider.replies[FIRST].clear()
    provider.answer(FIRST, json.dumps({"data": [entry("a")], **body}).encode())
    with pytest.raises(HarvestError):
        harvest()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "either `provider` or `base_url`"),
        ({"provider": "mp", "base_url": "http://127.0.0.1"}, "either `provider` or `base_url`"),
        ({"base_url": "http://127.0.0.1"}, "needs a `licence`"),
        ({"provider": "mp", "page_limit": 0}, "greater than 0"),
        ({"provider": "mp", "properties": ["bandgap"]}, "did you mean band_gap"),
        ({"provider": "mp", "fields": {"x": {"property": "band_gap", "unit": "GPa", "method": "dft"}}}, "dimension"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        OptimadeSource().plan("x", options, Path())


def test_a_known_provider_is_asked_slowly_and_under_its_licence() -> None:
    plan = OptimadeSource().plan("x", {"provider": "cod"}, Path())
    assert (plan.about.licence, plan.requests_per_second) == ("CC-PDDC", 2.0)
    assert plan.hosts == {"www.crystallography.net"}
