"""COD: each CIF of a search becomes a record, a rejected row with its reason, or a harvest that is not whole."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from harvest import Mode
from harvest.errors import ContractError, IncompleteError, TransportError
from harvest.formats.cif import cif_text
from harvest.sources.cod import CodSource
from harvest.testing import SourceContract
from schemas.provenance import Pointer
from schemas.recipe import RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Harvested, WebService

FOLDER = Path(__file__).parents[2] / "fixtures/cod"
ROWS = json.loads((FOLDER / "result.json").read_text(encoding="utf-8"))
CIFS = {path.stem: path.read_bytes() for path in FOLDER.glob("*.cif")}
HALITE = CIFS["1000041"].decode()

type Answer = Callable[[str, bytes], tuple[int, bytes]]


def cod(rows: list[Any] = ROWS, **changed: str) -> Answer:
    """Answer as COD does; `changed` holds other texts for CIFs, as cod_1000041="..."."""
    cifs = CIFS | {name.removeprefix("cod_"): text.encode() for name, text in changed.items()}

    def answer(path: str, _body: bytes) -> tuple[int, bytes]:
        if path.startswith("/result?"):
            asked = parse_qs(urlsplit(path).query)
            assert asked["format"] == ["json"]
            ids = asked["id"][0].split(",") if "id" in asked else None
            return 200, json.dumps([row for row in rows if ids is None or row["file"] in ids]).encode()
        place = re.fullmatch(r"/(\d{7})\.cif@(\d+)", path)
        return (200, cifs[place[1]]) if place and place[1] in cifs else (404, b"not here")

    return answer


@pytest.fixture
def run(run_harvest: Callable[..., Harvested]) -> Callable[..., Harvested]:
    return lambda **options: run_harvest("cod", **(options or {"search": {"el1": "Na"}}))


class TestContract(SourceContract):
    source = CodSource

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path

    @pytest.fixture
    def options(self, web_service: WebService) -> dict[str, Any]:
        web_service.answer = cod()
        return {"base_url": web_service.origin, "search": {"text": "mineral"}}


def test_each_cif_of_a_search_is_asked_for_at_its_revision(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    web_service.answer = cod()
    got = run(search={"el1": "Na", "strictmax": "2"})
    assert web_service.asked[0][0] == "/result?el1=Na&strictmax=2&format=json"
    assert [path for path, _ in web_service.asked[1:]] == [f"/{r['file']}.cif@{r['svnrevision']}" for r in ROWS]
    assert got.ids == ["1000041", "1526655", "9000572", "9006700"]
    assert got.rejected == {"2000001": "does_not_fit: the entry is retracted"}
    assert (got.source.pin.version, got.source.pin.records, got.source.licence) == (
        "svn revision 220001",
        5,
        "CC-PDDC",
    )


def test_a_crystal_has_its_whole_cell_its_values_with_uncertainty_and_its_conditions(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    web_service.answer = cod()
    got = run()
    halite, values = got.entry("1000041"), got.values("1000041")
    assert (halite["elements"], halite["amounts"], halite["phase"]) == (["Cl", "Na"], [4.0, 4.0], "Halite")
    assert halite["last_modified"] == "2016-02-16T14:50:37+02:00"
    assert np.linalg.det(np.reshape(halite["lattice_vectors"], (3, 3))) == pytest.approx(5.6402**3)

    edge = values["lattice_parameter_a"]
    assert (edge["value"], edge["uncertainty"], edge["unit"], edge["text"]) == (5.6402, 0.0002, "angstrom", "5.6402(2)")
    assert (edge["method"], edge["pointer"]) == ("experiment", "cif=1000041,_cell_length_a")
    assert edge["conditions"] == [
        {"name": "temperature", "value": 299.0, "unit": "K", "text": "299(1)"},
        {"name": "pressure", "value": 101.3, "unit": "kPa", "text": "101.3"},
    ]
    assert (values["space_group_number"]["value"], values["space_group_symbol"]["category"]) == (225.0, "F m -3 m")
    assert values["theoretical_density"]["value"] == 2.164

    labels = dict(halite["labels"])
    assert (labels["revision"], labels["doi"], labels["systematic_name"]) == (
        "176429",
        "10.1000/halite",
        "Sodium chloride",
    )


def test_words_where_a_number_belongs_are_kept_as_words(web_service: WebService, run: Callable[..., Harvested]) -> None:
    web_service.answer = cod()
    got = run()
    assert "density" not in got.values("1000041")
    unread = dict(got.entry("1000041")["labels"])["unread _exptl_crystal_density_meas"]
    assert "got 'not measured'" in unread
    (condition,) = got.values("1526655")["unit_cell_volume"]["conditions"]
    assert condition == {"name": "temperature", "value": None, "unit": None, "text": "room temperature"}


def test_atoms_on_one_site_are_one_species(web_service: WebService, run: Callable[..., Harvested]) -> None:
    web_service.answer = cod()
    tulameenite = run().entry("9000572")
    assert tulameenite["species"][1] == {
        "name": "Cu0.5Fe0.5",
        "chemical_symbols": ["Cu", "Fe"],
        "concentration": [0.5, 0.5],
    }
    assert (tulameenite["elements"], tulameenite["amounts"]) == (["Cu", "Fe", "Pt"], [0.5, 0.5, 1.0])


def test_a_crystal_without_its_hydrogen_is_kept_by_its_formula(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    web_service.answer = cod()
    portlandite = run().entry("9006700")
    assert (portlandite["lattice_vectors"], portlandite["elements"]) == (None, ["Ca", "H", "O"])
    assert dict(portlandite["labels"])["coordinates"] == "not of all hydrogen atoms"


def test_a_calculated_crystal_is_no_experiment(web_service: WebService, run: Callable[..., Harvested]) -> None:
    web_service.answer = cod()
    got = run()
    assert {row["method"] for row in got.values("1526655").values()} == {"unknown"}
    labels = dict(got.entry("1526655")["labels"])
    assert (labels["determination"], labels["systematic_name"]) == (
        "theoretical",
        "Molybdenum disulfide, theoretical bilayer β",
    )


def test_pinned_entries_are_fetched_without_a_search(web_service: WebService, run: Callable[..., Harvested]) -> None:
    web_service.answer = cod()
    got = run(entries=["1000041@176429", "9000572@211370"])
    assert [path for path, _ in web_service.asked] == ["/1000041.cif@176429", "/9000572.cif@211370"]
    assert got.ids == ["1000041", "9000572"]
    assert got.source.pin.version.startswith("revisions ")
    assert run(mode=Mode(update=True), entries=["1000041@176429", "9000572@211370"]).fetched == 0


def test_entries_without_a_revision_are_looked_up(web_service: WebService, run: Callable[..., Harvested]) -> None:
    web_service.answer = cod()
    assert run(entries=["9000572", "1000041@176429"]).ids == ["1000041", "9000572"]
    assert web_service.asked[0][0] == "/result?id=9000572&format=json"


def test_an_entry_that_the_search_does_not_know_leaves_the_harvest_incomplete(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    web_service.answer = cod()
    with pytest.raises(IncompleteError, match="2 records promised, 1 distinct"):
        run(entries=["9000572", "7777777"])


def test_a_cif_that_is_not_there_stops_the_harvest(web_service: WebService, run: Callable[..., Harvested]) -> None:
    web_service.answer = cod([*ROWS, {**ROWS[0], "file": "7777777"}])
    with pytest.raises(ContractError, match=r"7777777\.cif@176429: status 404"):
        run()


def test_a_second_run_asks_nothing_and_the_archive_alone_gives_the_same(
    web_service: WebService, prove_replay: Callable[..., Harvested]
) -> None:
    web_service.answer = cod()
    assert prove_replay("cod", search={"el1": "Na"}).fetched == 1 + len(ROWS)


def test_an_entry_that_is_listed_twice_is_fetched_once_and_the_harvest_is_short(
    web_service: WebService, run: Callable[..., Harvested]
) -> None:
    web_service.answer = cod([*ROWS, ROWS[0]])
    with pytest.raises(IncompleteError, match="6 records promised, 5 distinct"):
        run()


def test_an_empty_search_is_a_harvest_of_nothing(web_service: WebService, run: Callable[..., Harvested]) -> None:
    web_service.answer = cod([])
    got = run()
    assert (got.ids, got.source.pin.records, got.source.pin.pages) == ([], 0, 1)


@pytest.mark.parametrize("payload", [b"<html>busy</html>", b'{"error": "too many"}', b'"none"'])
def test_an_answer_that_is_no_list_is_tried_again_and_then_refused(
    web_service: WebService, run: Callable[..., Harvested], payload: bytes
) -> None:
    web_service.answer = lambda _path, _body: (200, payload)
    with pytest.raises(TransportError, match="3 attempts failed"):
        run()
    assert len(web_service.asked) == 3


@pytest.mark.parametrize("row", [{"file": "1000041"}, {"svnrevision": "1"}, {"file": "x", "svnrevision": "1"}, None])
def test_a_list_without_ids_and_revisions_is_refused_at_once(
    web_service: WebService, run: Callable[..., Harvested], row: object
) -> None:
    web_service.answer = lambda _path, _body: (200, json.dumps([*ROWS, row]).encode())
    with pytest.raises(ContractError, match="no `file` or `svnrevision`"):
        run()
    assert len(web_service.asked) == 1


def test_a_page_in_the_place_of_a_cif_is_not_archived(web_service: WebService, run: Callable[..., Harvested]) -> None:
    web_service.answer = cod(cod_9000572="<html>down for maintenance</html>")
    with pytest.raises(TransportError, match="the answer is no CIF"):
        run()


FAULTS = {
    "torn": (HALITE[: HALITE.index("_atom_site_fract_y")] + "_atom_site_x\nNa1", "the bytes are no CIF"),
    "other entry": (
        HALITE.replace("_cod_database_code               1000041", "_cod_database_code 1000042"),
        "1000042",
    ),
    "no code": (HALITE.replace("_cod_database_code               1000041", ""), "the CIF is of entry None"),
    "no edge": (
        HALITE.replace("_cell_length_b                   5.6402(2)", "_cell_length_b ?"),
        "cell is not complete",
    ),
    "edge NaN": (HALITE.replace("5.6402(2)", "NaN"), "a number was expected, got 'NaN'"),
    "no cell": (HALITE.replace("_cell_angle_gamma                90", "_cell_angle_gamma 190"), "no cell has"),
    "no element": (HALITE.replace("Na1 Na1+", "Xx1 Xx"), "'Xx1' is no element"),
    "other formula": (HALITE.replace("'Cl Na'", "'Cl2 Na'"), "the formula says Cl2 Na"),
    "no symmetry": (
        re.sub(r"_s\w+_space_group_name_\S+ .*\n|_space_group_IT.*\n", "", HALITE),
        "space group is not known",
    ),
    "no position": (HALITE.replace("0.5 0.5 0.5 1.", "0.5 ? 0.5 1."), "position of Cl1 is no number"),
    "no formula, no atoms": (
        HALITE[: HALITE.index("loop_")].replace("_chemical_formula_sum            'Cl Na'", ""),
        "names no element",
    ),
}


@pytest.mark.parametrize(("text", "reason"), FAULTS.values(), ids=FAULTS)
def test_a_cif_that_does_not_fit_is_rejected_with_its_reason_and_its_neighbours_pass(
    web_service: WebService, run: Callable[..., Harvested], text: str, reason: str
) -> None:
    web_service.answer = cod(ROWS[:2], cod_1000041=text)
    got = run()
    assert (got.ids, got.source.pin.records) == (["1526655"], 2)
    assert reason in got.rejected["1000041"]


def test_a_cif_without_atoms_is_kept_by_its_formula(web_service: WebService, run: Callable[..., Harvested]) -> None:
    web_service.answer = cod(ROWS[:1], cod_1000041=HALITE[: HALITE.index("loop_")])
    halite = run().entry("1000041")
    assert (halite["lattice_vectors"], halite["elements"]) == (None, ["Cl", "Na"])
    assert dict(halite["labels"])["coordinates"] == "none"


def test_every_pointer_leads_to_the_text_of_its_value(web_service: WebService, run: Callable[..., Harvested]) -> None:
    web_service.answer = cod()
    got = run()
    entries = {row["entry_id"]: row["source_id"] for row in got.tables["entries"]}
    texts = [
        (cif_text(CIFS[entries[row["entry_id"]]], Pointer.parse(row["pointer"])), row["text"])
        for row in got.tables["properties"]
    ]
    assert len(texts) > 30
    assert [there for there, _ in texts] == [text for _, text in texts]


@pytest.mark.parametrize(
    "options",
    [
        {"search": {"el1": "Na"}, "entries": ["1000041"]},
        {"search": {"format": "zip"}},
        {"entries": ["../x@1"]},
        {"entries": ["1000041@HEAD"]},
    ],
)
def test_options_that_do_not_fit_are_refused(run: Callable[..., Harvested], options: dict[str, Any]) -> None:
    with pytest.raises(RecipeError):
        run(**options)
