"""Representations of the composition: which elements, and how much of each."""
