from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curation.represent import finished_parts, represent, run
from curation.represent.composition.fractions import OneHot
from curation.represent.errors import DamagedInputError
from curation.represent.manifest import RepresentationManifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIRST, SECOND, THIRD = ["Fe2O3", "SiO2"], ["NaCl", "HeH", "KBr"], ["TiO2"]


def manifest_of(folder: Path) -> RepresentationManifest:
    return RepresentationManifest.model_validate_json((folder / "representation.json").read_bytes())


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_representation_that_stands_is_left_alone(make_version: Callable[..., Path]) -> None:
    version = make_version("1.0.0", FIRST, SECOND)
    represent(version, ["magpie"])
    before = {path: path.stat().st_mtime_ns for path in version.rglob("*")}
    (result,) = represent(version, ["magpie"])
    assert (result.up_to_date, result.parts_computed, result.parts_reused) == (True, 0, 0)
    assert (result.rows, result.failures) == (5, 1)
    assert {path: path.stat().st_mtime_ns for path in version.rglob("*")} == before


def test_another_version_lends_the_parts_that_did_not_change(make_version: Callable[..., Path]) -> None:
    old, new = make_version("1.0.0", FIRST, SECOND), make_version("1.1.0", FIRST, THIRD, SECOND)
    represent(old, ["magpie"])
    (result,) = represent(new, ["magpie"])
    assert (result.parts_computed, result.parts_reused, result.rows, result.failures) == (1, 2, 6, 1)
    assert result.path.joinpath("part-0002.parquet").samefile(old / "representations/magpie/part-0001.parquet")


def test_lent_or_computed_the_bytes_are_the_same(make_version: Callable[..., Path]) -> None:
    new = make_version("1.1.0", FIRST, SECOND)
    represent(new, ["mat2vec"])
    alone = files_of(new / "representations" / "mat2vec")
    old = make_version("1.0.0", SECOND)
    represent(old, ["mat2vec"])
    (new / "representations" / "mat2vec" / "representation.json").unlink()
    (result,) = represent(new, ["mat2vec"])
    assert (result.parts_computed, result.parts_reused) == (1, 1)
    assert files_of(result.path) == alone


