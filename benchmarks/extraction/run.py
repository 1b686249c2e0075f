"""Extraction on real articles: scores at every level, quantities and pairs in sentences, speed, memory.

.venv/bin/python benchmarks/extraction/run.py [--articles 10000]
"""

from __future__ import annotations

import argparse
import resource
import time
from statistics import median
from typing import TYPE_CHECKING

from articles import DEVELOPMENT, SECOND, Row, articles, score
from by_hand import THIRD, WRITTEN, WRITTEN_AGAIN, WRITTEN_LAST, score_by_hand
from sentences import score_pairs, score_quantities

from harvest.papers.export import flat_rows
from harvest.papers.pipeline import extract
from harvest.papers.readers.formats import read_document
from harvest.papers.tables.readings import read_table

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 7
LEVELS = ("cell", "property", "value", "unit", "full", "record")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=0, help="read so many (the same again) and watch the memory")
    asked = parser.parse_args()
    paths = articles()
    rows = [row for path in paths for row in flat_rows(extract(path.read_bytes(), document=path.stem))]
    for name, gold in (("development gold", DEVELOPMENT), ("second gold", SECOND)):
        print_result(name, score(rows, gold))
        by_dictionary = [{**row, "property": row["label"]} for row in rows]
        print_result(f"{name}, property by the dictionary", score(by_dictionary, gold))
    written = (("written tables", WRITTEN), ("more of them", WRITTEN_AGAIN), ("the last of them", WRITTEN_LAST))
    for name, by_hand in (("third gold", THIRD), *written):
        result, noisy = score_by_hand(by_hand)
        print_result(name, result)
        print(f"  tables that should yield nothing and yield something: {', '.join(noisy) or 'none'}")
    print("\nsentences of MuLMS")
    for split in ("train", "dev"):
        print(f"  {split:5s} quantities", score_quantities(split=split))
        print(f"  {split:5s} property-value pairs", score_pairs(split))
    print_speed([path.read_bytes() for path in paths])
    if asked.articles:
        print_memory([path.read_bytes() for path in paths], asked.articles)


def print_result(name: str, result: Row) -> None:
    print(f"\n{name}: {result['gold']} values, {result['predictions']} predicted")
    for level in LEVELS:
        reached = result["levels"][level]
        print(f"  {level:9s} P {reached['P']:.3f}  R {reached['R']:.3f}  F1 {reached['F1']:.3f}")
    for tag, reached in result["tags"].items():
        print(f"    {tag:26s} {reached['gold']:4d}  value {reached['value']:.3f}  record {reached['record']:.3f}")


def print_speed(payloads: list[bytes]) -> None:
    """Print rates of one process, in seconds of its processor time: the median of some rounds, and their range."""
    documents = [read_document(payload, document="x") for payload in payloads]
    tables = [(document, table) for document in documents for table in document.tables]
    print(f"\nspeed, one process, median of {ROUNDS} rounds")
    work: tuple[tuple[str, int, Callable[[], object]], ...] = (
        ("parsed, articles/s", len(payloads), lambda: [read_document(payload, document="x") for payload in payloads]),
        ("extracted, tables/s", len(tables), lambda: [list(read_table(document, table)) for document, table in tables]),
        ("the whole, articles/s", len(payloads), lambda: [extract(payload, document="x") for payload in payloads]),
    )
    for name, count, read in work:
        rates = sorted(count / _processor_seconds(read) for _round in range(ROUNDS))
        print(f"  {name:22s} {median(rates):7.1f}  ({rates[0]:.1f} to {rates[-1]:.1f})")


def _processor_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def print_memory(payloads: list[bytes], count: int) -> None:
    """Print the largest resident size after each tenth of the articles: it must stay flat."""
    print("\nmemory, largest so far, MiB")
    for number in range(count):
        extract(payloads[number % len(payloads)], document="x")
        if (number + 1) % max(1, count // 10) == 0:
            size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"  {number + 1:6d} articles {size:7.1f}", flush=True)


if __name__ == "__main__":
    main()
