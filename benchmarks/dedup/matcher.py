"""Matcher: verdicts and speed of the compiled matcher beside StructureMatcher's, on planted and natural pairs.

    python -m benchmarks.dedup.matcher [--tolerances strict] [--verdicts DIR] [--out FILE.csv]

Where the four answers of StructureMatcher (benchmarks/dedup/verdicts.py) are one, ours should be that one. Every pair
for which it is not goes into a table, with the reason. Ours is asked about each pair in both orders.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from benchmarks.dedup.pairs import pairs
from benchmarks.dedup.planted import Item, entry
from benchmarks.dedup.verdicts import NO, SETTINGS, TOO_LONG, YES, Setting, Verdict, verdicts
from curation.dedup.cells import flat_structures
from curation.dedup.kernels.compare import Rules, compare_pairs
from curation.dedup.kernels.pair import Limits
from curation.dedup.kernels.reduce import Reduced, reduce_structures

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COLUMNS = ("lattice_vectors", "fractional_positions", "site_species", "species")


@dataclass(frozen=True)
class Ours:
    """What the compiled matcher says of pairs.

    Attributes:
        distances: rms and largest displacement, (p, 2), angstrom; infinite where the two are not one.
        is_one: verdicts, cells that a structure repeats only nearly taken into account, (p,).
        is_one_of_a_size: verdicts by primitive cells alone, the question that StructureMatcher asks, (p,).
        turned: how many verdicts change with the order.
        reducing: processor seconds to read and reduce the structures.
        comparing: processor seconds to compare the pairs once.
    """

    distances: NDArray[np.float64]
    is_one: NDArray[np.bool_]
    is_one_of_a_size: NDArray[np.bool_]
    turned: int
    reducing: float
    comparing: float


def ours(asked: list[tuple[Item, Item]], setting: Setting) -> Ours:
    """Ask the compiled matcher about pairs; the compiled code is loaded before time counts."""
    items = list({item.name: item for pair in asked for item in pair}.values())
    place = {item.name: number for number, item in enumerate(items)}
    wanted = np.array([(place[one.name], place[two.name]) for one, two in asked])
    compare(reduced_of(items[:2]), np.array([[0, 1]]), setting)
    begin = time.process_time()
    reduced = reduced_of(items)
    reducing = time.process_time() - begin
    begin = time.process_time()
    distances = compare(reduced, wanted, setting)
    comparing = time.process_time() - begin
    is_one = np.isfinite(distances[:, 0])
    turned = np.isfinite(compare(reduced, wanted[:, ::-1].copy(), setting)[:, 0]) != is_one
    alone = np.isfinite(compare(reduced, wanted, setting, smaller=False)[:, 0])
    return Ours(distances, is_one, alone, int(turned.sum()), reducing, comparing)


def reduced_of(items: list[Item]) -> Reduced:
    rows = [{key: entry(item)[key] for key in _COLUMNS} for item in items]
    return reduce_structures(flat_structures(pa.RecordBatch.from_pylist(rows)))


def compare(
    reduced: Reduced, wanted: NDArray[np.int64], setting: Setting, *, smaller: bool = True
) -> NDArray[np.float64]:
    """Return rms and largest displacement of pairs, without the rules of a level."""
    limits = Limits(setting.length, setting.site, setting.angle_degree, setting.scale, mirror=True, once=False)
    most = np.inf if smaller else -1.0
    rules = Rules(same=np.inf, noise=most, across=most, cells=most, stretch=1.0, volume=1.0)
    return compare_pairs(wanted, reduced, np.zeros(len(reduced.cells) - 1, np.int64), limits, rules)


def reason(verdict: Verdict, *, is_one: bool, is_one_of_a_size: bool, most_sites: int) -> str:
    """Return why verdicts differ, as far as a program can see."""
    if TOO_LONG in verdict.answers:
        return "StructureMatcher took longer than the limit"
    if not verdict.is_one:
        if verdict.primitive_sites and verdict.primitive_sites[0] != verdict.primitive_sites[1]:
            return "StructureMatcher disagrees with itself: its search shrinks one of the cells more than the other"
        if verdict.answers[0] != verdict.answers[1] or verdict.answers[2] != verdict.answers[3]:
            return "StructureMatcher disagrees with itself: its answer depends on the order"
        return "StructureMatcher disagrees with itself: given and primitive cells"
    if is_one != is_one_of_a_size:
        return "primitive cells of other size: ours compares what the larger repeats nearly, and counts the rest"
    return f"not known, {most_sites} sites"


def differing(asked: list[tuple[Item, Item]], found: Ours, said: list[Verdict]) -> list[dict[str, Any]]:
    """Return a row for each pair on which the two differ, or StructureMatcher with itself."""
    rows = []
    for number, ((one, two), verdict) in enumerate(zip(asked, said, strict=True)):
        is_one, alone = bool(found.is_one[number]), bool(found.is_one_of_a_size[number])
        if verdict.is_one and is_one == alone == (verdict.answers[0] == YES):
            continue
        sites = max(len(one.crystal.symbols), len(two.crystal.symbols))
        rows.append(
            {
                "first": one.name,
                "second": two.name,
                "kinds": f"{one.kind} / {two.kind}",
                "formula": one.formula,
                "ours": YES if is_one else NO,
                "ours_by_primitive_cells": YES if alone else NO,
                "StructureMatcher": verdict.answers,
                "rms_angstrom": round(float(found.distances[number, 0]), 4),
                "largest_angstrom": round(float(found.distances[number, 1]), 4),
                "reason": reason(verdict, is_one=is_one, is_one_of_a_size=alone, most_sites=sites),
            }
        )
    return rows


def figures(asked: list[tuple[Item, Item]], found: Ours, said: list[Verdict]) -> dict[str, Any]:
    """Return what was counted and timed."""
    agrees = np.array([verdict.is_one for verdict in said])
    theirs = np.array([verdict.answers[0] == YES for verdict in said])
    seconds = sum(verdict.seconds for verdict in said)
    whole = found.reducing + found.comparing
    return {
        "pairs": len(asked),
        "natural": sum(one.kind == "natural" for one, _ in asked),
        "most sites of a structure": max(len(item.crystal.symbols) for pair in asked for item in pair),
        "matched by ours": int(found.is_one.sum()),
        "verdicts of ours that change with the order": found.turned,
        "StructureMatcher took too long": sum(TOO_LONG in verdict.answers for verdict in said),
        "StructureMatcher disagrees with itself": int((~agrees).sum()),
        "it agrees with itself": int(agrees.sum()),
        "equal there, by primitive cells": _share(found.is_one_of_a_size == theirs, agrees),
        "equal there, by smaller cells as well": _share(found.is_one == theirs, agrees),
        "pairs/s": round(len(asked) / found.comparing),
        "pairs/s with reduction": round(len(asked) / whole),
        "StructureMatcher pairs/s": round(len(asked) / seconds, 1),
        "ratio with reduction": round(seconds / whole, 1),
    }


def _share(is_equal: NDArray[np.bool_], counts: NDArray[np.bool_]) -> str:
    number, total = int((is_equal & counts).sum()), int(counts.sum())
    return f"{number} of {total}, {number / max(1, total):.4%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bases", type=int, default=2000)
    parser.add_argument("--tolerances", choices=sorted(SETTINGS), default="default")
    parser.add_argument("--most", type=int, default=0, help="number of pairs, those with the fewest sites; 0: all")
    parser.add_argument("--limit", type=float, default=20.0, help="processor seconds for a question")
    parser.add_argument("--verdicts", type=Path, default=Path(), help="folder of answers that are there already")
    parser.add_argument("--out", type=Path, default=Path("disagreements.csv"))
    options = parser.parse_args()
    setting = SETTINGS[options.tolerances]
    asked = pairs(options.bases, options.most)
    said = verdicts(asked, setting, options.verdicts / f"{options.tolerances}.jsonl", options.limit)
    found = ours(asked, setting)
    rows = differing(asked, found, said)
    with options.out.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]) if rows else ["first"], lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    print(json.dumps(figures(asked, found, said) | {"reasons": Counter(row["reason"] for row in rows)}, indent=2))


if __name__ == "__main__":
    main()
