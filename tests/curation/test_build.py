from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from curation import build
from curation.datasets.layout import read_manifest, versions_of
from curation.errors import ContractError, CorruptionError, IncompleteRecordsError
from schemas.dataset import Sums, VersionPin

if TYPE_CHECKING:
    from collections.abc import Callable

    Made = Callable[..., build.BuildReport]
    Recipe = Callable[..., Path]
    Command = Callable[..., tuple[int, str, str]]
    Hashes = Callable[..., dict[str, str]]

PROJECT = Path(__file__).parents[2]
ROWS: list[tuple[Any, ...]] = [("1", "NaCl", 1.5), ("2", "ZnS", 2.4)]
OTHERS: dict[str, list[tuple[Any, ...]]] = {"b": [("1", "KCl", 1.49)]}


def pin_of(report: build.BuildReport) -> VersionPin:
    manifest = report.dataset.manifest
    return VersionPin(version=manifest.version, parent=manifest.parent, content_sha256=manifest.content_sha256)


def first_pin(store: Path) -> VersionPin:
    manifest = read_manifest(store / "datasets" / "small" / "1.0.0")
    return VersionPin(version="1.0.0", content_sha256=manifest.content_sha256)


def test_the_same_records_make_one_version(begun: Path, curated: Made, hashes: Hashes) -> None:
    before = hashes(begun)
    stages: list[str] = []
    second = curated(begun, "small", progress=told(stages))
    assert (second.is_new, second.dataset.id, stages) == (False, "small@1.0.0", [])
    assert hashes(begun) == before


def told(stages: list[str]) -> Callable[[str, int, int | None], None]:
    """Note each stage once."""
    return lambda what, done, total: stages.append(what) if stages[-1:] != [what] else None  # noqa: ARG005 — how far is shown


def test_stages_are_told_in_their_order(begun: Path, table_recipe: Recipe, made: Made) -> None:
    stages: list[str] = []
    report = made(table_recipe({"a": ROWS}), begun, update=True, progress=told(stages))
    assert (report.is_new, stages) == (True, ["normalise", "validate", "deduplicate", "write"])


