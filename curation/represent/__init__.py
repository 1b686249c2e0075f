"""Represent: a dataset version in, one row-aligned Parquet folder for each representation out."""

from curation.represent.compute import represent
from curation.represent.errors import RepresentationError, UnknownRepresentationError
from curation.represent.registry import load_representer, representer_names
from curation.represent.representer import Columns, Features, Representer
from curation.represent.result import RepresentationResult
from curation.represent.transformer import CompositionTransformer, StructureTransformer

__all__ = [
    "Columns",
    "CompositionTransformer",
    "Features",
    "RepresentationError",
    "RepresentationResult",
    "Representer",
    "StructureTransformer",
    "UnknownRepresentationError",
    "load_representer",
    "represent",
    "representer_names",
]
