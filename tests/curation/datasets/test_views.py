from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.build import BuildReport
    from curation.datasets.open import Dataset


@pytest.fixture
def conflicting(
    tmp_path: Path, table_recipe: Callable[..., Path], made: Callable[..., BuildReport]
) -> Callable[..., list[dict[str, Any]]]:
    def conflicts(**tables: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
        dataset = made(table_recipe(tables), tmp_path / "store").dataset
        return dataset.sql("SELECT * FROM conflicts ORDER BY ALL").rows()

    return conflicts


def test_sources_that_disagree_are_shown_with_the_gap_between_their_ranges(
    conflicting: Callable[..., list[dict[str, Any]]],
) -> None:
    (row,) = conflicting(
        a=[("1", "NaCl", 1.5), ("2", "NaCl", 1.6), ("3", "KCl", 1.4)],
        b=[("1", "Na2Cl2", 2.0), ("2", "ClNa", 2.4), ("3", "KCl", 1.4)],
    )
    assert (row["formula"], row["source_a"], row["source_b"]) == ("NaCl", "a", "b")
    assert (row["low_a"], row["high_a"], row["n_a"], row["low_b"], row["high_b"]) == (1.5, 1.6, 2, 2.0, 2.4)
    assert (row["gap"], row["relative_gap"]) == (pytest.approx(0.4), pytest.approx(0.4 / 2.4))


def test_overlapping_ranges_and_flagged_values_are_no_conflict(
    conflicting: Callable[..., list[dict[str, Any]]],
) -> None:
    rows = conflicting(
        a=[("1", "NaCl", 1.5), ("2", "NaCl", 1.8), ("3", "KCl", 1.4)], b=[("1", "NaCl", 1.7), ("2", "KCl", 40.0)]
    )
    assert rows == []


def test_traced_values_are_as_many_as_the_values(dataset: Dataset) -> None:
    rows = dataset.sql(
        "SELECT (SELECT count(*) FROM traced_values) AS traced, (SELECT count(*) FROM properties) AS given"
    ).rows()
    assert rows[0]["traced"] == rows[0]["given"]


def test_the_spread_of_a_group_is_that_of_all_its_values_and_says_who_gave_them(
    tmp_path: Path, table_recipe: Callable[..., Path], made: Callable[..., BuildReport]
) -> None:
    tables = {
        "a": [("1", "NaCl", 1.5), ("2", "KCl", 1.4)],
        "b": [("1", "Na2Cl2", 1.6), ("2", "ClNa", 40.0), ("3", "LiF", 1.39)],
    }
    dataset = made(table_recipe(tables), tmp_path / "store").dataset
    (row,) = dataset.sql("SELECT * FROM group_spread").rows()
    assert (row["formula"], row["n_entries"], row["levels"]) == ("NaCl", 3, ["composition"])
    assert (row["n_values"], row["n_entries_with_value"], row["n_flagged"]) == (3, 3, 1)
    assert (row["low"], row["high"], row["spread"]) == (1.5, 40.0, 38.5)
    assert row["relative_spread"] == pytest.approx(38.5 / 40)
    assert row["sources"] == ["a", "b"]


def test_the_spread_of_groups_says_how_far_apart_their_structures_are(dataset: Dataset) -> None:
    rows = dataset.sql("""
        SELECT s.material_id, s.n_entries, s.largest_rms_angstrom, max(d.rms_angstrom) AS rms
        FROM group_spread s JOIN duplicates d USING (material_id) GROUP BY ALL
    """).rows()
    groups = dataset.sql("SELECT count(DISTINCT material_id) AS n FROM duplicates").rows()
    assert len({row["material_id"] for row in rows}) == groups[0]["n"]
    assert all(row["largest_rms_angstrom"] == row["rms"] for row in rows)


def test_values_at_one_temperature_meet_however_it_is_written(
    tmp_path: Path, table_recipe: Callable[..., Path], made: Callable[..., BuildReport]
) -> None:
    recipe = table_recipe({"a": [("1", "NaCl", 1.5)], "b": [("1", "NaCl", 1.5)], "c": [("1", "NaCl", 1.9)]})
    for key, value, unit in (("a", "300", "K"), ("b", "300.0", "kelvin"), ("c", "26.85", "degC")):
        with (recipe.parent / f"{key}.toml").open("a", encoding="utf-8") as card:
            card.write(f'conditions = [{{ name = "temperature", value = {value}, unit = "{unit}" }}]\n')
    dataset = made(recipe, tmp_path / "store").dataset
    (row,) = dataset.sql("SELECT * FROM consensus").rows()
    kelvins = [{"name": "temperature", "value": 300.0, "unit": "K", "text": None}]
    assert (row["n_values"], row["sources"], row["conditions"]) == (3, ["a", "b", "c"], kelvins)
    conflicts = dataset.sql("SELECT source_a, source_b FROM material_conflicts ORDER BY ALL").rows()
    assert sorted(tuple(sorted(row.values())) for row in conflicts) == [("a", "c"), ("b", "c")]
    given = dataset.sql("SELECT conditions_given[1] AS c FROM properties ORDER BY source").rows()
    assert [(row["c"]["value"], row["c"]["unit"]) for row in given] == [(300, "K"), (300, "kelvin"), (26.85, "degC")]


def test_equal_values_of_one_source_at_one_temperature_are_merged(
    tmp_path: Path, table_recipe: Callable[..., Path], made: Callable[..., BuildReport]
) -> None:
    recipe = table_recipe({"a": [("1", "NaCl", 1.5), ("2", "NaCl", 1.5)]})
    (recipe.parent / "a.jsonl").write_text(
        '{"id": "1", "formula": "NaCl", "value": 1.5, "uncertainty": null, "at": "300"}\n'
        '{"id": "2", "formula": "NaCl", "value": 1.5, "uncertainty": null, "at": "300.0"}\n'
    )
    with (recipe.parent / "a.toml").open("a", encoding="utf-8") as card:
        card.write('conditions = [{ name = "temperature", field = "at", unit = "K" }]\n')
    dataset = made(recipe, tmp_path / "store").dataset
    assert dataset.sql("SELECT status FROM properties ORDER BY ALL").rows() == [
        {"status": "kept"},
        {"status": "merged"},
    ]
