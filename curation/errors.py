"""Errors of curation, grouped by what the caller should do.

CurationError
└── FatalError                    a person has to change something
    ├── UnknownDatasetError       no such dataset, version, table or id
    ├── WrongTermsError           a date, DOI or licence of a release that is none
    ├── QueryRefusedError         a statement that is not a question, or that DuckDB refuses
    ├── IncompleteRecordsError    the records are not those of complete harvests
    ├── DatasetStorageError       the disk is full or refuses
    ├── ContractError             records or manifests in another shape than was agreed
    ├── NothingKeptError          every record is quarantined: a version of nothing
    ├── DriftedError              a version that lost or moved more than a version may
    ├── LicenceError              rows may not be released under the licence that was asked for
    └── CorruptionError           bytes are not the bytes that were recorded
"""

from __future__ import annotations


class CurationError(Exception):
    """The root; `exit_code` is what the command line returns."""

    exit_code = 1


class FatalError(CurationError):
    """A person has to change something."""


class UnknownDatasetError(FatalError):
    """No such dataset, version, table or id."""

    exit_code = 2


class WrongTermsError(FatalError):
    """A date, DOI or licence of a release that is none."""

    exit_code = 2


class QueryRefusedError(FatalError):
    """A statement that is not a question, or that DuckDB refuses."""

    exit_code = 2


class IncompleteRecordsError(FatalError):
    """The records are not those of complete harvests."""

    exit_code = 4


class DatasetStorageError(FatalError):
    """The disk is full or refuses."""

    exit_code = 5


class ContractError(FatalError):
    """Records or manifests in another shape than was agreed."""

    exit_code = 6


class NothingKeptError(FatalError):
    """Every record is quarantined; the version is made, so that a person can look at the reasons."""

    exit_code = 6


class DriftedError(FatalError):
    """A version that lost rows, or whose values moved, more than a version may; a person has to look."""

    exit_code = 6


class LicenceError(FatalError):
    """Rows may not be released under the licence that was asked for."""

    exit_code = 6


class CorruptionError(FatalError):
    """Bytes are not the bytes that were recorded."""

    exit_code = 7
