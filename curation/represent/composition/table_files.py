"""Table files: which element tables ship with the package, their hashes, licences and origins."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from curation.represent.errors import DamagedInputError


@dataclass(frozen=True)
class TableFile:
    """An element table under `tables/`; `tables/README.md` says the same in more words.

    Attributes:
        sha256: of the Parquet file.
        licence: SPDX id under which the table was received.
        origin: the paper, and the package that it was received from.
    """

    sha256: str
    licence: str
    origin: str


TABLES = {
    "magpie": TableFile(
        sha256="8fcb00e0934d3d67fec3b774a208e0521f26b95af44a8f40ba3295e25f6fc556",
        licence="MIT",
        origin="Ward et al., npj Computational Materials 2, 16028 (2016); magpie.csv of ElementEmbeddings "
        "0.8.0, without the 10 cells that it fills with medians",
    ),
    "mat2vec": TableFile(
        sha256="68bee38709038f72ade0d1714b940c799ee3e0117e5c9f1aef90e47b17a6bcec",
        licence="MIT",
        origin="Tshitoyan et al., Nature 571, 95 (2019); mat2vec.csv of ElementEmbeddings 0.8.0",
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
