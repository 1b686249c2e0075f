"""Group: validated entries in, groups of the same material out.

Entries with a structure are equal by content hash, or by the matcher within a formula. Entries without one are equal
by formula and phase. The representative is the first by the order of sources in the recipe, then by source id: a
source that is added at the end of a recipe renames no material.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from curation.dedup.levels import TOLERANCES
from curation.dedup.match import MATCHES, Block, match_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curation.dedup.levels import Tolerances
    from curation.parallel import Spread
    from curation.workbench import Workbench
    from schemas.recipe import DedupLevel

_PAIRS_A_TASK = 64
_FORMULAS_AT_ONCE = 256
_GOOD = """
CREATE TABLE good_entries AS
SELECT e.entry_id, e.source, e.source_rank, e.source_id, e.phase, c.chemical_formula_reduced, s.structure_sha256,
    s.volume_angstrom3 / s.n_sites AS volume_per_atom,
    row_number() OVER (ORDER BY e.source_rank, e.source_id, e.entry_id) AS rank
FROM raw_entries e JOIN compositions c USING (entry_id) JOIN entry_verdicts v USING (entry_id)
LEFT JOIN structure_facts s USING (entry_id)
WHERE len(v.reasons) = 0
"""
# One structure of each content hash stands for all of them in front of the matcher.
_DISTINCT = """
CREATE TABLE distinct_structures AS
SELECT chemical_formula_reduced, structure_sha256, min(rank) AS rank, arg_min(entry_id, rank) AS entry_id,
    arg_min(volume_per_atom, rank) AS volume_per_atom
FROM good_entries WHERE structure_sha256 IS NOT NULL GROUP BY ALL
"""
_PAIRS = """
SELECT a.chemical_formula_reduced AS formula, a.entry_id AS first, b.entry_id AS second
FROM distinct_structures a JOIN distinct_structures b
    ON a.chemical_formula_reduced = b.chemical_formula_reduced AND a.rank < b.rank
WHERE {volume} ORDER BY formula, a.rank, b.rank
"""
# One row a formula: its structures and its pairs, in an order that does not depend on how the rows arrived.
_BLOCKS = """
WITH named AS (SELECT DISTINCT formula, unnest([first, second]) AS entry_id FROM candidate_pairs),
members AS (
    SELECT formula, list({'entry_id': entry_id, 'lattice_vectors': lattice_vectors, 'species': species,
        'fractional_positions': fractional_positions, 'site_species': site_species,
        'space_group_number': space_group_number} ORDER BY entry_id) AS members
    FROM named JOIN raw_entries USING (entry_id) JOIN structure_facts USING (entry_id) GROUP BY formula
), compared AS (
    SELECT formula, list([first, second] ORDER BY first, second) AS pairs FROM candidate_pairs GROUP BY formula
)
SELECT formula, members, pairs FROM members JOIN compared USING (formula) ORDER BY formula
"""
_EDGES = """
SELECT a.rank - 1 AS first, b.rank - 1 AS second FROM (
    SELECT first, second FROM matches
    UNION ALL
    SELECT d.entry_id, g.entry_id FROM good_entries g JOIN distinct_structures d USING (structure_sha256)
        WHERE d.chemical_formula_reduced = g.chemical_formula_reduced
    UNION ALL
    SELECT arg_min(entry_id, rank) OVER same, entry_id FROM good_entries WHERE structure_sha256 IS NULL
        WINDOW same AS (PARTITION BY chemical_formula_reduced, lower(coalesce(phase, '')))
) e(first, second) JOIN good_entries a ON a.entry_id = e.first JOIN good_entries b ON b.entry_id = e.second
WHERE a.rank <> b.rank ORDER BY ALL
"""
_GROUPS = """
CREATE TABLE groups AS
SELECT g.entry_id, r.entry_id AS representative_entry_id, 'm' || substr(r.entry_id, 2) AS material_id,
    g.rank = p.head AS is_representative,
    CASE WHEN g.rank = p.head THEN NULL WHEN g.structure_sha256 IS NULL THEN 'composition'
         WHEN g.structure_sha256 = r.structure_sha256 THEN 'exact' ELSE '{level}' END AS level
FROM good_entries g JOIN parents p USING (rank) JOIN good_entries r ON r.rank = p.head
"""


def deduplicate(bench: Workbench, level: DedupLevel, spread: Spread) -> None:
    """Make the tables `groups` (a row for each good entry) and `matches` (pairs that the matcher found)."""
    bench.run(_GOOD)
    bench.run(_DISTINCT)
    tolerances = TOLERANCES.get(level)
    if tolerances is None:
        bench.keep("matches", MATCHES.empty_table())
    else:
        _compare(bench, tolerances, spread)
    edges = bench.table(_EDGES)
    bench.keep("parents", _parents(edges, bench.count("good_entries")))
    bench.run(_GROUPS.format(level=level.value))


def _compare(bench: Workbench, tolerances: Tolerances, spread: Spread) -> None:
    """Ask the matcher about every pair of one formula whose volumes are near."""
    volume = "true"
    if tolerances.volume is not None:
        larger = "greatest(a.volume_per_atom, b.volume_per_atom)"
        volume = f"abs(a.volume_per_atom - b.volume_per_atom) <= {tolerances.volume} * {larger}"
    bench.run(f"CREATE TABLE candidate_pairs AS {_PAIRS.format(volume=volume)}")
    found = spread(match_blocks, _tasks(bench, tolerances))
    bench.keep("matches", pa.Table.from_batches(found, schema=MATCHES))


def _tasks(bench: Workbench, tolerances: Tolerances) -> Iterator[tuple[Block, ...]]:
    """Yield blocks of one formula each, large ones cut and small ones gathered, so that tasks take similarly long."""
    task: list[Block] = []
    for batch in bench.batches(_BLOCKS, _FORMULAS_AT_ONCE):
        for row in batch.to_pylist():
            for block in _blocks(row, tolerances):
                task.append(block)
                if sum(len(other.pairs) for other in task) >= _PAIRS_A_TASK:
                    yield tuple(task)
                    task = []
    if task:
        yield tuple(task)


def _blocks(row: dict[str, Any], tolerances: Tolerances) -> Iterator[Block]:
    """Yield the pairs of one formula in blocks of at most _PAIRS_A_TASK, each with the structures it needs."""
    members = {member["entry_id"]: member for member in row["members"]}
    for start in range(0, len(row["pairs"]), _PAIRS_A_TASK):
        pairs = row["pairs"][start : start + _PAIRS_A_TASK]
        names = sorted({name for pair in pairs for name in pair})
        index = {name: number for number, name in enumerate(names)}
        yield Block(
            rows=tuple(members[name] for name in names),
            pairs=tuple((index[first], index[second]) for first, second in pairs),
            tolerances=tolerances,
        )


def _parents(edges: pa.Table, count: int) -> pa.Table:
    """Return for each rank the smallest rank of its group."""
    first, second = (edges[name].to_numpy().astype(np.int64) for name in ("first", "second"))
    graph = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(count, count))
    _, label = connected_components(graph, directed=False)
    heads = np.full(count, count, dtype=np.int64)
    np.minimum.at(heads, label, np.arange(count))
    return pa.table({"rank": pa.array(np.arange(count) + 1), "head": pa.array(heads[label] + 1)})
