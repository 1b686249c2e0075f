"""The run ends at one operation that changes the disk for good, and the next run makes all of it good."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Undisturbed = tuple[dict[str, object], list[str]]

FAULTS = ("kill_before", "kill_after", "power_cut")
SAMPLED = 12


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory,
    small: Callable[..., Path],
    forked: Callable[..., tuple[int, list[str], str]],
    outcome: Callable[[Path, Path], dict[str, object]],
) -> Undisturbed:
    """What a run that nothing disturbs leaves, and the points that it passes."""
    recipe = small(tmp_path_factory.mktemp("undisturbed") / "project")
    store = recipe.parent / "store"
    code, points, output = forked("run", recipe, store=store)
    assert code == 0, output
    return outcome(recipe, store), points


@pytest.fixture
def disturbed(
    tmp_path: Path,
    small: Callable[..., Path],
    forked: Callable[..., tuple[int, list[str], str]],
    outcome: Callable[[Path, Path], dict[str, object]],
) -> Callable[[str, int], dict[str, object]]:
    """A function that ends a run at a point, runs again, and returns what is left then."""

    def run(fault: str, at: int) -> dict[str, object]:
        recipe = small(tmp_path / f"{fault}-{at}")
        store = recipe.parent / "store"
        code, points, output = forked("run", recipe, store=store, fault=fault, at=at)
        assert (code, len(points)) == (-9, at), output
        code, _, output = forked("run", recipe, store=store)
        assert code == 0, f"{points[-1]}: {output}"
        code, _, output = forked("verify", store=store)
        assert code == 0, f"{points[-1]}: {output}"
        left = outcome(recipe, store)
        shutil.rmtree(recipe.parent)
        return left

    return run


def test_the_undisturbed_run_passes_points_of_every_kind(undisturbed: Undisturbed) -> None:
    names = [point.split()[1] for point in undisturbed[1]]
    for name in ("fsync", "rename", "replace", "link", "commit", "mkdir", "unlink"):
        assert names.count(name) >= 3, (name, names.count(name))


def test_the_undisturbed_run_finds_what_was_planted(undisturbed: Undisturbed) -> None:
    rows = undisturbed[0]["rows"]
    assert isinstance(rows, dict)
    assert rows["quarantine"] == 2  # the impossible value and the torn line
    assert rows["duplicates"] >= 2  # the two structures that came again


@pytest.mark.parametrize("sample", range(SAMPLED))
def test_a_run_that_ends_at_an_operation_is_made_good_by_the_next(
    sample: int, undisturbed: Undisturbed, disturbed: Callable[[str, int], dict[str, object]]
) -> None:
    expected, points = undisturbed
    at = 1 + sample * (len(points) - 1) // (SAMPLED - 1)
    assert disturbed(FAULTS[sample % len(FAULTS)], at) == expected


@pytest.mark.sweep
@pytest.mark.parametrize("fault", FAULTS)
def test_a_run_may_end_at_any_operation(
    fault: str, undisturbed: Undisturbed, disturbed: Callable[[str, int], dict[str, object]]
) -> None:
    expected, points = undisturbed
    # That a folder is not made yet is the same before as after; and nothing of it can be lost.
    tried = [at for at, point in enumerate(points, 1) if fault == "kill_before" or " mkdir " not in point]
    wrong = [points[at - 1] for at in tried if disturbed(fault, at) != expected]
    print(f"{fault}: {len(tried)} points of {len(points)}, {len(wrong)} with another outcome")  # noqa: T201 — the figures of a sweep are for people
    assert wrong == []
