"""Errors: each tells by its exit code what the caller should do."""

from __future__ import annotations

import copy

import pytest

from harvest import errors

CODES = {
    "HarvestError": 1,
    "RetryableError": 75,
    "TransportError": 75,
    "UnreachableError": 75,
    "RateLimitedError": 75,
    "SkippableError": 3,
    "FatalError": 1,
    "UnknownSourceError": 2,
    "CardError": 2,
    "ConnectorError": 1,
    "IncompleteError": 4,
    "NotArchivedError": 2,
    "StorageError": 5,
    "ContractError": 6,
    "DriftError": 6,
    "ForbiddenHostError": 6,
    "IntegrityError": 7,
    "CredentialsError": 8,
}
KINDS = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and name.endswith("Error")}


def test_the_codes_are_those_of_the_design() -> None:
    assert {name: kind.exit_code for name, kind in KINDS.items()} == CODES


@pytest.mark.parametrize("name", CODES)
def test_the_tree_at_the_head_shows_every_error(name: str) -> None:
    assert name in (errors.__doc__ or "")
    assert issubclass(KINDS[name], errors.HarvestError)


def test_a_wait_is_still_known_in_another_process() -> None:
    copied = copy.copy(errors.RateLimitedError("wait an hour", wait_seconds=3600.0))
    assert (type(copied), str(copied), copied.wait_seconds) == (errors.RateLimitedError, "wait an hour", 3600.0)
