"""Make the samples of this folder from the files of published packages; see README.md for origin and licence.

Usage: python make_samples.py matbench_dielectric.json.gz exp_compounds.json.gz aflow_prototypes.json.gz
(the first from the wheel of crystal-toolkit, the others from that of pymatgen-core). The output is deterministic.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent


def read(path: str) -> object:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def write(name: str, rows: list[dict]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
    (HERE / name).write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    print(f"{name}: {len(rows)} rows, {(HERE / name).stat().st_size:,} bytes")


def structure(value: dict) -> dict:
    """Keep what defines the structure: cell, species, fractional positions."""
    return {
        "lattice": {"matrix": value["lattice"]["matrix"]},
        "sites": [{"species": site["species"], "abc": site["abc"]} for site in value["sites"]],
    }


def dielectric(path: str) -> list[dict]:
    columns = read(path)
    return [
        {
            "id": key,
            "formula": columns["formula"][key].replace(" ", ""),
            "n": columns["n"][key],
            "spg_num": columns["spg_num"][key],
            "structure": structure(columns["structure"][key]),
        }
        for key in columns["structure"]
    ]


def formation_energies(path: str) -> list[dict]:
    rows = read(path)
    return [
        {
            "formula": row["formula"],
            "exp energy": row["exp energy"],
            "uncertainty": None if row["uncertainty"] != row["uncertainty"] else row["uncertainty"],
            "mpid": row["mpid"],
        }
        for row in rows
    ]


def prototypes(path: str) -> list[dict]:
    rows, seen = [], {}
    for entry in read(path):
        tags = entry["tags"]
        number = seen[tags["aflow"]] = seen.get(tags["aflow"], 0) + 1
        rows.append(
            {
                "id": tags["aflow"] if number == 1 else f"{tags['aflow']}#{number}",
                "tags": tags,
                "structure": structure(entry["snl"]),
            }
        )
    return rows


if __name__ == "__main__":
    write("matbench_dielectric.jsonl.gz", dielectric(sys.argv[1]))
    write("experimental_formation_energies.jsonl.gz", formation_energies(sys.argv[2]))
    write("aflow_prototypes.jsonl.gz", prototypes(sys.argv[3]))
