"""Depositor: what a repository has to offer, and the states of a deposit as types.

`Submission -> Draft -> Published`: a draft can be filled and published, a published one has nothing to call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from curation.release.facts import Facts


@dataclass(frozen=True)
class Target:
    """Where to, and with which key.

    Attributes:
        name: name of the depositor, for the messages.
        address: address of the instance; the depositor's own where it is empty.
        keys: the environment of the process, from which a depositor takes its keys.
    """

    name: str
    address: str
    keys: dict[str, str]


@dataclass(frozen=True)
class Submission:
    """What is to be deposited.

    Attributes:
        facts: the metadata; before a DOI is known they are without one.
        marker: names the rows and terms; a draft that carries it is a draft of this submission.
        earlier: id of the published record of an earlier version, or empty.
        begun: id of the draft that was begun before, or empty.
    """

    facts: Facts
    marker: str
    earlier: str = ""
    begun: str = ""


@dataclass(frozen=True)
class Draft:
    """A draft in a repository; nobody else sees it."""

    id: str
    doi: str = ""
    concept_doi: str = ""
    url: str = ""


@dataclass(frozen=True)
class Published:
    """A record that everybody sees; it is never changed."""

    id: str
    doi: str
    concept_doi: str
    url: str


class Depositor(Protocol):
    """A repository; every call may be made again, and does then only what was not done."""

    def reserve(self, submission: Submission) -> Draft:
        """Return the draft of a submission, with its DOI reserved: the one that is there, or a new one."""

    def fill(self, draft: Draft, submission: Submission, files: tuple[Path, ...]) -> None:
        """Give a draft its metadata and its files; a file that is there with the same bytes is not sent again."""

    def publish(self, draft: Draft) -> Published:
        """Publish a draft; one that is published already is returned as it is."""


class DepositorFactory(Protocol):
    """What an entry point in `matgranary.depositors` names."""

    def __call__(self, target: Target) -> Depositor:
        """Return a depositor for a target.

        Raises:
            NoAccessError: a key is missing; the message says which.
        """
