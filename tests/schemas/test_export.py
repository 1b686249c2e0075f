"""Export: what is generated is what the models generate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schemas.export import SCHEMAS, generated, main, markdown_table

PROJECT = Path(__file__).parents[2]
JSON = sorted(path for path in generated() if path.endswith(".json"))


@pytest.mark.parametrize("path", JSON)
def test_the_json_schema_that_is_committed_is_the_one_that_the_model_makes(path: str) -> None:
    assert (PROJECT / path).read_text(encoding="utf-8") == generated()[path]


def test_every_committed_schema_is_a_generated_one() -> None:
    assert sorted(f"schemas/json/{p.name}" for p in (PROJECT / "schemas/json").glob("*.json")) == JSON
    assert len(JSON) == len(SCHEMAS)


def test_units_reach_the_json_schemas() -> None:
    columns = json.loads(generated()["schemas/json/dataset_materials.schema.json"])["properties"]
    assert columns["density_g_per_cm3"]["unit"] == "g/cm^3"


def test_checking_names_what_differs_and_writing_mends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(tmp_path)]) == 0
    assert main(["--check", "--root", str(tmp_path)]) == 0
    capsys.readouterr()
    path = tmp_path / "schemas/json/recipe.schema.json"
    path.write_text("{}", encoding="utf-8")
    assert main(["--check", "--root", str(tmp_path)]) == 1
    assert capsys.readouterr().out == "schemas/json/recipe.schema.json: differs; run python -m schemas.export\n"
    assert path.read_text(encoding="utf-8") == "{}"


def test_a_bar_in_a_cell_is_escaped() -> None:
    assert markdown_table(("a",), [("x|y",)]) == "| a |\n| --- |\n| x\\|y |\n"
