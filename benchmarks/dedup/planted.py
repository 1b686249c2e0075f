"""Planted: real structures in, duplicates and look-alikes of known truth out; the same for the same seed.

Bases are structures of the dielectric sample, one of each formula, so that every pair within a formula is planted.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import moyopy
import numpy as np

from schemas.elements import atomic_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "matbench_dielectric.jsonl.gz"
MOST_SITES = 20
LEAST_DISTANCE = 0.7


@dataclass(frozen=True)
class Crystal:
    """A structure: rows of the lattice and fractional positions as arrays, and what sits on the sites."""

    lattice: NDArray[np.float64]
    positions: NDArray[np.float64]
    symbols: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """A structure with its truth: items of one formula are duplicates exactly if `material` is the same."""

    name: str
    kind: str
    formula: str
    material: str
    crystal: Crystal


type Change = Callable[[Crystal, np.random.Generator], Crystal]


def real_structures() -> Iterator[tuple[str, str, Crystal]]:
    """Yield id, reduced formula and structure of the ordered structures of the sample."""
    with gzip.open(SAMPLE, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            sites = row["structure"]["sites"]
            symbols = tuple(site["species"][0]["element"] for site in sites)
            lattice = np.array(row["structure"]["lattice"]["matrix"], dtype=float)
            positions = np.array([site["abc"] for site in sites], dtype=float)
            yield row["id"], reduced_formula(symbols), Crystal(lattice, positions, symbols)


def reduced_formula(symbols: tuple[str, ...]) -> str:
    names, counts = np.unique(symbols, return_counts=True)
    return "".join(f"{n}{c}" for n, c in zip(names, counts // np.gcd.reduce(counts), strict=True))


def rotate(crystal: Crystal, random: np.random.Generator) -> Crystal:
    turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
    return replace(crystal, lattice=crystal.lattice @ (turn * np.sign(np.linalg.det(turn))))


def mirror(crystal: Crystal, random: np.random.Generator) -> Crystal:
    return rotate(replace(crystal, lattice=crystal.lattice * np.array([1, 1, -1])), random)


def translate(crystal: Crystal, random: np.random.Generator) -> Crystal:
    return replace(crystal, positions=(crystal.positions + random.random(3)) % 1)


def permute(crystal: Crystal, random: np.random.Generator) -> Crystal:
    order = random.permutation(len(crystal.symbols))
    return replace(
        crystal, positions=crystal.positions[order], symbols=tuple(crystal.symbols[index] for index in order)
    )


def skew(crystal: Crystal, random: np.random.Generator) -> Crystal:
    change = np.eye(3)
    for _ in range(4):
        i, j = random.choice(3, 2, replace=False)
        change[i] += random.choice([-1, 1]) * change[j]
    return Crystal(change @ crystal.lattice, crystal.positions @ np.linalg.inv(change) % 1, crystal.symbols)


def supercell(crystal: Crystal, random: np.random.Generator) -> Crystal:
    size = int(random.integers(2, 4 if len(crystal.symbols) > 10 else 5))
    change = np.eye(3)
    axis = int(random.integers(3))
    change[axis, axis] = size
    change[(axis + 1) % 3, axis] = random.integers(size)
    inverse = np.linalg.inv(change)
    cells = np.array([[x, y, z] for x in range(-6, 7) for y in range(-6, 7) for z in range(-6, 7)]) @ inverse
    inside = cells[np.all((cells > -1e-6) & (cells < 1 - 1e-6), axis=1)]
    positions = (crystal.positions @ inverse)[:, None, :] + inside[None, :, :]
    return Crystal(change @ crystal.lattice, positions.reshape(-1, 3) % 1, tuple(np.repeat(crystal.symbols, size)))


def conventional(crystal: Crystal, random: np.random.Generator) -> Crystal:
    del random
    return _standard(crystal, "std_cell")


def primitive(crystal: Crystal, random: np.random.Generator) -> Crystal:
    del random
    return _standard(crystal, "prim_std_cell")


def _standard(crystal: Crystal, which: str) -> Crystal:
    numbers = [atomic_numbers()[symbol] for symbol in crystal.symbols]
    cell = moyopy.Cell(crystal.lattice.tolist(), crystal.positions.tolist(), numbers)
    made = getattr(moyopy.MoyoDataset(cell, symprec=0.01), which)
    names = {number: symbol for symbol, number in atomic_numbers().items() if symbol in crystal.symbols}
    return Crystal(np.array(made.basis), np.array(made.positions), tuple(names[number] for number in made.numbers))


def noise(crystal: Crystal, random: np.random.Generator, sigma: float) -> Crystal:
    """Move every coordinate by a normal deviate, sigma in angstrom."""
    moves = random.normal(scale=sigma, size=crystal.positions.shape)
    return replace(crystal, positions=(crystal.positions + moves @ np.linalg.inv(crystal.lattice)) % 1)


def strain(crystal: Crystal, random: np.random.Generator, size: float) -> Crystal:
    """Strain by a random symmetric tensor whose largest principal strain is `size`."""
    tensor = random.normal(size=(3, 3))
    tensor = tensor + tensor.T
    tensor *= size / np.abs(np.linalg.eigvalsh(tensor)).max()
    return replace(crystal, lattice=crystal.lattice @ (np.eye(3) + tensor))


def some_noise(crystal: Crystal, random: np.random.Generator) -> Crystal:
    return noise(crystal, random, float(random.choice([0.001, 0.01, 0.02, 0.05])))


def some_strain(crystal: Crystal, random: np.random.Generator) -> Crystal:
    return strain(crystal, random, float(random.choice([0.001, 0.005, 0.01, 0.02])))


def combined(crystal: Crystal, random: np.random.Generator) -> Crystal:
    for change in (skew, supercell, permute, translate, mirror, some_strain, some_noise):
        if random.random() < 0.6:
            crystal = change(crystal, random)
    return rotate(crystal, random)


def antisite(crystal: Crystal, random: np.random.Generator) -> Crystal:
    first = int(random.integers(len(crystal.symbols)))
    others = [i for i, symbol in enumerate(crystal.symbols) if symbol != crystal.symbols[first]]
    second = int(random.choice(others))
    symbols = list(crystal.symbols)
    symbols[first], symbols[second] = symbols[second], symbols[first]
    return replace(crystal, symbols=tuple(symbols))


def swap(crystal: Crystal, random: np.random.Generator) -> Crystal:
    names, counts = np.unique(crystal.symbols, return_counts=True)
    pairs = [(a, b) for i, a in enumerate(names) for j, b in enumerate(names) if i < j and counts[i] == counts[j]]
    a, b = pairs[random.integers(len(pairs))]
    return replace(crystal, symbols=tuple({a: b, b: a}.get(s, s) for s in crystal.symbols))


def large_strain(crystal: Crystal, random: np.random.Generator) -> Crystal:
    factors = np.ones(3)
    factors[random.integers(3)] = 1.15
    return rotate(replace(crystal, lattice=crystal.lattice * factors), random)


def large_noise(crystal: Crystal, random: np.random.Generator) -> Crystal:
    return noise(crystal, random, 0.5)


SAME: dict[str, Change] = {
    change.__name__: change
    for change in (
        rotate,
        mirror,
        translate,
        permute,
        skew,
        supercell,
        conventional,
        primitive,
        some_noise,
        some_strain,
        combined,
    )
}
OTHER: dict[str, Change] = {change.__name__: change for change in (antisite, swap, large_strain, large_noise)}


def planted(bases: int, *, seed: int, is_isomorphic: Callable[[Crystal, Crystal], bool]) -> list[Item]:
    """Return each base with one or two duplicates and, often, a look-alike, in an order that says nothing.

    Args:
        bases: number of formulas.
        seed: of all choices.
        is_isomorphic: tells of a look-alike whether it is the base after all, as rock salt with its elements swapped.
    """
    random = np.random.default_rng(seed)
    chosen: dict[str, Crystal] = {}
    found = [row for row in real_structures() if len(row[2].symbols) <= MOST_SITES]
    for index in random.permutation(len(found)):
        chosen.setdefault(found[index][1], found[index][2])
        if len(chosen) == bases:
            break
    items: list[Item] = []
    for formula, crystal in chosen.items():
        items.append(Item("", "base", formula, formula, crystal))
        same = random.choice(list(SAME), int(random.integers(1, 3)), replace=False)
        items.extend(Item("", str(name), formula, formula, SAME[name](crystal, random)) for name in same)
        for name in random.choice(list(OTHER), int(random.integers(0, 2)), replace=False):
            made = _look_alike(crystal, str(name), random)
            if made is not None:
                is_base = is_isomorphic(crystal, made)
                items.append(Item("", str(name), formula, formula if is_base else f"{formula} {name}", made))
    order = random.permutation(len(items))
    return [replace(items[index], name=f"{place:06d}") for place, index in enumerate(order)]


def _look_alike(crystal: Crystal, name: str, random: np.random.Generator) -> Crystal | None:
    """Return a look-alike, or none where the structure has no two elements to exchange."""
    _, counts = np.unique(crystal.symbols, return_counts=True)
    if (name == "antisite" and len(counts) == 1) or (name == "swap" and len(set(counts.tolist())) == len(counts)):
        return None
    return OTHER[name](crystal, random)


def entry(item: Item) -> dict[str, Any]:
    """Return the item as a row of records."""
    names, counts = np.unique(item.crystal.symbols, return_counts=True)
    listed = names.tolist()
    return {
        "entry_id": f"e-{item.name}",
        "source_id": item.name,
        "elements": listed,
        "amounts": counts.astype(float).tolist(),
        "lattice_vectors": item.crystal.lattice.ravel().tolist(),
        "fractional_positions": item.crystal.positions.ravel().tolist(),
        "site_species": [listed.index(symbol) for symbol in item.crystal.symbols],
        "species": [{"name": n, "chemical_symbols": [n], "concentration": [1.0]} for n in listed],
    }
