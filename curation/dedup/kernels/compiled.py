"""Compiled: how the functions of this folder are compiled; the result is kept beside them for the next run.

A division by zero gives infinity, as in numpy. An inner function can be called from compiled functions only: to make
each callable from Python as well would double the time that compiling takes.
"""

from __future__ import annotations

from numba import njit

inner = njit(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
outer = njit(cache=True, error_model="numpy", no_cfunc_wrapper=True)
