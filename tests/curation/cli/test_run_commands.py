from __future__ import annotations

import json
import re
import shlex
import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.datasets.open import Dataset

    Command = Callable[..., tuple[int, str, str]]
    Recipe = Callable[..., Path]

ROWS: list[tuple[Any, ...]] = [("1", "NaCl", 1.5), ("2", "ZnS", 40.0)]


def commands(said: str) -> list[list[str]]:
    """Return the commands that a run proposes, as a shell splits them."""
    lines = said.partition("Try next:\n")[2].splitlines()
    return [shlex.split(line)[1:] for line in lines if line.strip()]


def test_a_run_prints_the_ledger_and_where_things_are(first_run: tuple[Path, str], dataset: Dataset) -> None:
    store, said = first_run
    assert "Ledger of small@1.0.0" in said
    for line in dataset.manifest.ledger.lines:
        sums = line.entries
        numbers = (sums.harvested, sums.kept, sums.merged, sums.quarantined)
        assert re.search(rf"{line.source} +records +{' +'.join(map(str, numbers))}\b", said), line
    assert f"Dataset  small@1.0.0  {store}/datasets/small/1.0.0" in said
    assert f"Release  {store}/releases/small-1.0.0" in said
    assert re.search(r"fraction +\d+ +0 +computed", said)


def test_rows_that_came_again_are_told(tmp_path: Path, table_recipe: Recipe, command: Command) -> None:
    recipe = table_recipe({"a": [*ROWS, ROWS[0], ROWS[0]]})
    code, said, _ = command("run", recipe, "--store", tmp_path / "store")
    assert code == 0
    assert "a: came again with the same content, not counted twice: 2\n" in said
    _, said, _ = command("run", recipe, "--store", tmp_path / "store", "--json")
    assert json.loads(said)["delivered_twice"] == {"a": 2}


def test_the_three_commands_that_a_run_proposes_work(first_run: tuple[Path, str], command: Command) -> None:
    proposed = commands(first_run[1])
    assert [words[0] for words in proposed] == ["query", "lineage", "verify"]
    for words in proposed:
        code, said, complaint = command(*words)
        assert (code, complaint) == (0, "")
        assert said


def proposed_all_work(command: Command, said: str) -> bool:
    return all(command(*words)[0] == 0 for words in commands(said))


def test_proposed_commands_work_beside_another_dataset(begun: Path, table_recipe: Recipe, command: Command) -> None:
    recipe = table_recipe({"a": ROWS}, folder="others", name="others")
    code, said, _ = command("run", recipe, "--store", begun)
    assert code == 0
    assert len(commands(said)) == 3
    assert proposed_all_work(command, said)


def test_proposed_commands_work_where_the_store_has_a_space(
    tmp_path: Path, table_recipe: Recipe, command: Command
) -> None:
    code, said, _ = command("run", table_recipe({"a": ROWS}), "--store", tmp_path / "my data")
    assert code == 0
    assert len(commands(said)) == 3
    assert proposed_all_work(command, said)


def test_a_second_run_says_that_there_is_nothing_to_do(
    own_store: Path, own_project: Path, command: Command, hashes: Callable[..., dict[str, str]]
) -> None:
    before = hashes(own_store)
    code, said, complaint = command("run", own_project / "recipe.toml", "--store", own_store)
    assert (code, complaint) == (0, "")
    assert said == f"Nothing to do: small@1.0.0 is up to date ({own_store.resolve()}/datasets/small/1.0.0).\n"
    assert hashes(own_store) == before
    code, text, _ = command("run", own_project / "recipe.toml", "--store", own_store, "--json")
    assert json.loads(text)["did"] == {
        "fetched": {},
        "parsed": [],
        "version_made": False,
        "split": [],
        "represented": [],
        "released": [],
    }


def test_what_run_calls_up_to_date_is_what_other_commands_take(
    tmp_path: Path, table_recipe: Recipe, command: Command
) -> None:
    store, question = tmp_path / "store", "SELECT max(value) AS value FROM properties"
    right, wrong = [("1", "NaCl", 1.5), ("2", "ZnS", 2.4)], [("1", "NaCl", 1.5), ("2", "ZnS", 2.5)]
    for rows in (right, wrong):
        assert command("run", table_recipe({"a": rows}), "--store", store, "--update")[0] == 0
    recipe = table_recipe({"a": right})
    code, said, _ = command("run", recipe, "--store", store, "--update")
    assert (code, said.splitlines()[-1]) == (0, "Newer versions are kept: small@1.0.1.")
    code, said, _ = command("run", recipe, "--store", store)
    assert said.startswith("Nothing to do: small@1.0.0 is up to date")
    assert said.splitlines()[-1] == "Newer versions are kept: small@1.0.1."
    assert json.loads(command("query", question, "--store", store, "--json")[1])[-1] == {"value": 2.4}
    assert command("release", "--store", store)[0] == 0
    assert [folder.name for folder in (store / "releases").iterdir()] == ["small-1.0.0"]
    assert command("release", "small@1.0.1", "--store", store)[0] == 0
    assert "1.0.0" in command("cite", "small", "--store", store)[1]
    listed = json.loads(command("log", "--store", store, "--json")[1])
    assert [(one["dataset"], one["is_current"]) for one in listed] == [("small@1.0.1", False), ("small@1.0.0", True)]
    answer = json.loads(command("run", recipe, "--store", store, "--json")[1])
    assert (answer["version"], answer["newer_versions"]) == ("1.0.0", ["1.0.1"])


