"""OPTIMADE lines: the materials with a structure, and what the sources ask to cite, as `optimade.jsonl`.

OPTIMADE specification 1.2; one line a material, the structure of its representative, and for each property with one
number a field `_matgranary_NAME`: the median of its kept values.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from curation.release.facts import cited_dois

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from curation.datasets.open import Dataset
    from curation.release.facts import Facts

PREFIX = "matgranary"
_DIGITS = 10
_MATERIALS = """
SELECT m.material_id, m.formula, m.chemical_formula_reduced, m.chemical_formula_anonymous, m.elements, m.amounts,
    m.n_values, m.space_group_number, e.source, e.source_id, e.last_modified, s.lattice_vectors,
    s.fractional_positions, s.site_species, s.species, s.is_ordered
FROM materials m JOIN entries e ON e.entry_id = m.representative_entry_id
JOIN structures s ON s.entry_id = m.representative_entry_id
ORDER BY m.material_id
"""
_VALUES = """
SELECT material_id, property, median(value) AS value FROM properties
WHERE status = 'kept' AND value IS NOT NULL GROUP BY ALL
"""


def write_optimade_lines(dataset: Dataset, facts: Facts, path: Path) -> int:
    """Write the file and return the number of structures."""
    values: dict[str, dict[str, float]] = {}
    for row in dataset.sql(_VALUES).rows():
        values.setdefault(str(row["material_id"]), {})[f"_{PREFIX}_{row['property']}"] = float(str(row["value"]))
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in _head(facts):
            file.write(_written(line))
        for row in _batched(dataset):
            file.write(_written(_structure(row, values.get(str(row["material_id"]), {}), facts)))
            count += 1
    return count


def provider_fields(facts: Facts) -> list[dict[str, str]]:
    """Return our own fields as the configuration of a server names them."""
    own = [
        {"name": "formula", "type": "string", "unit": "", "description": "Reduced formula, by electronegativity."},
        {"name": "n_values", "type": "integer", "unit": "", "description": "Kept values of this material."},
        {"name": "source", "type": "string", "unit": "", "description": "Source of the structure."},
        {"name": "source_id", "type": "string", "unit": "", "description": "Id of the structure in its source."},
    ]
    return own + [
        {
            "name": one.name,
            "type": "float",
            "unit": one.unit,
            "description": f"Median of the kept values: {one.label}.",
        }
        for one in facts.properties
        if one.low is not None
    ]


def _head(facts: Facts) -> Iterator[dict[str, Any]]:
    yield {"x-optimade": {"meta": {"api_version": "1.2.0"}}}
    fields = {
        f"_{PREFIX}_{one['name']}": {key: one[key] for key in ("type", "unit", "description") if one[key]}
        for one in provider_fields(facts)
    }
    yield {"type": "info", "id": "structures", "properties": fields}
    for source in facts.manifest.sources:
        for doi in cited_dois(source):
            said = {"last_modified": {"$date": _moment(None, facts)}, "doi": doi, "title": source.title}
            said |= {"url": f"https://doi.org/{doi}"}
            yield {"id": f"{source.key}-{doi.replace('/', '-')}", "type": "references", "attributes": said}


def _batched(dataset: Dataset) -> Iterator[dict[str, Any]]:
    for batch in dataset.sql(_MATERIALS).arrow().to_batches(max_chunksize=1000):
        yield from batch.to_pylist()


def _structure(row: dict[str, Any], values: dict[str, float], facts: Facts) -> dict[str, Any]:
    total = sum(row["amounts"])
    lattice, sites = _matrix(row["lattice_vectors"]), _matrix(row["fractional_positions"])
    attributes = {
        "last_modified": {"$date": _moment(row["last_modified"], facts)},
        "immutable_id": row["material_id"],
        "elements": row["elements"],
        "nelements": len(row["elements"]),
        "elements_ratios": [amount / total for amount in row["amounts"]],
        "chemical_formula_descriptive": row["formula"],
        "chemical_formula_reduced": row["chemical_formula_reduced"],
        "chemical_formula_anonymous": row["chemical_formula_anonymous"],
        "dimension_types": [1, 1, 1],
        "nperiodic_dimensions": 3,
        "lattice_vectors": lattice,
        "cartesian_site_positions": [_cartesian(site, lattice) for site in sites],
        "nsites": len(sites),
        "species": _species(row["species"]),
        "species_at_sites": [row["species"][index]["name"] for index in row["site_species"]],
        "structure_features": [] if row["is_ordered"] else ["disorder"],
        f"_{PREFIX}_formula": row["formula"],
        f"_{PREFIX}_n_values": row["n_values"],
        f"_{PREFIX}_source": row["source"],
        f"_{PREFIX}_source_id": row["source_id"],
        **dict(sorted(values.items())),
    }
    if row["space_group_number"] is not None:
        attributes["space_group_it_number"] = row["space_group_number"]
    return {"id": row["material_id"], "type": "structures", "attributes": attributes}


def _species(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: row[key] for key in ("name", "chemical_symbols", "concentration")} for row in rows]


def _matrix(numbers: list[float]) -> list[list[float]]:
    return [numbers[index : index + 3] for index in range(0, len(numbers), 3)]


def _cartesian(site: list[float], lattice: list[list[float]]) -> list[float]:
    """Return a position in angstrom; exactly rounded sums, so that every machine writes the same digits."""
    return [round(math.fsum(site[i] * lattice[i][axis] for i in range(3)), _DIGITS) for axis in range(3)]


def _moment(stamp: str | None, facts: Facts) -> str:
    """Return a time stamp in UTC, as servers read it; the day of the release where the source has none."""
    from datetime import UTC, datetime  # noqa: PLC0415 — beside its only use

    try:
        read = datetime.fromisoformat(stamp) if stamp else None
    except ValueError:
        read = None
    if read is None:
        return f"{facts.date}T00:00:00Z"
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _written(line: dict[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
