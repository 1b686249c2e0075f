"""AFLOW: both shapes of AFLUX answers, read whole; and a licence that lets nothing of it into a release."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import numpy as np
import pytest

from harvest.errors import ContractError, IncompleteError, TransportError
from harvest.sources.aflow import AflowSource
from harvest.testing import SourceContract
from schemas.licence import LICENCES, refusal
from schemas.recipe import RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Harvested, WebService

ENTRIES = json.loads((Path(__file__).parents[2] / "fixtures/aflow/entries.json").read_text(encoding="utf-8"))
IDS = [entry["auid"] for entry in ENTRIES]
SALT, NICKEL_OXIDE, LANTHANUM, MOLYBDENUM, TUNGSTEN = IDS
MATCHBOOK = "species(Na:Ni),Egap(0*)"

type Pages = list[list[Any]]
type Answer = Callable[[str, bytes], tuple[int, bytes]]


def pages(entries: list[Any], size: int = 2) -> Pages:
    return [entries[start : start + size] for start in range(0, len(entries), size)]


def aflux(served: Pages, *, counted: int | None = None) -> Answer:
    """Answer as AFLUX does: a list of entries, or, where they are counted, an object."""

    def answer(path: str, _body: bytes) -> tuple[int, bytes]:
        place = re.search(r"\$paging\((\d+),(\d+)\),format\(json\)$", unquote(path))
        assert place is not None
        number, size = int(place[1]), int(place[2])
        found = served[number - 1] if number <= len(served) else []
        if counted is None:
            return 200, json.dumps(found).encode()
        return 200, json.dumps({f"{(number - 1) * size + n} of {counted}": e for n, e in enumerate(found, 1)}).encode()

    return answer


@pytest.fixture
def run(run_harvest: Callable[..., Harvested]) -> Callable[..., Harvested]:
    return lambda **options: run_harvest("aflow", **{"matchbook": MATCHBOOK, "page_size": 2, **options})


class TestContract(SourceContract):
    source = AflowSource

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path

    @pytest.fixture(params=[None, 5], ids=["list", "counted"])
    def options(self, web_service: WebService, request: pytest.FixtureRequest) -> dict[str, Any]:
        web_service.answer = aflux(pages(ENTRIES), counted=request.param)
        return {"base_url": web_service.origin, "matchbook": MATCHBOOK, "page_size": 2}

    def test_a_licence_is_stated(self, options: dict[str, Any], folder: Path) -> None:
        """AFLOW states none, and so no licence takes its rows."""
        stated = AflowSource().plan("a", options, folder).about.licence
        assert stated == AflowSource.card.licence == "NOASSERTION"
        assert all(refusal(stated, release) for release in LICENCES)


@pytest.mark.parametrize("counted", [None, 5], ids=["list", "counted"])
def test_all_entries_are_received_in_either_shape(
    web_service: WebService, run: Callable[..., Harvested], counted: int | None
) -> None:
    web_service.answer = aflux(pages(ENTRIES), counted=counted)
    got = run()
    assert (got.ids, got.rejected, got.source.licence) == (IDS, {}, "NOASSERTION")
    assert len(web_service.asked) == (4 if counted is None else 3)
    summons = unquote(web_service.asked[0][0])
    assert summons.startswith(f"/?auid,{MATCHBOOK},compound,composition,geometry,")
    assert summons.endswith(",$paging(1,2),format(json)")


def test_a_keyword_of_the_matchbook_is_not_asked_twice(web_service: WebService, run: Callable[..., Harvested]) -> None:
    web_service.answer = aflux(pages(ENTRIES))
    run(matchbook="species(Na:Ni),density,Egap(0*)")
    keywords = re.findall(r"[A-Za-z_]\w*", unquote(web_service.asked[0][0]))
    assert [keywords.count(name) for name in ("Egap", "species", "density", "auid")] == [1, 1, 1, 1]


def test_values_keep_units_conditions_and_functionals(web_service: WebService, run: Callable[..., Harvested]) -> None:
    web_service.answer = aflux(pages(ENTRIES))
    got = run()
    values = got.values(SALT)
    assert {name: (row["value"], row["unit"]) for name, row in values.items()} == {
        "band_gap": (5.0896, "eV"),
        "formation_energy": (-1.80364, "eV/atom"),
        "total_energy": (-3.39316, "eV/atom"),
        "unit_cell_volume": (46.2267, "angstrom^3"),
        "theoretical_density": (2.09937, "g/cm^3"),
        "space_group_number": (225.0, "1"),
        "total_magnetization": (0.0, "bohr_magneton"),
        "bulk_modulus": (24.31, "GPa"),
        "shear_modulus": (14.62, "GPa"),
        "poisson_ratio": (0.25, "1"),
        "elastic_anisotropy_universal": (0.12, "1"),
        "debye_temperature": (281.4, "K"),
        "grueneisen_parameter": (2.21, "1"),
        "thermal_conductivity_lattice": (3.412, "W/m/K"),
    }
    assert values["thermal_conductivity_lattice"]["conditions"] == [
        {"name": "temperature", "value": 300.0, "unit": "K", "text": None}
    ]
    functionals = {name: got.values(name)["band_gap"]["functional"] for name in (SALT, NICKEL_OXIDE, TUNGSTEN)}
    assert functionals == {SALT: "PBE", NICKEL_OXIDE: "PBE+U", TUNGSTEN: "LDA"}
    labels = dict(got.entry(SALT)["labels"])
    assert (labels["aflow_version"], got.entry(SALT)["last_modified"]) == ("aflow30831", "2019-04-02T11:59:36-05:00")


def test_cells_are_those_of_their_parameters_also_where_lists_are_written_as_text(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    web_service.answer = aflux(pages(ENTRIES))
    got = run()
    for name in IDS:
        entry = got.entry(name)
        volume = np.linalg.det(np.reshape(entry["lattice_vectors"], (3, 3)))
        assert volume == pytest.approx(got.values(name)["unit_cell_volume"]["value"], rel=1e-3)
    assert (got.entry(MOLYBDENUM)["elements"], got.entry(MOLYBDENUM)["amounts"]) == (["Mo"], [2.0])
    assert got.entry(MOLYBDENUM)["fractional_positions"][3:] == [0.5, 0.5, 0.5]
    assert got.entry(LANTHANUM)["site_species"] == [0] * 6 + [1] * 2
    assert got.values(MOLYBDENUM)["total_energy"]["text"] == "-10.84"


def test_a_second_run_asks_nothing_and_the_archive_alone_gives_the_same(
    web_service: WebService, prove_replay: Callable[..., Harvested]
) -> None:
    web_service.answer = aflux(pages(ENTRIES), counted=5)
    assert prove_replay("aflow", matchbook=MATCHBOOK, page_size=2).fetched == 3


@pytest.mark.parametrize("served", [pages(ENTRIES)[:2], [*pages(ENTRIES)[:2], []], [*pages(ENTRIES)[:2], [ENTRIES[0]]]])
def test_fewer_entries_than_counted_are_an_incomplete_harvest(
    web_service: WebService, run: Callable[..., Harvested], served: Pages
) -> None:
    web_service.answer = aflux(served, counted=5)
    with pytest.raises(IncompleteError, match="5 records promised, 4 distinct"):
        run()


def test_a_short_page_in_the_middle_of_a_list_is_not_taken_for_the_end(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    web_service.answer = aflux([ENTRIES[:2], ENTRIES[2:3], ENTRIES[3:]])
    with pytest.raises(ContractError, match="rows are missing"):
        run()


def test_a_service_that_answers_each_page_alike_is_not_asked_for_ever(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    web_service.answer = lambda _path, _body: (200, json.dumps(ENTRIES[:2]).encode())
    with pytest.raises(ContractError, match="the same as one"):
        run()
    assert len(web_service.asked) == 2


def test_a_search_without_results_is_a_harvest_of_nothing(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    web_service.answer = aflux([])
    got = run()
    assert (got.ids, got.source.pin.records) == ([], 0)


@pytest.mark.parametrize(
    "payload",
    [b"<html>busy</html>", b'["Welcome to Aflux"]', b'{"error": "no such keyword"}', b"5", b'{"1 of 2": {}, "x": {}}'],
)
def test_an_answer_that_is_no_page_is_tried_again_and_then_refused(
    web_service: WebService, run: Callable[..., Harvested], payload: bytes
) -> None:
    web_service.answer = lambda _path, _body: (200, payload)
    with pytest.raises(TransportError, match="3 attempts failed"):
        run()


FAULTS: dict[str, tuple[Any, str]] = {
    "no id": ({name: value for name, value in ENTRIES[0].items() if name != "auid"}, "missing field 'auid'"),
    "no positions": (
        {name: value for name, value in ENTRIES[0].items() if name != "positions_fractional"},
        "missing field 'positions_fractional'",
    ),
    "NaN": ({**ENTRIES[0], "Egap": float("nan")}, "finite number"),
    "value with unit": ({**ENTRIES[0], "Egap": "5 eV"}, "could not convert"),
    "too few positions": ({**ENTRIES[0], "positions_fractional": [[0, 0, 0]]}, "do not make 1 positions"),
    "flat positions": ({**ENTRIES[0], "positions_fractional": "0,0;1,1"}, "not enough values"),
    "no cell": ({**ENTRIES[0], "geometry": [4, 4, 4, 60, 60, 190]}, "no cell has edges"),
    "half a cell": ({**ENTRIES[0], "geometry": [4, 4]}, "does_not_fit"),
    "no element": ({**ENTRIES[0], "species": ["Cl", "Qq"]}, "no chemical element"),
    "word for an entry": ("entry", "does_not_fit"),
    "null": (None, "does_not_fit"),
}


@pytest.mark.parametrize(("entry", "reason"), FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("counted", [None, 3], ids=["list", "counted"])
def test_an_entry_that_does_not_fit_is_rejected_with_its_reason_and_its_neighbours_pass(
    web_service: WebService, run: Callable[..., Harvested], entry: object, reason: str, counted: int | None
) -> None:
    web_service.answer = aflux([[ENTRIES[1], entry, ENTRIES[2]]], counted=counted)
    got = run(page_size=3)
    assert (got.ids, got.source.pin.records) == ([NICKEL_OXIDE, LANTHANUM], 3)
    assert [reason in said for said in got.rejected.values()] == [True]


def test_the_same_id_with_other_content_is_rejected_not_lost(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    web_service.answer = aflux(pages([*ENTRIES, {**ENTRIES[0], "Egap": 1.0}]), counted=6)
    got = run()
    assert (got.source.pin.records, got.rejected[SALT][:12]) == (6, "duplicate_id")


@pytest.mark.parametrize("identity", ["aflow:Ωß", "../../x", "\u202eabc"])
def test_an_unusual_id_is_kept_as_it_is(web_service: WebService, run: Callable[..., Harvested], identity: str) -> None:
    web_service.answer = aflux([[{**ENTRIES[0], "auid": identity}]])
    assert run().ids == [identity]


@pytest.mark.parametrize("matchbook", ["", "species(Na),paging(1)", "species(Na),$Egap(1*)", "format(html)", "help"])
def test_a_matchbook_with_directives_is_refused(run: Callable[..., Harvested], matchbook: str) -> None:
    with pytest.raises(RecipeError, match="matchbook"):
        run(matchbook=matchbook)
