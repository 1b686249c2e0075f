"""mp-api over REST: reads an address and a page size a line, answers with the ids that came and what was said."""

import json
import sys
from io import StringIO

from mp_api.client import MPRester


def harvest(base_url: str) -> list[str]:
    with MPRester("k" * 32, endpoint=f"{base_url}/", mute_progress_bars=True) as rester:
        found = rester.materials.summary.search(
            band_gap=(0, 1000), fields=["material_id", "band_gap"], chunk_size=10, num_chunks=None
        )
    return [str(document.material_id) for document in found]


answers = sys.stdout
for line in sys.stdin:
    sys.stdout = StringIO()
    try:
        answer = {"ids": harvest(line.split()[0]), "error": None}
    except (Exception, SystemExit) as error:  # noqa: BLE001 — whatever it says counts as said
        answer = {"ids": [], "error": f"{type(error).__name__}: {str(error)[:200]}"}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
