"""CIF: the bytes of a crystallographic information file in, its block, structure and numbers out.

Sites are expanded by the symmetry operations that the file lists, else by those of its space group. Atoms that share a
site become one species; a site that is not full stays so. What is not understood is refused: nothing is guessed.
Follows CIF core 2.4 (Hall, Allen and Brown, 1991) and, for shared sites, the `species` of OPTIMADE.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gemmi
import numpy as np
from gemmi import cif

from schemas.elements import ISOTOPES, elements
from schemas.formula import parse_formula
from schemas.material import Species, Structure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from schemas.provenance import Pointer

_SAME_SITE = 0.1  # angstrom: images of one atom that are closer are one site; printed digits leave it 0.05 off
_SHARED_SITE = 0.02  # angstrom: different atoms that are closer share a site
_FULL = 1.001  # occupancies are printed with up to three decimals
_TOLERANCE = 0.01  # of the share of an element: printed occupancies leave formulas 0.005 off
_OPERATIONS = (
    "_space_group_symop_operation_xyz",
    "_space_group_symop.operation_xyz",
    "_symmetry_equiv_pos_as_xyz",
    "_symmetry_equiv.pos_as_xyz",
)
_HALL = ("_space_group_name_Hall", "_space_group.name_Hall", "_symmetry_space_group_name_Hall")
_HERMANN_MAUGUIN = ("_space_group_name_H-M_alt", "_space_group.name_H-M_alt", "_symmetry_space_group_name_H-M")
_NUMBER = ("_space_group_IT_number", "_space_group.IT_number", "_symmetry_Int_Tables_number")
_CELL = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
_STRAIGHT = 180.0  # degrees
_COSINES = {60.0: 0.5, 90.0: 0.0, 120.0: -0.5}  # exact, where a cell is exact
_GIVEN = re.compile(
    r"^(?P<number>[+-]?(?:\d+\.?(?P<decimals>\d*)|\.(?P<only>\d+)))(?P<power>[eE][+-]?\d+)?(?:\((?P<su>\d+)\))?$",
    re.ASCII,
)
_SYMBOL = re.compile(r"^(?P<letters>[A-Za-z]+)")


class CifError(ValueError):
    """The bytes are no CIF, or say something that cannot be read; says what was got."""


@dataclass(frozen=True)
class CifNumber:
    """A number with its standard uncertainty, in the unit of its tag, and the text as printed."""

    value: float
    uncertainty: float | None
    text: str


def read_block(payload: bytes) -> cif.Block:
    """Return the block that holds the structure, else the one that holds a cell, else the only one.

    Raises:
        CifError: the bytes are no CIF, or it is not clear which block is meant.
    """
    blocks = list(_document(payload))
    with_atoms = [block for block in blocks if texts_of(block, "_atom_site_fract_x")]
    with_cell = [block for block in blocks if texts_of(block, "_cell_length_a")]
    chosen = with_atoms or with_cell or blocks
    if len(chosen) != 1:
        message = f"one block was expected, got {len(chosen)}: {', '.join(block.name for block in chosen)}"
        raise CifError(message)
    return chosen[0]


def _document(payload: bytes) -> cif.Document:
    try:
        return cif.read_string(payload.decode("utf-8-sig", "replace"))
    except (ValueError, RuntimeError) as error:
        message = f"the bytes are no CIF: {error}"
        raise CifError(message) from error


def texts_of(block: cif.Block, tag: str) -> list[str]:
    """Return the texts of a tag, in a loop or alone, that are neither unknown (?) nor inapplicable (.)."""
    return [text for text in _column(block, tag) if text is not None]


def text_of(block: cif.Block, tag: str) -> str | None:
    """Return the text of a tag; none where it is absent, unknown (?) or inapplicable (.).

    Raises:
        CifError: the tag has several values.
    """
    values = texts_of(block, tag)
    if len(values) > 1:
        message = f"{tag}: one value was expected, got {len(values)}"
        raise CifError(message)
    return values[0] if values else None


def number_of(block: cif.Block, tag: str) -> CifNumber | None:
    """Return the number of a tag; none where it is absent, unknown or inapplicable.

    Raises:
        CifError: the text of the tag is no number, or the tag has several values.
    """
    text = text_of(block, tag)
    if text is None:
        return None
    given = _GIVEN.match(text)
    if given is None:
        message = f"{tag}: a number was expected, got {text!r}"
        raise CifError(message)
    number = float(given["number"] + (given["power"] or ""))
    if given["su"] is None:
        return CifNumber(number, None, text)
    decimals = len(given["decimals"] or given["only"] or "")
    return CifNumber(number, float(f"{given['su']}e{int((given['power'] or 'e0')[1:]) - decimals}"), text)


def cif_text(payload: bytes, pointer: Pointer) -> str:
    """Return the text that stands at a pointer of the form `cif=block,_tag`.

    Raises:
        LookupError: there is no such place.
    """
    name, _, tag = dict(pointer.steps)["cif"].rpartition(",")
    blocks = (block for block in _document(payload) if block.name == name)
    text = next((text_of(block, tag) for block in blocks), None)
    if text is None:
        raise KeyError(str(pointer))
    return text


def structure_of(block: cif.Block) -> Structure | None:
    """Return the whole cell of a structure; none where the block gives no coordinates at all.

    Raises:
        CifError: cell, symmetry or an atom cannot be read.
    """
    atoms = list(_atoms(block))
    if not atoms:
        return None
    lattice = _lattice(block)
    rotations, translations = _operations(block)
    orbits: list[tuple[NDArray[np.float64], dict[str, float]]] = []
    for label, symbol, occupancy, position in atoms:
        near = (shares for there, shares in orbits if _distances(there, position, lattice).min() < _SHARED_SITE)
        shares = next(near, None)
        if shares is None:
            orbits.append((_orbit(position, rotations, translations, lattice), {symbol: occupancy}))
            continue
        shares[symbol] = shares.get(symbol, 0.0) + occupancy
        if sum(shares.values()) > _FULL:
            message = f"the site of {label} is occupied {sum(shares.values()):g} times"
            raise CifError(message)
    return _built(lattice, orbits)


def stated_structure_of(block: cif.Block) -> tuple[Structure | None, str]:
    """Return the structure where it has the stated formula, and what there is to say of the coordinates.

    Sites without some of the hydrogen are common. A structure of another composition is no structure of the material:
    the formula is what then stays.

    Raises:
        CifError: cell, symmetry or an atom cannot be read, or the sites contradict the formula.
    """
    structure, formula = structure_of(block), text_of(block, "_chemical_formula_sum")
    if structure is None or formula is None:
        return structure, "" if structure else "none"
    sites, stated = _with_hydrogen(structure.composition()), _with_hydrogen(parse_formula(formula))
    if _apart(sites, stated) <= _TOLERANCE:
        return structure, ""
    if _apart(sites | {"H": 0.0}, stated | {"H": 0.0}) <= _TOLERANCE:
        return None, "not of all hydrogen atoms"
    message = f"the sites hold {structure.composition()}, the formula says {formula}"
    raise CifError(message)


def _with_hydrogen(amounts: dict[str, float]) -> dict[str, float]:
    """Count the isotopes of hydrogen as hydrogen."""
    counted: dict[str, float] = {}
    for symbol, amount in amounts.items():
        element = ISOTOPES.get(symbol, symbol)
        counted[element] = counted.get(element, 0.0) + amount
    return counted


def _apart(first: dict[str, float], second: dict[str, float]) -> float:
    """Return by how much the share of an element differs at most."""
    whole, other = sum(first.values()) or 1.0, sum(second.values()) or 1.0
    return max(abs(first.get(e, 0.0) / whole - second.get(e, 0.0) / other) for e in first | second)


def _built(lattice: NDArray[np.float64], orbits: list[tuple[NDArray[np.float64], dict[str, float]]]) -> Structure:
    species: dict[str, Species] = {}
    positions: list[list[float]] = []
    names: list[str] = []
    for orbit, shares in orbits:
        parts = [(symbol, min(round(share, 9), 1.0)) for symbol, share in sorted(shares.items())]
        name = "".join(symbol if share == 1.0 else f"{symbol}{share:g}" for symbol, share in parts)
        symbols, concentration = zip(*parts, strict=True)
        species.setdefault(name, Species(name=name, chemical_symbols=symbols, concentration=concentration))
        positions.extend(orbit.tolist())
        names.extend([name] * len(orbit))
    order = {name: number for number, name in enumerate(species)}
    return Structure(
        lattice_vectors=lattice.tolist(),
        fractional_positions=tuple((x, y, z) for x, y, z in positions),
        site_species=tuple(order[name] for name in names),
        species=tuple(species.values()),
    )


def _atoms(block: cif.Block) -> Iterator[tuple[str, str, float, NDArray[np.float64]]]:
    """Yield label, element, occupancy and fractional position of each atom that the block lists."""
    columns = {name: _column(block, f"_atom_site_{name}") for name in ("label", "type_symbol", "occupancy")}
    flags = _column(block, "_atom_site_calc_flag")
    axes = [_column(block, f"_atom_site_fract_{axis}") for axis in "xyz"]
    if not any(text for axis in axes for text in axis):
        return
    known = _known_elements(block)
    for number in range(len(axes[0])):
        if flags and flags[number] == "dum":
            continue
        label, type_symbol, occupancy = (values[number] if values else None for values in columns.values())
        name = label or f"atom {number + 1}"
        position = np.array([_plain(axis[number] if axis else None, f"position of {name}") for axis in axes])
        share = 1.0 if occupancy is None else _plain(occupancy, f"occupancy of {name}")
        if not 0.0 <= share <= _FULL:
            message = f"the occupancy of {name} is {share:g}, which is not between 0 and 1"
            raise CifError(message)
        if share > 0.0:
            yield name, _element(type_symbol, label, known), share, position


def _plain(text: str | None, what: str) -> float:
    given = _GIVEN.match(text) if text is not None else None
    if given is None:
        message = f"the {what} is no number: {text!r}"
        raise CifError(message)
    return float(given["number"] + (given["power"] or ""))


def _known_elements(block: cif.Block) -> frozenset[str]:
    """Return the elements of the stated formula, where it can be read."""
    try:
        return frozenset(parse_formula(text_of(block, "_chemical_formula_sum") or ""))
    except ValueError:
        return frozenset()


def _element(type_symbol: str | None, label: str | None, known: frozenset[str]) -> str:
    """Return the element of an atom; where two readings fit ("CA1"), the one that the stated formula holds.

    Raises:
        CifError: no reading is an element, or none of those that the formula holds.
    """
    for text in (type_symbol, label):
        letters = _SYMBOL.match(text or "")
        if letters is None:
            continue
        two, one = letters["letters"][:2].capitalize(), letters["letters"][:1].upper()
        readings = [s for s in dict.fromkeys((two, one)) if s in elements() or s in ISOTOPES]
        fitting = [s for s in readings if not known or ISOTOPES.get(s, s) in known]
        if fitting:
            return fitting[0]
    message = f"the atom {label or type_symbol!r} is no element of the formula ({', '.join(sorted(known)) or 'none'})"
    raise CifError(message)


def _lattice(block: cif.Block) -> NDArray[np.float64]:
    """Return the lattice vectors as rows, in angstrom; a along x, b in the plane of x and y."""
    found = [number_of(block, f"_cell_{name}") for name in _CELL]
    given = [number.value for number in found if number is not None]
    if len(given) < len(_CELL):
        message = f"the cell is not complete: {[None if number is None else number.text for number in found]}"
        raise CifError(message)
    return lattice_of(*given)


def lattice_of(a: float, b: float, c: float, *angles: float) -> NDArray[np.float64]:
    """Return lattice vectors as rows, in angstrom, (3, 3); a along x, b in the plane of x and y.

    Args:
        a: first edge, in angstrom.
        b: second edge, in angstrom.
        c: third edge, in angstrom.
        angles: alpha, beta, gamma, in degrees.

    Raises:
        CifError: no cell has these edges and angles.
    """
    alpha, beta, gamma = (_COSINES.get(angle, math.cos(math.radians(angle))) for angle in angles)
    sine = math.sqrt(max(1.0 - gamma * gamma, 0.0))
    y = (alpha - beta * gamma) / sine if sine else math.nan
    square = 1.0 - beta * beta - y * y
    if not (min(a, b, c) > 0.0 and square > 0.0 and all(0.0 < angle < _STRAIGHT for angle in angles)):
        message = f"no cell has edges {a:g}, {b:g}, {c:g} and angles {', '.join(f'{angle:g}' for angle in angles)}"
        raise CifError(message)
    return np.array([[a, 0.0, 0.0], [b * gamma, b * sine, 0.0], [c * beta, c * y, c * math.sqrt(square)]])


def _operations(block: cif.Block) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return rotations, (n_operations, 3, 3), and translations, (n_operations, 3), of the space group.

    Raises:
        CifError: the file states no symmetry that is known.
    """
    listed = next((column for tag in _OPERATIONS if (column := texts_of(block, tag))), None)
    try:
        operations = [gemmi.Op(text) for text in listed] if listed else list(_group_operations(block))
    except (ValueError, RuntimeError) as error:
        message = f"the symmetry cannot be read: {error}"
        raise CifError(message) from error
    rotations = np.array([operation.rot for operation in operations], dtype=float) / gemmi.Op.DEN
    return rotations, np.array([operation.tran for operation in operations], dtype=float) / gemmi.Op.DEN