def test_json_tells_what_was_done(tmp_path: Path, table_recipe: Recipe, command: Command) -> None:
    recipe = table_recipe({"a": ROWS}, more='[represent]\nwith = ["one_hot"]\n[release]\nto = ["folder"]\n')
    code, text, complaint = command("run", recipe, "--store", tmp_path / "store", "--json")
    answer = json.loads(text)
    assert (code, complaint, answer["dataset"], answer["version"]) == (0, "", "small@1.0.0", "1.0.0")
    assert answer["did"]["version_made"] is True
    assert (answer["did"]["represented"], len(answer["did"]["released"])) == (["one_hot"], 1)
    assert answer["ledger"][0]["entries"] == {"harvested": 2, "kept": 2, "merged": 0, "quarantined": 0}
    assert answer["ledger"][0]["flagged_values"] == 1


def test_a_run_that_keeps_nothing_says_so_and_can_be_looked_at(
    tmp_path: Path, table_recipe: Recipe, command: Command
) -> None:
    more = '[[splits]]\nname = "s"\n[represent]\nwith = ["one_hot"]\n[release]\nto = ["folder"]\n'
    recipe, store = table_recipe({"a": [("1", "Qq9", 1.5), ("2", "none", 2.5)]}, more=more), tmp_path / "store"
    for arguments in (("run", recipe), ("run", recipe, "--strict"), ("curate", "small")):
        code, said, complaint = command(*arguments, "--store", store)
        assert (code, "Ledger of small@1.0.0" in said) == (6, True)
        assert "small@1.0.0 keeps none of the 2 records that came: all are quarantined" in complaint
    answer = json.loads(command("run", recipe, "--store", store, "--json")[1])
    assert (answer["error"], answer["exit_code"]) == ("NothingKeptError", 6)
    assert len(json.loads(command("quarantine", "list", "--dataset", "small", "--store", store, "--json")[1])) > 0
    assert not (store / "releases").exists()
    assert not (store / "datasets" / "small" / "1.0.0" / "splits").exists()


@pytest.mark.parametrize(("bad", "code"), [(True, 3), (False, 0)])
def test_strict_exits_with_3_where_a_row_is_quarantined(
    tmp_path: Path, table_recipe: Recipe, command: Command, *, bad: bool, code: int
) -> None:
    recipe = table_recipe({"a": [*ROWS, *([("3", "KCl", -4.0)] if bad else [])]})
    arguments = ("run", recipe, "--store", tmp_path / "store")
    assert command(*arguments, "--strict")[0] == code
    assert command(*arguments, "--strict")[0] == code
    assert command(*arguments)[0] == 0


def test_a_run_writes_the_version_into_the_lock(store: Path, dataset: Dataset) -> None:
    import tomllib

    lock = tomllib.loads((store / "harvest.lock.of.the.run").read_text(encoding="utf-8"))
    latest = lock["datasets"]["small"]["latest"]
    assert latest == {"version": "1.0.0", "content_sha256": dataset.manifest.content_sha256}


def test_a_locked_run_refuses_rows_that_are_not_those_of_the_lock(
    begun: Path, tmp_path: Path, command: Command
) -> None:
    recipe = tmp_path / "tables" / "recipe.toml"
    assert command("run", recipe, "--store", begun)[0] == 0
    lock = recipe.with_name("harvest.lock")
    text = lock.read_text(encoding="utf-8")
    lock.write_text(re.sub(r'content_sha256 = "\w+"', f'content_sha256 = "{"0" * 64}"', text), encoding="utf-8")
    code, _, said = command("run", recipe, "--store", begun, "--locked")
    assert code == 7
    assert "the rows of small are not those of harvest.lock" in said
    code, text, _ = command("run", recipe, "--store", begun, "--locked", "--json")
    answer = json.loads(text)
    assert (code, answer["exit_code"], answer["error"]) == (7, 7, "CorruptionError")


