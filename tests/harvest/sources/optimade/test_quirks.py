"""OPTIMADE quirks: a server that behaves so, and the switch without which it cannot be harvested."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from harvest import Mode
from harvest.errors import ContractError, IncompleteError, TransportError
from harvest.source import Request
from harvest.sources.optimade.paging import halves
from harvest.sources.optimade.providers import Provider, Quirk

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Database, Harvested, WebService

    from harvest import Store

GAP = {"_exmpl_band_gap": {"property": "band_gap", "unit": "eV", "method": "dft"}}

type Harvest = Callable[..., Harvested]
type Make = Callable[..., Database]


@pytest.fixture
def harvest(web_service: WebService, run_harvest: Callable[..., Harvested]) -> Harvest:
    """Return a function that harvests a database in pages of two."""

    def run(served: Database, *quirks: str, **options: Any) -> Harvested:  # noqa: ANN401 — of a recipe
        web_service.answer = served.answer
        switches = {"quirks": list(quirks)} if quirks else {}
        return run_harvest("optimade", licence="CC-BY-4.0", page_limit=2, **switches, **options)

    return run


def five(**attributes: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 — JSON
    return dict.fromkeys("abcde", attributes)


@pytest.mark.parametrize("link_is_object", [False, True])
def test_a_link_is_an_address_or_an_object_with_one(harvest: Harvest, database: Make, link_is_object: bool) -> None:
    assert harvest(database(five(), link_is_object=link_is_object)).ids == list("abcde")


def test_the_next_page_may_stand_under_another_name(harvest: Harvest, database: Make) -> None:
    served = database(five(), next_name="next_page")
    with pytest.raises(IncompleteError, match="5 records promised, 2 distinct ones received"):
        harvest(served)
    assert harvest(served, "next_page").ids == list("abcde")


def test_links_that_go_on_behind_the_last_page_end_with_the_count(
    harvest: Harvest, database: Make, web_service: WebService
) -> None:
    served = database(five(), endless=True)
    with pytest.raises(TransportError, match="the page is empty, but names a next one"):
        harvest(served)
    web_service.asked.clear()
    assert harvest(served, "endless_next").ids == list("abcde")
    assert sum("/structures?" in path for path, _ in web_service.asked) == 3


def test_endless_links_without_a_count_end_with_an_empty_page(harvest: Harvest, database: Make) -> None:
    assert harvest(database(five(), endless=True, counts=False), "endless_next").ids == list("abcde")


def test_a_page_that_says_there_is_more_but_not_where_is_no_page(harvest: Harvest, database: Make) -> None:
    served = database(five(), counts=False, meta={"more_data_available": True})
    with pytest.raises(TransportError, match="there is more, but neither how much nor where"):
        harvest(served)


def test_attributes_may_stand_beside_attributes(harvest: Harvest, database: Make) -> None:
    served = database(five(_exmpl_band_gap=1.5), is_flat=True)
    assert len(harvest(served, fields=GAP).rejected) == 5
    done = harvest(served, "flat_attributes", fields=GAP)
    assert done.ids == list("abcde")
    assert done.values("b")["band_gap"]["pointer"] == "json=/data/1/_exmpl_band_gap"


def test_a_server_with_the_quirk_may_give_attributes_as_others_do(harvest: Harvest, database: Make) -> None:
    done = harvest(database(five(_exmpl_band_gap=1.5)), "flat_attributes", fields=GAP)
    assert done.values("b")["band_gap"]["pointer"] == "json=/data/1/attributes/_exmpl_band_gap"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2020-01-02T03:04:05", "2020-01-02T03:04:05Z"),
        ("2020-01-02 03:04:05.25", "2020-01-02T03:04:05.25Z"),
        ("2020-01-02T03:04:05Z", "2020-01-02T03:04:05Z"),
        ("2020-01-02T03:04:05+02:00", "2020-01-02T03:04:05+02:00"),
        ("", None),
        (None, None),
    ],
)
def test_times_without_a_zone_are_utc(harvest: Harvest, database: Make, given: str | None, kept: str | None) -> None:
    done = harvest(database(five(last_modified=given)), "zoneless_times")
    assert done.entry("a")["last_modified"] == kept


OWN = {"_exmpl_other": {"type": "float", "unit": "eV"}}


def test_a_field_that_the_provider_renamed_is_an_error_that_names_the_others(harvest: Harvest, database: Make) -> None:
    served = database(five(), described=OWN)
    with pytest.raises(ContractError, match=r"describes _exmpl_other, but no _exmpl_band_gap.*renamed"):
        harvest(served, fields=GAP)
    assert len(harvest(served, "undescribed_fields", fields=GAP).ids) == 5


def test_a_provider_that_describes_no_field_of_its_own_proves_nothing(harvest: Harvest, database: Make) -> None:
    served = database(five(_exmpl_band_gap=None), described={"nelements": {}})
    assert len(harvest(served, fields=GAP).ids) == 5


def test_a_field_that_no_entry_has_is_an_error_unless_the_provider_leaves_out_what_it_does_not_know(
    harvest: Harvest, database: Make
) -> None:
    with pytest.raises(ContractError, match=r"5 entries came, and none has _exmpl_band_gap\. The"):
        harvest(database(five(_exmpl_gap=1.5)), fields=GAP)
    assert len(harvest(database(five(_exmpl_gap=1.5)), "undescribed_fields", fields=GAP).ids) == 5


@pytest.mark.parametrize("said", [{"unit": "meV"}, {"x-optimade-unit": "meV"}, {"unit": "GPa"}, {"unit": "furlongs"}])
def test_another_unit_than_that_of_the_mapping_is_an_error(
    harvest: Harvest, database: Make, said: dict[str, str]
) -> None:
    unit = next(iter(said.values()))
    served = database(five(_exmpl_band_gap=1500), described={"_exmpl_band_gap": said})
    with pytest.raises(ContractError, match=rf"gives _exmpl_band_gap the unit '{unit}', the mapping says 'eV'"):
        harvest(served, fields=GAP)
    trusted = {"_exmpl_band_gap": {**GAP["_exmpl_band_gap"], "stated_unit": unit}}
    assert len(harvest(served, fields=trusted).ids) == 5


@pytest.mark.parametrize(
    ("stated", "mapped", "of"),
    [
        ("Å^3", "angstrom^3", "unit_cell_volume"),
        ("eV / atom", "eV/atom", "formation_energy"),
        ("inapplicable", "1", "space_group_number"),
        ("dimensionless", "1", "refractive_index"),
        ("J/m²", "J/m^2", "surface_energy"),
    ],
)
def test_two_spellings_of_a_unit_are_one(harvest: Harvest, database: Make, stated: str, mapped: str, of: str) -> None:
    fields = {"_exmpl_x": {"property": of, "unit": mapped, "method": "dft"}}
    served = database(five(_exmpl_x=1), described={"_exmpl_x": {"unit": stated}})
    assert len(harvest(served, fields=fields).tables["properties"]) == 5


def test_the_unit_of_a_field_inside_a_field_is_proven(harvest: Harvest, database: Make) -> None:
    fields = {"_exmpl_hull.gga+u.energy": {"property": "energy_above_hull", "unit": "eV/atom", "method": "dft"}}
    inside = {"properties": {"gga+u": {"properties": {"energy": {"unit": "meV/atom"}}}}}
    served = database(five(_exmpl_hull={"gga+u": {"energy": 0.25}}), described={"_exmpl_hull": inside})
    with pytest.raises(ContractError, match="'meV/atom'"):
        harvest(served, fields=fields)
    inside["properties"]["gga+u"]["properties"]["energy"]["unit"] = "eV/atom"
    row = harvest(served, fields=fields).values("a")["energy_above_hull"]
    assert (row["value"], row["pointer"]) == (0.25, "json=/data/0/attributes/_exmpl_hull/gga+u/energy")


def test_a_description_that_changes_is_another_version(harvest: Harvest, database: Make) -> None:
    def version(described: dict[str, Any]) -> str:
        done = harvest(database(five(_exmpl_band_gap=1), described=described), fields=GAP, name="n" + described["k"])
        return done.source.pin.version

    one, two = ({"k": k, "_exmpl_band_gap": {"unit": "eV", "description": d}} for k, d in (("1", "PBE"), ("2", "HSE")))
    assert version(one).startswith("api 1.2.0")
    assert version(one) != version(two)


@pytest.mark.parametrize("around", ["%s", '{"_exmpl_band_gap": 7.0, "deep": %s}'])
def test_the_text_of_a_value_has_the_digits_of_the_provider(
    harvest: Harvest, database: Make, web_service: WebService, around: str
) -> None:
    """The name of the field stands in the page once an entry, or twice, in a field that is not read."""
    served = database({"a": {"_exmpl_band_gap": 1.5, "nothing": 0}, "b": {"_exmpl_band_gap": 1e-3, "nothing": 0}})
    harvest(served, fields=GAP)
    plain = web_service.answer

    def answer(path: str, body: bytes) -> tuple[int, bytes]:
        status, payload = plain(path, body)
        payload = payload.replace(b'"_exmpl_band_gap": 1.5', b'"_exmpl_band_gap": 1.50')
        payload = payload.replace(b'"_exmpl_band_gap": 0.001', b'"_exmpl_band_gap": 1E-3')
        return status, payload.replace(b'"nothing": 0', b'"nothing": ' + (around % "0").encode())

    served.answer = answer  # type: ignore[method-assign]
    done = harvest(served, fields=GAP, name="again")
    assert [row["text"] for row in done.tables["properties"]] == ["1.50", "1E-3"]
    assert [row["value"] for row in done.tables["properties"]] == [1.5, 0.001]


def test_words_for_no_value_are_no_value(harvest: Harvest, database: Make) -> None:
    entries: dict[str, Any] = {"a": {"_exmpl_band_gap": -99999}, "b": {"_exmpl_band_gap": "na"}, "c": {}}
    fields = {"_exmpl_band_gap": {**GAP["_exmpl_band_gap"], "no_value": ["na", "-99999"]}}
    done = harvest(database(entries), fields=fields)
    assert (done.ids, done.tables["properties"]) == (["a", "b", "c"], [])


@pytest.mark.parametrize(
    ("info", "is_refused"),
    [
        ({"license": "https://creativecommons.org/licenses/by-nc/4.0/"}, True),
        ({"license": {"href": "https://creativecommons.org/licenses/by-nc/4.0/legalcode"}}, True),
        ({"available_licenses": ["CC-BY-NC-4.0"]}, True),
        ({"available_licenses": ["CC-BY-4.0", "CC-BY-NC-4.0"]}, False),
        ({"license": "https://creativecommons.org/licenses/by/4.0"}, False),
        ({"license": "https://example.org/our-terms"}, False),
        ({}, False),
    ],
)
def test_another_licence_than_the_provider_states_is_refused(
    harvest: Harvest, database: Make, info: dict[str, Any], is_refused: bool
) -> None:
    served = database(five(), info=info)
    if is_refused:
        with pytest.raises(ContractError, match=r"/info states CC-BY-NC-4\.0, the card or the recipe CC-BY-4\.0"):
            harvest(served)
    else:
        assert len(harvest(served).ids) == 5


@pytest.mark.parametrize(
    ("asked", "parts"),
    [
        ("page_limit=100", ["page_limit=50&page_offset=0", "page_limit=50&page_offset=50"]),
        ("page_limit=7&page_offset=20", ["page_limit=3&page_offset=20", "page_limit=4&page_offset=23"]),
        ("filter=a%3D%22b%22&page_limit=2", [f"filter=a%3D%22b%22&page_limit=1&page_offset={n}" for n in (0, 1)]),
        ("page_limit=1&page_offset=3", []),
        ("filter=x", []),
    ],
)
def test_two_halves_bring_what_a_page_brings(asked: str, parts: list[str]) -> None:
    base = "http://h/v1/structures?"
    assert [half.uri for half in halves(Request(base + asked))] == [base + part for part in parts]


def failing(served: Database, fails: Callable[[int, int], bool]) -> Callable[[str, bytes], tuple[int, bytes]]:
    """Return the answers of a database that fails at some pages: told offset and size."""

    def answer(path: str, body: bytes) -> tuple[int, bytes]:
        options = dict(parse_qsl(urlsplit(path).query))
        size = int(options.get("page_limit", 0))
        is_down = size > 0 and fails(int(options.get("page_offset", 0)), size)
        return (503, b"too much") if is_down else served.answer(path, body)

    return answer


@pytest.fixture
def harvest_failing(web_service: WebService, run_harvest: Callable[..., Harvested]) -> Callable[..., Harvested]:
    def run(answer: Callable[[str, bytes], tuple[int, bytes]], **options: Any) -> Harvested:  # noqa: ANN401 — of a recipe
        web_service.answer = answer
        asked = {"licence": "CC-BY-4.0", "quirks": ["failing_pages"], "page_limit": 8}
        return run_harvest("optimade", **(asked | options))

    return run


def test_a_page_that_fails_comes_in_halves_and_the_next_one_whole(
    harvest_failing: Callable[..., Harvested], database: Make, web_service: WebService
) -> None:
    served = database({str(number): {} for number in range(20)})
    done = harvest_failing(failing(served, lambda offset, size: offset == 8 and size > 2))
    assert sorted(done.ids, key=int) == list(map(str, range(20)))
    assert done.source.complete
    sizes = [dict(parse_qsl(urlsplit(path).query)) for path, _ in web_service.asked if "page_limit" in path]
    assert (sizes[-1]["page_offset"], sizes[-1]["page_limit"]) == ("16", "8")


@pytest.mark.parametrize("row", [0, 8, 13, 15, 19])
def test_a_row_that_cannot_be_had_is_a_gap_and_the_harvest_incomplete(
    harvest_failing: Callable[..., Harvested], database: Make, row: int
) -> None:
    served = database({str(number): {} for number in range(20)})
    with pytest.raises(IncompleteError, match=rf"20 records promised, 19 .*page_offset={row} "):
        harvest_failing(failing(served, lambda offset, size: offset <= row < offset + size))


def test_a_replay_goes_the_same_way_as_the_walk_in_halves(
    harvest_failing: Callable[..., Harvested], database: Make, store: Store
) -> None:
    served = database({str(number): {} for number in range(20)})
    first = harvest_failing(failing(served, lambda offset, size: offset == 8 and size > 2))
    shutil.rmtree(store.folder / "records")
    again = harvest_failing(lambda _path, _body: (500, b"gone"), mode=Mode(offline=True, locked=True))
    assert (again.fetched, again.source, again.tables) == (0, first.source, first.tables)


@pytest.mark.parametrize(
    ("address", "quirks", "fits"),
    [
        ("https://db.example.org", [], True),
        ("http://db.example.org", [], False),
        ("http://db.example.org", ["plain_http"], True),
        ("https://db.example.org", ["plain_http"], False),
        ("http://127.0.0.1:5000", [], True),
    ],
)
def test_an_address_in_the_clear_is_said_so(address: str, quirks: list[str], fits: bool) -> None:
    databases = {"d": {"base_url": address}}
    card = {"title": "T", "licence": "CC0-1.0", "evidence": "none", "quirks": quirks, "databases": databases}
    if fits:
        assert Provider.model_validate(card).base_url == address
    else:
        with pytest.raises(ValueError, match="https, or the quirk plain_http"):
            Provider.model_validate(card)


def test_each_quirk_is_held_by_a_test_here() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [quirk for quirk in Quirk if f'"{quirk.value}"' not in text] == []
