from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curation import build, open_dataset
from curation.datasets.diff import TableDiff, diff_datasets
from curation.validate import check
from curation.validate.rules import VALUE_RULES, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    Made = Callable[..., build.BuildReport]


def by_table(store: Path) -> dict[str, TableDiff]:
    old, new = (open_dataset(store, f"small@{version}") for version in sorted_versions(store)[-2:])
    return {diff.table: diff for diff in diff_datasets(old, new)}


def sorted_versions(store: Path) -> list[str]:
    return sorted(path.name for path in (store / "datasets" / "small").iterdir() if path.is_dir())


def with_other_code(monkeypatch: pytest.MonkeyPatch, **other: str) -> None:
    present = build.code()
    monkeypatch.setattr(build, "code", lambda: present | other)


def test_rows_that_a_source_gives_otherwise_or_no_longer_changed_upstream(second_version: Path) -> None:
    found = by_table(second_version)
    assert found["properties"].causes == {"upstream": 3}
    assert found["entries"].causes == {"upstream": 3}  # one added, one removed, and the place of the third is another
    assert {str(change["cause"]) for change in found["properties"].changes} == {"upstream"}


def test_a_source_that_the_recipe_takes_up_or_leaves_out_is_the_recipe(
    begun: Path, table_recipe: Callable[..., Path], made: Made
) -> None:
    tables = {"a": [("1", "NaCl", 1.5), ("2", "ZnS", 2.4)], "c": [("1", "LiF", 1.39)]}
    made(table_recipe(tables), begun)
    assert by_table(begun)["entries"].causes == {"recipe: b is left out": 1, "recipe: c is new": 1}


def with_another_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    high = Rule("high", Severity.FLAG, "high", "value > 2", "'high'")
    monkeypatch.setattr(check, "VALUE_RULES", (*VALUE_RULES, high))


def test_another_rule_of_ours_is_our_code(
    begun: Path, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_other_code(monkeypatch, fingerprint="other")
    with_another_rule(monkeypatch)
    made(tmp_path / "tables" / "recipe.toml", begun)
    found = by_table(begun)["properties"]
    assert (found.changed, found.causes) == (1, {"our code": 1})


def test_a_library_is_named_with_both_versions(
    begun: Path, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_other_code(monkeypatch, moyopy="99.0")
    with_another_rule(monkeypatch)
    made(tmp_path / "tables" / "recipe.toml", begun)
    (cause,) = by_table(begun)["properties"].causes
    assert cause.startswith("library moyopy ")
    assert cause.endswith(" -> 99.0")


def test_where_pin_and_code_changed_at_once_both_are_named(
    begun: Path, table_recipe: Callable[..., Path], made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_other_code(monkeypatch, fingerprint="other")
    made(table_recipe({"a": [("1", "NaCl", 1.5)], "b": [("1", "KCl", 1.49)]}), begun, update=True)
    causes: dict[str, Any] = by_table(begun)["properties"].causes
    assert causes == {"upstream": 1, "upstream, or our code": 1}
