"""Normalise: records in, the same records in canonical words out: formulas, structures, units."""