def test_without_hard_links_parts_are_copied(
    make_version: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = make_version("1.0.0", FIRST), make_version("1.1.0", FIRST)
    represent(old, ["magpie"])

    def refuse(source: Path, target: Path) -> None:
        raise OSError(source, target)

    monkeypatch.setattr("schemas.disk.os.link", refuse)
    (result,) = represent(new, ["magpie"])
    assert result.parts_reused == 1
    copied, origin = result.path / "part-0000.parquet", old / "representations/magpie/part-0000.parquet"
    assert not copied.samefile(origin)
    assert copied.read_bytes() == origin.read_bytes()


def test_a_damaged_part_is_not_lent(make_version: Callable[..., Path]) -> None:
    old, new = make_version("1.0.0", FIRST), make_version("1.1.0", FIRST)
    represent(old, ["magpie"])
    part = old / "representations/magpie/part-0000.parquet"
    part.write_bytes(part.read_bytes()[:-1] + b"?")
    (result,) = represent(new, ["magpie"])
    assert (result.parts_computed, result.parts_reused) == (1, 0)
    assert "is damaged" in result.notes[0]


def test_what_other_libraries_wrote_is_not_lent(
    make_version: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = make_version("1.0.0", FIRST), make_version("1.1.0", FIRST)
    represent(old, ["magpie"])
    monkeypatch.setattr(finished_parts, "libraries", lambda _: {"numpy": "0"})
    (result,) = represent(new, ["magpie"])
    assert (result.parts_computed, result.parts_reused) == (1, 0)


def test_what_a_killed_run_had_finished_is_kept(
    make_version: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    version, write_part = make_version("1.0.0", FIRST, SECOND, THIRD), run.write_part
    calls = iter(range(9))

    def killed_at_the_third(*args: object, **kwargs: object) -> int:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return write_part(*args, **kwargs)  # type: ignore[arg-type] # handed on as received

    monkeypatch.setattr(run, "write_part", killed_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        represent(version, ["magpie"])
    folder = version / "representations"
    assert not (folder / "magpie").exists()
    (result,) = represent(version, ["magpie"])
    assert (result.parts_computed, result.parts_reused) == (1, 2)
    assert [path.name for path in folder.iterdir()] == ["magpie"]


def test_a_kill_while_publishing_leaves_nothing_half(
    make_version: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    version = make_version("1.0.0", FIRST, SECOND)

    def killed(folder: Path, manifest: RepresentationManifest) -> None:
        raise KeyboardInterrupt(folder, manifest)

    with monkeypatch.context() as patched:
        patched.setattr(run, "write_manifest", killed)
        with pytest.raises(KeyboardInterrupt):
            represent(version, ["magpie"])
    assert not (version / "representations" / "magpie").exists()
    (result,) = represent(version, ["magpie"])
    assert (result.parts_computed, result.parts_reused) == (0, 2)


def test_a_kill_after_publishing_is_tidied_up(make_version: Callable[..., Path]) -> None:
    version = make_version("1.0.0", FIRST)
    represent(version, ["magpie"])
    left = version / "representations" / ".parts-magpie"
    left.mkdir()
    represent(version, ["magpie"])
    assert not left.exists()


def test_what_a_killed_writer_left_does_no_harm(make_version: Callable[..., Path]) -> None:
    version = make_version("1.0.0", FIRST)
    folder = version / "representations"
    for left in (folder / ".building-magpie", folder / ".parts-magpie"):
        left.mkdir(parents=True)
        (left / ".building-part-0000.parquet").write_bytes(b"half")
    (result,) = represent(version, ["magpie"])
    found = {path.name for path in result.path.iterdir()}
    assert found == {"part-0000.parquet", "representation.json", "checksums.json"}
    assert [path.name for path in folder.iterdir()] == ["magpie"]


def test_a_representation_of_another_spec_is_replaced(
    make_version: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    version = make_version("1.0.0", FIRST)
    represent(version, ["one_hot"])
    changed = OneHot()
    changed.spec = changed.spec.model_copy(update={"version": "2"})
    monkeypatch.setattr("curation.represent.compute.load_representer", lambda _: changed)
    (result,) = represent(version, ["one_hot"])
    assert (result.parts_computed, result.up_to_date) == (1, False)
    assert manifest_of(result.path).spec.version == "2"


@pytest.mark.parametrize("harm", ["truncate", "unlink"])
def test_a_published_part_that_lost_bytes_is_made_again(make_version: Callable[..., Path], harm: str) -> None:
    version = make_version("1.0.0", FIRST)
    (result,) = represent(version, ["fraction"])
    part = result.path / "part-0000.parquet"
    whole = part.read_bytes()
    part.unlink() if harm == "unlink" else part.write_bytes(whole[:-9])
    assert not represent(version, ["fraction"])[0].up_to_date
    assert part.read_bytes() == whole


def test_rows_that_the_manifest_does_not_count_are_refused(make_version: Callable[..., Path]) -> None:
    version = make_version("1.0.0", FIRST)
    file = version / "manifest.json"
    file.write_text(file.read_text().replace('"rows": 2', '"rows": 3'))
    with pytest.raises(DamagedInputError, match="has 2 rows, its manifest states 3"):
        represent(version, ["magpie"])
    assert not (version / "representations" / "magpie").exists()


def test_materials_that_changed_after_publication_are_refused(make_version: Callable[..., Path]) -> None:
    version, other = make_version("1.0.0", FIRST), make_version("2.0.0", SECOND)
    part = "materials/part-0000.parquet"
    (version / part).write_bytes((other / part).read_bytes())
    with pytest.raises(DamagedInputError, match="its manifest states") as caught:
        represent(version, ["magpie"])
    assert caught.value.exit_code == 7
    assert not (version / "representations" / "magpie").exists()
