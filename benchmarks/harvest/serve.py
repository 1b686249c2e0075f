"""Serve generated entries on loopback: `serve.py N_ENTRIES PAGE_SIZE` prints the address; ends with its standard input.

A page is made when it is first asked for, and kept: who measures asks for all of them once before.
"""

from __future__ import annotations

import sys

from harvest.faultserver import FaultServer
from harvest.generated_provider import GeneratedProvider


def main() -> None:
    provider = GeneratedProvider(n_entries=int(sys.argv[1]), page_size=int(sys.argv[2]))
    with FaultServer(provider) as server:
        sys.stdout.write(f"{server.base_url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
