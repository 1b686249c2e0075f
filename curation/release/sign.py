"""Sign: one signature over a release folder, in the format of minisign; anyone with the public key checks it.

Signed is the second manifest, which holds the hash of the first: the signature stands for every byte. The signature is
made by the program minisign (Ed25519 over BLAKE2b-512), so that no secret key passes through this code, and written
without the time, so that the same key signs the same bytes alike.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from curation.errors import CorruptionError, DatasetStorageError, FatalError
from curation.release.bag import SIGNATURE, TAGS
from schemas.checks import CheckResult

if TYPE_CHECKING:
    from pathlib import Path


class NoSignerError(FatalError):
    """The program minisign is not installed, or refuses the key."""

    exit_code = 8


def sign(folder: Path, secret_key: Path) -> Path:
    """Write the signature beside the manifest and return its path.

    A key with a password asks for it on the terminal.

    Raises:
        NoSignerError: there is no minisign, no such key, or the password is wrong.
        CorruptionError: the folder has no manifest to sign.
    """
    if not (folder / TAGS).is_file():
        message = f"{folder} has no {TAGS}: it is not a release folder; `matgranary release` makes one"
        raise CorruptionError(message)
    name = f"matgranary release {folder.name}"
    options = ["-S", "-s", secret_key, "-m", TAGS, "-x", SIGNATURE, "-t", name, "-c", name]
    done = subprocess.run([_program(), *map(str, options)], cwd=folder, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603 — the program of the user's own PATH
    if done.returncode:
        message = f"minisign did not sign with {secret_key}: {done.stderr.strip() or 'wrong password or key'}"
        raise NoSignerError(message)
    return folder / SIGNATURE


def check_signature(folder: Path, public_key: str) -> CheckResult:
    """Check the signature of a release.

    Args:
        folder: the release.
        public_key: the line that starts with RW.
    """
    options = ["-V", "-P", public_key, "-m", TAGS, "-x", SIGNATURE]
    done = subprocess.run([_program(), *options], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 — as above
    passed = done.returncode == 0
    message = "signed with this key" if passed else f"not signed with this key: {done.stderr.strip()}"
    return CheckResult(subject=str(folder / SIGNATURE), passed=passed, message=message)


def place_key(secret_key: Path) -> Path:
    """Return a secret key that is there.

    Raises:
        DatasetStorageError: it is not.
    """
    if not secret_key.is_file():
        message = f"no secret key {secret_key}; `minisign -G -s {secret_key}` makes one"
        raise DatasetStorageError(message)
    return secret_key.resolve()


def _program() -> str:
    program = shutil.which("minisign")
    if program is None:
        message = "the program minisign is not installed; it is in the package minisign of Debian, Homebrew and others"
        raise NoSignerError(message)
    return program
