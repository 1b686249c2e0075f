"""POSCAR: the text of a structure file of VASP in, lattice, positions and elements out.

The format is that of the VASP manual: comment, scale, three lattice vectors, element names, counts, perhaps a line
that begins with S (selective dynamics), Direct or Cartesian, positions. A negative scale is the volume of the cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_AXES = 3
_HEAD = 7


@dataclass(frozen=True)
class Poscar:
    """What a file says: lattice vectors as rows in angstrom, (3, 3); positions, (n_sites, 3); an element each."""

    lattice: NDArray[np.float64]
    positions: NDArray[np.float64]
    elements: tuple[str, ...]
    cartesian: bool


def read_poscar(text: str) -> Poscar:
    """Read a POSCAR or CONTCAR file.

    Raises:
        ValueError: the text is not of the format, or names no elements (VASP 4).
    """
    lines = text.splitlines()
    if len(lines) <= _HEAD:
        message = f"a POSCAR has more than {_HEAD} lines, got {len(lines)}"
        raise ValueError(message)
    lattice = _vectors(lines[2:5])
    scale = _scale(lines[1], lattice)
    names, counts = lines[5].split(), lines[6].split()
    if len(names) != len(counts) or not names or not names[0][0].isalpha():
        message = f"line 6 names the elements and line 7 counts them, got {lines[5]!r} and {lines[6]!r}"
        raise ValueError(message)
    start = _HEAD + (lines[_HEAD].strip()[:1] in {"S", "s"})
    elements = tuple(
        name.partition("_")[0].partition("/")[0] for name, n in zip(names, counts, strict=True) for _ in range(int(n))
    )
    rows = lines[start + 1 : start + 1 + len(elements)]
    if len(rows) < len(elements):
        message = f"{len(elements)} positions expected, got {len(rows)}"
        raise ValueError(message)
    cartesian = lines[start].strip()[:1] in set("CcKk")
    return Poscar(lattice * scale, _vectors(rows) * (scale if cartesian else 1.0), elements, cartesian)


def _vectors(lines: Sequence[str]) -> NDArray[np.float64]:
    rows = [[float(word) for word in line.split()[:_AXES]] for line in lines]
    if any(len(row) != _AXES for row in rows):
        message = f"{_AXES} numbers a line expected, got {list(lines)[:5]}"
        raise ValueError(message)
    return np.array(rows)


def _scale(line: str, lattice: NDArray[np.float64]) -> float:
    """Return the factor of a scale; a negative one asks for the volume of the cell, in angstrom^3."""
    words = line.split()
    if len(words) != 1:
        message = f"one scale expected, got {line!r}; write the lattice with its own lengths and the scale 1.0"
        raise ValueError(message)
    scale = float(words[0])
    volume = abs(float(np.dot(lattice[0], np.cross(lattice[1], lattice[2]))))
    if scale == 0.0 or volume == 0.0:
        message = f"the cell has no volume: scale {scale}, lattice {lattice.tolist()}"
        raise ValueError(message)
    return scale if scale > 0 else float((-scale / volume) ** (1 / 3))
