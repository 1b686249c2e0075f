"""Samples: formulas and structures of the shipped sample, as the benchmarks need them."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from schemas.elements import atomic_numbers

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
# Magpie has no value of some property of these, so that peers and we do not do the same.
INCOMPLETE = {"He", "Ne", "Ar", "Rn", "At", "Fr", "Bk"}


@cache
def rows() -> list[dict[str, Any]]:
    with gzip.open(SAMPLES / "matbench_dielectric.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def formulas(n: int) -> list[str]:
    """Distinct formulas first, then again from the start."""
    distinct = sorted({row["formula"] for row in rows() if not INCOMPLETE & _symbols(row)})
    return [distinct[place % len(distinct)] for place in range(n)]


def structures(n: int, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Lattice, fractional positions and atomic numbers, in a random order."""
    order = np.random.default_rng(seed).permutation(len(rows()))
    chosen = [rows()[place] for place in order if not INCOMPLETE & _symbols(rows()[place])][:n]
    return [_plain(row["structure"]) for row in chosen]


def _symbols(row: dict[str, Any]) -> set[str]:
    return {site["species"][0]["element"] for site in row["structure"]["sites"]}


def _plain(structure: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    sites = structure["sites"]
    numbers = [atomic_numbers()[site["species"][0]["element"]] for site in sites]
    return np.array(structure["lattice"]["matrix"]), np.array([site["abc"] for site in sites]), np.array(numbers)
