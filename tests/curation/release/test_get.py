"""A release is fetched, proven, exported, cited and signed; one that was tampered with is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from curation.errors import CorruptionError
from curation.release.bag import SIGNATURE
from curation.release.cite import cite
from curation.release.deposit.archive import unpack_archive, write_archive
from curation.release.deposit.errors import NotThereError
from curation.release.get import get
from curation.release.sign import NoSignerError, check_signature, sign
from curation.release.verify import verify_release

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

    Command = Callable[..., tuple[int, str, str]]
    Hashes = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A secret key without a password, and its public key, made by minisign."""
    room = tmp_path_factory.mktemp("keys")
    minisign = shutil.which("minisign")
    assert minisign is not None, "no minisign: `make test` installs it"
    command = [minisign, "-G", "-W", "-p", str(room / "key.pub"), "-s", str(room / "key")]
    subprocess.run(command, check=True, capture_output=True)
    return room / "key", (room / "key.pub").read_text(encoding="utf-8").splitlines()[1]


def test_an_archive_has_the_same_bytes_every_time(tiny_release: Path, tmp_path: Path, hashes: Hashes) -> None:
    for name in ("a.zip", "b.zip"):
        write_archive(tiny_release, tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert hashes(unpack_archive(tmp_path / "a.zip", tmp_path / "out")) == hashes(tiny_release)


def test_a_release_is_got_from_a_folder_and_from_an_archive(
    tiny_release: Path, tmp_path: Path, hashes: Hashes, command: Command
) -> None:
    write_archive(tiny_release, tmp_path / "release.zip")
    for number, source in enumerate((tiny_release, tmp_path / "release.zip")):
        assert command("get", source, "--out", tmp_path / str(number))[0] == 0
        assert hashes(tmp_path / str(number) / tiny_release.name) == hashes(tiny_release)
        assert get(str(source), tmp_path / str(number)).name == tiny_release.name


def test_a_release_is_got_from_the_record_of_a_repository(
    tiny_release: Path, tmp_path: Path, load: Callable[[str], ModuleType], hashes: Hashes
) -> None:
    module = load("curation/release/deposit/repository_server")
    write_archive(tiny_release, tmp_path / "tiny.zip")
    sent = {"tiny.zip": {"status": "completed"}, "README.md": {"status": "completed"}}
    record: dict[str, Any] = {"id": "r1", "is_published": True, "files_sent": sent}
    repository = module.Repository(
        records={"r1": record}, contents={("r1", "tiny.zip"): (tmp_path / "tiny.zip").read_bytes()}
    )
    with module.serving(repository) as address:
        folder = get(f"{address}/records/r1", tmp_path / "out")
    assert hashes(folder) == hashes(tiny_release)


def test_what_was_tampered_with_is_refused_and_nothing_is_left(own_release: Path, tmp_path: Path) -> None:
    (own_release / "README.md").write_text("other", encoding="utf-8")
    write_archive(own_release, tmp_path / "release.zip")
    with pytest.raises(CorruptionError, match=r"1 of \d+ checks failed: README.md: expected sha256") as caught:
        get(str(tmp_path / "release.zip"), tmp_path / "out")
    assert caught.value.exit_code == 7
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("name", ["../out.txt", "/tmp/out.txt", "a/../../out.txt", "a\\..\\out.txt"])  # noqa: S108 — never written
def test_an_archive_that_would_write_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"x")
    (tmp_path / "out").mkdir()
    with pytest.raises(CorruptionError, match="would write outside"):
        unpack_archive(tmp_path / "evil.zip", tmp_path / "out")
    assert not list(tmp_path.rglob("out.txt"))


def test_a_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("link")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr(entry, b"/etc/passwd")
    with pytest.raises(CorruptionError, match="would write outside"):
        unpack_archive(tmp_path / "evil.zip", tmp_path)


@pytest.mark.parametrize("source", ["nothing.zip", "ftp://example.org/x.zip", "10.x/y"])
def test_what_is_no_source_is_named(tmp_path: Path, source: str) -> None:
    with pytest.raises(NotThereError, match="no file, folder, DOI or address"):
        get(source, tmp_path / "out")


