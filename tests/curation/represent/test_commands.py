"""The commands represent, similar and plot, on a small dataset of formulas."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from curation.cli import make_app
from curation.datasets.tables import TABLES
from curation.represent import RepresentationError
from schemas.arrow import arrow_schema
from schemas.dataset import Manifest, Part
from schemas.disk import model_json, sha256_of_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORMULAS = ["Al2O3", "Fe2O3", "Cr2O3", "NaCl", "KBr", "HeH", "NaCl"]


@pytest.fixture
def store(make_version: Callable[..., Path], tmp_path: Path) -> Path:
    """A store with a version whose materials are formulas, and whose other tables are empty."""
    version = make_version("1.0.0", FORMULAS)
    path = version / "materials" / "part-0000.parquet"
    table = pq.read_table(path)
    columns = {
        "formula": FORMULAS,
        "chemical_formula_anonymous": ["A3B2"] * 3 + ["AB"] * 4,
        "n_elements": [2] * 7,
        "crystal_system": ["trigonal"] * 3 + ["cubic"] * 4,
        "space_group_number": [167] * 3 + [225] * 4,
    }
    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        field = table.schema.field(place)
        table = table.set_column(place, field, pa.array(values, field.type))
    pq.write_table(table, path)
    for one in TABLES:
        if one.name != "materials":
            (version / one.name).mkdir()
            pq.write_table(arrow_schema(one.row).empty_table(), version / one.name / "none-0000.parquet")
    manifest = Manifest.model_validate_json((version / "manifest.json").read_bytes())
    parts = tuple(
        Part(
            table=one.parent.name,
            path=str(one.relative_to(version)),
            sha256=sha256_of_file(one),
            bytes=one.stat().st_size,
            rows=pq.read_metadata(one).num_rows,
        )
        for one in sorted(version.glob("*/*.parquet"))
    )
    (version / "manifest.json").write_bytes(model_json(manifest.model_copy(update={"parts": parts})))
    (tmp_path / "datasets").mkdir()
    version.parent.rename(tmp_path / "datasets" / "oxides")
    return tmp_path


def run(*words: str) -> str:
    result = CliRunner().invoke(make_app(), list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_represent_computes_once_and_then_nothing(store: Path) -> None:
    command = ("represent", "--with", "magpie,mat2vec", "--pool", "mean,max", "--store", str(store), "--json")
    first = json.loads(run(*command))
    assert [(one["name"], one["rows_computed"], one["failures"]) for one in first] == [
        ("magpie_mean_max", 7, 1),
        ("mat2vec_mean_max", 7, 0),
    ]
    assert [one["up_to_date"] for one in json.loads(run(*command))] == [True, True]


def test_the_list_says_what_each_needs_and_where_it_comes_from() -> None:
    listed: list[dict[str, Any]] = json.loads(run("represent", "--list", "--json"))
    specs = {spec["name"]: spec for spec in listed}
    assert {"magpie", "soap", "ace", "graph_knn12", "symmetry", "mbtr", "voxels"} <= set(specs)
    assert specs["soap"]["needs"] == "structure"
    assert all(spec["origin"] and spec["licence"] for spec in listed)


def test_the_lecture_s_means_of_iron_oxide(store: Path) -> None:
    del store
    told = json.loads(run("represent", "--formulas", "Fe,O,Fe2O3", "--with", "magpie", "--json"))["magpie"]
    for label in ("Number", "AtomicWeight", "Electronegativity"):
        mean = (2 * told["Fe"][label] + 3 * told["O"][label]) / 5
        assert told["Fe2O3"][label] == pytest.approx(mean, rel=1e-6)


def test_pictures_of_elements_are_written_where_asked(tmp_path: Path) -> None:
    for kind in ("heatmap", "map"):
        out = tmp_path / "deep" / f"{kind}.svg"
        run("plot", "elements", "--table", "magpie", "--kind", kind, "--out", str(out))
        assert out.read_text(encoding="utf-8").startswith("<svg ")


@pytest.mark.parametrize("name", ["x.png", "x.pdf", "map.svg.gz"])
def test_a_picture_is_svg_or_is_refused(tmp_path: Path, name: str) -> None:
    words = ["plot", "elements", "--table", "magpie", "--out", str(tmp_path / name)]
    result = CliRunner().invoke(make_app(), words)
    assert (result.exit_code, f"pictures are written as SVG, got {name}" in " ".join(result.output.split())) == (
        2,
        True,
    )
    assert list(tmp_path.iterdir()) == []


def test_the_nearest_of_an_oxide_are_oxides(store: Path) -> None:
    run("represent", "--with", "mat2vec", "--store", str(store), "--json")
    found = json.loads(run("similar", "Al2O3", "--by", "mat2vec", "--limit", "2", "--store", str(store), "--json"))
    assert {one["formula"] for one in found} == {"Fe2O3", "Cr2O3"}
    assert found[0]["nearness"] >= found[1]["nearness"] > 0.5


def test_a_formula_of_several_materials_is_asked_for_as_one(store: Path) -> None:
    run("represent", "--with", "one_hot", "--store", str(store), "--json")
    found = json.loads(run("similar", "NaCl", "--by", "one_hot", "--store", str(store), "--json"))
    assert [one["formula"] for one in found].count("NaCl") == 0
    assert len(found) == 5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("Al2O3", "--by", "soap"), "has no representation 'soap'"),
        (("UO2", "--by", "magpie"), "no material 'UO2'"),
        (("HeH", "--by", "magpie"), "no MeltingT or Electronegativity for He"),
    ],
)
def test_what_cannot_be_compared_is_said(store: Path, words: tuple[str, ...], message: str) -> None:
    run("represent", "--with", "magpie", "--store", str(store), "--json")
    with pytest.raises(RepresentationError, match=message):
        run("similar", *words, "--store", str(store))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("space", "--colour", "hardnes"), "no 'hardnes' to colour by; it has crystal_system, n_elements"),
        (("space", "--by", "graph_knn12"), "graph_knn12 is no vector; of those computed, vectors are: magpie"),
        (
            ("space", "--by", "soap"),
            "run `matgranary represent --with soap` first; of those computed, vectors are: magpie",
        ),
        (("pettifor", "--proportions", "A2B"), r"0 compounds A2B .* it has AB \(4\), A3B2 \(3\)"),
    ],
)
def test_what_cannot_be_drawn_is_said(store: Path, words: tuple[str, ...], message: str) -> None:
    run("represent", "--with", "magpie,graph_knn12", "--store", str(store), "--json")
    with pytest.raises(RepresentationError, match=message):
        run("plot", *words, "--store", str(store))


def test_materials_are_drawn(store: Path) -> None:
    run("represent", "--with", "magpie", "--store", str(store), "--json")
    space, pettifor = store / "space.svg", store / "pettifor.svg"
    run("plot", "space", "--by", "magpie", "--store", str(store), "--out", str(space))
    assert space.read_text(encoding="utf-8").count("<title>") == 6
    run("plot", "pettifor", "--proportions", "A3B2", "--store", str(store), "--out", str(pettifor))
    assert "Fe2O3, space group 167" in pettifor.read_text(encoding="utf-8")
