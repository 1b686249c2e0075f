"""Schemas: the words that harvesting and curation share; they know nobody.

Every model is a frozen pydantic model. Arrow schemas, JSON Schemas and the tables of the documentation are
derived from them (`schemas.arrow`, `schemas.export`), never written by hand.
"""

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
