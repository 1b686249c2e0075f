"""Group: validated entries in, groups of the same material out.

Entries with a structure are equal by content hash, or by the matcher within a formula. Entries without one are equal
by formula and phase. Representatives are found in the order of sources in the recipe, then of source ids: an entry
joins the nearest representative before it that is equal, or becomes one. So each was compared with the one that stands
for it, and a source that is added at the end of a recipe changes and renames no material.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from curation.dedup.levels import TOLERANCES
from curation.dedup.match import MATCHES, Task, match_task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curation.dedup.levels import Tolerances
    from curation.parallel import Spread
    from curation.workbench import Workbench
    from schemas.recipe import DedupLevel

_STRUCTURES_A_TASK = 2000
_GOOD = """
CREATE TABLE good_entries AS
SELECT e.entry_id, e.source, e.source_rank, e.source_id, e.phase, c.chemical_formula_reduced, s.structure_sha256,
    row_number() OVER (ORDER BY e.source_rank, e.source_id, e.entry_id) AS rank
FROM raw_entries e JOIN compositions c USING (entry_id) JOIN entry_verdicts v USING (entry_id)
LEFT JOIN structure_facts s USING (entry_id)
WHERE len(v.reasons) = 0
"""
# One structure of each content hash stands for all of them in front of the matcher.
_DISTINCT = """
CREATE TABLE distinct_structures AS
SELECT chemical_formula_reduced, structure_sha256, min(rank) AS rank, arg_min(entry_id, rank) AS entry_id
FROM good_entries WHERE structure_sha256 IS NOT NULL GROUP BY ALL
"""
# Whole formulas one after another, in an order that does not depend on how the rows arrived.
_COMPARED = """
SELECT d.chemical_formula_reduced AS formula, d.entry_id, s.space_group_number, e.lattice_vectors, e.species,
    e.site_species, e.fractional_positions
FROM (SELECT *, count(*) OVER (PARTITION BY chemical_formula_reduced) AS members FROM distinct_structures) d
JOIN raw_entries e USING (entry_id) JOIN structure_facts s USING (entry_id)
WHERE d.members > 1 ORDER BY formula, d.rank
"""
# Every structure stands for itself or has a representative; equal structures share it, and so do rows without one.
_PARENTS = """
CREATE TABLE parents AS
WITH structures AS (
    SELECT d.chemical_formula_reduced, d.structure_sha256, coalesce(m.first, d.entry_id) AS head, m.rms_angstrom,
        m.largest_angstrom
    FROM distinct_structures d LEFT JOIN matches m ON m.second = d.entry_id
)
SELECT g.entry_id, s.head, s.rms_angstrom, s.largest_angstrom
FROM good_entries g JOIN structures s USING (chemical_formula_reduced, structure_sha256)
UNION ALL
SELECT entry_id, arg_min(entry_id, rank) OVER same, NULL, NULL FROM good_entries WHERE structure_sha256 IS NULL
    WINDOW same AS (PARTITION BY chemical_formula_reduced,
        lower(trim(regexp_replace(coalesce(phase, ''), '[\\s\\p{Zs}]+', ' ', 'g'))))
"""
_GROUPS = """
CREATE TABLE groups AS
SELECT g.entry_id, p.head AS representative_entry_id, 'm' || substr(p.head, 2) AS material_id,
    g.entry_id = p.head AS is_representative,
    CASE WHEN g.entry_id = p.head THEN NULL WHEN g.structure_sha256 IS NULL THEN 'composition'
         WHEN g.structure_sha256 = r.structure_sha256 THEN 'exact' ELSE '{level}' END AS level
FROM good_entries g JOIN parents p USING (entry_id) JOIN good_entries r ON r.entry_id = p.head
"""
# Every entry with the one that stands for it, and how far apart they are.
_ALL_MATCHES = """
CREATE OR REPLACE TABLE matches AS
SELECT head AS first, entry_id AS second, rms_angstrom, largest_angstrom FROM parents WHERE rms_angstrom IS NOT NULL
"""


def deduplicate(bench: Workbench, level: DedupLevel, spread: Spread, *, mirror: bool = True) -> None:
    """Make the tables `groups` (a row for each good entry) and `matches` (structures and those that stand for them).

    Args:
        bench: where good entries and their structures stand.
        level: how alike two structures must be.
        spread: maps a function over tasks, in order (`curation.parallel.spread`).
        mirror: the left and right forms of a structure are one material.
    """
    bench.run(_GOOD)
    bench.run(_DISTINCT)
    tolerances = TOLERANCES.get(level)
    if tolerances is None:
        bench.keep("matches", MATCHES.empty_table())
    else:
        found = spread(match_task, _tasks(bench, replace(tolerances, mirror=mirror)))
        bench.keep("matches", pa.Table.from_batches(found, schema=MATCHES))
    bench.run(_PARENTS)
    bench.run(_GROUPS.format(level=level.value))
    bench.run(_ALL_MATCHES)


def _tasks(bench: Workbench, tolerances: Tolerances) -> Iterator[Task]:
    """Yield whole formulas, small ones gathered, so that tasks take similarly long."""
    waiting: pa.Table | None = None
    for batch in bench.batches(_COMPARED, _STRUCTURES_A_TASK):
        arrived = pa.Table.from_batches([batch])
        waiting = arrived if waiting is None else pa.concat_tables([waiting, arrived])
        names = waiting["formula"]
        last = pc.index(names, names[-1]).as_py()
        if last > 0:
            yield _task(waiting.slice(0, last), tolerances)
            waiting = waiting.slice(last)
    if waiting is not None and waiting.num_rows:
        yield _task(waiting, tolerances)


def _task(rows: pa.Table, tolerances: Tolerances) -> Task:
    return Task(rows.combine_chunks().to_batches()[0], tolerances)
