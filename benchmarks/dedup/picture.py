"""Picture: how far apart planted duplicates and look-alikes are by the matcher, drawn as two distributions."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from benchmarks.dedup import peer
from benchmarks.dedup.matcher import TOLERANCES, pairs_of, reduced_of, verdicts
from benchmarks.dedup.planted import Item, planted
from benchmarks.dedup.run import SEED

OUT = Path(__file__).parents[2] / "docs" / "pictures" / "deduplication.svg"
SAME_COLOUR, OTHER_COLOUR, INK = "#2a78d6", "#eb6834", "#52514e"


def distances(items: list[Item]) -> tuple[np.ndarray, np.ndarray]:
    """Return the rms displacement of duplicates and of look-alikes, angstrom; infinite where no mapping is found."""
    pairs = pairs_of(items)
    found = verdicts(reduced_of(items), np.array(pairs), TOLERANCES["default"])[:, 0]
    is_same = np.array([items[one].material == items[two].material for one, two in pairs])
    return found[is_same], found[~is_same]


def draw(same: np.ndarray, other: np.ndarray) -> Figure:
    mpl.rcParams["svg.hashsalt"] = "deduplication"
    figure = Figure(figsize=(7.2, 3.8), layout="constrained")
    axes = figure.subplots()
    steps = np.concatenate(([0], np.logspace(-3, 0, 31)))
    centres = np.arange(len(steps))
    for values, colour, shift, label in (
        (same, SAME_COLOUR, -0.2, "duplicates"),
        (other, OTHER_COLOUR, 0.2, "look-alikes"),
    ):
        counts, _ = np.histogram(values[np.isfinite(values)], steps)
        shares = np.append(counts, len(values) - counts.sum()) / len(values)
        axes.bar(centres + shift, 100 * shares, width=0.4, color=colour, label=f"{label}: {len(values):,} pairs")
    axes.set_xticks([0, 10.5, 20.5, 31], ["< 0.001", "0.01", "0.1", "none"])
    axes.set_yscale("symlog", linthresh=1)
    axes.set_yticks([0, 1, 10, 100], ["0", "1", "10", "100"])
    axes.set_xlabel("rms displacement, Å; none: no mapping within the default tolerances", color=INK)
    axes.set_ylabel("share of pairs, %", color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e1e0d9", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK)
    axes.legend(frameon=False, loc="upper center")
    return figure


def main() -> None:
    items = planted(2000, seed=SEED, is_isomorphic=peer.is_isomorphic)
    same, other = distances(items)
    figure = draw(same, other)
    OUT.parent.mkdir(exist_ok=True)
    figure.savefig(OUT, metadata={"Date": None})


if __name__ == "__main__":
    main()
