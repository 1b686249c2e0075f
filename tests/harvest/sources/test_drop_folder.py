"""Drop folder: files appear, grow, are renamed and cleaned away; every run is taken once, and none is lost."""

from __future__ import annotations

import hashlib
import io
import json
import os
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from harvest import Mode, Store
from harvest.errors import IntegrityError
from harvest.sources.drop_folder import DropFolderSource
from harvest.testing import SourceContract
from schemas.recipe import RecipeError

if TYPE_CHECKING:
    from pathlib import Path

CARD = """\
[card]
title = "Refractometer"
licence = "CC-BY-4.0"
origin = "refractometer 2, room 7"
attribution = "the tests"
[rows]
id = "run"
formula = "sample"
constant_labels = { instrument = "refractometer 2" }
labels = { recipe = "recipe" }
[[properties]]
field = "n"
property = "refractive_index"
unit = "1"
method = "experiment"
conditions = [{ name = "temperature", field = "T", unit = "K" }]
"""
RECIPE = """\
[dataset]
name = "runs"
title = "Runs"
licence = "CC-BY-4.0"
[[sources]]
source = "drop_folder"
name = "instrument"
path = "drop"
card = "card.toml"
"""
LONG_AGO = 1_000_000_000
UPDATE = Mode(update=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    (project / "drop").mkdir(parents=True)
    (project / "card.toml").write_text(CARD)
    (project / "recipe.toml").write_text(RECIPE)
    return project


def _drop(folder: Path, name: str, content: str | bytes, *, changed_at: float = LONG_AGO) -> Path:
    path = folder / "drop" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (changed_at, changed_at))
    return path


def _json(run: str, n: float = 1.5, **more: object) -> str:
    return json.dumps({"run": run, "sample": "MgO", "n": n, "T": 293, "recipe": "r1", **more})


def _csv(run: str) -> str:
    return f"run,sample,n,T,recipe\n{run},SiO2,1.544,300,\n"


def _rows(store: Store, harvested: Any, table: str) -> list[dict[str, Any]]:  # noqa: ANN401 — a report
    (source,) = harvested.records.sources
    rows: list[dict[str, Any]] = pq.read_table(store.folder / source.folder / f"{table}.parquet").to_pylist()
    return rows


def test_every_file_is_a_run_with_instrument_and_parameters(folder: Path, store: Store) -> None:
    _drop(folder, "a.json", _json("r-1"))
    _drop(folder, "b.csv", _csv("r-2"))
    harvested = store.harvest(folder / "recipe.toml")
    entries = {row["source_id"]: dict(row["labels"]) for row in _rows(store, harvested, "entries")}
    assert entries == {
        "r-1": {"instrument": "refractometer 2", "recipe": "r1"},
        "r-2": {"instrument": "refractometer 2"},
    }
    values = _rows(store, harvested, "properties")
    said = {(row["value"], row["conditions"][0]["value"], row["pointer"]) for row in values}
    assert said == {(1.5, 293.0, "json=/n"), (1.544, 300.0, "row=1;column=n")}


def test_a_second_run_without_new_files_reads_nothing(folder: Path, store: Store) -> None:
    _drop(folder, "a.json", _json("r-1"))
    first = store.harvest(folder / "recipe.toml")
    for mode in (Mode(), UPDATE, Mode(locked=True, offline=True)):
        again = store.harvest(folder / "recipe.toml", mode=mode)
        assert (again.fetched, again.parsed, again.records) == ({}, (), first.records)


def test_a_new_file_is_another_version_which_a_locked_run_refuses_and_an_update_takes(
    folder: Path, store: Store
) -> None:
    _drop(folder, "a.json", _json("r-1"))
    store.harvest(folder / "recipe.toml")
    _drop(folder, "b.json", _json("r-2"))
    with pytest.raises(IntegrityError, match="run with --update to take the new state"):
        store.harvest(folder / "recipe.toml")
    harvested = store.harvest(folder / "recipe.toml", mode=UPDATE)
    assert [row["source_id"] for row in _rows(store, harvested, "entries")] == ["r-1", "r-2"]


