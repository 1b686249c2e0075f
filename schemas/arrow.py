"""Arrow: the Arrow schema of a model, with units and descriptions as metadata of the fields."""

from __future__ import annotations

import types
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

import pyarrow as pa

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

_SCALARS: dict[Any, pa.DataType] = {str: pa.string(), float: pa.float64(), int: pa.int64(), bool: pa.bool_()}


@cache
def arrow_schema(model: type[BaseModel]) -> pa.Schema:
    """Return the Arrow schema of a model of rows.

    Raises:
        TypeError: a field has a type that has no columnar form.
    """
    return pa.schema([_field(name, info) for name, info in model.model_fields.items()])


def _field(name: str, info: FieldInfo) -> pa.Field[Any]:
    extra = info.json_schema_extra
    unit = extra.get("unit") if isinstance(extra, dict) else None
    metadata = {"unit": unit, "description": info.description}
    said = {key: str(value) for key, value in metadata.items() if value}
    kind, nullable = _without_none(info.annotation)
    return pa.field(name, _arrow_type(kind), nullable=nullable, metadata=said or None)


def _without_none(annotation: Any) -> tuple[Any, bool]:  # noqa: ANN401 — annotations have no common type
    if get_origin(annotation) in {Union, types.UnionType}:
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        if len(kinds) == 1:
            return kinds[0], True
    return annotation, False


def _arrow_type(kind: Any) -> pa.DataType:  # noqa: ANN401 — annotations have no common type
    if kind in _SCALARS:
        return _SCALARS[kind]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return pa.string()
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {list, tuple}:
        return pa.list_(pa.field("element", _arrow_type(arguments[0]), nullable=False))
    if origin is dict:
        return pa.map_(_arrow_type(arguments[0]), _arrow_type(arguments[1]))
    if hasattr(kind, "model_fields"):
        return pa.struct([_field(name, info) for name, info in kind.model_fields.items()])
    message = f"no columnar form for {kind!r}"
    raise TypeError(message)