def test_other_code_with_the_same_rows_makes_no_version(
    begun: Path, curated: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages: list[str] = []
    monkeypatch.setattr(build, "code", lambda: {"matgranary": "0.1.0", "fingerprint": "another"})
    report = curated(begun, "small", progress=told(stages))
    assert stages[-1] == "write"
    assert (report.is_new, report.dataset.id) == (False, "small@1.0.0")
    stages.clear()
    curated(begun, "small", progress=told(stages))
    assert stages == []


@pytest.mark.parametrize(
    ("rows", "version"),
    [
        ([*ROWS, ("3", "LiF", 1.39)], "1.1.0"),
        (ROWS[:1], "1.1.0"),
        ([("1", "NaCl", 1.5), ("2", "ZnS", 2.5)], "1.0.1"),
        ([("1", "NaCl", 1.5, 0.1), ("2", "ZnS", 2.4)], "1.0.1"),
    ],
    ids=["row added", "row removed", "value changed", "uncertainty added"],
)
def test_the_version_number_says_what_changed(
    begun: Path, table_recipe: Recipe, made: Made, hashes: Hashes, rows: list[tuple[Any, ...]], version: str
) -> None:
    before = hashes(begun / "datasets" / "small" / "1.0.0")
    second = made(table_recipe({"a": rows, **OTHERS}), begun, update=True)
    assert (second.is_new, second.dataset.manifest.version) == (True, version)
    assert second.dataset.manifest.parent == "1.0.0"
    assert versions_of(begun, "small") == ["1.0.0", version]
    assert hashes(begun / "datasets" / "small" / "1.0.0") == before


def test_rows_that_were_there_before_are_that_version_again(begun: Path, table_recipe: Recipe, made: Made) -> None:
    for rows, version in ((ROWS[:1], "1.1.0"), (ROWS, "1.0.0")):
        report = made(table_recipe({"a": rows, **OTHERS}), begun, update=True)
        assert report.dataset.manifest.version == version


def test_a_locked_build_of_the_pinned_rows_passes(begun: Path, curated: Made) -> None:
    pin = first_pin(begun)
    assert not curated(begun, "small", pinned=pin, locked=True).is_new
    shutil.rmtree(begun / "datasets")
    again = curated(begun, "small", pinned=pin, locked=True)
    assert (again.is_new, pin_of(again)) == (True, pin)


@pytest.mark.parametrize("built_before", [True, False])
def test_a_locked_build_refuses_other_rows(begun: Path, curated: Made, *, built_before: bool) -> None:
    content = first_pin(begun).content_sha256
    if not built_before:
        shutil.rmtree(begun / "datasets")
    other = VersionPin(version="1.0.0", content_sha256="0" * 64)
    with pytest.raises(CorruptionError, match=f"content 000000.*{content}") as caught:
        curated(begun, "small", pinned=other, locked=True)
    assert caught.value.exit_code == 7
    with pytest.raises(ContractError, match="no version that was made of it"):
        curated(begun, "small", pinned=None, locked=True)
    assert versions_of(begun, "small") == (["1.0.0"] if built_before else [])


def test_a_lost_version_is_made_again_under_its_number(begun: Path, curated: Made) -> None:
    pin = VersionPin(version="3.1.4", parent="3.1.3", content_sha256=first_pin(begun).content_sha256)
    shutil.rmtree(begun / "datasets")
    assert pin_of(curated(begun, "small", pinned=pin)) == pin


def test_other_rows_than_a_lost_version_get_the_next_number(begun: Path, curated: Made) -> None:
    shutil.rmtree(begun / "datasets")
    report = curated(begun, "small", pinned=VersionPin(version="2.4.1", content_sha256="0" * 64))
    assert (report.dataset.manifest.version, report.dataset.manifest.parent) == ("2.5.0", "2.4.1")


def test_a_number_that_other_rows_have_taken_in_this_store_stays_theirs(
    begun: Path, tmp_path: Path, table_recipe: Recipe, made: Made, hashes: Hashes
) -> None:
    recipe = table_recipe({"a": ROWS[:1]})
    pin = pin_of(made(recipe, tmp_path / "of a colleague", update=True))
    taken = begun / "datasets" / "small" / pin.version
    before = hashes(taken)
    manifest = made(recipe, begun, pinned=pin).dataset.manifest
    assert (manifest.version != pin.version, manifest.parent) == (True, pin.version)
    assert manifest.content_sha256 == pin.content_sha256
    assert hashes(taken) == before


def test_the_index_of_builds_may_be_damaged(begun: Path, curated: Made) -> None:
    (begun / "datasets" / "small" / "built.json").write_text("{", encoding="utf-8")
    assert curated(begun, "small").dataset.id == "small@1.0.0"


def test_a_failed_build_leaves_nothing(
    begun: Path, table_recipe: Recipe, made: Made, monkeypatch: pytest.MonkeyPatch, hashes: Hashes
) -> None:
    before = hashes(begun / "datasets")

    def full(folder: Path, manifest: object) -> None:
        raise OSError(28, "No space left on device", str(folder), str(manifest)[:1])

    monkeypatch.setattr(build, "derive_database", full)
    with pytest.raises(OSError, match="No space left"):
        made(table_recipe({"a": ROWS[:1]}), begun, update=True)
    assert hashes(begun / "datasets") == before


def test_the_ledger_adds_up_and_counts_what_is_there(tmp_path: Path, table_recipe: Recipe, made: Made) -> None:
    rows = [("1", "NaCl", 1.5), ("2", "Na2Cl2", 1.5), ("3", "Qq", 1.5), ("4", "ZnS", -7.0), ("5", "KCl", 33.0)]
    dataset = made(table_recipe({"a": rows, "b": [("1", "NaCl", 1.6)]}), tmp_path / "store").dataset
    first, second = dataset.manifest.ledger.lines
    assert first.entries == Sums(harvested=5, kept=3, merged=1, quarantined=1)
    assert first.values == Sums(harvested=4, kept=2, merged=1, quarantined=1)
    assert (first.flagged_values, first.complete) == (1, True)
    assert second.entries == Sums(harvested=1, kept=0, merged=1, quarantined=0)
    counts = dataset.sql("SELECT source, status, count(*) AS n FROM entries GROUP BY ALL ORDER BY ALL").rows()
    assert counts == [
        {"source": "a", "status": "kept", "n": 3},
        {"source": "a", "status": "merged", "n": 1},
        {"source": "b", "status": "merged", "n": 1},
    ]


def test_sums_that_do_not_add_up_cannot_be_made() -> None:
    with pytest.raises(ValidationError, match="does not add up: 4 harvested, but 1 kept"):
        Sums(harvested=4, kept=1, merged=1, quarantined=1)


@pytest.mark.parametrize("formula", ["C1000000000000000", "H0.00001"], ids=["huge amount", "tiny amount"])
def test_one_absurd_amount_is_quarantined_and_stops_nothing(
    tmp_path: Path, table_recipe: Recipe, made: Made, formula: str
) -> None:
    dataset = made(table_recipe({"a": [("1", "NaCl", 1.5), ("2", formula, 1.5)]}), tmp_path / "store").dataset
    assert dataset.manifest.ledger.lines[0].entries == Sums(harvested=2, kept=1, merged=0, quarantined=1)


def test_records_have_to_be_there_and_readable(begun: Path, curated: Made) -> None:
    with pytest.raises(IncompleteRecordsError, match="no records of 'other'"):
        curated(begun, "other")
    records = begun / "records" / "small.json"
    kept = records.read_bytes()
    records.write_text("{}", encoding="utf-8")
    with pytest.raises(ContractError, match=r"small\.json is not what harvesting writes"):
        curated(begun, "small")
    records.write_bytes(kept)
    shutil.rmtree(begun / "records" / "a")
    with pytest.raises(IncompleteRecordsError, match="the records of a are gone"):
        curated(begun, "small")


@pytest.mark.parametrize("name", ["Ada's data", "a [b] * c", "ä %20 ö"])
def test_a_store_may_stand_in_any_folder(tmp_path: Path, table_recipe: Recipe, made: Made, name: str) -> None:
    dataset = made(table_recipe({"a": ROWS}), tmp_path / name / "store").dataset
    assert dataset.sql("SELECT count(*) AS n FROM traced_values").rows() == [{"n": 2}]


def test_everything_derived_is_made_again_offline_byte_for_byte(
    own_store: Path, own_project: Path, command: Command, hashes: Hashes
) -> None:
    before = hashes(own_store / "datasets", "*.parquet")
    manifest = (own_store / "datasets" / "small" / "1.0.0" / "manifest.json").read_bytes()
    shutil.rmtree(own_store / "records")
    shutil.rmtree(own_store / "datasets")
    (own_store / "raw" / "ledger.sqlite").unlink()
    code, _, said = command("run", own_project / "recipe.toml", "--store", own_store, "--locked", "--offline")
    assert (code, said) == (0, "")
    assert hashes(own_store / "datasets", "*.parquet") == before
    assert (own_store / "datasets" / "small" / "1.0.0" / "manifest.json").read_bytes() == manifest
    assert json.loads(command("verify", "--store", own_store, "--json")[1])["failed"] == []


def test_records_and_datasets_alone_are_made_again_byte_for_byte(
    begun: Path, tmp_path: Path, command: Command, hashes: Hashes
) -> None:
    recipe = tmp_path / "tables" / "recipe.toml"
    assert command("run", recipe, "--store", begun)[0] == 0
    before = hashes(begun, "*.parquet")
    shutil.rmtree(begun / "records")
    shutil.rmtree(begun / "datasets")
    assert command("run", recipe, "--store", begun, "--locked", "--offline")[0] == 0
    assert hashes(begun, "*.parquet") == before


@pytest.mark.slow
def test_a_plain_script_may_curate(excerpt: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nimport harvest, curation\n"
        "with harvest.open_store(sys.argv[2]) as store:\n"
        "    name = store.harvest(sys.argv[1]).records.dataset\n"
        "print(curation.curate(sys.argv[2], name).dataset.id)\n",
        encoding="utf-8",
    )
    for name in ("prototypes.jsonl.gz", "prototypes.toml"):
        shutil.copy(excerpt / name, tmp_path / name)
    header, *sources = (excerpt / "recipe.toml").read_text(encoding="utf-8").split("[[sources]]")
    (source,) = [source for source in sources if "prototypes" in source]
    recipe = tmp_path / "recipe.toml"
    text = f'{header}[[sources]]{source.partition("[[papers]]")[0]}[curate]\ndedup = "exact"\n'
    recipe.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), str(recipe), str(tmp_path / "store")],
        env=os.environ | {"PYTHONPATH": str(PROJECT), "PYTHON_CPU_COUNT": "2"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "small@1.0.0"), done.stderr
