"""Formats: bytes of a data file in, rows, structures and records out."""
