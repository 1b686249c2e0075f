from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from curation.dedup.levels import TOLERANCES
from curation.dedup.match import MATCHES, Task, match_pairs, match_task
from schemas.formula import parse_formula
from schemas.recipe import DedupLevel

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from curation.dedup.levels import Tolerances

    Sites = Callable[..., dict[str, Any]]
    Rows = Callable[..., pa.RecordBatch]
    Other = Callable[..., dict[str, Any]]

STRICT, LOOSE = TOLERANCES[DedupLevel.STRICT], TOLERANCES[DedupLevel.LOOSE]
# The matcher without the rules of a level.
BARE = replace(LOOSE, rms=np.inf, rms_of_noise=np.inf, rms_across=np.inf, rms_of_cells=np.inf)
A = 4.2


def cell(sites: Sites, shift: float = 0.0, a: float = A) -> dict[str, Any]:
    return sites((a * np.eye(3)).tolist(), ["Cs", "Cl"], [[0, 0, 0], [0.5 + shift / a, 0.5, 0.5]])


def noisy(structure: dict[str, Any], random: np.random.Generator, sigma: float) -> dict[str, Any]:
    lattice = np.array(structure["lattice_vectors"]).reshape(3, 3)
    moves = random.normal(scale=sigma, size=(len(structure["site_species"]), 3)) @ np.linalg.inv(lattice)
    return structure | {"fractional_positions": (np.array(structure["fractional_positions"]) + moves.ravel()).tolist()}


def heads(rows: pa.RecordBatch, level: DedupLevel = DedupLevel.STRICT) -> dict[str, str]:
    found = match_task(Task(rows, TOLERANCES[level])).to_pylist()
    return {row["second"]: row["first"] for row in found}


def test_matches_come_with_their_displacement_in_angstrom(sites: Sites, rows_of: Rows) -> None:
    found = match_task(Task(rows_of([cell(sites), cell(sites, 0.1), cell(sites, 1.7)]), STRICT))
    assert found.schema == MATCHES
    (row,) = found.to_pylist()
    assert (row["first"], row["second"]) == ("e-0000", "e-0001")
    assert row["rms_angstrom"] == pytest.approx(0.05, abs=1e-4)
    assert row["largest_angstrom"] == pytest.approx(0.05, abs=1e-4)


@pytest.mark.parametrize(
    ("groups", "shift", "matched"),
    [
        ((221, 221), 0.3, True),
        ((221, 99), 0.3, False),
        ((221, 99), 0.02, True),
        ((221, 1), 0.15, True),
        ((221, 1), 0.4, False),
        ((144, 145), 0.3, True),
        ((None, None), 0.3, True),
        ((221, 221), 1.2, False),
    ],
)
def test_how_far_sites_may_move_depends_on_the_symmetry_of_both(
    sites: Sites, rows_of: Rows, groups: tuple[int | None, int | None], shift: float, *, matched: bool
) -> None:
    rows = rows_of([cell(sites), cell(sites, shift)], groups=list(groups))
    assert bool(heads(rows)) == matched


def test_formulas_are_not_compared_with_one_another(sites: Sites, rows_of: Rows) -> None:
    rows = rows_of([cell(sites)] * 4, formulas=["a", "a", "b", "b"])
    assert heads(rows) == {"e-0001": "e-0000", "e-0003": "e-0002"}


def test_nothing_to_compare_makes_no_match(rows_of: Rows) -> None:
    assert match_task(Task(rows_of([]), STRICT)).num_rows == 0


def test_each_joins_the_nearest_representative_before_it(sites: Sites, rows_of: Rows) -> None:
    apart = [0.0, 0.8, 0.5, 0.1]
    rows = rows_of([cell(sites, shift) for shift in apart], groups=[99] * 4)
    assert heads(rows) == {"e-0002": "e-0001", "e-0003": "e-0000"}


def test_what_comes_later_changes_nothing_before_it(sites: Sites, rows_of: Rows) -> None:
    random = np.random.default_rng(8)
    structures = [cell(sites, shift) for shift in random.uniform(0, 1.6, 60)]
    whole = heads(rows_of(structures))
    for count in (5, 20, 41):
        part = heads(rows_of(structures[:count]))
        assert part == {second: first for second, first in whole.items() if second < f"e-{count:04d}"}


def as_carbon(sites: Sites, structure: dict[str, Any]) -> dict[str, Any]:
    """Return the structure with carbon on each site, 8 cubic angstrom for each."""
    lattice = np.array(structure["lattice_vectors"]).reshape(3, 3)
    count = len(structure["site_species"])
    lattice *= (8 * count / abs(np.linalg.det(lattice))) ** (1 / 3)
    return sites(lattice.tolist(), ["C"] * count, np.array(structure["fractional_positions"]).reshape(-1, 3))


