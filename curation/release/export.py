"""Export: a release in, files for other programs out: CIF, extended XYZ, JSON lines, CSV.

pandas, polars, Spark and Hugging Face `datasets` read the Parquet files of a release as they are. ASE, and all that
reads by way of ASE (PyTorch Geometric, `ase db`), reads the extended XYZ file.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from curation.release.export_format import ExportFormat
from curation.release.find import open_release
from curation.release.plain import cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from curation.datasets.open import Dataset

_STRUCTURES = """
SELECT m.material_id, m.formula, m.space_group_number, s.lattice_vectors, s.fractional_positions, s.site_species,
    s.species, s.is_ordered
FROM materials m JOIN structures s ON s.entry_id = m.representative_entry_id ORDER BY m.material_id
"""
_VALUES = """
SELECT material_id, property, unit, median(value) AS value, count(*) AS n FROM properties
WHERE status = 'kept' AND value IS NOT NULL GROUP BY ALL ORDER BY material_id, property
"""


def export(folder: Path, kind: ExportFormat, out: Path) -> int:
    """Write a release as files of another format and return how many materials are in them.

    Args:
        folder: the release.
        kind: `cif` and `csv` write a folder, `extxyz` and `jsonl` one file.
        out: where to; its parent is made.
    """
    writers: dict[ExportFormat, Callable[[Dataset, Path], int]] = {
        ExportFormat.CIF: _write_cif,
        ExportFormat.EXTXYZ: _write_extxyz,
        ExportFormat.JSONL: _write_jsonl,
        ExportFormat.CSV: _write_csv,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    return writers[kind](open_release(folder), out)


def _write_cif(dataset: Dataset, out: Path) -> int:
    """Write one CIF a material; partly filled and mixed sites have occupancies."""
    out.mkdir(exist_ok=True)
    count = 0
    for row in _structures(dataset):
        (out / f"{row['material_id']}.cif").write_text(_cif(row), encoding="utf-8", newline="\n")
        count += 1
    return count


def _cif(row: dict[str, Any]) -> str:
    import gemmi  # noqa: PLC0415 — only where CIF is written

    block = gemmi.cif.Document().add_new_block(row["material_id"])
    block.set_pair("_chemical_formula_sum", gemmi.cif.quote(row["formula"]))
    for name, value in _cell(row["lattice_vectors"]).items():
        block.set_pair(f"_cell_{name}", f"{value:.10g}")
    block.set_pair("_space_group_name_H-M_alt", "'P 1'")
    block.set_pair("_space_group_IT_number", "1")
    loop = block.init_loop("_atom_site_", ["label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy"])
    for number, (species, place) in enumerate(_sites(row)):
        for symbol, part in zip(species["chemical_symbols"], species["concentration"], strict=True):
            if symbol != "vacancy":
                loop.add_row([f"{symbol}{number + 1}", symbol, *(f"{one:.10g}" for one in place), f"{part:.6g}"])
    return str(block.as_string())


def _cell(lattice: list[float]) -> dict[str, float]:
    """Return lengths in angstrom and angles in degrees of a row-major (3, 3) lattice."""
    import numpy as np  # noqa: PLC0415 — see above

    rows = np.asarray(lattice).reshape(3, 3)
    lengths = np.sqrt((rows**2).sum(axis=1))
    found = {f"length_{name}": float(length) for name, length in zip("abc", lengths, strict=True)}
    for name, i, j in (("alpha", 1, 2), ("beta", 0, 2), ("gamma", 0, 1)):
        cosine = (rows[i] * rows[j]).sum() / (lengths[i] * lengths[j])
        found[f"angle_{name}"] = float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    return found


def _write_extxyz(dataset: Dataset, out: Path) -> int:
    """Write the ordered structures with their values: lengths in angstrom, values as medians in canonical units."""
    values = _values(dataset)
    count = 0
    with out.open("w", encoding="utf-8", newline="\n") as file:
        for row in _structures(dataset):
            if row["is_ordered"]:
                file.write(_xyz(row, values.get(row["material_id"], [])))
                count += 1
    return count


def _xyz(row: dict[str, Any], values: list[dict[str, Any]]) -> str:
    lattice = row["lattice_vectors"]
    said = [f'Lattice="{" ".join(repr(one) for one in lattice)}"', "Properties=species:S:1:pos:R:3", 'pbc="T T T"']
    said += [f"material_id={row['material_id']}", f"formula={row['formula']}"]
    said += [f"{one['property']}={one['value']!r}" for one in values]
    lines = [str(len(row["site_species"])), " ".join(said)]
    for species, place in _sites(row):
        position = [sum(place[i] * lattice[3 * i + axis] for i in range(3)) for axis in range(3)]
        lines.append(f"{species['chemical_symbols'][0]} " + " ".join(f"{one:.10f}" for one in position))
    return "\n".join(lines) + "\n"


def _write_jsonl(dataset: Dataset, out: Path) -> int:
    """Write one line a material, with its values."""
    values = _values(dataset)
    count = 0
    with out.open("w", encoding="utf-8", newline="\n") as file:
        for batch in dataset.sql("FROM materials ORDER BY material_id").arrow().to_batches():
            for row in batch.to_pylist():
                line = {**row, "values": values.get(row["material_id"], [])}
                file.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")
                count += 1
    return count


def _write_csv(dataset: Dataset, out: Path) -> int:
    """Write materials and properties, one file each; nested cells as JSON, no cell that a spreadsheet would run."""
    out.mkdir(exist_ok=True)
    for table in ("materials", "properties"):
        rows = dataset.sql(f"FROM {table}").arrow()
        with (out / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(rows.column_names)
            for batch in rows.to_batches():
                writer.writerows([_flat(one) for one in row.values()] for row in batch.to_pylist())
    return sum(part.rows for part in dataset.manifest.parts if part.table == "materials")


def _flat(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else cell(value)


def _structures(dataset: Dataset) -> Iterator[dict[str, Any]]:
    for batch in dataset.sql(_STRUCTURES).arrow().to_batches(max_chunksize=1000):
        yield from batch.to_pylist()


def _sites(row: dict[str, Any]) -> Iterator[tuple[dict[str, Any], list[float]]]:
    """Yield what sits on each site, and where, in fractional coordinates."""
    positions = row["fractional_positions"]
    for number, index in enumerate(row["site_species"]):
        yield row["species"][index], positions[3 * number : 3 * number + 3]


def _values(dataset: Dataset) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in dataset.sql(_VALUES).rows():
        found.setdefault(str(row.pop("material_id")), []).append(row)
    return found
