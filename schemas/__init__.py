"""Schemas: the words that harvesting and curation share; they know nobody.

Every model is a frozen pydantic model. Arrow schemas, JSON Schemas and the tables of the documentation are
derived from them (`schemas.arrow`, `schemas.export`), never written by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from schemas.dataset import DatasetCard, Ledger, Manifest
    from schemas.material import MaterialRecord, Species, Structure
    from schemas.measurement import Condition, PropertyValue
    from schemas.properties import PropertyDefinition, PropertyDictionary, load_properties
    from schemas.provenance import Pin, PinKind, Pointer
    from schemas.recipe import Recipe, RecipeError
    from schemas.representation import RepresentationSpec

__all__ = [
    "Condition",
    "DatasetCard",
    "Ledger",
    "Manifest",
    "MaterialRecord",
    "Pin",
    "PinKind",
    "Pointer",
    "PropertyDefinition",
    "PropertyDictionary",
    "PropertyValue",
    "Recipe",
    "RecipeError",
    "RepresentationSpec",
    "Species",
    "Structure",
    "load_properties",
]

_HOMES = {
    "Condition": "schemas.measurement",
    "DatasetCard": "schemas.dataset",
    "Ledger": "schemas.dataset",
    "Manifest": "schemas.dataset",
    "MaterialRecord": "schemas.material",
    "Pin": "schemas.provenance",
    "PinKind": "schemas.provenance",
    "Pointer": "schemas.provenance",
    "PropertyDefinition": "schemas.properties",
    "PropertyDictionary": "schemas.properties",
    "PropertyValue": "schemas.measurement",
    "Recipe": "schemas.recipe",
    "RecipeError": "schemas.recipe",
    "RepresentationSpec": "schemas.representation",
    "Species": "schemas.material",
    "Structure": "schemas.material",
    "load_properties": "schemas.properties",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 — a module attribute may be anything
    """Load a public name when it is first used: whoever needs one module of this package pays for no other."""
    if name in _HOMES:
        from importlib import import_module  # noqa: PLC0415 — see above

        return getattr(import_module(_HOMES[name]), name)
    message = f"module 'schemas' has no attribute {name!r}"
    raise AttributeError(message)
