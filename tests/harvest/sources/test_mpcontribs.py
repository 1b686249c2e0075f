"""MPContribs: a service that answers as the API does, by its sources and its client; pages, units, licence, privacy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import pytest

from harvest import Mode
from harvest.errors import ContractError, IncompleteError, TransportError
from harvest.sources.mpcontribs import MpcontribsSource
from harvest.testing import SourceContract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Harvested, WebService

GAP = {"property": "band_gap", "unit": "eV", "method": "experiment"}
FIELDS = {"gap.direct": GAP, "phase_symbol": {"property": "space_group_symbol", "unit": "1", "method": "experiment"}}

type Harvest = Callable[..., Harvested]


def quantity(value: float, unit: str = "eV", error: float | None = None) -> dict[str, Any]:
    """Return a value as the API stores it."""
    return {"display": f"{value} {unit}", "value": value, "unit": unit, "error": error}


def contribution(number: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 — JSON
    return {
        "id": f"5e{number:022x}",
        "identifier": f"mp-{number}",
        "formula": "TiO2",
        "is_public": True,
        "last_modified": "2024-05-06T07:08:09.010000",
        "data": {"gap": {"direct": quantity(number / 8, error=0.25)}, "phase_symbol": "P4_2/mnm"},
        **more,
    }


class Api:
    """The two calls that are made, answered with the protocol of the API: projects and contributions, page by page."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        self.project: dict[str, Any] = {
            "name": "oxide_gaps",
            "title": "Gaps",
            "license": "CCA4",
            "columns": [
                {"path": "data.gap.direct", "min": 0, "max": 9, "unit": "eV"},
                {"path": "data.phase_symbol", "min": None, "max": None, "unit": "NaN"},
            ],
        }
        self.total: int | None = None

    def answer(self, path: str, _body: bytes = b"") -> tuple[int, bytes]:
        parts = urlsplit(path)
        asked = dict(parse_qsl(parts.query))
        if parts.path == "/projects/oxide_gaps/":
            wanted = asked["_fields"].split(",")
            return 200, json.dumps({k: v for k, v in self.project.items() if k in wanted}).encode()
        if parts.path != "/contributions/" or asked["project"] != "oxide_gaps":
            return 404, b'{"error": "no such project"}'
        size, number = int(asked["per_page"]), int(asked["page"])
        names = asked.get("identifier__in", "").split(",")
        rows = [row for row in self.rows if names == [""] or row["identifier"] in names]
        total = len(rows) if self.total is None else self.total
        page = sorted(rows, key=lambda row: str(row[asked["_sort"]]))[(number - 1) * size : number * size]
        said = {"data": page, "has_more": number * size < total, "total_count": total, "total_pages": -(-total // size)}
        return 200, json.dumps(said).encode()


@pytest.fixture
def api(web_service: WebService) -> Api:
    found = Api([contribution(number) for number in range(1, 8)])
    web_service.answer = found.answer
    return found


@pytest.fixture
def harvest(api: Api, run_harvest: Callable[..., Harvested]) -> Harvest:
    del api

    def run(**options: Any) -> Harvested:  # noqa: ANN401 — of a recipe
        asked = {"project": "oxide_gaps", "fields": FIELDS, "page_size": 3}
        return run_harvest("mpcontribs", **(asked | options))

    return run


class TestContract(SourceContract):
    source = MpcontribsSource
    wrong_unit: ClassVar[dict[str, Any] | None] = {"fields": {"gap.direct": {**GAP, "unit": "GPa"}}}

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path

    @pytest.fixture
    def options(self, api: Api, web_service: WebService) -> dict[str, Any]:
        del api
        return {"project": "oxide_gaps", "fields": FIELDS, "page_size": 3, "base_url": web_service.origin}


def test_every_contribution_comes_with_its_values(harvest: Harvest, web_service: WebService) -> None:
    done = harvest()
    assert done.ids == [f"5e{number:022x}" for number in range(1, 8)]
    assert (done.source.licence, done.source.complete, done.source.pin.records) == ("CC-BY-4.0", True, 7)
    gap = done.values(f"5e{3:022x}")["band_gap"]
    assert (gap["value"], gap["uncertainty"], gap["unit"], gap["method"]) == (0.375, 0.25, "eV", "experiment")
    assert gap["pointer"] == "json=/data/2/data/gap/direct/value"
    assert done.values(f"5e{3:022x}")["space_group_symbol"]["category"] == "P4_2/mnm"
    entry = done.entry(f"5e{3:022x}")
    assert (entry["formula_given"], entry["phase"]) == ("TiO2", "mp-3")
    assert [path.partition("?")[0] for path, _ in web_service.asked].count("/contributions/") == 3


def test_a_replay_needs_no_service(prove_replay: Callable[..., Harvested], api: Api) -> None:
    del api
    assert len(prove_replay("mpcontribs", project="oxide_gaps", fields=FIELDS, page_size=3).ids) == 7


def test_identifiers_reach_the_service(harvest: Harvest) -> None:
    assert harvest(identifiers=["mp-2", "mp-5"]).ids == [f"5e{2:022x}", f"5e{5:022x}"]


def test_nothing_is_asked_that_says_who_owns_a_project(harvest: Harvest, api: Api, web_service: WebService) -> None:
    api.project["owner"] = "google:someone@example.org"
    harvest()
    assert not any("owner" in path or "_all" in path for path, _ in web_service.asked)


def test_a_contribution_that_is_not_public_is_left_out_with_its_reason(harvest: Harvest, api: Api) -> None:
    api.rows[3]["is_public"] = False
    assert harvest().rejected == {f"5e{4:022x}": "does_not_fit: the contribution is not public"}


def test_a_value_in_another_unit_is_rejected_and_its_neighbours_pass(harvest: Harvest, api: Api) -> None:
    api.rows[3]["data"]["gap"]["direct"] = quantity(500, "meV")
    done = harvest()
    assert len(done.ids) == 6
    assert "in 'meV', where the project and the recipe say 'eV'" in done.rejected[f"5e{4:022x}"]


def test_a_column_without_value_is_none(harvest: Harvest, api: Api) -> None:
    api.rows[0]["data"] = {"phase_symbol": "P1"}
    done = harvest()
    assert "band_gap" not in done.values(f"5e{1:022x}")


def test_a_material_that_is_only_an_identifier_of_no_formula_is_rejected(harvest: Harvest, api: Api) -> None:
    api.rows[0] |= {"formula": "mp-1"}
    assert f"5e{1:022x}" in harvest().rejected


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ([{"path": "data.gap.indirect", "unit": "eV"}], r"no column 'gap\.direct'; it has gap\.indirect"),
        ([{"path": "data.gap.direct", "unit": "meV"}], r"gives 'gap\.direct' in 'meV', the recipe says 'eV'"),
    ],
)
def test_a_project_with_other_columns_is_refused(
    harvest: Harvest, api: Api, columns: list[dict[str, Any]], says: str
) -> None:
    api.project["columns"] = columns
    with pytest.raises(ContractError, match=says):
        harvest()


