"""Agreement with other packages, to 1e-9 of the largest number; `compare.py --golden` wrote what they say."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks" / "representations"))
from compare import our_structures

from curation.represent import CompositionTransformer
from curation.represent.composition.element_table import element_table
from curation.represent.composition.formulas import read_formulas
from curation.represent.composition.pooling import Pooling, pooled

SAID: dict[str, Any] = json.loads(Path(__file__).with_name("peers.json").read_text(encoding="utf-8"))
WORDS = {"minpool": Pooling.MIN, "maxpool": Pooling.MAX}
# dscribe tabulates the factors of its spherical harmonics to some twelve digits.
TOLERANCE = 1e-9


def assert_near(ours: Any, theirs: Any) -> None:  # noqa: ANN401 — nested lists
    expected = np.asarray(theirs, dtype=float).ravel()
    assert np.allclose(np.asarray(ours).ravel(), expected, rtol=0, atol=TOLERANCE * np.abs(expected).max())


def test_magpie_statistics_are_those_of_matminer() -> None:
    ours = CompositionTransformer("magpie_statistics").transform(SAID["formulas"])
    for one, other in zip(ours.T, np.array(SAID["matminer"]).T, strict=True):
        assert np.allclose(one, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("key", sorted(SAID["element_embeddings"]))
def test_pooled_tables_are_those_of_element_embeddings(key: str) -> None:
    table, word = key.split()
    pooling = WORDS.get(word) or Pooling[word.upper()]
    ours = pooled(read_formulas(SAID["formulas"]), element_table(table).values, (pooling,), single=False)
    assert_near(ours, SAID["element_embeddings"][key])


@pytest.mark.parametrize("name", sorted(SAID["dscribe"]))
def test_descriptors_are_those_of_dscribe(name: str) -> None:
    for (lattice, positions, numbers), theirs in zip(SAID["structures"], SAID["dscribe"][name], strict=True):
        assert_near(our_structures(name, np.array(lattice), np.array(positions), np.array(numbers)), theirs)
