"""Present: what a run and a dataset look like on a terminal."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from curation.datasets.layout import dataset_names
from harvest.console import program, say, say_table

if TYPE_CHECKING:
    from pathlib import Path

    from curation.datasets.open import Dataset

_WORST = (
    "SELECT formula, property, unit, source_a, method_a, low_a, high_a, "
    "source_b, method_b, low_b, high_b, relative_gap FROM conflicts ORDER BY relative_gap DESC, formula LIMIT {limit}"
)


def show_ledger(dataset: Dataset) -> None:
    """Print what became of every harvested row."""
    rows: list[tuple[object, ...]] = []
    for line in dataset.manifest.ledger.lines:
        for what, sums, flagged in (("records", line.entries, None), ("values", line.values, line.flagged_values)):
            if sums.harvested or what == "records":
                rows.append((line.source, what, sums.harvested, sums.kept, sums.merged, sums.quarantined, flagged))
    columns = ("source", "rows", "harvested =", "kept +", "merged +", "quarantined", "flagged")
    say_table(columns, rows, title=f"Ledger of {dataset.id}")


def worst_conflicts(dataset: Dataset, limit: int) -> list[dict[str, Any]]:
    """Return the formulas whose sources disagree most: the gap between their ranges over the larger value."""
    return dataset.sql(_WORST.format(limit=int(limit))).rows()


def show_conflicts(dataset: Dataset, limit: int = 8) -> None:
    """Print the worst disagreements between sources."""
    rows = worst_conflicts(dataset, limit)
    if not rows:
        return
    say()
    columns = ("formula", "property", "one source", "says", "the other", "says", "unit", "apart by")
    say_table(
        columns,
        [
            (
                row["formula"],
                row["property"],
                f"{row['source_a']} ({row['method_a']})",
                _range(row["low_a"], row["high_a"]),
                f"{row['source_b']} ({row['method_b']})",
                _range(row["low_b"], row["high_b"]),
                row["unit"],
                f"{row['relative_gap']:.0%}",
            )
            for row in rows
        ],
        title="Worst disagreements between sources (ranges over all phases of a formula)",
    )


def show_next(dataset: Dataset, store: Path, *, is_default: bool) -> None:
    """Print three commands to try, as a shell takes them."""
    options = "" if is_default else f" --store {shlex.quote(str(store))}"
    named = f"{options} --dataset {dataset.manifest.dataset}" if len(dataset_names(store)) > 1 else options
    values = dataset.sql("SELECT property_id FROM properties ORDER BY len(flags) = 0, property_id LIMIT 1").rows()
    say()
    say("Try next:")
    question = "SELECT formula, property, value, flags FROM traced_values ORDER BY value DESC LIMIT 5"
    say(f'  {program()} query{named} "{question}"')
    for value in values:
        say(f"  {program()} lineage{named} {value['property_id']}")
    say(f"  {program()} verify{options}")


def _range(low: float, high: float) -> str:
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"
