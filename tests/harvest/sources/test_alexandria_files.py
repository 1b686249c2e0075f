"""Alexandria by files: entries as pymatgen writes them, read with the card that the documentation shows."""

from __future__ import annotations

import bz2
import hashlib
import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harvest.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Harvested, WebService

PAGE = Path(__file__).parents[3] / "docs/recipes.md"
COUNT = 12


def _card() -> str:
    blocks = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (card,) = [block for block in blocks if tomllib.loads(block).get("card", {}).get("title") == "Alexandria PBE"]
    return card


def _file() -> bytes:
    """Return a part of the table: computed entries of rock salts, the n-th n/8 eV/atom above the hull."""
    from pymatgen.core import Lattice, Structure
    from pymatgen.entries.computed_entries import ComputedStructureEntry

    entries = []
    for number in range(COUNT):
        lattice = Lattice.cubic(4 + number / 16)
        structure = Structure.from_spacegroup("Fm-3m", lattice, ["Mg", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]])
        said = {"mat_id": f"agm{number:09d}", "e_above_hull": number / 8, "e_form": -number / 4}
        entries.append(ComputedStructureEntry(structure, -5.0 * number, data=said).as_dict())
    return bz2.compress(json.dumps({"entries": entries}).encode())


@pytest.fixture
def harvest(run_harvest: Callable[..., Harvested], web_service: WebService, tmp_path: Path) -> Callable[..., Harvested]:
    """Return a function that harvests the file, with the hash that it is said to have."""
    body = _file()
    web_service.answer = lambda _path, _body: (200, body)
    (tmp_path / "alexandria.toml").write_text(_card(), encoding="utf-8")

    def run(sha256: str = hashlib.sha256(body).hexdigest()) -> Harvested:
        options: dict[str, Any] = {"repository": "url", "file": f"{web_service.origin}/pbe/alexandria_000.json.bz2"}
        return run_harvest("repository_files", base_url=None, sha256=sha256, card="alexandria.toml", **options)

    return run


def test_every_entry_of_a_file_comes_with_structure_and_values(harvest: Callable[..., Harvested]) -> None:
    done = harvest()
    assert (len(done.ids), done.rejected, done.source.licence) == (COUNT, {}, "CC-BY-4.0")
    values = done.values("agm000000005")
    assert (values["energy_above_hull"]["value"], values["formation_energy"]["value"]) == (5 / 8, -5 / 4)
    assert {row["functional"] for row in values.values()} == {"PBE"}
    assert len(done.entry("agm000000005")["site_species"]) == 8


def test_a_file_with_another_hash_is_refused(harvest: Callable[..., Harvested]) -> None:
    with pytest.raises(IntegrityError, match=r"sha256 0{64} expected, got"):
        harvest("0" * 64)
