"""Journal: what is known of a deposit, on disk after every step, so that a run that was stopped goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import ValidationError

from curation.errors import CorruptionError
from schemas.disk import model_json, write_file
from schemas.quantity import Model

if TYPE_CHECKING:
    from pathlib import Path

STATE = "state.json"


class DepositState(Model):
    """How far a deposit came; `state.json` of its folder."""

    state_version: int = 1
    target: str
    address: str
    dataset: str
    version: str
    marker: str
    draft: str = ""
    doi: str = ""
    concept_doi: str = ""
    url: str = ""
    published: bool = False


def read_state(folder: Path) -> DepositState | None:
    """Return the state of a deposit, or none where it was not begun.

    Raises:
        CorruptionError: the file is not a state.
    """
    path = folder / STATE
    try:
        return DepositState.model_validate_json(path.read_bytes()) if path.exists() else None
    except (ValidationError, json.JSONDecodeError) as error:
        message = f"{path} is not the state of a deposit ({error}); look into the repository before it is moved away"
        raise CorruptionError(message) from error


def write_state(folder: Path, state: DepositState) -> None:
    """Write the state of a deposit, durable before anything else is done."""
    write_file(folder / STATE, model_json(state))


def earlier_record(room: Path, state: DepositState) -> str:
    """Return the id of the newest published record of another version of the dataset, or nothing.

    Args:
        room: the folder of all deposits to one target.
        state: that of the version which is to be deposited.
    """
    found = [read_state(path.parent) for path in room.glob(f"*/{STATE}")]
    others = [
        one
        for one in found
        if one is not None
        and one.published
        and (one.dataset, one.address) == (state.dataset, state.address)
        and one.version != state.version
    ]
    newest = max(others, key=lambda one: [int(number) for number in one.version.split(".")], default=None)
    return newest.draft if newest else ""
