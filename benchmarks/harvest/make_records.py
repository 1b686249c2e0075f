"""Make records of pages that `curl` left in a folder, as the connector does: `make_records.py FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from harvest.source import RawObject
from harvest.sources.optimade import OptimadeSource


def main() -> None:
    source = OptimadeSource()
    gap = {"property": "band_gap", "unit": "eV", "method": "dft"}
    options = {"base_url": "http://127.0.0.1", "licence": "CC0-1.0", "fields": {"_gen_band_gap": gap}}
    plan = source.plan("generated", options, Path())
    for path in sorted(Path(sys.argv[1]).iterdir()):
        for _ in source.parse(plan, RawObject("", path.read_bytes(), "application/json", path.name, path.name)):
            pass


if __name__ == "__main__":
    main()