def test_minisign_itself_verifies_a_signature(own_release: Path, keys: tuple[Path, str]) -> None:
    secret, public = keys
    first = sign(own_release, secret).read_bytes()
    assert sign(own_release, secret).read_bytes() == first
    done = subprocess.run(
        ["minisign", "-V", "-P", public, "-m", "tagmanifest-sha256.txt"],  # noqa: S607 — the tool that a reader has
        cwd=own_release,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert all(result.passed for result in verify_release(own_release))


def test_a_signature_stands_for_every_byte(own_release: Path, keys: tuple[Path, str], tmp_path: Path) -> None:
    secret, public = keys
    sign(own_release, secret)
    assert check_signature(own_release, public).passed
    tags = own_release / "tagmanifest-sha256.txt"
    tags.write_text(tags.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert not check_signature(own_release, public).passed
    with pytest.raises(CorruptionError):
        get(str(own_release), tmp_path / "out", public_key=public)


def test_a_release_without_a_signature_is_refused_where_one_is_asked_for(
    tiny_release: Path, keys: tuple[Path, str], tmp_path: Path
) -> None:
    with pytest.raises(CorruptionError, match=SIGNATURE):
        get(str(tiny_release), tmp_path, public_key=keys[1])


def test_a_key_that_is_none_is_refused(own_release: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key\n", encoding="utf-8")
    with pytest.raises(NoSignerError, match="minisign did not sign") as caught:
        sign(own_release, tmp_path / "key")
    assert caught.value.exit_code == 8


@pytest.mark.parametrize(("style", "said"), [("text", "10.5072/small.1"), ("bibtex", "@misc{"), ("datacite", '"doi"')])
def test_a_release_says_how_to_cite_it(tiny_release: Path, style: str, said: str, command: Command) -> None:
    assert said in cite(tiny_release, style)
    code, text, _ = command("cite", tiny_release, "--format", style)
    assert (code, said in text) == (0, True)


def test_exported_structures_are_those_of_the_release(
    small_release: Path, tmp_path: Path, command: Command, judges: Callable[[str, Path], list[str]]
) -> None:
    """ASE reads every CIF and the extended XYZ, and finds cells and species as `optimade.jsonl` has them."""
    room = tmp_path / "judged"
    room.mkdir()
    shutil.copy(small_release / "optimade.jsonl", room)
    assert command("export", small_release, "--format", "cif", "--out", room / "structures")[0] == 0
    assert command("export", small_release, "--format", "extxyz", "--out", room / "structures.extxyz")[0] == 0
    assert len(list((room / "structures").iterdir())) > 50
    assert judges("structures", room) == []
    first = next((room / "structures").iterdir())
    first.write_text(first.read_text(encoding="utf-8").replace("_cell_length_a ", "_cell_length_a 9"), encoding="utf-8")
    assert judges("structures", room) == [first.name]


def test_every_material_is_exported_with_its_values(small_release: Path, tmp_path: Path, command: Command) -> None:
    from curation.release.find import open_release

    code, text, _ = command("export", small_release, "--out", tmp_path / "all.jsonl", "--json")
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text(encoding="utf-8").splitlines()]
    (count,) = open_release(small_release).sql("SELECT count(*) AS n FROM materials").rows()
    assert (code, json.loads(text)["materials"]) == (0, count["n"])
    assert len(lines) == count["n"]
    assert {one["property"] for line in lines for one in line["values"]} >= {"band_gap", "refractive_index"}


def test_no_cell_of_an_export_is_run_by_a_spreadsheet(
    tmp_path: Path, made: Callable[..., Any], write_rows: Callable[..., Path], command: Command
) -> None:
    import csv

    from curation.release.package import package

    evil = '=HYPERLINK("http://example.org","x")'
    rows = {"lab": [{"id": "1", "formula": "NaCl", "value": -1.5, "note": evil}]}
    dataset = made(write_rows(tmp_path / "project", {"lab": "CC0-1.0"}, rows), tmp_path / "store").dataset
    released = package(dataset, tmp_path).folder
    assert command("export", released, "--format", "csv", "--out", tmp_path / "csv")[0] == 0
    with (tmp_path / "csv" / "materials.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["phase"] == f"'{evil}"
