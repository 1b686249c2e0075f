"""Fit the coefficients of the confidence, and draw how reliable it is.

.venv/bin/python benchmarks/extraction/fit_confidence.py [--write]

A value of a table is right if the scorer finds its material, property (by the dictionary), value and unit right; one of
a sentence if its property and value are those of a pair of MuLMS. A small penalty holds each coefficient near what was
set by hand, because some kinds of evidence are rare here. The plot is of values that the fit had not seen: each article
and each fifth of the sentences is predicted from the others.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from articles import DEVELOPMENT, SECOND, articles, load_gold, scorer
from scipy.optimize import minimize
from sentences import frames, meet

from harvest.papers.confidence import features
from harvest.papers.document import Document, Paragraph, Section
from harvest.papers.export import flat_rows
from harvest.papers.notation.marked import Marked
from harvest.papers.pipeline import extract
from harvest.papers.text.statements import read_statements
from schemas.licence import NOASSERTION

PROJECT = Path(__file__).parents[2]
COEFFICIENTS = PROJECT / "harvest/papers/confidence.toml"
PICTURE = PROJECT / "docs/pictures/extraction-reliability.svg"
PENALTY = 1.0
BINS = 10
SIDE, EDGE = 360, 48
# Set by hand, from experience: where a coefficient begins, and what it stays near to where the data are few.
PRIOR = {
    "always": 3.0, "implausible": -2.0, "layout tier": -0.8, "material from caption": -0.5,
    "material from heading": -1.2, "material from title": -1.0, "material from sentence": 0.0,
    "material is an alias": -0.1,
    "no material": -1.0, "property from caption": -0.5, "property from header": -1.0, "property from stated": -1.0,
    "property from dictionary": -0.5,
    "property from model": -0.5, "property from symbol": -0.4, "property from unit": -0.6,
    "read under an assumption": -0.5, "unit from caption": -0.2, "unit from nowhere": -0.4,
}  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """One value: what it rests on, whether it is right, and what it must not be predicted from."""

    told: dict[str, float]
    right: bool
    group: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the coefficients and the picture")
    asked = parser.parse_args()
    judged = [*judged_tables(), *judged_sentences()]
    unseen = np.zeros(len(judged))
    for group in sorted({each.group for each in judged}):
        weights = fit([each for each in judged if each.group != group])
        unseen[[each.group == group for each in judged]] = [probability(e, weights) for e in judged if e.group == group]
    right = np.array([each.right for each in judged])
    print(f"{len(judged)} values, {right.mean():.3f} right; Brier score {np.mean((unseen - right) ** 2):.4f}")
    bins = reliability(unseen, right)
    for low, said, seen, count in bins:
        print(f"  {low:.1f}  said {said:.3f}  right {seen:.3f}  of {count}")
    gap = sum(count * abs(said - seen) for _low, said, seen, count in bins) / len(judged)
    print(f"  expected calibration error {gap:.4f}")
    if asked.write:
        write_coefficients(fit(judged))
        draw(bins, gap)


def judged_tables() -> list[Judged]:
    """Return the values of tables that have gold."""
    judged = []
    for gold_file in (DEVELOPMENT, SECOND):  # the written tables were made up, so they say nothing of real articles
        gold, ignored = load_gold(gold_file)
        names = {row["pmcid"] for row in gold}
        for path in articles():
            if path.stem not in names:
                continue
            extraction = extract(path.read_bytes(), document=path.stem)
            rows = [{**row, "property": row["label"], "n": n} for n, row in enumerate(flat_rows(extraction))]
            found = scorer().score(rows, [g for g in gold if g["pmcid"] == path.stem], ignored)["_"]
            hits = {found["P"][index]["n"] for index in found["hits"]["record"].values()}
            for row in found["P"]:
                reading = extraction.readings[row["n"]]
                told = features(reading, reading.material.formula is None)
                judged.append(Judged(told, row["n"] in hits, path.stem))
    return judged


def judged_sentences() -> list[Judged]:
    """Return what the sentences of MuLMS are taken to state."""
    judged = []
    for number, ((_doc, _begin, text), (_spans, pairs)) in enumerate(frames().items()):
        section = Section("", (Paragraph(0, len(text)),))
        title = Marked.of("")
        document = Document("s", None, None, title, NOASSERTION, text, (section,), (), ())
        for reading in read_statements(document):
            start, end = map(int, dict(reading.place.pointer.steps)["char"].split(","))
            named = {text[a:b] for a, b, c, d in pairs if meet((start, end), (c, d))}
            words = set(reading.title.lower().split())
            right = any(words & set(name.lower().split()) for name in named)
            judged.append(Judged(features(reading, is_alias=False), right, f"sentences {number % 5}"))
    return judged


def fit(judged: list[Judged]) -> dict[str, float]:
    """Return the coefficients of most likelihood, held near the prior by a quadratic penalty."""
    names = sorted(PRIOR)
    inputs = np.array([[1.0 if name == "always" else each.told.get(name, 0.0) for name in names] for each in judged])
    right = np.array([each.right for each in judged], dtype=float)
    prior = np.array([PRIOR[name] for name in names])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        score = inputs @ weights
        likelihood = np.sum(np.logaddexp(0.0, score) - right * score)
        off = weights - prior
        gradient = inputs.T @ (1.0 / (1.0 + np.exp(-score)) - right) + PENALTY * off
        return float(likelihood + PENALTY * off @ off / 2), gradient

    weights = minimize(loss, prior, jac=True, method="L-BFGS-B").x
    return dict(zip(names, map(float, weights), strict=True))


def probability(each: Judged, weights: dict[str, float]) -> float:
    score = weights["always"] + sum(weights.get(name, 0.0) * size for name, size in each.told.items())
    return float(1.0 / (1.0 + np.exp(-score)))


def reliability(said: np.ndarray, right: np.ndarray) -> list[tuple[float, float, float, int]]:
    """Return for each tenth: where it begins, what was said on average, how many were right, of how many."""
    place = np.minimum((said * BINS).astype(int), BINS - 1)
    groups = [(n / BINS, place == n) for n in range(BINS) if (place == n).any()]
    return [(low, float(said[here].mean()), float(right[here].mean()), int(here.sum())) for low, here in groups]


def write_coefficients(weights: dict[str, float]) -> None:
    lines = [f'"{name}" = {weight:.3f}' for name, weight in sorted(weights.items())]
    head = (
        "# Log-odds of what a reading rests on. Written by benchmarks/extraction/fit_confidence.py.\n[coefficients]\n"
    )
    COEFFICIENTS.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


def draw(bins: list[tuple[float, float, float, int]], gap: float) -> None:
    """Draw the reliability plot as SVG: the share that is right over the confidence, dots by number of values."""
    size = SIDE + 2 * EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" font-size="12" fill="#1d2733">',
        "<title>Reliability of the confidence</title>",
        f'<rect width="{size}" height="{size}" fill="#fff"/>',
        '<g font-family="system-ui, sans-serif">',
        *grid(),
        *dots(bins),
        f'<text x="{EDGE + 10}" y="{EDGE / 2 + 18}">expected calibration error {gap:.3f}</text>',
        "</g></svg>",
    ]
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text("\n".join(parts) + "\n", encoding="utf-8")


def at(x: float, y: float) -> tuple[float, float]:
    """Return where a point of the unit square is drawn."""
    return EDGE + x * SIDE, EDGE / 2 + (1 - y) * SIDE


def grid() -> list[str]:
    """Return the grid, the names of the axes and the line of perfect calibration."""
    parts = []
    for tick in range(0, 11, 2):
        (x, low), (left, y) = at(tick / 10, 0), at(0, tick / 10)
        parts.append(f'<path d="M{x} {low}V{EDGE / 2}M{left} {y}H{EDGE + SIDE}" stroke="#e3e8ee"/>')
        parts.append(f'<text x="{x}" y="{low + 16}" text-anchor="middle">{tick / 10:.1f}</text>')
        parts.append(f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{tick / 10:.1f}</text>')
    (x0, y0), (x1, y1) = at(0, 0), at(1, 1)
    parts.append(f'<path d="M{x0} {y0}L{x1} {y1}" stroke="#8a96a3" stroke-dasharray="4 4"/>')
    parts.append(f'<text x="{EDGE + SIDE / 2}" y="{SIDE + EDGE + 12}" text-anchor="middle">confidence</text>')
    turned = f"translate(14 {EDGE / 2 + SIDE / 2}) rotate(-90)"
    parts.append(f'<text transform="{turned}" text-anchor="middle">share that is right</text>')
    return parts


def dots(bins: list[tuple[float, float, float, int]]) -> list[str]:
    """Return a dot for each bin, its area by the number of values, and the line that joins them."""
    most = max(count for *_rest, count in bins)
    places = [(*at(said, seen), count) for _low, said, seen, count in bins]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _count in places)
    parts = [f'<polyline fill="none" stroke="#2a6fb0" points="{line}"/>']
    for x, y, count in places:
        radius = 3 + 9 * (count / most) ** 0.5
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#2a6fb0" fill-opacity=".7"/>')
        parts.append(f'<text x="{x:.1f}" y="{y - 14:.1f}" text-anchor="middle" font-size="10">{count}</text>')
    return parts


if __name__ == "__main__":
    main()
