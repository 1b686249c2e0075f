"""Table files: which element tables ship with the package, their hashes, licences and origins."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from curation.represent.errors import DamagedInputError

_FROM = "of ElementEmbeddings 0.8.0"


@dataclass(frozen=True)
class TableFile:
    """An element table under `tables/`; `tables/README.md` says the same in more words.

    Attributes:
        sha256: of the Parquet file.
        title: what the properties are.
        origin: the paper, and the package that it was received from.
        licence: SPDX id under which the table was received.
    """

    sha256: str
    title: str
    origin: str
    licence: str = "MIT"


TABLES = {
    "crystallm": TableFile(
        sha256="d8164b2e6f515bb1016a2ae343c165493eac7b9aa002a5661c6652e317613670",
        title="CrystaLLM token vectors",
        origin="Antunes et al., Nature Communications 15, 10570 (2024); "
        f"crystallm_v24c.dim512_atom_vectors.csv {_FROM}",
    ),
    "magpie": TableFile(
        sha256="8fcb00e0934d3d67fec3b774a208e0521f26b95af44a8f40ba3295e25f6fc556",
        title="Magpie elemental properties",
        origin=f"Ward et al., npj Computational Materials 2, 16028 (2016); magpie.csv {_FROM}, without the 10 cells "
        "that it fills with medians",
    ),
    "mat2vec": TableFile(
        sha256="68bee38709038f72ade0d1714b940c799ee3e0117e5c9f1aef90e47b17a6bcec",
        title="mat2vec word vectors",
        origin=f"Tshitoyan et al., Nature 571, 95 (2019); mat2vec.csv {_FROM}",
    ),
    "matscholar": TableFile(
        sha256="f599181c6d13ce6d2c2348e443910e8f58e00b976646a0021d4a74fc87e5a5df",
        title="Matscholar word vectors",
        origin="Weston et al., Journal of Chemical Information and Modeling 59, 3692 (2019); "
        f"matscholar-embedding.json {_FROM}",
    ),
    "megnet16": TableFile(
        sha256="103802cf731c2247e117aa22009f8424fad9faff183d809215ca283b5afae2b8",
        title="MEGNet element vectors",
        origin=f"Chen et al., Chemistry of Materials 31, 3564 (2019); megnet16.json {_FROM}",
    ),
    "mod_pettifor": TableFile(
        sha256="87065b7f830da7704cbd29bc4c8ee0d7d0dac4e619717cbfc3b62d4e0a871d3d",
        title="Place on the modified Pettifor scale",
        origin=f"Glawe et al., New Journal of Physics 18, 093011 (2016); mod_petti.json {_FROM}, without the elements "
        "behind Lr, which the scale does not place",
    ),
    "oliynyk": TableFile(
        sha256="587822fa773ccb47d101d999fb622433919e8708aed671d2e581d27ee296d7e2",
        title="Oliynyk elemental properties",
        origin=f"Oliynyk et al., Chemistry of Materials 28, 7324 (2016); oliynyk.csv {_FROM}",
    ),
    "random200": TableFile(
        sha256="4437b69e6bd69acf16a0ac6144c6acda4e1426cd9b382f37b228dbefcfa19703",
        title="Random vectors, a baseline",
        origin=f"random_200_new.csv {_FROM}",
    ),
    "skipatom": TableFile(
        sha256="3927f9f064da318096367bbc42e2b307a4603d217d47272739ec9727e8de13fc",
        title="SkipAtom vectors",
        origin=f"Antunes et al., npj Computational Materials 8, 44 (2022); skipatom_20201009_induced.csv {_FROM}",
    ),
}


def read_table_bytes(name: str) -> bytes:
    """Return the bytes of a table's Parquet file.

    Raises:
        DamagedInputError: they are not the bytes that the table was published with.
    """
    path = files("curation.represent.composition").joinpath("tables", f"{name}.parquet")
    content = path.read_bytes()
    got, expected = hashlib.sha256(content).hexdigest(), TABLES[name].sha256
    if got != expected:
        message = f"{path} has sha256 {got}, expected {expected}: it was changed; install the package again"
        raise DamagedInputError(message)
    return content
