"""The same faults through matgranary, the official OPTIMADE client, mp-api, and a loop of requests with Retry.

    python benchmarks/reliability/run.py [--environments DIR] [--only NAME]

Every fault is put in front of a generated database, which speaks OPTIMADE and as the Materials Project does, and in
front of the OPTIMADE reference server. Each peer lives in an environment of its own, made by uv in the folder of
environments if it is not there. What was seen is written to results.json beside this file, and to docs/reliability.md.
Nothing leaves this machine but the installation of the peers.
"""

from __future__ import annotations

import argparse
import contextlib
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
from harvest.served_provider import ServedProvider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harvest.faults import NamedFault
    from harvest.generated_provider import Provider

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PAGE = HERE.parents[1] / "docs" / "reliability.md"
SERVER = HERE.parents[1] / "tests" / "fixtures" / "optimade" / "serve.py"
GENERATED = GeneratedProvider(n_entries=30, page_size=10)
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
class Place:
    """What stands behind the faults.

    Attributes:
        provider: a generated database, or a real server.
        page_size: entries a page.
        ids: those of all entries, as OPTIMADE gives them.
        summary_ids: as the Materials Project gives them; none where it cannot be asked so.
    """

    provider: Provider
    page_size: int
    ids: list[str]
    summary_ids: list[str] | None = None


@contextlib.contextmanager
def places() -> Iterator[dict[str, Place]]:
    """Yield what stands behind the faults, by name; the reference server runs until the block ends."""
    command = [sys.executable, SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603 — ours
        assert process.stdout is not None
        real = ServedProvider(process.stdout.readline().strip(), page_size=5)
        try:
            entries = (real.document("/v1/structures?page_limit=100", "") or {})["data"]
            yield {
                "generated": Place(GENERATED, GENERATED.page_size, GENERATED.ids, GENERATED.summary_ids),
                "reference server": Place(real, real.page_size, [entry["id"] for entry in entries]),
            }
        finally:
            process.terminate()


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

    def begin(self, place: Place) -> None:
        """Start the client if it does not run, and prove that it harvests all where nothing fails."""
        if self._process is None:
            with FaultServer(place.provider) as server:
                answer = self.ask(server.base_url, place.page_size, seconds=SECONDS_TO_BEGIN)
            assert answer is not None
            assert len(answer["ids"]) == len(place.ids), answer  # type: ignore[arg-type]

    def ask(self, base_url: str, page_size: int, *, seconds: float = SECONDS) -> dict[str, object] | None:
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
        self._process.stdin.write(f"{base_url} {page_size}\n")
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


def see(client: Client, peer: Peer, place: Place, fault: NamedFault) -> Seen:
    """Put one fault through a client."""
    with FaultServer(place.provider, fault=fault.make(place.provider)) as server:
        answer = client.ask(server.base_url, place.page_size)
        requests, foreign = len(server.asked), len(server.foreign)
    if answer is None:
        return Seen(None, 0, None, requests, foreign)
    ids = [str(name) for name in answer["ids"]]  # type: ignore[attr-defined]
    right = set(place.ids if peer.follows_links else place.summary_ids or ())
    return Seen(len(ids), len(set(ids) & right), answer["error"] and str(answer["error"]), requests, foreign)


def measure(peer: Peer, place: Place, folder: Path) -> dict[str, dict[str, object]]:
    """Put every fault that applies through a client."""
    client = Client(environment_of(peer, folder), HERE / peer.script)
    results: dict[str, dict[str, object]] = {}
    for fault in FAULTS.values():
        if fault.speaks_optimade and not peer.follows_links:
            continue
        client.begin(place)
        seen = see(client, peer, place, fault)
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
    with places() as found:
        for name, place in found.items():
            for peer in PEERS:
                if asked.only in {None, peer.name} and (peer.follows_links or place.summary_ids):
                    known.setdefault(name, {})[peer.name] = measure(peer, place, asked.environments)
                    RESULTS.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(render(known), encoding="utf-8")


if __name__ == "__main__":
    main()
