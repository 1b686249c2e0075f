from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation import open_dataset
from curation.errors import LicenceError
from curation.release.attribution import licence_table
from curation.release.facts import collect
from curation.release.find import open_release
from curation.release.licences import refuse_mixed_licences
from curation.release.package import package
from curation.release.terms import ReleaseTerms
from schemas.disk import model_json, sha256_of_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from curation.build import BuildReport
    from curation.datasets.open import Dataset


def with_licence(begun: Path, source: str, licence: str) -> Dataset:
    """Give the first entry of a source another licence, as a record of a provider may have."""
    path = begun / "datasets" / "small" / "1.0.0" / "entries" / f"{source}-0000.parquet"
    rows = pq.read_table(path, partitioning=None)
    licences = [licence, *rows["licence"].to_pylist()[1:]]
    column = rows.schema.get_field_index("licence")
    pq.write_table(rows.set_column(column, rows.schema.field("licence"), pa.array(licences)), path)
    dataset = open_dataset(begun)
    named = path.relative_to(dataset.folder).as_posix()
    changed = {"sha256": sha256_of_file(path), "bytes": path.stat().st_size}
    parts = tuple(one.model_copy(update=changed) if one.path == named else one for one in dataset.manifest.parts)
    (dataset.folder / "manifest.json").write_bytes(model_json(dataset.manifest.model_copy(update={"parts": parts})))
    return open_dataset(begun)


@pytest.mark.parametrize(
    ("licence", "why"),
    [
        ("CC-BY-NC-4.0", "CC-BY-NC-4.0 forbids commercial use, CC-BY-4.0 allows it"),
        ("CC-BY-SA-4.0", "CC-BY-SA-4.0 asks for the same licence"),
        ("ODbL-1.0", "ODbL-1.0 asks for the same licence"),
        ("LicenseRef-mine", "the licence of the row is LicenseRef-mine, which is not known"),
        ("NOASSERTION", "the licence of the row is NOASSERTION, which is not known"),
    ],
)
def test_one_row_that_may_not_be_released_stops_the_release_and_is_named(begun: Path, licence: str, why: str) -> None:
    dataset = with_licence(begun, "a", licence)
    with pytest.raises(
        LicenceError, match=f"small@1.0.0 cannot be released under CC-BY-4.0: 1 rows of a: {why}"
    ) as caught:
        package(dataset, begun)
    assert caught.value.exit_code == 6
    assert " of b" not in str(caught.value)
    assert not (begun / "releases").exists()


@pytest.mark.parametrize("licence", ["CC0-1.0", "CC-BY-4.0", "MIT", "PDDL-1.0"])
def test_rows_that_may_be_released_are_released_with_their_licence(begun: Path, licence: str) -> None:
    dataset = with_licence(begun, "b", licence)
    refuse_mixed_licences(dataset)
    named = {(one.source.key, one.licence): one.rows for one in collect(dataset, ReleaseTerms()).licences}
    assert named["b", licence] >= 1
    assert f",{licence}," in licence_table(collect(dataset, ReleaseTerms()))


def test_every_source_that_does_not_fit_is_named(begun: Path) -> None:
    with_licence(begun, "a", "CC-BY-NC-4.0")
    with pytest.raises(LicenceError, match=r"1 rows of a: .*; 1 rows of b: "):
        refuse_mixed_licences(with_licence(begun, "b", "ODbL-1.0"))


def test_the_command_exits_with_6(
    tmp_path: Path, table_recipe: Callable[..., Path], command: Callable[..., tuple[int, str, str]]
) -> None:
    recipe = table_recipe({"lab": [("1", "NaCl", 1.5)]}, licence="CC-BY-NC-4.0", more='[release]\nto = ["folder"]\n')
    code, _, said = command("run", recipe, "--store", tmp_path / "store")
    assert code == 6
    assert "1 rows of lab: CC-BY-NC-4.0 forbids commercial use" in said


def test_a_source_of_which_all_rows_are_in_quarantine_counts_too(
    tmp_path: Path, table_recipe: Callable[..., Path], made: Callable[..., BuildReport]
) -> None:
    recipe = table_recipe({"lab": [("1", "Qq", 1.5)]}, licence="CC-BY-NC-4.0")
    dataset = made(recipe, tmp_path / "store").dataset
    assert "Qq" in str(dataset.sql("SELECT row FROM quarantine").rows())
    with pytest.raises(LicenceError, match="lab"):
        refuse_mixed_licences(dataset)


