"""Errors of represent, by what the caller should do.

RepresentationError, a FatalError of curation
├── UnknownRepresentationError     ask for a name that exists                                exit code 2
├── AmbiguousRepresentationError   uninstall one of the two packages                         exit code 2
├── MissingLibraryError            install the extra that is named                           exit code 2
├── BrokenRepresenterError         report it to the package that the representer comes from  exit code 6
├── UnrepresentableError           correct or leave out the material that is named           exit code 6
└── DamagedInputError              restore the file that is named, then start again          exit code 7
"""

from __future__ import annotations

from curation.errors import FatalError


class RepresentationError(FatalError):
    """A representation cannot be computed; every error of represent is one."""


class UnknownRepresentationError(RepresentationError):
    """No installed package has a representation of this name."""

    exit_code = 2


class AmbiguousRepresentationError(RepresentationError):
    """Two installed packages claim one name, or a representation is installed under a name not its own."""

    exit_code = 2


class MissingLibraryError(RepresentationError):
    """An optional library is needed that is not installed."""

    exit_code = 2


class BrokenRepresenterError(RepresentationError):
    """A representer gave a matrix of another shape or type than it promised, or NaN without a reason."""

    exit_code = 6


class UnrepresentableError(RepresentationError, ValueError):
    """A material has no vector in this representation, or its formula cannot be read."""

    exit_code = 6


class DamagedInputError(RepresentationError):
    """A file does not hold the bytes that it was published with."""

    exit_code = 7