@pytest.mark.parametrize(("stated", "asked"), [("CCPD", "CC-BY-4.0"), ("CCA4", "CC-PDDC"), (None, "CC-BY-4.0")])
def test_a_project_under_another_licence_is_refused(harvest: Harvest, api: Api, stated: str | None, asked: str) -> None:
    api.project["license"] = stated
    with pytest.raises(ContractError, match=f"the card says {asked}"):
        harvest(licence=asked)


def test_a_count_that_does_not_come_is_noticed(harvest: Harvest, api: Api) -> None:
    api.total = 8
    with pytest.raises(IncompleteError, match="8 records promised, 7 distinct ones received"):
        harvest()


def test_an_empty_page_before_the_last_is_no_page(harvest: Harvest, api: Api) -> None:
    api.total = 15
    with pytest.raises(TransportError, match="the page is empty, but says that there are more"):
        harvest()


def test_columns_that_change_during_the_walk_are_noticed(harvest: Harvest, api: Api, web_service: WebService) -> None:
    def answer(path: str, body: bytes) -> tuple[int, bytes]:
        if "/contributions/" in path and len(api.project["columns"]) == 2:
            api.project["columns"].append({"path": "data.new", "unit": "K"})
        return api.answer(path, body)

    web_service.answer = answer
    with pytest.raises(IncompleteError, match="changed its version during the harvest"):
        harvest()
    assert len(harvest(mode=Mode(update=True)).ids) == 7
