"""One element: thousands of structures of one formula in; time, and whether it grows faster than their number, out.

`seconds` is matching alone, `end to end` with the facts of structures, symmetry above all; processor time.

Real structures of the dielectric sample, of at most twenty sites, every site turned into carbon and cells scaled so
that half have less than 8 cubic angstrom a site; each of them again with noise, in another cell: one block, in which
nothing but geometry tells them apart.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.dedup.planted import MOST_SITES, Crystal, Item, noise, real_structures, rotate, skew, translate
from benchmarks.dedup.run import ours
from schemas.recipe import DedupLevel

SEED = 20261124
MEDIAN_ANGSTROM3 = 8.0


def carbons(count: int) -> list[Item]:
    """Return structures of carbon in a random order; those of one `material` are of one base.

    Different bases may well be one structure, once every element is carbon.
    """
    random = np.random.default_rng(SEED)
    crystals = [crystal for _, _, crystal in real_structures() if len(crystal.symbols) <= MOST_SITES]
    median = np.median([_volume(crystal) for crystal in crystals])
    factor = float((MEDIAN_ANGSTROM3 / median) ** (1 / 3))
    chosen = [crystals[index] for index in random.permutation(len(crystals))[: count // 2]]
    items: list[Item] = []
    for number in range(count):
        base = carbon(chosen[number % len(chosen)], factor)
        made = (
            base if number < len(chosen) else rotate(translate(skew(noise(base, random, 0.02), random), random), random)
        )
        items.append(Item("", "base", "C1", str(number % len(chosen)), made))
    order = random.permutation(count)
    return [replace(items[index], name=f"{place:06d}") for place, index in enumerate(order)]


def _volume(crystal: Crystal) -> float:
    return float(abs(np.linalg.det(crystal.lattice))) / len(crystal.symbols)


def carbon(crystal: Crystal, factor: float) -> Crystal:
    return Crystal(crystal.lattice * factor, crystal.positions, ("C",) * len(crystal.symbols))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 2000, 4000, 8000])
    options = parser.parse_args()
    ours(carbons(40), DedupLevel.STRICT)
    rows: list[dict[str, Any]] = []
    for size in options.sizes:
        items = carbons(size)
        heads, seconds = ours(items, DedupLevel.STRICT)
        materials: dict[str, list[str]] = {}
        for item in items:
            materials.setdefault(item.material, []).append(heads[item.name])
        found = sum(len(set(pair)) == 1 for pair in materials.values() if len(pair) > 1)
        row = {"structures": size, "seconds": round(seconds["deduplicate"], 2)}
        row |= {"end to end": round(sum(seconds.values()), 2), "materials": len(set(heads.values()))}
        row |= {"planted pairs": sum(len(pair) > 1 for pair in materials.values()), "found": found}
        if rows:
            more = math.log(size / rows[-1]["structures"])
            row |= {
                f"exponent, {name}": round(math.log(row[name] / rows[-1][name]) / more, 2)
                for name in ("seconds", "end to end")
            }
        rows.append(row)
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
