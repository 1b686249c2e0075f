from __future__ import annotations

import inspect

import pytest

from curation import errors

CODES = {
    "UnknownDatasetError": 2,
    "WrongTermsError": 2,
    "QueryRefusedError": 2,
    "IncompleteRecordsError": 4,
    "DatasetStorageError": 5,
    "ContractError": 6,
    "DriftedError": 6,
    "NothingKeptError": 6,
    "LicenceError": 6,
    "CorruptionError": 7,
}


@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_each_error_has_the_exit_code_of_the_command_line(name: str, code: int) -> None:
    error = getattr(errors, name)
    assert error.exit_code == code
    assert issubclass(error, errors.FatalError)


def test_the_tree_at_the_head_names_every_error() -> None:
    defined = {name for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, Exception)}
    assert defined == set(CODES) | {"CurationError", "FatalError"}
    assert errors.__doc__ is not None
    assert all(name in errors.__doc__ for name in defined)
