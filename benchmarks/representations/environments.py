"""Environments: the peers, each in a virtual environment of its own in a cache folder; made once, by uv."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PEERS = Path(__file__).with_name("peers")
# What each needs: pins where newer versions do not work together.
REQUIREMENTS = {
    "element_embeddings": ["elementembeddings==0.8.0"],
    "matminer_magpie": ["matminer==0.10.1", "pandas<3"],
    "dscribe_structures": ["dscribe==2.1.2", "ase==3.26.0", "setuptools"],
}


def cache_folder() -> Path:
    given = os.environ.get("MATGRANARY_BENCHMARK_CACHE")
    return Path(given) if given else Path.home() / ".cache" / "matgranary" / "benchmarks"


def python_of(peer: str) -> Path:
    folder = cache_folder() / peer
    python = folder / "bin" / "python"
    if not python.exists():
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(folder)], check=True)  # noqa: S603 — our own words
        subprocess.run([uv, "pip", "install", "-q", "--python", str(python), *REQUIREMENTS[peer]], check=True)  # noqa: S603 — our own words
    return python


def ask(peer: str, question: dict[str, Any]) -> dict[str, Any]:
    """Run a peer on a question, one thread; its answer holds processor seconds and values."""
    command = [str(python_of(peer)), "-W", "ignore", str(PEERS / f"{peer}.py")]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    answer = subprocess.run(  # noqa: S603 — our own script
        command, input=json.dumps(question), capture_output=True, text=True, check=True, env=os.environ | threads
    )
    return json.loads(answer.stdout)
