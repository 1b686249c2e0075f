"""OQMD: what the service counts is received or rejected with a reason, or the harvest says that it is not whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import pytest
from pydantic import ValidationError

from harvest.errors import ContractError, IncompleteError, TransportError
from harvest.rest import MappedField
from harvest.sources.oqmd import OqmdSource
from harvest.testing import SourceContract
from schemas.recipe import RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Harvested, WebService

ENTRIES = json.loads((Path(__file__).parents[2] / "fixtures/oqmd/entries.json").read_text(encoding="utf-8"))

type Entries = list[Any]
type Answer = Callable[[str, bytes], tuple[int, bytes]]


def oqmd(entries: Entries, *, counted: int | None = None, change: Callable[[int, Any], None] | None = None) -> Answer:
    """Answer as OQMD does; `change` alters the page at an offset."""

    def answer(path: str, _body: bytes) -> tuple[int, bytes]:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        offset, limit, fields = int(asked["offset"]), int(asked["limit"]), asked["fields"].split(",")
        found = entries[offset : offset + limit]
        data = [{name: e[name] for name in fields if name in e} if isinstance(e, dict) else e for e in found]
        following = urlencode({**asked, "offset": str(offset + limit)})
        more = offset + limit < len(entries)
        body = {
            "links": {
                "next": f"http://oqmd.org/oqmdapi/formationenergy?{following}" if more else None,
                "previous": None,
                "base_url": {"href": "http://oqmd.org/oqmdapi", "meta": {"_oqmd_version": "1.0"}},
            },
            "resource": {},
            "data": data,
            "meta": {
                "query": {"representation": path},
                "api_version": "1.0",
                "time_stamp": "2026-01-02 03:04:05",
                "data_returned": len(data),
                "data_available": len(entries) if counted is None else counted,
                "comments": "",
                "query_tree": "",
                "more_data_available": more,
            },
            "response_message": "OK",
        }
        if change is not None:
            change(offset, body)
        return 200, json.dumps(body).encode()

    return answer


@pytest.fixture
def run(run_harvest: Callable[..., Harvested]) -> Callable[..., Harvested]:
    return lambda **options: run_harvest("oqmd", **{"page_limit": 2, **options})


class TestContract(SourceContract):
    source = OqmdSource

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path

    @pytest.fixture
    def options(self, web_service: WebService) -> dict[str, Any]:
        web_service.answer = oqmd(ENTRIES)
        return {"base_url": web_service.origin, "page_limit": 2}


def test_all_entries_are_received_with_values_units_and_cells(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    web_service.answer = oqmd(ENTRIES)
    got = run(filter="stability<0.1", composition="Na-Cl", icsd=True, noduplicate=True)
    assert (got.ids, got.rejected, got.fetched) == (["9001", "9002", "9003", "9004", "9005"], {}, 3)
    assert (got.source.licence, got.source.pin.version, got.source.pin.kind) == ("CC-BY-4.0", "api 1.0", "snapshot")
    assert "Kirklin" in got.source.attribution

    values = got.values("9004")
    assert (values["formation_energy"]["value"], values["formation_energy"]["unit"]) == (-3.38912345678901, "eV/atom")
    assert (values["energy_above_hull"]["value"], values["band_gap"]["value"]) == (0.0712, 1.845)
    assert (values["space_group_symbol"]["category"], values["space_group_symbol"]["value"]) == ("Pm-3m", None)
    assert {(value["method"], value["functional"]) for value in values.values()} == {("dft", "PBE")}
    assert values["band_gap"]["pointer"] == "json=/data/1/band_gap"

    perovskite = got.entry("9004")
    assert (perovskite["elements"], perovskite["amounts"]) == (["Ca", "O", "Ti"], [1.0, 3.0, 1.0])
    cell = np.reshape(perovskite["lattice_vectors"], (3, 3))
    assert np.linalg.det(cell) == pytest.approx(values["unit_cell_volume"]["value"])
    assert perovskite["fractional_positions"][3:6] == [0.0, 0.5, 0.5]

    asked = parse_qs(urlsplit(web_service.asked[0][0]).query)
    assert (asked["filter"], asked["composition"], asked["icsd"]) == (["stability<0.1"], ["Na-Cl"], ["True"])
    assert asked["noduplicate"] == ["True"]


def test_an_entry_without_cell_is_kept_by_its_formula_and_without_the_values_it_lacks(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    web_service.answer = oqmd(ENTRIES)
    got = run()
    assert (got.entry("9005")["lattice_vectors"], got.entry("9005")["elements"]) == (None, ["O", "Ti"])
    assert sorted(got.values("9005")) == ["energy_above_hull", "formation_energy"]


def test_named_properties_alone_are_asked_for_and_kept(web_service: WebService, run: Callable[..., Harvested]) -> None:
    web_service.answer = oqmd(ENTRIES)
    got = run(properties=["band_gap"])
    assert {row["property"] for row in got.tables["properties"]} == {"band_gap"}
    fields = parse_qs(urlsplit(web_service.asked[0][0]).query)["fields"][0].split(",")
    assert "band_gap" in fields
    assert "delta_e" not in fields


def test_a_second_run_asks_nothing_and_the_archive_alone_gives_the_same(
    web_service: WebService, prove_replay: Callable[..., Harvested]
) -> None:
    web_service.answer = oqmd(ENTRIES)
    assert prove_replay("oqmd", page_limit=2).fetched == 3


def test_fewer_entries_than_counted_are_an_incomplete_harvest(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    web_service.answer = oqmd(ENTRIES, counted=7)
    with pytest.raises(IncompleteError, match="7 records promised, 5 distinct ones received"):
        run()


def test_a_count_that_changes_on_the_way_is_an_incomplete_harvest(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    def drift(offset: int, body: Any) -> None:  # noqa: ANN401 — JSON
        body["meta"]["data_available"] += offset == 4

    web_service.answer = oqmd(ENTRIES, change=drift)
    with pytest.raises(IncompleteError, match="changed its count"):
        run()


def test_an_api_version_that_changes_on_the_way_discards_the_harvest(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    def drift(offset: int, body: Any) -> None:  # noqa: ANN401 — JSON
        body["meta"]["api_version"] = "1.0" if offset == 0 else "2.0"

    web_service.answer = oqmd(ENTRIES, change=drift)
    with pytest.raises(IncompleteError, match="changed its version"):
        run()


def test_an_entry_that_comes_twice_is_counted_once_and_so_the_harvest_is_short(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    web_service.answer = oqmd([*ENTRIES[:3], ENTRIES[0]])
    with pytest.raises(IncompleteError, match="4 records promised, 3 distinct"):
        run()


def test_the_same_id_with_other_content_is_rejected_not_lost(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    web_service.answer = oqmd([*ENTRIES[:3], {**ENTRIES[0], "band_gap": 1.0}])
    got = run()
    assert (got.source.pin.records, len(got.ids)) == (4, 3)
    assert got.rejected["9001"].startswith("duplicate_id")
    assert got.values("9001")["band_gap"]["value"] == ENTRIES[0]["band_gap"]


def test_a_next_link_that_leads_back_ends_the_harvest(web_service: WebService, run: Callable[..., Harvested]) -> None:
    def loop(offset: int, body: Any) -> None:  # noqa: ANN401 — JSON
        if offset:
            body["links"]["next"] = body["links"]["next"] and "?" + web_service.asked[0][0].partition("?")[2]

    web_service.answer = oqmd(ENTRIES, change=loop)
    with pytest.raises(ContractError, match="leads back"):
        run()
    assert len(web_service.asked) == 2


@pytest.mark.parametrize(
    "payload",
    [
        b"<html>maintenance</html>",
        b"",
        b'{"data": []}',
        b"[]",
        b'{"data": {}, "meta": {"data_available": 5}, "links": {}}',
        b'{"data": [], "meta": {"data_available": "5"}, "links": {}}',
        json.dumps(
            {"data": [], "meta": {"data_available": 5}, "links": {"next": "http://oqmd.org/?offset=2"}}
        ).encode(),
        b'{"data": [' + b"[" * 100_000,
    ],
    ids=["html", "nothing", "no count", "list", "data no list", "count no number", "empty with next", "nested"],
)
def test_an_answer_that_is_no_page_is_tried_again_and_then_refused(
    web_service: WebService, run: Callable[..., Harvested], payload: bytes
) -> None:
    web_service.answer = lambda _path, _body: (200, payload)
    with pytest.raises(TransportError, match="3 attempts failed"):
        run()
    assert len(web_service.asked) == 3


def test_a_link_to_another_host_is_asked_of_the_service_itself(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    def foreign(_offset: int, body: Any) -> None:  # noqa: ANN401 — JSON
        if body["links"]["next"]:
            body["links"]["next"] = body["links"]["next"].replace("oqmd.org", "192.0.2.1")

    web_service.answer = oqmd(ENTRIES, change=foreign)
    assert len(run().ids) == len(ENTRIES)


def _without(field: str) -> dict[str, Any]:
    return {name: value for name, value in ENTRIES[0].items() if name != field}


FAULTS: dict[str, tuple[Any, str]] = {
    "missing field": (_without("delta_e"), "missing field 'delta_e'"),
    "no id": (_without("entry_id"), "missing field 'entry_id'"),
    "NaN": ({**ENTRIES[0], "delta_e": float("nan")}, "finite number"),
    "infinite cell": ({**ENTRIES[0], "unit_cell": [[float("inf"), 0, 0], [0, 1, 0], [0, 0, 1]]}, "finite number"),
    "value with unit": ({**ENTRIES[0], "band_gap": "5.1 eV"}, "could not convert"),
    "truth for a number": ({**ENTRIES[0], "band_gap": True}, "a number was expected, got true"),
    "list for a number": ({**ENTRIES[0], "band_gap": [5.1]}, "a number was expected, got [5.1]"),
    "site of no element": ({**ENTRIES[0], "sites": ["Qq @ 0 0 0"]}, "Qq is no chemical element"),
    "site without place": ({**ENTRIES[0], "sites": ["Na"]}, "not enough values"),
    "shared site": ({**ENTRIES[0], "sites": ["(Na,K) @ 0 0 0"]}, "is no chemical element"),
    "sites without cell": ({**ENTRIES[0], "unit_cell": None}, "lattice_vectors"),
    "no entry": ("an entry", "does_not_fit"),
    "null": (None, "does_not_fit"),
}


@pytest.mark.parametrize(("entry", "reason"), FAULTS.values(), ids=FAULTS)
def test_an_entry_that_does_not_fit_is_rejected_with_its_reason_and_its_neighbours_pass(
    web_service: WebService, run: Callable[..., Harvested], entry: object, reason: str
) -> None:
    web_service.answer = oqmd([ENTRIES[1], entry, ENTRIES[2]])
    got = run()
    assert got.ids == ["9002", "9003"]
    assert got.source.pin.records == 3
    assert [reason in said for said in got.rejected.values()] == [True]
    assert got.tables["rejected"][0]["pointer"] == "json=/data/1"


@pytest.mark.parametrize("identity", ["Ω≈ç√∫", "../../x", "a;b%3B/~", "9" * 512, "\u202e9001"])
def test_an_unusual_id_is_kept_as_it_is(web_service: WebService, run: Callable[..., Harvested], identity: str) -> None:
    web_service.answer = oqmd([{**ENTRIES[0], "entry_id": identity}])
    assert run().ids == [identity]


@pytest.mark.parametrize("identity", ["a\x00b", "9" * 513, "", "\ud800"])
def test_an_id_that_cannot_be_kept_is_rejected(
    web_service: WebService, run: Callable[..., Harvested], identity: str
) -> None:
    web_service.answer = oqmd([{**ENTRIES[0], "entry_id": identity}])
    got = run()
    assert (got.ids, len(got.tables["rejected"]), got.source.pin.records) == ([], 1, 1)


def test_a_mapping_in_a_unit_of_another_quantity_is_refused() -> None:
    (band_gap,) = (mapped for mapped in OqmdSource.card.properties if mapped.field == "band_gap")
    with pytest.raises(ValidationError, match="band_gap: unit 'GPa' has dimension"):
        MappedField.model_validate({**band_gap.model_dump(), "unit": "GPa"})


def test_options_that_do_not_fit_are_told_with_their_line(run: Callable[..., Harvested]) -> None:
    with pytest.raises(RecipeError, match="page_limit"):
        run(page_limit=0)
    with pytest.raises(RecipeError, match="no property 'bandgap'"):
        run(properties=["bandgap"])


def test_the_service_itself_is_asked_where_no_other_address_is_given(tmp_path: Path) -> None:
    plan = OqmdSource().plan("oqmd", {}, tmp_path)
    assert (plan.about.origin, plan.hosts) == ("https://oqmd.org/oqmdapi", {"oqmd.org"})
    assert plan.requests_per_second == OqmdSource.card.requests_per_second == 1.0
