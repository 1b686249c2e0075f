"""Gather: the rows of a release in, the counts, bins and samples that its page draws out.

All of it is a function of the rows: sorted, rounded to what a picture shows, and bounded in size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas.elements import elements

if TYPE_CHECKING:
    from curation.datasets.open import Dataset

MOST_MATERIALS = 10_000
MOST_POINTS = 2_500
MOST_STRUCTURES = 300
MOST_SITES = 40
_BINS = 32
_WORST = 25

_ELEMENTS = "SELECT e, count(*) AS n FROM (SELECT unnest(elements) AS e FROM materials) GROUP BY e ORDER BY e"
_SYSTEMS = """
SELECT crystal_system AS name, count(*) AS n FROM materials WHERE crystal_system IS NOT NULL
GROUP BY ALL ORDER BY n DESC, name
"""
_GROUPS = """
SELECT space_group_number AS name, count(*) AS n FROM materials WHERE space_group_number IS NOT NULL
GROUP BY ALL ORDER BY n DESC, name LIMIT 15
"""
# Between the first and the last percent, so that one odd value does not flatten all others; both ends are said.
_HISTOGRAMS = f"""
WITH good AS (
    SELECT property, unit, source, value FROM properties WHERE status = 'kept' AND value IS NOT NULL
), ends AS (
    SELECT property, quantile_cont(value, 0.01) AS low, quantile_cont(value, 0.99) AS high FROM good GROUP BY property
)
SELECT g.property, any_value(g.unit) AS unit, g.source, any_value(e.low) AS low, any_value(e.high) AS high,
    least(greatest(floor((g.value - e.low) / nullif(e.high - e.low, 0) * {_BINS}), 0), {_BINS - 1})::INTEGER AS bin,
    count(*) AS n
FROM good g JOIN ends e USING (property) GROUP BY g.property, g.source, bin ORDER BY ALL
"""
_AGREEMENT = f"""
WITH medians AS (
    SELECT e.chemical_formula_reduced, any_value(e.formula) AS formula, p.property, any_value(p.unit) AS unit,
        p.source, p.method, median(p.value) AS value
    FROM properties p JOIN entries e USING (entry_id) WHERE p.status = 'kept' AND p.value IS NOT NULL GROUP BY ALL
)
SELECT a.property, a.unit, a.formula, a.source || ' (' || a.method || ')' AS one, a.value AS x,
    b.source || ' (' || b.method || ')' AS other, b.value AS y
FROM medians a JOIN medians b USING (chemical_formula_reduced, property)
WHERE (a.source, a.method) < (b.source, b.method)
ORDER BY a.property, one, other, a.formula LIMIT {MOST_POINTS}
"""
_CONFLICTS = f"""
SELECT formula, property, unit, source_a || ' (' || method_a || ')' AS one, low_a, high_a,
    source_b || ' (' || method_b || ')' AS other, low_b, high_b, relative_gap
FROM conflicts ORDER BY relative_gap DESC, formula, property, one, other LIMIT {_WORST}
"""
_MATERIALS = f"""
SELECT m.material_id, m.formula, m.chemical_system, m.crystal_system, m.space_group_number, m.sources, m.n_values,
    (SELECT string_agg(DISTINCT p.property, ' ' ORDER BY p.property) FROM properties p
     WHERE p.material_id = m.material_id AND p.status = 'kept') AS properties
FROM materials m ORDER BY m.n_values DESC, m.chemical_system, m.formula, m.material_id LIMIT {MOST_MATERIALS}
"""
_STRUCTURES = f"""
SELECT m.material_id, s.lattice_vectors, s.fractional_positions,
    [s.species[i + 1].chemical_symbols[1] FOR i IN s.site_species] AS symbols
FROM (SELECT * FROM materials ORDER BY n_values DESC, chemical_system, formula, material_id) m
JOIN structures s ON s.entry_id = m.representative_entry_id
WHERE s.n_sites <= {MOST_SITES}
ORDER BY m.n_values DESC, m.chemical_system, m.formula, m.material_id LIMIT {MOST_STRUCTURES}
"""
_COMPOSITIONS = f"""
SELECT formula, elements, amounts, array_to_string(sources, ', ') AS source FROM materials
ORDER BY hash(material_id), material_id LIMIT {MOST_POINTS}
"""


def gather(dataset: Dataset) -> dict[str, Any]:
    """Return what the page draws, as plain JSON."""
    return {
        "elements": {str(row["e"]): row["n"] for row in dataset.sql(_ELEMENTS).rows()},
        "systems": _pairs(dataset, _SYSTEMS),
        "groups": _pairs(dataset, _GROUPS),
        "histograms": _histograms(dataset),
        "agreement": [_rounded(row) for row in dataset.sql(_AGREEMENT).rows()],
        "conflicts": [_rounded(row) for row in dataset.sql(_CONFLICTS).rows()],
        "space": _space(dataset),
        "materials": [_material(row) for row in dataset.sql(_MATERIALS).rows()],
        "structures": {str(row["material_id"]): _structure(row) for row in dataset.sql(_STRUCTURES).rows()},
        "symbols": [element.symbol for element in elements().values()],
    }


def _pairs(dataset: Dataset, question: str) -> list[list[object]]:
    return [[str(row["name"]), row["n"]] for row in dataset.sql(question).rows()]


def _histograms(dataset: Dataset) -> list[dict[str, Any]]:
    """Return one histogram a property: its ends, and for each source the counts of its bins."""
    found: dict[str, dict[str, Any]] = {}
    for row in dataset.sql(_HISTOGRAMS).rows():
        plot = found.setdefault(
            str(row["property"]),
            {"property": row["property"], "unit": row["unit"], "low": row["low"], "high": row["high"], "sources": {}},
        )
        counts = plot["sources"].setdefault(str(row["source"]), [0] * _BINS)
        counts[int(str(row["bin"] or 0))] += row["n"]
    return [_rounded(one) for one in found.values()]


def _space(dataset: Dataset) -> list[list[object]]:
    """Return a sample of materials by mean electronegativity (Pauling) and mean mass of their atoms (u)."""
    table = elements()
    points: list[list[object]] = []
    for row in dataset.sql(_COMPOSITIONS).rows():
        symbols, amounts = row["elements"], row["amounts"]
        if not isinstance(symbols, list) or not isinstance(amounts, list):
            continue
        known = [table[symbol].electronegativity_pauling for symbol in symbols]
        if None in known:
            continue
        total = sum(amounts)
        pull = sum(n * (one or 0.0) for n, one in zip(amounts, known, strict=True)) / total
        mass = sum(n * table[symbol].mass_u for n, symbol in zip(amounts, symbols, strict=True)) / total
        points.append([row["formula"], row["source"], round(pull, 3), round(mass, 2)])
    return sorted(points, key=str)


def _material(row: dict[str, Any]) -> list[object]:
    """Return a row of the table to search, as a list to save room."""
    return [
        row["material_id"],
        row["formula"],
        row["chemical_system"],
        row["crystal_system"] or "",
        row["space_group_number"],
        ", ".join(row["sources"]),
        row["n_values"],
        row["properties"] or "",
    ]


def _structure(row: dict[str, Any]) -> dict[str, Any]:
    """Return a structure for the viewer: lattice in angstrom (9,), fractional positions (3 * n_sites,), symbols."""
    return {
        "lattice": [round(one, 4) for one in row["lattice_vectors"]],
        "positions": [round(one, 4) for one in row["fractional_positions"]],
        "symbols": row["symbols"],
    }


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {key: float(f"{value:.5g}") if isinstance(value, float) else value for key, value in row.items()}
