"""Real OPTIMADE servers with every fault in front of them: each row comes, or its absence is said."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from harvest.errors import HarvestError
from harvest.faults import FAULTS, Outcome
from harvest.faultserver import FaultServer
from harvest.http import HttpClient, Patience
from harvest.served_provider import ServedProvider
from harvest.store import Store
from harvest.walk import Walk

if TYPE_CHECKING:
    from pathlib import Path

    from harvest.faults import NamedFault

RECIPE = """\
[dataset]
name = "faulty"
title = "A real server that fails"
licence = "CC0-1.0"

[[sources]]
source = "optimade"
name = "faulty"
base_url = "{base_url}"
licence = "CC0-1.0"
page_limit = {page_limit}
fields = {{ {field} = {{ property = "{property}", unit = "{unit}", method = "unknown" }} }}
"""
MOST_REQUESTS_BESIDE_PAGES = 20


@dataclass(frozen=True)
class Served:
    """A real server, and what is asked of it."""

    provider: ServedProvider
    rows: int
    field: str
    property: str
    unit: str

    def recipe(self, base_url: str) -> str:
        asked = {"field": self.field, "property": self.property, "unit": self.unit}
        return RECIPE.format(base_url=base_url, page_limit=self.provider.page_size, **asked)


@pytest.fixture
def reference(optimade_server: str) -> Served:
    """The structures that the reference server brings along."""
    return Served(ServedProvider(optimade_server, 5), 17, "_exmpl_band_gap", "band_gap", "eV")


@pytest.fixture
def sample(sample_server: str) -> Served:
    """Structures of the sample that ships, by the same server."""
    return Served(ServedProvider(sample_server, 40), 320, "_exmpl_refractive_index", "refractive_index", "1")


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let walks wait as long as a provider asks for, but not before they try again on their own account."""

    def client(walk: Walk) -> HttpClient:
        patience = Patience(first_wait_seconds=0.001, read_seconds=5.0, max_bytes=1 << 22)
        return HttpClient(hosts=walk._plan.hosts, requests_per_second=1e6, patience=patience)

    monkeypatch.setattr(Walk, "_client", client)


def harvested(served: Served, base_url: str, folder: Path) -> dict[str, float]:
    """Harvest; return the value of each record, by id."""
    folder.mkdir(exist_ok=True)
    (folder / "recipe.toml").write_text(served.recipe(base_url), encoding="utf-8")
    with Store(folder / "store") as store:
        (source,) = store.harvest(folder / "recipe.toml").records.sources
        records = store.folder / source.folder
        entries, values = (pq.read_table(records / f"{name}.parquet") for name in ("entries", "properties"))
    ids = {row["entry_id"]: row["source_id"] for row in entries.to_pylist()}
    return {ids[row["entry_id"]]: row["value"] for row in values.to_pylist()}


def proven(served: Served, name: str, folder: Path) -> None:
    """Harvest without and with a fault: all rows come, or nothing is published and an error says why."""
    fault = FAULTS[name]
    truth = harvested(served, served.provider.base_url, folder / "right")
    assert len(truth) == served.rows
    with FaultServer(served.provider, fault=fault.make(served.provider)) as server:
        if fault.outcome is Outcome.RECOVERED:
            assert harvested(served, server.base_url, folder / "faulty") == truth
        else:
            with pytest.raises(HarvestError) as caught:
                harvested(served, server.base_url, folder / "faulty")
            assert caught.value.exit_code in {4, 6, 75}
            assert not list((folder / "faulty/store/records").glob("*/*/manifest.json"))
        assert server.foreign == []
        assert len(server.asked) <= MOST_REQUESTS_BESIDE_PAGES + served.rows / served.provider.page_size


def one_a_promise() -> list[str]:
    """Return the last fault of each promise and outcome, and a source that ends early without a word."""
    groups = groupby(sorted(FAULTS.values(), key=_group), key=_group)
    return ["short source", *(list(faults)[-1].name for _, faults in groups)]


def _group(fault: NamedFault) -> tuple[int, str]:
    return fault.promise, fault.outcome.value


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("name", one_a_promise())
def test_no_row_of_the_reference_server_is_lost_unnoticed(name: str, reference: Served, tmp_path: Path) -> None:
    proven(reference, name, tmp_path)


@pytest.mark.sweep
@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("name", FAULTS)
def test_no_row_of_the_reference_server_is_lost_unnoticed_by_any_fault(
    name: str, reference: Served, tmp_path: Path
) -> None:
    proven(reference, name, tmp_path)


@pytest.mark.sweep
@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("name", FAULTS)
def test_no_row_of_hundreds_is_lost_unnoticed_by_any_fault(name: str, sample: Served, tmp_path: Path) -> None:
    proven(sample, name, tmp_path)


@pytest.mark.usefixtures("_impatient")
def test_without_a_fault_the_way_through_changes_nothing(reference: Served, tmp_path: Path) -> None:
    truth = harvested(reference, reference.provider.base_url, tmp_path / "right")
    with FaultServer(reference.provider) as server:
        assert harvested(reference, server.base_url, tmp_path / "through") == truth
        pages = [asked.page for asked in server.asked if asked.page]
    assert pages == [1, 2, 3, 4]
