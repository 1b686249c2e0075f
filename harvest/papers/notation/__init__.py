"""Notation: how papers write numbers, units, conditions, materials and properties."""
