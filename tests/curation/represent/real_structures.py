"""Real structures of the shipped sample, and other descriptions of the same crystal."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas.elements import atomic_numbers

type Crystal = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]

SAMPLE = Path(__file__).parents[3] / "data" / "samples" / "matbench_dielectric.jsonl.gz"


@cache
def real_structures(n: int, *, seed: int = 0, most_sites: int = 30) -> tuple[Crystal, ...]:
    with gzip.open(SAMPLE, "rt", encoding="utf-8") as file:
        rows = [json.loads(line)["structure"] for line in file]
    few = [row for row in rows if len(row["sites"]) <= most_sites]
    chosen = np.random.default_rng(seed).permutation(len(few))[:n]
    return tuple(_plain(few[place]) for place in chosen)


def _plain(structure: dict[str, dict[str, list[list[float]]]]) -> Crystal:
    sites: list[dict[str, list[dict[str, str]]]] = structure["sites"]  # type: ignore[assignment] # as JSON has it
    numbers = [atomic_numbers()[site["species"][0]["element"]] for site in sites]
    positions = np.array([site["abc"] for site in sites], dtype=float)
    return np.array(structure["lattice"]["matrix"]), positions, np.array(numbers, dtype=np.int64)


def permuted(crystal: Crystal, random: np.random.Generator) -> Crystal:
    lattice, positions, numbers = crystal
    order = random.permutation(len(numbers))
    return lattice, positions[order], numbers[order]


def translated(crystal: Crystal, random: np.random.Generator) -> Crystal:
    lattice, positions, numbers = crystal
    return lattice, (positions + random.random(3)) % 1.0, numbers


def rotated(crystal: Crystal, random: np.random.Generator) -> Crystal:
    """By a random rotation, from the QR decomposition of a random matrix."""
    lattice, positions, numbers = crystal
    orthogonal, triangular = np.linalg.qr(random.normal(size=(3, 3)))
    orthogonal = orthogonal * np.sign(np.diag(triangular))
    orthogonal[:, 0] *= np.linalg.det(orthogonal)
    return lattice @ orthogonal.T, positions, numbers


def recut(crystal: Crystal, random: np.random.Generator) -> Crystal:
    """Another cell of the same lattice: two shears and a cyclic exchange of the vectors."""
    lattice, positions, numbers = crystal
    change = np.eye(3)[[1, 2, 0]]
    for _ in range(2):
        first, second = random.choice(3, 2, replace=False)
        shear = np.eye(3)
        shear[first, second] = random.choice([-1.0, 1.0])
        change = shear @ change
    return change @ lattice, (positions @ np.linalg.inv(change)) % 1.0, numbers


def doubled(crystal: Crystal, random: np.random.Generator) -> Crystal:
    """A supercell of two cells along a random vector of the lattice."""
    lattice, positions, numbers = crystal
    axis = int(random.integers(3))
    longer, scaled = lattice.copy(), positions.copy()
    longer[axis] *= 2.0
    scaled[:, axis] /= 2.0
    other = scaled.copy()
    other[:, axis] += 0.5
    return longer, np.concatenate((scaled, other)), np.concatenate((numbers, numbers))
