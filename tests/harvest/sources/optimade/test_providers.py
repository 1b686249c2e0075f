"""OPTIMADE providers: a card for each prefix of the list, and each database harvested as its card says."""

from __future__ import annotations

import importlib.resources
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from harvest.errors import CardError, ContractError, ForbiddenHostError
from harvest.sources.optimade import OptimadeSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Database, Harvested, WebService

    from harvest.sources.optimade.providers import FieldMapping, Provider

type Make = Callable[..., Database]

PROVIDERS = OptimadeSource.card.providers
DATABASES = [(name, database) for name, provider in PROVIDERS.items() for database in provider.databases]


def test_every_prefix_of_the_list_that_the_reference_implementation_ships_has_a_card() -> None:
    listed = importlib.resources.files("optimade.server.data").joinpath("providers.json").read_text(encoding="utf-8")
    assert {entry["id"] for entry in json.loads(listed)["data"]} == PROVIDERS.keys()


def test_every_card_is_named_and_every_named_card_is_there() -> None:
    folder = Path(str(importlib.resources.files("harvest.sources.optimade"))) / "providers"
    assert {path.stem for path in folder.glob("*.toml")} == PROVIDERS.keys()


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_card_says_where_what_it_knows_is_from(name: str) -> None:
    card = PROVIDERS[name]
    assert card.evidence
    assert card.databases or card.note
    assert card.licence == "NOASSERTION" or card.attribution


@pytest.mark.parametrize("name", [name for name, card in PROVIDERS.items() if not card.databases])
def test_a_prefix_without_database_says_so(name: str) -> None:
    with pytest.raises(CardError, match=rf"the provider '{name}' has no database to ask: \w+"):
        OptimadeSource().plan("x", {"provider": name}, Path())


def moved(card: Provider, origin: str) -> Provider:
    """Return a card whose databases are all at one address on this machine."""
    here = {
        name: database.model_copy(update={"base_url": f"{origin}/{name}"}) for name, database in card.databases.items()
    }
    return card.model_copy(update={"databases": here, "index": f"{origin}/index", "hosts": (urlsplit(origin).netloc,)})


@pytest.fixture
def ask(
    web_service: WebService, run_harvest: Callable[..., Harvested], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Harvested]:
    """Return a function that harvests a provider, moved to this machine, that serves what it is told."""

    def run(name: str, served: Database, **options: object) -> Harvested:
        web_service.answer = served.answer
        card = OptimadeSource.card.model_copy(update={"providers": {name: moved(PROVIDERS[name], web_service.origin)}})
        monkeypatch.setattr(OptimadeSource, "card", card)
        return run_harvest("optimade", base_url=None, provider=name, **options)

    return run


def filled(fields: dict[str, FieldMapping]) -> dict[str, Any]:
    """Return attributes in which the n-th field has the value n/4."""
    attributes: dict[str, Any] = {}
    for number, path in enumerate(fields, 1):
        *outer, leaf = path.split(".")
        place = attributes
        for step in outer:
            place = place.setdefault(step, {})
        place[leaf] = number / 4
    return attributes


@pytest.mark.parametrize(("name", "which"), DATABASES, ids=[f"{n}-{d}" for n, d in DATABASES])
def test_a_database_is_harvested_as_its_card_says(
    ask: Callable[..., Harvested], database: Make, name: str, which: str
) -> None:
    card = PROVIDERS[name].databases[which]
    fields = PROVIDERS[name].fields | card.fields
    link = "next_page" if "next_page" in PROVIDERS[name].quirks else "next"
    served = database({str(number): filled(fields) for number in range(12)}, next_name=link)
    done = ask(name, served, database=which, page_limit=5)
    assert (done.source.pin.records, len(done.rejected)) == (12, 0)
    assert done.source.licence == (card.licence or PROVIDERS[name].licence)
    rows = [row for row in done.tables["properties"] if row["entry_id"] == done.entry("0")["entry_id"]]
    expected = {
        (f.property, f.unit, f.method.value, f.functional or card.functional, number / 4)
        for number, f in enumerate(fields.values(), 1)
    }
    assert {(r["property"], r["unit"], r["method"], r["functional"], r["value"]) for r in rows} == expected
    assert len(rows) == len(fields)


def test_a_database_that_the_card_does_not_know_is_found_by_the_index(
    ask: Callable[..., Harvested], database: Make, web_service: WebService
) -> None:
    served = database({"a": {}}, children={"new": f"{web_service.origin}/new", "old": None})
    done = ask("mcloud", served, database="new", licence="CC-BY-4.0")
    assert (done.ids, done.source.licence) == (["a"], "CC-BY-4.0")
    assert [path.partition("?")[0] for path, _ in web_service.asked] == [
        "/index/v1/links", "/new/v1/info", "/new/v1/structures", "/new/v1/info",
    ]  # fmt: skip


def test_a_database_that_the_index_does_not_know_is_an_error_that_names_the_others(
    ask: Callable[..., Harvested], database: Make, web_service: WebService
) -> None:
    children = {"new": f"{web_service.origin}/new", "old": None}
    with pytest.raises(ContractError, match="has no database 'old'; it has new"):
        ask("mcloud", database({}, children=children), database="old", licence="CC-BY-4.0")


def test_an_index_that_leads_to_another_host_is_not_followed(ask: Callable[..., Harvested], database: Make) -> None:
    served = database({}, children={"new": "http://127.0.0.2:9/new"})
    with pytest.raises((ContractError, ForbiddenHostError), match="on a host that the card does not name"):
        ask("mcloud", served, database="new", licence="CC-BY-4.0")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {"provider": "alexandria", "licence": "CC0-1.0"},
            "the card of 'alexandria' says CC-BY-4.0, the recipe CC0-1.0",
        ),
        ({"base_url": "http://127.0.0.1", "licence": "MIT", "database": "x"}, "`database` is one of a `provider`"),
        ({"provider": "mp", "quirks": ["lazy"]}, "next_page"),
    ],
)
def test_what_contradicts_a_card_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises((CardError, ValueError), match=says):
        OptimadeSource().plan("x", options, Path())


def test_pages_are_as_large_as_the_card_allows(
    ask: Callable[..., Harvested], database: Make, web_service: WebService
) -> None:
    unknown = dict.fromkeys(path.partition(".")[0] for path in PROVIDERS["jarvis"].fields)
    ask("jarvis", database({str(n): unknown for n in range(25)}), page_limit=500)
    assert [path for path, _ in web_service.asked if "page_limit=10&" in path]


def test_the_key_of_a_provider_is_on_its_card() -> None:
    key = PROVIDERS["mpds"].key
    assert key is not None
    assert (key.header, key.variables, key.required) == ("Key", ("MPDS_KEY",), True)