def test_a_locked_run_of_what_was_only_harvested_says_what_to_do(
    tmp_path: Path, table_recipe: Recipe, command: Command
) -> None:
    recipe, store = table_recipe({"a": ROWS}), tmp_path / "store"
    assert command("harvest", recipe, "--store", store)[0] == 0
    code, _, said = command("run", recipe, "--store", store, "--locked")
    assert code == 6
    assert "no version that was made of it; run once without --locked" in said
    assert command("run", recipe, "--store", store)[0] == 0
    assert command("run", recipe, "--store", store, "--locked")[0] == 0


@pytest.mark.parametrize(
    ("recipe", "code", "said"),
    [
        ("no.toml", 2, "no.toml"),
        ("[dataset]\n", 2, "recipe.toml:1"),
        ("not toml", 2, "not valid TOML"),
    ],
)
def test_a_recipe_that_cannot_be_used_exits_with_2(
    tmp_path: Path, command: Command, recipe: str, code: int, said: str
) -> None:
    path = tmp_path / "recipe.toml"
    if recipe == "no.toml":
        path = tmp_path / recipe
    else:
        path.write_text(recipe, encoding="utf-8")
    found, _, complaint = command("run", path, "--store", tmp_path / "store")
    assert found == code
    assert said in complaint


def test_a_release_target_that_is_not_installed_exits_with_2(
    tmp_path: Path, table_recipe: Recipe, command: Command
) -> None:
    recipe = table_recipe({"a": ROWS}, more='[release]\nto = ["folder", "nowhere"]\n')
    code, _, said = command("run", recipe, "--store", tmp_path / "store")
    assert code == 2
    assert "nowhere" in said
    assert "folder" in said


def test_curate_makes_what_harvest_left(begun: Path, command: Command) -> None:
    code, said, _ = command("curate", "small", "--store", begun)
    assert code == 0
    assert "Nothing to do: small@1.0.0 has these rows already." in said
    shutil.rmtree(begun / "datasets")
    code, text, _ = command("curate", "small", "--store", begun, "--json")
    answer = json.loads(text)
    assert (code, answer["dataset"], answer["is_new"]) == (0, "small@1.0.0", True)
    code, _, said = command("curate", "other", "--store", begun)
    assert code == 4
    assert "run `matgranary harvest RECIPE` first" in said


def test_representations_are_listed(command: Command) -> None:
    code, said, _ = command("represent", "--list")
    assert code == 0
    assert {"fraction", "magpie", "mat2vec", "one_hot"} <= {line.split()[0] for line in said.splitlines()}
    code, text, _ = command("represent", "--list", "--json")
    specs = {spec["name"]: spec for spec in json.loads(text)}
    assert code == 0
    assert (specs["magpie"]["needs"], specs["magpie"]["width"] > 0) == ("composition", True)


def test_representations_are_computed_once(begun: Path, command: Command) -> None:
    arguments = ("represent", "small", "--with", "magpie, fraction", "--store", begun)
    code, said, _ = command(*arguments)
    assert code == 0
    assert re.search(r"magpie +3 +0 +3 +computed", said)
    code, said, _ = command(*arguments)
    assert re.search(r"magpie +3 +0 +0 +up to date", said)
    code, text, _ = command(*arguments, "--json")
    assert [(row["name"], row["rows"], row["up_to_date"]) for row in json.loads(text)] == [
        ("magpie", 3, True),
        ("fraction", 3, True),
    ]


def test_release_says_whether_it_is_new(begun: Path, command: Command) -> None:
    code, said, _ = command("release", "--store", begun)
    assert (code, said) == (0, f"Release  {begun.resolve()}/releases/small-1.0.0\n")
    code, said, _ = command("release", "small@1.0.0", "--store", begun)
    assert (code, said) == (0, f"Release  {begun.resolve()}/releases/small-1.0.0  (stands already)\n")
    code, text, _ = command("release", "--store", begun, "--json")
    answer = json.loads(text)
    assert (answer["folder"], answer["is_new"]) == (f"{begun.resolve()}/releases/small-1.0.0", False)
    assert command("release", "small@9.0.0", "--store", begun)[0] == 2


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            '[represent]\nwith = [\n  "fraction",\n  "fractoin",\n]',
            "no representation 'fractoin'; did you mean fraction",
        ),
        ('[release]\nto = ["folder", "zenodoo"]', "no depositor 'zenodoo'; did you mean zenodo"),
    ],
)
def test_names_of_representations_and_targets_are_checked_before_anything_is_fetched(
    tmp_path: Path,
    table_recipe: Callable[..., Path],
    command: Callable[..., tuple[int, str, str]],
    more: str,
    says: str,
) -> None:
    recipe = table_recipe({"a": [("1", "NaCl", 1.5)]}, more=more)
    wrong = next(n for n, line in enumerate(recipe.read_text("utf-8").splitlines(), 1) if says.split("'")[1] in line)
    code, _, said = command("run", recipe, "--store", tmp_path / "none")
    assert code == 2
    assert f"{recipe}:{wrong}: {says}" in said
    assert not (tmp_path / "none").exists()
