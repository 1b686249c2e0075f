"""Run: groups of planted duplicates by our pipeline and by StructureMatcher, against the truth, in one run."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter, defaultdict
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.dedup import peer
from benchmarks.dedup.planted import Item, entry, planted
from curation.dedup.group import deduplicate
from curation.normalise.composition import normalise_compositions
from curation.normalise.structure import normalise_structures
from curation.parallel import spread
from curation.workbench import workbench
from schemas.arrow import arrow_schema
from schemas.recipe import DedupLevel
from schemas.records import EntryRecordRow

SEED = 20261122
ONE = partial(spread, workers=1)


def records(items: list[Item]) -> pa.Table:
    """Return the items as a table of records of one source."""
    schema = arrow_schema(EntryRecordRow)
    empty: dict[str, Any] = {"labels": [], "licence": "CC-BY-4.0", "record_sha256": "0", "raw_sha256": "0"}
    rows = [dict.fromkeys(schema.names) | empty | {"pointer": item.name} | entry(item) for item in items]
    table = pa.Table.from_pylist(rows, schema=schema)
    return table.append_column("source", pa.array(["planted"] * len(rows))).append_column(
        "source_rank", pa.array([0] * len(rows), pa.int32())
    )


def ours(items: list[Item], level: DedupLevel) -> tuple[dict[str, str], dict[str, float]]:
    """Return the head of each item, and the processor seconds of the stages, in one process."""
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, workbench(Path(folder) / "spill") as bench:
        bench.keep("raw_entries", records(items))
        bench.run("CREATE TABLE entry_verdicts AS SELECT entry_id, []::VARCHAR[] AS reasons FROM raw_entries")
        normalise_compositions(bench)
        begin = time.process_time()
        normalise_structures(bench, ONE)
        seconds["facts of structures (moyopy)"] = time.process_time() - begin
        begin = time.process_time()
        deduplicate(bench, level, ONE)
        seconds["deduplicate"] = time.process_time() - begin
        found = bench.table("SELECT entry_id, representative_entry_id FROM groups").to_pylist()
    return {row["entry_id"][2:]: row["representative_entry_id"][2:] for row in found}, seconds


def judge(items: list[Item], heads: dict[str, str]) -> dict[str, Any]:
    """Count pairs within a formula: found and true, found and wrong, missed; by the kinds of the two items."""
    formulas: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        formulas[item.formula].append(item)
    counts: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for members in formulas.values():
        for one, two in combinations(members, 2):
            is_true, is_found = one.material == two.material, heads[one.name] == heads[two.name]
            counts[f"{is_true} {is_found}"] += 1
            kinds = " / ".join(sorted((one.kind, two.kind)))
            missed[kinds] += is_true and not is_found
            wrong[kinds] += is_found and not is_true
    hits = counts["True True"]
    return {
        "true_pairs": hits + counts["True False"],
        "other_pairs": counts["False True"] + counts["False False"],
        "precision": hits / max(1, hits + counts["False True"]),
        "recall": hits / max(1, hits + counts["True False"]),
        "missed": dict(missed.most_common(8)) if missed.total() else {},
        "wrong": dict(wrong.most_common(8)) if wrong.total() else {},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--no-peer", action="store_true", help="leave StructureMatcher out, which takes minutes")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    items = planted(options.bases, seed=options.seed, is_isomorphic=peer.is_isomorphic)
    ours(items[:50], DedupLevel.STRICT)  # compiled code is loaded before time counts
    results: dict[str, Any] = {"structures": len(items), "bases": options.bases, "seed": options.seed}
    for level in (DedupLevel.STRICT, DedupLevel.LOOSE):
        heads, seconds = ours(items, level)
        rates = {stage: round(len(items) / value) for stage, value in seconds.items()}
        results[f"matgranary {level.value}"] = judge(items, heads) | {"structures_per_second": rates}
    for name, matcher in () if options.no_peer else (("default", peer.DEFAULT), ("strict", peer.STRICT)):
        begin = time.process_time()
        heads = peer.groups(items, matcher)
        rate = len(items) / (time.process_time() - begin)
        results[f"StructureMatcher {name}"] = judge(items, heads) | {"structures_per_second": round(rate, 1)}
    print(json.dumps(results, indent=2))
    if options.out:
        options.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
