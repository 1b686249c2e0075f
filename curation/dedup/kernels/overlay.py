"""Overlay: two cells laid on one another in, which site goes where and how far it moves out; compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from curation.dedup.kernels.assignment import assign
from curation.dedup.kernels.compiled import inner
from curation.dedup.kernels.geometry import mean_row, square

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_ROUNDS = 4
_LITTLE = 1e-9


class Frame(NamedTuple):
    """The mean of two lattices laid on one another.

    Attributes:
        products: its metric, (3, 3), angstrom^2.
        reach: how far, along each axis, sites may be apart before the shift is adjusted, (3,), fractional.
        far: the same as a squared length, angstrom^2.
        images: how many neighbouring cells to look into along each axis, (3,).
    """

    products: NDArray[np.float64]
    reach: NDArray[np.float64]
    far: float
    images: NDArray[np.int64]


class Room(NamedTuple):
    """Memory to work in, taken once: to take it for each of thousands of overlays costs more than the overlays.

    Attributes:
        moves: (n, 3).
        taken: (n,).
        place: (3,).
        move: (3,).
    """

    moves: NDArray[np.float64]
    taken: NDArray[np.bool_]
    place: NDArray[np.float64]
    move: NDArray[np.float64]


@inner
def room(size: int) -> Room:
    """Return the memory to overlay cells of some number of sites."""
    return Room(np.empty((size, 3)), np.empty(size, np.bool_), np.empty(3), np.empty(3))


@inner
def overlay(
    frame: Frame,
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    kinds: NDArray[np.int64],
    shift: NDArray[np.float64],
    work: Room,
) -> tuple[float, float]:
    """Return mean and largest squared displacement, angstrom^2, or infinities where a site has no partner in reach.

    Sites are assigned so that the sum of squares is least, then the mean displacement is taken away; this is repeated
    until nothing changes.

    Args:
        frame: the mean lattice.
        first: positions, (n, 3), fractional.
        second: the same of the other cell.
        kinds: what sits on the sites of both, (n,), sorted.
        shift: added to the second, (3,), fractional; adjusted in place.
        work: memory to work in.
    """
    moves = work.moves
    if not _partners(frame, first, second, kinds, shift, work):
        return np.inf, np.inf
    best, largest = np.inf, np.inf
    for _ in range(_MOST_ROUNDS):
        mean = mean_row(moves)
        now, now_largest = _displacement(frame.products, moves, mean)
        if now > best - _LITTLE:
            break
        best, largest = now, now_largest
        for axis in range(3):
            shift[axis] += mean[axis]
        if _is_plain(frame, largest) or not _partners(frame, first, second, kinds, shift, work):
            break
    return best, largest


@inner
def _is_plain(frame: Frame, largest: float) -> bool:
    """Tell whether sites moved so little that another assignment cannot be better."""
    least = min(frame.products[0, 0], frame.products[1, 1], frame.products[2, 2])
    return bool(largest * 400 < least)


@inner
def _displacement(
    products: NDArray[np.float64], moves: NDArray[np.float64], mean: NDArray[np.float64]
) -> tuple[float, float]:
    total, largest = 0.0, 0.0
    for i in range(len(moves)):
        apart = square(products, moves[i, 0] - mean[0], moves[i, 1] - mean[1], moves[i, 2] - mean[2])
        total += apart
        largest = max(largest, apart)
    return total / len(moves), largest


@inner
def _partners(
    frame: Frame,
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    kinds: NDArray[np.int64],
    shift: NDArray[np.float64],
    work: Room,
) -> bool:
    """Assign the sites kind by kind, and write where each of the second goes; tell whether all find a partner.

    The nearest partner of each is the best assignment wherever no two have the same. The shift brings the first site
    of a kind to its partner, so that the last ones are asked first.
    """
    begin = 0
    while begin < len(kinds):
        end, is_plain = begin, True
        while end < len(kinds) and kinds[end] == kinds[begin]:
            work.taken[end] = False
            end += 1
        for i in range(end - 1, begin - 1, -1):
            for axis in range(3):
                work.place[axis] = second[i, axis] + shift[axis]
            partner = _nearest(frame, first, begin, end, work)
            if partner < begin:
                return False
            is_plain = is_plain and not work.taken[partner]
            work.taken[partner] = True
            for axis in range(3):
                work.moves[i, axis] = work.move[axis]
        if not is_plain and not _assign(frame, first[begin:end], second[begin:end], shift, work.moves[begin:end]):
            return False
        begin = end
    return True


@inner
def _nearest(frame: Frame, first: NDArray[np.float64], begin: int, end: int, work: Room) -> int:
    """Return the nearest of some sites within reach of `work.place`, or -1, and write the way to it to `work.move`.

    Most of the time of a comparison is spent here, on sites that one number tells to be too far.
    """
    if frame.images[0] + frame.images[1] + frame.images[2] > 0:
        partner = _nearest_among_images(frame, first[begin:end], work.place, work.move)
        return begin + partner if partner >= 0 else -1
    best, least, move = -1, frame.far, work.move
    x, y, z = work.place[0], work.place[1], work.place[2]
    reach_x, reach_y, reach_z = frame.reach[0], frame.reach[1], frame.reach[2]
    for j in range(begin, end):
        u = first[j, 0] - x
        u -= np.rint(u)
        if np.abs(u) > reach_x:
            continue
        v, w = first[j, 1] - y, first[j, 2] - z
        v, w = v - np.rint(v), w - np.rint(w)
        if np.abs(v) > reach_y or np.abs(w) > reach_z:
            continue
        apart = square(frame.products, u, v, w)
        if apart <= least:
            best, least = j, apart
            move[0], move[1], move[2] = u, v, w
    return best


@inner
def _nearest_among_images(
    frame: Frame, first: NDArray[np.float64], place: NDArray[np.float64], move: NDArray[np.float64]
) -> int:
    """Return the nearest site as `_nearest` does, in cells so thin that the nearest image is not the next one."""
    best, least, trial = -1, np.inf, np.empty(3)
    for j in range(len(first)):
        apart = _between(frame, first[j], place, trial)
        if apart < least:
            best, least = j, apart
            move[0], move[1], move[2] = trial[0], trial[1], trial[2]
    return best


@inner
def _between(frame: Frame, site: NDArray[np.float64], place: NDArray[np.float64], move: NDArray[np.float64]) -> float:
    """Return the least squared distance of a site and a place within reach, else infinity; write the way."""
    for axis in range(3):
        move[axis] = site[axis] - place[axis]
        move[axis] -= np.rint(move[axis])
        if frame.images[axis] == 0 and np.abs(move[axis]) > frame.reach[axis]:
            return np.inf
    least = square(frame.products, move[0], move[1], move[2])
    if frame.images[0] + frame.images[1] + frame.images[2] == 0:
        return least if least <= frame.far else np.inf
    return _among_images(frame, move)


@inner
def _among_images(frame: Frame, move: NDArray[np.float64]) -> float:
    x, y, z = move[0], move[1], move[2]
    best, found = frame.far, False
    for i in range(-frame.images[0], frame.images[0] + 1):
        for j in range(-frame.images[1], frame.images[1] + 1):
            for k in range(-frame.images[2], frame.images[2] + 1):
                is_far = (
                    np.abs(x + i) > frame.reach[0] or np.abs(y + j) > frame.reach[1] or np.abs(z + k) > frame.reach[2]
                )
                apart = square(frame.products, x + i, y + j, z + k)
                if not is_far and apart <= best:
                    best = apart
                    move[0], move[1], move[2] = x + i, y + j, z + k
                    found = True
    return best if found else np.inf


@inner
def _assign(
    frame: Frame,
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    shift: NDArray[np.float64],
    moves: NDArray[np.float64],
) -> bool:
    """Assign the sites of one kind, where the nearest partners are not one to one."""
    size = len(first)
    far = 1e6 * (frame.products[0, 0] + frame.products[1, 1] + frame.products[2, 2])
    costs, ways, place = np.empty((size, size)), np.empty((size, size, 3)), np.empty(3)
    for i in range(size):
        for axis in range(3):
            place[axis] = second[i, axis] + shift[axis]
        for j in range(size):
            costs[i, j] = min(far, _between(frame, first[j], place, ways[i, j]))
    chosen = assign(costs)
    for i in range(size):
        if costs[i, chosen[i]] >= far:
            return False
        for axis in range(3):
            moves[i, axis] = ways[i, chosen[i], axis]
    return True