FREE = "CC0-1.0,CC-BY-4.0"
# What the whole release is refused for, which rows are named, and how many are left out where the rest is wished.
GATES: list[tuple[dict[str, str], list[str], int]] = [
    ({"nc": "CC-BY-NC-4.0"}, ["1 rows of nc: CC-BY-NC-4.0 forbids commercial use", "(x1)"], 1),
    (
        {"sa": "CC-BY-SA-4.0", "odbl": "ODbL-1.0"},
        [
            "1 rows of sa: CC-BY-SA-4.0 asks for the same licence",
            "1 rows of odbl: ODbL-1.0 asks for the same licence",
            "CC-BY-SA-4.0 and ODbL-1.0 each ask for their own licence alone",
        ],
        2,
    ),
]


@pytest.mark.parametrize(("fenced", "told", "left"), GATES, ids=["non-commercial", "two share-alikes"])
def test_a_whole_release_is_refused_for_one_row_and_made_without_it(
    tmp_path: Path,
    table_recipe: Callable[..., Path],
    command: Callable[..., tuple[int, str, str]],
    fenced: dict[str, str],
    told: list[str],
    left: int,
) -> None:
    tables = {"free": [("f1", "NaCl", 1.5), ("f2", "MgO", 1.7)]}
    tables |= {name: [(f"x{number}", ("ZnS", "SiO2")[number - 1], 2.4)] for number, name in enumerate(fenced, 1)}
    recipe = table_recipe(tables, licence="CC-BY-4.0")
    for name, licence in fenced.items():
        card = recipe.parent / f"{name}.toml"
        text = card.read_text(encoding="utf-8")
        card.write_text(text.replace('licence = "CC-BY-4.0"', f'licence = "{licence}"'), encoding="utf-8")
    store = tmp_path / "gated"
    code, _, said = command("run", recipe, "--store", store)
    assert code == 0, said
    code, _, said = command("release", "--store", store)
    assert code == 6
    assert [one for one in told if one not in " ".join(said.split())] == []
    assert "free" not in said
    assert not (store / "releases").exists()
    code, text, said = command("release", "--store", store, "--allow-licences", FREE, "--json")
    assert code == 0, said
    answer = json.loads(text)
    assert sum(one["rows"] for one in answer["left_out"]) == left
    assert {(one["source"], one["licence"]) for one in answer["left_out"]} == set(fenced.items())
    inside = open_release(Path(answer["folder"]))
    for table in ("entries", "properties", "provenance"):
        rows = inside.sql(f"SELECT DISTINCT source, licence FROM {table}").rows()  # noqa: S608 — a name of ours
        assert rows == [{"source": "free", "licence": "CC-BY-4.0"}]


def test_one_row_of_unknown_licence_stops_the_release_and_is_left_out_where_that_is_wished(
    begun: Path, command: Callable[..., tuple[int, str, str]]
) -> None:
    with_licence(begun, "a", "NOASSERTION")
    code, _, said = command("release", "--store", begun)
    assert code == 6
    assert "1 rows of a: the licence of the row is NOASSERTION, which is not known (1)" in " ".join(said.split())
    code, text, said = command("release", "--store", begun, "--allow-licences", FREE, "--json")
    assert code == 0, said
    answer = json.loads(text)
    assert answer["left_out"] == [{"source": "a", "licence": "NOASSERTION", "rows": 1}]
    inside = open_release(Path(answer["folder"]))
    assert inside.sql("SELECT count(*) AS n FROM entries WHERE licence = 'NOASSERTION'").rows() == [{"n": 0}]


def test_a_table_of_unknown_licence_is_not_even_read(
    tmp_path: Path, table_recipe: Callable[..., Path], command: Callable[..., tuple[int, str, str]]
) -> None:
    recipe = table_recipe({"lab": [("1", "NaCl", 1.5)]}, licence="LicenseRef-mine")
    code, _, said = command("run", recipe, "--store", tmp_path / "store")
    assert (code, "'LicenseRef-mine' is not a data licence that is known here" in " ".join(said.split())) == (2, True)
