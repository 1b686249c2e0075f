"""Arrow schemas: every row model has a columnar form that holds its units, and takes a row of it."""

from __future__ import annotations

import pyarrow as pa
import pytest
from pydantic import BaseModel

from schemas import dataset, records
from schemas.arrow import arrow_schema
from schemas.quantity import quantity
from schemas.recipe import DedupLevel

ROW_MODELS = [
    model
    for module in (dataset, records)
    for name, model in vars(module).items()
    if isinstance(model, type) and model.__module__ == module.__name__ and name.endswith("Row")
]


def test_all_row_models_are_looked_at() -> None:
    assert len(ROW_MODELS) == 13


@pytest.mark.parametrize("model", ROW_MODELS, ids=lambda model: model.__name__)
def test_a_row_model_has_a_schema(model: type[BaseModel]) -> None:
    schema = arrow_schema(model)
    assert schema.names == list(model.model_fields)
    for name, info in model.model_fields.items():
        field = schema.field(name)
        extra = info.json_schema_extra
        unit = extra.get("unit") if isinstance(extra, dict) else None
        said = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
        assert said.get("unit") == unit
        assert said.get("description") == info.description
        assert field.nullable is ("None" in str(info.annotation))


@pytest.mark.parametrize("model", ROW_MODELS, ids=lambda model: model.__name__)
def test_an_empty_table_of_the_schema_can_be_made(model: type[BaseModel]) -> None:
    assert pa.Table.from_pylist([], schema=arrow_schema(model)).num_rows == 0


class Inner(BaseModel):
    name: str


class Row(BaseModel):
    length: float = quantity("angstrom", "A length.")
    count: int | None
    flag: bool
    names: tuple[str, ...]
    labels: dict[str, str]
    inner: list[Inner]
    level: DedupLevel


def test_every_kind_of_field_makes_the_round_trip() -> None:
    schema = arrow_schema(Row)
    row = Row(
        length=1.5, count=None, flag=True, names=("a",), labels={"k": "v"}, inner=[Inner(name="x")], level="loose"
    )
    table = pa.Table.from_pylist([row.model_dump() | {"labels": [("k", "v")]}], schema=schema)
    back = table.to_pylist()[0]
    assert Row.model_validate(back | {"labels": dict(back["labels"])}) == row
    assert schema.field("length").metadata == {b"unit": b"angstrom", b"description": b"A length."}
    assert not schema.field("names").type.field(0).nullable


def test_a_type_without_columnar_form_is_refused() -> None:
    class Odd(BaseModel):
        value: complex

    with pytest.raises(TypeError, match="no columnar form for <class 'complex'>"):
        arrow_schema(Odd)
