"""The runner: a harvest is done once, and the lock holds it to what was harvested."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from harvest import Mode
from harvest.errors import DriftError, IntegrityError
from harvest.ledger import State
from harvest.lock import change_lock, lock_path, read_lock
from schemas.dataset import VersionPin

if TYPE_CHECKING:
    from pathlib import Path

    from harvest.store import Store

LOCKED, UPDATE, OFFLINE = Mode(locked=True), Mode(update=True), Mode(offline=True)


def snapshot(*folders: Path) -> dict[Path, tuple[int, bytes]]:
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes())
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and "ledger.sqlite" not in path.name  # the ledger itself: see test_ledger
    }


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_records_are_those_of_the_file(store: Store, recipe: Path) -> None:
    report = store.harvest(recipe)
    (source,) = report.records.sources
    assert (source.key, source.complete, source.pin.records, source.pin.pages) == ("table", True, 5, 1)
    assert {file.table: file.rows for file in source.files} == {
        "entries": 4,
        "properties": 7,
        "rejected": 1,
        "raw_objects": 1,
    }
    entries = pq.read_table(store.folder / source.folder / "entries.parquet").to_pylist()
    assert [(row["source_id"], row["formula_given"], row["phase"]) for row in entries] == [
        ("1", "SiO2", "quartz"),
        ("2", "TiO2", "rutile"),
        ("3", "ZnS", "sphalerite"),
        ("4", "MgO", None),
    ]
    assert {row["licence"] for row in entries} == {"CC0-1.0"}
    (rejected,) = pq.read_table(store.folder / source.folder / "rejected.parquet").to_pylist()
    assert (rejected["source_id"], rejected["pointer"]) == ("5", "row=5")
    assert "Qq is not an element" in rejected["reasons"][0]


def test_a_second_harvest_fetches_nothing_and_writes_nothing(store: Store, recipe: Path) -> None:
    first = store.harvest(recipe)
    store.close()
    before = snapshot(store.folder, recipe.parent)
    second = store.harvest(recipe)
    store.close()
    assert (first.fetched, second.fetched) == ({"table": 1}, {})
    assert (first.parsed, second.parsed) == (("table",), ())
    assert second.records == first.records
    assert snapshot(store.folder, recipe.parent) == before


def test_another_clock_gives_the_same_pin(store: Store, recipe: Path, tmp_path: Path) -> None:
    from harvest import open_store

    first = store.harvest(recipe)
    with open_store(tmp_path / "elsewhere") as elsewhere:
        assert elsewhere.harvest(recipe, mode=LOCKED).records == first.records


def test_a_changed_recipe_is_locked_anew(store: Store, recipe: Path) -> None:
    store.harvest(recipe)
    before = read_lock(lock_path(recipe)).of("crystals").sources["table"]
    edit(recipe.parent / "crystals.toml", 'unit = "eV"', 'unit = "meV"')
    store.harvest(recipe)
    after = read_lock(lock_path(recipe)).of("crystals").sources["table"]
    assert after.fingerprint != before.fingerprint
    assert after.pin.version == before.pin.version


def test_a_locked_run_refuses_a_changed_recipe(store: Store, recipe: Path) -> None:
    store.harvest(recipe)
    lock = lock_path(recipe).read_bytes()
    edit(recipe.parent / "crystals.toml", 'unit = "eV"', 'unit = "meV"')
    with pytest.raises(DriftError, match=r"harvest\.lock does not match the recipe for table; run once without"):
        store.harvest(recipe, mode=LOCKED)
    assert DriftError.exit_code == 6
    assert lock_path(recipe).read_bytes() == lock


def test_a_locked_run_refuses_a_missing_lock_and_a_further_source(store: Store, recipe: Path) -> None:
    with pytest.raises(DriftError, match="does not match the recipe for table"):
        store.harvest(recipe, mode=LOCKED)
    assert not lock_path(recipe).exists()
    store.harvest(recipe)
    table = recipe.read_text(encoding="utf-8").split("[[sources]]")[1].replace('"table"', '"more"')
    recipe.write_text(recipe.read_text(encoding="utf-8") + "\n[[sources]]" + table, encoding="utf-8")
    with pytest.raises(DriftError, match="does not match the recipe for more"):
        store.harvest(recipe, mode=LOCKED)


def test_a_locked_run_passes_where_nothing_changed(store: Store, recipe: Path) -> None:
    first = store.harvest(recipe)
    assert store.harvest(recipe, mode=LOCKED).records == first.records


def test_a_locked_run_never_writes_the_lock(store: Store, recipe: Path) -> None:
    store.harvest(recipe)
    lock = lock_path(recipe)
    lock.write_text(lock.read_text(encoding="utf-8") + "# a note of a person\n", encoding="utf-8")
    before = lock.read_bytes()
    store.harvest(recipe, mode=LOCKED)
    assert lock.read_bytes() == before
    store.harvest(recipe)
    assert lock.read_bytes() != before


def test_a_run_does_not_move_the_lock_and_hold_to_it() -> None:
    with pytest.raises(ValueError, match="a run does one of them"):
        Mode(update=True, locked=True)


def test_a_harvest_keeps_what_others_locked_meanwhile(store: Store, recipe: Path) -> None:
    pin = VersionPin(version="1.0.0", content_sha256="c")

    def lock_both(*_: object) -> None:
        for name in ("crystals", "other"):
            change_lock(lock_path(recipe), name, lambda now: now.model_copy(update={"latest": pin}))

    store.harvest(recipe, progress=lock_both)
    lock = read_lock(lock_path(recipe))
    assert lock.of("other").latest == lock.of("crystals").latest == pin
    assert list(lock.of("crystals").sources) == ["table"]


@pytest.mark.parametrize("mode", [Mode(), LOCKED, OFFLINE])
def test_a_changed_data_file_is_refused(store: Store, recipe: Path, mode: Mode) -> None:
    store.harvest(recipe)
    lock = lock_path(recipe).read_bytes()
    edit(recipe.parent / "crystals.csv", "1.544", "1.545")
    with pytest.raises(IntegrityError, match=r"table: harvest\.lock says sha256:\w+, got sha256:\w+; .*--update"):
        store.harvest(recipe, mode=mode)
    assert IntegrityError.exit_code == 7
    assert lock_path(recipe).read_bytes() == lock


def test_an_update_takes_a_changed_data_file_and_moves_the_lock(store: Store, recipe: Path) -> None:
    store.harvest(recipe)
    before = read_lock(lock_path(recipe)).of("crystals").sources["table"].pin
    edit(recipe.parent / "crystals.csv", "1.544", "1.545")
    report = store.harvest(recipe, mode=UPDATE)
    after = read_lock(lock_path(recipe)).of("crystals").sources["table"].pin
    assert report.fetched == {"table": 1}
    assert after.version != before.version
    assert after.raw_root != before.raw_root
    assert store.harvest(recipe, mode=LOCKED).fetched == {}
    edit(recipe.parent / "crystals.csv", "1.545", "1.544")
    assert store.harvest(recipe, mode=UPDATE).fetched == {}
    assert read_lock(lock_path(recipe)).of("crystals").sources["table"].pin == before


@pytest.mark.parametrize("mode", [Mode(), LOCKED, OFFLINE])
def test_a_deleted_data_file_is_rebuilt_from_archive_and_lock(store: Store, recipe: Path, mode: Mode) -> None:
    first = store.harvest(recipe)
    parts = {p.name: p.read_bytes() for p in store.folder.glob("records/table/*/*")}
    (recipe.parent / "crystals.csv").unlink()
    shutil.rmtree(store.folder / "records")
    again = store.harvest(recipe, mode=mode)
    assert again.fetched == {}
    assert again.records == first.records
    assert {p.name: p.read_bytes() for p in store.folder.glob("records/table/*/*")} == parts


def test_a_page_that_a_kill_left_out_of_the_ledger_is_adopted_not_fetched_again(store: Store, recipe: Path) -> None:
    from harvest.archive import Exchange
    from harvest.planning import plan_recipe

    (plan,) = plan_recipe(recipe)[1]
    attempt = store.ledger.open_harvest(plan.key, plan.target)
    payload = (recipe.parent / "crystals.csv").read_bytes()
    read = Exchange(
        attempt.harvest,
        "READ file:crystals.csv",
        "file:crystals.csv",
        "text/csv",
        payload,
        store.clock(),
        kind="resource",
    )
    store.archive.append(read)  # durable, and then the power goes
    store.close()
    report = store.harvest(recipe)
    assert report.fetched == {}
    assert report.records.sources[0].pin.records == 5
    assert [h.state for h in store.ledger.harvests(plan.key, plan.target)] == [State.COMPLETE]
    assert len(store.ledger.exchanges()) == 2  # the page and the note of how the attempt ended


def test_an_article_that_vanished_or_came_is_not_taken_silently(store: Store, tmp_path: Path) -> None:
    recipe = tmp_path / "articles.toml"
    recipe.write_text(
        '[dataset]\nname = "a"\ntitle = "A"\nlicence = "CC-BY-4.0"\n\n'
        '[[papers]]\nname = "papers"\nfiles = "*.xml"\nlicence = "CC-BY-4.0"\n',
        encoding="utf-8",
    )
    for name in ("one.xml", "two.xml"):
        (tmp_path / name).write_bytes(b"<article><body><p>none</p></body></article>")
    store.harvest(recipe)
    (tmp_path / "two.xml").unlink()
    with pytest.raises(IntegrityError, match="--update"):
        store.harvest(recipe)
