from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pytest

from curation.represent.compute import represent
from curation.represent.errors import MissingLibraryError
from curation.represent.structure.chgnet import WIDTH, Chgnet
from curation.represent.structure.structure_table import structure_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IRON = (np.eye(3) * 2.87, np.array([[0.0, 0, 0], [0.5, 0.5, 0.5]]), np.array([26, 26]))


def test_it_describes_itself_without_its_package() -> None:
    spec = Chgnet().spec
    assert spec.width == len(spec.labels) == WIDTH
    assert spec.licence == "BSD-3-Clause"


@pytest.mark.skipif(find_spec("chgnet") is not None, reason="the package chgnet is installed")
def test_without_its_package_the_message_names_it(
    make_version: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MissingLibraryError, match="install the package chgnet"):
        Chgnet().compute(structure_table([IRON]))
    monkeypatch.setattr("curation.represent.compute.load_representer", lambda _: Chgnet())
    version = make_version("1.0.0", ["Fe"])
    with pytest.raises(MissingLibraryError, match="chgnet needs chgnet, which is not installed"):
        represent(version, ["chgnet"])
    assert not (version / "representations").exists()


def test_it_makes_vectors_of_structures_and_reasons_of_others() -> None:
    pytest.importorskip("chgnet")
    heavy = (np.eye(3) * 4.0, np.zeros((1, 3)), np.array([95]))
    lonely = (np.eye(3) * 30.0, np.zeros((1, 3)), np.array([26]))
    computed = Chgnet().compute(structure_table([IRON, heavy, lonely]))
    assert sorted(computed.failures) == [1, 2]
    assert np.isfinite(computed.vectors[0]).all()
