"""Compiled: how the functions of this folder are compiled; the result is kept beside them for the next run.

A division by zero gives infinity, as in numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable


def outer[Function: Callable[..., object]](function: Function) -> Function:
    """Compile a function that Python calls."""
    made = njit(cache=True, error_model="numpy")(function)
    return cast("Function", made)


def inner[Function: Callable[..., object]](function: Function) -> Function:
    """Compile a function that only compiled functions call; to let Python call each would double the time it takes."""
    # The types that numba declares leave out its last two options.
    compile_it = cast("Callable[..., Callable[[Function], Function]]", njit)
    return compile_it(cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
