"""Kernels: the compiled loops of dedup over flat arrays; only modules that match import them, as numba is slow to load.

Nothing here calls a linear algebra library or lets the compiler reorder sums, so that bits are the same everywhere.
"""
