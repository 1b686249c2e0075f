"""The same faults through matgranary, the official OPTIMADE client, mp-api, and a loop of requests with Retry.

    python benchmarks/reliability/run.py [--environments DIR] [--only NAME]

Each peer lives in an environment of its own, made by uv in the folder of environments if it is not there. What was
seen is written to results.json beside this file, and to docs/reliability.md. Nothing leaves this machine but the
installation of the peers.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from page import render
from platformdirs import user_cache_path

from harvest.faults import FAULTS
from harvest.faultserver import FaultServer
from harvest.generated_provider import GeneratedProvider

if TYPE_CHECKING:
    from harvest.faults import NamedFault

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PAGE = HERE.parents[1] / "docs" / "reliability.md"
PROVIDER = GeneratedProvider(n_entries=30, page_size=10)
SECONDS = 45.0
SECONDS_TO_BEGIN = 300.0  # until a client is imported, on a busy machine


@dataclass(frozen=True)
class Peer:
    """A client: how it is called, its script, what is installed for it, whether it follows links between pages."""

    name: str
    script: str
    packages: tuple[str, ...] = ()
    follows_links: bool = True


PEERS = (
    Peer("matgranary", "our_client.py"),
    Peer("optimade", "optimade_client.py", ("optimade[http-client]==1.5.0",)),
    Peer("mp-api", "mp_api_client.py", ("mp-api==0.47.0",), follows_links=False),
    Peer("requests", "requests_client.py", ("requests==2.34.2",)),
)


@dataclass(frozen=True)
class Seen:
    """What became of one fault in one client.

    Attributes:
        rows: how many ids came; none where the client had to be stopped.
        unique: how many of the right ids.
        error: what the client said, where it said something.
        requests: how many the server counted.
        foreign: how many came to a host that is not the provider's.
    """

    rows: int | None
    unique: int
    error: str | None
    requests: int
    foreign: int


class Client:
    """A client in a process of its own, which is started again where it had to be stopped."""

    def __init__(self, python: Path, script: Path) -> None:
        self._command = [str(python), str(script)]
        self._process: subprocess.Popen[str] | None = None

    def begin(self) -> None:
        """Start the client if it does not run, and prove that it harvests all where nothing fails."""
        if self._process is None:
            with FaultServer(PROVIDER) as server:
                answer = self.ask(server.base_url, seconds=SECONDS_TO_BEGIN)
            assert answer is not None
            assert len(answer["ids"]) == PROVIDER.n_entries, answer  # type: ignore[arg-type]

    def ask(self, base_url: str, *, seconds: float = SECONDS) -> dict[str, object] | None:
        """Let the client harvest; nothing where it did not end in time."""
        if self._process is None:
            environment = {**os.environ, "OMP_NUM_THREADS": "1"}
            self._process = subprocess.Popen(  # noqa: S603 — scripts of this folder
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=environment,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{base_url}\n")
        self._process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(seconds):
                self.stop()
                return None
        return dict(json.loads(self._process.stdout.readline()))

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def environment_of(peer: Peer, folder: Path) -> Path:
    """Return the interpreter of a peer; its environment is made if it is not there."""
    if not peer.packages:
        return Path(sys.executable)
    python = folder / peer.name / "bin" / "python"
    if not python.exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder / peer.name], check=True)  # noqa: S603 — our own uv
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *peer.packages], check=True)  # noqa: S603 — see above
    return python


def see(client: Client, peer: Peer, fault: NamedFault) -> Seen:
    """Put one fault through a client."""
    with FaultServer(PROVIDER, fault=fault.make(PROVIDER)) as server:
        answer = client.ask(server.base_url)
        requests, foreign = len(server.asked), len(server.foreign)
    if answer is None:
        return Seen(None, 0, None, requests, foreign)
    ids = [str(name) for name in answer["ids"]]  # type: ignore[attr-defined]
    right = set(PROVIDER.ids if peer.follows_links else PROVIDER.summary_ids)
    return Seen(len(ids), len(set(ids) & right), answer["error"] and str(answer["error"]), requests, foreign)


def measure(peer: Peer, folder: Path) -> dict[str, dict[str, object]]:
    """Put every fault that applies through a client."""
    client = Client(environment_of(peer, folder), HERE / peer.script)
    results: dict[str, dict[str, object]] = {}
    for fault in FAULTS.values():
        if fault.speaks_optimade and not peer.follows_links:
            continue
        client.begin()
        seen = see(client, peer, fault)
        results[fault.name] = asdict(seen)
        print(f"{peer.name:11} {fault.name:36} {seen.unique:3} {seen.requests:6} {(seen.error or '')[:80]}", flush=True)
    client.stop()
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--environments", type=Path, default=user_cache_path("matgranary") / "peers")
    parser.add_argument("--only", help="Name of one peer; the figures of the others stay.")
    asked = parser.parse_args()
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() and asked.only else {}
    for peer in PEERS:
        if asked.only in {None, peer.name}:
            known[peer.name] = measure(peer, asked.environments)
            RESULTS.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(render(known), encoding="utf-8")


if __name__ == "__main__":
    main()