@pytest.mark.parametrize("level", [DedupLevel.STRICT, DedupLevel.LOOSE])
def test_what_is_passed_over_would_not_have_matched(
    some_structures: list[dict[str, Any]], sites: Sites, rows_of: Rows, level: DedupLevel
) -> None:
    random = np.random.default_rng(5)
    bases = [as_carbon(sites, structure) for structure in some_structures[:36]]
    structures = bases + [noisy(base, random, float(random.choice([0.01, 0.05, 0.1]))) for base in bases]
    rows = rows_of(structures, groups=[99] * len(bases) + [1] * len(bases))
    pairs = np.array(list(combinations(range(len(structures)), 2)))
    distances = dict(zip(map(tuple, pairs.tolist()), match_pairs(rows, pairs, TOLERANCES[level])[:, 0], strict=True))
    expected: dict[int, int] = {}
    for own in range(len(structures)):
        before = [(distances[other, own], other) for other in range(own) if other not in expected]
        if before and np.isfinite(min(before)[0]):
            expected[own] = min(before)[1]
    assert len(expected) > len(bases) // 2
    assert heads(rows, level) == {f"e-{own:04d}": f"e-{head:04d}" for own, head in expected.items()}


@pytest.mark.parametrize("level", [STRICT, LOOSE, BARE], ids=["strict", "loose", "bare"])
def test_neither_order_nor_cell_changes_an_answer(
    some_structures: list[dict[str, Any]], other_cell: Other, rows_of: Rows, level: Tolerances
) -> None:
    random = np.random.default_rng(21)
    structures: list[dict[str, Any]] = []
    for structure in some_structures[:24]:
        moved = noisy(structure, random, float(random.choice([0.0, 0.01, 0.05, 0.15])))
        structures += [structure, moved, other_cell(structure, random), other_cell(moved, random, size=2)]
    blocks = np.arange(len(structures)).reshape(-1, 4)
    pairs = np.array([(a, b) for a, b, _, _ in blocks] + [(b, a) for a, b, _, _ in blocks])
    again = np.array([(c, d) for _, _, c, d in blocks] + [(d, c) for _, _, c, d in blocks])
    rows = rows_of(structures)
    first, second = match_pairs(rows, pairs, level), match_pairs(rows, again, level)
    half = len(blocks)
    assert np.array_equal(np.isfinite(first), np.isfinite(second))
    assert first[:half] == pytest.approx(first[half:], abs=2e-4)
    same_size = first[:half, 0]
    assert second[:half, 0] == pytest.approx(same_size, abs=2e-4)
    assert np.isfinite(first[:, 0]).sum() > half


def test_every_description_of_a_crystal_is_found_at_distance_zero(
    some_structures: list[dict[str, Any]], other_cell: Other, rows_of: Rows
) -> None:
    random = np.random.default_rng(3)
    structures: list[dict[str, Any]] = []
    for structure in some_structures[::4]:
        structures += [structure, *(other_cell(structure, random, size=size) for size in (1, 2, 3))]
    pairs = np.array([(n - n % 4, n) for n in range(len(structures)) if n % 4])
    found = match_pairs(rows_of(structures), pairs, STRICT)
    assert found.max() < 1e-3


def test_verdicts_are_those_of_structure_matcher_but_for_cells_of_which_it_shrinks_one(
    samples: dict[str, list[dict[str, Any]]],
    real_sites: Callable[[dict[str, Any]], dict[str, Any]],
    rows_of: Rows,
) -> None:
    from pymatgen.core import Lattice, Structure
    from pymatgen.core.structure_matcher import StructureMatcher

    by_formula: dict[str, list[dict[str, Any]]] = {}
    for row in samples["dielectric"]:
        if len(row["structure"]["sites"]) <= 8:
            amounts = parse_formula(row["formula"])
            least = min(amounts.values())
            by_formula.setdefault(str({s: amounts[s] / least for s in sorted(amounts)}), []).append(row)
    structures, pairs = [], []
    for members in by_formula.values():
        chosen = [real_sites(row) for row in members[:4]]
        pairs += [(len(structures) + a, len(structures) + b) for a, b in combinations(range(len(chosen)), 2)]
        structures += chosen
    pairs = pairs[:80]
    made = [
        Structure(
            Lattice(np.array(s["lattice_vectors"]).reshape(3, 3)),
            [s["species"][index]["chemical_symbols"][0] for index in s["site_species"]],
            np.array(s["fractional_positions"]).reshape(-1, 3),
        )
        for s in structures
    ]
    ours = np.isfinite(match_pairs(rows_of(structures), np.array(pairs), BARE)[:, 0])
    matcher = StructureMatcher()
    forth = np.array([matcher.fit(made[a], made[b]) for a, b in pairs])
    back = np.array([matcher.fit(made[b], made[a]) for a, b in pairs])
    for index in np.flatnonzero((ours != forth) & (forth == back)):
        first, second = (made[number].get_primitive_structure() for number in pairs[index])
        assert ours[index], "a match of both orders is not found"
        assert len(first) != len(second), "they differ, though the cells that pymatgen compares are of one size"
    assert forth.any()
    assert not forth.all()


