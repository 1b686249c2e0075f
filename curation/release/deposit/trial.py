"""Trial: a deposit without sending: the release built in a folder that is gone afterwards, and what would be sent."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from curation.datasets.verify import refuse_damaged
from curation.release.deposit.datacite_doi import WITHOUT_PAGE
from curation.release.deposit.depositor import Target
from curation.release.deposit.errors import NoAccessError, RefusedError
from curation.release.deposit.registry import FOLDER, load_depositor
from curation.release.deposit.run import files_to_send, state_of
from curation.release.package import package
from curation.release.sign import sign

if TYPE_CHECKING:
    from curation.datasets.open import Dataset
    from curation.release.deposit.run import Order


@dataclass(frozen=True)
class Trial:
    """What a deposit would send.

    Attributes:
        target: the depositor, or `folder`.
        files: name and size in bytes of each file, by the names that they would have there.
        missing_key: what sending needs to be let in and has not; empty where nothing is missing.
    """

    target: str
    files: tuple[tuple[str, int], ...]
    missing_key: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it for machines."""
        files = [{"name": name, "bytes": size} for name, size in self.files]
        return {"target": self.target, "dry_run": True, "files": files, "missing_key": self.missing_key}

    def text(self) -> str:
        """Return it for people."""
        verb = "write" if self.target == FOLDER else "send"
        head = f"Would {verb} to {self.target}:" if self.files else f"{self.target} takes metadata, and no files."
        lines = [f"  {size:>14,}  {name}" for name, size in self.files]
        key = [f"Sending needs a key: {self.missing_key}"] if self.missing_key else []
        return "\n".join([head, *lines, *key, "Nothing was written or sent."])


def try_deposit(dataset: Dataset, store: Path, order: Order) -> Trial:
    """Do everything but send; the store is only read, and no repository is asked.

    Raises:
        NotThereError: there is no such depositor, or its address is not one.
        LicenceError: rows may not be released under the licence of the dataset.
        CorruptionError: a file of the version is damaged, or something else was released or deposited under its number.
    """
    missing_key = _missing_key(order)
    refuse_damaged(dataset.folder)
    name = f"{dataset.manifest.dataset}-{dataset.manifest.version}"
    if order.to == FOLDER:
        if (store / "releases" / name).exists():
            package(dataset, store, order.terms, engine=order.engine)
    else:
        state_of(store.resolve() / "deposits" / order.to / name, dataset, order)
    with TemporaryDirectory(prefix="matgranary-") as folder:
        released = package(dataset, store, order.terms, room=Path(folder), engine=order.engine).folder
        if order.secret_key is not None:
            sign(released, order.secret_key)
        files = tuple((name, file.stat().st_size) for name, file in _sent(order.to, released))
    return Trial(order.to, files, missing_key)


def _missing_key(order: Order) -> str:
    """Check where to; return what is missing to be let in."""
    if order.to == "datacite" and not order.terms.url:
        raise RefusedError(WITHOUT_PAGE)
    try:
        if order.to != FOLDER:
            load_depositor(Target(order.to, order.instance, dict(os.environ)))
    except NoAccessError as error:
        return str(error)
    return ""


def _sent(to: str, released: Path) -> list[tuple[str, Path]]:
    if to == "datacite":
        return []
    if to in {FOLDER, "huggingface"}:
        files = sorted(path for path in released.rglob("*") if path.is_file())
        return [(path.relative_to(released).as_posix(), path) for path in files]
    return [(path.name, path) for path in files_to_send(released, released.parent, None)]
