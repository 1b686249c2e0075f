"""What PyTorch Geometric, jraph, DGL and CHGNet make of what we hand them, each in an environment of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks" / "representations"))
from environments import ask, cache_folder, python_of
from real_structures import doubled, permuted, real_structures, recut, rotated, translated

from curation.represent.graph.batch import graph_batch
from curation.represent.graph.crystal_graph import nearest_12
from curation.represent.structure.structure_table import structure_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    type Features = NDArray[np.float64]

pytestmark = pytest.mark.sweep
GIB_NEEDED = 15
N_STRUCTURES = 200


def answer(environment: str, question: dict[str, Any]) -> dict[str, Any]:
    if not (cache_folder() / environment / ".made").exists() and shutil.disk_usage(Path.home()).free < GIB_NEEDED << 30:
        pytest.skip(f"the environment of {environment} needs {GIB_NEEDED} GiB of disk")
    try:
        python_of(environment)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"the environment of {environment} could not be made: {error}")
    return ask(environment, question)


@pytest.mark.parametrize(
    ("environment", "work"), [("learned", "pytorch_geometric"), ("learned", "jraph"), ("dgl_graphs", "dgl")]
)
def test_each_library_takes_a_batch_apart_into_our_graphs(environment: str, work: str, tmp_path: Path) -> None:
    table = nearest_12().compute(structure_table(real_structures(20))).table
    batch = graph_batch(table)
    pq.write_table(table, tmp_path / "graphs.parquet")
    said = answer(environment, {"work": work, "graphs": str(tmp_path / "graphs.parquet")})["graphs"]
    assert len(said) == 20
    for place, theirs in enumerate(said):
        ours = batch.take([place])
        assert theirs["numbers"] == ours.numbers.tolist()
        assert theirs["edges"] == ours.edge_index().tolist()
        assert np.allclose(theirs["distances"], ours.distances, rtol=0, atol=1e-6)


@pytest.fixture(scope="module")
def before() -> Features:
    return features(real_structures(N_STRUCTURES, most_sites=16))


@pytest.mark.parametrize("change", [permuted, translated, rotated, recut, doubled])
def test_chgnet_features_stay_the_same(change: Callable[..., Any], before: Features) -> None:
    random = np.random.default_rng(0)
    after = features([change(one, random) for one in real_structures(N_STRUCTURES, most_sites=16)])
    assert np.abs(after - before).max() < 1e-5 * np.abs(before).max()


def features(crystals: list[Any]) -> Features:
    plain = [[np.asarray(part).tolist() for part in crystal] for crystal in crystals]
    said = answer("learned", {"work": "chgnet", "structures": plain})
    assert said["failures"] == 0
    values = np.array(said["values"])
    assert values.shape == (len(crystals), 64)
    assert len(np.unique(values.round(4), axis=0)) > len(crystals) // 2
    return values