def test_what_was_archived_is_not_archived_again_with_every_new_run(folder: Path, store: Store) -> None:
    def archived() -> int:
        return sum(path.stat().st_size for path in (store.folder / "raw").glob("*.warc.gz"))

    noise = "".join(hashlib.sha256(bytes([number % 256, number // 256])).hexdigest() for number in range(3_000))
    _drop(folder, "a.json", _json("r-1", note=noise))
    store.harvest(folder / "recipe.toml")
    before = archived()
    _drop(folder, "b.json", _json("r-2"))
    harvested = store.harvest(folder / "recipe.toml", mode=UPDATE)
    assert [row["source_id"] for row in _rows(store, harvested, "entries")] == ["r-1", "r-2"]
    assert archived() - before < 10_000 < before


def test_what_was_taken_stays_when_the_instrument_cleans_or_renames_its_files(folder: Path, store: Store) -> None:
    old = _drop(folder, "a.json", _json("r-1"))
    _drop(folder, "b.json", _json("r-2"))
    first = store.harvest(folder / "recipe.toml")
    old.unlink()
    (folder / "drop/b.json").rename(folder / "drop/renamed.json")
    again = store.harvest(folder / "recipe.toml", mode=Mode(locked=True))
    assert (again.fetched, again.records) == ({}, first.records)
    _drop(folder, "copy of b.json", _json("r-2"))
    assert store.harvest(folder / "recipe.toml", mode=Mode(locked=True)).records == first.records


@pytest.mark.parametrize("name", ["b.json.part", ".b.json", "~$b.json", "b.json.tmp", "b.json~", "b.png"])
def test_a_file_that_is_not_finished_or_no_run_is_left(name: str, folder: Path, store: Store) -> None:
    _drop(folder, "a.json", _json("r-1"))
    _drop(folder, name, _json("r-2"))
    assert [row["source_id"] for row in _rows(store, store.harvest(folder / "recipe.toml"), "entries")] == ["r-1"]


def test_a_file_is_taken_when_it_has_settled_and_not_before(folder: Path) -> None:
    _drop(folder, "a.json", _json("r-1"))
    _drop(folder, "b.json", _json("r-2"), changed_at=LONG_AGO + 100)
    _drop(folder, "empty.json", "")
    options = {"path": "drop", "card": "card.toml", "settle_seconds": 30}
    counts = []
    for now in (LONG_AGO + 29, LONG_AGO + 30, LONG_AGO + 129, LONG_AGO + 130):
        try:
            plan = DropFolderSource(clock=lambda now=now: float(now)).plan("k", options, folder)
            counts.append(len(plan.query.waiting))
        except Exception as error:  # noqa: BLE001 — which error it is, the next line says
            counts.append(str(error))
    assert counts == ["no file of drop/* has been unchanged for 30 s yet", 1, 1, 2]


def test_a_file_that_grew_after_it_was_taken_is_taken_too_and_the_first_reading_stands(
    folder: Path, store: Store
) -> None:
    _drop(folder, "a.json", _json("r-1", n=1.5))
    harvested = store.harvest(folder / "recipe.toml")
    for n in (1.6, 1.7, 1.8, 1.9):
        _drop(folder, "a.json", _json("r-1", n=n))
        harvested = store.harvest(folder / "recipe.toml", mode=UPDATE)
    assert [row["value"] for row in _rows(store, harvested, "properties")] == [1.5]
    rejected = _rows(store, harvested, "rejected")
    assert len(rejected) == 4
    assert all(row["reasons"][0].startswith("duplicate_id: r-1 was delivered before") for row in rejected)


def test_a_file_that_changes_while_it_is_taken_is_refused(folder: Path) -> None:
    from harvest.intake import take, taken_names, waiting_files

    path = _drop(folder, "a.json", _json("r-1"))
    waiting = waiting_files(folder / "drop", "*", older_than=LONG_AGO, row_format=None)
    path.write_text(_json("r-1", n=2.0))
    with pytest.raises(IntegrityError, match="changed while it was taken"):
        take(tuple(waiting), folder / "drop-taken")
    assert taken_names(folder / "drop-taken") == []
    assert list((folder / "drop-taken").glob("*")) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.json", '{"run": "r-9", '),
        ("x.json", "[,"),
        ("x.csv", "a,a\n1,2\n"),
        ("x.csv", "run;sample;n;T;recipe\nr-9;SiO2;1;300;\n"),
        ("x.csv.gz", b"\x1f\x8bno"),
        ("x.json", "7"),
    ],
)
def test_a_file_that_cannot_be_read_is_rejected_alone(
    name: str, content: str | bytes, folder: Path, store: Store
) -> None:
    _drop(folder, "a.json", _json("r-1"))
    _drop(folder, name, content)
    harvested = store.harvest(folder / "recipe.toml")
    assert [row["source_id"] for row in _rows(store, harvested, "entries")] == ["r-1"]
    assert [row["reasons"][0].split(":")[0] for row in _rows(store, harvested, "rejected")] == ["unreadable"]


def test_nobody_is_named_by_bytes_of_another_encoding(folder: Path, store: Store) -> None:
    table = "run,sample,n,T,recipe,operator\nr-1,SiO2,1.544,300,,M\u00fcller\nr-2,SiO2,1.544,300,,\n"
    _drop(folder, "a.csv", table.encode("cp1252"))
    harvested = store.harvest(folder / "recipe.toml")
    assert [row["source_id"] for row in _rows(store, harvested, "entries")] == ["r-2"]
    (rejected,) = _rows(store, harvested, "rejected")
    assert "column 'operator': byte 0xFC is not UTF-8" in rejected["reasons"][0]
    assert "ller" not in json.dumps(rejected)


def test_nobody_is_named_in_records_nor_in_the_quarantine_nor_by_a_file_name(folder: Path, store: Store) -> None:
    person = "Maria Muster"
    _drop(folder, f"{person}.json", _json("r-1", operator=person))
    _drop(folder, "bad.json", json.dumps({"run": "r-2", "meta": {"user": person, "power": 5}, "Prepared by": person}))
    harvested = store.harvest(folder / "recipe.toml")
    (rejected,) = _rows(store, harvested, "rejected")
    assert json.loads(rejected["row"]) == {"run": "r-2", "meta": {"power": 5}}
    written = [path for path in (store.folder / "records").rglob("*") if path.is_file()]
    tables = [json.dumps(_rows(store, harvested, name), default=str) for name in ("entries", "properties", "rejected")]
    assert written
    assert not [path for path in written if path.suffix == ".json" and person in path.read_text()]
    assert not any(person in text for text in tables)
    assert not any(person in row["uri"] for row in _rows(store, harvested, "raw_objects"))


@pytest.mark.parametrize("label", ['operator = "recipe"', 'by = "Measured by"', 'x = "meta.user.name"'])
def test_a_card_that_would_publish_a_person_is_refused(label: str, folder: Path, store: Store) -> None:
    _drop(folder, "a.json", _json("r-1"))
    (folder / "card.toml").write_text(CARD.replace('recipe = "recipe"', label))
    with pytest.raises(RecipeError, match="names instruments and parameters, no people"):
        store.harvest(folder / "recipe.toml")


def test_the_archive_alone_gives_the_records_again(folder: Path, store: Store) -> None:
    import shutil

    _drop(folder, "a.json", _json("r-1"))
    first = store.harvest(folder / "recipe.toml")
    shutil.rmtree(folder / "drop")
    shutil.rmtree(folder / "drop-taken")
    shutil.rmtree(store.folder / "records")
    again = store.harvest(folder / "recipe.toml", mode=Mode(locked=True, offline=True))
    assert again.records == first.records


def test_a_run_without_an_id_of_its_own_is_known_by_its_content(folder: Path, store: Store) -> None:
    (folder / "card.toml").write_text(CARD.replace('id = "run"', 'id = "@run"'))
    _drop(folder, "a.json", _json("r-1"))
    _drop(folder, "b.json", _json("r-2"))
    harvested = store.harvest(folder / "recipe.toml")
    ids = [row["source_id"] for row in _rows(store, harvested, "entries")]
    hashes = [row["raw_sha256"][:16] for row in _rows(store, harvested, "raw_objects")]
    assert sorted(ids) == sorted(hashes[1:])


def test_a_nexus_file_is_a_run_with_its_datasets_and_attributes(folder: Path, store: Store) -> None:
    h5py = pytest.importorskip("h5py")
    from harvest.formats.places import table_text
    from schemas.provenance import Pointer

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        entry = file.create_group("entry")
        entry["run"], entry["sample"] = "r-5", "MgO"
        entry["n"], entry["T"], entry["pattern"] = 1.7355, [293.0], [1.0, 2.0, 3.0]
        entry["T"].attrs["units"] = "K"
    card = CARD.replace('"run"', '"entry/run"').replace('"sample"', '"entry/sample"').replace('"n"', '"entry/n"')
    card = card.replace('"T"', '"entry/T"').replace('recipe = "recipe"', 'unit = "entry/T@units"')
    (folder / "card.toml").write_text(card)
    _drop(folder, "scan.nxs", buffer.getvalue())
    _drop(folder, "broken.nxs", "no HDF5")
    harvested = store.harvest(folder / "recipe.toml")
    (entry_row,) = _rows(store, harvested, "entries")
    assert dict(entry_row["labels"])["unit"] == "K"
    (value,) = _rows(store, harvested, "properties")
    assert (value["value"], value["conditions"][0]["value"], value["pointer"]) == (1.7355, 293.0, "hdf=/entry/n")
    assert table_text(buffer.getvalue(), Pointer.parse(value["pointer"])) == "1.7355"
    assert len(_rows(store, harvested, "rejected")) == 1


NEXUS_CARD = CARD.replace('"sample"', '"entry/sample/chemical_formula"').replace('"run"', '"entry/entry_identifier"')
NEXUS_CARD = (
    NEXUS_CARD.replace('"n"', '"entry/data/n"')
    .replace('"T"', '"entry/sample/temperature"')
    .replace(
        'recipe = "recipe"',
        'instrument = "entry/instrument/name", wavelength = "entry/instrument/source/wavelength", '
        'wavelength_unit = "entry/instrument/source/wavelength@units", definition = "entry/definition"',
    )
)


def _nexus(temperature_unit: str, n_unit: str | None = None) -> bytes:
    """Return a run as NeXus has it: groups with a class, datasets with units, who measured it beside the rest."""
    h5py = pytest.importorskip("h5py")
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        entry = file.create_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        entry["entry_identifier"], entry["definition"] = "r-9", "NXellipsometry"
        entry["sample/chemical_formula"], entry["sample/temperature"] = "MgO", 293.0
        entry["sample/temperature"].attrs["units"] = temperature_unit
        entry["instrument/name"], entry["instrument/source/wavelength"] = "ellipsometer 3", 632.8
        entry["instrument/source/wavelength"].attrs["units"] = "nm"
        entry["user/name"], entry["data/n"] = "Ada Example", 1.7355
        if n_unit is not None:
            entry["data/n"].attrs["units"] = n_unit
    return buffer.getvalue()


def test_instrument_and_parameters_of_a_nexus_run_are_its_provenance_and_people_are_not(
    folder: Path, store: Store
) -> None:
    (folder / "card.toml").write_text(NEXUS_CARD)
    _drop(folder, "scan.nxs", _nexus("K", ""))
    harvested = store.harvest(folder / "recipe.toml")
    (entry,) = _rows(store, harvested, "entries")
    assert (entry["source_id"], entry["formula_given"]) == ("r-9", "MgO")
    labels = dict(entry["labels"])
    assert labels["instrument"] == "ellipsometer 3", "what the run says counts, not what the card says of all"
    assert (labels["wavelength"], labels["wavelength_unit"], labels["definition"]) == ("632.8", "nm", "NXellipsometry")
    (source,) = harvested.records.sources
    written = b"".join(path.read_bytes() for path in (store.folder / source.folder).iterdir())
    assert b"Ada" not in written


@pytest.mark.parametrize(
    ("temperature_unit", "n_unit", "says"),
    [
        ("degC", None, "temperature: the file states the unit 'degC', the card says 'K'"),
        ("mK", None, "temperature: the file states the unit 'mK', the card says 'K'"),
        ("K", "eV", "n: the file states the unit 'eV', the card says '1'"),
    ],
)
def test_a_unit_that_the_file_states_otherwise_than_the_card_is_no_silent_factor(
    folder: Path, store: Store, temperature_unit: str, n_unit: str | None, says: str
) -> None:
    (folder / "card.toml").write_text(NEXUS_CARD)
    _drop(folder, "scan.nxs", _nexus(temperature_unit, n_unit))
    harvested = store.harvest(folder / "recipe.toml")
    assert _rows(store, harvested, "entries") == []
    (row,) = _rows(store, harvested, "rejected")
    assert says in row["reasons"][0]


class TestDropFolder(SourceContract):
    source = DropFolderSource

    @pytest.fixture
    def options(self, folder: Path) -> dict[str, Any]:
        _drop(folder, "a.json", _json("r-1"))
        _drop(folder, "b.csv", _csv("r-2"))
        return {"path": "drop", "card": "card.toml"}
