"""The public face of `schemas`: its list, and that it loads nothing heavy."""

import subprocess
import sys

import schemas

PUBLIC = [
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
HEAVY = ("pyarrow", "pint", "pandas", "duckdb", "pymatgen", "spacy", "mp_api", "requests", "harvest", "curation")


def test_the_public_names_are_these() -> None:
    assert schemas.__all__ == PUBLIC
    assert all(hasattr(schemas, name) for name in PUBLIC)


def test_importing_it_loads_nothing_heavy() -> None:
    code = f"import sys, schemas; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
