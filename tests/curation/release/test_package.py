from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from curation import open_dataset
from curation.errors import CorruptionError
from curation.release.package import package
from curation.release.terms import Access, ReleaseTerms

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.build import BuildReport
    from curation.datasets.open import Dataset

    Hashes = Callable[..., dict[str, str]]
    Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def released(store: Path) -> Path:
    return store / "releases" / "small-1.0.0"


def test_a_release_holds_the_rows_and_what_is_said_of_them(released: Path, dataset: Dataset, hashes: Hashes) -> None:
    found = hashes(released)
    parts = {f"data/{part.path}": part.sha256 for part in dataset.manifest.parts}
    assert parts.items() <= found.items()
    assert set(found) - set(parts) == {
        "ATTRIBUTION.md",
        "CHANGELOG.md",
        "CITATION.cff",
        "LICENSES.csv",
        "README.md",
        "bag-info.txt",
        "bagit.txt",
        "citation.bib",
        "citation.txt",
        "croissant.json",
        "data/manifest.json",
        "data/representations/fraction/part-0000.parquet",
        "data/representations/fraction/representation.json",
        "datacite.json",
        "datapackage.json",
        "landing/index.html",
        "landing/linkset.json",
        "landing/metadata.ttl",
        "landing/provenance.ttl",
        "manifest-sha256.txt",
        "optimade.jsonl",
        "prov.json",
        "release.json",
        "ro-crate-metadata.json",
        "small.duckdb",
        "tagmanifest-sha256.txt",
    }


def test_anyone_can_check_a_release_without_us(released: Path, hashes: Hashes) -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "manifest-sha256.txt", "tagmanifest-sha256.txt"],  # noqa: S607 — the tool that a reader has
        cwd=released,
        capture_output=True,
        text=True,
        env=os.environ | {"LC_ALL": "C"},
        check=True,
    )
    checked = {line.removesuffix(": OK") for line in done.stdout.splitlines()}
    assert checked == set(hashes(released)) - {"tagmanifest-sha256.txt"}


def test_a_release_has_the_same_bytes_wherever_it_was_made(
    released: Path, own_project: Path, tmp_path: Path, command: Command, hashes: Hashes
) -> None:
    (own_project / "harvest.lock").unlink()
    elsewhere = tmp_path / "elsewhere"
    assert command("run", own_project / "recipe.toml", "--store", elsewhere)[0] == 0
    assert hashes(elsewhere / "releases" / "small-1.0.0") == hashes(released)


def test_a_release_that_stands_is_never_changed(own_store: Path, hashes: Hashes) -> None:
    folder = own_store / "releases" / "small-1.0.0"
    before = {path: (sha256, (folder / path).stat().st_mtime_ns) for path, sha256 in hashes(folder).items()}
    released = package(open_dataset(own_store), own_store)
    assert (released.folder, released.is_new) == (folder.resolve(), False)
    assert {path: (sha256, (folder / path).stat().st_mtime_ns) for path, sha256 in hashes(folder).items()} == before


@pytest.mark.parametrize(
    "path",
    [
        "properties/dielectric-0000.parquet",
        "representations/fraction/part-0000.parquet",
        "representations/fraction/representation.json",
    ],
)
@pytest.mark.parametrize("options", [[], ["--allow-licences", "CC-BY-4.0"]], ids=["whole", "reduced"])
def test_a_damaged_version_is_not_released(
    own_store: Path, command: Command, flip: Callable[[Path], Path], path: str, options: list[str]
) -> None:
    shutil.rmtree(own_store / "releases")
    damaged = flip(own_store / "datasets" / "small" / "1.0.0" / path)
    code, _, said = command("release", "small", "--store", own_store, *options)
    assert code == 7
    assert f"{damaged}: " in said
    assert not (own_store / "releases" / "small-1.0.0").exists()


