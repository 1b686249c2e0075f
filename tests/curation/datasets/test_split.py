"""Splits: nothing that belongs together stands on two sides; the same seed is the same split, in every version."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from curation import open_dataset
from curation.datasets.split import read_splits, split_materials
from curation.datasets.verify import verify_version
from curation.errors import UnknownDatasetError
from schemas.recipe import Recipe, SplitRequest, read_toml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.datasets.open import Dataset

CROSSING = {
    "material": "SELECT e.material_id FROM entries e JOIN split_s USING (material_id) GROUP BY 1 "
    "HAVING count(DISTINCT fold) > 1",
    "formula": "SELECT chemical_formula_reduced FROM materials JOIN split_s USING (material_id) GROUP BY 1 "
    "HAVING count(DISTINCT fold) > 1",
    "prototype": "SELECT chemical_formula_anonymous, space_group_number FROM materials JOIN split_s "
    "USING (material_id) WHERE space_group_number IS NOT NULL GROUP BY ALL HAVING count(DISTINCT fold) > 1",
    "chemical_system": "SELECT chemical_system FROM materials JOIN split_s USING (material_id) GROUP BY 1 "
    "HAVING count(DISTINCT fold) > 1",
}


@pytest.fixture
def own_dataset(own_store: Path) -> Dataset:
    return open_dataset(own_store)


@pytest.mark.parametrize("by", CROSSING)
def test_no_group_crosses_a_split_and_every_material_has_a_fold(own_dataset: Dataset, by: str) -> None:
    request = SplitRequest.model_validate({"name": "s", "by": by, "folds": {"train": 0.5, "test": 0.5}})
    (made,) = split_materials(own_dataset, [request])
    dataset = open_dataset(own_dataset.folder.parents[2])
    assert dataset.sql(CROSSING[by]).rows() == []
    total = dataset.sql("SELECT count(*) AS n FROM materials").rows()[0]["n"]
    assert sum(made.split.materials.values()) == total
    assert dataset.sql("SELECT count(*) AS n FROM split_s WHERE fold IS NULL").rows() == [{"n": 0}]
    assert min(made.split.materials.values()) > 0
    # The check can fail: materials that are dealt out one by one cross all groups but themselves.
    if by != "material":
        dealt = CROSSING[by].replace("split_s", "(SELECT material_id, hash(material_id) % 2 AS fold FROM materials) d")
        assert dataset.sql(dealt).rows() != []


HALVES = {"train": 0.5, "test": 0.5}


def test_formulas_in_more_than_one_fold_are_counted(own_dataset: Dataset) -> None:
    requests = [
        SplitRequest.model_validate({"name": f"{by}s", "by": by, "folds": HALVES})
        for by in ("prototype", "formula", "time")
    ]
    found = {made.split.request.name: made.split for made in split_materials(own_dataset, requests)}
    dataset = open_dataset(own_dataset.folder.parents[2])
    crossing = dataset.sql(CROSSING["formula"].replace("split_s", "split_prototypes")).rows()
    assert found["prototypes"].formulas_in_more_folds == len(crossing) > 0
    assert (found["formulas"].formulas_in_more_folds, found["times"].formulas_in_more_folds) == (0, 0)


WITHOUT = """
SELECT m.formula, m.phase, m.space_group_number AS number, s."group" FROM materials m JOIN split_s s USING (material_id)
"""


def test_what_has_no_space_group_follows_its_formula(
    tmp_path: Path, made: Callable[..., Any], table_recipe: Callable[..., Path]
) -> None:
    rows = [("1", "TiO2", 2.6), ("2", "SnO2", 2.0), ("3", "Sn2O4", 2.0)]
    dataset = made(table_recipe({"a": rows}), tmp_path / "store").dataset
    split_materials(dataset, [SplitRequest.model_validate({"name": "s"})])
    found = {row["formula"]: row["group"] for row in open_dataset(tmp_path / "store").sql(WITHOUT).rows()}
    assert found == {"TiO2": "A2B|O2Ti", "SnO2": "A2B|O2Sn"}


def test_by_prototype_a_formula_that_comes_moves_no_other(
    begun: Path, table_recipe: Callable[..., Path], made: Callable[..., Any]
) -> None:
    request = SplitRequest.model_validate({"name": "s", "folds": HALVES})
    question = 'SELECT material_id, "group", fold FROM split_s'
    split_materials(open_dataset(begun), [request])
    was = open_dataset(begun, "small@1.0.0").sql(question).rows()
    rows = [("1", "NaCl", 1.5), ("2", "ZnS", 2.4), *[(f"n{n}", f"Li{n + 1}Cl", 1.4) for n in range(10)]]
    split_materials(made(table_recipe({"a": rows, "b": [("1", "KCl", 1.49)]}), begun, update=True).dataset, [request])
    now = open_dataset(begun).sql(question).rows()
    assert len(now) == len(was) + 10
    assert all(row in now for row in was)


def test_what_has_no_space_group_follows_the_structures_of_its_formula(own_dataset: Dataset) -> None:
    split_materials(own_dataset, [SplitRequest.model_validate({"name": "s"})])
    rows = open_dataset(own_dataset.folder.parents[2]).sql(WITHOUT).rows()
    numbers: dict[Any, set[Any]] = {}
    for row in rows:
        if row["number"] is not None:
            numbers.setdefault(row["formula"], set()).add(row["number"])
    followed = [row for row in rows if row["number"] is None and row["formula"] in numbers]
    assert followed
    assert all(row["group"].endswith(f"|{min(numbers[row['formula']])}") for row in followed)
    alone = [row for row in rows if row["number"] is None and row["formula"] not in numbers]
    assert alone
    assert not any(row["group"].rpartition("|")[2].isdigit() for row in alone)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--by", "colour"), "by: Input should be 'material', 'formula', 'prototype', 'chemical_system' or 'time'"),
        (("--folds", "a=0.5,a=0.5"), "the fold 'a' is named twice: a=0.5,a=0.5"),
        (("--folds", "a=0.5,b"), "folds are written NAME=SHARE,NAME=SHARE, got 'b'"),
        (("--folds", "a=0.5,b=0.4"), "the shares of the folds add up to 0.9, expected 1"),
        (("--folds", "a=x,b=2"), "folds.a: Input should be a valid number"),
    ],
)
def test_a_split_that_cannot_be_is_said_in_our_words(
    store: Path, command: Callable[..., tuple[int, str, str]], arguments: tuple[str, ...], said: str
) -> None:
    code, text, _ = command("split", *arguments, "--store", store, "--json")
    message = json.loads(text)["message"]
    assert (code, said in message) == (2, True)
    assert not any(word in message for word in ("pydantic", "input_type", "SplitRequest"))


def test_the_command_says_how_many_formulas_stand_in_more_folds(
    own_store: Path, command: Callable[..., tuple[int, str, str]]
) -> None:
    code, said, _ = command("split", "--folds", "a=0.5,b=0.5", "--store", own_store)
    assert (code, "formulas stand in more than one fold" in " ".join(said.split())) == (0, True)
    assert "more than one fold" not in command("split", "--by", "formula", "--store", own_store)[1]


def test_shares_come_out_as_asked_and_another_seed_is_another_split(
    tmp_path: Path, table_recipe: Callable[..., Path], made: Callable[..., Any]
) -> None:
    rows = [(f"{n:04d}", f"Na{n + 1}Cl", 1.5) for n in range(2000)]
    dataset = made(table_recipe({"a": rows}), tmp_path / "store").dataset
    shares = {"train": 0.7, "validation": 0.1, "test": 0.2}
    requests = [
        SplitRequest.model_validate({"name": f"s{n}", "by": "formula", "folds": shares, "seed": n}) for n in (0, 1)
    ]
    first, second = split_materials(dataset, requests)
    assert {fold: round(n / 2000, 1) for fold, n in first.split.materials.items()} == shares
    assert first.split.sha256 != second.split.sha256
    both = "SELECT count(*) AS n FROM split_s0 a JOIN split_s1 b USING (material_id) WHERE a.fold = b.fold"
    agreeing = open_dataset(tmp_path / "store").sql(both).rows()[0]["n"]
    assert isinstance(agreeing, int)
    assert agreeing / 2000 == pytest.approx(0.7**2 + 0.1**2 + 0.2**2, abs=0.05)


def test_a_material_stays_in_its_fold_when_others_come(
    begun: Path, table_recipe: Callable[..., Path], made: Callable[..., Any]
) -> None:
    request = SplitRequest.model_validate({"name": "s", "by": "material", "folds": {"a": 0.5, "b": 0.5}})
    old = open_dataset(begun)
    split_materials(old, [request])
    rows = [("1", "NaCl", 1.5), ("2", "ZnS", 2.4), *[(f"n{n}", f"LiF{n + 1}", 1.4) for n in range(20)]]
    new = made(table_recipe({"a": rows, "b": [("1", "KCl", 1.49)]}), begun, update=True).dataset
    split_materials(new, [request])
    was, now = (
        {row["material_id"]: row["fold"] for row in open_dataset(begun, d.id).sql("SELECT * FROM split_s").rows()}
        for d in (old, new)
    )
    assert len(now) > len(was) == 3
    assert all(now[material] == fold for material, fold in was.items())


def test_a_split_is_made_once_and_its_name_is_its_own(own_dataset: Dataset) -> None:
    request = SplitRequest.model_validate({"name": "s"})
    assert [made.is_new for made in split_materials(own_dataset, [request, request])] == [True, False]
    with pytest.raises(
        UnknownDatasetError, match=r"has another split 's': prototype, seed 0; give this one another name"
    ):
        split_materials(own_dataset, [SplitRequest.model_validate({"name": "s", "seed": 1})])
    assert [split.request for split in read_splits(own_dataset.folder)] == [request]


def test_verify_knows_a_split_and_finds_a_changed_byte_in_it(own_dataset: Dataset) -> None:
    split_materials(own_dataset, [SplitRequest.model_validate({"name": "s"})])
    assert [one for one in verify_version(own_dataset.folder) if not one.passed] == []
    path = own_dataset.folder / "splits" / "s" / "materials.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert [one.subject for one in verify_version(own_dataset.folder) if not one.passed] == [str(path)]


def test_by_time_the_newest_come_last_and_what_has_no_date_has_no_fold(begun: Path, tmp_path: Path) -> None:
    shutil.copytree(begun, tmp_path / "dated")
    dataset = open_dataset(tmp_path / "dated")
    (path,) = (dataset.folder / "entries").glob("a-*")
    rows = pq.read_table(path)
    dates = ["2026-01-02T00:00:00Z", "2025-01-01T00:00:00Z"]
    import pyarrow as pa

    changed = rows.set_column(rows.schema.get_field_index("last_modified"), "last_modified", pa.array(dates))
    path.unlink()
    pq.write_table(changed, path)
    request = SplitRequest.model_validate({"name": "t", "by": "time", "folds": {"old": 0.5, "new": 0.5}})
    (made,) = split_materials(open_dataset(tmp_path / "dated"), [request])
    assert (made.split.materials, made.split.without_fold) == ({"old": 1, "new": 1}, 1)
    found = open_dataset(tmp_path / "dated").sql('SELECT "group", fold FROM split_t ORDER BY ALL').rows()
    assert [(row["group"], row["fold"]) for row in found] == [(dates[1], "old"), (dates[0], "new"), (None, None)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[splits]]\nname = "s"\nfolds = { train = 0.5, test = 0.4 }', "add up to 0.9, expected 1"),
        ('[[splits]]\nname = "s"\nby = "colour"', "by"),
        ('[[splits]]\nby = "time"', "name"),
    ],
)
def test_a_recipe_with_a_split_that_does_not_hold_says_where(text: str, problem: str) -> None:
    recipe = f'[dataset]\nname = "x"\ntitle = "x"\nlicence = "CC-BY-4.0"\n[[sources]]\nsource = "files"\n{text}\n'
    with pytest.raises(Exception, match=problem):
        read_toml(Recipe, recipe, file="recipe.toml")


def test_the_command_makes_a_split_and_says_its_folds(own_store: Path, command: Callable[..., Any]) -> None:
    code, said, _ = command("split", "--by", "formula", "--store", own_store, "--json")
    assert code == 0
    assert '"is_new": true' in said
    code, said, _ = command("split", "--by", "formula", "--store", own_store)
    assert code == 0
    assert "stands already" in said
    assert command("split", "--by", "colour", "--store", own_store)[0] == 2
    assert command("split", "--folds", "a=0.5,b", "--store", own_store)[0] == 2
