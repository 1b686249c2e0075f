"""A loop of requests with Retry: reads an address and a page size a line, answers with the ids and what was said."""

import json
import sys

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry


def harvest(base_url: str, page_size: str) -> list[str]:
    session = requests.Session()  # noqa: TID251 — this is the peer
    retry = Retry(
        total=5, backoff_factor=0.1, status_forcelist=[429, 500, 502, 503, 504], respect_retry_after_header=True
    )
    session.mount("http://", HTTPAdapter(max_retries=retry))
    ids, url = [], f"{base_url}/v1/structures?page_limit={page_size}"
    while url:
        answer = session.get(url, timeout=30)
        answer.raise_for_status()
        page = answer.json()
        ids += [entry["id"] for entry in page["data"]]
        url = page["links"]["next"]
    return ids


for line in sys.stdin:
    try:
        answer = {"ids": harvest(*line.split()), "error": None}
    except (Exception, SystemExit) as error:  # noqa: BLE001 — whatever it says counts as said
        answer = {"ids": [], "error": f"{type(error).__name__}: {str(error)[:200]}"}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
