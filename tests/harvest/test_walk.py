"""Walks: a walk that is whole is published, one that is not leaves its pages and says why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from harvest.attempt import choose_attempt
from harvest.errors import CredentialsError, IncompleteError, NotArchivedError
from harvest.ledger import State
from harvest.source import About, Key, Page, Plan, Request, SourceCard
from harvest.walk import Walk
from schemas.material import MaterialRecord
from schemas.provenance import PinKind, Pointer
from schemas.quantity import Model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Provider

    from harvest.source import Door, RawObject
    from harvest.store import Store


CARD = SourceCard(name="letters", title="t", description="d", licence="MIT", pin=PinKind.SNAPSHOT)


class Query(Model):
    paths: tuple[str, ...]


@dataclass
class Letters:
    """A source whose pages are letters, each a record, and that says of each page what it is told to say."""

    card: SourceCard = CARD
    origin: str = ""
    says: list[dict[str, Any]] = field(default_factory=list)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        about = About(title="t", licence="MIT", attribution="", origin="o")
        host = self.origin.removeprefix("http://")
        return Plan(
            key=key,
            source="letters",
            query=Query.model_validate(options),
            about=about,
            folder=folder,
            hosts=frozenset({host}),
            requests_per_second=1e6,
        )

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        for path, said in zip(Query.model_validate(plan.query).paths, self.says, strict=True):
            yield Page(door.get(Request(self.origin + path)), **said)

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord]:
        del plan
        for letter in raw.payload.decode():
            yield MaterialRecord(source_id=letter, formula="Si", pointer=Pointer.of(char=letter))


@pytest.fixture
def letters(provider: Provider) -> Letters:
    provider.answer("/1", b"ab")
    provider.answer("/2", b"cd")
    return Letters(origin=provider.origin, says=[{}, {}])


def walk(store: Store, source: Letters, folder: Path, *, offline: bool = False) -> Walk:
    plan = source.plan("k", {"paths": ("/1", "/2")}, folder)
    attempt = choose_attempt(store.ledger, plan, None, update=False)
    return Walk(store, source, plan, attempt, offline=offline)


def last_state(store: Store) -> State:
    last = store.ledger.last_harvest("k")
    assert last is not None
    return last.state


def test_a_whole_walk_is_published_and_closed(store: Store, letters: Letters, tmp_path: Path) -> None:
    records = walk(store, letters, tmp_path).run("parser")
    assert (records.pin.records, records.pin.pages, records.complete) == (4, 2, True)
    assert (store.folder / records.folder / "manifest.json").exists()
    assert last_state(store) is State.COMPLETE
    replay = walk(store, letters, tmp_path)
    assert replay.run("parser") == records
    assert replay.fetched == 0


@pytest.mark.parametrize(
    ("says", "problem", "state"),
    [
        ([{"promised": 5}, {"promised": 5}], "5 records promised, 4 distinct ones received", State.INCOMPLETE),
        ([{"promised": 4}, {"promised": 5}], "changed its count during the harvest", State.INCOMPLETE),
        ([{"version": "1"}, {"version": "2"}], r"changed its version during the harvest \(1, 2\)", State.DISCARDED),
        ([{"promised": 3, "has_records": False}, {}], "3 records promised, 2 distinct", State.INCOMPLETE),
    ],
)
def test_a_walk_that_is_not_whole_publishes_nothing_and_keeps_its_pages(
    store: Store, letters: Letters, tmp_path: Path, says: list[dict[str, Any]], problem: str, state: State
) -> None:
    letters.says = says
    with pytest.raises(IncompleteError, match=f"k: .*{problem}.*what came is archived, the next run asks anew"):
        walk(store, letters, tmp_path).run("parser")
    assert last_state(store) is state
    assert len([stored for stored in store.ledger.exchanges() if stored.request_key.startswith("GET")]) == 2
    assert [path for path in store.folder.glob("records/**/*") if path.is_file()] == []
    letters.says = [{}, {}]
    again = walk(store, letters, tmp_path)
    assert again.run("parser").complete
    assert again.fetched == 2


def test_a_walk_that_was_interrupted_goes_on(
    store: Store, letters: Letters, provider: Provider, tmp_path: Path
) -> None:
    def stop(what: str, done: int, promised: int | None) -> None:
        del what, promised
        if done == 2:
            raise KeyboardInterrupt

    interrupted = walk(store, letters, tmp_path)
    interrupted._progress = stop
    with pytest.raises(KeyboardInterrupt):
        interrupted.run("parser")
    assert last_state(store) is State.OPEN
    resumed = walk(store, letters, tmp_path)
    assert resumed.run("parser").pin.records == 4
    assert resumed.fetched == 1
    assert provider.asked == ["/1", "/2"]


def test_without_network_a_walk_that_is_not_archived_is_incomplete(
    store: Store, letters: Letters, provider: Provider, tmp_path: Path
) -> None:
    with pytest.raises(NotArchivedError, match=r"k: nothing of this query is archived.*run once without --offline"):
        walk(store, letters, tmp_path, offline=True).run("parser")
    assert provider.asked == []
    letters.says = [{}]
    with pytest.raises(ValueError, match="zip"):  # after the first page
        list(letters.fetch(letters.plan("k", {"paths": ("/1", "/2")}, tmp_path), walk(store, letters, tmp_path)._door))
    letters.says = [{}, {}]
    with pytest.raises(
        IncompleteError, match=r"GET \S+/2 is not in the archive, which holds only a part.*--offline"
    ) as one:
        walk(store, letters, tmp_path, offline=True).run("parser")
    assert (one.value.exit_code, NotArchivedError.exit_code) == (4, 2)


def test_a_key_comes_from_the_environment_and_reaches_the_source_alone(
    store: Store, letters: Letters, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = Key(header="X-API-KEY", variables=("LETTERS_KEY", "LETTERS_OLD_KEY"))
    letters.card = letters.card.model_copy(update={"key": key})
    with pytest.raises(CredentialsError, match="letters needs a key: set LETTERS_KEY or LETTERS_OLD_KEY in the env"):
        walk(store, letters, tmp_path).run("parser")
    monkeypatch.setenv("LETTERS_OLD_KEY", "canary-4711")
    walk(store, letters, tmp_path).run("parser")
    store.close()
    assert {shown["X-API-KEY"] for shown in provider.shown} == {"canary-4711"}
    for path in store.folder.rglob("*"):
        if path.is_file():
            assert b"canary-4711" not in path.read_bytes()
    for segment in store.archive.segments():
        assert all("canary-4711" not in repr(exchange) for _, exchange in store.archive.scan(segment))
