"""NOMAD: its archive by POST; what the total promises is received or rejected, or the harvest is not whole."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from harvest import Mode
from harvest.errors import ContractError, IncompleteError, TransportError
from harvest.sources.nomad import NomadSource
from harvest.testing import SourceContract
from schemas.recipe import RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Harvested, WebService

ENTRIES = json.loads((Path(__file__).parents[3] / "fixtures/nomad/entries.json").read_text(encoding="utf-8"))
MGO, IRON, PEROVSKITE, MEASURED, GW = (entry["entry_id"] for entry in ENTRIES)
ARCHIVE = "/entries/archive/query"
QUERY = {"results.material.elements": {"all": ["O"]}}
JOULE = 1.602176634e-19

type Answer = Callable[[str, bytes], tuple[int, bytes]]


def nomad(entries: list[Any], *, total: int | None = None, change: Callable[[str, Any], None] | None = None) -> Answer:
    """Answer as NOMAD does; `change` alters the page after an entry. A full page names a next one, be it empty."""
    ids = [entry["entry_id"] if isinstance(entry, dict) and "entry_id" in entry else "?" for entry in entries]

    def answer(path: str, body: bytes) -> tuple[int, bytes]:
        if path == "/info":
            return 200, json.dumps({"parsers": [], "version": "1.3.7", "deployment": "prod", "oasis": False}).encode()
        assert path == ARCHIVE
        asked = json.loads(body)
        pagination = asked["pagination"]
        after, size = pagination.get("page_after_value"), pagination["page_size"]
        first = ids.index(after) + 1 if after else 0
        found = entries[first : first + size]
        said = {**pagination, "total": len(entries) if total is None else total}
        if len(found) == size < len(entries):
            said["next_page_after_value"] = ids[first + size - 1]
        page = {**asked, "pagination": said, "data": found}
        if change is not None:
            change(after or "", page)
        return 200, json.dumps(page).encode()

    return answer


@pytest.fixture
def run(run_harvest: Callable[..., Harvested]) -> Callable[..., Harvested]:
    return lambda **options: run_harvest("nomad", **{"query": QUERY, "page_size": 2, **options})


class TestContract(SourceContract):
    source = NomadSource

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path

    @pytest.fixture
    def options(self, web_service: WebService) -> dict[str, Any]:
        web_service.answer = nomad(ENTRIES)
        return {"base_url": web_service.origin, "query": QUERY, "page_size": 2}


def test_all_entries_are_received_page_by_page(web_service: WebService, run: Callable[..., Harvested]) -> None:
    web_service.answer = nomad(ENTRIES)
    got = run()
    assert (got.ids, got.rejected) == ([MGO, IRON, PEROVSKITE, MEASURED, GW], {})
    assert (got.source.pin.version, got.source.licence) == ("nomad 1.3.7", "CC-BY-4.0")
    posted = [json.loads(body) for path, body in web_service.asked if path == ARCHIVE]
    assert [page["pagination"].get("page_after_value") for page in posted] == [None, IRON, MEASURED]
    assert {(page["owner"], json.dumps(page["query"])) for page in posted} == {("public", json.dumps(QUERY))}
    assert [path for path, _ in web_service.asked] == ["/info", ARCHIVE, ARCHIVE, ARCHIVE, "/info"]


def test_a_last_full_page_is_followed_to_the_empty_one_that_it_names(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    web_service.answer = nomad(ENTRIES[:4])
    assert run().ids == [MGO, IRON, PEROVSKITE, MEASURED]
    assert [path for path, _ in web_service.asked].count(ARCHIVE) == 3


def test_what_is_asked_for_names_no_people(web_service: WebService, run: Callable[..., Harvested]) -> None:
    web_service.answer = nomad(ENTRIES)
    run()
    required = json.loads(web_service.asked[1][1])["required"]
    assert required["results"]["properties"]["structures"] == {"structure_original": "*"}
    assert not set(required["metadata"]) & {"main_author", "authors", "coauthors", "*"}


def test_values_keep_their_units_methods_and_places(web_service: WebService, run: Callable[..., Harvested]) -> None:
    web_service.answer = nomad(ENTRIES)
    got = run()
    values = got.values(MGO)
    gap = values["band_gap"]
    assert (gap["value"] / JOULE, gap["unit"], gap["method"], gap["functional"]) == (
        pytest.approx(4.45),
        "joule",
        "dft",
        "PBE",
    )
    assert gap["pointer"] == "json=/data/0/archive/results/properties/electronic/band_gap/0/value"
    moduli = {name: value["value"] for name, value in values.items() if "modulus" in name}
    assert moduli == {
        "bulk_modulus": 1.515e11,
        "bulk_modulus_voigt": 1.52e11,
        "bulk_modulus_reuss": 1.51e11,
        "shear_modulus": 1.2e11,
    }
    assert values["unit_cell_volume"]["value"] == pytest.approx(4.25e-10**3)
    assert (values["space_group_symbol"]["category"], values["space_group_number"]["value"]) == ("Fm-3m", 225.0)
    assert got.values(PEROVSKITE)["band_gap"]["functional"] == "HSE06"
    assert (got.values(GW)["band_gap"]["method"], got.values(GW)["band_gap"]["functional"]) == (
        "gw",
        "MGGA_C_X MGGA_X_Y",
    )


def test_the_gaps_of_two_spin_channels_are_two_values(web_service: WebService, run: Callable[..., Harvested]) -> None:
    web_service.answer = nomad(ENTRIES)
    got = run()
    entry = got.entry(IRON)["entry_id"]
    gaps = [v for v in got.tables["properties"] if v["entry_id"] == entry and v["property"] == "band_gap"]
    assert [v["conditions"][0]["text"] for v in gaps] == ["0", "1"]
    assert {v["conditions"][0]["name"] for v in gaps} == {"spin_channel"}


def test_cells_come_in_angstrom(web_service: WebService, run: Callable[..., Harvested]) -> None:
    web_service.answer = nomad(ENTRIES)
    got = run()
    mgo = got.entry(MGO)
    assert np.linalg.det(np.reshape(mgo["lattice_vectors"], (3, 3))) == pytest.approx(4.25**3)
    assert (mgo["elements"], mgo["amounts"]) == (["Mg", "O"], [4.0, 4.0])
    assert mgo["fractional_positions"][:6] == pytest.approx([0.0, 0.0, 0.0, 0.0, 0.5, 0.5])
    assert got.entry(MEASURED)["lattice_vectors"] is None


def test_each_entry_has_its_own_licence_and_date(web_service: WebService, run: Callable[..., Harvested]) -> None:
    unknown = json.loads(json.dumps(ENTRIES[0]))
    unknown["archive"]["metadata"]["license"] = "ask me"
    web_service.answer = nomad([unknown, *ENTRIES[1:]])
    got = run()
    assert [got.entry(name)["licence"] for name in (MGO, IRON, PEROVSKITE)] == ["NOASSERTION", "CC-BY-4.0", "CC0-1.0"]
    assert got.entry(MGO)["last_modified"] == "2024-03-05T10:11:12.131415+00:00"


def test_a_second_run_asks_nothing_and_the_archive_alone_gives_the_same(
    web_service: WebService, prove_replay: Callable[..., Harvested]
) -> None:
    web_service.answer = nomad(ENTRIES)
    assert prove_replay("nomad", query=QUERY, page_size=2).fetched == 5


def test_busy_answers_are_waited_out(web_service: WebService, run: Callable[..., Harvested]) -> None:
    steady, n_busy = nomad(ENTRIES), iter([1, 1])
    web_service.answer = lambda path, body: (503, b"busy") if next(n_busy, 0) else steady(path, body)
    assert len(run().ids) == len(ENTRIES)


def test_entries_that_the_total_counts_and_the_answer_leaves_out_make_the_harvest_incomplete(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    def leave_out(after: str, page: Any) -> None:  # noqa: ANN401 — JSON
        if after == IRON:
            del page["data"][0]

    web_service.answer = nomad(ENTRIES, change=leave_out)
    with pytest.raises(IncompleteError, match="5 records promised, 4 distinct"):
        run()


def test_a_page_of_which_no_archive_can_be_read_does_not_end_the_walk(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    def leave_out(after: str, page: Any) -> None:  # noqa: ANN401 — JSON
        if after == IRON:
            page["data"].clear()

    web_service.answer = nomad(ENTRIES, change=leave_out)
    with pytest.raises(IncompleteError, match="5 records promised, 3 distinct"):
        run()
    assert run(mode=Mode(allow_incomplete=True)).ids == [MGO, IRON, GW]


def test_pages_without_end_end_the_harvest(web_service: WebService, run: Callable[..., Harvested]) -> None:
    info, numbers = nomad(ENTRIES), itertools.count()

    def answer(path: str, body: bytes) -> tuple[int, bytes]:
        if path == "/info":
            return info(path, body)
        pagination = {"total": 5, "next_page_after_value": f"x{next(numbers)}"}
        return 200, json.dumps({"data": [], "pagination": pagination}).encode()

    web_service.answer = answer
    with pytest.raises(ContractError, match="5 pages should hold all 5 entries, and there are more"):
        run()


def test_a_version_that_changes_on_the_way_discards_the_harvest(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    steady, versions = nomad(ENTRIES), iter(["1.3.7", "1.4.0"])

    def answer(path: str, body: bytes) -> tuple[int, bytes]:
        return (200, json.dumps({"version": next(versions)}).encode()) if path == "/info" else steady(path, body)

    web_service.answer = answer
    with pytest.raises(IncompleteError, match="changed its version"):
        run()


def test_an_entry_that_comes_twice_leaves_the_harvest_short(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    web_service.answer = nomad([ENTRIES[0], ENTRIES[1], ENTRIES[0]], total=3)
    with pytest.raises(IncompleteError, match="3 records promised, 2 distinct"):
        run()


def test_a_cursor_that_leads_back_ends_the_harvest(web_service: WebService, run: Callable[..., Harvested]) -> None:
    def loop(_after: str, page: Any) -> None:  # noqa: ANN401 — JSON
        page["pagination"]["next_page_after_value"] = IRON

    web_service.answer = nomad(ENTRIES, change=loop)
    with pytest.raises(ContractError, match="leads back"):
        run()
    assert [path for path, _ in web_service.asked].count(ARCHIVE) == 2


@pytest.mark.parametrize(
    "payload",
    [
        b"<html>busy</html>",
        b'{"detail": "not found"}',
        b'{"data": [], "pagination": {"total": null}}',
        b'{"data": [], "pagination": {"total": 5, "next_page_after_value": 5}}',
    ],
    ids=["html", "no page", "no total", "no cursor"],
)
def test_an_answer_that_is_no_page_is_tried_again_and_then_refused(
    web_service: WebService, run: Callable[..., Harvested], payload: bytes
) -> None:
    info = nomad(ENTRIES)
    web_service.answer = lambda path, body: info(path, body) if path == "/info" else (200, payload)
    with pytest.raises(TransportError, match="3 attempts failed"):
        run()


def changed(place: str, value: object) -> dict[str, Any]:
    """Return the first entry with something else at a place."""
    entry = json.loads(json.dumps(ENTRIES[0]))
    *path, last = place.split("/")
    inside = entry
    for name in path:
        inside = inside[int(name) if isinstance(inside, list) else name]
    inside[int(last) if isinstance(inside, list) else last] = value
    return entry


CELL = "archive/results/properties/structures/structure_original"
FAULTS: dict[str, tuple[Any, str]] = {
    "no archive": ({"entry_id": MGO}, "missing field 'archive'"),
    "no id": ({"archive": ENTRIES[0]["archive"]}, "missing field 'entry_id'"),
    "NaN": (changed("archive/results/properties/electronic/band_gap/0/value", float("nan")), "finite number"),
    "value with unit": (changed("archive/results/properties/electronic/band_gap/0/value", "4 eV"), "could not convert"),
    "no list": (changed("archive/results/properties/electronic/band_gap", 4.0), "not iterable"),
    "a molecule": (changed(f"{CELL}/dimension_types", [0, 0, 0]), "periodic in three dimensions"),
    "periodic where": (changed(f"{CELL}/dimension_types", None), "does_not_fit"),
    "flat cell": (changed(f"{CELL}/lattice_vectors", [[1e-10, 0, 0], [1e-10, 0, 0], [0, 0, 1e-10]]), "no volume"),
    "no element": (changed(f"{CELL}/species/0/chemical_symbols", ["Qq"]), "no chemical element"),
    "unknown species": (changed(f"{CELL}/species_at_sites/0", "Zz"), "missing field 'Zz'"),
    "list for an entry": ([1, 2], "does_not_fit"),
    "null": (None, "does_not_fit"),
}


@pytest.mark.parametrize(("entry", "reason"), FAULTS.values(), ids=FAULTS)
def test_an_entry_that_does_not_fit_is_rejected_with_its_reason_and_its_neighbours_pass(
    web_service: WebService, run: Callable[..., Harvested], entry: object, reason: str
) -> None:
    web_service.answer = nomad([ENTRIES[1], entry, ENTRIES[2]])
    got = run(page_size=10)
    assert (got.ids, got.source.pin.records) == ([IRON, PEROVSKITE], 3)
    assert [reason in said for said in got.rejected.values()] == [True]


@pytest.mark.parametrize("identity", ["Ωmega", "../../x", "\u202eabc", "a" * 512])
def test_an_unusual_id_is_kept_as_it_is(web_service: WebService, run: Callable[..., Harvested], identity: str) -> None:
    web_service.answer = nomad([{**ENTRIES[0], "entry_id": identity}, ENTRIES[1], ENTRIES[2]])
    assert run(page_size=1).ids == [identity, IRON, PEROVSKITE]


def test_options_that_do_not_fit_are_refused(run_harvest: Callable[..., Harvested]) -> None:
    with pytest.raises(RecipeError, match="query"):
        run_harvest("nomad")
    with pytest.raises(RecipeError, match="page_size"):
        run_harvest("nomad", query=QUERY, page_size=10_001)
