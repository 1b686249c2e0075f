"""Runs where dscribe is: structures on stdin as JSON, seconds and values of its descriptors on stdout.

Each structure with the descriptor of its own species, periodic. SOAP is put in our order: pair of species, n, n', l.
"""

import json
import sys
import time
import warnings

import numpy as np
from ase import Atoms
from dscribe.descriptors import ACSF, MBTR, SOAP, CoulombMatrix, EwaldSumMatrix, SineMatrix

warnings.filterwarnings("ignore")
asked = json.load(sys.stdin)
N_MAX, L_MAX = 6, 4
SOAP_PARAMETERS = {"r_cut": 5.0, "n_max": N_MAX, "l_max": L_MAX, "sigma": 0.5, "periodic": True}


def species_of(atoms: Atoms) -> list[int]:
    return sorted(set(atoms.numbers.tolist()))


def reordered(values: np.ndarray, *, same: bool) -> np.ndarray:
    """From l, n, n' to n, n', l."""
    pairs = [(n, m) for n in range(N_MAX) for m in range(n if same else 0, N_MAX)]
    return values.reshape(L_MAX + 1, len(pairs)).T.ravel()


def soap(atoms: Atoms, *, average: str = "outer", mode: str = "off") -> np.ndarray:
    species = species_of(atoms)
    descriptor = SOAP(species=species, average=average, compression={"mode": mode}, **SOAP_PARAMETERS)
    values = descriptor.create(atoms)
    if mode == "mu2":
        return reordered(values, same=True)
    pairs = [(a, b) for a in species for b in species if a <= b]
    return np.concatenate([reordered(values[descriptor.get_location(pair)], same=pair[0] == pair[1]) for pair in pairs])


def mbtr(atoms: Atoms, geometry: str, grid: dict[str, float], scale: float) -> np.ndarray:
    weighting = {"function": "exp", "scale": scale, "threshold": 1e-3}
    return MBTR(
        species=species_of(atoms),
        geometry={"function": geometry},
        grid=grid,
        weighting=weighting,
        periodic=True,
        normalization="n_atoms",
        normalize_gaussians=True,
    ).create(atoms)


def acsf(atoms: Atoms) -> np.ndarray:
    g2 = [(4.0, shift) for shift in (1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5)]
    g4 = [(eta, zeta, sign) for eta in (0.01, 0.1) for zeta in (1, 4) for sign in (-1, 1)]
    species = species_of(atoms)
    values = ACSF(species=species, r_cut=5.0, g2_params=g2, g4_params=g4, periodic=True).create(atoms)
    # G1, which always comes first for each species, is no function of ours; pairs of species follow our order.
    n = len(species)
    radial = np.delete(values[:, : n * 8], [k * 8 for k in range(n)], axis=1)
    angular = values[:, n * 8 :].reshape(len(atoms), -1, len(g4))
    order = [b * (b + 1) // 2 + a for a in range(n) for b in range(a, n)]
    return np.hstack((radial, angular[:, order].reshape(len(atoms), -1)))


def matrix(kind: type, atoms: Atoms, **options: float) -> np.ndarray:
    return kind(n_atoms_max=len(atoms), permutation="eigenspectrum").create(atoms, **options)


DESCRIPTORS = {
    "soap": soap,
    "soap_inner": lambda atoms: soap(atoms, average="inner"),
    "soap_mu2": lambda atoms: soap(atoms, mode="mu2"),
    "mbtr_k2": lambda atoms: mbtr(atoms, "inverse_distance", {"min": 0, "max": 1, "n": 50, "sigma": 0.02}, 0.5),
    "mbtr_k3": lambda atoms: mbtr(atoms, "cosine", {"min": -1, "max": 1, "n": 50, "sigma": 0.05}, 0.75),
    "acsf": acsf,
    "coulomb_matrix": lambda atoms: matrix(CoulombMatrix, atoms),
    "sine_matrix": lambda atoms: matrix(SineMatrix, atoms),
    "ewald_matrix": lambda atoms: matrix(EwaldSumMatrix, atoms, accuracy=1e-12),
}
structures = [Atoms(numbers=z, scaled_positions=p, cell=c, pbc=True) for c, p, z in asked["structures"]]
answer = {}
for name, most in asked["wanted"]:
    some = structures[:most]
    start = time.process_time()
    values = [np.asarray(DESCRIPTORS[name](atoms)) for atoms in some]
    seconds = time.process_time() - start
    answer[name] = {"seconds": seconds, "n": len(some), "values": [one.tolist() for one in values]}
json.dump(answer, sys.stdout)
