"""Environments: the peers, each in a virtual environment of its own in a cache folder; made once, by uv."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PEERS = Path(__file__).with_name("peers")
ROOT = Path(__file__).parents[2]
# What each needs: pins where newer versions do not work together.
REQUIREMENTS = {
    "element_embeddings": ["elementembeddings==0.8.0"],
    "matminer_magpie": ["matminer==0.10.1", "pandas<3"],
    "dscribe_structures": ["dscribe==2.1.2", "ase==3.26.0", "setuptools"],
    # The wheel of torch for Linux does not start without the libraries of CUDA: 2.6 GiB to fetch, 5.8 on disk.
    "learned": ["chgnet==0.4.2", "torch==2.15.0", "torch-geometric==2.8.1", "jraph==0.0.6.dev0", "-e", str(ROOT)],
    # The last DGL with a wheel for Linux, and what it needs: 2.4 GiB to fetch.
    "dgl_graphs": ["dgl==2.1.0", "torch==2.2.1", "torchdata==0.7.1", "numpy<2", "pandas<3", "pyarrow<20", "pydantic",
                   "pyyaml", "setuptools<80", "packaging"],
}  # fmt: skip
# Where another Python than ours is needed.
PYTHONS = {"dgl_graphs": "3.12"}


def cache_folder() -> Path:
    given = os.environ.get("MATGRANARY_BENCHMARK_CACHE")
    return Path(given) if given else Path.home() / ".cache" / "matgranary" / "benchmarks"


def python_of(peer: str) -> Path:
    folder = cache_folder() / peer
    python, made = folder / "bin" / "python", folder / ".made"
    if not made.exists():
        wanted = PYTHONS.get(peer, sys.executable)
        _uv("venv", "-q", "--clear", "--python", wanted, str(folder))
        _uv("pip", "install", "-q", "--python", str(python), *REQUIREMENTS[peer])
        made.touch()
    return python


def _uv(*arguments: str) -> None:
    uv = str(Path(sys.executable).with_name("uv"))
    # The shims of pyenv start no Python that is not named.
    environment = {"PYENV_VERSION": "3.12"} | dict(os.environ)
    subprocess.run([uv, *arguments], check=True, env=environment)  # noqa: S603 — our own words


def ask(peer: str, question: dict[str, Any]) -> dict[str, Any]:
    """Run a peer on a question, one thread; its answer holds processor seconds and values."""
    command = [str(python_of(peer)), "-W", "ignore", str(PEERS / f"{peer}.py")]
    changed = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    if peer == "dgl_graphs":
        changed["PYTHONPATH"] = str(ROOT)
    answer = subprocess.run(  # noqa: S603 — our own script
        command, input=json.dumps(question), capture_output=True, text=True, check=True, env=os.environ | changed
    )
    return json.loads(answer.stdout)
