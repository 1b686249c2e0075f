"""The official OPTIMADE client: reads an address and a page size a line, answers with the ids and what was said."""

import json
import sys
from io import StringIO

from optimade.client import OptimadeClient


def harvest(base_url: str) -> list[str]:
    client = OptimadeClient(
        base_urls=[base_url], max_results_per_provider=100_000, use_async=False, silent=True, skip_ssl=True
    )
    got = client.get("nsites >= 1")
    entries = got["structures"]["nsites >= 1"][base_url]
    if entries.get("errors"):
        raise RuntimeError(str(entries["errors"])[:300])
    return [entry["id"] for entry in entries["data"]]


answers = sys.stdout
for line in sys.stdin:
    sys.stdout = StringIO()
    try:
        answer = {"ids": harvest(line.split()[0]), "error": None}
    except (Exception, SystemExit) as error:  # noqa: BLE001 — whatever it says counts as said
        answer = {"ids": [], "error": f"{type(error).__name__}: {str(error)[:200]}"}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
