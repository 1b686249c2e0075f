"""Clear errors: what is wrong with a card, a provider or a file is said, with its exit code, and nothing is lost."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from harvest.faultserver import FaultServer
from harvest.generated_provider import FIELD, GeneratedProvider

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunCommand

    from harvest.generated_provider import Document

OK, USAGE, CONTRACT, INTEGRITY = 0, 2, 6, 7
LATER = "2100-01-01T00:00:00Z"
RENAMED = FIELD.replace("band_gap", "gap")
RECIPE = """\
[dataset]
name = "generated"
title = "A provider that renames a field"
licence = "CC0-1.0"

[[sources]]
source = "optimade"
name = "generated"
base_url = "{base_url}"
licence = "CC0-1.0"
fields = {{ {field} = {{ property = "band_gap", unit = "eV", method = "dft" }} }}
"""


@dataclass(frozen=True)
class Renaming(GeneratedProvider):
    """A provider that calls its field otherwise; `describes` tells whether it says so at /info/structures."""

    describes: bool = True

    def document(self, address: str, origin: str) -> Document | None:
        said = super().document(address, origin)
        renamed = json.loads(json.dumps(said).replace(FIELD, RENAMED))
        if "properties" in renamed["data"] and not self.describes:
            renamed["data"]["properties"] = {}
        return dict(renamed)


def state_of(folder: Path) -> dict[Path, bytes]:
    """Return every file of records and every lock under a folder; archive and ledger may only grow."""
    files = [*folder.glob("store/records/*/*/*"), *folder.rglob("harvest.lock")]
    return {path: path.read_bytes() for path in files}


@pytest.mark.parametrize("command", ["harvest", "run"])
def test_a_card_without_licence_is_refused_before_anything_is_read(
    recipe: Path, tmp_path: Path, run_command: RunCommand, command: str
) -> None:
    card = recipe.with_name("crystals.toml")
    card.write_text(card.read_text(encoding="utf-8").replace('licence = "CC0-1.0"\n', ""), encoding="utf-8")
    done = run_command(command, recipe, "--store", tmp_path / "store")
    assert done.returncode == USAGE
    assert "crystals.toml" in done.stderr
    assert "card.licence" in done.stderr
    assert state_of(tmp_path) == {}


@pytest.mark.parametrize("describes", [True, False])
def test_a_provider_that_renamed_a_field_is_refused_and_the_earlier_harvest_stands(
    tmp_path: Path, run_command: RunCommand, *, describes: bool
) -> None:
    path, store = tmp_path / "recipe.toml", tmp_path / "store"
    with FaultServer(GeneratedProvider()) as server:
        path.write_text(RECIPE.format(base_url=server.base_url, field=FIELD), encoding="utf-8")
        assert run_command("harvest", path, "--store", store).returncode == OK
        before = state_of(tmp_path)
        server.provider = Renaming(modified={1003: LATER}, describes=describes)
        refused = run_command("harvest", path, "--store", store, "--update", "--json")
        assert refused.returncode == CONTRACT
        said = json.loads(refused.stdout)
        assert said["exit_code"] == CONTRACT
        assert FIELD in said["message"]
        assert "renamed" in said["message"]
        assert state_of(tmp_path) == before
    assert run_command("harvest", path, "--store", store, "--locked", "--offline").returncode == OK
    assert run_command("verify", "--store", store).returncode == OK


def test_a_file_that_is_not_the_locked_one_is_refused_and_the_locked_one_is_still_there(
    recipe: Path, tmp_path: Path, run_command: RunCommand
) -> None:
    store, rows = tmp_path / "store", recipe.with_name("crystals.csv")
    assert run_command("harvest", recipe, "--store", store).returncode == OK
    before, right = state_of(tmp_path), rows.read_text(encoding="utf-8")
    rows.write_text(right.replace("8.9", "9.9"), encoding="utf-8")
    for mode in ((), ("--locked",)):
        refused = run_command("harvest", recipe, "--store", store, *mode)
        assert refused.returncode == INTEGRITY
        assert "harvest.lock says sha256:" in refused.stderr
        assert "run with --update to take the new state, or bring back the old one" in refused.stderr
        assert state_of(tmp_path) == before
    rows.unlink()  # the archive has it
    assert run_command("harvest", recipe, "--store", store, "--locked").returncode == OK
    assert before.items() <= state_of(tmp_path).items()
