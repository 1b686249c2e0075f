"""A provider that fails in every way that providers were seen to fail: each row comes, or its absence is said."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from harvest import beside
from harvest.errors import HarvestError, IncompleteError, RateLimitedError
from harvest.faults import FAULTS, Fault, Outcome, answers, cut, flipping, retry_at
from harvest.faultserver import FaultServer
from harvest.generated_provider import GeneratedProvider
from harvest.http import HttpClient, Patience
from harvest.store import Store
from harvest.walk import Walk

if TYPE_CHECKING:
    from pathlib import Path

    from harvest.runner import HarvestReport

PROVIDER = GeneratedProvider(n_entries=30, page_size=10)
RECIPE = """\
[dataset]
name = "faulty"
title = "A provider that fails"
licence = "CC0-1.0"

[[sources]]
source = "optimade"
name = "faulty"
base_url = "{base_url}"
licence = "CC0-1.0"
page_limit = 10
fields = {{ _gen_band_gap = {{ property = "band_gap", unit = "eV", method = "dft" }} }}
"""
MOST_REQUESTS = 20
# Two clocks of one machine read the same moment this far apart at most.
SECONDS_APART = 0.005


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let walks wait as long as a provider asks for, but not before they try again on their own account."""

    def client(walk: Walk) -> HttpClient:
        patience = Patience(first_wait_seconds=0.001, read_seconds=5.0, max_bytes=1 << 22)
        return HttpClient(hosts=walk._plan.hosts, requests_per_second=1e6, patience=patience)

    monkeypatch.setattr(Walk, "_client", client)


def harvest(server: FaultServer, folder: Path) -> HarvestReport:
    recipe = folder / "recipe.toml"
    recipe.write_text(RECIPE.format(base_url=server.base_url), encoding="utf-8")
    with Store(folder / "store") as store:
        return store.harvest(recipe)


def harvested(report: HarvestReport, folder: Path) -> dict[str, float]:
    """Return the band gap of each record that came, by id."""
    (source,) = report.records.sources
    records = folder / "store" / source.folder
    ids = {row["entry_id"]: row["source_id"] for row in pq.read_table(records / "entries.parquet").to_pylist()}
    values = pq.read_table(records / "properties.parquet").to_pylist()
    assert len(values) == len(ids)
    return {ids[row["entry_id"]]: row["value"] for row in values}


def truth(provider: GeneratedProvider) -> dict[str, float]:
    numbers = range(provider.first, provider.first + provider.n_entries)
    return dict(zip(provider.ids, map(provider.band_gap, numbers), strict=True))


def pages(server: FaultServer) -> list[int]:
    """Return which pages of entries were asked for, in order."""
    return [asked.page for asked in server.asked if asked.page]


def nothing_published(folder: Path) -> bool:
    return not list((folder / "store" / "records").glob("*/*/manifest.json"))


def named(outcome: Outcome) -> list[str]:
    return [name for name, fault in FAULTS.items() if fault.outcome is outcome]


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("name", named(Outcome.RECOVERED))
def test_every_row_comes_where_the_fault_passes(name: str, tmp_path: Path) -> None:
    with FaultServer(PROVIDER, fault=FAULTS[name].make(PROVIDER)) as server:
        report = harvest(server, tmp_path)
    assert harvested(report, tmp_path) == truth(PROVIDER)
    assert len(server.asked) <= MOST_REQUESTS


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("name", named(Outcome.REFUSED))
def test_nothing_is_published_where_the_fault_lasts(name: str, tmp_path: Path) -> None:
    with FaultServer(PROVIDER, fault=FAULTS[name].make(PROVIDER)) as server:
        with pytest.raises(HarvestError) as caught:
            harvest(server, tmp_path)
        assert server.foreign == []
    assert caught.value.exit_code in {4, 6, 75}
    assert nothing_published(tmp_path)
    assert len(server.asked) <= MOST_REQUESTS


def sampled(outcome: Outcome) -> list[object]:
    """Return the names of faults; all but some of them are for a sweep."""
    names = named(outcome)
    return [
        name if number % 8 == 0 else pytest.param(name, marks=pytest.mark.sweep) for number, name in enumerate(names)
    ]


@pytest.fixture
def _read_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count one record as enough for a process of its own that reads the pages."""
    monkeypatch.setattr(beside, "MANY", 1)


@pytest.mark.usefixtures("_impatient", "_read_beside")
@pytest.mark.parametrize("name", sampled(Outcome.RECOVERED))
def test_every_row_comes_where_pages_are_read_beside(name: str, tmp_path: Path) -> None:
    test_every_row_comes_where_the_fault_passes(name, tmp_path)


@pytest.mark.usefixtures("_impatient", "_read_beside")
@pytest.mark.parametrize("name", sampled(Outcome.REFUSED))
def test_nothing_is_published_where_pages_are_read_beside(name: str, tmp_path: Path) -> None:
    test_nothing_is_published_where_the_fault_lasts(name, tmp_path)


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("page", [1, 2, 3])
@pytest.mark.parametrize("announced", [True, False])
def test_a_body_cut_on_any_page_is_fetched_again(page: int, tmp_path: Path, *, announced: bool) -> None:
    with FaultServer(PROVIDER, fault=cut(11, page=page, times=3, announced=announced)) as server:
        report = harvest(server, tmp_path)
    assert harvested(report, tmp_path) == truth(PROVIDER)
    assert len([asked for asked in server.asked if asked.page == page]) == 4


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_version_that_changes_on_any_page_mixes_nothing(page: int, tmp_path: Path) -> None:
    with (
        FaultServer(PROVIDER, fault=flipping(PROVIDER, page)) as server,
        pytest.raises(IncompleteError, match=r"changed its version during the harvest .*1\.0.*2\.0"),
    ):
        harvest(server, tmp_path)
    assert nothing_published(tmp_path)


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize(
    "fault", [answers(429, headers={"Retry-After": "1"}, times=2), retry_at(1, times=2)], ids=["seconds", "date"]
)
def test_no_request_comes_earlier_than_the_provider_asked_for(fault: Fault, tmp_path: Path) -> None:
    with FaultServer(PROVIDER, fault=fault) as server:
        harvest(server, tmp_path)
    times = [asked.at for asked in server.asked if asked.page == 2]
    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(waits) == 2
    assert min(waits) >= 1.0 - SECONDS_APART


@pytest.mark.usefixtures("_impatient")
def test_after_a_long_wait_the_next_run_goes_on_at_that_page(tmp_path: Path) -> None:
    with FaultServer(PROVIDER, fault=FAULTS["429, wait an hour"].make(PROVIDER)) as server:
        with pytest.raises(RateLimitedError) as caught:
            harvest(server, tmp_path)
        assert caught.value.wait_seconds == 3600
        assert pages(server) == [1, 2]
        server.fault = None
        server.forget()
        report = harvest(server, tmp_path)
        assert pages(server) == [2, 3]
    assert harvested(report, tmp_path) == truth(PROVIDER)
