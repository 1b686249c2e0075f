"""A release behind the OPTIMADE reference server: the validator passes it whole, a client reads structures back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROGRAMS = Path(sys.executable).parent


@pytest.fixture(scope="module")
def address(small_release: Path) -> Iterator[str]:
    """`matgranary serve` in a process of its own; yield the address that it prints."""
    command = [PROGRAMS / "matgranary", "serve", small_release, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def test_the_validator_passes_the_whole_implementation(address: str) -> None:
    done = subprocess.run(
        [PROGRAMS / "optimade-validator", address, "--json"], capture_output=True, text=True, check=False
    )
    said = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout[-3000:]
    assert said["failure_count"] == said["internal_failure_count"] == said["optional_failure_count"] == 0
    assert said["success_count"] > 40


def test_a_structure_comes_back_as_it_stands_in_the_release(address: str, small_release: Path) -> None:
    """Read by the adapters of optimade-python-tools into pymatgen, against the table of structures."""
    from optimade.adapters import Structure

    from curation.release.find import open_release

    answer = requests.get(f"{address}/v1/structures?page_limit=200", timeout=60).json()  # noqa: TID251 — loopback
    rows = {
        row["entry_id"]: row
        for row in open_release(small_release).sql("SELECT * FROM structures WHERE is_ordered").rows()
    }
    names = {
        row["material_id"]: row["representative_entry_id"]
        for row in open_release(small_release).sql("SELECT * FROM materials").rows()
    }
    compared = 0
    for entry in answer["data"]:
        row = rows.get(names[entry["id"]])
        if row is None:
            continue
        read = Structure(entry).as_pymatgen
        assert np.allclose(read.lattice.matrix.ravel(), row["lattice_vectors"], atol=1e-8)
        given = np.reshape(row["fractional_positions"], (-1, 3))  # type: ignore[call-overload] # a list of numbers
        assert np.allclose((read.frac_coords - given + 0.5) % 1, 0.5, atol=1e-6)
        species = [row["species"][index]["chemical_symbols"][0] for index in row["site_species"]]  # type: ignore[index,attr-defined] # as above
        assert [str(site.specie) for site in read] == species
        compared += 1
    assert compared > 50


def test_own_fields_can_be_asked_for(address: str, small_release: Path) -> None:
    from curation.release.find import open_release

    question = """
SELECT count(*) AS n FROM (
    SELECT p.material_id, median(p.value) AS middle FROM properties p JOIN materials m USING (material_id)
    WHERE p.property = 'refractive_index' AND p.status = 'kept' AND m.kind = 'structure' GROUP BY p.material_id
) WHERE middle > 2.5
"""
    wanted = open_release(small_release).sql(question).rows()[0]["n"]
    asked = f"{address}/v1/structures?filter=_matgranary_refractive_index>2.5&page_limit=1"
    assert requests.get(asked, timeout=60).json()["meta"]["data_returned"] == wanted  # noqa: TID251 — loopback


def test_a_release_that_is_not_there_is_named(tmp_path: Path, command: Callable[..., tuple[int, str, str]]) -> None:
    code, _, said = command("serve", "nothing", "--store", tmp_path)
    assert (code, "no one release 'nothing'" in said) == (2, True)