def _group_operations(block: cif.Block) -> gemmi.GroupOps:
    hall = next((text for tag in _HALL if (text := text_of(block, tag))), None)
    if hall is not None:
        return gemmi.symops_from_hall(hall)
    name = next((text for tag in _HERMANN_MAUGUIN if (text := text_of(block, tag))), None)
    number = next((text for tag in _NUMBER if (text := text_of(block, tag))), None)
    group = gemmi.find_spacegroup_by_name(name) if name else None
    if group is None and not name and number and number.isdigit():
        group = gemmi.find_spacegroup_by_number(int(number))
    if group is None:
        message = f"the file lists no operations, and its space group is not known: {name or number!r}"
        raise CifError(message)
    return group.operations()


def _orbit(
    position: NDArray[np.float64],
    rotations: NDArray[np.float64],
    translations: NDArray[np.float64],
    lattice: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the distinct images of a position within the cell, (n_images, 3), in the order of the operations."""
    images = (rotations @ position + translations) % 1.0
    images[images > 1.0 - 1e-9] = 0.0
    kept = [images[0]]
    for image in images[1:]:
        if _distances(np.array(kept), image, lattice).min() >= _SAME_SITE:
            kept.append(image)
    return np.array(kept)


def _distances(
    positions: NDArray[np.float64], position: NDArray[np.float64], lattice: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return distances in angstrom between fractional positions, each to the nearest image along the axes."""
    apart = positions - position
    return np.linalg.norm((apart - np.round(apart)) @ lattice, axis=1)


def _column(block: cif.Block, tag: str) -> list[str | None]:
    """Return the values of a tag, in a loop or alone; none for each that is unknown or inapplicable."""
    return [None if cif.is_null(text) else cif.as_string(text).strip() for text in block.find_values(tag)]
