"""Export format: the names of the formats, for the command line, which loads nothing else before it has to."""

from __future__ import annotations

from enum import StrEnum


class ExportFormat(StrEnum):
    """What a release can be written as."""

    CIF = "cif"
    EXTXYZ = "extxyz"
    JSONL = "jsonl"
    CSV = "csv"
