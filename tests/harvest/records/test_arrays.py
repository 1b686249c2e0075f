"""Arrays: what is made here is what `pyarrow.array` makes, for every type that a table of records has."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.records import arrays
from harvest.records.arrays import array_of, lists, table_of
from harvest.records.writer import TABLES
from schemas.arrow import arrow_schema

FIELDS = {
    f"{number} {field.type}"[:40]: field
    for number, field in enumerate(
        {(field.type, field.nullable): field for model in TABLES.values() for field in arrow_schema(model)}.values()
    )
}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.floats(allow_nan=False, width=64)
WHOLE = st.integers(-(2**63), 2**63 - 1)


def values_of(kind: pa.DataType) -> st.SearchStrategy[Any]:
    if pa.types.is_string(kind):
        return TEXTS
    if pa.types.is_floating(kind):
        return NUMBERS
    if pa.types.is_integer(kind):
        return WHOLE
    if pa.types.is_map(kind):
        return st.dictionaries(TEXTS, TEXTS, max_size=3)
    if pa.types.is_list(kind):
        return st.lists(values_of(kind.value_type), max_size=3)
    fields = [kind.field(number) for number in range(kind.num_fields)]
    return st.fixed_dictionaries({field.name: some(field) for field in fields})


def some(field: pa.Field[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values_of(field.type) if field.nullable else values_of(field.type)


def as_pyarrow_wants_it(value: Any, kind: pa.DataType) -> Any:  # noqa: ANN401 — of any type
    return list(value.items()) if value is not None and pa.types.is_map(kind) else value


@pytest.mark.parametrize("name", FIELDS)
@given(st.data())
def test_an_array_is_the_one_that_pyarrow_makes(name: str, data: st.DataObject) -> None:
    field = FIELDS[name]
    values = data.draw(st.lists(some(field), max_size=20))
    made = array_of(values, field.type)
    made.validate(full=True)
    assert made.equals(pa.array([as_pyarrow_wants_it(value, field.type) for value in values], field.type))


def test_what_a_row_does_not_name_is_null() -> None:
    schema = pa.schema([("a", pa.string()), ("b", pa.list_(pa.float64()))])
    rows: list[dict[str, Any]] = [{"a": "é"}, {"b": [1.0, 2]}, {}]
    assert table_of(rows, schema).to_pylist() == [
        {"a": "é", "b": None},
        {"a": None, "b": [1.0, 2.0]},
        {"a": None, "b": None},
    ]


@pytest.mark.parametrize(("value", "kind"), [(1.5, pa.int64()), ("x", pa.int64()), (True, pa.bool_())])
def test_what_is_not_of_the_type_is_refused(value: object, kind: pa.DataType) -> None:
    with pytest.raises(TypeError):
        array_of([value], kind)


def test_a_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        array_of(["a", "\ud800"], pa.string())


def test_more_than_a_column_can_hold_is_refused() -> None:
    with pytest.raises(OverflowError, match="no more than"):
        lists([2**30, 2**30], pa.nulls(0, pa.string()), pa.list_(pa.string()))


def test_pandas_is_not_loaded_for_it() -> None:
    program = (
        f"import sys; from {arrays.__name__} import table_of; from harvest.records.writer import TABLES; "
        "from schemas.arrow import arrow_schema; [table_of([], arrow_schema(model)) for model in TABLES.values()]; "
        "sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
