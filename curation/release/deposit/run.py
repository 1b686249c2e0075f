"""Run: a dataset version through a deposit: draft, DOI, package, files, published; each step is remembered.

Nothing is asked of a clock or of chance, and every step looks before it acts: a run that was killed between any two
calls, or whose calls were answered by an error after they were done, goes on where it stopped.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curation.datasets.verify import refuse_damaged
from curation.errors import CorruptionError
from curation.release.bag import PAYLOAD, SIGNATURE, TAGS
from curation.release.deposit.archive import write_archive
from curation.release.deposit.depositor import Depositor, Draft, Submission, Target
from curation.release.deposit.journal import DepositState, earlier_record, read_state, write_state
from curation.release.deposit.registry import load_depositor
from curation.release.facts import collect
from curation.release.package import Released, package, released_without, terms_of_release
from curation.release.sign import sign
from schemas.disk import digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.datasets.open import Dataset
    from curation.release.landing.sql_page import SqlEngine
    from curation.release.terms import ReleaseTerms

    Report = Callable[[str, int, int | None], None]

# Beside the archive, so that a reader sees them without unpacking it.
_SHOWN = ("README.md", "datacite.json", "croissant.json", "CITATION.cff", "LICENSES.csv", PAYLOAD, TAGS, SIGNATURE)


@dataclass(frozen=True)
class Deposited:
    """What a deposit came to.

    Attributes:
        state: the last state.
        folder: the release that was deposited.
        files: the files that were sent.
        without: representations and splits that the version got after this release was made.
    """

    state: DepositState
    folder: Path
    files: tuple[Path, ...]
    without: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it for machines."""
        sent = [{"name": path.name, "bytes": path.stat().st_size} for path in self.files]
        return {**self.state.model_dump(mode="json"), "folder": str(self.folder), "files": sent, "dry_run": False}

    def text(self) -> str:
        """Return it for people."""
        said = [f"Published  {self.state.url}", f"DOI        {self.state.doi or 'none'}"]
        said += [f"all versions  {self.state.concept_doi}"] if self.state.concept_doi else []
        told = Released(self.folder, is_new=False, without=self.without).advice
        return "\n".join([*said, f"Release  {self.folder}", *([told] if told else [])])


@dataclass(frozen=True)
class Order:
    """What is to be deposited, where and how.

    Attributes:
        terms: on which the version is released.
        to: name of the depositor.
        instance: address of the repository; the depositor's own where it is empty.
        secret_key: key of minisign.
        engine: DuckDB for browsers, where the release is to have a page that asks it in SQL.
    """

    terms: ReleaseTerms
    to: str
    instance: str = ""
    secret_key: Path | None = None
    engine: SqlEngine | None = None


def deposit(
    dataset: Dataset,
    store: Path,
    order: Order,
    *,
    depositor: Depositor | None = None,
    progress: Report = lambda *_: None,
) -> Deposited:
    """Deposit a version, or go on with a deposit that was begun.

    Args:
        dataset: the version.
        store: the store; state and package stand in `deposits/TARGET/NAME-VERSION` of it.
        order: where to and how.
        depositor: instead of the one that the order names.
        progress: told of each step.

    Raises:
        TryAgainError: a call got no clear answer; run it again.
        RefusedError: the repository refuses; its reason is in the message.
        CorruptionError: a file of the version is damaged, or other rows were deposited under this version.
    """
    room = store.resolve() / "deposits" / order.to
    folder = room / f"{dataset.manifest.dataset}-{dataset.manifest.version}"
    refuse_damaged(dataset.folder)
    state = state_of(folder, dataset, order)
    if state.published:
        standing = folder / folder.name
        return Deposited(state, standing, (), without=released_without(dataset, standing))
    through = depositor or load_depositor(Target(order.to, order.instance, dict(os.environ)))
    write_state(folder, state)
    progress("reserve", 0, 3)
    submission = Submission(collect(dataset, order.terms), state.marker, earlier_record(room, state), state.draft)
    draft = through.reserve(submission)
    found = {"draft": draft.id, "doi": draft.doi, "concept_doi": draft.concept_doi, "url": draft.url}
    state = state.model_copy(update=found)
    write_state(folder, state)
    return _finish(dataset, order, through, draft, (folder, state), progress)


def _finish(
    dataset: Dataset,
    order: Order,
    through: Depositor,
    draft: Draft,
    known: tuple[Path, DepositState],
    progress: Report,
) -> Deposited:
    """Take a draft, whose DOI is known, to its end."""
    folder, state = known
    terms = _with_identifiers(order.terms, draft, folder / folder.name)
    progress("package", 1, 3)
    packaged = package(dataset, folder, terms, room=folder, engine=order.engine)
    released = packaged.folder
    files = files_to_send(released, folder, order.secret_key)
    progress("upload", 2, 3)
    through.fill(draft, Submission(collect(dataset, terms), state.marker, begun=draft.id), files)
    done = through.publish(draft)
    ended = {"doi": done.doi, "concept_doi": done.concept_doi, "url": done.url, "published": True}
    state = state.model_copy(update=ended)
    write_state(folder, state)
    progress("published", 3, 3)
    return Deposited(state, released, files, without=packaged.without)


def _with_identifiers(terms: ReleaseTerms, draft: Draft, released: Path) -> ReleaseTerms:
    """Return the terms with the DOIs and the address of a draft, so that the package itself names them.

    A package that stands keeps what it names: a repository may make the DOI of all versions only when it publishes.
    """
    settled = terms_of_release(released)
    if settled is not None:
        return terms.model_copy(update={key: getattr(settled, key) for key in ("doi", "concept_doi", "url")})
    doi, concept = draft.doi or terms.doi, draft.concept_doi or terms.concept_doi
    return terms.model_copy(update={"doi": doi, "concept_doi": concept, "url": terms.url or draft.url or None})


def state_of(folder: Path, dataset: Dataset, order: Order) -> DepositState:
    """Return the state of a deposit that was begun, or that of a new one; nothing is written.

    Raises:
        CorruptionError: other rows were deposited in this folder.
    """
    present = read_state(folder)
    manifest = dataset.manifest
    marker = "matgranary:" + digest([manifest.dataset, manifest.version, manifest.content_sha256])[:32]
    if present is not None and present.marker == marker:
        return present
    if present is not None and present.draft:
        message = (
            f"{folder} is the deposit of other rows under {dataset.id}: record {present.draft}. A deposit is never "
            "changed: make a new version, or move the folder away"
        )
        raise CorruptionError(message)
    return DepositState(
        target=order.to,
        address=order.instance,
        dataset=manifest.dataset,
        version=manifest.version,
        marker=marker,
    )


def files_to_send(released: Path, folder: Path, secret_key: Path | None) -> tuple[Path, ...]:
    """Return what is sent: the whole release as one archive, and the files that readers want to see before."""
    if secret_key is not None and not (released / SIGNATURE).exists():
        sign(released, secret_key)
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"{released.name}.zip"
    write_archive(released, archive)
    return (archive, *(released / name for name in _SHOWN if (released / name).exists()))
