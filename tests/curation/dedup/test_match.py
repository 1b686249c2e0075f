from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from curation.dedup.levels import TOLERANCES
from curation.dedup.match import MATCHES, Block, match_blocks
from schemas.recipe import DedupLevel

if TYPE_CHECKING:
    from collections.abc import Callable

STRICT = TOLERANCES[DedupLevel.STRICT]
A = 4.2


def cell(sites: Callable[..., dict[str, Any]], name: str, shift: float = 0.0, a: float = A) -> dict[str, Any]:
    made = sites((a * np.eye(3)).tolist(), ["Cs", "Cl"], [[0, 0, 0], [0.5 + shift / a, 0.5, 0.5]])
    return made | {"entry_id": name}


def test_matches_come_with_their_displacement_in_angstrom(sites: Callable[..., dict[str, Any]]) -> None:
    rows = (cell(sites, "e-a"), cell(sites, "e-b", 0.1), cell(sites, "e-c", 1.7))
    found = match_blocks((Block(rows=rows, pairs=((0, 1), (0, 2), (1, 2)), tolerances=STRICT),))
    assert found.schema == MATCHES
    (row,) = found.to_pylist()
    assert (row["first"], row["second"]) == ("e-a", "e-b")
    assert row["rms_angstrom"] == pytest.approx(0.05, abs=2e-3)


@pytest.mark.parametrize(
    ("groups", "matched"), [((221, 221), True), ((221, 99), False), ((144, 145), True), ((None, None), True)]
)
def test_between_two_space_groups_atoms_may_be_moved_less(
    sites: Callable[..., dict[str, Any]], groups: tuple[int | None, int | None], *, matched: bool
) -> None:
    rows = tuple(
        cell(sites, name, shift) | {"space_group_number": group}
        for name, shift, group in zip(("e-a", "e-b"), (0.0, 0.2), groups, strict=True)
    )
    found = match_blocks((Block(rows=rows, pairs=((0, 1),), tolerances=STRICT),))
    assert found.num_rows == matched


def test_only_the_pairs_that_are_asked_for_are_compared(sites: Callable[..., dict[str, Any]]) -> None:
    rows = tuple(cell(sites, f"e-{n}") for n in range(4))
    found = match_blocks((Block(rows=rows, pairs=((1, 3),), tolerances=STRICT),)).to_pylist()
    assert [(row["first"], row["second"]) for row in found] == [("e-1", "e-3")]


def test_several_blocks_are_one_answer_in_their_order(sites: Callable[..., dict[str, Any]]) -> None:
    blocks = tuple(
        Block(rows=(cell(sites, f"{name}1"), cell(sites, f"{name}2")), pairs=((0, 1),), tolerances=STRICT)
        for name in "xyz"
    )
    assert match_blocks(blocks)["first"].to_pylist() == ["x1", "y1", "z1"]


def test_no_blocks_no_matches() -> None:
    assert match_blocks(()).num_rows == 0


def test_levels_that_ask_the_matcher_are_ordered() -> None:
    strict, loose = TOLERANCES[DedupLevel.STRICT], TOLERANCES[DedupLevel.LOOSE]
    assert DedupLevel.EXACT not in TOLERANCES
    assert strict.length < loose.length
    assert strict.site < loose.site
    assert strict.angle_degree < loose.angle_degree
    assert (strict.scale, loose.scale) == (False, True)
