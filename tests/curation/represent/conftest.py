from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.arrow import arrow_schema
from schemas.dataset import Ledger, Manifest, MaterialRow, Part
from schemas.disk import model_json, sha256_of_file
from schemas.formula import parse_formula

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

FILLER = {"string": "", "int64": 1, "double": 1.0}


def material(formula: str, number: int) -> dict[str, object]:
    amounts = dict(sorted(parse_formula(formula).items()))
    row: dict[str, object] = {
        field.name: None if field.nullable else FILLER.get(str(field.type), []) for field in arrow_schema(MaterialRow)
    }
    return row | {
        "material_id": f"m{number:06d}-{formula}",
        "elements": list(amounts),
        "amounts": list(amounts.values()),
    }


def write_materials(path: Path, formulas: Sequence[str]) -> Part:
    rows = [material(formula, number) for number, formula in enumerate(formulas)]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=arrow_schema(MaterialRow)), path)
    return Part(
        table="materials",
        path=f"materials/{path.name}",
        sha256=sha256_of_file(path),
        bytes=path.stat().st_size,
        rows=len(rows),
    )


@pytest.fixture
def make_version(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a dataset version whose parts of `materials` hold the formulas that it is given."""

    def make(name: str, *parts: Sequence[str]) -> Path:
        version = tmp_path / "oxides" / name
        version.mkdir(parents=True)
        written = [
            write_materials(version / "materials" / f"part-{index:04d}.parquet", formulas)
            for index, formulas in enumerate(parts)
        ]
        other = Part(table="entries", path="entries/part-0000.parquet", sha256="0", bytes=0, rows=0)
        manifest = Manifest(
            dataset="oxides",
            version=name,
            parent=None,
            title="Oxides",
            description="",
            licence="CC-BY-4.0",
            creators=(),
            keywords=(),
            content_sha256="0",
            inputs_sha256="0",
            code={},
            dedup="strict",
            sources=(),
            ledger=Ledger(lines=()),
            parts=(other, *written),
        )
        (version / "manifest.json").write_bytes(model_json(manifest))
        return version

    return make


@pytest.fixture
def lists() -> Callable[[Sequence[object], Sequence[object]], pa.Table]:
    """A function that makes the columns elements and amounts."""

    def make(elements: Sequence[object], amounts: Sequence[object]) -> pa.Table:
        return pa.table(
            {
                "elements": pa.array(elements, pa.list_(pa.string())),
                "amounts": pa.array(amounts, pa.list_(pa.float64())),
            }
        )

    return make