def tellurium(sites: Sites, hand: int) -> dict[str, Any]:
    lattice = [[4.45, 0, 0], [-2.225, 2.225 * np.sqrt(3), 0], [0, 0, 5.93]]
    x = 0.263
    return sites(lattice, ["Te"] * 3, [[x, 0, 0], [0, x, hand / 3], [-x, -x, -hand / 3]])


def test_mirror_images_are_one_unless_they_are_to_be_apart(sites: Sites, rows_of: Rows) -> None:
    rows = rows_of([tellurium(sites, 1), tellurium(sites, -1)], groups=[152, 154])
    pair = np.array([[0, 1]])
    assert match_pairs(rows, pair, STRICT)[0, 0] == pytest.approx(0, abs=1e-4)
    assert np.isinf(match_pairs(rows, pair, replace(STRICT, mirror=False))[0, 0])
    itself = rows_of([tellurium(sites, 1), tellurium(sites, 1)])
    assert match_pairs(itself, pair, replace(STRICT, mirror=False))[0, 0] == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("sigma", [0.001, 0.01, 0.05])
def test_a_supercell_with_noise_is_the_crystal_behind_it(
    sites: Sites, other_cell: Other, rows_of: Rows, sigma: float
) -> None:
    random = np.random.default_rng(17)
    for size in (2, 3, 4):
        many = noisy(other_cell(cell(sites), random, size=size), random, sigma)
        assert heads(rows_of([cell(sites), many], groups=[221, 1])) == {"e-0001": "e-0000"}


def tilted(sites: Sites, turn: float) -> dict[str, Any]:
    """A perovskite with every second octahedron turned about c: I4/mcm, twice the cell of the cubic one."""
    a, c = 4.0 * np.sqrt(2), 8.0
    x = 0.25 + turn
    cube = [(0, 0.5, 0.25, "K"), (0.5, 0, 0.25, "K"), (0, 0.5, 0.75, "K"), (0.5, 0, 0.75, "K")]
    cube += [(0, 0, 0, "Cu"), (0.5, 0.5, 0, "Cu"), (0, 0, 0.5, "Cu"), (0.5, 0.5, 0.5, "Cu")]
    cube += [(0, 0, z, "F") for z in (0.25, 0.75)] + [(0.5, 0.5, z, "F") for z in (0.25, 0.75)]
    for z, s in ((0, x), (0.5, 0.5 - x)):
        cube += [(s, s + 0.5, z, "F"), (-s, 0.5 - s, z, "F"), (s + 0.5, -s, z, "F"), (0.5 - s, s, z, "F")]
    return sites(np.diag([a, a, c]).tolist(), [row[3] for row in cube], [row[:3] for row in cube])


@pytest.mark.parametrize("level", ["strict", "loose"])
def test_a_superstructure_of_its_own_symmetry_is_not_its_parent(sites: Sites, rows_of: Rows, level: str) -> None:
    rows = rows_of([tilted(sites, 0.0), tilted(sites, 0.02), tilted(sites, 0.021)], groups=[221, 140, 140])
    assert heads(rows, DedupLevel(level)) == {"e-0002": "e-0001"}


def test_occupations_and_vacancies_are_compared(sites: Sites, rows_of: Rows) -> None:
    kinds: list[Any] = [
        {"Na": 0.5, "K": 0.5},
        {"K": 0.5, "Na": 0.5},
        {"Na": 0.25, "K": 0.75},
        {"Na": 0.9, "vacancy": 0.1},
        {"Na": 0.9},
        {"Na": 0.6, "K": 0.6},
        {"Na": 0.6, "K": 0.6},
    ]
    lattice = (A * np.eye(3)).tolist()
    rows = rows_of([sites(lattice, [kind, "Cl"], [[0, 0, 0], [0.5] * 3]) for kind in kinds])
    assert heads(rows) == {"e-0001": "e-0000", "e-0004": "e-0003", "e-0006": "e-0005"}


def test_a_site_on_which_nothing_sits_is_no_site(sites: Sites, rows_of: Rows) -> None:
    lattice, places = (A * np.eye(3)).tolist(), [[0, 0, 0], [0.5] * 3, [0.5, 0, 0]]
    rows = rows_of([sites(lattice, ["Cs", "Cl", {"vacancy": 1.0}], places), sites(lattice, ["Cs", "Cl"], places[:2])])
    assert heads(rows) == {"e-0001": "e-0000"}


def test_levels_that_ask_the_matcher_are_ordered() -> None:
    assert DedupLevel.EXACT not in TOLERANCES
    for name in ("length", "site", "angle_degree", "volume", "rms", "rms_of_noise", "rms_across"):
        assert getattr(STRICT, name) < getattr(LOOSE, name)
    assert STRICT.rms > STRICT.rms_of_noise > STRICT.rms_across
    assert STRICT.rms_of_cells == LOOSE.rms_of_cells
    assert (STRICT.scale, LOOSE.scale) == (False, True)
