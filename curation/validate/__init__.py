"""Validate: normalised records in, flags and reasons out; every rule is a question in SQL."""
