"""Tables: the questions whose answers are the tables of a dataset version, over what the earlier steps left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.dataset import (
    DuplicateRow,
    EntryRow,
    MaterialRow,
    PropertyRow,
    QuarantineRow,
    RawObjectRow,
    StructureRow,
)

if TYPE_CHECKING:
    from pydantic import BaseModel

    from curation.workbench import Workbench


@dataclass(frozen=True)
class Table:
    """One table of a dataset version.

    Attributes:
        name: name of the table and of its folder.
        row: the model of its rows.
        key: columns that identify a row.
        order: total order of its rows.
        by_source: parts hold rows of one source only, so that a source that did not change shares its parts.
        sql: the question.
        given: columns that hold what the source says; the others are computed from them.
    """

    name: str
    row: type[BaseModel]
    key: tuple[str, ...]
    order: str
    by_source: bool
    sql: str
    given: tuple[str, ...] = ()


_CRYSTAL_SYSTEM = """
CASE WHEN n IS NULL THEN NULL WHEN n <= 2 THEN 'triclinic' WHEN n <= 15 THEN 'monoclinic' WHEN n <= 74 THEN
'orthorhombic' WHEN n <= 142 THEN 'tetragonal' WHEN n <= 167 THEN 'trigonal' WHEN n <= 194 THEN 'hexagonal'
ELSE 'cubic' END
"""
_CUBIC_ANGSTROM_PER_U = 1.66053906892  # u / angstrom^3 in g/cm^3 (CODATA 2022)

_PREPARE = (
    """
CREATE VIEW final_values AS
SELECT v.*, d.flags, g.material_id, e.licence,
    CASE WHEN row_number() OVER (
        PARTITION BY v.source, g.material_id, v.property, v.value, v.value_min, v.value_max, v.category, v.tensor,
            v.method, v.functional, v.qualifier, v.conditions
        ORDER BY v.property_id) = 1 THEN 'kept' ELSE 'merged' END AS status
FROM property_values v JOIN value_verdicts d USING (property_id) JOIN raw_entries e USING (entry_id)
JOIN groups g USING (entry_id)
WHERE len(d.reasons) = 0
""",
    """
CREATE VIEW quarantined AS
SELECT e.entry_id AS row_id, 'entries' AS "table", e.source, e.source_id, 'validate' AS stage, d.reasons,
    to_json(e)::VARCHAR AS row, e.raw_sha256, e.pointer
FROM raw_entries e JOIN entry_verdicts d USING (entry_id) WHERE len(d.reasons) > 0
UNION ALL
SELECT v.property_id, 'properties', v.source, e.source_id, 'validate', d.reasons, to_json(v)::VARCHAR, v.raw_sha256,
    v.pointer
FROM raw_properties v JOIN value_verdicts d USING (property_id) JOIN raw_entries e USING (entry_id)
WHERE len(d.reasons) > 0
UNION ALL
SELECT row_id, "table", source, source_id, 'parse', reasons, row, raw_sha256, pointer FROM raw_rejected
""",
    """
CREATE TABLE material_counts AS
SELECT g.material_id, count(DISTINCT g.entry_id) AS n_entries, list_sort(list(DISTINCT e.source)) AS sources,
    count(v.property_id) FILTER (v.status = 'kept') AS n_values
FROM groups g JOIN raw_entries e USING (entry_id) LEFT JOIN final_values v USING (entry_id) GROUP BY g.material_id
""",
)

TABLES = (
    Table(
        "materials",
        MaterialRow,
        ("material_id",),
        "chemical_system, formula, material_id",
        by_source=False,
        sql=f"""
SELECT g.material_id, c.formula, c.chemical_formula_reduced, c.chemical_formula_anonymous, c.chemical_system,
    c.elements, c.amounts, len(c.elements) AS n_elements,
    CASE WHEN s.entry_id IS NULL THEN 'composition' ELSE 'structure' END AS kind,
    g.entry_id AS representative_entry_id, n.n_entries, n.n_values, n.sources, e.phase, s.n_sites,
    s.space_group_number, (SELECT {_CRYSTAL_SYSTEM} FROM (SELECT s.space_group_number AS n)) AS crystal_system,
    s.volume_angstrom3 / s.n_sites AS volume_angstrom3_per_atom,
    CASE WHEN s.is_ordered THEN {_CUBIC_ANGSTROM_PER_U} * c.mass_u_per_atom * s.n_sites / s.volume_angstrom3 END
        AS density_g_per_cm3
FROM groups g JOIN raw_entries e USING (entry_id) JOIN compositions c USING (entry_id)
JOIN material_counts n USING (material_id) LEFT JOIN structure_facts s USING (entry_id)
WHERE g.is_representative
""",
    ),
    Table(
        "entries",
        EntryRow,
        ("entry_id",),
        "source_id, entry_id",
        by_source=True,
        sql="""
SELECT e.entry_id, g.material_id, CASE WHEN g.is_representative THEN 'kept' ELSE 'merged' END AS status, e.source,
    e.source_id, c.formula, e.formula_given, c.chemical_formula_reduced, e.lattice_vectors IS NOT NULL AS has_structure,
    e.phase, e.labels, d.flags, e.licence, e.last_modified, e.raw_sha256, e.pointer
FROM raw_entries e JOIN groups g USING (entry_id) JOIN compositions c USING (entry_id)
JOIN entry_verdicts d USING (entry_id)
""",
        given=("source_id", "formula_given", "phase", "labels", "licence", "last_modified"),
    ),
    Table(
        "structures",
        StructureRow,
        ("entry_id",),
        "entry_id",
        by_source=True,
        sql="""
SELECT e.entry_id, g.material_id, e.source, e.lattice_vectors, e.fractional_positions, e.site_species, e.species,
    s.n_sites, s.is_ordered, s.space_group_number, s.volume_angstrom3, s.structure_sha256
FROM raw_entries e JOIN groups g USING (entry_id) JOIN structure_facts s USING (entry_id)
""",
        given=("lattice_vectors", "fractional_positions", "site_species", "species"),
    ),
    Table(
        "properties",
        PropertyRow,
        ("property_id",),
        "property, entry_id, property_id",
        by_source=True,
        sql="SELECT * FROM final_values",
        given=(
            "value_given",
            "unit_given",
            "text",
            "qualifier",
            "category",
            "method",
            "functional",
            "conditions_given",
        ),
    ),
    Table(
        "duplicates",
        DuplicateRow,
        ("entry_id",),
        "entry_id",
        by_source=False,
        sql="""
SELECT g.entry_id, g.representative_entry_id, g.material_id, g.level, m.rms_angstrom, m.largest_angstrom
FROM groups g LEFT JOIN matches m ON m.first = g.representative_entry_id AND m.second = g.entry_id
WHERE NOT g.is_representative
""",
    ),
    Table(
        "quarantine",
        QuarantineRow,
        ("row_id",),
        "row_id",
        by_source=True,
        sql="SELECT * FROM quarantined",
        given=("row",),
    ),
    Table(
        "provenance",
        RawObjectRow,
        ("source", "request"),
        "request",
        by_source=True,
        sql="""
SELECT r.*, s.licence, s.pin_kind, s.pin_version FROM raw_objects r JOIN source_facts s USING (source)
""",
        given=("uri", "media_type", "n_bytes", "licence", "pin_version"),
    ),
)


def prepare_tables(bench: Workbench) -> None:
    """Make what the tables share."""
    for statement in _PREPARE:
        bench.run(statement)
