"""Matcher: verdicts and speed of the compiled matcher beside StructureMatcher's, on planted and natural pairs.

StructureMatcher is asked four times: in both orders, of the structures as given, and of their primitive cells (moyopy,
symprec 0.01) without its own search for primitive cells. Where its four answers are one, ours should be that one. Every
pair for which it is not, and why, goes into a table.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import time
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from gemmi import UnitCell, cif
from pymatgen.core.structure_matcher import StructureMatcher

from benchmarks.dedup import peer
from benchmarks.dedup.planted import Crystal, Item, entry, planted, primitive, real_structures, reduced_formula
from curation.dedup.cells import flat_structures
from curation.dedup.kernels.cluster import Rules, compare_pairs
from curation.dedup.kernels.pair import Limits
from curation.dedup.kernels.reduce import Reduced, reduce_structures

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 20261123
MATERIALS_PROJECT = Path(__file__).parents[3] / "shared" / "data" / "structures" / "mp_20_biternary_val.csv.gz"
TOLERANCES = {"default": (0.2, 0.3, 5.0, True), "strict": (0.1, 0.1, 3.0, False)}


def natural() -> list[Item]:
    """Return the structures of the dielectric sample, and of the Materials Project where that file is at hand."""
    found = [(f"sample-{name}", formula, crystal) for name, formula, crystal in real_structures()]
    if MATERIALS_PROJECT.exists():
        found += list(_materials_project())
    return [Item(name, "natural", formula, "", crystal) for name, formula, crystal in found]


def _materials_project() -> Any:  # noqa: ANN401 — an iterator of three
    with gzip.open(MATERIALS_PROJECT, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            block = cif.read_string(row["cif"]).sole_block()
            names = [f"_cell_length_{x}" for x in "abc"] + [f"_cell_angle_{x}" for x in ("alpha", "beta", "gamma")]
            lattice = np.array(UnitCell(*(float(block.find_value(name)) for name in names)).orth.mat.tolist()).T
            table = block.find("_atom_site_", ["type_symbol", "fract_x", "fract_y", "fract_z"])
            symbols = tuple(line[0] for line in table)
            positions = np.array([[float(line[k]) for k in (1, 2, 3)] for line in table])
            yield (
                row["material_id"],
                reduced_formula(symbols),
                Crystal(np.ascontiguousarray(lattice), positions, symbols),
            )


def pairs_of(items: list[Item]) -> list[tuple[int, int]]:
    """Return the pairs of one formula."""
    formulas: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        formulas[item.formula].append(index)
    return [pair for members in formulas.values() for pair in combinations(members, 2)]


def reduced_of(items: list[Item]) -> Reduced:
    rows = [{key: value for key, value in entry(item).items() if key not in {"elements", "amounts"}} for item in items]
    return reduce_structures(flat_structures(pa.RecordBatch.from_pylist(rows)))


def verdicts(
    reduced: Reduced,
    pairs: NDArray[np.int64],
    tolerances: tuple[float, float, float, bool],
    *,
    smaller: bool = True,
) -> NDArray[np.float64]:
    """Return rms and largest displacement of pairs without the rules of a level.

    `smaller`: cells that a structure repeats only nearly count, too, which StructureMatcher does not compare.
    """
    length, site, angle, scale = tolerances
    limits = Limits(length, site, angle, scale, mirror=True, once=False)
    most = np.inf if smaller else -1.0
    rules = Rules(same=np.inf, noise=most, across=most, cells=most, stretch=1.0, volume=1.0)
    groups = np.zeros(len(reduced.cells) - 1, np.int64)
    return compare_pairs(pairs, reduced, groups, limits, rules)


def peers(items: list[Item], pairs: list[tuple[int, int]], tolerances: tuple[float, float, float, bool]) -> Any:  # noqa: ANN401 — an array and a time
    length, site, angle, scale = tolerances
    asked = StructureMatcher(length, site, angle, primitive_cell=True, scale=scale)
    as_is = StructureMatcher(length, site, angle, primitive_cell=False, scale=scale)
    used = sorted({index for pair in pairs for index in pair})
    given = {index: peer.structure(items[index].crystal) for index in used}
    small = {index: peer.structure(primitive(items[index].crystal, np.random.default_rng(0))) for index in used}
    answers = np.zeros((len(pairs), 4), bool)
    begin = time.process_time()
    for row, (one, two) in enumerate(pairs):
        answers[row, 0] = asked.fit(given[one], given[two])
    seconds = time.process_time() - begin
    for row, (one, two) in enumerate(pairs):
        answers[row, 1] = asked.fit(given[two], given[one])
        answers[row, 2] = as_is.fit(small[one], small[two])
        answers[row, 3] = as_is.fit(small[two], small[one])
    return answers, seconds, given, {index: len(one) for index, one in small.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bases", type=int, default=2000)
    parser.add_argument("--tolerances", choices=sorted(TOLERANCES), default="default")
    parser.add_argument("--most", type=int, default=0, help="take every n-th pair so that at most these are compared")
    parser.add_argument("--out", type=Path, default=Path("disagreements.csv"))
    options = parser.parse_args()
    items = planted(options.bases, seed=SEED, is_isomorphic=peer.is_isomorphic) + natural()
    named = [
        Item(i.name, i.kind, ("" if i.kind == "natural" else "planted ") + i.formula, "", i.crystal) for i in items
    ]
    pairs = pairs_of(named)
    pairs = pairs[:: max(1, -(-len(pairs) // options.most))] if options.most else pairs
    tolerances = TOLERANCES[options.tolerances]
    used = sorted({index for pair in pairs for index in pair})
    place = {index: number for number, index in enumerate(used)}
    named = [named[index] for index in used]
    pairs = [(place[one], place[two]) for one, two in pairs]
    wanted = np.array(pairs)
    verdicts(reduced_of(named[:2]), np.array([[0, 1]]), tolerances)
    begin = time.process_time()
    reduced = reduced_of(named)
    reducing = time.process_time() - begin
    begin = time.process_time()
    forth = verdicts(reduced, wanted, tolerances)
    comparing = time.process_time() - begin
    back = verdicts(reduced, wanted[:, ::-1].copy(), tolerances)
    ours = np.isfinite(forth[:, 0])
    of_one_size = np.isfinite(verdicts(reduced, wanted, tolerances, smaller=False)[:, 0])
    answers, seconds, given, small = peers(named, pairs, tolerances)
    agrees = answers.all(axis=1) | ~answers.any(axis=1)
    differs = np.flatnonzero(agrees & (ours != answers[:, 0]))
    differs_of_one_size = np.flatnonzero(agrees & (of_one_size != answers[:, 0]))
    with options.out.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(
            ["first", "second", "kinds", "formula", "ours", "StructureMatcher", "rms_A", "largest_A", "reason"]
        )
        for row in range(len(pairs)):
            if answers[row].all() == answers[row].any() and ours[row] == answers[row, 0]:
                continue
            one, two = pairs[row]
            reason = _reason(
                answers[row],
                tuple(len(given[index].get_primitive_structure()) for index in (one, two)),
                (small[one], small[two]),
                is_by_smaller=bool(ours[row] != of_one_size[row]),
            )
            kinds = f"{named[one].kind} / {named[two].kind}"
            said = "".join("ny"[int(answer)] for answer in answers[row])
            table.writerow(
                [
                    named[one].name,
                    named[two].name,
                    kinds,
                    named[one].formula,
                    "ny"[int(ours[row])],
                    said,
                    round(float(forth[row, 0]), 4),
                    round(float(forth[row, 1]), 4),
                    reason,
                ]
            )
    print(
        json.dumps(
            {
                "pairs": len(pairs),
                "natural": sum(named[one].kind == "natural" for one, _ in pairs),
                "matched": int(ours.sum()),
                "verdicts that change with the order": int((np.isfinite(back[:, 0]) != ours).sum()),
                "StructureMatcher disagrees with itself": int((~agrees).sum()),
                "compared": int(agrees.sum()),
                "differ, by primitive cells alone": len(differs_of_one_size),
                "differ, by smaller cells as well": len(differs),
                "pairs_per_second": round(len(pairs) / comparing),
                "pairs_per_second_with_reduction": round(len(pairs) / (comparing + reducing)),
                "StructureMatcher_pairs_per_second": round(len(pairs) / seconds, 1),
                "ratio_with_reduction": round(seconds / (comparing + reducing)),
            },
            indent=2,
        )
    )


def _reason(answers: Any, sizes: tuple[int, ...], small: tuple[int, int], *, is_by_smaller: bool) -> str:  # noqa: ANN401 — arrays
    """Return why verdicts differ, as far as a program can see."""
    if answers.any() and not answers.all():
        return "StructureMatcher disagrees with itself" + (
            ": its search shrinks one of the cells" if (sizes[0] == sizes[1]) != (small[0] == small[1]) else ""
        )
    if is_by_smaller:
        return "cells of different size: ours compares what the larger nearly repeats, and counts the rest as distance"
    return "its search for primitive cells shrinks one of two equal ones" if sizes[0] != sizes[1] else "not known"


if __name__ == "__main__":
    main()