def test_a_damaged_split_is_not_released(own_store: Path, command: Command, flip: Callable[[Path], Path]) -> None:
    assert command("split", "--dataset", "small", "--name", "formula", "--by", "formula", "--store", own_store)[0] == 0
    shutil.rmtree(own_store / "releases")
    damaged = flip(own_store / "datasets" / "small" / "1.0.0" / "splits" / "formula" / "materials.parquet")
    code, _, said = command("release", "small", "--store", own_store)
    assert code == 7
    assert f"{damaged}: expected sha256" in said


def test_nothing_is_asked_of_a_repository_for_a_damaged_version(
    own_store: Path, command: Command, flip: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATGRANARY_INVENIORDM_TOKEN", "a key")
    flip(own_store / "datasets" / "small" / "1.0.0" / "properties" / "dielectric-0000.parquet")
    to = ("--to", "inveniordm", "--instance", "http://127.0.0.1:9")
    assert command("release", "small", *to, "--store", own_store)[0] == 7
    assert not (own_store / "deposits").exists()


def test_a_damaged_parent_ends_a_release_with_integrity(
    second_version: Path, tmp_path: Path, command: Command, flip: Callable[[Path], Path]
) -> None:
    shutil.copytree(second_version, tmp_path / "own")
    damaged = flip(tmp_path / "own" / "datasets" / "small" / "1.0.0" / "properties" / "a-0000.parquet")
    code, said, _ = command("release", "small", "--store", tmp_path / "own", "--json")
    assert code == 7
    assert f"{damaged}: expected sha256" in json.loads(said)["message"]


def test_a_release_stays_without_what_is_made_later(own_store: Path, own_project: Path, command: Command) -> None:
    folder = own_store / "releases" / "small-1.0.0"
    before = (folder / "tagmanifest-sha256.txt").read_bytes()
    assert command("represent", "small", "--with", "one_hot", "--store", own_store)[0] == 0
    assert command("split", "--dataset", "small", "--by", "formula", "--name", "f", "--store", own_store)[0] == 0
    code, said, _ = command("run", own_project / "recipe.toml", "--store", own_store)
    assert code == 0
    assert "Nothing to do" in said
    assert f"{folder} stands without representations/one_hot, splits/f, made after it" in said
    code, said, _ = command("release", "small", "--store", own_store, "--json")
    assert (code, json.loads(said)["without"]) == (0, ["representations/one_hot", "splits/f"])
    assert (folder / "tagmanifest-sha256.txt").read_bytes() == before
    shutil.rmtree(folder)
    code, said, _ = command("release", "small", "--store", own_store)
    assert (code, "stands without" in said) == (0, False)
    assert (folder / "data" / "splits" / "f" / "split.json").is_file()


def test_a_representation_that_the_recipe_takes_up_later_does_not_end_the_run(
    own_store: Path, own_project: Path, command: Command
) -> None:
    recipe = own_project / "recipe.toml"
    recipe.write_text(recipe.read_text(encoding="utf-8").replace('"fraction"', '"fraction", "one_hot"'), "utf-8")
    code, said, _ = command("run", recipe, "--store", own_store)
    assert code == 0
    assert "stands without representations/one_hot" in said


def test_a_release_of_other_rows_under_the_same_number_is_refused(
    begun: Path, table_recipe: Callable[..., Path], made: Callable[..., BuildReport]
) -> None:
    package(open_dataset(begun), begun)
    shutil.rmtree(begun / "datasets")
    other = made(table_recipe({"a": [("1", "NaCl", 1.6)], "b": [("1", "KCl", 1.4)]}), begun, update=True).dataset
    assert other.id == "small@1.0.0"
    with pytest.raises(CorruptionError, match="not with these rows"):
        package(other, begun)


def test_nothing_is_left_of_a_release_that_failed(begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from curation.release import package as module

    def full(dataset: Any, *_: object) -> None:  # noqa: ANN401 — a Dataset
        raise OSError(28, "No space left on device", str(dataset.folder))

    monkeypatch.setattr(module, "describe", full)
    with pytest.raises(OSError, match="No space left"):
        package(open_dataset(begun), begun)
    assert not [path for path in (begun / "releases").rglob("*") if path.is_file()]


def test_a_release_on_other_terms_is_refused(begun: Path) -> None:
    package(open_dataset(begun), begun)
    with pytest.raises(CorruptionError, match="on other terms: publisher differ"):
        package(open_dataset(begun), begun, ReleaseTerms(publisher="another"))


@pytest.mark.parametrize(
    ("terms", "mode"),
    [
        (ReleaseTerms(access=Access.RESTRICTED), 0o700),
        (ReleaseTerms(access=Access.EMBARGOED, embargo_until="2030-01-01"), 0o700),
        (ReleaseTerms(), None),
    ],
    ids=["restricted", "embargoed", "open"],
)
def test_a_closed_release_is_its_owners_alone(begun: Path, terms: ReleaseTerms, mode: int | None) -> None:
    before = {path: path.stat().st_mode for path in (begun / "datasets").rglob("*")}
    folder = package(open_dataset(begun), begun, terms).folder
    modes = {stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")] if path.is_dir()}
    assert (modes == {mode}) if mode else (0o700 not in modes)
    card = stat.S_IMODE((folder / "README.md").stat().st_mode)
    assert (card == 0o600) is bool(mode)
    assert {path: path.stat().st_mode for path in before} == before


def test_a_release_does_not_know_the_time(begun: Path, tmp_path: Path, hashes: Hashes) -> None:
    dataset = open_dataset(begun)
    first = package(dataset, tmp_path / "a")
    for path in first.folder.rglob("*"):
        os.utime(path, (0, 0))
    assert hashes(package(dataset, tmp_path / "b").folder) == hashes(first.folder)


def test_every_duckdb_since_1_0_reads_the_file(released: Path) -> None:
    """The number of the format stands in the header: 64 is that of version 1.0."""
    header = (released / "small.duckdb").read_bytes()[:24]
    assert (header[8:12], int.from_bytes(header[12:20], "little")) == (b"DUCK", 64)


def test_the_name_of_the_version_is_the_name_of_the_release(begun: Path) -> None:
    released = package(open_dataset(begun, "small@1.0.0"), begun)
    assert (released.folder.name, released.is_new) == ("small-1.0.0", True)
    assert (released.folder / "data" / "materials" / "all-0000.parquet").samefile(
        begun / "datasets" / "small" / "1.0.0" / "materials" / "all-0000.parquet"
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--date", "2026-13-45"), "is no day of the calendar"),
        (("--date", "2026-02-30"), "'2026-02-30' is no day"),
        (("--date", "yesterday"), "got 'yesterday'"),
        (("--embargo", "2026-00-01"), "is no day of the calendar"),
        (("--doi", "nonsense"), "got 'nonsense'"),
        (("--licence", "Foo-1.0"), "Foo-1.0"),
        (("--allow-licences", "Foo-1.0"), "Foo-1.0"),
    ],
)
def test_terms_that_are_none_are_errors_of_usage(
    begun: Path, command: Command, options: tuple[str, str], says: str
) -> None:
    code, _, said = command("release", "small", "--store", begun, *options)
    assert (code, says in said) == (2, True), said
    assert not (begun / "releases").exists()


def test_each_release_has_names_of_its_own_in_its_provenance(second_version: Path, tmp_path: Path) -> None:
    first, second = (open_dataset(second_version, f"small@{version}") for version in ("1.0.0", "1.1.0"))
    doi = ReleaseTerms(doi="10.5072/small.1", url="https://example.org/small")
    page = ReleaseTerms(url="https://example.org/small")
    releases = [(first, ReleaseTerms()), (second, ReleaseTerms()), (second, page), (second, doi)]
    said = []
    for number, (dataset, terms) in enumerate(releases):
        folder = package(dataset, tmp_path / str(number), terms).folder
        text = (folder / "landing" / "provenance.ttl").read_text(encoding="utf-8")
        said.append({line.partition(" ")[0] for line in text.splitlines() if line.startswith("<")})
        assert json.loads((folder / "prov.json").read_bytes())["prefix"]["m"] + "release" in text
    assert not set.intersection(said[0], said[1])
    assert "<https://example.org/small#release>" in said[2]
    assert "<https://doi.org/10.5072/small.1#release>" in said[3]
