"""Environment: a virtual environment from a locked list of packages, made once and kept until the list changes."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

PROJECT = Path(__file__).parents[2]


def environment(packages: Path, room: Path) -> Path:
    """Return the Python of the environment `room`, which holds what the file `packages` lists, each with its hash."""
    room.parent.mkdir(parents=True, exist_ok=True)
    stamp, wanted = room / "made-of.sha256", hashlib.sha256(packages.read_bytes()).hexdigest()
    with FileLock(room.with_suffix(".lock")):
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            shutil.rmtree(room, ignore_errors=True)
            installer = str(Path(sys.executable).with_name("uv"))
            settings = os.environ | {"UV_SYSTEM_CERTS": "1"}
            for arguments in (
                ["venv", "--quiet", "--python", sys.executable, room],
                ["pip", "install", "--quiet", "--python", room / "bin" / "python", "--require-hashes", "-r", packages],
            ):
                subprocess.run([installer, *map(str, arguments)], check=True, env=settings)
            stamp.write_text(wanted, encoding="utf-8")
    return room / "bin" / "python"
