"""Record what the servers beside this file answer to `queries.json`, for the tests that replay it without them.

`python tests/servers/record.py api ADDRESS` walks each query of that name against the address that a server prints, and
writes `recorded/api.json`: path to media type and body, the body packed (zlib, base64). The same for `table`.
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harvest.archive import Archive
from harvest.door import RecordingDoor
from harvest.http import HttpClient
from harvest.ledger import Ledger
from harvest.sources.materials_project import MaterialsProjectSource

HERE = Path(__file__).parent
ENDPOINTS = {"api": "endpoint", "table": "bulk_endpoint"}


def traffic(name: str, address: str) -> dict[str, dict[str, str]]:
    """Return every path that the queries ask for, with its answer."""
    found = {}
    for options in json.loads((HERE / "queries.json").read_text(encoding="utf-8"))[name]:
        for path, media_type, payload in _walk({**options, ENDPOINTS[name]: address}):
            body = base64.b64encode(zlib.compress(payload, 9)).decode()
            found["/" + path.removeprefix(address)] = {"media_type": media_type, "body": body}
    return dict(sorted(found.items()))


def _walk(options: dict[str, Any]) -> list[tuple[str, str, bytes]]:
    source = MaterialsProjectSource()
    plan = source.plan("mp", options, HERE)
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger.sqlite")
        door = RecordingDoor(
            harvest=ledger.open_harvest("mp", plan.target).harvest,
            archive=Archive(Path(folder) / "raw"),
            ledger=ledger,
            folder=HERE,
            client=lambda: HttpClient(hosts=plan.hosts, requests_per_second=1000),
            clock=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        )
        pages = list(source.fetch(plan, door))
        ledger.close()
    return [(page.raw.uri, page.raw.media_type, page.raw.payload) for page in pages]


if __name__ == "__main__":
    which, origin = sys.argv[1:]
    text = json.dumps(traffic(which, origin), indent=1, sort_keys=True) + "\n"
    (HERE / "recorded").mkdir(exist_ok=True)
    (HERE / "recorded" / f"{which}.json").write_text(text, encoding="utf-8")
